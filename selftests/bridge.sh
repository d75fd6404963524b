#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 backends=kernel,uring smp=2
#
# Bridges and legs as objects: created, changed, shown, removed, all of a
# message or nothing of it, and every refusal that the command line can cause
# (netlink.sh has those that only a broken program can cause).
#
#   a: a0 192.0.2.1 ==== ma [m: media host] mb ==== b0 198.51.100.1 :b
#                           LA 192.0.2.254:30000
#                           LB 198.51.100.254:30002

. "$(dirname "$0")/lib.sh"

setup() { topology && enrol; }

# unchanged CMD...: run it; the legs are as before.
legs_sum() { m rtplane --json leg show | jq -c 'sort_by(.local)' | md5sum; }

# no REGEX CMD...: refused, and nothing changed.
no()
{
	local before
	before=$(legs_sum)
	refused "$@"
	is "legs after the refusal" "$(legs_sum)" "$before"
}

test_add_show_delete()
{
	ok "add" bridge
	is "legs" "$(leg_count)" 2
	leg_holds "$LA" ".local == \"$LA\" and .remote == \"$RA\" and .peer == \"$LB\""
	leg_holds "$LB" ".local == \"$LB\" and .remote == \"$RB\" and .peer == \"$LA\""
	m rtplane leg show >"$W/text"
	ok "text names the leg" grep -qF "$LA" "$W/text"
	ok "delete by one leg" m rtplane bridge del local "$LB"
	is "legs" "$(leg_count)" 0
}

test_defaults()
{
	ok "add" bridge
	leg_holds "$LA" '.latch == "restricted" and .probation == 3 and .ssrc_guard and .state == "waiting"'
	leg_holds "$LA" '(.dscp_mode // "preserve") == "preserve" and (.accept // "rtp") == "rtp" and (.unknown // "pass") == "pass"'
	leg_holds "$LA" '(.early // false | . == false or . == 0 or . == "off") and .latched == null and (.prefix // 32) == 32'
	leg_holds "$LA" '.rx_packets == 0 and .tx_packets == 0 and .dropped == 0'
	clear_bridges
	ok "learn" m rtplane bridge add leg local "$LA" latch learn leg local "$LB" remote "$RB" latch off
	leg_holds "$LA" '.latch == "learn" and .probation == 3 and .remote == null'
	leg_holds "$LB" ".state == \"locked\" and .latched == \"$RB\""
	clear_bridges
}

test_every_word_is_kept()
{
	ok "add" m rtplane bridge add cookie 4711 \
		leg local "$LA" remote "$RA" latch restricted probation 5 prefix 24 early on \
			relatch 1500 dscp 46 accept any unknown drop pps 200 bps 640000 mark 7 oif ma silence 5000 \
		leg local "$LB" remote "$RB" tie "$LA" dscp preserve
	leg_holds "$LA" '.cookie == 4711 and .latch == "restricted" and .probation == 5 and .prefix == 24'
	leg_holds "$LA" '(.early | . == true or . == 1 or . == "on") and .relatch == 1500'
	leg_holds "$LA" '.dscp_mode == "set" and .dscp == 46 and .accept == "any" and .unknown == "drop"'
	leg_holds "$LA" '.pps == 200 and .bps == 640000 and .mark == 7 and .oif == "ma" and .silence == 5000'
	leg_holds "$LB" '.cookie == 4711 and .dscp_mode == "preserve"'
	leg_holds "$LB" ".tie == \"$LA\""
	clear_bridges
}

test_cookie_selects()
{
	local i
	for i in 1 2 3; do
		echo "bridge add cookie $((i % 2 + 1)) leg local $MA4:$((31000 + 2 * i)) remote $RA leg local $MB4:$((31000 + 2 * i)) remote $RB"
	done | m rtplane -batch -
	is "all legs" "$(leg_count)" 6
	is "legs of 1" "$(m rtplane --json leg show cookie 1 | jq length)" 2
	is "legs of 2" "$(m rtplane --json leg show cookie 2 | jq length)" 4
	is "legs of 3" "$(m rtplane --json leg show cookie 3 | jq length)" 0
	ok "delete 2" m rtplane bridge del cookie 2
	is "left" "$(m rtplane --json leg show | jq -c '[.[].cookie]')" "[1,1]"
	ok "delete all" m rtplane bridge del all
	is "left" "$(leg_count)" 0
}

test_both_families_and_mixed()
{
	ok "IPv6" m rtplane bridge add leg local "$LA6" remote "$RA6" leg local "$LB6" remote "$RB6"
	ok "mixed" m rtplane bridge add leg local "$LA" remote "$RA" leg local "[$MB6]:30004" remote "$RB6"
	is "legs" "$(leg_count)" 4
	leg_holds "$LA6" ".local == \"$LA6\" and .peer == \"$LB6\" and .prefix // 128 == 128"
	ok "same port, other address" m rtplane bridge add leg local 192.0.2.253:30000 remote "$RA" \
		leg local 192.0.2.253:30002 remote "$RB"
	clear_bridges
}

test_duplicate_local_address_is_refused()
{
	ok "add" bridge
	no 'local address is taken' bridge
	no 'local address is taken' m rtplane bridge add leg local "$MA4:30010" remote "$RA" leg local "$LB" remote "$RB"
	clear_bridges
	no 'different local addresses' m rtplane bridge add leg local "$LA" remote "$RA" leg local "$LA" remote "$RB"
}

test_a_message_is_all_or_nothing()
{
	ok "add" bridge
	no 'local address is taken' m rtplane bridge add leg local "$MA4:31000" remote "$RA" leg local "$MB4:31000" remote "$RB" \
		bridge leg local "$MA4:31002" remote "$RA" leg local "$MB4:31002" remote "$RB" \
		bridge leg local "$LA" remote "$RA" leg local "$MB4:31004" remote "$RB"
	no 'local address is taken' m rtplane bridge add leg local "$MA4:31002" remote "$RA" leg local "$MB4:31000" remote "$RB" \
		bridge leg local "$MA4:31004" remote "$RA" leg local "$MA4:31002" remote "$RB"
	ok "three at once" m rtplane bridge add \
		leg local "$MA4:31000" remote "$RA" leg local "$MB4:31000" remote "$RB" \
		bridge leg local "$MA4:31002" remote "$RA" leg local "$MB4:31002" remote "$RB" \
		bridge leg local "$MA4:31004" remote "$RA" leg local "$MB4:31004" remote "$RB"
	is "legs" "$(leg_count)" 8
	clear_bridges
}

test_remote_is_needed_unless_it_is_learned()
{
	no 'latch restricted needs a remote' m rtplane bridge add leg local "$LA" leg local "$LB" remote "$RB"
	no 'latch off needs a remote' m rtplane bridge add leg local "$LA" latch off leg local "$LB" remote "$RB"
	no 'early media needs a remote' m rtplane bridge add leg local "$LA" latch learn early on leg local "$LB" remote "$RB"
	is "legs" "$(leg_count)" 0
}

test_values_out_of_range_are_refused()
{
	# The command line or the kernel may be the one that says no.
	local words
	for words in "dscp 64" "prefix 33" "probation 33" "latch maybe" "accept some" \
		"unknown keep" "early perhaps" "oif nosuch0" "pps -1" "bps x" \
		"dscp map 1,2,3" "relatch soon"; do
		# shellcheck disable=SC2086
		if bridge $words >/dev/null 2>"$W/err"; then
			fail "'$words' was accepted"
		elif ! [ -s "$W/err" ]; then
			fail "'$words' was refused without a sentence"
		fi
		is "legs after '$words'" "$(leg_count)" 0
	done
}

test_addresses_that_cannot_be_are_refused()
{
	local bad
	for bad in 0.0.0.0:30000 224.0.0.1:30000 255.255.255.255:30000 "[::]:30000" \
		"[ff02::1]:30000" 192.0.2.254:0; do
		ok "local $bad" no_local "$bad"
	done
	for bad in 0.0.0.0:40000 224.0.0.1:40000 255.255.255.255:40000 192.0.2.1:0 "$RA6"; do
		ok "remote $bad" no_remote "$bad"
	done
	is "legs" "$(leg_count)" 0
}

no_local() { ! m rtplane bridge add leg local "$1" latch learn leg local "$LB" remote "$RB"; }
no_remote() { ! m rtplane bridge add leg local "$LA" remote "$1" leg local "$LB" remote "$RB"; }

test_what_is_not_there_cannot_be_changed()
{
	no 'no leg with this local address' m rtplane bridge del local "$LA"
	no 'no bridge with this cookie' m rtplane bridge del cookie 12345
	no 'no leg with this local address' m rtplane leg set local "$LA" dscp 46
	no 'no leg with this local address' m rtplane bridge set leg local "$LA" remote "$RA" leg local "$LB" remote "$RB"
	refused 'no leg with this local address' m rtplane leg show local "$LA"
}

test_changes_that_make_no_sense_are_refused()
{
	ok "add" bridge
	no 'tied to itself' m rtplane leg set local "$LA" tie "$LA"
	no "local address's family" m rtplane leg set local "$LA" proven "$RA6"
	no 'unlatch and proven exclude' m rtplane leg set local "$LA" unlatch proven "$RA"
	ok "off" m rtplane leg set local "$LA" latch off
	no 'nothing to unlatch' m rtplane leg set local "$LA" unlatch
	no 'only the remote can be proven' m rtplane leg set local "$LA" proven "$X4:40000"
	clear_bridges
	no 'link-local address needs a device' m rtplane bridge add leg local '[fe80::1]:30000' remote '[fe80::2]:40000' \
		leg local "$LB6" remote "$RB6"
}

test_leg_set()
{
	ok "add" bridge
	ok "set" m rtplane leg set local "$LA" dscp 46 pps 100 latch learn
	leg_holds "$LA" '.dscp == 46 and .pps == 100 and .latch == "learn"'
	ok "back" m rtplane leg set local "$LA" dscp preserve pps 0 latch restricted
	leg_holds "$LA" '.dscp_mode == "preserve" and (.pps // 0) == 0 and .latch == "restricted"'
	# of two limits each is changed by itself
	ok "packets" m rtplane leg set local "$LA" pps 100
	ok "bits" m rtplane leg set local "$LA" bps 64000
	leg_holds "$LA" '.pps == 100 and .bps == 64000'
	ok "packets" m rtplane leg set local "$LA" pps 200
	leg_holds "$LA" '.pps == 200 and .bps == 64000'
	leg_holds "$LB" ".remote == \"$RB\" and .peer == \"$LA\""
	clear_bridges
}

test_bridge_set_changes_and_counters_survive()
{
	ok "add" bridge latch off -- latch off
	bg callee b rtp --on "$RB" --expect 10
	a rtp --on "$RA" --to "$LA" --send 10 --pps 0 >/dev/null
	finish callee
	ok "set" m rtplane bridge set cookie 9 leg local "$LA" remote "$A4:40008" dscp 34 leg local "$LB" remote "$B4:50008"
	leg_holds "$LA" ".remote == \"$A4:40008\" and .dscp == 34 and .cookie == 9 and .rx_packets == 10 and .latch == \"off\""
	leg_holds "$LB" ".remote == \"$B4:50008\" and .tx_packets == 10 and .latched == \"$B4:50008\""
	clear_bridges
}

test_bridge_set_replaces_the_peer()
{
	ok "add" bridge latch off -- latch off
	relay 5
	leg_holds "$LB" '.tx_packets == 5'
	ok "replace" m rtplane bridge set leg local "$LA" leg local "$MB4:30010" remote "$B4:50010" latch off
	is "legs" "$(leg_count)" 2
	leg_holds "$LA" ".peer == \"$MB4:30010\" and .remote == \"$RA\""
	# What went to the old one is not the new one's.
	leg_holds "$MB4:30010" ".peer == \"$LA\" and .tx_packets == 0 and .tx_bytes == 0"
	refused 'no leg' m rtplane leg show local "$LB"
	bg callee b rtp --on "$B4:50010" --expect 10
	a rtp --on "$RA" --to "$LA" --send 10 --pps 0 >/dev/null
	finish callee
	holds callee ".received == 10 and .src == {\"$MB4:30010\": 10}"
	leg_holds "$MB4:30010" '.tx_packets == 10'
	clear_bridges
}

test_totals_remember_legs_that_are_gone()
{
	local rx tx refused
	rx=$(stats_val .rx_packets) tx=$(stats_val .tx_packets) refused=$(stats_val '.drops.refused // 0')
	ok "add" bridge latch off -- latch off
	relay 5
	a rtp --on "$X4:40000" --to "$LA" --send 3 --pps 0 >/dev/null
	leg_becomes "$LA" '.drops.refused == 3'
	clear_bridges
	stats_become ".legs == 0 and .rx_packets == $((rx + 5)) and .tx_packets == $((tx + 5)) and .drops.refused == $((refused + 3))"
}

test_events_of_a_new_peer_have_the_cookie()
{
	ok "add" m rtplane bridge add cookie 77 leg local "$LA" remote "$RA" latch off \
		leg local "$LB" remote "$RB" latch off
	monitor_start
	ok "replace" m rtplane bridge set leg local "$LA" \
		leg local "$MB4:30010" remote "$B4:50010" latch off
	event_comes ".event == \"latch\" and .local == \"$MB4:30010\""
	is "events with another cookie" "$(event_count '.cookie != 77')" 0
	monitor_stop
	clear_bridges
}

test_bridge_set_cannot_marry_strangers()
{
	ok "add" bridge
	ok "add" m rtplane bridge add leg local "$MA4:31000" remote "$RA" leg local "$MB4:31000" remote "$RB"
	no 'bridged to another leg' m rtplane bridge set leg local "$LA" leg local "$MB4:31000" remote "$RB"
	clear_bridges
}

test_bridge_set_is_all_or_nothing()
{
	ok "add" bridge
	no 'no leg with this local address' m rtplane bridge set leg local "$LA" dscp 46 leg local "$LB" dscp 46 \
		bridge leg local "$MA4:31000" dscp 46 leg local "$MB4:31000" dscp 46
	clear_bridges
}

test_missing_capability_is_refused()
{
	local low="setpriv --reuid 65534 --regid 65534 --clear-groups"
	needs admin || return
	ok "add" bridge
	no permitted m $low rtplane bridge add leg local "$MA4:31000" remote "$RA" leg local "$MB4:31000" remote "$RB"
	no permitted m $low rtplane bridge del all
	no permitted m $low rtplane bridge set leg local "$LA" dscp 46 leg local "$LB"
	no permitted m $low rtplane leg set local "$LA" dscp 46
	no permitted m setpriv --bounding-set -net_admin --inh-caps -net_admin rtplane bridge del all
	no permitted unshare -Urn rtplane bridge add leg local "$LA" remote "$RA" leg local "$LB" remote "$RB"
	no permitted m $low rtplane leg show
	no permitted m $low rtplane leg show local "$LA"
	no permitted m $low rtplane stats
	no permitted m $low rtplane dev show
	no permitted m $low rtplane natmap show
	no permitted m $low rtplane monitor count 1
	clear_bridges
}

test_usage_errors()
{
	misused m rtplane bridge add
	misused m rtplane bridge add leg local
	misused m rtplane bridge add leg local nonsense leg local "$LB"
	misused m rtplane bridge frobnicate
	misused m rtplane bridge add leg local "$LA" remote "$RA" colour blue leg local "$LB" remote "$RB"
	misused m rtplane nothing
	is "legs" "$(leg_count)" 0
}

test_batch_stops_at_the_first_refusal()
{
	printf 'bridge add leg local %s remote %s leg local %s remote %s\nleg set local %s dscp 46\nleg set local %s dscp 46\n' \
		"$LA" "$RA" "$LB" "$RB" "$MA4:39999" "$LA" >"$W/batch"
	refused 'batch:2: .*there is no leg' m rtplane -batch "$W/batch"
	leg_holds "$LA" '.dscp_mode == "preserve"'
	clear_bridges
}

run_tests "$@"
