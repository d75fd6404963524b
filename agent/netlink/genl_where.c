// SPDX-License-Identifier: GPL-2.0
/*
 * Which thing of a request does the kernel complain of?  Its extended
 * acknowledgement gives the offset of an attribute in the request; a message of
 * 512 bridges would otherwise be refused without a name.
 */
#include <inttypes.h>
#include <netlink/genl/genl.h>
#include <stdio.h>

#include "genl_attr.h"

static const char *leg_word(int type)
{
	static const char *const words[RTPLANE_LEG_A_MAX + 1] = {
		[RTPLANE_LEG_A_REMOTE] = " remote",
		[RTPLANE_LEG_A_LATCH] = " latch",
		[RTPLANE_LEG_A_PREFIX] = " prefix",
		[RTPLANE_LEG_A_PROBATION] = " probation",
		[RTPLANE_LEG_A_EARLY] = " early",
		[RTPLANE_LEG_A_RELATCH] = " relatch",
		[RTPLANE_LEG_A_TIE] = " tie",
		[RTPLANE_LEG_A_DSCP_MODE] = " dscp",
		[RTPLANE_LEG_A_DSCP] = " dscp",
		[RTPLANE_LEG_A_DSCP_MAP] = " dscp map",
		[RTPLANE_LEG_A_ACCEPT] = " accept",
		[RTPLANE_LEG_A_UNKNOWN] = " unknown",
		[RTPLANE_LEG_A_PPS] = " pps",
		[RTPLANE_LEG_A_BPS] = " bps",
		[RTPLANE_LEG_A_MARK] = " mark",
		[RTPLANE_LEG_A_OIF] = " oif",
		[RTPLANE_LEG_A_SILENCE] = " silence",
		[RTPLANE_LEG_A_UNLATCH] = " unlatch",
		[RTPLANE_LEG_A_PROVEN] = " proven",
		[RTPLANE_LEG_A_COOKIE] = " cookie",
		[RTPLANE_LEG_A_MOVED] = " moved",
		[RTPLANE_LEG_A_SSRC_GUARD] = " ssrc-guard",
		[RTPLANE_LEG_A_SRTP_RX] = " srtp-rx",
		[RTPLANE_LEG_A_SRTP_TX] = " srtp-tx",
		[RTPLANE_LEG_A_ONLY] = " only",
		[RTPLANE_LEG_A_SAVED] = " state",
		[RTPLANE_LEG_A_DIGITS] = " digits",
		[RTPLANE_LEG_A_BLOCK] = " block",
		[RTPLANE_LEG_A_MUTE] = " mute",
		[RTPLANE_LEG_A_COPY] = " copy",
		[RTPLANE_LEG_A_NO_COPY] = " copy",
	};

	return type <= RTPLANE_LEG_A_MAX && words[type] ? words[type] : "";
}

static bool holds(const struct nlattr *at, const char *spot)
{
	return spot >= (const char *)at && spot < (const char *)at + at->nla_len;
}

static void where_leg(struct nlattr *leg, const char *spot, char *text,
		      size_t len)
{
	struct dp_addr local = {};
	char addr[DP_ADDR_STRLEN];
	const char *word = "";
	struct nlattr *at;
	int rem;

	nla_for_each_nested(at, leg, rem) {
		if (nla_type(at) == RTPLANE_LEG_A_LOCAL)
			genl_parse_addr(at, &local);
		if (holds(at, spot))
			word = leg_word(nla_type(at));
	}
	if (local.family)
		snprintf(text, len, "leg %s%s",
			 dp_addr_str(&local, addr, sizeof(addr)), word);
}

/* the bridge itself goes by the name of its first leg, or by its cookie */
static void where_bridge(struct nlattr *bridge, const char *spot, char *text,
			 size_t len)
{
	struct nlattr *first = NULL;
	struct nlattr *at;
	int rem;

	nla_for_each_nested(at, bridge, rem) {
		if (nla_type(at) == RTPLANE_BRIDGE_A_COOKIE)
			snprintf(text, len, "cookie %" PRIu64,
				 nla_get_u64(at));
		if (nla_type(at) != RTPLANE_BRIDGE_A_LEG)
			continue;
		if (!first)
			first = at;
		if (holds(at, spot)) {
			where_leg(at, spot, text, len);
			return;
		}
	}
	if (first)
		where_leg(first, spot, text, len);
}

static void where_dev(struct nlattr *dev, char *text, size_t len)
{
	struct nlattr *name = nla_find(nla_data(dev), nla_len(dev),
				       RTPLANE_DEV_A_NAME);

	if (name)
		snprintf(text, len, "device %.*s", nla_len(name),
			 (const char *)nla_data(name));
}

static void where_natmap(struct nlattr *natmap, char *text, size_t len)
{
	struct nlattr *ext = nla_find(nla_data(natmap), nla_len(natmap),
				      RTPLANE_NATMAP_A_EXT);
	char addr[DP_ADDR_STRLEN];
	struct dp_addr host;

	if (ext && !genl_parse_addr(ext, &host))
		snprintf(text, len, "natmap %s",
			 dp_addr_str(&host, addr, sizeof(addr)));
}

void genl_where(struct nlmsghdr *request, uint32_t offset, char *text,
		size_t len)
{
	const char *spot = (const char *)request + offset;
	struct genlmsghdr *hdr = nlmsg_data(request);
	struct nlattr *at;
	int rem;

	text[0] = '\0';
	nla_for_each_attr(at, genlmsg_attrdata(hdr, 0),
			  genlmsg_attrlen(hdr, 0), rem) {
		if (!holds(at, spot))
			continue;
		switch (nla_type(at)) {
		case RTPLANE_A_DEV:
			where_dev(at, text, len);
			break;
		case RTPLANE_A_BRIDGE:
			where_bridge(at, spot, text, len);
			break;
		case RTPLANE_A_LEG:
			where_leg(at, spot, text, len);
			break;
		case RTPLANE_A_NATMAP:
			where_natmap(at, text, len);
			break;
		}
		return;
	}
}
