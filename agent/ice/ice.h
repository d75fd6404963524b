/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICE (RFC 8445, with 7675, 8838 and 8863), lite and full: one agent for one party of
 * a call, with a stream for each of its media lines.
 *
 * It knows neither sockets nor a loop. Datagrams that look like STUN come in by
 * ice_receive(), go out by a function, and time is that of a &struct timers. What it
 * found out it tells by another function: which way media of a component goes.
 *
 * Who is not the other party gets nothing: a check without our ufrag is not answered,
 * one whose integrity does not fit changes nothing, an answer is never longer than what
 * it answers, and a check that was seen before is answered and changes nothing, since
 * anybody may have sent it again. What the other party may make us keep and send is
 * bounded by &struct ice_conf.
 */
#ifndef ICE_ICE_H
#define ICE_ICE_H

#include "base/timer.h"
#include "ice/candidate.h"

struct ice;

/** ICE_STREAMS_MAX - streams of an agent */
#define ICE_STREAMS_MAX		16

/** ICE_COMPONENTS_MAX - components of a stream */
#define ICE_COMPONENTS_MAX	2

/** ICE_OUR_UFRAG, ICE_OUR_PWD - characters of our credentials */
#define ICE_OUR_UFRAG		8
#define ICE_OUR_PWD		24

/**
 * struct ice_conf - what an agent is like; a member that is 0 is the default
 * @lite: it answers checks and sends none
 * @controlling: it chooses the pairs; the rule is in ice_controls(). A lite one never
 *	does: of two that are lite, each takes what the other one offers first
 * @pace: ms between checks (Ta); 0: 50
 * @rto: ms until a check is repeated, doubling; 0: 100
 * @tries: how often it is sent; 0: 7
 * @settle: ms that a better pair is waited for, by who chooses; 0: 100
 * @consent: ms between two checks of the way in use, more or less; 0: 5,000
 * @consent_end: ms without an answer until it is none any more; 0: 30,000
 * @keepalive: ms between two indications of a lite agent; 0: 15,000
 * @patience: ms from the first check until it may be said that there is no way
 *	(RFC 8863); 0: 39,500
 * @remotes: candidates of the other party that a stream takes; 0: 32
 * @learned: more that its checks may come from; 0: 16
 * @pairs: pairs of all streams; 0: 100
 * @call: the port is shared with others, who are told apart by this number, 1 to
 *	32767: what the other party answers has it (ice_call_of()); 0: it is not. Who does
 *	not know our password gets no answer then
 * @random: fills memory with bytes that nobody can guess, false if it cannot; NULL:
 *	OpenSSL's
 */
struct ice_conf {
	bool lite;
	bool controlling;
	uint32_t pace;
	uint32_t rto;
	uint32_t tries;
	uint32_t settle;
	uint32_t consent;
	uint32_t consent_end;
	uint32_t keepalive;
	uint32_t patience;
	uint32_t remotes;
	uint32_t learned;
	uint32_t pairs;
	uint16_t call;
	bool (*random)(void *buf, size_t n);
};

/**
 * struct ice_local - an address of ours
 * @type: ICE_HOST, ICE_SRFLX or ICE_RELAY
 * @component: ICE_COMPONENT_RTP or ICE_COMPONENT_RTCP
 * @preference: among our addresses, 0 to 65,535
 * @addr: as it is offered
 * @base: the local address that datagrams leave from; of those that share one, only the
 *	first is used for checks
 * @related: what is said of @base to the other party, for people; family 0: @base itself
 * @server: whom it was learned from; family 0: nobody
 * @socket: the caller's, for &ice_ops.send
 */
struct ice_local {
	enum ice_type type;
	uint16_t component;
	uint16_t preference;
	struct dp_addr addr;
	struct dp_addr base;
	struct dp_addr related;
	struct dp_addr server;
	void *socket;
};

/**
 * enum ice_event - what was found out about a component
 * @ICE_PATH: media goes another way, or the same one is chosen now
 * @ICE_LOST: the other party does not consent any more: nothing may be sent
 * @ICE_FAILED: there is no way, and there was none by the present credentials; should one be
 *	found later, ICE_PATH follows
 */
enum ice_event {
	ICE_PATH,
	ICE_LOST,
	ICE_FAILED
};

/**
 * struct ice_path - the way of a component's media
 * @base: our local address
 * @socket: its socket
 * @remote: the other party's address
 * @type: what sort of candidate that is
 * @proven: it has shown that it is there and who it is; not so only between two lite
 *	agents
 * @chosen: the pair is nominated; before that media may go there, but may have to go
 *	elsewhere later
 */
struct ice_path {
	struct dp_addr base;
	void *socket;
	struct dp_addr remote;
	enum ice_type type;
	bool proven;
	bool chosen;
};

/**
 * struct ice_ops - what an agent needs
 * @send: send a datagram; may not call back
 * @event: something was found out; @path is there with ICE_PATH, otherwise NULL. Any
 *	function may be called, ice_free() too
 * @claim: may @from be the other party's address? Asked of what has proven to be it,
 *	before it is answered or believed; false: it is taken as if it had not come. May not
 *	call back. NULL: always
 */
struct ice_ops {
	void (*send)(void *arg, void *socket, const struct dp_addr *to,
		     const void *data, size_t len);
	void (*event)(void *arg, unsigned int stream, unsigned int component,
		      enum ice_event event, const struct ice_path *path);
	bool (*claim)(void *arg, const struct dp_addr *from);
};

/**
 * struct ice_stats - what it has seen, for people who ask why
 * @checks: requests sent, repetitions too
 * @requests: requests of the other party that were trusted
 * @early: of these, before its credentials were known, or by others
 * @replayed: of these, that had been here before
 * @conflicts: of these, that took our role
 * @strangers: requests with another ufrag than ours, or none
 * @forged: messages whose integrity did not fit
 * @claimed: requests and answers of it from an address that is another's (&ice_ops.claim)
 * @responses: answers to our checks
 * @stray: answers to nothing, or from elsewhere
 * @learned: addresses that checks came from and nobody had signalled
 * @left_out: candidates and pairs beyond the limits
 */
struct ice_stats {
	uint64_t checks;
	uint64_t requests;
	uint64_t early;
	uint64_t replayed;
	uint64_t conflicts;
	uint64_t strangers;
	uint64_t forged;
	uint64_t claimed;
	uint64_t responses;
	uint64_t stray;
	uint64_t learned;
	uint64_t left_out;
};

/**
 * ice_controls() - who chooses? RFC 8445 6.1.1
 * @offerer: we have made the first offer
 * @lite: we are lite
 * @their_lite: they are
 *
 * Return: whether we do.
 */
static inline bool ice_controls(bool offerer, bool lite, bool their_lite)
{
	return !lite && (their_lite || offerer);
}

/**
 * ice_new() - an agent without streams
 * @timers: the clock; outlives it
 * @conf: what it is like; NULL: all defaults; copied
 * @ops: what it needs; outlives it
 * @arg: for @ops
 *
 * Return: the agent, the caller's to ice_free(); NULL without memory or random numbers.
 */
struct ice *ice_new(struct timers *timers, const struct ice_conf *conf,
		    const struct ice_ops *ops, void *arg);

/**
 * ice_free() - end an agent, and forget its passwords
 * @ice: NULL is fine
 */
void ice_free(struct ice *ice);

/**
 * ice_add_stream() - one more media line
 * @ice: the agent
 * @components: 1, or 2 if RTCP has a port of its own
 *
 * Return: its number, from 0; -1 if there are too many, or without memory.
 */
int ice_add_stream(struct ice *ice, unsigned int components);

/**
 * ice_add_local() - one more address of ours
 * @ice: the agent
 * @stream: whose
 * @local: the address; copied
 *
 * Return: the candidate to offer, as long as the agent is there; NULL without memory.
 */
const struct ice_candidate *ice_add_local(struct ice *ice, unsigned int stream,
					  const struct ice_local *local);

/**
 * ice_del_local() - nothing is sent from there any more
 * @ice: the agent
 * @stream: whose
 * @base: local address that all candidates on it go with; what ice_add_local() returned
 *	for them is void
 *
 * Return: false if media goes from there: nothing has changed then.
 */
bool ice_del_local(struct ice *ice, unsigned int stream, const struct dp_addr *base);

/**
 * struct ice_creds - credentials of ours
 * @ufrag: user name fragment
 * @pwd: password
 */
struct ice_creds {
	char ufrag[ICE_OUR_UFRAG + 1];
	char pwd[ICE_OUR_PWD + 1];
};

/**
 * ice_creds_new() - credentials that nobody can guess
 * @creds: filled
 * @call: as &ice_conf.call
 *
 * For who has to say them before it is certain that they will be used: of no agent
 * until ice_set_local().
 *
 * Return: false without random numbers.
 */
bool ice_creds_new(struct ice_creds *creds, uint16_t call);

/**
 * ice_call_of() - whose is that datagram, of those who share a port?
 * @data: what looks like STUN
 * @len: its bytes
 * @request: set to whether it is a request, which is answered, if at all
 *
 * By what anybody may have written: only ice_receive() tells whether it is so.
 *
 * Return: the number; 0: nobody's.
 */
unsigned int ice_call_of(const void *data, size_t len, bool *request);

/**
 * ice_set_local() - our credentials of a stream
 * @ice: the agent
 * @stream: which
 * @creds: copied
 *
 * The present ones change nothing; others begin the stream anew, as ice_restart() does.
 */
void ice_set_local(struct ice *ice, unsigned int stream,
		   const struct ice_creds *creds);

/**
 * ice_leave() - the other party is another one from now on
 * @ice: the agent
 * @stream: of which
 *
 * What is known of it, its credentials and its ways are forgotten, without an event.
 * Ours stay, and so do checks of parties that are not known yet.
 */
void ice_leave(struct ice *ice, unsigned int stream);

/** ice_ufrag() - our user name fragment of a stream */
const char *ice_ufrag(const struct ice *ice, unsigned int stream);

/** ice_pwd() - our password of a stream */
const char *ice_pwd(const struct ice *ice, unsigned int stream);

/**
 * ice_set_remote() - the other party's credentials: checks begin
 * @ice: the agent
 * @stream: whose
 * @ufrag: its user name fragment
 * @pwd: its password
 * @lite: it is lite
 *
 * The same ones change nothing. Others begin anew, as ice_restart() does; our own
 * credentials have to be others, too, so ice_restart() comes first.
 *
 * Return: false without memory, or if they are none.
 */
bool ice_set_remote(struct ice *ice, unsigned int stream, struct span ufrag,
		    struct span pwd, bool lite);

/**
 * ice_add_remote() - one more candidate of the other party
 * @ice: the agent
 * @stream: whose
 * @candidate: the candidate; copied
 *
 * At any time: with the offer, or trickled. One that is known is taken once.
 *
 * Return: NULL, or why it is left out, a static sentence.
 */
const char *ice_add_remote(struct ice *ice, unsigned int stream,
			   const struct ice_candidate *candidate);

/**
 * ice_restart() - begin a stream anew, with other credentials
 * @ice: the agent
 * @stream: which
 *
 * Media goes on as it went, with consent, until another way is found.
 *
 * Return: false without memory or random numbers: nothing has changed then.
 */
bool ice_restart(struct ice *ice, unsigned int stream);

/** ice_set_role() - who chooses is another one, as offer and answer say */
void ice_set_role(struct ice *ice, bool controlling);

/** ice_controlling() - do we choose? Agents that disagree settle that */
bool ice_controlling(const struct ice *ice);

/**
 * ice_punch() - open the firewalls between, whatever may come back
 * @ice: the agent
 * @stream: which, with the other party's credentials and candidates
 * @all: to all of its candidates, otherwise to the first of each component
 *
 * For lite agents; a full one does so by its checks.
 */
void ice_punch(struct ice *ice, unsigned int stream, bool all);

/**
 * ice_receive() - a datagram that looks like STUN came in
 * @ice: the agent
 * @stream: whose socket it came in by
 * @component: which of the stream's
 * @base: local address of that socket
 * @from: its source
 * @data: the datagram
 * @len: its bytes
 *
 * May end with events.
 *
 * Return: whether it was the other party's, or an answer to us.
 */
bool ice_receive(struct ice *ice, unsigned int stream, unsigned int component,
		 const struct dp_addr *base, const struct dp_addr *from,
		 const void *data, size_t len);

/**
 * ice_get_path() - which way does media go?
 * @ice: the agent
 * @stream: which
 * @component: which of its components
 * @path: filled, if there is one
 *
 * Return: false if there is none.
 */
bool ice_get_path(const struct ice *ice, unsigned int stream,
		  unsigned int component, struct ice_path *path);

/**
 * ice_knows() - is that the other party's address?
 * @ice: the agent
 * @stream: which
 * @component: which of its components
 * @from: the source of a datagram
 *
 * For what comes beside STUN, by the same socket: DTLS.
 *
 * Return: whether a check from there was trusted, or one of ours to it was answered;
 * before the other party's credentials are known: whether a check came from there that
 * had ours.
 */
bool ice_knows(const struct ice *ice, unsigned int stream,
	       unsigned int component, const struct dp_addr *from);

/**
 * ice_get_stats() - what it has seen
 * @ice: the agent
 *
 * Return: the counters; void with the next call for @ice.
 */
const struct ice_stats *ice_get_stats(const struct ice *ice);

/**
 * ice_memory() - what an agent holds now
 * @ice: the agent
 *
 * Return: bytes.
 */
size_t ice_memory(const struct ice *ice);

#endif /* ICE_ICE_H */
