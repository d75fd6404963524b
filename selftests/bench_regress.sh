#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 insn=1 timeout=900 alone=1
#
# bench_regress.sh - a forwarded packet costs no more than it did: figures in
# instructions against those recorded in selftests/bench.tsv (make bench, then
# scripts/bench --record). Topology and method in selftests/bench/lib.sh:
#
#   a: pktbench --> a0 = ma   m: one bridge   mb = b0 --> b: nft counts, drops
#
# A worse figure than the recorded one by more than 3 % fails; one that is better
# by more than that passes and says that it wants to be recorded.

. "$(dirname "$0")/bench/lib.sh"

RECORDED=$TREE/selftests/bench.tsv
TOLERANCE=3

setup()
{
	[ -n "${VM_INSN:-}" ] ||
		skip_all "needs a clock that counts instructions: scripts/vm --insn"
	case $VM_KERNEL in
	debug|kcsan) skip_all "what an instruction is worth says Debian's kernel, not $VM_KERNEL" ;;
	esac
	command -v nft >/dev/null || skip_all "nft is not installed"
	network && enrol
}

# recorded NAME
recorded() { awk -F'\t' -v k="$VM_KERNEL" -v n="$1" '$1 == k && $3 == n { print $4 }' "$RECORDED"; }

# same_as_recorded NAME BASELINE
same_as_recorded()
{
	local want got

	want=$(recorded "$1")
	[ -n "$want" ] || {
		fail "selftests/bench.tsv has no figure of $1 on $VM_KERNEL"
		return
	}
	got=$(awk -v a="${MEAN[$1]}" -v b="${MEAN[$2]}" 'BEGIN { printf "%.0f", a - b }')
	note "$1: $got instructions above the baseline, recorded are $want"
	if [ $((got * 100)) -gt $((want * (100 + TOLERANCE))) ]; then
		fail "$1 costs $got instructions, more than $TOLERANCE % above the recorded $want"
	elif [ $((got * 100)) -lt $((want * (100 - TOLERANCE))) ]; then
		note "better by more than $TOLERANCE %: record it (scripts/bench --record)"
	fi
}

# The measurement dies of what it finds wrong; here that is a test's failure.
die()
{
	fail "$*"
	return 1
}

# Of its own, before the devices are anybody's.
test_baseline()
{
	m rtplane dev del ma
	m rtplane dev del mb
	baseline base4 A4 && baseline base6 A6 && baseline base-gcm A4 srtp="$GCM"
	enrol
}

test_ipv4_everything_on()
{
	ok "bridge" rtplane_bridges 1 4 4 "$ALL_ON"
	path rtplane A4 $EF $((TTL - 1)) && same_as_recorded rtplane base4
	clear_bridges
}

test_ipv6_everything_on()
{
	ok "bridge" rtplane_bridges 1 6 6 "$ALL_ON"
	path rtplane6 A6 $EF $((TTL - 1)) && same_as_recorded rtplane6 base6
	clear_bridges
}

# Taken off and put on, by the suite that costs the least: what it is made of is not the
# cipher's alone.
test_srtp()
{
	local words

	words="AEAD_AES_128_GCM $(words_of "$GCM")"
	ok "bridge" srtp_bridge "srtp-rx $words" ''
	path srtp-gcm-off A4 $EF $((TTL - 1)) srtp="$GCM" && same_as_recorded srtp-gcm-off base-gcm
	clear_bridges
	ok "bridge" srtp_bridge '' "srtp-tx $words"
	path srtp-gcm-on A4 $EF $((TTL - 1)) srtp-out="$GCM" && same_as_recorded srtp-gcm-on base4
	clear_bridges
}

# A loss must not pass for speed.
test_a_loss_is_noticed()
{
	ok "bridge" rtplane_bridges 1 4 4 "latch off dscp 46 pps 1"
	MEAN[lossy]=
	# to be refused, and nothing that failed
	(die() { return 1; }
	 VERIFY=0 path lossy A4 $EF $((TTL - 1)) >/dev/null 2>&1; [ -z "${MEAN[lossy]}" ]) ||
		fail "a path that lost packets was given a figure"
	b nft delete table netdev bench_end 2>/dev/null
	clear_bridges
}

run_tests
