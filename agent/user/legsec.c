// SPDX-License-Identifier: GPL-2.0
/* The keys of a leg. */
#include <stddef.h>

#include "legconf.h"
#include "legsec.h"
#include "rtpsec/rtpsec.h"

/* a key that was used elsewhere is a new one, whatever the leg has */
static bool is_change(const struct dp_srtp *srtp, const struct rtpsec *present)
{
	return srtp->suite != RTPLANE_SRTP_NONE && present && !srtp->n_sources;
}

/* what is asked of a direction, or NULL */
static const struct dp_srtp *asked(const struct dp_leg *conf, unsigned int dir)
{
	if (dir == RTPSEC_IN)
		return conf->set & DP_LEG_SRTP_RX ? &conf->srtp_rx : NULL;
	return conf->set & DP_LEG_SRTP_TX ? &conf->srtp_tx : NULL;
}

int legsec_prepare(struct legsec *sec, const struct dp_leg *conf,
		   const struct leg *leg, struct dp_err *err)
{
	static const char *const words[] = {
		[RTPSEC_IN] = " srtp-rx", [RTPSEC_OUT] = " srtp-tx",
	};
	struct dp_err own = {};
	const struct dp_srtp *srtp;
	unsigned int dir;
	int ret = 0;

	for (dir = 0; !ret && dir < 2; dir++) {
		srtp = asked(conf, dir);
		if (!srtp || srtp->suite == RTPLANE_SRTP_NONE)
			continue;
		ret = is_change(srtp, leg->sec[dir]) ?
		      rtpsec_prepare(&sec->key[dir], leg->sec[dir], srtp, &own) :
		      rtpsec_new(&sec->ctx[dir], dir, srtp, &own);
		if (ret)
			legconf_refuse(&leg->addr, words[dir], own.code,
				       own.text, err);
	}
	return ret;
}

void legsec_commit(struct leg *leg, const struct dp_leg *conf,
		   struct legsec *sec)
{
	const struct dp_srtp *srtp;
	struct rtpsec *old;
	unsigned int dir;

	for (dir = 0; dir < 2; dir++) {
		srtp = asked(conf, dir);
		if (!srtp)
			continue;
		if (is_change(srtp, leg->sec[dir])) {
			rtpsec_swap(leg->sec[dir], sec->key[dir]);
			continue;
		}
		old = leg->sec[dir];
		leg->sec[dir] = sec->ctx[dir];
		/* what it has counted is the leg's from now on */
		leg->changes += rtpsec_changes(old) -
				rtpsec_changes(leg->sec[dir]);
		sec->ctx[dir] = old;
	}
}

void legsec_end(struct legsec *sec)
{
	unsigned int dir;

	for (dir = 0; dir < 2; dir++) {
		rtpsec_free(sec->ctx[dir]);
		rtpsec_key_free(sec->key[dir]);
	}
}
