// SPDX-License-Identifier: GPL-2.0
/* Lines that share a port: RFC 9143 section 9.2. */
#include <string.h>

#include "engine/engine.h"
#include "lines.h"

/* RFC 8285: forms of header extensions */
#define ONE_BYTE	0xbede
#define TWO_BYTES	0x1000

/* RTCP: RFC 3550, 4585, 5104 */
enum { SR = 200, RR, SDES, BYE, APP, RTPFB, PSFB };
#define TMMBR		3
#define TMMBN		4
#define FIR		4
#define ALFB		15

static uint32_t raw32(const uint8_t *at)
{
	uint32_t raw;

	memcpy(&raw, at, sizeof(raw));
	return raw;
}

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* --- sources --- */

static struct lines_source *find(struct lines_sources *of, uint32_t ssrc)
{
	unsigned int i;

	for (i = 0; i < of->n; i++)
		if (of->at[i].ssrc == ssrc)
			return &of->at[i];
	return NULL;
}

static void learn(struct lines_sources *of, uint32_t ssrc, uint8_t line)
{
	struct lines_source *s = find(of, ssrc);

	if (!s && of->n < LINES_SOURCES) {
		s = &of->at[of->n++];
	} else if (!s) {
		s = &of->at[of->next];
		of->next = (of->next + 1) % LINES_SOURCES;
	}
	s->ssrc = ssrc;
	s->line = line;
}

void lines_forget(struct leg *leg)
{
	struct leg *base = leg->sock->of ? leg->sock->of->leg : leg;

	if (base && base->lines)
		memset(base->lines, 0, sizeof(*base->lines));
}

/* --- which line --- */

static struct leg *line_of(struct leg *base, uint8_t line)
{
	return line ? media_part(base->sock, line, false) : base;
}

/* each of a port's lines in turn; @part: NULL at first */
static struct leg *next_line(struct leg *base, const struct media_sock **part)
{
	const struct media_sock *at = *part ? (*part)->next_part : base->sock->parts;

	while (at && (at->local.rtcp || !at->leg))
		at = at->next_part;
	*part = at;
	return at ? at->leg : NULL;
}

static bool is_named(const struct leg *leg, const uint8_t *mid, unsigned int n)
{
	return n && n < sizeof(leg->line.mid) && !leg->line.mid[n] &&
	       !memcmp(leg->line.mid, mid, n);
}

static bool said_ssrc(const struct leg *leg, uint32_t ssrc)
{
	unsigned int i;

	for (i = 0; i < leg->line.n_ssrcs; i++)
		if (leg->line.ssrc[i] == ntohl(ssrc))
			return true;
	return false;
}

static bool has_type(const struct leg *leg, unsigned int pt)
{
	return leg->line.pts[pt / 32] >> (pt % 32) & 1;
}

/* the element of that id; NULL: there is none. What is cut short ends it */
static uint8_t *extension(uint8_t *data, unsigned int len, uint8_t id, unsigned int *n)
{
	unsigned int at = RTPLANE_RTP_HDRLEN + 4 * (data[0] & 0x0f), end, form, head, own;

	if (!id || !(data[0] & 0x10) || at + 4 > len)
		return NULL;
	form = get16(data + at);
	head = form == ONE_BYTE ? 1 : (form & 0xfff0) == TWO_BYTES ? 2 : 0;
	end = at + 4 + 4 * get16(data + at + 2);
	if (!head || end > len)
		return NULL;
	for (at += 4; at + head <= end; at += head + *n) {
		own = head == 1 ? data[at] >> 4 : data[at];
		*n = head == 1 ? (data[at] & 0x0f) + 1u : data[at + 1];
		if (!own) {
			/* padding: one byte */
			at -= head - 1;
			*n = 0;
			continue;
		}
		if ((head == 1 && own == 15) || at + head + *n > end)
			return NULL;
		if (own == id)
			return data + at + head;
	}
	return NULL;
}

static struct leg *by_name(struct leg *base, const uint8_t *mid, unsigned int n)
{
	const struct media_sock *part = NULL;
	struct leg *leg;

	if (is_named(base, mid, n))
		return base;
	while ((leg = next_line(base, &part)))
		if (is_named(leg, mid, n))
			return leg;
	return NULL;
}

static struct leg *by_source(struct leg *base, uint32_t ssrc)
{
	const struct media_sock *part = NULL;
	const struct lines_source *s = find(&base->lines->in, ssrc);
	struct leg *leg = s ? line_of(base, s->line) : NULL;

	if (leg || said_ssrc(base, ssrc))
		return leg ? leg : base;
	while ((leg = next_line(base, &part)))
		if (said_ssrc(leg, ssrc))
			return leg;
	return NULL;
}

/* a type that several have says nothing */
static struct leg *by_type(struct leg *base, unsigned int pt)
{
	struct leg *found = has_type(base, pt) ? base : NULL, *leg;
	const struct media_sock *part = NULL;

	while ((leg = next_line(base, &part))) {
		if (!has_type(leg, pt))
			continue;
		if (found)
			return NULL;
		found = leg;
	}
	return found;
}

/* an element is padding instead (RFC 8285 4.2): it begins a byte or two before @mid */
static void hide(const uint8_t *data, uint8_t *mid, unsigned int n)
{
	unsigned int head = get16(data + RTPLANE_RTP_HDRLEN + 4 * (data[0] & 0x0f)) ==
			    ONE_BYTE ? 1 : 2;

	memset(mid - head, 0, n + head);
}

struct leg *lines_tell(struct leg *base, uint8_t *data, unsigned int len)
{
	const struct media_sock *part = NULL;
	uint32_t ssrc = raw32(data + 8);
	unsigned int n = 0;
	struct leg *leg;
	uint8_t *mid;

	mid = extension(data, len, base->line.mid_id, &n);
	if (!n)
		mid = NULL;
	if (!next_line(base, &part))
		leg = base;	/* it is the only one */
	else if (mid)
		leg = by_name(base, mid, n);
	else
		leg = by_source(base, ssrc);
	if (!leg && !mid)
		leg = by_type(base, data[1] & 0x7f);
	if (!leg)
		return NULL;
	learn(&base->lines->in, ssrc, leg->addr.line);
	if (mid && leg->line.hide)
		hide(data, mid, n);
	return leg;
}

bool lines_sends(struct leg *base, uint8_t line, const uint8_t *data)
{
	uint32_t ssrc = raw32(data + 8);
	const struct lines_source *s = find(&base->lines->out, ssrc);

	if (s && s->line == line)
		return true;
	if (s && line_of(base, s->line))
		return false;
	learn(&base->lines->out, ssrc, line);
	return true;
}

/* --- RTCP --- */

/* bit of the line that a source of the party's sends by; 0: not known */
static uint32_t sender(struct leg *base, const uint8_t *ssrc)
{
	const struct leg *leg = by_source(base, raw32(ssrc));

	return leg ? 1u << leg->addr.line : 0;
}

/* and of that which one of ours is sent by */
static uint32_t stream(struct leg *base, const uint8_t *ssrc)
{
	const struct lines_source *s = find(&base->lines->out, raw32(ssrc));

	return s && line_of(base, s->line) ? 1u << s->line : 0;
}

/* an SSRC at the beginning of each @size bytes */
static uint32_t streams(struct leg *base, const uint8_t *data, unsigned int len,
			unsigned int size, unsigned int max)
{
	uint32_t lines = 0;

	for (; len >= size && max; max--, data += size, len -= size)
		lines |= stream(base, data);
	return lines;
}

/* feedback whose media source is in what follows, as it names several */
static uint32_t feedback(struct leg *base, const uint8_t *data, unsigned int len)
{
	unsigned int format = data[0] & 0x1f;
	uint32_t lines = stream(base, data + 8);

	if (lines)
		return lines;
	data += 12;
	len -= 12;
	if ((data[-11] == PSFB && format == FIR) ||
	    (data[-11] == RTPFB && (format == TMMBR || format == TMMBN)))
		return streams(base, data, len, 8, UINT32_MAX);
	/* REMB: "REMB", count and bit rate, then SSRCs */
	if (data[-11] == PSFB && format == ALFB && len >= 8 && !memcmp(data, "REMB", 4))
		return streams(base, data + 8, len - 8, 4, data[4]);
	return 0;
}

static uint32_t packet_lines(struct leg *base, const uint8_t *data, unsigned int len)
{
	unsigned int count = data[0] & 0x1f;
	uint32_t lines = 0;

	if (len < 8)
		return 0;
	switch (data[1]) {
	case SR:
		if (len > 28)
			lines = streams(base, data + 28, len - 28, 24, count);
		return lines | sender(base, data + 4);
	case RR:
		lines = streams(base, data + 8, len - 8, 24, count);
		return lines ? lines : sender(base, data + 4);
	case SDES:
		/* chunks of several are of no fixed length: to all */
		return count == 1 ? sender(base, data + 4) : 0;
	case BYE:
		for (; count && len >= 8; count--, data += 4, len -= 4)
			lines |= sender(base, data + 4);
		return lines;
	case RTPFB:
	case PSFB:
		if (len >= 12)
			lines = feedback(base, data, len);
		return lines ? lines : sender(base, data + 4);
	default:
		return sender(base, data + 4);
	}
}

void lines_read(struct leg *base, const uint8_t *data, unsigned int len,
		struct lines_rtcp *rtcp)
{
	struct lines_packet *p;
	unsigned int at = 0;

	rtcp->lines = 0;
	rtcp->n = 0;
	while (at + 4 <= len && rtcp->n < LINES_RTCP) {
		p = &rtcp->packet[rtcp->n++];
		p->at = at;
		p->len = 4 * (get16(data + at + 2) + 1);
		/* what is no packet of its own, or one too many, goes where the others go */
		if (p->len > len - at || rtcp->n == LINES_RTCP)
			p->len = len - at;
		p->lines = data[at] >> 6 == 2 ? packet_lines(base, data + at, p->len) : 0;
		rtcp->lines |= p->lines;
		at += p->len;
	}
	if (!rtcp->lines)
		rtcp->lines = 1;
}

unsigned int lines_cut(const struct lines_rtcp *rtcp, const uint8_t *data,
		       unsigned int line, uint8_t *to)
{
	const struct lines_packet *p = rtcp->packet;
	unsigned int i, len = 0;

	for (i = 0; i < rtcp->n; i++, p++) {
		if (i && p->lines && !(p->lines >> line & 1))
			continue;
		memcpy(to + len, data + p->at, p->len);
		len += p->len;
	}
	return len;
}
