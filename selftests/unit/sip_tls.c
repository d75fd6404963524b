// SPDX-License-Identifier: GPL-2.0
/*
 * SIP over TLS on loopback addresses, with authorities and certificates of the
 * test's own: who is believed to be whom.  Both ends are realms of one transport,
 * but for those who speak TLS in ways that we do not.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "base/log.h"
#include "sipnet.h"
#include "wsnet.h"

#define SERVER	"127.0.0.1"
#define CLIENT	"127.0.0.2"

/* ------------------------------------------------------------------ certificates */

/**
 * struct identity - a certificate and its key
 * @cert: the certificate
 * @key: its key
 */
struct identity {
	X509 *cert;
	EVP_PKEY *key;
};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* @names: as OpenSSL's subjectAltName, NULL: an authority; valid from a day ago */
static struct identity issue(const char *cn, const char *names,
			     const struct identity *by, long seconds)
{
	struct identity id = { .cert = X509_new(), .key = EVP_EC_gen("P-256") };
	static long serial;
	X509_NAME *name;

	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -86400);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), seconds);
	name = X509_get_subject_name(id.cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(id.cert, by ? X509_get_subject_name(by->cert) : name);
	X509_set_pubkey(id.cert, id.key);
	if (names)
		extend(id.cert, NID_subject_alt_name, names);
	else
		extend(id.cert, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(id.cert, by ? by->key : id.key, EVP_sha256());
	return id;
}

static void discard(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
}

static char folder[2][64];	/* the server's, the client's */

static bool save(const char *dir, const char *file, const struct identity *id,
		 bool key)
{
	char path[128];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "w");
	if (!f)
		return false;
	ok = PEM_write_X509(f, id->cert) == 1 &&
	     (!key || PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL,
					   NULL) == 1);
	return !fclose(f) && ok;
}

static void drop(const char *dir, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	unlink(path);
}

static struct identity authority, stranger;

static bool make_folders(void)
{
	const char *tmp = getenv("TMPDIR");
	int i;

	authority = issue("test authority", NULL, NULL, 86400);
	stranger = issue("another authority", NULL, NULL, 86400);
	for (i = 0; i < 2; i++) {
		snprintf(folder[i], sizeof(folder[i]), "%s/sip_tls.XXXXXX",
			 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
		if (!mkdtemp(folder[i]))
			return false;
	}
	return true;
}

static void remove_folders(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		drop(folder[i], "agent.pem");
		drop(folder[i], "cafile.pem");
		drop(folder[i], "further.pem");
		rmdir(folder[i]);
	}
	discard(&authority);
	discard(&stranger);
}

/* ------------------------------------------------------------------- both ends */

/**
 * struct pair - a server's and a client's realm
 * @net: the transport
 * @server: listener
 * @client: listener, for its realm to connect from
 * @watch: of the client's flow
 * @lost: it is over
 * @error: why
 */
struct pair {
	struct net net;
	struct sip_listener *server;
	struct sip_listener *client;
	struct sip_flow_watch watch;
	bool lost;
	int error;
};

static void lost(struct sip_flow *flow, int error, void *arg)
{
	struct pair *pair = arg;

	(void)flow;
	pair->lost = true;
	pair->error = error;
}

/* the server shows @id, the client shows @id too and trusts @authority */
static bool open_pair(struct pair *pair, const struct identity *id,
		      struct sip_listen server, struct sip_listen client)
{
	static const struct sip_limits limits = { .handshake_ms = 300 };
	struct identity own = issue("phone.example", "DNS:phone.example",
				    &authority, 86400);

	memset(pair, 0, sizeof(*pair));
	pair->watch = (struct sip_flow_watch){ .lost = lost, .arg = pair };
	net_begin(&pair->net, &limits);
	if (!save(folder[0], "agent.pem", id, true) ||
	    !save(folder[0], "cafile.pem", &authority, false) ||
	    !save(folder[1], "agent.pem", &own, true) ||
	    !save(folder[1], "cafile.pem", &authority, false))
		return false;
	discard(&own);
	server.certificates = folder[0];
	server.realm = &pair->server;
	client.certificates = folder[1];
	client.realm = &pair->client;
	pair->server = net_listen(&pair->net, SIP_PROTO_TLS, SERVER, server);
	pair->client = net_listen(&pair->net, SIP_PROTO_TLS, CLIENT, client);
	return pair->server && pair->client;
}

/* connect to @host, say something, and see whether it comes: 1; 0: it is over */
static int talk(struct pair *pair, const char *host, const char *call_id)
{
	struct sip_target target = {
		.proto = SIP_PROTO_TLS, .addr = pair->server->local,
	};
	struct sip_flow *flow = NULL;
	char buf[1024];
	size_t n;

	snprintf(target.host, sizeof(target.host), "%s", host);
	pair->lost = false;
	if (sip_transport_flow(pair->net.t, &pair->client, &target, &flow))
		return -1;
	sip_flow_unwatch(&pair->watch);
	sip_flow_watch(flow, &pair->watch);
	sip_flow_unref(flow);
	n = net_options(buf, sizeof(buf), call_id,
			"TLS 127.0.0.2:%u;branch=z9hG4bK%s", pair->client->local.port,
			call_id);
	if (sip_flow_send(flow, buf, n))
		return -1;
	*pair->net.call_id = '\0';
	if (!NET_UNTIL(&pair->net, pair->lost ||
		       !strcmp(pair->net.call_id, call_id)))
		return -1;
	return !pair->lost;
}

static void close_pair(struct pair *pair)
{
	sip_flow_unwatch(&pair->watch);
	net_end(&pair->net);
}

/* ----------------------------------------------------------------------- points */

static bool names(void)
{
	static const struct {
		const char *names;	/* of the certificate */
		const char *host;	/* that is wanted */
		int ok;
	} cases[] = {
		{ "DNS:pbx.example", "pbx.example", 1 },
		{ "DNS:pbx.example", "PBX.Example", 1 },
		{ "DNS:pbx.example", "other.example", 0 },
		{ "DNS:pbx.example", "example", 0 },
		{ "DNS:pbx.example", "", 0 },
		{ "DNS:*.example.com", "a.example.com", 1 },
		{ "DNS:*.example.com", "a.b.example.com", 0 },
		{ "URI:sip:pbx.example", "pbx.example", 1 },
		{ "URI:sip:pbx.example", "bx.example", 0 },
		{ "URI:https://pbx.example", "pbx.example", 0 },
		{ "IP:127.0.0.1", "", 1 },
		{ "IP:127.0.0.1", "127.0.0.1", 1 },
		{ "IP:127.0.0.3", "", 0 },
	};
	struct identity id;
	struct pair pair;
	unsigned int i;
	int ok;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		id = issue("x", cases[i].names, &authority, 86400);
		KTAP_CHECK(open_pair(&pair, &id, (struct sip_listen){ 0 },
				     (struct sip_listen){ 0 }));
		ok = talk(&pair, cases[i].host, "names");
		if (ok != cases[i].ok || (!ok && pair.error != EPROTO) ||
		    (!ok && pair.net.messages)) {
			printf("# %s for \"%s\": %d, error %d\n", cases[i].names,
			       cases[i].host, ok, pair.error);
			return false;
		}
		close_pair(&pair);
		discard(&id);
	}
	return true;
}

/* expired, of another authority, of none: refused, unless somebody wished otherwise */
static bool authorities(void)
{
	struct identity id[] = {
		issue("x", "DNS:pbx.example", &authority, -3600),
		issue("x", "DNS:pbx.example", &stranger, 86400),
		issue("x", "DNS:pbx.example", NULL, 86400),
	};
	struct pair pair;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		KTAP_CHECK(open_pair(&pair, &id[i], (struct sip_listen){ 0 },
				     (struct sip_listen){ 0 }));
		KTAP_CHECK(talk(&pair, "pbx.example", "a") == 0);
		KTAP_CHECK(pair.error == EPROTO && !pair.net.messages);
		KTAP_CHECK(net_counters(&pair.net)->handshake_failed > 0);
		close_pair(&pair);
		KTAP_CHECK(open_pair(&pair, &id[i], (struct sip_listen){ 0 },
				     (struct sip_listen){ .insecure = true }));
		KTAP_CHECK(talk(&pair, "pbx.example", "b") == 1);
		close_pair(&pair);
		discard(&id[i]);
	}
	return true;
}

static bool clients(void)
{
	struct identity id = issue("x", "DNS:pbx.example", &authority, 86400);
	struct identity bad = issue("y", "DNS:y.example", &stranger, 86400);
	struct pair pair;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	char c;
	int fd, ret = -1, i;

	KTAP_CHECK(open_pair(&pair, &id, (struct sip_listen){ .client_certificates = true },
			     (struct sip_listen){ 0 }));
	KTAP_CHECK(talk(&pair, "pbx.example", "known") == 1);
	KTAP_CHECK(pair.net.flow->listener == pair.server);
	KTAP_CHECK(!strcmp(pair.net.flow->peer, "phone.example"));
	/* one of another authority */
	KTAP_CHECK(save(folder[1], "agent.pem", &bad, true));
	{
		char error[SIP_TRANSPORT_ERROR_LEN];
		struct sip_flow *old = sip_flow_ref(pair.watch.flow);

		KTAP_CHECK(!sip_listener_reload(pair.client, error));
		sip_flow_close(old);
		sip_flow_unref(old);
		KTAP_CHECK(NET_UNTIL(&pair.net, pair.lost));
	}
	KTAP_CHECK(talk(&pair, "pbx.example", "unknown") == 0);
	/* and none at all */
	fd = net_socket(pair.server, CLIENT);
	SSL_set_fd(ssl, fd);
	for (i = 0; i < 50; i++) {
		struct timeval tv = { .tv_usec = 2000 };

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		ret = SSL_connect(ssl);
		if (ret == 1)
			ret = SSL_read(ssl, &c, 1);
		loop_turn(pair.net.loop, 1);
	}
	KTAP_CHECK(ret <= 0 && pair.net.messages == 1);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	close_pair(&pair);
	discard(&id);
	discard(&bad);
	return true;
}

/* SNI: each name has its own certificate, and unknown ones get the first */
static bool several_names(void)
{
	struct identity a = issue("a", "DNS:a.example", &authority, 86400);
	struct identity b = issue("b", "DNS:b.example", &authority, 86400);
	struct pair pair;

	KTAP_CHECK(save(folder[0], "further.pem", &b, true));
	KTAP_CHECK(open_pair(&pair, &a, (struct sip_listen){ 0 },
			     (struct sip_listen){ 0 }));
	KTAP_CHECK(talk(&pair, "a.example", "a") == 1);
	KTAP_CHECK(talk(&pair, "b.example", "b") == 1);
	KTAP_CHECK(net_counters(&pair.net)->connections == 2);	/* not one for both */
	KTAP_CHECK(talk(&pair, "b.example", "c") == 1);
	KTAP_CHECK(net_counters(&pair.net)->connections == 2);
	KTAP_CHECK(talk(&pair, "c.example", "d") == 0);
	close_pair(&pair);
	drop(folder[0], "further.pem");
	discard(&a);
	discard(&b);
	return true;
}

static bool reload(void)
{
	struct identity old = issue("old", "DNS:old.example", &authority, 86400);
	struct identity new = issue("new", "DNS:new.example", &authority, 86400);
	char error[SIP_TRANSPORT_ERROR_LEN] = "";
	struct sip_flow *kept;
	char buf[1024];
	struct pair pair;
	size_t n;

	KTAP_CHECK(open_pair(&pair, &old, (struct sip_listen){ 0 },
			     (struct sip_listen){ 0 }));
	KTAP_CHECK(talk(&pair, "old.example", "one") == 1);
	kept = sip_flow_ref(pair.watch.flow);
	/* what cannot be read changes nothing, and says why */
	drop(folder[0], "agent.pem");
	KTAP_CHECK(sip_listener_reload(pair.server, error) < 0);
	KTAP_CHECK(strstr(error, "agent.pem") && strstr(error, "expected"));
	KTAP_CHECK(save(folder[0], "agent.pem", &new, false));	/* no key */
	KTAP_CHECK(sip_listener_reload(pair.server, error) < 0);
	KTAP_CHECK(talk(&pair, "old.example", "two") == 1);
	/* new ones are for connections to come, the others go on */
	KTAP_CHECK(save(folder[0], "agent.pem", &new, true));
	KTAP_CHECK(!sip_listener_reload(pair.server, error));
	KTAP_CHECK(talk(&pair, "new.example", "three") == 1);
	KTAP_CHECK(kept->conn);
	n = net_options(buf, sizeof(buf), "four", "TLS 127.0.0.2;branch=z9hG4bK4");
	KTAP_CHECK(!sip_flow_send(kept, buf, n));
	KTAP_CHECK(NET_UNTIL(&pair.net, !strcmp(pair.net.call_id, "four")));
	sip_flow_close(kept);
	KTAP_CHECK(NET_UNTIL(&pair.net, !kept->conn));
	sip_flow_unref(kept);
	KTAP_CHECK(talk(&pair, "old.example", "five") == 0);
	close_pair(&pair);
	discard(&old);
	discard(&new);
	return true;
}

/* who says nothing, something else, or an old version, is gone soon */
static bool no_handshake(void)
{
	static const char *const cases[] = { "", "OPTIONS sip:x SIP/2.0\r\n\r\n" };
	struct identity id = issue("x", "DNS:pbx.example", &authority, 86400);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct timeval tv = { .tv_usec = 2000 };
	struct pair pair;
	unsigned int i;
	SSL *ssl;
	int fd;

	KTAP_CHECK(open_pair(&pair, &id, (struct sip_listen){ 0 },
			     (struct sip_listen){ 0 }));
	for (i = 0; i < 2; i++) {
		fd = net_socket(pair.server, CLIENT);
		KTAP_CHECK(fd >= 0 && net_say(fd, cases[i], strlen(cases[i])));
		KTAP_CHECK(net_gone(&pair.net, fd));
		close(fd);
		KTAP_CHECK(NET_UNTIL(&pair.net,
				     net_counters(&pair.net)->handshake_failed == i + 1));
	}
	/* TLS 1.1 */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	ssl = SSL_new(ctx);
	fd = net_socket(pair.server, CLIENT);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	SSL_set_fd(ssl, fd);
	for (i = 0; i < 50; i++) {
		KTAP_CHECK(SSL_connect(ssl) != 1);
		loop_turn(pair.net.loop, 1);
	}
	KTAP_CHECK(net_counters(&pair.net)->handshake_failed == 3);
	KTAP_CHECK(!pair.net.messages);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	close_pair(&pair);
	discard(&id);
	return true;
}

/* much, and in both directions, with answers */
static bool big_messages(void)
{
	struct identity id = issue("x", "DNS:pbx.example", &authority, 86400);
	static char buf[60000];
	struct pair pair;
	size_t n, body = 50000;
	unsigned int i;

	KTAP_CHECK(open_pair(&pair, &id, (struct sip_listen){ 0 },
			     (struct sip_listen){ 0 }));
	KTAP_CHECK(talk(&pair, "pbx.example", "first") == 1);
	n = (size_t)sprintf(buf, "OPTIONS sip:x@y SIP/2.0\r\n"
			    "Via: SIP/2.0/TLS 127.0.0.2:%u;branch=z9hG4bKbig\r\n"
			    "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: big\r\n"
			    "CSeq: 1 OPTIONS\r\nContent-Type: text/plain\r\n"
			    "Content-Length: %zu\r\n\r\n", pair.client->local.port, body);
	memset(buf + n, 'x', body);
	n += body;
	pair.net.messages = 0;
	for (i = 0; i < 20; i++) {
		KTAP_CHECK(!sip_flow_send(pair.watch.flow, buf, n));
		/* the request, and its answer */
		KTAP_CHECK(NET_UNTIL(&pair.net, pair.net.messages == 2 * (i + 1)));
	}
	KTAP_CHECK(!pair.lost && !pair.net.faults);
	close_pair(&pair);
	discard(&id);
	return true;
}

/* ------------------------------------------------- WebSocket over TLS (RFC 7118) */

/**
 * struct browser - a client by OpenSSL alone
 * @net: whose loop turns meanwhile
 * @fd: its socket
 * @ssl: TLS on it
 */
struct browser {
	struct net *net;
	int fd;
	SSL *ssl;
};

/* turn until it has been done; false: it cannot be */
#define BROWSER_DOES(b, what)						\
	({								\
		int browser_ret = -1;					\
									\
		NET_UNTIL((b)->net, (browser_ret = (what)) > 0 ||	\
			  SSL_get_error((b)->ssl, browser_ret) !=	\
			  SSL_ERROR_WANT_READ);				\
		browser_ret > 0;					\
	})

static bool browser_comes(struct browser *b, struct net *net,
			  const struct sip_listener *l, SSL_CTX *ctx, const char *name)
{
	b->net = net;
	b->fd = net_socket(l, CLIENT);
	b->ssl = SSL_new(ctx);
	if (b->fd < 0 || fcntl(b->fd, F_SETFL, O_NONBLOCK))
		return false;
	SSL_set_fd(b->ssl, b->fd);
	SSL_set_tlsext_host_name(b->ssl, name);
	return BROWSER_DOES(b, SSL_connect(b->ssl));
}

static bool browser_sees(const struct browser *b, const char *name)
{
	return X509_check_host(SSL_get0_peer_certificate(b->ssl), name, 0, 0, NULL) == 1;
}

/* what comes next, and something with it in it */
static bool browser_hears(struct browser *b, const char *what)
{
	char buf[4096];
	int n = -1;

	if (!BROWSER_DOES(b, n = SSL_read(b->ssl, buf, sizeof(buf))))
		return false;
	return memmem(buf, (size_t)n, what, strlen(what));
}

static bool browser_says(struct browser *b, const char *text, size_t n)
{
	return BROWSER_DOES(b, SSL_write(b->ssl, text, (int)n));
}

static void browser_goes(struct browser *b)
{
	SSL_free(b->ssl);
	close(b->fd);
}

static bool web_sockets(void)
{
	struct identity a = issue("a", "DNS:a.example", &authority, 86400);
	struct identity b = issue("b", "DNS:b.example", &authority, 86400);
	struct identity new = issue("n", "DNS:new.example", &authority, 86400);
	struct sip_listen listen = { .certificates = folder[0] };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char error[SIP_TRANSPORT_ERROR_LEN];
	struct browser first, second;
	char text[1024], frame[1100];
	struct sip_listener *l;
	struct net net;
	size_t n;

	net_begin(&net, NULL);
	KTAP_CHECK(save(folder[0], "agent.pem", &a, true));
	KTAP_CHECK(save(folder[0], "further.pem", &b, true));
	l = net_listen(&net, SIP_PROTO_WSS, SERVER, listen);
	KTAP_CHECK(l);
	/* the certificate of the name that is asked for, a greeting, a message, its answer */
	KTAP_CHECK(browser_comes(&first, &net, l, ctx, "b.example"));
	KTAP_CHECK(browser_sees(&first, "b.example"));
	KTAP_CHECK(browser_says(&first, WS_ASK, strlen(WS_ASK)));
	KTAP_CHECK(browser_hears(&first, WS_ACCEPT));
	n = net_options(text, sizeof(text), "one", "WSS a.invalid;branch=z9hG4bK1");
	n = ws_frame(frame, WS_FIN | WS_TEXT, text, n);
	KTAP_CHECK(browser_says(&first, frame, n));
	KTAP_CHECK(browser_hears(&first, "SIP/2.0 200 "));
	KTAP_CHECK(net.flow->proto == SIP_PROTO_WSS);
	/* others see what was renewed, and who was there goes on */
	KTAP_CHECK(save(folder[0], "agent.pem", &new, true));
	KTAP_CHECK(!sip_listener_reload(l, error));
	KTAP_CHECK(browser_comes(&second, &net, l, ctx, "new.example"));
	KTAP_CHECK(browser_sees(&second, "new.example"));
	KTAP_CHECK(browser_says(&first, frame, n));
	KTAP_CHECK(browser_hears(&first, "SIP/2.0 200 "));
	/* a goodbye of both layers */
	sip_flow_close(net.flow);
	KTAP_CHECK(browser_hears(&first, "\x88\x02\x03\xe9"));
	KTAP_CHECK(!browser_hears(&first, ""));
	KTAP_CHECK(SSL_get_shutdown(first.ssl) & SSL_RECEIVED_SHUTDOWN);
	browser_goes(&first);
	browser_goes(&second);
	SSL_CTX_free(ctx);
	net_end(&net);
	drop(folder[0], "further.pem");
	discard(&a);
	discard(&b);
	discard(&new);
	return true;
}

/* a folder that says nothing is no listener */
static bool no_certificates(void)
{
	char error[SIP_TRANSPORT_ERROR_LEN];
	struct sip_listen listen = { .proto = SIP_PROTO_TLS };
	struct sip_listener *l = NULL;
	struct net net;

	net_begin(&net, NULL);
	dp_addr_parse_host(SERVER, &listen.local);
	KTAP_CHECK(sip_transport_listen(net.t, &listen, &l, error) < 0);
	KTAP_CHECK(strstr(error, "expected"));
	listen.certificates = "/nowhere";
	KTAP_CHECK(sip_transport_listen(net.t, &listen, &l, error) < 0);
	KTAP_CHECK(strstr(error, "/nowhere") && strstr(error, "expected") && !l);
	listen = (struct sip_listen){ .proto = SIP_PROTO_WSS, .local = listen.local };
	KTAP_CHECK(sip_transport_listen(net.t, &listen, &l, error) < 0 && !l);
	net_end(&net);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a server must have the name that is wanted", names },
		{ "a server must have a certificate of who is trusted", authorities },
		{ "a client must, where that is wished", clients },
		{ "one listener has certificates of several names", several_names },
		{ "certificates are read again, and connections stay", reload },
		{ "what is no handshake is closed in its time", no_handshake },
		{ "big messages go whole, both ways", big_messages },
		{ "WebSocket over TLS: names, certificates that are renewed, goodbye", web_sockets },
		{ "without certificates there is no listener", no_certificates },
	};
	int ret;

	log_set_level(getenv("SIP_TLS_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	if (!make_folders())
		return 1;
	ret = KTAP_RUN(points);
	remove_folders();
	return ret;
}
