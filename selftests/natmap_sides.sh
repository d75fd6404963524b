#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# A natmap has an inside and an outside: what claims to come from inside must come
# from there, whatever it has as its source.
#
#   a: inside 192.0.2.1 ---- ma [m] mb: external 198.51.100.254 ---- b: outside
#                                                   b also forges: from 192.0.2.1

. "$(dirname "$0")/natmap_lib.sh"

setup() { inside_outside; }

# forge FROM TO N: N frames from b with any source
forge()
{
	b rawpkt --dev b0 --smac $B_MAC --dmac $MB_MAC --src "${1%:*}" --sport "${1##*:}" \
		--dst "${2%:*}" --dport "${2##*:}" --count "$3" --pps 200 >"$W/forged.json"
}

test_forged_inside_source_is_dropped()
{
	natmap ext $E int $A4
	outside 50000 1
	forge $A4:30100 $B2:50000 5
	out $A4:30100 $B4:50000 1
	saw ".received == 1 and .flow == {\"$E:30100>$B4:50000\": 1}"
	nat_becomes $E '.drops.martian == 5 and .out_packets == 1'
	clear_natmaps
}

test_forged_source_opens_no_filter()
{
	natmap ext $E int $A4 filter address
	forge $A4:30100 $B2:50000 1
	back $B2:50000 $E:30100 3
	nat_becomes $E '.drops.martian == 1 and .drops.refused == 3 and .in_packets == 0'
	# the control: the inside itself opens it
	out $A4:30100 $B2:50000 1
	inside 30100 2
	back $B2:50000 $E:30100 2
	saw "$(whole 2)"
	clear_natmaps
}

test_inside_device_is_named()
{
	natmap ext $E int $A4 inside mb
	out $A4:30100 $B4:50000 2
	nat_becomes $E '.drops.martian == 2 and .out_packets == 0 and .inside == "mb"'
	clear_natmaps
	natmap ext $E int $A4 inside ma outside mb
	outside 50000 2
	out $A4:30100 $B4:50000 2
	saw "$(whole 2)"
	inside 30100 2
	back $B4:50000 $E:30100 2
	saw "$(whole 2)"
	clear_natmaps
}

test_outside_device_is_named()
{
	natmap ext $E int $A4 outside ma
	back $B4:50000 $E:30100 3
	nat_becomes $E '.passed == 3 and .in_packets == 0 and .outside == "ma"'
	clear_natmaps
}

test_sides_by_group()
{
	ip -n "$M" link set dev ma group 7
	natmap ext $E int $A4 inside group:7 outside group:0
	outside 50000 2
	out $A4:30100 $B4:50000 2
	saw "$(whole 2)"
	inside 30100 2
	back $B4:50000 $E:30100 2
	saw "$(whole 2)"
	forge $A4:30100 $B2:50000 4
	nat_becomes $E '.drops.martian == 4 and .inside_group == 7 and .outside_group == 0'
	ip -n "$M" link set dev ma group 0
	clear_natmaps
}

test_sides_are_checked()
{
	misused m rtplane natmap add ext $E int $A4 inside nosuchdev0
	misused m rtplane natmap add ext $E int $A4 inside group:x
	misused m rtplane natmap add ext $E int $A4 inside ma inside mb
}

run_tests
