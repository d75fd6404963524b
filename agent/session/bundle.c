// SPDX-License-Identifier: GPL-2.0
/*
 * Lines that share a port with a party (BUNDLE, RFC 9143): those of a group that it offers,
 * or that is offered to it, if it takes RTCP on the port of RTP. Apart they are with the
 * other party, whatever that one does. What a party calls its lines is between it and us
 * (RFC 5888 9.1).
 *
 * Of a group one line has the seat: with its ICE, DTLS and remote, which the others hold
 * with it. Where it says how it is carried is the first section that the group names
 * (RFC 9143 7.2). A seat that lines have shared stays told apart for as long as it lives,
 * since RTCP must not be counted by another bridge under the same key.
 */
#include <errno.h>
#include <string.h>

#include "private.h"

#define MID_URI	"urn:ietf:params:rtp-hdrext:sdes:mid"

/* --- what descriptions say --- */

/* the next of words with blanks between them; empty: there is none more */
static struct span next_word(struct span *rest)
{
	*rest = span_trim(*rest);
	return span_cut(rest, ' ');
}

/* RFC 5888 4: a token */
static bool is_name(struct span mid)
{
	size_t i;

	for (i = 0; i < mid.n; i++)
		if (mid.p[i] <= ' ' || mid.p[i] > '~')
			return false;
	return mid.n && mid.n < MID_LEN;
}

static bool is_alone(const struct sdp_desc *desc, const struct sdp_media *media)
{
	size_t i;

	for (i = 0; i < desc->n; i++)
		if (&desc->media[i] != media && span_eq(desc->media[i].mid, media->mid))
			return false;
	return true;
}

const char *session_bundle_offered(const struct session_party *party,
				   const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   struct half *half)
{
	enum session_bundle policy = party->policy->bundle;
	struct span mid = media->mid;

	memset(half->mid, 0, sizeof(half->mid));
	half->bundled = false;
	if (is_name(mid)) {
		memcpy(half->mid, mid.p, mid.n);
		half->bundled = policy != SESSION_BUNDLE_OFF &&
				sdp_bundle_of(desc, mid) && is_alone(desc, media);
	}
	if (media->bundle_only && !half->bundled)
		return "it has no port of its own (a=bundle-only), and its realm has no groups (bundle: off), or it is in none";
	return policy == SESSION_BUNDLE_REQUIRE && !half->bundled ?
	       "its realm requires a group, and it is in none (a=group:BUNDLE)" :
	       NULL;
}

const struct sdp_media *session_bundle_way(const struct half *half,
					   const struct sdp_desc *desc,
					   const struct sdp_media *media)
{
	const struct sdp_media *first = half->bundled ? sdp_bundle_first(desc, media->mid) :
							NULL;

	return first ? first : media;
}

/* "4 URI" or "4/sendonly URI"; 0: it is none */
static uint32_t extension_id(const struct sdp_row *row, struct span *uri)
{
	struct span rest = row->value, word = next_word(&rest);
	uint32_t id;

	*uri = next_word(&rest);
	return span_u32(span_cut(&word, '/'), &id) && id < 256 ? id : 0;
}

static uint32_t mid_id(const struct sdp_desc *desc, const struct sdp_media *media)
{
	const struct sdp_row *row = NULL;
	struct span uri;
	uint32_t id;

	while ((row = sdp_row_next(desc, media, SDP_ATTR_EXTMAP, row))) {
		id = extension_id(row, &uri);
		if (id && span_is(uri, MID_URI))
			return id;
	}
	return 0;
}

/* formats of RTP, as a set */
static void read_types(const struct sdp_media *media, uint32_t pts[4])
{
	struct span rest = media->fmt, word;
	uint32_t pt;

	memset(pts, 0, 4 * sizeof(*pts));
	while ((word = next_word(&rest)).n)
		if (span_u32(word, &pt) && pt < 128)
			pts[pt / 32] |= 1u << (pt % 32);
}

static void read_ssrcs(const struct sdp_desc *desc, const struct sdp_media *media,
		       struct dp_line *told)
{
	const struct sdp_row *row = NULL;
	struct span rest;
	uint32_t ssrc;
	unsigned int i;

	told->n_ssrcs = 0;
	while ((row = sdp_row_next(desc, media, SDP_ATTR_SSRC, row))) {
		rest = row->value;
		if (!span_u32(next_word(&rest), &ssrc))
			continue;
		for (i = 0; i < told->n_ssrcs && told->ssrc[i] != ssrc; i++)
			;
		if (i == told->n_ssrcs && i < DP_LINE_SSRCS)
			told->ssrc[told->n_ssrcs++] = ssrc;
	}
}

void session_bundle_tell(const struct sdp_desc *desc, const struct sdp_media *media,
			 struct half *half)
{
	half->told.mid_id = (uint8_t)mid_id(desc, media);
	snprintf(half->told.mid, sizeof(half->told.mid), "%s", half->mid);
	read_types(media, half->takes);
	read_ssrcs(desc, media, &half->told);
}

/* --- who may share --- */

/* nothing of the session that is protected stands where lines are not told apart */
static bool may_tell(const struct session *session)
{
	const struct sessions_conf *conf = &session->sessions->conf;
	struct standing *const *at = &session->standing[0][0];
	unsigned int i;

	if (conf->dp->ops->lines)
		return true;
	if (!conf->beside || !conf->beside->ops->lines)
		return false;
	for (i = 0; i < SESSION_BRIDGES_MAX; i++)
		if (at[i] && at[i]->dp == conf->dp && !at[i]->sealed &&
		    at[i]->bridge.leg[0].set & DP_LEG_SRTP_RX)
			return false;
	return true;
}

/* what is RTCP at its port has a remote of its own, where that is settled */
static bool has_rtcp(const struct seat *seat)
{
	const struct standing *at;
	unsigned int i;

	for (i = 0; i < 2 * SDP_MEDIA_MAX; i++) {
		at = seat->session->standing[i / 2][1];
		if (at && at->dp->ops->lines && at->seat[i % 2] == seat && at->mux[i % 2] &&
		    !dp_leg_is_carried(&at->bridge.leg[i % 2]))
			return true;
	}
	return false;
}

/* RTCP of a shared port is counted with RTP */
bool session_bundle_may_share(const struct seat *seat)
{
	return !seat || seat->grouped ||
	       ((seat->rtcp == RTCP_BY_NONE || seat->rtcp == RTCP_BY_RTP) && !has_rtcp(seat));
}

/* why lines cannot share a port with that party, or NULL */
static const char *bar(const struct session *session, const struct offered *tag,
		       const struct offered *of, unsigned int s)
{
	if (!may_tell(session))
		return "lines that share a port are told apart in user space alone, and the module has keys of this call already";
	if (!tag->line.rtp || !of->line.rtp)
		return "only RTP shares a port";
	if (!session_bundle_may_share(tag->line.half[s].seat))
		return "RTCP of that port has a bridge of its own already";
	return NULL;
}

static bool is_keyed(const struct offered *of)
{
	return of->srtp.from.on;
}

static const char *bar_from(const struct session *session, const struct offered *tag,
			    const struct offered *of, unsigned int from)
{
	if (!tag->mux.from || !of->mux.from)
		return "lines that share a port have RTCP there too (a=rtcp-mux)";
	if (is_keyed(tag) || is_keyed(of) || tag->srtp.from_dtls != of->srtp.from_dtls)
		return "lines that share a port are protected by one handshake (DTLS-SRTP), or not at all";
	return bar(session, tag, of, from);
}

static bool same_group(const struct sdp_desc *desc, struct span a, struct span b)
{
	const struct sdp_row *row = sdp_bundle_of(desc, a);

	return row && row == sdp_bundle_of(desc, b);
}

/* the line of the offer whose port line @i of its author may have; NULL: none */
static const struct offered *tag_of(const struct offer *offer, size_t i)
{
	const struct sdp_desc *desc = offer->desc;
	size_t t;

	for (t = 0; t < i && t < desc->n && offer->of[i].line.half[offer->from].bundled; t++)
		if (offer->of[t].usable && offer->of[t].line.half[offer->from].bundled &&
		    same_group(desc, desc->media[t].mid, desc->media[i].mid))
			return &offer->of[t];
	return NULL;
}

/* do others of the branch share its seat, and go on to? */
static bool is_shared(const struct session_branch *branch, const struct offer *offer,
		      size_t i, unsigned int s)
{
	const struct seat *seat = offer->of[i].line.half[s].seat;
	const struct sdp_media *media;
	size_t k;

	for (k = 0; seat && k < branch->n_lines && k < offer->desc->n; k++) {
		media = &offer->desc->media[k];
		if (k != i && branch->line[k].half[s].seat == seat && !media->rejected &&
		    sdp_bundle_of(offer->desc, media->mid))
			return true;
	}
	return false;
}

bool session_bundle_has_port(const struct seat *seat, size_t i)
{
	const struct standing *at = seat->session->standing[i][0];

	return at && ((at->seat[0] == seat && !at->bridge.leg[0].local.line) ||
		      (at->seat[1] == seat && !at->bridge.leg[1].local.line));
}

void session_bundle_share(struct half *half, const struct half *tag, size_t i)
{
	if (half->seat != tag->seat) {
		session_half_move(half, session_seat_get(tag->seat));
		half->line = session_bundle_has_port(tag->seat, i) ? 0 : (uint8_t)(i + 1);
	}
	session_said_get(tag->ice);
	session_said_put(half->ice);
	half->ice = tag->ice;
	half->mismatch = tag->mismatch;
	session_association_get(tag->dtls);
	session_association_put(half->dtls);
	half->dtls = tag->dtls;
	half->remote = tag->remote;
	half->remote_rtcp = tag->remote_rtcp;
	half->mux = tag->mux;
}

/* where its group is already, though no line before it in the offer is: NULL: nowhere */
static const struct half *group_of(const struct session_branch *branch,
				   const struct offer *offer, size_t i)
{
	const struct sdp_desc *desc = offer->desc;
	const struct half *half;
	size_t k;

	for (k = i + 1; k < branch->n_lines && k < desc->n; k++) {
		half = &branch->line[k].half[offer->from];
		if (half->seat && half->seat->grouped && !desc->media[k].rejected &&
		    same_group(desc, desc->media[k].mid, desc->media[i].mid))
			return half;
	}
	return NULL;
}

/* a line before it, which is not of its group, has its seat */
static bool is_taken(const struct offer *offer, size_t i)
{
	const struct half *half = &offer->of[i].line.half[offer->from];
	size_t t;

	for (t = 0; t < i; t++)
		if (offer->of[t].usable &&
		    offer->of[t].line.half[offer->from].seat == half->seat)
			return true;
	return false;
}

const char *session_bundle_place(const struct session_branch *branch, struct offer *offer,
				 size_t i)
{
	const struct offered *tag = tag_of(offer, i);
	struct offered *of = &offer->of[i];
	struct half *half = &of->line.half[offer->from];
	const struct half *group = NULL;
	const char *why = NULL;

	if (half->bundled && !half->seat && !tag && of->mux.from && !is_keyed(of))
		group = group_of(branch, offer, i);
	if (group) {
		session_bundle_share(half, group, i);
		return NULL;
	}
	if (tag) {
		why = bar_from(branch->session, tag, of, offer->from);
		if (!why) {
			session_bundle_share(half, &tag->line.half[offer->from], i);
			return NULL;
		}
		half->bundled = false;
		if (offer->desc->media[i].bundle_only)
			return why;
		session_log(branch->session, LOG_LEVEL_INFO, branch->end[offer->from].party,
			    "media line %zu has a port of its own beside its group: %s",
			    i + 1, why);
	} else if (offer->desc->media[i].bundle_only) {
		return "it has no port of its own (a=bundle-only), and its group has no line before it";
	}
	if (!half->seat || (half->bundled && !is_taken(offer, i)))
		return NULL;
	if (half->line)
		session_half_move(half, NULL);
	else if (is_shared(branch, offer, i, offer->from))
		return "it leaves a group whose port it has, and the others stay";
	return NULL;
}

void session_bundle_join(struct offer *offer, size_t i, unsigned int s)
{
	struct half *half = &offer->of[i].line.half[s];
	const struct half *tag;
	size_t t;

	for (t = 0; t < i; t++) {
		tag = &offer->of[t].line.half[s];
		if (offer->of[t].usable && tag->seat == half->seat) {
			session_bundle_share(half, tag, i);
			return;
		}
	}
}

/* --- a group is offered --- */

/* browsers have groups, and others may not know them */
static bool is_browser(const struct session_party *party, const struct proposal *p)
{
	return !strncasecmp(party->transport, "ws", 2) ||
	       !strcmp(p->to_proto, "UDP/TLS/RTP/SAVPF");
}

static bool has_name(const struct offer *offer, size_t i, const char *name)
{
	size_t k;

	for (k = 0; k < offer->n; k++)
		if (k != i && !strcmp(offer->of[k].line.half[!offer->from].mid, name))
			return true;
	return false;
}

static void name(struct offer *offer, size_t i, struct span theirs)
{
	char *mid = offer->of[i].line.half[!offer->from].mid;

	if (is_name(theirs)) {
		snprintf(mid, MID_LEN, "%.*s", (int)theirs.n, theirs.p);
		if (!has_name(offer, i, mid))
			return;
	}
	snprintf(mid, MID_LEN, "%zu", i);
	if (has_name(offer, i, mid))
		snprintf(mid, MID_LEN, "line-%zu", i);
}

static bool meet(const uint32_t a[4], const uint32_t b[4])
{
	return a[0] & b[0] || a[1] & b[1] || a[2] & b[2] || a[3] & b[3];
}

/* one id means one extension on all lines of a port */
static bool same_extensions(const struct sdp_desc *desc, const struct sdp_media *a,
			    const struct sdp_media *b)
{
	struct span of[256] = { 0 }, uri;
	const struct sdp_row *row = NULL;
	uint32_t id;

	while ((row = sdp_row_next(desc, a, SDP_ATTR_EXTMAP, row))) {
		id = extension_id(row, &uri);
		of[id] = uri;
	}
	while ((row = sdp_row_next(desc, b, SDP_ATTR_EXTMAP, row))) {
		id = extension_id(row, &uri);
		if (id && of[id].p && !span_eq(of[id], uri))
			return false;
	}
	return true;
}

/* a type may be of two lines that their author has in one group: he means one thing by it */
static const char *bar_to(const struct session *session, const struct offer *offer,
			  size_t i)
{
	const struct sdp_media *media = offer->desc->media;
	const struct offered *first = NULL;
	uint32_t mine[4], pts[4];
	size_t t;

	read_types(&media[i], mine);
	for (t = 0; t < i && t < offer->desc->n; t++) {
		if (!offer->of[t].usable || !offer->of[t].line.half[!offer->from].bundled)
			continue;
		read_types(&media[t], pts);
		if (meet(mine, pts) && !same_group(offer->desc, media[t].mid, media[i].mid))
			return "a payload type of it is another line's, too";
		if (!same_extensions(offer->desc, &media[t], &media[i]))
			return "an id of its header extensions means another one on another line (a=extmap)";
		if (offer->of[t].srtp.must_dtls != offer->of[i].srtp.must_dtls)
			return "it is protected otherwise than another line";
		if (!first)
			first = &offer->of[t];
	}
	return first ? bar(session, first, &offer->of[i], !offer->from) : NULL;
}

void session_bundle_invite(const struct session_branch *branch, struct offer *offer,
			   size_t i)
{
	const struct session_party *party = branch->end[!offer->from].party;
	const struct sdp_media *media = &offer->desc->media[i];
	struct offered *of = &offer->of[i];
	struct half *half = &of->line.half[!offer->from];
	bool had = half->bundled;
	const char *why;

	half->bundled = false;
	if (party->policy->bundle == SESSION_BUNDLE_OFF || !of->line.rtp || !of->mux.to ||
	    of->srtp.n || half->srtp.on)
		return;
	if (!had && party->policy->bundle != SESSION_BUNDLE_REQUIRE &&
	    !is_browser(party, &of->srtp))
		return;
	why = bar_to(branch->session, offer, i);
	if (why) {
		session_log(branch->session, LOG_LEVEL_INFO, party,
			    "media line %zu is offered beside the group: %s", i + 1, why);
		return;
	}
	if (!*half->mid)
		name(offer, i, media->mid);
	half->bundled = true;
}

/* --- and answered --- */

const char *session_bundle_answered(const struct sdp_desc *desc,
				    const struct sdp_media *answer, size_t i,
				    struct line *line, unsigned int s)
{
	struct half *half = &line[i].half[s], *tag = NULL;
	size_t t;

	for (t = 0; half->bundled && t < i && !tag; t++)
		if (line[t].wanted && line[t].half[s].bundled &&
		    same_group(desc, desc->media[t].mid, answer->mid))
			tag = &line[t].half[s];
	for (t = 0; !tag && t < i; t++)
		if (line[t].wanted && line[t].half[s].seat == half->seat)
			return "it is answered beside the group whose port it has (a=group:BUNDLE)";
	if (!half->bundled)
		return NULL;
	if (!half->mux && (tag || half->line))
		return "it is answered in a group without RTCP on the port of RTP (a=rtcp-mux)";
	if (!tag)
		return NULL;
	if (tag->srtp.on || half->srtp.on || !tag->dtls != !half->dtls || !tag->mux)
		return "it is answered in a group with another protection than the group has";
	if (tag->seat != half->seat && !session_bundle_may_share(tag->seat))
		return "RTCP of the group's port has a bridge of its own already";
	session_bundle_share(half, tag, i);
	return NULL;
}

int session_bundle_reads(const struct session_party *party, const struct sdp_desc *desc,
			 const struct sdp_media *answer, size_t i, struct half *half,
			 struct dp_err *err)
{
	bool was = half->bundled;

	half->bundled = was && span_is(answer->mid, half->mid) &&
			sdp_bundle_of(desc, answer->mid) && is_alone(desc, answer);
	if (!was || half->bundled || party->policy->bundle != SESSION_BUNDLE_REQUIRE)
		return 0;
	return dp_fail(err, EPROTO, "media line %zu is answered outside of a group (a=group:BUNDLE), and its realm requires one",
		       i + 1);
}

/* --- what we say --- */

void session_bundle_say(struct writer *out, const struct half *half)
{
	if (*half->mid)
		writer_printf(out, "a=mid:%s\r\n", half->mid);
}

bool session_bundle_is_said(const struct session_party *party,
			    const struct half *half, bool mux)
{
	return half->bundled && mux && party->policy->bundle != SESSION_BUNDLE_OFF;
}

void session_bundle_group(char text[BUNDLE_LEN], const struct half *half)
{
	size_t n = strlen(text);

	if (!n)
		n = (size_t)snprintf(text, BUNDLE_LEN, "a=group:BUNDLE");
	else
		n -= 2;
	snprintf(text + n, BUNDLE_LEN - n, " %s\r\n", half->mid);
}
