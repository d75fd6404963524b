// SPDX-License-Identifier: GPL-2.0
/*
 * SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714) of one direction of one leg.
 *
 * Whose lock: what arrives on leg A is unprotected by A's receive side and protected by
 * the send side of its peer B.  Only A's packets use that, so both are guarded by A's
 * lock, which a packet holds anyway.  Netlink changes them with both locks held, and
 * frees what they were in process context afterwards: no packet knows a key without
 * the lock.
 *
 * Nothing changes for what does not authenticate, and it costs one HMAC per key that
 * lives at most, two with a key of which nothing came yet.
 *
 * Re-keying.  Outbound the new key is used from the next packet on.  Inbound the key that
 * worked last is tried first, then the other, until RTPLANE_SRTP_NEW packets came with the
 * new one or RTPLANE_SRTP_OLD with the old.  The rollover counter goes on (RFC 3711 section
 * 3.3.1), unless the key is fresh.  Inbound nobody tells which of the two the other party
 * does: whichever authenticates first holds.  The former key is kept until the next comes,
 * outbound too: should it come back, what it was used for stays used.
 */
#include <linux/slab.h>

#include "cipher.h"
#include "srtp.h"
#include "srtpkey.h"

/* Packets by the new key after which the old one is void, and by the old one at most. */
#define RTPLANE_SRTP_NEW	64
#define RTPLANE_SRTP_OLD	2048

#define RTPLANE_SRTCP_TAG	10	/* RFC 4568 section 6.2: with all suites of SHA-1 */
#define RTPLANE_RTCP_HEADER	8

static_assert(RTPLANE_SRTP_MKI_MAX + RTPLANE_SHA1_LEN <= RTPLANE_SRTP_ROOM);

/**
 * struct rtplane_srtp_stand - where a source stands under one key
 * @rtp: its RTP
 * @rtcp: its RTCP
 * @carried: @rtp is from under the former key, nothing of it came by this one yet
 */
struct rtplane_srtp_stand {
	struct rtplane_srtp_track rtp;
	struct rtplane_srtcp_track rtcp;
	bool carried;
};

/**
 * struct rtplane_srtp_source - an SSRC whose packets were authenticated, or protected
 * @next: another
 * @ssrc: as it stands in the packet
 * @anew: outbound: does its sequence begin anew?
 * @stand: by &rtplane_srtp.key
 */
struct rtplane_srtp_source {
	struct rtplane_srtp_source *next;
	__be32 ssrc;
	struct rtplane_srtp_anew anew;
	struct rtplane_srtp_stand stand[2];
};

/**
 * struct rtplane_srtp - the protection of one direction
 * @last: source of the last packet, NULL before the first
 * @key: keys: the present one and the former one, or NULL
 * @now: which of @key is the present one
 * @first: which of @key authenticated last
 * @former: the former key is still taken; never outbound
 * @by_new: packets by the present key since there is a former one
 * @by_old: packets by the former one
 * @n: sources
 * @changes: grows with each of them, and as often as who would take over must know where
 *	they stand
 * @sources: all of them
 */
struct rtplane_srtp {
	struct rtplane_srtp_source *last;
	struct rtplane_srtp_key *key[2];
	u8 now;
	u8 first;
	bool former;
	u16 by_new;
	u16 by_old;
	u16 n;
	u64 changes;
	struct rtplane_srtp_source *sources;
};

/* Bytes of memory that one key takes with one source; 0 before there was one. */
unsigned int rtplane_srtp_size(void)
{
	unsigned int key = rtplane_srtp_key_size();

	return key ? key + sizeof(struct rtplane_srtp) + sizeof(struct rtplane_srtp_source) : 0;
}

/* Sources -------------------------------------------------------------------- */

static struct rtplane_srtp_source *source_find(struct rtplane_srtp *s, __be32 ssrc)
{
	struct rtplane_srtp_source *src = s->last;

	if (likely(src && src->ssrc == ssrc))
		return src;
	for (src = s->sources; src; src = src->next) {
		if (src->ssrc == ssrc) {
			s->last = src;
			return src;
		}
	}
	return NULL;
}

static struct rtplane_srtp_source *source_new(struct rtplane_srtp *s, __be32 ssrc, gfp_t gfp)
{
	struct rtplane_srtp_source *src;

	if (s->n >= RTPLANE_SRTP_SSRCS_MAX)
		return NULL;
	src = kzalloc(sizeof(*src), gfp);
	if (!src)
		return NULL;
	src->ssrc = ssrc;
	src->next = s->sources;
	s->sources = src;
	s->last = src;
	s->n++;
	s->changes++;
	return src;
}

/* The source of a packet that leaves; NULL: there are too many, or no memory. */
static noinline struct rtplane_srtp_source *source_get(struct rtplane_srtp *s, __be32 ssrc)
{
	return source_find(s, ssrc) ?: source_new(s, ssrc, GFP_ATOMIC | __GFP_NOWARN);
}

/* Life ----------------------------------------------------------------------- */

/**
 * rtplane_srtp_new() - protection of a direction
 * @conf: suite (not none) and key
 *
 * Context: process.
 * Return: the protection, or an ERR_PTR(): -ENOENT, the kernel has no such cipher.
 */
struct rtplane_srtp *rtplane_srtp_new(const struct rtplane_srtp_conf *conf)
{
	struct rtplane_srtp *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	struct rtplane_srtp_key *key;

	if (!s)
		return ERR_PTR(-ENOMEM);
	key = rtplane_srtp_key_new(conf);
	if (IS_ERR(key)) {
		kfree(s);
		return ERR_CAST(key);
	}
	s->key[0] = key;
	return s;
}

/**
 * rtplane_srtp_free() - free a protection and forget its keys
 * @s: what no packet can find any more; NULL is fine
 *
 * Context: process.
 */
void rtplane_srtp_free(struct rtplane_srtp *s)
{
	struct rtplane_srtp_source *src;

	if (!s)
		return;
	while ((src = s->sources)) {
		s->sources = src->next;
		kfree(src);
	}
	rtplane_srtp_key_free(s->key[0]);
	rtplane_srtp_key_free(s->key[1]);
	kfree(s);
}

/**
 * rtplane_srtp_give() - say where a source stands under a key that was used elsewhere
 * @s: new protection
 * @told: the source; what is not beyond its indices was here
 *
 * Return: 0; -EEXIST, it was given before; -E2BIG, there are too many; or -ENOMEM.
 */
int rtplane_srtp_give(struct rtplane_srtp *s, const struct rtplane_srtp_told *told)
{
	struct rtplane_srtp_source *src;

	if (source_find(s, cpu_to_be32(told->ssrc)))
		return -EEXIST;
	if (s->n >= RTPLANE_SRTP_SSRCS_MAX)
		return -E2BIG;
	src = source_new(s, cpu_to_be32(told->ssrc), GFP_KERNEL_ACCOUNT);
	if (!src)
		return -ENOMEM;
	src->stand[0].carried = told->rtp && told->carried;
	src->anew.shift = told->shift;
	if (src->stand[0].carried)
		rtplane_srtp_track_carried(&src->stand[0].rtp, told->index);
	else if (told->rtp && told->has_window)
		rtplane_srtp_window_given(&src->stand[0].rtp, told->index, told->window);
	else if (told->rtp)
		rtplane_srtp_given(&src->stand[0].rtp, told->index);
	if (told->rtcp && told->has_rtcp_window)
		rtplane_srtcp_window_given(&src->stand[0].rtcp, told->rtcp_index,
					   told->rtcp_window);
	else if (told->rtcp)
		rtplane_srtcp_given(&src->stand[0].rtcp, told->rtcp_index);
	return 0;
}

/* Where a source stands under a key that goes on where the former one was. */
static void carry(struct rtplane_srtp_stand *to, const struct rtplane_srtp_stand *from, bool sends)
{
	*to = *from;
	if (sends)
		return;
	to->rtcp = (struct rtplane_srtcp_track) {};
	to->carried = from->rtp.any;
}

/* Where it stands under a key that comes back: not before where it stood, nor does its
 * window begin anew, but for indices that are far beyond.
 */
static void come_back(struct rtplane_srtp_stand *to, const struct rtplane_srtp_stand *from,
		      bool sends)
{
	struct rtplane_srtcp_track rtcp = to->rtcp;
	bool unused = !to->rtp.any || to->carried;

	if (unused ||
	    (from->rtp.any && from->rtp.highest >= to->rtp.highest + RTPLANE_SRTP_WINDOW))
		carry(to, from, sends);
	to->carried &= unused;
	if (rtcp.any)
		to->rtcp = rtcp;
}

static void rekey(struct rtplane_srtp *s, struct rtplane_srtp *news, bool sends, bool fresh)
{
	unsigned int old = s->now, now = !s->now;
	bool back = s->key[now] && rtplane_srtp_key_same(s->key[now], news->key[0]);
	struct rtplane_srtp_source *src;

	for (src = s->sources; src; src = src->next) {
		if (back)
			come_back(&src->stand[now], &src->stand[old], sends);
		else if (sends && fresh)
			src->stand[now] = (struct rtplane_srtp_stand) {};
		else
			carry(&src->stand[now], &src->stand[old], sends);
		src->anew = (struct rtplane_srtp_anew) { .shift = fresh ? 0 : src->anew.shift };
	}
	/* What was the former key goes; one that comes back may have another name. */
	swap(s->key[now], news->key[0]);
	s->now = now;
	s->first = sends ? now : old;
	s->former = !sends;
	s->by_new = 0;
	s->by_old = 0;
}

/**
 * rtplane_srtp_install() - what a direction is protected by from the next packet on
 * @have: the protection, or NULL; whoever's packets use it are locked out
 * @news: what it is to become, or NULL: none; then what is to be freed
 * @sends: it is of what leaves
 * @fresh: the key begins with index 0; else it goes on where the present one is
 *
 * The present key changes nothing but its identifier, not even where re-keying stands or
 * its sources do: no index is used twice under one key.
 */
void rtplane_srtp_install(struct rtplane_srtp **have, struct rtplane_srtp **news, bool sends,
			  bool fresh)
{
	struct rtplane_srtp *s = *have, *n = *news;

	if (s && n && rtplane_srtp_key_same(s->key[s->now], n->key[0]))
		rtplane_srtp_key_rename(s->key[s->now], n->key[0]);
	else if (!s || !n || n->sources)
		swap(*have, *news);
	else
		rekey(s, n, sends, fresh);
}

/**
 * rtplane_srtp_changes() - how much has changed that who would take over must know?
 * @s: protection, whoever's packets use it locked out; NULL is fine
 *
 * Return: a number that grows with it.
 */
u64 rtplane_srtp_changes(const struct rtplane_srtp *s)
{
	return s ? s->changes : 0;
}

/**
 * rtplane_srtp_suite() - suite and key identifier of a direction
 * @s: protection
 * @mki: the identifier
 * @mki_len: its bytes, 0 = none
 *
 * Return: &enum rtplane_srtp_suite.
 */
u8 rtplane_srtp_suite(const struct rtplane_srtp *s, const u8 **mki, unsigned int *mki_len)
{
	const struct rtplane_srtp_key *key = s->key[s->now];

	*mki = key->mki;
	*mki_len = key->mki_len;
	return key->suite;
}

/**
 * rtplane_srtp_each() - one source after the other
 * @s: protection, whoever's packets use it locked out
 * @source: what was returned before, NULL at first
 * @told: where it stands under the present key
 *
 * Return: for the next call; NULL: there was none any more.
 */
const void *rtplane_srtp_each(const struct rtplane_srtp *s, const void *source,
			      struct rtplane_srtp_told *told)
{
	const struct rtplane_srtp_source *src = source;
	const struct rtplane_srtp_stand *stand;

	src = src ? src->next : s->sources;
	if (!src)
		return NULL;
	stand = &src->stand[s->now];
	*told = (struct rtplane_srtp_told) {
		.ssrc = be32_to_cpu(src->ssrc),
		.rtp = stand->rtp.any,
		.index = stand->rtp.highest,
		.rtcp = stand->rtcp.any,
		.rtcp_index = stand->rtcp.highest,
		.has_window = stand->rtp.any && !stand->carried,
		.has_rtcp_window = stand->rtcp.any,
		.carried = stand->carried,
		.shift = src->anew.shift,
	};
	return src;
}

/**
 * rtplane_srtp_each_window() - the windows of a source too
 * @s: protection, whoever's packets use it locked out
 * @source: what rtplane_srtp_each() returned
 * @told: what it told
 */
void rtplane_srtp_each_window(const struct rtplane_srtp *s, const void *source,
			      struct rtplane_srtp_told *told)
{
	const struct rtplane_srtp_source *src = source;

	if (told->has_window)
		rtplane_srtp_window(&src->stand[s->now].rtp, told->window);
	if (told->has_rtcp_window)
		rtplane_srtcp_window(&src->stand[s->now].rtcp, told->rtcp_window);
}

/* A packet ------------------------------------------------------------------- */

/**
 * struct rtplane_srtp_job - a packet at hand
 * @data: the packet, with RTPLANE_SRTP_ROOM behind it
 * @len: its bytes, without the protection
 * @index: its index
 * @header: bytes of its header
 * @ssrc: as it stands in it
 * @gently: if it does not authenticate, it must stay what it is
 * @late: a cipher has put it off, and will write to its memory
 */
struct rtplane_srtp_job {
	u8 *data;
	unsigned int len;
	u64 index;
	unsigned int header;
	__be32 ssrc;
	bool gently;
	bool late;
};

static __always_inline struct rtplane_verdict fails(struct rtplane_srtp_job *job, int err)
{
	job->late |= err == -EINPROGRESS;
	return rtplane_drop(err == -EBADMSG ? RTPLANE_DROP_SRTP_AUTH : RTPLANE_DROP_SRTP_FAIL);
}

static __always_inline void put_roc(u8 *at, u64 index)
{
	put_unaligned_be32(index >> 16, at);
}

/* Behind @authentic bytes follow the key's identifier and the tag, @tag_len bytes; behind
 * them there is room.
 */
static __always_inline int cm_check(struct rtplane_cipher *c, u8 *data, unsigned int authentic,
				    unsigned int mki_len, unsigned int tag_len, const u64 *roc_of)
{
	u8 *tag = data + authentic + mki_len;
	u8 *mac = tag + tag_len;
	u32 behind;
	int err;

	if (!roc_of) {
		err = rtplane_cipher_mac(c, data, authentic, mac);
	} else {
		/* The rollover counter is authenticated as if it followed. */
		behind = get_unaligned((u32 *)(data + authentic));
		put_roc(data + authentic, *roc_of);
		err = rtplane_cipher_mac(c, data, authentic + 4, mac);
		put_unaligned(behind, (u32 *)(data + authentic));
	}
	if (unlikely(err))
		return err;
	return rtplane_differ(mac, tag, tag_len) ? -EBADMSG : 0;
}

static __always_inline int cm_open(const struct rtplane_srtp_key *key,
				   const struct rtplane_srtp_job *job)
{
	int err = cm_check(key->rtp, job->data, job->len, key->mki_len, key->tag_len, &job->index);

	if (err)
		return err;
	rtplane_srtp_iv_cm(rtplane_cipher_iv(key->rtp), &key->salt, be32_to_cpu(job->ssrc),
			   job->index);
	return rtplane_cipher_ctr(key->rtp, job->data + job->header, job->len - job->header);
}

static __always_inline int gcm_open(const struct rtplane_srtp_key *key,
				    const struct rtplane_srtp_job *job)
{
	unsigned int len = job->len - job->header;

	rtplane_srtp_iv_gcm(rtplane_cipher_iv(key->rtp), &key->salt, be32_to_cpu(job->ssrc),
			    job->index);
	if (unlikely(job->gently))
		return rtplane_cipher_open_slow(key->rtp, &(struct rtplane_gcm_text) {
			.aad = job->data, .aad_len = job->header,
			.text = job->data + job->header, .len = len,
		});
	return rtplane_cipher_open(key->rtp, job->data, job->header, len);
}

static __always_inline void put_mki(u8 *at, const struct rtplane_srtp_key *key)
{
	if (unlikely(key->mki_len))
		memcpy(at, key->mki, key->mki_len);
}

/* Behind the text the rollover counter stands for the tag's sake; then what belongs there,
 * and what of the MAC is more than the tag.
 */
static __always_inline int cm_seal(const struct rtplane_srtp_key *key,
				   const struct rtplane_srtp_job *job)
{
	u8 *end = job->data + job->len;
	int err;

	rtplane_srtp_iv_cm(rtplane_cipher_iv(key->rtp), &key->salt, be32_to_cpu(job->ssrc),
			   job->index);
	err = rtplane_cipher_ctr(key->rtp, job->data + job->header, job->len - job->header);
	if (unlikely(err))
		return err;
	put_roc(end, job->index);
	err = rtplane_cipher_mac(key->rtp, job->data, job->len + 4, end + key->mki_len);
	put_mki(end, key);
	return err;
}

static __always_inline int gcm_seal(const struct rtplane_srtp_key *key,
				    const struct rtplane_srtp_job *job)
{
	rtplane_srtp_iv_gcm(rtplane_cipher_iv(key->rtp), &key->salt, be32_to_cpu(job->ssrc),
			    job->index);
	put_mki(job->data + job->len + key->tag_len, key);
	return rtplane_cipher_seal(key->rtp, job->data, job->header, job->len - job->header);
}

/* RTP by one key, of a source that stands at @stand, if it is known; @carried is its. */
static __always_inline struct rtplane_verdict
open_at(const struct rtplane_srtp_key *key, struct rtplane_srtp_stand *stand,
	struct rtplane_srtp_job *job, unsigned int paylen, const bool carried)
{
	unsigned int more = key->tag_len + key->mki_len;
	u16 seq = get_unaligned_be16(job->data + 2);
	int err;

	if (unlikely(job->header + more > paylen))
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	job->len = paylen - more;
	/* It stands before the tag with SHA-1, behind it with GCM. */
	if (unlikely(key->mki_len) &&
	    memcmp(job->data + job->len + (key->gcm ? key->tag_len : 0), key->mki, key->mki_len))
		return rtplane_drop(RTPLANE_DROP_SRTP_AUTH);
	job->index = stand && stand->rtp.any ? rtplane_srtp_guess(stand->rtp.highest, seq) : seq;
	/* Beyond the last index it would be the first again. */
	if (unlikely(job->index > RTPLANE_SRTP_INDEX_MAX))
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	/* Under a key of which nothing came yet nothing was here. */
	if (stand && unlikely(rtplane_srtp_seen(&stand->rtp, job->index)) && !carried)
		return rtplane_drop(RTPLANE_DROP_SRTP_REPLAY);
	err = key->gcm ? gcm_open(key, job) : cm_open(key, job);
	/* A key of which nothing came yet may have begun anew. */
	if (carried && err == -EBADMSG && job->index != seq) {
		job->index = seq;
		err = key->gcm ? gcm_open(key, job) : cm_open(key, job);
	}
	return likely(!err) ? rtplane_fate(RTPLANE_GOES_ON) : fails(job, err);
}

static struct rtplane_verdict open_by(struct rtplane_srtp *s, unsigned int slot,
				      struct rtplane_srtp_stand *stand,
				      struct rtplane_srtp_job *job, unsigned int paylen)
{
	return open_at(s->key[slot], stand, job, paylen, stand && stand->carried);
}

/* RTP of @index was here. */
static __always_inline void came(struct rtplane_srtp *s, struct rtplane_srtp_stand *stand,
				 u64 index)
{
	s->changes += rtplane_srtp_steps(&stand->rtp, index);
	rtplane_srtp_note(&stand->rtp, index);
}

/* It came by key @slot. */
static void came_by(struct rtplane_srtp *s, unsigned int slot)
{
	s->first = slot;
	if (slot == s->now)
		s->former = ++s->by_new < RTPLANE_SRTP_NEW;
	else
		s->former = ++s->by_old < RTPLANE_SRTP_OLD;
	if (!s->former)
		s->first = s->now;
}

/* Each key that lives, the one that worked last first: RTPLANE_GOES_ON, and @slot says
 * which; or why not.  That it was here before outweighs that it is not authentic by
 * another key.
 */
static __always_inline struct rtplane_verdict
open_any(struct rtplane_srtp *s, struct rtplane_srtp_source *src, struct rtplane_srtp_job *job,
	 unsigned int paylen, unsigned int *slot,
	 struct rtplane_verdict (*by)(struct rtplane_srtp *s, unsigned int slot,
				      struct rtplane_srtp_stand *stand,
				      struct rtplane_srtp_job *job, unsigned int paylen))
{
	struct rtplane_verdict v, other;

	*slot = s->first;
	v = by(s, *slot, src ? &src->stand[*slot] : NULL, job, paylen);
	if (likely(rtplane_goes_on(v)) || !s->former)
		return v;
	*slot = !*slot;
	other = by(s, *slot, src ? &src->stand[*slot] : NULL, job, paylen);
	return rtplane_goes_on(other) || rtplane_why(v) == RTPLANE_DROP_SRTP_AUTH ? other : v;
}

static struct rtplane_verdict open_rtp(struct rtplane_srtp *s, struct rtplane_srtp_job *job,
				       unsigned int paylen)
{
	struct rtplane_srtp_source *src = source_find(s, job->ssrc);
	struct rtplane_srtp_stand *stand;
	struct rtplane_verdict v;
	unsigned int slot;

	if (unlikely(!src && s->n >= RTPLANE_SRTP_SSRCS_MAX))
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	job->gently = s->former || (src && src->stand[s->now].carried);
	v = open_any(s, src, job, paylen, &slot, open_by);
	if (unlikely(!rtplane_goes_on(v)))
		return v;
	if (unlikely(!src)) {
		src = source_new(s, job->ssrc, GFP_ATOMIC | __GFP_NOWARN);
		if (!src)
			return rtplane_drop(RTPLANE_DROP_NOMEM);
	}
	stand = &src->stand[slot];
	/* It is there that this key begins, be it before where the former one was. */
	if (stand->carried) {
		s->changes += rtplane_srtp_steps(&stand->rtp, job->index);
		stand->carried = false;
		stand->rtp = (struct rtplane_srtp_track) {};
		rtplane_srtp_note(&stand->rtp, job->index);
	} else {
		came(s, stand, job->index);
	}
	if (s->former)
		came_by(s, slot);
	return v;
}

/* Is it of the source of the last packet, and can it be by one key alone? */
static __always_inline bool follows(const struct rtplane_srtp *s,
				    const struct rtplane_srtp_job *job)
{
	return s->last && s->last->ssrc == job->ssrc && !s->former &&
	       !s->last->stand[s->now].carried;
}

/* open_rtp() of a packet that does. */
static __always_inline struct rtplane_verdict
open_next(struct rtplane_srtp *s, struct rtplane_srtp_job *job, unsigned int paylen)
{
	struct rtplane_srtp_stand *stand = &s->last->stand[s->now];
	struct rtplane_verdict v;

	job->gently = false;
	v = open_at(s->key[s->now], stand, job, paylen, false);
	if (likely(rtplane_goes_on(v)))
		came(s, stand, job->index);
	return v;
}

static __always_inline struct rtplane_verdict seal_rtp(struct rtplane_srtp *s,
						       struct rtplane_srtp_job *job)
{
	struct rtplane_srtp_source *src = s->last;
	const struct rtplane_srtp_key *key = s->key[s->now];
	u16 seq = get_unaligned_be16(job->data + 2), out;
	struct rtplane_srtp_stand *stand;
	int err;

	if (unlikely(!src || src->ssrc != job->ssrc)) {
		src = source_get(s, job->ssrc);
		if (!src)
			return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	}
	stand = &src->stand[s->now];
	out = rtplane_srtp_outgoing(&src->anew, &stand->rtp, seq);
	job->index = stand->rtp.any ? rtplane_srtp_guess(stand->rtp.highest, out) : out;
	if (unlikely(rtplane_srtp_seen(&stand->rtp, job->index))) {
		rtplane_srtp_went(&src->anew, seq, true);
		return rtplane_drop(RTPLANE_DROP_SRTP_REPLAY);
	}
	rtplane_srtp_went(&src->anew, seq, false);
	if (unlikely(job->index > RTPLANE_SRTP_INDEX_MAX))
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	/* Before it is used: come what may, it is not used twice. */
	came(s, stand, job->index);
	put_unaligned_be16(out, job->data + 2);
	err = key->gcm ? gcm_seal(key, job) : cm_seal(key, job);
	job->len += key->tag_len + key->mki_len;
	return likely(!err) ? rtplane_fate(RTPLANE_GOES_ON) : fails(job, err);
}

/* RTCP ----------------------------------------------------------------------- */

/* Where the word with E bit and index is, and what GCM makes of the packet: all of it is
 * authenticated only, where it is not encrypted (RFC 7714 sections 9.2 and 9.3).
 */
static struct rtplane_gcm_text rtcp_text(const struct rtplane_srtp_job *job, const u8 *word,
					 bool encrypted)
{
	return (struct rtplane_gcm_text) {
		.aad = job->data,
		.aad_len = encrypted ? RTPLANE_RTCP_HEADER : job->len,
		.aad2 = word,
		.aad2_len = 4,
		.text = job->data + (encrypted ? RTPLANE_RTCP_HEADER : job->len),
		.len = encrypted ? job->len - RTPLANE_RTCP_HEADER : 0,
	};
}

static int rtcp_open(const struct rtplane_srtp_key *key, const struct rtplane_srtp_job *job,
		     const u8 *word, bool encrypted)
{
	struct rtplane_gcm_text text;
	int err;

	if (key->gcm) {
		rtplane_srtp_iv_gcm(rtplane_cipher_iv(key->rtcp), &key->rtcp_salt,
				    be32_to_cpu(job->ssrc), job->index);
		text = rtcp_text(job, word, encrypted);
		return rtplane_cipher_open_slow(key->rtcp, &text);
	}
	err = cm_check(key->rtcp, job->data, job->len + 4, key->mki_len, RTPLANE_SRTCP_TAG, NULL);
	if (err || !encrypted)
		return err;
	rtplane_srtp_iv_cm(rtplane_cipher_iv(key->rtcp), &key->rtcp_salt, be32_to_cpu(job->ssrc),
			   job->index);
	return rtplane_cipher_ctr(key->rtcp, job->data + RTPLANE_RTCP_HEADER,
				  job->len - RTPLANE_RTCP_HEADER);
}

static int rtcp_seal(const struct rtplane_srtp_key *key, const struct rtplane_srtp_job *job)
{
	u8 *word = job->data + job->len + (key->gcm ? RTPLANE_GCM_TAG : 0);
	struct rtplane_gcm_text text;
	u8 mac[RTPLANE_SHA1_LEN];
	int err;

	put_unaligned_be32(RTPLANE_SRTCP_E | job->index, word);
	memcpy(word + 4, key->mki, key->mki_len);
	if (key->gcm) {
		rtplane_srtp_iv_gcm(rtplane_cipher_iv(key->rtcp), &key->rtcp_salt,
				    be32_to_cpu(job->ssrc), job->index);
		text = rtcp_text(job, word, true);
		rtplane_cipher_seal_slow(key->rtcp, &text);
		return 0;
	}
	rtplane_srtp_iv_cm(rtplane_cipher_iv(key->rtcp), &key->rtcp_salt, be32_to_cpu(job->ssrc),
			   job->index);
	err = rtplane_cipher_ctr(key->rtcp, job->data + RTPLANE_RTCP_HEADER,
				 job->len - RTPLANE_RTCP_HEADER);
	err = err ?: rtplane_cipher_mac(key->rtcp, job->data, job->len + 4, mac);
	memcpy(word + 4 + key->mki_len, mac, RTPLANE_SRTCP_TAG);
	return err;
}

static unsigned int rtcp_tag_len(const struct rtplane_srtp_key *key)
{
	return key->gcm ? RTPLANE_GCM_TAG : RTPLANE_SRTCP_TAG;
}

static struct rtplane_verdict open_rtcp_by(struct rtplane_srtp *s, unsigned int slot,
					   struct rtplane_srtp_stand *stand,
					   struct rtplane_srtp_job *job, unsigned int paylen)
{
	const struct rtplane_srtp_key *key = s->key[slot];
	unsigned int more = rtcp_tag_len(key) + 4 + key->mki_len;
	const u8 *word, *mki;
	u32 value;
	int err;

	if (RTPLANE_RTCP_HEADER + more > paylen)
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	job->len = paylen - more;
	word = job->data + job->len + (key->gcm ? RTPLANE_GCM_TAG : 0);
	mki = word + 4;
	if (key->mki_len && memcmp(mki, key->mki, key->mki_len))
		return rtplane_drop(RTPLANE_DROP_SRTP_AUTH);
	value = get_unaligned_be32(word);
	job->index = value & RTPLANE_SRTCP_INDEX_MAX;
	if (stand && rtplane_srtcp_seen(&stand->rtcp, job->index))
		return rtplane_drop(RTPLANE_DROP_SRTP_REPLAY);
	err = rtcp_open(key, job, word, value & RTPLANE_SRTCP_E);
	return err ? fails(job, err) : rtplane_fate(RTPLANE_GOES_ON);
}

static struct rtplane_verdict open_rtcp(struct rtplane_srtp *s, struct rtplane_srtp_job *job,
					unsigned int paylen)
{
	struct rtplane_srtp_source *src = source_find(s, job->ssrc);
	struct rtplane_verdict v;
	unsigned int slot;

	if (!src && s->n >= RTPLANE_SRTP_SSRCS_MAX)
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	v = open_any(s, src, job, paylen, &slot, open_rtcp_by);
	if (!rtplane_goes_on(v))
		return v;
	if (!src)
		src = source_new(s, job->ssrc, GFP_ATOMIC | __GFP_NOWARN);
	if (!src)
		return rtplane_drop(RTPLANE_DROP_NOMEM);
	s->changes += rtplane_srtcp_steps(&src->stand[slot].rtcp, job->index);
	rtplane_srtcp_note(&src->stand[slot].rtcp, job->index);
	if (s->former)
		came_by(s, slot);
	return v;
}

static struct rtplane_verdict seal_rtcp(struct rtplane_srtp *s, struct rtplane_srtp_job *job)
{
	struct rtplane_srtp_source *src = source_get(s, job->ssrc);
	const struct rtplane_srtp_key *key = s->key[s->now];
	struct rtplane_srtcp_track *track;
	int err;

	if (!src)
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	track = &src->stand[s->now].rtcp;
	if (track->any && track->highest == RTPLANE_SRTCP_INDEX_MAX)
		return rtplane_drop(RTPLANE_DROP_SRTP_FAIL);
	job->index = track->any ? track->highest + 1 : 0;
	s->changes += rtplane_srtcp_steps(track, job->index);
	rtplane_srtcp_note(track, job->index);
	err = rtcp_seal(key, job);
	job->len += rtcp_tag_len(key) + 4 + key->mki_len;
	return err ? fails(job, err) : rtplane_fate(RTPLANE_GOES_ON);
}

/* Buffers -------------------------------------------------------------------- */

/**
 * rtplane_srtp_room() - make a buffer such that its packet can be protected in place
 * @skb: packet, not shared, as long as its IP packet
 * @pkt: the same
 *
 * In one piece, ours alone, with room behind.
 *
 * Return: false without memory.
 */
bool rtplane_srtp_room(struct sk_buff *skb, struct rtplane_pkt *pkt)
{
	if (unlikely(skb_is_nonlinear(skb) && skb_linearize(skb)))
		return false;
	if (unlikely(skb_cloned(skb) || skb_tailroom(skb) < RTPLANE_SRTP_ROOM) &&
	    pskb_expand_head(skb, 0, RTPLANE_SRTP_ROOM, GFP_ATOMIC))
		return false;
	pkt->payload = skb->data + pkt->hdrlen + sizeof(struct udphdr);
	return true;
}

static __always_inline bool job_begin(struct rtplane_srtp_job *job, struct sk_buff *skb,
				      const struct rtplane_pkt *pkt, const bool rtp)
{
	job->data = skb->data + pkt->hdrlen + sizeof(struct udphdr);
	job->len = pkt->paylen;
	job->late = false;
	if (rtp) {
		job->ssrc = get_unaligned((const __be32 *)(job->data + 8));
		job->header = rtplane_srtp_header(job->data, job->len);
		return job->header;
	}
	if (pkt->kind != RTPLANE_KIND_RTCP || job->len < RTPLANE_RTCP_HEADER)
		return false;
	job->ssrc = get_unaligned((const __be32 *)(job->data + 4));
	return true;
}

static __always_inline void job_end(const struct rtplane_srtp_job *job, struct sk_buff *skb,
				    struct rtplane_pkt *pkt)
{
	pkt->paylen = job->len;
	/* Its memory is never anybody else's. */
	if (unlikely(job->late))
		skb_get(skb);
}

static noinline struct rtplane_verdict unprotect_any(struct rtplane_srtp *s, struct sk_buff *skb,
						     struct rtplane_pkt *pkt)
{
	bool rtp = pkt->kind == RTPLANE_KIND_RTP;
	struct rtplane_srtp_job job;
	struct rtplane_verdict v;

	if (!job_begin(&job, skb, pkt, rtp))
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	v = rtp ? open_rtp(s, &job, pkt->paylen) : open_rtcp(s, &job, pkt->paylen);
	job_end(&job, skb, pkt);
	return v;
}

/**
 * rtplane_srtp_unprotect() - SRTP to RTP, SRTCP to RTCP, in place
 * @s: protection of what arrives, locked
 * @skb: rtplane_srtp_room() was asked
 * @pkt: the same; @pkt->paylen becomes that of the plain packet, the buffer's length stays
 *
 * Return: RTPLANE_GOES_ON, or RTPLANE_DROPPED, and the packet is void.
 */
struct rtplane_verdict rtplane_srtp_unprotect(struct rtplane_srtp *s, struct sk_buff *skb,
					      struct rtplane_pkt *pkt)
{
	struct rtplane_srtp_job job __uninitialized;
	struct rtplane_verdict v;

	if (unlikely(pkt->kind != RTPLANE_KIND_RTP || !job_begin(&job, skb, pkt, true) ||
		     !follows(s, &job)))
		return unprotect_any(s, skb, pkt);
	v = open_next(s, &job, pkt->paylen);
	job_end(&job, skb, pkt);
	return v;
}

static noinline struct rtplane_verdict protect_rtcp(struct rtplane_srtp *s, struct sk_buff *skb,
						    struct rtplane_pkt *pkt)
{
	struct rtplane_srtp_job job;
	struct rtplane_verdict v;

	if (!job_begin(&job, skb, pkt, false))
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	v = seal_rtcp(s, &job);
	job_end(&job, skb, pkt);
	return v;
}

/**
 * rtplane_srtp_protect() - RTP to SRTP, RTCP to SRTCP, in place
 * @s: protection of what leaves, locked
 * @skb: rtplane_srtp_room() was asked
 * @pkt: the same; @pkt->paylen becomes that of the protected packet, the buffer's length
 *	stays
 *
 * Return: RTPLANE_GOES_ON, or RTPLANE_DROPPED, and the packet is void.
 */
struct rtplane_verdict rtplane_srtp_protect(struct rtplane_srtp *s, struct sk_buff *skb,
					    struct rtplane_pkt *pkt)
{
	struct rtplane_srtp_job job __uninitialized;
	struct rtplane_verdict v;

	if (unlikely(pkt->kind != RTPLANE_KIND_RTP))
		return protect_rtcp(s, skb, pkt);
	if (unlikely(!job_begin(&job, skb, pkt, true)))
		return rtplane_drop(RTPLANE_DROP_MALFORMED);
	v = seal_rtp(s, &job);
	job_end(&job, skb, pkt);
	return v;
}
