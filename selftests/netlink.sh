#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 backends=kernel,uring smp=2
#
# The netlink contract against programs that do not keep it: every refusal
# with its errno and sentence (tools/nlbad.c has the table), dumps that stay
# consistent while legs come and go.
#
#   a: a0 ==== ma [m] mb ==== b0 :b      nlbad and nldump run in m

. "$(dirname "$0")/lib.sh"

setup() { need nlbad nldump; topology && enrol; }

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
	  grep -ohE '"[^"]{7,}"\)? ?[,}]' "$TREE"/selftests/tools/nlbad*.[ch] | cut -d'"' -f2
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
