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

/* does it stand there, and end?  A colon is a port's, but in IPv6 */
static bool stands_at(struct span text, size_t at, struct span host)
{
	size_t end = at + host.n;
	bool v6;

	if (end > text.n || (text.p[at] | 0x20) != (*host.p | 0x20) ||
	    strncasecmp(text.p + at, host.p, host.n))
		return false;
	v6 = memchr(host.p, ':', host.n);
	if (at && v6 && text.p[at - 1] == ':')
		return false;
	return end == text.n ||
	       (!is_of_a_host(text.p[end]) && !(v6 && text.p[end] == ':'));
}

struct span host_find(const struct span *host, size_t n, struct span text)
{
	size_t at, i;

	for (at = 0; at < text.n; at++) {
		/* not in the midst of a word: strangers write long ones */
		if (at && is_of_a_host(text.p[at - 1]))
			continue;
		for (i = 0; i < n; i++)
			if (stands_at(text, at, host[i]))
				return (struct span){ text.p + at, host[i].n };
	}
	return (struct span){ NULL, 0 };
}
