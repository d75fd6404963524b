#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# Transfers and pick-up through the agent: REFER, blind and attended, from either side, and
# Replaces.  agent_transfer.py plays phones and switch, with the user-space datapath on this
# host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| switch       |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# transfers NAME: by an agent of its own, since bindings stay.  No phone is anybody's next hop.
transfers()
{
	agent_ends
	A4=192.0.2.99 ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND" && acts agent_transfer "$1" && no_calls
}

test_blind() { transfers blind; }
test_attended() { transfers attended; }
test_from_behind() { transfers from_behind; }
test_pick_up() { transfers picks_up; }
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
