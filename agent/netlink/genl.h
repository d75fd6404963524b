/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rtplane.ko over generic netlink, or an agent's user-space datapath, which
 * speaks the same: one function per request, in the structures of datapath.h.
 * Used by the kernel backend of the agent and by the command line.
 *
 * Every function returns 0 or a negative errno with a sentence in the
 * &struct dp_err: the kernel's own (extack) where it gave one.
 */
#ifndef DATAPATH_GENL_H
#define DATAPATH_GENL_H

#include <net/if.h>

#include "datapath/sources.h"

struct genl;

/**
 * struct dp_dev - an enrolled network device
 * @ifindex: its index
 * @name: its name
 * @rx_packets: UDP packets of a leg or natmap that it gave to the module
 * @passed: of these, left to the normal stack
 */
struct dp_dev {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	uint64_t rx_packets;
	uint64_t passed;
};

/* which members of a struct dp_natmap are meant */
#define DP_NATMAP_PORTS		(1u << 0)
#define DP_NATMAP_FILTER	(1u << 1)
#define DP_NATMAP_DSCP_MODE	(1u << 2)
#define DP_NATMAP_DSCP		(1u << 3)
#define DP_NATMAP_DSCP_MAP	(1u << 4)
#define DP_NATMAP_PPS		(1u << 5)
#define DP_NATMAP_BPS		(1u << 6)
#define DP_NATMAP_INSIDE	(1u << 7)
#define DP_NATMAP_INSIDE_GROUP	(1u << 8)
#define DP_NATMAP_OUTSIDE	(1u << 9)
#define DP_NATMAP_OUTSIDE_GROUP	(1u << 10)

/**
 * struct dp_natmap - a port range mapped 1:1 to an inside address
 * @set: DP_NATMAP_* of the members that are meant
 * @ext: external address, without port
 * @in: inside address, without port, of the same family
 * @lo: first port
 * @hi: last port
 * @filter: 0 endpoint-independent, 1 address-dependent
 * @dscp_mode: enum rtplane_dscp_mode
 * @dscp: 0 to 63
 * @dscp_map: DSCP sent, indexed with the DSCP received
 * @pps: packets/s in each direction, 0 = no limit
 * @bps: bits/s in each direction, 0 = no limit
 * @inside: ifindex of the device that what comes from inside comes by
 * @inside_group: the same by device group
 * @outside: ifindex of the device that what comes from outside comes by
 * @outside_group: the same by device group
 * @in_packets: translated from outside to inside (this and all below: out)
 * @in_bytes: their IP bytes
 * @out_packets: translated from inside to outside
 * @out_bytes: their IP bytes
 * @hairpins: packets from inside to inside
 * @icmp: ICMP errors translated
 * @passed: packets left to the stack
 * @drops: packets dropped, by enum rtplane_drop
 */
struct dp_natmap {
	uint32_t set;
	struct dp_addr ext;
	struct dp_addr in;
	uint16_t lo;
	uint16_t hi;
	uint8_t filter;
	uint8_t dscp_mode;
	uint8_t dscp;
	uint8_t dscp_map[RTPLANE_DSCP_MAP_LEN];
	uint32_t pps;
	uint64_t bps;
	uint32_t inside;
	uint32_t inside_group;
	uint32_t outside;
	uint32_t outside_group;
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint64_t hairpins;
	uint64_t icmp;
	uint64_t passed;
	uint64_t drops[__RTPLANE_DROP_MAX];
};

/**
 * genl_open() - connect to the module
 * @genl: the connection; the caller owns it and ends it with genl_close()
 * @err: the sentence
 *
 * Errors: ENOENT the module is not loaded; EPROTO it speaks another version.
 *
 * Return: 0 or -errno.
 */
int genl_open(struct genl **genl, struct dp_err *err);

/**
 * genl_open_agent() - connect to an agent whose datapath is in user space
 * @genl: the connection; the caller owns it and ends it with genl_close()
 * @path: of the agent's datapath socket
 * @err: the sentence
 *
 * It answers as the module does; what it cannot do it refuses.
 *
 * Return: 0 or -errno; ENOENT, ECONNREFUSED: nobody listens there.
 */
int genl_open_agent(struct genl **genl, const char *path, struct dp_err *err);

/**
 * genl_datapath() - who answers
 * @genl: the connection
 *
 * Return: "kernel" or "uring".
 */
const char *genl_datapath(const struct genl *genl);

/**
 * genl_close() - end a connection
 * @genl: NULL is fine
 */
void genl_close(struct genl *genl);

/**
 * genl_listen() - join the multicast group of events
 * @genl: the connection; from then on it can do genl_events() only
 * @err: the sentence
 *
 * Return: 0 or -errno.
 */
int genl_listen(struct genl *genl, struct dp_err *err);

/**
 * genl_fd() - readable when genl_events() has something to do
 * @genl: the connection
 *
 * Return: the descriptor, owned by @genl.
 */
int genl_fd(const struct genl *genl);

/**
 * genl_events() - hand over the events that are waiting; never blocks
 * @genl: the connection, after genl_listen()
 * @fn: receives each event
 * @arg: for @fn
 * @err: the sentence
 *
 * Return: number of events, or -errno; -ENOBUFS: some were lost.
 */
int genl_events(struct genl *genl, dp_event_fn *fn, void *arg,
		struct dp_err *err);

/* devices; @name as "eth0" */
int genl_dev_new(struct genl *genl, const char *name, struct dp_err *err);
int genl_dev_del(struct genl *genl, const char *name, struct dp_err *err);

/* bridges and legs: as dp_bridges_new() and the others of datapath.h */
int genl_bridges_new(struct genl *genl, const struct dp_bridge *bridges,
		     size_t n, struct dp_err *err);
int genl_bridges_set(struct genl *genl, const struct dp_bridge *bridges,
		     size_t n, struct dp_err *err);
int genl_bridges_del(struct genl *genl, const struct dp_del *del,
		     struct dp_err *err);
/* one leg and its peer, removed, with their state; @sources as of genl_leg_get() */
int genl_bridge_take(struct genl *genl, const struct dp_addr *local,
		     struct dp_leg_info legs[2], struct dp_sources *sources,
		     struct dp_err *err);
int genl_leg_set(struct genl *genl, const struct dp_leg *leg,
		 struct dp_err *err);
/* @state: with its state.  @sources: emptied, and gets those that @leg points to */
int genl_leg_get(struct genl *genl, const struct dp_addr *local, bool state,
		 struct dp_leg_info *leg, struct dp_sources *sources,
		 struct dp_err *err);

/* natmaps; without DP_NATMAP_PORTS the module's default range is meant */
int genl_natmap_new(struct genl *genl, const struct dp_natmap *natmap,
		    struct dp_err *err);
int genl_natmap_del(struct genl *genl, const struct dp_natmap *natmap,
		    struct dp_err *err);

/* see dp_watch() */
int genl_watch(struct genl *genl, const struct dp_watch *watch,
	       struct dp_err *err);

int genl_stats(struct genl *genl, struct dp_stats *stats, struct dp_err *err);

/**
 * genl_legs() - a consistent dump of the legs
 * @genl: the connection
 * @cookie: only this cookie's, 0 = all
 * @state: with their state
 * @legs: the array, allocated; the caller frees it with free()
 * @n: legs in @legs
 * @sources: emptied, and gets those that they point to
 * @err: the sentence
 *
 * Return: 0 or -errno; -EAGAIN if legs kept changing while we read.
 */
int genl_legs(struct genl *genl, uint64_t cookie, bool state,
	      struct dp_leg_info **legs, size_t *n, struct dp_sources *sources,
	      struct dp_err *err);

/* the same for devices and natmaps */
int genl_devs(struct genl *genl, struct dp_dev **devs, size_t *n,
	      struct dp_err *err);
int genl_natmaps(struct genl *genl, struct dp_natmap **natmaps, size_t *n,
		 struct dp_err *err);

#endif /* DATAPATH_GENL_H */
