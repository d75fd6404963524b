// SPDX-License-Identifier: GPL-2.0
/* Requests inside of a call: BYE ends it, the others go to the other side. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sofia/strict.h"
#include "private.h"

static unsigned int index_of(const struct side *side)
{
	return side - side->call->side;
}

static int refuse(struct side *side, nta_incoming_t *irq, int status,
		  const char *phrase)
{
	call_log(side->call, LOG_LEVEL_INFO, side, "its %s is refused with %d %s",
		 nta_incoming_method_name(irq), status,
		 phrase ? phrase : sip_status_phrase(status));
	sip_refuse(irq, status, phrase, SIPTAG_ALLOW_STR(SIP_ALLOW),
		   TAG_IF(status == 415,
			  SIPTAG_ACCEPT_STR("application/sdp")),
		   /* RFC 3261 section 14.2: between 0 and 10 seconds */
		   TAG_IF(status == 500, SIPTAG_RETRY_AFTER_STR("3")),
		   TAG_END());
	return 0;
}

static void on_bye(struct side *side, nta_incoming_t *irq)
{
	struct call *call = side->call;
	char reason[CALL_TEXT];

	snprintf(reason, sizeof(reason), "%s hung up", side->name);
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_SERVER_STR("rtplane"),
			    TAG_END());
	nta_incoming_destroy(irq);
	/* whoever hangs up will not acknowledge any more */
	side->unacked = false;
	side->bye_wanted = false;
	if (call->state == CALL_OVER) {
		struct relay *relay = relay_invite(call);

		if (relay && !relay->orq)
			relay_free(relay);
		side_close(side);
		call_settle(call);
		return;
	}
	if (call->state == CALL_SETUP) {
		struct relay *relay = relay_invite(call);

		if (relay && relay->irq)
			side_reply(side, relay->irq, 487, NULL, NULL, NULL);
	}
	side_close(side);
	call_over(call, reason);
}

/* who asks first goes first: RFC 3261 section 14.2, RFC 3311 section 5.2 */
static int is_in_the_way(struct side *side, sip_method_t method)
{
	struct call *call = side->call;
	const struct relay *relay;

	LIST_FOREACH(relay, &call->relays, entry) {
		if (relay->method != sip_method_invite &&
		    relay->method != sip_method_update)
			continue;
		if (relay->from == index_of(side) && !relay->answered)
			return 500;
		return 491;
	}
	return call->offer.body ? 491 : 0;
}

/* the offer of a re-INVITE or UPDATE; 0, or the status to refuse it with */
static int take_offer(struct side *side, struct relay *relay,
		      const sip_t *sip, char **sdp)
{
	struct call *call = side->call;
	struct dp_err err = { 0 };
	struct sdp_body *body;
	char why[160];
	int ret;

	*sdp = NULL;
	relay->offer_in_request = sip_has_sdp(sip);
	if (relay->offer_in_request != 1)
		return 0;
	body = sdp_body_parse(sip->sip_payload->pl_data,
			      sip->sip_payload->pl_len, why);
	if (!body) {
		call_log(call, LOG_LEVEL_INFO, side,
			 "its session description: %s", why);
		return 488;
	}
	ret = media_offer(call, index_of(side), body, &err);
	if (ret) {
		call_log(call, LOG_LEVEL_WARNING, side, "its offer: %s",
			 err.text);
		call->calls->counters.no_ports += ret == -ENOSPC;
		return ret == -EPROTO || ret == -EAFNOSUPPORT ? 488 : 503;
	}
	*sdp = media_rewrite(call, !index_of(side), call->offer.body);
	if (*sdp)
		return 0;
	media_offer_failed(call);
	return 500;
}

/* a target refresh request tells where its sender is now */
static void refresh(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	msg_t *msg = nta_incoming_getrequest(irq);
	const sip_contact_t *contact = sip->sip_contact;

	sip_source(msg, &side->source);
	/* behind a proxy the source is not the party's */
	if (side->realm->conf->latch.nat != CONFIG_NAT_OFF && !side->routed)
		contact = sip_contact_fixed(msg_home(msg), contact,
					    &side->source);
	if (contact && !side->routed)
		side_hop(side, NULL, contact);
	if (contact)
		nta_leg_server_route(side->leg, NULL, contact);
	msg_destroy(msg);
}

static int relay_on(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	sip_method_t method = sip->sip_request->rq_method;
	struct call *call = side->call;
	unsigned int from = index_of(side);
	bool session = method != sip_method_info;
	struct relay *relay;
	char *sdp = NULL;
	int status = 0;

	relay = relay_new(call, from, irq, method);
	if (!relay)
		return 500;
	if (session) {
		refresh(side, irq, sip);
		status = take_offer(side, relay, sip, &sdp);
	}
	if (!status) {
		relay->orq = side_send(&call->side[!from], relay_response,
				       relay, method,
				       sip->sip_request->rq_method_name, NULL,
				       NULL, sip, sdp);
		if (!relay->orq)
			status = 500;
	}
	media_text_free(sdp);
	if (!status)
		return 0;
	if (session && relay->offer_in_request == 1)
		media_offer_failed(call);
	relay->irq = NULL;
	relay_free(relay);
	return refuse(side, irq, status, NULL);
}

static int on_session(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	sip_method_t method = sip->sip_request->rq_method;
	int status;

	if (side->call->state != CALL_UP)
		return refuse(side, irq, SIP_491_REQUEST_PENDING);
	if (sip->sip_max_forwards && !sip->sip_max_forwards->mf_count)
		return refuse(side, irq, SIP_483_TOO_MANY_HOPS);
	if (sip_has_sdp(sip) < 0)
		return refuse(side, irq, SIP_415_UNSUPPORTED_MEDIA);
	if (sip->sip_contact ? !sip_url_is_usable(sip->sip_contact->m_url) :
	    method == sip_method_invite)
		return refuse(side, irq, 400, "Bad Contact");
	status = is_in_the_way(side, method);
	if (status)
		return refuse(side, irq, status, NULL);
	if (method == sip_method_invite)
		nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
	return relay_on(side, irq, sip);
}

static int on_info(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	if (side->call->state != CALL_UP)
		return refuse(side, irq, SIP_491_REQUEST_PENDING);
	if (sip->sip_max_forwards && !sip->sip_max_forwards->mf_count)
		return refuse(side, irq, SIP_483_TOO_MANY_HOPS);
	return relay_on(side, irq, sip);
}

static int on_options(nta_incoming_t *irq)
{
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_SERVER_STR("rtplane"),
			    SIPTAG_ALLOW_STR(SIP_ALLOW),
			    SIPTAG_ACCEPT_STR("application/sdp"),
			    SIPTAG_SUPPORTED_STR(SIP_SUPPORTED), TAG_END());
	nta_incoming_destroy(irq);
	return 0;
}

int dialog_request(struct side *side, nta_incoming_t *irq, const sip_t *sip)
{
	sip_method_t method = sip->sip_request->rq_method;
	const char *phrase;
	int status;

	if (method == sip_method_ack) {
		/* nta gives the ACK of a known INVITE to relay_ack() */
		nta_incoming_destroy(irq);
		return 0;
	}
	status = sip_strict_check(sip, &phrase);
	if (status)
		return refuse(side, irq, status, phrase);
	if (side->call->state == CALL_OVER && method != sip_method_bye)
		return 481;
	switch (method) {
	case sip_method_bye:
		on_bye(side, irq);
		return 0;
	case sip_method_invite:
	case sip_method_update:
		return on_session(side, irq, sip);
	case sip_method_info:
		return on_info(side, irq, sip);
	case sip_method_options:
		return on_options(irq);
	case sip_method_cancel:
		return 481;
	case sip_method_unknown:
		return refuse(side, irq, SIP_501_NOT_IMPLEMENTED);
	default:
		return refuse(side, irq, SIP_405_METHOD_NOT_ALLOWED);
	}
}
