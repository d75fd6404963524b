#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# One port for all calls with ICE (single-port): several at once, by aioice, which others
# wrote; who meddles, restarts, two who claim one address.  agent_single.py plays both parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | callers: SIP,|=====| rtplaned :30000             |=====| callees: SIP, |
#   | aioice, RTP  |     | 192.0.2.254  198.51.100.254 |     | RTP           |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
if ! $PYTHON -c 'import aioice' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..0 # SKIP python3-aioice is not there"
	exit 4
fi

# one_port ICE NAME...: calls of agent_single.py, access having one port.
one_port()
{
	local name ice=$1
	shift
	agent_ends
	export X4
	ACCESS_ICE=$ice ACCESS_MUX=allow ACCESS_SINGLE=30000 CORE_ICE=${CORE_ICE:-off} \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
	for name; do
		acts agent_single "$name" || return
		no_calls
	done
}

test_several_at_once() { one_port lite at_once intruder; }
test_restart_and_one_address() { one_port lite restart same_remote; }
test_ports_of_their_own() { one_port lite apart leaves; }
test_full_ICE() { one_port full at_once intruder restart; }
test_DTLS()
{
	ACCESS_DTLS=require CORE_MUX=allow one_port lite secure || return
	acts agent_dtls mux_declined && no_calls && no_keys
}

test_who_is_called()
{
	CORE_ICE=force CORE_MUX=require CORE_SINGLE=30000 one_port lite callee callee_without both
	CORE_ICE=full CORE_MUX=allow CORE_SINGLE=30000 one_port lite callee_may_not
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
