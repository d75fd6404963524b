// SPDX-License-Identifier: GPL-2.0
/*
 * Rules as the kernel has them: expressions that load into registers and compare what is
 * there.  One that we do not know, or that asks for what is not known of the packet,
 * leaves it open whether the rule holds.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "packet.h"

/* the admin's sets that the agent fills with the media ports of calls (nft/sets.h) */
#define OPEN_SETS	"rtplane_open"

/**
 * struct eval - a rule is looked at
 * @live: all rules
 * @chain: its chain
 * @packet: for which packet
 * @effect: what it does
 * @regs: registers
 */
struct eval {
	struct live *live;
	const struct live_chain *chain;
	struct packet *packet;
	struct effect *effect;
	struct bytes regs;
};

/* ------------------------------------------------------------------- the registers */

/* where a register is, if so many bytes are there; -1 */
static int place(uint32_t reg, uint32_t len)
{
	uint32_t at = reg <= NFT_REG_4 ? (reg - 1) * 16 : (reg - NFT_REG32_00) * 4;

	if (!reg || (reg > NFT_REG_4 && reg < NFT_REG32_00) ||
	    reg > NFT_REG32_15 || len > REGISTERS || at + len > 64)
		return -1;
	return (int)at;
}

/* @value NULL: something that is not known */
static enum match store(struct eval *e, uint32_t reg, const void *value, uint32_t len)
{
	int at = place(reg, len);

	if (at < 0)
		return MATCH_MAYBE;
	/* a register is filled up to its words with zeros */
	memset(e->regs.value + at, 0, (len + 3) & ~3u);
	memset(e->regs.known + at, 0xff, (len + 3) & ~3u);
	if (value)
		memcpy(e->regs.value + at, value, len);
	else
		memset(e->regs.known + at, 0, len);
	return MATCH_YES;
}

static enum match store_u32(struct eval *e, uint32_t reg, uint32_t value)
{
	return store(e, reg, &value, sizeof(value));
}

static bool all_known(const struct bytes *b, int at, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if (b->known[(uint32_t)at + i] != 0xff)
			return false;
	return true;
}

/* could these bytes be @value? */
static enum match equal(const struct bytes *b, int at, const uint8_t *value,
			uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if ((b->value[(uint32_t)at + i] ^ value[i]) & b->known[(uint32_t)at + i])
			return MATCH_NO;
	return all_known(b, at, len) ? MATCH_YES : MATCH_MAYBE;
}

static enum match opposite(enum match match)
{
	return match == MATCH_MAYBE ? match : match == MATCH_YES ? MATCH_NO : MATCH_YES;
}

static enum match truth(bool yes)
{
	return yes ? MATCH_YES : MATCH_NO;
}

static enum match verdict(struct eval *e, int32_t code, const char *chain)
{
	snprintf(e->effect->chain, sizeof(e->effect->chain), "%s", chain);
	switch (code) {
	case NFT_CONTINUE:
		return MATCH_YES;
	case NFT_JUMP:
		e->effect->does = DOES_JUMP;
		return MATCH_YES;
	case NFT_GOTO:
		e->effect->does = DOES_GOTO;
		return MATCH_YES;
	case NFT_RETURN:
		e->effect->does = DOES_RETURN;
		return MATCH_YES;
	}
	switch (code & NF_VERDICT_MASK) {
	case NF_ACCEPT:
		e->effect->does = DOES_ACCEPT;
		return MATCH_YES;
	case NF_DROP:
		e->effect->does = DOES_DROP;
		return MATCH_YES;
	case NF_QUEUE:
		e->effect->does = DOES_QUEUE;
		return MATCH_YES;
	default:
		e->effect->does = DOES_ANYTHING;
		return MATCH_MAYBE;
	}
}

/* ---------------------------------------------------------------------- what loads */

static enum match load_meta(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_META_DREG);
	const struct packet *p = e->packet;
	uint8_t name[IFNAMSIZ] = "", byte;
	uint16_t wire;

	switch (nftnl_expr_get_u32(x, NFTNL_EXPR_META_KEY)) {
	case NFT_META_NFPROTO:
		byte = p->v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
		return store(e, reg, &byte, 1);
	case NFT_META_L4PROTO:
		byte = p->tcp ? IPPROTO_TCP : IPPROTO_UDP;
		return store(e, reg, &byte, 1);
	case NFT_META_PROTOCOL:
		wire = htons(p->v4 ? ETH_P_IP : ETH_P_IPV6);
		return store(e, reg, &wire, 2);
	case NFT_META_PKTTYPE:
		byte = 0;
		return store(e, reg, &byte, 1);
	case NFT_META_MARK:
		return p->marked ? store(e, reg, NULL, 4) : store_u32(e, reg, 0);
	case NFT_META_IIF:
		return *p->device ? store_u32(e, reg, if_nametoindex(p->device)) :
				    store(e, reg, NULL, 4);
	case NFT_META_IIFNAME:
		memcpy(name, p->device, strlen(p->device));
		return store(e, reg, *p->device ? name : NULL, sizeof(name));
	case NFT_META_OIF:
	case NFT_META_OIFNAME:
		return MATCH_NO;
	default:
		return store(e, reg, NULL, 16);
	}
}

static enum match do_meta(struct eval *e, const struct nftnl_expr *x)
{
	if (nftnl_expr_is_set(x, NFTNL_EXPR_META_DREG))
		return load_meta(e, x);
	if (nftnl_expr_get_u32(x, NFTNL_EXPR_META_KEY) == NFT_META_MARK)
		e->packet->marked = true;
	return MATCH_YES;
}

static enum match do_ct(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t reg, state = packet_state(e->packet, e->chain);

	if (!nftnl_expr_is_set(x, NFTNL_EXPR_CT_DREG)) {
		e->packet->marked = true;
		return MATCH_YES;
	}
	reg = nftnl_expr_get_u32(x, NFTNL_EXPR_CT_DREG);
	switch (nftnl_expr_get_u32(x, NFTNL_EXPR_CT_KEY)) {
	case NFT_CT_STATE:
		return store_u32(e, reg, state);
	case NFT_CT_DIRECTION:
		return store(e, reg, (uint8_t[1]){ 0 }, 1);
	case NFT_CT_MARK:
		return e->packet->marked ? store(e, reg, NULL, 4) :
					   store_u32(e, reg, 0);
	default:
		return store(e, reg, NULL, 16);
	}
}

static enum match do_payload(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t base = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_BASE);
	uint32_t offset = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET);
	uint32_t len = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_LEN), reg;
	const struct bytes *from;
	int at;

	if (!nftnl_expr_is_set(x, NFTNL_EXPR_PAYLOAD_DREG))
		return MATCH_YES;
	reg = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_DREG);
	at = place(reg, len);
	if (at < 0)
		return MATCH_MAYBE;
	store(e, reg, NULL, len);
	from = base == NFT_PAYLOAD_NETWORK_HEADER ? &e->packet->net :
	       base == NFT_PAYLOAD_TRANSPORT_HEADER ? &e->packet->transport : NULL;
	if (!from || offset >= REGISTERS || len > REGISTERS - offset)
		return MATCH_YES;
	memcpy(e->regs.value + at, from->value + offset, len);
	memcpy(e->regs.known + at, from->known + offset, len);
	return MATCH_YES;
}

/* whoever sends has a way back, and where it goes to is here */
static enum match do_fib(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_FIB_DREG);
	uint32_t flags = nftnl_expr_get_u32(x, NFTNL_EXPR_FIB_FLAGS);

	if (flags & NFTA_FIB_F_PRESENT)
		return store(e, reg, (uint8_t[1]){ 1 }, 1);
	if (nftnl_expr_get_u32(x, NFTNL_EXPR_FIB_RESULT) == NFT_FIB_RESULT_ADDRTYPE &&
	    flags & NFTA_FIB_F_DADDR)
		return store_u32(e, reg, 2);	/* RTN_LOCAL */
	return store(e, reg, NULL, 16);
}

static enum match do_immediate(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_IMM_DREG), len;
	const void *data;

	if (reg == NFT_REG_VERDICT)
		return verdict(e, (int32_t)nftnl_expr_get_u32(x, NFTNL_EXPR_IMM_VERDICT),
			       nftnl_expr_is_set(x, NFTNL_EXPR_IMM_CHAIN) ?
			       nftnl_expr_get_str(x, NFTNL_EXPR_IMM_CHAIN) : "");
	data = nftnl_expr_get(x, NFTNL_EXPR_IMM_DATA, &len);
	return store(e, reg, data, data ? len : 16);
}

/* -------------------------------------------------------------------- what changes */

static enum match do_bitwise(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t from = nftnl_expr_get_u32(x, NFTNL_EXPR_BITWISE_SREG);
	uint32_t to = nftnl_expr_get_u32(x, NFTNL_EXPR_BITWISE_DREG);
	uint32_t len = nftnl_expr_get_u32(x, NFTNL_EXPR_BITWISE_LEN);
	uint32_t i, mask_len = 0, xor_len = 0;
	const uint8_t *mask, *xor;
	int a = place(from, len), b = place(to, len);
	struct bytes old = e->regs;

	if (a < 0 || b < 0)
		return MATCH_MAYBE;
	if (nftnl_expr_is_set(x, NFTNL_EXPR_BITWISE_OP) &&
	    nftnl_expr_get_u32(x, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL)
		return store(e, to, NULL, len);
	mask = nftnl_expr_get(x, NFTNL_EXPR_BITWISE_MASK, &mask_len);
	xor = nftnl_expr_get(x, NFTNL_EXPR_BITWISE_XOR, &xor_len);
	if (!mask || !xor || mask_len < len || xor_len < len)
		return store(e, to, NULL, len);
	for (i = 0; i < len; i++) {
		uint32_t s = (uint32_t)a + i, d = (uint32_t)b + i;

		e->regs.known[d] = old.known[s] | (uint8_t)~mask[i];
		e->regs.value[d] = ((old.value[s] & mask[i]) ^ xor[i]) &
				   e->regs.known[d];
	}
	return MATCH_YES;
}

static enum match do_byteorder(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t from = nftnl_expr_get_u32(x, NFTNL_EXPR_BYTEORDER_SREG);
	uint32_t to = nftnl_expr_get_u32(x, NFTNL_EXPR_BYTEORDER_DREG);
	uint32_t len = nftnl_expr_get_u32(x, NFTNL_EXPR_BYTEORDER_LEN);
	uint32_t size = nftnl_expr_get_u32(x, NFTNL_EXPR_BYTEORDER_SIZE);
	int a = place(from, len), b = place(to, len);
	struct bytes old = e->regs;
	uint32_t i, other;

	if (a < 0 || b < 0 || !size || len % size)
		return MATCH_MAYBE;
	for (i = 0; i < len; i++) {
		/* from either order to the other */
		other = __BYTE_ORDER == __BIG_ENDIAN ? i :
			i / size * size + size - 1 - i % size;
		e->regs.value[(uint32_t)b + i] = old.value[(uint32_t)a + other];
		e->regs.known[(uint32_t)b + i] = old.known[(uint32_t)a + other];
	}
	return MATCH_YES;
}

/* ------------------------------------------------------------------- what compares */

static enum match do_cmp(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t op = nftnl_expr_get_u32(x, NFTNL_EXPR_CMP_OP), len = 0;
	const uint8_t *data = nftnl_expr_get(x, NFTNL_EXPR_CMP_DATA, &len);
	int at = place(nftnl_expr_get_u32(x, NFTNL_EXPR_CMP_SREG), len);
	int order;

	if (!data || at < 0)
		return MATCH_MAYBE;
	if (op == NFT_CMP_EQ)
		return equal(&e->regs, at, data, len);
	if (op == NFT_CMP_NEQ)
		return opposite(equal(&e->regs, at, data, len));
	if (!all_known(&e->regs, at, len))
		return MATCH_MAYBE;
	order = memcmp(e->regs.value + at, data, len);
	return truth(op == NFT_CMP_LT ? order < 0 : op == NFT_CMP_LTE ? order <= 0 :
		     op == NFT_CMP_GT ? order > 0 : order >= 0);
}

/* between what is lowest and highest of what may be there */
static enum match do_range(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t len = 0, high_len = 0, i;
	const uint8_t *low = nftnl_expr_get(x, NFTNL_EXPR_RANGE_FROM_DATA, &len);
	const uint8_t *high = nftnl_expr_get(x, NFTNL_EXPR_RANGE_TO_DATA, &high_len);
	int at = place(nftnl_expr_get_u32(x, NFTNL_EXPR_RANGE_SREG), len);
	uint8_t most[REGISTERS];
	enum match match;

	if (!low || !high || len != high_len || at < 0)
		return MATCH_MAYBE;
	for (i = 0; i < len; i++)
		most[i] = e->regs.value[(uint32_t)at + i] |
			  (uint8_t)~e->regs.known[(uint32_t)at + i];
	if (memcmp(e->regs.value + at, low, len) >= 0 && memcmp(most, high, len) <= 0)
		match = MATCH_YES;
	else if (memcmp(most, low, len) < 0 || memcmp(e->regs.value + at, high, len) > 0)
		match = MATCH_NO;
	else
		match = MATCH_MAYBE;
	return nftnl_expr_get_u32(x, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ ?
	       opposite(match) : match;
}

/* ----------------------------------------------------------------------------- sets */

/*
 * What is not known may be anything: all of it is in the set if the lowest and the highest
 * are in the same interval.
 */
static enum match find(struct eval *e, const char *set, int at, uint32_t len,
		       struct live_elem *elem)
{
	struct live_elem high;
	uint8_t key[LIVE_KEY];
	uint32_t i;
	int ret;

	ret = live_lookup(e->live, e->chain, set, e->regs.value + at, len, elem);
	if (ret < 0)
		return MATCH_MAYBE;
	if (all_known(&e->regs, at, len))
		return truth(ret);
	for (i = 0; i < len; i++)
		key[i] = e->regs.value[(uint32_t)at + i] |
			 (uint8_t)~e->regs.known[(uint32_t)at + i];
	if (ret == 1 && live_lookup(e->live, e->chain, set, key, len, &high) == 1 &&
	    !memcmp(elem->key, high.key, sizeof(high.key)))
		return MATCH_YES;
	return MATCH_MAYBE;
}

static enum match do_lookup(struct eval *e, const struct nftnl_expr *x)
{
	const char *set = nftnl_expr_get_str(x, NFTNL_EXPR_LOOKUP_SET);
	uint32_t len = live_key_len(e->live, e->chain, set);
	int at = place(nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_SREG), len);
	bool map = nftnl_expr_is_set(x, NFTNL_EXPR_LOOKUP_DREG);
	uint32_t reg = map ? nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_DREG) : 0;
	struct live_elem elem;
	enum match match;

	match = !len || at < 0 ? MATCH_MAYBE : find(e, set, at, len, &elem);
	/* it is there as soon as a call has it */
	if (!map && !strncmp(set, OPEN_SETS, strlen(OPEN_SETS)))
		match = MATCH_YES;
	if (nftnl_expr_is_set(x, NFTNL_EXPR_LOOKUP_FLAGS) &&
	    nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV)
		return opposite(match);
	if (!map || match == MATCH_NO)
		return match;
	if (reg != NFT_REG_VERDICT) {
		store(e, reg, match == MATCH_YES ? elem.data : NULL,
		      match == MATCH_YES ? elem.len : 16);
		return match;
	}
	if (match == MATCH_YES)
		return verdict(e, elem.verdict, elem.chain);
	e->effect->does = DOES_ANYTHING;
	return MATCH_MAYBE;
}

/* --------------------------------------------------------------------- what is done */

static enum match do_verdict(struct eval *e, enum does does)
{
	e->effect->does = does;
	return MATCH_YES;
}

static enum match do_reject(struct eval *e, const struct nftnl_expr *x)
{
	return do_verdict(e, DOES_REJECT);
}

static enum match do_queue(struct eval *e, const struct nftnl_expr *x)
{
	return do_verdict(e, DOES_QUEUE);
}

/* of sources, where it arrives, is nothing to us */
static enum match do_nat(struct eval *e, const struct nftnl_expr *x)
{
	if (nftnl_expr_get_u32(x, NFTNL_EXPR_NAT_TYPE) != NFT_NAT_DNAT)
		return MATCH_YES;
	return do_verdict(e, DOES_LEAD_AWAY);
}

static enum match do_lead_away(struct eval *e, const struct nftnl_expr *x)
{
	return do_verdict(e, DOES_LEAD_AWAY);
}

static enum match do_notrack(struct eval *e, const struct nftnl_expr *x)
{
	e->packet->untracked = true;
	return MATCH_YES;
}

/* one packet is never too many: what is over a limit does not hold for it */
static enum match do_limit(struct eval *e, const struct nftnl_expr *x)
{
	return truth(!(nftnl_expr_get_u32(x, NFTNL_EXPR_LIMIT_FLAGS) & NFT_LIMIT_F_INV));
}

static enum match do_quota(struct eval *e, const struct nftnl_expr *x)
{
	return truth(!(nftnl_expr_get_u32(x, NFTNL_EXPR_QUOTA_FLAGS) & NFT_QUOTA_F_INV));
}

static enum match do_connlimit(struct eval *e, const struct nftnl_expr *x)
{
	return truth(!(nftnl_expr_get_u32(x, NFTNL_EXPR_CONNLIMIT_FLAGS) &
		       NFT_CONNLIMIT_F_INV));
}

static enum match do_nothing(struct eval *e, const struct nftnl_expr *x)
{
	return MATCH_YES;
}

static enum match do_match(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t len = 0;
	const void *info = nftnl_expr_get(x, NFTNL_EXPR_MT_INFO, &len);

	return xt_match(nftnl_expr_get_str(x, NFTNL_EXPR_MT_NAME),
			nftnl_expr_get_u32(x, NFTNL_EXPR_MT_REV), info, len,
			packet_state(e->packet, e->chain), e->packet);
}

static enum match do_target(struct eval *e, const struct nftnl_expr *x)
{
	uint32_t len = 0;
	const void *info = nftnl_expr_get(x, NFTNL_EXPR_TG_INFO, &len);

	return xt_target(nftnl_expr_get_str(x, NFTNL_EXPR_TG_NAME), info, len,
			 e->packet, e->effect);
}

/* what is counted with an element may be too much by now */
static enum match do_dynset(struct eval *e, const struct nftnl_expr *x)
{
	if (nftnl_expr_is_set(x, NFTNL_EXPR_DYNSET_EXPR) ||
	    nftnl_expr_is_set(x, NFTNL_EXPR_DYNSET_EXPRESSIONS))
		return MATCH_MAYBE;
	return MATCH_YES;
}

static const struct {
	const char *name;
	enum match (*run)(struct eval *e, const struct nftnl_expr *x);
} kinds[] = {
	{ "meta", do_meta }, { "ct", do_ct }, { "payload", do_payload },
	{ "fib", do_fib }, { "immediate", do_immediate }, { "bitwise", do_bitwise },
	{ "byteorder", do_byteorder }, { "cmp", do_cmp }, { "range", do_range },
	{ "lookup", do_lookup }, { "reject", do_reject }, { "queue", do_queue },
	{ "nat", do_nat }, { "redir", do_lead_away }, { "tproxy", do_lead_away },
	{ "fwd", do_lead_away }, { "notrack", do_notrack }, { "limit", do_limit },
	{ "quota", do_quota }, { "connlimit", do_connlimit }, { "match", do_match },
	{ "target", do_target }, { "dynset", do_dynset }, { "counter", do_nothing },
	{ "log", do_nothing }, { "masq", do_nothing }, { "dup", do_nothing },
	{ "last", do_nothing }, { "flow_offload", do_nothing },
};

static enum match run(struct eval *e, const struct nftnl_expr *x)
{
	const char *name = nftnl_expr_get_str(x, NFTNL_EXPR_NAME);
	size_t i;

	for (i = 0; name && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].run(e, x);
	return MATCH_MAYBE;
}

/**
 * struct rule_walk - the expressions of a rule, one by one
 * @e: the rule
 * @match: what has been found so far
 */
struct rule_walk {
	struct eval e;
	enum match match;
};

static int on_expr(struct nftnl_expr *x, void *arg)
{
	struct rule_walk *w = arg;
	enum match match;

	/* behind a verdict is nothing */
	if (w->match == MATCH_NO || w->e.effect->does != DOES_NOTHING)
		return 0;
	match = run(&w->e, x);
	if (match < w->match)
		w->match = match;
	return 0;
}

enum match rule_eval(struct live *live, const struct live_chain *chain,
		     struct nftnl_rule *rule, struct packet *packet,
		     struct effect *effect)
{
	struct rule_walk w = {
		.e = { .live = live, .chain = chain, .packet = packet,
		       .effect = effect },
		.match = MATCH_YES,
	};
	bool untracked = packet->untracked;

	*effect = (struct effect){ 0 };
	nftnl_expr_foreach(rule, on_expr, &w);
	if (w.match != MATCH_YES)
		packet->untracked = untracked;
	return w.match;
}
