// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's way through a leg of the user-space datapath, step by step as in
 * the module (kmod/ingress.c): demultiplex, source, limits, statistics, way out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "engine/engine.h"
#include "kmod/dscp.h"
#include "leg.h"
#include "legcopy.h"
#include "lines.h"
#include "rtpsec/rtpsec.h"

#define UDP_HDRLEN	8
#define IP4_HDRLEN	20
#define IP6_HDRLEN	40
/* as much of an RTCP packet as is looked at: one report of each kind */
#define RTCP_LOOK	256
/* longer compounds of RTCP than an Ethernet carries go to one line as they are */
#define RTCP_MAX	1500
/* what judging functions return beside enum rtplane_drop */
#define ACCEPTED	(-1)
#define HELD		(-2)

_Static_assert(ENGINE_TRAILER >= RTPSEC_GROWTH, "no room for the trailer");

/* no datagram waits longer in a socket and is worth relaying */
/* events of each kind and worker */
#define EVENTS_PER_S	10000
#define ARRIVAL_MAX_NS	10000000000ull

/* all that may be held of sources on probation, and the events of a leg's reports */
#define HELD_MAX	(16u << 20)
#define RTCP_EVENT_NS	1000000000ull

/**
 * struct held - a packet of a source that is not the remote yet
 * @media: whose memory it is counted in
 * @size: bytes counted there
 * @name: source
 * @namelen: its bytes
 * @len: bytes of @data
 * @tos: TOS or traffic class
 * @kind: enum rtplane_kind
 * @stamp: CLOCK_REALTIME ns of its arrival; 0: not told
 * @data: the datagram, and room for the trailer of SRTP
 */
struct held {
	struct media *media;
	size_t size;
	struct sockaddr_in6 name;
	socklen_t namelen;
	unsigned int len;
	uint8_t tos;
	uint8_t kind;
	uint64_t stamp;
	uint8_t data[];
};

/* --- addresses --- */

void leg_ep(const struct dp_addr *addr, struct rtplane_ep *ep)
{
	memset(ep, 0, sizeof(*ep));
	if (addr->family == AF_INET)
		rtplane_ep_set4(ep, addr->v4.s_addr, htons(addr->port));
	else if (addr->family == AF_INET6)
		rtplane_ep_set6(ep, &addr->v6, htons(addr->port));
	ep->rtcp = addr->rtcp;
	ep->call = addr->call;
}

void leg_addr(const struct rtplane_ep *ep, struct dp_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (rtplane_ep_none(ep))
		return;
	addr->port = ntohs(ep->port);
	addr->rtcp = ep->rtcp;
	addr->call = ep->call;
	if (rtplane_ep_is4(ep)) {
		addr->family = AF_INET;
		addr->v4.s_addr = ep->w32[3];
	} else {
		addr->family = AF_INET6;
		addr->v6 = ep->addr;
	}
}

void leg_source(const struct rx *rx, bool v6, struct rtplane_ep *ep)
{
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;

	memset(ep, 0, sizeof(*ep));
	if (v6 && rx->namelen >= sizeof(sin6)) {
		memcpy(&sin6, rx->name, sizeof(sin6));
		rtplane_ep_set6(ep, &sin6.sin6_addr, sin6.sin6_port);
	} else if (!v6 && rx->namelen >= sizeof(sin)) {
		memcpy(&sin, rx->name, sizeof(sin));
		rtplane_ep_set4(ep, sin.sin_addr.s_addr, sin.sin_port);
	}
}

static unsigned int ip_len(const struct leg *leg, unsigned int payload)
{
	return payload + UDP_HDRLEN + (leg->v6 ? IP6_HDRLEN : IP4_HDRLEN);
}

/* --- the remote --- */

void leg_retarget(struct leg *leg)
{
	const struct rtplane_ep *to = leg->latched ? &leg->remote :
				      leg->early ? &leg->policy.signalled :
				      NULL;
	struct sockaddr_storage ss;
	struct dp_addr addr;

	leg->tolen = 0;
	if (!to || rtplane_ep_none(to) || leg->mute)
		return;
	leg_addr(to, &addr);
	leg->tolen = dp_addr_to_sockaddr(&addr, &ss);
	memcpy(&leg->to, &ss, leg->tolen);
	if (leg->v6 && IN6_IS_ADDR_LINKLOCAL(&addr.v6))
		leg->to.sin6_scope_id = leg->oif;
}

static void publish(struct leg *leg)
{
	struct leg_remote *p = &leg->published;
	uint32_t seq = atomic_load_explicit(&p->seq, memory_order_relaxed);

	atomic_store_explicit(&p->seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(&p->a[0], leg->remote.w[0],
			      memory_order_release);
	atomic_store_explicit(&p->a[1], leg->remote.w[1],
			      memory_order_release);
	atomic_store_explicit(&p->port, leg->latched ? leg->remote.port : 0,
			      memory_order_release);
	atomic_store_explicit(&p->seq, seq + 2, memory_order_release);
}

/* the remote of a leg of any worker; false if it has none */
static bool read_published(struct leg_remote *p, struct rtplane_ep *remote)
{
	uint32_t seq;

	memset(remote, 0, sizeof(*remote));
	do {
		seq = atomic_load_explicit(&p->seq, memory_order_acquire);
		remote->w[0] = atomic_load_explicit(&p->a[0],
						    memory_order_acquire);
		remote->w[1] = atomic_load_explicit(&p->a[1],
						    memory_order_acquire);
		remote->port = atomic_load_explicit(&p->port,
						    memory_order_acquire);
	} while (seq & 1 ||
		 atomic_load_explicit(&p->seq, memory_order_relaxed) != seq);
	return remote->port;
}

static bool tie_permits(const struct leg *leg, const struct rtplane_ep *src)
{
	struct rtplane_ep remote;

	if (rtplane_ep_none(&leg->tie))
		return true;
	return leg->tied_to &&
	       read_published(&leg->tied_to->published, &remote) &&
	       rtplane_policy_tied(&leg->policy, leg->local.rtcp, &remote, src);
}

bool leg_permits(const struct leg *leg, const struct rtplane_ep *src)
{
	return rtplane_policy_permits(&leg->policy, src, tie_permits(leg, src));
}

/* --- events --- */

static uint64_t realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* as the module: a flood of reports or digits uses up no other event's place */
static bool may_tell(struct worker *w, const struct dp_event *event)
{
	struct event_limit *l = &w->limits[event->type == RTPLANE_EVENT_RTCP ||
					   event->type == RTPLANE_EVENT_DTMF];
	uint64_t second = w->now / 1000000000;

	if (l->second != second)
		*l = (struct event_limit){ .second = second };
	return l->n++ < EVENTS_PER_S;
}

/* false if it is lost */
static bool tell(struct worker *w, const struct dp_event *event)
{
	struct dp_event *copy = queue_full(&w->events) || !may_tell(w, event) ?
				NULL : malloc(sizeof(*copy));

	if (!copy) {
		worker_fault(w, MEDIA_FAULT_EVENTS_LOST, 1,
			     "an event is lost: the agent does not take them in time");
		return false;
	}
	*copy = *event;
	queue_put(&w->events, copy);
	w->news[NEWS_EVENTS] = true;
	return true;
}

/* as the module: a report is not told with a latch */
static void gather(struct notices *n, const struct dp_event *event)
{
	if (event->type == RTPLANE_EVENT_FIRST_PACKET) {
		n->first = *event;
		n->has_first = true;
	} else if (!n->has_other) {
		n->other = *event;
		n->has_other = true;
	}
}

static void tell_gathered(struct worker *w, const struct notices *n)
{
	if (n->has_first)
		tell(w, &n->first);
	if (n->has_other)
		tell(w, &n->other);
}

static bool notice(struct leg *leg, struct worker *w, uint8_t type,
		   uint8_t reason, const struct rtplane_ep *old,
		   const struct rtplane_ep *new, uint64_t count)
{
	struct dp_event event = {
		.type = type,
		.reason = reason,
		.local = leg->addr,
		.cookie = leg->cookie,
		.count = count,
	};

	if (!w->media->events)
		return true;
	event.time = realtime();
	if (old)
		leg_addr(old, &event.old);
	if (new)
		leg_addr(new, &event.new);
	if (type == RTPLANE_EVENT_RTCP)
		leg_rtcp_info(leg, &event.rtcp);
	if (!w->gather)
		return tell(w, &event);
	gather(w->gather, &event);
	return true;
}

void leg_rtcp_info(const struct leg *leg, struct dp_rtcp *info)
{
	const struct rtplane_rtcpstats *s = &leg->rtcp;

	*info = (struct dp_rtcp){
		.present = s->reports,
		.has_rtt = s->rtt_us,
		.fraction_lost = s->fraction_lost,
		.reports = s->reports,
		.ssrc = ntohl(s->ssrc),
		.lost = s->lost,
		.jitter = s->jitter,
		.rtt = s->rtt_us,
	};
}

static void count_wasted(struct leg *leg)
{
	uint32_t strange;

	leg->drops[RTPLANE_DROP_PROBATION] +=
		rtplane_policy_wasted(&leg->policy, &strange);
	leg->drops[RTPLANE_DROP_SSRC] += strange;
}

void leg_resume(struct leg *leg, const struct rtplane_ep *remote)
{
	leg->remote = *remote;
	leg->latched = true;
	publish(leg);
	leg_retarget(leg);
}

void leg_commit(struct leg *leg, struct worker *w,
		const struct rtplane_ep *remote, uint8_t reason)
{
	struct rtplane_ep old = leg->remote;
	bool had = leg->latched;

	rtplane_policy_committed(&leg->policy, worker_clock(),
				 reason == RTPLANE_REASON_PROVEN);
	leg->policy.reason = reason;
	count_wasted(leg);
	leg->latches++;
	leg->changes++;
	leg_resume(leg, remote);
	notice(leg, w, RTPLANE_EVENT_LATCH, reason, had ? &old : NULL, remote,
	       0);
}

void leg_forget(struct leg *leg)
{
	leg->latched = false;
	rtplane_policy_forget(&leg->policy);
	count_wasted(leg);
	leg->changes++;
	publish(leg);
	leg_retarget(leg);
}

void leg_left(struct leg *leg)
{
	if (leg->latched)
		rtplane_policy_left(&leg->policy, &leg->remote, worker_clock());
	leg_forget(leg);
}

/* --- packets of a source that is not the remote yet --- */

static int accepted(struct leg *leg, struct worker *w, struct rx *rx, uint8_t kind,
		    unsigned int iplen);

static void unhold(void *packet)
{
	struct held *h = packet;

	atomic_fetch_sub(&h->media->held, h->size);
	free(h);
}

/* HELD, or the enum rtplane_drop to count */
static int hold(struct leg *leg, struct worker *w, const struct rx *rx,
		uint8_t kind, struct rtplane_candidate *place)
{
	size_t size = sizeof(struct held) + rx->len + ENGINE_TRAILER;
	_Atomic size_t *all = &w->media->held;
	struct held *h = NULL;

	if (atomic_fetch_add(all, size) + size <= HELD_MAX)
		h = malloc(size);
	if (!h) {
		atomic_fetch_sub(all, size);
		return RTPLANE_DROP_NOMEM;
	}
	h->media = w->media;
	h->size = size;
	h->namelen = rx->namelen < sizeof(h->name) ? rx->namelen :
						     sizeof(h->name);
	memcpy(&h->name, rx->name, h->namelen);
	h->len = rx->len;
	h->tos = rx->tos;
	h->kind = kind;
	h->stamp = rx->stamp;
	memcpy(h->data, rx->data, rx->len);
	rtplane_policy_hold(&leg->policy, place, h, unhold);
	w->holding = true;
	return HELD;
}

/* its source is the remote now: the packets go their way, before the next one */
static void release(struct leg *leg, struct worker *w, void **packets,
		    unsigned int n)
{
	unsigned int i;
	int no;

	if (!n)
		return;
	/* there is room for what is sent, and the buffers are ours again after it */
	w->io->flush(w);
	for (i = 0; i < n; i++) {
		struct held *h = packets[i];
		struct rx rx = {
			.name = (const struct sockaddr *)&h->name,
			.namelen = h->namelen,
			.data = h->data,
			.len = h->len,
			.tos = h->tos,
			.stamp = h->stamp,
		};

		no = accepted(leg, w, &rx, h->kind, ip_len(leg, h->len));
		if (no >= 0)
			leg->drops[no]++;
	}
	w->io->flush(w);
	for (i = 0; i < n; i++)
		unhold(packets[i]);
}

/* --- a packet --- */

/* the committed remote, compared with the name as it stands */
static bool from_remote(const struct leg *leg, const struct rx *rx)
{
	const struct sockaddr_in6 *sin6 = (const void *)rx->name;
	const struct sockaddr_in *sin = (const void *)rx->name;

	if (!leg->latched)
		return false;
	if (leg->v6)
		return leg->remote.port == sin6->sin6_port &&
		       !memcmp(&leg->remote.addr, &sin6->sin6_addr, 16);
	return leg->remote.port == sin->sin_port &&
	       leg->remote.w32[3] == sin->sin_addr.s_addr;
}

static int refused(struct leg *leg, struct worker *w,
		   const struct rtplane_ep *src,
		   const struct rtplane_finding *f)
{
	if (f->refused)
		notice(leg, w, RTPLANE_EVENT_REFUSED, f->reason,
		       leg->latched ? &leg->remote : NULL, src, f->refused);
	return RTPLANE_DROP_REFUSED;
}

/* a packet that does not come from the remote: ACCEPTED, HELD or enum rtplane_drop */
static int latch(struct leg *leg, struct worker *w, const struct rx *rx,
		 const struct rtplane_ep *src, uint8_t kind, bool tied)
{
	struct rtplane_arrival a = {
		.src = src,
		.payload = rx->data,
		.kind = kind,
		.now = w->now,
		.last = leg->last,
		.latched = leg->latched,
		.tied = tied,
	};
	void *packets[RTPLANE_HELD];
	struct rtplane_finding f;
	int no = ACCEPTED;
	unsigned int n;

	switch (rtplane_policy_judge(&leg->policy, &a, &f)) {
	case RTPLANE_JUDGED_COMMIT:
		n = rtplane_policy_take(f.place, packets);
		leg_commit(leg, w, src, f.reason);
		release(leg, w, packets, n);
		break;
	case RTPLANE_JUDGED_HOLD:
		no = hold(leg, w, rx, kind, f.place);
		break;
	case RTPLANE_JUDGED_NOMEM:
		no = RTPLANE_DROP_NOMEM;
		break;
	case RTPLANE_JUDGED_REFUSED:
		no = refused(leg, w, src, &f);
		break;
	}
	count_wasted(leg);
	return no;
}

/* RTP of the remote whose SSRC is another: ACCEPTED, HELD or enum rtplane_drop */
static int guard(struct leg *leg, struct worker *w, const struct rx *rx)
{
	struct rtplane_arrival a = {
		.src = &leg->remote,
		.payload = rx->data,
		.kind = RTPLANE_KIND_RTP,
		.now = w->now,
		.last = leg->last,
		.latched = true,
	};
	void *packets[RTPLANE_HELD];
	struct rtplane_finding f;
	int no = ACCEPTED;

	switch (rtplane_policy_guard(&leg->policy, &a, leg->rtp.ssrc, &f)) {
	case RTPLANE_JUDGED_COMMIT:
		/* one that had no place has passed before */
		leg->changes += f.place != NULL;
		release(leg, w, packets, rtplane_policy_take(f.place, packets));
		break;
	case RTPLANE_JUDGED_HOLD:
		no = hold(leg, w, rx, RTPLANE_KIND_RTP, f.place);
		break;
	default:
		no = RTPLANE_DROP_NOMEM;
		break;
	}
	count_wasted(leg);
	return no;
}

/* must this packet of the remote be judged for its SSRC? */
static bool is_strange(const struct leg *leg, const struct rx *rx, uint8_t kind)
{
	uint32_t ssrc;

	if (kind != RTPLANE_KIND_RTP || leg->any ||
	    !rtplane_rtp_started(&leg->rtp))
		return false;
	memcpy(&ssrc, rx->data + 8, sizeof(ssrc));
	return rtplane_policy_guards(&leg->policy, ssrc == leg->rtp.ssrc);
}

/*
 * When it arrived, not when it was our turn: a machine that others keep busy
 * must not make a stream look like a burst.
 */
static uint64_t arrival(const struct worker *w, const struct rx *rx)
{
	uint64_t now = realtime();
	uint64_t age = now > rx->stamp ? now - rx->stamp : 0;

	/* the clock may have been set meanwhile */
	if (!rx->stamp || age > ARRIVAL_MAX_NS)
		return w->now;
	return worker_clock() - age;
}

static int police(struct leg *leg, const struct worker *w, const struct rx *rx)
{
	enum rtplane_police_verdict verdict;

	if (!leg->policed)
		return ACCEPTED;
	verdict = rtplane_police(&leg->police, arrival(w, rx),
				 ip_len(leg, rx->len));
	if (verdict == RTPLANE_POLICE_OK)
		return ACCEPTED;
	return verdict == RTPLANE_POLICE_PPS ? RTPLANE_DROP_PPS :
					       RTPLANE_DROP_BPS;
}

static void count_rtcp(struct leg *leg, struct worker *w, const struct rx *rx)
{
	unsigned int len = rx->len < RTCP_LOOK ? rx->len : RTCP_LOOK;
	uint64_t sr = leg->sr;

	leg->rtcp_packets++;
	if (rtplane_rtcp_rx(&leg->rtcp, rx->data, len, rx->len,
			    leg->peer->sr, w->now, &sr) &&
	    !w->gather->has_other &&
	    (!leg->rtcp_told || w->now - leg->rtcp_told >= RTCP_EVENT_NS)) {
		leg->rtcp_told = w->now;
		notice(leg, w, RTPLANE_EVENT_RTCP, RTPLANE_REASON_NONE, NULL,
		       NULL, 0);
	}
	leg->sr = sr;
}

static bool is_digit(const struct leg *leg, const struct rx *rx, uint8_t kind)
{
	return kind == RTPLANE_KIND_RTP &&
	       rtplane_is_digit(leg->digits, rx->data[1]);
}

/* what a telephone event's packet says, behind contributors and extension; NULL: nothing */
static const uint8_t *digit_body(const struct rx *rx)
{
	unsigned int at = RTPLANE_RTP_HDRLEN + 4 * (rx->data[0] & 0x0f);

	if (rx->data[0] & 0x10) {
		if (at + 4 > rx->len)
			return NULL;
		at += 4 + 4 * (unsigned int)get_unaligned_be16(rx->data + at + 2);
	}
	return at + RTPLANE_DIGIT_LEN > rx->len ? NULL : rx->data + at;
}

static void count_digit(struct leg *leg, struct worker *w, const struct rx *rx)
{
	const uint8_t *body = digit_body(rx);
	struct rtplane_digit digit;
	struct rtplane_ep src;

	rtplane_rtpstats_digit(&leg->rtp, rx->data);
	/* beside a latch it cannot be told: the next copy of its end tells it */
	if (!body || w->gather->has_other ||
	    !rtplane_digit_rx(&leg->digit, rx->data, body, w->now, &digit))
		return;
	leg_source(rx, leg->v6, &src);
	notice(leg, w, RTPLANE_EVENT_DTMF, RTPLANE_REASON_NONE, NULL, &src, 0);
	w->gather->other.digit = (struct dp_digit){
		.event = digit.event,
		.volume = digit.volume,
		.pt = digit.pt,
		.duration = digit.duration,
	};
}

static void first_packet(struct leg *leg, struct worker *w,
			 const struct rx *rx)
{
	struct rtplane_ep src;

	leg_source(rx, leg->v6, &src);
	leg->first = realtime();
	notice(leg, w, RTPLANE_EVENT_FIRST_PACKET, RTPLANE_REASON_NONE, NULL,
	       &src, 0);
}

static void count_rx(struct leg *leg, struct worker *w, const struct rx *rx,
		     uint8_t kind, unsigned int iplen)
{
	if (!leg->rx_packets++)
		first_packet(leg, w, rx);
	leg->rx_bytes += iplen;
	leg->last = w->now;
	leg->dscp_seen[rx->tos >> 2]++;
	if (is_digit(leg, rx, kind)) {
		count_digit(leg, w, rx);
	} else if (kind == RTPLANE_KIND_RTP) {
		rtplane_rtpstats_rx(&leg->rtp, rx->data, w->now);
		leg->changes += leg->policy.fresh;
		leg->policy.fresh = false;
	} else if (kind == RTPLANE_KIND_RTCP) {
		count_rtcp(leg, w, rx);
	}
}

/* take the protection off; what failed counts for nothing */
static int unprotect(struct leg *leg, struct rx *rx, uint8_t kind)
{
	enum rtpsec_result result;
	size_t len = rx->len;

	result = rtpsec_unprotect(leg->sec[RTPSEC_IN], rx->data, &len,
				  kind == RTPLANE_KIND_RTCP);
	rx->len = (unsigned int)len;
	return result == RTPSEC_OK ? ACCEPTED : (int)rtpsec_drop(result);
}

static int protect(struct leg *leg, struct rx *rx, uint8_t kind)
{
	enum rtpsec_result result;
	size_t len = rx->len;

	result = rtpsec_protect(leg->sec[RTPSEC_OUT], rx->data, &len,
				MEDIA_MAX + ENGINE_TRAILER,
				kind == RTPLANE_KIND_RTCP);
	rx->len = (unsigned int)len;
	return result == RTPSEC_OK ? ACCEPTED : (int)rtpsec_drop(result);
}

/*
 * Of a protected leg: whoever satisfies the mode and authenticates is the remote,
 * at once and whoever was it before; a packet that does not authenticate changes
 * nothing, nor does it use up what the remote may send.
 */
static int admit_protected(struct leg *leg, struct worker *w, struct rx *rx,
			   const struct rtplane_ep *src, uint8_t kind)
{
	int no;
	bool tied;

	if (!src) {
		no = unprotect(leg, rx, kind);
		return no == ACCEPTED ? police(leg, w, rx) : no;
	}
	/* asked once: the RTP leg may commit meanwhile */
	tied = tie_permits(leg, src);
	if (!rtplane_policy_permits(&leg->policy, src, tied) ||
	    rtplane_policy_former(&leg->policy, src, w->now))
		return latch(leg, w, rx, src, kind, tied);
	no = unprotect(leg, rx, kind);
	if (no == ACCEPTED)
		no = police(leg, w, rx);
	if (no == ACCEPTED)
		leg_commit(leg, w, src, RTPLANE_REASON_PROVEN);
	return no;
}

/* may it come in?  ACCEPTED, HELD or enum rtplane_drop */
static int admit(struct leg *leg, struct worker *w, struct rx *rx,
		 uint8_t kind)
{
	struct rtplane_ep from;
	const struct rtplane_ep *src = NULL;
	int no = ACCEPTED;

	if (!from_remote(leg, rx)) {
		leg_source(rx, leg->v6, &from);
		/* the stack takes nothing from a loopback address but by lo */
		if (rtplane_policy_martian(&from, &leg->local, leg->v6, true))
			return RTPLANE_DROP_MARTIAN;
		if (calls_is_keyed(&leg->addr))
			return RTPLANE_DROP_REFUSED;
		src = &from;
	}
	if (leg->sec[RTPSEC_IN])
		return admit_protected(leg, w, rx, src, kind);
	if (src)
		no = latch(leg, w, rx, src, kind, tie_permits(leg, src));
	else if (is_strange(leg, rx, kind))
		no = guard(leg, w, rx);
	return no;
}

/* by the peer, to its remote */
static int send_on(struct leg *leg, struct worker *w, struct rx *rx,
		   uint8_t kind)
{
	struct leg *peer = leg->peer, *way = lines_carrier(peer);
	struct tx *tx = &w->tx[w->n_tx];
	int no;

	if (!way || !way->tolen)
		return RTPLANE_DROP_NO_REMOTE;
	if (way->line.on && kind == RTPLANE_KIND_RTP &&
	    !lines_sends(way, peer->addr.line, rx->data))
		return RTPLANE_DROP_SSRC;
	if (way->sec[RTPSEC_OUT]) {
		no = protect(way, rx, kind);
		if (no != ACCEPTED)
			return no;
	}
	tx->in = leg->sock;
	tx->out = peer->sock;
	tx->to = (const struct sockaddr *)&way->to;
	tx->tolen = way->tolen;
	tx->data = rx->data;
	tx->len = (uint16_t)rx->len;
	tx->tos = rtplane_dscp_tos(peer->dscp_mode, peer->dscp, peer->dscp_map,
				   rx->tos);
	w->n_tx++;
	leg->fwd_packets++;
	leg->fwd_bytes += ip_len(peer, rx->len);
	leg->fwd_tos = tx->tos;
	return ACCEPTED;
}

/* has this kind a bridge of its own? */
static bool elsewhere(const struct leg *leg, uint8_t kind)
{
	return leg->only &&
	       kind != (leg->only == RTPLANE_ONLY_RTP ? RTPLANE_KIND_RTP :
						   RTPLANE_KIND_RTCP);
}

/* is it to go no further? */
static bool is_blocked(const struct leg *leg, const struct rx *rx, uint8_t kind)
{
	if (leg->block == RTPLANE_BLOCK_DIGITS)
		return is_digit(leg, rx, kind);
	return leg->block && kind != RTPLANE_KIND_RTCP;
}

/* a packet of the remote goes on; @iplen: as it came */
static int go_on(struct leg *leg, struct worker *w, struct rx *rx,
		 uint8_t kind, unsigned int iplen)
{
	count_rx(leg, w, rx, kind, iplen);
	if (is_blocked(leg, rx, kind))
		return RTPLANE_DROP_BLOCKED;
	if (leg->copies)
		legcopy_send(leg, rx, kind);
	return send_on(leg, w, rx, kind);
}

/* the leg of a shared port has taken it, and it is another's: it counts it */
static int hand_on(struct leg *base, struct leg *leg, struct worker *w, struct rx *rx,
		   uint8_t kind)
{
	int no;

	if (!leg)
		return RTPLANE_DROP_UNKNOWN;
	no = go_on(leg, w, rx, kind, ip_len(leg, rx->len));
	if (leg == base || no == ACCEPTED)
		return no;
	leg->drops[no]++;
	return HELD;
}

/* RTCP of a line of a shared port, which may have a leg of its own */
static struct leg *rtcp_of(struct leg *base, unsigned int line)
{
	struct leg *leg = media_part(base->sock, (uint8_t)line, true);

	if (leg || !line)
		return leg ? leg : base;
	return media_part(base->sock, (uint8_t)line, false);
}

/* to each line what is its own */
static int hand_on_rtcp(struct leg *base, struct worker *w, struct rx *rx)
{
	uint8_t buf[RTCP_MAX + ENGINE_TRAILER] __attribute__((aligned(8)));
	struct lines_rtcp rtcp;
	struct rx each = *rx;
	unsigned int line;
	int no;

	lines_read(base, rx->data, rx->len, &rtcp);
	if (!(rtcp.lines & (rtcp.lines - 1)) || rx->len > RTCP_MAX)
		return hand_on(base, rtcp_of(base, (unsigned int)__builtin_ctz(rtcp.lines)),
			       w, rx, RTPLANE_KIND_RTCP);
	each.data = buf;
	/* the buffer is ours again after each: see release() */
	w->io->flush(w);
	for (line = 0; line <= DP_LINE_MAX; line++) {
		if (!(rtcp.lines >> line & 1))
			continue;
		each.len = lines_cut(&rtcp, rx->data, line, buf);
		no = hand_on(base, rtcp_of(base, line), w, &each, RTPLANE_KIND_RTCP);
		if (no >= 0)
			base->drops[no]++;
		w->io->flush(w);
		tell_gathered(w, w->gather);
		*w->gather = (struct notices){};
	}
	return HELD;
}

/*
 * A packet of the remote, without its protection; what was protected was policed before;
 * @iplen: as it came
 */
static int accepted(struct leg *leg, struct worker *w, struct rx *rx, uint8_t kind,
		    unsigned int iplen)
{
	int no = leg->sec[RTPSEC_IN] ? ACCEPTED : police(leg, w, rx);

	if (no != ACCEPTED)
		return no;
	if (!leg->line.on)
		return go_on(leg, w, rx, kind, iplen);
	leg->last = w->now;
	if (kind == RTPLANE_KIND_RTCP)
		return hand_on_rtcp(leg, w, rx);
	return hand_on(leg, kind == RTPLANE_KIND_RTP ?
			    lines_tell(leg, rx->data, rx->len) : leg, w, rx, kind);
}

static int relay(struct leg *leg, struct worker *w, struct rx *rx,
		 uint8_t kind)
{
	unsigned int iplen = ip_len(leg, rx->len);
	int no;

	if (rx->truncated)
		return RTPLANE_DROP_TOO_BIG;
	if (rx->len < rtplane_demux_need(kind, rx->data))
		return RTPLANE_DROP_MALFORMED;
	if (elsewhere(leg, kind))
		return RTPLANE_DROP_UNKNOWN;
	no = admit(leg, w, rx, kind);
	return no == ACCEPTED ? accepted(leg, w, rx, kind, iplen) : no;
}

static bool pass(struct leg *leg, struct worker *w, struct media_sock *sock,
		 const struct rx *rx)
{
	leg->passed++;
	worker_pass(w, sock, rx);
	return false;
}

static bool has_keys(const struct leg *leg)
{
	const struct leg *way = lines_carrier(leg);

	return way && (way->sec[RTPSEC_IN] || way->sec[RTPSEC_OUT]);
}

/* ends that speak ZRTP with each other need a way that is plain as a whole */
static bool is_plain(const struct leg *leg)
{
	return !has_keys(leg) && !has_keys(leg->peer);
}

static uint8_t kind_of(const struct leg *leg, const struct rx *rx)
{
	uint8_t kind = rtplane_demux(rx->data, rx->len);

	/* what is too short to be RTP may be something else */
	if (leg->any && rx->len < rtplane_demux_need(kind, rx->data))
		return RTPLANE_KIND_UNKNOWN;
	if (kind == RTPLANE_KIND_ZRTP && (leg->any || !is_plain(leg)))
		return RTPLANE_KIND_UNKNOWN;
	return kind;
}

/* RTCP that comes by RTP's port may be another bridge's, of the same worker */
static struct leg *part(struct leg *leg, uint8_t kind)
{
	struct leg *rtcp;

	if (leg->only != RTPLANE_ONLY_RTP || kind != RTPLANE_KIND_RTCP || leg->line.on ||
	    !leg->sock->parts)
		return leg;
	rtcp = media_part(leg->sock, 0, true);
	return rtcp ? rtcp : leg;
}

bool leg_receive(struct leg *leg, struct worker *w, struct media_sock *sock,
		 struct rx *rx)
{
	uint8_t kind = kind_of(leg, rx);
	struct notices *n = &w->notices;
	int no;

	if (kind >= RTPLANE_KIND_STACK) {
		if (leg->any && !rtplane_demux_proof(rx->data, rx->len))
			kind = RTPLANE_KIND_UNKNOWN;
		if (kind == RTPLANE_KIND_STACK ||
		    (!leg->any && !leg->drop_unknown))
			return pass(leg, w, sock, rx);
		if (!leg->any) {
			leg->drops[RTPLANE_DROP_UNKNOWN]++;
			return false;
		}
	}
	leg = part(leg, kind);
	n->has_first = false;
	n->has_other = false;
	w->gather = n;
	no = relay(leg, w, rx, kind);
	w->gather = NULL;
	tell_gathered(w, n);
	if (no != ACCEPTED && no != HELD)
		leg->drops[no]++;
	return no == ACCEPTED;
}

/* --- what did not work --- */

static enum rtplane_drop why_unsent(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case EINVAL:
	case ENODEV:
	case ENXIO:
		return RTPLANE_DROP_NO_ROUTE;
	case EMSGSIZE:
		return RTPLANE_DROP_TOO_BIG;
	case ENOMEM:
		return RTPLANE_DROP_NOMEM;
	default:
		return RTPLANE_DROP_XMIT;
	}
}

void leg_unsent(struct leg *leg, unsigned int packets, unsigned int bytes,
		int error)
{
	uint64_t ip = bytes + (uint64_t)packets * ip_len(leg->peer, 0);

	/* what comes next goes one by one */
	if (packets > 1 && tx_train_refused(error))
		leg->peer->sock->no_gso = true;
	leg->drops[why_unsent(error)] += packets;
	/* its peer may have been replaced since */
	if (leg->fwd_packets < packets)
		return;
	leg->fwd_packets -= packets;
	leg->fwd_bytes -= leg->fwd_bytes < ip ? leg->fwd_bytes : ip;
}

void leg_sweep(struct leg *leg, struct worker *w)
{
	uint64_t since = leg->last ? leg->last : leg->born;

	if (rtplane_policy_expire(&leg->policy, w->now))
		w->holding = true;
	count_wasted(leg);
	if (!leg->silence || leg->silence_of == since ||
	    (int64_t)(w->now - since) < (int64_t)leg->silence * 1000000)
		return;
	/* what was lost is told by a later sweep */
	if (notice(leg, w, RTPLANE_EVENT_SILENCE, RTPLANE_REASON_NONE,
		   leg->latched ? &leg->remote : NULL, NULL, 0))
		leg->silence_of = since;
}
