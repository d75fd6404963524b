/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps blocking name look-ups out of the event loop. */
#ifndef SIP_RESOLVE_H
#define SIP_RESOLVE_H

#include <stdbool.h>

/**
 * sip_resolve_is_numeric() - does getaddrinfo() take addresses only?
 *
 * Return: true, unless the process was linked in a way that loses resolve.c's
 * function.
 */
bool sip_resolve_is_numeric(void);

#endif /* SIP_RESOLVE_H */
