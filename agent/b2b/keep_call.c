// SPDX-License-Identifier: GPL-2.0
/*
 * Calls outlive the agent: what is known of one that was answered is put into the store
 * as it changes, at the end of the turn. A call that is not answered yet is not kept, but
 * ended by the next agent (keep_early.c).
 *
 * A call of a former agent has its dialogs again, and a session without bridges, of the
 * same id: the bridges in the module, which have that id as their cookie, carry its media
 * on until a description that comes makes new ones.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/pack.h"
#include "store/store.h"
#include "keep.h"
#include "private.h"

static const struct store_class call_class = { 'c', 1 };

/* 16 digits: a key that people can read */
static struct span key_of(uint64_t id, char buf[24])
{
	int n = snprintf(buf, 24, "%016" PRIx64, id);

	return (struct span){ buf, (size_t)n };
}

/* ------------------------------------------------------------------ what is written */

static void pack_time(struct pack *p, const struct timespec *t)
{
	pack_u64(p, (uint64_t)t->tv_sec);
	pack_u32(p, (uint32_t)t->tv_nsec);
}

static uint32_t pack_end(struct pack *p, const struct end *end)
{
	const struct call *call = end->pair->call;
	struct session_origin o;

	session_origin(end->pair->media, b2b_end_party(end), &o);
	pack_text(p, span_of(call->uri[end->i]));
	pack_text(p, span_of(call->call_id[end->i]));
	pack_addr(p, &call->from[end->i]);
	pack_u32(p, end->allow);
	pack_u64(p, o.id);
	pack_u64(p, o.version);
	b2b_keep_dialog(p, call->realm[end->i], end->dialog);
	return o.had;
}

static void put(struct call *call)
{
	struct pair *pair = call->chosen;
	struct pack p = { 0 };
	uint32_t had[2];
	char key[24];

	if (call->state != B2B_UP || !pair->end[0].dialog || !pair->end[1].dialog)
		return;
	pack_u64(&p, call->id);
	pack_u32(&p, pair->acked);
	pack_text(&p, span_of(call->request));
	pack_text(&p, span_of(call->trunk ? b2b_trunk_conf(call->trunk)->name : NULL));
	pack_time(&p, &call->created);
	pack_time(&p, &call->answered);
	pack_due(&p, timer_is_set(&call->expiry) ? call->expiry.due : 0,
		 call->b2b->timers->now);
	had[0] = pack_end(&p, &pair->end[0]);
	had[1] = pack_end(&p, &pair->end[1]);
	pack_u32(&p, had[0]);
	pack_u32(&p, had[1]);
	if (!p.failed) {
		store_put(call->b2b->store, &call_class, key_of(call->id, key),
			  pack_span(&p));
		call->kept = true;
	}
	pack_free(&p);
}

static void on_keep(void *arg)
{
	put(arg);
}

void b2b_keep_call(struct call *call)
{
	if (!call->b2b->store || call->state != B2B_UP)
		return;
	b2b_keep_early_over(call);
	call->keep.fn = on_keep;
	call->keep.arg = call;
	loop_defer(call->b2b->loop, &call->keep);
}

void b2b_keep_call_over(struct call *call)
{
	char key[24];

	loop_defer_cancel(&call->keep);
	b2b_keep_early_over(call);
	if (call->kept)
		store_del(call->b2b->store, &call_class, key_of(call->id, key));
	call->kept = false;
}

/* --------------------------------------------------------------------- what is read */

static void unpack_time(struct unpack *u, struct timespec *t)
{
	t->tv_sec = (time_t)unpack_u64(u);
	t->tv_nsec = unpack_u32(u);
}

static bool unpack_end_of(struct b2b *b2b, struct unpack *u, struct b2b_kept_end *end)
{
	end->uri = unpack_text(u);
	end->call_id = unpack_text(u);
	unpack_addr(u, &end->from);
	end->allow = unpack_u32(u);
	end->origin.id = unpack_u64(u);
	end->origin.version = unpack_u64(u);
	return b2b_keep_dialog_read(b2b, u, &end->dialog);
}

static const struct config_trunk *trunk_by_name(const struct config *config,
						struct span name)
{
	size_t i;

	for (i = 0; name.p && i < config->n_trunks; i++)
		if (span_is(name, config->trunks[i].name))
			return &config->trunks[i];
	return NULL;
}

/* what an agent of before this was known has not written */
static void unpack_had(struct unpack *u, struct b2b_kept *kept)
{
	unsigned int i;

	for (i = 0; i < 2 && u->rest.n; i++)
		kept->end[i].origin.had = unpack_u32(u);
}

/* true: it goes on */
static bool load(struct b2b *b2b, struct unpack *u, struct b2b_kept *kept)
{
	struct call *call;

	kept->id = unpack_u64(u);
	kept->acked = unpack_u32(u);
	kept->request = unpack_text(u);
	kept->trunk = trunk_by_name(b2b->config, unpack_text(u));
	unpack_time(u, &kept->created);
	unpack_time(u, &kept->answered);
	kept->expiry = unpack_due(u, b2b->timers->now);
	if (!unpack_end_of(b2b, u, &kept->end[0]) ||
	    !unpack_end_of(b2b, u, &kept->end[1]))
		return false;
	unpack_had(u, kept);
	if (!unpack_end(u) || !kept->id)
		return false;
	call = b2b_call_again(b2b, kept);
	if (!call)
		return false;
	call->kept = true;
	if (!kept->acked)
		b2b_call_finish(call, "the agent ended before its answer was acknowledged");
	else if (!call->chosen->end[0].dialog || !call->chosen->end[1].dialog)
		b2b_call_finish(call, "the agent ended, and with it the connection of a party that cannot be connected to");
	return call->state == B2B_UP;
}

struct loading {
	struct b2b *b2b;
	unsigned int up;
	unsigned int over;
};

static void load_call(struct span key, struct span value, void *arg)
{
	struct unpack u = { .rest = value };
	struct b2b_kept kept = { 0 };
	struct loading *l = arg;

	if (load(l->b2b, &u, &kept)) {
		l->up++;
	} else {
		l->over++;
		store_del(l->b2b->store, &call_class, key);
	}
	sip_flow_unref(kept.end[0].dialog.flow);
	sip_flow_unref(kept.end[1].dialog.flow);
}

void b2b_keep_load_calls(struct b2b *b2b)
{
	struct loading l = { .b2b = b2b };

	store_each(b2b->store, &call_class, load_call, &l);
	if (l.up + l.over)
		log_info("calls of the former agent: %u go on, %u are ended", l.up,
			 l.over);
	b2b_keep_end_early(b2b);
}
