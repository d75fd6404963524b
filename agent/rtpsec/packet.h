/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are in a protected packet, and master key identifiers (MKI), which
 * the library never sees: they are not authenticated, and go in after it and out
 * before it.
 *
 *	RFC 3711	RTP | MKI | tag		RTCP | index | MKI | tag
 *	RFC 7714	RTP, tag | MKI		RTCP, tag | index | MKI
 */
#ifndef RTPSEC_PACKET_H
#define RTPSEC_PACKET_H

#include "datapath/datapath.h"

/**
 * packet_growth() - what protection adds to a packet
 * @conf: suite and MKI
 * @rtcp: it is RTCP
 *
 * Return: bytes.
 */
size_t packet_growth(const struct dp_srtp *conf, bool rtcp);

/**
 * packet_is_sane() - do a plain packet's own lengths hold?
 * @buf: the packet
 * @len: its bytes, without what protection adds
 * @rtcp: it is RTCP
 *
 * The library believes them in places.
 *
 * Return: true if they do.
 */
bool packet_is_sane(const uint8_t *buf, size_t len, bool rtcp);

/**
 * packet_rtcp_index() - the SRTCP index of a packet
 * @conf: suite
 * @buf: the packet, protected
 * @len: its bytes
 * @mki: bytes of MKI in it
 *
 * Return: the index.
 */
uint32_t packet_rtcp_index(const struct dp_srtp *conf, const uint8_t *buf,
			   size_t len, size_t mki);

/**
 * packet_cut_mki() - take the MKI out
 * @conf: suite and MKI
 * @buf: the packet, long enough for what protection adds
 * @len: its bytes; those without MKI afterwards
 * @rtcp: it is RTCP
 *
 * Return: false if another MKI is in its place; nothing has changed then.
 */
bool packet_cut_mki(const struct dp_srtp *conf, uint8_t *buf, size_t *len,
		    bool rtcp);

/**
 * packet_put_mki() - put the MKI in
 * @conf: suite and MKI
 * @buf: the packet, protected, with room for it
 * @len: its bytes; those with MKI afterwards
 * @rtcp: it is RTCP
 */
void packet_put_mki(const struct dp_srtp *conf, uint8_t *buf, size_t *len,
		    bool rtcp);

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

#endif /* RTPSEC_PACKET_H */
