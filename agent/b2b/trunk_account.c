// SPDX-License-Identifier: GPL-2.0
/* Whom we are towards a trunk: its challenges and our answers (RFC 3261 section 22). */
#include <stdlib.h>
#include <string.h>

#include "sip/auth.h"
#include "private.h"

/* for one request: what was kept may be too old, and what is new may be so once more */
#define TRIES_MAX	3

/* bytes of a challenge: our answer repeats it, and a URI, in a line of SIP_MAX_LINE */
#define CHALLENGE_MAX	4096

static enum sip_hdr challenge_of(unsigned int status)
{
	return status == 407 ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE;
}

void b2b_account_forget(struct account *account)
{
	free(account->value);
	free(account->line);
	*account = (struct account){ 0 };
}

/* the value that sip_challenge_best() has chosen, of the strings of the message; NULL: too long */
static char *keep(const struct sip_msg *msg, enum sip_hdr id,
		  const struct sip_challenge *best)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	for (; h; h = sip_msg_after(msg, h))
		if (best->nonce.p >= h->value.p &&
		    best->nonce.p <= h->value.p + h->value.n)
			return h->value.n <= CHALLENGE_MAX ? span_dup(h->value) : NULL;
	return NULL;
}

bool b2b_account_challenged(struct account *account, const struct config_trunk *conf,
			    const struct sip_msg *msg, unsigned int *tries)
{
	enum sip_hdr id = challenge_of(msg->status);
	const struct span any = { NULL, 0 };
	struct sip_challenge best;
	bool fresh;
	char *value;

	if (!conf->user || (msg->status != 401 && msg->status != 407) ||
	    !sip_challenge_best(msg, id, any, &best))
		return false;
	/* the first of a request, or what we said was right but for its age */
	fresh = !*tries || best.stale;
	if (!fresh || ++*tries > TRIES_MAX)
		return false;
	value = keep(msg, id, &best);
	if (!value)
		return false;
	free(account->value);
	account->value = value;
	account->proxy = msg->status == 407;
	account->nc = 0;
	return true;
}

void b2b_account_write(struct account *account, const struct config_trunk *conf,
		       struct sip_writer *w, struct span method, struct span uri,
		       struct span body)
{
	const struct sip_account who = {
		.username = span_of(conf->user), .password = span_of(conf->password),
	};
	struct sip_writer line = { 0 };
	struct sip_challenge c;
	char *text;

	if (!account->value || sip_challenge_read(span_of(account->value), &c))
		return;
	sip_write_credentials(&line, account->proxy ? SIP_HDR_PROXY_AUTHORIZATION :
						      SIP_HDR_AUTHORIZATION,
			      &c, &who, ++account->nc, method, uri, body);
	text = b2b_lines(&line);
	if (text)
		sip_write_block(w, span_of(text));
	/* the one that its ACK has too */
	if (!span_is(method, "INVITE")) {
		free(text);
		return;
	}
	free(account->line);
	account->line = text;
}
