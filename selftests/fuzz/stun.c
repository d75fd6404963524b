// SPDX-License-Identifier: GPL-2.0
/*
 * STUN messages of any bytes.  What must hold:
 *
 * - what is a message has the form by which the datapath passes it;
 * - whatever is found in one lies within it, before its integrity, and is aligned;
 * - written again from what was found, it is the same message with the same values;
 * - signed by us it is trusted by the key and by no other;
 * - what it is answered is a message.
 */
#include "fuzz.h"
#include "kmod/demux.h"
#include "stun/stun.h"

#define HEAD	"\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("\x00\x01\x00\x58" HEAD "\x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff"
		    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09" "evtj:h6vY   \x00\x08\x00\x14"
		    "\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf"),
	FUZZ_SAMPLE("\x01\x01\x00\x30" HEAD "\x80\x22\x00\x0btest vector \x00\x20\x00\x14\x00\x02\xa1\x47"
		    "\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\x00\x25\x00\x00\x7f\xff\x00\x00"),
	FUZZ_SAMPLE("\x01\x11\x00\x2c" HEAD "\x00\x09\x00\x10\x00\x00\x04\x57Unauthorized\x80\x02\x00\x08\x00\x02\x00\x00"
		    "\x00\x01\x00\x00\x00\x0a\x00\x04\x00\x01\x7f\xff"),
	FUZZ_SAMPLE("\x00\x01\x00\x00" HEAD),
	FUZZ_SAMPLE("\x00\x01\x00\x3c" HEAD "\x00\x08\x00\x14" "01234567890123456789\x00\x1c\x00\x20" "01234567890123456789012345678901"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\x00\x01\x00\x00" HEAD), FUZZ_SAMPLE("\x21\x12\xa4\x42"), FUZZ_SAMPLE("\x00\x06\x00\x01" "a\0\0\0"),
	FUZZ_SAMPLE("\x00\x08\x00\x14"), FUZZ_SAMPLE("\x00\x1c\x00\x10"), FUZZ_SAMPLE("\x80\x28\x00\x04"), FUZZ_SAMPLE("\x00\x25\x00\x00"),
	FUZZ_SAMPLE("\x00\x20\x00\x08\x00\x01"), FUZZ_SAMPLE("\xff\xff"), FUZZ_SAMPLE("\0\0"), FUZZ_SAMPLE("\x7f\xff\x00\x00"),
};

static const uint16_t values[] = {
	STUN_MAPPED_ADDRESS, STUN_USERNAME, STUN_ERROR_CODE, STUN_UNKNOWN_ATTRIBUTES, STUN_REALM, STUN_NONCE,
	STUN_PASSWORD_ALGORITHM, STUN_USERHASH, STUN_XOR_MAPPED_ADDRESS, STUN_PRIORITY, STUN_USE_CANDIDATE,
	STUN_PASSWORD_ALGORITHMS, STUN_SOFTWARE, STUN_ALTERNATE_SERVER, STUN_ICE_CONTROLLED, STUN_ICE_CONTROLLING, 0x7fff,
};

static struct span found(const struct stun_msg *m, uint16_t type)
{
	struct span s = stun_find(m, type);

	if (s.p) {
		FUZZ_CHECK((const uint8_t *)s.p >= m->data + STUN_HEADER_LEN + 4);
		FUZZ_CHECK((const uint8_t *)s.p + s.n <= m->data + m->end);
		FUZZ_CHECK(((const uint8_t *)s.p - m->data) % 4 == 0);
	}
	return s;
}

/* its values by all ways of asking for them */
static void check_values(const struct stun_msg *m)
{
	struct dp_addr addr;
	struct span s, rest;
	uint16_t algorithm;
	size_t i, n;

	for (i = 0; i < FUZZ_COUNT(values); i++) {
		s = found(m, values[i]);
		if (stun_find_addr(m, values[i], &addr))
			FUZZ_CHECK(s.n == (addr.family == AF_INET ? 8 : 20));
		rest = s;
		for (n = 0; stun_next_algorithm(&rest, &algorithm); n++)
			;
		FUZZ_CHECK(n * 4 <= s.n && rest.n <= s.n);
	}
	n = stun_find_error(m, &s);
	FUZZ_CHECK(!n || (n >= 300 && n <= 699));
	FUZZ_CHECK(!s.p || (const uint8_t *)s.p + s.n <= m->data + m->end);
	FUZZ_CHECK(m->n_unknown <= STUN_UNKNOWN_MAX);
}

static void check_again(const struct stun_msg *m)
{
	static uint8_t out[FUZZ_MAX + 128];
	struct stun_writer w;
	struct stun_msg b;
	size_t i;

	stun_begin(&w, out, sizeof(out), m->class, m->method, m->id);
	for (i = 0; i < FUZZ_COUNT(values); i++)
		if (stun_has(m, values[i]))
			stun_put_text(&w, values[i], stun_find(m, values[i]));
	if (w.len <= STUN_SIGNED_MAX) {
		stun_sign(&w, SPAN("key"));
		stun_put_fingerprint(&w);
	}
	if (!stun_end(&w))
		return;
	FUZZ_CHECK(stun_parse(out, stun_end(&w), &b));
	FUZZ_CHECK(b.class == m->class && b.method == m->method);
	FUZZ_CHECK(!memcmp(b.id, m->id, STUN_ID_LEN));
	for (i = 0; i < FUZZ_COUNT(values); i++)
		FUZZ_CHECK(span_eq(stun_find(m, values[i]), stun_find(&b, values[i])));
	if (b.sha1) {
		FUZZ_CHECK(b.fingerprint && stun_verify(&b, SPAN("key")) == STUN_TRUSTED);
		FUZZ_CHECK(stun_verify(&b, SPAN("kez")) == STUN_FORGED);
	}
}

static void check_answer(const struct stun_msg *m)
{
	struct stun_writer w;
	struct stun_msg b;
	uint8_t out[256];

	stun_begin(&w, out, sizeof(out), STUN_ERROR, m->method, m->id);
	stun_put_error(&w, 420, NULL);
	stun_put_unknown(&w, m);
	stun_put_fingerprint(&w);
	FUZZ_CHECK(stun_end(&w) && stun_parse(out, stun_end(&w), &b));
}

static void check(const uint8_t *data, size_t size)
{
	struct stun_msg m;

	if (!stun_parse(data, size, &m))
		return;
	FUZZ_CHECK(stun_is(data, size) && m.len == size);
	FUZZ_CHECK(rtplane_demux(data, size) == RTPLANE_KIND_STACK);
	FUZZ_CHECK(m.end >= STUN_HEADER_LEN && m.end <= size && m.end % 4 == 0);
	check_values(&m);
	check_again(&m);
	check_answer(&m);
	stun_verify(&m, SPAN("VOkJxbRl1RmTxUk/WvJxBt"));
}

/* its header put right, so that what follows is looked at */
static void check_repaired(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	size &= ~(size_t)3;
	if (size < STUN_HEADER_LEN || size > UINT16_MAX)
		return;
	copy = malloc(size);
	if (!copy)
		return;
	memcpy(copy, data, size);
	copy[0] &= 3;
	copy[2] = (size - STUN_HEADER_LEN) >> 8;
	copy[3] = (size - STUN_HEADER_LEN) & 0xff;
	memcpy(copy + 4, HEAD, 4);
	check(copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size);
	check_repaired(data, size);
	return 0;
}

FUZZ_MAIN("STUN messages", samples, words)
