#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# Reliable provisional answers (RFC 3262) through the agent: of both sides, of either alone,
# with descriptions in 18x, PRACK and its answer.  agent_prack.py plays phone and switch, with
# the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phone        |=====| rtplaned --datapath uring   |=====| switch       |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# calls NAME: all by the same agent.
calls()
{
	if [ -z "$AGENT_PID" ]; then
		A4=192.0.2.99 ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
			ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
			agent_config 'quarantine: 0'
		agent_start --datapath "$BACKEND"
	fi
	acts agent_prack "$1" && no_calls
}

test_both() { calls both; }
test_callee_alone() { calls callee_alone; }
test_caller_alone() { calls caller_alone; }
test_late_offer() { calls late_offer; }
test_offer_in_prack() { calls offer_in_prack; }
test_forks() { calls forks; }
test_ends() { calls ends; }
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
