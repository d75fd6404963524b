#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=600 waits=1
#
# Subscriptions through the agent: of phones that have registered, and at these; what ends
# them, forks, limits, draining; and what phones publish.  agent_events.py plays both ends,
# with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| switch       |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# events NAME: by an agent of its own, since bindings stay.  No phone is anybody's next hop.
events()
{
	agent_ends
	A4=192.0.2.99 ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0' 'drain: 600'
	agent_start --datapath "$BACKEND" && acts agent_events "$1"
}

test_a_phone_subscribes() { events subscribes; }
test_a_phone_is_subscribed() { events is_subscribed; }
test_more_than_one_notifies() { events forks; }
test_what_ends_it() { events ends; }
test_who_has_heavy_ones() { events heavy; }
test_lists() { events lists; }
test_strangers_have_none() { events strangers; }
test_nobody_refreshes() { events expires; }
test_who_cannot_be_reached() { events unreachable; }
test_what_phones_publish() { events publishes; }
test_draining()
{
	events drains || return
	wait_for 20 agent_is_gone || fail "the agent does not end"
	wait "$AGENT_PID"
	is "status" $? 0
	AGENT_PID=
}
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
