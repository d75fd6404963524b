// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "header.h"

/*
 * Ours on each side (dialog, routing, hop), or made anew (contents), or about
 * dialogs by an identity that the other side does not know (Replaces, ...).
 */
static const char *const held_back[] = {
	"Via", "Route", "Record-Route", "From", "To", "Call-ID", "CSeq",
	"Contact", "Max-Forwards", "Content-Length", "Content-Type",
	"Content-Encoding", "Content-Disposition", "Content-Language",
	"MIME-Version", "Supported", "Require", "Proxy-Require", "Allow",
	"Timestamp", "RSeq", "RAck", "Replaces", "Join", "Target-Dialog",
	"Path", "Service-Route", "In-Reply-To", "Refer-To", "Referred-By",
};

static const char *name_of(const sip_header_t *h)
{
	if (h->sh_class == sip_unknown_class)
		return h->sh_unknown->un_name;
	return h->sh_class->hc_name;
}

static bool is_held_back(const sip_header_t *h)
{
	const char *name = name_of(h);
	size_t i;

	if (!name || !*name || h->sh_class == sip_request_class ||
	    h->sh_class == sip_status_class ||
	    h->sh_class == sip_payload_class ||
	    h->sh_class == sip_separator_class ||
	    h->sh_class == sip_error_class)
		return true;
	for (i = 0; i < sizeof(held_back) / sizeof(*held_back); i++)
		if (!strcasecmp(held_back[i], name))
			return true;
	return false;
}

static bool has_item(const msg_list_t *list, const char *item)
{
	unsigned int i;

	for (i = 0; list && list->k_items && list->k_items[i]; i++)
		if (!strcasecmp(list->k_items[i], item))
			return true;
	return false;
}

static int pass_extensions(msg_t *to, const sip_t *from)
{
	sip_t *sip = sip_object(to);

	if (has_item(from->sip_supported, "timer") &&
	    sip_add_make(to, sip, sip_supported_class, "timer"))
		return -1;
	if (has_item(from->sip_require, "timer") &&
	    sip_add_make(to, sip, sip_require_class, "timer"))
		return -1;
	return 0;
}

int sip_headers_pass(msg_t *to, const sip_t *from)
{
	const sip_header_t *h = from->sip_request ?
		(const sip_header_t *)from->sip_request :
		(const sip_header_t *)from->sip_status;
	su_home_t *home = msg_home(to);
	msg_header_t *copy;

	for (; h; h = (const sip_header_t *)h->sh_succ) {
		if (is_held_back(h))
			continue;
		copy = msg_header_dup_one(home, (const msg_header_t *)h);
		if (!copy || msg_header_insert(to, (msg_pub_t *)sip_object(to),
					       copy) < 0)
			return -1;
	}
	return pass_extensions(to, from);
}

int sip_body_set(msg_t *to, const char *type, const char *body, size_t len)
{
	sip_payload_t *payload = sip_payload_create(msg_home(to), body, len);
	sip_t *sip = sip_object(to);

	if (!payload || sip_add_make(to, sip, sip_content_type_class, type) ||
	    sip_header_insert(to, sip, (sip_header_t *)payload) < 0)
		return -1;
	return 0;
}

static int pass_one(msg_t *to, const void *header)
{
	if (!header)
		return 0;
	return sip_add_dup(to, sip_object(to), header);
}

int sip_body_pass(msg_t *to, const sip_t *from)
{
	if (!from->sip_payload)
		return 0;
	if (pass_one(to, from->sip_content_type) ||
	    pass_one(to, from->sip_content_disposition) ||
	    pass_one(to, from->sip_content_encoding) ||
	    pass_one(to, from->sip_mime_version))
		return -1;
	return pass_one(to, from->sip_payload);
}

int sip_has_sdp(const sip_t *sip)
{
	const sip_content_type_t *type = sip->sip_content_type;

	if (!sip->sip_payload || !sip->sip_payload->pl_len)
		return 0;
	if (sip->sip_content_encoding &&
	    !has_item((const msg_list_t *)sip->sip_content_encoding,
		      "identity"))
		return -1;
	if (!type || !type->c_type ||
	    strcasecmp(type->c_type, "application/sdp"))
		return -1;
	if (sip->sip_content_disposition &&
	    strcasecmp(sip->sip_content_disposition->cd_type, "session"))
		return -1;
	return 1;
}

void sip_source(msg_t *msg, struct dp_addr *addr)
{
	const su_sockaddr_t *from = msg ? msg_addr(msg) : NULL;

	memset(addr, 0, sizeof(*addr));
	if (from)
		dp_addr_from_sockaddr(addr, &from->su_sa, SU_SOCKADDR_SIZE(from));
}

static bool is_private_v4(uint32_t a)
{
	return (a & 0xff000000) == 0x0a000000 ||	/* 10/8 */
	       (a & 0xfff00000) == 0xac100000 ||	/* 172.16/12 */
	       (a & 0xffff0000) == 0xc0a80000 ||	/* 192.168/16 */
	       (a & 0xffc00000) == 0x64400000 ||	/* 100.64/10 */
	       (a & 0xffff0000) == 0xa9fe0000 ||	/* 169.254/16 */
	       (a & 0xff000000) == 0x7f000000 ||	/* 127/8 */
	       (a & 0xff000000) == 0;			/* 0/8 */
}

bool sip_is_private(const struct dp_addr *addr)
{
	if (addr->family == AF_INET)
		return is_private_v4(ntohl(addr->v4.s_addr));
	if (addr->family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&addr->v6) ||
	       IN6_IS_ADDR_LINKLOCAL(&addr->v6) ||
	       IN6_IS_ADDR_UNSPECIFIED(&addr->v6) ||
	       (addr->v6.s6_addr[0] & 0xfe) == 0xfc;	/* fc00::/7 */
}

static bool same_host(const struct dp_addr *a, const struct dp_addr *b)
{
	struct dp_addr x = *a, y = *b;

	x.port = 0;
	y.port = 0;
	return dp_addr_eq(&x, &y);
}

bool sip_url_is_usable(const url_t *url)
{
	return (url->url_type == url_sip || url->url_type == url_sips) &&
	       url->url_host && *url->url_host;
}

bool sip_url_is_numeric(const url_t *url)
{
	struct dp_addr addr;

	return dp_addr_parse_host(url->url_host, &addr) &&
	       !url_has_param(url, "maddr");
}

const sip_contact_t *sip_contact_fixed(su_home_t *home,
				       const sip_contact_t *contact,
				       const struct dp_addr *source)
{
	char text[DP_ADDR_STRLEN], port[8];
	sip_contact_t *fixed;
	struct dp_addr addr;

	if (!contact || !source->family ||
	    !sip_url_is_usable(contact->m_url) ||
	    !dp_addr_parse_host(contact->m_url->url_host, &addr) ||
	    !sip_is_private(&addr) || same_host(&addr, source))
		return contact;
	fixed = sip_contact_dup(home, contact);
	if (!fixed)
		return NULL;
	addr = *source;
	addr.port = 0;
	dp_addr_str(&addr, text, sizeof(text));
	snprintf(port, sizeof(port), "%u", source->port);
	fixed->m_url->url_host = su_sprintf(home, addr.family == AF_INET6 ?
					    "[%s]" : "%s", text);
	fixed->m_url->url_port = su_strdup(home, port);
	return fixed->m_url->url_host && fixed->m_url->url_port ? fixed : NULL;
}

sip_from_t *sip_identity(su_home_t *home, const sip_addr_t *from,
			 const char *host)
{
	sip_from_t bare[1];
	struct dp_addr addr;
	sip_from_t *copy;

	sip_from_init(bare);
	bare->a_display = from->a_display;
	*bare->a_url = *from->a_url;
	copy = sip_from_dup(home, bare);
	if (!copy || !host || !copy->a_url->url_host ||
	    !dp_addr_parse_host(copy->a_url->url_host, &addr))
		return copy;
	copy->a_url->url_host = su_strdup(home, host);
	copy->a_url->url_port = NULL;
	return copy->a_url->url_host ? copy : NULL;
}
