// SPDX-License-Identifier: GPL-2.0
/*
 * What is deleted: a call, or those of its branches that the tags or the via-branch
 * name; after a while, since a late answer makes it live on.
 */
#include "private.h"

static bool has_tag(const struct ng_branch *branch, struct span tag)
{
	return ng_is(branch->tag[0], tag) || ng_is(branch->tag[1], tag);
}

/* by the via-branch, if there is one of that; by the to-tag, if it is said to; else
 * by the from-tag
 */
static bool is_named(const struct ng_branch *branch, const struct ng_words *w,
		     bool by_via)
{
	if (by_via)
		return ng_is(branch->via, w->via);
	return has_tag(branch, w->tag[w->to_tag && w->tag[1].p]);
}

static bool has_via(const struct ng_call *call, const struct ng_words *w)
{
	const struct ng_branch *branch;

	LIST_FOREACH(branch, &call->branches, entry)
		if (ng_is(branch->via, w->via))
			return true;
	return false;
}

static bool is_waiting(const struct ng_branch *branch)
{
	return timer_is_set(&branch->gone);
}

/* both tags are those of the branch that is heard: it is the end of the call */
static bool ends_dialog(const struct ng_call *call, const struct ng_words *w)
{
	struct ng_branch *branch;
	unsigned int side;

	if (!w->tag[1].p || w->via.p)
		return false;
	branch = ng_branch_of(call, w->tag[0], w->tag[1], &side);
	return branch && session_heard(call->session) == branch->media;
}

static void delete_call(struct ng_call *call, uint64_t ms)
{
	if (!call->deleted)
		clock_gettime(CLOCK_REALTIME, &call->ended);
	call->ng->counters.deleted += !call->deleted;
	call->deleted = true;
	if (ms)
		timer_set(call->ng->timers, &call->gone, ms);
	else
		ng_call_free(call, "deleted");
}

static const char *nobody(struct ng_request *r)
{
	static const char text[] = "Call-ID not found or tags didn't match";

	if (r->words.fatal)
		return text;
	ng_add_string(&r->reply, r->out, "warning", text);
	return NULL;
}

static unsigned int delete_branches(struct ng_call *call,
				    const struct ng_words *w, uint64_t ms,
				    unsigned int *left)
{
	struct ng_branch *branch, *next;
	bool by_via = has_via(call, w);
	unsigned int found = 0;

	for (branch = LIST_FIRST(&call->branches); branch; branch = next) {
		next = LIST_NEXT(branch, entry);
		if (!is_named(branch, w, by_via)) {
			*left += !is_waiting(branch);
			continue;
		}
		found++;
		if (ms)
			timer_set(call->ng->timers, &branch->gone, ms);
		else if (!ng_is_last(branch))
			ng_branch_free(branch);
	}
	return found;
}

const char *ng_delete(struct ng_request *r)
{
	const struct ng_words *w = &r->words;
	unsigned int left = 0;
	struct ng_call *call;
	uint64_t ms;

	if (!w->call_id.p)
		return "No call-id in message";
	call = ng_call_find(r->ng, w->call_id);
	if (!call)
		return nobody(r);
	if (!w->fast)
		ng_tell_call(r, call);
	ms = w->delay >= 0 ? (uint64_t)w->delay : r->ng->config->ng_delete_delay;
	ms *= 1000;
	if ((!w->tag[0].p && !w->via.p) || ends_dialog(call, w)) {
		delete_call(call, ms);
		return NULL;
	}
	if (!delete_branches(call, w, ms, &left)) {
		ng_tree_clear(&r->reply);
		r->out = ng_tree_begin(&r->reply);
		return nobody(r);
	}
	if (!left)
		delete_call(call, ms);
	return NULL;
}
