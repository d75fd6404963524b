// SPDX-License-Identifier: GPL-2.0
/*
 * Why there is no audio, or not all of it: sentences from what the legs
 * counted.  Each names the party, the number and what to look at.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "private.h"

/* what a call needs to be fit for voice (ITU-T G.114, Y.1541 in practice) */
#define LOSS_PERCENT_MAX	3
#define JITTER_MS_MAX		20

/**
 * struct telling - verdicts on their way
 * @report: what they are about
 * @leg: the leg that is looked at, or NULL
 * @fn: who gets them
 * @arg: for @fn
 */
struct telling {
	const struct session_report *report;
	const struct session_leg_report *leg;
	session_verdict_fn *fn;
	void *arg;
};

static void __attribute__((format(printf, 3, 4)))
say(const struct telling *to, enum session_verdict verdict, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	to->fn(verdict, to->leg, text, to->arg);
}

static const char *addr(const struct dp_addr *a, char *buf)
{
	return dp_addr_str(a, buf, DP_ADDR_STRLEN);
}

static const struct session_party_report *party(const struct telling *to)
{
	return &to->report->party[to->leg->party];
}

static const char *name(const struct telling *to)
{
	return party(to)->name;
}

static void say_refused(const struct telling *to)
{
	char a[DP_ADDR_STRLEN], b[DP_ADDR_STRLEN], c[DP_ADDR_STRLEN];
	const struct dp_leg_info *info = &to->leg->info;
	const struct dp_addr *remote;
	uint64_t n = info->drops[RTPLANE_DROP_REFUSED] +
		     info->drops[RTPLANE_DROP_PROBATION];

	if (!n)
		return;
	remote = info->latched.family ? &info->latched : &info->conf.remote;
	say(to, SESSION_VERDICT_REFUSED,
	    "%" PRIu64 " packets were refused at the %s's port %s%s%s: latch mode %s accepts %s%s",
	    n, name(to), addr(&info->conf.local, a),
	    info->offender.family ? ", the last ones from " : "",
	    info->offender.family ? addr(&info->offender, b) : "",
	    dp_latch_name(info->conf.latch),
	    remote->family ? addr(remote, c) :
			     "the first that passes probation",
	    info->rx_packets || party(to)->nat == SESSION_NAT_LEARN ? "" :
	    "; if that source is the party, its realm wants latch nat: learn");
}

static void say_silent(const struct telling *to)
{
	const struct dp_leg_info *info = &to->leg->info;
	char a[DP_ADDR_STRLEN];

	if (info->rx_packets)
		return;
	if (info->dropped)
		say(to, SESSION_VERDICT_DROPPED,
		    "no packet of the %s was accepted at %s; %" PRIu64 " were dropped",
		    name(to), addr(&info->conf.local, a), info->dropped);
	else
		say(to, SESSION_VERDICT_SILENT,
		    "nothing has arrived from the %s at %s: it does not send, or a firewall or NAT on the way drops it",
		    name(to), addr(&info->conf.local, a));
	if (info->state == RTPLANE_STATE_WAITING)
		say(to, SESSION_VERDICT_WAITING,
		    "so nobody has latched there, and nothing can be sent to the %s%s",
		    name(to), info->conf.early ?
		    " but to its signalled address" : "");
}

static const struct {
	unsigned int drop;
	const char *text;
} drop_texts[] = {
	{ RTPLANE_DROP_NO_REMOTE, "the other party's address is not known, or not any more: it has not sent, or does not answer ICE" },
	{ RTPLANE_DROP_NO_ROUTE, "there is no route to the other party" },
	{ RTPLANE_DROP_PPS, "they exceed the realm's packet rate (limits.packets)" },
	{ RTPLANE_DROP_BPS, "they exceed the realm's bit rate (limits.bits)" },
	{ RTPLANE_DROP_CHECKSUM, "their checksum was wrong" },
	{ RTPLANE_DROP_MALFORMED, "they were malformed" },
	{ RTPLANE_DROP_MARTIAN, "their source address cannot be anybody's" },
	{ RTPLANE_DROP_UNKNOWN, "they were neither RTP nor anything known" },
	{ RTPLANE_DROP_TTL, "their TTL was used up" },
	{ RTPLANE_DROP_TOO_BIG, "they were above the path MTU" },
	{ RTPLANE_DROP_NOMEM, "there was no memory" },
	{ RTPLANE_DROP_XMIT, "the device of the way out did not take them" },
	{ RTPLANE_DROP_SRTP_AUTH, "they do not authenticate by the key that was agreed" },
	{ RTPLANE_DROP_SRTP_REPLAY, "they were here before, or are too old for SRTP to tell" },
	{ RTPLANE_DROP_SRTP_FAIL, "they could not be protected, or are of more sources (SSRC) than one key may carry" },
	{ RTPLANE_DROP_SSRC, "they are of another source (SSRC) than its stream, and not three in a row" },
	{ RTPLANE_DROP_BLOCKED, "the proxy has blocked them" },
};

/* what a seal keeps out is dropped by that name, on both legs (plan.c) */
static bool has_dtls(const struct telling *to)
{
	const struct session_report *report = to->report;
	unsigned int i;

	for (i = 0; i < report->n_legs; i++)
		if (report->leg[i].line == to->leg->line &&
		    report->leg[i].dtls.state != SESSION_SECURE_NONE)
			return true;
	return false;
}

static const char *drop_text(const struct telling *to, unsigned int i)
{
	if (drop_texts[i].drop == RTPLANE_DROP_UNKNOWN && has_dtls(to))
		return "there were no keys by DTLS when they came, or they were neither RTP nor anything known";
	return drop_texts[i].text;
}

static void say_drops(const struct telling *to)
{
	unsigned int i;
	uint64_t n;

	for (i = 0; i < sizeof(drop_texts) / sizeof(*drop_texts); i++) {
		n = to->leg->info.drops[drop_texts[i].drop];
		if (n)
			say(to, SESSION_VERDICT_DROPS,
			    "%" PRIu64 " packets of the %s were dropped (%s): %s",
			    n, name(to), dp_drop_name(drop_texts[i].drop),
			    drop_text(to, i));
	}
}

/* what is protected, and whether anybody can read the keys */
static void say_srtp(const struct telling *to)
{
	const struct dp_leg_info *info = &to->leg->info;

	if (!to->leg->srtp_rx)
		return;
	say(to, SESSION_VERDICT_SRTP, "media line %u is SRTP with the %s, by %s",
	    to->leg->line + 1, name(to), dp_srtp_suite_name(to->leg->srtp_rx));
	if (info->drops[RTPLANE_DROP_SRTP_AUTH] && !info->rx_packets)
		say(to, SESSION_VERDICT_KEY,
		    "none of the %s's packets authenticates: it uses another key than its description says, or sends plain RTP",
		    name(to));
}

/* why there is no way: by who has heard of whom */
static void say_no_way(const struct telling *to)
{
	const struct session_ice_report *ice = &to->leg->ice;
	char a[DP_ADDR_STRLEN], b[DP_ADDR_STRLEN];

	addr(&to->leg->info.conf.local, a);
	if (ice->forged && !ice->requests)
		say(to, SESSION_VERDICT_NO_WAY,
		    "%" PRIu64 " ICE messages to %s had another password: the %s has not got our last description, or somebody else sends them",
		    ice->forged, a, name(to));
	else if (ice->requests && ice->checks && !ice->responses)
		say(to, SESSION_VERDICT_NO_WAY,
		    "ICE: checks of the %s arrive at %s, and none of our %" PRIu64 " is answered: its firewall lets nothing in",
		    name(to), a, ice->checks);
	else if (!ice->requests && !ice->responses && ice->hidden &&
		 party(to)->source.family &&
		 !dp_addr_is_private(&party(to)->source))
		say(to, SESSION_VERDICT_NO_WAY,
		    "ICE: no check of the %s has arrived at %s, and %" PRIu64 " of ours have no answer: it was offered private addresses alone, and comes from %s; expected one that is reached from there (realm %s: advertise, or stun with ice: full)",
		    name(to), a, ice->checks, addr(&party(to)->source, b),
		    party(to)->realm);
	else if (!ice->requests && !ice->responses)
		say(to, SESSION_VERDICT_NO_WAY,
		    "ICE: no check of the %s has arrived at %s, and %" PRIu64 " of ours have no answer: a firewall is between, or our advertised address is another's",
		    name(to), a, ice->checks);
	else
		say(to, SESSION_VERDICT_NO_WAY,
		    "ICE with the %s has found no way yet at %s: %" PRIu64 " checks came, %" PRIu64 " of our %" PRIu64 " were answered",
		    name(to), a, ice->requests, ice->responses, ice->checks);
}

/* at a port that calls share an address is one call's, until its consent ends */
static void say_claimed(const struct telling *to)
{
	const struct session_ice_report *ice = &to->leg->ice;
	char a[DP_ADDR_STRLEN], b[DP_ADDR_STRLEN];

	if (ice->claimed)
		say(to, SESSION_VERDICT_NO_WAY,
		    "ICE: %" PRIu64 " checks of the %s came to %s from %s, which another call of that port has and uses: it gets it when that one has ended, or answers no more",
		    ice->claimed, name(to), addr(&to->leg->info.conf.local, a),
		    addr(&ice->claim, b));
}

static void say_apart(const struct telling *to)
{
	char a[DP_ADDR_STRLEN];

	if (to->leg->apart)
		say(to, SESSION_VERDICT_ASIDE,
		    "media of the %s has ports of its own, %s, and not the single-port of its realm: %s",
		    name(to), addr(&to->leg->info.conf.local, a), to->leg->apart);
}

static void say_ice(const struct telling *to)
{
	char a[DP_ADDR_STRLEN];

	if (to->leg->ice.way != SESSION_WAY_FOUND)
		say_claimed(to);
	switch (to->leg->ice.way) {
	case SESSION_WAY_NONE:
	case SESSION_WAY_FOUND:
		break;
	case SESSION_WAY_LOST:
		say(to, SESSION_VERDICT_NO_WAY,
		    "the %s does not answer the ICE checks from %s any more: it is gone, or in another network; nothing is sent to it until a check shows it again",
		    name(to), addr(&to->leg->info.conf.local, a));
		break;
	default:
		say_no_way(to);
	}
}

static void say_dtls(const struct telling *to)
{
	const struct session_dtls_report *dtls = &to->leg->dtls;
	char a[DP_ADDR_STRLEN];

	addr(&to->leg->info.conf.local, a);
	switch (dtls->state) {
	case SESSION_SECURE_NONE:
	case SESSION_SECURE_UP:
		break;
	case SESSION_SECURE_WAITING:
		if (*dtls->text)
			say(to, SESSION_VERDICT_NO_KEYS,
			    "DTLS with the %s cannot begin at %s yet: %s",
			    name(to), a, dtls->text);
		else if (dtls->active)
			say(to, SESSION_VERDICT_NO_KEYS,
			    "DTLS with the %s waits at %s until it is known where the %s is",
			    name(to), a, name(to));
		else
			say(to, SESSION_VERDICT_NO_KEYS,
			    "DTLS with the %s has not begun at %s: its hello has not come, from where it may (a=setup:active)",
			    name(to), a);
		break;
	case SESSION_SECURE_TRYING:
		say(to, SESSION_VERDICT_NO_KEYS,
		    "DTLS with the %s is under way at %s, and nothing is relayed before it has made keys: %s",
		    name(to), a, dtls->text);
		break;
	case SESSION_SECURE_FAILED:
		say(to, SESSION_VERDICT_NO_KEYS,
		    "DTLS with the %s has failed at %s, and nothing is relayed: %s",
		    name(to), a, dtls->text);
		break;
	case SESSION_SECURE_CLOSED:
		say(to, SESSION_VERDICT_NO_KEYS,
		    "the %s has closed its DTLS at %s, and nothing is relayed: %s",
		    name(to), a, dtls->text);
		break;
	}
}

static void say_rtcp(const struct telling *to)
{
	if (to->leg->rtcp_ends && to->leg->mux)
		say(to, SESSION_VERDICT_NO_RTCP,
		    "RTCP is not relayed: with the %s it is on the port of RTP (a=rtcp-mux), and with the other party it is not",
		    name(to));
}

static void say_keys(const struct telling *to)
{
	const struct session_report *report = to->report;
	unsigned int i;

	for (i = 0; i < report->n_parties; i++)
		if (report->party[i].bare_keys)
			say(to, SESSION_VERDICT_BARE_KEYS,
			    "the keys of the SRTP with the %s travelled in the clear: who reads its signalling can listen; expected transport tls",
			    report->party[i].name);
}

static void say_quality(const struct telling *to)
{
	const struct dp_leg_info *info = &to->leg->info;
	const struct dp_rtp *rtp = &info->rtp;
	double jitter;

	if (!rtp->present)
		return;
	if (rtp->lost * 100 > (rtp->packets + rtp->lost) * LOSS_PERCENT_MAX)
		say(to, SESSION_VERDICT_LOSS,
		    "%" PRIu64 " of the %s's %" PRIu64 " packets were lost before they came here: above %d %%",
		    rtp->lost, name(to), rtp->packets + rtp->lost,
		    LOSS_PERCENT_MAX);
	jitter = rtp->clock ? rtp->jitter_max * 1000.0 / rtp->clock : 0;
	if (jitter > JITTER_MS_MAX)
		say(to, SESSION_VERDICT_JITTER,
		    "the %s's jitter was up to %.1f ms: above %d ms", name(to),
		    jitter, JITTER_MS_MAX);
	if (info->dscp_seen[0] == info->rx_packets && info->rx_packets)
		say(to, SESSION_VERDICT_DSCP,
		    "the %s's packets arrive without a DSCP: it does not set one, or the network takes it away",
		    name(to));
}

static bool is_loopback(const struct dp_addr *a)
{
	return a->family == AF_INET ? ntohl(a->v4.s_addr) >> 24 == 127 :
	       a->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->v6);
}

/* where the remote is one of our own addresses, packets go by lo */
static bool is_own(const struct telling *to, const struct dp_addr *remote)
{
	unsigned int i;

	if (!remote->family)
		return false;
	for (i = 0; i < to->report->n_legs; i++)
		if (dp_addr_same_host(&to->report->leg[i].info.conf.local,
				      remote))
			return true;
	return is_loopback(remote);
}

static void say_at_agent(const struct telling *to)
{
	const struct session_leg_report *leg = to->leg;
	const struct dp_addr *remote = leg->info.latched.family ?
				       &leg->info.latched :
				       &leg->info.conf.remote;
	uint64_t n = leg->at_agent[MEDIA_RTP];

	if (!n)
		return;
	if (is_own(to, remote))
		say(to, SESSION_VERDICT_AT_AGENT,
		    "%" PRIu64 " RTP packets of the %s reached the agent's socket and not the module: its remote is an address of this host, whose packets come by lo; enrol lo (devices of realm %s)",
		    n, name(to), party(to)->realm);
	else
		say(to, SESSION_VERDICT_AT_AGENT,
		    "%" PRIu64 " RTP packets of the %s reached the agent's socket and not the module: is the device they come in by enrolled (devices of realm %s)? Packets out of an IPsec transport association come by none: tunnel mode or an xfrm interface is needed, or datapath uring",
		    n, name(to), party(to)->realm);
}

static void say_passed(const struct telling *to)
{
	const uint64_t *n = to->leg->at_agent;
	/* where there is DTLS with it, that is its handshake */
	uint64_t dtls = to->leg->dtls.state == SESSION_SECURE_NONE ?
			n[MEDIA_DTLS] : 0;
	uint64_t other = dtls + n[MEDIA_TURN] + n[MEDIA_UNKNOWN];

	if (other)
		say(to, SESSION_VERDICT_PASSED,
		    "%" PRIu64 " packets of the %s were neither RTP nor RTCP and were not relayed (DTLS %" PRIu64 ", TURN %" PRIu64 ", unknown %" PRIu64 ")",
		    other, name(to), dtls, n[MEDIA_TURN],
		    n[MEDIA_UNKNOWN]);
}

static void say_flow(const struct telling *to)
{
	say(to, SESSION_VERDICT_FLOWS,
	    "from the %s %" PRIu64 " packets came and %" PRIu64 " were sent to it",
	    name(to), to->leg->info.rx_packets, to->leg->info.tx_packets);
}

static void say_of(struct telling *to, unsigned int i)
{
	to->leg = &to->report->leg[i];
	say_apart(to);
	say_silent(to);
	say_refused(to);
	say_ice(to);
	say_dtls(to);
	say_rtcp(to);
	say_srtp(to);
	say_drops(to);
	say_at_agent(to);
	say_passed(to);
	say_quality(to);
	to->leg = NULL;
}

void session_why(const struct session_report *report, session_verdict_fn *fn,
		 void *arg)
{
	struct telling to = { .report = report, .fn = fn, .arg = arg };
	unsigned int i;

	if (*report->unrelayed)
		say(&to, SESSION_VERDICT_UNRELAYED, "%s", report->unrelayed);
	if (*report->aside)
		say(&to, SESSION_VERDICT_ASIDE, "%s", report->aside);
	if (!report->n_legs && report->answered)
		say(&to, SESSION_VERDICT_NO_MEDIA,
		    "no media is bridged: offer and answer have no media line in common that can be relayed, or a party was on hold from the start");
	for (i = 0; i < report->n_legs; i++)
		if (report->leg[i].component == 1)
			say_of(&to, i);
	say_keys(&to);
	for (i = 0; i < report->n_legs; i++) {
		to.leg = &report->leg[i];
		if (to.leg->component == 1)
			say_flow(&to);
	}
}
