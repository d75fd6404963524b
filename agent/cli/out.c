// SPDX-License-Identifier: GPL-2.0
/* Pieces of output that several commands share. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath/names.h"
#include "out.h"

/* the largest integer that a double, and so every JSON reader, holds exactly */
#define JSON_EXACT	((1ull << 53) - 1)

void out_uint(json_t *object, const char *key, uint64_t value)
{
	char text[24];

	if (value <= INT64_MAX) {
		json_object_set_new(object, key, json_integer((json_int_t)value));
		return;
	}
	/* beyond what the library counts to: as a cookie that is too long */
	snprintf(text, sizeof(text), "%" PRIu64, value);
	out_str(object, key, text);
}

void out_str(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

void out_some_addr(json_t *object, const char *key, const struct dp_addr *addr)
{
	char text[DP_ADDR_STRLEN];

	if (addr->family)
		out_str(object, key, dp_addr_str(addr, text, sizeof(text)));
}

void out_cookie(json_t *object, uint64_t cookie)
{
	char text[24];

	if (!cookie)
		return;
	if (cookie <= JSON_EXACT) {
		out_uint(object, "cookie", cookie);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, cookie);
	out_str(object, "cookie", text);
}

void out_drops(json_t *object, const uint64_t *drops)
{
	json_t *some = json_object();
	unsigned int i;

	for (i = 0; i < __RTPLANE_DROP_MAX; i++)
		if (drops[i])
			out_uint(some, dp_drop_name(i), drops[i]);
	json_object_set_new(object, "drops", some);
}

void out_dscp(json_t *object, uint8_t mode, uint8_t value, const uint8_t *map)
{
	json_t *array;
	int i;

	out_str(object, "dscp_mode", dp_dscp_mode_name(mode));
	if (mode == RTPLANE_DSCP_SET)
		out_uint(object, "dscp", value);
	if (mode != RTPLANE_DSCP_MAP)
		return;
	array = json_array();
	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++)
		json_array_append_new(array, json_integer(map[i]));
	json_object_set_new(object, "dscp_map", array);
}

void out_rtcp(json_t *object, const struct dp_rtcp *rtcp)
{
	json_t *o;

	if (!rtcp->present)
		return;
	o = json_object();
	out_uint(o, "reports", rtcp->reports);
	out_uint(o, "ssrc", rtcp->ssrc);
	out_uint(o, "fraction_lost", rtcp->fraction_lost);
	json_object_set_new(o, "lost", json_integer(rtcp->lost));
	out_uint(o, "jitter", rtcp->jitter);
	if (rtcp->has_rtt)
		out_uint(o, "rtt", rtcp->rtt);
	json_object_set_new(object, "rtcp", o);
}

void out_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(value);
}

void out_text_drops(const char *indent, const uint64_t *drops)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < __RTPLANE_DROP_MAX; i++) {
		if (!drops[i])
			continue;
		if (!any)
			printf("%sdrops", indent);
		any = true;
		printf(" %s %" PRIu64, dp_drop_name(i), drops[i]);
	}
	if (any)
		putchar('\n');
}

void out_text_dscp(uint8_t mode, uint8_t value, const uint8_t *map)
{
	int i;

	if (mode == RTPLANE_DSCP_SET) {
		printf(" dscp %u", value);
	} else if (mode == RTPLANE_DSCP_MAP) {
		printf(" dscp map ");
		for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++)
			printf("%s%u", i ? "," : "", map[i]);
	} else {
		printf(" dscp %s", dp_dscp_mode_name(mode));
	}
}

void out_text_rtcp(const struct dp_rtcp *rtcp)
{
	printf(" reports %u ssrc 0x%08x lost %d fraction-lost %.1f%% jitter %u",
	       rtcp->reports, rtcp->ssrc, rtcp->lost,
	       rtcp->fraction_lost * 100.0 / 256, rtcp->jitter);
	if (rtcp->has_rtt)
		printf(" rtt %.1fms", rtcp->rtt / 1000.0);
}

const char *out_dev(uint32_t ifindex, char *buf)
{
	if (!if_indextoname(ifindex, buf))
		snprintf(buf, IF_NAMESIZE, "if%u", ifindex);
	return buf;
}
