// SPDX-License-Identifier: GPL-2.0
/* A message, what it asks for, and the reply. */
#include <stdlib.h>

#include "frame.h"
#include "private.h"

static const char *do_ping(struct ng_request *r)
{
	r->result = "pong";
	return NULL;
}

/* what rtpengine has and a relay of packets has not */
static const char *needs_codec(struct ng_request *r)
{
	snprintf(r->error, sizeof(r->error),
		 "'%.*s' needs a codec, and this relay has none; expected a media server beside it",
		 SPAN_ARG(r->command));
	return r->error;
}

static const char *no_copies(struct ng_request *r)
{
	snprintf(r->error, sizeof(r->error),
		 "'%.*s' is not possible: this version has no capture of single calls; expected a recorder that subscribes",
		 SPAN_ARG(r->command));
	return r->error;
}

static const char *not_yet(struct ng_request *r)
{
	snprintf(r->error, sizeof(r->error),
		 "'%.*s' is not supported by this version", SPAN_ARG(r->command));
	return r->error;
}

static const struct {
	const char *name;
	ng_command_fn *fn;
	enum ng_command count;
} commands[] = {
	{ "ping", do_ping, NG_DO_PING },
	{ "offer", ng_offer, NG_DO_OFFER },
	{ "answer", ng_answer, NG_DO_ANSWER },
	{ "delete", ng_delete, NG_DO_DELETE },
	{ "query", ng_query, NG_DO_QUERY },
	{ "list", ng_list, NG_DO_LIST },
	{ "statistics", ng_statistics, NG_DO_STATISTICS },
	{ "play-media", needs_codec, NG_DO_OTHER },
	{ "stop-media", needs_codec, NG_DO_OTHER },
	{ "play-dtmf", needs_codec, NG_DO_OTHER },
	{ "connect", needs_codec, NG_DO_OTHER },
	{ "mesh", needs_codec, NG_DO_OTHER },
	{ "transform", needs_codec, NG_DO_OTHER },
	{ "create", needs_codec, NG_DO_OTHER },
	{ "create-answer", needs_codec, NG_DO_OTHER },
	{ "inject-start", needs_codec, NG_DO_OTHER },
	{ "inject-stop", needs_codec, NG_DO_OTHER },
	{ "start-recording", no_copies, NG_DO_OTHER },
	{ "stop-recording", no_copies, NG_DO_OTHER },
	{ "pause-recording", no_copies, NG_DO_OTHER },
	{ "start-forwarding", no_copies, NG_DO_OTHER },
	{ "stop-forwarding", no_copies, NG_DO_OTHER },
	{ "block-dtmf", ng_block_digits, NG_DO_OTHER },
	{ "unblock-dtmf", ng_unblock_digits, NG_DO_OTHER },
	{ "block-media", ng_block, NG_DO_OTHER },
	{ "unblock-media", ng_unblock, NG_DO_OTHER },
	{ "silence-media", ng_silence, NG_DO_OTHER },
	{ "unsilence-media", ng_unblock, NG_DO_OTHER },
	{ "publish", ng_publish, NG_DO_OTHER },
	{ "subscribe-request", ng_subscribe_request, NG_DO_OTHER },
	{ "subscribe-answer", ng_subscribe_answer, NG_DO_OTHER },
	{ "unsubscribe", ng_unsubscribe, NG_DO_OTHER },
	{ "cli", not_yet, NG_DO_OTHER },
};

static const char *run(struct ng_request *r)
{
	size_t i;

	r->command = ng_get_text(r->in, "command");
	if (!r->command.p)
		return "Dictionary contains no key \"command\"";
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!ng_word_is(r->command, commands[i].name))
			continue;
		r->ng->command[commands[i].count]++;
		ng_words(r->ng, r->in, &r->words);
		return commands[i].fn(r);
	}
	r->ng->command[NG_DO_OTHER]++;
	return "Unrecognized command";
}

/* what was put there before it went wrong is no part of the reply */
static void refuse(struct ng_request *r, const char *reason)
{
	ng_tree_clear(&r->reply);
	r->out = ng_tree_begin(&r->reply);
	r->result = "error";
	ng_add_string(&r->reply, r->out, "error-reason", reason);
}

static char *finish(struct ng_request *r, enum ng_encoding encoding,
		    struct span cookie, size_t *len)
{
	char *text;

	ng_add_string(&r->reply, r->out, "result", r->result);
	text = ng_tree_write(&r->reply, encoding, cookie, len);
	ng_tree_clear(&r->reply);
	return text;
}

static const char *read_body(struct span body, struct ng_tree *tree,
			     enum ng_encoding *encoding)
{
	char why[NG_WHY_LEN];

	*encoding = NG_BENCODE;
	if (!body.n)
		return "Invalid data (no payload)";
	if (*body.p != 'd' && *body.p != '{')
		return "Invalid NG data format";
	if (ng_tree_read(tree, body, encoding, why))
		return NULL;
	log_debug("a message of the control protocol ng is refused: %s", why);
	return *encoding == NG_JSON ? "Failed to parse JSON document" :
				      "Could not decode bencode dictionary";
}

/* false: there is none */
static bool cut_cookie(struct span message, struct span *cookie,
		       struct span *body)
{
	*body = message;
	*cookie = span_cut(body, ' ');
	return body->p && cookie->n && cookie->n <= NG_COOKIE_MAX;
}

static char *serve(struct ng_request *r, struct span cookie, struct span body,
		   size_t *len)
{
	struct ng_tree tree = { 0 };
	enum ng_encoding encoding;
	const char *error;
	char *text;

	r->result = "ok";
	r->ng->counters.requests++;
	r->out = ng_tree_begin(&r->reply);
	error = read_body(body, &tree, &encoding);
	if (!error) {
		r->in = tree.root;
		error = run(r);
	}
	if (error) {
		r->ng->counters.errors++;
		refuse(r, error);
	}
	text = finish(r, encoding, cookie, len);
	ng_tree_clear(&tree);
	return text;
}

char *ng_request(struct ng *ng, const struct dp_addr *from, bool datagram,
		 struct span message, size_t *len)
{
	struct ng_request r = { .ng = ng, .from = from, .datagram = datagram };
	struct span cookie, body;

	if (cut_cookie(message, &cookie, &body))
		return serve(&r, cookie, body, len);
	ng->counters.garbage++;
	return NULL;
}

char *ng_request_plain(struct ng *ng, const struct dp_addr *from,
		       struct span message, size_t *len)
{
	struct ng_request r = { .ng = ng, .from = from };

	return serve(&r, (struct span){ 0 }, message, len);
}

char *ng_refusal(struct span message, const char *reason, size_t *len)
{
	struct ng_request r = { .ng = NULL };
	struct span cookie, body;

	if (!cut_cookie(message, &cookie, &body))
		return NULL;
	refuse(&r, reason);
	return finish(&r, NG_BENCODE, cookie, len);
}
