/* SPDX-License-Identifier: GPL-2.0 */
/* All that puts legs together or takes them apart. */
#ifndef _RTPLANE_BRIDGE_H
#define _RTPLANE_BRIDGE_H

#include "leg.h"

struct net_device;
struct rtplane_totals;
struct work_struct;

int rtplane_bridge_insert(struct rtplane_leg *leg);
struct rtplane_leg *rtplane_bridge_part(struct rtplane_leg *leg);
void rtplane_bridge_join(struct rtplane_leg *a, struct rtplane_leg *b);
void rtplane_bridge_remove(struct rtplane_leg *leg);
struct rtplane_leg *rtplane_bridge_next(struct rtplane_net *rn, u64 cookie, unsigned long id);
bool rtplane_bridge_remove_cookie(struct rtplane_net *rn, u64 cookie);
void rtplane_bridge_remove_all(struct rtplane_net *rn);
void rtplane_bridge_pair(struct rtplane_leg *a, struct rtplane_leg_conf *ca, struct rtplane_leg *b,
			 struct rtplane_leg_conf *cb, const u64 *cookie);
void rtplane_bridge_set(struct rtplane_leg *leg, struct rtplane_leg_conf *conf);
void rtplane_bridge_forget_dev(struct rtplane_net *rn, const struct net_device *dev);
void rtplane_bridge_totals(struct rtplane_net *rn, struct rtplane_totals *t);
void rtplane_bridge_sweep(struct work_struct *work);

#endif /* _RTPLANE_BRIDGE_H */
