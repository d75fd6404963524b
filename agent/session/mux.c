// SPDX-License-Identifier: GPL-2.0
/*
 * RTCP on the port of RTP (rtcp-mux, RFC 5761, 8858), with either party by its own
 * policy and words.
 *
 * Who offers it gets it if the other party takes it too, so that RTCP goes from end to
 * end; and in any case who cannot do without, as browsers. Where only one of the two has
 * it, what is RTCP at the port that it shares is a leg of its own, bridged to the RTCP port
 * of the other (plan.c).
 *
 * RTCP that moves between two bridges is counted from 0 again. So nobody moves it whose
 * key of ours stays: an offerer whose RTCP has moved gets another one (protect.c), and
 * towards a party that has one in a description of ours it stays where it is.
 */
#include <errno.h>
#include <string.h>

#include "private.h"

/* has it no way for RTCP but RTP's? */
static bool has_one_way(const struct sdp_desc *desc, const struct sdp_media *media)
{
	struct sdp_ice theirs;
	size_t i;

	if (media->mux_only ||
	    (media->remote.family &&
	     dp_addr_eq(&media->remote, &media->remote_rtcp)))
		return true;
	sdp_ice_read(desc, media, &theirs);
	for (i = 0; i < theirs.n; i++)
		if (theirs.candidate[i].component == ICE_COMPONENT_RTCP)
			return false;
	return theirs.ufrag.p;
}

static void propose(struct mux *mux, enum session_mux policy, bool had,
		    const struct half *now)
{
	if (now->srtp.on) {
		mux->to = now->mux;
		mux->to_must = now->mux;
		return;
	}
	mux->to_must = policy == SESSION_MUX_REQUIRE;
	mux->to = policy >= SESSION_MUX_OFFER ||
		  (policy != SESSION_MUX_OFF && (mux->from || now->mux || had));
}

const char *session_mux_offer(const struct session_branch *branch,
			      const struct sdp_desc *desc,
			      const struct sdp_media *media, unsigned int from,
			      const struct line *now, struct mux *mux)
{
	enum session_mux of = branch->end[from].party->policy->mux;
	enum session_mux to = branch->end[!from].party->policy->mux;
	bool said = media->mux || media->mux_only;

	memset(mux, 0, sizeof(*mux));
	if (media->transport != SDP_RTP)
		return NULL;
	if (media->mux_only && of == SESSION_MUX_OFF)
		return "it wants RTCP on the port of RTP and not otherwise (a=rtcp-mux-only), and its realm has none of that (mux: off)";
	if (of == SESSION_MUX_REQUIRE && !said)
		return "its realm requires RTCP on the port of RTP, and it does not offer that (a=rtcp-mux)";
	mux->from = said && of != SESSION_MUX_OFF;
	mux->from_must = mux->from && (of == SESSION_MUX_ACCEPT ||
				       of == SESSION_MUX_REQUIRE ||
				       has_one_way(desc, media));
	propose(mux, to, branch->end[!from].had & SESSION_HAD_MUX, &now->half[!from]);
	return NULL;
}

int session_mux_answer(const struct mux *mux, const struct sdp_media *answer,
		       unsigned int i, unsigned int from, struct line *line,
		       struct dp_err *err)
{
	bool takes = mux->to && (answer->mux || answer->mux_only);
	unsigned int s;

	if (mux->to_must && !takes)
		return dp_fail(err, EPROTO, "media line %u is answered without RTCP on the port of RTP (a=rtcp-mux), and that was offered and nothing else",
			       i + 1);
	line->half[from].mux = takes;
	line->half[!from].mux = mux->from && (mux->from_must || takes);
	for (s = 0; s < 2; s++)
		if (line->half[s].mux)
			memset(&line->half[s].remote_rtcp, 0,
			       sizeof(line->half[s].remote_rtcp));
	return 0;
}

bool session_mux_is_said(const struct mux *mux, const struct half *half, bool answer)
{
	return answer ? half->mux : mux->to_must;
}

void session_mux_say(struct writer *out, const struct mux *mux, const struct half *half,
		     bool answer)
{
	if (answer ? half->mux : mux->to)
		writer_text(out, "a=rtcp-mux\r\n");
	/* RFC 8858 4.2: that is for offers */
	if (!answer && mux->to_must)
		writer_text(out, "a=rtcp-mux-only\r\n");
}
