#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=900
#
# One port for all calls with ICE (single-port) with the module: what it finds by remote, and
# an agent that is killed while they are up.  agent_single.py plays both parties.

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
$PYTHON -c 'import aioice' 2>/dev/null || skip_all "python3-aioice is not there"

one_port_agent()
{
	export X4
	ACCESS_ICE=lite ACCESS_MUX=allow ACCESS_SINGLE=30000 agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

test_the_module_tells_them_apart()
{
	one_port_agent || return
	acts agent_single restart && no_calls
}

is_asked_or_done() { [ -e "$W/kill" ] || ! kill -0 "$1" 2>/dev/null; }

test_they_outlive_the_agent()
{
	local acting
	acts agent_single outlives &
	acting=$!
	wait_for 120 is_asked_or_done $acting || fail "it does not come to that"
	if [ -e "$W/kill" ]; then
		agent_stop KILL
		agent_start --datapath "$BACKEND"
		grep -q "adopted 4 legs of a former agent" "$AGENT_LOG" || fail "$(grep -i adopt "$AGENT_LOG")"
		rm -f "$W/kill"
	fi
	wait $acting
	agent_stop KILL
	clear_bridges
}

run_tests "$@"
