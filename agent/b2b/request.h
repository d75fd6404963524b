/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A phone's REGISTER as we understand it.  Nothing here lasts: all points into the
 * message, or into struct request and struct item themselves.
 */
#ifndef B2B_REQUEST_H
#define B2B_REQUEST_H

#include "private.h"

/** B2B_PARAMS - room for the parameters of a Contact; longer ones cannot register */
#define B2B_PARAMS	512

/** B2B_ROUTE - likewise for values of Path, or of Service-Route */
#define B2B_ROUTE	1024

/**
 * struct request - a phone's REGISTER, as we understand it
 * @realm: where the phone is
 * @flow: that it came by
 * @msg: it
 * @aor: for whom
 * @contact: Contacts
 * @n: how many; 0: it asks what is bound
 * @star: all are to be removed
 * @path: values of Path; may be absent
 * @aor_text: for @aor
 * @path_text: for @path
 */
struct request {
	struct realm *realm;
	struct sip_flow *flow;
	struct sip_msg *msg;
	struct span aor;
	const struct sip_addr *contact;
	int n;
	bool star;
	struct span path;
	char aor_text[B2B_AOR];
	char path_text[B2B_ROUTE];
};

/**
 * struct item - one of its contacts
 * @key: the binding
 * @token: of our contact
 * @params: parameters, without expires
 * @expires: seconds that the phone asks for; 0: it is to be removed
 */
struct item {
	struct bind_key key;
	char token[BIND_TOKEN_LEN + 1];
	char params[B2B_PARAMS];
	uint32_t expires;
};

/* NULL, or why not; of one that has been read before it is NULL */
const char *b2b_request_read(struct sip_flow *flow, struct sip_msg *msg,
			     struct request *req);
/* the contact with this index: NULL, or why it cannot be had */
const char *b2b_request_item(const struct request *req, int i, struct item *item);
/* what a registrar would have to grant of it; its own words are to be added */
struct bind_grant b2b_request_grant(const struct request *req,
				    const struct item *item);
/* does something between the phone and us change addresses, as far as it can be seen? */
bool b2b_request_nat(const struct request *req, int i);

/* the values of all fields of a kind in one text; false if it does not go in */
bool b2b_request_values(const struct sip_msg *msg, enum sip_hdr id, char *buf,
			size_t size, struct span *text);
/* parameters but for expires and what a registrar makes, or, with @only, only that; false
 * if they do not go in, or one could end the contact that it stands behind
 */
bool b2b_request_params(struct span rest, bool only, char *buf, size_t size);
/* seconds of a Contact, or of the message where that says nothing */
uint32_t b2b_request_expires(const struct sip_msg *msg, const struct sip_addr *addr,
			     uint32_t otherwise);

#endif /* B2B_REQUEST_H */
