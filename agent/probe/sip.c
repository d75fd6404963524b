// SPDX-License-Identifier: GPL-2.0
/* The SIP message that is sent through: written, known again, compared. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "base/kernelish.h"
#include "probe/sip.h"

#define PROOF		"X-Rtplane-Probe"

/* method, session, seq, cookie's time, cookie: what the proof signs, and its bytes */
#define ABOUT		(4 + 1 + PROBE_ID_LEN + 4 + 4 + PROBE_COOKIE_LEN)
#define PROOF_LEN	(ABOUT - 4 + PROBE_KEY_LEN)

static const char *const methods[] = {
	[PROBE_INVITE] = "INVITE",
	[PROBE_REGISTER] = "REGISTER",
};

static void put32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* "sip", since nothing else that the key signs begins so */
static void about_of(const struct probe_sip_proof *proof, uint8_t about[ABOUT])
{
	memcpy(about, "sip ", 4);
	about[4] = (uint8_t)proof->method;
	memcpy(about + 5, proof->session, PROBE_ID_LEN);
	put32(about + 21, proof->seq);
	put32(about + 25, proof->pass.time);
	memcpy(about + 29, proof->pass.proof, PROBE_COOKIE_LEN);
}

static void to_hex(const uint8_t *bytes, size_t n, char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(struct span text, uint8_t *bytes, size_t n)
{
	size_t i;

	if (text.n != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		int hi = digit(text.p[2 * i]), lo = digit(text.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static int write_sdp(const struct dp_addr *own, char *buf, size_t size)
{
	const char *type = own->family == AF_INET6 ? "IP6" : "IP4";
	struct dp_addr host = *own;
	char text[DP_ADDR_STRLEN];

	host.port = 0;
	dp_addr_str(&host, text, sizeof(text));
	return snprintf(buf, size,
			"v=0\r\no=probe 1 1 IN %s %s\r\ns=-\r\n"
			"c=IN %s %s\r\nt=0 0\r\n"
			"m=audio %u RTP/AVP 8 0\r\na=rtcp:%u\r\n",
			type, text, type, text, own->port, own->port + 1u);
}

static bool write_proof(const struct probe_key *key,
			const struct probe_sip_proof *proof,
			char text[2 * PROOF_LEN + 1])
{
	uint8_t bytes[4 + PROOF_LEN];

	about_of(proof, bytes);
	if (!probe_mac(key, bytes, ABOUT, bytes + ABOUT))
		return false;
	to_hex(bytes + 4, PROOF_LEN, text);
	return true;
}

size_t probe_sip_write(const struct probe_key *key,
		       const struct probe_sip_proof *proof,
		       const struct dp_addr *own, const struct dp_addr *to,
		       char *buf, size_t size)
{
	const char *method = methods[proof->method];
	char me[DP_ADDR_STRLEN], you[DP_ADDR_STRLEN];
	char proven[2 * PROOF_LEN + 1], id[2 * PROBE_ID_LEN + 1];
	char sdp[256] = "";
	int n;

	if (!write_proof(key, proof, proven))
		return 0;
	to_hex(proof->session, PROBE_ID_LEN, id);
	dp_addr_str(own, me, sizeof(me));
	dp_addr_str(to, you, sizeof(you));
	if (proof->method == PROBE_INVITE)
		write_sdp(own, sdp, sizeof(sdp));
	n = snprintf(buf, size,
		     "%s sip:probe@%s SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s%u\r\n"
		     "Max-Forwards: 70\r\n"
		     "From: <sip:probe@%s>;tag=%.8s\r\n"
		     "To: <sip:probe@%s>\r\n"
		     "Call-ID: %.16s@%s\r\n"
		     "CSeq: %u %s\r\n"
		     "Contact: <sip:probe@%s>\r\n"
		     PROOF ": %s\r\n"
		     "%sContent-Length: %zu\r\n\r\n%s",
		     method, you, me, id, proof->seq, me, id, you, id, me,
		     proof->seq, method, me, proven,
		     *sdp ? "Content-Type: application/sdp\r\n" : "",
		     strlen(sdp), sdp);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* the next line without its end */
static struct span line_of(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* head and, after an empty line, body */
static void split(struct span text, struct span *head, struct span *body)
{
	struct span rest = text, line;

	*head = text;
	*body = (struct span){ NULL, 0 };
	while (rest.p) {
		line = line_of(&rest);
		if (line.n)
			continue;
		*head = span_from(text.p, line.p);
		*body = rest;
		return;
	}
}

/* value of the first header of that name, or of its short one */
static struct span header(struct span head, const char *name, char brief)
{
	struct span line, key;

	line_of(&head);
	while (head.p) {
		line = line_of(&head);
		if (!span_chr(line, ':'))
			continue;
		key = span_trim(span_cut(&line, ':'));
		if (span_iscase(key, name) ||
		    (brief && key.n == 1 && (key.p[0] | 0x20) == brief))
			return span_trim(line);
	}
	return (struct span){ NULL, 0 };
}

static struct span sdp_line(struct span body, const char *begin)
{
	size_t n = strlen(begin);
	struct span line;

	while (body.p) {
		line = line_of(&body);
		if (line.n >= n && !memcmp(line.p, begin, n))
			return span_skip(line, n);
	}
	return (struct span){ NULL, 0 };
}

bool probe_sip_proof_read(const struct probe_key *key, struct span text,
			  struct probe_sip_proof *proof)
{
	uint8_t bytes[4 + PROOF_LEN], mac[PROBE_KEY_LEN];
	struct span head, body;

	split(text, &head, &body);
	memcpy(bytes, "sip ", 4);
	if (!from_hex(header(head, PROOF, 0), bytes + 4, PROOF_LEN) ||
	    bytes[4] > PROBE_REGISTER ||
	    !probe_mac(key, bytes, ABOUT, mac) ||
	    CRYPTO_memcmp(mac, bytes + ABOUT, PROBE_KEY_LEN))
		return false;
	proof->method = bytes[4];
	memcpy(proof->session, bytes + 5, PROBE_ID_LEN);
	proof->seq = get32(bytes + 21);
	proof->pass.time = get32(bytes + 25);
	memcpy(proof->pass.proof, bytes + 29, PROBE_COOKIE_LEN);
	return true;
}

static const struct field {
	const char *name;
	const char *key;
	char brief;
	bool sdp;
} fields[] = {
	{ "Via", "Via", 'v', false },
	{ "Max-Forwards", "Max-Forwards", 0, false },
	{ "From", "From", 'f', false },
	{ "To", "To", 't', false },
	{ "Call-ID", "Call-ID", 'i', false },
	{ "CSeq", "CSeq", 0, false },
	{ "Contact", "Contact", 'm', false },
	{ "Content-Length", "Content-Length", 'l', false },
	{ "SDP o=", "o=", 0, true },
	{ "SDP c=", "c=", 0, true },
	{ "SDP m=", "m=", 0, true },
	{ "SDP a=rtcp", "a=rtcp:", 0, true },
};

static struct span value_of(const struct field *f, struct span head,
			    struct span body)
{
	return f->sdp ? sdp_line(body, f->key) : header(head, f->key, f->brief);
}

size_t probe_sip_compare(struct span sent, struct span arrived,
			 struct probe_sip_change *changes)
{
	struct span head[2], body[2], was, now;
	size_t n = 0, i;

	if (span_eq(sent, arrived))
		return 0;
	split(sent, &head[0], &body[0]);
	split(arrived, &head[1], &body[1]);
	was = head[0];
	now = head[1];
	was = line_of(&was);
	now = line_of(&now);
	if (!span_eq(was, now))
		changes[n++] = (struct probe_sip_change){ "first line", was, now };
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		was = value_of(&fields[i], head[0], body[0]);
		now = value_of(&fields[i], head[1], body[1]);
		if (!span_eq(was, now) || !was.p != !now.p)
			changes[n++] = (struct probe_sip_change){
				fields[i].name, was, now };
	}
	if (!n)
		changes[n++] = (struct probe_sip_change){ "the rest", sent, arrived };
	return n;
}
