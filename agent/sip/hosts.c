// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"
#include "sip/hosts.h"

/* -------------------------------------------------------------- what it comes by */

static struct span bare(struct span host)
{
	if (host.n > 2 && *host.p == '[')
		return (struct span){ host.p + 1, host.n - 2 };
	return host;
}

static bool same(struct span a, struct span b)
{
	return a.n == b.n && !strncasecmp(a.p, b.p, a.n);
}

static bool is_address(struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct dp_addr addr;

	return span_str(bare(host), text, sizeof(text)) &&
	       dp_addr_parse_host(text, &addr);
}

/* a name that both sides are told anyway */
static bool is_told(const struct sip_msg *msg, struct span host)
{
	return same(host, msg->from.uri.host) || same(host, msg->to.uri.host) ||
	       (msg->request && same(host, msg->uri.host));
}

static void add(const struct sip_msg *msg, struct sip_hosts *hosts,
		struct span host, bool numeric)
{
	size_t i;

	host = bare(host);
	if (host.n < 2 || hosts->n == SIP_HOSTS_MAX)
		return;
	/* a name without a dot is a word like others */
	if (!numeric && (!memchr(host.p, '.', host.n) || is_told(msg, host)))
		return;
	for (i = 0; i < hosts->n; i++)
		if (same(hosts->host[i], host))
			return;
	hosts->host[hosts->n++] = host;
}

static void add_addrs(const struct sip_msg *msg, struct sip_hosts *hosts,
		      enum sip_hdr id)
{
	struct sip_iter it = SIP_ITER(msg, id);
	struct sip_addr addr;
	struct span item;

	while (sip_iter_next(&it, &item))
		if (!sip_addr_read(item, &addr) && sip_uri_is_sip(&addr.uri))
			add(msg, hosts, addr.uri.host, addr.uri.addr.family);
}

void sip_hosts_read(const struct sip_msg *msg, struct sip_hosts *hosts)
{
	struct sip_iter it = SIP_ITER(msg, SIP_HDR_VIA);
	struct dp_addr source = msg->source;
	struct sip_via via;
	struct span item;

	hosts->n = 0;
	if (source.family) {
		source.port = 0;
		dp_addr_str(&source, hosts->source, sizeof(hosts->source));
		add(msg, hosts, span_of(hosts->source), true);
	}
	while (sip_iter_next(&it, &item)) {
		if (sip_via_read(item, &via))
			continue;
		add(msg, hosts, via.host, via.addr.family);
		if (is_address(via.received))
			add(msg, hosts, via.received, true);
	}
	add_addrs(msg, hosts, SIP_HDR_CONTACT);
	add_addrs(msg, hosts, SIP_HDR_RECORD_ROUTE);
	add_addrs(msg, hosts, SIP_HDR_ROUTE);
}

/* ------------------------------------------------------------------- in a text */

struct span sip_hosts_find(const struct sip_hosts *hosts, struct span text)
{
	struct span at;

	/* most texts hold no host at all */
	if (!text.n || (!memchr(text.p, '.', text.n) && !memchr(text.p, ':', text.n)))
		return (struct span){ NULL, 0 };
	at = host_find(hosts->host, hosts->n, text);
	if (at.p > text.p && at.p[-1] == '[' &&
	    at.p + at.n < text.p + text.n && at.p[at.n] == ']')
		return (struct span){ at.p - 1, at.n + 2 };
	return at;
}

void sip_hosts_replace(const struct sip_hosts *hosts, struct sip_writer *w,
		       struct span text, struct span host)
{
	struct span at;
	size_t n;

	while ((at = sip_hosts_find(hosts, text)).p) {
		n = (size_t)(at.p - text.p);
		sip_write_text(w, (struct span){ text.p, n });
		sip_write_text(w, host);
		text = span_skip(text, n + at.n);
	}
	sip_write_text(w, text);
}
