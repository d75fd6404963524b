#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 backends=kernel,uring smp=2
#
# The netlink contract against programs that do not keep it: every refusal
# with its errno and sentence (tools/nlbad.c has the table), random requests
# (tools/nlfuzz.c), dumps that stay consistent while legs come and go.
#
#   a: a0 ==== ma [m] mb ==== b0 :b      nlbad, nlfuzz and nldump run in m

. "$(dirname "$0")/lib.sh"

setup() { need nlbad nlfuzz nldump; topology && enrol; }

test_every_refusal_has_its_sentence()
{
	local line
	m nlbad >"$W/bad.json" 2>"$W/bad.err" || fail "nlbad: $(cat "$W/bad.err")"
	while read -r line; do
		fail "$line"
	done < <(grep '"good":false' "$W/bad.json")
	ok "cases ran" test "$(wc -l <"$W/bad.json")" -ge 90
	is "legs" "$(leg_count)" 0
	can device && is "devices" "$(m rtplane --json dev show | jq length)" 2
}

test_every_sentence_of_the_module_is_tested()
{
	# The texts in the sources, against the words that tests look for.
	cat "$TREE"/kmod/*.c | grep -v '^#include' | tr '\n' ' ' | tr ';' '\n' |
		grep -E 'NL_SET_ERR_MSG|rtplane_refuse' | grep -oE '"[^"]+"' |
		tr -d '"' >"$W/sentences"
	{ grep -hoE "(refused|no) '[^']+'" "$TREE"/selftests/*.sh | cut -d"'" -f2
	  grep -hoE '(refused|no) "[^"]+"' "$TREE"/selftests/*.sh | cut -d'"' -f2
	  grep -ohE '"[^"]{7,}"\)? ?[,}]' "$TREE/selftests/tools/nlbad.c" | cut -d'"' -f2
	} >"$W/words"
	ok "sentences were found" test "$(wc -l <"$W/sentences")" -ge 30
	is "sentences without a test" "$(awk '
		NR == FNR { if (length($0) >= 7) words[$0]; next }
		{ for (w in words) if (index($0, w)) next; print }' "$W/words" "$W/sentences")" ''
}

test_a_leg_named_twice_is_refused()
{
	ok "bridge" bridge latch off -- latch off
	refused 'message names a leg twice' m rtplane bridge set leg local "$LA" dscp 1 leg local "$LB" \
		bridge leg local "$LA" dscp 2 leg local "$LB"
	clear_bridges
}

test_random_requests()
{
	local seed
	for seed in 1 4711 20261122; do
		m nlfuzz $seed 4000 >"$W/fuzz.json" 2>"$W/fuzz.err" || fail "seed $seed: $(cat "$W/fuzz.err")"
		note "seed $seed: $(cat "$W/fuzz.json")"
		# A fuzzer that is refused always tests nothing but the parser.
		holds fuzz '.done > 200 and .refused > 200'
	done
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

test_random_requests_under_traffic_from_two_sides()
{
	local pids
	bg talk a rtp --on "$RA" --to "$LA" --send 10000000 --pps 1000
	m nlfuzz 77 3000 >/dev/null 2>&1 & pids=$!
	m nlfuzz 78 3000 >/dev/null 2>&1 & pids+=" $!"
	# shellcheck disable=SC2086
	wait $pids
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

# adds N bridges by few messages
add_many()
{
	awk -v n="$1" -v a=$MA4 -v b=$MB4 'BEGIN {
		for (i = 0; i < n; i++)
			printf "bridge add cookie 5 leg local %s:%d latch learn leg local %s:%d latch learn\n", a, 32000 + i, b, 32000 + i
	}' | m rtplane -batch -
}

test_dump_is_whole_while_legs_come_and_go()
{
	add_many 600
	is "legs" "$(leg_count)" 1200
	(for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		bridge latch off -- latch off
		m rtplane bridge del local "$LA"
	done) >/dev/null 2>&1 &
	for _ in 1 2 3 4 5; do
		# The 1200 are there all the while; each exactly once.
		m rtplane --json leg show >"$W/dump.json" 2>"$W/dump.err" || fail "$(cat "$W/dump.err")"
		holds dump '[.[] | select(.cookie == 5)] | length == 1200'
		holds dump '([.[].local] | length) == ([.[].local] | unique | length)'
	done
	wait $!
	clear_bridges
}

test_dump_of_a_cookie()
{
	add_many 40
	ok "bridge" bridge latch off -- latch off
	m nldump 5 >"$W/dump.json"
	holds dump '.legs == 80'
	m nldump >"$W/dump.json"
	holds dump '.legs == 82'
	clear_bridges
}

run_tests "$@"
