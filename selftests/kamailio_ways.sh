#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1 timeout=600
#
# Kamailio with its rtpengine module and two rtplaned (kamailio_lib.sh), by all ways that
# phones come: UDP, TCP, TLS and WebSocket; plain, with keys in the description (SDES) and
# by DTLS.  sipp, baresip and a browser (python3-websockets, aiortc) are others' programs;
# each call is heard by both of its ends.
#
#    a: access                   m: media host                  b: core
#   +---------------------+     +--------------------------+     +-----------------------+
#   | sipp; baresip;      |=====| kamailio: 5060, 5061 TLS |=====| sipp, baresip: UDP,   |
#   | browser: ws, wss    |     | 8088 ws, 8443 wss        |     | TCP 5060, TLS 5061    |
#   | 192.0.2.1           |     | rtplaned, twice          |     | 198.51.100.1          |
#   +---------------------+     +--------------------------+     +-----------------------+

export RTPLANE_BACKEND=uring STREAMS=1
# shellcheck source-path=SCRIPTDIR source=kamailio_lib.sh
. "$(dirname "$0")/kamailio_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"
need_aiortc
need baresip openssl python3

setup()
{
	topology && offload_off && certificate rsa:2048 && tone || return 1
	export A B M CA=$W/tls/cafile.pem
	head -c 80000 /dev/zero | tr '\0' '\325' >"$W/speech.ulaw"
	NODE_MORE=$(printf 'srtp: {policy: allow}\n    dtls: allow\n    mux: allow\n    ice: lite\n    bundle: accept')
	node_config 1 && node_config 2 && node_start 1 && node_start 2 && kamailio_start
}

# --- sipp by TCP ---

# The one by UDP is told to go on: the callee hangs up, or the caller.
test_sipp_calls_by_tcp()
{
	caller_does()
	{
		uac_invite "$(sdp_player)"
		may 100
		may 180
		recv 200
		uac ACK 1 '' '[routes]'
		play
		request BYE
		reply_in 200 OK
	}
	callee_does()
	{
		uas_invite
		reply_ok
		request ACK
		request MESSAGE
		uas BYE 7 '' '[routes]'
		recv 200
	}
	sipp_phone callee_does && SIPP_MORE='-t t1' dial caller_does && on_one && is_up || return
	talks
	go_on "$CALL" "$B" "$B4" 5060
	hung_up
	all_over
}

test_sipp_is_called_by_tcp()
{
	SIPP_MORE='-t t1' sipp_phone echoer && dial player 1700 && on_one && is_up || return
	talks
	go_on
	hung_up
	all_over
}

# --- baresip ---

# baresip_phone NAME TRANSPORT MEDIAENC [NUMBER]: who calls is in a, who answers by NUMBER in b
baresip_phone()
{
	local ip=$A4 dev=a0 ns=$A user=caller more
	more="answermode=manual;outbound=\"sip:$MA4:$([ "$2" = tls ] && echo 5061 || echo 5060);transport=$2\""
	[ "$1" = caller ] || ip=$B4 dev=b0 ns=$B user=${4:-} more=answermode=auto
	PHONE_MODULES=dtls_srtp PHONE_CONFIG="sip_certificate $W/tls/agent.pem
sip_cafile $W/tls/cafile.pem
sip_trans_def $2" phone "$1" "$ip" "$dev" "$ns" \
		"<sip:$user@$ip;transport=$2>;regint=0;$more${3:+;mediaenc=$3}"
}

# suites: what either side's media is protected by
suites() { ask call "$(call_id)" | jq -c '[.legs[] | select(.component == "rtp") | .srtp_received != null]'; }

# acks N: so many INVITEs of the call have been acknowledged
acks() { [ "$(grep -ac "ACK $(ask calls | jq -r '.[0].request') " "$W/kamailio.log")" = "$1" ]; }

# calls TRANSPORT MEDIAENC NUMBER TRANSPORT MEDIAENC: the caller's, the number that says what
# Kamailio makes of it, and the callee's
calls()
{
	one_call "$@"
	all_end KILL caller callee
	all_over
}

one_call()
{
	local before
	baresip_phone callee "$4" "$5" "$3" && baresip_phone caller "$1" "$2" && tell dial "sip:$3@$MA4" &&
		on_one && told calls '.[0].state == "up"' || return
	talks
	is "protected" "$(suites)" "[$([ -n "$2" ] && echo true || echo false),$([ -n "$5" ] && echo true || echo false)]"
	before=$(ask call "$(call_id)" | jq '[.legs[].local]')
	tell hold
	ok "held" wait_for 20 acks 2
	tell resume
	ok "resumed" wait_for 20 acks 3
	talks
	is "the ports after a hold" "$(ask call "$(call_id)" | jq '[.legs[].local]')" "$before"
	tell hangup
	ok "the caller hears" wait_for 60 loud caller
	ok "the callee hears" wait_for 60 loud callee
}

test_plain_by_tcp_to_sdes() { calls tcp '' 5900 udp srtp-mand; }
test_sdes_by_tls_to_plain() { calls tls srtp-mand 1900 udp ''; }
test_dtls_by_tls_to_plain_by_tcp() { calls tls dtls_srtp 1700 tcp ''; }
test_plain_to_dtls_by_tls() { calls udp '' 6800 tls dtls_srtp; }
test_sdes_by_tls_to_dtls_by_tls() { calls tls srtp-mand 6800 tls dtls_srtp; }
test_dtls_to_sdes_by_tcp() { calls udp dtls_srtp 5700 tcp srtp-mand; }

# --- a browser ---

# browser WORDS...: kamailio_ways.py in the background
browser()
{
	[ -p "$W/go" ] || mkfifo "$W/go"
	exec 5<>"$W/go"
	CTL=$W/node1.sock PYTHONPATH=$TREE/selftests PYTHONDONTWRITEBYTECODE=1 \
		$PYTHON "$TREE/selftests/kamailio_ways.py" "$@" >"$W/browser.out" 2>&1 <&5 8>&- 9>&- &
	BG[browser]=$!
}

# browser_ends: when it has been told to, well
browser_ends()
{
	local status
	echo >&5
	wait_for 60 has_ended "${BG[browser]}" || kill -KILL "${BG[browser]}"
	wait "${BG[browser]}"
	status=$?
	unset "BG[browser]"
	exec 5>&-
	is "the browser ends with" "$status $(grep -v registered "$W/browser.out" | tail -n 2)" "0 "
}

# by_browser NUMBER TLS: it calls, to the end
by_browser()
{
	browser calls "$1" "$2" && on_one && told calls '.[0].state == "up"' && talks
	browser_ends
}

test_a_browser_calls_sipp_by_ws()
{
	callee_does() { uas_invite; reply_ok; request ACK; uas_bye_answer; }
	sipp_phone callee_does && by_browser 1900 0
	all_over
}

test_a_browser_calls_sdes_by_wss()
{
	baresip_phone callee tls srtp-mand 5800 && by_browser 5800 1
	ok "the callee hears" wait_for 60 loud callee
	all_end KILL callee
	all_over
}

registered() { grep -q registered "$W/browser.out"; }

test_a_browser_is_called_by_wss()
{
	browser called 1
	wait_for 60 registered || fail "the browser does not register: $(tail -n 3 "$W/browser.out")"
	baresip_phone callee tcp '' 4900 && A=$B tell dial "sip:alice@$MB4;transport=tcp" &&
		on_one && told calls '.[0].state == "up"' && talks
	browser_ends
	ok "the phone hears" wait_for 60 loud callee
	all_end KILL callee
	all_over
}

# The end of all that setup began.
test_all_end()
{
	kamailio_stop
	node_stop 1
	node_stop 2
}

run_tests "$@"
