#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# Bridges change while packets flow as fast as they can, on two CPUs: on
# `bridge set` and `leg set` no packet is lost, doubled or sent where it does
# not belong.
#
#   a: a0 192.0.2.1 :40000 ==== ma LA [m] LB mb ==== b0 198.51.100.1 :50000 :b
#                                         LB2 :30004         and      :50008
#   both sides send at once

. "$(dirname "$0")/lib.sh"

N=10000
RB2=$B4:50008 LB2=$MB4:30004

setup()
{
	topology && enrol && hold_ingress_key || return 1
	# What is counted is what the module does, not what a backlog loses.
	sysctl -qw net.core.netdev_max_backlog=200000
}

# flood: N packets from a and N from b; changes run meanwhile by the batch file.
# a begins when b's first packet has come, so that both sockets are there.
flood()
{
	local rounds=0
	bg caller a rtp --on "$RA" --to "$LA" --send "$N" --pps 0 --ssrc 0xaaaaaaaa \
		--after-first --expect "${1:-$N}" --timeout 60000
	bg two b rtp --on "$RB2" --timeout 600000
	bg one b rtp --on "$RB" --to "$LB" --send "$N" --pps 0 --ssrc 0xbbbbbbbb \
		--expect 100000000 --timeout 600000
	while kill -0 "${BG[caller]}" 2>/dev/null && [ $rounds -lt 400 ]; do
		m rtplane -batch "$W/batch" || break
		rounds=$((rounds + 1))
	done 2>"$W/batch.err"
	finish caller
	# All that was sent has arrived somewhere, or never will.
	wait_for 20 counted
	stop one
	stop two
	[ -s "$W/batch.err" ] && fail "a change was refused: $(head -n 1 "$W/batch.err")"
	note "$rounds rounds of $(wc -l <"$W/batch") changes"
	ok "changes ran while packets flowed" test $rounds -ge 2
}

counted() { leg_test "$LA" ".rx_packets == $N"; }

nothing_lost()
{
	local got
	got=$(($(val one .received) + $(val two .received)))
	is "packets of a that arrived at b" $got $N
	is "doubled" "$(($(val one .dups) + $(val two .dups)))" 0
	holds one '.whole == {"yes": .received} or .received == 0'
	holds two '.whole == {"yes": .received} or .received == 0'
	holds one '(.ssrc | keys) - ["aaaaaaaa"] == []'
	holds two '(.ssrc | keys) - ["aaaaaaaa"] == []'
}

both_ways_whole()
{
	nothing_lost
	holds caller ".received == $N and .lost == 0 and .dups == 0 and (.ssrc == {\"bbbbbbbb\": $N}) and .src == {\"$LA\": $N}"
	leg_holds "$LA" ".rx_packets == $N and .dropped == 0"
}

test_dscp_and_limits_change()
{
	ok "bridge" bridge latch off -- latch off
	{
		local i
		for i in 0 46 34 10; do
			echo "bridge set cookie $i leg local $LA pps 0 dscp $i leg local $LB dscp $i"
			echo "leg set local $LB mark $i"
			echo "leg set local $LA accept any"
			echo "leg set local $LA accept rtp"
			echo "leg set local $LB dscp map $(seq -s, 0 63)"
			echo "leg set local $LB dscp preserve"
		done
	} >"$W/batch"
	flood
	both_ways_whole
	leg_holds "$LB" ".tx_packets == $N and .rx_packets == $N and .dropped == 0"
	clear_bridges
}

test_same_remote_again_and_again()
{
	ok "bridge" bridge latch restricted early on -- latch off
	a rtp --on "$RA" --to "$LA" --send 1 --pps 0 --kind sr >/dev/null
	leg_becomes "$LA" '.state == "locked"'
	echo "bridge set leg local $LA remote $RA latch restricted leg local $LB remote $RB latch off" >"$W/batch"
	flood_locked
	clear_bridges
}

# As flood, but the leg had its one packet before.
flood_locked()
{
	local all=$N
	counted() { leg_test "$LA" ".rx_packets == $((all + 1))"; }
	flood
	counted() { leg_test "$LA" ".rx_packets == $N"; }
	nothing_lost
	leg_holds "$LA" ".dropped == 0 and .latches == 1"
}

test_remote_moves_to_and_fro()
{
	ok "bridge" bridge latch off -- latch off
	cat >"$W/batch" <<-END
		bridge set leg local $LA remote $RA leg local $LB remote $RB2
		bridge set leg local $LA remote $RA leg local $LB remote $RB
		leg set local $LB remote $RB2
		leg set local $LB remote $RB
	END
	# While the remote is the other one, what comes from b is refused: only a's
	# packets are counted here.
	flood 0
	nothing_lost
	holds one ".src == {\"$LB\": .received} or .received == 0"
	holds two ".src == {\"$LB\": .received} or .received == 0"
	leg_holds "$LB" ".tx_packets == $N"
	leg_holds "$LA" '.dropped == 0'
	clear_bridges
}

test_peer_is_replaced_to_and_fro()
{
	ok "bridge" bridge latch off -- latch off
	cat >"$W/batch" <<-END
		bridge set leg local $LA leg local $LB2 remote $RB2 latch off
		bridge set leg local $LA leg local $LB remote $RB latch off
	END
	flood 0
	nothing_lost
	# Each peer has a remote of its own: never one's source with the other's.
	holds one ".src == {\"$LB\": .received} or .received == 0"
	holds two ".src == {\"$LB2\": .received} or .received == 0"
	leg_holds "$LA" ".rx_packets == $N and .dropped == 0"
	clear_bridges
}

test_other_bridges_come_and_go()
{
	local i
	ok "bridge" bridge latch off -- latch off
	for i in $(seq 0 49); do
		echo "bridge add cookie 9 leg local $MA4:$((31000 + i)) remote $RA leg local $MB4:$((31000 + i)) remote $RB"
	done >"$W/batch"
	echo "bridge del cookie 9" >>"$W/batch"
	flood
	both_ways_whole
	clear_bridges
}

test_the_bridge_itself_comes_and_goes()
{
	# Here packets may go to the stack meanwhile, but never to a wrong place.
	ok "bridge" bridge latch off -- latch off
	cat >"$W/batch" <<-END
		bridge del local $LA
		bridge add leg local $LA remote $RA latch off leg local $LB remote $RB latch off
	END
	counted() { true; }
	flood 0
	counted() { leg_test "$LA" ".rx_packets == $N"; }
	holds one ".dups == 0 and (.src == {\"$LB\": .received} or .received == 0)"
	holds two '.received == 0'
	clear_bridges
}

run_tests "$@"
