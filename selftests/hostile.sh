#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 backends=kernel,uring smp=2
#
# Frames that no honest host sends: dropped by reason or left to the stack,
# never forwarded, never a crash.  After each of them a good packet passes.
#
#   a: a0 192.0.2.1 ==== ma LA (accept any) [m] LB mb ==== b0 198.51.100.1 :b
#         rawpkt                                            sniff, all the time

. "$(dirname "$0")/lib.sh"

setup()
{
	topology && enrol && offload_off || return 1
	bridge latch off accept any -- latch off &&
	m rtplane bridge add leg local "$LA6" remote "$RA6" latch off accept any \
		leg local "$LB6" remote "$RB6" latch off
}

raw6_a() { a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A6 --dst $MA6 --sport 40000 --dport 30000 "$@" >/dev/null; }

# start: from here on frames are counted.
start()
{
	TX=$(leg_val "$LB" .tx_packets) RX=$(leg_val "$LA" .rx_packets)
	TX6=$(leg_val "$LB6" .tx_packets) RX6=$(leg_val "$LA6" .rx_packets)
	SUMS=$(leg_val "$LA" '.drops.checksum // 0')
	SUMS6=$(leg_val "$LA6" '.drops.checksum // 0')
	SENT=''
}

# bad OPTIONS, bad6 OPTIONS: a frame that must not be forwarded.
bad() { SENT+=" [$*]"; raw_a "$@"; }
bad6() { SENT+=" [6 $*]"; raw6_a "$@"; }

# settle CHECKSUMS CHECKSUMS6: a good packet follows on the same wire; it alone
# was forwarded, and so many were dropped for their checksum ("-": any number).
settle()
{
	raw_a --seq 999
	raw6_a --seq 999
	leg_becomes "$LA" ".rx_packets == $((RX + 1))" || note "sent:$SENT"
	leg_becomes "$LA6" ".rx_packets == $((RX6 + 1))" || note "sent:$SENT"
	leg_holds "$LB" ".tx_packets == $((TX + 1))" || note "sent:$SENT"
	leg_holds "$LB6" ".tx_packets == $((TX6 + 1))" || note "sent:$SENT"
	[ "$1$2" != -- ] && can strange || return
	leg_holds "$LA" ".drops.checksum == $((SUMS + $1))"
	leg_holds "$LA6" ".drops.checksum == $((SUMS6 + $2))"
}

test_wrong_checksums()
{
	start
	bad --bad-udpsum
	bad --bad-ipsum
	bad --udpsum 1
	bad6 --bad-udpsum
	bad6 --udpsum 1
	settle 3 2
}

test_ip_header_that_lies()
{
	local n
	start
	for n in 0 1 4; do bad --ihl $n; done
	for n in 0 5 6 15; do bad --version $n; done
	for n in 0 19 20 27 28 29 199 201 65535; do bad --totlen $n; done
	for n in 0 4 5 7 15; do bad6 --version $n; done
	for n in 0 1 7 8 9 179 181 65535; do bad6 --totlen $n; done
	settle - -
}

test_header_length_beyond_the_packet()
{
	start
	bad --ihl 15 --size 12
	bad --ihl 15 --cut 40
	settle - -
}

test_udp_length_that_lies()
{
	local n
	start
	for n in 0 1 7 181 200 65535; do bad --udplen $n; done
	for n in 1 7 181 65535; do bad6 --udplen $n; done
	# The stack takes 0 for "as long as the packet" (RFC 2675).
	can strange && bad6 --udplen 0
	# Shorter than the IP packet: the stack takes it as a padded one, but its
	# checksum does not fit here.
	bad --udplen 20
	bad6 --udplen 20
	settle - -
}

test_truncated_at_every_byte()
{
	local n
	start
	for n in $(seq 1 60); do raw_a --cut "$n"; done
	bad --cut 61
	for n in $(seq 1 64); do raw6_a --cut "$n"; done
	bad6 --cut 65
	settle - -
}

test_trailing_bytes_are_cut_off()
{
	local tx
	tx=$(leg_val "$LB" .tx_bytes)
	bg wire b sniff --dev b0 --port 50000 --expect 1
	raw_a --pad 300
	finish wire
	holds wire '.received == 1 and .len == {"200": 1} and .udpsum == {"ok": 1} and .whole == {"yes": 1}'
	is "bytes" "$(leg_val "$LB" .tx_bytes)" $((tx + 200))
	bg wire b sniff --dev b0 --port 50000 --expect 1
	raw_a --size 12 --pad 6
	finish wire
	holds wire '.received == 1 and .len == {"40": 1} and .udpsum == {"ok": 1}'
}

test_martian_sources()
{
	local src
	start
	for src in 0.0.0.0 127.0.0.1 224.0.0.5 239.255.255.255 255.255.255.255 $MA4; do
		bad --src $src
	done
	for src in :: ::1 ff02::1 $MA6; do
		bad6 --src $src
	done
	can strange && leg_holds "$LA" '.drops.martian >= 4 or .drops.refused >= 4'
	settle - -
}

test_martian_sources_are_not_learned()
{
	local src l=$MA4:30020 l6="[$MA6]:30020"
	ok "learn" m rtplane bridge add leg local "$l" latch learn leg local "$MB4:30022" remote "$RB" latch off
	ok "learn" m rtplane bridge add leg local "$l6" latch learn leg local "[$MB6]:30022" remote "$RB6" latch off
	for src in 0.0.0.0 127.0.0.1 224.0.0.5 255.255.255.255; do
		raw_a --dport 30020 --src $src
		leg_holds "$l" '.state == "waiting" and .rx_packets == 0'
	done
	raw_a --dport 30020 --sport 0
	leg_holds "$l" '.state == "waiting" and .rx_packets == 0'
	for src in :: ::1 ff02::1 ::ffff:192.0.2.1; do
		raw6_a --dport 30020 --src $src
		leg_holds "$l6" '.state == "waiting" and .rx_packets == 0'
	done
	# The leg's own address: two legs would play ping-pong.
	raw_a --dport 30020 --sport 30020 --src $MA4
	leg_holds "$l" '.state == "waiting" and .rx_packets == 0'
	m rtplane bridge del local "$l"
	m rtplane bridge del local "$l6"
}

test_source_port_zero()
{
	start
	bad --sport 0
	bad6 --sport 0
	settle - -
}

test_frames_for_another_host()
{
	start
	bad --dmac 02:00:00:00:99:99
	bad6 --dmac 02:00:00:00:99:99
	settle - -
}

test_frames_of_a_vlan_that_is_not_ours()
{
	start
	bad --vlan 100
	bad --vlan 0xa064
	bad6 --vlan 100
	settle - -
}

test_multicast_and_broadcast_destination()
{
	start
	bad --dst 224.0.0.1 --dmac 01:00:5e:00:00:01
	bad --dst 255.255.255.255 --dmac ff:ff:ff:ff:ff:ff
	bad --dst 192.0.2.255 --dmac ff:ff:ff:ff:ff:ff
	bad6 --dst ff02::1 --dmac 33:33:00:00:00:01
	settle - -
}

test_other_protocols()
{
	start
	bad --proto 6
	bad --proto 136
	bad --proto 255
	bad --type 0x0806
	bad --type 0x88b5
	bad6 --proto 6
	bad6 --proto 58
	bad6 --proto 59
	settle - -
}

test_ip_options_go_to_the_stack()
{
	needs strange || return
	start
	bg sock m rtp --on "$LA" --expect 2
	raw_a --options 4 --option 1 --count 2
	finish sock
	holds sock '.received == 2 and .whole == {"yes": 2}'
	bad --options 4
	bad --options 40 --option 7
	bad --options 8 --option 131
	bad --options 8 --option 68
	settle - -
}

test_fragments_go_to_the_stack()
{
	needs strange || return
	start
	bad --frag 0x2000
	bad --frag 0x2001
	bad --frag 0x0010
	bad --frag 0x1fff
	bad6 --ext frag
	bad6 --ext frag --frag 8
	# A whole datagram in two fragments is put together for the socket.
	bg sock m rtp --on "$LA" --expect 3
	a rtp --on "$RA" --to "$LA" --send 3 --size 3000 --df 0 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 3 and .whole == {"yes": 3}'
	settle - -
}

test_overlapping_fragments_do_no_harm()
{
	start
	raw_a --frag 0x2000 --id 77 --size 172
	raw_a --frag 0x2004 --id 77 --size 172
	raw_a --frag 0x0002 --id 77 --size 172
	bad --frag 0x1fff --id 77 --size 172
	settle - -
}

test_extension_headers_of_ipv6()
{
	local ext
	needs strange || return
	start
	for ext in hop dst route frag; do bad6 --ext $ext; done
	bad6 --ext hop --cut 44
	bad6 --ext dst --totlen 8
	settle - -
}

test_rtp_that_is_none()
{
	local l=$MA4:30030 p=$MB4:30032
	ok "bridge" m rtplane bridge add leg local "$l" remote "$RA" latch off unknown drop \
		leg local "$p" remote "$B4:50030" latch off
	for n in 0 1 3; do raw_a --dport 30030 --rtp-version $n; done
	for n in 1 2 11; do raw_a --dport 30030 --size "$n"; done
	for n in 0 1 2 3 4 7; do raw_a --dport 30030 --kind raw --first 0x80 --size $n; done
	# Sixteen CSRCs announced, none there.
	raw_a --dport 30030 --kind raw --first 0x8f --size 12
	raw_a --dport 30030 --kind raw --first 0x90 --size 12
	raw_a --dport 30030 --seq 5
	leg_becomes "$l" '.rx_packets >= 1'
	leg_holds "$l" '.rx_packets <= 2 and .drops.malformed >= 4'
	m rtplane bridge del local "$l"
}

test_rtcp_that_lies()
{
	local n
	# Blocks announced that are not there, lengths beyond the packet.
	for n in 0x81 0x9f 0x80 0xbf; do
		raw_a --kind raw --first $n --seq 51401 --size 12
		raw_a --kind raw --first $n --seq 51200 --size 28
		raw_a --kind raw --first $n --seq 51455 --size 8
		raw_a --kind raw --first $n --seq 51200 --size 4
	done
	raw_a --kind rr --blocks 31
	raw_a --kind sr --blocks 31
	start
	bad --bad-udpsum
	settle 1 0
}

test_flood_of_garbage()
{
	# Every field at random, from a fixed seed; the good packet comes through.
	local i seed=4711 r args
	bg wire b sniff --dev b0 --timeout 300000
	for i in $(seq 150); do
		seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
		r=$seed
		args="--size $((r % 1400)) --ttl $((r / 7 % 256)) --tos $((r / 11 % 256)) --id $((r / 3 % 65536))"
		case $((r / 13 % 10)) in
		0) args+=" --ihl $((r % 16))" ;;
		1) args+=" --totlen $((r / 5 % 65536))" ;;
		2) args+=" --udplen $((r / 5 % 2000))" ;;
		3) args+=" --frag $((r / 5 % 65536))" ;;
		4) args+=" --cut $((r / 5 % 300))" ;;
		5) args+=" --version $((r / 5 % 16))" ;;
		6) args+=" --options $((r / 5 % 10 * 4)) --option $((r / 9 % 256))" ;;
		7) args+=" --vlan $((r / 5 % 65536))" ;;
		8) args+=" --kind raw --first $((r / 5 % 256))" ;;
		9) args+=" --proto $((r / 5 % 256))" ;;
		esac
		# shellcheck disable=SC2086
		if [ $((i % 3)) = 0 ]; then
			raw6_a ${args//--options/--ttl}
		else
			raw_a $args
		fi
	done 2>/dev/null
	start
	bad --bad-udpsum
	bad6 --bad-udpsum
	settle 1 1
	# Some of it was sound enough to be relayed; what left was sound.
	stop wire
	holds wire '(.udpsum | keys) - ["ok", "zero"] == [] and (.ipsum | keys) - ["ok", "none"] == []'
}

test_everything_that_left_was_whole()
{
	clear_bridges
	ok "bridge" bridge latch off accept any -- latch off
	relay 100
	holds wire '.ipsum == {"ok": 100} and .udpsum == {"ok": 100}'
	clear_bridges
}

run_tests "$@"
