#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# rtplaned --check-config: the example is fine, and each mistake is named with
# file, line, key and what was expected; nothing is opened for it.

set -u

TREE=$(cd "$(dirname "$0")/.." && pwd)
RTPLANED=$TREE/build/rtplaned
EXAMPLE=$TREE/agent/config/rtplaned.yaml.example
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'rm -rf "$W"' EXIT
NR=0 BAD=0

point()
{
	NR=$((NR + 1))
	if [ "$1" = 0 ]; then
		echo "ok $NR - $2"
	else
		echo "not ok $NR - $2"
		BAD=$((BAD + 1))
	fi
}

# wrong NAME SED LINE KEY SAYS EXPECTED: the example, edited by SED, is refused
# with FILE:LINE: KEY: SAYS; expected EXPECTED (regular expressions).  LINE is a
# regular expression of that line of the file; N@ before it: the Nth such line.
wrong()
{
	local name=$1 edit=$2 at=$3 key=$4 says=$5 expected=$6 nth=1 line said status
	sed -e "$edit" "$EXAMPLE" >"$W/rtplaned.yaml"
	case $at in
	[0-9]@*) nth=${at%%@*} at=${at#*@} ;;
	esac
	line=$(grep -n -e "$at" "$W/rtplaned.yaml" | sed -n "${nth}s/:.*//p")
	said=$("$RTPLANED" --check-config "$W/rtplaned.yaml" 2>&1)
	status=$?
	if [ $status = 1 ] && [ "$(wc -l <<<"$said")" = 1 ] &&
	   [[ $said =~ ^$W/rtplaned.yaml:$line:\ $key:\ .*$says.*\;\ expected\ .*$expected ]]; then
		point 0 "$name"
	else
		echo "# it ended with $status and said: $said (line wanted: $line)"
		point 1 "$name"
	fi
}

echo "KTAP version 1"
echo "1..104"

"$RTPLANED" --check-config "$EXAMPLE" >"$W/out" 2>&1
point $? "the example is fine"
[ "$("$RTPLANED" --bad-option 2>/dev/null; echo $?)" = 2 ] &&
	[ "$("$RTPLANED" --json 2>/dev/null; echo $?)" = 2 ]
point $? "an unknown option, and one that belongs to another, are usage errors"
[ "$("$RTPLANED" --check-config "$EXAMPLE" --json)" = '{"realms":2,"routes":3}' ]
point $? "the same as JSON"
"$RTPLANED" --check-config "$W/none" >/dev/null 2>"$W/err" || grep -q 'cannot be opened' "$W/err"
point $? "a file that is not there"

wrong "no YAML" 's/^  - name: access/\t- name: access/' 'name: access' 'the file' 'column 1' YAML
wrong "an unknown key" 's/nat: off /natt: off /' 'natt: off' 'realms\[1\].latch' 'natt' 'mode, probation, early, relatch, nat'
wrong "a key is missing" 's/    next-hop: sip:198.51.100.10:5060//' '2@- from: access' 'routes\[1\]' 'next-hop' 'key'
wrong "a word for a number" 's/port: 5060$/port: abc/' 'port: abc' 'realms\[0\].sip\[0\].port' abc '1 to 65535'
wrong "a number that is too big" 's/port: 5060$/port: 70000/' 'port: 70000' 'realms\[0\].sip\[0\].port' 70000 '1 to 65535'
wrong "an unknown word" 's/mode: restricted /mode: maybe /' 'mode: maybe' 'realms\[0\].latch.mode' maybe 'off, restricted or learn'
wrong "no truth value" 's/# early: true  */early: perhaps # /' 'early: perhaps' 'realms\[1\].latch.early' perhaps 'true or false'
wrong "an odd first port" 's/low: 30000/low: 30001/' 'low: 30001' 'realms\[0\].ports.low' 'odd' 'even'
wrong "a range that ends before it begins" 's/high: 32999/high: 29999/' 'high: 29999' 'realms\[0\].ports.high' 29999 'one pair'
wrong "a last port that is none" 's/high: 32999/high: 65536/' 'high: 65536' 'realms\[0\].ports.high' 65536 'up to 65535'
wrong "a word for the last port" 's/high: 32999/high: last/' 'high: last' 'realms\[0\].ports.high' last 'above low'
wrong "an address that is none" 's/listen: 192.0.2.1$/listen: 192.0.2.300/' '192.0.2.300' 'realms\[0\].addresses\[0\].listen' '192.0.2.300' 'IPv4 or IPv6'
wrong "every address" 's/listen: 192.0.2.1$/listen: 0.0.0.0/' 'listen: 0.0.0.0' 'realms\[0\].addresses\[0\].listen' '0.0.0.0' 'one address'
wrong "two realms of one name" 's/name: core/name: access # again/' '# again' 'realms\[1\].name' access once
wrong "a route from a realm that is not there" 's/from: core/from: cor/' 'from: cor' 'routes\[2\].from' cor 'name of a realm'
wrong "a route to a realm that is not there" 's/to: access/to: acces/' 'to: acces' 'routes\[2\].to' acces 'name of a realm'
wrong "a next hop that is no SIP URI" 's/sip:192.0.2.10:5060/tel:123/' 'tel:123' 'routes\[2\].next-hop' tel:123 'sip:HOST'
wrong "a next hop that is ourselves" 's/sip:192.0.2.10:5060/sip:192.0.2.1:5060/' 'sip:192.0.2.1:' 'routes\[2\].next-hop' 'our own' 'another host'
wrong "a next hop by a transport without listener" 's/sip:192.0.2.10:5060/sip:192.0.2.10;transport=tls/' 'transport=tls$' 'routes\[2\].next-hop' 'no listener' 'listeners'
wrong "one listener twice" 's/- transport: tcp/- transport: udp/' 'sip:' 'realms\[0\].sip' 'udp port 5060' once
wrong "a SIP port inside the media ports" 's/\[5070\]/[30010]/' 'sip:' 'realms\[0\].sip' 30010 outside
wrong "one address in two realms" 's/listen: 198.51.100.1$/listen: 192.0.2.1/' '2@ sip:$' 'realms\[1\].sip' 'realm access' once
wrong "an SRTP policy that is none" 's/policy: allow /policy: maybe /' 'policy: maybe' 'realms\[0\].srtp.policy' maybe 'refuse, allow or require'
wrong "DTLS that is none" 's/# dtls: off /dtls: maybe /' 'dtls: maybe' 'realms\[0\].dtls' maybe 'off, allow or require'
wrong "rtcp-mux that is none" 's/# mux: off /mux: maybe /' 'mux: maybe' 'realms\[0\].mux' maybe 'off, allow or require'
wrong "a group that is none" 's/# bundle: off /bundle: maybe /' 'bundle: maybe' 'realms\[0\].bundle' maybe 'off, accept or require'
wrong "ICE that is none" 's/# ice: off /ice: aggressive /' 'ice: aggressive' 'realms\[0\].ice' aggressive 'off, lite, full or force'
wrong "a STUN server that is none" 's/# ice: off /ice: full #/; s/# stun: .*/stun: 224.0.0.1/' '^    stun: ' 'realms\[0\].stun' 224.0.0.1 'HOST:PORT'
wrong "a STUN server that no address reaches" 's/# ice: off /ice: full #/; s/# stun: .*/stun: "[2001:db8::9]"/' '^    stun: ' 'realms\[0\].stun' '2001:db8::9.* family' 'one of them reaches'
wrong "a STUN server where its answer is of no use" 's/# ice: off /ice: lite #/; s/# stun: /stun: /' '^    stun: ' 'realms\[0\].stun' stun.example.net 'ice: full or force'
wrong "hole punching that is none" 's/# punch: off /punch: maybe /' 'punch: maybe' 'realms\[0\].punch' maybe 'off, one or all'
wrong "one port for all without ICE" 's/# single-port: 30000 /single-port: 30000 /' 'single-port:' 'realms\[0\].single-port' 'without ICE' 'ice: lite, full or force'
wrong "one port for all and another for RTCP" 's/# ice: off /ice: lite #/; s/# single-port: 30000 /single-port: 30000 /' 'single-port:' 'realms\[0\].single-port' 'mux: off' 'mux: allow or require'
wrong "one port for all that is none" 's/# ice: off /ice: lite #/; s/# mux: off /mux: allow #/; s/# single-port: 30000 /single-port: 80 /' 'single-port:' 'realms\[0\].single-port' 80 '1024 to 65535'
wrong "one port for all that SIP has" 's/# ice: off /ice: lite #/; s/# mux: off /mux: allow #/; s/# single-port: 30000 /single-port: 5070 /' 'single-port:' 'realms\[0\].single-port' 5070 another
wrong "one port for all that another realm has" 's/# ice: off /ice: lite #/; s/# mux: off /mux: allow #/; s/# single-port: 30000 /single-port: 31000 /; /name: core/,$ {s/listen: 198.51.100.1$/listen: 192.0.2.1/; s/- transport: \(udp\|tcp\)$/- {transport: \1, port: 5080}/}' 'single-port:' 'realms\[0\].single-port' 31000 another
wrong "an SRTP suite that is none" 's/# suites: .AEAD_AES_256_GCM/suites: [F8_128/' 'suites:' 'realms\[0\].srtp.suites\[0\]' F8_128 'AES_CM_128_HMAC_SHA1_80'
wrong "no SRTP suite" 's/# suites: .*/suites: []/' 'suites:' 'realms\[0\].srtp.suites.*' 'few' 'one to 6'
wrong "an SRTP suite twice" 's/# suites: .*/suites: [AEAD_AES_128_GCM, AEAD_AES_128_GCM]/' 'suites:' 'realms\[0\].srtp.suites\[1\]' AEAD_AES_128_GCM once
wrong "suites where SRTP is refused" 's/policy: allow /policy: refuse /; s/# suites:/suites:/' 'suites:' 'realms\[0\].srtp.suites' refuse 'allow or require'
wrong "TLS without certificates" 's/- transport: tcp/- transport: tls/' 'transport: tls' 'realms\[0\].sip\[1\].transport' certificates folder
wrong "certificates in no folder" "s|- transport: tcp|&\n        certificates: $EXAMPLE|;s|: tcp|: tls|" 'certificates: ' 'realms\[0\].sip\[1\].certificates' 'is not a folder' 'agent.pem'
wrong "WebSocket over TLS without certificates" 's/- transport: tcp/- transport: wss/' 'transport: wss' 'realms\[0\].sip\[1\].transport' 'wss without certificates' folder
wrong "certificates where there is no TLS" 's|- transport: tcp|- transport: ws\n        certificates: /tmp|' 'certificates: /tmp' 'realms\[0\].sip\[1\].certificates' 'not TLS' 'tls or wss'
wrong "origins where there is no WebSocket" 's|- transport: tcp|&\n        origins: ["https://a.example"]|' 'origins: \["https://a' 'realms\[0\].sip\[1\].origins' 'not WebSocket' 'ws or wss'
wrong "an origin with a path" 's|- transport: tcp|- transport: ws\n        origins: ["https://a.example/"]|' 'origins: \["https://a' 'realms\[0\].sip\[1\].origins\[0\]' 'https://a.example/' 'scheme, host'
wrong "servers that nobody goes to" 's|- transport: tcp|- transport: wss\n        certificates: /tmp\n        verify-servers: yes|' 'verify-servers: yes' 'realms\[0\].sip\[1\].verify-servers' 'nobody is called' tls
wrong "a next hop by WebSocket" 's/sip:192.0.2.10:5060/sip:192.0.2.10;transport=ws/' 'transport=ws$' 'routes\[2\].next-hop' 'not a SIP URI' 'udp, tcp or tls'
wrong "a next hop whose realm has WebSocket alone" '/name: core/,/latch/{s/transport: udp/transport: ws/;/transport: tcp/d}; s/sip:198.51.100.20:5060;transport=tcp/sip:pbx.example/' 'next-hop: sip:pbx' 'routes\[0\].next-hop' 'no listener' 'listeners'
wrong "more threads than there can be" 's/^# workers: 0 /workers: 65 #/' 'workers: 65' workers 65 '0 to 64'
wrong "a store that is relative" 's/^# store: .var/store: var/' '^store' store var/lib/rtplane 'from the root'
wrong "a time out of range" 's/^# drain: 30 /drain: 99999 #/' 'drain: 99999' drain 99999 '0 to 86400'
wrong "a silence that is none" 's/^# hop-timeout: 5 /hop-timeout: 33 #/' 'hop-timeout: 33' hop-timeout 33 '1 to 32'
wrong "a limit out of range" 's/^# ng-calls: 0 /ng-calls: 1000001 #/' 'ng-calls: 1000001' ng-calls 1000001 '0 to 1000000'
wrong "two templates of one name" 's/^# ng-templates: .{name: WebRTC/ng-templates: [{name: offer/' '^ng-templates' 'ng-templates\[1\].name' offer once
wrong "nowhere to tell events" 's/^# ng-events: 192.0.2.10:22223/ng-events: 192.0.2.10/' 'ng-events: 192' ng-events 192.0.2.10 'A:P'
wrong "events told to RTCP's part of a port" 's|^# ng-events: 192.0.2.10:22223|ng-events: 192.0.2.10:22223/rtcp|' 'ng-events: 192' ng-events /rtcp 'A:P'
wrong "no time at all until silence is told" 's/^# ng-silence: 10/ng-silence: 0/' 'ng-silence: 0' ng-silence 0 '1 to 3600'
wrong "learning from anybody, and sending before" 's/mode: restricted /mode: learn\n      early: true #/' 'early: true #' 'realms\[0\].latch.early' learn 'off or restricted'
wrong "a time for phones that is none" 's/# register: {interval: 120/register: {interval: 5/' 'interval: 5' 'realms\[0\].register.interval' 5 '10 to 86400'
wrong "a limit of bindings that is none" 's/# register: {interval: 120/register: {per-source: many/' 'per-source: many' 'realms\[0\].register.per-source' many 'a number of bindings'
wrong "a tenant's protection that is none" "s/# tenants: .*/tenants: [{name: a, srtp: {policy: maybe}}]/" 'tenants: ' 'realms\[0\].tenants\[0\].srtp.policy' maybe 'refuse, allow or require'
printf 'alice:example.com:0123\n' >"$W/users"
wrong "a file of users that is none" "s|# users: /etc/rtplane/users|users: $W/users|" 'users: /' 'realms\[0\].users' 'line 1: its hash' 'USER:REALM:HASH'
NG='s/^# ng:/ng:/; s/^#   - {transport: \(udp\|tcp\|http\)/  - {transport: \1/; s/^# ng-interfaces:/ng-interfaces:/; s/^#   - {name:/  - {name:/'
sed "$NG" "$EXAMPLE" >"$W/ng.yaml" && "$RTPLANED" --check-config "$W/ng.yaml" >"$W/out" 2>&1
point $? "the example with the control protocol ng"
wrong "a transport that ng has not" "$NG; s/transport: tcp, listen/transport: tls, listen/" 'transport: tls, listen' 'ng\[1\].transport' tls 'udp, tcp or http'
wrong "an address of ng without port" "$NG; s/192.0.2.1:22222/192.0.2.1/" 'listen: "192.0.2.1"' 'ng\[0\].listen' 192.0.2.1 'A:P'
wrong "nobody who may ask" "$NG; s/allow: .192.0.2.10, 192.0.2.11./allow: []/" 'allow: \[\]' 'ng\[0\].allow.*' few 'one to 4096'
wrong "no prefix of who may ask" "$NG; s/allow: .192.0.2.10, /allow: [192.0.2.10\/24, /" '192.0.2.10/24' 'ng\[0\].allow\[0\]' 192.0.2.10/24 '192.0.2.0/24'
wrong "a place of ng among the media ports" "$NG; s/192.0.2.1:22222/192.0.2.1:30002/" '192.0.2.1:30002' 'ng\[0\].listen' 'media ports' outside
wrong "a place of ng twice" "$NG; s/127.0.0.1:22225/192.0.2.1:22222/" 'http, listen' 'ng\[2\].listen' 'ng\[1\]' 'once'
wrong "a place of ng that is SIP's" "$NG; s/192.0.2.1:22222/0.0.0.0:5060/" '0.0.0.0:5060' 'ng\[0\].listen' 'SIP listener of realm access' 'place of its own'
wrong "an interface that is no realm" "$NG; s/realm: core}/realm: cor}/" 'realm: cor}' 'ng-interfaces\[1\].realm' cor 'name of a realm'
wrong "a mode of nftables that is none" 's/^# nftables: {mode: off}/nftables: {mode: maybe}/' '^nftables' nftables.mode maybe 'off, sets or table'
wrong "a table for the mode that has its own" 's/^# nftables: {mode: off}/nftables: {mode: table, table: filter}/' '^nftables' nftables.table filter 'mode sets'
wrong "our own table as yours" 's/^# nftables: {mode: off}/nftables: {mode: sets, table: rtplane}/' '^nftables' nftables.table rtplane 'other than rtplane'
wrong "a ban for too long" 's/^# bans: {time: 600,/bans: {time: 31536001,/' '^bans' bans.time 31536001 '1 to 31536000'
wrong "no prefix of who is never banned" 's/^# bans:\(.*\)192.0.2.10/bans:\1192.0.2.10\/24/' '^bans' 'bans.allow\[0\]' 192.0.2.10/24 '192.0.2.0/24'
wrong "maps without a table for them" 's/^# maps:/maps:/' '^maps:' maps 'own table' 'mode: table'
wrong "a map by a transport that there is not" 's/^# maps:.*transport: tcp/maps: [{transport: sctp/' '^maps:' 'maps\[0\].transport' sctp 'udp or tcp'
wrong "more stripped than there is" 's/# user-strip: 3/user-strip: 65/' 'user-strip:' 'routes\[0\].user-strip' 65 '0 to 64'
wrong "what no user begins with" 's/# user-add: "0"/user-add: "0@"/' 'user-add:' 'routes\[0\].user-add' '0@' letters
TRUNK='s/^# trunks:/trunks:/'
wrong "a trunk in no realm" "$TRUNK; /^trunks/s/realm: core/realm: cor/" '^trunks' 'trunks\[0\].realm' cor 'name of a realm'
wrong "a trunk's next hop that is no SIP URI" "$TRUNK; s/sip:198.51.100.31/tel:1/" '^trunks' 'trunks\[0\].next-hops\[1\]' tel:1 'sip:HOST'
touch "$W/agent.pem" "$W/cafile.pem"
wrong "a trunk's next hops with TLS and without" "$TRUNK; s/      # - transport: tls/      - transport: tls/; s/      #   port: 5061/        port: 5061/; 0,/^      #   certificates:/s//        certificates:/; /^trunks/s/realm: core/realm: access/; s#/etc/rtplane/tls#$W#; s/198.51.100.31/198.51.100.31;transport=tls/" '^trunks' 'trunks\[0\].next-hops\[1\]' 'not alike' 'all by TLS'
wrong "a trunk's user without a password" "$TRUNK; s/ password: secret,//" '^trunks' 'trunks\[0\].user' 'no key password' both
wrong "a trunk that registers as nobody" "$TRUNK; s/sip:4930@/sip:/" '^trunks' 'trunks\[0\].register' sip:carrier.example 'sip:USER@HOST'
wrong "a trunk that registers too often" "$TRUNK; s/interval: 600, options/interval: 3, options/" '^trunks' 'trunks\[0\].interval' 3 '30 to 86400'
wrong "a route to no trunk" "$TRUNK; s/^    to: core/    trunk: carier/; s/^    next-hop: sip:198.*//" 'trunk: carier' 'routes\[0\].trunk' carier 'name of a trunk'
wrong "a route to a trunk and a next hop" "$TRUNK; s/^    to: core/    trunk: carrier/" 'trunk: carrier' 'routes\[0\].trunk' 'next-hop too' either
GROUP="$TRUNK; s/^# trunk-groups:/trunk-groups:/"
wrong "a group of no trunk" "$GROUP; /^trunk-groups/s/trunks: .carrier/trunks: [carier/" '^trunk-groups' 'trunk-groups\[0\].trunks\[0\]' carier 'name of a trunk'
wrong "a group with a trunk twice" "$GROUP; /^trunk-groups/s/trunks: .carrier/trunks: [carrier, carrier/" '^trunk-groups' 'trunk-groups\[0\].trunks\[1\]' 'there already' once
wrong "a group of a trunk's name" "$GROUP; /^trunk-groups/s/name: carriers/name: carrier/" '^trunk-groups' 'trunk-groups\[0\].name' 'already' 'each name once'
wrong "more weights than trunks" "$GROUP; /^trunk-groups/s/weights: .1/weights: [1, 2/" '^trunk-groups' 'trunk-groups\[0\].weights' 'there are 2' 'one for each'
wrong "weights where nobody draws" "$GROUP; /^trunk-groups/s/hunt: weight/hunt: order/" '^trunk-groups' 'trunk-groups\[0\].weights' 'not weight' 'hunt: weight'
wrong "a weight of nothing" "$GROUP; /^trunk-groups/s/weights: .1/weights: [0/" '^trunk-groups' 'trunk-groups\[0\].weights\[0\]' 0 '1 to 1000'
wrong "a group of trunks in two realms" "$GROUP; /^trunks/s/calls: 0}/calls: 0}, {name: b, realm: access, next-hops: [\"sip:192.0.2.77\"]}/; /^trunk-groups/s/trunks: .carrier/trunks: [carrier, b/" '^trunk-groups' 'trunk-groups\[0\].trunks\[1\]' 'different realms' 'all in one'
wrong "a group of trunks with accounts and without" "$GROUP; /^trunks/s/calls: 0}/calls: 0}, {name: b, realm: core, next-hops: [\"sip:198.51.100.77\"]}/; /^trunk-groups/s/trunks: .carrier/trunks: [carrier, b/" '^trunk-groups' 'trunk-groups\[0\].trunks\[1\]' 'not alike' 'all with user'
wrong "a route from what is no prefix" 's/^    # source: .*/    source: [192.0.2.1\/24]/' '^    source' 'routes\[0\].source\[0\]' '192.0.2.1/24' 'an address, or a network'
wrong "a route to nowhere" 's/^    to: core//' '1@- from: access' 'routes\[0\]' 'no key to' trunk

# Every key of the schema stands in the manual, as a word of its own in bold.
missing=
while read -r name; do
	sed 's/\\-/-/g' "$TREE/Documentation/man/rtplaned.yaml.5" |
		grep -Eq "^\.B[RI]? (.*[ \"])?$name([ \",:]|\$)" || missing+=" $name"
done < <(sed -n 's/.*CYAML_FIELD_[A-Z_]*("\([a-z-]*\)".*/\1/p' "$TREE/agent/config/schema.c")
[ -z "$missing" ] || echo "# rtplaned.yaml(5) does not have$missing"
point "${#missing}" "the manual has every key"

[ $BAD = 0 ]
