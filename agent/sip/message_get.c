// SPDX-License-Identifier: GPL-2.0
/* What of a message is read when somebody asks for it. */
#include <errno.h>

#include "sip/message.h"
#include "sip/private.h"

struct span sip_msg_other(const struct sip_msg *msg, const char *name)
{
	unsigned int i;

	for (i = 0; i < msg->n_headers; i++)
		if (msg->header[i].id == SIP_HDR_OTHER &&
		    span_iscase(msg->header[i].name, name))
			return msg->header[i].value;
	return (struct span){ NULL, 0 };
}

bool sip_iter_next(struct sip_iter *it, struct span *item)
{
	if (!it->begun) {
		it->begun = true;
		it->at = sip_msg_first(it->msg, it->id);
		it->rest = it->at ? it->at->value : (struct span){ NULL, 0 };
	}
	while (it->at) {
		if (sip_list_next(&it->rest, item))
			return true;
		it->at = sip_msg_after(it->msg, it->at);
		if (it->at)
			it->rest = it->at->value;
	}
	return false;
}

bool sip_msg_has(const struct sip_msg *msg, enum sip_hdr id, const char *token)
{
	struct sip_iter it = SIP_ITER(msg, id);
	struct span item, word;

	while (sip_iter_next(&it, &item)) {
		word = span_trim(span_cut(&item, ';'));
		if (id == SIP_HDR_ALLOW ? span_is(word, token) :
					  span_iscase(word, token))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------- lists */

void sip_lists_free(struct sip_list *list)
{
	struct sip_list *next;

	for (; list; list = next) {
		next = list->next;
		free(list->via);
		free(list->addr);
		free(list);
	}
}

static struct sip_list *find_list(struct sip_msg *msg, enum sip_hdr id)
{
	struct sip_list *list;

	for (list = msg->lists; list; list = list->next)
		if (list->id == id)
			return list;
	return NULL;
}

static unsigned int count_items(const struct sip_msg *msg, enum sip_hdr id)
{
	struct sip_iter it = SIP_ITER(msg, id);
	unsigned int n = 0;
	struct span item;

	while (n <= SIP_MAX_LIST && sip_iter_next(&it, &item))
		n++;
	return n;
}

static int read_items(const struct sip_msg *msg, struct sip_list *list,
		      unsigned int n)
{
	struct sip_iter it = SIP_ITER(msg, list->id);
	unsigned int i;
	struct span item;
	const char *why;

	for (i = 0; i < n && sip_iter_next(&it, &item); i++) {
		why = list->via ? sip_via_read(item, &list->via[i]) :
				  sip_addr_read(item, &list->addr[i]);
		if (why)
			return -EBADMSG;
	}
	return (int)n;
}

/* the list of a kind, made now if it is the first time; NULL without memory */
static struct sip_list *get_list(struct sip_msg *msg, enum sip_hdr id)
{
	struct sip_list *list = find_list(msg, id);
	unsigned int n;

	if (list)
		return list;
	n = count_items(msg, id);
	list = calloc(1, sizeof(*list));
	if (!list)
		return NULL;
	list->id = id;
	list->n = -EBADMSG;
	if (n && n <= SIP_MAX_LIST) {
		if (id == SIP_HDR_VIA)
			list->via = calloc(n, sizeof(*list->via));
		else
			list->addr = calloc(n, sizeof(*list->addr));
		if (!list->via && !list->addr) {
			free(list);
			return NULL;
		}
	}
	if (n <= SIP_MAX_LIST)
		list->n = read_items(msg, list, n);
	list->next = msg->lists;
	msg->lists = list;
	return list;
}

int sip_msg_vias(struct sip_msg *msg, const struct sip_via **via)
{
	const struct sip_list *list = get_list(msg, SIP_HDR_VIA);

	*via = NULL;
	if (!list)
		return -ENOMEM;
	if (list->n >= 0)
		*via = list->via;
	return list->n;
}

int sip_msg_addrs(struct sip_msg *msg, enum sip_hdr id,
		  const struct sip_addr **addr)
{
	const struct sip_list *list;

	*addr = NULL;
	if (msg->first[id] == SIP_NO_HEADER)
		return 0;
	list = get_list(msg, id);
	if (!list)
		return -ENOMEM;
	if (list->n >= 0)
		*addr = list->addr;
	return list->n;
}

const struct sip_addr *sip_msg_contact(struct sip_msg *msg,
				       struct sip_fault *fault)
{
	const struct sip_addr *addr;
	int n = sip_msg_addrs(msg, SIP_HDR_CONTACT, &addr);

	if (n == -ENOMEM)
		sip_fault_set(fault, 500, "out of memory");
	else if (n < 0)
		sip_fault_set(fault, 400, "Contact: it is no address");
	else if (!n)
		sip_fault_set(fault, 400, "there is no Contact");
	else if (n > 1)
		sip_fault_set(fault, 400, "there are %d Contacts, not one", n);
	else if (addr->star || !sip_uri_is_sip(&addr->uri))
		sip_fault_set(fault, 400, "Contact: it is no SIP URI");
	else
		return addr;
	return NULL;
}

/* ----------------------------------------------------------- single values */

int sip_msg_seconds(const struct sip_msg *msg, enum sip_hdr id, uint32_t *value)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	if (!h)
		return 0;
	return sip_delta_seconds(h->value, value) ? 1 : -EBADMSG;
}

int sip_msg_session_expires(const struct sip_msg *msg,
			    struct sip_session_expires *se)
{
	const struct sip_header *h = sip_msg_first(msg, SIP_HDR_SESSION_EXPIRES);

	if (!h)
		return 0;
	return sip_session_expires_read(h->value, se) ? -EBADMSG : 1;
}

int sip_msg_rack(const struct sip_msg *msg, struct sip_rack *rack)
{
	const struct sip_header *h = sip_msg_first(msg, SIP_HDR_RACK);

	if (!h)
		return 0;
	return sip_rack_read(h->value, rack) ? -EBADMSG : 1;
}

int sip_msg_dialog_id(const struct sip_msg *msg, enum sip_hdr id,
		      struct sip_dialog_id *dialog)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	if (!h)
		return 0;
	return sip_dialog_id_read(h->value, dialog) ? -EBADMSG : 1;
}

int sip_msg_typed(const struct sip_msg *msg, enum sip_hdr id,
		  struct sip_value *value)
{
	const struct sip_header *h = sip_msg_first(msg, id);

	if (!h)
		return 0;
	return sip_value_read(h->value, value) ? -EBADMSG : 1;
}

static bool is_known(struct span item, const char *const known[])
{
	for (; *known; known++)
		if (span_iscase(item, *known))
			return true;
	return false;
}

bool sip_msg_unsupported(const struct sip_msg *msg, enum sip_hdr id,
			 const char *const known[], char *buf, size_t size)
{
	struct sip_iter it = SIP_ITER(msg, id);
	bool any = false;
	struct span item;
	size_t n = 0;

	buf[0] = '\0';
	while (sip_iter_next(&it, &item)) {
		if (is_known(item, known))
			continue;
		any = true;
		if (!sip_is_token(item) || n + item.n + 3 > size)
			continue;
		if (n) {
			memcpy(buf + n, ", ", 2);
			n += 2;
		}
		memcpy(buf + n, item.p, item.n);
		n += item.n;
		buf[n] = '\0';
	}
	return any;
}
