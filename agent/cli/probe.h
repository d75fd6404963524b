/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of rtplane probe share. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "cli.h"
#include "probe/probe.h"
#include "probe/sip.h"

/**
 * struct probe_words - words of the command
 * @key: of the token
 * @listen: where to serve; family 0: everywhere
 * @host: whom to ask
 * @lo: first port
 * @hi: last port
 * @sip: port for SIP; 0: none
 * @seconds: for which is served
 * @pps: packets/s at which ports are asked
 * @wait: milliseconds of silence after which nothing more is expected
 * @tcp: ports are asked by TCP as well
 */
struct probe_words {
	struct probe_key key;
	struct dp_addr listen;
	struct dp_addr host;
	uint32_t lo;
	uint32_t hi;
	uint32_t sip;
	uint32_t seconds;
	uint32_t pps;
	uint32_t wait;
	bool tcp;
};

/** enum port_state - what is known of a port */
enum port_state {
	PORT_FILTERED,		/* silence */
	PORT_OPEN,		/* the server answered */
	PORT_CLOSED,		/* somebody says so: ICMP, RST */
	PORT_PROHIBITED,	/* ICMP: administratively prohibited */
	PORT_UNREACHABLE,	/* ICMP: no such host or network */
	PORT_STRANGE,		/* TCP: open, but it was not the server who answered */
	PORT_USED,		/* somebody else's there */
	PORT_UNSERVED,		/* not of the server's range */
	__PORT_STATES
};

/**
 * struct probe_port - one port
 * @udp: enum port_state
 * @tcp: the same
 * @heard: the server heard us there
 * @seen: the source port that it saw; 0: no answer
 * @sent: questions
 * @answered: answers
 */
struct probe_port {
	uint8_t udp;
	uint8_t tcp;
	bool heard;
	uint16_t seen;
	uint8_t sent;
	uint8_t answered;
};

/** PROBE_DSCPS - values that are tried */
#define PROBE_DSCPS	4

/**
 * struct probe_way - one direction
 * @lost: packets of the flow
 * @mtu: bytes of the largest IP packet that arrived
 * @min: smallest difference of the clocks, microseconds
 * @sum: of the differences
 * @max: largest
 * @dscp: what arrived of each value; -1: nothing
 */
struct probe_way {
	uint32_t lost;
	unsigned int mtu;
	int64_t min;
	int64_t sum;
	int64_t max;
	int dscp[PROBE_DSCPS];
};

/**
 * struct probe_sip_result - a message that was sent through
 * @sent: as it was sent; empty: it was not
 * @sent_len: its bytes
 * @got: as it arrived
 * @got_len: its bytes; 0: it did not
 */
struct probe_sip_result {
	char sent[PROBE_SIP_MAX];
	size_t sent_len;
	char got[PROBE_SIP_MAX];
	size_t got_len;
};

/**
 * struct probe_result - all that was found
 * @own: our address and port, as this host knows them
 * @seen: as the server saw them first
 * @at: the address at which the server got them
 * @other: another address from which the server heard us; empty: none
 * @answered_from: another address that answered; family 0: none
 * @offer: what the server said of itself
 * @ports: of each port number
 * @took: milliseconds for all ports by UDP
 * @flow: packets of the flow
 * @flow_answered: that came back
 * @rtt_min: microseconds
 * @rtt_max: microseconds
 * @up: towards the server
 * @down: from it
 * @mtu_told: what a router said by ICMP; 0: none did
 * @sip: INVITE and REGISTER
 */
struct probe_result {
	struct dp_addr own;
	struct dp_addr seen;
	struct dp_addr at;
	char other[DP_ADDR_STRLEN];
	struct dp_addr answered_from;
	struct probe_offer offer;
	struct probe_port ports[65536];
	uint64_t took;
	uint32_t flow;
	uint32_t flow_answered;
	uint64_t rtt_min;
	uint64_t rtt_max;
	struct probe_way up;
	struct probe_way down;
	unsigned int mtu_told;
	struct probe_sip_result sip[2];
};

/** probe_dscps - the values that are tried: EF, AF41, AF31, CS3 */
extern const uint8_t probe_dscps[PROBE_DSCPS];

/** probe_now() - microseconds, never backwards */
uint64_t probe_now(void);

/** probe_files() - may so many files be open? raises the limit */
bool probe_files(unsigned int n);

/** probe_serve() - rtplane probe serve; returns the exit status */
int probe_serve(struct args *args, const struct probe_words *words);

/** probe_ask() - rtplane probe HOST: fill @result; CLI_OK, or CLI_REFUSED after a sentence */
int probe_ask(struct args *args, const struct probe_words *words,
	      struct probe_result *result);

/** probe_ask_tcp() - the same ports by TCP; @session and @pass as shown to the server */
void probe_ask_tcp(const struct probe_words *words, const struct probe_msg *as,
		   uint32_t *seq, struct probe_result *result);

/** probe_say() - the verdict; CLI_OK, or CLI_REFUSED if something is not as it should be */
int probe_say(const struct cli *cli, const struct probe_words *words,
	      const struct probe_result *result);

/* a datagram with what the kernel knows of it */
struct probe_packet {
	struct dp_addr from;
	struct dp_addr at;	/* without port */
	int tos;
	size_t len;
	uint8_t *data;
	size_t room;
};

/** probe_socket() - a UDP socket that tells TOS and addresses, DF set; -1 with errno */
int probe_socket(int family);

/** probe_receive() - a datagram, if there is one */
bool probe_receive(int fd, struct probe_packet *packet);

/** probe_send() - a datagram; @from (family 0: any) is its source; false with errno */
bool probe_send(int fd, const struct dp_addr *to, const struct dp_addr *from,
		uint8_t tos, const void *data, size_t len);

#endif /* CLI_PROBE_H */
