// SPDX-License-Identifier: GPL-2.0
/* Calls whose parties are gone: session timers (RFC 4028) and silence. */
#include <stdio.h>

#include "keep.h"
#include "private.h"

void b2b_timer_expired(struct timer *timer, void *arg)
{
	b2b_call_finish(arg, "the session has expired: neither party has refreshed it");
}

/*
 * The parties negotiate it between themselves, we are in both dialogs and hold them to
 * it.  RFC 4028 section 10: a 2xx without Session-Expires ends the timer.
 */
void b2b_timer_session(struct call *call, const struct sip_msg *response)
{
	struct sip_session_expires se;

	if (sip_msg_session_expires(response, &se) == 1 && se.seconds)
		timer_set(call->b2b->timers, &call->expiry,
			  (uint64_t)se.seconds * 1000);
	else
		timer_cancel(&call->expiry);
	b2b_keep_call(call);
}

static void silent(struct session *session, void *arg)
{
	struct call *call = arg;
	char reason[B2B_TEXT];

	snprintf(reason, sizeof(reason),
		 "no media from either party for longer than media-timeout (%u s)",
		 call->config->media_timeout);
	b2b_call_finish(call, reason);
}

const struct session_ops b2b_timer_session_ops = { .timeout = silent };
