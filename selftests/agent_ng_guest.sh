#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=900 hand=1
#
# Calls of proxies with the module: of agent_ng.sh's list what media has to do with, where
# each program takes ten times as long to start.

export RTPLANE_BACKEND=kernel
[ $# -gt 0 ] || set -- test_kamailio test_media_that_is_blocked test_a_recorder_subscribes test_a_publisher
exec "$(dirname "$0")/agent_ng.sh" "$@"
