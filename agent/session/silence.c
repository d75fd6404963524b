// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody sends any more: both parties are gone, and no signalling has said so.
 *
 * The datapath tells of each leg that has become silent; that is when all legs are
 * looked at.  Since events may be lost, a timer looks as well, once in the time
 * that is allowed.  A line that is not to flow both ways (hold) is no witness:
 * while all are like that, another time holds, which begins with the change.
 */
#include <errno.h>
#include <time.h>

#include "private.h"

#define NS_PER_MS	UINT64_C(1000000)
#define SOONEST_MS	100

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* who is there */
static bool is_to_send(const struct session_branch *heard, size_t i, unsigned int s)
{
	return heard->line[i].half[s].sends || heard->end[s].party->nobody;
}

static bool on_hold(const struct session *session)
{
	const struct session_branch *heard = session->heard;
	size_t i;

	for (i = 0; heard && i < heard->n_lines; i++)
		if (heard->line[i].wanted && is_to_send(heard, i, 0) &&
		    is_to_send(heard, i, 1))
			return false;
	return true;
}

static uint64_t limit_of(const struct session *session)
{
	return UINT64_C(1000) * (on_hold(session) ? session->conf.timeout_hold :
						    session->conf.timeout);
}

static bool has_bridge(const struct session *session)
{
	unsigned int i;

	for (i = 0; i < SDP_MEDIA_MAX; i++)
		if (session->standing[i][0] || session->standing[i][1])
			return true;
	return false;
}

static void look_in(struct session *session, uint64_t delay)
{
	if (delay < SOONEST_MS)
		delay = SOONEST_MS;
	timer_set(session->sessions->conf.timers, &session->timer, delay);
}

static void arm(struct session *session)
{
	struct timers *timers = session->sessions->conf.timers;
	uint64_t limit = limit_of(session);

	if (!timers)
		return;
	session->changed = timers->now;
	if (limit && has_bridge(session))
		look_in(session, limit);
	else
		timer_cancel(&session->timer);
}

void session_changed(struct session *session)
{
	session_keys_begun(session);
	arm(session);
}

/* ns of the last packet of a bridge's legs; true: the bridge is gone */
static bool last_of(struct standing *at, uint64_t *last)
{
	struct dp_leg_info info;
	struct dp_err err;
	unsigned int s;
	int ret;

	for (s = 0; s < 2; s++) {
		ret = dp_leg_get(at->dp, &at->bridge.leg[s].local, &info, &err);
		if (ret == -ENOENT)
			return true;
		if (!ret && info.last > *last)
			*last = info.last;
	}
	return false;
}

/* @gone: event of the last bridge that is not there any more */
static uint64_t last_packet(struct session *session, struct session_event *gone)
{
	struct standing *at;
	uint64_t last = 0;
	unsigned int i, c;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			if (!at || !last_of(at, &last))
				continue;
			session_log(session, LOG_LEVEL_ERROR, at->party[0],
				    "a bridge of media line %u is gone from the datapath",
				    i + 1);
			gone->session = session;
			gone->party = at->party[0];
			gone->line = i;
			gone->component = c + 1;
			session_standing_free(session, i, c);
		}
	}
	return last;
}

/* ms that nothing has come, or that it could not have */
static uint64_t idle(const struct session *session, uint64_t last)
{
	uint64_t changed = session->sessions->conf.timers->now - session->changed;
	uint64_t now = now_ns();
	uint64_t quiet = last && last < now ? (now - last) / NS_PER_MS : 0;

	return last && quiet < changed ? quiet : changed;
}

static void over(struct session *session)
{
	const struct session_ops *ops = session->conf.ops;

	session_log(session, LOG_LEVEL_INFO, (struct session_party *)NULL,
		    "none of its legs has had a packet for %u s",
		    on_hold(session) ? session->conf.timeout_hold :
				       session->conf.timeout);
	session->changed = session->sessions->conf.timers->now;
	look_in(session, limit_of(session));
	if (ops && ops->timeout)
		ops->timeout(session, session->conf.arg);
}

void session_silence_look(struct session *session)
{
	struct session_event gone = { .what = SESSION_FAILED };
	const struct session_ops *ops = session->conf.ops;
	uint64_t limit = limit_of(session);
	uint64_t quiet;

	if (!session->sessions->conf.timers || !limit || !has_bridge(session))
		return;
	quiet = idle(session, last_packet(session, &gone));
	if (gone.session && ops && ops->event) {
		look_in(session, limit);
		ops->event(&gone, session->conf.arg);
	} else if (quiet >= limit) {
		over(session);
	} else {
		look_in(session, limit - quiet);
	}
}

static void on_timer(struct timer *timer, void *arg)
{
	session_silence_look(arg);
}

void session_silence_init(struct session *session)
{
	timer_init(&session->timer, on_timer, session);
}
