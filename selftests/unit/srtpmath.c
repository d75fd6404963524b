// SPDX-License-Identifier: GPL-2.0
/*
 * The arithmetic of SRTP that both datapaths share (kmod/srtpmath.h): the vectors of
 * RFC 3711, RFC 6188 and RFC 7714, and the edges of indices and windows.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "kmod/srtpmath.h"
#include "ktap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* one block of AES by OpenSSL; the key stands before its length */
struct aes {
	uint8_t key[32];
	size_t len;
};

static void encrypt(const void *arg, uint8_t *out, const uint8_t *in)
{
	const struct aes *aes = arg;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!EVP_EncryptInit_ex(ctx, aes->len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), NULL,
				aes->key, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) || !EVP_EncryptUpdate(ctx, out, &n, in, 16))
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static size_t unhex(uint8_t *out, const char *hex)
{
	size_t n = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/*
 * RFC 3711 B.3 and RFC 6188 7.1, 7.3: a master key and salt, and the session keys that
 * come of them.
 */
static const struct vector {
	const char *key, *salt, *session, *session_salt, *auth;
} vectors[] = {
	{ "E1F97A0D3E018BE0D64FA32C06DE4139", "0EC675AD498AFEEBB6960B3AABE6",
	  "C61E7A93744F39EE10734AFE3FF7A087", "30CBBC08863D8C85D49DB34A9AE1",
	  "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4" },
	{ "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
	  "3b04803de51ee7c96423ab5b78d2",
	  "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	  "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05" },
};

static bool derives(const struct aes *aes, const uint8_t *salt, unsigned int label,
		    const char *wanted)
{
	uint8_t want[64], got[64];
	size_t n = unhex(want, wanted);

	rtplane_srtp_derive(encrypt, aes, salt, 14, label, got, (unsigned int)n);
	return !memcmp(want, got, n);
}

static bool test_session_keys(void)
{
	const struct vector *v;
	uint8_t salt[14];
	struct aes aes;

	for (v = vectors; v < vectors + ARRAY_SIZE(vectors); v++) {
		aes.len = unhex(aes.key, v->key);
		unhex(salt, v->salt);
		KTAP_CHECK(derives(&aes, salt, RTPLANE_SRTP_LABEL_KEY, v->session));
		KTAP_CHECK(derives(&aes, salt, RTPLANE_SRTP_LABEL_SALT, v->session_salt));
		KTAP_CHECK(derives(&aes, salt, RTPLANE_SRTP_LABEL_AUTH, v->auth));
		KTAP_CHECK(!derives(&aes, salt, RTPLANE_SRTP_LABEL_KEY + RTPLANE_SRTP_LABEL_RTCP,
				    v->session));
	}
	return true;
}

static bool is_iv(const __be64 iv[2], const char *wanted)
{
	uint8_t want[16];
	size_t n = unhex(want, wanted);

	return n == 16 && !memcmp(iv, want, n);
}

static bool test_first_blocks(void)
{
	struct rtplane_srtp_salt salt;
	uint8_t bytes[14];
	__be64 iv[2];

	/* RFC 3711 B.2: SSRC and index 0, so the salt itself */
	unhex(bytes, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
	rtplane_srtp_salt_set(&salt, bytes, 14);
	rtplane_srtp_iv_cm(iv, &salt, 0, 0);
	KTAP_CHECK(is_iv(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"));
	rtplane_srtp_iv_cm(iv, &salt, 0x01020304, 0x0a0b0c0d0e0f);
	KTAP_CHECK(is_iv(iv, "F0F1F2F3F5F7F5F3F2F2F6F6F2F20000"));

	/* RFC 7714 16.1.1: sequence number f17b, rollover counter 0 */
	unhex(bytes, "517569642070726f2071756f");
	rtplane_srtp_salt_set(&salt, bytes, 12);
	rtplane_srtp_iv_gcm(iv, &salt, 0x5501a0b2, 0xf17b);
	KTAP_CHECK(is_iv(iv, "51753c6580c2726f2071841400000000"));
	/* RFC 7714 17.1: SRTCP index 5d4 */
	rtplane_srtp_iv_gcm(iv, &salt, 0x4d617273, 0x5d4);
	KTAP_CHECK(is_iv(iv, "517524055203726f207170bb00000000"));
	/* the rollover counter stands between SSRC and sequence number */
	rtplane_srtp_iv_gcm(iv, &salt, 0, 0x0a0b0c0d0e0f);
	KTAP_CHECK(is_iv(iv, "5175696420707864" "2c7c7b6000000000"));
	return true;
}

static bool test_what_a_sequence_number_means(void)
{
	static const struct {
		uint64_t last;
		uint16_t seq;
		uint64_t index;
	} rows[] = {
		{ 0, 1, 1 },
		{ 65535, 0, 65536 },
		{ 65535, 65534, 65534 },
		{ 65536, 65535, 65535 },
		{ 65536, 0, 65536 },
		/* before the first rollover there is nothing to go back to */
		{ 5, 65533, 65533 },
		{ 0, 32768, 32768 },
		{ 0, 32769, 32769 },
		/* half way: ahead below the middle, behind above it */
		{ 65536, 32768, 65536 + 32768 },
		{ 65536, 32769, 32769 },
		{ 65536 + 32767, 65535, 65536 + 65535 },
		{ 65536 + 32768, 0, 65536 },
		{ 65536 + 32769, 0, 2 * 65536 },
		{ 65536 + 32768, 65535, 65536 + 65535 },
		/* late, over a rollover */
		{ 3 * 65536 + 10, 65000, 2 * 65536 + 65000 },
		{ 3 * 65536 + 65000, 10, 4 * 65536ULL + 10 },
		{ (1ULL << 48) - 1, 65534, (1ULL << 48) - 2 },
		{ (1ULL << 48) - 1, 0, 1ULL << 48 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rtplane_srtp_guess(rows[i].last, rows[i].seq) == rows[i].index)
			continue;
		printf("# after %llu, %u is %llu\n", (unsigned long long)rows[i].last, rows[i].seq,
		       (unsigned long long)rtplane_srtp_guess(rows[i].last, rows[i].seq));
		KTAP_CHECK(false);
	}
	return true;
}

/* a packet that is new is taken, and refused when it comes again */
static bool once(struct rtplane_srtp_track *t, uint64_t index)
{
	if (rtplane_srtp_seen(t, index))
		return false;
	rtplane_srtp_note(t, index);
	return rtplane_srtp_seen(t, index);
}

static bool test_the_window_reaches_1024_back(void)
{
	uint64_t base, high, i;

	/* wherever in a word the highest index is */
	for (base = 0; base < 130; base++) {
		struct rtplane_srtp_track t = { 0 };

		high = 70000 + base;
		KTAP_CHECK(once(&t, high));
		KTAP_CHECK(once(&t, high - 1023));
		KTAP_CHECK(rtplane_srtp_seen(&t, high - 1024));
		for (i = 1; i < 1023; i++)
			KTAP_CHECK(once(&t, high - i));
		KTAP_CHECK(once(&t, high + 1));
		KTAP_CHECK(rtplane_srtp_seen(&t, high - 1023));
		KTAP_CHECK(rtplane_srtp_seen(&t, high - 1022));
	}
	return true;
}

static bool test_what_was_skipped_is_not_seen(void)
{
	static const uint64_t steps[] = { 1, 2, 63, 64, 65, 127, 1023, 1024, 1025, 1087, 1088,
					  1089, 2176, 32767, 1ULL << 40 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct rtplane_srtp_track t = { 0 };
		uint64_t n, high = 5000 + steps[i];

		for (n = 4000; n <= 5000; n++)
			KTAP_CHECK(once(&t, n));
		KTAP_CHECK(once(&t, high));
		for (n = high - 1; n > high - 1024; n--)
			KTAP_CHECK(rtplane_srtp_seen(&t, n) == (n >= 4000 && n <= 5000));
		KTAP_CHECK(rtplane_srtp_seen(&t, high - 1024));
	}
	return true;
}

/* at random, against a table of what was here */
static bool test_the_window_at_random(void)
{
	static uint8_t here[200000];
	struct rtplane_srtp_track t = { 0 };
	uint64_t high = 0, index;
	unsigned int i;
	bool old;

	srand(20261129);
	memset(here, 0, sizeof(here));
	for (i = 0; i < 100000 && high < 190000; i++) {
		index = high + (uint64_t)(rand() % 8);
		if (rand() % 3)
			index = high > 1500 ? high - (uint64_t)(rand() % 1500) : high;
		if (rand() % 500 == 0)
			index = high + (uint64_t)(rand() % 3000);
		old = i && index < high && high - index >= 1024;
		KTAP_CHECK(rtplane_srtp_seen(&t, index) == (old || here[index]));
		if (old || here[index])
			continue;
		rtplane_srtp_note(&t, index);
		here[index] = 1;
		if (!i || index > high)
			high = index;
	}
	KTAP_CHECK(high > 10000);
	return true;
}

static bool test_what_is_given_was_here(void)
{
	uint64_t n, high;

	for (high = 65530; high < 65670; high++) {
		struct rtplane_srtp_track t = { 0 };

		rtplane_srtp_given(&t, high);
		for (n = high; n > high - 2000; n--)
			KTAP_CHECK(rtplane_srtp_seen(&t, n));
		for (n = high + 2; n < high + 2000; n += 2)
			KTAP_CHECK(once(&t, n));
		KTAP_CHECK(once(&t, high + 1999));
		KTAP_CHECK(rtplane_srtp_seen(&t, high));
	}
	return true;
}

static bool once_rtcp(struct rtplane_srtcp_track *t, uint32_t index)
{
	if (rtplane_srtcp_seen(t, index))
		return false;
	rtplane_srtcp_note(t, index);
	return rtplane_srtcp_seen(t, index);
}

static bool test_srtcp(void)
{
	static const uint32_t steps[] = { 1, 2, 63, 64, 65, 127, 128, 129, 1000 };
	uint32_t n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct rtplane_srtcp_track t = { 0 };
		uint32_t high = 2000 + steps[i];

		KTAP_CHECK(once_rtcp(&t, 0));
		for (n = 1900; n <= 2000; n += 2)
			KTAP_CHECK(once_rtcp(&t, n));
		KTAP_CHECK(once_rtcp(&t, high));
		for (n = high - 1; n > high - 128; n--)
			KTAP_CHECK(rtplane_srtcp_seen(&t, n) ==
				   (n >= 1900 && n <= 2000 && !(n % 2)));
		KTAP_CHECK(rtplane_srtcp_seen(&t, high - 128));
		n = high - 127;
		KTAP_CHECK(once_rtcp(&t, n) == !(n >= 1900 && n <= 2000 && !(n % 2)));
		rtplane_srtcp_given(&t, high + 5);
		KTAP_CHECK(rtplane_srtcp_seen(&t, high + 4));
		KTAP_CHECK(once_rtcp(&t, high + 6));
	}
	return true;
}

/* the number by which it leaves, or -1: refused */
static int leaves(struct rtplane_srtp_anew *a, struct rtplane_srtp_track *t, uint16_t seq)
{
	uint16_t out = rtplane_srtp_outgoing(a, t, seq);
	uint64_t index = t->any ? rtplane_srtp_guess(t->highest, out) : out;
	bool refused = rtplane_srtp_seen(t, index);

	rtplane_srtp_went(a, seq, refused);
	if (refused)
		return -1;
	rtplane_srtp_note(t, index);
	return out;
}

static bool test_a_sequence_that_begins_anew(void)
{
	struct rtplane_srtp_anew a = { 0 };
	struct rtplane_srtp_track t = { 0 };
	int n;

	for (n = 5000; n < 5100; n++)
		KTAP_CHECK(leaves(&a, &t, (uint16_t)n) == n);
	/* far behind: the second of two in a row is moved on */
	KTAP_CHECK(leaves(&a, &t, 100) == -1);
	KTAP_CHECK(leaves(&a, &t, 101) == 5100);
	KTAP_CHECK(leaves(&a, &t, 102) == 5101);
	/* in the window: the third */
	KTAP_CHECK(leaves(&a, &t, 90) == -1);
	a = (struct rtplane_srtp_anew) { 0 };
	t = (struct rtplane_srtp_track) { 0 };
	for (n = 1000; n < 1100; n++)
		KTAP_CHECK(leaves(&a, &t, (uint16_t)n) == n);
	KTAP_CHECK(leaves(&a, &t, 1010) == -1);
	KTAP_CHECK(leaves(&a, &t, 1011) == -1);
	KTAP_CHECK(leaves(&a, &t, 1012) == 1100);
	/* a network that repeats does not begin anew */
	KTAP_CHECK(leaves(&a, &t, 1013) == 1101);
	KTAP_CHECK(leaves(&a, &t, 1013) == -1);
	KTAP_CHECK(leaves(&a, &t, 1014) == 1102);
	KTAP_CHECK(leaves(&a, &t, 1014) == -1);
	/* nor does one that was late, and what comes twice behind it */
	KTAP_CHECK(leaves(&a, &t, 1016) == 1104);
	KTAP_CHECK(leaves(&a, &t, 1017) == 1105);
	KTAP_CHECK(leaves(&a, &t, 1018) == 1106);
	KTAP_CHECK(leaves(&a, &t, 1015) == 1103);
	KTAP_CHECK(leaves(&a, &t, 1016) == -1);
	KTAP_CHECK(leaves(&a, &t, 1017) == -1);
	KTAP_CHECK(leaves(&a, &t, 1019) == 1107);
	return true;
}

static bool test_headers(void)
{
	uint8_t p[200] = { 0x80 };

	KTAP_CHECK(rtplane_srtp_header(p, 12) == 12);
	p[0] = 0x8f;
	KTAP_CHECK(rtplane_srtp_header(p, 72) == 72);
	KTAP_CHECK(rtplane_srtp_header(p, 71) == 0);
	p[0] = 0x90;
	p[15] = 2;
	KTAP_CHECK(rtplane_srtp_header(p, 15) == 0);
	KTAP_CHECK(rtplane_srtp_header(p, 23) == 0);
	KTAP_CHECK(rtplane_srtp_header(p, 24) == 24);
	p[0] = 0x91;
	p[18] = 0xff;
	p[19] = 0xff;
	KTAP_CHECK(rtplane_srtp_header(p, 200) == 0);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "session keys of RFC 3711 and RFC 6188", test_session_keys },
		{ "first blocks of RFC 3711 and RFC 7714", test_first_blocks },
		{ "what a sequence number means", test_what_a_sequence_number_means },
		{ "the window reaches 1024 back", test_the_window_reaches_1024_back },
		{ "what was skipped is not seen", test_what_was_skipped_is_not_seen },
		{ "the window at random", test_the_window_at_random },
		{ "what is given was here", test_what_is_given_was_here },
		{ "SRTCP", test_srtcp },
		{ "a sequence that begins anew", test_a_sequence_that_begins_anew },
		{ "headers", test_headers },
	};

	return KTAP_RUN(points);
}
