#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=1500
#
# The agent under ThreadSanitizer: the programs of unit/ that have threads, and media through
# rtplaned --relay while bridges come, change and go.

# shellcheck disable=SC2034 # for the library
KIND=tsan FLAGS="-fsanitize=thread"
# shellcheck disable=SC2034
SUITES="relay latch hostile netlink bridge uring_faults"
# shellcheck disable=SC2034
THIRD=''
# shellcheck disable=SC2034
PLANTED='#include <pthread.h>
static int n;
static void *f(void *p) { n++; return p; }
int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); n++; pthread_join(t, 0); return 0; }'
# shellcheck source-path=SCRIPTDIR source=sanitize_lib.sh
. "$(dirname "$0")/sanitize_lib.sh"
run_all
