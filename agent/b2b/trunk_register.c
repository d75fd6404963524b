// SPDX-License-Identifier: GPL-2.0
/*
 * We register at a trunk (RFC 3261 section 10): at the first of its next hops that
 * answers, again before the time is over, and more and more seldom where it fails.
 */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "request.h"
#include "trunk.h"

/* ms until what failed is tried again, at first and at last */
#define PAUSE_MIN	5000
#define PAUSE_MAX	300000

/* a refusal of our account: whoever insists is taken for an attacker */
#define REFUSED		60000

/* seconds that a registrar may ask for (423): a day */
#define INTERVAL_MAX	86400

static const struct span none = { NULL, 0 };

static struct trunk_reg *reg_of(struct trunk_ask *ask)
{
	return &ask->trunk->reg;
}

static void contact_of(const struct trunk *trunk, const struct sip_flow *flow, char *buf,
		       size_t size)
{
	char host[B2B_TEXT];
	struct config_hop aor;

	config_hop_parse(trunk->conf->aor, &aor);
	b2b_contact(flow, host, sizeof(host));
	snprintf(buf, size, "sip:" SPAN_FMT "@%s", SPAN_ARG(aor.user),
		 host + strlen("sip:"));
}

/* the domain alone */
static void registrar_of(const struct trunk *trunk, char *buf, size_t size)
{
	struct config_hop aor;
	char port[8] = "";

	config_hop_parse(trunk->conf->aor, &aor);
	if (aor.port)
		snprintf(port, sizeof(port), ":%u", aor.port);
	snprintf(buf, size, "%s:" SPAN_FMT "%s", aor.secure ? "sips" : "sip",
		 SPAN_ARG(aor.host_text), port);
}

static void write(struct trunk_ask *ask, struct sip_writer *w, const struct sip_flow *flow)
{
	const struct config_trunk *conf = ask->trunk->conf;
	struct trunk_reg *reg = reg_of(ask);
	char uri[320], contact[2 * B2B_TEXT + 256], expires[32];

	registrar_of(ask->trunk, uri, sizeof(uri));
	contact_of(ask->trunk, flow, contact, sizeof(contact));
	snprintf(expires, sizeof(expires), "expires=%u",
		 reg->ending ? 0 : reg->interval);
	sip_write_request(w, SPAN("REGISTER"), span_of(uri));
	sip_write_header(w, SIP_HDR_MAX_FORWARDS, SPAN("70"));
	sip_write_addr(w, SIP_HDR_FROM, none, span_of(conf->aor), span_of(reg->tag),
		       none);
	sip_write_addr(w, SIP_HDR_TO, none, span_of(conf->aor), none, none);
	sip_write_header(w, SIP_HDR_CALL_ID, span_of(reg->call_id));
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u REGISTER", ++reg->cseq);
	sip_write_addr(w, SIP_HDR_CONTACT, none, span_of(contact), none,
		       span_of(expires));
	b2b_account_write(&reg->account, conf, w, SPAN("REGISTER"), span_of(uri), none);
	sip_write_end(w);
}

/* ---------------------------------------------------------------------- failures */

/* the pause, and up to a fifth more: not all trunks in the same second */
static void later(struct trunk *trunk, uint32_t ms)
{
	timer_set(trunk->b2b->timers, &trunk->reg.timer, ms + random_below(ms / 5 + 1));
}

static void fail(struct trunk *trunk, uint32_t least, const char *why)
{
	struct trunk_reg *reg = &trunk->reg;

	if (!*reg->why || strcmp(reg->why, why))
		log_warning("trunk %s: not registered: %s", trunk->conf->name, why);
	snprintf(reg->why, sizeof(reg->why), "%s", why);
	reg->began = -1;
	if (reg->pause < least)
		reg->pause = least;
	later(trunk, reg->pause);
	reg->pause = reg->pause * 2 < PAUSE_MAX ? reg->pause * 2 : PAUSE_MAX;
}

/* another next hop; false: all have been tried */
static bool try_other(struct trunk *trunk)
{
	struct trunk_reg *reg = &trunk->reg;
	size_t hop = (reg->ask.hop + 1) % trunk->conf->n_hops;

	return hop != (size_t)reg->began && trunk_ask_begin(&reg->ask, hop);
}

/* ----------------------------------------------------------------------- answers */

/* seconds that are granted; 0: nothing.  There are registrars that say no more than Expires */
static uint32_t granted_of(struct trunk_ask *ask, struct sip_msg *msg)
{
	const struct trunk_reg *reg = reg_of(ask);
	const struct sip_addr *list;
	char ours[2 * B2B_TEXT + 256];
	struct sip_addr want;
	int i, n = sip_msg_addrs(msg, SIP_HDR_CONTACT, &list);

	contact_of(ask->trunk, ask->flow, ours, sizeof(ours));
	if (sip_addr_read(span_of(ours), &want))
		return 0;
	for (i = 0; i < n; i++)
		if (sip_uri_is_sip(&list[i].uri) &&
		    span_eq(list[i].uri.user, want.uri.user) &&
		    span_eqcase(list[i].uri.host, want.uri.host) &&
		    list[i].uri.port == want.uri.port)
			return b2b_request_expires(msg, &list[i], reg->interval);
	return n > 0 ? 0 : b2b_request_expires(msg, NULL, reg->interval);
}

static void granted(struct trunk_ask *ask, struct sip_msg *msg)
{
	struct trunk *trunk = ask->trunk;
	struct trunk_reg *reg = reg_of(ask);
	uint32_t seconds = granted_of(ask, msg);

	trunk_hop_works(trunk, ask->hop);
	if (!seconds) {
		reg->until = 0;
		fail(trunk, PAUSE_MIN, "the registrar's 200 has not our contact");
		return;
	}
	if (!reg->until || *reg->why)
		log_info("trunk %s: registered as %s at %s for %u s",
			 trunk->conf->name, trunk->conf->aor,
			 trunk->conf->next_hop[ask->hop], seconds);
	sip_flow_unref(reg->flow);
	reg->flow = sip_flow_ref(ask->flow);
	reg->until = trunk->b2b->timers->now + (uint64_t)seconds * 1000;
	reg->pause = PAUSE_MIN;
	reg->began = -1;
	*reg->why = '\0';
	/* half a minute before the end, or at half of a short time */
	timer_set(trunk->b2b->timers, &reg->timer,
		  seconds > 90 ? (uint64_t)(seconds - 30) * 1000 :
				 (uint64_t)seconds * 500 + 500);
}

/* RFC 3261 10.3: the registrar wants longer ones; false: that is what we have said */
static bool is_brief(struct trunk_reg *reg, const struct sip_msg *msg)
{
	uint32_t least;

	if (msg->status != 423 || reg->brief ||
	    sip_msg_seconds(msg, SIP_HDR_MIN_EXPIRES, &least) != 1 ||
	    least <= reg->interval || least > INTERVAL_MAX)
		return false;
	reg->brief = true;
	reg->interval = least;
	return true;
}

static void refused(struct trunk_ask *ask, unsigned int status)
{
	struct trunk *trunk = ask->trunk;
	char why[TRUNK_WHY];

	trunk_hop_works(trunk, ask->hop);
	reg_of(ask)->until = 0;
	if (status == 401 || status == 407)
		snprintf(why, sizeof(why), "%s", !trunk->conf->user ?
			 "the registrar asks for a password, and the trunk has no user" :
			 reg_of(ask)->tries ? "the registrar refuses user and password" :
			 "the registrar's challenge cannot be answered");
	else
		snprintf(why, sizeof(why), "the registrar has answered %u", status);
	fail(trunk, REFUSED, why);
}

static void done(struct trunk_ask *ask, unsigned int status, struct sip_msg *msg)
{
	struct trunk_reg *reg = reg_of(ask);

	if (msg && msg->status < 300) {
		granted(ask, msg);
		return;
	}
	if (msg && (b2b_account_challenged(&reg->account, ask->trunk->conf, msg,
					   &reg->tries) ||
		    is_brief(reg, msg))) {
		if (!trunk_ask_again(ask))
			fail(ask->trunk, PAUSE_MIN, "the REGISTER cannot be sent");
		return;
	}
	if (msg && status < 500) {
		refused(ask, status);
		return;
	}
	trunk_hop_fails(ask->trunk, ask->hop, status == 408 ?
			"does not answer REGISTER" :
			"is out of service or cannot be reached");
	if (try_other(ask->trunk))
		return;
	reg->until = 0;
	fail(ask->trunk, PAUSE_MIN, "no next hop answers");
}

/* ---------------------------------------------------------------------- begin, end */

static void on_timer(struct timer *timer, void *arg)
{
	struct trunk *trunk = arg;
	struct trunk_reg *reg = &trunk->reg;
	size_t order[CONFIG_HOPS_MAX];

	trunk_order(trunk, order);
	reg->tries = 0;
	reg->brief = false;
	reg->began = (int)order[0];
	if (!trunk_ask_begin(&reg->ask, order[0]))
		fail(trunk, PAUSE_MIN, "no memory");
}

void trunk_register_begin(struct trunk *trunk)
{
	static const struct trunk_ask_ops ops = { .write = write, .done = done };
	struct trunk_reg *reg = &trunk->reg;

	timer_init(&reg->timer, on_timer, trunk);
	reg->ask.trunk = trunk;
	reg->ask.ops = &ops;
	reg->interval = trunk->conf->interval;
	reg->pause = PAUSE_MIN;
	reg->began = -1;
	sip_random_tag(reg->call_id);
	sip_random_tag(reg->tag);
	if (trunk->conf->aor)
		on_timer(&reg->timer, trunk);
}

/* whoever is told so answers nobody any more */
static void unregister(struct trunk *trunk)
{
	static const struct sip_tx_client_ops nobody;
	struct trunk_reg *reg = &trunk->reg;
	struct sip_writer w = { 0 };

	reg->ending = true;
	write(&reg->ask, &w, reg->flow);
	if (!w.failed)
		sip_tx_forget(sip_tx_client_new(trunk->b2b->stack, reg->flow,
						(struct span){ w.p, w.n }, &nobody,
						NULL));
	sip_write_free(&w);
}

void trunk_register_end(struct trunk *trunk)
{
	struct trunk_reg *reg = &trunk->reg;

	timer_cancel(&reg->timer);
	trunk_ask_end(&reg->ask);
	if (reg->until > trunk->b2b->timers->now)
		unregister(trunk);
	sip_flow_unref(reg->flow);
	reg->flow = NULL;
}
