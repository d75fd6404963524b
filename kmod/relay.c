// SPDX-License-Identifier: GPL-2.0
/*
 * One packet of a leg: forwarded, dropped and counted by reason, or left to the
 * stack.
 *
 * The usual packet is the next one of a stream that runs, between ends that are
 * known, in a buffer that needs no care.  Nearly all packets are that, so they
 * have a way of their own, usual(), as established connections have in TCP: it asks
 * all that could make a packet unusual before it writes anything.  What is unusual in
 * any respect goes the general way, any(), which can do all that the usual one can
 * and the rest.  Both count by the same functions, and neither lets through what
 * the other would not.
 */
#include <linux/netdevice.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "copy.h"
#include "dscp.h"
#include "egress.h"
#include "event.h"
#include "latch.h"
#include "relay.h"
#include "rewrite.h"
#include "srtp.h"
#include "table.h"

/* As much of an RTCP packet as is looked at: one report of each kind. */
#define RTPLANE_RTCP_LOOK	256
/* Reports are the remote's at will: one event of a leg and so long. */
#define RTPLANE_RTCP_EVENT_NS	NSEC_PER_SEC

/* Accounting of both ways; the leg is locked -------------------------------- */

static __always_inline struct rtplane_verdict gate(struct rtplane_leg *leg, unsigned int bytes,
						   u64 now)
{
	if (!(leg->flags & RTPLANE_LEG_POLICED))
		return rtplane_fate(RTPLANE_GOES_ON);
	return rtplane_gate(&leg->police, now, bytes);
}

/* A packet of @bytes that is accepted, with the DSCP @dscp. */
static __always_inline void count_in(struct rtplane_leg *leg, unsigned int bytes, u8 dscp, u64 now)
{
	leg->rx_packets++;
	leg->rx_bytes += bytes;
	leg->last = now;
	if (likely(leg->dscp_first == dscp))
		leg->dscp_first_count++;
	else
		rtplane_leg_dscp_seen(leg, dscp);
}

/* It will be sent by the peer, with @bytes and @tos. */
static __always_inline void count_out(struct rtplane_leg *leg, unsigned int bytes, u8 tos)
{
	leg->fwd_packets++;
	leg->fwd_bytes += bytes;
	leg->fwd_tos = tos;
}

/* The general way ----------------------------------------------------------- */

/**
 * struct rtplane_notices - what one packet can give rise to
 * @any: one of them is set; the others are valid only then
 * @first: the first packet
 * @other: a latch, a refusal or a report
 */
struct rtplane_notices {
	bool any;
	struct rtplane_notice first;
	struct rtplane_notice other;
};

/* Ready to take a notice.  Most packets give rise to none, so nothing is cleared
 * before.
 */
static struct rtplane_notice *notices_begin(struct rtplane_notices *n)
{
	if (!n->any) {
		n->any = true;
		n->first.set = false;
		n->other.set = false;
	}
	return &n->other;
}

static void notices_send(struct rtplane_leg *leg, const struct rtplane_notices *n)
{
	rtplane_event_send(leg, &n->first);
	rtplane_event_send(leg, &n->other);
}

static bool is_digit(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	return pkt->kind == RTPLANE_KIND_RTP && rtplane_is_digit(leg->digits, pkt->payload[1]);
}

static void count_rtcp(struct rtplane_leg *leg, struct sk_buff *skb,
		       const struct rtplane_pkt *pkt, u64 now, struct rtplane_notices *n)
{
	unsigned int len = min_t(unsigned int, pkt->paylen, RTPLANE_RTCP_LOOK);
	u64 peer_sr = READ_ONCE(rtplane_leg_detail_get(leg->peer)->sr);
	struct rtplane_leg_detail *d = rtplane_leg_detail(leg);
	u8 buf[RTPLANE_RTCP_LOOK];
	const u8 *rtcp;
	u64 sr;

	if (!d)
		return;
	d->rtcp_packets++;
	rtcp = skb_header_pointer(skb, pkt->hdrlen + sizeof(struct udphdr), len, buf);
	if (!rtcp)
		return;
	sr = d->sr;
	if (rtplane_rtcp_rx(&d->rtcp, rtcp, len, pkt->paylen, peer_sr, now, &sr) &&
	    (!d->rtcp_told || now - d->rtcp_told >= RTPLANE_RTCP_EVENT_NS) &&
	    !notices_begin(n)->set) {
		d->rtcp_told = now;
		rtplane_notice(&n->other, leg, RTPLANE_EVENT_RTCP, RTPLANE_REASON_NONE, NULL,
			       NULL);
		n->other.rtcp = d->rtcp;
	}
	WRITE_ONCE(d->sr, sr);
}

/* What a telephone event's packet says, behind contributors and extension; NULL: nothing */
static const u8 *digit_body(struct sk_buff *skb, const struct rtplane_pkt *pkt, u8 *buf)
{
	unsigned int at = RTPLANE_RTP_HDRLEN + 4 * (pkt->payload[0] & 0x0f);
	unsigned int rtp = pkt->hdrlen + sizeof(struct udphdr);
	const u8 *b;

	if (pkt->payload[0] & 0x10) {
		if (at + 4 > pkt->paylen)
			return NULL;
		b = skb_header_pointer(skb, rtp + at, 4, buf);
		if (!b)
			return NULL;
		at += 4 + 4 * get_unaligned_be16(b + 2);
	}
	if (at + RTPLANE_DIGIT_LEN > pkt->paylen)
		return NULL;
	return skb_header_pointer(skb, rtp + at, RTPLANE_DIGIT_LEN, buf);
}

static void count_digit(struct rtplane_leg *leg, struct sk_buff *skb,
			const struct rtplane_pkt *pkt, u64 now, struct rtplane_notices *n)
{
	struct rtplane_leg_detail *d = rtplane_leg_detail(leg);
	struct rtplane_digit digit;
	u8 buf[RTPLANE_DIGIT_LEN];
	const u8 *body;

	rtplane_rtpstats_digit(&leg->rtp, pkt->payload);
	/* Beside a latch it cannot be told: the next copy of its end tells it. */
	body = d && !notices_begin(n)->set ? digit_body(skb, pkt, buf) : NULL;
	if (!body || !rtplane_digit_rx(&d->digits, pkt->payload, body, now, &digit))
		return;
	rtplane_notice(&n->other, leg, RTPLANE_EVENT_DTMF, RTPLANE_REASON_NONE, NULL, &pkt->src);
	n->other.digit = digit;
}

static void first_packet(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
			 struct rtplane_notices *n)
{
	notices_begin(n);
	leg->first = ktime_get_real_ns();
	rtplane_notice(&n->first, leg, RTPLANE_EVENT_FIRST_PACKET, RTPLANE_REASON_NONE, NULL,
		       &pkt->src);
}

static void count(struct rtplane_leg *leg, struct sk_buff *skb, const struct rtplane_pkt *pkt,
		  u64 now, struct rtplane_notices *n)
{
	if (!leg->rx_packets)
		first_packet(leg, pkt, n);
	if (!leg->dscp_first_count)
		leg->dscp_first = pkt->tos >> 2;
	count_in(leg, pkt->iplen, pkt->tos >> 2, now);
	if (unlikely(is_digit(leg, pkt))) {
		count_digit(leg, skb, pkt, now, n);
	} else if (pkt->kind == RTPLANE_KIND_RTP) {
		rtplane_rtpstats_rx(&leg->rtp, pkt->payload, now);
		leg->changes += leg->policy.fresh;
		leg->policy.fresh = false;
	} else if (pkt->kind == RTPLANE_KIND_RTCP) {
		count_rtcp(leg, skb, pkt, now, n);
	}
}

static bool blocked(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	if (leg->block == RTPLANE_BLOCK_DIGITS)
		return is_digit(leg, pkt);
	return leg->block && pkt->kind != RTPLANE_KIND_RTCP;
}

static u8 tos_out(const struct rtplane_leg *leg, const struct rtplane_egress *eg, u8 tos)
{
	if (eg->mapped)
		return rtplane_dscp_mapped(leg->peer->dscp_map, tos);
	return (tos & eg->tos_keep) | eg->tos_set;
}

/* RTP of another SSRC than the remote's, which must show itself before it passes? */
static bool strange(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	if (pkt->kind != RTPLANE_KIND_RTP || leg->flags & RTPLANE_LEG_ANY ||
	    !rtplane_rtp_started(&leg->rtp))
		return false;
	return rtplane_policy_guards(&leg->policy, leg->rtp.ssrc ==
				     get_unaligned((const __be32 *)(pkt->payload + 8)));
}

/* Is it the remote's, or does it make its source the remote? */
static struct rtplane_verdict from_remote(struct rtplane_leg *leg, struct sk_buff *skb,
					  struct rtplane_pkt *pkt, u64 now,
					  struct rtplane_notices *n, struct rtplane_release *r)
{
	struct rtplane_verdict v;

	if (!leg->latched || !rtplane_ep_eq(&leg->remote, &pkt->src)) {
		pkt->lo = skb->dev->flags & IFF_LOOPBACK;
		return rtplane_latch(leg, skb, pkt, now, notices_begin(n), r);
	}
	if (unlikely(leg->iif != skb->skb_iif)) {
		v = rtplane_latch_device(leg, skb, pkt, now, notices_begin(n));
		if (!rtplane_goes_on(v))
			return v;
	}
	if (unlikely(strange(leg, pkt)))
		return rtplane_latch_ssrc(leg, skb, pkt, now, r);
	return rtplane_fate(RTPLANE_GOES_ON);
}

/*
 * What arrives protected: whoever satisfies the mode and authenticates is the remote, at
 * once, by whichever device, and whoever was it before.  What does not authenticate
 * changes nothing, nor does it use up what the remote may send.
 */
static struct rtplane_verdict opened(struct rtplane_leg *leg, struct sk_buff *skb,
				     struct rtplane_pkt *pkt, u64 now, struct rtplane_notices *n,
				     struct rtplane_release *r)
{
	bool known = leg->latched && rtplane_ep_eq(&leg->remote, &pkt->src);
	struct rtplane_verdict v;

	if (!known) {
		pkt->lo = skb->dev->flags & IFF_LOOPBACK;
		v = rtplane_latch_might(leg, skb, pkt, now, notices_begin(n), r);
		if (!rtplane_goes_on(v))
			return v;
	}
	v = rtplane_srtp_unprotect(leg->srtp_rx, skb, pkt);
	if (!rtplane_goes_on(v))
		return v;
	pkt->opened = true;
	v = gate(leg, pkt->iplen, now);
	if (rtplane_goes_on(v) && (!known || leg->iif != skb->skb_iif))
		rtplane_latch_proven(leg, skb, pkt, now, known ? NULL : notices_begin(n));
	return v;
}

/* May it come in? */
static struct rtplane_verdict enter(struct rtplane_leg *leg, struct sk_buff *skb,
				    struct rtplane_pkt *pkt, u64 now, struct rtplane_notices *n,
				    struct rtplane_release *r)
{
	struct rtplane_verdict v;

	if (unlikely(leg->srtp_rx))
		return opened(leg, skb, pkt, now, n, r);
	v = from_remote(leg, skb, pkt, now, n, r);
	if (!rtplane_goes_on(v) || unlikely(r->n))
		return v;
	return gate(leg, pkt->iplen, now);
}

/* What leaves has another payload than what came. */
static struct rtplane_verdict secured(struct rtplane_leg *leg, struct sk_buff *skb,
				      struct rtplane_pkt *pkt)
{
	struct rtplane_verdict v = rtplane_fate(RTPLANE_GOES_ON);

	if (leg->peer->srtp_tx)
		v = rtplane_srtp_protect(leg->peer->srtp_tx, skb, pkt);
	if (rtplane_goes_on(v) && (pkt->opened || leg->peer->srtp_tx))
		rtplane_rewrite_payload(skb, pkt);
	return v;
}

/*
 * All that happens with the leg locked; it has a peer.  What is copied is in @c, whatever
 * becomes of the packet.
 *
 * Return: RTPLANE_GOES_ON with the way out in @eg, or with something in @r that is to
 * go before it; RTPLANE_TAKEN, it is held; or RTPLANE_DROPPED.
 */
static struct rtplane_verdict admit(struct rtplane_leg *leg, struct sk_buff *skb,
				    struct rtplane_pkt *pkt, struct rtplane_egress **eg,
				    struct rtplane_notices *n, struct rtplane_release *r,
				    struct rtplane_copied *c)
{
	struct rtplane_verdict v;
	u64 now = ktime_get_ns();

	v = enter(leg, skb, pkt, now, n, r);
	if (!rtplane_goes_on(v) || unlikely(r->n))
		return v;
	count(leg, skb, pkt, now, n);
	if (unlikely(blocked(leg, pkt)))
		return rtplane_drop(RTPLANE_DROP_BLOCKED);
	if (unlikely(leg->copies))
		rtplane_copies_make(leg, skb, pkt, c);
	v = rtplane_egress_get(leg, eg);
	if (!rtplane_goes_on(v))
		return v;
	if (pkt->ttl <= 1)
		return rtplane_drop(RTPLANE_DROP_TTL);
	if (unlikely(leg->flags & RTPLANE_LEG_SECURE)) {
		v = secured(leg, skb, pkt);
		if (!rtplane_goes_on(v))
			return v;
	}
	pkt->tos_out = tos_out(leg, *eg, pkt->tos);
	count_out(leg, rtplane_way_len(pkt, &(*eg)->way), pkt->tos_out);
	return v;
}

static struct rtplane_verdict any(struct rtplane_leg *leg, struct sk_buff *skb);

/* What was held goes before @skb, as if it came now by the same device. */
static void release(struct rtplane_leg *leg, const struct sk_buff *skb, struct rtplane_release *r)
{
	struct sk_buff *held;
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		held = r->skb[i];
		/* It forged the address of who is the remote now. */
		if (held->skb_iif != skb->skb_iif) {
			spin_lock(&leg->lock);
			rtplane_leg_dropped(leg, RTPLANE_DROP_REFUSED);
			spin_unlock(&leg->lock);
			kfree_skb(held);
			continue;
		}
		held->dev = skb->dev;
		if (rtplane_fate_of(any(leg, held)) != RTPLANE_TAKEN)
			kfree_skb(held);
	}
}

/* Whose packet is refused whatever the policy says?  Without the lock, so it may be
 * wrong while things change; then the packet is lost as one of a full queue is.
 */
static bool stranger(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	struct rtplane_ep remote;

	/* Both are changed by netlink alone, and a wrong answer loses one packet. */
	if (data_race(leg->policy.relatch || rtplane_ep_eq(&leg->policy.signalled, &pkt->src)))
		return false;
	return rtplane_leg_remote(leg, &remote) && !rtplane_ep_eq(&remote, &pkt->src);
}

/* @skb is not shared and exactly as long as its IP packet, whose checksums are right.
 * A leg that has just been removed has no peer: the packet is the stack's.  Who floods
 * a leg from many queues must not have its remote wait for the lock: while it is taken,
 * strangers are refused without it.
 */
static struct rtplane_verdict forward(struct rtplane_leg *leg, struct sk_buff *skb,
				      struct rtplane_pkt *pkt)
{
	struct rtplane_notices n;
	struct rtplane_release r;
	struct rtplane_copied c;
	struct rtplane_egress *eg;
	struct rtplane_verdict v;

again:
	n.any = false;
	r.n = 0;
	c.n = 0;
	/* Before the lock, since it may copy the packet. */
	if (unlikely(READ_ONCE(leg->flags) & RTPLANE_LEG_SECURE) && !pkt->ready) {
		if (!rtplane_srtp_room(skb, pkt))
			return rtplane_drop(RTPLANE_DROP_NOMEM);
		pkt->ready = true;
	}
	if (unlikely(!spin_trylock(&leg->lock))) {
		if (stranger(leg, pkt)) {
			atomic_inc(&leg->crowd);
			kfree_skb(skb);
			return rtplane_fate(RTPLANE_TAKEN);
		}
		spin_lock(&leg->lock);
	}
	if (!leg->peer) {
		spin_unlock(&leg->lock);
		return rtplane_fate(RTPLANE_PASSED);
	}
	if (unlikely(leg->flags & RTPLANE_LEG_SECURE && !pkt->ready)) {
		spin_unlock(&leg->lock);
		goto again;
	}
	v = admit(leg, skb, pkt, &eg, &n, &r, &c);
	spin_unlock(&leg->lock);

	if (n.any)
		notices_send(leg, &n);
	if (unlikely(c.n))
		rtplane_copies_send(leg, &c);
	if (unlikely(r.n)) {
		release(leg, skb, &r);
		goto again;
	}
	if (!rtplane_goes_on(v))
		return v;
	rtplane_egress_send(leg, skb, pkt, eg);
	return rtplane_fate(RTPLANE_TAKEN);
}

/* Has this kind a bridge of its own? */
static bool elsewhere(const struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	u8 only = READ_ONCE(leg->only);

	return only && pkt->kind != (only == RTPLANE_ONLY_RTP ? RTPLANE_KIND_RTP :
								RTPLANE_KIND_RTCP);
}

/* Fit to be relayed?  The buffer may be trimmed to the IP packet. */
static struct rtplane_verdict sane(const struct rtplane_leg *leg, struct sk_buff *skb,
				   struct rtplane_pkt *pkt)
{
	if (pkt->paylen < rtplane_demux_need(pkt->kind, pkt->payload))
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	if (unlikely(elsewhere(leg, pkt)))
		return rtplane_drop(RTPLANE_DROP_UNKNOWN);
	/* Ethernet pads what is short. */
	if (skb->len > pkt->iplen) {
		if (pskb_trim_rcsum(skb, pkt->iplen))
			return rtplane_drop(RTPLANE_DROP_NOMEM);
		/* What somebody else holds a clone of has got another head. */
		pkt->payload = (u8 *)(rtplane_udp(skb, pkt) + 1);
	}
	if (!rtplane_csum_ok(skb, pkt->v6))
		return rtplane_drop(RTPLANE_DROP_CHECKSUM);
	return rtplane_fate(RTPLANE_GOES_ON);
}

static struct rtplane_verdict media(struct rtplane_leg *leg, struct sk_buff *skb,
				    struct rtplane_pkt *pkt)
{
	struct rtplane_verdict v = sane(leg, skb, pkt);

	return rtplane_goes_on(v) ? forward(leg, skb, pkt) : v;
}

/* Somebody else holds the buffer too (pktgen): go on with a copy of its head. */
static struct rtplane_verdict media_shared(struct rtplane_leg *leg, struct sk_buff *skb,
					   struct rtplane_pkt *pkt)
{
	struct sk_buff *own = skb_clone(skb, GFP_ATOMIC);
	struct rtplane_verdict v;

	if (!own)
		return rtplane_drop(RTPLANE_DROP_NOMEM);
	v = media(leg, own, pkt);
	if (rtplane_fate_of(v) != RTPLANE_TAKEN) {
		kfree_skb(own);
		return v;
	}
	consume_skb(skb);
	return v;
}

/* What the demultiplexer leaves to others: theirs, or RTPLANE_GOES_ON if this leg
 * relays it all the same.
 */
static struct rtplane_verdict not_media(const struct rtplane_leg *leg, struct rtplane_pkt *pkt)
{
	u8 flags = READ_ONCE(leg->flags);

	if (flags & RTPLANE_LEG_ANY && !rtplane_demux_proof(pkt->payload, pkt->paylen))
		pkt->kind = RTPLANE_KIND_UNKNOWN;
	if (pkt->kind == RTPLANE_KIND_STACK)
		return rtplane_fate(RTPLANE_PASSED);
	if (flags & RTPLANE_LEG_ANY)
		return rtplane_fate(RTPLANE_GOES_ON);
	if (!(flags & RTPLANE_LEG_DROP))
		return rtplane_fate(RTPLANE_PASSED);
	return rtplane_drop(RTPLANE_DROP_UNKNOWN);
}

/* Lengths as ip_rcv() wants them; a datagram shorter than its packet is unusual
 * enough to be the stack's.
 */
static bool lengths(const struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	unsigned int len = ntohs(rtplane_udp(skb, pkt)->len);

	pkt->paylen = len - sizeof(struct udphdr);
	return pkt->iplen <= skb->len && len >= sizeof(struct udphdr) &&
	       pkt->hdrlen + len == pkt->iplen;
}

/* Has @pkt a payload that can be looked at, and what is it? */
static struct rtplane_verdict classify(struct rtplane_leg *leg, struct sk_buff *skb,
				       struct rtplane_pkt *pkt)
{
	unsigned int look = min_t(unsigned int, pkt->paylen, RTPLANE_RTP_HDRLEN);

	/* Nobody pulls in a buffer that others hold too (pktgen). */
	if (skb_shared(skb) && skb_headlen(skb) < pkt->hdrlen + sizeof(struct udphdr) + look)
		return rtplane_fate(RTPLANE_PASSED);
	if (!pskb_may_pull(skb, pkt->hdrlen + sizeof(struct udphdr) + look))
		return rtplane_fate(RTPLANE_PASSED);
	pkt->payload = skb->data + pkt->hdrlen + sizeof(struct udphdr);
	pkt->kind = rtplane_demux(pkt->payload, pkt->paylen);
	/* What is too short to be RTP may be something else. */
	if (READ_ONCE(leg->flags) & RTPLANE_LEG_ANY &&
	    pkt->paylen < rtplane_demux_need(pkt->kind, pkt->payload))
		pkt->kind = RTPLANE_KIND_UNKNOWN;
	/* Ends that speak ZRTP with each other need a way that is plain as a whole. */
	if (pkt->kind == RTPLANE_KIND_ZRTP &&
	    READ_ONCE(leg->flags) & (RTPLANE_LEG_ANY | RTPLANE_LEG_SECURE))
		pkt->kind = RTPLANE_KIND_UNKNOWN;
	return pkt->kind < RTPLANE_KIND_STACK ? rtplane_fate(RTPLANE_GOES_ON) :
						not_media(leg, pkt);
}

/* RTCP that comes by RTP's port may be another bridge's; its leg has its own limits. */
static struct rtplane_leg *part(struct rtplane_leg *leg, const struct rtplane_pkt *pkt)
{
	struct rtplane_leg *rtcp;
	struct rtplane_ep local;

	if (likely(READ_ONCE(leg->only) != RTPLANE_ONLY_RTP || pkt->kind != RTPLANE_KIND_RTCP))
		return leg;
	local = leg->local;
	local.rtcp = 1;
	rtcp = rtplane_table_find_part(leg->rn, &local);
	return rtcp ? rtcp : leg;
}

/* @of: whose packet it is; set to the leg of its RTCP, if it is that. */
static struct rtplane_verdict judge(struct rtplane_leg **of, struct sk_buff *skb)
{
	struct rtplane_leg *leg = *of;
	struct rtplane_verdict v;
	struct rtplane_pkt pkt;

	rtplane_pkt_read(skb, &pkt);
	if (!lengths(skb, &pkt))
		return rtplane_fate(RTPLANE_PASSED);
	if (skb_is_gso(skb))
		return rtplane_fate(RTPLANE_TRAIN);
	v = classify(leg, skb, &pkt);
	if (!rtplane_goes_on(v))
		return v;
	leg = part(leg, &pkt);
	*of = leg;
	return skb_shared(skb) ? media_shared(leg, skb, &pkt) : media(leg, skb, &pkt);
}

/* Every packet that is not a usual one, or may not be. */
static noinline struct rtplane_verdict any(struct rtplane_leg *leg, struct sk_buff *skb)
{
	struct rtplane_verdict v = judge(&leg, skb);

	if (rtplane_fate_of(v) == RTPLANE_DROPPED) {
		spin_lock(&leg->lock);
		rtplane_leg_dropped(leg, rtplane_why(v));
		spin_unlock(&leg->lock);
	}
	return v;
}

/* The usual way ------------------------------------------------------------- */

/* Checksums right, lengths that all say the same, RTP without a list of
 * contributors.
 */
static __always_inline bool usual_skb(struct sk_buff *skb, unsigned int headlen, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + hdrlen);
	const u8 *rtp = (const u8 *)(uh + 1);

	return headlen >= hdrlen + sizeof(*uh) + RTPLANE_RTP_HDRLEN &&
	       rtplane_skb_plain(skb, v6) && uh->len == htons(skb->len - hdrlen) &&
	       (rtp[0] & 0xcf) == 0x80 && rtplane_csum_ok(skb, v6);
}

/* The next packet of the leg's stream, from the leg's remote: nothing to learn
 * but numbers.  A payload type that was RTP's before is no RTCP.
 */
static __always_inline bool usual_stream(const struct rtplane_leg *leg, const struct sk_buff *skb,
					 const bool v6)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct udphdr *uh = v6 ? (const struct udphdr *)(ip6h + 1) :
				       (const struct udphdr *)(iph + 1);
	const u8 *rtp = (const u8 *)(uh + 1);

	if (v6 ? !ipv6_addr_equal(&leg->remote.addr, &ip6h->saddr) :
		 leg->remote.w32[3] != iph->saddr)
		return false;
	return leg->remote.port == uh->source && leg->iif == skb->skb_iif &&
	       leg->rtp.ssrc == get_unaligned((const __be32 *)(rtp + 8)) &&
	       rtplane_rtp_same_pt(&leg->rtp, rtp[1]) &&
	       leg->dscp_first == rtplane_skb_tos(skb, v6) >> 2;
}

/* As count() and the rest of admit(); the DSCP is the first one's. */
static __always_inline struct rtplane_verdict usual_count(struct rtplane_leg *leg, const u8 *rtp,
							  unsigned int bytes, u8 tos)
{
	struct rtplane_verdict v;
	u64 now = ktime_get_ns();

	v = gate(leg, bytes, now);
	if (unlikely(!rtplane_goes_on(v))) {
		rtplane_leg_dropped(leg, rtplane_why(v));
		return v;
	}
	count_in(leg, bytes, leg->dscp_first, now);
	rtplane_rtpstats_next(&leg->rtp, rtp, now);
	count_out(leg, bytes, tos);
	return v;
}

static __always_inline struct rtplane_verdict usual(struct rtplane_leg *leg, struct sk_buff *skb,
						    unsigned int headlen, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct udphdr *uh = (struct udphdr *)(skb->data + hdrlen);
	const struct rtplane_egress *eg;
	unsigned int bytes = skb->len;
	struct rtplane_verdict v;
	u8 tos;

	if (unlikely(!usual_skb(skb, headlen, v6)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	spin_lock(&leg->lock);
	eg = rcu_dereference_protected(leg->egress, lockdep_is_held(&leg->lock));
	/* A way that is not stale knows the peer, and whether the remote is. */
	if (unlikely(!eg || READ_ONCE(leg->stale) || !eg->usual ||
		     !usual_stream(leg, skb, v6) || !rtplane_way_usual(&eg->way, skb, 0, v6))) {
		spin_unlock(&leg->lock);
		return rtplane_fate(RTPLANE_UNUSUAL);
	}
	tos = (rtplane_skb_tos(skb, v6) & eg->tos_keep) | eg->tos_set;
	v = usual_count(leg, (const u8 *)(uh + 1), bytes, tos);
	spin_unlock(&leg->lock);
	if (unlikely(!rtplane_goes_on(v)))
		return v;
	rtplane_rewrite_ports(uh, &eg->src, &eg->to);
	rtplane_rewrite(skb, tos, RTPLANE_NEW_BOTH, &eg->src, &eg->to, &eg->diff, v6);
	if (unlikely(rtplane_way_send_fast(skb, eg->priority, &eg->way)))
		rtplane_egress_unsent(leg, bytes, RTPLANE_DROP_XMIT);
	return rtplane_fate(RTPLANE_TAKEN);
}

/* The usual way of what is protected ------------------------------------------ */

/* Ours alone, in one piece, with room for protection, and going out with that? */
static __always_inline bool secure_skb(struct sk_buff *skb, unsigned int headlen, const bool v6)
{
	return usual_skb(skb, headlen, v6) && headlen == skb->len &&
	       skb_tailroom(skb) >= RTPLANE_SRTP_ROOM;
}

/* As opened() and the rest of admit(), of the next packet of a stream. */
static __always_inline struct rtplane_verdict secure_count(struct rtplane_leg *leg,
							   struct sk_buff *skb,
							   struct rtplane_pkt *pkt, u8 tos)
{
	struct rtplane_verdict v = rtplane_fate(RTPLANE_GOES_ON);
	unsigned int bytes = skb->len;
	const u8 *rtp;
	u64 now;

	if (leg->srtp_rx) {
		v = rtplane_srtp_unprotect(leg->srtp_rx, skb, pkt);
		if (unlikely(!rtplane_goes_on(v)))
			return v;
	}
	now = ktime_get_ns();
	v = gate(leg, bytes, now);
	if (unlikely(!rtplane_goes_on(v)))
		return v;
	count_in(leg, bytes, leg->dscp_first, now);
	rtp = skb->data + pkt->hdrlen + sizeof(struct udphdr);
	rtplane_rtpstats_next(&leg->rtp, rtp, now);
	if (leg->peer->srtp_tx) {
		v = rtplane_srtp_protect(leg->peer->srtp_tx, skb, pkt);
		if (unlikely(!rtplane_goes_on(v)))
			return v;
	}
	count_out(leg, pkt->hdrlen + sizeof(struct udphdr) + pkt->paylen, tos);
	return v;
}

static __always_inline struct rtplane_verdict secure(struct rtplane_leg *leg, struct sk_buff *skb,
						     unsigned int headlen, const bool v6)
{
	const unsigned int hdrlen = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct udphdr *uh = (struct udphdr *)(skb->data + hdrlen);
	const struct rtplane_egress *eg;
	struct rtplane_verdict v;
	struct rtplane_pkt pkt __uninitialized;
	u8 tos;

	if (unlikely(!secure_skb(skb, headlen, v6)))
		return rtplane_fate(RTPLANE_UNUSUAL);
	spin_lock(&leg->lock);
	eg = rcu_dereference_protected(leg->egress, lockdep_is_held(&leg->lock));
	if (unlikely(!eg || READ_ONCE(leg->stale) || !eg->secure ||
		     !usual_stream(leg, skb, v6) ||
		     !rtplane_way_usual(&eg->way, skb, RTPLANE_SRTP_ROOM, v6))) {
		spin_unlock(&leg->lock);
		return rtplane_fate(RTPLANE_UNUSUAL);
	}
	tos = (rtplane_skb_tos(skb, v6) & eg->tos_keep) | eg->tos_set;
	pkt.hdrlen = hdrlen;
	pkt.iplen = skb->len;
	pkt.paylen = skb->len - hdrlen - sizeof(*uh);
	pkt.kind = RTPLANE_KIND_RTP;
	pkt.v6 = v6;
	v = secure_count(leg, skb, &pkt, tos);
	if (unlikely(!rtplane_goes_on(v)))
		rtplane_leg_dropped(leg, rtplane_why(v));
	spin_unlock(&leg->lock);
	if (unlikely(!rtplane_goes_on(v)))
		return v;
	rtplane_rewrite_ports(uh, &eg->src, &eg->to);
	rtplane_rewrite_anew(skb, &pkt, tos, &eg->src, &eg->to, &eg->diff, v6);
	if (unlikely(rtplane_way_send_fast(skb, eg->priority, &eg->way)))
		rtplane_egress_unsent(leg, pkt.iplen, RTPLANE_DROP_XMIT);
	return rtplane_fate(RTPLANE_TAKEN);
}

/* Of a leg that is protected, or whose peer is; what is not usual goes the general way. */
struct rtplane_verdict rtplane_relay_secure4(struct rtplane_leg *leg, struct sk_buff *skb,
					     unsigned int headlen)
{
	struct rtplane_verdict v = secure(leg, skb, headlen, false);

	return likely(rtplane_fate_of(v) != RTPLANE_UNUSUAL) ? v : any(leg, skb);
}

struct rtplane_verdict rtplane_relay_secure6(struct rtplane_leg *leg, struct sk_buff *skb,
					     unsigned int headlen)
{
	struct rtplane_verdict v = secure(leg, skb, headlen, true);

	return likely(rtplane_fate_of(v) != RTPLANE_UNUSUAL) ? v : any(leg, skb);
}

/* What is relayed as it came. */
struct rtplane_verdict rtplane_relay_plain4(struct rtplane_leg *leg, struct sk_buff *skb,
					    unsigned int headlen)
{
	struct rtplane_verdict v = usual(leg, skb, headlen, false);

	return likely(rtplane_fate_of(v) != RTPLANE_UNUSUAL) ? v : any(leg, skb);
}

struct rtplane_verdict rtplane_relay_plain6(struct rtplane_leg *leg, struct sk_buff *skb,
					    unsigned int headlen)
{
	struct rtplane_verdict v = usual(leg, skb, headlen, true);

	return likely(rtplane_fate_of(v) != RTPLANE_UNUSUAL) ? v : any(leg, skb);
}
