// SPDX-License-Identifier: GPL-2.0
/*
 * The pure parts of the module as the agent has them: the tables of
 * selftests/kunit/pure.c, which run in the kernel too, by a few of KUnit's words.
 */
#include <stdio.h>

#include "kmod/digits.h"
#include "kmod/dscp.h"
#include "kmod/limit.h"
#include "kmod/permit.h"
#include "kmod/police.h"
#include "kmod/policy.h"
#include "kmod/rtpstats.h"
#include "kmod/scanner.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define kfree(p)	free(p)

/**
 * struct kunit - a test that runs
 * @bad: expectations that did not hold
 */
struct kunit {
	unsigned int bad;
};

/**
 * struct kunit_case - a test
 * @run: the test; NULL ends a list
 * @name: its name
 */
struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

#define KUNIT_CASE(fn)	{ .run = (fn), .name = #fn }

#define EXPECT(test, a, op, b, ...)					\
	do {								\
		__typeof__(a) got_ = (a);				\
		__typeof__(b) want_ = (b);				\
									\
		if (got_ op want_)					\
			break;						\
		(test)->bad++;						\
		printf("# line %d: %s is %lld, expected %s %lld: ",	\
		       __LINE__, #a, (long long)got_, #op,		\
		       (long long)want_);				\
		printf(__VA_ARGS__);					\
		putchar('\n');						\
	} while (0)

#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	EXPECT(test, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...)	EXPECT(test, a, <=, b, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, a, b, ...)	EXPECT(test, a, >=, b, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)	EXPECT(test, a, ==, b, "%s", #b)
#define KUNIT_EXPECT_LE(test, a, b)	EXPECT(test, a, <=, b, "%s", #b)
#define KUNIT_EXPECT_GE(test, a, b)	EXPECT(test, a, >=, b, "%s", #b)
#define KUNIT_EXPECT_TRUE(test, a)	EXPECT(test, !!(a), ==, 1, "it is to hold")
#define KUNIT_EXPECT_FALSE(test, a)	EXPECT(test, !!(a), ==, 0, "it is not to hold")
#define KUNIT_ASSERT_TRUE(test, a)					\
	do {								\
		bool holds_ = (a);					\
									\
		KUNIT_EXPECT_TRUE(test, holds_);			\
		if (!holds_)						\
			return;						\
	} while (0)

#include "../kunit/pure.c"

int main(void)
{
	const size_t n = ARRAY_SIZE(pure_cases) - 1;
	unsigned int failed = 0;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		struct kunit test = { 0 };

		pure_cases[i].run(&test);
		failed += !!test.bad;
		printf("%sok %zu %s\n", test.bad ? "not " : "", i + 1,
		       pure_cases[i].name);
	}
	return failed ? 1 : 0;
}
