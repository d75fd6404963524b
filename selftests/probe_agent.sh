#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# The port tester beside an agent that keeps media ports closed: they are open for it as
# long as it serves, however it ends, nobody is banned for trying them, and calls keep theirs.
#
#    a: rtplane probe           m: media host                        b: core
#   +--------------+     +----------------------------------+     +---------------+
#   | 192.0.2.1    |=====| rtplaned, nftables: table        |=====| sipp, callee  |
#   |              |     | rtplane probe serve  192.0.2.254 |     |               |
#   +--------------+     +----------------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=nft_lib.sh
. "$(dirname "$0")/nft_lib.sh"

need nft jq sipp socat

setup()
{
	others_setup || return
	(umask 077 && echo "a token of the tests" >"$W/token")
	PORTS='{low: 30000, high: 30199}' begin_table 'bans: {scan: 8, window: 60}'
}

# serve SOCKET WORDS...: with that agent
serve()
{
	local socket=$1
	shift
	rm -f "$W/serve.json"	# of an earlier one
	m rtplane --json -s "$socket" probe serve token "@$W/token" for 10m ports 30000-30299 sip off "$@" \
		>"$W/serve.json" 2>"$W/serve.err" </dev/null 8>&- 9>&- &
	BG[serve]=$!
	wait_for 20 grep -q serving "$W/serve.json" || fail "nobody serves: $(cat "$W/serve.err")"
}

# probe STATUS [ADDRESS]: each with source ports of its own, of which no connection is known
SOURCE=40000
probe()
{
	local status
	a sysctl -qw "net.ipv4.ip_local_port_range=$SOURCE $((SOURCE + 999))"
	SOURCE=$((SOURCE + 1000))
	a rtplane --json probe "${2:-$MA4}" token "@$W/token" wait 200 ports 30000-30299 sip off >"$W/probe.json" 2>"$W/probe.err"
	status=$?
	is "status of probe ($(cat "$W/probe.err")$(jq -c .verdict <"$W/probe.json"))" "$status" "$1"
}

test_closed_without_the_agent_s_word()
{
	sed -i 's/^bans:.*/bans: {scan: 0}/' "$W/rtplaned.yaml"
	ok "reload" m rtplane -s "$CTL" reload
	serve "$W/nobody"
	holds serve '(has("opened") | not) and .in_use == 0'
	probe 1
	holds probe '.udp == {filtered: "30000-30199", open: "30200-30299"}'
	stop serve
	sed -i 's/^bans:.*/bans: {scan: 8, window: 60}/' "$W/rtplaned.yaml"
	ok "reload" m rtplane -s "$CTL" reload
	nft_becomes "$(elements scan4) == 0"
}

test_open_for_the_tester()
{
	serve "$CTL"
	holds serve '.opened == 800'
	nft_becomes "$(elements open4) == 400 and $(elements open6) == 400"
	probe 0
	holds probe '.ok and .udp == {open: "30000-30299"}'
	probe 0 "$MA6"
	holds probe '.ok and .udp == {open: "30000-30299"}'
	told ban list 'length == 0'
	m rtplane -s "$CTL" probe serve token "@$W/token" ports 30300-30301 sip off for 1s >"$W/second" 2>&1
	is "a second tester's status" $? 0
	grep -q 'there is a port tester already; expected one at a time' "$W/second" || fail "it said: $(cat "$W/second")"
	nft_becomes "$(elements open4) == 400"
	stop serve
	is "its status" $? 0
	nft_becomes "$(elements open4) == 0 and $(elements open6) == 0"
	told status '.nftables.failed == 0 and .nftables.open == 0'
	logged 'the port tester has gone'
}

# What is no range, or no address, opens nothing, and is in nobody's way.
test_words_that_are_wrong()
{
	local args
	for args in '' '"30000"' '"30000","30001",null' '"30000","30001",7' "\"30000\",\"30001\",\"$MA4\",\"$MA4\"" \
	    30000,30001 '"0","30001"' '"30000","65536"' '"30000","4294997296"' '"30001","30000"' '"-1","30001"' \
	    '"30000","30001x"' '" 30000","30001"' '"","30001"' '["30000"],"30001"' '"30000","30001",""' \
	    "\"30000\",\"30001\",\"$MA4:30000\"" '"30000","30001","nobody.invalid"' '"30000","30001\u0000"'; do
		jq -e '.ok == false and (.error | test("^(tester: expected the first|the request is no JSON)"))' \
			<<<"$(m socat - "UNIX-CONNECT:$CTL" <<<"{\"cmd\":\"tester\",\"args\":[$args]}")" >/dev/null ||
			fail "$args: it is not refused"
	done
	# on one connection, which stays
	m socat - "UNIX-CONNECT:$CTL" >"$W/wrong" <<-'END'
		{"cmd":"tester","args":["1","x"]}
		{"cmd":"tester","args":{"30000":"30001"}}
		{"cmd":"tester","args":["30000","30001"]}
		{"cmd":"tester","args":["30002","30003"]}
	END
	is "a right one after wrong ones" "$(jq -c '.result.opened // .error[:21]' "$W/wrong" | tr '\n' ' ')" \
		'"tester: expected the " "tester: expected the " 8 "there is a port teste" '
	told status '.nftables.open == 0 and .nftables.failed == 0'
	nft_becomes "$(elements open4) == 0 and $(elements open6) == 0"
}

test_at_one_address()
{
	serve "$CTL" listen "$MB4"
	holds serve '.opened == 200'
	nft_becomes "$(elements open4) == 200 and $(elements open6) == 0"
	stop serve
	nft_becomes "$(elements open4) == 0"
}

# What a call has is told as in use, and stays open when the tester has gone.
test_beside_a_call()
{
	local port
	long_call || return
	nft_becomes "$(elements open4) == 4"
	port=$(long_call_port)
	serve "$CTL"
	holds serve '.in_use > 0'
	probe 0
	jq -e --arg port "$port" '.udp.in_use | contains($port)' "$W/probe.json" >/dev/null ||
		fail "port $port of a call is not in use: $(jq -c .udp "$W/probe.json")"
	kill -KILL "$(tool_of "${BG[serve]}")"
	finish serve
	nft_becomes "$(elements open4) == 4"
	a rtp --on "$RA" --to "$MA4:$port" --send 3 --pps 0 >/dev/null
	wait_for 10 has_hits input '@open4' 2 || fail "the port of a call is not open"
	long_call_ends
	nft_becomes "$(elements open4) == 0"
}

# Who tries ports that nobody serves is a scanner all the same.
test_closed_ports_are_watched()
{
	serve "$CTL" listen "$MB4"
	payload 61 "$X4" "$MA4" 12
	told ban list 'length == 1 and .[0].why == "scan" and .[0].prefix == "'"$X4"'"'
	stop serve
	ok "no ban" m rtplane -s "$CTL" ban del "$X4"
}

test_the_agent_goes_first()
{
	serve "$CTL"
	agent_stop KILL
	wait_for 10 grep -q 'the agent has gone' "$W/serve.err" || fail "the tester does not notice: $(cat "$W/serve.err")"
	AGENT_IN=(prlimit --nofile=1823:1823)
	agent_start --datapath "$BACKEND" || return
	AGENT_IN=()
	nft_becomes "$(elements open4) == 0"
	told doctor 'any(.check == "files" and .verdict == "fault" and (.says | test("have 1823 files open, and wants 1824")))'
	stop serve
	is "its status" $? 0
	others_are_untouched
	agent_ends
}

run_tests "$@"
