// SPDX-License-Identifier: GPL-2.0
/*
 * ICE in sessions: what descriptions say of it, and whom the datapath gets as a proven
 * remote. The parties are agents (ice/) on sockets; the datapath is a table of legs.
 *
 *   phone 127.0.0.11 --- 127.0.0.1 session 127.0.0.2 --- phone 127.0.0.12
 */
#include "session/share.h"
#include "session_ice_lib.h"

static bool is_proven(const struct fake_leg *leg, const struct phone *p,
		      unsigned int component)
{
	return leg && dp_addr_eq(&leg->proven, &p->seen[component - 1]);
}

static bool told(const char *what)
{
	return says_why(SESSION_VERDICT_NO_WAY, what, true);
}

/* ------------------------------------------------------------------ the caller's side */

static bool lite(void)
{
	struct fake_leg *rtp, *rtcp;
	char to_callee[4096];
	struct phone *p;
	int port;

	start(SESSION_ICE_LITE, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	snprintf(to_callee, sizeof(to_callee), "%s", text);
	KTAP_CHECK(!strstr(to_callee, "ice-") && !strstr(to_callee, "candidate"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has("a=ice-lite\r\n") && has("a=ice-options:ice2\r\n"));
	KTAP_CHECK(has(" 1 udp ") && has(" 2 udp ") && has(" typ host"));
	KTAP_CHECK(hears(p, text, NULL));
	rtp = leg_of("127.0.0.1", port);
	rtcp = leg_of("127.0.0.1", port + 1);
	KTAP_CHECK(rtp && rtcp && !rtp->proven.family);
	kernel.sets = 0;
	AWAIT(is_proven(rtp, p, 1) && is_proven(rtcp, p, 2));
	/* one message each, and none for what is as it was */
	KTAP_CHECK(kernel.sets == 2 && !kernel.wrong);
	AWAIT(p->path == 6);
	/* a re-offer that changes nothing takes nothing away */
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(is_proven(rtp, p, 1) && is_proven(rtcp, p, 2));
	KTAP_CHECK(!kernel.wrong && port_at(0) == port);
	return done();
}

static bool elsewhere(void)
{
	struct fake_leg *rtp;
	struct phone *p;

	start(SESSION_ICE_LITE, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	rebind(p);
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	rtp = leg_of("127.0.0.1", port_at(0));
	KTAP_CHECK(rtp && hears(p, text, NULL));
	AWAIT(is_proven(rtp, p, 1));
	/* and in mid-call */
	rebind(p);
	AWAIT(is_proven(rtp, p, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool no_address(void)
{
	struct phone *p;
	int port;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	{
		char what[2048], *c;

		snprintf(what, sizeof(what), "%s", says(p, false));
		c = strstr(what, "c=IN IP4 127.0.0.11");
		memcpy(c, "c=IN IP4 0.0.0.0   ", 19);
		memmove(c + 16, c + 19, strlen(c + 19) + 1);
		KTAP_CHECK(!offer(caller, what));
	}
	/* that is no hold */
	KTAP_CHECK(has("RTP/AVP 0\r\nc=IN IP4 127.0.0.2\r\n"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(!kernel.n && hears(p, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool latch_off(void)
{
	struct phone *p;
	int port;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	access_policy->latch = RTPLANE_LATCH_OFF;
	p = phone("127.0.0.11", true);
	rebind(p);
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(dp_addr_eq(&leg_of("127.0.0.1", port)->conf.remote,
			      &p->seen[0]));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool wrong_password(void)
{
	struct phone *p;
	int port;

	start(SESSION_ICE_LITE, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, "0123456789abcdefghijklmn"));
	AWAIT(ice_get_stats(p->ice)->forged + ice_get_stats(p->ice)->stray >= 2);
	KTAP_CHECK(told("had another password"));
	KTAP_CHECK(!leg_of("127.0.0.1", port)->proven.family);
	KTAP_CHECK(!kernel.sets && !p->path);
	return done();
}

/* so many packets of ours came, and no more: what is sent on a host is there at once */
static bool got_all(const struct phone *p, unsigned int n)
{
	char byte;

	AWAIT(p->got >= n);
	return p->got == n && recv(p->fd[0], &byte, 1, MSG_DONTWAIT) < 0 &&
	       recv(p->fd[1], &byte, 1, MSG_DONTWAIT) < 0;
}

/* what is said opens the way before anything is answered */
static bool punch(void)
{
	struct phone *p;
	char fax[128];

	start(SESSION_ICE_LITE, SESSION_ICE_OFF);
	access_policy->punch = SESSION_PUNCH_ONE;
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(got_all(p, 2));	/* one for each port */
	KTAP_CHECK(ice_get_stats(p->ice)->requests == 2);
	/* none with each description */
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6);
	/* without ICE, each way */
	start(SESSION_ICE_OFF, SESSION_ICE_OFF);
	p = phone("127.0.0.12", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	access_policy->punch = core_policy->punch = SESSION_PUNCH_ALL;
	KTAP_CHECK(!answer(callee, says(p, true)));
	KTAP_CHECK(got_all(p, 2));
	session_end(session);
	begin_session();
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(got_all(p, 4));
	/* what is no RTP has no second port */
	session_end(session);
	begin_session();
	snprintf(fax, sizeof(fax), "m=image %u udptl t38\r\na=rtcp:%u\r\n",
		 p->addr[0].port, p->addr[1].port);
	KTAP_CHECK(!offer(caller, sdp_of("127.0.0.12", fax)));
	KTAP_CHECK(got_all(p, 5));
	return done();
}

/* what media-acl denies is not tried, however high its priority is */
static bool denied(void)
{
	const struct prefix here = { at("127.0.0.13"), 32 };
	struct phone *p, *other;
	char what[4096];

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	access_policy->punch = SESSION_PUNCH_ALL;
	access_policy->media_acl = acl_new(NULL, 0, &here, 1, true);
	p = phone("127.0.0.11", true);
	other = phone("127.0.0.13", true);
	snprintf(what, sizeof(what), "%sa=candidate:2 1 udp 2130706431 127.0.0.13 %u typ host\r\n",
		 says(p, true), other->addr[0].port);
	KTAP_CHECK(!offer(caller, what));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6);
	KTAP_CHECK(!other->got);
	return done();
}

/* our checks do not wait for our answer */
static bool at_once(void)
{
	struct phone *p;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	AWAIT(p->got >= 2);
	KTAP_CHECK(!kernel.n && !kernel.calls);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6);
	/* an offer that comes to nothing leaves none behind */
	session_end(session);
	begin_session();
	KTAP_CHECK(!offer(caller, says(p, true)));
	session_rollback(branch);
	session_end(session);
	session = NULL;
	hang_up();
	KTAP_CHECK(!timers.count);
	return done();
}

/* @mode: of latching */
static bool gone(enum session_ice ice, enum rtplane_latch mode)
{
	struct fake_leg *rtp;
	struct phone *p;

	start(ice, SESSION_ICE_OFF);
	access_policy->latch = mode;
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)) && !answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(told("no check of the caller has arrived"));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6 && told(NULL) && is_proven(leg_of("127.0.0.1", port_at(0)), p, 1) &&
	      is_proven(leg_of("127.0.0.1", port_at(0) + 1), p, 2));
	AWAIT(ice == SESSION_ICE_FULL || ice_get_stats(p->ice)->responses > 16);
	/* it hangs up its network */
	ice_free(p->ice);
	p->ice = ice_new(&timers, NULL, &phone_ops, p);
	for (passed += 31000; passed < 62000; passed += 1000)
		timers_run(&timers, now_ms() + passed);
	KTAP_CHECK(told("does not answer the ICE checks"));
	rtp = leg_of("127.0.0.1", port_at(0));
	KTAP_CHECK(rtp->conf.mute && leg_of("127.0.0.1", port_at(0) + 1)->conf.mute);
	KTAP_CHECK(!session_moved(caller, &p->seen[1], &err) && rtp->conf.mute);
	/* it is back: heard of by signalling first */
	equip(p, true);
	if (ice == SESSION_ICE_LITE) {
		KTAP_CHECK(!offer(caller, as_lite(says(p, true))) &&
			   !answer(callee, sdp_of(B4, PCMU)) && !rtp->conf.mute);
		return done();
	}
	KTAP_CHECK(!offer(caller, says(p, true)) &&
		   !answer(callee, sdp_of(B4, PCMU)) && rtp->conf.mute);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6 && is_proven(rtp, p, 1) && !rtp->conf.mute &&
	      !leg_of("127.0.0.1", port_at(0) + 1)->conf.mute);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool reasons(void)
{
	return gone(SESSION_ICE_FULL, RTPLANE_LATCH_RESTRICTED) &&
	       gone(SESSION_ICE_FULL, RTPLANE_LATCH_OFF) &&
	       gone(SESSION_ICE_LITE, RTPLANE_LATCH_RESTRICTED);
}

static struct session_seen *seen_at(const char *addr)
{
	struct session_seen *seen = session_seen_new();

	seen->addr = at(addr);
	seen->server = at("203.0.113.9:3478");
	access_policy->address[0].seen = seen;
	return seen;
}

/* candidates of a phone by themselves: the addresses of another; NULL: none */
static const char *fragment_at(const struct phone *p, const struct phone *at,
			       const char *mid)
{
	static char buf[2048];
	int n = snprintf(buf, sizeof(buf), "m=audio 9 RTP/AVP 0\r\na=mid:%s\r\n", mid);

	put_ice(buf + n, sizeof(buf) - (size_t)n, p->ice, at ? &at->addr[0] : NULL,
		at ? &at->addr[1] : NULL);
	return buf;
}

static const char *fragment(const struct phone *p, const char *mid, bool candidates)
{
	return fragment_at(p, candidates ? p : NULL, mid);
}

static int trickle(const char *what)
{
	return session_trickle(branch, caller, what, strlen(what), &err);
}

static void turns(unsigned int n)
{
	while (n--)
		turn();
}
/* our checks go to what comes later, before the answer and after it */
static bool trickled(void)
{
	struct phone *p, *q;
	int port;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	q = phone("127.0.0.12", true);
	KTAP_CHECK(!offer(caller, says(p, false)));
	turns(5);
	KTAP_CHECK(!p->got);
	/* of nobody who speaks here, or nothing */
	KTAP_CHECK(trickle(fragment(q, "1", true)) == -ENOENT);
	KTAP_CHECK(strstr(err.text, "belong to no description of its"));
	KTAP_CHECK(trickle("v=0\r\n") == -EPROTO);
	KTAP_CHECK(!trickle(fragment(p, "1", false)));
	turns(5);
	KTAP_CHECK(!p->got && !q->got);
	KTAP_CHECK(!trickle(fragment(p, "1", true)));
	AWAIT(p->got);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	/* another description: candidates of the former one are of nothing any more */
	KTAP_CHECK(!offer(caller, says(q, false)));
	/* where media goes is not checked anew before that is agreed */
	KTAP_CHECK(!trickle(fragment(q, "1", true)));
	turns(5);
	KTAP_CHECK(!q->got);
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(trickle(fragment(p, "1", true)) == -ENOENT);
	AWAIT(q->got);
	/* said twice is said once */
	KTAP_CHECK(!trickle(fragment(q, "1", true)));
	KTAP_CHECK(hears(q, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), q, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* the same credentials may be of two lines; and what may not be checked is not */
static bool trickled_elsewhere(void)
{
	struct prefix denied;
	struct phone *p, *q;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, with_mid(says(p, false))));
	KTAP_CHECK(trickle(fragment(p, "2", true)) == -ENOENT);
	turns(5);
	KTAP_CHECK(!p->got);
	KTAP_CHECK(!trickle(fragment(p, "1", true)));
	AWAIT(p->got);
	KTAP_CHECK(done());
	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	prefix_parse("127.0.0.12", &denied);
	access_policy->media_acl = acl_new(NULL, 0, &denied, 1, true);
	p = phone("127.0.0.11", true);
	q = phone("127.0.0.12", true);
	KTAP_CHECK(!offer(caller, says(p, false)));
	KTAP_CHECK(!trickle(fragment_at(p, q, "1")));
	KTAP_CHECK(!trickle(fragment(p, "1", true)));
	AWAIT(p->got);
	turns(5);
	KTAP_CHECK(!q->got);
	return done();
}

/* nobody checks, and we have offered what nobody outside can check */
static bool hidden(void)
{
	struct dp_addr inside = at("10.0.0.9:5060");

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	KTAP_CHECK(!offer(caller, says(phone("127.0.0.11", true), true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(told("it was offered private addresses alone, and comes from 192.0.2.1:5060; expected"));
	/* who is inside, too, may reach them */
	KTAP_CHECK(!session_moved(caller, &inside, &err));
	KTAP_CHECK(told("a firewall is between") && done());
	/* what is advertised */
	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	access_policy->address[0].advertise = at("203.0.113.4");
	KTAP_CHECK(!offer(caller, says(phone("127.0.0.11", true), true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(told("a firewall is between") && done());
	/* what a STUN server sees is reached from outside, or that is another fault */
	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	seen_at("203.0.113.5:40000");
	KTAP_CHECK(!offer(caller, says(phone("127.0.0.11", true), true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(told("a firewall is between"));
	return done();
}

/* --------------------------------------------------------- a port that calls share */

static struct share *shared;

/* a call of a former agent's goes on there, with that phone */
static bool leave_behind(uint64_t id, const struct phone *p)
{
	struct dp_bridge br = { .has_cookie = true, .cookie = id };
	struct session_policy *policies[] = { access_policy, core_policy };

	br.leg[0].local = *share_local(shared);
	br.leg[0].local.call = 7;
	br.leg[1].local = at("127.0.0.2:30040");
	fake_new(&kernel.dp, &br, 1, NULL);
	fake_find(&kernel, &br.leg[0].local)->proven = p->seen[0];
	return sessions_adopt(sessions, policies, 2) == 1 &&
	       sessions_orphan(sessions, id)->legs == 2 && share_call(shared, 7);
}

static struct fake_leg *leg_of_call(void)
{
	unsigned int i;

	for (i = 0; i < kernel.n; i++)
		if (kernel.leg[i].conf.local.call && kernel.leg[i].conf.local.call != 7)
			return &kernel.leg[i];
	return NULL;
}

/* it goes on as the call that it was: @id; or another one has begun where its party is */
static bool begin_shared(uint64_t id, struct phone **p)
{
	struct dp_addr local = at("127.0.0.1:29990");
	char what[4096];

	hang_up();
	prepare();
	passed = 0;
	timers_init(&timers, now_ms());
	kernel.no_srtp = false;
	access_policy->ice = SESSION_ICE_LITE;
	access_policy->mux = SESSION_MUX_ALLOW;
	KTAP_CHECK(!share_new(&shared, &local, 46, media, &err));
	access_policy->address[0].share = shared;
	*p = phone("127.0.0.11", true);
	KTAP_CHECK(leave_behind(5, *p));
	conf.id = id;
	begin_session();
	snprintf(what, sizeof(what), "%sa=rtcp-mux\r\n", says(*p, true));
	KTAP_CHECK(!offer(caller, what));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(port_at(0) == 29990 && hears(*p, text, NULL));
	KTAP_CHECK(leg_of_call() && !leg_of_call()->proven.family);
	return true;
}

static bool former_agent(void)
{
	struct phone *p;

	KTAP_CHECK(begin_shared(5, &p) && session_id(session) == 5);
	AWAIT(is_proven(leg_of_call(), p, 1));
	KTAP_CHECK(!sessions_orphan_count(sessions) && kernel.n == 4 && !kernel.wrong);
	KTAP_CHECK(done());
	/* what another call has, forged or not, stays its own */
	KTAP_CHECK(begin_shared(0, &p));
	AWAIT(p->path);
	turn();
	KTAP_CHECK(!leg_of_call()->proven.family && sessions_orphan_count(sessions) == 1);
	KTAP_CHECK(sessions_orphan_end(sessions, 5));
	return done();
}

/* ------------------------------------------------------------------ the callee's side */

static bool invited(void)
{
	struct phone *p;
	int port;

	start(SESSION_ICE_OFF, SESSION_ICE_FULL);
	p = phone("127.0.0.12", false);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(has("a=ice-ufrag:") && has(" typ host") && !has("ice-lite"));
	/* it checks before its answer is there, and is answered */
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->got >= 2);
	KTAP_CHECK(!kernel.n);
	KTAP_CHECK(!answer(callee, says(p, true)));
	KTAP_CHECK(!has("ice-") && !has("candidate"));
	AWAIT(is_proven(leg_of("127.0.0.2", port), p, 1) &&
	      is_proven(leg_of("127.0.0.2", port + 1), p, 2));
	AWAIT(p->path == 6);
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* all that was to be known came before the answer */
static bool invited_lite(void)
{
	struct phone *p;
	int port;

	start(SESSION_ICE_OFF, SESSION_ICE_LITE);
	p = phone("127.0.0.12", true);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)) && has("a=ice-lite\r\n"));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(p->path == 6);
	KTAP_CHECK(!answer(callee, says(p, true)));
	KTAP_CHECK(is_proven(leg_of("127.0.0.2", port), p, 1) &&
		   is_proven(leg_of("127.0.0.2", port + 1), p, 2));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool declined(void)
{
	start(SESSION_ICE_OFF, SESSION_ICE_FULL);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(has("a=ice-ufrag:"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4 && leg_to(&kernel, "198.51.100.1:7000"));
	/* it may change its mind */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)) && has("a=ice-ufrag:"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	return done();
}

static bool forks(void)
{
	struct session_branch *other;
	struct phone *p, *q;
	int port;

	start(SESSION_ICE_OFF, SESSION_ICE_FULL);
	p = phone("127.0.0.12", false);
	q = phone("127.0.0.12", false);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	port = port_at(0);
	KTAP_CHECK(hears(p, text, NULL) && hears(q, text, NULL));
	other = session_branch_fork(branch, NULL);
	KTAP_CHECK(!answer_in(branch, callee, says(p, true), true));
	AWAIT(is_proven(leg_of("127.0.0.2", port), p, 1));
	AWAIT(q->got >= 2);
	KTAP_CHECK(!answer_in(other, callee, says(q, true), true));
	KTAP_CHECK(is_proven(leg_of("127.0.0.2", port), p, 1));
	/* from now on it is the other, and what the first has proved is nothing */
	KTAP_CHECK(!session_choose(other, true, &err));
	branch = other;
	KTAP_CHECK(!is_proven(leg_of("127.0.0.2", port), p, 1));
	AWAIT(is_proven(leg_of("127.0.0.2", port), q, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* -------------------------------------------------------------- re-offers, roll-backs */

/* a call with a phone that has found its way */
static struct phone *up_with(enum session_ice ice, int *port)
{
	struct phone *p;

	start(ice, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	if (offer(caller, says(p, true)) || answer(callee, sdp_of(B4, PCMU)) ||
	    !hears(p, text, NULL))
		return NULL;
	*port = port_at(0);
	return p;
}

static bool restart(void)
{
	char ufrag[64], first[64];
	struct phone *p, *q;
	struct dp_addr was;
	int port;

	p = up_with(SESSION_ICE_FULL, &port);
	KTAP_CHECK(p);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	was = p->seen[0];
	snprintf(first, sizeof(first), "%s", value_of("a=ice-ufrag:"));
	/* the same phone on another network */
	q = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(q, true)));
	/* nothing has changed yet */
	KTAP_CHECK(dp_addr_eq(&leg_of("127.0.0.1", port)->proven, &was));
	kernel.sets = 0;
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && kernel.sets == 1);
	snprintf(ufrag, sizeof(ufrag), "%s", value_of("a=ice-ufrag:"));
	KTAP_CHECK(*ufrag && strcmp(ufrag, first));
	/* media goes on as it went, until there is a new way */
	KTAP_CHECK(dp_addr_eq(&leg_of("127.0.0.1", port)->proven, &was));
	KTAP_CHECK(hears(q, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), q, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool rolled_back(void)
{
	struct phone *p, *q;
	int port;

	p = up_with(SESSION_ICE_LITE, &port);
	KTAP_CHECK(p);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	q = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(q, true)));
	session_rollback(branch);
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1));
	/* answered early, and then refused */
	KTAP_CHECK(!offer(caller, says(q, true)));
	KTAP_CHECK(!answer_in(branch, callee, sdp_of(B4, PCMU), true));
	session_rollback(branch);
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1));
	/* the former credentials are ours again: what it proves counts */
	rebind(p);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1) && !kernel.wrong);
	return done();
}

static bool refused_by_datapath(void)
{
	struct phone *p, *q;
	unsigned int calls;
	int port;

	p = up_with(SESSION_ICE_FULL, &port);
	KTAP_CHECK(p);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	q = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(q, true)));
	calls = kernel.calls;
	kernel.refuse = calls + 1;
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EIO);
	/* nothing has changed, and nothing is said again */
	KTAP_CHECK(kernel.calls == calls + 1);
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(hears(q, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), q, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static const char *with_video(const char *sdp, int port)
{
	static char two[8192];

	snprintf(two, sizeof(two),
		 "%sm=video %d RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n", sdp, port);
	return two;
}

/* what was changed before the refusal is as it was, and so is its proof */
static bool refused_half_way(void)
{
	struct phone *p, *q;
	int port;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, with_video(says(p, true), 40020)));
	KTAP_CHECK(!answer(callee, with_video(sdp_of(B4, PCMU), 40030)));
	KTAP_CHECK(hears(p, text, NULL));
	port = port_at(0);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	q = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, with_video(says(q, true), 0)));
	kernel.sets = 0;
	kernel.dels = 0;
	kernel.refuse = kernel.calls + 2;
	KTAP_CHECK(answer(callee, with_video(sdp_of("127.0.0.99", PCMU), 0)) == -EIO);
	KTAP_CHECK(kernel.sets > 1 && kernel.dels == 1);
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(!answer(callee, with_video(sdp_of(B4, PCMU), 0)));
	KTAP_CHECK(hears(q, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port), q, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

static bool moved(void)
{
	struct dp_addr source = at("203.0.113.9:5060");
	struct phone *p;
	int port;

	p = up_with(SESSION_ICE_FULL, &port);
	KTAP_CHECK(p);
	AWAIT(is_proven(leg_of("127.0.0.1", port), p, 1));
	/* where its signalling comes from says less than its checks */
	kernel.sets = 0;
	KTAP_CHECK(!session_moved(caller, &source, &err) && kernel.sets == 1);
	KTAP_CHECK(is_proven(leg_of("127.0.0.1", port), p, 1));
	KTAP_CHECK(!kernel.wrong);
	return done();
}

/* ----------------------------------------------------- our address as others see it */

/* the port of ours at which a component is offered so, 0: it is not */
static unsigned int offered_seen(unsigned int component)
{
	char expected[128];
	int port = port_at(0) + (int)component - 1;

	snprintf(expected, sizeof(expected),
		 " 203.0.113.5 %d typ srflx raddr 127.0.0.1 rport %d\r\n", port, port);
	return has(expected) ? (unsigned int)port : 0;
}

static const char *with_mux(const char *sdp)
{
	static char more[4096];

	snprintf(more, sizeof(more), "%sa=rtcp-mux\r\n", sdp);
	return more;
}

static bool seen_from_outside(void)
{
	struct phone *p;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	seen_at("203.0.113.5:40000");
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(offered_seen(1) && offered_seen(2) == offered_seen(1) + 1);
	/* below the address itself, and both together are not checked twice */
	KTAP_CHECK(strstr(text, " typ host") < strstr(text, " typ srflx"));
	KTAP_CHECK(hears(p, text, NULL));
	AWAIT(is_proven(leg_of("127.0.0.1", port_at(0)), p, 1));
	KTAP_CHECK(done());
	/* RTCP goes with RTP */
	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	access_policy->mux = SESSION_MUX_ACCEPT;
	seen_at("203.0.113.5:40000");
	KTAP_CHECK(!offer(caller, with_mux(says(phone("127.0.0.11", true), true))));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(offered_seen(1) && !offered_seen(2));
	return done();
}

/* what is not known, or is offered already, or may not be */
static bool not_seen(void)
{
	static const struct {
		const char *addr;
		enum session_ice ice;
	} none[] = {
		{ "127.0.0.1:40000", SESSION_ICE_FULL },
		{ "203.0.113.5:40000", SESSION_ICE_LITE },
		{ "[2001:db8::5]:40000", SESSION_ICE_FULL },
	};
	struct session_seen *seen;
	unsigned int i;

	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		start(none[i].ice, SESSION_ICE_OFF);
		seen_at(none[i].addr);
		KTAP_CHECK(!offer(caller, says(phone("127.0.0.11", true), true)));
		KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
		KTAP_CHECK(has(" typ host") && !has("srflx") && done());
	}
	/* it is learned while a call rings: not of that call */
	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	seen = seen_at("203.0.113.5:40000");
	seen->addr = (struct dp_addr){ 0 };
	KTAP_CHECK(!offer(caller, says(phone("127.0.0.11", true), true)));
	seen->addr = at("203.0.113.5:40000");
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has(" typ host") && !has("srflx"));
	return done();
}

/* --------------------------------------------------------------------------- refusals */

static bool forced(void)
{
	struct phone *p;

	start(SESSION_ICE_FORCE, SESSION_ICE_OFF);
	KTAP_CHECK(offer(caller, sdp_of(A4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "ice: force"));
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)));
	session_rollback(branch);
	session_end(session);
	access_policy->ice = SESSION_ICE_OFF;
	core_policy->ice = SESSION_ICE_FORCE;
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "ice: force") && !kernel.n);
	return done();
}

static bool mismatch(void)
{
	char what[4096], *m;
	struct phone *p;

	start(SESSION_ICE_FULL, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	snprintf(what, sizeof(what), "%s", says(p, true));
	/* an ALG has changed the port, and not the candidate */
	m = strstr(what, "m=audio ");
	m[8] = m[8] == '1' ? '2' : '1';
	KTAP_CHECK(!offer(caller, what));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=ice-mismatch\r\n") && !has("ufrag") && !has("candidate"));
	/* and the next one is fine */
	KTAP_CHECK(!offer(caller, says(p, true)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && has("a=ice-ufrag:"));
	return done();
}

static bool off(void)
{
	struct phone *p;

	start(SESSION_ICE_OFF, SESSION_ICE_OFF);
	p = phone("127.0.0.11", true);
	KTAP_CHECK(!offer(caller, says(p, true)) && !has("ice-"));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)) && !has("ice-"));
	return done();
}

static const struct ktap_point points[] = {
	{ "lite: checks prove where the caller is", lite },
	{ "from where nobody signalled", elsewhere },
	{ "no address but what ICE finds", no_address },
	{ "latch off: what ICE finds is what is signalled", latch_off },
	{ "another password proves nothing", wrong_password },
	{ "what people are told", reasons },
	{ "private addresses alone are told of", hidden },
	{ "candidates that come later", trickled },
	{ "candidates of another line, and those that are denied", trickled_elsewhere },
	{ "firewalls are opened", punch },
	{ "where media may not go nothing is sent", denied },
	{ "checks that do not wait for the answer", at_once },
	{ "a former agent's leg has the remote at a port that calls share", former_agent },
	{ "the callee is offered ICE, and checks before its answer", invited },
	{ "and is found by those alone", invited_lite },
	{ "the callee has none", declined },
	{ "forks: what one has proved is not the other's", forks },
	{ "restart: media goes on until there is a new way", restart },
	{ "an offer that is rolled back", rolled_back },
	{ "the datapath refuses an answer", refused_by_datapath },
	{ "a change that is refused half way", refused_half_way },
	{ "our address as a STUN server sees it is offered beside", seen_from_outside },
	{ "one that is not known, or may not be", not_seen },
	{ "signalling that moves", moved },
	{ "force", forced },
	{ "mismatch", mismatch },
	{ "off", off },
};

int main(void)
{
	int ret = session_main(points, sizeof(points) / sizeof(points[0]));

	hang_up();
	return ret;
}
