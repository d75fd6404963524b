/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rule, put together from left to right as nft(8) writes it.  Private to nft/.
 */
#ifndef NFT_RULE_H
#define NFT_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "batch.h"

/**
 * struct nft_rule - a rule in the making
 * @rule: libnftnl's; NULL: there was no memory
 */
struct nft_rule {
	struct nftnl_rule *rule;
};

/**
 * nft_rule_begin() - an empty rule, to be given to nft_rule_add()
 * @table: name of its table, of the family inet
 * @chain: name of its chain
 */
struct nft_rule nft_rule_begin(const char *table, const char *chain);

/**
 * nft_rule_add() - put it into a batch, and free it
 * @rule: the rule
 * @batch: the batch
 * @comment: shown with it; NULL: none
 */
void nft_rule_add(struct nft_rule *rule, struct nft_batch *batch,
		  const char *comment);

/* it came in by this device */
void nft_rule_iifname(struct nft_rule *rule, const char *name);
/* it is IPv4 or IPv6: AF_INET or AF_INET6 */
void nft_rule_family(struct nft_rule *rule, int family);
/* UDP or TCP */
void nft_rule_proto(struct nft_rule *rule, uint8_t proto);
/* its source, or destination, is in the first @len bits that of @addr */
void nft_rule_source(struct nft_rule *rule, const struct dp_addr *addr,
		     unsigned int len);
void nft_rule_destination(struct nft_rule *rule, const struct dp_addr *addr,
			  unsigned int len);
/* its source in the first @len bits (0: as a whole) is in a set; of that family */
void nft_rule_source_in(struct nft_rule *rule, int family, unsigned int len,
			const char *set);
/* its destination with the port is in a set; of that family, UDP or TCP */
void nft_rule_place_in(struct nft_rule *rule, int family, const char *set);
/* the port that it goes to */
void nft_rule_ports(struct nft_rule *rule, uint16_t low, uint16_t high);
/* @len bytes behind the UDP header's first @offset, of which @mask counts, are from @low to @high */
void nft_rule_bytes(struct nft_rule *rule, uint32_t offset, uint32_t len,
		    const void *mask, const void *low, const void *high);
/* its source (of IPv6 the first 64 bits) with the port that it goes to is put into a set */
void nft_rule_note(struct nft_rule *rule, int family, const char *set,
		   uint64_t ms);
/* a map has its destination and port; nft_rule_dnat() sends it where that says */
void nft_rule_map(struct nft_rule *rule, int family, const char *map);
void nft_rule_dnat(struct nft_rule *rule, int family);
/* a map has the destination and port that its connection went to at first */
void nft_rule_first_map(struct nft_rule *rule, int family, const char *map);
/* its source becomes that destination */
void nft_rule_snat(struct nft_rule *rule, int family);
void nft_rule_counter(struct nft_rule *rule);
void nft_rule_jump(struct nft_rule *rule, const char *chain);
/* NF_ACCEPT or NF_DROP */
void nft_rule_verdict(struct nft_rule *rule, int verdict);

#endif /* NFT_RULE_H */
