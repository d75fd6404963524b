// SPDX-License-Identifier: GPL-2.0
/* srtp-rx|srtp-tx none | SUITE KEY|@FILE ... */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datapath/names.h"
#include "keys.h"
#include "srtp.h"

#define SUITES	"AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32, AEAD_AES_128_GCM, AEAD_AES_256_GCM or none"
#define BASE64	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
/* the longest key in base64 with a line end, and more */
#define TEXT_MAX	160

/* what is wrong with the key, or NULL; the key itself is not told */
static const char *decode(const char *text, struct dp_srtp *srtp)
{
	size_t want = dp_srtp_key_len(srtp->suite), n = strlen(text), i;
	uint32_t bits = 0;

	/* padding may be there or not, as in a=crypto */
	while (n && text[n - 1] == '=')
		n--;
	if (strspn(text, BASE64) < n)
		return "is not base64";
	if (n != (want * 4 + 2) / 3)
		return "has another length";
	for (i = 0; i < n; i++) {
		bits = bits << 6 | (uint32_t)(strchr(BASE64, text[i]) - BASE64);
		/* a byte is whole with every character but the first of four */
		if (i % 4)
			srtp->key[i - i / 4 - 1] =
				(uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return NULL;
}

static int take_key(const struct args *args, const char *word,
		    const char *text, struct dp_srtp *srtp)
{
	const char *why = decode(text, srtp);

	if (!why)
		return CLI_OK;
	return cli_usage(args->cli,
			 "%s: %s: the key %s: expected base64 of the %zu bytes of master key and salt of %s, or @FILE with that",
			 args->cmd, word, why, dp_srtp_key_len(srtp->suite),
			 dp_srtp_suite_name(srtp->suite));
}

/* CLI_OK with the first word of the file in text */
static int read_text(const struct args *args, const char *word,
		     const char *file, char *text, size_t room)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return cli_refused(args->cli,
				   "%s: %s: cannot read the key's file '%s': %m",
				   args->cmd, word, file);
	}
	if (S_ISREG(st.st_mode) && st.st_mode & (S_IROTH | S_IWOTH)) {
		close(fd);
		return cli_refused(args->cli,
				   "%s: %s: everybody may read or write the key's file '%s' (mode %04o): expected one of mode 0600 or 0640",
				   args->cmd, word, file, st.st_mode & 07777);
	}
	len = read(fd, text, room - 1);
	close(fd);
	if (len < 0)
		return cli_refused(args->cli,
				   "%s: %s: cannot read the key's file '%s': %m",
				   args->cmd, word, file);
	text[len] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	return CLI_OK;
}

static int read_key(struct args *args, const char *word, struct dp_srtp *srtp)
{
	char *value = args->at < args->argc ? args->argv[args->at] : NULL;
	char text[TEXT_MAX];
	int ret;

	if (!value)
		return cli_usage(args->cli,
				 "%s: '%s' has no key: expected base64 of master key and salt, or @FILE",
				 args->cmd, word);
	args->at++;
	if (*value == '@') {
		ret = read_text(args, word, value + 1, text, sizeof(text));
		if (!ret)
			ret = take_key(args, word, text, srtp);
		explicit_bzero(text, sizeof(text));
		return ret;
	}
	ret = take_key(args, word, value, srtp);
	/* whoever lists processes from now on does not see it */
	explicit_bzero(value, strlen(value));
	return ret;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) :
			     NULL;

	return at ? (int)(at - digits) : -1;
}

static bool hex(const char *text, uint8_t *bytes, size_t max, uint8_t *len)
{
	size_t n = strlen(text), i;
	int hi, lo;

	if (!n || n % 2 || n / 2 > max)
		return false;
	for (i = 0; i < n / 2; i++) {
		hi = hex_digit(text[2 * i]);
		lo = hex_digit(text[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	*len = (uint8_t)(n / 2);
	return true;
}

static int read_mki(struct args *args, const char *word, struct dp_srtp *srtp)
{
	const char *value = args_next(args);

	if (srtp->mki_len)
		return key_twice(args, "mki");
	if (!value || !hex(value, srtp->mki, sizeof(srtp->mki), &srtp->mki_len))
		return cli_usage(args->cli,
				 "%s: %s: mki '%s': expected 1 to %d bytes, as 2 to %d hexadecimal digits",
				 args->cmd, word, value ? value : "",
				 RTPLANE_SRTP_MKI_MAX, 2 * RTPLANE_SRTP_MKI_MAX);
	return CLI_OK;
}

/* SSRC, after "source", and where it stands */
static int read_source(struct args *args, struct dp_source *source)
{
	static const struct key keys[] = {
		{ .word = "index", .bit = 1, .type = KEY_U64,
		  .offset = offsetof(struct dp_source, index),
		  .max = (1ull << 48) - 1,
		  .expect = "rollover counter * 65536 + sequence number, below 2^48" },
		{ .word = "rtcp-index", .bit = 2, .type = KEY_U32,
		  .offset = offsetof(struct dp_source, rtcp_index),
		  .max = INT32_MAX, .expect = "an SRTCP index, below 2^31" },
		{}
	};
	const char *value = args_next(args);
	const struct key *key;
	uint32_t set = 0;
	uint64_t ssrc;
	int ret;

	if (!value || !key_number(value, UINT32_MAX, &ssrc))
		return cli_usage(args->cli,
				 "%s: source '%s': expected an SSRC, 0 to 0xffffffff",
				 args->cmd, value ? value : "");
	source->ssrc = (uint32_t)ssrc;
	while (args_peek(args) && (key = key_find(keys, args_peek(args)))) {
		args_next(args);
		ret = key_read(args, key, &set, source);
		if (ret)
			return ret;
	}
	source->has_index = set & 1;
	source->has_rtcp_index = set & 2;
	return CLI_OK;
}

static int read_sources(struct args *args, struct dp_srtp *srtp)
{
	struct dp_source *source;
	int ret;

	if (!args_take(args, "source"))
		return CLI_OK;
	source = dp_sources_take(&args->cli->sources, RTPLANE_SRTP_SSRCS_MAX);
	if (!source)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	srtp->source = source;
	do {
		if (srtp->n_sources == RTPLANE_SRTP_SSRCS_MAX)
			return cli_usage(args->cli,
					 "%s: a key has at most %d sources",
					 args->cmd, RTPLANE_SRTP_SSRCS_MAX);
		ret = read_source(args, &source[srtp->n_sources++]);
	} while (!ret && args_take(args, "source"));
	return ret;
}

int srtp_parse(struct args *args, const char *word, struct dp_srtp *srtp)
{
	const char *suite = args_next(args);
	bool tx = !strcmp(word, "srtp-tx");
	int ret;

	/* what is no suite may be a key */
	if (suite && !strcmp(suite, "none"))
		return CLI_OK;
	if (!suite || !dp_srtp_suite_parse(suite, &srtp->suite))
		return cli_usage(args->cli,
				 "%s: '%s' is not followed by a suite: expected %s",
				 args->cmd, word, SUITES);
	ret = read_key(args, word, srtp);
	while (!ret) {
		if (args_take(args, "mki"))
			ret = read_mki(args, word, srtp);
		else if (tx && args_take(args, "fresh"))
			srtp->fresh = true;
		else
			break;
	}
	return ret ? ret : read_sources(args, srtp);
}
