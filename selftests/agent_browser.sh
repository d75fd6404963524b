#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring waits=1
#
# Browsers as they are: Chromium and Firefox, without a screen, show a page made of JsSIP, which
# registers by WebSocket over TLS at kamailio behind the agent, and talks with baresip,
# by DTLS-SRTP on one side and RTP on the other. What is asserted is what the browser
# counts. agent_browser.py has the page's server and the tests.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +-------------------------+
#   | the page and |=====| rtplaned                    |=====| kamailio: registrar     |
#   | its server   |     | wss 8443                    |     | baresip: SIP by UDP,    |
#   | 192.0.2.1    |     | 192.0.2.254  198.51.100.254 |     | RTP, 198.51.100.1       |
#   +--------------+     +-----------------------------+     +-------------------------+

export RTPLANE_BACKEND=uring
# a phone's account cannot have a space in it
PASSWORD=sesame PRESENCE=1
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=agent_ws_lib.sh
. "$(dirname "$0")/agent_ws_lib.sh"
# shellcheck source-path=SCRIPTDIR source=baresip_lib.sh
. "$(dirname "$0")/baresip_lib.sh"

need kamailio openssl ss baresip chromium firefox-esr
MODULES_JS=$("$TREE/scripts/jssip") || skip_all "JsSIP is not there"

page_is_up() { a ss -Hltn sport = :8000 | grep -q .; }

setup()
{
	export PASSWORD B4 EDGE=$MA4 BROWSER=$A4
	# Who calls is on one port for all, who is called has its own.
	SINGLE=30000 browser_setup "{transport: wss, port: 8443, certificates: $W/tls, origins: [\"http://127.0.0.1:8000\"]}" &&
		tone || return
	# Where a browser looks for the address by which it goes out.
	ip -n "$A" route add default via $MA4
	phone bob $B4:5070 b0 "$B" "<sip:bob@example.com>;outbound=\"sip:$B4:5060\";auth_pass=$PASSWORD;regint=600;answermode=auto" ||
		return
	nsenter --net="/run/netns/$A" -- python3 "$TREE/selftests/agent_browser.py" serve \
		"$MODULES_JS" >"$W/page.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[page]=$!
	wait_for 20 page_is_up
}

# spki: of our certificate, as Chromium wants it
spki()
{
	openssl x509 -in "$W/tls/cafile.pem" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64
}

# chromium_starts [OPTION...]
chromium_starts()
{
	nsenter --net="/run/netns/$A" -- chromium --headless --no-sandbox --disable-gpu \
		--disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-dev-shm-usage \
		--user-data-dir="$W/chromium" --use-fake-device-for-media-stream \
		--autoplay-policy=no-user-gesture-required "$@" \
		--ignore-certificate-errors-spki-list="$(spki)" http://127.0.0.1:8000/ \
		>"$W/browser.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[browser]=$!
}

# firefox_starts: its profile has an exception for our certificate. Fake microphones are a
# setting of its own, and so is who may listen to them.
firefox_starts()
{
	local print
	mkdir -p "$W/firefox"
	print=$(openssl x509 -in "$W/tls/cafile.pem" -noout -fingerprint -sha256)
	printf '%s:8443:\tOID.2.16.840.1.101.3.4.2.1\t%s\t\n' $MA4 "${print#*=}" \
		>"$W/firefox/cert_override.txt"
	sed 's/\(.*\) \(.*\)/user_pref("\1", \2);/' >"$W/firefox/user.js" <<-END
		app.normandy.enabled false
		browser.aboutwelcome.enabled false
		browser.safebrowsing.update.enabled false
		browser.shell.checkDefaultBrowser false
		datareporting.policy.dataSubmissionEnabled false
		extensions.update.enabled false
		media.autoplay.blocking_policy 0
		media.autoplay.default 0
		media.gmp-manager.updateEnabled false
		media.navigator.permission.disabled true
		media.navigator.streams.fake true
		network.captive-portal-service.enabled false
		network.connectivity-service.enabled false
		security.OCSP.enabled 0
		services.settings.server "http://127.0.0.1:9"
	END
	HOME=$W MOZ_CRASHREPORTER_DISABLE=1 nsenter --net="/run/netns/$A" -- firefox-esr \
		--headless --no-remote --profile "$W/firefox" http://127.0.0.1:8000/ \
		>"$W/browser.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[browser]=$!
}

browser()
{
	acts agent_browser "$1" || return
	no_calls
	no_keys
}

# It may not listen to a microphone, and has a sound of its own.
test_chromium_is_called() { chromium_starts; browser called; }
test_chromium_is_told_of_lamps() { browser lamps; }
test_chromium_loads_its_page_anew() { browser reloads; }

test_chromium_calls()
{
	all_end KILL browser
	chromium_starts --use-fake-ui-for-media-stream
	browser calls
	browser shares
}

test_firefox_is_called()
{
	all_end KILL browser
	firefox_starts
	browser called
}

test_firefox_calls() { browser calls; }

# The phone is agent_bundle.py's: what it hears of video it sends back.
test_chromium_calls_with_video()
{
	all_end KILL browser bob
	chromium_starts --use-fake-ui-for-media-stream
	PYTHON=/usr/bin/python3 browser video
}

test_the_agent_ends() { all_end KILL browser page bob; agent_ends; }

run_tests "$@"
