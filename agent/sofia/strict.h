/* SPDX-License-Identifier: GPL-2.0 */
/* What RFC 4475 wants refused and libsofia-sip lets pass. */
#ifndef SIP_STRICT_H
#define SIP_STRICT_H

#include "sofia.h"

/**
 * sip_strict_check() - look at a request that the parser took
 * @sip: the request
 * @phrase: on refusal the reason phrase, static
 *
 * Return: 0 if it is well-formed, else the status to answer.
 */
int sip_strict_check(const sip_t *sip, const char **phrase);

#endif /* SIP_STRICT_H */
