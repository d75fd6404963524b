// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams, in network byte order:
 *
 *	 0  "RPp1"			16  session, 16
 *	 4  type, flags, tos, 0		32  sent, 8
 *	 8  bytes of the body, 2	40  cookie: time, 4; proof, 16
 *	10  bytes of all, 2		60  body, then zeros
 *	12  seq, 4			    HMAC-SHA256 of all before it, 32
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/kernelish.h"
#include "probe/probe.h"

#define HEAD		60
#define MAC		32
#define ADDR_LEN	20
#define OFFER_LEN	(8 + ADDR_LEN)
#define ECHO_LEN	(2 * ADDR_LEN + 16)
#define PART_LEN	6

static const char magic[4] = "RPp1";

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, (uint32_t)v);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

bool probe_mac(const struct probe_key *key, const void *data, size_t len,
	       uint8_t mac[PROBE_KEY_LEN])
{
	unsigned int n;

	return HMAC(EVP_sha256(), key->bytes, sizeof(key->bytes), data, len,
		    mac, &n);
}

bool probe_key_make(struct probe_key *key, struct span token)
{
	static const char label[] = "rtplane probe 1";
	unsigned int n;

	/* a NULL key would be the last one */
	return HMAC(EVP_sha256(), token.p ? token.p : "", (int)token.n,
		    (const uint8_t *)label, sizeof(label) - 1, key->bytes, &n);
}

size_t probe_write(const struct probe_key *key, const struct probe_msg *msg,
		   void *buf, size_t size)
{
	uint8_t *p = buf;

	if (size > PROBE_MAX || size < HEAD + MAC + msg->body.n)
		return 0;
	memset(p, 0, size);
	memcpy(p, magic, sizeof(magic));
	p[4] = msg->type;
	p[5] = msg->flags;
	p[6] = msg->tos;
	put16(p + 8, (uint16_t)msg->body.n);
	put16(p + 10, (uint16_t)size);
	put32(p + 12, msg->seq);
	memcpy(p + 16, msg->session, PROBE_ID_LEN);
	put64(p + 32, msg->sent);
	put32(p + 40, msg->pass.time);
	memcpy(p + 44, msg->pass.proof, PROBE_COOKIE_LEN);
	if (msg->body.n)
		memcpy(p + HEAD, msg->body.p, msg->body.n);
	return probe_mac(key, p, size - MAC, p + size - MAC) ? size : 0;
}

bool probe_read(const struct probe_key *key, const void *data, size_t len,
		struct probe_msg *msg)
{
	const uint8_t *p = data;
	uint8_t mac[MAC];
	size_t body;

	if (len < HEAD + MAC || len > PROBE_MAX ||
	    memcmp(p, magic, sizeof(magic)) || get16(p + 10) != len)
		return false;
	body = get16(p + 8);
	if (p[4] < PROBE_HELLO || p[4] > PROBE_TOLD || p[7] ||
	    body > len - HEAD - MAC)
		return false;
	if (!probe_mac(key, p, len - MAC, mac) ||
	    CRYPTO_memcmp(mac, p + len - MAC, MAC))
		return false;
	*msg = (struct probe_msg){
		.type = p[4], .flags = p[5], .tos = p[6],
		.seq = get32(p + 12), .sent = get64(p + 32),
		.pass.time = get32(p + 40),
		.body = { (const char *)p + HEAD, body },
	};
	memcpy(msg->session, p + 16, PROBE_ID_LEN);
	memcpy(msg->pass.proof, p + 44, PROBE_COOKIE_LEN);
	return true;
}

/* family, 0, port, address */
static void put_addr(uint8_t *p, const struct dp_addr *addr)
{
	memset(p, 0, ADDR_LEN);
	put16(p + 2, addr->port);
	if (addr->family == AF_INET) {
		p[0] = 4;
		memcpy(p + 4, &addr->v4, 4);
	} else if (addr->family == AF_INET6) {
		p[0] = 6;
		memcpy(p + 4, &addr->v6, 16);
	}
}

static bool get_addr(const uint8_t *p, struct dp_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->port = get16(p + 2);
	if (p[0] == 4) {
		addr->family = AF_INET;
		memcpy(&addr->v4, p + 4, 4);
	} else if (p[0] == 6) {
		addr->family = AF_INET6;
		memcpy(&addr->v6, p + 4, 16);
	} else {
		return false;
	}
	return true;
}

struct span probe_offer_write(const struct probe_offer *offer, uint8_t *buf)
{
	put16(buf, offer->lo);
	put16(buf + 2, offer->hi);
	put16(buf + 4, offer->sip);
	put16(buf + 6, offer->flags);
	put_addr(buf + 8, &offer->seen);
	return (struct span){ (const char *)buf, OFFER_LEN };
}

bool probe_offer_read(struct span body, struct probe_offer *offer)
{
	const uint8_t *p = (const uint8_t *)body.p;

	if (body.n != OFFER_LEN || !get_addr(p + 8, &offer->seen))
		return false;
	offer->lo = get16(p);
	offer->hi = get16(p + 2);
	offer->sip = get16(p + 4);
	offer->flags = get16(p + 6);
	return offer->lo && offer->lo <= offer->hi;
}

struct span probe_echo_write(const struct probe_echo *echo, uint8_t *buf)
{
	put_addr(buf, &echo->seen);
	put_addr(buf + ADDR_LEN, &echo->at);
	memset(buf + 2 * ADDR_LEN, 0, 4);
	buf[2 * ADDR_LEN] = echo->tos;
	put64(buf + 2 * ADDR_LEN + 4, echo->received);
	put32(buf + 2 * ADDR_LEN + 12, echo->flow);
	return (struct span){ (const char *)buf, ECHO_LEN };
}

bool probe_echo_read(struct span body, struct probe_echo *echo)
{
	const uint8_t *p = (const uint8_t *)body.p;

	if (body.n != ECHO_LEN || !get_addr(p, &echo->seen) ||
	    !get_addr(p + ADDR_LEN, &echo->at))
		return false;
	echo->tos = p[2 * ADDR_LEN];
	echo->received = get64(p + 2 * ADDR_LEN + 4);
	echo->flow = get32(p + 2 * ADDR_LEN + 12);
	return true;
}

struct span probe_part_write(const struct probe_part *part, uint8_t *buf)
{
	size_t n = min_t(size_t, part->data.n, PROBE_PART_MAX);

	buf[0] = part->doc;
	buf[1] = 0;
	put16(buf + 2, part->offset);
	put16(buf + 4, part->total);
	if (n)
		memcpy(buf + PART_LEN, part->data.p, n);
	return (struct span){ (const char *)buf, PART_LEN + n };
}

bool probe_part_read(struct span body, struct probe_part *part)
{
	const uint8_t *p = (const uint8_t *)body.p;

	if (body.n < PART_LEN || body.n > PART_LEN + PROBE_PART_MAX ||
	    p[0] >= __PROBE_DOC_MAX)
		return false;
	part->doc = p[0];
	part->offset = get16(p + 2);
	part->total = get16(p + 4);
	part->data = span_skip(body, PART_LEN);
	return part->offset + part->data.n <= part->total || !part->data.n;
}

bool probe_pass_make(const struct probe_key *secret, const struct dp_addr *from,
		     const uint8_t session[PROBE_ID_LEN], uint32_t now,
		     struct probe_pass *pass)
{
	uint8_t about[ADDR_LEN + PROBE_ID_LEN + 4], mac[MAC];
	struct dp_addr host = *from;

	host.port = 0;
	put_addr(about, &host);
	memcpy(about + ADDR_LEN, session, PROBE_ID_LEN);
	put32(about + ADDR_LEN + PROBE_ID_LEN, now);
	if (!probe_mac(secret, about, sizeof(about), mac))
		return false;
	pass->time = now;
	memcpy(pass->proof, mac, PROBE_COOKIE_LEN);
	return true;
}

bool probe_pass_fits(const struct probe_key *secret, const struct dp_addr *from,
		     const uint8_t session[PROBE_ID_LEN], uint32_t now,
		     const struct probe_pass *pass)
{
	struct probe_pass want;

	return pass->time <= now && now - pass->time <= PROBE_COOKIE_AGE &&
	       probe_pass_make(secret, from, session, pass->time, &want) &&
	       !CRYPTO_memcmp(want.proof, pass->proof, PROBE_COOKIE_LEN);
}

bool probe_replay_take(struct probe_replay *replay, uint32_t seq)
{
	uint64_t bit = 1ull << (seq % 64);
	uint64_t *word;
	uint32_t i;

	if (!seq)
		return false;
	if (seq > replay->top) {
		/* those between were not there; a whole round forgets all */
		if (seq - replay->top >= PROBE_REPLAY)
			memset(replay->seen, 0, sizeof(replay->seen));
		else
			for (i = replay->top + 1; i < seq; i++)
				replay->seen[i % PROBE_REPLAY / 64] &=
					~(1ull << (i % 64));
		replay->seen[seq % PROBE_REPLAY / 64] |= bit;
		replay->top = seq;
		return true;
	}
	if (replay->top - seq >= PROBE_REPLAY)
		return false;
	word = &replay->seen[seq % PROBE_REPLAY / 64];
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}
