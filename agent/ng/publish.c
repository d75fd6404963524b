// SPDX-License-Identifier: GPL-2.0
/*
 * What is published: a party sends, and nobody but subscribers hears it.  It is an offer
 * that is answered at once, by a description of nobody: an address of the loopback, to
 * which nothing is ever sent (&session_party_conf.nobody).
 */
#include "base/writer.h"
#include "private.h"

/* the one codec of a section: of those that are to be taken, else the first */
static struct span chosen(const struct ng_words *w, const struct sdp_desc *desc,
			  const struct sdp_media *media)
{
	struct span rest = media->fmt, word, first = { 0 };
	unsigned int i;
	uint32_t pt;

	while (rest.n) {
		rest = span_ltrim(rest);
		word = span_cut(&rest, ' ');
		if (!word.n)
			continue;
		if (!first.p)
			first = word;
		for (i = 0; i < w->n_take && span_u32(word, &pt); i++)
			if (ng_codec_is(w->take[i], ng_codec_of(desc, media, pt)))
				return word;
	}
	return first;
}

/* rows of that kind which begin with the format */
static void say_rows(struct writer *out, const struct sdp_desc *desc,
		     const struct sdp_media *media, enum sdp_attr attr, struct span fmt)
{
	const struct sdp_row *row = NULL;
	struct span value;

	while ((row = sdp_row_next(desc, media, attr, row))) {
		value = span_ltrim(row->value);
		if (span_eq(span_cut(&value, ' '), fmt))
			writer_printf(out, SPAN_FMT "\r\n", SPAN_ARG(row->text));
	}
}

static void say_line(struct writer *out, const struct ng_words *w, const struct sdp_desc *desc,
		     const struct sdp_media *media)
{
	bool rtp = media->transport == SDP_RTP;
	struct span fmt = rtp ? chosen(w, desc, media) : span_trim(media->fmt);

	writer_printf(out, "m=" SPAN_FMT " %u " SPAN_FMT " " SPAN_FMT "\r\n",
		      SPAN_ARG(media->type), media->rejected ? 0 : 9, SPAN_ARG(media->proto),
		      SPAN_ARG(fmt));
	if (media->rejected)
		return;
	writer_printf(out, "c=IN %s\r\n", media->remote.family == AF_INET6 ? "IP6 ::1" :
									    "IP4 127.0.0.1");
	if (rtp) {
		say_rows(out, desc, media, SDP_ATTR_RTPMAP, fmt);
		say_rows(out, desc, media, SDP_ATTR_FMTP, fmt);
	}
	writer_text(out, "a=recvonly\r\n");
}

char *ng_publish_answer(const struct ng_words *w, const char *sdp)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(span_of(sdp), NULL, why);
	struct writer out = { 0 };
	size_t i;

	if (!desc)
		return NULL;
	writer_text(&out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
	for (i = 0; i < desc->n; i++)
		say_line(&out, w, desc, &desc->media[i]);
	sdp_desc_free(desc);
	return writer_end(&out, NULL);
}
