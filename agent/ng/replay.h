/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replies that were sent, for those who did not get them: who asks again by the same
 * words gets the same bytes, for 60 s.
 *
 * A reply is its sender's and its cookie's: two proxies that take the same cookie, or
 * one that takes an old one for another request, are not confused.
 */
#ifndef NG_REPLAY_H
#define NG_REPLAY_H

#include "base/addr.h"
#include "base/span.h"
#include "base/timer.h"

/** NG_REPLAY_MS - how long a reply is kept */
#define NG_REPLAY_MS	60000

/** NG_REPLAY_BYTES - memory that all of them may take; then the oldest go */
#define NG_REPLAY_BYTES	((size_t)64 << 20)

struct ng_replay;

/**
 * ng_replay_new() - nothing is kept yet
 * @timers: forget what is old
 * @bytes: that they may take
 *
 * Return: for ng_replay_free(); NULL without memory.
 */
struct ng_replay *ng_replay_new(struct timers *timers, size_t bytes);

/** ng_replay_free() - NULL is fine */
void ng_replay_free(struct ng_replay *replay);

/**
 * ng_replay_find() - was that asked before?
 * @replay: what is kept
 * @from: who asks
 * @request: all of it, cookie and all
 *
 * Return: the reply, void with the next call; the absent span: none is kept.
 */
struct span ng_replay_find(const struct ng_replay *replay,
			   const struct dp_addr *from, struct span request);

/**
 * ng_replay_keep() - that is the reply
 * @replay: what is kept
 * @from: who asked
 * @request: all of it
 * @reply: copied; without memory nothing is kept
 */
void ng_replay_keep(struct ng_replay *replay, const struct dp_addr *from,
		    struct span request, struct span reply);

/** ng_replay_count() - how many are kept */
size_t ng_replay_count(const struct ng_replay *replay);

#endif /* NG_REPLAY_H */
