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

# agent_ends: in peace, if it runs.
agent_ends()
{
	[ -n "$AGENT_PID" ] || return 0
	agent_stop
	is "rtplaned ends with" "$AGENT_STATUS" 0
	if grep -qE 'Sanitizer|runtime error:' "$AGENT_LOG"; then
		fail "$(grep -E -A 20 'Sanitizer|runtime error:' "$AGENT_LOG")"
	fi
}

# realms ACCESS CORE: a new agent with these policies.
realms()
{
	agent_ends
	ACCESS_SRTP="{policy: $1}" CORE_SRTP="{policy: $2}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

# no_keys: nobody who reads the log can listen.
no_keys()
{
	if grep -E 'inline|[A-Za-z0-9+/]{38}' "$AGENT_LOG" >"$W/keys"; then
		fail "something like a key is in the log: $(head -n 1 "$W/keys")"
	fi
}

# acts FILE NAME: a function of FILE.py, which plays both parties of the agent that runs.
acts()
{
	local out
	out=$(AGENT_PID=$AGENT_PID CONFIG=$W/rtplaned.yaml PYTHONPATH=$TREE/selftests \
		PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-python3}" "$TREE/selftests/$1.py" "$2" 2>&1) ||
		fail "$2: $(tail -n 3 <<<"$out"); $(tail -n "${TAIL:-3}" "$AGENT_LOG")"
	[ -e "$W/failed" ] || return 0
	agent_stop KILL		# with its calls
	return 1
}

# play NAME...: calls of agent_srtp.py, and nothing is left, nor a key in the log.
play()
{
	local name out
	for name; do
		out=$(python3 "$TREE/selftests/agent_srtp.py" "$name" 2>&1) ||
			fail "$name: $(tail -n 3 <<<"$out"); $(tail -n 3 "$AGENT_LOG")"
		if [ -e "$W/failed" ]; then
			agent_stop KILL	# with its calls
			return 1
		fi
		no_calls
	done
	no_keys
}
