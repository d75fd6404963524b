// SPDX-License-Identifier: GPL-2.0
/*
 * Events: first packet, latch, refused source, silence, RTCP report, digit, scan.
 *
 * An event is gathered while the leg is locked and sent when it no longer is,
 * from softirq as from process context, without waiting for memory.
 */
#include <linux/ktime.h>

#include "event.h"
#include "net.h"
#include "nlput.h"

/* What an event is made of, at its largest: the nest, two numbers of a byte, three of
 * eight with their padding, three endpoints, a report or a digit, which is less.
 */
#define RTPLANE_EVENT_EP	(3 * nla_total_size(sizeof(struct in6_addr)))
#define RTPLANE_EVENT_SIZE	(nla_total_size(0) + 2 * nla_total_size(1) +		\
				 3 * nla_total_size_64bit(sizeof(u64)) +		\
				 3 * RTPLANE_EVENT_EP + 7 * nla_total_size(sizeof(u32)))

static bool stopped;

/**
 * rtplane_event_stop() - send no more events, for the module's end
 */
void rtplane_event_stop(void)
{
	WRITE_ONCE(stopped, true);
	synchronize_net();
}

/**
 * rtplane_notice() - gather an event
 * @n: where; an event that is there already is lost and not counted
 * @leg: whose, locked
 * @type: what happened
 * @reason: why
 * @old: endpoint or NULL
 * @new: endpoint or NULL
 */
void rtplane_notice(struct rtplane_notice *n, const struct rtplane_leg *leg,
		    enum rtplane_event type, enum rtplane_reason reason,
		    const struct rtplane_ep *old, const struct rtplane_ep *new)
{
	*n = (struct rtplane_notice) {
		.cookie = leg->cookie,
		.type = type,
		.reason = reason,
		.set = true,
	};
	if (old)
		n->old = *old;
	if (new)
		n->new = *new;
}

static int digit_put(struct sk_buff *msg, const struct rtplane_digit *digit)
{
	if (nla_put_u8(msg, RTPLANE_EVENT_A_DIGIT, digit->event) ||
	    nla_put_u32(msg, RTPLANE_EVENT_A_DURATION, digit->duration) ||
	    nla_put_u8(msg, RTPLANE_EVENT_A_VOLUME, digit->volume) ||
	    nla_put_u8(msg, RTPLANE_EVENT_A_PT, digit->pt))
		return -EMSGSIZE;
	return 0;
}

static int event_put(struct sk_buff *msg, const struct rtplane_ep *local,
		     const struct rtplane_notice *n)
{
	struct nlattr *nest = nla_nest_start(msg, RTPLANE_A_EVENT);

	if (!nest ||
	    nla_put_u8(msg, RTPLANE_EVENT_A_TYPE, n->type) ||
	    nla_put_u8(msg, RTPLANE_EVENT_A_REASON, n->reason) ||
	    rtplane_nl_put_ep(msg, RTPLANE_EVENT_A_LOCAL, local) ||
	    nla_put_u64_64bit(msg, RTPLANE_EVENT_A_COOKIE, n->cookie, RTPLANE_EVENT_A_PAD) ||
	    nla_put_u64_64bit(msg, RTPLANE_EVENT_A_TIME, ktime_get_real_ns(), RTPLANE_EVENT_A_PAD))
		return -EMSGSIZE;
	if (!rtplane_ep_none(&n->old) && rtplane_nl_put_ep(msg, RTPLANE_EVENT_A_OLD, &n->old))
		return -EMSGSIZE;
	if (!rtplane_ep_none(&n->new) && rtplane_nl_put_ep(msg, RTPLANE_EVENT_A_NEW, &n->new))
		return -EMSGSIZE;
	if (n->count &&
	    nla_put_u64_64bit(msg, RTPLANE_EVENT_A_COUNT, n->count, RTPLANE_EVENT_A_PAD))
		return -EMSGSIZE;
	if (n->type == RTPLANE_EVENT_RTCP &&
	    rtplane_nl_put_rtcp(msg, RTPLANE_EVENT_A_RTCP, &n->rtcp))
		return -EMSGSIZE;
	if (n->type == RTPLANE_EVENT_DTMF && digit_put(msg, &n->digit))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static struct sk_buff *event_message(const struct rtplane_ep *local, const struct rtplane_notice *n)
{
	struct sk_buff *msg = genlmsg_new(RTPLANE_EVENT_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	void *hdr;

	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &rtplane_genl, 0, RTPLANE_CMD_EVENT_NTF);
	if (!hdr || event_put(msg, local, n)) {
		nlmsg_free(msg);
		return NULL;
	}
	genlmsg_end(msg, hdr);
	return msg;
}

/* With RCU read side: rtplane_event_stop() waits for it. */
static bool event_multicast(struct rtplane_net *rn, const struct rtplane_ep *local,
			    const struct rtplane_notice *n)
{
	struct sk_buff *msg = NULL;

	if (READ_ONCE(stopped) || !genl_has_listeners(&rtplane_genl, rn->net, 0))
		return true;
	if (rtplane_event_may(rn->event_limits, n->type, jiffies / HZ))
		msg = event_message(local, n);
	if (!msg) {
		atomic64_inc(&rn->events_lost);
		return false;
	}
	genlmsg_multicast_netns(&rtplane_genl, rn->net, msg, 0, 0, GFP_ATOMIC);
	return true;
}

/**
 * rtplane_event_send() - send an event to whoever listens
 * @leg: whose, not locked; must not go away meanwhile (RCU or the mutex)
 * @n: the event; nothing happens if it is not set
 *
 * Return: false if it was lost.
 */
bool rtplane_event_send(struct rtplane_leg *leg, const struct rtplane_notice *n)
{
	bool sent;

	if (!n->set)
		return true;
	rcu_read_lock();
	sent = event_multicast(leg->rn, &leg->local, n);
	rcu_read_unlock();
	return sent;
}

/**
 * rtplane_event_scan() - tell that a source tries many ports
 * @rn: namespace
 * @local: the last of them
 * @source: who
 * @ports: how many
 *
 * Context: RCU read side.
 */
void rtplane_event_scan(struct rtplane_net *rn, const struct rtplane_ep *local,
			const struct rtplane_ep *source, u32 ports)
{
	const struct rtplane_notice n = {
		.type = RTPLANE_EVENT_SCAN,
		.new = *source,
		.count = ports,
	};

	event_multicast(rn, local, &n);
}
