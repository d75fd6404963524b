# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# srtp_lib.sh - what tests of SRTP with tools/srtpway.c share: keys, made without a
# program, and the one srtpway that makes all runs.  setup calls judge.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# One srtpway for all runs: an emulated processor takes seconds to start libsrtp2's NSS.
judge()
{
	trap '' PIPE
	coproc WAY { exec srtpway --serve 2>"$W/way.err"; }
	# bash forgets both once the program has ended
	WAY_OUT=${WAY[0]} WAY_IN=${WAY[1]}
}

# key SUITE N: key number N of a suite, hexadecimal
key()
{
	local n i
	case $1 in
	AES_CM_128*) n=30 ;;
	AES_256_CM*) n=46 ;;
	*_128_GCM) n=28 ;;
	*) n=44 ;;
	esac
	for ((i = 0; i < n; i++)); do
		printf '%02x' $((($2 * 37 + i * i * 5 + i * 89 + ${#1}) & 255))
	done
}

# words SUITE N: the same in the words of a=crypto, in base64
words()
{
	local digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
	local hex out='' i three
	hex=$(key "$1" "$2")
	for ((i = 0; i < ${#hex}; i += 6)); do
		three=${hex:i:6}000000
		three=$((16#${three:0:6}))
		out+=${digits:three >> 18:1}${digits:three >> 12 & 63:1}
		out+=${digits:three >> 6 & 63:1}${digits:three & 63:1}
	done
	case $((${#hex} / 2 % 3)) in
	1) out=${out%??}== ;;
	2) out=${out%?}= ;;
	esac
	echo "$out"
}

# run_way NAME OPTIONS: srtpway; its line goes to NAME.json
run_way()
{
	local name=$1 line=
	shift
	echo "$*" >&"$WAY_IN"
	read -r -t 300 line <&"$WAY_OUT"
	echo "$line" >"$W/$name.json"
	[ -n "$line" ] && return
	fail "srtpway $*: $(cat "$W/way.err")"
	judge
}

# way NAME OPTIONS: srtpway from a to b; its line goes to NAME.json
way()
{
	local name=$1
	shift
	run_way "$name" --from "$A" --on "$RA" --to "$LA" --at "$B" --bound "$RB" "$@"
}
