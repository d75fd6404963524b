/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink policies, made by scripts/genpolicy. */
#ifndef _RTPLANE_NLPOLICY_H
#define _RTPLANE_NLPOLICY_H

#include <net/netlink.h>
#include <linux/rtplane.h>

extern const struct nla_policy rtplane_endpoint_policy[RTPLANE_EP_A_MAX + 1];
extern const struct nla_policy rtplane_dev_policy[RTPLANE_DEV_A_MAX + 1];
extern const struct nla_policy rtplane_source_policy[RTPLANE_SOURCE_A_MAX + 1];
extern const struct nla_policy rtplane_srtp_policy[RTPLANE_SRTP_A_MAX + 1];
extern const struct nla_policy rtplane_drops_policy[__RTPLANE_DROP_MAX + 1];
extern const struct nla_policy rtplane_dscp_seen_policy[RTPLANE_DSCP_MAP_LEN + 1];
extern const struct nla_policy rtplane_saved_rtp_policy[RTPLANE_SAVED_RTP_A_MAX + 1];
extern const struct nla_policy rtplane_rtcp_policy[RTPLANE_RTCP_A_MAX + 1];
extern const struct nla_policy rtplane_saved_policy[RTPLANE_SAVED_A_MAX + 1];
extern const struct nla_policy rtplane_copy_policy[RTPLANE_COPY_A_MAX + 1];
extern const struct nla_policy rtplane_leg_policy[RTPLANE_LEG_A_MAX + 1];
extern const struct nla_policy rtplane_bridge_policy[RTPLANE_BRIDGE_A_MAX + 1];
extern const struct nla_policy rtplane_natmap_policy[RTPLANE_NATMAP_A_MAX + 1];
extern const struct nla_policy rtplane_range_policy[RTPLANE_RANGE_A_MAX + 1];
extern const struct nla_policy rtplane_scan_policy[RTPLANE_SCAN_A_MAX + 1];
extern const struct nla_policy rtplane_policy[RTPLANE_A_MAX + 1];

#endif /* _RTPLANE_NLPOLICY_H */
