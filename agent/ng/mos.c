// SPDX-License-Identifier: GPL-2.0
/*
 * How good a stream sounds, as a number between 1 and 4.5: the E-model (ITU-T G.107)
 * without what nobody tells us, which is the codec (G.711 is assumed) and the delay of
 * buffers.  From what the datapath has counted of what arrives, and the round trips that
 * RTCP tells.
 */
#include "private.h"

#define R_BEST		93.2	/* nothing is lost or late */
#define R_LOSS		2.5	/* for each percent that is lost */
#define BUFFERS		10.0	/* ms of delay that codecs have */
#define LATE		160.0	/* ms from which on delay disturbs */

static double delay_of(const struct ng_quality *q)
{
	return (double)q->rtt / 2000 + 2.0 * q->jitter + BUFFERS;
}

static unsigned int mos_of(const struct ng_quality *q)
{
	double delay = delay_of(q), r, mos;

	r = R_BEST - (delay < LATE ? delay / 40 : (delay - 120) / 10) -
	    R_LOSS * q->loss;
	if (r <= 0)
		return 10;
	if (r > 100)
		r = 100;
	mos = 1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r);
	return mos < 1 ? 10 : (unsigned int)(mos * 10 + 0.5);
}

static uint32_t rtt_of(const struct session_leg_report *leg)
{
	return leg && leg->info.rtcp.has_rtt ? leg->info.rtcp.rtt : 0;
}

void ng_quality(const struct session_leg_report *leg,
		const struct session_leg_report *rtcp,
		const struct session_leg_report *peer_rtcp, bool worst,
		struct ng_quality *q)
{
	const struct dp_rtp *rtp = &leg->info.rtp;
	uint64_t jitter = worst ? rtp->jitter_max : rtp->jitter;
	uint64_t all = rtp->packets + rtp->lost;

	*q = (struct ng_quality){
		.rtt_leg = rtt_of(rtcp),
		.jitter = (unsigned int)(jitter * 1000 /
					 (rtp->clock ? rtp->clock : 8000)),
		.loss = all ? (unsigned int)(rtp->lost * 100 / all) : 0,
		.samples = rtcp && rtcp->info.rtcp.reports ?
			   rtcp->info.rtcp.reports : 1,
	};
	q->rtt = q->rtt_leg + rtt_of(peer_rtcp);
	q->mos = mos_of(q);
}

void ng_history_add(struct ng_history *history, const struct dp_rtcp *rtcp)
{
	struct ng_quality q = {
		.rtt = rtcp->has_rtt ? rtcp->rtt : 0,
		.jitter = rtcp->jitter / 8,	/* clocks are taken to be of 8000 Hz */
		.loss = rtcp->fraction_lost * 100u / 256,
	};
	struct ng_extreme now;

	if (!rtcp->present)
		return;
	if (q.jitter > UINT16_MAX)
		q.jitter = UINT16_MAX;
	now = (struct ng_extreme){
		.at = (uint32_t)time(NULL),
		.rtt = q.rtt,
		.jitter = (uint16_t)q.jitter,
		.mos = (uint8_t)mos_of(&q),
		.loss = (uint8_t)q.loss,
	};
	if (!history->lowest.at || now.mos < history->lowest.mos)
		history->lowest = now;
	if (!history->highest.at || now.mos > history->highest.mos)
		history->highest = now;
}
