/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second front end: calls of SIP proxies (Kamailio, OpenSIPS), which speak
 * rtpengine's control protocol 'ng' with us.  The proxy has the signalling; we have
 * the media.  A call is a session, named by the proxy's call-id, its parties by their
 * tags.
 *
 * A request is a message: a cookie, a blank, and a dictionary in bencode or JSON.  Its
 * reply has the same cookie and encoding.  All of it runs in the loop's thread, and a
 * request is done when its reply is there: none is ever half done while another one
 * is read.
 */
#ifndef NG_NG_H
#define NG_NG_H

#include <stdbool.h>
#include <stdint.h>

#include "b2b/b2b.h"
#include "base/loop.h"
#include "config/config.h"
#include "http/http.h"
#include "session/report.h"
#include "session/session.h"

struct ng;

/**
 * struct ng_conf - what the front end works with; all of it must outlive it
 * @loop: the event loop
 * @config: the configuration; a reference is taken
 * @sessions: media
 * @http: where listeners for HTTP are opened; NULL: there is none
 * @policy: what holds for parties in a realm now, or NULL; the reference stays its
 *	owner's
 * @arg: for @policy
 */
struct ng_conf {
	struct loop *loop;
	struct config *config;
	struct sessions *sessions;
	struct http *http;
	struct session_policy *(*policy)(const char *realm, void *arg);
	void *arg;
};

/**
 * ng_new() - no calls yet, and nothing listens
 * @conf: copied
 *
 * Return: to be given to ng_free(), or NULL without memory.
 */
struct ng *ng_new(const struct ng_conf *conf);

/**
 * ng_listen() - open all listeners
 * @ng: the front end
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: false on failure: some may be open then.
 */
bool ng_listen(struct ng *ng, char *error);

/**
 * ng_free() - end all that is left, at once
 * @ng: NULL is fine; &ng_conf.http has ended before
 */
void ng_free(struct ng *ng);

/**
 * ng_may_reload() - can that configuration be had without a restart?
 * @ng: the front end
 * @config: the new one
 * @error: if not: a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: false if not: listeners come and go with the agent.
 */
bool ng_may_reload(const struct ng *ng, const struct config *config,
		   char *error);

/**
 * ng_reload() - another configuration, that ng_may_reload() has agreed to
 * @ng: the front end
 * @config: a reference is taken
 */
void ng_reload(struct ng *ng, struct config *config);

/** ng_drain() - from now on new calls are refused as by one who has enough of them */
void ng_drain(struct ng *ng);

/** ng_count() - how many calls there are */
unsigned int ng_count(const struct ng *ng);

/**
 * ng_each() - walk the calls that are not over, oldest first
 * @ng: the front end; NULL: there are none
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 *
 * Of a call &b2b_view.request is its call-id, and &b2b_side.uri a tag.
 */
void ng_each(const struct ng *ng,
	     void (*fn)(const struct b2b_view *view, void *arg), void *arg);

/**
 * ng_view() - one call, one that has ended too, as far as the history goes
 * @ng: the front end; NULL: there are none
 * @id: the session's
 * @view: filled
 * @report: NULL, or set as by b2b_view(); to be given to ng_report_put()
 *
 * Return: false if there is none.
 */
bool ng_view(const struct ng *ng, uint64_t id, struct b2b_view *view,
	     struct session_report **report);

/** ng_report_put() - done with a report of ng_view(); NULL is fine */
void ng_report_put(const struct ng *ng, uint64_t id,
		   struct session_report *report);

/**
 * ng_end() - end one call
 * @ng: the front end; NULL: there are none
 * @id: the session's
 *
 * Return: false if there is none.
 */
bool ng_end(struct ng *ng, uint64_t id);

/**
 * struct ng_copy - what a subscriber gets of a line
 * @subscriber: tag of the subscription
 * @of: tag of whose media it is
 * @line: number of his line, from 0
 * @kind: "audio"
 * @local: where it leaves from
 * @to: where it goes; family 0: nowhere, as long as the subscriber has not answered, or
 *	holds it
 */
struct ng_copy {
	const char *subscriber;
	const char *of;
	unsigned int line;
	const char *kind;
	struct dp_addr local;
	struct dp_addr to;
};

/**
 * ng_copies() - what subscribers get of a call that is up
 * @ng: the front end; NULL: there are none
 * @id: the session's
 * @fn: called for each line of each subscription; what it is given is borrowed
 * @arg: for @fn
 */
void ng_copies(const struct ng *ng, uint64_t id,
	       void (*fn)(const struct ng_copy *copy, void *arg), void *arg);

/**
 * ng_ignored() - words of a call's requests that did nothing
 * @ng: the front end; NULL: there are none
 * @id: the session's
 * @fn: called for each; fit to be shown
 * @arg: for @fn
 */
void ng_ignored(const struct ng *ng, uint64_t id,
		void (*fn)(const char *word, void *arg), void *arg);

/**
 * struct ng_counters - since the start
 * @requests: messages that were read
 * @errors: of these, answered by an error
 * @repeated: messages that were asked before, and got the same reply
 * @strangers: datagrams and connections of those who may not ask
 * @garbage: messages without a cookie, which get no reply
 * @calls: that began
 * @deleted: of these, ended by their proxy
 * @timed_out: of these, by silence
 * @unanswered: of these, never answered
 * @told: datagrams of events
 * @untold: of these, not sent
 * @limited: offers that were refused for want of ports, or while draining
 */
struct ng_counters {
	uint64_t requests;
	uint64_t errors;
	uint64_t repeated;
	uint64_t strangers;
	uint64_t garbage;
	uint64_t calls;
	uint64_t deleted;
	uint64_t timed_out;
	uint64_t unanswered;
	uint64_t limited;
	uint64_t told;
	uint64_t untold;
};

/** ng_counters() - borrowed, counts on */
const struct ng_counters *ng_counters(const struct ng *ng);

/**
 * ng_strange() - words of requests that do nothing here
 * @ng: the front end
 * @fn: called for each with how often it was said; fit to be shown
 * @arg: for @fn
 */
void ng_strange(const struct ng *ng,
		void (*fn)(const char *word, uint64_t n, void *arg), void *arg);

#endif /* NG_NG_H */
