/* SPDX-License-Identifier: GPL-2.0 */
/* Copies of what arrives on a leg, to outputs beside its peer. */
#ifndef _RTPLANE_COPY_H
#define _RTPLANE_COPY_H

#include <linux/netdevice.h>
#include <linux/rtplane.h>

#include "addr.h"
#include "pkt.h"

struct rtplane_egress;
struct rtplane_leg;

/**
 * struct rtplane_copy - a further output
 * @from: address and port that it is sent with
 * @to: where to
 * @only: &enum rtplane_only
 * @packets: packets sent
 * @bytes: their IP bytes
 * @dropped: packets that could not be
 * @egress: the way there, NULL = not known yet; freed under RCU
 */
struct rtplane_copy {
	struct rtplane_ep from;
	struct rtplane_ep to;
	u8 only;
	u64 packets;
	u64 bytes;
	u64 dropped;
	struct rtplane_egress *egress;
};

/**
 * struct rtplane_copies - the further outputs of a leg; those of a leg are guarded by its
 * lock, and nobody keeps what is in it but @copy's egress, under RCU
 * @n: how many
 * @copy: the outputs
 */
struct rtplane_copies {
	unsigned int n;
	struct rtplane_copy copy[];
};

/**
 * struct rtplane_copied - the copies of one packet, on their way
 * @n: how many there are in the others; all else is valid only then
 * @of: whose they are
 * @pkt: what is copied
 * @skb: the copies
 * @egress: their ways
 * @no: which outputs of @of they are for
 */
struct rtplane_copied {
	unsigned int n;
	const struct rtplane_copies *of;
	struct rtplane_pkt pkt;
	struct sk_buff *skb[RTPLANE_COPIES_MAX];
	const struct rtplane_egress *egress[RTPLANE_COPIES_MAX];
	u8 no[RTPLANE_COPIES_MAX];
};

struct rtplane_copies *rtplane_copies_new(unsigned int n);
void rtplane_copies_free(struct rtplane_copies *all);
void rtplane_copies_take(struct rtplane_leg *leg, struct rtplane_copies **news);
void rtplane_copies_forget_dev(struct rtplane_copies *all, const struct net_device *dev);
void rtplane_copies_make(struct rtplane_leg *leg, const struct sk_buff *skb,
			 const struct rtplane_pkt *pkt, struct rtplane_copied *out);
void rtplane_copies_send(struct rtplane_leg *leg, struct rtplane_copied *out);

#endif /* _RTPLANE_COPY_H */
