#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# rtplaned --relay: the datapath in user space by itself, its socket, and whom
# rtplane asks.  (What it does with media the module's own tests ask of both
# backends; the socket's messages are selftests/unit/serve.c's.)
#
#   a: a0 ==== ma [m: rtplaned --relay] mb ==== b0 :b
#                      | datapath.sock
#                   rtplane

RTPLANE_BACKEND=uring
. "$(dirname "$0")/lib.sh"

SOCK=$W/datapath.sock

setup() { topology && enrol; }

test_it_needs_a_datapath_of_its_own()
{
	misused rtplaned --relay --datapath kernel
	misused rtplaned --relay --datapath auto
	ok "the sentence" grep -q 'the kernel module relays by itself; expected --datapath uring' \
		<(rtplaned --relay --datapath kernel 2>&1)
}

test_the_socket_is_for_owner_and_group()
{
	is "mode" "$(stat -c %A "$SOCK")" srw-rw----
	chmod 755 "$W"
	refused 'Permission denied' setpriv --reuid 65534 --regid 65534 --clear-groups rtplane stats
	chmod 700 "$W"
}

test_one_relay_at_a_socket()
{
	refused "another rtplaned listens on $SOCK" \
		rtplaned --relay --datapath uring --datapath-socket "$SOCK"
	ok "the first is still there" rtplane stats
	refused 'cannot listen on the datapath socket /nosuch/sock: No such file or directory' \
		rtplaned --relay --datapath uring --datapath-socket /nosuch/sock
}

test_killed_and_started_again()
{
	open_pair
	kill -KILL "$RELAY_PID"
	wait "$RELAY_PID" 2>/dev/null
	RELAY_PID=
	ok "the socket is left" test -S "$SOCK"
	refused 'Connection refused' m rtplane stats
	relay_start
	is "legs" "$(leg_count)" 0
	open_pair
	relay 10
	clear_bridges
}

test_the_end_removes_the_socket()
{
	relay_stop
	ok "gone" test ! -e "$SOCK"
	refused "no user-space datapath answers at $SOCK: No such file" m rtplane stats
	relay_start
}

test_monitor_ends_with_the_relay()
{
	monitor_start
	relay_stop
	finish monitor
	is "status" $? 1
	ok "it says why" grep -q 'the agent has hung up' "$W/events.err"
	relay_start
}

test_who_asks_all_the_time_costs_no_packet()
{
	local i
	open_pair
	for i in 1 2 3 4; do
		m rtplane -batch <(yes stats) >/dev/null 2>&1 &
		BG[asks$i]=$!
	done
	relay 2000 --pps 1000
	for i in 1 2 3 4; do
		ok "still asking" test -d "/proc/${BG[asks$i]}"
		pkill -P "${BG[asks$i]}"
		finish asks$i
	done
	clear_bridges
}

open_pair() { ok "bridge" bridge latch off -- latch off; }

test_what_needs_the_module_is_refused_by_name()
{
	refused "the datapath 'uring' has no devices to enrol: expected the kernel module rtplane" \
		m rtplane dev add ma
	refused "the datapath 'uring' has no devices" m rtplane dev show
	refused "the datapath 'uring' has no natmaps: expected the kernel module rtplane" \
		m rtplane natmap add ext "$MA4" int "$B4"
	refused "the datapath 'uring' has no natmaps" m rtplane natmap show
}

test_whom_rtplane_asks()
{
	is "the environment" "$(m rtplane --json stats | jq -r .datapath)" uring
	is "the option" "$(RTPLANE_DATAPATH= m rtplane --datapath "uring:$SOCK" --json stats | jq -r .datapath)" uring
	refused 'no user-space datapath answers at /nosuch' m rtplane --datapath uring:/nosuch stats
	misused m rtplane --datapath nosuch stats
	misused m rtplane --datapath uring: stats
	RTPLANE_DATAPATH=nosuch misused m rtplane stats
}

# Without the module, in a namespace of mounts with a /run of its own.
auto()
{
	unset RTPLANE_DATAPATH
	unshare -m -- bash -c '
		mount -t tmpfs none /run && mkdir /run/rtplane
		rtplane --json stats 2>&1
		rtplaned --relay 2>/dev/null &
		for i in {1..200}; do
			[ -S /run/rtplane/datapath.sock ] && break
			read -rt 0.05 -u 8
		done
		rtplane --json stats 2>&1
		kill %1
		wait %1'
}

test_auto_takes_who_is_there()
{
	[ ! -d /sys/module/rtplane ] || { skip "the module is loaded"; return; }
	(auto) >"$W/auto"
	ok "both that were tried are named" grep -qE \
		"^rtplane: .*module rtplane is not loaded .*no user-space datapath answers at /run/rtplane/datapath.sock" "$W/auto"
	is "then" "$(tail -n 1 "$W/auto" | jq -r .datapath)" uring
}

test_the_table_of_the_manual_is_that_of_the_tests()
{
	is "names and reasons" \
		"$(sed -n 's/^| `\([a-z-]*\)` | \(.*\) |$/\1\t\2/p' "$TREE/Documentation/internals.md")" \
		"$(sed -n 's/^uring\t//p' "$TREE/selftests/backends.tsv")"
}

run_tests "$@"
