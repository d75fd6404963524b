// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane-test: where=host
 *
 * DTLS-SRTP, two sides of ours in virtual time: keys, fingerprints, repetitions, loss,
 * hellos in pieces, the end.
 */
#include <openssl/err.h>
#include <openssl/srtp.h>

#include "dtls_net.h"

static struct net net;

static const uint8_t suites[] = {
	RTPLANE_SRTP_AES_128_CM_SHA1_80, RTPLANE_SRTP_AES_128_CM_SHA1_32,
	RTPLANE_SRTP_AES_128_GCM, RTPLANE_SRTP_AES_256_GCM,
};

/* ---------------------------------------------------------------------------- keys */

static bool each_profile(void)
{
	size_t i;

	for (i = 0; i < sizeof(suites); i++) {
		net_init(&net);
		KTAP_CHECK(!net_know(&net, 0, DTLS_SHA256, 0));
		KTAP_CHECK(!net_know(&net, 1, DTLS_SHA256, suites[i]));
		net_begin(&net, 1);
		net_begin(&net, 0);
		net_run(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		KTAP_CHECK(net.side[0].keys.tx.suite == suites[i]);
		KTAP_CHECK(net.side[0].keys.tx.fresh && net.side[0].keys.rx.fresh);
		net_clean(&net);
	}
	return true;
}

/* the exporter's bytes, cut here a second time: keys first, then salts */
static bool keys_as_in_the_rfc(void)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	uint8_t bytes[60], client[30], server[30];
	SSL *ssl;

	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, RTPLANE_SRTP_AES_128_CM_SHA1_80);
	net_know(&net, 1, DTLS_SHA256, RTPLANE_SRTP_AES_128_CM_SHA1_80);
	net_begin(&net, 1);
	net_begin(&net, 0);
	ssl = net.side[1].m.ssl;
	SSL_up_ref(ssl);
	net_run(&net, 1000);
	KTAP_CHECK(net_agree(&net));
	KTAP_CHECK(SSL_export_keying_material(ssl, bytes, 60, label, strlen(label), NULL,
					      0, 0) == 1);
	SSL_free(ssl);
	memcpy(client, bytes, 16);
	memcpy(server, bytes + 16, 16);
	memcpy(client + 16, bytes + 32, 14);
	memcpy(server + 16, bytes + 46, 14);
	KTAP_CHECK(!memcmp(net.side[0].keys.tx.key, client, 30));
	KTAP_CHECK(!memcmp(net.side[0].keys.rx.key, server, 30));
	KTAP_CHECK(!memcmp(net.side[1].keys.tx.key, server, 30));
	net_clean(&net);
	return true;
}

static bool no_profile_in_common(void)
{
	net_init(&net);
	net_know(&net, 0, DTLS_SHA256, RTPLANE_SRTP_AES_128_GCM);
	net_know(&net, 1, DTLS_SHA256, RTPLANE_SRTP_AES_128_CM_SHA1_80);
	net_begin(&net, 1);
	net_begin(&net, 0);
	net_run(&net, 1000);
	KTAP_CHECK(!net.side[0].up && !net.side[1].up);
	KTAP_CHECK(net.side[0].failed && net.side[1].failed);
	KTAP_CHECK(strstr(net.side[1].why, "use_srtp"));
	net_clean(&net);
	return true;
}

static bool what_cannot_begin(void)
{
	struct dtls_fingerprint none = { DTLS_HASH_NONE };
	struct dtls_remote remote = { .fingerprint = &none, .n_fingerprints = 1 };

	net_init(&net);
	KTAP_CHECK(strstr(dtls_machine_set(&net.side[0].m, &remote), "fingerprint"));
	remote.n_fingerprints = 0;
	KTAP_CHECK(dtls_machine_set(&net.side[0].m, &remote));
	KTAP_CHECK(strstr(net_know(&net, 0, DTLS_SHA256, RTPLANE_SRTP_AES_256_CM_SHA1_80),
			  "profiles"));
	net_clean(&net);
	return true;
}

/* -------------------------------------------------------------------- fingerprints */

static bool fingerprint_text(void)
{
	char text[DTLS_FINGERPRINT_STRLEN];
	struct dtls_fingerprint fp, again;
	enum dtls_hash hash;

	net_init(&net);
	for (hash = DTLS_SHA1; hash <= DTLS_SHA512; hash++) {
		KTAP_CHECK(dtls_cert_fingerprint(net.side[0].cert, hash, &fp));
		dtls_fingerprint_str(&fp, text, sizeof(text));
		KTAP_CHECK(strlen(text) == strlen(dtls_hash_name(hash)) + 3u * fp.len);
		KTAP_CHECK(dtls_fingerprint_read(span_of(text), &again));
		KTAP_CHECK(!memcmp(&fp, &again, sizeof(fp)));
		/* a byte less */
		text[strlen(text) - 3] = '\0';
		KTAP_CHECK(!dtls_fingerprint_read(span_of(text), &again));
	}
	net_clean(&net);
	KTAP_CHECK(dtls_fingerprint_read(SPAN(" SHA-1 ab:CD:ef:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11 "), &fp));
	KTAP_CHECK(fp.hash == DTLS_SHA1 && fp.digest[0] == 0xab && fp.digest[19] == 0x11);
	KTAP_CHECK(dtls_fingerprint_read(SPAN("md5 ab:CD"), &fp) && fp.hash == DTLS_HASH_NONE);
	KTAP_CHECK(!dtls_fingerprint_read(SPAN(""), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("sha-1"), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("sha-1 "), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("sha-1 a"), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("x ab:"), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("x ab.cd"), &fp));
	KTAP_CHECK(!dtls_fingerprint_read(SPAN("x ag"), &fp));
	return true;
}

static bool each_hash(void)
{
	enum dtls_hash hash;

	for (hash = DTLS_SHA1; hash <= DTLS_SHA512; hash++) {
		net_init(&net);
		net_know(&net, 0, hash, 0);
		net_know(&net, 1, hash, 0);
		net_begin(&net, 1);
		net_begin(&net, 0);
		net_run(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		net_clean(&net);
	}
	return true;
}

static bool set_list(unsigned int i, const struct dtls_fingerprint *list, size_t n)
{
	struct dtls_remote remote = {
		.role = i ? DTLS_PASSIVE : DTLS_ACTIVE, .fingerprint = list,
		.n_fingerprints = n,
	};

	return !dtls_machine_set(&net.side[i].m, &remote);
}

/* the other's is among @list of side @i: that side's word */
static void with_list(unsigned int i, const struct dtls_fingerprint *list, size_t n)
{
	set_list(i, list, n);
	net_know(&net, !i, DTLS_SHA256, 0);
	net_begin(&net, 1);
	net_begin(&net, 0);
	net_run(&net, 2000);
}

static bool wrong_fingerprint(void)
{
	struct dtls_fingerprint fp;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		net_init(&net);
		dtls_cert_fingerprint(net.side[!i].cert, DTLS_SHA256, &fp);
		fp.digest[31] ^= 1;
		with_list(i, &fp, 1);
		KTAP_CHECK(net.side[i].failed && !net.side[i].up);
		KTAP_CHECK(strstr(net.side[i].why, "does not fit its sha-256"));
		KTAP_CHECK(!net.side[!i].up && net.side[!i].failed);
		KTAP_CHECK(strstr(net.side[!i].why, "bad certificate"));
		net_clean(&net);
	}
	return true;
}

static bool several_fingerprints(void)
{
	struct dtls_fingerprint list[4];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		net_init(&net);
		/* of two certificates; the second one is shown */
		dtls_cert_fingerprint(net.side[i].cert, DTLS_SHA256, &list[0]);
		dtls_cert_fingerprint(net.side[!i].cert, DTLS_SHA256, &list[1]);
		memset(&list[2], 0, sizeof(list[2]));
		with_list(i, list, 3);
		KTAP_CHECK(net_agree(&net));
		net_clean(&net);
	}
	return true;
}

/* SHA-1 that fits helps nobody whose SHA-256 does not */
static bool best_hash_decides(void)
{
	struct dtls_fingerprint list[2];

	net_init(&net);
	dtls_cert_fingerprint(net.side[1].cert, DTLS_SHA1, &list[0]);
	dtls_cert_fingerprint(net.side[0].cert, DTLS_SHA256, &list[1]);
	with_list(0, list, 2);
	KTAP_CHECK(net.side[0].failed && !net.side[0].up && !net.side[1].up);
	net_clean(&net);
	return true;
}

/* ---------------------------------------------------------------------------- loss */

static uint64_t sent_at[32];

static bool swallow(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	if (n->seen < 32)
		sent_at[n->seen++] = net_now;
	return false;
}

static bool repeated_from_100_ms(void)
{
	static const unsigned int want[] = { 100, 200, 400, 800, 1600, 3200, 3200 };
	uint64_t begin = net_now, at = net_now, d;
	size_t i;

	net_init(&net);
	net.tap = swallow;
	net_both(&net, 60000);
	/* OpenSSL takes 15 ms less for due */
	for (i = 0; i < 7; i++) {
		d = sent_at[i + 1] - at;
		KTAP_CHECK(d + 15 >= want[i] && d <= want[i]);
		at = sent_at[i + 1];
	}
	KTAP_CHECK(sent_at[0] == begin && net.side[0].sent == 13);
	KTAP_CHECK(net.side[0].failed && strstr(net.side[0].why, "does not answer"));
	KTAP_CHECK(!net.side[1].failed && !net.side[1].sent);
	net_clean(&net);
	return true;
}

static bool loss_and_disorder(void)
{
	uint64_t begin, longest = 0;
	unsigned int seed;

	for (seed = 1; seed <= 150; seed++) {
		net_init(&net);
		net.seed = seed * 7919;
		net.loss = 10;
		net.twice = 10;
		net.late = 20;
		begin = net_now;
		net_both(&net, 20000);
		if (!net_agree(&net))
			printf("# seed %u: %s; %s\n", seed, net.side[0].why, net.side[1].why);
		KTAP_CHECK(net_agree(&net));
		KTAP_CHECK(net.side[0].longest <= DTLS_MTU && net.side[1].longest <= DTLS_MTU);
		if (net.side[0].up_at - begin > longest)
			longest = net.side[0].up_at - begin;
		net_clean(&net);
	}
	printf("# the longest took %llu ms of virtual time\n", (unsigned long long)longest);
	return true;
}

/* the very last flight is lost: the client's repetition makes the server repeat it */
static bool lose_last(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	return !(from == 1 && data[0] == RECORD_CCS && n->seen++ < 3);
}

static uint8_t *kept;
static size_t *kept_len;

/* the client's last flight */
static bool keep_last(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	if (!from && len < 2048) {
		memcpy(kept, data, len);
		*kept_len = len;
	}
	return true;
}

/* what is left of OpenSSL's part knows the first three; of the last one it knows nothing */
static const char *const ciphers[] = {
	"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
	"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA256",
};

static bool by_cipher(unsigned int i)
{
	net_init(&net);
	return SSL_CTX_set_cipher_list(net.side[0].cert->ctx, ciphers[i]) == 1;
}

static bool last_flight_lost(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		KTAP_CHECK(by_cipher(i));
		net.tap = lose_last;
		net_both(&net, 10000);
		KTAP_CHECK(net_agree(&net) && net.seen == 4);
		net_clean(&net);
	}
	return true;
}

/* who repeats a flight for ever, or makes one up, is not answered for ever, or at all */
static bool repeated_for_ever(void)
{
	static uint8_t last[2048];
	struct dtls_record r;
	struct machine *m = &net.side[1].m;
	unsigned int i, all = 0;
	size_t n = 0;
	const uint8_t *p;
	struct queue out;

	KTAP_CHECK(by_cipher(0));
	net.tap = keep_last;
	kept = last;
	kept_len = &n;
	net_both(&net, 1000);
	KTAP_CHECK(net_agree(&net) && n);
	for (i = 0; i < 100; i++) {
		dtls_machine_receive(m, last, n);
		all += m->wire.out.count;
		out = m->wire.out;
		memset(&m->wire.out, 0, sizeof(out));
		dtls_queue_empty(&out);
	}
	KTAP_CHECK(all >= 8 && all <= 32 && !net.side[1].closed);
	m->rest.repeats = 0;
	/* of another key */
	p = last;
	while (dtls_record_next(&p, &n, &r))
		if (r.epoch)
			last[r.p - last + r.n - 1] ^= 1;
	dtls_machine_receive(m, last, (size_t)(p - last));
	KTAP_CHECK(!m->wire.out.count);
	net_clean(&net);
	return true;
}

/* ------------------------------------------------------------------ hello in pieces */

static unsigned int piece_size, piece_order;

static size_t piece(uint8_t *out, const uint8_t *hello, size_t from, size_t n,
		    unsigned int seq)
{
	memcpy(out, hello, RECORD_HEAD + MESSAGE_HEAD);
	out[9] = (uint8_t)(seq >> 8);
	out[10] = (uint8_t)seq;
	out[11] = (uint8_t)((n + MESSAGE_HEAD) >> 8);
	out[12] = (uint8_t)(n + MESSAGE_HEAD);
	out[RECORD_HEAD + 6] = 0;
	out[RECORD_HEAD + 7] = (uint8_t)(from >> 8);
	out[RECORD_HEAD + 8] = (uint8_t)from;
	out[RECORD_HEAD + 9] = 0;
	out[RECORD_HEAD + 10] = (uint8_t)(n >> 8);
	out[RECORD_HEAD + 11] = (uint8_t)n;
	memcpy(out + RECORD_HEAD + MESSAGE_HEAD,
	       hello + RECORD_HEAD + MESSAGE_HEAD + from, n);
	return RECORD_HEAD + MESSAGE_HEAD + n;
}

/* records behind the pieces are counted behind them */
static bool count_on(uint8_t *data, size_t n)
{
	size_t at;

	for (at = 0; at + RECORD_HEAD < n;
	     at += RECORD_HEAD + ((size_t)data[at + 11] << 8 | data[at + 12]))
		if (!data[at + 4])
			data[at + 9] = 2;
	return true;
}

/* the first hello leaves in pieces: in order, backwards, or each twice */
static bool split(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	size_t whole = len - RECORD_HEAD - MESSAGE_HEAD, at, k, used;
	uint8_t out[2048];
	unsigned int i;

	if (from || n->seen++)
		return from || count_on(data, len);
	for (at = 0, i = 0; at < whole; at += k, i++) {
		k = whole - at < piece_size ? whole - at : piece_size;
		used = piece(out, data, at, k, i);
		net_put(n, 1, out, used, piece_order == 1 ? 400 - i : 10 + i);
		if (piece_order == 2)
			net_put(n, 1, out, used, 20 + i);
	}
	return false;
}

/* each record is a datagram, and Finished comes before the ChangeCipherSpec */
static bool record_by_record(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	struct dtls_record r;
	const uint8_t *p = data;
	unsigned int i = 0;

	while (dtls_record_next(&p, &len, &r))
		net_put(n, !from, r.p, r.n, 10 + i++ + (r.type == RECORD_CCS) * 5);
	return false;
}

static bool finished_first(void)
{
	net_init(&net);
	net.tap = record_by_record;
	/* nothing is repeated meanwhile */
	net.side[0].m.rto = net.side[1].m.rto = 5000;
	net_both(&net, 1000);
	KTAP_CHECK(net_agree(&net));
	net_clean(&net);
	return true;
}

static bool hello_in_pieces(void)
{
	static const unsigned int sizes[] = { 1, 7, 50, 100, 150 };
	unsigned int i;

	for (i = 0; i < 15; i++) {
		piece_size = sizes[i % 5];
		piece_order = i / 5;
		/* OpenSSL takes records that are 64 behind, no older ones */
		if (piece_order == 1 && piece_size < 7)
			continue;
		net_init(&net);
		net.tap = split;
		/* a repetition would come whole */
		net.side[0].m.rto = 5000;
		net_both(&net, 4000);
		if (!net_agree(&net))
			printf("# pieces of %u, order %u: %s; %s\n", piece_size, piece_order,
			       net.side[0].why, dtls_machine_state(&net.side[1].m));
		KTAP_CHECK(net_agree(&net));
		net_clean(&net);
	}
	return true;
}

/* as large as one with a post-quantum key share */
static int add_share(SSL *ssl, unsigned int type, const unsigned char **out, size_t *n,
		     int *alert, void *arg)
{
	static const unsigned char share[1216];

	*out = share;
	*n = sizeof(share);
	return 1;
}

static bool backwards(struct net *n, unsigned int from, uint8_t *data, size_t len)
{
	if (from || n->seen > 1)
		return true;
	net_put(n, 1, data, len, n->seen++ ? 10 : 30);
	return false;
}

static bool large_hello(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		net_init(&net);
		KTAP_CHECK(SSL_CTX_add_client_custom_ext(net.side[0].cert->ctx, 65000,
							 add_share, NULL, NULL, NULL,
							 NULL) == 1);
		net.tap = i ? backwards : NULL;
		net_both(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		KTAP_CHECK(net.side[0].longest <= DTLS_MTU && net.side[0].sent >= 3);
		net_clean(&net);
	}
	return true;
}

/* ------------------------------------------------------------------------- the end */

static bool said_over(void)
{
	unsigned int i, who, known;

	for (i = 0; i < 8; i++) {
		who = i & 1;
		known = i / 2 < 3;
		KTAP_CHECK(by_cipher(i / 2));
		net_both(&net, 1000);
		KTAP_CHECK(net_agree(&net));
		KTAP_CHECK(!net.side[who].m.ssl && !net.side[who].m.wire.out.count);
		dtls_machine_close(&net.side[who].m);
		KTAP_CHECK(net.side[who].m.wire.out.count == 1);
		net_listen(&net, who);
		net_run(&net, 1000);
		KTAP_CHECK(net.side[!who].closed == known);
		KTAP_CHECK(!known || strstr(net.side[!who].why, "close_notify"));
		net_clean(&net);
	}
	return true;
}

/* what says so and is not the other party's, or is of another kind, ends nothing */
static bool said_by_others(void)
{
	static uint8_t alert[256];
	struct machine *m = &net.side[1].m;
	struct datagram *d;
	size_t n, i;

	KTAP_CHECK(by_cipher(0));
	net_both(&net, 1000);
	KTAP_CHECK(net_agree(&net));
	dtls_machine_close(&net.side[0].m);
	d = dtls_queue_take(&net.side[0].m.wire.out);
	KTAP_CHECK(d && d->n <= sizeof(alert));
	n = d->n;
	for (i = 0; i < n; i++) {
		memcpy(alert, d->data, n);
		alert[i] ^= 0x40;
		dtls_machine_receive(m, alert, n);
		KTAP_CHECK(!m->over);
	}
	/* in plain text, too */
	dtls_machine_receive(m, (const uint8_t[]){ 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9,
						   0, 2, 2, 40 }, 15);
	KTAP_CHECK(!m->over);
	dtls_machine_receive(m, d->data, n);
	KTAP_CHECK(m->over);
	free(d);
	net_clean(&net);
	return true;
}

static bool both_begin(void)
{
	struct dtls_fingerprint fp;
	struct dtls_remote remote = { .fingerprint = &fp, .n_fingerprints = 1 };

	net_init(&net);
	dtls_cert_fingerprint(net.side[0].cert, DTLS_SHA256, &fp);
	KTAP_CHECK(!dtls_machine_set(&net.side[1].m, &remote));
	net_know(&net, 0, DTLS_SHA256, 0);
	net_begin(&net, 0);
	net_begin(&net, 1);
	net_run(&net, 3000);
	KTAP_CHECK(net.side[0].failed && net.side[1].failed);
	KTAP_CHECK(strstr(net.side[0].why, "both sides began") ||
		   strstr(net.side[1].why, "both sides began"));
	net_clean(&net);
	return true;
}

static bool certificate_of_a_file(void)
{
	/* of its own: the same program runs under sanitizers, too */
	char path[] = "/tmp/rtplane-dtls.XXXXXX";
	struct dtls_fingerprint a, b;
	struct dtls_cert *cert;
	struct dp_err err;
	int fd = mkstemp(path);
	FILE *out;

	net_init(&net);
	KTAP_CHECK(fd >= 0);
	out = fdopen(fd, "w");
	PEM_write_X509(out, SSL_CTX_get0_certificate(net.side[0].cert->ctx));
	fclose(out);
	KTAP_CHECK(!dtls_cert_load(path, &err) && strstr(err.text, "no key"));
	out = fopen(path, "a");
	PEM_write_PrivateKey(out, SSL_CTX_get0_privatekey(net.side[0].cert->ctx), NULL,
			     NULL, 0, NULL, NULL);
	fclose(out);
	cert = dtls_cert_load(path, &err);
	KTAP_CHECK(cert);
	dtls_cert_fingerprint(cert, DTLS_SHA256, &a);
	dtls_cert_fingerprint(net.side[0].cert, DTLS_SHA256, &b);
	KTAP_CHECK(!memcmp(&a, &b, sizeof(a)));
	dtls_cert_put(cert);
	remove(path);
	KTAP_CHECK(!dtls_cert_load(path, &err) && strstr(err.text, path));
	net_clean(&net);
	return true;
}

static const struct ktap_point points[] = {
	{ "each protection profile: both sides have the same keys", each_profile },
	{ "keys and salts are cut as RFC 5764 has it", keys_as_in_the_rfc },
	{ "no profile in common: no keys, and a sentence", no_profile_in_common },
	{ "nothing begins without a fingerprint or a profile", what_cannot_begin },
	{ "fingerprints: text, read and written", fingerprint_text },
	{ "fingerprints by each hash are checked", each_hash },
	{ "a fingerprint that does not fit: no keys on either side", wrong_fingerprint },
	{ "one of several fingerprints fits", several_fingerprints },
	{ "the best hash decides, not one that fits", best_hash_decides },
	{ "what is not answered is repeated after 100 ms, doubling", repeated_from_100_ms },
	{ "10% lost, doubled, late: keys in 150 of 150", loss_and_disorder },
	{ "the last flight lost three times", last_flight_lost },
	{ "Finished comes before the ChangeCipherSpec", finished_first },
	{ "a ClientHello in pieces, in any order, doubled", hello_in_pieces },
	{ "a ClientHello of 1,400 bytes, which its sender cuts", large_hello },
	{ "close_notify of either side", said_over },
	{ "nobody else says that it is over", said_by_others },
	{ "a flight is not repeated for ever, nor for others", repeated_for_ever },
	{ "both begin: the sentence says so", both_begin },
	{ "a certificate of a file", certificate_of_a_file },
};

int main(void)
{
	return KTAP_RUN(points);
}
