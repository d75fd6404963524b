/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration of rtplaned: read from YAML by a schema (schema.c), checked
 * as a whole (check.c), and only then handed out.  Nothing is applied here.
 *
 * rtplaned.yaml(5) describes the file.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "choose.h"
#include "base/log.h"

/**
 * enum config_transport - what a SIP listener speaks
 * @CONFIG_UDP: UDP
 * @CONFIG_TCP: TCP
 * @CONFIG_TLS: TLS over TCP
 */
enum config_transport {
	CONFIG_UDP,
	CONFIG_TCP,
	CONFIG_TLS
};

/**
 * enum config_nat - who may become the remote of a leg whose SDP address is
 * private or unroutable while its signalling comes from another address
 * @CONFIG_NAT_OFF: nobody else: the realm's mode holds for it as for all
 * @CONFIG_NAT_LEARN: whoever sends first, after probation
 * @CONFIG_NAT_SOURCE: the address that the signalling comes from
 */
enum config_nat {
	CONFIG_NAT_OFF,
	CONFIG_NAT_LEARN,
	CONFIG_NAT_SOURCE
};

/**
 * enum config_srtp_policy - is media of a realm protected (SRTP, keys by SDES)?
 * @CONFIG_SRTP_REFUSE: never: keys are ignored, and RTP/SAVP is refused
 * @CONFIG_SRTP_ALLOW: where the party wants it
 * @CONFIG_SRTP_REQUIRE: always, or there is no call
 */
enum config_srtp_policy {
	CONFIG_SRTP_REFUSE,
	CONFIG_SRTP_ALLOW,
	CONFIG_SRTP_REQUIRE
};

/** CONFIG_SUITES_MAX - as many as there are */
#define CONFIG_SUITES_MAX	6

/**
 * struct config_srtp - protection of a realm's media
 * @policy: whether
 * @suites: enum dp_srtp_suite, the one we like best first: what we offer, and what
 *	we take
 * @n_suites: how many
 */
struct config_srtp {
	enum config_srtp_policy policy;
	uint8_t suites[CONFIG_SUITES_MAX];
	size_t n_suites;
};

/**
 * struct config_address - an address of a realm
 * @listen: what we bind to; port 0
 * @advertise: what SIP and SDP say; port 0; equal to @listen unless configured
 */
struct config_address {
	struct dp_addr listen;
	struct dp_addr advertise;
};

/**
 * struct config_listener - a SIP listener on one address
 * @transport: what it speaks
 * @address: where
 * @port: host byte order
 * @certificates: folder with agent.pem and cafile.pem (TLS only)
 */
struct config_listener {
	enum config_transport transport;
	const struct config_address *address;
	uint16_t port;
	const char *certificates;
};

/**
 * struct config_latch - latch policy of a realm
 * @mode: enum rtplane_latch
 * @probation: packets before a source is committed
 * @early: send to the signalled address before anybody latched
 * @relatch: ms of silence before another source may take over, 0 = never
 * @nat: what holds for clients behind NAT
 */
struct config_latch {
	uint8_t mode;
	uint8_t probation;
	bool early;
	uint32_t relatch;
	enum config_nat nat;
};

/**
 * struct config_realm - a logical network
 * @name: as routes and log lines say it
 * @addresses: at least one
 * @n_addresses: how many
 * @listeners: SIP listeners, one for each address and port
 * @n_listeners: how many
 * @port_low: first media port, even
 * @port_high: last media port, odd
 * @latch: who may become a remote
 * @srtp: whether media is protected
 * @dscp_audio: of RTP and RTCP of audio that leaves towards this realm
 * @dscp_video: of video and all other media
 * @dscp_signalling: of SIP
 * @pps: packets/s that may arrive on a leg, 0 = no limit
 * @bps: bits/s, 0 = no limit
 * @devices: names of network devices to enrol
 * @n_devices: how many
 */
struct config_realm {
	const char *name;
	struct config_address *addresses;
	size_t n_addresses;
	struct config_listener *listeners;
	size_t n_listeners;
	uint16_t port_low;
	uint16_t port_high;
	struct config_latch latch;
	struct config_srtp srtp;
	uint8_t dscp_audio;
	uint8_t dscp_video;
	uint8_t dscp_signalling;
	uint32_t pps;
	uint64_t bps;
	const char *const *devices;
	size_t n_devices;
};

/**
 * struct config_route - where a request goes
 * @from: realm it came in by, NULL: any
 * @user_prefix: the request URI's user begins with this; NULL: any
 * @user_suffix: ... ends with this
 * @host_prefix: the request URI's host begins with this, without regard to case
 * @host_suffix: ... ends with this
 * @to: realm it leaves by
 * @next_hop: SIP URI it is sent to
 */
struct config_route {
	const struct config_realm *from;
	const char *user_prefix;
	const char *user_suffix;
	const char *host_prefix;
	const char *host_suffix;
	const struct config_realm *to;
	const char *next_hop;
};

/**
 * struct config - the whole file
 * @control: path of the UNIX control socket
 * @datapath: which datapath is asked for
 * @log: last level that is logged
 * @workers: threads that serve media sockets, 0 = one for each CPU
 * @drain: seconds that SIGTERM waits for calls to end
 * @quarantine: seconds before a media port is used again
 * @history: ended calls that are remembered
 * @answer_timeout: seconds that a call may ring
 * @orphan_timeout: seconds of silence after which legs of a former agent go
 * @realms: two or more
 * @n_realms: how many
 * @routes: in the order of the file; the first that matches is taken
 * @n_routes: how many
 */
struct config {
	const char *control;
	enum dp_want datapath;
	enum log_level log;
	uint32_t workers;
	uint32_t drain;
	uint32_t quarantine;
	uint32_t history;
	uint32_t answer_timeout;
	uint32_t orphan_timeout;
	struct config_realm *realms;
	size_t n_realms;
	struct config_route *routes;
	size_t n_routes;
};

/** CONFIG_ERROR_LEN - room for the longest error sentence */
#define CONFIG_ERROR_LEN	1024

/**
 * config_load() - read and check a file
 * @path: the file
 * @error: on failure "FILE:LINE: KEY: what is wrong; expected ...", at least
 *	CONFIG_ERROR_LEN bytes
 *
 * Return: the configuration, owned by the caller, to be given to config_free();
 * NULL on failure.
 */
struct config *config_load(const char *path, char *error);

/**
 * config_free() - free a configuration and all that hangs from it
 * @config: NULL is fine
 */
void config_free(struct config *config);

/**
 * config_transport_name() - word for a transport, as in a SIP URI
 * @transport: the transport
 *
 * Return: static string: "udp", "tcp" or "tls".
 */
const char *config_transport_name(enum config_transport transport);

#endif /* CONFIG_CONFIG_H */
