#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# A realm with several addresses, and callers with ICE (aioice, aiortc) who get through to
# one of them: a line has a candidate of each, and its leg goes where it is reached.
# agent_addresses.py plays both parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | 192.0.2.1    |==X==| 192.0.2.254                 |     | callee: SIP,  |
#   | 2001:db8:a:: |=====| 2001:db8:a::fe              |=====| plain RTP     |
#   +--------------+     | 203.0.113.254 on a dead NIC |     +---------------+
#                        +-----------------------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
need nft tayga
$PYTHON -c 'import aiortc' 2>/dev/null || skip_all "python3-aiortc is not there"

export IPV6=1 MA6 DEAD=203.0.113.254 HAS="$A4 $A6" PREFIX=2001:db8:64:: POOL=10.64.0.
# media to our first address
export DROP="table ip dead { chain out { type filter hook output priority 0; ip daddr $MA4 udp dport != 5060 drop; }; }"

# calls DEAD? NAME: by an agent whose realm has ICE
calls()
{
	agent_ends
	a nft flush ruleset
	[ "$1" = alive ] || a nft -f - <<<"$DROP" || fail "no firewall"
	ACCESS_ICE=${ICE:-full} ACCESS_DTLS=${DTLS:-off} agent_config 'quarantine: 0'
	[ "$2" != beside ] || sed -i "s/^      - listen: $MA4\$/&\n      - listen: $DEAD/" "$W/rtplaned.yaml"
	agent_start --datapath "$BACKEND" || return
	acts agent_addresses "$2" || return
	no_calls
	no_keys
}

test_the_first_address_is_not_reached() { calls dead elsewhere; }
test_we_are_lite() { ICE=lite calls dead elsewhere; }
test_by_DTLS() { DTLS=allow calls dead by_dtls; }
test_in_mid_call_with_keys() { calls alive keyed; }

test_a_NIC_that_is_dead()
{
	m ip link add dead type veth peer name gone
	m ip addr add $DEAD/24 dev dead
	m ip link set dead up
	HAS=$A4 calls alive beside
}

# IPv6 to our second address leads nowhere either: what is left is a translator in a
test_a_caller_behind_NAT64()
{
	cat >"$W/tayga.conf" <<-END
		tun-device nat64
		ipv4-addr ${POOL}1
		prefix $PREFIX/96
		dynamic-pool ${POOL}0/24
		data-dir $W
	END
	a sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	a tayga -c "$W/tayga.conf" --mktun >"$W/tayga.log" || fail "no NAT64: $(<"$W/tayga.log")"
	a ip link set nat64 up
	a ip route add ${POOL}0/24 dev nat64
	a ip route add $PREFIX/96 dev nat64
	m ip route add ${POOL}0/24 via $A4
	a tayga -d -c "$W/tayga.conf" >>"$W/tayga.log" 2>&1 &
	BG[tayga]=$!
	DROP="table ip6 dead { chain out { type filter hook output priority 0; ip6 daddr $MA6 meta l4proto udp drop; }; }" \
		HAS=$A6 calls dead nat64
	stop tayga
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
