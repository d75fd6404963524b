#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# The held media sockets (unit/media.c) on the kernels that the
# agent meets: io_uring differs between them more than any other call we make.
#
#   unit/media: tx ==== lo ==== held sockets ==== one io_uring

cd "$(dirname "$0")/.." || exit 1
exec build/selftests/unit/media
