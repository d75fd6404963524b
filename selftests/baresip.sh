#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring
#
# A phone that others wrote: baresip, whose SRTP is its own, calls baresip through
# rtplaned. Both play a tone and record what they hear; a tap on either side tells
# by the length of each packet whether it is SRTP (20 ms of G.711 are 172 bytes as
# RTP, 176 or 182 with the tag of HMAC-SHA1, 188 with that of AES-GCM).
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | baresip,     |=====| rtplaned, either datapath   |=====| baresip,      |
#   | calls        |     | 192.0.2.254  198.51.100.254 |     | answers       |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"
# shellcheck source-path=SCRIPTDIR source=linphone_lib.sh
. "$(dirname "$0")/linphone_lib.sh"
need baresip linphonec tcpdump tshark python3

RTP=172 CM80=182 CM32=176 GCM=188

# account NAME IP MEDIAENC ANSWERMODE
account() { echo "<sip:$1@$2>;regint=0;answermode=$4${3:+;mediaenc=$3}"; }
answers() { phone callee "$B4" b0 "$B" "$(account 4900 "$B4" "$1" auto)"; }

phones()
{
	phone caller "$A4" a0 "$A" "$(account caller "$A4" "$1" manual)" && answers "$2"
}

phones_stop() { all_end KILL caller callee; }

call_is() { [ "$(ask calls | jq -r '.[0].state')" = "$1" ]; }
heard() { ask call "$ID" | jq -e "[.legs[] | select(.component == \"rtp\") | .rx_packets > $1] | all"; }

# tap NAME NS DEV: SIP, RTP and SRTP from now on, to $W/NAME.pcap.
tap()
{
	rm -f "$W/$1.tcpdump"
	nsenter --net="/run/netns/$2" -- tcpdump -i "$3" -U --immediate-mode -w "$W/$1.pcap" \
		'udp or tcp' 2>"$W/$1.tcpdump" </dev/null 8>&- 9>&- &
	BG[$1]=$!
	wait_for 120 grep -q 'listening on' "$W/$1.tcpdump" || fail "no tap on $3"
}

taps_stop() { all_end INT near far; }

# lengths NAME: which lengths of RTP's even ports were seen, both ways, RTCP left out.
lengths()
{
	tcpdump -nqr "$W/$1.pcap" 'udp and not port 5060' 2>/dev/null |
		awk '{ at = split($3, from, "."); to = split($5, dest, "."); len = $NF }
			/ UDP, length / && from[at] % 2 == 0 && dest[to] + 0 > 0 && (dest[to] + 0) % 2 == 0 && len > 142 { print len }' |
		sort -n | uniq | paste -sd' '
}

# opened NEAR FAR: what we sent there is the tone, where it is SRTP of that length: by the
# keys that we said, by none of the libraries that made it. Both at once: tshark takes its
# time to start.
opened()
{
	local name source open=()

	for name in near far; do
		source=$MA4
		[ $name = near ] || { source=$MB4; shift; }
		[ "$1" != $RTP ] || continue
		open+=("$name")
		python3 "$TREE/selftests/srtp_open.py" "$W/$name.pcap" "$source" >"$W/$name.json" 2>"$W/$name.err" &
		BG[open-$name]=$!
	done
	for name in "${open[@]}"; do
		wait "${BG[open-$name]}" || fail "srtp_open.py $name: $(tail -n 1 "$W/$name.err")"
		unset "BG[open-$name]"
		holds "$name" '.tried == 8 and .authentic == 8 and .peak > 8000'
	done
}

# all_in_one: no call is relayed beside the datapath that the agent was given.
all_in_one()
{
	is "calls beside the datapath" "$(grep -c 'relayed by the datapath' "$AGENT_LOG")" 0
}

# goes_through NEAR FAR: a call is placed; the lengths on either side are these,
# and both phones hear the tone.
goes_through()
{
	tap near "$A" a0
	tap far "$B" b0
	tell dial "sip:4900@$MA4"
	if ! wait_for 60 call_is up; then
		fail "no call: $(tail -n 3 "$W/caller.out" "$AGENT_LOG")"
		taps_stop
		phones_stop
		return 1
	fi
	ID=$(call_id)
	wait_for 60 heard 100 || fail "no media: $(ask why "$ID")"
	if [ -n "${DURING:-}" ]; then
		$DURING
	fi
	tell hangup
	no_calls
	# A phone that answered BYE may still be writing.
	ok "the caller hears" wait_for 60 loud caller
	ok "the callee hears" wait_for 60 loud callee
	phones_stop
	taps_stop
	is "lengths near" "$(lengths near)" "$1"
	is "lengths far" "$(lengths far)" "$2"
	opened "$1" "$2"
	all_in_one
	no_keys
}

setup() { srtp_setup && tone; }

test_SRTP_to_RTP()
{
	realms 'allow, suites: [AES_CM_128_HMAC_SHA1_80]' allow && phones srtp-mand '' || return
	goes_through $CM80 $RTP
}

test_RTP_to_SRTP()
{
	realms refuse 'require, suites: [AEAD_AES_256_GCM]' && phones '' srtp-mand || return
	goes_through $RTP $GCM
}

# rtcp_is AT_LEAST: of either phone that many reports came, and were authentic.
rtcp_is()
{
	ask call "$ID" | jq -e "[.legs[] | select(.component == \"rtcp\") | .rx_packets >= $1] | all"
}

# Reports come every 5 s: those that went on have to please the phones too.
reports_pass()
{
	wait_for 120 rtcp_is 1 || fail "no RTCP: $(ask call "$ID")"
	is "packets that do not authenticate" \
		"$(ask call "$ID" | jq '[.legs[].drops["srtp-auth"] // 0] | add')" 0
	is "what the phones cannot read" \
		"$(cat "$W/caller.out" "$W/callee.out" | grep -c 'failed to decrypt')" 0
}

test_SRTP_to_SRTP_by_other_suites()
{
	realms 'require, suites: [AES_CM_128_HMAC_SHA1_80]' 'require, suites: [AEAD_AES_128_GCM]' &&
		phones srtp-mand srtp-mand || return
	DURING=reports_pass goes_through $CM80 $GCM
}

# It knows no AES-256 in counter mode, and answers with what nobody offered.
test_an_answer_of_another_suite()
{
	realms refuse 'require, suites: [AES_256_CM_HMAC_SHA1_80]' && phones '' srtp-mand || return
	tell dial "sip:4900@$MA4"
	logged 'suite AES_CM_128_HMAC_SHA1_80; expected one of those offered'
	wait_for 60 grep -q 'session closed: 502' "$W/caller.out" ||
		fail "the caller saw no 502: $(tail -n 3 "$W/caller.out")"
	no_calls
	phones_stop
}

# A phone that may and one that wants neither: RTP/AVP with keys beside it.
test_SRTP_where_it_is_only_offered()
{
	realms allow 'allow, suites: [AES_CM_128_HMAC_SHA1_32]' && phones srtp srtp || return
	goes_through $CM80 $CM32
}

received() { ask call "$ID" | jq '[.legs[].rx_packets] | add'; }
more_than() { [ "$(received)" -gt "$1" ]; }
reinvited() { [ "$(grep -o 'got re-INVITE' "$W/callee.out" | wc -l)" = "$1" ]; }

hold_and_resume()
{
	tell hold
	wait_for 60 reinvited 1 || fail "nothing is held: $(tail -n 3 "$W/caller.out")"
	tell resume
	wait_for 60 reinvited 2 || fail "nothing is resumed: $(tail -n 3 "$W/caller.out")"
	wait_for 60 more_than $(($(received) + 200)) || fail "no media then: $(ask why "$ID")"
	is "packets that do not authenticate" \
		"$(ask call "$ID" | jq '[.legs[].drops["srtp-auth"] // 0] | add')" 0
}

test_hold_and_resume()
{
	realms 'allow, suites: [AES_CM_128_HMAC_SHA1_80]' refuse && phones srtp-mand '' || return
	DURING=hold_and_resume goes_through $CM80 $RTP
}

test_a_phone_that_the_policy_refuses()
{
	realms require allow && phones '' '' || return
	tell dial "sip:4900@$MA4"
	logged 'refused with 488.*requires SRTP'
	wait_for 60 grep -q 'session closed: 488' "$W/caller.out" ||
		fail "the phone saw no 488: $(tail -n 3 "$W/caller.out")"
	no_calls
	phones_stop
}

# linphone_calls SUITE NEAR FAR: as goes_through
linphone_calls()
{
	linphone caller "$A4" "$A" "media_encryption=srtp
media_encryption_mandatory=1
srtp_crypto_suites=$1" && answers srtp-mand || return
	tap near "$A" a0
	tap far "$B" b0
	echo "call sip:4900@$MA4" >&7
	wait_for 120 call_is up || fail "no call: $(tail -n 3 "$W/caller.out" "$AGENT_LOG")"
	ID=$(call_id)
	wait_for 120 heard 100 || fail "no media: $(ask why "$ID")"
	is "packets that do not authenticate" \
		"$(ask call "$ID" | jq '[.legs[].drops["srtp-auth"] // 0] | add')" 0
	echo terminate >&7
	no_calls
	ok "the callee hears" wait_for 60 loud callee
	ok "the caller hears" wait_for 60 loud caller
	linphone_ends
	phones_stop
	taps_stop
	is "lengths near" "$(lengths near)" "$2"
	is "lengths far" "$(lengths far)" "$3"
	opened "$2" "$3"
	all_in_one
	no_keys
}

test_linphone_calls()
{
	realms 'require, suites: [AES_CM_128_HMAC_SHA1_80]' 'require, suites: [AEAD_AES_128_GCM]' &&
		linphone_calls AES_CM_128_HMAC_SHA1_80 $CM80 $GCM
}

test_linphone_calls_by_AES_256()
{
	realms 'require, suites: [AES_256_CM_HMAC_SHA1_80]' 'require, suites: [AEAD_AES_256_GCM]' &&
		linphone_calls AES_256_CM_HMAC_SHA1_80 $CM80 $GCM
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
