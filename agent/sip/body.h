/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bodies: where the session description is, alone or in a multipart (RFC 5621),
 * and how another one is put in its place.
 */
#ifndef SIP_BODY_H
#define SIP_BODY_H

#include "sip/message.h"
#include "sip/write.h"

/**
 * enum sip_body_kind - what a message carries
 * @SIP_BODY_NONE: nothing, or nothing but a Content-Type
 * @SIP_BODY_SDP: a session description
 * @SIP_BODY_PART: a session description in a multipart
 * @SIP_BODY_OPTIONAL: something else, which nobody needs to understand
 *	(handling=optional): for offer and answer it is as if there were nothing
 * @SIP_BODY_OTHER: something else: 415, if a description was needed
 * @SIP_BODY_ENCODED: compressed or the like: 415
 * @SIP_BODY_BAD: a multipart that cannot be read: 400
 */
enum sip_body_kind {
	SIP_BODY_NONE,
	SIP_BODY_SDP,
	SIP_BODY_PART,
	SIP_BODY_OPTIONAL,
	SIP_BODY_OTHER,
	SIP_BODY_ENCODED,
	SIP_BODY_BAD
};

/**
 * struct sip_part - a part of a multipart
 * @head: its header fields, without the empty line
 * @body: what follows
 * @type: Content-Type; absent if there is none (text/plain)
 * @disposition: Content-Disposition; absent if there is none
 * @encoding: Content-Transfer-Encoding; absent if there is none
 */
struct sip_part {
	struct span head;
	struct span body;
	struct span type;
	struct span disposition;
	struct span encoding;
};

/**
 * struct sip_body - a message's body, looked at
 * @kind: what it is
 * @sdp: with SIP_BODY_SDP and SIP_BODY_PART the description, in the message
 * @part: with SIP_BODY_PART the part that it is
 */
struct sip_body {
	enum sip_body_kind kind;
	struct span sdp;
	struct sip_part part;
};

/**
 * sip_body_look() - what does a message carry?
 * @msg: the message
 * @body: filled
 *
 * The first application/sdp whose disposition is a session counts, at most
 * SIP_MAX_NESTING multiparts deep.
 *
 * Return: @body->kind.
 */
enum sip_body_kind sip_body_look(const struct sip_msg *msg,
				 struct sip_body *body);

/**
 * sip_body_find() - the description in a multipart that is about to be sent
 * @type: its Content-Type
 * @text: the multipart
 * @body: filled likewise
 *
 * Return: @body->kind.
 */
enum sip_body_kind sip_body_find(struct span type, struct span text, struct sip_body *body);

/**
 * sip_body_count_sdp() - how many descriptions are in a multipart
 * @type: its Content-Type
 * @text: the multipart
 *
 * Return: parts that are application/sdp, whatever they are for; multiparts that cannot
 * be read count as one each, since another may find one in there.
 */
unsigned int sip_body_count_sdp(struct span type, struct span text);

/**
 * sip_body_write_sdp() - end a message with a description in the place of another
 * @w: the message that is being built
 * @from: the message received
 * @body: what sip_body_look() has said of it
 * @sdp: description to put there
 *
 * With SIP_BODY_PART all other parts stay what they are.  With kinds that have
 * no description the body becomes @sdp alone.  Content-* and the end of the
 * head are written here.
 */
void sip_body_write_sdp(struct sip_writer *w, const struct sip_msg *from,
			const struct sip_body *body, struct span sdp);

/**
 * sip_body_write_copy() - end a message with a body that we do not look into
 * @w: the message that is being built
 * @from: the message received; without a body the message gets none
 */
void sip_body_write_copy(struct sip_writer *w, const struct sip_msg *from);

/**
 * sip_part_next() - the next part of a multipart
 * @rest: body of the multipart; afterwards what follows the part
 * @boundary: its boundary
 * @part: filled
 *
 * Return: 1; 0 at the end, -EBADMSG if there is no first boundary.
 */
int sip_part_next(struct span *rest, struct span boundary, struct sip_part *part);

/**
 * sip_boundary() - the boundary of a multipart
 * @type: Content-Type
 * @boundary: filled, without quotes
 *
 * Return: true if @type is a multipart with a boundary that can be one.
 */
bool sip_boundary(struct span type, struct span *boundary);

#endif /* SIP_BODY_H */
