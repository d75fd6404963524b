/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control protocol's front end without sockets, on a datapath that is a table of
 * legs (session_lib.h): requests go in as text, replies are read.
 */
#ifndef UNIT_NG_LIB_H
#define UNIT_NG_LIB_H

#include <stdarg.h>

#include "base/log.h"
#include "dtls/dtls.h"
#include "ng/private.h"
#include "session_lib.h"

static struct loop *loop;
static struct dtls_pool *threads;
static struct config *config;
static struct ng *ng;
static struct dp_addr proxy;

static inline struct session_policy *policy_of(const char *realm, void *arg)
{
	return strcmp(realm, "access") ? core_policy : access_policy;
}

static inline struct config *load(void)
{
	static const char yaml[] =
		"answer-timeout: 100\nmedia-timeout: 300\n"
		"ng-interfaces: [{name: pub, realm: access}]\n"
		"ng: [{transport: udp, listen: '127.0.0.1:42223', allow: [127.0.0.1]}]\n"
		"realms: [{name: access, addresses: [{listen: 127.0.0.1}]},"
		" {name: core, addresses: [{listen: 127.0.0.2}]}]\n";
	const char *tmp = getenv("TMPDIR");
	char path[128], error[CONFIG_ERROR_LEN];
	struct config *loaded;
	FILE *out;

	snprintf(path, sizeof(path), "%s/ngcall.%d.yaml",
		 tmp && strlen(tmp) < 80 ? tmp : "/tmp", getpid());
	out = fopen(path, "w");
	if (!out)
		return NULL;
	fputs(yaml, out);
	fclose(out);
	loaded = config_load(path, error);
	unlink(path);
	if (!loaded)
		printf("# %s\n", error);
	return loaded;
}

static inline void close_ng(void)
{
	ng_free(ng);
	loop_free(loop);
	config_put(config);
	ng = NULL;
	loop = NULL;
	config = NULL;
}

static inline bool open_ng(void)
{
	struct ng_conf ng_conf = { .policy = policy_of };

	close_ng();	/* of a test that failed */
	prepare();
	proxy = at("127.0.0.1:5060");
	loop = loop_new();
	config = load();
	if (!loop || !config)
		return false;
	ng_conf.loop = loop;
	ng_conf.config = config;
	ng_conf.sessions = sessions;
	ng = ng_new(&ng_conf);
	return ng;
}

/* what stands on the pool goes before it, and the loop last */
static inline bool done(void)
{
	bool ok;

	ng_free(ng);
	ng = NULL;
	ok = finish();
	dtls_pool_free(threads);
	threads = NULL;
	close_ng();
	return ok;
}

/* --- requests --- */

static char reply[70000];
static bool datagram = true;
static struct ng_tree tree;

/* the reply, read; NULL: none, or it is none */
static inline const struct ng_value *raw(struct span message)
{
	enum ng_encoding encoding;
	char why[NG_WHY_LEN], *got, *blank;
	size_t len;

	ng_tree_clear(&tree);
	got = ng_request(ng, &proxy, datagram, message, &len);
	if (!got)
		return NULL;
	snprintf(reply, sizeof(reply), "%s", got);
	free(got);
	blank = strchr(reply, ' ');
	if (!blank || !ng_tree_read(&tree, (struct span){ blank + 1, len - (size_t)(blank + 1 - reply) },
				    &encoding, why))
		return NULL;
	return tree.root;
}

static inline size_t put(char *to, size_t n, const char *word)
{
	return n + (size_t)sprintf(to + n, "%zu:%s", strlen(word), word);
}

/* "+key" is followed by a list, in one text parted by commas; up to a NULL */
static inline const struct ng_value *ask(const char *command, ...)
{
	static char message[20000];
	const char *key, *value;
	size_t n, part;
	char one[256];
	va_list ap;

	n = (size_t)sprintf(message, "1 d7:command");
	n = put(message, n, command);
	va_start(ap, command);
	while ((key = va_arg(ap, const char *))) {
		value = va_arg(ap, const char *);
		n = put(message, n, key + (*key == '+'));
		if (*key != '+') {
			n = put(message, n, value);
			continue;
		}
		message[n++] = 'l';
		while (*value) {
			part = strcspn(value, ",");
			snprintf(one, sizeof(one), "%.*s", (int)part, value);
			n = put(message, n, one);
			value += part + (value[part] == ',');
		}
		message[n++] = 'e';
	}
	va_end(ap);
	message[n++] = 'e';
	return raw((struct span){ message, n });
}

static inline const char *field(const char *key)
{
	static char value[20000];

	return span_str(ng_get_text(tree.root, key), value, sizeof(value)) &&
	       ng_get(tree.root, key) ? value : "";
}

/* ok, and its description is in text */
static inline bool ok(const struct ng_value *root)
{
	if (!root || strcmp(field("result"), "ok")) {
		printf("# %s\n", reply);
		return false;
	}
	session_text_free(text);
	text = strdup(field("sdp"));
	return true;
}

static inline bool error_is(const struct ng_value *root, const char *reason)
{
	bool is = root && !strcmp(field("result"), "error") &&
		  !strcmp(field("error-reason"), reason);

	if (!is)
		printf("# %s\n", reply);
	return is;
}

#define CALL	"call-id", "c1"
#define FROM	"from-tag", "f"
#define TO	"to-tag", "t"
#define FLAGS	"+flags", "trust-address,replace-origin,replace-session-connection"
#define DIR	"+direction", "external,internal"
#define RECV_A	"+received-from", "IP4,192.0.2.1"
#define RECV_B	"+received-from", "IP4,198.51.100.1"
#define ANSWER	"m=audio 8000 RTP/AVP 0\r\n"

static inline const struct ng_value *offer_a(void)
{
	return ask("offer", CALL, FROM, DIR, RECV_A, FLAGS, "sdp", sdp_of(A4, PCMU), NULL);
}

static inline const struct ng_value *answer_b(void)
{
	return ask("answer", CALL, FROM, TO, RECV_B, "sdp", sdp_of(B4, ANSWER), NULL);
}

static inline bool call_up(void)
{
	return ok(offer_a()) && ok(answer_b());
}

static inline void pass_ms(unsigned int ms)
{
	struct timers *t = loop_timers(loop);

	timers_run(t, t->now + ms);
}

static inline void pass(unsigned int seconds)
{
	pass_ms(seconds * 1000);
}

#endif /* UNIT_NG_LIB_H */
