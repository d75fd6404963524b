// SPDX-License-Identifier: GPL-2.0
/*
 * DTLS-SRTP of a media line with a party (RFC 5763, 5764, 8842): an association for each
 * of its components.
 *
 * An association is held by the lines that were agreed by it, as keys are, and not by the
 * port pair: so an offer, an answer or a roll-back need not undo anything of it. A
 * re-offer that says the same holds the same one. One that says something else (another
 * fingerprint, role or tls-id) gets another; the former is still there, with its keys,
 * for as long as it may be gone back to. The port pair knows which one media goes by, and
 * that alone sends, and gets what comes.
 *
 * There are keys when the party has proved to be who was signalled. Until then the bridge
 * stands and is sealed: by keys that are random and that nobody has, and by taking RTCP
 * where RTP goes and RTP where RTCP does (plan.c). Nothing passes in either direction, and
 * what the other party's side counts with its own keys goes on. It is sealed again if the
 * handshake fails or the party says that it is over. Keys that the line had before are
 * used until there are new ones, as media goes the former way after a restart of ICE.
 *
 * Threads (dtls/pool.c) know nothing of all this: what they have done is told on ours, and
 * never after dtls_free().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "datapath/names.h"
#include "private.h"

/**
 * struct held - a datagram of DTLS that came before the answer
 * @c: component - 1
 * @from: its source
 * @n: its bytes
 * @data: these
 */
struct held {
	unsigned int c;
	struct dp_addr from;
	size_t n;
	uint8_t data[];
};

/* ms until a handshake is tried again that there was no room for */
#define RETRY_MS	500

/* handshakes that strangers may spoil before it is over */
#define TRIES_MAX	32

/* what every datapath that knows SRTP has */
#define SEAL_SUITE	RTPLANE_SRTP_AES_128_CM_SHA1_80

static const char no_memory[] = "no memory for DTLS";

/* --- keys --- */

/* getrandom() does not fail, nor return less, for so few bytes */
void session_key_make(struct dp_srtp *srtp, uint8_t suite)
{
	memset(srtp, 0, sizeof(*srtp));
	srtp->suite = suite;
	srtp->fresh = true;
	if (getrandom(srtp->key, dp_srtp_key_len(suite), 0) < 0)
		abort();	/* a key of zeros would be worse */
}

static void seal(struct channel *ch)
{
	session_key_make(&ch->rx, SEAL_SUITE);
	session_key_make(&ch->tx, SEAL_SUITE);
	ch->sealed = true;
	ch->borrowed = false;
}

/* what protects the line until there are keys: what has so far */
static void inherit(struct association *a, const struct half *half)
{
	const struct channel *was;
	struct channel *ch;

	for (ch = a->channel; ch < a->channel + 2; ch++) {
		if (half->dtls) {
			was = &half->dtls->channel[ch - a->channel];
			ch->rx = was->rx;
			ch->tx = was->tx;
			ch->sealed = was->sealed;
			ch->borrowed = was->borrowed;
		} else if (half->srtp.on && (ch == a->channel || !half->mux)) {
			ch->rx = half->srtp.rx;
			ch->tx = half->srtp.tx;
			ch->sealed = false;
			ch->borrowed = true;
		}
	}
}

/* those of the realm that DTLS has, in its order */
static size_t suites_of(const struct session_policy *policy,
			uint8_t suite[DTLS_SUITES_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < policy->n_suites && n < DTLS_SUITES_MAX; i++) {
		switch (policy->suite[i]) {
		case RTPLANE_SRTP_AES_128_CM_SHA1_80:
		case RTPLANE_SRTP_AES_128_CM_SHA1_32:
		case RTPLANE_SRTP_AES_128_GCM:
		case RTPLANE_SRTP_AES_256_GCM:
			suite[n++] = policy->suite[i];
			break;
		default:
			break;
		}
	}
	return n;
}

/* --- life --- */

static bool is_now(const struct association *a)
{
	return a->seat->dtls && a->seat->dtls->now == a;
}

static void begin_all(struct association *a);

static void on_timer(struct timer *timer, void *arg)
{
	struct association *a = arg;

	if (is_now(a))
		begin_all(a);
}

/* @like: what was said as ours already; NULL: nothing was */
static struct association *association_new(struct session_party *party,
					   struct seat *seat,
					   const struct association *like)
{
	struct association *a = calloc(1, sizeof(*a));
	unsigned int c;

	if (!a || (!like && !sdp_tls_id_make(a->id))) {
		free(a);
		return NULL;
	}
	if (like)
		memcpy(a->id, like->id, sizeof(a->id));
	a->refs = 1;
	a->seat = seat;
	a->party = party;
	a->cert = like ? dtls_cert_get(like->cert) :
			 dtls_pool_cert(party->session->sessions->conf.dtls);
	timer_init(&a->timer, on_timer, a);
	for (c = 0; c < 2; c++) {
		a->channel[c].of = a;
		a->channel[c].state = SESSION_SECURE_WAITING;
		seal(&a->channel[c]);
	}
	return a;
}

struct association *session_association_get(struct association *association)
{
	if (association)
		association->refs++;
	return association;
}

void session_association_put(struct association *a)
{
	unsigned int c;

	if (!a || --a->refs)
		return;
	timer_cancel(&a->timer);
	for (c = 0; c < 2; c++)
		dtls_free(a->channel[c].dtls);
	dtls_cert_put(a->cert);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

static void replace(struct half *half, struct association *a)
{
	session_association_put(half->dtls);
	half->dtls = a;
}

void session_dtls_none(struct half *half)
{
	replace(half, NULL);
}

static bool seat_begin(struct seat *seat)
{
	if (!seat->dtls)
		seat->dtls = calloc(1, sizeof(*seat->dtls));
	return seat->dtls;
}

static void drop_held(struct seat_dtls *own)
{
	while (own->n_held)
		free(own->held[--own->n_held]);
}

void session_dtls_end(struct seat *seat)
{
	struct seat_dtls *own = seat->dtls;
	unsigned int c;

	if (!own)
		return;
	for (c = 0; own->now && c < 2; c++)
		if (own->now->channel[c].dtls)
			dtls_close(own->now->channel[c].dtls);
	drop_held(own);
	session_association_put(own->now);
	free(own);
	seat->dtls = NULL;
}

/* --- a handshake --- */

static unsigned int component_of(const struct channel *ch)
{
	return 1 + (ch != ch->of->channel);
}

static struct media_sock *sock_of(const struct channel *ch)
{
	const struct ports_pair *pair = ch->of->seat->pair;

	return component_of(ch) == ICE_COMPONENT_RTP ? pair->rtp_sock :
						       pair->rtcp_sock;
}

/* where the party is; false: nobody knows, or nothing may be sent to it */
static bool where(const struct channel *ch, struct dp_addr *to)
{
	const struct seat *seat = ch->of->seat;
	unsigned int component = component_of(ch);
	struct ice_path path;

	if (session_ice_path(seat, component, &path)) {
		*to = path.remote;
		return true;
	}
	if (session_ice_lost(seat, component))
		return false;
	*to = ch->peer;
	if (!to->family && !session_ice_decides(seat, component))
		*to = seat->dtls->place[component - 1];
	return to->port && to->family == media_sock_local(sock_of(ch))->family;
}

static void send_on(void *arg, const void *data, size_t len)
{
	const struct channel *ch = arg;
	struct dp_addr to;

	/* what is lost is repeated */
	if (is_now(ch->of) && where(ch, &to))
		media_send(sock_of(ch), &to, data, len);
}

static void give_up(struct channel *ch, enum session_secure state,
		    const char *why)
{
	ch->state = state;
	snprintf(ch->why, sizeof(ch->why), "%s", why);
	seal(ch);
	dtls_free(ch->dtls);
	ch->dtls = NULL;
}

void session_dtls_fail(struct channel *ch, const char *why)
{
	struct channel *rtcp = &ch->of->channel[1];

	give_up(ch, SESSION_SECURE_FAILED, why);
	/* without RTP there is nothing to report of */
	if (ch != rtcp)
		give_up(rtcp, SESSION_SECURE_FAILED, ch->why);
}

/* the next hello may be the party's */
static void await_anew(struct channel *ch)
{
	dtls_free(ch->dtls);
	ch->dtls = NULL;
	ch->state = SESSION_SECURE_WAITING;
}

/*
 * Sources can be forged, and one such datagram must not decide a call: where we wait for
 * the party's hello we go on to wait.
 */
static bool is_spoilt(struct channel *ch, const struct dtls_outcome *outcome)
{
	if (!outcome->anybody || ch->of->role != DTLS_PASSIVE ||
	    ++ch->tries > TRIES_MAX)
		return false;
	await_anew(ch);
	snprintf(ch->why, sizeof(ch->why), "%s", outcome->why);
	ch->later = ch->of->seat->session->sessions->conf.timers->now + RETRY_MS;
	return true;
}

static void come_up(struct channel *ch, const struct dtls_outcome *outcome)
{
	ch->state = SESSION_SECURE_UP;
	ch->sealed = false;
	ch->borrowed = false;
	ch->rx = outcome->rx;
	ch->tx = outcome->tx;
	ch->rx.fresh = true;
	ch->tx.fresh = true;
}

static void on_event(void *arg, const struct dtls_outcome *outcome)
{
	struct channel *ch = arg;

	switch (outcome->event) {
	case DTLS_UP:
		come_up(ch, outcome);
		break;
	case DTLS_FAILED:
		if (is_spoilt(ch, outcome))
			return;
		session_dtls_fail(ch, outcome->why);
		break;
	case DTLS_CLOSED:
		give_up(ch, SESSION_SECURE_CLOSED, outcome->why);
		break;
	}
	ch->of->seat->session->sessions->on_dtls(ch);
}

static const struct dtls_ops dtls_ops = { send_on, on_event };

static const char *start(struct channel *ch)
{
	const struct association *a = ch->of;
	struct dtls_remote remote = {
		.role = a->role,
		.fingerprint = a->theirs.fingerprint,
		.n_fingerprints = a->theirs.n,
	};

	ch->dtls = dtls_new(a->seat->session->sessions->conf.dtls, a->cert,
			    &dtls_ops, ch);
	if (!ch->dtls)
		return no_memory;
	remote.n_suites = suites_of(a->party->policy, remote.suite);
	return dtls_start(ch->dtls, &remote);
}

/* it may be that there is no room for it now */
static bool begin(struct channel *ch)
{
	struct association *a = ch->of;
	const char *why;

	if (ch->state != SESSION_SECURE_WAITING)
		return ch->dtls;
	why = start(ch);
	snprintf(ch->why, sizeof(ch->why), "%s", why ? why : "");
	if (!why) {
		ch->state = SESSION_SECURE_TRYING;
		return true;
	}
	dtls_free(ch->dtls);
	ch->dtls = NULL;
	timer_set(a->seat->session->sessions->conf.timers, &a->timer, RETRY_MS);
	return false;
}

/* who is passive waits for the party's hello */
static void begin_all(struct association *a)
{
	struct dp_addr to;
	unsigned int c;

	for (c = 0; a->role == DTLS_ACTIVE && c < a->seat->dtls->channels; c++)
		if (where(&a->channel[c], &to))
			begin(&a->channel[c]);
}

/* --- what comes in --- */

static bool is_party(const struct seat *seat, unsigned int component,
		     const struct dp_addr *from)
{
	const struct seat_dtls *own = seat->dtls;

	if (session_ice_decides(seat, component))
		return session_ice_knows(seat, component, from);
	return dp_addr_eq(from, &own->place[component - 1]) ||
	       (own->host.family && dp_addr_same_host(from, &own->host));
}

/*
 * Who has the signalled address and port goes before whoever shares the host, and takes
 * over what the latter has begun. ICE knows who it is. False: nobody listens to him.
 */
static bool goes_first(struct channel *ch, const struct dp_addr *from)
{
	const struct association *a = ch->of;
	unsigned int component = component_of(ch);
	const struct dp_addr *place = &a->seat->dtls->place[component - 1];
	bool before = ch->peer.family && dp_addr_eq(&ch->peer, place);

	if (session_ice_decides(a->seat, component))
		return true;
	if (!dp_addr_eq(from, place))
		return !before &&
		       a->seat->session->sessions->conf.timers->now >= ch->later;
	if (!before && ch->state == SESSION_SECURE_TRYING &&
	    a->role == DTLS_PASSIVE)
		await_anew(ch);
	return true;
}

static void take(struct association *a, unsigned int component,
		 const struct dp_addr *from, const void *data, size_t len)
{
	struct channel *ch = &a->channel[component - 1];

	if (component > a->seat->dtls->channels ||
	    !is_party(a->seat, component, from) || !goes_first(ch, from))
		return;
	ch->peer = *from;
	if (begin(ch))
		dtls_receive(ch->dtls, data, len);
}

/* the answer is on its way: who has checked with our credentials may be its author */
static void hold(struct seat *seat, unsigned int component,
		 const struct dp_addr *from, const void *data, size_t len)
{
	struct seat_dtls *own = seat->dtls;
	struct held *held;

	if (own->n_held == HELD_MAX || !session_ice_knows(seat, component, from))
		return;
	held = malloc(sizeof(*held) + len);
	if (!held)
		return;
	held->c = component - 1;
	held->from = *from;
	held->n = len;
	memcpy(held->data, data, len);
	own->held[own->n_held++] = held;
}

void session_dtls_receive(struct seat *seat, unsigned int component,
			  const struct dp_addr *from, const uint8_t *data,
			  size_t len)
{
	if (!seat->dtls)
		return;
	if (seat->dtls->now)
		take(seat->dtls->now, component, from, data, len);
	else
		hold(seat, component, from, data, len);
}

/* --- media goes by it --- */

static void set_places(struct seat_dtls *own, const struct session_party *party,
		       const struct half *half)
{
	struct dp_leg rtp = { .remote = half->remote };
	struct dp_leg rtcp = { .remote = half->remote_rtcp };

	session_latch(party, &rtp);
	session_latch(party, &rtcp);
	own->place[0] = rtp.remote;
	own->place[1] = rtcp.remote;
	own->host = rtp.remote;
	if (rtp.latch == RTPLANE_LATCH_OFF)
		own->host = (struct dp_addr){ 0 };
	else if (rtp.latch == RTPLANE_LATCH_LEARN)
		own->host = party->source;
}

/*
 * RTCP goes by RTP's port now. Should it come back, its bridge is made anew, where what
 * protected it would begin to count from 0 again: it gets other keys there.
 */
static void rest(struct channel *rtcp)
{
	if (!rtcp->tx.fresh)
		give_up(rtcp, SESSION_SECURE_WAITING, "");
}

void session_dtls_follow(struct session_party *party, const struct half *half)
{
	struct seat_dtls *own = half->seat->dtls;
	struct association *was;
	unsigned int i;

	if (!own)
		return;
	set_places(own, party, half);
	own->channels = half->mux ? 1 : 2;
	was = own->now;
	own->now = session_association_get(half->dtls);
	session_association_put(was);
	if (own->now && half->mux)
		rest(&own->now->channel[1]);
	for (i = 0; own->now && i < own->n_held; i++)
		take(own->now, own->held[i]->c + 1, &own->held[i]->from,
		     own->held[i]->data, own->held[i]->n);
	drop_held(own);
	if (own->now)
		begin_all(own->now);
}

void session_dtls_way(struct seat *seat)
{
	if (seat->dtls && seat->dtls->now)
		begin_all(seat->dtls->now);
}

void session_dtls_protect(const struct half *half, unsigned int component,
			  struct dp_leg *leg)
{
	leg->srtp_rx = half->dtls->channel[component - 1].rx;
	leg->srtp_tx = half->dtls->channel[component - 1].tx;
}

bool session_dtls_is_sealed(const struct half *half, unsigned int component)
{
	return half->dtls && half->dtls->channel[component - 1].sealed;
}

bool session_dtls_borrows(const struct half *half)
{
	return half->dtls && half->dtls->channel[0].borrowed;
}

void session_dtls_report(const struct seat *seat, unsigned int component,
			 struct session_dtls_report *to)
{
	const struct association *a = seat->dtls ? seat->dtls->now : NULL;
	const struct channel *ch;

	if (!a)
		return;
	ch = &a->channel[component - 1];
	to->state = ch->state;
	to->active = a->role == DTLS_ACTIVE;
	snprintf(to->text, sizeof(to->text), "%s",
		 ch->state == SESSION_SECURE_TRYING ? dtls_state(ch->dtls) :
						      ch->why);
}

/* --- descriptions --- */

bool session_dtls_is_on(const struct session_party *party)
{
	const struct sessions_conf *conf = &party->session->sessions->conf;

	return party->policy->dtls != SESSION_DTLS_OFF && conf->dtls &&
	       conf->timers;
}

bool session_dtls_is_said(const struct sdp_desc *desc,
			  const struct sdp_media *media, const char **why)
{
	struct sdp_dtls theirs;

	sdp_dtls_read(desc, media, &theirs);
	*why = theirs.why;
	if (!theirs.n && media->dtls && !theirs.why)
		*why = "its profile is one of DTLS, and there is no a=fingerprint";
	return theirs.n && !*why;
}

/* nothing comes of it any more: the party may begin anew by the same description */
static bool is_over(const struct association *a)
{
	return a->channel[0].state == SESSION_SECURE_FAILED ||
	       a->channel[0].state == SESSION_SECURE_CLOSED;
}

static bool lives(const struct association *a)
{
	return a && a->known && !is_over(a);
}

/*
 * Does it stay the association that there is? RFC 8842 5.3, 5.4: who leaves the roles
 * open leaves them as they are.
 */
static bool is_same(const struct association *now,
		    const struct sdp_dtls *theirs, enum dtls_role role)
{
	if (!lives(now) || sdp_dtls_anew(&now->theirs, theirs))
		return false;
	return now->role == role || theirs->setup == SDP_SETUP_ACTPASS ||
	       theirs->setup == SDP_SETUP_UNSAID;
}

static void know(struct association *a, const struct sdp_dtls *theirs,
		 enum dtls_role role)
{
	a->theirs = *theirs;
	a->role = role;
	a->known = true;
}

static bool has_suite(const struct session_party *party)
{
	uint8_t suite[DTLS_SUITES_MAX];

	return suites_of(party->policy, suite);
}

static const char no_suite[] = "its realm takes no suite that DTLS has (srtp: suites)";

/* another one takes the place of what @half has; @like: as association_new() */
static bool renew(struct session_party *party, bool savp, bool tls,
		  const struct association *like, struct half *half)
{
	struct association *a = NULL;

	if (seat_begin(half->seat))
		a = association_new(party, half->seat, like);
	if (!a)
		return false;
	a->savp = savp;
	a->tls = tls;
	inherit(a, half);
	replace(half, a);
	return true;
}

const char *session_dtls_offered(struct session_party *party,
				 const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 struct half *half)
{
	struct sdp_dtls theirs;
	enum dtls_role role;

	sdp_dtls_read(desc, media, &theirs);
	role = sdp_setup_role(theirs.setup, false);
	if (party->policy->dtls_passive && theirs.setup == SDP_SETUP_ACTPASS)
		role = DTLS_PASSIVE;
	if (is_same(half->dtls, &theirs, role))
		return NULL;
	if (!has_suite(party))
		return no_suite;
	if (!renew(party, media->savp, media->dtls, NULL, half))
		return no_memory;
	know(half->dtls, &theirs, role);
	return NULL;
}

const char *session_dtls_invite(struct session_party *party, bool savp, bool tls,
				struct half *half)
{
	/* the one that there is, or an invitation that this replaces */
	if (half->dtls && !is_over(half->dtls))
		return NULL;
	if (!has_suite(party))
		return no_suite;
	return renew(party, savp, tls, NULL, half) ? NULL : no_memory;
}

int session_dtls_answered(struct session_party *party,
			  const struct sdp_desc *desc,
			  const struct sdp_media *media, unsigned int i,
			  struct half *half, struct dp_err *err)
{
	const struct association *asked = half->dtls;
	struct sdp_dtls theirs;
	enum dtls_role role;

	sdp_dtls_read(desc, media, &theirs);
	role = sdp_setup_role(theirs.setup, true);
	if (is_same(asked, &theirs, role))
		return 0;
	if (!renew(party, asked->savp, asked->tls, asked, half))
		return dp_fail(err, ENOMEM, "media line %u: %s", i + 1, no_memory);
	know(half->dtls, &theirs, role);
	return 0;
}

void session_dtls_say(struct writer *out, const struct half *half, bool answer)
{
	const struct association *a = half->dtls;
	struct sdp_dtls ours = { .n = 1 };
	enum dtls_hash hash;

	if (!a)
		return;
	hash = (enum dtls_hash)a->party->policy->dtls_hash;
	dtls_cert_fingerprint(a->cert, hash ? hash : DTLS_SHA256, &ours.fingerprint[0]);
	ours.setup = !answer ? SDP_SETUP_ACTPASS :
		     a->role == DTLS_ACTIVE ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE;
	/* RFC 8842 5.3: an answer has one if the offer has */
	if (!answer || *a->theirs.tls_id)
		memcpy(ours.tls_id, a->id, sizeof(a->id));
	sdp_dtls_print(out, &ours);
}
