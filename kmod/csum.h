/* SPDX-License-Identifier: GPL-2.0 */
/* Checksums: are they right, and what do they become? */
#ifndef _RTPLANE_CSUM_H
#define _RTPLANE_CSUM_H

#include <linux/bitops.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "addr.h"

/**
 * struct rtplane_diff - what new addresses and ports add to checksums
 * @addr: of the addresses alone: of an IPv4 header, of a pseudo header
 * @udp: of addresses and ports
 *
 * Sums of 16-bit words as they lie in the packet, with their carries added in.
 */
struct rtplane_diff {
	u16 addr;
	u16 udp;
};

void rtplane_diff(struct rtplane_diff *diff, const struct rtplane_ep *old_src,
		  const struct rtplane_ep *old_dst, const struct rtplane_ep *src,
		  const struct rtplane_ep *dst);
bool rtplane_udp_csum_ok(struct sk_buff *skb, bool v6);

/* The sum of the two 16-bit words of @sum, their carry added in. */
static inline u16 rtplane_sum16(u32 sum)
{
	return (sum + ror32(sum, 16)) >> 16;
}

/* A checksum to which @diff, a sum of a few 16-bit words, is added (RFC 1624,
 * equation 3).
 */
static inline __sum16 rtplane_csum_add(__sum16 check, u32 diff)
{
	return (__force __sum16)~rtplane_sum16((u16)~(__force u16)check + diff);
}

/* A whole UDP checksum, carried over to new addresses and ports; an absent one stays
 * absent.
 */
static __always_inline void rtplane_udp_csum_whole(struct udphdr *uh,
						   const struct rtplane_diff *diff)
{
	if (uh->check)
		uh->check = rtplane_csum_add(uh->check, diff->udp) ?: CSUM_MANGLED_0;
}

/* The same for a buffer's.  The pseudo header's length and protocol add up alike in
 * both families.
 */
static __always_inline void rtplane_udp_csum(struct sk_buff *skb, struct udphdr *uh,
					     const struct rtplane_diff *diff)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* The device adds the rest; only the pseudo header is in it. */
		uh->check = (__force __sum16)rtplane_sum16((__force u16)uh->check + diff->addr);
		return;
	}
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	rtplane_udp_csum_whole(uh, diff);
}

/* TTL and TOS as a router would make them, and the checksum of that and of what else
 * changes, @diff, a sum of a few 16-bit words; it is still to be written, or was.
 */
static __always_inline void rtplane_ip4_hop(struct iphdr *iph, u8 tos, u32 diff)
{
	/* TOS is the low byte of its word; TTL the high one, and loses 1.  All is
	 * kept above 0 by adding 0xffff, which is 0 to a checksum.
	 */
	iph->check = rtplane_csum_add(iph->check, diff + 2 * 0xffff +
				      (tos - iph->tos) * (__force u16)htons(0x0001) -
				      (__force u16)htons(0x0100));
	iph->tos = tos;
	iph->ttl--;
}

/* Is the checksum of an IPv4 header without options right?
 *
 * It is if the header's 16-bit words add up to a multiple of 0xffff.  The carries of
 * 64 bits are worth as much as those of 16, since 2^64 is 1 modulo 0xffff; and a
 * 64-bit number is a multiple of 0xffff, which is odd, if its product with the inverse
 * modulo 2^64 is small.  (No header is all zeros: it begins with its version.)
 */
static __always_inline bool rtplane_ip4_csum_ok(const void *header)
{
	const u64 inverse = 0xfffefffefffeffffULL;
	u64 a = get_unaligned((const u64 *)header);
	u64 sum = a + get_unaligned((const u64 *)(header + 8));
	u32 last = get_unaligned((const u32 *)(header + 16));

	sum += sum < a;
	sum += last;
	sum += sum < last;
	return sum * inverse <= U64_MAX / 0xffff;
}

/* Is the checksum that a device is to fill in that of the UDP header behind @hdrlen
 * bytes?  A guest says where it is, and may say anything.
 */
static __always_inline bool rtplane_udp_partial(const struct sk_buff *skb, unsigned int hdrlen)
{
	return skb_checksum_start_offset(skb) == hdrlen &&
	       skb->csum_offset == offsetof(struct udphdr, check);
}

/* Has a device or a local sender vouched for the UDP checksum? */
static __always_inline bool rtplane_udp_vouched(const struct sk_buff *skb, unsigned int hdrlen)
{
	if (likely(skb->ip_summed == CHECKSUM_UNNECESSARY))
		return true;
	return skb->ip_summed == CHECKSUM_PARTIAL && rtplane_udp_partial(skb, hdrlen);
}

/* A checksum in a place that is none: nothing can be done with it but harm. */
static __always_inline bool rtplane_udp_astray(const struct sk_buff *skb, unsigned int hdrlen)
{
	return unlikely(skb->ip_summed == CHECKSUM_PARTIAL && !rtplane_udp_partial(skb, hdrlen));
}

/* The checks of ip_rcv(), ip6_rcv() and udp_rcv(), for a packet that will not
 * see them; the UDP datagram fills the packet, and the packet the buffer.
 */
static __always_inline bool rtplane_csum_ok(struct sk_buff *skb, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + hdrlen);

	if (!v6 && unlikely(!rtplane_ip4_csum_ok(skb->data)))
		return false;
	/* IPv6 knows no absent UDP checksum (RFC 8200 8.1). */
	if (unlikely(!uh->check))
		return !v6 && !rtplane_udp_astray(skb, hdrlen);
	return rtplane_udp_vouched(skb, hdrlen) || rtplane_udp_csum_ok(skb, v6);
}

#endif /* _RTPLANE_CSUM_H */
