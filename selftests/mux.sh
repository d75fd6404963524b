#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# RTCP where RTP is on one side (rtcp-mux), and on a port of its own on the other: what is
# RTCP at LA is a leg of its own, LC, beside it.
#
#   a: a0 192.0.2.1 :40000  ==== ma LA [m] LB :30002 mb ==== b0 198.51.100.1 :50000 RTP
#                                   LC [m] LD :30003                         :50001 RTCP

. "$(dirname "$0")/lib.sh"

LC=$LA/rtcp
LD=$MB4:30003
RD=$B4:50001

setup() { topology && enrol; }

# apart [WORDS...]: both bridges; of LC, with these.
apart()
{
	ok "bridges" m rtplane bridge add leg local "$LA" remote "$RA" only rtp \
		leg local "$LB" remote "$RB" latch off only rtp \
		bridge leg local "$LC" remote "$RA" tie "$LA" probation 0 only rtcp "$@" \
		leg local "$LD" remote "$RD" latch off only rtcp
}

# heard ON FROM N KIND: what comes to b's socket ON, by whom.
heard() { holds "$1" ".received == $3 and .src == {\"$2\": $3} and .kind == {\"$4\": $3}"; }

test_each_kind_goes_its_way()
{
	apart
	bg rtp b rtp --on "$RB" --expect 5
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 >/dev/null
	finish rtp
	leg_becomes "$LA" '.rx_packets == 5 and .state == "locked"'
	bg rtcp b rtp --on "$RD" --expect 4
	a rtp --on "$RA" --to "$LA" --send 4 --pps 0 --kind sr >/dev/null
	finish rtcp
	heard rtp "$LB" 5 rtp
	heard rtcp "$LD" 4 rtcp
	leg_holds "$LA" '.rx_packets == 5 and .rtcp_packets == 0 and .dropped == 0'
	leg_holds "$LC" '.rx_packets == 4 and .rtcp_packets == 4 and .dropped == 0'
	# And back: by one port, from where RTP comes too.
	bg back a rtp --on "$RA" --expect 6
	b rtp --on "$RD" --to "$LD" --send 6 --pps 0 --kind sr >/dev/null
	finish back
	heard back "$LA" 6 rtcp
	clear_bridges
}

test_rtcp_of_another_than_the_remote_is_refused()
{
	apart
	a rtp --on "$A4:40001" --to "$LA" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$LC" '.drops.refused == 2 and .rx_packets == 0'
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.rx_packets == 3'
	a rtp --on "$A4:40001" --to "$LA" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$LC" '.drops.refused == 4'
	clear_bridges
}

test_legs_come_and_go_one_by_one()
{
	apart
	leg_holds "$LC" ".local == \"$LC\" and .peer == \"$LD\" and .tie == \"$LA\""
	leg_holds "$LD" ".peer == \"$LC\""
	refused "taken by another leg" m rtplane bridge add leg local "$LC" remote "$RA" leg local "$MB4:30009" remote "$RB"
	refused "RTCP alone" m rtplane leg set local "$LC" remote "$RA/rtcp"
	ok "set" m rtplane leg set local "$LC" pps 77
	leg_holds "$LC" '.pps == 77'
	leg_holds "$LA" '.pps == 0'
	ok "RTCP goes" m rtplane bridge del local "$LC"
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$LA" '.drops.unknown == 2 and .rx_packets == 0'
	stats_become '.legs == 2'
	ok "and comes" m rtplane bridge add leg local "$LC" remote "$RA" only rtcp \
		leg local "$LD" remote "$RD" latch off only rtcp
	a rtp --on "$RA" --to "$LA" --send 4 --pps 0 --kind sr >/dev/null
	leg_becomes "$LC" '.rx_packets == 4'
	clear_bridges
	stats_become '.legs == 0'
}

run_tests "$@"
