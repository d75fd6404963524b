#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=400
#
# The phones of baresip.sh with the module: linphone calls baresip, with SRTP by another
# suite on either side; the agent gives the module the keys, and what it puts on is
# decrypted from a capture too. One call, since a phone takes ten times as long to start.

exec "$(dirname "$0")/baresip.sh" test_linphone_calls_by_AES_256 test_the_agent_ends
