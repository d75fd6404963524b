/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arithmetic of SRTP (RFC 3711, RFC 6188, RFC 7714): which packet of all is this,
 * was it here before, from which block does its key stream begin, and which keys come
 * of a master key.  No cryptography but one block cipher that the caller brings.
 */
#ifndef _RTPLANE_SRTPMATH_H
#define _RTPLANE_SRTPMATH_H

#include "portable.h"

/* Packets that may overtake each other: video comes in bursts of hundreds. */
#define RTPLANE_SRTP_WINDOW	1024
/* Words of the ring: one more, which is being filled (RFC 6479). */
#define RTPLANE_SRTP_WORDS	(RTPLANE_SRTP_WINDOW / 64 + 1)
#define RTPLANE_SRTCP_WINDOW	128
/* An index of SRTP has 48 bits, one of SRTCP 31. */
#define RTPLANE_SRTP_INDEX_MAX	((1ULL << 48) - 1)
#define RTPLANE_SRTCP_INDEX_MAX	0x7fffffffU
#define RTPLANE_SRTCP_E		0x80000000U

/*
 * Packets in a row, each the next of the one before, by which a sequence has begun
 * anew: one more where they fall into the window, since some networks repeat.
 */
#define RTPLANE_SRTP_ANEW	2
#define RTPLANE_SRTP_ANEW_NEAR	3

/**
 * struct rtplane_srtp_track - which packets of a source were here
 * @highest: highest index, of no meaning without @any
 * @ring: bit n % 64 of word n / 64 % RTPLANE_SRTP_WORDS: index n was here
 * @any: one was
 */
struct rtplane_srtp_track {
	u64 highest;
	u64 ring[RTPLANE_SRTP_WORDS];
	bool any;
};

/**
 * struct rtplane_srtcp_track - the same for SRTCP, whose packets tell their index
 * @highest: highest index, of no meaning without @any
 * @any: one was here
 * @seen: bit n % 64 of word n / 64: index @highest - n was here
 */
struct rtplane_srtcp_track {
	u32 highest;
	bool any;
	u64 seen[RTPLANE_SRTCP_WINDOW / 64];
};

/**
 * rtplane_srtp_guess() - the index that a sequence number most likely means
 * @last: highest index so far
 * @seq: the number
 *
 * RFC 3711 section 3.3.1 and appendix A: the nearest one; before the first rollover
 * the rollover counter is 0.
 */
static inline u64 rtplane_srtp_guess(u64 last, u16 seq)
{
	s64 index = (s64)last + (s16)(seq - (u16)last);

	/* exactly half way round is taken for ahead below the middle, else behind */
	if (unlikely((u16)(seq - (u16)last) == 0x8000) && !(last & 0x8000))
		index += 0x10000;
	return index < 0 ? seq : (u64)index;
}

static inline u64 *rtplane_srtp_word(struct rtplane_srtp_track *t, u64 index)
{
	return &t->ring[(index >> 6) % RTPLANE_SRTP_WORDS];
}

/**
 * rtplane_srtp_seen() - was it here, or is it too old to tell?
 * @t: of its source
 * @index: index of the packet
 */
static inline bool rtplane_srtp_seen(struct rtplane_srtp_track *t, u64 index)
{
	if (likely(!t->any || index > t->highest))
		return false;
	return t->highest - index >= RTPLANE_SRTP_WINDOW ||
	       *rtplane_srtp_word(t, index) >> (index & 63) & 1;
}

/**
 * rtplane_srtp_note() - it was here
 * @t: of its source
 * @index: index of the packet; rtplane_srtp_seen() is false
 */
static inline void rtplane_srtp_note(struct rtplane_srtp_track *t, u64 index)
{
	u64 word;

	if (unlikely(!t->any)) {
		t->any = true;
		t->highest = index;
	} else if (index > t->highest) {
		word = t->highest >> 6;
		if (index >> 6 > word + RTPLANE_SRTP_WORDS)
			word = (index >> 6) - RTPLANE_SRTP_WORDS;
		while (word < index >> 6)
			t->ring[++word % RTPLANE_SRTP_WORDS] = 0;
		t->highest = index;
	}
	*rtplane_srtp_word(t, index) |= BIT_ULL(index & 63);
}

/**
 * rtplane_srtp_given() - all that is not beyond an index was here
 * @t: track, of which nothing was known
 * @index: the index
 */
static inline void rtplane_srtp_given(struct rtplane_srtp_track *t, u64 index)
{
	memset(t->ring, 0xff, sizeof(t->ring));
	*rtplane_srtp_word(t, index) = ~0ULL >> (63 - (index & 63));
	t->highest = index;
	t->any = true;
}

/**
 * rtplane_srtp_track_carried() - a source stands there under another key
 * @t: track, zeros
 * @index: the index
 */
static inline void rtplane_srtp_track_carried(struct rtplane_srtp_track *t, u64 index)
{
	t->highest = index;
	t->any = true;
}

/**
 * rtplane_srtp_window() - which packets behind the highest index were here
 * @t: of its source, with any
 * @window: bit n % 8 of byte n / 8 is set if that of index @t->highest - n was
 */
static inline void rtplane_srtp_window(const struct rtplane_srtp_track *t,
				       u8 window[RTPLANE_SRTP_WINDOW / 8])
{
	unsigned int n;
	u64 index;

	memset(window, 0, RTPLANE_SRTP_WINDOW / 8);
	for (n = 0; n < RTPLANE_SRTP_WINDOW && n <= t->highest; n++) {
		index = t->highest - n;
		if (t->ring[(index >> 6) % RTPLANE_SRTP_WORDS] >> (index & 63) & 1)
			window[n / 8] |= 1 << n % 8;
	}
}

/**
 * rtplane_srtp_window_given() - the reverse
 * @t: track, of which nothing was known
 * @index: the highest index
 * @window: as rtplane_srtp_window() has it; that of @index was here, whatever it says
 */
static inline void rtplane_srtp_window_given(struct rtplane_srtp_track *t, u64 index,
					     const u8 window[RTPLANE_SRTP_WINDOW / 8])
{
	unsigned int n;

	memset(t->ring, 0, sizeof(t->ring));
	for (n = 0; n < RTPLANE_SRTP_WINDOW && n <= index; n++) {
		if (!n || window[n / 8] >> n % 8 & 1)
			*rtplane_srtp_word(t, index - n) |= BIT_ULL((index - n) & 63);
	}
	t->highest = index;
	t->any = true;
}

/*
 * As often must who would take over know anew where a source stands: its rollover counter
 * is right for half of 65,536 packets.
 */
#define RTPLANE_SRTP_STEP_SHIFT		15
#define RTPLANE_SRTCP_STEP_SHIFT	6

/* Is a packet beyond such a step? */
static inline bool rtplane_srtp_steps(const struct rtplane_srtp_track *t, u64 index)
{
	return (index ^ t->highest) >> RTPLANE_SRTP_STEP_SHIFT;
}

static inline bool rtplane_srtcp_steps(const struct rtplane_srtcp_track *t, u32 index)
{
	return (index ^ t->highest) >> RTPLANE_SRTCP_STEP_SHIFT;
}

/* As rtplane_srtp_seen(). */
static inline bool rtplane_srtcp_seen(const struct rtplane_srtcp_track *t, u32 index)
{
	u32 behind = t->highest - index;

	if (!t->any || index > t->highest)
		return false;
	return behind >= RTPLANE_SRTCP_WINDOW || t->seen[behind / 64] >> behind % 64 & 1;
}

/* As rtplane_srtp_note(). */
static inline void rtplane_srtcp_note(struct rtplane_srtcp_track *t, u32 index)
{
	u32 by = index - t->highest;

	if (t->any && index <= t->highest) {
		t->seen[-by / 64] |= BIT_ULL(-by % 64);
		return;
	}
	if (!t->any || by >= RTPLANE_SRTCP_WINDOW) {
		t->seen[1] = 0;
		t->seen[0] = 0;
	} else if (by >= 64) {
		t->seen[1] = t->seen[0] << (by - 64);
		t->seen[0] = 0;
	} else {
		t->seen[1] = t->seen[1] << by | t->seen[0] >> (64 - by);
		t->seen[0] <<= by;
	}
	t->seen[0] |= 1;
	t->highest = index;
	t->any = true;
}

/* As rtplane_srtp_given(). */
static inline void rtplane_srtcp_given(struct rtplane_srtcp_track *t, u32 index)
{
	memset(t->seen, 0xff, sizeof(t->seen));
	t->highest = index;
	t->any = true;
}

/* As rtplane_srtp_window(). */
static inline void rtplane_srtcp_window(const struct rtplane_srtcp_track *t,
					u8 window[RTPLANE_SRTCP_WINDOW / 8])
{
	unsigned int n;

	for (n = 0; n < RTPLANE_SRTCP_WINDOW / 8; n++)
		window[n] = t->seen[n / 8] >> n % 8 * 8;
}

/* As rtplane_srtp_window_given(). */
static inline void rtplane_srtcp_window_given(struct rtplane_srtcp_track *t, u32 index,
					      const u8 window[RTPLANE_SRTCP_WINDOW / 8])
{
	unsigned int n;

	memset(t->seen, 0, sizeof(t->seen));
	for (n = 0; n < RTPLANE_SRTCP_WINDOW / 8; n++)
		t->seen[n / 8] |= (u64)window[n] << n % 8 * 8;
	t->seen[0] |= 1;
	t->highest = index;
	t->any = true;
}

/**
 * struct rtplane_srtp_anew - a sender without SRTP may begin its numbers anew
 * @shift: what its sequence numbers are moved by
 * @next: the number that would follow the last one
 * @again: how many in a row were refused, each the next of the one before
 *
 * Music on hold or another recording; who receives SRTP would take that for a replay.
 * So they are moved on to behind where the source stands, once several in a row ask for
 * it.
 */
struct rtplane_srtp_anew {
	u16 shift;
	u16 next;
	u8 again;
};

/**
 * rtplane_srtp_outgoing() - the sequence number by which a packet leaves
 * @a: of its source
 * @t: of its source
 * @seq: the number by which it came
 */
static inline u16 rtplane_srtp_outgoing(struct rtplane_srtp_anew *a,
					const struct rtplane_srtp_track *t, u16 seq)
{
	u16 out = seq + a->shift;
	int behind = (s16)((u16)t->highest - out);

	if (likely(!a->again) || !t->any || behind < 0 || seq != a->next)
		return out;
	if (a->again + 1 < (behind >= RTPLANE_SRTP_WINDOW ? RTPLANE_SRTP_ANEW :
							    RTPLANE_SRTP_ANEW_NEAR))
		return out;
	a->shift = (u16)t->highest + 1 - seq;
	return (u16)t->highest + 1;
}

/**
 * rtplane_srtp_went() - what became of a packet that was to leave
 * @a: of its source
 * @seq: the number by which it came
 * @refused: it was here before, or is too old
 */
static inline void rtplane_srtp_went(struct rtplane_srtp_anew *a, u16 seq, bool refused)
{
	if (likely(!refused))
		a->again = 0;
	else if (a->again && seq == a->next)
		a->again++;
	else
		a->again = 1;
	a->next = seq + 1;
}

/* Number @n of two words as they lie in a packet, of a salt or of the first block. */
static inline u64 rtplane_srtp_get64(const u8 *p)
{
	return (u64)get_unaligned_be32(p) << 32 | get_unaligned_be32(p + 4);
}

/**
 * struct rtplane_srtp_salt - a session salt, of 14 bytes (AES_CM) or 12 (GCM)
 * @hi: its first 8 bytes
 * @lo: those after them, from the top
 */
struct rtplane_srtp_salt {
	u64 hi;
	u64 lo;
};

static inline void rtplane_srtp_salt_set(struct rtplane_srtp_salt *salt, const u8 *from,
					 unsigned int len)
{
	u8 whole[16] = {};

	memcpy(whole, from, len);
	salt->hi = rtplane_srtp_get64(whole);
	salt->lo = rtplane_srtp_get64(whole + 8);
}

/* The first block of a packet with AES_CM (RFC 3711 section 4.1.1). */
static inline void rtplane_srtp_iv_cm(__be64 iv[2], const struct rtplane_srtp_salt *salt,
				      u32 ssrc, u64 index)
{
	iv[0] = cpu_to_be64(salt->hi ^ ssrc);
	iv[1] = cpu_to_be64(salt->lo ^ index << 16);
}

/* The 12 bytes that GCM begins with, and 4 of 0 (RFC 7714 sections 8.1 and 9.1). */
static inline void rtplane_srtp_iv_gcm(__be64 iv[2], const struct rtplane_srtp_salt *salt,
				       u32 ssrc, u64 index)
{
	iv[0] = cpu_to_be64(salt->hi ^ (u64)ssrc << 16 ^ index >> 32);
	iv[1] = cpu_to_be64((salt->lo ^ index << 32) & ~0xffffffffULL);
}

/* Labels of session keys (RFC 3711 section 4.3.2). */
enum rtplane_srtp_label {
	RTPLANE_SRTP_LABEL_KEY,
	RTPLANE_SRTP_LABEL_AUTH,
	RTPLANE_SRTP_LABEL_SALT,
};

#define RTPLANE_SRTP_LABEL_RTCP	3	/* what an RTCP key's label is more */

/**
 * rtplane_srtp_derive() - a session key (RFC 3711 section 4.3, RFC 7714 section 11)
 * @encrypt: encrypts a block with the master key
 * @aes: its argument
 * @salt: master salt
 * @salt_len: 14 bytes, or 12
 * @label: &enum rtplane_srtp_label
 * @out: the key
 * @len: its bytes
 */
static inline void rtplane_srtp_derive(void (*encrypt)(const void *aes, u8 *out, const u8 *in),
				       const void *aes, const u8 *salt, unsigned int salt_len,
				       unsigned int label, u8 *out, unsigned int len)
{
	u8 block[16] = {}, stream[16];
	unsigned int n;

	memcpy(block, salt, salt_len);
	block[7] ^= label;
	for (; len; len -= n, out += n, block[15]++) {
		encrypt(aes, stream, block);
		n = min_t(unsigned int, len, sizeof(stream));
		memcpy(out, stream, n);
	}
	rtplane_wipe(stream, sizeof(stream));
}

/**
 * rtplane_srtp_header() - the bytes of an RTP packet that are not encrypted
 * @rtp: the packet
 * @len: its bytes, 12 at least
 *
 * Return: header, contributors and extension; 0 if there is not so much.
 */
static inline unsigned int rtplane_srtp_header(const u8 *rtp, unsigned int len)
{
	unsigned int n = 12 + (rtp[0] & 0x0f) * 4;

	if (likely(!(rtp[0] & 0x10)))
		return n <= len ? n : 0;
	if (n + 4 > len)
		return 0;
	n += 4 + get_unaligned_be16(rtp + n + 2) * 4;
	return n <= len ? n : 0;
}

#endif /* _RTPLANE_SRTPMATH_H */
