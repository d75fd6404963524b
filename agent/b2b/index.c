// SPDX-License-Identifier: GPL-2.0
/* Calls by id, by the Vias of INVITEs that we sent, and what each source has. */
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define BUCKETS		4096
#define RETRIES_MAX	1024
#define RETRY_MS	32000

/**
 * struct index_via - an INVITE that we have sent
 * @entry: in its bucket
 * @call: whose
 * @branch: of our Via
 */
struct index_via {
	LIST_ENTRY(index_via) entry;
	struct call *call;
	char branch[64];
};

LIST_HEAD(via_list, index_via);
LIST_HEAD(source_list, index_source);
LIST_HEAD(retry_list, index_retry);
LIST_HEAD(bucket_list, call);

/**
 * struct index - all of it
 * @call: by id
 * @via: by branch
 * @source: by address
 * @retry: newest first
 * @n_retries: how many
 * @seed: so that strangers cannot aim at a bucket
 */
struct index {
	struct bucket_list call[BUCKETS];
	struct via_list via[BUCKETS];
	struct source_list source[BUCKETS];
	struct retry_list retry;
	unsigned int n_retries;
	uint64_t seed;
};

/* FNV-1a, begun with what nobody knows */
static unsigned int hash(const struct index *index, const void *data, size_t n)
{
	uint64_t h = index->seed;
	const uint8_t *p = data;

	while (n--)
		h = (h ^ *p++) * UINT64_C(0x100000001b3);
	return (unsigned int)((h ^ (h >> 29)) % BUCKETS);
}

struct index *b2b_index_new(void)
{
	struct index *index = calloc(1, sizeof(*index));
	char tag[SIP_TAG_LEN + 1];

	if (!index)
		return NULL;
	sip_random_tag(tag);
	memcpy(&index->seed, tag, sizeof(index->seed));
	index->seed *= UINT64_C(0x9e3779b97f4a7c15);
	return index;
}

static void retry_free(struct index *index, struct index_retry *retry)
{
	LIST_REMOVE(retry, entry);
	index->n_retries--;
	free(retry->key);
	free(retry);
}

void b2b_index_free(struct index *index)
{
	struct index_source *source;
	size_t i;

	if (!index)
		return;
	while (!LIST_EMPTY(&index->retry))
		retry_free(index, LIST_FIRST(&index->retry));
	for (i = 0; i < BUCKETS; i++) {
		while ((source = LIST_FIRST(&index->source[i]))) {
			LIST_REMOVE(source, entry);
			free(source);
		}
	}
	free(index);
}

void b2b_index_add(struct index *index, struct call *call)
{
	LIST_INSERT_HEAD(&index->call[call->id % BUCKETS], call, bucket);
}

void b2b_index_remove(struct call *call)
{
	LIST_REMOVE(call, bucket);
}

struct call *b2b_index_find(const struct index *index, uint64_t id)
{
	struct call *call;

	LIST_FOREACH(call, &index->call[id % BUCKETS], bucket)
		if (call->id == id)
			return call;
	return NULL;
}

struct index_via *b2b_index_via_add(struct index *index, struct span branch,
				struct call *call)
{
	struct index_via *via;

	if (!branch.n || branch.n >= sizeof(via->branch))
		return NULL;
	via = calloc(1, sizeof(*via));
	if (!via)
		return NULL;
	span_str(branch, via->branch, sizeof(via->branch));
	via->call = call;
	LIST_INSERT_HEAD(&index->via[hash(index, branch.p, branch.n)], via,
			 entry);
	return via;
}

void b2b_index_via_remove(struct index_via *via)
{
	if (!via)
		return;
	LIST_REMOVE(via, entry);
	free(via);
}

struct call *b2b_index_via_find(const struct index *index, struct span branch)
{
	struct index_via *via;

	if (!branch.n)
		return NULL;
	LIST_FOREACH(via, &index->via[hash(index, branch.p, branch.n)], entry)
		if (span_is(branch, via->branch))
			return via->call;
	return NULL;
}

/* who has one address of IPv6 has 2^64 */
static struct dp_addr source_key(const struct dp_addr *addr)
{
	struct dp_addr key = *addr;

	key.port = 0;
	if (key.family == AF_INET6)
		memset(key.v6.s6_addr + 8, 0, 8);
	return key;
}

struct index_source *b2b_index_source(struct index *index, const struct realm *realm,
				  const struct dp_addr *addr)
{
	struct dp_addr key = source_key(addr);
	struct source_list *list;
	struct index_source *source;

	list = &index->source[hash(index, &key.v6,
				   key.family == AF_INET6 ? 8 : 4)];
	LIST_FOREACH(source, list, entry)
		if (source->realm == realm && dp_addr_eq(&source->addr, &key))
			return source;
	source = calloc(1, sizeof(*source));
	if (!source)
		return NULL;
	source->realm = realm;
	source->addr = key;
	LIST_INSERT_HEAD(list, source, entry);
	return source;
}

void b2b_index_source_put(struct index_source *source)
{
	if (source->calls || source->subs || source->quota.used)
		return;
	LIST_REMOVE(source, entry);
	free(source);
}

/* what of an INVITE is the same in its next try (RFC 3261 section 22.2) */
static char *retry_key(const struct realm *realm, const struct sip_msg *invite)
{
	struct sip_writer w = { 0 };

	sip_write_text(&w, span_of(realm->name));
	sip_write_text(&w, SPAN("\t"));
	sip_write_text(&w, invite->call_id);
	sip_write_text(&w, SPAN("\t"));
	sip_write_text(&w, invite->from.tag);
	return b2b_lines(&w);
}

void b2b_index_retry_add(struct index *index, const struct realm *realm,
		     const struct sip_msg *invite, const struct sip_dialog *dialog,
		     uint64_t now)
{
	struct index_retry *retry = calloc(1, sizeof(*retry)), *last;

	if (!retry)
		return;
	retry->key = retry_key(realm, invite);
	if (!retry->key ||
	    !span_str(sip_dialog_call_id(dialog), retry->call_id,
		      sizeof(retry->call_id)) ||
	    !span_str(sip_dialog_local_tag(dialog), retry->tag,
		      sizeof(retry->tag))) {
		free(retry->key);
		free(retry);
		return;
	}
	retry->cseq = sip_dialog_cseq(dialog) + 1;
	retry->until = now + RETRY_MS;
	LIST_INSERT_HEAD(&index->retry, retry, entry);
	if (index->n_retries++ < RETRIES_MAX)
		return;
	for (last = retry; LIST_NEXT(last, entry); )
		last = LIST_NEXT(last, entry);
	retry_free(index, last);
}

bool b2b_index_retry_take(struct index *index, const struct realm *realm,
		      const struct sip_msg *invite, uint64_t now,
		      struct index_retry *found)
{
	struct index_retry *retry, *next;
	char *key = retry_key(realm, invite);
	bool is = false;

	for (retry = LIST_FIRST(&index->retry); key && retry && !is;
	     retry = next) {
		next = LIST_NEXT(retry, entry);
		is = retry->until > now && !strcmp(retry->key, key);
		if (is)
			*found = *retry;
		if (is || retry->until <= now)
			retry_free(index, retry);
	}
	free(key);
	return is;
}
