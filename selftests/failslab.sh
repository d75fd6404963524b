#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=debug smp=2 timeout=300
#
# Memory runs out: each netlink request with its 1st, 2nd, 3rd... allocation
# failing (tools/nlfail.c), and the same for the packets that allocate
# (tools/pktfail.c).  Nothing is left half done, nothing leaks (selftests/guest
# looks for that), the kernel is silent.
#
#    nlfail, pktfail ==== fa [m] fb ==== pktfail

. "$(dirname "$0")/tap_lib.sh"

[ -e /proc/self/fail-nth ] && [ -d /sys/kernel/debug/failslab ] ||
	skip_all "this kernel injects no faults; expected failslab and fail-nth"

setup()
{
	need nlfail pktfail
	quiet_ns "$M" && tap_devices && ip -n "$M" link add spare type dummy
}

test_every_request()
{
	local line
	ok "enrol" m rtplane dev add fa
	m nlfail fa spare >"$W/nlfail" 2>"$W/nlfail.err" || fail "nlfail: $(cat "$W/nlfail.err")"
	while read -r line; do note "$line"; done <"$W/nlfail"
	is "requests that went wrong" "$(grep -c '"good":false' "$W/nlfail")" 0
	is "requests" "$(wc -l <"$W/nlfail")" 21
	# a fault that nobody notices was none
	ok "faults were injected" test "$(jq -s 'map(.refused) | add' "$W/nlfail")" -gt 50
	m rtplane dev del fa
}

test_packets()
{
	local line
	tap_enrol
	m pktfail fa fb >"$W/pktfail" 2>"$W/pktfail.err"
	[ -s "$W/pktfail.err" ] && fail "pktfail: $(cat "$W/pktfail.err")"
	while read -r line; do note "$line"; done <"$W/pktfail"
	is "packets that went wrong" "$(grep -c '"good":false' "$W/pktfail")" 0
	is "packets" "$(wc -l <"$W/pktfail")" 14
	ok "faults were injected" test "$(jq -s 'map(.faults) | add' "$W/pktfail")" -gt 40
	clear_bridges
}

run_tests "$@"
