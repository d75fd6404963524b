// SPDX-License-Identifier: GPL-2.0
/*
 * Media, or digits alone, that are not to be relayed for a while: of all parties of a call,
 * or of those of a tag.  There is no codec that could say silence instead, so that is the
 * same, and the reply says so; digits are those of telephone events, none that are heard.
 */
#include <linux/rtplane.h>

#include "private.h"

/* parties of an address, label, of a tag, or all if none is said; one may be there twice */
static size_t named(const struct ng_call *call, const struct ng_words *w,
		    const struct dp_addr *at,
		    struct session_party *party[2 * SESSION_BRANCHES_MAX])
{
	const struct ng_branch *branch;
	unsigned int s;
	size_t n = 0;

	LIST_FOREACH(branch, &call->branches, entry)
		for (s = 0; s < 2; s++)
			if (at ? session_party_is_at(branch->media, branch->party[s], at) :
			    w->label.p ? ng_is(branch->label[s], w->label) :
			    !w->tag[0].p || ng_is(branch->tag[s], w->tag[0]))
				party[n++] = branch->party[s];
	return n;
}

static const char *block_in(struct ng_request *r, const struct ng_call *call,
			    enum rtplane_block what, bool block)
{
	struct session_party *party[2 * SESSION_BRANCHES_MAX];
	struct span text = ng_get_text(r->in, "address");
	char address[DP_ADDR_STRLEN];
	struct dp_addr at;
	struct dp_err err;
	size_t n;

	if (text.p && (!span_str(text, address, sizeof(address)) ||
		       !dp_addr_parse_host(address, &at)))
		return "Failed to match address to any tag";
	n = named(call, &r->words, text.p ? &at : NULL, party);
	if (!n && text.p)
		return "Failed to match address to any tag";
	if (!n && r->words.label.p)
		return "No monologue matching the given label";
	if (!n)
		return "From-tag given, but no such tag exists";
	if (!session_block(party, n, what, block, &err))
		return NULL;
	snprintf(r->error, sizeof(r->error), "%.200s", err.text);
	return r->error;
}

static const char *set_block(struct ng_request *r, enum rtplane_block what,
			     bool block)
{
	const struct ng_call *call;

	if (!r->words.call_id.p)
		return "No call-id in message";
	call = ng_call_find(r->ng, r->words.call_id);
	if (!call)
		return "Unknown call-ID";
	return block_in(r, call, what, block);
}

const char *ng_block(struct ng_request *r)
{
	return set_block(r, RTPLANE_BLOCK_MEDIA, true);
}

const char *ng_silence(struct ng_request *r)
{
	ng_add_string(&r->reply, r->out, "warning",
		      "media is blocked: there is no codec here that could say silence");
	return set_block(r, RTPLANE_BLOCK_MEDIA, true);
}

const char *ng_unblock(struct ng_request *r)
{
	return set_block(r, RTPLANE_BLOCK_MEDIA, false);
}

const char *ng_block_digits(struct ng_request *r)
{
	return set_block(r, RTPLANE_BLOCK_DIGITS, true);
}

const char *ng_unblock_digits(struct ng_request *r)
{
	return set_block(r, RTPLANE_BLOCK_DIGITS, false);
}
