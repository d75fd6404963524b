#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,debug backends=kernel,uring smp=2
#
# Keys that change while packets go both ways, on two processors and as fast as they
# go, with libsrtp2 at both ends (tools/srtpswap.c): none is lost, none is dropped but
# those that were changed on the way, and none is protected by what it should not be.
#
#   a: a0 ==== ma LA [m] LB mb ==== b0 :b      srtpswap has a socket in a and one in b
#
# SRTP_SWAPS=N in the environment: so many changes of key, SRTP_SEED=N: others.

. "$(dirname "$0")/lib.sh"

SEED=${SRTP_SEED:-1}
COUNT=${SRTP_SWAPS:-$((500 / (SLOW * SLOW)))}
echo "# SRTP_SEED=$SEED SRTP_SWAPS=$COUNT"

setup() { need srtpswap; topology && enrol; }

# swap OPTION...: its line is in swap.json
swap()
{
	m srtpswap --a "$A" --on "$RA" --leg "$LA" --b "$B" --bound "$RB" --other "$LB" "$@" \
		>"$W/swap.json" 2>"$W/swap.err" ||
		fail "srtpswap $*: $(cat "$W/swap.err"); $(leg "$LA"; leg_text; leg "$LB"; leg_text)"
	note "$(cat "$W/swap.json")"
}

# what the legs counted is what was sent, and what did not authenticate what was forged
all_counted()
{
	leg_becomes "$LA" ".rx_packets == $(val swap '.sent[0]') and .tx_packets == $(val swap '.sent[1]') and
		.dropped == $(val swap '.forged[0]')"
	leg_becomes "$LB" ".rx_packets == $(val swap '.sent[1]') and .tx_packets == $(val swap '.sent[0]') and
		.dropped == $(val swap '.forged[1]')"
}

test_keys_change_at_full_rate()
{
	ok "bridge" bridge early on -- early on
	swap --swaps "$COUNT" --seed "$SEED"
	holds swap ".swaps >= $COUNT"
	all_counted
	clear_bridges
}

run_tests "$@"
