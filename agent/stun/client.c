// SPDX-License-Identifier: GPL-2.0
/* The address that a STUN server sees us by: RFC 8489 sections 6.2 and 6.3. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client.h"

/**
 * struct stun_client - one local address, one server
 * @timers: the clock
 * @timer: the next thing to do: a request, its end, or the next question
 * @conf: how it asks, each member filled
 * @server: whom
 * @ops: what it needs
 * @arg: for @ops
 * @state: what is known
 * @id: the request that is out
 * @tries: how often it was sent
 * @asked: when it was sent first
 * @failures: questions in a row that failed
 */
struct stun_client {
	struct timers *timers;
	struct timer timer;
	struct stun_client_conf conf;
	struct dp_addr server;
	const struct stun_client_ops *ops;
	void *arg;
	struct stun_client_state state;
	uint8_t id[STUN_ID_LEN];
	uint32_t tries;
	uint64_t asked;
	uint32_t failures;
};

static bool random_bytes(void *buf, size_t n)
{
	return RAND_bytes(buf, (int)n) == 1;
}

static uint32_t given(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

/* ms << n, but no more than max */
static uint64_t doubled(uint32_t ms, uint32_t n, uint64_t max)
{
	uint64_t time = ms;

	while (n-- && time < max)
		time *= 2;
	return time < max ? time : max;
}

/* the last thing that is done to a client: it may be gone then */
static void tell(struct stun_client *c)
{
	if (c->ops->changed)
		c->ops->changed(c->arg, &c->state);
}

static void fail(struct stun_client *c)
{
	c->state.asking = false;
	c->tries = 0;
	timer_set(c->timers, &c->timer,
		  doubled(c->conf.again, c->failures, c->conf.again_max));
	if (c->failures < UINT32_MAX)
		c->failures++;
	tell(c);
}

static void send_request(struct stun_client *c)
{
	uint8_t buf[64];
	struct stun_writer w;

	stun_begin(&w, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, c->id);
	stun_put_fingerprint(&w);
	c->state.sent++;
	c->tries++;
	/* RFC 8489 6.2.1: doubling, and the last one is waited for by another rule */
	timer_set(c->timers, &c->timer, c->tries < c->conf.tries ?
		  doubled(c->conf.rto, c->tries - 1, UINT32_MAX) :
		  (uint64_t)c->conf.rto * c->conf.last);
	c->ops->send(c->arg, &c->server, buf, stun_end(&w));
}

static void begin(struct stun_client *c)
{
	if (!c->conf.random(c->id, sizeof(c->id))) {
		snprintf(c->state.why, sizeof(c->state.why),
			 "there are no random numbers");
		fail(c);
		return;
	}
	c->state.asking = true;
	c->asked = c->timers->now;
	send_request(c);
}

static void fire(struct timer *timer, void *arg)
{
	struct stun_client *c = arg;
	char text[DP_ADDR_STRLEN];

	if (!c->state.asking) {
		begin(c);
	} else if (c->tries < c->conf.tries) {
		send_request(c);
	} else {
		snprintf(c->state.why, sizeof(c->state.why),
			 "STUN server %s did not answer %u requests",
			 dp_addr_str(&c->server, text, sizeof(text)), c->tries);
		fail(c);
	}
}

struct stun_client *stun_client_new(struct timers *timers,
				    const struct stun_client_conf *conf,
				    const struct dp_addr *server,
				    const struct stun_client_ops *ops,
				    void *arg)
{
	static const struct stun_client_conf none;
	struct stun_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->conf = conf ? *conf : none;
	c->conf.rto = given(c->conf.rto, 100);
	c->conf.tries = given(c->conf.tries, 7);
	c->conf.last = given(c->conf.last, 16);
	c->conf.again = given(c->conf.again, 5000);
	c->conf.again_max = given(c->conf.again_max, 300000);
	if (!c->conf.random)
		c->conf.random = random_bytes;
	c->timers = timers;
	c->server = *server;
	c->ops = ops;
	c->arg = arg;
	timer_init(&c->timer, fire, c);
	timer_set(timers, &c->timer, 0);
	return c;
}

void stun_client_free(struct stun_client *client)
{
	if (!client)
		return;
	timer_cancel(&client->timer);
	free(client);
}

void stun_client_ask(struct stun_client *c, bool forget)
{
	if (forget)
		memset(&c->state.mapped, 0, sizeof(c->state.mapped));
	c->state.asking = false;
	c->tries = 0;
	c->failures = 0;
	timer_set(c->timers, &c->timer, 0);
}

void stun_client_server(struct stun_client *c, const struct dp_addr *server)
{
	c->server = *server;
	stun_client_ask(c, false);
}

static bool is_usable(const struct dp_addr *a)
{
	if (!a->port)
		return false;
	if (a->family == AF_INET)
		return a->v4.s_addr != htonl(INADDR_ANY) &&
		       a->v4.s_addr != htonl(INADDR_BROADCAST) &&
		       !IN_MULTICAST(ntohl(a->v4.s_addr));
	return !IN6_IS_ADDR_UNSPECIFIED(&a->v6) &&
	       !IN6_IS_ADDR_MULTICAST(&a->v6);
}

/* what is wrong with an answer: true, with the sentence */
static bool refuses(struct stun_client *c, const struct stun_msg *m,
		    struct dp_addr *mapped)
{
	char text[DP_ADDR_STRLEN], safe[TEXT_SAFE_ROOM(24)];
	struct span reason;
	unsigned int code = stun_find_error(m, &reason);

	dp_addr_str(&c->server, text, sizeof(text));
	if (m->class == STUN_ERROR) {
		if (reason.n > 24)
			reason.n = 24;
		snprintf(c->state.why, sizeof(c->state.why),
			 "STUN server %s answered with error %u%s%s", text, code,
			 reason.n ? " " : "", text_safe(reason, safe, sizeof(safe)));
		return true;
	}
	if (m->n_unknown) {
		snprintf(c->state.why, sizeof(c->state.why),
			 "STUN server %s answered with attribute 0x%04x, which nobody here knows",
			 text, m->unknown[0]);
		return true;
	}
	/* MAPPED-ADDRESS alone is what servers of RFC 3489 have */
	if ((!stun_find_addr(m, STUN_XOR_MAPPED_ADDRESS, mapped) &&
	     !stun_find_addr(m, STUN_MAPPED_ADDRESS, mapped)) ||
	    mapped->family != c->server.family || !is_usable(mapped)) {
		snprintf(c->state.why, sizeof(c->state.why),
			 "STUN server %s answered without an address of ours",
			 text);
		return true;
	}
	return false;
}

static void take(struct stun_client *c, const struct dp_addr *mapped)
{
	bool changed = !dp_addr_eq(mapped, &c->state.mapped) || *c->state.why;

	c->state.mapped = *mapped;
	c->state.asking = false;
	c->state.why[0] = '\0';
	c->state.answered++;
	/* of a request that was repeated nobody knows which was answered */
	c->state.rtt = (uint32_t)(c->timers->now - c->asked);
	c->tries = 0;
	c->failures = 0;
	timer_cancel(&c->timer);
	if (c->conf.refresh)
		timer_set(c->timers, &c->timer, c->conf.refresh);
	if (changed)
		tell(c);
}

bool stun_client_receive(struct stun_client *c, const struct dp_addr *from,
			 const void *data, size_t len)
{
	struct dp_addr mapped;
	struct stun_msg m;

	if (!c->state.asking || !dp_addr_eq(from, &c->server) ||
	    !stun_parse(data, len, &m) || m.method != STUN_BINDING ||
	    (m.class != STUN_SUCCESS && m.class != STUN_ERROR) ||
	    memcmp(m.id, c->id, STUN_ID_LEN)) {
		c->state.ignored++;
		return false;
	}
	if (refuses(c, &m, &mapped))
		fail(c);
	else
		take(c, &mapped);
	return true;
}

const struct stun_client_state *
stun_client_state(const struct stun_client *client)
{
	return &client->state;
}
