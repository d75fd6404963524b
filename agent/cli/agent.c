// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that the agent answers, through its control socket: one line of JSON
 * there, {"cmd": ..., "args": [...]}, one line back, {"ok": true, "result": ...}
 * or {"ok": false, "error": "sentence"}.
 */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"
#include "out.h"

/* no answer is longer; what is longer is no answer */
#define ANSWER_MAX	(64u << 20)

static int agent_connect(const struct cli *cli)
{
	static const struct timeval patience = { .tv_sec = 10 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(cli->socket) >= sizeof(sun.sun_path)) {
		cli_refused(cli, "the path '%s' is too long for a UNIX socket",
			    cli->socket);
		return -1;
	}
	strcpy(sun.sun_path, cli->socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		cli_refused(cli, "cannot make a UNIX socket: %m");
		return -1;
	}
	/* for connections, too: monitoring must not pile up on an agent that hangs */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		cli_refused(cli, "cannot reach the agent at %s: %m (is rtplaned running?)",
			    cli->socket);
		close(fd);
		return -1;
	}
	return fd;
}

static bool send_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* the first line of the answer, without its end; NULL with errno */
static char *read_line(int fd, size_t *len)
{
	size_t room = 0;
	char *buf = NULL;
	char *end;
	ssize_t n;

	*len = 0;
	for (;;) {
		if (*len == room) {
			room = room ? room * 2 : 4096;
			end = room > ANSWER_MAX ? NULL : realloc(buf, room);
			if (!end)
				break;
			buf = end;
		}
		n = recv(fd, buf + *len, room - *len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = ECONNRESET;
			break;
		}
		end = memchr(buf + *len, '\n', (size_t)n);
		*len += (size_t)n;
		if (end) {
			*len = (size_t)(end - buf);
			return buf;
		}
	}
	free(buf);
	return NULL;
}

static void text_value(FILE *out, const json_t *value);

/* "key value key value", nested objects in brackets */
static void text_pairs(FILE *out, const json_t *object)
{
	const char *sep = "";
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		fprintf(out, "%s%s ", sep, key);
		text_value(out, value);
		sep = " ";
	}
}

static void text_value(FILE *out, const json_t *value)
{
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		fputs(json_string_value(value), out);
		break;
	case JSON_OBJECT:
		fputc('(', out);
		text_pairs(out, value);
		fputc(')', out);
		break;
	case JSON_ARRAY:
		for (i = 0; i < json_array_size(value); i++) {
			if (i)
				fputc(',', out);
			text_value(out, json_array_get(value, i));
		}
		break;
	default:
		json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	}
}

/* print a line, folded at blanks; what follows a fold is indented deeper */
static void fold(const char *line, int indent)
{
	int deeper = 0;
	int cut;

	while (strlen(line) > (size_t)(100 - indent - deeper)) {
		for (cut = 100 - indent - deeper; cut && line[cut] != ' '; cut--)
			;
		if (!cut)	/* a word longer than a line */
			cut = (int)strcspn(line, " ");
		printf("%*s%.*s\n", indent + deeper, "", cut, line);
		line += cut + (line[cut] == ' ');
		deeper = 4;
	}
	if (*line)
		printf("%*s%s\n", indent + deeper, "", line);
}

/* one value as a line; with a key before it, or the pairs of an object */
static void text_line(const char *key, const json_t *value, int indent)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	if (key)
		fprintf(out, "%s ", key);
	if (!key && json_is_object(value))
		text_pairs(out, value);
	else
		text_value(out, value);
	if (!fclose(out))
		fold(text, indent);
	free(text);
}

static bool is_list(const json_t *value)
{
	return json_is_array(value) &&
	       (!json_array_size(value) ||
		json_is_object(json_array_get(value, 0)));
}

static void text_list(const json_t *list, int indent)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		text_line(NULL, json_array_get(list, i), indent);
}

/* a list of objects: one a line; all else that an object holds: one a line */
static void text_result(const json_t *result)
{
	const char *key;
	json_t *value;

	if (is_list(result)) {
		text_list(result, 0);
		return;
	}
	if (json_is_string(result)) {
		puts(json_string_value(result));
		return;
	}
	if (!json_is_object(result)) {
		text_line(NULL, result, 0);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)result, key, value) {
		if (!is_list(value)) {
			text_line(key, value, 0);
			continue;
		}
		printf(json_array_size(value) ? "%s\n" : "%s none\n", key);
		text_list(value, 4);
	}
}

void cli_print(const struct cli *cli, const json_t *result)
{
	if (!cli->json) {
		text_result(result);
		return;
	}
	json_dumpf(result, stdout, JSON_COMPACT | JSON_ENCODE_ANY |
		   JSON_REAL_PRECISION(12));
	putchar('\n');
}

/* what was asked for; NULL after a sentence */
static json_t *result_of(const struct cli *cli, json_t *answer)
{
	json_t *result = json_object_get(answer, "result");
	const char *error;

	if (json_is_true(json_object_get(answer, "ok")) && result)
		return json_incref(result);
	error = json_string_value(json_object_get(answer, "error"));
	if (json_is_false(json_object_get(answer, "ok")) && error)
		cli_refused(cli, "%s", error);
	else
		cli_refused(cli, "the agent's answer has neither a result nor an error");
	return NULL;
}

/* up to two words go with it; NULL: none */
static char *request_line(const char *cmd, const char *id, const char *more)
{
	json_t *words = json_array();
	json_t *request;
	char *line;

	if (id)
		json_array_append_new(words, json_string(id));
	if (more)
		json_array_append_new(words, json_string(more));
	request = json_pack("{s:s, s:o}", "cmd", cmd, "args", words);
	line = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return line;
}

/* NULL after a sentence */
static json_t *converse(const struct cli *cli, int fd, const char *line)
{
	json_t *answer, *result;
	json_error_t error;
	size_t len;
	char *text;

	if (!send_all(fd, line, strlen(line)) || !send_all(fd, "\n", 1)) {
		cli_refused(cli, "cannot write to the agent: %m");
		return NULL;
	}
	text = read_line(fd, &len);
	if (!text) {
		if (errno == EAGAIN)
			cli_refused(cli, "the agent does not answer within 10 s");
		else
			cli_refused(cli, "the agent gave no whole answer: %m");
		return NULL;
	}
	answer = json_loadb(text, len, 0, &error);
	free(text);
	if (!answer) {
		cli_refused(cli, "the agent's answer is no JSON: %s", error.text);
		return NULL;
	}
	result = result_of(cli, answer);
	json_decref(answer);
	return result;
}

json_t *cli_ask(const struct cli *cli, const char *cmd, const char *id,
		const char *more)
{
	char *line = request_line(cmd, id, more);
	json_t *result = NULL;
	int fd;

	if (!line) {
		cli_refused(cli, "no memory for a request");
		return NULL;
	}
	fd = agent_connect(cli);
	if (fd >= 0) {
		result = converse(cli, fd, line);
		close(fd);
	}
	free(line);
	return result;
}

/* all that was to be opened is; not for ever, if somebody keeps the rules locked */
static void await_settled(const struct cli *cli, int fd)
{
	json_t *status;
	int settled = 0;
	unsigned int i;

	for (i = 0; i < 100 && !settled; i++) {
		if (i)
			usleep(50000);
		status = converse(cli, fd, "{\"cmd\":\"status\",\"args\":[]}");
		if (!status)
			return;
		json_unpack(status, "{s:{s:b}}", "nftables", "settled", &settled);
		json_decref(status);
	}
}

int cli_tester(const struct cli *cli, uint16_t low, uint16_t high,
	       const struct dp_addr *addr, unsigned int *opened)
{
	char line[128 + DP_ADDR_STRLEN], text[DP_ADDR_STRLEN];
	json_t *result;
	int fd, n = 0;

	if (access(cli->socket, F_OK))
		return -1;
	fd = agent_connect(cli);
	if (fd < 0)
		return -1;
	if (addr->family)
		dp_addr_str(addr, text, sizeof(text));
	snprintf(line, sizeof(line), "{\"cmd\":\"tester\",\"args\":[\"%u\",\"%u\"%s%s%s]}", low,
		 high, addr->family ? ",\"" : "", addr->family ? text : "",
		 addr->family ? "\"" : "");
	result = converse(cli, fd, line);
	if (!result) {
		close(fd);
		return -1;
	}
	json_unpack(result, "{s:i}", "opened", &n);
	json_decref(result);
	*opened = (unsigned int)n;
	if (n)
		await_settled(cli, fd);
	return fd;
}

/* NULL: there is none, or it is no JSON */
static json_t *next_line(FILE *in)
{
	json_t *what = NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	len = getline(&line, &room, in);
	if (len > 0)
		what = json_loadb(line, (size_t)len, 0, NULL);
	free(line);
	return what;
}

/* the first line is the answer, and what comes behind it the events */
static int hear(const struct cli *cli, FILE *in, bool (*fn)(json_t *event, void *arg),
		void *arg)
{
	static const struct timeval for_ever = { 0 };
	json_t *what = next_line(in), *result;
	bool more;

	if (!what)
		return cli_refused(cli, "the agent gave no answer");
	result = result_of(cli, what);
	json_decref(what);
	if (!result)
		return CLI_REFUSED;
	json_decref(result);
	setsockopt(fileno(in), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof(for_ever));
	while ((what = next_line(in))) {
		more = fn(what, arg);
		json_decref(what);
		if (!more)
			return CLI_OK;
	}
	return cli_refused(cli, "the agent has gone, or its events were read too slowly");
}

int cli_listen(const struct cli *cli, bool (*fn)(json_t *event, void *arg), void *arg)
{
	static const char line[] = "{\"cmd\":\"events\",\"args\":[]}\n";
	int fd = agent_connect(cli), ret;
	FILE *in;

	if (fd < 0)
		return CLI_REFUSED;
	in = send_all(fd, line, strlen(line)) ? fdopen(fd, "r") : NULL;
	if (!in) {
		ret = cli_refused(cli, "cannot write to the agent: %m");
		close(fd);
		return ret;
	}
	ret = hear(cli, in, fn, arg);
	fclose(in);
	return ret;
}

static int ask(const struct args *args, const char *cmd, const char *id,
	       const char *more)
{
	json_t *result = cli_ask(args->cli, cmd, id, more);

	if (!result)
		return CLI_REFUSED;
	cli_print(args->cli, result);
	json_decref(result);
	return CLI_OK;
}

int cmd_agent(struct args *args)
{
	int ret = args_end(args);

	return ret ? ret : ask(args, args->cmd, NULL, NULL);
}

int cmd_agent_ng(struct args *args)
{
	const char *word = args_next(args);
	int ret;

	if (!word || strcmp(word, "flags"))
		return cli_usage(args->cli, "ng '%s': expected flags",
				 word ? word : "");
	ret = args_end(args);
	return ret ? ret : ask(args, "ng-flags", NULL, NULL);
}

/* "600", "10m", "2h", "1d": in seconds; NULL after a sentence */
static const char *ban_time(struct args *args, char *buf, size_t size)
{
	const char *word = args_next(args);
	size_t digits = word ? strspn(word, "0123456789") : 0;
	uint64_t number, unit = 1;

	if (word && digits && word[digits] && !word[digits + 1])
		unit = word[digits] == 'd' ? 86400 : word[digits] == 'h' ? 3600 :
		       word[digits] == 'm' ? 60 : word[digits] == 's';
	else if (word && word[digits])
		unit = 0;
	snprintf(buf, size, "%.*s", (int)digits, word ? word : "");
	if (!unit || !key_number(buf, UINT32_MAX, &number) || !number) {
		cli_usage(args->cli, "ban add: for '%s': expected a time, as 600, 10m, 2h or 1d",
			  word ? word : "");
		return NULL;
	}
	snprintf(buf, size, "%" PRIu64, number * unit);
	return buf;
}

int cmd_ban(struct args *args)
{
	const char *verb = args_next(args), *prefix, *seconds = NULL;
	char buf[24];
	int ret;

	args->cmd = "ban";
	if (verb && !strcmp(verb, "list")) {
		ret = args_end(args);
		return ret ? ret : ask(args, "ban-list", NULL, NULL);
	}
	if (!verb || (strcmp(verb, "add") && strcmp(verb, "del")))
		return cli_usage(args->cli, "ban '%s': expected list, add or del",
				 verb ? verb : "");
	prefix = args_next(args);
	if (!prefix)
		return cli_usage(args->cli, "ban %s: expected an address or a prefix",
				 verb);
	if (*verb == 'a' && args_take(args, "for")) {
		seconds = ban_time(args, buf, sizeof(buf));
		if (!seconds)
			return CLI_USAGE;
	}
	ret = args_end(args);
	return ret ? ret : ask(args, *verb == 'a' ? "ban-add" : "ban-del", prefix,
			       seconds);
}

int cmd_firewall(struct args *args)
{
	const char *format = args->cli->json ? "json" : "table";
	const char *view = "host", *word;
	const char **value;
	int ret;

	if (args_take(args, "--check") || args_take(args, "check")) {
		args->cmd = "firewall --check";
		ret = args_end(args);
		if (ret)
			return ret;
		return cmd_firewall_check ? cmd_firewall_check(args) :
		       cli_refused(args->cli, "this program was built without 'firewall --check'");
	}
	while ((word = args_next(args))) {
		value = !strcmp(word, "--format") || !strcmp(word, "format") ?
			&format : !strcmp(word, "--for") || !strcmp(word, "for") ?
			&view : NULL;
		if (!value)
			return cli_usage(args->cli, "firewall: '%s': expected --format, --for or --check",
					 word);
		*value = args_next(args);
		if (!*value)
			return cli_usage(args->cli, "firewall: %s: expected a word behind it",
					 word);
	}
	if (!strcmp(format, "json"))
		args->cli->json = true;
	return ask(args, "firewall", format, view);
}

int cmd_agent_why(struct args *args)
{
	const char *word = args_peek(args);
	struct dp_addr addr;
	int ret;

	if (!word || !dp_addr_parse_host(word, &addr))
		return cmd_agent_call(args);
	args_next(args);
	ret = args_end(args);
	return ret ? ret : ask(args, args->cmd, word, NULL);
}

int cmd_agent_call(struct args *args)
{
	const char *word = args_next(args);
	uint64_t number;
	char id[24];
	int ret;

	if (!word || !key_number(word, UINT64_MAX, &number) || !number)
		return cli_usage(args->cli,
				 "%s: '%s': expected the id of a call, as rtplane calls shows it",
				 args->cmd, word ? word : "");
	ret = args_end(args);
	if (ret)
		return ret;
	snprintf(id, sizeof(id), "%" PRIu64, number);
	return ask(args, args->cmd, id, NULL);
}

/* not in this process's stead: there may be more lines of a -batch */
static int run_agent(struct cli *cli, const char *const argv[])
{
	int status, error;
	pid_t pid;

	fflush(stdout);
	error = posix_spawnp(&pid, argv[0], NULL, NULL,
			     (char *const *)(uintptr_t)argv, environ);
	if (error) {
		errno = error;
		return cli_refused(cli, "cannot run rtplaned: %m");
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cli_refused(cli, "cannot wait for rtplaned: %m");
	if (!WIFEXITED(status))
		return cli_refused(cli, "rtplaned was ended by a signal");
	return WEXITSTATUS(status) ? CLI_REFUSED : 0;
}

/* the agent reads its own language */
int cmd_check_config(struct args *args)
{
	const char *file = args_next(args);
	int ret;

	args->cmd = "check-config";
	if (!file)
		return cli_usage(args->cli,
				 "check-config: expected the name of a configuration file");
	ret = args_end(args);
	if (ret)
		return ret;
	if (args->cli->json)
		return run_agent(args->cli, (const char *[]){
			"rtplaned", "--json", "--check-config", file, NULL });
	return run_agent(args->cli, (const char *[]){
		"rtplaned", "--check-config", file, NULL });
}
