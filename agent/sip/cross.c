// SPDX-License-Identifier: GPL-2.0
#include "sip/auth.h"
#include "sip/cross.h"
#include "sip/hosts.h"

struct row {
	enum sip_cross_rule rule;
	unsigned int kinds;
};

#define SETUP	(SIP_KIND_INVITE | SIP_KIND_OTHER)
#define REQUEST	(SETUP | SIP_KIND_DIALOG | SIP_KIND_END)
#define ANSWER	(SIP_KIND_PROVISIONAL | SIP_KIND_SUCCESS)
#define RESPONSE (ANSWER | SIP_KIND_FAILURE)
#define ALL	(REQUEST | SIP_KIND_ACK | RESPONSE)

/* fields that we do not know */
static const struct row extension = { SIP_CROSS_PASS, ALL };

#define NEVER	{ SIP_CROSS_NEVER, 0 }

static const struct row rows[SIP_HDR_N] = {
	/* the message, its way and its dialog: made anew on each side */
	[SIP_HDR_VIA] = NEVER, [SIP_HDR_FROM] = NEVER, [SIP_HDR_TO] = NEVER,
	[SIP_HDR_CALL_ID] = NEVER, [SIP_HDR_CSEQ] = NEVER,
	[SIP_HDR_MAX_FORWARDS] = NEVER, [SIP_HDR_MAX_BREADTH] = NEVER,
	[SIP_HDR_CONTACT] = NEVER, [SIP_HDR_ROUTE] = NEVER,
	[SIP_HDR_RECORD_ROUTE] = NEVER, [SIP_HDR_PATH] = NEVER,
	[SIP_HDR_SERVICE_ROUTE] = NEVER, [SIP_HDR_FLOW_TIMER] = NEVER,
	[SIP_HDR_TIMESTAMP] = NEVER, [SIP_HDR_RSEQ] = NEVER,
	[SIP_HDR_RACK] = NEVER,
	/* dialogs by names that the other side does not know */
	[SIP_HDR_REPLACES] = NEVER, [SIP_HDR_JOIN] = NEVER,
	[SIP_HDR_TARGET_DIALOG] = NEVER, [SIP_HDR_IN_REPLY_TO] = NEVER,
	[SIP_HDR_REFER_TO] = NEVER,
	[SIP_HDR_REFERRED_BY] = { SIP_CROSS_WITHIN, SETUP | SIP_KIND_DIALOG },
	[SIP_HDR_REFER_SUB] = { SIP_CROSS_PASS, REQUEST | ANSWER },
	/* what both of us can do: what is common to three */
	[SIP_HDR_SUPPORTED] = NEVER, [SIP_HDR_REQUIRE] = NEVER,
	[SIP_HDR_PROXY_REQUIRE] = NEVER, [SIP_HDR_UNSUPPORTED] = NEVER,
	[SIP_HDR_RECV_INFO] = NEVER,
	[SIP_HDR_ALLOW] = NEVER, [SIP_HDR_ALLOW_EVENTS] = NEVER,
	/* session timers are each dialog's own */
	[SIP_HDR_SESSION_EXPIRES] = NEVER, [SIP_HDR_MIN_SE] = NEVER,
	/* these go with the body, which may be another one */
	[SIP_HDR_CONTENT_LENGTH] = NEVER, [SIP_HDR_CONTENT_TYPE] = NEVER,
	[SIP_HDR_CONTENT_ENCODING] = NEVER,
	[SIP_HDR_CONTENT_DISPOSITION] = NEVER,
	[SIP_HDR_CONTENT_LANGUAGE] = NEVER, [SIP_HDR_CONTENT_ID] = NEVER,
	[SIP_HDR_MIME_VERSION] = NEVER,
	/* what the ends want of each other */
	[SIP_HDR_ACCEPT] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_ACCEPT_ENCODING] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_ACCEPT_LANGUAGE] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_ACCEPT_CONTACT] = { SIP_CROSS_PASS, SETUP },
	[SIP_HDR_REJECT_CONTACT] = { SIP_CROSS_PASS, SETUP },
	[SIP_HDR_REQUEST_DISPOSITION] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_EXPIRES] = { SIP_CROSS_PASS,
			      REQUEST | SIP_KIND_SUCCESS },
	[SIP_HDR_MIN_EXPIRES] = { SIP_CROSS_PASS, RESPONSE },
	[SIP_HDR_RETRY_AFTER] = { SIP_CROSS_PASS, SIP_KIND_FAILURE },
	[SIP_HDR_DATE] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_EVENT] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_SUBSCRIPTION_STATE] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_SIP_ETAG] = { SIP_CROSS_PASS, SIP_KIND_SUCCESS },
	[SIP_HDR_SIP_IF_MATCH] = { SIP_CROSS_PASS, SIP_KIND_OTHER },
	[SIP_HDR_REASON] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_SUBJECT] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_PRIORITY] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_ALERT_INFO] = { SIP_CROSS_PASS,
				 SIP_KIND_INVITE | SIP_KIND_DIALOG |
				 SIP_KIND_PROVISIONAL },
	[SIP_HDR_CALL_INFO] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_ERROR_INFO] = { SIP_CROSS_PASS, SIP_KIND_FAILURE },
	[SIP_HDR_REPLY_TO] = { SIP_CROSS_PASS, REQUEST | ANSWER },
	[SIP_HDR_USER_TO_USER] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_SESSION_ID] = { SIP_CROSS_PASS, ALL },
	[SIP_HDR_GEOLOCATION] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_GEOLOCATION_ROUTING] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_INFO_PACKAGE] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_FEATURE_CAPS] = { SIP_CROSS_PASS, ALL },
	/*
	 * Digest between the ends: the realm is that of the one who asks, and
	 * what answers it can be checked by him alone.
	 */
	[SIP_HDR_AUTHORIZATION] = { SIP_CROSS_PASS, REQUEST | SIP_KIND_ACK },
	[SIP_HDR_PROXY_AUTHORIZATION] = { SIP_CROSS_PASS,
					  REQUEST | SIP_KIND_ACK },
	[SIP_HDR_WWW_AUTHENTICATE] = { SIP_CROSS_PASS, SIP_KIND_FAILURE },
	[SIP_HDR_PROXY_AUTHENTICATE] = { SIP_CROSS_PASS, SIP_KIND_FAILURE },
	[SIP_HDR_AUTHENTICATION_INFO] = { SIP_CROSS_PASS, SIP_KIND_SUCCESS },
	[SIP_HDR_PROXY_AUTHENTICATION_INFO] = { SIP_CROSS_PASS,
						SIP_KIND_SUCCESS },
	/* agreed with one neighbour (RFC 3329) */
	[SIP_HDR_SECURITY_CLIENT] = NEVER, [SIP_HDR_SECURITY_SERVER] = NEVER,
	[SIP_HDR_SECURITY_VERIFY] = NEVER,
	/* signed by whoever asserts it: worth the same everywhere (RFC 8224) */
	[SIP_HDR_IDENTITY] = { SIP_CROSS_PASS, REQUEST },
	[SIP_HDR_IDENTITY_INFO] = { SIP_CROSS_PASS, REQUEST },
	/*
	 * RFC 3325: a preferred identity is a wish to the first trusted proxy,
	 * which is us.  Privacy is a wish of the caller's that the trusted side
	 * has to know; whoever is not trusted has nothing to do for it.
	 */
	[SIP_HDR_P_ASSERTED_IDENTITY] = { SIP_CROSS_ASSERTED, ALL },
	[SIP_HDR_P_PREFERRED_IDENTITY] = NEVER,
	[SIP_HDR_REMOTE_PARTY_ID] = { SIP_CROSS_ASSERTED, ALL },
	[SIP_HDR_PRIVACY] = { SIP_CROSS_TO_TRUSTED, ALL },
	[SIP_HDR_DIVERSION] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_HISTORY_INFO] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_CALLED_PARTY_ID] = { SIP_CROSS_WITHIN, REQUEST },
	[SIP_HDR_P_ASSOCIATED_URI] = { SIP_CROSS_FROM_TRUSTED,
				       SIP_KIND_SUCCESS },
	[SIP_HDR_P_ACCESS_NETWORK_INFO] = { SIP_CROSS_TO_TRUSTED, ALL },
	[SIP_HDR_P_VISITED_NETWORK_ID] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_CHARGING_VECTOR] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_CHARGING_FUNCTION_ADDRESSES] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_CHARGE_INFO] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_SERVED_USER] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_USER_DATABASE] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_PROFILE_KEY] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_ASSERTED_SERVICE] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_PREFERRED_SERVICE] = NEVER,
	[SIP_HDR_P_PRIVATE_NETWORK_INDICATION] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_MEDIA_AUTHORIZATION] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_P_EARLY_MEDIA] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_ATTESTATION_INFO] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_ORIGINATION_ID] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_RELAYED_CHARGE] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_CELLULAR_NETWORK_INFO] = { SIP_CROSS_TO_TRUSTED, ALL },
	/* what tells of products, hosts and addresses of a network */
	[SIP_HDR_USER_AGENT] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_SERVER] = { SIP_CROSS_WITHIN, RESPONSE },
	[SIP_HDR_ORGANIZATION] = { SIP_CROSS_WITHIN, ALL },
	[SIP_HDR_WARNING] = { SIP_CROSS_WITHIN, RESPONSE },
	/* what makes a phone or a switch do something that not all may ask for */
	[SIP_HDR_RESOURCE_PRIORITY] = { SIP_CROSS_FROM_TRUSTED, REQUEST },
	[SIP_HDR_ACCEPT_RESOURCE_PRIORITY] = { SIP_CROSS_FROM_TRUSTED,
					       RESPONSE },
	[SIP_HDR_ANSWER_MODE] = { SIP_CROSS_FROM_TRUSTED, ALL },
	[SIP_HDR_PRIV_ANSWER_MODE] = { SIP_CROSS_FROM_TRUSTED, ALL },
};

enum sip_cross_rule sip_cross_rule(enum sip_hdr id)
{
	if (id == SIP_HDR_OTHER)
		return extension.rule;
	return id < SIP_HDR_N ? rows[id].rule : SIP_CROSS_UNSET;
}

enum sip_cross_kind sip_cross_kind(const struct sip_msg *msg)
{
	if (!msg->request)
		return msg->status < 200 ? SIP_KIND_PROVISIONAL :
		       msg->status < 300 ? SIP_KIND_SUCCESS : SIP_KIND_FAILURE;
	switch (msg->method) {
	case SIP_BYE:
	case SIP_CANCEL:
		return SIP_KIND_END;
	case SIP_ACK:
	case SIP_PRACK:
		return SIP_KIND_ACK;
	default:
		break;
	}
	if (msg->to.tag.n)
		return SIP_KIND_DIALOG;
	return msg->method == SIP_INVITE ? SIP_KIND_INVITE : SIP_KIND_OTHER;
}

bool sip_cross_wants_privacy(const struct sip_msg *msg)
{
	const struct sip_header *h;
	struct span rest, word;

	for (h = sip_msg_first(msg, SIP_HDR_PRIVACY); h; h = sip_msg_after(msg, h))
		for (rest = h->value; rest.p;) {
			word = span_cut(&rest, ';');
			while (word.p) {	/* RFC 3323 has ";", phones "," */
				struct span one = span_trim(span_cut(&word, ','));

				if (span_iscase(one, "id") ||
				    span_iscase(one, "user") ||
				    span_iscase(one, "header"))
					return true;
			}
		}
	return false;
}

/* Remote-Party-ID carries its wish with it: ;privacy=full (and name, uri) */
static bool wants_privacy(const struct sip_msg *msg, const struct sip_header *h)
{
	struct sip_addr addr;
	struct span value;

	if (sip_cross_wants_privacy(msg))
		return true;
	if (h->id != SIP_HDR_REMOTE_PARTY_ID)
		return false;
	return sip_addr_read(h->value, &addr) ||
	       (sip_param(addr.params, "privacy", &value) &&
		!span_iscase(value, "off"));
}

static bool is_held(const struct sip_header *h, const struct sip_cross *cross)
{
	const char *const *hold;

	for (hold = cross->hold; hold && *hold; hold++)
		if (h->id != SIP_HDR_OTHER ?
		    h->id == sip_hdr_lookup(span_of(*hold)) :
		    span_iscase(h->name, *hold))
			return true;
	return false;
}

/* a password that we have asked for is nobody else's */
static bool is_for_us(const struct sip_header *h, const struct sip_cross *cross)
{
	const char *const *own = cross->own;
	struct sip_credentials c;

	if (!own || (h->id != SIP_HDR_AUTHORIZATION &&
		     h->id != SIP_HDR_PROXY_AUTHORIZATION))
		return false;
	if (sip_credentials_read(h->value, &c))
		return true;
	for (; *own; own++)
		if (span_is(c.realm, *own))
			return true;
	return false;
}

static bool rule_holds(const struct sip_msg *msg, const struct sip_header *h,
		       enum sip_cross_rule rule, const struct sip_cross *cross)
{
	switch (rule) {
	case SIP_CROSS_PASS:
		return true;
	case SIP_CROSS_FROM_TRUSTED:
		return cross->from_trusted;
	case SIP_CROSS_TO_TRUSTED:
		return cross->to_trusted;
	case SIP_CROSS_WITHIN:
		return cross->from_trusted && cross->to_trusted;
	case SIP_CROSS_ASSERTED:
		return cross->from_trusted &&
		       (cross->to_trusted || !wants_privacy(msg, h));
	case SIP_CROSS_UNSET:
	case SIP_CROSS_NEVER:
		break;
	}
	return false;
}

bool sip_cross_may(const struct sip_msg *msg, const struct sip_header *h,
		   const struct sip_cross *cross)
{
	const struct row *row = h->id == SIP_HDR_OTHER ? &extension : &rows[h->id];

	if (h->id == SIP_HDR_OTHER && cross->no_extensions)
		return false;
	/* it would take us out of service, and he who says it is not us */
	if (h->id == SIP_HDR_RETRY_AFTER && msg->status == 503)
		return false;
	return (row->kinds & (unsigned int)sip_cross_kind(msg)) &&
	       rule_holds(msg, h, row->rule, cross) && !is_held(h, cross) &&
	       !is_for_us(h, cross);
}

/* a word less would make it worth nothing to who checks it */
static bool is_sealed(enum sip_hdr id)
{
	switch (id) {
	case SIP_HDR_AUTHORIZATION:
	case SIP_HDR_PROXY_AUTHORIZATION:
	case SIP_HDR_WWW_AUTHENTICATE:
	case SIP_HDR_PROXY_AUTHENTICATE:
	case SIP_HDR_AUTHENTICATION_INFO:
	case SIP_HDR_PROXY_AUTHENTICATION_INFO:
	case SIP_HDR_IDENTITY:
	case SIP_HDR_IDENTITY_INFO:
		return true;
	default:
		return false;
	}
}

/* somebody, as a URI: he is worth more than the host that he is at */
static bool is_somebody(enum sip_hdr id)
{
	switch (id) {
	case SIP_HDR_P_ASSERTED_IDENTITY:
	case SIP_HDR_REMOTE_PARTY_ID:
	case SIP_HDR_REPLY_TO:
	case SIP_HDR_REFERRED_BY:
	case SIP_HDR_DIVERSION:
	case SIP_HDR_HISTORY_INFO:
		return true;
	default:
		return false;
	}
}

/* without hosts of the network that it comes from */
static void copy_hidden(struct sip_writer *w, const struct sip_header *h,
			const struct sip_hosts *hosts, const char *instead)
{
	if (is_sealed(h->id) || !sip_hosts_find(hosts, h->value).p) {
		sip_write_field(w, h);
	} else if (is_somebody(h->id)) {
		sip_write_begin(w, h->id);
		sip_hosts_replace(hosts, w, h->value, span_of(instead));
		sip_write_crlf(w);
	}
}

void sip_cross_copy(struct sip_writer *w, const struct sip_msg *from,
		    const struct sip_cross *cross)
{
	struct sip_hosts hosts;
	unsigned int i;

	if (cross->instead)
		sip_hosts_read(from, &hosts);
	for (i = 0; i < from->n_headers; i++) {
		if (!sip_cross_may(from, &from->header[i], cross))
			continue;
		if (cross->instead)
			copy_hidden(w, &from->header[i], &hosts, cross->instead);
		else
			sip_write_field(w, &from->header[i]);
	}
}
