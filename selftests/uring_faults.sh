#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# The datapath in user space when things go wrong around it: what can be asked
# goes on, what cannot be had is refused by a sentence, what happened is counted
# and logged, and when the trouble is over media flows again by itself.
#
#   a: a0 192.0.2.1 ==== ma LA [m: rtplaned --relay] LB mb ==== b0 198.51.100.1 :b
#                        ^ down, away, without address, flooded
#                              ^ workers stopped, no io_uring, no descriptors, no memory

RTPLANE_BACKEND=uring
. "$(dirname "$0")/lib.sh"

setup() { need freeze forbid tc; topology && enrol; }

open() { ok "bridge" bridge latch off -- latch off; }

# again [CMD...]: a new rtplaned, run by CMD.
again()
{
	relay_stop
	: >"$W/relay.log"
	relay_start "$@"
}

logged() { grep -qE -- "$1" "$W/relay.log" || fail "nothing like '$1' in the log: $(tail -n 5 "$W/relay.log")"; }

# A packet with a mark of its own comes behind all that were there before it.
marked()
{
	a rtp --on "$RA" --to "$LA" --send 1 --dscp 10 --seq 60001 >/dev/null
	leg_test "$LA" '.dscp_seen["10"] >= 1'
}

fault() { stats_val ".faults.$1"; }

fault_is() { stats_test ".faults.$1 $2"; }

# many N FIRST: words of N bridges, from port FIRST on
many()
{
	local i
	printf 'bridge add '
	for ((i = 0; i < $1; i++)); do
		[ "$i" = 0 ] || printf 'bridge '
		printf 'leg local %s:%d remote %s leg local %s:%d remote %s ' \
			"$MA4" $(($2 + 2 * i)) "$RA" "$MB4" $(($2 + 2 * i)) "$RB"
	done
}

test_io_uring_is_forbidden()
{
	local how
	for how in EPERM ENOSYS; do
		again forbid $how || continue
		is "it says so" "$(stats_val .io)" epoll
		logged 'warning media goes through epoll, which costs more CPU: .*io_uring'
		open
		relay 100
		relay_back 100
		clear_bridges
	done
	again
	is "and without that" "$(stats_val .io)" io_uring
}

# What waits for packets is not needed to answer, or to change legs.
test_workers_stand_still_where_they_wait()
{
	local begin stalled
	open
	relay 10
	stalled=$(fault stalled)
	bg frozen freeze "$RELAY_PID" media 3000
	# What arrives meanwhile waits in the sockets.
	bg callee b rtp --on "$RB" --expect 50 --timeout 20000
	a rtp --on "$RA" --to "$LA" --send 50 --pps 0 >/dev/null
	begin=${EPOCHREALTIME/[.,]/}
	leg_holds "$LA" '.rx_packets == 10'
	ok "it was not long" test $((${EPOCHREALTIME/[.,]/} - begin)) -lt 2500000
	finish frozen
	finish callee
	holds callee '.received == 50 and .lost == 0'
	is "nobody was waited for" "$(fault stalled)" "$stalled"
	leg_holds "$LA" '.rx_packets == 60'
	clear_bridges
}

# stalls: one that is stopped while it has packets to relay, before ours or after its turn
stalls()
{
	local i
	for ((i = 0; i < 10; i++)); do
		bg frozen freeze "$RELAY_PID" media 1500
		m rtplane leg show local "$LA" >/dev/null 2>"$W/stalled" || break
		finish frozen
	done
	grep -qE 'media worker [0-9]+ does not answer within 1000 ms' "$W/stalled"
}

test_workers_stand_still_at_work()
{
	open
	bg flood a rtp --on "$RA" --to "$LA" --send 10000000 --pps 0 --size 12
	ok "packets are relayed" wait_for 10 leg_test "$LA" '.rx_packets >= 1000'
	ok "it is said that one does not answer" stalls
	finish frozen
	stop flood
	ok "stalls are counted" wait_for 20 fault_is stalled '>= 1'
	logged 'warning media worker [0-9]+ does not answer within 1000 ms \(stalled: [0-9]+ in all\)'
	ok "what was left over is behind us" wait_for 20 marked
	clear_bridges
	open
	relay 100
	clear_bridges
}

test_the_whole_process_stands_still()
{
	open
	relay 10
	bg callee b rtp --on "$RB" --expect 50 --timeout 20000
	kill -STOP "$RELAY_PID"
	a rtp --on "$RA" --to "$LA" --send 50 --pps 0 >/dev/null
	kill -CONT "$RELAY_PID"
	finish callee
	holds callee '.received == 50 and .lost == 0'
	clear_bridges
}

test_a_flood_beyond_what_can_be_relayed()
{
	open
	kill -STOP "$RELAY_PID"
	# More than the socket holds: the rest is lost, the stream is not given up.
	a rtp --on "$RA" --to "$LA" --send 60000 --pps 0 --size 12 >/dev/null
	kill -CONT "$RELAY_PID"
	ok "what was left over is behind us" wait_for 20 marked
	relay 100 --pps 1000 --seq 60501
	leg_holds "$LA" ".latched == \"$RA\""
	ok "what was lost is counted" wait_for 10 fault_is socket_dropped '>= 1000'
	logged 'warning media worker [0-9]+: the kernel drops datagrams at .*socket_dropped: '
	clear_bridges
}

# What the queue of the way out holds is the socket's; beyond that the kernel takes
# no more, and a worker waits for nobody.
test_the_way_out_is_jammed()
{
	open
	relay 10
	ok "a slow link" tc -n "$M" qdisc add dev mb root tbf rate 200kbit burst 2000 limit 100000000
	a rtp --on "$RA" --to "$LA" --send 2000 --pps 4000 >/dev/null
	leg_becomes "$LA" '.rx_packets == 2010'
	leg_becomes "$LA" '.drops.xmit > 1000'
	ok "and counted as a fault" test "$(fault send_failed)" -gt 1000
	logged 'warning media worker [0-9]+: sending failed: Resource temporarily unavailable \(send_failed: '
	relay_back 20
	tc -n "$M" qdisc del dev mb root
	relay 20
	clear_bridges
	# one line of a kind in ten seconds
	again
}

test_interface_down()
{
	local before
	open
	relay 10
	before=$(leg_val "$LA" .dropped)
	ip -n "$M" link set dev mb down
	a rtp --on "$RA" --to "$LA" --send 20 --pps 0 >/dev/null
	leg_becomes "$LA" ".drops[\"no-route\"] == $((before + 20))"
	ok "and counted as a fault" test "$(fault send_failed)" -ge 20
	logged 'warning media worker [0-9]+: sending failed: Network is unreachable \(send_failed: '
	ip -n "$M" link set dev mb up
	ok "up" wait_for 10 b ping -c 1 -W 1 "$MB4"
	relay 20
	relay_back 20
	clear_bridges
}

test_address_removed()
{
	open
	relay 10
	ip -n "$M" addr del $MB4/24 dev mb
	a rtp --on "$RA" --to "$LA" --send 20 --pps 0 >/dev/null
	leg_becomes "$LA" '.dropped == 20'
	ip -n "$M" addr add $MB4/24 dev mb
	relay 20
	relay_back 20
	clear_bridges
}

test_address_that_comes_later()
{
	local later=192.0.2.253:30000
	ok "bridge" m rtplane bridge add leg local "$later" remote "$RA" latch off leg local "$LB" remote "$RB" latch off
	ip -n "$M" addr add 192.0.2.253/24 dev ma
	LA=$later relay 10
	ip -n "$M" addr del 192.0.2.253/24 dev ma
	clear_bridges
}

test_port_that_another_program_has()
{
	bg other m rtp --on "$LB"
	refused "^rtplane: leg $LB: Address already in use" bridge
	is "legs" "$(leg_count)" 0
	stop other
	open
	relay 5
	clear_bridges
}

test_icmp_errors()
{
	# Nobody listens at RB: each packet draws a port unreachable.
	open
	a rtp --on "$RA" --to "$LA" --send 2000 --pps 4000 --size 12 >/dev/null
	leg_becomes "$LA" '.rx_packets == 2000'
	leg_holds "$LB" '.tx_packets >= 1990'
	relay_back 50
	relay 50
	clear_bridges
}

test_no_descriptor_left()
{
	local n
	again bash -c 'ulimit -n 128; exec "$@"' limited || return
	open
	m rtplane -batch - < <(many 200 20000) >/dev/null 2>"$W/err"
	is "status" $? 1
	ok "the sentence" grep -qE '^rtplane: stdin:1: leg [0-9.:]+: Too many open files' "$W/err"
	is "legs: all or none" "$(leg_count)" 2
	for ((n = 0; n < 100; n++)); do
		m rtplane -batch - < <(many 1 $((20000 + 2 * n))) 2>"$W/err" || break
	done
	ok "some fit" test "$n" -gt 10
	ok "and then no more" grep -q 'Too many open files' "$W/err"
	relay 20
	relay_back 20
	m rtplane bridge del local "$MA4:20000"
	ok "room again" m rtplane -batch - < <(many 1 21000)
	clear_bridges
	again
}

test_no_memory_left()
{
	local n room
	again || return
	room=$(awk '/VmSize/ { print $2 + 24000 }' "/proc/$RELAY_PID/status")
	again bash -c "ulimit -v $room"'; exec "$@"' limited || return
	open
	for ((n = 0; n < 200; n++)); do
		m rtplane -batch - < <(many 250 $((10000 + 500 * n))) 2>"$W/err" || break
		[ $n -lt 100 ] || break
	done
	ok "it ends" test -s "$W/err"
	note "after $n x 500 legs: $(cat "$W/err")"
	ok "the sentence" grep -qiE 'no memory|cannot allocate memory|open files' "$W/err"
	is "legs: all or none" "$(stats_val '.legs % 500')" 2
	relay 20
	relay_back 20
	clear_bridges
	is "legs" "$(leg_count)" 0
	open
	relay 20
	clear_bridges
	again
}

run_tests "$@"
