#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# rtplane stun against coturn, through NATs of each kind that Linux can be: what it says
# is what the router's rules are.
#
#    a: rtplane stun            m: router              b: coturn
#   +----------------+     +------------------+     +---------------------------+
#   | 192.0.2.1      |=====| nft              |=====| 198.51.100.1 and .2: one  |
#   | 2001:db8:a::1  |     | outside: .100.20 |     | .3: bare; .4: another     |
#   +----------------+     +------------------+     +---------------------------+

. "$(dirname "$0")/lib.sh"

needs turnserver nft

NAT=198.51.100.20

# server NAME OPTION...: coturn in b
server()
{
	b turnserver -n -S --no-tls --no-dtls --no-cli --log-file "$W/$1.log" \
		--pidfile "$W/$1.pid" "${@:2}" >/dev/null 2>&1 </dev/null 8>&- 9>&- &
	BG[$1]=$!
}
serving() { [ "$(b ss -Hlnu 'sport = :3478' | awk '{ print $4 }' | sort -u | wc -l)" -ge 5 ]; }

setup()
{
	local n
	topology || return 1
	m sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$A" route add default via $MA4
	ip -n "$A" route add default via $MA6
	ip -n "$B" route add default via $MB4
	ip -n "$B" route add default via $MB6
	for n in 2 3 4; do
		ip -n "$B" addr add 198.51.100.$n/24 dev b0
	done
	ip -n "$M" addr add $NAT/24 dev mb
	server two -L 198.51.100.1 -L 198.51.100.2 -L "$B6"
	server bare -L 198.51.100.3
	server fourth -L 198.51.100.4
	ok "servers" wait_for 20 serving
}

# rules: from now on these are m's, and no connection is known
rules()
{
	m nft flush ruleset
	ok "rules" m nft -f -
}

# says STATUS EXPR WORD...: what rtplane stun finds
says()
{
	a rtplane --json stun "${@:3}" >"$W/stun.json" 2>"$W/stun.err"
	is "stun ${*:3}" $? "$1"
	jq -e "$2" "$W/stun.json" >/dev/null || fail "stun ${*:3}: not so: $2; it is: $(cat "$W/stun.json" "$W/stun.err")"
}

test_without_a_nat()
{
	rules <<<''
	says 0 '.nat == false and .port_kept and .seen == .local and .local == "192.0.2.1:30000" and .server == "198.51.100.1:3478" and .mapping == "endpoint-independent" and .filtering == "endpoint-independent" and .hairpin == null and .rtt_us > 0' \
		198.51.100.1 from 192.0.2.1:30000
	says 0 '.nat == false and .seen == "['"$A6"']:30000"' "[$B6]:3478" from "[$A6]:30000"
	a rtplane stun 198.51.100.1 >"$W/text" || fail "status $?"
	grep -q '^There is no NAT on the way' "$W/text" || fail "it says: $(cat "$W/text")"
}

test_a_nat_that_maps_ports_one_to_one()
{
	rules <<-END
		table ip nat {
			chain in {
				type filter hook prerouting priority raw
				iifname mb ip daddr $NAT ip daddr set 192.0.2.1
				iifname ma ip daddr $NAT udp dport 30000 ip daddr set 192.0.2.1
			}
			chain out {
				type filter hook postrouting priority srcnat
				ip saddr 192.0.2.1 ip saddr set $NAT
			}
		}
	END
	says 0 '.nat and .port_kept and .seen == "'$NAT':30000" and .mapping == "endpoint-independent" and .filtering == "endpoint-independent" and .hairpin' \
		198.51.100.1 from 192.0.2.1:30000
}

# Linux' own: the port is kept where it can be, and only who was asked may answer.
test_a_nat_by_connections()
{
	rules <<-END
		table ip nat {
			chain out {
				type nat hook postrouting priority srcnat
				oifname mb udp sport 30000-33000 snat to $NAT
			}
		}
	END
	says 0 '.nat and .port_kept and .mapping == "endpoint-independent" and .filtering == "address-and-port-dependent" and .hairpin == false' \
		198.51.100.1 from 192.0.2.1:30002
}

test_a_symmetric_nat()
{
	rules <<-END
		table ip nat {
			chain out {
				type nat hook postrouting priority srcnat
				oifname mb udp sport 30000-33000 snat to $NAT:20000-60000 fully-random
			}
		}
	END
	says 1 '.nat and (.port_kept | not) and .mapping == "address-and-port-dependent" and .filtering == "address-and-port-dependent"' \
		198.51.100.1:3478 from 192.0.2.1:30004
	a rtplane stun 198.51.100.1 from 192.0.2.1:30006 >"$W/text" && fail "status 0"
	grep -q '^There is a NAT on the way; it changes the port' "$W/text" || fail "it says: $(cat "$W/text")"
	grep -q '"symmetric"' "$W/text" || fail "it says: $(cat "$W/text")"
	# what bare servers tell
	says 1 '(.port_kept | not) and .mapping == "unknown" and .filtering == "unknown"' \
		198.51.100.3 from 192.0.2.1:30008
	says 1 '.mapping == "address-dependent" and .filtering == "unknown"' \
		198.51.100.3 other 198.51.100.4:3478 from 192.0.2.1:30010
}

test_a_nat_that_lets_in_who_was_asked()
{
	rules <<-END
		table ip nat {
			set asked { type ipv4_addr; flags dynamic, timeout; timeout 1m; }
			chain in {
				type filter hook prerouting priority raw
				iifname mb ip daddr $NAT ip saddr != @asked drop
				iifname mb ip daddr $NAT ip daddr set 192.0.2.1
			}
			chain out {
				type filter hook postrouting priority srcnat
				oifname mb ip saddr 192.0.2.1 update @asked { ip daddr }
				oifname mb ip saddr 192.0.2.1 ip saddr set $NAT
			}
		}
	END
	says 0 '.port_kept and .mapping == "endpoint-independent" and .filtering == "address-dependent"' \
		198.51.100.1 from 192.0.2.1:30000
	says 0 '.mapping == "endpoint-independent" and .filtering == "unknown"' \
		198.51.100.3 other 198.51.100.4 from 192.0.2.1:30012
}

test_nobody_answers()
{
	rules <<<''
	refused 'stun: 198.51.100.9:3478 does not answer: expected a STUN server' a rtplane stun 198.51.100.9
	refused 'has no address' a rtplane stun nobody.invalid
	refused 'no socket at 192.0.2.99' a rtplane stun 198.51.100.1 from 192.0.2.99
	misused a rtplane stun
	misused a rtplane stun 198.51.100.1 from 192.0.2.1 from 192.0.2.1
	misused a rtplane stun 198.51.100.1 other
	misused a rtplane stun 198.51.100.1 from "$A6"
	misused a rtplane stun 198.51.100.1:0
	misused a rtplane stun 198.51.100.1 nonsense
}

test_the_servers_end() { stop two; stop bare; stop fourth; }

run_tests
