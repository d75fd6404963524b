// SPDX-License-Identifier: GPL-2.0
/*
 * SIP messages: what is read from them, what is refused, where they end.
 * With --bench: how many a second on this machine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ktap.h"
#include "sip/cross.h"
#include "sip/frame.h"
#include "sip/message.h"
#include "sip/write.h"

#define TREE	"selftests/corpora/"

/* whole text of a file; of a static buffer */
static struct span slurp(const char *dir, const char *name)
{
	static char text[70000];
	char path[200];
	size_t n = 0;
	FILE *in;

	snprintf(path, sizeof(path), TREE "%s/%s", dir, name);
	in = fopen(path, "r");
	if (in) {
		n = fread(text, 1, sizeof(text), in);
		fclose(in);
	}
	return (struct span){ text, n };
}

/* with a copy of its very size, so that a sanitizer sees what is read behind it */
static struct sip_msg *parse_span(struct span text, bool stream)
{
	char *exact = malloc(text.n ? text.n : 1);
	struct sip_fault fault;
	struct sip_msg *msg;

	memcpy(exact, text.p, text.n);
	msg = sip_msg_parse(exact, text.n, stream, &fault);
	free(exact);
	return msg;
}

static struct sip_msg *parse(const char *text)
{
	return parse_span(span_of(text), false);
}

/* status of the fault of a text, -1 if it is no message */
static int fault_of(const char *text)
{
	struct sip_msg *msg = parse(text);
	int status = msg ? (int)msg->fault.status : -1;

	sip_msg_drop(msg);
	return status;
}

/* ------------------------------------------------------------------ corpora */

/*
 * What RFC 4475 and RFC 5118 say of each of their messages. Where they leave it
 * open: blanks in the first line, in <> and in display names are harmless and
 * taken; header fields in a Request-URI are refused; so is a branch that is
 * nothing but its prefix.
 */
enum { OK = 0, NONE = -1, BAD = -EBADMSG };

struct verdict {
	const char *dir, *name;
	int status;	/* to answer with; OK, or NONE: not to be answered */
	int contacts;	/* what asking for these says */
	int vias;
};

static const struct verdict verdicts[] = {
	{ "rfc4475", "wsinv.dat", OK, 1, 3 },
	{ "rfc4475", "intmeth.dat", OK, 0, 1 },
	{ "rfc4475", "esc01.dat", OK, 1, 1 },
	{ "rfc4475", "escnull.dat", OK, 2, 1 },
	{ "rfc4475", "esc02.dat", OK, 2, 1 },
	{ "rfc4475", "lwsdisp.dat", OK, 0, 1 },
	{ "rfc4475", "longreq.dat", OK, 1, 34 },
	{ "rfc4475", "dblreq.dat", OK, 1, 1 },
	{ "rfc4475", "semiuri.dat", OK, 0, 1 },
	{ "rfc4475", "transports.dat", OK, 0, 5 },
	{ "rfc4475", "mpart01.dat", OK, 1, 1 },
	{ "rfc4475", "unreason.dat", OK, 1, 1 },
	{ "rfc4475", "noreason.dat", OK, 1, 1 },
	{ "rfc4475", "badinv01.dat", 400, 1, BAD },
	{ "rfc4475", "clerr.dat", 400, 1, 1 },
	{ "rfc4475", "ncl.dat", 400, 1, 1 },
	{ "rfc4475", "scalar02.dat", 400, 1, 1 },
	{ "rfc4475", "scalarlg.dat", 400, 0, 1 },
	{ "rfc4475", "quotbal.dat", 400, 1, 1 },
	{ "rfc4475", "ltgtruri.dat", 400, 1, 1 },
	{ "rfc4475", "lwsruri.dat", 400, 1, 1 },
	{ "rfc4475", "lwsstart.dat", OK, 1, 1 },
	{ "rfc4475", "trws.dat", OK, 0, 1 },
	{ "rfc4475", "escruri.dat", 400, 1, 1 },
	{ "rfc4475", "baddate.dat", OK, 1, 1 },
	{ "rfc4475", "regbadct.dat", OK, BAD, 1 },
	{ "rfc4475", "badaspec.dat", OK, 0, 1 },
	{ "rfc4475", "baddn.dat", OK, 0, 1 },
	{ "rfc4475", "badvers.dat", 505, 0, 1 },
	{ "rfc4475", "mismatch01.dat", 400, 0, 1 },
	{ "rfc4475", "mismatch02.dat", 400, 1, 1 },
	{ "rfc4475", "bigcode.dat", NONE, 0, 0 },
	{ "rfc4475", "badbranch.dat", 400, 0, 1 },
	{ "rfc4475", "insuf.dat", 400, 0, 1 },
	{ "rfc4475", "unkscm.dat", 416, 0, 1 },
	{ "rfc4475", "novelsc.dat", 416, 0, 1 },
	{ "rfc4475", "unksm2.dat", OK, 1, 1 },
	{ "rfc4475", "bext01.dat", OK, 0, 1 },
	{ "rfc4475", "invut.dat", OK, 1, 1 },
	{ "rfc4475", "regaut01.dat", OK, 0, 1 },
	{ "rfc4475", "multi01.dat", 400, 2, 1 },
	{ "rfc4475", "mcl01.dat", 400, 0, 1 },
	{ "rfc4475", "bcast.dat", OK, 1, 2 },
	{ "rfc4475", "zeromf.dat", OK, 0, 1 },
	{ "rfc4475", "cparam01.dat", OK, 1, 1 },
	{ "rfc4475", "cparam02.dat", OK, 1, 1 },
	{ "rfc4475", "regescrt.dat", OK, 1, 1 },
	{ "rfc4475", "sdp01.dat", OK, 1, 1 },
	{ "rfc4475", "inv2543.dat", OK, 0, 1 },
	{ "rfc5118", "ipv6-good", OK, 1, 1 },
	{ "rfc5118", "ipv6-bad", 400, 1, 1 },
	{ "rfc5118", "port-ambiguous", OK, 1, 1 },
	{ "rfc5118", "port-unambiguous", OK, 1, 1 },
	{ "rfc5118", "via-received-param-with-delim", OK, 0, 1 },
	{ "rfc5118", "via-received-param-no-delim", OK, 1, 1 },
	{ "rfc5118", "ipv6-in-sdp", OK, 1, 1 },
	{ "rfc5118", "mult-ip-in-header", OK, 0, 3 },
	{ "rfc5118", "mult-ip-in-sdp", OK, 1, 1 },
	{ "rfc5118", "ipv4-mapped-ipv6", OK, 1, 2 },
	{ "rfc5118", "ipv6-bug-abnf-3-colons", OK, 0, 1 },
	{ "rfc5118", "ipv6-correct-abnf-2-colons", OK, 0, 1 },
};

static bool verdict_holds(const struct verdict *v)
{
	struct sip_msg *msg = parse_span(slurp(v->dir, v->name), false);
	const struct sip_addr *addr;
	const struct sip_via *via;
	bool ok;

	if (!msg)
		return v->status == NONE;
	ok = (int)msg->fault.status == v->status &&
	     !msg->fault.status == !*msg->fault.text &&
	     sip_msg_addrs(msg, SIP_HDR_CONTACT, &addr) == v->contacts &&
	     sip_msg_vias(msg, &via) == v->vias;
	if (!ok)
		printf("# fault %u %s, contacts %d, vias %d\n", msg->fault.status,
		       msg->fault.text,
		       sip_msg_addrs(msg, SIP_HDR_CONTACT, &addr),
		       sip_msg_vias(msg, &via));
	sip_msg_drop(msg);
	return ok;
}

static bool corpora(void)
{
	size_t i;
	bool ok = true;

	for (i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (verdict_holds(&verdicts[i]))
			continue;
		printf("# %s/%s\n", verdicts[i].dir, verdicts[i].name);
		ok = false;
	}
	return ok;
}

static bool tortuous(void)
{
	struct sip_msg *m = parse_span(slurp("rfc4475", "wsinv.dat"), false);
	const struct sip_addr *addr;
	const struct sip_via *via;
	struct span q;
	char buf[80];

	KTAP_CHECK(m && m->request && m->method == SIP_INVITE);
	KTAP_CHECK(m->max_forwards == 68 && m->cseq.number == 9);
	KTAP_CHECK(span_is(m->from.tag, "98asjd8"));
	KTAP_CHECK(span_is(m->to.tag, "1918181833n"));
	KTAP_CHECK(span_is(sip_addr_display(&m->from, buf, sizeof(buf)),
			   "J Rosenberg \\\""));
	KTAP_CHECK(sip_msg_vias(m, &via) == 3);
	KTAP_CHECK(span_is(via[0].host, "192.0.2.2") && !via[0].cookie);
	KTAP_CHECK(span_is(via[1].branch, "z9hG4bK9ikj8") && via[1].cookie);
	KTAP_CHECK(via[1].proto == SIP_PROTO_TCP);
	KTAP_CHECK(span_is(via[1].host, "spindle.example.com"));
	KTAP_CHECK(span_is(via[2].branch, "z9hG4bK30239"));
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_CONTACT, &addr) == 1);
	KTAP_CHECK(sip_param(addr->params, "q", &q) && span_is(q, "0.33"));
	KTAP_CHECK(sip_param(addr->params, "secondparam", &q) && !q.p);
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_ROUTE, &addr) == 1);
	KTAP_CHECK(addr->uri.lr && span_is(addr->uri.host, "services.example.com"));
	KTAP_CHECK(span_is(sip_msg_other(m, "NewFangledHeader"),
			   "newfangled value   continued newfangled value"));
	KTAP_CHECK(m->body.n == 150);
	sip_msg_drop(m);
	return true;
}

static bool two_in_a_datagram(void)
{
	struct sip_msg *m = parse_span(slurp("rfc4475", "dblreq.dat"), false);

	KTAP_CHECK(m && m->method == SIP_REGISTER && !m->body.n);
	KTAP_CHECK(m->n_headers == 8);
	KTAP_CHECK(span_is(m->call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412"));
	sip_msg_drop(m);
	return true;
}

static bool addresses_of_v6(void)
{
	struct sip_msg *m = parse_span(slurp("rfc5118", "ipv6-bug-abnf-3-colons"),
				       false);
	char text[DP_ADDR_STRLEN];

	KTAP_CHECK(m && !strcmp(dp_addr_str(&m->uri.addr, text, sizeof(text)),
				"2001:db8::c000:201"));
	sip_msg_drop(m);
	m = parse_span(slurp("rfc5118", "port-ambiguous"), false);
	KTAP_CHECK(m && !m->uri.port && !m->uri.addr.port);
	KTAP_CHECK(!strcmp(dp_addr_str(&m->uri.addr, text, sizeof(text)),
			   "2001:db8::10:5070"));
	sip_msg_drop(m);
	m = parse_span(slurp("rfc5118", "ipv4-mapped-ipv6"), false);
	KTAP_CHECK(m && m->via.addr.family == AF_INET && m->via.port == 19823);
	KTAP_CHECK(m->via.addr.port == 19823);
	sip_msg_drop(m);
	return true;
}

/* ---------------------------------------------------------------- requests */

#define VIA	"Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport\r\n"
#define IDS	"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n" \
		"Call-ID: c1\r\n"
#define LINE	"OPTIONS sip:b@example.com SIP/2.0\r\n"
#define FIXED	VIA IDS "CSeq: 7 OPTIONS\r\n"
#define REQ	LINE FIXED
#define END	"Content-Length: 0\r\n\r\n"

struct input {
	int status;
	const char *text;
};

static const struct input inputs[] = {
	{ OK, REQ END }, { OK, "\r\n\r\n" REQ END }, { OK, "\n" REQ END },
	{ OK, REQ "\r\n" }, { OK, REQ }, { OK, REQ "X: y" },
	/* lines that end with LF alone */
	{ OK, "OPTIONS sip:b@example.com SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\n"
	      "f: sip:a@example.com;tag=1\nt: sip:b@example.com\ni: 1\nCSeq:1 OPTIONS\n\n" },
	/* no message at all */
	{ NONE, "" }, { NONE, "\r\n\r\n" }, { NONE, "x" }, { NONE, "\r\n \r\n" },
	{ NONE, "GET / HTTP/1.1\r\n\r\n" }, { NONE, " " REQ END },
	{ NONE, "OPTIONS sip:b@example.com\r\n" FIXED END },
	{ NONE, "OPT;IONS sip:b@example.com SIP/2.0\r\n" FIXED END },
	{ NONE, "OPTIONS sip:b@example.com SIP/2.0\r\n x SIP/2.0\r\n" FIXED END },
	{ NONE, "SIP/2.0 099 x\r\n" FIXED END }, { NONE, "SIP/2.0 700 x\r\n" FIXED END },
	{ NONE, "SIP/2.0 20 x\r\n" FIXED END }, { NONE, "SIP/3.0 200 OK\r\n" FIXED END },
	{ NONE, "SIP/2.0 2000 x\r\n" FIXED END },
	/* first line */
	{ OK, "options sip:b@example.com sip/2.0\r\n" VIA IDS "CSeq: 7 options\r\n" END },
	{ 505, "OPTIONS sip:b@example.com SIP/2.1\r\n" FIXED END },
	{ 505, "OPTIONS sip:b@example.com SIP/2.00\r\n" FIXED END },
	{ 400, "OPTIONS  SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS b@example.com SIP/2.0\r\n" FIXED END },
	{ 416, "OPTIONS http://example.com SIP/2.0\r\n" FIXED END },
	{ OK, "OPTIONS tel:+4930123 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS tel:anna SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:@example.com SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@ SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:a@b@example.com SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@example.com:0 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@example.com:65536 SIP/2.0\r\n" FIXED END },
	{ OK, "OPTIONS sip:b@example.com:65535 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@example.com:+5060 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@192.0.2.300 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@1.2.3 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@[::1 SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@[::1]x SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@[fe80::1%eth0] SIP/2.0\r\n" FIXED END },
	{ 400, "OPTIONS sip:b@exa(mple.com SIP/2.0\r\n" FIXED END },
	/* what must be there, and once */
	{ 400, LINE IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "To: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:b@h\r\nTo: sip:b@h\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA IDS END },
	{ 400, REQ "CSeq: 7 OPTIONS\r\n" END }, { 400, REQ "i: c1\r\n" END },
	{ 400, REQ "f: sip:a@h\r\n" END }, { 400, REQ "T: sip:a@h\r\n" END },
	{ 400, REQ "Content-Length: 0\r\n" END }, { 400, REQ "l: 0\r\n" END },
	{ 400, REQ "Max-Forwards: 7\r\nmax-forwards: 7\r\n" END },
	{ 400, REQ "c: text/plain\r\nContent-Type: application/sdp\r\n" END },
	{ 400, REQ "Replaces: a;to-tag=1;from-tag=2\r\nReplaces: b;to-tag=1;from-tag=2\r\n" END },
	{ OK, REQ "Subject: a\r\nSubject: b\r\nUser-Agent: x\r\nUser-Agent: y\r\n" END },
	/* values */
	{ 400, LINE VIA IDS "CSeq: 2147483648 OPTIONS\r\n" END },
	{ OK, LINE VIA IDS "CSeq: 2147483647 OPTIONS\r\n" END },
	{ OK, LINE VIA IDS "CSeq: 0000000000000000000007   OPTIONS\r\n" END },
	{ 400, LINE VIA IDS "CSeq: -1 OPTIONS\r\n" END },
	{ 400, LINE VIA IDS "CSeq: 7\r\n" END }, { 400, LINE VIA IDS "CSeq: OPTIONS\r\n" END },
	{ 400, LINE VIA IDS "CSeq: 7 options\r\n" END },
	{ 400, LINE VIA IDS "CSeq: 7 OPTIONS x\r\n" END },
	{ OK, REQ "Max-Forwards: 0\r\n" END }, { OK, REQ "Max-Forwards: 255\r\n" END },
	{ 400, REQ "Max-Forwards: 256\r\n" END }, { 400, REQ "Max-Forwards: x\r\n" END },
	{ 400, REQ "Max-Forwards:\r\n" END },
	{ 400, REQ "Content-Length: 1\r\n\r\n" }, { 400, REQ "Content-Length: 4294967296\r\n\r\n" },
	{ 400, REQ "Content-Length:\r\n\r\n" }, { 400, REQ "Content-Length: 0x0\r\n\r\n" },
	{ OK, REQ "Content-Length  :  1  \r\n\r\nx" }, { OK, REQ "Content-Length:\r\n 1\r\n\r\nx" },
	{ 400, REQ "Content-Length: 1\r\n 1\r\n\r\nx23456789012" },
	/* the lines */
	{ 400, REQ "no colon\r\n" END }, { 400, REQ ": no name\r\n" END },
	{ 400, REQ "na me: x\r\n" END }, { 400, REQ "na\"me: x\r\n" END },
	{ 400, LINE " Via: folded\r\n" FIXED END } /* so the first line is two */,
	{ OK, REQ "X:\r\n" END }, { OK, REQ "X: a\r\n \r\n b\r\n" END },
	{ OK, REQ "X\t : a\r\n\tb\r\n" END },
	/* Via */
	{ 400, LINE "Via: SIP/2.0/UDP\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0 UDP h\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: HTTP/2.0/UDP h\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h:0\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h:70000\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h h\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via:\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h, rubbish\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h;branch=Z9HG4BK\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ OK, LINE "Via: SIP/2.0/UDP h:5060 ;branch=z9hG4bK1\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ OK, LINE "Via: SIP/2.0/FOO h : 5060\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h;x=\"y\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h;branch=z9hG4bK1 2\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE "Via: SIP/2.0/UDP h;branch=\"z9hG4bK12\"\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ OK, LINE "Via:\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	/* From, To, Call-ID */
	{ 400, LINE VIA "From: <sip:a@h>;x=\"y\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h;tag=1\r2\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h;tag=\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h\r\nTo: sip:b@h;tag\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ OK, LINE VIA "From: sip:a@h;tag=a/b:c==\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: *\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: <sip:a@h\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: <sip:a@h>x\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: a\"b\" <sip:a@h>\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: \"b\\\" <sip:a@h>\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: \"b\" sip:a@h\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h?x=y\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h\r\nTo: sip:b@h\r\nCall-ID: c d\r\nCSeq: 7 OPTIONS\r\n" END },
	{ 400, LINE VIA "From: sip:a@h\r\nTo: sip:b@h\r\nCall-ID: c\x7f\r\nCSeq: 7 OPTIONS\r\n" END },
	{ OK, LINE VIA "From: tel:+49\r\nTo: urn:service:sos\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n" END },
	/* responses */
	{ OK, "SIP/2.0 200 OK\r\n" FIXED END }, { OK, "SIP/2.0 200\r\n" FIXED END },
	{ OK, "sip/2.0 699  a b \r\n" FIXED END },
	{ 400, "SIP/2.0 200 OK\r\n" IDS "CSeq: 7 OPTIONS\r\n" END },
	{ OK, "SIP/2.0 200 OK\r\n" FIXED "Max-Forwards: x\r\n" END },
};

static bool requests(void)
{
	bool ok = true;
	size_t i;
	int got;

	for (i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		/* what starts with a fold after the first line is two lines there */
		int want = strstr(inputs[i].text, "SIP/2.0\r\n Via") ? NONE :
			   inputs[i].status;

		got = fault_of(inputs[i].text);
		if (got == want)
			continue;
		printf("# %d, not %d: %s\n", got, want, inputs[i].text);
		ok = false;
	}
	return ok;
}

static bool members(void)
{
	struct sip_msg *m = parse(
		"INVITE sips:b@[2001:db8::1]:5071;transport=tcp;lr;maddr=192.0.2.9 SIP/2.0\r\n"
		"v: SIP/2.0/tls a.example ; received=192.0.2.7; rport=99;branch=z9hG4bKx\r\n"
		"f: Alice <sip:a:pw@example.com;x=y>;tag=1;z\r\nt: sip:b@example.com;tag=2\r\n"
		"i: c1\r\nCSeq: 1 INVITE\r\nl: 2\r\n\r\nabcd");

	KTAP_CHECK(m && !m->fault.status && m->request && m->method == SIP_INVITE);
	KTAP_CHECK(m->uri.scheme == SIP_SCHEME_SIPS && m->uri.lr && m->uri.port == 5071);
	KTAP_CHECK(m->uri.addr.family == AF_INET6 && m->uri.addr.port == 5071);
	KTAP_CHECK(span_is(m->uri.maddr, "192.0.2.9"));
	KTAP_CHECK(span_is(m->uri.transport, "tcp"));
	KTAP_CHECK(m->via.proto == SIP_PROTO_TLS && m->via.rport);
	KTAP_CHECK(m->via.rport_value == 99 && !m->via.port && !m->via.addr.family);
	KTAP_CHECK(span_is(m->via.received, "192.0.2.7"));
	KTAP_CHECK(span_is(m->from.display, "Alice") && span_is(m->from.tag, "1"));
	KTAP_CHECK(span_is(m->from.uri.user, "a") && span_is(m->from.uri.password, "pw"));
	KTAP_CHECK(span_is(m->from.params, "tag=1;z"));
	KTAP_CHECK(span_is(m->to.tag, "2") && !m->to.display.p && !m->to.bracketed);
	KTAP_CHECK(span_is(m->to.uri.text, "sip:b@example.com"));
	KTAP_CHECK(m->max_forwards == 70 && span_is(m->body, "ab"));
	sip_msg_drop(m);
	m = parse("SIP/2.0 183  Session  Progress \r\n" FIXED END);
	KTAP_CHECK(m && !m->request && m->status == 183);
	KTAP_CHECK(span_is(m->reason, "Session  Progress"));
	KTAP_CHECK(m->method == SIP_OPTIONS && span_is(m->method_text, "OPTIONS"));
	sip_msg_drop(m);
	return true;
}

/* what the writer would make blanks of is blank when it is read */
static bool odd_bytes(void)
{
	static const char text[] = "SIP/2.0 200 \ra\0b\r\nVia: SIP/2.0/UDP h;x;received=1;received=2;branch=a;branch=b;rport;rport=3\r\n"
		"From: <sip:a@h;transport=tcp;transport=tls;maddr;maddr=1>;tag\0=1\r\nTo: sip:b@h\rx\r\nCall-ID: c\r\nCSeq:\r7\0OPTIONS\r\nXy: \0a\rb\r\n\r\n";
	struct sip_msg *m = sip_msg_parse(text, sizeof(text) - 1, false, NULL);

	KTAP_CHECK(m && m->fault.status == 400);
	KTAP_CHECK(!strcmp(m->fault.text, "To: the URI holds blanks, quotes, brackets or control characters"));
	KTAP_CHECK(span_is(m->reason, "a b") && span_is(m->from.tag, "1"));
	KTAP_CHECK(m->cseq.number == 7 && span_is(sip_msg_other(m, "xY"), "a b"));
	/* of two parameters with one name the first counts */
	KTAP_CHECK(span_is(m->via.received, "1") && span_is(m->via.branch, "a"));
	KTAP_CHECK(m->via.rport && !m->via.rport_value);
	KTAP_CHECK(span_is(m->from.uri.transport, "tcp") && m->from.uri.maddr.p && !m->from.uri.maddr.n);
	/* what cannot be read leaves nothing half read */
	KTAP_CHECK(!m->to.uri.text.p && !m->to.uri.host.p && !m->to.params.p);
	sip_msg_drop(m);
	return true;
}

/* ------------------------------------------------------------------- limits */

/* a request with @n times @piece, each followed by CRLF if @lines */
static struct span many(const char *before, const char *piece, size_t n,
			const char *after)
{
	static char text[300000];
	char *p = text;

	p = stpcpy(p, before);
	while (n--)
		p = stpcpy(p, piece);
	p = stpcpy(p, after);
	return span_from(text, p);
}

static int fault_of_span(struct span text)
{
	struct sip_msg *msg = parse_span(text, false);
	int status = msg ? (int)msg->fault.status : -1;

	sip_msg_drop(msg);
	return status;
}

static bool limits(void)
{
	/* five fields are there already, and Content-Length */
	KTAP_CHECK(fault_of_span(many(REQ, "Xx: y\r\n", 250, END)) == OK);
	KTAP_CHECK(fault_of_span(many(REQ, "Xx: y\r\n", 251, END)) == 400);
	KTAP_CHECK(fault_of_span(many(REQ "X: ", "y", 8189, "\r\n" END)) == OK);
	KTAP_CHECK(fault_of_span(many(REQ "X: ", "y", 8190, "\r\n" END)) == 400);
	KTAP_CHECK(fault_of_span(many(REQ "X: ", "y\r\n ", 2100, "\r\n" END)) == 400);
	KTAP_CHECK(fault_of_span(many(REQ, "v: SIP/2.0/UDP h\r\n", 63, END)) == OK);
	KTAP_CHECK(fault_of_span(many(REQ, "v: SIP/2.0/UDP h\r\n", 64, END)) == 400);
	KTAP_CHECK(fault_of_span(many(REQ "v:", "SIP/2.0/UDP h,", 64, "\r\n" END)) == 400);
	KTAP_CHECK(fault_of_span(many("OPTIONS sip:", "b", 2033, "@example.com SIP/2.0\r\n" FIXED END)) == 414);
	KTAP_CHECK(fault_of_span(many("OPTIONS sip:", "b", 2032, "@example.com SIP/2.0\r\n" FIXED END)) == OK);
	KTAP_CHECK(fault_of_span(many(REQ, "Xx: 0123456789012345678901234567890123456789"
			"01234567890123456789012345678901234567890123456789"
			"01234567890123456789012345678901234567890123456789"
			"01234567890123456789012345678901234567890123456789\r\n", 200, END)) == 513);
	KTAP_CHECK(fault_of_span(many(REQ "\r\n", "x", 65535 - strlen(REQ) - 2, "")) == OK);
	KTAP_CHECK(fault_of_span(many(REQ "\r\n", "x", 65535 - strlen(REQ) - 1, "")) == NONE);
	return true;
}

static bool lists_are_bounded(void)
{
	struct sip_msg *m;
	const struct sip_addr *addr;

	m = parse_span(many(REQ "m:", "<sip:h>,", 64, "\r\n" END), false);
	KTAP_CHECK(m && sip_msg_addrs(m, SIP_HDR_CONTACT, &addr) == 64);
	sip_msg_drop(m);
	m = parse_span(many(REQ "m:", "<sip:h>,", 65, "\r\n" END), false);
	KTAP_CHECK(m && sip_msg_addrs(m, SIP_HDR_CONTACT, &addr) == -EBADMSG && !addr);
	sip_msg_drop(m);
	return true;
}

/* ------------------------------------------------------------------ getters */

static bool lists(void)
{
	struct sip_msg *m = parse(REQ
		"Route: <sip:a;lr>,\"x, y\" <sip:b,c@h;lr> , <sip:c>;d=\"<,>\"\r\n"
		"Supported: timer, 100REL;x=y\r\nk: outbound\r\nAllow: INVITE,ACK , BYE\r\n"
		"route: <sip:e>\r\n" END);
	const struct sip_addr *addr, *again;

	KTAP_CHECK(m && sip_msg_addrs(m, SIP_HDR_ROUTE, &addr) == 4);
	KTAP_CHECK(span_is(addr[1].uri.text, "sip:b,c@h;lr"));
	KTAP_CHECK(span_is(addr[1].display, "\"x, y\""));
	KTAP_CHECK(span_is(addr[2].params, "d=\"<,>\""));
	KTAP_CHECK(span_is(addr[3].uri.host, "e"));
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_ROUTE, &again) == 4 && again == addr);
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_RECORD_ROUTE, &again) == 0 && !again);
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_FROM, &again) == 1 && again != addr);
	KTAP_CHECK(sip_msg_addrs(m, SIP_HDR_ROUTE, &again) == 4 && again == addr);
	KTAP_CHECK(sip_msg_has(m, SIP_HDR_SUPPORTED, "100rel"));
	KTAP_CHECK(sip_msg_has(m, SIP_HDR_SUPPORTED, "outbound"));
	KTAP_CHECK(!sip_msg_has(m, SIP_HDR_SUPPORTED, "tim"));
	KTAP_CHECK(!sip_msg_has(m, SIP_HDR_REQUIRE, "timer"));
	KTAP_CHECK(sip_msg_has(m, SIP_HDR_ALLOW, "BYE"));
	KTAP_CHECK(!sip_msg_has(m, SIP_HDR_ALLOW, "bye"));
	sip_msg_drop(m);
	return true;
}

struct contact {
	const char *text;
	bool fine;
};

/* of each that is not fine an agent died once */
static bool contacts(void)
{
	static const struct contact tried[] = {
		{ "Contact: <sip:x@192.0.2.1:5070>\r\n", true },
		{ "m: sips:h\r\n", true },
		{ "", false }, { "Contact: *\r\n", false }, { "Contact:\r\n", false },
		{ "Contact: <tel:+1>\r\n", false }, { "Contact: <>\r\n", false },
		{ "Contact: <sip:x@>\r\n", false }, { "Contact: <sip:>\r\n", false },
		{ "Contact: <sip\x0fx@1.2.3.4>\r\n", false },
		{ "Contact: <http://h>\r\n", false }, { "Contact: sip:a@h, sip:b@h\r\n", false },
		{ "Contact: sip:a@h\r\nContact: sip:b@h\r\n", false },
		{ "Contact: sip:a@h?x=y\r\n", false },
	};
	struct sip_fault fault;
	char text[600];
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		struct sip_msg *m;
		bool fine;

		snprintf(text, sizeof(text), REQ "%s" END, tried[i].text);
		m = parse(text);
		memset(&fault, 0, sizeof(fault));
		fine = m && sip_msg_contact(m, &fault);
		if (fine != tried[i].fine || (!fine && fault.status != 400))
			printf("# %s", tried[i].text);
		KTAP_CHECK(fine == tried[i].fine);
		KTAP_CHECK(fine ? !fault.status : fault.status == 400);
		sip_msg_drop(m);
	}
	return true;
}

static bool single_values(void)
{
	struct sip_msg *m = parse(REQ "Expires: 99999999999999999999\r\n"
		"x: 1800 ; refresher = UAS\r\nMin-SE: 90\r\nRetry-After: 5 (busy);duration=3\r\n"
		"RAck: 11 22 INVITE\r\nRSeq: x\r\nReplaces: a@b;to-tag=1; from-tag=2;early-only\r\n"
		"Join: c;to-tag=1\r\nTarget-Dialog: d;local-tag=l;remote-tag=r\r\n"
		"Event: dialog ;id=7\r\n" END);
	struct sip_session_expires se;
	struct sip_dialog_id id;
	struct sip_value value;
	struct sip_rack rack;
	uint32_t n;

	KTAP_CHECK(m && !m->fault.status);
	KTAP_CHECK(sip_msg_seconds(m, SIP_HDR_EXPIRES, &n) == 1 && n == UINT32_MAX);
	KTAP_CHECK(sip_msg_session_expires(m, &se) == 1);
	KTAP_CHECK(se.seconds == 1800 && se.refresher == 's');
	KTAP_CHECK(sip_msg_seconds(m, SIP_HDR_MIN_SE, &n) == 1 && n == 90);
	KTAP_CHECK(sip_msg_seconds(m, SIP_HDR_RETRY_AFTER, &n) == 1 && n == 5);
	KTAP_CHECK(sip_msg_rack(m, &rack) == 1 && rack.rseq == 11);
	KTAP_CHECK(rack.cseq.number == 22 && rack.cseq.method == SIP_INVITE);
	KTAP_CHECK(sip_msg_seconds(m, SIP_HDR_RSEQ, &n) == -EBADMSG);
	KTAP_CHECK(sip_msg_seconds(m, SIP_HDR_MIN_EXPIRES, &n) == 0);
	KTAP_CHECK(sip_msg_dialog_id(m, SIP_HDR_REPLACES, &id) == 1 && id.early_only);
	KTAP_CHECK(span_is(id.call_id, "a@b") && span_is(id.to_tag, "1"));
	KTAP_CHECK(span_is(id.from_tag, "2"));
	KTAP_CHECK(sip_msg_dialog_id(m, SIP_HDR_JOIN, &id) == -EBADMSG);
	KTAP_CHECK(sip_msg_dialog_id(m, SIP_HDR_TARGET_DIALOG, &id) == 1);
	KTAP_CHECK(span_is(id.to_tag, "l") && span_is(id.from_tag, "r"));
	KTAP_CHECK(sip_msg_typed(m, SIP_HDR_EVENT, &value) == 1);
	KTAP_CHECK(span_is(value.value, "dialog") && span_is(value.params, "id=7"));
	sip_msg_drop(m);
	return true;
}

static bool seconds_at_the_edge(void)
{
	uint32_t n;

	KTAP_CHECK(sip_delta_seconds(SPAN("4294967294"), &n) && n == 4294967294u);
	KTAP_CHECK(sip_delta_seconds(SPAN("4294967295"), &n) && n == UINT32_MAX);
	KTAP_CHECK(sip_delta_seconds(SPAN("4294967296"), &n) && n == UINT32_MAX);
	KTAP_CHECK(sip_delta_seconds(SPAN("42949672950"), &n) && n == UINT32_MAX);
	KTAP_CHECK(sip_delta_seconds(SPAN("0007;x"), &n) && n == 7);
	KTAP_CHECK(!sip_delta_seconds(SPAN("7x"), &n) && !sip_delta_seconds(SPAN("-7"), &n));
	KTAP_CHECK(!sip_delta_seconds(SPAN(""), &n));
	return true;
}

static bool unsupported(void)
{
	static const char *const known[] = { "timer", "100rel", NULL };
	struct sip_msg *m = parse(REQ "Require: Timer, foo\r\nRequire: 100rel,bar\r\n" END);
	char buf[64];

	KTAP_CHECK(m && sip_msg_unsupported(m, SIP_HDR_REQUIRE, known, buf, sizeof(buf)));
	KTAP_CHECK(!strcmp(buf, "foo, bar"));
	KTAP_CHECK(sip_msg_unsupported(m, SIP_HDR_REQUIRE, known, buf, 7));
	KTAP_CHECK(!strcmp(buf, "foo"));
	KTAP_CHECK(sip_msg_unsupported(m, SIP_HDR_REQUIRE, known, buf, 6));
	KTAP_CHECK(!strcmp(buf, "foo"));
	KTAP_CHECK(sip_msg_unsupported(m, SIP_HDR_REQUIRE, known, buf, 5));
	KTAP_CHECK(!*buf);
	KTAP_CHECK(!sip_msg_unsupported(m, SIP_HDR_PROXY_REQUIRE, known, buf, sizeof(buf)));
	KTAP_CHECK(!*buf);
	sip_msg_drop(m);
	return true;
}

static bool cookies(void)
{
	struct sip_via via;

	KTAP_CHECK(!sip_via_read(SPAN("SIP/2.0/UDP h;branch=z9hG4bK"), &via) && !via.cookie);
	KTAP_CHECK(!sip_via_read(SPAN("SIP/2.0/UDP h;branch=Z9HG4bka"), &via) && via.cookie);
	KTAP_CHECK(!sip_via_read(SPAN("SIP/2.0/UDP h;branch=xz9hG4bKa"), &via) && !via.cookie);
	KTAP_CHECK(!sip_via_read(SPAN("SIP/2.0/UDP h"), &via) && !via.cookie && !via.branch.p);
	return true;
}

static bool unquoted(void)
{
	char buf[8];

	KTAP_CHECK(span_is(sip_unquote(SPAN("\"a\\\"b\\\\\""), buf, 4), "a\"b\\"));
	KTAP_CHECK(!sip_unquote(SPAN("\"a\\\"b\\\\\""), buf, 3).p);
	KTAP_CHECK(span_is(sip_unquote(SPAN("token"), buf, 0), "token"));
	KTAP_CHECK(span_is(sip_unquote(SPAN("\""), buf, 0), "\""));
	KTAP_CHECK(span_is(sip_unquote(SPAN("\"\""), buf, 0), ""));
	/* a backslash with nothing behind it stands for itself */
	KTAP_CHECK(span_is(sip_unquote(SPAN("\"a\\b\\\""), buf, 8), "ab\\"));
	return true;
}

static bool names(void)
{
	static const char compact[] = "abcdefijklmnorstuvxy";
	struct span name;
	unsigned int i, n = 0;

	for (i = 1; i < SIP_HDR_N; i++) {
		name = sip_hdr_name((enum sip_hdr)i);
		if (!name.n)
			printf("# header field %u has no name\n", i);
		KTAP_CHECK(name.n && sip_hdr_lookup(name) == (enum sip_hdr)i);
	}
	for (i = 1; i < 256; i++) {
		char c = (char)i;

		if (sip_hdr_lookup((struct span){ &c, 1 }) == SIP_HDR_OTHER)
			continue;
		KTAP_CHECK(strchr(compact, c | 0x20));
		n++;
	}
	KTAP_CHECK(n == 2 * strlen(compact));
	KTAP_CHECK(sip_hdr_lookup(SPAN("cOnTeNt-LENGTH")) == SIP_HDR_CONTENT_LENGTH);
	KTAP_CHECK(sip_hdr_lookup(SPAN("c")) == SIP_HDR_CONTENT_TYPE);
	KTAP_CHECK(sip_hdr_lookup(SPAN("l")) == SIP_HDR_CONTENT_LENGTH);
	KTAP_CHECK(sip_hdr_lookup(SPAN("")) == SIP_HDR_OTHER);
	KTAP_CHECK(sip_hdr_lookup(SPAN("Vias")) == SIP_HDR_OTHER);
	KTAP_CHECK(sip_method_lookup(SPAN("invite")) == SIP_METHOD_OTHER);
	for (i = 1; i < SIP_METHOD_N; i++)
		KTAP_CHECK(sip_method_lookup(sip_method_text((enum sip_method)i)) ==
			   (enum sip_method)i);
	return true;
}

static bool references(void)
{
	struct sip_msg *m = parse(REQ END);

	KTAP_CHECK(m && sip_msg_hold(m) == m);
	sip_msg_drop(m);
	KTAP_CHECK(m->cseq.number == 7);
	sip_msg_drop(m);
	sip_msg_drop(NULL);
	return true;
}

static bool peeks(void)
{
	struct sip_peek peek;

	KTAP_CHECK(sip_peek(REQ END, strlen(REQ), &peek));
	KTAP_CHECK(peek.request && peek.method == SIP_OPTIONS);
	KTAP_CHECK(span_is(peek.uri, "sip:b@example.com"));
	KTAP_CHECK(span_is(peek.via, "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport"));
	KTAP_CHECK(sip_peek("\r\nSIP/2.0 487 x\r\nX: y", 22, &peek));
	KTAP_CHECK(!peek.request && peek.status == 487 && !peek.via.p);
	KTAP_CHECK(!sip_peek("GET / HTTP/1.0\r\n\r\n", 18, &peek));
	KTAP_CHECK(!sip_peek("SIP/2.0 x OK\r\n", 14, &peek));
	KTAP_CHECK(!sip_peek("", 0, &peek) && !sip_peek("\r\n", 2, &peek));
	return true;
}

/* ------------------------------------------------------------------- frames */

/* feed by steps; one letter per verdict, and each message must parse */
static const char *framed(struct span text, size_t step)
{
	static const char letter[] = "?MioB";
	static char said[64];
	struct sip_frame f = { 0 };
	size_t n = 0, at = 0, i = 0;
	struct sip_msg *msg;

	for (;;) {
		enum sip_frame_verdict v = sip_frame_feed(&f, text.p + at, n - at);

		if (v == SIP_FRAME_MORE) {
			if (n == text.n || i > sizeof(said) - 2)
				break;
			n = n + step < text.n ? n + step : text.n;
			continue;
		}
		said[i++] = letter[v];
		if (v == SIP_FRAME_BAD || i > sizeof(said) - 2)
			break;
		if (v == SIP_FRAME_MESSAGE) {
			msg = parse_span((struct span){ text.p + at, f.length }, true);
			if (!msg || msg->fault.status)
				said[i - 1] = '!';
			sip_msg_drop(msg);
			at += f.length;
		} else {
			at += f.skip;
		}
	}
	said[i] = '\0';
	return said;
}

struct stream {
	const char *text, *want;
};

static bool streams(void)
{
	static const struct stream tried[] = {
		{ REQ END, "M" }, { REQ END REQ END, "MM" },
		{ REQ "l: 3\r\n\r\nabc" REQ "l:\r\n 1\r\n\r\nx", "MM" },
		{ "\r\n" REQ END, "oM" }, { "\r\n\r\n", "oi" }, { "\r\n\r\n\r\n\r\n", "oioi" },
		{ REQ END "\r\n\r\n" REQ END "\r\n", "MoiMo" },
		{ "\r\n" REQ END "\r\n", "oMo" }, { "\n\n" REQ END, "oiM" },
		{ REQ "\r\n", "B" }, { REQ "l: 1\r\nl: 1\r\n\r\nx", "B" },
		{ REQ "l: -1\r\n\r\nx", "B" }, { REQ "l: 65536\r\n\r\nx", "B" },
		{ REQ "l: 5\r\n\r\nabcd", "" }, { LINE, "" }, { "\r", "" }, { "\rx", "B" },
		{ REQ "Xx: l: 9\r\nXx: a\r\n l: 9\r\n" END, "M" },
		{ "OPTIONS sip:b@example.com SIP/2.0\nv: SIP/2.0/UDP h\nf: sip:a@h\n"
		  "t: sip:a@h\ni: 1\nCSeq:1 OPTIONS\nl: 2\n\nab" REQ END, "MM" },
	};
	size_t i, step;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++)
		for (step = 1; step < 700; step += step < 9 ? 1 : 97) {
			const char *got = framed(span_of(tried[i].text), step);

			if (strcmp(got, tried[i].want))
				printf("# step %zu: \"%s\", not \"%s\": %s\n", step,
				       got, tried[i].want, tried[i].text);
			KTAP_CHECK(!strcmp(got, tried[i].want));
		}
	return true;
}

static bool stream_limits(void)
{
	struct sip_frame f = { 0 };
	struct span text = many(LINE, "Xx: yyyyyyyyyyyyyyyyyyyyyyyy\r\n", 2000, "");
	size_t n;

	for (n = 1; n < SIP_MAX_HEAD; n += 1000)
		KTAP_CHECK(sip_frame_feed(&f, text.p, n) == SIP_FRAME_MORE &&
			   sip_frame_in_head(&f));
	KTAP_CHECK(sip_frame_feed(&f, text.p, SIP_MAX_HEAD) == SIP_FRAME_BAD);
	KTAP_CHECK(f.fault.status == 513);
	KTAP_CHECK(sip_frame_feed(&f, text.p, 10) == SIP_FRAME_BAD);
	/* the longest that goes, and one more */
	memset(&f, 0, sizeof(f));
	text = many(REQ "l: 0065000\r\n\r\n", "x", 65000, "");
	KTAP_CHECK(text.n < SIP_MAX_SIZE);
	KTAP_CHECK(sip_frame_feed(&f, text.p, text.n - 1) == SIP_FRAME_MORE);
	KTAP_CHECK(!sip_frame_in_head(&f));
	KTAP_CHECK(sip_frame_feed(&f, text.p, text.n) == SIP_FRAME_MESSAGE);
	KTAP_CHECK(f.length == text.n);
	memset(&f, 0, sizeof(f));
	KTAP_CHECK(sip_frame_feed(&f, REQ "l: 65400\r\n\r\n", strlen(REQ) + 12) ==
		   SIP_FRAME_BAD);
	KTAP_CHECK(f.fault.status == 513 && f.length == strlen(REQ) + 12);
	return true;
}

/* -------------------------------------------------------------------- speed */

#define BENCH_HEAD							\
	"INVITE sip:+4930123456@192.0.2.10:5060;transport=udp SIP/2.0\r\n" \
	"Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK776asdhds8f;rport\r\n" \
	"Via: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bK-d8754z-1;received=203.0.113.8\r\n" \
	"Max-Forwards: 69\r\nRecord-Route: <sip:198.51.100.7;lr;ftag=9fxced76sl>\r\n" \
	"From: \"Alice Example\" <sip:alice@example.com>;tag=9fxced76sl\r\n"	\
	"To: <sip:+4930123456@example.com>\r\nCall-ID: 3848276298220188511@client.example.com\r\n" \
	"CSeq: 2 INVITE\r\nContact: <sip:alice@198.51.100.7:5062;transport=udp;ob>\r\n" \
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK, INFO\r\n" \
	"Supported: replaces, timer, 100rel\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n" \
	"User-Agent: ExamplePhone/5.4.1 (firmware 2024)\r\nX-Customer: 4711-0815\r\n" \
	"P-Preferred-Identity: <sip:alice@example.com>\r\nContent-Type: application/sdp\r\n" \
	"Content-Length:  "
#define BENCH_SIZE 1182

static struct span bench_message(void)
{
	static char text[BENCH_SIZE + 1];
	size_t head = strlen(BENCH_HEAD "000\r\n\r\n"), n;

	n = (size_t)snprintf(text, sizeof(text), BENCH_HEAD "%zu\r\n\r\nv=0\r\n",
			     BENCH_SIZE - head);
	memset(text + n, 'a', BENCH_SIZE - n);
	return (struct span){ text, BENCH_SIZE };
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* parsed, looked at, and sent on with other dialog, other Via and another body */
static size_t edit(struct sip_writer *w, struct sip_msg *m)
{
	static const struct sip_cross cross = { .from_trusted = true };
	struct sip_fault fault = { 0 };
	const struct sip_addr *contact = sip_msg_contact(m, &fault);
	char room[64];

	sip_write_reset(w);
	sip_write_request(w, m->method_text, SPAN("sip:+4930123456@203.0.113.5"));
	sip_write_via(w, SIP_PROTO_UDP, SPAN("203.0.113.1:5060"), SPAN("z9hG4bKabcdef0123456789"));
	sip_write_headerf(w, SIP_HDR_MAX_FORWARDS, "%u", m->max_forwards - 1);
	sip_write_addr(w, SIP_HDR_FROM, sip_addr_display(&m->from, room, sizeof(room)),
		       m->from.uri.text, SPAN("f00ba4"), (struct span){ NULL, 0 });
	sip_write_addr(w, SIP_HDR_TO, (struct span){ NULL, 0 }, m->to.uri.text,
		       (struct span){ NULL, 0 }, (struct span){ NULL, 0 });
	sip_write_header(w, SIP_HDR_CALL_ID, SPAN("0123456789abcdef0123456789abcdef"));
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u " SPAN_FMT, 1, SPAN_ARG(m->method_text));
	sip_write_addr(w, SIP_HDR_CONTACT, (struct span){ NULL, 0 },
		       contact ? SPAN("sip:203.0.113.1:5060") : SPAN("sip:x"),
		       (struct span){ NULL, 0 }, (struct span){ NULL, 0 });
	sip_cross_copy(w, m, &cross);
	sip_write_body(w, SPAN("application/sdp"), m->body);
	return w->failed ? 0 : w->n;
}

static bool bench_is_whole(void)
{
	struct sip_msg *m = parse_span(bench_message(), true);
	struct sip_writer w = { 0 };

	KTAP_CHECK(m && !m->fault.status && m->n_headers == 18);
	KTAP_CHECK(edit(&w, m) > 600);
	sip_msg_drop(m);
	m = parse_span((struct span){ w.p, w.n }, true);
	KTAP_CHECK(m && !m->fault.status);
	KTAP_CHECK(span_is(sip_msg_other(m, "X-Customer"), "4711-0815"));
	sip_msg_drop(m);
	sip_write_free(&w);
	return true;
}

static int bench(void)
{
	struct span text = bench_message();
	struct sip_writer w = { 0 };
	const int rounds = 1000000;
	double start = now();
	int i;

	for (i = 0; i < rounds; i++)
		sip_msg_drop(sip_msg_parse(text.p, text.n, false, NULL));
	printf("parse %.0f messages/s of %d bytes\n", rounds / (now() - start), BENCH_SIZE);
	start = now();
	for (i = 0; i < rounds / 2; i++) {
		struct sip_msg *m = sip_msg_parse(text.p, text.n, false, NULL);

		if (!m || !edit(&w, m))
			return 1;
		sip_msg_drop(m);
	}
	printf("parse, edit, write %.0f messages/s\n", rounds / 2 / (now() - start));
	sip_write_free(&w);
	return 0;
}

static const struct ktap_point points[] = {
	{ "all of RFC 4475 and RFC 5118", corpora },
	{ "a short tortuous INVITE", tortuous },
	{ "what follows Content-Length in a datagram is ignored", two_in_a_datagram },
	{ "IPv6 in all its spellings", addresses_of_v6 },
	{ "messages taken and refused", requests },
	{ "what stands in the members", members },
	{ "odd bytes and doubled parameters", odd_bytes },
	{ "limits at the entrance", limits },
	{ "limits of lists", lists_are_bounded },
	{ "lists, with commas and without", lists },
	{ "a Contact that a dialog can have", contacts },
	{ "single values", single_values },
	{ "seconds at their edge", seconds_at_the_edge },
	{ "what is required and not there", unsupported },
	{ "branches of RFC 3261", cookies },
	{ "quotes taken off", unquoted },
	{ "names, full and compact", names },
	{ "references", references },
	{ "a look at the first lines", peeks },
	{ "messages on a stream, by steps", streams },
	{ "limits of a stream", stream_limits },
	{ "the message of the bench", bench_is_whole },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--bench"))
		return bench();
	return KTAP_RUN(points);
}
