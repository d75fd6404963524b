/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate: may this source say this, now?  Decided on the first line, the
 * topmost Via and the source, before a message is parsed and before anything is
 * held for it.  Pure: time is passed in, memory is taken at creation only.
 */
#ifndef SIP_GATE_H
#define SIP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/acl.h"
#include "base/addr.h"
#include "base/span.h"

struct sip_gate;

/**
 * enum sip_gate_verdict - what happens to a message
 * @SIP_GATE_PASS: it goes up
 * @SIP_GATE_DROP: nobody hears of it
 * @SIP_GATE_FORBID: 403 without state
 * @SIP_GATE_BUSY: 503 without state, with Retry-After
 */
enum sip_gate_verdict {
	SIP_GATE_PASS,
	SIP_GATE_DROP,
	SIP_GATE_FORBID,
	SIP_GATE_BUSY
};

/**
 * enum sip_gate_reason - why; also the index of a counter
 * @SIP_GATE_OK: nothing against it
 * @SIP_GATE_GARBAGE: no SIP message begins like that
 * @SIP_GATE_DENIED: the ACL denies its source, or does not allow it
 * @SIP_GATE_BANNED: its source is banned
 * @SIP_GATE_RATE: its source says too much
 * @SIP_GATE_CROWD: all strangers together say too much
 * @SIP_GATE_OVERLOAD: we are overloaded, and it begins something new
 * @SIP_GATE_REASONS: how many there are
 */
enum sip_gate_reason {
	SIP_GATE_OK,
	SIP_GATE_GARBAGE,
	SIP_GATE_DENIED,
	SIP_GATE_BANNED,
	SIP_GATE_RATE,
	SIP_GATE_CROWD,
	SIP_GATE_OVERLOAD,
	SIP_GATE_REASONS
};

/**
 * struct sip_gate_conf - who may say how much
 * @name: of its realm, for the log; must outlive it.  NULL: none
 * @acl: who may come in; a reference is taken.  NULL: everybody may
 * @silent: whoever may not come in gets no answer
 * @rate: messages a second of one unknown source, an IPv6 source being its /64;
 *	0: no limit
 * @burst: messages of it at once, at least 1
 * @crowd: messages a second of all unknown sources together; 0: no limit.  Those that
 *	are denied have as many of their own, to be answered by
 * @crowd_burst: messages of them at once
 * @connections: connections of one unknown source; 0: as many as struct sip_limits says
 * @sources: unknown sources that are told apart (65536); rounded up to a power of
 *	two.  Whoever does not fit takes the place of the one that was silent
 *	longest among eight
 * @banned: is this address banned?  NULL: nobody is.  Must be fast
 * @spared: is a call to this user let through overload?  NULL: none is
 * @arg: for @banned and @spared
 */
struct sip_gate_conf {
	const char *name;
	struct acl *acl;
	bool silent;
	uint32_t rate;
	uint32_t burst;
	uint32_t crowd;
	uint32_t crowd_burst;
	uint32_t connections;
	uint32_t sources;
	bool (*banned)(const struct dp_addr *addr, void *arg);
	bool (*spared)(struct span user, void *arg);
	void *arg;
};

/**
 * enum sip_load - how busy we are
 * @SIP_LOAD_NORMAL: all is well
 * @SIP_LOAD_STRANGERS: what unknown sources begin gets 503
 * @SIP_LOAD_ALL: what anybody begins gets 503
 */
enum sip_load {
	SIP_LOAD_NORMAL,
	SIP_LOAD_STRANGERS,
	SIP_LOAD_ALL
};

/**
 * sip_gate_new() - make a gate
 * @conf: copied
 *
 * Return: to be given to sip_gate_free(); NULL without memory.
 */
struct sip_gate *sip_gate_new(const struct sip_gate_conf *conf);

/**
 * sip_gate_free() - end a gate
 * @gate: NULL is fine
 */
void sip_gate_free(struct sip_gate *gate);

/**
 * sip_gate_set() - another configuration; what is known of sources stays
 * @gate: the gate
 * @conf: copied; its @sources is not looked at
 */
void sip_gate_set(struct sip_gate *gate, const struct sip_gate_conf *conf);

/**
 * sip_gate_know() - this address is known: a next hop, a binding that has proved
 * itself.  Not limited in its rate, and the last to be refused under overload
 * @gate: the gate
 * @addr: the address; its port says nothing
 *
 * Counted: each needs a sip_gate_forget().  It may come in whatever the ACL says; bans
 * hold for it too.
 *
 * Return: 0 or -ENOMEM.
 */
int sip_gate_know(struct sip_gate *gate, const struct dp_addr *addr);

/**
 * sip_gate_forget() - undo sip_gate_know()
 * @gate: the gate
 * @addr: the address
 */
void sip_gate_forget(struct sip_gate *gate, const struct dp_addr *addr);

/**
 * sip_gate_known() - is it?
 * @gate: the gate
 * @addr: the address
 *
 * Return: true if it is.
 */
bool sip_gate_known(const struct sip_gate *gate, const struct dp_addr *addr);

/**
 * sip_gate_load() - how busy we are from now on
 * @gate: the gate
 * @load: that
 */
void sip_gate_load(struct sip_gate *gate, enum sip_load load);

/**
 * sip_gate_connect() - may this source connect?
 * @gate: NULL: everybody may
 * @source: its address
 * @now: ms
 *
 * A connection costs its source a message.
 *
 * Return: SIP_GATE_OK, or why not.
 */
enum sip_gate_reason sip_gate_connect(struct sip_gate *gate,
				      const struct dp_addr *source,
				      uint64_t now);

/**
 * sip_gate_connections() - how many connections one unknown source may have
 * @gate: the gate, or NULL
 *
 * Return: as configured; 0: nothing is said.
 */
uint32_t sip_gate_connections(const struct sip_gate *gate);

/**
 * sip_gate_message() - may this message pass?
 * @gate: NULL: every SIP message may
 * @source: where it came from
 * @data: the message, or its head
 * @len: its bytes
 * @now: ms
 * @reason: set; may be NULL
 *
 * What is denied is answered 403 as long as its source's rate lasts, and dropped
 * then, or at once where nobody shall know that we are here; who says too much is
 * told 503 once, until he has been silent for a while.
 * Only requests are answered, and ACK never.  Under overload what begins
 * something new is answered 503: a request other than ACK, BYE, CANCEL, PRACK,
 * UPDATE, INFO and NOTIFY, without a tag in To.
 *
 * Return: the verdict.
 */
enum sip_gate_verdict sip_gate_message(struct sip_gate *gate,
				       const struct dp_addr *source,
				       const char *data, size_t len,
				       uint64_t now,
				       enum sip_gate_reason *reason);

/** SIP_GATE_WHY_LEN - room for what sip_gate_why() says */
#define SIP_GATE_WHY_LEN	256

/**
 * sip_gate_why() - why is this source denied?
 * @gate: the gate
 * @source: the source
 * @now: ms
 * @buf: filled with words, always terminated
 * @len: bytes of @buf
 *
 * For the log, which strangers shall not fill: ten a second are told, and then how many
 * were not.
 *
 * Return: false if it is not denied, or is not told.
 */
bool sip_gate_why(struct sip_gate *gate, const struct dp_addr *source, uint64_t now,
		  char *buf, size_t len);

/**
 * sip_gate_counters() - messages and connections by reason
 * @gate: the gate
 *
 * Return: SIP_GATE_REASONS counters, borrowed, they count on.
 */
const uint64_t *sip_gate_counters(const struct sip_gate *gate);

/**
 * sip_gate_reason_name() - word for a reason
 * @reason: the reason
 *
 * Return: static string.
 */
const char *sip_gate_reason_name(enum sip_gate_reason reason);

#endif /* SIP_GATE_H */
