// SPDX-License-Identifier: GPL-2.0
/*
 * The transport that the agent's transactions have.
 */
#include "sip/transaction.h"
#include "sip/transport.h"

const struct sip_flow_ops sip_flow_real_ops = {
	.send = sip_flow_send,
	.reply = sip_flow_reply,
	.ref = sip_flow_ref,
	.unref = sip_flow_unref,
	.hold = sip_flow_hold,
	.let = sip_flow_let,
	.watch = sip_flow_watch,
	.unwatch = sip_flow_unwatch,
	.same = sip_flow_same,
};
