// SPDX-License-Identifier: GPL-2.0
/* Rules that can be loaded: nft -f, iptables-restore, ip6tables-restore. */
#include <netinet/in.h>
#include <string.h>

#include "private.h"

static const char *view_name(enum firewall_view view)
{
	return view == FIREWALL_HOST ? "host" : view == FIREWALL_EDGE ? "edge" :
								       "customer";
}

static const char *host_of(const struct dp_addr *addr, char buf[DP_ADDR_STRLEN])
{
	struct dp_addr host = *addr;

	host.port = 0;
	return dp_addr_str(&host, buf, DP_ADDR_STRLEN);
}

static void head(FILE *f, enum firewall_view view, const char *how)
{
	const char *const *advice = firewall_advice(view);

	fprintf(f, "# rtplane %s: what the %s's firewall lets through, for %s\n",
		RTPLANE_VERSION, view_name(view), how);
	for (; *advice; advice++)
		fprintf(f, "# * %s\n", *advice);
}

static size_t sources_of(const struct opening *o, int family)
{
	size_t i, n = 0;

	for (i = 0; i < o->n_from; i++)
		n += o->from[i].addr.family == family;
	return n;
}

/* nobody of this family may */
static bool is_void(const struct opening *o)
{
	return o->from && !sources_of(o, o->listen.family);
}

/* -------------------------------------------------------------------------- nft */

/* all of that family may */
static bool is_everybody(const struct opening *o)
{
	size_t i;

	for (i = 0; i < o->n_from; i++)
		if (o->from[i].addr.family == o->listen.family &&
		    !o->from[i].len)
			return true;
	return !o->from;
}

static void nft_sources(FILE *f, const struct opening *o)
{
	bool v4 = o->listen.family == AF_INET;
	const char *comma = "";
	char text[64];
	size_t i;

	if (is_everybody(o))
		return;
	fprintf(f, "%s saddr { ", v4 ? "ip" : "ip6");
	for (i = 0; i < o->n_from; i++) {
		if (o->from[i].addr.family != o->listen.family)
			continue;
		fprintf(f, "%s%s", comma, opening_prefix(&o->from[i], text));
		comma = ", ";
	}
	fputs(" } ", f);
}

/* sources are not named to the subscriber, who is one */
static void nft_rule(FILE *f, const struct opening *o, enum firewall_view view)
{
	char addr[DP_ADDR_STRLEN], ports[16];

	if (is_void(o))
		return;
	fputs("\t\t", f);
	if (dp_addr_is_any(&o->listen))
		fprintf(f, "meta nfproto %s ",
			o->listen.family == AF_INET ? "ipv4" : "ipv6");
	else
		fprintf(f, "%s daddr %s ",
			o->listen.family == AF_INET ? "ip" : "ip6",
			host_of(opening_address(o, view), addr));
	if (view != FIREWALL_CUSTOMER)
		nft_sources(f, o);
	fprintf(f, "%s dport %s counter accept comment \"%s%s%s\"\n",
		o->tcp ? "tcp" : "udp", opening_ports(o, '-', ports), o->what,
		*o->realm ? ", realm " : "", o->realm);
}

/* of addresses that are known by others: each once, by its media */
static bool is_to_map(const struct opening *o)
{
	return opening_is_mapped(o) && !dp_addr_is_any(&o->listen);
}

static void nft_nat(FILE *f, const struct openings *all)
{
	char from[DP_ADDR_STRLEN], to[DP_ADDR_STRLEN], ports[16];
	const struct opening *o;

	fputs("\n\tchain prerouting {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n", f);
	for (o = all->list; o < all->list + all->n; o++)
		if (is_to_map(o))
			fprintf(f, "\t\t%s daddr %s %s dport %s dnat %s to %s\n",
				o->listen.family == AF_INET ? "ip" : "ip6",
				host_of(&o->advertise, from),
				o->tcp ? "tcp" : "udp",
				opening_ports(o, '-', ports),
				o->listen.family == AF_INET ? "ip" : "ip6",
				host_of(&o->listen, to));
	fputs("\t}\n\n\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n", f);
	for (o = all->list; o < all->list + all->n; o++)
		if (is_to_map(o))
			fprintf(f, "\t\t%s saddr %s %s sport %s snat %s to %s\n",
				o->listen.family == AF_INET ? "ip" : "ip6",
				host_of(&o->listen, from),
				o->tcp ? "tcp" : "udp",
				opening_ports(o, '-', ports),
				o->listen.family == AF_INET ? "ip" : "ip6",
				host_of(&o->advertise, to));
	fputs("\t}\n", f);
}

/* whatever this host begins goes out; so it does through the firewall before it */
static void nft_outgoing(FILE *f, const struct openings *all)
{
	char addr[DP_ADDR_STRLEN];
	const struct opening *o;

	for (o = all->list; o < all->list + all->n; o++)
		if (!dp_addr_is_any(&o->listen) && !strcmp(o->what, "media"))
			fprintf(f, "\t\t%s saddr %s counter accept comment \"from the media host\"\n",
				o->listen.family == AF_INET ? "ip" : "ip6",
				host_of(&o->listen, addr));
}

static bool any_mapped(const struct openings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (is_to_map(&all->list[i]))
			return true;
	return false;
}

void firewall_nft(FILE *f, const struct openings *all, enum firewall_view view)
{
	const char *hook = view == FIREWALL_HOST ? "input" : "forward";
	size_t i;

	head(f, view, "nft -f");
	fprintf(f, "table inet rtplane_%s\ndelete table inet rtplane_%s\ntable inet rtplane_%s {\n",
		view_name(view), view_name(view), view_name(view));
	fprintf(f, "\tchain %s {\n\t\ttype filter hook %s priority filter; policy drop;\n",
		hook, hook);
	if (view == FIREWALL_HOST)
		fputs("\t\tiif lo accept\n", f);
	fputs("\t\tct state established,related accept\n\t\tmeta l4proto { icmp, ipv6-icmp } accept\n", f);
	for (i = 0; i < all->n; i++)
		nft_rule(f, &all->list[i], view);
	if (view == FIREWALL_EDGE)
		nft_outgoing(f, all);
	fputs("\t}\n", f);
	if (view == FIREWALL_EDGE && any_mapped(all))
		nft_nat(f, all);
	fputs("}\n", f);
}

/* --------------------------------------------------------------------- iptables */

static void ipt_rule(FILE *f, const struct opening *o, enum firewall_view view,
		     const struct prefix *from)
{
	char addr[DP_ADDR_STRLEN], prefix[64], ports[16];

	fprintf(f, "-A %s", view == FIREWALL_HOST ? "INPUT" : "FORWARD");
	if (from)
		fprintf(f, " -s %s", opening_prefix(from, prefix));
	if (!dp_addr_is_any(&o->listen))
		fprintf(f, " -d %s", host_of(opening_address(o, view), addr));
	fprintf(f, " -p %s --dport %s -m comment --comment \"%s%s%s\" -j ACCEPT\n",
		o->tcp ? "tcp" : "udp", opening_ports(o, ':', ports), o->what,
		*o->realm ? ", realm " : "", o->realm);
}

static void ipt_opening(FILE *f, const struct opening *o, enum firewall_view view)
{
	size_t i;

	if (is_everybody(o) || view == FIREWALL_CUSTOMER) {
		if (!is_void(o))
			ipt_rule(f, o, view, NULL);
		return;
	}
	for (i = 0; i < o->n_from; i++)
		if (o->from[i].addr.family == o->listen.family)
			ipt_rule(f, o, view, &o->from[i]);
}

static void ipt_nat(FILE *f, const struct openings *all, int family)
{
	char from[DP_ADDR_STRLEN], to[DP_ADDR_STRLEN], ports[16];
	const struct opening *o;

	fputs("*nat\n", f);
	for (o = all->list; o < all->list + all->n; o++) {
		if (!is_to_map(o) || o->listen.family != family)
			continue;
		fprintf(f, "-A PREROUTING -d %s -p %s --dport %s -j DNAT --to-destination %s\n",
			host_of(&o->advertise, from), o->tcp ? "tcp" : "udp",
			opening_ports(o, ':', ports), host_of(&o->listen, to));
		fprintf(f, "-A POSTROUTING -s %s -p %s --sport %s -j SNAT --to-source %s\n",
			host_of(&o->listen, from), o->tcp ? "tcp" : "udp", ports,
			host_of(&o->advertise, to));
	}
	fputs("COMMIT\n", f);
}

void firewall_iptables(FILE *f, const struct openings *all,
		       enum firewall_view view, int family)
{
	const char *chain = view == FIREWALL_HOST ? "INPUT" : "FORWARD";
	char addr[DP_ADDR_STRLEN];
	const struct opening *o;

	head(f, view, family == AF_INET ? "iptables-restore" : "ip6tables-restore");
	fprintf(f, "*filter\n:%s DROP [0:0]\n", chain);
	if (view == FIREWALL_HOST)
		fprintf(f, "-A %s -i lo -j ACCEPT\n", chain);
	fprintf(f, "-A %s -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A %s -p %s -j ACCEPT\n",
		chain, chain, family == AF_INET ? "icmp" : "ipv6-icmp");
	for (o = all->list; o < all->list + all->n; o++)
		if (o->listen.family == family)
			ipt_opening(f, o, view);
	for (o = all->list; view == FIREWALL_EDGE && o < all->list + all->n; o++)
		if (o->listen.family == family && !dp_addr_is_any(&o->listen) &&
		    !strcmp(o->what, "media"))
			fprintf(f, "-A %s -s %s -j ACCEPT\n", chain,
				host_of(&o->listen, addr));
	fputs("COMMIT\n", f);
	if (view == FIREWALL_EDGE && any_mapped(all))
		ipt_nat(f, all, family);
}
