/* SPDX-License-Identifier: GPL-2.0 */
/* Tenants of a realm: whose something is, and what they may have. */
#ifndef B2B_TENANT_H
#define B2B_TENANT_H

#include "private.h"

/* whose is a request that came in here, or a binding? NULL: nobody's */
struct tenant *b2b_tenant_of(const struct realm *realm, const struct sip_flow *flow,
			     const struct sip_msg *msg);
struct tenant *b2b_tenant_of_aor(const struct realm *realm, const struct sip_flow *flow,
				 struct span aor);
/* at an end of a call of a former agent's; @uri: who called; absent: who was called */
struct tenant *b2b_tenant_of_kept(const struct realm *realm, const struct sip_flow *flow,
				  struct span uri);
/* all of these may be given NULL */
/* how media of who is its is treated: its own, or the realm's; held by neither's user */
struct session_policy *b2b_tenant_policy(const struct tenant *tenant,
					 const struct realm *realm);
const struct config_tenant *b2b_tenant_conf(const struct tenant *tenant);
/* why it may have no call more, @now in ms; NULL: it may */
const char *b2b_tenant_full(struct tenant *tenant, uint64_t now);
/* one call more; to be released */
struct tenant *b2b_tenant_take(struct tenant *tenant, uint64_t now);
/* the same for a call of a former agent's, which is nothing for its rate */
struct tenant *b2b_tenant_take_again(struct tenant *tenant);
void b2b_tenant_release(struct tenant *tenant);
/* for the ports of a call that has taken it */
struct session_quota *b2b_tenant_quota(struct tenant *tenant);
/* may it have a binding more? */
bool b2b_tenant_binds(struct tenant *tenant);
/* @more: 1 or -1 bindings */
void b2b_tenant_count(struct tenant *tenant, int more);
/* those of the realm's configuration; false without memory: then there are none */
bool b2b_tenants_set(struct realm *realm);
/* how their media is treated, once the realm's is known; false without memory: as the realm's */
bool b2b_tenants_media(struct realm *realm);
void b2b_tenants_recount(struct realm *realm);
void b2b_tenants_close(struct realm *realm);

#endif /* B2B_TENANT_H */
