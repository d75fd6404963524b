// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "base/acl.h"

struct acl *acl_new(const struct prefix *allow, size_t n_allow,
		    const struct prefix *deny, size_t n_deny, bool others)
{
	struct acl *acl = calloc(1, sizeof(*acl));

	if (!acl)
		return NULL;
	acl->refs = 1;
	acl->others = others;
	acl->allow = prefix_set_new(allow, n_allow);
	acl->deny = prefix_set_new(deny, n_deny);
	if (acl->allow && acl->deny)
		return acl;
	acl_put(acl);
	return NULL;
}

struct acl *acl_get(struct acl *acl)
{
	if (acl)
		acl->refs++;
	return acl;
}

void acl_put(struct acl *acl)
{
	if (!acl || --acl->refs)
		return;
	prefix_set_free(acl->allow);
	prefix_set_free(acl->deny);
	free(acl);
}

static struct acl_verdict judge(const struct acl *acl, const struct dp_addr *addr)
{
	const struct prefix *entry;

	if (!acl)
		return (struct acl_verdict){ .allowed = true };
	entry = prefix_set_first(acl->allow, addr);
	if (entry)
		return (struct acl_verdict){ true, "allow", entry };
	entry = prefix_set_first(acl->deny, addr);
	if (entry)
		return (struct acl_verdict){ false, "deny", entry };
	return (struct acl_verdict){ .allowed = acl->others };
}

bool acl_judge(const struct acl *acl, const struct dp_addr *addr,
	       struct acl_verdict *verdict)
{
	struct acl_verdict v = judge(acl, addr);

	if (verdict)
		*verdict = v;
	return v.allowed;
}

const char *acl_why(const struct acl_verdict *verdict, const char *name,
		    const struct dp_addr *addr, char *buf, size_t len)
{
	char host[DP_ADDR_STRLEN], entry[PREFIX_STRLEN];
	struct dp_addr alone = *addr;

	alone.port = 0;
	dp_addr_str(&alone, host, sizeof(host));
	if (verdict->entry)
		snprintf(buf, len, "%s is in %s %s %s", host, name, verdict->list,
			 prefix_str(verdict->entry, entry, sizeof(entry)));
	else
		snprintf(buf, len, "%s is in no entry of %s", host, name);
	return buf;
}
