/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP for test programs in C: a list of test points, each a function that
 * returns true if what it tests holds.
 */
#ifndef UNIT_KTAP_H
#define UNIT_KTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * struct ktap_point - a test point
 * @name: what holds if it passes
 * @run: the test
 */
struct ktap_point {
	const char *name;
	bool (*run)(void);
};

/* why the test that runs cannot be; it returns true then */
static const char *ktap_skipped __attribute__((unused));

/* false, with a line that tells where and why */
#define KTAP_CHECK(cond)						\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s does not hold\n", __FILE__,	\
			       __LINE__, #cond);			\
			return false;					\
		}							\
	} while (0)

/** ktap_run() - run all test points; returns the exit status */
static inline int ktap_run(const struct ktap_point *points, size_t n)
{
	size_t failed = 0;
	bool ok;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		ktap_skipped = NULL;
		ok = points[i].run();
		failed += !ok;
		printf("%sok %zu %s%s%s\n", ok ? "" : "not ", i + 1,
		       points[i].name, ok && ktap_skipped ? " # SKIP " : "",
		       ok && ktap_skipped ? ktap_skipped : "");
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

#define KTAP_RUN(points) \
	ktap_run(points, sizeof(points) / sizeof((points)[0]))

#endif /* UNIT_KTAP_H */
