// SPDX-License-Identifier: GPL-2.0
/* a=crypto: RFC 4568 section 9, with the suites of RFC 6188 and RFC 7714. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/evp.h>

#include "datapath/names.h"
#include "sdp.h"

/* a line with the longest key, a lifetime and some session parameters */
#define VALUE_MAX	256

#define BASE64	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define DIGITS	"0123456789"

/* the next word of a list of words; NULL: there is none */
static char *word(char **text)
{
	char *w = strsep(text, " ");

	while (w && !*w)
		w = strsep(text, " ");
	return w;
}

static const char *get_tag(const char *text, uint32_t *tag)
{
	size_t n = text ? strspn(text, DIGITS) : 0;

	if (!n || n > 9 || text[n])
		return "a=crypto without a tag of 1 to 9 digits";
	*tag = strtoul(text, NULL, 10);
	return NULL;
}

/* padding may be there or not: RFC 4568 leaves it out, many do not */
static const char *get_key(const char *text, size_t len, struct dp_srtp *srtp)
{
	uint8_t out[RTPLANE_SRTP_KEY_MAX + 3];
	size_t want = dp_srtp_key_len(srtp->suite), n;
	char in[68] = "";
	int got;

	while (len && text[len - 1] == '=')
		len--;
	n = (want * 4 + 2) / 3;
	if (len != n)
		return "the key of its a=crypto is not as long as its suite wants";
	memcpy(in, text, n);
	if (strspn(in, BASE64) != n)
		return "the key of its a=crypto is not base64";
	for (; n % 4; n++)
		in[n] = '=';
	got = EVP_DecodeBlock(out, (const unsigned char *)in, n);
	memcpy(srtp->key, out, want);
	explicit_bzero(in, sizeof(in));
	explicit_bzero(out, sizeof(out));
	return got < 0 ? "the key of its a=crypto is not base64" : NULL;
}

/* "2^20" or "1048576": it is the sender's to keep, with a new key in time */
static bool is_lifetime(const char *text)
{
	size_t n;

	if (!strncmp(text, "2^", 2))
		text += 2;
	n = strspn(text, DIGITS);
	return n && n <= 15 && !text[n];
}

/* MKI:LENGTH: a number, in as many bytes, as it stands in each packet */
static const char *get_mki(const char *text, struct dp_srtp *srtp)
{
	size_t n = strspn(text, DIGITS), len, i;
	uint64_t mki;

	if (!n || n > 18 || text[n] != ':')
		return "its a=crypto has a master key identifier (MKI) that is no number of 1 to 18 digits";
	mki = strtoull(text, NULL, 10);
	text += n + 1;
	n = strspn(text, DIGITS);
	len = n && n <= 3 && !text[n] ? strtoul(text, NULL, 10) : 0;
	if (!len || len > RTPLANE_SRTP_MKI_MAX || (len < 8 && mki >> (8 * len)))
		return "its a=crypto has a master key identifier (MKI) that its length does not fit; expected 1 to 16 bytes";
	srtp->mki_len = len;
	for (i = 0; i < len && i < 8; i++)
		srtp->mki[len - 1 - i] = mki >> (8 * i);
	return NULL;
}

/* what follows the key: [|LIFETIME][|MKI:LENGTH] */
static const char *get_more(char *text, struct dp_srtp *srtp)
{
	char *mki = strchr(text, ':') ? strrchr(text, '|') : NULL;

	if (mki)
		*mki = '\0';
	if (*text && !is_lifetime(text + 1))
		return "its a=crypto has a lifetime that is none";
	return mki ? get_mki(mki + 1, srtp) : NULL;
}

/* inline:KEY[|LIFETIME][|MKI:LENGTH][;inline:...] */
static const char *get_params(char *text, struct sdp_crypto *crypto)
{
	const char *why;
	char *more;

	if (!text || strncasecmp(text, "inline:", 7))
		return "a=crypto without inline:";
	if (strchr(text, ';'))
		return "its a=crypto has several keys; expected one";
	text += 7;
	more = strchr(text, '|');
	why = get_key(text, more ? (size_t)(more - text) : strlen(text),
		      &crypto->srtp);
	return why || !more ? why : get_more(more, &crypto->srtp);
}

/*
 * Session parameters change what a packet looks like, all but the size of the
 * replay window and what may be ignored by its "-".
 */
static const char *get_session(char *text)
{
	const char *w;

	while ((w = word(&text))) {
		if (*w == '-' || !strcasecmp(w, "KDR=0") ||
		    !strncasecmp(w, "WSH=", 4))
			continue;
		if (!strncasecmp(w, "UNENCRYPTED", 11) ||
		    !strncasecmp(w, "UNAUTHENTICATED", 15))
			return "its a=crypto leaves media unprotected";
		return "its a=crypto has session parameters; expected none";
	}
	return NULL;
}

static const char *get_all(char *text, struct sdp_crypto *crypto)
{
	const char *why, *suite;
	uint8_t value;

	why = get_tag(word(&text), &crypto->tag);
	if (why)
		return why;
	suite = word(&text);
	if (!suite || !dp_srtp_suite_parse(suite, &value))
		return "its a=crypto has a suite that is not known";
	crypto->srtp.suite = value;
	why = get_params(word(&text), crypto);
	return why ? why : get_session(text);
}

const char *sdp_crypto_parse(const char *value, size_t len,
			     struct sdp_crypto *crypto)
{
	char text[VALUE_MAX];
	const char *why;

	memset(crypto, 0, sizeof(*crypto));
	if (len >= sizeof(text))
		return "its a=crypto is longer than 255 characters";
	memcpy(text, value, len);
	text[len] = '\0';
	why = get_all(text, crypto);
	explicit_bzero(text, sizeof(text));
	if (why)
		explicit_bzero(crypto, sizeof(*crypto));
	return why;
}

/* what stands in front of its last eight bytes is 0 */
static uint64_t mki_number(const struct dp_srtp *srtp)
{
	uint64_t mki = 0;
	size_t i;

	for (i = 0; i < srtp->mki_len; i++)
		mki = mki << 8 | srtp->mki[i];
	return mki;
}

void sdp_crypto_print(struct writer *out, const struct sdp_crypto *crypto)
{
	const struct dp_srtp *srtp = &crypto->srtp;
	unsigned char key[4 * (RTPLANE_SRTP_KEY_MAX + 2) / 3 + 1];

	EVP_EncodeBlock(key, srtp->key, dp_srtp_key_len(srtp->suite));
	writer_printf(out, "a=crypto:%u %s inline:%s", crypto->tag,
		      dp_srtp_suite_name(srtp->suite), key);
	if (srtp->mki_len)
		writer_printf(out, "|%" PRIu64 ":%u", mki_number(srtp), srtp->mki_len);
	writer_text(out, "\r\n");
	explicit_bzero(key, sizeof(key));
}
