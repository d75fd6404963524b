// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "packet.h"

#define RTP_HEADER	12
#define RTCP_HEADER	8
#define SRTCP_INDEX	4
/* in front of the index: RTCP is encrypted */
#define SRTCP_E		0x80000000

static bool is_gcm(const struct dp_srtp *conf)
{
	return conf->suite == RTPLANE_SRTP_AES_128_GCM ||
	       conf->suite == RTPLANE_SRTP_AES_256_GCM;
}

/* RFC 4568 section 6.2: the suites with 32 bit tags have 80 bits for RTCP */
static size_t tag_len(const struct dp_srtp *conf, bool rtcp)
{
	switch (conf->suite) {
	case RTPLANE_SRTP_AES_128_GCM:
	case RTPLANE_SRTP_AES_256_GCM:
		return 16;
	case RTPLANE_SRTP_AES_128_CM_SHA1_32:
	case RTPLANE_SRTP_AES_256_CM_SHA1_32:
		return rtcp ? 10 : 4;
	default:
		return 10;
	}
}

/* bytes that follow the MKI, and the index */
static size_t trailer(const struct dp_srtp *conf, bool rtcp)
{
	return is_gcm(conf) ? 0 : tag_len(conf, rtcp);
}

size_t packet_growth(const struct dp_srtp *conf, bool rtcp)
{
	return tag_len(conf, rtcp) + (rtcp ? SRTCP_INDEX : 0) + conf->mki_len;
}

bool packet_is_sane(const uint8_t *buf, size_t len, bool rtcp)
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

uint32_t packet_rtcp_index(const struct dp_srtp *conf, const uint8_t *buf,
			   size_t len, size_t mki)
{
	return get32(buf + len - trailer(conf, true) - mki - SRTCP_INDEX) &
	       ~SRTCP_E;
}

bool packet_cut_mki(const struct dp_srtp *conf, uint8_t *buf, size_t *len,
		    bool rtcp)
{
	size_t after = trailer(conf, rtcp);
	uint8_t *at = buf + *len - after - conf->mki_len;

	if (memcmp(at, conf->mki, conf->mki_len))
		return false;
	memmove(at, at + conf->mki_len, after);
	*len -= conf->mki_len;
	return true;
}

void packet_put_mki(const struct dp_srtp *conf, uint8_t *buf, size_t *len,
		    bool rtcp)
{
	size_t after = trailer(conf, rtcp);
	uint8_t *at = buf + *len - after;

	memmove(at + conf->mki_len, at, after);
	memcpy(at, conf->mki, conf->mki_len);
	*len += conf->mki_len;
}
