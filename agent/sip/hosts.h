/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hosts that a message shows of the network that it comes from: those in Via, Contact,
 * Record-Route, and the address that it came from.  They are for this network alone, in
 * whatever field of the message they stand once more.
 */
#ifndef SIP_HOSTS_H
#define SIP_HOSTS_H

#include "sip/message.h"
#include "sip/write.h"

/** SIP_HOSTS_MAX - more than a message comes by; what is beyond it is not looked for */
#define SIP_HOSTS_MAX	16

/**
 * struct sip_hosts - hosts of a message
 * @host: these, as written, IPv6 without brackets; in the message, or @source
 * @n: how many
 * @source: the address that the message came from
 */
struct sip_hosts {
	struct span host[SIP_HOSTS_MAX];
	size_t n;
	char source[DP_ADDR_STRLEN];
};

/**
 * sip_hosts_read() - which hosts does a message show?
 * @msg: the message
 * @hosts: filled; as old as @msg
 *
 * Addresses, and names with a dot but for those of its From, its To and its Request-URI:
 * these are who the parties are, and everybody is told.
 */
void sip_hosts_read(const struct sip_msg *msg, struct sip_hosts *hosts);

/**
 * sip_hosts_find() - the first of them in a text
 * @hosts: the hosts
 * @text: the text
 *
 * A host within a longer one is none.
 *
 * Return: where it stands in @text, with the brackets that it stands in; absent: none
 * does.
 */
struct span sip_hosts_find(const struct sip_hosts *hosts, struct span text);

/**
 * sip_hosts_replace() - a text with another host in the place of each of them
 * @hosts: the hosts
 * @w: gets it
 * @text: the text
 * @host: the other host
 */
void sip_hosts_replace(const struct sip_hosts *hosts, struct sip_writer *w,
		       struct span text, struct span host);

#endif /* SIP_HOSTS_H */
