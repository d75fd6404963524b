#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# The command line by itself: words that make no sense end with 2 and a sentence
# that names word, value and expectation; what cannot be done ends with 1; the
# agent's answers are printed. None of these words reaches the module; cli.sh has
# what the module answers.
#
#   rtplane  -- {"cmd":...,"args":[...]} -->  fake agent (UNIX socket)

set -u

TREE=$(cd "$(dirname "$0")/.." && pwd)
PATH=$TREE/build:$PATH
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'kill "${AGENT:-0}" 2>/dev/null; rm -rf "$W"' EXIT
NR=0 BAD=0
MAP=$(seq -s, 0 63)

# result ok|"not ok" NAME
result()
{
	NR=$((NR + 1))
	[ "$1" = ok ] || BAD=1
	echo "$1 $NR - $2"
}

# holds NAME CMD...
holds()
{
	local name=$1
	shift
	if "$@"; then
		result ok "$name"
	else
		result "not ok" "$name"
	fi
}

# expect STATUS REGEX WORDS...: regex of stderr (2, 1) or stdout (0)
expect()
{
	local want=$1 regex=$2 status
	shift 2
	rtplane "$@" >"$W/out" 2>"$W/err"
	status=$?
	if [ $status = 0 ]; then
		cp "$W/out" "$W/said"
	else
		cp "$W/err" "$W/said"
	fi
	no_key_in "$W/said" || KEYS_TOLD=1
	if [ $status = "$want" ] && grep -qE -- "$regex" "$W/said" &&
	   { [ $status = 0 ] || [ ! -s "$W/out" ]; }; then
		result ok "$(cut -c1-90 <<<"rtplane $*")"
		return
	fi
	echo "# ended with $status, expected $want; said: $(cat "$W/said")"
	echo "# expected something like: $regex"
	result "not ok" "$(cut -c1-90 <<<"rtplane $*")"
}

no_key_in()
{
	! grep -qaF -- "$KEY" "$1"
}

# one line of JSON, whatever is asked; what was asked is kept in $W/asked
agent()
{
	rm -f "$W/sock" "$W/up"
	mkfifo "$W/up"
	python3 - "$W/sock" "$1" "$W/asked" >"$W/up" <<-'END' &
		import socket, sys
		sock = socket.socket(socket.AF_UNIX)
		sock.bind(sys.argv[1])
		sock.listen(1)
		print("up", flush=True)
		peer, _ = sock.accept()
		asked = peer.makefile("rb").readline()
		open(sys.argv[3], "wb").write(asked)
		peer.sendall(sys.argv[2].encode())
	END
	AGENT=$!
	read -r _ <"$W/up"
}

# answers STATUS REGEX ANSWER WORDS...
answers()
{
	local status=$1 regex=$2 answer=$3
	shift 3
	agent "$answer"
	expect "$status" "$regex" --socket "$W/sock" "$@"
	wait "$AGENT" 2>/dev/null
}

LEG="leg set local 192.0.2.1:30000"
KEY=WbTBosdVUZqEb6Htqhn+m3z7wUh4RJVR8nE15GbN
PROTECTED="AES_CM_128_HMAC_SHA1_80 $KEY"
KEYS_TOLD=0
(umask 077 && echo "$KEY" >"$W/key")
echo "$KEY" >"$W/open"
chmod 644 "$W/open"

# lines of status, regex, words, with tabs between
usage_points()
{
	local tab=$'\t' status regex words
	while IFS=$tab read -r status regex words; do
		[ -n "$status" ] || continue
		# shellcheck disable=SC2086
		expect "$status" "$regex" $words
	done
}

echo "KTAP version 1"

usage_points <<END
2	Usage: rtplane
2	no command 'frobnicate'	frobnicate
2	no option '--frob'	--frob dev show
2	'--socket' has no value	--socket
0	^Usage	help
0	^Usage	--help
0	^rtplane [0-9]	--version
2	dev '': expected add, del or show	dev
2	dev 'list': expected add, del or show	dev list
2	dev add: '': expected the name	dev add
2	dev add: 'abcdefghijklmnopq': expected the name	dev add abcdefghijklmnopq
2	dev show: 'eth0': expected nothing more	dev show eth0
2	leg '': expected set, show or state	leg
2	leg set: a leg has no local address	leg set
2	nothing to change	$LEG
2	'local' has no value: expected A:P	leg set local
2	local '192.0.2.1': expected A:P	leg set local 192.0.2.1 pps 1
2	local '192.0.2.1:0': expected A:P	leg set local 192.0.2.1:0 pps 1
2	local '2001:db8::1:5': expected A:P, with IPv6 \[A\]:P	leg set local 2001:db8::1:5 pps 1
2	'local' is given twice	$LEG local 192.0.2.1:30000
2	'colour' is no word of a leg	$LEG colour red
2	latch 'wild': expected off, restricted or learn	$LEG latch wild
2	'latch' has no value	$LEG latch
2	'pps' is given twice	$LEG pps 1 pps 1
2	pps '-1': expected packets/s	$LEG pps -1
2	pps '4294967296': expected packets/s	$LEG pps 4294967296
2	pps '1e3': expected packets/s	$LEG pps 1e3
2	bps '18446744073709551616': expected bits/s	$LEG bps 18446744073709551616
2	early 'yes': expected on or off	$LEG early yes
2	accept 'rtcp': expected rtp or any	$LEG accept rtcp
2	unknown 'maybe': expected pass or drop	$LEG unknown maybe
2	relatch '1s': expected milliseconds	$LEG relatch 1s
2	dscp '64': expected 0 to 63	$LEG dscp 64
2	dscp 'af44': expected 0 to 63	$LEG dscp af44
2	dscp map '': expected 64 values	$LEG dscp map
2	dscp map '0,1': expected 64 values	$LEG dscp map 0,1
2	dscp map '$MAP,0': expected 64 values	$LEG dscp map $MAP,0
2	'dscp' is given twice	$LEG dscp 1 dscp 2
1	no network device 'nosuch0' here	$LEG oif nosuch0
2	only 'none': expected rtp, rtcp or both	$LEG only none
2	'srtp-rx' is not followed by a suite: expected AES_CM_128_HMAC_SHA1_80, .* or none$	$LEG srtp-rx
2	'srtp-tx' is not followed by a suite	$LEG srtp-tx $KEY AES_CM_128_HMAC_SHA1_80
2	'srtp-tx' has no key: expected base64 .* or @FILE	$LEG srtp-tx AES_CM_128_HMAC_SHA1_80
2	srtp-rx: the key has another length: .* 28 bytes .* of AEAD_AES_128_GCM	$LEG srtp-rx AEAD_AES_128_GCM $KEY
2	srtp-rx: the key is not base64	$LEG srtp-rx AES_CM_128_HMAC_SHA1_80 ${KEY/b/-}
2	'srtp-rx' is given twice	$LEG srtp-rx none srtp-rx none
2	mki '123': expected 1 to 16 bytes, as 2 to 32 hex	$LEG srtp-rx $PROTECTED mki 123
2	mki '0g': expected 1 to 16 bytes	$LEG srtp-rx $PROTECTED mki 0g
2	mki '$(printf %034d 0)': expected 1 to 16 bytes	$LEG srtp-rx $PROTECTED mki $(printf %034d 0)
2	'mki' is given twice	$LEG srtp-rx $PROTECTED mki 01 mki 02
2	'fresh' is no word of a leg	$LEG srtp-rx $PROTECTED fresh
2	a word of 40 characters after those of SRTP is no word	$LEG srtp-rx $PROTECTED $KEY
2	source '4294967296': expected an SSRC	$LEG srtp-rx $PROTECTED source 4294967296
2	index '281474976710656': expected rollover counter	$LEG srtp-rx $PROTECTED source 1 index 281474976710656
2	rtcp-index '2147483648': expected an SRTCP index	$LEG srtp-tx $PROTECTED fresh source 1 rtcp-index 2147483648
2	'index' is given twice	$LEG srtp-rx $PROTECTED source 1 index 2 index 3
2	a key has at most 64 sources	$LEG srtp-rx $PROTECTED $(printf ' source %d' $(seq 65))
1	cannot read the key's file '/nonexistent': No such file	$LEG srtp-rx AES_CM_128_HMAC_SHA1_80 @/nonexistent
1	everybody may read or write the key's file '$W/open' \(mode 0644\)	$LEG srtp-rx AES_CM_128_HMAC_SHA1_80 @$W/open
2	srtp-rx: the key has another length	$LEG srtp-rx AEAD_AES_128_GCM @$W/key
2	pps 'x'	$LEG srtp-rx AES_CM_128_HMAC_SHA1_80 @$W/key mki 0aFF source 0x10 index 7 rtcp-index 1 source 2 srtp-tx none only rtp pps x
2	pps 'x'	$LEG srtp-tx AES_CM_128_HMAC_SHA1_80 $KEY== fresh mki 01 pps x
2	either local A:P or cookie C	leg show local 192.0.2.1:5 cookie 1
2	cookie '0': expected a number, 1 or more	leg show cookie 0
2	leg show: 'all': expected local	leg show all
2	bridge 'list': expected add, set or del	bridge list
2	expected cookie C or leg local A:P, and two legs	bridge add
2	expected leg local A:P, and two legs	bridge add leg local 192.0.2.1:30000
2	a bridge has two legs	bridge add leg local 192.0.2.1:2 leg local 192.0.2.1:4 leg local 192.0.2.1:6
2	'unlatch' is no word of a leg	bridge add leg local 192.0.2.1:2 unlatch leg local 192.0.2.1:4
2	cookie 'x': expected a number	bridge add cookie x leg local 192.0.2.1:2 leg local 192.0.2.1:4
2	expected local A:P, cookie C or all	bridge del
2	cookie '0': expected a number, 1 or more	bridge del cookie 0
2	bridge del: 'now': expected nothing more	bridge del all now
2	natmap add: expected ext A and int A	natmap add ext 192.0.2.1
2	ext '192.0.2.1:5': expected an IPv4 or IPv6 address without port	natmap add ext 192.0.2.1:5
2	ports '5-4': expected LO-HI	natmap add ext 192.0.2.1 int 198.51.100.1 ports 5-4
2	ports '0-4': expected LO-HI	natmap add ext 192.0.2.1 int 198.51.100.1 ports 0-4
2	ports '1-65536': expected LO-HI	natmap add ext 192.0.2.1 int 198.51.100.1 ports 1-65536
2	filter 'port': expected endpoint or address	natmap add ext 192.0.2.1 int 198.51.100.1 filter port
2	'int' is no word of a natmap here	natmap del ext 192.0.2.1 int 198.51.100.1
2	monitor: count '0': expected a number	monitor count 0
2	stats: 'all': expected nothing more	stats all
2	status: 'x': expected nothing more	status x
2	calls: '7': expected nothing more	calls 7
2	bindings: 'x': expected nothing more	bindings x
2	call: '': expected the id of a call	call
2	call: 'abc': expected the id of a call	call abc
2	call: '8': expected nothing more	call 7 8
2	why: '': expected the id of a call	why
2	why: '0': expected the id of a call	why 0
2	end: '-1': expected the id of a call	end -1
2	end: '18446744073709551616': expected the id of a call	end 18446744073709551616
2	ng '': expected flags	ng
2	ng 'words': expected flags	ng words
2	ng: 'all': expected nothing more	ng flags all
2	ban '': expected list, add or del	ban
2	ban 'all': expected list, add or del	ban all
2	ban: '192.0.2.1': expected nothing more	ban list 192.0.2.1
2	ban add: expected an address or a prefix	ban add
2	ban add: for '': expected a time	ban add 192.0.2.1 for
2	ban add: for '10y': expected a time	ban add 192.0.2.1 for 10y
2	ban add: for '-1': expected a time	ban add 192.0.2.1 for -1
2	ban add: for '10mm': expected a time	ban add 192.0.2.1 for 10mm
2	ban: '10m': expected nothing more	ban add 192.0.2.1 10m
2	firewall: 'all': expected --format, --for or --check	firewall all
2	firewall: --for: expected a word	firewall --for
2	firewall --check: 'host': expected nothing more	firewall --check host
2	monitor bans: count 'x': expected a number	monitor bans count x
2	ban: 'for': expected nothing more	ban del 192.0.2.1 for 10m
2	reload: 'now': expected nothing more	reload now
2	expected the name of a configuration file	check-config
2	convert: expected the name of an rtpengine.conf	convert
2	convert: 'x': expected nothing more	convert /nonexistent x
1	/nonexistent cannot be read: No such file	convert /nonexistent
1	there is no interface with an address	convert /dev/null
2	probe '': expected serve or the name or address of a host	probe
2	probe serve: expected token T, the same at both ends	probe serve
2	probe: expected token T	probe 192.0.2.1
2	probe: 'token' has no value: expected a secret of 16 characters or more, or @FILE	probe 192.0.2.1 token
2	probe: the token has 5 characters: expected 16 or more	probe 192.0.2.1 token short
2	probe serve: 'token' is given twice	probe serve token $KEY token $KEY
2	probe: 'tcp' is given twice	probe 192.0.2.1 tcp tcp
1	probe: cannot read the token's file '/nonexistent': No such file	probe 192.0.2.1 token @/nonexistent
1	probe: everybody may read or write the token's file '$W/open' \(mode 0644\)	probe 192.0.2.1 token @$W/open
2	probe: 'for' is no word of a port test	probe 192.0.2.1 token $KEY for 1s
2	probe serve: 'tcp' is no word of a port test	probe serve tcp
2	probe serve: 'pps' is no word of a port test	probe serve pps 100
2	probe: 'ports' has no value: expected LO-HI, ports of 1 to 65535	probe 192.0.2.1 ports
2	probe: ports '33000-30000': expected LO-HI	probe 192.0.2.1 ports 33000-30000
2	probe: ports '0-5': expected LO-HI	probe 192.0.2.1 ports 0-5
2	probe: ports '1-65536': expected LO-HI	probe 192.0.2.1 ports 1-65536
2	probe: ports '5-': expected LO-HI	probe 192.0.2.1 ports 5-
2	probe: sip '0': expected a port of 1 to 65535, or off	probe 192.0.2.1 sip 0
2	probe: sip '30000' is one of the ports 30000-33000	probe 192.0.2.1 sip 30000 token $KEY
2	probe serve: listen '192.0.2.1:5': expected an IPv4 or IPv6 address without port	probe serve listen 192.0.2.1:5
2	probe serve: for '0': expected a time of 1s to 60m	probe serve for 0
2	probe serve: for '61m': expected a time of 1s to 60m	probe serve for 61m
2	probe serve: for 's': expected a time of 1s to 60m	probe serve for s
2	probe: pps '9': expected packets/s, 10 to 100000	probe 192.0.2.1 pps 9
2	stun '': expected the name or address of a STUN server	stun
2	stun 'a:b:c': expected the name or address of a STUN server, and a port	stun a:b:c
2	stun: 'pps' is no word of it: expected from or other	stun 192.0.2.1 pps 9
2	stun: from 'here': expected an address of ours	stun 192.0.2.1 from here
2	stun: addresses of both IPv4 and IPv6: expected those of one	stun 192.0.2.1 other [2001:db8::1]
2	probe: wait '1s': expected milliseconds, 10 to 60000	probe 192.0.2.1 wait 1s
1	cannot read the batch '/nonexistent'	-batch /nonexistent
1	cannot reach the agent at $W/none: No such file	--socket $W/none status
END

# No sentence has a key in it, and who lists processes sees none for long.
holds "no key was told" [ "$KEYS_TOLD" = 0 ]
mkfifo "$W/wait"
# shellcheck disable=SC2086
rtplane $LEG srtp-rx $PROTECTED srtp-tx AES_CM_128_HMAC_SHA1_80 "@$W/wait" 2>/dev/null &
READER=$!
exec 3>"$W/wait"
holds "a key is gone from the words of the process" no_key_in "/proc/$READER/cmdline"
exec 3>&-
wait "$READER"

# The most bridges of one command, and one more.
bridges=("leg" local 192.0.2.1:2 leg local 192.0.2.1:4)
many=()
for _ in $(seq 512); do
	many+=("${bridges[@]}" bridge)
done
expect 2 'more than 512 bridges' bridge add "${many[@]}" "${bridges[@]}"

printf '%s\n' '# a comment' '' '   leg list # and one behind' 'dev show x' >"$W/batch"
expect 2 "^rtplane: $W/batch:3: leg 'list': expected set, show or state$" -batch "$W/batch"
holds "a batch stops at the first failure" [ "$(wc -l <"$W/err")" = 1 ]
expect 2 "$W/batch:4: dev show: 'x'" -force -batch "$W/batch"

# An output that cannot be written is no success.
if rtplane help >/dev/full 2>"$W/err" || ! grep -q 'cannot write' "$W/err"; then
	result "not ok" "a full disk is told"
else
	result ok "a full disk is told"
fi

# The agent's own program reads its language.
expect 0 'rtplaned.yaml.example: 2 realms, 3 routes: fine$' check-config "$TREE/agent/config/rtplaned.yaml.example"
expect 0 '^\{"realms":2,"routes":3\}$' --json check-config "$TREE/agent/config/rtplaned.yaml.example"
printf '%s\n' "check-config $TREE/agent/config/rtplaned.yaml.example" 'dev show x' >"$W/batch"
rtplane -batch "$W/batch" >"$W/out" 2>"$W/err"
holds "a batch goes on behind it" grep -q "$W/batch:2: dev show: 'x'" "$W/err"
expect 1 '^/nonexistent:1: the file: cannot be opened' --json check-config /nonexistent

# The configuration of an rtpengine, as one of ours that is fine.
cat >"$W/rtpengine.conf" <<-END
	[rtpengine]
	table = 0
	interface = internal/10.0.0.1; external/192.0.2.1!203.0.113.5;external/2001:db8::5;pub:1/192.0.2.1
	listen-ng = 127.0.0.1:2223
	listen-tcp-ng = [::1]:2224
	listen-http=9900
	timeout = 60
	timeout = 70
	silent-timeout = 3600
	final-timeout = 10800
	tos = 184
	delete-delay = 20
	dtmf-log-dest = [2001:db8::9]:2225
	port-min = 30001
	max-sessions = many
	max-bandwidth = 1000000
	redis = 127.0.0.1:6379/5
	log-level = 7
	templates = signalling
	[signalling]
	# what the proxy says by template=NAME
	offer = ICE=remove  RTP/AVP
	WebRTC-in = transport-protocol="UDP/TLS/RTP/SAVPF" sdp-attr=[audio=[add=[x:\\1]]]
	nothing =
	[janus]
	a = b
END
rtplane convert "$W/rtpengine.conf" >"$W/rtplaned.yaml" 2>"$W/err"
expect 0 'rtplaned.yaml: 2 realms, 0 routes: fine$' check-config "$W/rtplaned.yaml"
while read -r line; do
	holds "rtplane convert prints $line" grep -qxF -- "$line" <(sed 's/^ *//' "$W/rtplaned.yaml")
done <<-END
	media-timeout: 70
	hold-timeout: 3600
	ng-delete-delay: 20
	ng-events: '[2001:db8::9]:2225'
	log: debug
	- {transport: udp, listen: "127.0.0.1:2223", allow: ["127.0.0.1"]}
	- {transport: tcp, listen: "[::1]:2224", allow: ["::1"]}
	- {transport: http, listen: "0.0.0.0:9900", allow: ["127.0.0.1"]}
	- {name: "pub", realm: "external"}
	- {listen: "192.0.2.1", advertise: "203.0.113.5"}
	ports: {low: 30002, high: 40000}
	dscp: {audio: 46, video: 46}
	ng-bandwidth: 8000
	#   max-sessions = many
	#   redis = 127.0.0.1:6379/5
	#   section = [janus]
	ng-templates:
	- {name: "offer", flags: "ICE=remove  RTP/AVP"}
	- {name: "WebRTC-in", flags: "transport-protocol=\\"UDP/TLS/RTP/SAVPF\\" sdp-attr=[audio=[add=[x:\\\\1]]]"}
END

# The agent.
answers 0 '^calls 3$' '{"ok":true,"result":{"calls":3,"legs":[]}}
' status
answers 0 '^id 7 legs 4$' '{"ok":true,"result":[{"id":"7","legs":4},{"id":"8","legs":4}]}
' calls
answers 0 '^\{"id":"7"\}$' '{"ok":true,"result":{"id":"7"}}
' --json call 7
answers 0 '^plain words$' '{"ok":true,"result":"plain words"}
' why 7
answers 1 "^rtplane: there is no call '9'$" "{\"ok\":false,\"error\":\"there is no call '9'\"}
" call 9
holds "what the agent is asked" [ "$(cat "$W/asked")" = '{"cmd":"call","args":["9"]}' ]
answers 0 '^ended$' '{"ok":true,"result":"ended"}
' end 0x10
holds "it is asked in its own numbers" [ "$(cat "$W/asked")" = '{"cmd":"end","args":["16"]}' ]
answers 0 '^legs none$' '{"ok":true,"result":{"calls":3,"legs":[]}}
' status
answers 0 '^ +realm access key acl$' '{"ok":true,"result":{"changed":[{"realm":"access","key":"acl"},{"key":"routes"}],"kept":[]}}
' reload
holds "it is asked in a word" [ "$(cat "$W/asked")" = '{"cmd":"reload","args":[]}' ]
answers 0 '^word trust-addres said 3$' '{"ok":true,"result":[{"word":"trust-addres","said":3}]}
' ng flags
holds "and in one where it is two" [ "$(cat "$W/asked")" = '{"cmd":"ng-flags","args":[]}' ]
answers 0 '^prefix 192.0.2.1 why admin seconds 60$' '{"ok":true,"result":[{"prefix":"192.0.2.1","why":"admin","seconds":60}]}
' ban list
answers 0 '^banned$' '{"ok":true,"result":"banned"}
' ban add 192.0.2.0/24 for 2h
answers 0 '^table inet x$' '{"ok":true,"result":"# 1\ntable inet x"}
' firewall --format nft --for edge
holds "a firewall is asked for by both words" [ "$(cat "$W/asked")" = '{"cmd":"firewall","args":["nft","edge"]}' ]
answers 0 '^banned$' '{"ok":true,"result":"banned"}
' ban add 192.0.2.0/24 for 2h
holds "a time is asked for in seconds" [ "$(cat "$W/asked")" = '{"cmd":"ban-add","args":["192.0.2.0/24","7200"]}' ]
answers 1 'no whole answer' '{"ok":true,"result":{}}' status
answers 0 '^[0-9:.]+ ban 192.0.2.1 why scan seconds 60 again$' '{"ok":true,"result":"listening"}
{"time":1000000000,"event":"ban","prefix":"192.0.2.1","why":"scan","seconds":60,"again":true}
' monitor bans count 1
holds "events are asked for" [ "$(cat "$W/asked")" = '{"cmd":"events","args":[]}' ]
answers 0 '^{"time":1,"event":"unban","prefix":"192.0.2.1","why":"scan","lifted":true}$' '{"ok":true,"result":"listening"}
{"time":1,"event":"unban","prefix":"192.0.2.1","why":"scan","lifted":true}
' --json monitor bans count 1
answers 1 'the agent has gone' '{"ok":true,"result":"listening"}
' monitor bans
answers 1 'expected fewer' '{"ok":false,"error":"expected fewer"}
' monitor bans
answers 1 'is no JSON' 'hello
' status
answers 1 'neither a result nor an error' '{"ok":true}
' status
answers 1 'no whole answer' '' status

echo "1..$NR"
exit $BAD
