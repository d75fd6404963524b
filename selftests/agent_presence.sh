#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Events of phones that others wrote: linphone publishes that it is there and is told of a
# friend, baresip is told of messages that wait, both by Kamailio's presence server behind the
# agent, which asks for digest each time. (JsSIP's lamps stand in agent_browser.sh.)
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------------+
#   | a phone      |=====| rtplaned --datapath uring   |=====| kamailio: registrar and |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | presence server         |
#   +--------------+     +-----------------------------+     +-------------------------+

export RTPLANE_BACKEND=uring
# a phone's account cannot have a space in it
PASSWORD=sesame PRESENCE=1
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"
# shellcheck source-path=SCRIPTDIR source=linphone_lib.sh
. "$(dirname "$0")/linphone_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"

need linphonec baresip kamailio

# an agent of which nobody has anything
begin()
{
	agent_ends
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060;lr\"}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

setup() { srtp_setup && tone && registrar_start && begin; }

# said REGEX: by kamailio, now or soon
said()
{
	wait_for 60 registrar_says "$1" && return 0
	fail "kamailio does not say '$1': $(grep -aE 'NOTIFIED|TAKEN|ERROR' "$W/kamailio.log" | tail -n 6)"
	return 1
}

# publish USER EVENT TYPE BODY
publish()
{
	local out
	out=$(b python3 "$TREE/selftests/agent_publish.py" "$B4" "$@" 2>&1) ||
		fail "PUBLISH of $2: $out"
}

pidf()
{
	echo "<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:$1@example.com'><tuple id='x'><status><basic>open</basic></status><note>$2</note></tuple></presence>"
}

test_linphone_is_told_of_a_friend()
{
	linphone alice "$A4" "$A" 'default_proxy=0' "$(printf '%s\n' '[proxy_0]' \
		"reg_proxy=<sip:$MA4;transport=udp>" "reg_route=<sip:$MA4;transport=udp;lr>" \
		reg_identity=sip:alice@example.com reg_expires=600 reg_sendregister=1 publish=1 \
		'[friend_0]' 'url="bob" <sip:bob@example.com>' pol=accept subscribe=1 \
		'[auth_info_0]' username=alice "passwd=$PASSWORD" realm=example.com)" || return
	told bindings 'length == 1' || return
	said 'TAKEN SUBSCRIBE of alice: presence' && said 'NOTIFIED alice of presence: 200' || return
	told status '.bindings.subscriptions == 1'
	publish bob presence application/pidf+xml "$(pidf bob at-his-desk)"
	wait_for 60 grep -aq 'Friend .*bob.* is Online' "$W/alice.out" ||
		fail "it is not told: $(grep -a Friend "$W/alice.out") $(grep -a NOTIFIED "$W/kamailio.log")"
}

test_linphone_publishes() { said 'TAKEN PUBLISH of alice: presence'; }

# it does not say so when it goes
test_linphone_goes() { linphone_ends; begin; }

test_baresip_is_told_of_messages()
{
	PHONE_MODULES=mwi phone carol "$A4" a0 "$A" \
		"<sip:carol@example.com>;outbound=\"sip:$MA4:5060\";auth_pass=$PASSWORD;regint=600;mwi=yes" || return
	told bindings 'length == 1' || return
	said 'NOTIFIED carol of message-summary: 200' || return
	publish carol message-summary application/simple-message-summary \
		"Messages-Waiting: yes"$'\r\n'"Message-Account: sip:vm@$B4"$'\r\n''Voice-Message: 3/8 (0/2)'$'\r\n'
	wait_for 60 grep -aq 'Voice-Message: 3/8' "$W/carol.out" ||
		fail "it is not told: $(tail -n 4 "$W/carol.out")"
	grep -aq "Message-Account: sip:vm@$MA4" "$W/carol.out" ||
		fail "its mailbox is not behind us: $(grep -a Account "$W/carol.out")"
	all_end TERM carol
	told status '.bindings.subscriptions == 0'
}

test_the_agent_ends() { linphone_ends; all_end KILL carol; agent_ends; return 0; }

run_tests "$@"
