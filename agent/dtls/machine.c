// SPDX-License-Identifier: GPL-2.0
/*
 * One side of an association: OpenSSL, what it may see, and what came of it. Records are
 * given to it one at a time, so that it never has to keep one that it cannot read yet:
 * it would set 17 KB aside for each.
 */
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <stdio.h>

#include "private.h"

/* ms: repetitions are no further apart */
#define RTO_MAX		3200

/* RFC 5764 4.2, and what both keys and salts take at most */
#define EXPORT_LABEL	"EXTRACTOR-dtls_srtp"
#define EXPORT_MAX	(2 * RTPLANE_SRTP_KEY_MAX)

/* RFC 5764 4.1.2, RFC 7714 14.2 */
static const struct profile {
	uint8_t suite;
	uint8_t key;
	uint8_t salt;
	unsigned long id;
	const char *name;
} profiles[] = {
	{ RTPLANE_SRTP_AES_256_GCM, 32, 12, 0x0008, "SRTP_AEAD_AES_256_GCM" },
	{ RTPLANE_SRTP_AES_128_GCM, 16, 12, 0x0007, "SRTP_AEAD_AES_128_GCM" },
	{ RTPLANE_SRTP_AES_128_CM_SHA1_80, 16, 14, 0x0001, "SRTP_AES128_CM_SHA1_80" },
	{ RTPLANE_SRTP_AES_128_CM_SHA1_32, 16, 14, 0x0002, "SRTP_AES128_CM_SHA1_32" },
};

#define PROFILES	(sizeof(profiles) / sizeof(*profiles))

static const struct profile *profile_of(uint8_t suite)
{
	size_t i;

	for (i = 0; i < PROFILES; i++)
		if (profiles[i].suite == suite)
			return &profiles[i];
	return NULL;
}

/* ------------------------------------------------------------------------ outcomes */

static void tell(struct machine *m, enum dtls_event event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* the end: OpenSSL's part is not needed any more, what it has sent is */
static void tell(struct machine *m, enum dtls_event event, const char *fmt, ...)
{
	va_list args;

	OPENSSL_cleanse(&m->outcome, sizeof(m->outcome));
	m->outcome.event = event;
	va_start(args, fmt);
	vsnprintf(m->outcome.why, sizeof(m->outcome.why), fmt, args);
	va_end(args);
	m->told = true;
	m->over = true;
	SSL_free(m->ssl);
	m->ssl = NULL;
	dtls_queue_empty(&m->early);
}

static void tell_error(struct machine *m)
{
	unsigned long code = ERR_peek_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	if (m->why[0])
		tell(m, DTLS_FAILED, "%s", m->why);
	else if (m->alert >= 0)
		tell(m, DTLS_FAILED, "the other side ended the handshake: %s",
		     SSL_alert_desc_string_long(m->alert));
	else if (m->role == DTLS_ACTIVE && m->filter.hello)
		tell(m, DTLS_FAILED, "both sides began the handshake; expected a=setup:passive to mean that the other side waits");
	else
		tell(m, DTLS_FAILED, "the handshake failed: %s",
		     why ? why : "no reason given");
	m->outcome.anybody = !m->why[0];
}

/* RFC 5764 4.2: client's key, server's, client's salt, server's */
static void cut(struct dp_srtp *srtp, const struct profile *p,
		const uint8_t *material, bool server)
{
	memset(srtp, 0, sizeof(*srtp));
	srtp->suite = p->suite;
	srtp->fresh = true;
	memcpy(srtp->key, material + (server ? p->key : 0), p->key);
	memcpy(srtp->key + p->key, material + 2 * p->key + (server ? p->salt : 0),
	       p->salt);
}

static const struct profile *chosen(SSL *ssl)
{
	const SRTP_PROTECTION_PROFILE *srtp = SSL_get_selected_srtp_profile(ssl);
	size_t i;

	for (i = 0; srtp && i < PROFILES; i++)
		if (profiles[i].id == srtp->id)
			return &profiles[i];
	return NULL;
}

static void tell_keys(struct machine *m)
{
	const struct profile *p = chosen(m->ssl);
	uint8_t material[EXPORT_MAX];
	bool server = m->role == DTLS_PASSIVE;

	if (!p) {
		SSL_shutdown(m->ssl);
		tell(m, DTLS_FAILED, "the handshake agreed on no protection of media (use_srtp)");
		return;
	}
	if (SSL_export_keying_material(m->ssl, material, 2u * (p->key + p->salt),
				       EXPORT_LABEL, sizeof(EXPORT_LABEL) - 1,
				       NULL, 0, 0) != 1) {
		tell_error(m);
		return;
	}
	m->outcome.event = DTLS_UP;
	cut(&m->outcome.rx, p, material, !server);
	cut(&m->outcome.tx, p, material, server);
	OPENSSL_cleanse(material, sizeof(material));
	m->up = true;
	m->told = true;
}

/* ------------------------------------------------------------------ what OpenSSL asks */

int dtls_machine_verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
					      SSL_get_ex_data_X509_STORE_CTX_idx());
	struct machine *m = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (cert && dtls_fingerprints_fit(m->fingerprint, m->n_fingerprints, cert))
		return 1;
	snprintf(m->why, sizeof(m->why), "the other side's certificate does not fit its %s fingerprint in the description",
		 dtls_hash_name(m->fingerprint[0].hash));
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct machine *m = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT &&
	    value >> 8 == SSL3_AL_FATAL)
		m->alert = value & 0xff;
}

static unsigned int next_timeout(SSL *ssl, unsigned int us)
{
	struct machine *m = SSL_get_app_data(ssl);

	if (!us)
		return m->rto * 1000u;
	return us < RTO_MAX * 500u ? 2 * us : RTO_MAX * 1000u;
}

/* --------------------------------------------------------------------------- running */

/* what the last call has sent, behind what others had */
static void keep_flight(struct machine *m, unsigned int before)
{
	const struct datagram *d;

	for (d = m->wire.out.first; d; d = d->next)
		if (!before)
			dtls_queue_put(&m->rest.flight, d->data, d->n);
		else
			before--;
}

/* close_notify is made, and not sent so far */
static void keep_goodbye(struct machine *m)
{
	struct queue out = { NULL };

	dtls_queue_move(&out, &m->wire.out);
	SSL_shutdown(m->ssl);
	dtls_queue_move(&m->rest.goodbye, &m->wire.out);
	dtls_queue_move(&m->wire.out, &out);
}

/* a server has the last word of a handshake */
static void keep_rest(struct machine *m, unsigned int before)
{
	bool server = m->role == DTLS_PASSIVE;

	if (server)
		keep_flight(m, before);
	dtls_rest_keep(&m->rest, m->ssl, server);
	keep_goodbye(m);
	SSL_free(m->ssl);
	m->ssl = NULL;
}

static void handshake(struct machine *m)
{
	unsigned int before = m->wire.out.count;
	int ret, error;

	ERR_clear_error();
	ret = SSL_do_handshake(m->ssl);
	if (ret == 1) {
		tell_keys(m);
		if (m->up)
			keep_rest(m, before);
		ERR_clear_error();
		return;
	}
	error = SSL_get_error(m->ssl, ret);
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		tell_error(m);
	ERR_clear_error();
}

/* may OpenSSL see encrypted records? before that it would keep them */
static bool can_read(const struct machine *m)
{
	OSSL_HANDSHAKE_STATE state;

	state = SSL_get_state(m->ssl);
	return state == TLS_ST_SR_CHANGE || state == TLS_ST_CR_CHANGE;
}

static void feed(struct machine *m, const uint8_t *record, size_t n)
{
	m->wire.in = record;
	m->wire.n = n;
	handshake(m);
	m->wire.in = NULL;
}

/* an alert in plain text: nothing of ours is encrypted that early; its number is beyond
 * any that OpenSSL has used
 */
static void refuse_cert(struct machine *m)
{
	static const uint8_t alert[] = {
		RECORD_ALERT, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 2,
		SSL3_AL_FATAL, SSL_AD_BAD_CERTIFICATE,
	};

	dtls_queue_put(&m->wire.out, alert, sizeof(alert));
	tell(m, DTLS_FAILED, "the other side's certificates are larger than the %u bytes that are taken",
	     DTLS_CERT_MAX);
	m->outcome.anybody = true;
}

static void keep_early(struct machine *m, const struct dtls_record *r)
{
	if (r->type != RECORD_HANDSHAKE)
		return;
	dtls_queue_empty(&m->early);
	dtls_queue_put(&m->early, r->p, r->n);
}

static void feed_early(struct machine *m)
{
	struct datagram *d = dtls_queue_take(&m->early);

	if (d)
		feed(m, d->data, d->n);
	free(d);
}

/* with keys only alerts are of interest, and flights that ours was lost for */
static void take_rest(struct machine *m, const struct dtls_record *r)
{
	/* keys that nobody has heard of yet are none */
	enum dtls_event end = m->told ? DTLS_FAILED : DTLS_CLOSED;
	int alert = r->epoch == 1 ? dtls_rest_take(&m->rest, r, &m->wire.out) : -1;

	if (alert == SSL_AD_CLOSE_NOTIFY)
		tell(m, end, "the other side ended DTLS (close_notify)");
	else if (alert >= 0)
		tell(m, end, "the other side ended DTLS: %s",
		     SSL_alert_desc_string_long(alert));
}

static void take(struct machine *m, const struct dtls_record *r)
{
	enum dtls_verdict verdict = DTLS_TAKE;

	if (m->up) {
		take_rest(m, r);
		return;
	}
	if (r->epoch > 1)
		return;
	if (!r->epoch)
		verdict = dtls_filter(&m->filter, r);
	if (verdict == DTLS_REFUSE)
		refuse_cert(m);
	if (verdict != DTLS_TAKE)
		return;
	m->heard = true;
	if (r->epoch && !can_read(m)) {
		keep_early(m, r);
		return;
	}
	feed(m, r->p, r->n);
	if (!m->over && !m->up && can_read(m))
		feed_early(m);
}

void dtls_machine_receive(struct machine *m, const uint8_t *data, size_t n)
{
	struct dtls_record r;

	while ((m->ssl || m->up) && !m->over && dtls_record_next(&data, &n, &r))
		take(m, &r);
}

void dtls_machine_timeout(struct machine *m)
{
	if (!m->ssl || m->over || m->up)
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(m->ssl) < 0)
		tell(m, DTLS_FAILED, "the other side does not answer: %s",
		     dtls_machine_state(m));
	ERR_clear_error();
}

uint64_t dtls_machine_due(struct machine *m)
{
	struct timeval left;

	if (!m->ssl || m->over || m->up || DTLSv1_get_timeout(m->ssl, &left) != 1)
		return TIMER_NEVER;
	return (uint64_t)left.tv_sec * 1000 + ((uint64_t)left.tv_usec + 999) / 1000;
}

void dtls_machine_close(struct machine *m)
{
	if (!m->up || m->over)
		return;
	dtls_queue_move(&m->wire.out, &m->rest.goodbye);
	m->over = true;
}

const char *dtls_machine_state(const struct machine *m)
{
	if (m->over)
		return "it is over";
	if (m->up)
		return "there are keys";
	if (!m->n_fingerprints)
		return "the other side is not known yet";
	if (m->heard)
		return "the handshake is under way";
	return m->role == DTLS_ACTIVE ? "our hello is not answered" :
					"no hello came from the other side";
}

/* ------------------------------------------------------------------------------ life */

void dtls_machine_init(struct machine *m, struct dtls_cert *cert, uint32_t rto)
{
	memset(m, 0, sizeof(*m));
	m->cert = cert;
	m->rto = rto;
	m->alert = -1;
}

static size_t set_suites(struct machine *m, const struct dtls_remote *remote)
{
	size_t i;

	for (i = 0; i < remote->n_suites && i < DTLS_SUITES_MAX; i++)
		if (profile_of(remote->suite[i]))
			m->suite[m->n_suites++] = remote->suite[i];
	if (remote->n_suites)
		return m->n_suites;
	for (i = 0; i < PROFILES; i++)
		m->suite[m->n_suites++] = profiles[i].suite;
	return m->n_suites;
}

const char *dtls_machine_set(struct machine *m, const struct dtls_remote *remote)
{
	size_t n = remote->n_fingerprints;

	if (n > DTLS_FINGERPRINTS_MAX)
		n = DTLS_FINGERPRINTS_MAX;
	if (n)
		memcpy(m->fingerprint, remote->fingerprint, n * sizeof(*m->fingerprint));
	n = dtls_fingerprints_choose(m->fingerprint, n);
	if (!n)
		return "the other side's description has no fingerprint by SHA-1 or better";
	m->n_suites = 0;
	if (!set_suites(m, remote))
		return "none of the protection profiles is one of DTLS";
	m->role = remote->role;
	m->n_fingerprints = n;
	return NULL;
}

static bool set_srtp(struct machine *m)
{
	char text[128] = "";
	size_t i, at = 0;

	for (i = 0; i < m->n_suites; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? ":" : "",
				       profile_of(m->suite[i])->name);
	return !SSL_set_tlsext_use_srtp(m->ssl, text);
}

static bool make_ssl(struct machine *m)
{
	BIO *bio;

	m->ssl = SSL_new(m->cert->ctx);
	bio = m->ssl ? dtls_bio_new(&m->wire) : NULL;
	if (!bio)
		return false;
	SSL_set_bio(m->ssl, bio, bio);
	SSL_set_app_data(m->ssl, m);
	SSL_set_info_callback(m->ssl, on_info);
	SSL_set_verify(m->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		       NULL);
	DTLS_set_timer_cb(m->ssl, next_timeout);
	SSL_set_mtu(m->ssl, DTLS_MTU);
	return set_srtp(m);
}

void dtls_machine_begin(struct machine *m)
{
	if (m->ssl || m->up || m->over)
		return;
	if (!make_ssl(m)) {
		tell(m, DTLS_FAILED, "no memory for DTLS");
		return;
	}
	if (m->role == DTLS_PASSIVE) {
		SSL_set_accept_state(m->ssl);
		return;
	}
	SSL_set_connect_state(m->ssl);
	m->filter.begun = true;
	handshake(m);
}

void dtls_machine_clean(struct machine *m)
{
	SSL_free(m->ssl);
	m->ssl = NULL;
	dtls_queue_empty(&m->wire.out);
	dtls_queue_empty(&m->early);
	dtls_rest_clean(&m->rest);
	OPENSSL_cleanse(&m->outcome, sizeof(m->outcome));
}
