#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# What the loaded module says of itself - commands, permissions, group, and the
# policies that requests are checked with - is what the spec says.
#
#   rtplane.ko  -- CTRL_CMD_GETFAMILY, _GETPOLICY -->  spec.py  <-- rtplane.yaml

modprobe rtplane || exit 1
exec python3 "$(dirname "$0")/spec.py" kernel
