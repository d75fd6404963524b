#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2 timeout=600
#
# The state of a leg: told, given to another that goes on there, and a running call that is
# moved from one datapath to the other and back (tools/srtpway.c), with libsrtp2 as the judge
# that no packet is lost and no index used twice.
#
#   a: a0 ==== ma LA [m] LB mb ==== b0 :b      in m the module and an agent beside it
#
# Two datapaths cannot have one port at a time, so a bridge is removed from the one, its
# state told as it ended, and made in the other with that, while packets are on their way:
# those that were overtaken come after it.

# shellcheck source-path=SCRIPTDIR source=srtp_lib.sh
. "$(dirname "$0")/srtp_lib.sh"

BESIDE=
SUITES="AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM"

# lib.sh's cleanup, and before it the end of who is beside.
eval "$(declare -f cleanup | sed '1s/cleanup/lib_cleanup/')"
cleanup()
{
	[ -z "$BESIDE" ] || kill -KILL "$BESIDE" 2>/dev/null
	lib_cleanup
}

setup() { need srtpway; topology && enrol && judge && beside; }

# An agent beside the module; where an agent relays already, that.
beside()
{
	if [ "$BACKEND" != kernel ]; then
		OTHER=$RTPLANE_DATAPATH
		return
	fi
	OTHER=uring:$W/beside.sock
	$NSENTER --net="/run/netns/$M" -- rtplaned --relay --datapath uring \
		--datapath-socket "$W/beside.sock" >"$W/beside.log" 2>&1 </dev/null 8>&- 9>&- &
	BESIDE=$!
	wait_for 20 m rtplane -d "$OTHER" stats
}

# mover WORDS -- WORDS: a program that moves the bridge with these legs to the other datapath
mover()
{
	local one=() two=()
	while [ "$1" != -- ]; do one+=("$1"); shift; done
	shift
	two=("$@")
	echo "${RTPLANE_DATAPATH:-kernel}" >"$W/at"
	: >"$W/moves"
	cat >"$W/mover" <<-END
		#!/bin/bash
		set -e
		at=\$(cat "$W/at") to=$OTHER
		[ "\$at" = kernel ] || to=${RTPLANE_DATAPATH:-kernel}
		m() { $NSENTER --net=/run/netns/$M -- "\$@" </dev/null; }
		m rtplane -d "\$at" bridge del local $LA state >"$W/state.json"
		m rtplane -d "\$to" bridge add leg local $LA remote $RA ${one[*]} state @$W/state.json \\
			leg local $LB remote $RB ${two[*]} state @$W/state.json
		echo "\$to" >"$W/at"
		echo "\$at \$to" >>"$W/moves"
	END
	chmod +x "$W/mover"
}

# gone: back to where it began, then away
gone()
{
	m rtplane -d "$(cat "$W/at")" bridge del all
	is "legs that are left" "$(leg_count)" 0
}

test_a_running_call_moves()
{
	local suite seed=1
	for suite in $SUITES; do
		ok "bridge" bridge srtp-rx "$suite" "$(words "$suite" 1)" -- \
			srtp-tx "$suite" "$(words "$suite" 2)" early on
		mover srtp-rx "$suite" "$(words "$suite" 1)" -- srtp-tx "$suite" "$(words "$suite" 2)" early on
		# over a rollover, out of order, with packets that are overtaken by the move
		way moved --tx "$suite:$(key "$suite" 1)" --rx "$suite:$(key "$suite" 2)" --seq 65400 \
			--count 300 --burst 30 --shuffle 20 --hold 12 --rtcp 10 --seed $seed --each "$W/mover"
		holds moved '.sent == 300 and .good == 300 and .wrong == 0 and .auth == 0'
		is "moves" "$(wc -l <"$W/moves")" 10
		leg_at "$LA" '.rx_packets == 300 and .latches == 1 and .dropped == 0 and .srtp_rx.sources[0].index > 65536'
		leg_at "$LB" '.tx_packets == 300 and .srtp_tx.sources[0].index > 65536'
		# what was here is known wherever it is now
		way again --tx "$suite:$(key "$suite" 1)" --seq 65400 --count 300 --burst 30 --shuffle 20 \
			--rtcp 10 --seed $seed --none
		holds again '.good == 0 and .wrong == 0'
		gone
		seed=$((seed + 1))
	done
}

# leg_at A:P EXPR: as leg_becomes, of the datapath where the bridge is now
leg_at()
{
	wait_for 10 leg_there "$@" && return 0
	fail "leg $1 never became: $2; it is: $(leg_text)"
}

leg_there()
{
	m rtplane -d "$(cat "$W/at")" --json leg show local "$1" >"$W/leg.json" 2>"$W/leg.err"
	jq -e ".[0] | $2" <"$W/leg.json" >/dev/null 2>&1
}

test_plain_media_moves_with_many_ssrcs()
{
	ok "bridge" bridge ssrc-guard off -- early on
	mover ssrc-guard off -- early on
	way plain --seq 100 --count 200 --burst 20 --ssrcs 3 --hold 5 --rtcp 15 --each "$W/mover"
	holds plain '.sent == 200 and .good == 200 and .wrong == 0'
	leg_at "$LA" '.rx_packets == 200 and .rtcp_packets > 0 and .rtp.packets + .rtcp_packets == 200'
	gone
}

# again: the bridge anew from its state, with these words of SRTP
again()
{
	ok "removed" eval 'm rtplane bridge del local "$LA" state >"$W/state.json"'
	ok "made again" m rtplane bridge add leg local "$LA" remote "$RA" srtp-rx "$@" state @"$W/state.json" \
		leg local "$LB" remote "$RB" early on state @"$W/state.json"
}

# Between two keys: where the former one was, from where the other party goes on or, as
# here, begins anew.
test_what_another_key_has_taken_over_goes_along()
{
	local suite=AEAD_AES_128_GCM
	ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on
	way first --tx "$suite:$(key $suite 1)" --count 200 --seq 65500
	holds first '.good == 200'
	ok "another key" m rtplane leg set local "$LA" srtp-rx $suite "$(words $suite 2)"
	again $suite "$(words $suite 2)"
	holds state '.[0].srtp_rx[0] | .carried and .index == 65699'
	way anew --tx "$suite:$(key $suite 2)" --count 50 --seq 200
	holds anew '.sent == 50 and .good == 50 and .wrong == 0'
	leg_holds "$LA" '.srtp_rx.sources[0].index == 249'
	clear_bridges
}

# What a caller's numbers are moved by, who began them anew.
test_what_numbers_are_moved_by_goes_along()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	ok "bridge" bridge ssrc-guard off -- early on srtp-tx $suite "$(words $suite 1)"
	way high --rx "$suite:$(key $suite 1)" --count 20 --seq 30000
	holds high '.good == 20'
	# two in a row ask for it: the first one is refused
	way low --rx "$suite:$(key $suite 1)" --count 20 --seq 100 --burst 20
	leg_becomes "$LA" '.drops["srtp-replay"] == 1'
	leg_holds "$LB" '.srtp_tx.sources[0].index == 30038'
	ok "removed" eval 'm rtplane bridge del local "$LA" state >"$W/state.json"'
	holds state '.[1].srtp_tx[0].shift == 30038 - 119'
	ok "made again" m rtplane bridge add leg local "$LA" remote "$RA" ssrc-guard off state @"$W/state.json" \
		leg local "$LB" remote "$RB" early on srtp-tx $suite "$(words $suite 1)" state @"$W/state.json"
	a rtp --on "$RA" --to "$LA" --send 1 --ssrc 0x5eed0000 --seq 120 >/dev/null
	leg_becomes "$LB" '.tx_packets == 40 and .srtp_tx.sources[0].index == 30039'
	leg_holds "$LA" '.drops["srtp-replay"] == 1'
	clear_bridges
}

# As many as a key may have, each with both its windows: the largest state there is.
test_sources_of_a_key_move()
{
	local suite=AES_CM_128_HMAC_SHA1_80
	ok "bridge" bridge ssrc-guard off srtp-rx $suite "$(words $suite 1)" -- \
		srtp-tx $suite "$(words $suite 2)" early on
	mover ssrc-guard off srtp-rx $suite "$(words $suite 1)" -- \
		srtp-tx $suite "$(words $suite 2)" early on
	way many --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 2)" --seq 100 --ssrcs 64 \
		--count 600 --burst 200 --hold 30 --rtcp 40 --each "$W/mover"
	holds many '.sent == 600 and .good == 600 and .wrong == 0 and .auth == 0'
	is "moves" "$(wc -l <"$W/moves")" 3
	leg_at "$LA" '.rx_packets == 600 and .dropped == 0 and (.srtp_rx.sources | length == 64)'
	leg_at "$LB" '.tx_packets == 600 and (.srtp_tx.sources | length == 64)'
	gone
}

# what is the same of a leg, wherever it is
SAME='{latched, state, rx_packets, rx_bytes, tx_packets, tx_bytes, passed, rtcp_packets, latches, drops,
	dscp_seen, rtp: (.rtp // {} | del(.jitter, .jitter_max)), rtcp}'

test_what_a_leg_has_goes_on()
{
	local before total
	total=$(stats_val .rx_packets)
	ok "bridge" bridge latch learn -- early on
	relay 20 --dscp 46 --ssrc 77 --seq 500
	a rtp --on "$RA" --to "$LA" --send 3 --pps 50 --ssrc 77 --seq 530 >/dev/null
	a rtp --on "$X4:4444" --to "$LA" --send 4 --pps 50 --ssrc 78 >/dev/null
	leg_becomes "$LA" '.rx_packets == 23 and .drops.refused == 4 and .rtp.lost > 0'
	before=$(leg_val "$LA" "$SAME")
	ok "removed" eval 'm rtplane bridge del local "$LA" state >"$W/state.json"'
	is "legs" "$(leg_count)" 0
	holds state 'length == 2 and .[0].local == "'"$LA"'" and .[0].version == 1 and .[0].remote == "'"$RA"'" and
		(.[0].reason | IN("first", "probation", "exact")) and .[0].rtp.ssrc == 77 and .[1].local == "'"$LB"'"'
	ok "made again" m rtplane bridge add leg local "$LA" remote "$RA" latch learn state @"$W/state.json" \
		leg local "$LB" remote "$RB" early on state @"$W/state.json"
	is "the leg" "$(leg_val "$LA" "$SAME")" "$before"
	# it is locked, and the numbers go on
	a rtp --on "$X4:4444" --to "$LA" --send 4 --pps 50 --ssrc 78 >/dev/null
	leg_becomes "$LA" '.drops.refused == 8'
	relay 5 --dscp 46 --ssrc 77 --seq 533
	leg_holds "$LA" ".rx_packets == 28 and .latched == \"$RA\" and .latches == 1 and .rtp.ssrc_changes == 0 and .rtp.packets == 28"
	is "packets of the totals, each once" "$(($(stats_val .rx_packets) - total))" 28
	clear_bridges
}

test_another_source_is_still_a_stranger()
{
	ok "bridge" bridge latch learn -- early on
	relay 5 --ssrc 7
	ok "it is proven" m rtplane leg set local "$LA" proven "$RA"
	m rtplane leg state local "$LA" >"$W/state.json"
	holds state '.[0].reason == "proven" and .[0].version == 1'
	m rtplane leg state >"$W/all.json"
	holds all 'length == 2'
	ok "removed" m rtplane bridge del local "$LA"
	ok "made again" bridge latch learn relatch 1 state @"$W/state.json" -- early on
	a rtp --on "$X4:4444" --to "$LA" --send 8 --pps 50 --ssrc 78 >/dev/null
	leg_becomes "$LA" '.drops.refused == 8'
	leg_holds "$LA" ".latched == \"$RA\""
	clear_bridges
}

test_the_generation_grows_with_what_a_standby_must_know()
{
	local one two
	ok "bridge" bridge -- early on
	relay 10 --ssrc 7 --seq 1
	one=$(leg_val "$LA" .generation)
	relay 10 --ssrc 7 --seq 11
	two=$(leg_val "$LA" .generation)
	is "after packets that are merely counted" "$two" "$one"
	ok "changed" m rtplane leg set local "$LA" dscp 8
	one=$(leg_val "$LA" .generation)
	ok "a change counts" test "$one" -gt "$two"
	ok "proven" m rtplane leg set local "$LA" proven "$A4:40010"
	two=$(leg_val "$LA" .generation)
	ok "another remote counts" test "$two" -gt "$one"
	ok "a key" m rtplane leg set local "$LA" srtp-rx AES_CM_128_HMAC_SHA1_80 "$(words AES_CM_128_HMAC_SHA1_80 1)"
	one=$(leg_val "$LA" .generation)
	ok "a key counts" test "$one" -gt "$two"
	way some --tx "AES_CM_128_HMAC_SHA1_80:$(key AES_CM_128_HMAC_SHA1_80 1)" --count 20 --seq 100
	two=$(leg_val "$LA" .generation)
	ok "a source counts" test "$two" -gt "$one"
	way more --tx "AES_CM_128_HMAC_SHA1_80:$(key AES_CM_128_HMAC_SHA1_80 1)" --count 20 --seq 120
	is "packets of it do not" "$(leg_val "$LA" .generation)" "$two"
	clear_bridges
}

test_what_cannot_be_given()
{
	ok "bridge" bridge -- early on
	m rtplane leg state >"$W/state.json"
	refused 'only a new leg goes on from a state' m rtplane leg set local "$LA" state @"$W/state.json"
	refused 'only a new leg goes on from a state' m rtplane bridge set leg local "$LA" state @"$W/state.json" \
		leg local "$LB"
	ok "a new peer" m rtplane bridge set leg local "$LA" leg local "$MB4:30012" remote "$RB" early on
	refused 'has none of leg' m rtplane bridge set leg local "$LA" leg local "$MB4:30014" remote "$RB" state @"$W/state.json"
	clear_bridges
	refused 'cannot read the state' bridge state @"$W/nowhere" -- early on
	echo '[{"local":"'"$LA"'","version":1,"rx_packets":-1}]' >"$W/bad"
	refused 'rx_packets is none, or has no such value' bridge state @"$W/bad" -- early on
	echo '{"local":"'"$LA"'","version":1,"colour":1}' >"$W/bad"
	refused 'colour is none' bridge state @"$W/bad" -- early on
	echo '{"local":"'"$LA"'","version":1,"drops":{"refused":-1}}' >"$W/bad"
	refused 'drops refused is none, or has no such value' bridge state @"$W/bad" -- early on
	echo '{"local":"'"$LA"'","version":1,"rtp":{}}' >"$W/bad"
	refused 'rtp ssrc is none' bridge state @"$W/bad" -- early on
	echo '{"local":"'"$LA"'","version":2}' >"$W/bad"
	refused 'the state is of an unknown version: expected 1' bridge state @"$W/bad" -- early on
	misused bridge state "$W/bad" -- early on
	misused m rtplane bridge del local "$LA" local "$LB" state
	is "legs" "$(leg_count)" 0
}

test_the_agent_beside_ends()
{
	[ -n "$BESIDE" ] || { skip "the agent is the datapath"; return; }
	kill -TERM "$BESIDE"
	wait "$BESIDE" || fail "rtplaned ended with $?: $(tail -n 20 "$W/beside.log")"
	BESIDE=
}

run_tests "$@"
