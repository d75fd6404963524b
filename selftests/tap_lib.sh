# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# tap_lib.sh - a media host between two TAP devices, for tests whose programs are
# the wire on both sides (tools/tap.h).
#
#    side 0                      namespace m                       side 1
#   +---------+   +------------------------------------------+   +---------+
#   | program |===| fa 192.0.2.254          fb 198.51.100.254|===| program |
#   +---------+   |    2001:db8:a::fe          2001:db8:b::fe|   +---------+
#     TAP device  +------------------------------------------+     TAP device

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# No ARP: what goes to an address nobody has leaves at once, too, and can be counted.
tap_devices()
{
	modprobe tun 2>/dev/null
	ip -n "$M" -batch - <<-END
		tuntap add dev fa mode tap
		tuntap add dev fb mode tap
		link set dev fa address $MA_MAC arp off up
		link set dev fb address $MB_MAC arp off up
		addr add $MA4/24 dev fa
		addr add $MB4/24 dev fb
		addr add $MA6/64 dev fa nodad
		addr add $MB6/64 dev fb nodad
		neigh add $A4 lladdr $A_MAC dev fa nud permanent
		neigh add $A6 lladdr $A_MAC dev fa nud permanent
		neigh add $B4 lladdr $B_MAC dev fb nud permanent
		neigh add $B6 lladdr $B_MAC dev fb nud permanent
		neigh add 198.51.100.7 lladdr $B_MAC dev fb nud permanent
		neigh add 2001:db8:b::7 lladdr $B_MAC dev fb nud permanent
	END
}

tap_enrol() { m rtplane dev add fa && m rtplane dev add fb; }
