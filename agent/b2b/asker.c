// SPDX-License-Identifier: GPL-2.0
/*
 * Who phones are: where a realm has a file of users, whatever begins something is asked
 * for a password of one of them (RFC 3261 22, RFC 7616, RFC 8760).  Nothing is kept of who
 * is asked; a password that is wrong is an offence, here and at who is behind us.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ban/ban.h"
#include "sip/auth.h"
#include "sip/cross.h"
#include "private.h"

/**
 * struct asked - a request, and whom it comes from
 * @realm: realm that it came in by
 * @flow: way that it came
 * @msg: the request
 * @name: the realm of digest
 * @about: what a nonce for its sender is made of
 * @now: microseconds
 */
struct asked {
	struct realm *realm;
	struct sip_flow *flow;
	struct sip_msg *msg;
	const char *name;
	char about[DP_ADDR_STRLEN];
	uint64_t now;
};

/* the strongest first, as RFC 8760 wants it */
static const struct {
	enum config_hash hash;
	enum sip_algorithm algorithm;
} algorithms[] = {
	{ CONFIG_SHA512_256, SIP_SHA512_256 },
	{ CONFIG_SHA256, SIP_SHA256 },
	{ CONFIG_MD5, SIP_MD5 },
};

static void begin(struct asked *asked, struct realm *realm, struct sip_flow *flow,
		  struct sip_msg *msg)
{
	const struct sip_addr *who = msg->method == SIP_REGISTER ? &msg->to : &msg->from;
	struct dp_addr host = flow->remote;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	host.port = 0;		/* a NAT may give it another one */
	*asked = (struct asked){
		.realm = realm, .flow = flow, .msg = msg,
		.name = config_users_realm(realm->conf->users, who->uri.host),
		.now = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
	};
	dp_addr_str(&host, asked->about, sizeof(asked->about));
}

/* @stale: the password may be right */
static void challenge(const struct asked *asked, bool stale, const char *why)
{
	const struct config_users *users = asked->realm->conf->users;
	struct b2b *b2b = asked->realm->b2b;
	struct sip_writer w = { 0 };
	char nonce[SIP_NONCE_LEN];
	char *lines = NULL;
	size_t i;

	if (sip_nonces_make(asked->realm->nonces, asked->now, span_of(asked->about), nonce)) {
		for (i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
			if (users->has[algorithms[i].hash])
				sip_write_challenge(&w, SIP_HDR_WWW_AUTHENTICATE,
						    algorithms[i].algorithm,
						    span_of(asked->name),
						    span_of(nonce), stale);
		lines = b2b_lines(&w);
	}
	b2b_invite_refuse(b2b, asked->flow, asked->msg, lines ? 401 : 500, lines, why);
	free(lines);
}

static bool refuse(const struct asked *asked, unsigned int status, const char *why)
{
	b2b_invite_refuse(asked->realm->b2b, asked->flow, asked->msg, status, NULL, why);
	return false;
}

static const char *ha1_of(const struct config_user *user, enum sip_algorithm algorithm)
{
	size_t i;

	for (i = 0; user && i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (algorithms[i].algorithm == algorithm)
			return user->ha1[algorithms[i].hash];
	return NULL;
}

/* RFC 7616 3.4.6: what was meant for another request is worth nothing in this one */
static bool is_its_uri(const struct sip_msg *msg, struct span text)
{
	struct sip_uri uri;

	return span_eq(text, msg->uri.text) ||
	       (!sip_uri_parse(text, &uri) && sip_uri_eq(&uri, &msg->uri));
}

/* a user calls and registers as himself: as USER, or as USER@HOST */
static bool is_himself(const struct asked *asked, struct span name)
{
	const struct sip_uri *uri = asked->msg->method == SIP_REGISTER ?
				    &asked->msg->to.uri : &asked->msg->from.uri;
	struct span user = span_cut(&name, '@');

	return span_eq(user, uri->user) && (!name.p || sip_host_eq(name, uri->host));
}

/*
 * Of many behind the same NAT one may have it wrong: so nobody's address counts as proven
 * here, and where others have registered nobody is banned.
 */
void b2b_asker_guess(struct b2b *b2b, const struct dp_addr *source)
{
	bans_offence(b2b->bans, source, BAN_DIGEST, 1, false);
}

static bool wrong(const struct asked *asked)
{
	b2b_asker_guess(asked->realm->b2b, &asked->flow->remote);
	challenge(asked, false, "the password is wrong");
	return false;
}

static bool judge(const struct asked *asked, const struct sip_credentials *c)
{
	const struct config_user *user;
	const char *ha1;

	if (c->qop == SIP_QOP_AUTH_INT)
		return refuse(asked, 400, "a qop that was not offered");
	/* whether its password is right nobody learns by a nonce that is none of ours */
	if (!sip_nonces_good(asked->realm->nonces, asked->now, span_of(asked->about),
			     c->nonce)) {
		challenge(asked, true, NULL);
		return false;
	}
	if (!is_its_uri(asked->msg, c->uri))
		return refuse(asked, 400, "credentials for another request URI");
	user = config_users_find(asked->realm->conf->users, span_of(asked->name),
				 c->username);
	ha1 = ha1_of(user, c->algorithm);
	if (!ha1 || !sip_credentials_verify(c, ha1, asked->msg->method_text,
					    (struct span){ NULL, 0 }))
		return wrong(asked);
	if (!sip_nonces_use(asked->realm->nonces, asked->now, c->nonce,
			    c->qop == SIP_QOP_NONE ? 1 : c->nc)) {
		challenge(asked, true, NULL);
		return false;
	}
	return is_himself(asked, c->username) ||
	       refuse(asked, 403, "a password of somebody else");
}

bool b2b_asker_knows(struct realm *realm, struct sip_flow *flow, struct sip_msg *msg)
{
	struct sip_credentials c;
	struct asked asked;

	/* no other is sent on out of a dialog; peers are known by their addresses */
	if (!realm->conf->users || msg->method == SIP_OPTIONS || msg->method == SIP_CANCEL ||
	    b2b_realm_knows(realm, &flow->remote))
		return true;
	begin(&asked, realm, flow, msg);
	switch (sip_credentials_of(msg, SIP_HDR_AUTHORIZATION, span_of(asked.name), &c)) {
	case 1:
		return judge(&asked, &c);
	case 0:
		challenge(&asked, false, NULL);
		return false;
	default:
		return refuse(&asked, 400, "credentials that cannot be read");
	}
}

const char *const *b2b_asker_own(const struct realm *realm)
{
	const struct config_users *users = realm->conf->users;

	return users ? (const char *const *)users->realm : NULL;
}

/* --------------------------------------------------------------- who is behind us */

/* is the nonce only too old? */
static bool is_stale(const struct sip_msg *msg)
{
	const struct sip_header *h = sip_msg_first(msg, msg->status == 401 ?
						   SIP_HDR_WWW_AUTHENTICATE :
						   SIP_HDR_PROXY_AUTHENTICATE);
	struct sip_challenge c;

	return h && !sip_challenge_read(h->value, &c) && c.stale;
}

/* did it have credentials that were not for us? */
static bool has_said(const struct realm *realm, const struct sip_msg *msg, enum sip_hdr id)
{
	const struct sip_cross cross = { .own = b2b_asker_own(realm) };
	const struct sip_header *h;

	for (h = sip_msg_first(msg, id); h; h = sip_msg_after(msg, h))
		if (sip_cross_may(msg, h, &cross))
			return true;
	return false;
}

/*
 * It does not take what the phone has answered its challenge with.  403 is said to a REGISTER
 * for its password, to others for a number that they may not call.
 */
bool b2b_asker_is_guess(const struct sip_flow *flow, const struct sip_msg *request,
			const struct sip_msg *response)
{
	const struct realm *realm = b2b_realm_of_flow(flow);

	if (!has_said(realm, request, SIP_HDR_AUTHORIZATION) &&
	    !has_said(realm, request, SIP_HDR_PROXY_AUTHORIZATION))
		return false;
	if (response->status == 403)
		return request->method == SIP_REGISTER;
	return (response->status == 401 || response->status == 407) && !is_stale(response);
}
