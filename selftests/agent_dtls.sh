#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# DTLS-SRTP in calls: aiortc, which others wrote, as the caller, the callee or both, and
# plain RTP or SRTP by SDES on the other side.  agent_dtls.py plays both parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller: SIP, |=====| rtplaned                    |=====| callee: SIP,  |
#   | aiortc, RTP  |     | 192.0.2.254  198.51.100.254 |     | aiortc or not |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
if ! $PYTHON -c 'import aiortc' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..0 # SKIP python3-aiortc is not there"
	exit 4
fi

# dtls ACCESS CORE NAMES: calls of agent_dtls.py by an agent with these realms.
dtls()
{
	agent_ends
	ACCESS_DTLS=$1 CORE_DTLS=$2 ACCESS_MUX=${MUX:-off} CORE_MUX=${MUX:-off} \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
	acts agent_dtls "$3" || return
	no_calls
	no_keys
}

test_the_caller_has_DTLS() { dtls allow off caller_server,caller_client; }
test_the_callee_has_DTLS() { dtls off require callee_client,callee_server; }
test_both_have_DTLS() { dtls allow allow both; }
test_DTLS_to_SDES() { CORE_SRTP='{policy: require, suites: [AES_CM_128_HMAC_SHA1_80]}' dtls allow off to_sdes; }
test_DTLS_by_ICE() { ACCESS_ICE=full dtls allow off with_ice; }
test_one_port_for_RTP_and_RTCP() { ACCESS_ICE=full MUX=allow dtls allow allow mux_both,mux_declined; }
# nobody has to latch: what is not kept back would be sent
test_nothing_before_keys_or_without() { ACCESS_LATCH='{mode: off}' dtls allow off early_media,impostor,goodbye; }
test_required() { dtls require off required; }

test_the_agent_ends() { agent_ends; }

run_tests "$@"
