#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,7 backends=kernel,uring smp=2
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
	send "$X4:40000" 3
	leg_becomes "$LA" '.rx_packets == 3'
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$X4:40000\""
	send "$A4:40002" 2
	leg_becomes "$LA" '.drops.refused == 2'
	clear_bridges
	open remote "$RA" prefix 0
	send "$X4:40000" 3
	leg_becomes "$LA" '.rx_packets == 3'
	clear_bridges
	# One packet of anybody is not enough where nobody's whole address is known.
	refused 'needs the whole address' m rtplane bridge add leg local "$LA" remote "$RA" prefix 31 \
		probation 1 leg local "$LB" remote "$RB"
	refused 'needs the whole address' m rtplane bridge add leg local "$LA" latch learn probation 0 \
		leg local "$LB" remote "$RB"
}

test_learn_needs_three_in_a_row()
{
	open latch learn
	send "$X4:40006" 1 --seq 100
	leg_becomes "$LA" '.state == "probation"'
	leg_holds "$LA" '.latched == null and .latches == 0 and .rx_packets == 0'
	leg_holds "$LB" '.tx_packets == 0'
	# Nothing goes back before the commit.
	b rtp --on "$B4:50001" --to "$LB" --send 1 >/dev/null
	leg_becomes "$LB" '.drops.refused == 1'
	# It may take its time for three, but what it sent is not held for ever.
	leg_becomes "$LA" '.drops.probation == 1'
	send "$X4:40006" 2 --seq 101
	leg_becomes "$LA" '.state == "locked"'
	leg_holds "$LA" ".latched == \"$X4:40006\" and .rx_packets == 2 and .latches == 1"
	back 3 "$X4:40006"
	send "$RA" 3
	leg_becomes "$LA" '.drops.refused == 3'
	clear_bridges
}

# What a candidate sent was held meanwhile: none of it is lost, and in its order.
test_probation_costs_no_media()
{
	open latch learn
	bg callee b rtp --on "$RB" --expect 50 --timeout 20000
	a rtp --on "$X4:40006" --to "$LA" --send 50 --pps 50 >/dev/null
	finish callee
	holds callee '.received == 50 and .lost == 0 and .reordered == 0'
	leg_holds "$LA" '.rx_packets == 50 and .rtp.lost == 0 and .rtp.out_of_order == 0 and (.drops.probation // 0) == 0'
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
	open latch learn
	send "$RA" 2 --seq 10
	leg_becomes "$LA" '.state == "probation"'
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 --kind sr >/dev/null
	leg_holds "$LA" '.state == "probation"'
	# the third; what was held for more than half a second meanwhile is dropped
	send "$RA" 1 --seq 12
	leg_becomes "$LA" ".latched == \"$RA\" and .rx_packets + (.drops.probation // 0) == 5"
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

test_restricted_without_probation_takes_the_first()
{
	open remote "$RA" probation 0
	send "$A4:40008" 1
	leg_becomes "$LA" ".state == \"locked\" and .latched == \"$A4:40008\""
	clear_bridges
}

# The caller's own address, forged, before its first packet: in every mode the caller
# is the remote with that, and before it nothing has passed.
test_forged_before_the_first_packet()
{
	local mode
	for mode in restricted learn; do
		open remote "$RA" latch "$mode"
		bg callee b rtp --on "$RB" --expect 4 --timeout 20000
		send "$A4:40002" 2 --ssrc 9
		leg_becomes "$LA" '.state == "probation"'
		send "$RA" 4
		finish callee
		holds callee '.received == 4 and (.ssrc | length) == 1 and .ssrc["9"] == null'
		leg_holds "$LA" ".latched == \"$RA\" and .latches == 1 and .rx_packets == 4 and .drops.probation == 2"
		clear_bridges
	done
}

# Who was committed a moment ago without being exactly what is signalled gives way.
test_the_signalled_address_displaces()
{
	monitor_start
	open remote "$RA" latch learn
	send "$X4:40000" 3 --ssrc 9
	leg_becomes "$LA" ".latched == \"$X4:40000\""
	send "$RA" 1
	leg_becomes "$LA" ".latched == \"$RA\" and .latches == 2"
	event_comes ".event == \"latch\" and .reason == \"exact\" and .old == \"$X4:40000\" and .new == \"$RA\""
	send "$X4:40000" 3 --ssrc 9
	leg_becomes "$LA" '.drops.refused == 3'
	monitor_stop
	clear_bridges
}

# A change by signalling while the old stream goes on: it must not lock the leg again.
test_the_former_remote_is_kept_out()
{
	monitor_start
	open remote "$RA" probation 0
	send "$RA" 2
	leg_becomes "$LA" ".latched == \"$RA\""
	ok "new port" m rtplane leg set local "$LA" remote "$A4:40200"
	send "$RA" 5
	leg_becomes "$LA" '.drops.refused == 5'
	event_comes ".event == \"refused\" and .reason == \"former\" and .new == \"$RA\""
	send "$A4:40200" 3
	leg_becomes "$LA" ".latched == \"$A4:40200\" and .rx_packets == 5"
	back 2 "$A4:40200"
	monitor_stop
	clear_bridges
}

# The same for a party whose signalling comes from elsewhere; "unlatch" is for one that
# may be where it was.
test_a_party_that_moved()
{
	open latch learn
	send "$RA" 3
	leg_becomes "$LA" ".latched == \"$RA\""
	ok "moved" m rtplane leg set local "$LA" moved
	send "$RA" 5
	leg_becomes "$LA" '.drops.refused == 5'
	send "$X4:40000" 3
	leg_becomes "$LA" ".latched == \"$X4:40000\""
	ok "unlatch" m rtplane leg set local "$LA" unlatch
	send "$X4:40000" 3
	leg_becomes "$LA" ".latched == \"$X4:40000\" and .latches == 3"
	clear_bridges
}

test_a_proven_remote_is_moved_by_proof_alone()
{
	open remote "$RA" latch learn relatch 100
	send "$RA" 1
	leg_becomes "$LA" ".latched == \"$RA\""
	ok "proven" m rtplane leg set local "$LA" proven "$X4:40010"
	# A second of both: the silence that lets others in is over many times.
	send "$RA" 3
	a rtp --on "$A4:40002" --to "$LA" --send 20 --pps 20 >/dev/null
	leg_becomes "$LA" '.drops.refused == 23'
	leg_holds "$LA" ".latched == \"$X4:40010\""
	ok "proven" m rtplane leg set local "$LA" proven "$A4:40002"
	leg_holds "$LA" ".latched == \"$A4:40002\""
	clear_bridges
}

# ssrc SSRC N SEQ [OPTIONS]: the remote's own address.
ssrc()
{
	local ssrc=$1 n=$2 seq=$3
	shift 3
	send "$RA" "$n" --ssrc "$ssrc" --seq "$seq" "$@"
}

test_another_ssrc_of_the_remote()
{
	open remote "$RA"
	leg_holds "$LA" '.ssrc_guard'
	# A stream, and a burst in the midst of it from who knows all but its SSRC.
	bg caller a rtp --on "$RA" --to "$LA" --send 100 --pps 50 --ssrc 1
	leg_becomes "$LA" '.rx_packets >= 20'
	a rawpkt --dev a0 --smac "$A_MAC" --dmac "$MA_MAC" --src "$A4" --dst "$MA4" --sport 40000 \
		--dport 30000 --count 20 --ssrc 9 >/dev/null
	finish caller
	leg_becomes "$LA" '.rx_packets == 100 and .drops.ssrc == 20 and .rtp.ssrc_changes == 0'
	# It goes on with another: nothing of that is lost.
	a rtp --on "$RA" --to "$LA" --send 10 --pps 50 --ssrc 2 >/dev/null
	leg_becomes "$LA" '.rx_packets == 110 and .rtp.ssrc_changes == 1 and .drops.ssrc == 20'
	ok "off" m rtplane leg set local "$LA" ssrc-guard off
	leg_holds "$LA" '.ssrc_guard | not'
	ssrc 3 1 1
	leg_becomes "$LA" '.rx_packets == 111 and .rtp.ssrc_changes == 2'
	clear_bridges
}

# What is held has its time, and an end with the leg.
test_held_packets_do_not_stay()
{
	open remote "$RA"
	send "$A4:40002" 2
	leg_becomes "$LA" '.state == "probation"'
	leg_becomes "$LA" '.drops.probation == 2'
	send "$A4:40004" 2
	clear_bridges
	stats_become '.legs == 0'
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

test_a_lead_that_does_not_pass_gives_way()
{
	open latch learn probation 32
	# Both send at once; whoever was first leads for 300 ms, and does not pass in
	# them nor after.
	a rtp --on "$RA" --to "$LA" --send 31 --pps 20 >/dev/null &
	leg_becomes "$LA" '.state == "probation"'
	a rtp --on "$X4:40000" --to "$LA" --send 150 --pps 50 --ssrc 9 >/dev/null
	wait $!
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

test_a_mute_leg_sends_nothing()
{
	open remote "$RA" early on mute on
	leg_holds "$LA" '.mute and .latched == null'
	send "$RA" 3
	leg_becomes "$LA" '.rx_packets == 3 and .state == "locked" and .latched == null'
	leg_becomes "$LB" '.tx_packets == 3'
	b rtp --on "$RB" --to "$LB" --send 5 --pps 0 >/dev/null
	leg_becomes "$LB" '.rx_packets == 5 and .drops."no-remote" == 5'
	# Neither another remote nor a proof opens it.
	ok "proven" m rtplane leg set local "$LA" proven "$A4:40002"
	b rtp --on "$RB" --to "$LB" --send 2 --pps 0 >/dev/null
	leg_becomes "$LB" '.rx_packets == 7 and .drops."no-remote" == 7'
	leg_holds "$LA" '.tx_packets == 0'
	ok "on" m rtplane leg set local "$LA" mute off
	leg_holds "$LA" "(.mute | not) and .latched == \"$A4:40002\""
	back 3 "$A4:40002"
	# And in the midst of what flows.
	ok "off" m rtplane leg set local "$LA" mute on
	b rtp --on "$RB" --to "$LB" --send 4 --pps 0 >/dev/null
	leg_becomes "$LB" '.rx_packets == 14 and .drops."no-remote" == 11'
	leg_holds "$LA" '.tx_packets == 3'
	clear_bridges
}

test_early_media_goes_to_the_signalled_address()
{
	open remote "$RA" early on
	back 5 "$RA"
	leg_holds "$LA" '.tx_packets == 5 and .state == "waiting"'
	send "$A4:40002" 3
	leg_becomes "$LA" '.state == "locked"'
	back 3 "$A4:40002"
	clear_bridges
}

test_unlatch_learns_again()
{
	open remote "$RA"
	send "$A4:40002" 3
	leg_becomes "$LA" ".latched == \"$A4:40002\""
	ok "unlatch" m rtplane leg set local "$LA" unlatch
	leg_holds "$LA" '.state == "waiting" and .latched == null'
	b rtp --on "$RB" --to "$LB" --send 2 --pps 0 >/dev/null
	leg_becomes "$LB" '.drops["no-remote"] == 2'
	send "$A4:40004" 3
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
	send "$A4:40002" 3
	leg_becomes "$LA" ".latched == \"$A4:40002\""
	ok "same remote" m rtplane bridge set leg local "$LA" remote "$RA" leg local "$LB" remote "$RB"
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$A4:40002\""
	ok "new remote" m rtplane bridge set leg local "$LA" remote "$X4:40000" leg local "$LB" remote "$RB"
	leg_holds "$LA" ".state == \"waiting\" and .remote == \"$X4:40000\""
	send "$A4:40002" 2
	leg_becomes "$LA" '.drops.refused == 2'
	send "$X4:40077" 3
	leg_becomes "$LA" ".latched == \"$X4:40077\""
	clear_bridges
}

test_relatch_after_silence()
{
	open remote "$RA" relatch 3000
	send "$RA" 2
	leg_becomes "$LA" ".latched == \"$RA\""
	# Four seconds from another port: refused until three are over.
	a rtp --on "$A4:40002" --to "$LA" --send 120 --pps 30 >/dev/null
	leg_becomes "$LA" ".latched == \"$A4:40002\" and .latches == 2"
	leg_holds "$LA" '.drops.refused >= 5 and .drops.refused <= 92'
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
	open latch learn probation 5 relatch 300
	send "$RA" 5
	leg_becomes "$LA" ".latched == \"$RA\""
	a rtp --on "$X4:40000" --to "$LA" --send 60 --pps 30 --ssrc 9 >/dev/null
	leg_becomes "$LA" ".latched == \"$X4:40000\" and .latches == 2"
	leg_holds "$LA" '(.drops.probation // 0) == 0'
	clear_bridges
}

test_rtcp_leg_tied_to_its_rtp_leg()
{
	local rtcp=$MA4:30001
	open latch learn
	ok "RTCP" m rtplane bridge add leg local "$rtcp" latch learn probation 0 tie "$LA" \
		leg local "$MB4:30003" remote "$B4:50001" latch off
	a rtp --on "$RA" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" '.drops.refused == 2'
	send "$RA" 3
	leg_becomes "$LA" ".latched == \"$RA\""
	a rtp --on "$X4:40001" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" '.drops.refused == 4'
	a rtp --on "$A4:40002" --to "$rtcp" --send 2 --pps 0 --kind sr >/dev/null
	leg_becomes "$rtcp" '.drops.refused == 6'
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
	open latch learn remote "$RA"
	send "$X4:40000" 3
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

# When the other leg's longer silence is told, the shorter one could have been a few
# times more.
test_silence_is_told_once()
{
	monitor_start
	open remote "$RA"
	send "$RA" 1
	b rtp --on "$RB" --to "$LB" --send 1 --pps 0 >/dev/null
	leg_becomes "$LB" '.rx_packets == 1'
	ok "silence" m rtplane leg set local "$LA" silence 200
	ok "silence" m rtplane leg set local "$LB" silence 3000
	event_comes ".event == \"silence\" and .local == \"$LB\""
	is "silences" "$(event_count ".event == \"silence\" and .local == \"$LA\"")" 1
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
