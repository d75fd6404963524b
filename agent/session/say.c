// SPDX-License-Identifier: GPL-2.0
/*
 * What the other party gets to see: a description, with us as its author, in the
 * place of what was said to us.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "private.h"

sa_family_t session_family_of(const struct session_branch *branch, unsigned int s)
{
	size_t i;

	for (i = 0; i < branch->n_lines; i++)
		if (branch->line[i].half[s].seat)
			return branch->line[i].half[s].seat->pair->rtp.family;
	return AF_UNSPEC;
}

bool session_has_ice(const struct half *half)
{
	return half->ice && half->ice->ufrag;
}

/* of 53 bits */
uint64_t session_random(void)
{
	uint64_t id = 0;

	while (!id) {
		random_bytes(&id, sizeof(id));
		id >>= 11;
	}
	return id;
}

static void split_words(char *words, struct sdp_media *media)
{
	struct span *part[] = { &media->type, &media->proto, &media->fmt };
	char *p = words ? words : NULL;
	size_t i, n;

	for (i = 0; i < 3 && p; i++) {
		n = i < 2 ? strcspn(p, " ") : strlen(p);
		*part[i] = (struct span){ p, n };
		p = p[n] ? p + n + 1 : NULL;
	}
	media->rejected = true;
}

/* what it says of RTCP, ICE and DTLS; without memory less, as if we had none */
static char *say_more(const struct session_party *party, const struct mux *mux,
		      const struct half *half, bool answer)
{
	struct writer out = { 0 };

	session_bundle_say(&out, half);
	session_mux_say(&out, mux, half, answer);
	session_ice_say(&out, party, half, session_mux_is_said(mux, half, answer));
	session_dtls_say(&out, half, answer);
	return writer_end(&out, NULL);
}

static void say_line(const struct session_branch *branch, const struct offer *offer,
		     size_t i, const struct line *line, bool on, unsigned int to,
		     const struct sdp_desc *desc, struct sdp_say *say)
{
	const struct sdp_media *media = &desc->media[i];
	const struct half *half = &line->half[to];
	const struct mux *mux = &offer->of[i].mux;
	const struct seat *seat = half->seat;
	bool answer = to == offer->from;

	session_protect_say(&offer->of[i].srtp, line, offer->from, to, media, say);
	if (!on || !seat)
		return;
	say->port = seat->pair->rtp.port;
	if (line->rtp && !session_mux_is_said(mux, half, answer))
		say->rtcp = seat->pair->rtcp.port;
	say->address = seat->address->advertise;
	say->hold = media->conn.what == SDP_PLACE_NULL &&
		    !session_has_ice(&line->half[!to]);
	say->add = say_more(branch->end[to].party, mux, half, answer);
	if (*half->mid)
		say->drop |= SDP_BIT(SDP_ATTR_MID);
}

/* the group of a description to end @to: offered, or of those who share a port; or nothing */
static void say_group(const struct session_branch *branch,
		      const struct offer *offer, const struct line *line,
		      unsigned int to, const struct sdp_plan *plan,
		      char group[BUNDLE_LEN])
{
	const struct seat *seat = NULL;
	const struct half *half;
	size_t i;
	bool mux;

	*group = '\0';
	for (i = 0; i < plan->n; i++) {
		half = line ? &line[i].half[to] : &offer->of[i].line.half[to];
		mux = line ? half->mux : offer->of[i].mux.to;
		if (!plan->say[i].add || (line && seat && half->seat != seat) ||
		    !session_bundle_is_said(branch->end[to].party, half, mux))
			continue;
		seat = half->seat;
		session_bundle_group(group, half);
	}
}

static bool says_lite(const struct session_branch *branch, unsigned int to,
		      const struct sdp_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->say[i].add && strstr(plan->say[i].add, "a=ice-"))
			return branch->end[to].party->policy->ice ==
			       SESSION_ICE_LITE;
	return false;
}

static void plan_free(struct sdp_plan *plan)
{
	size_t i;

	for (i = 0; plan && i < plan->n; i++)
		sdp_text_free((char *)plan->say[i].add);
	free(plan);
}

/* our address in the session's part: that of the first line that has one */
static void say_address(const struct session_branch *branch, unsigned int to,
			struct sdp_plan *plan)
{
	const struct session_address *address;
	size_t i;

	for (i = 0; i < plan->n && !plan->address.family; i++)
		plan->address = plan->say[i].address;
	if (plan->address.family)
		return;
	address = session_address_of(branch->end[to].party,
				     session_family_of(branch, to));
	if (address)
		plan->address = address->advertise;
}

static int print(struct end *end, const struct sdp_desc *desc,
		 struct sdp_plan *plan, struct saying *saying,
		 struct dp_err *err)
{
	if (!end->sdp_id)
		end->sdp_id = session_random();
	plan->id = end->sdp_id;
	plan->version = end->sdp_version ? end->sdp_version : 1;
	plan->drop = SDP_SET_PROMISES;
	plan->spell = end->party->session->conf.spell;
	saying->text = sdp_desc_print(desc, plan);
	if (saying->text && end->sent && strcmp(saying->text, end->sent)) {
		sdp_text_free(saying->text);
		plan->version++;
		saying->text = sdp_desc_print(desc, plan);
	}
	saying->version = plan->version;
	return saying->text ? 0 : dp_fail(err, ENOMEM, "no memory");
}

int session_say(struct session_branch *branch, const struct offer *offer,
		const struct line *line, const struct sdp_desc *desc,
		unsigned int to, size_t n, struct saying *saying, struct dp_err *err)
{
	struct sdp_plan *plan = calloc(1, sizeof(*plan));
	struct sdp_media *pad = calloc(n ? n : 1, sizeof(*pad));
	char group[BUNDLE_LEN], add[BUNDLE_LEN + 16];
	const struct line *l;
	size_t i;
	int ret = -ENOMEM;

	for (i = 0; plan && pad && i < n; i++) {
		l = line ? &line[i] : &offer->of[i].line;
		if (i < desc->n) {
			say_line(branch, offer, i, l,
				 line ? l->wanted : offer->of[i].usable, to,
				 desc, &plan->say[i]);
			continue;
		}
		split_words(l->words, &pad[i]);
		plan->say[i].like = &pad[i];
	}
	if (plan)
		plan->n = n;
	if (plan && pad) {
		say_group(branch, offer, line, to, plan, group);
		snprintf(add, sizeof(add), "%s%s", group,
			 says_lite(branch, to, plan) ? "a=ice-lite\r\n" : "");
		plan->add = add;
		say_address(branch, to, plan);
		ret = print(&branch->end[to], desc, plan, saying, err);
	} else {
		dp_fail(err, ENOMEM, "no memory");
	}
	free(pad);
	plan_free(plan);
	return ret;
}

char *session_said(struct end *end, struct saying *saying)
{
	end->sdp_version = saying->version;
	sdp_text_free(end->sent);
	end->sent = strdup(saying->text);
	return saying->text;
}
