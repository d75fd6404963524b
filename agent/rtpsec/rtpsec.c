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

/**
 * struct source - an SSRC whose packets were authenticated, or protected
 * @ssrc: host byte order
 * @seq: the highest sequence number; of no meaning without @rtp
 * @rtp: RTP was seen, not only RTCP
 * @carried: it is from under the former key; nothing of it came by the present
 *	one yet
 * @added: (with @carried) the session has a stream for it all the same
 * @roc: (with @carried) the rollover counter that belongs to @seq
 */
struct source {
	uint32_t ssrc;
	uint16_t seq;
	bool rtp;
	bool carried;
	bool added;
	uint32_t roc;
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
 * @last: index of the source that was last looked up
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
	unsigned int last;
	struct source source[RTPSEC_SSRCS];
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
		ctx->source[n++] = *s;
	}
	ctx->n = n;
	ctx->last = 0;
}

int rtpsec_rekey(struct rtpsec *ctx, const struct dp_srtp *conf,
		 struct dp_err *err)
{
	srtp_t srtp;
	int ret;

	if (conf->suite == ctx->conf.suite &&
	    !memcmp(conf->key, ctx->conf.key, dp_srtp_key_len(conf->suite)))
		return 0;
	ret = open_session(ctx, conf, &srtp, err);
	if (ret)
		return ret;
	carry_sources(ctx);
	forget_old(ctx);
	if (ctx->dir == RTPSEC_IN) {
		ctx->old = ctx->srtp;
		ctx->by_new = 0;
		ctx->by_old = 0;
	} else {
		srtp_dealloc(ctx->srtp);
		if (conf->fresh)
			ctx->n = 0;
	}
	ctx->srtp = srtp;
	ctx->conf = *conf;
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

/* a place for a new source: a free one, or that of one which has not come back */
static struct source *vacancy(struct rtpsec *ctx)
{
	unsigned int i;

	if (ctx->n < RTPSEC_SSRCS)
		return &ctx->source[ctx->n];
	for (i = 0; i < ctx->n; i++)
		if (ctx->source[i].carried && !ctx->source[i].added)
			return &ctx->source[i];
	return NULL;
}

/* the first packet of a source; @place is vacant */
static struct source *take(struct rtpsec *ctx, struct source *place,
			   uint32_t ssrc)
{
	*place = (struct source){ .ssrc = ssrc };
	ctx->last = place - ctx->source;
	ctx->n += ctx->last == ctx->n;
	return place;
}

/* a packet has passed by the present key */
static void note(struct source *s, uint16_t seq, bool rtcp)
{
	if (rtcp) {
		s->added |= s->carried;
		return;
	}
	if (s->carried || !s->rtp || (int16_t)(seq - s->seq) > 0)
		s->seq = seq;
	s->rtp = true;
	s->carried = false;
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
				  struct source *place, struct attempt *a)
{
	uint16_t seq = get16(a->copy + 2);
	uint32_t ssrc = ssrc_of(a->copy, a->rtcp);
	enum rtpsec_result ret;

	/* nor may the old session grow without bounds */
	if (!ctx->old || (!s && ctx->n == RTPSEC_SSRCS))
		return RTPSEC_AUTH;
	ret = try_again(a, ctx->old);
	if (ret != RTPSEC_OK)
		return ret;
	if (!s)
		s = take(ctx, place, ssrc);
	if (s->carried || !s->rtp)
		note_old(s, seq, a->rtcp, s->rtp ? guess_roc(s, seq) : 0);
	if (++ctx->by_old >= RTPSEC_OLD_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

/* while keys change: the new key, with either rollover counter; the old key */
static enum rtpsec_result unprotect_any(struct rtpsec *ctx, struct source *s,
					struct source *place,
					struct attempt *a)
{
	uint16_t seq = get16(a->buf + 2);
	enum rtpsec_result ret;
	uint32_t roc = 0;

	memcpy(a->copy, a->buf, a->size);
	if (s && s->carried && s->rtp && !a->rtcp) {
		roc = guess_roc(s, seq);
		if (!set_roc(ctx, s, roc))
			return RTPSEC_FAILED;
	}
	ret = unprotect(ctx->srtp, a->buf, a->len, a->rtcp);
	if (ret == RTPSEC_AUTH && roc && set_roc(ctx, s, 0))
		ret = try_again(a, ctx->srtp);
	if (ret == RTPSEC_AUTH)
		return try_old(ctx, s, place, a);
	if (ret != RTPSEC_OK)
		return ret;
	if (!s)
		s = take(ctx, place, ssrc_of(a->copy, a->rtcp));
	note(s, seq, a->rtcp);
	if (ctx->old && ++ctx->by_new >= RTPSEC_NEW_MAX)
		forget_old(ctx);
	return RTPSEC_OK;
}

static enum rtpsec_result unprotect_slowly(struct rtpsec *ctx,
					   struct source *s,
					   struct source *place, uint8_t *buf,
					   size_t *len, bool rtcp)
{
	struct attempt a = {
		.buf = buf, .len = len, .size = *len, .rtcp = rtcp,
	};

	return unprotect_any(ctx, s, place, &a);
}

enum rtpsec_result rtpsec_unprotect(struct rtpsec *ctx, uint8_t *buf,
				    size_t *len, bool rtcp)
{
	size_t more = tag_len(ctx, rtcp) + (rtcp ? SRTCP_INDEX : 0);
	struct source *s, *place = NULL;
	enum rtpsec_result ret;
	uint32_t ssrc;
	uint16_t seq;

	if (*len < more || *len > RTPSEC_LEN_MAX ||
	    !is_sane(buf, *len - more, rtcp))
		return RTPSEC_MALFORMED;
	ssrc = ssrc_of(buf, rtcp);
	seq = get16(buf + 2);
	s = find(ctx, ssrc);
	if (!s) {
		place = vacancy(ctx);
		if (!place)
			return RTPSEC_FULL;
	}
	if (ctx->old || (s && s->carried))
		return unprotect_slowly(ctx, s, place, buf, len, rtcp);
	ret = unprotect(ctx->srtp, buf, len, rtcp);
	if (ret == RTPSEC_OK)
		note(s ? s : take(ctx, place, ssrc), seq, rtcp);
	return ret;
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

enum rtpsec_result rtpsec_protect(struct rtpsec *ctx, uint8_t *buf,
				  size_t *len, size_t room, bool rtcp)
{
	size_t more = tag_len(ctx, rtcp) + (rtcp ? SRTCP_INDEX : 0);
	enum rtpsec_result ret;
	struct source *s;
	uint16_t seq;

	if (*len > RTPSEC_LEN_MAX - more || !is_sane(buf, *len, rtcp))
		return RTPSEC_MALFORMED;
	if (*len + more > room)
		return RTPSEC_FAILED;
	seq = get16(buf + 2);
	s = find(ctx, ssrc_of(buf, rtcp));
	if (!s) {
		s = vacancy(ctx);
		if (!s)
			return RTPSEC_FULL;
		/* the library keeps a stream for it from here on, come what may */
		take(ctx, s, ssrc_of(buf, rtcp));
	} else if (s->carried && s->rtp && !rtcp &&
		   !set_roc(ctx, s, guess_roc(s, seq))) {
		return RTPSEC_FAILED;
	}
	ret = protect(ctx->srtp, buf, len, rtcp);
	if (ret == RTPSEC_OK)
		note(s, seq, rtcp);
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
