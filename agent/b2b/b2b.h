/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first front end: SIP calls.  A call is two dialogs, one with each party, and
 * a session between them.  A request comes in by one realm, leaves by another, and
 * what is said about media goes through the session on the way.
 *
 * All of it runs in the loop's thread.
 */
#ifndef B2B_B2B_H
#define B2B_B2B_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/loop.h"
#include "bind/bind.h"
#include "config/config.h"
#include "engine/media.h"
#include "session/ports.h"
#include "session/seen.h"
#include "session/report.h"
#include "session/session.h"
#include "session/share.h"
#include "ban/ban.h"
#include "sip/gate.h"
#include "sip/transaction.h"
#include "sip/transport.h"

struct b2b;
struct store;

/** B2B_TEXT - room for a URI or a reason, cut if longer */
#define B2B_TEXT	128

/**
 * struct b2b_conf - what the front end works with; all of it must outlive it
 * @loop: the event loop
 * @config: the configuration; a reference is taken
 * @sessions: media
 * @media: holds sockets
 * @store: what outlives us; NULL: nothing does
 * @bans: who is shut out, and who is to be; NULL: nobody
 */
struct b2b_conf {
	struct loop *loop;
	struct config *config;
	struct sessions *sessions;
	struct media *media;
	struct store *store;
	struct bans *bans;
};

/**
 * b2b_new() - no calls yet, and nothing listens
 * @conf: copied
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: to be given to b2b_free(), or NULL.
 */
struct b2b *b2b_new(const struct b2b_conf *conf, char *error);

/**
 * b2b_listen() - open all listeners
 * @b2b: the front end
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Adopts the legs that a former agent left on the realms' ports before.
 *
 * Return: false on failure: some may be open then.
 */
bool b2b_listen(struct b2b *b2b, char *error);

/**
 * b2b_free() - end all that is left, at once
 * @b2b: NULL is fine
 *
 * Parties still in a call have been sent a BYE when it returns.
 */
void b2b_free(struct b2b *b2b);

/**
 * b2b_reload() - another configuration
 * @b2b: the front end
 * @config: the new one; a reference is taken
 * @kept: told, in a sentence each, of what could not be changed and stays as it was
 *	(a certificate that cannot be read)
 * @arg: for @kept
 * @error: on failure a sentence that names what cannot change while we run, at
 *	least CONFIG_ERROR_LEN bytes
 *
 * Calls go on by what they began with; what comes goes by the new one.
 *
 * Return: false if it cannot be had without a restart: nothing has changed then.
 */
bool b2b_reload(struct b2b *b2b, struct config *config,
		void (*kept)(const char *why, void *arg), void *arg, char *error);

/**
 * b2b_is_hop() - does a next hop live there?
 * @b2b: the front end
 * @prefix: the addresses
 *
 * Or somebody whom the configuration allows by the whole address.
 */
bool b2b_is_hop(const struct b2b *b2b, const struct prefix *prefix);

/**
 * b2b_knows() - does one of the addresses that we know by name live there?
 * @b2b: the front end
 * @prefix: the addresses
 *
 * Next hops, whom the configuration allows by the whole address, and who has registered.
 */
bool b2b_knows(const struct b2b *b2b, const struct prefix *prefix);

/**
 * b2b_policy() - what holds for parties in a realm, for other front ends
 * @b2b: the front end
 * @realm: the realm's name
 *
 * Return: the policy of now, whose reference stays the realm's; NULL: there is none.
 */
struct session_policy *b2b_policy(const struct b2b *b2b, const char *realm);

/**
 * b2b_drain() - from now on new calls and OPTIONS get 503
 * @b2b: the front end
 */
void b2b_drain(struct b2b *b2b);

/**
 * b2b_end_all() - BYE to everybody, CANCEL to whom it still rings
 * @b2b: the front end
 * @reason: for the log and the Reason header field
 */
void b2b_end_all(struct b2b *b2b, const char *reason);

/**
 * b2b_hand_over() - end what no other agent could go on with
 * @b2b: the front end
 * @reason: for those
 *
 * Calls that are not answered, and those whose media ends with us.
 */
void b2b_hand_over(struct b2b *b2b, const char *reason);

/**
 * b2b_end() - end one call
 * @b2b: the front end
 * @id: the call
 *
 * Return: false if there is none.
 */
bool b2b_end(struct b2b *b2b, uint64_t id);

/** b2b_count() - how many calls there are */
unsigned int b2b_count(const struct b2b *b2b);

/* ------------------------------------------------------------- what is told */

/**
 * struct b2b_side - a party of a call, for people
 * @name: "caller" or "callee"
 * @uri: who it is
 * @realm: where it is
 * @call_id: its dialog's Call-ID
 * @source: where its signalling comes from; family 0: not known yet
 */
struct b2b_side {
	const char *name;
	char uri[B2B_TEXT];
	const char *realm;
	char call_id[B2B_TEXT];
	struct dp_addr source;
};

/** B2B_WHY - room for a sentence on a call */
#define B2B_WHY		320

/**
 * enum b2b_state - how far a call is
 * @B2B_SETUP: the INVITE is on its way or rings
 * @B2B_UP: answered
 * @B2B_OVER: ended
 */
enum b2b_state {
	B2B_SETUP,
	B2B_UP,
	B2B_OVER
};

/**
 * struct b2b_view - a call, as it is at one moment
 * @id: its id, the session's
 * @state: how far it is
 * @request: request URI as the caller sent it
 * @side: caller and callee
 * @created: CLOCK_REALTIME
 * @answered: CLOCK_REALTIME, 0: never
 * @ended: CLOCK_REALTIME, 0: not yet
 * @reason: why it ended, or ""
 * @meddled: a sentence on what somebody between rewrites, or ""
 *
 * Texts of strangers are as they came: not fit to be shown without text_safe().
 */
struct b2b_view {
	uint64_t id;
	enum b2b_state state;
	char request[B2B_TEXT];
	struct b2b_side side[2];
	struct timespec created;
	struct timespec answered;
	struct timespec ended;
	char reason[B2B_TEXT];
	char meddled[B2B_WHY];
};

/**
 * b2b_each() - walk the calls that are not over, oldest first
 * @b2b: the front end
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 */
void b2b_each(const struct b2b *b2b,
	      void (*fn)(const struct b2b_view *view, void *arg), void *arg);

/**
 * b2b_view() - one call, one that has ended too, as far as the history goes
 * @b2b: the front end
 * @id: the call
 * @view: filled
 * @report: NULL, or set to what its media is, or was at its end; to be given to
 *	b2b_report_put().  NULL without memory
 *
 * Return: false if there is none.
 */
bool b2b_view(struct b2b *b2b, uint64_t id, struct b2b_view *view,
	      struct session_report **report);

/**
 * b2b_report_put() - done with a report
 * @b2b: the front end
 * @id: the call
 * @report: NULL is fine
 */
void b2b_report_put(struct b2b *b2b, uint64_t id,
		    struct session_report *report);

/**
 * struct b2b_access - what a realm lets an address do
 * @realm: name of the realm
 * @hop: it is a next hop, or allowed by its whole address: it may speak SIP here
 * @sip: what acl says of it
 * @media: what media-acl says of it
 *
 * Its pointers are good as long as the configuration.
 */
struct b2b_access {
	const char *realm;
	bool hop;
	struct acl_verdict sip;
	struct acl_verdict media;
};

/**
 * b2b_access() - what may an address do, in each realm?
 * @b2b: the front end
 * @addr: the address
 * @fn: called for each realm
 * @arg: for @fn
 */
void b2b_access(const struct b2b *b2b, const struct dp_addr *addr,
		void (*fn)(const struct b2b_access *access, void *arg), void *arg);

/**
 * struct b2b_binding - a binding of a phone, as it is at one moment
 * @aor: address of record, as user@host
 * @contact: the phone's
 * @params: parameters of it
 * @realm: where the phone is
 * @registrar: realm of its registrar
 * @token: user part of our contact there
 * @call_id: Call-ID of the phone's REGISTER
 * @agent: its User-Agent, or ""
 * @transport: of its flow
 * @source: other end of its flow
 * @nat: addresses are changed on the way
 * @outbound: by RFC 5626
 * @away: its connection was a former agent's: it is reached when it is back
 * @expires: seconds within which the phone has to be back
 * @granted: seconds until the registrar forgets it
 * @age: seconds since it began
 * @relayed: REGISTERs that the registrar has granted
 * @refreshed: REGISTERs that were answered here
 *
 * Texts of strangers are as they came.
 */
struct b2b_binding {
	const char *aor;
	const char *contact;
	const char *params;
	const char *realm;
	const char *registrar;
	const char *token;
	const char *call_id;
	const char *agent;
	const char *transport;
	struct dp_addr source;
	bool nat;
	bool outbound;
	bool away;
	uint32_t expires;
	uint32_t granted;
	uint32_t age;
	uint32_t relayed;
	uint32_t refreshed;
};

/**
 * b2b_bindings() - walk the bindings of all realms
 * @b2b: the front end
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 */
void b2b_bindings(const struct b2b *b2b,
		  void (*fn)(const struct b2b_binding *view, void *arg), void *arg);

/**
 * b2b_binding_counters() - those of all realms together
 * @b2b: the front end
 * @sum: filled
 */
void b2b_binding_counters(const struct b2b *b2b, struct bind_counters *sum);

/**
 * struct b2b_trunk_hop - a next hop of a trunk
 * @uri: as the configuration says it
 * @down: it has failed: it is tried after all others
 * @why: then: how
 * @fails: then: how often in a row
 * @again: then: seconds until it is tried as any other, or asked by OPTIONS
 */
struct b2b_trunk_hop {
	const char *uri;
	bool down;
	const char *why;
	uint32_t fails;
	uint32_t again;
};

/**
 * struct b2b_trunk - a trunk, as it is at one moment
 * @name: its name
 * @realm: where it is
 * @calls: by it, now
 * @max: calls that it may have, 0 = any number
 * @user: whom we are there; NULL: nobody
 * @aor: what we register as; NULL: we do not
 * @registered: we are
 * @expires: then: seconds until the registrar forgets us
 * @why: of a registration that fails, or ""
 * @hop: next hops
 * @n_hops: how many
 */
struct b2b_trunk {
	const char *name;
	const char *realm;
	uint32_t calls;
	uint32_t max;
	const char *user;
	const char *aor;
	bool registered;
	uint32_t expires;
	const char *why;
	struct b2b_trunk_hop hop[CONFIG_HOPS_MAX];
	size_t n_hops;
};

/**
 * b2b_trunks() - walk the trunks, in the order of the configuration
 * @b2b: the front end
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 */
void b2b_trunks(const struct b2b *b2b,
		void (*fn)(const struct b2b_trunk *view, void *arg), void *arg);

/**
 * b2b_trunk_groups() - walk the groups of trunks, in the order of the configuration
 * @b2b: the front end
 * @fn: called for each, with the calls that its trunks have together
 * @arg: for @fn
 */
void b2b_trunk_groups(const struct b2b *b2b,
		      void (*fn)(const struct config_group *group, uint32_t calls, void *arg),
		      void *arg);

/**
 * struct b2b_tenant - a tenant, as it is at one moment
 * @name: its name
 * @realm: whose it is one of
 * @conf: what it may have
 * @calls: at the moment
 * @bindings: of its phones
 * @ports: pairs of media ports
 * @kbits: kbit/s of media
 * @refused: calls and bindings that were one too many, since the start
 */
struct b2b_tenant {
	const char *name;
	const char *realm;
	const struct config_tenant *conf;
	uint32_t calls;
	uint32_t bindings;
	uint32_t ports;
	uint64_t kbits;
	uint64_t refused;
};

/**
 * b2b_tenants() - walk the tenants, in the order of the configuration
 * @b2b: the front end
 * @fn: called for each; may change nothing here
 * @arg: for @fn
 */
void b2b_tenants(const struct b2b *b2b,
		 void (*fn)(const struct b2b_tenant *view, void *arg), void *arg);

/**
 * struct b2b_counters - since the start
 * @total: INVITEs that became a call
 * @answered: of these, answered
 * @failed: of these, not answered
 * @refused: INVITEs refused for what they said
 * @no_route: INVITEs that no route wanted
 * @no_ports: 503: no port was free
 * @datapath: 503: the datapath refused
 * @draining: 503: shutting down
 * @loops: 482 and 483
 * @caps: 503: its source has as much as it may
 * @trunk_full: 503: the trunk has as many calls as it may
 * @tenant_full: 503: a tenant has as much as it may
 * @scanners: requests dropped for what their User-Agent is
 * @registers: REGISTERs that were sent on
 * @granted: of these, granted by a registrar
 * @subscriptions: that there are now
 * @reloads: configurations that were taken
 */
struct b2b_counters {
	uint64_t total;
	uint64_t answered;
	uint64_t failed;
	uint64_t refused;
	uint64_t no_route;
	uint64_t no_ports;
	uint64_t datapath;
	uint64_t draining;
	uint64_t loops;
	uint64_t caps;
	uint64_t trunk_full;
	uint64_t tenant_full;
	uint64_t scanners;
	uint64_t registers;
	uint64_t granted;
	uint64_t subscriptions;
	uint64_t reloads;
};

/** b2b_counters() - borrowed, counts on */
const struct b2b_counters *b2b_counters(const struct b2b *b2b);

/**
 * b2b_stun_receive() - a datagram that looks like STUN came in by a media socket
 * @b2b: the front end; NULL is fine
 * @sock: the socket
 * @from: its source
 * @data: the datagram
 * @len: its bytes
 *
 * Return: true if it was for who asks how an address of ours is seen from outside.
 */
bool b2b_stun_receive(struct b2b *b2b, const struct media_sock *sock,
		      const struct dp_addr *from, const void *data, size_t len);

/**
 * typedef b2b_seen_fn - an address of a realm that asks how it is seen from outside
 * @realm: its name
 * @listen: the address
 * @report: what is known
 * @arg: as given to b2b_seen()
 */
typedef void b2b_seen_fn(const char *realm, const struct dp_addr *listen,
			 const struct seen_report *report, void *arg);

/** b2b_seen() - walk them */
void b2b_seen(const struct b2b *b2b, b2b_seen_fn *fn, void *arg);

/**
 * struct b2b_pool - ports of an address
 * @realm: name of its realm
 * @listen: the address
 * @low: first port
 * @high: last port
 * @stats: how full it is
 * @single: the port that calls share; 0: none
 * @shared: how full that is
 */
struct b2b_pool {
	const char *realm;
	struct dp_addr listen;
	uint16_t low;
	uint16_t high;
	struct ports_stats stats;
	uint16_t single;
	struct share_stats shared;
};

/**
 * b2b_pools() - walk them
 * @b2b: the front end
 * @fn: called for each
 * @arg: for @fn
 */
void b2b_pools(const struct b2b *b2b,
	       void (*fn)(const struct b2b_pool *pool, void *arg), void *arg);

/**
 * b2b_gates() - walk the realms' gates
 * @b2b: the front end
 * @fn: called for each with the realm's name and counters by enum sip_gate_reason
 * @arg: for @fn
 */
void b2b_gates(const struct b2b *b2b,
	       void (*fn)(const char *realm, const uint64_t *counters, void *arg),
	       void *arg);

/**
 * struct b2b_status - of the whole
 * @started: CLOCK_REALTIME
 * @draining: no new calls
 * @sip: transport
 * @tx: transactions
 */
struct b2b_status {
	struct timespec started;
	bool draining;
	const struct sip_counters *sip;
	const struct sip_tx_counters *tx;
};

/** b2b_status() - fill it; what it points to counts on */
void b2b_status(const struct b2b *b2b, struct b2b_status *status);

#endif /* B2B_B2B_H */
