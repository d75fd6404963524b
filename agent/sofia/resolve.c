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
#include "sofia.h"

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

/*
 * No Via has a maddr for libsofia-sip.  It would send answers there, to whomever a
 * stranger names, several for one request; and where that cannot be done the
 * transaction lands in a queue in which the ACK meets an assertion.  RFC 3261
 * wants maddr for multicast, which nobody here listens to.  The library's table of
 * headers finds this function before its own.
 */
issize_t sip_via_d(su_home_t *home, msg_header_t *h, char *s, isize_t slen)
{
	static msg_parse_f *theirs;
	issize_t ret;
	sip_via_t *v;

	if (!theirs)
		theirs = (msg_parse_f *)dlsym(RTLD_NEXT, "sip_via_d");
	ret = theirs ? theirs(home, h, s, slen) : -1;
	for (v = (sip_via_t *)h; ret >= 0 && v; v = v->v_next)
		while (v->v_maddr &&
		       msg_header_remove_param(v->v_common, "maddr") > 0)
			;
	return ret;
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
