// SPDX-License-Identifier: GPL-2.0
/*
 * Session descriptions: the model, and what is printed from it.  A model is
 * compared as a line of words for each media section; see tell().
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datapath/names.h"
#include "ktap.h"
#include "sdp/sdp.h"

#define HEAD	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define HERE	HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 4000 RTP/AVP 0\r\n"
#define KEY30	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY28	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define CM80	"AES_CM_128_HMAC_SHA1_80"
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct sdp_desc *parse(const char *text)
{
	char why[SDP_WHY_LEN];

	return sdp_desc_parse((struct span){ text, strlen(text) }, NULL, why);
}

static void tell_media(FILE *out, const struct sdp_media *m)
{
	static const char *const kinds[] = { "audio", "video", "other" };
	static const char *const ways[] = { "rtp", "datagrams", "unknown" };
	static const char *const dirs[] = { "?", "", " sendonly", " recvonly",
					    " inactive" };
	char text[DP_ADDR_STRLEN];

	fprintf(out, "%s %s", kinds[m->kind], ways[m->transport]);
	if (m->rejected) {
		fputs(" rejected\n", out);
		return;
	}
	fprintf(out, " %s", dp_addr_str(&m->remote, text, sizeof(text)));
	fprintf(out, " %s%s", dp_addr_str(&m->remote_rtcp, text, sizeof(text)),
		dirs[m->dir]);
	fprintf(out, "%s%s%s%s%s%s%s%s", m->savp ? " savp" : "",
		m->feedback ? " fb" : "", m->dtls ? " dtls" : "",
		m->conn.what == SDP_PLACE_NULL ? " hold" : "",
		m->rtcp_elsewhere ? " elsewhere" : "", m->mux ? " mux" : "",
		m->mux_only ? " only" : "", m->rtcp_why ? " no-rtcp" : "");
	if (m->n_crypto)
		fprintf(out, " keys %zu", m->n_crypto);
	if (m->crypto_why)
		fprintf(out, " (%s)", m->crypto_why);
	if (m->why)
		fprintf(out, ": %s", m->why);
	fputc('\n', out);
}

/* a model in words, to be freed */
static char *tell(const struct sdp_desc *desc)
{
	char *text = NULL;
	size_t i, len;
	FILE *out = open_memstream(&text, &len);

	for (i = 0; i < desc->n; i++)
		tell_media(out, &desc->media[i]);
	fclose(out);
	return text;
}

#define GOOD	"audio rtp 192.0.2.1:4000 192.0.2.1:4001"

static const struct {
	const char *name;
	const char *text;
	const char *says;
} models[] = {
	{ "plain", HERE AUDIO, GOOD "\n" },
	{ "LF only", "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n", GOOD "\n" },
	{ "CR only", "v=0\ro=- 1 1 IN IP4 192.0.2.1\rs=-\rc=IN IP4 192.0.2.1\rm=audio 4000 RTP/AVP 0\r", GOOD "\n" },
	{ "no end of the last line", HERE "m=audio 4000 RTP/AVP 0", GOOD "\n" },
	{ "blanks at ends of lines", "v=0 \r\no=- 1 1 IN IP4 192.0.2.1 \r\ns=- \r\nc=IN IP4 192.0.2.1 \t\r\nt=0 0 \r\nm=audio 4000 RTP/AVP 0  \r\n", GOOD "\n" },
	{ "several blanks between words", HERE "m=audio  4000  RTP/AVP  0 8\r\n", GOOD "\n" },
	{ "empty lines", "\r\n" HERE "\r\n\r\n" AUDIO "\r\n\r\n", GOOD "\n" },
	{ "no t=, no s=, no o=", "v=0\r\nc=IN IP4 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "o= without address", "v=0\r\no=alice 1 1\r\nc=IN IP4 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "o= of letters", "v=0\r\no=al ice x y IN IP6 192.0.2.1 z\r\nc=IN IP4 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "empty o= and s=", "v=0\r\no=\r\ns=\r\nc=IN IP4 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "a line that is none", HERE AUDIO "no line\r\n=\r\nA=x\r\n", GOOD "\n" },
	{ "a line with control characters", HERE AUDIO "a=x\x01y\r\na=rtcp:1\x7f\r\n", GOOD "\n" },
	{ "no media line", HERE, "" },

	{ "COUNT of ports", HERE "m=audio 4000/1 RTP/AVP 0\r\n", GOOD "\n" },
	{ "several ports", HERE "m=audio 4000/2 RTP/AVP 0\r\n", "audio rtp - -: more than one pair of ports\n" },
	{ "no port pair", HERE "m=audio 4000/0 RTP/AVP 0\r\n", "audio rtp - -: more than one pair of ports\n" },
	{ "port too big", HERE "m=audio 65536 RTP/AVP 0\r\n", "audio rtp - -: its port is above 65535\n" },
	{ "highest port", HERE "m=audio 65535 RTP/AVP 0\r\n", "audio rtp 192.0.2.1:65535 - no-rtcp\n" },
	{ "highest port, RTCP elsewhere", HERE "m=audio 65535 RTP/AVP 0\r\na=rtcp:7\r\n", "audio rtp 192.0.2.1:65535 192.0.2.1:7\n" },
	{ "no format", HERE "m=audio 4000 RTP/AVP\r\n", "audio rtp - -: it has no format\n" },
	{ "formats that nobody knows", HERE "m=audio 4000 RTP/AVP 255 * (x) a:b\r\n", GOOD "\n" },
	{ "profile of any characters", HERE "m=audio 4000 RTP//AVP 0\r\n", "audio unknown - -: its transport is not relayed\n" },
	{ "profile, 8 bit", HERE "m=audio 4000 RT\xb7/AVP 0\r\n", "audio unknown - -: its transport is not relayed\n" },

	/* RFC 3264 section 6: of a line with port 0 formats are ignored; field 12 */
	{ "rejected", HERE "m=video 0 RTP/AVP 31\r\n", "video rtp rejected\n" },
	{ "rejected, format 255", HERE AUDIO "m=video 0 RTP/AVP 255\r\n", GOOD "\nvideo rtp rejected\n" },
	{ "rejected, formats of any kind", HERE AUDIO "m=video 0 RTP/SAVP 96 255 *\r\n", GOOD "\nvideo rtp rejected\n" },
	{ "rejected, no format", HERE AUDIO "m=video 0 RTP/AVP\r\n", GOOD "\nvideo rtp rejected\n" },
	{ "rejected, without address", HEAD "m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n", "video rtp rejected\n" GOOD "\n" },
	{ "rejected, several ports", HERE "m=video 0/2 RTP/AVP 31\r\n", "video rtp rejected\n" },

	{ "feedback", HERE "m=audio 4000 RTP/AVPF 0\r\n", GOOD " fb\n" },
	{ "protected", HERE "m=audio 4000 RTP/SAVP 0\r\n", GOOD " savp\n" },
	{ "protected, feedback", HERE "m=audio 4000 rtp/savpf 0\r\n", GOOD " savp fb\n" },
	{ "DTLS", HERE "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n", GOOD " savp dtls\n" },
	{ "DTLS, feedback", HERE "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", GOOD " savp fb dtls\n" },
	{ "T.38", HERE "m=image 4000 udptl t38\r\n", "other datagrams 192.0.2.1:4000 -\n" },
	{ "T.38 and a=rtcp", HERE "m=image 4000 UDPTL t38\r\na=rtcp:99999\r\n", "other datagrams 192.0.2.1:4000 -\n" },
	{ "plain datagrams", HERE "m=application 4000 udp x\r\n", "other datagrams 192.0.2.1:4000 -\n" },
	{ "BFCP", HERE "m=application 4000 UDP/BFCP *\r\n", "other datagrams 192.0.2.1:4000 -\n" },
	{ "TCP", HERE "m=message 4000 TCP/MSRP *\r\n", "other unknown - -: its transport is not relayed\n" },
	{ "data channel", HERE "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", "other unknown - -: its transport is not relayed\n" },

	{ "address of its own", HERE AUDIO "m=video 4002 RTP/AVP 31\r\nc=IN IP6 2001:db8::5\r\n",
	  GOOD "\nvideo rtp [2001:db8::5]:4002 [2001:db8::5]:4003\n" },
	{ "the first of several c=", HERE AUDIO "c=IN IP4 192.0.2.7\r\nc=IN IP4 192.0.2.8\r\n", "audio rtp 192.0.2.7:4000 192.0.2.7:4001\n" },
	{ "the first of the session's c=", HEAD "c=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.2\r\n" AUDIO, GOOD "\n" },
	{ "IPv6 in brackets", HEAD "c=IN IP6 [2001:db8::5]\r\n" AUDIO, "audio rtp [2001:db8::5]:4000 [2001:db8::5]:4001\n" },
	{ "IPv4 that says IP6", HEAD "c=IN IP6 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "small letters", HEAD "c=in ip4 192.0.2.1\r\n" AUDIO, GOOD "\n" },
	{ "unicast with a TTL", HEAD "c=IN IP4 192.0.2.1/127\r\n" AUDIO, GOOD "\n" },
	{ "several addresses", HEAD "c=IN IP4 192.0.2.1/127/2\r\n" AUDIO, "audio rtp - -: its address is multicast\n" },
	{ "several addresses, IPv6", HEAD "c=IN IP6 2001:db8::5/2\r\n" AUDIO, "audio rtp - -: its address is multicast\n" },
	{ "multicast", HERE AUDIO "c=IN IP4 224.1.1.1/127\r\n", "audio rtp - -: its address is multicast\n" },
	{ "multicast, IPv6", HERE AUDIO "c=IN IP6 ff02::1\r\n", "audio rtp - -: its address is multicast\n" },
	{ "broadcast", HERE AUDIO "c=IN IP4 255.255.255.255\r\n", "audio rtp - -: its address is multicast\n" },
	{ "name", HERE AUDIO "c=IN IP4 host.example\r\n", "audio rtp - -: its address is not numeric\n" },
	{ "name with an underscore", HERE AUDIO "c=IN IP4 a_b.example\r\n", "audio rtp - -: its address is not numeric\n" },
	{ "wrong address", HERE AUDIO "c=IN IP4 300.1.1.1\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "wrong family", HERE AUDIO "c=IN IP5 192.0.2.1\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "wrong network", HERE AUDIO "c=ATM NSAP 47.0091\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "no network at all", HERE AUDIO "c=X IP4 192.0.2.1\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "a quote in it", HERE AUDIO "c=IN a\"b 1.1.1.1\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "more behind it", HERE AUDIO "c=IN IP4 192.0.2.1 x\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "empty address", HERE AUDIO "c=\r\n", "audio rtp - -: its address (c=) cannot be read\n" },
	{ "no address", HEAD "t=0 0\r\n" AUDIO, "audio rtp - -: it has no address (c=)\n" },

	/* field 02: every spelling of the null address is the same address */
	{ "hold", HEAD "c=IN IP4 0.0.0.0\r\n" AUDIO, "audio rtp - - hold\n" },
	{ "hold of a section", HERE AUDIO "c=IN IP4 0.0.0.0\r\n", "audio rtp - - hold\n" },
	{ "hold ::", HEAD "c=IN IP6 ::\r\n" AUDIO, "audio rtp - - hold\n" },
	{ "hold in full", HEAD "c=IN IP6 0:0:0:0:0:0:0:0\r\n" AUDIO, "audio rtp - - hold\n" },
	{ "hold ::0", HERE AUDIO "c=IN IP6 ::0\r\n", "audio rtp - - hold\n" },
	{ "hold 0::0", HEAD "c=IN IP6 0::0\r\n" AUDIO, "audio rtp - - hold\n" },
	{ "session's hold is not the section's", HEAD "c=IN IP4 0.0.0.0\r\n" AUDIO "c=IN IP4 192.0.2.1\r\n", GOOD "\n" },

	{ "RTCP", HERE AUDIO "a=rtcp:5555\r\n", "audio rtp 192.0.2.1:4000 192.0.2.1:5555\n" },
	{ "RTCP elsewhere", HERE AUDIO "a=rtcp:5555 IN IP4 192.0.2.7\r\n", "audio rtp 192.0.2.1:4000 192.0.2.7:5555 elsewhere\n" },
	{ "RTCP here", HERE AUDIO "a=RTCP: 5555 IN IP4 192.0.2.1\r\n", "audio rtp 192.0.2.1:4000 192.0.2.1:5555\n" },
	/* field 32: an unusable a=rtcp costs RTCP, not the media */
	{ "RTCP port too big", HERE AUDIO "a=rtcp:99999\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP port 0", HERE AUDIO "a=rtcp:0\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP port none", HERE AUDIO "a=rtcp\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP null", HERE AUDIO "a=rtcp:9 IN IP4 0.0.0.0\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP of a name", HERE AUDIO "a=rtcp:9 IN IP4 x.example\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP multicast", HERE AUDIO "a=rtcp:9 IN IP4 224.0.0.1\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP of another family", HERE AUDIO "a=rtcp:9 IN IP6 2001:db8::1\r\n", "audio rtp 192.0.2.1:4000 - no-rtcp\n" },
	{ "RTCP of the family that is told by the address", HEAD "c=IN IP6 192.0.2.1\r\n" AUDIO "a=rtcp:9 IN IP4 192.0.2.1\r\n",
	  "audio rtp 192.0.2.1:4000 192.0.2.1:9\n" },
	{ "RTCP on hold", HEAD "c=IN IP4 0.0.0.0\r\n" AUDIO "a=rtcp:9 IN IP4 192.0.2.1\r\n", "audio rtp - - hold\n" },
	{ "RTCP beside RTP", HERE AUDIO "a=rtcp-mux\r\na=rtcp-mux-only\r\n", GOOD " mux only\n" },

	{ "direction", HERE AUDIO "a=sendonly\r\n", GOOD " sendonly\n" },
	{ "direction of the session", HERE "a=recvonly\r\n" AUDIO, GOOD " recvonly\n" },
	{ "direction of its own", HERE "a=inactive\r\n" AUDIO "a=sendrecv\r\n", GOOD "\n" },
	{ "direction, capitals", HERE AUDIO "a=INACTIVE\r\n", GOOD " inactive\n" },

	{ "a key", HERE AUDIO "a=crypto:1 " CM80 " inline:" KEY30 "\r\n", GOOD " keys 1\n" },
	{ "a key with blanks around its name", HERE AUDIO "a= crypto :1 " CM80 " inline:" KEY30 "\r\n", GOOD " keys 1\n" },
	/* P27 */
	{ "a key with its identifier", HERE AUDIO "a=crypto:1 " CM80 " inline:" KEY30 "|2^31|1:1\r\n", GOOD " keys 1\n" },
	{ "keys, one unknown, one twice", HERE "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY30 "\r\n"
	  "a=crypto:2 AEAD_AES_128_GCM inline:" KEY28 "\r\na=crypto:2 " CM80 " inline:" KEY30 "\r\n"
	  "m=video 4000 RTP/AVPF 31\r\na=CRYPTO:7 " CM80 " inline:" KEY30 "\r\n",
	  GOOD " savp keys 1 (two a=crypto of one tag)\nvideo rtp 192.0.2.1:4000 192.0.2.1:4001 fb keys 1\n" },
	{ "a key of the session is nobody's", HERE "a=crypto:1 " CM80 " inline:" KEY30 "\r\n" AUDIO, GOOD "\n" },
};

static bool model(void)
{
	struct sdp_desc *desc;
	bool ok = true;
	char *text;
	size_t i;

	for (i = 0; i < COUNT(models); i++) {
		desc = parse(models[i].text);
		text = desc ? tell(desc) : strdup("refused");
		if (strcmp(text, models[i].says)) {
			printf("# %s: %s# expected: %s", models[i].name, text,
			       models[i].says);
			ok = false;
		}
		free(text);
		sdp_desc_free(desc);
	}
	return ok;
}

static const struct {
	const char *text;
	const char *says;
} refusals[] = {
	{ "hello", "v=0" },
	{ "v=1\r\n", "v=0" },
	{ "v=00\r\n", "v=0" },
	{ "\r\n", "v=0" },
	{ "m=audio 1 RTP/AVP 0\r\n", "v=0" },
	{ " v=0\r\n", "v=0" },
	{ HERE AUDIO HERE AUDIO, "line 7 begins another" },
	{ HERE "v=0\r\n", "another" },
	{ HERE "m=\r\n", "line 6 is no media line" },
	{ HERE "m=audio\r\n", "line 6" },
	{ HERE "m=audio 4000\r\n", "line 6" },
	{ HERE "m=audio x RTP/AVP 0\r\n", "line 6" },
	{ HERE "m=audio -1 RTP/AVP 0\r\n", "line 6" },
	{ HERE "m=audio 4000/ RTP/AVP 0\r\n", "line 6" },
	{ HERE "m=audio /2 RTP/AVP 0\r\n", "line 6" },
	{ HERE "m=audio 4294971296 RTP/AVP 0\r\n", "line 6" },
	/* K1: 300 MiB/s of memory by one datagram; P24: read one way, written another */
	{ HERE "m=audio 7000/2/3 RTP//AVP 0\r\n", "line 6" },
	{ HERE "m=udptl 1.2.3.4/127/3 128\r\n", "line 6" },
	{ HERE "m=aud:io 4000 RTP/AVP 0\r\n", "line 6" },
	{ HERE AUDIO "m=audio\t4000 RTP/AVP 0\r\n", "line 7" },
	{ HERE AUDIO "m=audio 4000 RTP/\tAVP 0\r\n", "line 7" },
	{ HERE AUDIO "m=audio 4000 RTP/AVP 0\x01\r\n", "line 7" },
};

static bool refused(void)
{
	char nul[] = HERE AUDIO "\0\0", why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	size_t i;

	for (i = 0; i < COUNT(refusals); i++) {
		desc = sdp_desc_parse((struct span){ refusals[i].text,
				      strlen(refusals[i].text) }, NULL, why);
		if (desc || !strstr(why, refusals[i].says)) {
			printf("# %zu: %s\n", i, desc ? "taken" : why);
			return false;
		}
	}
	/* some count the end of their string in */
	desc = sdp_desc_parse((struct span){ nul, sizeof(nul) }, NULL, why);
	KTAP_CHECK(desc && desc->n == 1);
	sdp_desc_free(desc);
	nul[10] = '\0';
	KTAP_CHECK(!sdp_desc_parse((struct span){ nul, sizeof(nul) }, NULL, why));
	KTAP_CHECK(strstr(why, "NUL"));
	KTAP_CHECK(!sdp_desc_parse((struct span){ nul, 0 }, NULL, why) && *why);
	KTAP_CHECK(!sdp_desc_parse((struct span){ "\0\0", 2 }, NULL, why));
	return true;
}

/* what is told of a description is told to people and logs */
static bool no_key_in_reasons(void)
{
	static const char *const texts[] = {
		HERE "m=audio 4000 " KEY30,
		HERE "m=" KEY30,
		HERE "m=audio inline:" KEY30 " RTP/AVP 0",
		HERE AUDIO "v=" KEY30,
		"v=" KEY30,
	};
	char why[SDP_WHY_LEN];
	size_t i;

	for (i = 0; i < COUNT(texts); i++) {
		struct span text = { texts[i], strlen(texts[i]) };
		struct sdp_desc *desc = sdp_desc_parse(text, NULL, why);

		KTAP_CHECK((desc && desc->n) || (!desc && *why));
		KTAP_CHECK(!strstr(why, "WVNf"));
		sdp_desc_free(desc);
	}
	return true;
}

static bool more_keys_than_anybody_needs(void)
{
	struct sdp_desc *desc;
	char *text = NULL;
	size_t i, len;
	FILE *out = open_memstream(&text, &len);

	fputs(HERE AUDIO, out);
	for (i = 0; i <= SDP_CRYPTO_MAX; i++)
		fprintf(out, "a=crypto:%zu " CM80 " inline:" KEY30 "\r\n", i);
	fclose(out);
	desc = parse(text);
	free(text);
	KTAP_CHECK(desc && desc->media[0].n_crypto == SDP_CRYPTO_MAX);
	KTAP_CHECK(strstr(desc->media[0].crypto_why, "too many"));
	sdp_desc_free(desc);
	return true;
}

/* text of so many media lines, attributes, or bytes of one attribute; to be freed */
static struct span made(size_t media, size_t attributes, size_t length)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	fputs(HERE, out);
	for (i = 0; i < media; i++)
		fputs(AUDIO, out);
	for (i = 0; i < attributes; i++)
		fputs("a=x:y\r\n", out);
	if (length)
		fprintf(out, "a=%0*d\r\n", (int)length - 2, 0);
	fclose(out);
	return (struct span){ text, len };
}

static bool within(struct span text, const struct sdp_limits *limits,
		   const char *says)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(text, limits, why);
	bool ok = says ? !desc && strstr(why, says) : !!desc;

	if (!ok)
		printf("# %s: %s\n", says ? says : "taken", desc ? "taken" : why);
	sdp_desc_free(desc);
	free((char *)text.p);
	return ok;
}

static bool bounds(void)
{
	struct sdp_limits four = { .media = 4 }, wide = { .media = 99, .bytes = 99999 };
	struct sdp_limits few = { .rows = 10, .row_len = 40, .bytes = 200 };

	KTAP_CHECK(within(made(16, 0, 0), NULL, NULL));
	KTAP_CHECK(within(made(17, 0, 0), NULL, "17 media lines; expected at most 16"));
	KTAP_CHECK(within(made(17, 0, 0), &wide, "at most 16"));
	KTAP_CHECK(within(made(4, 0, 0), &four, NULL));
	KTAP_CHECK(within(made(5, 0, 0), &four, "at most 4"));
	KTAP_CHECK(within(made(0, 2043, 0), NULL, NULL));
	KTAP_CHECK(within(made(0, 2044, 0), NULL, "more than 2048 lines"));
	KTAP_CHECK(within(made(0, 5, 0), &few, NULL));
	KTAP_CHECK(within(made(0, 6, 0), &few, "more than 10 lines"));
	KTAP_CHECK(within(made(0, 0, 4096), NULL, NULL));
	KTAP_CHECK(within(made(0, 0, 4097), NULL, "line 6 has 4097 bytes; expected at most 4096"));
	KTAP_CHECK(within(made(0, 0, 40), &few, NULL));
	KTAP_CHECK(within(made(0, 0, 41), &few, "41 bytes"));
	KTAP_CHECK(within(made(8, 0, 0), &few, "1 to 200 bytes"));
	KTAP_CHECK(within(made(0, 2000, 70000), &wide, "1 to 65535 bytes"));
	return true;
}

static bool rows_of_attributes(void)
{
	struct sdp_desc *desc = parse(HERE "a=fingerprint:sha-256 AA\r\na=group:BUNDLE a\r\na=group:LS a b\r\na=ice-lite\r\n"
				      AUDIO "a=candidate:1 1 UDP 1 192.0.2.1 1 typ host\r\n"
				      "a=Candidate:2 1 UDP 1 192.0.2.1 1 typ host\r\na=mid:a\r\na=setup:active\r\n"
				      AUDIO "a=mid:b\r\na=fingerprint:sha-1 BB\r\n");
	const struct sdp_media *a, *b;
	const struct sdp_row *row;

	KTAP_CHECK(desc && desc->n == 2 && desc->session_rows == 9);
	a = &desc->media[0];
	b = &desc->media[1];
	KTAP_CHECK(a->mid.n == 1 && *a->mid.p == 'a' && *b->mid.p == 'b');
	row = sdp_row_next(desc, a, SDP_ATTR_CANDIDATE, NULL);
	KTAP_CHECK(row && row->value.n == 30 && row->value.p[0] == '1');
	row = sdp_row_next(desc, a, SDP_ATTR_CANDIDATE, row);
	KTAP_CHECK(row && row->value.p[0] == '2');
	KTAP_CHECK(!sdp_row_next(desc, a, SDP_ATTR_CANDIDATE, row));
	KTAP_CHECK(!sdp_row_next(desc, b, SDP_ATTR_CANDIDATE, NULL));
	KTAP_CHECK(!sdp_row_next(desc, NULL, SDP_ATTR_MID, NULL));
	KTAP_CHECK(sdp_row_next(desc, NULL, SDP_ATTR_GROUP_BUNDLE, NULL));
	KTAP_CHECK(sdp_row_next(desc, NULL, SDP_ATTR_GROUP, NULL));
	KTAP_CHECK(!memcmp(sdp_row_of(desc, a, SDP_ATTR_FINGERPRINT)->value.p, "sha-256", 7));
	KTAP_CHECK(!memcmp(sdp_row_of(desc, b, SDP_ATTR_FINGERPRINT)->value.p, "sha-1 ", 6));
	KTAP_CHECK(!sdp_row_of(desc, b, SDP_ATTR_SETUP));
	KTAP_CHECK(sdp_row_of(desc, b, SDP_ATTR_ICE_LITE)->value.n == 0);
	sdp_desc_free(desc);
	return true;
}

static struct sdp_plan plan_of(size_t n)
{
	struct sdp_plan plan = { .id = 7, .version = 3, .n = n,
				 .drop = SDP_SET_PROMISES };
	size_t i;

	dp_addr_parse_host("203.0.113.9", &plan.address);
	for (i = 0; i < n; i++) {
		plan.say[i].port = 30000 + 4 * i;
		plan.say[i].rtcp = 30001 + 4 * i;
	}
	return plan;
}

/* is that what becomes of a text by a plan? */
static bool becomes(const char *text, const struct sdp_plan *plan,
		    const char *want)
{
	struct sdp_desc *desc = parse(text);
	char *out = desc ? sdp_desc_print(desc, plan) : NULL;
	bool ok = out && !strcmp(out, want);

	if (!ok)
		printf("# got:\n%s# expected:\n%s", out ? out : "nothing\n", want);
	sdp_text_free(out);
	sdp_desc_free(desc);
	return ok;
}

#define OURS	"v=0\r\no=- 7 3 IN IP4 203.0.113.9\r\n"
#define OUR	OURS "s=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n"
#define OUR_A	"m=audio 30000 RTP/AVP 0\r\n"
#define RTCP_A	"a=rtcp:30001\r\n"

/* one section, said plainly */
static const struct {
	const char *name;
	const char *text;
	const char *becomes;
} prints[] = {
	{ "our addresses, all else as it was",
	  HERE "m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:31 LPC\r\na=x-unknown:1\r\na=sendrecv\r\n",
	  OUR "m=audio 30000 RTP/AVP 0 8\r\na=rtpmap:31 LPC\r\na=x-unknown:1\r\na=sendrecv\r\n" RTCP_A },
	{ "byte for byte",
	  HEAD "i=\xff\xfe  x \r\nu=http://x y\r\nc=IN IP4 192.0.2.1\r\nb=AS:64\r\nt=0 0\r\nx=? \r\n" AUDIO "i= a b\t\r\nb=TIAS:1\r\na= fmtp : 0  x \r\na=Ptime:20 \r\n",
	  OURS "s=-\r\ni=\xff\xfe  x \r\nu=http://x y\r\nc=IN IP4 203.0.113.9\r\nb=AS:64\r\nt=0 0\r\nx=? \r\n" OUR_A "i= a b\t\r\nb=TIAS:1\r\na= fmtp : 0  x \r\na=Ptime:20 \r\n" RTCP_A },
	{ "in proper form, whatever came",
	  "v=0 \nc=IN IP4 192.0.2.1\n\na=x\nno line\nm=audio  4000/1  RTP/AVP  0\n a=y\n",
	  OURS "s=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\na=x\r\n" OUR_A RTCP_A },
	{ "what is missing stands in its place",
	  "v=0\r\nb=AS:1\r\nz=0\r\na=x\r\n" AUDIO "c=IN IP4 192.0.2.1\r\n",
	  OURS "s=-\r\nb=AS:1\r\nt=0 0\r\nz=0\r\na=x\r\n" OUR_A "c=IN IP4 203.0.113.9\r\n" RTCP_A },
	{ "an empty s= becomes one", "v=0\r\ns=\r\nt=1 2\r\nc=IN IP4 192.0.2.1\r\n" AUDIO,
	  OURS "s=-\r\nt=1 2\r\nc=IN IP4 203.0.113.9\r\n" OUR_A RTCP_A },
	{ "twice what is there once",
	  HEAD "o=bob 2 2 IN IP4 192.0.2.9\r\ns=two\r\nc=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" AUDIO "c=IN IP4 192.0.2.3\r\nc=IN IP4 192.0.2.4\r\n",
	  OUR OUR_A "c=IN IP4 203.0.113.9\r\n" RTCP_A },
	{ "what is out of place",
	  HERE AUDIO "o=bob 2 2 IN IP4 192.0.2.9\r\ns=x\r\nt=1 1\r\ne=x@192.0.2.1\r\nu=x\r\na=x\r\n",
	  OUR OUR_A "a=x\r\n" RTCP_A },
	{ "c= behind i=, wherever it was", HERE AUDIO "i=x\r\nb=AS:1\r\nc=IN IP4 192.0.2.3\r\na=x\r\n",
	  OUR OUR_A "i=x\r\nc=IN IP4 203.0.113.9\r\nb=AS:1\r\na=x\r\n" RTCP_A },
	{ "hold of the session stays", HEAD "c=IN IP6 0:0::0\r\nt=0 0\r\n" AUDIO "c=IN IP4 192.0.2.3\r\n",
	  OURS "s=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n" OUR_A "c=IN IP4 203.0.113.9\r\n" RTCP_A },
	{ "the author's own addresses, wherever they stand",
	  "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=a call from 10.0.0.1\r\ni=at 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	  AUDIO "a=ssrc:1 cname:bob@10.0.0.1\r\na=x-host:192.0.2.1:5060\r\na=x-host:192.0.2.10\r\n",
	  OUR OUR_A "a=x-host:192.0.2.10\r\n" RTCP_A },
	{ "its name likewise",
	  "v=0\r\no=- 1 1 IN IP4 pbx.inside.example\r\ns=PBX.inside.example\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	  AUDIO "a=x-host:inside.example\r\n",
	  OUR OUR_A "a=x-host:inside.example\r\n" RTCP_A },
	{ "promises are taken out",
	  HERE "a=group:BUNDLE a b\r\na=group:LS a b\r\na=ice-lite\r\na=x\r\n"
	  AUDIO "a=rtcp:4009\r\na=rtcp-mux\r\na=rtcp-fb:* nack\r\na=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\n"
	  "a=fingerprint:sha-1 00\r\na=setup:actpass\r\na=ICE-UFRAG:x\r\na= ice-pwd :x\r\na=mid:a\r\na=source-filter: incl IN IP4 * 10.0.0.1\r\n"
	  "a=altc:1 IP4 10.0.0.1 1\r\na=visited-realm:1 x IN IP4 10.0.0.1 1\r\na=pcfg:1 t=1\r\na=bundle-only\r\na=tls-id:1\r\na=connection:new\r\n",
	  OUR "a=group:LS a b\r\na=x\r\n" OUR_A "a=rtcp-fb:* nack\r\na=mid:a\r\n" RTCP_A },
	{ "no key passes",
	  HERE "k=clear:" KEY30 "\r\na=key-mgmt:mikey " KEY30 "\r\na=crypto:1 " CM80 " inline:" KEY30 "\r\n"
	  AUDIO "k=base64:" KEY30 "\r\na=CRYPTO:1 " CM80 " inline:" KEY30 "\r\na=Key-Mgmt:mikey " KEY30 "\r\n a=crypto:2 " CM80 " inline:" KEY30
	  "\r\ninline:" KEY30 "\r\nA=crypto:1 inline:" KEY30 "\r\na=\tcrypto\t:1 inline:" KEY30 "\r\na=crypto:1 x\r\n " KEY30 "\r\na=ptime:20\r\n",
	  OUR OUR_A "a=ptime:20\r\n" RTCP_A },
};

static bool printed(void)
{
	struct sdp_plan plan = plan_of(1);
	bool ok = true;
	size_t i;

	for (i = 0; i < COUNT(prints); i++) {
		if (!becomes(prints[i].text, &plan, prints[i].becomes)) {
			printf("# %s\n", prints[i].name);
			ok = false;
		}
	}
	/* keys and a=rtcp do not pass even if nothing is to be dropped */
	plan.drop = 0;
	KTAP_CHECK(becomes(HERE AUDIO "a=rtcp:1\r\na=crypto:1 " CM80 " inline:" KEY30 "\r\na=rtcp-mux\r\n", &plan,
			   OUR OUR_A "a=rtcp-mux\r\n" RTCP_A));
	return ok;
}

static bool printed_by_family(void)
{
	struct sdp_plan plan = plan_of(2);
	const char *six = HERE AUDIO "m=video 4002 RTP/AVP 31\r\n";

	plan.say[0].rtcp = 0;
	plan.say[1].rtcp = 0;
	dp_addr_parse_host("2001:db8::9", &plan.say[1].address);
	KTAP_CHECK(becomes(six, &plan, OUR OUR_A "m=video 30004 RTP/AVP 31\r\nc=IN IP6 2001:db8::9\r\n"));
	plan.say[0].hold = true;
	plan.say[1].hold = true;
	KTAP_CHECK(becomes(six, &plan, OUR OUR_A "c=IN IP4 0.0.0.0\r\nm=video 30004 RTP/AVP 31\r\nc=IN IP6 ::\r\n"));
	plan.say[0].hold = false;
	plan.say[1] = (struct sdp_say){ 0 };
	KTAP_CHECK(becomes(six, &plan, OUR OUR_A "m=video 0 RTP/AVP 31\r\n"));
	dp_addr_parse_host("2001:db8::9", &plan.say[1].address);
	KTAP_CHECK(becomes(six, &plan, OUR OUR_A "m=video 0 RTP/AVP 31\r\n"));
	dp_addr_parse_host("2001:db8::9", &plan.address);
	KTAP_CHECK(becomes(six, &plan, "v=0\r\no=- 7 3 IN IP6 2001:db8::9\r\ns=-\r\nc=IN IP6 2001:db8::9\r\nt=0 0\r\n"
			   OUR_A "m=video 0 RTP/AVP 31\r\n"));
	return true;
}

/* rejected: type, profile and formats stay; without a session's c= one is due */
static bool printed_rejected(void)
{
	struct sdp_plan plan = plan_of(2);

	plan.say[0] = (struct sdp_say){ .rtcp = 5, .dir = SDP_INACTIVE, .add = "a=z\r\n" };
	KTAP_CHECK(becomes(HERE "m=audio 4000/2 RTP/AVP 0\r\na=mid:a\r\na=sendonly\r\nm=video 0 TCP/MSRP\r\n", &plan,
			   OUR "m=audio 0 RTP/AVP 0\r\na=mid:a\r\na=sendonly\r\nm=video 30004 TCP/MSRP 0\r\na=rtcp:30005\r\n"));
	KTAP_CHECK(becomes(HEAD "m=audio 0 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\nc=IN IP4 192.0.2.1\r\n", &plan,
			   OURS "s=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 203.0.113.9\r\n"
			   "m=video 30004 RTP/AVP 31\r\nc=IN IP4 203.0.113.9\r\na=rtcp:30005\r\n"));
	return true;
}

/* field 13: a short answer is padded; one that is too long is cut */
static bool printed_padded(void)
{
	struct sdp_desc *offer = parse(HERE AUDIO "m=video 4002 RTP/AVP 31 34\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\n");
	struct sdp_plan plan = plan_of(2);

	plan.say[1] = (struct sdp_say){ .like = &offer->media[1] };
	KTAP_CHECK(becomes(HERE AUDIO, &plan, OUR OUR_A RTCP_A "m=video 0 RTP/AVP 31 34\r\n"));
	KTAP_CHECK(becomes(HEAD AUDIO "c=IN IP4 192.0.2.1\r\n", &plan,
			   OURS "s=-\r\nt=0 0\r\n" OUR_A "c=IN IP4 203.0.113.9\r\n" RTCP_A
			   "m=video 0 RTP/AVP 31 34\r\nc=IN IP4 203.0.113.9\r\n"));
	sdp_desc_free(offer);
	plan = plan_of(1);
	KTAP_CHECK(becomes(HERE AUDIO "m=video 4002 RTP/AVP 31\r\na=x\r\n", &plan, OUR OUR_A RTCP_A));
	plan = plan_of(2);
	offer = parse(HERE AUDIO);
	KTAP_CHECK(!sdp_desc_print(offer, &plan));
	plan.n = SDP_MEDIA_MAX + 1;
	KTAP_CHECK(!sdp_desc_print(offer, &plan));
	sdp_desc_free(offer);
	return true;
}

static bool printed_as_planned(void)
{
	struct sdp_plan plan = plan_of(1);

	plan.say[0].proto = "RTP/SAVPF";
	plan.say[0].dir = SDP_SENDONLY;
	plan.say[0].add = "a=setup:active\r\n";
	plan.add = "a=ice-lite\r\n";
	KTAP_CHECK(becomes(HERE AUDIO "a=recvonly\r\na=x\r\n", &plan,
			   OUR "a=ice-lite\r\nm=audio 30000 RTP/SAVPF 0\r\na=x\r\na=sendonly\r\n" RTCP_A "a=setup:active\r\n"));
	plan.say[0] = (struct sdp_say){ .port = 1, .dir = SDP_RECVONLY };
	plan.add = NULL;
	KTAP_CHECK(becomes(HERE "a=recvonly\r\n" AUDIO, &plan, OUR "a=recvonly\r\nm=audio 1 RTP/AVP 0\r\n"));
	plan.say[0].dir = SDP_SENDRECV;
	KTAP_CHECK(becomes(HERE "a=recvonly\r\n" AUDIO, &plan, OUR "a=recvonly\r\nm=audio 1 RTP/AVP 0\r\na=sendrecv\r\n"));
	plan.say[0].dir = SDP_DIR_UNSAID;
	plan.hide = true;
	plan.drop_unknown = true;
	KTAP_CHECK(becomes("v=0\r\ns=PBX 10.0.0.1\r\ni=x\r\nu=x\r\ne=x\r\np=1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=x\r\n"
			   AUDIO "a=x-realm:10.0.0.1\r\ni=y\r\na=ptime:20\r\n", &plan,
			   OUR "m=audio 1 RTP/AVP 0\r\ni=y\r\na=ptime:20\r\n"));
	return true;
}

/* our keys take the place of theirs, and come back as they were */
static bool printed_keys(void)
{
	struct sdp_crypto ours[SDP_CRYPTO_MAX];
	struct sdp_plan plan = plan_of(1);
	struct sdp_desc *desc;
	char *text;
	size_t n = 0;
	uint8_t suite;

	memset(ours, 0, sizeof(ours));
	for (suite = 1; suite < __RTPLANE_SRTP_MAX; suite++, n++) {
		ours[n].tag = suite * 100;
		ours[n].srtp.suite = suite;
		memset(ours[n].srtp.key, 0xfa + suite, dp_srtp_key_len(suite));
	}
	plan.say[0].n_crypto = n;
	plan.say[0].crypto = ours;
	desc = parse(HERE AUDIO "a=crypto:5 " CM80 " inline:" KEY30 "\r\n");
	text = sdp_desc_print(desc, &plan);
	sdp_desc_free(desc);
	KTAP_CHECK(text && !strstr(text, KEY30));
	KTAP_CHECK(strstr(text, OUR_A RTCP_A "a=crypto:100 "));
	desc = parse(text);
	sdp_text_free(text);
	KTAP_CHECK(desc && desc->media[0].n_crypto == n);
	KTAP_CHECK(!memcmp(desc->media[0].crypto, ours, n * sizeof(*ours)));
	sdp_desc_free(desc);
	return true;
}

/* seconds that a description of so many attributes takes, once */
static double seconds(struct span text)
{
	struct sdp_limits limits = { .rows = 99999, .row_len = 65535 };
	struct sdp_plan plan = plan_of(1);
	struct sdp_desc *desc;
	struct timespec a, b;
	char why[SDP_WHY_LEN];

	plan.spell = true;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	desc = sdp_desc_parse(text, &limits, why);
	sdp_text_free(sdp_desc_print(desc, &plan));
	sdp_desc_free(desc);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/*
 * Eight times the text: 64 times the time if anything in it were quadratic.  The
 * quickest of many is what the code needs: a busy machine makes a round slow, none
 * quicker.  ThreadSanitizer takes back the shadow of each large block that is freed,
 * which costs more than its length.
 */
#ifdef __SANITIZE_THREAD__
#define AT_MOST	40
#else
#define AT_MOST	24
#endif

/* @one and @eight are freed */
static bool is_linear(struct span one, struct span eight)
{
	double best_one = 1e9, best_eight = 1e9, s;
	bool ok = false;
	int i;

	for (i = 0; i < 500 && !(ok && i >= 20); i++) {
		s = seconds(one);
		best_one = s < best_one ? s : best_one;
		s = seconds(eight);
		best_eight = s < best_eight ? s : best_eight;
		ok = best_eight < AT_MOST * best_one;
	}
	printf("# %.0f us and %.0f us after %d\n", best_one * 1e6, best_eight * 1e6, i);
	free((char *)one.p);
	free((char *)eight.p);
	return ok;
}

static bool linear(void)
{
	return is_linear(made(1, 1000, 0), made(1, 8000, 0));
}

/* formats that need no a=rtpmap, and as many a=rtpmap of others */
static struct span made_static(size_t n)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	fputs(HERE "m=audio 7000 RTP/AVP", out);
	for (i = 0; i < n; i++)
		fputs(" 0", out);
	fputs("\r\n", out);
	for (i = 0; i < n; i++)
		fputs("a=rtpmap:9 x/1\r\n", out);
	fclose(out);
	return (struct span){ text, len };
}

static bool many_static(void)
{
	struct span text = made_static(1000);
	struct sdp_plan plan = plan_of(1);
	struct sdp_desc *desc;
	char why[SDP_WHY_LEN];
	const char *first;
	char *said;

	desc = sdp_desc_parse(text, NULL, why);
	free((char *)text.p);
	KTAP_CHECK(desc);
	plan.spell = true;
	said = sdp_desc_print(desc, &plan);
	sdp_desc_free(desc);
	first = said ? strstr(said, "a=rtpmap:0 PCMU/8000\r\n") : NULL;
	KTAP_CHECK(first && !strstr(first + 1, "a=rtpmap:0 ") && !strstr(said, "G722"));
	sdp_text_free(said);
	return is_linear(made_static(400), made_static(3200));
}

/* each section asks for its group, and somebody could have it read 60 KB for each */
static bool long_groups(void)
{
	static char text[4096];
	struct sdp_desc *desc;
	unsigned int i;
	size_t n;

	n = (size_t)sprintf(text, HERE "a=group:BUNDLE a");
	for (i = 0; i < 2 * SDP_MEDIA_MAX - 2; i++)
		n += (size_t)sprintf(text + n, " x%u", i);
	sprintf(text + n, " y z\r\n" AUDIO "a=mid:a\r\n");
	desc = parse(text);
	KTAP_CHECK(desc && sdp_bundle_of(desc, SPAN("a")) && sdp_bundle_of(desc, SPAN("y")));
	KTAP_CHECK(!sdp_bundle_of(desc, SPAN("z")));
	KTAP_CHECK(sdp_bundle_first(desc, SPAN("y")) == desc->media);
	sdp_desc_free(desc);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "groups of more names than sections can have", long_groups },
		{ "what descriptions say", model },
		{ "what is none is refused with a reason", refused },
		{ "no reason quotes a key", no_key_in_reasons },
		{ "more keys than anybody needs", more_keys_than_anybody_needs },
		{ "bounds", bounds },
		{ "lines of an attribute", rows_of_attributes },
		{ "what is printed of a description", printed },
		{ "sections of another family, or on hold", printed_by_family },
		{ "sections that are rejected", printed_rejected },
		{ "answers that are short or long", printed_padded },
		{ "profile, direction, lines of ours; what is hidden", printed_as_planned },
		{ "our keys for theirs", printed_keys },
		{ "time grows with the text and no faster", linear },
		{ "formats that need no rtpmap, again and again", many_static },
	};

	return KTAP_RUN(points);
}
