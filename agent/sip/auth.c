// SPDX-License-Identifier: GPL-2.0
/* What challenges and credentials say, and how they are written. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "sip/auth.h"

static const char *const algorithms[] = {
	[SIP_MD5] = "MD5", [SIP_MD5_SESS] = "MD5-sess",
	[SIP_SHA256] = "SHA-256", [SIP_SHA256_SESS] = "SHA-256-sess",
	[SIP_SHA512_256] = "SHA-512-256",
	[SIP_SHA512_256_SESS] = "SHA-512-256-sess",
};

enum sip_algorithm sip_algorithm_lookup(struct span name)
{
	unsigned int i;

	if (!name.p)
		return SIP_MD5;
	for (i = SIP_MD5; i <= SIP_SHA512_256_SESS; i++)
		if (span_iscase(name, algorithms[i]))
			return (enum sip_algorithm)i;
	return SIP_ALGORITHM_OTHER;
}

struct span sip_algorithm_text(enum sip_algorithm algorithm)
{
	return algorithm >= SIP_MD5 && algorithm <= SIP_SHA512_256_SESS ?
		span_of(algorithms[algorithm]) : SPAN("");
}

/* what stands between quotes, as it stands: that is what both ends hash */
static struct span between_quotes(struct span s)
{
	if (s.n >= 2 && *s.p == '"' && s.p[s.n - 1] == '"')
		return span_from(s.p + 1, s.p + s.n - 1);
	return s;
}

/* "Digest " and then the parameters; false with another scheme */
static bool is_digest(struct span *value)
{
	struct span s = span_trim(*value);

	if (s.n < 7 || !span_iscase((struct span){ s.p, 6 }, "Digest") ||
	    !span_is_blank(s.p[6]))
		return false;
	*value = span_skip(s, 7);
	return true;
}

static bool next_param(struct span *rest, struct span *name, struct span *value)
{
	struct span item;

	if (!sip_list_next(rest, &item))
		return false;
	*name = span_trim(span_cut(&item, '='));
	*value = item.p ? between_quotes(span_trim(item)) : item;
	return true;
}

static void read_qops(struct span list, struct sip_challenge *c)
{
	struct span item;

	c->has_qop = true;
	while (sip_list_next(&list, &item)) {
		c->qop_auth |= span_iscase(item, "auth");
		c->qop_auth_int |= span_iscase(item, "auth-int");
	}
}

const char *sip_challenge_read(struct span value, struct sip_challenge *c)
{
	struct span name, v;

	memset(c, 0, sizeof(*c));
	if (!is_digest(&value))
		return "it is no Digest";
	while (next_param(&value, &name, &v)) {
		if (span_iscase(name, "realm"))
			c->realm = v;
		else if (span_iscase(name, "nonce"))
			c->nonce = v;
		else if (span_iscase(name, "opaque"))
			c->opaque = v;
		else if (span_iscase(name, "algorithm"))
			c->algorithm_text = v;
		else if (span_iscase(name, "qop"))
			read_qops(v, c);
		else if (span_iscase(name, "stale"))
			c->stale = span_iscase(v, "true");
	}
	c->algorithm = sip_algorithm_lookup(c->algorithm_text);
	if (!c->realm.p || !c->nonce.n)
		return "it has no realm or no nonce";
	if (c->algorithm == SIP_ALGORITHM_OTHER)
		return "its algorithm is none of ours";
	if (c->has_qop && !c->qop_auth && !c->qop_auth_int)
		return "its qop is none of ours";
	return NULL;
}

bool sip_challenge_best(const struct sip_msg *msg, enum sip_hdr id,
			struct span realm, struct sip_challenge *c)
{
	const struct sip_header *h;
	struct sip_challenge one;
	bool found = false;

	for (h = sip_msg_first(msg, id); h; h = sip_msg_after(msg, h)) {
		if (sip_challenge_read(h->value, &one) ||
		    (realm.p && !span_eq(realm, one.realm)))
			continue;
		/* the order of the enumeration is that of strength */
		if (!found || (one.algorithm + 1) / 2 > (c->algorithm + 1) / 2)
			*c = one;
		found = true;
	}
	return found;
}

static bool is_hex(struct span s, size_t n)
{
	size_t i;

	if (s.n != n)
		return false;
	for (i = 0; i < n; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]) || !s.p[i])
			return false;
	return true;
}

static enum sip_qop qop_of(struct span text)
{
	if (!text.p)
		return SIP_QOP_NONE;
	if (span_iscase(text, "auth"))
		return SIP_QOP_AUTH;
	return span_iscase(text, "auth-int") ? SIP_QOP_AUTH_INT : SIP_QOP_OTHER;
}

static const char *check_credentials(struct sip_credentials *c)
{
	char nc[9];

	if (!c->username.p || !c->realm.p || !c->nonce.p || !c->uri.n ||
	    !c->response.n)
		return "username, realm, nonce, uri or response is not there";
	if (c->algorithm == SIP_ALGORITHM_OTHER)
		return "the algorithm is none of ours";
	c->qop = qop_of(c->qop_text);
	if (c->qop == SIP_QOP_OTHER)
		return "the qop is none of ours";
	if (c->qop == SIP_QOP_NONE)
		return NULL;
	if (!c->cnonce.n || !is_hex(c->nc_text, 8))
		return "there is a qop and no cnonce or no nc of eight digits";
	span_str(c->nc_text, nc, sizeof(nc));
	c->nc = (uint32_t)strtoul(nc, NULL, 16);
	return NULL;
}

const char *sip_credentials_read(struct span value, struct sip_credentials *c)
{
	struct span name, v, algorithm = { NULL, 0 };

	memset(c, 0, sizeof(*c));
	if (!is_digest(&value))
		return "it is no Digest";
	while (next_param(&value, &name, &v)) {
		if (span_iscase(name, "username"))
			c->username = v;
		else if (span_iscase(name, "realm"))
			c->realm = v;
		else if (span_iscase(name, "nonce"))
			c->nonce = v;
		else if (span_iscase(name, "uri"))
			c->uri = v;
		else if (span_iscase(name, "response"))
			c->response = v;
		else if (span_iscase(name, "cnonce"))
			c->cnonce = v;
		else if (span_iscase(name, "nc"))
			c->nc_text = v;
		else if (span_iscase(name, "qop"))
			c->qop_text = v;
		else if (span_iscase(name, "opaque"))
			c->opaque = v;
		else if (span_iscase(name, "algorithm"))
			algorithm = v;
		else if (span_iscase(name, "userhash"))
			c->userhash = span_iscase(v, "true");
	}
	c->algorithm = sip_algorithm_lookup(algorithm);
	return check_credentials(c);
}

int sip_credentials_of(const struct sip_msg *msg, enum sip_hdr id,
		       struct span realm, struct sip_credentials *c)
{
	const struct sip_header *h;
	struct span scheme;
	int result = 0;

	for (h = sip_msg_first(msg, id); h; h = sip_msg_after(msg, h)) {
		scheme = h->value;
		if (!is_digest(&scheme))
			continue;
		if (sip_credentials_read(h->value, c))
			result = -EBADMSG;
		else if (span_eq(c->realm, realm))
			return 1;
	}
	return result;
}

/* ------------------------------------------------------------------ writing */

/* @s stood in quotes, or is made fit to */
static void put_quoted(struct sip_writer *w, const char *before, struct span s)
{
	sip_write_text(w, span_of(before));
	sip_write_text(w, SPAN("\""));
	sip_write_text(w, s);
	sip_write_text(w, SPAN("\""));
}

static bool has_quote(struct span s)
{
	return span_chr(s, '"') || span_chr(s, '\\');
}

static bool random_hex(char *hex, size_t bytes)
{
	unsigned char raw[32];
	size_t i;

	if (bytes > sizeof(raw) || getrandom(raw, bytes, 0) != (ssize_t)bytes)
		return false;
	for (i = 0; i < bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return true;
}

static void put_credentials(struct sip_writer *w, const struct sip_challenge *c,
			    const struct sip_account *account,
			    const struct sip_digest *d, const char *response)
{
	sip_write_text(w, SPAN("Digest "));
	put_quoted(w, "username=", account->username);
	put_quoted(w, ",realm=", c->realm);
	put_quoted(w, ",nonce=", c->nonce);
	put_quoted(w, ",uri=", d->uri);
	put_quoted(w, ",response=", span_of(response));
	if (c->algorithm_text.p) {
		sip_write_text(w, SPAN(",algorithm="));
		sip_write_text(w, sip_algorithm_text(c->algorithm));
	}
	if (d->qop != SIP_QOP_NONE) {
		put_quoted(w, ",cnonce=", d->cnonce);
		sip_write_text(w, SPAN(",qop="));
		sip_write_text(w, d->qop_text);
		sip_write_text(w, SPAN(",nc="));
		sip_write_text(w, d->nc);
	}
	if (c->opaque.p)
		put_quoted(w, ",opaque=", c->opaque);
}

bool sip_write_credentials(struct sip_writer *w, enum sip_hdr id,
			   const struct sip_challenge *c,
			   const struct sip_account *account, uint32_t nc,
			   struct span method, struct span uri, struct span body)
{
	char ha1[SIP_DIGEST_LEN], response[SIP_DIGEST_LEN], cnonce[33], count[9];
	struct sip_digest d = {
		.algorithm = c->algorithm, .ha1 = ha1, .nonce = c->nonce,
		.method = method, .uri = uri, .body = body,
	};

	if (has_quote(account->username) || has_quote(uri) ||
	    !random_hex(cnonce, 16) ||
	    !sip_digest_user(c->algorithm, account->username, c->realm,
			     account->password, ha1))
		return false;
	snprintf(count, sizeof(count), "%08x", nc);
	d.cnonce = span_of(cnonce);
	d.nc = span_of(count);
	if (c->has_qop) {
		d.qop = c->qop_auth ? SIP_QOP_AUTH : SIP_QOP_AUTH_INT;
		d.qop_text = c->qop_auth ? SPAN("auth") : SPAN("auth-int");
	}
	if (!sip_digest_make(&d, response))
		return false;
	sip_write_begin(w, id);
	put_credentials(w, c, account, &d, response);
	sip_write_crlf(w);
	return true;
}

void sip_write_challenge(struct sip_writer *w, enum sip_hdr id,
			 enum sip_algorithm algorithm, struct span realm,
			 struct span nonce, bool stale)
{
	if (has_quote(realm) || has_quote(nonce))
		w->failed = true;
	sip_write_begin(w, id);
	sip_write_text(w, SPAN("Digest "));
	put_quoted(w, "realm=", realm);
	put_quoted(w, ",nonce=", nonce);
	sip_write_text(w, SPAN(",algorithm="));
	sip_write_text(w, sip_algorithm_text(algorithm));
	/* auth alone: what is between may touch a body */
	put_quoted(w, ",qop=", SPAN("auth"));
	if (stale)
		sip_write_text(w, SPAN(",stale=true"));
	sip_write_crlf(w);
}
