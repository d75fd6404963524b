/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: one line of JSON in, one line of JSON out.
 *
 *   {"cmd": "call", "args": ["1795356000000001"]}
 *   {"ok": true, "result": {...}}  or  {"ok": false, "error": "sentence"}
 *
 * rtplaned(8) lists the commands.  Who may connect is decided by the file's
 * mode: owner and group.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "call/call.h"
#include "choose.h"

struct ctl;

/**
 * ctl_new() - listen
 * @root: the event loop
 * @path: of the socket; a stale one is replaced, a live one is an error
 * @calls: what is asked about
 * @datapath: the backend and why it was taken, for status; used, not copied
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: the socket, or NULL.
 */
struct ctl *ctl_new(su_root_t *root, const char *path, struct calls *calls,
		    const struct dp_choice *datapath, char *error);

/**
 * ctl_free() - hang up on everybody and remove the socket
 * @ctl: NULL is fine
 */
void ctl_free(struct ctl *ctl);

#endif /* CTL_CTL_H */
