// SPDX-License-Identifier: GPL-2.0
/*
 * Dialogs: the table, the objects, what others may know of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "sip/dlg.h"

/* ------------------------------------------------------------------------ table */

static uint64_t hash_of(const struct sip_dialogs *dialogs, const void *realm,
			struct span call_id, struct span local_tag)
{
	struct siphash h;

	siphash_begin(&h, dialogs->key);
	siphash_add(&h, &realm, sizeof(realm));
	siphash_span(&h, call_id);
	siphash_span(&h, local_tag);
	return siphash_end(&h);
}

struct sip_dialogs *sip_dialogs_new(struct sip_tx_stack *stack)
{
	struct sip_dialogs *dialogs = calloc(1, sizeof(*dialogs));

	if (!dialogs)
		return NULL;
	dialogs->stack = stack;
	random_bytes(dialogs->key, sizeof(dialogs->key));
	dialogs->mask = 1023;
	dialogs->bucket = calloc(dialogs->mask + 1, sizeof(struct sip_dialog *));
	if (!dialogs->bucket) {
		free(dialogs);
		return NULL;
	}
	return dialogs;
}

void sip_dialogs_free(struct sip_dialogs *dialogs)
{
	struct sip_dialog *dialog;
	struct sip_dlg_out *out;

	if (!dialogs)
		return;
	while ((out = LIST_FIRST(&dialogs->outs)) != NULL) {
		sip_tx_forget(out->tx);
		LIST_REMOVE(out, all);
		free(out->fork);
		free(out);
	}
	while ((dialog = LIST_FIRST(&dialogs->all)) != NULL)
		sip_dlg_free(dialog);
	free(dialogs->bucket);
	free(dialogs);
}

const struct sip_dialogs_counters *
sip_dialogs_counters(const struct sip_dialogs *dialogs)
{
	return &dialogs->counters;
}

static void put(struct sip_dialog *dialog)
{
	struct sip_dialogs *dialogs = dialog->dialogs;
	struct sip_dialog **chain = &dialogs->bucket[dialog->hash & dialogs->mask];

	dialog->next = *chain;
	*chain = dialog;
}

static void widen(struct sip_dialogs *dialogs)
{
	size_t n = (dialogs->mask + 1) * 2;
	struct sip_dialog **bucket = calloc(n, sizeof(struct sip_dialog *));
	struct sip_dialog *dialog;

	if (!bucket)
		return;
	free(dialogs->bucket);
	dialogs->bucket = bucket;
	dialogs->mask = n - 1;
	LIST_FOREACH(dialog, &dialogs->all, all)
		put(dialog);
}

void sip_dlg_link(struct sip_dialog *dialog)
{
	struct sip_dialogs *dialogs = dialog->dialogs;

	dialog->hash = hash_of(dialogs, dialog->realm, span_of(dialog->call_id),
			       span_of(dialog->local_tag));
	if (dialogs->counters.live > dialogs->mask)
		widen(dialogs);
	LIST_INSERT_HEAD(&dialogs->all, dialog, all);
	dialogs->counters.live++;
	dialogs->counters.made++;
	put(dialog);
}

static void unlink_it(struct sip_dialog *dialog)
{
	struct sip_dialogs *dialogs = dialog->dialogs;
	struct sip_dialog **at = &dialogs->bucket[dialog->hash & dialogs->mask];

	for (; *at; at = &(*at)->next) {
		if (*at != dialog)
			continue;
		*at = dialog->next;
		LIST_REMOVE(dialog, all);
		dialogs->counters.live--;
		return;
	}
}

struct sip_dialog *sip_dlg_lookup(struct sip_dialogs *dialogs, const void *realm,
				  struct span call_id, struct span local_tag,
				  struct span remote_tag)
{
	uint64_t hash = hash_of(dialogs, realm, call_id, local_tag);
	struct sip_dialog *dialog;

	dialog = dialogs->bucket[hash & dialogs->mask];
	for (; dialog; dialog = dialog->next) {
		if (dialog->hash == hash && dialog->realm == realm &&
		    span_eq(span_of(dialog->call_id), call_id) &&
		    span_eq(span_of(dialog->local_tag), local_tag) &&
		    dialog->remote_tag &&
		    span_eq(span_of(dialog->remote_tag), remote_tag))
			return dialog;
	}
	return NULL;
}

struct sip_dialog *sip_dlg_lookup_subscription(struct sip_dialogs *dialogs,
					       const void *realm, struct span call_id,
					       struct span local_tag)
{
	uint64_t hash = hash_of(dialogs, realm, call_id, local_tag);
	struct sip_dialog *dialog;

	dialog = dialogs->bucket[hash & dialogs->mask];
	for (; dialog; dialog = dialog->next) {
		if (dialog->hash == hash && dialog->realm == realm &&
		    dialog->subscribes && !dialog->closed &&
		    span_eq(span_of(dialog->call_id), call_id) &&
		    span_eq(span_of(dialog->local_tag), local_tag))
			return dialog;
	}
	return NULL;
}

struct sip_dialog *sip_dialog_find(struct sip_dialogs *dialogs, const void *realm,
				   struct span call_id, struct span local_tag,
				   struct span remote_tag)
{
	struct sip_dialog *dialog;

	dialog = sip_dlg_lookup(dialogs, realm, call_id, local_tag, remote_tag);
	return dialog && !dialog->closed ? dialog : NULL;
}

/* ------------------------------------------------------------------ small helpers */

bool sip_dlg_set(char **text, struct span value)
{
	char *copy = span_dup(value);

	if (!copy)
		return false;
	free(*text);
	*text = copy;
	return true;
}

char *sip_dlg_name(const struct sip_addr *addr)
{
	char *text;

	if (asprintf(&text, SPAN_FMT "%s<" SPAN_FMT ">", SPAN_ARG(addr->display),
		     addr->display.n ? " " : "", SPAN_ARG(addr->uri.text)) < 0)
		return NULL;
	return text;
}

void sip_dlg_set_flow(struct sip_dialog *dialog, struct sip_flow *flow)
{
	const struct sip_flow_ops *ops = dialog->dialogs->stack->ops;
	struct sip_flow *old = dialog->flow;

	if (flow) {
		ops->ref(flow);
		ops->hold(flow);
	}
	dialog->flow = flow;
	if (old) {
		ops->let(old);
		ops->unref(old);
	}
}

/* Text that would break out of its line. */
static bool breaks(struct span s)
{
	return span_chr(s, '\r') || span_chr(s, '\n') || span_chr(s, '\0');
}

/* -------------------------------------------------------------- making and freeing */

struct sip_dialog *sip_dlg_make(struct sip_dialogs *dialogs,
				const struct sip_dialog_conf *conf,
				struct sip_flow *flow)
{
	struct sip_dialog *dialog = calloc(1, sizeof(*dialog));

	if (!dialog)
		return NULL;
	dialog->dialogs = dialogs;
	dialog->realm = sip_tx_realm(flow);
	dialog->policy = conf->policy;
	dialog->policy_arg = conf->policy_arg;
	dialog->ops = conf->ops;
	dialog->arg = conf->arg;
	LIST_INIT(&dialog->ins);
	LIST_INIT(&dialog->outs);
	LIST_INIT(&dialog->acks);
	sip_dlg_set_flow(dialog, flow);
	return dialog;
}

static void free_texts(struct sip_dialog *dialog)
{
	sip_dlg_drop_routes(dialog);
	free(dialog->call_id);
	free(dialog->local_tag);
	free(dialog->remote_tag);
	free(dialog->local);
	free(dialog->remote);
	free(dialog->contact);
	free(dialog->target);
	free(dialog->first_target);
	free(dialog->first_route);
	free(dialog->bye_headers);
}

void sip_dlg_free(struct sip_dialog *dialog)
{
	struct sip_dlg_ack *ack;
	struct sip_dlg_in *in;

	while ((in = LIST_FIRST(&dialog->ins)) != NULL)
		sip_dlg_part(in);
	while ((ack = LIST_FIRST(&dialog->acks)) != NULL)
		sip_dlg_ack_free(ack);
	unlink_it(dialog);
	sip_dlg_set_flow(dialog, NULL);
	free_texts(dialog);
	free(dialog);
}

void sip_dlg_let(struct sip_dialog *dialog)
{
	if (dialog->closed && !dialog->refs && !dialog->busy)
		sip_dlg_free(dialog);
}

/* A name-addr of the user's, read and put into our form. */
static bool set_name(char **text, struct span value)
{
	struct sip_addr addr;

	if (breaks(value) || sip_addr_read(value, &addr) || addr.star)
		return false;
	*text = sip_dlg_name(&addr);
	return *text != NULL;
}

static bool set_random(char **text, struct span value)
{
	char tag[SIP_TAG_LEN + 1];

	if (breaks(value))
		return false;
	if (!value.n)
		sip_random_tag(tag);
	return sip_dlg_set(text, value.n ? value : span_of(tag));
}

static bool set_uri(char **text, struct span value)
{
	struct sip_uri uri;

	return !sip_uri_parse(value, &uri) && sip_uri_is_sip(&uri) && !breaks(value) &&
	       sip_dlg_set(text, value);
}

/* Far from 2^31, and nobody learns how many we have sent. */
static uint32_t random_cseq(void)
{
	uint16_t cseq;

	random_bytes(&cseq, sizeof(cseq));
	return 1u + cseq;
}

static bool fill_uac(struct sip_dialog *dialog, const struct sip_dialog_conf *conf)
{
	dialog->uac = true;
	dialog->local_cseq = (conf->cseq ? conf->cseq : random_cseq()) - 1;
	if (conf->route.n &&
	    (breaks(conf->route) || !sip_dlg_set(&dialog->first_route, conf->route)))
		return false;
	return set_name(&dialog->local, conf->local) &&
	       set_name(&dialog->remote, conf->remote) &&
	       set_uri(&dialog->first_target, conf->target) &&
	       set_uri(&dialog->target, conf->target) &&
	       set_uri(&dialog->contact, conf->contact) &&
	       set_random(&dialog->call_id, conf->call_id) &&
	       set_random(&dialog->local_tag, conf->tag);
}

struct sip_dialog *sip_dialog_uac_new(struct sip_dialogs *dialogs,
				      const struct sip_dialog_conf *conf)
{
	struct sip_dialog *dialog;

	if (!conf->flow)
		return NULL;
	dialog = sip_dlg_make(dialogs, conf, conf->flow);
	if (!dialog)
		return NULL;
	if (!fill_uac(dialog, conf)) {
		sip_dlg_free(dialog);
		return NULL;
	}
	sip_dlg_link(dialog);
	return dialog;
}

static bool copy_all(struct sip_dialog *dialog, const struct sip_dialog *from)
{
	const struct span none = { NULL, 0 };

	return sip_dlg_set(&dialog->call_id, span_of(from->call_id)) &&
	       sip_dlg_set(&dialog->remote_tag, span_of(from->remote_tag)) &&
	       sip_dlg_set(&dialog->local, span_of(from->local)) &&
	       sip_dlg_set(&dialog->remote, span_of(from->remote)) &&
	       sip_dlg_set(&dialog->contact, span_of(from->contact)) &&
	       sip_dlg_set(&dialog->target, span_of(from->target)) &&
	       sip_dlg_copy_routes(dialog, from) &&
	       set_random(&dialog->local_tag, none);
}

struct sip_dialog *sip_dialog_copy(const struct sip_dialog *from, void *arg)
{
	const struct sip_dialog_conf conf = {
		.policy = from->policy, .policy_arg = from->policy_arg,
		.ops = from->ops, .arg = arg,
	};
	struct sip_dialog *dialog;

	if (from->state != SIP_DIALOG_CONFIRMED)
		return NULL;
	dialog = sip_dlg_make(from->dialogs, &conf, from->flow);
	if (!dialog)
		return NULL;
	if (!copy_all(dialog, from)) {
		sip_dlg_free(dialog);
		return NULL;
	}
	dialog->state = SIP_DIALOG_CONFIRMED;
	dialog->remote_cseq = from->remote_cseq;
	dialog->heard = from->heard;
	sip_dlg_link(dialog);
	return dialog;
}

int sip_dialog_move(struct sip_dialog *dialog, struct sip_flow *flow,
		    struct span contact, struct span target)
{
	struct sip_uri uri;

	if (!dialog->uac || dialog->state != SIP_DIALOG_NEW || dialog->invite)
		return -EINVAL;
	if ((contact.n && sip_uri_parse(contact, &uri)) ||
	    (target.n && sip_uri_parse(target, &uri)) || breaks(contact) ||
	    breaks(target) || sip_tx_realm(flow) != dialog->realm)
		return -EINVAL;
	if (contact.n && !sip_dlg_set(&dialog->contact, contact))
		return -ENOMEM;
	if (target.n && (!sip_dlg_set(&dialog->first_target, target) ||
			 !sip_dlg_set(&dialog->target, target)))
		return -ENOMEM;
	sip_dlg_set_flow(dialog, flow);
	return 0;
}

/* ------------------------------------------------------------------------ views */

void sip_dialog_set_arg(struct sip_dialog *dialog, void *arg)
{
	dialog->arg = arg;
}

void *sip_dialog_arg(const struct sip_dialog *dialog)
{
	return dialog->arg;
}

void sip_dialog_set_ops(struct sip_dialog *dialog, const struct sip_dialog_ops *ops,
			void *arg)
{
	dialog->ops = ops;
	dialog->arg = arg;
}

const struct sip_dialog_ops *sip_dialog_user(const struct sip_dialog *dialog)
{
	return dialog->ops;
}

enum sip_dialog_state sip_dialog_state(const struct sip_dialog *dialog)
{
	return dialog->state;
}

struct span sip_dialog_call_id(const struct sip_dialog *dialog)
{
	return span_of(dialog->call_id);
}

struct span sip_dialog_local_tag(const struct sip_dialog *dialog)
{
	return span_of(dialog->local_tag);
}

struct span sip_dialog_remote_tag(const struct sip_dialog *dialog)
{
	return span_of(dialog->remote_tag);
}

struct span sip_dialog_target(const struct sip_dialog *dialog)
{
	return span_of(dialog->target);
}

struct span sip_dialog_local(const struct sip_dialog *dialog)
{
	return span_of(dialog->local);
}

struct span sip_dialog_remote(const struct sip_dialog *dialog)
{
	return span_of(dialog->remote);
}

uint32_t sip_dialog_cseq(const struct sip_dialog *dialog)
{
	return dialog->sent ? dialog->local_cseq : 0;
}

struct sip_flow *sip_dialog_flow(const struct sip_dialog *dialog)
{
	return dialog->flow;
}
