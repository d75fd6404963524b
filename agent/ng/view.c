// SPDX-License-Identifier: GPL-2.0
/* What people see of calls, of those that have ended too. */
#include <stdlib.h>

#include "private.h"

/* by what it is known: the branch that is heard, else the youngest */
static const struct ng_branch *shown(const struct ng_call *call)
{
	const struct session_branch *heard = session_heard(call->session);
	const struct ng_branch *branch;

	LIST_FOREACH(branch, &call->branches, entry)
		if (branch->media == heard)
			return branch;
	return LIST_FIRST(&call->branches);
}

/* the configuration's, which outlives a view, since the policy goes with its call */
static const char *realm_name(const struct ng *ng, const char *name)
{
	const struct config_realm *realm = config_realm(ng->config, name);

	return realm ? realm->name : "-";
}

static void view_side(const struct ng_call *call, const struct ng_branch *branch,
		      unsigned int s, struct b2b_side *side)
{
	struct session_party_report party;

	side->name = call->published ? s ? "nobody" : "publisher" : s ? "callee" : "caller";
	side->realm = "-";
	snprintf(side->call_id, sizeof(side->call_id), "%s", call->id);
	if (!branch)
		return;
	if (branch->tag[s])
		snprintf(side->uri, sizeof(side->uri), "%s", branch->tag[s]);
	session_party_report(branch->party[s], &party);
	side->realm = realm_name(call->ng, party.realm);
	side->source = party.source;
}

static void view_call(const struct ng_call *call, struct b2b_view *view)
{
	const struct ng_branch *branch = shown(call);

	*view = (struct b2b_view){
		.id = session_id(call->session),
		.state = call->answered.tv_sec ? B2B_UP : B2B_SETUP,
		.created = call->created,
		.answered = call->answered,
	};
	snprintf(view->request, sizeof(view->request), "%s", call->id);
	if (call->deleted) {
		view->state = B2B_OVER;
		view->ended = call->ended;
		snprintf(view->reason, sizeof(view->reason),
			 "deleted; it goes unless an answer comes late");
	}
	view_side(call, branch, 0, &view->side[0]);
	view_side(call, branch, 1, &view->side[1]);
}

/* --- those that have ended --- */

void ng_over_trim(struct ng *ng, size_t most)
{
	struct ng_over *over;

	while (ng->n_over > most) {
		over = TAILQ_FIRST(&ng->over);
		TAILQ_REMOVE(&ng->over, over, entry);
		ng->n_over--;
		session_report_free(over->report);
		config_put(over->config);
		free(over);
	}
}

/* what cannot be remembered for want of memory is not */
void ng_over(struct ng_call *call, const char *why)
{
	struct ng *ng = call->ng;
	struct ng_over *over;

	over = ng->config->history ? calloc(1, sizeof(*over)) : NULL;
	if (!over)
		return;
	over->config = config_get(ng->config);
	view_call(call, &over->view);
	over->view.state = B2B_OVER;
	if (!call->deleted)
		clock_gettime(CLOCK_REALTIME, &over->view.ended);
	snprintf(over->view.reason, sizeof(over->view.reason), "%s", why);
	memcpy(over->strange, call->strange, sizeof(over->strange));
	over->n_strange = call->n_strange;
	over->report = session_report(call->session);
	TAILQ_INSERT_TAIL(&ng->over, over, entry);
	ng->n_over++;
	ng_over_trim(ng, ng->config->history);
}

/* --- one, by its session's id --- */

static struct ng_call *call_of(const struct ng *ng, uint64_t id)
{
	struct session *session;
	struct ng_call *call;

	session = ng ? sessions_find(ng->conf.sessions, id) : NULL;
	if (!session)
		return NULL;
	/* it may be another front end's, whose arg means something else */
	TAILQ_FOREACH(call, &ng->calls, entry)
		if (call->session == session)
			return call;
	return NULL;
}

static struct ng_over *over_of(const struct ng *ng, uint64_t id)
{
	struct ng_over *over;

	if (!ng)
		return NULL;
	TAILQ_FOREACH(over, &ng->over, entry)
		if (over->view.id == id)
			return over;
	return NULL;
}

void ng_each(const struct ng *ng,
	     void (*fn)(const struct b2b_view *view, void *arg), void *arg)
{
	const struct ng_call *call;
	struct b2b_view view;

	if (!ng)
		return;
	TAILQ_FOREACH(call, &ng->calls, entry) {
		view_call(call, &view);
		fn(&view, arg);
	}
}

bool ng_view(const struct ng *ng, uint64_t id, struct b2b_view *view,
	     struct session_report **report)
{
	struct ng_call *call = call_of(ng, id);
	struct ng_over *over = over_of(ng, id);

	if (call)
		view_call(call, view);
	else if (over)
		*view = over->view;
	else
		return false;
	if (report)
		*report = call ? session_report(call->session) : over->report;
	return true;
}

void ng_report_put(const struct ng *ng, uint64_t id,
		   struct session_report *report)
{
	const struct ng_over *over = over_of(ng, id);

	if (!over || over->report != report)
		session_report_free(report);
}

bool ng_end(struct ng *ng, uint64_t id)
{
	struct ng_call *call = call_of(ng, id);

	if (call)
		ng_call_free(call, "ended by hand");
	return call;
}

void ng_copies(const struct ng *ng, uint64_t id,
	       void (*fn)(const struct ng_copy *copy, void *arg), void *arg)
{
	const struct ng_call *call = call_of(ng, id);

	if (call)
		ng_subs_each(call, fn, arg);
}

void ng_ignored(const struct ng *ng, uint64_t id,
		void (*fn)(const char *word, void *arg), void *arg)
{
	const struct ng_call *call = call_of(ng, id);
	const struct ng_over *over = over_of(ng, id);
	const uint8_t *strange;
	unsigned int i, n;

	if (!call && !over)
		return;
	strange = call ? call->strange : over->strange;
	n = call ? call->n_strange : over->n_strange;
	for (i = 0; i < n; i++)
		fn(ng->strange[strange[i]].name, arg);
}
