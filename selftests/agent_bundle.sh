#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Lines that share a port (BUNDLE): a browser by WebSocket whose audio and video are aiortc's,
# on one port, with one handshake; the SIP phone that it calls, and that calls it, has a port
# for each, and another for the RTCP of each.  The same by a proxy's control protocol, whose
# lines become more in mid-call.  agent_bundle.py plays all of them.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------------+
#   | browser:     |=====| rtplaned                    |=====| kamailio: registrar     |
#   | aiortc, one  |     | wss 8443                    |     | phone: SIP by UDP, RTP, |
#   | port         |     | 192.0.2.254  198.51.100.254 |     | RTCP, 198.51.100.1      |
#   +--------------+     +-----------------------------+     +-------------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"

need_aiortc
need kamailio openssl ss

setup()
{
	browser_setup "{transport: ws, port: 8088}
      - {transport: wss, port: 8443, certificates: $W/tls, origins: [\"https://phone.example\"]}" "ng: [{transport: udp, listen: '$MB4:22222', allow: [$B4]}]"
}

shares()
{
	acts agent_bundle "$1" || return
	no_calls
	no_keys
}

test_a_browser_calls_with_video() { shares calls; }
test_a_browser_is_called_with_video() { shares called; }
test_a_browser_behind_a_proxy() { shares by_ng; }
test_the_agent_ends() { agent_ends; }

run_tests "$@"
