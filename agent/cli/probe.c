// SPDX-License-Identifier: GPL-2.0
/* rtplane probe: words of the command. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"
#include "probe.h"

#define TOKEN_MIN	16
#define TOKEN_MAX	1024

/* the first line of the file */
static int read_file(const struct args *args, const char *file, char *text)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t len;

	len = fd < 0 || fstat(fd, &st) ? -1 : read(fd, text, TOKEN_MAX);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return cli_refused(args->cli,
				   "%s: cannot read the token's file '%s': %m",
				   args->cmd, file);
	if (S_ISREG(st.st_mode) && st.st_mode & (S_IROTH | S_IWOTH))
		return cli_refused(args->cli,
				   "%s: everybody may read or write the token's file '%s' (mode %04o): expected one of mode 0600 or 0640",
				   args->cmd, file, st.st_mode & 07777);
	text[len] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return CLI_OK;
}

static int read_token(struct args *args, struct probe_words *words)
{
	char *value = args->at < args->argc ? args->argv[args->at] : NULL;
	char text[TOKEN_MAX + 1] = "";
	int ret = CLI_OK;

	if (!value)
		return cli_usage(args->cli,
				 "%s: 'token' has no value: expected a secret of %u characters or more, or @FILE with it",
				 args->cmd, TOKEN_MIN);
	args->at++;
	if (*value == '@') {
		ret = read_file(args, value + 1, text);
	} else {
		strncpy(text, value, TOKEN_MAX);
		/* whoever lists processes from now on does not see it */
		explicit_bzero(value, strlen(value));
	}
	if (!ret && strlen(text) < TOKEN_MIN)
		ret = cli_usage(args->cli,
				"%s: the token has %zu characters: expected %u or more",
				args->cmd, strlen(text), TOKEN_MIN);
	if (!ret && !probe_key_make(&words->key, span_of(text)))
		ret = cli_refused(args->cli, "%s: OpenSSL makes no HMAC",
				  args->cmd);
	explicit_bzero(text, sizeof(text));
	return ret;
}

static bool parse_ports(const char *text, struct probe_words *words)
{
	struct span rest = span_of(text), lo = span_cut(&rest, '-');

	if (!rest.p)
		rest = lo;
	return span_u32(lo, &words->lo) && span_u32(rest, &words->hi) &&
	       words->lo && words->lo <= words->hi && words->hi <= 65535;
}

static bool parse_sip(const char *text, struct probe_words *words)
{
	if (!strcmp(text, "off")) {
		words->sip = 0;
		return true;
	}
	return span_u32(span_of(text), &words->sip) && words->sip &&
	       words->sip <= 65535;
}

/* "90", "90s", "5m" */
static bool parse_for(const char *text, struct probe_words *words)
{
	struct span s = span_of(text);
	uint32_t unit = 1;

	if (s.n && (s.p[s.n - 1] == 's' || s.p[s.n - 1] == 'm'))
		unit = s.p[--s.n] == 'm' ? 60 : 1;
	if (!span_u32(s, &words->seconds) || words->seconds > 3600)
		return false;
	words->seconds *= unit;
	return words->seconds && words->seconds <= 3600;
}

static bool parse_pps(const char *text, struct probe_words *words)
{
	return span_u32(span_of(text), &words->pps) && words->pps >= 10 &&
	       words->pps <= 100000;
}

static bool parse_wait(const char *text, struct probe_words *words)
{
	return span_u32(span_of(text), &words->wait) && words->wait >= 10 &&
	       words->wait <= 60000;
}

static bool parse_listen(const char *text, struct probe_words *words)
{
	return dp_addr_parse_host(text, &words->listen);
}

static const struct word {
	const char *word;
	bool serve;
	bool ask;
	bool (*parse)(const char *text, struct probe_words *words);
	const char *expect;
} all_words[] = {
	{ "ports", true, true, parse_ports, "LO-HI, ports of 1 to 65535" },
	{ "sip", true, true, parse_sip, "a port of 1 to 65535, or off" },
	{ "listen", true, false, parse_listen, "an IPv4 or IPv6 address without port" },
	{ "for", true, false, parse_for, "a time of 1s to 60m" },
	{ "pps", false, true, parse_pps, "packets/s, 10 to 100000" },
	{ "wait", false, true, parse_wait, "milliseconds, 10 to 60000" },
};

#define N_WORDS (sizeof(all_words) / sizeof(*all_words))

static int read_word(struct args *args, const struct word *w,
		     struct probe_words *words)
{
	const char *value;

	value = args_next(args);
	if (!value)
		return cli_usage(args->cli, "%s: '%s' has no value: expected %s",
				 args->cmd, w->word, w->expect);
	if (!w->parse(value, words))
		return cli_usage(args->cli, "%s: %s '%s': expected %s",
				 args->cmd, w->word, value, w->expect);
	return CLI_OK;
}

static const struct word *find_word(const char *word, bool serve)
{
	size_t i;

	for (i = 0; i < N_WORDS; i++)
		if (!strcmp(all_words[i].word, word) &&
		    (serve ? all_words[i].serve : all_words[i].ask))
			return &all_words[i];
	return NULL;
}

static int read_words(struct args *args, bool serve, struct probe_words *words)
{
	uint32_t seen = 0, bit;
	const struct word *w;
	const char *word;
	int ret;

	while ((word = args_next(args))) {
		w = find_word(word, serve);
		bit = w ? 1u << (w - all_words) : 0;
		if (!strcmp(word, "token"))
			bit = 1u << 30;
		else if (!serve && !strcmp(word, "tcp"))
			bit = 1u << 29;
		if (!bit)
			return cli_usage(args->cli,
					 "%s: '%s' is no word of a port test: see rtplane help",
					 args->cmd, word);
		if (seen & bit)
			return key_twice(args, word);
		seen |= bit;
		ret = CLI_OK;
		if (w)
			ret = read_word(args, w, words);
		else if (bit == 1u << 30)
			ret = read_token(args, words);
		else
			words->tcp = true;
		if (ret)
			return ret;
	}
	if (!(seen & 1u << 30))
		return cli_usage(args->cli,
				 "%s: expected token T, the same at both ends",
				 args->cmd);
	if (words->sip >= words->lo && words->sip <= words->hi)
		return cli_usage(args->cli,
				 "%s: sip '%u' is one of the ports %u-%u: expected another",
				 args->cmd, words->sip, words->lo, words->hi);
	return CLI_OK;
}

static int look_up(const struct args *args, const char *name,
		   struct dp_addr *addr)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list;
	int ret;

	if (dp_addr_parse_host(name, addr))
		return CLI_OK;
	ret = getaddrinfo(name, NULL, &hints, &list);
	if (ret)
		return cli_refused(args->cli, "%s: '%s' has no address: %s",
				   args->cmd, name, gai_strerror(ret));
	dp_addr_from_sockaddr(addr, list->ai_addr, list->ai_addrlen);
	addr->port = 0;
	freeaddrinfo(list);
	return CLI_OK;
}

int cmd_probe(struct args *args)
{
	struct probe_words words = {
		.lo = 30000, .hi = 33000, .sip = 5060, .seconds = 60,
		.pps = 3000, .wait = 500,
	};
	const char *host = args_next(args);
	struct probe_result *result;
	bool serve;
	int ret;

	if (!host)
		return cli_usage(args->cli,
				 "probe '': expected serve or the name or address of a host");
	serve = !strcmp(host, "serve");
	args->cmd = serve ? "probe serve" : "probe";
	ret = read_words(args, serve, &words);
	if (ret)
		return ret;
	if (serve)
		return probe_serve(args, &words);
	ret = look_up(args, host, &words.host);
	if (ret)
		return ret;
	result = calloc(1, sizeof(*result));
	if (!result)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	ret = probe_ask(args, &words, result);
	if (!ret)
		ret = probe_say(args->cli, &words, result);
	free(result);
	return ret;
}
