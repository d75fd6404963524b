// SPDX-License-Identifier: GPL-2.0
/*
 * Reliable provisional responses (RFC 3262): what a dialog must remember of them.
 */
#include "sip/dlg.h"

#define RSEQ_MAX	0x7fffffffu	/* of the first one; later ones may be above */

enum sip_rseq sip_dialog_rseq_in(struct sip_dialog *dialog, uint32_t rseq)
{
	if (dialog->rseq_in && rseq <= dialog->rseq_in)
		return SIP_RSEQ_AGAIN;
	if (dialog->rseq_in && rseq != dialog->rseq_in + 1)
		return SIP_RSEQ_GAP;
	if (!rseq)
		return SIP_RSEQ_GAP;
	dialog->rseq_in = rseq;
	return SIP_RSEQ_NEXT;
}

uint32_t sip_dialog_rseq_out(struct sip_dialog *dialog)
{
	if (dialog->rseq_waits)
		return 0;
	if (!dialog->rseq_out) {
		sip_random_bytes(&dialog->rseq_out, sizeof(dialog->rseq_out));
		dialog->rseq_out = dialog->rseq_out % (RSEQ_MAX / 2) + 1;
	} else {
		dialog->rseq_out++;
	}
	dialog->rseq_waits = true;
	return dialog->rseq_out;
}

bool sip_dialog_rack(struct sip_dialog *dialog, uint32_t rseq, uint32_t cseq)
{
	const struct sip_dlg_in *in;

	if (!dialog->rseq_waits || rseq != dialog->rseq_out)
		return false;
	LIST_FOREACH(in, &dialog->ins, all) {
		if (in->tx->kind == SIP_TX_INVITE_SERVER &&
		    in->tx->request->cseq.number == cseq) {
			dialog->rseq_waits = false;
			return true;
		}
	}
	return false;
}
