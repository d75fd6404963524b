// SPDX-License-Identifier: GPL-2.0
/*
 * A realm with several addresses: ICE offers all of them for a line, and media goes by that
 * which the party gets through to. The parties are agents (ice/) on sockets; the datapath is a
 * table of legs.
 *
 *   phone 127.0.0.11 -X- 127.0.0.1 session 127.0.0.2 --- callee
 *         ::1        ---       ::1
 */
#include "session_ice_lib.h"

/* it says that it is at 127.0.0.11, where nobody is, and at ::1, where it is */
static const char *says_both(const struct phone *p, const char *c)
{
	static char buf[4][2048];
	static unsigned int i;
	bool v6 = strstr(c, "IP6");
	char *to = buf[i++ % 4];
	int n;

	n = snprintf(to, sizeof(buf[0]),
		     "v=0\r\no=x 1 1 IN IP4 127.0.0.11\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n"
		     "m=audio %u RTP/AVP 0\r\na=rtcp:%u\r\n"
		     "a=candidate:2 1 udp 2130706175 127.0.0.11 9 typ host\r\n"
		     "a=candidate:2 2 udp 2130706174 127.0.0.11 10 typ host\r\n", c,
		     v6 ? p->addr[0].port : 9, v6 ? p->addr[1].port : 10);
	put_ice(to + n, sizeof(buf[0]) - (size_t)n, p->ice, &p->addr[0], &p->addr[1]);
	return to;
}

#define C4	"IP4 127.0.0.11"
#define C6	"IP6 ::1"

static bool call(const struct phone *p)
{
	return !offer(caller, says_both(p, C4)) && !answer(callee, sdp_of(B4, PCMU));
}

/**
 * struct said - a candidate in a description
 * @component: its component
 * @priority: its priority
 * @host: its address
 * @port: its port
 */
struct said {
	unsigned int component;
	unsigned int priority;
	char host[64];
	int port;
};

/* the next candidate of that address from @p on; NULL: there is none */
static const char *next_of(const char *p, const char *host, struct said *c)
{
	while ((p = strstr(p, "a=candidate:"))) {
		p++;
		if (sscanf(p, "=candidate:%*s %u udp %u %63s %d", &c->component, &c->priority,
			   c->host, &c->port) == 4 && !strcmp(c->host, host))
			return p;
	}
	return NULL;
}

static unsigned int candidates(const char *host)
{
	const char *p = text;
	unsigned int n = 0;
	struct said c;

	while ((p = next_of(p, host, &c)))
		n++;
	return n;
}

/* that of a component, as the text has it; port -1: there is none */
static struct said candidate(const char *host, unsigned int component)
{
	const char *p = text;
	struct said c;

	while ((p = next_of(p, host, &c)))
		if (c.component == component)
			return c;
	return (struct said){ .port = -1 };
}

static int port_of(const char *host, unsigned int component)
{
	return candidate(host, component).port;
}

static uint32_t priority_of(const char *host, unsigned int component)
{
	return candidate(host, component).priority;
}

static bool is_moved(const struct phone *p, int rtp)
{
	const struct fake_leg *leg = leg_of("::1", rtp), *rtcp = leg_of("::1", rtp + 1);

	return leg && rtcp && dp_addr_eq(&leg->proven, &p->seen[0]) &&
	       dp_addr_eq(&rtcp->proven, &p->seen[1]);
}

/* all that waits for some seconds, so that all is settled */
static void seconds(unsigned int n)
{
	for (n *= 10; n; n--) {
		passed += 100;
		turn();
	}
}

static bool all(void)
{
	struct phone *p;

	start(SESSION_ICE_FULL, SESSION_ICE_FULL);
	p = phone("::1", true);
	KTAP_CHECK(!offer(caller, says_both(p, C4)));
	/* of who is to answer there is one address */
	KTAP_CHECK(candidates("127.0.0.2") == 2 && candidates("127.0.0.1") == 0);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(candidates("127.0.0.1") == 2 && candidates("::1") == 2);
	KTAP_CHECK(has("c=IN IP4 127.0.0.1\r\n") && port_of("127.0.0.1", 1) == port_at(0));
	KTAP_CHECK(port_of("::1", 1) > 0 && port_of("::1", 2) == port_of("::1", 1) + 1);
	/* the line's own is preferred, and no two are alike */
	KTAP_CHECK(priority_of("127.0.0.1", 1) > priority_of("::1", 1) &&
		   priority_of("127.0.0.1", 2) > priority_of("::1", 2) &&
		   priority_of("::1", 1) > priority_of("127.0.0.1", 2) - 512);
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(1) == 1 && pairs_used(2) == 1);
	/* what is lite has them, too */
	KTAP_CHECK(done());
	start(SESSION_ICE_LITE, SESSION_ICE_OFF);
	p = phone("::1", true);
	KTAP_CHECK(call(p) && candidates("127.0.0.1") == 2 && candidates("::1") == 2);
	return done();
}

/* @ice: ours. It has a leg where it is not, which goes where it is with its first check */
static bool gets_through(enum session_ice ice)
{
	struct fake_leg *leg;
	struct phone *p;
	int v4, v6;

	start(ice, SESSION_ICE_OFF);
	p = phone("::1", true);
	KTAP_CHECK(call(p));
	v4 = port_at(0);
	v6 = port_of("::1", 1);
	leg = leg_of("127.0.0.1", v4);
	KTAP_CHECK(leg && leg_of("127.0.0.1", v4 + 1) && !leg_of("::1", v6));
	leg->seen.rx_packets = 7;
	KTAP_CHECK(hears(p, text, NULL));
	kernel.news = kernel.dels = 0;
	AWAIT(is_moved(p, v6));
	/* in one message with whoever stays, and it goes on from there */
	KTAP_CHECK(!leg_of("127.0.0.1", v4) && !leg_of("127.0.0.1", v4 + 1) && kernel.n == 4);
	KTAP_CHECK(!kernel.news && !kernel.dels && !kernel.wrong);
	KTAP_CHECK(leg_of("::1", v6)->seen.rx_packets == 7);
	KTAP_CHECK(leg_of("::1", v6)->peer.family == AF_INET);
	KTAP_CHECK(dp_addr_eq(&leg_of("::1", v6 + 1)->conf.tie, &leg_of("::1", v6)->conf.local));
	AWAIT(p->path == 6);
	/* what is not needed goes back, and rests where a bridge has stood */
	seconds(4);
	KTAP_CHECK(pairs_used(0) == 0 && pairs_resting(0) == 1 && pairs_used(1) == 1);
	/* from then on it is said where the line is, whatever the party's c= says */
	KTAP_CHECK(!offer(caller, says_both(p, C4)) && !answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("c=IN IP6 ::1\r\n") && port_at(0) == v6);
	KTAP_CHECK(candidates("127.0.0.1") == 0 && candidates("::1") == 2);
	KTAP_CHECK(!offer(caller, says_both(p, C6)) && !answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(port_at(0) == v6 && is_moved(p, v6) && kernel.n == 4 && !kernel.wrong);
	return done();
}

static bool moves(void)
{
	return gets_through(SESSION_ICE_FULL) && gets_through(SESSION_ICE_LITE);
}

/* nobody has answered yet: there is no bridge to move */
static bool before_answer(void)
{
	struct phone *p;
	int v6;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("::1", true);
	KTAP_CHECK(!offer(caller, says_both(p, C4)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	v6 = port_of("::1", 1);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(is_moved(p, v6) && p->path == 6);
	/* others may still answer */
	seconds(8);
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(1) == 1);
	/* it comes to nothing */
	session_rollback(branch);
	KTAP_CHECK(!kernel.n && !pairs_used(0) && !pairs_used(1));
	/* anew; there is an answer this time */
	KTAP_CHECK(call(p) && kernel.n == 4);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* the party answers, by an address of the other family than that which it was offered */
static bool answered(void)
{
	struct phone *p;
	char what[2048], *c;

	start(SESSION_ICE_OFF, SESSION_ICE_FULL);
	session_policy_put(core_policy);
	core_policy = session_policy_get(access_policy);
	core_policy->ice = SESSION_ICE_FULL;
	session_end(session);
	begin_session();
	p = phone("::1", false);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(candidates("127.0.0.1") == 2 && candidates("::1") == 2);
	KTAP_CHECK(hears(p, text, NULL));
	KTAP_CHECK(!answer(callee, says_both(p, C6)));
	AWAIT(kernel.n == 4 && leg_to(&kernel, A4 ":7000"));
	AWAIT(p->path == 6);
	KTAP_CHECK(!kernel.wrong);
	/* without ICE it is not to be had */
	session_end(session);
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(answer(callee, sdp_of("::1", PCMU)) && err.code == EPROTO);
	snprintf(what, sizeof(what), "%s", says_both(p, C4));
	c = strstr(what, "a=candidate");
	*c = '\0';
	/* nor is what is further held for it */
	KTAP_CHECK(!answer(callee, what) && kernel.n == 4);
	seconds(4);
	KTAP_CHECK(pairs_used(0) + pairs_used(1) == 2);
	return done();
}

/* another way is looked for, by all addresses, and what was stays until it is found */
static bool restart(void)
{
	struct phone *p;
	int v4, v6;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("::1", true);
	KTAP_CHECK(call(p) && hears(p, text, NULL));
	v6 = port_of("::1", 1);
	AWAIT(is_moved(p, v6) && p->path == 6);
	seconds(4);
	KTAP_CHECK(pairs_used(0) == 0 && pairs_used(1) == 1);
	equip(p, true);
	KTAP_CHECK(!offer(caller, says_both(p, C6)));
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(1) == 1);
	/* it is refused: all is as it was, and what was taken for it goes back */
	session_rollback(branch);
	AWAIT((seconds(1), pairs_used(0) == 0));
	KTAP_CHECK(is_moved(p, v6));
	KTAP_CHECK(!offer(caller, says_both(p, C6)) && !answer(callee, sdp_of(B4, PCMU)));
	v4 = port_of("127.0.0.1", 1);
	KTAP_CHECK(v4 > 0 && port_at(0) == v6 && is_moved(p, v6));
	KTAP_CHECK(priority_of("::1", 1) > priority_of("127.0.0.1", 1));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6 && is_moved(p, v6));
	AWAIT((seconds(1), pairs_used(0) == 0));
	KTAP_CHECK(!kernel.wrong && kernel.n == 4);
	return done();
}

/* the datapath says no: media stays, and is heard */
static bool refused(void)
{
	struct phone *p;
	int v4, v6;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	kernel.no_srtp = false;
	access_policy->srtp = SESSION_SRTP_ALLOW;
	p = phone("::1", true);
	KTAP_CHECK(call(p));
	v4 = port_at(0);
	v6 = port_of("::1", 1);
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(kernel.calls >= kernel.refuse);
	KTAP_CHECK(leg_of("127.0.0.1", v4) && !leg_of("::1", v6) && kernel.n == 4);
	KTAP_CHECK(!leg_of("127.0.0.1", v4)->conf.mute && !kernel.wrong);
	/* whatever is changed next takes it there */
	KTAP_CHECK(call(p));
	AWAIT(is_moved(p, v6));
	seconds(4);
	KTAP_CHECK(pairs_used(0) == 0 && pairs_used(1) == 1);
	return done();
}

#define KEYED	"m=audio 9 RTP/SAVP 0\r\n" \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n"

/* a key goes on where it stands: nothing leaves by the old leg after that was read */
static bool keyed(bool refuse)
{
	const struct dp_source source = { .ssrc = 1, .has_index = true, .index = 65536 + 3 };
	struct dp_srtp tx;
	struct fake_leg *leg;
	struct phone *p;
	char what[4096], *m;
	int v4, v6;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	kernel.no_srtp = false;
	access_policy->srtp = SESSION_SRTP_ALLOW;
	p = phone("::1", true);
	snprintf(what, sizeof(what), "%s", says_both(p, C4));
	m = strstr(what, "m=audio");
	memmove(m + sizeof(KEYED) - 1, strstr(m, "a=rtcp"), strlen(strstr(m, "a=rtcp")) + 1);
	memcpy(m, KEYED, sizeof(KEYED) - 1);
	KTAP_CHECK(!offer(caller, what) && !answer(callee, sdp_of(B4, PCMU)));
	v4 = port_at(0);
	v6 = port_of("::1", 1);
	leg = leg_of("127.0.0.1", v4);
	KTAP_CHECK(leg && leg->conf.srtp_tx.suite);
	leg->seen.saved.n_tx = 1;
	leg->seen.saved.tx = &source;
	tx = leg->conf.srtp_tx;
	/* its two legs are mute, and then it is refused */
	kernel.refuse = refuse ? kernel.calls + 3 : 0;
	KTAP_CHECK(hears(p, text, NULL));
	if (refuse) {
		AWAIT(kernel.calls >= kernel.refuse + 2);
		leg = leg_of("127.0.0.1", v4);
		KTAP_CHECK(leg && !leg->conf.mute && !leg_of("127.0.0.1", v4 + 1)->conf.mute);
		KTAP_CHECK(!leg_of("::1", v6) && !kernel.wrong);
		return done();
	}
	AWAIT(is_moved(p, v6));
	leg = leg_of("::1", v6);
	KTAP_CHECK(leg->saved_index == 65536 + 3 && !leg->conf.mute);
	KTAP_CHECK(!memcmp(leg->conf.srtp_tx.key, tx.key, sizeof(tx.key)) && !kernel.wrong);
	return done();
}

static bool keys(void)
{
	return keyed(false) && keyed(true);
}

/* no line is refused for want of what it does not need */
static bool bounds(void)
{
	struct session_quota quota = { .max = 2 };
	struct ports_pair *held[100];
	unsigned int n = 0;
	struct phone *p;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	session_end(session);
	conf.quota[0] = &quota;
	begin_session();
	p = phone("::1", true);
	KTAP_CHECK(call(p) && candidates("127.0.0.1") == 2 && !candidates("::1"));
	KTAP_CHECK(quota.used == 2);
	session_end(session);
	KTAP_CHECK(!quota.used);
	quota.max = 3;
	begin_session();
	KTAP_CHECK(call(p) && candidates("::1") == 2 && quota.used == 3);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6);
	seconds(4);
	KTAP_CHECK(quota.used == 2);
	session_end(session);
	KTAP_CHECK(!quota.used);
	conf.quota[0] = NULL;
	/* and the last quarter of an address is for those who have no other */
	while (pairs_used(1) + pairs_resting(1) < 38)
		held[n++] = ports_get(pool[1], NULL, &err);
	begin_session();
	KTAP_CHECK(call(p) && candidates("127.0.0.1") == 2 && !candidates("::1"));
	while (n)
		ports_put_unused(held[--n]);
	return done();
}

static const struct ktap_point points[] = {
	{ "all addresses of the realm are offered", all },
	{ "a leg goes where the party gets through to, in one message", moves },
	{ "what is early keeps what others may want", before_answer },
	{ "an answer by the other family", answered },
	{ "a restart looks by all of them again", restart },
	{ "a datapath that refuses it", refused },
	{ "keys go on where they stand", keys },
	{ "quotas and ports bound it", bounds },
};

int main(void)
{
	int ret = session_main(points, sizeof(points) / sizeof(points[0]));

	hang_up();
	return ret;
}
