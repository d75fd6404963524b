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

void b2b_pair_drop(struct pair *pair, struct span headers)
{
	unsigned int i;

	abandon(pair, headers);
	for (i = 0; i < 2; i++) {
		struct sip_dialog *dialog = pair->end[i].dialog;

		pair->end[i].dialog = NULL;
		if (dialog)
			sip_dialog_bye(dialog, headers);
	}
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
