#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# The port tester through a router whose rules are the test's: what it says of each port,
# of NAT, MTU, DSCP and SIP is what was done to them.
#
#    a: rtplane probe             m: router                b: rtplane probe serve
#   +----------------+     +-----------------------+     +----------------------+
#   | 192.0.2.1      |=====| nft; a SIP gateway    |=====| 198.51.100.1         |
#   | 2001:db8:a::1  |     | 192.0.2.254, .100.254 |     | 2001:db8:b::1        |
#   +----------------+     +-----------------------+     +----------------------+
#                            UDP 30010 and TCP 30012 of b are somebody else's

. "$(dirname "$0")/lib.sh"

ALL=30000-30009,30011-33000
TCP=30000-30011,30013-33000
PYTHON=/usr/bin/python3
SOURCE=34000

# somebody FILE: has two ports until it is ended; FILE is made when it has them
somebody()
{
	# shellcheck disable=SC2016
	$NSENTER --net="/run/netns/$B" -- $PYTHON -c '
import signal, socket, sys
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("198.51.100.1", 30010))
t = socket.socket()
t.bind(("198.51.100.1", 30012))
t.listen()
open(sys.argv[1], "w").close()
signal.pause()' "$1" </dev/null 8>&- 9>&- &
	BG[somebody]=$!
	ok "somebody has ports" wait_for 30 test -e "$1"
}

setup()
{
	topology || return 1
	m sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0
	ip -n "$A" route add default via $MA4
	ip -n "$B" route add default via $MB4
	ip -n "$A" route add default via $MA6
	ip -n "$B" route add default via $MB6
	somebody "$W/somebody" || return 1
	(umask 077 && echo "a token of the tests" >"$W/token" && echo "a token of nobody's" >"$W/other")
	b rtplane --json probe serve token "@$W/token" for 30m >"$W/serve.json" 2>"$W/serve.err" \
		</dev/null 8>&- 9>&- &
	BG[serve]=$!
	ok "serving" wait_for 30 grep -q serving "$W/serve.json" || fail "it said: $(cat "$W/serve.err")"
	holds serve '.low == 30000 and .high == 33000 and .in_use == 1 and .tcp and .sip == 5060'
}

# rules: from now on these are m's
rules()
{
	m nft flush ruleset
	ok "rules" m nft -f -
}

# probe STATUS WORDS...: its JSON in $W/probe.json.  Each has source ports of its own: what
# conntrack remembers of an earlier one knows none of the present rules.
probe()
{
	local want=$1 status
	shift
	a sysctl -qw "net.ipv4.ip_local_port_range=$SOURCE $((SOURCE + 999))"
	SOURCE=$((SOURCE + 1000))
	a rtplane --json probe "$@" wait 200 token "@$W/token" >"$W/probe.json" 2>"$W/probe.err"
	status=$?
	is "status of probe ($(cat "$W/probe.err")$(jq -c .verdict <"$W/probe.json"))" "$status" "$want"
}

# says SENTENCE: the verdict has it
says()
{
	jq -e --arg s "$1" '.verdict | index([$s])' <"$W/probe.json" >/dev/null && return
	fail "it does not say '$1': $(jq -c .verdict <"$W/probe.json")"
}

test_all_is_open()
{
	probe 0 $B4 tcp
	holds probe ".ok and .udp == {open: \"$ALL\", in_use: \"30010\"}"
	holds probe ".tcp == {open: \"$TCP\", in_use: \"30012\"}"
	holds probe '.nat == {address_rewritten: false, by_destination: false}'
	holds probe '.mtu == {up: 1500, down: 1500}'
	holds probe '.flow | .packets == 200 and .up.lost == 0 and .down.lost == 0'
	holds probe '.dscp | length == 4 and all(.sent == .up and .sent == .down)'
	holds probe '.sip | map_values([.arrived, .changed]) == {INVITE: [true, []], REGISTER: [true, []]}'
	says "UDP ports $ALL, 3000 of 3001: open."
	says "UDP ports 30010, 1 of 3001: in use there, by calls or by others, and not tested."
	says "SIP at port 5060 arrives byte for byte: no SIP ALG."
	says "DSCP arrives unchanged both ways."
}

test_all_is_open_with_IPv6()
{
	probe 0 $B6 tcp ports 30001-30100
	holds probe '.ok and .udp.open == "30001-30009,30011-30100" and .tcp.open == "30001-30011,30013-30100"'
	holds probe '.mtu == {up: 1500, down: 1500} and .nat.address_rewritten == false'
	holds probe '.dscp | all(.sent == .up and .sent == .down)'
	holds probe '.sip.INVITE == {arrived: true, changed: []}'
}

test_ports_outside_the_served_range()
{
	probe 0 $B4 ports 32999-33002 sip off
	holds probe '.udp == {open: "32999-33000", unserved: "33001-33002"} and (has("sip") | not)'
}

test_a_firewall()
{
	rules <<-END
		table inet f {
			chain f {
				type filter hook forward priority 0
				udp dport 30100-30199 drop
				udp dport 30300-30309 reject
				udp dport 30400-30409 reject with icmpx admin-prohibited
				udp sport 30500-30509 drop
				tcp dport 30100 drop
				tcp dport 30300-30309 reject with tcp reset
				udp dport 5060 drop
			}
		}
	END
	probe 1 $B4 tcp ports 30000-30600
	holds probe '.ok == false'
	holds probe '.udp.open == "30000-30009,30011-30099,30200-30299,30310-30399,30410-30499,30510-30600"'
	holds probe '.udp | del(.open) == {in_use: "30010", filtered: "30100-30199", closed: "30300-30309", prohibited: "30400-30409", filtered_back: "30500-30509"}'
	holds probe '.tcp == {open: "30000-30011,30013-30099,30101-30299,30310-30600", in_use: "30012", filtered: "30100", closed: "30300-30309"}'
	holds probe '.sip.INVITE.arrived == false and .sip.REGISTER.arrived == false'
	says "UDP ports 30100-30199, 100 of 601: filtered: nothing arrives there, and nobody says why."
	says "UDP ports 30500-30509, 10 of 601: filtered on the way back: the host hears us, its answers do not arrive."
}

test_NAT_that_changes_ports()
{
	rules <<-END
		table ip n {
			chain n {
				type nat hook postrouting priority 100
				oifname mb meta l4proto udp masquerade to :20000-29999 random
			}
		}
	END
	probe 1 $B4 ports 30020-30119
	holds probe '.udp == {open: "30020-30119"} and .nat == {address_rewritten: true, port_changed: "30020-30119", by_destination: true}'
	holds probe ".seen | startswith(\"$MB4:\")"
	says "NAT on the way: our address $A4 arrives as $MB4."
	is "sentences of the port" "$(val probe '[.verdict[] | select(test("symmetric NAT"))] | length')" 1
}

test_NAT_that_keeps_ports()
{
	rules <<-END
		table ip n {
			chain n {
				type nat hook postrouting priority 100
				oifname mb masquerade
			}
		}
	END
	probe 0 $B4 ports 30020-30119
	holds probe '.ok and .nat == {address_rewritten: true, by_destination: false}'
}

test_NAT_with_two_addresses()
{
	ip -n "$M" addr add 198.51.100.240/32 dev mb
	rules <<-END
		table ip n {
			chain n {
				type nat hook postrouting priority 100
				udp dport 30060-30069 snat to 198.51.100.240
			}
		}
	END
	probe 1 $B4 ports 30020-30119 sip off
	holds probe '.nat.other_address | startswith("198.51.100.240:")'
	holds probe '.udp == {open: "30020-30059,30070-30119", filtered_back: "30060-30069"}'
}

test_NAT_in_front_of_the_host()
{
	rules <<-END
		table ip n {
			chain n {
				type nat hook prerouting priority -100
				ip daddr 198.51.100.99 dnat to $B4
			}
		}
	END
	probe 0 198.51.100.99 ports 30020-30119
	holds probe ".nat == {address_rewritten: false, by_destination: false, destination: \"$B4\"}"
}

test_DSCP_is_bleached()
{
	rules <<-END
		table inet d {
			chain d {
				type filter hook forward priority 0
				iifname ma ip dscp { ef, af41 } ip dscp set cs0
				iifname mb ip dscp cs3 ip dscp set cs1
			}
		}
	END
	probe 1 $B4 ports 30020-30119
	holds probe '[.dscp[] | [.sent, .up, .down]] == [[46, 0, 46], [34, 0, 34], [26, 26, 26], [24, 24, 8]]'
	says "DSCP 46 arrives there as 0."
	says "DSCP 24 comes back as 8."
}

test_a_small_MTU()
{
	rules <<<"table ip none"
	ip -n "$M" link set dev mb mtu 1406
	ip -n "$B" link set dev b0 mtu 1406
	probe 0 $B4 ports 30020-30119
	holds probe '.mtu == {up: 1406, down: 1406, told: 1406}'
	says "The largest IP packets that arrive have 1406 bytes there and 1406 bytes back; a router says so by ICMP."
}

# Who says nothing is found all the same; larger packets pass one way.
test_a_small_MTU_of_which_nobody_tells()
{
	ip -n "$M" link set dev mb mtu 1500
	ip -n "$B" link set dev b0 mtu 1500
	rules <<-END
		table ip f {
			chain f {
				type filter hook forward priority 0
				iifname ma ip length > 1397 drop
				iifname mb ip length > 1203 drop
			}
		}
	END
	probe 0 $B4 ports 30020-30119
	holds probe '.mtu == {up: 1397, down: 1203}'
}

# Every tenth of the flow on the way there, every twentieth of the rest on the way back:
# byte 5 of a datagram says that it is of the flow.
test_loss()
{
	rules <<-END
		table ip f {
			chain f {
				type filter hook forward priority 0
				iifname ma udp dport 30020-30119 @th,104,8 2 numgen inc mod 10 0 drop
				iifname mb udp sport 30020-30119 @th,104,8 2 numgen inc mod 20 0 drop
			}
		}
	END
	probe 1 $B4 ports 30020-30119 sip off
	holds probe '.udp == {open: "30020-30119"}'
	holds probe '.flow | [.packets, .up.lost, .down.lost] == [200, 20, 9]'
	says "Of 200 packets 20 were lost on the way there and 9 on the way back."
}

# Who keeps what goes there for 60 ms, and every other datagram for 80: what is the same for
# all cannot be told from the way back, what differs can.
test_delay()
{
	rules <<-END
		table ip n {
			chain pre {
				type nat hook prerouting priority -100
				iifname ma udp dport 30020 redirect
			}
		}
	END
	# shellcheck disable=SC2016
	$NSENTER --net="/run/netns/$M" -- $PYTHON -c '
import heapq, select, socket, sys, time
near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
near.bind(("192.0.2.254", 30020))
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.bind(("198.51.100.254", 30020))
open(sys.argv[1], "w").close()
later, n, peer = [], 0, None
while True:
    now = time.monotonic()
    while later and later[0][0] <= now:
        far.sendto(heapq.heappop(later)[2], ("198.51.100.1", 30020))
    ready = select.select([near, far], [], [], later[0][0] - now if later else None)[0]
    if near in ready:
        data, peer = near.recvfrom(4096)
        n += 1
        heapq.heappush(later, (time.monotonic() + (0.06, 0.08)[n & 1], n, data))
    if far in ready and peer:
        near.sendto(far.recv(4096), peer)' "$W/slow" </dev/null 8>&- 9>&- &
	BG[slow]=$!
	ok "the slow one" wait_for 30 test -e "$W/slow"
	probe 1 $B4 ports 30020 sip off
	holds probe '.flow | .rtt_min_us >= 60000 and .up.delay_mean_us >= 30000 and .down.delay_mean_us >= 30000'
	holds probe '.flow | .up.variation_max_us >= 15000 and .up.delay_max_us >= 45000'
	holds probe '.flow | .up.delay_mean_us - .up.variation_mean_us == .down.delay_mean_us - .down.variation_mean_us'
	stop slow
	return 0
}

# A home router with a SIP gateway: its own address in Contact and SDP.
test_a_SIP_ALG()
{
	rules <<-END
		table ip n {
			chain pre {
				type nat hook prerouting priority -100
				iifname ma udp dport 5060 redirect to :5060
			}
			chain post {
				type nat hook postrouting priority 100
				oifname mb masquerade
			}
		}
	END
	# shellcheck disable=SC2016
	$NSENTER --net="/run/netns/$M" -- $PYTHON -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 5060))
open(sys.argv[1], "w").close()
while True:
    text, peer = s.recvfrom(4096)
    for field in (b"Contact: <sip:probe@", b"c=IN IP4 "):
        text = text.replace(field + b"192.0.2.1", field + b"198.51.100.254")
    s.sendto(text, ("198.51.100.1", 5060))' "$W/alg" </dev/null 8>&- 9>&- &
	BG[alg]=$!
	ok "the gateway" wait_for 30 test -e "$W/alg"
	probe 1 $B4 ports 30020-30119
	holds probe '[.sip.INVITE.changed[].field] == ["Contact", "SDP c="]'
	holds probe '.sip.INVITE.changed[1] == {field: "SDP c=", was: "IN IP4 192.0.2.1", now: "IN IP4 198.51.100.254"}'
	holds probe '[.sip.REGISTER.changed[].field] == ["Contact"]'
	says "SIP ALG: the INVITE arrives with another SDP c=: IN IP4 198.51.100.254"
	stop alg
	return 0
}

test_another_token()
{
	rules <<<"table ip none"
	refused "none of ports 30020-30119 that were tried answers: is 'rtplane probe serve' running there, with this token" \
		a rtplane probe $B4 token "@$W/other" wait 200 ports 30020-30119
}

test_the_server_ends()
{
	stop somebody
	stop serve
	is "its status" $? 0
	refused 'some are said to be closed' a rtplane probe $B4 token "@$W/token" wait 200 ports 30020-30119
}

need nft
run_tests "$@"
