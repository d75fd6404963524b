#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# A hundred thousand legs in one namespace: made, dumped, used and removed in
# time linear in their number; what a bridge costs in memory.
#
#   a: a0 192.0.2.1 ==== ma [m: 50,000 bridges] mb ==== b0 198.51.100.1 :b
#                           10.0.N.254:30000-32000

. "$(dirname "$0")/lib.sh"

setup() { need nldump; topology && enrol; }

# bridges N [FIRST]: one command of 256 bridges a line.
bridges()
{
	awk -v n="$1" -v first="${2:-0}" -v ra="$RA" -v rb="$RB" 'BEGIN {
		for (i = first; i < first + n; i++) {
			a = "10." int(i / 400000) "." int(i / 2000) % 200 ".254:" 30000 + i % 2000
			b = "11." int(i / 400000) "." int(i / 2000) % 200 ".254:" 30000 + i % 2000
			if ((i - first) % 256 == 0)
				printf "%sbridge add cookie %d ", (i > first ? "\n" : ""), i % 7 + 1
			else
				printf "bridge cookie %d ", i % 7 + 1
			printf "leg local %s remote %s latch off leg local %s remote %s latch off ", a, ra, b, rb
		}
		print ""
	}'
}

ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

slab() { awk '/^Slab:/ { print $2 }' /proc/meminfo; }

# linear TEXT MS-OF-THE-FIRST MS-OF-THE-REST: of nine or ten times as many.  In a crowded guest that
# takes up to 40 times as long; what is not linear would take a hundred times.
linear()
{
	note "$1: $2 ms for 10,000 legs, $3 ms for 90,000 more"
	ok "$1 is linear" test "$3" -le $(($2 * 45 + 2000))
}

test_hundred_thousand_legs()
{
	local t0 t1 t2 s0 s1 per
	bridges 5000 >"$W/few"
	bridges 45000 5000 >"$W/many"
	s0=$(slab)
	t0=$(ms)
	ok "make 10,000 legs" m rtplane -batch "$W/few"
	t1=$(ms)
	is "legs" "$(stats_val .legs)" 10000
	m nldump >"$W/dump1.json"
	holds dump1 '.legs == 10000'
	t2=$(ms)
	ok "make 90,000 more" m rtplane -batch "$W/many"
	linear "make" $((t1 - t0)) $(($(ms) - t2))
	is "legs" "$(stats_val .legs)" 100000
	s1=$(slab)
	m nldump >"$W/dump2.json"
	holds dump2 '.legs == 100000'
	linear "dump" "$(val dump1 .ms)" "$(val dump2 .ms)"
	per=$(((s1 - s0) * 1024 / 50000))
	note "memory of a bridge: $per bytes of slab; the module says $(stats_val .leg_bytes) a leg"
	ok "a bridge costs less than 4 kB: $per" test $per -lt 4096
}

test_they_all_work()
{
	# The last one, with an address that m has.
	ip -n "$M" addr add 10.0.24.254/32 dev ma
	ip -n "$M" addr add 11.0.24.254/32 dev mb
	ip -n "$A" route add 10.0.24.254/32 via $MA4
	bg callee b rtp --on "$RB" --expect 2000 --timeout 30000
	a rtp --on "$RA" --to 10.0.24.254:31999 --send 2000 --pps 0 >/dev/null
	finish callee
	holds callee '.received == 2000 and .lost == 0 and .src == {"11.0.24.254:31999": 2000}'
	leg_holds 10.0.24.254:31999 '.rx_packets == 2000 and .dropped == 0'
	leg_holds 10.0.0.254:30000 '.rx_packets == 0'
}

test_a_duplicate_among_them_is_found()
{
	refused 'taken by another leg' m rtplane bridge add leg local 10.0.12.254:30500 remote "$RA" \
		leg local "$LB" remote "$RB"
	is "legs" "$(stats_val .legs)" 100000
}

test_dump_of_one_cookie()
{
	m nldump 3 >"$W/dump.json"
	holds dump '.legs == 14286'
}

# own FIRST: fifty bridges, each with a cookie of its own.
own()
{
	awk -v n="$1" -v ra="$RA" -v rb="$RB" 'BEGIN {
		for (i = n; i < n + 50; i++)
			printf "bridge add cookie %d leg local 10.9.9.9:%d remote %s leg local 10.9.9.8:%d remote %s\n", 1000 + i, 30000 + i, ra, 30000 + i, rb
	}'
}

test_a_call_goes_quickly_by_its_cookie()
{
	local t0 t1 t2
	{ own 0; own 50; } >"$W/own"
	ok "make" m rtplane -batch "$W/own"
	seq 1000 1049 | sed 's/^/bridge del cookie /' >"$W/cookies"
	seq 30050 30099 | sed 's/^/bridge del local 10.9.9.9:/' >"$W/locals"
	t0=$(ms)
	ok "by cookie" m rtplane -batch "$W/cookies"
	t1=$(ms)
	ok "by leg" m rtplane -batch "$W/locals"
	t2=$(ms)
	is "legs" "$(stats_val .legs)" 100000
	note "50 calls of 50,000: $((t1 - t0)) ms by cookie, $((t2 - t1)) ms by leg"
	ok "not much longer than by leg" test $((t1 - t0)) -le $((3 * (t2 - t1) + 300))
}

# downs NS: what it takes to put down forty devices that nobody uses
downs()
{
	local t0 i
	for i in {0..39}; do
		printf 'link add e%d type dummy\nlink set e%d up\n' "$i" "$i"
	done | ip -n "$1" -batch -
	t0=$(ms)
	for i in {0..39}; do echo "link set e$i down"; done | ip -n "$1" -batch -
	echo $(($(ms) - t0))
	for i in {0..39}; do echo "link del e$i"; done | ip -n "$1" -batch -
}

test_a_device_that_no_call_uses_goes_quickly()
{
	local with without
	quiet_ns "$X"
	without=$(downs "$X")
	with=$(downs "$M")
	ip netns del "$X"
	note "40 devices down: $without ms without legs, $with ms with 100,000"
	ok "not much longer than without legs" test "$with" -le $((2 * without + 1000))
}

test_removal_is_linear()
{
	local t0 t1 i
	t0=$(ms)
	for i in 1 2; do ok "by cookie" m rtplane bridge del cookie $i; done
	note "two cookies, 28,574 legs: $(($(ms) - t0)) ms"
	is "legs" "$(stats_val .legs)" 71428
	t1=$(ms)
	ok "all" m rtplane bridge del all
	note "the rest: $(($(ms) - t1)) ms"
	is "legs" "$(stats_val .legs)" 0
	ok "in reasonable time" test $(($(ms) - t0)) -lt 60000
}

test_the_range_full_on_sixteen_addresses()
{
	awk -v ra="$RA" -v rb="$RB" 'BEGIN {
		for (i = 0; i < 16; i++)
			for (p = 30000; p < 33000; p += 2) {
				if (n++ % 256 == 0)
					printf "%sbridge add ", (n > 1 ? "\n" : "")
				else
					printf "bridge "
				printf "leg local 192.0.2.%d:%d remote %s leg local 192.0.2.%d:%d remote %s ", 100 + i, p, ra, 100 + i, p + 1, rb
			}
		print ""
	}' >"$W/range"
	ok "make" m rtplane -batch "$W/range"
	is "legs" "$(stats_val .legs)" 48000
	ok "delete" m rtplane bridge del all
}

test_namespace_with_many_legs_goes()
{
	quiet_ns "$X"
	ok "make" x rtplane -batch "$W/few"
	ok "delete" ip netns del "$X"
	is "legs of m" "$(stats_val .legs)" 0
}

run_tests "$@"
