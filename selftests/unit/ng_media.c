// SPDX-License-Identifier: GPL-2.0
/*
 * Media of the control protocol's calls: what is told of it, how good it is, and what is
 * blocked or silenced for a while.
 */
#include "ng_lib.h"

/* --- what is told --- */

static bool told(void)
{
	const struct ng_value *tags, *streams;
	int64_t n;

	KTAP_CHECK(open_ng() && call_up());
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strlen(reply) <= NG_REPLY_SMALL);
	tags = ng_get(tree.root, "tags");
	KTAP_CHECK(tags && ng_get(tags, "f") && ng_get(tags, "t"));
	streams = ng_get(ng_get(ng_get(tags, "t"), "medias")->first, "streams");
	KTAP_CHECK(streams && streams->first && streams->first != streams->last);
	KTAP_CHECK(span_is(ng_get_text(ng_get(streams->first, "endpoint"), "address"), B4));
	KTAP_CHECK(ng_number(ng_get(ng_get(streams->first, "endpoint"), "port"), &n) && n == 8000);
	KTAP_CHECK(ng_get(ng_get(tree.root, "totals"), "rtp") && ng_get(tree.root, "ssrc"));
	KTAP_CHECK(ng_number(ng_get(tree.root, "created"), &n) && n > 1000000000);
	KTAP_CHECK(ok(ask("list", NULL)) && strstr(reply, "5:callsl2:c1e"));
	KTAP_CHECK(ok(ask("list", "limit", "0", NULL)) && strstr(reply, "5:callsle"));
	KTAP_CHECK(ok(ask("statistics", NULL)));
	KTAP_CHECK(ng_number(ng_get(ng_get(ng_get(tree.root, "statistics"), "currentstatistics"), "sessionstotal"), &n));
	KTAP_CHECK(n == 1);
	KTAP_CHECK(ng_number(ng_get(ng_get(ng_get(tree.root, "statistics"), "controlstatistics"), "totaloffercount"), &n));
	KTAP_CHECK(n == 1);
	return done();
}

static unsigned int keys(const struct ng_value *dict, const char *key)
{
	const struct ng_value *value = dict ? dict->first : NULL;
	unsigned int n = 0;

	for (; value; value = value->next)
		n += span_is(value->key, key);
	return n;
}

/* branches with a tag in common, and a party that echoes */
static bool told_once(void)
{
	const struct ng_value *tags;
	unsigned int i;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v1", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "via-branch", "v2", "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && keys(ng_get(tree.root, "tags"), "f") == 1);
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "via-branch", "v1", "sdp", sdp_of(B4, ANSWER), NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, "to-tag", "t2", "via-branch", "v2",
			  "sdp", sdp_of("198.51.100.2", ANSWER), NULL)));
	for (i = 0; i < kernel.n; i++) {
		kernel.leg[i].seen.rtp.present = true;
		kernel.leg[i].seen.rtp.ssrc = 77;
	}
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	tags = ng_get(tree.root, "tags");
	KTAP_CHECK(keys(tags, "f") == 1 && keys(tags, "t2") == 1);
	KTAP_CHECK(ng_get(ng_get(tags, "f"), "medias") && ng_get(ng_get(tags, "t2"), "medias"));
	KTAP_CHECK(keys(ng_get(tree.root, "ssrc"), "77") == 1);
	return done();
}

static bool is_number(const struct ng_value *dict, const char *name, int64_t want)
{
	int64_t n = -1;

	return ng_number(ng_get(dict, name), &n) && n == want;
}

/* what came on a leg of RTP, and what its remote told by RTCP */
static void has_come(unsigned int i, uint32_t ssrc, uint64_t lost, uint32_t jitter, uint32_t rtt)
{
	struct dp_leg_info *info = &kernel.leg[i].seen;

	info->rtp = (struct dp_rtp){ .present = true, .ssrc = ssrc, .packets = 1000 - lost,
				     .lost = lost, .jitter = jitter, .jitter_max = 2 * jitter };
	info->rtcp = (struct dp_rtcp){ .present = true, .has_rtt = rtt, .reports = 7, .rtt = rtt };
}

static bool mos(void)
{
	const struct ng_value *ssrc, *entry;
	unsigned int i;

	KTAP_CHECK(open_ng() && call_up());
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 0, 0, 0);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	for (i = 0, ssrc = ng_get(tree.root, "ssrc")->first; ssrc; ssrc = ssrc->next, i++) {
		entry = ng_get(ssrc, "average-mos");
		KTAP_CHECK(is_number(entry, "mos", 44) && is_number(entry, "packet-loss", 0));
		KTAP_CHECK(is_number(entry, "jitter", 0) && !ng_get(entry, "round-trip-time"));
		KTAP_CHECK(is_number(entry, "samples", 7) && !ng_get(ssrc, "lowest-mos"));
	}
	KTAP_CHECK(i == 2);
	/* a tenth is lost, 20 ms of jitter and once 40, 100 ms on either side */
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 100, 160, 100000);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "packet-loss", 10) && is_number(entry, "jitter", 20));
	KTAP_CHECK(is_number(entry, "round-trip-time", 200000) && is_number(entry, "round-trip-time-leg", 100000));
	KTAP_CHECK(is_number(entry, "mos", 33));
	/* where there is room for it; and the same for newer proxies, at the stream */
	datagram = false;
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	datagram = true;
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "lowest-mos");
	KTAP_CHECK(is_number(entry, "mos", 32) && is_number(entry, "jitter", 40));
	KTAP_CHECK(ng_get(ng_get(tree.root, "ssrc")->first, "highest-mos"));
	entry = ng_get(ng_get(ng_get(tree.root, "tags"), "f"), "medias");
	KTAP_CHECK(entry && ng_get(entry->first, "ingress-ssrcs"));
	entry = ng_get(entry->first, "ingress-ssrcs")->first;
	KTAP_CHECK(is_number(ng_get(entry, "average-mos"), "mos", 33));
	KTAP_CHECK(ok(ask("query", CALL, NULL)) && strlen(reply) <= NG_REPLY_SMALL);
	/* nothing gets through */
	for (i = 0; i < kernel.n; i++)
		has_come(i, 10 + i, 999, 80000, 3000000);
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "mos", 10) && is_number(entry, "packet-loss", 99));
	KTAP_CHECK(ok(ask("delete", CALL, "delete-delay", "0", NULL)));
	KTAP_CHECK(strlen(reply) <= NG_REPLY_SMALL);
	entry = ng_get(ng_get(tree.root, "ssrc")->first, "average-mos");
	KTAP_CHECK(is_number(entry, "mos", 10));
	return done();
}

/* --- what people see --- */

static unsigned int n_seen;
static struct b2b_view seen;
static char words[256];

static void see(const struct b2b_view *view, void *arg)
{
	n_seen++;
	seen = *view;
}

static void hear_word(const char *word, void *arg)
{
	strncat(words, word, sizeof(words) - strlen(words) - 1);
	strcat(words, ";");
}

/* what people see, before and after its end */
static bool seen_by_people(void)
{
	struct session_report *report;
	struct b2b_view view;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, RECV_A, "+flags", "force,trust-addres,force",
			  "sdp", sdp_of(A4, PCMU), NULL)));
	n_seen = 0;
	ng_each(ng, see, NULL);
	KTAP_CHECK(n_seen == 1 && seen.state == B2B_SETUP && !strcmp(seen.request, "c1"));
	KTAP_CHECK(!strcmp(seen.side[0].uri, "f") && !*seen.side[1].uri);
	KTAP_CHECK(!strcmp(seen.side[0].realm, "access") && !strcmp(seen.side[1].realm, "core"));
	KTAP_CHECK(ok(answer_b()) && sessions_find(sessions, seen.id));
	KTAP_CHECK(ng_view(ng, seen.id, &view, &report) && report && report->n_legs == 4);
	KTAP_CHECK(view.state == B2B_UP && view.answered.tv_sec && !strcmp(view.side[1].uri, "t"));
	ng_report_put(ng, seen.id, report);
	*words = '\0';
	ng_ignored(ng, seen.id, hear_word, NULL);
	KTAP_CHECK(!strcmp(words, "force;trust-addres;"));
	/* deleted, and not gone yet; then an answer makes it live on */
	KTAP_CHECK(ok(ask("delete", CALL, NULL)) && ng_view(ng, seen.id, &view, NULL));
	KTAP_CHECK(view.state == B2B_OVER && view.ended.tv_sec && !strncmp(view.reason, "deleted;", 8));
	KTAP_CHECK(ok(answer_b()) && ng_view(ng, seen.id, &view, NULL));
	KTAP_CHECK(view.state == B2B_UP && !view.ended.tv_sec && !*view.reason);
	KTAP_CHECK(ng_end(ng, seen.id) && !ng_end(ng, seen.id) && !ng_count(ng));
	/* over, and what it was is still there, whatever the configuration is now */
	ng_reload(ng, config);
	n_seen = 0;
	ng_each(ng, see, NULL);
	KTAP_CHECK(!n_seen && ng_view(ng, view.id, &view, &report) && view.state == B2B_OVER);
	KTAP_CHECK(!strcmp(view.reason, "ended by hand") && !strcmp(view.side[0].realm, "access"));
	KTAP_CHECK(report && report->n_legs == 4);
	ng_report_put(ng, view.id, report);
	*words = '\0';
	ng_ignored(ng, view.id, hear_word, NULL);
	KTAP_CHECK(!strcmp(words, "force;trust-addres;"));
	KTAP_CHECK(!ng_view(ng, view.id + 1, &view, NULL) && !ng_view(NULL, view.id, &view, NULL));
	return done();
}

/* the callee's reports are of what the caller sends */
static void reports(unsigned int i, uint8_t lost, uint32_t jitter, uint32_t rtt)
{
	const struct dp_event event = {
		.type = RTPLANE_EVENT_RTCP,
		.local = kernel.leg[i].conf.local,
		.cookie = kernel.leg[i].cookie,
		.rtcp = { .present = true, .has_rtt = rtt, .fraction_lost = lost, .jitter = jitter, .rtt = rtt },
	};

	sessions_event(&event, sessions);
}

static const struct ng_value *extreme(uint32_t ssrc, const char *which)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", ssrc);
	return ng_get(ng_get(ng_get(tree.root, "ssrc"), name), which);
}

static bool mos_of_a_call(void)
{
	const struct ng_value *entry;
	unsigned int i, to_b = 0, to_a = 0;

	KTAP_CHECK(open_ng() && call_up());
	for (i = 0; i < kernel.n; i++) {
		has_come(i, 10 + i, 0, 0, 0);
		if (&kernel.leg[i] == leg_to(&kernel, B4 ":8000"))
			to_b = i;
		if (&kernel.leg[i] == leg_to(&kernel, A4 ":7000"))
			to_a = i;
	}
	reports(to_b, 0, 80, 20000);
	reports(to_b, 128, 160, 100000);	/* half of it is lost */
	reports(to_b, 26, 0, 0);
	datagram = false;
	KTAP_CHECK(ok(ask("query", CALL, NULL)));
	entry = extreme(10 + to_a, "lowest-mos");
	KTAP_CHECK(is_number(entry, "packet-loss", 50) && is_number(entry, "jitter", 20));
	KTAP_CHECK(is_number(entry, "round-trip-time", 100000) && ng_get(entry, "reported-at"));
	entry = extreme(10 + to_a, "highest-mos");
	KTAP_CHECK(is_number(entry, "packet-loss", 0) && is_number(entry, "mos", 44) && is_number(entry, "jitter", 10));
	/* nobody has reported of the callee's */
	KTAP_CHECK(is_number(extreme(10 + to_b, "lowest-mos"), "packet-loss", 0));
	datagram = true;
	return done();
}

/* --- what is kept off --- */

static unsigned int legs_of(enum rtplane_block block)
{
	unsigned int i, n = 0;

	for (i = 0; i < kernel.n; i++)
		n += kernel.leg[i].conf.block == block;
	return n;
}

#define MEDIA	RTPLANE_BLOCK_MEDIA
#define DIGITS	RTPLANE_BLOCK_DIGITS
#define NOTHING	RTPLANE_BLOCK_NOTHING

/* of one party, of both, and through what it negotiates */
static bool blocks(void)
{
	static const char *const refused[] = {
		"start recording", "stop recording", "pause recording",
		"start forwarding", "stop forwarding",
	};
	size_t i;

	KTAP_CHECK(open_ng());
	KTAP_CHECK(call_up() && kernel.n == 4 && legs_of(NOTHING) == 4);
	KTAP_CHECK(ok(ask("block media", CALL, FROM, NULL)) && legs_of(MEDIA) == 1 && legs_of(NOTHING) == 3);
	KTAP_CHECK(ok(ask("block media", CALL, "from-tag", "f", "+flags", "all", NULL)) && legs_of(MEDIA) == 1);
	KTAP_CHECK(!ng->n_strange);
	/* it stays so */
	KTAP_CHECK(ok(ask("offer", CALL, FROM, TO, DIR, "sdp", sdp_of(A4, PCMU), NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", sdp_of(B4, ANSWER), NULL)) && legs_of(MEDIA) == 1);
	KTAP_CHECK(error_is(ask("block media", CALL, "from-tag", "x", NULL), "From-tag given, but no such tag exists"));
	KTAP_CHECK(error_is(ask("block media", CALL, "label", "x", NULL), "No monologue matching the given label"));
	KTAP_CHECK(error_is(ask("block media", CALL, "address", "203.0.113.9", NULL), "Failed to match address to any tag"));
	KTAP_CHECK(error_is(ask("block media", CALL, "address", "x", NULL), "Failed to match address to any tag"));
	KTAP_CHECK(ok(ask("unblock media", CALL, "address", A4, NULL)) && legs_of(NOTHING) == 4);
	KTAP_CHECK(ok(ask("block media", CALL, "address", A4, NULL)) && legs_of(MEDIA) == 1);
	KTAP_CHECK(error_is(ask("unblock media", "call-id", "x", NULL), "Unknown call-ID"));
	KTAP_CHECK(error_is(ask("unblock media", NULL), "No call-id in message") && legs_of(MEDIA) == 1);
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(!ok(ask("unblock media", CALL, FROM, NULL)) && legs_of(MEDIA) == 1);
	KTAP_CHECK(ok(ask("unblock media", CALL, FROM, NULL)) && legs_of(NOTHING) == 4);
	KTAP_CHECK(ok(ask("silence media", CALL, NULL)) && ng_get(tree.root, "warning"));
	KTAP_CHECK(legs_of(MEDIA) == 2 && legs_of(NOTHING) == 2);
	KTAP_CHECK(ok(ask("unsilence media", CALL, NULL)) && legs_of(NOTHING) == 4);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ask(refused[i], CALL, NULL);
		KTAP_CHECK(strstr(reply, "5:error") && strstr(reply, "is not possible") && strstr(reply, "expected"));
	}
	return done();
}

/* all parties or none, whichever call of the datapath is refused */
static bool blocks_all(void)
{
	unsigned int i;
	bool done_all;

	KTAP_CHECK(open_ng() && call_up());
	for (i = 1; i < 5; i++) {
		kernel.refuse = kernel.calls + i;
		ask("block media", CALL, NULL);
		done_all = !strcmp(field("result"), "ok");
		KTAP_CHECK(legs_of(MEDIA) == (done_all ? 2 : 0) && legs_of(NOTHING) == 4 - legs_of(MEDIA));
		kernel.refuse = 0;
		KTAP_CHECK(ok(ask("block media", CALL, NULL)) && legs_of(MEDIA) == 2);
		kernel.refuse = kernel.calls + i;
		ask("unblock media", CALL, NULL);
		done_all = !strcmp(field("result"), "ok");
		KTAP_CHECK(legs_of(MEDIA) == (done_all ? 0 : 2) && legs_of(NOTHING) == 4 - legs_of(MEDIA));
		kernel.refuse = 0;
		KTAP_CHECK(ok(ask("unblock media", CALL, NULL)) && legs_of(NOTHING) == 4);
	}
	/* who was blocked before stays so */
	KTAP_CHECK(ok(ask("block media", CALL, FROM, NULL)) && legs_of(MEDIA) == 1);
	kernel.refuse = kernel.calls + 1;
	KTAP_CHECK(!ok(ask("block media", CALL, NULL)) && legs_of(MEDIA) == 1);
	KTAP_CHECK(ok(ask("unblock media", CALL, NULL)) && legs_of(NOTHING) == 4);
	return done();
}

static unsigned int legs_that_tell(uint32_t digits)
{
	unsigned int i, n = 0;

	for (i = 0; i < kernel.n; i++)
		n += kernel.leg[i].conf.digits == digits;
	return n;
}

/* digits and media are blocked each for itself; who sends has the other one's types */
static bool blocks_digits(void)
{
	char a[400], b[400];

	KTAP_CHECK(open_ng());
	snprintf(a, sizeof(a), "%s", sdp_of(A4, "m=audio 7000 RTP/AVP 0 96 127\r\na=rtpmap:96 telephone-event/8000\r\na=rtpmap:127 Telephone-Event/48000/1\r\na=rtpmap:97 telephone-events/8000\r\n"));
	snprintf(b, sizeof(b), "%s", sdp_of(B4, "m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"));
	KTAP_CHECK(ok(ask("offer", CALL, FROM, DIR, "sdp", a, NULL)));
	KTAP_CHECK(ok(ask("answer", CALL, FROM, TO, "sdp", b, NULL)));
	KTAP_CHECK(legs_of(NOTHING) == 4 && legs_that_tell(0) == 4);
	KTAP_CHECK(ok(ask("block DTMF", CALL, FROM, NULL)) && legs_of(DIGITS) == 1);
	/* not what RTCP comes by */
	KTAP_CHECK(legs_that_tell(1u << 5) == 1 && legs_that_tell(0) == 3);
	KTAP_CHECK(ok(ask("block media", CALL, FROM, NULL)) && legs_of(MEDIA) == 1 && !legs_of(DIGITS));
	KTAP_CHECK(ok(ask("unblock media", CALL, FROM, NULL)) && legs_of(DIGITS) == 1);
	KTAP_CHECK(ok(ask("block DTMF", CALL, NULL)) && legs_of(DIGITS) == 2);
	KTAP_CHECK(legs_that_tell(1u << 31 | 1) == 1);
	KTAP_CHECK(ok(ask("unblock DTMF", CALL, NULL)) && legs_of(NOTHING) == 4 && legs_that_tell(0) == 4);
	return done();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "what is told of calls", told },
		{ "and once: tags in common, an SSRC that comes back", told_once },
		{ "the worst and the best of a call, as RTCP has it", mos_of_a_call },
		{ "media that is blocked for a while", blocks },
		{ "of all parties or of none, when the datapath refuses", blocks_all },
		{ "digits that are blocked for a while", blocks_digits },
		{ "how good it sounds, in the units that proxies read", mos },
		{ "what people see of them, after their end too", seen_by_people },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
