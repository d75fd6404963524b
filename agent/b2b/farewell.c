// SPDX-License-Identifier: GPL-2.0
/*
 * A BYE of ours to a trunk that may ask who we are: it outlives its call, until it is
 * answered.  Nobody else hears of the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "private.h"

/**
 * struct farewell - a BYE under way
 * @entry: among all
 * @config: that @lines is of; a reference
 * @lines: the trunk
 * @account: whom we are there
 * @tries: challenges that were answered
 * @dialog: ours, which ends with it
 * @headers: further lines of it
 */
struct farewell {
	LIST_ENTRY(farewell) entry;
	struct config *config;
	const struct config_trunk *lines;
	struct account account;
	unsigned int tries;
	struct sip_dialog *dialog;
	char *headers;
};

static void finish(struct farewell *f)
{
	LIST_REMOVE(f, entry);
	sip_dialog_close(f->dialog);
	b2b_account_forget(&f->account);
	config_put(f->config);
	free(f->headers);
	free(f);
}

static bool say(struct farewell *f);

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *msg)
{
	struct farewell *f = arg;

	if (msg->status < 200)
		return;
	sip_dialog_forget(tx);
	if (!b2b_account_challenged(&f->account, f->lines, msg, &f->tries) || !say(f))
		finish(f);
}

static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status)
{
	sip_dialog_forget(tx);
	finish(arg);
}

static bool say(struct farewell *f)
{
	struct sip_dialog_request request = {
		.method = "BYE", .response = on_response, .failed = on_failed, .arg = f,
	};
	struct sip_writer w = { 0 };
	struct sip_tx *tx = NULL;

	if (*f->headers)
		sip_write_block(&w, span_of(f->headers));
	b2b_account_write(&f->account, f->lines, &w, SPAN("BYE"),
			  sip_dialog_target(f->dialog), (struct span){ NULL, 0 });
	request.headers = (struct span){ w.p, w.n };
	if (!w.failed)
		tx = sip_dialog_request(f->dialog, &request);
	sip_write_free(&w);
	return tx;
}

bool b2b_farewell(struct b2b *b2b, struct config *config, const struct config_trunk *lines,
		  struct account *account, struct sip_dialog *dialog, struct span headers)
{
	static const struct sip_dialog_ops nobody;
	struct farewell *f = calloc(1, sizeof(*f));

	if (f)
		f->headers = span_dup(headers.n ? headers : SPAN(""));
	if (!f || !f->headers) {
		free(f);
		return false;
	}
	f->config = config_get(config);
	f->lines = lines;
	f->account = *account;
	*account = (struct account){ 0 };
	f->dialog = dialog;
	LIST_INSERT_HEAD(&b2b->farewells, f, entry);
	/* whoever has sent what is not over yet goes with the call: an INVITE, for 32 seconds */
	sip_dialog_forget_all(dialog);
	sip_dialog_set_ops(dialog, &nobody, NULL);
	if (!say(f))
		finish(f);
	return true;
}

void b2b_farewells_end(struct b2b *b2b)
{
	while (!LIST_EMPTY(&b2b->farewells))
		finish(LIST_FIRST(&b2b->farewells));
}
