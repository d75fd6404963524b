/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure parts stand on: addr.h, demux.h, dscp.h, police.h, srtpmath.h, rtpstats.c,
 * saved.c and policy.c are compiled into the agent's user-space datapath too, so that
 * both judge and count alike; limit.h, permit.h and scanner.h into their tests.  They know no leg,
 * no lock and no buffer.
 */
#ifndef _RTPLANE_PORTABLE_H
#define _RTPLANE_PORTABLE_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <net/ipv6.h>

#include "compat.h"

/* Zeroed memory from where a packet is handled, or NULL. */
static inline void *rtplane_zalloc(size_t size)
{
	return kzalloc(size, GFP_ATOMIC | __GFP_NOWARN);
}

/* Forget a secret. */
static inline void rtplane_wipe(void *secret, size_t size)
{
	memzero_explicit(secret, size);
}

#else /* !__KERNEL__ */

#include "../agent/base/kernelish.h"

#endif /* __KERNEL__ */

#endif /* _RTPLANE_PORTABLE_H */
