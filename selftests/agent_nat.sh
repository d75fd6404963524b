#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# A caller with ICE (aioice) behind what networks are made of: each kind of NAT, two of them,
# firewalls, an address that leads nowhere. Each row at the end says what is between, and
# what is wanted: audio, or a sentence of `rtplane why` that names what is in the way.
#
#    x: the caller     y: inner router    a: outer router        m: media host      b: core
#   +-----------+     +--------------+   +------------------+   +--------------+   +-------+
#   | 10.0.0.2  |=====| .1  10.1.0.2 |===| .1    192.0.2.1  |===| rtplaned     |===| plain |
#   +-----------+     +--------------+   +------------------+   | 192.0.2.254  |   +-------+
#                                                               +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
need nft
$PYTHON -c 'import aioice' 2>/dev/null || skip_all "python3-aioice is not there"

Y=rp$$-y X10=10.0.0.2 SECOND=10.0.9.9 PUBLIC=203.0.113.10

y() { in_ns "$Y" "$@"; }

setup()
{
	srtp_setup || return
	ip netns add "$Y"
	ip netns add "$X" 2>/dev/null
	ip link add x0 netns "$X" type veth peer name yx netns "$Y"
	ip link add yo netns "$Y" type veth peer name ay netns "$A"
	ip -n "$X" addr add $X10/24 dev x0
	ip -n "$Y" addr add 10.0.0.1/24 dev yx
	ip -n "$Y" addr add 10.1.0.2/24 dev yo
	ip -n "$A" addr add 10.1.0.1/24 dev ay
	ip -n "$X" link set x0 up
	ip -n "$X" link set lo up
	ip -n "$Y" link set yx up
	ip -n "$Y" link set yo up
	ip -n "$A" link set ay up
	ip -n "$X" route add default via 10.0.0.1
	ip -n "$Y" route add default via 10.1.0.1
	ip -n "$A" route add 10.0.0.0/16 via 10.1.0.2
	y sysctl -qw net.ipv4.ip_forward=1
	a sysctl -qw net.ipv4.ip_forward=1
}

# router KIND OUT INSIDE: rules of a NAT of that kind, whose outside is device OUT. SIP keeps
# its port, as it would by a SIP ALG or a proxy: what is tested is media's.
router()
{
	case $1 in
	none) echo "table ip kind" ;;
	full-cone) cat <<-END
		table ip kind {
			chain in {
				type nat hook prerouting priority dstnat
				iifname $2 udp dport != 5060 dnat to $3
			}
			chain out {
				type nat hook postrouting priority srcnat
				oifname $2 masquerade
			}
		}
		END
		;;
	port-restricted) cat <<-END
		table ip kind {
			chain out {
				type nat hook postrouting priority srcnat
				oifname $2 masquerade
			}
		}
		END
		;;
	symmetric) cat <<-END
		table ip kind {
			chain out {
				type nat hook postrouting priority srcnat
				oifname $2 udp sport 5060 masquerade
				oifname $2 meta l4proto udp masquerade random,fully-random
			}
		}
		END
		;;
	esac
}

# between KIND: what else there is, of the outer router
between()
{
	local rule=
	case $1 in
	second-address) rule="ip saddr $SECOND drop" ;;
	no-udp) rule="iifname ay udp dport != 5060 drop" ;;
	no-udp-in) rule="iifname a0 udp sport != 5060 drop" ;;
	public) cat <<-END
		table ip public {
			chain in {
				type nat hook prerouting priority dstnat
				iifname ay ip daddr $PUBLIC dnat to $MA4
			}
		}
		END
		;;
	esac
	[ -z "$rule" ] || echo "table ip between { chain way { type filter hook forward priority 0; $rule; }; }"
}

# got_through INNER OUTER BETWEEN WANT: a call by an agent that is full
got_through()
{
	local offered=" $MA4 " more=${3:-} inside=$X10
	y nft flush ruleset
	a nft flush ruleset
	router "$1" yo $X10 | y nft -f - || fail "no inner router"
	[ "$1" = none ] || inside=10.1.0.2
	{ router "$2" a0 "$inside"; between "$more"; } | a nft -f - ||
		fail "no outer router"
	ip -n "$X" addr del $SECOND/32 dev x0 2>/dev/null
	ip -n "$Y" route del $SECOND/32 2>/dev/null
	if [ "$more" = second-address ]; then
		ip -n "$X" addr add $SECOND/32 dev x0
		ip -n "$Y" route add $SECOND/32 dev yx
	fi
	agent_ends
	ACCESS_ICE=full ACCESS_STUN=$([ "$more" != server-down ] || echo $X4) agent_config 'quarantine: 0'
	if [ "$more" = public ]; then
		offered=" $PUBLIC "
		sed -i "s/- listen: $MA4\$/- {listen: $MA4, advertise: $PUBLIC}/" "$W/rtplaned.yaml"
	fi
	agent_start --datapath "$BACKEND" || return
	if [ "$more" = ipv6 ]; then
		ip -n "$X" addr add 2001:db8:c::2/64 dev x0 nodad
		export IPV6=1
	fi
	A=$X A_IP=$X10 SEEN=192.0.2.1 OFFERED=$offered WANT=${4:-} acts agent_ice behind && no_calls
	unset IPV6
}

# rows: inner router, outer router, what else is between, what is wanted (nothing: audio)
test_full_cone()			{ got_through none full-cone; }
test_port_restricted()			{ got_through none port-restricted; }
test_symmetric()			{ got_through none symmetric; }
test_two_NATs()				{ got_through port-restricted port-restricted; }
test_two_symmetric_NATs()		{ got_through symmetric symmetric; }
test_IPv6_beside_IPv4()			{ got_through none symmetric ipv6; }
test_two_addresses_one_of_them_dropped() { got_through none port-restricted second-address; }
test_our_STUN_server_is_down()		{ got_through none symmetric server-down; }
test_hairpin()				{ got_through none port-restricted public; }
test_no_UDP_but_SIP()
{
	got_through none port-restricted no-udp "no check of the caller has arrived at $MA4"
}

test_nothing_comes_in()
{
	got_through none port-restricted no-udp-in \
		'checks of the caller arrive .* none of our [0-9]+ is answered: its firewall lets nothing in'
}

test_the_agent_ends() { agent_ends; ip netns del "$Y"; }

run_tests "$@"
