#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Strangers at the port of a call with ICE and DTLS: checks by wrong names and passwords,
# checks that were here, role conflicts, hellos, alerts, plain and forged media, from any
# sources.  The agent takes no memory by it, sends no more than it gets, answers no hello,
# and both parties hear each other and nothing else.  agent_floods.py plays all of them,
# with aioice and aiortc for the phone.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------+
#   | phone .1     |     |                             |     |                   |
#   | strangers .1 |=====| rtplaned --datapath uring   |=====| callee, plain RTP |
#   | and .9       |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1      |
#   +--------------+     +-----------------------------+     +-------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
if ! $PYTHON -c "import aiortc" 2>/dev/null; then
	echo "1..0 # SKIP python3-aiortc is not there"
	exit 4
fi

setup()
{
	export OTHER=192.0.2.9
	srtp_setup && a ip addr add $OTHER/24 dev a0
}

# floods ICE NAMES: calls of agent_floods.py by an agent with that ICE.
floods()
{
	agent_ends
	ACCESS_ICE=$1 ACCESS_DTLS=allow CORE_DTLS=off ACCESS_MUX=allow CORE_MUX=off agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
	acts agent_floods "$2" || return
	no_calls
	no_keys
}

test_we_are_lite() { floods lite floods,replayed,thousand; }
test_we_are_full() { floods full floods,thousand; }
test_the_agent_ends() { agent_ends; }

run_tests "$@"
