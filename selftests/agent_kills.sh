#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# What killed or hung the agent once, by one or two datagrams of a stranger or of a
# callee, and variants: after each it answers, and neither spins nor grows.
# agent_kills.py plays both parties, with the user-space datapath on this host's
# kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller,      |=====| rtplaned --datapath uring   |=====| callee,       |
#   | stranger     |     | 192.0.2.254  198.51.100.254 |     | stranger      |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# attack NAME...: by a new agent, which ends in peace.
attack()
{
	local name
	for name; do
		LOG=${ATTACK_LOG:-info} realms allow allow || return
		acts agent_kills "$name" || return
		no_sanitizer
	done
}

no_sanitizer()
{
	if grep -qE 'Sanitizer|runtime error:' "$AGENT_LOG"; then
		fail "$(grep -E -A 20 'Sanitizer|runtime error:' "$AGENT_LOG")"
	fi
	agent_stop KILL		# with the calls that the attack left
}

test_a_media_line_that_never_ends() { attack endless_offer endless_answer; }
test_a_contact_without_a_host() { attack no_host_offer no_host_answer no_host_refresh; }
test_an_answer_to_somewhere_else() { attack maddr; }
test_an_answer_to_a_cancel_that_was_not_sent() { attack early_200_to_cancel; }
test_names_that_strangers_choose() { attack names names_of_the_callee; }

run_tests "$@"
