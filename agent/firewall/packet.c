// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

#include "packet.h"

/* connections are tracked from here on, at the hook before routing */
#define TRACKED_FROM	(-200)

#define STATE_INVALID	1u
#define STATE_NEW	(1u << (IP_CT_NEW + 1))
#define STATE_UNTRACKED	(1u << 6)

/* ---------------------------------------------------------------------- the packet */

static void know(struct bytes *b, size_t at, const void *value, size_t len)
{
	memcpy(b->value + at, value, len);
	memset(b->known + at, 0xff, len);
}

static void know_byte(struct bytes *b, size_t at, uint8_t value)
{
	know(b, at, &value, 1);
}

/* the first bits of an address */
static void know_prefix(struct bytes *b, size_t at, const struct prefix *prefix)
{
	const uint8_t *from = (const uint8_t *)&prefix->addr.v6;
	size_t i, len = prefix->addr.family == AF_INET ? 4 : 16;
	unsigned int bits = prefix->len;

	for (i = 0; i < len; i++, bits -= bits < 8 ? bits : 8) {
		b->known[at + i] = bits < 8 ? (uint8_t)(0xff00 >> bits) : 0xff;
		b->value[at + i] = from[i] & b->known[at + i];
	}
}

static void know_transport(struct packet *packet, uint16_t port)
{
	uint16_t wire = htons(port);

	know(&packet->transport, 2, &wire, 2);
	/* of TCP: SYN alone, acknowledging nothing */
	if (packet->tcp) {
		know(&packet->transport, 8, (uint8_t[4]){ 0 }, 4);
		know_byte(&packet->transport, 13, 0x02);
	}
}

void packet_make(struct packet *packet, const struct firewall_packet *from)
{
	uint8_t proto = from->tcp ? IPPROTO_TCP : IPPROTO_UDP;

	*packet = (struct packet){
		.v4 = from->to.family == AF_INET, .tcp = from->tcp,
		.device = from->device,
	};
	if (packet->v4) {
		/* no options, no fragment */
		know_byte(&packet->net, 0, 0x45);
		know_byte(&packet->net, 7, 0);
		packet->net.known[6] = 0x3f;
		know_byte(&packet->net, 9, proto);
		know_prefix(&packet->net, 12, &from->from);
		know(&packet->net, 16, &from->to.v4, 4);
	} else {
		packet->net.value[0] = 0x60;
		packet->net.known[0] = 0xf0;
		know_byte(&packet->net, 6, proto);
		know_prefix(&packet->net, 8, &from->from);
		know(&packet->net, 24, &from->to.v6, 16);
	}
	know_transport(packet, from->to.port);
}

uint16_t packet_port(const struct packet *packet)
{
	return (uint16_t)(packet->transport.value[2] << 8 |
			  packet->transport.value[3]);
}

static bool is_tracked(const struct packet *packet, const struct live_chain *chain)
{
	bool early = chain->hook == NF_INET_PRE_ROUTING &&
		     chain->priority < TRACKED_FROM;

	return !packet->untracked && !early && chain->hook != NF_INET_INGRESS &&
	       chain->family != NFPROTO_NETDEV;
}

uint32_t packet_state(const struct packet *packet, const struct live_chain *chain)
{
	if (packet->untracked)
		return STATE_UNTRACKED;
	return is_tracked(packet, chain) ? STATE_NEW : STATE_INVALID;
}
