#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 smp=2
#
# Enrolled devices: added, shown, withdrawn, and everything that can happen to
# a device under an enrolment.
#
#   a: a0 192.0.2.1 ==== ma [m: media host] mb ==== b0 198.51.100.1 :b
#                        d0 (dummy), v0 (veth) and lo of m are enrolled, renamed,
#                        moved and deleted; x: a second media host

. "$(dirname "$0")/lib.sh"

setup() { topology && quiet_ns "$X"; }

devs() { m rtplane --json dev show | jq -r '[.[].dev] | sort | join(" ")'; }

test_nothing_enrolled_at_first()
{
	is "devices" "$(devs)" ""
}

test_enrol_and_show()
{
	ok "add ma" m rtplane dev add ma
	is "devices" "$(devs)" "ma"
	ok "add mb" m rtplane dev add mb
	is "devices" "$(devs)" "ma mb"
	is "ifindex" "$(m rtplane --json dev show | jq '.[] | select(.dev == "ma") | .ifindex')" \
		"$(m ip -j link show ma | jq '.[0].ifindex')"
	m rtplane dev show >"$W/text"
	ok "text names ma" grep -qw ma "$W/text"
}

test_enrol_unknown_device_is_refused()
{
	refused 'no such device' m rtplane dev add nosuch0
	is "devices" "$(devs)" "ma mb"
}

test_enrol_twice_is_refused()
{
	refused 'enrolled already' m rtplane dev add ma
	is "devices" "$(devs)" "ma mb"
}

test_withdraw_unknown_device_is_refused()
{
	refused 'no such device' m rtplane dev del nosuch0
}

test_withdraw_device_not_enrolled_is_refused()
{
	refused 'not enrolled' m rtplane dev del lo
}

test_name_of_bad_length_is_refused()
{
	misused m rtplane dev add
	misused m rtplane dev add thisnameismuchtoolongforadevice
	is "devices" "$(devs)" "ma mb"
}

test_not_in_this_namespace()
{
	refused 'no such device' x rtplane dev add ma
	is "devices of x" "$(x rtplane --json dev show | jq length)" 0
}

# One packet of a to leg LA; the callee awaits it.
media_flows()
{
	bg flow b rtp --on "$RB" --expect 5 --timeout 10000
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 >/dev/null
	finish flow
	holds flow '.received == 5'
}

test_withdrawn_device_leaves_packets_to_the_stack()
{
	ok "bridge" bridge latch off -- latch off
	media_flows
	ok "withdraw" m rtplane dev del ma
	is "devices" "$(devs)" "mb"
	bg sock m rtp --on "$LA" --expect 5
	a rtp --on "$RA" --to "$LA" --send 5 --pps 0 >/dev/null
	finish sock
	holds sock '.received == 5'
	leg_holds "$LA" '.rx_packets == 5'
	ok "enrol again" m rtplane dev add ma
	media_flows
	leg_holds "$LA" '.rx_packets == 10'
	clear_bridges
}

test_renamed_device_stays_enrolled()
{
	ok "bridge" bridge latch off -- latch off
	ok "rename" ip -n "$M" link set dev ma down
	ok "rename" ip -n "$M" link set dev ma name renamed0
	ok "rename" ip -n "$M" link set dev renamed0 up
	is "devices" "$(devs)" "mb renamed0"
	media_flows
	ip -n "$M" link set dev renamed0 down
	ip -n "$M" link set dev renamed0 name ma
	ip -n "$M" link set dev ma up
	is "devices" "$(devs)" "ma mb"
	ip -n "$M" addr add $MA6/64 dev ma nodad 2>/dev/null
	media_flows
	clear_bridges
}

test_device_down_and_up_again()
{
	ok "bridge" bridge latch off -- latch off
	media_flows
	ip -n "$M" link set dev mb down
	is "devices" "$(devs)" "ma mb"
	a rtp --on "$RA" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.rx_packets == 8'
	leg_holds "$LB" '.tx_packets == 5'
	ip -n "$M" link set dev mb up
	ip -n "$M" addr add $MB6/64 dev mb nodad 2>/dev/null
	media_flows
	clear_bridges
}

test_deleted_device_is_withdrawn()
{
	ip -n "$M" link add d0 type dummy
	ok "enrol" m rtplane dev add d0
	is "devices" "$(devs)" "d0 ma mb"
	ok "delete" ip -n "$M" link del d0
	is "devices" "$(devs)" "ma mb"
	ip -n "$M" link add d0 type dummy
	is "a new device of that name is not enrolled" "$(devs)" "ma mb"
	ok "enrol the new one" m rtplane dev add d0
	ip -n "$M" link del d0
}

test_device_moved_away_is_withdrawn()
{
	ip -n "$M" link add v0 type veth peer name v1
	ok "enrol" m rtplane dev add v0
	ok "move" ip -n "$M" link set dev v0 netns "$X"
	is "devices of m" "$(devs)" "ma mb"
	is "devices of x" "$(x rtplane --json dev show | jq length)" 0
	ok "enrol in x" x rtplane dev add v0
	is "devices of x" "$(x rtplane --json dev show | jq -r '.[].dev')" v0
	ip -n "$X" link del v0
	is "devices of x" "$(x rtplane --json dev show | jq length)" 0
}

test_many_devices_go_at_once()
{
	local i
	for i in 1 2 3 4 5 6 7 8; do
		echo "link add e$i type dummy"
	done | ip -n "$M" -batch -
	for i in 1 2 3 4 5 6 7 8; do echo "dev add e$i"; done | m rtplane -batch -
	is "enrolled" "$(m rtplane --json dev show | jq length)" 10
	for i in 1 2 3 4 5 6 7 8; do echo "link del e$i"; done | ip -n "$M" -batch -
	is "devices" "$(devs)" "ma mb"
}

test_namespaces_do_not_see_each_other()
{
	ok "bridge in m" bridge latch off -- latch off
	ok "the same bridge in x" x rtplane bridge add leg local "$LA" remote "$RA" \
		leg local "$LB" remote "$RB"
	ok "delete that of x" x rtplane bridge del all
	is "legs of m" "$(leg_count)" 2
	clear_bridges
}

test_namespace_with_legs_and_devices_goes()
{
	local n=rp$$-gone
	quiet_ns "$n"
	ip link add g0 netns "$n" type veth peer name g1 netns "$X"
	ok "enrol" in_ns "$n" rtplane dev add g0
	ok "enrol lo" in_ns "$n" rtplane dev add lo
	ok "bridge" in_ns "$n" rtplane bridge add leg local "$LA" remote "$RA" \
		leg local "$LB" remote "$RB"
	ok "namespace del" ip netns del "$n"
	ok "its device is gone" wait_for 10 gone "$X" g1
	is "m has no legs" "$(leg_count)" 0
}

# A namespace that never had anything of ours ends without a wait of ours: each would
# be a grace period.
test_namespace_that_had_nothing_waits_for_nothing()
{
	local trace=/sys/kernel/tracing n=rp$$-idle f
	mountpoint -q $trace || mount -t tracefs none $trace
	for f in synchronize_net synchronize_rcu synchronize_rcu_expedited rcu_barrier; do
		echo "p:waits/$f $f" >>$trace/kprobe_events
		echo stacktrace >$trace/events/waits/$f/trigger
	done
	echo 1 >$trace/options/sym-offset
	quiet_ns "$n"
	ip link add g0 netns "$n" type veth peer name g1 netns "$X"
	echo 1 >$trace/events/waits/enable
	ok "namespace del" ip netns del "$n"
	ok "its device is gone" wait_for 10 gone "$X" g1
	echo 0 >$trace/events/waits/enable
	for f in $trace/events/waits/*/trigger; do echo '!stacktrace' >"$f"; done
	ok "waits were seen" grep -q cleanup_net $trace/trace
	is "those of the module" "$(grep -F '[rtplane]' $trace/trace)" ''
	for f in $trace/events/waits/*/; do echo "-:waits/$(basename "$f")" >>$trace/kprobe_events; done
	echo >$trace/trace
}

gone() { ! ip -n "$1" link show "$2"; }

test_missing_capability_is_refused()
{
	refused 'permitted' m setpriv --reuid 65534 --regid 65534 --clear-groups rtplane dev add lo
	refused 'permitted' m setpriv --bounding-set -net_admin --inh-caps -net_admin rtplane dev del ma
	refused 'permitted' unshare -Urn rtplane dev add lo
	is "devices" "$(devs)" "ma mb"
}

run_tests "$@"
