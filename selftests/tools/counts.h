/* SPDX-License-Identifier: GPL-2.0 */
/* What a namespace has counted: where did the packets go? */
#ifndef RTPLANE_SELFTESTS_COUNTS_H
#define RTPLANE_SELFTESTS_COUNTS_H

#include "nl.h"

struct counts {
	uint64_t given;		/* packets of legs, by the devices */
	uint64_t sent;		/* by legs */
	uint64_t passed;	/* by legs */
	uint64_t dropped;	/* by legs */
	uint64_t natted;	/* by natmaps */
	uint64_t nat_passed;
	uint64_t nat_dropped;
};

static inline void add_drops(const struct nlattr *nest, uint64_t *sum)
{
	unsigned int why;

	for (why = 0; why <= RTPLANE_DROP_MAX; why++)
		*sum += nl_get64(nest, (uint16_t)(why + 1));
}

static inline void add_counts(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *dev = nl_top(h, RTPLANE_A_DEV), *leg = nl_top(h, RTPLANE_A_LEG);
	const struct nlattr *nat = nl_top(h, RTPLANE_A_NATMAP), *counters;
	struct counts *c = arg;

	if (dev)
		c->given += nl_get64(dev, RTPLANE_DEV_A_RX_PACKETS);
	if (leg) {
		counters = nl_find_in(leg, RTPLANE_LEG_A_COUNTERS);
		c->sent += nl_get64(counters, RTPLANE_COUNT_A_TX_PACKETS);
		c->passed += nl_get64(counters, RTPLANE_COUNT_A_PASSED);
		add_drops(nl_find_in(leg, RTPLANE_LEG_A_DROPS), &c->dropped);
	}
	if (nat) {
		c->natted += nl_get64(nat, RTPLANE_NATMAP_A_IN_PACKETS) +
			     nl_get64(nat, RTPLANE_NATMAP_A_OUT_PACKETS) -
			     nl_get64(nat, RTPLANE_NATMAP_A_HAIRPINS);
		c->nat_passed += nl_get64(nat, RTPLANE_NATMAP_A_PASSED);
		add_drops(nl_find_in(nat, RTPLANE_NATMAP_A_DROPS), &c->nat_dropped);
	}
}

static inline struct counts counts(struct nl *nl)
{
	static const uint8_t cmds[] = {
		RTPLANE_CMD_DEV_GET, RTPLANE_CMD_LEG_GET, RTPLANE_CMD_NATMAP_GET
	};
	static struct nl_msg m;
	struct counts c = { 0 };
	struct nl_answer ans;
	size_t i;

	nl->each = add_counts;
	nl->arg = &c;
	for (i = 0; i < sizeof(cmds); i++) {
		nl_begin(&m, nl->family, NLM_F_DUMP, cmds[i], RTPLANE_GENL_VERSION);
		((struct nlmsghdr *)m.buf)->nlmsg_len = 0;
		nl_talk(nl, &m, &ans);
		if (ans.error)
			die("dump: %s %s", strerror(ans.error), ans.text);
	}
	nl->each = NULL;
	return c;
}

#endif /* RTPLANE_SELFTESTS_COUNTS_H */
