# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# agent_lib.sh - what the agent's selftests share, on top of lib.sh's topology:
#
#    namespace a: access        namespace m: media host      namespace b: core
#   +------------------+     +-----------------------------+     +--------------+
#   | sipp, caller     |     | rtplaned                    |     | sipp, callee |
#   | 192.0.2.1        |=====| 192.0.2.254  198.51.100.254 |=====| 198.51.100.1 |
#   +------------------+     +-----------------------------+     +--------------+
#                              realm access     realm core
#
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034 # for those who source this
SIPP_DIR=$TREE/selftests/sipp
CTL=$W/rtplaned.sock
AGENT_LOG=$W/rtplaned.log
AGENT_PID=

# agent_config [KEY: VALUE...]: the usual configuration, further top-level keys.
# Variables: ACCESS_LATCH, CORE_LATCH, ACCESS_SRTP, CORE_SRTP, ACCESS_ACL, CORE_ACL,
# PORTS, ACCESS_REGISTER (maps), ACCESS_USERS, ACCESS_TENANTS, ACCESS_ICE, CORE_ICE, ACCESS_DTLS, CORE_DTLS, ACCESS_STUN,
# ACCESS_MUX, CORE_MUX, ACCESS_BUNDLE, ACCESS_SINGLE, CORE_SINGLE, ACCESS_SIP, CORE_SIP (a further listener), ROUTES
# (in lines, before the usual ones), LOG.
agent_config()
{
	local ports=${PORTS:-'{low: 30000, high: 32999}'}
	local access=${ACCESS_LATCH:-'{mode: restricted}'}
	local core=${CORE_LATCH:-'{nat: off}'}
	{
		echo "control: $CTL"
		echo "log: ${LOG:-info}"
		printf '%s\n' "$@"
		cat <<-END
			realms:
			  - name: access
			    addresses:
			      - listen: $MA4
			      - listen: "$MA6"
			    sip:
			      - {transport: udp, alternative-ports: [5070]}
			      - {transport: tcp}
			      ${ACCESS_SIP:+- $ACCESS_SIP}
			    ports: $ports
			    latch: $access
			    srtp: ${ACCESS_SRTP:-{policy: allow\}}
			    ice: ${ACCESS_ICE:-off}
			    dtls: ${ACCESS_DTLS:-off}
			    ${ACCESS_STUN:+stun: $ACCESS_STUN}
			    mux: ${ACCESS_MUX:-off}
			    bundle: ${ACCESS_BUNDLE:-off}
			    ${ACCESS_SINGLE:+single-port: $ACCESS_SINGLE}
			    ${ACCESS_REGISTER:+register: $ACCESS_REGISTER}
			    ${ACCESS_USERS:+users: $ACCESS_USERS}
			    ${ACCESS_TENANTS:+tenants: $ACCESS_TENANTS}
			    devices: [ma]
			    acl: ${ACCESS_ACL:-{allow: [192.0.2.0/24, "2001:db8:a::/64"]\}}
			  - name: core
			    addresses:
			      - listen: $MB4
			      - listen: "$MB6"
			    sip:
			      - {transport: udp}
			      - {transport: tcp}
			      ${CORE_SIP:+- $CORE_SIP}
			    ports: $ports
			    latch: $core
			    srtp: ${CORE_SRTP:-{policy: allow\}}
			    ice: ${CORE_ICE:-off}
			    dtls: ${CORE_DTLS:-off}
			    mux: ${CORE_MUX:-off}
			    ${CORE_SINGLE:+single-port: $CORE_SINGLE}
			    devices: [mb]
			    acl: ${CORE_ACL:-{allow: [198.51.100.0/24, "2001:db8:b::/64"]\}}
			routes:
			${ROUTES:-}
			  - {from: access, user-prefix: tcp, to: core, next-hop: "sip:$B4:5060;transport=tcp"}
			  - {from: access, user-prefix: v6, to: core, next-hop: "sip:[$B6]:5060"}
			  - {from: access, user-prefix: dead, to: core, next-hop: "sip:$B4:5999"}
			  - {from: access, host-suffix: nowhere.example, to: core, next-hop: "sip:nosuch.invalid"}
			  - {from: access, user-prefix: none, host-prefix: zzz, to: core, next-hop: "sip:$B4"}
			  - {from: access, user-suffix: "00", to: core, next-hop: "sip:$B4:5060"}
			  - {from: core, to: access, next-hop: "sip:$A4:5060"}
		END
	} >"$W/rtplaned.yaml"
}

agent_is_up() { grep -q ' serves ' "$AGENT_LOG"; }
agent_is_gone() { ! kill -0 "$AGENT_PID" 2>/dev/null; }

# agent_start [OPTION...]: with $W/rtplaned.yaml; returns when it serves.
# AGENT_IN: what runs it there.
agent_start()
{
	: >"$AGENT_LOG"
	[ "$BACKEND" = kernel ] || export RTPLANE_DATAPATH=$BACKEND:$W/datapath.sock
	nsenter --net="/run/netns/$M" -- ${AGENT_IN[@]+"${AGENT_IN[@]}"} \
		rtplaned --config "$W/rtplaned.yaml" "$@" 2>>"$AGENT_LOG" </dev/null &
	AGENT_PID=$!
	wait_for 20 agent_is_up && return 0
	fail "rtplaned does not come up: $(tail -3 "$AGENT_LOG")"
	return 1
}

# agent_stop [SIGNAL]: and wait for its end; its status is in AGENT_STATUS.
# shellcheck disable=SC2034,SC2120
agent_stop()
{
	[ -n "$AGENT_PID" ] || return 0
	kill "-${1:-TERM}" "$AGENT_PID" 2>/dev/null
	wait_for 20 agent_is_gone || fail "rtplaned does not end"
	wait "$AGENT_PID" 2>/dev/null
	AGENT_STATUS=$?
	AGENT_PID=
}

# shellcheck disable=SC2119
agent_restart() { agent_stop; agent_start; }

# lib.sh's cleanup, and the agent's end before it.
eval "$(declare -f cleanup | sed '1s/cleanup/lib_cleanup/')"
cleanup()
{
	[ -n "$AGENT_PID" ] && kill -KILL "$AGENT_PID" 2>/dev/null
	lib_cleanup
}

log_has() { grep -Eq -- "$1" "$AGENT_LOG"; }

# logged REGEX: a line of the log matches, now or soon.
logged()
{
	wait_for 10 log_has "$1" && return 0
	fail "nothing like '$1' in the log: $(tail -8 "$AGENT_LOG")"
	return 1
}

# ask CMD...: the agent's JSON answer.
ask() { m rtplane --json --socket "$CTL" "$@"; }
ask_test() { ask "${@:1:$#-1}" | jq -e "${@: -1}" >/dev/null 2>&1; }

# told CMD... EXPR: jq's EXPR becomes true of the answer.
told()
{
	wait_for 10 ask_test "$@" && return 0
	fail "${*:1:$#-1}: not so: ${*: -1}; it is: $(ask "${@:1:$#-1}" 2>&1 | cut -c1-1500)"
	return 1
}

# The only call there is.
call_id() { ask calls | jq -r '.[0].id'; }
no_calls() { told calls 'length == 0'; }

# What must be so when nobody calls: no leg, no port, nothing to come.
nothing_left()
{
	no_calls
	told status '[.ports[].used] | add == 0'
	is "legs" "$(leg_count)" 0
}

# callee OPTIONS: sipp in b that answers; caller OPTIONS: sipp in a that calls.
# Both are sipp's own words after what all have in common.
sipp_in()
{
	local n=$1
	shift
	(cd "$W" && exec nsenter --net="/run/netns/$n" -- sipp "$@" -nostdin \
		-default_behaviors all,-bye)
}

callee_up() { b ss -Hlnu sport = :5060 | grep -q . || b ss -Hlnt sport = :5060 | grep -q .; }

callee()
{
	sipp_in "$B" -i "${CALLEE_IP:-$B4}" -p 5060 "$@" >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 10 callee_up && return 0
	fail "the callee does not come up: $(tail -3 "$W/callee.out")"
	return 1
}

callee_stop()
{
	local pid=${BG[callee]:-}
	[ -n "$pid" ] || return 0
	unset "BG[callee]"
	kill -KILL "$(tool_of "$pid")" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# caller OPTIONS: its exit status says how the calls went.
caller()
{
	sipp_in "$A" "$MA4:${MA_PORT:-5060}" -i "$A4" -p "${A_PORT:-5060}" \
		-s "${NUMBER:-4900}" -m "${CALLS:-1}" "$@" \
		>"$W/caller.out" 2>&1
}

# calls_go TEXT OPTIONS: the caller's calls all succeed.
calls_go()
{
	local text=$1
	shift
	caller "$@" && return 0
	fail "$text: sipp ended with $?: $(grep -a -m3 -iE 'abort|unexpected|error' "$W/caller.out"; tail -2 "$AGENT_LOG")"
	return 1
}
