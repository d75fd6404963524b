// SPDX-License-Identifier: GPL-2.0
#include "base/text.h"
#include "json.h"

void api_set_text(json_t *o, const char *key, const char *text)
{
	char safe[TEXT_SAFE_ROOM(511)];

	text_safe(span_of(text), safe, sizeof(safe));
	json_object_set_new(o, key, json_string(safe));
}

void api_set_int(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, json_integer((json_int_t)value));
}

void api_set_addr(json_t *o, const char *key, const struct dp_addr *addr)
{
	char text[DP_ADDR_STRLEN];

	if (addr->family)
		json_object_set_new(o, key,
				    json_string(dp_addr_str(addr, text,
							    sizeof(text))));
}

void api_set_time(json_t *o, const char *key, const struct timespec *t)
{
	char text[40];
	struct tm tm;

	if (!t->tv_sec)
		return;
	gmtime_r(&t->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(o, key, json_string(text));
}
