/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames for pktfuzz: one of the flows below with a payload of some protocol,
 * then spoilt in up to three ways.  All follows from the state of the generator.
 *
 *    a 192.0.2.1, 2001:db8:a::1          b 198.51.100.1, 2001:db8:b::1
 *    side 0, legs on 192.0.2.254         side 1, legs on 198.51.100.254
 *    natmaps 192.0.2.200 and 2001:db8:a::200 of b's .7 and ::7
 */
#ifndef RTPLANE_SELFTESTS_FUZZGEN_H
#define RTPLANE_SELFTESTS_FUZZGEN_H

#include "tap.h"

#define FLOW_ANY	1	/* other ports will do too */
#define FLOW_ERROR	2	/* an ICMP error about such a packet */

struct fuzz_flow {
	unsigned int side;
	int family;
	const char *src, *dst;
	uint16_t sport, dport;
	unsigned int flags;
};

static const struct fuzz_flow fuzz_flows[] = {
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40000, 30000, 0 },
	{ 1, AF_INET, "198.51.100.1", "198.51.100.254", 50000, 30002, 0 },
	{ 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::fe", 40000, 30000, 0 },
	{ 1, AF_INET6, "2001:db8:b::1", "2001:db8:b::fe", 50000, 30002, 0 },
	/* from one family to the other */
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40010, 30010, 0 },
	{ 1, AF_INET6, "2001:db8:b::1", "2001:db8:b::fe", 50010, 30012, 0 },
	/* drops what is no RTP; learns; has limits */
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40020, 30020, 0 },
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40030, 30030, FLOW_ANY },
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40040, 30040, 0 },
	/* protected, the way out, the way in, both (fuzzsrtp.h) */
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40050, 30050, 0 },
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40060, 30060, 0 },
	{ 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::fe", 40070, 30070, 0 },
	/* natmaps: in, out, from inside to inside */
	{ 0, AF_INET, "192.0.2.1", "192.0.2.200", 40000, 30100, FLOW_ANY },
	{ 1, AF_INET, "198.51.100.7", "192.0.2.1", 30100, 40000, FLOW_ANY },
	{ 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::200", 40000, 30100, FLOW_ANY },
	{ 1, AF_INET6, "2001:db8:b::7", "2001:db8:a::1", 30100, 40000, FLOW_ANY },
	{ 1, AF_INET, "198.51.100.7", "192.0.2.200", 30101, 30102, 0 },
	{ 0, AF_INET, "192.0.2.1", "192.0.2.200", 30100, 40000, FLOW_ERROR },
	{ 0, AF_INET6, "2001:db8:a::1", "2001:db8:a::200", 30100, 40000, FLOW_ERROR },
	{ 1, AF_INET, "198.51.100.7", "192.0.2.1", 40000, 30100, FLOW_ERROR },
	/* no leg there */
	{ 0, AF_INET, "192.0.2.1", "192.0.2.254", 40000, 29999, 0 },
};

#define FUZZ_FLOWS	(sizeof(fuzz_flows) / sizeof(fuzz_flows[0]))

static const uint8_t fuzz_mac[2][2][ETH_ALEN] = {
	/* ours, the device's */
	{ { 2, 0, 0, 0, 0x0a, 1 }, { 2, 0, 0, 0, 0x0a, 0xfe } },
	{ { 2, 0, 0, 0, 0x0b, 1 }, { 2, 0, 0, 0, 0x0b, 0xfe } },
};

static uint32_t fuzz_state = 1;

/* what is to be done to a payload before it is spoilt; returns its length then */
static size_t (*fuzz_seal)(const struct fuzz_flow *fl, uint8_t *p, size_t len);

static inline uint32_t rnd(uint32_t n)
{
	fuzz_state = pkt_next(fuzz_state);
	/* the low bits of a xorshift are weak */
	return (uint32_t)(((uint64_t)fuzz_state * n) >> 32);
}

static inline bool chance(uint32_t percent)
{
	return rnd(100) < percent;
}

/* Payloads ------------------------------------------------------------------ */

static inline size_t fuzz_rtp(uint8_t *p)
{
	static uint16_t seq;
	size_t cc = chance(20) ? rnd(16) : 0, len = 12 + cc * 4, i;

	memset(p, 0, len);
	p[0] = (uint8_t)(0x80 | cc);
	p[1] = (uint8_t)rnd(256);
	put16(p + 2, chance(90) ? ++seq : (uint16_t)rnd(65536));
	put32(p + 4, seq * 160u);
	put32(p + 8, 0x11223344 + rnd(2));
	if (chance(10)) {
		/* RFC 3550 5.3.1; sometimes longer than what is there */
		p[0] |= 0x10;
		put16(p + len, 0xbede);
		put16(p + len + 2, (uint16_t)(chance(80) ? 1 : rnd(65536)));
		len += 4;
	}
	for (i = rnd(chance(90) ? 320 : 1400); i; i--)
		p[len++] = (uint8_t)rnd(256);
	if (chance(10)) {
		p[0] |= 0x20;
		p[len - 1] = (uint8_t)rnd(256);
	}
	return len;
}

/* A compound packet whose counts and lengths are true or not. */
static inline size_t fuzz_rtcp(uint8_t *p)
{
	uint32_t parts = 1 + rnd(4);
	size_t len = 0, i, size;

	while (parts--) {
		uint8_t count = (uint8_t)(chance(70) ? rnd(3) : rnd(32));
		uint8_t type = (uint8_t)(200 + rnd(chance(90) ? 8 : 56));

		size = type == 200 ? 28 + 24u * count : 8 + 24u * count;
		if (size > 300 || chance(20))
			size = 4 + 4 * rnd(20);
		for (i = 0; i < size; i++)
			p[len + i] = (uint8_t)rnd(256);
		p[len] = (uint8_t)(0x80 | count);
		p[len + 1] = type;
		put16(p + len + 2, (uint16_t)(chance(80) ? size / 4 - 1 : rnd(65536)));
		len += size;
	}
	return len;
}

static inline size_t fuzz_payload(uint8_t *p)
{
	static const enum pkt_kind kinds[] = {
		PKT_STUN, PKT_DTLS, PKT_TURN, PKT_RAW
	};
	struct pkt pkt = PKT_DEFAULT;
	uint32_t k = rnd(100);

	if (k < 60)
		return fuzz_rtp(p);
	if (k < 80)
		return fuzz_rtcp(p);
	if (k < 84)
		return rnd(16);
	pkt.kind = kinds[rnd(4)];
	pkt.first = (uint8_t)rnd(256);
	pkt.size = rnd(200);
	return pkt_build(&pkt, p);
}

/* Headers ------------------------------------------------------------------- */

static inline void fuzz_ip4(uint8_t *ip, const struct fuzz_flow *fl, size_t len, uint8_t proto)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = (uint8_t)(chance(80) ? 0xb8 : rnd(256));
	put16(ip + 2, (uint16_t)(20 + len));
	put16(ip + 4, (uint16_t)rnd(65536));
	put16(ip + 6, chance(80) ? 0x4000 : 0);
	ip[8] = 64;
	ip[9] = proto;
	inet_pton(AF_INET, fl->src, ip + 12);
	inet_pton(AF_INET, fl->dst, ip + 16);
	put16(ip + 10, (uint16_t)~csum_add(0, ip, 20));
}

static inline void fuzz_ip6(uint8_t *ip, const struct fuzz_flow *fl, size_t len, uint8_t proto)
{
	put32(ip, 0x60000000u | rnd(256) << 20 | rnd(1 << 20));
	put16(ip + 4, (uint16_t)len);
	ip[6] = proto;
	ip[7] = 64;
	inet_pton(AF_INET6, fl->src, ip + 8);
	inet_pton(AF_INET6, fl->dst, ip + 24);
}

static inline size_t fuzz_hdrlen(int family)
{
	return family == AF_INET ? 20 : 40;
}

static inline void fuzz_ip(uint8_t *ip, const struct fuzz_flow *fl, size_t len, uint8_t proto)
{
	if (fl->family == AF_INET)
		fuzz_ip4(ip, fl, len, proto);
	else
		fuzz_ip6(ip, fl, len, proto);
}

/* The checksum at @at of what follows an IP header. */
static inline void fuzz_sum(uint8_t *ip, int family, size_t len, uint8_t proto, size_t at)
{
	size_t hdr = fuzz_hdrlen(family), alen = family == AF_INET ? 4 : 16;
	const uint8_t *addr = ip + (family == AF_INET ? 12 : 8);
	uint32_t sum = 0;

	put16(ip + hdr + at, 0);
	if (proto != IPPROTO_ICMP)
		sum = csum_pseudo(family, addr, addr + alen, (uint32_t)len, proto);
	sum = ~csum_add(sum, ip + hdr, len) & 0xffff;
	put16(ip + hdr + at, (uint16_t)(sum || proto != IPPROTO_UDP ? sum : 0xffff));
}

static inline size_t fuzz_udp(uint8_t *ip, const struct fuzz_flow *fl, size_t paylen)
{
	uint8_t *udp = ip + fuzz_hdrlen(fl->family);
	uint16_t shift = fl->flags & FLOW_ANY && chance(30) ? (uint16_t)rnd(3500) : 0;

	put16(udp, (uint16_t)(fl->sport + (fl->side ? shift : 0)));
	put16(udp + 2, (uint16_t)(fl->dport + (fl->side ? 0 : shift)));
	put16(udp + 4, (uint16_t)(8 + paylen));
	fuzz_ip(ip, fl, 8 + paylen, IPPROTO_UDP);
	fuzz_sum(ip, fl->family, 8 + paylen, IPPROTO_UDP, 6);
	if (fl->family == AF_INET && chance(10))
		put16(udp + 6, 0);
	return fuzz_hdrlen(fl->family) + 8 + paylen;
}

/* An ICMP error about a packet of the flow @fl read backwards: what we sent. */
static inline size_t fuzz_error(uint8_t *ip, const struct fuzz_flow *fl)
{
	static const uint8_t type4[] = { 3, 4, 11, 12, 5, 8 }, type6[] = { 1, 2, 3, 4, 128 };
	struct fuzz_flow back = *fl;
	size_t hdr = fuzz_hdrlen(fl->family), len;
	uint8_t *icmp = ip + hdr;
	bool v6 = fl->family == AF_INET6;
	uint8_t proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

	back.src = fl->dst;
	back.dst = fl->src;
	back.side = 1;
	memset(icmp, 0, 8);
	icmp[0] = v6 ? type6[rnd(sizeof(type6))] : type4[rnd(sizeof(type4))];
	icmp[1] = (uint8_t)rnd(chance(90) ? 5 : 256);
	put16(icmp + 6, (uint16_t)rnd(1500));
	len = 8 + fuzz_udp(icmp + 8, &back, fuzz_payload(icmp + 8 + hdr + 8));
	if (chance(30))
		len = 8 + hdr + rnd(12);
	if (len > 1200)
		len = 1200;
	fuzz_ip(ip, fl, len, proto);
	fuzz_sum(ip, fl->family, len, proto, 2);
	return hdr + len;
}

/* Spoiling ------------------------------------------------------------------ */

static inline uint16_t fuzz_near(uint16_t v)
{
	switch (rnd(4)) {
	case 0: return (uint16_t)rnd(65536);
	case 1: return (uint16_t)rnd(40);
	default: return (uint16_t)(v + rnd(17) - 8);
	}
}

/* Open a gap of @n bytes at @at. */
static inline bool fuzz_gap(struct tap_frame *f, size_t at, size_t n)
{
	if (f->len + n > TAP_FRAME_MAX || at > f->len)
		return false;
	memmove(f->data + at + n, f->data + at, f->len - at);
	f->len += n;
	return true;
}

/* Options of IPv4 in their right form or none, extension headers of IPv6. */
static inline void fuzz_options(struct tap_frame *f, int family)
{
	static const uint8_t kinds4[] = { 1, 0, 7, 68, 131, 137, 148, 136 };
	static const uint8_t kinds6[] = { 0, 60, 43, 44, 59, 51, 135 };
	uint8_t *ip = f->data + ETH_HLEN;
	size_t n = family == AF_INET ? 4 + 4 * rnd(10) : 8, i;

	if (!fuzz_gap(f, ETH_HLEN + fuzz_hdrlen(family), n))
		return;
	for (i = 0; i < n; i++)
		ip[fuzz_hdrlen(family) + i] = (uint8_t)rnd(chance(80) ? 2 : 256);
	if (family == AF_INET) {
		ip[20] = kinds4[rnd(sizeof(kinds4))];
		ip[21] = (uint8_t)(chance(70) ? n : rnd(256));
		ip[22] = 4;
		ip[0] = (uint8_t)(0x40 | (5 + n / 4));
		put16(ip + 2, (uint16_t)(get16(ip + 2) + n));
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~csum_add(0, ip, 20 + n));
		return;
	}
	ip[40] = ip[6];
	ip[41] = (uint8_t)(chance(80) ? 0 : rnd(256));
	ip[6] = kinds6[rnd(sizeof(kinds6))];
	put16(ip + 4, (uint16_t)(get16(ip + 4) + n));
}

static inline void fuzz_vlan(struct tap_frame *f)
{
	if (!fuzz_gap(f, 12, 4))
		return;
	put16(f->data + 12, chance(80) ? 0x8100 : 0x88a8);
	put16(f->data + 14, (uint16_t)(chance(50) ? 0 : rnd(65536)));
}

static inline void fuzz_flip(struct tap_frame *f)
{
	/* the headers rather than the payload */
	size_t span = chance(80) && f->len > 70 ? 70 : f->len;
	uint32_t n = 1 + rnd(4);

	while (n--)
		f->data[rnd((uint32_t)span)] ^= (uint8_t)(1 << rnd(8));
}

static inline void fuzz_source(uint8_t *ip, int family)
{
	static const char *const v4[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255", "192.0.2.254",
		"192.0.2.66", "198.51.100.7", "192.0.2.200"
	};
	static const char *const v6[] = {
		"::", "::1", "ff02::1", "fe80::1", "2001:db8:a::fe", "2001:db8:a::66",
		"2001:db8:b::7", "::ffff:192.0.2.1"
	};

	if (family == AF_INET)
		inet_pton(AF_INET, v4[rnd(8)], ip + 12);
	else
		inet_pton(AF_INET6, v6[rnd(8)], ip + 8);
}

/* Right checksums after all, where the lengths allow, so that more than the
 * check of the checksum is tested.
 */
static inline void fuzz_mend(struct tap_frame *f, int family)
{
	uint8_t *ip = f->data + ETH_HLEN;
	size_t len;

	if (f->len < ETH_HLEN + 48)
		return;
	if (family == AF_INET) {
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~csum_add(0, ip, 20));
	}
	len = get16(ip + fuzz_hdrlen(family) + 4);
	if (len >= 8 && ETH_HLEN + fuzz_hdrlen(family) + len <= f->len)
		fuzz_sum(ip, family, len, IPPROTO_UDP, 6);
}

static inline void fuzz_spoil(struct tap_frame *f, int family)
{
	uint8_t *ip = f->data + ETH_HLEN, *udp = ip + fuzz_hdrlen(family);

	switch (rnd(16)) {
	case 0: f->len = ETH_HLEN + rnd((uint32_t)(f->len - ETH_HLEN)); break;
	case 1: put16(ip + (family == AF_INET ? 2 : 4),
		      fuzz_near(get16(ip + (family == AF_INET ? 2 : 4)))); break;
	case 2: put16(udp + 4, fuzz_near(get16(udp + 4))); break;
	case 3: ip[0] = (uint8_t)rnd(256); break;
	case 4: case 5: fuzz_options(f, family); break;
	case 6: put16(ip + 6, (uint16_t)(chance(50) ? 0x2000 : rnd(65536))); break;
	case 7: f->len += rnd(64); break;
	case 8: fuzz_vlan(f); break;
	case 9: case 10: fuzz_flip(f); break;
	case 11: put16(udp + 6, (uint16_t)(chance(50) ? 0 : rnd(65536))); break;
	case 12: fuzz_source(ip, family); break;
	case 13: ip[family == AF_INET ? 8 : 7] = (uint8_t)(chance(80) ? rnd(3) : rnd(256)); break;
	case 14: f->data[rnd(6)] ^= (uint8_t)rnd(256); break;
	case 15: put16(udp + 2 * rnd(2), (uint16_t)rnd(chance(50) ? 2 : 65536)); break;
	}
}

/* What a receiver is told to do itself, truly or not. */
static inline void fuzz_vnet(struct tap_frame *f, int family)
{
	size_t udp = ETH_HLEN + fuzz_hdrlen(family);

	memset(&f->vh, 0, sizeof(f->vh));
	if (chance(60)) {
		const uint8_t *addr = f->data + ETH_HLEN + (family == AF_INET ? 12 : 8);
		size_t alen = family == AF_INET ? 4 : 16;

		f->vh.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		f->vh.csum_start = (uint16_t)udp;
		f->vh.csum_offset = 6;
		put16(f->data + udp + 6, (uint16_t)csum_pseudo(family, addr, addr + alen,
							       (uint32_t)(f->len - udp),
							       IPPROTO_UDP));
	} else if (chance(20)) {
		f->vh.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	if (chance(20)) {
		f->vh.gso_type = (uint8_t)(chance(80) ? VIRTIO_NET_HDR_GSO_UDP : rnd(6));
		f->vh.gso_size = (uint16_t)(chance(80) ? 64 + rnd(200) : rnd(3000));
		f->vh.hdr_len = (uint16_t)(chance(80) ? udp + 8 : rnd(200));
	}
	if (chance(5)) {
		f->vh.csum_start = (uint16_t)rnd(200);
		f->vh.csum_offset = (uint16_t)rnd(40);
	}
}

static inline size_t fuzz_content(const struct fuzz_flow *fl, uint8_t *p)
{
	size_t len = fuzz_payload(p);

	return fuzz_seal ? fuzz_seal(fl, p, len) : len;
}

/* The next frame. */
static inline void fuzz_frame(struct tap_frame *f, enum tap_mode mode)
{
	const struct fuzz_flow *fl = &fuzz_flows[rnd(FUZZ_FLOWS)];
	uint8_t *ip = f->data + ETH_HLEN;
	uint32_t spoils = chance(20) ? 0 : 1 + rnd(3);

	memset(f, 0, sizeof(*f));
	f->mode = mode;
	f->side = fl->side;
	memcpy(f->data, fuzz_mac[f->side][1], ETH_ALEN);
	memcpy(f->data + ETH_ALEN, fuzz_mac[f->side][0], ETH_ALEN);
	put16(f->data + 12, fl->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	if (fl->flags & FLOW_ERROR)
		f->len = ETH_HLEN + fuzz_error(ip, fl);
	else
		f->len = ETH_HLEN + fuzz_udp(ip, fl, fuzz_content(fl, ip + fuzz_hdrlen(fl->family) + 8));
	while (spoils-- && f->len > ETH_HLEN)
		fuzz_spoil(f, fl->family);
	if (!(fl->flags & FLOW_ERROR) && chance(40))
		fuzz_mend(f, fl->family);
	if (mode == TAP_VNET)
		fuzz_vnet(f, fl->family);
	for (f->cuts = 0; mode == TAP_FRAGS && f->cuts < rnd(TAP_CUTS_MAX); f->cuts++)
		f->cut[f->cuts] = (uint16_t)(ETH_HLEN + rnd(chance(80) ? 80 : 1500));
}

#endif /* RTPLANE_SELFTESTS_FUZZGEN_H */
