#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600
#
# Trunks: we register there, say who we are in calls, try their next hops one after the
# other, and know by OPTIONS which of these work.  agent_trunk.py plays a trunk that asks
# for a password each time, and phones, with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| trunk: 5060, 5070  |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1       |
#   +--------------+     +-----------------------------+     +--------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
export W

ACCOUNT='user: lines, password: open sesame'
REGISTER="$ACCOUNT, register: \"sip:lines@carrier.example\", interval: 600"

# trunk_config WORDS: of the trunk.
trunk_config()
{
	ROUTES='  - {from: access, user-prefix: "9", trunk: carrier}' \
		agent_config 'quarantine: 0' \
		"trunks: [{name: carrier, realm: core, next-hops: [\"sip:$B4\", \"sip:$B4:5070\"], $1}]"
}

trunk_is_up() { b ss -Hlnu sport = :5060 | grep -q .; }

# trunk WORDS NAME: by an agent of its own, since what is registered stays.  The trunk is
# there before the agent asks for it.
trunk()
{
	local player
	agent_ends
	trunk_config "$1"
	acts agent_trunk "$2" &
	player=$!
	wait_for 20 trunk_is_up || fail 'the trunk does not come up'
	agent_start --datapath "$BACKEND"
	wait "$player" && no_calls
}

test_we_register() { trunk "$REGISTER" registers; }
test_we_go()
{
	local player
	agent_ends
	trunk_config "$REGISTER"
	acts agent_trunk ends &
	player=$!
	wait_for 20 trunk_is_up || fail 'the trunk does not come up'
	agent_start --datapath "$BACKEND" && wait_for 20 test -e "$W/registered"
	agent_ends
	wait "$player"
}

test_a_wrong_password() { trunk "$REGISTER" wrong_password; }
test_an_old_nonce() { trunk "$REGISTER" stale; }
test_longer_ones_are_wanted() { trunk "$REGISTER" brief; }
test_registered_at_the_second() { trunk "$REGISTER" second_hop; }
test_what_is_no_challenge() { trunk "$REGISTER" strange_answers; }
test_reload() { trunk "$REGISTER, calls: 5" reload; }
test_calls_say_who_we_are() { trunk "$ACCOUNT" called; }
test_calls_with_a_wrong_password() { trunk "$ACCOUNT" refused; }
test_next_hops_in_turn() { trunk 'retry: 60' third_hop; }
test_no_next_hop_serves() { trunk 'retry: 60' all_hops; }
test_who_answers_options() { trunk 'options: 1, retry: 0' health; }
test_as_many_calls_as_lines() { trunk 'calls: 1' limit; }
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
