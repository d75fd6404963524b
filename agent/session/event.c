// SPDX-License-Identifier: GPL-2.0
/* What the datapath tells of legs, in the words of sessions. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "private.h"

#define NS_PER_MS	UINT64_C(1000000)
/* events come in heaps when they are lost: those that are left come first */
#define LOST_MS		1000

/* whose leg is it?  Nobody's if a bridge has gone while the event was on its way */
static struct told *place(const struct session *session,
			  const struct dp_addr *local, struct session_event *e)
{
	struct standing *at;
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
				return &at->told[s];
			}
		}
	}
	return NULL;
}

static void remember(struct told *told, const struct dp_event *event)
{
	if (!told)
		return;
	told->first |= event->type == RTPLANE_EVENT_FIRST_PACKET;
	if (event->type != RTPLANE_EVENT_LATCH)
		return;
	told->latches++;
	told->remote = event->new;
}

uint32_t session_digit_clock(unsigned int i)
{
	static const uint32_t clocks[DIGIT_CLOCKS] = { 8000, 16000, 32000, 48000 };

	return clocks[i];
}

/* the half of the party's, and the other one; NULL: nobody is heard there */
static const struct half *halves(const struct session_event *e,
				 const struct half **other)
{
	const struct session_branch *heard = e->session->heard;
	unsigned int s;

	if (!heard || e->line >= heard->n_lines)
		return NULL;
	for (s = 0; s < 2; s++) {
		if (heard->end[s].party != e->party)
			continue;
		*other = &heard->line[e->line].half[!s];
		return &heard->line[e->line].half[s];
	}
	return NULL;
}

/* what the datapath does not know */
static void fill(struct session_event *e, const struct told *told)
{
	const struct dp_digit *digit = &e->dp->digit;
	const struct half *half, *other;
	uint32_t clock = 8000;
	unsigned int i;

	half = e->party ? halves(e, &other) : NULL;
	if (!half)
		return;
	e->sends = half->sends;
	e->ever = told && told->first;
	for (i = 0; i < DIGIT_CLOCKS && digit->pt >= 96; i++)
		if (other->digits[i] >> (digit->pt - 96) & 1)
			clock = session_digit_clock(i);
	e->ms = (uint32_t)((uint64_t)digit->duration * 1000 / clock);
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
	case RTPLANE_EVENT_DTMF:
		*what = SESSION_DIGIT;
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
	struct told *told;

	e.session = id ? sessions_find(sessions, id) : NULL;
	if (!e.session)
		return;		/* another agent's, or over */
	told = place(e.session, &event->local, &e);
	remember(told, event);
	fill(&e, told);
	log_event(&e);
	if (event->type == RTPLANE_EVENT_LATCH && told)
		session_path_moved(e.session, &event->local, &event->new);
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

/* --- what was not told --- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}

static void tell(struct sessions *sessions, const struct dp_leg_info *info,
		 uint8_t type)
{
	const struct dp_event event = {
		.type = type,
		.reason = RTPLANE_REASON_NONE,
		.local = info->conf.local,
		.cookie = info->cookie,
		.old = type == RTPLANE_EVENT_SILENCE ? info->latched :
						       (struct dp_addr){ 0 },
		.new = info->latched,
		.time = type == RTPLANE_EVENT_FIRST_PACKET ? info->first :
							     info->last,
	};

	sessions_event(&event, sessions);
}

/* the session may end with whatever is told */
static struct told *told_of(struct sessions *sessions,
			    const struct dp_leg_info *info)
{
	struct session *session = info->cookie ?
				  sessions_find(sessions, info->cookie) : NULL;
	struct session_event nobody;

	return session ? place(session, &info->conf.local, &nobody) : NULL;
}

static int look(const struct dp_leg_info *info, void *arg)
{
	uint64_t silence = info->conf.silence * NS_PER_MS;
	struct sessions *sessions = arg;
	struct told *told = told_of(sessions, info);

	if (told && info->first && !told->first)
		tell(sessions, info, RTPLANE_EVENT_FIRST_PACKET);
	told = told_of(sessions, info);
	if (told && info->latches > told->latches) {
		/* of several the last one is what counts */
		told->latches = info->latches - 1;
		tell(sessions, info, RTPLANE_EVENT_LATCH);
	}
	told = told_of(sessions, info);
	if (told && silence && info->last && info->last + silence < now_ns())
		tell(sessions, info, RTPLANE_EVENT_SILENCE);
	return 0;
}

static void look_at(struct sessions *sessions, struct dp *dp)
{
	struct dp_err err;

	if (dp_legs_dump(dp, 0, look, sessions, &err))
		log_warning("the datapath's legs cannot be read: %s", err.text);
}

static void on_lost(struct timer *timer, void *arg)
{
	struct sessions *sessions = arg;

	look_at(sessions, sessions->conf.dp);
	if (sessions->conf.beside)
		look_at(sessions, sessions->conf.beside);
}

void session_lost_init(struct sessions *sessions)
{
	timer_init(&sessions->lost_timer, on_lost, sessions);
}

void sessions_events_lost(struct sessions *sessions)
{
	if (sessions && sessions->conf.timers &&
	    !timer_is_set(&sessions->lost_timer))
		timer_set(sessions->conf.timers, &sessions->lost_timer,
			  LOST_MS);
}
