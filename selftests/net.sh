#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# Networks as they are: routes, neighbours and devices that change in mid-call,
# and every kind of device that media arrives and leaves by.
#
#   a: a0 192.0.2.1 ==== ma LA [m] LB mb ==== b0 198.51.100.1       :b
#                                     mc ==== b1 203.0.113.1 (second way to b)
#                                     203.0.113.254

. "$(dirname "$0")/lib.sh"

MC4=203.0.113.254 C4=203.0.113.1

setup()
{
	topology && enrol && offload_off || return 1
	ip link add b1 netns "$B" type veth peer name mc netns "$M" || return 1
	ip -n "$B" addr add $C4/24 dev b1
	ip -n "$B" link set dev b1 up
	ip -n "$M" addr add $MC4/24 dev mc
	ip -n "$M" link set dev mc up
}

open() { ok "bridge" bridge latch off -- latch off "$@"; }

# by DEV N: N packets of a, all of which arrive at b's device DEV.
by()
{
	bg wire b sniff --dev "$1" --port 50000 --expect "$2" --timeout 20000
	bg callee b rtp --on "$RB" --expect "$2" --timeout 20000
	a rtp --on "$RA" --to "$LA" --send "$2" --pps 0 >/dev/null
	finish callee
	finish wire
	holds callee ".received == $2 and .src == {\"$LB\": $2} and .whole == {\"yes\": $2}"
	holds wire ".received == $2"
}

test_route_changes_in_mid_call()
{
	open
	by b0 5
	ip -n "$M" route add $B4/32 via $C4 dev mc
	by b1 5
	ip -n "$M" route del $B4/32
	by b0 5
	leg_holds "$LB" '.tx_packets == 15 and .dropped == 0'
	clear_bridges
}

test_route_goes_and_comes()
{
	open
	by b0 2
	ip -n "$M" route del 198.51.100.0/24 dev mb
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops["no-route"] == 3'
	ip -n "$M" route add 198.51.100.0/24 dev mb
	by b0 2
	clear_bridges
}

test_unreachable_route_is_no_way()
{
	open
	by b0 2
	ip -n "$M" route add unreachable $B4/32
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops["no-route"] == 3'
	ip -n "$M" route del unreachable $B4/32
	ip -n "$M" route add blackhole $B4/32
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops["no-route"] == 6'
	ip -n "$M" route del blackhole $B4/32
	by b0 2
	clear_bridges
}

# Nobody is in a subnet's broadcast address, whatever signalling says.
test_broadcast_is_no_way()
{
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch off \
		leg local "$LB" remote 198.51.100.255:50000 latch off
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops["no-route"] == 3'
	leg_holds "$LB" '.tx_packets == 0'
	clear_bridges
}

test_first_packets_wait_for_the_neighbour()
{
	open
	ip -n "$M" neigh flush dev mb
	by b0 3
	leg_holds "$LB" '.tx_packets == 3'
	clear_bridges
}

test_neighbour_changes_in_mid_call()
{
	open
	by b0 3
	ip -n "$B" link set dev b0 address 02:00:00:00:0b:77
	ip -n "$M" neigh replace $B4 lladdr 02:00:00:00:0b:77 dev mb nud permanent
	by b0 3
	ip -n "$B" link set dev b0 address $B_MAC
	ip -n "$M" neigh replace $B4 lladdr $B_MAC dev mb nud reachable
	by b0 3
	ip -n "$M" neigh del $B4 dev mb
	by b0 3
	clear_bridges
}

test_local_address_goes_and_comes()
{
	open
	by b0 2
	ip -n "$M" addr del $MB4/24 dev mb
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.rx_packets == 5'
	leg_holds "$LB" '.tx_packets == 2'
	ip -n "$M" addr add $MB4/24 dev mb
	by b0 2
	clear_bridges
}

test_several_addresses_with_the_same_port()
{
	ip -n "$M" addr add 192.0.2.253/24 dev ma
	open
	ok "the same ports" m rtplane bridge add leg local 192.0.2.253:30000 remote "$RA" latch off \
		leg local "$MB4:30004" remote "$B4:50004" latch off
	by b0 3
	bg other b rtp --on "$B4:50004" --expect 4
	a rtp --on "$RA" --to 192.0.2.253:30000 --send 4 --pps 0 >/dev/null
	finish other
	holds other ".received == 4 and .src == {\"$MB4:30004\": 4}"
	leg_holds "$LA" '.rx_packets == 3'
	clear_bridges
	ip -n "$M" addr del 192.0.2.253/24 dev ma
}

test_mark_chooses_the_route()
{
	ip -n "$M" rule add fwmark 7 table 200
	ip -n "$M" route add $B4/32 via $C4 dev mc table 200
	open mark 7
	by b1 3
	ok "no mark" m rtplane leg set local "$LB" mark 0
	by b0 3
	clear_bridges
	ip -n "$M" rule del fwmark 7 table 200
	ip -n "$M" route flush table 200
}

test_oif_chooses_the_device()
{
	ip -n "$M" route add $B4/32 via $C4 dev mc metric 50
	open
	by b1 2
	ok "oif" m rtplane leg set local "$LB" oif mb
	by b0 2
	clear_bridges
	ip -n "$M" route del $B4/32
}

# What b sends comes by mc, what is sent to b leaves by mb: a leg is an address,
# not a device.
test_asymmetric_routing()
{
	open
	ok "enrol mc" m rtplane dev add mc
	ip -n "$B" route add $MB4/32 via $MC4 dev b1 src $B4
	bg entry m sniff --dev mc --port 30002 --expect 5 --timeout 20000
	relay_back 5
	finish entry
	holds entry ".received == 5"
	by b0 5
	leg_holds "$LB" '.rx_packets == 5 and .tx_packets == 5 and .dropped == 0'
	clear_bridges
	ip -n "$B" route del $MB4/32
	ok "withdraw mc" m rtplane dev del mc
}

test_vrf()
{
	ok "vrf" ip -n "$M" link add vrf0 type vrf table 100
	ip -n "$M" link set vrf0 up
	ip -n "$M" link set dev mb master vrf0
	# In the VRF's table only: without oif there is no way to b.
	open
	a rtp --on "$RA" --to "$LA" --send 2 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops["no-route"] == 2'
	ok "oif vrf0" m rtplane leg set local "$LB" oif vrf0
	by b0 3
	relay_back 3
	clear_bridges
	ip -n "$M" link del vrf0
	ip -n "$M" addr add $MB6/64 dev mb nodad 2>/dev/null
}

test_too_big_is_answered_as_a_router_would()
{
	ip -n "$M" link set dev mb mtu 1400
	open
	a rtp --on "$RA" --to "$LA" --send 2 --pps 20 --size 1400 --df 1 --errors >"$W/caller.json"
	leg_becomes "$LA" '.drops["too-big"] >= 1'
	holds caller ".icmp | has(\"3/4 1400 $MA4\")"
	# Without DF it is cut in pieces, as routers do.
	bg callee b rtp --on "$RB" --expect 3
	a ip route flush cache
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 --size 1400 --df 0 >/dev/null
	finish callee
	holds callee '.received == 3 and .whole == {"yes": 3}'
	clear_bridges
	ip -n "$M" link set dev mb mtu 1500
}

test_too_big_ipv6()
{
	ip -n "$M" link set dev mb mtu 1400
	ok "bridge" m rtplane bridge add leg local "$LA6" remote "$RA6" latch off \
		leg local "$LB6" remote "$RB6" latch off
	a rtp --on "$RA6" --to "$LA6" --send 2 --pps 20 --size 1400 --df 1 --errors >"$W/caller.json"
	leg_becomes "$LA6" '.drops["too-big"] >= 1'
	holds caller ".icmp | has(\"2/0 1400 $MA6\")"
	clear_bridges
	a ip -6 route flush cache
	ip -n "$M" link set dev mb mtu 1500
}

test_mtu_falls_in_mid_call()
{
	ok "bridge" m rtplane bridge add leg local "$LA6" remote "$RA6" latch off \
		leg local "$LB6" remote "$RB6" latch off
	a rtp --on "$RA6" --to "$LA6" --send 1 --pps 0 --size 1400 >/dev/null
	leg_becomes "$LB6" '.tx_packets == 1'
	ip -n "$M" link set dev mb mtu 1400
	a rtp --on "$RA6" --to "$LA6" --send 2 --pps 20 --size 1400 --df 1 --errors >"$W/caller.json"
	leg_becomes "$LA6" '.drops["too-big"] >= 1'
	holds caller ".icmp | has(\"2/0 1400 $MA6\")"
	ip -n "$M" link set dev mb mtu 1500
	a ip -6 route flush cache
	a rtp --on "$RA6" --to "$LA6" --send 1 --pps 0 --size 1400 >/dev/null
	leg_becomes "$LB6" '.tx_packets >= 2'
	clear_bridges
}

dev_packets() { m rtplane --json dev show | jq ".[] | select(.dev == \"$1\") | .rx_packets"; }

test_gso_from_the_sender()
{
	local before
	a ethtool -K a0 tx on >/dev/null
	a ethtool -K a0 tx-udp-segmentation on >/dev/null 2>&1
	open
	before=$(dev_packets ma)
	bg entry m sniff --dev ma --port 30000 --timeout 20000
	relay 60 --gso 20 --size 172
	stop entry
	# Three buffers arrived: what is cut from them does not arrive a second time.
	holds entry '.received == 3'
	is "packets of ma" "$(dev_packets ma)" $((before + 60))
	holds callee '.whole == {"yes": 60} and .lost == 0 and .reordered == 0'
	leg_holds "$LA" '.rx_packets == 60 and .rtp.packets == 60'
	leg_holds "$LB" '.tx_packets == 60'
	clear_bridges
	offload_off
}

test_gro_at_the_media_host()
{
	m ethtool -K ma gro on >/dev/null 2>&1
	m ethtool -K ma rx-udp-gro-forwarding on >/dev/null 2>&1
	m ethtool -K ma rx-gro-list on >/dev/null 2>&1
	open
	# no more than a device of a busy machine holds
	relay 100
	holds callee '.whole == {"yes": 100} and .lost == 0'
	leg_holds "$LA" '.rx_packets == 100'
	clear_bridges
	m ethtool -K ma rx-gro-list off >/dev/null 2>&1
	m ethtool -K ma rx-udp-gro-forwarding off >/dev/null 2>&1
	m ethtool -K ma gro off >/dev/null 2>&1
}

test_loopback()
{
	ok "enrol lo" m rtplane dev add lo
	ok "bridge" m rtplane bridge add leg local 127.0.0.1:30000 remote 127.0.0.1:40000 latch off \
		leg local 127.0.0.1:30002 remote 127.0.0.1:50000 latch off
	bg callee m rtp --on 127.0.0.1:50000 --expect 5
	m rtp --on 127.0.0.1:40000 --to 127.0.0.1:30000 --send 5 --pps 0 >/dev/null
	finish callee
	holds callee '.received == 5 and .src == {"127.0.0.1:30002": 5}'
	clear_bridges
	# An address of the host itself, reached over lo.
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$MA4:40000" latch off \
		leg local "$LB" remote "$RB" latch off
	bg callee b rtp --on "$RB" --expect 5
	m rtp --on "$MA4:40000" --to "$LA" --send 5 --pps 0 >/dev/null
	finish callee
	holds callee '.received == 5'
	clear_bridges
	m rtplane dev del lo
}

# device_works DEV ADDR REMOTE-ADDR NS-FUNCTION: enrol DEV of m and relay from a
# to the far side and back.
device_works()
{
	local dev=$1 addr=$2 far=$3
	ok "enrol $dev" m rtplane dev add "$dev"
	ok "bridge" m rtplane bridge add leg local "$LA" remote "$RA" latch off \
		leg local "$addr:30006" remote "$far:50006" latch off
	bg callee b rtp --on "$far:50006" --echo --expect 10 --timeout 15000
	a rtp --on "$RA" --to "$LA" --send 10 --pps 100 --expect 10 --timeout 15000 >"$W/caller.json"
	finish callee
	holds callee ".received == 10 and .src == {\"$addr:30006\": 10} and .whole == {\"yes\": 10}"
	holds caller ".received == 10 and .src == {\"$LA\": 10} and .whole == {\"yes\": 10}"
	leg_holds "$LA" '.rx_packets == 10 and .tx_packets == 10'
	m rtplane bridge del local "$LA"
}

test_vlan()
{
	ip -n "$M" link add link mc name mc.7 type vlan id 7
	ip -n "$M" addr add 10.7.0.254/24 dev mc.7
	ip -n "$M" link set mc.7 up
	ip -n "$B" link add link b1 name b1.7 type vlan id 7
	ip -n "$B" addr add 10.7.0.1/24 dev b1.7
	ip -n "$B" link set b1.7 up
	device_works mc.7 10.7.0.254 10.7.0.1
	ip -n "$M" link del mc.7
	ip -n "$B" link del b1.7
}

# A priority and no VLAN: the device's own packet, unless there is a device for it.
test_priority_tag()
{
	local send="a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $MA4 --sport 40000 --dport 30000 --vlan $((5 << 13)) --count 3"
	open
	bg callee b rtp --on "$RB" --expect 3
	$send >/dev/null
	finish callee
	holds callee '.received == 3'
	leg_holds "$LA" '.rx_packets == 3'
	# What we leave alone goes on with its tag.
	m nft -f - <<-END
		table netdev late {
			chain late {
				type filter hook ingress device ma priority 0
				vlan pcp 5 counter
			}
		}
	END
	${send/dport 30000/dport 30100} >/dev/null
	ok "tags behind us" wait_for 5 eval 'm nft list table netdev late | grep -q "packets 3 "'
	m nft delete table netdev late
	ip -n "$M" link add link ma name ma.0 type vlan id 0
	ip -n "$M" link set ma.0 up
	$send >/dev/null
	ok "at the device" wait_for 5 eval '[ "$(ip -n "$M" -s -j link show ma.0 | jq ".[0].stats64.rx.packets")" -ge 3 ]'
	leg_holds "$LA" '.rx_packets == 3'
	ip -n "$M" link del ma.0
	clear_bridges
}

test_linux_bridge()
{
	ok "br0" ip -n "$M" link add br0 type bridge
	ip -n "$M" addr flush dev mc
	ip -n "$M" link set dev mc master br0
	ip -n "$M" addr add $MC4/24 dev br0
	ip -n "$M" link set br0 up
	device_works br0 $MC4 $C4
	ip -n "$M" link del br0
	ip -n "$M" addr add $MC4/24 dev mc
}

test_macvlan()
{
	ok "mv0" ip -n "$M" link add mv0 link mc type macvlan mode bridge
	ip -n "$M" addr add 203.0.113.253/24 dev mv0
	ip -n "$M" link set mv0 up
	ip -n "$M" route replace $C4/32 dev mv0 src 203.0.113.253
	device_works mv0 203.0.113.253 $C4
	ip -n "$M" link del mv0
}

test_bond()
{
	ok "bond0" ip -n "$M" link add bond0 type bond mode active-backup miimon 100
	ip -n "$M" link set dev mc down
	ip -n "$M" addr flush dev mc
	ok "slave" ip -n "$M" link set dev mc master bond0
	ip -n "$M" addr add $MC4/24 dev bond0
	ip -n "$M" link set bond0 up
	ok "carrier" wait_for 10 bond_up
	device_works bond0 $MC4 $C4
	ip -n "$M" link del bond0
	ip -n "$M" link set dev mc up
	ip -n "$M" addr add $MC4/24 dev mc
}

bond_up() { ip -n "$M" -br link show bond0 | grep -qw LOWER_UP; }

tunnel()
{
	local type=$1
	shift
	ok "$type" ip -n "$M" link add tun0 type "$type" local $MC4 remote $C4 "$@"
	ip -n "$M" addr add 10.8.0.254/24 dev tun0
	ip -n "$M" link set tun0 up
	ok "$type" ip -n "$B" link add tun0 type "$type" local $C4 remote $MC4 "$@"
	ip -n "$B" addr add 10.8.0.1/24 dev tun0
	ip -n "$B" link set tun0 up
	device_works tun0 10.8.0.254 10.8.0.1
	ip -n "$M" link del tun0
	ip -n "$B" link del tun0
}

test_gre_tunnel() { tunnel gre; }
test_ipip_tunnel() { tunnel ipip; }
test_vxlan_tunnel() { tunnel vxlan id 5 dstport 4789; }

# What GRE's own checksum was verified with is the sum of the packet inside:
# buffers of tun0 are CHECKSUM_COMPLETE (2), as from cards that sum all they get.
test_sum_of_the_whole_packet_is_known()
{
	local trace=/sys/kernel/tracing mac=02:00:00:00:08:fe n
	mountpoint -q $trace || mount -t tracefs none $trace
	b ethtool -K b1 tx off >/dev/null
	ok "gretap" ip -n "$M" link add tun0 address $mac type gretap local $MC4 remote $C4 csum
	ok "gretap" ip -n "$B" link add tun0 type gretap local $C4 remote $MC4 csum
	ip -n "$M" addr add 10.8.0.254/24 dev tun0
	ip -n "$M" addr add fd08::254/64 dev tun0 nodad
	ip -n "$M" link set tun0 up
	ip -n "$B" addr add 10.8.0.1/24 dev tun0
	ip -n "$B" addr add fd08::1/64 dev tun0 nodad
	ip -n "$B" link set tun0 up
	echo 1 >$trace/events/net/napi_gro_receive_entry/enable
	device_works tun0 10.8.0.254 10.8.0.1
	echo 0 >$trace/events/net/napi_gro_receive_entry/enable
	ok "ten of them had their sum" test "$(grep -c 'dev=tun0 .*ip_summed=2' $trace/trace)" -ge 10
	echo >$trace/trace
	ok "bridges" m rtplane bridge add \
		leg local "$LA" remote "$RA" latch off leg local 10.8.0.254:30006 remote 10.8.0.1:50006 latch off \
		bridge leg local "$LA6" remote "$RA6" latch off leg local [fd08::254]:30006 remote [fd08::1]:50006 latch off
	bg callee a rtp --on "$RA6" --expect 10 --timeout 15000
	b rtp --on [fd08::1]:50006 --to [fd08::254]:30006 --send 10 --pps 0 >/dev/null
	finish callee
	holds callee '.received == 10 and .whole == {"yes": 10}'
	# It is not the sum of what leaves, not where nothing was verified by it either.
	bg callee a rtp --on "$RA" --expect 10 --timeout 15000
	echo 1 >$trace/events/net/net_dev_start_xmit/enable
	b rtp --on 10.8.0.1:50006 --to 10.8.0.254:30006 --send 10 --pps 0 --no-check >/dev/null
	finish callee
	echo 0 >$trace/events/net/net_dev_start_xmit/enable
	holds callee '.received == 10 and .whole == {"yes": 10}'
	ok "ten left" test "$(grep -c 'xmit: dev=ma .*len=214' $trace/trace)" -ge 10
	is "of them with a sum" "$(grep -c 'xmit: dev=ma .*ip_summed=2' $trace/trace)" 0
	echo >$trace/trace
	# A wrong checksum is seen by the sum alone.
	for n in 1 2 3; do
		b rawpkt --dev tun0 --smac 02:00:00:00:00:01 --dmac $mac --src 10.8.0.1 --dst 10.8.0.254 --sport 50006 --dport 30006 --bad-udpsum >/dev/null
		b rawpkt --dev tun0 --smac 02:00:00:00:00:01 --dmac $mac --src fd08::1 --dst fd08::254 --sport 50006 --dport 30006 --bad-udpsum >/dev/null
		leg_becomes 10.8.0.254:30006 ".drops.checksum == $n and .rx_packets == 10"
		leg_becomes [fd08::254]:30006 ".drops.checksum == $n and .rx_packets == 10"
	done
	clear_bridges
	m rtplane dev del tun0
	ip -n "$M" link del tun0
	ip -n "$B" link del tun0
}

test_strict_rules_do_not_stop_media()
{
	m nft -f - <<-END
		table inet strict {
			chain input { type filter hook input priority 0; policy drop; }
			chain forward { type filter hook forward priority 0; policy drop; }
			chain prerouting { type filter hook prerouting priority raw; policy drop; }
		}
	END
	ip -n "$M" neigh replace $B4 lladdr $B_MAC dev mb nud reachable
	open
	by b0 5
	m nft delete table inet strict
	clear_bridges
}

nobody_is_sought()
{
	! { ip -n "$A" neigh show; ip -n "$M" neigh show; } | grep -q INCOMPLETE
}

test_everything_changes_while_media_flows()
{
	open
	bg callee b rtp --on "$RB" --timeout 60000
	bg caller a rtp --on "$RA" --to "$LA" --send 100000 --pps 500
	for _ in 1 2 3; do
		ip -n "$M" route add $B4/32 via $C4 dev mc
		ip -n "$M" neigh flush all
		ip -n "$M" route del $B4/32
		ip -n "$M" link set dev mb down
		ip -n "$M" link set dev mb up
		ip -n "$M" addr del $MB4/24 dev mb
		ip -n "$M" addr add $MB4/24 dev mb
		ip -n "$M" link set dev ma down
		ip -n "$M" link set dev ma up
	done
	ip -n "$M" addr add $MB6/64 dev mb nodad 2>/dev/null
	ip -n "$M" addr add $MA6/64 dev ma nodad 2>/dev/null
	stop caller
	stop callee
	holds callee '.received > 0 and .dups == 0 and .whole == {"yes": .received}'
	# What waits for a neighbour is sent when it has been found.
	ok "neighbours are found" wait_for 20 nobody_is_sought
	by b0 5
	clear_bridges
}

run_tests "$@"
