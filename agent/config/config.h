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

#include "base/acl.h"
#include "base/addr.h"
#include "base/log.h"
#include "base/span.h"
#include "choose.h"
#include "tenant.h"
#include "users.h"

/**
 * enum config_transport - what a listener speaks
 * @CONFIG_UDP: UDP
 * @CONFIG_TCP: TCP
 * @CONFIG_TLS: TLS over TCP; of SIP only
 * @CONFIG_WS: WebSocket (RFC 7118); of SIP only
 * @CONFIG_WSS: WebSocket over TLS; likewise
 * @CONFIG_HTTP: HTTP and WebSocket; of the control protocol only
 */
enum config_transport {
	CONFIG_UDP,
	CONFIG_TCP,
	CONFIG_TLS,
	CONFIG_WS,
	CONFIG_WSS,
	CONFIG_HTTP
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

/**
 * enum config_dtls - is it protected by keys that a handshake makes (DTLS-SRTP)?
 * @CONFIG_DTLS_OFF: never
 * @CONFIG_DTLS_ALLOW: where the party has it, rather than by SDES
 * @CONFIG_DTLS_REQUIRE: always, or there is no call
 */
enum config_dtls {
	CONFIG_DTLS_OFF,
	CONFIG_DTLS_ALLOW,
	CONFIG_DTLS_REQUIRE
};

/**
 * enum config_mux - is RTCP where RTP is (rtcp-mux)?
 * @CONFIG_MUX_OFF: never
 * @CONFIG_MUX_ALLOW: if both parties have it; and with who cannot do without
 * @CONFIG_MUX_REQUIRE: always, or there is no call
 */
enum config_mux {
	CONFIG_MUX_OFF,
	CONFIG_MUX_ALLOW,
	CONFIG_MUX_REQUIRE
};

/**
 * enum config_bundle - is a line one of a group that shares a port (BUNDLE)?
 * @CONFIG_BUNDLE_OFF: never
 * @CONFIG_BUNDLE_ACCEPT: one line of a group that a party offers
 * @CONFIG_BUNDLE_REQUIRE: the same; who offers none is refused
 */
enum config_bundle {
	CONFIG_BUNDLE_OFF,
	CONFIG_BUNDLE_ACCEPT,
	CONFIG_BUNDLE_REQUIRE
};

/**
 * enum config_ice - ICE with the parties of a realm
 * @CONFIG_ICE_OFF: none
 * @CONFIG_ICE_LITE: their checks are answered, and none is sent
 * @CONFIG_ICE_FULL: both
 * @CONFIG_ICE_FORCE: both, and who has no ICE is refused
 */
enum config_ice {
	CONFIG_ICE_OFF,
	CONFIG_ICE_LITE,
	CONFIG_ICE_FULL,
	CONFIG_ICE_FORCE
};

/**
 * enum config_punch - does a packet of ours open the firewalls before a party?
 * @CONFIG_PUNCH_OFF: none that is sent for that
 * @CONFIG_PUNCH_ONE: to the first of its candidates, or to where its SDP says
 * @CONFIG_PUNCH_ALL: to all of its candidates
 */
enum config_punch {
	CONFIG_PUNCH_OFF,
	CONFIG_PUNCH_ONE,
	CONFIG_PUNCH_ALL
};

/** CONFIG_SUITES_MAX - as many as there are */
#define CONFIG_SUITES_MAX	6

/**
 * struct config_srtp - protection of a realm's media
 * @policy: whether
 * @suites: enum rtplane_srtp_suite, the one we like best first: what we offer, and what
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
 * @certificates: folder with agent.pem and cafile.pem (TLS and WSS only)
 * @origins: WebSocket: pages of browsers that may come
 * @n_origins: how many; 0: all may
 * @verify_clients: who connects must show a certificate that cafile.pem vouches for
 * @verify_servers: and so must whom we connect to
 */
struct config_listener {
	enum config_transport transport;
	const struct config_address *address;
	uint16_t port;
	const char *certificates;
	const char *const *origins;
	size_t n_origins;
	bool verify_clients;
	bool verify_servers;
};

/**
 * struct config_source - what one source may have that is no next hop
 * @messages: SIP messages a second, 0 = no limit
 * @together: the same of all such sources in the realm
 * @calls: calls at a time, 0 = no limit
 * @ringing: of these, unanswered ones, 0 = no limit
 * @ports: pairs of ports, 0 = no limit
 * @connections: its connections, 0 = no limit
 * @transactions: its requests that are held, 0 = no limit
 */
struct config_source {
	uint32_t messages;
	uint32_t together;
	uint32_t calls;
	uint32_t ringing;
	uint32_t ports;
	uint32_t connections;
	uint32_t transactions;
};

/**
 * enum config_keepalive - what keeps the way to a phone open
 * @CONFIG_KEEPALIVE_OFF: nothing of ours
 * @CONFIG_KEEPALIVE_CRLF: a double CRLF (RFC 5626), which nobody has to answer
 * @CONFIG_KEEPALIVE_STUN: by UDP a STUN Binding request, else a double CRLF
 * @CONFIG_KEEPALIVE_OPTIONS: a request: the phone's answer goes through its NAT from
 *	inside, and if none comes its bindings are over
 */
enum config_keepalive {
	CONFIG_KEEPALIVE_OFF,
	CONFIG_KEEPALIVE_CRLF,
	CONFIG_KEEPALIVE_STUN,
	CONFIG_KEEPALIVE_OPTIONS
};

/** CONFIG_PER_AOR_MAX - as many bindings as an address of record may ever have */
#define CONFIG_PER_AOR_MAX	64

/**
 * struct config_register - phones of a realm that register through us
 * @enabled: they may
 * @interval: seconds that a phone is given, at most
 * @registrar: seconds that the registrar is asked for, at least; 0: as the phone asks
 * @refresh: a phone that is back before the registrar's time is over is answered here
 * @keepalive: what keeps the way to it open
 * @udp: seconds between two of these, by UDP
 * @tcp: likewise, by TCP and TLS
 * @unregister: the registrar is told of a binding that is over before its time
 * @bindings: how many there may be
 * @source: of these, of one source; 0: no limit
 * @aor: of these, of one address of record
 */
struct config_register {
	bool enabled;
	uint32_t interval;
	uint32_t registrar;
	bool refresh;
	enum config_keepalive keepalive;
	uint32_t udp;
	uint32_t tcp;
	bool unregister;
	uint32_t bindings;
	uint32_t source;
	uint32_t aor;
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
 * struct config_server - a server that is no next hop
 * @host: name or address, without brackets; empty: none
 * @addr: of an address, port 0; of a name, family 0
 * @port: its port
 */
struct config_server {
	char host[256];
	struct dp_addr addr;
	uint16_t port;
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
 * @dtls: and by DTLS
 * @mux: whether RTCP is where RTP is
 * @bundle: whether a line may be one of a group
 * @ice: whether there is ICE
 * @punch: whether firewalls are opened
 * @single_port: a port of each address that calls with ICE share; 0: none
 * @stun: who is asked how its addresses are seen from outside; host empty: nobody
 * @dscp_audio: of RTP and RTCP of audio that leaves towards this realm
 * @dscp_video: of video and all other media
 * @dscp_signalling: of SIP
 * @pps: packets/s that may arrive on a leg, 0 = no limit
 * @bps: bits/s, 0 = no limit
 * @devices: names of network devices to enrol
 * @n_devices: how many
 * @acl: who may speak SIP here, beside the next hops
 * @silent: whom @acl does not let in gets no answer
 * @media_acl: where media of parties here may go, by their descriptions and candidates
 * @trust: what its parties say about who is who is believed, and they are told
 *	(RFC 3325)
 * @source: what one source may have
 * @reg: phones that register here
 * @users: who has to say a password here; NULL: nobody
 * @tenants: who shares it
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
	enum config_dtls dtls;
	enum config_mux mux;
	enum config_bundle bundle;
	enum config_ice ice;
	enum config_punch punch;
	uint16_t single_port;
	struct config_server stun;
	uint8_t dscp_audio;
	uint8_t dscp_video;
	uint8_t dscp_signalling;
	uint32_t pps;
	uint64_t bps;
	const char *const *devices;
	size_t n_devices;
	struct acl *acl;
	bool silent;
	struct acl *media_acl;
	bool trust;
	struct config_source source;
	struct config_register reg;
	struct config_users *users;
	struct config_tenants tenants;
};

/**
 * struct config_hop - a next hop, taken apart
 * @secure: sips:
 * @user: takes the place of the request's, if there is one
 * @host: name or address, without brackets
 * @host_text: with them
 * @addr: of an address, port 0; of a name, family 0
 * @port: 0: none is said
 * @has_transport: a transport is said (also by sips:)
 * @transport: that
 * @params: parameters, without the first semicolon; may be absent
 * @lr: it is a proxy: the request URI goes through it untouched
 *
 * Spans point into the text that was read.
 */
struct config_hop {
	bool secure;
	struct span user;
	char host[256];
	struct span host_text;
	struct dp_addr addr;
	uint16_t port;
	bool has_transport;
	enum config_transport transport;
	struct span params;
	bool lr;
};

/** CONFIG_HOPS_MAX - next hops of a trunk at most */
#define CONFIG_HOPS_MAX	8

/**
 * struct config_trunk - somebody's lines: a carrier's, a PBX's
 * @name: as routes and people say it
 * @realm: where it is
 * @next_hop: SIP URIs, in the order in which they are tried
 * @hop: the same, taken apart
 * @n_hops: how many
 * @user: whom we are when we are asked; NULL: we are nobody
 * @password: with @user
 * @aor: SIP URI that we register as there; NULL: we do not
 * @interval: seconds that the registrar is asked for
 * @options: seconds between two OPTIONS to a next hop, 0 = none are sent
 * @retry: seconds that a next hop which has failed is tried last
 * @calls: at once, 0 = any number
 */
struct config_trunk {
	const char *name;
	const struct config_realm *realm;
	const char *next_hop[CONFIG_HOPS_MAX];
	struct config_hop hop[CONFIG_HOPS_MAX];
	size_t n_hops;
	const char *user;
	const char *password;
	const char *aor;
	uint32_t interval;
	uint32_t options;
	uint32_t retry;
	uint32_t calls;
};

/** CONFIG_GROUP_MAX - trunks of a group at most */
#define CONFIG_GROUP_MAX	8

/** CONFIG_GROUP_HOPS_MAX - next hops of all its trunks together */
#define CONFIG_GROUP_HOPS_MAX	16

/**
 * enum config_hunt - which trunk of a group is tried first
 * @CONFIG_HUNT_ORDER: as they are listed
 * @CONFIG_HUNT_ROUND_ROBIN: the one that has been first the longest time ago
 * @CONFIG_HUNT_WEIGHT: drawn, each as often as its weight says; so is the next one
 */
enum config_hunt {
	CONFIG_HUNT_ORDER,
	CONFIG_HUNT_ROUND_ROBIN,
	CONFIG_HUNT_WEIGHT
};

/**
 * struct config_group - trunks of which each can stand in for the others
 * @name: as routes say it; no trunk has it
 * @trunk: these, all in one realm
 * @weight: how much of the calls each has
 * @n: how many
 * @hunt: which is tried first
 * @calls: at once by its trunks together, 0 = any number
 */
struct config_group {
	const char *name;
	const struct config_trunk *trunk[CONFIG_GROUP_MAX];
	uint32_t weight[CONFIG_GROUP_MAX];
	size_t n;
	enum config_hunt hunt;
	uint32_t calls;
};

/**
 * struct config_route - where a request goes
 * @from: realm it came in by, NULL: any
 * @source: addresses that it came from; NULL: any
 * @n_source: how many prefixes
 * @tenant: whose it is there; NULL: anybody's
 * @user_prefix: the request URI's user begins with this; NULL: any
 * @user_suffix: ... ends with this
 * @host_prefix: the request URI's host begins with this, without regard to case
 * @host_suffix: ... ends with this
 * @strip: characters that the user loses at its beginning; one with no more than these
 *	does not match
 * @add: what the user then gets there; NULL: nothing
 * @to: realm it leaves by
 * @trunk: whose lines it goes to, of @group the first; NULL: to @next_hop
 * @group: whose trunks are tried; NULL: @trunk alone
 * @next_hop: SIP URI it is sent to; of @trunk the first
 * @hop: the same, taken apart
 */
struct config_route {
	const struct config_realm *from;
	struct prefix *source;
	size_t n_source;
	const struct config_tenant *tenant;
	const char *user_prefix;
	const char *user_suffix;
	const char *host_prefix;
	const char *host_suffix;
	uint32_t strip;
	const char *add;
	const struct config_realm *to;
	const struct config_trunk *trunk;
	const struct config_group *group;
	const char *next_hop;
	struct config_hop hop;
};

/**
 * struct config_ng - where rtpengine's control protocol is spoken
 * @transport: CONFIG_UDP, CONFIG_TCP or CONFIG_HTTP
 * @listen: where; all addresses of a family are possible
 * @allow: who may
 * @n_allow: how many, at least one
 */
struct config_ng {
	enum config_transport transport;
	struct dp_addr listen;
	struct prefix *allow;
	size_t n_allow;
};

/**
 * struct config_template - words of that protocol that have a name
 * @name: as the proxy says it, or of a command, or "default"
 * @flags: the words, as rtpp-flags has them
 */
struct config_template {
	const char *name;
	const char *flags;
};

/**
 * struct config_interface - a name of that protocol for a realm
 * @name: as the proxy says it
 * @realm: the realm
 */
struct config_interface {
	const char *name;
	const struct config_realm *realm;
};

/**
 * enum config_nft_mode - what the agent keeps in nftables
 * @CONFIG_NFT_OFF: nothing
 * @CONFIG_NFT_SETS: elements of certain sets in a table of the admin's
 * @CONFIG_NFT_TABLE: a table of its own, with rules
 */
enum config_nft_mode {
	CONFIG_NFT_OFF,
	CONFIG_NFT_SETS,
	CONFIG_NFT_TABLE
};

/** CONFIG_NFT_TABLE_NAME - name of the agent's own table, of the family inet */
#define CONFIG_NFT_TABLE_NAME	"rtplane"

/**
 * struct config_nftables - the host's packet filter
 * @mode: what is kept there
 * @table: with CONFIG_NFT_SETS: the table that has the sets, of the family inet
 * @remove: what is kept goes when the agent stops
 */
struct config_nftables {
	enum config_nft_mode mode;
	const char *table;
	bool remove;
};

/**
 * enum config_each - what the next one of a port map's pattern has
 * @CONFIG_EACH_PORT: the next port of the same address
 * @CONFIG_EACH_ADDRESS: the next address, and the same port
 * @CONFIG_EACH_BOTH: the next of either
 */
enum config_each {
	CONFIG_EACH_PORT,
	CONFIG_EACH_ADDRESS,
	CONFIG_EACH_BOTH
};

/** CONFIG_MAPS_MAX - ports of all maps */
#define CONFIG_MAPS_MAX	65535u

/**
 * struct config_map - ports of this host that are services' behind it
 * @tcp: TCP, not UDP
 * @listen: the first of our ports
 * @to: where it is
 * @count: how many; each is the next port of @listen
 * @each: and which of @to
 * @from: for whom; NULL: for everybody
 * @n_from: how many
 * @snat: services see our address, not that of who asks
 */
struct config_map {
	bool tcp;
	struct dp_addr listen;
	struct dp_addr to;
	uint32_t count;
	enum config_each each;
	struct prefix *from;
	size_t n_from;
	bool snat;
};

/** CONFIG_BAN_MAX - seconds that a ban may last: a year */
#define CONFIG_BAN_MAX	31536000u

/**
 * struct config_bans - when a source is shut out; thresholds count within @window,
 * and 0 is never
 * @time: seconds
 * @window: seconds
 * @garbage: messages that are no SIP
 * @denied: messages that the ACL refuses
 * @rate: messages above what one source may say
 * @digest: requests whose password is wrong
 * @scan: media ports that are closed
 * @stun: STUN requests at media ports without the credentials of a call
 * @allow: these never
 * @n_allow: how many
 */
struct config_bans {
	uint32_t time;
	uint32_t window;
	uint32_t garbage;
	uint32_t denied;
	uint32_t rate;
	uint32_t digest;
	uint32_t scan;
	uint32_t stun;
	struct prefix *allow;
	size_t n_allow;
};

/**
 * struct config - the whole file: immutable, and held by reference, so that a reload
 * is one pointer and calls keep what they began with
 * @control: path of the UNIX control socket
 * @store: folder for what outlives the agent; NULL: nothing does
 * @datapath: which datapath is asked for
 * @log: last level that is logged
 * @workers: threads that serve media sockets, 0 = one for each CPU
 * @drain: seconds that SIGTERM waits for calls to end
 * @quarantine: seconds before a media port is used again
 * @history: ended calls that are remembered
 * @answer_timeout: seconds that a call may ring
 * @orphan_timeout: seconds of silence after which legs of a former agent go
 * @media_timeout: seconds without a packet from either party after which a call is
 *	ended, 0 = never
 * @hold_timeout: the same of a call on hold
 * @change_timeout: seconds that a change of a call (re-INVITE) may take
 * @hop_timeout: seconds that a next hop may be silent if there is another
 * @emergency: users of Request-URIs that are let through limits
 * @n_emergency: how many
 * @scanners: how User-Agent begins of what attackers use, without regard to case
 * @n_scanners: how many
 * @realms: two or more; with @ng, one or more
 * @n_realms: how many
 * @trunks: lines of others, which routes lead to
 * @n_trunks: how many
 * @groups: of these
 * @n_groups: how many
 * @routes: in the order of the file; the first that matches is taken
 * @n_routes: how many; 0 only with @ng
 * @ng: where rtpengine's control protocol is spoken
 * @n_ng: how many
 * @interfaces: names of that protocol for realms, beside the realms' own
 * @n_interfaces: how many
 * @templates: words of that protocol by name
 * @n_templates: how many
 * @ng_calls: calls of that protocol at once, 0 = as many as there are ports
 * @ng_rate: new ones in a second, 0 = any number
 * @ng_kbits: kbit/s of their media, as descriptions say, 0 = any number
 * @ng_delete_delay: seconds until what it deletes goes, unless it says otherwise
 * @ng_events: where datagrams tell of digits and silence; family 0: nowhere
 * @ng_silence: seconds of a party's silence until that is told
 * @nftables: what is kept in the host's packet filter
 * @bans: when a source is shut out
 * @maps: ports that are services' behind us
 * @n_maps: how many
 */
struct config {
	const char *control;
	const char *store;
	enum dp_want datapath;
	enum log_level log;
	uint32_t workers;
	uint32_t drain;
	uint32_t quarantine;
	uint32_t history;
	uint32_t answer_timeout;
	uint32_t orphan_timeout;
	uint32_t media_timeout;
	uint32_t hold_timeout;
	uint32_t change_timeout;
	uint32_t hop_timeout;
	const char *const *emergency;
	size_t n_emergency;
	const char *const *scanners;
	size_t n_scanners;
	struct config_realm *realms;
	size_t n_realms;
	struct config_trunk *trunks;
	size_t n_trunks;
	struct config_group *groups;
	size_t n_groups;
	struct config_route *routes;
	size_t n_routes;
	struct config_ng *ng;
	size_t n_ng;
	struct config_interface *interfaces;
	size_t n_interfaces;
	struct config_template *templates;
	size_t n_templates;
	uint32_t ng_calls;
	uint32_t ng_rate;
	uint32_t ng_kbits;
	uint32_t ng_delete_delay;
	struct dp_addr ng_events;
	uint32_t ng_silence;
	struct config_nftables nftables;
	struct config_bans bans;
	struct config_map *maps;
	size_t n_maps;
};

/** CONFIG_ERROR_LEN - room for the longest error sentence */
#define CONFIG_ERROR_LEN	1024

/**
 * config_load() - read and check a file
 * @path: the file
 * @error: on failure "FILE:LINE: KEY: what is wrong; expected ...", at least
 *	CONFIG_ERROR_LEN bytes
 *
 * Return: the configuration, whose one reference is the caller's, for config_put();
 * NULL on failure.
 */
struct config *config_load(const char *path, char *error);

/** config_get() - one more reference; returns @config */
struct config *config_get(struct config *config);

/** config_put() - one less; the last one frees it.  NULL is fine */
void config_put(struct config *config);

/**
 * config_realm() - a realm by its name
 * @config: the configuration
 * @name: its name
 *
 * Return: the realm, or NULL.
 */
const struct config_realm *config_realm(const struct config *config,
					const char *name);

/**
 * typedef config_diff_fn - something differs
 * @realm: name of the realm; NULL: at the top
 * @key: the key in the file, "realms": the list of them
 * @arg: as given
 */
typedef void config_diff_fn(const char *realm, const char *key, void *arg);

/**
 * config_diff() - what differs between two configurations
 * @a: one
 * @b: the other
 * @fn: called for each key, "latch.nat" and "dscp.signalling" apart from their maps
 * @arg: for @fn
 */
void config_diff(const struct config *a, const struct config *b,
		 config_diff_fn *fn, void *arg);

/**
 * config_hop_parse() - read a next hop
 * @text: sip:[USER@]HOST[:PORT][;PARAMETERS], or sips:
 * @hop: filled
 *
 * Return: false if it is none that a request can be sent to.
 */
bool config_hop_parse(const char *text, struct config_hop *hop);

/** config_hops() - places that config_hop_nth() has */
size_t config_hops(const struct config *config);

/**
 * config_hop_nth() - one of all next hops, routes' and trunks'
 * @config: the configuration
 * @n: which place
 * @realm: set to where it is
 *
 * Return: the next hop; NULL: there is none at that place.
 */
const struct config_hop *config_hop_nth(const struct config *config, size_t n,
					const struct config_realm **realm);

/** config_listener_eq() - is it the same in two configurations? */
bool config_listener_eq(const struct config_listener *a, const struct config_listener *b);

/** config_media_eq() - are latch, srtp, dtls and mux, which a tenant may have of its own? */
bool config_media_eq(const struct config_realm *a, const struct config_realm *b);

/** config_trunk_of() - the trunk of @config that has this next hop; NULL: none has */
const struct config_trunk *config_trunk_of(const struct config *config,
					   const struct config_hop *hop);

/** config_trunk_eq() - is it the same in two configurations? */
bool config_trunk_eq(const struct config_trunk *a, const struct config_trunk *b);

/**
 * config_server_parse() - read a place that is no SIP URI
 * @text: HOST[:PORT], of which an IPv6 address has brackets
 * @port: where @text says none
 * @server: filled
 *
 * Return: false if it is none.
 */
bool config_server_parse(const char *text, uint16_t port,
			 struct config_server *server);

/**
 * config_map_nth() - one of the ports of a map
 * @map: the map
 * @n: which, from 0 on
 * @listen: set to our port
 * @to: set to where it is
 */
void config_map_nth(const struct config_map *map, uint32_t n,
		    struct dp_addr *listen, struct dp_addr *to);

/**
 * config_transport_is_tls() - does it have certificates?
 * @transport: the transport
 *
 * Return: true for TLS, and WebSocket over it.
 */
static inline bool config_transport_is_tls(enum config_transport transport)
{
	return transport == CONFIG_TLS || transport == CONFIG_WSS;
}

/**
 * config_transport_is_ws() - is it WebSocket, by which we go to nobody?
 * @transport: the transport
 *
 * Return: true for ws and wss.
 */
static inline bool config_transport_is_ws(enum config_transport transport)
{
	return transport == CONFIG_WS || transport == CONFIG_WSS;
}

/**
 * config_transport_port() - the port of a listener where none is said
 * @transport: the transport
 *
 * Return: that of RFC 3261 or RFC 7118.
 */
static inline uint16_t config_transport_port(enum config_transport transport)
{
	switch (transport) {
	case CONFIG_TLS:
		return 5061;
	case CONFIG_WS:
		return 80;
	case CONFIG_WSS:
		return 443;
	default:
		return 5060;
	}
}

/**
 * config_transport_name() - word for a transport, as in a SIP URI
 * @transport: the transport
 *
 * Return: static string: "udp", "tcp" or "tls".
 */
const char *config_transport_name(enum config_transport transport);

#endif /* CONFIG_CONFIG_H */
