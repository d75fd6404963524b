// SPDX-License-Identifier: GPL-2.0
/* A phone's REGISTER as we understand it: what it says, and what of that a binding keeps. */
#include <stdio.h>
#include <string.h>

#include "request.h"

/* what a registered phone may have us keep, in bytes; more in request.h */
#define CONTACT_MAX	512
#define CALL_ID_MAX	256
#define AGENT_MAX	128

/* where nobody says anything: RFC 3261 10.2.1.1 */
#define EXPIRES		3600

bool b2b_request_values(const struct sip_msg *msg, enum sip_hdr id, char *buf,
			size_t size, struct span *text)
{
	struct sip_iter it = SIP_ITER(msg, id);
	struct span item;
	size_t n = 0;
	int len;

	*text = (struct span){ NULL, 0 };
	while (sip_iter_next(&it, &item)) {
		len = snprintf(buf + n, size - n, "%s" SPAN_FMT, n ? ", " : "",
			       SPAN_ARG(item));
		if (len < 0 || (size_t)len >= size - n)
			return false;
		n += (size_t)len;
		*text = (struct span){ buf, n };
	}
	return true;
}

/*
 * What stands behind our own contact must not end it for the one who reads it: whatever is
 * neither in quotes as a whole nor plain could begin a contact that is not ours.
 */
static bool is_harmless(struct span name, struct span value)
{
	size_t i;

	if (!sip_is_token(name))
		return false;
	if (value.n && *value.p == '"')
		return sip_quoted_end(value) == value.p + value.n;
	for (i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] >= 0x7f ||
		    memchr("\",<>", value.p[i], 4))
			return false;
	return true;
}

bool b2b_request_params(struct span rest, bool only, char *buf, size_t size)
{
	struct span name, value;
	size_t n = 0;
	bool gruu;
	int len;

	*buf = '\0';
	while (sip_param_next(&rest, &name, &value)) {
		gruu = span_iscase(name, "pub-gruu") || span_iscase(name, "temp-gruu");
		if (gruu != only || span_iscase(name, "expires"))
			continue;
		if (!is_harmless(name, value))
			return false;
		len = snprintf(buf + n, size - n, "%s" SPAN_FMT "%s" SPAN_FMT,
			       n ? ";" : "", SPAN_ARG(name), value.p ? "=" : "",
			       SPAN_ARG(value));
		if (len < 0 || (size_t)len >= size - n)
			return false;
		n += (size_t)len;
	}
	return true;
}

uint32_t b2b_request_expires(const struct sip_msg *msg, const struct sip_addr *addr,
			     uint32_t otherwise)
{
	uint32_t seconds;
	struct span value;

	if (addr && sip_param(addr->params, "expires", &value) &&
	    sip_delta_seconds(value, &seconds))
		return seconds;
	if (sip_msg_seconds(msg, SIP_HDR_EXPIRES, &seconds) == 1)
		return seconds;
	return otherwise;
}

const char *b2b_request_item(const struct request *req, int i, struct item *item)
{
	const struct sip_addr *addr = &req->contact[i];

	*item = (struct item){ .key = { .aor = req->aor,
					.contact = addr->uri.text } };
	if (!sip_uri_is_sip(&addr->uri))
		return "a Contact that is no SIP URI";
	if (addr->uri.headers.p)
		return "header fields in a Contact's URI";
	if (addr->uri.text.n > CONTACT_MAX ||
	    !b2b_request_params(addr->params, false, item->params,
				sizeof(item->params)))
		return "a Contact that is too long, or has a parameter that is none";
	sip_param(addr->params, "+sip.instance", &item->key.instance);
	sip_param(addr->params, "reg-id", &item->key.reg_id);
	item->expires = b2b_request_expires(req->msg, addr, EXPIRES);
	bind_token(req->realm->bindings, &item->key, item->token);
	return NULL;
}

/* RFC 3261 10.2.2: alone, and with Expires: 0 */
static const char *check_star(const struct request *req)
{
	int i;

	for (i = 0; i < req->n; i++)
		if (req->contact[i].star &&
		    (req->n > 1 || b2b_request_expires(req->msg, NULL, EXPIRES)))
			return "Contact: * without Expires: 0, or with others";
	return NULL;
}

const char *b2b_request_read(struct sip_flow *flow, struct sip_msg *msg,
			     struct request *req)
{
	const char *why = NULL;
	struct item item;
	int i;

	req->realm = b2b_realm_of_flow(flow);
	req->flow = flow;
	req->msg = msg;
	req->n = sip_msg_addrs(msg, SIP_HDR_CONTACT, &req->contact);
	req->aor = b2b_binding_aor(&msg->to, req->aor_text, sizeof(req->aor_text));
	if (!req->aor.p)
		return "a To that names no user, or is too long";
	if (req->n < 0)
		return "a Contact that cannot be read";
	if (req->n > CONFIG_PER_AOR_MAX)	/* each costs two hashes */
		return "more Contacts than anybody may have";
	if (msg->call_id.n > CALL_ID_MAX)
		return "a Call-ID that is too long";
	if (!b2b_request_values(msg, SIP_HDR_PATH, req->path_text,
				sizeof(req->path_text), &req->path))
		return "a Path that is too long";
	why = check_star(req);
	req->star = req->n == 1 && req->contact[0].star;
	for (i = 0; i < req->n && !req->star && !why; i++)
		why = b2b_request_item(req, i, &item);
	return why;
}

bool b2b_request_nat(const struct request *req, int i)
{
	const struct dp_addr *source = &req->flow->remote;
	const struct dp_addr *via = &req->msg->via.addr;
	struct dp_addr addr = req->contact[i].uri.addr;

	if (via->family && !dp_addr_same_host(via, source))
		return true;
	if (!addr.family)
		return false;
	if (!addr.port)
		addr.port = 5060;
	return req->flow->proto == SIP_PROTO_UDP ? !dp_addr_eq(&addr, source) :
						   !dp_addr_same_host(&addr, source);
}

/* what a phone is given of what it asks for; the registrar's time is asked separately */
static uint32_t give(const struct realm *realm, uint32_t expires)
{
	uint32_t most = realm->conf->reg.interval;

	return expires < most ? expires : most;
}

struct bind_grant b2b_request_grant(const struct request *req,
				    const struct item *item)
{
	struct span agent = sip_msg_value(req->msg, SIP_HDR_USER_AGENT);

	if (agent.n > AGENT_MAX)
		agent.n = AGENT_MAX;
	return (struct bind_grant){
		.key = item->key,
		.params = span_of(item->params),
		.call_id = req->msg->call_id,
		.cseq = req->msg->cseq.number,
		.path = req->path,
		.agent = agent,
		.flow = req->flow,
		.phone = give(req->realm, item->expires),
	};
}
