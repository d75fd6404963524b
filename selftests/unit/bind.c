// SPDX-License-Identifier: GPL-2.0
/*
 * Bindings: a transport of the test's and a clock of its own. What is granted, moved,
 * refreshed, late, lost; how many there may be; and 50,000 of them.
 */
#include <malloc.h>

#include "bind/bind.h"
#include "sip_fake.h"
#include "ktap.h"

#define MANY	50000

/* what was told */
static struct {
	unsigned int ended[BIND_WHYS];
	char aor[64];
	uint64_t at;
	bool flow_was_there;
	unsigned int keepalives;
	uint32_t next;
	const struct sip_flow *asked;
	bool lose;
} told;

static struct bind_table *table;
static int registrar;

static void on_ended(void *arg, const struct bind *bind, enum bind_why why)
{
	told.ended[why]++;
	told.at = fake_timers.now;
	snprintf(told.aor, sizeof(told.aor), "%s", bind->aor);
	told.flow_was_there = bind->flow && fake_of(bind->flow)->refs > 0;
	if (bind_find(table, span_of(bind->token)))
		told.flow_was_there = false;
}

static uint32_t on_keepalive(void *arg, struct sip_flow *flow, const struct bind *bind)
{
	told.keepalives++;
	told.asked = flow;
	if (told.lose)
		bind_lost(table, flow);
	return told.next;
}

static const struct bind_ops ops = { .ended = on_ended, .keepalive = on_keepalive };

static void begin(void)
{
	memset(&told, 0, sizeof(told));
	timers_init(&fake_timers, 1000);
	table = bind_table_new(&fake_timers, &fake_ops, &ops, NULL);
}

static bool finish(const struct fake_flow *flow, size_t n)
{
	size_t i;

	bind_table_free(table);
	table = NULL;
	KTAP_CHECK(!fake_timers.count);
	for (i = 0; i < n; i++)
		if (!fake_is_clean(&flow[i]))
			return false;
	return true;
}

static const struct bind_counters *count(void)
{
	return bind_table_counters(table);
}

static const struct bind_limits unlimited;

/* alice's phone: 60 s for her, an hour at the registrar */
static struct bind_grant alice(struct fake_flow *flow)
{
	return (struct bind_grant){
		.key = { .aor = SPAN("alice@example.com"),
			 .contact = SPAN("sip:alice@10.0.0.5:5060") },
		.params = SPAN("q=0.5"),
		.call_id = SPAN("c1"),
		.cseq = 7,
		.flow = &flow->flow,
		.registrar = &registrar,
		.phone = 60,
		.granted = 3600,
	};
}

static void udp(struct fake_flow *flow, const char *remote)
{
	fake_flow_init(flow, SIP_PROTO_UDP, remote, NULL);
}

/* ---------------------------------------------------------------------------- tokens */

static bool differs(const struct bind_key *a, const struct bind_key *b)
{
	char x[BIND_TOKEN_LEN + 1], y[BIND_TOKEN_LEN + 1];

	bind_token(table, a, x);
	bind_token(table, b, y);
	return bind_is_token(span_of(x)) && bind_is_token(span_of(y)) && strcmp(x, y);
}

static bool test_tokens(void)
{
	const struct bind_key a = { SPAN("a@x"), SPAN("sip:a@10.0.0.1"), { 0 }, { 0 } };
	struct bind_key b = a, c = a;
	struct bind_table *first;
	char x[BIND_TOKEN_LEN + 1], y[BIND_TOKEN_LEN + 1];
	static char long_text[600];

	begin();
	KTAP_CHECK(!differs(&a, &b));
	b.aor = SPAN("b@x");
	KTAP_CHECK(differs(&a, &b));
	b = a;
	b.contact = SPAN("sip:a@10.0.0.2");
	KTAP_CHECK(differs(&a, &b));
	/* an instance without a reg-id is none */
	b = a;
	b.instance = SPAN("\"<urn:uuid:1>\"");
	KTAP_CHECK(!differs(&a, &b));
	b.reg_id = SPAN("1");
	KTAP_CHECK(differs(&a, &b));
	/* with both the contact may change, and each flow has a contact */
	c = b;
	c.contact = SPAN("sip:a@10.0.0.2");
	KTAP_CHECK(!differs(&b, &c));
	c.reg_id = SPAN("2");
	KTAP_CHECK(differs(&b, &c));
	/* where one text ends and the next begins matters */
	b = (struct bind_key){ SPAN("a@xs"), SPAN("ip:a"), { 0 }, { 0 } };
	c = (struct bind_key){ SPAN("a@x"), SPAN("sip:a"), { 0 }, { 0 } };
	KTAP_CHECK(differs(&b, &c));
	bind_alias(table, SPAN("c1@10.0.0.1"), x);
	bind_alias(table, SPAN("c1@10.0.0.2"), y);
	KTAP_CHECK(strcmp(x, y) && !bind_is_token(span_of(x)) && strlen(x) == BIND_TOKEN_LEN);
	bind_alias(table, SPAN("c1@10.0.0.1"), y);
	KTAP_CHECK(!strcmp(x, y));
	/* of another secret there are others, at once; and long ones, too */
	bind_token(table, &a, x);
	bind_table_set_secret(table, (const uint64_t[4]){ 1, 2, 3, 4 });
	bind_token(table, &a, y);
	KTAP_CHECK(strcmp(x, y));
	b = a;
	b.contact = (struct span){ long_text, sizeof(long_text) };
	bind_token(table, &b, y);
	bind_token(table, &b, x);
	KTAP_CHECK(!strcmp(x, y));
	b.contact.n--;
	bind_token(table, &b, y);
	KTAP_CHECK(strcmp(x, y));
	/* nobody who has a table of his own knows ours */
	bind_token(table, &a, x);
	first = table;
	table = bind_table_new(&fake_timers, &fake_ops, &ops, NULL);
	bind_token(table, &a, y);
	bind_table_free(first);
	KTAP_CHECK(strcmp(x, y));
	KTAP_CHECK(!bind_is_token(SPAN("bind")) && !bind_is_token(SPAN("")) &&
		   !bind_is_token(SPAN("bind0123456789012345678901x")) &&
		   !bind_is_token(SPAN("bond0123456789012345678901")) &&
		   !bind_is_token(SPAN("bind012345678901234567890;")));
	return finish(NULL, 0);
}

/* --------------------------------------------------------------------- one and its end */

static bool test_one(void)
{
	const struct bind *bind, *found;
	struct fake_flow flow;
	struct bind_grant g;

	begin();
	udp(&flow, "192.0.2.9:5060");
	g = alice(&flow);
	g.path = SPAN("<sip:p.example;lr>");
	g.service_route = SPAN("<sip:s.example;lr>");
	g.gruu = SPAN("pub-gruu=\"sip:alice@example.com;gr\"");
	g.agent = SPAN("phone/1");
	g.nat = true;
	KTAP_CHECK(!bind_next(table, g.key.aor, NULL));
	KTAP_CHECK(!bind_set(table, &g, &unlimited, &bind));
	KTAP_CHECK(!strcmp(bind->aor, "alice@example.com") &&
		   !strcmp(bind->contact, "sip:alice@10.0.0.5:5060") &&
		   !strcmp(bind->params, "q=0.5") && !strcmp(bind->call_id, "c1") &&
		   !strcmp(bind->path, "<sip:p.example;lr>") &&
		   !strcmp(bind->service_route, "<sip:s.example;lr>") &&
		   !strcmp(bind->gruu, "pub-gruu=\"sip:alice@example.com;gr\"") &&
		   !strcmp(bind->agent, "phone/1"));
	KTAP_CHECK(bind->flow == &flow.flow && bind->registrar == &registrar && bind->nat &&
		   !bind->outbound && bind->cseq == 7 && bind->phone_due == 61000 &&
		   bind->granted_due == 3601000 && bind->since == 1000);
	KTAP_CHECK(flow.refs == 2 && flow.holds == 1);
	found = bind_find(table, span_of(bind->token));
	KTAP_CHECK(found == bind);
	KTAP_CHECK(!bind_find(table, SPAN("bind0000000000000000000000")));
	KTAP_CHECK(bind_next(table, g.key.aor, NULL) == bind &&
		   !bind_next(table, g.key.aor, bind));
	/* granted again: the same one */
	g.cseq = 8;
	g.params = SPAN("");
	fake_pass(1000);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, &found) && found == bind);
	KTAP_CHECK(bind->cseq == 8 && !*bind->params && bind->relayed == 2 &&
		   bind->phone_due == 62000 && bind->granted_due == 3602000);
	KTAP_CHECK(count()->live == 1 && count()->begun == 1 && count()->flows == 1 &&
		   !count()->moved && flow.refs == 2 && flow.holds == 1);
	bind_remove(table, bind);
	KTAP_CHECK(told.ended[BIND_REMOVED] == 1 && told.flow_was_there &&
		   !strcmp(told.aor, "alice@example.com"));
	KTAP_CHECK(!count()->live && !count()->flows && count()->ended[BIND_REMOVED] == 1);
	KTAP_CHECK(!fake_timers.count && fake_is_clean(&flow));
	/* what is left is forgotten with the table, and nobody is told */
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	KTAP_CHECK(finish(&flow, 1));
	KTAP_CHECK(told.ended[BIND_REMOVED] == 1);
	return true;
}

/* ------------------------------------------------------------------------------ times */

static bool test_late(void)
{
	struct fake_flow flow;
	struct bind_grant g;

	begin();
	udp(&flow, "192.0.2.9:5060");
	g = alice(&flow);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass((60 + BIND_GRACE) * 1000 - 1);
	KTAP_CHECK(count()->live == 1);
	fake_pass(1);
	KTAP_CHECK(!count()->live && told.ended[BIND_LATE] == 1);
	/* the registrar's time is nearer, and there is no grace in it */
	g.granted = 70;
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass(69999);
	KTAP_CHECK(count()->live == 1);
	fake_pass(1);
	KTAP_CHECK(!count()->live && told.ended[BIND_EXPIRED] == 1);
	/* the longest that a registrar can say */
	g.granted = UINT32_MAX;
	g.phone = UINT32_MAX;
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass(UINT64_C(1000) * UINT32_MAX - 1);
	KTAP_CHECK(count()->live == 1);
	fake_pass(1);
	KTAP_CHECK(!count()->live && told.ended[BIND_EXPIRED] == 2);
	return finish(&flow, 1);
}

/* each differs in one thing from what was granted */
static bool test_refresh(void)
{
	struct fake_flow flow, other;
	struct bind_grant g, again;
	const struct bind *bind;
	unsigned int i;

	begin();
	udp(&flow, "192.0.2.9:5060");
	udp(&other, "192.0.2.9:5061");
	g = alice(&flow);
	KTAP_CHECK(!bind_refresh(table, &g));
	KTAP_CHECK(!bind_set(table, &g, &unlimited, &bind));
	for (i = 0; i < 8; i++) {
		again = g;
		again.cseq = 8;
		switch (i) {
		case 0:
			again.key.aor = SPAN("bob@example.com");
			break;
		case 1:
			again.key.contact = SPAN("sip:alice@10.0.0.5:5062");
			break;
		case 2:
			again.params = SPAN("q=0.6");
			break;
		case 3:
			again.call_id = SPAN("c2");
			break;
		case 4:
			again.cseq = 6;
			break;
		case 5:
			again.flow = &other.flow;
			break;
		case 6:
			again.path = SPAN("<sip:p.example;lr>");
			break;
		case 7:
			again.phone = 1801;	/* twice that is more than is left */
			break;
		}
		if (!bind_refresh(table, &again))
			continue;
		printf("# difference %u was not seen\n", i);
		return false;
	}
	KTAP_CHECK(!bind->refreshed && bind->cseq == 7 && bind->phone_due == 61000);
	/* by an instance, too, another contact is the registrar's business */
	fake_pass(50000);
	again = g;
	again.cseq = 9;
	KTAP_CHECK(bind_refresh(table, &again) == bind);
	KTAP_CHECK(bind->refreshed == 1 && bind->cseq == 9 && bind->phone_due == 111000 &&
		   bind->granted_due == 3601000 && bind->relayed == 1 &&
		   count()->refreshed == 1);
	/* a copy of it is answered likewise */
	KTAP_CHECK(bind_refresh(table, &again) == bind);
	/* it lives as long as it is refreshed, until the registrar has to be asked */
	for (i = 0; bind_refresh(table, &again); i++) {
		again.cseq++;
		fake_pass(60000);
	}
	KTAP_CHECK(i >= 43 && i <= 58 && count()->live == 1);
	/* nobody has: the phone's time is over before the registrar's is */
	fake_pass(bind->granted_due - fake_timers.now);
	KTAP_CHECK(!count()->live && told.ended[BIND_LATE] == 1);
	KTAP_CHECK(!bind_refresh(table, &again));
	return finish(&flow, 1) && fake_is_clean(&other);
}

static bool test_refresh_instance(void)
{
	struct fake_flow flow;
	struct bind_grant g;

	begin();
	udp(&flow, "192.0.2.9:5060");
	g = alice(&flow);
	g.key.instance = SPAN("\"<urn:uuid:1>\"");
	g.key.reg_id = SPAN("1");
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	KTAP_CHECK(bind_refresh(table, &g));
	g.key.contact = SPAN("sip:alice@10.0.0.6:5060");
	KTAP_CHECK(!bind_refresh(table, &g));
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	KTAP_CHECK(count()->live == 1 && bind_refresh(table, &g));
	return finish(&flow, 1);
}

/* ------------------------------------------------------------------------------ flows */

static struct bind_grant numbered(struct fake_flow *flow, unsigned int aor,
				  unsigned int contact)
{
	static char text[4][64];
	static unsigned int turn;
	struct bind_grant g = alice(flow);
	char *a = text[turn++ % 4], *c = text[turn++ % 4];

	snprintf(a, 64, "%u@example.com", aor);
	snprintf(c, 64, "sip:%u@10.0.0.1:5060", contact);
	g.key.aor = span_of(a);
	g.key.contact = span_of(c);
	return g;
}

static bool test_lost(void)
{
	struct fake_flow flow[2];
	const struct bind *bind;
	struct bind_grant g;
	unsigned int i;

	begin();
	fake_flow_init(&flow[0], SIP_PROTO_TCP, "192.0.2.9:40000", NULL);
	fake_flow_init(&flow[1], SIP_PROTO_TCP, "192.0.2.9:40001", NULL);
	for (i = 0; i < 10; i++) {
		g = numbered(&flow[i % 2], i, i);
		KTAP_CHECK(!bind_set(table, &g, &unlimited, &bind));
	}
	/* a flow is kept, held and watched once, however many stand on it */
	KTAP_CHECK(flow[0].refs == 2 && flow[0].holds == 1 && count()->flows == 2);
	fake_lose(&flow[0]);
	KTAP_CHECK(told.ended[BIND_LOST] == 5 && told.flow_was_there);
	KTAP_CHECK(count()->live == 5 && count()->flows == 1 && fake_is_clean(&flow[0]));
	KTAP_CHECK(bind_find(table, span_of(bind->token)) == bind);
	/* its answer comes after its connection has gone */
	g = numbered(&flow[0], 1, 1);
	KTAP_CHECK(bind_set(table, &g, &unlimited, NULL) == -ENOTCONN);
	KTAP_CHECK(count()->live == 5 && fake_is_clean(&flow[0]));
	bind_lost(table, &flow[0].flow);
	KTAP_CHECK(count()->live == 5);
	bind_lost(table, &flow[1].flow);
	KTAP_CHECK(!count()->live && told.ended[BIND_LOST] == 10);
	KTAP_CHECK(!fake_timers.count && fake_is_clean(&flow[1]));
	/* by UDP the same place may be heard of again */
	udp(&flow[0], "192.0.2.9:5060");
	g = numbered(&flow[0], 1, 1);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	bind_lost(table, &flow[0].flow);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL) && count()->live == 1);
	return finish(flow, 2);
}

static bool test_moved(void)
{
	const struct bind_limits limits = { .source = 2 };
	const struct bind *bind, *same;
	struct fake_flow flow[3];
	struct bind_grant g;

	begin();
	udp(&flow[0], "192.0.2.9:5060");
	udp(&flow[1], "192.0.2.9:1024");
	udp(&flow[2], "192.0.2.10:5060");
	g = alice(&flow[0]);
	KTAP_CHECK(!bind_set(table, &g, &limits, &bind));
	/* its NAT has given it another port */
	g.flow = &flow[1].flow;
	KTAP_CHECK(!bind_refresh(table, &g));
	KTAP_CHECK(!bind_set(table, &g, &limits, &same) && same == bind &&
		   bind->flow == &flow[1].flow);
	KTAP_CHECK(count()->moved == 1 && count()->flows == 1 && fake_is_clean(&flow[0]) &&
		   flow[1].refs == 2);
	KTAP_CHECK(bind_is_on(table, &flow[1].flow) && !bind_is_on(table, &flow[0].flow));
	/* what it has left is nobody's business any more */
	bind_lost(table, &flow[0].flow);
	KTAP_CHECK(count()->live == 1 && bind_refresh(table, &g));
	/* to a source that has as much as it may: it stays where it is */
	g = numbered(&flow[2], 1, 1);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	g = numbered(&flow[2], 2, 2);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	g = alice(&flow[2]);
	KTAP_CHECK(bind_room(table, &g.key, g.flow, &limits) == BIND_FULL_SOURCE);
	KTAP_CHECK(bind_set(table, &g, &limits, NULL) == -ENOSPC);
	KTAP_CHECK(bind->flow == &flow[1].flow && count()->full == 1);
	/* and goes when there is room, which it leaves behind */
	bind_remove(table, bind_next(table, SPAN("2@example.com"), NULL));
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL) && bind->flow == &flow[2].flow);
	g = numbered(&flow[1], 3, 3);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	g = numbered(&flow[1], 4, 4);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	return finish(flow, 3);
}

/* ----------------------------------------------------------------------------- limits */

static bool test_limits(void)
{
	struct bind_limits limits = { .aor = 3 };
	const struct bind *bind;
	struct fake_flow flow[5];
	struct bind_grant g;
	unsigned int i, n = 0;

	begin();
	udp(&flow[0], "192.0.2.9:5060");
	udp(&flow[1], "[2001:db8::1]:5060");
	udp(&flow[2], "[2001:db8::2]:5060");	/* of the same /64 */
	udp(&flow[3], "[2001:db8:0:1::2]:5060");
	udp(&flow[4], "192.0.2.9:5062");
	for (i = 0; i < 4; i++) {
		g = numbered(&flow[0], 1, i);
		KTAP_CHECK(bind_room(table, &g.key, g.flow, &limits) ==
			   (i < 3 ? BIND_ROOM : BIND_FULL_AOR));
		KTAP_CHECK(bind_set(table, &g, &limits, NULL) == (i < 3 ? 0 : -ENOSPC));
	}
	for (bind = NULL; (bind = bind_next(table, SPAN("1@example.com"), bind)); )
		n++;
	KTAP_CHECK(n == 3);
	/* who is there stays there, and others have as many */
	g = numbered(&flow[0], 1, 2);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	g = numbered(&flow[0], 2, 2);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	limits = (struct bind_limits){ .source = 4 };
	g = numbered(&flow[4], 3, 3);
	KTAP_CHECK(bind_set(table, &g, &limits, NULL) == -ENOSPC);
	for (i = 0; i < 5; i++) {
		g = numbered(&flow[1 + i % 2], 10 + i, i);
		KTAP_CHECK(bind_set(table, &g, &limits, NULL) == (i < 4 ? 0 : -ENOSPC));
	}
	g = numbered(&flow[3], 20, 1);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	limits = (struct bind_limits){ .all = 9 };
	g = numbered(&flow[3], 21, 1);
	KTAP_CHECK(bind_room(table, &g.key, g.flow, &limits) == BIND_FULL);
	KTAP_CHECK(bind_set(table, &g, &limits, NULL) == -ENOSPC && count()->live == 9);
	/* one goes, and there is room: in all, of its source, of its address of record */
	bind_remove(table, bind_next(table, SPAN("1@example.com"), NULL));
	limits = (struct bind_limits){ .all = 9, .source = 4, .aor = 3 };
	g = numbered(&flow[4], 1, 9);
	KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	KTAP_CHECK(count()->full == 4);
	return finish(flow, 5);
}

/* -------------------------------------------------------------------------- keepalive */

static bool test_keepalive(void)
{
	struct fake_flow flow[2];
	struct bind_grant g;

	begin();
	udp(&flow[0], "192.0.2.9:5060");
	udp(&flow[1], "192.0.2.10:5060");
	told.next = 20000;
	g = numbered(&flow[0], 1, 1);
	g.keepalive = 20000;
	g.phone = 3600;
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	g.key.aor = SPAN("2@example.com");
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass(14999);
	KTAP_CHECK(!told.keepalives);
	fake_pass(5001);
	KTAP_CHECK(told.keepalives == 1 && told.asked == &flow[0].flow);
	fake_pass(200000);
	KTAP_CHECK(told.keepalives == 11);
	/* a phone that is granted more often than that does not put it off */
	fake_pass(14999);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass(5001);
	KTAP_CHECK(told.keepalives == 12);
	told.keepalives = 11;
	/* each flow has its own */
	g.flow = &flow[1].flow;
	g.key.aor = SPAN("3@example.com");
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	fake_pass(20000);
	KTAP_CHECK(told.keepalives == 13);
	/* no more, until it is granted again */
	told.next = 0;
	fake_pass(100000);
	KTAP_CHECK(told.keepalives == 15);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	/* nobody answers there */
	told.lose = true;
	told.next = 20000;
	fake_pass(20000);
	KTAP_CHECK(told.keepalives == 16 && told.ended[BIND_LOST] == 1 &&
		   count()->live == 2 && fake_is_clean(&flow[1]));
	/* a flow that nobody stands on is not asked */
	g.flow = &flow[0].flow;
	g.key.aor = SPAN("1@example.com");
	KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	bind_remove(table, bind_next(table, SPAN("1@example.com"), NULL));
	bind_remove(table, bind_next(table, SPAN("2@example.com"), NULL));
	fake_pass(100000);
	KTAP_CHECK(told.keepalives == 16 && !fake_timers.count);
	return finish(flow, 2);
}

/* -------------------------------------------------------------------------- very many */

/* each phone has a flow; twenty of them are behind one NAT */
static struct fake_flow *make_flows(void)
{
	struct fake_flow *flow = calloc(MANY, sizeof(*flow));
	char remote[32];
	unsigned int i, nat;

	for (i = 0; i < MANY; i++) {
		nat = i / 20;
		snprintf(remote, sizeof(remote), "10.%u.%u.1:%u", nat >> 8, nat & 255,
			 1024 + i % 20);
		udp(&flow[i], remote);
	}
	return flow;
}

static bool find_all(void)
{
	const struct bind *bind;
	char aor[32];
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		snprintf(aor, sizeof(aor), "%u@example.com", i);
		bind = bind_next(table, span_of(aor), NULL);
		if (!bind || strcmp(bind->aor, aor) || bind_next(table, span_of(aor), bind) ||
		    bind_find(table, span_of(bind->token)) != bind)
			return false;
	}
	return true;
}

struct walk {
	unsigned int n;
	uint64_t since;
	bool ordered;
};

static void look(const struct bind *bind, void *arg)
{
	struct walk *walk = arg;

	walk->ordered = walk->ordered && bind->since >= walk->since;
	walk->since = bind->since;
	walk->n++;
}

/* of 64 phones that came together no half has the registrar asked in one minute */
static bool test_spread(void)
{
	struct fake_flow flow[64];
	char text[32];
	unsigned int i, minute, asked, all = 0;
	bool done[64] = { false };
	struct bind_grant g;

	begin();
	for (i = 0; i < 64; i++) {
		snprintf(text, sizeof(text), "192.0.2.9:%u", 5060 + i);
		udp(&flow[i], text);
		g = numbered(&flow[i], i, i);
		g.phone = 60;
		g.granted = 3600;
		KTAP_CHECK(!bind_set(table, &g, &unlimited, NULL));
	}
	for (minute = 1; minute < 60; minute++) {
		fake_pass(60000);
		for (i = 0, asked = 0; i < 64; i++) {
			g = numbered(&flow[i], i, i);
			g.phone = 60;
			if (done[i] || bind_refresh(table, &g))
				continue;
			done[i] = true;
			asked++;
		}
		KTAP_CHECK(asked < 32 && (!asked || minute >= 42));
		all += asked;
	}
	KTAP_CHECK(all == 64);
	fake_pass(3600 * 1000);
	KTAP_CHECK(!count()->live);
	return finish(flow, 64);
}

static bool test_many(void)
{
	const struct bind_limits limits = { .all = MANY, .source = 20, .aor = 1 };
	struct fake_flow *flow = make_flows();
	struct walk walk = { .ordered = true };
	struct bind_grant g;
	size_t before, each;
	unsigned int i;

	begin();
	told.next = 25000;
	before = mallinfo2().uordblks;
	for (i = 0; i < MANY; i++) {
		g = numbered(&flow[i], i, i);
		g.keepalive = 25000;
		KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
		if (i % 1000 == 999)
			fake_pass(100);		/* within five seconds */
	}
	each = (mallinfo2().uordblks - before) / MANY;
	printf("# %zu bytes a binding, without the transport's\n", each);
	KTAP_CHECK(count()->live == MANY && count()->flows == MANY);
	KTAP_CHECK(find_all());
	bind_each(table, look, &walk);
	KTAP_CHECK(walk.n == MANY && walk.ordered);
	g = numbered(&flow[0], MANY, 0);
	KTAP_CHECK(bind_set(table, &g, &limits, NULL) == -ENOSPC);
	/* after fifty seconds two thirds are back */
	fake_pass(50000);
	KTAP_CHECK(told.keepalives >= MANY && told.keepalives <= 3 * MANY);
	for (i = 0; i < MANY; i++) {
		g = numbered(&flow[i], i, i);
		g.cseq = 8;
		if (i % 3)
			KTAP_CHECK(bind_refresh(table, &g));
	}
	fake_pass((10 + BIND_GRACE) * 1000);
	KTAP_CHECK(told.ended[BIND_LATE] == (MANY + 2) / 3 &&
		   count()->live == MANY - (MANY + 2) / 3);
	/* their flows end one by one */
	for (i = 0; i < MANY; i += 2)
		fake_lose(&flow[i]);
	KTAP_CHECK(told.ended[BIND_LOST] == count()->ended[BIND_LOST] &&
		   count()->live == MANY / 2 - MANY / 6);
	fake_pass(3600 * 1000);
	KTAP_CHECK(!count()->live && !count()->flows && !fake_timers.count);
	KTAP_CHECK(told.ended[BIND_LATE] + told.ended[BIND_LOST] == MANY);
	/* and all come back */
	for (i = 0; i < MANY; i++) {
		flow[i].error = 0;
		g = numbered(&flow[i], i, i);
		KTAP_CHECK(!bind_set(table, &g, &limits, NULL));
	}
	KTAP_CHECK(count()->live == MANY && find_all());
	KTAP_CHECK(finish(flow, MANY));
	free(flow);
	return true;
}

/* ------------------------------------------------------------------ a former table's */

static struct bind_saved saved_of(const struct bind *bind, struct sip_flow *flow)
{
	return (struct bind_saved){
		.grant = {
			.key = { .aor = span_of(bind->aor),
				 .contact = span_of(bind->contact) },
			.params = span_of(bind->params),
			.call_id = span_of(bind->call_id),
			.path = span_of(bind->path),
			.service_route = span_of(bind->service_route),
			.gruu = span_of(bind->gruu),
			.agent = span_of(bind->agent),
			.cseq = bind->cseq,
			.flow = flow,
			.registrar = bind->registrar,
			.phone = bind->phone,
		},
		.token = span_of(bind->token),
		.proto = bind->proto,
		.source = bind->source,
		.since = 500,
		.phone_due = 31000,
		.granted_due = 3601000,
		.relayed = 3,
		.refreshed = 4,
	};
}

static unsigned int changes;

static void on_changed(void *arg, const struct bind *bind)
{
	changes++;
}

/* the table of before, with alice's binding in it, and a new one that makes its names */
static struct bind_table *table_before(struct fake_flow *flow, const struct bind **bind)
{
	static const struct bind_ops all = { on_ended, on_keepalive, on_changed };
	struct bind_table *before;
	struct bind_grant g;

	begin();
	udp(flow, "192.0.2.9:5060");
	g = alice(flow);
	if (bind_set(table, &g, &unlimited, bind))
		return NULL;
	before = table;
	changes = 0;
	table = bind_table_new(&fake_timers, &fake_ops, &all, NULL);
	bind_table_set_secret(table, bind_table_secret(before));
	return before;
}

static bool test_load(void)
{
	const struct bind *bind, *found;
	struct bind_table *before;
	struct bind_saved saved;
	struct fake_flow flow;
	struct bind_grant g;

	before = table_before(&flow, &bind);
	KTAP_CHECK(before);
	saved = saved_of(bind, &flow.flow);
	KTAP_CHECK(!bind_load(table, &saved, &unlimited));
	KTAP_CHECK(bind_load(table, &saved, &unlimited) == -EEXIST);
	found = bind_find(table, span_of(bind->token));
	KTAP_CHECK(found && found->flow == &flow.flow && found->proto == SIP_PROTO_UDP &&
		   dp_addr_eq(&found->source, &flow.flow.remote) &&
		   !strcmp(found->aor, bind->aor) && !strcmp(found->contact, bind->contact) &&
		   !strcmp(found->call_id, "c1") && found->cseq == 7 &&
		   found->registrar == &registrar && found->since == 500 &&
		   found->phone_due == 31000 && found->granted_due == 3601000 &&
		   found->relayed == 3 && found->refreshed == 4 && found->phone == 60);
	KTAP_CHECK(bind_next(table, span_of(bind->aor), NULL) == found);
	KTAP_CHECK(!count()->away && count()->live == 1 && count()->flows == 1);
	/* its names are those of before: it refreshes, and is the same when it is granted */
	bind_table_free(before);
	g = alice(&flow);
	KTAP_CHECK(!changes && bind_refresh(table, &g) == found && changes == 1);
	KTAP_CHECK(!bind_set(table, &g, &unlimited, &bind) && bind == found && changes == 2);
	/* late as if it had always been here */
	fake_pass((60 + BIND_GRACE) * 1000);
	KTAP_CHECK(!count()->live && told.ended[BIND_LATE] == 1);
	return finish(&flow, 1);
}

static bool test_away(void)
{
	struct bind_limits limits = { .all = 1, .source = 1, .aor = 1 };
	const struct bind *bind, *found;
	struct fake_flow flow, tcp;
	struct bind_table *before;
	struct bind_saved saved;
	struct bind_grant g;

	before = table_before(&flow, &bind);
	KTAP_CHECK(before);
	saved = saved_of(bind, NULL);
	saved.proto = SIP_PROTO_TCP;
	KTAP_CHECK(!bind_load(table, &saved, &limits));
	saved.token = SPAN("bind0000000000000000000000");
	KTAP_CHECK(bind_load(table, &saved, &limits) == -ENOSPC);
	saved.token = SPAN("name0000000000000000000000");
	KTAP_CHECK(bind_load(table, &saved, &unlimited) == -EINVAL);
	found = bind_find(table, span_of(bind->token));
	KTAP_CHECK(found && !found->flow && found->proto == SIP_PROTO_TCP &&
		   dp_addr_eq(&found->source, &flow.flow.remote));
	bind_table_free(before);
	KTAP_CHECK(count()->live == 1 && count()->away == 1 && !count()->flows);
	fake_flow_init(&tcp, SIP_PROTO_TCP, "192.0.2.9:40000", NULL);
	g = alice(&tcp);
	/* nobody is there to be refreshed; the registrar is asked, and it is here again */
	KTAP_CHECK(!bind_refresh(table, &g) && !bind_is_on(table, &tcp.flow));
	KTAP_CHECK(bind_room(table, &g.key, &tcp.flow, &limits) == BIND_ROOM);
	KTAP_CHECK(!bind_set(table, &g, &limits, &bind) && bind == found && changes == 1);
	KTAP_CHECK(bind->flow == &tcp.flow && !count()->away && count()->flows == 1 &&
		   count()->live == 1 && bind->source.port == 40000);
	bind_lost(table, &tcp.flow);
	KTAP_CHECK(!count()->live && told.ended[BIND_LOST] == 1);
	KTAP_CHECK(finish(&tcp, 1));
	/* one that does not come back */
	before = table_before(&flow, &bind);
	saved = saved_of(bind, NULL);
	KTAP_CHECK(!bind_load(table, &saved, &unlimited));
	bind_table_free(before);
	fake_pass(31000 + BIND_GRACE * 1000 - fake_timers.now - 1);
	KTAP_CHECK(count()->away == 1);
	fake_pass(1);
	KTAP_CHECK(!count()->live && !count()->away && told.ended[BIND_LATE] == 1);
	return finish(&flow, 1);
}

static const struct ktap_point points[] = {
	{ "a binding of a former table goes on under its name", test_load },
	{ "one without a flow is away until it is back", test_away },
	{ "a token is its binding's, and nobody else's", test_tokens },
	{ "a binding is made, granted again, removed", test_one },
	{ "the phone is late, and the registrar's time is over", test_late },
	{ "a refresh is answered here only if nothing is different", test_refresh },
	{ "the registrar is not asked for all at once", test_spread },
	{ "an instance keeps its binding when its contact changes", test_refresh_instance },
	{ "a lost flow takes what stands on it with it, and nothing else", test_lost },
	{ "a binding goes to another flow, if that has room", test_moved },
	{ "there are as many as there may be, by address, source and in all", test_limits },
	{ "each flow is kept alive once, and lost if nobody answers", test_keepalive },
	{ "50,000 bindings are found, refreshed, late, lost and back", test_many },
};

int main(void)
{
	return KTAP_RUN(points);
}
