#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12,7 backends=kernel,uring smp=2 timeout=600
#
# SRTP on one leg or on both, with libsrtp2 on the other side (tools/srtpway.c): every
# suite, each direction, packets at random in any order; keys that change; what does
# not authenticate; where sources stand, told and given.
#
#   a: a0 ==== ma LA [m] LB mb ==== b0 :b      srtpway has a socket in a and one in b

# shellcheck source-path=SCRIPTDIR source=srtp_lib.sh
. "$(dirname "$0")/srtp_lib.sh"

SUITES="AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AES_256_CM_HMAC_SHA1_80
AES_256_CM_HMAC_SHA1_32 AEAD_AES_128_GCM AEAD_AES_256_GCM"

# SRTP_SEED=N in the environment: other packets
SEED=${SRTP_SEED:-1}
# any length that may leave in one piece
MAX=1380

setup() { need srtpway; topology && enrol && judge; }

# whole NAME N: N packets, each as it was
whole() { holds "$1" ".sent == $2 and .good == $2 and .wrong == 0 and .auth == 0"; }

# two legs of which the one towards b is given as it is, and nobody guards SSRCs
secured() { bridge ssrc-guard off early on "$1" "$2" "$3" "${@:4}"; }

test_every_suite_taken_off()
{
	local suite
	for suite in $SUITES; do
		ok "bridge" bridge ssrc-guard off srtp-rx "$suite" "$(words "$suite" 1)" -- early on
		way off --seed "$SEED" --max "$MAX" --tx "$suite:$(key "$suite" 1)" --count 96 --ssrcs 3 --rtcp 15 --shuffle 9 --flip --replay
		whole off 96
		leg_becomes "$LA" ".rx_packets == 96 and .latched == \"$RA\" and .dropped == 192 and .drops[\"srtp-replay\"] >= 96 and .drops[\"srtp-auth\"] >= 85"
		clear_bridges
	done
}

test_every_suite_put_on()
{
	local suite
	for suite in $SUITES; do
		ok "bridge" bridge ssrc-guard off -- early on srtp-tx "$suite" "$(words "$suite" 2)"
		way on --seed "$SEED" --max "$MAX" --rx "$suite:$(key "$suite" 2)" --count 96 --ssrcs 3 --rtcp 15 --shuffle 9
		whole on 96
		clear_bridges
	done
}

test_both_legs_with_other_suites()
{
	local suite last=AEAD_AES_256_GCM
	for suite in $SUITES; do
		ok "bridge" bridge srtp-rx "$suite" "$(words "$suite" 3)" -- early on srtp-tx $last "$(words $last 4)"
		way both --tx "$suite:$(key "$suite" 3)" --rx "$last:$(key $last 4)" --count 64 \
			--ssrcs 2 --rtcp 15 --flip
		whole both 64
		clear_bridges
		last=$suite
	done
}

# libsrtp2 looks for the identifier of RTCP where RTP's tag would have it, so that it cannot
# judge suites whose tags differ.
test_master_key_identifiers()
{
	local suite rtcp
	for suite in AES_CM_128_HMAC_SHA1_80 AES_256_CM_HMAC_SHA1_32 AEAD_AES_128_GCM; do
		rtcp=20
		[ $suite != AES_256_CM_HMAC_SHA1_32 ] || rtcp=0
		ok "bridge" bridge srtp-rx $suite "$(words $suite 5)" mki 0001 -- \
			early on srtp-tx $suite "$(words $suite 6)" mki 000102030405060708090a0b0c0d0e0f
		way mki --tx "$suite:$(key $suite 5):0001" \
			--rx "$suite:$(key $suite 6):000102030405060708090a0b0c0d0e0f" --count 48 --rtcp $rtcp --flip
		whole mki 48
		leg_holds "$LA" ".srtp_rx.mki == \"0001\""
		clear_bridges
		ok "bridge" bridge srtp-rx $suite "$(words $suite 5)" mki 0002 -- early on
		way mki --tx "$suite:$(key $suite 5):0001" --count 16 --burst 16 --none
		holds mki '.good == 0 and .wrong == 0'
		leg_becomes "$LA" '.rx_packets == 0 and .drops["srtp-auth"] == 16'
		clear_bridges
	done
}

# What was forged does not latch, is counted nowhere else, and the limit is not its.
test_only_what_authenticates_counts()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	ok "bridge" m rtplane bridge add leg local "$LA" latch learn srtp-rx $suite "$(words $suite 1)" \
		leg local "$LB" remote "$RB" early on
	way forged --tx "$suite:$(key $suite 2)" --count 64 --burst 64 --none
	holds forged '.good == 0 and .wrong == 0'
	leg_becomes "$LA" '.rx_packets == 0 and .state == "waiting" and .drops["srtp-auth"] == 64 and
		.srtp_rx.sources == [] and (.rtp // null) == null'
	way right --tx "$suite:$(key $suite 1)" --count 64 --seq 1000
	whole right 64
	leg_holds "$LA" ".latched == \"$RA\" and .latches == 1"
	# one packet, and none after it for minutes
	ok "limit" m rtplane leg set local "$LA" bps 1
	way spoofed --tx "$suite:$(key $suite 2)" --count 64 --seq 1064 --burst 64 --none
	leg_becomes "$LA" '.rx_packets == 64 and .drops["srtp-auth"] == 128 and (.drops.bps // 0) == 0'
	way last --tx "$suite:$(key $suite 1)" --count 1 --seq 1064
	whole last 1
	way beyond --tx "$suite:$(key $suite 1)" --count 4 --seq 1065 --burst 4 --none
	leg_becomes "$LA" '.rx_packets == 65 and .drops.bps == 4'
	clear_bridges
}

test_keys_change_under_traffic()
{
	local suite i from=65000
	for suite in AES_CM_128_HMAC_SHA1_80 AEAD_AES_128_GCM; do
		ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on srtp-tx $suite "$(words $suite 1)"
		way before --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 1)" --count 50 --seq $from
		whole before 50
		for i in 2 3 4; do
			ok "new keys" m rtplane bridge set leg local "$LA" srtp-rx $suite "$(words $suite $i)" \
				leg local "$LB" srtp-tx $suite "$(words $suite $i)" fresh
			# the other party begins anew, with rollover counter 0
			way after$i --tx "$suite:$(key $suite $i)" --rx "$suite:$(key $suite $i)" \
				--count 100 --seq $((i * 100))
			whole after$i 100
		done
		# what the former key protected still comes, until the new one is in use
		ok "new key" m rtplane leg set local "$LA" srtp-rx $suite "$(words $suite 5)"
		way late --tx "$suite:$(key $suite 4)" --rx "$suite:$(key $suite 4)" --count 20 --seq 600 --burst 20
		leg_becomes "$LA" ".rx_packets == 370"
		way new --tx "$suite:$(key $suite 5)" --rx "$suite:$(key $suite 4)" --count 70 --seq 700 --burst 70
		leg_becomes "$LA" ".rx_packets == 440"
		way void --tx "$suite:$(key $suite 4)" --count 20 --seq 900 --burst 20 --none
		leg_holds "$LA" ".rx_packets == 440"
		clear_bridges
	done
}

# One that was used before goes on behind where it was, and knows what was here.
test_a_key_comes_back()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	needs back || return
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on srtp-tx $suite "$(words $suite 3)"
	way first --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 3)" --count 48 --seq 5000
	whole first 48
	ok "others" m rtplane bridge set leg local "$LA" srtp-rx $suite "$(words $suite 2)" \
		leg local "$LB" srtp-tx $suite "$(words $suite 4)" fresh
	way others --tx "$suite:$(key $suite 2)" --rx "$suite:$(key $suite 4)" --count 70 --seq 5100 --burst 70
	whole others 70
	ok "the first ones" m rtplane bridge set leg local "$LA" srtp-rx $suite "$(words $suite 1)" \
		leg local "$LB" srtp-tx $suite "$(words $suite 3)"
	# the very packets that were here
	way again --tx "$suite:$(key $suite 1)" --count 48 --seq 5000 --burst 48 --none
	holds again '.good == 0 and .wrong == 0'
	leg_holds "$LA" '.rx_packets == 118'
	clear_bridges
	ok "bridge" bridge -- early on srtp-tx $suite "$(words $suite 3)"
	way one --rx "$suite:$(key $suite 3)" --count 48 --seq 5000
	whole one 48
	ok "another" m rtplane leg set local "$LB" srtp-tx $suite "$(words $suite 4)" fresh
	way two --rx "$suite:$(key $suite 4)" --count 48 --seq 100
	whole two 48
	ok "the first one" m rtplane leg set local "$LB" srtp-tx $suite "$(words $suite 3)"
	# numbers that it had before are moved on, once two in a row ask for it
	way three --rx "$suite:$(key $suite 3)" --count 48 --seq 148 --burst 48
	leg_holds "$LB" '.srtp_tx.sources[0].index == 5094'
	leg_becomes "$LA" '.drops["srtp-replay"] == 1'
	clear_bridges
}

test_rtcp_makes_a_former_key_void_too()
{
	local suite=AEAD_AES_128_GCM
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on
	way first --tx "$suite:$(key $suite 1)" --count 16
	whole first 16
	ok "new key" m rtplane leg set local "$LA" srtp-rx $suite "$(words $suite 2)"
	way new --tx "$suite:$(key $suite 2)" --count 64 --rtcp 100
	whole new 64
	way void --tx "$suite:$(key $suite 1)" --count 16 --rtcp 100 --burst 16 --none
	holds void '.good == 0 and .wrong == 0'
	leg_becomes "$LA" '.rx_packets == 80 and .dropped == 16'
	clear_bridges
}

test_sources_beyond_64()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	needs sources || return
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on
	way many --tx "$suite:$(key $suite 1)" --count 1500 --ssrcs 64
	whole many 1500
	leg_holds "$LA" '.srtp_rx.sources | length == 64'
	a srtp --on "$RA" --to "$LA" --suite $suite --tx "$(words $suite 1)" --rx "$(words $suite 1)" \
		--send 5 --every 0 --wait 100 --ssrc 99 >/dev/null
	leg_becomes "$LA" '.drops["srtp-fail"] == 5 and .rx_packets == 1500'
	clear_bridges
}

# Its E bit is 0 (RFC 3711 section 3.4, RFC 7714 section 9.3).
test_RTCP_that_is_only_authenticated()
{
	local suite
	needs clear-rtcp || return
	for suite in AES_CM_128_HMAC_SHA1_32 AEAD_AES_256_GCM; do
		ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on
		way clear --tx "$suite:$(key $suite 1)" --count 48 --rtcp 60 --clear-rtcp --flip
		whole clear 48
		clear_bridges
	done
}

# Where a source stands is told, and given to another that goes on there.
test_where_sources_stand()
{
	local suite=AES_CM_128_HMAC_SHA1_80 index rtcp
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on srtp-tx $suite "$(words $suite 2)"
	# the size of its bursts is part of what it sends
	way first --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 2)" --count 200 --seq 65500 --rtcp 10 --burst 200
	whole first 200
	index=$(leg_val "$LA" '.srtp_rx.sources[0].index')
	rtcp=$(leg_val "$LA" '.srtp_rx.sources[0].rtcp_index')
	ok "past the rollover" test "$index" -gt 65536
	leg_holds "$LB" ".srtp_tx.sources[0].index == $index and .srtp_tx.sources[0].ssrc == \"0x5eed0000\""
	clear_bridges
	# the same packets again: all of them were here
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" source 0x5eed0000 index "$index" rtcp-index "$rtcp" -- early on
	way again --tx "$suite:$(key $suite 1)" --count 200 --seq 65500 --rtcp 10 --burst 200 --none
	holds again '.good == 0 and .wrong == 0'
	leg_becomes "$LA" '.drops["srtp-replay"] == 200 or (.drops["srtp-replay"] + .drops["srtp-auth"] == 200)'
	clear_bridges
}

test_large_and_small()
{
	local suite
	for suite in AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM; do
		ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on srtp-tx $suite "$(words $suite 2)"
		way small --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 2)" --count 64 --max 3 --seq 100
		whole small 64
		way large --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 2)" --count 64 --min 1300 --max 1320 --seq 3000
		whole large 64
		clear_bridges
	done
}

test_what_grows_above_the_mtu()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	ok "bridge" bridge ssrc-guard off -- early on srtp-tx $suite "$(words $suite 1)"
	# 1,472 bytes of RTP come in one piece, and are 10 more when they leave
	way cut --rx "$suite:$(key $suite 1)" --min 1440 --max 1460 --count 48
	whole cut 48
	if can mtu; then
		a rtp --on "$RA" --to "$LA" --send 3 --pps 20 --size 1472 --df 1 --errors >"$W/caller.json"
		leg_becomes "$LA" '.drops["too-big"] >= 1'
		# as large as may come to be 1500 when it grows by 10
		holds caller ".icmp | has(\"3/4 1490 $MA4\")"
		a ip route flush cache
	fi
	clear_bridges
}

test_families()
{
	local suite=AEAD_AES_128_GCM
	ok "bridge" m rtplane bridge add leg local "$LA6" remote "$RA6" srtp-rx $suite "$(words $suite 1)" \
		leg local "$LB6" remote "$RB6" early on srtp-tx AES_CM_128_HMAC_SHA1_80 "$(words AES_CM_128_HMAC_SHA1_80 1)"
	run_way six --from "$A" --on "$RA6" --to "$LA6" --at "$B" --bound "$RB6" --tx "$suite:$(key $suite 1)" \
		--rx "AES_CM_128_HMAC_SHA1_80:$(key AES_CM_128_HMAC_SHA1_80 1)" --count 100 --rtcp 10
	whole six 100
	clear_bridges
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" srtp-rx $suite "$(words $suite 1)" \
		leg local "$LB6" remote "$RB6" early on
	run_way four --from "$A" --on "$RA" --to "$LA" --at "$B" --bound "$RB6" --tx "$suite:$(key $suite 1)" \
		--count 100 --rtcp 10
	whole four 100
	clear_bridges
}

test_no_key_is_told()
{
	local suite=AES_CM_128_HMAC_SHA1_80 secret
	secret=$(words $suite 1)
	ok "bridge" bridge srtp-rx $suite "$secret" -- srtp-tx $suite "$secret"
	leg_holds "$LA" ".srtp_rx.suite == \"$suite\""
	m rtplane leg show >"$W/shown"; m rtplane --json leg show >>"$W/shown"
	ok "not there" bash -c '! grep -qF "$1" "$2"' - "$secret" "$W/shown"
	ok "taken off" m rtplane leg set local "$LA" srtp-rx none
	leg_holds "$LA" '(.srtp_rx // null) == null'
	clear_bridges
}

run_tests "$@"
