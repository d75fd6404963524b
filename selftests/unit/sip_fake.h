/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transport without a network and a clock without time, for tests of transactions
 * and dialogs: what is sent stands in a list, what comes is text of the test's.
 */
#ifndef UNIT_SIP_FAKE_H
#define UNIT_SIP_FAKE_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "sip/dialog.h"
#include "sip/message.h"
#include "sip/transaction.h"
#include "sip/transport.h"

/**
 * struct fake_flow - a flow to nowhere
 * @flow: what the stack sees
 * @listener: its listener
 * @refs: references
 * @holds: users that are known
 * @error: what sending by it gives
 * @watches: those who must know
 */
struct fake_flow {
	struct sip_flow flow;
	struct sip_listener listener;
	int refs, holds;
	int error;
	LIST_HEAD(, sip_flow_watch) watches;
};

/**
 * struct fake_sent - what was sent
 * @text: the message, terminated
 * @flow: by which flow
 * @reply: as a response
 * @at: when
 */
struct fake_sent {
	char *text;
	struct fake_flow *flow;
	bool reply;
	uint64_t at;
	STAILQ_ENTRY(fake_sent) entry;
};

static struct timers fake_timers;
static STAILQ_HEAD(, fake_sent) fake_sent = STAILQ_HEAD_INITIALIZER(fake_sent);
static size_t fake_n_sent;

static inline struct fake_flow *fake_of(const struct sip_flow *flow)
{
	return (struct fake_flow *)(uintptr_t)flow;
}

static int fake_keep(struct sip_flow *flow, const void *buf, size_t len, bool reply)
{
	struct fake_sent *sent;

	if (fake_of(flow)->error)
		return fake_of(flow)->error;
	sent = calloc(1, sizeof(*sent));
	sent->text = strndup(buf, len);
	sent->flow = fake_of(flow);
	sent->reply = reply;
	sent->at = fake_timers.now;
	STAILQ_INSERT_TAIL(&fake_sent, sent, entry);
	fake_n_sent++;
	return 0;
}

static int fake_send(struct sip_flow *flow, const void *buf, size_t len)
{
	return fake_keep(flow, buf, len, false);
}

static int fake_reply(struct sip_flow *flow, const void *buf, size_t len)
{
	return fake_keep(flow, buf, len, true);
}

static struct sip_flow *fake_ref(struct sip_flow *flow)
{
	fake_of(flow)->refs++;
	return flow;
}

static void fake_unref(struct sip_flow *flow)
{
	fake_of(flow)->refs--;
}

static void fake_hold(struct sip_flow *flow)
{
	fake_of(flow)->holds++;
}

static void fake_let(struct sip_flow *flow)
{
	fake_of(flow)->holds--;
}

static void fake_watch(struct sip_flow *flow, struct sip_flow_watch *watch)
{
	watch->flow = fake_ref(flow);
	LIST_INSERT_HEAD(&fake_of(flow)->watches, watch, entry);
}

static void fake_unwatch(struct sip_flow_watch *watch)
{
	if (!watch->flow)
		return;
	LIST_REMOVE(watch, entry);
	fake_unref(watch->flow);
	watch->flow = NULL;
}

static bool fake_same(const struct sip_flow *a, const struct sip_flow *b)
{
	return a == b;
}

static const struct sip_flow_ops fake_ops = {
	.send = fake_send,
	.reply = fake_reply,
	.ref = fake_ref,
	.unref = fake_unref,
	.hold = fake_hold,
	.let = fake_let,
	.watch = fake_watch,
	.unwatch = fake_unwatch,
	.same = fake_same,
};

/* A flow of protocol @proto to @remote; a connection is alive. */
static inline void fake_flow_init(struct fake_flow *fake, enum sip_proto proto,
				  const char *remote, void *realm)
{
	memset(fake, 0, sizeof(*fake));
	fake->listener.proto = proto;
	dp_addr_parse("192.0.2.1:5060", &fake->listener.local);
	fake->listener.advertise = fake->listener.local;
	fake->listener.realm = realm;
	fake->flow.listener = &fake->listener;
	fake->flow.proto = proto;
	dp_addr_parse(remote, &fake->flow.remote);
	fake->flow.reply = fake->flow.remote;
	if (proto != SIP_PROTO_UDP)
		fake->flow.conn = (struct sip_conn *)fake;
	LIST_INIT(&fake->watches);
}

/* The connection is over, or nobody is there. */
static inline void fake_lose(struct fake_flow *fake)
{
	struct sip_flow_watch *watch;

	fake->flow.conn = NULL;
	fake->error = -ENOTCONN;
	while ((watch = LIST_FIRST(&fake->watches)) != NULL) {
		fake_ref(&fake->flow);
		fake_unwatch(watch);
		watch->lost(&fake->flow, ECONNRESET, watch->arg);
		fake_unref(&fake->flow);
	}
}

/* The oldest message that was sent and not looked at; the caller frees its text. */
static inline char *fake_take(void)
{
	struct fake_sent *sent = STAILQ_FIRST(&fake_sent);
	char *text;

	if (!sent)
		return NULL;
	STAILQ_REMOVE_HEAD(&fake_sent, entry);
	fake_n_sent--;
	text = sent->text;
	free(sent);
	return text;
}

/* Throw away what was sent; returns how many. */
static inline size_t fake_drain(void)
{
	size_t n = 0;
	char *text;

	while ((text = fake_take()) != NULL) {
		free(text);
		n++;
	}
	return n;
}

/* @ms pass, with every timer at its own time. */
static inline void fake_pass(uint64_t ms)
{
	uint64_t end = fake_timers.now + ms, next;

	while ((next = timers_next(&fake_timers)) != TIMER_NEVER &&
	       fake_timers.now + next <= end)
		timers_run(&fake_timers, fake_timers.now + next);
	timers_advance(&fake_timers, end);
}

/* The value of the first @name in @text, in a buffer of this function's. */
static inline const char *fake_header(const char *text, const char *name)
{
	static char values[8][1024];
	static unsigned int turn;
	char *value = values[turn++ % 8];
	size_t len = strlen(name), n;
	const char *line = text;

	while (line && (line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if (strncasecmp(line, name, len) || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " ");
		n = strcspn(line, "\r");
		if (n > 1023)
			n = 1023;
		memcpy(value, line, n);
		value[n] = '\0';
		return value;
	}
	return "";
}

/* The value of parameter @name in header value @value, "" if there is none. */
static inline const char *fake_param(const char *value, const char *name)
{
	static char params[8][256];
	static unsigned int turn;
	char *param = params[turn++ % 8], want[64];
	const char *at;

	snprintf(want, sizeof(want), ";%s=", name);
	at = strstr(value, want);
	snprintf(param, 256, "%.*s", at ? (int)strcspn(at + strlen(want), ";>,") : 0,
		 at ? at + strlen(want) : "");
	return param;
}

static inline struct sip_msg *fake_parse(const char *text, const struct fake_flow *from)
{
	struct sip_fault fault = { 0 };
	struct sip_msg *msg = sip_msg_parse(text, strlen(text), false, &fault);

	if (msg)
		msg->source = from->flow.remote;
	else
		printf("# no message: %u %s\n%s\n", fault.status, fault.text, text);
	return msg;
}

/* A response to the request @text: @extra are further lines; the caller frees it. */
static inline char *fake_response(const char *text, unsigned int status, const char *tag,
				  const char *extra)
{
	const char *to = fake_header(text, "To");
	bool tagged = strstr(to, ";tag=") || !tag;
	size_t size = strlen(text) + (extra ? strlen(extra) : 0) + 256;
	char *out = malloc(size);

	snprintf(out, size, "SIP/2.0 %u Word\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\n"
		 "Call-ID: %s\r\nCSeq: %s\r\n%sContent-Length: 0\r\n\r\n", status,
		 fake_header(text, "Via"), fake_header(text, "From"), to,
		 tagged ? "" : ";tag=", tagged ? "" : tag,
		 fake_header(text, "Call-ID"), fake_header(text, "CSeq"),
		 extra ? extra : "");
	return out;
}

/* Nothing may be left: of flows, of timers. */
static inline bool fake_is_clean(const struct fake_flow *fake)
{
	if (!fake->refs && !fake->holds && LIST_EMPTY(&fake->watches))
		return true;
	printf("# a flow has %d references, %d holds\n", fake->refs, fake->holds);
	return false;
}

#endif /* UNIT_SIP_FAKE_H */
