#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# selftests/run itself: what it makes of tests that fail, in a tree that is nothing but the
# runner and tests which do as they are told. Their guest is this host (scripts/vm is a
# stand-in), which says what a kernel says if a test writes it to $VM_OUT/said.

set -u
cd "$(dirname "$0")/.." || exit 1
HERE=$PWD
W=$(mktemp -d)
NR=0 BAD=0
trap 'rm -rf "$W"' EXIT

fail() { echo "# FAILED: $*"; FAILED=1; }
is() { [ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"; }

# stand_in FILE LINE...: a program
stand_in()
{
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	printf '%s\n' '#!/bin/bash' "$@" >"$file"
	chmod +x "$file"
}

# A tree without tests.
tree()
{
	local name

	rm -rf "$W/tree" "$W/state"
	mkdir -p "$W/tree/selftests" "$W/state"
	cp "$HERE"/selftests/{run,guest,ktap.awk} "$W/tree/selftests"
	for name in setup kernel qemu10 checkpatch house; do
		stand_in "$W/tree/scripts/$name" 'exit 0'
	done
	stand_in "$W/bin/shellcheck" 'exit 0'
	# shellcheck disable=SC2016
	stand_in "$W/tree/scripts/vm" 'while [ "$1" != -- ]; do [ "$1" != --out ] || export VM_OUT=$2; [ "$1" != --kernel ] || export KERNEL=$2; shift; done' \
		'while read -r name limit command; do timeout "$limit" $command >"$VM_OUT/$name.log" 2>&1' \
		'echo "$? 10" >"$VM_OUT/$name.status"; done <"$VM_OUT/list"; : >"$VM_OUT/console.log"'
	# shellcheck disable=SC2016
	stand_in "$W/tree/scripts/splat" 'cat "$(dirname "$1")/said" 2>/dev/null; true'
	printf '%s:\n\t@true\n' agent tools modules-6.1 modules-6.12 >"$W/tree/Makefile"
}

# plant NAME HEAD LINE...: a test. It knows how often it was run: $RUN.
plant()
{
	local name=$1 head=$2
	shift 2
	# shellcheck disable=SC2016
	stand_in "$W/tree/selftests/$name.sh" "# rtplane-test: $head" "STATE=$W/state NAME=$name" \
		'echo x >>"$STATE/$NAME"; RUN=$(wc -l <"$STATE/$NAME")' "$@"
}

# what fails the first time, whatever it says else
# shellcheck disable=SC2016
ONCE='echo 1..2; echo ok 1 - fine; [ $RUN != 1 ] || { echo "# FAILED: leg: is late"; echo "not ok 2 - media: both ways"; exit 1; }; echo "ok 2 - media: both ways"'
GOOD='echo 1..1; echo ok 1 - fine'

# run_it [TEST...]: the runner there
run_it()
{
	(cd "$W/tree" && PATH=$W/bin:$PATH && exec selftests/run "$@") >"$W/out" 2>&1
	STATUS=$?
}
runs() { wc -l <"$W/state/$1"; }
ends() { is "the end" "$(tail -n 1 "$W/out")" "$1"; is "status" "$STATUS" "$2"; }
# beyond the seven static checks
named() { grep -c '^passed only when run again, alone:' "$W/out"; }

test_what_passes_alone()
{
	tree
	plant good where=host "$GOOD"
	plant once where=host "$ONCE"
	run_it
	ends "$((3 + STATIC)) passed, 0 failed, 0 skipped" 0
	is "its runs" "$(runs once)" 2
	is "the other's runs" "$(runs good)" 1
	is "what it says of it" "$(tail -n 3 "$W/out" | head -n 1)" \
		"passed only when run again, alone: selftests/once.sh on host: media: both ways (it said: leg: is late)"
	FIRST=$(tail -n 2 "$W/out" | sed -n 's/^    its first output: //p')
	[[ $FIRST = */build/check/* ]] && grep -q '^not ok 2' "$FIRST" || fail "its first output is not in '$FIRST'"
}

test_in_a_guest()
{
	tree
	plant good "where=vm kernels=6.1" "$GOOD"
	# shellcheck disable=SC2016
	plant once "where=vm kernels=6.1,6.12" 'NAME+=.$KERNEL; echo x >>"$STATE/$NAME"; RUN=$(wc -l <"$STATE/$NAME"); [ $KERNEL = 6.1 ] || RUN=2' "$ONCE"
	run_it
	ends "$((5 + STATIC)) passed, 0 failed, 0 skipped" 0
	is "its runs on 6.1 and 6.12" "$(runs once.6.1) $(runs once.6.12)" "2 1"
	is "the other's runs" "$(runs good)" 1
}

test_what_always_fails()
{
	tree
	plant good where=host "$GOOD"
	plant always where=host 'echo 1..2; echo ok 1 - fine; echo "# FAILED: no"; echo not ok 2 - media; exit 1'
	run_it
	ends "$((2 + STATIC)) passed, 1 failed, 0 skipped" 1
	is "its runs" "$(runs always)" 2
	is "named" "$(named)" 0
	grep -q '^    selftests/always.sh on host: media$' "$W/out" || fail "it is not among what failed"
	grep -q '^    selftests/always.sh on host: # FAILED: no$' "$W/out" || fail "nor why"
}

# one of two passes when it is run again
test_one_of_two()
{
	tree
	plant always where=host 'echo 1..1; echo not ok 1 - media; exit 1'
	plant once where=host "$ONCE"
	run_it
	ends "$((2 + STATIC)) passed, 1 failed, 0 skipped" 1
	is "named" "$(named)" 1
	is "why" "$(grep -c '^    selftests/once.sh on host: # FAILED' "$W/out")" 0
}

# Each second run is worse than none, in its way.
test_second_runs_that_excuse_nothing()
{
	local name
	local -A second=(
		[another]='echo 1..2; echo "ok 1 - media"; echo "not ok 2 - other"; exit 1'
		[gone]='echo 1..1; echo "ok 1 - other"'
		[skips]='echo 1..2; echo "ok 1 - media # SKIP no more"; echo "ok 2 - other"'
		[nothing]='echo "1..0 # SKIP no more"; exit 4'
		[bails]='echo 1..2; echo "ok 1 - media"; echo "Bail out! no network"; exit 1'
		[plan]='echo 1..3; echo "ok 1 - media"; echo "ok 2 - other"'
		[status]='echo 1..2; echo "ok 1 - media"; echo "ok 2 - other"; exit 1'
	)
	for name in "${!second[@]}"; do
		tree
		# shellcheck disable=SC2016
		plant "$name" where=host '[ $RUN != 1 ] || { echo 1..2; echo "not ok 1 - media"; echo "ok 2 - other"; exit 1; }' "${second[$name]}"
		run_it
		is "$name" "$(tail -n 1 "$W/out"), status $STATUS, $(runs "$name") runs, $(named) named" \
			"$((1 + STATIC)) passed, 1 failed, 0 skipped, status 1, 2 runs, 0 named"
	done
}

# What is no check that failed is not run again, nor is anything beside it.
test_first_runs_that_nothing_excuses()
{
	local name
	# shellcheck disable=SC2016
	local -A first=(
		[bails]='[ $RUN != 1 ] || { echo 1..1; echo "not ok 1 - fine"; echo "Bail out! no network"; exit 1; }'
		[hangs]='[ $RUN != 1 ] || { echo 1..1; echo "not ok 1 - fine"; sleep 60; }'
		[plan]='[ $RUN != 1 ] || { echo 1..2; echo "not ok 1 - fine"; exit 1; }'
		[status]='[ $RUN != 1 ] || { echo 1..1; echo "not ok 1 - fine"; exit 0; }'
		[signal]='[ $RUN != 1 ] || { echo 1..1; echo "not ok 1 - fine"; kill -SEGV $$; }'
		[hidden]='[ $RUN != 1 ] || { echo 1..1; echo "# FAILED: in a pipe"; }'
		[asan]='[ $RUN != 1 ] || { echo "# ==1==ERROR: AddressSanitizer: heap-use-after-free"; echo 1..1; echo "not ok 1 - fine"; exit 1; }'
		[tsan]='[ $RUN != 1 ] || { echo "# WARNING: ThreadSanitizer: data race"; echo 1..1; echo "not ok 1 - fine"; exit 1; }'
		[ubsan]='[ $RUN != 1 ] || { echo "# a.c:1:2: runtime error: shift"; echo 1..1; echo "not ok 1 - fine"; exit 1; }'
	)
	for name in "${!first[@]}"; do
		tree
		plant "$name" "where=host timeout=2" "${first[$name]}" "$GOOD"
		plant once where=host "$ONCE"
		run_it
		is "$name" "status $STATUS, $(runs "$name") run, $(runs once) beside, $(named) named" \
			"status 1, 1 run, 1 beside, 0 named"
	done
}

test_what_a_kernel_says()
{
	tree
	# shellcheck disable=SC2016
	plant says "where=vm kernels=6.1" '[ $RUN != 1 ] || printf "in says:\n  BUG: no\n" >"$VM_OUT/said"' "$ONCE"
	run_it
	is "at first" "status $STATUS, $(runs says) runs, $(named) named" "status 1, 1 runs, 0 named"
	for where in says "no test"; do
		tree
		# shellcheck disable=SC2016
		plant says "where=vm kernels=6.1" '[ $RUN != 2 ] || printf "in '"$where"':\n  BUG: no\n" >"$VM_OUT/said"' "$ONCE"
		run_it
		is "in $where, when it is run again" "status $STATUS, $(runs says) runs, $(named) named" "status 1, 2 runs, 0 named"
	done
	grep -q '^    kernel 6.1: the kernel complained between tests' "$W/out" || fail "that is not among what failed"
	tree
	# shellcheck disable=SC2016
	plant says "where=vm kernels=6.1" '[ $RUN != 1 ] || echo "the module cannot be unloaded" >"$VM_OUT/says.left"' "$ONCE"
	run_it
	is "what is left" "status $STATUS, $(runs says) runs, $(named) named" "status 1, 1 runs, 0 named"
}

# five of them, and nothing beside any of them
test_as_many_as_there_may_be()
{
	local n

	tree
	for n in 1 2 3 4 5; do
		# shellcheck disable=SC2016
		plant "once$n" "where=host waits=1" '[ $RUN = 1 ] || mkdir $STATE/alone || exit 1' "$ONCE" '[ $RUN = 1 ] || { sleep 0.2; rmdir $STATE/alone; }'
	done
	run_it
	ends "$((10 + STATIC)) passed, 0 failed, 0 skipped" 0
	is "named" "$(named)" 5
	rm -rf "$W/state/"*
	plant once6 where=host "$ONCE"
	run_it
	ends "$((6 + STATIC)) passed, 6 failed, 0 skipped" 1
	is "named" "$(named)" 0
	is "runs" "$(cat "$W"/state/once* | wc -l)" 6
}

test_what_is_named_is_run_once()
{
	tree
	plant once where=host "$ONCE"
	run_it selftests/once.sh
	ends "1 passed, 1 failed, 0 skipped" 1
	is "its runs" "$(runs once)" 1
}

TESTS=$(sed -n 's/^\(test_[a-z_]*\)().*/\1/p' "$0")
# shellcheck disable=SC2086
[ $# = 0 ] || TESTS=$(printf 'test_%s\n' "$@")
echo "KTAP version 1"
echo "1..$(wc -w <<<"$TESTS")"
# how many checks it makes without any test, which are not this one's
tree
plant good where=host "$GOOD"
run_it
STATIC=$(($(grep -c '^    ok ' "$W/out") - 1))
for t in $TESTS; do
	FAILED=
	"$t"
	NR=$((NR + 1))
	t=${t#test_}
	if [ -z "$FAILED" ]; then
		echo "ok $NR - ${t//_/ }"
	else
		BAD=1
		sed 's/^/#     /' "$W/out" | tail -n 40
		echo "not ok $NR - ${t//_/ }"
	fi
done
exit $BAD
