// SPDX-License-Identifier: GPL-2.0
/* What legs have seen, as data that outlives the session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static unsigned int index_of(const struct session_party *party)
{
	const struct session_party *p;
	unsigned int i = 0;

	TAILQ_FOREACH(p, &party->session->parties, entry) {
		if (p == party)
			break;
		i++;
	}
	return i;
}

void session_party_report(const struct session_party *party,
			  struct session_party_report *to)
{
	to->party = party;
	snprintf(to->name, sizeof(to->name), "%s", party->name);
	snprintf(to->realm, sizeof(to->realm), "%s", party->policy->name);
	to->source = party->source;
	to->bare_keys = party->bare_keys;
	to->nat = party->policy->nat;
}

static void count_at_agent(const struct ports_pair *pair, unsigned int c,
			   struct session_leg_report *to)
{
	const struct media_counts *counts;

	/* whose it was is not known: of nobody's */
	if (pair->share)
		return;
	counts = media_sock_counts(c ? pair->rtcp_sock : pair->rtp_sock);
	memcpy(to->at_agent, counts->packets, sizeof(to->at_agent));
}

/* keys of a seal are none */
static bool is_keyed(const struct session_dtls_report *dtls)
{
	return dtls->state == SESSION_SECURE_NONE ||
	       dtls->state == SESSION_SECURE_UP;
}

static void report_leg(const struct standing *at, unsigned int i, unsigned int c,
		       unsigned int s, struct session_report *report)
{
	struct session_leg_report *to = &report->leg[report->n_legs++];
	const struct dp_leg *leg = &at->bridge.leg[s];

	to->info.conf.local = leg->local;
	to->party = index_of(at->party[s]);
	to->line = i;
	to->component = c + 1;
	to->rtp = leg->accept == RTPLANE_ACCEPT_RTP;
	to->mux = at->mux[s];
	to->shared = at->seat[s]->pair->share;
	to->apart = at->seat[s]->apart;
	to->rtcp_ends = at->mux[s] != at->mux[!s] &&
			!at->seat[s]->session->standing[i][1];
	count_at_agent(at->seat[s]->pair, c && !to->mux, to);
	/* of a party that speaks before the call is answered */
	if (to->at_agent[MEDIA_RTP] >= at->told[s].early)
		to->at_agent[MEDIA_RTP] -= at->told[s].early;
	session_ice_report(at->seat[s], 1 + (c && !to->mux), &to->ice);
	session_dtls_report(at->seat[s], 1 + (c && !to->mux), &to->dtls);
	if (is_keyed(&to->dtls)) {
		to->srtp_rx = leg->srtp_rx.suite;
		to->srtp_tx = leg->srtp_tx.suite;
	}
}

static void name_datapath(const struct standing *at,
			  struct session_report *report)
{
	const char *name = at->dp->ops->name;
	size_t n = strlen(report->datapath);

	if (strstr(report->datapath, name))
		return;
	if (!strcmp(report->datapath, "-"))
		n = 0;
	snprintf(report->datapath + n, sizeof(report->datapath) - n, "%s%s",
		 n ? ", " : "", name);
}

/* by line, component, and then the party that offered first */
static void report_legs(const struct session *session,
			struct session_report *report)
{
	const struct standing *at;
	unsigned int i, c;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			if (!at)
				continue;
			name_datapath(at, report);
			if (!at->party[0]->nobody)
				report_leg(at, i, c, 0, report);
			if (!at->party[1]->nobody)
				report_leg(at, i, c, 1, report);
		}
	}
}

/* what a datapath told is its until then; those of its legs that are ours */
static int take_info(const struct dp_leg_info *info, void *arg)
{
	struct session_report *report = arg;
	struct session_leg_report *leg = report->leg;

	for (; leg < report->leg + report->n_legs; leg++) {
		if (!dp_addr_eq(&leg->info.conf.local, &info->conf.local))
			continue;
		leg->info = *info;
		leg->info.conf.srtp_rx.source = NULL;
		leg->info.conf.srtp_rx.n_sources = 0;
		leg->info.conf.srtp_tx.source = NULL;
		leg->info.conf.srtp_tx.n_sources = 0;
	}
	return 0;
}

/* all at once: each question costs a datapath more than its answer */
static void ask_datapath(struct dp *dp, struct session_report *report)
{
	struct dp_err err;

	if (dp_legs_dump(dp, report->id, take_info, report, &err))
		snprintf(report->error, sizeof(report->error), "%.150s", err.text);
}

/* a leg that nobody told of, since its bridge is gone, is not in the report */
static void drop_untold(struct session_report *report)
{
	char addr[DP_ADDR_STRLEN];
	unsigned int i, n = 0;

	for (i = 0; i < report->n_legs; i++) {
		if (report->leg[i].info.cookie == report->id) {
			report->leg[n++] = report->leg[i];
			continue;
		}
		if (!*report->error)
			snprintf(report->error, sizeof(report->error),
				 "no leg has the local address %s",
				 dp_addr_str(&report->leg[i].info.conf.local, addr,
					     sizeof(addr)));
	}
	report->n_legs = n;
}

static void ask_datapaths(const struct session *session,
			  struct session_report *report)
{
	const struct sessions_conf *conf = &session->sessions->conf;

	if (strstr(report->datapath, conf->dp->ops->name))
		ask_datapath(conf->dp, report);
	if (conf->beside && strstr(report->datapath, conf->beside->ops->name))
		ask_datapath(conf->beside, report);
	drop_untold(report);
}

/* what was for nobody has come where it should */
static void forgive(const struct session *session, struct session_report *report)
{
	const struct session_party *party;
	struct dp_leg_info *info;
	unsigned int i;

	TAILQ_FOREACH(party, &session->parties, entry)
		if (party->nobody)
			break;
	for (i = 0; party && i < report->n_legs; i++) {
		info = &report->leg[i].info;
		info->dropped -= info->drops[RTPLANE_DROP_NO_REMOTE];
		info->drops[RTPLANE_DROP_NO_REMOTE] = 0;
	}
}

static unsigned int count_legs(const struct session *session)
{
	unsigned int i, n = 0;

	for (i = 0; i < SDP_MEDIA_MAX; i++)
		n += 2 * (!!session->standing[i][0] + !!session->standing[i][1]);
	return n;
}

struct session_report *session_report(struct session *session)
{
	struct session_report *report = calloc(1, sizeof(*report));
	unsigned int legs = count_legs(session);
	const struct session_party *party;

	if (!report)
		return NULL;
	report->party = calloc(session->n_parties + 1, sizeof(*report->party));
	report->leg = calloc(legs + 1, sizeof(*report->leg));
	if (!report->party || !report->leg) {
		session_report_free(report);
		return NULL;
	}
	report->id = session->id;
	report->answered = session->serial;
	strcpy(report->datapath, "-");
	memcpy(report->unrelayed, session->unrelayed,
	       sizeof(report->unrelayed));
	memcpy(report->aside, session->aside, sizeof(report->aside));
	TAILQ_FOREACH(party, &session->parties, entry)
		session_party_report(party, &report->party[report->n_parties++]);
	report_legs(session, report);
	ask_datapaths(session, report);
	forgive(session, report);
	return report;
}

void session_report_free(struct session_report *report)
{
	if (!report)
		return;
	free(report->party);
	free(report->leg);
	free(report);
}
