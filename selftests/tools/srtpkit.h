/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tools that play the other party with libsrtp2 share: suites by name, keys,
 * addresses, and a socket in somebody's namespace.
 */
#ifndef RTPLANE_SELFTESTS_SRTPKIT_H
#define RTPLANE_SELFTESTS_SRTPKIT_H

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>
#include <srtp2/srtp.h>

#include "pkt.h"

/**
 * struct kit_suite - a suite in the words of both
 * @name: as a=crypto spells it
 * @key_len: bytes of master key and salt
 * @rtp: makes libsrtp2's policy of RTP
 * @rtcp: and of RTCP
 */
struct kit_suite {
	const char *name;
	unsigned int key_len;
	void (*rtp)(srtp_crypto_policy_t *policy);
	void (*rtcp)(srtp_crypto_policy_t *policy);
};

/* in the order of enum rtplane_srtp_suite, whose first one is 1 */
static const struct kit_suite kit_suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", 30, srtp_crypto_policy_set_rtp_default,
	  srtp_crypto_policy_set_rtp_default },
	{ "AES_CM_128_HMAC_SHA1_32", 30, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	  srtp_crypto_policy_set_rtp_default },
	{ "AES_256_CM_HMAC_SHA1_80", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ "AES_256_CM_HMAC_SHA1_32", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ "AEAD_AES_128_GCM", 28, srtp_crypto_policy_set_aes_gcm_128_16_auth,
	  srtp_crypto_policy_set_aes_gcm_128_16_auth },
	{ "AEAD_AES_256_GCM", 44, srtp_crypto_policy_set_aes_gcm_256_16_auth,
	  srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

#define KIT_SUITES	(sizeof(kit_suites) / sizeof(kit_suites[0]))
#define KIT_KEY_MAX	46

static inline void kit_address(const char *opt, const char *val, struct sockaddr_storage *out,
			       socklen_t *len)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	char host[64] = "";
	unsigned int port;

	if (sscanf(val, "[%63[^]]]:%u", host, &port) == 2 &&
	    inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*len = sizeof(*v6);
	} else if (sscanf(val, "%63[^:]:%u", host, &port) == 2 &&
		   inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
	} else {
		die("--%s %s: no address and port", opt, val);
	}
}

/* a socket bound in a namespace, where this thread then is; NULL: where it was */
static inline int kit_socket(const char *netns, const struct sockaddr_storage *addr, socklen_t len)
{
	int room = 4 << 20, dont = IP_PMTUDISC_DONT, fd, ns;
	char path[128];

	if (netns) {
		snprintf(path, sizeof(path), "/run/netns/%s", netns);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		if (ns < 0 || setns(ns, CLONE_NEWNET))
			die("namespace %s: %s", netns, strerror(errno));
		close(ns);
	}
	fd = socket(addr->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)addr, len))
		die("bind: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	/* what grows on its way may be cut in pieces there */
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont));
	return fd;
}

/* RTCP by its second byte (RFC 5761 section 4) */
static inline bool kit_is_rtcp(const uint8_t *p, int len)
{
	return len > 2 && (p[1] & 0x7f) >= 64 && (p[1] & 0x7f) < 96;
}

#endif /* RTPLANE_SELFTESTS_SRTPKIT_H */
