# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh - what the module's selftests share.  A test file sources this,
# defines functions test_*, and ends with run_tests: each function is one KTAP
# line, in the order of the file, named as the function is.
#
# Topology of every test that calls topology (others draw their own):
#
#    namespace a                namespace m                  namespace b
#   +------------+     +-----------------------------+     +--------------+
#   | a0         |     | ma                       mb |     |           b0 |
#   | 192.0.2.1  |=====| 192.0.2.254  198.51.100.254 |=====| 198.51.100.1 |
#   | 2001:db8:a |     | 2001:db8:a       2001:db8:b |     | 2001:db8:b   |
#   |   ::1      |     |   ::fe               ::fe   |     |   ::1        |
#   +------------+     +-----------------------------+     +--------------+
#     caller              media host, both devices           callee
#                         enrolled; routes nothing
#
# 192.0.2.66 and 2001:db8:a::66 are further addresses of a: the attacker.
#
# RTPLANE_BACKEND=kernel (default) or uring says which datapath relays in m: the
# module, or an rtplaned --relay that this file starts there.  The tests are the
# same; what a backend cannot do is in backends.tsv, and needs and can skip it by
# its name.  RTPLANE_BIN=DIR: take the programs from there (a sanitizer's build).
#
# Exit status: 0 all passed, 1 something failed, 4 everything was skipped.

set -u
shopt -s nocasematch

TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# An emulated processor takes 40 ms and more to link a program at its start.
STATIC=
[ ! -f /.vm-init ] || [ ! -x "$TREE/build/static/rtplane" ] || STATIC=$TREE/build/static:
PATH=${RTPLANE_BIN:+$RTPLANE_BIN:}$STATIC$TREE/build:$TREE/build/selftests:$PATH:/usr/sbin:/sbin
BACKEND=${RTPLANE_BACKEND:-kernel}
KTAP_NR=0 KTAP_BAD=0 KTAP_SKIPPED=0
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")

# Names of this run's namespaces, so that two runs do not meet.
A=rp$$-a M=rp$$-m B=rp$$-b X=rp$$-x

A4=192.0.2.1 X4=192.0.2.66 MA4=192.0.2.254 MB4=198.51.100.254 B4=198.51.100.1
A6=2001:db8:a::1 X6=2001:db8:a::66 MA6=2001:db8:a::fe
MB6=2001:db8:b::fe B6=2001:db8:b::1
A_MAC=02:00:00:00:0a:01 MA_MAC=02:00:00:00:0a:fe
B_MAC=02:00:00:00:0b:01 MB_MAC=02:00:00:00:0b:fe

# As fast as a sender may be where nothing may be lost: the module takes a packet
# before the next arrives, a socket has so much room.
FAST=0
[ "$BACKEND" = kernel ] || FAST=10000

# The bridge most tests use: LA is the leg towards a, LB the leg towards b.
LA=$MA4:30000 LB=$MB4:30002 RA=$A4:40000 RB=$B4:50000
# shellcheck disable=SC2034
LA6=[$MA6]:30000 LB6=[$MB6]:30002 RA6=[$A6]:40000 RB6=[$B6]:50000

# How much slower than Debian's kernel the one below us is, for everything that
# waits or has a rate.  The packet tools know it from the environment.
case ${VM_KERNEL:-} in
debug) SLOW=4 ;;
kcsan) SLOW=3 ;;
*) SLOW=1 ;;
esac
export RTPLANE_SLOW=$SLOW

# nsenter, not ip netns exec: no mounts to be made.  The static one of busybox
# if there is one: under emulation the dynamic linker takes 40 ms each time.
if busybox nsenter --help >/dev/null 2>&1; then
	NSENTER="busybox nsenter"
else
	NSENTER=nsenter
fi

# The program is named by its path, or busybox would run an applet of its own.
# shellcheck disable=SC2086
in_ns()
{
	local n=$1 p=$2
	shift 2
	hash "$p" 2>/dev/null && p=${BASH_CMDS[$p]:-$p}
	$NSENTER --net="/run/netns/$n" -- "$p" "$@"
}
a() { in_ns "$A" "$@"; }
m() { in_ns "$M" "$@"; }
b() { in_ns "$B" "$@"; }
x() { in_ns "$X" "$@"; }

note() { printf '# %s\n' "$*"; }

# A check that failed: say so, and go on with the test.  In a file, since a check in a
# pipe or a subshell could not tell its test by a variable.
fail()
{
	: >"$W/failed"
	note "FAILED: $*"
}

# A misspelt check is a failed one.
command_not_found_handle()
{
	fail "no such command: $*"
	return 127
}

# The test cannot be run here; the test function returns after this.
skip()
{
	TEST_SKIPPED=$*
}

# why_not THING: why this backend has it not; fails if it has it.
why_not()
{
	[ "$BACKEND" = kernel ] && return 1
	awk -F'\t' -v backend="$BACKEND" -v thing="$1" '
		$2 == thing { known = 1 }
		$1 == backend && $2 == thing { print $3; found = 1 }
		END { if (!known) print "no such word in backends.tsv"; exit known && !found }
	' "$TREE/selftests/backends.tsv"
}

# needs THING...: the test is of something that the backend has; otherwise it is
# skipped by that name.  To be used as: needs ttl || return
needs()
{
	local thing why
	for thing in "$@"; do
		why=$(why_not "$thing") || continue
		skip "$thing: $why"
		return 1
	done
}

# can THING: a check in a test is of something that the backend has; otherwise it
# is left out with a line that says so.  To be used as: can ttl && holds ...
can()
{
	local why
	why=$(why_not "$1") || return 0
	note "not looked at with $BACKEND: $1 ($why)"
	return 1
}

# ok TEXT CMD...: CMD must succeed.
ok()
{
	local text=$1 out
	shift
	out=$("$@" 2>&1) && return 0
	fail "$text: '$*' failed${out:+: $out}"
	return 1
}

# is TEXT GOT WANT
is()
{
	[ "$2" = "$3" ] && return 0
	fail "$1: got '$2', want '$3'"
	return 1
}

# refused REGEX CMD...: status 1, and a sentence on stderr that matches.
refused()
{
	local want=$1 err status
	shift
	err=$("$@" 2>&1 >/dev/null)
	status=$?
	if [ "$status" != 1 ]; then
		fail "'$*' ended with $status, want 1 (refused); it said: $err"
	elif ! [[ $err =~ $want ]]; then
		fail "'$*' said '$err', want something like '$want'"
	else
		return 0
	fi
	return 1
}

# misused CMD...: status 2 (usage), and something on stderr.
misused()
{
	local err status
	err=$("$@" 2>&1 >/dev/null)
	status=$?
	if [ "$status" != 2 ] || [ -z "$err" ]; then
		fail "'$*' ended with $status and said '$err', want 2 and a sentence"
		return 1
	fi
}

# wait_for SECONDS CMD...: until CMD succeeds; 1 if it never did.
wait_for()
{
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * SLOW * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt $end ] || return 1
		# Nothing ever comes from there: a sleep without a process.
		read -r -t 0.05 -u 8
	done
	return 0
}

# JSON --------------------------------------------------------------------

# jq 1.6 takes 30 ms to start, which an emulated CPU makes half a second; gojq,
# which speaks the same language, a fifth of that.
JQ=$(command -v gojq || command -v jq)
jq() { "$JQ" "$@"; }

# holds NAME EXPR: jq's EXPR is true of what the program NAME printed.
holds()
{
	jq -e "$2" <"$W/$1.json" >/dev/null 2>&1 && return 0
	fail "$1: not so: $2; it is: $(jq -c . <"$W/$1.json" 2>&1 | cut -c1-1500)"
	return 1
}

# val NAME EXPR
val() { jq -r "$2" <"$W/$1.json"; }

# leg A:P: the leg, as an array of one JSON object, in $W/leg.json.
leg() { m rtplane --json leg show local "$1" >"$W/leg.json" 2>"$W/leg.err"; }

leg_text() { head -c 1500 "$W/leg.json"; cat "$W/leg.err"; }

leg_test() { leg "$1" && jq -e ".[0] | $2" <"$W/leg.json" >/dev/null 2>&1; }

# leg_val A:P EXPR
leg_val() { leg "$1" && jq -r ".[0] | $2" <"$W/leg.json"; }

# leg_holds A:P EXPR
leg_holds()
{
	leg_test "$@" && return 0
	fail "leg $1: not so: $2; it is: $(leg_text)"
	return 1
}

# leg_becomes A:P EXPR: within ten seconds.
leg_becomes()
{
	wait_for 10 leg_test "$@" && return 0
	fail "leg $1 never became: $2; it is: $(leg_text)"
	return 1
}

stats_test() { m rtplane --json stats | jq -e "$1" >/dev/null 2>&1; }
stats_val() { m rtplane --json stats | jq -r "$1"; }
stats_become()
{
	wait_for 10 stats_test "$1" && return 0
	fail "stats never became: $1; they are: $(m rtplane --json stats)"
	return 1
}
leg_count() { m rtplane --json leg show | jq length; }

# Programs in the background ------------------------------------------------

declare -A BG=()

# bg NAME CMD...: start a packet tool; returns when it is bound.  Its JSON will
# be in $W/NAME.json.  CMD is 'a rtp ...' or the like.
bg()
{
	local name=$1 said=
	shift
	"$@" --ready "$W/ready" >"$W/$name.json" 2>"$W/$name.err" </dev/null &
	BG[$name]=$!
	read -r -t 20 -u 9 said
	[ "$said" = ready ] && return 0
	fail "'$*' did not become ready: $(cat "$W/$name.err")"
	return 1
}

# timed CMD...: CMD, and the ms that it took in TOOK: a sender that has to wait for a processor
# takes more than it was told, and what its rate lets pass is more, too.
timed()
{
	local begin=${EPOCHREALTIME/[.,]/} status
	"$@"
	status=$?
	# shellcheck disable=SC2034
	TOOK=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	return $status
}

# finish NAME: wait for its own end.
finish()
{
	local pid=${BG[$1]:-}
	[ -n "$pid" ] || return 1
	unset "BG[$1]"
	wait "$pid"
}

# The packet tool below the shell and nsenter that bg started.
tool_of()
{
	local pid=$1 child=
	while child=
	      read -r child _ 2>/dev/null <"/proc/$pid/task/$pid/children"
	      [ -n "$child" ]; do
		pid=$child
	done
	echo "$pid"
}

# stop NAME: tell it that nothing more will come, and wait for its end.
stop()
{
	local pid=${BG[$1]:-}
	[ -n "$pid" ] || return 1
	kill -TERM "$(tool_of "$pid")" 2>/dev/null
	finish "$1"
}

# monitor_start [OPTION...]: events of m to $W/events; returns once subscribed.
monitor_start()
{
	m rtplane --json monitor "$@" >"$W/events" 2>"$W/events.err" </dev/null &
	BG[monitor]=$!
	wait_for 10 monitor_subscribed && return 0
	fail "rtplane monitor did not subscribe: $(cat "$W/events.err")"
	return 1
}

# A generic netlink socket (protocol 16) of m that is in some group; the agent's
# monitor waits in poll() once it has been told that it will get events.
monitor_subscribed()
{
	if [ "$BACKEND" != kernel ]; then
		grep -q poll "/proc/$(tool_of "${BG[${1:-monitor}]}")/wchan"
		return
	fi
	m cat /proc/net/netlink | awk '$2 == 16 && $4 != "00000000" { f = 1 }
				       END { exit !f }'
}

# event_test EXPR: some event fulfils EXPR.
event_test()
{
	jq -e -s "[.[] | select($1)] | length > 0" \
		<"$W/events" >/dev/null 2>&1
}

event_count()
{
	jq -s "[.[] | select($1)] | length" <"$W/events"
}

# event_comes EXPR
event_comes()
{
	wait_for 10 event_test "$1" && return 0
	fail "no event with $1 among: $(head -c 1500 "$W/events" | tr '\n' ' ')"
	return 1
}

monitor_stop() { stop monitor; return 0; }

# Networks ------------------------------------------------------------------

quiet_ns()
{
	local n
	for n in "$@"; do
		ip netns add "$n" || return 1
		in_ns "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
		ip -n "$n" link set dev lo up
	done
}

# What the datapath in user space sends at once when it is busy (UDP_SEGMENT) leaves the
# media host's devices packet by packet: who listens on a wire counts packets, whatever
# the machine has to do beside.
packet_by_packet()
{
	[ "$BACKEND" != kernel ] || return 0
	m ethtool -K ma tx-udp-segmentation off && m ethtool -K mb tx-udp-segmentation off
}

# The picture at the head of this file.
topology()
{
	quiet_ns "$A" "$M" "$B" || return 1
	ip link add a0 netns "$A" address $A_MAC type veth \
		peer name ma netns "$M" address $MA_MAC || return 1
	ip link add b0 netns "$B" address $B_MAC type veth \
		peer name mb netns "$M" address $MB_MAC || return 1
	ip -n "$A" -batch - <<-END || return 1
		addr add $A4/24 dev a0
		addr add $X4/24 dev a0
		addr add $A6/64 dev a0 nodad
		addr add $X6/64 dev a0 nodad
		link set dev a0 up
	END
	ip -n "$M" -batch - <<-END || return 1
		addr add $MA4/24 dev ma
		addr add $MB4/24 dev mb
		addr add $MA6/64 dev ma nodad
		addr add $MB6/64 dev mb nodad
		link set dev ma up
		link set dev mb up
	END
	ip -n "$B" -batch - <<-END || return 1
		addr add $B4/24 dev b0
		addr add $B6/64 dev b0 nodad
		link set dev b0 up
	END
	packet_by_packet
}

# Keep the kernel's "somebody hooks ingress" patched in.  QEMU 7.2's threads
# lose a patched instruction now and then: a CPU that meets the jump label while
# it is rewritten spins on a breakpoint that is long gone.  Tests that hook and
# unhook under traffic would sooner or later hang in __netif_receive_skb_core().
hold_ingress_key()
{
	in_ns "$A" nft -f - <<-END
		table netdev keep {
			chain keep {
				type filter hook ingress device lo priority 0
			}
		}
	END
}

# enrol_dev DEV: media that arrives there is the module's.  Sockets need nothing.
enrol_dev() { [ "$BACKEND" != kernel ] || m rtplane dev add "$1"; }

# From now on m relays.
enrol() { relay_start && enrol_dev ma && enrol_dev mb; }

# The datapath in user space -------------------------------------------------

RELAY_PID=

relay_answers() { m rtplane stats || ! kill -0 "$RELAY_PID"; }

# relay_start [CMD...]: rtplaned in m, where the backend wants one; CMD runs it.
# Before other programs, as far as may be: what tests measure is not their load.
relay_start()
{
	[ "$BACKEND" != kernel ] || return 0
	export RTPLANE_DATAPATH=$BACKEND:$W/datapath.sock
	$NSENTER --net="/run/netns/$M" -- nice -n -15 "$@" rtplaned --relay --datapath "$BACKEND" \
		--datapath-socket "$W/datapath.sock" >>"$W/relay.log" 2>&1 </dev/null 8>&- 9>&- &
	RELAY_PID=$!
	wait_for 20 relay_answers && m rtplane stats >/dev/null && return 0
	fail "rtplaned --relay does not answer: $(tail -n 3 "$W/relay.log")"
	return 1
}

# relay_stop: it must end in peace.
relay_stop()
{
	local status
	[ -n "$RELAY_PID" ] || return 0
	kill -TERM "$RELAY_PID" 2>/dev/null
	wait "$RELAY_PID"
	status=$?
	RELAY_PID=
	[ $status = 0 ] || fail "rtplaned ended with $status: $(tail -n 20 "$W/relay.log")"
	if grep -qE 'Sanitizer|runtime error:' "$W/relay.log"; then
		fail "rtplaned: $(grep -E -A 30 'Sanitizer|runtime error:' "$W/relay.log" | head -n 60)"
	fi
}

# Checksums computed in software, so that a sniffer sees whole ones.
offload_off()
{
	a ethtool -K a0 tx off >/dev/null
	b ethtool -K b0 tx off >/dev/null
	m ethtool -K ma tx off >/dev/null
	m ethtool -K mb tx off >/dev/null
}

# bridge [LEG-A WORDS] [-- LEG-B WORDS]: the usual bridge, remotes given.
bridge()
{
	local one=() two=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do one+=("$1"); shift; done
	[ $# -gt 0 ] && shift
	two=("$@")
	m rtplane bridge add leg local "$LA" remote "$RA" ${one[@]+"${one[@]}"} \
		leg local "$LB" remote "$RB" ${two[@]+"${two[@]}"}
}

# relay N OPTIONS: a sends N packets from RA to leg LA; b awaits them at RB.
# Leaves caller.json, callee.json (the socket's view) and wire.json (frames).
relay()
{
	local n=$1
	shift
	bg wire b sniff --dev b0 --port "${RB##*:}" --expect "$n" --timeout 20000
	bg callee b rtp --on "$RB" --expect "$n" --timeout 20000
	a rtp --on "$RA" --to "$LA" --send "$n" --pps 0 "$@" >"$W/caller.json"
	finish callee
	finish wire
	holds callee ".received == $n"
}

# relay_back N OPTIONS: the same from b (RB to leg LB) to a (RA).
relay_back()
{
	local n=$1
	shift
	bg wire a sniff --dev a0 --port "${RA##*:}" --expect "$n" --timeout 20000
	bg callee a rtp --on "$RA" --expect "$n" --timeout 20000
	b rtp --on "$RB" --to "$LB" --send "$n" --pps 0 "$@" >"$W/caller.json"
	finish callee
	finish wire
	holds callee ".received == $n"
}

# sock_gets N OPTIONS: a sends N packets to LA; m's socket there gets them.
sock_gets()
{
	local n=$1
	shift
	bg sock m rtp --on "$LA" --expect "$n" --timeout 10000
	a rtp --on "$RA" --to "$LA" --send "$n" --pps 0 "$@" >"$W/caller.json"
	finish sock
	holds sock ".received == $n and .src == {\"$RA\": $n}"
}

# to_socket N OPTIONS: the same while LA is a leg.  Fails if there can be no such
# socket: then the packets are sent all the same, for the leg to count.
to_socket()
{
	local n=$1
	if can socket; then
		sock_gets "$@"
		return
	fi
	shift
	a rtp --on "$RA" --to "$LA" --send "$n" --pps 0 "$@" >/dev/null
	return 1
}

clear_bridges() { m rtplane bridge del all >/dev/null 2>&1; return 0; }

# frame NS-FUNCTION OPTIONS: raw frames from a to ma or from b to mb.
raw_a() { a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $MA4 --sport 40000 --dport 30000 "$@" >/dev/null; }
raw_b() { b rawpkt --dev b0 --smac $B_MAC --dmac $MB_MAC --src $B4 --dst $MB4 --sport 50000 --dport 30002 "$@" >/dev/null; }

# Running -------------------------------------------------------------------

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

need()
{
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || skip_all "$p is not installed"
	done
}

module_loaded() { [ -d /sys/module/rtplane ]; }

module_load()
{
	module_loaded && return 0
	modprobe rtplane 2>"$W/modprobe" && return 0
	[ -n "${RTPLANE_KO:-}" ] && insmod "$RTPLANE_KO" 2>>"$W/modprobe"
}

cleanup()
{
	local p n
	for p in "${BG[@]}"; do
		kill -TERM "$(tool_of "$p")" "$p" 2>/dev/null
	done
	[ -z "$RELAY_PID" ] || kill -KILL "$RELAY_PID" 2>/dev/null
	for n in $(ip netns list 2>/dev/null | awk '{print $1}'); do
		case $n in
		rp$$-*) ip netns del "$n" ;;
		esac
	done
	rm -rf "$W"
}

# What the kernel has said since, if something is wrong with it: each report's head.
splats() { dmesg | tail -n "+$((DMESG_LINES + 1))" | "$TREE/scripts/splat" | grep -A2 '^in '; }

# One KTAP line for the test that just ran.
ktap()
{
	local name=$1
	KTAP_NR=$((KTAP_NR + 1))
	if [ -e "$W/failed" ]; then
		KTAP_BAD=$((KTAP_BAD + 1))
		echo "not ok $KTAP_NR - $name"
	elif [ -n "$TEST_SKIPPED" ]; then
		KTAP_SKIPPED=$((KTAP_SKIPPED + 1))
		echo "ok $KTAP_NR - $name # SKIP $TEST_SKIPPED"
	else
		echo "ok $KTAP_NR - $name"
	fi
}

run_one()
{
	local start=$SECONDS
	rm -f "$W/failed"
	TEST_SKIPPED=''
	"$1"
	local took=$((SECONDS - start)) name=${1#test_}
	[ $took -lt 5 ] || note "$1 took ${took} s"
	ktap "${name//_/ }"
}

# After the last test: nothing may be left, and who relayed must be content.
end_clean()
{
	local n found
	for n in "${!BG[@]}"; do
		fail "still running at the end: $n"
		stop "$n"
	done
	relay_stop
	for n in $(ip netns list | awk '{print $1}'); do
		case $n in
		rp$$-*) ip netns del "$n" ;;
		esac
	done
	[ "$BACKEND" = kernel ] || return
	if module_loaded && ! wait_for 20 modprobe -r rtplane; then
		fail "the module cannot be unloaded: $(lsmod | grep rtplane)"
	fi
	found=$(splats)
	[ -z "$found" ] || fail "the kernel complained: $found"
}

# run_tests [NAME...]: all test_* functions of the file, or those named.
run_tests()
{
	local tests t
	[ "$(id -u)" = 0 ] || skip_all "not root"
	[ -n "$JQ" ] || skip_all "neither gojq nor jq is installed"
	need ip nsenter ethtool rtplane rtp sniff rawpkt
	if [ $# -gt 0 ]; then
		tests=$*
	else
		tests=$(sed -n 's/^\(test_[A-Za-z0-9_]*\)().*/\1/p' "$0")
	fi
	mkfifo "$W/ready" "$W/never"
	exec 9<>"$W/ready" 8<>"$W/never"
	trap cleanup EXIT
	trap 'exit 130' INT TERM
	echo "KTAP version 1"
	if [ "$BACKEND" = kernel ]; then
		DMESG_LINES=$(dmesg | wc -l)
		module_load ||
			skip_all "rtplane.ko cannot be loaded: $(tail -n 1 "$W/modprobe")"
	fi
	# shellcheck disable=SC2086
	set -- $tests
	echo "1..$(($# + 1))"
	TEST_SKIPPED=''
	if ! setup; then
		echo "Bail out! the network of this test could not be built"
		exit 1
	fi
	for t in "$@"; do
		run_one "$t"
	done
	run_one end_clean
	[ $KTAP_BAD = 0 ] || exit 1
	[ $KTAP_SKIPPED -lt $# ] || exit 4
	exit 0
}
