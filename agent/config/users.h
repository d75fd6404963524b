/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file of users: who may speak in a realm, and hashes of their passwords.
 *
 * A line is USER:REALM:HASH, as htdigest writes it (MD5), or USER:REALM:ALGORITHM:HASH;
 * several lines for one user are several hashes of one password.  HASH is that of
 * "USER:REALM:PASSWORD" in hexadecimal digits.  Empty lines and those with # say nothing.
 */
#ifndef CONFIG_USERS_H
#define CONFIG_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/**
 * enum config_hash - how a password is hashed, the strongest last
 * @CONFIG_MD5: MD5
 * @CONFIG_SHA256: SHA-256
 * @CONFIG_SHA512_256: SHA-512-256
 * @CONFIG_HASHES: how many there are
 */
enum config_hash {
	CONFIG_MD5,
	CONFIG_SHA256,
	CONFIG_SHA512_256,
	CONFIG_HASHES
};

/**
 * struct config_user - one of them
 * @realm: of digest, not one of ours
 * @name: name
 * @ha1: hashes, as text in small letters; NULL: it has none such
 */
struct config_user {
	const char *realm;
	const char *name;
	const char *ha1[CONFIG_HASHES];
};

/**
 * struct config_users - a file
 * @text: its content, which all strings point into
 * @user: ordered by realm and name
 * @n: how many
 * @realm: of digest, each once, the file's first one first, and a NULL
 * @has: each user has a hash of this kind
 */
struct config_users {
	char *text;
	struct config_user *user;
	size_t n;
	const char **realm;
	bool has[CONFIG_HASHES];
};

/**
 * config_users_load() - read a file
 * @path: the file
 * @why: on failure a sentence, with what was expected
 * @size: bytes of @why
 *
 * Return: to be given to config_users_free(); NULL on failure.
 */
struct config_users *config_users_load(const char *path, char *why, size_t size);

/** config_users_free() - forget it, and wipe it; NULL is fine */
void config_users_free(struct config_users *users);

/**
 * config_users_find() - one of them
 * @users: the file
 * @realm: of digest
 * @name: name
 *
 * Return: the user; NULL: there is none.
 */
const struct config_user *config_users_find(const struct config_users *users,
					    struct span realm, struct span name);

/**
 * config_users_realm() - the realm of digest for somebody at a host
 * @users: the file
 * @host: of who is asked, as in a URI
 *
 * Return: that host, if it is one of the file's realms; else the first of these.
 */
const char *config_users_realm(const struct config_users *users, struct span host);

/** config_users_eq() - are they the same?  Both may be NULL */
bool config_users_eq(const struct config_users *a, const struct config_users *b);

#endif /* CONFIG_USERS_H */
