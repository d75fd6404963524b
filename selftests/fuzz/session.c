// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that are told anything in any order.  The input is steps, each ended by a
 * form feed: a letter for the verb, one for the branch, then a description.  What
 * must hold:
 *
 * - what is refused has changed nothing: no leg, no port;
 * - the datapath is never asked for what makes no sense;
 * - no port is given back while a leg is on it, or twice;
 * - what the parties get is a description, without a key or address of the other's;
 * - in the end nothing is left.
 *
 * Ports are numbers here: no socket is bound.
 */
#include "base/log.h"
#include "fuzz.h"
#include "ports.h"
#include "sdp/sdp.h"
#include "session/session.h"

/* --- the session --- */

#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

static struct sessions *sessions;
static struct session *session;
static struct session_party *party[2];
static struct session_policy *policy[2];
static struct session_branch *branch[SESSION_BRANCHES_MAX];
static unsigned int n_branches;
static struct timers timers;

static void set_pool(unsigned int i, const char *host, unsigned int of)
{
	struct dp_addr a = {};

	dp_addr_parse_host(host, &a);
	memset(&pools[i], 0, sizeof(pools[i]));
	pools[i].conf.addr = a;
	pools[i].conf.lo = 30000;
	pools[i].conf.hi = 30000 + 2 * PAIRS - 1;
	session_policy_add(policy[of], &a, &a, &pools[i], NULL);
}

static void begin(uint8_t how)
{
	struct sessions_conf all = { .dp = &kernel.dp, .timers = &timers };
	struct session_conf conf = { .timeout = how & 1 ? 60 : 0 };
	struct session_party_conf of = { .name = "a", .transport = "udp" };
	unsigned int i;

	memset(&kernel, 0, sizeof(kernel));
	memset(&user, 0, sizeof(user));
	kernel.dp.ops = &fake_ops;
	user.dp.ops = &fake_user_ops;
	timers_init(&timers, 0);
	all.beside = how & 2 ? &user.dp : NULL;
	kernel.no_srtp = how & 4;
	sessions = sessions_new(&all);
	session = session_new(sessions, &conf);
	for (i = 0; i < 2; i++) {
		policy[i] = session_policy_new();
		policy[i]->srtp = (how >> (3 + 2 * i)) % 3;
		policy[i]->nat = (how >> i) % 3;
		policy[i]->ice = (how >> (6 - 3 * i)) & 3;
		policy[i]->suite[0] = RTPLANE_SRTP_AES_128_CM_SHA1_80;
		policy[i]->suite[1] = RTPLANE_SRTP_AES_256_GCM;
		policy[i]->n_suites = 2;
		set_pool(2 * i, i ? "198.18.0.2" : "198.18.0.1", i);
	}
	set_pool(1, "2001:db8:ffff::1", 0);
	for (i = 0; i < 2; i++) {
		of.policy = policy[i];
		party[i] = session_party_add(session, &of);
	}
	branch[0] = session_branch_new(party[0], party[1], NULL);
	n_branches = 1;
}

static void finish(void)
{
	unsigned int i;

	kernel.refuse = user.refuse = 0;
	session_end(session);
	sessions_free(sessions);
	for (i = 0; i < 2; i++)
		session_policy_put(policy[i]);
	for (i = 0; i < 3; i++)
		FUZZ_CHECK(!pools[i].n_used);
	FUZZ_CHECK(!kernel.n && !user.n && !timers.count);
	FUZZ_CHECK(!kernel.wrong && !user.wrong);
}

/* what a party gets */
static void check_text(char *text)
{
	static const char *const theirs[] = {
		"\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY,
		"\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY,
	};
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	size_t i;

	desc = sdp_desc_parse((struct span){ text, strlen(text) }, NULL, why);
	FUZZ_CHECK(desc);
	sdp_desc_free(desc);
	for (i = 0; i < 2; i++)		/* mutated, it is an attribute of theirs */
		FUZZ_CHECK(!strstr(text, theirs[i]));
	FUZZ_CHECK(!strstr(text, "\r\nc=IN IP4 192.0.2."));
	FUZZ_CHECK(!strstr(text, "\r\na=rtcp:7777"));
	FUZZ_CHECK(!strstr(text, "\r\na=ice-ufrag:theirs\r\n"));
	session_text_free(text);
}

struct picture {
	struct fake kernel, user;
	unsigned int used[3];
};

static void take_picture(struct picture *p)
{
	unsigned int i;

	p->kernel = kernel;
	p->user = user;
	for (i = 0; i < 3; i++)
		p->used[i] = pools[i].n_used;
}

static void check_picture(const struct picture *p)
{
	unsigned int i;

	FUZZ_CHECK(fake_same(&p->kernel, &kernel) && fake_same(&p->user, &user));
	for (i = 0; i < 3; i++)
		FUZZ_CHECK(p->used[i] == pools[i].n_used);
}

static void describe(struct session_branch *b, char verb, const char *text,
		     size_t len)
{
	static struct picture before;
	struct session_party *from = party[verb == 'O' || verb == 'A' ||
					   verb == 'E'];
	bool early = verb == 'e' || verb == 'E';
	struct dp_err err = {};
	char *to = NULL;
	int ret;

	take_picture(&before);
	if (verb == 'o' || verb == 'O')
		ret = session_offer(b, from, text, len, &to, &err);
	else
		ret = session_answer(b, from, text, len, early, &to, &err);
	FUZZ_CHECK(!ret == !!to && (!ret || (err.code == -ret && *err.text)));
	if (ret)
		check_picture(&before);
	else
		check_text(to);
}

static void drop(unsigned int i)
{
	session_branch_drop(branch[i]);
	branch[i] = branch[--n_branches];
	if (n_branches)
		return;
	branch[0] = session_branch_new(party[0], party[1], NULL);
	n_branches = 1;
}

static void choose(unsigned int i, bool final)
{
	struct dp_err err;

	if (session_choose(branch[i], final, &err) || !final)
		return;
	branch[0] = branch[i];
	n_branches = 1;
}

static void step(char verb, unsigned int i, const char *text, size_t len)
{
	struct dp_addr source = { .family = AF_INET, .port = (uint16_t)(i + 1) };
	struct session_branch *b = branch[i % n_branches], *fork;

	switch (verb) {
	case 'r':
		session_rollback(b);
		break;
	case 's':
		session_settle(b);
		break;
	case 'f':
		fork = session_branch_fork(b, NULL);
		if (fork)
			branch[n_branches++] = fork;
		break;
	case 'd':
		drop(i % n_branches);
		break;
	case 'c':
	case 'C':
		choose(i % n_branches, verb == 'C');
		break;
	case 'm':
		source.v4.s_addr = i / 4;
		session_moved(party[i & 1], &source, NULL);
		break;
	case 't':
		timers_run(&timers, timers.now + 10 * i);
		break;
	case 'x':
		/* one of them: what is refused while it is undone stays so */
		kernel.refuse = i & 1 ? 0 : kernel.calls + 1 + i / 2 % 3;
		user.refuse = i & 1 ? user.calls + 1 + i / 2 % 3 : 0;
		break;
	default:
		describe(b, verb, text, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *stop;

	log_set_level(LOG_LEVEL_ERROR);
	if (size < 3)
		return 0;
	begin((uint8_t)*p++);
	while (end - p >= 2) {
		stop = memchr(p + 2, '\f', (size_t)(end - p) - 2);
		if (!stop)
			stop = end;
		step(p[0], (uint8_t)p[1], p + 2, (size_t)(stop - p) - 2);
		p = stop < end ? stop + 1 : end;
	}
	finish();
	return 0;
}

#define A	"v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define B	"v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
#define A6	"v=0\r\no=a 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 7000 RTP/AVP 0\r\n"
#define VIDEO	"m=video 7100 RTP/AVP 34\r\na=rtcp:7777 IN IP4 203.0.113.7\r\n"
#define FAX	"m=image 7200 udptl t38\r\n"
#define SAVP	"m=audio 7000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
#define ICE	"a=ice-ufrag:theirs\r\na=ice-pwd:0123456789012345678901\r\n" \
		"a=candidate:1 1 udp 2130706431 192.0.2.1 7000 typ host\r\n"
#define ICE2	"a=ice-ufrag:others\r\na=ice-pwd:0123456789012345678901\r\n" \
		"a=candidate:1 1 udp 2130706431 192.0.2.2 7000 typ host\r\n"
#define OSRTP	"m=audio 7000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("\x02o0" A AUDIO "\fA0" B AUDIO "\fC0\fo0" A AUDIO VIDEO "\fA0" B AUDIO VIDEO "\fO0" B FAX "\fa0" A FAX),
	FUZZ_SAMPLE("\x2ao0" A SAVP VIDEO "\ff0\fE0" B OSRTP "\ff0\fE1" B AUDIO VIDEO "\fc1\fx1\fc0\fc2\fC1\fo0" A6 AUDIO
		    "\fr0\fo0" A6 SAVP "\fx2\fA0" B AUDIO "\fA0" B AUDIO "\fm4\fm5"),
	FUZZ_SAMPLE("\x0bO0" B AUDIO "\fa0" A6 SAVP "\fa0" A AUDIO "\fo0" A AUDIO "\fE0" B AUDIO VIDEO "\fr0\fo0" A VIDEO VIDEO
		    "\fE0" B AUDIO "\fs0\fd0\fo0" A AUDIO AUDIO AUDIO AUDIO AUDIO "\fA0" B AUDIO),
	FUZZ_SAMPLE("\xd3o0" A AUDIO ICE "\ff0\fE0" B AUDIO ICE2 "\ft9\fE1" B AUDIO ICE "\fc1\ft9\fC0\fo0" A AUDIO ICE2
		    "\fE0" B AUDIO "\fr0\fO0" B AUDIO ICE "\fa0" A AUDIO ICE "\fo0" A AUDIO "\fA0" B AUDIO ICE2 "\ft\xff"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE(ICE), FUZZ_SAMPLE(ICE2), FUZZ_SAMPLE("\ft9"), FUZZ_SAMPLE("\f"),
	FUZZ_SAMPLE("\fo0" A AUDIO), FUZZ_SAMPLE("\fO1" B AUDIO VIDEO), FUZZ_SAMPLE("\fA0" B AUDIO),
	FUZZ_SAMPLE("\fa1" A AUDIO), FUZZ_SAMPLE("\fE0" B AUDIO), FUZZ_SAMPLE("\fr0"), FUZZ_SAMPLE("\fs0"), FUZZ_SAMPLE("\ff0"),
	FUZZ_SAMPLE("\fd1"), FUZZ_SAMPLE("\fc1"), FUZZ_SAMPLE("\fC0"), FUZZ_SAMPLE("\fm6"), FUZZ_SAMPLE("\fx0"), FUZZ_SAMPLE("\fx4"),
	FUZZ_SAMPLE(AUDIO), FUZZ_SAMPLE(VIDEO), FUZZ_SAMPLE(FAX), FUZZ_SAMPLE(SAVP), FUZZ_SAMPLE("c=IN IP6 2001:db8::9\r\n"),
	FUZZ_SAMPLE("c=IN IP4 0.0.0.0\r\n"), FUZZ_SAMPLE("a=sendonly\r\n"), FUZZ_SAMPLE("a=inactive\r\n"), FUZZ_SAMPLE(" 0 "),
};

FUZZ_MAIN("sessions that are told anything in any order", samples, words)
