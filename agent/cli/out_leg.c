// SPDX-License-Identifier: GPL-2.0
/* A leg as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "datapath/names.h"
#include "out.h"

static void json_conf(json_t *o, const struct dp_leg *conf)
{
	char dev[IF_NAMESIZE];

	if (conf->set & DP_LEG_LATCH)
		out_str(o, "latch", dp_latch_name(conf->latch));
	if (conf->set & DP_LEG_PROBATION)
		out_uint(o, "probation", conf->probation);
	if (conf->set & DP_LEG_PREFIX)
		out_uint(o, "prefix", conf->prefix);
	if (conf->set & DP_LEG_EARLY)
		json_object_set_new(o, "early", json_boolean(conf->early));
	if (conf->set & DP_LEG_RELATCH)
		out_uint(o, "relatch", conf->relatch);
	if (conf->set & DP_LEG_TIE)
		out_some_addr(o, "tie", &conf->tie);
	if (conf->set & DP_LEG_DSCP_MODE)
		out_dscp(o, conf->dscp_mode, conf->dscp, conf->dscp_map);
	if (conf->set & DP_LEG_ACCEPT)
		out_str(o, "accept", dp_accept_name(conf->accept));
	if (conf->set & DP_LEG_UNKNOWN)
		out_str(o, "unknown", dp_unknown_name(conf->unknown));
	if (conf->set & DP_LEG_PPS)
		out_uint(o, "pps", conf->pps);
	if (conf->set & DP_LEG_BPS)
		out_uint(o, "bps", conf->bps);
	if (conf->set & DP_LEG_MARK)
		out_uint(o, "mark", conf->mark);
	if (conf->set & DP_LEG_OIF && conf->oif)
		out_str(o, "oif", out_dev(conf->oif, dev));
	if (conf->set & DP_LEG_SILENCE)
		out_uint(o, "silence", conf->silence);
	if (conf->set & DP_LEG_SSRC_GUARD)
		json_object_set_new(o, "ssrc_guard",
				    json_boolean(conf->ssrc_guard));
	if (conf->set & DP_LEG_MUTE)
		json_object_set_new(o, "mute", json_boolean(conf->mute));
	if (conf->set & DP_LEG_ONLY)
		out_str(o, "only", dp_only_name(conf->only));
	if (conf->set & DP_LEG_DIGITS)
		out_uint(o, "digits", conf->digits);
	if (conf->set & DP_LEG_BLOCK)
		out_str(o, "block", dp_block_name(conf->block));
}

static const char *mki_text(const struct dp_srtp *srtp, char *text)
{
	unsigned int i;

	for (i = 0; i < srtp->mki_len; i++)
		snprintf(text + 2 * i, 3, "%02x", srtp->mki[i]);
	return text;
}

static json_t *json_source(const struct dp_source *source)
{
	json_t *o = json_object();
	char ssrc[16];

	snprintf(ssrc, sizeof(ssrc), "0x%08x", source->ssrc);
	out_str(o, "ssrc", ssrc);
	if (source->has_index)
		out_uint(o, "index", source->index);
	if (source->has_rtcp_index)
		out_uint(o, "rtcp_index", source->rtcp_index);
	return o;
}

static void json_srtp(json_t *object, const char *key,
		      const struct dp_srtp *srtp)
{
	char mki[2 * RTPLANE_SRTP_MKI_MAX + 1];
	json_t *sources, *o;
	unsigned int i;

	if (!srtp->suite)
		return;
	o = json_object();
	sources = json_array();
	out_str(o, "suite", dp_srtp_suite_name(srtp->suite));
	if (srtp->mki_len)
		out_str(o, "mki", mki_text(srtp, mki));
	for (i = 0; i < srtp->n_sources; i++)
		json_array_append_new(sources, json_source(&srtp->source[i]));
	json_object_set_new(o, "sources", sources);
	json_object_set_new(object, key, o);
}

static void json_copies(json_t *object, const struct dp_leg *conf)
{
	json_t *array = json_array(), *o;
	const struct dp_copy *c;

	for (c = conf->copies; c < conf->copies + conf->n_copies; c++) {
		o = json_object();
		out_some_addr(o, "from", &c->from);
		out_some_addr(o, "to", &c->to);
		out_str(o, "only", dp_only_name(c->only));
		out_uint(o, "packets", c->packets);
		out_uint(o, "bytes", c->bytes);
		out_uint(o, "dropped", c->dropped);
		json_array_append_new(array, o);
	}
	if (conf->n_copies)
		json_object_set(object, "copies", array);
	json_decref(array);
}

static void json_counters(json_t *o, const struct dp_leg_info *leg)
{
	out_uint(o, "rx_packets", leg->rx_packets);
	out_uint(o, "rx_bytes", leg->rx_bytes);
	out_uint(o, "tx_packets", leg->tx_packets);
	out_uint(o, "tx_bytes", leg->tx_bytes);
	out_uint(o, "dropped", leg->dropped);
	out_uint(o, "passed", leg->passed);
	out_uint(o, "rtcp_packets", leg->rtcp_packets);
	if (leg->first)
		out_uint(o, "first", leg->first);
	if (leg->last)
		out_uint(o, "last", leg->last);
	out_uint(o, "latches", leg->latches);
	if (leg->has_dscp_tx)
		out_uint(o, "dscp_tx", leg->dscp_tx);
}

static void json_rtp(json_t *object, const struct dp_rtp *rtp)
{
	json_t *o;

	if (!rtp->present)
		return;
	o = json_object();
	out_uint(o, "ssrc", rtp->ssrc);
	out_uint(o, "ssrc_changes", rtp->ssrc_changes);
	out_uint(o, "pt", rtp->pt);
	out_uint(o, "packets", rtp->packets);
	out_uint(o, "lost", rtp->lost);
	out_uint(o, "out_of_order", rtp->out_of_order);
	out_uint(o, "duplicates", rtp->duplicates);
	out_uint(o, "jitter", rtp->jitter);
	out_uint(o, "jitter_max", rtp->jitter_max);
	out_uint(o, "clock", rtp->clock);
	json_object_set_new(object, "rtp", o);
}

static void json_dscp_seen(json_t *object, const uint64_t *seen)
{
	json_t *o = json_object();
	char key[4];
	int i;

	for (i = 0; i < 64; i++) {
		if (!seen[i])
			continue;
		snprintf(key, sizeof(key), "%u", i & 63);
		out_uint(o, key, seen[i]);
	}
	json_object_set_new(object, "dscp_seen", o);
}

json_t *out_leg(const struct dp_leg_info *leg)
{
	json_t *o = json_object();

	out_some_addr(o, "local", &leg->conf.local);
	out_some_addr(o, "remote", &leg->conf.remote);
	out_some_addr(o, "peer", &leg->peer);
	out_cookie(o, leg->cookie);
	json_conf(o, &leg->conf);
	json_srtp(o, "srtp_rx", &leg->conf.srtp_rx);
	json_srtp(o, "srtp_tx", &leg->conf.srtp_tx);
	json_copies(o, &leg->conf);
	out_str(o, "state", dp_state_name(leg->state));
	out_some_addr(o, "latched", &leg->latched);
	json_counters(o, leg);
	out_drops(o, leg->drops);
	json_rtp(o, &leg->rtp);
	out_rtcp(o, &leg->rtcp);
	json_dscp_seen(o, leg->dscp_seen);
	out_some_addr(o, "offender", &leg->offender);
	if (leg->offender.family)
		out_uint(o, "offenses", leg->offenses);
	if (leg->generation)
		out_uint(o, "generation", leg->generation);
	return o;
}

/* the first line: who talks to whom */
static void text_head(const struct dp_leg_info *leg)
{
	char text[DP_ADDR_STRLEN];

	printf("leg local %s",
	       dp_addr_str(&leg->conf.local, text, sizeof(text)));
	if (leg->conf.remote.family)
		printf(" remote %s", dp_addr_str(&leg->conf.remote, text,
						 sizeof(text)));
	printf(" state %s", dp_state_name(leg->state));
	if (leg->latched.family)
		printf(" latched %s", dp_addr_str(&leg->latched, text,
						  sizeof(text)));
	if (leg->peer.family)
		printf(" peer %s", dp_addr_str(&leg->peer, text,
					       sizeof(text)));
	if (leg->cookie)
		printf(" cookie %" PRIu64, leg->cookie);
	putchar('\n');
}

/* the second: in the words of "leg set"; what is off is left out */
static void text_conf(const struct dp_leg *conf)
{
	char dev[IF_NAMESIZE];
	char text[DP_ADDR_STRLEN];

	printf("    latch %s", dp_latch_name(conf->latch));
	if (conf->latch == RTPLANE_LATCH_RESTRICTED &&
	    conf->set & DP_LEG_PREFIX)
		printf(" prefix %u", conf->prefix);
	if (conf->probation)
		printf(" probation %u", conf->probation);
	if (conf->early)
		printf(" early on");
	if (conf->relatch)
		printf(" relatch %u", conf->relatch);
	if (conf->tie.family)
		printf(" tie %s", dp_addr_str(&conf->tie, text, sizeof(text)));
	out_text_dscp(conf->dscp_mode, conf->dscp, conf->dscp_map);
	if (conf->accept != RTPLANE_ACCEPT_RTP)
		printf(" accept %s", dp_accept_name(conf->accept));
	if (conf->unknown != RTPLANE_UNKNOWN_PASS)
		printf(" unknown %s", dp_unknown_name(conf->unknown));
	if (conf->pps)
		printf(" pps %u", conf->pps);
	if (conf->bps)
		printf(" bps %" PRIu64, conf->bps);
	if (conf->mark)
		printf(" mark 0x%x", conf->mark);
	if (conf->oif)
		printf(" oif %s", out_dev(conf->oif, dev));
	if (conf->silence)
		printf(" silence %u", conf->silence);
	if (conf->set & DP_LEG_SSRC_GUARD &&
	    conf->ssrc_guard != (conf->latch != RTPLANE_LATCH_OFF))
		printf(" ssrc-guard %s", conf->ssrc_guard ? "on" : "off");
	if (conf->mute)
		printf(" mute on");
	if (conf->only)
		printf(" only %s", dp_only_name(conf->only));
	if (conf->digits)
		printf(" digits 0x%x", conf->digits);
	if (conf->block)
		printf(" block %s", dp_block_name(conf->block));
	putchar('\n');
}

/* in the words of "leg set" but for the key */
static void text_srtp(const char *word, const struct dp_srtp *srtp)
{
	char mki[2 * RTPLANE_SRTP_MKI_MAX + 1];
	const struct dp_source *source;

	if (!srtp->suite)
		return;
	printf("    %s %s", word, dp_srtp_suite_name(srtp->suite));
	if (srtp->mki_len)
		printf(" mki %s", mki_text(srtp, mki));
	for (source = srtp->source; source < srtp->source + srtp->n_sources;
	     source++) {
		printf(" source 0x%08x", source->ssrc);
		if (source->has_index)
			printf(" index %" PRIu64, source->index);
		if (source->has_rtcp_index)
			printf(" rtcp-index %u", source->rtcp_index);
	}
	putchar('\n');
}

/* in the words of "leg set", then what was sent */
static void text_copies(const struct dp_leg *conf)
{
	char text[DP_ADDR_STRLEN];
	const struct dp_copy *c;

	for (c = conf->copies; c < conf->copies + conf->n_copies; c++) {
		printf("    copy %s", dp_addr_str(&c->from, text, sizeof(text)));
		printf(" to %s", dp_addr_str(&c->to, text, sizeof(text)));
		if (c->only)
			printf(" of %s", dp_only_name(c->only));
		printf(" sent %" PRIu64 " packets %" PRIu64 " bytes dropped %" PRIu64 "\n",
		       c->packets, c->bytes, c->dropped);
	}
}

static void text_counters(const struct dp_leg_info *leg)
{
	printf("    received %" PRIu64 " packets %" PRIu64 " bytes (%" PRIu64 " rtcp) sent %" PRIu64 " packets %" PRIu64 " bytes dropped %" PRIu64 " passed %" PRIu64 " latches %u generation %" PRIu64 "\n",
	       leg->rx_packets, leg->rx_bytes, leg->rtcp_packets,
	       leg->tx_packets, leg->tx_bytes, leg->dropped, leg->passed,
	       leg->latches, leg->generation);
	out_text_drops("    ", leg->drops);
}

static double clock_ms(uint32_t units, uint32_t clock)
{
	return clock ? units * 1000.0 / clock : 0;
}

static void text_rtp(const struct dp_rtp *rtp)
{
	if (!rtp->present)
		return;
	printf("    rtp ssrc 0x%08x pt %u packets %" PRIu64 " lost %" PRIu64 " out-of-order %" PRIu64 " duplicates %" PRIu64 " jitter %.1fms max %.1fms",
	       rtp->ssrc, rtp->pt, rtp->packets, rtp->lost, rtp->out_of_order,
	       rtp->duplicates, clock_ms(rtp->jitter, rtp->clock),
	       clock_ms(rtp->jitter_max, rtp->clock));
	if (rtp->ssrc_changes)
		printf(" ssrc-changes %u", rtp->ssrc_changes);
	putchar('\n');
}

static void text_dscp(const struct dp_leg_info *leg)
{
	bool any = false;
	int i;

	for (i = 0; i < 64; i++) {
		if (!leg->dscp_seen[i])
			continue;
		printf("%s %d:%" PRIu64, any ? "" : "    dscp received", i,
		       leg->dscp_seen[i]);
		any = true;
	}
	if (leg->has_dscp_tx)
		printf("%s sent %u", any ? "" : "    dscp", leg->dscp_tx);
	if (any || leg->has_dscp_tx)
		putchar('\n');
}

void out_text_leg(const struct dp_leg_info *leg)
{
	char text[DP_ADDR_STRLEN];

	text_head(leg);
	text_conf(&leg->conf);
	text_srtp("srtp-rx", &leg->conf.srtp_rx);
	text_srtp("srtp-tx", &leg->conf.srtp_tx);
	text_copies(&leg->conf);
	text_counters(leg);
	text_rtp(&leg->rtp);
	if (leg->rtcp.present) {
		printf("    rtcp");
		out_text_rtcp(&leg->rtcp);
		putchar('\n');
	}
	text_dscp(leg);
	if (leg->offender.family)
		printf("    refused %s %" PRIu64 " packets in a row\n",
		       dp_addr_str(&leg->offender, text, sizeof(text)),
		       leg->offenses);
}
