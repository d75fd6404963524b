// SPDX-License-Identifier: GPL-2.0
/*
 * STUN messages: the vectors of RFC 5769 and of RFC 8489 B.1 (as erratum 6268 has it),
 * what is no message, what may be believed of one, and what is written is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "stun/stun.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define COOKIE	"2112a442"
#define ID	"b7e7a701bc34d686fa87dfae"
#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"
#define NAME	"\u30de\u30c8\u30ea\u30c3\u30af\u30b9"

static const char request[] =
	"00010058" COOKIE ID "80220010" "5354554e207465737420636c69656e74"
	"00240004" "6e0001ff" "80290008" "932ff9b151263b36"
	"00060009" "6576746a3a68367659202020"
	"00080014" "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" "80280004" "e57a3bcf";
static const char response4[] =
	"0101003c" COOKIE ID "8022000b" "7465737420766563746f7220"
	"00200008" "0001a147e112a643"
	"00080014" "2b91f599fd9e90c38c7489f92af9ba53f06be7d7" "80280004" "c07d4c96";
static const char response6[] =
	"01010048" COOKIE ID "8022000b" "7465737420766563746f7220"
	"00200014" "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
	"00080014" "a382954e4be67bf11784c97c8292c275bfe3ed41" "80280004" "c8fb0b4c";
static const char long_term[] =
	"00010060" COOKIE "78ad3433c6ad72c029da412e"
	"00060012" "e3839ee38388e383aae38383e382afe382b90000"
	"0015001c" "662f2f3439396b39353464364f4c33346f4c39465354767936347341"
	"0014000b" "6578616d706c652e6f726700"
	"00080014" "f67024656dd64a3e02b8e0712e85c9a28ca89666";
static const char sha256[] =
	"00010090" COOKIE "78ad3433c6ad72c029da412e"
	"001e0020" "4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704"
	"00150029" "6f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341000000"
	"0014000b" "6578616d706c652e6f726700" "001d0004" "00020000"
	"001c0020" "b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65";

/**
 * struct bytes - a message of a test's, in memory of its very size
 * @p: its bytes
 * @n: how many
 */
struct bytes {
	uint8_t *p;
	size_t n;
};

static struct bytes hex(const char *text)
{
	struct bytes b = { malloc(strlen(text) / 2 + 1), strlen(text) / 2 };
	size_t i;

	for (i = 0; i < b.n; i++) {
		char two[3] = { text[2 * i], text[2 * i + 1] };

		b.p[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return b;
}

/* in memory of its own size, so that a sanitizer sees the byte behind it */
static struct bytes copy_of(const uint8_t *p, size_t n)
{
	struct bytes b = { malloc(n ? n : 1), n };

	if (n)
		memcpy(b.p, p, n);
	return b;
}

static bool is_addr(const struct stun_msg *m, unsigned int type, const char *text)
{
	struct dp_addr addr;
	char buf[DP_ADDR_STRLEN];

	return stun_find_addr(m, type, &addr) &&
	       !strcmp(dp_addr_str(&addr, buf, sizeof(buf)), text);
}

/* ------------------------------------------------------------------ vectors */

static bool vector_request(void)
{
	struct bytes b = hex(request);
	struct stun_msg m;
	uint32_t priority;
	uint64_t tie;

	KTAP_CHECK(stun_parse(b.p, b.n, &m));
	KTAP_CHECK(m.class == STUN_REQUEST && m.method == STUN_BINDING);
	KTAP_CHECK(m.fingerprint && m.sha1 && !m.sha256 && !m.n_unknown);
	KTAP_CHECK(m.id == b.p + 8);
	KTAP_CHECK(span_is(stun_find(&m, STUN_SOFTWARE), "STUN test client"));
	KTAP_CHECK(span_is(stun_find(&m, STUN_USERNAME), "evtj:h6vY"));
	KTAP_CHECK(stun_find_u32(&m, STUN_PRIORITY, &priority) && priority == 0x6e0001ff);
	KTAP_CHECK(stun_find_u64(&m, STUN_ICE_CONTROLLED, &tie) && tie == 0x932ff9b151263b36);
	KTAP_CHECK(!stun_has(&m, STUN_ICE_CONTROLLING));
	KTAP_CHECK(stun_verify(&m, SPAN(PASSWORD)) == STUN_TRUSTED);
	KTAP_CHECK(stun_verify(&m, SPAN("VOkJxbRl1RmTxUk/WvJxBu")) == STUN_FORGED);
	KTAP_CHECK(stun_verify(&m, SPAN("")) == STUN_FORGED);
	KTAP_CHECK(stun_verify(&m, (struct span){ NULL, 0 }) == STUN_FORGED);
	free(b.p);
	return true;
}

static bool vector_responses(void)
{
	static const char *const text[] = { response4, response6 };
	static const char *const addr[] = {
		"192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
	};
	struct stun_msg m;
	struct bytes b;
	size_t i;

	for (i = 0; i < COUNT(text); i++) {
		b = hex(text[i]);
		KTAP_CHECK(stun_parse(b.p, b.n, &m));
		KTAP_CHECK(m.class == STUN_SUCCESS && m.method == STUN_BINDING && m.fingerprint);
		KTAP_CHECK(span_is(stun_find(&m, STUN_SOFTWARE), "test vector"));
		KTAP_CHECK(is_addr(&m, STUN_XOR_MAPPED_ADDRESS, addr[i]));
		KTAP_CHECK(stun_verify(&m, SPAN(PASSWORD)) == STUN_TRUSTED);
		free(b.p);
	}
	return true;
}

/* what the RFC shows, written by us, to the byte */
static bool vector_long_term(void)
{
	struct bytes b = hex(long_term);
	uint8_t key[STUN_KEY_MAX], out[256];
	struct stun_writer w;
	struct stun_msg m;
	struct span k = { (char *)key, 0 };

	KTAP_CHECK(stun_parse(b.p, b.n, &m) && !m.fingerprint);
	KTAP_CHECK(span_is(stun_find(&m, STUN_REALM), "example.org"));
	k.n = stun_key_long(STUN_MD5, SPAN(NAME), SPAN("example.org"), SPAN("TheMatrIX"), key);
	KTAP_CHECK(k.n == 16 && stun_verify(&m, k) == STUN_TRUSTED);
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, m.id);
	stun_put_text(&w, STUN_USERNAME, SPAN(NAME));
	stun_put_text(&w, STUN_NONCE, SPAN("f//499k954d6OL34oL9FSTvy64sA"));
	stun_put_text(&w, STUN_REALM, SPAN("example.org"));
	stun_sign(&w, k);
	KTAP_CHECK(stun_end(&w) == b.n && !memcmp(out, b.p, b.n));
	free(b.p);
	return true;
}

static bool vector_sha256(void)
{
	static const uint16_t list[] = { STUN_SHA256 };
	struct bytes b = hex(sha256);
	uint8_t key[STUN_KEY_MAX], user[STUN_USERHASH_LEN], out[256];
	struct span k = { (char *)key, 0 }, rest;
	struct stun_writer w;
	struct stun_msg m;
	uint16_t algorithm;

	KTAP_CHECK(stun_parse(b.p, b.n, &m) && m.sha256 && !m.sha1);
	k.n = stun_key_long(STUN_SHA256, SPAN(NAME), SPAN("example.org"), SPAN("TheMatrIX"), key);
	KTAP_CHECK(k.n == 32 && stun_verify(&m, k) == STUN_TRUSTED);
	rest = stun_find(&m, STUN_PASSWORD_ALGORITHM);
	KTAP_CHECK(stun_next_algorithm(&rest, &algorithm) && algorithm == STUN_SHA256);
	KTAP_CHECK(!stun_next_algorithm(&rest, &algorithm) && !rest.n);
	KTAP_CHECK(stun_userhash(SPAN(NAME), SPAN("example.org"), user));
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, m.id);
	stun_put(&w, STUN_USERHASH, user, sizeof(user));
	stun_put_text(&w, STUN_NONCE, SPAN("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"));
	stun_put_text(&w, STUN_REALM, SPAN("example.org"));
	stun_put_algorithms(&w, STUN_PASSWORD_ALGORITHM, list, 1);
	stun_sign_sha256(&w, k, 32);
	KTAP_CHECK(stun_end(&w) == b.n && !memcmp(out, b.p, b.n));
	free(b.p);
	return true;
}

/* ---------------------------------------------------------------- malformed */

#define MAC	"00080014" "0000000000000000000000000000000000000000"

static const struct {
	const char *name;
	const char *text;
	bool is;
} forms[] = {
	{ "nothing but a header", "00010000" COOKIE ID, true },
	{ "empty", "", false },
	{ "one byte", "00", false },
	{ "a header cut short", "00010000" COOKIE "b7e7a701bc34d686fa87df", false },
	{ "top bits", "80010000" COOKIE ID, false },
	{ "top bits, TURN channel", "40010000" COOKIE ID, false },
	{ "another cookie", "00010000" "2112a443" ID, false },
	{ "no cookie (RFC 3489)", "00010000" "00000000" ID, false },
	{ "longer than it says", "00010000" COOKIE ID "80220000", false },
	{ "shorter than it says", "00010004" COOKIE ID, false },
	{ "a length that is no multiple of 4", "00010002" COOKIE ID "8022", false },
	{ "length of everything", "0001ffff" COOKIE ID, false },
	{ "an empty attribute", "00010004" COOKIE ID "80220000", true },
	{ "a value beyond the end", "00010008" COOKIE ID "80220005" "61626364", false },
	{ "a value of 65,535 bytes", "00010008" COOKIE ID "8022ffff" "61626364", false },
	{ "a value of 65,533 bytes, padded beyond 16 bits", "00010008" COOKIE ID "8022fffd" "61626364", false },
	{ "padding of any bytes", "00010008" COOKIE ID "80220001" "61ffffff", true },
	{ "an integrity that is too short", "00010014" COOKIE ID "00080010" "00000000000000000000000000000000", false },
	{ "an integrity that is too long", "0001001c" COOKIE ID "00080018" "000000000000000000000000000000000000000000000000", false },
	{ "an empty integrity", "00010004" COOKIE ID "00080000", false },
	{ "SHA-256 of 12 bytes", "00010010" COOKIE ID "001c000c" "000000000000000000000000", false },
	{ "SHA-256 of 16 bytes", "00010014" COOKIE ID "001c0010" "00000000000000000000000000000000", true },
	{ "SHA-256 of 18 bytes", "00010018" COOKIE ID "001c0012" "0000000000000000000000000000000000000000", false },
	{ "SHA-256 of 36 bytes", "00010028" COOKIE ID "001c0024" "000000000000000000000000000000000000000000000000000000000000000000000000", false },
	{ "a wrong fingerprint", "00010008" COOKIE ID "80280004" "00000000", false },
	{ "a fingerprint of 3 bytes", "00010008" COOKIE ID "80280003" "00000000", false },
	{ "a fingerprint of 8 bytes", "0001000c" COOKIE ID "80280008" "0000000000000000", false },
	{ "two integrities", "00010030" COOKIE ID MAC MAC, true },
	{ "a short integrity behind one", "0001001c" COOKIE ID MAC "00080000", true },
};

static bool malformed(void)
{
	struct stun_msg m;
	struct bytes b;
	size_t i;

	for (i = 0; i < COUNT(forms); i++) {
		b = hex(forms[i].text);
		if (stun_parse(b.p, b.n, &m) != forms[i].is) {
			printf("# %s: %s\n", forms[i].name, forms[i].is ? "refused" : "taken");
			return false;
		}
		free(b.p);
	}
	return true;
}

/* a message that was cut anywhere, or has a byte changed, is none or is not trusted */
static bool damaged(void)
{
	static const char *const texts[] = { request, response4, response6 };
	struct bytes b, cut;
	struct stun_msg m;
	size_t i, at;

	for (i = 0; i < COUNT(texts); i++) {
		b = hex(texts[i]);
		for (at = 0; at < b.n; at++) {
			cut = copy_of(b.p, at);
			KTAP_CHECK(!stun_parse(cut.p, cut.n, &m));
			free(cut.p);
			cut = copy_of(b.p, b.n);
			cut.p[at] ^= 1 << at % 8;
			/* what is no fingerprint any more is behind the integrity */
			KTAP_CHECK(!stun_parse(cut.p, cut.n, &m) ||
				   (at >= b.n - 8 && at < b.n - 6 && !m.fingerprint));
			free(cut.p);
		}
		free(b.p);
	}
	return true;
}

/* the same without a fingerprint, which would tell of any change */
static bool forged(void)
{
	struct bytes b = hex(long_term);
	uint8_t key[STUN_KEY_MAX];
	struct span k = { (char *)key, 16 };
	struct stun_msg m;
	size_t at;

	stun_key_long(STUN_MD5, SPAN(NAME), SPAN("example.org"), SPAN("TheMatrIX"), key);
	for (at = 0; at < b.n; at++) {
		b.p[at] ^= 1 << at % 8;
		KTAP_CHECK(!stun_parse(b.p, b.n, &m) || stun_verify(&m, k) != STUN_TRUSTED);
		b.p[at] ^= 1 << at % 8;
	}
	KTAP_CHECK(stun_parse(b.p, b.n, &m) && stun_verify(&m, k) == STUN_TRUSTED);
	free(b.p);
	return true;
}

/* -------------------------------------------------------------------- order */

static const uint8_t id[STUN_ID_LEN] = "abcdefghijkl";

/* one that is written so far, read; @buf is what it points into */
static bool reread(const struct stun_writer *w, struct stun_msg *m)
{
	return stun_end(w) && stun_parse(w->buf, stun_end(w), m);
}

static bool behind_integrity(void)
{
	struct stun_writer w;
	struct stun_msg m;
	uint8_t out[512];

	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_put_u32(&w, STUN_PRIORITY, 1);
	stun_put_u32(&w, STUN_PRIORITY, 2);
	stun_sign(&w, SPAN("key"));
	stun_put_flag(&w, STUN_USE_CANDIDATE);		/* not protected: not there */
	stun_put_u32(&w, 0x7777, 0);			/* nor is it unknown */
	stun_sign(&w, SPAN("another"));
	KTAP_CHECK(reread(&w, &m));
	KTAP_CHECK(!stun_has(&m, STUN_USE_CANDIDATE) && !m.n_unknown);
	KTAP_CHECK(stun_find(&m, STUN_PRIORITY).p[3] == 1);
	KTAP_CHECK(stun_verify(&m, SPAN("key")) == STUN_TRUSTED);
	KTAP_CHECK(stun_verify(&m, SPAN("another")) == STUN_FORGED);
	/* SHA-256 behind SHA-1 counts, and it decides */
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_sign(&w, SPAN("key"));
	stun_sign_sha256(&w, SPAN("stronger"), 32);
	stun_put_flag(&w, STUN_USE_CANDIDATE);
	stun_put_fingerprint(&w);
	KTAP_CHECK(reread(&w, &m) && m.sha1 && m.sha256 && m.fingerprint);
	KTAP_CHECK(!stun_has(&m, STUN_USE_CANDIDATE));
	KTAP_CHECK(stun_verify(&m, SPAN("stronger")) == STUN_TRUSTED);
	KTAP_CHECK(stun_verify(&m, SPAN("key")) == STUN_FORGED);
	/* SHA-1 behind SHA-256 does not */
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_sign_sha256(&w, SPAN("key"), 32);
	stun_sign(&w, SPAN("weaker"));
	KTAP_CHECK(reread(&w, &m) && !m.sha1 && m.sha256);
	KTAP_CHECK(stun_verify(&m, SPAN("weaker")) == STUN_FORGED);
	return true;
}

static bool fingerprint_last(void)
{
	struct stun_writer w;
	struct stun_msg m;
	uint8_t out[512];

	stun_begin(&w, out, sizeof(out), STUN_INDICATION, STUN_BINDING, id);
	stun_put_text(&w, STUN_SOFTWARE, SPAN("x"));
	stun_put_fingerprint(&w);
	KTAP_CHECK(reread(&w, &m) && m.fingerprint && m.class == STUN_INDICATION);
	KTAP_CHECK(stun_has(&m, STUN_SOFTWARE) && !stun_has(&m, STUN_FINGERPRINT));
	stun_put_text(&w, STUN_SOFTWARE, SPAN("y"));
	KTAP_CHECK(!reread(&w, &m));
	return true;
}

static bool truncated(void)
{
	struct stun_writer w;
	struct stun_msg m;
	uint8_t out[512];
	size_t n;

	for (n = 0; n <= 40; n++) {
		stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
		stun_put_text(&w, STUN_USERNAME, SPAN("a:b"));
		stun_sign_sha256(&w, SPAN("key"), n);
		KTAP_CHECK(!stun_end(&w) == (n < 16 || n > 32 || n % 4));
		if (!stun_end(&w))
			continue;
		KTAP_CHECK(reread(&w, &m) && stun_verify(&m, SPAN("key")) == STUN_TRUSTED);
		KTAP_CHECK(stun_verify(&m, SPAN("kex")) == STUN_FORGED);
		/* cut shorter by somebody else it is another message */
		out[w.len - n - 1] -= 4;
		out[3] -= 4;
		KTAP_CHECK(!stun_parse(out, w.len - 4, &m) ||
			   stun_verify(&m, SPAN("key")) == STUN_FORGED);
	}
	return true;
}

/* an answer is protected as the request was */
static bool sign_like(void)
{
	uint8_t out[512], back[512];
	struct stun_writer w, a;
	struct stun_msg m, n;
	int kind;

	for (kind = 0; kind < 2; kind++) {
		stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
		if (kind)
			stun_sign_sha256(&w, SPAN("key"), 16);
		else
			stun_sign(&w, SPAN("key"));
		KTAP_CHECK(reread(&w, &m));
		stun_begin(&a, back, sizeof(back), STUN_SUCCESS, m.method, m.id);
		stun_sign_like(&a, &m, SPAN("key"));
		KTAP_CHECK(reread(&a, &n) && (n.sha1 != 0) == !kind && (n.sha256 != 0) == kind);
		KTAP_CHECK(stun_verify(&n, SPAN("key")) == STUN_TRUSTED);
	}
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	KTAP_CHECK(reread(&w, &m) && stun_verify(&m, SPAN("key")) == STUN_UNSIGNED);
	return true;
}

static bool too_long_to_sign(void)
{
	static uint8_t out[2 * STUN_SIGNED_MAX], filler[STUN_SIGNED_MAX];
	struct stun_writer w;

	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_put(&w, STUN_DATA_VALUE, filler, STUN_SIGNED_MAX - STUN_HEADER_LEN - 4);
	stun_sign(&w, SPAN("key"));
	KTAP_CHECK(stun_end(&w));
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_put(&w, STUN_DATA_VALUE, filler, STUN_SIGNED_MAX - STUN_HEADER_LEN);
	stun_sign(&w, SPAN("key"));
	KTAP_CHECK(!stun_end(&w));
	return true;
}

static bool unknown(void)
{
	struct stun_writer w, a;
	uint8_t out[512], back[512];
	struct stun_msg m, n;
	struct span list;
	unsigned int i;

	stun_begin(&w, out, sizeof(out), STUN_REQUEST, STUN_BINDING, id);
	stun_put_flag(&w, 0x8777);			/* may be ignored */
	stun_put_flag(&w, 0x0003);			/* CHANGE-REQUEST: not ours */
	stun_put_flag(&w, 0x0003);
	stun_put_flag(&w, 0x7fff);
	KTAP_CHECK(reread(&w, &m) && m.n_unknown == 2);
	KTAP_CHECK(m.unknown[0] == 3 && m.unknown[1] == 0x7fff);
	stun_begin(&a, back, sizeof(back), STUN_ERROR, STUN_BINDING, id);
	stun_put_error(&a, 420, NULL);
	stun_put_unknown(&a, &m);
	KTAP_CHECK(reread(&a, &n) && stun_find_error(&n, NULL) == 420);
	list = stun_find(&n, STUN_UNKNOWN_ATTRIBUTES);
	KTAP_CHECK(list.n == 4 && !memcmp(list.p, "\0\3\x7f\xff", 4));
	for (i = 0; i < 20; i++)
		stun_put_flag(&w, 0x7000 + i);
	KTAP_CHECK(reread(&w, &m) && m.n_unknown == STUN_UNKNOWN_MAX);
	return true;
}

/* ------------------------------------------------------------- round trips */

static bool types(void)
{
	struct stun_writer w;
	struct stun_msg m;
	uint8_t out[20];
	unsigned int method, class;

	for (method = 0; method < 0x100; method++)
		for (class = 0; class < 4; class++) {
			stun_begin(&w, out, sizeof(out), class, method, id);
			KTAP_CHECK(reread(&w, &m) && m.class == class && m.method == method);
		}
	stun_begin(&w, out, sizeof(out), STUN_ERROR, STUN_CHANNEL_BIND, id);
	KTAP_CHECK(out[0] == 0x01 && out[1] == 0x19);
	/* a first byte that would be another protocol's (RFC 7983) */
	stun_begin(&w, out, sizeof(out), STUN_REQUEST, 0x100, id);
	KTAP_CHECK(!reread(&w, &m));
	return true;
}

static bool addresses(void)
{
	static const char *const texts[] = {
		"192.0.2.1:1", "255.255.255.255:65535", "0.0.0.0:5",
		"[2001:db8::1]:443", "[::]:7", "[::ffff:192.0.2.9]:9",
	};
	static const uint16_t kinds[] = {
		STUN_MAPPED_ADDRESS, STUN_XOR_MAPPED_ADDRESS, STUN_XOR_PEER_ADDRESS,
		STUN_XOR_RELAYED_ADDRESS, STUN_ALTERNATE_SERVER,
	};
	struct stun_writer w;
	struct dp_addr addr, got;
	struct stun_msg m;
	uint8_t out[128];
	size_t i, k;

	for (i = 0; i < COUNT(texts); i++) {
		for (k = 0; k < COUNT(kinds); k++) {
			KTAP_CHECK(dp_addr_parse(texts[i], &addr));
			stun_begin(&w, out, sizeof(out), STUN_SUCCESS, STUN_BINDING, id);
			stun_put_addr(&w, kinds[k], &addr);
			KTAP_CHECK(reread(&w, &m) && stun_find_addr(&m, kinds[k], &got));
			KTAP_CHECK(dp_addr_eq(&addr, &got));
		}
	}
	return true;
}

static bool bad_values(void)
{
	static const char *const values[] = {
		"", "00", "0001", "000100010102030", "0001000101020304ff", "0002000101020304",
		"0003000101020304", "000100010102030405060708090a0b0c0d0e0f10", "0000000101020304",
	};
	struct stun_writer w;
	struct dp_addr addr;
	struct stun_msg m;
	uint8_t out[128];
	uint32_t u32;
	uint64_t u64;
	struct bytes b;
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		b = hex(values[i]);
		stun_begin(&w, out, sizeof(out), STUN_SUCCESS, STUN_BINDING, id);
		stun_put(&w, STUN_XOR_MAPPED_ADDRESS, b.p, b.n);
		stun_put(&w, STUN_PRIORITY, b.p, b.n);
		stun_put(&w, STUN_ICE_CONTROLLED, b.p, b.n == 8 ? 7 : b.n);
		KTAP_CHECK(reread(&w, &m));
		KTAP_CHECK(!stun_find_addr(&m, STUN_XOR_MAPPED_ADDRESS, &addr));
		KTAP_CHECK(!stun_find_u32(&m, STUN_PRIORITY, &u32));
		KTAP_CHECK(!stun_find_u64(&m, STUN_ICE_CONTROLLED, &u64));
		free(b.p);
	}
	return true;
}

static bool errors(void)
{
	static const char bad[][4] = {
		{ 0, 0, 2, 99 }, { 0, 0, 7, 0 }, { 0, 0, 4, 100 }, { 0, 0, 0, 0 },
	};
	struct stun_writer w;
	struct span reason;
	struct stun_msg m;
	uint8_t out[128];
	unsigned int code;
	size_t i;

	for (code = 300; code < 700; code++) {
		stun_begin(&w, out, sizeof(out), STUN_ERROR, STUN_BINDING, id);
		stun_put_error(&w, code, code % 2 ? "Role Conflict" : NULL);
		KTAP_CHECK(reread(&w, &m) && stun_find_error(&m, &reason) == code);
		KTAP_CHECK(span_is(reason, code % 2 ? "Role Conflict" : ""));
	}
	for (i = 0; i <= COUNT(bad); i++) {
		stun_begin(&w, out, sizeof(out), STUN_ERROR, STUN_BINDING, id);
		stun_put(&w, STUN_ERROR_CODE, bad[i % COUNT(bad)], i < COUNT(bad) ? 4 : 3);
		KTAP_CHECK(reread(&w, &m) && !stun_find_error(&m, &reason) && !reason.p);
	}
	return true;
}

static bool algorithms(void)
{
	static const uint16_t list[] = { STUN_SHA256, STUN_MD5 };
	/* one with five bytes of parameters and their padding, and then what is cut off */
	static const uint8_t odd[] = { 0, 9, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1 };
	struct span rest = { (const char *)odd, sizeof(odd) };
	struct stun_writer w;
	uint8_t out[128];
	struct stun_msg m;
	uint16_t got;

	KTAP_CHECK(stun_next_algorithm(&rest, &got) && got == 9);
	KTAP_CHECK(stun_next_algorithm(&rest, &got) && got == STUN_MD5);
	KTAP_CHECK(!stun_next_algorithm(&rest, &got) && rest.n == 4);
	stun_begin(&w, out, sizeof(out), STUN_ERROR, STUN_ALLOCATE, id);
	stun_put_algorithms(&w, STUN_PASSWORD_ALGORITHMS, list, 2);
	KTAP_CHECK(reread(&w, &m));
	rest = stun_find(&m, STUN_PASSWORD_ALGORITHMS);
	KTAP_CHECK(stun_next_algorithm(&rest, &got) && got == STUN_SHA256);
	KTAP_CHECK(stun_next_algorithm(&rest, &got) && got == STUN_MD5);
	KTAP_CHECK(!stun_next_algorithm(&rest, &got) && !rest.n);
	return true;
}

/* whatever room there is, either all of it fits or nothing is said to */
static bool no_room(void)
{
	struct dp_addr addr;
	struct stun_writer w;
	uint8_t *out;
	size_t room;

	dp_addr_parse("[2001:db8::1]:443", &addr);
	for (room = 0; room < 120; room++) {
		out = malloc(room ? room : 1);
		stun_begin(&w, out, room, STUN_SUCCESS, STUN_BINDING, id);
		stun_put_addr(&w, STUN_XOR_MAPPED_ADDRESS, &addr);
		stun_put_error(&w, 487, "Role Conflict");
		stun_put_u64(&w, STUN_ICE_CONTROLLING, 1);
		stun_sign(&w, SPAN("key"));
		stun_put_fingerprint(&w);
		KTAP_CHECK(stun_end(&w) == (room < 112 ? 0 : 112));
		free(out);
	}
	return true;
}

static const struct ktap_point points[] = {
	{ "RFC 5769 2.1: request", vector_request },
	{ "RFC 5769 2.2, 2.3: responses", vector_responses },
	{ "RFC 5769 2.4: long-term credentials, read and written", vector_long_term },
	{ "RFC 8489 B.1: SHA-256 and USERHASH, read and written", vector_sha256 },
	{ "what is a message and what is none", malformed },
	{ "a message cut or changed anywhere is none", damaged },
	{ "without a fingerprint it is not trusted", forged },
	{ "what stands behind the integrity is not there", behind_integrity },
	{ "nothing stands behind the fingerprint", fingerprint_last },
	{ "truncated SHA-256", truncated },
	{ "an answer is protected as its request is", sign_like },
	{ "nothing is signed beyond the limit", too_long_to_sign },
	{ "attributes that must be understood", unknown },
	{ "every class and method", types },
	{ "addresses of both families", addresses },
	{ "values that are none", bad_values },
	{ "error codes", errors },
	{ "lists of password algorithms", algorithms },
	{ "no room", no_room },
};

int main(void)
{
	return KTAP_RUN(points);
}
