#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# The module goes while packets pass, again and again, and so do namespaces;
# afterwards everything works as before and nothing is left.
#
#   a: a0 192.0.2.1 ==== ma LA [m] LB mb ==== b0 198.51.100.1 :b
#         sends all the time                      echoes all the time

. "$(dirname "$0")/lib.sh"

# No loading on demand: what is unloaded stays so until a test loads it.
setup()
{
	topology && hold_ingress_key || return 1
	MODPROBE=$(cat /proc/sys/kernel/modprobe)
	echo /bin/false >/proc/sys/kernel/modprobe
}

load() { /sbin/modprobe rtplane; }

bring_up()
{
	ok "load" load
	ok "enrol" enrol
	ok "bridge" bridge latch off -- latch off
}

start_traffic()
{
	bg echo b rtp --on "$RB" --echo --timeout 120000
	bg talk a rtp --on "$RA" --to "$LA" --send 10000000 --pps 1000
}

stop_traffic()
{
	stop talk
	stop echo
}

unloaded() { ! module_loaded; }

test_unload_with_everything_configured()
{
	bring_up
	is "legs" "$(leg_count)" 2
	ok "rmmod" rmmod rtplane
	ok "gone" unloaded
	is "no family" "$(m rtplane leg show >/dev/null 2>&1; echo $?)" 1
	ok "load" load
	is "legs after reload" "$(leg_count)" 0
	is "devices after reload" "$(m rtplane --json dev show | jq length)" 0
}

test_the_family_loads_the_module()
{
	rmmod rtplane
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	ok "any command" m rtplane leg show
	ok "loaded" module_loaded
	echo /bin/false >/proc/sys/kernel/modprobe
}

test_without_the_module_the_command_says_so()
{
	rmmod rtplane
	refused 'rtplane' m rtplane leg show
	refused 'rtplane' m rtplane dev add ma
	ok "load" load
}

test_unload_under_traffic_again_and_again()
{
	local i
	rmmod rtplane
	start_traffic
	for i in 1 2 3 4 5; do
		bring_up
		leg_becomes "$LA" '.rx_packets >= 50 and .tx_packets >= 20'
		ok "rmmod under traffic" rmmod rtplane
	done
	stop_traffic
	ok "load" load
	ok "enrol" enrol
	ok "bridge" bridge latch off -- latch off
	relay 100
	holds callee '.lost == 0'
	clear_bridges
}

test_unload_while_user_space_talks_to_it()
{
	local i pids='' p
	# Many commands race with the unloading; each may be refused, none may hang.
	for i in 1 2 3; do
		load
		(for p in 1 2 3 4 5 6; do
			m rtplane dev add ma
			bridge latch off -- latch off
			m rtplane leg show
			m rtplane bridge del all
			m rtplane dev del ma
		done) >/dev/null 2>&1 &
		pids+=" $!"
		wait_for 5 module_loaded
		wait_for 10 rmmod rtplane
	done
	# shellcheck disable=SC2086
	wait $pids
	ok "load" load
	m rtplane bridge del all >/dev/null 2>&1
	m rtplane dev del ma >/dev/null 2>&1
}

test_unload_while_a_monitor_listens()
{
	ok "load" load
	monitor_start
	ok "rmmod" rmmod rtplane
	monitor_stop
	ok "load" load
}

test_bridge_deleted_under_traffic()
{
	m rtplane dev add ma >/dev/null 2>&1
	m rtplane dev add mb >/dev/null 2>&1
	start_traffic
	for _ in $(seq 8); do
		ok "bridge" bridge latch off -- latch off
		leg_becomes "$LA" '.rx_packets >= 1'
		ok "delete" m rtplane bridge del local "$LA"
	done
	stop_traffic
	is "legs" "$(leg_count)" 0
}

test_device_withdrawn_under_traffic()
{
	ok "bridge" bridge latch off -- latch off
	start_traffic
	for _ in $(seq 5); do
		ok "withdraw" m rtplane dev del ma
		ok "enrol" m rtplane dev add ma
		ok "withdraw" m rtplane dev del mb
		ok "enrol" m rtplane dev add mb
	done
	leg_becomes "$LA" '.rx_packets >= 100'
	stop_traffic
	clear_bridges
}

# A second media host between x and y, torn down while packets pass.
second_host()
{
	quiet_ns "rp$$-y" "rp$$-n"
	ip link add y0 netns "rp$$-y" type veth peer name n0 netns "rp$$-n"
	ip -n "rp$$-y" addr add 192.0.2.1/24 dev y0
	ip -n "rp$$-y" addr add 192.0.2.2/24 dev y0
	ip -n "rp$$-y" link set dev y0 up
	ip -n "rp$$-n" addr add 192.0.2.254/24 dev n0
	ip -n "rp$$-n" link set dev n0 up
	in_ns "rp$$-n" rtplane dev add n0 &&
	in_ns "rp$$-n" rtplane bridge add leg local "$LA" remote "$RA" latch off \
		leg local "$MA4:30002" remote 192.0.2.2:50000 latch off
}

second_leg_counts()
{
	in_ns "rp$$-n" rtplane --json leg show local "$LA" | jq -e '.[0].rx_packets > 50'
}

test_namespace_deleted_under_traffic()
{
	for _ in 1 2 3; do
		ok "second media host" second_host
		bg talk in_ns "rp$$-y" rtp --on "$RA" --to "$LA" --send 10000000 --pps 1000
		bg talk2 in_ns "rp$$-y" rtp --on 192.0.2.2:50000 --to "$MA4:30002" --send 10000000 --pps 1000
		ok "packets pass" wait_for 30 second_leg_counts
		ok "delete" ip netns del "rp$$-n"
		stop talk
		stop talk2
		ip netns del "rp$$-y"
	done
	is "legs of m" "$(leg_count)" 0
}

test_device_deleted_under_traffic()
{
	for _ in 1 2 3; do
		ok "second media host" second_host
		bg talk in_ns "rp$$-y" rtp --on "$RA" --to "$LA" --send 10000000 --pps 1000
		ok "packets pass" wait_for 30 second_leg_counts
		ok "delete" ip -n "rp$$-n" link del n0
		stop talk
		is "devices" "$(in_ns "rp$$-n" rtplane --json dev show | jq length)" 0
		ip netns del "rp$$-n"
		ip netns del "rp$$-y"
	done
}

test_loading_on_demand_again()
{
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
}

run_tests "$@"
