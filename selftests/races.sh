#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=kcsan smp=2 timeout=200 hand=1
#
# Data races, for a kernel that finds them (KCSAN): packets on two CPUs in both
# directions while everything that can change does.  Each test keeps one kind of
# change going for some seconds; what the kernel reports with a symbol of ours
# fails it (scripts/splat).
#
#   a: a0 192.0.2.1 :40000 ==== ma LA [m] LB mb ==== b0 198.51.100.1 :50000 :b
#                  natmap 192.0.2.200 of 198.51.100.1
#   both sides send all the time

. "$(dirname "$0")/lib.sh"

# seconds of each
LONG=${RACES_SECONDS:-20}
NAT=192.0.2.200

setup()
{
	need nlfuzz srtpswap
	topology && enrol && hold_ingress_key || return 1
	ip -n "$A" route add 198.51.100.0/24 via $MA4
	ip -n "$B" route add 192.0.2.0/24 via $MB4
	m rtplane natmap add ext $NAT int $B4 ports 33000-33100 filter address
}

# Packets of two calls and of a natmap, both ways, until stop_traffic.
start_traffic()
{
	bg rtp-a a rtp --on "$RA" --to "$LA" --send 10000000 --pps 400
	bg rtp-b b rtp --on "$RB" --to "$LB" --send 10000000 --pps 400
	bg six a rtp --on "$RA6" --to "$LA6" --send 10000000 --pps 200
	bg nat-b b rtp --on "$B4:33000" --to "$A4:40100" --send 10000000 --pps 100
	bg nat-a a rtp --on "$A4:40100" --to "$NAT:33000" --send 10000000 --pps 100
	bg reports a rtp --on "$A4:40001" --to "$MA4:30001" --kind rr --blocks 1 --send 10000000 --pps 50
}

stop_traffic()
{
	local name
	for name in rtp-a rtp-b six nat-b nat-a reports; do stop "$name"; done
}

bridges()
{
	ok "bridges" m rtplane -batch - <<-END
		bridge add leg local $LA remote $RA latch learn silence 300 relatch 200 leg local $LB remote $RB
		bridge add leg local $LA6 remote $RA6 leg local $LB6 remote $RB6
		bridge add leg local $MA4:30001 remote $A4:40001 tie $LA leg local $MB4:30003 remote $B4:50001 tie $LB
	END
}

# meanwhile CMD...: again and again, for LONG seconds, with traffic.
meanwhile()
{
	local end rounds=0 well=0
	bridges
	start_traffic
	ok "packets pass" leg_becomes "$LA" '.rx_packets > 20'
	end=$((SECONDS + LONG))
	while [ $SECONDS -lt $end ]; do
		"$@" && well=$((well + 1))
		rounds=$((rounds + 1))
	done >/dev/null 2>&1
	note "$rounds rounds, $well of them went well"
	ok "something changed" test $well -gt 0
	ok "packets still pass" leg_becomes "$LA" '.rx_packets > 200'
	stop_traffic
	clear_bridges
}

test_there_are_two_processors() { ok "processors" test "$(nproc)" -ge 2; }

test_dumps_and_totals()
{
	look() { m rtplane -batch "$W/look"; }
	printf '%s\n' 'leg show' 'natmap show' 'dev show' 'stats' "leg show local $LA" >"$W/look"
	monitor_start
	meanwhile look
	monitor_stop
}

test_legs_change()
{
	change() { m rtplane -batch "$W/change"; }
	cat >"$W/change" <<-END
		leg set local $LB dscp 46 pps 1000000
		leg set local $LB dscp map $(seq -s, 0 63)
		leg set local $LA unlatch
		leg set local $LA accept any
		leg set local $LB dscp preserve bps 1000000000
		leg set local $LA accept rtp early on
		leg set local $LB mark 1
		leg set local $LB mark 0 pps 0 bps 0
		leg set local $LA proven $RA
		bridge set cookie 5 leg local $LA dscp 10 leg local $LB remote $RB
	END
	meanwhile change
}

test_bridges_and_natmaps_come_and_go()
{
	exchange() { m rtplane -batch "$W/exchange"; }
	cat >"$W/exchange" <<-END
		bridge set leg local $LA leg local $MB4:30010 remote $RB latch off
		bridge set leg local $LA leg local $LB remote $RB latch off
		bridge del local $LA6
		bridge add leg local $LA6 remote $RA6 leg local $LB6 remote $RB6
		natmap del ext $NAT ports 33000-33100
		natmap add ext $NAT int $B4 ports 33000-33100 filter address
	END
	meanwhile exchange
}

# Keys of four directions change under SRTP on both processors, while all is dumped and
# what else a leg has changes; not a packet is lost by that.
test_keys_change()
{
	local end
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" early on leg local "$LB" remote "$RB" early on
	cat >"$W/beside" <<-END
		leg show
		leg set local $LB dscp 46 pps 1000000
		leg show local $LA
		leg set local $LA dscp preserve accept any
		leg set local $LA proven $RA
		stats
		leg set local $LA accept rtp unlatch
	END
	bg swap m srtpswap --a "$A" --on "$RA" --leg "$LA" --b "$B" --bound "$RB" --other "$LB" --swaps 0
	end=$((SECONDS + LONG))
	while [ $SECONDS -lt $end ]; do
		m rtplane -batch "$W/beside"
	done >/dev/null 2>&1
	stop swap
	note "$(cat "$W/swap.json" "$W/swap.err")"
	holds swap '.swaps > 20 and .sent[0] > 200 and .sent[1] > 200'
	leg_holds "$LA" ".rx_packets == $(val swap '.sent[0]') and .dropped == $(val swap '.forged[0]')"
	leg_holds "$LB" ".rx_packets == $(val swap '.sent[1]') and .dropped == $(val swap '.forged[1]')"
	clear_bridges
}

test_sources_contend_for_a_leg()
{
	spray() { a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $MA4 --sources 8 \
			--sport 40000-40200 --dport 30000-30001 --count 400 --pps 0; }
	meanwhile spray
}

test_devices_and_routes_change()
{
	shake()
	{
		ip -n "$M" -batch - <<-END
			route add 203.0.113.0/24 via $B4
			neigh flush dev mb
			link set dev mb mtu 1400
			route del 203.0.113.0/24
			link set dev mb mtu 1500
		END
		m rtplane -batch - <<-END
			dev del ma
			dev add ma
		END
		ip -n "$M" link set dev mb down
		ip -n "$M" link set dev mb up
		ip -n "$M" addr replace $MB6/64 dev mb nodad
		ip -n "$B" neigh flush dev b0
	}
	meanwhile shake
}

test_random_requests_from_two_sides()
{
	bridges
	start_traffic
	m timeout "$LONG" "$TREE/build/selftests/nlfuzz" 77 1000000 >/dev/null 2>&1 &
	m timeout "$LONG" "$TREE/build/selftests/nlfuzz" 78 1000000 >/dev/null 2>&1
	is "one side asked until it was stopped" $? 124
	wait $!
	is "the other did, too" $? 124
	stop_traffic
	clear_bridges
}

test_everything_goes_under_traffic()
{
	m rtplane dev add ma >/dev/null 2>&1
	m rtplane dev add mb >/dev/null 2>&1
	bridges
	start_traffic
	ok "packets pass" leg_becomes "$LA" '.rx_packets > 50'
	ok "rmmod" rmmod rtplane
	ok "load" modprobe rtplane
	enrol
	bridges
	ok "packets pass" leg_becomes "$LA" '.rx_packets > 50'
	ip netns del "$M"
	stop_traffic
}

run_tests "$@"
