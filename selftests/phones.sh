#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Softphones by ICE: baresip and linphone, each with an ICE, DTLS and SRTP of its own, call
# each other through rtplaned, by DTLS-SRTP or by keys in the description. Each plays a tone
# and records what it hears, and nothing is said against the call (rtplane why).
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | a phone      |=====| rtplaned                    |=====| another one   |
#   | calls        |     | 192.0.2.254  198.51.100.254 |     | answers       |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"
# shellcheck source-path=SCRIPTDIR source=linphone_lib.sh
. "$(dirname "$0")/linphone_lib.sh"
need baresip linphonec

setup() { srtp_setup && tone; }

# ice_realms ACCESS CORE: ICE of either side. Both have DTLS, keys in the description where a
# party wants them so, and RTCP on RTP's port.
ice_realms()
{
	agent_ends
	ACCESS_ICE=$1 CORE_ICE=$2 ACCESS_DTLS=allow CORE_DTLS=${FAR:-require} \
		ACCESS_MUX=allow CORE_MUX=allow CORE_SRTP=${FAR_SRTP:-} agent_config 'quarantine: 0'
	agent_start --datapath "$BACKEND"
}

# who calls is in a, who answers in b
baresip_phone()
{
	local ip=$A4 dev=a0 ns=$A user=caller answers=manual
	[ "$1" = caller ] || ip=$B4 dev=b0 ns=$B user=4900 answers=auto
	PHONE_MODULES="ice dtls_srtp" PHONE_CONFIG="rtcp_mux yes" phone "$1" "$ip" "$dev" "$ns" \
		"<sip:$user@$ip>;regint=0;answermode=$answers;mediaenc=$2;medianat=ice"
}

# It goes through a list of what may protect media; mandatory is what we have named.
linphone_phone()
{
	local ip=$A4 ns=$A answers=
	[ "$1" = caller ] || ip=$B4 ns=$B answers=-a
	LINPHONE=$answers linphone "$1" "$ip" "$ns" "media_encryption=$2
media_encryption_mandatory=1" "rtcp_mux=1
[net]
nat_policy_ref=ice
[nat_policy_0]
ref=ice
protocols=ice"
}

call_is() { [ "$(ask calls | jq -r '.[0].state')" = "$1" ]; }

# flows N: more than N packets of either party's, and a report of each
flows()
{
	ask call "$ID" | jq -e "([.legs[] | select(.component == \"rtp\") | .rx_packets > $1] | all) and
		([.legs[].rtcp_packets] | add) >= 1"
}

# nothing_else: what rtplane says of the call is what media is protected by, and that nothing
# was relayed before there were keys.
nothing_else()
{
	local other
	other=$(ask why "$ID" | jq -r '.why[].because' |
		grep -Ev 'is SRTP with|there were no keys by DTLS when they came|without a DSCP|packets came and|keys of the SRTP with .* in the clear')
	is "what is said against the call" "$other" ""
	is "packets that do not authenticate" \
		"$(ask call "$ID" | jq '[.legs[].drops["srtp-auth"] // 0] | add')" 0
}

# talk MUX MUX: both hear each other, with RTCP on RTP's port or not
talk()
{
	if ! wait_for 60 call_is up; then
		fail "no call: $(tail -n 3 "$W/caller.out" "$AGENT_LOG")"
		return 1
	fi
	ID=$(call_id)
	wait_for 60 flows 100 || fail "no media: $(ask why "$ID"), $(ask call "$ID")"
	nothing_else
	is "RTCP on RTP's port" "$(ask call "$ID" | jq -c '[.legs[] | select(.component == "rtp") | .rtcp_mux]')" "[$1,$2]"
	is "proven" "$(ask call "$ID" | jq -c '[.legs[] | select(.component == "rtp") | .latched] | all')" true
}

phones_end()
{
	linphone_ends
	all_end KILL caller callee
}

both_heard()
{
	no_calls
	ok "the caller hears" wait_for 60 loud caller
	ok "the callee hears" wait_for 60 loud callee
	no_keys
}

# baresip_calls MEDIAENC MEDIA_ENCRYPTION MUX MUX, linphone_calls the other way round: what
# the caller has and what the callee, and whether each has RTCP on RTP's port
baresip_calls()
{
	linphone_phone callee "$2" && baresip_phone caller "$1" &&
		tell dial "sip:4900@$MA4" && talk "$3" "$4" && tell hangup && both_heard
	phones_end
}

linphone_calls()
{
	baresip_phone callee "$2" && linphone_phone caller "$1" &&
		echo "call sip:4900@$MA4" >&7 && talk "$3" "$4" && echo terminate >&7 && both_heard
	phones_end
}

test_baresip_calls_and_we_are_full() { ice_realms full lite && baresip_calls dtls_srtp dtls true true; }
test_linphone_calls_and_we_are_lite() { ice_realms lite full && linphone_calls dtls dtls_srtp true true; }
test_keys_in_the_description_to_DTLS() { ice_realms full full && linphone_calls srtp dtls_srtp true true; }
test_DTLS_to_keys_in_the_description() { FAR=off FAR_SRTP='{policy: require, suites: [AES_CM_128_HMAC_SHA1_80]}' ice_realms lite lite && baresip_calls dtls_srtp srtp true true; }

test_the_agent_ends() { agent_ends; }

run_tests "$@"
