// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers and pick-up: what a REFER is about (RFC 3515), and Replaces (RFC 3891) in it or
 * in an INVITE.  Each side has dialogs with us and knows none of the other side's: a dialog
 * that somebody has with us is named to the other side by the other end of the same call.
 * A phone that is told of a dialog of the other side's, in a REFER or by dialog-info, says so
 * to us, and that goes back as it was (told.c).
 */
#include <stdlib.h>
#include <string.h>

#include "sip/hosts.h"
#include "private.h"

/**
 * struct replaces - a dialog, as who has it with us names it
 * @call_id: its Call-ID
 * @to_tag: tag of who gets the INVITE, in @call_id's dialog: ours
 * @from_tag: the other one's
 * @early: only if it has not been answered
 */
struct replaces {
	struct span call_id, to_tag, from_tag;
	bool early;
};

bool b2b_is_word(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr(",;\"<>\\", s.p[i]))
			return false;
	return s.n;
}

static bool read_replaces(struct span value, struct replaces *r)
{
	*r = (struct replaces){ .call_id = span_trim(span_cut(&value, ';')) };
	r->early = sip_param(value, "early-only", NULL);
	return sip_param(value, "to-tag", &r->to_tag) &&
	       sip_param(value, "from-tag", &r->from_tag) && b2b_is_word(r->call_id) &&
	       b2b_is_word(r->to_tag) && b2b_is_word(r->from_tag);
}

/* the other end of the call whose dialog in @realm is named; NULL: there is none */
static struct end *other_end(const struct b2b *b2b, const struct realm *realm,
			     const struct replaces *r)
{
	struct sip_dialog *dialog;
	struct end *other;

	dialog = sip_dialog_find(b2b->dialogs, realm, r->call_id, r->to_tag,
				 r->from_tag);
	if (!dialog || sip_dialog_user(dialog) != &b2b_indialog_ops)
		return NULL;
	other = b2b_end_other(sip_dialog_arg(dialog));
	return other->dialog && sip_dialog_remote_tag(other->dialog).n ? other : NULL;
}

static void write_names(struct sip_writer *w, struct span call_id, struct span to_tag,
			struct span from_tag, bool early)
{
	sip_write_text(w, call_id);
	sip_write_text(w, SPAN(";to-tag="));
	sip_write_text(w, to_tag);
	sip_write_text(w, SPAN(";from-tag="));
	sip_write_text(w, from_tag);
	if (early)
		sip_write_text(w, SPAN(";early-only"));
}

/* @other's dialog, as the party at that end knows it */
static void write_replaces(struct sip_writer *w, const struct end *other, bool early)
{
	write_names(w, sip_dialog_call_id(other->dialog), sip_dialog_remote_tag(other->dialog),
		    sip_dialog_local_tag(other->dialog), early);
}

/* ----------------------------------------------------------------- an INVITE's */

/* 0: the only one; else the status to refuse @msg with */
static unsigned int only_one(const struct sip_msg *msg, enum sip_hdr id,
			     const struct sip_header **h)
{
	*h = sip_msg_first(msg, id);
	return *h && !sip_msg_after(msg, *h) ? 0 : 400;
}

/*
 * A phone that picks up has been told of the dialog by the other side (RFC 4235), and says
 * what it was told; but its own network is nobody's business.
 */
static bool is_theirs(const struct realm *from, const struct sip_flow *flow,
		      const struct sip_msg *msg, struct span value)
{
	struct sip_hosts hosts;

	sip_hosts_read(msg, &hosts);
	return bind_is_on(from->bindings, flow) && !sip_hosts_find(&hosts, value).p;
}

unsigned int b2b_refer_replaces(struct realm *from, const struct realm *to,
				const struct sip_flow *flow, const struct sip_msg *msg,
				struct sip_writer *w)
{
	const struct sip_header *h;
	struct replaces r;
	struct span told;
	struct end *other;

	if (sip_msg_first(msg, SIP_HDR_JOIN))
		return 481;
	if (!sip_msg_first(msg, SIP_HDR_REPLACES))
		return 0;
	if (only_one(msg, SIP_HDR_REPLACES, &h) || !read_replaces(h->value, &r))
		return 400;
	other = other_end(from->b2b, from, &r);
	if (other && b2b_end_realm(other) != to)
		return 481;
	if (!other && !is_theirs(from, flow, msg, h->value))
		return 481;
	if (!w)
		return 0;
	sip_write_begin(w, SIP_HDR_REPLACES);
	told = b2b_told_call_id(from->b2b, r.call_id);
	if (other)
		write_replaces(w, other, r.early);
	else if (told.p)
		write_names(w, told, r.to_tag, r.from_tag, r.early);
	else
		sip_write_text(w, h->value);
	sip_write_crlf(w);
	return 0;
}

/* ------------------------------------------------------------------ a REFER's */

/* as it stands behind the question mark of a URI */
static void write_escaped(struct sip_writer *w, struct span text)
{
	static const char hex[] = "0123456789ABCDEF", plain[] = "-_.!~*'()";
	char one[3] = "%";
	size_t i;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		one[1] = hex[c >> 4];
		one[2] = hex[c & 15];
		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    (c && strchr(plain, c)))
			sip_write_text(w, (struct span){ text.p + i, 1 });
		else
			sip_write_text(w, (struct span){ one, sizeof(one) });
	}
}

/* the value of Replaces among a URI's header fields; absent: there is none */
static struct span replaces_of(const struct sip_uri *uri, char *buf, size_t size)
{
	struct span rest = uri->headers, value;

	while (rest.p) {
		value = span_cut(&rest, '&');
		if (span_iscase(span_cut(&value, '='), "Replaces"))
			return sip_uri_unescape(value, buf, size);
	}
	return (struct span){ NULL, 0 };
}

/* is @end's party a next hop or a peer?  Else it is a phone, whose calls come by us */
static bool is_hop(struct end *end)
{
	return b2b_realm_knows(b2b_end_realm(end),
			       &sip_dialog_flow(end->dialog)->remote);
}

/*
 * A REFER makes others call, at their cost.  As with texts and subscriptions, that is not for
 * whoever has got a call through.
 */
static bool may_ask(struct end *end)
{
	return is_hop(end) || bind_is_on(b2b_end_realm(end)->bindings,
					 sip_dialog_flow(end->dialog));
}

/*
 * Where an address of one side is to be called on the other: a next hop finds it where the
 * party is that is asked to, a phone by us.
 */
static struct span host_there(struct end *to, struct sip_addr *addr)
{
	if (sip_addr_read(is_hop(to) ? sip_dialog_remote(to->dialog) :
				       sip_dialog_local(to->dialog), addr))
		return (struct span){ NULL, 0 };
	return addr->uri.host;
}

static void write_uri(struct sip_writer *w, const struct sip_uri *uri, struct span host)
{
	if (!host.n)
		w->failed = true;
	sip_write_text(w, uri->scheme_text);
	sip_write_text(w, SPAN(":"));
	sip_write_text(w, uri->user);
	if (uri->user.p)
		sip_write_text(w, SPAN("@"));
	sip_write_text(w, host);
	if (uri->user_param.n) {
		sip_write_text(w, SPAN(";user="));
		sip_write_text(w, uri->user_param);
	}
}

static void write_target(struct sip_writer *w, struct end *to, const struct sip_msg *msg,
			 const struct sip_uri *uri)
{
	struct sip_hosts hosts;
	struct sip_addr there;
	struct span host = uri->host;

	sip_hosts_read(msg, &hosts);
	if (uri->addr.family || sip_hosts_find(&hosts, host).p)
		host = host_there(to, &there);
	write_uri(w, uri, host);
}

/* to a next hop: a call of the one who asks, by whom it is with and by its own names */
static unsigned int write_known(struct sip_writer *w, struct end *from,
				const struct replaces *r)
{
	struct end *other = other_end(from->pair->call->b2b, b2b_end_realm(from), r);
	struct sip_writer text = { 0 };
	struct sip_addr addr;

	if (!other || b2b_end_realm(other) != b2b_end_realm(b2b_end_other(from)) ||
	    sip_addr_read(sip_dialog_remote(other->dialog), &addr))
		return 403;
	write_uri(w, &addr.uri, addr.uri.host);
	write_replaces(&text, other, r->early);
	sip_write_text(w, SPAN("?Replaces="));
	write_escaped(w, (struct span){ text.p, text.n });
	w->failed |= text.failed;
	sip_write_free(&text);
	return 0;
}

/* to a phone: what it says to us then goes back to the side that has named it (is_theirs()) */
static unsigned int write_theirs(struct sip_writer *w, struct end *to,
				 const struct sip_msg *msg, const struct sip_uri *uri,
				 const struct replaces *r)
{
	char alias[BIND_TOKEN_LEN + 1];
	struct span call_id = r->call_id;
	struct sip_writer text = { 0 };
	struct sip_hosts hosts;

	sip_hosts_read(msg, &hosts);
	if (sip_hosts_find(&hosts, call_id).p) {
		if (!b2b_told_name(b2b_end_realm(to), call_id, alias))
			return 403;
		call_id = span_of(alias);
	}
	if (sip_hosts_find(&hosts, r->to_tag).p || sip_hosts_find(&hosts, r->from_tag).p)
		return 403;
	write_target(w, to, msg, uri);
	sip_write_text(w, SPAN("?Replaces="));
	write_names(&text, call_id, r->to_tag, r->from_tag, r->early);
	write_escaped(w, (struct span){ text.p, text.n });
	w->failed |= text.failed;
	sip_write_free(&text);
	return 0;
}

static unsigned int write_attended(struct sip_writer *w, struct end *from,
				   const struct sip_msg *msg, const struct sip_uri *uri,
				   struct span value)
{
	struct end *to = b2b_end_other(from);
	struct replaces r;

	if (!read_replaces(value, &r))
		return 400;
	return is_hop(to) ? write_known(w, from, &r) :
			    write_theirs(w, to, msg, uri, &r);
}

unsigned int b2b_refer_to(struct end *from, const struct sip_msg *msg,
			  struct sip_writer *w)
{
	const struct sip_header *h;
	struct sip_addr addr;
	char buf[SIP_MAX_URI];
	struct span value;
	unsigned int status = 0;

	if (!b2b_end_other(from)->dialog)
		return 500;
	if (!may_ask(from))
		return 403;
	if (only_one(msg, SIP_HDR_REFER_TO, &h) || sip_addr_read(h->value, &addr) ||
	    addr.star)
		return 400;
	if (!sip_uri_is_sip(&addr.uri) && addr.uri.scheme != SIP_SCHEME_TEL)
		return 403;
	value = replaces_of(&addr.uri, buf, sizeof(buf));
	sip_write_begin(w, SIP_HDR_REFER_TO);
	sip_write_text(w, SPAN("<"));
	if (!sip_uri_is_sip(&addr.uri))
		sip_write_text(w, addr.uri.text);
	else if (value.p)
		status = write_attended(w, from, msg, &addr.uri, value);
	else
		write_target(w, b2b_end_other(from), msg, &addr.uri);
	sip_write_text(w, SPAN(">"));
	sip_write_crlf(w);
	return status ? status : w->failed ? 500 : 0;
}
