// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/random.h"

#define DRAWN	256	/* the kernel gives so many at once, whole */

static void draw(uint8_t *p, size_t n)
{
	ssize_t got;

	while (n) {
		got = getrandom(p, n, 0);
		if (got < 0 && errno != EINTR) {
			log_error("getrandom: %s; expected random bytes", strerror(errno));
			abort();
		}
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

void random_bytes(void *buf, size_t n)
{
	static _Thread_local uint8_t drawn[DRAWN];
	static _Thread_local size_t left;

	if (n > DRAWN / 4) {
		draw(buf, n);
		return;
	}
	if (left < n) {
		draw(drawn, sizeof(drawn));
		left = sizeof(drawn);
	}
	left -= n;
	memcpy(buf, drawn + left, n);
	explicit_bzero(drawn + left, n);
}

uint32_t random_below(uint32_t n)
{
	uint64_t random;

	random_bytes(&random, sizeof(random));
	return (uint32_t)(random % n);
}
