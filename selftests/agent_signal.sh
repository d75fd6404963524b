#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1 timeout=600
#
# What the back-to-back user agent carries from one realm to the other, and what
# it refuses.  sipp plays both parties; after each test nothing may be left.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | sipp, caller |=====| rtplaned, user space        |=====| sipp, callee  |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"

setup()
{
	topology || return 1
	agent_config 'quarantine: 1' 'drain: 8' 'answer-timeout: 4'
	agent_start
}

# call TEXT: caller.xml and callee.xml of $W against each other, both to succeed.
# OPTIONS go to both (-t t1 for TCP).
call()
{
	local text=$1 status
	shift
	scenario caller_does >"$W/caller.xml"
	scenario callee_does >"$W/callee.xml"
	callee -sf "$W/callee.xml" -m "${CALLS:-1}" -mi "$B4" "$@" || return
	caller -sf "$W/caller.xml" -mi "$A4" -timeout 30 "$@"
	status=$?
	[ $status = 0 ] || fail "$text: the caller ended with $status: $(said caller)"
	if ! wait_for 15 callee_done; then
		fail "$text: the callee does not end: $(said callee)"
		callee_stop
		return
	fi
	wait "${BG[callee]}"
	status=$?
	unset "BG[callee]"
	[ $status = 0 ] || fail "$text: the callee ended with $status: $(said callee)"
}

callee_done() { ! kill -0 "${BG[callee]}" 2>/dev/null; }
said() { grep -a -iE 'abort|unexpected|while expecting|error|failed' "$W/$1.out" | tail -3; tail -3 "$AGENT_LOG"; }

# refuses TEXT STATUS: the caller's INVITE is answered by us; there is no callee.
refuses()
{
	local text=$1
	shift
	scenario caller_does >"$W/caller.xml"
	caller -sf "$W/caller.xml" -mi "$A4" -timeout 45 "$@" && return
	fail "$text: the caller ended with $?: $(said caller)"
}

test_a_call_over_udp()
{
	caller_does() { uac_up; wait_ms 200; uac_bye; }
	callee_does() { uas_up; uas_bye_answer; }
	call "UDP"
	nothing_left
}

test_a_call_over_tcp_on_both_sides()
{
	caller_does() { uac_up; wait_ms 200; uac_bye; }
	callee_does() { uas_up; uas_bye_answer; }
	NUMBER=tcp1 call "TCP" -t t1
	nothing_left
}

test_an_alternative_port()
{
	caller_does() { uac_up; uac_bye; }
	callee_does() { uas_up; uas_bye_answer; }
	MA_PORT=5070 call "port 5070"
	nothing_left
}

test_the_callee_hangs_up()
{
	caller_does() { uac_up; request BYE; reply_in 200 OK; }
	callee_does() { uas_up; wait_ms 200; uas BYE 1; recv 200; }
	call "BYE of the callee"
	logged "ended: callee hung up"
	nothing_left
}

test_what_the_callee_sees()
{
	local us="IN IP4 $MB4"
	caller_does()
	{
		uac_invite "$(sdp "$A4" 'm=audio 7000 RTP/AVP 0 101' 'a=rtpmap:101 telephone-event/8000' \
			'a=x-strange:kept' 'a=rtcp-mux' 'a=candidate:1 1 UDP 1 192.0.2.1 7000 typ host' \
			'a=ice-ufrag:x' 'a=fingerprint:sha-1 00' 'b=AS:64')" 'X-Strange: kept
Session-Expires: 1800
Supported: timer, 100rel'
		may 100; may 180
		recv_saying 200 "c=IN IP4 192.0.2.254"
		uac ACK 1; uac_bye
	}
	callee_does()
	{
		cat <<-END
			<recv request="INVITE" rrs="true"><action>
			<ereg regexp="c=$us" search_in="body" check_it="true" assign_to="peer"/>
			<ereg regexp="o=- [0-9]+ 1 $us" search_in="body" check_it="true" assign_to="peer"/>
			<ereg regexp="m=audio 3[0-9]*[02468] RTP/AVP 0 101" search_in="body" check_it="true" assign_to="peer"/>
			<ereg regexp="a=rtcp:3[0-9]*[13579]" search_in="body" check_it="true" assign_to="peer"/>
			<ereg regexp="a=x-strange:kept" search_in="body" check_it="true" assign_to="peer"/>
			<ereg regexp="(rtcp-mux|candidate|ice-ufrag|fingerprint)" search_in="body" check_it_inverse="true" assign_to="self"/>
			<ereg regexp="kept" search_in="hdr" header="X-Strange:" check_it="true" assign_to="peer"/>
			<ereg regexp="1800" search_in="hdr" header="Session-Expires:" check_it="true" assign_to="peer"/>
			<ereg regexp="Supported: 100rel" search_in="msg" check_it="true" assign_to="peer"/>
			<ereg regexp="Require:" search_in="msg" check_it_inverse="true" assign_to="self"/>
			<ereg regexp="69" search_in="hdr" header="Max-Forwards:" check_it="true" assign_to="peer"/>
			<ereg regexp="$MB4" search_in="hdr" header="Contact:" check_it="true" assign_to="peer"/>
			<ereg regexp="192.0.2" search_in="msg" check_it_inverse="true" assign_to="target"/>
			</action></recv>
		END
		reply 180 Ringing
		reply 200 OK "$(sdp)"
		request ACK
		uas_bye_answer
	}
	call "rewriting"
	nothing_left
}

test_early_media_in_a_183()
{
	caller_does()
	{
		uac_invite "$(sdp)"
		may 100
		recv_saying 183 "c=IN IP4 192.0.2.254"
		recv 200; uac ACK 1; uac_bye
	}
	callee_does()
	{
		uas_invite
		reply 183 "Session Progress" "$(sdp)"
		wait_ms 3000	# time to look, on a slow machine too
		reply 200 OK "$(sdp)"
		request ACK; uas_bye_answer
	}
	call "183" &
	local pid=$!
	wait_for 15 legs_are 4 || fail "no bridge while it rings: $(leg_count) legs"
	wait $pid || fail "the call: ended with $?"
	unset "BG[callee]"
	nothing_left
}
legs_are() { [ "$(leg_count)" = "$1" ]; }

test_an_offer_in_the_200()
{
	caller_does()
	{
		uac_invite
		may 100; may 180
		recv_saying 200 "c=IN IP4 192.0.2.254"
		uac ACK 1 "$(sdp)"
		wait_ms 300; uac_bye
	}
	callee_does()
	{
		uas_invite
		reply 200 OK "$(sdp)"
		request_saying ACK "c=IN IP4 $MB4"
		uas_bye_answer
	}
	call "late offer"
	nothing_left
}

test_an_ack_without_the_answer_ends_the_call()
{
	caller_does() { uac_invite; may 100; may 180; recv 200; uac ACK 1; request BYE; reply_in 200 OK; }
	callee_does() { uas_invite; reply 200 OK "$(sdp)"; request ACK; uas_bye_answer; }
	call "no answer in the ACK"
	logged "its ACK has no answer"
	nothing_left
}

test_hold_and_resume_by_the_caller()
{
	caller_does()
	{
		uac_up
		uac INVITE 2 "$(sdp "$A4" 'm=audio 7000 RTP/AVP 0' 'a=sendonly')"
		may 100; recv_saying 200 "a=recvonly"; uac ACK 2
		uac INVITE 3 "$(sdp 0.0.0.0 'm=audio 7000 RTP/AVP 0')"
		may 100; recv 200; uac ACK 3
		uac INVITE 4 "$(sdp)"
		may 100; recv 200; uac ACK 4
		uac_bye
	}
	callee_does()
	{
		uas_up
		request_saying INVITE "a=sendonly"; reply_in 200 OK "$(sdp "$B4" 'm=audio 7000 RTP/AVP 0' 'a=recvonly')"; request ACK
		request_saying INVITE "c=IN IP4 0.0.0.0"; reply_in 200 OK "$(sdp)"; request ACK
		request_saying INVITE "c=IN IP4 $MB4"; reply_in 200 OK "$(sdp)"; request ACK
		uas_bye_answer
	}
	call "hold"
	nothing_left
}

test_a_reinvite_of_the_callee()
{
	caller_does()
	{
		uac_up
		request_saying INVITE "c=IN IP4 $MA4"; reply_in 200 OK "$(sdp)"; request ACK
		uac_bye
	}
	callee_does()
	{
		uas_up
		wait_ms 300
		uas INVITE 1 "$(sdp "$B4" 'm=audio 7100 RTP/AVP 0')"; may 100; recv 200; uas ACK 1
		uas_bye_answer
	}
	call "re-INVITE of the callee"
	nothing_left
}

test_a_reinvite_that_is_refused_changes_nothing()
{
	caller_does()
	{
		uac_up
		uac INVITE 2 "$(sdp "$A4" 'm=audio 7200 RTP/AVP 0' 'm=video 7300 RTP/AVP 34')"
		may 100; recv 488; uac ACK 2
		wait_ms 4000; uac_bye	# time to look, on a slow machine too
	}
	callee_does() { uas_up; request INVITE; reply_in 488 "Not Here"; request ACK; uas_bye_answer; }
	call "refused re-INVITE" &
	local pid=$!
	wait_for 15 log_has "answered INVITE with 488"
	told status '[.ports[].used] | add == 2'
	is "legs" "$(leg_count)" 4
	wait $pid || fail "the call: ended with $?"
	unset "BG[callee]"
	nothing_left
}

test_update_and_info_pass()
{
	caller_does()
	{
		uac_up
		uac UPDATE 2 "$(sdp "$A4" 'm=audio 7000 RTP/AVP 0' 'a=inactive')"; recv_saying 200 "a=inactive"
		TYPE=application/dtmf-relay uac INFO 3 'Signal=5'; recv 200
		uac UPDATE 4 '' 'Session-Expires: 1800'; recv 200
		uac_bye
	}
	callee_does()
	{
		uas_up
		request_saying UPDATE "c=IN IP4 $MB4"; reply_in 200 OK "$(sdp "$B4" 'm=audio 7000 RTP/AVP 0' 'a=inactive')"
		request_saying INFO "Signal=5"; reply_in 200 OK
		request_saying UPDATE "1800"; reply_in 200 OK
		uas_bye_answer
	}
	call "UPDATE and INFO"
	nothing_left
}

test_a_rejected_media_line_frees_its_ports()
{
	caller_does()
	{
		uac_invite "$(sdp "$A4" 'm=audio 7000 RTP/AVP 0' 'm=video 7300 RTP/AVP 34')"
		may 100; may 180; recv_saying 200 "m=video 0 "
		uac ACK 1; wait_ms 4000; uac_bye
	}
	callee_does()
	{
		uas_invite; reply 200 OK "$(sdp "$B4" 'm=audio 7000 RTP/AVP 0' 'm=video 0 RTP/AVP 34')"
		request ACK; uas_bye_answer
	}
	call "video rejected" &
	local pid=$!
	wait_for 15 legs_are 4
	told status '[.ports[].used] | add == 2'
	wait $pid || fail "the call: ended with $?"
	unset "BG[callee]"
	nothing_left
}

test_what_cannot_be_relayed_is_rejected_towards_the_callee()
{
	caller_does()
	{
		uac_invite "$(sdp "$A4" 'm=audio 7000 RTP/AVP 0' 'm=video 7300 UDP/TLS/RTP/SAVPF 34')"
		may 100; may 180; recv 200; uac ACK 1; uac_bye
	}
	callee_does()
	{
		request_saying INVITE "m=video 0 UDP/TLS"; reply 200 OK "$(sdp "$B4" 'm=audio 7000 RTP/AVP 0' 'm=video 0 UDP/TLS/RTP/SAVPF 34')"
		request ACK; uas_bye_answer
	}
	call "DTLS beside RTP"
	nothing_left
}

user_space_legs_are()
{
	[ "$(m rtplane --datapath "uring:$W/datapath.sock" --json leg show | jq length)" = "$1" ]
}

# The line is in user space while it is SRTP, and in the module when it is T.38.
test_srtp_then_t38()
{
	caller_does()
	{
		uac_invite "$(sdp "$A4" 'm=audio 7000 RTP/SAVP 0' 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz')"
		may 100; may 180; recv_saying 200 "m=audio [0-9]+ RTP/SAVP 0.*a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
		uac ACK 1
		wait_ms 3000
		uac INVITE 2 "$(sdp "$A4" 'm=audio 0 RTP/SAVP 0' 'm=image 7400 udptl t38')"; may 100; recv 200; uac ACK 2
		wait_ms 3000
		uac_bye
	}
	callee_does()
	{
		request_saying INVITE "m=audio [0-9]+ RTP/AVP 0.*a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"
		reply 200 OK "$(sdp "$B4" 'm=audio 7000 RTP/AVP 0' 'a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR')"
		request ACK
		request INVITE; reply_in 200 OK "$(sdp "$B4" 'm=audio 0 RTP/AVP 0' 'm=image 7400 udptl t38')"; request ACK
		uas_bye_answer
	}
	call "SRTP, then T.38" &
	local pid=$!
	wait_for 15 user_space_legs_are 4 || fail "SRTP has no two bridges in user space"
	wait_for 15 legs_are 2 || fail "T.38 has one bridge: $(leg_count) legs"
	is "T.38's leg accepts" "$(m rtplane --json leg show | jq -r '.[0].accept')" any
	wait $pid || fail "the call: ended with $?"
	unset "BG[callee]"
	nothing_left
}

test_cancel()
{
	caller_does() { uac_invite "$(sdp)"; may 100; recv 180; wait_ms 300; uac_cancel -4; recv 200; recv 487; uac ACK 1; }
	callee_does()
	{
		uas_invite
		reply 180 Ringing
		request CANCEL
		reply_in 200 OK
		reply_invite 487 "Request Terminated"
		request ACK
	}
	call "CANCEL"
	logged "cancelled by the caller"
	nothing_left
}

test_a_cancel_that_meets_the_200()
{
	caller_does() { uac_invite "$(sdp)"; may 100; recv 180; uac_cancel -3; recv 200; recv 487; uac ACK 1; }
	callee_does()
	{
		uas_invite
		reply 180 Ringing
		request CANCEL
		reply_in 200 OK
		reply_invite 200 OK "$(sdp)"
		request ACK
		uas_bye_answer
	}
	call "CANCEL and 200"
	logged "answered too late: ACK and BYE"
	nothing_left
}

test_refusals_of_the_callee_pass()
{
	local s
	for s in 404 486 603; do
		# shellcheck disable=SC2317
		caller_does() { uac_invite "$(sdp)"; may 100; recv "$s"; uac ACK 1; }
		# shellcheck disable=SC2317
		callee_does() { uas_invite; reply "$s" Sorry; request ACK; }
		call "$s"
	done
	caller_does()
	{
		uac_invite "$(sdp)"; may 100
		recv_with 401 WWW-Authenticate: nonce; uac ACK 1
	}
	callee_does() { uas_invite; reply 401 Unauthorized '' 'WWW-Authenticate: Digest realm="x", nonce="n"'; request ACK; }
	call "401"
	nothing_left
}

test_nobody_answers_in_time()
{
	caller_does() { uac_invite "$(sdp)"; may 100; may 180; recv 408; uac ACK 1; }
	callee_does() { uas_invite; reply 180 Ringing; request CANCEL; reply_in 200 OK; }
	scenario callee_does >"$W/callee.xml"
	callee -sf "$W/callee.xml" -m 1
	refuses "answer-timeout"
	logged "ended: not answered in time"
	callee_stop
	nothing_left
}

test_a_next_hop_where_nobody_listens()
{
	caller_does() { uac_invite "$(sdp)"; may 100; recv 503; uac ACK 1; }
	NUMBER=dead refuses "ICMP port unreachable"
	nothing_left
}

test_no_route()
{
	caller_does() { uac_invite "$(sdp)"; may 100; recv 404; uac ACK 1; }
	NUMBER=77 refuses "no route"
	told status '.counters.no_route == 1'
}

test_max_forwards_used_up()
{
	caller_does() { HOPS=0 uac_invite "$(sdp)"; may 100; recv 483; uac ACK 1; }
	refuses "Max-Forwards 0"
}

test_bad_session_descriptions()
{
	caller_does() { uac_invite 'this is no session description'; may 100; recv_with 488 Warning: 399; uac ACK 1; }
	refuses "garbage"
	caller_does() { uac_invite "$(sdp "$A4" 'm=audio 7000 UDP/TLS/RTP/SAVPF 0')"; may 100; recv 488; uac ACK 1; }
	refuses "DTLS alone"
	caller_does() { uac_invite "$(sdp host.example 'm=audio 7000 RTP/AVP 0')"; may 100; recv 488; uac ACK 1; }
	refuses "a name for an address"
	caller_does() { uac_invite "$(sdp 224.1.2.3 'm=audio 7000 RTP/AVP 0')"; may 100; recv 488; uac ACK 1; }
	refuses "multicast"
	caller_does() { TYPE=text/plain uac_invite hello; may 100; recv_with 415 Accept: sdp; uac ACK 1; }
	refuses "another type"
	caller_does() { uac_invite "$(sdp)" 'Require: 100rel, precondition'; may 100; recv_with 420 Unsupported: precondition; uac ACK 1; }
	refuses "an extension that is required"
	nothing_left
}

test_a_bad_answer_ends_the_call_on_both_sides()
{
	caller_does() { uac_invite "$(sdp)"; may 100; may 180; recv 502; uac ACK 1; }
	callee_does() { uas_invite; reply 200 OK 'garbage'; request ACK; uas_bye_answer; }
	call "a bad answer"
	nothing_left
}

# The callee's re-INVITE is with the caller, who sends one of its own.
test_glare()
{
	caller_does()
	{
		uac_up
		request INVITE; reply_in 100 Trying; wait_ms 300
		uac INVITE 2 "$(sdp)"; recv 491; uac ACK 2
		request CANCEL; reply_in 200 OK
		request BYE; reply_in 200 OK
	}
	callee_does()
	{
		uas_up; wait_ms 200
		uas INVITE 1 "$(sdp)"; recv 100
		wait_ms 1500
		uas BYE 2; may 487; recv 200
	}
	call "glare"
	logged "its INVITE is refused with 491"
	nothing_left
}

test_a_hundred_calls()
{
	# Nothing is to be sent again to the sipp of this test for those before.
	agent_restart || return
	CALLS=100
	caller_does() { uac_up; wait_ms 1000; uac_bye; }
	callee_does() { uas_up; uas_bye_answer; }
	call "100 calls" -r 5 -timeout 90
	CALLS=1
	nothing_left
	told status '.sockets.held == 0'
}

test_draining()
{
	caller_does() { uac_up; request BYE; reply_in 200 OK; }
	callee_does() { uas_up; uas_bye_answer; }
	call "a call while it drains" &
	local pid=$!
	(
		caller_does() { uac_invite "$(sdp)"; may 100; recv_with 503 Retry-After: '[0-9]'; uac ACK 1; }
		scenario caller_does >"$W/late.xml"
	)
	wait_for 15 legs_are 4
	kill -TERM "$AGENT_PID"
	logged "draining: new calls get 503, 1 calls"
	A_PORT=5066 caller -sf "$W/late.xml" -mi "$A4" -timeout 20 || fail "a call in draining is not refused with 503: $(said caller)"
	wait $pid || fail "the call: ended with $?"
	unset "BG[callee]"
	wait_for 20 agent_is_gone || fail "the agent does not end"
	wait "$AGENT_PID"
	is "status" $? 0
	AGENT_PID=
	# in user space they are the agent's own, and went with it
	[ "$BACKEND" != kernel ] || is "legs" "$(leg_count)" 0
}

need sipp rtplaned
run_tests "$@"
