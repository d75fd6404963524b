// SPDX-License-Identifier: GPL-2.0
/* One party of a call: our dialog with it, and the messages we send in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

/* a Contact that says where the party's message came from */
static const sip_contact_t *source_contact(const struct side *side,
					   su_home_t *home)
{
	enum config_transport transport = side->listener->transport;
	char text[DP_ADDR_STRLEN];

	if (!side->source.family)
		return NULL;
	return sip_contact_format(home, "<sip:%s;transport=%s>",
				  dp_addr_str(&side->source, text, sizeof(text)),
				  config_transport_name(transport));
}

/* the Contact that its requests go to: the real source, for those behind NAT */
static const sip_contact_t *target_of(const struct side *side, su_home_t *home,
				      const sip_t *sip)
{
	if (!sip->sip_contact || !sip_url_is_usable(sip->sip_contact->m_url))
		return source_contact(side, home);
	if (side->realm->conf->latch.nat == CONFIG_NAT_OFF ||
	    sip->sip_record_route)
		return sip->sip_contact;
	return sip_contact_fixed(home, sip->sip_contact, &side->source);
}

/**
 * side_hop() - where a dialog's requests go
 * @side: the party; its source is known
 * @route: first of the dialog's route set, or NULL
 * @target: its target, or NULL
 *
 * A party chooses the names that it gives us, and the library's resolver does not
 * survive all of them: a name is not looked up, the request goes where the party's
 * message came from.
 */
void side_hop(struct side *side, const sip_record_route_t *route,
	      const sip_contact_t *target)
{
	const url_t *url = route ? route->r_url :
			   target ? target->m_url : NULL;
	su_home_t home[1] = { SU_HOME_INIT(home) };
	const sip_contact_t *source;

	side->hop[0] = '\0';
	if (!url || (sip_url_is_usable(url) && sip_url_is_numeric(url)))
		return;
	su_home_init(home);
	source = source_contact(side, home);
	if (source)
		snprintf(side->hop, sizeof(side->hop), URL_PRINT_FORMAT,
			 URL_PRINT_ARGS(source->m_url));
	su_home_deinit(home);
}

static const url_string_t *hop_of(const struct side *side)
{
	return *side->hop ? (const url_string_t *)side->hop : NULL;
}

static void remember_uri(struct side *side, const sip_addr_t *addr)
{
	snprintf(side->uri, sizeof(side->uri), URL_PRINT_FORMAT,
		 URL_PRINT_ARGS(addr->a_url));
}

/**
 * side_answering() - a dialog with the party that sent the INVITE
 * @side: realm is set
 * @irq: the INVITE
 * @sip: the INVITE
 *
 * Return: 0, -1 without memory.
 */
int side_answering(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	msg_t *msg = nta_incoming_getrequest(irq);
	const sip_contact_t *target;
	int ret = -1;

	side->listener = sip_realm_listener(side->realm, msg);
	sip_source(msg, &side->source);
	remember_uri(side, sip->sip_from);
	side->leg = nta_leg_tcreate(side->realm->agent, side_request, side,
				    SIPTAG_CALL_ID(sip->sip_call_id),
				    SIPTAG_FROM(sip->sip_to),
				    SIPTAG_TO(sip->sip_from),
				    NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq),
				    TAG_END());
	if (side->leg && nta_leg_tag(side->leg, nta_incoming_tag(irq, NULL))) {
		target = target_of(side, msg_home(msg), sip);
		side_hop(side, sip->sip_record_route, target);
		side->routed = sip->sip_record_route;
		ret = nta_leg_server_route(side->leg, sip->sip_record_route,
					   target);
	}
	msg_destroy(msg);
	return ret < 0 ? -1 : 0;
}

/**
 * side_calling() - a dialog with the party that will get the INVITE
 * @side: realm is set
 * @sip: the INVITE that came in
 * @next_hop: where ours will go
 * @uri: its request URI
 *
 * Return: 0, -1 without memory or without a listener of that transport.
 */
int side_calling(struct side *side, const sip_t *sip, const url_t *next_hop,
		 const url_t *uri)
{
	su_home_t home[1] = { SU_HOME_INIT(home) };
	char text[DP_ADDR_STRLEN], host[DP_ADDR_STRLEN + 2];
	struct dp_addr ours;
	int ret = -1;

	side->listener = sip_realm_listener_for(side->realm, next_hop);
	if (!side->listener)
		return -1;
	ours = side->listener->address->advertise;
	snprintf(host, sizeof(host), ours.family == AF_INET6 ? "[%s]" : "%s",
		 dp_addr_str(&ours, text, sizeof(text)));
	su_home_init(home);
	side->leg = nta_leg_tcreate(side->realm->agent, side_request, side,
				    SIPTAG_FROM(sip_identity(home, sip->sip_from,
							     host)),
				    SIPTAG_TO(sip_identity(home, sip->sip_to,
							   uri->url_host)),
				    TAG_END());
	if (side->leg && nta_leg_tag(side->leg, NULL)) {
		remember_uri(side, sip->sip_to);
		ret = 0;
	}
	su_home_deinit(home);
	return ret;
}

static int add_common(const struct side *side, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	sip_contact_t *contact = sip_listener_contact(side->listener,
						      msg_home(msg));

	if (!contact || sip_header_insert(msg, sip, (sip_header_t *)contact) < 0)
		return -1;
	return sip_add_make(msg, sip, sip_allow_class, SIP_ALLOW);
}

static int add_max_forwards(msg_t *msg, const sip_t *from)
{
	unsigned long hops = 70;
	sip_max_forwards_t mf[1];

	if (from && from->sip_max_forwards)
		hops = from->sip_max_forwards->mf_count;
	sip_max_forwards_init(mf);
	mf->mf_count = hops ? hops - 1 : 0;
	return sip_add_dup(msg, sip_object(msg), (sip_header_t *)mf);
}

static int fill_request(const struct side *side, msg_t *msg,
			sip_method_t method, const sip_t *from,
			const char *sdp)
{
	if (add_common(side, msg) || add_max_forwards(msg, from))
		return -1;
	if (from && sip_headers_pass(msg, from))
		return -1;
	if (sdp)
		return sip_body_set(msg, "application/sdp", sdp, strlen(sdp));
	/* an INFO's body (DTMF) is the parties' business */
	if (from && method == sip_method_info)
		return sip_body_pass(msg, from);
	return 0;
}

/**
 * side_send() - send a request in a side's dialog
 * @side: the party
 * @fn: gets the responses
 * @arg: for @fn
 * @method: what to send
 * @name: its name
 * @route: where to, NULL: where the dialog says
 * @uri: request URI, NULL: the dialog's
 * @from: the request that is being relayed, NULL: our own
 * @sdp: description to send, or NULL
 *
 * Return: the transaction, NULL if it cannot be sent.
 */
nta_outgoing_t *side_send(struct side *side, nta_response_f *fn, void *arg,
			  sip_method_t method, const char *name,
			  const url_t *route, const url_t *uri,
			  const sip_t *from, const char *sdp)
{
	nta_outgoing_t *orq = NULL;
	msg_t *msg;

	if (!side->leg)
		return NULL;
	msg = nta_msg_create(side->realm->agent, 0);
	if (!msg)
		return NULL;
	if (!fill_request(side, msg, method, from, sdp) &&
	    !nta_msg_request_complete(msg, side->leg, method, name,
				      (const url_string_t *)uri))
		orq = nta_outgoing_mcreate(side->realm->agent, fn, arg,
					   route ? (const url_string_t *)route :
					   hop_of(side), msg,
					   TPTAG_IDENT(sip_listener_ident(
						side->listener, msg_home(msg))),
					   TAG_END());
	if (!orq)
		msg_destroy(msg);
	return orq;
}

/**
 * side_ack() - acknowledge a 2xx
 * @side: the party that sent it
 * @invite: our INVITE; must not have been destroyed yet
 * @sdp: the answer, if the 2xx held the offer; else NULL
 *
 * nta repeats the ACK whenever the 2xx is repeated.
 */
void side_ack(struct side *side, nta_outgoing_t *invite, const char *sdp)
{
	nta_outgoing_t *ack = NULL;
	sip_cseq_t *cseq;
	msg_t *msg;

	if (!side->leg)
		return;
	msg = nta_msg_create(side->realm->agent, 0);
	if (!msg)
		return;
	/* other requests may have been sent since the INVITE */
	cseq = sip_cseq_create(msg_home(msg), nta_outgoing_cseq(invite),
			       SIP_METHOD_ACK);
	if (cseq &&
	    sip_header_insert(msg, sip_object(msg), (sip_header_t *)cseq) >= 0 &&
	    !fill_request(side, msg, sip_method_ack, NULL, sdp) &&
	    !nta_msg_request_complete(msg, side->leg, SIP_METHOD_ACK, NULL))
		ack = nta_outgoing_mcreate(side->realm->agent, NULL, NULL,
					   hop_of(side), msg,
					   NTATAG_ACK_BRANCH(nta_outgoing_branch(invite)),
					   TPTAG_IDENT(sip_listener_ident(
						side->listener, msg_home(msg))),
					   TAG_END());
	if (ack)
		nta_outgoing_destroy(ack);	/* it does its work unattended */
	else
		msg_destroy(msg);
}

static void send_bye(struct side *side)
{
	nta_outgoing_t *bye = NULL;
	msg_t *msg = nta_msg_create(side->realm->agent, 0);
	char reason[CALL_TEXT + 32];

	if (!msg)
		return;
	snprintf(reason, sizeof(reason), "SIP;cause=200;text=\"%s\"",
		 side->bye_reason);
	if (!fill_request(side, msg, sip_method_bye, NULL, NULL) &&
	    !sip_add_make(msg, sip_object(msg), sip_reason_class, reason) &&
	    !nta_msg_request_complete(msg, side->leg, SIP_METHOD_BYE, NULL))
		bye = nta_outgoing_mcreate(side->realm->agent, NULL, NULL,
					   hop_of(side), msg,
					   TPTAG_IDENT(sip_listener_ident(
						side->listener, msg_home(msg))),
					   TAG_END());
	if (bye)
		nta_outgoing_destroy(bye);	/* whatever it answers, it is over */
	else
		msg_destroy(msg);
}

/**
 * side_bye() - end the dialog with a party
 * @side: the party; nothing happens if its dialog is over or not yet answered
 * @reason: for the Reason header (RFC 3326); quotes in it are not
 *
 * RFC 3261 section 15: no BYE before the ACK to our 200 is there, or has failed
 * to come.
 */
void side_bye(struct side *side, const char *reason)
{
	char *p;

	if (!side->leg || !side->answered)
		return;
	snprintf(side->bye_reason, sizeof(side->bye_reason), "%s", reason);
	for (p = side->bye_reason; *p; p++)
		if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ')
			*p = '\'';
	if (side->unacked) {
		side->bye_wanted = true;
		return;
	}
	send_bye(side);
	side_close(side);
}

/**
 * side_close() - the dialog is over
 * @side: the party
 */
void side_close(struct side *side)
{
	if (side->leg)
		nta_leg_destroy(side->leg);
	side->leg = NULL;
	side->answered = false;
}

/**
 * side_learn() - what a 2xx tells of the party: tag, route, target
 * @side: the party
 * @orq: our INVITE or UPDATE
 * @sip: the 2xx
 */
void side_learn(struct side *side, nta_outgoing_t *orq, const sip_t *sip)
{
	msg_t *msg = nta_outgoing_getresponse(orq);
	const sip_record_route_t *last;
	const sip_contact_t *target;
	bool first = !side->answered;

	if (!msg || !side->leg)
		return;
	sip_source(msg, &side->source);
	target = target_of(side, msg_home(msg), sip);
	if (first) {
		nta_leg_rtag(side->leg, sip->sip_to->a_tag);
		/* RFC 3261 section 12.1.2: the route set is reversed */
		for (last = sip->sip_record_route; last && last->r_next; )
			last = last->r_next;
		side_hop(side, last, target);
	} else if (!side->routed) {
		side_hop(side, NULL, target);
	}
	side->routed |= first && sip->sip_record_route;
	nta_leg_client_reroute(side->leg, first ? sip->sip_record_route : NULL,
			       target, first);
	side->answered = true;
	msg_destroy(msg);
}

/**
 * side_reply() - answer a party's request
 * @side: the party
 * @irq: its request; void after a final answer other than a 2xx to INVITE
 * @status: the status
 * @phrase: reason phrase, NULL: the customary one
 * @from: the response that is being relayed, NULL: our own
 * @sdp: description to send, or NULL
 *
 * Return: 0, -1 without memory.
 */
int side_reply(struct side *side, nta_incoming_t *irq, int status,
	       const char *phrase, const sip_t *from, const char *sdp)
{
	msg_t *msg = nta_msg_create(side->realm->agent, 0);
	int ret = -1;

	if (!phrase)
		phrase = sip_status_phrase(status);
	if (!msg)
		return -1;
	if (!(status < 300 && add_common(side, msg)) &&
	    !(from && sip_headers_pass(msg, from)) &&
	    !(from && status >= 300 && status < 400 && from->sip_contact &&
	      sip_add_dup(msg, sip_object(msg),
			  (const sip_header_t *)from->sip_contact)) &&
	    !(sdp && sip_body_set(msg, "application/sdp", sdp, strlen(sdp))) &&
	    !nta_incoming_complete_response(irq, msg, status,
					    phrase ? phrase : "Unknown",
					    TAG_END()))
		ret = nta_incoming_mreply(irq, msg) < 0 ? -1 : 0;
	else
		msg_destroy(msg);
	return ret;
}

/* a request in one of our dialogs; nta's callback */
int side_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq,
		 const sip_t *sip)
{
	return dialog_request(magic, irq, sip);
}
