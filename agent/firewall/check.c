// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a packet by the rules that hold.  Where it is open whether a rule holds
 * the packet goes on as if it did not, and what the rule would do is told beside.
 */
#include <netinet/in.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "packet.h"

#define DEPTH	16	/* chains that jump to each other: the kernel's limit */
#define COMMENT	128

/**
 * struct firewall_rules - the rules of this host
 * @live: these
 */
struct firewall_rules {
	struct live live;
};

/**
 * struct walk - a packet's way
 * @live: the rules
 * @packet: the packet
 * @finding: what has been found
 * @drops: what a rule does that may hold, if that keeps the packet away
 * @accepts: the same if it lets it on
 */
struct walk {
	struct live *live;
	struct packet packet;
	struct firewall_finding *finding;
	char drops[FIREWALL_RULE];
	char accepts[FIREWALL_RULE];
};

/* ------------------------------------------------------------------- names of rules */

static const char *family_name(uint32_t family)
{
	return family == NFPROTO_INET ? "inet" : family == NFPROTO_IPV4 ? "ip" :
	       family == NFPROTO_IPV6 ? "ip6" : "netdev";
}

/* the first of what is said of a rule, as nft(8) has it; "" if there is nothing */
static void comment_of(const struct nftnl_rule *rule, char buf[COMMENT])
{
	const uint8_t *at;
	uint32_t len = 0;

	*buf = '\0';
	at = nftnl_rule_get_data(rule, NFTNL_RULE_USERDATA, &len);
	if (!at || len < 2 || at[0] != NFTNL_UDATA_RULE_COMMENT || at[1] > len - 2 ||
	    !at[1] || at[1] > COMMENT)
		return;
	memcpy(buf, at + 2, at[1]);
	buf[at[1] - 1] = '\0';
}

/* @rule NULL: the end of the chain */
static void name_rule(const struct live_chain *chain, const struct nftnl_rule *rule,
		      const char *does, char buf[FIREWALL_RULE])
{
	char comment[COMMENT] = "";
	int n;

	if (!rule) {
		snprintf(buf, FIREWALL_RULE, "%s by the policy of chain %s %.200s %.200s",
			 does, family_name(chain->family), chain->table, chain->name);
		return;
	}
	n = snprintf(buf, FIREWALL_RULE, "%s by the rule with handle %llu of chain %s %.200s %.200s",
		     does, (unsigned long long)nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE),
		     family_name(chain->family), chain->table, chain->name);
	comment_of(rule, comment);
	if (*comment && n < FIREWALL_RULE)
		snprintf(buf + n, FIREWALL_RULE - (size_t)n, " (%s)", comment);
}

static const char *word(enum does does)
{
	switch (does) {
	case DOES_ACCEPT:
		return "let through";
	case DOES_DROP:
		return "dropped";
	case DOES_REJECT:
		return "rejected";
	case DOES_LEAD_AWAY:
		return "sent elsewhere";
	case DOES_QUEUE:
		return "given to a program";
	default:
		return "judged in a way that cannot be told";
	}
}

/* --------------------------------------------------------------------------- chains */

/** enum end - how it leaves a chain */
enum end {
	END_RETURNED,	/* at its end, or before, to where it came from */
	END_ACCEPTED,
	END_STOPPED
};

static void note(struct walk *w, const struct live_chain *chain,
		 const struct nftnl_rule *rule, enum does does)
{
	if (does != DOES_ACCEPT && !*w->drops)
		name_rule(chain, rule, word(does), w->drops);
	if ((does == DOES_ACCEPT || does == DOES_ANYTHING) && !*w->accepts)
		name_rule(chain, rule, word(does), w->accepts);
}

static enum end walk_chain(struct walk *w, const struct live_chain *chain,
			   const struct live_chain *base, bool maybe,
			   unsigned int depth);

/* false if the chain goes on with the next rule; else how it ends is in @end */
static bool act(struct walk *w, const struct live_chain *chain,
		const struct nftnl_rule *rule, const struct live_chain *base,
		const struct effect *effect, bool maybe, unsigned int depth,
		enum end *end)
{
	const struct live_chain *to;

	switch (effect->does) {
	case DOES_NOTHING:
		return false;
	case DOES_RETURN:
		*end = END_RETURNED;
		return true;
	case DOES_JUMP:
	case DOES_GOTO:
		to = depth < DEPTH ? live_chain(w->live, chain->family, chain->table,
						effect->chain) : NULL;
		*end = to ? walk_chain(w, to, base, maybe, depth + 1) : END_RETURNED;
		return *end != END_RETURNED || effect->does == DOES_GOTO;
	case DOES_ACCEPT:
		if (maybe)
			note(w, chain, rule, DOES_ACCEPT);
		*end = END_ACCEPTED;
		return true;
	default:
		if (maybe || effect->does == DOES_ANYTHING) {
			note(w, chain, rule, effect->does);
			*end = END_STOPPED;
			return maybe;
		}
		name_rule(chain, rule, word(effect->does), w->finding->how);
		*end = END_STOPPED;
		return true;
	}
}

/* @maybe: whether it comes here at all is open; @base: the hook's chain */
static enum end walk_chain(struct walk *w, const struct live_chain *chain,
			   const struct live_chain *base, bool maybe,
			   unsigned int depth)
{
	/* what hook and priority it is at is the base's */
	struct live_chain here = *chain;
	struct effect effect;
	enum match match;
	enum end end;
	size_t i;

	here.hook = base->hook;
	here.priority = base->priority;
	for (i = 0; i < chain->n; i++) {
		match = rule_eval(w->live, &here, chain->rules[i], &w->packet, &effect);
		if (match == MATCH_NO)
			continue;
		if (act(w, chain, chain->rules[i], base, &effect,
			maybe || match == MATCH_MAYBE, depth, &end) &&
		    match == MATCH_YES)
			return end;
	}
	return END_RETURNED;
}

/* false: it ends there */
static bool walk_base(struct walk *w, const struct live_chain *base)
{
	enum end end = walk_chain(w, base, base, false, 0);

	if (end == END_RETURNED && !base->accept) {
		name_rule(base, NULL, word(DOES_DROP), w->finding->how);
		return false;
	}
	return end != END_STOPPED;
}

static bool is_at(const struct walk *w, const struct live_chain *chain,
		  uint32_t hook)
{
	char device[IF_NAMESIZE + 2];
	const char *at;

	if (!chain->base)
		return false;
	if (hook == NF_INET_INGRESS) {
		if (!(chain->family == NFPROTO_NETDEV && chain->hook == NF_NETDEV_INGRESS) &&
		    !(chain->family == NFPROTO_INET && chain->hook == NF_INET_INGRESS))
			return false;
		snprintf(device, sizeof(device), "%s ", w->packet.device);
		at = strstr(chain->devices, device);
		return at && (at == chain->devices || at[-1] == ' ');
	}
	return chain->hook == hook &&
	       (chain->family == NFPROTO_INET ||
		chain->family == (w->packet.v4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
}

static bool walk_hook(struct walk *w, uint32_t hook)
{
	const struct live *live = w->live;
	size_t i;

	for (i = 0; i < live->n; i++)
		if (is_at(w, &live->chains[i], hook) && !walk_base(w, &live->chains[i]))
			return false;
	return true;
}

void firewall_check(struct firewall_rules *rules, const struct firewall_packet *packet,
		    struct firewall_finding *finding)
{
	struct walk w = { .live = &rules->live, .finding = finding };

	*finding = (struct firewall_finding){ 0 };
	packet_make(&w.packet, packet);
	finding->arrives = walk_hook(&w, NF_INET_INGRESS) &&
			   walk_hook(&w, NF_INET_PRE_ROUTING) &&
			   walk_hook(&w, NF_INET_LOCAL_IN);
	snprintf(finding->unless, sizeof(finding->unless), "%s",
		 finding->arrives ? w.drops : w.accepts);
}

/* -------------------------------------------------------------------- begin and end */

struct firewall_rules *firewall_rules_read(char *error)
{
	struct firewall_rules *rules = calloc(1, sizeof(*rules));

	if (!rules) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return NULL;
	}
	if (live_read(&rules->live, error))
		return rules;
	free(rules);
	return NULL;
}

void firewall_rules_free(struct firewall_rules *rules)
{
	if (!rules)
		return;
	live_free(&rules->live);
	free(rules);
}

const char *firewall_rules_unread(const struct firewall_rules *rules)
{
	return rules->live.legacy;
}
