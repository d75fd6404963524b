// SPDX-License-Identifier: GPL-2.0
/* Session descriptions: what is read from them, and what they become. */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sdp/body.h"

#define HEAD	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define HERE	HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static struct sdp_body *parse(const char *text)
{
	char why[160];

	return sdp_body_parse(text, strlen(text), why);
}

static struct sdp_us us(uint16_t port)
{
	struct sdp_us u = { .id = 7, .version = 3 };

	dp_addr_parse_host("203.0.113.9", &u.address);
	u.local[0].port = port;
	u.local[0].rtcp = port ? port + 1 : 0;
	return u;
}

static char *rewritten(const char *text, uint16_t port)
{
	struct sdp_body *body = parse(text);
	struct sdp_us u = us(port);
	char *out;

	if (!body)
		return NULL;
	out = sdp_body_rewrite(body, &u);
	sdp_body_free(body);
	return out;
}

static bool is_addr(const struct dp_addr *addr, const char *want)
{
	char text[DP_ADDR_STRLEN];

	return !strcmp(dp_addr_str(addr, text, sizeof(text)), want);
}

static bool plain_audio(void)
{
	struct sdp_body *body = parse(HERE "m=audio 4000 RTP/AVP 0\r\n");

	KTAP_CHECK(body && body->n == 1);
	KTAP_CHECK(body->line[0].kind == SDP_AUDIO && body->line[0].rtp);
	KTAP_CHECK(body->line[0].relayable && !body->line[0].rejected);
	KTAP_CHECK(is_addr(&body->line[0].remote, "192.0.2.1:4000"));
	KTAP_CHECK(is_addr(&body->line[0].remote_rtcp, "192.0.2.1:4001"));
	sdp_body_free(body);
	return true;
}

static bool rtcp_attribute(void)
{
	struct sdp_body *body;

	body = parse(HERE "m=audio 4000 RTP/AVP 0\r\na=rtcp:5555 IN IP4 192.0.2.7\r\n");
	KTAP_CHECK(body);
	KTAP_CHECK(is_addr(&body->line[0].remote_rtcp, "192.0.2.7:5555"));
	sdp_body_free(body);
	body = parse(HERE "m=audio 4000 RTP/AVP 0\r\na=rtcp:5555\r\n");
	KTAP_CHECK(is_addr(&body->line[0].remote_rtcp, "192.0.2.1:5555"));
	sdp_body_free(body);
	body = parse(HERE "m=audio 4000 RTP/AVP 0\r\na=rtcp:99999\r\n");
	KTAP_CHECK(body && !body->line[0].relayable && body->line[0].why);
	sdp_body_free(body);
	return true;
}

static bool media_level_address(void)
{
	struct sdp_body *body;

	body = parse(HERE "m=audio 4000 RTP/AVP 0\r\n"
		     "m=video 4002 RTP/AVP 31\r\nc=IN IP6 2001:db8::5\r\n");
	KTAP_CHECK(body && body->n == 2);
	KTAP_CHECK(is_addr(&body->line[0].remote, "192.0.2.1:4000"));
	KTAP_CHECK(is_addr(&body->line[1].remote, "[2001:db8::5]:4002"));
	KTAP_CHECK(body->line[1].kind == SDP_VIDEO);
	sdp_body_free(body);
	return true;
}

static bool hold_by_address(void)
{
	struct sdp_body *body;
	char *text;

	body = parse(HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
	KTAP_CHECK(body && body->line[0].hold && body->line[0].relayable);
	KTAP_CHECK(!body->line[0].remote.family);
	sdp_body_free(body);
	text = rewritten(HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
			 30000);
	KTAP_CHECK(text && strstr(text, "c=IN IP4 0.0.0.0\r\n"));
	free(text);
	return true;
}

static bool not_relayed(void)
{
	static const char *const lines[] = {
		"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n",
		"m=audio 4000 RTP/SAVP 0\r\na=fingerprint:sha-1 00\r\n",
		"m=message 4000 TCP/MSRP *\r\n",
		"m=audio 4000/2 RTP/AVP 0\r\n",
		"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.1.1.1/127\r\n",
		"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example\r\n",
		"m=audio 65535 RTP/AVP 0\r\n",
	};
	struct sdp_body *body;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(text, HERE);
		strcat(text, lines[i]);
		body = parse(text);
		if (!body || body->line[0].relayable || !body->line[0].why) {
			printf("# relayed: %s", lines[i]);
			return false;
		}
		sdp_body_free(body);
	}
	return true;
}

static bool relayed(void)
{
	static const struct {
		const char *line;
		bool rtp;
	} lines[] = {
		{ "m=audio 4000 RTP/AVPF 0\r\n", true },
		{ "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n", true },
		{ "m=image 4000 udptl t38\r\n", false },
		{ "m=application 4000 UDP/BFCP *\r\n", false },
	};
	struct sdp_body *body;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(text, HERE);
		strcat(text, lines[i].line);
		body = parse(text);
		if (!body || !body->line[0].relayable ||
		    body->line[0].rtp != lines[i].rtp) {
			printf("# not relayed: %s", lines[i].line);
			return false;
		}
		sdp_body_free(body);
	}
	return true;
}

static bool garbage(void)
{
	static const char *const texts[] = {
		"hello", "v=1\r\n", "v=0\r\n", "m=audio 1 RTP/AVP 0\r\n",
		HEAD "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		HERE "m=audio\r\n", HERE "m=audio x RTP/AVP 0\r\n",
		HERE HERE "m=audio 4000 RTP/AVP 0\r\n",
		/* libsofia-sip's parser does not come back from these */
		HERE "m=image 4000 udptl (\r\n",
		HERE "m=message 4000 TCP/MSRP a:b\r\n",
		HERE "m=audio 4000 RT\xb7/AVP 0\r\n",
		HERE " m=audio 4000 RTP/AVP 0\r\n",
		HERE "m=audio 4000 RTP/AVP 0\r\nno line\r\n",
	};
	char nul[] = HERE "m=audio 4000 RTP/AVP 0\r\n";
	char why[160];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (sdp_body_parse(texts[i], strlen(texts[i]), why)) {
			printf("# taken: %s\n", texts[i]);
			return false;
		}
		KTAP_CHECK(*why);
	}
	nul[10] = '\0';
	KTAP_CHECK(!sdp_body_parse(nul, sizeof(nul) - 1, why));
	KTAP_CHECK(!sdp_body_parse(nul, 0, why));
	return true;
}

static bool too_many_lines(void)
{
	char text[4096] = HERE, why[160];
	size_t i;

	for (i = 0; i <= SDP_MEDIA_MAX; i++)
		strcat(text, "m=audio 4000 RTP/AVP 0\r\n");
	KTAP_CHECK(!sdp_body_parse(text, strlen(text), why));
	KTAP_CHECK(strstr(why, "16"));
	return true;
}

static bool our_addresses(void)
{
	char *text = rewritten(HERE "m=audio 4000 RTP/AVP 0 8\r\n"
			       "a=rtpmap:31 LPC\r\na=x-unknown:1\r\na=sendrecv\r\n",
			       30000);

	KTAP_CHECK(text);
	KTAP_CHECK(!strcmp(text, "v=0\r\no=- 7 3 IN IP4 203.0.113.9\r\ns=-\r\n"
			   "c=IN IP4 203.0.113.9\r\nt=0 0\r\n"
			   "m=audio 30000 RTP/AVP 0 8\r\na=rtpmap:31 LPC\r\n"
			   "a=x-unknown:1\r\na=sendrecv\r\na=rtcp:30001\r\n"));
	free(text);
	return true;
}

static bool line_we_reject(void)
{
	char *text = rewritten(HERE "m=audio 4000/2 RTP/AVP 0\r\n", 0);

	KTAP_CHECK(text && strstr(text, "m=audio 0 RTP/AVP 0\r\n"));
	KTAP_CHECK(!strstr(text, "a=rtcp"));
	free(text);
	return true;
}

static bool stripped(void)
{
	char *text = rewritten(HEAD "c=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE a b\n"
			       "a=group:LS a b\na=ice-lite\n"
			       "m=audio 4000 RTP/AVP 0\na=rtcp:4009\na=rtcp-mux\n"
			       "a=rtcp-fb:* nack\na=candidate:1 1 UDP 1 10.0.0.1 1 typ host\n"
			       "a=fingerprint:sha-1 00\na=setup:actpass\na=ICE-UFRAG:x\n"
			       "a=mid:a\n", 30000);

	KTAP_CHECK(text);
	KTAP_CHECK(!strstr(text, "BUNDLE") && strstr(text, "a=group:LS a b"));
	KTAP_CHECK(!strstr(text, "ice") && !strstr(text, "ICE"));
	KTAP_CHECK(!strstr(text, "4009") && !strstr(text, "rtcp-mux"));
	KTAP_CHECK(!strstr(text, "candidate") && !strstr(text, "fingerprint"));
	KTAP_CHECK(!strstr(text, "setup") && !strstr(text, "10.0.0.1"));
	KTAP_CHECK(strstr(text, "a=rtcp-fb:* nack\r\n"));
	KTAP_CHECK(strstr(text, "a=mid:a\r\na=rtcp:30001\r\n"));
	free(text);
	return true;
}

/* whatever is cut off or overwritten: it is read, or refused, and nothing more */
static bool mutilated(void)
{
	static const char whole[] = HERE "m=audio 4000 RTP/AVP 0\r\na=rtcp:1 IN IP4 192.0.2.7\r\n"
		"m=video 4002 RTP/SAVP 31\r\nc=IN IP6 ::1\r\n"
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20\r\n"
		"a=crypto:2 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw== WSH=64\r\n";
	char text[sizeof(whole)], why[160], *out;
	struct sdp_us u = us(30000);
	struct sdp_body *body;
	unsigned int seed = 1;
	size_t i, len;

	for (i = 0; i < 20000; i++) {
		memcpy(text, whole, sizeof(whole));
		len = i < sizeof(whole) ? i : sizeof(whole) - 1;
		text[rand_r(&seed) % sizeof(whole)] = rand_r(&seed);
		text[rand_r(&seed) % sizeof(whole)] = rand_r(&seed);
		body = sdp_body_parse(text, len, why);
		if (!body)
			continue;
		out = sdp_body_rewrite(body, &u);
		KTAP_CHECK(out);
		free(out);
		sdp_body_free(body);
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "plain audio", plain_audio },
		{ "a=rtcp", rtcp_attribute },
		{ "an address of its own for a media line", media_level_address },
		{ "hold by 0.0.0.0", hold_by_address },
		{ "what is not relayed", not_relayed },
		{ "what is relayed", relayed },
		{ "garbage is refused with a reason", garbage },
		{ "too many media lines are refused", too_many_lines },
		{ "our addresses, all else as it was", our_addresses },
		{ "a line that we reject has port 0", line_we_reject },
		{ "ICE, DTLS, BUNDLE and rtcp-mux are taken out", stripped },
		{ "mutilated descriptions", mutilated },
	};

	return KTAP_RUN(points);
}
