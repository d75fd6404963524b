// SPDX-License-Identifier: GPL-2.0
/* The server without its sockets. */
#include "base/kernelish.h"
#include "probe/server.h"
#include "probe/sip.h"

/**
 * struct client - who has shown a cookie
 * @used: this place is taken
 * @id: its name
 * @host: where it asks from
 * @other: another address that it was heard from; family 0: none
 * @last: when it was heard last, microseconds
 * @flow: packets of its flow
 * @replay: numbers that were there
 * @heard: a bit for each port from the first on at which it was heard
 * @sip: the INVITE and the REGISTER as they arrived
 * @sip_len: their bytes; 0: not yet
 */
struct client {
	bool used;
	uint8_t id[PROBE_ID_LEN];
	struct dp_addr host;
	struct dp_addr other;
	uint64_t last;
	uint32_t flow;
	struct probe_replay replay;
	uint8_t heard[PROBE_BITMAP];
	char sip[2][PROBE_SIP_MAX];
	size_t sip_len[2];
};

struct probe_server {
	struct probe_server_conf conf;
	uint64_t second;
	uint32_t hellos;
	struct client clients[PROBE_CLIENTS];
	uint8_t gone[PROBE_GONE][PROBE_ID_LEN];
	unsigned int n_gone;
};

struct probe_server *probe_server_new(const struct probe_server_conf *conf)
{
	struct probe_server *server = calloc(1, sizeof(*server));

	if (server)
		server->conf = *conf;
	return server;
}

void probe_server_free(struct probe_server *server)
{
	free(server);
}

static uint32_t seconds(uint64_t now)
{
	return (uint32_t)(now / USEC_PER_SEC);
}

/* its name is remembered, or what it said could be said again while its cookie is good */
static void forget(struct probe_server *server, struct client *c)
{
	c->used = false;
	memcpy(server->gone[server->n_gone++ % PROBE_GONE], c->id, PROBE_ID_LEN);
}

static bool is_gone(const struct probe_server *server,
		    const uint8_t id[PROBE_ID_LEN])
{
	size_t i;

	for (i = 0; i < PROBE_GONE && i < server->n_gone; i++)
		if (!memcmp(server->gone[i], id, PROBE_ID_LEN))
			return true;
	return false;
}

static void forget_idle(struct probe_server *server, uint64_t now)
{
	struct client *c;
	size_t i;

	for (i = 0; i < PROBE_CLIENTS; i++) {
		c = &server->clients[i];
		if (c->used && now - c->last > PROBE_IDLE)
			forget(server, c);
	}
}

static struct client *find(struct probe_server *server,
			   const uint8_t id[PROBE_ID_LEN])
{
	size_t i;

	for (i = 0; i < PROBE_CLIENTS; i++)
		if (server->clients[i].used &&
		    !memcmp(server->clients[i].id, id, PROBE_ID_LEN))
			return &server->clients[i];
	return NULL;
}

static struct client *place(struct probe_server *server)
{
	size_t i;

	for (i = 0; i < PROBE_CLIENTS; i++)
		if (!server->clients[i].used)
			return &server->clients[i];
	return NULL;
}

size_t probe_server_clients(const struct probe_server *server)
{
	size_t n = 0, i;

	for (i = 0; i < PROBE_CLIENTS; i++)
		n += server->clients[i].used;
	return n;
}

/* whose it is; it has shown its cookie where @proven */
static struct client *whose(struct probe_server *server,
			    const struct probe_arrival *in,
			    const uint8_t id[PROBE_ID_LEN],
			    const struct probe_pass *pass, bool *proven)
{
	struct client *c;

	forget_idle(server, in->now);
	*proven = probe_pass_fits(&server->conf.secret, &in->from, id,
				  seconds(in->now), pass);
	c = find(server, id);
	if (c || !*proven)
		return c;
	c = place(server);
	if (!c || is_gone(server, id))
		return NULL;
	memset(c, 0, sizeof(*c));
	c->used = true;
	memcpy(c->id, id, PROBE_ID_LEN);
	c->host = in->from;
	return c;
}

/* its cookie was made for where it asks from, so another source is its NAT's doing */
static bool from_elsewhere(struct probe_server *server, struct client *c,
			   const struct probe_msg *msg)
{
	return probe_pass_fits(&server->conf.secret, &c->host, msg->session,
			       msg->pass.time, &msg->pass);
}

static void hear(struct probe_server *server, struct client *c,
		 const struct probe_arrival *in, const struct probe_msg *msg)
{
	unsigned int n = in->at.port - server->conf.lo;

	if (!in->tcp && in->at.port >= server->conf.lo &&
	    in->at.port <= server->conf.hi)
		c->heard[n / 8] |= 1 << n % 8;
	if (msg->flags & PROBE_FLOW)
		c->flow++;
}

static size_t hello(struct probe_server *server, const struct probe_arrival *in,
		    struct probe_msg *answer, uint8_t *out)
{
	struct probe_offer offer = {
		.lo = server->conf.lo, .hi = server->conf.hi,
		.sip = server->conf.sip, .flags = server->conf.flags,
		.seen = in->from,
	};
	uint8_t body[PROBE_BODY];

	if (server->second != seconds(in->now)) {
		server->second = seconds(in->now);
		server->hellos = 0;
	}
	if (server->hellos++ >= PROBE_HELLOS)
		return 0;
	forget_idle(server, in->now);
	if (!place(server) && !find(server, answer->session))
		offer.flags |= PROBE_BUSY;
	if (!probe_pass_make(&server->conf.secret, &in->from, answer->session,
			     seconds(in->now), &answer->pass))
		return 0;
	answer->type = PROBE_COOKIE;
	answer->body = probe_offer_write(&offer, body);
	return probe_write(&server->conf.key, answer, out, PROBE_MIN);
}

static size_t echo(struct probe_server *server, struct client *c,
		   const struct probe_arrival *in, struct probe_msg *answer,
		   uint8_t *out)
{
	struct probe_echo echo = {
		.seen = in->from, .at = in->at, .tos = in->tos,
		.received = in->now, .flow = c->flow,
	};
	uint8_t body[PROBE_BODY];

	answer->type = PROBE_ECHO;
	answer->body = probe_echo_write(&echo, body);
	return probe_write(&server->conf.key, answer, out,
			   answer->flags & PROBE_FULL ? in->len : PROBE_MIN);
}

static struct span document(const struct probe_server *server,
			    const struct client *c, uint8_t doc, char *text)
{
	size_t bits = (server->conf.hi - server->conf.lo) / 8 + 1;

	switch (doc) {
	case PROBE_DOC_UDP_USED:
		return (struct span){ (const char *)server->conf.udp_used, bits };
	case PROBE_DOC_TCP_USED:
		return (struct span){ (const char *)server->conf.tcp_used, bits };
	case PROBE_DOC_HEARD:
		return (struct span){ (const char *)c->heard, bits };
	case PROBE_DOC_OTHER:
		if (!c->other.family)
			return SPAN("");
		return span_of(dp_addr_str(&c->other, text, DP_ADDR_STRLEN));
	case PROBE_DOC_INVITE:
	case PROBE_DOC_REGISTER:
		doc -= PROBE_DOC_INVITE;
		return (struct span){ c->sip[doc], c->sip_len[doc] };
	}
	return SPAN("");
}

static size_t tell(struct probe_server *server, struct client *c,
		   const struct probe_arrival *in, struct probe_msg *answer,
		   struct span ask, uint8_t *out)
{
	uint8_t body[PROBE_BODY];
	char text[DP_ADDR_STRLEN];
	struct probe_part part;
	struct span whole;

	if (!probe_part_read(ask, &part))
		return 0;
	whole = document(server, c, part.doc, text);
	part.total = (uint16_t)whole.n;
	part.data = span_skip(whole, part.offset);
	answer->type = PROBE_TOLD;
	answer->body = probe_part_write(&part, body);
	return probe_write(&server->conf.key, answer, out, in->len);
}

size_t probe_answer(struct probe_server *server, const struct probe_arrival *in,
		    uint8_t *out, uint8_t *tos)
{
	struct probe_msg msg, answer;
	struct client *c;
	bool proven;

	if (in->len < PROBE_MIN ||
	    !probe_read(&server->conf.key, in->data, in->len, &msg) ||
	    (msg.type != PROBE_HELLO && msg.type != PROBE_PROBE &&
	     msg.type != PROBE_ASK))
		return 0;
	answer = msg;
	answer.sent = in->now;
	*tos = msg.tos & ~3;	/* congestion is not ours to claim */
	if (msg.type == PROBE_HELLO)
		return in->tcp ? 0 : hello(server, in, &answer, out);
	c = whose(server, in, msg.session, &msg.pass, &proven);
	if (!c || (!proven && !from_elsewhere(server, c, &msg)) ||
	    !probe_replay_take(&c->replay, msg.seq))
		return 0;
	c->last = in->now;
	hear(server, c, in, &msg);
	if (!proven) {
		c->other = in->from;
		return 0;
	}
	if (msg.flags & PROBE_BYE)
		forget(server, c);
	if (msg.type == PROBE_PROBE)
		return echo(server, c, in, &answer, out);
	return tell(server, c, in, &answer, msg.body, out);
}

bool probe_hear_sip(struct probe_server *server, const struct probe_arrival *in)
{
	struct span text = { in->data, in->len };
	struct probe_sip_proof proof;
	struct client *c;
	bool proven;

	if (in->len > PROBE_SIP_MAX ||
	    !probe_sip_proof_read(&server->conf.key, text, &proof))
		return false;
	c = find(server, proof.session);
	if (!c)
		return false;
	c = whose(server, in, proof.session, &proof.pass, &proven);
	if (!c || !proven || !probe_replay_take(&c->replay, proof.seq))
		return false;
	c->last = in->now;
	memcpy(c->sip[proof.method], text.p, text.n);
	c->sip_len[proof.method] = text.n;
	return true;
}
