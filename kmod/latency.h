/* SPDX-License-Identifier: GPL-2.0 */
/* How long the relay holds packets: a histogram, off unless somebody asks. */
#ifndef _RTPLANE_LATENCY_H
#define _RTPLANE_LATENCY_H

#include <linux/jump_label.h>
#include <linux/types.h>

DECLARE_STATIC_KEY_FALSE(rtplane_latency_on);

void rtplane_latency_init(void);
void rtplane_latency_exit(void);
void rtplane_latency_add(u64 ns);

#endif /* _RTPLANE_LATENCY_H */
