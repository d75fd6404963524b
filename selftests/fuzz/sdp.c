// SPDX-License-Identifier: GPL-2.0
/*
 * Session descriptions of any bytes.  What must hold of those that are taken:
 *
 * - what we print is one again, of as many sections and with what the plan says;
 * - printed again by the same plan it is the same text: nothing creeps;
 * - every line of it is one that came, byte for byte, or one that is ours;
 * - no line of it holds a key or an address of theirs where none may be;
 * - what it says of ICE, written by us, says the same.
 */
#include "fuzz.h"
#include "sdp/ice.h"

#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define HEAD	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE(HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
		    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"),
	FUZZ_SAMPLE("v=0\no=- 1 1 IN IP6 ::1\ns=x y\ni=z\nt=0 0\nm=audio 4000/2 RTP/SAVP 0\nc=IN IP6 0::0\n"
		    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^31|1:1\nk=clear:x\na=rtcp:1 IN IP4 192.0.2.7\n"
		    "m=video 0 RTP/AVP\nm=image 5000 udptl t38\nc=IN IP4 0.0.0.0\na=inactive\n"),
	FUZZ_SAMPLE(HEAD "t=0 0\r\na=group:BUNDLE 0 1\r\na=ice-lite\r\na=fingerprint:sha-256 AA:BB\r\n"
		    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:x\r\n"
		    "a=ice-pwd:y\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n"
		    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP6 ::\r\na=mid:1\r\n"),
	FUZZ_SAMPLE(HEAD "t=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle ice2\r\n"
		    "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\na=ice-pacing:20\r\n"
		    "a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host generation 0\r\n"
		    "a=candidate:2 1 udp 1694498815 2001:db8::1 4000 typ srflx raddr 192.0.2.1 rport 4000 ufrag abcd\r\n"
		    "a=candidate:3 1 tcp 1 192.0.2.1 9 typ host tcptype active\r\na=end-of-candidates\r\n"),
	FUZZ_SAMPLE(HEAD "c=IN IP4 224.1.1.1/127/3\r\nb=AS:1\r\nm=audio 7000/2/3 RTP//AVP 0\r\nm=udptl 1.2.3.4/127/3 128\r\n"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\r\n"), FUZZ_SAMPLE("\n"), FUZZ_SAMPLE("\r"), FUZZ_SAMPLE(" "), FUZZ_SAMPLE("\t"), FUZZ_SAMPLE("\0"),
	FUZZ_SAMPLE("m="), FUZZ_SAMPLE("\r\nm=audio 4000 RTP/AVP 0\r\n"), FUZZ_SAMPLE("\r\nc=IN IP4 192.0.2.9\r\n"),
	FUZZ_SAMPLE("\r\na=rtcp:"), FUZZ_SAMPLE("\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"),
	FUZZ_SAMPLE("\r\n a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"), FUZZ_SAMPLE("\r\nv=0"), FUZZ_SAMPLE("\r\no="),
	FUZZ_SAMPLE("\r\ns="), FUZZ_SAMPLE("\r\nt="), FUZZ_SAMPLE("\r\ni="), FUZZ_SAMPLE("/"), FUZZ_SAMPLE(":"), FUZZ_SAMPLE("="),
	FUZZ_SAMPLE("RTP/SAVP"), FUZZ_SAMPLE("UDP/TLS/RTP/SAVPF"), FUZZ_SAMPLE("IN IP6 ::"), FUZZ_SAMPLE("\xff"), FUZZ_SAMPLE("\x7f"),
	FUZZ_SAMPLE("\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host"), FUZZ_SAMPLE(" typ relay"), FUZZ_SAMPLE("\r\na=ice-ufrag:efgh"),
};

static const char *const ours[] = {
	"v=0", "o=- 7 3 IN IP4 203.0.113.9", "s=-", "t=0 0",
	"c=IN IP4 203.0.113.9", "c=IN IP4 0.0.0.0", "c=IN IP6 2001:db8::9", "c=IN IP6 ::",
	"a=x-ours:1", "a=rtcp:20001", "a=sendonly",
};

static const char *const forbidden[] = {
	"a=crypto:", "a=key-mgmt:", "k=", "a=candidate:", "a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:",
	"a=setup:", "a=group:bundle ", "a=source-filter:",
};

static bool is_of(struct span line, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (line.n == strlen(list[i]) && !memcmp(line.p, list[i], line.n))
			return true;
	return false;
}

static bool came(const struct sdp_desc *desc, struct span line)
{
	size_t i;

	for (i = 0; i < desc->n_rows; i++)
		if (desc->row[i].text.n == line.n &&
		    !memcmp(desc->row[i].text.p, line.p, line.n))
			return true;
	return false;
}

/* "m=TYPE PORT PROFILE FORMATS" of a section, ours or theirs */
static void check_m(const struct sdp_media *from, const struct sdp_media *to,
		    const struct sdp_say *say)
{
	FUZZ_CHECK(to->port == say->port && to->count == 1);
	FUZZ_CHECK(to->type.n == from->type.n &&
		   !memcmp(to->type.p, from->type.p, to->type.n));
	FUZZ_CHECK(say->proto || (to->proto.n == from->proto.n &&
		   !memcmp(to->proto.p, from->proto.p, to->proto.n)));
	if (from->fmt.n)
		FUZZ_CHECK(to->fmt.n == from->fmt.n &&
			   !memcmp(to->fmt.p, from->fmt.p, to->fmt.n));
	FUZZ_CHECK(say->port || to->rejected);
	FUZZ_CHECK(!say->port || !to->why || to->transport == SDP_UNKNOWN);
	if (!say->port || to->why || say->hold)
		FUZZ_CHECK(!to->remote.family);
	else
		FUZZ_CHECK(to->remote.port == say->port);
	if (to->remote_rtcp.family && to->transport == SDP_RTP)
		FUZZ_CHECK(to->remote_rtcp.port == 20001);
	if (say->dir && say->port)
		FUZZ_CHECK(to->dir == say->dir);
	else
		FUZZ_CHECK(to->dir == from->dir || !say->port || from->rejected);
}

static void check_lines(const struct sdp_desc *desc, const char *text)
{
	size_t i;

	while (*text) {
		struct span line = { text, strcspn(text, "\r") };

		FUZZ_CHECK(text[line.n] == '\r' && text[line.n + 1] == '\n');
		FUZZ_CHECK(line.n >= 2 && line.p[1] == '=');
		FUZZ_CHECK(*line.p == 'm' || came(desc, line) ||
			   is_of(line, ours, FUZZ_COUNT(ours)));
		FUZZ_CHECK((*line.p != 'o' && *line.p != 'c') ||
			   is_of(line, ours, FUZZ_COUNT(ours)));
		for (i = 0; i < FUZZ_COUNT(forbidden); i++)
			FUZZ_CHECK(strncasecmp(line.p, forbidden[i],
					       strlen(forbidden[i])));
		text += line.n + 2;
	}
}

/* a plan that depends on nothing but the number of a section */
static struct sdp_plan plan_for(const struct sdp_desc *desc, unsigned int kind)
{
	struct sdp_plan plan = { .id = 7, .version = 3, .n = desc->n,
				 .drop = SDP_SET_PROMISES, .add = "a=x-ours:1\r\n" };
	struct sdp_say *say;
	size_t i;

	dp_addr_parse_host("203.0.113.9", &plan.address);
	for (i = 0; i < desc->n; i++) {
		say = &plan.say[i];
		if ((i + kind) % 4 == 3)
			continue;
		say->port = 20000;
		say->rtcp = 20001;
		say->hold = (i + kind) % 4 == 2;
		say->dir = (i + kind) % 3 == 1 ? SDP_SENDONLY : 0;
		say->proto = (i + kind) % 5 == 4 ? "RTP/AVPF" : NULL;
		if (kind == 3)
			dp_addr_parse_host("2001:db8::9", &say->address);
	}
	return plan;
}

static struct sdp_desc *again(const char *text)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse((struct span){ text, strlen(text) },
					       NULL, why);

	if (!desc)
		printf("# %s:\n%s", why, text);
	FUZZ_CHECK(desc);
	return desc;
}

static void check(const struct sdp_desc *desc, unsigned int kind)
{
	struct sdp_plan plan = plan_for(desc, kind);
	char *one = sdp_desc_print(desc, &plan), *two;
	struct sdp_desc *back;
	size_t i;

	FUZZ_CHECK(one);
	check_lines(desc, one);
	back = again(one);
	FUZZ_CHECK(back->n == desc->n);
	for (i = 0; i < desc->n; i++)
		check_m(&desc->media[i], &back->media[i], &plan.say[i]);
	plan.add = NULL;
	two = sdp_desc_print(back, &plan);
	FUZZ_CHECK(two && !strcmp(one, two));
	sdp_text_free(two);
	sdp_text_free(one);
	sdp_desc_free(back);
}

static bool same_candidate(const struct ice_candidate *a,
			   const struct ice_candidate *b)
{
	return a->type == b->type && a->component == b->component &&
	       a->priority == b->priority && !strcmp(a->foundation, b->foundation) &&
	       dp_addr_eq(&a->addr, &b->addr) && dp_addr_eq(&a->related, &b->related);
}

/* as a fragment, since that is the shortest of what may hold it */
static void check_ice(const struct sdp_desc *desc, const struct sdp_media *media)
{
	static const struct sdp_limits limits = { .fragment = true };
	static struct sdp_ice ice, back;
	struct sdp_desc *frag;
	char why[SDP_WHY_LEN];
	struct writer out = { 0 };
	char *text;
	size_t i;

	sdp_ice_read(desc, media, &ice);
	FUZZ_CHECK(ice.n <= SDP_CANDIDATES_MAX && !ice.ufrag.p == !ice.pwd.p);
	FUZZ_CHECK(!ice.ufrag.p || !ice.why);
	FUZZ_CHECK(!ice.left_out == !ice.candidate_why);
	if (media)
		sdp_ice_mismatch(media, &ice);
	if (!ice.ufrag.p)
		return;
	ice.mismatch = false;
	writer_text(&out, "m=audio 9 RTP/AVP 0\r\n");
	sdp_ice_print(&out, &ice);
	text = writer_end(&out, NULL);
	FUZZ_CHECK(text);
	frag = sdp_desc_parse(span_of(text), &limits, why);
	FUZZ_CHECK(frag && frag->n == 1);
	sdp_ice_read(frag, &frag->media[0], &back);
	FUZZ_CHECK(span_eq(ice.ufrag, back.ufrag) && span_eq(ice.pwd, back.pwd));
	FUZZ_CHECK(ice.n == back.n && !back.left_out);
	FUZZ_CHECK(ice.end == back.end && ice.trickle == back.trickle);
	FUZZ_CHECK(ice.ice2 == back.ice2 && ice.pacing == back.pacing);
	for (i = 0; i < ice.n; i++)
		FUZZ_CHECK(same_candidate(&ice.candidate[i], &back.candidate[i]));
	sdp_desc_free(frag);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* with room for the few lines that printing adds */
	static const struct sdp_limits limits = { .rows = 1800, .row_len = 4000,
						  .bytes = 60000 };
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	unsigned int kind;

	desc = sdp_desc_parse((struct span){ (const char *)data, size }, &limits,
			      why);
	FUZZ_CHECK(desc ? !*why : *why);
	if (!desc)
		return 0;
	for (kind = 0; kind < 4; kind++)
		check(desc, kind);
	check_ice(desc, NULL);
	for (kind = 0; kind < desc->n; kind++)
		check_ice(desc, &desc->media[kind]);
	sdp_desc_free(desc);
	return 0;
}

FUZZ_MAIN("session descriptions", samples, words)
