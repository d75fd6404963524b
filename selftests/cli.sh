#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# The command line with the module: batches, many bridges in one message, what
# is printed, and who is named when the kernel refuses.  (bridge.sh and dev.sh
# test the module's objects, cli_words.sh the words.)
#
#   a: a0 192.0.2.1 ==== ma [m: media host] mb ==== b0 198.51.100.1 :b

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol; }

# bridges N FIRST: words of N bridges, from port FIRST on
bridges()
{
	local i
	for ((i = 0; i < $1; i++)); do
		[ "$i" = 0 ] || printf 'bridge '
		printf 'leg local %s:%d remote %s leg local %s:%d remote %s ' \
			"$MA4" $(($2 + 2 * i)) "$RA" "$MB4" $(($2 + 2 * i)) "$RB"
	done
}

test_512_bridges_in_one_message()
{
	{ printf 'bridge add '; bridges 512 20000; } >"$W/batch"
	ok "add" m rtplane -batch "$W/batch"
	is "legs" "$(leg_count)" 1024
	ok "delete" m rtplane bridge del all
	is "legs" "$(leg_count)" 0
}

test_one_taken_address_refuses_all_and_is_named()
{
	local taken=$MB4:$((20000 + 2 * 300))
	ok "add one" m rtplane bridge add leg local "$taken" remote "$RA" \
		leg local "$MA4:10000" remote "$RB"
	{ printf 'bridge add '; bridges 512 20000; } >"$W/batch"
	refused "^rtplane: $W/batch:1: leg $taken: the local address is taken" \
		m rtplane -batch "$W/batch"
	is "legs" "$(leg_count)" 2
	clear_bridges
}

test_the_kernel_names_the_word()
{
	ok "add" bridge
	refused "^rtplane: leg $LA probation: " m rtplane leg set local "$LA" probation 33
	refused "^rtplane: leg $LA prefix: " m rtplane leg set local "$LA" prefix 33
	refused "^rtplane: leg $LB: there is no leg|^rtplane: leg 192.0.2.254:9: there is no leg" \
		m rtplane leg show local "$MA4:9"
	can device && refused '^rtplane: device nosuch0: ' m rtplane dev add nosuch0
	refused '^rtplane: cookie 77: ' m rtplane bridge del cookie 77
	clear_bridges
}

test_batch_stops_or_goes_on()
{
	cat >"$W/batch" <<-END
		# two bridges and a wrong line between
		bridge add leg local $MA4:31000 remote $RA leg local $MB4:31000 remote $RB

		bridge del local $MA4:9
		bridge add leg local $MA4:31002 remote $RA leg local $MB4:31002 remote $RB
	END
	refused "^rtplane: $W/batch:4: leg $MA4:9: there is no leg" m rtplane -batch "$W/batch"
	is "legs" "$(leg_count)" 2
	clear_bridges
	refused "^rtplane: $W/batch:4: " m rtplane -force -batch "$W/batch"
	is "legs with -force" "$(leg_count)" 4
	clear_bridges
	ok "from stdin" m rtplane -batch - < <(grep -v "del" "$W/batch")
	is "legs from stdin" "$(leg_count)" 4
	clear_bridges
}

# What "leg show" prints in its second line are words of "leg set".
test_text_is_words()
{
	local words
	ok "add" bridge probation 4 relatch 700 dscp af41 pps 50 bps 64000 mark 0x10 oif ma \
		silence 900 unknown drop accept any early on
	words=$(m rtplane leg show local "$LA" | sed -n 2p)
	is "words" "${words#"${words%%[![:blank:]]*}"}" \
		"latch restricted prefix 32 probation 4 early on relatch 700 dscp 34 accept any unknown drop pps 50 bps 64000 mark 0x10 oif ma silence 900"
	# shellcheck disable=SC2086
	ok "the words again" m rtplane leg set local "$LA" $words
	is "the same" "$(m rtplane leg show local "$LA" | sed -n 2p)" "$words"
	clear_bridges
}

test_dscp_words()
{
	local map
	map=$(seq -s, 63 -1 0)
	ok "add" bridge dscp ef
	leg_holds "$LA" '.dscp_mode == "set" and .dscp == 46'
	ok "cs3" m rtplane leg set local "$LA" dscp CS3
	leg_holds "$LA" '.dscp == 24'
	ok "af41" m rtplane leg set local "$LA" dscp af41
	leg_holds "$LA" '.dscp == 34'
	ok "map" m rtplane leg set local "$LA" dscp map "$map"
	leg_holds "$LA" '.dscp_mode == "map" and .dscp_map[0] == 63 and .dscp_map[63] == 0 and .dscp == null'
	ok "preserve" m rtplane leg set local "$LA" dscp preserve
	leg_holds "$LA" '.dscp_mode == "preserve" and .dscp_map == null'
	clear_bridges
}

# 2^53 and above is no number for every reader of JSON.
test_large_cookies()
{
	local big=18446744073709551615
	ok "add" m rtplane bridge add cookie $big leg local "$LA" remote "$RA" \
		leg local "$LB" remote "$RB"
	is "as a string" "$(m rtplane --json leg show cookie $big | jq -c '[.[].cookie]')" \
		"[\"$big\",\"$big\"]"
	ok "text" grep -q "cookie $big\$" <(m rtplane leg show)
	ok "exact number" m rtplane bridge set cookie 9007199254740991 \
		leg local "$LA" leg local "$LB"
	is "as a number" "$(m rtplane --json leg show | grep -c '"cookie":9007199254740991,')" 1
	ok "none" m rtplane bridge set cookie 0 leg local "$LA" leg local "$LB"
	leg_holds "$LA" '.cookie == null'
	clear_bridges
}

test_monitor_counts_and_prints()
{
	monitor_start count 1
	ok "add" m rtplane bridge add cookie 5 leg local "$LA" latch learn remote "$RA" \
		leg local "$LB" remote "$RB" early on
	relay 5
	ok "the monitor ended by itself" wait_for 10 test ! -d "/proc/${BG[monitor]}"
	finish monitor
	is "events" "$(wc -l <"$W/events")" 1
	ok "JSON lines" jq -e ".local == \"$LA\" and .cookie == 5 and .time > 1000000000000000000" "$W/events"
	clear_bridges
}

test_monitor_text()
{
	m rtplane monitor >"$W/text" &
	BG["text"]=$!
	ok "subscribed" wait_for 10 monitor_subscribed text
	ok "add" m rtplane bridge add leg local "$LA" latch learn remote "$RA" \
		leg local "$LB" remote "$RB" early on
	relay 5
	ok "latch is told" wait_for 10 grep -qE \
		"^[0-9:]{8}\.[0-9]{6} latch local $LA new $RA reason first \(the first source" "$W/text"
	stop text
	clear_bridges
}

test_stats_add_up()
{
	local devs=0
	ok "add" bridge -- early on
	relay 20
	can device && devs=2
	is "stats" "$(m rtplane --json stats | jq -c '[.datapath, .devs, .legs, .dropped == ([.drops[]] | add // 0)]')" \
		"[\"$BACKEND\",$devs,2,true]"
	ok "text" grep -qE "^datapath $BACKEND devs $devs legs 2 natmaps 0$" <(m rtplane stats)
	clear_bridges
}

test_without_the_right_to()
{
	needs admin || return
	need capsh
	ok "add" bridge
	refused 'not permitted: the datapath is for who has CAP_NET_ADMIN' \
		m capsh --drop=cap_net_admin -- -c 'rtplane bridge del all'
	is "legs" "$(leg_count)" 2
	# addresses of calls are not everybody's to read
	refused 'not permitted: the datapath is for who has CAP_NET_ADMIN' \
		m capsh --drop=cap_net_admin -- -c 'rtplane leg show'
	clear_bridges
}

test_json_is_one_line()
{
	ok "add" bridge
	is "lines" "$(m rtplane --json leg show | wc -l)" 1
	is "empty list" "$(m rtplane --json leg show cookie 99)" "[]"
	clear_bridges
}

test_natmaps()
{
	needs natmap || return
	ok "add" m rtplane natmap add ext "$MA4" int "$B4" ports 30000-30999 \
		filter address dscp ef pps 10 bps 20
	ok "another range" m rtplane natmap add ext "$MA4" int "$B4" ports 31000-31999
	ok "IPv6, default range" m rtplane natmap add ext "$MA6" int "$B6" dscp preserve
	m rtplane --json natmap show ext "$MA4" ports 30000-30999 >"$W/natmap.json"
	holds natmap ".[0] | .ext == \"$MA4\" and .int == \"$B4\" and .port_lo == 30000 and .port_hi == 30999"
	holds natmap '.[0] | .filter == "address" and .dscp_mode == "set" and .dscp == 46 and .pps == 10 and .bps == 20'
	holds natmap '.[0] | .in_packets == 0 and .out_bytes == 0 and .hairpins == 0 and .icmp == 0 and .drops == {}'
	is "all" "$(m rtplane --json natmap show | jq length)" 3
	is "of the address" "$(m rtplane --json natmap show ext "$MA4" | jq length)" 2
	ok "text" grep -qxF "natmap ext $MA6 int $B6 ports 30000-33000 filter endpoint dscp preserve" \
		<(m rtplane natmap show)
	refused "^rtplane: natmap $MA4: " m rtplane natmap add ext "$MA4" int "$B4" ports 30500-31500
	refused "there is no natmap of $MB4" m rtplane natmap show ext "$MB4"
	refused "^rtplane: natmap $MB4: there is no natmap" m rtplane natmap del ext "$MB4"
	ok "delete a range" m rtplane natmap del ext "$MA4" ports 31000-31999
	ok "delete the default range" m rtplane natmap del ext "$MA6"
	ok "delete the last" m rtplane natmap del ext "$MA4" ports 30000-30999
	is "none" "$(m rtplane --json natmap show)" "[]"
}

run_tests "$@"
