/* SPDX-License-Identifier: GPL-2.0 */
/* An engine in a network namespace of the test's own. */
#ifndef UNIT_MEDIA_LIB_H
#define UNIT_MEDIA_LIB_H

#include <errno.h>

#include "engine/media.h"
#include "net.h"

/** unit_media() - 0, or what a program that cannot have it exits with */
static inline int unit_media(struct media **media, media_fn *fn)
{
	struct dp_err err = {};
	int ret;

	unit_net();
	ret = media_new(media, NULL, fn, NULL, &err);
	if (!ret)
		return 0;
	if (ret == -ENOSYS || ret == -EPERM) {
		printf("KTAP version 1\n1..0 # SKIP %s\n", err.text);
		return 4;
	}
	printf("# %s\n", err.text);
	return 1;
}

#endif /* UNIT_MEDIA_LIB_H */
