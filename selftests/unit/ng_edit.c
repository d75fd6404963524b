// SPDX-License-Identifier: GPL-2.0
/* Attributes that a proxy wants otherwise: sdp-attr and generate-mid. */
#include <stdlib.h>

#include "ktap.h"
#include "ng/private.h"

#define SESSION	"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 7000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
#define VIDEO	"m=video 7002 RTP/AVP 96\r\n"
#define OURS	SESSION "a=tool:x\r\n" AUDIO "a=ptime:20\r\na=sendrecv\r\n" VIDEO "a=ptime:20\r\na=mid:v\r\n"

static struct ng_tree tree;

/* false: one of the words is none */
static bool wants(struct ng_words *words, const char *flags)
{
	struct span rest = span_of(flags), word;
	bool all = true;

	*words = (struct ng_words){ 0 };
	while (rest.n) {
		word = span_cut(&rest, ' ');
		if (span_is(word, "mid"))
			words->mid = true;
		else
			all = ng_edit_word(words, word) && all;
	}
	return all;
}

static bool is(const struct ng_words *words, const char *want)
{
	char *text = ng_edit(words, OURS);
	bool same = want ? text && !strcmp(text, want) : !text;

	if (!same)
		printf("# %s\n", text ? text : "as it was");
	free(text);
	return same;
}

static bool becomes(const char *flags, const char *want)
{
	struct ng_words words;

	return wants(&words, flags) && is(&words, want);
}

static bool by_flags(void)
{
	KTAP_CHECK(becomes("", NULL));
	KTAP_CHECK(becomes("remove-audio-ptime:20", SESSION "a=tool:x\r\n" AUDIO "a=sendrecv\r\n" VIDEO
			   "a=ptime:20\r\na=mid:v\r\n"));
	KTAP_CHECK(becomes("remove-global-ptime", SESSION "a=tool:x\r\n" AUDIO "a=sendrecv\r\n" VIDEO "a=mid:v\r\n"));
	KTAP_CHECK(becomes("remove-none-tool remove-video-pti remove-video-ptime:2 remove-image-ptime",
			   SESSION AUDIO "a=ptime:20\r\na=sendrecv\r\n" VIDEO "a=ptime:20\r\na=mid:v\r\n"));
	KTAP_CHECK(becomes("add-audio-fmtp:0..x--1 add-none-group:LS..v",
			   SESSION "a=tool:x\r\na=group:LS v\r\n" AUDIO "a=ptime:20\r\na=sendrecv\r\na=fmtp:0 x=1\r\n" VIDEO
			   "a=ptime:20\r\na=mid:v\r\n"));
	KTAP_CHECK(becomes("substitute-audio-sendrecv>sendonly substitute-video-ptime:20>maxptime:30",
			   SESSION "a=tool:x\r\n" AUDIO "a=ptime:20\r\na=sendonly\r\n" VIDEO "a=maxptime:30\r\na=mid:v\r\n"));
	KTAP_CHECK(becomes("mid", SESSION "a=tool:x\r\n" AUDIO "a=ptime:20\r\na=sendrecv\r\na=mid:1\r\n" VIDEO
			   "a=ptime:20\r\na=mid:v\r\n"));
	return true;
}

static bool by_dict(void)
{
	static const char json[] = "{\"audio\":{\"remove\":[\"ptime\"],\"add\":[\"a--b\"],"
		"\"substitute\":[[\"sendrecv\",\"recvonly\"]]},\"none\":{\"remove\":\"tool\"}}";
	enum ng_encoding encoding;
	struct ng_words words = { 0 };
	char why[NG_WHY_LEN];

	KTAP_CHECK(ng_tree_read(&tree, span_of(json), &encoding, why));
	KTAP_CHECK(ng_edit_dict(&words, tree.root));
	KTAP_CHECK(is(&words, SESSION AUDIO "a=recvonly\r\na=a--b\r\n" VIDEO "a=ptime:20\r\na=mid:v\r\n"));
	ng_tree_clear(&tree);
	return true;
}

/* nothing of it becomes a line of its own, or is too much */
static bool strange(void)
{
	static const char *const flags[] = {
		"", "remove", "remove-audio", "remove-audio-", "remove--x", "drop-audio-x", "add-audio-a\r\nb=c",
		"add-audio-a\tb", "substitute-audio-x", "substitute-audio-x>", "substitute-audio->x",
		"substitute-audio-x>y\nz",
	};
	static const char *const dicts[] = {
		"{\"audio\":[]}", "{\"audio\":{\"drop\":\"x\"}}", "{\"audio\":{\"remove\":1}}",
		"{\"audio\":{\"add\":[\"x\\r\\ny\"]}}", "{\"audio\":{\"substitute\":[\"x\",\"y\"]}}",
		"{\"audio\":{\"substitute\":[[\"x\"]]}}", "{\"audio\":{\"substitute\":[[]]}}",
		"{\"\":{\"remove\":\"x\"}}", "{\"audio\":{\"add\":{}}}",
	};
	struct ng_words words = { 0 };
	enum ng_encoding encoding;
	char why[NG_WHY_LEN];
	char longest[600];
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		KTAP_CHECK(!ng_edit_word(&words, span_of(flags[i])));
	for (i = 0; i < sizeof(dicts) / sizeof(*dicts); i++) {
		KTAP_CHECK(ng_tree_read(&tree, span_of(dicts[i]), &encoding, why));
		KTAP_CHECK(!ng_edit_dict(&words, tree.root));
		ng_tree_clear(&tree);
	}
	KTAP_CHECK(!words.n_edits && is(&words, NULL));
	for (i = 0; i < NG_EDITS_MAX; i++)
		KTAP_CHECK(ng_edit_word(&words, SPAN("remove-audio-x")));
	KTAP_CHECK(!ng_edit_word(&words, SPAN("remove-audio-x")) && is(&words, OURS));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "add-audio-", 10);
	words.n_edits = 0;
	KTAP_CHECK(ng_edit_word(&words, (struct span){ longest, sizeof(longest) }));
	longest[10 + NG_EDIT_LEN] = '\0';
	{
		char *text = ng_edit(&words, OURS);
		bool whole = text && strstr(text, longest + 10);

		free(text);
		KTAP_CHECK(whole);
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "by flags with a prefix", by_flags },
		{ "by a dictionary", by_dict },
		{ "what is none, and too many", strange },
	};

	return KTAP_RUN(points);
}
