#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# Port-preserving NAT of a port range (design section 6), RFC 4787 requirement
# by requirement, and RFC 5508 for the ICMP errors.
#
#   inside                         m                        outside
#   a: a0 192.0.2.1  ====== ma           mb ====== b0 198.51.100.1 :b
#         192.0.2.66       192.0.2.254                198.51.100.9
#      2001:db8:a::1            E1 198.51.100.201 <-> 192.0.2.1
#                               E2 198.51.100.202 <-> 192.0.2.66
#                               E6 2001:db8:b::201 <-> 2001:db8:a::1
#                               ports 30000-33000 by default

. "$(dirname "$0")/lib.sh"

E1=198.51.100.201 E2=198.51.100.202 C4=198.51.100.9 E6=2001:db8:b::201

setup()
{
	topology && enrol && offload_off || return 1
	ip -n "$B" addr add $C4/24 dev b0
	ip -n "$M" addr add $E1/32 dev mb
	ip -n "$M" addr add $E2/32 dev mb
	ip -n "$M" addr add $E6/128 dev mb nodad
	ip -n "$A" route add default via $MA4
	ip -n "$A" -6 route add default via $MA6
}

nat_add() { ok "natmap" m rtplane natmap add ext $E1 int $A4 "$@"; }
nat_clear()
{
	m rtplane natmap del ext $E1 >/dev/null 2>&1
	m rtplane natmap del ext $E2 >/dev/null 2>&1
	m rtplane natmap del ext $E6 >/dev/null 2>&1
	return 0
}
nat_holds()
{
	m rtplane --json natmap show ext "$1" >"$W/nat.json"
	holds nat ".[0] | $2"
}

# out FROM TO N OPTIONS: N packets from inside to b's socket TO.
out()
{
	local from=$1 to=$2 n=$3
	shift 3
	bg wire b sniff --dev b0 --port "${to##*:}" --expect "$n" --timeout 10000
	bg peer b rtp --on "$to" --expect "$n" --timeout 10000
	a rtp --on "$from" --to "$to" --send "$n" --pps 0 "$@" >"$W/caller.json"
	finish peer
	finish wire
}

# in FROM EXT INSIDE N OPTIONS: N packets from b to the external address.
in_()
{
	local from=$1 ext=$2 inside=$3 n=$4
	shift 4
	bg wire a sniff --dev a0 --port "${inside##*:}" --expect "$n" --timeout 10000
	bg peer a rtp --on "$inside" --expect "$n" --timeout 10000
	b rtp --on "$from" --to "$ext" --send "$n" --pps 0 "$@" >"$W/caller.json"
	finish peer
	finish wire
}

test_outbound()
{
	nat_add
	out $A4:30100 "$RB" 20
	holds peer ".received == 20 and .src == {\"$E1:30100\": 20} and .ttl == {\"63\": 20} and .whole == {\"yes\": 20}"
	holds wire '.ipsum == {"ok": 20} and .udpsum == {"ok": 20}'
	nat_holds $E1 '.out_packets == 20 and .out_bytes == 4000 and .in_packets == 0'
	nat_clear
}

test_inbound_needs_nothing_before()
{
	# REQ-8 a: endpoint-independent filtering.
	nat_add
	in_ "$RB" $E1:30101 $A4:30101 20
	holds peer ".received == 20 and .src == {\"$RB\": 20} and .ttl == {\"63\": 20} and .whole == {\"yes\": 20}"
	holds wire '.ipsum == {"ok": 20} and .udpsum == {"ok": 20}'
	nat_holds $E1 '.in_packets == 20 and .in_bytes == 4000 and .out_packets == 0'
	nat_clear
}

test_mapping_is_endpoint_independent()
{
	# REQ-1: the same external address and port to whoever it is.
	local to
	nat_add
	for to in $B4:50000 $B4:50002 $C4:50000; do
		out $A4:30100 $to 2
		holds peer ".src == {\"$E1:30100\": 2}"
	done
	nat_clear
}

test_ports_parity_and_contiguity_are_preserved()
{
	# REQ-3, REQ-4: by construction.
	local p
	nat_add
	bg wire b sniff --dev b0 --port 50000 --expect 6
	for p in 30000 30001 30002 31555 32999 33000; do
		a rtp --on $A4:$p --to "$RB" --send 1 >/dev/null
	done
	finish wire
	for p in 30000 30001 30002 31555 32999 33000; do
		holds wire ".flow[\"$E1:$p>$RB\"] == 1"
	done
	nat_clear
}

test_outside_the_range_is_left_to_the_stack()
{
	nat_add
	bg sock m rtp --on $E1:29999 --expect 2
	b rtp --on "$RB" --to $E1:29999 --send 2 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 2'
	bg sock m rtp --on $E1:33001 --expect 2
	b rtp --on "$RB" --to $E1:33001 --send 2 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 2'
	nat_holds $E1 '.in_packets == 0 and .out_packets == 0'
	nat_clear
}

test_ports_as_given()
{
	nat_add ports 40000-40001
	in_ "$RB" $E1:40001 $A4:40001 2
	holds peer '.received == 2'
	m rtplane natmap del ext $E1 ports 40000-40001
	is "natmaps" "$(m rtplane --json natmap show | jq length)" 0
}

test_sizes_checksum_zero_df_ecn()
{
	nat_add
	out $A4:30100 "$RB" 200 --size 1-1401
	holds wire '.udpsum == {"ok": 200} and .ipsum == {"ok": 200}'
	out $A4:30100 "$RB" 3 --no-check --df 1 --dscp 46 --ecn 2
	holds wire '.udpsum == {"zero": 3} and .df == {"1": 3} and .tos == {"186": 3}'
	out $A4:30100 "$RB" 3 --df 0
	holds wire '.df == {"0": 3}'
	nat_clear
}

test_everything_but_media_goes_too()
{
	# A NAT does not look inside: STUN and DTLS are the inside's business.
	local kind
	nat_add
	for kind in stun dtls turn raw; do
		in_ "$RB" $E1:30100 $A4:30100 2 --kind $kind
		holds peer '.received == 2'
	done
	nat_clear
}

test_hairpinning()
{
	# REQ-9: the external source is what the receiver sees.
	nat_add
	ok "second natmap" m rtplane natmap add ext $E2 int $X4
	bg peer a rtp --on $X4:30200 --echo --expect 5
	a rtp --on $A4:30100 --to $E2:30200 --send 5 --pps 50 --expect 5 >"$W/caller.json"
	finish peer
	holds peer ".received == 5 and .src == {\"$E1:30100\": 5}"
	holds caller ".received == 5 and .src == {\"$E2:30200\": 5}"
	nat_holds $E1 '.hairpins == 5 and .out_packets == 5 and .in_packets == 5'
	nat_holds $E2 '.hairpins == 5'
	nat_clear
}

test_icmp_error_from_outside()
{
	# Nobody listens at b: its error must reach the inside socket.
	nat_add
	a rtp --on $A4:30100 --to $B4:59999 --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"3/3 0 $B4\")"
	nat_holds $E1 '.icmp == 1'
	nat_clear
}

test_icmp_error_from_inside()
{
	# Nobody listens inside: the outside sees the error of the external address.
	nat_add
	b rtp --on "$RB" --to $E1:30999 --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"3/3 0 $E1\")"
	nat_holds $E1 '.icmp == 1'
	nat_clear
}

test_ttl_used_up_draws_time_exceeded()
{
	nat_add
	a rtp --on $A4:30100 --to "$RB" --send 1 --ttl 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"11/0 0 $MA4\")"
	nat_holds $E1 '.drops.ttl == 1'
	nat_clear
}

test_too_big_is_answered()
{
	nat_add
	ip -n "$M" link set dev mb mtu 1400
	a rtp --on $A4:30100 --to "$RB" --send 1 --size 1400 --df 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"3/4 1400 $MA4\")"
	a ip route flush cache
	ip -n "$M" link set dev mb mtu 1500
	nat_clear
}

test_bad_frames_are_not_translated()
{
	nat_add
	a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $B4 --sport 30100 --dport 50000 --bad-ipsum >/dev/null
	a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $B4 --sport 30100 --dport 50000 --totlen 1000 >/dev/null
	a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $B4 --sport 30100 --dport 50000 --frag 0x2000 >/dev/null
	a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $B4 --sport 30100 --dport 50000 --options 4 >/dev/null
	b rawpkt --dev b0 --smac $B_MAC --dmac $MB_MAC --src 127.0.0.1 --dst $E1 --sport 1 --dport 30100 >/dev/null
	b rawpkt --dev b0 --smac $B_MAC --dmac $MB_MAC --src 224.0.0.9 --dst $E1 --sport 1 --dport 30100 >/dev/null
	out $A4:30100 "$RB" 1
	nat_holds $E1 '.out_packets == 1 and .in_packets == 0 and .drops.checksum == 1 and .drops.martian == 2'
	nat_clear
}

test_filter_by_address()
{
	nat_add filter address
	b rtp --on $C4:50000 --to $E1:30100 --send 3 --pps 0 >/dev/null
	nat_holds $E1 '.drops.refused == 3 and .in_packets == 0'
	out $A4:30100 $C4:50000 1
	# From that address, any port; to that port.
	in_ $C4:50009 $E1:30100 $A4:30100 2
	holds peer '.received == 2'
	b rtp --on $B4:50000 --to $E1:30100 --send 2 --pps 0 >/dev/null
	nat_holds $E1 '.drops.refused == 5 and .in_packets == 2 and .filter == "address"'
	nat_clear
}

test_dscp_and_policer()
{
	nat_add dscp 46 pps 50
	out $A4:30100 "$RB" 1 --dscp 0 --ecn 1
	holds wire '.tos == {"185": 1} and .ipsum == {"ok": 1}'
	in_ "$RB" $E1:30100 $A4:30100 1 --dscp 8
	holds wire '.tos == {"184": 1}'
	a rtp --on $A4:30100 --to "$RB" --send 200 --pps 0 >/dev/null
	nat_holds $E1 '.drops.pps >= 150'
	nat_clear
}

test_ipv6()
{
	ok "natmap" m rtplane natmap add ext $E6 int $A6
	out "[$A6]:30100" "$RB6" 10
	holds peer ".received == 10 and .src == {\"[$E6]:30100\": 10} and .ttl == {\"63\": 10} and .whole == {\"yes\": 10}"
	holds wire '.udpsum == {"ok": 10}'
	in_ "$RB6" "[$E6]:30100" "[$A6]:30100" 10
	holds peer ".received == 10 and .src == {\"$RB6\": 10}"
	holds wire '.udpsum == {"ok": 10}'
	a rtp --on "[$A6]:30100" --to "[$B6]:59999" --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"1/4 0 $B6\")"
	b rtp --on "$RB6" --to "[$E6]:30999" --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"1/4 0 $E6\")"
	nat_clear
}

test_legs_come_first()
{
	# A leg on the external address keeps its port.
	nat_add
	ok "bridge" m rtplane bridge add leg local $E1:30100 remote "$RB" latch off \
		leg local "$LA" remote "$A4:40000" latch off
	bg callee a rtp --on $A4:40000 --expect 3
	b rtp --on "$RB" --to $E1:30100 --send 3 --pps 0 >/dev/null
	finish callee
	holds callee ".received == 3 and .src == {\"$LA\": 3}"
	clear_bridges
	in_ "$RB" $E1:30100 $A4:30100 2
	holds peer '.received == 2'
	nat_clear
}

test_refusals()
{
	nat_add
	refused 'ports of this external address are mapped' m rtplane natmap add ext $E1 int $X4
	refused 'ports of this external address are mapped' m rtplane natmap add ext $E1 int $X4 ports 32000-34000
	refused 'ports of this inside address are mapped' m rtplane natmap add ext $E2 int $A4
	refused 'external in one natmap and inside in another' m rtplane natmap add ext $E2 int $E1 ports 20000-20001
	refused 'no natmap with this external address' m rtplane natmap del ext $E2
	ok "a range beside it" m rtplane natmap add ext $E1 int $X4 ports 34000-34001
	is "natmaps" "$(m rtplane --json natmap show | jq length)" 2
	ok "delete" m rtplane natmap del ext $E1 ports 34000-34001
	refused permitted m setpriv --reuid 65534 --regid 65534 --clear-groups rtplane natmap del ext $E1
	is "natmaps" "$(m rtplane --json natmap show | jq length)" 1
	ok "delete" m rtplane natmap del ext $E1
	bg sock m rtp --on $E1:30100 --expect 1
	b rtp --on "$RB" --to $E1:30100 --send 1 >/dev/null
	finish sock
	holds sock '.received == 1'
}

test_many_natmaps()
{
	local i
	for i in $(seq 0 499); do
		echo "natmap add ext 10.1.$((i / 250)).$((i % 250 + 1)) int 10.2.$((i / 250)).$((i % 250 + 1))"
	done | m rtplane -batch -
	is "natmaps" "$(m rtplane --json natmap show | jq length)" 500
	is "stats" "$(stats_val .natmaps)" 500
	nat_add
	out $A4:30100 "$RB" 5
	holds peer '.received == 5'
	nat_clear
	for i in $(seq 0 499); do
		echo "natmap del ext 10.1.$((i / 250)).$((i % 250 + 1))"
	done | m rtplane -batch -
	is "natmaps" "$(m rtplane --json natmap show | jq length)" 0
}

listens() { b cat /proc/net/udp | grep -q ':0D96 '; }

test_coturn_finds_an_endpoint_independent_nat()
{
	command -v turnutils_natdiscovery >/dev/null || { skip "coturn is not installed"; return; }
	nat_add
	b turnserver -n -S -L $B4 -L $C4 --no-tls --no-dtls --no-tcp --no-cli --rfc5780 \
		--log-file "$W/turn.log" --pidfile "$W/turn.pid" >/dev/null 2>&1 </dev/null &
	# shellcheck disable=SC2034,SC2154
	BG[turn]=$!
	ok "server" wait_for 20 listens
	a turnutils_natdiscovery -m -f -L $A4 -l 30500 $B4 >"$W/nat.txt" 2>&1
	ok "mapping: $(grep -i mapping "$W/nat.txt" | tail -n 1)" grep -qi 'endpoint independent mapping' "$W/nat.txt"
	ok "filtering: $(grep -i filtering "$W/nat.txt" | tail -n 1)" grep -qi 'endpoint independent filtering' "$W/nat.txt"
	ok "port unchanged" grep -q "$E1:30500" "$W/nat.txt"
	if command -v stun >/dev/null; then
		a stun $B4 -i $A4 -p 30600 >"$W/stun.txt" 2>&1
		ok "stun-client: $(tr '\n' ' ' <"$W/stun.txt")" grep -qi 'Independent Mapping, Independent Filter' "$W/stun.txt"
		ok "stun-client: port" grep -qi 'preserves ports' "$W/stun.txt"
	fi
	stop turn
	nat_clear
}

run_tests "$@"
