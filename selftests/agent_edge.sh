#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# What the agent owes both its sides, as an edge: what passes, what is kept back, what
# does not hurt.  agent_edge.py plays both parties, with the user-space datapath on this
# host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller,      |=====| rtplaned --datapath uring   |=====| callee        |
#   | stranger .66 |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# edge NAME...: each by the agent that runs; it has no call left afterwards.
edge()
{
	local name
	for name; do
		acts agent_edge "$name" || return
		case $name in
		ringing_calls|transactions|overload|next_hop_calls|draining) ;;
		*) no_calls ;;
		esac
	done
}

begin()
{
	agent_ends
	agent_config 'quarantine: 0' "$@"
	agent_start --datapath "$BACKEND"
}

test_late_provisional_answers() { begin && edge late_provisional; }
test_reasons() { begin && edge reasons_pass own_reason; }
test_forks() { begin && edge forks many_forks; }
test_late_answers() { begin && edge answer_in_the_183 answer_after_the_bye; }
test_another_family() { begin && edge another_family; }
test_before_the_answer() { begin && edge early_requests a_bye_of_another_tag; }
test_extensions_and_methods() { begin && edge require_in_dialog allowed replaces; }
test_a_challenge() { begin && edge digest; }
test_bodies() { begin && edge multipart rejected_line quotes_in_a_warning; }
test_what_ends_no_call() { begin && edge a_digit_without_answer busy_next_hop; }
test_a_change_without_an_answer() { begin 'change-timeout: 1' && edge change_without_answer; }
test_a_session_that_nobody_refreshes() { begin && edge session_expires; }
test_texts_of_strangers() { begin && edge unreadable_texts; }
test_who_is_who() { begin && edge identities redirection random_ids; }
test_where_contacts_lead() { begin && edge confined; }
test_strangers()
{
	local ACCESS_ACL=$'{deny: [192.0.2.66], default: allow}\n    media-acl: {deny: [203.0.113.0/24]}'
	begin && edge strangers media_elsewhere || return
	log_has 'INVITE refused with 403: realm access: 192.0.2.66 is in acl deny 192.0.2.66' ||
		fail "the log does not name the entry"
	ask_test why 192.0.2.66 '.[] | select(.realm == "access") |
		.sip == "refused" and .acl == "192.0.2.66 is in acl deny 192.0.2.66" and
		.media == "allowed"' || fail "why says of the address: $(ask why 192.0.2.66)"
	ask_test why "$(sed -n 's/.*call=\([0-9]*\).*203.0.113.9.*/\1/p' "$AGENT_LOG" | head -n 1)" \
		'tostring | contains("203.0.113.9 is in media-acl deny 203.0.113.0/24")' ||
		fail "why does not say why the call was refused"
}
# sipvicious looks for hosts: does it find us?
svmap_finds()
{
	ip -n "$A" route replace "$MA4/32" dev a0 src 192.0.2.66
	a timeout 60 svmap -p 5060 -P 5099 "$MA4" >"$W/svmap" 2>&1
	ip -n "$A" route del "$MA4/32"
	grep -q "$MA4:5060" "$W/svmap"
}
test_scanners()
{
	local bans='bans: {denied: 0}' n
	ACCESS_ACL='{default: allow}' begin "$bans" || return
	svmap_finds && fail "svmap finds us: $(cat "$W/svmap")"
	told status '.counters.scanners > 0'
	# nor what is said wrongly
	n=$(ask status | jq .counters.scanners)
	printf '%s\r\n' 'OPTIONS sip:1@h SIP/2.0' 'Via: SIP/2.0/UDP h;branch=z9hG4bKw' 'From: <sip:1@h>;tag=1' 'To: <sip:1@h>' \
		'Call-ID: w' 'CSeq: 1 INVITE' 'User-Agent: sipcli' 'Content-Length: 0' '' >"$W/wrong"
	ip -n "$A" route replace "$MA4/32" dev a0 src 192.0.2.66
	a bash -c "cat '$W/wrong' >/dev/udp/$MA4/5060"
	ip -n "$A" route del "$MA4/32"
	told status ".counters.scanners > $n"
	ACCESS_ACL='{default: allow}' begin "$bans" 'scanners: [none]' || return
	svmap_finds || fail "svmap does not find whom it is to find: $(cat "$W/svmap")"
	told status '.counters.scanners == 0'
	ACCESS_ACL='{deny: [192.0.2.66]}' begin "$bans" 'scanners: [none]' || return
	svmap_finds || fail "svmap does not find who says 403: $(cat "$W/svmap")"
	ACCESS_ACL='{deny: [192.0.2.66], silent: yes}' begin "$bans" 'scanners: [none]' || return
	svmap_finds && fail "svmap finds us: $(cat "$W/svmap")"
	told status '.sip.gates | any(.realm == "access" and .denied > 0)'
}
test_caps_of_a_source()
{
	ACCESS_ACL=$'{allow: [192.0.2.0/24]}\n    per-source: {ringing: 2, connections: 2}' begin 'emergency: ["11200"]' &&
		edge connections ringing_calls
	agent_stop KILL
	ACCESS_ACL=$'{allow: [192.0.2.0/24]}\n    per-source: {ringing: 0, transactions: 3}' begin &&
		edge transactions
	agent_stop KILL
}
# it waits for its turn for as long as the test wants
test_overload()
{
	ACCESS_ACL=$'{allow: [192.0.2.66]}\n    per-source: {ringing: 0}' begin 'emergency: ["11200"]' &&
		edge overload && grep -q 'overload: SIP comes faster' "$AGENT_LOG" || fail "the log says nothing of overload"
	agent_stop KILL
}
test_a_next_hop_is_no_stranger()
{
	begin && edge next_hop_calls
	agent_stop KILL
}
test_a_crowd()
{
	local n
	for ((n = 100; n < 130; n++)); do
		echo "addr add 192.0.2.$n/24 dev a0"
	done | ip -n "$A" -batch -
	local ACCESS_ACL=$'{allow: [192.0.2.0/24, 192.0.2.66]}\n    per-source: {messages: 2}'
	begin && edge crowd && begin && edge named_peer
}
test_reload() { begin && edge reload reload_told listeners; }
test_keep_alives() { begin && edge keep_alives; }
test_draining()
{
	begin 'drain: 60' && edge draining || return
	wait_for 20 agent_is_gone || fail "the agent does not end"
	wait "$AGENT_PID"
	is "status" $? 0
	AGENT_PID=
}
test_the_agent_ends() { agent_ends; }

need svmap
run_tests "$@"
