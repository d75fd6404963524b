// SPDX-License-Identifier: GPL-2.0
/* What crosses from realm to realm, and the bodies that go with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sip/body.h"
#include "sip/cross.h"
#include "sip/hosts.h"

#define FIXED	"Via: SIP/2.0/UDP 10.1.2.3\r\nf: sip:a@h;tag=1\r\ni: c\r\nMax-Forwards: 9\r\nContact: sip:a@10.1.2.3\r\n"

/* ---------------------------------------------------------------- the table */

enum { INVITE, REINVITE, BYE, CANCEL, ACK, MESSAGE, R183, R200, R302, R486, R503, N_KINDS };

static const char *const firsts[N_KINDS] = {
	"INVITE sip:b@h SIP/2.0\r\nt: sip:b@h\r\nCSeq: 1 INVITE\r\n",
	"INVITE sip:b@h SIP/2.0\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
	"BYE sip:b@h SIP/2.0\r\nt: sip:b@h;tag=2\r\nCSeq: 1 BYE\r\n",
	"CANCEL sip:b@h SIP/2.0\r\nt: sip:b@h\r\nCSeq: 1 CANCEL\r\n",
	"ACK sip:b@h SIP/2.0\r\nt: sip:b@h;tag=2\r\nCSeq: 1 ACK\r\n",
	"MESSAGE sip:b@h SIP/2.0\r\nt: sip:b@h\r\nCSeq: 1 MESSAGE\r\n",
	"SIP/2.0 183 x\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
	"SIP/2.0 200 x\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
	"SIP/2.0 302 x\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
	"SIP/2.0 486 x\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
	"SIP/2.0 503 x\r\nt: sip:b@h;tag=2\r\nCSeq: 1 INVITE\r\n",
};

static const enum sip_cross_kind kinds[N_KINDS] = {
	SIP_KIND_INVITE, SIP_KIND_DIALOG, SIP_KIND_END, SIP_KIND_END, SIP_KIND_ACK,
	SIP_KIND_OTHER, SIP_KIND_PROVISIONAL, SIP_KIND_SUCCESS, SIP_KIND_FAILURE,
	SIP_KIND_FAILURE, SIP_KIND_FAILURE,
};

/* does @field pass in this kind of message? 2: the message cannot be read */
static int passes(unsigned int kind, const char *field, const struct sip_cross *cross)
{
	struct sip_writer w = { 0 };
	struct sip_msg *m;
	char text[600];
	int n;

	n = snprintf(text, sizeof(text), "%s" FIXED "%s\r\nl: 0\r\n\r\n", firsts[kind], field);
	m = sip_msg_parse(text, (size_t)n, false, NULL);
	if (!m || m->fault.status || sip_cross_kind(m) != kinds[kind]) {
		sip_msg_drop(m);
		return 2;
	}
	sip_cross_copy(&w, m, cross);
	n = w.n != 0;
	sip_write_free(&w);
	sip_msg_drop(m);
	return n;
}

/* from a stranger to a stranger, to a trusted realm, from one, between two */
static const struct sip_cross crossings[] = {
	{ .from_trusted = false, .to_trusted = false },
	{ .from_trusted = false, .to_trusted = true },
	{ .from_trusted = true, .to_trusted = false },
	{ .from_trusted = true, .to_trusted = true },
};

struct crossing {
	const char *field;
	const char *trust;	/* of crossings[]: x passes */
	const char *kinds;	/* of firsts[]; NULL: all */
};

#define ALL	"xxxxxxxxxxx"
#define PASS	"xxxx"
#define NEVER	"----"
#define WITHIN	"---x"

static const struct crossing table[] = {
	/* what two ends have agreed on, and what belongs to a call's end */
	{ "X-Stat: 7", PASS, ALL }, { "P-Billing: 7", PASS, ALL }, { "z: 7", PASS, ALL },
	{ "Reason: SIP;cause=200;text=\"Call completed elsewhere\"", PASS, ALL },
	{ "Subject: x", PASS, "xxxx-x-----" }, { "User-to-User: 00", PASS, ALL },
	{ "Session-ID: 0", PASS, ALL }, { "Alert-Info: <http://h>", PASS, "xx----x----" },
	{ "Retry-After: 5", PASS, "--------xx-" }, { "Date: x", PASS, ALL },
	{ "Identity: x", PASS, "xxxx-x-----" }, { "Accept: application/sdp", PASS, ALL },
	{ "Authorization: Digest x", PASS, "xxxxxx-----" },
	{ "Proxy-Authorization: Digest x", PASS, "xxxxxx-----" },
	{ "WWW-Authenticate: Digest x", PASS, "--------xxx" },
	{ "Proxy-Authenticate: Digest x", PASS, "--------xxx" },
	{ "Geolocation: <cid:x>", PASS, "xxxx-x-----" }, { "Priority: emergency", PASS, "xxxx-x-----" },
	/* of one dialog, one hop, one body */
	{ "Route: <sip:h>", NEVER, NULL }, { "Record-Route: <sip:h>", NEVER, NULL },
	{ "Path: <sip:h>", NEVER, NULL }, { "Service-Route: <sip:h>", NEVER, NULL },
	{ "RSeq: 1", NEVER, NULL }, { "RAck: 1 1 INVITE", NEVER, NULL }, { "Timestamp: 1", NEVER, NULL },
	{ "Replaces: a;to-tag=1;from-tag=2", NEVER, NULL }, { "Join: a;to-tag=1;from-tag=2", NEVER, NULL },
	{ "Target-Dialog: a", NEVER, NULL }, { "Refer-To: <sip:h>", NEVER, NULL },
	{ "Supported: x", NEVER, NULL }, { "k: x", NEVER, NULL }, { "Require: x", NEVER, NULL },
	{ "Proxy-Require: x", NEVER, NULL }, { "Unsupported: x", NEVER, NULL }, { "Allow: x", NEVER, NULL },
	{ "x: 90", NEVER, NULL }, { "Min-SE: 90", NEVER, NULL }, { "c: text/plain", NEVER, NULL },
	{ "Content-Disposition: session", NEVER, NULL }, { "e: gzip", NEVER, NULL },
	{ "MIME-Version: 1.0", NEVER, NULL }, { "m: sip:h", NEVER, NULL }, { "v: SIP/2.0/UDP h", NEVER, NULL },
	{ "Security-Client: x", NEVER, NULL }, { "Max-Breadth: 1", NEVER, NULL },
	/* identities (RFC 3325): whose word is taken, and who is told */
	{ "P-Asserted-Identity: <sip:a@h>", "--xx", ALL },
	{ "P-Asserted-Identity: <sip:a@h>\r\nPrivacy: none", "--xx", NULL },
	{ "p-asserted-identity : <sip:a@h>", "--xx", ALL },
	{ "Remote-Party-ID: <sip:a@h>", "--xx", ALL },
	{ "Remote-Party-ID: <sip:a@h>;privacy=off", "--xx", ALL },
	{ "Remote-Party-ID: <sip:a@h>;privacy=full", WITHIN, ALL },
	{ "Remote-Party-ID: rubbish", WITHIN, ALL },
	{ "P-Preferred-Identity: <sip:a@h>", NEVER, NULL },
	{ "Privacy: id", "-x-x", ALL }, { "Diversion: <sip:a@h>", WITHIN, ALL },
	{ "History-Info: <sip:a@h>", WITHIN, ALL }, { "Referred-By: <sip:a@h>", WITHIN, "xx---x-----" },
	{ "P-Charging-Vector: x", WITHIN, ALL }, { "P-Associated-URI: <sip:h>", "--xx", "-------x---" },
	{ "P-Access-Network-Info: x", "-x-x", ALL }, { "P-Served-User: x", WITHIN, ALL },
	/* what tells of a network */
	{ "User-Agent: 10.1.2.3", WITHIN, ALL }, { "Server: 10.1.2.3", WITHIN, "------xxxxx" },
	{ "Warning: 399 10.1.2.3 \"x\"", WITHIN, "------xxxxx" }, { "Organization: x", WITHIN, ALL },
	/* what makes others do something */
	{ "Answer-Mode: Auto", "--xx", ALL }, { "Resource-Priority: q735.0", "--xx", "xxxx-x-----" },
};

static bool trust_of_rows(void)
{
	bool ok = true;
	size_t i, c;
	int got;
	unsigned int kind;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (c = 0; c < 4; c++)
			for (kind = 0; kind < N_KINDS; kind++) {
				bool want = table[i].trust[c] == 'x' &&
					    (!table[i].kinds || table[i].kinds[kind] == 'x');

				/* two fields, one of which passes by itself */
				if (!table[i].kinds && strstr(table[i].field, "Privacy"))
					continue;
				got = passes(kind, table[i].field, &crossings[c]);
				/* twice what a message may have once */
				if (got == (int)want || (got == 2 && !want))
					continue;
				printf("# %s, crossing %zu, kind %u: %d\n", table[i].field, c,
				       kind, got);
				ok = false;
			}
	return ok;
}

static bool every_row_is_there(void)
{
	unsigned int i;

	for (i = 0; i < SIP_HDR_N; i++) {
		if (sip_cross_rule((enum sip_hdr)i) == SIP_CROSS_UNSET)
			printf("# %s has no row\n", sip_hdr_name((enum sip_hdr)i).p);
		KTAP_CHECK(sip_cross_rule((enum sip_hdr)i) != SIP_CROSS_UNSET);
	}
	return true;
}

/* what arrives of an INVITE with several fields */
static bool copied(const char *fields, const struct sip_cross *cross, const char *want)
{
	struct sip_writer w = { 0 };
	struct sip_msg *m;
	char text[900];
	bool ok;

	snprintf(text, sizeof(text), "%s" FIXED "%sl: 0\r\n\r\n", firsts[INVITE], fields);
	m = sip_msg_parse(text, strlen(text), false, NULL);
	if (!m || m->fault.status)
		return false;
	sip_cross_copy(&w, m, cross);
	ok = span_is((struct span){ w.p, w.n }, want);
	if (!ok)
		printf("# \"%.*s\"\n", (int)w.n, w.p);
	sip_write_free(&w);
	sip_msg_drop(m);
	return ok;
}

static bool privacy(void)
{
	static const struct sip_cross *const out = &crossings[2], *const within = &crossings[3];

#define PAI "P-Asserted-Identity: <sip:a@h>\r\n"
	KTAP_CHECK(copied(PAI "Privacy: none\r\n", out, PAI));
	KTAP_CHECK(copied(PAI "Privacy: id\r\n", out, ""));
	KTAP_CHECK(copied("Privacy: header ; critical\r\n" PAI, out, ""));
	KTAP_CHECK(copied("Privacy: critical;ID\r\n" PAI, out, ""));
	KTAP_CHECK(copied("Privacy: session\r\nPrivacy: x, user\r\n" PAI, out, ""));
	KTAP_CHECK(copied("Privacy: session;history\r\n" PAI, out, PAI));
	KTAP_CHECK(copied("Privacy: id\r\nRemote-Party-ID: <sip:a@h>\r\n", out, ""));
	KTAP_CHECK(copied(PAI "Privacy: id\r\n", within, PAI "Privacy: id\r\n"));
	return true;
}

static bool stricter(void)
{
	static const char *const hold[] = { "x-secret", "Subject", "s", NULL };
	struct sip_cross cross = { .hold = hold };

	KTAP_CHECK(copied("X-Secret: 1\r\nX-Other: 2\r\ns: x\r\nReason: y\r\n", &cross,
			  "X-Other: 2\r\nReason: y\r\n"));
	cross.no_extensions = true;
	KTAP_CHECK(copied("X-Secret: 1\r\nX-Other: 2\r\ns: x\r\nReason: y\r\n", &cross,
			  "Reason: y\r\n"));
	return true;
}

/* folds, NUL and what looks like another field come out flat */
static bool flat(void)
{
	static const char text[] = "INVITE sip:b@h SIP/2.0\r\nt: sip:b@h\r\nCSeq: 1 INVITE\r\n"
		FIXED "X-A: a\0b\r\n\tVia: SIP/2.0/UDP h\rc\r\nl: 0\r\n\r\n";
	struct sip_msg *m = sip_msg_parse(text, sizeof(text) - 1, false, NULL);
	struct sip_writer w = { 0 };

	KTAP_CHECK(m && !m->fault.status);
	sip_cross_copy(&w, m, &crossings[0]);
	KTAP_CHECK(span_is((struct span){ w.p, w.n }, "X-A: a b  \tVia: SIP/2.0/UDP h c\r\n"));
	sip_write_free(&w);
	sip_msg_drop(m);
	return true;
}

/* ------------------------------------------------------------------- bodies */

#define SDP	"v=0\r\no=- 1 1 IN IP4 h\r\n"

struct body {
	const char *fields, *body;
	enum sip_body_kind kind;
	const char *sdp;
};

static const struct body bodies[] = {
	{ "c: application/sdp\r\n", SDP, SIP_BODY_SDP, SDP },
	{ "c: application/SDP; charset=ISO-10646\r\n", SDP, SIP_BODY_SDP, SDP },
	{ "c: application/sdp\r\nContent-Disposition: session;handling=optional\r\n", SDP, SIP_BODY_SDP, SDP },
	{ "c: application/sdp\r\n", "", SIP_BODY_NONE, "" }, { "", "", SIP_BODY_NONE, "" },
	{ "", "x", SIP_BODY_OTHER, "" }, { "c: text/plain\r\n", SDP, SIP_BODY_OTHER, "" },
	{ "c: application/sdp\r\nContent-Disposition: icon\r\n", SDP, SIP_BODY_OTHER, "" },
	{ "c: application/isup\r\nContent-Disposition: signal;handling=optional\r\n", "x", SIP_BODY_OPTIONAL, "" },
	{ "c: application/isup\r\nContent-Disposition: signal;handling=required\r\n", "x", SIP_BODY_OTHER, "" },
	{ "c: application/sdp\r\ne: gzip\r\n", SDP, SIP_BODY_ENCODED, "" },
	{ "c: application/sdp\r\ne: identity\r\n", SDP, SIP_BODY_SDP, SDP },
	{ "c: application/sdp\r\ne: identity, gzip\r\n", SDP, SIP_BODY_ENCODED, "" },
#define M(b) "c: multipart/mixed;boundary=" b "\r\n"
	{ M("x"), "--x\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n--x--\r\n", SIP_BODY_PART, SDP },
	{ M("\"x y\""), "junk\r\n--x y\r\nc: text/plain\r\n\r\nhi\r\n--x y  \r\nc:application/sdp\r\n\r\n" SDP "\r\n--x y--", SIP_BODY_PART, SDP },
	{ M("x"), "--x\nc: application/sdp\n\n" SDP "\n--x--\n", SIP_BODY_PART, SDP },
	/* what nothing ends */
	{ M("x"), "--x\r\nc: application/sdp\r\n\r\n" SDP, SIP_BODY_PART, SDP },
	/* a longer word than the boundary is none */
	{ M("x"), "--xx\r\nc: text/plain\r\n\r\n--x\r\nc: application/sdp\r\n\r\n" SDP "--xy\r\n\r\n--x--", SIP_BODY_PART, SDP "--xy\r\n" },
	/* the first that is a session's */
	{ M("x"), "--x\r\nc: application/sdp\r\nContent-Disposition: early-session\r\n\r\na\r\n"
		  "--x\r\nc: application/sdp\r\nContent-Disposition: session\r\n\r\n" SDP "\r\n--x\r\nc: application/sdp\r\n\r\nb\r\n--x--", SIP_BODY_PART, SDP },
	{ M("x"), "--x\r\nc: multipart/alternative;boundary=y\r\n\r\n--y\r\nc: text/plain\r\n\r\na\r\n--y\r\nc: application/sdp\r\n\r\n" SDP "\r\n--y--\r\n--x--", SIP_BODY_PART, SDP },
	{ M("x"), "--x\r\nc: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--", SIP_BODY_ENCODED, "" },
	{ M("x"), "--x\r\nc: application/sdp\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n" SDP "\r\n--x--", SIP_BODY_PART, SDP },
	{ M("x"), "--x\r\nc: text/plain\r\n\r\na\r\n--x--\r\n--x\r\nc: application/sdp\r\n\r\n" SDP, SIP_BODY_OTHER, "" },
	{ M("x"), "--x\r\n\r\nc: application/sdp\r\n\r\n\r\n--x--", SIP_BODY_OTHER, "" },
	{ M("x"), "--x--", SIP_BODY_OTHER, "" }, { M("x"), "nothing", SIP_BODY_BAD, "" },
	{ M("x"), "--x\r\nc: application/sdp\r\n\r\n\r\n--x--", SIP_BODY_OTHER, "" },
	{ M("x"), "--x\r\n--x\r\n--x--", SIP_BODY_OTHER, "" },
	{ M("x") "Content-Disposition: session;handling=optional\r\n", "nothing", SIP_BODY_OPTIONAL, "" },
	{ "c: multipart/mixed\r\n", "--x\r\n", SIP_BODY_BAD, "" },
	{ "c: multipart/mixed;boundary=\"\"\r\n", "--\r\n", SIP_BODY_BAD, "" },
	{ M("x"), "--x\r\nc: multipart/mixed\r\n\r\na\r\n--x--", SIP_BODY_BAD, "" },
};

static struct sip_msg *with_body(const char *fields, const char *body)
{
	char text[3000];

	snprintf(text, sizeof(text), "%s" FIXED "%sl: %zu\r\n\r\n%s", firsts[INVITE], fields,
		 strlen(body), body);
	return sip_msg_parse(text, strlen(text), true, NULL);
}

static bool what_is_carried(void)
{
	struct sip_body body;
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct sip_msg *m = with_body(bodies[i].fields, bodies[i].body);

		KTAP_CHECK(m && !m->fault.status);
		if (sip_body_look(m, &body) != bodies[i].kind ||
		    !span_is(body.sdp, bodies[i].sdp)) {
			printf("# %d: \"%.*s\" of %s%s\n", body.kind, SPAN_ARG(body.sdp),
			       bodies[i].fields, bodies[i].body);
			ok = false;
		}
		sip_msg_drop(m);
	}
	return ok;
}

static bool nesting(void)
{
	struct sip_body body;
	struct sip_msg *m;
	char text[2000];
	int depth, i;

	for (depth = SIP_MAX_NESTING - 1; depth <= SIP_MAX_NESTING + 1; depth++) {
		char *p = text;

		for (i = 1; i < depth; i++)
			p += sprintf(p, "--b%d\r\nc: multipart/mixed;boundary=b%d\r\n\r\n", i, i + 1);
		sprintf(p, "--b%d\r\nc: application/sdp\r\n\r\n" SDP, i);
		m = with_body("c: multipart/mixed;boundary=b1\r\n", text);
		KTAP_CHECK(m);
		KTAP_CHECK(sip_body_look(m, &body) ==
			   (depth <= SIP_MAX_NESTING ? SIP_BODY_PART : SIP_BODY_BAD));
		sip_msg_drop(m);
	}
	return true;
}

static bool replaced(const char *fields, const char *body, const char *want)
{
	struct sip_msg *m = with_body(fields, body);
	struct sip_writer w = { 0 };
	struct sip_body b;
	bool ok;

	if (!m)
		return false;
	sip_body_look(m, &b);
	sip_body_write_sdp(&w, m, &b, SPAN("NEW\r\n"));
	ok = !w.failed && span_is((struct span){ w.p, w.n }, want);
	if (!ok)
		printf("# \"%.*s\"\n", (int)w.n, w.p);
	sip_write_free(&w);
	sip_msg_drop(m);
	return ok;
}

static bool replacing(void)
{
	KTAP_CHECK(replaced("c: application/sdp;x=y\r\n", SDP,
			    "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nNEW\r\n"));
	KTAP_CHECK(replaced("", "", "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nNEW\r\n"));
	/* the others stay, byte for byte; a length in the part's head would be wrong */
	KTAP_CHECK(replaced("MIME-Version: 1.0\r\n" M("x") "Content-Disposition: session\r\n",
			    "pre\r\n--x\r\nContent-Length: 2\r\n\r\nhi\r\n--x\r\nA: b\r\nContent-Length: 24\r\nc: application/sdp\r\n\r\n" SDP
			    "\r\n--x\r\nc: application/isup\r\n\r\nisup\r\n--x--\r\nend",
			    "MIME-Version: 1.0\r\nContent-Disposition: session\r\nContent-Type: multipart/mixed;boundary=x\r\n"
			    "Content-Length: 119\r\n\r\npre\r\n--x\r\nContent-Length: 2\r\n\r\nhi\r\n--x\r\nA: b\r\nc: application/sdp\r\n\r\nNEW\r\n"
			    "\r\n--x\r\nc: application/isup\r\n\r\nisup\r\n--x--\r\nend"));
	return true;
}

static bool copying(void)
{
	struct sip_msg *m = with_body("c: application/isup\r\nContent-Disposition: signal\r\ne: gzip\r\n", "x");
	struct sip_writer w = { 0 };

	KTAP_CHECK(m);
	sip_body_write_copy(&w, m);
	KTAP_CHECK(span_is((struct span){ w.p, w.n },
			   "Content-Disposition: signal\r\nContent-Encoding: gzip\r\n"
			   "Content-Type: application/isup\r\nContent-Length: 1\r\n\r\nx"));
	sip_write_free(&w);
	sip_msg_drop(m);
	m = with_body("c: application/isup\r\n", "");
	sip_body_write_copy(&w, m);
	KTAP_CHECK(span_is((struct span){ w.p, w.n }, "Content-Length: 0\r\n\r\n"));
	sip_write_free(&w);
	sip_msg_drop(m);
	return true;
}

static bool boundaries(void)
{
	struct span b;

	KTAP_CHECK(sip_boundary(SPAN("multipart/mixed; BOUNDARY=\"a;b\" ;x"), &b) && span_is(b, "a;b"));
	KTAP_CHECK(!sip_boundary(SPAN("multipart/mixed"), &b) && !sip_boundary(SPAN("text/x;boundary=a"), &b));
	KTAP_CHECK(!sip_boundary(SPAN("multipart/;boundary=a"), &b));
	KTAP_CHECK(sip_boundary(SPAN("multipart/m;boundary=1234567890123456789012345678901234567890123456789012345678901234567890"), &b));
	KTAP_CHECK(!sip_boundary(SPAN("multipart/m;boundary=12345678901234567890123456789012345678901234567890123456789012345678901"), &b));
	KTAP_CHECK(!sip_boundary(SPAN("multipart/m;boundary=\"a\\\"b\""), &b));
	return true;
}

/* what crosses of a message that comes by these hosts, in another realm's words */
static bool hidden(void)
{
	static const char head[] =
		"INVITE sip:4900@edge.example SIP/2.0\r\n"
		"Via: SIP/2.0/UDP proxy.inside.example:5070;branch=z9hG4bK2;received=10.0.0.7\r\n"
		"Via: SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1\r\n"
		"Record-Route: <sip:10.0.0.7;lr>, <sip:rr.inside.example;lr>\r\n"
		"From: <sip:bob@example.com>;tag=1\r\nTo: <sip:4900@edge.example>\r\n"
		"Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 9\r\n"
		"Contact: <sip:bob@10.0.0.9:5070>\r\n";
	static const struct {
		const char *field;
		const char *want;	/* NULL: as it is; "": it stays behind */
	} fields[] = {
		{ "X-Host: 10.0.0.7", "" },
		{ "X-Host: at 10.0.0.9:5060, or elsewhere", "" },
		{ "X-Host: PROXY.inside.example", "" },
		{ "X-Host: rr.inside.example", "" },
		{ "X-Host: [2001:db8::1]:5060", "" },
		{ "X-Host: 192.0.2.66", "" },		/* where it came from */
		{ "Call-Info: <http://10.0.0.9/photo>;purpose=icon", "" },
		{ "Reason: SIP;cause=503;text=\"10.0.0.7 is down\"", "" },
		/* other hosts, and words that hold one of these */
		{ "X-Host: 10.0.0.70", NULL },
		{ "X-Host: 110.0.0.7", NULL },
		{ "X-Host: 2001:db8::1:5", NULL },
		{ "X-Host: not-proxy.inside.example", NULL },
		{ "X-Host: proxy.inside.example.org", NULL },
		{ "Call-Info: <http://example.com/photo>;purpose=icon", NULL },
		{ "Alert-Info: <http://127.0.0.1/ring>", NULL },
		{ "X-Any: edge.example", NULL },	/* who is called */
		/* somebody is somebody still */
		{ "Reply-To: <sip:bob@10.0.0.9:5070>", "Reply-To: <sip:bob@192.0.2.254:5070>" },
		{ "Reply-To: <sip:bob@[2001:db8::1]>", "Reply-To: <sip:bob@192.0.2.254>" },
		{ "P-Asserted-Identity: <sip:1@10.0.0.7>, <sip:2@10.0.0.9>",
		  "P-Asserted-Identity: <sip:1@192.0.2.254>, <sip:2@192.0.2.254>" },
		/* what is signed, or hashed */
		{ "Authorization: Digest username=\"bob\", uri=\"sip:10.0.0.7\"", NULL },
	};
	const struct sip_cross cross = { .from_trusted = true, .instead = "192.0.2.254" };
	char text[1200], want[256], got[256];
	struct sip_writer w = { 0 };
	struct sip_msg *m;
	unsigned int i;
	int n;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		n = snprintf(text, sizeof(text), "%s%s\r\nContent-Length: 0\r\n\r\n", head,
			     fields[i].field);
		m = sip_msg_parse(text, (size_t)n, false, NULL);
		KTAP_CHECK(m && !m->fault.status);
		dp_addr_parse("192.0.2.66:5060", &m->source);
		sip_cross_copy(&w, m, &cross);
		snprintf(got, sizeof(got), "%.*s", (int)w.n, w.n ? w.p : "");
		snprintf(want, sizeof(want), "%s%s",
			 fields[i].want ? fields[i].want : fields[i].field,
			 fields[i].want && !*fields[i].want ? "" : "\r\n");
		sip_write_free(&w);
		sip_msg_drop(m);
		if (!strcmp(got, want))
			continue;
		printf("# %s crosses as %s", fields[i].field, *got ? got : "nothing\n");
		return false;
	}
	return true;
}

/* where hosts stand in a text, brackets and all */
static bool hosts_in_texts(void)
{
	static const char head[] =
		"MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1;received=%s\r\n"
		"f: sip:a@h;tag=1\r\nt: sip:b@h\r\ni: c\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 9\r\n"
		"l: 0\r\n\r\n";
	static const struct {
		const char *received, *text;
		int at, n;
	} rows[] = {
		{ "10.0.0.7", "sip:a@10.0.0.7", 6, 8 },
		{ "10.0.0.7", "10.0.0.70 and 10.0.0.7", 14, 8 },
		{ "10.0.0.7", "sip:a@[2001:db8::1]:5060", 6, 13 },
		{ "10.0.0.7", "[2001:db8::1", 1, 11 },
		{ "10.0.0.7", "2001:DB8::1/64", 0, 11 },
		{ "10.0.0.7", "2001:db8::1 or 10.0.0.7", 0, 11 },
		{ "10.0.0.7", "1:2001:db8::1", -1, 0 },
		{ "a!b", "a!b.", -1, 0 },	/* no address */
	};
	struct sip_hosts hosts;
	struct sip_msg *m;
	struct span at, text;
	char buf[400];
	unsigned int i;
	int n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = snprintf(buf, sizeof(buf), head, rows[i].received);
		m = sip_msg_parse(buf, (size_t)n, false, NULL);
		KTAP_CHECK(m && !m->fault.status);
		sip_hosts_read(m, &hosts);
		text = span_of(rows[i].text);
		at = sip_hosts_find(&hosts, text);
		if ((at.p ? (int)(at.p - text.p) : -1) != rows[i].at ||
		    (int)at.n != rows[i].n) {
			printf("# \"%s\": \"" SPAN_FMT "\"\n", rows[i].text,
			       SPAN_ARG(at));
			sip_msg_drop(m);
			return false;
		}
		sip_msg_drop(m);
	}
	return true;
}

static const struct ktap_point points[] = {
	{ "every header field has a row", every_row_is_there },
	{ "what passes, by kind of message and trust", trust_of_rows },
	{ "identities of those who want privacy", privacy },
	{ "realms that are stricter", stricter },
	{ "hosts of the other side stay there", hidden },
	{ "where hosts stand in a text", hosts_in_texts },
	{ "what passes stays one field", flat },
	{ "where the description is", what_is_carried },
	{ "multiparts in multiparts", nesting },
	{ "another description in its place", replacing },
	{ "bodies passed as they are", copying },
	{ "boundaries", boundaries },
};

int main(void)
{
	return KTAP_RUN(points);
}
