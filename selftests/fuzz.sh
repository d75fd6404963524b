#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# Each fuzz target for a while: mutated inputs, the same each time, and what must
# hold of all of them. sanitize_asan.sh does the same with the sanitizers' build;
# by hand: build/asan/selftests/fuzz/NAME ROUNDS SEED, or libFuzzer (fuzz/fuzz.h).

cd "$(dirname "$0")/.." || exit 1
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'rm -rf "$W"' EXIT
NR=0 BAD=0

set -- selftests/fuzz/*.c
echo "KTAP version 1"
echo "1..$#"
for file; do
	name=$(basename "$file" .c) verdict=ok
	program=$PWD/build/selftests/fuzz/$name
	NR=$((NR + 1))
	(cd "$W" && "$program" 50000) >"$W/out" 2>&1 || verdict="not ok"
	if [ "$verdict" != ok ]; then
		BAD=$((BAD + 1))
		sed 's/^/# /' "$W/out"
		[ -e "$W/fuzz.crash" ] && sed 's/^/# /' <(base64 "$W/fuzz.crash")
		rm -f "$W/fuzz.crash"
	fi
	echo "$verdict $NR - $(sed -n 's/^ok 1 //p' "$W/out" | grep . || echo "$name")"
done
[ $BAD = 0 ]
