#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# What outlives the agent, with a store: it is killed (-9) while phones have registered and
# calls are up, and the next one goes on.  agent_register.py and agent_restart.py play phones
# and a switch; Kamailio is the registrar and sipp the phones of one test each.  With the
# user-space datapath, whose media ends with the agent.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| registrar    |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"

# an agent with a new store
agent_with_store()
{
	agent_ends
	rm -rf "$W/store"
	A4=192.0.2.99 ACCESS_REGISTER=${ACCESS_REGISTER:-'{}'} ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0' "store: $W/store" 'emergency: ["911"]'
	agent_start --datapath "$BACKEND"
}

# an agent with a new store, and room for a site of 5,000 phones behind one address
agent_with_many()
{
	ACCESS_ACL=$'{allow: [192.0.2.0/24]}\n    per-source: {messages: 0, together: 0, transactions: 20000}' \
		ACCESS_REGISTER='{per-source: 0, keepalive: off}' agent_with_store
}

# an agent with a new store whose calls go by lines that ask who we are
agent_with_trunk()
{
	agent_ends
	rm -rf "$W/store"
	ROUTES='  - {from: access, user-prefix: "9", trunk: carrier}' \
		agent_config 'quarantine: 0' "store: $W/store" \
		"trunks: [{name: carrier, realm: core, next-hops: [\"sip:$B4\"], user: lines, password: open sesame, calls: 2}]"
	agent_start --datapath "$BACKEND"
}

is_asked_or_done() { [ -e "$W/kill" ] || ! kill -0 "$1" 2>/dev/null; }

# killed FILE NAME [WITH]: a function of FILE.py, during which the agent is killed when it asks
killed()
{
	local acting
	"${3:-agent_with_store}" || return
	acts "$1" "$2" &
	acting=$!
	while wait_for 120 is_asked_or_done $acting && [ -e "$W/kill" ]; do
		agent_stop KILL
		agent_start --datapath "$BACKEND" || break
		rm "$W/kill"
	done
	wait $acting
}

test_phones_outlive_the_agent() { killed agent_register outlive; }
test_a_call_goes_on() { killed agent_restart goes_on; }
test_it_ends_as_it_would() { killed agent_restart hangs_up; }
test_what_was_not_acknowledged_ends() { killed agent_restart not_acknowledged; }
test_what_was_not_answered_ends() { killed agent_restart not_answered; }
test_a_session_timer_goes_on() { killed agent_restart expires; }
test_it_counts_for_its_tenant()
{
	ACCESS_TENANTS='[{name: a, domains: [example.com], calls: 1, media-ports: 90}]' killed agent_restart counted
}
test_a_connection_is_made_anew() { killed agent_restart by_connection; }
test_srtp_goes_on() { PYTHON=/usr/bin/python3 killed agent_restart_media sdes; }
test_dtls_goes_on() { PYTHON=/usr/bin/python3 ACCESS_DTLS=allow killed agent_restart_media dtls; }
test_ice_goes_on() { PYTHON=/usr/bin/python3 ACCESS_ICE=full killed agent_restart_media ice; }
test_a_trunk_still_knows_who_we_are() { killed agent_trunk outlives agent_with_trunk; }
test_subscriptions_go_on() { killed agent_restart subscribed; }

test_a_damaged_store_is_set_aside()
{
	agent_with_store && agent_stop KILL
	echo "no store" >"$W/store/state.mdb"
	agent_start --datapath "$BACKEND" || return
	logged 'state.mdb is damaged, or no store: it is set aside'
	is "what was there" "$(cat "$W/store/state.mdb.damaged")" "no store"
	# and another agent has none of it
	if m rtplaned --config "$W/rtplaned.yaml" --datapath "$BACKEND" >"$W/second.log" 2>&1; then
		fail "a second agent takes the same store"
	fi
	grep -q "store is another agent's" "$W/second.log" || fail "it says $(tail -1 "$W/second.log")"
}

# --- others' programs ---

registrar_is_up() { b ss -Hlnu sport = :5060 | grep -q .; }
registrar_start()
{
	cat >"$W/registrar.cfg" <<-END
		children=1
		log_stderror=yes
		disable_tcp=yes
		listen=udp:$B4:5060
		mpath="/usr/lib/$(uname -m)-linux-gnu/kamailio/modules/"
		loadmodule "sl.so"
		loadmodule "tm.so"
		loadmodule "pv.so"
		loadmodule "usrloc.so"
		loadmodule "registrar.so"
		request_route {
			if (method == "REGISTER") { save("location"); exit; }
			if (!lookup("location")) { sl_reply("404", "Nobody"); exit; }
			t_relay();
		}
	END
	nsenter --net="/run/netns/$B" -- kamailio -DD -E -f "$W/registrar.cfg" -Y "$W" -w "$W" \
		-P "$W/kamailio.pid" -m 32 -M 4 >"$W/kamailio.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[kamailio]=$!
	wait_for 20 registrar_is_up || fail "kamailio does not come up: $(tail -3 "$W/kamailio.log")"
}

sipp_register()
{
	message ' retrans="500"' "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:alice@example.com>;tag=[call_number]
To: <sip:alice@example.com>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:alice@[local_ip]:[local_port]>
Expires: 3600"
	recv 200
}

phone_is_up() { a ss -Hlnu sport = :5066 | grep -q .; }

# of_bg NAME: it is not needed any more
of_bg()
{
	kill -KILL "$(tool_of "${BG[$1]}")" "${BG[$1]}" 2>/dev/null
	wait "${BG[$1]}" 2>/dev/null
	unset "BG[$1]"
}

test_kamailio_calls_a_phone_of_before()
{
	agent_with_store && registrar_start || return
	scenario sipp_register >"$W/register.xml"
	sipp_in "$A" "$MA4:5060" -i "$A4" -p 5066 -m 1 -timeout 30 \
		-sf "$W/register.xml" >"$W/register.out" 2>&1 ||
		fail "sipp does not register: $(tail -3 "$W/register.out"; tail -3 "$W/kamailio.log")"
	told bindings 'length == 1 and .[0].aor == "alice@example.com"' || return
	agent_stop KILL
	agent_start --datapath "$BACKEND" || return
	sipp_in "$A" -sn uas -i "$A4" -p 5066 -timeout 60 >"$W/phone.out" 2>&1 &
	BG[phone]=$!
	wait_for 10 phone_is_up || fail "sipp does not listen"
	sipp_in "$B" "$B4:5060" -sn uac -i "$B4" -p 5070 -s alice -m 1 -timeout 30 >"$W/call.out" 2>&1 ||
		fail "nobody reaches the phone: $(tail -3 "$W/call.out"; tail -3 "$AGENT_LOG")"
	no_calls
	of_bg phone
	kill -TERM "${BG[kamailio]}"
	wait "${BG[kamailio]}"
	unset "BG[kamailio]"
}

# many_register: all of them at once, each gets his 200
# who is told to come later does
sipp_register_many()
{
	echo '<label id="1"/>'
	sipp_register | sed -e 's/alice@/u[call_number]@/g' \
		-e 's|<recv response="200".*|<recv response="503" optional="true" next="2"/> <recv response="200" rrs="true" next="3"/>|'
	echo '<label id="2"/> <pause milliseconds="5000"/> <nop next="1"/> <label id="3"/> <nop/>'
}
many_register()
{
	sipp_in "$A" "$MA4:5060" -i "$A4" -p "$1" -m 5000 -r 1000 -l 5000 -timeout 240 \
		-sf "$W/many.xml" >"$W/many.out" 2>&1 ||
		fail "not all phones register: $(grep -a -E 'Successful|Failed' "$W/many.out" | tail -2; ask status | jq -c '.sip')"
	told status '.bindings.now == 5000 and .sip.transactions_refused == 0'
}

# with its power the site loses its agent's host, too
test_five_thousand_phones_come_back()
{
	agent_with_many && registrar_start || return
	scenario sipp_register_many >"$W/many.xml"
	many_register 5066 || return
	told status '.store.waiting == 0' || return
	agent_stop KILL
	agent_start --datapath "$BACKEND" || return
	told status '.bindings.now == 5000'
	many_register 5066
	kill -TERM "${BG[kamailio]}"
	wait "${BG[kamailio]}"
	unset "BG[kamailio]"
}

sipp_caller()
{
	uac_up
	wait_ms 3000
	uac_again
	uac_bye 3
}
uac_again()
{
	uac INVITE 2 "$(sdp '[media_ip]' 'm=audio 7010 RTP/AVP 0')"
	may 100
	recv 200
	uac ACK 2
}
sipp_callee()
{
	uas_up
	request INVITE
	reply_in 200 OK "$(sdp '[media_ip]' 'm=audio 7020 RTP/AVP 0')"
	request ACK
	uas_bye_answer
}

test_sipp_does_not_notice()
{
	agent_with_store || return
	scenario sipp_caller >"$W/caller.xml"
	scenario sipp_callee >"$W/callee.xml"
	callee -sf "$W/callee.xml" -m 1 -timeout 60 || return
	NUMBER=4900 caller -sf "$W/caller.xml" -timeout 60 &
	BG[caller]=$!
	told calls 'length == 1 and .[0].state == "up"' || return
	# what a realm's names are made with, the call, its ACK
	told status '.store.put >= 4 and .store.waiting == 0' || return
	agent_stop KILL
	agent_start --datapath "$BACKEND" || return
	logged "calls of the former agent: 1 go on, 0 are ended"
	wait "${BG[caller]}" || fail "the caller ends with $?: $(grep -a -m3 -iE 'abort|unexpected' "$W/caller.out"; tail -3 "$AGENT_LOG")"
	unset "BG[caller]"
	no_calls
	callee_stop
}
test_the_agent_ends() { agent_ends; return 0; }

need python3 kamailio sipp
run_tests "$@"
