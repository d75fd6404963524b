#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# What others say of our NAT: coturn's and stun-client's discovery of the NAT's
# type, from inside, against a server with two addresses outside.
#
#   inside                         m                        outside
#   a: a0 192.0.2.1  ====== ma           mb ====== b0 198.51.100.1 :b
#                          192.0.2.254                198.51.100.9
#                            E1 198.51.100.201 <-> 192.0.2.1

. "$(dirname "$0")/lib.sh"

E1=198.51.100.201 C4=198.51.100.9

setup()
{
	topology && enrol && offload_off || return 1
	ip -n "$B" addr add $C4/24 dev b0
	ip -n "$M" addr add $E1/32 dev mb
	ip -n "$A" route add default via $MA4
}

listens() { b cat /proc/net/udp | grep -q ':0D96 '; }

server()
{
	ok "natmap" m rtplane natmap add ext $E1 int $A4
	b turnserver -n -S -L $B4 -L $C4 --no-tls --no-dtls --no-tcp --no-cli \
		--log-file "$W/turn.log" --pidfile "$W/turn.pid" >/dev/null 2>&1 </dev/null &
	# shellcheck disable=SC2034,SC2154
	BG[turn]=$!
	ok "server" wait_for 20 listens
}

server_end()
{
	stop turn
	m rtplane natmap del ext $E1
}

test_coturn_finds_an_endpoint_independent_nat()
{
	server || return
	a turnutils_natdiscovery -m -L $A4 -l 30500 $B4 >"$W/nat.txt" 2>&1
	ok "mapping: $(grep -i mapping "$W/nat.txt" | tail -n 1)" grep -qi 'endpoint independent mapping' "$W/nat.txt"
	ok "port unchanged" grep -q "$E1:30500" "$W/nat.txt"
	server_end
}

test_stun_client_finds_an_endpoint_independent_nat()
{
	server || return
	a stun $B4 -i $A4 -p 30600 >"$W/stun.txt" 2>&1
	ok "type: $(tr '\n' ' ' <"$W/stun.txt")" grep -qi 'Independent Mapping, Independent Filter' "$W/stun.txt"
	ok "port" grep -qi 'preserves ports' "$W/stun.txt"
	server_end
}

run_tests "$@"
