// SPDX-License-Identifier: GPL-2.0
/*
 * Middleboxes that rewrite SIP (an ALG in the router): what a party sends is compared with
 * what it must have been.  A response has the From that we sent (with another Via it is none
 * of ours, and dropped), and a request in a dialog goes to our Contact.  A phone that is behind NAT and does not know its public
 * address does not write that into Contact or description while its Via or its origin has
 * the private one; one that knows it by STUN may.
 */
#include <stdio.h>
#include <string.h>

#include "private.h"

/* @sure: nobody else can it have been; else a phone that knows its public address may, too */
static void note(struct call *call, unsigned int side, bool sure, const char *field,
		 struct span was, struct span is)
{
	char *to = call->meddled;

	if (*to)
		return;		/* one is enough to know it */
	snprintf(to, sizeof(call->meddled),
		 "something between %s and us rewrites SIP (a SIP ALG%s): %s was %.*s and came as %.*s",
		 side ? "callee" : "caller",
		 sure ? "" : ", unless the phone itself has asked STUN", field,
		 (int)(was.n < 80 ? was.n : 80), was.p,
		 (int)(is.n < 80 ? is.n : 80), is.p);
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

static bool is_private(struct span text, struct dp_addr *addr)
{
	char buf[INET6_ADDRSTRLEN];

	return span_str(text, buf, sizeof(buf)) && dp_addr_parse_host(buf, addr) &&
	       dp_addr_is_private(addr);
}

/* is it the address that the message came from, which is none of a private network? */
static bool is_outside(const struct dp_addr *addr, const struct sip_flow *flow)
{
	return addr->family && dp_addr_same_host(addr, &flow->remote) &&
	       !dp_addr_is_private(addr);
}

void b2b_meddler_request(struct call *call, unsigned int side, const struct sip_flow *flow,
			 struct sip_msg *msg)
{
	struct span sdp, origin, connection;
	struct dp_addr inside, outside;
	const struct sip_addr *contact;
	char buf[INET6_ADDRSTRLEN];

	contact = sip_msg_contact(msg, &(struct sip_fault){ 0 });
	if (contact && msg->via.addr.family && dp_addr_is_private(&msg->via.addr) &&
	    is_outside(&contact->uri.addr, flow))
		note(call, side, false, "the host of Contact", msg->via.host,
		     contact->uri.host);
	if (b2b_sdp(msg, &sdp) != 1 || !addresses(sdp, &origin, &connection) ||
	    !is_private(origin, &inside) || !span_str(connection, buf, sizeof(buf)) ||
	    !dp_addr_parse_host(buf, &outside) || !is_outside(&outside, flow))
		return;
	note(call, side, false, "the address of c= in the description", origin, connection);
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
