#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# ICMP errors through a natmap, both ways (RFC 4787 REQ-12, RFC 5508), what a
# natmap itself answers as a router would (TTL used up, too big), and fragments
# (RFC 4787 REQ-13, REQ-14).
#
#   a: inside 192.0.2.1 ---- ma [m] mb: external 198.51.100.254 ---- b: outside
#
#   outside -> inside: an error about external:P becomes one about inside:P
#   inside -> outside: an error about inside:P becomes one about external:P

. "$(dirname "$0")/natmap_lib.sh"

setup() { inside_outside; }

errors_a() { bg wire a sniff --dev a0 --icmp --expect "$1" --timeout 10000; }
errors_b() { bg wire b sniff --dev b0 --icmp --expect "$1" --timeout 10000; }

# errors N ICMP FLOW: N of them, about that packet, right to the last bit.
errors() { saw ".icmp == {\"$2\": $1} and .icmpsum == {\"ok\": $1} and .flow == {\"$3\": $1} and .udpsum == {\"ok\": $1}"; }

# The sender's own socket was told, so the quoted packet is the one it sent.
told() { holds sender ".icmp | has(\"$1\")"; }

test_port_unreachable_from_the_outside()
{
	natmap ext $E int $A4
	errors_a 2
	out $A4:30100 $B4:50000 2 --errors --timeout 2000
	errors 2 "3/3 0 $B4" "$A4:30100>$B4:50000"
	holds wire '.ipsum == {"ok": 2}'
	told "3/3 0 $B4"
	nat_becomes $E '.icmp == 2 and .out_packets == 2 and .in_packets == 0 and .passed == 0'
	clear_natmaps
}

test_port_unreachable_from_the_inside()
{
	natmap ext $E int $A4
	errors_b 2
	back $B4:50000 $E:30100 2 --errors --timeout 2000
	errors 2 "3/3 0 $E" "$B4:50000>$E:30100"
	holds wire '.ipsum == {"ok": 2}'
	told "3/3 0 $E"
	nat_becomes $E '.icmp == 2 and .in_packets == 2 and .out_packets == 0 and .passed == 0'
	clear_natmaps
}

test_port_unreachable_of_a_hairpin()
{
	natmap ext $E int $A4
	natmap ext $E2 int $X4
	errors_a 2
	out $A4:30100 $E2:30202 1 --errors --timeout 2000
	told "3/3 0 $E2"
	# On the same wire: nothing of it names an inside address of the other.
	saw ".icmp[\"3/3 0 $E2\"] == 1 and .flow[\"$A4:30100>$E2:30202\"] == 1 and (.icmpsum | has(\"bad\") | not)"
	clear_natmaps
}

test_ipv6_port_unreachable_both_ways()
{
	natmap ext $E6 int $A6
	errors_a 2
	out "[$A6]:30100" "[$B6]:50000" 2 --errors --timeout 2000
	errors 2 "1/4 0 $B6" "[$A6]:30100>[$B6]:50000"
	told "1/4 0 $B6"
	errors_b 2
	back "[$B6]:50000" "[$E6]:30100" 2 --errors --timeout 2000
	errors 2 "1/4 0 $E6" "[$B6]:50000>[$E6]:30100"
	told "1/4 0 $E6"
	nat_becomes $E6 '.icmp == 4 and .in_packets == 2 and .out_packets == 2'
	clear_natmaps
}

# forge DST N [TYPE CODE]: of b, N port unreachables, or other errors, about a packet
# from E:30100 to DST, which was never sent.
forge()
{
	b /usr/bin/python3 - "$E" "$1" "$2" "$B4" "${3:-3}" "${4:-3}" <<-'END'
		import socket, struct, sys
		def csum(data):
		    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    s = (s & 0xffff) + (s >> 16)
		    return ~((s & 0xffff) + (s >> 16)) & 0xffff
		ext, dst, n, us, kind, code = sys.argv[1:]
		ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 48, 7, 0, 60, 17, 0,
		                 socket.inet_aton(ext), socket.inet_aton(dst))
		ip = ip[:10] + struct.pack("!H", csum(ip)) + ip[12:]
		icmp = struct.pack("!BBHI", int(kind), int(code), 0, 0) + ip + struct.pack("!HHHH", 30100, 50000, 28, 0)
		icmp = icmp[:2] + struct.pack("!H", csum(icmp)) + icmp[4:]
		with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
		    s.bind((us, 0))
		    for _ in range(int(n)):
		        s.sendto(icmp, (ext, 0))
	END
}

test_errors_pass_the_filter()
{
	natmap ext $E int $A4 filter address
	out $A4:30100 $B4:50000 1
	# B's own, about a packet that was sent
	nat_becomes $E '.out_packets == 1 and .icmp == 1'
	forge $B2 3
	nat_becomes $E '.drops == {"refused": 3} and .icmp == 1'
	forge $B4 2
	nat_becomes $E '.drops == {"refused": 3} and .icmp == 3'
	clear_natmaps
}

# A redirect or a source quench tells a host how to send, which nobody outside may.
test_what_is_no_error_is_not_translated()
{
	natmap ext $E int $A4
	forge $B4 2 5 1
	forge $B4 2 4 0
	forge $B4 1
	nat_becomes $E '.icmp == 1 and .drops == {}'
	clear_natmaps
}

test_errors_keep_to_the_limit()
{
	natmap ext $E int $A4 pps 100
	forge $B4 300
	nat_becomes $E '.icmp + .drops.pps == 300'
	nat_becomes $E '.icmp >= 5 and .icmp < 150'
	clear_natmaps
}

# The inside itself uses the ports beside the range: those errors are not ours.
test_errors_about_other_ports_are_left_alone()
{
	natmap ext $E int $A4
	bg sock m rtp --on $E:29999 --to $B4:50000 --send 2 --errors --timeout 2000
	finish sock
	holds sock ".icmp | has(\"3/3 0 $B4\")"
	nat_becomes $E '.icmp == 0 and .out_packets == 0'
	clear_natmaps
}

test_ttl_used_up()
{
	natmap ext $E int $A4
	natmap ext $E6 int $A6
	out $A4:30100 $B4:50000 1 --ttl 1 --errors --timeout 2000
	told "11/0 0 $MA4"
	back $B4:50000 $E:30100 1 --ttl 1 --errors --timeout 2000
	told "11/0 0 $MB4"
	nat_becomes $E '.drops == {"ttl": 2} and .out_packets == 0 and .in_packets == 0'
	out "[$A6]:30100" "[$B6]:50000" 1 --ttl 1 --errors --timeout 2000
	told "3/0 0 $MA6"
	nat_becomes $E6 '.drops == {"ttl": 1}'
	clear_natmaps
}

test_too_big_is_answered()
{
	natmap ext $E int $A4
	natmap ext $E6 int $A6
	ip -n "$M" link set dev mb mtu 1400
	out $A4:30100 $B4:50000 1 --size 1420 --df 1 --errors --timeout 2000
	told "3/4 1400 $MA4"
	nat_becomes $E '.drops == {"too-big": 1} and .out_packets == 0'
	out "[$A6]:30100" "[$B6]:50000" 1 --size 1420 --df 1 --errors --timeout 2000
	told "2/0 1400 $MA6"
	nat_becomes $E6 '.drops == {"too-big": 1} and .out_packets == 0'
	a ip route flush cache
	a ip -6 route flush cache
	# Who allows it is fragmented.
	bg callee b rtp --on $B4:50000 --expect 2 --timeout 10000
	out $A4:30100 $B4:50000 2 --size 1420 --df 0
	finish callee
	holds callee ".received == 2 and .whole == {\"yes\": 2} and .src == {\"$E:30100\": 2}"
	nat_becomes $E '.out_packets == 2 and .drops == {"too-big": 1}'
	ip -n "$M" link set dev mb mtu 1500
	clear_natmaps
}

test_fragments_from_the_inside()
{
	natmap ext $E int $A4
	bg callee b rtp --on $B4:50000 --expect 3 --timeout 10000
	out $A4:30100 $B4:50000 3 --size 4000 --df 0
	finish callee
	holds callee ".received == 3 and .whole == {\"yes\": 3} and .src == {\"$E:30100\": 3} and .ttl == {\"63\": 3}"
	nat_becomes $E '.out_packets == 3 and .out_bytes == 12084 and .drops == {}'
	clear_natmaps
}

# REQ-14: in whatever order.  The second half first, padded as Ethernet would.
test_fragments_out_of_order()
{
	natmap ext $E int $A4
	bg callee a rtp --on $A4:30100 --expect 1 --timeout 10000
	raw_back --id 7 --frag 10 --size 72 --udpsum 0 --pad 20
	raw_back --id 7 --frag 8192 --size 72 --udplen 160 --udpsum 0
	finish callee
	holds callee ".received == 1 and .bytes == 152 and .src == {\"$B4:50000\": 1}"
	nat_becomes $E '.in_packets == 1 and .in_bytes == 180'
	# One half alone goes nowhere, nor does one with a wrong header.
	raw_back --id 8 --frag 8192 --size 72 --udplen 160 --udpsum 0
	raw_back --id 8 --frag 10 --size 72 --udpsum 0 --bad-ipsum
	inside 30100 1
	raw_back
	saw "$(whole 1)"
	nat_becomes $E '.in_packets == 2 and .drops == {}'
	clear_natmaps
}

# Left to the stack, which has a socket for them here; never translated in part.
test_fragments_of_ipv6_are_left_to_the_stack()
{
	natmap ext $E6 int $A6
	bg here m rtp --on "[$E6]:30100" --expect 2 --timeout 10000
	back "[$B6]:50000" "[$E6]:30100" 2 --size 3000 --df 0
	finish here
	holds here '.received == 2 and .whole == {"yes": 2}'
	nat_becomes $E6 '.in_packets == 0 and .out_packets == 0 and .drops == {}'
	# Nor do those of the inside leave: this host routes nothing.
	bg callee b rtp --on "[$B6]:50000" --expect 1 --timeout 10000
	out "[$A6]:30100" "[$B6]:50000" 2 --size 3000 --df 0
	out "[$A6]:30100" "[$B6]:50000" 1
	finish callee
	holds callee ".received == 1 and .whole == {\"yes\": 1} and .src == {\"[$E6]:30100\": 1}"
	nat_becomes $E6 '.out_packets == 1 and .drops == {}'
	clear_natmaps
}

run_tests "$@"
