#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# RFC 3550 statistics: loss, order, duplicates, jitter and SSRC changes as the
# sender made them and as tshark sees the very same packets; the remote's view
# from its RTCP.
#
#   a: a0 192.0.2.1 ==== ma LA [m] LB mb ==== b0 198.51.100.1 :b
#                        ^ captured here, before the module

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol; }

open() { ok "bridge" bridge latch off -- latch off; }

# send N PACKETS-THAT-ARRIVE OPTIONS
send()
{
	local n=$1 arrive=$2
	shift 2
	a rtp --on "$RA" --to "$LA" --send "$n" "$@" >/dev/null
	leg_becomes "$LA" ".rx_packets == $arrive"
}

test_clean_stream()
{
	open
	send 200 200 --pps 0
	leg_holds "$LA" '.rtp.packets == 200 and .rtp.lost == 0 and .rtp.out_of_order == 0 and .rtp.duplicates == 0'
	leg_holds "$LA" '.rtp.ssrc_changes == 0 and .rtp.pt == 0 and .rtp.clock == 8000'
	is "SSRC" "$(leg_val "$LA" '.rtp.ssrc | if type == "number" then . else (ltrimstr("0x") | ascii_downcase) end')" \
		"$(leg_val "$LA" 'if .rtp.ssrc | type == "number" then 287454020 else "11223344" end')"
	clear_bridges
}

test_loss()
{
	open
	send 200 190 --pps 0 --lose /20
	# The last one lost cannot be known.
	leg_holds "$LA" '.rtp.packets == 190 and .rtp.lost == 9'
	clear_bridges
	open
	send 200 100 --pps 0 --lose 50-149
	leg_holds "$LA" '.rtp.lost == 100'
	clear_bridges
}

test_reordering()
{
	open
	send 200 200 --pps 0 --swap /20
	leg_holds "$LA" '.rtp.lost == 0 and .rtp.out_of_order >= 9 and .rtp.out_of_order <= 10 and .rtp.duplicates == 0'
	clear_bridges
}

test_duplicates()
{
	open
	send 200 210 --pps 0 --dup /20
	leg_holds "$LA" '.rtp.lost == 0 and .rtp.duplicates == 10 and .rtp.out_of_order == 0 and .rtp.packets == 210'
	clear_bridges
}

test_duplicates_do_not_hide_losses()
{
	open
	send 200 200 --pps 0 --dup 10-19 --lose 50-59
	leg_holds "$LA" '.rtp.lost == 10 and .rtp.duplicates == 10'
	clear_bridges
}

test_sequence_wraps()
{
	open
	send 300 297 --pps 0 --seq 65400 --lose 100,136,200
	leg_holds "$LA" '.rtp.lost == 3 and .rtp.out_of_order == 0'
	clear_bridges
}

test_ssrc_change()
{
	open
	send 200 195 --pps 0 --lose 10,20,150-152 --ssrc-at 100 --ssrc-new 0x55667788
	leg_holds "$LA" '.rtp.ssrc_changes == 1 and .rtp.lost == 5 and .rtp.packets == 195'
	clear_bridges
}

test_a_jump_of_the_sequence_is_a_new_start_not_a_loss()
{
	open
	send 50 50 --pps 0 --seq 100
	send 50 100 --pps 0 --seq 30000 --ts 1000000
	leg_holds "$LA" '.rtp.lost <= 1 and .rtp.packets == 100'
	clear_bridges
}

test_clock_follows_the_payload_type()
{
	local pair
	for pair in 0:8000 8:8000 9:8000 18:8000 96:8000 6:16000 10:44100 34:90000; do
		open
		send 2 2 --pps 0 --pt "${pair%:*}"
		leg_holds "$LA" ".rtp.pt == ${pair%:*} and .rtp.clock == ${pair#*:}"
		clear_bridges
	done
}

test_rtcp_is_not_rtp()
{
	open
	send 10 10 --pps 0 --kind sr
	leg_holds "$LA" '(.rtp.packets // 0) == 0 and .rtcp_packets == 10'
	clear_bridges
}

# event PT TIMESTAMP FLAGS-AND-VOLUME DIGIT: a packet of a digit, and two copies if it ends.
event()
{
	a python3 - "$RA" "$LA" "$@" <<-'END'
		import socket, struct, sys
		ra, la, pt, ts, flags, digit = sys.argv[1:]
		host = lambda text: (text.rsplit(":", 1)[0], int(text.rsplit(":", 1)[1]))
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(host(ra))
		for seq in range(3 if int(flags, 0) & 0x80 else 1):
		    s.sendto(struct.pack("!BBHIIBBH", 0x80, int(pt), seq, int(ts), 0x11223344,
		                         int(digit), int(flags, 0), 800), host(la))
	END
}

# 101 and 127 are those of digits; 100 is not.
test_digits_are_told_once()
{
	open
	monitor_start || return
	ok "digits" m rtplane leg set local "$LA" digits 0x80000020
	event 101 1000 10 5
	event 101 1000 0x8a 5
	event 100 2000 0x8a 6
	event 127 3000 0x8a 11
	event_comes '.event == "dtmf" and .digit == 11 and .pt == 127'
	# the first packet of an end is that which commits the remote
	ok "a remote that is learned anew" m rtplane leg set local "$LA" latch restricted unlatch
	event 101 4000 0x8a 7
	event_comes '.event == "dtmf" and .digit == 7'
	leg_holds "$LA" '.rx_packets == 13 and .tx_packets == 0 and .digits == 2147483680'
	is "digits told" "$(event_count '.event == "dtmf"')" 3
	is "the first" "$(event_count ".event == \"dtmf\" and .digit == 5 and .duration == 800 and .volume == 10 and .pt == 101 and .new == \"$RA\" and .local == \"$LA\"")" 1
	monitor_stop
	clear_bridges
}

# What is blocked is counted, and goes no further; RTCP does.
test_what_is_blocked()
{
	open
	send 10 10 --pps 0
	leg_becomes "$LB" '.tx_packets == 10'
	ok "digits" m rtplane leg set local "$LA" digits 32 block digits
	event 101 1000 0x8a 5
	send 10 23 --pps 0 --seq 100
	leg_becomes "$LB" '.tx_packets == 20'
	leg_holds "$LA" '.drops.blocked == 3 and .block == "digits"'
	ok "media" m rtplane leg set local "$LA" block media
	send 10 33 --pps 0 --seq 200
	send 5 38 --pps 0 --kind sr
	leg_becomes "$LB" '.tx_packets == 25'
	leg_holds "$LA" '.drops.blocked == 13 and .rtp.packets == 33'
	ok "nothing" m rtplane leg set local "$LA" block nothing
	send 10 48 --pps 0 --seq 300
	leg_becomes "$LB" '.tx_packets == 35'
	leg_holds "$LA" '.drops.blocked == 13'
	clear_bridges
}

# column of tshark's rtp,streams line of our stream: packets lost maxjitter(ms)
tshark_says()
{
	tshark -r "$1" -d udp.port==30000,rtp -q -z rtp,streams 2>/dev/null |
		awk '/0x11223344/ {
			for (i = 1; i <= NF; i++) if ($i ~ /^0x/) s = i
			# SSRC Payload Pkts Lost (pct) min mean max minj meanj maxj
			print $(s + 2), $(s + 3), $(s + 10)
		}'
}

test_tshark_agrees()
{
	local got pkts lost jitter mine
	command -v tshark >/dev/null || { skip "tshark is not installed"; return; }
	open
	bg cap m sniff --dev ma --port 30000 --pcap "$W/a.pcap" --timeout 60000
	# Every odd packet 6 ms late: jitter tends to 48 units of 1/8 ms.
	send 150 140 --pps 50 --late-us 6000 --lose 30-39 --swap 60,90
	stop cap
	got=$(tshark_says "$W/a.pcap")
	read -r pkts lost jitter <<<"$got"
	note "tshark: $pkts packets, $lost lost, max jitter $jitter ms; module: $(leg_val "$LA" '.rtp | tostring')"
	is "packets" "$(leg_val "$LA" .rtp.packets)" "$pkts"
	is "lost" "$(leg_val "$LA" .rtp.lost)" "$lost"
	mine=$(leg_val "$LA" .rtp.jitter_max)
	# Within half a millisecond or 10 %: the two clocks read the packet at
	# different places.
	ok "largest jitter: $mine units here, $jitter ms there" awk -v a="$mine" -v b="$jitter" \
		'BEGIN { d = a / 8 - b; if (d < 0) d = -d; exit !(d <= 0.5 || d <= b / 10) }'
	# A sender that has to wait for a processor only adds to it.
	ok "jitter is 6 ms, or more of the $mine that tshark saw, too" \
		awk -v a="$(leg_val "$LA" .rtp.jitter)" -v max="$mine" 'BEGIN { exit !(a > 24 && a <= max) }'
	clear_bridges
}

test_remote_view_from_receiver_reports()
{
	open
	monitor_start
	a rtp --on "$RA" --to "$LA" --send 1 --kind rr --blocks 1 --about 0xcafe0001 \
		--fraction 64 --cumulative 77 --highest 1000 --jitter 123 >/dev/null
	leg_becomes "$LA" '.rtcp.reports == 1'
	leg_holds "$LA" '.rtcp.fraction_lost == 64 and .rtcp.lost == 77 and .rtcp.jitter == 123'
	event_comes ".event == \"rtcp\" and .local == \"$LA\""
	a rtp --on "$RA" --to "$LA" --send 1 --kind sr --blocks 2 --about 0xcafe0001 \
		--fraction 1 --cumulative -5 --jitter 9 >/dev/null
	leg_becomes "$LA" '.rtcp.reports == 3'
	leg_holds "$LA" '.rtcp.fraction_lost == 1 and .rtcp.lost == -5 and .rtcp.jitter == 9 and .rtcp.rtt == null'
	monitor_stop
	clear_bridges
}

test_round_trip_time()
{
	local hex lsr start took rtt
	open
	bg callee a rtp --on "$RA" --expect 1 --packets
	start=${EPOCHREALTIME/[.,]/}
	b rtp --on "$RB" --to "$LB" --send 1 --kind sr >/dev/null
	finish callee
	# Middle 32 bits of the NTP time of that report.
	hex=$(val callee '.packets[0].hex')
	lsr=$((16#${hex:20:8}))
	a rtp --on "$RA" --to "$LA" --send 1 --kind rr --blocks 1 --lsr $lsr --dlsr 0 >/dev/null
	leg_becomes "$LA" '.rtcp.reports == 1'
	took=$((${EPOCHREALTIME/[.,]/} - start))
	rtt=$(leg_val "$LA" '.rtcp.rtt // 0')
	ok "round trip $rtt us of at most $took us" test "$rtt" -gt 0 -a "$rtt" -le "$took"
	# A report of an unknown sender report tells nothing new.
	a rtp --on "$RA" --to "$LA" --send 1 --kind rr --blocks 1 --lsr 12345 --dlsr 0 >/dev/null
	leg_becomes "$LA" '.rtcp.reports == 2'
	is "round trip" "$(leg_val "$LA" .rtcp.rtt)" "$rtt"
	clear_bridges
}

test_first_and_last_packet()
{
	local before after
	open
	before=$(date +%s)
	send 3 3 --pps 20
	after=$(date +%s)
	# Nanoseconds of the real clock, or a text that the command made of them.
	ok "first and last are set" leg_holds "$LA" '.first != null and .last != null and .last >= .first'
	if [ "$(leg_val "$LA" '.first | type')" = number ]; then
		leg_holds "$LA" ".first / 1e9 >= $before - 1 and .last / 1e9 <= $after + 1"
	fi
	clear_bridges
}

run_tests "$@"
