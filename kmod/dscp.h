/* SPDX-License-Identifier: GPL-2.0 */
/* Which DSCP leaves for the one that came.  ECN is nobody's business here. */
#ifndef _RTPLANE_DSCP_H
#define _RTPLANE_DSCP_H

#include <linux/pkt_sched.h>
#include <linux/rtplane.h>

#include "portable.h"

#define RTPLANE_ECN_MASK	0x03

/**
 * rtplane_dscp_keep() - bits of the TOS that stay as they came
 * @mode: &enum rtplane_dscp_mode
 */
static inline u8 rtplane_dscp_keep(u8 mode)
{
	return mode == RTPLANE_DSCP_PRESERVE ? 0xff : RTPLANE_ECN_MASK;
}

/**
 * rtplane_dscp_set() - bits of the TOS that are set
 * @mode: &enum rtplane_dscp_mode
 * @dscp: value for RTPLANE_DSCP_SET
 */
static inline u8 rtplane_dscp_set(u8 mode, u8 dscp)
{
	return mode == RTPLANE_DSCP_SET ? dscp << 2 : 0;
}

/**
 * rtplane_dscp_mapped() - the TOS that a table gives
 * @map: RTPLANE_DSCP_MAP_LEN values
 * @tos: as it came
 */
static inline u8 rtplane_dscp_mapped(const u8 *map, u8 tos)
{
	return map[tos >> 2] << 2 | (tos & RTPLANE_ECN_MASK);
}

/**
 * rtplane_dscp_tos() - the TOS that leaves
 * @mode: &enum rtplane_dscp_mode
 * @dscp: value for RTPLANE_DSCP_SET
 * @map: table for RTPLANE_DSCP_MAP
 * @tos: as it came
 */
static inline u8 rtplane_dscp_tos(u8 mode, u8 dscp, const u8 *map, u8 tos)
{
	if (mode == RTPLANE_DSCP_MAP)
		return rtplane_dscp_mapped(map, tos);
	return (tos & rtplane_dscp_keep(mode)) | rtplane_dscp_set(mode, dscp);
}

/* DSCP class to queueing priority in the terms of linux/pkt_sched.h, so that
 * voice is served first by the default bands and VLAN egress maps see EF as 6.
 * The kernel's own table still reads the TOS bits of RFC 1349.  It gives nobody
 * TC_PRIO_CONTROL either, which fq serves before all else: the DSCP is a stranger's.
 */
static inline u32 rtplane_priority(u8 tos)
{
	/* A nibble for each class, the lowest first. */
	const u32 of_class = TC_PRIO_BESTEFFORT | TC_PRIO_BULK << 4 | TC_PRIO_BULK << 8 |
			     TC_PRIO_INTERACTIVE_BULK << 12 | TC_PRIO_INTERACTIVE_BULK << 16 |
			     TC_PRIO_INTERACTIVE << 20 | TC_PRIO_INTERACTIVE << 24 |
			     TC_PRIO_INTERACTIVE << 28;

	return of_class >> (tos >> 5) * 4 & 0xf;
}

#endif /* _RTPLANE_DSCP_H */
