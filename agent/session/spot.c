// SPDX-License-Identifier: GPL-2.0
/* Port pairs of a session, and on which of our addresses a line has some. */
#include <errno.h>
#include <string.h>

#include "private.h"

/* of an address, one in so many pairs is left to lines that have no other */
#define ROOM	4

/* --- quotas --- */

static int charge(struct session *session, struct dp_err *err)
{
	struct session_quota *quota;
	unsigned int i;

	for (i = 0; i < SESSION_QUOTAS_MAX; i++) {
		quota = session->conf.quota[i];
		if (quota && quota->max && quota->used >= quota->max)
			return dp_fail(err, EDQUOT,
				       "its caller has %u port pairs already; at most %u are allowed",
				       quota->used, quota->max);
	}
	for (i = 0; i < SESSION_QUOTAS_MAX; i++)
		if (session->conf.quota[i])
			session->conf.quota[i]->used++;
	return 0;
}

static void discharge(struct session *session)
{
	unsigned int i;

	for (i = 0; i < SESSION_QUOTAS_MAX; i++)
		if (session->conf.quota[i])
			session->conf.quota[i]->used--;
}

/* --- pairs --- */

struct ports_pair *session_pair_take(struct session *session, struct ports *ports,
				     struct seat *seat, struct dp_err *err)
{
	struct ports_pair *pair;

	if (charge(session, err))
		return NULL;
	pair = session->conf.known || session->serial ?
	       ports_get_known(ports, seat, err) : ports_get(ports, seat, err);
	if (!pair)
		discharge(session);
	return pair;
}

struct ports_pair *session_pair_share(struct session *session, struct share *share,
				      struct seat *seat)
{
	struct ports_pair *pair;
	struct dp_err err;

	if (charge(session, &err))
		return NULL;
	pair = share_get(share, seat, &err);
	if (!pair)
		discharge(session);
	return pair;
}

void session_pair_put(struct session *session, struct ports_pair *pair, bool rests)
{
	/* its sockets may live on: what comes by them is nobody's */
	pair->user = NULL;
	if (pair->share)
		share_put(pair);
	else if (rests)
		ports_put(pair);
	else
		ports_put_unused(pair);
	discharge(session);
}

void session_pair_keep(struct session *session, struct ports_pair *pair)
{
	pair->user = NULL;
	/* for as long as we live; likewise, with the number */
	if (pair->share)
		share_ref(pair->share);
	else
		ports_ref(pair->pool);
	discharge(session);
}

/* --- further addresses --- */

static bool has(const struct seat *seat, const struct spot *spot, unsigned int n,
		const struct session_address *address)
{
	unsigned int i;

	if (dp_addr_same_host(&seat->address->listen, &address->listen))
		return true;
	for (i = 0; i < n; i++)
		if (dp_addr_same_host(&spot[i].address->listen, &address->listen))
			return true;
	return false;
}

/* a line that has a port already is not to take one from who has none */
static bool has_room(const struct session_address *address)
{
	struct ports_stats stats;

	ports_stats(address->ports, &stats);
	return stats.used + stats.quarantined + ports_conf(address->ports)->reserve +
	       stats.pairs / ROOM < stats.pairs;
}

/* the next one, of that family if there is one */
static const struct session_address *next(const struct seat *seat,
					  const struct session_policy *policy,
					  const struct spot *spot, unsigned int n,
					  sa_family_t family)
{
	const struct session_address *other = NULL, *address;

	for (address = policy->address;
	     address < policy->address + policy->n_addresses; address++) {
		if (has(seat, spot, n, address) || !has_room(address))
			continue;
		if (address->listen.family == family)
			return address;
		if (!other)
			other = address;
	}
	return other;
}

unsigned int session_spots_take(struct seat *seat, const struct session_policy *policy,
				struct spot *spot, unsigned int n)
{
	const struct session_address *address, *last;
	struct session *session = seat->session;
	struct dp_err err;

	while (n < SESSION_SPOTS_MAX) {
		last = n ? spot[n - 1].address : seat->address;
		address = next(seat, policy, spot, n,
			       last->listen.family == AF_INET ? AF_INET6 : AF_INET);
		if (!address)
			return n;
		spot[n] = (struct spot){ .address = address };
		spot[n].pair = session_pair_take(session, address->ports, seat, &err);
		if (!spot[n].pair) {
			session_log(session, LOG_LEVEL_DEBUG, (struct session_party *)NULL,
				    "ICE has fewer addresses of ours: %s", err.text);
			return n;
		}
		n++;
	}
	return n;
}
