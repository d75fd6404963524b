// SPDX-License-Identifier: GPL-2.0
/*
 * Middleboxes that rewrite SIP (an ALG in the router): what a party sends is compared with
 * what it must have been.  A response has the From, the Call-ID and the Via that we sent (with
 * another Via it goes no further), and a request in a dialog goes to our Contact.  A phone that
 * is behind NAT and does not know its public address does not write that into one of Call-ID,
 * Via and Contact while another has the private one, nor into its description beside a private
 * origin; one that knows it by STUN may.
 */
#include <stdio.h>
#include <string.h>

#include "private.h"

/* @sure: it can have been nobody else; else a phone that knows its public address may, too */
static void say(char *to, size_t size, const char *who, bool sure, const char *field,
		struct span was, struct span is)
{
	snprintf(to, size,
		 "something between %s and us rewrites SIP (a SIP ALG%s): %s was %.*s and came as %.*s",
		 who, sure ? "" : ", unless the phone itself has asked STUN", field,
		 (int)(was.n < 80 ? was.n : 80), was.p,
		 (int)(is.n < 80 ? is.n : 80), is.p);
}

static void note(struct call *call, unsigned int side, bool sure, const char *field,
		 struct span was, struct span is)
{
	char *to = call->meddled;

	if (*to)
		return;		/* one is enough to know it */
	say(to, sizeof(call->meddled), side ? "callee" : "caller", sure, field, was, is);
	b2b_call_log(call, LOG_LEVEL_WARNING, (int)side, "%s", to);
}

/* what stands behind the colon; absent: there is none, or there are two */
static struct span value_of(const struct sip_msg *msg, enum sip_hdr id)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	return h && !sip_msg_after(msg, h) ? h->value : (struct span){ NULL, 0 };
}

void b2b_meddler_response(struct call *call, unsigned int side, const struct sip_msg *sent,
			  const struct sip_msg *msg)
{
	struct span from = value_of(sent, SIP_HDR_FROM), got = value_of(msg, SIP_HDR_FROM);

	if (from.n && got.n && !span_eq(from, got) &&
		 !sip_host_eq(sent->from.uri.host, msg->from.uri.host))
		note(call, side, true, "the host of our From", sent->from.uri.host,
		     msg->from.uri.host);
	/* it is known by its Via alone */
	if (!span_eq(sent->call_id, msg->call_id))
		note(call, side, true, "our Call-ID", sent->call_id, msg->call_id);
}

/* nobody can guess the branch of an INVITE of ours */
void b2b_meddler_stray(struct sip_flow *flow, const struct sip_msg *msg, void *arg)
{
	const struct b2b *b2b = arg;
	struct call *call = b2b_index_via_find(b2b->index, msg->via.branch);
	char host[DP_ADDR_STRLEN + 2];

	if (!call || call->realm[1] != b2b_realm_of_flow(flow))
		return;
	b2b_host(&flow->listener->advertise, host, sizeof(host));
	note(call, 1, true, "the host of our Via", span_of(host), msg->via.host);
}

/* the connection address of a description, and that of its origin */
static bool addresses(struct span sdp, struct span *origin, struct span *connection)
{
	struct span line, word;
	int i;

	*origin = (struct span){ NULL, 0 };
	*connection = *origin;
	while (sdp.n) {
		line = span_cut(&sdp, '\n');
		if (line.n > 2 && line.p[1] == '=' && (*line.p == 'o' || *line.p == 'c')) {
			struct span rest = span_trim(span_skip(line, 2));

			for (i = 0; rest.p && i < 6; i++)
				word = span_cut(&rest, ' ');
			if (*line.p == 'o' && !origin->p)
				*origin = span_trim(word);
			else if (*line.p == 'c' && !connection->p)
				*connection = span_trim(word);
		}
		if (!sdp.p)
			break;
	}
	return origin->n && connection->n;
}

/* is it the address that the message came from, which is none of a private network? */
static bool is_outside(const struct dp_addr *addr, const struct sip_flow *flow)
{
	return addr->family && dp_addr_same_host(addr, &flow->remote) &&
	       !dp_addr_is_private(addr);
}

/* where a phone says that it is, by field; those that nobody learns by STUN come first */
struct claim {
	const char *name;
	struct span host;
	struct dp_addr addr;
};

static void tell(struct claim *c, const char *name, struct span host)
{
	char buf[INET6_ADDRSTRLEN];

	c->name = name;
	c->host = host;
	if (!span_str(host, buf, sizeof(buf)) || !dp_addr_parse_host(buf, &c->addr))
		c->addr.family = 0;
}

/* what stands behind the @ of a Call-ID */
static struct span host_of(struct span call_id)
{
	span_cut(&call_id, '@');
	return call_id.p ? call_id : (struct span){ NULL, 0 };
}

/* its own address in one place, and the public one in another: somebody knows only the latter */
static bool differs(const struct claim *claim, size_t n, const struct sip_flow *flow,
		    const struct claim **was, const struct claim **is)
{
	size_t i;

	*was = NULL;
	*is = NULL;
	for (i = 0; i < n; i++) {
		if (!claim[i].addr.family)
			continue;
		if (!*was && dp_addr_is_private(&claim[i].addr))
			*was = &claim[i];
		if (is_outside(&claim[i].addr, flow))
			*is = &claim[i];
	}
	return *was && *is;
}

/* a request that a phone begins with */
static bool look_at(const struct sip_flow *flow, struct sip_msg *msg, const struct claim **was,
		    const struct claim **is, struct claim claim[3])
{
	const struct sip_addr *contact = sip_msg_contact(msg, &(struct sip_fault){ 0 });
	struct span sdp, origin, connection;

	tell(&claim[0], "the host of Call-ID", host_of(msg->call_id));
	tell(&claim[1], "the host of Via", msg->via.host);
	tell(&claim[2], "the host of Contact", contact ? contact->uri.host :
							 (struct span){ NULL, 0 });
	if (differs(claim, 3, flow, was, is))
		return true;
	if (b2b_sdp(msg, &sdp) != 1 || !addresses(sdp, &origin, &connection))
		return false;
	tell(&claim[0], "the address of o= in the description", origin);
	tell(&claim[1], "the address of c= in the description", connection);
	return differs(claim, 2, flow, was, is);
}

void b2b_meddler_request(struct call *call, unsigned int side, const struct sip_flow *flow,
			 struct sip_msg *msg)
{
	const struct claim *was, *is;
	struct claim claim[3];

	if (look_at(flow, msg, &was, &is, claim))
		note(call, side, false, is->name, was->host, is->host);
}

bool b2b_meddler_register(const struct sip_flow *flow, struct sip_msg *msg, char *text,
			  size_t size)
{
	const struct claim *was, *is;
	struct claim claim[3];

	if (!look_at(flow, msg, &was, &is, claim))
		return false;
	say(text, size, "the phone", false, is->name, was->host, is->host);
	return true;
}

void b2b_meddler_within(struct call *call, unsigned int side, const struct sip_msg *msg)
{
	const struct config_realm *conf = call->realm[side]->conf;
	char host[DP_ADDR_STRLEN + 2];
	size_t i;

	if (!msg->uri.addr.family)
		return;
	for (i = 0; i < conf->n_addresses; i++)
		if (dp_addr_same_host(&conf->addresses[i].listen, &msg->uri.addr) ||
		    dp_addr_same_host(&conf->addresses[i].advertise, &msg->uri.addr))
			return;
	b2b_realm_host(call->realm[side], host, sizeof(host));
	note(call, side, true, "the host of our Contact", span_of(host), msg->uri.host);
}
