// SPDX-License-Identifier: GPL-2.0
/*
 * ICE of a port pair: an agent of its own, as old as the pair, so that no offer, answer
 * or roll-back can leave one behind. It has our credentials from the first description
 * that says them; whose checks are those of the other party it learns when an answer is
 * agreed on, and it is brought back to what was agreed before when that is undone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* --- what a half says and was told --- */

static struct said *said_new(const struct ice_creds *ours, size_t candidates)
{
	struct said *said;

	said = calloc(1, sizeof(*said) + candidates * sizeof(said->candidate[0]));
	if (!said)
		return NULL;
	said->refs = 1;
	said->ours = *ours;
	return said;
}

struct said *session_said_get(struct said *said)
{
	if (said)
		said->refs++;
	return said;
}

static void forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void session_said_put(struct said *said)
{
	if (!said || --said->refs)
		return;
	forget(said->ufrag);
	forget(said->pwd);
	explicit_bzero(said, sizeof(*said));
	free(said);
}

/* NULL without memory; @theirs: NULL: they have not spoken yet */
static struct said *said_of(const struct ice_creds *ours,
			    const struct sdp_ice *theirs, bool offered)
{
	struct said *said = said_new(ours, theirs ? theirs->n : 0);

	if (!said || !theirs)
		return said;
	said->ufrag = span_dup(theirs->ufrag);
	said->pwd = span_dup(theirs->pwd);
	if (!said->ufrag || !said->pwd) {
		session_said_put(said);
		return NULL;
	}
	said->lite = theirs->lite;
	said->offered = offered;
	said->n = theirs->n;
	memcpy(said->candidate, theirs->candidate,
	       theirs->n * sizeof(said->candidate[0]));
	return said;
}

/* does it say that already? */
static bool has_candidate(const struct said *said, const struct ice_candidate *c)
{
	size_t i;

	for (i = 0; i < said->n; i++)
		if (said->candidate[i].component == c->component &&
		    dp_addr_eq(&said->candidate[i].addr, &c->addr))
			return true;
	return false;
}

static bool is_known(const struct said *said, const struct sdp_ice *theirs)
{
	size_t i;

	for (i = 0; i < theirs->n && said->n < SDP_CANDIDATES_MAX; i++)
		if (!has_candidate(said, &theirs->candidate[i]))
			return false;
	return true;
}

struct said *session_said_more(struct said *was, const struct sdp_ice *theirs)
{
	struct said *said;
	size_t i;

	if (is_known(was, theirs))
		return session_said_get(was);
	said = said_new(&was->ours, SDP_CANDIDATES_MAX);
	if (!said)
		return NULL;
	said->ufrag = strdup(was->ufrag);
	said->pwd = strdup(was->pwd);
	if (!said->ufrag || !said->pwd) {
		session_said_put(said);
		return NULL;
	}
	said->lite = was->lite;
	said->offered = was->offered;
	said->n = was->n;
	memcpy(said->candidate, was->candidate, was->n * sizeof(said->candidate[0]));
	for (i = 0; i < theirs->n && said->n < SDP_CANDIDATES_MAX; i++)
		if (!has_candidate(said, &theirs->candidate[i]))
			said->candidate[said->n++] = theirs->candidate[i];
	return said;
}

/* --- the agent --- */

static void send_on(void *arg, void *socket, const struct dp_addr *to,
		    const void *data, size_t len)
{
	/* what is lost is repeated */
	media_send(socket, to, data, len);
}

static void expect_less(struct seat *seat);

/* what our agents tell is asked for after what was done, where it may change bridges */
static void on_event(void *arg, unsigned int stream, unsigned int component,
		     enum ice_event event, const struct ice_path *path)
{
	struct seat *seat = arg;
	struct seat_ice *own = seat->ice;

	own->told[component - 1] = event;
	own->news |= 1u << component;
	expect_less(seat);
	if (!own->following)
		seat->session->sessions->on_ice(seat);
}

static const struct ice_ops ice_ops = { send_on, on_event, NULL };

/* of those who share a port one alone uses an address */
static void on_shared_event(void *arg, unsigned int stream, unsigned int component,
			    enum ice_event event, const struct ice_path *path)
{
	struct seat *seat = arg;

	share_use(seat->pair, event == ICE_PATH ? &path->remote : NULL);
	on_event(arg, stream, component, event, path);
}

static bool on_claim(void *arg, const struct dp_addr *from)
{
	struct seat *seat = arg;

	return share_is_at(seat->pair, from);
}

static const struct ice_ops shared_ops = { send_on, on_shared_event, on_claim };

/* --- our addresses --- */

/* RFC 8445 8.3: checks of what was not chosen are answered for so long */
#define NARROW_MS	3000

static void expect_less(struct seat *seat)
{
	struct seat_ice *own = seat->ice;

	if (own->n_others && !timer_is_set(&own->timer))
		timer_set(seat->session->sessions->conf.timers, &own->timer, NARROW_MS);
}

/* @preference: the seat's own first, then in the order in which they were taken (RFC 8421) */
static struct ice_local local_of(const struct session_address *address,
				 const struct ports_pair *pair, unsigned int component,
				 uint16_t preference)
{
	struct ice_local local = {
		.type = ICE_HOST,
		.component = (uint16_t)component,
		.preference = preference,
		.addr = address->advertise,
		.base = component == ICE_COMPONENT_RTP ? pair->rtp : pair->rtcp,
		.socket = component == ICE_COMPONENT_RTP ? pair->rtp_sock :
							   pair->rtcp_sock,
	};

	local.addr.port = local.base.port;
	return local;
}

/*
 * The same socket as it is seen from outside, its port unchanged: learned at start and
 * offered with each call.  A lite agent has host candidates alone (RFC 8445 2.5).  What it
 * stands on is said to be the host candidate: behind that may be an address which is
 * nobody's business.
 */
static bool add_seen(const struct seat_ice *own, const struct session_address *address,
		     const struct ice_local *host, struct shown *shown)
{
	const struct session_seen *seen = address->seen;
	struct ice_local local = *host;

	if (!seen || own->lite || seen->addr.family != host->base.family ||
	    dp_addr_same_host(&seen->addr, &address->advertise))
		return true;
	local.type = ICE_SRFLX;
	local.server = seen->server;
	local.related = host->addr;
	local.addr = seen->addr;
	local.addr.port = host->base.port;
	shown->seen[host->component - 1] = ice_add_local(own->ice, 0, &local);
	return shown->seen[host->component - 1];
}

static bool add_pair(struct seat_ice *own, const struct session_address *address,
		     const struct ports_pair *pair, struct shown *shown)
{
	uint16_t preference = (uint16_t)(UINT16_MAX - own->made++);
	struct ice_local local;
	unsigned int i;

	for (i = 1; i <= own->components; i++) {
		local = local_of(address, pair, i, preference);
		shown->local[i - 1] = ice_add_local(own->ice, 0, &local);
		if (!shown->local[i - 1] || !add_seen(own, address, &local, shown))
			return false;
	}
	return true;
}

/* does media go by it? After a restart it may go on as it went */
static bool is_way(const struct seat_ice *own, const struct ports_pair *pair)
{
	struct ice_path path;
	unsigned int i;

	for (i = 1; i <= own->components; i++)
		if (ice_get_path(own->ice, 0, i, &path) &&
		    (dp_addr_eq(&path.base, &pair->rtp) || dp_addr_eq(&path.base, &pair->rtcp)))
			return true;
	return false;
}

/* on the realm's further addresses, as far as there are ports */
static void widen(struct seat *seat, const struct session_policy *policy)
{
	struct seat_ice *own = seat->ice;
	struct spot *spot;
	unsigned int n;

	/* who is at a port that calls share is found there by its address */
	if (seat->pair->share)
		return;
	n = session_spots_take(seat, policy, own->other, own->n_others);
	while (own->n_others < n) {
		spot = &own->other[own->n_others++];
		if (!add_pair(own, spot->address, spot->pair, &spot->shown))
			spot->shown = (struct shown){ 0 };
	}
	expect_less(seat);
}

/* what is offered is open to whoever answers, one fork after the other */
static bool is_open(const struct session *session)
{
	const struct session_branch *branch;

	TAILQ_FOREACH(branch, &session->branches, entry)
		if (branch->open)
			return true;
	return false;
}

/* has it said of each component which way it goes, or that there is none? */
static bool is_settled(const struct seat *seat)
{
	const struct seat_ice *own = seat->ice;
	struct ice_path path;
	unsigned int i;

	for (i = 1; own->now && i <= (seat->mux ? 1 : own->components); i++)
		if (own->told[i - 1] != ICE_FAILED &&
		    !(session_ice_path(seat, i, &path) && path.chosen))
			return false;
	return true;
}

static bool is_stood_on(const struct session *session, const struct ports_pair *pair)
{
	const struct standing *at;
	const struct dp_addr *local;
	unsigned int i;

	for (i = 0; i < 2 * SESSION_BRIDGES_MAX; i++) {
		at = (&session->standing[0][0])[i / 2];
		local = at ? &at->bridge.leg[i % 2].local : NULL;
		if (local && dp_addr_same_host(local, &pair->rtp) &&
		    (local->port == pair->rtp.port || local->port == pair->rtcp.port))
			return true;
	}
	return false;
}

/* media goes by one pair: the others go back, but those that it still goes by */
static void narrow(struct seat *seat)
{
	struct seat_ice *own = seat->ice;
	unsigned int i = own->n_others;
	struct spot *spot;

	while (i) {
		spot = &own->other[--i];
		if (is_stood_on(seat->session, spot->pair) || is_way(own, spot->pair))
			continue;
		ice_del_local(own->ice, 0, &spot->pair->rtp);
		ice_del_local(own->ice, 0, &spot->pair->rtcp);
		session_pair_put(seat->session, spot->pair, spot->used);
		*spot = own->other[--own->n_others];
	}
}

static void on_timer(struct timer *timer, void *arg)
{
	struct seat *seat = arg;

	if (is_open(seat->session))
		expect_less(seat);
	else if (is_settled(seat))
		narrow(seat);
}

static bool make(struct seat *seat, unsigned int components)
{
	struct seat_ice *own = seat->ice;
	const struct ice_conf conf = { .lite = own->lite, .call = seat->pair->rtp.call };

	/* RTCP is where RTP is, then */
	own->components = seat->pair->share ? 1 : components;
	own->ice = ice_new(seat->session->sessions->conf.timers, &conf,
			   seat->pair->share ? &shared_ops : &ice_ops, seat);
	if (!own->ice || ice_add_stream(own->ice, own->components) < 0 ||
	    !add_pair(own, seat->address, seat->pair, &own->shown) ||
	    !ice_creds_new(&own->first, conf.call))
		return false;
	ice_set_local(own->ice, 0, &own->first);
	return true;
}

/*
 * An agent on it, with our credentials: checks are answered from now on; false without
 * memory or random numbers.
 */
static bool begin(struct seat *seat, const struct session_policy *policy,
		  unsigned int components)
{
	if (seat->ice)
		return true;
	seat->ice = calloc(1, sizeof(*seat->ice));
	if (!seat->ice)
		return false;
	timer_init(&seat->ice->timer, on_timer, seat);
	seat->ice->lite = policy->ice == SESSION_ICE_LITE;
	if (!make(seat, components)) {
		session_ice_end(seat);
		return false;
	}
	widen(seat, policy);
	return true;
}

void session_ice_end(struct seat *seat)
{
	struct seat_ice *own = seat->ice;

	if (!own)
		return;
	timer_cancel(&own->timer);
	ice_free(own->ice);
	while (own->n_others) {
		own->n_others--;
		session_pair_put(seat->session, own->other[own->n_others].pair,
				 own->other[own->n_others].used);
	}
	session_said_put(own->now);
	explicit_bzero(own, sizeof(*own));
	free(own);
	seat->ice = NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool same_party(const struct said *a, const struct said *b)
{
	return same_text(a->ufrag, b->ufrag) && same_text(a->pwd, b->pwd);
}

bool session_ice_is_with(const struct seat *seat, const struct said *said,
			 unsigned int of)
{
	const struct seat_ice *own = seat->ice;

	return own && own->now && said && said->ufrag &&
	       (own->of == of || same_party(own->now, said));
}

void session_ice_more(struct seat *seat, struct said *said)
{
	const struct seat_ice *own = seat->ice;

	if (own && own->now && same_party(own->now, said))
		session_ice_follow(seat, said, own->of);
}

static void learn(struct seat_ice *own, const struct said *said)
{
	size_t i;

	if (!own->now || !same_party(own->now, said))
		ice_set_role(own->ice, ice_controls(said->offered, own->lite,
						    said->lite));
	ice_set_local(own->ice, 0, &said->ours);
	if (!ice_set_remote(own->ice, 0, span_of(said->ufrag),
			    span_of(said->pwd), said->lite))
		return;		/* no memory: nothing is checked, and media latches */
	for (i = 0; i < said->n; i++)
		ice_add_remote(own->ice, 0, &said->candidate[i]);
}

struct spot *session_ice_elsewhere(const struct seat *seat)
{
	struct seat_ice *own = seat->ice;
	struct ice_path path;
	unsigned int i;

	if (!own || !own->now || !ice_get_path(own->ice, 0, ICE_COMPONENT_RTP, &path))
		return NULL;
	for (i = 0; i < own->n_others; i++)
		if (dp_addr_eq(&path.base, &own->other[i].pair->rtp))
			return &own->other[i];
	return NULL;
}

void session_ice_move(struct seat *seat, struct spot *spot)
{
	struct spot old = {
		.address = seat->address,
		.pair = seat->pair,
		.used = seat->used,
		.shown = seat->ice->shown,
	};

	seat->address = spot->address;
	seat->pair = spot->pair;
	seat->used = spot->used;
	seat->ice->shown = spot->shown;
	*spot = old;
}

bool session_ice_has_family(const struct seat *seat, sa_family_t family)
{
	const struct seat_ice *own = seat->ice;
	unsigned int i;

	for (i = 0; own && i < own->n_others; i++)
		if (own->other[i].pair->rtp.family == family)
			return true;
	return false;
}

void session_ice_follow(struct seat *seat, struct said *said, unsigned int of)
{
	struct seat_ice *own = seat->ice;
	struct said *was;

	if (!own)
		return;
	own->following = true;
	was = own->now;
	/* another fork: what the former one has proved is not its */
	if (was && !session_ice_is_with(seat, said, of)) {
		ice_leave(own->ice, 0);
		if (seat->pair->share)
			share_use(seat->pair, NULL);
		own->now = NULL;
		memset(own->told, 0, sizeof(own->told));
		own->news = 0;
	}
	if (said && said->ufrag) {
		if (own->now != said)
			learn(own, said);
		own->now = session_said_get(said);
		own->of = of;
	}
	session_said_put(was);
	own->following = false;
	expect_less(seat);
}

bool session_ice_path(const struct seat *seat, unsigned int component,
		      struct ice_path *path)
{
	const struct ports_pair *pair = seat->pair;

	return seat->ice && seat->ice->now &&
	       ice_get_path(seat->ice->ice, 0, component, path) &&
	       dp_addr_eq(&path->base, component == ICE_COMPONENT_RTP ? &pair->rtp :
									&pair->rtcp);
}

bool session_is_its(const struct seat *seat, const struct ice_path *path)
{
	return !seat->pair->share || share_uses(seat->pair, &path->remote);
}

bool session_ice_lost(const struct seat *seat, unsigned int component)
{
	struct ice_path path;

	return seat->ice && !session_ice_path(seat, component, &path) &&
	       seat->ice->told[component - 1] == ICE_LOST;
}

bool session_ice_decides(const struct seat *seat, unsigned int component)
{
	return seat->ice && seat->ice->now &&
	       seat->ice->told[component - 1] != ICE_FAILED;
}

bool session_ice_knows(const struct seat *seat, unsigned int component,
		       const struct dp_addr *from)
{
	struct ice_path path;

	if (!seat->ice)
		return false;
	return ice_knows(seat->ice->ice, 0, component, from) ||
	       (session_ice_path(seat, component, &path) &&
		dp_addr_eq(&path.remote, from));
}

static enum session_way way_of(const struct seat *seat, unsigned int component)
{
	struct ice_path path;

	if (session_ice_path(seat, component, &path))
		return SESSION_WAY_FOUND;
	switch (seat->ice->told[component - 1]) {
	case ICE_LOST:
		return SESSION_WAY_LOST;
	case ICE_FAILED:
		return SESSION_WAY_FAILED;
	default:
		return SESSION_WAY_SOUGHT;
	}
}

static bool is_private(const struct ice_candidate *c)
{
	return !c || dp_addr_is_private(&c->addr);
}

static bool is_hidden(const struct seat_ice *own, unsigned int c)
{
	unsigned int i;

	for (i = 0; i < own->n_others; i++)
		if (!is_private(own->other[i].shown.local[c]) ||
		    !is_private(own->other[i].shown.seen[c]))
			return false;
	return own->shown.local[c] && is_private(own->shown.local[c]) &&
	       is_private(own->shown.seen[c]);
}

void session_ice_report(const struct seat *seat, unsigned int component,
			struct session_ice_report *to)
{
	const struct ice_stats *n;

	if (!seat->ice || !seat->ice->now)
		return;
	n = ice_get_stats(seat->ice->ice);
	*to = (struct session_ice_report){
		.way = way_of(seat, component),
		.checks = n->checks,
		.responses = n->responses,
		.requests = n->requests,
		.forged = n->forged,
		.claimed = n->claimed,
		.hidden = is_hidden(seat->ice, component - 1),
	};
	if (seat->pair->share)
		to->claim = *share_refused(seat->pair);
}

/* --- descriptions --- */

bool session_ice_is_on(const struct session_party *party)
{
	return party->policy->ice != SESSION_ICE_OFF &&
	       party->session->sessions->conf.timers;
}

static void replace(struct half *half, struct said *said)
{
	session_said_put(half->ice);
	half->ice = said;
}

/* is there ICE in it that can be used? */
static bool reads(const struct session_party *party,
		  const struct sdp_desc *desc, const struct sdp_media *media,
		  struct sdp_ice *theirs, bool *mismatch)
{
	sdp_ice_read(desc, media, theirs);
	*mismatch = sdp_ice_mismatch(media, theirs);
	if (theirs->why)
		session_log(party->session, LOG_LEVEL_INFO, party,
			    "no ICE with it: %s", theirs->why);
	else if (*mismatch)
		session_log(party->session, LOG_LEVEL_INFO, party,
			    "no ICE with it: somebody on the way has changed where its media is to go and not its candidates");
	else if (theirs->left_out)
		session_log(party->session, LOG_LEVEL_DEBUG, party,
			    "%zu of its candidates are left out: %s",
			    theirs->left_out, theirs->candidate_why);
	session_access_candidates(party, theirs);
	return theirs->ufrag.p && !*mismatch;
}

/* what is found by its party's address must have that shown by checks */
static const char *cannot_share(bool lite, bool reads, bool their_lite)
{
	if (!reads)
		return "it has no ICE";
	return lite && their_lite ? "its ICE is lite, as ours is, so that nobody would check" : NULL;
}

const char *session_ice_apart(const struct session_party *party,
			      const struct sdp_desc *desc, const struct sdp_media *media)
{
	struct sdp_ice theirs;

	if (!session_ice_is_on(party))
		return "its realm has no ICE";
	sdp_ice_read(desc, media, &theirs);
	return cannot_share(party->policy->ice == SESSION_ICE_LITE,
			    theirs.ufrag.p && !sdp_ice_mismatch(media, &theirs), theirs.lite);
}

static bool is_of(const struct said *said, const struct sdp_ice *theirs)
{
	return said && said->ufrag && span_is(theirs->ufrag, said->ufrag) &&
	       span_is(theirs->pwd, said->pwd);
}

/* other credentials than what the line has: a restart, and ours are others too */
static struct said *said_offered(const struct seat *seat, const struct said *now,
				 const struct sdp_ice *theirs)
{
	struct ice_creds ours = now ? now->ours : seat->ice->first;
	bool same = is_of(now, theirs);
	struct said *said = NULL;

	if (!now || !now->ufrag || same || ice_creds_new(&ours, seat->pair->rtp.call))
		said = said_of(&ours, theirs, same && now->offered);
	explicit_bzero(&ours, sizeof(ours));
	return said;
}

static const char *missed(const struct session_party *party)
{
	return party->policy->ice == SESSION_ICE_FORCE ?
	       "its realm wants ICE (ice: force)" : NULL;
}

static const char no_memory[] = "no memory for ICE";

const char *session_ice_offered(const struct session_party *party,
				const struct sdp_desc *desc,
				const struct sdp_media *media, bool rtp,
				struct half *half)
{
	struct said *said;
	struct sdp_ice theirs;

	half->mismatch = false;
	if (!session_ice_is_on(party) ||
	    !reads(party, desc, media, &theirs, &half->mismatch)) {
		replace(half, NULL);
		return session_ice_is_on(party) ? missed(party) : NULL;
	}
	if (!begin(half->seat, party->policy, 1 + rtp))
		return no_memory;
	/* it looks anew for how it gets through to us */
	if (half->ice && half->ice->ufrag && !is_of(half->ice, &theirs))
		widen(half->seat, party->policy);
	said = said_offered(half->seat, half->ice, &theirs);
	replace(half, said);
	return said ? NULL : no_memory;
}

const char *session_ice_invite(const struct session_party *party, bool rtp,
			       struct half *half)
{
	half->mismatch = false;
	if (!session_ice_is_on(party)) {
		replace(half, NULL);
		return NULL;
	}
	if (!begin(half->seat, party->policy, 1 + rtp))
		return no_memory;
	if (half->ice)
		return NULL;
	if (!half->seat->ice->now)
		ice_set_local(half->seat->ice->ice, 0, &half->seat->ice->first);
	replace(half, said_of(&half->seat->ice->first, NULL, false));
	return half->ice ? NULL : no_memory;
}

const char *session_ice_answered(const struct session_party *party,
				 const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 struct half *half)
{
	struct said *said;
	struct sdp_ice theirs;
	bool ice, mismatch;

	if (!half->ice)
		return NULL;
	ice = reads(party, desc, media, &theirs, &mismatch);
	if (half->seat->pair->share && cannot_share(half->seat->ice->lite, ice, theirs.lite)) {
		replace(half, NULL);
		return "it is at a port that calls share (single-port), and answers without ICE that shows where it is";
	}
	if (!ice) {
		replace(half, NULL);
		return missed(party);
	}
	said = said_of(&half->ice->ours, &theirs,
		       !is_of(half->ice, &theirs) || half->ice->offered);
	replace(half, said);
	return said ? NULL : no_memory;
}

static void say_candidate(struct sdp_ice *ours, const struct ice_candidate *c)
{
	if (c)
		ours->candidate[ours->n++] = *c;
}

static void say_shown(struct sdp_ice *ours, const struct shown *shown, bool mux)
{
	unsigned int i;

	for (i = 0; i < (mux ? 1 : 2); i++) {
		say_candidate(ours, shown->local[i]);
		say_candidate(ours, shown->seen[i]);
	}
}

/* RFC 8840 4.1.3: whoever may be trickled to learns that there is nothing to wait for */
void session_ice_say(struct writer *out, const struct session_party *party,
		     const struct half *half, bool mux)
{
	struct sdp_ice ours = { .mismatch = half->mismatch };
	const struct seat_ice *own;
	unsigned int i;

	if (half->ice) {
		ours.ufrag = span_of(half->ice->ours.ufrag);
		ours.pwd = span_of(half->ice->ours.pwd);
		ours.ice2 = true;
		ours.trickle = party->trickle;
		ours.end = party->trickle;
		own = half->seat->ice;
		say_shown(&ours, &own->shown, mux);
		for (i = 0; i < own->n_others; i++)
			say_shown(&ours, &own->other[i].shown, mux);
	}
	if (half->ice || half->mismatch)
		sdp_ice_print(out, &ours);
}
