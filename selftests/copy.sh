#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,7 backends=kernel,uring smp=2
#
# Copies of what arrives on a leg, to outputs beside its peer: a recorder's.
#
#   a: a0 RA ==== ma LA [m] LB mb ==== b0 :b  RB the callee, R1 and R2 recorders
#                         |  F1, F2 mb
#
# LA's copies are sent from F1 to R1 and from F2 to R2.
#
# shellcheck source-path=SCRIPTDIR source=srtp_lib.sh
. "$(dirname "$0")/srtp_lib.sh"

F1=$MB4:31000 F2=$MB4:31002 R1=$B4:7000 R2=$B4:7002
F6=[$MB6]:31000 R6=[$B6]:7000
SUITE=AES_CM_128_HMAC_SHA1_80

setup() { topology && enrol && offload_off; }

# who NAME A:P N [OPTIONS]: a socket in b that awaits N packets
who() { bg "$1" b rtp --on "$2" --expect "$3" --timeout 20000 "${@:4}"; }

# got NAME FROM N: they came from there, each once and whole
got()
{
	finish "$1"
	holds "$1" ".received == $3 and .src == {\"$2\": $3} and .whole == {\"yes\": $3} and .lost == 0 and .dups == 0"
}

# copies N OPTIONS: a sends N packets to LA; callee and both recorders get them
copies()
{
	local n=$1
	shift
	who callee "$RB" "$n"
	who one "$R1" "$n"
	who two "$R2" "$n"
	a rtp --on "$RA" --to "$LA" --send "$n" --pps 1000 "$@" >/dev/null
	got callee "$LB" "$n"
	got one "$F1" "$n"
	got two "$F2" "$n"
}

# sent LEG N...: each of its copies has sent so many
sent()
{
	local leg=$1
	shift
	leg_becomes "$leg" "[.copies[]?.packets] == [$(IFS=,; echo "$*")]"
}

test_every_output_gets_it_and_the_peer_does()
{
	ok "bridge" bridge latch off copy "$F1" to "$R1" copy "$F2" to "$R2" -- latch off
	bg wire b sniff --dev b0 --port 7000 --expect 60 --timeout 20000
	bg way b sniff --dev b0 --port "${RB##*:}" --expect 60 --timeout 20000
	copies 60 --size 100-159 --dscp 46
	finish wire
	finish way
	holds wire ".flow == {\"$F1>$R1\": 60} and .smac == {\"$MB_MAC\": 60} and .tos == {\"184\": 60}"
	can frame && holds wire '.ipsum == {"ok": 60} and .udpsum == {"ok": 60} and .whole == {"yes": 60} and .ttl == {"63": 60}'
	# Byte for byte what the callee has got: the same sizes and payloads.
	is "payloads" "$(jq -c '[.size, .seq, .ssrc]' <"$W/one.json")" "$(jq -c '[.size, .seq, .ssrc]' <"$W/callee.json")"
	sent "$LA" 60 60
	leg_holds "$LA" ".copies[0] == {from: \"$F1\", to: \"$R1\", only: \"both\", packets: 60, bytes: .rx_bytes, dropped: 0} and .rx_packets == 60"
	leg_holds "$LB" '.copies == null and .tx_packets == 60'
	# What the other one says is not copied.
	relay_back 5
	sent "$LA" 60 60
	m rtplane leg show local "$LA" >"$W/text"
	ok "as text" grep -q "^    copy $F1 to $R1 sent 60 packets [0-9]* bytes dropped 0$" "$W/text"
	clear_bridges
}

test_rtp_alone_and_rtcp_alone()
{
	ok "bridge" bridge latch off copy "$F1" to "$R1" of rtp copy "$F2" to "$R2" of rtcp -- latch off
	who callee "$RB" 9
	who one "$R1" 5
	who two "$R2" 4
	a rtp --on "$RA" --to "$LA" --send 5 --pps 100 >/dev/null
	a rtp --on "$RA" --to "$LA" --send 4 --pps 100 --kind sr >/dev/null
	finish callee
	finish one
	finish two
	holds one ".received == 5 and .src == {\"$F1\": 5} and .kind == {\"rtp\": 5}"
	holds two ".received == 4 and .src == {\"$F2\": 4} and .kind == {\"rtcp\": 4}"
	sent "$LA" 5 4
	leg_holds "$LA" '[.copies[].only] == ["rtp", "rtcp"] and .rtcp_packets == 4'
	clear_bridges
}

test_put_on_changed_and_taken_off_in_a_stream()
{
	ok "bridge" bridge latch off -- latch off
	relay 5
	ok "on" m rtplane leg set local "$LA" copy "$F1" to "$R1" copy "$F2" to "$R2"
	copies 7
	# One stays and goes on counting, the other goes.
	ok "one" m rtplane leg set local "$LA" copy "$F2" to "$R2"
	who callee "$RB" 8
	who two "$R2" 8
	a rtp --on "$RA" --to "$LA" --send 8 --pps 1000 >/dev/null
	got callee "$LB" 8
	got two "$F2" 8
	sent "$LA" 15
	# What is set beside them does not touch them.
	ok "other words" m rtplane leg set local "$LA" silence 60000
	sent "$LA" 15
	ok "off" m rtplane leg set local "$LA" copy none
	leg_holds "$LA" '.copies == null'
	relay 5
	leg_holds "$LA" '.rx_packets == 25'
	leg_holds "$LB" '.tx_packets == 25'
	clear_bridges
}

test_what_does_not_go_on_to_the_peer_is_copied_all_the_same()
{
	ok "bridge" bridge latch off copy "$F1" to "$R1" -- latch off mute on
	who one "$R1" 6
	a rtp --on "$RA" --to "$LA" --send 6 --pps 1000 >/dev/null
	got one "$F1" 6
	leg_becomes "$LA" '.drops["no-remote"] == 6 and .copies[0].packets == 6'
	clear_bridges
}

test_what_is_refused_or_blocked_is_not()
{
	ok "bridge" bridge probation 3 copy "$F1" to "$R1" -- latch off
	# A stranger's while the remote is known, and what was held till it was.
	who callee "$RB" 6
	who one "$R1" 6
	a rtp --on "$A4:40002" --to "$LA" --send 6 --pps 200 >/dev/null
	got callee "$LB" 6
	got one "$F1" 6
	a rtp --on "$X4:40000" --to "$LA" --send 5 --pps 0 --ssrc 9 >/dev/null
	leg_becomes "$LA" '.drops.refused == 5'
	ok "blocked" m rtplane leg set local "$LA" block media
	a rtp --on "$A4:40002" --to "$LA" --send 4 --pps 0 --seq 6 >/dev/null
	leg_becomes "$LA" '.drops.blocked == 4'
	ok "limited" m rtplane leg set local "$LA" block nothing pps 1
	a rtp --on "$A4:40002" --to "$LA" --send 50 --pps 0 --seq 10 >/dev/null
	leg_becomes "$LA" '.rx_packets + .drops.pps == 60 and .drops.pps > 30'
	leg_becomes "$LA" '.copies[0].packets == .rx_packets - 4'
	clear_bridges
}

test_what_was_protected_is_copied_plain()
{
	local keys
	ok "bridge" bridge srtp-rx $SUITE "$(words $SUITE 1)" copy "$F1" to "$R1" \
		-- early on srtp-tx $SUITE "$(words $SUITE 2)" copy "$F2" to "$R2"
	keys="--suite $SUITE --tx $(words $SUITE 1) --rx $(words $SUITE 2)"
	who one "$R1" 20
	# shellcheck disable=SC2086
	a srtp --on "$RA" --to "$LA" $keys --send 20 --wait 100 >/dev/null
	finish one
	holds one ".received == 20 and .src == {\"$F1\": 20} and .lost == 0 and .kind == {\"rtp\": 20}"
	sent "$LA" 20
	# The protection that it came with is off: 10 bytes less than what arrived.
	leg_holds "$LA" '.copies[0].bytes == 20 * 200 and .rx_bytes == 20 * 210'
	# The other way: plain comes, and leaves protected; the copy is plain.
	who two "$R2" 20
	b rtp --on "$RB" --to "$LB" --send 20 --pps 500 >/dev/null
	got two "$F2" 20
	# And with another key, in midstream.
	ok "another key" m rtplane leg set local "$LA" srtp-rx $SUITE "$(words $SUITE 3)"
	who one "$R1" 5
	# shellcheck disable=SC2086
	a srtp --on "$RA" --to "$LA" --suite $SUITE --tx "$(words $SUITE 3)" --rx "$(words $SUITE 2)" --send 5 --wait 100 >/dev/null
	finish one
	holds one '.received == 5'
	sent "$LA" 25
	clear_bridges
}

test_an_output_of_the_other_family()
{
	ok "bridge" bridge latch off copy "$F6" to "$R6" copy "$F1" to "$R1" -- latch off
	bg wire b sniff --dev b0 --port 7000 --expect 40 --timeout 20000
	who six "$R6" 20
	who one "$R1" 20
	who callee "$RB" 20
	a rtp --on "$RA" --to "$LA" --send 20 --pps 500 >/dev/null
	got callee "$LB" 20
	got six "$F6" 20
	got one "$F1" 20
	finish wire
	can frame && holds wire ".udpsum == {\"ok\": 40} and .flow == {\"$F6>$R6\": 20, \"$F1>$R1\": 20}"
	leg_holds "$LA" '.copies[0].bytes == .rx_bytes + 400 and .copies[1].bytes == .rx_bytes'
	clear_bridges
	ok "bridge" m rtplane bridge add leg local "$LA6" remote "$RA6" latch off copy "$F1" to "$R1" \
		leg local "$LB6" remote "$RB6" latch off
	who one "$R1" 20
	a rtp --on "$RA6" --to "$LA6" --send 20 --pps 500 >/dev/null
	got one "$F1" 20
	clear_bridges
}

test_an_output_that_cannot_be_reached_harms_nobody()
{
	ok "bridge" bridge latch off copy "$F2" to 203.0.113.9:7000 copy "$F1" to "$R1" -- latch off
	who callee "$RB" 10
	who one "$R1" 10
	a rtp --on "$RA" --to "$LA" --send 10 --pps 500 >/dev/null
	got callee "$LB" 10
	got one "$F1" 10
	leg_becomes "$LA" '[.copies[].packets] == [0, 10] and [.copies[].dropped] == [10, 0]'
	# A way comes, and goes again.
	m ip route add 203.0.113.0/24 via $B4
	b ip addr add 203.0.113.9/32 dev lo
	who far 203.0.113.9:7000 10
	a rtp --on "$RA" --to "$LA" --send 10 --pps 500 --seq 11 >/dev/null
	got far "$F2" 10
	m ip route del 203.0.113.0/24
	a rtp --on "$RA" --to "$LA" --send 10 --pps 500 --seq 21 >/dev/null
	leg_becomes "$LA" '[.copies[].packets] == [10, 30] and [.copies[].dropped] == [20, 0]'
	b ip addr del 203.0.113.9/32 dev lo
	clear_bridges
}

test_a_device_that_goes_down_and_comes()
{
	ok "bridge" bridge latch off copy "$F1" to "$R1" copy "$F2" to "$R2" -- latch off
	copies 10
	m ip link set dev mb down
	m ip link set dev mb up
	copies 10 --seq 11
	clear_bridges
}

test_bad_outputs_are_refused_and_change_nothing()
{
	local many=() i
	ok "bridge" bridge latch off copy "$F1" to "$R1" -- latch off
	for ((i = 0; i < 9; i++)); do many+=(copy "$MB4:$((31000 + 2 * i))" to "$B4:$((7000 + i))"); done
	refused 'at most 8 copies' m rtplane leg set local "$LA" "${many[@]}"
	refused 'of one family' m rtplane leg set local "$LA" copy "$F1" to "$R6"
	refused 'unicast' m rtplane leg set local "$LA" copy "$F1" to 224.0.0.1:7000
	refused 'unicast' m rtplane leg set local "$LA" copy "$F1" to 255.255.255.255:7000
	refused 'link-local' m rtplane leg set local "$LA" copy "$F6" to '[fe80::1]:7000'
	refused 'to itself' m rtplane leg set local "$LA" copy "$F1" to "$LA"
	refused 'RTCP alone' m rtplane leg set local "$LA" copy "$F1/rtcp" to "$R1"
	refused 'no leg' m rtplane leg set local "$MA4:39998" copy "$F1" to "$R1"
	misused m rtplane leg set local "$LA" copy "$F1"
	misused m rtplane leg set local "$LA" copy "$F1" to
	misused m rtplane leg set local "$LA" copy "$F1" to "$R1" of video
	misused m rtplane leg set local "$LA" copy none copy "$F1" to "$R1"
	misused m rtplane leg set local "$LA" copy "$F1" to "$R1" copy none
	leg_holds "$LA" ".copies == [{from: \"$F1\", to: \"$R1\", only: \"both\", packets: 0, bytes: 0, dropped: 0}]"
	ok "eight" m rtplane leg set local "$LA" "${many[@]:0:32}"
	leg_holds "$LA" '.copies | length == 8'
	clear_bridges
}

# The last one: what is left is to end with its namespace.
test_an_end_in_the_midst_of_it()
{
	ok "bridge" bridge latch off copy "$F1" to "$R1" copy "$F2" to "$R2" -- latch off
	copies 10
	# A bridge that goes, and its peer replaced, while packets come.
	a rtp --on "$RA" --to "$LA" --send 600 --pps 1000 >/dev/null &
	leg_becomes "$LA" '.copies[0].packets > 50'
	ok "another peer" m rtplane bridge set leg local "$LA" leg local "$MB4:30004" remote "$RB" latch off
	leg_becomes "$LA" '.copies[0].packets > 200'
	ok "gone" m rtplane bridge del local "$LA"
	ok "and made" bridge latch off copy "$F1" to "$R1" copy "$F2" to "$R2" -- latch off
	wait $!
	leg_becomes "$LA" '.copies[0].packets == .rx_packets and .copies[1].packets == .rx_packets'
}

run_tests "$@"
