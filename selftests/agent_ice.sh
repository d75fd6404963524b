#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# ICE in calls: aioice, which others wrote, as the caller, the callee or both, and media
# where it says.  agent_ice.py plays both parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller: SIP, |=====| rtplaned                    |=====| callee: SIP,  |
#   | aioice, RTP  |     | 192.0.2.254  198.51.100.254 |     | aioice or not |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
if ! $PYTHON -c 'import aioice' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..0 # SKIP python3-aioice is not there"
	exit 4
fi

# ice ACCESS CORE NAME...: calls of agent_ice.py by an agent with these realms.
ice()
{
	local name access=$1 core=$2
	shift 2
	agent_ends
	export ACCESS_ICE=$access
	CORE_ICE=$core ACCESS_ACL=${ACL:-} agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
	for name; do
		acts agent_ice "$name" || return
		no_calls
	done
}

test_the_caller_has_ICE_and_we_are_lite() { ice lite off caller_lite; }
test_the_caller_has_ICE() { ice full off caller nobody_asks refused_restart; }
test_the_callee_has_ICE() { ice off full callee callee_declines; }
test_both_have_ICE() { ice full full both; }
test_a_restart() { ice full off restart; }
test_another_password() { ice lite off wrong_password; }
test_force() { ice force off forced; }
test_no_ICE() { ice off off off other_packages; }
test_candidates_come_by_INFO() { ice full off trickle trickle_stale trickle_required; }
test_candidates_of_the_callee_come_by_INFO() { ice off full trickle_callee; }
test_candidates_by_INFO_that_media_acl_denies()
{
	export OTHER=$X4
	ACL=$'{allow: [192.0.2.0/24]}\n    media-acl: {deny: ['"$A4"$'], default: allow}' \
		ice full off trickle_denied
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
