/* SPDX-License-Identifier: GPL-2.0 */
/* A leg of which every word is given, and differs from its default. */
#ifndef UNIT_WORDS_H
#define UNIT_WORDS_H

#include <string.h>

#include "datapath/datapath.h"

/* An address, with or without port. */
static inline struct dp_addr addr(const char *text)
{
	struct dp_addr a = {};

	if (!dp_addr_parse(text, &a))
		dp_addr_parse_host(text, &a);
	return a;
}

/**
 * fill() - give a leg every word
 * @leg: filled
 * @local: its address
 * @remote: its remote; that and what follows only has to be well formed
 */
static inline void fill(struct dp_leg *leg, const char *local, const char *remote)
{
	int i;

	memset(leg, 0, sizeof(*leg));
	leg->set = ((DP_LEG_PROVEN << 1) - 1) | DP_LEG_MOVED |
		   DP_LEG_SSRC_GUARD;
	leg->local = addr(local);
	leg->remote = addr(remote);
	leg->tie = addr("192.0.2.7:30002");
	leg->proven = addr(remote);
	leg->proven.port = 5000;
	leg->latch = RTPLANE_LATCH_LEARN;
	leg->prefix = 24;
	leg->probation = 7;
	leg->early = true;
	leg->dscp_mode = RTPLANE_DSCP_MAP;
	leg->dscp = 46;
	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++)
		leg->dscp_map[i] = (uint8_t)(63 - i);
	leg->accept = RTPLANE_ACCEPT_ANY;
	leg->unknown = RTPLANE_UNKNOWN_DROP;
	leg->relatch = 1500;
	leg->pps = UINT32_MAX;
	leg->bps = UINT64_MAX;
	leg->mark = 0x80000001;
	leg->oif = 12;
	leg->silence = 30000;
	leg->ssrc_guard = true;
}

#endif /* UNIT_WORDS_H */
