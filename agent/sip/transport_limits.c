// SPDX-License-Identifier: GPL-2.0
/* What a connection may cost, as functions of its state and of the time. */
#include <errno.h>

#include "transport_impl.h"

#define ENDING_MS	1000	/* for the last answer to be taken */

void sip_limit_defaults(struct sip_limits *limits)
{
	static const struct sip_limits defaults = {
		.connections = 4096,
		.per_source = 32,
		.reserve = 64,
		.message = SIP_MAX_SIZE,
		.head = SIP_MAX_HEAD,
		.unfinished = 16 << 20,
		.head_ms = 10000,
		.idle_ms = 600000,
		.first_ms = 10000,
		.handshake_ms = 5000,
		.connect_ms = 3000,
		.failed_ms = 30000,
		.rate = 500,
		.output = 256 << 10,
	};

#define FILL(name)						\
	do {							\
		if (!limits->name)				\
			limits->name = defaults.name;		\
	} while (0)
	FILL(connections);
	FILL(per_source);
	FILL(reserve);
	FILL(message);
	FILL(head);
	FILL(unfinished);
	FILL(head_ms);
	FILL(idle_ms);
	FILL(first_ms);
	FILL(handshake_ms);
	FILL(connect_ms);
	FILL(failed_ms);
	FILL(rate);
	FILL(output);
#undef FILL
	if (!limits->per_realm)
		limits->per_realm = limits->connections;
	if (limits->message > SIP_MAX_SIZE)
		limits->message = SIP_MAX_SIZE;
}

uint64_t sip_limit_rate(uint64_t *due, unsigned int rate, uint64_t now)
{
	uint64_t each = 1000000 / rate + !!(1000000 % rate);
	uint64_t burst = 2 * (uint64_t)rate * each;

	if (*due < now)
		*due = now;
	*due += each;
	return *due - now > burst ? *due - now - burst : 0;
}

/**
 * struct first - the first of several deadlines
 * @at: ms
 * @why: its errno
 */
struct first {
	uint64_t at;
	int why;
};

static void earlier(struct first *first, uint64_t at, int why)
{
	if (at >= first->at)
		return;
	first->at = at;
	first->why = why;
}

uint64_t sip_limit_deadline(const struct sip_conn *conn,
			    const struct sip_limits *limits, bool held,
			    int *why)
{
	struct first first = { .at = TIMER_NEVER };

	switch (conn->state) {
	case CONN_CONNECTING:
		earlier(&first, conn->begun + limits->connect_ms, ETIMEDOUT);
		break;
	case CONN_HANDSHAKE:
		earlier(&first, conn->begun + limits->handshake_ms, EPROTO);
		break;
	case CONN_OPEN:
		if (conn->paused)
			earlier(&first, conn->resume, 0);
		else if (conn->message)
			earlier(&first, conn->message + limits->head_ms, ETIME);
		if (conn->accepted && !conn->spoke)
			earlier(&first, conn->begun + limits->first_ms, ETIME);
		if (!held)
			earlier(&first, conn->heard + limits->idle_ms,
				ESHUTDOWN);
		break;
	case CONN_ENDING:
		earlier(&first, conn->begun + ENDING_MS, ESHUTDOWN);
		break;
	case CONN_CLOSED:
		break;
	}
	*why = first.why;
	return first.at;
}
