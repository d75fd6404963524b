# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# agent_srtp_lib.sh - what the tests of SRTP in calls share: agent_lib.sh's topology,
# an agent with policies, and calls by agent_srtp.py.
#
# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/agent_lib.sh"

srtp_setup()
{
	topology || return 1
	offload_off
	export A B M CTL BACKEND
}
setup() { srtp_setup; }

# realms ACCESS CORE: a new agent with these policies.
realms()
{
	agent_stop
	ACCESS_SRTP="{policy: $1}" CORE_SRTP="{policy: $2}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

# play NAME...: calls of agent_srtp.py, and nothing is left, nor a key in the log.
play()
{
	local name out
	for name; do
		out=$(python3 "$TREE/selftests/agent_srtp.py" "$name" 2>&1) ||
			fail "$name: $(tail -n 3 <<<"$out"); $(tail -n 3 "$AGENT_LOG")"
		[ -z "$TEST_FAILED" ] || return
		no_calls
	done
	if grep -E 'inline|[A-Za-z0-9+/]{38}' "$AGENT_LOG" >"$W/keys"; then
		fail "something like a key is in the log: $(head -n 1 "$W/keys")"
	fi
}
