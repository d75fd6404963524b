#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=900
#
# nftables beside the module: bridges in the module under a table of the agent's, or
# under sets in one of the admin's; who tries media ports is seen by the module and
# banned; a ban holds before our hook. nft and the module's counters are the oracles.
# Topology: agent_lib.sh.

# shellcheck source-path=SCRIPTDIR source=nft_lib.sh
. "$(dirname "$0")/nft_lib.sh"

need nft jq sipp python3 hping3 nmap

setup() { others_setup; }

# So many more packets to ports that nobody has.
seen() { stats_become ".scan_packets == $1 and .scans == $2"; }

test_who_tries_media_ports_is_seen_by_the_module()
{
	begin 'bans: {window: 60, allow: [192.0.2.77]}' || return
	stats_become '.scan_ranges == 4 and .scan_packets == 0'
	# media of a call that is over, STUN, DTLS; then what is none, twice
	payload "8000$(printf '%020x' 0)00" "$A4" "$MA4" 12 \
		"010100002112a442$(printf '%024x' 0)" "$A4" "$MA4" 12 \
		16fefd0000000000000000000100 "$A4" "$MA4" 12 \
		'' "$A4" "$MA4" 7 '' "$A4" "$MA4" 7
	seen 14 0
	# in fragments: of each datagram the first, and once
	payload "$(printf '61%.0s' {1..3000})" "$A4" "$MA4" 7
	seen 21 0
	told ban list 'length == 0'
	a hping3 -2 -q -n -a "$X4" -p ++30200 -i u1000 -c 12 "$MA4" >/dev/null 2>&1
	told ban list 'length == 1 and .[0].why == "scan" and .[0].prefix == "'"$X4"'"'
	logged "$X4 is banned for 600 s for trying closed media ports"
	a ip addr add 192.0.2.77/24 dev a0
	a ip addr add 192.0.2.78/24 dev a0
	payload 61 "$X6" "$MA6" 12 61 192.0.2.77 "$MA4" 12
	a nmap -sU -Pn -n -e a0 -S 192.0.2.78 --max-retries 0 --host-timeout 20 -p 30300-30312 "$MA4" >/dev/null 2>&1
	told ban list 'length == 3 and any(.prefix == "'"$X6"'" and .why == "scan") and any(.prefix == "192.0.2.78" and .why == "scan")'
	told status '.bans.spared > 0 and .bans.scan == 3'
	sed -i 's/^bans:.*/bans: {scan: 0}/' "$W/rtplaned.yaml"
	ok "reload" m rtplane -s "$CTL" reload
	stats_become '.scan_ranges == 0'
}

# Ports that a tester serves are no closed ones, and those beside them are.
test_who_tries_what_a_tester_serves_is_no_scanner()
{
	local packets scans
	begin 'bans: {window: 60}' || return
	stats_become '.scan_ranges == 4'
	packets=$(stats_val .scan_packets) scans=$(stats_val .scans)
	# the program with all commands
	m "$TREE/build/rtplane" --json -s "$CTL" probe serve token "a token of the tests" for 10m ports 30000-30105 \
		sip off listen "$MA4" >"$W/serve.json" 2>"$W/serve.err" </dev/null 8>&- 9>&- &
	BG[serve]=$!
	wait_for 60 grep -q serving "$W/serve.json" || fail "nobody serves: $(cat "$W/serve.err")"
	holds serve '.opened == 0'
	payload 61 "$X4" "$MA4" 12	# ports 30100 to 30111
	seen $((packets + 6)) "$scans"
	stop serve
	logged 'the port tester has gone'
	payload 61 "$X4" "$MA4" 12
	told ban list 'length == 1 and .[0].why == "scan"'
}

# relayed N OPTIONS: so many packets of the caller's reach the callee by the module.
relayed()
{
	bg wire b sniff --dev b0 --port 6000 --expect "$1" --timeout 20000
	a rtp --on "$A4:7000" --to "$MA4:$port" --send "$1" --pps 0 >/dev/null
	finish wire
	holds wire ".received == $1" || fail "of $1 packets: $(cat "$W/wire.json")"
}
leg_counts() { leg_val "$MA4:$port" '[.rx_packets, (.drops // {} | add // 0)] | @csv'; }

# A stranger's packets reach the leg until he is banned, and none after that.
banned_before_the_hook()
{
	local before
	a rtp --on "$X4:7000" --to "$MA4:$port" --send 3 --pps 0 >/dev/null
	leg_becomes "$MA4:$port" '(.drops | add) >= 3'
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	wait_for 10 "$1" || fail "the set has no ban"
	before=$(leg_counts)
	a rtp --on "$X4:7000" --to "$MA4:$port" --send 5 --pps 0 >/dev/null
	wait_for 10 "$2" || fail "no rule has dropped what came from who is banned"
	is "what the leg has counted" "$(leg_counts)" "$before"
	relayed 5
}
in_ours() { nft_test "$(elements ban4) == 1"; }
by_ours() { has_hits bans_device0 '@ban4 ' 4; }

test_a_call_in_the_module_under_a_table()
{
	begin_table || return
	long_call || return
	is "legs" "$(leg_count)" 4
	nft_becomes "$(elements open4) == 4"
	port=$(long_call_port)
	relayed 5
	# a port that no call has
	a rtp --on "$A4:7000" --to "$MA4:30900" --send 3 --pps 0 >/dev/null
	wait_for 10 has_hits closed 'drop' 2 || fail "a media port that no call has is not closed"
	banned_before_the_hook in_ours by_ours
	others_are_untouched
}

# The agent ends in the middle of its batches: media goes on, and all is as it was said.
test_killed_in_the_middle_with_a_call()
{
	local i
	for i in {1..300}; do
		echo "ban add 10.1.$((i / 250)).$((i % 250 + 1)) for 1h"
	done >"$W/many"
	m rtplane -s "$CTL" -batch "$W/many" >/dev/null 2>&1 &
	BG[many]=$!
	nft_becomes "$(elements ban4) > 20"
	agent_stop KILL
	wait "${BG[many]}"
	unset "BG[many]"
	i=$(ours | jq ".nftables | $(elements ban4)")
	relayed 5
	agent_start --datapath "$BACKEND" || return
	told ban list "length == $i"
	nft_becomes "$(elements ban4) == $i and $(elements open4) == 4"
	relayed 5
	others_are_untouched
	stop long
	callee_stop
}

in_mine() { m nft -j list set inet mine rtplane_ban4 | jq -e '.nftables[] | select(.set) | .set.elem | length == 1'; }
by_mine() { m nft list chain inet mine early | grep -qE 'counter packets [5-9]'; }

test_a_call_in_the_module_under_sets_of_the_admin()
{
	agent_ends
	clear_bridges
	m nft delete table inet rtplane
	agent_config 'quarantine: 0' 'nftables: {mode: sets, table: mine}'
	m nft -f - <<-END || fail "the admin's table is not taken"
		table inet mine {
			include "$TREE/nft/rtplane-sets.nft"
			chain early {
				type filter hook ingress device ma priority -500;
				ip saddr @rtplane_ban4 counter drop
			}
			chain input {
				type filter hook input priority 0; policy drop;
				jump rtplane_media
				udp dport 5060 accept
			}
		}
	END
	agent_start --datapath "$BACKEND" || return
	long_call || return
	port=$(m nft -j list set inet mine rtplane_open4 | jq -r ".nftables[] | select(.set) | .set.elem[].concat | select(.[0] == \"$MA4\" and .[1] % 2 == 0) | .[1]")
	relayed 5
	banned_before_the_hook in_mine by_mine
	long_call_ends
	m nft -j list set inet mine rtplane_open4 | jq -e '.nftables[] | select(.set) | .set.elem // [] | length == 0' >/dev/null ||
		fail "the ports of a call that is over are open"
	agent_ends
	m nft delete table inet mine
	others_are_untouched
}

run_tests "$@"
