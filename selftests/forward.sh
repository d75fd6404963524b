#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12,7 backends=kernel,uring smp=2
#
# IPv4 packets through a bridge, looked at on the far side's wire: addresses,
# ports, TTL, DF, id, checksums, payload; and what is left to the sockets.
#
#   a: a0 192.0.2.1:40000                              198.51.100.1:50000 b0 :b
#          |                                                     |
#         ma LA 192.0.2.254:30000  [m]  LB 198.51.100.254:30002 mb
#
#   out of LB: source = LB (the peer's local), destination = its remote

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol; }

open() { ok "bridge" bridge latch off "$@" -- latch off; }

test_a_to_b()
{
	open
	relay 100
	holds callee ".src == {\"$LB\": 100} and .whole == {\"yes\": 100}"
	can ttl && holds callee '.ttl == {"63": 100}'
	holds callee '.lost == 0 and .dups == 0 and .reordered == 0 and .ssrc == {"11223344": 100}'
	holds wire ".flow == {\"$LB>$RB\": 100} and .smac == {\"$MB_MAC\": 100}"
	leg_holds "$LA" '.rx_packets == 100 and .rx_bytes == 20000 and .tx_packets == 0 and .dropped == 0'
	leg_holds "$LB" '.tx_packets == 100 and .tx_bytes == 20000 and .rx_packets == 0 and .dropped == 0'
	clear_bridges
}

test_b_to_a()
{
	open
	relay_back 100
	holds callee ".src == {\"$LA\": 100} and .whole == {\"yes\": 100}"
	can ttl && holds callee '.ttl == {"63": 100}'
	leg_holds "$LB" '.rx_packets == 100 and .rx_bytes == 20000'
	leg_holds "$LA" '.tx_packets == 100 and .tx_bytes == 20000'
	clear_bridges
}

test_both_ways_at_once()
{
	open
	bg callee b rtp --on "$RB" --echo --expect 200 --timeout 20000
	a rtp --on "$RA" --to "$LA" --send 200 --pps 1000 --expect 200 --timeout 20000 >"$W/caller.json"
	finish callee
	holds callee '.received == 200 and .lost == 0'
	holds caller ".received == 200 and .lost == 0 and .src == {\"$LA\": 200}"
	leg_holds "$LA" '.rx_packets == 200 and .tx_packets == 200'
	clear_bridges
}

test_checksums_are_right_without_offload()
{
	offload_off
	open
	relay 50 --size 100-149
	holds wire '.ipsum == {"ok": 50} and .udpsum == {"ok": 50} and .whole == {"yes": 50}'
	relay 50 --size 100-149 --ttl 9 --dscp 46 --ecn 1
	holds wire '.ipsum == {"ok": 50} and .udpsum == {"ok": 50} and .tos == {"185": 50}'
	can ttl && holds wire '.ttl == {"8": 50}'
	clear_bridges
}

test_checksums_are_right_with_offload()
{
	a ethtool -K a0 tx on >/dev/null
	m ethtool -K mb tx on >/dev/null
	open
	relay 50 --size 100-149
	holds wire '.ipsum == {"ok": 50} and .udpsum == {"partial": 50}'
	# The way out computes no checksums: the stack must complete them.
	m ethtool -K mb tx off >/dev/null
	relay 50 --size 100-149
	holds wire '.ipsum == {"ok": 50} and .udpsum == {"ok": 50}'
	clear_bridges
	offload_off
}

test_every_size()
{
	open
	relay 1461 --size 12-1472
	holds callee '.whole == {"yes": 1461} and .lost == 0'
	holds wire '.udpsum == {"ok": 1461} and .ipsum == {"ok": 1461}'
	leg_holds "$LA" '.rx_packets == 1461 and .dropped == 0'
	clear_bridges
}

test_zero_checksum_stays_zero()
{
	needs frame || return
	open
	relay 20 --no-check
	holds wire '.udpsum == {"zero": 20} and .ipsum == {"ok": 20} and .whole == {"yes": 20}'
	clear_bridges
}

test_checksum_that_computes_to_zero_is_sent_as_ones()
{
	# Among 65536 sequence numbers some packet's sum becomes 0; it must be
	# sent as 0xffff (RFC 768), which the sniffer counts as right.
	open
	relay 20000 --size 12 --pps "$FAST"
	holds wire '.udpsum == {"ok": 20000}'
	clear_bridges
}

test_df_and_id_are_kept()
{
	needs frame || return
	open
	relay 10 --df 1
	holds wire '.df == {"1": 10} and .frag == {"0": 10}'
	relay 10 --df 0
	holds wire '.df == {"0": 10} and .frag == {"0": 10} and .ids == 10'
	clear_bridges
}

test_ttl_used_up_is_dropped()
{
	needs ttl || return
	open
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 --ttl 1 >/dev/null
	leg_becomes "$LA" '.drops.ttl == 5'
	relay 3 --ttl 2
	holds callee '.ttl == {"1": 3}'
	clear_bridges
}

test_rtcp_is_forwarded_on_the_same_port()
{
	open
	relay 10 --kind sr
	holds callee '.kind == {"rtcp": 10}'
	relay 10 --kind rr
	holds callee '.kind == {"rtcp": 10}'
	leg_holds "$LA" '.rx_packets == 20 and .rtcp_packets == 20'
	clear_bridges
}

test_stun_dtls_turn_go_to_the_socket()
{
	open
	to_socket 5 --kind stun &&
		holds sock '.kind == {"stun": 5} and .whole == {"yes": 5} and .ttl == {"64": 5}'
	to_socket 5 --kind dtls && holds sock '.kind == {"dtls": 5}'
	to_socket 5 --kind turn && holds sock '.kind == {"turn": 5}'
	leg_becomes "$LA" '.passed == 15 and .rx_packets == 0 and .dropped == 0'
	clear_bridges
}

test_stun_passes_in_every_mode_and_from_anybody()
{
	ok "bridge" bridge latch restricted accept any unknown drop -- latch off
	can socket && bg sock m rtp --on "$LA" --expect 10
	a rtp --on "$X4:1234" --to "$LA" --send 5 --pps 0 --kind stun >/dev/null
	a rtp --on "$X4:1234" --to "$LA" --send 5 --pps 0 --kind dtls >/dev/null
	if can socket; then
		finish sock
		holds sock ".received == 10 and .src == {\"$X4:1234\": 10}"
	fi
	leg_becomes "$LA" '.state == "waiting" and .passed == 10'
	clear_bridges
}

test_unknown_first_byte_passes_by_default()
{
	open
	local first
	for first in 4 15 16 19 80 127 192 255; do
		to_socket 2 --kind raw --first $first
	done
	leg_becomes "$LA" '.passed == 16 and .rx_packets == 0'
	clear_bridges
}

test_unknown_first_byte_is_dropped_if_told()
{
	open unknown drop
	local first
	for first in 4 19 80 127 192 255; do
		a rtp --on "$RA" --to "$LA" --send 2 --pps 0 --kind raw --first $first >/dev/null
	done
	leg_becomes "$LA" '.drops.unknown == 12'
	leg_holds "$LA" '.rx_packets == 0 and .dropped == 12'
	relay 5
	clear_bridges
}

test_accept_any_relays_what_is_not_rtp()
{
	open accept any
	local first
	for first in 4 15 80 127 192 255; do
		relay 3 --kind raw --first $first
	done
	# What looks like RTP by its first byte and is too short for it is something else.
	for first in 128 165 191; do
		relay 3 --kind raw --first $first --size 6
	done
	relay 3
	leg_holds "$LA" '.rx_packets == 30 and .passed == 0'
	leg_holds "$LA" '(.rtp.packets // 0) == 3'
	to_socket 5 --kind stun
	to_socket 5 --kind dtls
	to_socket 5 --kind turn
	clear_bridges
}

test_t38_udptl_is_relayed()
{
	local first
	open accept any
	# The first two bytes are a sequence number from 0 on: what looks like
	# STUN, DTLS or TURN by its first byte alone is not.
	for first in 0 1 3 20 22 40 63 64 79; do
		relay 3 --kind raw --first $first --seq 300
	done
	leg_holds "$LA" '.rx_packets == 27 and .passed == 0'
	clear_bridges
}

test_tiny_payloads()
{
	open unknown drop
	local size
	# Too short for RTP: never forwarded as RTP, whatever else happens.
	for size in 0 1 4 11; do
		a rtp --on "$RA" --to "$LA" --send 1 --pps 0 --size $size >/dev/null
	done
	leg_becomes "$LA" '.dropped + .passed == 4'
	leg_holds "$LB" '.tx_packets == 0'
	relay 2 --size 12
	clear_bridges
	open accept any
	relay 3 --kind raw --size 1
	clear_bridges
}

test_unknown_leg_goes_to_the_socket()
{
	local p=$MA4:30010
	open
	bg sock m rtp --on "$p" --expect 5
	a rtp --on "$RA" --to "$p" --send 5 --pps 0 >/dev/null
	finish sock
	holds sock ".received == 5 and .src == {\"$RA\": 5}"
	# The same port of another address of the host is no leg either.
	bg sock m rtp --on "$MB4:30000" --expect 5
	b rtp --on "$RB" --to "$MB4:30000" --send 5 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 5'
	leg_holds "$LA" '.rx_packets == 0 and .passed == 0 and .dropped == 0'
	clear_bridges
}

test_unknown_leg_without_socket_draws_icmp()
{
	open
	a rtp --on "$RA" --to "$MA4:30010" --send 1 --errors >"$W/caller.json"
	holds caller ".icmp | has(\"3/3 0 $MA4\")"
	clear_bridges
}

test_deleted_leg_goes_to_the_socket_again()
{
	open
	relay 5
	clear_bridges
	sock_gets 5
}

test_a_socket_on_the_port_sees_no_media()
{
	needs socket || return
	open
	bg sock m rtp --on "$LA"
	relay 50
	stop sock
	holds sock '.received == 0'
	clear_bridges
}

# tells DEV FIELD: RTP of ours, 172 bytes in a frame of 214, that left by DEV and had that
tells() { grep -F "dev=\"$1\" len=214 " "$W/out" | grep -c "$2=0x0*[1-9a-f]"; }

# Neither the sender's socket, which a veth leaves on its buffers, nor the connection
# that its own stack knows, which stays on them over lo.
test_nothing_of_the_way_in_is_left_on_a_buffer()
{
	local trace=/sys/kernel/tracing p=$MB4:30012
	needs device || return
	case $(uname -r) in
	6.1.*) ;;
	*) skip "what is where in a buffer is known of 6.1"; return ;;
	esac
	mountpoint -q $trace || mount -t tracefs none $trace
	echo 'p:out/xmit dev_hard_start_xmit dev=+0(%si):string len=+112(%di):u32 sk=+24(%di):x64 ct=+104(%di):x64' >>$trace/kprobe_events
	m nft -f - <<-END
		table ip known {
			chain out {
				type filter hook output priority 0
				ct state new counter
			}
		}
	END
	open
	ok "enrol lo" m rtplane dev add lo
	ok "bridge" m rtplane bridge add leg local "$MA4:30010" remote "$MA4:40010" latch off \
		leg local "$p" remote "$B4:50012" latch off
	echo 1 >$trace/events/out/enable
	relay 5
	bg callee b rtp --on "$B4:50012" --expect 5
	m rtp --on "$MA4:40010" --to "$MA4:30010" --send 5 --pps 0 >/dev/null
	finish callee
	echo 0 >$trace/events/out/enable
	cat $trace/trace >"$W/out"
	ok "sockets on a0: $(tells a0 sk)" test "$(tells a0 sk)" -ge 5
	ok "connections on lo: $(tells lo ct)" test "$(tells lo ct)" -ge 5
	ok "packets on mb" test "$(grep -cF 'dev="mb" len=214 ' "$W/out")" -ge 10
	is "sockets on mb" "$(tells mb sk)" 0
	is "connections on mb" "$(tells mb ct)" 0
	echo -:out/xmit >>$trace/kprobe_events
	echo >$trace/trace
	m rtplane dev del lo
	m nft delete table ip known
	clear_bridges
}

test_hairpin_two_legs_on_one_device()
{
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch off \
		leg local "$MA4:30002" remote "$X4:40002" latch off
	bg callee a rtp --on "$X4:40002" --expect 20
	a rtp --on "$RA" --to "$LA" --send 20 --pps 0 >/dev/null
	finish callee
	holds callee ".received == 20 and .src == {\"$MA4:30002\": 20}"
	clear_bridges
}

test_many_bridges_each_to_its_own()
{
	local i batch=
	for i in $(seq 0 19); do
		batch+="bridge add leg local $MA4:$((31000 + 2 * i)) remote $A4:$((41000 + i)) latch off"
		batch+=" leg local $MB4:$((31000 + 2 * i)) remote $B4:$((51000 + i)) latch off"$'\n'
	done
	m rtplane -batch - <<<"$batch"
	is "legs" "$(leg_count)" 40
	bg wire b sniff --dev b0 --port 51000-51019 --expect 60
	for i in $(seq 0 19); do
		a rtp --on "$A4:$((41000 + i))" --to "$MA4:$((31000 + 2 * i))" --send 3 --pps 0 >/dev/null &
	done
	finish wire
	for i in $(seq 0 19); do
		holds wire ".flow[\"$MB4:$((31000 + 2 * i))>$B4:$((51000 + i))\"] == 3"
	done
	clear_bridges
}

run_tests "$@"
