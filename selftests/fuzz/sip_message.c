// SPDX-License-Identifier: GPL-2.0
/*
 * SIP messages of any bytes, as datagrams and as streams.  What must hold:
 *
 * - whatever is in a message lies within its text;
 * - every answer that we write is one response, of as many Vias, with the same
 *   branch, Call-ID and CSeq, and no fault if the request had none;
 * - what crosses into another message adds nothing but what may: that message is
 *   read again with no fault, and again crosses as it is;
 * - a stream says the same in whatever pieces it comes, and what it says is a
 *   message is as long as the reader of messages says;
 * - another description put into a body is found there again, and nothing else
 *   has changed its length.
 */
#include <errno.h>

#include "base/text.h"
#include "fuzz.h"
#include "sip/auth.h"
#include "sip/body.h"
#include "sip/cross.h"
#include "sip/frame.h"
#include "sip/write.h"

#define NO	((struct span){ NULL, 0 })
#define IDS	"From: \"A \\\"B\\\"\" <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\n"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("INVITE sip:b@192.0.2.1:5060;transport=udp;lr SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bK1;rport\r\n"
		    "Via: SIP/2.0/TCP h;branch=z9hG4bK2, SIP/2.0/UDP i:1\r\nMax-Forwards: 70\r\n" IDS "CSeq: 7 INVITE\r\n"
		    "Contact: \"x, y\" <sip:a@192.0.2.7:5060;ob>;expires=7;q=0.3\r\nRecord-Route: <sip:p;lr>,<sip:q;lr>\r\n"
		    "Supported: 100rel, timer\r\nRequire: foo\r\nP-Asserted-Identity: <sip:a@h>\r\nPrivacy: id;header\r\n"
		    "X-Own: a\r\n b\r\nReason: Q.850;cause=16;text=\"x\"\r\nContent-Type: application/sdp\r\nContent-Length: 7\r\n\r\nv=0\r\ns="),
	FUZZ_SAMPLE("SIP/2.0 401 Un \xd0\xbd\r\nv:SIP/2.0/WSS h;received=::1;rport=5\r\nf:sip:a@h;tag=2\r\nt:tel:+49-30;tag=3\r\ni:x@y\r\nCSeq:1 REGISTER\r\n"
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=SHA-256\r\nRetry-After: 5 (x);duration=3\r\n"
		    "Warning: 399 h \"a \\\" b\"\r\nm:*\r\nl:0\r\n\r\n"),
	FUZZ_SAMPLE("MESSAGE sips:[::ffff:192.0.2.1] SIP/2.0\nv: SIP/2.0/TLS h\nf: sip:a@h\nt: sip:b@h\ni: 1\nCSeq: 1 MESSAGE\n"
		    "Authorization: Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:h\",response=\"00\",qop=auth,nc=00000001,cnonce=\"c\"\n"
		    "Content-Type: multipart/mixed;boundary=\"x\"\nContent-Length: 107\n\n"
		    "--x\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0\r\n--x\r\nc: multipart/mixed;boundary=y\r\n\r\n--y\r\n--x--\r\n"),
	FUZZ_SAMPLE("\r\n\r\nREFER tel:+1 SIP/2.0\r\nVia:SIP/2.0/UDP h\r\n" IDS "CSeq: 1 REFER\r\nRefer-To: <sip:h?Replaces=a%3Bto-tag%3D1>\r\n"
		    "Replaces: a;to-tag=1;from-tag=2;early-only\r\nSession-Expires: 90;refresher=uac\r\nRAck: 1 2 INVITE\r\nl: 0\r\n\r\n\r\n\r\n"
		    "BYE sip:h SIP/2.0\r\nVia:SIP/2.0/UDP h\r\n" IDS "CSeq: 1 BYE\r\nl:\r\n 1\r\n\r\nx"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\r\n"), FUZZ_SAMPLE("\n"), FUZZ_SAMPLE("\r"), FUZZ_SAMPLE("\r\n "), FUZZ_SAMPLE("\n\t"), FUZZ_SAMPLE("\0"), FUZZ_SAMPLE("\r\n\r\n"),
	FUZZ_SAMPLE(" "), FUZZ_SAMPLE(":"), FUZZ_SAMPLE(";"), FUZZ_SAMPLE(","), FUZZ_SAMPLE("<"), FUZZ_SAMPLE(">"), FUZZ_SAMPLE("\""), FUZZ_SAMPLE("\\"),
	FUZZ_SAMPLE("@"), FUZZ_SAMPLE("?"), FUZZ_SAMPLE("="), FUZZ_SAMPLE("%"), FUZZ_SAMPLE("%00"), FUZZ_SAMPLE("["), FUZZ_SAMPLE("]"), FUZZ_SAMPLE("*"),
	FUZZ_SAMPLE("\xff"), FUZZ_SAMPLE("\xc2\x9b"), FUZZ_SAMPLE("SIP/2.0"), FUZZ_SAMPLE("\r\nl: 1\r\n"), FUZZ_SAMPLE("\r\nContent-Length: 4\r\n"),
	FUZZ_SAMPLE("\r\nVia: SIP/2.0/UDP h\r\n"), FUZZ_SAMPLE("\r\nVia :\r\n "), FUZZ_SAMPLE("\r\nTo: <sip:x>;tag=9\r\n"), FUZZ_SAMPLE("sip:"), FUZZ_SAMPLE("tel:"),
	FUZZ_SAMPLE(";tag="), FUZZ_SAMPLE(";branch=z9hG4bK"), FUZZ_SAMPLE(";rport"), FUZZ_SAMPLE(";received="), FUZZ_SAMPLE("\r\n--x\r\n"), FUZZ_SAMPLE("--y--"),
	FUZZ_SAMPLE("\r\nc: application/sdp\r\n\r\n"), FUZZ_SAMPLE("\r\nPrivacy: id\r\n"), FUZZ_SAMPLE(":::1.2.3.4"), FUZZ_SAMPLE("Digest "), FUZZ_SAMPLE("()"),
};

static bool within(struct span s, struct span text)
{
	return !s.n || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

static void check_uri(const struct sip_uri *u, struct span text)
{
	char buf[4096];
	struct span s;

	FUZZ_CHECK(within(u->text, text) && within(u->user, text) && within(u->password, text));
	FUZZ_CHECK(within(u->host, text) && within(u->params, text) && within(u->headers, text));
	FUZZ_CHECK(within(u->maddr, text) && within(u->transport, text));
	FUZZ_CHECK(!sip_uri_is_sip(u) || (u->host.n && sip_host_is_sane(u->host)));
	/* a parameter that is there twice is equal to nothing */
	if (u->text.n && !u->params.n)
		FUZZ_CHECK(sip_uri_eq(u, u));
	s = sip_uri_unescape(u->user, buf, 1024);
	if (s.p && s.n < 1000)
		FUZZ_CHECK(sip_uri_escape_user(s, buf + 1024, 3072).p);
}

static void check_addr(const struct sip_addr *a, struct span text)
{
	char buf[8192];

	FUZZ_CHECK(within(a->text, text) && within(a->display, text));
	FUZZ_CHECK(within(a->params, text) && within(a->tag, text));
	FUZZ_CHECK(!a->star || !a->uri.text.n);
	FUZZ_CHECK(!a->display.n || sip_addr_display(a, buf, a->display.n).n <= a->display.n);
	check_uri(&a->uri, text);
}

static void check_via(const struct sip_via *v, struct span text)
{
	FUZZ_CHECK(within(v->text, text) && within(v->host, text) && within(v->branch, text));
	FUZZ_CHECK(within(v->params, text) && within(v->received, text) && within(v->maddr, text));
	FUZZ_CHECK(!v->cookie || v->branch.n > 7);
}

static void check_lists(struct sip_msg *m)
{
	const struct sip_addr *addr;
	const struct sip_via *via;
	struct sip_fault fault = { 0 };
	unsigned int id;
	int n, i;

	n = sip_msg_vias(m, &via);
	FUZZ_CHECK(n <= SIP_MAX_LIST && (m->fault.status || n >= 1));
	for (i = 0; i < n; i++)
		check_via(&via[i], m->text);
	for (id = 1; id < SIP_HDR_N; id++) {
		if (id == SIP_HDR_VIA)
			continue;
		n = sip_msg_addrs(m, (enum sip_hdr)id, &addr);
		FUZZ_CHECK(n <= SIP_MAX_LIST && (n > 0) == (addr != NULL));
		for (i = 0; i < n; i++)
			check_addr(&addr[i], m->text);
	}
	addr = sip_msg_contact(m, &fault);
	FUZZ_CHECK(addr ? addr->uri.host.n != 0 : fault.status != 0);
}

static void check_values(struct sip_msg *m)
{
	static const char *const known[] = { "timer", NULL };
	struct sip_session_expires se;
	struct sip_credentials cr;
	struct sip_challenge ch;
	struct sip_dialog_id id;
	struct sip_rack rack;
	char buf[100];
	unsigned int i;
	uint32_t n;

	sip_msg_session_expires(m, &se);
	sip_msg_rack(m, &rack);
	if (sip_msg_dialog_id(m, SIP_HDR_REPLACES, &id) == 1)
		FUZZ_CHECK(within(id.to_tag, m->text) && id.from_tag.n);
	sip_msg_unsupported(m, SIP_HDR_REQUIRE, known, buf, sizeof(buf));
	FUZZ_CHECK(strlen(buf) < sizeof(buf));
	sip_msg_has(m, SIP_HDR_SUPPORTED, "100rel");
	sip_credentials_of(m, SIP_HDR_AUTHORIZATION, SPAN("r"), &cr);
	sip_challenge_best(m, SIP_HDR_WWW_AUTHENTICATE, NO, &ch);
	for (i = 0; i < m->n_headers; i++) {
		struct sip_header *h = &m->header[i];

		FUZZ_CHECK(within(h->name, m->text) && within(h->value, m->text));
		FUZZ_CHECK(h->id < SIP_HDR_N && !span_chr(h->value, '\n'));
		FUZZ_CHECK(!span_chr(h->value, '\r') && !span_chr(h->value, '\0'));
		sip_delta_seconds(h->value, &n);
		if (!sip_credentials_read(h->value, &cr))
			FUZZ_CHECK(within(cr.response, m->text) &&
				   !sip_credentials_verify(&cr, "x", SPAN("X"), m->body));
	}
}

/* one message, as somebody else would read it */
static struct sip_msg *again(const struct sip_writer *w)
{
	struct sip_msg *m;

	FUZZ_CHECK(!w->failed);
	m = sip_msg_parse(w->p, w->n, true, NULL);
	FUZZ_CHECK(m);
	return m;
}

static void check_answer(struct sip_msg *m)
{
	struct sip_writer w = { 0 };
	const struct sip_via *via;
	struct sip_msg *r;
	int n;

	dp_addr_parse("192.0.2.9:4711", &m->source);
	sip_write_refusal(&w, m, m->fault.status ? m->fault.status : 488, span_of(m->fault.text),
			  SPAN("rtplane"), SPAN("77"));
	if (w.failed) {
		/* only for its size */
		FUZZ_CHECK(m->text.n > SIP_MAX_SIZE / 2);
		sip_write_free(&w);
		return;
	}
	r = again(&w);
	FUZZ_CHECK(!r->request && !r->body.n);
	if (!m->fault.status) {
		FUZZ_CHECK(!r->fault.status && r->to.tag.n && r->via.received.n);
		FUZZ_CHECK(span_eq(r->via.branch, m->via.branch) && span_eq(r->call_id, m->call_id));
		FUZZ_CHECK(r->cseq.number == m->cseq.number && span_eq(r->method_text, m->method_text));
		FUZZ_CHECK(span_eq(r->from.tag, m->from.tag) && span_eq(r->via.host, m->via.host));
		n = sip_msg_vias(m, &via);
		FUZZ_CHECK(sip_msg_vias(r, &via) == n && r->via.rport == m->via.rport);
	}
	sip_msg_drop(r);
	sip_write_free(&w);
}

static void put_own(struct sip_writer *w, const struct sip_msg *m)
{
	char display[8192];

	if (m->request)
		sip_write_request(w, m->method_text, SPAN("sip:next@192.0.2.8"));
	else
		sip_write_status(w, m->status, m->reason);
	sip_write_via(w, SIP_PROTO_UDP, SPAN("192.0.2.1:5060"), SPAN("z9hG4bKours"));
	sip_write_addr(w, SIP_HDR_FROM, sip_addr_display(&m->from, display, sizeof(display)),
		       m->from.uri.text, SPAN("ours"), NO);
	sip_write_addr(w, SIP_HDR_TO, NO, m->to.uri.text, m->to.tag, NO);
	sip_write_header(w, SIP_HDR_CALL_ID, SPAN("ours"));
	sip_write_headerf(w, SIP_HDR_CSEQ, "%u " SPAN_FMT, 1, SPAN_ARG(m->method_text));
}

#define OWN	5	/* fields of put_own() */

static void check_crossing(const struct sip_msg *m, const struct sip_cross *cross)
{
	struct sip_writer w = { 0 }, v = { 0 };
	unsigned int i, may = 0;
	struct sip_msg *r;

	put_own(&w, m);
	sip_cross_copy(&w, m, cross);
	sip_write_end(&w);
	if (w.n > SIP_MAX_HEAD) {
		sip_write_free(&w);
		return;
	}
	r = again(&w);
	FUZZ_CHECK(r->request == m->request && span_is(r->via.branch, "z9hG4bKours"));
	for (i = 0; i < m->n_headers; i++)
		may += sip_cross_may(m, &m->header[i], cross);
	/* too many or too long may be refused, never read as something else */
	if (may + OWN + 1 <= SIP_MAX_HEADERS && !r->fault.status) {
		FUZZ_CHECK(r->n_headers == may + OWN + 1);
		FUZZ_CHECK(sip_uri_eq(&r->from.uri, &m->from.uri) && span_is(r->from.tag, "ours"));
		put_own(&v, r);
		sip_cross_copy(&v, r, cross);
		sip_write_end(&v);
		FUZZ_CHECK(v.n == w.n && !memcmp(v.p, w.p, w.n));
		sip_write_free(&v);
	} else {
		FUZZ_CHECK(r->fault.status == 400);
	}
	sip_msg_drop(r);
	sip_write_free(&w);
}

static void check_body(const struct sip_msg *m)
{
	static const struct span sdp = { "v=0\r\nX", 6 };
	struct sip_writer w = { 0 };
	struct sip_body body, other;
	struct sip_msg *r;

	sip_body_look(m, &body);
	FUZZ_CHECK(within(body.sdp, m->body) && within(body.part.head, m->body));
	FUZZ_CHECK(body.sdp.n || (body.kind != SIP_BODY_SDP && body.kind != SIP_BODY_PART));
	put_own(&w, m);
	sip_body_write_sdp(&w, m, &body, sdp);
	if (!w.failed && w.n < SIP_MAX_HEAD) {
		r = again(&w);
		if (!r->fault.status) {
			sip_body_look(r, &other);
			FUZZ_CHECK(other.kind == (body.kind == SIP_BODY_PART ? SIP_BODY_PART : SIP_BODY_SDP));
			FUZZ_CHECK(span_eq(other.sdp, sdp));
			if (body.kind == SIP_BODY_PART)
				FUZZ_CHECK(r->body.n + body.sdp.n <= m->body.n + sdp.n + 2);
		}
		sip_msg_drop(r);
	}
	sip_write_free(&w);
}

static void check_message(struct sip_msg *m)
{
	static const struct sip_cross cross[] = { { 0 }, { .from_trusted = true, .to_trusted = true } };

	FUZZ_CHECK(!m->fault.status == !*m->fault.text && text_is_utf8(span_of(m->fault.text)));
	FUZZ_CHECK(within(m->method_text, m->text) && within(m->reason, m->text));
	FUZZ_CHECK(within(m->call_id, m->text) && within(m->body, m->text));
	check_addr(&m->from, m->text);
	check_addr(&m->to, m->text);
	check_via(&m->via, m->text);
	check_uri(&m->uri, m->text);
	check_lists(m);
	check_values(m);
	if (m->request)
		check_answer(m);
	if (m->fault.status)
		return;
	FUZZ_CHECK(m->from.uri.text.n && m->to.uri.text.n && m->call_id.n && m->via.host.n);
	check_crossing(m, &cross[0]);
	check_crossing(m, &cross[1]);
	check_body(m);
}

static bool is_about_length(const char *text)
{
	return !strncmp(text, "Content-Length", 14) || !strcmp(text, "there are two Content-Length") ||
	       !strncmp(text, "there is no Content-Length", 26);
}

/* a stream, by steps; what was said of it as a number that tells all */
static uint64_t said_of(const char *data, size_t size, size_t step)
{
	size_t n = 0, at = 0, rounds = 0;
	struct sip_frame f = { 0 };
	uint64_t said = 7;
	struct sip_msg *m;

	for (;;) {
		enum sip_frame_verdict v = sip_frame_feed(&f, data + at, n - at);

		FUZZ_CHECK(rounds++ < 3 * size + 10);
		if (v == SIP_FRAME_MORE) {
			FUZZ_CHECK(n - at < SIP_MAX_SIZE);
			if (n == size)
				return said;
			n = n + step < size ? n + step : size;
			continue;
		}
		said = said * 31 + v + f.length * 7 + f.skip + f.fault.status;
		if (v == SIP_FRAME_BAD)
			return said;
		FUZZ_CHECK(v == SIP_FRAME_MESSAGE ? f.length && !f.skip : f.skip && !f.length);
		FUZZ_CHECK(at + f.length + f.skip <= n);
		if (v == SIP_FRAME_MESSAGE && step == size) {
			m = sip_msg_parse(data + at, f.length, true, NULL);
			if (m)
				FUZZ_CHECK(!is_about_length(m->fault.text));
			sip_msg_drop(m);
		}
		at += f.length + f.skip;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sip_fault fault;
	struct sip_peek peek;
	char safe[400];
	struct sip_msg *m;

	m = sip_msg_parse(text, size, false, &fault);
	FUZZ_CHECK(!m == !!fault.status);
	FUZZ_CHECK(!m || sip_peek(text, size, &peek));
	if (m) {
		FUZZ_CHECK(peek.request == m->request);
		check_message(m);
		sip_msg_drop(m);
	}
	FUZZ_CHECK(said_of(text, size, size ? size : 1) == said_of(text, size, 1 + size % 7));
	text_safe((struct span){ text, size < 90 ? size : 90 }, safe, sizeof(safe));
	FUZZ_CHECK(text_is_utf8(span_of(safe)) && !strchr(safe, '\x1b'));
	return 0;
}

FUZZ_MAIN("SIP messages", samples, words)
