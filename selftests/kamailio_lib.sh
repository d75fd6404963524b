# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# kamailio_lib.sh - Kamailio and its rtpengine module between two networks, which takes its
# media to one of two rtplaned, and sipp at either end; on top of agent_lib.sh.
#
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source this
# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/agent_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"
need kamailio kamcmd sipp rtplaned socat

declare -A NODE=()
N=1
C=0

# agent_lib.sh's cleanup, and before it the end of both, and of sipp, which goes on at SIGTERM.
eval "$(declare -f cleanup | sed '1s/cleanup/one_cleanup/')"
cleanup()
{
	local n
	for n in "${!NODE[@]}"; do
		kill -KILL "${NODE[$n]}" 2>/dev/null
	done
	phones_end
	one_cleanup
}

# --- the two rtplaned ---

# node_config N [KEY: VALUE...]; PORTS, NODE_MORE (lines): of each realm.
node_config()
{
	local n=$1 ports=${PORTS:-{low: 3${1}000, high: 3${1}999\}}
	shift
	{
		printf '%s\n' "control: $W/node$n.sock" 'quarantine: 0' 'drain: 300' "$@"
		cat <<-END
			ng: [{transport: udp, listen: "127.0.0.1:2222$n", allow: [127.0.0.1]}]
			realms:
			  - name: access
			    addresses: [{listen: $MA4}]
			    ports: $ports
			    latch: {nat: learn}
			    ${NODE_MORE:-}
			  - name: core
			    addresses: [{listen: $MB4}]
			    ports: $ports
			    latch: {nat: off}
			    ${NODE_MORE:-}
		END
	} >"$W/node$n.yaml"
}

node_is_up() { grep -q ' serves ' "$W/node$1.log"; }
node_is_gone() { ! kill -0 "${NODE[$1]}" 2>/dev/null; }

node_start()
{
	: >"$W/node$1.log"
	nsenter --net="/run/netns/$M" -- rtplaned --config "$W/node$1.yaml" --datapath uring \
		--datapath-socket "$W/datapath$1.sock" >>"$W/node$1.log" 2>&1 </dev/null 8>&- 9>&- &
	NODE[$1]=$!
	wait_for 20 node_is_up "$1" && return 0
	fail "rtplaned $1 does not come up: $(tail -3 "$W/node$1.log")"
	return 1
}

# node_ends N: it has been told to, or has nothing left to wait for.
node_ends()
{
	local pid=${NODE[$1]} status
	wait_for 20 node_is_gone "$1" || fail "rtplaned $1 does not end: $(tail -3 "$W/node$1.log")"
	wait "$pid"
	status=$?
	unset "NODE[$1]"
	is "rtplaned $1 ends with" "$status" 0
	if grep -qE 'Sanitizer|runtime error:' "$W/node$1.log"; then
		fail "$(grep -E -A 20 'Sanitizer|runtime error:' "$W/node$1.log")"
	fi
}

node_stop() { kill -TERM "${NODE[$1]}"; node_ends "$1"; }

# at N: from now on questions are for this one.
at() { N=$1 CTL=$W/node$1.sock AGENT_LOG=$W/node$1.log RTPLANE_DATAPATH=uring:$W/datapath$1.sock; }
export RTPLANE_DATAPATH

# idle N: no call, leg or port is left there.
idle() { at "$1"; nothing_left; told status '.ng.calls == 0'; }

# --- the proxy ---

MEDIA='trust-address replace-origin replace-session-connection via-branch=auto-next'

# With STREAMS: TCP, TLS and WebSocket, of both kinds, and phones that register.
stream_listeners()
{
	if [ -z "${STREAMS:-}" ]; then
		echo 'disable_tcp=yes'
		return
	fi
	cat <<-END
		enable_tls=yes
		tcp_accept_no_cl=yes
		tcp_children=2
		listen=tcp:$MA4:5060
		listen=tls:$MA4:5061
		listen=tcp:$MA4:8088
		listen=tls:$MA4:8443
		listen=tcp:$MB4:5060
		listen=tls:$MB4:5061
		alias="example.com"
	END
}

stream_modules()
{
	[ -n "${STREAMS:-}" ] || return 0
	cat <<-END
		loadmodule "tls.so"
		loadmodule "xhttp.so"
		loadmodule "websocket.so"
		loadmodule "nathelper.so"
		loadmodule "usrloc.so"
		loadmodule "registrar.so"
		modparam("tls", "tls_method", "TLSv1.2+")
		modparam("tls", "certificate", "$W/tls/cafile.pem")
		modparam("tls", "private_key", "$W/tls/key")
		modparam("tls", "ca_list", "$W/tls/cafile.pem")
		modparam("usrloc", "db_mode", 0)
		modparam("nathelper|registrar", "received_avp", "\$avp(received)")
		event_route[xhttp:request] {
		    if (!ws_handle_handshake()) xhttp_reply("403", "Forbidden", "", "");
		    exit;
		}
	END
}

# The usual script of a proxy between two networks.  Whoever comes by WebSocket is a browser
# (flag 1), and so is who is reached by it: it gets what browsers want, and all others what
# the first digit of their number says.  The second one says by which transport.
kamailio_config()
{
	cat >"$W/kamailio.cfg" <<-END
		#!KAMAILIO
		${STREAMS:+#!define STREAMS}
		debug=2
		log_stderror=yes
		children=2
		disable_core_dump=yes
		auto_aliases=no
		dns=no
		mhomed=yes
		listen=udp:$MA4:5060
		listen=udp:$MB4:5060
		$(stream_listeners)
		loadmodule "kex.so"
		loadmodule "corex.so"
		loadmodule "tm.so"
		loadmodule "tmx.so"
		loadmodule "sl.so"
		loadmodule "rr.so"
		loadmodule "pv.so"
		loadmodule "maxfwd.so"
		loadmodule "textops.so"
		loadmodule "siputils.so"
		loadmodule "xlog.so"
		loadmodule "ctl.so"
		loadmodule "rtpengine.so"
		$(stream_modules)
		modparam("tm", "fr_timer", 60000)
		modparam("tm", "retr_timer1", 60000)	# sipp as callee wants no INVITE twice
		modparam("tm", "retr_timer2", 60000)
		modparam("ctl", "binrpc", "unixs:$W/kamailio.sock")
		modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:22221 udp:127.0.0.1:22222")
		modparam("rtpengine", "mos_average_pv", "\$avp(mos)")
		modparam("rtpengine", "mos_average_samples_pv", "\$avp(samples)")

		request_route {
		    if (!mf_process_maxfwd_header("10")) {
		        sl_send_reply("483", "Too Many Hops");
		        exit;
		    }
		    if (\$proto =~ "^ws") setflag(1);
		    if (is_method("CANCEL")) {
		        if (t_check_trans()) t_relay();
		        exit;
		    }
		#!ifdef STREAMS
		    if (is_method("REGISTER")) {
		        fix_nated_register();
		        if (!save("location")) sl_reply_error();
		        exit;
		    }
		    if (\$proto != "udp") add_contact_alias();
		#!endif
		    if (has_totag()) {
		        if (loose_route()) {
		#!ifdef STREAMS
		            handle_ruri_alias();
		#!endif
		            route(RELAY);
		        }
		        else if (is_method("ACK") && t_check_trans()) t_relay();
		        else sl_send_reply("404", "Not Here");
		        exit;
		    }
		    t_check_trans();
		    if (!is_method("INVITE")) {
		        sl_send_reply("405", "Method Not Allowed");
		        exit;
		    }
		    record_route();
		#!ifdef STREAMS
		    if (lookup("location")) route(RELAY);
		#!endif
		    \$var(number) = \$rU;
		    \$ru = "sip:" + \$var(number) + "@$B4:5060";
		    if (\$rU =~ "^2") append_branch("sip:other@$B4:5070");
		    if (\$rU =~ "^3") \$rp = 5070;
		#!ifdef STREAMS
		    if (\$rU =~ "^.7") {
		        \$ru = "sip:" + \$var(number) + "@$B4:5060;transport=tcp";
		        \$fs = "tcp:$MB4:5060";
		    } else if (\$rU =~ "^.8") {
		        \$ru = "sip:" + \$var(number) + "@$B4:5061;transport=tls";
		        \$fs = "tls:$MB4:5061";
		    }
		#!endif
		    route(RELAY);
		}
		route[RELAY] {
		    if (is_method("BYE")) {
		        xlog("L_NOTICE", "MEDIA \$ci: \$rtpstat\n");
		        rtpengine_delete("delete-delay=0");
		        xlog("L_NOTICE", "MOS \$ci: \$avp(mos) of \$avp(samples)\n");
		    } else if (is_method("ACK")) {
		        if (has_body("application/sdp")) route(MEDIA);
		    } else if (is_method("INVITE")) {
		        t_on_branch("BRANCH");
		        t_on_reply("REPLY");
		        t_on_failure("FAILURE");
		    }
		    if (!t_relay()) sl_reply_error();
		    if (is_method("ACK")) xlog("L_NOTICE", "ACK \$ci \$cs\n");
		    exit;
		}
		# the party that gets the description is a browser, or a phone
		route[MEDIA] {
		    \$var(browser) = 0;
		    if (is_request()) {
		        if (\$dP =~ "^[wW][sS]") \$var(browser) = 1;
		    } else if (isflagset(1)) \$var(browser) = 1;
		    if (\$var(browser)) \$var(media) = "UDP/TLS/RTP/SAVPF ICE=force SDES-off rtcp-mux-require generate-mid";
		    else if (\$rU =~ "^5") \$var(media) = "RTP/SAVP ICE=remove rtcp-mux-demux DTLS=off";
		    else if (\$rU =~ "^6") \$var(media) = "UDP/TLS/RTP/SAVP ICE=remove rtcp-mux-demux SDES-off";
		    else if (\$rU =~ "^4") \$var(media) = "ICE=remove codec-strip-PCMA codec-mask-G729";
		    else if (\$si == "$B4") \$var(media) = "ICE=remove";
		    else \$var(media) = "RTP/AVP ICE=remove rtcp-mux-demux";
		    if (\$si == "$B4") rtpengine_manage("$MEDIA \$var(media) direction=internal direction=external");
		    else rtpengine_manage("$MEDIA \$var(media) direction=external direction=internal");
		}
		branch_route[BRANCH] {
		    route(MEDIA);
		}
		onreply_route[REPLY] {
		#!ifdef STREAMS
		    if (\$proto != "udp") add_contact_alias();
		#!endif
		    if (has_body("application/sdp") || status =~ "[3-6][0-9][0-9]") route(MEDIA);
		}
		failure_route[FAILURE] {
		    rtpengine_delete("delete-delay=0");
		}
	END
}

kam() { m kamcmd -s "unixs:$W/kamailio.sock" "$@"; }

kamailio_is_up() { kam core.uptime && kam rtpengine.show all | grep -q 22222; }

kamailio_start()
{
	kamailio_config
	nsenter --net="/run/netns/$M" -- kamailio -DD -E -f "$W/kamailio.cfg" -Y "$W" -w "$W" \
		-P "$W/kamailio.pid" -m 64 -M 8 >"$W/kamailio.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[kamailio]=$!
	wait_for 20 kamailio_is_up && return 0
	fail "kamailio does not come up: $(grep -v NOTICE "$W/kamailio.log" | tail -5)"
	return 1
}

kamailio_stop()
{
	kill -TERM "${BG[kamailio]}"
	wait "${BG[kamailio]}" 2>/dev/null
	unset "BG[kamailio]"
}

proxy_says() { grep -aqE "$1" "$W/kamailio.log"; }

# acked CSEQ: the ACK of that is underway; who sent it or gets it takes what comes later for later.
acked()
{
	wait_for 20 proxy_says "ACK $CALL $1\$" && return 0
	fail "no ACK of $CALL's $1: $(tail -3 "$W/kamailio.log")"
	return 1
}

# --- the parties ---

# "m=audio [media_port]" but with the port of what sipp plays
sdp_player() { sdp "[media_ip]" "m=audio [rtpstream_audio_port] RTP/AVP 0" "a=rtpmap:0 PCMU/8000" "$@"; }
sdp_echo() { sdp "[media_ip]" "m=audio [media_port] RTP/AVP 0" "a=rtpmap:0 PCMU/8000" "$@"; }
play() { echo "<nop><action><exec rtp_stream=\"${1:-$W/speech.ulaw,-1,0}\"/></action></nop>"; }
reply_early() { reply 183 Progress "$(sdp_echo)" '[last_Record-Route:]'; }
reply_ok() { reply 200 OK "$(sdp_echo)" '[last_Record-Route:]'; }

# The caller plays until it is told to go on; CHANGE is what it does then, before BYE.
player()
{
	uac_invite "$(sdp_player)"
	may 100
	may 180
	may 183
	recv 200
	uac ACK 1 '' '[routes]'
	play
	request MESSAGE
	"${CHANGE:-:}"
	play pause
	uac BYE 9 '' '[routes]'
	recv 200
}

echoer() { uas_invite; reply 180 Ringing '' '[last_Record-Route:]'; reply_ok; request ACK; "${CHANGE:-:}"; uas_bye_answer; }

# dial SCENARIO [NUMBER]: a call that goes on in the background, with CALL as its Call-ID.
# CALLS: so many at once, from CALL-1 on; PORT: of the caller; SIPP_MORE: words of sipp's.
dial()
{
	C=$((C + 1)) CALL=call-$C@test
	local port=${PORT:-5060} cid=$CALL calls=${CALLS:-1}
	[ "$calls" = 1 ] || cid=call-$C-%u@test
	scenario "$1" >"$W/caller$port.xml" || return
	sipp_in "$A" "$MA4:5060" -i "$A4" -p "$port" -mi "$A4" -mp $((port + 1000)) \
		-s "${2:-1900}" -m "$calls" -l "$calls" -r 50 -cid_str "$cid" \
		-sf "$W/caller$port.xml" ${SIPP_MORE:-} >"$W/caller$port.out" 2>&1 &
	BG[caller$port]=$!
}

# sipp_phone SCENARIO [PORT]: it answers calls to B4 there, and echoes; SIPP_MORE: words of sipp's.
sipp_phone()
{
	local port=${2:-5060}
	scenario "$1" >"$W/callee$port.xml" || return
	sipp_in "$B" -i "$B4" -p "$port" -sf "$W/callee$port.xml" -rtp_echo -mi "$B4" \
		-mp $((port + 2000)) ${SIPP_MORE:-} >"$W/callee$port.out" 2>&1 &
	BG[callee$port]=$!
	wait_for 10 sipp_phone_is_up "$port" && return 0
	fail "a callee does not come up: $(tail -3 "$W/callee$port.out")"
	return 1
}
sipp_phone_is_up() { b ss -Hlnut sport = ":$1" | grep -q .; }

phones_end()
{
	local name
	for name in "${!BG[@]}"; do
		[[ $name = call* ]] || continue
		kill -KILL "$(tool_of "${BG[$name]}")" "${BG[$name]}" 2>/dev/null
		wait "${BG[$name]}" 2>/dev/null
		unset "BG[$name]"
	done
}

# go_on [CALL-ID [NS ADDRESS PORT]]: who has waited for this, the caller if nobody is named.
go_on()
{
	G=$((${G:-0} + 1))
	sed 's/$/\r/' <<-END | in_ns "${2:-$A}" socat -u - "UDP4:${3:-$A4}:${4:-${PORT:-5060}}"
		MESSAGE sip:you@test SIP/2.0
		Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-go-$G
		From: <sip:me@test>;tag=go
		To: <sip:you@test>;tag=on
		Call-ID: ${1:-$CALL}
		CSeq: $G MESSAGE
		Content-Length: 0

	END
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# hung_up: all calls of the caller at PORT ended well.
hung_up()
{
	local name=caller${PORT:-5060} status
	wait_for 60 has_ended "${BG[$name]}" || kill -KILL "$(tool_of "${BG[$name]}")"
	wait "${BG[$name]}"
	status=$?
	unset "BG[$name]"
	[ $status = 0 ] && return
	fail "the caller ends with $status: $(grep -a -m3 -iE 'abort|unexpected|error' "$W/$name.out"); $(grep -av NOTICE "$W/kamailio.log" | tail -3); $(tail -2 "$AGENT_LOG")"
	return 1
}

# --- what is to be seen ---

# Packets of the four ways of media: in and out, at either side.
counters()
{
	ask call "$(call_id)" | jq -c '[.legs[] | select(.component == "rtp") | .rx_packets, .tx_packets]'
}
have_grown() { jq -e --argjson a "$1" '[., $a] | transpose | length == 4 and all(.[0] > .[1] + 10)' <<<"$(counters)"; }

# talks: media flows from end to end and back again, now.
talks()
{
	local before
	before=$(counters)
	wait_for 20 have_grown "${before:-[]}" && return 0
	fail "media does not flow: $before, then $(counters); $(ask why "$(call_id)" | jq -c .why)"
	return 1
}

# with COUNT: which of the two has so many calls.
with()
{
	local n
	for n in 1 2; do
		at $n
		ask_test calls "length == $1" && return 0
	done
	return 1
}
on_one() { wait_for 20 with "${1:-1}" || fail "no rtplaned has the call: $(grep -av NOTICE "$W/kamailio.log" | tail -3)"; }
is_up() { told calls "[.[] | select(.request == \"$CALL\")][0].state == \"up\""; }

# all_over: nobody calls, and nothing is left at either.
all_over()
{
	local n
	phones_end
	for n in "${!NODE[@]}"; do
		idle "$n"
		is "words of the proxy that do nothing" "$(ask ng flags)" '[]'
	done
}
