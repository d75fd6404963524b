// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are not answered when the agent ends without a word: the next one has neither
 * their transactions nor their media, and ends them.  What that takes is in the store from
 * the INVITE's sending on: what the caller's INVITE is answered by, and the callee's CANCEL.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/pack.h"
#include "store/store.h"
#include "keep.h"
#include "private.h"

static const struct store_class early_class = { 'e', 1 };

static struct span key_of(uint64_t id, char buf[24])
{
	int n = snprintf(buf, 24, "%016" PRIx64, id);

	return (struct span){ buf, (size_t)n };
}

/* as much of the caller's INVITE as an answer is made of */
static void pack_invite(struct pack *p, struct sip_msg *invite)
{
	struct sip_writer w = { 0 };

	sip_write_request(&w, SPAN("INVITE"), invite->uri.text);
	sip_write_copy(&w, invite, SIP_HDR_VIA);
	sip_write_copy(&w, invite, SIP_HDR_FROM);
	sip_write_copy(&w, invite, SIP_HDR_TO);
	sip_write_copy(&w, invite, SIP_HDR_CALL_ID);
	sip_write_copy(&w, invite, SIP_HDR_CSEQ);
	sip_write_header(&w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_end(&w);
	p->failed |= w.failed;
	pack_text(p, (struct span){ w.p, w.n });
	sip_write_free(&w);
}

void b2b_keep_early(struct call *call, const struct sip_tx *invite)
{
	struct pack p = { 0 };
	char key[24];
	size_t len;
	char *text;

	if (!call->b2b->store || !call->invite)
		return;
	text = sip_tx_cancel_text(invite, &len);
	if (!text)
		return;
	b2b_keep_flow(&p, call->realm[0], sip_tx_flow(call->invite));
	pack_invite(&p, sip_tx_request(call->invite));
	b2b_keep_flow(&p, call->realm[1], sip_tx_flow(invite));
	pack_text(&p, (struct span){ text, len });
	free(text);
	if (!p.failed) {
		store_put(call->b2b->store, &early_class, key_of(call->id, key),
			  pack_span(&p));
		call->kept_early = true;
	}
	pack_free(&p);
}

void b2b_keep_early_over(struct call *call)
{
	char key[24];

	if (call->kept_early)
		store_del(call->b2b->store, &early_class, key_of(call->id, key));
	call->kept_early = false;
}

/* ------------------------------------------------------------------ of a former agent */

static void end_caller(struct b2b *b2b, struct sip_flow *flow, struct span invite)
{
	struct sip_msg *msg = flow ? sip_msg_parse(invite.p, invite.n, false, NULL) : NULL;
	const struct sip_reply r = { .status = 500 };

	if (msg && !msg->fault.status && msg->request)
		sip_tx_stateless(b2b->stack, flow, msg, &r);
	sip_msg_drop(msg);
}

struct ending {
	struct b2b *b2b;
	unsigned int n;
};

static void end_early(struct span key, struct span value, void *arg)
{
	struct unpack u = { .rest = value };
	struct ending *e = arg;
	struct sip_flow *flow[2];
	struct span text[2];
	size_t i;

	for (i = 0; i < 2; i++) {
		flow[i] = b2b_keep_flow_read(e->b2b, &u);
		text[i] = unpack_text(&u);
	}
	if (unpack_end(&u)) {
		end_caller(e->b2b, flow[0], text[0]);
		if (flow[1])
			sip_tx_cancel_former(e->b2b->stack, flow[1], text[1]);
		e->n++;
	}
	sip_flow_unref(flow[0]);
	sip_flow_unref(flow[1]);
	store_del(e->b2b->store, &early_class, key);
}

void b2b_keep_end_early(struct b2b *b2b)
{
	struct ending e = { .b2b = b2b };

	store_each(b2b->store, &early_class, end_early, &e);
	if (e.n)
		log_info("calls of the former agent that were not answered: %u are ended", e.n);
}
