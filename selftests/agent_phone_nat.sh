#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Phones behind NATs of each kind: they register at kamailio, and are called and call, down
# the flow that they registered by; what keeps it open; another mapping in mid-call; and the
# SIP helper of Linux' connection tracking, which is the ALG of most routers. The phones are
# baresip, linphone and sipp, with the user-space datapath on this host's kernel.
#
#    x: phones              a: router, NAT         m: media host                  b: core
#   +------------+     +---------------------+     +--------------------+     +---------------+
#   | 10.0.0.2   |=====| 10.0.0.1  192.0.2.1 |=====| rtplaned           |=====| kamailio 5060 |
#   +------------+     +---------------------+     | 192.0.2.254   .254 |     | sipp 5080     |
#                                                  +--------------------+     +---------------+

export RTPLANE_BACKEND=uring
# a phone's account cannot have a space in it
PASSWORD=sesame
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"
# shellcheck source-path=SCRIPTDIR source=linphone_lib.sh
. "$(dirname "$0")/linphone_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"

need nft kamailio sipp baresip linphonec

X10=10.0.0.2

setup()
{
	srtp_setup && tone || return
	ip netns add "$X" 2>/dev/null
	ip link add x0 netns "$X" type veth peer name ax netns "$A"
	ip -n "$X" addr add $X10/24 dev x0
	ip -n "$A" addr add 10.0.0.1/24 dev ax
	ip -n "$X" link set lo up
	ip -n "$X" link set x0 up
	ip -n "$A" link set ax up
	ip -n "$X" route add default via 10.0.0.1
	a sysctl -qw net.ipv4.ip_forward=1
	a sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30
	a sysctl -qw net.netfilter.nf_conntrack_udp_timeout_stream=30
	registrar_start
}

# agent WORDS: the map register of the phones' realm
agent()
{
	agent_ends
	ACCESS_REGISTER=$1 ACCESS_LATCH='{nat: learn, relatch: 500}' \
		ROUTES="  - {from: access, user-prefix: \"49\", to: core, next-hop: \"sip:$B4:5070\"}
  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

# nat KIND: rules of a NAT, of whose mappings nothing is left from before: they go with the
# device's addresses.
nat()
{
	local in="" out=masquerade
	case $1 in
	full-cone) in="iifname a0 meta l4proto udp dnat to $X10" ;;
	address-dependent) in="iifname a0 ip saddr @talked meta l4proto udp dnat to $X10" ;;
	port-dependent) ;;
	other-ports) out="meta l4proto udp masquerade to :${PORTS_TO:-20000-29999}" ;;
	symmetric) out="meta l4proto udp masquerade to :20000-29999 fully-random" ;;
	esac
	a nft -f - <<-END || fail "no NAT"
		table ip nat
		delete table ip nat
		table ip nat {
			set talked { type ipv4_addr; flags dynamic, timeout; timeout 30s; }
			chain way {
				type filter hook forward priority 0
				oifname a0 update @talked { ip daddr }
			}
			chain in {
				type nat hook prerouting priority dstnat
				$in
			}
			chain out {
				type nat hook postrouting priority srcnat
				oifname a0 $out
			}
		}
	END
	ip -n "$A" link set a0 down
	ip -n "$A" link set a0 up
}

alice()
{
	A=$X phone alice "$X10" x0 "$X" \
		"<sip:alice@example.com>;outbound=\"sip:$MA4:5060\";auth_pass=$PASSWORD;regint=600;answermode=auto"
}

# all four parties' legs: of each call two, which have heard enough to be voice
hear_each_other()
{
	m rtplane --json leg show |
		jq -e '[.[] | select(.rx_packets > 20 and .tx_packets > 20)] | length >= 2' >/dev/null
}

# it_is_called: by the contact that kamailio has of it, down the phone's flow
it_is_called()
{
	local contact
	contact=$(ask bindings | jq -r '.[0].registered_as')
	sipp_in "$B" "$MB4:5060" -i "$B4" -p 5080 -s "$contact" -sn uac -d 60000 -m 1 -rtp_echo \
		-mi "$B4" -mp 7000 >"$W/caller.out" 2>&1 &
	BG[caller]=$!
	told calls 'length == 1 and .[0].state == "up"' || note "$(tail -n 8 "$W/caller.out")"
	wait_for 60 hear_each_other ||
		fail "legs: $(m rtplane --json leg show | jq -c 'map({local, latched, rx_packets, tx_packets, drops})')"
}

caller_ends()
{
	kill "$(tool_of "${BG[caller]}")" 2>/dev/null
	wait "${BG[caller]}" 2>/dev/null
	unset "BG[caller]"
}

callee_on_5070()
{
	sipp_in "$B" -i "$B4" -p 5070 -sn uas -rtp_echo -mi "$B4" -mp 7000 >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 20 b sh -c 'ss -Hlnu sport = :5070 | grep -q .' || fail 'the callee does not come up'
}

# through KIND WHERE-IT-IS: baresip registers, is called, and calls
through()
{
	nat "$1"
	alice || return
	told bindings "length == 1 and .[0].nat and .[0].transport == \"udp\" and (.[0].source | test(\"$2\"))" ||
		return
	it_is_called
	A=$X tell hangup
	no_calls
	caller_ends
	callee_on_5070
	A=$X tell dial 4900@example.com
	told calls 'length == 1 and .[0].state == "up"'
	wait_for 60 hear_each_other || fail "no media of its own call"
	A=$X tell hangup
	no_calls
	callee_stop
	all_end TERM alice
	told bindings 'length == 0'
}

test_the_agent_begins() { agent '{}'; }
test_full_cone() { through full-cone ':5060$'; }
test_address_dependent() { through address-dependent ':5060$'; }
test_address_and_port_dependent() { through port-dependent ':5060$'; }
test_ports_are_not_kept() { through other-ports ':2[0-9]{4}$'; }
test_symmetric() { through symmetric ':2[0-9]{4}$'; }

test_linphone_behind_a_symmetric_one()
{
	nat symmetric
	linphone alice "$X10" "$X" 'default_proxy=0' "$(printf '%s\n' '[proxy_0]' \
		"reg_proxy=<sip:$MA4;transport=udp>" "reg_route=<sip:$MA4;transport=udp;lr>" \
		reg_identity=sip:alice@example.com reg_expires=600 reg_sendregister=1 \
		'[auth_info_0]' username=alice "passwd=$PASSWORD" realm=example.com)" || return
	told bindings 'length == 1 and .[0].nat and (.[0].source | test(":2[0-9]{4}$"))' ||
		note "$(tail -n 5 "$W/alice.out")"
	echo 'autoanswer enable' >&7
	it_is_called
	echo terminate >&7
	no_calls
	caller_ends
	linphone_ends
}

# the router forgets all, and gives other ports: the call goes on by these, and the phone ends
# it (how a REGISTER by another port moves the binding stands in agent_register.sh)
test_another_mapping_in_mid_call()
{
	PORTS_TO=20000-29999 nat other-ports
	alice || return
	told bindings 'length == 1 and (.[0].source | test(":2[0-9]{4}$"))' || return
	it_is_called
	PORTS_TO=40000-49999 nat other-ports
	wait_for 60 moved || fail "legs: $(m rtplane --json leg show | jq -c 'map({local, latched, rx_packets, drops})')"
	A=$X tell hangup
	no_calls
	caller_ends
	all_end TERM alice
}

moved()
{
	m rtplane --json leg show |
		jq -e 'any(.[]; (.latched // "" | test("^192.0.2.1:4[0-9]{4}$")) and .rx_packets > 20)' >/dev/null
}

# seconds that the router still keeps the mapping of the phone's flow
left() { a sh -c "grep -h 'src=$X10 .*dport=5060' /proc/self/net/nf_conntrack" | awk '{ print $5; exit }'; }
at_most() { local n; n=$(left); [ -n "$n" ] && [ "$n" -le "$1" ]; }
at_least() { local n; n=$(left); [ -n "$n" ] && [ "$n" -ge "$1" ]; }

# kept_open HOW: a mapping that would be forgotten after 30 s, of a phone that says nothing,
# is begun anew each time
kept_open()
{
	agent "{keepalive: $1, keepalive-udp: 5}"
	nat port-dependent
	alice || return
	told bindings 'length == 1' || return
	wait_for 60 at_most 28 && wait_for 60 at_least 29 ||
		fail "$1: the mapping has $(left) s: $(a grep udp /proc/self/net/nf_conntrack)"
	all_end TERM alice
}

test_kept_open_by_crlf() { kept_open crlf; }
test_kept_open_by_options() { kept_open options; }
test_kept_open_by_stun() { kept_open stun; }

# nobody answers OPTIONS any more: the binding ends, long before its time
test_a_dead_flow_ends_the_binding()
{
	agent '{keepalive: options, keepalive-udp: 5, unregister: yes}'
	nat symmetric
	alice || return
	told bindings 'length == 1' || return
	all_end KILL alice
	wait_for 90 ask_test bindings 'length == 0' || fail "it is still there: $(ask bindings)"
	log_has "alice@example.com from .* is not registered any more: the phone's flow is lost" ||
		fail "the log does not say why"
}

# Linux' own ALG, between sipp, whose Call-ID has its address, and us
test_the_helper_of_connection_tracking_is_named()
{
	agent '{}'
	nat port-dependent
	a nft -f - <<-END || { skip "this kernel has no nf_conntrack_sip"; return; }
		table ip alg {
			ct helper sip { type "sip" protocol udp; }
			chain in {
				type filter hook prerouting priority 0
				iifname ax udp dport 5060 ct helper set "sip"
			}
		}
	END
	callee_on_5070
	sipp_in "$X" "$MA4:5060" -i "$X10" -p 5060 -s 4900 -sn uac -d 60000 -m 1 \
		-mi "$X10" -mp 7000 >"$W/caller.out" 2>&1 &
	BG[caller]=$!
	told calls 'length == 1 and .[0].state == "up"' || note "$(tail -n 8 "$W/caller.out")"
	told why "$(call_id)" "tostring | contains(\"a SIP ALG\") and contains(\"was $X10 and came as 192.0.2.1\")"
	caller_ends
	ask end "$(call_id)" >/dev/null
	no_calls
	callee_stop
	a nft delete table ip alg
}

test_the_agent_ends() { linphone_ends; all_end KILL alice; agent_ends; return 0; }

run_tests "$@"
