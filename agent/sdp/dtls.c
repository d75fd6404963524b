// SPDX-License-Identifier: GPL-2.0
/* RFC 8122 section 5, RFC 4145 section 4, RFC 8842 section 4: fingerprint, setup, tls-id. */
#include <string.h>
#include <sys/random.h>

#include "dtls.h"
#include "private.h"

/* by enum sdp_setup */
static const char *const setups[] = {
	NULL, "active", "passive", "actpass", "holdconn",
};

#define SETUPS	(sizeof(setups) / sizeof(*setups))

static const char id_chars[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";

static enum sdp_setup read_setup(const struct sdp_row *row)
{
	size_t i;

	for (i = 1; row && i < SETUPS; i++)
		if (sdp_is(row->value, setups[i]))
			return (enum sdp_setup)i;
	return SDP_SETUP_UNSAID;
}

static void read_tls_id(const struct sdp_row *row, struct sdp_dtls *dtls)
{
	struct span id = row ? row->value : (struct span){ NULL, 0 };
	size_t i;

	if (id.n < SDP_TLS_ID_MIN || id.n > SDP_TLS_ID_MAX)
		return;
	for (i = 0; i < id.n; i++)
		if (!id.p[i] || !strchr(id_chars, id.p[i]))
			return;
	span_str(id, dtls->tls_id, sizeof(dtls->tls_id));
}

/* whether there is a line of it at all */
static bool read_fingerprints(const struct sdp_desc *desc,
			      const struct sdp_media *media, struct sdp_dtls *dtls)
{
	const struct sdp_row *row = NULL;
	struct dtls_fingerprint fp;
	bool any = false;

	while ((row = sdp_row_next(desc, media, SDP_ATTR_FINGERPRINT, row))) {
		any = true;
		if (dtls->n < DTLS_FINGERPRINTS_MAX &&
		    dtls_fingerprint_read(row->value, &fp) &&
		    fp.hash != DTLS_HASH_NONE)
			dtls->fingerprint[dtls->n++] = fp;
		else
			dtls->left_out++;
	}
	return any;
}

void sdp_dtls_read(const struct sdp_desc *desc, const struct sdp_media *media,
		   struct sdp_dtls *dtls)
{
	const struct sdp_row *setup;
	bool any;

	memset(dtls, 0, sizeof(*dtls));
	/* those of a section stand for those of the session, RFC 8122 5 */
	any = read_fingerprints(desc, media, dtls);
	if (!any && media)
		any = read_fingerprints(desc, NULL, dtls);
	setup = sdp_row_next(desc, media, SDP_ATTR_SETUP, NULL);
	if (!setup && media)
		setup = sdp_row_next(desc, NULL, SDP_ATTR_SETUP, NULL);
	dtls->setup = read_setup(setup);
	read_tls_id(sdp_row_next(desc, media, SDP_ATTR_TLS_ID, NULL), dtls);
	if (any && !dtls->n)
		dtls->why = "none of its a=fingerprint is by SHA-1 or better";
	else if (any && dtls->setup == SDP_SETUP_HOLDCONN)
		dtls->why = "its a=setup is holdconn";
}

enum dtls_role sdp_setup_role(enum sdp_setup theirs, bool answer)
{
	if (theirs == SDP_SETUP_ACTIVE || (theirs == SDP_SETUP_UNSAID && !answer))
		return DTLS_PASSIVE;
	return DTLS_ACTIVE;
}

static bool has(const struct sdp_dtls *dtls, const struct dtls_fingerprint *fp)
{
	size_t i;

	for (i = 0; i < dtls->n; i++)
		if (dtls->fingerprint[i].hash == fp->hash &&
		    !memcmp(dtls->fingerprint[i].digest, fp->digest, fp->len))
			return true;
	return false;
}

static bool has_all(const struct sdp_dtls *dtls, const struct sdp_dtls *of)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (!has(dtls, &of->fingerprint[i]))
			return false;
	return true;
}

bool sdp_dtls_anew(const struct sdp_dtls *before, const struct sdp_dtls *now)
{
	if (!has_all(before, now) || !has_all(now, before))
		return true;
	return before->tls_id[0] && now->tls_id[0] &&
	       strcmp(before->tls_id, now->tls_id);
}

bool sdp_tls_id_make(char id[SDP_TLS_ID_OURS + 1])
{
	uint8_t random[SDP_TLS_ID_OURS];
	size_t i;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	for (i = 0; i < SDP_TLS_ID_OURS; i++)
		id[i] = id_chars[random[i] % 64];
	id[i] = '\0';
	return true;
}

void sdp_dtls_print(struct writer *out, const struct sdp_dtls *dtls)
{
	char text[DTLS_FINGERPRINT_STRLEN];
	size_t i;

	for (i = 0; i < dtls->n; i++)
		writer_printf(out, "a=fingerprint:%s\r\n",
			      dtls_fingerprint_str(&dtls->fingerprint[i], text, sizeof(text)));
	if (dtls->setup != SDP_SETUP_UNSAID)
		writer_printf(out, "a=setup:%s\r\n", setups[dtls->setup]);
	if (dtls->tls_id[0])
		writer_printf(out, "a=tls-id:%s\r\n", dtls->tls_id);
}
