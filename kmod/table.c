// SPDX-License-Identifier: GPL-2.0
/* Local address and port to leg: a hash table that grows, read under RCU. */
#include "table.h"

int rtplane_table_init(struct rtplane_net *rn)
{
	return rhashtable_init(&rn->table, &rtplane_table_params);
}

void rtplane_table_exit(struct rtplane_net *rn)
{
	rhashtable_destroy(&rn->table);
}

/**
 * rtplane_table_add() - make a leg findable
 * @rn: namespace, @rn->lock held
 * @leg: not in the table yet
 *
 * Return: 0, -EEXIST if the local address is taken, -ENOMEM or -E2BIG.
 */
int rtplane_table_add(struct rtplane_net *rn, struct rtplane_leg *leg)
{
	lockdep_assert_held(&rn->lock);
	return rhashtable_lookup_insert_key(&rn->table, &leg->local, &leg->node,
					    rtplane_table_params);
}

/**
 * rtplane_table_del() - make a leg unfindable
 * @rn: namespace, @rn->lock held
 * @leg: in the table; readers may hold it until a grace period has passed
 */
void rtplane_table_del(struct rtplane_net *rn, struct rtplane_leg *leg)
{
	lockdep_assert_held(&rn->lock);
	rhashtable_remove_fast(&rn->table, &leg->node, rtplane_table_params);
}
