// SPDX-License-Identifier: GPL-2.0
/* What an offer loses by codec-strip and its kin, and what stays. */
#include "ktap.h"
#include "ng/private.h"

#define HEAD	"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=tool:x\r\n"
#define PHONE	"m=audio 7000 RTP/AVP 8 0 18 101 96\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n" \
		"a=fmtp:101 0-15\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=sendrecv\r\n"
#define VIDEO	"m=video 7002 RTP/AVPF 98 99 100\r\na=rtpmap:98 H264/90000\r\na=rtpmap:99 rtx/90000\r\n" \
		"a=fmtp:99 apt=98;rtx-time=3000\r\na=rtpmap:100 VP8/90000\r\na=rtcp-fb:98 nack\r\n" \
		"a=rtcp-fb:* ccm fir\r\na=rtcp-fb:100 nack pli\r\n"
#define FAX	"m=image 7004 udptl t38\r\na=T38FaxVersion:0\r\n"

/* "-PCMA" goes, "+PCMA" stays */
static bool becomes(const char *codecs, const char *lines, const char *want)
{
	static char sdp[4000];
	struct ng_words words = { 0 };
	struct span rest = span_of(codecs), word;
	char *text;
	size_t len = 0;
	bool same;

	snprintf(sdp, sizeof(sdp), HEAD "%s", lines);
	words.sdp = span_of(sdp);
	while (rest.n) {
		word = span_cut(&rest, ' ');
		words.codec[words.n_codecs++] = (struct ng_codec_word){ span_skip(word, 1), *word.p == '+' };
	}
	text = ng_strip(&words, &len);
	same = want ? text && len == strlen(text) && !strncmp(text, HEAD, strlen(HEAD)) &&
		      !strcmp(text + strlen(HEAD), want) : !text;
	if (!same)
		printf("# %s: %s\n", codecs, text ? text : "as it was");
	free(text);
	return same;
}

static bool by_name(void)
{
	KTAP_CHECK(becomes("-PCMA", PHONE,
			   "m=audio 7000 RTP/AVP 0 18 101 96\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n"
			   "a=fmtp:101 0-15\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=sendrecv\r\n"));
	KTAP_CHECK(becomes("-OPUS -g729/8000 -pcmu/8000/1", PHONE,
			   "m=audio 7000 RTP/AVP 8 101\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n"
			   "a=fmtp:101 0-15\r\na=sendrecv\r\n"));
	KTAP_CHECK(becomes("-telephone-event", "m=audio 7000 RTP/AVP 101  8 \r\na=rtpmap:101 telephone-event/8000\r\n",
			   "m=audio 7000 RTP/AVP 8\r\n"));
	/* another rate, other channels, part of a name */
	KTAP_CHECK(becomes("-opus/8000 -opus/48000/1 -PCM -PCMA/16000 -speex", PHONE, NULL));
	/* without an rtpmap it is nothing */
	KTAP_CHECK(becomes("-opus", "m=audio 7000 RTP/AVP 0 96\r\n", NULL));
	/* an rtpmap goes before the table */
	KTAP_CHECK(becomes("-PCMU", "m=audio 7000 RTP/AVP 0 8\r\na=rtpmap:0 other/8000\r\n", NULL));
	return true;
}

static bool all_but(void)
{
	KTAP_CHECK(becomes("-all +PCMU +telephone-event", PHONE,
			   "m=audio 7000 RTP/AVP 0 101\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n"
			   "a=fmtp:101 0-15\r\na=sendrecv\r\n"));
	KTAP_CHECK(becomes("+opus -full", PHONE,
			   "m=audio 7000 RTP/AVP 96\r\na=ptime:20\r\na=rtpmap:96 opus/48000/2\r\n"
			   "a=fmtp:96 useinbandfec=1\r\na=sendrecv\r\n"));
	KTAP_CHECK(becomes("+opus", PHONE, NULL) && becomes("", PHONE, NULL));
	return true;
}

static bool repairs(void)
{
	KTAP_CHECK(becomes("-H264", VIDEO,
			   "m=video 7002 RTP/AVPF 100\r\na=rtpmap:100 VP8/90000\r\n"
			   "a=rtcp-fb:* ccm fir\r\na=rtcp-fb:100 nack pli\r\n"));
	KTAP_CHECK(becomes("-VP8 -PCMA -PCMU -G729", PHONE VIDEO,
			   "m=audio 7000 RTP/AVP 101 96\r\na=ptime:20\r\na=rtpmap:101 telephone-event/8000\r\n"
			   "a=fmtp:101 0-15\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=sendrecv\r\n"
			   "m=video 7002 RTP/AVPF 98 99\r\na=rtpmap:98 H264/90000\r\na=rtpmap:99 rtx/90000\r\n"
			   "a=fmtp:99 apt=98;rtx-time=3000\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:* ccm fir\r\n"));
	/* wherever it stands among its parameters, and nothing else of such a name */
	KTAP_CHECK(becomes("-H264", "m=video 7002 RTP/AVPF 98 99 100\r\na=rtpmap:98 H264/90000\r\n"
			   "a=rtpmap:99 rtx/90000\r\na=fmtp:99 rtx-time=3000; APT=98 \r\na=rtpmap:100 VP8/90000\r\n",
			   "m=video 7002 RTP/AVPF 100\r\na=rtpmap:100 VP8/90000\r\n"));
	KTAP_CHECK(becomes("-H264", "m=video 7002 RTP/AVPF 98 99 100\r\na=rtpmap:98 H264/90000\r\n"
			   "a=rtpmap:99 rtx/90000\r\na=fmtp:99 adapt=98;apt=100\r\na=rtpmap:100 VP8/90000\r\n",
			   "m=video 7002 RTP/AVPF 99 100\r\n"
			   "a=rtpmap:99 rtx/90000\r\na=fmtp:99 adapt=98;apt=100\r\na=rtpmap:100 VP8/90000\r\n"));
	return true;
}

#define RED	"m=audio 7000 RTP/AVP 121 0 5 8 122\r\na=rtpmap:121 red/8000/1\r\na=fmtp:121 0/5\r\n" \
		"a=rtpmap:122 rtx/8000\r\na=fmtp:122 apt=121\r\n"

static bool redundancy(void)
{
	KTAP_CHECK(becomes("-PCMU", RED, "m=audio 7000 RTP/AVP 5 8\r\n"));
	KTAP_CHECK(becomes("-DVI4", RED, "m=audio 7000 RTP/AVP 0 8\r\n"));
	KTAP_CHECK(becomes("-PCMA", RED,
			   "m=audio 7000 RTP/AVP 121 0 5 122\r\na=rtpmap:121 red/8000/1\r\na=fmtp:121 0/5\r\n"
			   "a=rtpmap:122 rtx/8000\r\na=fmtp:122 apt=121\r\n"));
	/* numbers of who is not red are no payload types; red that says nothing is of all */
	KTAP_CHECK(becomes("-PCMU", "m=audio 7000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0/5\r\n",
			   "m=audio 7000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0/5\r\n"));
	KTAP_CHECK(becomes("-PCMU", "m=audio 7000 RTP/AVP 121 0 8\r\na=rtpmap:121 red/8000\r\na=fmtp:121 x//999999/\r\n",
			   "m=audio 7000 RTP/AVP 121 8\r\na=rtpmap:121 red/8000\r\na=fmtp:121 x//999999/\r\n"));
	return true;
}

/* a section that nobody could speak by, what is no RTP, what is rejected */
static bool nothing_left(void)
{
	KTAP_CHECK(becomes("-all", PHONE, NULL) && becomes("-all +telephone-event", PHONE, NULL));
	KTAP_CHECK(becomes("-H264 -VP8", VIDEO, NULL) && becomes("-t38 -all", FAX, NULL));
	KTAP_CHECK(becomes("-PCMA", "m=audio 0 RTP/AVP 0 8\r\n", NULL));
	KTAP_CHECK(becomes("-PCMA", "m=audio 7000 RTP/AVP 8\r\n" FAX "m=audio 7008 RTP/AVP 0 8\r\n",
			   "m=audio 7000 RTP/AVP 8\r\n" FAX "m=audio 7008 RTP/AVP 0\r\n"));
	return true;
}

/* it is nothing that we could not read */
static bool strange(void)
{
	KTAP_CHECK(becomes("-PCMA", "m=audio 7000 RTP/AVP 8 0 x 128 99999999999 8\r\na=rtpmap:\r\na=fmtp:8\r\n"
			   "a=rtpmap:300 PCMA/8000\r\na=fmtp:8 apt=\r\na=fmtp:0 apt=8x\r\n",
			   "m=audio 7000 RTP/AVP 0 x 128 99999999999\r\na=rtpmap:\r\n"
			   "a=rtpmap:300 PCMA/8000\r\na=fmtp:0 apt=8x\r\n"));
	KTAP_CHECK(becomes("-PCMA -/ -// +///", "m=audio 7000 RTP/AVP\r\n", NULL));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "codecs by name, rate and channels", by_name },
		{ "all of them but some", all_but },
		{ "what repairs those that go, goes", repairs },
		{ "what says those that go a second time, goes", redundancy },
		{ "a section keeps something to speak by", nothing_left },
		{ "lines that cannot be read pass", strange },
	};

	return KTAP_RUN(points);
}
