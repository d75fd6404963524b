/* SPDX-License-Identifier: GPL-2.0 */
/* Who tries many ports: sources and the ports that they have tried, in so much memory
 * and no more.
 */
#ifndef _RTPLANE_SCANNER_H
#define _RTPLANE_SCANNER_H

#include <linux/rtplane.h>

#include "portable.h"

/* Places where a source may be: who has others in mind must know the secret. */
#define RTPLANE_SCANNER_WAYS	4

/**
 * struct rtplane_scanner - a source that tries ports that nobody has
 * @key: its IPv4 address, or the first 64 bits of its IPv6 address
 * @begin: ms, when it tried the first of @port
 * @n: how many there are in @port; 0: nobody is here
 * @v6: IPv6
 * @port: those that it has tried, each once
 */
struct rtplane_scanner {
	u64 key;
	u32 begin;
	u8 n;
	bool v6;
	u16 port[RTPLANE_SCAN_PORTS_MAX];
};

/* Its place; if it has none, an empty one, or that of whoever began first. */
static inline struct rtplane_scanner *rtplane_scanner_at(struct rtplane_scanner *way, u64 key,
							 bool v6, u32 now)
{
	struct rtplane_scanner *found = way;
	unsigned int i;

	for (i = 0; i < RTPLANE_SCANNER_WAYS; i++) {
		if (way[i].n && way[i].key == key && way[i].v6 == v6)
			return &way[i];
		if (found->n && (!way[i].n || now - way[i].begin > now - found->begin))
			found = &way[i];
	}
	*found = (struct rtplane_scanner) { .key = key, .v6 = v6, .begin = now };
	return found;
}

/**
 * rtplane_scanner_count() - a source has tried a port that nobody has
 * @way: the places where it may be, RTPLANE_SCANNER_WAYS of them
 * @key: see &struct rtplane_scanner
 * @v6: likewise
 * @port: the port
 * @now: ms
 * @window: ms within which it counts
 * @limit: so many are too many, 1 to RTPLANE_SCAN_PORTS_MAX
 *
 * Return: are they too many just now?  It begins anew after that.
 */
static inline bool rtplane_scanner_count(struct rtplane_scanner *way, u64 key, bool v6, u16 port,
					 u32 now, u32 window, u32 limit)
{
	struct rtplane_scanner *s = rtplane_scanner_at(way, key, v6, now);
	unsigned int i;

	if (now - s->begin >= window) {
		s->begin = now;
		s->n = 0;
	}
	for (i = 0; i < s->n; i++) {
		if (s->port[i] == port)
			return false;
	}
	s->port[s->n++] = port;
	if (s->n < limit)
		return false;
	s->n = 0;
	return true;
}

#endif /* _RTPLANE_SCANNER_H */
