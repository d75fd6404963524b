// SPDX-License-Identifier: GPL-2.0
/*
 * Who tries ports that no leg has: the media range is watched, and a source that tries
 * too many different ones within a while is told.  What becomes of it others decide, and
 * the packet goes on as if we were not here.
 *
 * Packets of calls never come by.  Sources can be forged: they have so many places and no
 * more, and who could be pushed out of his is nobody's to choose (the secret).
 */
#include <linux/ip.h>
#include <linux/jiffies.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include "demux.h"
#include "event.h"
#include "net.h"
#include "scan.h"
#include "scanner.h"

#define RTPLANE_SCAN_BUCKETS	256
/* So much of a payload tells what it is. */
#define RTPLANE_SCAN_LOOK	12

/**
 * struct rtplane_scan_bucket - sources whose hash is the same
 * @lock: of all that is in it
 * @way: the sources
 */
struct rtplane_scan_bucket {
	spinlock_t lock; /* the sources */
	struct rtplane_scanner way[RTPLANE_SCANNER_WAYS];
};

/**
 * struct rtplane_scan - what is watched, and who has tried it
 * @rcu: frees it
 * @secret: of the hash
 * @limit: so many ports are too many
 * @window: ms within which they count
 * @lo: first port of all ranges
 * @hi: last port of all ranges
 * @n_ranges: how many
 * @bucket: sources by hash
 * @range: constant once it is seen by packets, as all but @bucket
 */
struct rtplane_scan {
	struct rcu_head rcu;
	siphash_key_t secret;
	u32 limit;
	u32 window;
	u16 lo;
	u16 hi;
	u32 n_ranges;
	struct rtplane_scan_bucket bucket[RTPLANE_SCAN_BUCKETS];
	struct rtplane_scan_range range[];
};

/**
 * rtplane_scan_new() - make a watch that nobody sees yet
 * @ports: so many are too many
 * @seconds: within which they count
 * @n_ranges: how many ranges it has, to be filled by rtplane_scan_range()
 *
 * Return: to be given to rtplane_scan_set() or rtplane_scan_free(); NULL without memory.
 */
struct rtplane_scan *rtplane_scan_new(u32 ports, u32 seconds, unsigned int n_ranges)
{
	struct rtplane_scan *scan;
	unsigned int i;

	scan = kvzalloc(struct_size(scan, range, n_ranges), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return NULL;
	get_random_bytes(&scan->secret, sizeof(scan->secret));
	scan->limit = ports;
	scan->window = seconds * MSEC_PER_SEC;
	scan->n_ranges = n_ranges;
	for (i = 0; i < RTPLANE_SCAN_BUCKETS; i++)
		spin_lock_init(&scan->bucket[i].lock);
	return scan;
}

/**
 * rtplane_scan_range() - a range of a watch, to be filled
 * @scan: the watch
 * @i: which
 */
struct rtplane_scan_range *rtplane_scan_range(struct rtplane_scan *scan, unsigned int i)
{
	return &scan->range[i];
}

/**
 * rtplane_scan_free() - undo rtplane_scan_new()
 * @scan: a watch that nobody has seen; NULL is fine
 */
void rtplane_scan_free(struct rtplane_scan *scan)
{
	kvfree(scan);
}

/**
 * rtplane_scan_set() - watch that, in the place of what was until now
 * @rn: namespace, @rn->lock held
 * @scan: filled, no longer the caller's; NULL: nothing is watched any more
 */
void rtplane_scan_set(struct rtplane_net *rn, struct rtplane_scan *scan)
{
	struct rtplane_scan *old;
	unsigned int i;

	lockdep_assert_held(&rn->lock);
	if (scan) {
		scan->lo = U16_MAX;
		for (i = 0; i < scan->n_ranges; i++) {
			scan->lo = min(scan->lo, scan->range[i].lo);
			scan->hi = max(scan->hi, scan->range[i].hi);
		}
	}
	old = rcu_replace_pointer(rn->scan, scan, lockdep_is_held(&rn->lock));
	if (old)
		kvfree_rcu(old, rcu);
}

/**
 * rtplane_scan_ranges() - how many ranges are watched
 * @rn: namespace, @rn->lock held
 */
u32 rtplane_scan_ranges(const struct rtplane_net *rn)
{
	const struct rtplane_scan *scan;

	scan = rcu_dereference_protected(rn->scan, lockdep_is_held(&rn->lock));
	return scan ? scan->n_ranges : 0;
}

/* The UDP header of a packet that is whole, or of its first fragment, and its addresses;
 * 0 if there is none.
 */
static unsigned int parse4(const struct sk_buff *skb, struct rtplane_ep *from,
			   struct rtplane_ep *to)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!iph || iph->protocol != IPPROTO_UDP || iph->frag_off & htons(IP_OFFSET) ||
	    iph->ihl < 5)
		return 0;
	rtplane_ep_set4(from, iph->saddr, 0);
	rtplane_ep_set4(to, iph->daddr, 0);
	return iph->ihl * 4;
}

static unsigned int parse6(const struct sk_buff *skb, struct rtplane_ep *from,
			   struct rtplane_ep *to)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;
	__be16 frag;
	u8 next;
	int at;

	ip6h = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!ip6h)
		return 0;
	next = ip6h->nexthdr;
	at = ipv6_skip_exthdr(skb, sizeof(*ip6h), &next, &frag);
	if (at < 0 || next != IPPROTO_UDP || frag & htons(IP6_OFFSET))
		return 0;
	rtplane_ep_set6(from, &ip6h->saddr, 0);
	rtplane_ep_set6(to, &ip6h->daddr, 0);
	return at;
}

static bool watches(const struct rtplane_scan *scan, const struct rtplane_ep *to)
{
	u16 port = ntohs(to->port);
	unsigned int i;

	if (port < scan->lo || port > scan->hi)
		return false;
	for (i = 0; i < scan->n_ranges; i++) {
		if (port >= scan->range[i].lo && port <= scan->range[i].hi &&
		    rtplane_ep_same_addr(to, &scan->range[i].addr))
			return true;
	}
	return false;
}

/* Media of a call that is over perhaps, or has yet to begin: no scan. */
static bool looks_like_media(const struct sk_buff *skb, unsigned int at, unsigned int len)
{
	u8 buf[RTPLANE_SCAN_LOOK];
	unsigned int n;
	const u8 *b;

	n = min3(len, skb->len - at, (unsigned int)sizeof(buf));
	if (n < sizeof(buf))
		len = n;
	b = skb_header_pointer(skb, at, n, buf);
	if (!b)
		return false;
	switch (rtplane_demux(b, len)) {
	case RTPLANE_KIND_UNKNOWN:
		return false;
	case RTPLANE_KIND_STACK:
		return rtplane_demux_proof(b, len);
	default:
		return true;
	}
}

/* Nobody has less of IPv6 than 64 bits. */
static bool is_too_many(struct rtplane_scan *scan, const struct rtplane_ep *from,
			const struct rtplane_ep *to)
{
	bool v6 = !rtplane_ep_is4(from);
	struct rtplane_scan_bucket *b;
	u64 key = from->w[!v6];
	bool too_many;

	b = &scan->bucket[siphash_2u64(key, v6, &scan->secret) % RTPLANE_SCAN_BUCKETS];
	spin_lock(&b->lock);
	too_many = rtplane_scanner_count(b->way, key, v6, ntohs(to->port),
					 jiffies_to_msecs(jiffies), scan->window, scan->limit);
	spin_unlock(&b->lock);
	return too_many;
}

/**
 * rtplane_scan_see() - a packet that no leg and no natmap has
 * @rn: namespace
 * @scan: its watch
 * @skb: the packet, at its IP header; left as it is
 *
 * Context: softirq, RCU read side.
 */
void rtplane_scan_see(struct rtplane_net *rn, struct rtplane_scan *scan,
		      const struct sk_buff *skb)
{
	struct rtplane_ep from, to;
	const struct udphdr *uh;
	struct udphdr buf;
	unsigned int at;

	at = skb->protocol == htons(ETH_P_IP) ? parse4(skb, &from, &to) : parse6(skb, &from, &to);
	uh = at ? skb_header_pointer(skb, at, sizeof(buf), &buf) : NULL;
	if (!uh || ntohs(uh->len) < sizeof(*uh))
		return;
	from.port = uh->source;
	to.port = uh->dest;
	if (!watches(scan, &to) || rtplane_ep_martian(&from) || rtplane_ep_loopback(&from) ||
	    looks_like_media(skb, at + sizeof(*uh), ntohs(uh->len) - sizeof(*uh)))
		return;
	atomic64_inc(&rn->scan_packets);
	if (!is_too_many(scan, &from, &to))
		return;
	atomic64_inc(&rn->scans);
	rtplane_event_scan(rn, &to, &from, scan->limit);
}
