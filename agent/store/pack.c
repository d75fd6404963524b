// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>

#include "pack.h"

#define ABSENT	UINT32_MAX
#define FIRST	256

/* the wall's clock, which the next start has too */
static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void add(struct pack *pack, const void *data, size_t n)
{
	size_t size = pack->size ? pack->size : FIRST;
	char *p;

	while (size - pack->n < n)
		size *= 2;
	if (size != pack->size && !pack->failed) {
		p = realloc(pack->p, size);
		pack->failed = !p;
		if (p) {
			pack->p = p;
			pack->size = size;
		}
	}
	if (pack->failed)
		return;
	if (n)
		memcpy(pack->p + pack->n, data, n);
	pack->n += n;
}

void pack_u32(struct pack *pack, uint32_t value)
{
	add(pack, &value, sizeof(value));
}

void pack_u64(struct pack *pack, uint64_t value)
{
	add(pack, &value, sizeof(value));
}

void pack_text(struct pack *pack, struct span text)
{
	pack_u32(pack, text.p ? (uint32_t)text.n : ABSENT);
	add(pack, text.p, text.p ? text.n : 0);
}

void pack_addr(struct pack *pack, const struct dp_addr *addr)
{
	pack_u32(pack, addr->family);
	pack_u32(pack, addr->port);
	if (addr->family == AF_INET6)
		add(pack, &addr->v6, sizeof(addr->v6));
	else if (addr->family == AF_INET)
		add(pack, &addr->v4, sizeof(addr->v4));
}

struct span pack_span(const struct pack *pack)
{
	return (struct span){ pack->p, pack->failed ? 0 : pack->n };
}

void pack_free(struct pack *pack)
{
	free(pack->p);
	*pack = (struct pack){ 0 };
}

static void take(struct unpack *u, void *to, size_t n)
{
	memset(to, 0, n);
	if (u->rest.n < n)
		u->failed = true;
	if (u->failed)
		return;
	memcpy(to, u->rest.p, n);
	u->rest = span_skip(u->rest, n);
}

uint32_t unpack_u32(struct unpack *u)
{
	uint32_t value;

	take(u, &value, sizeof(value));
	return value;
}

uint64_t unpack_u64(struct unpack *u)
{
	uint64_t value;

	take(u, &value, sizeof(value));
	return value;
}

struct span unpack_text(struct unpack *u)
{
	uint32_t n = unpack_u32(u);
	struct span text;

	if (n == ABSENT || u->failed)
		return (struct span){ NULL, 0 };
	if (n > u->rest.n) {
		u->failed = true;
		return (struct span){ NULL, 0 };
	}
	text = (struct span){ u->rest.p, n };
	u->rest = span_skip(u->rest, n);
	return text;
}

void unpack_addr(struct unpack *u, struct dp_addr *addr)
{
	uint32_t family = unpack_u32(u), port = unpack_u32(u);

	*addr = (struct dp_addr){ 0 };
	if (family == AF_INET6)
		take(u, &addr->v6, sizeof(addr->v6));
	else if (family == AF_INET)
		take(u, &addr->v4, sizeof(addr->v4));
	else if (family)
		u->failed = true;
	if (port > UINT16_MAX)
		u->failed = true;
	if (u->failed)
		return;
	addr->family = (sa_family_t)family;
	addr->port = (uint16_t)port;
}

bool unpack_end(const struct unpack *u)
{
	return !u->failed && !u->rest.n;
}

/* how long from when: a wall clock that was set back meanwhile makes nothing longer */
void pack_due(struct pack *pack, uint64_t due, uint64_t now)
{
	pack_u64(pack, due ? (due > now ? due - now : 0) + 1 : 0);
	pack_u64(pack, wall_ms());
}

uint64_t unpack_due(struct unpack *u, uint64_t now)
{
	uint64_t left = unpack_u64(u), then = unpack_u64(u), wall = wall_ms();
	uint64_t gone = wall > then ? wall - then : 0;

	if (!left)
		return 0;
	left--;
	return now + (left > gone ? left - gone : 0);
}

void pack_since(struct pack *pack, uint64_t then, uint64_t now)
{
	pack_u64(pack, wall_ms() - (now - then));
}

uint64_t unpack_since(struct unpack *u, uint64_t now)
{
	uint64_t then = unpack_u64(u), wall = wall_ms();
	uint64_t gone = wall > then ? wall - then : 0;

	return now > gone ? now - gone : 0;
}
