#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=arm64 smp=2
#
# Another processor: a call's worth of packets on Debian's arm64 kernel, which
# has weaker memory ordering, other alignment rules and checksum code of its own.
# The other tests run there, too: selftests/run --kernels arm64 selftests/NAME.sh
#
#   a: a0 192.0.2.1 :40000 ==== ma LA [m] LB mb ==== b0 198.51.100.1 :50000 :b

# shellcheck source-path=SCRIPTDIR source=srtp_lib.sh
. "$(dirname "$0")/srtp_lib.sh"

[ "${VM_KERNEL:-}" = arm64 ] || skip_all "this is no arm64 guest; expected --kernels arm64"

# ten seconds of a call at 50 packets/s
N=500

setup() { need srtpway srtpswap; topology && enrol && offload_off && judge; }

test_it_is_another_processor() { is "machine" "$(uname -m)" aarch64; }

# Both sides send and receive at once; nothing is lost, doubled or spoilt.
call()
{
	local la=$1 ra=$2 lb=$3 rb=$4
	bg callee b rtp --on "$rb" --to "$lb" --send $N --pps 200 --ssrc 0xbbbbbbbb \
		--after-first --expect $N --timeout 30000
	bg caller a rtp --on "$ra" --to "$la" --send $N --pps 200 --ssrc 0xaaaaaaaa \
		--expect $N --timeout 30000
	finish caller
	finish callee
	holds callee ".received == $N and .lost == 0 and .dups == 0 and .whole == {\"yes\": $N} and .src == {\"$lb\": $N}"
	holds caller ".received == $N and .lost == 0 and .dups == 0 and .whole == {\"yes\": $N} and .src == {\"$la\": $N}"
	leg_holds "$la" ".rx_packets == $N and .tx_packets == $N and .dropped == 0 and .state == \"locked\" and .rtp.lost == 0"
	leg_holds "$lb" ".rx_packets == $N and .tx_packets == $N and .dropped == 0 and .state == \"locked\" and .rtp.lost == 0"
}

test_a_call_of_ipv4()
{
	ok "bridge" bridge early on -- early on
	monitor_start
	call "$LA" "$RA" "$LB" "$RB"
	event_comes ".event == \"latch\" and .local == \"$LA\" and .new == \"$RA\""
	monitor_stop
	clear_bridges
}

test_a_call_of_ipv6()
{
	ok "bridge" m rtplane bridge add leg local "$LA6" remote "$RA6" early on leg local "$LB6" remote "$RB6" early on
	call "$LA6" "$RA6" "$LB6" "$RB6"
	clear_bridges
}

test_a_call_from_ipv4_to_ipv6()
{
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" early on leg local "$LB6" remote "$RB6" early on
	call "$LA" "$RA" "$LB6" "$RB6"
	clear_bridges
}

# Taken off by one suite and put on by another, with libsrtp2 as the judge of both.
test_SRTP()
{
	local suite last=AEAD_AES_256_GCM
	for suite in AES_CM_128_HMAC_SHA1_80 AEAD_AES_128_GCM AES_256_CM_HMAC_SHA1_32 AEAD_AES_256_GCM; do
		ok "bridge" bridge srtp-rx "$suite" "$(words "$suite" 1)" -- early on srtp-tx $last "$(words $last 2)"
		way both --tx "$suite:$(key "$suite" 1)" --rx "$last:$(key $last 2)" --count 200 \
			--seq 65436 --ssrcs 2 --rtcp 10 --flip --replay
		holds both '.sent == 200 and .good == 200 and .wrong == 0 and .auth == 0'
		leg_holds "$LA" '.rx_packets == 200 and .drops["srtp-replay"] >= 190'
		clear_bridges
		last=$suite
	done
	is "packets that took the slow way" "$(stats_val .srtp_slow)" 0
}

test_keys_change_while_packets_go_both_ways()
{
	ok "bridge" bridge early on -- early on
	m srtpswap --a "$A" --on "$RA" --leg "$LA" --b "$B" --bound "$RB" --other "$LB" --swaps 60 \
		>"$W/swap.json" 2>"$W/swap.err" || fail "srtpswap: $(cat "$W/swap.err")"
	holds swap '.swaps >= 60'
	leg_holds "$LA" ".rx_packets == $(val swap '.sent[0]') and .dropped == $(val swap '.forged[0]')"
	clear_bridges
}

test_checksums_on_the_wire()
{
	ok "bridge" bridge latch off dscp 46 -- latch off dscp 46
	relay 50
	holds wire '.received == 50 and .ipsum == {"ok": 50} and .udpsum == {"ok": 50} and .tos == {"184": 50}'
	clear_bridges
}

test_natmap()
{
	ip -n "$B" route add 192.0.2.0/24 via $MB4
	ok "natmap" m rtplane natmap add ext "$MA4" int "$B4" ports 31000-31100
	bg inside b rtp --on "$B4:31002" --echo --timeout 30000
	a rtp --on "$RA" --to "$MA4:31002" --send 20 --expect 20 --pps 100 >"$W/caller.json"
	stop inside
	holds caller ".received == 20 and .src == {\"$MA4:31002\": 20}"
	ok "natmap" m rtplane natmap del ext "$MA4" ports 31000-31100
}

run_tests "$@"
