// SPDX-License-Identifier: GPL-2.0
/*
 * No blocking name look-up in the event loop.
 *
 * Names of next hops are looked up by libsofia-sip's asynchronous resolver.  But
 * there is a way for a stranger to make it call getaddrinfo(): a request of a
 * wrong version or size whose Via names a host is answered before its source
 * address is noted (nta.c, agent_recv_request()), and each look-up may take many
 * seconds.  So the process has a getaddrinfo() of its own, found before libc's,
 * that takes addresses only.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#include "resolve.h"

typedef int getaddrinfo_fn(const char *node, const char *service,
			   const struct addrinfo *hints,
			   struct addrinfo **res);

int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo numeric = { 0 };
	static getaddrinfo_fn *libc;

	if (!libc)
		libc = (getaddrinfo_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
	if (!libc)
		return EAI_SYSTEM;
	if (hints)
		numeric = *hints;
	numeric.ai_flags |= AI_NUMERICHOST;
	return libc(node, service, &numeric, res);
}

bool sip_resolve_is_numeric(void)
{
	struct addrinfo *res = NULL;

	/* every host knows this name without asking anybody */
	if (getaddrinfo("localhost", NULL, NULL, &res))
		return true;
	freeaddrinfo(res);
	return false;
}
