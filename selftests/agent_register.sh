#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1 timeout=600
#
# Phones that register through the agent: digest, refreshes, calls down their flows, NAT,
# connections that end, RFC 5626, Path and Service-Route, limits.  agent_register.py plays
# phones and a strict registrar, with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| registrar    |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# registers WORDS NAME...: each by an agent of its own, since bindings stay; WORDS: the
# map register of the phones' realm, "": it has none.
registers()
{
	local words=$1 name
	shift
	for name; do
		agent_ends
		ACCESS_REGISTER=$words ACCESS_LATCH='{nat: learn}' ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:${PORT:-5060}\"}" \
			agent_config 'quarantine: 0' ${BANS:+"bans: $BANS"}
		agent_start --datapath "$BACKEND" && acts agent_register "$name" || return
		no_calls
	done
}

test_digest_passes() { registers '{}' registers wrong_password; }
test_who_guesses_is_banned() { BANS='{digest: 3, window: 3600}' registers '{}' guesses guesses_beside; }
test_refreshes_are_answered_here() { registers '{}' refreshes; }
test_calls_come_down_the_flow() { registers '{}' called; }
test_a_box_that_meddles() { registers '{}' meddled; }
test_notes_come_down_the_flow() { registers '{}' noted; }
test_what_is_removed_is_gone() { registers '{}' unregisters; }
test_nat_gives_another_port() { registers '{}' moves; }
test_a_connection_ends() { registers '{unregister: yes}' tcp; }
test_a_phone_comes_back() { registers '{unregister: yes}' comes_back; }
test_outbound() { registers '{}' outbound; }
test_path_and_service_route() { registers '{}' routes; }
test_as_many_as_there_may_be() { registers '{per-aor: 2}' limits; }
test_a_phone_is_gone() { registers '{}' gone; }
test_phones_are_kept_alive() { registers '{keepalive: options, keepalive-udp: 5}' kept_alive; }
test_stun_on_the_sip_port() { registers '{keepalive: stun, keepalive-udp: 5}' by_stun; }
test_a_registrar_that_is_not_there() { PORT=5999 registers '{}' silent_registrar; }
test_nobody_registers() { registers '' nobody_registers; }
test_what_is_no_register() { registers '{}' hostile; }
test_whatever_comes() { registers '{}' noise; }
test_the_agent_ends() { agent_ends; return 0; }

need python3
run_tests "$@"
