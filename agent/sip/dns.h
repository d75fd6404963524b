/* SPDX-License-Identifier: GPL-2.0 */
/*
 * c-ares on the loop: its sockets are watched, its time-outs kept.
 */
#ifndef SIP_DNS_H
#define SIP_DNS_H

#include <ares.h>
#include <stdbool.h>

#include "base/loop.h"
#include "base/timer.h"

#define SIP_DNS_SOCKETS_MAX	64

/**
 * struct sip_dns_socket - a socket of c-ares
 * @fd: the socket
 * @watch: NULL: this is free
 * @dns: whose
 */
struct sip_dns_socket {
	ares_socket_t fd;
	struct loop_fd *watch;
	struct sip_dns *dns;
};

/**
 * struct sip_dns - c-ares on a loop
 * @loop: the loop
 * @channel: where questions are asked; NULL: it is not open
 * @timer: of the next time-out
 * @socket: its sockets
 */
struct sip_dns {
	struct loop *loop;
	ares_channel channel;
	struct timer timer;
	struct sip_dns_socket socket[SIP_DNS_SOCKETS_MAX];
};

/**
 * sip_dns_init() - it is not open
 * @dns: it
 * @loop: where it will run
 */
void sip_dns_init(struct sip_dns *dns, struct loop *loop);

/**
 * sip_dns_open() - by what /etc/resolv.conf says now, or by other servers
 * @dns: it, not open
 * @servers: ADDRESS[:PORT],...; NULL: those of resolv.conf
 * @timeout: ms for each try
 * @tries: how many
 *
 * Return: true, or false and it may be open with other servers than these
 */
bool sip_dns_open(struct sip_dns *dns, const char *servers, int timeout, int tries);

/**
 * sip_dns_arm() - questions were asked: keep their time
 * @dns: it, open
 */
void sip_dns_arm(struct sip_dns *dns);

/**
 * sip_dns_close() - open questions end with ARES_EDESTRUCTION, before it returns
 * @dns: it, open or not
 */
void sip_dns_close(struct sip_dns *dns);

#endif /* SIP_DNS_H */
