/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SIP message that is sent to see what arrives of it: whoever helps SIP through NAT
 * (an application level gateway, ALG) rewrites addresses in Via, Contact and SDP.
 */
#ifndef PROBE_SIP_H
#define PROBE_SIP_H

#include "probe/probe.h"

/** enum probe_sip_method - which message */
enum probe_sip_method {
	PROBE_INVITE,
	PROBE_REGISTER
};

/**
 * struct probe_sip_proof - what shows a message to be a client's, whatever became of
 *	the rest of it: a header of its own
 * @method: which message
 * @session: whose
 * @seq: its number
 * @pass: the cookie
 */
struct probe_sip_proof {
	enum probe_sip_method method;
	uint32_t seq;
	uint8_t session[PROBE_ID_LEN];
	struct probe_pass pass;
};

/**
 * probe_sip_write() - a message
 * @key: the key
 * @proof: whose and which
 * @own: our address, as it stands in Via, Contact and SDP
 * @to: the server
 * @buf: filled, terminated
 * @size: bytes of @buf
 *
 * Return: its bytes; 0 if it does not fit.
 */
size_t probe_sip_write(const struct probe_key *key,
		       const struct probe_sip_proof *proof,
		       const struct dp_addr *own, const struct dp_addr *to,
		       char *buf, size_t size);

/**
 * probe_sip_proof_read() - whose is it?
 * @key: the key
 * @text: what arrived
 * @proof: filled on success
 *
 * Return: false if it has no proof by the key.
 */
bool probe_sip_proof_read(const struct probe_key *key, struct span text,
			  struct probe_sip_proof *proof);

/** PROBE_SIP_CHANGES - fields that are compared, at most */
#define PROBE_SIP_CHANGES 16

/**
 * struct probe_sip_change - a field that arrived as another
 * @field: its name: "Via", "first line", "Via", "SDP c="; "the rest" where none of
 *	these differs
 * @was: as it was sent
 * @now: as it arrived; absent: it did not
 */
struct probe_sip_change {
	const char *field;
	struct span was;
	struct span now;
};

/**
 * probe_sip_compare() - what became of a message
 * @sent: as it was sent
 * @arrived: as it arrived
 * @changes: filled, PROBE_SIP_CHANGES of them
 *
 * Return: how many; 0 if it is the same, byte for byte.
 */
size_t probe_sip_compare(struct span sent, struct span arrived,
			 struct probe_sip_change *changes);

#endif /* PROBE_SIP_H */
