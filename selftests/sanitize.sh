#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=1200
#
# The agent's parts and its datapath, built with AddressSanitizer and
# UndefinedBehaviorSanitizer, and again with ThreadSanitizer: the unit tests, and
# the tests that both datapaths must pass.  A report makes the program end with
# another status, and the test that ran it fails.
#
# Each of them is one result here; what a failed one printed follows it.

set -u

cd "$(dirname "$0")/.." || exit 1
TREE=$PWD
NR=0 BAD=0
OUT=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'rm -rf "$OUT"' EXIT
export ASAN_OPTIONS=abort_on_error=0:exitcode=86 UBSAN_OPTIONS=halt_on_error=1:exitcode=86
export TSAN_OPTIONS=exitcode=86 RTPLANE_BACKEND=uring

# Unit tests that need no module, and tests of the list: memory is a matter of what
# is sent, threads of what happens at once.
UNITS=$(grep -L 'rtplane-test: where=vm' selftests/unit/*.c)
asan="netlink cli bridge hostile forward forward46 latch relay uring_faults"
tsan="netlink bridge attack forward dscp latch uring_faults"

# result STATUS NAME: 0 and 4 (skipped) are good; the log is $OUT/log
result()
{
	NR=$((NR + 1))
	if [ "$1" = 0 ] && ! grep -qE 'Sanitizer|runtime error:' "$OUT/log"; then
		echo "ok $NR - $2"
		return
	fi
	BAD=1
	echo "# ended with status $1"
	sed 's/^/# /' "$OUT/log" | tail -n 200
	echo "not ok $NR - $2"
}

# all_under NAME TEST...
all_under()
{
	local name=$1 file
	shift
	make -s "$name" >"$OUT/log" 2>&1
	result $? "$name builds"
	for file in $UNITS; do
		file=$(basename "$file" .c)
		timeout 120 "$TREE/build/$name/selftests/unit/$file" >"$OUT/log" 2>&1
		result $? "$name unit $file"
	done
	for file; do
		RTPLANE_BIN=$TREE/build/$name timeout 200 "selftests/$file.sh" >"$OUT/log" 2>&1
		result $? "$name $file"
	done
}

echo "KTAP version 1"
echo "1..$((2 + 2 * $(wc -w <<<"$UNITS") + $(wc -w <<<"$asan $tsan")))"
# shellcheck disable=SC2086
all_under asan $asan
# shellcheck disable=SC2086
all_under tsan $tsan
exit $BAD
