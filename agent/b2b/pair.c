// SPDX-License-Identifier: GPL-2.0
/* Two dialogs that belong together, and the negotiation between them. */
#include <stdlib.h>

#include "private.h"

struct pair *b2b_pair_new(struct call *call, struct branch *branch)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	unsigned int i;

	if (!pair)
		return NULL;
	pair->call = call;
	pair->branch = branch;
	LIST_INIT(&pair->relays);
	for (i = 0; i < 2; i++) {
		pair->end[i].pair = pair;
		pair->end[i].i = i;
	}
	LIST_INSERT_HEAD(&call->pairs, pair, entry);
	return pair;
}

static void abandon(struct pair *pair, struct span headers)
{
	struct relay *relay, *next;

	for (relay = LIST_FIRST(&pair->relays); relay; relay = next) {
		next = LIST_NEXT(relay, entry);
		b2b_relay_abandon(relay, headers);
	}
}

/*
 * Whoever has forked the INVITE cancels the others by itself; a 2xx that is on its way
 * is acknowledged and ended by the dialog.
 */
void b2b_pair_lose(struct pair *pair)
{
	unsigned int i;

	abandon(pair, (struct span){ NULL, 0 });
	for (i = 0; i < 2; i++) {
		sip_dialog_close(pair->end[i].dialog);
		pair->end[i].dialog = NULL;
	}
}

/* is our 2xx to an INVITE of its without an ACK? Until then there may be no BYE */
static bool is_unacked(const struct end *end)
{
	const struct relay *relay;

	LIST_FOREACH(relay, &end->pair->relays, entry)
		if (relay->from == end->i && relay->method == SIP_INVITE && !relay->done)
			return true;
	return !end->i && !end->pair->acked;
}

/* a trunk may ask who says it */
static void bye(struct end *end, struct span headers, bool unacked)
{
	const struct trunk *trunk = end->i ? end->pair->call->trunk : end->pair->call->calling;
	const struct config_trunk *lines = b2b_end_lines(end);
	struct call *call = end->pair->call;
	struct sip_dialog *dialog = end->dialog;

	end->dialog = NULL;
	if (!dialog)
		return;
	if (!lines || sip_dialog_state(dialog) != SIP_DIALOG_CONFIRMED || unacked ||
	    !b2b_farewell(call->b2b, b2b_trunk_config(trunk), lines,
			  &call->account[end->i], dialog, headers))
		sip_dialog_bye(dialog, headers);
}

void b2b_pair_drop(struct pair *pair, struct span headers)
{
	bool unacked[2] = { is_unacked(&pair->end[0]), is_unacked(&pair->end[1]) };

	abandon(pair, headers);
	bye(&pair->end[0], headers, unacked[0]);
	bye(&pair->end[1], headers, unacked[1]);
}

/* nobody stands on it, and its dialogs are closed: nobody calls back for it */
void b2b_pair_free(struct pair *pair)
{
	struct relay *relay;

	while ((relay = LIST_FIRST(&pair->relays)))
		b2b_relay_free(relay);
	LIST_REMOVE(pair, entry);
	free(pair);
}
