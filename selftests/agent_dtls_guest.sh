#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=900 hand=1
#
# DTLS-SRTP in calls with the module: the list of agent_dtls.sh, where each program takes
# ten times as long to start.

exec "$(dirname "$0")/agent_dtls.sh" "$@"
