/* SPDX-License-Identifier: GPL-2.0 */
/* A leg's state, told and taken. */
#ifndef _RTPLANE_STATE_H
#define _RTPLANE_STATE_H

#include "leg.h"
#include "saved.h"

int rtplane_state_room(struct rtplane_leg *leg, const struct rtplane_saved *s);
void rtplane_state_take(struct rtplane_leg *leg, const struct rtplane_saved *s, u64 now);
void rtplane_state_tell(const struct rtplane_leg *leg, struct rtplane_saved *s, u64 now);

#endif /* _RTPLANE_STATE_H */
