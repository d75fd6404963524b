/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines that share a port (BUNDLE, RFC 9143): which leg a packet is for that the leg of the
 * port has taken, and by which line a source sends.
 *
 * Who may send is that leg's to judge, and its key takes the protection off, before anything
 * is asked here: so a name, a source or a type that nobody vouches for moves nothing. What
 * is learned is bounded; what it pushes out is learned again.
 */
#ifndef DATAPATH_LINES_H
#define DATAPATH_LINES_H

#include "leg.h"

/** LINES_SOURCES - sources that are remembered of each way */
#define LINES_SOURCES	64

/** LINES_RTCP - packets of a compound that are told apart; what follows goes to all */
#define LINES_RTCP	24

/**
 * struct lines_source - who has sent, by which line
 * @ssrc: network byte order
 * @line: &dp_addr.line
 */
struct lines_source {
	uint32_t ssrc;
	uint8_t line;
};

/**
 * struct lines_sources - those of one way
 * @n: how many
 * @next: which is forgotten next
 * @at: these
 */
struct lines_sources {
	unsigned int n;
	unsigned int next;
	struct lines_source at[LINES_SOURCES];
};

/**
 * struct lines - what the leg of a shared port knows
 * @in: of what arrives
 * @out: of what leaves
 */
struct lines {
	struct lines_sources in;
	struct lines_sources out;
};

/**
 * struct lines_packet - one of a compound
 * @at: where it begins
 * @len: its bytes
 * @lines: whom it is for, bit n for line n; 0: it does not say
 */
struct lines_packet {
	unsigned int at;
	unsigned int len;
	uint32_t lines;
};

/**
 * struct lines_rtcp - a compound of RTCP
 * @lines: whom it is for, bit n for line n; never 0
 * @n: packets
 * @packet: these
 */
struct lines_rtcp {
	uint32_t lines;
	unsigned int n;
	struct lines_packet packet[LINES_RTCP];
};

/**
 * lines_carrier() - who has the remote and the keys of a leg
 * @leg: the leg
 *
 * Return: that leg, @leg itself if it has its own; NULL: it has gone.
 */
static inline struct leg *lines_carrier(const struct leg *leg)
{
	return leg->carried ? leg->sock->of->leg : (struct leg *)leg;
}

/**
 * lines_tell() - whose is a packet of RTP?
 * @base: the leg of its port
 * @data: the packet, plain, as long as its header says; its line's name may be taken out
 * @len: its bytes
 *
 * Return: the leg; NULL: nobody's.
 */
struct leg *lines_tell(struct leg *base, uint8_t *data, unsigned int len);

/**
 * lines_sends() - a packet of RTP is about to leave by a line
 * @base: the leg of its port
 * @line: the line
 * @data: the packet
 *
 * Return: false: another line sends by its SSRC, so that nobody could tell them apart.
 */
bool lines_sends(struct leg *base, uint8_t line, const uint8_t *data);

/**
 * lines_read() - whom is a compound of RTCP for?
 * @base: the leg of its port
 * @data: the compound, plain
 * @len: its bytes
 * @rtcp: filled
 *
 * A report of who sends is for the line that it sends by, one of who receives and feedback
 * for that whose stream it is about.  What names nobody is for all that the compound is for;
 * if all of it does, for the port's own.
 */
void lines_read(struct leg *base, const uint8_t *data, unsigned int len,
		struct lines_rtcp *rtcp);

/**
 * lines_cut() - a compound for one line
 * @rtcp: what it has
 * @data: its bytes
 * @line: whom it is for
 * @to: what of it is for that line; its first packet is, in any case (RFC 3550 6.1)
 *
 * Return: bytes at @to.
 */
unsigned int lines_cut(const struct lines_rtcp *rtcp, const uint8_t *data,
		       unsigned int line, uint8_t *to);

/**
 * lines_forget() - a line is another, or its types are: what was learned is void
 * @leg: a leg of the port
 */
void lines_forget(struct leg *leg);

#endif /* DATAPATH_LINES_H */
