/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet of which not all is known, and what expressions of rules find in it.  Each bit
 * is known or not.  Private to firewall/.
 */
#ifndef FIREWALL_PACKET_H
#define FIREWALL_PACKET_H

#include <net/if.h>

#include "firewall.h"
#include "live.h"

#define REGISTERS	80	/* bytes of them: NFT_REG_1 to NFT_REG_4, 16 each, after the verdict */

/**
 * struct bytes - some of a packet, or in a register
 * @value: what they are
 * @known: bits of @value that are known; the others are 0 there
 */
struct bytes {
	uint8_t value[REGISTERS];
	uint8_t known[REGISTERS];
};

/**
 * struct packet - the first of its flow, on its way to a socket of this host
 * @v4: IPv4, not IPv6
 * @tcp: TCP, not UDP
 * @net: the header of IP
 * @transport: that of UDP or TCP
 * @device: that it comes by; "": not known
 * @marked: a rule has marked it, or may have
 * @untracked: so has one that connections are not tracked
 */
struct packet {
	bool v4;
	bool tcp;
	struct bytes net;
	struct bytes transport;
	const char *device;
	bool marked;
	bool untracked;
};

/** enum match - does a rule hold? */
enum match {
	MATCH_NO,
	MATCH_MAYBE,
	MATCH_YES
};

/**
 * enum does - what a rule does with what it matches
 * @DOES_NOTHING: the next one is looked at
 * @DOES_ACCEPT: this base chain is done
 * @DOES_DROP: it ends
 * @DOES_REJECT: it ends, and its sender hears of it
 * @DOES_LEAD_AWAY: it gets another destination
 * @DOES_QUEUE: a program decides
 * @DOES_JUMP: another chain, and then the next rule
 * @DOES_GOTO: another chain
 * @DOES_RETURN: back to where the chain was jumped to
 * @DOES_ANYTHING: that cannot be told
 */
enum does {
	DOES_NOTHING,
	DOES_ACCEPT,
	DOES_DROP,
	DOES_REJECT,
	DOES_LEAD_AWAY,
	DOES_QUEUE,
	DOES_JUMP,
	DOES_GOTO,
	DOES_RETURN,
	DOES_ANYTHING
};

/**
 * struct effect - of a rule
 * @does: what it does if it holds
 * @chain: where to
 */
struct effect {
	enum does does;
	char chain[LIVE_NAME];
};

void packet_make(struct packet *packet, const struct firewall_packet *from);

/* does a rule of @chain hold for it, and what does it then? */
enum match rule_eval(struct live *live, const struct live_chain *chain,
		     struct nftnl_rule *rule, struct packet *packet,
		     struct effect *effect);

/* what iptables' extensions find, and do; @state: packet_state().  xtables.c */
enum match xt_match(const char *name, uint32_t rev, const void *info, uint32_t len,
		    uint32_t state, const struct packet *packet);
enum match xt_target(const char *name, const void *info, uint32_t len,
		     struct packet *packet, struct effect *effect);

/* a state of connections as NF_CT_STATE_BIT() has it */
uint32_t packet_state(const struct packet *packet, const struct live_chain *chain);
/* of what is known: the port that it goes to */
uint16_t packet_port(const struct packet *packet);

#endif /* FIREWALL_PACKET_H */
