#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# linphone, as Debian has it: it registers at kamailio behind the agent, by digest that
# kamailio asks for, calls through the agent and is called by it.  sipp is who is called,
# and who calls by what kamailio knows; with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------------+
#   | linphone     |=====| rtplaned --datapath uring   |=====| kamailio: registrar     |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | sipp: 5070, caller 5080 |
#   +--------------+     +-----------------------------+     +-------------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"
# shellcheck source-path=SCRIPTDIR source=linphone_lib.sh
. "$(dirname "$0")/linphone_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"

setup()
{
	srtp_setup && tone || return
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, user-prefix: \"49\", to: core, next-hop: \"sip:$B4:5070\"}
  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0'
	registrar_start && agent_start --datapath "$BACKEND"
}

# says COMMAND: to linphone
says() { echo "$1" >&7; }

# all four parties' legs: of each call two, which have heard enough to be voice
hear_each_other()
{
	m rtplane --json leg show |
		jq -e '[.[] | select(.rx_packets > 20 and .tx_packets > 20)] | length >= 2' >/dev/null
}

test_it_registers()
{
	linphone alice "$A4" "$A" 'default_proxy=0' "$(printf '%s\n' '[proxy_0]' \
		"reg_proxy=<sip:$MA4;transport=udp>" "reg_route=<sip:$MA4;transport=udp;lr>" \
		reg_identity=sip:alice@example.com reg_expires=600 reg_sendregister=1 \
		'[auth_info_0]' username=alice "passwd=$PASSWORD" realm=example.com)" || return
	told bindings 'length == 1 and .[0].aor == "alice@example.com"' ||
		note "$(tail -n 5 "$W/alice.out")"
}

test_it_calls_and_hangs_up()
{
	sipp_in "$B" -i "$B4" -p 5070 -sn uas -rtp_echo -mi "$B4" -mp 7000 >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 20 b sh -c 'ss -Hlnu sport = :5070 | grep -q .' || fail 'the callee does not come up'
	says 'call sip:4900@example.com'
	told calls 'length == 1 and .[0].state == "up"' || note "$(tail -n 12 "$W/alice.out"; tail -n 3 "$AGENT_LOG")"
	wait_for 30 hear_each_other ||
		fail "legs: $(m rtplane --json leg show | jq -c 'map({local, latched, rx_packets, tx_packets, drops})')"
	says terminate
	no_calls
	callee_stop
}

# by our contact at kamailio, down linphone's flow; linphone takes it
test_it_is_called_and_hangs_up()
{
	says 'autoanswer enable'
	sipp_in "$B" "$B4:5060" -i "$B4" -p 5080 -s alice -sn uac -d 60000 -m 1 -rtp_echo \
		-mi "$B4" -mp 7000 >"$W/caller.out" 2>&1 &
	BG[caller]=$!
	told calls 'length == 1 and .[0].state == "up"' || note "$(tail -n 8 "$W/caller.out")"
	wait_for 30 hear_each_other ||
		fail "legs: $(m rtplane --json leg show | jq -c 'map({local, latched, rx_packets, tx_packets, drops})')"
	# who called waits for its own end, and is told
	says terminate
	no_calls
	kill "$(tool_of "${BG[caller]}")"
	wait "${BG[caller]}" 2>/dev/null
	unset "BG[caller]"
}

test_it_ends()
{
	linphone_ends
	agent_ends
	return 0
}

need linphonec kamailio sipp
run_tests "$@"
