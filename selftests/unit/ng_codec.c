// SPDX-License-Identifier: GPL-2.0
/* The control protocol's two encodings: what is read, what is refused, what is written. */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "ng/tree.h"

static char why[NG_WHY_LEN];

/* read in one encoding and written in another, "COOKIE " left out; NULL: refused */
static char *through(struct span text, enum ng_encoding as)
{
	struct ng_tree tree = { 0 };
	enum ng_encoding encoding;
	char *out = NULL;
	size_t len;

	if (ng_tree_read(&tree, text, &encoding, why))
		out = ng_tree_write(&tree, as, SPAN(""), &len);
	ng_tree_clear(&tree);
	if (out)
		memmove(out, out + 1, len);
	return out;
}

struct edge {
	struct span in;
	const char *want;	/* of what is written; NULL: refused */
	const char *why;	/* of what is refused: these words are in the sentence */
};

#define T(s)	{ s, sizeof(s) - 1 }

static bool try_all(const struct edge *edge, size_t n, enum ng_encoding as)
{
	bool ok, all = true;
	char *copy, *out;
	size_t i;

	for (i = 0; i < n; i++) {
		/* of its very size, so that a sanitizer sees the byte behind it */
		copy = malloc(edge[i].in.n ? edge[i].in.n : 1);
		memcpy(copy, edge[i].in.p, edge[i].in.n);
		out = through((struct span){ copy, edge[i].in.n }, as);
		ok = edge[i].want ? out && !strcmp(out, edge[i].want) :
				    !out && *why && strstr(why, edge[i].why);
		if (!ok)
			printf("# number %zu, '%s': got %s, '%s'\n", i,
			       edge[i].in.p, out ? out : "nothing", why);
		all = all && ok;
		free(copy);
		free(out);
	}
	return all;
}

#define TRY(table, as)	try_all(table, sizeof(table) / sizeof(*(table)), as)

static bool bencode_taken(void)
{
	static const struct edge edge[] = {
		{ T("de"), "de", NULL },
		{ T("d0:0:e"), "d0:0:e", NULL },
		{ T("d7:command4:pinge"), "d7:command4:pinge", NULL },
		{ T("d1:bi1e1:ai2ee"), "d1:bi1e1:ai2ee", NULL },	/* any order */
		{ T("d1:ai1e1:ai2ee"), "d1:ai1e1:ai2ee", NULL },	/* twice */
		{ T("d1:ali-1ei0e2:xyled2:kklleeeee"), "d1:ali-1ei0e2:xyled2:kklleeeee", NULL },
		{ T("d1:ai9223372036854775807ee"), "d1:ai9223372036854775807ee", NULL },
		{ T("d1:ai-9223372036854775808ee"), "d1:ai-9223372036854775808ee", NULL },
		{ T("de\r\n\t \0"), "de", NULL },
		{ T("d1:a10:0123456789e"), "d1:a10:0123456789e", NULL },
	};

	return TRY(edge, NG_BENCODE);
}

static bool bencode_refused(void)
{
	static const struct edge edge[] = {
		{ T(""), NULL, "expected a dictionary" },
		{ T(" de"), NULL, "expected a dictionary" },
		{ T("le"), NULL, "expected a dictionary" },
		{ T("i1e"), NULL, "expected a dictionary" },
		{ T("d"), NULL, "ends in the middle" },
		{ T("d1:a"), NULL, "ends in the middle" },
		{ T("d1:al"), NULL, "ends in the middle" },
		{ T("d1:ae"), NULL, "key without a value" },
		{ T("di1e1:ae"), NULL, "byte 2: expected a length" },
		{ T("dlei1ee"), NULL, "expected a length" },
		{ T("d1:a3:xe"), NULL, "as many bytes" },
		{ T("d1:a-1:xe"), NULL, "expected a length" },
		{ T("d1:a01:xe"), NULL, "expected a length" },
		{ T("d1:a:xe"), NULL, "expected a length" },
		{ T("d1:a1xe"), NULL, "expected a length" },
		{ T("d1:a4294967297:xe"), NULL, "expected a length" },
		{ T("d1:a18446744073709551617:xe"), NULL, "expected a length" },
		{ T("d1:a99999999999999999999999999:xe"), NULL, "expected a length" },
		{ T("d1:a65536:xe"), NULL, "as many bytes" },
		{ T("d99999:a"), NULL, "expected a length" },
		{ T("d1:aiee"), NULL, "a number of 64 bits" },
		{ T("d1:ai-ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai-0ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai01ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai+1ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai 1ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai1"), NULL, "a number of 64 bits" },
		{ T("d1:ai1.5ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai9223372036854775808ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai-9223372036854775809ee"), NULL, "a number of 64 bits" },
		{ T("d1:ai18446744073709551616ee"), NULL, "a number of 64 bits" },
		{ T("d1:ax"), NULL, "expected a length" },
		{ T("dede"), NULL, "behind the dictionary" },
		{ T("dee"), NULL, "behind the dictionary" },
	};

	return TRY(edge, NG_BENCODE);
}

static bool json_taken(void)
{
	static const struct edge edge[] = {
		{ T("{}"), "de", NULL },
		{ T("{\"command\": \"ping\"}\r\n"), "d7:command4:pinge", NULL },
		{ T("{\"a\":[-1,0,\"xy\",[],{\"kk\":[[]]}]}"), "d1:ali-1ei0e2:xyled2:kklleeeee", NULL },
		{ T("{\"a\":9223372036854775807}"), "d1:ai9223372036854775807ee", NULL },
		{ T("{\"a\":1.9,\"b\":-1e300,\"c\":1e300}"),
		  "d1:ai1e1:bi-9223372036854775808e1:ci9223372036854775807ee", NULL },
		{ T("{\"a\":true,\"b\":false,\"c\":null,\"d\":[null,1]}"), "d1:ai1e1:bi0e1:dli1eee", NULL },
		{ T("{\"a\":\"\\\"[{,\\\\\"}"), "d1:a5:\"[{,\\e", NULL },
		{ T("{\"a\":\"\\u00fc\\r\\n\"}"), "d1:a4:\xc3\xbc\r\ne", NULL },
	};

	return TRY(edge, NG_BENCODE);
}

static bool json_refused(void)
{
	static const struct edge edge[] = {
		{ T("{"), NULL, "no JSON" }, { T("{\"a\""), NULL, "no JSON" }, { T("{\"a\":1"), NULL, "no JSON" },
		{ T("{\"a\":[}"), NULL, "no JSON" }, { T("{}{}"), NULL, "no JSON" }, { T("{\"a\":1,}"), NULL, "no JSON" },
		{ T("{a:1}"), NULL, "no JSON" }, { T("{\"a\":\"\xff\"}"), NULL, "no JSON" },
		{ T("{\"a\":\"\\ud800\"}"), NULL, "no JSON" }, { T("{\"a\":9223372036854775808}"), NULL, "no JSON" },
		{ T("{\"a\0\":1}"), NULL, "no JSON" }, { T("{\"a\":\"\n\"}"), NULL, "no JSON" },
		{ T("{\"a\\u0000b\":1}"), NULL, "no JSON" }, { T("{\"a\":\"\\"), NULL, "no JSON" },
	};

	return TRY(edge, NG_BENCODE);
}

static bool json_written(void)
{
	static const struct edge edge[] = {
		{ T("de"), "{}", NULL },
		{ T("d1:ali-1e2:xyee"), "{\"a\":[-1,\"xy\"]}", NULL },
		{ T("d1:ad1:klee1:bi5ee"), "{\"a\":{\"k\":[]},\"b\":5}", NULL },
		{ T("d1:a4:\xc3\xbc\r\ne"), "{\"a\":\"\xc3\xbc\\r\\n\"}", NULL },
		/* no UTF-8: a byte is one sign that stands for it */
		{ T("d1:a3:x\xffye"), "{\"a\":\"x\xef\xbf\xbdy\"}", NULL },
		{ T("d1:a3:\xed\xa0\x80" "e"), "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}", NULL },
		{ T("d2:\xfe\xff" "1:xe"), "{\"\xef\xbf\xbd\xef\xbf\xbd\":\"x\"}", NULL },
		{ T("d1:a3:x\0ye"), "{\"a\":\"x\\u0000y\"}", NULL },
	};

	return TRY(edge, NG_JSON);
}

static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
	size_t size = strlen(head) + n * strlen(piece) + strlen(tail) + 1;
	char *text = malloc(size), *p = text;

	p = stpcpy(p, head);
	while (n--)
		p = stpcpy(p, piece);
	strcpy(p, tail);
	return text;
}

/* refused with these words; "": taken */
static bool refused(char *text, const char *words)
{
	char *out = through(span_of(text), NG_BENCODE);
	bool ok = *words ? !out && strstr(why, words) : !!out;

	if (!ok)
		printf("# %zu bytes: '%s'\n", strlen(text), why);
	free(text);
	free(out);
	return ok;
}

static bool bounds(void)
{
	char closers[NG_DEPTH_MAX + 1];

	/* depth: the dictionary is one */
	memset(closers, 'e', sizeof(closers));
	closers[NG_DEPTH_MAX] = '\0';
	KTAP_CHECK(refused(repeat("d1:a", "l", NG_DEPTH_MAX - 1, closers), ""));
	KTAP_CHECK(refused(repeat("d1:a", "l", NG_DEPTH_MAX, closers), "nested too deep"));
	KTAP_CHECK(refused(repeat("", "d1:a", 16000, ""), "nested too deep"));
	KTAP_CHECK(refused(repeat("d1:a", "l", 65000, ""), "nested too deep"));
	memset(closers, ']', sizeof(closers));
	closers[NG_DEPTH_MAX - 1] = '}';
	closers[NG_DEPTH_MAX] = '\0';
	KTAP_CHECK(refused(repeat("{\"a\":", "[", NG_DEPTH_MAX - 1, closers), ""));
	KTAP_CHECK(refused(repeat("{\"a\":", "[", 65000, ""), "nested too deep"));
	KTAP_CHECK(refused(repeat("", "{\"a\":", 13000, ""), "nested too deep"));
	/* values: the dictionary and the list are two */
	KTAP_CHECK(refused(repeat("d1:al", "i0e", NG_VALUES_MAX - 2, "ee"), ""));
	KTAP_CHECK(refused(repeat("d1:al", "i0e", NG_VALUES_MAX - 1, "ee"), "too many values"));
	KTAP_CHECK(refused(repeat("d", "0:0:", NG_VALUES_MAX - 1, "e"), ""));
	KTAP_CHECK(refused(repeat("d", "0:0:", NG_VALUES_MAX, "e"), "too many values"));
	KTAP_CHECK(refused(repeat("{\"a\":[0", ",0", NG_VALUES_MAX - 3, "]}"), ""));
	KTAP_CHECK(refused(repeat("{\"a\":[0", ",0", NG_VALUES_MAX - 2, "]}"), "too many values"));
	/* length */
	KTAP_CHECK(refused(repeat("d1:a65524:", "x", 65524, "e"), ""));
	KTAP_CHECK(refused(repeat("d1:a65526:", "x", 65526, "e"), "65537 bytes"));
	KTAP_CHECK(refused(repeat("{\"a\":\"", "x", 65536, "\"}"), "at most 65536"));
	return true;
}

static bool lookups(void)
{
	struct ng_tree tree = { 0 };
	enum ng_encoding encoding;
	int64_t n = 0;

	KTAP_CHECK(ng_word_is(SPAN("Call_ID"), "call-id") && ng_word_is(SPAN("call id"), "call-id"));
	KTAP_CHECK(!ng_word_is(SPAN("call-i"), "call-id") && !ng_word_is(SPAN("call-id2"), "call-id"));
	KTAP_CHECK(ng_word_is(SPAN(""), "") && !ng_word_is(SPAN("callid"), "call-id"));
	KTAP_CHECK(ng_tree_read(&tree, SPAN("d7:call-id1:a7:Call ID1:b3:TOS2:461:nle1:mi-5e1:x1:ye"),
				&encoding, why));
	KTAP_CHECK(encoding == NG_BENCODE && tree.values == 7);
	/* the last one counts, as with JSON */
	KTAP_CHECK(span_is(ng_get_text(tree.root, "call-id"), "b"));
	KTAP_CHECK(!ng_get_text(tree.root, "n").p && !ng_get(tree.root, "absent"));
	KTAP_CHECK(!ng_get(ng_get(tree.root, "n"), "a") && !ng_get(NULL, "a"));
	KTAP_CHECK(ng_number(ng_get(tree.root, "tos"), &n) && n == 46);
	KTAP_CHECK(ng_number(ng_get(tree.root, "m"), &n) && n == -5);
	KTAP_CHECK(!ng_number(ng_get(tree.root, "x"), &n) && !ng_number(NULL, &n));
	ng_tree_clear(&tree);
	KTAP_CHECK(!tree.root && !tree.values);
	return true;
}

static bool written(void)
{
	struct ng_tree tree = { 0 };
	struct ng_value *root = ng_tree_begin(&tree), *dict, *list;
	char key[] = "tag";
	size_t len;
	char *text;

	ng_add_string(&tree, root, "result", "ok");
	dict = ng_add_dict(&tree, root, "tags");
	dict = ng_add_dict_of(&tree, dict, (struct span){ key, 3 });
	memset(key, 'x', 3);	/* it was copied */
	list = ng_add_list(&tree, dict, "medias");
	ng_add_dict(&tree, list, NULL);
	ng_add_number(&tree, list, NULL, -7);
	ng_add_string(&tree, list, NULL, "");
	ng_add_number(&tree, NULL, "nowhere", 1);
	text = ng_tree_write(&tree, NG_BENCODE, SPAN("5_1"), &len);
	KTAP_CHECK(text && !strcmp(text, "5_1 d6:result2:ok4:tagsd3:tagd6:mediasldei-7e0:eeee"));
	KTAP_CHECK(len == strlen(text));
	free(text);
	text = ng_tree_write(&tree, NG_JSON, SPAN("5_1"), &len);
	KTAP_CHECK(text && !strcmp(text, "5_1 {\"result\":\"ok\",\"tags\":{\"tag\":{\"medias\":[{},-7,\"\"]}}}"));
	free(text);
	tree.failed = true;
	KTAP_CHECK(!ng_tree_write(&tree, NG_JSON, SPAN("5_1"), &len));
	ng_tree_clear(&tree);
	return true;
}

/* of @level, and of what levels have, length and text agree */
static bool sheds(unsigned int level, const char *expected)
{
	struct ng_tree tree = { 0 };
	struct ng_value *root = ng_tree_begin(&tree), *dict, *list;
	size_t len, length;
	char *text;
	bool ok;

	ng_add_number(&tree, root, "n", INT64_MIN);
	tree.level = 2;
	dict = ng_add_dict(&tree, root, "two");
	ng_add_string(&tree, dict, "text", "0123456789");
	tree.level = 1;
	list = ng_add_list(&tree, dict, "one");
	ng_add_number(&tree, list, NULL, 100);
	tree.level = 2;
	ng_add_number(&tree, dict, "m", 0);
	tree.level = 1;
	ng_add_string(&tree, root, "one", "");
	tree.level = 0;
	list = ng_add_list(&tree, root, "list");
	ng_add_dict_of(&tree, list, (struct span){ NULL, 0 });
	length = ng_tree_length(&tree, level);
	ng_tree_shed(&tree, level);
	ok = length == ng_tree_length(&tree, 0);
	/* behind what is the last one now */
	ng_add_string(&tree, root, "z", "z");
	text = ng_tree_write(&tree, NG_BENCODE, (struct span){ NULL, 0 }, &len);
	ok = ok && text && !strcmp(text, expected) && len == strlen(expected) &&
	     len == ng_tree_length(&tree, 0) && len == length + strlen("1:z1:z");
	if (!ok && text)
		printf("# level %u: %s, %zu of %zu\n", level, text, length, len);
	free(text);
	ng_tree_clear(&tree);
	return ok;
}

static bool shed(void)
{
	KTAP_CHECK(sheds(0, "d1:ni-9223372036854775808e3:twod4:text10:01234567893:oneli100ee1:mi0ee3:one0:4:listldee1:z1:ze"));
	KTAP_CHECK(sheds(1, "d1:ni-9223372036854775808e3:twod4:text10:01234567891:mi0ee4:listldee1:z1:ze"));
	KTAP_CHECK(sheds(2, "d1:ni-9223372036854775808e4:listldee1:z1:ze"));
	return true;
}

static const struct ktap_point points[] = {
	{ "bencode that is taken comes out as it went in", bencode_taken },
	{ "bencode that lies is refused with a sentence", bencode_refused },
	{ "JSON gives the same trees", json_taken },
	{ "JSON that is none is refused with a sentence", json_refused },
	{ "JSON is UTF-8, whatever bencode held", json_written },
	{ "depth, values and length have bounds, in both", bounds },
	{ "keys are found however they are spelled", lookups },
	{ "a tree is written in either encoding, behind its cookie", written },
	{ "what a level has is left out, and not counted", shed },
};

int main(void)
{
	return KTAP_RUN(points);
}
