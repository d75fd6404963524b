// SPDX-License-Identifier: GPL-2.0
/* URIs: what is one, and which are equivalent (RFC 3261 19.1.4, RFC 3966 5). */
#include <string.h>

#include "ktap.h"
#include "sip/uri.h"

struct pair {
	bool equal;
	const char *a, *b;
};

/* the examples of RFC 3261 19.1.4 first */
static const struct pair pairs[] = {
	{ true, "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp" },
	{ true, "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
	{ true, "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on" },
	{ true, "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com" },
	{ true, "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		"sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
	{ false, "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP" },
	{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
	{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
	{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
	{ false, "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting" },
	{ false, "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
	{ false, "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off" },
	/* more of the kind */
	{ true, "sip:a@h", "SIP:a@H" }, { false, "sip:a@h", "sips:a@h" },
	{ false, "sip:a@h", "sip:A@h" }, { false, "sip:a@h", "sip:h" },
	{ false, "sip:a:x@h", "sip:a@h" }, { false, "sip:a:x@h", "sip:a:y@h" },
	{ true, "sip:a%2db@h", "sip:a-b@h" }, { false, "sip:a%3Bb@h", "sip:a;b@h" },
	{ true, "sip:a%3bb@h", "sip:a%3Bb@h" }, { true, "sip:a%@h", "sip:a%25@h;x" },
	{ false, "sip:%41@h", "sip:a@h" }, { false, "sip:a@h", "sip:ab@h" },
	{ false, "sip:h;maddr=192.0.2.1", "sip:h" }, { false, "sip:h", "sip:h;maddr=192.0.2.1" },
	{ false, "sip:h;user=phone", "sip:h" }, { false, "sip:h;ttl=1", "sip:h" },
	{ false, "sip:h;method=INVITE", "sip:h" }, { true, "sip:h;lr", "sip:h" },
	{ false, "sip:h;x=1", "sip:h;x" }, { false, "sip:h;transport=tcp", "sip:h;transport=tls" },
	{ true, "sip:[2001:DB8::1]", "sip:[2001:db8:0:0::1]" },
	{ false, "sip:[2001:db8::1]", "sip:[2001:db8::2]" },
	{ true, "sip:[::ffff:192.0.2.1]", "sip:192.0.2.1" },
	{ true, "sip:h?a=1&b=2", "sip:h?b=2&a=1" }, { false, "sip:h?a=1", "sip:h?a=1&b=2" },
	{ false, "sip:h?a=1", "sip:h?a=2" },
	{ true, "tel:+49-30-123", "tel:+4930(123)" }, { false, "tel:+4930123", "tel:4930123" },
	{ true, "tel:7042;phone-context=example.com;x=1", "tel:7042;x=1;phone-context=EXAMPLE.com" },
	{ false, "tel:7042;phone-context=example.com", "tel:7042" },
	{ false, "tel:70421", "tel:7042" }, { true, "tel:12A", "tel:12a" },
	{ true, "urn:service:sos", "urn:service:sos" }, { false, "urn:service:sos", "urn:service:SOS" },
	{ false, "urn:service:sos", "sip:h" },
};

static bool equality(void)
{
	struct sip_uri a, b;
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		KTAP_CHECK(!sip_uri_parse(span_of(pairs[i].a), &a));
		KTAP_CHECK(!sip_uri_parse(span_of(pairs[i].b), &b));
		if (sip_uri_eq(&a, &b) == pairs[i].equal &&
		    sip_uri_eq(&b, &a) == pairs[i].equal &&
		    sip_uri_eq(&a, &a) && sip_uri_eq(&b, &b))
			continue;
		printf("# %s and %s\n", pairs[i].a, pairs[i].b);
		ok = false;
	}
	return ok;
}

struct parts {
	const char *text, *user, *password, *host, *params, *headers;
	unsigned int port;
};

static bool is_part(struct span s, const char *want)
{
	return want ? s.p && span_is(s, want) : !s.p;
}

static bool parts(void)
{
	static const struct parts tried[] = {
		{ "sip:h", NULL, NULL, "h", "", NULL, 0 },
		{ "sip:a@h:5061;x=y;lr?b=c", "a", NULL, "h", "x=y;lr", "b=c", 5061 },
		{ "sips:a:@[::1]:1", "a", "", "[::1]", "", NULL, 1 },
		{ "sip:a;b?c/d:pw@h?", "a;b?c/d", "pw", "h", "", "", 0 },
		{ "sip:sips%3Auser%40example.com@example.net", "sips%3Auser%40example.com", NULL, "example.net", "", NULL, 0 },
		{ "sip:1.2.3.4;;lr", NULL, NULL, "1.2.3.4", ";lr", NULL, 0 },
		{ "sip:a_b.c-d", NULL, NULL, "a_b.c-d", "", NULL, 0 },
		{ "tel:+1-2;ext=3", "+1-2", NULL, NULL, "ext=3", NULL, 0 },
	};
	struct sip_uri u;
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		const struct parts *t = &tried[i];

		printf("# %s\n", t->text);
		KTAP_CHECK(!sip_uri_parse(span_of(t->text), &u));
		KTAP_CHECK(is_part(u.user, t->user) && is_part(u.password, t->password));
		KTAP_CHECK(is_part(u.host, t->host) && u.port == t->port);
		KTAP_CHECK(span_is(u.params, t->params) && is_part(u.headers, t->headers));
		KTAP_CHECK(span_is(u.text, t->text));
	}
	return true;
}

static bool none(void)
{
	static const char *const tried[] = {
		"", "h", ":h", "sip:", "sip:a b@h", "sip:a@h ", "sip:a\"@h", "sip:<h>", "sip:a\r@h",
		"sip:a@h:", "sip:a@h:x", "sip:a@h:99999", "sip:[1]", "sip:[]", "sip:2001:db8::1", "sip:[h]",
		"sip:-h", "sip:.h", "sip:h!", "sip:1.2.3.4.5", "sip:256.1.1.1", "tel:", "tel:+", "tel:1x",
		"tel:1+2", "s ip:h", "sip:a@b@h",
	};
	struct sip_uri u;
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		printf("# %s\n", tried[i]);
		KTAP_CHECK(sip_uri_parse(span_of(tried[i]), &u));
	}
	return true;
}

/* @head, @n times @piece */
static bool is_uri(const char *head, const char *piece, int n)
{
	char text[400], *p = stpcpy(text, head);
	struct sip_uri u;

	while (n--)
		p = stpcpy(p, piece);
	return !sip_uri_parse(span_of(text), &u);
}

static bool bounds(void)
{
	KTAP_CHECK(is_uri("sip:h", ";x=y", 32) && !is_uri("sip:h", ";x=y", 33));
	KTAP_CHECK(is_uri("tel:1", ";x=y", 32) && !is_uri("tel:1", ";x=y", 33));
	KTAP_CHECK(is_uri("sip:h?a=b", "&c=d", 31) && !is_uri("sip:h?a=b", "&c=d", 32));
	return true;
}

static bool others(void)
{
	struct sip_uri u;

	KTAP_CHECK(!sip_uri_parse(SPAN("http://h/x?y"), &u));
	KTAP_CHECK(u.scheme == SIP_SCHEME_OTHER && span_is(u.scheme_text, "http"));
	KTAP_CHECK(!u.host.p && !u.user.p && !u.addr.family && !sip_uri_is_sip(&u));
	KTAP_CHECK(!sip_uri_parse(SPAN("tel:112"), &u) && !sip_uri_is_sip(&u));
	KTAP_CHECK(!sip_uri_parse(SPAN("SIPS:h;ob"), &u) && sip_uri_is_sip(&u) && u.ob);
	return true;
}

static bool addresses(void)
{
	struct dp_addr a = { .port = 9 };
	char text[DP_ADDR_STRLEN];

	KTAP_CHECK(sip_host_addr(SPAN("192.0.2.1"), &a) && a.family == AF_INET && !a.port);
	KTAP_CHECK(sip_host_addr(SPAN("[2001:db8::1]"), &a) && a.family == AF_INET6);
	KTAP_CHECK(sip_host_addr(SPAN("2001:db8::1"), &a) && a.family == AF_INET6);
	KTAP_CHECK(sip_host_addr(SPAN("[::ffff:192.0.2.7]"), &a) && a.family == AF_INET);
	KTAP_CHECK(!strcmp(dp_addr_str(&a, text, sizeof(text)), "192.0.2.7"));
	KTAP_CHECK(!sip_host_addr(SPAN("h"), &a) && !sip_host_addr(SPAN(""), &a));
	KTAP_CHECK(!sip_host_addr(SPAN("[2001:db8::1"), &a) && !sip_host_addr(SPAN("["), &a));
	KTAP_CHECK(!sip_host_addr(SPAN("[:::]"), &a) && !sip_host_addr(SPAN("1.2.3.4\0"), &a));
	KTAP_CHECK(!sip_host_addr(SPAN("[2001:db8:::1]"), &a));
	KTAP_CHECK(sip_host_eq(SPAN("[::1]"), SPAN("0:0::1")) && sip_host_eq(SPAN("A.b"), SPAN("a.B")));
	KTAP_CHECK(!sip_host_eq(SPAN("1.2.3.4"), SPAN("1.2.3.5")));
	return true;
}

static bool escapes(void)
{
	char buf[64];
	struct span s;

	s = sip_uri_unescape(SPAN("a%41%00%4%zz%"), buf, sizeof(buf));
	KTAP_CHECK(span_eq(s, SPAN("aA\0%4%zz%")));
	KTAP_CHECK(!sip_uri_unescape(SPAN("abc"), buf, 2).p);
	KTAP_CHECK(sip_uri_unescape(SPAN("abc"), buf, 3).n == 3);
	s = sip_uri_escape_user(SPAN("a b@c:%\xff/;"), buf, sizeof(buf));
	KTAP_CHECK(span_is(s, "a%20b%40c%3A%25%FF/;") && !buf[s.n]);
	KTAP_CHECK(!sip_uri_escape_user(SPAN("abc"), buf, 3).p);
	KTAP_CHECK(sip_uri_escape_user(SPAN("abc"), buf, 4).n == 3);
	KTAP_CHECK(!sip_uri_escape_user(SPAN("@"), buf, 3).p);
	return true;
}

static const struct ktap_point points[] = {
	{ "which are equivalent", equality },
	{ "their parts", parts },
	{ "what is none", none },
	{ "no more parameters than can be compared", bounds },
	{ "other schemes", others },
	{ "hosts that are addresses", addresses },
	{ "escapes", escapes },
};

int main(void)
{
	return KTAP_RUN(points);
}
