// SPDX-License-Identifier: GPL-2.0
/* An INVITE becomes a call: checks, route, offer, the INVITE of the other side. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "private.h"

static void text_of(const url_t *url, char *buf, size_t len)
{
	snprintf(buf, len, URL_PRINT_FORMAT, URL_PRINT_ARGS(url));
}

/*
 * Each hop through us is a new dialog, so that RFC 3261's loop detection sees
 * nothing.  What it would see: our own Via, of a call that came in by the same
 * realm with the same request URI.  A request that comes back changed is a
 * spiral and goes on until Max-Forwards.
 */
static bool is_loop(const struct calls *calls, const struct sip_realm *realm,
		    const sip_t *sip)
{
	const struct relay *relay;
	const struct call *call;
	char uri[CALL_TEXT];
	const sip_via_t *via;

	for (via = sip->sip_via; via; via = via->v_next)
		if (sip_is_ours(calls->stack, via))
			break;
	if (!via || !via->v_branch)
		return false;
	text_of(sip->sip_request->rq_url, uri, sizeof(uri));
	TAILQ_FOREACH(call, &calls->active, entry) {
		if (call->in_realm != realm->conf ||
		    strcmp(call->request_uri, uri))
			continue;
		relay = relay_invite((struct call *)call);
		if (relay && relay->orq &&
		    nta_outgoing_branch(relay->orq) &&
		    !strcmp(nta_outgoing_branch(relay->orq), via->v_branch))
			return true;
	}
	return false;
}

static int refuse(struct calls *calls, nta_incoming_t *irq, int status,
		  const char *phrase, const char *warning)
{
	const char *text = NULL;
	su_home_t home[1] = { SU_HOME_INIT(home) };

	su_home_init(home);
	if (warning)
		text = su_sprintf(home, "399 rtplane \"%s\"", warning);
	log_info("INVITE refused with %d%s%s%s%s", status, phrase ? " " : "",
		 phrase ? phrase : "", warning ? ": " : "",
		 warning ? warning : "");
	sip_refuse(irq, status, phrase, TAG_IF(text, SIPTAG_WARNING_STR(text)),
		   TAG_IF(status == 415,
			  SIPTAG_ACCEPT_STR("application/sdp")), TAG_END());
	su_home_deinit(home);
	return 0;
}

static int unavailable(nta_incoming_t *irq, unsigned int retry,
		       const char *why)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", retry);
	log_warning("INVITE refused with 503: %s; retry after %u s", why,
		    retry);
	sip_refuse(irq, SIP_503_SERVICE_UNAVAILABLE,
		   SIPTAG_RETRY_AFTER_STR(text), TAG_END());
	return 0;
}

/* may an INVITE become a call?  If not it has been answered. */
static bool admit(struct calls *calls, struct sip_realm *realm,
		  nta_incoming_t *irq, const sip_t *sip)
{
	struct counters *c = &calls->counters;

	if (calls->draining) {
		c->draining++;
		unavailable(irq, calls->config->drain, "the agent is draining");
	} else if (sip->sip_max_forwards && !sip->sip_max_forwards->mf_count) {
		c->loops++;
		refuse(calls, irq, SIP_483_TOO_MANY_HOPS, NULL);
	} else if (is_loop(calls, realm, sip)) {
		c->loops++;
		refuse(calls, irq, SIP_482_LOOP_DETECTED, NULL);
	} else if (!sip->sip_contact || sip->sip_contact->m_next ||
		   !sip_url_is_usable(sip->sip_contact->m_url)) {
		c->refused++;
		refuse(calls, irq, 400, "Bad Contact",
		       "an INVITE has one Contact, a SIP URI with a host");
	} else if (sip_has_sdp(sip) < 0) {
		c->refused++;
		refuse(calls, irq, SIP_415_UNSUPPORTED_MEDIA,
		       "application/sdp is what is understood");
	} else {
		return true;
	}
	return false;
}

/*
 * The offer of an INVITE.  On failure the call is over and the INVITE answered.
 */
static bool take_offer(struct call *call, struct relay *relay,
		       const sip_t *sip, char **sdp)
{
	struct counters *c = &call->calls->counters;
	struct dp_err err = { 0 };
	struct sdp_body *body;
	char why[160];
	int ret;

	*sdp = NULL;
	relay->offer_in_request = sip_has_sdp(sip);
	if (relay->offer_in_request != 1)
		return true;
	body = sdp_body_parse(sip->sip_payload->pl_data,
			      sip->sip_payload->pl_len, why);
	ret = body ? media_offer(call, 0, body, &err) : -EPROTO;
	if (!ret) {
		*sdp = media_rewrite(call, 1, call->offer.body);
		if (*sdp)
			return true;
		ret = dp_fail(&err, ENOMEM, "no memory");
	}
	if (ret == -EPROTO || ret == -EAFNOSUPPORT) {
		c->refused++;
		refuse(call->calls, relay->irq, SIP_488_NOT_ACCEPTABLE,
		       body ? err.text : why);
	} else {
		c->no_ports += ret == -ENOSPC;
		c->datapath += ret != -ENOSPC;
		unavailable(relay->irq, media_retry_after(call->calls),
			    err.text);
	}
	relay->irq = NULL;
	call_over(call, body ? err.text : why);
	return false;
}

static bool send_on(struct call *call, struct relay *relay,
		    const struct config_route *route, const sip_t *sip,
		    const char *sdp)
{
	struct side *side = &call->side[1];
	su_home_t home[1] = { SU_HOME_INIT(home) };
	url_t *hop, *uri;

	su_home_init(home);
	hop = url_hdup(home, (const url_t *)route->next_hop);
	uri = route_uri(route, sip->sip_request->rq_url, home);
	if (hop && uri && !side_calling(side, sip, hop, uri))
		relay->orq = side_send(side, relay_response, relay,
				       SIP_METHOD_INVITE, hop, uri, sip, sdp);
	su_home_deinit(home);
	return relay->orq;
}

static void log_new(const struct call *call, const struct config_route *route)
{
	char source[DP_ADDR_STRLEN];

	call_log(call, LOG_LEVEL_INFO, NULL,
		 "%s calls %s, from %s in realm %s to %s in realm %s",
		 call->side[0].uri, call->request_uri,
		 dp_addr_str(&call->side[0].source, source, sizeof(source)),
		 call->side[0].realm->conf->name, route->next_hop,
		 route->to->name);
}

/*
 * From here on the call exists, and every way out goes by call_over().
 * The listener of the other side is needed to know our address there.
 */
static void start(struct call *call, nta_incoming_t *irq, const sip_t *sip,
		  const struct config_route *route)
{
	struct relay *relay = relay_new(call, 0, irq, sip_method_invite);
	su_home_t home[1] = { SU_HOME_INIT(home) };
	char *sdp = NULL;
	url_t *hop;

	if (!relay || side_answering(&call->side[0], irq, sip)) {
		if (!relay)
			nta_incoming_destroy(irq);	/* answers 500 */
		call_over(call, "no memory");
		return;
	}
	relay->initial = true;
	log_new(call, route);
	nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
	su_home_init(home);
	hop = url_hdup(home, (const url_t *)route->next_hop);
	if (hop)
		call->side[1].listener =
			sip_realm_listener_for(call->side[1].realm, hop);
	su_home_deinit(home);
	if (!call->side[1].listener) {
		refuse(call->calls, irq, SIP_500_INTERNAL_SERVER_ERROR,
		       "no listener for the next hop");
		relay->irq = NULL;
		call_over(call, "no listener for the next hop");
		return;
	}
	if (!take_offer(call, relay, sip, &sdp))
		return;
	if (!send_on(call, relay, route, sip, sdp)) {
		refuse(call->calls, irq, SIP_500_INTERNAL_SERVER_ERROR,
		       "the INVITE cannot be sent on");
		relay->irq = NULL;
		call_over(call, "the INVITE cannot be sent on");
	}
	media_text_free(sdp);
}

int calls_request(struct sip_realm *realm, nta_incoming_t *irq,
		  const sip_t *sip, void *arg)
{
	const url_t *url = sip->sip_request->rq_url;
	const struct config_route *route;
	struct calls *calls = arg;
	struct call *call;

	if (!admit(calls, realm, irq, sip))
		return 0;
	route = route_find(calls->config, realm->conf, url);
	if (!route) {
		calls->counters.no_route++;
		return refuse(calls, irq, SIP_404_NOT_FOUND, "no route");
	}
	call = call_new(calls);
	if (!call)
		return 500;
	call->in_realm = realm->conf;
	text_of(url, call->request_uri, sizeof(call->request_uri));
	call->side[0].realm = realm;
	call->side[1].realm = sip_stack_realm(calls->stack, route->to);
	start(call, irq, sip, route);
	return 0;
}
