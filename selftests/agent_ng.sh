#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# A SIP proxy that drives us by rtpengine's control protocol: what Kamailio, OpenSIPS and
# jambonz send, as datagrams and over TCP, with real media between the parties.
# agent_ng.py plays the proxy and both parties, with the user-space datapath on this
# host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------+
#   | caller       |=====| rtplaned --datapath uring   |=====| callee, and proxy |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1      |
#   +--------------+     |        ng: 198.51.100.254   |     | stranger .66      |
#                        +-----------------------------+     +-------------------+

export RTPLANE_BACKEND=${RTPLANE_BACKEND:-uring}
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

setup()
{
	srtp_setup && b ip addr add 198.51.100.66/24 dev b0
}

begin()
{
	agent_ends
	agent_config 'quarantine: 0' "$@" \
		"ng: [{transport: udp, listen: '$MB4:22222', allow: [$B4]}, {transport: tcp, listen: '$MB4:22222', allow: [$B4]}, {transport: http, listen: '$MB4:22225', allow: [$B4]}]"
	agent_start --datapath "$BACKEND"
}

# ng NAME...: each by the agent that runs; no call, leg or port is left afterwards.
ng()
{
	local name
	for name; do
		acts agent_ng "$name" || return
		told status '.ng.calls == 0'
		nothing_left
	done
}

test_kamailio() { begin && ng kamailio kamailio_late_offer; }
test_media_that_is_blocked() { ng blocks; }
test_a_recorder_subscribes() { ng subscribe subscribe_refused; }
test_a_publisher() { ng publish; }
test_npm_rtpengine_client()
{
	NODE_PATH=$("$TREE/scripts/jssip" 2>"$W/npm.err") ||
		{ skip "rtpengine-client is not there: $(tail -n 1 "$W/npm.err")"; return; }
	export NODE_PATH
	ng node
}
test_fax() { ng fax; }
test_digits_are_told() { begin "ng-events: '$B4:22223'" && ng digits; }
test_silence_is_told() { begin "ng-events: '$B4:22223'" 'ng-silence: 1' && ng silence && begin; }
test_seen_by_people() { ng seen_by_people; }
test_opensips() { ng opensips; }
test_json_over_tcp() { ng jambonz; }
test_http_and_websocket() { ng http; }
test_behind_nat() { ACCESS_LATCH='{nat: learn}' begin && ng behind_nat sip_source_address; }
test_forks() { ng forks; }
test_the_same_request_again() { ng again; }
test_strangers() { ng strangers; }
test_hostile_messages() { ng hostile; }
test_what_is_refused() { ng refused; }
test_no_ports() { PORTS='{low: 30000, high: 30007}' begin && ng no_ports; }
test_draining()
{
	begin 'drain: 60' && acts agent_ng draining || return
	wait_for 20 agent_is_gone || fail "rtplaned does not end when its last call has"
	agent_ends
}

need python3
run_tests "$@"
