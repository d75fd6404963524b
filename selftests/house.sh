#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rtplane-test: where=host timeout=600
#
# Whoever breaks the order of the house (scripts/house.order) is told, which selftests/run
# asks of what is built; what else is seen in the sources alone.

set -u
cd "$(dirname "$0")/.." || exit 1
W=$(mktemp -d)
NR=0 BAD=0
trap 'rm -rf "$W"' EXIT

# check NAME CMD...: a point that holds if CMD succeeds; "!" before it turns that round
check()
{
	local name=$1 want=0 status
	shift
	[ "$1" != ! ] || { want=1; shift; }
	"$@" >"$W/said" 2>&1
	status=$?
	NR=$((NR + 1))
	if [ $status = $want ]; then
		echo "ok $NR $name"
		return
	fi
	BAD=1
	sed 's/^/# FAILED: /' "$W/said"
	echo "not ok $NR $name"
}

# plant FILE TEXT: a source and its object in a house of ours
plant()
{
	mkdir -p "$W/$(dirname "$1")"
	echo "$2" >"$W/$1.c"
	gcc -c -o "$W/$1.o" "$W/$1.c"
}

# house WHAT: the checker on what was planted
house()
{
	HOUSE_ORDER=$W/order HOUSE_KNOWN=$W/known scripts/house "$1" "$W"
}

# compat [CPPFLAGS]: the head of everything, for a kernel whose headers are empty
compat()
{
	local f
	for f in $(sed -n 's/^#include <\(.*\)>/\1/p' kmod/compat.h); do
		mkdir -p "$W/inc/$(dirname "$f")"
		: >"$W/inc/$f"
	done
	gcc -E -nostdinc -I "$W/inc" "$@" kmod/compat.h -o "$W/compat.i"
}

# Counters of 64 bits would be torn.
test_a_kernel_of_32_bits_is_refused()
{
	check "a kernel of 64 bits is taken" compat -DCONFIG_64BIT
	check "one of 32 bits is not" ! compat
	cp "$W/said" "$W/up"
	check "and is told so" grep -q 'needs a 64-bit kernel' "$W/up"
}

test_sentences_are_set_by_the_macro()
{
	check "sentences are set by netlink's own macro" ! grep -n '_msg *=[^=]' kmod/*.c
}

test_who_breaks_it_is_told()
{
	printf 'kmod top\nkmod leaf\nagent low\nagent high\n' >"$W/order"
	: >"$W/known"
	plant kmod/top 'void leaf(void); void top(void) { leaf(); }'
	plant kmod/leaf 'void leaf(void) { }'
	check "a call down is right" house kmod
	plant kmod/leaf 'void top(void); void leaf(void) { top(); }'
	check "a call up is not" ! house kmod
	cp "$W/said" "$W/up"
	check "it is named" grep -q 'kmod/leaf (leaf.o) uses top of kmod/top' "$W/up"
	plant agent/low/a 'int low_data;'
	plant agent/high/b 'extern int low_data; int high(void) { return low_data; }'
	check "a folder may use what stands before it" house agent
	plant agent/low/a 'int high(void); int low_data; int low(void) { return high(); }'
	check "but not what stands after it" ! house agent
	echo 'agent low high' >"$W/known"
	check "unless that is known" house agent
	plant agent/low/a 'int low_data;'
	check "a known fault that is gone is a fault" ! house agent
	: >"$W/known"
	plant agent/new/c 'int c;'
	check "a folder without a place is a fault" ! house agent
}

echo "KTAP version 1"
echo "1..12"
test_a_kernel_of_32_bits_is_refused
test_sentences_are_set_by_the_macro
test_who_breaks_it_is_told
[ $BAD = 0 ]
