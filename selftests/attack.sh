#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# RTP bleed and RTP injection (CVE-2017-14099, CVE-2025-53399) replayed.  In
# the default mode none of it may move a latch, reach the other party or earn
# the attacker a single packet.
#
#   a: a0 192.0.2.1 (caller) ==== ma LA [m] LB mb ==== b0 198.51.100.1 (callee) :b
#                                       mx 203.0.113.254
#                                       ||
#                                       x0 203.0.113.66 (attacker)             :x
#
# The attacker knows every address, port and SSRC; its frames come by mx.  Another one
# sits in the caller's own network, so that what it forges comes by ma: forge.

. "$(dirname "$0")/lib.sh"

XX=203.0.113.66 MX=203.0.113.254
X_MAC=02:00:00:00:0c:01 MX_MAC=02:00:00:00:0c:fe

setup()
{
	topology && enrol && quiet_ns "$X" || return 1
	ip link add x0 netns "$X" address $X_MAC type veth peer name mx netns "$M" address $MX_MAC || return 1
	ip -n "$X" addr add $XX/24 dev x0
	ip -n "$X" link set dev x0 up
	ip -n "$X" route add default via $MX
	ip -n "$M" addr add $MX/24 dev mx
	ip -n "$M" link set dev mx up
	enrol_dev mx
}

# spray COUNT [OPTIONS]: the attacker's frames, its own source address.
spray()
{
	local n=$1
	shift
	x rawpkt --dev x0 --smac $X_MAC --dmac $MX_MAC --src $XX --dst $MA4 \
		--sport 40000 --dport 30000 --count "$n" --pps $FAST "$@" >/dev/null
}

# forge COUNT [OPTIONS]: frames of the caller's address and another port, by ma.
forge()
{
	local n=$1
	shift
	a rawpkt --dev a0 --smac "$A_MAC" --dmac "$MA_MAC" --src "$A4" --dst "$MA4" \
		--sport 45000 --dport 30000 --count "$n" --pps $FAST --ssrc 0xcccccccc "$@" >/dev/null
}

# reverse_path N: what the stack of m asks of the source of a packet.
reverse_path()
{
	m sysctl -qw net.ipv4.conf.all.rp_filter="$1" net.ipv4.conf.ma.rp_filter="$1" \
		net.ipv4.conf.mb.rp_filter="$1" net.ipv4.conf.mx.rp_filter="$1"
}

# watch_attacker / unseen: no packet may ever arrive at x.
watch_attacker() { bg spy x sniff --dev x0 --timeout 120000; }

unseen()
{
	stop spy
	holds spy '.received == 0'
}

# call: 100 packets each way; b answers from a's first packet on, so that a is
# latched by then and everything must arrive.
call()
{
	bg callee b rtp --on "$RB" --to "$LB" --send 100 --pps 200 --after-first \
		--expect 100 --timeout 20000 --ssrc 0xbbbbbbbb
	a rtp --on "$RA" --to "$LA" --send 100 --pps 200 --expect 100 --timeout 20000 --ssrc 0xaaaaaaaa >"$W/caller.json"
	finish callee
}

call_is_clean()
{
	holds callee ".received == 100 and .lost == 0 and .dups == 0 and .src == {\"$LB\": 100} and .ssrc == {\"aaaaaaaa\": 100}"
	holds caller ".received == 100 and .src == {\"$LA\": 100} and .ssrc == {\"bbbbbbbb\": 100} and .dups == 0"
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1"
	leg_holds "$LB" ".latched == \"$RB\""
}

test_bleed_before_the_call()
{
	ok "bridge" bridge -- early on
	watch_attacker
	spray 1000 --dport 30000-30009
	leg_becomes "$LA" '.drops.refused == 100'
	leg_holds "$LA" ".state == \"waiting\" and .offender == \"$XX:40000\" and .rx_packets == 0"
	call
	call_is_clean
	unseen
	clear_bridges
}

test_bleed_during_the_call()
{
	local spraying
	ok "bridge" bridge -- early on
	a rtp --on "$RA" --to "$LA" --send 1 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" '.state == "locked"'
	watch_attacker
	spray 4000 --pps 4000 --sport 1024-1123 &
	spraying=$!
	call
	wait "$spraying"
	call_is_clean
	leg_becomes "$LA" '.drops.refused == 4000'
	unseen
	clear_bridges
}

test_injection_with_the_right_ssrc_and_sequence()
{
	local spraying
	ok "bridge" bridge -- early on
	watch_attacker
	a rtp --on "$RA" --to "$LA" --send 1 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" '.state == "locked"'
	spray 1000 --pps 500 --ssrc 0xaaaaaaaa --seq 50 --sport 40000 &
	spraying=$!
	call
	wait "$spraying"
	call_is_clean
	leg_becomes "$LA" '.drops.refused == 1000'
	unseen
	clear_bridges
}

test_race_at_the_start_of_the_call()
{
	local spraying
	ok "bridge" bridge -- early on
	watch_attacker
	# The flood is there first, and goes on.
	spray 3000 --pps 3000 --ssrc 0xaaaaaaaa &
	spraying=$!
	leg_becomes "$LA" '.drops.refused >= 100'
	call
	wait "$spraying"
	call_is_clean
	unseen
	clear_bridges
}

test_attacker_on_the_other_leg()
{
	ok "bridge" bridge -- early on
	watch_attacker
	spray 500 --dst $MB4 --dport 30002
	leg_becomes "$LB" '.drops.refused == 500'
	call
	call_is_clean
	unseen
	clear_bridges
}

test_rtcp_bleed()
{
	ok "bridge" bridge -- early on
	watch_attacker
	spray 100 --kind sr
	spray 100 --kind rr --blocks 1 --about 0xaaaaaaaa --fraction 255
	leg_becomes "$LA" '.drops.refused == 200'
	leg_holds "$LA" '.rtcp_packets == 0 and (.rtcp.reports // 0) == 0'
	call
	call_is_clean
	unseen
	clear_bridges
}

test_spoofed_address_of_the_caller_after_the_lock()
{
	ok "bridge" bridge -- early on
	call
	# The caller's own address, every other port.
	spray 2000 --src $A4 --sport 1024-3023 --ssrc 0xaaaaaaaa
	leg_becomes "$LA" '.drops.refused == 2000'
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1 and .rx_packets == 100"
	clear_bridges
}

# Before the lock, in every mode: what is forged is not heard by anybody, and does not
# keep the caller out.
test_forged_before_the_lock()
{
	local mode n
	for mode in off restricted learn; do
		for n in 1 2; do
			ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch "$mode" \
				leg local "$LB" remote "$RB" early on
			forge "$n"
			leg_holds "$LA" '.rx_packets == 0'
			call
			call_is_clean
			leg_becomes "$LA" "(.drops.refused // 0) + (.drops.probation // 0) == $n"
			clear_bridges
		done
	done
}

# Enough of them to be committed: the caller takes its place back with one packet.
test_forged_until_committed()
{
	local mode
	for mode in restricted learn; do
		ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch "$mode" \
			leg local "$LB" remote "$RB" early on
		forge 3
		leg_becomes "$LA" ".latched == \"$A4:45000\""
		call
		holds callee '.ssrc["aaaaaaaa"] == 100 or (.ssrc["aaaaaaaa"] + .ssrc["cccccccc"] == 100)'
		holds caller '.received == 100 and .lost == 0'
		leg_holds "$LA" ".latched == \"$RA\" and .latches == 2 and .rx_packets == 103"
		forge 10
		leg_becomes "$LA" '.drops.refused == 10'
		clear_bridges
	done
}

# A frame for each port that may be waiting.
test_forged_on_every_port_of_the_range()
{
	local i batch=''
	for i in $(seq 0 2 198); do
		batch+="bridge add leg local $MA4:$((30000 + i)) remote $A4:40000 leg local $MB4:$((30000 + i)) remote $B4:50000"$'\n'
	done
	m rtplane -batch - <<<"$batch"
	forge 400 --dport 30000-30199
	for i in 0 50 100 198; do
		a rtp --on "$RA" --to "$MA4:$((30000 + i))" --send 2 --pps 0 >/dev/null
		leg_becomes "$MA4:$((30000 + i))" ".latched == \"$RA\" and .latches == 1 and .rx_packets == 2"
	done
	m rtplane --json leg show >"$W/legs.json"
	holds legs "[.[] | select(.latched != null and .latched != \"$RA\")] | length == 0"
	clear_bridges
}

# RTCP of the caller's address from a port that is not RTP's next.
test_forged_rtcp()
{
	local rtcp=$MA4:30001
	ok "bridge" bridge
	ok "RTCP" m rtplane bridge add leg local "$rtcp" latch learn probation 0 tie "$LA" \
		leg local "$MB4:30003" remote "$B4:50001" latch off
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 >/dev/null
	leg_becomes "$LA" '.state == "locked"'
	forge 20 --dport 30001 --kind rr --blocks 1 --about 0xaaaaaaaa --fraction 255
	leg_becomes "$rtcp" '.drops.refused == 20'
	leg_holds "$rtcp" '.rtcp_packets == 0 and .state == "waiting"'
	a rtp --on "$A4:40001" --to "$rtcp" --send 1 --kind sr >/dev/null
	leg_becomes "$rtcp" ".latched == \"$A4:40001\""
	clear_bridges
}

# One or two frames after silence do not take over.
test_forged_after_silence()
{
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" relatch 200 \
		leg local "$LB" remote "$RB" early on
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" '.state == "locked"'
	# Nobody sends from there: the reply is waited for in vain.
	a rtp --on "$A4:45001" --expect 1 --timeout 300 >/dev/null
	forge 2
	leg_becomes "$LA" '.drops.probation == 2'
	leg_holds "$LA" ".latched == \"$RA\" and .rx_packets == 2"
	clear_bridges
}

# The caller's address and port themselves, in the midst of its stream, without its SSRC.
test_forged_stream_of_the_remote()
{
	local i
	ok "bridge" bridge -- early on
	bg callee b rtp --on "$RB" --expect 400 --timeout 40000
	bg caller a rtp --on "$RA" --to "$LA" --send 400 --pps 100 --ssrc 0xaaaaaaaa
	leg_becomes "$LA" '.rx_packets >= 50'
	for i in 1 2 3 4 5; do
		forge 20 --sport 40000
	done
	finish caller
	stop callee
	# A machine that lets the caller wait for too long lets one burst in, not more.
	leg_becomes "$LA" '.drops.ssrc >= 70'
	holds callee '.ssrc["aaaaaaaa"] == 400 and .received <= 420'
	# Whoever comes while it is silent does not keep it out.
	forge 20 --sport 40000 --ssrc 0xdddddddd --pps 100
	a rtp --on "$RA" --to "$LA" --send 10 --pps 0 --seq 401 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" ".rx_packets >= 430 and .latched == \"$RA\""
	clear_bridges
}

# Who never qualifies holds no place, and nothing that it sends is heard: every second
# number, from its own address, from before the call until after it.
test_a_squatter_does_not_keep_the_caller_out()
{
	local squatting
	ok "bridge" m rtplane bridge add leg local "$LA" latch learn leg local "$LB" remote "$RB" early on
	bg callee b rtp --on "$RB" --to "$LB" --expect 100 --timeout 20000
	a rtp --on "$X4:40000" --to "$LA" --send 600 --pps 60 --lose /2 --ssrc 9 >/dev/null &
	squatting=$!
	leg_becomes "$LA" '.state == "probation"'
	a rtp --on "$RA" --to "$LA" --send 150 --pps 50 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" ".latched == \"$RA\" and .rx_packets >= 100"
	finish callee
	holds callee '(.ssrc | keys) == ["aaaaaaaa"]'
	kill "$(tool_of "$squatting")"
	wait "$squatting" 2>/dev/null
	clear_bridges
}

# From outside, with the caller's address and port: the stack would not let that in.
test_the_device_counts()
{
	reverse_path 1
	ok "bridge" bridge -- early on
	spray 5 --src "$A4" --sport 40000
	can device && leg_becomes "$LA" '.drops.refused == 5'
	leg_holds "$LA" '.state == "waiting" and .rx_packets == 0'
	call
	call_is_clean
	spray 5 --src "$A4" --sport 40000 --ssrc 0xaaaaaaaa
	can device && leg_becomes "$LA" '.drops.refused == 10'
	leg_holds "$LA" '.rx_packets == 100'
	# After the commit, whatever the stack would say.
	reverse_path 0
	if can device; then
		spray 5 --src "$A4" --sport 40000 --ssrc 0xaaaaaaaa
		leg_becomes "$LA" '.drops.refused == 15'
		leg_holds "$LA" ".rx_packets == 100 and .latched == \"$RA\""
	fi
	clear_bridges
}

test_a_hundred_thousand_sources()
{
	ok "bridge" bridge -- early on
	call
	spray 20000 --src 10.0.0.1 --sources 100000 --sport 1024-50000
	leg_becomes "$LA" '.drops.refused + (.drops.martian // 0) == 20000'
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1"
	call
	leg_holds "$LA" '.rx_packets == 200'
	clear_bridges
}

test_flood_on_every_port_of_the_range()
{
	local i batch=''
	for i in $(seq 0 2 3000); do
		batch+="bridge add leg local $MA4:$((30000 + i)) remote $A4:40000 leg local $MB4:$((30000 + i)) remote $B4:50000"$'\n'
	done
	m rtplane -batch - <<<"$batch"
	is "legs" "$(leg_count)" 3002
	# Some talk already, most still wait.
	for i in 0 100 2000; do
		a rtp --on "$RA" --to "$MA4:$((30000 + i))" --send 2 --pps 0 >/dev/null
	done
	watch_attacker
	spray 6002 --dport 30000-33000
	spray 6002 --dst $MB4 --dport 30000-33000
	stats_become '.drops.refused >= 6004'
	m rtplane --json leg show >"$W/legs.json"
	holds legs '[.[] | select(.state == "locked")] | length == 3'
	holds legs "[.[] | select(.latched != null and .latched != \"$RA\")] | length == 0"
	holds legs '[.[] | select(.drops.refused < 2)] | length == 0'
	unseen
	clear_bridges
}

test_learn_after_the_commit_is_locked_too()
{
	ok "bridge" m rtplane bridge add leg local "$LA" latch learn leg local "$LB" remote "$RB"
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 --ssrc 0xaaaaaaaa >/dev/null
	leg_becomes "$LA" ".latched == \"$RA\""
	watch_attacker
	spray 2000 --ssrc 0xaaaaaaaa --seq 6
	leg_becomes "$LA" '.drops.refused == 2000'
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1"
	unseen
	clear_bridges
}

test_learn_with_a_spray_of_random_sources_before()
{
	# Sources that send one packet each never pass probation; the caller gets
	# its place at the latest when they stop.
	ok "bridge" m rtplane bridge add leg local "$LA" latch learn leg local "$LB" remote "$RB"
	watch_attacker
	spray 2000 --pps 1000 --src 10.0.0.1 --sources 2000 --sport 1024-9000 &
	leg_becomes "$LA" '.drops.refused >= 100'
	a rtp --on "$RA" --to "$LA" --send 250 --pps 50 --ssrc 0xaaaaaaaa >/dev/null
	wait $!
	leg_becomes "$LA" ".latched == \"$RA\" and .latches == 1"
	unseen
	clear_bridges
}

test_events_of_a_flood_are_few()
{
	ok "bridge" bridge -- early on
	call
	monitor_start
	spray 5000 --pps 5000 --sport 1024-6023
	leg_becomes "$LA" '.drops.refused == 5000'
	monitor_stop
	ok "at most a few events" test "$(event_count '.event == "refused"')" -le 30
	clear_bridges
}

run_tests "$@"
