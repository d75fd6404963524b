/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values of a record, one after the other, as bytes, and back. What is read was
 * written by this program, but maybe by another build of it, and a disk may err: whoever
 * reads looks at @failed before he believes anything.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "base/addr.h"
#include "base/span.h"

/**
 * struct pack - values that are being written; zeroed at first
 * @p: bytes, for free()
 * @n: how many
 * @size: room
 * @failed: there was no memory: nothing of it counts
 */
struct pack {
	char *p;
	size_t n;
	size_t size;
	bool failed;
};

/** pack_u32() - a number; so are all below */
void pack_u32(struct pack *pack, uint32_t value);
void pack_u64(struct pack *pack, uint64_t value);
/** pack_text() - bytes; an absent text is told from an empty one */
void pack_text(struct pack *pack, struct span text);
void pack_addr(struct pack *pack, const struct dp_addr *addr);
/** pack_span() - all of it */
struct span pack_span(const struct pack *pack);
void pack_free(struct pack *pack);

/**
 * struct unpack - values that are being read
 * @rest: what is left
 * @failed: there was less than was asked for: what was read since is zero or absent
 */
struct unpack {
	struct span rest;
	bool failed;
};

uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
/** unpack_text() - points into the record */
struct span unpack_text(struct unpack *u);
void unpack_addr(struct unpack *u, struct dp_addr *addr);
/** unpack_end() - was all that was asked for there, and no more? */
bool unpack_end(const struct unpack *u);

/**
 * pack_due() - a time of a monotonic clock, in ms, as one that the next start can read
 * @pack: is written to
 * @due: the time; 0: never
 * @now: the same clock's
 */
void pack_due(struct pack *pack, uint64_t due, uint64_t now);

/**
 * unpack_due() - the other way round
 * @u: is read from
 * @now: of the clock now
 *
 * Return: ms of that clock; a time that is over is @now, and none is further away than
 * it was.
 */
uint64_t unpack_due(struct unpack *u, uint64_t now);

/** pack_since() - a time of a monotonic clock that is over, likewise */
void pack_since(struct pack *pack, uint64_t then, uint64_t now);
/** unpack_since() - none is later than @now; 0: before that clock began */
uint64_t unpack_since(struct unpack *u, uint64_t now);

#endif /* STORE_PACK_H */
