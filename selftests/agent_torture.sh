#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring
#
# The torture messages of RFC 4475 and RFC 5118, byte for byte, and garbage: each
# is answered with the class that the RFC says (or with silence where nobody could
# be answered), and after all of them calls are served as before.
#
#    a: access                     m: media host                  b: core
#   +-----------------+     +-----------------------------+     +---------------+
#   | sipsend, sipp   |=====| rtplaned                    |=====| sipp, callee  |
#   | 192.0.2.1       |     | 192.0.2.254  198.51.100.254 |     | 198.51.100.1  |
#   +-----------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"

CORPORA=$TREE/selftests/corpora
N=0

setup()
{
	topology || return 1
	agent_config 'quarantine: 0'
	# their INVITEs and MESSAGEs go to a port where nobody listens: 503, and no call stays
	sed -i "s|user-suffix: \"00\", to: core, next-hop: \"sip:$B4:5060\"|to: core, next-hop: \"sip:$B4:5998\"|" "$W/rtplaned.yaml"
	agent_start
}

# What each is to be answered with; "-" is silence.
#   served: 405 501 for methods that a call agent does not serve, 200, 481, 503
#   (an INVITE or a MESSAGE that was fine and met nobody)
# Deviations, and why, stand beside.
EXPECTED='
wsinv 481            a To tag of no dialog of ours
intmeth 501            a method that nobody knows
esc01 503
escnull 405
esc02 501
lwsdisp 200
longreq 503
dblreq 405
semiuri 200
transports 200
mpart01 503
unreason -           a response to nothing
noreason -           a response to nothing
badinv01 400
clerr 400
ncl 400
scalar02 400
scalarlg -           a response to nothing
quotbal 400
ltgtruri 400
lwsruri 400
lwsstart 400
trws 400
escruri 400
baddate 503          an odd Date is nobody of our business
regbadct 400
badaspec 400
baddn 400
badvers 505
mismatch01 400
mismatch02 400
bigcode -            a response to nothing
badbranch 400        nothing behind the cookie: no transaction
insuf 400
unkscm 416
novelsc 416
unksm2 405
bext01 420
invut 415
regaut01 405
multi01 400
mcl01 400
bcast -              a response to nothing
zeromf 200           we are who it is for
cparam01 405
cparam02 405
regescrt 405
sdp01 503
inv2543 400          no Contact: nobody to talk to in the dialog
ipv6-good 405
ipv6-bad 400
port-ambiguous 405
port-unambiguous 405
via-received-param-with-delim 481
via-received-param-no-delim 200
ipv6-in-sdp 503
mult-ip-in-sdp 503
mult-ip-in-header 481
ipv4-mapped-ipv6 503
ipv6-bug-abnf-3-colons 200
ipv6-correct-abnf-2-colons 200
'

# send FILE: its final status, or "-".  By the transport of its first Via; those
# of TLS go by UDP.  Some share a branch: a number makes them transactions of
# their own, and so does another Call-ID.
send()
{
	local file=$1 proto=udp via out
	N=$((N + 1))
	LC_ALL=C sed -e "s/\(branch=z9hG4bKas3\)-111/\1-$N/" \
		-e "s/^\(Call-ID: \)\(.*@hlau_4100\)/\1$N-\2/" \
		-e 's|^\(Via: SIP/2.0/\)TLS|\1UDP|' <"$file" >"$W/message"
	via=$(LC_ALL=C grep -aim1 '^\(via\|v\)[ \t]*:' "$W/message")
	case $via in
	*[Tt][Cc][Pp]*) proto=tcp ;;
	esac
	out=$(a sipsend -t "${WAIT:-4000}" $proto $MA4 5060 "$W/message" 2>&1 | tail -1)
	echo "${out:--}" | cut -d' ' -f1
}

messages()
{
	local name want got file wait
	while read -r name want _; do
		[ -n "$name" ] || continue
		file=$CORPORA/$1/$name$2
		[ -f "$file" ] || continue
		SEEN=$((SEEN + 1))
		wait=4000
		[ "$want" != - ] || wait=300
		got=$(WAIT=$wait send "$file")
		N=$((N + 1))
		is "$name" "$got" "$want"
	done <<<"$EXPECTED"
}

test_every_message_of_rfc_4475()
{
	SEEN=0
	messages rfc4475 .dat
	is "messages" "$SEEN" "$(find "$CORPORA/rfc4475" -name '*.dat' | wc -l)"
	agent_is_gone && fail "the agent died"
}

test_every_message_of_rfc_5118()
{
	SEEN=0
	messages rfc5118 ''
	is "messages" "$SEEN" "$(find "$CORPORA/rfc5118" -type f | wc -l)"
	agent_is_gone && fail "the agent died"
}

test_a_wrong_version_with_an_address_to_answer_to()
{
	sed -e 's|SIP/7.0/UDP c.example.com|SIP/2.0/UDP 192.0.2.1:5060|' \
		<"$CORPORA/rfc4475/badvers.dat" >"$W/version"
	a bash -c "exec 3<>/dev/udp/$MA4/5060; cat '$W/version' >&3"
	is "status" "$(WAIT=4000 send "$W/version")" 505
	told status '.calls == 0'
}

# Truncated and altered at every place: not one may hurt.
test_pieces_of_messages()
{
	local i size
	size=$(stat -c %s "$CORPORA/rfc4475/wsinv.dat")
	for ((i = 1; i < size; i += 23)); do
		head -c $i "$CORPORA/rfc4475/wsinv.dat" >"$W/piece"
		a bash -c "cat '$W/piece' >/dev/udp/$MA4/5060"
	done
	for ((i = 0; i < 40; i++)); do
		head -c $((RANDOM % 1400 + 1)) /dev/urandom >"$W/piece"
		a bash -c "cat '$W/piece' >/dev/udp/$MA4/5060"
	done
	agent_is_gone && fail "the agent died"
	told status '.calls == 0'
}

test_calls_are_served_as_before()
{
	agent_config 'quarantine: 0'
	agent_restart
	local f
	for f in "$CORPORA"/rfc4475/*.dat; do
		a bash -c "cat '$f' >/dev/udp/$MA4/5060"
	done
	callee -sn uas
	CALLS=5 calls_go "after the torture" -sn uac -r 5
	callee_stop
	agent_is_gone && fail "the agent died"
	told status '.counters.answered == 5'
	agent_stop
	is "status" "$AGENT_STATUS" 0
}

need sipp sipsend rtplaned
run_tests "$@"
