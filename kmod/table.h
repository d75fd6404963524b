/* SPDX-License-Identifier: GPL-2.0 */
/* Local address and port to leg. */
#ifndef _RTPLANE_TABLE_H
#define _RTPLANE_TABLE_H

#include "leg.h"
#include "net.h"

int rtplane_table_init(struct rtplane_net *rn);
void rtplane_table_exit(struct rtplane_net *rn);
int rtplane_table_add(struct rtplane_net *rn, struct rtplane_leg *leg);
void rtplane_table_del(struct rtplane_net *rn, struct rtplane_leg *leg);

static inline u32 rtplane_table_keyhash(const void *key, u32 len, u32 seed)
{
	return rtplane_ep_hash(key);
}

static inline u32 rtplane_table_objhash(const void *obj, u32 len, u32 seed)
{
	return rtplane_ep_hash(&((const struct rtplane_leg *)obj)->local);
}

static inline int rtplane_table_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	return !rtplane_ep_eq(arg->key, &((const struct rtplane_leg *)obj)->local);
}

static const struct rhashtable_params rtplane_table_params = {
	.head_offset = offsetof(struct rtplane_leg, node),
	.key_offset = offsetof(struct rtplane_leg, local),
	.key_len = sizeof(struct rtplane_ep),
	.hashfn = rtplane_table_keyhash,
	.obj_hashfn = rtplane_table_objhash,
	.obj_cmpfn = rtplane_table_cmp,
	.automatic_shrinking = true,
};

/**
 * rtplane_table_find() - the leg of a local address
 * @rn: namespace
 * @local: address and port
 *
 * Context: RCU read side, or @rn->lock held.
 * Return: the leg, valid until the read side ends, or NULL.
 */
static inline struct rtplane_leg *rtplane_table_find(struct rtplane_net *rn,
						     const struct rtplane_ep *local)
{
	return rhashtable_lookup(&rn->table, local, rtplane_table_params);
}

#endif /* _RTPLANE_TABLE_H */
