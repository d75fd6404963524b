/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A leg whose place another one takes, of another address of ours towards the same party, as
 * ICE has found: it goes on from where that one is. For plan.c.
 */
#ifndef SESSION_CARRY_H
#define SESSION_CARRY_H

#include "private.h"

struct carried;

/* is the leg of @now one that goes on from one of @was: which; NULL: it is not */
struct dp_leg *session_carry_from(struct standing *was, const struct standing *now,
				  unsigned int s);
/*
 * @to, of @now's, is to go on from @from, with whom ICE has proven as its remote. One that
 * has keys sends nothing from now on, so that none of its packets is counted twice. @list:
 * owns what @to points to. 0, or -errno with a sentence
 */
int session_carry(struct carried **list, const struct dp_leg *from, struct standing *now,
		  unsigned int s, struct dp_leg *to, struct dp_err *err);
/* and back: @to goes on from @from, which has its place; it keeps its memory */
void session_carry_back(struct dp *dp, const struct dp_leg *from, struct dp_leg *to);
/* nothing has moved: those that are mute for it send again */
void session_carry_undo(struct carried *list);
void session_carry_free(struct carried *list);

#endif /* SESSION_CARRY_H */
