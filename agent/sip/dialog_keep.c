// SPDX-License-Identifier: GPL-2.0
/* A dialog as bytes, and back: what of it outlives the agent. */
#include <errno.h>
#include <stdlib.h>

#include "sip/dlg.h"
#include "store/pack.h"

/* requests of ours that may have been sent since it was written down */
#define CSEQ_AHEAD	4096
#define CSEQ_MAX	0x7fffffffu
#define ROUTES_MAX	256

bool sip_dialog_save(const struct sip_dialog *dialog, struct pack *p)
{
	size_t i;

	if (dialog->state != SIP_DIALOG_CONFIRMED || !dialog->remote_tag)
		return false;
	pack_text(p, span_of(dialog->call_id));
	pack_text(p, span_of(dialog->local_tag));
	pack_text(p, span_of(dialog->remote_tag));
	pack_text(p, span_of(dialog->local));
	pack_text(p, span_of(dialog->remote));
	pack_text(p, span_of(dialog->contact));
	pack_text(p, span_of(dialog->target));
	pack_u32(p, dialog->local_cseq);
	pack_u32(p, dialog->remote_cseq);
	pack_u32(p, dialog->heard);
	pack_u32(p, dialog->uac);
	pack_u32(p, dialog->subscribes);
	pack_u32(p, (uint32_t)dialog->n_routes);
	for (i = 0; i < dialog->n_routes; i++)
		pack_text(p, span_of(dialog->route[i]));
	return !p->failed;
}

static bool read_text(struct unpack *u, char **text)
{
	struct span value = unpack_text(u);

	return value.n && !span_chr(value, '\0') && sip_dlg_set(text, value);
}

static bool read_routes(struct unpack *u, struct sip_dialog *dialog)
{
	uint32_t i, n = unpack_u32(u);

	if (n > ROUTES_MAX)
		return false;
	dialog->route = n ? calloc(n, sizeof(char *)) : NULL;
	for (i = 0; i < n && dialog->route; i++) {
		if (!read_text(u, &dialog->route[i]))
			return false;
		dialog->n_routes++;
	}
	return dialog->n_routes == n;
}

static bool fill(struct sip_dialog *dialog, struct unpack *u)
{
	if (!read_text(u, &dialog->call_id) || !read_text(u, &dialog->local_tag) ||
	    !read_text(u, &dialog->remote_tag) || !read_text(u, &dialog->local) ||
	    !read_text(u, &dialog->remote) || !read_text(u, &dialog->contact) ||
	    !read_text(u, &dialog->target))
		return false;
	dialog->local_cseq = unpack_u32(u);
	dialog->remote_cseq = unpack_u32(u);
	dialog->heard = unpack_u32(u);
	dialog->uac = unpack_u32(u);
	dialog->subscribes = unpack_u32(u);
	if (dialog->local_cseq > CSEQ_MAX - CSEQ_AHEAD)
		return false;
	dialog->local_cseq += CSEQ_AHEAD;
	dialog->sent = true;
	return read_routes(u, dialog) && unpack_end(u);
}

struct sip_dialog *sip_dialog_load(struct sip_dialogs *dialogs,
				   const struct sip_dialog_conf *conf,
				   struct span saved)
{
	struct unpack u = { .rest = saved };
	struct sip_dialog *dialog;

	if (!conf->flow)
		return NULL;
	dialog = sip_dlg_make(dialogs, conf, conf->flow);
	if (!dialog)
		return NULL;
	if (!fill(dialog, &u) ||
	    sip_dlg_lookup(dialogs, dialog->realm, span_of(dialog->call_id),
			   span_of(dialog->local_tag),
			   span_of(dialog->remote_tag))) {
		sip_dlg_free(dialog);
		return NULL;
	}
	dialog->state = SIP_DIALOG_CONFIRMED;
	sip_dlg_link(dialog);
	return dialog;
}
