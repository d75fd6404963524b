// SPDX-License-Identifier: GPL-2.0
/* Values of header fields, taken apart. */
#include "sip/header.h"

/* "HOST", "HOST:PORT", blanks around the colon allowed (RFC 3261 25.1 COLON) */
static const char *read_sent_by(struct span s, struct span *host,
				struct dp_addr *addr, uint16_t *port)
{
	const char *bracket = NULL, *colon;
	struct span rest = s;
	uint32_t value;

	if (s.n && *s.p == '[')
		bracket = span_chr(s, ']');
	if (bracket)
		rest = span_from(bracket, s.p + s.n);
	colon = span_chr(rest, ':');
	*host = span_trim(span_from(s.p, colon ? colon : s.p + s.n));
	if (!sip_host_is_sane(*host))
		return "the host is neither a name nor an address";
	*port = 0;
	if (colon) {
		rest = span_trim(span_from(colon + 1, s.p + s.n));
		if (!span_u32(rest, &value) || !value || value > 65535)
			return "the port is not a number from 1 to 65535";
		*port = (uint16_t)value;
	}
	if (sip_host_addr(*host, addr))
		addr->port = *port;
	return NULL;
}

/* of two with one name the first counts, as in sip_param() */
static void first(struct span *place, struct span value)
{
	if (!place->p)
		*place = value.p ? value : SPAN("");
}

static void read_via_param(struct sip_via *via, struct span name,
			   struct span value)
{
	uint32_t number;

	if (span_iscase(name, "branch")) {
		first(&via->branch, value);
	} else if (span_iscase(name, "rport")) {
		if (!via->rport && span_u32(value, &number) && number <= 65535)
			via->rport_value = (uint16_t)number;
		via->rport = true;
	} else if (span_iscase(name, "received")) {
		first(&via->received, value);
	} else if (span_iscase(name, "maddr")) {
		first(&via->maddr, value);
	}
}

/*
 * Tags and branches are tokens; those seen with "=", "/" or ":" are taken, too.
 * What could end a line or a parameter is not: they are keys, and go out again.
 */
static bool is_key(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"')
			return false;
	return true;
}

/* "z9hG4bK" in any case: RFC 3261 7.3.1, tokens are case-insensitive */
static bool has_cookie(struct span branch)
{
	static const struct span cookie = { "z9hG4bK", 7 };

	return branch.n > cookie.n &&
	       span_eqcase((struct span){ branch.p, cookie.n }, cookie);
}

static const char *read_via(struct span s, struct sip_via *via)
{
	struct span rest = s, name, value;
	const char *p, *end, *why;

	via->text = s;
	name = span_trim(span_cut(&rest, '/'));
	value = span_trim(span_cut(&rest, '/'));
	if (!span_iscase(name, "SIP") || !sip_is_token(value) || !rest.p)
		return "it does not begin with SIP/2.0/ and a transport";
	rest = span_ltrim(rest);
	for (p = rest.p, end = p + rest.n; p < end && !span_is_blank(*p); p++)
		;
	via->proto_text = span_from(rest.p, p);
	if (!sip_is_token(via->proto_text))
		return "its transport is no token";
	via->proto = sip_proto_lookup(via->proto_text);
	rest = span_from(p, end);
	why = read_sent_by(span_trim(span_cut(&rest, ';')), &via->host,
			   &via->addr, &via->port);
	if (why)
		return why;
	via->params = rest;
	if (!sip_is_balanced(rest))
		return "the quotes of a parameter do not end";
	while (sip_param_next(&rest, &name, &value))
		read_via_param(via, name, value);
	if (!is_key(via->branch))
		return "the branch is no token";
	via->cookie = has_cookie(via->branch);
	return NULL;
}

const char *sip_via_read(struct span s, struct sip_via *via)
{
	const char *why;

	memset(via, 0, sizeof(*via));
	why = read_via(s, via);
	if (why)
		memset(via, 0, sizeof(*via));
	return why;
}

/*
 * What stands before "<".  A display name that is no list of tokens ("Bell,
 * Alexander") is harmless: nobody but people reads it, and we quote it.
 */
static const char *read_display(struct span s, struct sip_addr *addr,
				struct span *rest)
{
	const char *p = s.p;

	if (s.n && *s.p == '"') {
		p = sip_quoted_end(s);
		if (!p)
			return "the quotes of the display name do not end";
		addr->display = span_from(s.p, p);
		*rest = span_ltrim(span_from(p, s.p + s.n));
		return rest->n && *rest->p == '<' ? NULL :
			"no < follows the display name";
	}
	p = span_chr(s, '<');
	if (!p) {
		*rest = s;
		return NULL;
	}
	addr->display = span_trim(span_from(s.p, p));
	if (!addr->display.n)
		addr->display.p = NULL;
	else if (span_chr(addr->display, '"'))
		return "the display name has quotes within";
	*rest = span_from(p, s.p + s.n);
	return NULL;
}

/* "<URI>" and what follows, or a bare URI, whose ";" begin the field's parameters */
static const char *read_uri_part(struct span rest, struct sip_addr *addr,
				 struct span *uri, struct span *params)
{
	const char *close;

	if (rest.n && *rest.p == '<') {
		close = span_chr(rest, '>');
		if (!close)
			return "no > ends the URI";
		addr->bracketed = true;
		*uri = span_trim(span_from(rest.p + 1, close));
		*params = span_ltrim(span_from(close + 1, rest.p + rest.n));
		if (params->n && *params->p != ';')
			return "something other than parameters follows the >";
		*params = params->n ? span_skip(*params, 1) : *params;
		return NULL;
	}
	*uri = span_trim(span_cut(&rest, ';'));
	*params = rest;
	if (span_chr(*uri, '?') || span_chr(*uri, ','))
		return "a URI with ? or , stands outside of <>";
	return NULL;
}

static const char *read_addr(struct span s, struct sip_addr *addr)
{
	struct span rest, uri;
	const char *why;

	addr->text = s;
	if (s.n == 1 && *s.p == '*') {
		addr->star = true;
		return NULL;
	}
	why = read_display(s, addr, &rest);
	if (!why)
		why = read_uri_part(rest, addr, &uri, &addr->params);
	if (!why && !sip_is_balanced(addr->params))
		why = "the quotes of a parameter do not end";
	if (!why)
		why = sip_uri_parse(uri, &addr->uri);
	if (why)
		return why;
	if (addr->params.n && sip_param(addr->params, "tag", &addr->tag) &&
	    (!addr->tag.n || !is_key(addr->tag)))
		return "the tag is no token";
	return NULL;
}

const char *sip_addr_read(struct span s, struct sip_addr *addr)
{
	const char *why;

	memset(addr, 0, sizeof(*addr));
	why = read_addr(span_trim(s), addr);
	if (why)
		memset(addr, 0, sizeof(*addr));
	return why;
}

const char *sip_cseq_read(struct span s, struct sip_cseq *cseq)
{
	size_t i = 0;

	memset(cseq, 0, sizeof(*cseq));
	while (i < s.n && !span_is_blank(s.p[i]))
		i++;
	if (!span_u32((struct span){ s.p, i }, &cseq->number) ||
	    cseq->number > INT32_MAX)
		return "it does not begin with a number below 2^31";
	cseq->method_text = span_trim(span_skip(s, i));
	if (!sip_is_token(cseq->method_text))
		return "no method follows the number";
	cseq->method = sip_method_lookup(cseq->method_text);
	return NULL;
}

const char *sip_rack_read(struct span s, struct sip_rack *rack)
{
	size_t i = 0;

	memset(rack, 0, sizeof(*rack));
	s = span_trim(s);
	while (i < s.n && !span_is_blank(s.p[i]))
		i++;
	if (!span_u32((struct span){ s.p, i }, &rack->rseq) || !rack->rseq)
		return "it does not begin with the RSeq of a response";
	return sip_cseq_read(span_trim(span_skip(s, i)), &rack->cseq);
}

const char *sip_value_read(struct span s, struct sip_value *value)
{
	value->value = span_trim(span_cut(&s, ';'));
	value->params = s;
	return value->value.n ? NULL : "it is empty";
}

const char *sip_session_expires_read(struct span s,
				     struct sip_session_expires *se)
{
	struct sip_value value;
	struct span who;

	memset(se, 0, sizeof(*se));
	if (sip_value_read(s, &value) || !sip_delta_seconds(value.value, &se->seconds))
		return "it does not begin with a number of seconds";
	if (!sip_param(value.params, "refresher", &who))
		return NULL;
	if (!span_iscase(who, "uac") && !span_iscase(who, "uas"))
		return "its refresher is neither uac nor uas";
	se->refresher = who.p[2] | 0x20;
	return NULL;
}

const char *sip_dialog_id_read(struct span s, struct sip_dialog_id *id)
{
	struct sip_value value;

	memset(id, 0, sizeof(*id));
	if (sip_value_read(s, &value))
		return "it has no Call-ID";
	id->call_id = value.value;
	id->early_only = sip_param(value.params, "early-only", NULL);
	if (!sip_param(value.params, "to-tag", &id->to_tag))
		sip_param(value.params, "local-tag", &id->to_tag);
	if (!sip_param(value.params, "from-tag", &id->from_tag))
		sip_param(value.params, "remote-tag", &id->from_tag);
	return id->to_tag.n && id->from_tag.n ? NULL : "it does not name both tags";
}

bool sip_delta_seconds(struct span s, uint32_t *seconds)
{
	size_t i, n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	if (!n || (n < s.n && !span_is_blank(s.p[n]) && s.p[n] != ';' &&
		   s.p[n] != '('))
		return false;
	*seconds = 0;
	for (i = 0; i < n; i++) {
		uint32_t digit = (uint32_t)(s.p[i] - '0');

		*seconds = *seconds > (UINT32_MAX - digit) / 10 ?
			UINT32_MAX : *seconds * 10 + digit;
		if (*seconds == UINT32_MAX)
			break;
	}
	return true;
}
