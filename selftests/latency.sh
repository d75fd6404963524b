#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# How long the relay holds packets: the module's histogram in debugfs.
#
#   a: a0 192.0.2.1:40000                              198.51.100.1:50000 b0 :b
#          |                                                     |
#         ma LA 192.0.2.254:30000  [m]  LB 198.51.100.254:30002 mb

. "$(dirname "$0")/lib.sh"

HISTOGRAM=/sys/kernel/debug/rtplane/latency

setup()
{
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug || return
	topology && enrol && bridge latch off -- latch off
}

counted() { awk 'NR > 1 { n += $3 } END { print n + 0 }' $HISTOGRAM; }

# one line for each bucket, in order and apart, none wider than an eighth of its
# beginning (of whole nanoseconds)
buckets_sane()
{
	awk 'NR > 1 && ($1 < last || $2 <= $1 || ($2 - $1 - 1) * 8 > $1 || $3 < 1) { bad = 1 }
	     NR > 1 { last = $2 }
	     END { exit bad || NR < 2 }' $HISTOGRAM
}

test_off_unless_asked_for()
{
	is "at first" "$(head -n1 $HISTOGRAM)" off
	relay 50
	is "buckets after 50 packets" "$(counted)" 0
}

test_each_packet_is_counted_once()
{
	ok "on" sh -c "echo 1 >$HISTOGRAM"
	is "now" "$(head -n1 $HISTOGRAM)" on
	relay 100
	relay_back 30
	is "packets in buckets" "$(counted)" 130
	ok "buckets" buckets_sane
	ok "off" sh -c "echo 0 >$HISTOGRAM"
	relay 50
	is "packets in buckets, off again" "$(counted)" 130
}

test_what_is_dropped_or_not_ours_is_not_counted()
{
	ok "on again" sh -c "echo 1 >$HISTOGRAM"
	is "begun anew" "$(counted)" 0
	a rtp --on "$A4:40999" --to "$LA" --send 20 >/dev/null
	a ping -qc3 -i0.2 "$MA4" >/dev/null
	leg_becomes "$LA" '.dropped >= 20'
	is "packets in buckets" "$(counted)" 0
	ok "off" sh -c "echo 0 >$HISTOGRAM"
}

test_nonsense_is_refused()
{
	if sh -c "echo perhaps >$HISTOGRAM" 2>/dev/null; then
		fail "'perhaps' was taken"
	fi
	is "still" "$(head -n1 $HISTOGRAM)" off
}

test_gone_with_the_module()
{
	ok "on" sh -c "echo 1 >$HISTOGRAM"
	ok "unload" rmmod rtplane
	[ ! -e $HISTOGRAM ] || fail "$HISTOGRAM is still there"
	ok "load" modprobe rtplane
	is "after loading" "$(head -n1 $HISTOGRAM)" off
}

run_tests "$@"
