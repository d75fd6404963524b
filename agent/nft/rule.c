// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

#include "rule.h"

#define IP_SOURCE	12
#define IP_DESTINATION	16
#define IP6_SOURCE	8
#define IP6_DESTINATION	24
#define PORT_TO		2

/* the next expression; NULL: no memory, and the rule is none any more */
static struct nftnl_expr *append(struct nft_rule *rule, const char *name)
{
	struct nftnl_expr *expr;

	if (!rule->rule)
		return NULL;
	expr = nftnl_expr_alloc(name);
	if (expr) {
		nftnl_rule_add_expr(rule->rule, expr);
	} else {
		nftnl_rule_free(rule->rule);
		rule->rule = NULL;
	}
	return expr;
}

static void meta(struct nft_rule *rule, uint32_t what)
{
	struct nftnl_expr *expr = append(rule, "meta");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, what);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void payload(struct nft_rule *rule, uint32_t base, uint32_t offset,
		    uint32_t len, uint32_t reg)
{
	struct nftnl_expr *expr = append(rule, "payload");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void compare(struct nft_rule *rule, uint32_t op, const void *data,
		    uint32_t len)
{
	struct nftnl_expr *expr = append(rule, "cmp");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len);
}

static void look_up(struct nft_rule *rule, const char *set)
{
	struct nftnl_expr *expr = append(rule, "lookup");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
}

/* only the first @bits of an address count */
static void mask(struct nft_rule *rule, uint32_t len, unsigned int bits)
{
	static const uint8_t none[16];
	struct nftnl_expr *expr;
	uint8_t mask[16] = { 0 };
	unsigned int i;

	if (bits == len * 8)
		return;
	expr = append(rule, "bitwise");
	if (!expr)
		return;
	for (i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, len);
}

/* --------------------------------------------------------------------- matches */

void nft_rule_iifname(struct nft_rule *rule, const char *name)
{
	char padded[IFNAMSIZ] = "";

	strncpy(padded, name, sizeof(padded) - 1);
	meta(rule, NFT_META_IIFNAME);
	compare(rule, NFT_CMP_EQ, padded, sizeof(padded));
}

void nft_rule_family(struct nft_rule *rule, int family)
{
	uint8_t proto = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	meta(rule, NFT_META_NFPROTO);
	compare(rule, NFT_CMP_EQ, &proto, sizeof(proto));
}

void nft_rule_proto(struct nft_rule *rule, uint8_t proto)
{
	meta(rule, NFT_META_L4PROTO);
	compare(rule, NFT_CMP_EQ, &proto, sizeof(proto));
}

static void address(struct nft_rule *rule, const struct dp_addr *addr,
		    unsigned int bits, uint32_t offset4, uint32_t offset6)
{
	bool v4 = addr->family == AF_INET;
	uint32_t len = v4 ? 4 : 16;

	payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? offset4 : offset6, len,
		NFT_REG_1);
	mask(rule, len, bits);
	compare(rule, NFT_CMP_EQ, &addr->v6, len);
}

void nft_rule_source(struct nft_rule *rule, const struct dp_addr *addr,
		     unsigned int len)
{
	address(rule, addr, len, IP_SOURCE, IP6_SOURCE);
}

void nft_rule_destination(struct nft_rule *rule, const struct dp_addr *addr,
			  unsigned int len)
{
	address(rule, addr, len, IP_DESTINATION, IP6_DESTINATION);
}

void nft_rule_source_in(struct nft_rule *rule, int family, unsigned int len,
			const char *set)
{
	bool v4 = family == AF_INET;
	uint32_t n = v4 ? 4 : 16;

	payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? IP_SOURCE : IP6_SOURCE, n,
		NFT_REG_1);
	mask(rule, n, len ? len : n * 8);
	look_up(rule, set);
}

void nft_rule_place_in(struct nft_rule *rule, int family, const char *set)
{
	bool v4 = family == AF_INET;

	payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
		v4 ? IP_DESTINATION : IP6_DESTINATION, v4 ? 4 : 16, NFT_REG_1);
	/* behind the address: registers of 4 bytes, of 16 for IPv6 */
	payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_TO, 2,
		v4 ? NFT_REG32_01 : NFT_REG_2);
	look_up(rule, set);
}

void nft_rule_ports(struct nft_rule *rule, uint16_t low, uint16_t high)
{
	uint16_t from = htons(low), to = htons(high);

	payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_TO, 2, NFT_REG_1);
	compare(rule, low == high ? NFT_CMP_EQ : NFT_CMP_GTE, &from,
		sizeof(from));
	if (low != high)
		compare(rule, NFT_CMP_LTE, &to, sizeof(to));
}

void nft_rule_bytes(struct nft_rule *rule, uint32_t offset, uint32_t len,
		    const void *mask, const void *low, const void *high)
{
	static const uint8_t none[16];
	struct nftnl_expr *expr;

	payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, offset, len, NFT_REG_1);
	expr = mask ? append(rule, "bitwise") : NULL;
	if (expr) {
		nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, len);
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len);
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, len);
	}
	compare(rule, memcmp(low, high, len) ? NFT_CMP_GTE : NFT_CMP_EQ, low, len);
	if (memcmp(low, high, len))
		compare(rule, NFT_CMP_LTE, high, len);
}

void nft_rule_note(struct nft_rule *rule, int family, const char *set,
		   uint64_t ms)
{
	bool v4 = family == AF_INET;
	struct nftnl_expr *expr;

	payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? IP_SOURCE : IP6_SOURCE,
		v4 ? 4 : 16, NFT_REG_1);
	mask(rule, v4 ? 4 : 16, v4 ? 32 : 64);
	payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_TO, 2,
		v4 ? NFT_REG32_01 : NFT_REG_2);
	expr = append(rule, "dynset");
	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_ADD);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, ms);
	nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, set);
}

/* registers of four bytes: a key is an address and a port, and so is what it gives */
static uint32_t given(int family)
{
	return family == AF_INET ? NFT_REG32_04 : NFT_REG32_08;
}

static void look_up_map(struct nft_rule *rule, int family, const char *map)
{
	struct nftnl_expr *expr = append(rule, "lookup");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, given(family));
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, map);
}

void nft_rule_map(struct nft_rule *rule, int family, const char *map)
{
	bool v4 = family == AF_INET;

	payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
		v4 ? IP_DESTINATION : IP6_DESTINATION, v4 ? 4 : 16, NFT_REG_1);
	payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_TO, 2,
		v4 ? NFT_REG32_01 : NFT_REG_2);
	look_up_map(rule, family, map);
}

static void nat(struct nft_rule *rule, int family, uint32_t type,
		uint32_t address, uint32_t port)
{
	struct nftnl_expr *expr = append(rule, "nat");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, type);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY,
			   family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, address);
	if (port)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, port);
}

void nft_rule_dnat(struct nft_rule *rule, int family)
{
	uint32_t at = given(family);

	nat(rule, family, NFT_NAT_DNAT, at, at + (family == AF_INET ? 1 : 4));
}

static void connection(struct nft_rule *rule, uint32_t what, uint32_t reg)
{
	struct nftnl_expr *expr = append(rule, "ct");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, what);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, reg);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, IP_CT_DIR_ORIGINAL);
}

void nft_rule_first_map(struct nft_rule *rule, int family, const char *map)
{
	bool v4 = family == AF_INET;

	connection(rule, v4 ? NFT_CT_DST_IP : NFT_CT_DST_IP6, NFT_REG_1);
	connection(rule, NFT_CT_PROTO_DST, v4 ? NFT_REG32_01 : NFT_REG_2);
	look_up_map(rule, family, map);
}

void nft_rule_snat(struct nft_rule *rule, int family)
{
	nat(rule, family, NFT_NAT_SNAT, NFT_REG_1, 0);
}

void nft_rule_jump(struct nft_rule *rule, const char *chain)
{
	struct nftnl_expr *expr = append(rule, "immediate");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_JUMP);
	nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

void nft_rule_counter(struct nft_rule *rule)
{
	append(rule, "counter");
}

void nft_rule_verdict(struct nft_rule *rule, int verdict)
{
	struct nftnl_expr *expr = append(rule, "immediate");

	if (!expr)
		return;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
}

/* ---------------------------------------------------------------- begin and end */

struct nft_rule nft_rule_begin(const char *table, const char *chain)
{
	struct nft_rule rule = { nftnl_rule_alloc() };

	if (!rule.rule)
		return rule;
	nftnl_rule_set_u32(rule.rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule.rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule.rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

static void comment_on(struct nftnl_rule *rule, const char *comment)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(256);

	if (data && nftnl_udata_put_strz(data, NFTNL_UDATA_RULE_COMMENT, comment))
		nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA,
				    nftnl_udata_buf_data(data),
				    nftnl_udata_buf_len(data));
	if (data)
		nftnl_udata_buf_free(data);
}

void nft_rule_add(struct nft_rule *rule, struct nft_batch *batch,
		  const char *comment)
{
	char what[NFT_WHAT];

	if (!rule->rule) {
		batch->failed = true;
		return;
	}
	if (comment)
		comment_on(rule->rule, comment);
	snprintf(what, sizeof(what), "a rule of chain %s",
		 nftnl_rule_get_str(rule->rule, NFTNL_RULE_CHAIN));
	nft_batch_rule(batch, NFT_MSG_NEWRULE, rule->rule, what);
	nftnl_rule_free(rule->rule);
	rule->rule = NULL;
}
