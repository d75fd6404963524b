/* SPDX-License-Identifier: GPL-2.0 */
/* The bridges that lines are to have, for plan.c. */
#ifndef SESSION_STAND_H
#define SESSION_STAND_H

#include "private.h"

/* of a line of several on a port: the rest is that of the port's leg */
#define LEG_CARRIED	(DP_LEG_ACCEPT | DP_LEG_DSCP_MODE | DP_LEG_DSCP | \
			 DP_LEG_SILENCE | DP_LEG_DIGITS | DP_LEG_BLOCK | DP_LEG_LINE | \
			 DP_LEG_COPIES)

/**
 * struct wish - what is to be
 * @line: the lines of a branch; NULL: nothing
 * @n: how many
 * @branch: whose; NULL: of nobody, nothing is to be
 * @before: what was, of a branch that was heard
 * @n_before: how many
 * @moved: party whose legs get @orders
 * @orders: DP_LEG_MOVED, DP_LEG_UNLATCH
 */
struct wish {
	const struct session_branch *branch;
	const struct line *line;
	size_t n;
	const struct line *before;
	size_t n_before;
	const struct session_party *moved;
	uint32_t orders;
};

/* are lines told apart on a port of that one's? */
bool session_is_told(const struct line *line);
/* may a datapath refuse it: does it want keys, bridges for RTP alone, lines told apart? */
bool session_is_special(const struct line *line);
/* is there to be a bridge of that component? @standing: what the line has, RTP and RTCP */
bool session_is_whole(const struct session_branch *branch,
		      const struct line *line, bool rtcp,
		      struct standing *const *standing);
/* that bridge; NULL without memory */
struct standing *session_stand(const struct session *session,
			       const struct wish *wish, unsigned int i, bool rtcp);
/* or, for others on its port, that of a line that is not wanted any more; NULL: none */
struct standing *session_stand_kept(const struct wish *wish, unsigned int i,
				    const struct standing *was);
void session_unstand(struct standing *old);
/* DP_LEG_* orders for a leg that stays */
uint32_t session_orders(const struct wish *wish, unsigned int i,
			unsigned int s);

#endif /* SESSION_STAND_H */
