// SPDX-License-Identifier: GPL-2.0
/* What a configuration says that leaves most to us; agent_config.sh has the wrong ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "ktap.h"

/* The realm that these further keys of it make; to be given to config_put() */
static struct config *realm(const char *keys)
{
	char path[] = "/tmp/rtplane.XXXXXX", error[CONFIG_ERROR_LEN] = "";
	struct config *config;
	int fd = mkstemp(path);

	if (fd < 0)
		return NULL;
	dprintf(fd, "ng: [{transport: udp, listen: \"192.0.2.9:2222\", allow: [192.0.2.10]}]\n"
		"realms:\n  - name: one\n    addresses: [{listen: 192.0.2.1}]\n%s"
		"  - name: two\n    addresses: [{listen: 192.0.2.2}]\n"
		"    sip: [{transport: udp}]\n"
		"routes:\n  - {from: two, to: two, next-hop: \"sip:192.0.2.3\"}\n", keys);
	close(fd);
	config = config_load(path, error);
	if (!config)
		printf("# %s\n", error);
	unlink(path);
	return config;
}

#define SIP	"    sip: [{transport: udp}]\n"
#define ACL	"    acl: {allow: [0.0.0.0/0]}\n"

/* help against NAT is for clients: not for next hops, nor for who is trusted */
static bool nat_by_who_is_there(void)
{
	static const struct {
		const char *keys;
		enum config_nat nat;
		bool early;
	} table[] = {
		{ "", CONFIG_NAT_LEARN, false },
		{ SIP, CONFIG_NAT_OFF, true },
		{ SIP ACL, CONFIG_NAT_LEARN, false },
		{ SIP "    acl: {deny: [192.0.2.0/24]}\n", CONFIG_NAT_LEARN, false },
		{ SIP "    acl: {deny: [192.0.2.0/24], default: deny}\n", CONFIG_NAT_OFF, true },
		{ SIP ACL "    trust: yes\n", CONFIG_NAT_OFF, true },
		{ SIP ACL "    trust: no\n", CONFIG_NAT_LEARN, false },
		{ "    trust: yes\n", CONFIG_NAT_OFF, true },
		{ SIP "    latch: {nat: learn}\n", CONFIG_NAT_LEARN, false },
		{ SIP ACL "    trust: yes\n    latch: {nat: source}\n", CONFIG_NAT_SOURCE, false },
		{ SIP ACL "    latch: {nat: off}\n", CONFIG_NAT_OFF, true },
		{ SIP "    latch: {mode: learn}\n", CONFIG_NAT_OFF, false },
	};
	unsigned int i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct config *config = realm(table[i].keys);
		bool ok = config && config->realms[0].latch.nat == table[i].nat &&
			  config->realms[0].latch.early == table[i].early;

		config_put(config);
		if (!ok)
			printf("# row %u\n", i);
		KTAP_CHECK(ok);
	}
	return true;
}

static bool per_source(void)
{
	struct config *config = realm(SIP ACL "    per-source: {messages: 7}\n");
	const struct config_source *s;

	KTAP_CHECK(config);
	s = &config->realms[0].source;
	KTAP_CHECK(s->messages == 7 && s->together == 70);
	KTAP_CHECK(s->calls == 500 && s->ringing == 64);
	KTAP_CHECK(s->ports == 1000 && s->connections == 32 && s->transactions == 1000);
	config_put(config);
	config = realm(SIP ACL "    per-source: {connections: 0, ports: 9, transactions: 0}\n");
	KTAP_CHECK(config);
	s = &config->realms[0].source;
	KTAP_CHECK(s->messages == 200 && s->together == 2000);
	KTAP_CHECK(s->ports == 9 && s->connections == 0 && s->transactions == 0);
	config_put(config);
	return true;
}

/* those that neither list has: by which lists there are, unless the file says it */
static bool access_lists(void)
{
	static const struct {
		const char *lists;
		bool speak;
		bool media;
	} table[] = {
		{ "{}", false, true },
		{ "{allow: [192.0.2.1]}", false, false },
		{ "{deny: [192.0.2.1]}", true, true },
		{ "{allow: [192.0.2.1], deny: [192.0.2.2]}", false, false },
		{ "{allow: [192.0.2.1], deny: [192.0.2.2], default: allow}", true, true },
		{ "{default: allow}", true, true },
		{ "{default: deny}", false, false },
	};
	char keys[512];
	unsigned int i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct config *config;
		bool ok;

		snprintf(keys, sizeof(keys), SIP "    acl: %s\n    media-acl: %s\n",
			 table[i].lists, table[i].lists);
		config = realm(keys);
		ok = config && config->realms[0].acl->others == table[i].speak &&
		     config->realms[0].media_acl->others == table[i].media;
		config_put(config);
		if (!ok)
			printf("# row %u\n", i);
		KTAP_CHECK(ok);
	}
	KTAP_CHECK(!realm(SIP "    media-acl: {deny: [192.0.2.1/24]}\n"));
	KTAP_CHECK(!realm(SIP "    acl: {default: perhaps}\n"));
	return true;
}

static bool phones(void)
{
	struct config *config = realm(SIP ACL "    register: {}\n");
	const struct config_register *r;

	KTAP_CHECK(config);
	r = &config->realms[0].reg;
	KTAP_CHECK(r->enabled && !config->realms[1].reg.enabled);
	KTAP_CHECK(r->interval == 120 && r->registrar == 3600 && r->refresh);
	KTAP_CHECK(r->keepalive == CONFIG_KEEPALIVE_CRLF && r->udp == 25 && r->tcp == 120);
	KTAP_CHECK(!r->unregister && r->bindings == 50000 && r->source == 1000 && r->aor == 10);
	config_put(config);
	config = realm(SIP ACL "    register: {interval: 60, registrar-interval: 0, refresh: no, "
		       "keepalive: options, keepalive-udp: 20, keepalive-tcp: 30, "
		       "unregister: yes, bindings: 7, per-source: 0, per-aor: 2}\n");
	KTAP_CHECK(config);
	r = &config->realms[0].reg;
	KTAP_CHECK(r->interval == 60 && !r->registrar && !r->refresh);
	KTAP_CHECK(r->keepalive == CONFIG_KEEPALIVE_OPTIONS && r->udp == 20 && r->tcp == 30);
	KTAP_CHECK(r->unregister && r->bindings == 7 && !r->source && r->aor == 2);
	config_put(config);
	config = realm(SIP ACL "    register: {keepalive: stun}\n");
	KTAP_CHECK(config && config->realms[0].reg.keepalive == CONFIG_KEEPALIVE_STUN);
	config_put(config);
	KTAP_CHECK(!realm(SIP ACL "    register: {interval: 9}\n"));
	KTAP_CHECK(!realm(SIP ACL "    register: {per-aor: 65}\n"));
	KTAP_CHECK(!realm(SIP ACL "    register: {keepalive: ping}\n"));
	return true;
}

#define H1	"0123456789abcdef0123456789ABCDEF"
#define H2	H1 H1

/* what a file of users says; NULL: what is wrong with it is in @why */
static struct config_users *users(const char *text, char *why, size_t size)
{
	char path[] = "/tmp/rtplane.XXXXXX";
	struct config_users *users;
	int fd = mkstemp(path);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		return NULL;
	close(fd);
	users = config_users_load(path, why, size);
	unlink(path);
	return users;
}

static bool files_of_users(void)
{
	static const struct {
		const char *text;
		const char *says;
	} wrong[] = {
		{ "", "no user" }, { "# none\n", "no user" }, { "alice\n", "line 1" },
		{ "\na:r:" H1 "\nb:r\n", "line 3" }, { "a:r:\n", "its hash" }, { ":r:" H1, "line 1" },
		{ "a::" H1, "line 1" }, { "a:r:" H2, "its hash" }, { "a:r:SHA-256:" H1, "its hash" },
		{ "a:r:SHA-1:" H1, "its algorithm" }, { "a:r:MD5:" H1 ":x", "its hash" },
		{ "a:r:0123456789abcdef0123456789abcdeg", "its hash" }, { "a\"b:r:" H1, "line 1" },
		{ "a:r:" H1 "\nb:r:" H1 "\na:r:MD5:" H1, "two hashes of one kind for a" },
		{ "a:r:" H1 "\nb:r:SHA-256:" H2, "no algorithm that all" },
	};
	struct config_users *u, *other;
	const struct config_user *a;
	char why[512];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		KTAP_CHECK(!users(wrong[i].text, why, sizeof(why)));
		if (!strstr(why, wrong[i].says))
			printf("# %zu: %s\n", i, why);
		KTAP_CHECK(strstr(why, wrong[i].says) && strstr(why, "; expected "));
	}
	KTAP_CHECK(!config_users_load("/nonexistent", why, sizeof(why)) && strstr(why, "/nonexistent"));
	u = users("# phones\r\nb:z.example:" H1 "\r\n\na:z.example:SHA-256:" H2 "\na:z.example:" H1
		  "\na:y.example:MD5:" H1 "\nab:z.example:" H1, why, sizeof(why));
	KTAP_CHECK(u && u->n == 4 && u->has[CONFIG_MD5] && !u->has[CONFIG_SHA256] && !u->has[CONFIG_SHA512_256]);
	a = config_users_find(u, SPAN("z.example"), SPAN("a"));
	KTAP_CHECK(a && a->ha1[CONFIG_SHA256] && !strcmp(a->ha1[CONFIG_MD5], "0123456789abcdef0123456789abcdef"));
	KTAP_CHECK(config_users_find(u, SPAN("z.example"), SPAN("ab")) && config_users_find(u, SPAN("y.example"), SPAN("a")));
	KTAP_CHECK(!config_users_find(u, SPAN("y.example"), SPAN("b")) && !config_users_find(u, SPAN("z.example"), SPAN("")));
	KTAP_CHECK(!config_users_find(u, SPAN("z.exampl"), SPAN("a")) && !config_users_find(u, SPAN("z.example"), SPAN("abc")));
	KTAP_CHECK(!strcmp(config_users_realm(u, SPAN("Y.example")), "y.example"));
	KTAP_CHECK(!strcmp(config_users_realm(u, SPAN("192.0.2.1")), "z.example"));
	KTAP_CHECK(u->realm[0] && u->realm[1] && !u->realm[2]);
	other = users("a:z.example:" H1, why, sizeof(why));
	KTAP_CHECK(other && !config_users_eq(u, other) && config_users_eq(u, u) && config_users_eq(NULL, NULL));
	KTAP_CHECK(!config_users_eq(u, NULL));
	config_users_free(u);
	config_users_free(other);
	return true;
}

/* whose is what came to @port from @source, as @domain? its name */
static const char *whose(const struct config *c, uint16_t port, const char *source, const char *domain)
{
	const struct config_tenants *t = &c->realms[0].tenants;
	struct dp_addr addr;
	int at;

	if (!dp_addr_parse_host(source, &addr))
		return "?";
	at = config_tenant_at(t, port, &addr, span_of(domain));
	return at < 0 ? "nobody" : t->tenant[at].name;
}

static bool tenants(void)
{
	static const char *const wrong[] = {
		"[{name: a}, {name: b}, {name: a}]", "[{name: a, domains: [x.example]}, {name: b, domains: [X.example]}]",
		"[{name: a, listeners: [5061]}]", "[{name: a, listeners: [5060]}, {name: b, listeners: [5060]}]",
		"[{name: a, sources: [192.0.2.1/24]}]", "[{name: a, calls: 1000001}]", "[{}]",
	};
	char keys[512];
	struct config *c, *d;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(keys, sizeof(keys), SIP "    tenants: %s\n", wrong[i]);
		KTAP_CHECK(!realm(keys));
	}
	c = realm("    sip: [{transport: udp, alternative-ports: [5070]}]\n"
		  "    tenants:\n"
		  "      - {name: a, domains: [B.example, A.example], calls: 3, rate: 4, bindings: 5, media-ports: 6}\n"
		  "      - {name: b, sources: [192.0.2.0/24, \"2001:db8::/32\"]}\n"
		  "      - {name: c, sources: [192.0.2.128/25, 198.51.100.7], domains: [c.example]}\n"
		  "      - {name: d, listeners: [5070]}\n");
	KTAP_CHECK(c && c->realms[0].tenants.n == 4 && !c->realms[1].tenants.n);
	KTAP_CHECK(!strcmp(whose(c, 5060, "203.0.113.1", "a.EXAMPLE"), "a"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "203.0.113.1", "b.example"), "a"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "203.0.113.1", "c.example"), "c"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "203.0.113.1", "bb.example"), "nobody"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "203.0.113.1", ""), "nobody"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "192.0.2.1", "a.example"), "b"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "192.0.2.129", "a.example"), "c"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "198.51.100.7", "x"), "c") && !strcmp(whose(c, 5060, "198.51.100.8", "x"), "nobody"));
	KTAP_CHECK(!strcmp(whose(c, 5060, "2001:db8::1", "x"), "b"));
	KTAP_CHECK(!strcmp(whose(c, 5070, "192.0.2.1", "a.example"), "d"));
	KTAP_CHECK(config_tenant_find(&c->realms[0].tenants, "c") == 2 && config_tenant_find(&c->realms[0].tenants, "e") < 0);
	KTAP_CHECK(c->realms[0].tenants.tenant[0].calls == 3 && c->realms[0].tenants.tenant[0].rate == 4 &&
		   c->realms[0].tenants.tenant[0].bindings == 5 && c->realms[0].tenants.tenant[0].ports == 6);
	d = realm(SIP "    tenants: [{name: a, domains: [a.example]}]\n");
	KTAP_CHECK(d && !config_tenants_eq(&c->realms[0].tenants, &d->realms[0].tenants) &&
		   config_tenants_eq(&c->realms[0].tenants, &c->realms[0].tenants));
	config_put(c);
	config_put(d);
	return true;
}

static const struct ktap_point points[] = {
	{ "who is helped against NAT, by who may be there", nat_by_who_is_there },
	{ "what one source may have", per_source },
	{ "who may speak, where media may go", access_lists },
	{ "phones that register", phones },
	{ "files of users", files_of_users },
	{ "tenants: whose is it, and what may he", tenants },
};

int main(void)
{
	return KTAP_RUN(points);
}
