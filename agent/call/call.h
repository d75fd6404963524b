/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls: two dialogs, one with each party, and the media between them.  A
 * request comes in by one realm, leaves by another, and what is said about
 * media is turned into port pairs and bridges on the way.
 *
 * All of it runs in one thread, the event loop's.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "sofia/stack.h"

struct calls;

/**
 * calls_new() - no calls yet
 * @root: the event loop
 * @config: the configuration; must outlive the calls
 * @dp: relays media
 * @dp_srtp: relays media with SRTP: may be @dp, or NULL: no SRTP
 * @media: holds the sockets
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: the calls, or NULL.
 */
struct calls *calls_new(su_root_t *root, const struct config *config,
			struct dp *dp, struct dp *dp_srtp, struct media *media,
			char *error);

/**
 * calls_free() - end all that is left, at once
 * @calls: NULL is fine
 *
 * Dialogs and bridges are gone when it returns; parties still in a call have
 * been sent a BYE.
 */
void calls_free(struct calls *calls);

/**
 * calls_set_stack() - what requests are sent by
 * @calls: the calls
 * @stack: must be freed after the calls
 */
void calls_set_stack(struct calls *calls, struct sip_stack *stack);

/**
 * calls_request() - an INVITE outside of any dialog
 *
 * A sip_request_fn; its @arg is the &struct calls.
 */
int calls_request(struct sip_realm *realm, nta_incoming_t *irq,
		  const sip_t *sip, void *arg);

/**
 * calls_event() - something happened to a leg
 *
 * A dp_event_fn; its @arg is the &struct calls.
 */
void calls_event(const struct dp_event *event, void *arg);

/**
 * calls_adopt() - look after the legs that a former agent left behind
 * @calls: the calls
 *
 * Their media goes on.  Their ports are taken, so that no new call gets them;
 * they go when they have been silent for the configured time, or by
 * calls_end().
 *
 * Return: calls found.
 */
unsigned int calls_adopt(struct calls *calls);

/**
 * calls_drain() - from now on new calls get 503
 * @calls: the calls
 */
void calls_drain(struct calls *calls);

/**
 * calls_count() - how many calls there are
 * @calls: the calls
 *
 * Return: the number, without adopted ones.
 */
unsigned int calls_count(const struct calls *calls);

/**
 * calls_end_all() - BYE to everybody, CANCEL to whom it still rings
 * @calls: the calls
 * @reason: for the log and the Reason header
 */
void calls_end_all(struct calls *calls, const char *reason);

/**
 * calls_end() - end one call, or remove an adopted one's bridges
 * @calls: the calls
 * @id: the call
 *
 * Return: false if there is none.
 */
bool calls_end(struct calls *calls, uint64_t id);

/*
 * What people ask; each returns a new reference.  calls_show() and calls_why()
 * know ended calls too, as many as the configuration says, and return NULL if
 * there is no such call.
 */
json_t *calls_status(struct calls *calls);
json_t *calls_list(struct calls *calls);
json_t *calls_show(struct calls *calls, uint64_t id);
json_t *calls_why(struct calls *calls, uint64_t id);

#endif /* CALL_CALL_H */
