# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# natmap_lib.sh - what the tests of natmaps share, sourced by them:
#
#   a: inside              m: the NAT, routes nothing       b: outside
#  +--------------+     +-----------------------------+     +---------------+
#  | 192.0.2.1    |=====| 192.0.2.254  198.51.100.254 |=====| 198.51.100.1  |
#  | 192.0.2.66   |     |      external, and  .253    |     | 198.51.100.2  |
#  | default: m   |     |                             |     | knows no      |
#  +--------------+     +-----------------------------+     | inside        |
#   2001:db8:a::1, ::66        2001:db8:b::fe, ::fd         +---------------+
#                                                     2001:db8:b::1, ::2

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034
E=$MB4 E2=198.51.100.253 B2=198.51.100.2 E6=$MB6 E26=2001:db8:b::fd B26=2001:db8:b::2

inside_outside()
{
	topology && enrol && offload_off &&
	ip -n "$M" addr add $E2/24 dev mb &&
	ip -n "$M" addr add $E26/64 dev mb nodad &&
	ip -n "$B" addr add $B2/24 dev b0 &&
	ip -n "$B" addr add $B26/64 dev b0 nodad &&
	ip -n "$A" route add default via $MA4 &&
	ip -n "$A" -6 route add default via $MA6
}

natmap() { ok "natmap $*" m rtplane natmap add "$@"; }

clear_natmaps()
{
	m rtplane --json natmap show |
		jq -r '.[] | "natmap del ext \(.ext) ports \(.port_lo)-\(.port_hi)"' |
		m rtplane -batch - || fail "natmaps cannot be deleted"
}

# nat EXT: the natmaps of that address in $W/nat.json.
nat() { m rtplane --json natmap show ext "$1" >"$W/nat.json" 2>"$W/nat.err"; }

nat_test() { nat "$1" && jq -e ".[0] | $2" <"$W/nat.json" >/dev/null 2>&1; }

# nat_becomes EXT EXPR: within ten seconds.
nat_becomes()
{
	wait_for 10 nat_test "$@" && return 0
	fail "natmap $1 never became: $2; it is: $(head -c 1500 "$W/nat.json" "$W/nat.err")"
	return 1
}

# out FROM TO N [OPTIONS], back FROM TO N [OPTIONS]: N packets from a or from b.
out()
{
	local from=$1 to=$2 n=$3
	shift 3
	a rtp --on "$from" --to "$to" --send "$n" --pps 0 "$@" >"$W/sender.json"
}

back()
{
	local from=$1 to=$2 n=$3
	shift 3
	b rtp --on "$from" --to "$to" --send "$n" --pps 0 "$@" >"$W/sender.json"
}

# outside PORTS N, inside PORTS N: await N frames there; then saw EXPR.
outside() { bg wire b sniff --dev b0 --port "$1" --expect "$2" --timeout 10000; }
inside() { bg wire a sniff --dev a0 --port "$1" --expect "$2" --timeout 10000; }
saw()
{
	finish wire
	holds wire "$1"
}

# What every translated packet is: right to the last bit, one hop on.
whole() { echo ".received == $1 and .ipsum == {\"ok\": $1} and .udpsum == {\"ok\": $1} and .whole == {\"yes\": $1} and .ttl == {\"63\": $1}"; }
whole6() { echo ".received == $1 and .udpsum == {\"ok\": $1} and .whole == {\"yes\": $1} and .ttl == {\"63\": $1}"; }

raw_out() { a rawpkt --dev a0 --smac $A_MAC --dmac $MA_MAC --src $A4 --dst $B4 --sport 30100 --dport 50000 "$@" >/dev/null; }
raw_back() { b rawpkt --dev b0 --smac $B_MAC --dmac $MB_MAC --src $B4 --dst $E --sport 50000 --dport 30100 "$@" >/dev/null; }
