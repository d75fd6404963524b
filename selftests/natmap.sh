#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# The requirements of RFC 4787 on a NAT for UDP, one by one, and what else a
# natmap does to a packet: DSCP, limits, checksums, both families.
#
#   a: inside 192.0.2.1 ---- ma [m] mb: external 198.51.100.254 ---- b: outside
#             192.0.2.66                         198.51.100.253       .1, .2
#
#   a:P <-> external:P for every P of the range; the rest is not touched

. "$(dirname "$0")/natmap_lib.sh"

setup() { inside_outside; }

# REQ-1
test_mapping_is_endpoint_independent()
{
	natmap ext $E int $A4
	outside 30100 9
	out $A4:30100 $B4:50000 3
	out $A4:30100 $B4:50002 3
	out $A4:30100 $B2:50000 3
	saw "$(whole 9) and .flow == {\"$E:30100>$B4:50000\": 3, \"$E:30100>$B4:50002\": 3, \"$E:30100>$B2:50000\": 3}"
	nat_becomes $E '.out_packets == 9 and .out_bytes == 1800 and .in_packets == 0 and .drops == {}'
	clear_natmaps
}

# REQ-8; and REQ-5, REQ-6: nobody inside has sent anything yet, so there is nothing
# that could expire or would have to be refreshed.
test_filtering_is_endpoint_independent()
{
	natmap ext $E int $A4
	inside 30500 5
	back $B4:4000 $E:30500 3
	back $B2:5000 $E:30500 2
	saw "$(whole 5) and .flow == {\"$B4:4000>$A4:30500\": 3, \"$B2:5000>$A4:30500\": 2}"
	nat_becomes $E '.in_packets == 5 and .in_bytes == 1000 and .out_packets == 0 and .drops == {}'
	clear_natmaps
}

# REQ-3, REQ-4 and contiguity: every port is its own.
test_ports_are_preserved()
{
	natmap ext $E int $A4
	outside 50000 256
	raw_out --sport 30000-30255 --count 256
	saw ".received == 256 and (.flow | all(. == 1)) and ([.flow | keys[] | capture(\"^$E:(?<p>[0-9]+)>\").p | tonumber] | sort) == [range(30000; 30256)]"
	inside 32745-33000 256
	raw_back --dport 32745-33000 --count 256
	saw ".received == 256 and ([.flow | keys[] | capture(\">$A4:(?<p>[0-9]+)\$\").p | tonumber] | sort) == [range(32745; 33001)]"
	raw_back --dport 30000-33000 --count 3001 --pps 5000
	nat_becomes $E '.in_packets == 3257 and .out_packets == 256 and .drops == {}'
	clear_natmaps
}

# REQ-2: a host inside is one address outside, whatever it talks to, and a port that
# two of them use belongs to each on its own address.
test_one_address_outside_for_each_inside()
{
	natmap ext $E int $A4
	natmap ext $E2 int 192.0.2.66
	outside 30100 8
	out $A4:30100 $B4:50000 2
	out 192.0.2.66:30100 $B4:50000 2
	out $A4:30100 $B2:50000 2
	out 192.0.2.66:30100 $B2:50000 2
	saw "$(whole 8) and .flow == {\"$E:30100>$B4:50000\": 2, \"$E:30100>$B2:50000\": 2, \"$E2:30100>$B4:50000\": 2, \"$E2:30100>$B2:50000\": 2}"
	clear_natmaps
}

# REQ-11: the same whatever has gone before, in whatever order.
test_it_is_the_same_every_time()
{
	local i
	for i in 1 2 3; do
		[ $i = 2 ] || natmap ext $E int $A4
		natmap ext $E2 int 192.0.2.66
		[ $i = 2 ] && natmap ext $E int $A4
		outside 32998 4
		out 192.0.2.66:32998 $B2:50000 2
		out $A4:32998 $B2:50000 2
		saw "$(whole 4) and .flow == {\"$E:32998>$B2:50000\": 2, \"$E2:32998>$B2:50000\": 2}"
		clear_natmaps
	done
}

test_a_call_through_the_nat()
{
	natmap ext $E int $A4
	bg callee b rtp --on $B4:50000 --echo --expect 100 --timeout 20000
	a rtp --on $A4:30100 --to $B4:50000 --send 100 --pps 500 --expect 100 --timeout 20000 >"$W/caller.json"
	finish callee
	holds callee ".received == 100 and .lost == 0 and .src == {\"$E:30100\": 100}"
	holds caller ".received == 100 and .lost == 0 and .src == {\"$B4:50000\": 100} and .whole == {\"yes\": 100}"
	nat_becomes $E '.in_packets == 100 and .out_packets == 100'
	clear_natmaps
}

test_ports_outside_of_the_range_are_not_touched()
{
	natmap ext $E int $A4
	outside 29999-33001 2
	raw_out --sport 29999 --count 2
	raw_out --sport 33001 --count 2
	out $A4:30000 $B4:50000 1
	out $A4:33000 $B4:50000 1
	saw ".flow == {\"$E:30000>$B4:50000\": 1, \"$E:33000>$B4:50000\": 1}"
	bg sock m rtp --on $E:29999 --expect 2 --timeout 10000
	back $B4:50000 $E:29999 2
	finish sock
	holds sock ".received == 2 and .src == {\"$B4:50000\": 2}"
	nat_becomes $E '.out_packets == 2 and .in_packets == 0 and .passed == 0'
	clear_natmaps
}

test_this_host_itself_is_reached_untranslated()
{
	natmap ext $E int $A4
	bg sock m rtp --on $MA4:7000 --expect 3 --timeout 10000
	out $A4:30100 $MA4:7000 3
	finish sock
	holds sock ".received == 3 and .src == {\"$A4:30100\": 3}"
	nat_becomes $E '.passed == 3 and .out_packets == 0'
	clear_natmaps
}

# REQ-9, and 9a: the receiver sees the external source.
test_hairpinning()
{
	natmap ext $E int $A4
	natmap ext $E2 int $X4
	bg callee a rtp --on $X4:30202 --echo --expect 5 --timeout 10000
	a rtp --on $A4:30100 --to $E2:30202 --send 5 --pps 0 --expect 5 --timeout 10000 >"$W/caller.json"
	finish callee
	holds callee ".received == 5 and .src == {\"$E:30100\": 5} and .ttl == {\"63\": 5} and .whole == {\"yes\": 5}"
	holds caller ".received == 5 and .src == {\"$E2:30202\": 5}"
	nat_becomes $E '.out_packets == 5 and .in_packets == 5 and .hairpins == 5'
	nat_becomes $E2 '.out_packets == 5 and .in_packets == 5 and .hairpins == 5'
	stats_become '.natmaps == 2'
	# To oneself, too.
	inside 30202 2
	out $A4:30100 $E:30202 2
	saw "$(whole 2) and .flow == {\"$E:30100>$A4:30202\": 2}"
	clear_natmaps
}

# REQ-8 again: whoever wants it narrower.  The port of the other side does not
# matter, the address does, and so does the port of ours.
test_address_dependent_filtering()
{
	natmap ext $E int $A4 filter address
	raw_back --count 3
	nat_becomes $E '.filter == "address" and .drops == {"refused": 3} and .in_packets == 0'
	out $A4:30100 $B4:50000 1
	nat_becomes $E '.out_packets == 1'
	inside 30100-30102 4
	raw_back --count 2
	raw_back --src $B2
	raw_back --dport 30102
	raw_back --sport 4000 --count 2
	saw ".flow == {\"$B4:50000>$A4:30100\": 2, \"$B4:4000>$A4:30100\": 2}"
	nat_becomes $E '.drops.refused == 5 and .in_packets == 4'
	clear_natmaps
}

test_address_dependent_filtering_of_hairpins()
{
	natmap ext $E int $A4 filter address
	natmap ext $E2 int $X4 filter address
	out $A4:30100 $E2:30202 2
	nat_becomes $E2 '.drops == {"refused": 2}'
	# That was a try of A's: now X may reach A, and thereafter A X.
	out $X4:30202 $E:30100 1
	out $A4:30100 $E2:30202 1
	nat_becomes $E2 '.drops.refused == 2 and .in_packets == 1 and .out_packets == 1'
	clear_natmaps
}

test_many_addresses_permitted()
{
	natmap ext $E int $A4 filter address
	# 250 addresses in the sets, none may push out another.
	ip -n "$M" route add 203.0.113.0/24 via $B4
	a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst 203.0.113.7 --sport 30000-30999 --dport 50000 --count 1000 >/dev/null
	nat_becomes $E '.out_packets == 1000'
	raw_back --src 203.0.113.7 --dport 30000-30999 --count 1000
	nat_becomes $E '.in_packets == 1000 and .drops == {}'
	ip -n "$M" route del 203.0.113.0/24
	clear_natmaps
}

test_dscp_set_and_ecn_kept()
{
	natmap ext $E int $A4 dscp 46
	outside 30100 2
	out $A4:30100 $B4:50000 2 --dscp 10 --ecn 1
	saw "$(whole 2) and .tos == {\"185\": 2}"
	inside 30100 2
	back $B4:50000 $E:30100 2 --dscp 0 --ecn 2
	saw "$(whole 2) and .tos == {\"186\": 2}"
	clear_natmaps
}

test_dscp_preserved_and_mapped()
{
	natmap ext $E int $A4
	outside 30100 2
	out $A4:30100 $B4:50000 2 --dscp 34 --ecn 2
	saw '.tos == {"138": 2}'
	clear_natmaps
	natmap ext $E int $A4 dscp map "$(seq -s, 63 -1 0)"
	outside 30100 2
	out $A4:30100 $B4:50000 2 --dscp 10 --ecn 3
	saw "$(whole 2) and .tos == {\"215\": 2}"
	nat_becomes $E '.dscp_mode == "map"'
	clear_natmaps
}

# Bursts of 50 ms pass: 5 packets of 100/s.
test_limit_of_packets()
{
	natmap ext $E int $A4 pps 100
	# a socket, since errors about packets count too
	bg sink b rtp --on $B4:50000 --expect 300 --timeout 2000
	timed raw_out --count 300
	nat_becomes $E '.out_packets + .drops.pps == 300'
	nat_becomes $E ".out_packets >= 5 and .out_packets < 50 + $((TOOK / 9))"
	finish sink
	# The other direction has its own.
	raw_back --count 3
	nat_becomes $E '.in_packets == 3'
	clear_natmaps
}

test_limit_of_bits()
{
	natmap ext $E int $A4 bps 160000
	bg sink a rtp --on $A4:30100 --expect 300 --timeout 2000
	timed raw_back --count 300
	nat_becomes $E '.in_packets + .drops.bps == 300'
	nat_becomes $E ".in_packets >= 5 and .in_packets < 50 + $((TOOK / 4))"
	finish sink
	clear_natmaps
}

test_checksums_with_offload_and_without_any()
{
	natmap ext $E int $A4
	a ethtool -K a0 tx on >/dev/null
	outside 30100 5
	out $A4:30100 $B4:50000 5 --size 100-104
	saw '.ipsum == {"ok": 5} and (.udpsum == {"ok": 5} or .udpsum == {"partial": 5})'
	m ethtool -K mb tx on >/dev/null
	outside 30100 5
	out $A4:30100 $B4:50000 5 --size 100-104
	saw '.ipsum == {"ok": 5} and .udpsum == {"partial": 5}'
	offload_off
	outside 30100 2
	out $A4:30100 $B4:50000 2 --no-check
	saw '.udpsum == {"zero": 2} and .whole == {"yes": 2}'
	# What was wrong stays wrong: the receiver is to know.
	outside 30100 1
	raw_out --bad-udpsum
	saw '.udpsum == {"bad": 1}'
	clear_natmaps
}

test_trains_of_packets()
{
	natmap ext $E int $A4
	a ethtool -K a0 tx on >/dev/null
	a ethtool -K a0 tx-udp-segmentation on >/dev/null
	outside 30100 16
	out $A4:30100 $B4:50000 16 --gso 8
	saw ".flow == {\"$E:30100>$B4:50000\": 16} and .whole == {\"yes\": 16} and .ttl == {\"63\": 16}"
	offload_off
	clear_natmaps
}

test_odd_packets()
{
	local before
	natmap ext $E int $A4
	# Ethernet pads what is short: the padding is not sent on.
	outside 30100 1
	raw_out --pad 300
	saw "$(whole 1) and .len == {\"200\": 1}"
	raw_out --bad-ipsum
	nat_becomes $E '.drops.checksum == 1'
	raw_back --src 127.0.0.1
	raw_back --src 224.0.0.1
	raw_back --src 0.0.0.0
	raw_back --sport 0
	nat_becomes $E '.drops.martian == 4'
	# Lengths that lie, options: the stack's, which routes nothing here.
	before=1
	raw_out --totlen 65535
	raw_out --totlen 27
	raw_out --options 8
	outside 30100 1
	out $A4:30100 $B4:50000 1
	saw "$(whole 1)"
	nat_becomes $E ".out_packets == $((before + 1)) and .in_packets == 0 and .passed == 2"
	clear_natmaps
}

test_no_way_inside()
{
	natmap ext $E2 int 203.0.113.9
	raw_back --dst $E2 --count 2
	nat_becomes $E2 '.drops == {"no-route": 2} and .in_packets == 0'
	# And as soon as there is one, it is taken.
	ip -n "$A" addr add 203.0.113.9/32 dev lo
	ip -n "$M" route add 203.0.113.9/32 via $A4
	inside 30100 2
	raw_back --dst $E2 --count 2
	saw "$(whole 2) and .flow == {\"$B4:50000>203.0.113.9:30100\": 2}"
	ip -n "$M" route del 203.0.113.9/32
	raw_back --dst $E2
	nat_becomes $E2 '.drops == {"no-route": 3} and .in_packets == 2'
	ip -n "$A" addr del 203.0.113.9/32 dev lo
	clear_natmaps
}

test_ipv6()
{
	natmap ext $E6 int $A6
	natmap ext $E26 int $X6
	outside 30100 6
	out "[$A6]:30100" "[$B6]:50000" 3 --dscp 46 --ecn 1
	out "[$A6]:30100" "[$B26]:50002" 3 --dscp 46 --ecn 1
	saw "$(whole6 6) and .tos == {\"185\": 6} and .flow == {\"[$E6]:30100>[$B6]:50000\": 3, \"[$E6]:30100>[$B26]:50002\": 3}"
	inside 30500 3
	back "[$B26]:4000" "[$E6]:30500" 3
	saw "$(whole6 3) and .flow == {\"[$B26]:4000>[$A6]:30500\": 3}"
	inside 30202 2
	out "[$A6]:30100" "[$E26]:30202" 2
	saw "$(whole6 2) and .flow == {\"[$E6]:30100>[$X6]:30202\": 2}"
	nat_becomes $E6 '.out_packets == 8 and .out_bytes == 1760 and .in_packets == 3 and .hairpins == 2 and .drops == {}'
	clear_natmaps
}

test_ipv6_filter_and_dscp()
{
	natmap ext $E6 int $A6 filter address dscp 26
	back "[$B6]:50000" "[$E6]:30100" 2
	nat_becomes $E6 '.drops == {"refused": 2}'
	out "[$A6]:30100" "[$B6]:50000" 1
	inside 30100 2
	back "[$B6]:50004" "[$E6]:30100" 2 --dscp 0
	saw "$(whole6 2) and .tos == {\"104\": 2}"
	back "[$B26]:50000" "[$E6]:30100" 1
	nat_becomes $E6 '.drops.refused == 3 and .in_packets == 2 and .out_packets == 1'
	clear_natmaps
}

test_a_leg_has_priority()
{
	natmap ext $E int $A4
	ok "bridge" bridge latch off -- latch off
	relay 3
	relay_back 3
	leg_holds "$LB" '.rx_packets == 3 and .tx_packets == 3'
	inside 30004 2
	back "$RB" $E:30004 2
	saw ".flow == {\"$RB>$A4:30004\": 2}"
	nat_becomes $E '.in_packets == 2 and .out_packets == 0'
	clear_bridges
	inside 30002 2
	back "$RB" $E:30002 2
	saw ".flow == {\"$RB>$A4:30002\": 2}"
	clear_natmaps
}

test_what_is_refused()
{
	natmap ext $E int $A4
	refused 'ports of this external address are mapped already' m rtplane natmap add ext $E int $X4 ports 33000-33010
	refused 'ports of this external address are mapped already' m rtplane natmap add ext $E int $A4
	refused 'ports of this inside address are mapped already' m rtplane natmap add ext $E2 int $A4 ports 20000-30000
	refused 'external in one natmap and inside in another' m rtplane natmap add ext $A4 int $X4
	refused 'external in one natmap and inside in another' m rtplane natmap add ext $E2 int $E
	refused 'two of one family' m rtplane natmap add ext $E2 int $A6
	refused 'two of one family' m rtplane natmap add ext $E2 int $E2
	refused 'unicast' m rtplane natmap add ext 224.0.0.1 int $X4
	refused 'unicast' m rtplane natmap add ext $E2 int 255.255.255.255
	refused 'unicast' m rtplane natmap add ext ff02::1 int $X6
	refused 'no natmap' m rtplane natmap del ext $E2
	refused 'no natmap' m rtplane natmap del ext $E ports 30001-33000
	misused m rtplane natmap add ext $E2 int $X4 ports 5-4
	misused m rtplane natmap add ext $E2
	stats_become '.natmaps == 1'
	nat_becomes $E ".int == \"$A4\" and .port_lo == 30000 and .port_hi == 33000 and .filter == \"endpoint\""
	clear_natmaps
	refused 'no natmap' m rtplane natmap del ext $E
}

test_ranges_side_by_side()
{
	natmap ext $E int $A4
	natmap ext $E int $X4 ports 33001-33001
	natmap ext $E2 int $A4 ports 1-29999
	inside 29999-33001 3
	raw_back --dport 33000
	raw_back --dport 33001
	raw_back --dst $E2 --dport 29999
	saw ".flow == {\"$B4:50000>$A4:33000\": 1, \"$B4:50000>$X4:33001\": 1, \"$B4:50000>$A4:29999\": 1}"
	clear_natmaps
}

test_totals()
{
	local rx tx
	rx=$(stats_val .rx_packets) tx=$(stats_val .tx_packets)
	natmap ext $E int $A4
	natmap ext $E2 int $X4 filter address
	out $A4:30100 $B4:50000 4
	back $B4:50000 $E:30100 3
	out $X4:30202 $E:30100 2
	stats_become ".natmaps == 2 and .rx_packets >= $((rx + 9)) and .tx_packets >= $((tx + 9))"
	clear_natmaps
	stats_become ".natmaps == 0 and .rx_packets >= $((rx + 9)) and .tx_packets >= $((tx + 9))"
}

run_tests "$@"
