// SPDX-License-Identifier: GPL-2.0
/*
 * nldump - count the legs of a dump, quickly, and say how long it took
 *
 * nldump [COOKIE]: for tests of scale, where making text of each leg would take
 * longer than the dump.
 */
#include "nl.h"

int main(int argc, char **argv)
{
	static struct nl_msg m;
	struct nl_answer ans;
	uint64_t start;
	struct nl nl;
	size_t leg;

	nl_open(&nl);
	nl_begin(&m, nl.family, NLM_F_DUMP, RTPLANE_CMD_LEG_GET,
		 RTPLANE_GENL_VERSION);
	if (argc > 1) {
		leg = nl_nest(&m, RTPLANE_A_LEG);
		nl_u64(&m, RTPLANE_LEG_A_COOKIE,
		       (uint64_t)opt_num("COOKIE", argv[1], 0, INT64_MAX));
		nl_end(&m, leg);
	}
	start = now_ns();
	nl_talk(&nl, &m, &ans);
	if (ans.error)
		die("dump: %s %s", strerror(ans.error), ans.text);
	printf("{\"legs\":%lu,\"ms\":%llu}\n", ans.objects,
	       (unsigned long long)((now_ns() - start) / 1000000u));
	return 0;
}
