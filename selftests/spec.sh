#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# The netlink contract is written down twice, as a header for C and as a spec in
# the kernel's schema: they must agree, name by name and value by value.
#
#   uapi/linux/rtplane.h  <-- spec.py -->  Documentation/netlink/specs/rtplane.yaml

exec python3 "$(dirname "$0")/spec.py" header
