#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=1 timeout=600
#
# Running the agent: what it tells, what happens when ports or the module run
# out, and what is left when it is killed.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | sipp, caller |=====| rtplaned, rtplane.ko        |=====| sipp, callee  |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"

setup() { topology; }

legs_are() { [ "$(leg_count)" = "$1" ]; }
calls_are() { [ "$(ask calls | jq length)" = "$1" ]; }

# A call that lasts until the callee or we end it; sipp waits in the background.
long_call()
{
	scenario long_caller >"$W/long.xml"
	callee -sn uas || return
	caller -sf "$W/long.xml" -mi "$A4" -timeout 100 &
	BG[long]=$!
	wait_for 20 calls_are 1
	wait_for 20 legs_are 4 || fail "no call: $(tail -3 "$AGENT_LOG")"
	ID=$(call_id)
}
long_caller() { uac_up; request BYE; reply_in 200 OK; }
# Nobody hangs up any more: both sipp, which the shells in BG are not.
long_call_stop()
{
	pkill -KILL -x sipp
	wait "${BG[long]}" 2>/dev/null
	unset "BG[long]"
	callee_stop
}
long_call_ends()
{
	wait "${BG[long]}"
	is "the caller ends with" $? 0
	unset "BG[long]"
	callee_stop
}

test_it_answers_questions()
{
	agent_config 'quarantine: 0' && agent_start || return
	told status '.version != null and .backend == "kernel" and .calls == 0 and .datapath.devices == 2'
	told calls 'length == 0'
	refused 'no call 12345' ask call 12345
	misused ask why everything
	misused ask call
	long_call
	told call "$ID" '.state == "up" and (.legs | length) == 4'
	told call "$ID" '.caller.realm == "access" and .callee.realm == "core"'
	told why "$ID" '[.why[].because] | any(test("nothing has arrived from the caller"))'
	told status '.calls == 1 and ([.ports[].used] | add) == 2'
	ok "end" ask end "$ID"
	long_call_ends
	told call "$ID" '.state == "over" and .reason == "ended on request" and (.legs | length) == 4'
	told why "$ID" '[.why[].because] | any(test("the call is over"))'
	nothing_left
}

test_its_control_socket_takes_nothing_wrong()
{
	local line
	for line in 'x' '{}' '{"cmd":1}' '{"cmd":"nope","args":[]}' '{"cmd":"call","args":[7]}' \
	    '{"cmd":"call","args":["99999999999999999999999"]}' '{"cmd":"why","args":["everything"]}' \
	    '{"cmd":"call","args":[]}' '{"cmd":"status","args":["x"]}' '[]'; do
		jq -e '.ok == false and (.error | length > 5)' \
			<<<"$(m socat - "UNIX-CONNECT:$CTL" <<<"$line")" >/dev/null ||
			fail "'$line' is not refused"
	done
	head -c 100000 /dev/zero | m socat -u - "UNIX-CONNECT:$CTL" 2>/dev/null
	told status '.calls == 0'
	refused 'another rtplaned' m env -i "$(command -v rtplaned)" --config "$W/rtplaned.yaml"
	told status '.calls == 0'
}

test_a_call_from_the_core_with_latching()
{
	callee_does() { uas_up; uas_bye_answer; }
	scenario callee_does >"$W/callee.xml"
	CALLEE_IP=$A4
	sipp_in "$A" -i "$A4" -p 5060 -sf "$W/callee.xml" -mi "$A4" -m 1 >"$W/callee.out" 2>&1 &
	BG[phone]=$!
	scenario uac_call >"$W/caller.xml"
	sipp_in "$B" "$MB4:5060" -i "$B4" -p 5060 -s 200 -m 1 -sf "$W/caller.xml" -mi "$B4" -timeout 30 >"$W/caller.out" 2>&1 ||
		fail "the caller in the core ended with $?: $(tail -3 "$AGENT_LOG")"
	wait "${BG[phone]}" || fail "the phone ended with $?"
	unset "BG[phone]" CALLEE_IP
	nothing_left
}
uac_call() { uac_up; wait_ms 200; uac_bye; }

test_no_port_left_is_503()
{
	agent_stop
	PORTS='{low: 30000, high: 30003}' agent_config 'quarantine: 3600' || return
	agent_start
	callee -sn uas
	CALLS=2 calls_go "two calls for two pairs" -sn uac
	wait_for 10 calls_are 0
	busy() { uac_invite "$(sdp)"; may 100; recv_with 503 Retry-After: '[0-9]'; uac ACK 1; }
	scenario busy >"$W/busy.xml"
	caller -sf "$W/busy.xml" -mi "$A4" -timeout 20 || fail "no 503 with Retry-After: $(tail -3 "$AGENT_LOG")"
	logged 'refused with 503: .*retry after'
	told status '.counters.no_ports == 1 and .calls == 0'
	callee_stop
	nothing_left
}

test_a_port_of_another_program_is_left_to_it()
{
	agent_stop
	PORTS='{low: 30000, high: 30003}' agent_config 'quarantine: 0'
	agent_start
	m socat -u "UDP-RECV:30000,bind=$MA4" /dev/null &
	BG[squatter]=$!
	wait_for 10 squatter_is_there
	callee -sn uas
	# One at a time: there is one pair of ports left.
	CALLS=3 calls_go "calls beside it" -sn uac -l 1
	callee_stop
	stop squatter
	nothing_left
}
squatter_is_there() { m ss -Hlnu "sport = :30000" | grep -q 30000; }

test_the_datapath_refuses()
{
	agent_stop
	agent_config 'quarantine: 0'
	agent_start
	# somebody else's bridge on all ports of the callee's side
	local p cmds=
	for ((p = 30000; p < 33000; p += 2)); do
		cmds+="bridge add leg local $MB4:$p latch learn leg local $MB4:$((p + 1)) latch learn"$'\n'
	done
	m rtplane -batch - <<<"$cmds" || fail "the ports cannot be taken"
	failing() { uac_invite "$(sdp)"; may 100; may 180; recv 503; uac ACK 1; }
	hung_up() { uas_invite; reply 200 OK "$(sdp)"; request ACK; uas_bye_answer; }
	scenario failing >"$W/failing.xml"
	scenario hung_up >"$W/callee.xml"
	callee -sf "$W/callee.xml" -m 1 -mi "$B4"
	caller -sf "$W/failing.xml" -mi "$A4" -timeout 20 || fail "not 503: $(tail -3 "$AGENT_LOG")"
	wait "${BG[callee]}" || fail "the callee got no BYE"
	unset "BG[callee]"
	told status '.counters.datapath_refused == 1 and .calls == 0 and ([.ports[].used] | add) == 0'
	clear_bridges
}

test_killed_it_leaves_media_and_finds_it_again()
{
	agent_restart
	long_call
	agent_stop KILL
	is "legs after SIGKILL" "$(leg_count)" 4
	agent_config 'quarantine: 0' "orphan-timeout: $((8 * SLOW))"
	agent_start
	told status '.adopted == 1'
	told status '([.ports[].used] | add) == 2'
	told calls '.[0].state == "adopted"'
	is "id" "$(call_id)" "$ID"
	logged "call=$ID: adopted 4 legs"
	wait_for 30 legs_are 0 || fail "silent legs stay"
	logged "call=$ID: adopted legs removed"
	long_call_stop
	nothing_left
}

# with_a_store SIGNAL STATUS: a call is up, the agent ends, another one goes on with it
with_a_store()
{
	rm -rf "$W/store"
	agent_stop
	agent_config 'quarantine: 0' 'orphan-timeout: 1' "store: $W/store" && agent_start || return
	long_call
	# names of two realms, the call, its ACK
	told status '.store.put >= 4 and .store.waiting == 0'
	agent_stop "$1"
	is "rtplaned ends with" "$AGENT_STATUS" "$2"
	is "legs when it is gone" "$(leg_count)" 4
	agent_start
	logged "call=$ID: goes on, after the former agent; its media does too"
	told status '.adopted == 1 and .calls == 1 and ([.ports[].used] | add) == 2'
	told calls 'length == 1 and .[0].state == "up"'
	is "id" "$(call_id)" "$ID"
}

test_a_call_outlives_a_kill()
{
	with_a_store KILL 137 || return
	# legs that are silent are a call's, for as long as it may be on hold: they were looked at
	told status '.uptime >= 8'
	is "silent legs of a call" "$(leg_count)" 4
	ok "end" ask end "$ID"
	long_call_ends
	nothing_left
	# what is not known to the store goes as ever
	long_call
	told status '.store.waiting == 0'
	agent_stop KILL
	rm -r "$W/store"
	agent_start
	told status '.adopted == 1 and .calls == 0'
	wait_for 30 legs_are 0 || fail "silent legs of no call stay"
	long_call_stop
}

test_a_planned_restart_loses_no_call()
{
	with_a_store USR1 0 || return
	ok "end" ask end "$ID"
	long_call_ends
	nothing_left
	# without a store it is an end as ever
	agent_stop
	agent_config 'quarantine: 0' 'drain: 0' && agent_start || return
	long_call
	agent_stop USR1
	long_call_ends
	is "rtplaned ends with" "$AGENT_STATUS" 0
	is "legs" "$(leg_count)" 0
	agent_start
}

test_adopted_legs_go_on_request()
{
	agent_restart
	long_call
	agent_stop KILL
	agent_config 'quarantine: 0'
	agent_start
	told status '.adopted == 1'
	ok "end" ask end "$ID"
	is "legs" "$(leg_count)" 0
	told status '.adopted == 0 and ([.ports[].used] | add) == 0'
	long_call_stop
}

test_sigterm_ends_what_does_not_end()
{
	agent_stop
	agent_config 'drain: 1' 'quarantine: 0'
	agent_start
	long_call
	agent_stop TERM
	is "status" "$AGENT_STATUS" 0
	long_call_ends
	is "legs" "$(leg_count)" 0
}

test_a_second_sigterm_is_at_once()
{
	agent_config 'drain: 3000' 'quarantine: 0'
	agent_start
	long_call
	kill -TERM "$AGENT_PID"
	logged "draining"
	agent_stop TERM
	is "status" "$AGENT_STATUS" 0
	long_call_ends
	is "legs" "$(leg_count)" 0
}

test_it_does_not_start_where_it_cannot_serve()
{
	agent_config
	sed -i 's/devices: \[ma\]/devices: [nosuch0]/' "$W/rtplaned.yaml"
	refused 'device nosuch0' m rtplaned --config "$W/rtplaned.yaml"
	agent_config
	sed -i "s/listen: $MA4/listen: 203.0.113.77/" "$W/rtplaned.yaml"
	refused 'cannot listen on 203.0.113.77:5060 for SIP over udp' m rtplaned --config "$W/rtplaned.yaml"
	is "legs" "$(leg_count)" 0
	m rtplane dev del ma
	m rtplane dev del mb
}

need sipp rtplaned socat
run_tests "$@"
