#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# DSCP of what leaves by a leg: preserved, set, mapped; ECN never touched;
# what arrived is counted; the VLAN priority follows.
#
#   a: a0 192.0.2.1 ==== ma LA [m] LB mb ======= b0 198.51.100.1 :b
#                              LV mb.100 ------- b0.100 203.0.113.1
#                                 egress map: priority 6 (EF) becomes PCP 5

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol && offload_off; }

open() { ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch off leg local "$LB" remote "$RB" latch off "$@"; }

test_preserve_is_the_default()
{
	local tos
	open
	for tos in 0 46 63; do
		relay 3 --dscp $tos
		holds wire ".tos == {\"$((tos << 2))\": 3} and .udpsum == {\"ok\": 3} and .ipsum == {\"ok\": 3}"
	done
	clear_bridges
}

test_set()
{
	open dscp 46
	relay 5
	holds wire '.tos == {"184": 5} and .ipsum == {"ok": 5}'
	leg_holds "$LB" '.dscp_mode == "set" and .dscp == 46 and .dscp_tx == 46'
	relay 5 --dscp 63
	holds wire '.tos == {"184": 5} and .ipsum == {"ok": 5}'
	# It is of the packets that leave by LB: the other way is as received.
	relay_back 5 --dscp 10
	holds wire '.tos == {"40": 5}'
	clear_bridges
}

test_set_to_zero()
{
	open dscp 0
	relay 3 --dscp 46
	holds wire '.tos == {"0": 3}'
	clear_bridges
}

test_ecn_is_kept()
{
	local ecn
	open dscp 46
	for ecn in 0 1 2 3; do
		relay 2 --dscp 8 --ecn $ecn
		holds wire ".tos == {\"$((184 + ecn))\": 2} and .ipsum == {\"ok\": 2}"
	done
	clear_bridges
}

test_map()
{
	local map dscp
	map=$(seq -s, 63 -1 0)
	open dscp map "$map"
	for dscp in 0 1 17 46 63; do
		relay 2 --dscp $dscp --ecn 2
		holds wire ".tos == {\"$(((63 - dscp) * 4 + 2))\": 2} and .ipsum == {\"ok\": 2}"
	done
	leg_holds "$LB" '.dscp_mode == "map" and .dscp_tx == 0'
	ok "back to preserve" m rtplane leg set local "$LB" dscp preserve
	relay 2 --dscp 17
	holds wire '.tos == {"68": 2}'
	clear_bridges
}

test_map_must_be_whole_and_in_range()
{
	open
	ok "63 values" not m rtplane leg set local "$LB" dscp map "$(seq -s, 1 63)"
	ok "65 values" not m rtplane leg set local "$LB" dscp map "$(seq -s, 1 65)"
	ok "a value of 64" not m rtplane leg set local "$LB" dscp map "$(seq -s, 1 64)"
	leg_holds "$LB" '.dscp_mode == "preserve"'
	clear_bridges
}

not() { ! "$@"; }

test_rtcp_is_marked_alike()
{
	open dscp 46
	relay 3 --kind sr
	holds wire '.tos == {"184": 3}'
	clear_bridges
}

test_received_values_are_counted()
{
	open
	relay 5 --dscp 46
	relay 3 --dscp 0
	relay 2 --dscp 34
	relay 1 --dscp 63
	leg_holds "$LA" '.dscp_seen == {"46": 5, "0": 3, "34": 2, "63": 1}'
	leg_holds "$LB" '(.dscp_seen // {}) == {} and .dscp_tx == 63'
	clear_bridges
}

test_change_in_mid_call()
{
	open dscp 46
	relay 2
	ok "set" m rtplane leg set local "$LB" dscp 34
	relay 2
	holds wire '.tos == {"136": 2}'
	ok "bridge set" m rtplane bridge set leg local "$LA" leg local "$LB" dscp 0
	relay 2 --dscp 46
	holds wire '.tos == {"0": 2}'
	clear_bridges
}

test_vlan_priority_follows()
{
	if ! ip -n "$M" link add link mb name mb.100 type vlan id 100 egress-qos-map 0:1 6:5; then
		skip "this kernel has no VLAN devices"
		return
	fi
	ip -n "$M" addr add 203.0.113.254/24 dev mb.100
	ip -n "$M" link set dev mb.100 up
	ip -n "$B" link add link b0 name b0.100 type vlan id 100
	ip -n "$B" addr add 203.0.113.1/24 dev b0.100
	ip -n "$B" link set dev b0.100 up
	enrol_dev mb.100 || fail "mb.100 cannot be enrolled"
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch off \
		leg local 203.0.113.254:30004 remote 203.0.113.1:50000 latch off dscp 46
	RB=203.0.113.1:50000 relay 5
	holds wire '.vlan == {"100/5": 5} and .tos == {"184": 5}'
	ok "no mark" m rtplane leg set local 203.0.113.254:30004 dscp 0
	RB=203.0.113.1:50000 relay 5
	holds wire '.vlan == {"100/1": 5} and .tos == {"0": 5}'
	# And back: what arrives tagged is relayed untagged.
	bg callee a rtp --on "$RA" --expect 5
	b rtp --on 203.0.113.1:50000 --to 203.0.113.254:30004 --send 5 --pps 0 --dscp 46 >/dev/null
	finish callee
	holds callee '.received == 5 and .tos == {"184": 5}'
	clear_bridges
	ip -n "$M" link del mb.100
	ip -n "$B" link del b0.100
}

run_tests "$@"
