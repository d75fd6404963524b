// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that are not one packet each: trains, which GRO or a local sender made
 * one buffer of, and fragments.
 *
 * What comes out of them is handled here and now, by the function that the hook
 * has for a packet.  Received again, it would be seen twice by whoever looks at
 * the device, and with RPS be queued behind what arrived later; so that is only for
 * what the stack gets.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/ip.h>

#include "compat.h"
#include "gso.h"

static void handle(struct sk_buff *skb, rtplane_each *each, void *arg)
{
	switch (each(arg, skb)) {
	case NF_ACCEPT:
		netif_receive_skb(skb);
		break;
	case NF_DROP:
		kfree_skb(skb);
		break;
	}
}

/**
 * rtplane_gso_each() - take a train apart and handle its packets one by one
 * @skb: buffer with data at the IP header
 * @each: handles a packet
 * @arg: for @each
 *
 * Return: whether that was done and @skb consumed; if not, it is as it was.
 */
bool rtplane_gso_each(struct sk_buff *skb, rtplane_each *each, void *arg)
{
	struct sk_buff *segs, *seg, *next;

	if (skb_shared(skb))
		return false;
	__skb_push(skb, skb->mac_len);
	segs = __skb_gso_segment(skb, 0, false);
	__skb_pull(skb, skb->mac_len);
	if (IS_ERR_OR_NULL(segs))
		return false;
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		__skb_pull(seg, seg->mac_len);
		skb_reset_network_header(seg);
		handle(seg, each, arg);
	}
	return true;
}

/**
 * rtplane_gso_defrag() - keep an IPv4 fragment until its packet is whole
 * @skb: fragment, data at an IP header that has been found right
 * @each: handles the whole packet
 * @arg: for @each
 *
 * It is the stack's own reassembly; @skb is consumed.
 */
void rtplane_gso_defrag(struct sk_buff *skb, rtplane_each *each, void *arg)
{
	skb = ip_check_defrag(dev_net(skb->dev), skb, IP_DEFRAG_CALL_RA_CHAIN);
	if (skb)
		handle(skb, each, arg);
}
