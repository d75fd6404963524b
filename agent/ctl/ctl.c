// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/span.h"
#include "base/unix.h"
#include "ctl.h"

#define LINE_MAX_LEN	4096
#define CLIENTS_MAX	64
/* bytes of answers from which on those are dropped that are not being read */
#define UNREAD_MAX	(16u << 20)
/* who listens to events, at most; and bytes that wait for one of these */
#define LISTENERS_MAX	16
#define EVENTS_MAX	(1u << 20)
/* who has done nothing for so long makes room for others, if there is none */
#define IDLE_MS		3000

/**
 * struct client - somebody who asks
 * @entry: in the list
 * @ctl: whose
 * @fd: the connection
 * @watch: the loop's
 * @in: what has been read of a line
 * @in_len: its bytes
 * @out: what is still to be written; NULL: nothing
 * @out_len: its bytes
 * @out_done: of these, written
 * @seen: ms when it last did something
 * @next: takes the line that is next
 * @listens: gets events
 * @lost: one of these was too much; the connection ends when all before it is out
 */
struct client {
	LIST_ENTRY(client) entry;
	struct ctl *ctl;
	int fd;
	struct loop_fd *watch;
	char in[LINE_MAX_LEN];
	size_t in_len;
	char *out;
	size_t out_len;
	size_t out_done;
	uint64_t seen;
	struct loop_later next;
	bool listens;
	bool lost;
};

/**
 * struct ctl - the control socket
 * @conf: as given
 * @path: of the socket
 * @fd: listens
 * @watch: the loop's
 * @clients: who is connected
 * @n_clients: how many
 * @n_listeners: of these, who listens to events
 * @tester: of these, who serves ports; NULL: nobody
 * @unread: bytes of answers of all clients
 * @spare: a descriptor to give up when there is none to accept with
 */
struct ctl {
	struct ctl_conf conf;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct loop_fd *watch;
	LIST_HEAD(, client) clients;
	unsigned int n_clients;
	unsigned int n_listeners;
	struct client *tester;
	size_t unread;
	int spare;
};

static json_t *error_json(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static json_t *error_json(const char *fmt, ...)
{
	char text[CONFIG_ERROR_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

static json_t *result_json(json_t *result)
{
	return json_pack("{s:b, s:o}", "ok", 1, "result", result);
}

static bool parse_id(const char *text, uint64_t *id)
{
	char *end;

	if (!text || text[strspn(text, "0123456789")] || !*text)
		return false;
	errno = 0;
	*id = strtoull(text, &end, 10);
	return !errno && *id;
}

static json_t *do_status(struct ctl *ctl, uint64_t id)
{
	json_t *status = api_status(ctl->conf.api);
	json_t *head = json_pack("{s:s, s:s, s:s}", "version", RTPLANE_VERSION,
				 "backend", ctl->conf.datapath->backend,
				 "backend_why", ctl->conf.datapath->why);

	json_object_update(head, status);
	json_decref(status);
	return head;
}

static json_t *do_calls(struct ctl *ctl, uint64_t id)
{
	return api_calls(ctl->conf.api);
}

static json_t *do_bindings(struct ctl *ctl, uint64_t id)
{
	return api_bindings(ctl->conf.api);
}

static json_t *do_trunks(struct ctl *ctl, uint64_t id)
{
	return api_trunks(ctl->conf.api);
}

static json_t *do_tenants(struct ctl *ctl, uint64_t id)
{
	return api_tenants(ctl->conf.api);
}

static json_t *do_call(struct ctl *ctl, uint64_t id)
{
	return api_call(ctl->conf.api, id);
}

static json_t *do_why(struct ctl *ctl, uint64_t id)
{
	return api_why(ctl->conf.api, id);
}

static json_t *do_end(struct ctl *ctl, uint64_t id)
{
	return api_end(ctl->conf.api, id) ? json_string("ended") : NULL;
}

static json_t *do_ng_flags(struct ctl *ctl, uint64_t id)
{
	return api_ng_flags(ctl->conf.api);
}

static json_t *do_reload(struct ctl *ctl, uint64_t id)
{
	char error[CONFIG_ERROR_LEN];
	json_t *result = ctl->conf.reload(ctl->conf.arg, error);

	return result ? result : json_pack("{s:s}", "refused", error);
}

/* those that take other words than an id */
static json_t *do_ban(struct ctl *ctl, const char *name, const json_t *args)
{
	const char *prefix = json_string_value(json_array_get(args, 0));
	const char *seconds = json_string_value(json_array_get(args, 1));
	size_t n = json_array_size(args);
	char error[CONFIG_ERROR_LEN];
	json_t *result = NULL;

	snprintf(error, sizeof(error), "%.16s: %zu arguments; expected an address or a prefix%s",
		 name, n, strcmp(name, "ban-add") ? "" :
		 ", and perhaps a number of seconds");
	if (!strcmp(name, "ban-add") && prefix && n <= 1u + !!seconds)
		result = api_ban_add(ctl->conf.api, prefix, seconds, error);
	else if (!strcmp(name, "ban-del") && prefix && n == 1)
		result = api_ban_del(ctl->conf.api, prefix, error);
	return result ? result_json(result) : error_json("%s", error);
}

static json_t *do_firewall(struct ctl *ctl, const json_t *args)
{
	const char *format = json_string_value(json_array_get(args, 0));
	const char *view = json_string_value(json_array_get(args, 1));
	size_t n = json_array_size(args);
	char error[CONFIG_ERROR_LEN];
	json_t *result = NULL;

	snprintf(error, sizeof(error), "firewall: %zu arguments; expected a format and whose it is",
		 n);
	if (n == (size_t)!!format + !!view)
		result = api_firewall(ctl->conf.api, format, view, error);
	return result ? result_json(result) : error_json("%s", error);
}

static json_t *do_events(struct client *client, const json_t *args)
{
	struct ctl *ctl = client->ctl;

	if (json_array_size(args))
		return error_json("events: %zu arguments; expected none",
				  json_array_size(args));
	if (!client->listens && ctl->n_listeners >= LISTENERS_MAX)
		return error_json("there are %u who listen to events; expected fewer",
				  LISTENERS_MAX);
	ctl->n_listeners += !client->listens;
	client->listens = true;
	return result_json(json_string("listening"));
}

static bool parse_port(const char *text, uint16_t *port)
{
	uint32_t number;

	if (!text || !span_u32(span_of(text), &number) || !number || number > 65535)
		return false;
	*port = (uint16_t)number;
	return true;
}

static json_t *do_tester(struct client *client, const json_t *args)
{
	const char *addr = json_string_value(json_array_get(args, 2));
	struct ctl_range ports = { 0 };
	struct ctl *ctl = client->ctl;
	size_t n;

	if (json_array_size(args) != 2u + !!addr ||
	    !parse_port(json_string_value(json_array_get(args, 0)), &ports.low) ||
	    !parse_port(json_string_value(json_array_get(args, 1)), &ports.high) ||
	    ports.low > ports.high || (addr && !dp_addr_parse_host(addr, &ports.addr)))
		return error_json("tester: expected the first and the last of its ports, and perhaps an address");
	if (ctl->tester)
		return error_json("there is a port tester already; expected one at a time");
	n = ctl->conf.tester(&ports, ctl->conf.arg);
	ctl->tester = client;
	return result_json(json_pack("{s:I}", "opened", (json_int_t)n));
}

static json_t *do_bans(struct ctl *ctl, uint64_t id)
{
	return api_bans(ctl->conf.api);
}

static const struct {
	const char *name;
	bool wants_id;
	json_t *(*run)(struct ctl *ctl, uint64_t id);
} commands[] = {
	{ "status", false, do_status },
	{ "calls", false, do_calls },
	{ "bindings", false, do_bindings },
	{ "trunks", false, do_trunks },
	{ "tenants", false, do_tenants },
	{ "call", true, do_call },
	{ "why", true, do_why },
	{ "end", true, do_end },
	{ "ng-flags", false, do_ng_flags },
	{ "ban-list", false, do_bans },
	{ "reload", false, do_reload },
};

static json_t *run(struct client *client, const char *name, const json_t *args)
{
	struct ctl *ctl = client->ctl;
	const char *arg = json_string_value(json_array_get(args, 0));
	size_t i, n = json_array_size(args);
	struct dp_addr addr;
	uint64_t id = 0;
	json_t *result;

	if (!strcmp(name, "ban-add") || !strcmp(name, "ban-del"))
		return do_ban(ctl, name, args);
	if (!strcmp(name, "firewall"))
		return do_firewall(ctl, args);
	if (!strcmp(name, "events"))
		return do_events(client, args);
	if (!strcmp(name, "tester"))
		return do_tester(client, args);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, name))
			break;
	if (i == sizeof(commands) / sizeof(*commands))
		return error_json("'%.64s' is no command; expected status, calls, bindings, trunks, tenants, call ID, why ID|ADDRESS, end ID, ng-flags, ban-list, ban-add, ban-del, firewall, events, tester or reload",
				  name);
	if (n != commands[i].wants_id)
		return error_json("%s: %zu arguments; expected %s", name, n,
				  commands[i].wants_id ? "the id of a call" :
				  "none");
	if (commands[i].run == do_why && arg && dp_addr_parse_host(arg, &addr))
		return result_json(api_why_address(ctl->conf.api, &addr));
	if (commands[i].wants_id && !parse_id(arg, &id))
		return error_json("%s: '%.64s' is no id; expected the number that `rtplane calls` shows",
				  name, arg ? arg : "");
	result = commands[i].run(ctl, id);
	if (json_is_object(result) && json_object_get(result, "refused")) {
		json_t *error = error_json("%s", json_string_value(
				json_object_get(result, "refused")));

		json_decref(result);
		return error;
	}
	if (!result)
		return error_json("%s: there is no call %" PRIu64 " (ended calls are forgotten in time: history)",
				  name, id);
	return result_json(result);
}

static json_t *answer(struct client *client, const char *line, size_t len)
{
	json_t *request, *reply;
	json_error_t error;
	const char *name;

	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (!request)
		return error_json("the request is no JSON: %s", error.text);
	name = json_string_value(json_object_get(request, "cmd"));
	if (name)
		reply = run(client, name, json_object_get(request, "args"));
	else
		reply = error_json("the request has no \"cmd\"; expected {\"cmd\": \"status\", \"args\": []}");
	json_decref(request);
	return reply;
}

static void hang_up(struct client *client)
{
	struct ctl *ctl = client->ctl;

	if (ctl->tester == client) {
		ctl->tester = NULL;
		ctl->conf.tester(NULL, ctl->conf.arg);
	}
	loop_defer_cancel(&client->next);
	loop_fd_free(client->watch);
	close(client->fd);
	LIST_REMOVE(client, entry);
	ctl->n_clients--;
	ctl->n_listeners -= client->listens;
	ctl->unread -= client->out_len - client->out_done;
	free(client->out);
	free(client);
}

static void rearm(struct client *client)
{
	loop_fd_set(client->watch, client->out ? LOOP_WRITE : LOOP_READ);
}

/* false if the client is gone */
static bool flush(struct client *client)
{
	ssize_t n;

	while (client->out && client->out_done < client->out_len) {
		n = send(client->fd, client->out + client->out_done,
			 client->out_len - client->out_done, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			rearm(client);
			return true;
		}
		if (n < 0)
			return false;
		client->out_done += (size_t)n;
		client->ctl->unread -= (size_t)n;
		client->seen = loop_now(client->ctl->conf.loop);
	}
	free(client->out);
	client->out = NULL;
	client->out_len = 0;
	client->out_done = 0;
	if (client->lost)
		return false;
	rearm(client);
	return true;
}

/* a line behind those that wait; false without memory, and then it is not there */
static bool append(struct client *client, const json_t *what)
{
	char *text = json_dumps(what, JSON_COMPACT), *out = NULL;
	size_t len = text ? strlen(text) : 0;

	/* who always reads some of it, and never all, makes room like that */
	if (client->out_done > EVENTS_MAX) {
		client->out_len -= client->out_done;
		memmove(client->out, client->out + client->out_done, client->out_len);
		client->out_done = 0;
	}
	if (text)
		out = realloc(client->out, client->out_len + len + 1);
	if (out) {
		memcpy(out + client->out_len, text, len);
		out[client->out_len + len] = '\n';
		client->out = out;
		client->out_len += len + 1;
		client->ctl->unread += len + 1;
	}
	free(text);
	return out;
}

static bool is_idle(const struct client *client)
{
	return loop_now(client->ctl->conf.loop) - client->seen >= IDLE_MS;
}

/* answers that nobody reads are everybody's memory */
static void drop_unread(struct ctl *ctl, const struct client *but)
{
	struct client *client, *next;

	for (client = LIST_FIRST(&ctl->clients);
	     client && ctl->unread > UNREAD_MAX; client = next) {
		next = LIST_NEXT(client, entry);
		if (client != but && client->out && is_idle(client))
			hang_up(client);
	}
}

/* nor must connections that were forgotten keep everybody else out; who listens or tests is quiet */
static void make_room(struct ctl *ctl)
{
	struct client *client, *idle = NULL;

	if (ctl->n_clients < CLIENTS_MAX)
		return;
	LIST_FOREACH(client, &ctl->clients, entry)
		if (!client->listens && client != ctl->tester && (!idle || client->seen < idle->seen))
			idle = client;
	if (idle && is_idle(idle))
		hang_up(idle);
}

/* the first whole line that was read, which ends at @end; false if the client is gone */
static bool serve_line(struct client *client, const char *end)
{
	size_t len = (size_t)(end - client->in);
	json_t *reply;
	bool ok;

	drop_unread(client->ctl, client);
	reply = answer(client, client->in, len);
	client->in_len -= len + 1;
	memmove(client->in, end + 1, client->in_len);
	/* behind the events that there have been meanwhile */
	ok = append(client, reply);
	json_decref(reply);
	return ok && flush(client);
}

/*
 * One line a turn, so that who asks much holds nobody up; and the next is looked at
 * when this one's answer is out.  False if the client is gone.
 */
static bool serve(struct client *client)
{
	const char *end = memchr(client->in, '\n', client->in_len);

	if (client->out)
		return true;
	if (!end)
		return client->in_len < sizeof(client->in);
	if (!serve_line(client, end))
		return false;
	if (client->out)
		return true;
	if (memchr(client->in, '\n', client->in_len)) {
		loop_fd_set(client->watch, 0);
		loop_defer(client->ctl->conf.loop, &client->next);
	}
	return true;
}

static void on_next(void *arg)
{
	struct client *client = arg;

	rearm(client);
	if (!serve(client))
		hang_up(client);
}

static void on_client(unsigned int events, void *arg)
{
	struct client *client = arg;
	ssize_t n;

	if (client->out || client->lost) {
		if (!flush(client) || !serve(client))
			hang_up(client);
		return;
	}
	n = recv(client->fd, client->in + client->in_len,
		 sizeof(client->in) - client->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		client->in_len += (size_t)n;
	client->seen = loop_now(client->ctl->conf.loop);
	if (n <= 0 || !serve(client))
		hang_up(client);
}

static void on_accept(unsigned int events, void *arg)
{
	struct ctl *ctl = arg;
	struct client *client;
	int fd;

	fd = unix_accept(ctl->fd, &ctl->spare);
	if (fd < 0)
		return;
	make_room(ctl);
	client = ctl->n_clients < CLIENTS_MAX ? calloc(1, sizeof(*client)) :
		 NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->ctl = ctl;
	client->fd = fd;
	client->seen = loop_now(ctl->conf.loop);
	client->next = (struct loop_later){ .fn = on_next, .arg = client };
	client->watch = loop_fd_new(ctl->conf.loop, fd, LOOP_READ, on_client,
				    client);
	if (!client->watch) {
		close(fd);
		free(client);
		return;
	}
	LIST_INSERT_HEAD(&ctl->clients, client, entry);
	ctl->n_clients++;
}

/* ------------------------------------------------------------------------- events */

bool ctl_is_heard(const struct ctl *ctl)
{
	return ctl && ctl->n_listeners;
}

void ctl_tell(struct ctl *ctl, json_t *event)
{
	struct client *client;

	LIST_FOREACH(client, &ctl->clients, entry) {
		if (!client->listens || client->lost)
			continue;
		if (client->out_len - client->out_done > EVENTS_MAX ||
		    !append(client, event))
			client->lost = true;
		/* what ends it, too, is done when it can be written to */
		loop_fd_set(client->watch, LOOP_WRITE);
	}
	json_decref(event);
}

static int listen_at(const char *path, char *error)
{
	int fd = unix_listen(path, SOCK_STREAM);

	if (fd == -EADDRINUSE)
		snprintf(error, CONFIG_ERROR_LEN, "another rtplaned listens on %s; expected to be the only one",
			 path);
	else if (fd < 0)
		snprintf(error, CONFIG_ERROR_LEN, "cannot listen on the control socket %s: %s; expected a folder that exists and is ours",
			 path, strerror(-fd));
	return fd;
}

struct ctl *ctl_new(const struct ctl_conf *conf, char *error)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (!ctl) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return NULL;
	}
	ctl->conf = *conf;
	LIST_INIT(&ctl->clients);
	ctl->fd = listen_at(conf->path, error);
	if (ctl->fd < 0) {
		free(ctl);
		return NULL;
	}
	ctl->spare = unix_spare();
	snprintf(ctl->path, sizeof(ctl->path), "%s", conf->path);
	ctl->watch = loop_fd_new(conf->loop, ctl->fd, LOOP_READ, on_accept, ctl);
	if (!ctl->watch) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		ctl_free(ctl);
		return NULL;
	}
	return ctl;
}

void ctl_free(struct ctl *ctl)
{
	struct client *client;

	if (!ctl)
		return;
	while ((client = LIST_FIRST(&ctl->clients)))
		hang_up(client);
	loop_fd_free(ctl->watch);
	close(ctl->fd);
	if (ctl->spare >= 0)
		close(ctl->spare);
	unlink(ctl->path);
	free(ctl);
}
