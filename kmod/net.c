// SPDX-License-Identifier: GPL-2.0
/* State of one network namespace: how it is found. */
#include "net.h"

/* Given by register_pernet_subsys(), before anybody can ask for it. */
unsigned int rtplane_net_id __read_mostly;
