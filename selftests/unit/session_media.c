// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: who may send, who has fallen silent, what a former agent left, and
 * what people are told.  At the end, media by the user-space datapath:
 *
 *   127.0.0.5 (private: behind the NAT 127.0.0.11) --- session --- 127.0.0.6
 */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "session_lib.h"

/* --- who may send --- */

static struct session_party_conf party_conf(const char *source)
{
	return (struct session_party_conf){
		.name = "phone", .policy = access_policy, .source = at(source),
		.transport = "udp",
	};
}

/* the caller's leg after a call with this address in its description */
static const struct dp_leg *leg_with(const char *source, const char *host)
{
	struct session_party_conf a = party_conf(source);
	struct fake_leg *leg;

	caller = session_party_add(session, &a);
	branch = session_branch_new(caller, callee, NULL);
	if (offer(caller, sdp_of(host, PCMU)) ||
	    answer(callee, sdp_of(B4, PCMU)))
		return NULL;
	leg = leg_to(&kernel, "198.51.100.1:7000");
	leg = leg ? fake_find(&kernel, &leg->peer) : NULL;
	return leg ? &leg->conf : NULL;
}

static bool nat_policies(void)
{
	const struct dp_leg *leg;
	struct dp_addr sdp = at("10.0.0.5:7000"), source = at("192.0.2.1:7000");

	prepare();
	access_policy->nat = SESSION_NAT_LEARN;
	access_policy->probation = 0;
	begin_session();
	leg = leg_with("192.0.2.1:5060", "10.0.0.5");
	KTAP_CHECK(leg && leg->latch == RTPLANE_LATCH_LEARN && !leg->early);
	KTAP_CHECK(leg->probation == 3 && dp_addr_eq(&leg->remote, &sdp));
	session_end(session);
	begin_session();
	leg = leg_with("10.0.0.5:5060", "10.0.0.5");	/* no NAT between */
	KTAP_CHECK(leg && leg->latch == RTPLANE_LATCH_RESTRICTED && leg->early);
	session_end(session);
	begin_session();
	leg = leg_with("203.0.113.1:5060", "192.0.2.1");	/* public: as said */
	KTAP_CHECK(leg && leg->latch == RTPLANE_LATCH_RESTRICTED);
	session_end(session);
	access_policy->nat = SESSION_NAT_SOURCE;
	begin_session();
	leg = leg_with("192.0.2.1:5060", "10.0.0.5");
	KTAP_CHECK(leg && leg->latch == RTPLANE_LATCH_RESTRICTED && !leg->early);
	KTAP_CHECK(dp_addr_eq(&leg->remote, &source));
	session_end(session);
	begin_session();
	leg = leg_with("[2001:db8::7]:5060", "10.0.0.5");	/* no help */
	KTAP_CHECK(leg && dp_addr_eq(&leg->remote, &sdp));
	session_end(session);
	access_policy->nat = SESSION_NAT_OFF;
	access_policy->latch = RTPLANE_LATCH_OFF;
	access_policy->relatch = 77;
	begin_session();
	leg = leg_with("192.0.2.1:5060", "10.0.0.5");
	KTAP_CHECK(leg && leg->latch == RTPLANE_LATCH_OFF);
	KTAP_CHECK(leg->relatch == 77);
	return finish();
}

static bool moved(void)
{
	struct dp_addr elsewhere = at("192.0.2.66:5060");
	struct dp_addr rebound = at("192.0.2.66:6060");
	struct fake before;

	begin();
	KTAP_CHECK(!session_moved(caller, &elsewhere, &err));	/* no call yet */
	KTAP_CHECK(!kernel.calls && up());
	before = kernel;
	kernel.calls = 0;
	elsewhere = at("192.0.2.1:5060");
	KTAP_CHECK(!session_moved(caller, &elsewhere, &err));
	KTAP_CHECK(kernel.calls == 1 && fake_same(&before, &kernel));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->orders == DP_LEG_MOVED);
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7001")->orders == DP_LEG_MOVED);
	KTAP_CHECK(!leg_to(&kernel, "198.51.100.1:7000")->orders);
	KTAP_CHECK(!session_moved(caller, &elsewhere, &err));	/* no news */
	KTAP_CHECK(kernel.calls == 1);
	KTAP_CHECK(!session_moved(caller, &rebound, &err));
	elsewhere = rebound;
	elsewhere.port = 7070;
	KTAP_CHECK(!session_moved(caller, &elsewhere, &err));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000")->orders == DP_LEG_UNLATCH);
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(session_moved(caller, &rebound, &err) == -EIO);
	KTAP_CHECK(fake_same(&before, &kernel));
	/* nobody knew where it was: it has not moved */
	session_end(session);
	begin_session();
	{
		struct session_party_conf a = party_conf("-");

		caller = session_party_add(session, &a);
	}
	branch = session_branch_new(caller, callee, NULL);
	KTAP_CHECK(up());
	kernel.calls = 0;
	KTAP_CHECK(!session_moved(caller, &rebound, &err) && !kernel.calls);
	return finish();
}

static bool moved_by_source(void)
{
	struct dp_addr elsewhere = at("192.0.2.66:5060");

	prepare();
	access_policy->nat = SESSION_NAT_SOURCE;
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of("10.0.0.5", PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000"));
	KTAP_CHECK(!session_moved(caller, &elsewhere, &err));
	KTAP_CHECK(leg_to(&kernel, "192.0.2.66:7000"));
	return finish();
}

/* --- events --- */

static void tell(const char *remote, unsigned int type, unsigned int reason)
{
	struct fake_leg *leg = leg_to(&kernel, remote);
	struct dp_event e = {
		.type = type, .reason = reason, .cookie = leg->cookie,
		.local = leg->conf.local,
	};

	sessions_event(&e, sessions);
}

static bool told(void)
{
	struct dp_event stray = { .type = RTPLANE_EVENT_LATCH };

	begin();
	KTAP_CHECK(up());
	tell("192.0.2.1:7000", RTPLANE_EVENT_FIRST_PACKET, 0);
	tell("198.51.100.1:7001", RTPLANE_EVENT_LATCH, RTPLANE_REASON_FIRST);
	tell("192.0.2.1:7000", RTPLANE_EVENT_LATCH, RTPLANE_REASON_PROVEN);
	tell("192.0.2.1:7000", RTPLANE_EVENT_REFUSED, RTPLANE_REASON_ADDRESS);
	KTAP_CHECK(n_events == 4);
	KTAP_CHECK(events[0].what == SESSION_FIRST && events[0].party == caller);
	KTAP_CHECK(events[0].component == 1 && !events[0].line);
	KTAP_CHECK(events[1].what == SESSION_LATCHED);
	KTAP_CHECK(events[1].party == callee && events[1].component == 2);
	KTAP_CHECK(events[2].what == SESSION_PROVEN);
	KTAP_CHECK(events[3].what == SESSION_REFUSED);
	sessions_event(&stray, sessions);		/* nobody's */
	stray.cookie = session_id(session) + 1;		/* another agent's */
	sessions_event(&stray, sessions);
	KTAP_CHECK(n_events == 4);
	stray.cookie = session_id(session);		/* its leg has gone */
	sessions_event(&stray, sessions);
	KTAP_CHECK(n_events == 5 && !events[4].party);
	/* who is told may end it */
	end_on_event = true;
	tell("192.0.2.1:7000", RTPLANE_EVENT_SILENCE, 0);
	KTAP_CHECK(!session && !sessions_count(sessions) && !kernel.n);
	return finish();
}

/* what was lost is found by a look at the legs, and told once */
static bool lost(void)
{
	struct fake_leg *leg;

	begin();
	KTAP_CHECK(up());
	tell("192.0.2.1:7000", RTPLANE_EVENT_FIRST_PACKET, 0);
	tell("192.0.2.1:7000", RTPLANE_EVENT_LATCH, RTPLANE_REASON_FIRST);
	leg = leg_to(&kernel, "192.0.2.1:7000");
	leg->seen.first = 1;
	leg->seen.latches = 1;
	leg = leg_to(&kernel, "198.51.100.1:7001");
	leg->seen.first = 1;
	leg->seen.latches = 3;
	leg->seen.latched = at("198.51.100.1:7777");
	sessions_events_lost(sessions);
	sessions_events_lost(sessions);
	KTAP_CHECK(n_events == 2 && !kernel.dumps);
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(kernel.dumps == 1 && n_events == 4);
	KTAP_CHECK(events[2].what == SESSION_FIRST && events[2].party == callee &&
		   events[2].component == 2);
	KTAP_CHECK(events[3].what == SESSION_LATCHED &&
		   events[3].party == callee);
	/* a change of the call does not forget what was told */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)) &&
		   !answer(callee, sdp_of(B4, PCMU)));
	sessions_events_lost(sessions);
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(kernel.dumps == 2 && n_events == 4);
	leg = leg_to(&kernel, "192.0.2.1:7000");
	leg->conf.silence = 20;
	leg->last = 1;			/* 1970 */
	sessions_events_lost(sessions);
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(n_events == 5 && events[4].what == SESSION_SILENT &&
		   events[4].party == caller);
	leg->seen.latches = 2;
	end_on_event = true;		/* who is told may end it */
	sessions_events_lost(sessions);
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(n_events == 6 && !session && !kernel.n);
	return finish();
}

/* --- silence --- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* all legs had their last packet so long ago */
static void last_packets(uint64_t seconds)
{
	unsigned int i;

	for (i = 0; i < kernel.n; i++)
		kernel.leg[i].last = now_ns() - seconds * UINT64_C(1000000000);
}

static bool silence(void)
{
	prepare();
	conf.timeout = 60;
	begin_session();
	KTAP_CHECK(!timers.count && up());
	KTAP_CHECK(kernel.leg[0].conf.silence == 60000);
	KTAP_CHECK(timers_next(&timers) == 60000);
	/* one leg still has packets */
	timers_run(&timers, timers.now + 59000);
	last_packets(100);
	leg_to(&kernel, "192.0.2.1:7001")->last = now_ns() -
						  UINT64_C(20000000000);
	timers_run(&timers, timers.now + 1000);
	KTAP_CHECK(!n_timeouts);
	KTAP_CHECK(timers_next(&timers) > 39000 && timers_next(&timers) <= 40000);
	last_packets(100);
	timers_run(&timers, timers.now + 40000);
	KTAP_CHECK(n_timeouts == 1);
	/* told again, if nobody ends it */
	timers_run(&timers, timers.now + 59999);
	KTAP_CHECK(n_timeouts == 1);
	end_on_timeout = true;
	timers_run(&timers, timers.now + 2);
	KTAP_CHECK(n_timeouts == 2 && !session && !kernel.n && !timers.count);
	return finish();
}

/* the datapath says so before the timer does; what never had a packet counts too */
static bool silence_told(void)
{
	prepare();
	conf.timeout = 60;
	begin_session();
	KTAP_CHECK(up());
	timers_advance(&timers, timers.now + 61000);
	last_packets(30);
	tell("192.0.2.1:7000", RTPLANE_EVENT_SILENCE, 0);
	KTAP_CHECK(!n_timeouts && n_events == 1);
	last_packets(61);
	kernel.leg[1].last = 0;
	end_on_timeout = true;
	tell("192.0.2.1:7000", RTPLANE_EVENT_SILENCE, 0);
	KTAP_CHECK(n_timeouts == 1 && !session);
	begin_session();
	KTAP_CHECK(up());
	timers_run(&timers, timers.now + 60001);	/* never a packet */
	KTAP_CHECK(n_timeouts == 2 && !session);
	return finish();
}

static bool silence_on_hold(void)
{
	prepare();
	conf.timeout = 60;
	begin_session();
	KTAP_CHECK(up());
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=sendonly\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=recvonly\r\n")));
	KTAP_CHECK(!timers.count);
	timers_advance(&timers, timers.now + 1000000);
	last_packets(1000);
	tell("192.0.2.1:7000", RTPLANE_EVENT_SILENCE, 0);
	KTAP_CHECK(!n_timeouts);
	/* resumed: its time begins now */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	timers_run(&timers, timers.now + 59000);
	tell("192.0.2.1:7000", RTPLANE_EVENT_SILENCE, 0);
	KTAP_CHECK(!n_timeouts);
	/* whoever it is that holds */
	KTAP_CHECK(!offer(callee, sdp_of(B4, PCMU "a=sendonly\r\n")));
	KTAP_CHECK(!answer(caller, sdp_of(A4, PCMU "a=recvonly\r\n")));
	KTAP_CHECK(!timers.count);
	session_end(session);
	conf.timeout_hold = 600;
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of("0.0.0.0", PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(!timers.count);		/* no bridge, no silence */
	session_end(session);
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU "a=inactive\r\n")));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU "a=inactive\r\n")));
	timers_run(&timers, timers.now + 599000);
	KTAP_CHECK(!n_timeouts);
	timers_run(&timers, timers.now + 1001);
	KTAP_CHECK(n_timeouts == 1);
	return finish();
}

static bool bridge_gone(void)
{
	struct fake_leg *leg;

	prepare();
	conf.timeout = 60;
	begin_session();
	KTAP_CHECK(up());
	leg = leg_to(&kernel, "192.0.2.1:7000");
	fake_remove(&kernel, fake_find(&kernel, &leg->peer));
	fake_remove(&kernel, leg_to(&kernel, "192.0.2.1:7000"));
	timers_run(&timers, timers.now + 60000);
	KTAP_CHECK(n_events == 1 && events[0].what == SESSION_FAILED);
	KTAP_CHECK(events[0].component == 1 && !n_timeouts);
	/* and the next answer makes it again */
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(kernel.n == 4);
	/* one that has gone meanwhile is no reason not to end */
	fake_remove(&kernel, leg_to(&kernel, "192.0.2.1:7000"));
	fake_remove(&kernel, leg_to(&kernel, "198.51.100.1:7000"));
	session_end(session);
	session = NULL;
	KTAP_CHECK(!kernel.n);
	return finish();
}

/* --- adoption --- */

static void left_behind(uint64_t cookie, unsigned int port, uint64_t seconds)
{
	struct dp_bridge br = { .has_cookie = true, .cookie = cookie };
	struct fake_leg *leg;
	unsigned int s;

	br.leg[0].local = at("127.0.0.1");
	br.leg[1].local = at("127.0.0.2");
	for (s = 0; s < 2; s++)
		br.leg[s].local.port = port;
	fake_new(&kernel.dp, &br, 1, NULL);
	for (s = 0; s < 2; s++) {
		leg = fake_find(&kernel, &br.leg[s].local);
		leg->last = now_ns() - seconds * UINT64_C(1000000000);
	}
}

/* the first pair from @port on that has no leg: a call's are anywhere */
static unsigned int free_pair(unsigned int port)
{
	unsigned int i;

	for (i = 0; i < kernel.n; i++)
		if ((kernel.leg[i].conf.local.port & ~1u) == port)
			return free_pair(port + 2);
	return port;
}

static unsigned int n_orphans;

static void count_orphan(const struct session_orphan *orphan, void *arg)
{
	(void)arg;
	n_orphans += orphan->legs;
}

static void all_now(uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < kernel.n; i++)
		if (kernel.leg[i].cookie == cookie)
			kernel.leg[i].last = now_ns();
}

static bool adopted(void)
{
	struct session_policy *policies[2];
	unsigned int port;
	uint64_t last;

	prepare();
	policies[0] = access_policy;
	policies[1] = core_policy;
	begin_session();
	KTAP_CHECK(up());				/* not an orphan */
	port = free_pair(30040);
	left_behind(5, port, 0);
	left_behind(5, port + 1, 0);
	left_behind(6, free_pair(30050), 0);
	left_behind(7, 20000, 0);			/* not our ports */
	left_behind(0, free_pair(30060), 0);		/* by hand */
	KTAP_CHECK(sessions_adopt(sessions, policies, 2) == 2);
	KTAP_CHECK(kernel.dumps == 1 && pairs_used(0) == 3);
	KTAP_CHECK(sessions_orphan_count(sessions) == 2);
	KTAP_CHECK(sessions_orphan(sessions, 5)->legs == 4);
	n_orphans = 0;
	sessions_orphans(sessions, count_orphan, NULL);
	KTAP_CHECK(n_orphans == 6);
	KTAP_CHECK(sessions_count(sessions) == 1);
	/* they are silent, one dump for all tells */
	left_behind(8, free_pair(30070), 0);
	timers_run(&timers, timers.now + 5000);
	KTAP_CHECK(kernel.dumps == 2 && sessions_orphan_count(sessions) == 2);
	all_now(5);
	last = kernel.leg[4].last;
	timers_run(&timers, timers.now + 5000);
	KTAP_CHECK(sessions_orphan(sessions, 5)->legs == 4);
	KTAP_CHECK(sessions_orphan(sessions, 5)->last >= last);
	sessions_set_orphan_timeout(sessions, 0);
	kernel.dels = 0;
	KTAP_CHECK(sessions_orphan_end(sessions, 6));
	KTAP_CHECK(!sessions_orphan_end(sessions, 6) && kernel.dels == 1);
	timers_run(&timers, timers.now + 5000);
	KTAP_CHECK(!sessions_orphan_count(sessions) && pairs_used(0) == 1);
	KTAP_CHECK(kernel.n == 4 + 2 + 2 + 2);		/* ours, 7, by hand, 8 */
	KTAP_CHECK(!timers.count);
	kernel.n = 4;
	return finish();
}

static bool adopted_and_left(void)
{
	struct session_policy *policy;

	prepare();
	policy = access_policy;
	left_behind(5, 30040, 0);
	KTAP_CHECK(sessions_adopt(sessions, &policy, 1) == 1);
	KTAP_CHECK(pairs_used(0) == 1 && !pairs_used(2));
	sessions_free(sessions);
	KTAP_CHECK(kernel.n == 2 && !pairs_used(0));	/* for the next agent */
	sessions = sessions_new(&(struct sessions_conf){ .dp = &kernel.dp });
	kernel.n = 0;
	return finish();
}

/* a recorder's ports are not a new call's as long as copies go by them */
static bool adopted_copies(void)
{
	struct dp_copy copy[2] = {
		{ .from = at("127.0.0.2:30050"), .to = at("203.0.113.9:9000") },
		{ .from = at("127.0.0.9:30050"), .to = at("203.0.113.9:9000") },
	};
	struct session_policy *policies[2];

	prepare();
	policies[0] = access_policy;
	policies[1] = core_policy;
	left_behind(5, 30040, 0);
	kernel.leg[0].conf.copies = copy;
	kernel.leg[0].conf.n_copies = 2;
	KTAP_CHECK(sessions_adopt(sessions, policies, 2) == 1);
	KTAP_CHECK(pairs_used(0) == 1 && pairs_used(2) == 2);
	KTAP_CHECK(sessions_orphan_end(sessions, 5) && !pairs_used(2));
	return finish();
}

/* --- verdicts --- */

static char verdicts[8192];
static unsigned int verdict_seen;

static void note(enum session_verdict verdict,
		 const struct session_leg_report *leg, const char *because,
		 void *arg)
{
	(void)leg;
	(void)arg;
	verdict_seen |= 1u << verdict;
	strncat(verdicts, because, sizeof(verdicts) - strlen(verdicts) - 1);
	strncat(verdicts, "\n", sizeof(verdicts) - strlen(verdicts) - 1);
}

static void judge(const struct session_report *report)
{
	*verdicts = '\0';
	verdict_seen = 0;
	session_why(report, note, NULL);
}

#define SEEN(which)	(verdict_seen & 1u << SESSION_VERDICT_##which)

static bool report(void)
{
	struct session_report *r;
	struct fake_leg *a;

	begin();
	KTAP_CHECK(up());
	a = leg_to(&kernel, "192.0.2.1:7000");
	a->seen.rx_packets = 10;
	a->seen.drops[RTPLANE_DROP_REFUSED] = 3;
	a->seen.offender = at("203.0.113.5:9");
	a->seen.latched = at("192.0.2.1:7000");
	r = session_report(session);
	KTAP_CHECK(r && r->n_legs == 4 && r->n_parties == 2 && r->answered);
	KTAP_CHECK(r->id == session_id(session));
	KTAP_CHECK(!strcmp(r->datapath, "kernel") && !*r->error);
	KTAP_CHECK(!strcmp(r->party[0].name, "caller"));
	KTAP_CHECK(!strcmp(r->party[1].realm, "core"));
	KTAP_CHECK(r->leg[0].party == 0 && r->leg[1].party == 1);
	KTAP_CHECK(r->leg[0].component == 1 && r->leg[2].component == 2);
	KTAP_CHECK(r->leg[0].info.rx_packets == 10 && r->leg[0].rtp);
	KTAP_CHECK(finish());
	judge(r);			/* the session is gone */
	KTAP_CHECK(strstr(verdicts, "3 packets were refused at the caller's port 127.0.0.1:"));
	KTAP_CHECK(strstr(verdicts, "the last ones from 203.0.113.5:9: latch mode restricted accepts 192.0.2.1:7000\n"));
	KTAP_CHECK(strstr(verdicts, "nothing has arrived from the callee at 127.0.0.2:"));
	KTAP_CHECK(strstr(verdicts, "from the caller 10 packets came and 0 were sent to it"));
	KTAP_CHECK(SEEN(WAITING) && SEEN(FLOWS) && !SEEN(NO_MEDIA));
	session_report_free(r);
	return true;
}

#define SAVP	"m=audio 7000 RTP/SAVP 0\r\n" \
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
		"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

static bool report_of_srtp(void)
{
	struct session_report *r;

	begin();
	access_policy->srtp = SESSION_SRTP_ALLOW;
	KTAP_CHECK(!offer(caller, sdp_of(A4, SAVP PCMU)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU PCMU)));
	r = session_report(session);
	KTAP_CHECK(r && r->n_legs == 8 && !strcmp(r->datapath, "uring, kernel"));
	KTAP_CHECK(r->leg[0].srtp_rx == RTPLANE_SRTP_AES_128_CM_SHA1_80);
	KTAP_CHECK(r->leg[0].srtp_tx == RTPLANE_SRTP_AES_128_CM_SHA1_80);
	KTAP_CHECK(!r->leg[1].srtp_rx && !r->leg[1].srtp_tx && r->leg[4].line);
	/* by udp, as the caller's signalling is */
	KTAP_CHECK(r->party[0].bare_keys && !r->party[1].bare_keys);
	session_report_free(r);
	return finish();
}

static bool sentences(void)
{
	struct session_party_report parties[2] = {
		{ .name = "caller", .realm = "access", .bare_keys = true },
		{ .name = "callee", .realm = "core" },
	};
	struct session_leg_report legs[2] = {
		{ .party = 0, .component = 1, .rtp = true },
		{ .party = 1, .component = 1, .rtp = true },
	};
	struct session_report r = {
		.party = parties, .n_parties = 2, .leg = legs, .n_legs = 2,
		.answered = true,
	};
	struct dp_leg_info *info = &legs[0].info;

	info->conf.local = at("192.0.2.254:30000");
	legs[1].info.conf.local = at("198.51.100.254:30002");
	info->rx_packets = legs[1].info.rx_packets = 100;
	info->dscp_seen[46] = legs[1].info.dscp_seen[46] = 100;
	judge(&r);
	KTAP_CHECK(verdict_seen == (1u << SESSION_VERDICT_BARE_KEYS |
				    1u << SESSION_VERDICT_FLOWS));
	/* field 05: both halves of the call at one relay; the device is lo */
	legs[0].at_agent[MEDIA_RTP] = 20;
	info->conf.remote = at("198.51.100.254:40000");
	judge(&r);
	KTAP_CHECK(strstr(verdicts, "20 RTP packets of the caller reached the agent's socket"));
	KTAP_CHECK(strstr(verdicts, "enrol lo (devices of realm access)"));
	/* field 35 */
	info->conf.remote = at("203.0.113.1:40000");
	judge(&r);
	KTAP_CHECK(strstr(verdicts, "is the device they come in by enrolled (devices of realm access)?"));
	KTAP_CHECK(strstr(verdicts, "IPsec") && !strstr(verdicts, "enrol lo"));
	legs[0].at_agent[MEDIA_RTP] = 0;
	/* field 04 */
	legs[0].at_agent[MEDIA_UNKNOWN] = 3;
	legs[0].at_agent[MEDIA_STUN] = 5;
	judge(&r);
	KTAP_CHECK(strstr(verdicts, "3 packets of the caller were neither RTP nor RTCP"));
	legs[0].at_agent[MEDIA_UNKNOWN] = 0;
	judge(&r);
	KTAP_CHECK(!SEEN(PASSED) && !SEEN(AT_AGENT));
	info->rtp = (struct dp_rtp){
		.present = true, .packets = 97, .lost = 3, .clock = 8000,
		.jitter_max = 160,
	};
	judge(&r);
	KTAP_CHECK(!SEEN(LOSS) && !SEEN(JITTER));
	info->rtp.lost = 4;
	info->rtp.jitter_max = 161;
	judge(&r);
	KTAP_CHECK(strstr(verdicts, "4 of the caller's 101 packets were lost"));
	KTAP_CHECK(strstr(verdicts, "the caller's jitter was up to 20.1 ms"));
	info->dscp_seen[46] = 0;
	info->dscp_seen[0] = 100;
	judge(&r);
	KTAP_CHECK(SEEN(DSCP));
	legs[0].srtp_rx = RTPLANE_SRTP_AES_128_GCM;
	info->rx_packets = 0;
	info->dropped = info->drops[RTPLANE_DROP_SRTP_AUTH] = 9;
	judge(&r);
	KTAP_CHECK(SEEN(SRTP) && SEEN(KEY) && SEEN(DROPPED) && SEEN(DROPS));
	KTAP_CHECK(strstr(verdicts, "9 packets of the caller were dropped (srtp-auth)"));
	r.n_legs = 0;
	snprintf(r.unrelayed, sizeof(r.unrelayed), "media line 2 is not relayed");
	judge(&r);
	KTAP_CHECK(SEEN(NO_MEDIA) && SEEN(UNRELAYED));
	r.answered = false;
	judge(&r);
	KTAP_CHECK(!SEEN(NO_MEDIA));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "latch modes by description, signalling and policy",
		  nat_policies },
		{ "a party that moves latches anew, by one call", moved },
		{ "and media follows its signalling where it is to", moved_by_source },
		{ "events come with party, line and component", told },
		{ "events that were lost are found by a look at the legs", lost },
		{ "all legs are silent: told, by the timer", silence },
		{ "all legs are silent: told, by the datapath", silence_told },
		{ "a hold is no silence", silence_on_hold },
		{ "a bridge that is gone is told, and made again", bridge_gone },
		{ "legs of a former agent: ports are kept, one dump tells",
		  adopted },
		{ "what was adopted stays for the next agent", adopted_and_left },
		{ "what was adopted has copies", adopted_copies },
		{ "a report outlives its session", report },
		{ "a report of SRTP names suites, and whose keys anybody can read",
		  report_of_srtp },
		{ "verdicts", sentences },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
