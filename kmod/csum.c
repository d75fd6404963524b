// SPDX-License-Identifier: GPL-2.0
/* Checksums: what is not on the way of most packets. */
#include <net/ip6_checksum.h>

#include "csum.h"

/* Sum of a source and a destination address. */
static __wsum addr_sum(const struct rtplane_ep *src, const struct rtplane_ep *dst)
{
	/* The prefix of an IPv4 address kept as IPv6 is in no packet. */
	if (rtplane_ep_is4(src))
		return csum_add((__force __wsum)src->w32[3], (__force __wsum)dst->w32[3]);
	return csum_partial(&src->addr, sizeof(src->addr),
			    csum_partial(&dst->addr, sizeof(dst->addr), 0));
}

static __wsum port_sum(const struct rtplane_ep *src, const struct rtplane_ep *dst)
{
	return csum_add((__force __wsum)src->port, (__force __wsum)dst->port);
}

/**
 * rtplane_diff() - what new addresses and ports add to checksums
 * @diff: that
 * @old_src: source as received
 * @old_dst: destination as received
 * @src: source as sent, maybe of the other family
 * @dst: destination as sent
 */
void rtplane_diff(struct rtplane_diff *diff, const struct rtplane_ep *old_src,
		  const struct rtplane_ep *old_dst, const struct rtplane_ep *src,
		  const struct rtplane_ep *dst)
{
	__wsum addr = csum_sub(addr_sum(src, dst), addr_sum(old_src, old_dst));
	__wsum port = csum_sub(port_sum(src, dst), port_sum(old_src, old_dst));

	diff->addr = rtplane_sum16((__force u32)addr);
	diff->udp = rtplane_sum16((__force u32)csum_add(addr, port));
}

/* 0 if @sum, of header and payload of a UDP datagram, is right. */
static __sum16 udp_fold(const struct sk_buff *skb, bool v6, unsigned int len, __wsum sum)
{
	if (v6)
		return csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len,
				       IPPROTO_UDP, sum);
	return csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len, IPPROTO_UDP, sum);
}

/**
 * rtplane_udp_csum_ok() - verify a UDP checksum that nobody has vouched for
 * @skb: packet, data at the IP header, exactly as long as its datagram, not shared
 * @v6: it is IPv6
 *
 * From then on it is vouched for, so that nobody adds it all up again.  That
 * skb->csum_valid is set means nothing: it may be a tunnel's, of the packet around
 * this one.
 */
bool rtplane_udp_csum_ok(struct sk_buff *skb, bool v6)
{
	unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	unsigned int len = skb->len - hdrlen;
	__wsum sum;

	if (rtplane_udp_astray(skb, hdrlen))
		return false;
	/* A right IPv4 header adds nothing to the device's sum; an IPv6 header does.  If
	 * it is wrong, it may be the device that is.
	 */
	if (skb->ip_summed == CHECKSUM_COMPLETE && !v6 &&
	    !udp_fold(skb, false, len, skb->csum))
		goto ok;
	if (likely(!skb_is_nonlinear(skb)))
		sum = csum_partial(skb->data + hdrlen, len, 0);
	else
		sum = skb_checksum(skb, hdrlen, len, 0);
	if (udp_fold(skb, v6, len, sum))
		return false;
ok:
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 0;
	return true;
}
