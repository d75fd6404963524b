#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1,6.12 backends=kernel,uring smp=1 timeout=600
#
# The real call: sipp calls sipp through rtplaned, its RTP goes through the
# datapath and comes back as an echo, under a rule set that drops what it does not
# know.  Then the same with the caller behind a NAT and an SDP that lies.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | sipp, caller |     | rtplaned, datapath,         |     | sipp, callee, |
#   | RTP 50/s     |=====| nft: policy drop + snippet  |=====| echoes RTP    |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +--------------+     +-----------------------------+     +---------------+
#
#   second run:
#    x: behind the NAT          a: NAT (masquerade)            m, b as above
#   +-----------------+     +----------------------+
#   | sipp, caller    |     | 10.9.9.1   192.0.2.1 |=====
#   | 10.9.9.2        |=====|                      |
#   | SDP: 10.77.77.7 |     +----------------------+
#   +-----------------+

# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"

SECONDS_OF_RTP=$((3 * SLOW))

# The host's rule set: all that is not the snippet's is dropped.
firewall()
{
	cat >"$W/firewall.nft" <<-END
		table inet filter {
			include "$TREE/nft/rtplane.nft"
			counter strangers {}
			chain input {
				type filter hook input priority filter; policy drop;
				iif lo accept
				ct state established,related accept
				meta l4proto ipv6-icmp accept
				jump rtplane_input
				counter name strangers
			}
		}
	END
	m nft -f "$W/firewall.nft"
}

nat()
{
	quiet_ns "$X" || return 1
	ip link add x0 netns "$X" type veth peer name ax netns "$A" || return 1
	ip -n "$X" addr add 10.9.9.2/24 dev x0
	ip -n "$X" link set dev x0 up
	ip -n "$A" addr add 10.9.9.1/24 dev ax
	ip -n "$A" link set dev ax up
	ip -n "$X" route add default via 10.9.9.1
	a sysctl -qw net.ipv4.ip_forward=1
	a nft -f - <<-END
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oif a0 ip saddr 10.9.9.0/24 masquerade
			}
		}
	END
}

setup()
{
	topology && offload_off && firewall || return 1
	head -c $((80000 * SLOW)) /dev/zero | tr '\0' '\325' >"$W/speech.ulaw"
	agent_config 'quarantine: 600' "datapath: $BACKEND"
	# the agent's own, beside its control socket
	[ "$BACKEND" = kernel ] || export RTPLANE_DATAPATH=$BACKEND:$W/datapath.sock
	agent_start
}

# capture NAME NS DEV FILTER: to $W/NAME.pcap, until capture_stop.
capture()
{
	local name=$1 n=$2 dev=$3 filter=$4
	rm -f "$W/$name.tcpdump"
	nsenter --net="/run/netns/$n" -- tcpdump -i "$dev" -U --immediate-mode -s 0 -w "$W/$name.pcap" \
		"$filter" 2>"$W/$name.tcpdump" </dev/null &
	BG[$name]=$!
	wait_for 20 grep -q 'listening on' "$W/$name.tcpdump" ||
		fail "tcpdump on $dev does not start: $(cat "$W/$name.tcpdump")"
}

capture_stop()
{
	local pid=${BG[$1]:-}
	unset "BG[$1]"
	kill -INT "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# packets NAME: the RTP of a capture, one line a packet: source, its port,
# destination, its port, DSCP, sequence number.  Starting tshark is dear here, so
# a capture is read once.
packets()
{
	tshark -n -r "$W/$1.pcap" -o rtp.heuristic_rtp:TRUE -Y rtp -T fields \
		-e ip.src -e udp.srcport -e ip.dst -e udp.dstport \
		-e ip.dsfield.dscp -e rtp.seq >"$W/$1.tsv" 2>/dev/null
}

# pick NAME EXPR: of these lines, by awk on $1 to $6.
pick() { awk -F '\t' "$2" <"$W/$1.tsv"; }

# leg_of SIDE EXPR: of the call's RTP leg, from the answer in $W/call.json.
leg_of()
{
	jq -r ".legs[] | select(.side == \"$1\" and .component == \"rtp\") | $2" <"$W/call.json"
}

port_of() { local p; p=$(leg_of "$1" .local); echo "${p##*:}"; }

# While RTP flows: remember what the agent says of the call.
media_flows() { ask call "$ID" >"$W/call.json" 2>/dev/null && [ "$(leg_of callee .rx_packets)" -gt 20 ] 2>/dev/null; }
call_is_up() { ask calls | jq -e '.[0].state == "up"' >/dev/null 2>&1; }

# the call's legs as they were at its end, from the history
call_ended() { ask call "$ID" >"$W/call.json" 2>/dev/null && jq -e '.state == "over"' <"$W/call.json" >/dev/null; }

# place CALLER-NS LOCAL-IP SDP-IP: one call with RTP; sets ID; captures on the way.
place()
{
	local from=$1 ip=$2 sdp=$3 status
	callee -sn uas -rtp_echo -mi "$B4" -mp 7000 -m 1 || return 1
	capture near "$A" a0 'udp portrange 6000-33000'
	capture far "$B" b0 'udp portrange 6000-33000'
	sipp_in "$from" "$MA4:5060" -sf "$SIPP_DIR/uac.xml" -i "$ip" -mi "$ip" \
		-p 5060 -s 4900 -m 1 -d $((SECONDS_OF_RTP * 1000)) -key sdp_ip "$sdp" \
		-key rtp "$W/speech.ulaw,-1,0" \
		>"$W/caller.out" 2>&1 &
	BG[caller]=$!
	wait_for 20 call_is_up || fail "the call is not answered: $(tail -3 "$AGENT_LOG")"
	ID=$(call_id)
	wait_for 20 media_flows || fail "no media flows: $(ask why "$ID")"
	cp "$W/call.json" "$W/during.json"
	wait "${BG[caller]}"
	status=$?
	unset "BG[caller]"
	is "sipp's caller ends with" $status 0
	wait_for 10 call_ended || fail "the call does not end: $(tail -3 "$AGENT_LOG")"
	capture_stop near
	capture_stop far
	wait "${BG[callee]}"
	is "sipp's callee ends with" $? 0
	unset "BG[callee]"
}

# check_call CALLER HELD: what is asserted of both runs.  CALLER is what the media
# host sees as caller, HELD the packets of the echo that came while the caller
# was on probation: nothing is sent to an address that has not proven itself.
check_call()
{
	local caller=$1 held=$2 there back sent lp cp
	lp=$(port_of caller) cp=$(port_of callee)
	packets near
	packets far
	pick near "\$1 == \"$caller\" && \$4 == $lp" >"$W/sent"
	pick far "\$3 == \"$B4\"" >"$W/there"
	pick far "\$1 == \"$B4\"" >"$W/echoed"
	pick near "\$3 == \"$caller\"" >"$W/back"
	sent=$(wc -l <"$W/sent") there=$(wc -l <"$W/there") back=$(wc -l <"$W/back")
	note "RTP: $sent sent, $there at the far side, $(wc -l <"$W/echoed") echoed, $back back"
	if [ "$held" -gt 0 ]; then
		# An echo that takes longer than a packet's 20 ms comes after the commit,
		# and is not held back.
		held=$(leg_of callee '.drops."no-remote" // 0')
		[ "$held" -le "$2" ] || fail "$held packets held back, expected $2 at most"
	fi
	[ "$sent" -gt 50 ] || fail "the caller sent $sent RTP packets only"
	is "RTP packets at the far side" "$there" "$sent"
	is "RTP packets echoed" "$(wc -l <"$W/echoed")" "$sent"
	is "RTP packets that came back" "$back" $((sent - held))
	ok "the far side got each packet, in order" cmp <(cut -f6 "$W/there") <(cut -f6 "$W/sent")
	ok "each packet came back, in order" cmp <(cut -f6 "$W/back") \
		<(cut -f6 "$W/sent" | tail -n "+$((held + 1))")
	is "address, ports and DSCP at the far side" "$(cut -f1-5 "$W/there" | sort -u)" \
		"$(printf '%s\t%s\t%s\t%s\t46' "$MB4" "$cp" "$B4" 7000)"
	is "address, port and DSCP that came back" "$(cut -f1-3,5 "$W/back" | sort -u)" \
		"$(printf '%s\t%s\t%s\t46' "$MA4" "$lp" "$caller")"
	is "even RTP ports" $((lp % 2 + cp % 2)) 0
	is "the datapath's count, caller's leg" "$(leg_of caller .rx_packets)" "$sent"
	is "the datapath's count, callee's leg" "$(leg_of callee .rx_packets)" "$sent"
	is "the datapath's loss" "$(leg_of caller .rtp.lost),$(leg_of callee .rtp.lost)" "0,0"
	is "drops" "$(jq -c '[.legs[].dropped] | add' <"$W/call.json")" "$held"
	is "drops for want of a remote" "$(leg_of callee '.drops."no-remote" // 0')" "$held"
	told status '.sockets.rtp == 0 and .sockets.rtcp == 0'
}

check_end()
{
	nothing_left
	is "how it ended" "$(jq -r .reason <"$W/call.json")" "caller hung up"
	logged "call=$ID: ended: caller hung up"
	logged "call=$ID leg=caller@access: first RTP packet"
	logged "call=$ID leg=caller@access: RTP of .* goes to"
	told status "[.ports[].quarantined] | add == $QUARANTINED"
}

test_a_call_with_media_both_ways()
{
	QUARANTINED=2
	place "$A" "$A4" "$A4" || return
	check_call "$A4" 0
	is "the caller's remote" "$(leg_of caller .remote | sed 's/:.*//')" "$A4"
	check_end
}

test_the_rule_set_let_nothing_else_in()
{
	local n
	n=$(m nft -j list counter inet filter strangers | jq '[.nftables[].counter.packets // 0] | add')
	is "packets that only the policy dropped" "$n" 0
	a sh -c "echo x >/dev/udp/$MA4/5999" 2>/dev/null
	a bash -c "echo x >/dev/udp/$MA4/33001"
	a bash -c "echo x >/dev/udp/$MA4/29999"
	n=$(m nft -j list counter inet filter strangers | jq '[.nftables[].counter.packets // 0] | add')
	is "packets to ports that are not ours" "$n" 2
}

test_signalling_is_marked_cs3()
{
	capture sip "$B" b0 'udp port 5060'
	callee -sn uas -m 1
	calls_go "a call" -sn uac
	callee_stop
	capture_stop sip
	is "DSCP of what the agent sends" \
		"$(tshark -n -r "$W/sip.pcap" -Y "ip.src == $MB4" -T fields -e ip.dsfield.dscp 2>/dev/null | sort -u)" 24
}

captured() { [ "$(tcpdump -n -r "$W/$1.pcap" 2>/dev/null | wc -l)" -ge "$2" ]; }

# The rule set's part in it: a realm's own dscp.signalling stays, IPv6 has none.
test_only_what_has_no_mark_is_marked()
{
	capture marks "$B" b0 'udp dst port 9'
	m socat -u - "UDP4:$B4:9,bind=$MB4:5070" <<<x
	m socat -u - "UDP4:$B4:9,bind=$MB4:5070,ip-tos=104" <<<x
	m socat -u - "UDP6:[$B6]:9,bind=[$MB6]:5070" <<<x
	wait_for 10 captured marks 3 || fail "they do not arrive"
	capture_stop marks
	is "DSCP" "$(tshark -n -r "$W/marks.pcap" -T fields -e ip.dsfield.dscp -e ipv6.tclass.dscp 2>/dev/null |
		tr -d '\t' | paste -sd' ')" "24 26 24"
}

# The SDP address is private and nobody's; the NAT's address is what media comes
# from.  The realm's default, nat: learn, is to find it.
test_a_caller_behind_nat_with_a_wrong_sdp()
{
	nat || fail "the NAT cannot be built"
	QUARANTINED=6
	place "$X" 10.9.9.2 10.77.77.7 || return
	# the third packet commits
	check_call "$A4" 2
	is "the latch" "$(leg_of caller .latch)" learn
	is "the signalled address" "$(leg_of caller .signalled | sed 's/:.*//')" 10.77.77.7
	is "the learned address" "$(leg_of caller .remote | sed 's/:.*//')" "$A4"
	is "media to the lie" "$(pick near '$3 == "10.77.77.7"')" ""
	check_end
}

test_the_agent_ends_and_leaves_nothing()
{
	is "legs" "$(leg_count)" 0
	agent_stop TERM
	is "status" "$AGENT_STATUS" 0
	[ "$BACKEND" = kernel ] || return 0
	is "legs that outlive it" "$(leg_count)" 0
	m rtplane dev del ma
	m rtplane dev del mb
}

need sipp tshark tcpdump nft rtplaned
run_tests
