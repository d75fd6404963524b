#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# Natmaps come and go: a thousand of them; one removed, its device, namespace
# or the whole module gone while packets pass in both directions.
#
#   a: inside 192.0.2.1 ---- ma [m] mb: external 198.51.100.254 ---- b: outside
#      198.19.0.0/16, any           198.18.0.0/16                    echoes

. "$(dirname "$0")/natmap_lib.sh"

# No loading on demand: what is unloaded stays so until a test loads it.
setup()
{
	inside_outside && hold_ingress_key || return 1
	MODPROBE=$(cat /proc/sys/kernel/modprobe)
	echo /bin/false >/proc/sys/kernel/modprobe
}

start_traffic()
{
	bg echo b rtp --on $B4:50000 --echo --timeout 120000
	bg talk a rtp --on $A4:30100 --to $B4:50000 --send 10000000 --pps 2000
}

stop_traffic()
{
	stop talk
	stop echo
}

test_a_thousand_addresses()
{
	local i
	ip -n "$A" route add local 198.19.0.0/16 dev lo
	ip -n "$M" route add 198.19.0.0/16 via $A4
	ip -n "$B" route add 198.18.0.0/16 via $MB4
	for i in {0..999}; do
		echo "natmap add ext 198.18.$((i / 250)).$((i % 250 + 1)) int 198.19.$((i / 250)).$((i % 250 + 1))"
	done >"$W/batch"
	ok "1,000 natmaps" m rtplane -batch "$W/batch"
	m rtplane --json natmap show >"$W/nat.json"
	holds nat 'length == 1000 and ([.[].ext] | unique | length) == 1000 and .[999].int == "198.19.3.250"'
	refused 'mapped already' m rtplane natmap add ext 198.18.2.7 int 198.51.100.77
	inside 30100 6
	for i in 0.1 1.100 3.250; do
		raw_back --dst 198.18.$i --count 2
	done
	saw ".flow == {\"$B4:50000>198.19.0.1:30100\": 2, \"$B4:50000>198.19.1.100:30100\": 2, \"$B4:50000>198.19.3.250:30100\": 2}"
	outside 50000 6
	for i in 0.1 1.100 3.250; do
		raw_out --src 198.19.$i --count 2
	done
	saw "$(whole 6) and .flow == {\"198.18.0.1:30100>$B4:50000\": 2, \"198.18.1.100:30100>$B4:50000\": 2, \"198.18.3.250:30100>$B4:50000\": 2}"
	sed -i 's/add \(ext [^ ]*\).*/del \1/' "$W/batch"
	ok "delete them" m rtplane -batch "$W/batch"
	stats_become '.natmaps == 0'
}

# One external address is many hosts' together, five ports each, which are named in
# no order; then every other one goes, and some come back.
test_an_address_in_ranges()
{
	local i lo host
	ip -n "$A" route replace local 198.19.0.0/16 dev lo
	ip -n "$M" route replace 198.19.0.0/16 via $A4
	for i in {0..599}; do
		i=$((i * 7 % 600)) lo=$((30000 + 5 * i))
		host=198.19.$((i / 250)).$((i % 250 + 1))
		echo "natmap add ext $E int $host ports $lo-$((lo + 4))"
	done >"$W/batch"
	ok "600 natmaps of an address" m rtplane -batch "$W/batch"
	refused 'external address are mapped already' m rtplane natmap add ext $E int $A4 ports 31003-31006
	inside 50000 5
	for i in 30000 30004 30005 31502 32999; do
		raw_back --dport $i
	done
	raw_back --dport 29999
	raw_back --dport 33000
	saw "$(whole 5) and .flow == {
		\"$B4:50000>198.19.0.1:30000\": 1, \"$B4:50000>198.19.0.1:30004\": 1,
		\"$B4:50000>198.19.0.2:30005\": 1, \"$B4:50000>198.19.1.51:31502\": 1,
		\"$B4:50000>198.19.2.100:32999\": 1}"
	for i in {0..598..2}; do
		echo "natmap del ext $E ports $((30000 + 5 * i))-$((30004 + 5 * i))"
	done >"$W/batch"
	ok "delete every other one" m rtplane -batch "$W/batch"
	refused 'no natmap' m rtplane natmap del ext $E ports 31000-31004
	refused 'no natmap' m rtplane natmap del ext $E ports 31006-31009
	natmap ext $E int $A4 ports 31001-31003
	inside 50000 4
	for i in 31000 31001 31003 31004 31005 31009 31010; do
		raw_back --dport $i
	done
	saw "$(whole 4) and .flow == {
		\"$B4:50000>$A4:31001\": 1, \"$B4:50000>$A4:31003\": 1,
		\"$B4:50000>198.19.0.202:31005\": 1, \"$B4:50000>198.19.0.202:31009\": 1}"
	clear_natmaps
	stats_become '.natmaps == 0'
	refused 'no natmap' m rtplane natmap del ext $E ports 31005-31009
}

test_deleted_under_traffic()
{
	local i
	start_traffic
	for i in 1 2 3 4 5 6 7 8; do
		natmap ext $E int $A4 filter address
		nat_becomes $E '.out_packets >= 20 and .in_packets >= 20'
		ok "delete" m rtplane natmap del ext $E
	done
	stop_traffic
	stats_become '.natmaps == 0'
}

# The way out is another one: route, device down, and back.
test_ways_change_under_traffic()
{
	local before
	natmap ext $E int $A4
	start_traffic
	nat_becomes $E '.in_packets >= 20'
	ip -n "$M" route add $B4/32 via 198.51.100.77 dev mb
	ip -n "$M" link set dev ma down
	ip -n "$M" link set dev ma up
	nat "$E"
	before=$(val nat '.[0].in_packets')
	ip -n "$M" route del $B4/32
	ip -n "$M" -6 addr replace $MA6/64 dev ma nodad
	nat_becomes $E ".in_packets >= $((before + 20))"
	stop_traffic
	clear_natmaps
}

second_counts()
{
	in_ns "rp$$-n" rtplane --json natmap show | jq -e '.[0].in_packets > 20' >/dev/null
}

# A second NAT, whose both sides are one device: every packet is a hairpin.
second_nat()
{
	quiet_ns "rp$$-y" "rp$$-n"
	ip link add y0 netns "rp$$-y" type veth peer name n0 netns "rp$$-n"
	ip -n "rp$$-y" addr add 192.0.2.1/24 dev y0
	ip -n "rp$$-y" link set dev y0 up
	ip -n "rp$$-y" route add 198.51.100.0/24 via 192.0.2.254
	ip -n "rp$$-n" addr add 192.0.2.254/24 dev n0
	ip -n "rp$$-n" link set dev n0 up
	in_ns "rp$$-n" rtplane dev add n0 &&
	in_ns "rp$$-n" rtplane natmap add ext $E int $A4
}

test_namespace_deleted_under_traffic()
{
	local what
	for what in "netns del rp$$-n" "-n rp$$-n link del n0" "netns del rp$$-n"; do
		ok "second NAT" second_nat
		bg talk in_ns "rp$$-y" rtp --on $A4:30100 --to $E:30200 --send 10000000 --pps 1000
		ok "packets pass" wait_for 10 second_counts
		# shellcheck disable=SC2086
		ok "delete" ip $what
		stop talk
		ip netns del "rp$$-n" 2>/dev/null
		ip netns del "rp$$-y"
	done
	stats_become '.natmaps == 0'
}

test_unloaded_under_traffic()
{
	start_traffic
	for _ in 1 2 3 4; do
		natmap ext $E int $A4 filter address dscp 46
		natmap ext $E2 int $X4
		nat_becomes $E '.out_packets >= 20 and .in_packets >= 20'
		ok "rmmod under traffic" rmmod rtplane
		ok "load" /sbin/modprobe rtplane
		ok "enrol" enrol
	done
	stop_traffic
	stats_become '.natmaps == 0'
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
}

run_tests "$@"
