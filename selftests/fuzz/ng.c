// SPDX-License-Identifier: GPL-2.0
/*
 * The control protocol's messages, of any bytes.  What must hold of those that are
 * taken:
 *
 * - they are within the bounds, and every text of bencode is a piece of the message;
 * - what is written is taken again, in the same encoding, and written again as the
 *   same bytes;
 * - bencode is written as it came, but for what is behind its dictionary;
 * - in a stream, such a message ends where it ends, in one piece and byte by byte.
 */
#include "fuzz.h"
#include "ng/frame.h"
#include "ng/tree.h"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("d7:command4:pinge"),
	FUZZ_SAMPLE("d8:supportsl10:load limite3:sdp6:v=0\r\no5:flagsl13:trust-addresse13:received-froml3:IP49:192.0.2.1e"
		    "7:call-id1:a10:via-branch1:b8:from-tag1:f6:to-tag1:t7:command5:offere"),
	FUZZ_SAMPLE("d1:ad1:bd1:cli1ei-2e0:ledeee1:di9223372036854775807e1:dl1:xeee"),
	FUZZ_SAMPLE("{\"command\":\"offer\",\"sdp\":\"v=0\\r\\n\",\"flags\":[\"a\",\"b\"],\"codec\":{\"mask\":\"g729\"},"
		    "\"n\":[1,-2,3.5e1,true,false,null,\"\\u00fc\\ud83d\\ude00\"]}"),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("d"), FUZZ_SAMPLE("l"), FUZZ_SAMPLE("e"), FUZZ_SAMPLE("i0e"), FUZZ_SAMPLE("i-1e"), FUZZ_SAMPLE("0:"),
	FUZZ_SAMPLE("1:x"), FUZZ_SAMPLE("4294967295:"), FUZZ_SAMPLE("18446744073709551615:"), FUZZ_SAMPLE("i9223372036854775808e"),
	FUZZ_SAMPLE("{"), FUZZ_SAMPLE("}"), FUZZ_SAMPLE("["), FUZZ_SAMPLE("]"), FUZZ_SAMPLE(","), FUZZ_SAMPLE("\""), FUZZ_SAMPLE("\\"),
	FUZZ_SAMPLE(":"), FUZZ_SAMPLE("\\u0000"), FUZZ_SAMPLE("\\ud800"), FUZZ_SAMPLE("1e999"), FUZZ_SAMPLE("null"), FUZZ_SAMPLE("\0"),
	FUZZ_SAMPLE("\xff"), FUZZ_SAMPLE("\"a\":"), FUZZ_SAMPLE("llllllllllllllll"), FUZZ_SAMPLE("d1:ad1:ad1:ad1:a"),
	FUZZ_SAMPLE("[[[[[[[[[[[[[[[["), FUZZ_SAMPLE("\n"),
};

static void check_inside(struct span text, const uint8_t *data, size_t size)
{
	const uint8_t *p = (const uint8_t *)text.p;

	FUZZ_CHECK(p >= data && p <= data + size &&
		   text.n <= (size_t)(data + size - p));
}

/* how many values; all of them where they say they are */
static unsigned int walk(const struct ng_value *value, unsigned int depth,
			 const uint8_t *data, size_t size)
{
	const struct ng_value *member, *last = NULL;
	unsigned int n = 1;

	FUZZ_CHECK(depth <= NG_DEPTH_MAX + 1);
	if (value->type == NG_TEXT && data)
		check_inside(value->text, data, size);
	if (value->type != NG_LIST && value->type != NG_DICT)
		return n;
	FUZZ_CHECK(depth <= NG_DEPTH_MAX);
	for (member = value->first; member; member = member->next) {
		FUZZ_CHECK(member->up == value);
		FUZZ_CHECK((value->type == NG_DICT) == !!member->key.p);
		if (member->key.p && data)
			check_inside(member->key, data, size);
		n += walk(member, depth + 1, data, size);
		last = member;
	}
	FUZZ_CHECK(last == value->last);
	return n;
}

/* written, taken again and written again: the same; returns the text */
static char *around(const struct ng_tree *tree, enum ng_encoding as, size_t *len)
{
	char *one = ng_tree_write(tree, as, SPAN(""), len), *two;
	struct ng_tree again = { 0 };
	enum ng_encoding encoding;
	char why[NG_WHY_LEN];
	size_t n;

	FUZZ_CHECK(one);
	if (*len - 1 > NG_MESSAGE_MAX)
		return one;	/* escapes make it longer */
	FUZZ_CHECK(ng_tree_read(&again, (struct span){ one + 1, *len - 1 },
				&encoding, why));
	FUZZ_CHECK(encoding == as);
	two = ng_tree_write(&again, as, SPAN(""), &n);
	FUZZ_CHECK(two && n == *len && !memcmp(one, two, n));
	free(two);
	ng_tree_clear(&again);
	return one;
}

/* of any bytes: each is looked at once, whatever the pieces */
static void check_frame(const uint8_t *data, size_t size, struct ng_frame *frame)
{
	struct ng_frame bytes = { 0 };
	enum ng_framed whole, got = NG_FRAMED_MORE;
	size_t i;

	whole = ng_frame(frame, (const char *)data, size);
	for (i = 1; i <= size && got == NG_FRAMED_MORE; i++)
		got = ng_frame(&bytes, (const char *)data, i);
	FUZZ_CHECK(got == whole && bytes.at == frame->at);
	FUZZ_CHECK(whole != NG_FRAMED_WHOLE ||
		   (frame->start < frame->at && frame->at <= size));
}

/* the same behind a cookie, and what it is the beginning of */
static enum ng_framed frame_of(const uint8_t *data, size_t size,
			       struct ng_frame *frame)
{
	uint8_t *message = malloc(size + 2);
	enum ng_framed framed;

	FUZZ_CHECK(message);
	memcpy(message, "1 ", 2);
	if (size)
		memcpy(message + 2, data, size);
	check_frame(message, size + 2, frame);
	*frame = (struct ng_frame){ 0 };
	framed = ng_frame(frame, (const char *)message, size + 2);
	free(message);
	return framed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct ng_tree tree = { 0 };
	enum ng_encoding encoding;
	struct ng_frame frame = { 0 };
	char why[NG_WHY_LEN];
	enum ng_framed framed;
	char *out;
	size_t len;

	check_frame(data, size, &(struct ng_frame){ 0 });
	framed = frame_of(data, size, &frame);
	if (!ng_tree_read(&tree, text, &encoding, why)) {
		FUZZ_CHECK(*why && strlen(why) < sizeof(why));
		ng_tree_clear(&tree);
		return 0;
	}
	FUZZ_CHECK(!*why && tree.root && tree.root->type == NG_DICT);
	FUZZ_CHECK(tree.values <= NG_VALUES_MAX);
	FUZZ_CHECK(walk(tree.root, 1, encoding == NG_BENCODE ? data : NULL,
			size) == tree.values);
	out = around(&tree, encoding, &len);
	FUZZ_CHECK(framed == NG_FRAMED_WHOLE);
	if (encoding == NG_BENCODE)
		FUZZ_CHECK(frame.at == len + 1);
	if (encoding == NG_BENCODE)
		FUZZ_CHECK(len - 1 <= size && !memcmp(out + 1, data, len - 1));
	free(out);
	/* in the other one it may say less: keys that are there twice, NULs in keys */
	out = ng_tree_write(&tree, !encoding, SPAN(""), &len);
	FUZZ_CHECK(out);
	free(out);
	ng_tree_clear(&tree);
	return 0;
}

FUZZ_MAIN("messages of the control protocol", samples, words)
