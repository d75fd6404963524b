// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions with media, by the user-space datapath:
 *
 *   a (phone) ------ realm access | realm core ------ b, c (phones)
 *   127.0.0.11:4000, 127.0.0.1      127.0.0.9         127.0.0.12:4000
 *   [::1]:4000       [::1]                            127.0.0.13:4000
 */
#include "choose.h"
#include "base/log.h"
#include "net.h"
#include "phones.h"
#include "session/report.h"
#include "session/session.h"

static struct sessions *sessions;
static struct session *session;
static struct session_party *caller, *callee;
static struct session_branch *branch;
static struct session_policy *access_policy, *core_policy;
static struct timers timers;
static unsigned int n_timeouts;
static struct dp_err err;

static struct dp_addr to_caller, to_callee;	/* our ports */
static struct dp_addr at_c, at_a6;
static int c = -1, a6 = -1;

static void on_timeout(struct session *of, void *arg)
{
	(void)of;
	(void)arg;
	n_timeouts++;
}

static const struct session_ops ops = { .timeout = on_timeout };

static struct session_policy *policy(const char *name, enum session_nat nat,
				     const char *const *hosts)
{
	struct ports_conf range = { .lo = 30000, .hi = 30099 };
	struct session_policy *new = session_policy_new();
	struct ports *ports;

	snprintf(new->name, sizeof(new->name), "%s", name);
	new->nat = nat;
	new->probation = 0;	/* the whole address is known */
	for (; *hosts; hosts++) {
		dp_addr_parse_host(*hosts, &range.addr);
		if (ports_new(&ports, &range, media, &err))
			printf("# %s\n", err.text);
		session_policy_add(new, &range.addr, &range.addr, ports, NULL);
		ports_free(ports);	/* the policy has it */
	}
	return new;
}

static void open_phones(void)
{
	at_a = addr("127.0.0.11", 4000);
	at_b = addr("127.0.0.12", 4000);
	at_c = addr("127.0.0.13", 4000);
	at_a6 = addr("::1", 4000);
	a = phone(&at_a);
	b = phone(&at_b);
	c = phone(&at_c);
	a6 = phone(&at_a6);
}

static bool tear_down(void)
{
	size_t left;

	sessions_free(sessions);
	session_policy_put(access_policy);
	session_policy_put(core_policy);
	left = media_sockets(media);
	close(a);
	close(b);
	close(c);
	close(a6);
	end();
	return !left;
}

static bool set_up(enum session_nat nat, uint32_t timeout)
{
	static const char *const access[] = { "127.0.0.1", "::1", NULL };
	static const char *const core[] = { "127.0.0.9", NULL };
	struct sessions_conf all = { .timers = &timers };
	struct session_conf one = { .ops = &ops, .timeout = timeout };
	struct session_party_conf party = { .transport = "tls" };

	if (media)
		tear_down();	/* a test that failed has left it */
	timers_init(&timers, 0);
	n_timeouts = 0;
	n_passed = 0;
	if (media_new(&media, NULL, on_passed, NULL, &err))
		return false;
	sessions = NULL;
	if (dp_open(&dp, "uring", media, on_event, NULL, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	all.dp = dp;
	all.beside = NULL;
	sessions = sessions_new(&all);
	access_policy = policy("access", nat, access);
	core_policy = policy("core", nat, core);
	session = session_new(sessions, &one);
	party.name = "caller";
	party.policy = access_policy;
	party.source = addr("127.0.0.11", 5060);
	caller = session_party_add(session, &party);
	party.name = "callee";
	party.policy = core_policy;
	party.source = addr("127.0.0.12", 5060);
	callee = session_party_add(session, &party);
	branch = session_branch_new(caller, callee, NULL);
	open_phones();
	return true;
}

static const char *sdp(const char *host, const char *line)
{
	static char text[2][1024];
	static unsigned int i;
	const char *family = strchr(host, ':') ? "IP6" : "IP4";

	i = !i;
	snprintf(text[i], sizeof(text[i]),
		 "v=0\r\no=x 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n%s\r\n",
		 family, host, family, host, line);
	return text[i];
}

/* where the description that a party got says media is to go */
static struct dp_addr place(const char *text)
{
	char host[64], family[4];
	struct dp_addr to = {};

	if (sscanf(strstr(text, "c=IN "), "c=IN %3s %63s", family, host) == 2)
		dp_addr_parse_host(host, &to);
	to.port = (uint16_t)atoi(strchr(strstr(text, "\r\nm="), ' ') + 1);
	return to;
}

static bool agree_in(struct session_branch *in, const char *from,
		     const char *line, const char *by, const char *with)
{
	char *text;

	if (from) {
		from = sdp(from, line);
		if (session_offer(in, caller, from, strlen(from), &text, &err))
			goto failed;
		to_callee = place(text);
		session_text_free(text);
	}
	by = sdp(by, with);
	if (session_answer(in, callee, by, strlen(by), false, &text, &err))
		goto failed;
	to_caller = place(text);
	session_text_free(text);
	return true;
failed:
	printf("# %s\n", err.text);
	return false;
}

#define AUDIO	"m=audio 4000 RTP/AVP 0"

/* n packets each way, all of which arrive */
static bool talk(int x, int y, unsigned int from, unsigned int n)
{
	unsigned int i;

	for (i = from; i < from + n; i++) {
		KTAP_CHECK(say_rtp(x, &to_caller, i) && say_rtp(y, &to_callee, i));
		poll(NULL, 0, 2);
	}
	for (i = from; i < from + n; i++) {
		KTAP_CHECK(hear(y, NULL, NULL) == (int)i);
		KTAP_CHECK(hear(x, NULL, NULL) == (int)i);
	}
	return true;
}

static bool latched(unsigned int latches, const struct dp_addr *local)
{
	struct dp_leg_info info;

	return !dp_leg_get(dp, local, &info, &err) && info.latches >= latches;
}

static bool call(void)
{
	struct session_report *report;

	KTAP_CHECK(set_up(SESSION_NAT_OFF, 0));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	/* each is known by its first packet */
	KTAP_CHECK(say_rtp(a, &to_caller, 1) && AWAIT(latched(1, &to_caller)));
	KTAP_CHECK(say_rtp(b, &to_callee, 1) && AWAIT(latched(1, &to_callee)));
	KTAP_CHECK(hear(a, NULL, NULL) == 1);
	KTAP_CHECK(talk(a, b, 2, 20));
	report = session_report(session);
	KTAP_CHECK(report && report->n_legs == 4);
	KTAP_CHECK(report->leg[0].info.rx_packets == 21);
	KTAP_CHECK(!strcmp(report->datapath, "uring"));
	session_report_free(report);
	return tear_down();
}

static bool other_family(void)
{
	KTAP_CHECK(set_up(SESSION_NAT_OFF, 0));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(say_rtp(a, &to_caller, 1) && AWAIT(latched(1, &to_caller)));
	KTAP_CHECK(say_rtp(b, &to_callee, 1) && AWAIT(latched(1, &to_callee)));
	KTAP_CHECK(hear(a, NULL, NULL) == 1);
	KTAP_CHECK(talk(a, b, 2, 5));
	KTAP_CHECK(agree_in(branch, "::1", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(to_caller.family == AF_INET6);
	KTAP_CHECK(say_rtp(a6, &to_caller, 7) && hear(b, NULL, NULL) == 7);
	KTAP_CHECK(AWAIT(latched(1, &to_caller)));
	KTAP_CHECK(talk(a6, b, 8, 5));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(to_caller.family == AF_INET);
	KTAP_CHECK(say_rtp(a, &to_caller, 13) && hear(b, NULL, NULL) == 13);
	KTAP_CHECK(AWAIT(latched(1, &to_caller)));
	KTAP_CHECK(talk(a, b, 14, 5));
	return tear_down();
}

static bool fork_chosen(void)
{
	struct session_branch *second;

	KTAP_CHECK(set_up(SESSION_NAT_OFF, 0));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	second = session_branch_fork(branch, NULL);
	KTAP_CHECK(second && agree_in(second, NULL, NULL, "127.0.0.13", AUDIO));
	KTAP_CHECK(say_rtp(a, &to_caller, 1) && AWAIT(latched(1, &to_caller)));
	KTAP_CHECK(say_rtp(b, &to_callee, 1) && AWAIT(latched(1, &to_callee)));
	KTAP_CHECK(hear(a, NULL, NULL) == 1);
	KTAP_CHECK(talk(a, b, 2, 5));
	KTAP_CHECK(!session_choose(second, true, &err));
	KTAP_CHECK(say_rtp(c, &to_callee, 7) && hear(a, NULL, NULL) == 7);
	KTAP_CHECK(AWAIT(latched(2, &to_callee)));
	KTAP_CHECK(talk(a, c, 8, 5));
	return tear_down();
}

/* T.38 is not RTP; what looks like it is no RTP either */
static bool fax(void)
{
	static const uint8_t udptl[] = { 0x00, 0x07, 0x01, 0x06, 0x00, 0x00 };
	uint8_t got[64];

	KTAP_CHECK(set_up(SESSION_NAT_OFF, 0));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", "m=image 4000 udptl t38",
			    "127.0.0.12", "m=image 4000 udptl t38"));
	KTAP_CHECK(say(b, &to_callee, udptl, sizeof(udptl)));
	KTAP_CHECK(AWAIT(latched(1, &to_callee)));
	KTAP_CHECK(say(a, &to_caller, udptl, sizeof(udptl)));
	KTAP_CHECK(recv(b, got, sizeof(got), 0) == sizeof(udptl));
	KTAP_CHECK(!memcmp(got, udptl, sizeof(udptl)));
	return tear_down();
}

/* behind NAT; its router gets another address, its description stays */
static bool moved(void)
{
	struct dp_addr source = addr("127.0.0.13", 5060);

	KTAP_CHECK(set_up(SESSION_NAT_LEARN, 0));
	KTAP_CHECK(agree_in(branch, "10.0.0.5", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(say_rtp(b, &to_callee, 1) && AWAIT(latched(1, &to_callee)));
	KTAP_CHECK(say_rtp(a, &to_caller, 1) && say_rtp(a, &to_caller, 2) &&
		   say_rtp(a, &to_caller, 3));
	KTAP_CHECK(AWAIT(latched(1, &to_caller)));
	while (!quiet(b))
		KTAP_CHECK(hear(b, NULL, NULL) <= 3);
	KTAP_CHECK(talk(a, b, 4, 5));
	KTAP_CHECK(say_rtp(c, &to_caller, 9) && quiet(b));
	KTAP_CHECK(!session_moved(caller, &source, &err));
	KTAP_CHECK(say_rtp(c, &to_caller, 10) && say_rtp(c, &to_caller, 11) &&
		   say_rtp(c, &to_caller, 12));
	KTAP_CHECK(AWAIT(latched(2, &to_caller)));
	while (!quiet(b))
		KTAP_CHECK(hear(b, NULL, NULL) >= 10);
	KTAP_CHECK(talk(c, b, 13, 5));
	return tear_down();
}

/* what the datapath does not take is told, of the right leg */
static bool at_agent(void)
{
	static const uint8_t dtls[20] = { 22, 254, 253 };
	struct session_report *report;

	KTAP_CHECK(set_up(SESSION_NAT_OFF, 0));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(say(b, &to_callee, dtls, sizeof(dtls)));
	KTAP_CHECK(AWAIT(n_passed));
	report = session_report(session);
	KTAP_CHECK(report && report->n_legs == 4);
	KTAP_CHECK(!report->leg[0].at_agent[MEDIA_DTLS]);
	KTAP_CHECK(report->leg[1].at_agent[MEDIA_DTLS] == 1);
	session_report_free(report);
	return tear_down();
}

static bool fell_silent(void)
{
	KTAP_CHECK(set_up(SESSION_NAT_OFF, 1));
	KTAP_CHECK(agree_in(branch, "127.0.0.11", AUDIO, "127.0.0.12", AUDIO));
	KTAP_CHECK(say_rtp(a, &to_caller, 1) && AWAIT(latched(1, &to_caller)));
	/* the timers' clock is ours, that of packets is not */
	timers_run(&timers, 999);
	timers_run(&timers, 1000);
	KTAP_CHECK(!n_timeouts);
	KTAP_CHECK(AWAIT((timers_run(&timers, timers.now + 1), n_timeouts)));
	return tear_down();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a call", call },
		{ "the caller goes to IPv6 and back", other_family },
		{ "of two that answer the other one is chosen", fork_chosen },
		{ "audio becomes T.38", fax },
		{ "a phone behind NAT moves", moved },
		{ "packets that are no RTP are told", at_agent },
		{ "nobody sends any more", fell_silent },
	};

	log_set_level(LOG_LEVEL_ERROR);
	unit_net();
	if (!can_io_uring())
		return 4;
	return KTAP_RUN(points);
}
