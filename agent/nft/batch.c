// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

/* replies are told apart by their number; no two batches have the same ones */
static uint32_t serial;

/* room for one more message; NULL without memory */
static char *at_end(struct nft_batch *batch, const char *what)
{
	void *more;

	if (batch->failed)
		return NULL;
	if (batch->room - batch->len < NFT_MESSAGE_MAX) {
		size_t room = (batch->room + NFT_MESSAGE_MAX) * 2;

		more = realloc(batch->buf, room);
		if (!more)
			goto failed;
		/* what is only padding is the same in two batches, too */
		memset((char *)more + batch->room, 0, room - batch->room);
		batch->buf = more;
		batch->room = room;
	}
	if (batch->n == batch->n_what) {
		uint32_t n = batch->n_what ? batch->n_what * 2 : 32;

		more = reallocarray(batch->what, n, sizeof(*batch->what));
		if (!more)
			goto failed;
		batch->what = more;
		batch->n_what = n;
	}
	snprintf(batch->what[batch->n], sizeof(*batch->what), "%s", what);
	batch->n++;
	serial++;
	return batch->buf + batch->len;
failed:
	batch->failed = true;
	return NULL;
}

static void complete(struct nft_batch *batch, const struct nlmsghdr *nlh)
{
	batch->len += MNL_ALIGN(nlh->nlmsg_len);
}

static struct nlmsghdr *begin_message(struct nft_batch *batch, uint16_t type,
				      const char *what)
{
	uint16_t flags = 0;
	char *at = at_end(batch, what);

	if (type == NFT_MSG_NEWTABLE || type == NFT_MSG_NEWCHAIN ||
	    type == NFT_MSG_NEWSET || type == NFT_MSG_NEWSETELEM)
		flags = NLM_F_CREATE;
	if (type == NFT_MSG_NEWRULE)
		flags = NLM_F_CREATE | NLM_F_APPEND;
	return at ? nftnl_nlmsg_build_hdr(at, type, NFPROTO_INET, flags, serial) :
		    NULL;
}

void nft_batch_table(struct nft_batch *batch, uint16_t type,
		     const struct nftnl_table *table, const char *what)
{
	struct nlmsghdr *nlh = begin_message(batch, type, what);

	if (!nlh)
		return;
	nftnl_table_nlmsg_build_payload(nlh, table);
	complete(batch, nlh);
}

void nft_batch_chain(struct nft_batch *batch, uint16_t type,
		     const struct nftnl_chain *chain, const char *what)
{
	struct nlmsghdr *nlh = begin_message(batch, type, what);

	if (!nlh)
		return;
	nftnl_chain_nlmsg_build_payload(nlh, chain);
	complete(batch, nlh);
}

void nft_batch_set(struct nft_batch *batch, uint16_t type, struct nftnl_set *set,
		   const char *what)
{
	struct nlmsghdr *nlh = begin_message(batch, type, what);

	if (!nlh)
		return;
	nftnl_set_nlmsg_build_payload(nlh, set);
	complete(batch, nlh);
}

void nft_batch_elems(struct nft_batch *batch, uint16_t type,
		     struct nftnl_set *set, const char *what)
{
	struct nlmsghdr *nlh = begin_message(batch, type, what);

	if (!nlh)
		return;
	nftnl_set_elems_nlmsg_build_payload(nlh, set);
	complete(batch, nlh);
}

void nft_batch_rule(struct nft_batch *batch, uint16_t type,
		    struct nftnl_rule *rule, const char *what)
{
	struct nlmsghdr *nlh = begin_message(batch, type, what);

	if (!nlh)
		return;
	nftnl_rule_nlmsg_build_payload(nlh, rule);
	complete(batch, nlh);
}

bool nft_batch_is_empty(const struct nft_batch *batch)
{
	return batch->n <= 1 && !batch->failed;
}

bool nft_batch_same(const struct nft_batch *a, const struct nft_batch *b)
{
	const struct nlmsghdr *x, *y;
	size_t at;

	if (a->failed || b->failed || a->len != b->len)
		return false;
	for (at = 0; at < a->len; at += MNL_ALIGN(x->nlmsg_len)) {
		x = (const void *)(a->buf + at);
		y = (const void *)(b->buf + at);
		if (x->nlmsg_len != y->nlmsg_len ||
		    x->nlmsg_type != y->nlmsg_type ||
		    memcmp(x + 1, y + 1, x->nlmsg_len - sizeof(*x)))
			return false;
	}
	return true;
}

/* the last message that does something is asked for an answer: it comes after all errors */
bool nft_batch_end(struct nft_batch *batch)
{
	struct nlmsghdr *nlh;
	size_t at, last = 0;
	char *end;

	for (at = 0; at < batch->len; at += MNL_ALIGN(nlh->nlmsg_len)) {
		nlh = (void *)(batch->buf + at);
		last = at;
	}
	end = at_end(batch, "the end");	/* may move the buffer */
	if (!end || !last)
		return false;
	nlh = (void *)(batch->buf + last);
	nlh->nlmsg_flags |= NLM_F_ACK;
	complete(batch, nftnl_batch_end(end, serial));
	return true;
}

struct nft_batch *nft_batch_new(void)
{
	struct nft_batch *batch = calloc(1, sizeof(*batch));
	char *at = batch ? at_end(batch, "the whole") : NULL;

	if (!at) {
		nft_batch_free(batch);
		return NULL;
	}
	batch->seq = serial;
	complete(batch, nftnl_batch_begin(at, serial));
	return batch;
}

void nft_batch_free(struct nft_batch *batch)
{
	if (!batch)
		return;
	free(batch->what);
	free(batch->buf);
	free(batch);
}
