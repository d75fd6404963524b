// SPDX-License-Identifier: GPL-2.0
/* Digest: vectors of the RFCs, both ends of a challenge, nonces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "sip/auth.h"

#define NO	((struct span){ NULL, 0 })

struct vector {
	const char *what, *user, *realm, *password;
	const char *fields;	/* behind username and realm */
	const char *method, *body;
};

/*
 * RFC 2617 3.5, RFC 7616 3.9.1, the SIP examples of draft-smith-sipping-auth-
 * examples; the rest from an independent implementation. (RFC 7616 3.9.2 itself
 * has a wrong response: erratum 4897.)
 */
#define BOB	"bob", "biloxi.com", "zanzibar"
#define BOBS	"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\", "
#define COUNT	"cnonce=\"0a4f113b\", nc=00000001, "
#define LIFE	"uri=\"/dir/index.html\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
		"cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", nc=00000001, qop=auth, "

static const struct vector vectors[] = {
	{ "RFC 2617", "Mufasa", "testrealm@host.com", "Circle Of Life",
	  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",uri=\"/dir/index.html\",qop=auth,nc=00000001,cnonce=\"0a4f113b\","
	  "response=\"6629fae49393a05397450978507c4ef1\",opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"", "GET", "" },
	{ "RFC 7616, MD5", "Mufasa", "http-auth@example.org", "Circle of Life",
	  LIFE "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"", "GET", "" },
	{ "RFC 7616, SHA-256", "Mufasa", "http-auth@example.org", "Circle of Life",
	  LIFE "algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"", "GET", "" },
	{ "SHA-512-256", "J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?",
	  "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm\", uri=\"/doe.json\", "
	  "nc=00000001, qop=auth, algorithm=SHA-512-256, response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\"", "GET", "" },
	{ "no qop", BOB, BOBS "response=\"bf57e4e0d0bffc0fbaedce64d59add5e\"", "INVITE", "ignored" },
	{ "auth", BOB, BOBS COUNT "qop=auth, response=\"89eb0059246c02b2f6ee02c7961d5ea3\"", "INVITE", "ignored" },
	{ "upper case", BOB, BOBS COUNT "qop=auth, response=\"89EB0059246C02B2F6EE02C7961D5EA3\"", "INVITE", "" },
	{ "quoted qop and nc", BOB, BOBS "cnonce=\"0a4f113b\", nc=\"00000001\", qop=\"auth\", response=\"89eb0059246c02b2f6ee02c7961d5ea3\"", "INVITE", "" },
	{ "MD5-sess", BOB, BOBS COUNT "qop=auth, algorithm=MD5-sess, response=\"e4e4ea61d186d07a92c9e1f6919902e9\"", "INVITE", "" },
	{ "SHA-256-sess", BOB, BOBS COUNT "qop=auth, algorithm=\"sha-256-SESS\", response=\"5da59c9ca40954be9d5063a15a174066c8251be2c10cf47c144c366dc7daf792\"", "INVITE", "" },
	{ "SHA-512-256-sess", BOB, BOBS COUNT "qop=auth, algorithm=SHA-512-256-sess, response=\"077d9677be83f41f162d1a4453dc163389919f81e5927391d972f477da767633\"", "INVITE", "" },
	{ "auth-int", BOB, BOBS COUNT "qop=auth-int, response=\"77226bb823dc077c1ad3537415667bae\"", "INVITE", "v=0\r\n" },
	{ "auth-int, SHA-256", BOB, BOBS COUNT "qop=auth-int, algorithm=SHA-256, response=\"554a9ffe79ce71c3cb6c9630deddd2787d8033f895e5cdef6a73c8e84ed4c979\"", "INVITE", "v=0\r\n" },
	{ "auth-int, SHA-512-256", BOB, BOBS COUNT "qop=auth-int, algorithm=SHA-512-256, response=\"e9a7fbc1c80a10421c59a0c982f28d40e0ddc7b62ef3dc4faf68f179c6e05922\"", "INVITE", "v=0\r\n" },
};

static bool check(const struct vector *v, const char *password, const char *method, const char *body)
{
	char text[600], ha1[SIP_DIGEST_LEN];
	struct sip_credentials c;

	snprintf(text, sizeof(text), "Digest username=\"%s\", realm=\"%s\", %s", v->user, v->realm, v->fields);
	return !sip_credentials_read(span_of(text), &c) &&
	       sip_digest_user(c.algorithm, c.username, c.realm, span_of(password), ha1) &&
	       sip_credentials_verify(&c, ha1, span_of(method), span_of(body));
}

static bool of_the_rfcs(void)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *v = &vectors[i];
		bool body_counts = strstr(v->fields, "auth-int");

		if (check(v, v->password, v->method, v->body) &&
		    !check(v, "other", v->method, v->body) &&
		    !check(v, v->password, "BYE", v->body) &&
		    check(v, v->password, v->method, "other") == !body_counts)
			continue;
		printf("# %s\n", v->what);
		ok = false;
	}
	return ok;
}

static bool responses_that_are_none(void)
{
	static const char *const tried[] = {
		"89eb0059246c02b2f6ee02c7961d5ea", "89eb0059246c02b2f6ee02c7961d5ea33", "",
		"00000000000000000000000000000000", "89eb0059246c02b2f6ee02c7961d5ea4",
		"99eb0059246c02b2f6ee02c7961d5ea3",
		"89eb0059246c02b2f6ee02c7961d5ea389eb0059246c02b2f6ee02c7961d5ea389eb0059246c02b2f6ee02c7961d5ea3",
	};
	char fields[300];
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		struct vector v = { "", BOB, fields, "INVITE", "" };

		snprintf(fields, sizeof(fields), BOBS COUNT "qop=auth, response=\"%s\"", tried[i]);
		KTAP_CHECK(!check(&v, "zanzibar", "INVITE", ""));
	}
	return true;
}

static bool credentials(void)
{
	static const char *const refused[] = {
		"Basic abc", "Digest", "Digest ", "NoOneKnowsThisScheme opaque-data=here", "Digestusername=x",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\"",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", response=\"x\"",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", algorithm=MD4",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth-conf, nc=00000001, cnonce=c",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=c, nc=1",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, cnonce=c, nc=0000000g",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, nc=00000001",
	};
	struct sip_credentials c;
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		printf("# %s\n", refused[i]);
		KTAP_CHECK(sip_credentials_read(span_of(refused[i]), &c));
	}
	KTAP_CHECK(!sip_credentials_read(SPAN("digest\tUSERNAME=\"a,b\",realm=\"x \\\"y\\\"\" , nonce=\"\",uri=u;x , response=0,"
					      "qop=AUTH,cnonce=\"c\",nc=0000ABcd,userhash=true,opaque=\"\",x=y"), &c));
	KTAP_CHECK(span_is(c.username, "a,b") && span_is(c.realm, "x \\\"y\\\"") && span_is(c.uri, "u;x"));
	KTAP_CHECK(c.nc == 0xabcd && c.qop == SIP_QOP_AUTH && c.userhash && c.opaque.p && !c.opaque.n);
	KTAP_CHECK(c.algorithm == SIP_MD5);
	return true;
}

static struct sip_msg *message(const char *first, const char *fields)
{
	char text[1500];

	snprintf(text, sizeof(text), "%s\r\nVia: SIP/2.0/UDP h\r\nf: sip:a@h\r\nt: sip:h\r\ni: 1\r\nCSeq: 1 REGISTER\r\n%s\r\n",
		 first, fields);
	return sip_msg_parse(text, strlen(text), false, NULL);
}

static bool of_a_realm(void)
{
#define MINE(realm) "Authorization: Digest username=\"u\",realm=\"" realm "\",nonce=\"n\",uri=\"u\",response=\"x\"\r\n"
	struct sip_msg *m = message("REGISTER sip:h SIP/2.0", "Authorization: Basic x\r\n" MINE("one") MINE("two"));
	struct sip_credentials c;

	KTAP_CHECK(m && sip_credentials_of(m, SIP_HDR_AUTHORIZATION, SPAN("two"), &c) == 1);
	KTAP_CHECK(span_is(c.realm, "two"));
	KTAP_CHECK(sip_credentials_of(m, SIP_HDR_AUTHORIZATION, SPAN("Two"), &c) == 0);
	KTAP_CHECK(sip_credentials_of(m, SIP_HDR_PROXY_AUTHORIZATION, SPAN("two"), &c) == 0);
	sip_msg_drop(m);
	m = message("REGISTER sip:h SIP/2.0", "Authorization: Digest x\r\n");
	KTAP_CHECK(sip_credentials_of(m, SIP_HDR_AUTHORIZATION, SPAN("two"), &c) == -EBADMSG);
	sip_msg_drop(m);
	return true;
}

static bool challenges(void)
{
	struct sip_challenge c;
	struct sip_msg *m;

	KTAP_CHECK(!sip_challenge_read(SPAN("Digest realm=\"a, b\", nonce=\"n\", qop=\"auth,auth-int\", stale=TRUE, opaque=\"\", algorithm=\"SHA-256\""), &c));
	KTAP_CHECK(span_is(c.realm, "a, b") && c.qop_auth && c.qop_auth_int && c.stale && c.algorithm == SIP_SHA256);
	KTAP_CHECK(!sip_challenge_read(SPAN("Digest realm=\"\", nonce=\"n\""), &c) && !c.has_qop && c.algorithm == SIP_MD5);
	KTAP_CHECK(!c.algorithm_text.p && !c.opaque.p && !c.stale);
	KTAP_CHECK(sip_challenge_read(SPAN("Digest nonce=\"n\""), &c));
	KTAP_CHECK(sip_challenge_read(SPAN("Digest realm=\"n\""), &c));
	KTAP_CHECK(sip_challenge_read(SPAN("Digest realm=\"a\", nonce=\"n\", qop=\"auth-conf\""), &c));
	KTAP_CHECK(sip_challenge_read(SPAN("Digest realm=\"a\", nonce=\"n\", algorithm=AKAv1-MD5"), &c));
#define ASK(realm, nonce, alg) "WWW-Authenticate: Digest realm=\"" realm "\",nonce=\"" nonce "\",qop=\"auth\",algorithm=" alg "\r\n"
	m = message("SIP/2.0 401 x", ASK("a", "1", "MD5") ASK("a", "2", "SHA-256-sess") ASK("a", "3", "SHA-256")
		    ASK("b", "4", "SHA-512-256") ASK("a", "5", "TOKEN"));
	KTAP_CHECK(sip_challenge_best(m, SIP_HDR_WWW_AUTHENTICATE, NO, &c) && span_is(c.nonce, "4"));
	KTAP_CHECK(sip_challenge_best(m, SIP_HDR_WWW_AUTHENTICATE, SPAN("a"), &c) && span_is(c.nonce, "2"));
	KTAP_CHECK(!sip_challenge_best(m, SIP_HDR_WWW_AUTHENTICATE, SPAN("c"), &c));
	KTAP_CHECK(!sip_challenge_best(m, SIP_HDR_PROXY_AUTHENTICATE, NO, &c));
	sip_msg_drop(m);
	return true;
}

/* what one end writes the other reads and finds right */
static bool answered(const char *challenge, const char *password, const char *body, bool right)
{
	static const struct sip_account account = { { "bob", 3 }, { "zanzibar", 8 } };
	char header[1000], ha1[SIP_DIGEST_LEN], text[900];
	struct sip_writer w = { 0 };
	struct sip_credentials cr;
	struct sip_challenge c;
	bool ok;

	snprintf(text, sizeof(text), "%s", challenge);
	if (sip_challenge_read(span_of(text), &c) ||
	    !sip_write_credentials(&w, SIP_HDR_AUTHORIZATION, &c, &account, 0x1f, SPAN("REGISTER"),
				   SPAN("sip:biloxi.com"), SPAN("body")) || w.failed)
		return false;
	snprintf(header, sizeof(header), "%.*s", (int)w.n - 2, w.p);
	sip_write_free(&w);
	if (strncmp(header, "Authorization: ", 15) || sip_credentials_read(span_of(header + 15), &cr))
		return false;
	ok = span_eq(cr.realm, c.realm) && span_eq(cr.nonce, c.nonce) && span_eq(cr.opaque, c.opaque) &&
	     cr.algorithm == c.algorithm && span_is(cr.uri, "sip:biloxi.com") &&
	     (!c.has_qop || cr.nc == 0x1f) && !c.has_qop == !cr.qop_text.p &&
	     !c.has_qop == !cr.cnonce.p &&
	     (!c.qop_auth || cr.qop == SIP_QOP_AUTH);
	if (!sip_digest_user(cr.algorithm, cr.username, cr.realm, span_of(password), ha1))
		return false;
	return ok && sip_credentials_verify(&cr, ha1, SPAN("REGISTER"), span_of(body)) == right;
}

static bool both_ends(void)
{
	static const char *const algorithms[] = {
		"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess",
	};
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		snprintf(text, sizeof(text), "Digest realm=\"a \\\" b\",nonce=\"n==\",opaque=\"o\",qop=\"auth-int,auth\",algorithm=%s", algorithms[i]);
		KTAP_CHECK(answered(text, "zanzibar", "other", true));
		KTAP_CHECK(answered(text, "zanzibaR", "body", false));
		snprintf(text, sizeof(text), "Digest realm=\"r\",nonce=\"n\",qop=\"auth-int\",algorithm=%s", algorithms[i]);
		KTAP_CHECK(answered(text, "zanzibar", "body", true));
		KTAP_CHECK(answered(text, "zanzibar", "other", false));
	}
	KTAP_CHECK(answered("Digest realm=\"r\",nonce=\"n\"", "zanzibar", "other", true));
	KTAP_CHECK(!answered("Digest realm=\"r\",nonce=\"n\",algorithm=MD4", "zanzibar", "", true));
	return true;
}

static bool asking(void)
{
	struct sip_writer w = { 0 };
	struct sip_challenge c;

	sip_write_challenge(&w, SIP_HDR_PROXY_AUTHENTICATE, SIP_SHA256, SPAN("example.com"), SPAN("abc"), true);
	KTAP_CHECK(span_is((struct span){ w.p, w.n }, "Proxy-Authenticate: Digest realm=\"example.com\",nonce=\"abc\","
			   "algorithm=SHA-256,qop=\"auth\",stale=true\r\n"));
	KTAP_CHECK(!sip_challenge_read((struct span){ w.p + 20, w.n - 22 }, &c) && c.stale);
	sip_write_reset(&w);
	sip_write_challenge(&w, SIP_HDR_WWW_AUTHENTICATE, SIP_MD5, SPAN("a\",x=\""), SPAN("abc"), false);
	KTAP_CHECK(w.failed);
	sip_write_free(&w);
	return true;
}

static bool nonces(void)
{
	unsigned char key[SIP_NONCE_KEY] = { 1 }, other[SIP_NONCE_KEY] = { 2 };
	char nonce[SIP_NONCE_LEN];
	uint64_t age = 7;
	size_t i;

	KTAP_CHECK(sip_nonce_make(key, 1000, SPAN("r"), nonce) && strlen(nonce) == SIP_NONCE_LEN - 1);
	KTAP_CHECK(sip_nonce_age(key, 1000, SPAN("r"), span_of(nonce), &age) && age == 0);
	KTAP_CHECK(sip_nonce_age(key, 1300, SPAN("r"), span_of(nonce), &age) && age == 300);
	KTAP_CHECK(!sip_nonce_age(key, 999, SPAN("r"), span_of(nonce), &age));
	KTAP_CHECK(!sip_nonce_age(other, 1000, SPAN("r"), span_of(nonce), &age));
	KTAP_CHECK(!sip_nonce_age(key, 1000, SPAN("s"), span_of(nonce), &age));
	KTAP_CHECK(!sip_nonce_age(key, 1000, NO, span_of(nonce), &age));
	for (i = 0; i < strlen(nonce); i++) {
		nonce[i] ^= 1;
		KTAP_CHECK(!sip_nonce_age(key, UINT64_MAX, SPAN("r"), span_of(nonce), &age));
		nonce[i] ^= 1;
	}
	KTAP_CHECK(!sip_nonce_age(key, 1000, SPAN("r"), SPAN(""), &age));
	KTAP_CHECK(!sip_nonce_age(key, 1000, SPAN("r"), (struct span){ nonce, 47 }, &age));
	return true;
}

/* what is said again was here; of others nothing is held */
static bool counts(void)
{
	struct sip_nonces *n = sip_nonces_new();
	char a[SIP_NONCE_LEN], b[SIP_NONCE_LEN], first[SIP_NONCE_LEN];
	const uint64_t late = SIP_NONCE_TIME + 2000;
	unsigned int i;

	KTAP_CHECK(n && sip_nonces_make(n, 1000, SPAN("x"), a) && sip_nonces_make(n, 1000, SPAN("x"), b));
	KTAP_CHECK(strcmp(a, b));
	KTAP_CHECK(sip_nonces_good(n, 1001, SPAN("x"), span_of(b)) && !sip_nonces_good(n, 1001, SPAN("y"), span_of(b)));
	KTAP_CHECK(sip_nonces_good(n, 1000 + SIP_NONCE_TIME, SPAN("x"), span_of(a)));
	KTAP_CHECK(!sip_nonces_good(n, 1001 + SIP_NONCE_TIME, SPAN("x"), span_of(a)));
	KTAP_CHECK(!sip_nonces_use(n, 2000, span_of(a), 0));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(a), 100) && !sip_nonces_use(n, 2000, span_of(a), 100));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(a), 37) && !sip_nonces_use(n, 2000, span_of(a), 37));
	KTAP_CHECK(!sip_nonces_use(n, 2000, span_of(a), 36));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(a), 163) && !sip_nonces_use(n, 2000, span_of(a), 100));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(a), 101));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(a), UINT32_MAX) && !sip_nonces_use(n, 2000, span_of(a), 163));
	KTAP_CHECK(sip_nonces_use(n, 2000, span_of(b), 1));
	/* what is forgotten for one more is not taken for new */
	KTAP_CHECK(sip_nonces_make(n, late, SPAN("x"), first) && sip_nonces_use(n, late, span_of(first), 1));
	KTAP_CHECK(!sip_nonces_use(n, late, span_of(a), 200) && !sip_nonces_use(n, late, span_of(b), 2));
	for (i = 0; i < SIP_NONCES_MAX; i++) {
		KTAP_CHECK(sip_nonces_make(n, late, SPAN("x"), a));
		KTAP_CHECK(sip_nonces_use(n, late, span_of(a), 1));
	}
	KTAP_CHECK(!sip_nonces_use(n, late, span_of(first), 2) && sip_nonces_use(n, late, span_of(a), 2));
	sip_nonces_free(n);
	return true;
}

static const struct ktap_point points[] = {
	{ "vectors", of_the_rfcs },
	{ "responses that are none", responses_that_are_none },
	{ "credentials, read and refused", credentials },
	{ "credentials of a realm", of_a_realm },
	{ "challenges, and the best of them", challenges },
	{ "a challenge answered and verified", both_ends },
	{ "a challenge written", asking },
	{ "nonces without memory", nonces },
	{ "a count is good once", counts },
};

int main(void)
{
	return KTAP_RUN(points);
}
