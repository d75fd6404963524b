#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# The agent's ICE with somebody else's (aioice), over sockets: both roles, lite, two
# components, checks before the answer, conflicts, consent. ice.py plays.
#
#   icepeer (agent/ice) 192.0.2.1    ===  lo of a namespace  ===  192.0.2.1 aioice
#                       2001:db8::1                               2001:db8::1

cd "$(dirname "$0")/.." || exit 1
export ICEPEER=$PWD/${RTPLANE_BIN:-build}/selftests/icepeer

if ! /usr/bin/python3 -c 'import aioice' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..0 # SKIP python3-aioice is not there"
	exit 4
fi
# -P: selftests/dns.py is not the module of that name
exec unshare -n bash -c '
	ip link set lo up
	ip addr add 192.0.2.1/32 dev lo
	ip addr add 2001:db8::1/128 dev lo nodad
	exec /usr/bin/python3 -P selftests/ice.py'
