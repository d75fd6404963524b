#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=300
#
# Phones that say their passwords to the agent itself (users): strict about nonces, counts
# and URIs, as agent_users.py plays them; and digest as others have written it: sipp,
# baresip, Kamailio's uac.  With the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| registrar,   |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | callee       |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"
export USERS=$W/users

# hash_of USER PASSWORD HASH
hash_of() { printf '%s' "$1:example.com:$2" | openssl dgst "-$3" -r | cut -d' ' -f1; }

# users HASH...: a file with alice and bob; HASH as openssl calls it.
users()
{
	local hash
	local -A words=([md5]=MD5 [sha256]=SHA-256 [sha512-256]=SHA-512-256)
	echo '# phones' >"$USERS"
	for hash; do
		echo "alice:example.com:${words[$hash]}:$(hash_of alice 'open sesame' "$hash")"
		echo "bob:example.com:${words[$hash]}:$(hash_of bob sesame "$hash")"
	done >>"$USERS"
}

# agent [NEXT-HOP-PORT]
agent()
{
	agent_ends
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' ACCESS_USERS=${WITH-$USERS} \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4\"}
  - {from: access, user-prefix: \"bob\", to: core, next-hop: \"sip:$B4\"}
  - {from: access, user-prefix: \"4\", to: core, next-hop: \"sip:$B4\"}" \
		agent_config 'quarantine: 0' "bans: {digest: ${GUESSES:-3}, window: 3600}"
	agent_start --datapath "$BACKEND"
}

# users_are NAME...: each by an agent of its own, with all algorithms.
users_are()
{
	local name
	for name; do
		users md5 sha256 sha512-256
		agent && acts agent_users "$name" || return
		no_calls
	done
}

test_each_algorithm() { users_are registers; }
test_a_count_is_good_once() { users_are once; }
test_strict() { GUESSES=0 users_are strict; }
test_calls_and_texts() { users_are invites; }
test_who_guesses_is_banned() { users_are guesses; }
test_who_guesses_behind_us_is_banned() { WITH='' users_are guesses_behind; }
test_another_password() { users_are reload; }
# --- digest that others wrote; who calls from 192.0.2.66 is no peer of ours ---

uac_message()
{
	cat <<-END
		<send><![CDATA[
		$1 ${5:-sip:4900@example.com} SIP/2.0
		Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
		From: <sip:bob@example.com>;tag=[call_number]
		To: <sip:4900@example.com>${4:-}
		Call-ID: [call_id]
		CSeq: $2
		Contact: <sip:bob@[local_ip]:[local_port]>
		Max-Forwards: 70
		$3
		]]></send>
	END
}

with_sdp()
{
	printf '%s\nContent-Type: application/sdp\nContent-Length: [len]\n\n%s' "$1" "$(sdp)"
}

# authorized_call PASSWORD STATUS: sipp is asked, and answers.
authorized_call()
{
	local auth="[authentication username=bob password=$1]"
	uac_message INVITE '1 INVITE' "$(with_sdp 'X-Try: 1')"
	echo '<recv response="401" auth="true"/>'
	uac_message ACK '1 ACK' 'Content-Length: 0' '[peer_tag_param]'
	uac_message INVITE '2 INVITE' "$(with_sdp "$auth")"
	echo '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
	echo "<recv response=\"$2\" rrs=\"true\" ${3:-}/>"
	uac_message ACK '2 ACK' 'Content-Length: 0' '[peer_tag_param]'
	[ "$2" = 200 ] || return 0
	uac_message BYE '3 BYE' 'Content-Length: 0' '[peer_tag_param]' '[next_url]'
	recv 200
}

# sipp_user ARGS...: of authorized_call, from the address of nobody.
sipp_user()
{
	scenario authorized_call "$@" | sed 's/^<!\[CDATA\[\t*//' >"$W/user.xml"
	A_PORT=5090 sipp_in "$A" "$MA4" -i "$X4" -p 5090 -sf "$W/user.xml" -m 1 -timeout 20 -auth_uri 4900@example.com -trace_err -error_file "$W/sipp.err" \
		>"$W/caller.out" 2>&1
}

test_sipp()
{
	users md5
	agent && callee -sn uas || return
	sipp_user sesame 200 || fail "sipp: $(head -c 600 "$W/sipp.err")"
	sipp_user wrong 401 'auth="true"' || fail "sipp, wrong: $(head -c 600 "$W/sipp.err")"
	callee_stop
	no_calls
}

# kamailio NAME NS LINE...: with these routes.
kamailio_in()
{
	local name=$1 ns=$2
	shift 2
	{
		cat <<-END
			#!KAMAILIO
			debug=2
			log_stderror=yes
			children=1
			disable_tcp=yes
			disable_core_dump=yes
			auto_aliases=no
			dns=no
			loadmodule "kex.so"
			loadmodule "tm.so"
			loadmodule "sl.so"
			loadmodule "rr.so"
			loadmodule "pv.so"
			loadmodule "xlog.so"
			loadmodule "siputils.so"
			loadmodule "textops.so"
			loadmodule "usrloc.so"
			loadmodule "registrar.so"
			loadmodule "uac.so"
			modparam("uac", "auth_username_avp", "\$avp(user)")
			modparam("uac", "auth_password_avp", "\$avp(password)")
			modparam("uac", "auth_realm_avp", "\$avp(realm)")
		END
		printf '%s\n' "$@"
	} >"$W/$name.cfg"
	nsenter --net="/run/netns/$ns" -- kamailio -DD -E -f "$W/$name.cfg" -P "$W/$name.pid" \
		-Y "$W" >"$W/$name.out" 2>&1 </dev/null &
	BG[$name]=$!
	wait_for 20 kamailio_is_up "$ns" || fail "kamailio: $(tail -n 3 "$W/$name.out")"
}

kamailio_is_up() { in_ns "$1" ss -Hlnu sport = :5060 | grep -q .; }

background_ends()
{
	local pid=${BG[$1]:-}
	[ -n "$pid" ] || return 0
	unset "BG[$1]"
	kill "$pid"
	wait "$pid" 2>/dev/null
	return 0
}

# a proxy that answers for its subscriber
test_kamailio_uac()
{
	users md5
	agent && callee -sn uas || return
	kamailio_in uac "$A" "listen=udp:$X4:5060" "
		request_route {
			if (is_method(\"ACK|BYE\") && loose_route()) { t_relay(); exit; }
			if (is_method(\"ACK\")) exit;
			record_route();
			\$du = \"sip:$MA4:5060\";
			t_on_failure(\"ASKED\");
			t_relay();
		}
		failure_route[ASKED] {
			if (t_check_status(\"401\")) {
				\$avp(user) = \"bob\";
				\$avp(password) = \"sesame\";
				\$avp(realm) = \"example.com\";
				if (uac_auth()) { xlog(\"L_NOTICE\", \"ANSWERED\\n\"); t_relay(); }
			}
		}"
	sipp_in "$A" "$X4:5060" -i "$A4" -p 5092 -sn uac -s 4900 -m 1 -timeout 20 \
		-key nothing x >"$W/caller.out" 2>&1 || true
	wait_for 10 grep -q ANSWERED "$W/uac.out" || fail "kamailio: $(tail -n 5 "$W/uac.out")"
	background_ends uac
	callee_stop
}

test_baresip()
{
	# of Debian 12 it gives up where anything but MD5 is offered
	users md5
	agent || return
	kamailio_in registrar "$B" "listen=udp:$B4:5060" '
		request_route {
			if (is_method("REGISTER")) { save("location"); exit; }
			sl_send_reply("404", "Not here");
		}'
	mkdir -p "$W/baresip"
	cat >"$W/baresip/config" <<-END
		poll_method epoll
		sip_listen $X4:5060
		net_interface a0
		module_path $MODULES
		module g711.so
		module_app account.so
		module_app menu.so
	END
	echo "<sip:bob@$MA4;transport=udp>;auth_user=bob;auth_pass=sesame;regint=600" \
		>"$W/baresip/accounts"
	: >"$W/baresip/contacts"
	nsenter --net="/run/netns/$A" -- baresip -f "$W/baresip" >"$W/baresip.out" 2>&1 \
		</dev/null 8>&- 9>&- &
	BG[baresip]=$!
	told bindings 'length == 1 and .[0].aor == "bob@192.0.2.254"' ||
		tail -n 5 "$W/baresip.out"
	background_ends baresip
	background_ends registrar
}

test_the_agent_ends() { agent_ends; return 0; }

# where Debian puts them depends on the architecture
MODULES=$(dirname "$(ls /usr/lib{,/*}/baresip/modules/account.so 2>/dev/null | head -n 1)")

setup()
{
	srtp_setup || return 1
	a ip address add 192.0.2.67/24 dev a0
}

need python3 openssl sipp kamailio baresip
run_tests "$@"
