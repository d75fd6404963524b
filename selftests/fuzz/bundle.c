// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions whose lines come to share ports with a party (BUNDLE), and leave them: offers
 * and answers with any groups, lines that go, holds from the start, RTCP apart and on the
 * port of RTP, early answers and others after them, roll-backs, forks, taps, and a datapath
 * that refuses.  The input is what is chosen, a byte each; behind its end it goes on as a
 * hash of it does.  What must hold after each step:
 *
 * - a leg of several at a port has there the port's leg, which carries it and is not mute;
 * - a leg that is carried has nothing of what is the port's leg's, and stays carried;
 * - a line that is wanted, and whose parties are known, has its legs;
 * - what is refused has changed no leg; in the end nothing is left.
 */
#include "base/log.h"
#include "fuzz.h"
#include "ports.h"
#include "session/private.h"

#define STEPS	16
#define LINES	4
/* the port's leg's */
#define PORTS_OWN (DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_PREFIX | DP_LEG_PROBATION |	\
		   DP_LEG_EARLY | DP_LEG_RELATCH | DP_LEG_TIE | DP_LEG_UNLATCH |	\
		   DP_LEG_MOVED | DP_LEG_PROVEN | DP_LEG_SRTP_RX | DP_LEG_SRTP_TX |	\
		   DP_LEG_ONLY | DP_LEG_PPS | DP_LEG_BPS | DP_LEG_MUTE | DP_LEG_SAVED |	\
		   DP_LEG_MARK | DP_LEG_OIF | DP_LEG_UNKNOWN)

/* --- what is chosen --- */

static const uint8_t *bytes, *bytes_end;
static uint64_t hash;

static unsigned int choose(unsigned int below)
{
	if (bytes < bytes_end)
		return *bytes++ % below;
	hash ^= hash << 13;
	hash ^= hash >> 7;
	hash ^= hash << 17;
	return (unsigned int)(hash >> 33) % below;
}

static void choose_by(const uint8_t *data, size_t size)
{
	bytes = data;
	bytes_end = data + size;
	hash = 0xcbf29ce484222325ull;
	while (size--)
		hash = (hash ^ *data++) * 0x100000001b3ull;
	hash |= 1;
}

/* --- the session --- */

static struct timers timers;
static struct sessions *sessions;
static struct session *session;
static struct session_party *party[2];
static struct session_policy *policy[2];
static struct session_branch *branch[2];
static struct session_tap *tap[4];
static struct dp_ops ops;
static char *text;
static unsigned int from;
static bool half_way;

static int bridges_new(struct dp *dp, const struct dp_bridge *b, size_t n, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < 2 * n; i++)
		FUZZ_CHECK(!dp_leg_is_carried(&b[i / 2].leg[i % 2]) ||
			   !(b[i / 2].leg[i % 2].set & PORTS_OWN));
	return fake_new(dp, b, n, err);
}

static int bridges_set(struct dp *dp, const struct dp_bridge *b, size_t n, struct dp_err *err)
{
	const struct fake_leg *was;
	const struct dp_leg *leg;
	size_t i;

	for (i = 0; i < 2 * n; i++) {
		leg = &b[i / 2].leg[i % 2];
		was = fake_find(fake_of(dp), &leg->local);
		FUZZ_CHECK(!dp_leg_is_carried(leg) || !(leg->set & PORTS_OWN));
		FUZZ_CHECK(!was || !(leg->set & DP_LEG_LINE) ||
			   dp_leg_is_carried(&was->conf) == dp_leg_is_carried(leg));
	}
	return fake_set(dp, b, n, err);
}

static void begin(void)
{
	static const char *const host[2] = { "198.18.0.1", "198.18.0.2" };
	struct sessions_conf all = { .dp = &kernel.dp, .beside = &user.dp, .timers = &timers };
	struct session_conf conf = { 0 };
	struct session_party_conf of = { .name = "a" };
	struct dp_addr a;
	unsigned int i;

	memset(&kernel, 0, sizeof(kernel));
	memset(&user, 0, sizeof(user));
	kernel.dp.ops = &fake_ops;
	ops = fake_user_ops;
	ops.bridges_new = bridges_new;
	ops.bridges_set = bridges_set;
	user.dp.ops = &ops;
	timers_init(&timers, 0);
	sessions = sessions_new(&all);
	session = session_new(sessions, &conf);
	for (i = 0; i < 2; i++) {
		a = (struct dp_addr){ 0 };
		dp_addr_parse_host(host[i], &a);
		memset(&pools[i], 0, sizeof(pools[i]));
		pools[i].conf.addr = a;
		policy[i] = session_policy_new();
		policy[i]->mux = choose(2) ? SESSION_MUX_OFFER : SESSION_MUX_ALLOW;
		policy[i]->bundle = choose(8) ? SESSION_BUNDLE_ACCEPT : SESSION_BUNDLE_REQUIRE;
		session_policy_add(policy[i], &a, &a, &pools[i], NULL);
		of.policy = policy[i];
		/* to a browser groups are offered */
		of.transport = choose(2) ? "wss" : "udp";
		of.name = i ? "b" : "a";
		party[i] = session_party_add(session, &of);
	}
	branch[0] = session_branch_new(party[0], party[1], NULL);
	branch[1] = NULL;
	memset(tap, 0, sizeof(tap));
	text = NULL;
	half_way = false;
}

static void untap(unsigned int i)
{
	struct dp_err err;

	session_tap_set(tap[i], NULL, NULL);
	session_taps_apply(session, &err);
	session_tap_free(tap[i]);
	tap[i] = NULL;
}

static void finish(void)
{
	unsigned int i;

	kernel.refuse = user.refuse = 0;
	for (i = 0; i < FUZZ_COUNT(tap); i++)
		if (tap[i])
			untap(i);
	session_text_free(text);
	session_end(session);
	sessions_free(sessions);
	for (i = 0; i < 2; i++) {
		session_policy_put(policy[i]);
		FUZZ_CHECK(!pools[i].n_used);
	}
	FUZZ_CHECK(!kernel.n && !user.n && !timers.count);
}

/* --- what must hold --- */

static void check_leg(struct fake *f, const struct fake_leg *leg)
{
	struct dp_addr port = leg->conf.local;
	const struct fake_leg *base, *peer = fake_find(f, &leg->peer);

	FUZZ_CHECK(peer && dp_addr_eq(&peer->peer, &leg->conf.local));
	if (!port.line && !port.rtcp)
		return;
	port.line = 0;
	port.rtcp = false;
	base = fake_find(f, &port);
	FUZZ_CHECK(base);
	FUZZ_CHECK(!leg->conf.local.line || (base->conf.line.on && !base->conf.mute));
}

static void check_line(const struct line *line)
{
	const struct fake_leg *leg;
	struct dp_addr a;
	unsigned int s;

	if (!line->wanted || !line->half[0].remote.family || !line->half[1].remote.family)
		return;
	for (s = 0; s < 2; s++) {
		a = line->half[s].seat->pair->rtp;
		a.line = line->half[s].line;
		leg = fake_find(&kernel, &a);
		if (!leg)
			leg = fake_find(&user, &a);
		FUZZ_CHECK(leg);
		FUZZ_CHECK(leg->conf.block != RTPLANE_BLOCK_MEDIA);
	}
}

static void check(void)
{
	unsigned int i;

	FUZZ_CHECK(!kernel.wrong && !user.wrong);
	for (i = 0; i < kernel.n; i++)
		check_leg(&kernel, &kernel.leg[i]);
	for (i = 0; i < user.n; i++)
		check_leg(&user, &user.leg[i]);
	for (i = 0; session->heard && i < session->heard->n_lines; i++)
		check_line(&session->heard->line[i]);
}

/* --- descriptions --- */

static const char *const mids[2][LINES] = { { "a", "b", "c", "d" }, { "w", "x", "y", "z" } };

static void head(FILE *out, unsigned int side, const char *group)
{
	const char *host = side ? "198.51.100.1" : "192.0.2.1";

	fprintf(out, "v=0\r\no=x 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", host, host,
		group);
}

static const char *offer_of(unsigned int side)
{
	static char to[4096];
	unsigned int n = 1 + choose(LINES), in = choose(1 << LINES), out = choose(1 << LINES), i;
	char group[64] = "", lines[2048];
	FILE *file = fmemopen(lines, sizeof(lines), "w");
	int port, shared = 0;
	bool grouped;

	out &= choose(4) ? choose(1 << LINES) : 0;
	for (i = 0; i < n; i++) {
		port = (int)(7000 + 100 * side + 10 * i);
		grouped = (in & ~out) >> i & 1;
		if (grouped) {
			port = shared = shared ? shared : port;
			snprintf(group + strlen(group), sizeof(group) - strlen(group), "%s %s",
				 *group ? "" : "a=group:BUNDLE", mids[side][i]);
		}
		fprintf(file, "m=%s %d RTP/AVP %u\r\n%sa=mid:%s\r\n%s%s", i ? "video" : "audio",
			out >> i & 1 ? 0 : port, 3 * i,
			grouped || choose(8) ? "" : "c=IN IP4 0.0.0.0\r\n", mids[side][i],
			grouped || choose(3) ? "a=rtcp-mux\r\n" : "",
			choose(6) ? "" : "a=sendonly\r\n");
	}
	fclose(file);
	if (*group)
		strcat(group, "\r\n");
	file = fmemopen(to, sizeof(to), "w");
	head(file, side, group);
	fputs(lines, file);
	fclose(file);
	return to;
}

/* the value of a line of a section of @text */
static bool value_of(const char *section, const char *end, const char *what, char *to, size_t n)
{
	const char *p = strstr(section, what);

	if (!p || (end && p > end))
		return false;
	p += strlen(what);
	snprintf(to, n, "%.*s", (int)strcspn(p, "\r"), p);
	return true;
}

/* an answer to what it has got, which may take or leave each word of it */
static const char *answer_of(unsigned int side)
{
	static char to[4096];
	char group[128] = "", offered[128] = "", lines[2048], mid[40], type[16], word[44];
	FILE *file = fmemopen(lines, sizeof(lines), "w");
	const char *p, *end;
	int port, shared = 0, i = 0;
	unsigned int pt;
	bool mux, in;

	value_of(text, NULL, "a=group:BUNDLE", offered, sizeof(offered) - 1);
	strcat(offered, " ");
	for (p = strstr(text, "\r\nm="); p; p = end, i++) {
		end = strstr(p + 4, "\r\nm=");
		if (sscanf(p, "\r\nm=%15s %d RTP/AVP %u", type, &port, &pt) != 3)
			break;
		*mid = '\0';
		value_of(p, end, "a=mid:", mid, sizeof(mid));
		mux = value_of(p, end, "a=rtcp-mux", word, sizeof(word));
		snprintf(word, sizeof(word), " %s ", mid);
		in = *mid && mux && strstr(offered, word) && port && choose(5);
		port = port && choose(6) ? (int)(7000 + 100 * side) + 10 * i : 0;
		if (in && port) {
			port = shared = shared ? shared : port;
			snprintf(group + strlen(group), sizeof(group) - strlen(group), "%s %s",
				 *group ? "" : "a=group:BUNDLE", mid);
		}
		fprintf(file, "m=%s %d RTP/AVP %u\r\n%s", type, port, pt,
			in || choose(8) ? "" : "c=IN IP4 0.0.0.0\r\n");
		if (*mid)
			fprintf(file, "a=mid:%s\r\n", mid);
		if (mux && (in || choose(3)))
			fputs("a=rtcp-mux\r\n", file);
	}
	fclose(file);
	if (*group)
		strcat(group, "\r\n");
	file = fmemopen(to, sizeof(to), "w");
	head(file, side, group);
	fputs(lines, file);
	fclose(file);
	return to;
}

/* --- steps --- */

static bool took(int ret, char *const *to, const struct dp_err *err)
{
	if (ret) {
		FUZZ_CHECK(err->code == -ret && *err->text);
		half_way |= strstr(err->text, "half way") != NULL;
		return false;
	}
	session_text_free(text);
	text = *to;
	return true;
}

static void offer(void)
{
	struct dp_err err = {};
	const char *what;
	char *to = NULL;

	from = choose(2);
	what = offer_of(from);
	took(session_offer(branch[0], party[from], what, strlen(what), &to, &err), &to, &err);
}

static void offer_anew(void)
{
	unsigned int side = choose(2);
	const char *what = offer_of(side);
	struct dp_err err = {};
	char *to = NULL;

	if (took(session_offer_anew(branch[0], party[side], what, strlen(what), &to, &err), &to,
		 &err))
		from = side;
	else if (branch[0]->open)
		session_rollback(branch[0]);
}

static void answer(void)
{
	bool early = !choose(3), refused = !choose(8);
	const char *what = answer_of(!from);
	struct fake was[2] = { kernel, user };
	struct dp_err err = {};
	char *to = NULL;

	if (refused)
		user.refuse = user.calls + 1 + choose(3);
	if (took(session_answer(branch[0], party[!from], what, strlen(what), early, &to, &err), &to,
		 &err)) {
		user.refuse = 0;
		if (choose(2))
			session_choose(branch[0], false, &err);
		return;
	}
	user.refuse = 0;
	FUZZ_CHECK(fake_same(&was[0], &kernel) && fake_same(&was[1], &user));
}

/* another branch of the first offer, which is heard instead until it is dropped */
static void fork_or_join(void)
{
	struct session_branch *other = branch[1];
	struct dp_err err = {};
	const char *what;
	char *to = NULL;

	if (other) {
		branch[1] = NULL;
		session_branch_drop(other);
		return;
	}
	other = text ? session_branch_fork(branch[0], NULL) : NULL;
	if (!other)
		return;
	branch[1] = other;
	what = answer_of(1);
	if (!session_answer(other, party[1], what, strlen(what), true, &to, &err))
		session_choose(other, false, &err);
	session_text_free(to);
}

static void tap_or_not(void)
{
	struct dp_addr to = { .family = AF_INET, .port = 9000 };
	unsigned int i = choose(FUZZ_COUNT(tap));
	struct dp_err err;

	if (tap[i]) {
		untap(i);
		return;
	}
	tap[i] = session_tap_new(party[choose(2)], choose(LINES), policy[1], 0, &err);
	if (!tap[i])
		return;
	session_tap_set(tap[i], &to, choose(2) ? &to : NULL);
	session_taps_apply(session, &err);
}

static void block(void)
{
	struct session_party *of = party[choose(2)];
	struct dp_err err;

	session_block(&of, 1, RTPLANE_BLOCK_DIGITS, true, &err);
	check();
	session_block(&of, 1, RTPLANE_BLOCK_DIGITS, false, &err);
}

static void step(void)
{
	struct dp_addr source = { .family = AF_INET, .port = (uint16_t)(1 + choose(2)) };

	switch (choose(13)) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		if (branch[0]->open)
			answer();
		else
			offer();
		break;
	case 6:
		session_rollback(branch[0]);
		break;
	case 7:
		session_settle(branch[0]);
		break;
	case 8:
		offer_anew();
		break;
	case 9:
		tap_or_not();
		break;
	case 10:
		block();
		break;
	case 11:
		session_moved(party[0], &source, NULL);
		break;
	case 12:
		fork_or_join();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	log_set_level(LOG_LEVEL_ERROR);
	choose_by(data, size);
	begin();
	for (i = 0; i < STEPS && !half_way; i++) {
		step();
		check();
	}
	finish();
	return 0;
}

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("\1\1\1\1\1\1"), FUZZ_SAMPLE("\0\1\1\1\1\0\0\0\1\3\3"), FUZZ_SAMPLE("one line, and more come"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\0"), FUZZ_SAMPLE("\1"), FUZZ_SAMPLE("\17"), FUZZ_SAMPLE("\0\0\3\17\0"), FUZZ_SAMPLE("\10\1\3\16\0"),
};

FUZZ_MAIN("sessions whose lines share ports", samples, words)
