#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=300
#
# SRTP beside the module: lines with SRTP are relayed in user space, all others by
# the module, and a re-INVITE moves them.  agent_srtp.py plays both parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller: SIP, |=====| rtplaned, rtplane.ko        |=====| callee: SIP,  |
#   | SRTP or RTP  |     | 192.0.2.254  198.51.100.254 |     | RTP or SRTP   |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=kernel
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

test_RTP_becomes_SRTP_and_RTP_again() { realms allow allow && play there_and_back; }
test_SRTP_on_both_sides() { realms allow allow && play srtp_to_srtp hold_and_resume; }
test_plain_calls_stay_in_the_module() { realms refuse allow && play plain_stays_plain refuse_savp; }

test_the_agent_ends() { agent_ends; }

run_tests "$@"
