#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# IPv6 packets through a bridge.
#
#   a: a0 [2001:db8:a::1]:40000                    [2001:db8:b::1]:50000 b0 :b
#          |                                                     |
#         ma LA [2001:db8:a::fe]:30000 [m] LB [2001:db8:b::fe]:30002 mb

. "$(dirname "$0")/lib.sh"

LA=$LA6 LB=$LB6 RA=$RA6 RB=$RB6

setup() { topology && enrol && offload_off; }

open() { ok "bridge" bridge latch off -- latch off; }

test_a_to_b()
{
	open
	relay 100
	holds callee ".src == {\"$LB\": 100} and .whole == {\"yes\": 100}"
	can ttl && holds callee '.ttl == {"63": 100}'
	holds wire ".flow == {\"$LB>$RB\": 100} and .udpsum == {\"ok\": 100}"
	leg_holds "$LA" '.rx_packets == 100 and .rx_bytes == 22000 and .dropped == 0'
	leg_holds "$LB" '.tx_packets == 100 and .tx_bytes == 22000'
	clear_bridges
}

test_b_to_a()
{
	open
	relay_back 100
	holds callee ".src == {\"$LA\": 100} and .whole == {\"yes\": 100}"
	clear_bridges
}

test_every_size()
{
	open
	relay 1441 --size 12-1452
	holds callee '.whole == {"yes": 1441} and .lost == 0'
	holds wire '.udpsum == {"ok": 1441}'
	clear_bridges
}

test_checksums_with_offload()
{
	a ethtool -K a0 tx on >/dev/null
	m ethtool -K mb tx on >/dev/null
	open
	relay 50 --size 100-149
	holds wire '.udpsum == {"partial": 50}'
	m ethtool -K mb tx off >/dev/null
	relay 50 --size 100-149
	holds wire '.udpsum == {"ok": 50}'
	clear_bridges
	offload_off
}

test_traffic_class_is_kept()
{
	open
	relay 20 --dscp 46 --ecn 2
	holds wire '.tos == {"186": 20}'
	clear_bridges
	ok "bridge" bridge latch off -- latch off dscp 34
	relay 20 --dscp 46 --ecn 2
	holds wire '.tos == {"138": 20} and .udpsum == {"ok": 20}'
	clear_bridges
}

test_hop_limit_used_up_is_dropped()
{
	needs ttl || return
	open
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 --ttl 1 >/dev/null
	leg_becomes "$LA" '.drops.ttl == 5'
	relay 3 --ttl 2
	holds callee '.ttl == {"1": 3}'
	clear_bridges
}

test_stun_dtls_turn_and_unknown_go_to_the_socket()
{
	open
	to_socket 3 --kind stun
	to_socket 3 --kind dtls
	to_socket 3 --kind turn
	to_socket 3 --kind raw --first 250
	leg_becomes "$LA" '.passed == 12'
	clear_bridges
}

test_rtcp_is_forwarded()
{
	open
	relay 10 --kind sr
	holds callee '.kind == {"rtcp": 10}'
	leg_holds "$LA" '.rtcp_packets == 10'
	clear_bridges
}

test_unknown_leg_goes_to_the_socket()
{
	local p=[$MA6]:30010
	open
	bg sock m rtp --on "$p" --expect 5
	a rtp --on "$RA" --to "$p" --send 5 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 5'
	a rtp --on "$RA" --to "[$MA6]:30012" --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"1/4 0 $MA6\")"
	clear_bridges
}

test_restricted_latch()
{
	ok "bridge" bridge -- latch off
	relay 10
	leg_holds "$LA" ".state == \"locked\" and .latched == \"$RA\""
	a rtp --on "[$X6]:40000" --to "$LA" --send 5 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops.refused == 5'
	leg_holds "$LA" ".offender == \"[$X6]:40000\""
	clear_bridges
}

raw6() { a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A6 --dst $MA6 --sport 40000 --dport 30000 "$@" >/dev/null; }

test_zero_checksum_is_not_forwarded()
{
	# RFC 8200: a UDP checksum of zero is an error in IPv6.
	open
	raw6 --udpsum 0 --count 3
	raw6 --count 1
	leg_becomes "$LA" '.rx_packets == 1'
	leg_holds "$LB" '.tx_packets == 1'
	clear_bridges
}

test_bad_checksum_is_dropped()
{
	needs strange || return
	open
	raw6 --bad-udpsum --count 3
	leg_becomes "$LA" '.drops.checksum == 3'
	leg_holds "$LB" '.tx_packets == 0'
	clear_bridges
}

test_extension_headers_are_left_to_the_stack()
{
	local ext
	needs strange || return
	open
	for ext in hop dst; do
		bg sock m rtp --on "$LA" --expect 2
		raw6 --ext $ext --count 2
		finish sock
		holds sock '.received == 2 and .whole == {"yes": 2}'
	done
	leg_holds "$LB" '.tx_packets == 0'
	clear_bridges
}

run_tests "$@"
