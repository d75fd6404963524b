#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# One leg IPv4, its peer IPv6: a speaks IPv4, b speaks IPv6, then the other
# way round.
#
#   a: a0 192.0.2.1:40000                          [2001:db8:b::1]:50000 b0 :b
#          |                                                     |
#         ma LA 192.0.2.254:30000 [m] LB [2001:db8:b::fe]:30002 mb

. "$(dirname "$0")/lib.sh"

LB=$LB6 RB=$RB6

setup() { topology && enrol && offload_off; }

open() { ok "bridge" bridge latch off -- latch off; }

test_ipv4_to_ipv6()
{
	open
	relay 100 --dscp 46 --ecn 1
	can ttl && holds callee '.ttl == {"63": 100}'
	holds callee ".src == {\"$LB\": 100} and .tos == {\"185\": 100} and .whole == {\"yes\": 100}"
	holds wire ".flow == {\"$LB>$RB\": 100} and .udpsum == {\"ok\": 100}"
	leg_holds "$LA" '.rx_packets == 100 and .rx_bytes == 20000'
	leg_holds "$LB" '.tx_packets == 100 and .tx_bytes == 22000'
	clear_bridges
}

test_ipv6_to_ipv4()
{
	open
	relay_back 100 --dscp 34 --ecn 2
	can ttl && holds callee '.ttl == {"63": 100}'
	holds callee ".src == {\"$LA\": 100} and .tos == {\"138\": 100} and .whole == {\"yes\": 100}"
	holds wire '.ipsum == {"ok": 100} and .udpsum == {"ok": 100}'
	clear_bridges
}

test_echo()
{
	open
	bg callee b rtp --on "$RB" --echo --expect 100 --timeout 20000
	a rtp --on "$RA" --to "$LA" --send 100 --pps 1000 --expect 100 --timeout 20000 >"$W/caller.json"
	finish callee
	holds caller ".received == 100 and .lost == 0 and .src == {\"$LA\": 100} and .whole == {\"yes\": 100}"
	clear_bridges
}

test_every_size()
{
	open
	relay 1441 --size 12-1452
	holds callee '.whole == {"yes": 1441} and .lost == 0'
	holds wire '.udpsum == {"ok": 1441}'
	relay_back 1441 --size 12-1452
	holds callee '.whole == {"yes": 1441} and .lost == 0'
	holds wire '.udpsum == {"ok": 1441} and .ipsum == {"ok": 1441}'
	clear_bridges
}

test_checksums_with_offload()
{
	a ethtool -K a0 tx on >/dev/null
	b ethtool -K b0 tx on >/dev/null
	open
	relay 50 --size 100-149
	holds wire '.udpsum == {"ok": 50} or .udpsum == {"partial": 50}'
	holds callee '.whole == {"yes": 50}'
	relay_back 50 --size 100-149
	holds wire '.udpsum == {"ok": 50} or .udpsum == {"partial": 50}'
	m ethtool -K ma tx on >/dev/null
	m ethtool -K mb tx on >/dev/null
	relay 50 --size 100-149
	holds wire '.udpsum == {"ok": 50} or .udpsum == {"partial": 50}'
	relay_back 50 --size 100-149
	holds wire '.udpsum == {"ok": 50} or .udpsum == {"partial": 50}'
	clear_bridges
	offload_off
}

test_zero_checksum_is_computed_towards_ipv6()
{
	# IPv6 has no zero: the packet must leave with a right one, or go to
	# the stack; it must not leave with a zero or a wrong one.
	open
	bg wire b sniff --dev b0 --port 50000 --expect 5 --timeout 3000
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 --no-check >/dev/null
	finish wire
	holds wire '.received == 5 and .udpsum == {"ok": 5} and .whole == {"yes": 5}'
	clear_bridges
}

# zero_sum SEQ: that packet without a checksum; the one that it leaves with, in hex.
zero_sum()
{
	bg wire b sniff --dev b0 --port 50000 --expect 1 --timeout 10000 --pcap "$W/one.pcap"
	a rtp --on "$RA" --to "$LA" --send 1 --size 12 --seq "$1" --no-check >/dev/null
	finish wire
	# Behind the length of 20, before the RTP header.  The file has other frames too: what
	# quotes it, what the kernels say to each other.
	od -An -v -tx1 "$W/one.pcap" | tr -d ' \n' |
		grep -oE "0014[0-9a-f]{4}80[0-9a-f]{2}$(printf %04x "$1")" | tail -1 | cut -c 5-8
}

test_checksum_that_computes_to_zero_is_sent_as_ones()
{
	local sum
	open
	sum=$(zero_sum 1)
	# What the sum lacks of all ones is added by the sequence number.
	is "checksum" "$(zero_sum $((1 + 16#$sum)))" ffff
	holds wire '.received == 1 and .udpsum == {"ok": 1}'
	clear_bridges
}

test_what_grows_above_the_mtu()
{
	needs mtu || return
	# 1480 bytes of IPv4 become 1500 of IPv6; 1500 become 1520: too big.
	open
	relay 2 --size 1452 --df 1
	a rtp --on "$RA" --to "$LA" --send 3 --pps 20 --size 1472 --df 1 --errors >"$W/caller.json"
	leg_becomes "$LA" '.drops["too-big"] >= 1'
	leg_holds "$LB" '.tx_packets == 2'
	# As large as may come back to 1500 when it grows by 20.
	holds caller ".icmp | has(\"3/4 1480 $MA4\")"
	a ip route flush cache
	clear_bridges
}

test_ttl_used_up_is_dropped()
{
	needs ttl || return
	open
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 --ttl 1 >/dev/null
	leg_becomes "$LA" '.drops.ttl == 2'
	b rtp --on "$RB" --to "$LB" --send 2 --pps 0 --ttl 1 >/dev/null
	leg_becomes "$LB" '.drops.ttl == 2'
	clear_bridges
}

run_tests "$@"
