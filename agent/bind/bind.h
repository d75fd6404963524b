/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bindings: which contact of a phone stands behind which contact of ours at a registrar,
 * and by which flow the phone is reached.  A table that reads and writes no messages: it
 * is told what a registrar has granted, and keeps that until the registrar's time is over,
 * or the phone's, or its flow is.  The clock and the transport are passed in.
 *
 * Three lives, and who keeps whom:
 *	transaction	a REGISTER under way.  The table knows nothing of it: who has not
 *			been granted anything holds nothing here.
 *	binding		from bind_set() on.  The table's: it ends by itself, and says so.
 *			A pointer to one is good until the next call into the table, or the
 *			next turn of the loop.
 *	flow		a connection, or UDP's pair of addresses, kept, held and watched
 *			once for all bindings that stand on it.  The last one to go lets it
 *			go; if the flow goes first, they go with it.
 *
 * A binding of a former agent's (bind_load()) may have no flow, since connections do not
 * outlive an agent: its phone is away until it registers again.
 */
#ifndef BIND_BIND_H
#define BIND_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/timer.h"
#include "sip/transaction.h"
#include "sip/transport.h"

struct bind_table;

/** BIND_TOKEN_LEN - characters of a contact's user part of ours, without a NUL */
#define BIND_TOKEN_LEN	26

/** BIND_GRACE - seconds that a phone may be late: as long as its REGISTER may take */
#define BIND_GRACE	32

/**
 * struct bind_key - what a binding is known by
 * @aor: the address of record as user@host, the host in small letters
 * @contact: URI of the phone's Contact, as written
 * @instance: value of its +sip.instance, or absent
 * @reg_id: value of its reg-id, or absent
 *
 * With @instance and @reg_id these are it, whatever the contact (RFC 5626 section 6);
 * otherwise the contact is.
 */
struct bind_key {
	struct span aor;
	struct span contact;
	struct span instance;
	struct span reg_id;
};

/**
 * struct bind_grant - what a registrar has granted, and to whom; all is copied
 * @key: the binding
 * @params: parameters of the phone's Contact but for expires, without the first
 *	semicolon
 * @call_id: of the REGISTER
 * @cseq: likewise
 * @path: values of Path that it came with: the route to the phone; may be absent
 * @service_route: values of Service-Route that the registrar said; may be absent
 * @gruu: parameters that the registrar has put to it (RFC 5627), without the first
 *	semicolon; may be absent
 * @agent: the phone's User-Agent; may be absent
 * @flow: that the REGISTER came by; a reference is taken
 * @registrar: where it was granted; only compared, and handed out again
 * @nat: something between the phone and us changes addresses
 * @outbound: the registrar has said that it does RFC 5626
 * @phone: seconds within which the phone has to be back
 * @granted: seconds that the registrar has granted, at least one
 * @keepalive: ms between two of &struct bind_ops.keepalive; 0: none
 */
struct bind_grant {
	struct bind_key key;
	struct span params;
	struct span call_id;
	uint32_t cseq;
	struct span path;
	struct span service_route;
	struct span gruu;
	struct span agent;
	struct sip_flow *flow;
	void *registrar;
	bool nat;
	bool outbound;
	uint32_t phone;
	uint32_t granted;
	uint32_t keepalive;
};

/**
 * struct bind - a binding, to read only
 * @token: user part of our contact: nobody can guess it
 * @aor: as &struct bind_key
 * @contact: likewise
 * @params: as &struct bind_grant, "" if there is none; so are the next five
 * @call_id: likewise
 * @path: likewise
 * @service_route: likewise
 * @gruu: likewise
 * @agent: likewise
 * @flow: by which the phone is reached; NULL: it is away
 * @proto: of its flow, or of its last one
 * @source: other end of that
 * @registrar: as given
 * @cseq: of the last REGISTER
 * @nat: as given
 * @outbound: as given
 * @phone: seconds that the phone was given
 * @since: ms of the clock at which it began
 * @phone_due: ms at which the phone has to be back
 * @granted_due: ms at which the registrar forgets it
 * @relayed: REGISTERs that the registrar has granted
 * @refreshed: REGISTERs that were answered without it
 */
struct bind {
	char token[BIND_TOKEN_LEN + 1];
	const char *aor;
	const char *contact;
	const char *params;
	const char *call_id;
	const char *path;
	const char *service_route;
	const char *gruu;
	const char *agent;
	struct sip_flow *flow;
	enum sip_proto proto;
	struct dp_addr source;
	void *registrar;
	uint32_t cseq;
	bool nat;
	bool outbound;
	uint32_t phone;
	uint64_t since;
	uint64_t phone_due;
	uint64_t granted_due;
	uint32_t relayed;
	uint32_t refreshed;
};

/**
 * enum bind_why - why a binding is over
 * @BIND_LATE: the phone has not been back in time
 * @BIND_EXPIRED: the registrar's time is over
 * @BIND_REMOVED: the phone has had it removed
 * @BIND_LOST: its flow is over, or nobody answers there
 * @BIND_WHYS: how many there are
 */
enum bind_why {
	BIND_LATE,
	BIND_EXPIRED,
	BIND_REMOVED,
	BIND_LOST,
	BIND_WHYS
};

/**
 * struct bind_ops - what is told, given at creation; each may be NULL
 * @ended: a binding is over.  It is not in the table any more, and is freed when this
 *	returns.  May not change the table.
 * @keepalive: it is time to send something by @flow, so that what is between stays
 *	open; @bind is one that stands on it.  May end both (bind_lost()).  Returns the
 *	ms until the next time, 0: there is none
 * @changed: a binding was made, or is not as it was: for who keeps it elsewhere
 */
struct bind_ops {
	void (*ended)(void *arg, const struct bind *bind, enum bind_why why);
	uint32_t (*keepalive)(void *arg, struct sip_flow *flow,
			      const struct bind *bind);
	void (*changed)(void *arg, const struct bind *bind);
};

/**
 * struct bind_limits - how many bindings there may be; 0: any number
 * @all: in the table
 * @source: of one source: an IPv4 address, a /64 of IPv6
 * @aor: of one address of record
 */
struct bind_limits {
	uint32_t all;
	uint32_t source;
	uint32_t aor;
};

/**
 * enum bind_room - is there room for another binding?
 * @BIND_ROOM: yes
 * @BIND_FULL: no: there are as many as there may be in all
 * @BIND_FULL_SOURCE: no: its source has as many as one may have
 * @BIND_FULL_AOR: no: its address of record has
 */
enum bind_room {
	BIND_ROOM,
	BIND_FULL,
	BIND_FULL_SOURCE,
	BIND_FULL_AOR
};

/**
 * struct bind_counters - since the start, but @live and @flows
 * @live: bindings now
 * @away: of these, those without a flow
 * @flows: flows that they stand on now
 * @begun: bindings made
 * @refreshed: REGISTERs answered without the registrar
 * @moved: bindings that went to another flow
 * @full: bindings refused for want of room
 * @ended: by enum bind_why
 */
struct bind_counters {
	uint64_t live;
	uint64_t away;
	uint64_t flows;
	uint64_t begun;
	uint64_t refreshed;
	uint64_t moved;
	uint64_t full;
	uint64_t ended[BIND_WHYS];
};

/**
 * bind_table_new() - make a table
 * @timers: the clock; must outlive it
 * @flows: the transport; must outlive it
 * @ops: what to call; must outlive it
 * @arg: for @ops
 *
 * Return: to be given to bind_table_free(); NULL without memory.
 */
struct bind_table *bind_table_new(struct timers *timers,
				  const struct sip_flow_ops *flows,
				  const struct bind_ops *ops, void *arg);

/**
 * bind_table_free() - forget all bindings; nobody is told
 * @table: NULL is fine
 */
void bind_table_free(struct bind_table *table);

/** BIND_SECRET - words of what a table makes its names with */
#define BIND_SECRET	4

/** bind_table_secret() - what the table makes its names with; BIND_SECRET words, borrowed */
const uint64_t *bind_table_secret(const struct bind_table *table);

/**
 * bind_table_set_secret() - make the names that a former table made
 * @table: without bindings so far
 * @secret: bind_table_secret() of that
 */
void bind_table_set_secret(struct bind_table *table, const uint64_t *secret);

/** bind_table_counters() - borrowed, they count on */
const struct bind_counters *bind_table_counters(const struct bind_table *table);

/**
 * bind_token() - the user part of our contact for a binding
 * @table: the table
 * @key: the binding; it need not be there
 * @token: filled, terminated
 *
 * Always the same for the same binding, as long as the table lives: a REGISTER whose
 * answer got lost is repeated for the same contact.  Letters and digits only.
 */
void bind_token(const struct bind_table *table, const struct bind_key *key,
		char token[BIND_TOKEN_LEN + 1]);

/**
 * bind_alias() - another name for a text, for the other side of us
 * @table: the table
 * @text: the text: a Call-ID
 * @alias: filled, terminated
 *
 * The same for the same text, as long as the table lives; nobody can tell the text from
 * it.  Letters and digits only; bind_is_token() is false for it.
 */
void bind_alias(const struct bind_table *table, struct span text,
		char alias[BIND_TOKEN_LEN + 1]);

/**
 * bind_is_token() - does a user part look like one of ours, of whatever table?
 * @user: the user part
 */
bool bind_is_token(struct span user);

/**
 * bind_room() - is there room for a binding, or is it there already?
 * @table: the table
 * @key: the binding
 * @flow: that its REGISTER came by
 * @limits: how many there may be
 */
enum bind_room bind_room(const struct bind_table *table, const struct bind_key *key,
			 const struct sip_flow *flow,
			 const struct bind_limits *limits);

/**
 * bind_set() - the registrar has granted a binding: make it, or bring it up to date
 * @table: the table
 * @grant: what was granted
 * @limits: how many there may be
 * @bind: set on success; may be NULL
 *
 * Return: 0; -ENOSPC: see bind_room(); -ENOTCONN: the flow is over; -ENOMEM.  Nothing
 * has changed then.
 */
int bind_set(struct bind_table *table, const struct bind_grant *grant,
	     const struct bind_limits *limits, const struct bind **bind);

/**
 * struct bind_saved - a binding of a former table
 * @grant: as it was granted; without instance and reg-id, which @token has in it.
 *	@flow: NULL: it is away. @keepalive: as ever
 * @token: user part of our contact, of the same secret
 * @proto: of the flow that it had
 * @source: other end of that
 * @since: ms of the clock at which it began
 * @phone_due: ms at which the phone has to be back
 * @granted_due: ms at which the registrar forgets it
 * @relayed: as &struct bind
 * @refreshed: likewise
 */
struct bind_saved {
	struct bind_grant grant;
	struct span token;
	enum sip_proto proto;
	struct dp_addr source;
	uint64_t since;
	uint64_t phone_due;
	uint64_t granted_due;
	uint32_t relayed;
	uint32_t refreshed;
};

/**
 * bind_load() - a binding of a former table, as it was; all is copied
 * @table: the table
 * @saved: the binding
 * @limits: how many there may be; only @all is looked at
 *
 * Return: 0; -EINVAL: its token is none; -EEXIST: it is there; -ENOSPC; -ENOMEM.
 */
int bind_load(struct bind_table *table, const struct bind_saved *saved,
	      const struct bind_limits *limits);

/**
 * bind_refresh() - a REGISTER of a phone that is there: does it have to go further?
 * @table: the table
 * @again: what it says; @service_route, @gruu, @registrar, @nat, @outbound, @granted and
 *	@keepalive are not looked at
 *
 * It need not if all is as it was granted (contact and parameters, Call-ID, path, and the
 * flow above all), the CSeq is not an older one, and the registrar's time lasts until the
 * phone has been back twice; of a long time up to a quarter is left, so that not all who
 * came together go there together.
 *
 * Return: the binding, whose time for the phone begins anew; NULL: the registrar has to
 * be asked, and nothing has changed.
 */
const struct bind *bind_refresh(struct bind_table *table,
				const struct bind_grant *again);

/**
 * bind_find() - the binding behind a contact of ours
 * @table: the table
 * @token: its user part
 *
 * Return: the binding, or NULL.
 */
const struct bind *bind_find(const struct bind_table *table, struct span token);

/**
 * bind_next() - the bindings of an address of record, one after the other
 * @table: the table
 * @aor: as &struct bind_key
 * @after: the one before; NULL: none
 *
 * Return: the next one, or NULL.
 */
const struct bind *bind_next(const struct bind_table *table, struct span aor,
			     const struct bind *after);

/**
 * bind_each() - walk all, oldest first
 * @table: the table
 * @fn: called for each; may not change the table
 * @arg: for @fn
 */
void bind_each(const struct bind_table *table,
	       void (*fn)(const struct bind *bind, void *arg), void *arg);

/**
 * bind_remove() - the registrar has forgotten a binding, since the phone wanted it to
 * @table: the table
 * @bind: the binding
 */
void bind_remove(struct bind_table *table, const struct bind *bind);

/**
 * bind_lost() - nobody answers by a flow: what stands on it is over
 * @table: the table
 * @flow: the flow
 */
void bind_lost(struct bind_table *table, const struct sip_flow *flow);

/** bind_is_on() - does a binding stand on this flow? */
bool bind_is_on(const struct bind_table *table, const struct sip_flow *flow);

/** bind_on() - one of the bindings that stand on this flow; NULL: none does */
const struct bind *bind_on(const struct bind_table *table, const struct sip_flow *flow);

/** bind_at_source() - how many bindings are where this flow comes from? */
uint32_t bind_at_source(const struct bind_table *table, const struct sip_flow *flow);

/** bind_why_name() - why a binding is over, in words; static */
const char *bind_why_name(enum bind_why why);

#endif /* BIND_BIND_H */
