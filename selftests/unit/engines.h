/* SPDX-License-Identifier: GPL-2.0 */
/* A point that is tried with io_uring, and again with epoll. */
#ifndef UNIT_ENGINES_H
#define UNIT_ENGINES_H

#include <errno.h>
#include <stdio.h>

#include "engine/media.h"

static bool epoll;

#define BOTH(name, fn) { name ", io_uring", fn }, { name ", epoll", fn##_epoll }
#define EPOLL(fn)					\
	static bool fn##_epoll(void)			\
	{						\
		bool ok;				\
							\
		epoll = true;				\
		ok = fn();				\
		epoll = false;				\
		return ok;				\
	}

/* Says why all is skipped, if this kernel has or allows no io_uring. */
static bool can_io_uring(void)
{
	struct media_conf ring = { .io = MEDIA_IO_URING };
	struct dp_err err = {};
	struct media *probe;
	int ret;

	ret = media_new(&probe, &ring, NULL, NULL, &err);
	if (!ret)
		media_free(probe);
	if (ret == -ENOSYS || ret == -EPERM)
		printf("KTAP version 1\n1..0 # SKIP %s\n", err.text);
	return ret != -ENOSYS && ret != -EPERM;
}

#endif /* UNIT_ENGINES_H */
