// SPDX-License-Identifier: GPL-2.0
/*
 * From attributes that serve_check() has passed to the structures of
 * datapath.h.  What those cannot express is refused here; what it would mean for
 * the legs is the datapath's to judge.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "netlink/genl_attr.h"
#include "serve_ask.h"

/* libnl's readers take no const */
static struct nlattr *unconst(const struct nlattr *at)
{
	return (struct nlattr *)(uintptr_t)at;
}

static void split(struct nlattr **tb, int max, const struct nlattr *nest)
{
	nla_parse(tb, max, nla_data(nest), nla_len(nest), NULL);
}

static int read_ep(struct serve_ask *ask, const struct nlattr *nest,
		   struct dp_addr *addr)
{
	struct nlattr *tb[RTPLANE_EP_A_MAX + 1];

	split(tb, RTPLANE_EP_A_MAX, nest);
	if (!tb[RTPLANE_EP_A_IPV4] == !tb[RTPLANE_EP_A_IPV6])
		return serve_refuse(ask, nest, EINVAL,
				    "an endpoint has exactly one address, IPv4 or IPv6");
	if (!tb[RTPLANE_EP_A_PORT] || !nla_get_u16(tb[RTPLANE_EP_A_PORT]))
		return serve_refuse(ask, nest, EINVAL,
				    "an endpoint has a port from 1 to 65535");
	return genl_parse_addr(unconst(nest), addr) ? -EINVAL : 0;
}

/* the local address that a leg nest, which may be missing, names */
static int read_local(struct serve_ask *ask, const struct nlattr *nest,
		      struct dp_addr *local)
{
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];

	if (!nest)
		return serve_refuse(ask, NULL, EINVAL, "a leg is required");
	split(tb, RTPLANE_LEG_A_MAX, nest);
	if (!tb[RTPLANE_LEG_A_LOCAL])
		return serve_refuse(ask, nest, EINVAL,
				    "a leg's local address is required");
	return read_ep(ask, tb[RTPLANE_LEG_A_LOCAL], local);
}

static int read_eps(struct serve_ask *ask, struct nlattr **tb,
		    struct dp_leg *leg)
{
	const struct {
		int attr;
		uint32_t bit;
		struct dp_addr *addr;
	} eps[] = {
		{ RTPLANE_LEG_A_REMOTE, DP_LEG_REMOTE, &leg->remote },
		{ RTPLANE_LEG_A_TIE, DP_LEG_TIE, &leg->tie },
		{ RTPLANE_LEG_A_PROVEN, DP_LEG_PROVEN, &leg->proven },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(eps) / sizeof(eps[0]); i++) {
		struct nlattr *at = tb[eps[i].attr];

		if (!at)
			continue;
		ret = read_ep(ask, at, eps[i].addr);
		if (ret)
			return ret;
		leg->set |= eps[i].bit;
	}
	return 0;
}

static void read_u8(struct nlattr *at, struct dp_leg *leg, uint32_t bit,
		    uint8_t *value)
{
	if (!at)
		return;
	leg->set |= bit;
	*value = nla_get_u8(at);
}

static void read_u32(struct nlattr *at, struct dp_leg *leg, uint32_t bit,
		     uint32_t *value)
{
	if (!at)
		return;
	leg->set |= bit;
	*value = nla_get_u32(at);
}

static void read_scalars(struct nlattr **tb, struct dp_leg *leg)
{
	uint8_t early = 0, guard = 0, mute = 0;

	read_u8(tb[RTPLANE_LEG_A_ONLY], leg, DP_LEG_ONLY, &leg->only);
	read_u32(tb[RTPLANE_LEG_A_DIGITS], leg, DP_LEG_DIGITS, &leg->digits);
	read_u8(tb[RTPLANE_LEG_A_BLOCK], leg, DP_LEG_BLOCK, &leg->block);
	read_u8(tb[RTPLANE_LEG_A_LATCH], leg, DP_LEG_LATCH, &leg->latch);
	read_u8(tb[RTPLANE_LEG_A_PREFIX], leg, DP_LEG_PREFIX, &leg->prefix);
	read_u8(tb[RTPLANE_LEG_A_PROBATION], leg, DP_LEG_PROBATION,
		&leg->probation);
	read_u8(tb[RTPLANE_LEG_A_EARLY], leg, DP_LEG_EARLY, &early);
	leg->early = early;
	read_u8(tb[RTPLANE_LEG_A_SSRC_GUARD], leg, DP_LEG_SSRC_GUARD, &guard);
	leg->ssrc_guard = guard;
	read_u8(tb[RTPLANE_LEG_A_MUTE], leg, DP_LEG_MUTE, &mute);
	leg->mute = mute;
	read_u32(tb[RTPLANE_LEG_A_RELATCH], leg, DP_LEG_RELATCH, &leg->relatch);
	read_u8(tb[RTPLANE_LEG_A_DSCP_MODE], leg, DP_LEG_DSCP_MODE,
		&leg->dscp_mode);
	read_u8(tb[RTPLANE_LEG_A_DSCP], leg, DP_LEG_DSCP, &leg->dscp);
	read_u8(tb[RTPLANE_LEG_A_ACCEPT], leg, DP_LEG_ACCEPT, &leg->accept);
	read_u8(tb[RTPLANE_LEG_A_UNKNOWN], leg, DP_LEG_UNKNOWN, &leg->unknown);
	read_u32(tb[RTPLANE_LEG_A_PPS], leg, DP_LEG_PPS, &leg->pps);
	read_u32(tb[RTPLANE_LEG_A_MARK], leg, DP_LEG_MARK, &leg->mark);
	read_u32(tb[RTPLANE_LEG_A_OIF], leg, DP_LEG_OIF, &leg->oif);
	read_u32(tb[RTPLANE_LEG_A_SILENCE], leg, DP_LEG_SILENCE, &leg->silence);
	if (tb[RTPLANE_LEG_A_BPS]) {
		leg->set |= DP_LEG_BPS;
		leg->bps = nla_get_u64(tb[RTPLANE_LEG_A_BPS]);
	}
	if (tb[RTPLANE_LEG_A_DSCP_MAP]) {
		leg->set |= DP_LEG_DSCP_MAP;
		memcpy(leg->dscp_map, nla_data(tb[RTPLANE_LEG_A_DSCP_MAP]),
		       sizeof(leg->dscp_map));
	}
	if (tb[RTPLANE_LEG_A_UNLATCH])
		leg->set |= DP_LEG_UNLATCH;
	if (tb[RTPLANE_LEG_A_MOVED])
		leg->set |= DP_LEG_MOVED;
}

/* what the structures cannot express: a key that is none of its suite */
static int check_key(struct serve_ask *ask, const struct nlattr *nest,
		     struct nlattr **tb)
{
	struct nlattr *key = tb[RTPLANE_SRTP_A_KEY];
	struct nlattr *mki = tb[RTPLANE_SRTP_A_MKI];
	uint8_t suite;

	if (!tb[RTPLANE_SRTP_A_SUITE])
		return serve_refuse(ask, nest, EINVAL, "a suite is required");
	suite = nla_get_u8(tb[RTPLANE_SRTP_A_SUITE]);
	if (!suite)
		return key || mki || tb[RTPLANE_SRTP_A_SOURCE] ?
		       serve_refuse(ask, nest, EINVAL,
				    "suite none has no key and no sources") : 0;
	if (!key || nla_len(key) != (int)dp_srtp_key_len(suite))
		return serve_refuse(ask, key ? key : nest, EINVAL,
				    "a key has the bytes that its suite wants: master key and salt");
	if (mki && !nla_len(mki))
		return serve_refuse(ask, mki, EINVAL,
				    "an MKI has 1 to %d bytes",
				    RTPLANE_SRTP_MKI_MAX);
	return 0;
}

static int read_srtp(struct serve_ask *ask, struct nlattr *nest,
		     struct dp_leg *leg, uint32_t bit, struct dp_srtp *srtp)
{
	struct nlattr *tb[RTPLANE_SRTP_A_MAX + 1];
	unsigned int i;
	int ret;

	if (!nest)
		return 0;
	split(tb, RTPLANE_SRTP_A_MAX, nest);
	ret = check_key(ask, nest, tb);
	if (ret)
		return ret;
	ret = genl_parse_srtp(nest, srtp, &ask->sources);
	if (ret)
		return serve_refuse(ask, nest, EINVAL,
				    "a source has an SSRC");
	for (i = 0; i < srtp->n_sources; i++)
		if (srtp->source[i].rtcp_index > INT32_MAX)
			return serve_refuse(ask, nest, EINVAL,
					    "an index of SRTCP has 31 bits");
	leg->set |= bit;
	return 0;
}

/* what the structures cannot express: an endpoint that is missing or has no port */
static int check_copy(struct serve_ask *ask, const struct nlattr *nest)
{
	struct nlattr *tb[RTPLANE_COPY_A_MAX + 1];
	struct dp_addr unused;
	int ret;

	split(tb, RTPLANE_COPY_A_MAX, nest);
	if (!tb[RTPLANE_COPY_A_FROM] || !tb[RTPLANE_COPY_A_TO])
		return serve_refuse(ask, nest, EINVAL,
				    "a copy goes from an address and port of ours to another's");
	ret = read_ep(ask, tb[RTPLANE_COPY_A_FROM], &unused);
	return ret ? ret : read_ep(ask, tb[RTPLANE_COPY_A_TO], &unused);
}

static int read_copies(struct serve_ask *ask, const struct nlattr *nest,
		       const struct nlattr *none, struct dp_leg *leg)
{
	struct nlattr *at;
	unsigned int n = 0;
	int rem, ret = 0;

	nla_for_each_nested(at, nest, rem) {
		if (nla_type(at) != RTPLANE_LEG_A_COPY)
			continue;
		if (++n > RTPLANE_COPIES_MAX)
			return serve_refuse(ask, at, EINVAL,
					    "a leg has at most %d copies",
					    RTPLANE_COPIES_MAX);
		ret = ret ? ret : check_copy(ask, at);
	}
	if (ret)
		return ret;
	if (n && none)
		return serve_refuse(ask, nest, EINVAL,
				    "copies and none of them exclude each other");
	if (none)
		leg->set |= DP_LEG_COPIES;
	return genl_parse_copies(unconst(nest), leg, &ask->sources) ?
	       serve_refuse(ask, NULL, ENOMEM, "no memory for copies") : 0;
}

/**
 * struct serve_state - the state of a leg in a request
 * @next: another
 * @saved: the state
 */
struct serve_state {
	struct serve_state *next;
	struct dp_saved saved;
};

void serve_ask_end(struct serve_ask *ask)
{
	struct serve_state *state;

	while ((state = ask->states)) {
		ask->states = state->next;
		free(state);
	}
	dp_sources_clear(&ask->sources);
}

static int check_version(struct serve_ask *ask, const struct nlattr *nest,
			 struct nlattr *version)
{
	if (!version)
		return serve_refuse(ask, nest, EINVAL, "a state has a version");
	if (nla_get_u32(version) != RTPLANE_SAVED_VERSION)
		return serve_refuse(ask, version, EOPNOTSUPP,
				    "the state is of an unknown version: expected %d",
				    RTPLANE_SAVED_VERSION);
	return 0;
}

/* what the structures cannot express: a port of 0, an SSRC that is missing */
static int check_state(struct serve_ask *ask, const struct nlattr *nest)
{
	struct nlattr *tb[RTPLANE_SAVED_A_MAX + 1], *at;
	struct dp_addr unused;
	int known = 0, ret, rem;

	split(tb, RTPLANE_SAVED_A_MAX, nest);
	ret = check_version(ask, nest, tb[RTPLANE_SAVED_A_VERSION]);
	if (!ret && tb[RTPLANE_SAVED_A_REMOTE])
		ret = read_ep(ask, tb[RTPLANE_SAVED_A_REMOTE], &unused);
	if (!ret && tb[RTPLANE_SAVED_A_FORMER])
		ret = read_ep(ask, tb[RTPLANE_SAVED_A_FORMER], &unused);
	if (ret)
		return ret;
	nla_for_each_nested(at, nest, rem)
		if (nla_type(at) == RTPLANE_SAVED_A_KNOWN &&
		    ++known > RTPLANE_SAVED_KNOWN_MAX)
			return serve_refuse(ask, at, EINVAL,
					    "of a remote %d SSRCs are remembered at most",
					    RTPLANE_SAVED_KNOWN_MAX);
	at = tb[RTPLANE_SAVED_A_RTP];
	if (at && !nla_find(nla_data(at), nla_len(at),
			    RTPLANE_SAVED_RTP_A_SSRC))
		return serve_refuse(ask, at, EINVAL,
				    "a receiver of RTP follows an SSRC");
	return 0;
}

static int read_state(struct serve_ask *ask, struct nlattr *nest,
		      struct dp_leg *leg)
{
	struct serve_state *state;
	int ret;

	if (!nest)
		return 0;
	ret = check_state(ask, nest);
	if (ret)
		return ret;
	state = calloc(1, sizeof(*state));
	if (!state)
		return serve_refuse(ask, NULL, ENOMEM, "no memory for a state");
	state->next = ask->states;
	ask->states = state;
	if (genl_parse_saved(nest, &state->saved, &ask->sources))
		return serve_refuse(ask, nest, EINVAL, "a source has an SSRC");
	leg->set |= DP_LEG_SAVED;
	leg->saved = &state->saved;
	return 0;
}

/* is the state of the leg asked for? */
static int read_asked(struct serve_ask *ask, const struct nlattr *leg,
		      bool *asked)
{
	struct nlattr *tb[RTPLANE_SAVED_A_MAX + 1];
	const struct nlattr *nest = nla_find(nla_data(leg), nla_len(leg),
					     RTPLANE_LEG_A_SAVED);
	int i;

	*asked = nest;
	if (!nest)
		return 0;
	split(tb, RTPLANE_SAVED_A_MAX, nest);
	for (i = 0; i <= RTPLANE_SAVED_A_MAX; i++)
		if (tb[i] && i != RTPLANE_SAVED_A_VERSION)
			return serve_refuse(ask, tb[i], EINVAL,
					    "who asks for a state says its version and nothing else");
	return check_version(ask, nest, tb[RTPLANE_SAVED_A_VERSION]);
}

static int read_leg(struct serve_ask *ask, const struct nlattr *nest,
		    struct dp_leg *leg)
{
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];
	int ret;

	memset(leg, 0, sizeof(*leg));
	ret = read_local(ask, nest, &leg->local);
	if (ret)
		return ret;
	split(tb, RTPLANE_LEG_A_MAX, nest);
	if (tb[RTPLANE_LEG_A_COOKIE])
		return serve_refuse(ask, tb[RTPLANE_LEG_A_COOKIE], EINVAL,
				    "the cookie is the bridge's, not the leg's");
	ret = read_eps(ask, tb, leg);
	if (ret)
		return ret;
	read_scalars(tb, leg);
	ret = read_srtp(ask, tb[RTPLANE_LEG_A_SRTP_RX], leg, DP_LEG_SRTP_RX,
			&leg->srtp_rx);
	if (!ret)
		ret = read_srtp(ask, tb[RTPLANE_LEG_A_SRTP_TX], leg,
				DP_LEG_SRTP_TX, &leg->srtp_tx);
	if (!ret)
		ret = read_copies(ask, nest, tb[RTPLANE_LEG_A_NO_COPY], leg);
	return ret ? ret : read_state(ask, tb[RTPLANE_LEG_A_SAVED], leg);
}

static struct nlattr *find(struct serve_ask *ask, int type)
{
	struct nlattr *tb[RTPLANE_A_MAX + 1];
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);

	nla_parse(tb, RTPLANE_A_MAX, genlmsg_attrdata(hdr, 0),
		  genlmsg_attrlen(hdr, 0), NULL);
	return tb[type];
}

int serve_leg(struct serve_ask *ask, struct dp_leg *leg)
{
	return read_leg(ask, find(ask, RTPLANE_A_LEG), leg);
}

int serve_local(struct serve_ask *ask, struct dp_addr *local, bool *state)
{
	const struct nlattr *leg = find(ask, RTPLANE_A_LEG);
	int ret = read_local(ask, leg, local);

	return ret ? ret : read_asked(ask, leg, state);
}

int serve_cookie(struct serve_ask *ask, bool *given, uint64_t *cookie,
		 bool *state)
{
	struct nlattr *nest = find(ask, RTPLANE_A_LEG);
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];
	int i, ret;

	*given = false;
	*state = false;
	if (!nest)
		return 0;
	split(tb, RTPLANE_LEG_A_MAX, nest);
	for (i = 0; i <= RTPLANE_LEG_A_MAX; i++)
		if (tb[i] && i != RTPLANE_LEG_A_COOKIE &&
		    i != RTPLANE_LEG_A_SAVED)
			return serve_refuse(ask, tb[i], EINVAL,
					    "a dump of legs is narrowed by a cookie and nothing else");
	ret = read_asked(ask, nest, state);
	if (ret || !tb[RTPLANE_LEG_A_COOKIE])
		return ret;
	*cookie = nla_get_u64(tb[RTPLANE_LEG_A_COOKIE]);
	*given = true;
	return 0;
}

/* bridges of a message; 0 with a sentence, or more than may be */
static int count_bridges(struct serve_ask *ask, size_t *n)
{
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);
	struct nlattr *at;
	int rem;

	*n = 0;
	nla_for_each_attr(at, genlmsg_attrdata(hdr, 0),
			  genlmsg_attrlen(hdr, 0), rem)
		*n += nla_type(at) == RTPLANE_A_BRIDGE;
	if (!*n)
		return serve_refuse(ask, NULL, EINVAL, "a bridge is required");
	if (*n > RTPLANE_BRIDGES_MAX)
		return serve_refuse(ask, NULL, E2BIG,
				    "a message has at most %d bridges",
				    RTPLANE_BRIDGES_MAX);
	return 0;
}

/**
 * struct parts - what a bridge nest holds
 * @has_cookie: @cookie was given
 * @cookie: owner's name for the bridge
 * @all: every bridge is meant
 * @leg: leg nests
 * @n: how many
 */
struct parts {
	bool has_cookie;
	uint64_t cookie;
	bool all;
	struct nlattr *leg[2];
	int n;
};

static int take_apart(struct serve_ask *ask, const struct nlattr *nest,
		      struct parts *parts)
{
	struct nlattr *at;
	int rem;

	memset(parts, 0, sizeof(*parts));
	nla_for_each_nested(at, nest, rem) {
		if (nla_type(at) == RTPLANE_BRIDGE_A_COOKIE) {
			parts->has_cookie = true;
			parts->cookie = nla_get_u64(at);
		} else if (nla_type(at) == RTPLANE_BRIDGE_A_ALL) {
			parts->all = true;
		} else if (nla_type(at) == RTPLANE_BRIDGE_A_LEG) {
			if (parts->n == 2)
				return serve_refuse(ask, at, EINVAL,
						    "a bridge has two legs");
			parts->leg[parts->n++] = at;
		}
	}
	return 0;
}

static int read_bridge(struct serve_ask *ask, const struct nlattr *nest,
		       struct dp_bridge *bridge)
{
	struct parts parts;
	int ret = take_apart(ask, nest, &parts);

	if (ret)
		return ret;
	if (parts.all)
		return serve_refuse(ask, nest, EINVAL,
				    "all bridges can be removed and nothing else");
	if (parts.n != 2)
		return serve_refuse(ask, nest, EINVAL, "a bridge has two legs");
	bridge->has_cookie = parts.has_cookie;
	bridge->cookie = parts.cookie;
	ret = read_leg(ask, parts.leg[0], &bridge->leg[0]);
	if (!ret)
		ret = read_leg(ask, parts.leg[1], &bridge->leg[1]);
	return ret;
}

int serve_bridges(struct serve_ask *ask, struct dp_bridge **bridges, size_t *n)
{
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);
	struct dp_bridge *next;
	struct nlattr *at;
	int rem;
	int ret;

	*bridges = NULL;
	ret = count_bridges(ask, n);
	if (ret)
		return ret;
	*bridges = next = calloc(*n, sizeof(**bridges));
	if (!next)
		return serve_refuse(ask, NULL, ENOMEM,
				    "no memory for %zu bridges", *n);
	nla_for_each_attr(at, genlmsg_attrdata(hdr, 0),
			  genlmsg_attrlen(hdr, 0), rem) {
		if (nla_type(at) != RTPLANE_A_BRIDGE)
			continue;
		ret = read_bridge(ask, at, next++);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_del(struct serve_ask *ask, const struct nlattr *nest,
		    struct dp_del *del, struct dp_addr *local, size_t n,
		    bool *state)
{
	struct parts parts;
	int ret = take_apart(ask, nest, &parts);

	if (ret)
		return ret;
	if (parts.n + parts.has_cookie + parts.all != 1)
		return serve_refuse(ask, nest, EINVAL,
				    "to remove a bridge takes one of its legs, a cookie or all");
	if (parts.n) {
		ret = read_local(ask, parts.leg[0], local);
		if (!ret)
			ret = read_asked(ask, parts.leg[0], state);
		return !ret && *state && n > 1 ?
		       serve_refuse(ask, nest, EINVAL,
				    "the state is told of one bridge that is removed") : ret;
	}
	if (n > 1)
		return serve_refuse(ask, nest, EINVAL,
				    "a message removes by legs, by one cookie, or all");
	del->all = parts.all;
	if (del->all)
		return 0;
	if (!parts.cookie)
		return serve_refuse(ask, nest, EINVAL,
				    "cookie 0 is none: it names no bridge");
	del->cookie = parts.cookie;
	return 0;
}

int serve_del(struct serve_ask *ask, struct dp_del *del,
	      struct dp_addr **locals, bool *state)
{
	struct genlmsghdr *hdr = genlmsg_hdr(ask->hdr);
	struct dp_addr *next;
	struct nlattr *at;
	size_t n;
	int rem;
	int ret;

	*locals = NULL;
	*state = false;
	memset(del, 0, sizeof(*del));
	ret = count_bridges(ask, &n);
	if (ret)
		return ret;
	*locals = next = calloc(n, sizeof(**locals));
	if (!next)
		return serve_refuse(ask, NULL, ENOMEM,
				    "no memory for %zu bridges", n);
	nla_for_each_attr(at, genlmsg_attrdata(hdr, 0),
			  genlmsg_attrlen(hdr, 0), rem) {
		if (nla_type(at) != RTPLANE_A_BRIDGE)
			continue;
		ret = read_del(ask, at, del, next++, n, state);
		if (ret)
			return ret;
	}
	if (!del->cookie && !del->all) {
		del->locals = *locals;
		del->n = n;
	}
	return 0;
}
