#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# Calls that share one port (A:P#N): each has a leg of its own, found by the remote that was
# proven to be its; nobody else's packets go anywhere.
#
#   a: a0 192.0.2.1 :40001 ===\           /== LB1 :30011 mb ==== b0 198.51.100.1 :50001
#                       :40002 ==== P [m] ==== LB2 :30012                         :50002
#   a, too: 192.0.2.66, an intruder

. "$(dirname "$0")/lib.sh"

P=$MA4:30000
P6=[$MA6]:30000
RA1=$A4:40001 RA2=$A4:40002 RA3=$A4:40003
LB1=$MB4:30011 LB2=$MB4:30012
RB1=$B4:50001 RB2=$B4:50002

setup() { topology && enrol; }

# two_calls: bridges of two calls at P, neither of which has been proven yet.
two_calls()
{
	ok "bridges" m rtplane bridge add cookie 7 leg local "$P#1" latch learn leg local "$LB1" remote "$RB1" latch off \
		bridge cookie 8 leg local "$P#2" latch learn leg local "$LB2" remote "$RB2" latch off
}

proven() { ok "call $1 is at $2" m rtplane leg set local "$P#$1" proven "$2"; }

# sends FROM N [WORDS]: RTP from an address of a's to the port.
sends() { a rtp --on "$1" --to "$P" --send "$2" --pps 0 "${@:3}" >/dev/null; }

test_before_it_is_proven_nobody_is_the_remote()
{
	two_calls
	bg b1 b rtp --on "$RB1" --expect 3
	sends "$RA1" 5
	sends "$RA2" 5
	proven 1 "$RA1"
	sends "$RA1" 3
	finish b1
	holds b1 ".received == 3 and .src == {\"$LB1\": 3}"
	leg_holds "$P#1" ".rx_packets == 3 and .state == \"locked\" and .latched == \"$RA1\" and .local == \"$P#1\""
	leg_holds "$P#2" '.rx_packets == 0 and .state == "waiting" and .dropped == 0'
	clear_bridges
}

test_each_goes_its_way_and_back()
{
	two_calls
	proven 1 "$RA1"
	proven 2 "$RA2"
	bg b1 b rtp --on "$RB1" --expect 4
	bg b2 b rtp --on "$RB2" --expect 6
	sends "$RA1" 4
	sends "$RA2" 6
	finish b1
	finish b2
	holds b1 ".received == 4 and .src == {\"$LB1\": 4}"
	holds b2 ".received == 6 and .src == {\"$LB2\": 6}"
	bg a1 a rtp --on "$RA1" --expect 5
	bg a2 a rtp --on "$RA2" --expect 7
	b rtp --on "$RB1" --to "$LB1" --send 5 --pps 0 >/dev/null
	b rtp --on "$RB2" --to "$LB2" --send 7 --pps 0 >/dev/null
	finish a1
	finish a2
	holds a1 ".received == 5 and .src == {\"$P\": 5}"
	holds a2 ".received == 7 and .src == {\"$P\": 7}"
	leg_becomes "$P#1" '.rx_packets == 4 and .tx_packets == 5'
	leg_becomes "$P#2" '.rx_packets == 6 and .tx_packets == 7'
	clear_bridges
}

test_strangers_reach_nobody()
{
	two_calls
	proven 1 "$RA1"
	proven 2 "$RA2"
	a rtp --on "$X4:40001" --to "$P" --send 20 --pps 0 >/dev/null
	a rtp --on "$X4:40001" --to "$P" --send 20 --pps 0 --kind sr >/dev/null
	sends "$RA3" 20
	bg b1 b rtp --on "$RB1" --expect 2
	sends "$RA1" 2
	finish b1
	holds b1 '.received == 2'
	leg_holds "$P#1" '.rx_packets == 2 and .dropped == 0 and .latches == 1'
	leg_holds "$P#2" '.rx_packets == 0 and .dropped == 0 and .latches == 1'
	clear_bridges
}

test_a_remote_is_one_calls()
{
	two_calls
	proven 1 "$RA1"
	refused "another call of that port has this remote" m rtplane leg set local "$P#2" proven "$RA1"
	leg_holds "$P#2" '.state == "waiting" and .latches == 0'
	ok "again" m rtplane leg set local "$P#1" proven "$RA1"
	# Once it lets go of it, or is gone, it is free.
	ok "it ends" m rtplane leg set local "$P#1" unlatch
	proven 2 "$RA1"
	refused "another call of that port" m rtplane leg set local "$P#1" proven "$RA1"
	ok "removed" m rtplane bridge del local "$P#2"
	proven 1 "$RA1"
	bg b1 b rtp --on "$RB1" --expect 2
	sends "$RA1" 2
	finish b1
	holds b1 '.received == 2'
	clear_bridges
}

# The new remote is there before the old one goes; what the old one sends then is nobody's.
test_the_remote_moves()
{
	two_calls
	proven 1 "$RA1"
	sends "$RA1" 3
	leg_becomes "$P#1" '.rx_packets == 3'
	proven 1 "$RA3"
	sends "$RA1" 9
	sends "$RA3" 4
	leg_becomes "$P#1" ".rx_packets == 7 and .latched == \"$RA3\""
	proven 2 "$RA1"
	sends "$RA1" 2
	leg_becomes "$P#2" '.rx_packets == 2'
	leg_holds "$P#1" '.rx_packets == 7 and .dropped == 0'
	# What signalling says changes nothing before it is proven.
	ok "signalled" m rtplane leg set local "$P#1" remote "$RA1"
	sends "$RA3" 1
	leg_becomes "$P#1" ".rx_packets == 8 and .latched == \"$RA3\" and .remote == \"$RA1\""
	# But for an order it is found no more.
	ok "it moves" m rtplane leg set local "$P#1" moved
	sends "$RA3" 9
	proven 1 "$RA3"
	sends "$RA3" 1
	leg_becomes "$P#1" '.rx_packets == 9'
	clear_bridges
}

test_rtcp_of_a_call_is_a_leg_of_its_own()
{
	ok "bridges" m rtplane bridge add leg local "$P#1" latch learn only rtp leg local "$LB1" remote "$RB1" latch off only rtp \
		bridge leg local "$P#1/rtcp" latch learn tie "$P#1" probation 0 only rtcp leg local "$LB2" remote "$RB2" latch off only rtcp
	leg_holds "$P#1/rtcp" ".local == \"$P#1/rtcp\" and .tie == \"$P#1\" and .peer == \"$LB2\""
	proven 1 "$RA1"
	bg b1 b rtp --on "$RB1" --expect 3
	bg b2 b rtp --on "$RB2" --expect 4
	sends "$RA1" 3
	sends "$RA1" 4 --kind sr
	sends "$RA2" 4 --kind sr
	finish b1
	finish b2
	holds b1 ".kind == {\"rtp\": 3}"
	holds b2 ".kind == {\"rtcp\": 4}"
	leg_becomes "$P#1/rtcp" '.rx_packets == 4 and .dropped == 0'
	# Another call of the same port is another leg to be tied to.
	ok "tied" m rtplane leg set local "$P#1/rtcp" tie "$P#2"
	leg_holds "$P#1/rtcp" ".tie == \"$P#2\""
	clear_bridges
}

test_two_calls_of_the_port_are_each_others_peer()
{
	ok "bridge" m rtplane bridge add leg local "$P#1" latch learn leg local "$P#2" latch learn
	proven 1 "$RA1"
	proven 2 "$RA2"
	bg a2 a rtp --on "$RA2" --expect 5
	sends "$RA1" 5
	finish a2
	holds a2 ".received == 5 and .src == {\"$P\": 5}"
	leg_holds "$P#1" ".peer == \"$P#2\" and .rx_packets == 5"
	clear_bridges
}

test_ipv6()
{
	ok "bridge" m rtplane bridge add leg local "$P6#32767" latch learn leg local "$LB1" remote "$RB1" latch off
	ok "proven" m rtplane leg set local "$P6#32767" proven "$RA6"
	bg b1 b rtp --on "$RB1" --expect 5
	a rtp --on "$RA6" --to "$P6" --send 5 --pps 0 >/dev/null
	finish b1
	holds b1 '.received == 5'
	leg_becomes "$P6#32767" '.rx_packets == 5'
	clear_bridges
}

test_what_cannot_be_is_refused()
{
	refused "latch off" m rtplane bridge add leg local "$P#1" remote "$RA1" latch off leg local "$LB1" remote "$RB1"
	refused "different local addresses" m rtplane bridge add leg local "$P#1" latch learn leg local "$P#1" latch learn
	two_calls
	refused "taken by another leg" m rtplane bridge add leg local "$P#1" latch learn leg local "$MB4:30019" latch learn
	refused "calls share the port" m rtplane bridge add leg local "$P" latch learn leg local "$MB4:30019" latch learn
	refused "that of a call" m rtplane leg set local "$P#1" remote "$RA1#3"
	refused "tied to itself" m rtplane leg set local "$P#1" tie "$P#1"
	refused "no leg with this local address" m rtplane leg set local "$P#3" proven "$RA1"
	refused "no leg with this local address" m rtplane leg set local "$P" proven "$RA1"
	misused m rtplane leg show local "$P#0"
	misused m rtplane leg show local "$P#32768"
	ok "by cookie" m rtplane bridge del cookie 7
	stats_become '.legs == 2'
	clear_bridges
	stats_become '.legs == 0'
}

# A leg of the whole port would hide its calls.
test_a_port_is_one_legs_or_its_calls()
{
	ok "a leg" m rtplane bridge add leg local "$P" latch learn leg local "$LB1" remote "$RB1" latch off
	refused "a leg has the port for itself" m rtplane bridge add leg local "$P#1" latch learn leg local "$LB2" remote "$RB2" latch off
	ok "it ends" m rtplane bridge del local "$P"
	two_calls
	ok "one ends" m rtplane bridge del local "$P#2"
	refused "calls share the port" m rtplane bridge add leg local "$P" latch learn leg local "$LB2" remote "$RB2" latch off
	# A message that has both is refused, and nothing of it stays.
	refused "calls share the port" m rtplane bridge add leg local "$MA4:30002#1" latch learn leg local "$MA4:30002" latch learn
	ok "the last one ends" m rtplane bridge del local "$P#1"
	stats_become '.legs == 0'
	ok "a leg" m rtplane bridge add leg local "$P" latch learn leg local "$LB1" remote "$RB1" latch off
	clear_bridges
}

run_tests "$@"
