// SPDX-License-Identifier: GPL-2.0
/*
 * What descriptions say of ICE: candidates that can be used and why others cannot,
 * credentials of section and session, fragments, a default that is no candidate. And how
 * candidates are ranked, by the formulas of RFC 8445.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sdp/ice.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define HEAD	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 4000 RTP/AVP 0\r\n"
#define UFRAG	"a=ice-ufrag:abcd\r\n"
#define PWD	"a=ice-pwd:0123456789abcdefghij+/\r\n"
#define HOST	"a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\r\n"

/* a candidate in words: what is printed of it, or why it is left out */
static const struct {
	const char *value;
	const char *says;
} candidates[] = {
	{ "1 1 UDP 2130706431 192.0.2.1 4000 typ host", "1 1 udp 2130706431 192.0.2.1 4000 typ host" },
	{ "1 1 udp 1 2001:db8::1 65535 TYP HOST", "1 1 udp 1 2001:db8::1 65535 typ host" },
	{ "1 1 udp 1 [2001:db8::1] 1 typ host", "1 1 udp 1 2001:db8::1 1 typ host" },
	{ "1  1  udp  1  192.0.2.1  1  typ  host", "1 1 udp 1 192.0.2.1 1 typ host" },
	{ "abc+/123456789012345678901234567 256 udp 4294967295 192.0.2.1 1 typ host",
	  "abc+/123456789012345678901234567 256 udp 4294967295 192.0.2.1 1 typ host" },
	{ "1 2 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1 rport 5", "1 2 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1 rport 5" },
	{ "1 2 udp 1 192.0.2.1 1 typ prflx raddr 0.0.0.0 rport 0", "1 2 udp 1 192.0.2.1 1 typ prflx raddr 0.0.0.0 rport 0" },
	{ "1 2 udp 1 192.0.2.1 1 typ relay generation 0 raddr ::1 x y rport 7 network-cost 50",
	  "1 2 udp 1 192.0.2.1 1 typ relay raddr ::1 rport 7" },
	{ "1 1 udp 1 192.0.2.1 1 typ srflx raddr x.local rport 5", "1 1 udp 1 192.0.2.1 1 typ srflx" },
	{ "1 1 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1", "1 1 udp 1 192.0.2.1 1 typ srflx" },
	{ "1 1 udp 1 192.0.2.1 1 typ host x", "1 1 udp 1 192.0.2.1 1 typ host" },
	{ "", "type" },
	{ "1 1 udp 1 192.0.2.1 1", "type" },
	{ "1 1 udp 1 192.0.2.1 1 host", "type" },
	{ "1 1 udp 1 192.0.2.1 1 typ token", "type" },
	{ "1-2 1 udp 1 192.0.2.1 1 typ host", "foundation" },
	{ "abc+/1234567890123456789012345678 1 udp 1 192.0.2.1 1 typ host", "foundation" },
	{ "1 1 tcp 1 192.0.2.1 9 typ host tcptype active", "UDP" },
	{ "1 1 ssltcp 1 192.0.2.1 443 typ host", "UDP" },
	{ "1 0 udp 1 192.0.2.1 1 typ host", "component" },
	{ "1 257 udp 1 192.0.2.1 1 typ host", "component" },
	{ "1 x udp 1 192.0.2.1 1 typ host", "component" },
	{ "1 1 udp 0 192.0.2.1 1 typ host", "priority" },
	{ "1 1 udp 4294967296 192.0.2.1 1 typ host", "priority" },
	{ "1 1 udp -1 192.0.2.1 1 typ host", "priority" },
	{ "1 1 udp 1 0d4f2f2c-6c3c-4a5f-8a3f-1e9f9d1c2b3a.local 4000 typ host", "numeric" },
	{ "1 1 udp 1 192.0.2.300 1 typ host", "numeric" },
	{ "1 1 udp 1 192.0.2.1 65536 typ host", "numeric" },
	{ "1 1 udp 1 192.0.2.1 x typ host", "numeric" },
	{ "1 1 udp 1 192.0.2.1 0 typ host", "port is 0" },
	{ "1 1 udp 1 0.0.0.0 1 typ host", "one host" },
	{ "1 1 udp 1 224.0.0.1 1 typ host", "one host" },
	{ "1 1 udp 1 255.255.255.255 1 typ host", "one host" },
	{ "1 1 udp 1 :: 1 typ host", "one host" },
	{ "1 1 udp 1 ff02::1 1 typ host", "one host" },
	{ "1 1 udp 1 ::ffff:192.0.2.1 1 typ host", "one host" },
};

static bool test_candidates(void)
{
	struct ice_candidate c;
	char *text, want[256];
	const char *why;
	struct writer out = { 0 };
	size_t i;

	for (i = 0; i < COUNT(candidates); i++) {
		why = sdp_candidate_parse(span_of(candidates[i].value), &c, NULL);
		if (why && strstr(why, candidates[i].says))
			continue;
		if (why) {
			printf("# %s: %s\n", candidates[i].value, why);
			return false;
		}
		sdp_candidate_print(&out, &c);
		text = writer_end(&out, NULL);
		snprintf(want, sizeof(want), "a=candidate:%s\r\n", candidates[i].says);
		if (strcmp(text, want)) {
			printf("# %s: %s\n", candidates[i].value, text);
			return false;
		}
		free(text);
	}
	return true;
}

static const struct sdp_limits fragment = { .fragment = true };

/* what a section says of ICE, in words */
static bool says(const char *text, const struct sdp_limits *limits,
		 const char *want)
{
	char why[SDP_WHY_LEN], got[512];
	struct sdp_desc *desc = sdp_desc_parse(span_of(text), limits, why);
	struct sdp_ice *ice = malloc(sizeof(*ice));
	int n;

	if (!desc) {
		printf("# %s\n", why);
		free(ice);
		return false;
	}
	sdp_ice_read(desc, desc->n ? &desc->media[0] : NULL, ice);
	n = snprintf(got, sizeof(got), SPAN_FMT " %zu", SPAN_ARG(ice->ufrag), ice->n);
	n += snprintf(got + n, sizeof(got) - n, "%s%s%s%s%s%s",
		      ice->lite ? " lite" : "", ice->mismatch ? " mismatch" : "",
		      ice->trickle ? " trickle" : "", ice->ice2 ? " ice2" : "",
		      ice->end ? " end" : "",
		      desc->n && sdp_ice_mismatch(&desc->media[0], ice) ? " changed" : "");
	if (ice->pacing)
		n += snprintf(got + n, sizeof(got) - n, " pace %u", ice->pacing);
	if (ice->left_out)
		n += snprintf(got + n, sizeof(got) - n, " out %zu: %s", ice->left_out,
			      ice->candidate_why);
	if (ice->why)
		snprintf(got + n, sizeof(got) - n, ": %s", ice->why);
	if (!ice->ufrag.p != !ice->pwd.p || strcmp(got, want))
		printf("# %s: expected %s\n", got, want);
	n = strcmp(got, want);
	sdp_desc_free(desc);
	free(ice);
	return !n;
}

static const struct {
	const char *text;
	const char *says;
} sections[] = {
	{ HEAD AUDIO, " 0" },
	{ HEAD AUDIO UFRAG PWD HOST, "abcd 1" },
	{ HEAD UFRAG PWD AUDIO HOST, "abcd 1" },
	{ HEAD "a=ice-ufrag:efgh\r\na=ice-pwd:0123456789012345678901\r\n" AUDIO UFRAG PWD HOST, "abcd 1" },
	/* one of the session and one of the section do not belong together */
	{ HEAD PWD AUDIO UFRAG HOST, " 1: a=ice-ufrag or a=ice-pwd without the other" },
	{ HEAD UFRAG AUDIO HOST, " 1: a=ice-ufrag or a=ice-pwd without the other" },
	{ HEAD AUDIO PWD, " 0: a=ice-ufrag or a=ice-pwd without the other" },
	{ HEAD AUDIO "a=ice-ufrag:abc\r\n" PWD, " 0: its a=ice-ufrag is not 4 to 256 characters of ICE" },
	{ HEAD AUDIO "a=ice-ufrag:ab:c\r\n" PWD, " 0: its a=ice-ufrag is not 4 to 256 characters of ICE" },
	{ HEAD AUDIO UFRAG "a=ice-pwd:012345678901234567890\r\n", " 0: its a=ice-pwd is not 22 to 256 characters of ICE" },
	{ HEAD AUDIO UFRAG "a=ice-pwd:0123456789012345678901 \r\n" HOST, "abcd 1" },
	{ HEAD AUDIO UFRAG "a=ice-pwd:0123456789 012345678901\r\n", " 0: its a=ice-pwd is not 22 to 256 characters of ICE" },
	{ HEAD "a=ice-lite\r\na=ice-options:ice2 x\r\n" AUDIO UFRAG PWD HOST, "abcd 1 lite ice2" },
	{ HEAD "a=ice-options:trickle\r\n" AUDIO UFRAG PWD "a=ice-options:ice2\r\na=ice-pacing:20\r\n" HOST "a=end-of-candidates\r\n",
	  "abcd 1 trickle ice2 end pace 20" },
	{ HEAD AUDIO "a=ice-mismatch\r\n", " 0 mismatch" },
	{ HEAD HOST AUDIO UFRAG PWD HOST, "abcd 1" },
	/* the default is to be among the candidates */
	{ HEAD "m=audio 4002 RTP/AVP 0\r\n" UFRAG PWD HOST, "abcd 1 changed" },
	{ HEAD AUDIO UFRAG PWD "a=candidate:1 2 udp 1 192.0.2.1 4000 typ host\r\n", "abcd 1 changed" },
	{ HEAD AUDIO UFRAG PWD, "abcd 0 changed" },
	{ HEAD AUDIO UFRAG PWD "a=ice-options:trickle\r\n", "abcd 0 trickle" },
	{ HEAD "m=audio 9 RTP/AVP 0\r\n" UFRAG PWD HOST, "abcd 1" },
	{ HEAD "m=audio 4002 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n" UFRAG PWD HOST, "abcd 1" },
	{ HEAD "m=audio 4002 RTP/AVP 0\r\nc=IN IP4 h.example\r\n" UFRAG PWD HOST, "abcd 1" },
	{ HEAD "m=audio 0 RTP/AVP 0\r\n" UFRAG PWD HOST, "abcd 1" },
	{ HEAD AUDIO UFRAG PWD "a=candidate:1 1 udp 1 x.local 4000 typ host\r\n",
	  "abcd 0 out 1: address or port of its a=candidate are not numeric" },
	/* candidates of another generation */
	{ HEAD AUDIO UFRAG PWD HOST "a=candidate:1 1 udp 1 192.0.2.9 1 typ host ufrag efgh\r\n",
	  "abcd 1 out 1: its a=candidate belongs to another a=ice-ufrag" },
	{ HEAD AUDIO UFRAG PWD "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host ufrag abcd\r\n", "abcd 1" },
};

static bool test_sections(void)
{
	size_t i;

	for (i = 0; i < COUNT(sections); i++)
		KTAP_CHECK(says(sections[i].text, NULL, sections[i].says));
	return true;
}

static bool test_many(void)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	fputs(HEAD AUDIO UFRAG PWD, out);
	for (i = 0; i < 1000; i++)
		fprintf(out, "a=candidate:1 1 udp 1 192.0.2.1 %zu typ host\r\n", 3980 + i);
	fclose(out);
	ok = says(text, NULL, "abcd 32 out 968: too many a=candidate");
	free(text);
	return ok;
}

static bool test_fragment(void)
{
	char why[SDP_WHY_LEN];

	KTAP_CHECK(says(UFRAG PWD "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n" HOST "a=end-of-candidates\r\n",
			&fragment, "abcd 1 end"));
	KTAP_CHECK(says(UFRAG PWD "a=end-of-candidates\r\n", &fragment, "abcd 0 end"));
	KTAP_CHECK(!sdp_desc_parse(span_of(UFRAG PWD AUDIO), NULL, why));
	KTAP_CHECK(!sdp_desc_parse(span_of(HEAD UFRAG PWD AUDIO), &fragment, why));
	KTAP_CHECK(!sdp_desc_parse(span_of(UFRAG "v=0\r\n" AUDIO), &fragment, why));
	return true;
}

static bool test_print(void)
{
	struct sdp_ice *ice = calloc(1, sizeof(*ice));
	struct writer out = { 0 };
	char *text;

	ice->ufrag = SPAN("abcd");
	ice->pwd = SPAN("0123456789012345678901");
	ice->trickle = true;
	ice->ice2 = true;
	ice->end = true;
	ice->pacing = 20;
	ice->n = 1;
	KTAP_CHECK(!sdp_candidate_parse(span_of("7 1 udp 9 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 5"),
					&ice->candidate[0], NULL));
	sdp_ice_print(&out, ice);
	ice->mismatch = true;
	sdp_ice_print(&out, ice);
	text = writer_end(&out, NULL);
	KTAP_CHECK(!strcmp(text, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
			   "a=ice-options:trickle ice2\r\na=ice-pacing:20\r\n"
			   "a=candidate:7 1 udp 9 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 5\r\n"
			   "a=end-of-candidates\r\na=ice-mismatch\r\n"));
	free(text);
	free(ice);
	return true;
}

static bool test_ranks(void)
{
	char one[ICE_FOUNDATION_MAX + 1], two[ICE_FOUNDATION_MAX + 1];
	struct dp_addr a, b;

	/* (126 << 24) + (65535 << 8) + 255 */
	KTAP_CHECK(ice_priority(ICE_HOST, 65535, 1) == 2130706431);
	KTAP_CHECK(ice_priority(ICE_SRFLX, 65535, 2) == 1694498814);
	KTAP_CHECK(ice_priority(ICE_PRFLX, 0, 1) == (110u << 24) + 255);
	KTAP_CHECK(ice_priority(ICE_RELAY, 0, 255) == 1);
	KTAP_CHECK(ice_pair_priority(1, 2) == (1ull << 32) + 4);
	KTAP_CHECK(ice_pair_priority(2, 1) == (1ull << 32) + 5);
	/* ours is below 2^31, whatever theirs is */
	KTAP_CHECK(ice_pair_priority(INT32_MAX, UINT32_MAX) ==
		   ((uint64_t)INT32_MAX << 32) + 2 * (uint64_t)UINT32_MAX);
	/* the same for the same host, whatever the port; another for anything else */
	dp_addr_parse("192.0.2.1:1", &a);
	dp_addr_parse("192.0.2.1:2", &b);
	ice_foundation(one, ICE_HOST, &a, NULL);
	ice_foundation(two, ICE_HOST, &b, NULL);
	KTAP_CHECK(!strcmp(one, two) && ice_is_chars(span_of(one), 1, ICE_FOUNDATION_MAX));
	ice_foundation(two, ICE_SRFLX, &b, NULL);
	KTAP_CHECK(strcmp(one, two));
	ice_foundation(two, ICE_HOST, &b, &a);
	KTAP_CHECK(strcmp(one, two));
	dp_addr_parse("[2001:db8::1]:1", &b);
	ice_foundation(two, ICE_HOST, &b, NULL);
	KTAP_CHECK(strcmp(one, two));
	return true;
}

static const struct ktap_point points[] = {
	{ "candidates, and why they cannot be used", test_candidates },
	{ "what sections say", test_sections },
	{ "a thousand candidates", test_many },
	{ "fragments", test_fragment },
	{ "what we say", test_print },
	{ "how candidates are ranked", test_ranks },
};

int main(void)
{
	return KTAP_RUN(points);
}
