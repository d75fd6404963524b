#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# What attackers use, from Debian: nmap, hping3, masscan, sipvicious, coturn's client. Each is banned for
# what it does, the one that is allowed never is, and a call goes on meanwhile.
#
#    a: access                        m: media host                  b: core
#   +---------------------------+     +-----------------------+     +--------------------+
#   | caller 192.0.2.1          |     | rtplaned, nftables    |     | callee :5060       |
#   | attackers .81 to .87,     |=====| 192.0.2.254           |=====| registrar :5070,   |
#   | one that is allowed: .77  |     |        198.51.100.254 |     | which knows nobody |
#   +---------------------------+     +-----------------------+     +--------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=nft_lib.sh
. "$(dirname "$0")/nft_lib.sh"

need nft jq sipp nmap hping3 masscan svwar svcrack turnutils_stunclient

registrar()
{
	b python3 -c '
import re, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.1", 5070))
for n in range(1 << 30):
    data, addr = s.recvfrom(8192)
    lines = data.decode().split("\r\n")
    keep = [l + (";tag=%d" % n if l.startswith("To:") else "") for l in lines
            if re.match("(Via|From|To|Call-ID|CSeq):", l)]
    s.sendto("\r\n".join(["SIP/2.0 401 Unauthorized"] + keep +
             ["WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n%d\"" % n, "Content-Length: 0",
              "", ""]).encode(), addr)' </dev/null >"$W/registrar" 2>&1 8>&- 9>&- &
	BG[registrar]=$!
}

setup()
{
	local n
	others_setup || return
	for n in 77 81 82 83 84 85 86 87; do
		ip -n "$A" addr add 192.0.2.$n/24 dev a0
	done
	registrar
	PORTS='{low: 30000, high: 30399}' ACCESS_ICE=lite ACCESS_REGISTER='{}' \
		ACCESS_ACL='{allow: [192.0.2.0/30, 192.0.2.86/31]}' \
		ROUTES="  - {from: access, user-suffix: \"00\", to: core, next-hop: \"sip:$B4:5060\"}
  - {from: access, host-prefix: \"$MA4\", to: core, next-hop: \"sip:$B4:5070\"}" \
		begin_table 'scanners: [none]' \
		'bans: {time: 3600, window: 60, denied: 5, digest: 5, stun: 20, allow: [192.0.2.77]}' || return
	long_call || return
	port=$(long_call_port)
	goes_on
}

# The call that is up carries what its caller sends.
goes_on()
{
	bg wire b sniff --dev b0 --port 6000 --expect 5 --timeout 20000
	a rtp --on "$A4:7000" --to "$MA4:$port" --send 5 --pps 0 >/dev/null
	finish wire
	holds wire '.received == 5' || fail "the call does not go on: $(cat "$W/wire.json")"
	told calls 'length == 1'
}

# banned LAST GROUND: so is 192.0.2.LAST, and nothing of it comes in any more.
banned()
{
	local prefix=192.0.2.$1
	told ban list "any(.prefix == \"$prefix\" and .why == \"$2\")" || return
	nft_becomes "[.[] | select(.set.name == \"ban4\") | .set.elem[].elem.val] | any(. == \"$prefix\")"
	dropped bans_device0 '@ban4 ' "$prefix"
	goes_on
}

scan_nmap() { a nmap -sU -Pn -n -e a0 -S "192.0.2.$1" --max-retries 0 --host-timeout 20 -p 30100-30140 "$MA4" >"$W/nmap" 2>&1; }
scan_hping3() { a hping3 -2 -q -n -a "192.0.2.$1" -p ++30200 -i u2000 -c 40 "$MA4" >"$W/hping3" 2>&1; }
scan_masscan()
{
	a masscan --interface a0 --source-ip "192.0.2.$1" --source-mac "$A_MAC" --router-mac "$MA_MAC" \
		-pU:30300-30340 --rate 500 --wait 0 "$MA4" >"$W/masscan" 2>&1
}

test_nmap() { scan_nmap 81; banned 81 scan; }
test_hping3() { scan_hping3 82; banned 82 scan; }
test_masscan() { scan_masscan 83; banned 83 scan; }

# sipvicious binds to no address, whatever it is told.
from() { ip -n "$A" route replace "$MA4/32" dev a0 src "192.0.2.$1"; }

guess_numbers()
{
	from "$1"
	a timeout 20 svwar --force -m REGISTER -e 100-150 -b "192.0.2.$1" -x "192.0.2.$1" -P "50$1" \
		--maximumtime=1 -t 0.01 "$MA4" >"$W/svwar" 2>&1
	ip -n "$A" route del "$MA4/32"
}
# It ends with the first 403, and so did who comes again.
test_svwar_whom_the_acl_refuses()
{
	guess_numbers 84; guess_numbers 84; guess_numbers 84
	banned 84 denied
}

guess_passwords()
{
	from "$1"
	a timeout 20 svcrack -u 4901 -r 1-100 -b "192.0.2.$1" -x "192.0.2.$1" -P "50$1" \
		--maximumtime=3 -t 0.01 "$MA4" >"$W/svcrack" 2>&1
	ip -n "$A" route del "$MA4/32"
}
test_svcrack() { guess_passwords 86; banned 86 digest; }

# A caller that speaks ICE: its call's port answers those who know the credentials.
ice_caller()
{
	uac_invite "$(sdp "$A4" "m=audio 7002 RTP/AVP 0" "a=rtpmap:0 PCMU/8000" a=ice-ufrag:abcd \
		a=ice-pwd:abcdefghijklmnopqrstuv "a=candidate:1 1 UDP 2130706431 $A4 7002 typ host")"
	may 100
	may 180
	recv 200
	uac ACK 1
	request BYE
	reply_in 200 OK
}

# stuns LAST PORT: 40 requests there, signed by a password that is not the call's.
stuns()
{
	a python3 -c 'import hashlib, hmac, os, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
user = sys.argv[3].encode() + b":abcd"
for i in range(40):
    attrs = struct.pack(">HH", 6, len(user)) + user + bytes(-len(user) % 4)
    head = struct.pack(">HHI", 1, len(attrs) + 24, 0x2112a442) + os.urandom(12)
    mac = hmac.new(b"guess%d" % i, head + attrs, hashlib.sha1).digest()
    s.sendto(head + attrs + struct.pack(">HH", 8, 20) + mac, (sys.argv[2], int(sys.argv[4])))' \
		"192.0.2.$1" "$MA4" "$3" "$2"
}

# coturn_asks LAST PORT: its client has no credentials, and waits for an answer for ever
coturn_asks()
{
	local _ pids=()
	for _ in {1..25}; do
		a timeout -s KILL 1 turnutils_stunclient -L "192.0.2.$1" -p "$2" "$MA4" >/dev/null 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
}

test_stun_at_the_port_of_a_call()
{
	local id to ufrag
	scenario ice_caller >"$W/ice.xml"
	A_PORT=5062 caller -sf "$W/ice.xml" -mi "$A4" -timeout 60 -trace_msg -message_file "$W/ice.log" &
	BG[ice]=$!
	told calls 'length == 2 and all(.state == "up")' || return
	to=$(sed -n 's/^m=audio \([0-9]*\) .*/\1/p' "$W/ice.log" | tr -d '\r' | tail -n 1)
	ufrag=$(sed -n 's/^a=ice-ufrag://p' "$W/ice.log" | tr -d '\r' | tail -n 1)
	[ "$ufrag" != abcd ] || fail "no ICE in the answer: $(cat "$W/ice.log")"
	stuns 77 "$to" "$ufrag"
	stuns 85 "$to" "$ufrag"
	stuns 1 "$to" "$ufrag"
	coturn_asks 87 "$to"
	told ban list 'any(.prefix == "192.0.2.85" and .why == "stun") and all(.prefix != "192.0.2.1")'
	told ban list 'any(.prefix == "192.0.2.87" and .why == "stun")'
	logged '192.0.2.85 is banned for 3600 s for STUN without the credentials of a call'
	id=$(ask calls | jq -r '.[] | select(.caller.signalling == "192.0.2.1:5062") | .id')
	ok "end" ask end "$id"
	finish ice
	banned 85 stun
	banned 87 stun
}

test_who_is_allowed_is_never_banned()
{
	local before
	before=$(ask status | jq .bans.spared)
	scan_nmap 77; scan_hping3 77
	told status ".bans.spared > $before"
	told ban list 'all(.prefix != "192.0.2.77") and length == 7'
	answered "$A4"
	goes_on
}

test_the_call_ends()
{
	long_call_ends
	stop registrar
	told status '.nftables.failed == 0 and .nftables.open == 0'
	others_are_untouched
	agent_ends
}

run_tests
