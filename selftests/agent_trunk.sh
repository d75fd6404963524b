#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1 timeout=600
#
# Trunks: we register there, say who we are in calls, try their next hops one after the
# other, and know by OPTIONS which of these work.  agent_trunk.py plays a trunk that asks
# for a password each time, and phones, with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| trunk: 5060, 5070  |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1       |
#   +--------------+     +-----------------------------+     +--------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"
export W

ACCOUNT='user: lines, password: open sesame'
REGISTER="$ACCOUNT, register: \"sip:lines@carrier.example\", interval: 600"

# trunk_config WORDS: of the trunk.
trunk_config()
{
	ROUTES='  - {from: access, user-prefix: "900", user-strip: 3, user-add: "+", trunk: carrier}
  - {from: access, user-prefix: "9", trunk: carrier}' \
		agent_config 'quarantine: 0' "hop-timeout: ${HOP:-30}" ${EMERGENCY:+"emergency: $EMERGENCY"} \
		"trunks: [{name: carrier, realm: core, next-hops: [\"sip:$B4\", \"sip:$B4:5070\"], $1}]"
}

trunk_is_up() { b ss -Hlnu sport = :5060 | grep -q .; }

# trunk WORDS NAME: by an agent of its own, since what is registered stays.  The trunk is
# there before the agent asks for it.
trunk()
{
	local player
	agent_ends
	trunk_config "$1"
	acts agent_trunk "$2" &
	player=$!
	wait_for 20 trunk_is_up || fail 'the trunk does not come up'
	agent_start --datapath "$BACKEND"
	wait "$player" && no_calls
}

test_we_register() { trunk "$REGISTER" registers; }
test_we_go()
{
	local player
	agent_ends
	trunk_config "$REGISTER"
	acts agent_trunk ends &
	player=$!
	wait_for 20 trunk_is_up || fail 'the trunk does not come up'
	agent_start --datapath "$BACKEND" && wait_for 20 test -e "$W/registered"
	agent_ends
	wait "$player"
}

test_a_wrong_password() { trunk "$REGISTER" wrong_password; }
test_an_old_nonce() { trunk "$REGISTER" stale; }
test_longer_ones_are_wanted() { trunk "$REGISTER" brief; }
test_registered_at_the_second() { trunk "$REGISTER" second_hop; }
test_what_is_no_challenge() { trunk "$REGISTER" strange_answers; }
test_reload() { trunk "$REGISTER, calls: 5" reload; }
test_calls_say_who_we_are() { trunk "$ACCOUNT" called; }
test_texts_say_who_we_are() { trunk "$ACCOUNT" texts; }
test_a_trunk_that_calls_asks() { trunk "$ACCOUNT" calls_us; }
test_pracks_say_who_we_are() { trunk "$ACCOUNT" rings; }
test_calls_with_a_wrong_password() { trunk "$ACCOUNT" refused; }
test_a_challenge_too_long_to_answer() { trunk "$ACCOUNT" too_long; }
test_next_hops_in_turn() { trunk 'retry: 60' third_hop; }
test_a_silent_hop_is_followed() { HOP=1 trunk 'retry: 60' silent; }
test_a_silent_hop_gets_no_text() { HOP=1 trunk 'retry: 60' silent_text; }
test_a_silent_registrar_is_followed() { ACCESS_REGISTER='{}' HOP=1 trunk 'retry: 60' silent_registrar; }
test_a_late_hop_asks_who_we_are() { HOP=1 trunk "$ACCOUNT, retry: 60" late; }
test_each_asks_who_we_are() { trunk "$ACCOUNT, retry: 60" asked_by_each; }
test_no_next_hop_serves() { trunk 'retry: 60' all_hops; }
test_who_answers_options() { trunk 'options: 1, retry: 0' health; }
# group WORDS NAME [OF-EACH [OF-SECOND]]: two trunks of one next hop each, in a group
group()
{
	ROUTES='  - {from: access, source: [192.0.2.2, 203.0.113.0/24], trunk: second}
  - {from: access, user-prefix: "9", trunk: carriers}' \
		agent_config 'quarantine: 0' "hop-timeout: ${HOP:-30}" ${EMERGENCY:+"emergency: $EMERGENCY"} \
		"trunks: [{name: first, realm: core, next-hops: [\"sip:$B4\"], retry: 60${3:-}},
  {name: second, realm: core, next-hops: [\"sip:$B4:5070\"], retry: 60${3:-}${4:-}}]" \
		"trunk-groups: [{name: carriers, trunks: [first, second]$1}]"
	agent_ends
	agent_start --datapath "$BACKEND" && acts agent_trunk "$2" && no_calls
}

test_a_group_in_order() { group '' in_order; }
test_a_group_in_turn() { group ', hunt: round-robin' in_turn; }
test_a_group_in_turn_whose_trunks_ask_the_phone() { group ', hunt: round-robin' asks_the_phone; }
test_a_silent_trunk_gets_no_subscription() { ACCESS_REGISTER='{}' HOP=1 group '' silent_notifier; }
test_texts_are_not_in_turn() { group ', hunt: round-robin' texts_in_order; }
test_a_group_by_weight() { group ', hunt: weight, weights: [1, 3]' by_weight; }
test_a_group_of_which_one_is_silent() { HOP=1 group '' silent_trunk; }
test_a_group_that_a_reload_changes() { HOP=2 group '' changed_trunk; }
test_a_group_whose_trunks_ask() { group '' each_asks ", $ACCOUNT"; }
test_a_trunk_of_a_group_is_full() { group '' full_trunk ', calls: 1'; }
test_a_group_has_a_limit() { EMERGENCY='["911"]' group ', calls: 1' full_group; }
test_a_dead_trunk_is_asked_less_often() { trunk 'retry: 1' backs_off; }
test_by_source()
{
	a ip address add 192.0.2.2/24 dev a0
	group '' by_source
}
test_as_many_calls_as_lines() { EMERGENCY='["911"]' trunk 'calls: 1' limit; }
# --- a trunk that others wrote: Kamailio asks for a password in all but ACK, and takes each
# count of a nonce once; sipp is the subscriber behind it ---

kamailio_config()
{
	cat >"$W/kamailio.cfg" <<-END
		#!KAMAILIO
		debug=2
		log_stderror=yes
		children=2
		disable_tcp=yes
		disable_core_dump=yes
		auto_aliases=no
		dns=no
		listen=udp:$B4:5060
		loadmodule "kex.so"
		loadmodule "tm.so"
		loadmodule "sl.so"
		loadmodule "rr.so"
		loadmodule "pv.so"
		loadmodule "xlog.so"
		loadmodule "siputils.so"
		loadmodule "textops.so"
		loadmodule "usrloc.so"
		loadmodule "registrar.so"
		loadmodule "auth.so"
		modparam("auth", "qop", "auth")
		modparam("auth", "algorithm", "$1")
		modparam("auth", "nonce_count", 1)
		modparam("registrar", "max_expires", 60)

		request_route {
		    if (is_method("ACK")) {
		        if (loose_route()) t_relay();
		        exit;
		    }
		    if (is_method("REGISTER")) {
		        if (!pv_www_authenticate("carrier.example", "open sesame", "0")) {
		            www_challenge("carrier.example", "1");
		            exit;
		        }
		        save("location");
		        xlog("L_NOTICE", "REGISTERED \$au \$ct\n");
		        exit;
		    }
		    if (\$si == "$MB4") {
		        if (!pv_proxy_authenticate("carrier.example", "open sesame", "0")) {
		            xlog("L_NOTICE", "ASKED \$rm\n");
		            proxy_challenge("carrier.example", "1");
		            exit;
		        }
		        xlog("L_NOTICE", "TAKEN \$rm\n");
		        consume_credentials();
		    }
		    if (loose_route()) {
		        t_relay();
		        exit;
		    }
		    record_route();
		    \$rd = "$B4";
		    \$rp = 5090;
		    t_relay();
		}
	END
}

# a call with a change, of the subscriber behind Kamailio and of the phone
subscriber()
{
	local record='[last_Record-Route:]'
	uas_invite
	reply 200 OK "$(sdp)" "$record"
	request ACK
	request INVITE
	reply_in 200 OK "$(sdp)" "$record"
	request ACK
	request BYE
	reply_in 200 OK
}
changes()
{
	uac_up
	uac INVITE 2 "$(sdp)"
	may 100
	recv 200
	uac ACK 2
	uac_bye
}

kamailio_says() { grep -aqE "$1" "$W/kamailio.log"; }

# kamailio_start ALGORITHM: and whoever answers behind it.
kamailio_start()
{
	kamailio_config "$1"
	nsenter --net="/run/netns/$B" -- kamailio -DD -E -f "$W/kamailio.cfg" -Y "$W" -w "$W" \
		-P "$W/kamailio.pid" -m 32 -M 4 >"$W/kamailio.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[kamailio]=$!
	scenario subscriber >"$W/subscriber.xml"
	scenario changes >"$W/changes.xml"
	sipp_in "$B" -i "$B4" -p 5090 -sf subscriber.xml >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 20 trunk_is_up && return 0
	fail "kamailio does not come up: $(tail -5 "$W/kamailio.log")"
	return 1
}

kamailio_stop()
{
	callee_stop
	kill -TERM "${BG[kamailio]}"
	wait "${BG[kamailio]}" 2>/dev/null
	unset "BG[kamailio]"
}

# by_kamailio ALGORITHM: registered there, and a call.
by_kamailio()
{
	agent_ends
	kamailio_start "$1" || return
	trunk_config "$REGISTER, options: 60"
	agent_start --datapath "$BACKEND" && told trunks '.[0].registered and .[0].expires > 30' &&
		wait_for 20 kamailio_says 'REGISTERED lines <sip:lines@' &&
		NUMBER=9123 calls_go "a call by kamailio" -sf changes.xml
	is "INVITEs asked for and taken" \
		"$(grep -acE 'ASKED INVITE' "$W/kamailio.log") $(grep -acE 'TAKEN INVITE' "$W/kamailio.log")" '1 2'
	wait_for 20 kamailio_says 'TAKEN BYE' || fail "the BYE is not taken: $(tail -5 "$W/kamailio.log")"
	no_calls
	agent_ends
	kamailio_stop
}

test_kamailio_md5() { by_kamailio MD5; }
test_kamailio_sha256() { by_kamailio SHA-256; }
# --- a trunk that is another rtplaned, in b, with its subscriber behind it; by TCP ---

PBX4=198.51.100.2

second_start()
{
	mkdir -p "$W/second"
	cat >"$W/second.yaml" <<-END
		control: $W/second/rtplaned.sock
		log: info
		realms:
		  - name: peer
		    addresses: [{listen: $B4}]
		    sip: [{transport: udp}, {transport: tcp}]
		    ports: {low: 40000, high: 40999}
		    latch: {nat: off}
		    acl: {allow: [$MB4]}
		  - name: inside
		    addresses: [{listen: $PBX4}]
		    sip: [{transport: udp}]
		    ports: {low: 40000, high: 40999}
		    acl: {allow: [$B4, $PBX4]}
		trunks: [{name: back, realm: peer, next-hops: ["sip:$MB4;transport=tcp"], options: 1}]
		routes:
		  - {from: peer, to: inside, next-hop: "sip:$PBX4:5070"}
		  - {from: inside, trunk: back}
	END
	nsenter --net="/run/netns/$B" -- \
		rtplaned --config "$W/second.yaml" --datapath "$BACKEND" 2>"$W/second.log" </dev/null 8>&- 9>&- &
	BG[second]=$!
	wait_for 60 grep -q ' serves ' "$W/second.log" && return 0
	fail "the second rtplaned does not come up: $(tail -3 "$W/second.log")"
	return 1
}

ask_second() { b rtplane --json --socket "$W/second/rtplaned.sock" "$@"; }
second_test() { ask_second "${@:1:$#-1}" | jq -e "${@: -1}" >/dev/null 2>&1; }

test_another_rtplaned()
{
	b ip address add $PBX4/24 dev b0
	agent_ends
	ROUTES='  - {from: access, user-prefix: "9", trunk: far}' \
		agent_config 'quarantine: 0' "trunks: [{name: far, realm: core, next-hops: [\"sip:$B4;transport=tcp\"], options: 1}]"
	second_start && agent_start --datapath "$BACKEND" || return
	told trunks '.[0].next_hops[0].state == "up"'
	# from one end to the other, with a change of each side, by both
	scenario subscriber >"$W/subscriber.xml"
	scenario changes >"$W/changes.xml"
	sipp_in "$B" -i $PBX4 -p 5070 -sf subscriber.xml >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 20 b sh -c 'ss -Hlnu sport = :5070 | grep -q .' || fail 'the subscriber does not come up'
	NUMBER=9123 calls_go "a call through both" -sf changes.xml
	no_calls
	wait_for 60 second_test calls 'length == 0' || fail "the second has $(ask_second calls)"
	is "calls of the second" "$(ask_second status | jq .counters.answered)" 1
	callee_stop
	# nobody there any more
	kill -KILL "$(tool_of "${BG[second]}")"
	wait "${BG[second]}" 2>/dev/null
	unset "BG[second]"
	told trunks '.[0].next_hops[0] | .state == "down" and .fails >= 1 and (.again | type) == "number"'
}

test_the_agent_ends() { agent_ends; return 0; }

need python3 kamailio sipp
run_tests "$@"
