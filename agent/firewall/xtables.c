// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of iptables, where it is the one of nftables: what it says in words of its own.
 * Those that most rule sets have are known here, and all others leave it open.
 */
#include <netinet/in.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

#include "packet.h"

#define LOCAL	(1u << 2)	/* of xt_addrtype: RTN_LOCAL */

static enum match truth(bool yes)
{
	return yes ? MATCH_YES : MATCH_NO;
}

static enum match on_conntrack(uint32_t rev, const void *data, uint32_t len,
			       uint32_t state)
{
	const struct xt_conntrack_mtinfo3 *info = data;

	/* of other revisions the mask is elsewhere */
	if (rev < 2 || len < sizeof(struct xt_conntrack_mtinfo2) ||
	    (info->match_flags & ~XT_CONNTRACK_STATE_ALIAS) != XT_CONNTRACK_STATE)
		return MATCH_MAYBE;
	return truth(!(info->state_mask & state) ==
		     !!(info->invert_flags & XT_CONNTRACK_STATE));
}

static enum match on_ports(const uint16_t sources[2], const uint16_t to[2], bool not,
			   uint16_t port)
{
	bool in = port >= to[0] && port <= to[1];

	if (in == not)
		return MATCH_NO;
	return !sources[0] && sources[1] == 0xffff ? MATCH_YES : MATCH_MAYBE;
}

static enum match on_udp(const void *data, uint32_t len, uint16_t port)
{
	const struct xt_udp *info = data;

	if (len < sizeof(*info) || info->invflags & XT_UDP_INV_SRCPT)
		return MATCH_MAYBE;
	return on_ports(info->spts, info->dpts, info->invflags & XT_UDP_INV_DSTPT, port);
}

static enum match on_tcp(const void *data, uint32_t len, const struct packet *packet)
{
	const struct xt_tcp *info = data;
	bool flags;

	if (len < sizeof(*info) || info->option ||
	    info->invflags & (XT_TCP_INV_SRCPT | XT_TCP_INV_OPTION))
		return MATCH_MAYBE;
	flags = (packet->transport.value[13] & info->flg_mask) == info->flg_cmp;
	if (flags == !!(info->invflags & XT_TCP_INV_FLAGS))
		return MATCH_NO;
	return on_ports(info->spts, info->dpts, info->invflags & XT_TCP_INV_DSTPT,
			packet_port(packet));
}

static enum match on_multiport(uint32_t rev, const void *data, uint32_t len,
			       uint16_t port)
{
	const struct xt_multiport_v1 *info = data;
	bool in = false;
	unsigned int i;

	if (rev != 1 || len < sizeof(*info) || info->flags != XT_MULTIPORT_DESTINATION)
		return MATCH_MAYBE;
	for (i = 0; i < info->count && i < XT_MULTI_PORTS; i++) {
		if (info->pflags[i] && i + 1 < XT_MULTI_PORTS) {
			in |= port >= info->ports[i] && port <= info->ports[i + 1];
			i++;
		} else {
			in |= port == info->ports[i];
		}
	}
	return truth(in == !info->invert);
}

static enum match on_addrtype(uint32_t rev, const void *data, uint32_t len)
{
	const struct xt_addrtype_info_v1 *info = data;

	if (rev != 1 || len < sizeof(*info) || info->source || info->flags)
		return MATCH_MAYBE;
	return truth(info->dest & LOCAL);
}

enum match xt_match(const char *name, uint32_t rev, const void *info, uint32_t len,
		    uint32_t state, const struct packet *packet)
{
	if (!name || !info)
		return MATCH_MAYBE;
	if (!strcmp(name, "comment") || !strcmp(name, "limit"))
		return MATCH_YES;
	if (!strcmp(name, "conntrack"))
		return on_conntrack(rev, info, len, state);
	if (!strcmp(name, "state") && len >= sizeof(struct xt_state_info))
		return truth(((const struct xt_state_info *)info)->statemask & state);
	if (!strcmp(name, "udp"))
		return packet->tcp ? MATCH_NO : on_udp(info, len, packet_port(packet));
	if (!strcmp(name, "tcp"))
		return packet->tcp ? on_tcp(info, len, packet) : MATCH_NO;
	if (!strcmp(name, "multiport"))
		return on_multiport(rev, info, len, packet_port(packet));
	if (!strcmp(name, "addrtype"))
		return on_addrtype(rev, info, len);
	return MATCH_MAYBE;
}

static bool is_in(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

enum match xt_target(const char *name, const void *info, uint32_t len,
		     struct packet *packet, struct effect *effect)
{
	static const char *const harmless[] = {
		"LOG", "NFLOG", "AUDIT", "TRACE", "DSCP", "TOS", "TTL", "HL", "TCPMSS",
		"CLASSIFY", "CHECKSUM", "SNAT", "MASQUERADE", "TEE", "SET", NULL
	};
	static const char *const away[] = {
		"DNAT", "REDIRECT", "TPROXY", "NETMAP", NULL
	};
	static const char *const marks[] = { "MARK", "CONNMARK", NULL };

	effect->does = DOES_NOTHING;
	if (!name || is_in(name, harmless))
		return MATCH_YES;
	if (is_in(name, marks))
		packet->marked = true;
	else if (is_in(name, away))
		effect->does = DOES_LEAD_AWAY;
	else if (!strcmp(name, "REJECT"))
		effect->does = DOES_REJECT;
	else if (!strcmp(name, "NFQUEUE"))
		effect->does = DOES_QUEUE;
	else if ((!strcmp(name, "CT") || !strcmp(name, "NOTRACK")) && info && len >= 2)
		packet->untracked |= ((const struct xt_ct_target_info *)info)->flags &
				     XT_CT_NOTRACK;
	else
		effect->does = DOES_ANYTHING;
	return MATCH_YES;
}
