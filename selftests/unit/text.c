// SPDX-License-Identifier: GPL-2.0
/* Spans, text of strangers that is shown, and text that is written. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "ktap.h"

struct utf8 {
	const char *p;
	size_t n, want;
};

#define U(s, want) { s, sizeof(s) - 1, want }

static bool utf8(void)
{
	static const struct utf8 tried[] = {
		U("", 0), U("a", 1), U("\0", 1), U("\x7f", 1), U("\x80", 0), U("\xbf", 0),
		U("\xc0\x80", 0), U("\xc1\xbf", 0), U("\xc2\x80", 2), U("\xdf\xbf", 2), U("\xc2", 0),
		U("\xc2\xc0", 0), U("\xe0\x9f\xbf", 0), U("\xe0\xa0\x80", 3), U("\xe2\x82\xac", 3),
		U("\xe2\x82", 0), U("\xe2\x82\x7f", 0), U("\xed\x9f\xbf", 3), U("\xed\xa0\x80", 0),
		U("\xef\xbf\xbf", 3), U("\xf0\x8f\xbf\xbf", 0), U("\xf0\x90\x80\x80", 4),
		U("\xf4\x8f\xbf\xbf", 4), U("\xf4\x90\x80\x80", 0), U("\xf5\x80\x80\x80", 0),
		U("\xf0\x90\x80", 0), U("\xff", 0),
	};
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		struct span s = { tried[i].p, tried[i].n };

		if (text_utf8_len(s) != tried[i].want)
			printf("# number %zu\n", i);
		KTAP_CHECK(text_utf8_len(s) == tried[i].want);
		KTAP_CHECK(!s.n || text_is_utf8(s) == (tried[i].want == s.n));
	}
	KTAP_CHECK(text_is_utf8(SPAN("")) && !text_is_utf8(SPAN("ok\xff")));
	return true;
}

struct shown {
	struct span in;
	const char *want;
};

static bool safe(void)
{
	static const struct shown tried[] = {
		{ { "plain", 5 }, "plain" }, { { "gr\xc3\xbc\xc3\x9f", 6 }, "gr\xc3\xbc\xc3\x9f" },
		{ { "\x1b]0;owned\x07", 10 }, "\\x1b]0;owned\\x07" },
		{ { "a\nb\r\tc", 6 }, "a\\x0ab\\x0d\\x09c" }, { { "a\0b", 3 }, "a\\x00b" },
		{ { "\x7f", 1 }, "\\x7f" },
		/* C1, as a byte and as a character: both start a command */
		{ { "\x9b" "31m", 4 }, "\\x9b31m" }, { { "\xc2\x9b" "31m", 5 }, "\\xc2\\x9b31m" },
		{ { "\xc2\xa0", 2 }, "\xc2\xa0" }, { { "\xff\xfe", 2 }, "\\xff\\xfe" },
		{ { "\xe2\x80\xae", 3 }, "\\xe2\\x80\\xae" }, { { "\xe2\x81\xa6", 3 }, "\\xe2\\x81\\xa6" },
		{ { "\xe2\x81\xaa", 3 }, "\xe2\x81\xaa" }, { { "\xe2\x81\xa9", 3 }, "\\xe2\\x81\\xa9" },
		{ { "\xe2\x80\xaf", 3 }, "\xe2\x80\xaf" }, { { "\xe2\x80\xa8", 3 }, "\\xe2\\x80\\xa8" },
		{ { "", 0 }, "" },
	};
	char buf[200], *copy;
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		KTAP_CHECK(TEXT_SAFE_ROOM(tried[i].in.n) <= sizeof(buf));
		text_safe(tried[i].in, buf, TEXT_SAFE_ROOM(tried[i].in.n));
		if (strcmp(buf, tried[i].want))
			printf("# number %zu: %s\n", i, tried[i].want);
		KTAP_CHECK(!strcmp(buf, tried[i].want));
		KTAP_CHECK(text_is_utf8(span_of(buf)));
		copy = text_safe_dup(tried[i].in);
		KTAP_CHECK(copy && !strcmp(copy, tried[i].want));
		free(copy);
	}
	/* cut between characters, never within one */
	KTAP_CHECK(!strcmp(text_safe(SPAN("a\xc3\xbc" "b"), buf, 3), "a"));
	KTAP_CHECK(!strcmp(text_safe(SPAN("a\xc3\xbc" "b"), buf, 4), "a\xc3\xbc"));
	KTAP_CHECK(!strcmp(text_safe(SPAN("a\x1b"), buf, 5), "a"));
	KTAP_CHECK(!strcmp(text_safe(SPAN("a\x1b"), buf, 6), "a\\x1b"));
	KTAP_CHECK(!strcmp(text_safe(SPAN("a"), buf, 1), ""));
	return true;
}

static bool spans(void)
{
	struct span rest = SPAN("a;;b"), s;
	char buf[4], *copy;
	uint32_t n = 7;

	KTAP_CHECK(span_is(span_cut(&rest, ';'), "a") && span_is(span_cut(&rest, ';'), ""));
	s = span_cut(&rest, ';');
	KTAP_CHECK(span_is(s, "b") && !rest.p && !span_cut(&rest, ';').n);
	rest = SPAN("a;");
	span_cut(&rest, ';');
	KTAP_CHECK(rest.p && !rest.n);
	KTAP_CHECK(span_u32(SPAN("4294967295"), &n) && n == UINT32_MAX);
	KTAP_CHECK(!span_u32(SPAN("4294967296"), &n) && n == UINT32_MAX);
	KTAP_CHECK(!span_u32(SPAN("18446744073709551617"), &n) && !span_u32(SPAN(""), &n));
	KTAP_CHECK(!span_u32(SPAN("1 "), &n) && !span_u32(SPAN("+1"), &n) && !span_u32(SPAN("a"), &n));
	KTAP_CHECK(span_u32(SPAN("000000000000000000000001"), &n) && n == 1);
	KTAP_CHECK(span_is(span_trim(SPAN("\t a b \t")), "a b") && !span_trim(SPAN(" ")).n);
	KTAP_CHECK(span_iscase(SPAN("Z-z"), "z-Z") && !span_iscase(SPAN("a"), "ab"));
	/* the bit that tells case is no letter's in these */
	KTAP_CHECK(!span_iscase(SPAN("@"), "`") && !span_iscase(SPAN("["), "{"));
	KTAP_CHECK(!span_iscase(SPAN("\r"), "-") && !span_iscase(SPAN("\xc4"), "\xe4"));
	KTAP_CHECK(span_str(SPAN("abc"), buf, sizeof(buf)) && !strcmp(buf, "abc"));
	KTAP_CHECK(!span_str(SPAN("abcd"), buf, sizeof(buf)) && !strcmp(buf, "abc"));
	KTAP_CHECK(!span_str(SPAN("a\0b"), buf, sizeof(buf)));
	copy = span_dup(SPAN("xy"));
	KTAP_CHECK(copy && !strcmp(copy, "xy"));
	free(copy);
	KTAP_CHECK(span_skip(SPAN("ab"), 5).n == 0 && !span_of(NULL).p);
	return true;
}

/* over the edge of its first room in each way of writing */
static bool written_by(unsigned int way, size_t before)
{
	struct writer w = { 0 };
	char fill[1100], *text;
	bool ok;
	size_t n;

	memset(fill, 'x', sizeof(fill));
	writer_bytes(&w, fill, before);
	switch (way) {
	case 0:
		writer_text(&w, "1234567890");
		break;
	case 1:
		writer_number(&w, 1234567890);
		break;
	case 2:
		writer_printf(&w, "%d%s", 12345, "67890");
		break;
	default:
		for (n = 0; n < 10; n++)
			writer_char(&w, "1234567890"[n]);
	}
	writer_printf(&w, "%.*s", (int)before, fill);
	writer_span(&w, (struct span){ NULL, 0 });
	text = writer_end(&w, &n);
	ok = text && n == 2 * before + 10 && strlen(text) == n && !w.text && !w.n &&
	     !memcmp(text, fill, before) && !memcmp(text + before, "1234567890", 10) &&
	     !memcmp(text + before + 10, fill, before);
	free(text);
	return ok;
}

static bool writer(void)
{
	struct writer w = { 0 };
	unsigned int way;
	size_t before;
	char *text;

	for (way = 0; way < 4; way++)
		for (before = 0; before < 1100; before++)
			KTAP_CHECK(written_by(way, before));
	writer_number(&w, 0);
	writer_char(&w, ' ');
	writer_number(&w, UINT64_MAX);
	text = writer_end(&w, NULL);
	KTAP_CHECK(text && !strcmp(text, "0 18446744073709551615"));
	free(text);
	text = writer_end(&w, NULL);
	KTAP_CHECK(text && !*text);
	free(text);
	/* nothing is left where it fails */
	writer_text(&w, "lost");
	KTAP_CHECK(!writer_room(&w, SIZE_MAX / 4) && w.failed && !w.text);
	writer_text(&w, "more");
	KTAP_CHECK(!writer_end(&w, NULL) && !w.failed);
	return true;
}

static const struct ktap_point points[] = {
	{ "text is written piece by piece, and moves when it grows", writer },
	{ "what is UTF-8", utf8 },
	{ "what a terminal may see", safe },
	{ "spans", spans },
};

int main(void)
{
	return KTAP_RUN(points);
}
