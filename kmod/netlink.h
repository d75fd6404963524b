/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink: its beginning and end, and the commands of the other files. */
#ifndef _RTPLANE_NETLINK_H
#define _RTPLANE_NETLINK_H

struct genl_info;
struct netlink_callback;
struct rtplane_leg;
struct sk_buff;

int rtplane_netlink_init(void);
void rtplane_netlink_exit(void);

/* nlleg.c */
int rtplane_leg_set_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_leg_get_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_leg_end(struct genl_info *info, struct rtplane_leg *leg);
int rtplane_leg_get_start(struct netlink_callback *cb);
int rtplane_leg_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

/* nlbridge.c */
int rtplane_bridge_new_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_bridge_set_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_bridge_del_doit(struct sk_buff *skb, struct genl_info *info);

/* nlscan.c */
int rtplane_scan_set_doit(struct sk_buff *skb, struct genl_info *info);

/* nlnatmap.c */
int rtplane_natmap_new_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_natmap_del_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_natmap_get_doit(struct sk_buff *skb, struct genl_info *info);
int rtplane_natmap_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

#endif /* _RTPLANE_NETLINK_H */
