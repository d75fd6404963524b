// SPDX-License-Identifier: GPL-2.0
/*
 * Why there is no audio, or not all of it: sentences from what the legs
 * counted.  Each names the leg, the number and what to look at.
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

static void say(json_t *list, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(list, json_pack("{s:s}", "because", text));
}

static const char *addr(const struct dp_addr *a, char *buf)
{
	return dp_addr_str(a, buf, DP_ADDR_STRLEN);
}

static void say_refused(json_t *list, const struct call *call,
			const struct leg_report *r)
{
	char a[DP_ADDR_STRLEN], b[DP_ADDR_STRLEN], c[DP_ADDR_STRLEN];
	const struct dp_leg_info *info = &r->info;
	uint64_t n = info->drops[RTPLANE_DROP_REFUSED] +
		     info->drops[RTPLANE_DROP_PROBATION];

	if (!n)
		return;
	say(list, "%" PRIu64 " packets were refused at the %s's port %s%s%s: latch mode %s accepts %s%s",
	    n, call->side[r->side].name, addr(&info->conf.local, a),
	    info->offender.family ? ", the last ones from " : "",
	    info->offender.family ? addr(&info->offender, b) : "",
	    dp_latch_name(info->conf.latch),
	    info->latched.family || info->conf.remote.family ?
	    addr(info->latched.family ? &info->latched : &info->conf.remote, c) :
	    "the first that passes probation",
	    info->rx_packets ? "" :
	    "; if that source is the party, its realm wants latch nat: learn");
}

static void say_silent(json_t *list, const struct call *call,
		       const struct leg_report *r)
{
	const struct dp_leg_info *info = &r->info;
	char a[DP_ADDR_STRLEN];

	if (info->rx_packets)
		return;
	if (info->dropped)
		say(list, "no packet of the %s was accepted at %s; %" PRIu64 " were dropped",
		    call->side[r->side].name, addr(&info->conf.local, a),
		    info->dropped);
	else
		say(list, "nothing has arrived from the %s at %s: it does not send, or a firewall or NAT on the way drops it",
		    call->side[r->side].name, addr(&info->conf.local, a));
	if (info->state == RTPLANE_STATE_WAITING)
		say(list, "so nobody has latched there, and nothing can be sent to the %s%s",
		    call->side[r->side].name,
		    info->conf.early ? " but to its signalled address" : "");
}

static const struct {
	unsigned int drop;
	const char *text;
} drop_texts[] = {
	{ RTPLANE_DROP_NO_REMOTE, "the other party's address is not known yet: it has not sent" },
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
	{ RTPLANE_DROP_SSRC, "they are of an SSRC that showed itself too briefly (ssrc-guard)" },
};

static void say_drops(json_t *list, const struct call *call,
		      const struct leg_report *r)
{
	unsigned int i;
	uint64_t n;

	for (i = 0; i < sizeof(drop_texts) / sizeof(*drop_texts); i++) {
		n = r->info.drops[drop_texts[i].drop];
		if (n)
			say(list, "%" PRIu64 " packets of the %s were dropped (%s): %s",
			    n, call->side[r->side].name,
			    dp_drop_name(drop_texts[i].drop),
			    drop_texts[i].text);
	}
}

/* what is protected, and whether anybody can read the keys */
static void say_srtp(json_t *list, const struct call *call,
		     const struct leg_report *r)
{
	const struct dp_leg_info *info = &r->info;
	const struct side *side = &call->side[r->side];

	if (!r->srtp_rx)
		return;
	say(list, "media line %u is SRTP with the %s, by %s", r->line + 1,
	    side->name, dp_srtp_suite_name(r->srtp_rx));
	if (info->drops[RTPLANE_DROP_SRTP_AUTH] && !info->rx_packets)
		say(list, "none of the %s's packets authenticates: it uses another key than its description says, or sends plain RTP",
		    side->name);
}

static void say_keys(json_t *list, const struct call *call)
{
	unsigned int s;

	for (s = 0; s < 2; s++)
		if (call->side[s].bare_keys)
			say(list, "the keys of the SRTP with the %s travelled in the clear: who reads its signalling can listen; expected transport tls",
			    call->side[s].name);
}

static void say_quality(json_t *list, const struct call *call,
			const struct leg_report *r)
{
	const struct dp_rtp *rtp = &r->info.rtp;
	const char *name = call->side[r->side].name;
	double jitter;

	if (!rtp->present)
		return;
	if (rtp->lost * 100 > (rtp->packets + rtp->lost) * LOSS_PERCENT_MAX)
		say(list, "%" PRIu64 " of the %s's %" PRIu64 " packets were lost before they came here: above %d %%",
		    rtp->lost, name, rtp->packets + rtp->lost,
		    LOSS_PERCENT_MAX);
	jitter = rtp->clock ? rtp->jitter_max * 1000.0 / rtp->clock : 0;
	if (jitter > JITTER_MS_MAX)
		say(list, "the %s's jitter was up to %.1f ms: above %d ms",
		    name, jitter, JITTER_MS_MAX);
	if (r->info.dscp_seen[0] == r->info.rx_packets && r->info.rx_packets)
		say(list, "the %s's packets arrive without a DSCP: it does not set one, or the network takes it away",
		    name);
}

static void say_agent(json_t *list, const struct call *call,
		      const struct leg_report *r)
{
	if (r->rtp_at_agent)
		say(list, "%" PRIu64 " RTP packets of the %s reached the agent's socket and not the module: is the device they come in by enrolled (devices of realm %s)?",
		    r->rtp_at_agent, call->side[r->side].name,
		    call->side[r->side].realm->conf->name);
}

static void say_state(json_t *list, const struct call *call, unsigned int n)
{
	if (call->state == CALL_SETUP)
		say(list, "the call is not answered yet");
	else if (!call->answered.tv_sec)
		say(list, "the call was never answered: %s", call->reason);
	else if (call->state == CALL_OVER)
		say(list, "the call is over: %s", call->reason);
	if (*call->unrelayed)
		say(list, "%s", call->unrelayed);
	if (!n && call->answered.tv_sec)
		say(list, "no media is bridged: offer and answer have no media line in common that can be relayed, or a party was on hold from the start");
}

static void say_fine(json_t *list, const struct call *call,
		     const struct leg_report *reports, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!reports[i].rtcp)
			say(list, "from the %s %" PRIu64 " packets came and %" PRIu64 " were sent to it",
			    call->side[reports[i].side].name,
			    reports[i].info.rx_packets,
			    reports[i].info.tx_packets);
}

json_t *why_call(const struct call *call, const struct leg_report *reports,
		 unsigned int n)
{
	json_t *list = json_array();
	unsigned int i;

	say_state(list, call, n);
	for (i = 0; i < n; i++) {
		if (reports[i].rtcp)
			continue;
		say_silent(list, call, &reports[i]);
		say_refused(list, call, &reports[i]);
		say_srtp(list, call, &reports[i]);
		say_drops(list, call, &reports[i]);
		say_agent(list, call, &reports[i]);
		say_quality(list, call, &reports[i]);
	}
	say_keys(list, call);
	say_fine(list, call, reports, n);
	return list;
}
