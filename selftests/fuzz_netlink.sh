#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.12,debug backends=kernel,uring smp=2
#
# Requests that are nearly right, from a seed: every command, every attribute,
# values drawn from few, so that what one made another finds; some of them spoilt
# (tools/nlfuzz.c).  Seeds worth keeping are in corpora/netlink and come first.
#
#   a: a0 192.0.2.1 ==== ma [m] mb ==== b0 198.51.100.1 :b      nlfuzz runs in m
#
# FUZZ_SEED=N and FUZZ_COUNT=N (requests) in the environment make it another run,
# as long as is wanted.

. "$(dirname "$0")/lib.sh"

SEED=${FUZZ_SEED:-20261125}
COUNT=${FUZZ_COUNT:-$((4000 / SLOW))}
# so that a run by hand can be told again
echo "# FUZZ_SEED=$SEED FUZZ_COUNT=$COUNT"

setup() { need nlfuzz; topology && enrol && hold_ingress_key; }

# fuzz SEED COUNT [state]
fuzz()
{
	local part=20
	[ "${3:-}" != state ] || part=50
	m nlfuzz "$@" >"$W/fuzz.json" 2>"$W/fuzz.err" || fail "seed $1: $(cat "$W/fuzz.err")"
	note "seed $*: $(cat "$W/fuzz.json")"
	# A fuzzer that is refused always tests nothing but the parser.
	holds fuzz ".done > .requests / $part and .refused > .requests / 20"
}

# Afterwards everything works as ever.
works()
{
	clear_bridges
	if can device; then
		m rtplane dev del lo >/dev/null 2>&1
		m rtplane dev add ma >/dev/null 2>&1
		m rtplane dev add mb >/dev/null 2>&1
	fi
	ok "bridge" bridge latch off -- latch off
	relay 20
	clear_bridges
}

test_seeds_that_were_kept()
{
	local seed
	while read -r seed; do
		fuzz "$seed" 500
	done < <(grep -v '^#' "$TREE/selftests/corpora/netlink/seeds")
	works
}

test_random_requests()
{
	fuzz "$SEED" "$COUNT"
	fuzz $((SEED + 1)) "$COUNT"
	works
}

# Keys and states of legs: given, asked for, told by a removal.
test_random_states()
{
	fuzz "$SEED" $((COUNT / 2)) state
	works
}

test_random_requests_under_traffic_from_two_sides()
{
	local one two
	bg talk a rtp --on "$RA" --to "$LA" --send 10000000 --pps $((1000 / SLOW))
	m nlfuzz "$SEED" "$COUNT" >/dev/null 2>"$W/one.err" &
	one=$!
	m nlfuzz $((SEED + 1)) "$COUNT" state >/dev/null 2>"$W/two.err" &
	two=$!
	wait $one || fail "one side: $(cat "$W/one.err")"
	wait $two || fail "the other side: $(cat "$W/two.err")"
	stop talk
	clear_bridges
	is "legs" "$(leg_count)" 0
}

test_namespace_goes_while_requests_come()
{
	local n=rp$$-fuzz
	needs netns || return
	for _ in 1 2 3; do
		quiet_ns "$n"
		in_ns "$n" nlfuzz 99 2000000 >/dev/null 2>&1 &
		wait_for 10 fuzzed "$n"
		ip netns del "$n"
		# The program keeps the namespace until it is told to go.
		kill "$(tool_of $!)"
		wait $! 2>/dev/null
	done
	is "legs of m" "$(leg_count)" 0
}

fuzzed() { [ "$(in_ns "$1" rtplane --json stats | jq .legs)" -gt 0 ]; }

run_tests "$@"
