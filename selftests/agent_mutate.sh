#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host hand=1 timeout=7200
#
# Calls of parties who say anything, in any order, with messages changed on the way:
# for MUTATE_SECONDS (60), from seed MUTATE_SEED (the clock's).  By hand, for hours, with
# a sanitizer's build:
#
#   make asan; RTPLANE_BIN=$PWD/build/asan MUTATE_SECONDS=3600 selftests/agent_mutate.sh
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller       |=====| rtplaned --datapath uring   |=====| callee        |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

test_calls_that_were_changed()
{
	local seed=${MUTATE_SEED:-$(date +%s)} out
	note "seed $seed"
	agent_config 'quarantine: 0' 'answer-timeout: 5' 'change-timeout: 2' 'drain: 2'
	agent_start --datapath "$BACKEND" || return
	out=$(AGENT_PID=$AGENT_PID PYTHONPATH=$TREE/selftests PYTHONDONTWRITEBYTECODE=1 \
		python3 "$TREE/selftests/agent_mutate.py" "$seed" "${MUTATE_SECONDS:-60}" 2>&1) ||
		fail "$(tail -n 3 <<<"$out"); $(tail -n 3 "$AGENT_LOG")"
	agent_ends
}

run_tests "$@"
