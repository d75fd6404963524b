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

static struct dp_copy words_copies[2];

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
		   DP_LEG_SSRC_GUARD | DP_LEG_SRTP_RX | DP_LEG_SRTP_TX |
		   DP_LEG_ONLY | DP_LEG_DIGITS | DP_LEG_BLOCK | DP_LEG_MUTE |
		   DP_LEG_COPIES;
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
	leg->mute = true;
	leg->only = RTPLANE_ONLY_RTCP;
	leg->digits = 1u << 31 | 1u << 5;
	leg->block = RTPLANE_BLOCK_MEDIA;
	leg->srtp_rx.suite = RTPLANE_SRTP_AES_256_CM_SHA1_32;
	memset(leg->srtp_rx.key, 0xa5, RTPLANE_SRTP_KEY_MAX);
	leg->srtp_rx.mki_len = 1;
	leg->srtp_rx.mki[0] = 7;
	leg->srtp_tx.suite = RTPLANE_SRTP_AES_256_GCM;
	memset(leg->srtp_tx.key, 0x5a, 44);
	leg->srtp_tx.mki_len = RTPLANE_SRTP_MKI_MAX;
	memset(leg->srtp_tx.mki, 0xfe, RTPLANE_SRTP_MKI_MAX);
	leg->srtp_tx.fresh = true;
	leg->copies = words_copies;
	leg->n_copies = 2;
	words_copies[0] = (struct dp_copy){ .from = addr("192.0.2.1:31000"),
					    .to = addr("192.0.2.9:7000"),
					    .only = RTPLANE_ONLY_RTP };
	words_copies[1] = (struct dp_copy){ .from = addr("[2001:db8::1]:31001"),
					    .to = addr("[2001:db8::9]:7001") };
}

#endif /* UNIT_WORDS_H */
