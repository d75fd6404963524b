// SPDX-License-Identifier: GPL-2.0
/*
 * How much bandwidth a session's media may take, by its descriptions, and who is charged
 * for it.  A line weighs what it says (b=AS, b=TIAS), else what the most of its codecs
 * takes, in kbit/s with the headers of IP, UDP and RTP.  Of what is open (an offer, what
 * was agreed before an early answer, forks) each line counts once, with the most.
 */
#include <errno.h>
#include <string.h>

#include "private.h"

/* nobody has more */
#define KBITS_MAX	1000000

/* headers of 50 packets a second */
#define KBITS_HEADERS	16

#define TYPES		128
#define UNSAID		UINT32_MAX

static bool is_weighed(const struct session *session)
{
	unsigned int i;

	for (i = 0; i < SESSION_QUOTAS_MAX; i++)
		if (session->conf.quota[i] && session->conf.quota[i]->weighs)
			return true;
	return false;
}

/* ------------------------------------------------------------------------ a section */

/* samples of 16 bits, as they are: "44100/2" */
static uint32_t of_samples(struct span says)
{
	uint32_t rate, channels;

	if (!span_u32(span_cut(&says, '/'), &rate) || rate > 192000)
		rate = 44100;
	if (!span_u32(says, &channels) || !channels || channels > 8)
		channels = 1;
	return (rate * 16 * channels + 500) / 1000 + KBITS_HEADERS;
}

/* @name: "PCMU/8000" */
static uint32_t of_codec(enum sdp_kind kind, struct span name)
{
	static const struct {
		const char *name;
		uint32_t kbits;
	} codecs[] = {
		{ "PCMU", 80 }, { "PCMA", 80 }, { "G722", 80 }, { "opus", 80 },
		{ "G729", 24 }, { "G723", 18 }, { "GSM", 30 }, { "iLBC", 32 },
		{ "speex", 44 }, { "AMR", 29 }, { "AMR-WB", 40 }, { "G728", 32 },
		{ "G726-16", 32 }, { "G726-24", 40 }, { "G726-32", 48 },
		{ "G726-40", 56 }, { "EVS", 144 },
		{ "telephone-event", 0 }, { "CN", 0 }, { "rtx", 0 }, { "red", 0 },
		{ "ulpfec", 0 }, { "flexfec-03", 0 },
	};
	struct span codec = span_cut(&name, '/');
	size_t i;

	for (i = 0; i < sizeof(codecs) / sizeof(*codecs); i++)
		if (span_iscase(codec, codecs[i].name))
			return codecs[i].kbits;
	if (span_iscase(codec, "L16"))
		return of_samples(name);
	return kind == SDP_AUDIO ? 80 : kind == SDP_VIDEO ? 1000 : 64;
}

/* what no rtpmap says: of audio that may be said by the number alone (RFC 3551) */
static uint32_t of_type(enum sdp_kind kind, uint32_t pt)
{
	return of_codec(kind, kind == SDP_AUDIO ? sdp_static_codec(pt) : SPAN(""));
}

static uint32_t by_codecs(const struct sdp_desc *desc, const struct sdp_media *media)
{
	uint32_t kbits[TYPES], pt, n, most = 0;
	const struct sdp_row *row = NULL;
	struct span rest;

	if (media->transport != SDP_RTP)
		return of_codec(media->kind, SPAN(""));
	memset(kbits, 0xff, sizeof(kbits));
	while ((row = sdp_row_next(desc, media, SDP_ATTR_RTPMAP, row)) != NULL) {
		rest = row->value;
		if (span_u32(span_cut(&rest, ' '), &pt) && pt < TYPES)
			kbits[pt] = of_codec(media->kind, span_trim(rest));
	}
	for (rest = media->fmt; rest.n;) {
		if (!span_u32(span_trim(span_cut(&rest, ' ')), &pt) || pt >= TYPES)
			continue;
		n = kbits[pt] == UNSAID ? of_type(media->kind, pt) : kbits[pt];
		most = n > most ? n : most;
	}
	return most;
}

/* "AS:64"; false: of another kind, or none */
static bool of_row(const struct sdp_row *row, uint32_t *kbits)
{
	struct span value = row->value, kind = span_cut(&value, ':');
	uint32_t n;

	if (row->type != 'b' || !span_u32(span_trim(value), &n))
		return false;
	if (span_iscase(kind, "AS"))
		*kbits = n;
	else if (span_iscase(kind, "TIAS"))
		*kbits = n / 1000 + KBITS_HEADERS;
	else
		return false;
	if (*kbits > KBITS_MAX)
		*kbits = KBITS_MAX;
	return true;
}

/* the first that says it; false: none does */
static bool said(const struct sdp_row *row, size_t n, uint32_t *kbits)
{
	for (; n; row++, n--)
		if (of_row(row, kbits))
			return true;
	return false;
}

uint32_t session_media_kbits(const struct session *session, const struct sdp_desc *desc,
			     const struct sdp_media *media)
{
	uint32_t kbits, all;

	if (!is_weighed(session) || (media->rejected && !media->bundle_only))
		return 0;
	if (said(desc->row + media->row, media->n_rows, &kbits))
		return kbits;
	kbits = by_codecs(desc, media);
	if (said(desc->row, desc->session_rows, &all) && all < kbits)
		kbits = all;
	return kbits;
}

/* ------------------------------------------------------------------------ a session */

static void most_of(uint32_t kbits[SDP_MEDIA_MAX], const struct line *line, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < SDP_MEDIA_MAX; i++)
		if (line[i].kbits > kbits[i])
			kbits[i] = line[i].kbits;
}

static void most_of_offer(uint32_t kbits[SDP_MEDIA_MAX], const struct offer *offer)
{
	size_t i;

	for (i = 0; offer && i < offer->n && i < SDP_MEDIA_MAX; i++)
		most_of(kbits + i, &offer->of[i].line, 1);
}

static uint32_t weight(const struct session *session, const struct offer *more)
{
	uint32_t kbits[SDP_MEDIA_MAX] = { 0 }, all = 0;
	const struct session_branch *branch;
	size_t i;

	TAILQ_FOREACH(branch, &session->branches, entry) {
		most_of(kbits, branch->line, branch->n_lines);
		most_of(kbits, branch->before, branch->n_before);
		most_of_offer(kbits, branch->open);
	}
	most_of_offer(kbits, more);
	for (i = 0; i < SDP_MEDIA_MAX; i++)
		all += kbits[i];
	return all;
}

static void set_weight(struct session *session, uint32_t kbits)
{
	struct session_quota *quota;
	unsigned int i;

	for (i = 0; i < SESSION_QUOTAS_MAX; i++) {
		quota = session->conf.quota[i];
		if (quota && quota->weighs)
			quota->kbits = quota->kbits - session->kbits + kbits;
	}
	session->kbits = kbits;
}

int session_weigh_offer(struct session *session, const struct offer *offer,
			struct dp_err *err)
{
	const struct session_quota *quota;
	uint32_t kbits;
	unsigned int i;

	if (!is_weighed(session))
		return 0;
	kbits = weight(session, offer);
	for (i = 0; i < SESSION_QUOTAS_MAX && kbits > session->kbits; i++) {
		quota = session->conf.quota[i];
		if (quota && quota->weighs && quota->max_kbits &&
		    quota->kbits - session->kbits + kbits > quota->max_kbits)
			return dp_fail(err, EDQUOT,
				       "it would take %u kbit/s, and calls like it have %llu; at most %u are allowed",
				       kbits, (unsigned long long)(quota->kbits - session->kbits),
				       quota->max_kbits);
	}
	set_weight(session, kbits);
	return 0;
}

void session_weigh(struct session *session)
{
	if (is_weighed(session))
		set_weight(session, weight(session, NULL));
}

void session_weigh_none(struct session *session)
{
	set_weight(session, 0);
}
