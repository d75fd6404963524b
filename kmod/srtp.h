/* SPDX-License-Identifier: GPL-2.0 */
/* SRTP of a leg's two directions: keys, sources, and what is done to a packet. */
#ifndef _RTPLANE_SRTP_H
#define _RTPLANE_SRTP_H

#include <linux/skbuff.h>
#include <linux/rtplane.h>

#include "pkt.h"
#include "srtpmath.h"

struct rtplane_cipher;
struct rtplane_srtp;

/* What protection adds to a packet at most, and the rollover counter behind it; or the whole
 * MAC, of which a part is the tag.
 */
#define RTPLANE_SRTP_ROOM	(16 + 4 + RTPLANE_SRTP_MKI_MAX + 4)

/**
 * struct rtplane_srtp_conf - a key as user space gives it
 * @suite: &enum rtplane_srtp_suite
 * @mki_len: bytes of @mki, 0 = packets carry none
 * @key: master key and master salt, as many bytes as the suite wants
 * @mki: master key identifier
 */
struct rtplane_srtp_conf {
	u8 suite;
	u8 mki_len;
	const u8 *key;
	const u8 *mki;
};

/**
 * struct rtplane_srtp_told - what is told of a source
 * @ssrc: the source
 * @index: highest index, if @rtp
 * @rtcp_index: highest SRTCP index, if @rtcp
 * @rtp: RTP came
 * @rtcp: RTCP came
 * @has_window: @window is valid; without it all that is not beyond @index was here
 * @has_rtcp_window: @rtcp_window is valid
 * @carried: @index is from under the former key
 * @shift: by how much outbound sequence numbers are moved
 * @window: see RTPLANE_SOURCE_A_WINDOW; told by rtplane_srtp_each_window() alone
 * @rtcp_window: the same of SRTCP
 */
struct rtplane_srtp_told {
	u32 ssrc;
	u64 index;
	u32 rtcp_index;
	bool rtp;
	bool rtcp;
	bool has_window;
	bool has_rtcp_window;
	bool carried;
	u16 shift;
	u8 window[RTPLANE_SRTP_WINDOW_LEN];
	u8 rtcp_window[RTPLANE_SRTCP_WINDOW_LEN];
};

unsigned int rtplane_srtp_key_len(u8 suite);
unsigned int rtplane_srtp_size(void);
struct rtplane_srtp *rtplane_srtp_new(const struct rtplane_srtp_conf *conf);
void rtplane_srtp_free(struct rtplane_srtp *s);
int rtplane_srtp_give(struct rtplane_srtp *s, const struct rtplane_srtp_told *told);
void rtplane_srtp_install(struct rtplane_srtp **have, struct rtplane_srtp **news, bool sends,
			  bool fresh);

u64 rtplane_srtp_changes(const struct rtplane_srtp *s);
u8 rtplane_srtp_suite(const struct rtplane_srtp *s, const u8 **mki, unsigned int *mki_len);
const void *rtplane_srtp_each(const struct rtplane_srtp *s, const void *source,
			      struct rtplane_srtp_told *told);
void rtplane_srtp_each_window(const struct rtplane_srtp *s, const void *source,
			      struct rtplane_srtp_told *told);

bool rtplane_srtp_room(struct sk_buff *skb, struct rtplane_pkt *pkt);
struct rtplane_verdict rtplane_srtp_unprotect(struct rtplane_srtp *s, struct sk_buff *skb,
					      struct rtplane_pkt *pkt);
struct rtplane_verdict rtplane_srtp_protect(struct rtplane_srtp *s, struct sk_buff *skb,
					    struct rtplane_pkt *pkt);

#endif /* _RTPLANE_SRTP_H */
