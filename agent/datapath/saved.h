/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the state of a leg consists of, as tables: netlink's attributes and JSON are made
 * and read by them, so that nobody forgets a member.
 */
#ifndef DATAPATH_SAVED_H
#define DATAPATH_SAVED_H

#include "datapath.h"

/**
 * enum dp_kind - what a member is
 * @DP_U8: number
 * @DP_U16: number
 * @DP_U32: number
 * @DP_S32: number that may be below 0
 * @DP_U64: number
 * @DP_FLAG: a bool
 * @DP_ADDR: a &struct dp_addr
 * @DP_REASON: number, enum rtplane_reason
 */
enum dp_kind {
	DP_U8,
	DP_U16,
	DP_U32,
	DP_S32,
	DP_U64,
	DP_FLAG,
	DP_ADDR,
	DP_REASON,
};

/**
 * struct dp_member - a member of a structure; absent it is 0, false or nobody
 * @name: in JSON; NULL ends a table
 * @attr: netlink attribute
 * @kind: enum dp_kind
 * @at: offset in the structure
 */
struct dp_member {
	const char *name;
	uint16_t attr;
	uint8_t kind;
	uint16_t at;
};

/* of struct dp_saved but arrays and nests, struct dp_saved_rtp, dp_rtcp, dp_source */
extern const struct dp_member dp_saved_members[];
extern const struct dp_member dp_saved_rtp_members[];
extern const struct dp_member dp_saved_rtcp_members[];
extern const struct dp_member dp_saved_source_members[];

/**
 * dp_member_get() - a number or flag of a structure
 * @m: its member
 * @from: the structure
 *
 * Return: the value; one below 0 as its 32 bits.
 */
uint64_t dp_member_get(const struct dp_member *m, const void *from);

/**
 * dp_member_set() - the reverse
 * @m: its member
 * @to: the structure
 * @value: fits
 */
void dp_member_set(const struct dp_member *m, void *to, uint64_t value);

/**
 * dp_member_size() - bytes of a number
 * @m: its member
 *
 * Return: 1, 2, 4 or 8; 0 if it is no number.
 */
size_t dp_member_size(const struct dp_member *m);

#endif /* DATAPATH_SAVED_H */
