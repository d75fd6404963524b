#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# A realm behind a NAT that keeps ports asks coturn how it is seen, and tells whom it
# calls: stun: in the realm.  agent_ice.py plays both parties.
#
#    a: access                           m: media host                          b: core
#   +---------------------+     +---------------------------------+     +---------------+
#   | caller: SIP, aioice |=====| NAT 192.0.2.201     rtplaned    |=====| callee: SIP,  |
#   | coturn 192.0.2.66   |     |     or .202   <->   192.0.2.254 |     | RTP           |
#   +---------------------+     +---------------------------------+     +---------------+
#
# Media ports of 192.0.2.254 are reached by the NAT's address alone.

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
if ! $PYTHON -c 'import aioice' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..0 # SKIP python3-aioice is not there"
	exit 4
fi
needs turnserver nft

# nat ADDRESS: how media ports are seen from outside; without a state that could stay.
nat()
{
	m nft -f - <<-END
		table ip outside
		delete table ip outside
		table ip outside {
			chain in {
				type filter hook prerouting priority raw
				iifname ma ip daddr $MA4 udp dport 30000-33000 drop
				iifname ma ip daddr $1 udp dport 30000-33000 ip daddr set $MA4
			}
			chain out {
				type filter hook postrouting priority srcnat
				oifname ma udp sport 30000-33000 ip saddr $MA4 ip saddr set $1
			}
		}
	END
}

# stun EXPR: jq's EXPR becomes true of what is known.
stun() { told status ".stun | $1"; }
listens() { a cat /proc/net/udp | grep -q ':0D96 '; }

test_a_server_that_is_not_there()
{
	ip -n "$M" addr add 192.0.2.201/24 dev ma
	nat 192.0.2.201
	ACCESS_ICE=full ACCESS_STUN=$X4 agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND" || return
	# from a media port
	stun 'length == 1 and (.[0].from | split(":")[1] | tonumber | . >= 30000 and . <= 33000)'
	is "what is known" "$(ask status | jq -c '.stun[0] | [.realm, .address, .server, .seen, .offered]')" \
		"[\"access\",\"$MA4\",\"$X4:3478\",null,false]"
	acts agent_ice caller		# two candidates
}

test_coturn_tells()
{
	a turnserver -n -S -L "$X4" --no-tls --no-dtls --no-tcp --no-cli \
		--log-file "$W/turn.log" --pidfile "$W/turn.pid" >/dev/null 2>&1 </dev/null &
	# shellcheck disable=SC2034,SC2154
	BG[turn]=$!
	ok "server" wait_for 20 listens
	# addresses that change have it asked at once, however long it was silent
	ip -n "$M" addr add 192.0.2.202/24 dev ma
	stun '.[0] | .offered and (.seen | startswith("192.0.2.201:")) and .why == ""'
	ok "and told of" grep -q "realm access: $MA4 is seen from outside as 192.0.2.201, by STUN server $X4:3478" "$AGENT_LOG"
	OUTSIDE=192.0.2.201 acts agent_ice outside
	no_calls
}

test_it_changes()
{
	nat 192.0.2.202
	ip -n "$M" addr add 192.0.2.203/24 dev ma
	stun '.[0].seen | startswith("192.0.2.202:")'
	OUTSIDE=192.0.2.202 acts agent_ice outside
	no_calls
}

test_a_reload_without()
{
	m nft delete table ip outside
	ACCESS_ICE=full agent_config 'quarantine: 0'
	ok "reload" ask reload
	stun 'length == 0'
	acts agent_ice caller		# two candidates
	no_calls
	ACCESS_ICE=full ACCESS_STUN=$X4 agent_config 'quarantine: 0'
	ok "reload" ask reload
	# it is asked again, and is not behind a NAT
	stun ".[0].seen != null and (.[0].seen | startswith(\"$MA4:\"))"
	acts agent_ice caller		# nothing more to offer
	no_calls
	stop turn
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
