// SPDX-License-Identifier: GPL-2.0
/* SRTP of one direction; libsrtp2 does the cryptography and the replay windows. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "packet.h"
#include "private.h"

/* packets that may overtake each other: video comes in bursts of hundreds */
#define WINDOW		RTPLANE_SRTP_WINDOW

/* that far SRTCP goes on under a new key: media waits for it, some milliseconds */
#define COUNT_UP_MAX	4096

/**
 * struct rtpsec_key - a key on its way to a context, or from it
 * @conf: suite and key
 * @same: the key is the present one, by another identifier
 * @srtp: a session with them, for a context in use; NULL: it has none yet
 * @old: another session to free
 */
struct rtpsec_key {
	struct dp_srtp conf;
	bool same;
	srtp_t srtp;
	srtp_t old;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static srtp_err_status_t init_status;

static void init(void)
{
	static uint8_t key[RTPLANE_SRTP_KEY_MAX];
	static srtp_t keeper;
	srtp_policy_t policy = { .ssrc.type = ssrc_any_inbound, .key = key };

	init_status = srtp_init();
	if (init_status)
		return;
	/*
	 * Debian's libsrtp2 has its cryptography from NSS, which is shut down with
	 * the last session and started with the next first one: this session
	 * is never used and never ends.
	 */
	srtp_crypto_policy_set_rtp_default(&policy.rtp);
	srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	init_status = srtp_create(&keeper, &policy);
}

/* RFC 4568 section 6.2: the suites with 32 bit tags have 80 bits for RTCP */
static void set_suite(srtp_policy_t *p, uint8_t suite)
{
	switch (suite) {
	case RTPLANE_SRTP_AES_128_CM_SHA1_80:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		break;
	case RTPLANE_SRTP_AES_128_CM_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		break;
	case RTPLANE_SRTP_AES_256_CM_SHA1_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		break;
	case RTPLANE_SRTP_AES_256_CM_SHA1_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		break;
	case RTPLANE_SRTP_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
		break;
	case RTPLANE_SRTP_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
		break;
	}
}

static srtp_policy_t policy_of(enum rtpsec_dir dir, const struct dp_srtp *conf)
{
	srtp_policy_t policy = {
		.ssrc.type = dir == RTPSEC_IN ? ssrc_any_inbound :
						     ssrc_any_outbound,
		.key = (unsigned char *)conf->key,
		.window_size = WINDOW,
	};

	set_suite(&policy, conf->suite);
	return policy;
}

static int open_session(enum rtpsec_dir dir, const struct dp_srtp *conf, srtp_t *srtp,
			struct dp_err *err)
{
	const char *name = dp_srtp_suite_name(conf->suite);
	srtp_policy_t policy = policy_of(dir, conf);
	srtp_err_status_t status = srtp_create(srtp, &policy);

	if (!status)
		return 0;
	*srtp = NULL;
	if (status == srtp_err_status_alloc_fail)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	return dp_fail(err, EOPNOTSUPP, "SRTP suite %s: libsrtp2 (%s) refuses it with its error %d: is it built without it?",
		       name, srtp_get_version_string(), status);
}

/* can there be a session with it? Of one of each suite it is known then */
static int check_suite(enum rtpsec_dir dir, const struct dp_srtp *conf, struct dp_err *err)
{
	static atomic_bool known[__RTPLANE_SRTP_MAX];
	srtp_t srtp;
	int ret;

	if (conf->suite == RTPLANE_SRTP_NONE || conf->suite >= __RTPLANE_SRTP_MAX)
		return dp_fail(err, EINVAL, "SRTP suite %u: expected 1 to %u",
			       conf->suite, __RTPLANE_SRTP_MAX - 1);
	pthread_once(&once, init);
	if (init_status)
		return dp_fail(err, EIO, "libsrtp2 cannot be started: its error %d",
			       init_status);
	if (known[conf->suite])
		return 0;
	ret = open_session(dir, conf, &srtp, err);
	if (ret)
		return ret;
	srtp_dealloc(srtp);
	known[conf->suite] = true;
	return 0;
}

/* With the first packet: a session takes 15 to 27 KB, and many keys never see one. */
static bool open_now(struct rtpsec *ctx)
{
	if (!ctx->srtp && open_session(ctx->dir, &ctx->conf, &ctx->srtp, NULL))
		return false;
	atomic_store_explicit(&ctx->used, true, memory_order_relaxed);
	return true;
}

/* where its sources stand is no part of what is kept: it is the caller's memory */
static void keep(struct dp_srtp *kept, const struct dp_srtp *conf)
{
	*kept = *conf;
	kept->n_sources = 0;
	kept->source = NULL;
}

int rtpsec_new(struct rtpsec **ctx, enum rtpsec_dir dir,
	       const struct dp_srtp *conf, struct dp_err *err)
{
	struct rtpsec *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	new->dir = dir;
	keep(&new->conf, conf);
	ret = check_suite(dir, conf, err);
	if (!ret && conf->n_sources && !open_now(new))
		ret = dp_fail(err, ENOMEM, "no memory for SRTP");
	if (!ret)
		ret = rtpsec_adopt(new, conf, err);
	if (ret) {
		rtpsec_free(new);
		return ret;
	}
	*ctx = new;
	return 0;
}

static void forget_old(struct rtpsec *ctx)
{
	if (ctx->old)
		srtp_dealloc(ctx->old);
	ctx->old = NULL;
	ctx->takes_old = false;
	explicit_bzero(ctx->old_conf.key, sizeof(ctx->old_conf.key));
}

void rtpsec_free(struct rtpsec *ctx)
{
	if (!ctx)
		return;
	forget_old(ctx);
	if (ctx->srtp)
		srtp_dealloc(ctx->srtp);
	free(ctx->source);
	rtpsec_former_clear(ctx);
	explicit_bzero(ctx, sizeof(*ctx));
	free(ctx);
}

/* what of the sources outlives their key: where each stands */
static void carry_sources(struct rtpsec *ctx)
{
	struct source *s;
	unsigned int i, n = 0;

	for (i = 0; i < ctx->n; i++) {
		s = &ctx->source[i];
		/* RFC 3711 section 3.4: a new key does not reset SRTCP's index */
		s->rtcp_due = ctx->dir == RTPSEC_OUT &&
			      (s->rtcp || s->rtcp_due);
		if (!s->track.any && !s->rtcp_due)
			continue;
		memset(s->track.ring, 0, sizeof(s->track.ring));
		s->carried = true;
		s->added = false;
		s->no_old = s->floored || s->rtcp_floored;
		s->parked = false;
		s->floored = false;
		s->rtcp = false;
		s->rtcp_floored = false;
		s->rtcp_track = (struct rtplane_srtcp_track){};
		ctx->source[n++] = *s;
	}
	ctx->n = n;
	ctx->last = 0;
}

static bool same_key(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->suite == b->suite &&
	       !memcmp(a->key, b->key, dp_srtp_key_len(a->suite));
}

static bool same_mki(const struct dp_srtp *a, const struct dp_srtp *b)
{
	return a->mki_len == b->mki_len && !memcmp(a->mki, b->mki, a->mki_len);
}

int rtpsec_prepare(struct rtpsec_key **key, const struct rtpsec *ctx,
		   const struct dp_srtp *conf, struct dp_err *err)
{
	bool same = same_key(conf, &ctx->conf);
	struct rtpsec_key *new;
	int ret = 0;

	*key = NULL;
	if (same && same_mki(conf, &ctx->conf))
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	keep(&new->conf, conf);
	new->same = same;
	if (!same)
		ret = check_suite(ctx->dir, conf, err);
	/* no packet of a context in use waits for it */
	if (!same && !ret && atomic_load_explicit(&ctx->used, memory_order_relaxed))
		ret = open_session(ctx->dir, conf, &new->srtp, err);
	if (ret) {
		rtpsec_key_free(new);
		return ret;
	}
	*key = new;
	return 0;
}

void rtpsec_swap(struct rtpsec *ctx, struct rtpsec_key *key)
{
	srtp_t former = ctx->srtp;

	if (!key)
		return;
	if (key->same) {
		ctx->conf = key->conf;
		return;
	}
	if (ctx->dir == RTPSEC_IN || !rtpsec_former(ctx, &key->conf))
		carry_sources(ctx);
	key->old = ctx->old;
	ctx->old = NULL;
	ctx->srtp = key->srtp;
	if (ctx->dir == RTPSEC_IN) {
		ctx->old_conf = ctx->conf;
		if (former)
			explicit_bzero(ctx->old_conf.key, sizeof(ctx->old_conf.key));
	}
	ctx->conf = key->conf;
	key->srtp = NULL;
	if (ctx->dir == RTPSEC_IN) {
		ctx->old = former;
		ctx->takes_old = true;
		ctx->by_new = 0;
		ctx->by_old = 0;
		return;
	}
	key->srtp = former;
}

void rtpsec_key_free(struct rtpsec_key *key)
{
	if (!key)
		return;
	if (key->srtp)
		srtp_dealloc(key->srtp);
	if (key->old)
		srtp_dealloc(key->old);
	explicit_bzero(key, sizeof(*key));
	free(key);
}

int rtpsec_rekey(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err)
{
	struct rtpsec_key *key;
	int ret = rtpsec_prepare(&key, ctx, conf, err);

	if (ret)
		return ret;
	rtpsec_swap(ctx, key);
	rtpsec_key_free(key);
	return 0;
}

static uint32_t ssrc_of(const uint8_t *buf, bool rtcp)
{
	return get32(buf + (rtcp ? 4 : 8));
}

static struct source *find(struct rtpsec *ctx, uint32_t ssrc)
{
	unsigned int i;

	if (ctx->last < ctx->n && ctx->source[ctx->last].ssrc == ssrc)
		return &ctx->source[ctx->last];
	for (i = 0; i < ctx->n; i++) {
		if (ctx->source[i].ssrc != ssrc)
			continue;
		ctx->last = i;
		return &ctx->source[i];
	}
	return NULL;
}

/* has the session a stream for it? */
static bool is_live(const struct source *s)
{
	return !s->carried || s->added;
}

/* the source that can be put aside and was longest silent; NULL: none can */
static struct source *idle_one(struct rtpsec *ctx)
{
	struct source *s, *idle = NULL;

	for (s = ctx->source; s < ctx->source + ctx->n; s++)
		if (is_live(s) && s->track.any && !s->rtcp &&
		    (!idle || (int32_t)(s->used - idle->used) < 0))
			idle = s;
	return idle;
}

static unsigned int count_live(const struct rtpsec *ctx)
{
	unsigned int i, n = 0;

	for (i = 0; i < ctx->n; i++)
		n += is_live(&ctx->source[i]);
	return n;
}

/* a place of one that nothing came of by the present key */
static struct source *vacant(struct rtpsec *ctx)
{
	struct source *s;

	for (s = ctx->source; s < ctx->source + ctx->n; s++)
		if (!is_live(s) && !s->parked)
			return s;
	return NULL;
}

/* Can the session have one stream more? */
static bool has_stream(struct rtpsec *ctx)
{
	return count_live(ctx) < RTPSEC_STREAMS || idle_one(ctx);
}

/* Is there room for a new source?  Nothing changes yet: it may be nobody's. */
static bool has_room(struct rtpsec *ctx)
{
	return (ctx->n < RTPSEC_SSRCS || vacant(ctx)) && has_stream(ctx);
}

/* put one aside if there is no stream left; false if none can be */
static bool make_stream(struct rtpsec *ctx)
{
	struct source *s;
	uint32_t roc;

	if (count_live(ctx) < RTPSEC_STREAMS)
		return true;
	s = idle_one(ctx);
	if (!s || srtp_get_stream_roc(ctx->srtp, s->ssrc, &roc) ||
	    srtp_remove_stream(ctx->srtp, htonl(s->ssrc)))
		return false;
	s->added = false;
	/* nothing has come since it was carried over, or put aside before */
	if (s->carried)
		return true;
	s->carried = true;
	s->parked = true;
	s->floored = true;
	s->floor = s->track.highest;
	return true;
}

static bool grow(struct rtpsec *ctx)
{
	unsigned int room = ctx->room ? 2 * ctx->room : 4;
	struct source *source;

	if (room > RTPSEC_SSRCS)
		return false;
	source = reallocarray(ctx->source, room, sizeof(*source));
	if (!source)
		return false;
	ctx->source = source;
	ctx->room = room;
	return true;
}

struct source *rtpsec_take(struct rtpsec *ctx, uint32_t ssrc)
{
	struct source *place;

	if (!make_stream(ctx))
		return NULL;
	if (ctx->n < ctx->room || grow(ctx))
		place = &ctx->source[ctx->n++];
	else
		place = vacant(ctx);
	if (!place)
		return NULL;
	*place = (struct source){ .ssrc = ssrc, .used = ctx->clock };
	ctx->changes++;
	ctx->last = place - ctx->source;
	return place;
}

/* the index that a sequence number most likely means */
static uint64_t guess(const struct source *s, uint16_t seq)
{
	return s && s->track.any ? rtplane_srtp_guess(s->track.highest, seq) :
				   seq;
}

/* under a key of which nothing came yet nothing was here */
static bool was_here(struct source *s, uint64_t index)
{
	return rtplane_srtp_seen(&s->track, index) &&
	       (!s->carried || s->parked);
}

static bool was_here_rtcp(const struct source *s, uint32_t index)
{
	return rtplane_srtcp_seen(&s->rtcp_track, index);
}

static bool here(struct source *s, uint64_t index, bool rtcp)
{
	return s && (rtcp ? was_here_rtcp(s, (uint32_t)index) :
			    was_here(s, index));
}

/* the library has a stream for it already, which nobody would know of */
static struct source *take_in(struct rtpsec *ctx, uint32_t ssrc)
{
	struct source *s = rtpsec_take(ctx, ssrc);

	if (!s)
		srtp_remove_stream(ctx->srtp, htonl(ssrc));
	return s;
}

/* a packet has passed by the present key: RTCP, and RTP */
static void note_rtcp(struct rtpsec *ctx, struct source *s, uint32_t index)
{
	ctx->changes += (index ^ s->rtcp_index) >> RTPLANE_SRTCP_STEP_SHIFT != 0;
	if (ctx->dir == RTPSEC_IN)
		rtplane_srtcp_note(&s->rtcp_track, index);
	s->added |= s->carried;
	if (!s->rtcp || index > s->rtcp_index)
		s->rtcp_index = index;
	s->rtcp = true;
}

static void note(struct rtpsec *ctx, struct source *s, uint64_t index)
{
	ctx->changes += rtplane_srtp_steps(&s->track, index);
	if (s->carried && !s->parked)
		s->track = (struct rtplane_srtp_track){};
	rtplane_srtp_note(&s->track, index);
	s->carried = false;
	s->parked = false;
	s->floored &= s->track.highest - s->floor < WINDOW;
}

/* a packet has passed by the former key: from there the source goes on */
static void note_old(struct source *s, uint64_t index, bool rtcp)
{
	s->carried = true;
	if (rtcp || (s->track.any && index <= s->track.highest))
		return;
	rtplane_srtp_track_carried(&s->track, index);
}

bool rtpsec_add_stream(struct rtpsec *ctx, struct source *s)
{
	srtp_policy_t policy;

	if (s->added)
		return true;
	policy = policy_of(ctx->dir, &ctx->conf);
	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = s->ssrc;
	s->added = !srtp_add_stream(ctx->srtp, &policy);
	return s->added;
}

/*
 * The library has a rollover counter other than 0 only for streams that were
 * added by hand, and takes it over with the first packet that authenticates.
 */
static bool set_roc(struct rtpsec *ctx, struct source *s, uint32_t roc)
{
	if (!s->added && !roc)
		return true;
	return rtpsec_add_stream(ctx, s) &&
	       !srtp_set_stream_roc(ctx->srtp, s->ssrc, roc);
}

static enum rtpsec_result result_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return RTPSEC_OK;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cant_check:	/* SRTCP that says it is plain */
	case srtp_err_status_cipher_fail:
		return RTPSEC_AUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return RTPSEC_REPLAY;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
		return RTPSEC_MALFORMED;
	default:
		return RTPSEC_FAILED;
	}
}

static enum rtpsec_result unprotect(srtp_t srtp, const struct dp_srtp *conf,
				    uint8_t *buf, size_t *len, bool rtcp)
{
	size_t more = packet_growth(conf, rtcp);
	enum rtpsec_result ret;
	int n;

	if (*len < more || !packet_is_sane(buf, *len - more, rtcp))
		return RTPSEC_MALFORMED;
	if (conf->mki_len && !packet_cut_mki(conf, buf, len, rtcp))
		return RTPSEC_AUTH;
	n = (int)*len;
	ret = result_of(rtcp ? srtp_unprotect_rtcp(srtp, buf, &n) :
			       srtp_unprotect(srtp, buf, &n));
	*len = (size_t)n;
	return ret;
}

/**
 * struct attempt - a packet that more than one key or counter may fit
 * @buf: the packet
 * @len: its bytes
 * @copy: as it came: what fails may leave @buf in any state
 * @size: its bytes as it came
 * @rtcp: it is RTCP
 */
struct attempt {
	uint8_t *buf;
	size_t *len;
	uint8_t copy[RTPSEC_LEN_MAX];
	size_t size;
	bool rtcp;
};

static enum rtpsec_result try_again(struct attempt *a, srtp_t srtp,
				    const struct dp_srtp *conf)
{
	memcpy(a->buf, a->copy, a->size);
	*a->len = a->size;
	return unprotect(srtp, conf, a->buf, a->len, a->rtcp);
}

/* the former key's, which it has with the first packet that is not by the present one */
static bool open_old(struct rtpsec *ctx)
{
	if (!ctx->old && open_session(ctx->dir, &ctx->old_conf, &ctx->old, NULL))
		return false;
	explicit_bzero(ctx->old_conf.key, sizeof(ctx->old_conf.key));
	return true;
}

/* by the new key it does not authenticate: what the old one says counts */
static enum rtpsec_result try_old(struct rtpsec *ctx, struct source *s,
				  struct attempt *a)
{
	uint64_t index = guess(s, get16(a->copy + 2));
	enum rtpsec_result ret;

	/* nor may the old session grow without bounds */
	if (!ctx->takes_old || (s ? s->no_old : ctx->n >= RTPSEC_STREAMS) || !open_old(ctx))
		return RTPSEC_AUTH;
	ret = try_again(a, ctx->old, &ctx->old_conf);
	if (ret != RTPSEC_OK)
		return ret;
	if (!s)
		s = rtpsec_take(ctx, ssrc_of(a->copy, a->rtcp));
	if (!s)
		return RTPSEC_FAILED;
	if ((s->carried && !s->parked) || !s->track.any)
		note_old(s, index, a->rtcp);
	if (++ctx->by_old >= RTPSEC_OLD_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

/* a packet, of which @head begins, has passed by the present key with this index */
static enum rtpsec_result passed(struct rtpsec *ctx, struct source *s,
				 const uint8_t *head, bool rtcp, uint64_t index)
{
	s = s ? s : take_in(ctx, ssrc_of(head, rtcp));
	if (!s)
		return RTPSEC_FAILED;
	s->used = ++ctx->clock;
	if (rtcp)
		note_rtcp(ctx, s, (uint32_t)index);
	else
		note(ctx, s, index);
	return RTPSEC_OK;
}

/*
 * While keys change: the new key, with either rollover counter; the old key.  And a
 * source that comes back: with its rollover counter and no other.
 */
static enum rtpsec_result unprotect_any(struct rtpsec *ctx, struct source *s,
					struct attempt *a, uint64_t index)
{
	enum rtpsec_result ret = RTPSEC_REPLAY, old;
	uint32_t roc = 0;

	memcpy(a->copy, a->buf, a->size);
	if (s && s->carried && s->track.any && !a->rtcp) {
		roc = (uint32_t)(index >> 16);
		if ((!is_live(s) && !make_stream(ctx)) ||
		    !set_roc(ctx, s, roc))
			return RTPSEC_FAILED;
	}
	if (!here(s, index, a->rtcp))
		ret = unprotect(ctx->srtp, &ctx->conf, a->buf, a->len, a->rtcp);
	if (ret == RTPSEC_AUTH && roc && !s->parked && set_roc(ctx, s, 0)) {
		index = (uint16_t)index;
		ret = try_again(a, ctx->srtp, &ctx->conf);
	}
	if (ret == RTPSEC_AUTH ||
	    (ctx->takes_old && (ret == RTPSEC_MALFORMED || ret == RTPSEC_REPLAY))) {
		/* RTCP's window is asked first: the index may be one of either key. What was
		 * here by the new one was here, whatever the old one says.
		 */
		old = try_old(ctx, s, a);
		return ret == RTPSEC_REPLAY && old != RTPSEC_OK ? ret : old;
	}
	if (ret != RTPSEC_OK)
		return ret;
	ret = passed(ctx, s, a->copy, a->rtcp, index);
	if (ret != RTPSEC_OK)
		return ret;
	if (ctx->takes_old && ++ctx->by_new >= RTPSEC_NEW_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

static enum rtpsec_result unprotect_slowly(struct rtpsec *ctx,
					   struct source *s, uint8_t *buf,
					   size_t *len, bool rtcp,
					   uint64_t index)
{
	struct attempt a = {
		.buf = buf, .len = len, .size = *len, .rtcp = rtcp,
	};

	return unprotect_any(ctx, s, &a, index);
}

/* what protection adds at least, whichever key it is */
static size_t least_growth(const struct rtpsec *ctx, bool rtcp)
{
	size_t more = packet_growth(&ctx->conf, rtcp), old;

	if (!ctx->takes_old)
		return more;
	old = packet_growth(&ctx->old_conf, rtcp);
	return old < more ? old : more;
}

/* its index, of SRTCP should it be by the present key */
static uint64_t index_of(const struct rtpsec *ctx, const struct source *s,
			 const uint8_t *buf, size_t len, bool rtcp)
{
	if (!rtcp)
		return guess(s, get16(buf + 2));
	if (len < packet_growth(&ctx->conf, true))
		return 0;
	return packet_rtcp_index(&ctx->conf, buf, len, ctx->conf.mki_len);
}

enum rtpsec_result rtpsec_unprotect(struct rtpsec *ctx, uint8_t *buf,
				    size_t *len, bool rtcp)
{
	size_t more = least_growth(ctx, rtcp);
	enum rtpsec_result ret;
	struct source *s;
	uint64_t index;

	if (*len < more || *len > RTPSEC_LEN_MAX ||
	    !packet_is_sane(buf, *len - more, rtcp))
		return RTPSEC_MALFORMED;
	if (!open_now(ctx))
		return RTPSEC_FAILED;
	s = find(ctx, ssrc_of(buf, rtcp));
	if (s ? !is_live(s) && !has_stream(ctx) : !has_room(ctx))
		return RTPSEC_FULL;
	index = index_of(ctx, s, buf, *len, rtcp);
	/* under the former key it may be another packet */
	if (!ctx->takes_old && here(s, index, rtcp))
		return RTPSEC_REPLAY;
	if (ctx->takes_old || (s && s->carried))
		return unprotect_slowly(ctx, s, buf, len, rtcp, index);
	ret = unprotect(ctx->srtp, &ctx->conf, buf, len, rtcp);
	return ret == RTPSEC_OK ? passed(ctx, s, buf, rtcp, index) : ret;
}

static enum rtpsec_result protect(srtp_t srtp, uint8_t *buf, size_t *len,
				  bool rtcp)
{
	int n = (int)*len;
	enum rtpsec_result ret;

	ret = result_of(rtcp ? srtp_protect_rtcp(srtp, buf, &n) :
			       srtp_protect(srtp, buf, &n));
	*len = (size_t)n;
	return ret;
}

/* by the present key, with its identifier */
static enum rtpsec_result protect_with(struct rtpsec *ctx, struct source *s,
				       uint8_t *buf, size_t *len, bool rtcp)
{
	enum rtpsec_result ret = protect(ctx->srtp, buf, len, rtcp);

	if (ret == RTPSEC_OK && rtcp)
		note_rtcp(ctx, s, packet_rtcp_index(&ctx->conf, buf, *len, 0));
	if (ret == RTPSEC_OK && ctx->conf.mki_len)
		packet_put_mki(&ctx->conf, buf, len, rtcp);
	return ret;
}

static enum rtpsec_result protect_rtp(struct rtpsec *ctx, struct source *s,
				      uint8_t *buf, size_t *len)
{
	uint16_t seq = get16(buf + 2);
	uint16_t out = rtplane_srtp_outgoing(&s->anew, &s->track, seq);
	uint64_t index = guess(s, out);
	enum rtpsec_result ret = RTPSEC_REPLAY;
	bool again = was_here(s, index);

	if (s->carried && s->track.any && !again &&
	    !set_roc(ctx, s, (uint32_t)(index >> 16)))
		return RTPSEC_FAILED;
	buf[2] = out >> 8;
	buf[3] = (uint8_t)out;
	if (!again)
		ret = protect_with(ctx, s, buf, len, false);
	rtplane_srtp_went(&s->anew, seq, ret == RTPSEC_REPLAY);
	if (ret == RTPSEC_OK)
		note(ctx, s, index);
	return ret;
}

enum rtpsec_result rtpsec_protect(struct rtpsec *ctx, uint8_t *buf,
				  size_t *len, size_t room, bool rtcp)
{
	size_t more = packet_growth(&ctx->conf, rtcp);
	struct source *s;

	if (*len > RTPSEC_LEN_MAX - more || !packet_is_sane(buf, *len, rtcp))
		return RTPSEC_MALFORMED;
	if (*len + more > room || !open_now(ctx))
		return RTPSEC_FAILED;
	s = find(ctx, ssrc_of(buf, rtcp));
	if (s ? !is_live(s) && !make_stream(ctx) : !has_room(ctx))
		return RTPSEC_FULL;
	/* the library keeps a stream for it from here on, come what may */
	s = s ? s : rtpsec_take(ctx, ssrc_of(buf, rtcp));
	if (!s)
		return RTPSEC_FAILED;
	s->used = ++ctx->clock;
	if (!rtcp)
		return protect_rtp(ctx, s, buf, len);
	if (s->rtcp_due && s->rtcp_index <= COUNT_UP_MAX)
		rtpsec_count_up(ctx, s);
	s->rtcp_due = false;
	return protect_with(ctx, s, buf, len, true);
}

unsigned int rtpsec_drop(enum rtpsec_result result)
{
	switch (result) {
	case RTPSEC_AUTH:
		return RTPLANE_DROP_SRTP_AUTH;
	case RTPSEC_REPLAY:
		return RTPLANE_DROP_SRTP_REPLAY;
	case RTPSEC_MALFORMED:
		return RTPLANE_DROP_MALFORMED;
	default:
		return RTPLANE_DROP_SRTP_FAIL;
	}
}
