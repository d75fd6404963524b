/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder need of each other: agent.c (objects and their life),
 * pair.c (lists of pairs and their states), check.c (our checks), answer.c (theirs),
 * path.c (which way is taken, consent).
 */
#ifndef ICE_PRIVATE_H
#define ICE_PRIVATE_H

#include "ice.h"
#include "stun/stun.h"

/* ids of requests that are remembered: an hour of consent, or less of a chatty browser */
#define SEEN_MAX	256

/* answers to a consent check that may still come */
#define CONSENT_IDS	4

/* checks that came before the other party's credentials; of each stream */
#define EARLY_MAX	16

/* how often who chooses may change by conflicts */
#define SWITCHES_MAX	8

/* a request of ours: the other party's ufrag may be long */
#define REQUEST_MAX	(ICE_UFRAG_MAX + ICE_OUR_UFRAG + 128)

/**
 * struct local - an address of ours
 * @next: the next one of the stream
 * @c: as it is offered
 * @conf: what the caller said
 * @checks: pairs are made of it: it is the first of its base
 */
struct local {
	struct local *next;
	struct ice_candidate c;
	struct ice_local conf;
	bool checks;
};

/**
 * struct remote - an address of the other party
 * @next: the next one of the stream, in the order in which they came
 * @c: the candidate
 * @learned: a check came from there, and nobody has signalled it
 * @checks: how many new ones came
 */
struct remote {
	struct remote *next;
	struct ice_candidate c;
	bool learned;
	uint32_t checks;
};

/* enum pair_state - RFC 8445 6.1.2.6 */
enum pair_state {
	PAIR_FROZEN,
	PAIR_WAITING,
	PAIR_IN_PROGRESS,
	PAIR_SUCCEEDED,
	PAIR_FAILED
};

/**
 * struct pair - an address of ours and one of theirs
 * @next: the next one of the stream, by priority
 * @next_triggered: the next one in the queue
 * @local: ours
 * @remote: theirs
 * @priority: its rank
 * @state: enum pair_state
 * @triggered: it is in the queue
 * @valid: a check of ours was answered (lite: one of theirs came)
 * @wanted: they nominate it as soon as it is valid
 * @nominating: our check of it nominates it
 * @plain: a check of theirs came that did not nominate it
 * @open: a check is out, with these:
 * @controlling: the role that it was sent in
 * @use: it nominates
 * @id: its transaction
 * @tries: how often it was sent
 * @due: when it is to be sent again, or has failed
 */
struct pair {
	struct pair *next;
	struct pair *next_triggered;
	struct local *local;
	struct remote *remote;
	uint64_t priority;
	enum pair_state state;
	bool triggered;
	bool valid;
	bool wanted;
	bool nominating;
	bool plain;
	bool open;
	bool controlling;
	bool use;
	uint8_t id[STUN_ID_LEN];
	uint32_t tries;
	uint64_t due;
};

/**
 * struct way - the way of a component's media; a copy, since it outlives its pair
 * @local: ours; NULL: there is none
 * @remote: theirs
 * @type: what sort of candidate that is
 * @priority: of its pair
 * @chosen: it is nominated
 * @proven: see &struct ice_path
 * @old: it is of the credentials before the last restart
 * @id: consent checks that may still be answered
 * @next_id: which of @id is the next one to be forgotten
 * @controlling: the role that the last one was sent in
 * @due: when the next one is sent, or an indication
 * @end: when consent ends
 * @began: when it was taken
 * @heard: when a check of theirs came on it
 * @refreshed: such checks, a second and more after it was taken
 */
struct way {
	struct local *local;
	struct dp_addr remote;
	enum ice_type type;
	uint64_t priority;
	bool chosen;
	bool proven;
	bool old;
	uint8_t id[CONSENT_IDS][STUN_ID_LEN];
	unsigned int next_id;
	bool controlling;
	uint64_t due;
	uint64_t end;
	uint64_t began;
	uint64_t heard;
	uint32_t refreshed;
};

/**
 * struct component - of a stream
 * @way: which way its media goes
 * @first: when the first pair became valid; TIMER_NEVER: none has
 * @lost: it had a way by the present credentials, which is gone: that was told
 * @tell: events that were not told yet, 1 << enum ice_event
 */
struct component {
	struct way way;
	uint64_t first;
	bool lost;
	unsigned int tell;
};

/**
 * struct early - a check that came before we know whose it is
 * @next: a later one
 * @local: where it came in
 * @from: where it came from
 * @priority: its PRIORITY
 * @use: it nominates
 * @ufrag: the other party's fragment in it
 */
struct early {
	struct early *next;
	struct local *local;
	struct dp_addr from;
	uint32_t priority;
	bool use;
	char ufrag[];
};

/**
 * struct creds - of both parties
 * @ufrag: our fragment
 * @pwd: our password
 * @their_ufrag: theirs; NULL: not known
 * @their_pwd: theirs
 */
struct creds {
	char ufrag[ICE_OUR_UFRAG + 1];
	char pwd[ICE_OUR_PWD + 1];
	char *their_ufrag;
	char *their_pwd;
};

/**
 * struct stream - a media line
 * @n: its number
 * @components: how many it has
 * @component: these
 * @now: credentials
 * @old: those before the last restart, while a way is theirs; an empty @ufrag: none
 * @their_lite: the other party is lite
 * @locals: our addresses
 * @remotes: theirs
 * @signalled: how many of these were signalled
 * @learned: and how many not
 * @pairs: by priority
 * @early: checks of unknown parties, the oldest first
 * @n_early: how many
 * @began: when checks began; TIMER_NEVER: they have not
 * @failed: it was told that there is no way
 */
struct stream {
	unsigned int n;
	unsigned int components;
	struct component component[ICE_COMPONENTS_MAX];
	struct creds now;
	struct creds old;
	bool their_lite;
	struct local *locals;
	struct remote *remotes;
	uint32_t signalled;
	uint32_t learned;
	struct pair *pairs;
	struct early *early;
	uint32_t n_early;
	uint64_t began;
	bool failed;
};

/**
 * struct ice - an agent
 * @timers: the clock
 * @timer: the next thing to do
 * @conf: what it is like, each member filled
 * @ops: what it needs
 * @arg: for @ops
 * @controlling: it chooses
 * @tie: decides who does if both do
 * @switches: how often that was changed by the other party
 * @stream: the streams
 * @streams: how many
 * @turn: whose turn it is to check
 * @pairs: pairs of all streams
 * @triggered: checks that go before others, the first
 * @last_triggered: where the next one is put
 * @next_check: not before then
 * @seen: of ids of requests, so that a copy is known
 * @next_seen: the one to be overwritten next
 * @telling: events are being told
 * @dead: ice_free() was called meanwhile
 * @stats: counters
 */
struct ice {
	struct timers *timers;
	struct timer timer;
	struct ice_conf conf;
	const struct ice_ops *ops;
	void *arg;
	bool controlling;
	uint64_t tie;
	uint32_t switches;
	struct stream *stream[ICE_STREAMS_MAX];
	unsigned int streams;
	unsigned int turn;
	uint32_t pairs;
	struct pair *triggered;
	struct pair **last_triggered;
	uint64_t next_check;
	uint32_t seen[SEEN_MAX];
	unsigned int next_seen;
	bool telling;
	bool dead;
	struct ice_stats stats;
};

static inline uint64_t ice_now(const struct ice *ice)
{
	return ice->timers->now;
}

/* agent.c */
struct stream *ice_stream(const struct ice *ice, unsigned int stream);
struct local *ice_find_local(struct stream *s, unsigned int component,
			     const struct dp_addr *base);
struct remote *ice_find_remote(struct stream *s, unsigned int component,
			       const struct dp_addr *addr);
/* where a check came from, known or not; NULL: it cannot be kept */
struct remote *ice_learn(struct ice *ice, struct stream *s,
			 unsigned int component, const struct dp_addr *from,
			 uint32_t priority);
void ice_switch_role(struct ice *ice, bool controlling);
void ice_wipe_creds(struct creds *c);
/* tell @event of a component at the end of this call */
void ice_tell(struct component *c, enum ice_event event);
/* the last thing of each public function: tell, and set the timer; @ice may be gone */
void ice_done(struct ice *ice);

/* pair.c */
struct pair *ice_find_pair(struct stream *s, const struct local *local,
			   const struct remote *remote);
/* @must: it came by a check: others make room for it */
struct pair *ice_add_pair(struct ice *ice, struct stream *s,
			  struct local *local, struct remote *remote,
			  bool must);
void ice_del_pair(struct ice *ice, struct stream *s, struct pair *pair);
void ice_del_pairs_of(struct ice *ice, struct stream *s,
		      const struct remote *remote);
void ice_sort_pairs(struct ice *ice);
void ice_trigger(struct ice *ice, struct pair *pair);
/* the pair whose check is next, if any; taken from the queue */
struct pair *ice_next_pair(struct ice *ice, struct stream **s);
bool ice_has_next(const struct ice *ice);
void ice_thaw(struct ice *ice, const struct pair *like);
/* what is worse than the way that was chosen needs no check; if we chose it, nothing does */
void ice_stop_worse(struct ice *ice, struct stream *s, unsigned int component);

/* check.c */
/* what is due now */
void ice_run_checks(struct ice *ice);
/* when that is; TIMER_NEVER */
uint64_t ice_checks_due(const struct ice *ice);
bool ice_take_response(struct ice *ice, struct stream *s, unsigned int component,
		       struct local *local, const struct dp_addr *from,
		       const struct stun_msg *m);
/* a request by the credentials @c; returns its bytes, 0: it cannot be made */
size_t ice_write_request(struct ice *ice, const struct creds *c,
			 const struct local *local, const uint8_t *id, bool use,
			 uint8_t *buf);
void ice_transmit(struct ice *ice, const struct local *local,
		  const struct dp_addr *to, const void *buf, size_t n);
/* the other party has our role: true, we have changed ours */
bool ice_yield_role(struct ice *ice, bool controlling);

/* may that be the other party's address? Asked of what has proven to be its */
bool ice_may_be(struct ice *ice, const struct dp_addr *from);

/* the id of a transaction of ours, STUN_ID_LEN bytes; false without random numbers */
bool ice_new_id(struct ice *ice, uint8_t *id);
/* a pair is valid: what follows from that */
void ice_is_valid(struct ice *ice, struct stream *s, struct pair *pair);

/* answer.c */
bool ice_take_request(struct ice *ice, struct stream *s, unsigned int component,
		      struct local *local, const struct dp_addr *from,
		      const struct stun_msg *m);
/* the other party's credentials are there: which early checks were its? */
void ice_take_early(struct ice *ice, struct stream *s);
void ice_drop_early(struct stream *s);

/* path.c */
/* @pair is nominated and valid */
void ice_choose(struct ice *ice, struct stream *s, struct pair *pair);
/* @pair is valid: the way until one is nominated */
void ice_use(struct ice *ice, struct stream *s, struct pair *pair);
/* between two lite agents nobody checks */
void ice_choose_unproven(struct ice *ice, struct stream *s);
void ice_run_paths(struct ice *ice);
uint64_t ice_paths_due(const struct ice *ice);
/* a check of theirs came on the way */
void ice_heard(struct ice *ice, struct stream *s, unsigned int component,
	       const struct local *local, const struct dp_addr *from, bool old);
/* a response to a consent check? */
bool ice_take_consent(struct ice *ice, struct stream *s, unsigned int component,
		      struct local *local, const struct dp_addr *from,
		      const struct stun_msg *m);
void ice_lose(struct ice *ice, struct stream *s, unsigned int component);

#endif /* ICE_PRIVATE_H */
