/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of a message share. */
#ifndef SIP_PRIVATE_H
#define SIP_PRIVATE_H

#include "sip/message.h"

/**
 * struct sip_list - the values of one kind of header field, taken apart
 * @next: another kind
 * @id: kind
 * @n: how many, or -EBADMSG
 * @via: with SIP_HDR_VIA
 * @addr: with all others
 */
struct sip_list {
	struct sip_list *next;
	enum sip_hdr id;
	int n;
	struct sip_via *via;
	struct sip_addr *addr;
};

/** sip_lists_free() - all of them */
void sip_lists_free(struct sip_list *list);

#endif /* SIP_PRIVATE_H */
