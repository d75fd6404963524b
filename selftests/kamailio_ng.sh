#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# The real proxy: Kamailio with its rtpengine module, as Debian has it, takes its media
# to one of two rtplaned that know nothing of SIP.  sipp calls sipp through it and plays
# RTP, which the callee echoes.
#
#    a: access                  m: media host                      b: core
#   +--------------+     +---------------------------------+     +-------------------+
#   | sipp, caller |     | kamailio                        |     | sipp, callees at  |
#   | RTP 50/s     |=====| rtplaned, ng: 127.0.0.1:22221   |=====| 5060 and 5070,    |
#   | 192.0.2.1    |     | rtplaned, ng: 127.0.0.1:22222   |     | echo RTP          |
#   |              |     | 192.0.2.254      198.51.100.254 |     | 198.51.100.1      |
#   +--------------+     +---------------------------------+     +-------------------+
#
# Numbers that begin with 2 ring at both callees, with 3 at the second; with
# 4 PCMA and G729 are taken from the offer.  Nothing here waits for a time: sipp's
# caller goes on when the test says so, by a MESSAGE.

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"
need kamailio kamcmd sipp rtplaned

declare -A NODE=()
N=1
C=0

# agent_lib.sh's cleanup, and before it the end of both, and of sipp, which goes on at SIGTERM.
eval "$(declare -f cleanup | sed '1s/cleanup/one_cleanup/')"
cleanup()
{
	local n
	for n in "${!NODE[@]}"; do
		kill -KILL "${NODE[$n]}" 2>/dev/null
	done
	phones_end
	one_cleanup
}

# --- the two rtplaned ---

# node_config N [KEY: VALUE...]; PORTS: of each realm.
node_config()
{
	local n=$1 ports=${PORTS:-{low: 3${1}000, high: 3${1}999\}}
	shift
	{
		printf '%s\n' "control: $W/node$n.sock" 'quarantine: 0' 'drain: 300' "$@"
		cat <<-END
			ng: [{transport: udp, listen: "127.0.0.1:2222$n", allow: [127.0.0.1]}]
			realms:
			  - name: access
			    addresses: [{listen: $MA4}]
			    ports: $ports
			    latch: {nat: learn}
			  - name: core
			    addresses: [{listen: $MB4}]
			    ports: $ports
			    latch: {nat: off}
		END
	} >"$W/node$n.yaml"
}

node_is_up() { grep -q ' serves ' "$W/node$1.log"; }
node_is_gone() { ! kill -0 "${NODE[$1]}" 2>/dev/null; }

node_start()
{
	: >"$W/node$1.log"
	nsenter --net="/run/netns/$M" -- rtplaned --config "$W/node$1.yaml" --datapath uring \
		--datapath-socket "$W/datapath$1.sock" >>"$W/node$1.log" 2>&1 </dev/null 8>&- 9>&- &
	NODE[$1]=$!
	wait_for 20 node_is_up "$1" && return 0
	fail "rtplaned $1 does not come up: $(tail -3 "$W/node$1.log")"
	return 1
}

# node_ends N: it has been told to, or has nothing left to wait for.
node_ends()
{
	local pid=${NODE[$1]} status
	wait_for 20 node_is_gone "$1" || fail "rtplaned $1 does not end: $(tail -3 "$W/node$1.log")"
	wait "$pid"
	status=$?
	unset "NODE[$1]"
	is "rtplaned $1 ends with" "$status" 0
	if grep -qE 'Sanitizer|runtime error:' "$W/node$1.log"; then
		fail "$(grep -E -A 20 'Sanitizer|runtime error:' "$W/node$1.log")"
	fi
}

node_stop() { kill -TERM "${NODE[$1]}"; node_ends "$1"; }

# at N: from now on questions are for this one.
at() { N=$1 CTL=$W/node$1.sock AGENT_LOG=$W/node$1.log RTPLANE_DATAPATH=uring:$W/datapath$1.sock; }
export RTPLANE_DATAPATH

# idle N: no call, leg or port is left there.
idle() { at "$1"; nothing_left; told status '.ng.calls == 0'; }

# --- the proxy ---

MEDIA='trust-address replace-origin replace-session-connection ICE=remove via-branch=auto-next'

# The usual script of a proxy between two networks.
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
		mhomed=yes
		listen=udp:$MA4:5060
		listen=udp:$MB4:5060
		loadmodule "kex.so"
		loadmodule "corex.so"
		loadmodule "tm.so"
		loadmodule "tmx.so"
		loadmodule "sl.so"
		loadmodule "rr.so"
		loadmodule "pv.so"
		loadmodule "maxfwd.so"
		loadmodule "textops.so"
		loadmodule "siputils.so"
		loadmodule "xlog.so"
		loadmodule "ctl.so"
		loadmodule "rtpengine.so"
		modparam("tm", "fr_timer", 60000)
		modparam("tm", "retr_timer1", 60000)	# sipp as callee wants no INVITE twice
		modparam("tm", "retr_timer2", 60000)
		modparam("ctl", "binrpc", "unixs:$W/kamailio.sock")
		modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:22221 udp:127.0.0.1:22222")
		modparam("rtpengine", "mos_average_pv", "\$avp(mos)")
		modparam("rtpengine", "mos_average_samples_pv", "\$avp(samples)")

		request_route {
		    if (!mf_process_maxfwd_header("10")) {
		        sl_send_reply("483", "Too Many Hops");
		        exit;
		    }
		    if (is_method("CANCEL")) {
		        if (t_check_trans()) t_relay();
		        exit;
		    }
		    if (has_totag()) {
		        if (loose_route()) route(RELAY);
		        else if (is_method("ACK") && t_check_trans()) t_relay();
		        else sl_send_reply("404", "Not Here");
		        exit;
		    }
		    t_check_trans();
		    if (!is_method("INVITE")) {
		        sl_send_reply("405", "Method Not Allowed");
		        exit;
		    }
		    record_route();
		    \$rd = "$B4";
		    \$rp = 5060;
		    if (\$rU =~ "^2") append_branch("sip:other@$B4:5070");
		    if (\$rU =~ "^3") \$rp = 5070;
		    route(RELAY);
		}
		route[RELAY] {
		    if (is_method("BYE")) {
		        xlog("L_NOTICE", "MEDIA \$ci: \$rtpstat\n");
		        rtpengine_delete("delete-delay=0");
		        xlog("L_NOTICE", "MOS \$ci: \$avp(mos) of \$avp(samples)\n");
		    } else if (is_method("ACK")) {
		        if (has_body("application/sdp")) route(MEDIA);
		    } else if (is_method("INVITE")) {
		        t_on_branch("BRANCH");
		        t_on_reply("REPLY");
		        t_on_failure("FAILURE");
		    }
		    if (!t_relay()) sl_reply_error();
		    if (is_method("ACK")) xlog("L_NOTICE", "ACK \$ci \$cs\n");
		    exit;
		}
		route[MEDIA] {
		    if (\$si == "$B4") rtpengine_manage("$MEDIA direction=internal direction=external");
		    else if (\$rU =~ "^4") rtpengine_manage("$MEDIA direction=external direction=internal codec-strip-PCMA codec-mask-G729");
		    else rtpengine_manage("$MEDIA direction=external direction=internal");
		}
		branch_route[BRANCH] {
		    route(MEDIA);
		}
		onreply_route[REPLY] {
		    if (has_body("application/sdp") || status =~ "[3-6][0-9][0-9]") route(MEDIA);
		}
		failure_route[FAILURE] {
		    rtpengine_delete("delete-delay=0");
		}
	END
}

kam() { m kamcmd -s "unixs:$W/kamailio.sock" "$@"; }

kamailio_is_up() { kam core.uptime && kam rtpengine.show all | grep -q 22222; }

kamailio_start()
{
	kamailio_config
	nsenter --net="/run/netns/$M" -- kamailio -DD -E -f "$W/kamailio.cfg" -Y "$W" -w "$W" \
		-P "$W/kamailio.pid" -m 32 -M 4 >"$W/kamailio.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[kamailio]=$!
	wait_for 20 kamailio_is_up && return 0
	fail "kamailio does not come up: $(grep -v NOTICE "$W/kamailio.log" | tail -5)"
	return 1
}

kamailio_stop()
{
	kill -TERM "${BG[kamailio]}"
	wait "${BG[kamailio]}" 2>/dev/null
	unset "BG[kamailio]"
}

# acked CSEQ: the ACK of that is underway; who sent it or gets it takes what comes later for later.
acked()
{
	wait_for 20 proxy_says "ACK $CALL $1\$" && return 0
	fail "no ACK of $CALL's $1: $(tail -3 "$W/kamailio.log")"
	return 1
}

proxy_says() { grep -aqE "$1" "$W/kamailio.log"; }

# --- the parties ---

# "m=audio [media_port]" but with the port of what sipp plays
sdp_player() { sdp "[media_ip]" "m=audio [rtpstream_audio_port] RTP/AVP 0" "a=rtpmap:0 PCMU/8000" "$@"; }
sdp_echo() { sdp "[media_ip]" "m=audio [media_port] RTP/AVP 0" "a=rtpmap:0 PCMU/8000" "$@"; }
play() { echo "<nop><action><exec rtp_stream=\"${1:-$W/speech.ulaw,-1,0}\"/></action></nop>"; }
reply_early() { reply 183 Progress "$(sdp_echo)" '[last_Record-Route:]'; }
reply_ok() { reply 200 OK "$(sdp_echo)" '[last_Record-Route:]'; }

# The caller plays until it is told to go on; CHANGE is what it does then, before BYE.
player()
{
	uac_invite "$(sdp_player)"
	may 100
	may 180
	may 183
	recv 200
	uac ACK 1 '' '[routes]'
	play
	request MESSAGE
	"${CHANGE:-:}"
	play pause
	uac BYE 9 '' '[routes]'
	recv 200
}

echoer() { uas_invite; reply 180 Ringing '' '[last_Record-Route:]'; reply_ok; request ACK; "${CHANGE:-:}"; uas_bye_answer; }

# phone SCENARIO [PORT]: it answers calls to B4 there, and echoes.
phone()
{
	local port=${2:-5060}
	scenario "$1" >"$W/callee$port.xml" || return
	sipp_in "$B" -i "$B4" -p "$port" -sf "$W/callee$port.xml" -rtp_echo -mi "$B4" \
		-mp $((port + 2000)) >"$W/callee$port.out" 2>&1 &
	BG[callee$port]=$!
	wait_for 10 phone_is_up "$port" && return 0
	fail "a callee does not come up: $(tail -3 "$W/callee$port.out")"
	return 1
}
phone_is_up() { b ss -Hlnu sport = ":$1" | grep -q .; }

phones_end()
{
	local name
	for name in "${!BG[@]}"; do
		[[ $name = call* ]] || continue
		kill -KILL "$(tool_of "${BG[$name]}")" "${BG[$name]}" 2>/dev/null
		wait "${BG[$name]}" 2>/dev/null
		unset "BG[$name]"
	done
}

# dial SCENARIO [NUMBER]: a call that goes on in the background, with CALL as its Call-ID.
# CALLS: so many at once, from CALL-1 on; PORT: of the caller.
dial()
{
	C=$((C + 1)) CALL=call-$C@test
	local port=${PORT:-5060} cid=$CALL calls=${CALLS:-1}
	[ "$calls" = 1 ] || cid=call-$C-%u@test
	scenario "$1" >"$W/caller$port.xml" || return
	sipp_in "$A" "$MA4:5060" -i "$A4" -p "$port" -mi "$A4" -mp $((port + 1000)) \
		-s "${2:-1900}" -m "$calls" -l "$calls" -r 50 -cid_str "$cid" \
		-sf "$W/caller$port.xml" >"$W/caller$port.out" 2>&1 &
	BG[caller$port]=$!
}

# go_on [CALL-ID [NS ADDRESS PORT]]: who has waited for this, the caller if nobody is named.
go_on()
{
	G=$((${G:-0} + 1))
	sed 's/$/\r/' <<-END | in_ns "${2:-$A}" socat -u - "UDP4:${3:-$A4}:${4:-${PORT:-5060}}"
		MESSAGE sip:you@test SIP/2.0
		Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-go-$G
		From: <sip:me@test>;tag=go
		To: <sip:you@test>;tag=on
		Call-ID: ${1:-$CALL}
		CSeq: $G MESSAGE
		Content-Length: 0

	END
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# hung_up: all calls of the caller at PORT ended well.
hung_up()
{
	local name=caller${PORT:-5060} status
	wait_for 60 has_ended "${BG[$name]}" || kill -KILL "$(tool_of "${BG[$name]}")"
	wait "${BG[$name]}"
	status=$?
	unset "BG[$name]"
	[ $status = 0 ] && return
	fail "the caller ends with $status: $(grep -a -m3 -iE 'abort|unexpected|error' "$W/$name.out"); $(grep -av NOTICE "$W/kamailio.log" | tail -3); $(tail -2 "$AGENT_LOG")"
	return 1
}

# Packets of the four ways of media: in and out, at either side.
counters()
{
	ask call "$(call_id)" | jq -c '[.legs[] | select(.component == "rtp") | .rx_packets, .tx_packets]'
}
have_grown() { jq -e --argjson a "$1" '[., $a] | transpose | length == 4 and all(.[0] > .[1] + 10)' <<<"$(counters)"; }

# talks: media flows from end to end and back again, now.
talks()
{
	local before
	before=$(counters)
	wait_for 20 have_grown "${before:-[]}" && return 0
	fail "media does not flow: $before, then $(counters); $(ask why "$(call_id)" | jq -c .why)"
	return 1
}

setup()
{
	topology && offload_off || return 1
	head -c 80000 /dev/zero | tr '\0' '\325' >"$W/speech.ulaw"
	node_config 1 && node_config 2 && node_start 1 && node_start 2 && kamailio_start
}

# --- tests ---

disabled() { kam rtpengine.show all | grep -A5 "$1" | grep -q 'disabled: [1-9]'; }
enabled() { kam rtpengine.show all | grep -A5 "$1" | grep -q 'disabled: 0'; }

test_it_finds_both()
{
	wait_for 10 enabled 22221 || fail "$(kam rtpengine.show all)"
	wait_for 10 enabled 22222 || fail "$(kam rtpengine.show all)"
	kam rtpengine.ping all >"$W/ping"
	# one answer for all
	is "pings that succeed" "$(grep -c 'status: success' "$W/ping")" 1
}

# with COUNT: which of the two has so many calls.
with()
{
	local n
	for n in 1 2; do
		at $n
		ask_test calls "length == $1" && return 0
	done
	return 1
}
on_one() { wait_for 20 with "${1:-1}" || fail "no rtplaned has the call: $(grep -av NOTICE "$W/kamailio.log" | tail -3)"; }
is_up() { told calls "[.[] | select(.request == \"$CALL\")][0].state == \"up\""; }

# all_over: nobody calls, and nothing is left at either.
all_over()
{
	local n
	phones_end
	for n in "${!NODE[@]}"; do
		idle "$n"
		is "words of the proxy that do nothing" "$(ask ng flags)" '[]'
	done
}

test_a_call()
{
	phone echoer && dial player && on_one && is_up || return
	told calls '.[0].caller.realm == "access" and .[0].callee.realm == "core"'
	talks
	go_on
	hung_up
	proxy_says "MEDIA $CALL: RTP: [1-9][0-9]* bytes, [1-9][0-9]* packets, 0 errors" ||
		fail "the proxy's \$rtpstat: $(grep -a "MEDIA $CALL" "$W/kamailio.log")"
	proxy_says "MOS $CALL: [1-4]\.[0-9] of [1-9]" ||
		fail "the proxy's MOS: $(grep -a "MOS $CALL" "$W/kamailio.log")"
	all_over
}

# Hold and resumption by the caller, then the callee's turn.
test_changes_of_a_call()
{
	caller_changes()
	{
		uac INVITE 2 "$(sdp_player a=sendonly)" '[routes]'
		may 100
		recv 200
		uac ACK 2 '' '[routes]'
		request MESSAGE
		uac INVITE 3 "$(sdp_player)" '[routes]'
		may 100
		recv 200
		uac ACK 3 '' '[routes]'
		request INVITE
		reply_in 200 OK "$(sdp_player)"
		request ACK
		request MESSAGE
	}
	callee_changes()
	{
		request INVITE
		reply_in 200 OK "$(sdp_echo a=recvonly)"
		request ACK
		request INVITE
		reply_in 200 OK "$(sdp_echo)"
		request ACK
		request MESSAGE
		uas INVITE 7 "$(sdp_echo)" '[routes]'
		may 100
		recv 200
		uas ACK 7 '' '[routes]'
	}
	CHANGE=callee_changes phone echoer && CHANGE=caller_changes dial player && on_one && is_up || return
	talks
	go_on
	acked 2
	go_on
	acked 3
	talks
	go_on "$CALL" "$B" "$B4" 5060
	acked 7
	talks
	go_on
	hung_up
	all_over
}

# What the proxy takes from an offer, the callee does not see; the caller gets what is left.
test_codecs_that_are_taken_out()
{
	caller_does()
	{
		uac_invite "$(sdp_player | sed 's|RTP/AVP 0|RTP/AVP 8 18 0 101|') $(printf '\n%s' "a=rtpmap:101 telephone-event/8000")"
		may 100
		may 180
		recv_saying 200 'RTP/AVP 0[[:cntrl:]]'
		uac ACK 1 '' '[routes]'
		uac BYE 9 '' '[routes]'
		recv 200
	}
	callee_does()
	{
		uas_invite | sed 's|<action>|&<ereg regexp="RTP/AVP 0 101[[:cntrl:]]" search_in="msg" check_it="true" assign_to="seen"/>|'
		reply_ok
		request ACK
		uas_bye_answer
	}
	phone callee_does && dial caller_does 4900 || return
	hung_up
	all_over
}

# [branch] as it was N messages before
same_branch() { sed "s/\[branch\]/[branch-$1]/"; }

test_a_call_that_is_given_up()
{
	ringing() { uas_invite; reply 180 Ringing '' '[last_Record-Route:]'; gives_way; }
	caller_does()
	{
		uac_invite "$(sdp_player)"
		may 100
		recv 180
		uac_cancel -3
		recv 200
		recv 487
		uac ACK 1 | same_branch 6
	}
	phone ringing && dial caller_does || return
	hung_up
	cat "$W"/node*.log | grep -q "call-id $CALL: offered" || fail "no rtplaned had the call"
	all_over
}
gives_way() { request CANCEL; reply_in 200 OK; reply_invite 487 Terminated; request ACK; }

# Both are called; one is heard early, the other one, who slept, takes the call.
test_a_fork()
{
	local late
	early() { uas_invite; reply_early; gives_way; }
	caller_does()
	{
		uac_invite "$(sdp_player)"
		may 100
		may 180
		echo '<recv response="183"/>'	# no rrs: the target is that of the 200
		play
		may 180
		recv 200
		uac ACK 1 '' '[routes]'
		request MESSAGE
		play pause
		uac BYE 9 '' '[routes]'
		recv 200
	}
	phone echoer && phone early 5070 || return
	late=$(tool_of "${BG[callee5060]}")
	kill -STOP "$late"
	dial caller_does 2000 && on_one && talks
	kill -CONT "$late"
	told call "$(call_id)" '[.legs[] | select(.component == "rtp" and .side == "callee")][0].signalled == "198.51.100.1:7060"'
	acked 1
	talks
	go_on
	hung_up
	all_over
}

# It was asked for a call and refused it.
has_refused() { at "$1"; ask_test status '.ng.limited > 0'; }

# one_more PORT: a call begins, is up, and ends, wherever it is.
one_more()
{
	local PORT=$1
	dial player && acked 1 && go_on && hung_up
}

# Which of them is asked is a sum over the Call-ID: some calls are enough for each to have
# had its turn.  until_true PORT CMD...: calls, until CMD is true.
until_true()
{
	local i port=$1
	shift
	for i in {1..20}; do
		one_more "$port" || return
		"$@" && return
	done
	fail "20 calls and it is not so: $*"
}

# A call begins at one that is told to stop: it stays there, and is changed and ended there,
# while all others go to the other one.
test_a_node_that_drains()
{
	caller_changes()
	{
		uac INVITE 2 "$(sdp_player)" '[routes]'
		may 100
		recv 200
		uac ACK 2 '' '[routes]'
		request MESSAGE
	}
	callee_changes() { request INVITE; reply_in 200 OK "$(sdp_echo)"; request ACK; }
	local first old
	CHANGE=callee_changes phone echoer 5070 && phone echoer &&
		CHANGE=caller_changes dial player 3000 && on_one && talks || return
	old=$N first=$CALL
	kill -TERM "${NODE[$old]}"
	logged 'draining: '
	until_true 5070 has_refused "$old"
	at "$old"
	told calls 'length == 1'
	CALL=$first
	talks
	go_on
	acked 2
	talks
	go_on
	hung_up
	node_ends "$old"
	comes_back "$old"
	all_over
}

# comes_back N: it has calls again.
comes_back()
{
	node_start "$1" || return
	kam rtpengine.enable "udp:127.0.0.1:2222$1" 1 >"$W/enable"
	wait_for 10 enabled "2222$1" || fail "$(kam rtpengine.show all)"
}

# The proxy asks who is dead, and goes to the other one; who is back has calls again.
test_a_node_that_dies_and_comes_back()
{
	phone echoer || return
	kill -KILL "${NODE[1]}"
	wait "${NODE[1]}" 2>/dev/null
	unset 'NODE[1]'
	until_true 5060 disabled 22221
	comes_back 1 || return
	until_true 5060 has_had 1
	all_over
}
has_had() { at "$1"; ask_test status '.ng.begun > 0'; }

# One has ports for two calls, the other one takes the rest.
test_a_node_without_ports()
{
	local i
	node_stop 1
	PORTS='{low: 31000, high: 31003}' node_config 1
	node_start 1 || return
	kam rtpengine.enable all 1 >"$W/enable"
	phone echoer && CALLS=12 dial player || return
	at 1
	told calls 'length == 2'
	at 2
	told calls 'length == 10 and all(.state == "up")'
	at 1
	told calls 'all(.state == "up")'
	told status '.ng.limited > 0'
	for i in {1..12}; do
		CALL=call-$C-$i@test
		acked 1
		go_on
	done
	hung_up
	all_over
}

# A limit of its own does the same; the other one takes what is too much.
test_a_node_with_a_limit()
{
	local i
	PORTS='{low: 31000, high: 31003}' node_config 1 'ng-calls: 1'
	at 1
	ask reload >"$W/reload" || fail "reload: $(cat "$W/reload")"
	phone echoer && CALLS=6 dial player || return
	told calls 'length == 1'
	at 2
	told calls 'length == 5'
	for i in {1..6}; do
		CALL=call-$C-$i@test
		acked 1
		go_on
	done
	hung_up
	all_over
}

# The end of all that setup began.
test_all_end()
{
	kamailio_stop
	node_stop 1
	node_stop 2
}

need socat
run_tests "$@"
