/* SPDX-License-Identifier: GPL-2.0 */
/* A master key of SRTP, and what comes of it. */
#ifndef _RTPLANE_SRTPKEY_H
#define _RTPLANE_SRTPKEY_H

#include "srtp.h"

/**
 * struct rtplane_srtp_key - a master key and what comes of it
 * @rtp: cipher of RTP
 * @rtcp: cipher of RTCP
 * @salt: session salt of RTP
 * @rtcp_salt: session salt of RTCP
 * @suite: &enum rtplane_srtp_suite
 * @gcm: it is one of GCM
 * @tag_len: bytes of RTP's tag
 * @mki_len: bytes of @mki
 * @mki: master key identifier
 * @master: master key and salt, to tell whether another is the same
 */
struct rtplane_srtp_key {
	struct rtplane_cipher *rtp;
	struct rtplane_cipher *rtcp;
	struct rtplane_srtp_salt salt;
	struct rtplane_srtp_salt rtcp_salt;
	u8 suite;
	bool gcm;
	u8 tag_len;
	u8 mki_len;
	u8 mki[RTPLANE_SRTP_MKI_MAX];
	u8 master[RTPLANE_SRTP_KEY_MAX];
};

struct rtplane_srtp_key *rtplane_srtp_key_new(const struct rtplane_srtp_conf *conf);
void rtplane_srtp_key_free(struct rtplane_srtp_key *key);
bool rtplane_srtp_key_same(const struct rtplane_srtp_key *a, const struct rtplane_srtp_key *b);
void rtplane_srtp_key_rename(struct rtplane_srtp_key *key, const struct rtplane_srtp_key *as);
unsigned int rtplane_srtp_key_size(void);

#endif /* _RTPLANE_SRTPKEY_H */
