#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Browsers: phones that come by WebSocket, plain and over TLS (RFC 7118), and whose media is
# aiortc's (DTLS-SRTP by ICE on one port).  They register at kamailio behind the agent, call
# a SIP phone there, and are called by it through kamailio.  agent_ws.py plays both, the
# browser by python3-websockets and aiortc, which others wrote.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------------+
#   | browser: ws, |=====| rtplaned                    |=====| kamailio: registrar     |
#   | wss, aiortc  |     | ws 8088, wss 8443           |     | phone: SIP by UDP, RTP, |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1            |
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
      - {transport: wss, port: 8443, certificates: $W/tls, origins: [\"https://phone.example\"]}"
}

browsers()
{
	acts agent_ws "$1" || return
	no_calls
	no_keys
}

test_who_may_come() { browsers strangers; }
test_it_registers_and_is_called_by_ws() { browsers plain; }
test_a_browser_calls_by_wss() { browsers calls; }
test_a_browser_is_called_by_wss() { browsers called; }
test_a_connection_ends() { browsers lost; }
test_a_connection_ends_in_a_call() { browsers comes_back; }
test_a_certificate_is_renewed() { browsers renewed; }
test_the_agent_ends() { agent_ends; }

run_tests "$@"
