// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane-test: where=host
 *
 * DTLS-SRTP with somebody who is not our friend: other certificates than were signalled
 * and huge ones, no use_srtp, renegotiation, bits that are turned, records by the
 * thousand; and what all that makes us keep.
 */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "dtls_net.h"

static struct net net;

/* ---------------------------------------------------------------------- certificates */

/* another certificate of the same key, with a comment of so many bytes */
static bool swell(struct dtls_cert *cert, size_t bytes)
{
	EVP_PKEY *key = SSL_CTX_get0_privatekey(cert->ctx);
	X509 *x = X509_dup(SSL_CTX_get0_certificate(cert->ctx));
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	uint8_t *text = calloc(1, bytes);
	X509_EXTENSION *ext;
	bool ok;

	RAND_bytes(text, (int)bytes);
	ASN1_OCTET_STRING_set(s, text, (int)bytes);
	ext = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, s);
	ok = X509_add_ext(x, ext, -1) == 1 && X509_sign(x, key, EVP_sha256()) &&
	     SSL_CTX_use_certificate(cert->ctx, x) == 1;
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(s);
	free(text);
	X509_free(x);
	return ok;
}

/* of side @i, with a fingerprint that fits */
static bool with_cert(unsigned int i, size_t bytes)
{
	net_init(&net);
	if (!swell(net.side[i].cert, bytes))
		return false;
	net_both(&net, 3000);
	return true;
}

static bool large_certificates(void)
{
	static const unsigned int sizes[] = { 7000, 9000, 15000, 60000 };
	unsigned int i, k;

	for (i = 0; i < 2; i++) {
		KTAP_CHECK(with_cert(i, sizes[0]));
		KTAP_CHECK(net_agree(&net));
		net_clean(&net);
		for (k = 1; k < 4; k++) {
			KTAP_CHECK(with_cert(i, sizes[k]));
			KTAP_CHECK(net.side[!i].failed && !net.side[!i].up);
			KTAP_CHECK(strstr(net.side[!i].why, "larger than the 8192 bytes"));
			KTAP_CHECK(net.side[i].failed && strstr(net.side[i].why, "bad certificate"));
			net_clean(&net);
		}
	}
	return true;
}

/* ------------------------------------------------------------ what is not agreed upon */

/* one that says nothing of SRTP, and otherwise is as ours */
static bool begin_bare(unsigned int i)
{
	struct machine *m = &net.side[i].m;
	BIO *bio = dtls_bio_new(&m->wire);

	m->ssl = SSL_new(m->cert->ctx);
	SSL_set_bio(m->ssl, bio, bio);
	SSL_set_app_data(m->ssl, m);
	SSL_set_verify(m->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_set_mtu(m->ssl, DTLS_MTU);
	if (i) {
		SSL_set_accept_state(m->ssl);
	} else {
		SSL_set_connect_state(m->ssl);
		SSL_do_handshake(m->ssl);
	}
	net_listen(&net, i);
	return true;
}

static bool no_use_srtp(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		net_init(&net);
		net_know(&net, 0, DTLS_SHA256, 0);
		net_know(&net, 1, DTLS_SHA256, 0);
		if (i)
			begin_bare(1);
		else
			net_begin(&net, 1);
		if (i)
			net_begin(&net, 0);
		else
			begin_bare(0);
		net_run(&net, 2000);
		KTAP_CHECK(net.side[!i].failed && !net.side[!i].up);
		KTAP_CHECK(strstr(net.side[!i].why, "use_srtp"));
		net_clean(&net);
	}
	return true;
}

static bool no_certificate(void)
{
	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, 0);
	net_know(&net, 1, DTLS_SHA256, 0);
	net_begin(&net, 1);
	dtls_machine_begin(&net.side[0].m);
	SSL_certs_clear(net.side[0].m.ssl);
	net_listen(&net, 0);
	net_run(&net, 2000);
	KTAP_CHECK(net.side[1].failed && !net.side[1].up && !net.side[0].up);
	net_clean(&net);
	return true;
}

/* a side whose OpenSSL goes on, and asks for another handshake by the keys that there are */
static bool renegotiation(void)
{
	unsigned int i, sent;
	SSL *ssl;

	for (i = 0; i < 2; i++) {
		net_init(&net);
		net_know(&net, 0, DTLS_SHA256, 0);
		net_know(&net, 1, DTLS_SHA256, 0);
		net_begin(&net, 1);
		net_begin(&net, 0);
		ssl = net.side[i].m.ssl;
		SSL_up_ref(ssl);
		net_run(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		net.side[!i].up = false;
		sent = net.side[!i].sent;
		SSL_set_shutdown(ssl, 0);
		SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
		SSL_renegotiate(ssl);
		SSL_do_handshake(ssl);
		KTAP_CHECK(net.side[i].m.wire.out.count);
		net_listen(&net, i);
		net_run(&net, 3000);
		SSL_free(ssl);
		KTAP_CHECK(!net.side[!i].up && !net.side[!i].failed && !net.side[!i].closed);
		KTAP_CHECK(net.side[!i].m.up && net.side[!i].sent == sent);
		net_clean(&net);
	}
	return true;
}

/* ----------------------------------------------------------------------- turned bits */

static bool turn(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	uint32_t k = net_random(n, 8);

	if (k == 0)
		data[net_random(n, (uint32_t)len)] ^= (uint8_t)(1 << net_random(n, 8));
	else if (k == 1)
		net_put(n, !from, data, net_random(n, (uint32_t)len), 5);
	return true;
}

static bool bits_turned(void)
{
	unsigned int seed, up = 0;

	for (seed = 1; seed <= 150; seed++) {
		net_init(&net);
		net.seed = seed * 104729;
		net.tap = turn;
		net_both(&net, 60000);
		/* one side may be up while the other one has given up */
		if (net.side[0].up && net.side[1].up) {
			KTAP_CHECK(net_agree(&net));
			up++;
		}
		KTAP_CHECK(net.side[0].up || net.side[0].failed);
		net_clean(&net);
	}
	printf("# %u of 150 had keys all the same\n", up);
	KTAP_CHECK(up > 0 && up < 150);
	return true;
}

static bool garbage(void)
{
	uint8_t data[256];
	unsigned int i, k, n;

	net_init(&net);
	net.seed = 3;
	net_know(&net, 0, DTLS_SHA256, 0);
	net_know(&net, 1, DTLS_SHA256, 0);
	net_begin(&net, 1);
	for (i = 0; i < 20000; i++) {
		n = net_random(&net, sizeof(data));
		for (k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)net_random(&net, 256);
		if (i & 1) {
			data[0] = (uint8_t)(20 + net_random(&net, 4));
			data[1] = 0xfe;
			data[2] = 0xfd;
			data[3] = data[4] = 0;
			data[5] |= 1;	/* far ahead */
			data[11] = 0;
			data[12] = (uint8_t)(n - RECORD_HEAD);
		}
		/* an alert that is one would be taken for one */
		if (data[0] != RECORD_ALERT)
			dtls_machine_receive(&net.side[1].m, data, n);
	}
	net_begin(&net, 0);
	net_run(&net, 5000);
	KTAP_CHECK(net_agree(&net));
	net_clean(&net);
	return true;
}

/* ---------------------------------------------------------------------------- memory */

/* bytes of associations of side 1 with keys */
static bool memory_with_keys(void)
{
	size_t before = 0, each;
	unsigned int i;
	static struct machine kept[8];

	net_init(&net);
	for (i = 0; i < 8; i++) {
		if (i == 1)
			before = net_held;
		net_both(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		kept[i] = net.side[1].m;
		dtls_machine_clean(&net.side[0].m);
		dtls_machine_init(&net.side[0].m, net.side[0].cert, 100);
		dtls_machine_init(&net.side[1].m, net.side[1].cert, 100);
		net.side[0].up = net.side[1].up = false;
	}
	each = (net_held - before) / 7;
	printf("# an association with keys: %zu bytes of OpenSSL's, %zu of ours\n", each,
	       sizeof(struct job));
	KTAP_CHECK(!each && sizeof(struct job) <= 2048);
	for (i = 0; i < 8; i++) {
		dtls_machine_close(&kept[i]);
		KTAP_CHECK(kept[i].wire.out.count == 1 && kept[i].wire.out.first->n < 64);
		dtls_machine_clean(&kept[i]);
	}
	net_clean(&net);
	return true;
}

static void record(uint8_t *out, uint8_t type, uint8_t epoch, uint32_t seq, size_t body)
{
	memset(out, 0, RECORD_HEAD);
	out[0] = type;
	out[1] = 0xfe;
	out[2] = 0xfd;
	out[4] = epoch;
	out[7] = (uint8_t)(seq >> 24);
	out[8] = (uint8_t)(seq >> 16);
	out[9] = (uint8_t)(seq >> 8);
	out[10] = (uint8_t)seq;
	out[11] = (uint8_t)(body >> 8);
	out[12] = (uint8_t)body;
}

/* a piece of a message of so many bytes */
static size_t announce(uint8_t *out, uint32_t n, uint8_t type, uint32_t len, uint8_t seq)
{
	uint8_t *m = out + RECORD_HEAD;

	record(out, RECORD_HANDSHAKE, 0, n, MESSAGE_HEAD + 20);
	memset(m, 0, MESSAGE_HEAD + 20);
	m[0] = type;
	m[1] = (uint8_t)(len >> 16);
	m[2] = (uint8_t)(len >> 8);
	m[3] = (uint8_t)len;
	m[5] = seq;
	m[11] = 20;
	return RECORD_HEAD + MESSAGE_HEAD + 20;
}

/* the most that one association makes OpenSSL hold, whoever feeds it */
static bool memory_of_floods(void)
{
	uint8_t data[1400];
	size_t before, n;
	uint32_t i;

	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, 0);
	net_know(&net, 1, DTLS_SHA256, 0);
	before = net_held;
	net_most = net_held;
	net_begin(&net, 1);
	for (i = 0; i < 30000; i++) {
		switch (i % 3) {
		case 0:	/* encrypted, before anything could be */
			record(data, RECORD_HANDSHAKE, 1, i, 1000);
			n = RECORD_HEAD + 1000;
			break;
		case 1:	/* messages to come, as large as they may be */
			n = announce(data, i + 1, i % 2 ? 11 : 16, i % 2 ? 8192 : 4096,
				     (uint8_t)(1 + i / 3 % 15));
			break;
		default:	/* or larger */
			n = announce(data, i + 1, 12, 4097 + i % 60000, (uint8_t)(i % 16));
		}
		dtls_machine_receive(&net.side[1].m, data, n);
		KTAP_CHECK(net.side[1].m.early.count <= 1);
	}
	printf("# an association in a flood: %zu bytes\n", net_most - before);
	KTAP_CHECK(net_most - before < 131072);
	KTAP_CHECK(!net.side[1].m.over);
	net_clean(&net);
	return true;
}

static void alert(unsigned int to)
{
	uint8_t data[RECORD_HEAD + 2];

	record(data, RECORD_ALERT, 0, 1, 2);
	data[RECORD_HEAD] = SSL3_AL_FATAL;
	data[RECORD_HEAD + 1] = SSL_AD_HANDSHAKE_FAILURE;
	dtls_machine_receive(&net.side[to].m, data, sizeof(data));
	net_listen(&net, to);
}

/* who waits for a hello has said nothing that anybody could refuse */
static bool alert_first(void)
{
	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, 0);
	net_know(&net, 1, DTLS_SHA256, 0);
	net_begin(&net, 1);
	alert(1);
	KTAP_CHECK(!net.side[1].failed && !net.side[1].m.heard);
	net_begin(&net, 0);
	net_run(&net, 1000);
	KTAP_CHECK(net_agree(&net));
	net_clean(&net);
	/* a hello can be refused, by whoever has another idea of DTLS */
	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, 0);
	net_begin(&net, 0);
	alert(0);
	KTAP_CHECK(net.side[0].failed &&
		   strstr(net.side[0].why, "handshake failure"));
	net_clean(&net);
	return true;
}

/* with keys: what does not authenticate costs nothing that stays */
static bool flood_afterwards(void)
{
	uint8_t data[1400] = { 0 };
	size_t before;
	uint32_t i;

	net_init(&net);
	net_both(&net, 1000);
	KTAP_CHECK(net_agree(&net));
	before = net_held;
	for (i = 0; i < 20000; i++) {
		record(data, (uint8_t)(20 + i % 4), (uint8_t)(i % 3), 1000 + i, 100 + i % 1000);
		dtls_machine_receive(&net.side[1].m, data, RECORD_HEAD + 100 + i % 1000);
	}
	net_listen(&net, 1);
	net_run(&net, 1000);
	KTAP_CHECK(!net.side[1].closed && !net.side[0].closed);
	KTAP_CHECK(net_held <= before + 1024);
	dtls_machine_close(&net.side[0].m);
	net_listen(&net, 0);
	net_run(&net, 100);
	KTAP_CHECK(net.side[1].closed);
	net_clean(&net);
	return true;
}

static const struct ktap_point points[] = {
	{ "certificates up to 8 KiB, and what is larger is refused", large_certificates },
	{ "without use_srtp there are no keys", no_use_srtp },
	{ "without a certificate there are no keys", no_certificate },
	{ "renegotiation is refused, keys stay", renegotiation },
	{ "bits turned: an end, and never keys that differ", bits_turned },
	{ "garbage before a handshake does it no harm", garbage },
	{ "an alert that comes first is nobody's", alert_first },
	{ "what an association with keys takes", memory_with_keys },
	{ "what floods make an association take", memory_of_floods },
	{ "a flood after the handshake ends nothing", flood_afterwards },
};

int main(void)
{
	if (!net_count_memory())
		return 1;
	return KTAP_RUN(points);
}
