// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane-test: where=host
 *
 * What descriptions say of DTLS: fingerprints of section and session, who begins, tls-id;
 * when that asks for a new association.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sdp/dtls.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define HEAD	"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"
#define A	"a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\r\n"
#define A_LOW	"a=FINGERPRINT:SHA-1 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33\r\n"
#define B	"a=fingerprint:sha-1 01:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\r\n"
#define MD5	"a=fingerprint:md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define ID	"a=tls-id:abcdefghij0123456789\r\n"
#define ID2	"a=tls-id:abcdefghij012345678+\r\n"

static bool read_text(const char *text, struct sdp_dtls *dtls)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(span_of(text), NULL, why);

	if (!desc)
		return false;
	sdp_dtls_read(desc, desc->n ? &desc->media[0] : NULL, dtls);
	sdp_desc_free(desc);
	return true;
}

/* what was read, as it would be written; and how many were left out, and why */
static const struct {
	const char *text;
	const char *says;
	size_t left_out;
	const char *why;
} sections[] = {
	{ HEAD AUDIO, "", 0, NULL },
	{ HEAD AUDIO A "a=setup:actpass\r\n" ID, A "a=setup:actpass\r\n" ID, 0, NULL },
	{ HEAD A "a=setup:active\r\n" AUDIO, A "a=setup:active\r\n", 0, NULL },
	{ HEAD A "a=setup:active\r\n" AUDIO B "a=setup:PASSIVE\r\n", B "a=setup:passive\r\n", 0, NULL },
	{ HEAD A AUDIO A_LOW B, A B, 0, NULL },
	{ HEAD AUDIO MD5 A, A, 1, NULL },
	{ HEAD AUDIO MD5, "", 1, "SHA-1 or better" },
	/* a section that says something of its own is not helped by the session */
	{ HEAD A AUDIO MD5, "", 1, "SHA-1 or better" },
	{ HEAD AUDIO "a=fingerprint:sha-1 00:11\r\n", "", 1, "SHA-1 or better" },
	{ HEAD AUDIO A A A A A A A A A, A A A A A A A A, 1, NULL },
	{ HEAD AUDIO A "a=setup:holdconn\r\n", A "a=setup:holdconn\r\n", 0, "holdconn" },
	{ HEAD AUDIO A "a=setup:whoever\r\n", A, 0, NULL },
	{ HEAD AUDIO A "a=tls-id:abcdefghij012345678\r\n", A, 0, NULL },
	{ HEAD AUDIO A "a=tls-id:abcdefghij012345678?\r\n", A, 0, NULL },
	{ HEAD ID AUDIO A, A, 0, NULL },
};

static bool test_sections(void)
{
	struct sdp_dtls dtls;
	char *said;
	struct writer out = { 0 };
	size_t i;

	for (i = 0; i < COUNT(sections); i++) {
		KTAP_CHECK(read_text(sections[i].text, &dtls));
		sdp_dtls_print(&out, &dtls);
		said = writer_end(&out, NULL);
		if (strcmp(said, sections[i].says) || dtls.left_out != sections[i].left_out ||
		    !dtls.why != !sections[i].why ||
		    (dtls.why && !strstr(dtls.why, sections[i].why))) {
			printf("# %zu: %zu left out, %s\n", i, dtls.left_out,
			       dtls.why ? dtls.why : "nothing in the way");
			free(said);
			return false;
		}
		free(said);
	}
	return true;
}

static bool test_long_id(void)
{
	char text[1024], id[300];
	struct sdp_dtls dtls;
	size_t n;

	memset(id, 'x', sizeof(id));
	for (n = 255; n <= 256; n++) {
		snprintf(text, sizeof(text), HEAD AUDIO A "a=tls-id:%.*s\r\n", (int)n, id);
		KTAP_CHECK(read_text(text, &dtls));
		KTAP_CHECK(strlen(dtls.tls_id) == (n == 255 ? n : 0));
	}
	return true;
}

static bool test_roles(void)
{
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_ACTPASS, false) == DTLS_ACTIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_ACTIVE, false) == DTLS_PASSIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_PASSIVE, false) == DTLS_ACTIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_UNSAID, false) == DTLS_PASSIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_ACTIVE, true) == DTLS_PASSIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_PASSIVE, true) == DTLS_ACTIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_UNSAID, true) == DTLS_ACTIVE);
	KTAP_CHECK(sdp_setup_role(SDP_SETUP_ACTPASS, true) == DTLS_ACTIVE);
	return true;
}

/* before, now: a new association? */
static const struct {
	const char *before;
	const char *now;
	bool anew;
} pairs[] = {
	{ HEAD AUDIO A, HEAD AUDIO A, false },
	{ HEAD AUDIO A, HEAD A_LOW AUDIO, false },
	{ HEAD AUDIO A, HEAD AUDIO B, true },
	{ HEAD AUDIO A B, HEAD AUDIO B A, false },
	{ HEAD AUDIO A B, HEAD AUDIO A, true },
	{ HEAD AUDIO A, HEAD AUDIO A B, true },
	{ HEAD AUDIO A ID, HEAD AUDIO A ID, false },
	{ HEAD AUDIO A ID, HEAD AUDIO A ID2, true },
	{ HEAD AUDIO A ID, HEAD AUDIO A, false },
	{ HEAD AUDIO A, HEAD AUDIO A ID, false },
};

static bool test_anew(void)
{
	struct sdp_dtls before, now;
	size_t i;

	for (i = 0; i < COUNT(pairs); i++) {
		KTAP_CHECK(read_text(pairs[i].before, &before));
		KTAP_CHECK(read_text(pairs[i].now, &now));
		if (sdp_dtls_anew(&before, &now) != pairs[i].anew) {
			printf("# %zu\n", i);
			return false;
		}
	}
	return true;
}

static bool test_our_id(void)
{
	char a[SDP_TLS_ID_OURS + 1], b[SDP_TLS_ID_OURS + 1], text[512];
	struct sdp_dtls dtls;

	KTAP_CHECK(sdp_tls_id_make(a) && sdp_tls_id_make(b) && strcmp(a, b));
	snprintf(text, sizeof(text), HEAD AUDIO A "a=tls-id:%s\r\n", a);
	KTAP_CHECK(read_text(text, &dtls) && !strcmp(dtls.tls_id, a));
	return true;
}

static const struct ktap_point points[] = {
	{ "sections, and the session for them: read, and written again", test_sections },
	{ "a tls-id has up to 255 characters", test_long_id },
	{ "roles by a=setup", test_roles },
	{ "when a description asks for a new association", test_anew },
	{ "our own tls-id is one", test_our_id },
};

int main(void)
{
	return KTAP_RUN(points);
}
