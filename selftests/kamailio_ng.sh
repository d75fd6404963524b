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
# shellcheck source-path=SCRIPTDIR source=kamailio_lib.sh
. "$(dirname "$0")/kamailio_lib.sh"

setup()
{
	topology && offload_off || return 1
	head -c 80000 /dev/zero | tr '\0' '\325' >"$W/speech.ulaw"
	node_config 1 && node_config 2 && node_start 1 && node_start 2 && kamailio_start
}

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

test_a_call()
{
	sipp_phone echoer && dial player && on_one && is_up || return
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
	CHANGE=callee_changes sipp_phone echoer && CHANGE=caller_changes dial player && on_one && is_up || return
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
	sipp_phone callee_does && dial caller_does 4900 || return
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
	sipp_phone ringing && dial caller_does || return
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
	sipp_phone echoer && sipp_phone early 5070 || return
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
	CHANGE=callee_changes sipp_phone echoer 5070 && sipp_phone echoer &&
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
	sipp_phone echoer || return
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
	sipp_phone echoer && CALLS=12 dial player || return
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
	sipp_phone echoer && CALLS=6 dial player || return
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

run_tests "$@"
