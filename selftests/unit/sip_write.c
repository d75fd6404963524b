// SPDX-License-Identifier: GPL-2.0
/* SIP messages that are written: nothing leaves its header field. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sip/write.h"

#define NO	((struct span){ NULL, 0 })

static struct sip_msg *parse(const char *text)
{
	return sip_msg_parse(text, strlen(text), false, NULL);
}

/* is it what the writer holds, all of it? then it is empty again */
static bool wrote(struct sip_writer *w, const char *want)
{
	size_t n;
	char *p = sip_write_take(w, &n);
	bool ok = p && n == strlen(want) && !memcmp(p, want, n);

	if (!ok)
		printf("# \"%.*s\"\n# is not \"%s\"\n", (int)n, p ? p : "", want);
	free(p);
	return ok;
}

static bool failed(struct sip_writer *w)
{
	size_t n = 1;
	char *p = sip_write_take(w, &n);
	bool ok = !p && !n && !w->failed && !w->p;

	free(p);
	return ok;
}

static bool a_request(void)
{
	struct sip_writer w = { 0 };

	sip_write_request(&w, SPAN("INVITE"), SPAN("sip:b@h"));
	sip_write_via(&w, SIP_PROTO_TLS, SPAN("[2001:db8::1]:5061"), SPAN("z9hG4bKx"));
	sip_write_headerf(&w, SIP_HDR_CSEQ, "%u %s", 7, "INVITE");
	sip_write_addr(&w, SIP_HDR_FROM, SPAN("A \"B\" \\"), SPAN("sip:a@h"), SPAN("t1"), SPAN("x=y"));
	sip_write_addr(&w, SIP_HDR_TO, NO, SPAN("sip:b@h;lr"), NO, NO);
	sip_write_named(&w, SPAN("X-Own"), SPAN(""));
	sip_write_body(&w, SPAN("text/plain"), SPAN("a\0b"));
	w.n -= 2;	/* for the comparison: "a" */
	return wrote(&w, "INVITE sip:b@h SIP/2.0\r\n"
		     "Via: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bKx;rport\r\n"
		     "CSeq: 7 INVITE\r\nFrom: \"A \\\"B\\\" \\\\\" <sip:a@h>;tag=t1;x=y\r\n"
		     "To: <sip:b@h;lr>\r\nX-Own: \r\nContent-Type: text/plain\r\n"
		     "Content-Length: 3\r\n\r\na");
}

static bool nothing_is_injected(void)
{
	static const struct span evil = SPAN("x\r\nEvil: 1\n\r\r\n\r\nbody\0y");
	static const char flat[] = "x  Evil: 1      body y";
	struct sip_writer w = { 0 };
	char want[400];

	sip_write_header(&w, SIP_HDR_SUBJECT, evil);
	snprintf(want, sizeof(want), "Subject: %s\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	sip_write_headerf(&w, SIP_HDR_SUBJECT, "%s%c%s", "a\r\nEvil: ", 0, "\n");
	KTAP_CHECK(wrote(&w, "Subject: a  Evil:   \r\n"));
	sip_write_named(&w, SPAN("X-Y"), evil);
	snprintf(want, sizeof(want), "X-Y: %s\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	sip_write_status(&w, 486, evil);
	snprintf(want, sizeof(want), "SIP/2.0 486 %s\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	sip_write_addr(&w, SIP_HDR_TO, evil, SPAN("sip:a>\r\nX: y@h"), SPAN("1\r\n2"), SPAN("p\nq"));
	snprintf(want, sizeof(want), "To: \"%s\" <sip:a%%3E%%0D%%0AX:%%20y@h>;tag=1  2;p q\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	sip_write_via(&w, SIP_PROTO_UDP, SPAN("h\r\nX: y"), SPAN("b\nc"));
	KTAP_CHECK(wrote(&w, "Via: SIP/2.0/UDP h  X: y;branch=b c;rport\r\n"));
	sip_write_reason(&w, "SIP", 200, evil);
	snprintf(want, sizeof(want), "Reason: SIP;cause=200;text=\"%s\"\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	sip_write_warning(&w, 399, SPAN("a\r\nb"), evil);
	snprintf(want, sizeof(want), "Warning: 399 a  b \"%s\"\r\n", flat);
	KTAP_CHECK(wrote(&w, want));
	return true;
}

static bool what_fails(void)
{
	struct sip_writer w = { 0 };
	char *big = calloc(1, 65536);

	sip_write_named(&w, SPAN("X: y\r\nEvil"), SPAN("z"));
	KTAP_CHECK(w.failed && failed(&w));
	sip_write_named(&w, SPAN(""), SPAN("z"));
	KTAP_CHECK(failed(&w));
	sip_write_request(&w, SPAN("OPTI ONS"), SPAN("sip:h"));
	KTAP_CHECK(failed(&w));
	sip_write_request(&w, SPAN("OPTIONS"), SPAN("sip:h SIP/2.0\r\nX:"));
	KTAP_CHECK(failed(&w));
	sip_write_request(&w, SPAN("OPTIONS"), SPAN(""));
	KTAP_CHECK(failed(&w));
	sip_write_header(&w, SIP_HDR_OTHER, SPAN("x"));
	KTAP_CHECK(failed(&w));
	memset(big, 'x', 65536);
	/* a message fits into a datagram or is none */
	sip_write_body(&w, NO, (struct span){ big, 65535 - 25 });
	KTAP_CHECK(!w.failed && w.n == 65535);
	sip_write_reset(&w);
	sip_write_body(&w, NO, (struct span){ big, 65535 - 24 });
	KTAP_CHECK(w.failed);
	sip_write_reset(&w);
	KTAP_CHECK(!w.failed && !w.n);
	sip_write_text(&w, SPAN("fine"));
	KTAP_CHECK(wrote(&w, "fine"));
	sip_write_free(&w);
	free(big);
	return true;
}

static bool quotes(void)
{
	struct sip_writer w = { 0 };

	/* what made a Warning that nobody could read */
	sip_write_warning(&w, 399, SPAN("rtplane"), SPAN("c=IN a\"b 1.1.1.1"));
	KTAP_CHECK(wrote(&w, "Warning: 399 rtplane \"c=IN a\\\"b 1.1.1.1\"\r\n"));
	sip_write_warning(&w, 1399, NO, SPAN("gr\xc3\xbc\xc3\x9f \xff \x1b[1m \x7f \\"));
	KTAP_CHECK(wrote(&w, "Warning: 399 rtplane \"gr\xc3\xbc\xc3\x9f ?  [1m ? \\\\\"\r\n"));
	sip_write_reason(&w, "Q.850", 16, NO);
	KTAP_CHECK(wrote(&w, "Reason: Q.850;cause=16\r\n"));
	sip_write_reason(&w, "SIP", 0, SPAN(""));
	KTAP_CHECK(wrote(&w, "Reason: SIP;text=\"\"\r\n"));
	return true;
}

static bool blocks(void)
{
	static const char *const refused[] = {
		"\r\n", "A: b\n", "A: b", "A: b\r\n\r\n", "A: b\r\nC: d", "A\rB: c\r\n", "\r\nA: b\r\n",
	};
	struct sip_writer w = { 0 };
	size_t i;

	sip_write_block(&w, SPAN("A: b\r\nC:\r\n"));
	KTAP_CHECK(wrote(&w, "A: b\r\nC:\r\n"));
	sip_write_block(&w, SPAN(""));
	KTAP_CHECK(!w.failed);
	sip_write_block(&w, SPAN("A: \0\r\n"));
	KTAP_CHECK(failed(&w));
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		sip_write_block(&w, span_of(refused[i]));
		KTAP_CHECK(failed(&w));
	}
	return true;
}

#define REQ								\
	"INVITE sip:b@h SIP/2.0\r\n"					\
	"Via: SIP/2.0/UDP a.example:5070;rport;received=10.9.9.9;x=\"y\";branch=z9hG4bK1 , SIP/2.0/TCP q;branch=2\r\n" \
	"v: SIP/2.0/UDP r;branch=3\r\nRecord-Route: <sip:p;lr>\r\nf: \"A\" <sip:a@h>;tag=1\r\n" \
	"t: <sip:b@h>%s\r\ni: c1\r\nCSeq: 5 INVITE\r\nTimestamp: 54\r\nl: 0\r\n\r\n"

#define VIAS								\
	"Via: SIP/2.0/UDP a.example:5070;x=\"y\";branch=z9hG4bK1;received=192.0.2.9;rport=4711, SIP/2.0/TCP q;branch=2\r\n" \
	"Via: SIP/2.0/UDP r;branch=3\r\nFrom: \"A\" <sip:a@h>;tag=1\r\n"

static struct sip_msg *request(const char *to_tag)
{
	char text[800];
	struct sip_msg *m;

	snprintf(text, sizeof(text), REQ, to_tag);
	m = parse(text);
	if (m)
		dp_addr_parse("192.0.2.9:4711", &m->source);
	return m;
}

static bool responses(void)
{
	struct sip_msg *m = request("");
	struct sip_writer w = { 0 };

	KTAP_CHECK(m && !m->fault.status);
	sip_write_response(&w, m, 180, NO, SPAN("77"));
	KTAP_CHECK(wrote(&w, "SIP/2.0 180 Ringing\r\n" VIAS "To: <sip:b@h>;tag=77\r\nCall-ID: c1\r\n"
			 "CSeq: 5 INVITE\r\nRecord-Route: <sip:p;lr>\r\n"));
	sip_write_response(&w, m, 100, NO, NO);
	KTAP_CHECK(wrote(&w, "SIP/2.0 100 Trying\r\n" VIAS "To: <sip:b@h>\r\nCall-ID: c1\r\n"
			 "CSeq: 5 INVITE\r\nTimestamp: 54\r\n"));
	sip_write_refusal(&w, m, 488, SPAN("say \"please\""), SPAN("rtplane"), SPAN("77"));
	KTAP_CHECK(wrote(&w, "SIP/2.0 488 Not Acceptable Here\r\n" VIAS "To: <sip:b@h>;tag=77\r\nCall-ID: c1\r\n"
			 "CSeq: 5 INVITE\r\nWarning: 399 rtplane \"say \\\"please\\\"\"\r\nContent-Length: 0\r\n\r\n"));
	sip_write_response(&w, m, 299, SPAN("Mine"), SPAN("77"));
	KTAP_CHECK(w.n && memmem(w.p, w.n, "Record-Route", 12));
	sip_write_reset(&w);
	sip_write_response(&w, m, 300, NO, SPAN("77"));
	KTAP_CHECK(w.n && !memmem(w.p, w.n, "Record-Route", 12));
	sip_write_free(&w);
	sip_msg_drop(m);
	m = request(";tag=old");
	KTAP_CHECK(m);
	sip_write_response(&w, m, 404, NO, SPAN("77"));
	KTAP_CHECK(wrote(&w, "SIP/2.0 404 Not Found\r\n" VIAS "To: <sip:b@h>;tag=old\r\nCall-ID: c1\r\n"
			 "CSeq: 5 INVITE\r\n"));
	sip_msg_drop(m);
	return true;
}

static bool via_of_v6(void)
{
	struct sip_msg *m = parse("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP [2001:db8::7];branch=z9hG4bK1\r\n"
				  "f: sip:a@h\r\nt: sip:h\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n");
	struct sip_writer w = { 0 };

	KTAP_CHECK(m && dp_addr_parse("[2001:db8::8]:1", &m->source));
	sip_write_response(&w, m, 200, NO, NO);
	/* no rport was asked for */
	KTAP_CHECK(wrote(&w, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP [2001:db8::7];branch=z9hG4bK1;received=2001:db8::8\r\n"
			 "From: sip:a@h\r\nTo: sip:h\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"));
	sip_msg_drop(m);
	return true;
}

/* what cannot be read is answered all the same, as far as it goes */
static bool answers_to_faults(void)
{
	struct sip_msg *m = parse("INVITE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nt: \"x <sip:b@h>\r\nCSeq: 1 INVITE\r\n\r\n");
	struct sip_writer w = { 0 };

	KTAP_CHECK(m && m->fault.status == 400);
	dp_addr_parse("192.0.2.9:4711", &m->source);
	sip_write_refusal(&w, m, m->fault.status, span_of(m->fault.text), SPAN("x"), SPAN("77"));
	KTAP_CHECK(wrote(&w, "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.9\r\n"
			 "To: \"x <sip:b@h>\r\nCSeq: 1 INVITE\r\nWarning: 399 x \"there is no From\"\r\n"
			 "Content-Length: 0\r\n\r\n"));
	sip_msg_drop(m);
	/* a fault's text is ASCII whatever was wrong */
	m = parse("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\x1b\xff\r\n\r\n");
	KTAP_CHECK(m && m->fault.status == 400);
	KTAP_CHECK(!strcmp(m->fault.text, "\"??\" is no header field"));
	sip_msg_drop(m);
	return true;
}

static bool copies(void)
{
	struct sip_msg *m = parse("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nf: sip:a@h\r\nt: sip:h\r\ni: 1\r\n"
				  "CSeq: 1 OPTIONS\r\nReason: a\r\nX-y: b\r\n c\r\nreason: d\r\n\r\n");
	struct sip_writer w = { 0 };
	unsigned int i;

	KTAP_CHECK(m);
	sip_write_copy(&w, m, SIP_HDR_REASON);
	sip_write_copy(&w, m, SIP_HDR_SUBJECT);
	for (i = 0; i < m->n_headers; i++)
		if (m->header[i].id == SIP_HDR_OTHER)
			sip_write_field(&w, &m->header[i]);
	KTAP_CHECK(wrote(&w, "Reason: a\r\nReason: d\r\nX-y: b   c\r\n"));
	sip_msg_drop(m);
	return true;
}

static bool displays(void)
{
	struct sip_addr addr;
	char buf[8];

	KTAP_CHECK(!sip_addr_read(SPAN("\"a\\\"b\\\\\" <sip:h>"), &addr));
	KTAP_CHECK(span_is(sip_addr_display(&addr, buf, sizeof(buf)), "a\"b\\"));
	KTAP_CHECK(!sip_addr_display(&addr, buf, 3).p);
	KTAP_CHECK(!sip_addr_read(SPAN("Bell, Alexander <sip:h>"), &addr));
	KTAP_CHECK(span_is(sip_addr_display(&addr, buf, 0), "Bell, Alexander"));
	KTAP_CHECK(!sip_addr_read(SPAN("<sip:h>"), &addr));
	KTAP_CHECK(!sip_addr_display(&addr, buf, sizeof(buf)).p);
	KTAP_CHECK(!sip_addr_read(SPAN("\"\" <sip:h>"), &addr));
	KTAP_CHECK(!sip_addr_display(&addr, buf, sizeof(buf)).n);
	return true;
}

static const struct ktap_point points[] = {
	{ "a request", a_request },
	{ "no value leaves its header field", nothing_is_injected },
	{ "what cannot be a message", what_fails },
	{ "quotes", quotes },
	{ "header fields made before", blocks },
	{ "responses", responses },
	{ "Via with an IPv6 source", via_of_v6 },
	{ "answers to what cannot be read", answers_to_faults },
	{ "header fields copied", copies },
	{ "display names", displays },
};

int main(void)
{
	return KTAP_RUN(points);
}
