#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=1500
#
# The agent under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer:
# the programs of unit/, and media through rtplaned --relay as the tests of both
# datapaths send it.

# shellcheck disable=SC2034 # for the library
KIND=asan FLAGS="-fsanitize=address,undefined"
# shellcheck disable=SC2034
SUITES="cli forward forward46 latch hostile netlink uring_faults"
# shellcheck disable=SC2034
THIRD=''
# shellcheck disable=SC2034
PLANTED='#include <stdlib.h>
int main(int argc, char **argv) { char *p = malloc(4); free(p); return p[argc]; }'
# shellcheck source-path=SCRIPTDIR source=sanitize_lib.sh
. "$(dirname "$0")/sanitize_lib.sh"
run_all
