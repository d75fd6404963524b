# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# bench/lib.sh - what the measurements share; sourced by selftests/bench/paths
# and others that run in the guest of scripts/bench.
#
# Topology as in selftests/lib.sh. One direction, as measured and as compared:
#
#   a: pktbench --> a0 = ma   m: the path   mb = b0 --> b: nft counts and drops
#      A4:RP         MA4:LP                MB4:LP           B4:RP
#
# and the baseline, where nothing forwards:
#
#   a: pktbench --> a0 = ma   m: nft counts and drops, by the same rule
#
# Flow i has RP = 10000 + 2i at the ends and LP = 30000 + 2i at the relay.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

RP=10000 LP=30000
SIZE=172 TTL=64 EF=184

die()
{
	echo "bench: $*" >&2
	cleanup
	exit 1
}

bench_begin()
{
	mkfifo "$W/never"
	exec 8<>"$W/never"
	trap cleanup EXIT
	module_load || die "the module cannot be loaded: $(cat "$W/modprobe")"
	network
}

network()
{
	topology || die "the namespaces could not be made" || return
	# neighbours are known and stay so
	ip -n "$A" neigh replace "$MA4" lladdr $MA_MAC dev a0 nud permanent
	ip -n "$A" neigh replace "$MA6" lladdr $MA_MAC dev a0 nud permanent
	ip -n "$M" neigh replace "$A4" lladdr $A_MAC dev ma nud permanent
	ip -n "$M" neigh replace "$A6" lladdr $A_MAC dev ma nud permanent
	ip -n "$M" neigh replace "$B4" lladdr $B_MAC dev mb nud permanent
	ip -n "$M" neigh replace "$B6" lladdr $B_MAC dev mb nud permanent
	ip -n "$B" neigh replace "$MB4" lladdr $MB_MAC dev b0 nud permanent
	ip -n "$B" neigh replace "$MB6" lladdr $MB_MAC dev b0 nud permanent
	# no router solicitation, no MLD in the middle of a measurement
	a sysctl -qw net.ipv6.conf.all.forwarding=1
	m sysctl -qw net.ipv6.conf.all.forwarding=1
	b sysctl -qw net.ipv6.conf.all.forwarding=1
}

# drop_at NS-FUNCTION DEV: count UDP there and drop it, the end of every path.
drop_at()
{
	"$1" nft -f - <<-END
		table netdev bench_end {
			chain $2 {
				type filter hook ingress device $2 priority -400;
				udp dport 10000-65535 counter drop
			}
		}
	END
}

drop_end() { "$1" nft delete table netdev bench_end; }

# flow_file N: ports of N flows, the same for both directions.
flow_file()
{
	local file=$W/flows.$1

	[ -f "$file" ] ||
		awk -v n="$1" -v r=$RP -v l=$LP 'BEGIN {
			for (i = 0; i < n; i++)
				print r + 2 * i, l + 2 * i, l + 2 * i, r + 2 * i
		}' >"$file"
	echo "$file"
}

# The four ends of both directions as pktbench wants them: hop_in A|B FAMILY,
# and hop_out A|B FAMILY TOS TTL for what comes from there out at the other end.
hop_in()
{
	case $1$2 in
	A4) echo "$A,a0,$A_MAC,$MA_MAC,$A4,$MA4,0,$TTL" ;;
	A6) echo "$A,a0,$A_MAC,$MA_MAC,$A6,$MA6,0,$TTL" ;;
	B4) echo "$B,b0,$B_MAC,$MB_MAC,$B4,$MB4,0,$TTL" ;;
	B6) echo "$B,b0,$B_MAC,$MB_MAC,$B6,$MB6,0,$TTL" ;;
	esac
}

hop_out()
{
	case $1$2 in
	A4) echo "$B,b0,$MB_MAC,$B_MAC,$MB4,$B4,$3,$4" ;;
	A6) echo "$B,b0,$MB_MAC,$B_MAC,$MB6,$B6,$3,$4" ;;
	B4) echo "$A,a0,$MA_MAC,$A_MAC,$MA4,$A4,$3,$4" ;;
	B6) echo "$A,a0,$MA_MAC,$A_MAC,$MA6,$A6,$3,$4" ;;
	esac
}

# rtplane_bridges N FAMILY-A FAMILY-B WORDS...: WORDS go to both legs.
rtplane_bridges()
{
	local n=$1 fa=$2 fb=$3 la=$MA4 ra=$A4 lb=$MB4 rb=$B4
	shift 3

	[ "$fa" = 4 ] || la=[$MA6] ra=[$A6]
	[ "$fb" = 4 ] || lb=[$MB6] rb=[$B6]
	awk -v n="$n" -v r=$RP -v l=$LP -v la="$la" -v ra="$ra" -v lb="$lb" -v rb="$rb" \
		-v words="$*" 'BEGIN {
		for (i = 0; i < n; i++) {
			if (i % 256 == 0)
				printf "%sbridge add", i ? "\n" : ""
			else
				printf " bridge"
			printf " leg local %s:%d remote %s:%d %s leg local %s:%d remote %s:%d %s",
				la, l + 2 * i, ra, r + 2 * i, words,
				lb, l + 2 * i, rb, r + 2 * i, words
		}
		print ""
	}' >"$W/bridges"
	m rtplane -batch "$W/bridges"
}

# Everything on: source checked and latched, DSCP set, both policers, statistics.
ALL_ON="latch restricted early on dscp 46 pps 1000000000 bps 1000000000000"

# rtplane_up N FAMILY-A FAMILY-B WORDS: devices enrolled, N bridges.
rtplane_up()
{
	enrol && rtplane_bridges "$@"
}

# Keys of AES_CM_128_HMAC_SHA1_80 and AEAD_AES_128_GCM, as hexadecimal and as base64.
CM=$(printf '%02x' {1..30}) GCM=$(printf '%02x' {31..58})
# shellcheck disable=SC2059
words_of() { printf "$(sed 's/../\\x&/g' <<<"$1")" | base64 -w0; }

# srtp_bridge WORDS-A WORDS-B: one bridge with everything on, protected as the words say
srtp_bridge()
{
	# shellcheck disable=SC2086
	m rtplane bridge add leg local "$MA4:$LP" remote "$A4:$RP" $ALL_ON $1 \
		leg local "$MB4:$LP" remote "$B4:$RP" $ALL_ON $2
}

rtplane_down()
{
	m rtplane bridge del all && m rtplane dev del ma && m rtplane dev del mb
}

# rtpengine_missing: succeeds if it is there, else says why not.
rtpengine_missing()
{
	if [ -z "${RTPENGINE:-}" ]; then
		echo "not built"
	elif ! command -v rtpengine >/dev/null || ! command -v iptables-legacy >/dev/null; then
		echo "not installed"
	else
		return 0
	fi
	return 1
}

# rtpengine_up: its daemon with one call, which its module forwards, in m; FLOW_FILE has
# the ports. The daemon gives up what it cannot keep up with, and hands a stream to its
# module only once it has seen it: both are waited for.
rtpengine_up()
{
	modprobe x_tables
	[ -d /sys/module/xt_RTPENGINE ] || insmod "$RTPENGINE/xt_RTPENGINE.ko" || die "rtpengine's module cannot be loaded"
	RTPENGINE_VERSION=$(rtpengine --version 2>&1 | sed -n 's/^Version: *//p' | head -n1)
	RTPENGINE_VERSION=${RTPENGINE_VERSION%+*}
	XTABLES_LIBDIR=$RTPENGINE:/usr/lib/x86_64-linux-gnu/xtables \
		m iptables-legacy -A INPUT -p udp -j RTPENGINE --id 0 ||
		die "iptables knows no RTPENGINE"
	# guest time leaps while the guest is idle, and with it the calls' timeouts
	nice -n 19 sh -c 'while :; do :; done' &
	BG[busy]=$!
	m rtpengine --table=0 --no-fallback --foreground --log-stderr --log-level=4 \
		--interface="a/$MA4" --interface="b/$MB4" --listen-ng=127.0.0.1:2223 \
		--port-min=30000 --port-max=40000 --tos=$EF --timeout=100000 \
		--pidfile="$W/rtpengine.pid" >"$W/rtpengine.log" 2>&1 &
	BG[rtpengine]=$!
	wait_for 60 m grep -q ':08AF ' /proc/net/udp ||
		die "rtpengine did not start: $(cat "$W/rtpengine.log")"
	m selftests/bench/ng.py 2223 1 "$A4" "$B4" $RP ${1:+"$1"} >"$W/flows.rtpengine" ||
		die "ng failed"
	FLOW_FILE=$W/flows.rtpengine
	a pktbench in="$(hop_in A 4)" flows="$FLOW_FILE" ${1:+srtp="$1"} packets=250 warm=0 >/dev/null
	wait_for 60 rtpengine_kernelized || die "rtpengine did not hand the stream to its module"
	kill "${BG[busy]}"
	unset "BG[busy]"
}

rtpengine_kernelized() { grep -q 'local inet4' /proc/rtpengine/0/list; }

rtpengine_down()
{
	kill "$(tool_of "${BG[rtpengine]}")"
	wait "${BG[rtpengine]}"
	unset "BG[rtpengine]"
}

# From a to b, port unchanged.
natmap_add()
{
	m rtplane natmap add ext "$MA4" int "$B4" ports 30000-50000 dscp 46 \
		pps 1000000000 bps 1000000000000
}

# Measurements ---------------------------------------------------------------

PACKETS=${PACKETS:-20000} WARM=${WARM:-1000} VERIFY=${VERIFY:-32}
declare -A MEAN

# end_of A|B: where packets from there end
end_of() { case $1 in A) echo b b0 ;; B) echo a a0 ;; esac; }
relay_of() { case $1 in A) echo m ma ;; B) echo m mb ;; esac; }

# baseline NAME SIDES [OPTION...]: SIDES are words like A4 (from a, IPv4), A4+B4.
baseline()
{
	local name=$1 sides=$2 side args=() got=0
	shift 2

	for side in ${sides//+/ }; do
		args+=(in="$(hop_in "${side:0:1}" "${side:1}")" flows="$(flow_file "${FLOWS:-1}")")
		drop_at $(relay_of "${side:0:1}") || die "$name: nft refused" || return
	done
	a pktbench "${args[@]}" packets="$PACKETS" warm="$WARM" "$@" >"$W/$name.json" ||
		die "$name could not be measured" || return
	# one table for both devices, one rule each
	got=$(dropped_in m)
	drop_end m
	judge "$name" "$got" $((PACKETS + WARM))
}

# path NAME SIDES TOS TTL [OPTION...]: the same through whatever is set up;
# TOS and TTL are as they must arrive.
path()
{
	local name=$1 sides=$2 tos=$3 ttl=$4 side args=() got=0 n=0 to
	shift 4

	for side in ${sides//+/ }; do
		to=${side:2:1}
		args+=(in="$(hop_in "${side:0:1}" "${side:1:1}")"
		       out="$(hop_out "${side:0:1}" "${to:-${side:1:1}}" "$tos" "$ttl")"
		       flows="${FLOW_FILE:-$(flow_file "${FLOWS:-1}")}")
		drop_at $(end_of "${side:0:1}") || die "$name: nft refused" || return
		n=$((n + 1))
	done
	a pktbench "${args[@]}" packets="$PACKETS" warm="$WARM" verify="$VERIFY" "$@" \
		>"$W/$name.json" || die "$name: not what should arrive (see above)" || return
	for side in ${sides//+/ }; do
		to=$(end_of "${side:0:1}")
		got=$((got + $(dropped_in "${to% *}")))
		drop_end "${to% *}"
	done
	judge "$name" "$got" $((PACKETS + WARM + n * VERIFY))
}

dropped_in()
{
	"$1" nft -j list table netdev bench_end | jq '[.. | .counter? // empty | .packets] | add'
}

# judge NAME GOT WANT: all there? Then its figure counts.
judge()
{
	[ "$2" = "$3" ] || die "$1: $2 packets arrived, expected $3: its figure means nothing" ||
		return
	MEAN[$1]=$(jq .mean <"$W/$1.json")
	DELIVERED=$2
}
