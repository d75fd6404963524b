// SPDX-License-Identifier: GPL-2.0
/* SRTP of one direction; libsrtp2 does the cryptography and the replay windows. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <srtp2/srtp.h>

#include "datapath/names.h"
#include "rtpsec.h"

/* packets that may overtake each other: video comes in bursts of hundreds */
#define WINDOW		1024

#define RTP_HEADER	12
#define RTCP_HEADER	8
#define SRTCP_INDEX	4

/*
 * Packets in a row, each the next of the one before, by which a sequence has begun
 * anew: one more where they fall into the window, since some networks repeat.
 */
#define ANEW		2
#define ANEW_NEAR	3

/**
 * struct source - an SSRC whose packets were authenticated, or protected
 * @ssrc: host byte order
 * @seq: the highest sequence number; of no meaning without @rtp
 * @rtp: RTP was seen, not only RTCP
 * @carried: it is from under the former key; nothing of it came by the present
 *	one yet
 * @added: (with @carried) the session has a stream for it all the same
 * @parked: (with @carried) it was put aside under the present key
 * @floored: it was put aside and its window with it: what is not beyond @floor may
 *	have been here.  Until the window that it has now does not reach so far back.
 * @rtcp: RTCP passed by the present key
 * @no_old: (with @carried) the session of the former key does not know what was here
 * @roc: (with @carried) the rollover counter that belongs to @seq
 * @floor: (with @floored) where it stood
 * @used: when it was here last, by &rtpsec.clock
 * @shift: outbound: what its sequence numbers are moved by
 * @next: outbound: the number that would follow the last one that was refused
 * @anew: outbound: how many such came in a row
 */
struct source {
	uint32_t ssrc;
	uint16_t seq;
	bool rtp;
	bool carried;
	bool added;
	bool parked;
	bool floored;
	bool rtcp;
	bool no_old;
	uint32_t roc;
	uint32_t used;
	uint16_t floor;
	uint16_t shift;
	uint16_t next;
	uint8_t anew;
};

/**
 * struct rtpsec - a context
 * @dir: which direction
 * @conf: suite and key
 * @srtp: libsrtp2's session with them
 * @old: the session of the former key, while its packets are taken; else NULL
 * @by_new: packets by the present key since then
 * @by_old: packets by the former one
 * @n: sources
 * @room: places in @source
 * @last: index of the source that was last looked up
 * @clock: packets so far
 * @source: sources
 */
struct rtpsec {
	enum rtpsec_dir dir;
	struct dp_srtp conf;
	srtp_t srtp;
	srtp_t old;
	unsigned int by_new;
	unsigned int by_old;
	unsigned int n;
	unsigned int room;
	unsigned int last;
	uint32_t clock;
	struct source *source;
};

/**
 * struct rtpsec_key - a key on its way to a context, or from it
 * @conf: suite and key
 * @srtp: a session with them
 * @old: another session to free
 */
struct rtpsec_key {
	struct dp_srtp conf;
	srtp_t srtp;
	srtp_t old;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static srtp_err_status_t init_status;

static void init(void)
{
	static uint8_t key[DP_SRTP_KEY_MAX];
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
	case DP_SRTP_AES_128_CM_SHA1_80:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		break;
	case DP_SRTP_AES_128_CM_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
		break;
	case DP_SRTP_AES_256_CM_SHA1_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		break;
	case DP_SRTP_AES_256_CM_SHA1_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		break;
	case DP_SRTP_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
		break;
	case DP_SRTP_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
		break;
	}
}

static srtp_policy_t policy_of(const struct rtpsec *ctx,
			       const struct dp_srtp *conf)
{
	srtp_policy_t policy = {
		.ssrc.type = ctx->dir == RTPSEC_IN ? ssrc_any_inbound :
						     ssrc_any_outbound,
		.key = (unsigned char *)conf->key,
		.window_size = WINDOW,
	};

	set_suite(&policy, conf->suite);
	return policy;
}

static int open_session(const struct rtpsec *ctx, const struct dp_srtp *conf,
			srtp_t *srtp, struct dp_err *err)
{
	const char *name = dp_srtp_suite_name(conf->suite);
	srtp_err_status_t status;
	srtp_policy_t policy;

	if (conf->suite == DP_SRTP_NONE || conf->suite >= DP_SRTP_SUITES)
		return dp_fail(err, EINVAL, "SRTP suite %u: expected 1 to %u",
			       conf->suite, DP_SRTP_SUITES - 1);
	pthread_once(&once, init);
	if (init_status)
		return dp_fail(err, EIO, "libsrtp2 cannot be started: its error %d",
			       init_status);
	policy = policy_of(ctx, conf);
	status = srtp_create(srtp, &policy);
	if (status == srtp_err_status_alloc_fail)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	if (status)
		return dp_fail(err, EOPNOTSUPP, "SRTP suite %s: libsrtp2 (%s) refuses it with its error %d: is it built without it?",
			       name, srtp_get_version_string(), status);
	return 0;
}

int rtpsec_new(struct rtpsec **ctx, enum rtpsec_dir dir,
	       const struct dp_srtp *conf, struct dp_err *err)
{
	struct rtpsec *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	new->dir = dir;
	new->conf = *conf;
	ret = open_session(new, conf, &new->srtp, err);
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
}

void rtpsec_free(struct rtpsec *ctx)
{
	if (!ctx)
		return;
	forget_old(ctx);
	if (ctx->srtp)
		srtp_dealloc(ctx->srtp);
	free(ctx->source);
	explicit_bzero(ctx, sizeof(*ctx));
	free(ctx);
}

uint8_t rtpsec_suite(const struct rtpsec *ctx)
{
	return ctx ? ctx->conf.suite : DP_SRTP_NONE;
}

/* what of the sources outlives their key: where each stands */
static void carry_sources(struct rtpsec *ctx)
{
	struct source *s;
	unsigned int i, n = 0;

	for (i = 0; i < ctx->n; i++) {
		s = &ctx->source[i];
		if (!s->rtp)
			continue;
		if (!s->carried)
			srtp_get_stream_roc(ctx->srtp, s->ssrc, &s->roc);
		s->carried = true;
		s->added = false;
		s->no_old = s->floored;
		s->parked = false;
		s->floored = false;
		s->rtcp = false;
		ctx->source[n++] = *s;
	}
	ctx->n = n;
	ctx->last = 0;
}

int rtpsec_prepare(struct rtpsec_key **key, const struct rtpsec *ctx,
		   const struct dp_srtp *conf, struct dp_err *err)
{
	struct rtpsec_key *new;
	int ret;

	*key = NULL;
	if (conf->suite == ctx->conf.suite &&
	    !memcmp(conf->key, ctx->conf.key, dp_srtp_key_len(conf->suite)))
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return dp_fail(err, ENOMEM, "no memory for SRTP");
	new->conf = *conf;
	ret = open_session(ctx, conf, &new->srtp, err);
	if (ret) {
		new->srtp = NULL;
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
	carry_sources(ctx);
	key->old = ctx->old;
	ctx->old = NULL;
	ctx->srtp = key->srtp;
	ctx->conf = key->conf;
	key->srtp = NULL;
	if (ctx->dir == RTPSEC_IN) {
		ctx->old = former;
		ctx->by_new = 0;
		ctx->by_old = 0;
		return;
	}
	key->srtp = former;
	if (key->conf.fresh)
		ctx->n = 0;
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

static size_t tag_len(const struct rtpsec *ctx, bool rtcp)
{
	switch (ctx->conf.suite) {
	case DP_SRTP_AES_128_GCM:
	case DP_SRTP_AES_256_GCM:
		return 16;
	case DP_SRTP_AES_128_CM_SHA1_32:
	case DP_SRTP_AES_256_CM_SHA1_32:
		return rtcp ? 10 : 4;
	default:
		return 10;
	}
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t ssrc_of(const uint8_t *buf, bool rtcp)
{
	return get32(buf + (rtcp ? 4 : 8));
}

/* the library believes a packet's lengths in places: they are checked here */
static bool is_sane(const uint8_t *buf, size_t len, bool rtcp)
{
	size_t header = RTP_HEADER;

	if (len < (rtcp ? RTCP_HEADER : RTP_HEADER) || buf[0] >> 6 != 2)
		return false;
	if (rtcp)
		return true;
	header += 4 * (buf[0] & 15);
	if (!(buf[0] & 0x10))
		return len >= header;
	if (len < header + 4)
		return false;
	return len >= header + 4 + 4 * get16(buf + header + 2);
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
		if (is_live(s) && s->rtp && !s->rtcp &&
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
	s->roc = roc;
	s->carried = true;
	s->parked = true;
	s->floored = true;
	s->floor = s->seq;
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

/* a new source; NULL without memory or room.  Others may be elsewhere afterwards. */
static struct source *take(struct rtpsec *ctx, uint32_t ssrc)
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
	ctx->last = place - ctx->source;
	return place;
}

/* of one that was put aside, only what is beyond where it stood has not been here */
static bool was_here(const struct source *s, uint16_t seq)
{
	return s->floored && (int16_t)(seq - s->floor) <= 0;
}

/* the library has a stream for it already, which nobody would know of */
static struct source *take_in(struct rtpsec *ctx, uint32_t ssrc)
{
	struct source *s = take(ctx, ssrc);

	if (!s)
		srtp_remove_stream(ctx->srtp, htonl(ssrc));
	return s;
}

/* a packet has passed by the present key */
static void note(struct source *s, uint16_t seq, bool rtcp)
{
	if (rtcp) {
		s->added |= s->carried;
		s->rtcp = true;
		return;
	}
	if (s->carried || !s->rtp || (int16_t)(seq - s->seq) > 0)
		s->seq = seq;
	s->rtp = true;
	s->carried = false;
	s->parked = false;
	s->floored &= (uint16_t)(s->seq - s->floor) < WINDOW;
}

/* a packet has passed by the former key: from there the source goes on */
static void note_old(struct source *s, uint16_t seq, bool rtcp, uint32_t roc)
{
	s->carried = true;
	if (rtcp || (s->rtp && (int16_t)(seq - s->seq) <= 0))
		return;
	s->roc = roc;
	s->seq = seq;
	s->rtp = true;
}

/* RFC 3711 appendix A */
static uint32_t guess_roc(const struct source *s, uint16_t seq)
{
	if (s->seq < 0x8000)
		return seq - s->seq > 0x8000 ? s->roc - !!s->roc : s->roc;
	return s->seq - 0x8000 > seq ? s->roc + 1 : s->roc;
}

/*
 * The library has a rollover counter other than 0 only for streams that were
 * added by hand, and takes it over with the first packet that authenticates.
 */
static bool set_roc(struct rtpsec *ctx, struct source *s, uint32_t roc)
{
	srtp_policy_t policy;

	if (!s->added && !roc)
		return true;
	if (!s->added) {
		policy = policy_of(ctx, &ctx->conf);
		policy.ssrc.type = ssrc_specific;
		policy.ssrc.value = s->ssrc;
		if (srtp_add_stream(ctx->srtp, &policy))
			return false;
		s->added = true;
	}
	return !srtp_set_stream_roc(ctx->srtp, s->ssrc, roc);
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

static enum rtpsec_result unprotect(srtp_t srtp, uint8_t *buf, size_t *len,
				    bool rtcp)
{
	int n = (int)*len;
	enum rtpsec_result ret;

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

static enum rtpsec_result try_again(struct attempt *a, srtp_t srtp)
{
	memcpy(a->buf, a->copy, a->size);
	*a->len = a->size;
	return unprotect(srtp, a->buf, a->len, a->rtcp);
}

/* by the new key it does not authenticate: what the old one says counts */
static enum rtpsec_result try_old(struct rtpsec *ctx, struct source *s,
				  struct attempt *a)
{
	uint16_t seq = get16(a->copy + 2);
	enum rtpsec_result ret;

	/* nor may the old session grow without bounds */
	if (!ctx->old || (s ? s->no_old : ctx->n >= RTPSEC_STREAMS))
		return RTPSEC_AUTH;
	ret = try_again(a, ctx->old);
	if (ret != RTPSEC_OK)
		return ret;
	if (!s)
		s = take(ctx, ssrc_of(a->copy, a->rtcp));
	if (!s)
		return RTPSEC_FAILED;
	if ((s->carried && !s->parked) || !s->rtp)
		note_old(s, seq, a->rtcp, s->rtp ? guess_roc(s, seq) : 0);
	if (++ctx->by_old >= RTPSEC_OLD_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

/*
 * While keys change: the new key, with either rollover counter; the old key.  And a
 * source that comes back: with its rollover counter and no other.
 */
static enum rtpsec_result unprotect_any(struct rtpsec *ctx, struct source *s,
					struct attempt *a)
{
	uint16_t seq = get16(a->buf + 2);
	enum rtpsec_result ret;
	uint32_t roc = 0;

	memcpy(a->copy, a->buf, a->size);
	if (s && s->carried && s->rtp && !a->rtcp) {
		roc = guess_roc(s, seq);
		if ((!is_live(s) && !make_stream(ctx)) ||
		    !set_roc(ctx, s, roc))
			return RTPSEC_FAILED;
	}
	ret = unprotect(ctx->srtp, a->buf, a->len, a->rtcp);
	if (ret == RTPSEC_AUTH && roc && !s->parked && set_roc(ctx, s, 0))
		ret = try_again(a, ctx->srtp);
	if (ret == RTPSEC_AUTH)
		return try_old(ctx, s, a);
	if (ret != RTPSEC_OK)
		return ret;
	s = s ? s : take_in(ctx, ssrc_of(a->copy, a->rtcp));
	if (!s)
		return RTPSEC_FAILED;
	s->used = ++ctx->clock;
	note(s, seq, a->rtcp);
	if (ctx->old && ++ctx->by_new >= RTPSEC_NEW_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

static enum rtpsec_result unprotect_slowly(struct rtpsec *ctx,
					   struct source *s, uint8_t *buf,
					   size_t *len, bool rtcp)
{
	struct attempt a = {
		.buf = buf, .len = len, .size = *len, .rtcp = rtcp,
	};

	return unprotect_any(ctx, s, &a);
}

enum rtpsec_result rtpsec_unprotect(struct rtpsec *ctx, uint8_t *buf,
				    size_t *len, bool rtcp)
{
	size_t more = tag_len(ctx, rtcp) + (rtcp ? SRTCP_INDEX : 0);
	enum rtpsec_result ret;
	struct source *s;
	uint32_t ssrc;
	uint16_t seq;

	if (*len < more || *len > RTPSEC_LEN_MAX ||
	    !is_sane(buf, *len - more, rtcp))
		return RTPSEC_MALFORMED;
	ssrc = ssrc_of(buf, rtcp);
	seq = get16(buf + 2);
	s = find(ctx, ssrc);
	if (s ? !is_live(s) && !has_stream(ctx) : !has_room(ctx))
		return RTPSEC_FULL;
	if (s && !rtcp && was_here(s, seq))
		return RTPSEC_REPLAY;
	if (ctx->old || (s && s->carried))
		return unprotect_slowly(ctx, s, buf, len, rtcp);
	ret = unprotect(ctx->srtp, buf, len, rtcp);
	if (ret != RTPSEC_OK)
		return ret;
	s = s ? s : take_in(ctx, ssrc);
	if (!s)
		return RTPSEC_FAILED;
	s->used = ++ctx->clock;
	note(s, seq, rtcp);
	return RTPSEC_OK;
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

/*
 * The number by which a packet leaves.  What comes again and again before where its
 * source stands has begun anew: from then on it goes on behind it.
 */
static uint16_t outgoing(struct source *s, uint16_t seq)
{
	uint16_t out = seq + s->shift;
	int behind = (int16_t)(s->seq - out);

	if (!s->rtp || behind < 0 || !s->anew || seq != s->next)
		return out;
	if (s->anew + 1 < (behind >= WINDOW ? ANEW : ANEW_NEAR))
		return out;
	s->shift = s->seq + 1 - seq;
	return s->seq + 1;
}

/* one that was refused for its number, or passed */
static void watch_for_anew(struct source *s, uint16_t seq, bool refused)
{
	if (!refused)
		s->anew = 0;
	else if (s->anew && seq == s->next)
		s->anew++;
	else
		s->anew = 1;
	s->next = seq + 1;
}

static enum rtpsec_result protect_rtp(struct rtpsec *ctx, struct source *s,
				      uint8_t *buf, size_t *len)
{
	uint16_t seq = get16(buf + 2), out = outgoing(s, seq);
	enum rtpsec_result ret = RTPSEC_REPLAY;

	if (s->carried && s->rtp && !was_here(s, out) &&
	    !set_roc(ctx, s, guess_roc(s, out)))
		return RTPSEC_FAILED;
	buf[2] = out >> 8;
	buf[3] = (uint8_t)out;
	if (!was_here(s, out))
		ret = protect(ctx->srtp, buf, len, false);
	watch_for_anew(s, seq, ret == RTPSEC_REPLAY);
	if (ret == RTPSEC_OK)
		note(s, out, false);
	return ret;
}

enum rtpsec_result rtpsec_protect(struct rtpsec *ctx, uint8_t *buf,
				  size_t *len, size_t room, bool rtcp)
{
	size_t more = tag_len(ctx, rtcp) + (rtcp ? SRTCP_INDEX : 0);
	enum rtpsec_result ret;
	struct source *s;

	if (*len > RTPSEC_LEN_MAX - more || !is_sane(buf, *len, rtcp))
		return RTPSEC_MALFORMED;
	if (*len + more > room)
		return RTPSEC_FAILED;
	s = find(ctx, ssrc_of(buf, rtcp));
	if (s ? !is_live(s) && !make_stream(ctx) : !has_room(ctx))
		return RTPSEC_FULL;
	/* the library keeps a stream for it from here on, come what may */
	s = s ? s : take(ctx, ssrc_of(buf, rtcp));
	if (!s)
		return RTPSEC_FAILED;
	s->used = ++ctx->clock;
	if (!rtcp)
		return protect_rtp(ctx, s, buf, len);
	ret = protect(ctx->srtp, buf, len, true);
	if (ret == RTPSEC_OK)
		note(s, 0, true);
	return ret;
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
