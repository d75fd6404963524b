# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# agent_ws_lib.sh - what the tests of browsers share, on top of agent_lib.sh: kamailio as
# registrar in namespace b, and a certificate for the agent's listener.

# what kamailio expects of everybody
PASSWORD=${PASSWORD:-open sesame}

# With PRESENCE it is a presence server as well: lamps, messages that wait, who is there. It
# says what its NOTIFYs are answered.
presence_modules()
{
	cp -r /usr/share/kamailio/dbtext/kamailio "$W/dbtext"
	cat <<-END
		loadmodule "xlog.so"
		loadmodule "db_text.so"
		loadmodule "presence.so"
		loadmodule "presence_xml.so"
		loadmodule "presence_mwi.so"
		loadmodule "presence_dialoginfo.so"
		modparam("presence|presence_xml", "db_url", "text://$W/dbtext")
		modparam("presence", "server_address", "sip:$B4:5060")
		modparam("presence", "subs_db_mode", 0)
		modparam("presence", "notifier_processes", 0)
		modparam("presence_xml", "force_active", 1)
		event_route[presence:notify-reply] {
		    xlog("L_NOTICE", "NOTIFIED \$subs(watcher_username) of \$subs(event): \$notify_reply(\$rs)\n");
		}
	END
}

presence_events()
{
	cat <<-END
		if (is_method("PUBLISH|SUBSCRIBE")) {
		    if (\$si == "$MB4" && !pv_auth_check("example.com", "$PASSWORD", "0", "0")) {
		        auth_challenge("example.com", "0");
		        exit;
		    }
		    t_newtran();
		    if (is_method("PUBLISH")) handle_publish();
		    else handle_subscribe();
		    xlog("L_NOTICE", "TAKEN \$rm of \$fU: \$hdr(Event), expires \$hdr(Expires)\n");
		    exit;
		}
	END
}

registrar_says() { grep -aqE "$1" "$W/kamailio.log"; }

registrar_config()
{
	cat >"$W/kamailio.cfg" <<-END
		#!KAMAILIO
		debug=2
		log_stderror=yes
		children=1
		disable_tcp=yes
		disable_core_dump=yes
		auto_aliases=no
		dns=no
		alias="example.com"
		listen=udp:$B4:5060
		loadmodule "tm.so"
		loadmodule "sl.so"
		loadmodule "rr.so"
		loadmodule "pv.so"
		loadmodule "maxfwd.so"
		loadmodule "textops.so"
		loadmodule "siputils.so"
		loadmodule "usrloc.so"
		loadmodule "registrar.so"
		loadmodule "auth.so"
		modparam("usrloc", "db_mode", 0)
		${PRESENCE:+$(presence_modules)}

		request_route {
		    if (is_method("CANCEL")) {
		        if (t_check_trans()) t_relay();
		        exit;
		    }
		    if (has_totag() && !is_method("SUBSCRIBE")) {
		        if (is_method("ACK") && t_check_trans()) t_relay();
		        exit;
		    }
		    t_check_trans();
		    ${PRESENCE:+$(presence_events)}
		    if (is_method("REGISTER")) {
		        if (!pv_auth_check("example.com", "$PASSWORD", "0", "0")) {
		            auth_challenge("example.com", "0");
		            exit;
		        }
		        if (!save("location")) sl_reply_error();
		        exit;
		    }
		    if (!lookup("location")) {
		        sl_send_reply("404", "Nobody");
		        exit;
		    }
		    if (!t_relay()) sl_reply_error();
		}
	END
}

registrar_is_up() { b ss -Hlun "sport = 5060" | grep -q "$B4"; }
registrar_is_gone() { ! kill -0 "$REGISTRAR" 2>/dev/null; }

registrar_start()
{
	registrar_config
	nsenter --net="/run/netns/$B" -- kamailio -DD -E -f "$W/kamailio.cfg" -Y "$W" -w "$W" \
		-P "$W/kamailio.pid" -m 32 -M 4 >"$W/kamailio.log" 2>&1 </dev/null 8>&- 9>&- &
	REGISTRAR=$!
	wait_for 20 registrar_is_up && return 0
	fail "kamailio does not come up: $(tail -3 "$W/kamailio.log")"
	return 1
}

# agent_lib.sh's cleanup, and kamailio's end before it.
eval "$(declare -f cleanup | sed '1s/cleanup/agent_cleanup/')"
cleanup()
{
	[ -z "${REGISTRAR:-}" ] || kill -TERM "$REGISTRAR" 2>/dev/null
	[ -z "${REGISTRAR:-}" ] || wait_for 20 registrar_is_gone
	agent_cleanup
}

# certificate [WORDS]: of openssl's, what key it has
certificate()
{
	local key=("$@")
	[ $# != 0 ] || key=(ec -pkeyopt ec_paramgen_curve:P-256)
	mkdir -p "$W/tls" && openssl req -x509 -newkey "${key[@]}" -nodes \
		-subj /CN=edge.example -addext subjectAltName=DNS:edge.example,IP:$MA4 -days 2 \
		-keyout "$W/tls/key" -out "$W/tls/cafile.pem" 2>/dev/null &&
		cat "$W/tls/cafile.pem" "$W/tls/key" >"$W/tls/agent.pem"
}

# browser_setup ACCESS-SIP [WORDS...]: rtplaned between browsers and the registrar
browser_setup()
{
	local sip=$1
	shift
	srtp_setup && certificate || return
	export CA=$W/tls/cafile.pem
	ACCESS_SIP=$sip ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' ACCESS_ICE=${ICE:-lite} \
	ACCESS_SINGLE=${SINGLE:-} ACCESS_DTLS=require ACCESS_MUX=require ACCESS_BUNDLE=accept CORE_SRTP='{policy: refuse}' \
	ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060${PRESENCE:+;lr}\"}" \
		agent_config 'quarantine: 0' "$@"
	registrar_start && agent_start --datapath "$BACKEND"
}

# The Python that has aiortc and websockets, or the end.
need_aiortc()
{
	PYTHON=/usr/bin/python3
	$PYTHON -c 'import aiortc, websockets' 2>/dev/null ||
		skip_all "python3-aiortc or python3-websockets is not there"
}
