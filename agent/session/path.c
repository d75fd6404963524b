// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in by a media socket and is no media, and what ICE finds out by it: the
 * way of a party's media, which the datapath gets as a remote that is proven.
 *
 * ICE knows nothing of bridges. What it found while there was none yet is asked for
 * when one is made (plan.c); a bridge that could not be made because nobody said where
 * the party is, is made then, by a timer: not while a session is being changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datapath/names.h"
#include "private.h"
#include "stun/stun.h"

/* times that a party may send from elsewhere than where it is, by ICE, before it is let be */
#define STRAYED_MAX	8

/* --- the datapath is told --- */

/*
 * At a port that calls share the remote may be that of a leg which a former agent has left
 * of this call: whoever has shown to be there again has let go of that one.
 */
static int set_proven(struct session *session, struct dp *dp, const struct dp_leg *leg,
		      struct dp_err *err)
{
	int ret = dp_leg_set(dp, leg, err);

	if (ret == -EBUSY && leg->local.call && sessions_orphan_end(session->sessions, session->id))
		ret = dp_leg_set(dp, leg, err);
	return ret;
}

static void prove(struct session *session, struct standing *at, unsigned int s,
		  const struct ice_path *path)
{
	struct dp_leg *stands = &at->bridge.leg[s];
	struct dp_leg leg = {
		.set = DP_LEG_PROVEN,
		.local = stands->local,
		.proven = path->remote,
	};
	struct dp_err err;

	if (!session_is_its(at->seat[s], path)) {
		session_log(session, LOG_LEVEL_WARNING, at->party[s],
			    "the way that ICE has found is the address of another call at the port that they share");
		return;
	}
	/* nobody but the remote that was said may be it: this is what is said now */
	if (stands->latch == RTPLANE_LATCH_OFF) {
		leg.set |= DP_LEG_REMOTE;
		leg.remote = path->remote;
		stands->remote = path->remote;
	}
	if (stands->mute)
		leg.set |= DP_LEG_MUTE;
	if (set_proven(session, at->dp, &leg, &err)) {
		session_log(session, LOG_LEVEL_ERROR, at->party[s],
			    "the datapath refuses the way that ICE has found: %s",
			    err.text);
		return;
	}
	at->proven[s] = path->remote;
	stands->mute = false;
}

/* of which component of a party's is that bridge? */
static unsigned int component(const struct standing *at, unsigned int s, unsigned int c)
{
	return 1 + (c && !at->mux[s]);
}

static void prove_all(struct session *session)
{
	struct standing *at;
	struct ice_path path;
	unsigned int i, c, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			for (s = 0; at && s < 2; s++)
				if (!dp_leg_is_carried(&at->bridge.leg[s]) &&
				    session_ice_path(at->seat[s], component(at, s, c), &path) &&
				    path.proven &&
				    !dp_addr_eq(&at->proven[s], &path.remote)) {
					at->told[s].strayed = 0;
					prove(session, at, s, &path);
				}
		}
	}
}

/*
 * SRTP that was under way when ICE chose another pair, or that somebody sends on from
 * elsewhere, shows who has made it and not where he is: media goes where ICE has consent
 * (RFC 7675). A party that keeps sending by a pair that it has not nominated is heard all
 * the same, and after some times answered there.
 */
static void come_back(struct session *session, struct standing *at, unsigned int c,
		      unsigned int s, const struct dp_addr *remote)
{
	struct ice_path path;

	if (!session_ice_path(at->seat[s], component(at, s, c), &path) ||
	    !path.proven || !dp_addr_eq(&at->proven[s], &path.remote) ||
	    dp_addr_eq(&path.remote, remote) ||
	    at->told[s].strayed >= STRAYED_MAX)
		return;
	at->told[s].strayed++;
	prove(session, at, s, &path);
}

void session_path_moved(struct session *session, const struct dp_addr *local,
			const struct dp_addr *remote)
{
	struct standing *at;
	unsigned int i, c, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			for (s = 0; at && s < 2; s++)
				if (dp_addr_eq(&at->bridge.leg[s].local, local))
					come_back(session, at, c, s, remote);
		}
	}
}

void session_prove_again(struct session *session)
{
	struct standing *at;
	unsigned int i;

	for (i = 0; i < SESSION_BRIDGES_MAX; i++) {
		at = (&session->standing[0][0])[i];
		if (at)
			memset(at->proven, 0, sizeof(at->proven));
	}
	prove_all(session);
}

/* --- what the agents tell --- */

static struct standing *place(const struct seat *seat, unsigned int c,
			      unsigned int *s)
{
	struct standing *at;
	unsigned int i;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		at = seat->session->standing[i][c];
		for (*s = 0; at && *s < 2; ++*s)
			if (at->seat[*s] == seat)
				return at;
	}
	return NULL;
}

/* @mute: nothing is sent to that party, whatever comes from it */
static void mute(const struct seat *seat, struct standing *at, unsigned int s, bool mute)
{
	struct dp_leg leg = {
		.set = DP_LEG_MUTE,
		.local = at->bridge.leg[s].local,
		.mute = mute,
	};
	struct dp_err err;

	if (at->bridge.leg[s].mute == mute || dp_leg_is_carried(&at->bridge.leg[s]))
		return;
	/* at a port that calls share another may be there next */
	if (mute && seat->pair->share)
		leg.set |= DP_LEG_UNLATCH;
	if (!dp_leg_set(at->dp, &leg, &err)) {
		at->bridge.leg[s].mute = mute;
		at->bridge.leg[s].set |= DP_LEG_MUTE;
		return;
	}
	session_log(seat->session, LOG_LEVEL_ERROR, at->party[s],
		    "the datapath does not %s sending to it: %s",
		    mute ? "stop" : "go on", err.text);
}

/*
 * RFC 7675 5.1: nothing may be sent to it until a check has shown it again; or none was
 * answered after a restart of a party that had been lost, and media latches.
 */
static void lose(const struct seat *seat, unsigned int of, bool lost)
{
	struct standing *at;
	unsigned int i, c, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = seat->session->standing[i][c];
			for (s = 0; at && s < 2; s++) {
				if (at->seat[s] != seat || component(at, s, c) != of)
					continue;
				if (lost)
					at->proven[s] = (struct dp_addr){ 0 };
				mute(seat, at, s, lost);
			}
		}
	}
}

/* the way to one who is lite, as we are, is not proven, and need not be (RFC 8445 8.1.2) */
static bool nobody_checks(const struct seat *seat, unsigned int component)
{
	struct ice_path path;

	return session_ice_path(seat, component, &path) && !path.proven;
}

static void log_news(const struct seat *seat, const struct standing *at,
		     unsigned int s, unsigned int component)
{
	const struct ice_stats *n = ice_get_stats(seat->ice->ice);
	const struct session_party *party = at ? at->party[s] : NULL;
	char buf[DP_ADDR_STRLEN];
	struct ice_path path;

	if (seat->ice->told[component - 1] == ICE_LOST)
		session_log(seat->session, LOG_LEVEL_WARNING, party,
			    "ICE: the party does not answer any more (component %u at %s): nothing is sent to it",
			    component, dp_addr_str(&seat->pair->rtp, buf, sizeof(buf)));
	else if (seat->ice->told[component - 1] == ICE_FAILED)
		session_log(seat->session, LOG_LEVEL_WARNING, party,
			    "ICE: no way was found to the party (component %u): %" PRIu64 " checks were sent and %" PRIu64 " answered, %" PRIu64 " of its came; media latches",
			    component, n->checks, n->responses, n->requests);
	else if (session_ice_path(seat, component, &path))
		session_log(seat->session, LOG_LEVEL_DEBUG, party,
			    "ICE: %s way to %s (component %u, %s)",
			    path.chosen ? "chosen" : "first",
			    dp_addr_str(&path.remote, buf, sizeof(buf)), component,
			    ice_type_name(path.type));
}

/*
 * A way from another address of ours: without a bridge the seat is there at once, else the
 * bridge goes there with it, when nothing else is being changed.
 */
static void follow_way(struct seat *seat)
{
	struct spot *spot = session_ice_elsewhere(seat);
	unsigned int s;

	if (!spot)
		return;
	if (place(seat, 0, &s) || place(seat, 1, &s))
		timer_set(seat->session->sessions->conf.timers,
			  &seat->session->ice_timer, 0);
	else
		session_ice_move(seat, spot);
}

void session_on_ice(struct seat *seat)
{
	struct session *session = seat->session;
	struct standing *at;
	unsigned int c, s;

	for (c = 0; c < 2; c++) {
		if (!(seat->ice->news & 1u << (c + 1)))
			continue;
		seat->ice->news &= ~(1u << (c + 1));
		/* checks for RTCP of its own come to nothing where it has none */
		if (c && seat->mux)
			continue;
		at = place(seat, c, &s);
		log_news(seat, at, s, c + 1);
		if (seat->ice->told[c] != ICE_PATH || nobody_checks(seat, c + 1))
			lose(seat, c + 1, seat->ice->told[c] == ICE_LOST);
		if (!at && seat->ice->told[c] == ICE_PATH)
			timer_set(session->sessions->conf.timers,
				  &session->ice_timer, 0);
	}
	follow_way(seat);
	prove_all(session);
	session_dtls_way(seat);
}

/* a seat that bridges stand on and whose party is got through to from elsewhere; NULL: none */
static struct seat *misplaced(const struct session *session)
{
	const struct standing *at;
	unsigned int i;

	for (i = 0; i < 2 * SESSION_BRIDGES_MAX; i++) {
		at = (&session->standing[0][0])[i / 2];
		if (at && session_ice_elsewhere(at->seat[i % 2]))
			return at->seat[i % 2];
	}
	return NULL;
}

/* one after the other: the leg that stays is what a bridge is known by */
static void move_all(struct session *session)
{
	char buf[DP_ADDR_STRLEN];
	struct spot *spot;
	struct seat *seat;
	struct dp_err err;

	while ((seat = misplaced(session))) {
		spot = session_ice_elsewhere(seat);
		session_ice_move(seat, spot);
		if (session_apply_moved(session, NULL, 0, &err)) {
			session_ice_move(seat, spot);
			session_log(session, LOG_LEVEL_ERROR, (struct session_party *)NULL,
				    "the datapath refuses to move a leg to where ICE has found a way from: %s",
				    err.text);
			return;
		}
		session_log(session, LOG_LEVEL_DEBUG, (struct session_party *)NULL,
			    "ICE: its media goes from %s now",
			    dp_addr_str(&seat->pair->rtp, buf, sizeof(buf)));
		session_changed(session);
	}
}

static void on_timer(struct timer *timer, void *arg)
{
	struct session *session = arg;
	struct dp_err err;

	move_all(session);
	if (session_apply_moved(session, NULL, 0, &err))
		session_log(session, LOG_LEVEL_ERROR, (struct session_party *)NULL,
			    "bridges cannot be made by what ICE has found: %s",
			    err.text);
	else
		session_changed(session);
}

void session_path_init(struct session *session)
{
	timer_init(&session->ice_timer, on_timer, session);
}

/* --- handshakes that have come to an end --- */

static void log_end(const struct channel *ch)
{
	const struct association *a = ch->of;
	const char *what = ch == a->channel ? "RTP" : "RTCP";

	if (ch->state == SESSION_SECURE_UP)
		session_log(a->seat->session, LOG_LEVEL_INFO, a->party,
			    "DTLS: there are keys for its %s: %s", what,
			    dp_srtp_suite_name(ch->rx.suite));
	else if (ch->state == SESSION_SECURE_CLOSED)
		session_log(a->seat->session, LOG_LEVEL_INFO, a->party,
			    "DTLS: it has closed the association of its %s: nothing is relayed any more",
			    what);
	else
		session_log(a->seat->session, LOG_LEVEL_WARNING, a->party,
			    "DTLS has failed, and no %s is relayed: %s", what,
			    ch->why);
}

/* the datapath gets the keys, or loses them, of whichever bridges it concerns */
static int rekey(struct session *session, struct dp_err *err)
{
	int ret = session_apply_moved(session, NULL, 0, err);

	if (!ret)
		session_changed(session);
	return ret;
}

void session_on_dtls(struct channel *ch)
{
	struct association *a = session_association_get(ch->of);
	struct session *session = a->seat->session;
	struct dp_err err;

	log_end(ch);
	if (a->seat->dtls->now == a && rekey(session, &err)) {
		session_log(session, LOG_LEVEL_ERROR, a->party,
			    "the datapath refuses its keys by DTLS: %s", err.text);
		session_dtls_fail(ch, err.text);
		if (rekey(session, &err))
			session_log(session, LOG_LEVEL_ERROR, a->party,
				    "and does not forget the former ones: %s",
				    err.text);
	}
	session_association_put(a);
}

/* --- firewalls are opened --- */

/* an indication: no answer is to come, and nobody takes it for media */
static void send_indication(struct media_sock *sock, const struct dp_addr *to)
{
	uint8_t id[STUN_ID_LEN], buf[64];
	struct stun_writer w;

	if (!to->family || to->family != media_sock_local(sock)->family ||
	    ice_usable(to))
		return;
	random_bytes(id, sizeof(id));
	stun_begin(&w, buf, sizeof(buf), STUN_INDICATION, STUN_BINDING, id);
	stun_put_fingerprint(&w);
	media_send(sock, to, buf, stun_end(&w));
}

static void punch(const struct session_branch *branch, unsigned int end,
		  const struct line *line)
{
	enum session_punch how = branch->end[end].party->policy->punch;
	const struct half *half = &line->half[end];
	const struct seat *seat = half->seat;

	if (how == SESSION_PUNCH_OFF || !seat || half->line)
		return;
	if (half->ice && half->ice->ufrag) {
		/* a full agent's checks do so; those of a fork that is not heard are not known */
		if (seat->ice->lite && session_ice_is_with(seat, half->ice, branch->nr))
			ice_punch(seat->ice->ice, 0, how == SESSION_PUNCH_ALL);
		return;
	}
	send_indication(seat->pair->rtp_sock, &half->remote);
	if (line->rtp)
		send_indication(seat->pair->rtcp_sock, &half->remote_rtcp);
}

void session_path_offered(const struct session_branch *branch, unsigned int end,
			  const struct line *line)
{
	const struct half *half = &line->half[end];

	/* what media is relayed by changes with the answer */
	if (!half->seat || half->seat->used || half->line)
		return;
	if (half->ice && !half->seat->ice->now)
		session_ice_follow(half->seat, half->ice, branch->nr);
	punch(branch, end, line);
}

void session_path_answered(const struct session_branch *branch, unsigned int end,
			   const struct line *line)
{
	punch(branch, end, line);
}

/* --- what comes in --- */

/*
 * At a port that calls share: whose it is tells what a check says of itself, which its ICE
 * verifies, or where it comes from, once that has shown who it is. What nobody has is
 * counted, and has no answer. A check of a call that is over is no offence.
 */
static bool shared_datagram(struct share *share, enum media_class class,
			    const struct dp_addr *src, const uint8_t *data, size_t len)
{
	const struct ports_pair *pair = NULL;
	struct seat *seat;
	bool request;

	if (class == MEDIA_STUN)
		pair = share_call(share, ice_call_of(data, len, &request));
	else if (class == MEDIA_DTLS)
		pair = share_at(share, src);
	seat = pair ? pair->user : NULL;
	if (!seat || (class == MEDIA_STUN && !seat->ice)) {
		share_stranger(share);
		return true;
	}
	if (class == MEDIA_STUN)
		return ice_receive(seat->ice->ice, 0, ICE_COMPONENT_RTP, &pair->rtp, src, data,
				   len) || !request;
	session_dtls_receive(seat, ICE_COMPONENT_RTP, src, data, len);
	return true;
}

bool sessions_datagram(struct media_sock *sock, enum media_class class,
		       const struct dp_addr *src, const uint8_t *data,
		       size_t len, void *arg)
{
	const struct ports_pair *pair = media_sock_user(sock);
	struct seat *seat = pair ? pair->user : NULL;
	unsigned int component;

	if (pair && pair->share)
		return shared_datagram(pair->share, class, src, data, len);
	if (!seat)
		return true;
	component = sock == pair->rtp_sock ? ICE_COMPONENT_RTP :
					     ICE_COMPONENT_RTCP;
	/* RFC 7983: what else there is has nobody yet that it could be for */
	if (class == MEDIA_STUN && seat->ice)
		return ice_receive(seat->ice->ice, 0, component,
				   media_sock_local(sock), src, data, len) ||
		       !stun_is_request(data, len);
	if (class == MEDIA_DTLS)
		session_dtls_receive(seat, component, src, data, len);
	return true;
}
