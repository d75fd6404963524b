/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may, by address: a list of those that are allowed and one of those that are
 * denied.  Whoever is in both is allowed, by the first entry that has him.
 */
#ifndef BASE_ACL_H
#define BASE_ACL_H

#include "base/prefix.h"

/**
 * struct acl - who may; never changed, held by reference
 * @refs: who holds it
 * @allow: who may
 * @deny: who may not, unless @allow has him
 * @others: whether those may that neither has
 */
struct acl {
	unsigned int refs;
	struct prefix_set *allow;
	struct prefix_set *deny;
	bool others;
};

/**
 * struct acl_verdict - may he, and by what?
 * @allowed: he may
 * @list: "allow" or "deny", where he is; NULL: in neither
 * @entry: the prefix there that decides, as old as the acl
 */
struct acl_verdict {
	bool allowed;
	const char *list;
	const struct prefix *entry;
};

/**
 * acl_new() - make one, with one reference
 * @allow: entries, copied
 * @n_allow: how many
 * @deny: entries, copied
 * @n_deny: how many
 * @others: whether those may that neither has
 *
 * Return: to be given to acl_put(); NULL without memory.
 */
struct acl *acl_new(const struct prefix *allow, size_t n_allow,
		    const struct prefix *deny, size_t n_deny, bool others);

/** acl_get() - one more reference; returns @acl, which may be NULL */
struct acl *acl_get(struct acl *acl);

/** acl_put() - one less; the last one frees it. NULL is fine */
void acl_put(struct acl *acl);

/**
 * acl_judge() - may this address?
 * @acl: who may; NULL: everybody
 * @addr: the address; its port is not looked at
 * @verdict: filled; may be NULL
 *
 * Costs a few steps, however long the lists are.
 *
 * Return: &struct acl_verdict.allowed.
 */
bool acl_judge(const struct acl *acl, const struct dp_addr *addr,
	       struct acl_verdict *verdict);

/** ACL_WHY_LEN - room for what acl_why() says with a name of up to 32 characters */
#define ACL_WHY_LEN	160

/**
 * acl_why() - a verdict in words: "192.0.2.66 is in acl deny 192.0.2.0/24"
 * @verdict: it
 * @name: the acl's key in the configuration
 * @addr: about whom
 * @buf: filled, always terminated
 * @len: bytes of @buf
 *
 * Return: @buf.
 */
const char *acl_why(const struct acl_verdict *verdict, const char *name,
		    const struct dp_addr *addr, char *buf, size_t len);

#endif /* BASE_ACL_H */
