#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 backends=kernel,uring smp=2
#
# Who may become a leg's remote, mode by mode, and when a remote may change
# (design section 4).  State, counters and events are all looked at.
#
#   a: a0 192.0.2.1 (caller)  ==== ma LA [m] LB mb ==== b0 198.51.100.1 :b
#         192.0.2.66 (other)          :30000  :30002           :50000

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol; }

# send FROM N [OPTIONS]: N packets of a's socket FROM to leg LA.
send()
{
	local from=$1 n=$2
	shift 2
	a rtp --on "$from" --to "$LA" --send "$n" --pps 0 "$@" >/dev/null
}

# open WORDS...: LA as the words say, LB committed to b.
open() { ok "bridge" m rtplane bridge add leg local "$LA" "$@" leg local "$LB" remote "$RB" latch off; }

# back N TO: b sends N packets; all arrive at a's socket TO.
back()
{
	bg back a rtp --on "$2" --expect "$1"
	b rtp --on "$RB" --to "$LB" --send "$1" --pps 0 >/dev/null
	finish back
	holds back ".received == $1 and .src == {\"$LA\": $1}"
}

test_off_takes_the_signalled_address_and_port_only()
{
	open remote "$RA" latch off
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$RA\""
	send "$RA" 5
	leg_becomes "$LA" '.rx_packets == 5'
	send "$A4:40001" 3
	leg_becomes "$LA" '.drops.refused == 3'
	send "$X4:40000" 4
	leg_becomes "$LA" '.drops.refused == 7'
	leg_holds "$LA" ".rx_packets == 5 and .latched == \"$RA\" and .offender == \"$X4:40000\" and .offenses == 4"
	back 3 "$RA"
	clear_bridges
}

test_restricted_learns_the_port()
{
	open remote "$RA"
	send "$A4:45678" 5
	leg_becomes "$LA" '.rx_packets == 5'
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$A4:45678\" and .remote == \"$RA\" and .latches == 1"
	back 3 "$A4:45678"
	clear_bridges
}

test_restricted_refuses_other_addresses()
{
	open remote "$RA"
	send "$X4:40000" 5
	leg_becomes "$LA" '.drops.refused == 5'
	leg_holds "$LA" ".state == \"waiting\" and .rx_packets == 0 and .latched == null and .offender == \"$X4:40000\" and .offenses == 5"
	leg_holds "$LB" '.tx_packets == 0'
	send "$RA" 2
	leg_becomes "$LA" '.rx_packets == 2'
	leg_holds "$LA" ".latched == \"$RA\""
	clear_bridges
}

test_locked_after_the_commit()
{
	open remote "$RA"
	send "$RA" 2
	send "$A4:40002" 4
	leg_becomes "$LA" '.drops.refused == 4'
	send "$A4:40004" 2
	leg_becomes "$LA" '.drops.refused == 6'
	leg_holds "$LA" ".rx_packets == 2 and .latched == \"$RA\" and .latches == 1 and .offender == \"$A4:40004\" and .offenses == 2"
	back 3 "$RA"
	clear_bridges
}

test_prefix_widens_restricted()
{
	open remote "$RA" prefix 28
	send "$X4:40000" 2
	leg_becomes "$LA" '.drops.refused == 2'
	clear_bridges
	open remote "$RA" prefix 24
	send "$X4:40000" 2
	leg_becomes "$LA" '.rx_packets == 2'
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$X4:40000\""
	send "$RA" 2
	leg_becomes "$LA" '.drops.refused == 2'
	clear_bridges
	open remote "$RA" prefix 0
	send "$X4:40000" 2
	leg_becomes "$LA" '.rx_packets == 2'
	clear_bridges
}

test_learn_needs_three_in_a_row()
{
	open latch learn
	bg callee b rtp --on "$RB" --expect 3
	send "$X4:40006" 1 --seq 100
	leg_becomes "$LA" '.state == "probation"'
	leg_holds "$LA" '.latched == null and .latches == 0'
	# Nothing goes back before the commit.
	b rtp --on "$B4:50001" --to "$LB" --send 1 >/dev/null
	leg_becomes "$LB" '.drops.refused == 1'
	send "$X4:40006" 2 --seq 101
	leg_becomes "$LA" '.state == "locked"'
	leg_holds "$LA" ".latched == \"$X4:40006\" and .rx_packets == 3 and .latches == 1"
	# But what the candidate sent was heard from the first packet on.
	finish callee
	holds callee '.received == 3'
	back 3 "$X4:40006"
	send "$RA" 3
	leg_becomes "$LA" '.drops.refused == 3'
	clear_bridges
}

test_nothing_goes_back_before_the_commit()
{
	open latch learn
	send "$RA" 1
	leg_becomes "$LA" '.state == "probation"'
	b rtp --on "$RB" --to "$LB" --send 5 --pps 0 >/dev/null
	leg_becomes "$LB" '.drops["no-remote"] == 5'
	leg_holds "$LA" '.tx_packets == 0'
	clear_bridges
}

test_probation_starts_again_after_a_gap()
{
	open latch learn
	send "$RA" 2 --seq 10
	leg_becomes "$LA" '.state == "probation"'
	send "$RA" 2 --seq 20
	leg_holds "$LA" '.state == "probation"'
	send "$RA" 1 --seq 22
	leg_becomes "$LA" '.state == "locked"'
	clear_bridges
}

test_rtcp_between_does_not_disturb_probation()
{
	open latch learn probation 5
	send "$RA" 2 --seq 10
	leg_becomes "$LA" '.state == "probation"'
	a rtp --on "$RA" --to "$LA" --send 4 --pps 0 --kind sr >/dev/null
	leg_becomes "$LA" '.rx_packets == 6'
	leg_holds "$LA" '.state == "probation"'
	send "$RA" 3 --seq 12
	leg_becomes "$LA" ".latched == \"$RA\""
	clear_bridges
}

test_probation_starts_again_with_another_ssrc_or_type()
{
	open latch learn
	send "$RA" 2 --seq 10 --ssrc 1
	send "$RA" 1 --seq 12 --ssrc 2
	leg_holds "$LA" '.state == "probation"'
	send "$RA" 1 --seq 13 --ssrc 2
	send "$RA" 1 --seq 14 --ssrc 2 --pt 8
	leg_holds "$LA" '.state == "probation"'
	send "$RA" 2 --seq 15 --ssrc 2 --pt 8
	leg_becomes "$LA" '.state == "locked"'
	clear_bridges
}

test_probation_over_the_sequence_wrap()
{
	open latch learn probation 4
	send "$RA" 4 --seq 65534
	leg_becomes "$LA" '.state == "locked" and .rx_packets == 4'
	clear_bridges
}

test_learn_without_probation_takes_the_first()
{
	open latch learn probation 0
	send "$X4:40008" 1
	leg_becomes "$LA" ".state == \"locked\" and .latched == \"$X4:40008\""
	clear_bridges
}

test_probation_with_restricted()
{
	open remote "$RA" probation 5
	send "$A4:40002" 4
	leg_becomes "$LA" '.state == "probation"'
	send "$A4:40002" 1 --seq 5
	leg_becomes "$LA" ".state == \"locked\" and .latched == \"$A4:40002\""
	clear_bridges
}

test_another_candidate_waits_until_the_first_is_quiet()
{
	open latch learn probation 32
	# Both send at once; whoever was first keeps its place while it sends, here
	# one packet less than would commit it.
	a rtp --on "$RA" --to "$LA" --send 31 --pps 20 >/dev/null &
	leg_becomes "$LA" '.rx_packets >= 1'
	a rtp --on "$X4:40000" --to "$LA" --send 150 --pps 50 --ssrc 9 >/dev/null
	wait $!
	# A quarter of a second later the quiet one has lost its place.
	leg_becomes "$LA" ".state == \"locked\" and .latched == \"$X4:40000\""
	leg_holds "$LA" '.drops.refused >= 1'
	clear_bridges
}

test_no_remote_is_counted()
{
	open remote "$RA"
	b rtp --on "$RB" --to "$LB" --send 5 --pps 0 >/dev/null
	leg_becomes "$LB" '.drops["no-remote"] == 5'
	leg_holds "$LB" '.rx_packets == 5 and .state == "locked"'
	leg_holds "$LA" '.tx_packets == 0'
	clear_bridges
}

test_early_media_goes_to_the_signalled_address()
{
	open remote "$RA" early on
	back 5 "$RA"
	leg_holds "$LA" '.tx_packets == 5 and .state == "waiting"'
	send "$A4:40002" 1
	leg_becomes "$LA" '.state == "locked"'
	back 3 "$A4:40002"
	clear_bridges
}

test_unlatch_learns_again()
{
	open remote "$RA"
	send "$A4:40002" 1
	leg_becomes "$LA" ".latched == \"$A4:40002\""
	ok "unlatch" m rtplane leg set local "$LA" unlatch
	leg_holds "$LA" '.state == "waiting" and .latched == null'
	b rtp --on "$RB" --to "$LB" --send 2 --pps 0 >/dev/null
	leg_becomes "$LB" '.drops["no-remote"] == 2'
	send "$A4:40004" 1
	leg_becomes "$LA" ".latched == \"$A4:40004\" and .latches == 2"
	back 2 "$A4:40004"
	clear_bridges
}

test_proven_commits_at_once()
{
	open remote "$RA"
	send "$RA" 1
	leg_becomes "$LA" ".latched == \"$RA\""
	ok "proven" m rtplane leg set local "$LA" proven "$X4:40010"
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$X4:40010\""
	# What is there already, said again, does not undo it.
	ok "the same again" m rtplane leg set local "$LA" latch restricted prefix 32
	leg_holds "$LA" ".latched == \"$X4:40010\""
	back 2 "$X4:40010"
	send "$X4:40010" 2
	leg_becomes "$LA" '.rx_packets == 3'
	send "$RA" 2
	leg_becomes "$LA" '.drops.refused == 2'
	clear_bridges
}

test_new_remote_by_signalling_unlocks_the_same_does_not()
{
	open remote "$RA"
	send "$A4:40002" 1
	leg_becomes "$LA" ".latched == \"$A4:40002\""
	ok "same remote" m rtplane bridge set leg local "$LA" remote "$RA" leg local "$LB" remote "$RB"
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$A4:40002\""
	ok "new remote" m rtplane bridge set leg local "$LA" remote "$X4:40000" leg local "$LB" remote "$RB"
	leg_holds "$LA" ".state == \"waiting\" and .remote == \"$X4:40000\""
	send "$A4:40002" 2
	leg_becomes "$LA" '.drops.refused == 2'
	send "$X4:40077" 1
	leg_becomes "$LA" ".latched == \"$X4:40077\""
	clear_bridges
}

test_relatch_after_silence()
{
	open remote "$RA" relatch 2000
	send "$RA" 2
	leg_becomes "$LA" ".latched == \"$RA\""
	# Three seconds from another port: refused until two are over.
	a rtp --on "$A4:40002" --to "$LA" --send 90 --pps 30 >/dev/null
	leg_becomes "$LA" ".latched == \"$A4:40002\" and .latches == 2"
	leg_holds "$LA" '.drops.refused >= 5 and .drops.refused <= 62'
	clear_bridges
}

test_no_relatch_while_the_remote_speaks()
{
	open remote "$RA" relatch 500
	bg caller a rtp --on "$RA" --to "$LA" --send 100 --pps 50
	a rtp --on "$A4:40002" --to "$LA" --send 50 --pps 30 >/dev/null
	finish caller
	leg_holds "$LA" ".latches == 1 and .drops.refused >= 40"
	clear_bridges
}

test_no_relatch_without_being_told()
{
	open remote "$RA"
	send "$RA" 2
	a rtp --on "$A4:40002" --to "$LA" --send 30 --pps 30 >/dev/null
	leg_becomes "$LA" '.drops.refused == 30'
	leg_holds "$LA" ".latched == \"$RA\""
	clear_bridges
}

test_relatch_satisfies_the_mode()
{
	open remote "$RA" relatch 200
	send "$RA" 2
	a rtp --on "$X4:40000" --to "$LA" --send 30 --pps 30 >/dev/null
	leg_becomes "$LA" '.drops.refused == 30'
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1"
	clear_bridges
}

test_relatch_with_probation_keeps_the_old_remote_meanwhile()
{
	open latch learn probation 10 relatch 300
	send "$RA" 10
	leg_becomes "$LA" ".latched == \"$RA\""
	a rtp --on "$X4:40000" --to "$LA" --send 60 --pps 30 --ssrc 9 >/dev/null
	leg_becomes "$LA" ".latched == \"$X4:40000\" and .latches == 2"
	leg_holds "$LA" '.drops.probation == 9'
	clear_bridges
}

test_rtcp_leg_tied_to_its_rtp_leg()
{
	local rtcp=$MA4:30001
	open latch learn probation 0
	ok "RTCP" m rtplane bridge add leg local "$rtcp" latch learn probation 0 tie "$LA" \
		leg local "$MB4:30003" remote "$B4:50001" latch off
	a rtp --on "$RA" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" '.drops.refused == 2'
	send "$RA" 1
	a rtp --on "$X4:40001" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" '.drops.refused == 4'
	a rtp --on "$A4:40001" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" ".latched == \"$A4:40001\" and .rtcp_packets == 2"
	# Nor does the tie that it has, while the RTP leg is learning again.
	ok "unlatch" m rtplane leg set local "$LA" unlatch
	ok "the same tie" m rtplane leg set local "$rtcp" tie "$LA"
	leg_holds "$rtcp" ".latched == \"$A4:40001\""
	ok "another tie" m rtplane leg set local "$rtcp" tie "$LB"
	leg_holds "$rtcp" '.latched == null'
	clear_bridges
}

test_a_stricter_mode_lets_go_of_the_remote()
{
	open latch learn remote "$RA" probation 0
	send "$X4:40000" 1
	leg_becomes "$LA" ".latched == \"$X4:40000\""
	ok "set" m rtplane leg set local "$LA" latch restricted
	leg_holds "$LA" '.state == "waiting"'
	send "$X4:40000" 1
	leg_becomes "$LA" '.drops.refused == 1'
	clear_bridges
}

test_events()
{
	monitor_start
	open remote "$RA"
	send "$RA" 2
	event_comes ".event == \"first-packet\" and .local == \"$LA\" and .new == \"$RA\""
	event_comes ".event == \"latch\" and .local == \"$LA\" and .reason == \"first\" and .new == \"$RA\" and .old == null"
	send "$A4:40002" 20
	event_comes ".event == \"refused\" and .local == \"$LA\" and .reason == \"locked\" and .old == \"$RA\" and .new == \"$A4:40002\""
	leg_becomes "$LA" '.drops.refused == 20'
	ok "refusals are rate limited" test "$(event_count '.event == "refused"')" -le 3
	m rtplane leg set local "$LA" proven "$X4:40010"
	event_comes ".event == \"latch\" and .reason == \"proven\" and .old == \"$RA\" and .new == \"$X4:40010\""
	m rtplane leg set local "$LA" latch off
	event_comes ".event == \"latch\" and .reason == \"signalled\" and .new == \"$RA\""
	clear_bridges
	ok "bridge" m rtplane bridge add cookie 77 leg local "$LA" latch learn relatch 300 silence 400 \
		leg local "$LB" remote "$RB" latch off
	send "$RA" 3
	event_comes '.event == "latch" and .reason == "probation" and .cookie == 77'
	event_comes ".event == \"silence\" and .local == \"$LA\" and .old == \"$RA\""
	send "$X4:40012" 3
	event_comes ".event == \"latch\" and .reason == \"silence\" and .old == \"$RA\" and .new == \"$X4:40012\""
	monitor_stop
	clear_bridges
}

test_refused_event_says_why()
{
	monitor_start
	open remote "$RA"
	send "$X4:40000" 1
	event_comes ".event == \"refused\" and .reason == \"address\" and .new == \"$X4:40000\""
	monitor_stop
	clear_bridges
}

run_tests "$@"
