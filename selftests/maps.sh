#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# Port maps between hosts: who asks, who answers and who sees whom are socat's. A reload
# changes the elements that differ, and no connection notices.
#
#    a: clients                m: rtplaned, maps                  b: services, inside
#   +------------------+     +-----------------------------+     +---------------------+
#   | 192.0.2.1, .66   |=====| 192.0.2.254  198.51.100.254 |=====| 198.51.100.1, .10   |
#   | 2001:db8:a::1    |     |          forwards           |     | to .12, client .2   |
#   +------------------+     +-----------------------------+     +---------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=nft_lib.sh
. "$(dirname "$0")/nft_lib.sh"

need nft jq socat

# service NAME SOCAT-ADDRESS: answers who asked, and where it is itself; then it echoes
service()
{
	# shellcheck disable=SC2016
	b socat "$2" 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_SOCKADDR $SOCAT_SOCKPORT; cat' </dev/null >/dev/null 2>&1 8>&- 9>&- &
	BG[$1]=$!
}
listening() { [ "$(b ss -Hlntu | wc -l)" = "$1" ]; }

MAPS="
  - {transport: tcp, listen: '$MA4:8007', to: '198.51.100.10:443'}
  - {transport: tcp, listen: '[$MA6]:8007', to: '[$B6]:443'}
  - {transport: udp, listen: '$MA4:7088', to: '198.51.100.10:88'}
  - {transport: tcp, listen: '$MA4:9000', to: '198.51.100.10:80', count: 3, each: both}
  - {transport: tcp, listen: '$MA4:8100', to: '198.51.100.10:443', from: [$X4, 203.0.113.0/24]}
  - {transport: tcp, listen: '$MA4:8200', to: '198.51.100.10:443', snat: yes}
  - {transport: tcp, listen: '$MA4:20000', to: '198.51.100.10:20000', count: 10000}"

# maps TEXT: from now on these are the configuration's
maps()
{
	sed -i '/^maps:/,$d' "$W/rtplaned.yaml"
	[ -z "$1" ] || echo "maps:$1" >>"$W/rtplaned.yaml"
}
reload()
{
	maps "$1"
	ok "reload" m rtplane -s "$CTL" reload
	told status '.nftables.settled' || tail -n 5 "$AGENT_LOG" | cut -c1-300
}

setup()
{
	local n
	others_setup || return
	m sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$A" route add default via $MA4
	ip -n "$B" route add default via $MB4
	ip -n "$A" route add default via $MA6
	ip -n "$B" route add default via $MB6
	for n in 2 10 11 12; do
		ip -n "$B" addr add 198.51.100.$n/24 dev b0
	done
	service https TCP-LISTEN:443,bind=198.51.100.10,fork,reuseaddr
	service other TCP-LISTEN:443,bind=198.51.100.11,fork,reuseaddr
	service https6 "TCP6-LISTEN:443,bind=[$B6],fork,reuseaddr"
	service udp UDP-RECVFROM:88,bind=198.51.100.10,fork
	service first TCP-LISTEN:80,bind=198.51.100.10,fork,reuseaddr
	service last TCP-LISTEN:82,bind=198.51.100.12,fork,reuseaddr
	service low TCP-LISTEN:20000,bind=198.51.100.10,fork,reuseaddr
	service high TCP-LISTEN:29999,bind=198.51.100.10,fork,reuseaddr
	ok "services" wait_for 20 listening 8
	agent_config 'quarantine: 0' 'nftables: {mode: table}' || return
	maps "$MAPS"
	agent_start --datapath "$BACKEND"
}

# reach FUNCTION SOCAT-ADDRESS: what the service says; who is not let in hears nothing
reach() { echo | "$1" timeout 10 socat -t 1 - "$2" 2>"$W/socat.err" | head -n 1; }
leads() { is "from $1 to $2" "$(reach "$1" "$2")" "$3"; }
leads_nowhere()
{
	is "from $1 to $2" "$(reach "$1" "$2")" ""
	grep -q 'Connection refused' "$W/socat.err" || fail "and it was: $(cat "$W/socat.err")"
}

test_single_and_by_patterns()
{
	leads a "TCP:$MA4:8007" "$A4 198.51.100.10 443"
	leads a "TCP6:[$MA6]:8007,bind=[$A6]" "[2001:0db8:000a:0000:0000:0000:0000:0001] [2001:0db8:000b:0000:0000:0000:0000:0001] 443"
	leads a "UDP:$MA4:7088" "$A4"
	leads a "TCP:$MA4:9000" "$A4 198.51.100.10 80"
	leads a "TCP:$MA4:9002" "$A4 198.51.100.12 82"
	leads_nowhere a "TCP:$MA4:9003"
	leads_nowhere a "TCP:$MA4:7088"
	# by what is nobody's map
	leads a "TCP:198.51.100.10:443" "$A4 198.51.100.10 443"
}

test_for_whom_and_as_whom()
{
	leads_nowhere a "TCP:$MA4:8100"
	leads a "TCP:$MA4:8100,bind=$X4" "$X4 198.51.100.10 443"
	leads a "TCP:$MA4:8200" "$MA4 198.51.100.10 443"
}

# From inside to the outside address: another one's service, and its own.
test_hairpin()
{
	leads b "TCP:$MA4:8200,bind=198.51.100.2" "$MA4 198.51.100.10 443"
	leads b "TCP:$MA4:8200,bind=198.51.100.10" "$MA4 198.51.100.10 443"
	leads m "TCP:$MA4:8007,bind=$MA4" "$MA4 198.51.100.10 443"
}

test_ten_thousand()
{
	nft_becomes "$(elements map0_tcp4) == null and ([.[] | select(.map.name == \"map0_tcp4\") | .map.elem | length] == [10004])"
	is "rules for everybody's TCP" "$(m nft list table inet rtplane | sed -n '/chain maps {/,/}/p' | grep -c @map0_tcp4)" 1
	leads a "TCP:$MA4:20000" "$A4 198.51.100.10 20000"
	leads a "TCP:$MA4:29999" "$A4 198.51.100.10 29999"
	leads_nowhere a "TCP:$MA4:30000"
}

# A connection that stays; ask: a line goes there, and comes back.
connect()
{
	rm -f "$W/in" "$W/out"
	mkfifo "$W/in" "$W/out"
	a socat - "TCP:$MA4:8007" <"$W/in" >"$W/out" 2>"$W/connect.err" 8>&- 9>&- &
	BG[connection]=$!
	exec 7>"$W/in" 6<"$W/out"
	read -r -t 20 -u 6 line
	is "its service" "$line" "$A4 198.51.100.10 443"
}
goes_on()
{
	local line=
	echo "$1" >&7
	read -r -t 20 -u 6 line
	is "the connection, $1" "$line" "$1"
}

# rules and chains by their handles, without what is in maps and what was counted
frame() { m nft -a list table inet rtplane | sed -E 's/packets [0-9]+ bytes [0-9]+//; /elements = \{/,/\}/d; /^[[:space:]]+[0-9a-f:.]+ .*[,}]$/d'; }
renewed() { ask status | jq .nftables.renewed; }

test_a_reload_changes_what_differs()
{
	local before elements
	connect
	before=$(renewed)
	frame >"$W/frame"
	elements=$(ask status | jq .nftables.elements)
	reload "${MAPS/8007\', to: \'198.51.100.10/8007\', to: \'198.51.100.11}"
	goes_on "when the map leads elsewhere"
	leads a "TCP:$MA4:8007" "$A4 198.51.100.11 443"
	leads a "TCP:$MA4:29999" "$A4 198.51.100.10 29999"
	is "all made anew" "$(renewed)" "$before"
	frame | cmp -s "$W/frame" || fail "rules have changed: $(frame | diff "$W/frame" - | head -n 10)"
	told status ".nftables.elements == $elements + 2"
	reload "${MAPS/:8007/:8017}"
	goes_on "when the map is at another port"
	leads a "TCP:$MA4:8017" "$A4 198.51.100.10 443"
	leads_nowhere a "TCP:$MA4:8007"
	told status ".nftables.elements == $elements + 4"
	is "all made anew" "$(renewed)" "$before"
}

test_a_reload_with_other_rules()
{
	local before
	before=$(renewed)
	ok "ban" m rtplane -s "$CTL" ban add 203.0.113.9
	nft_becomes "$(elements ban4) == 1"
	reload "${MAPS/203.0.113.0\/24/$A4}
  - {transport: tcp, listen: '$MA4:8300', to: '198.51.100.11:443', from: [192.0.2.0/28]}"
	goes_on "when there are rules for others"
	leads a "TCP:$MA4:8100" "$A4 198.51.100.10 443"
	leads a "TCP:$MA4:8300" "$A4 198.51.100.11 443"
	reload "
  - {transport: tcp, listen: '$MA4:8300', to: '198.51.100.11:443'}"
	goes_on "when its map has gone"
	leads_nowhere a "TCP:$MA4:8007"
	reload ""
	is "all made anew" "$(renewed)" "$before"
	is "chains of maps" "$(m nft list table inet rtplane | grep -c 'chain maps')" 0
	leads_nowhere a "TCP:$MA4:8300"
	reload "$MAPS"
	# Without any NAT what that connection still had to say may have ended it.
	exec 7>&- 6<&-
	stop connection
	connect
	leads a "TCP:$MA4:8007" "$A4 198.51.100.10 443"
	nft_becomes "$(elements ban4) == 1"
	told status '.nftables.failed == 0'
	is "all made anew" "$(renewed)" "$before"
}

test_the_end()
{
	local n
	goes_on "at last"
	exec 7>&- 6<&-
	stop connection
	agent_ends
	for n in https other https6 udp first last low high; do
		stop "$n"
	done
	others_are_untouched
}

run_tests "$@"
