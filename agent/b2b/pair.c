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

/* nobody waits for what a BYE is answered: it says at once who we are */
static void bye(struct end *end, struct span headers)
{
	const struct config_trunk *lines = b2b_end_lines(end);
	struct sip_dialog *dialog = end->dialog;
	struct sip_writer w = { 0 };

	end->dialog = NULL;
	if (!dialog)
		return;
	if (headers.n)
		sip_write_block(&w, headers);
	if (lines && sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED)
		b2b_account_write(&end->pair->call->account, lines, &w, SPAN("BYE"),
				  sip_dialog_target(dialog), (struct span){ NULL, 0 });
	sip_dialog_bye(dialog, w.failed ? headers : (struct span){ w.p, w.n });
	sip_write_free(&w);
}

void b2b_pair_drop(struct pair *pair, struct span headers)
{
	abandon(pair, headers);
	bye(&pair->end[0], headers);
	bye(&pair->end[1], headers);
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
