// SPDX-License-Identifier: GPL-2.0
/* What is asked of a leg, and what it tells: as the module, word for word. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "calls.h"
#include "legconf.h"
#include "legcopy.h"
#include "legstate.h"
#include "lines.h"
#include "rtpsec/rtpsec.h"

#define HAS(conf, what)	((conf)->set & DP_LEG_##what)

/* what a leg at a shared port does not have, but that of the port */
#define PORTS_OWN (DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_PREFIX | DP_LEG_PROBATION |	\
		   DP_LEG_EARLY | DP_LEG_RELATCH | DP_LEG_TIE | DP_LEG_UNLATCH |	\
		   DP_LEG_MOVED | DP_LEG_PROVEN | DP_LEG_SRTP_RX | DP_LEG_SRTP_TX |	\
		   DP_LEG_ONLY | DP_LEG_PPS | DP_LEG_BPS | DP_LEG_MUTE | DP_LEG_SAVED |	\
		   DP_LEG_MARK | DP_LEG_OIF | DP_LEG_UNKNOWN)

int legconf_refuse(const struct dp_addr *local, const char *word, int code,
		   const char *sentence, struct dp_err *err)
{
	char text[DP_ADDR_STRLEN];

	return dp_fail(err, code, "leg %s%s: %s",
		       dp_addr_str(local, text, sizeof(text)), word, sentence);
}

static int refuse(const struct dp_leg *conf, const char *word,
		  const char *sentence, struct dp_err *err)
{
	return legconf_refuse(&conf->local, word, EINVAL, sentence, err);
}

/* --- judging --- */

int legconf_check_ep(const struct dp_leg *conf, const char *word,
		     const struct dp_addr *addr, struct dp_err *err)
{
	struct rtplane_ep ep;

	if (addr->family != AF_INET && addr->family != AF_INET6)
		return refuse(conf, word,
			      "an endpoint has exactly one address, IPv4 or IPv6",
			      err);
	if (!addr->port)
		return refuse(conf, word,
			      "an endpoint has a port from 1 to 65535", err);
	if (addr->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->v6))
		return refuse(conf, word,
			      "an IPv4-mapped address is to be given as IPv4",
			      err);
	leg_ep(addr, &ep);
	if (!rtplane_ep_unicast(&ep))
		return refuse(conf, word,
			      "the address must be a unicast address", err);
	if (addr->family != conf->local.family)
		return refuse(conf, word,
			      "the address is not of the local address's family",
			      err);
	return 0;
}

static int check_eps(const struct dp_leg *conf, struct dp_err *err)
{
	int ret = legconf_check_ep(conf, "", &conf->local, err);

	if (!ret && HAS(conf, REMOTE))
		ret = legconf_check_ep(conf, " remote", &conf->remote, err);
	if (!ret && HAS(conf, TIE))
		ret = legconf_check_ep(conf, " tie", &conf->tie, err);
	if (!ret && HAS(conf, PROVEN))
		ret = legconf_check_ep(conf, " proven", &conf->proven, err);
	if (!ret && ((HAS(conf, REMOTE) && conf->remote.rtcp) ||
		     (HAS(conf, PROVEN) && conf->proven.rtcp) ||
		     (HAS(conf, TIE) && conf->tie.rtcp)))
		ret = refuse(conf, "", "only a leg's local address is that of RTCP alone",
			     err);
	if (!ret && ((HAS(conf, REMOTE) && conf->remote.line) ||
		     (HAS(conf, PROVEN) && conf->proven.line) ||
		     (HAS(conf, TIE) && conf->tie.line)))
		ret = refuse(conf, "", "only a leg's local address is that of a line",
			     err);
	if (!ret && ((HAS(conf, REMOTE) && conf->remote.call) ||
		     (HAS(conf, PROVEN) && conf->proven.call)))
		ret = refuse(conf, "", "only a leg's local address is that of a call", err);
	if (!ret && HAS(conf, TIE) && dp_addr_eq(&conf->tie, &conf->local))
		ret = refuse(conf, " tie", "a leg cannot be tied to itself",
			     err);
	return ret;
}

static int check_ranges(const struct dp_leg *conf, struct dp_err *err)
{
	static const char out[] = "integer out of range";

	if (HAS(conf, LATCH) && conf->latch > RTPLANE_LATCH_MAX)
		return refuse(conf, " latch", out, err);
	if (HAS(conf, PREFIX) && conf->prefix > 128)
		return refuse(conf, " prefix", out, err);
	if (HAS(conf, PREFIX) && conf->local.family == AF_INET &&
	    conf->prefix > 32)
		return refuse(conf, " prefix",
			      "an IPv4 prefix has at most 32 bits", err);
	if (HAS(conf, PROBATION) && conf->probation > RTPLANE_PROBATION_MAX)
		return refuse(conf, " probation", out, err);
	if (HAS(conf, ACCEPT) && conf->accept > RTPLANE_ACCEPT_MAX)
		return refuse(conf, " accept", out, err);
	if (HAS(conf, UNKNOWN) && conf->unknown > RTPLANE_UNKNOWN_MAX)
		return refuse(conf, " unknown", out, err);
	if ((HAS(conf, DSCP_MODE) && conf->dscp_mode > RTPLANE_DSCP_MAX) ||
	    (HAS(conf, DSCP) && conf->dscp >= RTPLANE_DSCP_MAP_LEN))
		return refuse(conf, " dscp", out, err);
	if (HAS(conf, ONLY) && conf->only > RTPLANE_ONLY_MAX)
		return refuse(conf, " only", out, err);
	if (HAS(conf, BLOCK) && conf->block > RTPLANE_BLOCK_MAX)
		return refuse(conf, " block", out, err);
	if (conf->local.call > DP_CALL_MAX || conf->tie.call > DP_CALL_MAX)
		return refuse(conf, " call", out, err);
	if (conf->local.line > DP_LINE_MAX)
		return refuse(conf, " line", out, err);
	if (HAS(conf, LINE) && (conf->line.n_ssrcs > DP_LINE_SSRCS ||
				conf->line.mid[DP_MID_LEN - 1]))
		return refuse(conf, " line", "more SSRCs, or a longer name, than a line has",
			      err);
	if (HAS(conf, OIF) && conf->oif > INT_MAX)
		return refuse(conf, " oif",
			      "oif must be the index of a device", err);
	return 0;
}

static int check_track(const struct dp_leg *conf, const char *word,
		       const struct dp_source *s, struct dp_err *err)
{
	bool sends = !strcmp(word, " srtp-tx");

	if (s->carried && (sends || !s->has_index))
		return refuse(conf, word,
			      "an index that is carried is one of what arrives",
			      err);
	if ((s->has_window && !s->has_index) ||
	    (s->has_rtcp_window && !s->has_rtcp_index))
		return refuse(conf, word, "a window stands behind an index",
			      err);
	if (s->shift && !sends)
		return refuse(conf, word,
			      "only what leaves is moved by a shift", err);
	return 0;
}

static int check_source(const struct dp_leg *conf, const char *word,
			const struct dp_srtp *srtp, unsigned int i,
			struct dp_err *err)
{
	const struct dp_source *s = &srtp->source[i];
	unsigned int k;

	if (s->has_index && s->index >> 48)
		return refuse(conf, word,
			      "an index of SRTP has 48 bits", err);
	if (s->has_rtcp_index && s->rtcp_index > INT32_MAX)
		return refuse(conf, word,
			      "an index of SRTCP has 31 bits", err);
	for (k = 0; k < i; k++)
		if (srtp->source[k].ssrc == s->ssrc)
			return refuse(conf, word, "a source is given twice",
				      err);
	return check_track(conf, word, s, err);
}

static int check_one_srtp(const struct dp_leg *conf, const char *word,
			  const struct dp_srtp *srtp, struct dp_err *err)
{
	unsigned int i;
	int ret = 0;

	if (srtp->suite > RTPLANE_SRTP_MAX)
		return refuse(conf, word, "integer out of range", err);
	if (srtp->mki_len > RTPLANE_SRTP_MKI_MAX)
		return refuse(conf, word,
			      "an MKI has 1 to 16 bytes", err);
	if (srtp->n_sources && srtp->suite == RTPLANE_SRTP_NONE)
		return refuse(conf, word,
			      "suite none has no key and no sources", err);
	if (srtp->n_sources > RTPLANE_SRTP_SSRCS_MAX)
		return refuse(conf, word, "a key has at most 64 sources", err);
	for (i = 0; !ret && i < srtp->n_sources; i++)
		ret = check_source(conf, word, srtp, i, err);
	return ret;
}

static int check_srtp(const struct dp_leg *conf, struct dp_err *err)
{
	int ret = 0;

	if (HAS(conf, SRTP_RX))
		ret = check_one_srtp(conf, " srtp-rx", &conf->srtp_rx, err);
	if (!ret && HAS(conf, SRTP_TX))
		ret = check_one_srtp(conf, " srtp-tx", &conf->srtp_tx, err);
	return ret;
}

static int check_map(const struct dp_leg *conf, struct dp_err *err)
{
	unsigned int i;

	for (i = 0; HAS(conf, DSCP_MAP) && i < RTPLANE_DSCP_MAP_LEN; i++)
		if (conf->dscp_map[i] >= RTPLANE_DSCP_MAP_LEN)
			return refuse(conf, " dscp map",
				      "every value of a DSCP map is from 0 to 63",
				      err);
	return 0;
}

int legconf_check(struct dp_leg *conf, struct dp_err *err)
{
	int ret = check_eps(conf, err);

	if (!ret)
		ret = check_ranges(conf, err);
	if (!ret)
		ret = check_map(conf, err);
	if (!ret && HAS(conf, SAVED))
		ret = legstate_check(conf, err);
	if (!ret)
		ret = check_srtp(conf, err);
	if (!ret)
		ret = legcopy_check(conf, err);
	if (ret || HAS(conf, DSCP_MODE))
		return ret;
	if (HAS(conf, DSCP) || HAS(conf, DSCP_MAP)) {
		conf->dscp_mode = HAS(conf, DSCP) ? RTPLANE_DSCP_SET :
						    RTPLANE_DSCP_MAP;
		conf->set |= DP_LEG_DSCP_MODE;
	}
	return 0;
}

static bool link_local(const struct dp_addr *addr)
{
	return addr->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->v6);
}

/* one forged packet must not decide a call: see rtplane_policy_sense() */
static bool sense_probation(const struct dp_leg *conf, const struct leg *leg,
			    uint8_t latch)
{
	struct rtplane_policy p = {};
	bool v4 = conf->local.family == AF_INET;

	if (leg)
		p = leg->policy;
	else
		rtplane_policy_init(&p, v4);
	if (latch != p.mode)
		rtplane_policy_mode(&p, latch);
	return rtplane_policy_sense(latch,
				    HAS(conf, PROBATION) ? conf->probation :
							   p.probation,
				    HAS(conf, PREFIX) ? conf->prefix : p.prefix,
				    v4, HAS(conf, TIE) ||
				    (leg && !rtplane_ep_none(&leg->tie)));
}

static int sense_latch(const struct dp_leg *conf, const struct leg *leg,
		       struct dp_err *err)
{
	uint8_t latch = HAS(conf, LATCH) ? conf->latch :
			leg ? leg->policy.mode : RTPLANE_LATCH_RESTRICTED;
	bool remote = HAS(conf, REMOTE) ||
		      (leg && !rtplane_ep_none(&leg->policy.signalled));
	struct rtplane_ep proven, now = {};

	if (latch == RTPLANE_LATCH_OFF && !remote)
		return refuse(conf, "", "latch off needs a remote", err);
	if (latch == RTPLANE_LATCH_RESTRICTED && !remote)
		return refuse(conf, "", "latch restricted needs a remote", err);
	if (!sense_probation(conf, leg, latch))
		return refuse(conf, "",
			      "a probation below 2 needs the whole address: latch restricted with the full prefix, or a tie",
			      err);
	if (HAS(conf, EARLY) && conf->early && !remote)
		return refuse(conf, "", "early media needs a remote", err);
	if ((HAS(conf, UNLATCH) || HAS(conf, MOVED)) &&
	    latch == RTPLANE_LATCH_OFF)
		return refuse(conf, "",
			      "with latch off there is nothing to unlatch",
			      err);
	if ((HAS(conf, UNLATCH) || HAS(conf, MOVED)) && HAS(conf, PROVEN))
		return refuse(conf, "",
			      "unlatch and proven exclude each other", err);
	if (!HAS(conf, PROVEN) || latch != RTPLANE_LATCH_OFF)
		return 0;
	leg_ep(&conf->proven, &proven);
	if (HAS(conf, REMOTE))
		leg_ep(&conf->remote, &now);
	else if (leg)
		now = leg->policy.signalled;
	return rtplane_ep_eq(&proven, &now) ? 0 :
	       refuse(conf, "", "with latch off only the remote can be proven",
		      err);
}

static int sense_line(const struct dp_leg *conf, const struct leg *leg, bool carried,
		      struct dp_err *err)
{
	if (carried && conf->set & PORTS_OWN)
		return refuse(conf, "", "remote, keys and limits at a port that lines share are those of the port's leg",
			      err);
	if (leg && HAS(conf, LINE) && carried != dp_leg_is_carried(conf))
		return refuse(conf, " line", "whether RTCP has a remote of its own is settled when its leg is made",
			      err);
	return 0;
}

int legconf_sense(const struct dp_leg *conf, const struct leg *leg,
		  struct dp_err *err)
{
	uint8_t mode = HAS(conf, DSCP_MODE) ? conf->dscp_mode :
		       leg ? leg->dscp_mode : 0;
	uint32_t oif = HAS(conf, OIF) ? conf->oif : leg ? leg->oif : 0;
	bool carried = leg ? leg->carried : dp_leg_is_carried(conf);
	int ret = sense_line(conf, leg, carried, err);

	if (!ret && !carried)
		ret = sense_latch(conf, leg, err);
	if (ret)
		return ret;
	if (mode == RTPLANE_DSCP_SET && HAS(conf, DSCP_MODE) &&
	    !HAS(conf, DSCP))
		return refuse(conf, "", "DSCP mode set needs a DSCP", err);
	if (mode == RTPLANE_DSCP_MAP && !HAS(conf, DSCP_MAP) &&
	    !(leg && leg->has_map))
		return refuse(conf, "", "DSCP mode map needs a map of 64 values",
			      err);
	if (!oif && !carried && (link_local(&conf->local) ||
		     (HAS(conf, REMOTE) && link_local(&conf->remote))))
		return refuse(conf, "",
			      "a link-local address needs a device (oif)", err);
	if (HAS(conf, SAVED))
		return legstate_sense(conf, leg, HAS(conf, LATCH) ? conf->latch :
				      RTPLANE_LATCH_RESTRICTED, err);
	return 0;
}

/* --- carrying out --- */

static void apply_policy(struct leg *leg, const struct dp_leg *c)
{
	if (HAS(c, LATCH))
		rtplane_policy_mode(&leg->policy, c->latch);
	if (HAS(c, PREFIX))
		leg->policy.prefix = c->prefix;
	if (HAS(c, PROBATION))
		leg->policy.probation = c->probation;
	if (HAS(c, RELATCH))
		leg->policy.relatch = c->relatch;
	if (HAS(c, SSRC_GUARD))
		leg->policy.guard = c->ssrc_guard;
	if (HAS(c, EARLY))
		leg->early = c->early;
	if (HAS(c, MUTE))
		leg->mute = c->mute;
	if (HAS(c, ACCEPT))
		leg->any = c->accept == RTPLANE_ACCEPT_ANY;
	if (HAS(c, UNKNOWN))
		leg->drop_unknown = c->unknown == RTPLANE_UNKNOWN_DROP;
	if (HAS(c, ONLY))
		leg->only = c->only;
	if (HAS(c, DIGITS))
		leg->digits = c->digits;
	if (HAS(c, BLOCK))
		leg->block = c->block;
	if (HAS(c, LINE)) {
		leg->line = c->line;
		lines_forget(leg);
	}
}

static void apply_dscp(struct leg *leg, const struct dp_leg *c)
{
	if (HAS(c, DSCP_MODE))
		leg->dscp_mode = c->dscp_mode;
	if (HAS(c, DSCP))
		leg->dscp = c->dscp;
	if (HAS(c, DSCP_MAP)) {
		memcpy(leg->dscp_map, c->dscp_map, sizeof(leg->dscp_map));
		leg->has_map = true;
	}
}

/* limits go by arrival times; without them by the time of the worker's turn */
static void stamp(struct media_sock *sock, int on)
{
	/* at a port that calls share others may need it */
	if (sock->of && sock->of->shared) {
		if (!on)
			return;
		sock = sock->of;
	}
	if (sock->of || sock->stamped == on)
		return;
	sock->stamped = on;
	setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static void apply_rest(struct leg *leg, struct worker *w,
		       const struct dp_leg *c)
{
	if (HAS(c, MARK))
		leg->mark = c->mark;
	if (HAS(c, OIF))
		leg->oif = c->oif;
	if (HAS(c, PPS))
		leg->pps = c->pps;
	if (HAS(c, BPS))
		leg->bps = c->bps;
	if (HAS(c, PPS) || HAS(c, BPS)) {
		rtplane_police_set(&leg->police, leg->pps, leg->bps);
		leg->policed = rtplane_policed(&leg->police);
		stamp(leg->sock, leg->policed);
	}
	if (HAS(c, SILENCE)) {
		w->n_silence += !!c->silence;
		w->n_silence -= !!leg->silence;
		leg->silence = c->silence;
	}
}

static void apply_remote(struct leg *leg, struct worker *w,
			 const struct dp_leg *c)
{
	struct rtplane_ep remote, proven;

	leg_ep(&c->remote, &remote);
	leg_ep(&c->proven, &proven);
	if (HAS(c, SAVED)) {
		if (HAS(c, REMOTE))
			leg->policy.signalled = remote;
		legstate_take(leg, c->saved);
	}
	if (HAS(c, REMOTE) && !rtplane_ep_eq(&remote, &leg->policy.signalled)) {
		leg->policy.signalled = remote;
		/* who is found by proof is where that says, until there is another */
		if (!calls_is_keyed(&leg->addr))
			leg_left(leg);
	}
	if (HAS(c, MOVED))
		leg_left(leg);
	if (HAS(c, UNLATCH))
		leg_forget(leg);
	/* a stricter mode than the remote was learned by lets go of it */
	if (!HAS(c, SAVED) && leg->latched &&
	    (HAS(c, LATCH) || HAS(c, PREFIX) || HAS(c, TIE)) &&
	    !leg_permits(leg, &leg->remote))
		leg_forget(leg);
	if (leg->carried)
		return;
	if (HAS(c, PROVEN))
		leg_commit(leg, w, &proven, RTPLANE_REASON_PROVEN);
	else if (leg->policy.mode == RTPLANE_LATCH_OFF && !leg->latched)
		leg_commit(leg, w, &leg->policy.signalled,
			   RTPLANE_REASON_SIGNALLED);
}

int legconf_prepare(struct leg *leg, const struct dp_leg *conf, struct dp_err *err)
{
	if (!HAS(conf, LINE) || !conf->line.on || leg->carried || leg->lines)
		return 0;
	/* nobody looks at it before the leg is told that its port is shared */
	leg->lines = calloc(1, sizeof(*leg->lines));
	return leg->lines ? 0 : dp_fail(err, ENOMEM, "no memory for a leg");
}

void legconf_news(const struct leg *leg, struct dp_leg *conf)
{
	struct rtplane_ep tie;

	leg_ep(&conf->tie, &tie);
	if (HAS(conf, LATCH) && conf->latch == leg->policy.mode)
		conf->set &= ~DP_LEG_LATCH;
	if (HAS(conf, PREFIX) && conf->prefix == leg->policy.prefix)
		conf->set &= ~DP_LEG_PREFIX;
	if (HAS(conf, TIE) && rtplane_ep_same_leg(&tie, &leg->tie))
		conf->set &= ~DP_LEG_TIE;
}

void legconf_apply(struct leg *leg, struct worker *w,
		   const struct dp_leg *conf)
{
	apply_policy(leg, conf);
	apply_dscp(leg, conf);
	apply_rest(leg, w, conf);
	apply_remote(leg, w, conf);
	leg->changes++;
	leg_retarget(leg);
}

/* --- telling --- */

static bool info_conf(const struct leg *leg, struct dp_leg *c,
		      struct dp_sources *sources)
{
	const struct leg *way = lines_carrier(leg);
	const struct rtplane_policy *p = way ? &way->policy : &leg->policy;
	bool all;

	c->set = DP_LEG_LATCH | DP_LEG_PREFIX | DP_LEG_PROBATION |
		 DP_LEG_EARLY | DP_LEG_RELATCH | DP_LEG_DSCP_MODE |
		 DP_LEG_ACCEPT | DP_LEG_UNKNOWN | DP_LEG_PPS | DP_LEG_BPS |
		 DP_LEG_MARK | DP_LEG_OIF | DP_LEG_SILENCE |
		 DP_LEG_SSRC_GUARD | DP_LEG_ONLY | DP_LEG_DIGITS |
		 DP_LEG_BLOCK | DP_LEG_MUTE;
	c->local = leg->addr;
	leg_addr(&p->signalled, &c->remote);
	leg_addr(&leg->tie, &c->tie);
	c->set |= c->remote.family ? DP_LEG_REMOTE : 0;
	c->set |= c->tie.family ? DP_LEG_TIE : 0;
	c->latch = p->mode;
	c->prefix = p->prefix;
	c->probation = p->probation;
	c->early = leg->early;
	c->relatch = p->relatch;
	c->ssrc_guard = p->guard;
	c->mute = leg->mute;
	c->dscp_mode = leg->dscp_mode;
	if (leg->dscp_mode == RTPLANE_DSCP_SET) {
		c->dscp = leg->dscp;
		c->set |= DP_LEG_DSCP;
	}
	if (leg->dscp_mode == RTPLANE_DSCP_MAP) {
		memcpy(c->dscp_map, leg->dscp_map, sizeof(c->dscp_map));
		c->set |= DP_LEG_DSCP_MAP;
	}
	c->accept = leg->any ? RTPLANE_ACCEPT_ANY : RTPLANE_ACCEPT_RTP;
	c->unknown = leg->drop_unknown ? RTPLANE_UNKNOWN_DROP :
					 RTPLANE_UNKNOWN_PASS;
	c->pps = leg->pps;
	c->bps = leg->bps;
	c->mark = leg->mark;
	c->oif = leg->oif;
	c->silence = leg->silence;
	c->only = leg->only;
	c->digits = leg->digits;
	c->block = leg->block;
	all = rtpsec_tell(leg->sec[RTPSEC_IN], &c->srtp_rx, sources);
	all &= rtpsec_tell(leg->sec[RTPSEC_OUT], &c->srtp_tx, sources);
	c->line = leg->line;
	c->set |= leg->line.on ? DP_LEG_LINE : 0;
	c->set |= leg->sec[RTPSEC_IN] ? DP_LEG_SRTP_RX : 0;
	c->set |= leg->sec[RTPSEC_OUT] ? DP_LEG_SRTP_TX : 0;
	return legcopy_tell(leg, c, sources) && all;
}

static void info_rtp(const struct rtplane_rtpstats *s, struct dp_rtp *rtp)
{
	if (!rtplane_rtp_started(s))
		return;
	*rtp = (struct dp_rtp){
		.present = true,
		.pt = rtplane_rtp_pt(s),
		.ssrc = ntohl(s->ssrc),
		.ssrc_changes = s->ssrc_changes,
		.packets = s->packets,
		.lost = rtplane_rtpstats_lost(s),
		.out_of_order = s->out_of_order,
		.duplicates = s->duplicates,
		.jitter = s->jitter >> 4,
		.jitter_max = s->jitter_max >> 4,
		.clock = rtplane_rtp_clock(rtplane_rtp_pt(s)),
	};
}

/* CLOCK_REALTIME of a monotonic time */
static uint64_t to_real(uint64_t mono)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return mono + (uint64_t)ts.tv_sec * 1000000000 +
	       (uint64_t)ts.tv_nsec - worker_clock();
}

static void info_counters(const struct leg *leg, struct dp_leg_info *info)
{
	const struct leg *peer = leg->peer;
	unsigned int i;

	info->rx_packets = leg->rx_packets;
	info->rx_bytes = leg->rx_bytes;
	info->tx_packets = leg->tx_packets + peer->fwd_packets;
	info->tx_bytes = leg->tx_bytes + peer->fwd_bytes;
	info->passed = leg->passed;
	info->rtcp_packets = leg->rtcp_packets;
	if (leg->rx_packets) {
		info->first = leg->first;
		info->last = to_real(leg->last);
	}
	info->latches = leg->latches;
	info->has_dscp_tx = peer->fwd_packets;
	if (info->has_dscp_tx)
		info->dscp_tx = peer->fwd_tos >> 2;
	for (i = 0; i < __RTPLANE_DROP_MAX; i++) {
		info->drops[i] = leg->drops[i];
		info->dropped += leg->drops[i];
	}
	memcpy(info->dscp_seen, leg->dscp_seen, sizeof(info->dscp_seen));
}

bool legconf_info(const struct leg *leg, bool state, struct dp_leg_info *info,
		  struct dp_sources *sources)
{
	const struct leg *way = lines_carrier(leg) ? lines_carrier(leg) : leg;
	const struct rtplane_suspects *s = leg->policy.suspects;
	bool all;

	memset(info, 0, sizeof(*info));
	all = info_conf(leg, &info->conf, sources);
	info->cookie = leg->cookie;
	info->peer = leg->peer->addr;
	info->state = way->latched ? RTPLANE_STATE_LOCKED :
		      rtplane_policy_counting(&way->policy) ?
		      RTPLANE_STATE_PROBATION : RTPLANE_STATE_WAITING;
	if (way->latched && !way->mute)
		leg_addr(&way->remote, &info->latched);
	else if (way->early && !way->mute)
		leg_addr(&way->policy.signalled, &info->latched);
	info_counters(leg, info);
	info_rtp(&leg->rtp, &info->rtp);
	if (leg->rtcp.reports)
		leg_rtcp_info(leg, &info->rtcp);
	if (s && s->offenses) {
		leg_addr(&s->offender, &info->offender);
		info->offenses = s->offenses;
	}
	info->generation = leg->changes + rtpsec_changes(leg->sec[RTPSEC_IN]) +
			   rtpsec_changes(leg->sec[RTPSEC_OUT]);
	if (state)
		legstate_tell(leg, info);
	return all;
}
