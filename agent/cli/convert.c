// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane convert: the configuration of an rtpengine as one of ours.  What cannot be
 * carried over stands in the output as a comment, with the reason.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/span.h"
#include "base/text.h"
#include "cli.h"

#define LINE_MAX_LEN	4096
#define REALMS		64
#define ADDRESSES	16
#define LISTENERS	16
#define ALIASES		64
#define NAME_LEN	33
#define WORDS		16

/**
 * struct realm - an interface, or several of one name
 * @name: fit for ours
 * @address: what it listens on
 * @advertise: what it says instead; family 0: the same
 * @n: addresses
 */
struct realm {
	char name[NAME_LEN];
	struct dp_addr address[ADDRESSES];
	struct dp_addr advertise[ADDRESSES];
	unsigned int n;
};

/* another name of a realm */
struct alias {
	char name[NAME_LEN];
	unsigned int realm;
};

/* where the control protocol is spoken */
struct listener {
	const char *transport;
	struct dp_addr addr;
};

/* a key and its value, that stand at the top */
struct word {
	const char *key;
	char value[DP_ADDR_STRLEN + 2];
};

/**
 * struct convert - a conversion
 * @file: its name
 * @ours: the section is rtpengine's own
 * @flags: it is that of templates
 * @section: the name of that section
 * @templates: what it has, as items of a list; empty: nothing
 * @realm: interfaces
 * @n_realms: how many
 * @alias: names for realms, beside their own
 * @n_aliases: how many
 * @listener: where to listen
 * @n_listeners: how many
 * @port_min: of media
 * @port_max: of media
 * @tos: of what leaves; -1: ours
 * @notes: what was not carried over, each as a line of comment
 * @word: keys at the top
 * @n_words: how many
 */
struct convert {
	const char *file;
	bool ours;
	bool flags;
	char section[64];
	FILE *templates;
	struct realm realm[REALMS];
	unsigned int n_realms;
	struct alias alias[ALIASES];
	unsigned int n_aliases;
	struct listener listener[LISTENERS];
	unsigned int n_listeners;
	uint32_t port_min;
	uint32_t port_max;
	int tos;
	FILE *notes;
	struct word word[WORDS];
	unsigned int n_words;
};

static void note(struct convert *c, struct span key, struct span value,
		 const char *why)
{
	char k[64], v[200];

	text_safe(key, k, sizeof(k));
	text_safe(value, v, sizeof(v));
	fprintf(c->notes, "#   %s = %s\n#       %s\n", k, v, why);
}

/* --- interfaces --- */

/*
 * What ours may have in a name; everything else becomes a hyphen.  Interfaces that differ
 * behind a colon are one to the proxy.
 */
static void fit_name(struct span name, char *to)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t i;

	name = span_cut(&name, ':');
	for (i = 0; i < name.n && i < NAME_LEN - 1; i++)
		to[i] = name.p[i] && strchr(good, name.p[i]) ? name.p[i] : '-';
	to[i] = '\0';
}

static struct realm *realm_of(struct convert *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n_realms; i++)
		if (!strcmp(c->realm[i].name, name))
			return &c->realm[i];
	if (c->n_realms == REALMS)
		return NULL;
	c->realm[c->n_realms] = (struct realm){ 0 };
	snprintf(c->realm[c->n_realms].name, NAME_LEN, "%s", name);
	return &c->realm[c->n_realms++];
}

/* the realm that has that address already */
static const struct realm *realm_at(const struct convert *c,
				    const struct dp_addr *addr)
{
	const struct realm *r;
	unsigned int i;

	for (r = c->realm; r < c->realm + c->n_realms; r++)
		for (i = 0; i < r->n; i++)
			if (dp_addr_same_host(&r->address[i], addr))
				return r;
	return NULL;
}

static bool parse_host(struct span text, struct dp_addr *addr)
{
	char buf[DP_ADDR_STRLEN];

	return span_str(span_trim(text), buf, sizeof(buf)) &&
	       dp_addr_parse_host(buf, addr);
}

/* "[NAME/]ADDRESS[!ADVERTISED]": NULL, or why it cannot be had */
static const char *add_interface(struct convert *c, struct span text)
{
	struct dp_addr addr, advertise = { 0 };
	struct span rest = text, name = SPAN("default");
	char fit[NAME_LEN];
	const struct realm *there;
	struct realm *r;

	if (span_chr(text, '/'))
		name = span_trim(span_cut(&rest, '/'));
	text = rest;
	rest = text;
	if (!parse_host(span_cut(&rest, '!'), &addr))
		return "this is no address; expected one of this host, without a device's name";
	if (rest.p && !parse_host(rest, &advertise))
		return "what is advertised is no address";
	fit_name(name, fit);
	there = realm_at(c, &addr);
	if (there) {
		if (!strcmp(there->name, fit))
			return NULL;
		if (c->n_aliases == ALIASES)
			return "these are too many names for one address";
		snprintf(c->alias[c->n_aliases].name, NAME_LEN, "%s", fit);
		c->alias[c->n_aliases++].realm = (unsigned int)(there - c->realm);
		return NULL;
	}
	r = realm_of(c, fit);
	if (!r || r->n == ADDRESSES)
		return "these are too many interfaces";
	r->address[r->n] = addr;
	r->advertise[r->n++] = advertise;
	return NULL;
}

static const char *on_interface(struct convert *c, struct span value)
{
	const char *why = NULL;
	struct span one;

	while (value.n && !why) {
		one = span_trim(span_cut(&value, ';'));
		if (one.n)
			why = add_interface(c, one);
	}
	return why;
}

/* --- where to listen --- */

/* "PORT", "A", "A:P": all addresses, or the usual port, where it is not said */
static bool parse_place(struct span text, struct dp_addr *addr)
{
	char buf[DP_ADDR_STRLEN];
	uint32_t port;

	if (span_u32(text, &port) && port && port < 65536) {
		*addr = (struct dp_addr){ .family = AF_INET, .port = (uint16_t)port };
		return true;
	}
	if (!span_str(text, buf, sizeof(buf)))
		return false;
	if (dp_addr_parse(buf, addr))
		return true;
	if (!dp_addr_parse_host(buf, addr))
		return false;
	addr->port = 2223;
	return true;
}

static const char *listen_at(struct convert *c, struct span value,
			     const char *transport)
{
	struct dp_addr addr;
	struct span one;

	while (value.n) {
		one = span_trim(span_cut(&value, ';'));
		if (!one.n)
			continue;
		if (c->n_listeners == LISTENERS || !parse_place(one, &addr))
			return "this is no address with a port, or one too many";
		c->listener[c->n_listeners++] = (struct listener){ transport, addr };
	}
	return NULL;
}

static const char *on_udp(struct convert *c, struct span value)
{
	return listen_at(c, value, "udp");
}

static const char *on_tcp(struct convert *c, struct span value)
{
	return listen_at(c, value, "tcp");
}

static const char *on_http(struct convert *c, struct span value)
{
	return listen_at(c, value, "http");
}

/* --- numbers --- */

/* the last one counts, as it does there */
static void set_word(struct convert *c, const char *key, const char *value)
{
	unsigned int i;

	for (i = 0; i < c->n_words; i++)
		if (!strcmp(c->word[i].key, key))
			break;
	if (i == WORDS)
		return;
	c->word[i].key = key;
	snprintf(c->word[i].value, sizeof(c->word[i].value), "%s", value);
	c->n_words += i == c->n_words;
}

static const char none[] = "this is no number that can be had here";

static const char *number(struct convert *c, struct span value, const char *key,
			  uint32_t min, uint32_t max)
{
	char text[16];
	uint32_t n;

	if (!span_u32(value, &n) || n < min || n > max)
		return none;
	snprintf(text, sizeof(text), "%u", n);
	set_word(c, key, text);
	return NULL;
}

static const char *on_timeout(struct convert *c, struct span value)
{
	return number(c, value, "media-timeout", 1, 86400);
}

static const char *on_silent(struct convert *c, struct span value)
{
	return number(c, value, "hold-timeout", 1, 86400);
}

static const char *on_offer(struct convert *c, struct span value)
{
	return number(c, value, "answer-timeout", 1, 3600);
}

static const char *on_delete(struct convert *c, struct span value)
{
	return number(c, value, "ng-delete-delay", 0, 3600);
}

static const char *on_events(struct convert *c, struct span value)
{
	char text[DP_ADDR_STRLEN], quoted[DP_ADDR_STRLEN + 2];
	struct dp_addr addr;

	if (!span_str(value, text, sizeof(text)) || !dp_addr_parse(text, &addr))
		return "this is no address with a port, A:P";
	snprintf(quoted, sizeof(quoted), "'%s'", text);
	set_word(c, "ng-events", quoted);
	return NULL;
}

static const char *on_sessions(struct convert *c, struct span value)
{
	return number(c, value, "ng-calls", 1, 1000000);
}

/* bytes per second */
static const char *on_bandwidth(struct convert *c, struct span value)
{
	unsigned long long bytes;
	char text[24], *end;

	if (!span_str(value, text, sizeof(text)) || *text < '0' || *text > '9')
		return "expected a number of bytes per second";
	bytes = strtoull(text, &end, 10);
	if (*end || bytes < 125 || bytes / 125 > 1000000000)
		return "expected a number of bytes per second, 125 to 125000000000";
	snprintf(text, sizeof(text), "%llu", bytes / 125);
	set_word(c, "ng-bandwidth", text);
	return NULL;
}

static const char *on_threads(struct convert *c, struct span value)
{
	return number(c, value, "workers", 0, 64);
}

static const char *on_port_min(struct convert *c, struct span value)
{
	return span_u32(value, &c->port_min) && c->port_min >= 1024 &&
	       c->port_min < 65535 ? NULL : none;
}

static const char *on_port_max(struct convert *c, struct span value)
{
	return span_u32(value, &c->port_max) && c->port_max > 1024 &&
	       c->port_max < 65536 ? NULL : none;
}

static const char *on_tos(struct convert *c, struct span value)
{
	uint32_t n;

	if (!span_u32(value, &n) || n > 255)
		return none;
	c->tos = (int)n;
	return NULL;
}

static const char *on_level(struct convert *c, struct span value)
{
	uint32_t n;

	if (!span_u32(value, &n))
		return none;
	set_word(c, "log", n <= 3 ? "error" : n == 4 ? "warning" :
		 n <= 6 ? "info" : "debug");
	return NULL;
}

static const char *on_table(struct convert *c, struct span value)
{
	if (span_is(value, "-1"))
		set_word(c, "datapath", "uring");
	return NULL;
}

static bool is_true(struct span value)
{
	return span_iscase(value, "true") || span_iscase(value, "yes") ||
	       span_is(value, "1");
}

static const char *on_no_fallback(struct convert *c, struct span value)
{
	if (is_true(value))
		set_word(c, "datapath", "kernel");
	return NULL;
}

static const char *on_templates(struct convert *c, struct span value)
{
	return span_str(value, c->section, sizeof(c->section)) ? NULL :
	       "the name of a section that long is not known here";
}

/* what is so anyhow, or of no meaning here */
static const char *on_nothing(struct convert *c, struct span value)
{
	return NULL;
}

static const struct {
	const char *key;
	const char *(*fn)(struct convert *c, struct span value);
} options[] = {
	{ "interface", on_interface }, { "listen-ng", on_udp },
	{ "templates", on_templates },
	{ "listen-tcp-ng", on_tcp }, { "listen-http", on_http },
	{ "port-min", on_port_min }, { "port-max", on_port_max },
	{ "timeout", on_timeout }, { "silent-timeout", on_silent },
	{ "offer-timeout", on_offer }, { "delete-delay", on_delete },
	{ "dtmf-log-dest", on_events },
	{ "max-sessions", on_sessions }, { "max-bandwidth", on_bandwidth }, { "num-threads", on_threads },
	{ "tos", on_tos }, { "log-level", on_level }, { "table", on_table },
	{ "no-fallback", on_no_fallback }, { "foreground", on_nothing },
	{ "pidfile", on_nothing }, { "log-stderr", on_nothing },
	{ "log-facility", on_nothing }, { "reject-invalid-sdp", on_nothing },
};

/* by how a key begins; the last one is of all others */
static const struct {
	const char *key;
	const char *why;
} reasons[] = {
	{ "listen-https", "there is no TLS here; put a proxy of HTTPS before listen-http" },
	{ "listen-cli", "the control socket is for that: control" },
	{ "listen-", "that protocol is not spoken here; use the control protocol ng" },
	{ "redis", "calls are not kept elsewhere" },
	{ "keyspaces", "calls are not kept elsewhere" },
	{ "subscribe-keyspace", "calls are not kept elsewhere" },
	{ "recording", "there is no recording here" },
	{ "homer", "nothing is told to Homer" },
	{ "graphite", "nothing is told to Graphite" },
	{ "dtmf-", "digits are told by datagrams alone: ng-events" },
	{ "final-timeout", "a call with media is not ended for its age" },
	{ "max-cpu", "new calls are limited by ng-calls and ng-rate" },
	{ "max-load", "new calls are limited by ng-calls and ng-rate" },
	{ "control-tos", "replies are not marked" },
	{ "interface", "it cannot be had" },
	{ "mysql", "there is no database of announcements: there is no codec" },
	{ "codec", "there is no codec" }, { "dtx-", "there is no codec" },
	{ "sip-source", "the proxy says SIP-source-address, or the realm has latch: {nat: learn}" },
	{ "", "there is nothing of that kind here" },
};

static const char *reason_for(struct span key)
{
	size_t i, n;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		n = strlen(reasons[i].key);
		if (key.n >= n && !memcmp(key.p, reasons[i].key, n))
			return reasons[i].why;
	}
	return "";
}

/* --- the file --- */

static void on_option(struct convert *c, struct span key, struct span value)
{
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (!span_is(key, options[i].key))
			continue;
		why = options[i].fn(c, value);
		if (why)
			note(c, key, value, why);
		return;
	}
	note(c, key, value, reason_for(key));
}

static bool is_section(struct span line, const char *name)
{
	return line.n > 2 && line.p[line.n - 1] == ']' &&
	       span_is((struct span){ line.p + 1, line.n - 2 }, name);
}

static void quote(FILE *out, struct span text)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			fputc('\\', out);
		fputc(text.p[i], out);
	}
	fputc('"', out);
}

static bool has_control(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return true;
	return false;
}

/* "name = flags", and the name of a command, or "default", holds for it there as here */
static void on_template(struct convert *c, struct span key, struct span value)
{
	if (!key.n || !value.n || has_control(key) || has_control(value)) {
		note(c, key, value, "a template has a name and flags");
		return;
	}
	fputs("  - {name: ", c->templates);
	quote(c->templates, key);
	fputs(", flags: ", c->templates);
	quote(c->templates, value);
	fputs("}\n", c->templates);
}

static void on_line(struct convert *c, struct span line)
{
	struct span rest, key;

	line = span_trim(line);
	if (!line.n || *line.p == '#' || *line.p == ';')
		return;
	if (*line.p == '[') {
		c->ours = span_is(line, "[rtpengine]");
		c->flags = is_section(line, c->section);
		if (!c->ours && !c->flags)
			note(c, SPAN("section"), line, "sections of this kind are not known here");
		return;
	}
	rest = line;
	key = span_trim(span_cut(&rest, '='));
	if (c->ours)
		on_option(c, key, span_trim(rest));
	else if (c->flags)
		on_template(c, key, span_trim(rest));
}

static bool read_file(struct convert *c)
{
	char line[LINE_MAX_LEN];
	FILE *in = fopen(c->file, "r");
	bool ok;

	if (!in)
		return false;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		on_line(c, span_of(line));
	}
	ok = !ferror(in);
	fclose(in);
	return ok;
}

/* --- ours --- */

static void print_listeners(const struct convert *c)
{
	const struct listener *l;
	char text[DP_ADDR_STRLEN];
	bool v4;

	puts("\n# whoever may ask: put your proxies' addresses here");
	puts("ng:");
	for (l = c->listener; l < c->listener + c->n_listeners; l++) {
		v4 = l->addr.family == AF_INET;
		printf("  - {transport: %s, listen: \"%s\", allow: [\"%s\"]}\n",
		       l->transport, dp_addr_str(&l->addr, text, sizeof(text)),
		       v4 ? "127.0.0.1" : "::1");
	}
	if (!c->n_listeners)
		puts("  - {transport: udp, listen: \"127.0.0.1:2223\", allow: [127.0.0.1]}");
}

static void print_aliases(const struct convert *c)
{
	unsigned int i;

	if (c->n_aliases)
		puts("ng-interfaces:");
	for (i = 0; i < c->n_aliases; i++)
		printf("  - {name: \"%s\", realm: \"%s\"}\n", c->alias[i].name,
		       c->realm[c->alias[i].realm].name);
}

static const char *host_text(struct dp_addr addr, char *buf, size_t len)
{
	addr.port = 0;
	return dp_addr_str(&addr, buf, len);
}

static void print_realm(const struct convert *c, const struct realm *r)
{
	char text[DP_ADDR_STRLEN];
	unsigned int i;

	printf("  - name: \"%s\"\n    addresses:\n", r->name);
	for (i = 0; i < r->n; i++) {
		printf("      - {listen: \"%s\"", host_text(r->address[i], text, sizeof(text)));
		if (r->advertise[i].family)
			printf(", advertise: \"%s\"",
			       host_text(r->advertise[i], text, sizeof(text)));
		puts("}");
	}
	printf("    ports: {low: %u, high: %u}\n", c->port_min + c->port_min % 2,
	       c->port_max);
	if (c->tos >= 0)
		printf("    dscp: {audio: %d, video: %d}\n", c->tos >> 2, c->tos >> 2);
}

static void print_all(const struct convert *c, const char *notes, const char *templates)
{
	unsigned int i;

	printf("# From %s, by rtplane convert.  See rtplaned.yaml(5).\n", c->file);
	if (*notes)
		printf("#\n# Not carried over:\n%s", notes);
	putchar('\n');
	for (i = 0; i < c->n_words; i++)
		printf("%s: %s\n", c->word[i].key, c->word[i].value);
	print_listeners(c);
	print_aliases(c);
	if (*templates)
		printf("ng-templates:\n%s", templates);
	puts("\n# the first is that of parties of whom the proxy says no direction");
	puts("realms:");
	for (i = 0; i < c->n_realms; i++)
		print_realm(c, &c->realm[i]);
}

static int convert(struct cli *cli, const char *file)
{
	struct convert *c = calloc(1, sizeof(*c));
	char *notes = NULL, *templates = NULL;
	size_t n_notes, n_templates;
	int ret = CLI_OK;

	if (!c)
		return cli_refused(cli, "no memory");
	c->file = file;
	c->ours = true;
	c->port_min = 30000;
	c->port_max = 40000;
	c->tos = -1;
	snprintf(c->section, sizeof(c->section), "templates");
	c->notes = open_memstream(&notes, &n_notes);
	c->templates = open_memstream(&templates, &n_templates);
	if (!c->notes || !c->templates)
		ret = cli_refused(cli, "no memory");
	else if (!read_file(c))
		ret = cli_refused(cli, "%s cannot be read: %m", file);
	else if (!c->n_realms)
		ret = cli_refused(cli, "%s: there is no interface with an address; expected interface = NAME/ADDRESS in section [rtpengine]",
				  file);
	if (c->notes)
		fclose(c->notes);
	if (c->templates)
		fclose(c->templates);
	if (!ret)
		print_all(c, notes, templates);
	free(notes);
	free(templates);
	free(c);
	return ret;
}

int cmd_convert(struct args *args)
{
	const char *file = args_next(args);
	int ret;

	args->cmd = "convert";
	if (!file)
		return cli_usage(args->cli,
				 "convert: expected the name of an rtpengine.conf");
	ret = args_end(args);
	return ret ? ret : convert(args->cli, file);
}
