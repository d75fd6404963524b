// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a packet of a leg: forwarded, or dropped and counted by reason.
 *
 * The general way, for every packet.  Those of a stream that runs have one of
 * their own (usual.h), which must come to the same end.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "dscp.h"
#include "event.h"
#include "latch.h"
#include "relay.h"

/* As much of an RTCP packet as is looked at: one report of each kind. */
#define RTPLANE_RTCP_LOOK	256

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
static struct rtplane_notice *rtplane_notices_begin(struct rtplane_notices *n)
{
	if (!n->any) {
		n->any = true;
		n->first.set = false;
		n->other.set = false;
	}
	return &n->other;
}

static void rtplane_notices_send(struct rtplane_leg *leg, const struct rtplane_notices *n)
{
	rtplane_event_send(leg, &n->first);
	rtplane_event_send(leg, &n->other);
}

static void rtplane_count_rtcp(struct rtplane_leg *leg, struct sk_buff *skb,
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
	if (rtplane_rtcp_rx(&d->rtcp, rtcp, len, peer_sr, now, &sr) &&
	    !rtplane_notices_begin(n)->set) {
		rtplane_notice(&n->other, leg, RTPLANE_EVENT_RTCP, RTPLANE_REASON_NONE, NULL,
			       NULL);
		n->other.rtcp = d->rtcp;
	}
	WRITE_ONCE(d->sr, sr);
}

static void rtplane_first_packet(struct rtplane_leg *leg, const struct rtplane_pkt *pkt,
				 struct rtplane_notices *n)
{
	rtplane_notices_begin(n);
	leg->first = ktime_get_real_ns();
	leg->dscp_first = pkt->tos >> 2;
	rtplane_notice(&n->first, leg, RTPLANE_EVENT_FIRST_PACKET, RTPLANE_REASON_NONE, NULL,
		       &pkt->src);
}

static void rtplane_count(struct rtplane_leg *leg, struct sk_buff *skb,
			  const struct rtplane_pkt *pkt, u64 now, struct rtplane_notices *n)
{
	if (!leg->rx_packets++)
		rtplane_first_packet(leg, pkt, n);
	rtplane_count_rx(leg, pkt->iplen, now);
	if (leg->dscp_first == pkt->tos >> 2)
		leg->dscp_first_count++;
	else
		rtplane_leg_dscp_seen(leg, pkt->tos >> 2);
	if (pkt->kind == RTPLANE_KIND_RTP)
		rtplane_rtpstats_rx(&leg->rtp, pkt->payload, now);
	else if (pkt->kind == RTPLANE_KIND_RTCP)
		rtplane_count_rtcp(leg, skb, pkt, now, n);
}

static u8 rtplane_tos_out(const struct rtplane_leg *leg, const struct rtplane_egress *eg, u8 tos)
{
	if (eg->mapped)
		return rtplane_dscp_mapped(leg->peer->dscp_map, tos);
	return (tos & eg->tos_keep) | eg->tos_set;
}

/*
 * All that happens with the leg locked.
 *
 * Return: RTPLANE_ACCEPTED with the way out in @eg, or the &enum rtplane_drop
 * to count.
 */
static int rtplane_leg_rx(struct rtplane_leg *leg, struct sk_buff *skb, struct rtplane_pkt *pkt,
			  struct rtplane_egress **eg, struct rtplane_notices *n)
{
	u64 now = ktime_get_ns();
	int no;

	if (!leg->latched || !rtplane_ep_eq(&leg->remote, &pkt->src)) {
		pkt->lo = skb->dev->flags & IFF_LOOPBACK;
		no = rtplane_latch(leg, pkt, now, rtplane_notices_begin(n));
		if (no != RTPLANE_ACCEPTED)
			return no;
	}
	no = rtplane_leg_police(leg, pkt->iplen, now);
	if (no != RTPLANE_ACCEPTED)
		return no;
	rtplane_count(leg, skb, pkt, now, n);
	no = rtplane_egress_get(leg, eg);
	if (no != RTPLANE_ACCEPTED)
		return no;
	if (pkt->ttl <= 1)
		return RTPLANE_DROP_TTL;
	pkt->tos_out = rtplane_tos_out(leg, *eg, pkt->tos);
	rtplane_count_fwd(leg, rtplane_way_len(pkt, &(*eg)->way), pkt->tos_out);
	return RTPLANE_ACCEPTED;
}

/**
 * rtplane_relay() - a sane packet of a leg: forward it, or drop it and say why
 * @leg: leg that it arrived on
 * @skb: the packet, not shared, exactly as long as its IP packet
 * @pkt: the same, with its ends
 *
 * Context: softirq, RCU read side.
 * Return: the hook's verdict; NF_ACCEPT if the leg has no peer, so that it is
 * left to the stack.
 */
unsigned int rtplane_relay(struct rtplane_leg *leg, struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	struct rtplane_notices n;
	struct rtplane_egress *eg;
	int no;

	n.any = false;
	spin_lock(&leg->lock);
	if (!leg->peer) {
		spin_unlock(&leg->lock);
		return NF_ACCEPT;
	}
	no = rtplane_leg_rx(leg, skb, pkt, &eg, &n);
	if (no != RTPLANE_ACCEPTED)
		rtplane_leg_dropped(leg, no);
	spin_unlock(&leg->lock);

	if (n.any)
		rtplane_notices_send(leg, &n);
	if (no != RTPLANE_ACCEPTED)
		return NF_DROP;
	rtplane_xmit(leg, skb, pkt, eg);
	return NF_STOLEN;
}
