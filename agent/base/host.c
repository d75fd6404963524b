// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"

static bool is_of_a_host(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       c == '.' || c == '-' || c == '_';
}

/* does it begin and end there?  A colon is a port's, but in IPv6 */
static bool is_whole(struct span text, size_t at, struct span host)
{
	bool v6 = memchr(host.p, ':', host.n);
	size_t end = at + host.n;

	if (at && (is_of_a_host(text.p[at - 1]) || (v6 && text.p[at - 1] == ':')))
		return false;
	return end == text.n ||
	       (!is_of_a_host(text.p[end]) && !(v6 && text.p[end] == ':'));
}

struct span host_find(struct span host, struct span text)
{
	size_t at;

	for (at = 0; at + host.n <= text.n; at++)
		if ((text.p[at] | 0x20) == (*host.p | 0x20) &&
		    !strncasecmp(text.p + at, host.p, host.n) &&
		    is_whole(text, at, host))
			return (struct span){ text.p + at, host.n };
	return (struct span){ NULL, 0 };
}
