/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What RFC 4475 lets an element refuse and a liberal parser reads: others would read it
 * differently, and an attacker would have us check one thing and the next hop do
 * another.
 */
#ifndef SIP_STRICT_H
#define SIP_STRICT_H

#include "sip/message.h"

/**
 * sip_strict_check() - is a request that could be read what the grammar wants?
 * @msg: a request without a fault
 * @fault: filled with 400 and why if it is not
 *
 * Return: true if it is.
 */
bool sip_strict_check(struct sip_msg *msg, struct sip_fault *fault);

#endif /* SIP_STRICT_H */
