#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# Nothing of one side is seen on the other: addresses, names, Via, Record-Route, Contact,
# Call-ID, User-Agent, Server, Warning, origin of descriptions, in registrations and calls.
# agent_hiding.py plays both sides and searches every byte that comes, with the user-space
# datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phone        |=====| rtplaned --datapath uring   |=====| switch       |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

test_nothing_of_the_other_side_is_seen()
{
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND" && acts agent_hiding hiding && no_calls
}
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
