// SPDX-License-Identifier: GPL-2.0
/* From netlink attributes to what the module works with, and all refusals. */
#include <linux/slab.h>

#include "call.h"
#include "copy.h"
#include "nlcopy.h"
#include "nlep.h"
#include "nlparse.h"
#include "nlsrtp.h"
#include "nlstate.h"
#include "saved.h"
#include "srtp.h"
#include "table.h"

#define rtplane_refuse(extack, nla, msg)			\
	({ NL_SET_ERR_MSG_ATTR(extack, nla, msg); -EINVAL; })

static int nl_ep(const struct nlattr *nla, struct rtplane_ep *ep,
		 struct netlink_ext_ack *extack)
{
	return rtplane_nl_ep(nla, ep, true, extack);
}

/**
 * rtplane_nl_addr() - an address without a port
 * @nla: nest of &enum rtplane_ep_attr
 * @ep: set on success
 * @extack: for the sentence
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_addr(const struct nlattr *nla, struct rtplane_ep *ep,
		    struct netlink_ext_ack *extack)
{
	return rtplane_nl_ep(nla, ep, false, extack);
}

/**
 * rtplane_nl_local() - the local address that a leg nest names
 * @nla: nest of &enum rtplane_leg_attr, or NULL
 * @local: set on success
 * @extack: for the sentence
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_local(const struct nlattr *nla, struct rtplane_ep *local,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];
	int err;

	if (!nla) {
		NL_SET_ERR_MSG(extack, "a leg is required");
		return -EINVAL;
	}
	err = nla_parse_nested(tb, RTPLANE_LEG_A_MAX, nla, rtplane_leg_policy, extack);
	if (err)
		return err;
	if (!tb[RTPLANE_LEG_A_LOCAL])
		return rtplane_refuse(extack, nla, "a leg's local address is required");
	return nl_ep(tb[RTPLANE_LEG_A_LOCAL], local, extack);
}

static int nl_eps(struct nlattr **tb, struct rtplane_leg_conf *c,
		  struct netlink_ext_ack *extack)
{
	static const struct {
		int attr;
		size_t at;
	} eps[] = {
		{ RTPLANE_LEG_A_LOCAL, offsetof(struct rtplane_leg_conf, local) },
		{ RTPLANE_LEG_A_REMOTE, offsetof(struct rtplane_leg_conf, remote) },
		{ RTPLANE_LEG_A_TIE, offsetof(struct rtplane_leg_conf, tie) },
		{ RTPLANE_LEG_A_PROVEN, offsetof(struct rtplane_leg_conf, proven) },
	};
	int i, err;

	for (i = 0; i < ARRAY_SIZE(eps); i++) {
		struct rtplane_ep *ep = (void *)c + eps[i].at;

		if (!tb[eps[i].attr])
			continue;
		err = nl_ep(tb[eps[i].attr], ep, extack);
		if (err)
			return err;
		if (ep->call && ep != &c->local && ep != &c->tie)
			return rtplane_refuse(extack, tb[eps[i].attr],
					      "only a leg's local address is that of a call");
		if (ep->rtcp && ep != &c->local)
			return rtplane_refuse(extack, tb[eps[i].attr],
					      "only a leg's local address is that of RTCP alone");
		if (rtplane_ep_is4(ep) != rtplane_ep_is4(&c->local))
			return rtplane_refuse(extack, tb[eps[i].attr],
					      "the address is not of the local address's family");
	}
	return 0;
}

static u8 nl_u8(const struct nlattr *nla)
{
	return nla ? nla_get_u8(nla) : 0;
}

static u32 nl_u32(const struct nlattr *nla)
{
	return nla ? nla_get_u32(nla) : 0;
}

static void nl_scalars(struct nlattr **tb, struct rtplane_leg_conf *c)
{
	c->latch = nl_u8(tb[RTPLANE_LEG_A_LATCH]);
	c->prefix = nl_u8(tb[RTPLANE_LEG_A_PREFIX]);
	c->probation = nl_u8(tb[RTPLANE_LEG_A_PROBATION]);
	c->early = nl_u8(tb[RTPLANE_LEG_A_EARLY]);
	c->relatch = nl_u32(tb[RTPLANE_LEG_A_RELATCH]);
	c->accept = nl_u8(tb[RTPLANE_LEG_A_ACCEPT]);
	c->unknown = nl_u8(tb[RTPLANE_LEG_A_UNKNOWN]);
	c->pps = nl_u32(tb[RTPLANE_LEG_A_PPS]);
	c->bps = tb[RTPLANE_LEG_A_BPS] ? nla_get_u64(tb[RTPLANE_LEG_A_BPS]) : 0;
	c->mark = nl_u32(tb[RTPLANE_LEG_A_MARK]);
	c->oif = nl_u32(tb[RTPLANE_LEG_A_OIF]);
	c->silence = nl_u32(tb[RTPLANE_LEG_A_SILENCE]);
	c->ssrc_guard = nl_u8(tb[RTPLANE_LEG_A_SSRC_GUARD]);
	c->only = nl_u8(tb[RTPLANE_LEG_A_ONLY]);
	c->digits = nl_u32(tb[RTPLANE_LEG_A_DIGITS]);
	c->block = nl_u8(tb[RTPLANE_LEG_A_BLOCK]);
	c->mute = nl_u8(tb[RTPLANE_LEG_A_MUTE]);
}

/**
 * rtplane_nl_map_check() - is this a DSCP map?
 * @nla: 64 bytes
 * @extack: for the sentence
 *
 * Return: 0 or -EINVAL.
 */
int rtplane_nl_map_check(const struct nlattr *nla, struct netlink_ext_ack *extack)
{
	const u8 *map = nla_data(nla);
	int i;

	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++) {
		if (map[i] >= RTPLANE_DSCP_MAP_LEN)
			return rtplane_refuse(extack, nla,
					      "every value of a DSCP map is from 0 to 63");
	}
	return 0;
}

static int nl_dscp(struct nlattr **tb, struct rtplane_leg_conf *c,
		   struct netlink_ext_ack *extack)
{
	int err;

	c->dscp_mode = nl_u8(tb[RTPLANE_LEG_A_DSCP_MODE]);
	c->dscp = nl_u8(tb[RTPLANE_LEG_A_DSCP]);
	if (!tb[RTPLANE_LEG_A_DSCP_MODE] &&
	    (tb[RTPLANE_LEG_A_DSCP] || tb[RTPLANE_LEG_A_DSCP_MAP])) {
		c->dscp_mode = tb[RTPLANE_LEG_A_DSCP] ? RTPLANE_DSCP_SET : RTPLANE_DSCP_MAP;
		c->set |= BIT_ULL(RTPLANE_LEG_A_DSCP_MODE);
	}
	if (!tb[RTPLANE_LEG_A_DSCP_MAP])
		return 0;
	err = rtplane_nl_map_check(tb[RTPLANE_LEG_A_DSCP_MAP], extack);
	if (err)
		return err;
	c->dscp_map = kmemdup(nla_data(tb[RTPLANE_LEG_A_DSCP_MAP]), RTPLANE_DSCP_MAP_LEN,
			      GFP_KERNEL_ACCOUNT);
	return c->dscp_map ? 0 : -ENOMEM;
}

static int nl_protection(struct nlattr **tb, struct rtplane_leg_conf *c,
			 struct netlink_ext_ack *extack)
{
	u8 unused;
	int err = 0;

	if (tb[RTPLANE_LEG_A_SRTP_RX])
		err = rtplane_nl_srtp(tb[RTPLANE_LEG_A_SRTP_RX], &c->srtp_rx, false, &unused,
				      extack);
	if (!err && tb[RTPLANE_LEG_A_SRTP_TX])
		err = rtplane_nl_srtp(tb[RTPLANE_LEG_A_SRTP_TX], &c->srtp_tx, true,
				      &c->srtp_fresh, extack);
	return err;
}

/**
 * rtplane_nl_conf_free() - free what a conf has allocated, or what a leg left in it
 * @c: as rtplane_nl_conf() filled it
 *
 * Context: process.
 */
void rtplane_nl_conf_free(struct rtplane_leg_conf *c)
{
	kfree(c->dscp_map);
	rtplane_srtp_free(c->srtp_rx);
	rtplane_srtp_free(c->srtp_tx);
	rtplane_copies_free(c->copies);
	kfree(c->saved);
	kfree(c->key);
}

/**
 * rtplane_nl_conf() - what a leg nest asks
 * @nla: nest of &enum rtplane_leg_attr, or NULL
 * @c: filled; to be given to rtplane_nl_conf_free(), also on error
 * @extack: for the sentence
 *
 * What can be judged without knowing the leg is judged here.
 *
 * Return: 0 or a negative error.
 */
int rtplane_nl_conf(const struct nlattr *nla, struct rtplane_leg_conf *c,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTPLANE_LEG_A_MAX + 1];
	int i, err;

	err = rtplane_nl_local(nla, &c->local, extack);
	if (err)
		return err;
	err = nla_parse_nested(tb, RTPLANE_LEG_A_MAX, nla, rtplane_leg_policy, extack);
	if (err)
		return err;
	if (tb[RTPLANE_LEG_A_COOKIE])
		return rtplane_refuse(extack, tb[RTPLANE_LEG_A_COOKIE],
				      "the cookie is the bridge's, not the leg's");
	for (i = 0; i <= RTPLANE_LEG_A_MAX; i++)
		c->set |= tb[i] ? BIT_ULL(i) : 0;
	err = nl_eps(tb, c, extack);
	if (err)
		return err;
	if (tb[RTPLANE_LEG_A_PREFIX] && rtplane_ep_is4(&c->local) &&
	    nla_get_u8(tb[RTPLANE_LEG_A_PREFIX]) > 32)
		return rtplane_refuse(extack, tb[RTPLANE_LEG_A_PREFIX],
				      "an IPv4 prefix has at most 32 bits");
	if (tb[RTPLANE_LEG_A_TIE] && rtplane_ep_same_leg(&c->tie, &c->local))
		return rtplane_refuse(extack, tb[RTPLANE_LEG_A_TIE],
				      "a leg cannot be tied to itself");
	nl_scalars(tb, c);
	if (c->oif > INT_MAX)
		return rtplane_refuse(extack, tb[RTPLANE_LEG_A_OIF],
				      "oif must be the index of a device");
	err = nl_dscp(tb, c, extack);
	err = err ?: nl_protection(tb, c, extack);
	err = err ?: rtplane_nl_copies(nla, &c->local, &c->copies, extack);
	if (!err && (tb[RTPLANE_LEG_A_PROVEN] || tb[RTPLANE_LEG_A_SAVED])) {
		c->key = rtplane_call_key(&c->local);
		err = IS_ERR(c->key) ? PTR_ERR(c->key) : 0;
		c->key = err ? NULL : c->key;
	}
	return err ?: tb[RTPLANE_LEG_A_SAVED] ?
		      rtplane_nl_state(tb[RTPLANE_LEG_A_SAVED], c, extack) : 0;
}

#define rtplane_given(c, attr)	((c)->set & BIT_ULL(RTPLANE_LEG_A_##attr))

static bool linklocal(const struct rtplane_ep *ep)
{
	return !rtplane_ep_is4(ep) && ipv6_addr_type(&ep->addr) & IPV6_ADDR_LINKLOCAL;
}

/* One forged packet must not decide a call: see rtplane_policy_sense(). */
static bool probation_makes_sense(const struct rtplane_leg_conf *c, const struct rtplane_leg *leg,
				  u8 latch)
{
	bool v4 = rtplane_ep_is4(&c->local);
	struct rtplane_policy p = {};

	if (leg)
		p = leg->policy;
	else
		rtplane_policy_init(&p, v4);
	if (latch != p.mode)
		rtplane_policy_mode(&p, latch);
	return rtplane_policy_sense(latch, rtplane_given(c, PROBATION) ? c->probation : p.probation,
				    rtplane_given(c, PREFIX) ? c->prefix : p.prefix, v4,
				    rtplane_given(c, TIE) || (leg && !rtplane_ep_none(&leg->tie)));
}

/* Can a leg, which must be new, go on from the state that is given? */
static int state_check(const struct nlattr *nla, const struct rtplane_leg_conf *c,
		       const struct rtplane_leg *leg, u8 latch, struct netlink_ext_ack *extack)
{
	struct rtplane_policy p = {};
	const char *why;

	if (!c->saved)
		return 0;
	if (leg)
		return rtplane_refuse(extack, nla, "only a new leg goes on from a state");
	rtplane_policy_init(&p, rtplane_ep_is4(&c->local));
	rtplane_policy_mode(&p, latch);
	if (rtplane_given(c, PREFIX))
		p.prefix = c->prefix;
	p.signalled = c->remote;
	why = rtplane_saved_wrong(c->saved, &p, &c->local);
	return why ? rtplane_nl_refuse(extack, nla, why) : 0;
}

/* A call at a port that several share is found by its remote, which is nobody else's. */
static int call_check(struct rtplane_net *rn, const struct nlattr *nla,
		      const struct rtplane_leg_conf *c, const struct rtplane_leg *leg, u8 latch,
		      struct netlink_ext_ack *extack)
{
	const struct rtplane_leg *other;

	if (!rtplane_call_is_keyed(&c->local))
		return 0;
	if (latch == RTPLANE_LATCH_OFF)
		return rtplane_refuse(extack, nla,
				      "a call that shares its port has a proven remote: latch off has none");
	if (!rtplane_given(c, PROVEN))
		return 0;
	other = rtplane_call_find(rn, &c->local, &c->proven);
	if (!other || other == leg)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, nla, "another call of that port has this remote");
	return -EBUSY;
}

/* A port is one leg's, or its calls': the one would hide the others. */
static int port_check(struct rtplane_net *rn, const struct nlattr *nla,
		      const struct rtplane_ep *local, struct netlink_ext_ack *extack)
{
	struct rtplane_ep port = *local;

	port.part = 0;
	if (!local->part && rtplane_call_any(rn, local)) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "calls share the port");
		return -EEXIST;
	}
	if (local->call && rtplane_table_find(rn, &port)) {
		NL_SET_ERR_MSG_ATTR(extack, nla, "a leg has the port for itself");
		return -EEXIST;
	}
	return 0;
}

/**
 * rtplane_nl_check() - would the leg make sense with these changes?
 * @rn: namespace, @rn->lock held
 * @nla: leg nest, for the place of the error
 * @c: changes
 * @leg: the leg, or NULL for a new one
 * @extack: for the sentence
 *
 * Return: 0, -EINVAL, -EEXIST: its port is another's, or -EBUSY: another leg has what it
 * asks.
 */
int rtplane_nl_check(struct rtplane_net *rn, const struct nlattr *nla,
		     const struct rtplane_leg_conf *c, const struct rtplane_leg *leg,
		     struct netlink_ext_ack *extack)
{
	u8 latch = rtplane_given(c, LATCH) ? c->latch :
		   leg ? leg->policy.mode : RTPLANE_LATCH_RESTRICTED;
	bool remote = rtplane_given(c, REMOTE) || (leg && !rtplane_ep_none(&leg->policy.signalled));
	u8 mode = rtplane_given(c, DSCP_MODE) ? c->dscp_mode : leg ? leg->dscp_mode : 0;
	u32 oif = rtplane_given(c, OIF) ? c->oif : leg ? leg->oif : 0;

	if (latch == RTPLANE_LATCH_OFF && !remote)
		return rtplane_refuse(extack, nla, "latch off needs a remote");
	if (latch == RTPLANE_LATCH_RESTRICTED && !remote)
		return rtplane_refuse(extack, nla, "latch restricted needs a remote");
	if (!probation_makes_sense(c, leg, latch))
		return rtplane_refuse(extack, nla,
				      "a probation below 2 needs the whole address: latch restricted with the full prefix, or a tie");
	if (rtplane_given(c, EARLY) && c->early && !remote)
		return rtplane_refuse(extack, nla, "early media needs a remote");
	if ((rtplane_given(c, UNLATCH) || rtplane_given(c, MOVED)) && latch == RTPLANE_LATCH_OFF)
		return rtplane_refuse(extack, nla, "with latch off there is nothing to unlatch");
	if ((rtplane_given(c, UNLATCH) || rtplane_given(c, MOVED)) && rtplane_given(c, PROVEN))
		return rtplane_refuse(extack, nla, "unlatch and proven exclude each other");
	if (rtplane_given(c, PROVEN) && latch == RTPLANE_LATCH_OFF &&
	    !rtplane_ep_eq(&c->proven, rtplane_given(c, REMOTE) ? &c->remote :
				     &leg->policy.signalled))
		return rtplane_refuse(extack, nla, "with latch off only the remote can be proven");
	if (mode == RTPLANE_DSCP_SET && rtplane_given(c, DSCP_MODE) && !rtplane_given(c, DSCP))
		return rtplane_refuse(extack, nla, "DSCP mode set needs a DSCP");
	if (mode == RTPLANE_DSCP_MAP && !rtplane_given(c, DSCP_MAP) && !(leg && leg->dscp_map))
		return rtplane_refuse(extack, nla, "DSCP mode map needs a map of 64 values");
	if (!oif && (linklocal(&c->local) ||
		     (rtplane_given(c, REMOTE) && linklocal(&c->remote))))
		return rtplane_refuse(extack, nla, "a link-local address needs a device (oif)");
	return state_check(nla, c, leg, latch, extack) ?:
	       call_check(rn, nla, c, leg, latch, extack) ?:
	       leg ? 0 : port_check(rn, nla, &c->local, extack);
}
