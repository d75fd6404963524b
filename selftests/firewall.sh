#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# What `rtplane firewall` writes, loaded into real firewalls, each where it belongs: nft,
# iptables by nf_tables, and the older iptables. Calls go through all three at once, and
# of 65,535 ports of UDP and TCP just those get through that are listed.
#
#    a: phone          y: customer          x: edge              m: media host        b: core
#   +-----------+    +----------------+   +----------------+   +----------------+   +---------+
#   | 10.0.0.1  |====| .254   113.1   |===| 113.2  113.129 |===| 113.130        |===| sipp    |
#   | 2001:     |    | :a::fe  :e::1  |   | :e::2   :f::1  |   | :f::fe         |   | callee  |
#   |  db8:a::1 |    +----------------+   +----------------+   +----------------+   +---------+
#   +-----------+      for customer,        for edge: 113.100      for host
#                      masquerades           is 113.130
#   113 is 203.0.113. What gets through a firewall is counted by whoever is behind it.

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"

need nft jq sipp python3 iptables-nft-restore iptables-legacy-restore

Y=rp$$-y
y() { in_ns "$Y" "$@"; }
A4=10.0.0.1 MA4=203.0.113.130 MA6=2001:db8:f::fe
OUTSIDE=203.0.113.100		# as which MA4 is known
NATTED=203.0.113.1		# as which the phone arrives
STRANGER=203.0.113.20		# whom the ACL does not name

links()
{
	ip link add a0 netns "$A" type veth peer name ya netns "$Y"
	ip link add yx netns "$Y" type veth peer name xy netns "$X"
	ip link add xm netns "$X" type veth peer name ma netns "$M"
	ip link add b0 netns "$B" type veth peer name mb netns "$M"
	while read -r n dev addr; do
		ip -n "$n" addr add "$addr" dev "$dev" nodad 2>/dev/null || ip -n "$n" addr add "$addr" dev "$dev" || return
		ip -n "$n" link set dev "$dev" up
	done <<-END
		$A a0 $A4/24
		$A a0 $A6/64
		$Y ya 10.0.0.254/24
		$Y ya 2001:db8:a::fe/64
		$Y yx $NATTED/28
		$Y yx $STRANGER/32
		$Y yx 2001:db8:e::1/64
		$X xy 203.0.113.2/28
		$X xy 2001:db8:e::2/64
		$X xm 203.0.113.129/28
		$X xm 203.0.113.21/32
		$X xm 2001:db8:f::1/64
		$X xm 2001:db8:a::77/128
		$X xm 203.0.113.14/32
		$M ma $MA4/28
		$M ma $MA6/64
		$M mb $MB4/24
		$M mb $MB6/64
		$B b0 $B4/24
		$B b0 $B6/64
	END
}

# @sport 40404 is a sweep's, which no connection is to be kept of where it begins
setup()
{
	local n
	quiet_ns "$A" "$Y" "$X" "$M" "$B" && links || return
	for n in "$Y" "$X"; do
		in_ns "$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
		in_ns "$n" nft -f - <<-'END' || return
			table inet untracked { chain out { type filter hook output priority raw; th sport 40404 notrack; }; }
		END
	done
	ip -n "$A" route add default via 10.0.0.254
	ip -n "$A" route add default via 2001:db8:a::fe
	ip -n "$Y" route add default via 203.0.113.2
	ip -n "$Y" route add default via 2001:db8:e::2
	ip -n "$X" route add 2001:db8:a::/64 via 2001:db8:e::1
	ip -n "$X" route add 10.0.0.0/24 via $NATTED
	ip -n "$M" route add default via 203.0.113.129
	ip -n "$M" route add default via 2001:db8:f::1
	y nft -f - <<-END || return
		table ip home { chain nat { type nat hook postrouting priority 100; oifname yx masquerade; }; }
	END
	watch "$X" xy && watch "$M" ma && watch "$A" a0 && watch_input || return
	agent
}

agent()
{
	ACCESS_ACL="{allow: [203.0.113.0/28, \"2001:db8:a::/64\"]}" ACCESS_LATCH='{mode: learn}' \
		agent_config 'quarantine: 0' 'bans: {scan: 0, garbage: 0, denied: 0, rate: 0}' \
		"ng: [{transport: udp, listen: '$MB4:22222', allow: [198.51.100.0/30]}]"
	sed -i "s/listen: $MA4\$/&\n        advertise: $OUTSIDE/" "$W/rtplaned.yaml"
	agent_start --datapath "$BACKEND"
}

# watch NAMESPACE DEVICE: ports that a sweep reaches there; of the host: behind its filter
watch()
{
	in_ns "$1" nft -f - <<-END
		table netdev watch {
			set UDP { type inet_service; flags dynamic; size 65536; }
			set TCP { type inet_service; flags dynamic; size 65536; }
			chain in {
				type filter hook ingress device $2 priority -400
				udp sport 40404 add @UDP { udp dport }
				tcp sport 40404 add @TCP { tcp dport }
			}
		}
	END
}
watch_input()
{
	m nft -f - <<-END
		table inet watch {
			set UDP { type inet_service; flags dynamic; size 65536; }
			set TCP { type inet_service; flags dynamic; size 65536; }
			chain in {
				type filter hook input priority 200
				udp sport 40404 add @UDP { udp dport }
				tcp sport 40404 add @TCP { tcp dport }
			}
		}
	END
}
# seen FUNCTION TABLE: what has come there
seen()
{
	local protocol ports
	for protocol in UDP TCP; do
		ports=$("$1" nft -j list set "$2" watch $protocol | jq -r '[.nftables[].set.elem // []] | add | sort | join(" ")')
		echo "$protocol${ports:+ $ports}"
	done
}

# sweeps FROM SOURCE ADDRESS VIEW WHERE TABLE PORTS: of those ports the listed ones arrive,
# and no others
sweeps()
{
	"$5" nft "flush set $6 watch UDP; flush set $6 watch TCP"
	python3 "$TREE/selftests/firewall.py" listed "$W/$4.json" "$3" "$2" "$7" >"$W/listed" || fail "no JSON for $4"
	for _ in 1 2 3; do	# what is lost on the way is sent again
		"$1" python3 "$TREE/selftests/firewall.py" sweep "$2" "$3" "$7" || fail "no sweep"
		seen "$5" "$6" >"$W/seen"
		cmp -s "$W/listed" "$W/seen" && return
	done
	fail "$TOOL for $4: from $2 to $3 not what is listed: $(diff <(tr ' ' '\n' <"$W/listed") <(tr ' ' '\n' <"$W/seen") | head -n 20 | tr '\n' ' ')"
}
EVERY=1-65535
SOME=1-100,443,5050-5100,22200-22230,29990-30010,32990-33010,40000-40010,65535

told_by() { m rtplane -s "$CTL" firewall --format "$1" --for "$2"; }

# load FUNCTION VIEW: what it has to be loaded with is $TOOL's
load()
{
	case $TOOL in
	nft)
		told_by nft "$2" >"$W/$2.nft"
		ok "nft for $2" "$1" nft -f "$W/$2.nft"
		;;
	*)
		told_by iptables "$2" >"$W/$2.4"
		told_by ip6tables "$2" >"$W/$2.6"
		ok "$TOOL for $2" "$1" "$TOOL-restore" "$W/$2.4" &&
			ok "$TOOL for $2, IPv6" "$1" "${TOOL/ip/ip6}-restore" "$W/$2.6"
		;;
	esac
}

unload()
{
	local p
	if [ "$TOOL" = nft ]; then
		"$1" nft delete table inet "rtplane_$2"
		return
	fi
	for p in "$TOOL" "${TOOL/ip/ip6}"; do
		"$1" "$p" -P INPUT ACCEPT; "$1" "$p" -P FORWARD ACCEPT; "$1" "$p" -F
		[ "$2" != edge ] || "$1" "$p" -t nat -F
	done
}

# A call of the phone's: what it sends comes back from the callee by all three.
phone() { uac_up; request BYE; reply_in 200 OK; }
phone_is_gone() { ! kill -0 "${BG[phone]}" 2>/dev/null; }
call_with_media()
{
	local port
	callee -sn uas -rtp_echo -mi "$B4" || return
	scenario phone >"$W/phone.xml"
	MA4=$OUTSIDE caller -sf "$W/phone.xml" -mi "$A4" -timeout 60 -trace_msg -message_file "$W/phone.log" &
	BG[phone]=$!
	told calls 'length == 1 and .[0].state == "up"' || return
	grep -q "^c=IN IP4 $OUTSIDE" "$W/phone.log" || fail "the answer is not of $OUTSIDE"
	port=$(tr -d '\r' <"$W/phone.log" | sed -n 's/^m=audio \([0-9]*\) .*/\1/p' | tail -n 1)
	a rtp --on "$A4:7000" --to "$OUTSIDE:$port" --send 5 --pps 50 --expect 5 --timeout 20000 >"$W/media.json"
	holds media '.received == 5'
	ok "end" ask end "$(call_id)"
	wait_for 20 phone_is_gone || fail "the phone is not told that its call is over"
	stop phone
}

calls_through()
{
	call_with_media
	MA4=$OUTSIDE calls_go "$TOOL: a call by TCP" -sn uac -d 0 -t t1
	MA4="[$MA6]" A4=$A6 calls_go "$TOOL: a call by IPv6" -sn uac -d 0
	callee_stop
	no_calls
}

# EVERY: the ports that are tried at each firewall by its main address
loaded_and_called()
{
	load m host && load x edge && load y customer || return
	calls_through
	sweeps a "$A4" "$OUTSIDE" customer x netdev "$EVERY"
	sweeps a "$A6" "$MA6" customer x netdev "$SOME"
	sweeps a "$A4" 203.0.113.101 customer x netdev "$SOME"
	sweeps x 203.0.113.2 "$A4" customer a netdev "$SOME"
	sweeps y "$NATTED" "$OUTSIDE" edge m netdev "$EVERY"
	sweeps y "$STRANGER" "$OUTSIDE" edge m netdev "$SOME"
	sweeps y 2001:db8:a::fe "$MA6" edge m netdev "$SOME"
	sweeps y 2001:db8:e::1 "$MA6" edge m netdev "$SOME"
	sweeps y "$NATTED" 203.0.113.132 edge m netdev "$SOME"
	sweeps x 203.0.113.14 "$MA4" host m inet "$EVERY"
	sweeps x 203.0.113.21 "$MA4" host m inet "$SOME"
	sweeps x 2001:db8:a::77 "$MA6" host m inet "$SOME"
	sweeps b "$B4" "$MB4" host m inet "$SOME"
	unload m host; unload x edge; unload y customer
}

# What is listed, by hand: all that follows is held against it.
test_what_is_listed()
{
	local view format
	for view in host edge customer; do
		for format in json table csv markdown; do
			told_by $format $view >"$W/$view.$format"
		done
		ok "$view: all formats say the same" python3 "$TREE/selftests/firewall.py" same \
			"$W/$view.json" "$W/$view.table" "$W/$view.csv" "$W/$view.markdown"
	done
	is "for the customer" "$(jq -c '[.openings[] | select(.address == "'$OUTSIDE'") | [.what, .protocol, .ports, .from, .dscp]]' <"$W/customer.json")" \
		'[["SIP","UDP","5060","phones","24"],["SIP","UDP","5070","phones","24"],["SIP","TCP","5060","phones","24"],["media","UDP","30000-32999","phones","46"]]'
	is "for the edge" "$(jq -c '[.openings[] | select(.realm == "access" and .protocol == "TCP") | [.address, .from]]' <"$W/edge.json")" \
		'[["203.0.113.100 to 203.0.113.130","203.0.113.0/28 10.0.0.1/32"],["2001:db8:f::fe","2001:db8:a::/64"]]'
	is "for the host" "$(jq -c '[.openings[] | select(.what == "ng") | [.address, .ports, .from]]' <"$W/host.json")" \
		'[["198.51.100.254","22222","198.51.100.0/30"]]'
}

test_nft() { TOOL=nft; loaded_and_called; }
test_iptables_by_nf_tables() { TOOL=iptables-nft; loaded_and_called; }

test_the_older_iptables()
{
	m iptables-legacy -nL INPUT >/dev/null 2>&1 || { skip "this kernel has no ip_tables"; return; }
	TOOL=iptables-legacy EVERY=$SOME
	loaded_and_called
	agent_ends
}

run_tests "$@"
