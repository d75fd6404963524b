/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers that are not one packet each. */
#ifndef _RTPLANE_GSO_H
#define _RTPLANE_GSO_H

#include <linux/skbuff.h>

/**
 * typedef rtplane_each - what is done with each packet
 * @arg: the caller's
 * @skb: packet, data at the IP header, alone in its buffer
 *
 * Return: NF_ACCEPT, NF_DROP or NF_STOLEN, as a hook.
 */
typedef unsigned int rtplane_each(void *arg, struct sk_buff *skb);

bool rtplane_gso_each(struct sk_buff *skb, rtplane_each *each, void *arg);
void rtplane_gso_defrag(struct sk_buff *skb, rtplane_each *each, void *arg);

#endif /* _RTPLANE_GSO_H */
