// SPDX-License-Identifier: GPL-2.0
/*
 * Where the requests of a dialog go: route set (RFC 3261 12.1, 12.2.1.1), remote
 * target, and the flow to the next hop.
 */
#include <errno.h>
#include <stdlib.h>

#include "sip/dlg.h"

/* ------------------------------------------------------------------ what is learned */

/* A URI as a Request-URI: its headers are for those who click on it. */
static struct span request_uri(const struct sip_uri *uri)
{
	if (!uri->headers.p)
		return uri->text;
	return span_from(uri->text.p, uri->headers.p - 1);
}

bool sip_dlg_take_target(struct sip_dialog *dialog, struct sip_msg *msg)
{
	struct sip_fault fault = { 0 };
	const struct sip_addr *contact = sip_msg_contact(msg, &fault);

	if (!contact) {
		if (sip_msg_first(msg, SIP_HDR_CONTACT))
			dialog->dialogs->counters.bad_contact++;
		return false;
	}
	return sip_dlg_set(&dialog->target, request_uri(&contact->uri));
}

void sip_dlg_drop_routes(struct sip_dialog *dialog)
{
	size_t i;

	for (i = 0; i < dialog->n_routes; i++)
		free(dialog->route[i]);
	free(dialog->route);
	dialog->route = NULL;
	dialog->n_routes = 0;
}

static bool add_route(struct sip_dialog *dialog, struct span value)
{
	dialog->route[dialog->n_routes] = span_dup(value);
	if (!dialog->route[dialog->n_routes])
		return false;
	dialog->n_routes++;
	return true;
}

int sip_dlg_take_routes(struct sip_dialog *dialog, struct sip_msg *msg, bool reversed)
{
	const struct sip_addr *addr, *one;
	int n = sip_msg_addrs(msg, SIP_HDR_RECORD_ROUTE, &addr);
	int i;

	if (n < 0)
		return n == -ENOMEM ? n : -EINVAL;
	for (i = 0; i < n; i++) {
		if (!sip_uri_is_sip(&addr[i].uri))
			return -EINVAL;
	}
	sip_dlg_drop_routes(dialog);
	dialog->route = n ? calloc((size_t)n, sizeof(char *)) : NULL;
	if (n && !dialog->route)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		one = &addr[reversed ? n - 1 - i : i];
		if (!add_route(dialog, one->text))
			return -ENOMEM;
	}
	return 0;
}

bool sip_dlg_copy_routes(struct sip_dialog *dialog, const struct sip_dialog *from)
{
	size_t i;

	if (!from->n_routes)
		return true;
	dialog->route = calloc(from->n_routes, sizeof(char *));
	if (!dialog->route)
		return false;
	for (i = 0; i < from->n_routes; i++) {
		if (!add_route(dialog, span_of(from->route[i])))
			return false;
	}
	return true;
}

bool sip_dlg_refreshes(enum sip_method method)
{
	return method == SIP_INVITE || method == SIP_UPDATE ||
	       method == SIP_SUBSCRIBE || method == SIP_NOTIFY || method == SIP_REFER;
}

bool sip_contact_ok(struct sip_msg *msg)
{
	struct sip_fault fault = { 0 };

	return sip_msg_contact(msg, &fault) != NULL;
}

/* ------------------------------------------------------------------ the first lines */

/* The first route, read; false if there is none. */
static bool first_route(const struct sip_dialog *dialog, struct sip_addr *addr)
{
	return dialog->n_routes && !sip_addr_read(span_of(dialog->route[0]), addr);
}

static void write_routes(const struct sip_dialog *dialog, struct sip_writer *w,
			 size_t from)
{
	size_t i;

	for (i = from; i < dialog->n_routes; i++)
		sip_write_header(w, SIP_HDR_ROUTE, span_of(dialog->route[i]));
}

void sip_dlg_write_first(const struct sip_dialog *dialog, struct sip_writer *w,
			 const char *method)
{
	struct span target = span_of(dialog->target);
	struct sip_addr addr;

	if (!first_route(dialog, &addr)) {
		sip_write_request(w, span_of(method), target);
		if (dialog->state == SIP_DIALOG_NEW && dialog->first_route)
			sip_write_header(w, SIP_HDR_ROUTE,
					 span_of(dialog->first_route));
		return;
	}
	if (addr.uri.lr) {
		sip_write_request(w, span_of(method), target);
		write_routes(dialog, w, 0);
		return;
	}
	/* strict routing: the next hop in the Request-URI, the target at the end */
	sip_write_request(w, span_of(method), request_uri(&addr.uri));
	write_routes(dialog, w, 1);
	sip_write_headerf(w, SIP_HDR_ROUTE, "<%s>", dialog->target);
}

/* --------------------------------------------------------------------- the next hop */

static bool same_host(const struct dp_addr *a, const struct dp_addr *b)
{
	struct dp_addr x = *a, y = *b;

	x.port = y.port = 0;
	return dp_addr_eq(&x, &y);
}

/* Addresses that mean another host elsewhere. */
static bool is_private(const struct dp_addr *addr)
{
	const uint8_t *b = (const uint8_t *)&addr->v4;

	if (addr->family == AF_INET6)
		return (addr->v6.s6_addr[0] & 0xfe) == 0xfc ||
		       IN6_IS_ADDR_LINKLOCAL(&addr->v6) ||
		       IN6_IS_ADDR_LOOPBACK(&addr->v6) ||
		       IN6_IS_ADDR_UNSPECIFIED(&addr->v6);
	return b[0] == 10 || b[0] == 127 || !b[0] ||
	       (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
	       (b[0] == 100 && (b[1] & 0xc0) == 64);
}

/* Where a URI leads without asking anybody: false if it names a host. */
static bool numeric(const struct sip_uri *uri, struct sip_target *target)
{
	bool sips = uri->scheme == SIP_SCHEME_SIPS;

	memset(target, 0, sizeof(*target));
	target->addr = uri->addr;
	target->proto = uri->transport.n ? sip_proto_lookup(uri->transport) :
			sips ? SIP_PROTO_TLS : SIP_PROTO_UDP;
	if (sips && target->proto == SIP_PROTO_TCP)
		target->proto = SIP_PROTO_TLS;
	if (!target->addr.port)
		target->addr.port = target->proto == SIP_PROTO_TLS ? 5061 : 5060;
	return target->addr.family && (target->proto == SIP_PROTO_UDP ||
				       target->proto == SIP_PROTO_TCP ||
				       target->proto == SIP_PROTO_TLS);
}

static bool is_dead(const struct sip_flow *flow)
{
	return flow->proto != SIP_PROTO_UDP && !flow->conn;
}

/* Is the dialog's flow the way to @target? */
static bool by_flow(const struct sip_dialog *dialog, const struct sip_target *target)
{
	const struct sip_flow *flow = dialog->flow;
	bool same = same_host(&target->addr, &flow->remote);

	if (is_dead(flow))
		return false;
	if (flow->proto != SIP_PROTO_UDP && same)
		return true;
	if (dialog->policy && dialog->policy->by_flow &&
	    (same || is_private(&target->addr)))
		return true;
	return same && target->proto == flow->proto &&
	       target->addr.port == flow->remote.port;
}

static bool may_go(struct sip_dialog *dialog, const struct sip_target *target)
{
	const struct sip_dialog_policy *policy = dialog->policy;

	if (policy && policy->flow && policy->may &&
	    policy->may(dialog->policy_arg, target))
		return true;
	dialog->dialogs->counters.confined++;
	return false;
}

struct sip_flow *sip_dlg_hop(struct sip_dialog *dialog)
{
	const struct sip_flow_ops *ops = dialog->dialogs->stack->ops;
	struct sip_flow *flow = NULL;
	struct sip_target target;
	struct sip_addr addr;

	/* the first request goes where its sender has found the next hop to be */
	if (dialog->uac && dialog->state == SIP_DIALOG_NEW)
		return ops->ref(dialog->flow);
	if (!first_route(dialog, &addr) &&
	    sip_uri_parse(span_of(dialog->target), &addr.uri))
		return ops->ref(dialog->flow);
	if (numeric(&addr.uri, &target) && !by_flow(dialog, &target) &&
	    may_go(dialog, &target))
		flow = dialog->policy->flow(dialog->policy_arg, &target);
	return flow ? flow : ops->ref(dialog->flow);
}
