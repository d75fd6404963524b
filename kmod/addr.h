/* SPDX-License-Identifier: GPL-2.0 */
/* Transport addresses as the module keeps them: both families in one shape. */
#ifndef _RTPLANE_ADDR_H
#define _RTPLANE_ADDR_H

#include "portable.h"

/**
 * struct rtplane_ep - a UDP transport address (endpoint)
 * @addr: the address; IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 2.5.5.2)
 * @w: the same as two words, for comparing
 * @w32: the same as four words; w32[3] is an IPv4 address
 * @port: UDP port, network order; 0 where there is none
 * @part: of a leg's local address: which of what is there, 0: all. Which leg it is, and
 *	nothing else: two addresses are equal all the same
 * @rtcp: of @part, 1: what is RTCP there, where that has a leg of its own
 * @call: of @part: the number of a call that shares the port with others (call.h)
 *
 * 20 bytes: @w would have it be 24, and there are three in each leg.
 */
struct rtplane_ep {
	union {
		struct in6_addr addr;
		u64 w[2];
		__be32 w32[4];
	};
	__be16 port;
	union {
		u16 part;
		struct {
			u16 rtcp:1;
			u16 call:15;
		};
	};
} __packed __aligned(4);

/* The second word of an IPv4 address, made in a register; the first is 0. */
static inline u64 rtplane_ep_word4(__be32 addr)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return 0xffffULL << 32 | (__force u32)addr;
#else
	return (u64)(__force u32)addr << 32 | (__force u32)htonl(0xffff);
#endif
}

static inline void rtplane_ep_set4(struct rtplane_ep *ep, __be32 addr, __be16 port)
{
	ep->w[0] = 0;
	ep->w[1] = rtplane_ep_word4(addr);
	ep->port = port;
	ep->part = 0;
}

static inline void rtplane_ep_set6(struct rtplane_ep *ep, const struct in6_addr *addr, __be16 port)
{
	ep->addr = *addr;
	ep->port = port;
	ep->part = 0;
}

static inline bool rtplane_ep_is4(const struct rtplane_ep *ep)
{
	return !ep->w[0] && ep->w32[2] == htonl(0xffff);
}

/* An endpoint that was never set; no valid one has port 0. */
static inline bool rtplane_ep_none(const struct rtplane_ep *ep)
{
	return !ep->port;
}

static inline bool rtplane_ep_same_addr(const struct rtplane_ep *a, const struct rtplane_ep *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]));
}

static inline bool rtplane_ep_eq(const struct rtplane_ep *a, const struct rtplane_ep *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) | (__force u16)(a->port ^ b->port));
}

/* Do both name the same leg, by its local address? */
static inline bool rtplane_ep_same_leg(const struct rtplane_ep *a, const struct rtplane_ep *b)
{
	return rtplane_ep_eq(a, b) && a->part == b->part;
}

/* May anybody have this address? */
static inline bool rtplane_ep_unicast(const struct rtplane_ep *ep)
{
	if (rtplane_ep_is4(ep))
		return !ipv4_is_multicast(ep->w32[3]) && !ipv4_is_lbcast(ep->w32[3]) &&
		       !ipv4_is_zeronet(ep->w32[3]);
	return !ipv6_addr_any(&ep->addr) && !ipv6_addr_is_multicast(&ep->addr) &&
	       !ipv6_addr_v4mapped(&ep->addr);
}

/* Can nobody have sent from here and expect an answer? */
static inline bool rtplane_ep_martian(const struct rtplane_ep *ep)
{
	return !ep->port || !rtplane_ep_unicast(ep);
}

static inline bool rtplane_ep_loopback(const struct rtplane_ep *ep)
{
	if (rtplane_ep_is4(ep))
		return ipv4_is_loopback(ep->w32[3]);
	return ipv6_addr_loopback(&ep->addr);
}

/* Do the first @bits of both addresses agree?  For IPv4 @bits counts from the
 * IPv4 address's own first bit.
 */
static inline bool rtplane_ep_in_prefix(const struct rtplane_ep *ep, const struct rtplane_ep *net,
					unsigned int bits)
{
	if (rtplane_ep_is4(net))
		bits += 96;
	return ipv6_prefix_equal(&ep->addr, &net->addr, min(bits, 128U));
}

#endif /* _RTPLANE_ADDR_H */
