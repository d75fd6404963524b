// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <stdio.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

#include "rule.h"
#include "table.h"

/* before the module's hook (-50) and before connections are tracked (-200) */
#define BANS_PRIORITY	-500
/* before those whose filters stand at 0 */
#define INPUT_PRIORITY	-10

#define TABLE		CONFIG_NFT_TABLE_NAME

const struct nft_place nft_own_place = { TABLE, "" };

/* ------------------------------------------------------------------ the table */

static void put_table(struct nft_batch *batch, uint16_t type, const char *what)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(64);
	struct nftnl_table *table = nftnl_table_alloc();

	if (!data || !table ||
	    !nftnl_udata_put_strz(data, NFTNL_UDATA_TABLE_COMMENT, NFT_MARK)) {
		batch->failed = true;
		goto out;
	}
	nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, TABLE);
	if (type == NFT_MSG_NEWTABLE)
		nftnl_table_set_data(table, NFTNL_TABLE_USERDATA,
				     nftnl_udata_buf_data(data),
				     nftnl_udata_buf_len(data));
	nft_batch_table(batch, type, table, what);
out:
	if (table)
		nftnl_table_free(table);
	if (data)
		nftnl_udata_buf_free(data);
}

void nft_table_drop(struct nft_batch *batch)
{
	/* what is not there cannot be removed, and what is there need not be made */
	put_table(batch, NFT_MSG_NEWTABLE, "making table inet " TABLE);
	put_table(batch, NFT_MSG_DELTABLE, "removing table inet " TABLE);
}

/* @priority 0: it has no hook, and is jumped to */
static void add_chain(struct nft_batch *batch, const char *name, uint32_t hook,
		      int priority, const char *device)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	char what[NFT_WHAT];

	if (!chain) {
		batch->failed = true;
		return;
	}
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (priority) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	if (device)
		nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, device);
	snprintf(what, sizeof(what), "making chain %s of table inet " TABLE, name);
	nft_batch_chain(batch, NFT_MSG_NEWCHAIN, chain, what);
	nftnl_chain_free(chain);
}

/* ------------------------------------------------------------------------ bans */

static void add_ban_rule(struct nft_batch *batch, const char *chain, int family,
			 unsigned int len, enum nft_set set)
{
	struct nft_rule rule = nft_rule_begin(TABLE, chain);
	char name[NFT_NAME];

	nft_rule_family(&rule, family);
	nft_rule_source_in(&rule, family, len,
			   nft_set_name(&nft_own_place, set, name));
	nft_rule_counter(&rule);
	nft_rule_verdict(&rule, NF_DROP);
	nft_rule_add(&rule, batch, NULL);
}

static void add_ban_chain(struct nft_batch *batch, const char *name, uint32_t hook,
			  const char *device)
{
	add_chain(batch, name, hook, BANS_PRIORITY, device);
	add_ban_rule(batch, name, AF_INET, 0, NFT_BAN4);
	add_ban_rule(batch, name, AF_INET, 0, NFT_BAN4NET);
	add_ban_rule(batch, name, AF_INET6, 64, NFT_BAN6);
	add_ban_rule(batch, name, AF_INET6, 0, NFT_BAN6NET);
}

/* was that device another realm's before, or named twice? */
static bool is_again(const struct config *config, size_t realm, size_t device)
{
	const char *name = config->realms[realm].devices[device];
	size_t i, j;

	for (i = 0; i <= realm; i++)
		for (j = 0; j < config->realms[i].n_devices; j++)
			if (!strcmp(config->realms[i].devices[j], name))
				return i != realm || j != device;
	return false;
}

static void add_device_chains(struct nft_batch *batch, const struct config *config)
{
	const struct config_realm *realm;
	unsigned int n = 0;
	char name[32];
	size_t i, j;

	for (i = 0; i < config->n_realms; i++) {
		realm = &config->realms[i];
		for (j = 0; j < realm->n_devices; j++) {
			if (is_again(config, i, j) ||
			    !if_nametoindex(realm->devices[j]))
				continue;
			snprintf(name, sizeof(name), "bans_device%u", n++);
			add_ban_chain(batch, name, NF_INET_INGRESS,
				      realm->devices[j]);
		}
	}
}

uint64_t nft_table_devices(const struct config *config)
{
	uint64_t sum = 0;
	size_t i, j;

	for (i = 0; i < config->n_realms; i++)
		for (j = 0; j < config->realms[i].n_devices; j++)
			sum = sum * 31 +
			      if_nametoindex(config->realms[i].devices[j]);
	return sum;
}

/* ---------------------------------------------------------------------- places */

/**
 * struct place - where something of the configuration listens
 * @addr: address and port; all addresses of a family are possible
 * @high: last port, if there are many
 * @tcp: TCP, not UDP
 */
struct place {
	struct dp_addr addr;
	uint16_t high;
	bool tcp;
};

/* up to the port; NULL: whoever sends */
static struct nft_rule place_rule(const struct place *place,
				  const struct prefix *source)
{
	struct nft_rule rule = nft_rule_begin(TABLE, "input");
	const struct dp_addr *addr = &place->addr;

	nft_rule_family(&rule, addr->family);
	if (source)
		nft_rule_source(&rule, &source->addr, source->len);
	if (!dp_addr_is_any(addr))
		nft_rule_destination(&rule, addr,
				     addr->family == AF_INET ? 32 : 128);
	nft_rule_proto(&rule, place->tcp ? IPPROTO_TCP : IPPROTO_UDP);
	nft_rule_ports(&rule, addr->port, place->high ? place->high : addr->port);
	nft_rule_counter(&rule);
	return rule;
}

static void add_verdict(struct nft_batch *batch, const struct place *place,
			const struct prefix *source, int verdict,
			const char *comment)
{
	struct nft_rule rule = place_rule(place, source);

	nft_rule_verdict(&rule, verdict);
	nft_rule_add(&rule, batch, comment);
}

static void add_listeners(struct nft_batch *batch,
			  const struct config_realm *realm)
{
	const struct config_listener *l;
	struct place place;
	char comment[64];
	size_t i;

	snprintf(comment, sizeof(comment), "realm %s: SIP", realm->name);
	for (i = 0; i < realm->n_listeners; i++) {
		l = &realm->listeners[i];
		place = (struct place){ .addr = l->address->listen,
					.tcp = l->transport != CONFIG_UDP };
		place.addr.port = l->port;
		add_verdict(batch, &place, NULL, NF_ACCEPT, comment);
	}
}

/* who may is known; everybody else shall not even find out that something is there */
static void add_ng(struct nft_batch *batch, const struct config_ng *ng)
{
	const struct place place = { .addr = ng->listen,
				     .tcp = ng->transport != CONFIG_UDP };
	size_t i;

	for (i = 0; i < ng->n_allow; i++)
		if (ng->allow[i].addr.family == ng->listen.family)
			add_verdict(batch, &place, &ng->allow[i], NF_ACCEPT, "ng");
	add_verdict(batch, &place, NULL, NF_DROP, "ng: strangers");
}

/* what looks like media, of a call that is over perhaps, is no scan */
static void add_late(struct nft_batch *batch, uint32_t offset, uint32_t len,
		     const void *mask, const void *low, const void *high,
		     const char *comment)
{
	struct nft_rule rule = nft_rule_begin(TABLE, "closed");

	nft_rule_bytes(&rule, offset, len, mask, low, high);
	nft_rule_counter(&rule);
	nft_rule_verdict(&rule, NF_DROP);
	nft_rule_add(&rule, batch, comment);
}

/* apart from what drops: a set that is full breaks off its rule */
static void add_scan(struct nft_batch *batch, int family, enum nft_set set,
		     uint32_t window)
{
	struct nft_rule rule = nft_rule_begin(TABLE, "closed");
	char name[NFT_NAME];

	nft_rule_family(&rule, family);
	nft_rule_note(&rule, family, nft_set_name(&nft_own_place, set, name),
		      window * UINT64_C(1000));
	nft_rule_add(&rule, batch, NULL);
}

/* what goes to media ports that no call has */
static void add_closed(struct nft_batch *batch, const struct config_bans *bans)
{
	static const uint8_t version[] = { 0xc0, 0x80 };
	static const uint8_t dtls[] = { 20, 63 };
	static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };
	struct nft_rule rule;

	add_chain(batch, "closed", 0, 0, NULL);
	if (bans->scan) {
		add_late(batch, 8, 1, &version[0], &version[1], &version[1],
			 "RTP or RTCP");
		add_late(batch, 8, 1, NULL, &dtls[0], &dtls[1], "DTLS");
		add_late(batch, 12, 4, NULL, cookie, cookie, "STUN");
		add_scan(batch, AF_INET, NFT_SCAN4, bans->window);
		add_scan(batch, AF_INET6, NFT_SCAN6, bans->window);
	}
	rule = nft_rule_begin(TABLE, "closed");
	nft_rule_counter(&rule);
	nft_rule_verdict(&rule, NF_DROP);
	nft_rule_add(&rule, batch, NULL);
}

static void add_media(struct nft_batch *batch, const struct config_realm *realm)
{
	struct nft_rule rule;
	struct place place;
	char comment[64];
	size_t i;

	snprintf(comment, sizeof(comment), "realm %s: media ports that no call has",
		 realm->name);
	for (i = 0; i < realm->n_addresses; i++) {
		place = (struct place){ .addr = realm->addresses[i].listen,
					.high = realm->port_high };
		place.addr.port = realm->port_low;
		rule = place_rule(&place, NULL);
		nft_rule_jump(&rule, "closed");
		nft_rule_add(&rule, batch, comment);
	}
}

static void add_open(struct nft_batch *batch, int family, enum nft_set set)
{
	struct nft_rule rule = nft_rule_begin(TABLE, "input");
	char name[NFT_NAME];

	nft_rule_family(&rule, family);
	nft_rule_proto(&rule, IPPROTO_UDP);
	nft_rule_place_in(&rule, family,
			  nft_set_name(&nft_own_place, set, name));
	nft_rule_counter(&rule);
	nft_rule_verdict(&rule, NF_ACCEPT);
	nft_rule_add(&rule, batch, "media of calls");
}

static void add_input(struct nft_batch *batch, const struct config *config)
{
	struct nft_rule rule;
	size_t i;

	add_closed(batch, &config->bans);
	add_chain(batch, "input", NF_INET_LOCAL_IN, INPUT_PRIORITY, NULL);
	rule = nft_rule_begin(TABLE, "input");
	nft_rule_iifname(&rule, "lo");
	nft_rule_verdict(&rule, NF_ACCEPT);
	nft_rule_add(&rule, batch, NULL);
	add_open(batch, AF_INET, NFT_OPEN4);
	add_open(batch, AF_INET6, NFT_OPEN6);
	for (i = 0; i < config->n_realms; i++)
		add_listeners(batch, &config->realms[i]);
	for (i = 0; i < config->n_ng; i++)
		add_ng(batch, &config->ng[i]);
	for (i = 0; i < config->n_realms; i++)
		add_media(batch, &config->realms[i]);
}

void nft_table_make(struct nft_batch *batch, const struct config *config)
{
	unsigned int i;

	put_table(batch, NFT_MSG_NEWTABLE, "making table inet " TABLE);
	for (i = 0; i < NFT_SETS; i++)
		nft_set_make(batch, &nft_own_place, (enum nft_set)i);
	add_ban_chain(batch, "bans", NF_INET_PRE_ROUTING, NULL);
	add_device_chains(batch, config);
	add_input(batch, config);
}
