#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Janus as a party of calls: WebRTC by libnice, OpenSSL and libsrtp, full and lite, with its
# candidates in the description or trickled, in a group (BUNDLE). agent_janus.py does its
# SIP, and has it say and hear RTP.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | janus calls, |=====| rtplaned                    |=====| or is called, |
#   | or RTP       |     | 192.0.2.254  198.51.100.254 |     | or RTP        |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

PYTHON=/usr/bin/python3
need janus ss
if ! $PYTHON -c 'import aioice' 2>/dev/null; then
	skip_all "python3-aioice is not there"
fi

PLUGINS=$(dirname "$(find /usr/lib -name 'libjanus_nosip.so*' 2>/dev/null | head -n 1)")/..

janus_is_up() { in_ns "$1" ss -Hltn sport = :8088 | grep -q .; }

# janus_starts NAMESPACE LITE TRICKLE: in that namespace, lite or full, trickling or not
janus_starts()
{
	mkdir -p "$W/janus"
	cat >"$W/janus/janus.jcfg" <<-END
		general: {
			configs_folder = "$W/janus"
			plugins_folder = "$PLUGINS/plugins"
			transports_folder = "$PLUGINS/transports"
			events_folder = "$W/janus"
			loggers_folder = "$W/janus"
			debug_level = 4
		}
		media: { rtp_port_range = "20000-20200" }
		nat: { ice_lite = $2, full_trickle = $3 }
		plugins: { disable = "$(others plugins nosip)" }
		transports: { disable = "$(others transports http)" }
	END
	cat >"$W/janus/janus.transport.http.jcfg" <<-END
		general: { json = "compact", base_path = "/janus", http = true, port = 8088, ip = "127.0.0.1" }
	END
	cat >"$W/janus/janus.plugin.nosip.jcfg" <<-END
		general: { local_ip = "127.0.0.1", rtp_port_range = "21000-21200" }
	END
	nsenter --net="/run/netns/$1" -- janus -F "$W/janus" -C "$W/janus/janus.jcfg" \
		>"$W/janus.out" 2>&1 </dev/null 8>&- 9>&- &
	BG[janus]=$!
	wait_for 60 janus_is_up "$1" && return 0
	fail "janus does not come up: $(tail -n 5 "$W/janus.out")"
	return 1
}

# others KIND NAME: all that there are of them but that
others()
{
	find "$PLUGINS/$1" -name 'libjanus_*.so' ! -name "libjanus_$2.so" -printf '%f,'
}

janus_ends()
{
	kill -KILL "${BG[janus]}"
	wait "${BG[janus]}" 2>/dev/null
	unset "BG[janus]"
}

# janus ACCESS CORE NAMESPACE LITE TRICKLE NAME: by an agent with ICE of these kinds, and DTLS
# where janus is
janus()
{
	local near=require far=off
	[ "$3" = "$A" ] || near=off far=require
	agent_ends
	ACCESS_ICE=$1 CORE_ICE=$2 ACCESS_DTLS=$near CORE_DTLS=$far ACCESS_MUX=$near CORE_MUX=$far \
	ACCESS_BUNDLE=accept agent_config 'quarantine: 0'
	if agent_start --datapath "$BACKEND" && janus_starts "$3" "$4" "$5"; then
		LITE=$4 acts agent_janus "$6" && no_calls && no_keys
		janus_ends
	fi
}

test_it_calls() { janus full off "$A" false false calls; }
test_it_calls_and_we_are_lite() { janus lite off "$A" false false calls; }
test_it_calls_and_is_lite() { janus full off "$A" true false calls; }
test_it_is_called() { janus off full "$B" false false is_called; }
test_it_is_called_and_is_lite() { janus off full "$B" true false is_called; }
test_it_trickles() { janus full off "$A" false true trickles; }

test_the_agent_ends() { agent_ends; }

run_tests "$@"
