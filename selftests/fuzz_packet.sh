#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.12,debug smp=2
#
# Frames that are nearly right, from a seed, and what becomes of each of them:
# tools/pktfuzz.c writes and reads both devices and judges.  Found cases and
# seeds worth keeping are in corpora/packets and come first.
#
#    pktfuzz ==== fa [m] fb ==== pktfuzz      as tap_lib.sh draws it
#
# FUZZ_SEED=N and FUZZ_COUNT=N (frames of each kind) in the environment make it
# another run, as long as is wanted; FUZZ_CHECK=1 looks at the counters after each
# frame, to find the one that was not counted.

. "$(dirname "$0")/tap_lib.sh"

SEED=${FUZZ_SEED:-20261125}
COUNT=${FUZZ_COUNT:-$((6000 / SLOW))}
CASES=$TREE/selftests/corpora/packets
# so that a run by hand can be told again
echo "# FUZZ_SEED=$SEED FUZZ_COUNT=$COUNT"

setup()
{
	need pktfuzz
	keys
	quiet_ns "$M" && tap_devices && tap_enrol && bridges && natmaps
}

# The keys of tools/fuzzsrtp.h: numbers from 1 on for what arrives, from 129 for what leaves.
# shellcheck disable=SC2059
word() { printf "$(printf '\\x%02x' $(seq "$1" $(($1 + $2 - 1))))" | base64 -w0; }

keys()
{
	RX_GCM=$(word 1 28) RX_CM=$(word 1 30)
	TX_CM=$(word 129 30) TX_GCM=$(word 129 44)
}

# The legs that are protected, as new: what judges them knows nothing of an earlier run.
secured()
{
	m rtplane -force -batch - 2>/dev/null <<-END
		bridge del local $MA4:30050
		bridge del local $MA4:30060
		bridge del local [$MA6]:30070
	END
	ok "protected legs" m rtplane -batch - <<-END
		bridge add leg local $MA4:30050 remote $A4:40050 latch off ssrc-guard off leg local $MB4:30052 remote $B4:50050 latch off srtp-tx AES_CM_128_HMAC_SHA1_80 $TX_CM
		bridge add leg local $MA4:30060 remote $A4:40060 latch off srtp-rx AEAD_AES_128_GCM $RX_GCM leg local $MB4:30062 remote $B4:50060 latch off
		bridge add leg local [$MA6]:30070 remote [$A6]:40070 latch off srtp-rx AES_CM_128_HMAC_SHA1_80 $RX_CM mki 01020304 leg local $MB4:30072 remote $B4:50070 latch off srtp-tx AEAD_AES_256_GCM $TX_GCM
	END
}

bridges()
{
	m rtplane -batch - <<-END
		bridge add leg local $LA remote $RA latch off accept any leg local $LB remote $RB latch off
		bridge add leg local $LA6 remote $RA6 latch off accept any leg local $LB6 remote $RB6 latch off
		bridge add leg local $MA4:30010 remote $A4:40010 latch off leg local [$MB6]:30012 remote [$B6]:50010 latch off
		bridge add leg local $MA4:30020 remote $A4:40020 unknown drop leg local $MB4:30022 remote $B4:50020 latch off
		bridge add leg local $MA4:30030 latch learn leg local $MB4:30032 remote $B4:50030 dscp 46
		bridge add leg local $MA4:30040 remote $A4:40040 pps 100 bps 64000 leg local $MB4:30042 remote $B4:50040 dscp map $(seq -s, 63 -1 0)
		bridge add leg local $MA4:31000 remote $A4:41000 latch off leg local [$MB6]:31002 remote [$B6]:51000 latch off
	END
}

natmaps()
{
	m rtplane natmap add ext 192.0.2.200 int 198.51.100.7 ports 30000-33000 filter address &&
	m rtplane natmap add ext 2001:db8:a::200 int 2001:db8:b::7 ports 30000-33000
}

# fuzz OPTION...: whatever it found is told.
fuzz()
{
	secured
	m pktfuzz ${FUZZ_CHECK:+--check "$FUZZ_CHECK"} "$@" fa fb >"$W/fuzz.json" 2>"$W/fuzz.err" || fail "pktfuzz $*: $(cat "$W/fuzz.err")"
	note "$* $(cat "$W/fuzz.json")"
}

# most frames are sound enough to go somewhere
worked()
{
	holds fuzz ".taken > .frames / 2 and .legs > .frames / 20 and .natmaps > .frames / 50 and
		.secured > .frames / 20"
}

test_cases_that_were_found()
{
	local file
	for file in "$CASES"/*.case; do
		fuzz --replay "$file"
		holds fuzz '.frames > 0 and .natmaps > 0'
	done
	# of a checksum that is to be put where none is
	case $(uname -r) in
	6.1.*) leg_holds "[$MB6]:30012" '.rx_packets == 0 and .drops.checksum == 2' ;;
	# newer ones need not let such a frame in
	*) leg_holds "[$MB6]:30012" '.rx_packets == 0 and (.drops.checksum // 0) <= 2' ;;
	esac
}

test_seeds_that_were_kept()
{
	local kind seed
	while read -r kind seed; do
		fuzz --mode "$kind" --seed "$seed" --count 500
	done < <(grep -v '^#' "$CASES/seeds")
}

test_frames_in_one_piece()
{
	fuzz --seed "$SEED" --count "$COUNT"
	worked
}

test_buffers_that_are_not_linear()
{
	fuzz --mode frags --seed "$SEED" --count "$COUNT"
	worked
}

test_checksums_and_segments_left_to_us()
{
	fuzz --mode vnet --seed "$SEED" --count "$COUNT"
	worked
}

test_buffers_that_others_hold_too()
{
	ok "dummy" ip -n "$M" link add sink type dummy
	ip -n "$M" link set sink up
	ok "clsact" tc -n "$M" qdisc add dev fa clsact
	ok "mirror" tc -n "$M" filter add dev fa ingress matchall action mirred egress mirror dev sink
	ok "mirror" tc -n "$M" filter add dev fa egress matchall action mirred egress mirror dev sink
	fuzz --listen --seed "$SEED" --count "$COUNT"
	worked
	holds fuzz ".heard > .frames / 2"
	fuzz --listen --mode frags --seed "$SEED" --count "$COUNT"
	worked
	tc -n "$M" qdisc del dev fa clsact
	ip -n "$M" link del sink
}

# pktgen gives one buffer to the device eight times over, before anybody else
# lets go of it.  Its payload looks like RTP.
test_buffers_that_are_shared()
{
	local n=4000 word
	modprobe pktgen 2>/dev/null
	ok "dummy" ip -n "$M" link add sink type dummy
	# nothing but those packets is to leave
	m sysctl -qw net.ipv6.conf.sink.disable_ipv6=1
	ip -n "$M" -batch - <<-END
		link add pg0 type veth peer name pg1
		link set pg0 address $MA_MAC up
		link set pg1 up
		link set sink up
		addr add 203.0.113.1/25 dev pg0
		addr add 203.0.113.129/25 dev sink
		neigh add 203.0.113.130 lladdr $B_MAC dev sink
	END
	ok "enrol" m rtplane dev add pg0
	ok "bridge" m rtplane bridge add leg local 203.0.113.1:30000 remote 203.0.113.2:40000 latch off \
		leg local 203.0.113.129:30002 remote 203.0.113.130:50000 latch off
	echo "add_device pg0" | pktgen kpktgend_0
	for word in "xmit_mode netif_receive" "count $n" "burst 8" "delay 0" "pkt_size 200" \
		"src_min 203.0.113.2" "src_max 203.0.113.2" "dst 203.0.113.1" \
		"udp_src_min 40000" "udp_src_max 40000" "udp_dst_min 30000" "udp_dst_max 30000" \
		"dst_mac $MA_MAC" "src_mac $A_MAC"; do
		echo "$word" | pktgen pg0
	done
	echo "start" | pktgen pgctrl
	leg_holds 203.0.113.1:30000 ".rx_packets == $n and .dropped == 0 and .passed == 0"
	leg_holds 203.0.113.129:30002 ".tx_packets == $n"
	is "packets that left" "$(ip -n "$M" -s -j link show sink | jq '.[0].stats64.tx.packets')" $n
	echo "rem_device_all" | pktgen kpktgend_0
}

pktgen() { m tee "/proc/net/pktgen/$1" >/dev/null || fail "pktgen does not take that"; }

run_tests "$@"
