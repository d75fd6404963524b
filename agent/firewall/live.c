// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config.h"
#include "live.h"
#include "nft/nft.h"

#define REPLY_ROOM	65536
#define TRIES		10	/* while others change rules */

/* send, and take all that is answered; false with errno */
static bool converse(struct live *live, struct nlmsghdr *nlh, mnl_cb_t fn, void *arg)
{
	unsigned int portid = mnl_socket_get_portid(live->nl);
	char buf[REPLY_ROOM] __attribute__((aligned(8)));
	int ret = MNL_CB_OK;
	ssize_t n;

	if (mnl_socket_sendto(live->nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	while (ret > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(live->nl, buf, sizeof(buf));
		if (n < 0)
			return false;
		ret = mnl_cb_run(buf, (size_t)n, live->seq, portid, fn, arg);
	}
	return ret == MNL_CB_STOP;
}

static bool dump(struct live *live, uint16_t type, mnl_cb_t fn)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = nftnl_nlmsg_build_hdr(buf, type, NFPROTO_UNSPEC, NLM_F_DUMP,
				    ++live->seq);
	return converse(live, nlh, fn, live);
}

/* ------------------------------------------------------------------------- chains */


/* a blank behind each; for free(); NULL without memory */
static char *devices_of(const struct nftnl_chain *c)
{
	const char *const *many = NULL, *one = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	if (nftnl_chain_is_set(c, NFTNL_CHAIN_DEV))
		one = nftnl_chain_get_str(c, NFTNL_CHAIN_DEV);
	else if (nftnl_chain_is_set(c, NFTNL_CHAIN_DEVICES))
		many = (const char *const *)(uintptr_t)
			nftnl_chain_get_array(c, NFTNL_CHAIN_DEVICES);
	if (one)
		fprintf(f, "%s ", one);
	for (; many && *many; many++)
		fprintf(f, "%s ", *many);
	fclose(f);
	return text;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static bool chain_set(struct live_chain *chain, const struct nftnl_chain *c)
{
	const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);

	*chain = (struct live_chain){
		.family = nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY),
		.table = copy(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE)),
		.name = copy(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME)),
		.devices = devices_of(c),
		.base = nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM),
		.nat = type && !strcmp(type, "nat"),
		.accept = !nftnl_chain_is_set(c, NFTNL_CHAIN_POLICY) ||
			  nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_ACCEPT,
	};
	if (chain->base) {
		chain->hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);
		chain->priority = nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO);
	}
	return chain->table && chain->name && chain->devices;
}

/* what an answer is of goes on the list; the error is told when all has been read */
static int on_chain(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct live *live = arg;
	struct live_chain *list;

	list = reallocarray(live->chains, live->n + 1, sizeof(*list));
	if (list)
		live->chains = list;
	if (!list || !c || nftnl_chain_nlmsg_parse(nlh, c) < 0 ||
	    !chain_set(&list[live->n++], c))
		live->failed = true;
	if (c)
		nftnl_chain_free(c);
	return MNL_CB_OK;
}

static struct live_chain *find(const struct live *live, uint32_t family,
			       const char *table, const char *name)
{
	struct live_chain *c;

	for (c = live->chains; c < live->chains + live->n; c++)
		if (c->family == family && !strcmp(c->name, name) &&
		    !strcmp(c->table, table))
			return c;
	return NULL;
}

const struct live_chain *live_chain(const struct live *live, uint32_t family,
				    const char *table, const char *name)
{
	return find(live, family, table, name);
}

static int on_rule(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_rule *r = nftnl_rule_alloc(), **list = NULL;
	struct live_chain *chain = NULL;
	struct live *live = arg;

	if (r && nftnl_rule_nlmsg_parse(nlh, r) >= 0)
		chain = find(live, nftnl_rule_get_u32(r, NFTNL_RULE_FAMILY),
			     nftnl_rule_get_str(r, NFTNL_RULE_TABLE),
			     nftnl_rule_get_str(r, NFTNL_RULE_CHAIN));
	if (chain)
		list = reallocarray(chain->rules, chain->n + 1, sizeof(*list));
	if (!list) {
		live->failed = true;
		if (r)
			nftnl_rule_free(r);
		return MNL_CB_OK;
	}
	chain->rules = list;
	list[chain->n++] = r;
	return MNL_CB_OK;
}

static int on_set(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();
	struct live *live = arg;
	struct live_set *list, *set;

	list = reallocarray(live->sets, live->n_sets + 1, sizeof(*list));
	if (list)
		live->sets = list;
	if (!list || !s || nftnl_set_nlmsg_parse(nlh, s) < 0) {
		live->failed = true;
	} else {
		set = &list[live->n_sets++];
		*set = (struct live_set){
			.family = nftnl_set_get_u32(s, NFTNL_SET_FAMILY),
			.table = copy(nftnl_set_get_str(s, NFTNL_SET_TABLE)),
			.name = copy(nftnl_set_get_str(s, NFTNL_SET_NAME)),
			.len = nftnl_set_get_u32(s, NFTNL_SET_KEY_LEN),
		};
		live->failed |= !set->table || !set->name;
	}
	if (s)
		nftnl_set_free(s);
	return MNL_CB_OK;
}

static int compare(const void *a, const void *b)
{
	const struct live_chain *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->made < y->made ? -1 : 1;
}

static void chain_clear(struct live_chain *chain)
{
	while (chain->n)
		nftnl_rule_free(chain->rules[--chain->n]);
	free(chain->rules);
	free(chain->devices);
	free(chain->table);
	free(chain->name);
}

static void forget(struct live *live)
{
	while (live->n)
		chain_clear(&live->chains[--live->n]);
	free(live->chains);
	live->chains = NULL;
	while (live->n_sets) {
		free(live->sets[--live->n_sets].table);
		free(live->sets[live->n_sets].name);
	}
	free(live->sets);
	live->sets = NULL;
	live->failed = false;
}

/* our own table is made of the configuration, too, and its media ports open with calls */
static void forget_ours(struct live *live)
{
	size_t i, kept = 0;

	if (!nft_is_there())
		return;
	for (i = 0; i < live->n; i++) {
		if (live->chains[i].family == NFPROTO_INET &&
		    !strcmp(live->chains[i].table, CONFIG_NFT_TABLE_NAME))
			chain_clear(&live->chains[i]);
		else
			live->chains[kept++] = live->chains[i];
	}
	live->n = kept;
}

/* one line, a blank between; NULL: there are none */
static char *legacy_tables(void)
{
	static const char *const files[] = {
		"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names",
	};
	char line[64], *text = NULL;
	size_t i, len = 0;
	FILE *f, *out = open_memstream(&text, &len);

	for (i = 0; out && i < sizeof(files) / sizeof(*files); i++) {
		f = fopen(files[i], "re");
		while (f && fgets(line, sizeof(line), f))
			fprintf(out, "%s%s %.*s", len ? ", " : "",
				i ? "ip6tables" : "iptables",
				(int)strcspn(line, "\n"), line);
		if (f)
			fclose(f);
	}
	if (out)
		fclose(out);
	if (len)
		return text;
	free(text);
	return NULL;
}

/* anew each time: what is left of an answer that broke off would be the next one's */
static bool open_socket(struct live *live)
{
	if (live->nl)
		mnl_socket_close(live->nl);
	live->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	return live->nl && mnl_socket_bind(live->nl, 0, MNL_SOCKET_AUTOPID) >= 0;
}

/* false with errno; EINTR: others changed rules all the time */
static bool read_all(struct live *live)
{
	unsigned int tries;

	for (tries = 0; tries < TRIES; tries++) {
		forget(live);
		if (open_socket(live) && dump(live, NFT_MSG_GETCHAIN, on_chain) &&
		    dump(live, NFT_MSG_GETSET, on_set) &&
		    dump(live, NFT_MSG_GETRULE, on_rule)) {
			if (!live->failed)
				return true;
			/* a rule of a chain that was made meanwhile, or no memory */
			errno = EINTR;
		}
		if (errno != EINTR)
			return false;
	}
	return false;
}

bool live_read(struct live *live, char *error)
{
	size_t i;

	*live = (struct live){ 0 };
	if (!read_all(live)) {
		snprintf(error, CONFIG_ERROR_LEN, "nftables: the rules of this host cannot be read: %s; expected a kernel with nf_tables, and CAP_NET_ADMIN",
			 strerror(errno));
		live_free(live);
		return false;
	}
	forget_ours(live);
	for (i = 0; i < live->n; i++)
		live->chains[i].made = i;
	if (live->n)
		qsort(live->chains, live->n, sizeof(*live->chains), compare);
	live->legacy = legacy_tables();
	return true;
}

void live_free(struct live *live)
{
	forget(live);
	free(live->legacy);
	if (live->nl)
		mnl_socket_close(live->nl);
	*live = (struct live){ 0 };
}

/* --------------------------------------------------------------------------- sets */

uint32_t live_key_len(const struct live *live, const struct live_chain *chain,
		      const char *set)
{
	const struct live_set *s;

	for (s = live->sets; s < live->sets + live->n_sets; s++)
		if (s->family == chain->family && !strcmp(s->name, set) &&
		    !strcmp(s->table, chain->table))
			return s->len;
	return 0;
}

static int take_elem(struct nftnl_set_elem *e, void *arg)
{
	struct live_elem *elem = arg;
	const void *data;
	uint32_t len;

	data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);
	if (data && len <= LIVE_KEY)
		memcpy(elem->key, data, len);
	elem->has_verdict = nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_VERDICT);
	if (elem->has_verdict) {
		elem->verdict = (int32_t)nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_VERDICT);
		if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_CHAIN))
			snprintf(elem->chain, sizeof(elem->chain), "%s",
				 nftnl_set_elem_get_str(e, NFTNL_SET_ELEM_CHAIN));
		return 0;
	}
	if (!nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_DATA))
		return 0;
	data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_DATA, &len);
	if (data && len <= LIVE_KEY) {
		memcpy(elem->data, data, len);
		elem->len = len;
	}
	return 0;
}

static int on_elem(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (s && nftnl_set_elems_nlmsg_parse(nlh, s) >= 0)
		nftnl_set_elem_foreach(s, take_elem, arg);
	if (s)
		nftnl_set_free(s);
	return MNL_CB_OK;
}

/* @key NULL: the element for whatever has none of its own */
static int ask(struct live *live, const struct live_chain *chain, const char *set,
	       const uint8_t *key, uint32_t len, struct live_elem *elem)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	char buf[1024] __attribute__((aligned(8)));
	struct nftnl_set *s = nftnl_set_alloc();
	struct nlmsghdr *nlh;
	int ret = -1;

	memset(elem, 0, sizeof(*elem));
	if (!s || !e)
		goto out;
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, chain->family);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, chain->table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set);
	if (key)
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, len);
	else
		nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_FLAGS, NFT_SET_ELEM_CATCHALL);
	nftnl_set_elem_add(s, e);
	e = NULL;
	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM, (uint16_t)chain->family,
				    NLM_F_ACK, ++live->seq);
	nftnl_set_elems_nlmsg_build_payload(nlh, s);
	ret = converse(live, nlh, on_elem, elem) ? 1 : errno == ENOENT ? 0 : -1;
out:
	if (e)
		nftnl_set_elem_free(e);
	if (s)
		nftnl_set_free(s);
	return ret;
}

int live_lookup(struct live *live, const struct live_chain *chain,
		const char *set, const uint8_t *key, uint32_t len,
		struct live_elem *elem)
{
	int ret = len <= LIVE_KEY ? ask(live, chain, set, key, len, elem) : -1;

	/* kernels without such elements do not know the question either */
	if (!ret && ask(live, chain, set, NULL, 0, elem) == 1)
		return 1;
	return ret;
}
