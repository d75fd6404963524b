/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: one line of JSON in, one line of JSON out.
 *
 *   {"cmd": "call", "args": ["1795356000000001"]}
 *   {"ok": true, "result": {...}}  or  {"ok": false, "error": "sentence"}
 *
 * Whoever asks for "events" gets one line more for each, {"event": ...}, until he hangs up.
 * If he reads too slowly the connection ends after what is whole.
 *
 * Who asks for "tester" serves ports for `rtplane probe` as long as he is connected, however
 * he ends.
 *
 * rtplaned(8) lists the commands.  Who may connect is decided by the file's
 * mode: owner and group.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "api/api.h"
#include "base/loop.h"
#include "choose.h"

struct ctl;

/**
 * struct ctl_range - UDP ports
 * @addr: at which address; family 0: at each
 * @low: the first
 * @high: the last
 */
struct ctl_range {
	struct dp_addr addr;
	uint16_t low;
	uint16_t high;
};

/**
 * struct ctl_conf - what a control socket is made of
 * @loop: the event loop
 * @path: of the socket; a stale one is replaced, a live one is an error
 * @api: what is asked about
 * @datapath: the backend and why it was taken, for status
 * @reload: read the configuration again and tell what changed; NULL with a sentence of
 *	CONFIG_ERROR_LEN bytes: nothing has
 * @tester: somebody serves these ports from now on, one at a time; NULL: he has gone.
 *	Returns how many places were opened for him
 * @arg: for these
 *
 * What it points to must outlive the socket.
 */
struct ctl_conf {
	struct loop *loop;
	const char *path;
	const struct api *api;
	const struct dp_choice *datapath;
	json_t *(*reload)(void *arg, char *error);
	size_t (*tester)(const struct ctl_range *ports, void *arg);
	void *arg;
};

/**
 * ctl_new() - listen
 * @conf: copied
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: the socket, or NULL.
 */
struct ctl *ctl_new(const struct ctl_conf *conf, char *error);

/**
 * ctl_is_heard() - does anybody listen to events?
 * @ctl: NULL is fine: nobody does
 */
bool ctl_is_heard(const struct ctl *ctl);

/**
 * ctl_tell() - tell all who listen of an event
 * @ctl: the socket
 * @event: a reference that is given up
 *
 * May be called whatever is going on: nobody is hung up on here.
 */
void ctl_tell(struct ctl *ctl, json_t *event);

/**
 * ctl_free() - hang up on everybody and remove the socket
 * @ctl: NULL is fine
 */
void ctl_free(struct ctl *ctl);

#endif /* CTL_CTL_H */
