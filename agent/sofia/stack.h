/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIP on the listeners of all realms.  Each realm is an nta agent of its own:
 * what is sent in a realm leaves by that realm's sockets, and a dialog of one
 * realm is never found from another.
 */
#ifndef SIP_STACK_H
#define SIP_STACK_H

#include "config/config.h"
#include "sofia.h"

/** SIP_ALLOW - methods that are served, as in Allow */
#define SIP_ALLOW	"INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO"

/** SIP_SUPPORTED - extensions that pass through us, as in Supported */
#define SIP_SUPPORTED	"timer"

struct sip_stack;
struct sip_realm;

/**
 * typedef sip_request_fn - receives a request outside of any dialog
 * @realm: where it came in
 * @irq: the server transaction; belongs to the function, unless it returns a
 *	final status
 * @sip: the request: well-formed, a method we serve
 * @arg: as given to sip_stack_new()
 *
 * Return: 0 if the function takes care of @irq, or the status to answer.
 */
typedef int sip_request_fn(struct sip_realm *realm, nta_incoming_t *irq,
			   const sip_t *sip, void *arg);

/**
 * struct sip_realm - the SIP side of a realm
 * @conf: its configuration
 * @agent: its nta agent
 * @stack: what it belongs to
 * @default_leg: receives what belongs to no dialog
 */
struct sip_realm {
	const struct config_realm *conf;
	nta_agent_t *agent;
	struct sip_stack *stack;
	nta_leg_t *default_leg;
};

/**
 * sip_stack_new() - open all listeners
 * @root: the event loop
 * @config: the configuration; must outlive the stack
 * @fn: receives requests
 * @arg: for @fn
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: the stack, or NULL: nothing is open then.
 */
struct sip_stack *sip_stack_new(su_root_t *root, const struct config *config,
				sip_request_fn *fn, void *arg, char *error);

/**
 * sip_stack_free() - close all listeners; every leg and transaction must be gone
 * @stack: NULL is fine
 */
void sip_stack_free(struct sip_stack *stack);

/**
 * sip_stack_realm() - a realm by its configuration
 * @stack: the stack
 * @conf: one of the configuration's realms
 *
 * Return: the realm.
 */
struct sip_realm *sip_stack_realm(struct sip_stack *stack,
				  const struct config_realm *conf);

/**
 * sip_realm_listener() - which listener a message came in by
 * @realm: the realm
 * @msg: the message
 *
 * Return: the listener; the realm's first if the message was made here.
 */
const struct config_listener *sip_realm_listener(const struct sip_realm *realm,
						 msg_t *msg);

/**
 * sip_realm_listener_for() - which listener to send from
 * @realm: the realm
 * @url: where to
 *
 * Return: the first listener with the transport that @url asks for, of the
 * address family of @url's host if that is an address; NULL if there is none.
 */
const struct config_listener *sip_realm_listener_for(const struct sip_realm *realm,
						     const url_t *url);

/**
 * sip_listener_ident() - name of a listener for TPTAG_IDENT
 * @listener: the listener
 * @home: where the text lives
 *
 * All transports of an address and port share it.
 */
const char *sip_listener_ident(const struct config_listener *listener,
			       su_home_t *home);

/**
 * sip_listener_contact() - the Contact of a dialog on a listener
 * @listener: the listener
 * @home: where it lives
 *
 * Return: the header, NULL without memory.
 */
sip_contact_t *sip_listener_contact(const struct config_listener *listener,
				    su_home_t *home);

/**
 * sip_is_ours() - does a Via name one of our listeners?
 * @stack: the stack
 * @via: the Via
 *
 * Return: true if it does.
 */
bool sip_is_ours(const struct sip_stack *stack, const sip_via_t *via);

/**
 * sip_refuse() - answer a request with an error and end the transaction
 * @irq: the transaction
 * @status: 300 to 699
 * @phrase: reason phrase, NULL: the customary one
 * @tag: further headers
 *
 * A refusal is a sentence for people too: pass SIPTAG_WARNING_STR where the
 * phrase alone does not say what was wrong.
 */
void sip_refuse(nta_incoming_t *irq, int status, const char *phrase,
		tag_type_t tag, tag_value_t value, ...);

#endif /* SIP_STACK_H */
