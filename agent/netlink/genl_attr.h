/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the structures of datapath.h and genl.h and the attributes of
 * <linux/rtplane.h>.  Nothing else in user space knows the attributes.
 *
 * genl_put_*() return 0, or a negative number if the message is full.
 * genl_parse_*() fill the whole structure (absent attributes: zero) and return
 * 0, or a negative number if the attribute is malformed; attributes that we do
 * not know are passed over, so that an older program lives with a newer module.
 */
#ifndef DATAPATH_GENL_ATTR_H
#define DATAPATH_GENL_ATTR_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "datapath/sources.h"
#include "genl.h"

/** GENL_BRIDGE_ROOM - bytes that one bridge takes in a message, at most */
#define GENL_BRIDGE_ROOM	1408

/** GENL_SOURCE_ROOM - bytes that one source of a key takes beside that, at most */
#define GENL_SOURCE_ROOM	40

/** GENL_COPY_ROOM - bytes that one further output takes */
#define GENL_COPY_ROOM		144

/** GENL_SAVED_ROOM - bytes that a state takes, without its sources */
#define GENL_SAVED_ROOM		2048

/** GENL_WINDOW_ROOM - bytes that one source of a state takes */
#define GENL_WINDOW_ROOM	216

int genl_put_addr(struct nl_msg *msg, int type, const struct dp_addr *addr);
int genl_put_leg(struct nl_msg *msg, int type, const struct dp_leg *leg);
/* what is set of a leg, into a nest that is open */
int genl_put_words(struct nl_msg *msg, const struct dp_leg *leg);
/* one direction's protection; without @len bytes of @key none is put */
int genl_put_srtp(struct nl_msg *msg, int type, const struct dp_srtp *srtp,
		  const uint8_t *key, size_t len);
/* its further outputs; @told: with what they have sent.  genl_copy.c */
int genl_put_copies(struct nl_msg *msg, const struct dp_leg *leg, bool told);
int genl_put_bridge(struct nl_msg *msg, const struct dp_bridge *bridge);
/* @state: with the state of their legs, as they end */
int genl_put_del(struct nl_msg *msg, const struct dp_del *del, bool state);
int genl_put_dev(struct nl_msg *msg, const char *name);
/* RTPLANE_A_SCAN; GENL_RANGE_ROOM: bytes of a range */
#define GENL_RANGE_ROOM	64
int genl_put_watch(struct nl_msg *msg, const struct dp_watch *watch);

int genl_put_natmap(struct nl_msg *msg, const struct dp_natmap *natmap);

/* what a datapath tells, from the datapath's side; genl_info.c */
int genl_put_info(struct nl_msg *msg, const struct dp_leg_info *leg);
int genl_put_stats(struct nl_msg *msg, const struct dp_stats *stats);
int genl_put_event(struct nl_msg *msg, const struct dp_event *event);

/* which legs a dump is of, 0: of all cookies; @state: with their state */
int genl_put_which(struct nl_msg *msg, uint64_t cookie, bool state);

/* the state of a leg; genl_saved.c.  One with nothing but a version asks for it. */
int genl_put_saved(struct nl_msg *msg, const struct dp_saved *saved);
extern const struct dp_saved genl_ask_saved;

/* counts of which those that are 0 are left out; their types are 1 + index */
int genl_put_array(struct nl_msg *msg, int type, const uint64_t *values, int n);

int genl_parse_addr(struct nlattr *attr, struct dp_addr *addr);
/* @sources: gets those that @leg then points to */
int genl_parse_leg(struct nlattr *attr, struct dp_leg_info *leg,
		   struct dp_sources *sources);
/* @attr: may be NULL, no protection.  A key of another length than the suite's is
 * the caller's to find. */
int genl_parse_srtp(struct nlattr *attr, struct dp_srtp *srtp,
		    struct dp_sources *sources);
/* @attr: may be NULL, no state.  @sources: gets those that @saved then points to */
int genl_parse_saved(struct nlattr *attr, struct dp_saved *saved,
		     struct dp_sources *sources);
/* the further outputs in a leg's nest.  @sources: gets those that @leg then points to */
int genl_parse_copies(struct nlattr *nest, struct dp_leg *leg,
		      struct dp_sources *sources);
/* the attributes of a type in a nest, which are sources */
int genl_parse_sources(struct nlattr *nest, int type, unsigned int *n,
		       const struct dp_source **told,
		       struct dp_sources *sources);
/* a nest whose attribute types are 1 + index into values[] and hold a u64 */
int genl_parse_array(struct nlattr *attr, uint64_t *values, size_t n);
int genl_parse_dev(struct nlattr *attr, struct dp_dev *dev);
int genl_parse_natmap(struct nlattr *attr, struct dp_natmap *natmap);
int genl_parse_stats(struct nlattr *attr, struct dp_stats *stats);
int genl_parse_event(struct nlattr *attr, struct dp_event *event);

/**
 * genl_where() - say which thing of a request the kernel complains of
 * @request: the whole request, as it was sent
 * @offset: where the attribute is that the kernel names, bytes from @request
 * @text: "leg 192.0.2.1:30000 probation"; empty if there is nothing to say
 * @len: bytes of @text
 */
void genl_where(struct nlmsghdr *request, uint32_t offset, char *text,
		size_t len);

#endif /* DATAPATH_GENL_ATTR_H */
