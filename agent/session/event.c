// SPDX-License-Identifier: GPL-2.0
/* What the datapath tells of legs, in the words of sessions. */
#include <inttypes.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "private.h"

/* whose leg is it?  Nobody's if a bridge has gone while the event was on its way */
static void place(const struct session *session, const struct dp_addr *local,
		  struct session_event *e)
{
	const struct standing *at;
	unsigned int i, c, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (c = 0; c < 2; c++) {
			at = session->standing[i][c];
			for (s = 0; at && s < 2; s++) {
				if (!dp_addr_eq(local,
						&at->bridge.leg[s].local))
					continue;
				e->party = at->party[s];
				e->line = i;
				e->component = c + 1;
				return;
			}
		}
	}
}

static const char *component_of(const struct session_event *e)
{
	const struct session *session = e->session;
	const struct standing *at;

	if (!e->party)
		return "media";
	if (e->component == 2)
		return "RTCP";
	at = session->standing[e->line][0];
	return at && at->bridge.leg[0].accept == RTPLANE_ACCEPT_RTP ? "RTP" :
	       "media";
}

static bool what_of(const struct dp_event *event, enum session_what *what)
{
	switch (event->type) {
	case RTPLANE_EVENT_FIRST_PACKET:
		*what = SESSION_FIRST;
		return true;
	case RTPLANE_EVENT_LATCH:
		*what = event->reason == RTPLANE_REASON_PROVEN ?
			SESSION_PROVEN : SESSION_LATCHED;
		return true;
	case RTPLANE_EVENT_REFUSED:
		*what = SESSION_REFUSED;
		return true;
	case RTPLANE_EVENT_SILENCE:
		*what = SESSION_SILENT;
		return true;
	case RTPLANE_EVENT_RTCP:
		*what = SESSION_RTCP;
		return true;
	default:
		return false;
	}
}

static void log_event(const struct session_event *se)
{
	char local[DP_ADDR_STRLEN], old[DP_ADDR_STRLEN], new[DP_ADDR_STRLEN];
	const char *component = component_of(se);
	const struct dp_event *e = se->dp;

	dp_addr_str(&e->local, local, sizeof(local));
	dp_addr_str(&e->old, old, sizeof(old));
	dp_addr_str(&e->new, new, sizeof(new));
	switch (e->type) {
	case RTPLANE_EVENT_FIRST_PACKET:
		session_log(se->session, LOG_LEVEL_INFO, se->party,
			    "first %s packet at %s, from %s", component, local,
			    new);
		break;
	case RTPLANE_EVENT_LATCH:
		session_log(se->session, LOG_LEVEL_INFO, se->party,
			    "%s of %s goes to %s now%s%s: %s", component, local,
			    new, e->old.family ? ", no longer to " : "",
			    e->old.family ? old : "", dp_reason_text(e->reason));
		break;
	case RTPLANE_EVENT_REFUSED:
		session_log(se->session, LOG_LEVEL_WARNING, se->party,
			    "%" PRIu64 " packets of %s refused at %s, whose remote is %s: %s",
			    e->count, new, local, old,
			    dp_reason_text(e->reason));
		break;
	case RTPLANE_EVENT_SILENCE:
		session_log(se->session, LOG_LEVEL_INFO, se->party,
			    "%s of %s at %s is silent", component, old, local);
		break;
	default:
		session_log(se->session, LOG_LEVEL_DEBUG, se->party, "%s at %s: %s",
			    component, local, dp_event_name(e->type));
	}
}

void sessions_event(const struct dp_event *event, void *arg)
{
	struct sessions *sessions = arg;
	struct session_event e = { .dp = event };
	uint64_t id = event->cookie;
	const struct session_ops *ops;

	e.session = id ? sessions_find(sessions, id) : NULL;
	if (!e.session)
		return;		/* another agent's, or over */
	place(e.session, &event->local, &e);
	log_event(&e);
	ops = e.session->conf.ops;
	if (what_of(event, &e.what) && ops && ops->event)
		ops->event(&e, e.session->conf.arg);
	if (event->type != RTPLANE_EVENT_SILENCE)
		return;
	/* it may have been ended */
	e.session = sessions_find(sessions, id);
	if (e.session)
		session_silence_look(e.session);
}
