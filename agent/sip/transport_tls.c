// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over TLS: OpenSSL between two buffers in memory, on the connections of
 * transport_stream.c.
 *
 * A listener's certificates are read into a struct tls_creds, which each of its
 * connections holds: a reload makes another one, for connections to come.
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "transport_impl.h"

#define NAMES_MAX	64	/* certificates of further names */
#define OWN		"agent.pem"
#define TRUSTED		"cafile.pem"

/**
 * struct tls_creds - what a folder of certificates says
 * @refs: the listener's, and one of each connection
 * @server: for connections that are accepted
 * @client: for those that we make
 * @named: for clients that ask for another name (SNI), as @server
 * @n_named: how many
 */
struct tls_creds {
	unsigned int refs;
	SSL_CTX *server;
	SSL_CTX *client;
	SSL_CTX *named[NAMES_MAX];
	size_t n_named;
};

/**
 * struct tls - TLS of a connection
 * @ssl: OpenSSL's; owns both buffers
 * @in: what came
 * @out: what is to be sent
 * @creds: what it was made with
 */
struct tls {
	SSL *ssl;
	BIO *in;
	BIO *out;
	struct tls_creds *creds;
};

/* -------------------------------------------------------------------- certificates */

static const char *openssl_says(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	return why ? why : "no reason given";
}

/* all that holds for server and client alike */
static SSL_CTX *context(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				 SSL_OP_NO_COMPRESSION |
				 SSL_OP_CIPHER_SERVER_PREFERENCE |
				 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

/* our key and chain */
static int load_own(SSL_CTX *ctx, const char *path, char *error)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1)
		return sip_transport_error(error, EINVAL, "%s: no certificate can be read: %s; expected PEM with a certificate, its chain and its key",
					   path, openssl_says());
	if (SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return sip_transport_error(error, EINVAL, "%s: no key of its certificate can be read: %s; expected PEM with a certificate, its chain and its key",
					   path, openssl_says());
	return 0;
}

/* whom we trust; without a file of ours, whom this host trusts */
static int load_trusted(SSL_CTX *ctx, const char *path, char *error)
{
	if (access(path, F_OK)) {
		SSL_CTX_set_default_verify_paths(ctx);
		return 0;
	}
	if (SSL_CTX_load_verify_locations(ctx, path, NULL) != 1)
		return sip_transport_error(error, EINVAL, "%s: no certificates can be read: %s; expected PEM with those of the authorities that are trusted",
					   path, openssl_says());
	return 0;
}

static bool is_for(SSL_CTX *ctx, const char *name)
{
	X509 *cert = SSL_CTX_get0_certificate(ctx);

	return cert && X509_check_host(cert, name, 0,
				       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
				       NULL) == 1;
}

/* SNI: whoever asks for a name that we have no certificate of gets our own */
static int on_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_creds *creds = arg;
	size_t i;

	if (!name || is_for(creds->server, name))
		return SSL_TLSEXT_ERR_OK;
	for (i = 0; i < creds->n_named; i++) {
		if (is_for(creds->named[i], name)) {
			SSL_set_SSL_CTX(ssl, creds->named[i]);
			break;
		}
	}
	return SSL_TLSEXT_ERR_OK;
}

static int server_context(const struct listener *l, struct tls_creds *creds,
			  const char *file, SSL_CTX **ctx, char *error)
{
	char path[4096];
	int ret;

	*ctx = context(TLS_server_method());
	if (!*ctx)
		return sip_transport_error(error, ENOMEM, "no memory for TLS");
	snprintf(path, sizeof(path), "%s/%s", l->certificates, file);
	ret = load_own(*ctx, path, error);
	if (ret)
		return ret;
	SSL_CTX_set_tlsext_servername_callback(*ctx, on_name);
	SSL_CTX_set_tlsext_servername_arg(*ctx, creds);
	if (!l->client_certificates)
		return 0;
	SSL_CTX_set_verify(*ctx, SSL_VERIFY_PEER |
				 SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	snprintf(path, sizeof(path), "%s/" TRUSTED, l->certificates);
	return load_trusted(*ctx, path, error);
}

static int client_context(const struct listener *l, struct tls_creds *creds,
			  char *error)
{
	char path[4096];
	int ret;

	creds->client = context(TLS_client_method());
	if (!creds->client)
		return sip_transport_error(error, ENOMEM, "no memory for TLS");
	snprintf(path, sizeof(path), "%s/" OWN, l->certificates);
	ret = load_own(creds->client, path, error);
	if (ret)
		return ret;
	if (!l->insecure)
		SSL_CTX_set_verify(creds->client, SSL_VERIFY_PEER, NULL);
	snprintf(path, sizeof(path), "%s/" TRUSTED, l->certificates);
	return load_trusted(creds->client, path, error);
}

static bool is_further(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && !strcmp(name + n - 4, ".pem") && strcmp(name, OWN) &&
	       strcmp(name, TRUSTED);
}

/* every other *.pem of the folder is a certificate of another name of ours */
static int load_named(const struct listener *l, struct tls_creds *creds,
		      char *error)
{
	DIR *dir = opendir(l->certificates);
	struct dirent *entry;
	int ret = 0;

	if (!dir)
		return sip_transport_error(error, errno, "%s: cannot be read: %s; expected a folder with " OWN,
					   l->certificates, strerror(errno));
	while (!ret && (entry = readdir(dir))) {
		if (!is_further(entry->d_name) || creds->n_named == NAMES_MAX)
			continue;
		ret = server_context(l, creds, entry->d_name,
				     &creds->named[creds->n_named++], error);
	}
	closedir(dir);
	return ret;
}

void sip_tls_creds_put(struct tls_creds *creds)
{
	size_t i;

	if (!creds || --creds->refs)
		return;
	for (i = 0; i < creds->n_named; i++)
		SSL_CTX_free(creds->named[i]);
	SSL_CTX_free(creds->server);
	SSL_CTX_free(creds->client);
	free(creds);
}

int sip_tls_reload(struct listener *l, char *error)
{
	struct tls_creds *creds = calloc(1, sizeof(*creds));
	int ret;

	if (!creds)
		return sip_transport_error(error, ENOMEM, "no memory for TLS");
	creds->refs = 1;
	ERR_clear_error();
	ret = load_named(l, creds, error);
	if (!ret)
		ret = server_context(l, creds, OWN, &creds->server, error);
	if (!ret)
		ret = client_context(l, creds, error);
	if (ret) {
		sip_tls_creds_put(creds);
		return ret;
	}
	sip_tls_creds_put(l->creds);
	l->creds = creds;
	return 0;
}

/* ---------------------------------------------------------------- who is the other */

/* RFC 5922 7.1: "sip:example.com" as a name of the certificate */
static bool has_sip_uri(X509 *cert, const char *host)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	const GENERAL_NAME *name;
	const char *text;
	bool found = false;
	size_t len;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_URI)
			continue;
		text = (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
		len = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);
		found = len == strlen(host) + 4 &&
			!strncasecmp(text, "sip:", 4) &&
			!strncasecmp(text + 4, host, len - 4);
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* has the server proved to be whom we wanted? */
static bool is_wanted(const struct sip_conn *conn, X509 *cert)
{
	char text[DP_ADDR_STRLEN];
	struct dp_addr addr = conn->flow->pub.remote;

	addr.port = 0;
	if (*conn->host && !dp_addr_parse_host(conn->host, &addr))
		return has_sip_uri(cert, conn->host) ||
		       X509_check_host(cert, conn->host, 0,
				       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
				       NULL) == 1;
	return X509_check_ip_asc(cert, dp_addr_str(&addr, text, sizeof(text)),
				 0) == 1;
}

static void note_peer(struct sip_conn *conn, X509 *cert)
{
	char name[SIP_HOST_MAX] = "";

	if (!conn->accepted)
		snprintf(name, sizeof(name), "%s", conn->host);
	else
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					  NID_commonName, name, sizeof(name));
	conn->flow->peer = strdup(name);
	if (conn->flow->peer)
		conn->flow->pub.peer = conn->flow->peer;
}

/* The chain has been verified by OpenSSL where it had to be; the name has not. */
static bool check_peer(struct sip_conn *conn)
{
	const struct listener *l = conn->flow->listener;
	X509 *cert = SSL_get0_peer_certificate(conn->tls->ssl);
	char text[DP_ADDR_STRLEN];

	if (conn->accepted ? !l->client_certificates : l->insecure)
		return true;
	if (cert && (conn->accepted || is_wanted(conn, cert))) {
		note_peer(conn, cert);
		return true;
	}
	log_warning("SIP over TLS with %s: its certificate does not name \"%s\"; expected one of the next hop as it is configured",
		    dp_addr_str(&conn->flow->pub.remote, text, sizeof(text)),
		    *conn->host ? conn->host : "this address");
	return false;
}

/* -------------------------------------------------------------------- a connection */

void sip_tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	sip_tls_creds_put(tls->creds);
	free(tls);
}

static bool set_name(SSL *ssl, const char *host)
{
	struct dp_addr addr;

	if (!*host || dp_addr_parse_host(host, &addr))
		return true;		/* RFC 6066: SNI has names only */
	return SSL_set_tlsext_host_name(ssl, host) == 1;
}

static struct tls *make(struct sip_conn *conn)
{
	struct tls_creds *creds = conn->flow->listener->creds;
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return NULL;
	tls->ssl = SSL_new(conn->accepted ? creds->server : creds->client);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->in || !tls->out) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		SSL_free(tls->ssl);
		free(tls);
		return NULL;
	}
	BIO_set_mem_eof_return(tls->in, -1);
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	creds->refs++;
	tls->creds = creds;
	return tls;
}

/* what OpenSSL wants to say; false: the connection was closed */
static bool drain(struct sip_conn *conn)
{
	char *data;
	long len = BIO_get_mem_data(conn->tls->out, &data);
	bool ok;

	if (len <= 0)
		return true;
	ok = sip_conn_write(conn, data, (size_t)len);
	if (ok)
		(void)BIO_reset(conn->tls->out);
	return ok;
}

static void failed(struct sip_conn *conn)
{
	char text[DP_ADDR_STRLEN];
	long verify = SSL_get_verify_result(conn->tls->ssl);

	/* strangers fail in many ways; who serves us should not */
	log_line(conn->accepted ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
		 "SIP over TLS with %s: %s: %s; expected %s",
		 dp_addr_str(&conn->flow->pub.remote, text, sizeof(text)),
		 conn->state == CONN_HANDSHAKE ? "the handshake failed" :
		 "the connection failed",
		 verify != X509_V_OK ? X509_verify_cert_error_string(verify) :
		 openssl_says(),
		 conn->accepted ? "a client of TLS 1.2 or later" :
		 "a certificate that " TRUSTED " vouches for");
	if (drain(conn))		/* the alert */
		sip_conn_close(conn, EPROTO);
}

/* false: the connection was closed */
static bool send_pending(struct sip_conn *conn)
{
	struct bytes pending = conn->pending;
	bool ok = true;

	conn->pending = (struct bytes){ 0 };
	if (pending.n)
		ok = sip_tls_send(conn, pending.p, pending.n);
	free(pending.p);
	return ok;
}

static void handshake(struct sip_conn *conn)
{
	SSL *ssl = conn->tls->ssl;
	int ret;

	ERR_clear_error();
	ret = SSL_do_handshake(ssl);
	if (ret != 1) {
		if (SSL_get_error(ssl, ret) == SSL_ERROR_WANT_READ)
			drain(conn);
		else
			failed(conn);
		return;
	}
	if (!check_peer(conn)) {
		sip_conn_close(conn, EPROTO);
		return;
	}
	conn->state = CONN_OPEN;
	conn->t->counters.handshakes++;
	if (!conn->accepted)
		sip_note_reached(conn->t, SIP_PROTO_TLS,
				 &conn->flow->pub.remote);
	sip_conn_touch(conn);
	if (drain(conn))
		send_pending(conn);
}

bool sip_tls_begin(struct sip_conn *conn)
{
	if (!conn->flow->listener->creds)
		return false;
	conn->tls = make(conn);
	if (!conn->tls)
		return false;
	if (conn->accepted) {
		SSL_set_accept_state(conn->tls->ssl);
		return true;
	}
	SSL_set_connect_state(conn->tls->ssl);
	if (!set_name(conn->tls->ssl, conn->host))
		return false;
	handshake(conn);
	return true;
}

/* more than a message's bytes are not kept: they stay in OpenSSL's buffer */
static int read_into(struct sip_conn *conn)
{
	size_t have = conn->in.n - conn->in.at;
	size_t room = have < SIP_READ_MAX ? SIP_READ_MAX - have : 0;
	char *p;
	int n;

	if (room > 16384)
		room = 16384;		/* a record */
	p = room ? sip_bytes_room(&conn->in, room) : NULL;
	if (!p) {
		sip_conn_close(conn, ENOMEM);
		return -1;
	}
	ERR_clear_error();
	n = SSL_read(conn->tls->ssl, p, (int)room);
	if (n <= 0) {
		if (!have)
			sip_bytes_clear(&conn->in);
		return n;
	}
	conn->in.n += (size_t)n;
	conn->t->unfinished += (size_t)n;
	return n;
}

void sip_tls_more(struct sip_conn *conn)
{
	int n;

	while (conn->state == CONN_OPEN && !conn->paused) {
		n = read_into(conn);
		if (conn->state != CONN_OPEN)
			return;
		if (n > 0) {
			sip_conn_frames(conn);
			continue;
		}
		switch (SSL_get_error(conn->tls->ssl, n)) {
		case SSL_ERROR_WANT_READ:
			drain(conn);
			return;
		case SSL_ERROR_ZERO_RETURN:
			sip_conn_close(conn, ECONNRESET);
			return;
		default:
			failed(conn);
			return;
		}
	}
}

void sip_tls_input(struct sip_conn *conn, const char *data, size_t len)
{
	if (BIO_write(conn->tls->in, data, (int)len) != (int)len) {
		sip_conn_close(conn, ENOMEM);
		return;
	}
	if (conn->state == CONN_HANDSHAKE)
		handshake(conn);
	if (conn->state == CONN_OPEN)
		sip_tls_more(conn);
}

bool sip_tls_send(struct sip_conn *conn, const void *buf, size_t len)
{
	struct bytes *pending = &conn->pending;

	if (conn->state == CONN_OPEN) {
		ERR_clear_error();
		if (SSL_write(conn->tls->ssl, buf, (int)len) == (int)len)
			return drain(conn);
		sip_conn_close(conn, EPROTO);
		return false;
	}
	if (pending->n + len > conn->t->limits.output) {
		conn->t->counters.slow_reader++;
		sip_conn_close(conn, ENOBUFS);
		return false;
	}
	if (sip_bytes_add(pending, buf, len))
		return true;
	sip_conn_close(conn, ENOMEM);
	return false;
}

/* Called while the connection is closed or about to be: what cannot go now is not said. */
void sip_tls_bye(struct sip_conn *conn)
{
	char *data;
	long len;

	ERR_clear_error();
	SSL_shutdown(conn->tls->ssl);
	len = BIO_get_mem_data(conn->tls->out, &data);
	if (len > 0 && conn->out.n == conn->out.at &&
	    send(conn->fd, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("SIP over TLS: no goodbye could be sent: %m");
	(void)BIO_reset(conn->tls->out);
}

/* ------------------------------------------------------------------------ listeners */

int sip_tls_open(struct listener *l, const struct sip_listen *listen, char *error)
{
	int ret;

	if (!listen->certificates)
		return sip_transport_error(error, EINVAL, "a TLS listener has no certificates; expected a folder with " OWN " and " TRUSTED);
	l->certificates = strdup(listen->certificates);
	if (!l->certificates)
		return -ENOMEM;
	ret = sip_tls_reload(l, error);
	return ret ? ret : sip_stream_open(l, listen, error);
}

const struct sip_carrier sip_carrier_tls = {
	.open = sip_tls_open,
	.shut = sip_stream_shut,
	.reload = sip_tls_reload,
	.flow = sip_stream_flow,
	.send = sip_stream_send,
};
