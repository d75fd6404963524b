#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# Where calls go and how they end: the targets of a next hop, one after the other; TLS on
# both sides with certificates of the test's own; parties of which nothing is heard.
# agent_hops.py plays the parties, with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------------+
#   | caller       |=====| rtplaned --datapath uring   |=====| .1 callee, .2 next |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | .3 refuses, .4 is  |
#   +--------------+     | 127.0.0.1: names            |     | mute, .9 nobody's  |
#                        +-----------------------------+     +--------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

setup()
{
	srtp_setup || return 1
	b ip addr add 198.51.100.2/24 dev b0
	b ip addr add 198.51.100.3/24 dev b0
	# a firewall that says nothing: TCP to the callee, and to whom it hides
	b ip addr add 198.51.100.4/24 dev b0
	b nft -f - <<-END
		table inet silent {
			chain silent {
				type filter hook input priority 0
				ip daddr {198.51.100.1, 198.51.100.4} tcp dport 5060 drop
			}
		}
	END
	export W
	cat >"$W/zone" <<-END
		one.example A 198.51.100.1
		two.example A 198.51.100.2
		dead.example A 198.51.100.3
		nobody.example A 198.51.100.9
		_sip._udp.refusing.example SRV 1 0 5060 dead.example
		_sip._udp.refusing.example SRV 2 0 5060 one.example
		_sip._udp.unreachable.example SRV 1 0 5060 nobody.example
		_sip._udp.unreachable.example SRV 2 0 5060 one.example
		addresses.example A 198.51.100.3
		addresses.example A 198.51.100.1
		_sip._tcp.closed.example SRV 1 0 5060 dead.example
		_sip._tcp.closed.example SRV 2 0 5060 two.example
		hidden.example A 198.51.100.4
		_sip._tcp.filtered.example SRV 1 0 5060 hidden.example
		_sip._tcp.filtered.example SRV 2 0 5060 two.example
		_sip._udp.busy.example SRV 1 0 5060 one.example
		_sip._udp.busy.example SRV 2 0 5060 two.example
		_sip._udp.none.example SRV 1 0 5060 dead.example
		_sip._udp.none.example SRV 2 0 5999 one.example
		pbx.example A 198.51.100.1
	END
	echo "nameserver 127.0.0.1" >"$W/resolv.conf"
	# shellcheck disable=SC2034
	AGENT_IN=(unshare --mount sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$W/resolv.conf")
	bg names m python3 "$TREE/selftests/dns.py" "$W/zone"
	certificates
}

routes()
{
	local name
	for name in refusing unreachable addresses busy none; do
		echo "  - {from: access, user-prefix: $name, to: core, next-hop: \"sip:$name.example\"}"
	done
	for name in closed filtered; do
		echo "  - {from: access, user-prefix: $name, to: core, next-hop: \"sip:$name.example;transport=tcp\"}"
	done
	[ -z "${CORE_SIP:-}" ] ||
		echo "  - {from: access, user-prefix: tls, to: core, next-hop: \"sip:pbx.example;transport=tls\"}"
}

# authority NAME, issue NAME AUTHORITY SUBJECT-ALT-NAME: certificate and key, NAME.pem
authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
}
issue()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.csr" 2>/dev/null &&
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=$3") -out "$1.crt" 2>/dev/null &&
		cat "$1.crt" "$1.key" >"$1.pem"
}
certificates()
{
	mkdir -p "$W/tls/edge" && cd "$W/tls" || return 1
	authority ca && authority other &&
		issue edge-1 ca DNS:edge.example && issue renewed ca DNS:edge.example &&
		issue phone ca DNS:phone.example && issue stranger other DNS:phone.example &&
		issue pbx ca DNS:pbx.example && issue other-name ca DNS:one.example &&
		issue stranger-pbx other DNS:pbx.example &&
		cp edge-1.pem edge/agent.pem && cp ca.pem edge/cafile.pem
	cd - >/dev/null || return 1
}

# hops NAME...: each by the agent that runs; it has no call left afterwards.
hops()
{
	local name
	for name; do
		acts agent_hops "$name" || return
		no_calls
	done
}

begin()
{
	agent_ends
	ROUTES=$(routes) agent_config 'quarantine: 0' "$@"
	agent_start --datapath "$BACKEND"
}

TLS="{transport: tls, certificates: $W/tls/edge"

test_a_target_that_refuses() { begin && hops refusing addresses closed; }
test_a_target_that_is_not_there() { hops unreachable; }
test_a_firewall_that_says_nothing() { hops filtered big; }
test_a_target_out_of_service() { hops busy; }
test_an_answer_is_an_answer() { hops no_for_an_answer; }
test_no_target_is_left() { hops none_left; }
test_a_phone_over_tls() { ACCESS_SIP="$TLS}" begin && hops tls_phone tls_strange_server; }
test_a_certificate_is_renewed() { hops tls_renewed; cp "$W/tls/edge-1.pem" "$W/tls/edge/agent.pem"; }
test_clients_are_verified() { ACCESS_SIP="$TLS, verify-clients: yes}" begin && hops tls_clients_verified; }
test_a_next_hop_over_tls() { CORE_SIP="$TLS}" begin && hops tls_pbx; }
test_servers_are_verified() { hops tls_pbx_is_another; }
test_servers_are_not_verified() { CORE_SIP="$TLS, verify-servers: no}" begin && hops tls_pbx_unverified; }
test_silence_ends_a_call() { begin 'media-timeout: 1' 'hold-timeout: 3' && hops silence one_talks; }
test_hold_is_no_silence() { hops hold; }
test_the_agent_ends() { agent_ends; stop names; return 0; }

need python3 openssl unshare nft
run_tests "$@"
