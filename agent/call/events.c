// SPDX-License-Identifier: GPL-2.0
/* What the datapath tells of legs, in the words of calls. */
#include <inttypes.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath/names.h"
#include "private.h"

static const struct side *side_of(const struct call *call,
				  const struct dp_addr *local,
				  const char **component)
{
	const struct ports_pair *pair;
	unsigned int i, s;

	for (i = 0; i < SDP_MEDIA_MAX; i++) {
		for (s = 0; s < 2; s++) {
			pair = call->lines[i].half[s].pair;
			if (!pair)
				continue;
			*component = dp_addr_eq(local, &pair->rtcp) ? "RTCP" :
				     call->lines[i].rtp ? "RTP" : "media";
			if (dp_addr_eq(local, &pair->rtp) ||
			    dp_addr_eq(local, &pair->rtcp))
				return &call->side[s];
		}
	}
	return NULL;
}

static void log_event(const struct call *call, const struct side *side,
		      const char *component, const struct dp_event *e)
{
	char local[DP_ADDR_STRLEN], old[DP_ADDR_STRLEN], new[DP_ADDR_STRLEN];

	dp_addr_str(&e->local, local, sizeof(local));
	dp_addr_str(&e->old, old, sizeof(old));
	dp_addr_str(&e->new, new, sizeof(new));
	switch (e->type) {
	case RTPLANE_EVENT_FIRST_PACKET:
		call_log(call, LOG_LEVEL_INFO, side,
			 "first %s packet at %s, from %s", component, local,
			 new);
		break;
	case RTPLANE_EVENT_LATCH:
		call_log(call, LOG_LEVEL_INFO, side,
			 "%s of %s goes to %s now%s%s: %s", component, local,
			 new, e->old.family ? ", no longer to " : "",
			 e->old.family ? old : "", dp_reason_text(e->reason));
		break;
	case RTPLANE_EVENT_REFUSED:
		call_log(call, LOG_LEVEL_WARNING, side,
			 "%" PRIu64 " packets of %s refused at %s, whose remote is %s: %s",
			 e->count, new, local, old, dp_reason_text(e->reason));
		break;
	case RTPLANE_EVENT_SILENCE:
		call_log(call, LOG_LEVEL_INFO, side, "%s of %s is silent",
			 component, old);
		break;
	default:
		call_log(call, LOG_LEVEL_DEBUG, side, "%s at %s: %s",
			 component, local, dp_event_name(e->type));
	}
}

void calls_event(const struct dp_event *event, void *arg)
{
	const char *component = "media";
	struct calls *calls = arg;
	const struct side *side;
	struct call *call;

	if (!event->cookie)
		return;
	call = call_find(calls, event->cookie);
	if (!call)
		return;		/* another agent's, or over */
	side = side_of(call, &event->local, &component);
	log_event(call, side, component, event);
}
