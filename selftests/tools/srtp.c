// SPDX-License-Identifier: GPL-2.0
/*
 * srtp - one UDP socket that speaks SRTP or SRTCP by keys given in the words of
 * a=crypto, and says what came back
 *
 *   srtp --on A:P --to A:P --suite NAME --tx BASE64 --rx BASE64
 *        --send N [--after-first] [--seq S] [--ssrc N] [--rtcp] [--every MS] [--wait MS]
 *
 * A key may be followed by its identifier: BASE64|VALUE:LENGTH.
 *
 * Sends N packets, takes what comes until as many are back or --wait ms have
 * passed without one, and prints one JSON object: sent, good (authenticated by
 * --rx, and with a whole payload), auth (not authenticated), replay, plain (in
 * the clear).
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <srtp2/srtp.h>

#include "pkt.h"

static const struct {
	const char *name;
	void (*rtp)(srtp_crypto_policy_t *);
	void (*rtcp)(srtp_crypto_policy_t *);
} suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default,
	  srtp_crypto_policy_set_rtp_default },
	{ "AES_CM_128_HMAC_SHA1_32",
	  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	  srtp_crypto_policy_set_rtp_default },
	{ "AES_256_CM_HMAC_SHA1_80",
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ "AES_256_CM_HMAC_SHA1_32",
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ "AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
	  srtp_crypto_policy_set_aes_gcm_128_16_auth },
	{ "AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
	  srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

struct opts {
	struct sockaddr_in on;
	struct sockaddr_in to;
	const char *suite;
	const char *tx;
	const char *rx;
	long long send;
	long long seq;
	long long ssrc;
	long long every;
	long long wait;
	bool rtcp;
	bool after_first;
};

struct result {
	unsigned int sent;
	unsigned int good;
	unsigned int auth;
	unsigned int replay;
	unsigned int plain;
	unsigned int other;
};

static struct sockaddr_in endpoint(const char *opt, const char *val)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	const char *colon = strrchr(val, ':');
	char host[INET_ADDRSTRLEN] = "";

	if (colon && colon - val < (long)sizeof(host))
		memcpy(host, val, colon - val);
	if (!colon || inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		die("--%s %s: expected an IPv4 address and a port", opt, val);
	sin.sin_port = htons((uint16_t)opt_num(opt, colon + 1, 1, 65535));
	return sin;
}

/* "KEY|...|VALUE:LENGTH" */
static void read_mki(const char *key, srtp_master_key_t *to, uint8_t *mki)
{
	const char *at = strrchr(key, '|'), *colon = at ? strchr(at, ':') : NULL;
	unsigned long long value;
	unsigned int i;

	if (!colon)
		return;
	value = strtoull(at + 1, NULL, 10);
	to->mki_id = mki;
	to->mki_size = (unsigned int)opt_num("mki", colon + 1, 1, 16);
	for (i = 0; i < to->mki_size; i++)
		mki[to->mki_size - 1 - i] = i < 8 ? value >> (8 * i) : 0;
}

static bool has_mki(const char *key)
{
	const char *at = strrchr(key, '|');

	return at && strchr(at, ':');
}

static srtp_t session(const struct opts *o, const char *key,
		      srtp_ssrc_type_t type)
{
	srtp_policy_t policy = { .ssrc.type = type, .window_size = 1024 };
	srtp_master_key_t master = {}, *keys[] = { &master };
	unsigned char raw[80];
	uint8_t mki[16] = {};
	char padded[80] = "";
	size_t i, n = strcspn(key, "|");
	srtp_t srtp;

	for (i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		if (strcmp(suites[i].name, o->suite))
			continue;
		suites[i].rtp(&policy.rtp);
		suites[i].rtcp(&policy.rtcp);
	}
	if (!policy.rtp.cipher_key_len)
		die("--suite %s: no such suite", o->suite);
	if (n > 68)
		die("a key of %zu characters", n);
	memcpy(padded, key, n);
	for (; n % 4; n++)
		padded[n] = '=';
	if (EVP_DecodeBlock(raw, (unsigned char *)padded, n) < 0)
		die("key %s: no base64", key);
	master.key = raw;
	read_mki(key, &master, mki);
	policy.keys = keys;
	policy.num_master_keys = 1;
	if (srtp_create(&srtp, &policy))
		die("libsrtp2 refuses suite %s", o->suite);
	return srtp;
}

static size_t make(const struct opts *o, uint8_t *buf, uint16_t seq)
{
	struct pkt pkt = PKT_DEFAULT;

	pkt.kind = o->rtcp ? PKT_RTCP_SR : PKT_RTP;
	pkt.seq = seq;
	pkt.ssrc = (uint32_t)o->ssrc;
	return pkt_build(&pkt, buf);
}

/* RTP payloads prove themselves; of RTCP its length must do */
static bool is_whole(const struct opts *o, const uint8_t *buf, int len)
{
	if (o->rtcp)
		return len >= 8 && len == 4 * (1 + get16(buf + 2));
	return pkt_whole(buf, len);
}

static void take(const struct opts *o, srtp_t srtp, uint8_t *buf, int len,
		 struct result *r)
{
	srtp_err_status_t status;

	if (is_whole(o, buf, len)) {
		r->plain++;
		return;
	}
	status = o->rtcp ? srtp_unprotect_rtcp_mki(srtp, buf, &len,
						   has_mki(o->rx)) :
			   srtp_unprotect_mki(srtp, buf, &len, has_mki(o->rx));
	if (status == srtp_err_status_auth_fail ||
	    status == srtp_err_status_cipher_fail ||
	    status == srtp_err_status_bad_mki)
		r->auth++;
	else if (status == srtp_err_status_replay_fail ||
		 status == srtp_err_status_replay_old)
		r->replay++;
	else if (status || !is_whole(o, buf, len))
		r->other++;
	else
		r->good++;
}

/* what comes within @ms, or until @enough is back */
static void receive(const struct opts *o, int fd, srtp_t srtp, int ms,
		    unsigned int enough, struct result *r)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	_Alignas(8) uint8_t buf[2048];
	int len;

	while (r->good + r->plain < enough && poll(&p, 1, ms) == 1) {
		len = recv(fd, buf, sizeof(buf), 0);
		if (len > 0)
			take(o, srtp, buf, len, r);
	}
}

static void run(const struct opts *o, struct result *r)
{
	srtp_t tx = session(o, o->tx, ssrc_any_outbound);
	srtp_t rx = session(o, o->rx, ssrc_any_inbound);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), len;
	_Alignas(8) uint8_t buf[2048];
	long long i;

	if (bind(fd, (const struct sockaddr *)&o->on, sizeof(o->on)))
		die("--on: bind: %s", strerror(errno));
	if (o->after_first)
		receive(o, fd, rx, 20000, 1, r);
	for (i = 0; i < o->send; i++) {
		len = make(o, buf, o->seq + i);
		if (o->rtcp ? srtp_protect_rtcp_mki(tx, buf, &len,
						    has_mki(o->tx), 0) :
			      srtp_protect_mki(tx, buf, &len, has_mki(o->tx), 0))
			die("libsrtp2 does not protect packet %lld", i);
		if (sendto(fd, buf, len, 0, (const struct sockaddr *)&o->to,
			   sizeof(o->to)) == len)
			r->sent++;
		receive(o, fd, rx, o->every, i + 1, r);
	}
	receive(o, fd, rx, o->wait, o->send, r);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "on", required_argument, NULL, 'o' },
		{ "to", required_argument, NULL, 't' },
		{ "suite", required_argument, NULL, 's' },
		{ "tx", required_argument, NULL, 'k' },
		{ "rx", required_argument, NULL, 'r' },
		{ "send", required_argument, NULL, 'n' },
		{ "seq", required_argument, NULL, 'q' },
		{ "ssrc", required_argument, NULL, 'S' },
		{ "every", required_argument, NULL, 'e' },
		{ "wait", required_argument, NULL, 'w' },
		{ "rtcp", no_argument, NULL, 'c' },
		{ "after-first", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct opts o = { .send = 50, .every = 5, .wait = 3000, .ssrc = 7 };
	struct result r = { 0 };
	int c, i = 0;

	while ((c = getopt_long(argc, argv, "", words, &i)) != -1) {
		switch (c) {
		case 'o': o.on = endpoint("on", optarg); break;
		case 't': o.to = endpoint("to", optarg); break;
		case 's': o.suite = optarg; break;
		case 'k': o.tx = optarg; break;
		case 'r': o.rx = optarg; break;
		case 'n': o.send = opt_num("send", optarg, 1, 100000); break;
		case 'q': o.seq = opt_num("seq", optarg, 0, 65535); break;
		case 'S': o.ssrc = opt_num("ssrc", optarg, 0, UINT32_MAX); break;
		case 'e': o.every = opt_num("every", optarg, 0, 1000); break;
		case 'w': o.wait = opt_num("wait", optarg, 0, 60000); break;
		case 'c': o.rtcp = true; break;
		case 'f': o.after_first = true; break;
		default: return 2;
		}
	}
	if (!o.on.sin_port || !o.to.sin_port || !o.suite || !o.tx || !o.rx)
		die("expected --on, --to, --suite, --tx and --rx");
	if (srtp_init())
		die("libsrtp2 cannot be started");
	run(&o, &r);
	printf("{\"sent\":%u,\"good\":%u,\"auth\":%u,\"replay\":%u,\"plain\":%u,\"other\":%u}\n",
	       r.sent, r.good, r.auth, r.replay, r.plain, r.other);
	return 0;
}
