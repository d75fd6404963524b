// SPDX-License-Identifier: GPL-2.0
/* The file of users. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "users.h"

#define FILE_MAX	(64 * 1024 * 1024)

static const struct {
	const char *word;
	size_t len;
} hashes[CONFIG_HASHES] = {
	[CONFIG_MD5] = { "MD5", 32 },
	[CONFIG_SHA256] = { "SHA-256", 64 },
	[CONFIG_SHA512_256] = { "SHA-512-256", 64 },
};

static int compare(const void *a, const void *b)
{
	const struct config_user *x = a, *y = b;
	int diff = strcmp(x->realm, y->realm);

	return diff ? diff : strcmp(x->name, y->name);
}

/* small letters, as both ends of digest hash them */
static bool is_hash(char *text, size_t len)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		text[i] = (char)tolower((unsigned char)text[i]);
	}
	return i == len;
}

static int hash_of(const char *word)
{
	int i;

	for (i = 0; i < CONFIG_HASHES; i++)
		if (!strcmp(word, hashes[i].word))
			return i;
	return -1;
}

/* both are between quotes in a header field */
static bool is_plain(const char *text)
{
	return *text && !strpbrk(text, "\"\\");
}

static const char *read_line(char *line, struct config_user *user)
{
	char *rest = line, *word;
	int kind = CONFIG_MD5;

	*user = (struct config_user){ .name = strsep(&rest, ":") };
	user->realm = strsep(&rest, ":");
	if (!rest || !is_plain(user->name) || !is_plain(user->realm))
		return "it has no user, no realm or no hash";
	word = strsep(&rest, ":");
	if (rest)
		kind = hash_of(word);
	if (kind < 0)
		return "its algorithm is neither MD5, SHA-256 nor SHA-512-256";
	word = rest ? rest : word;
	if (!is_hash(word, hashes[kind].len))
		return "its hash is none of that algorithm";
	user->ha1[kind] = word;
	return NULL;
}

/* several lines of one user become one; NULL, or the user who has two such hashes */
static const char *merge(struct config_users *users)
{
	struct config_user *to = users->user, *from = users->user + 1;
	int i;

	for (; from < users->user + users->n; from++) {
		if (compare(to, from)) {
			*++to = *from;
			continue;
		}
		for (i = 0; i < CONFIG_HASHES; i++) {
			if (from->ha1[i] && to->ha1[i])
				return from->name;
			if (from->ha1[i])
				to->ha1[i] = from->ha1[i];
		}
	}
	users->n = (size_t)(to - users->user) + 1;
	return NULL;
}

/* what is offered must be what everybody has: a phone chooses before we know whose it is */
static bool look_at_hashes(struct config_users *users)
{
	bool any = false;
	size_t i;
	int h;

	for (h = 0; h < CONFIG_HASHES; h++) {
		users->has[h] = true;
		for (i = 0; i < users->n; i++)
			users->has[h] &= !!users->user[i].ha1[h];
		any |= users->has[h];
	}
	return any;
}

/* @first: the realm of the file's first line */
static bool list_realms(struct config_users *users, const char *first)
{
	size_t i, n = 1;

	users->realm = calloc(users->n + 2, sizeof(*users->realm));
	if (!users->realm)
		return false;
	users->realm[0] = first;
	for (i = 0; i < users->n; i++)
		if (strcmp(users->user[i].realm, first) &&
		    (!i || strcmp(users->user[i].realm, users->user[i - 1].realm)))
			users->realm[n++] = users->user[i].realm;
	return true;
}

static bool add(struct config_users *users, const struct config_user *user, size_t *room)
{
	struct config_user *list;

	if (users->n == *room) {
		*room = *room ? *room * 2 : 64;
		list = reallocarray(users->user, *room, sizeof(*list));
		if (!list)
			return false;
		users->user = list;
	}
	users->user[users->n++] = *user;
	return true;
}

static bool read_lines(struct config_users *users, const char *path, char *why,
		       size_t size)
{
	char *rest = users->text, *line;
	unsigned int number = 0;
	struct config_user user;
	const char *wrong;
	size_t room = 0;

	while ((line = strsep(&rest, "\n"))) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		wrong = read_line(line, &user);
		if (!wrong && !add(users, &user, &room))
			wrong = "no memory";
		if (!wrong)
			continue;
		snprintf(why, size,
			 "'%s', line %u: %s; expected USER:REALM:HASH or USER:REALM:ALGORITHM:HASH",
			 path, number, wrong);
		return false;
	}
	return true;
}

static bool order(struct config_users *users, const char *path, char *why, size_t size)
{
	const char *first, *twice;

	if (!users->n) {
		snprintf(why, size, "'%s' has no user; expected a line for each, as USER:REALM:HASH",
			 path);
		return false;
	}
	first = users->user[0].realm;
	qsort(users->user, users->n, sizeof(*users->user), compare);
	twice = merge(users);
	if (twice)
		snprintf(why, size, "'%s' has two hashes of one kind for %.64s; expected each once",
			 path, twice);
	else if (!look_at_hashes(users))
		snprintf(why, size,
			 "'%s' has no algorithm that all users have; expected hashes of one kind for everybody",
			 path);
	else if (!list_realms(users, first))
		snprintf(why, size, "no memory");
	else
		return true;
	return false;
}

static char *read_all(const char *path, char *why, size_t size)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_MAX) : NULL, *fit;
	size_t n = 0;

	if (text)
		n = fread(text, 1, FILE_MAX, f);
	if (!text || ferror(f) || n == FILE_MAX || memchr(text, '\0', n)) {
		snprintf(why, size, "'%s' cannot be read: %s; expected a file of users",
			 path, !text || ferror(f) ? strerror(errno) :
			 n == FILE_MAX ? "it is too long" : "it is no text");
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	if (!text)
		return NULL;
	text[n] = '\0';
	fit = realloc(text, n + 1);
	return fit ? fit : text;
}

struct config_users *config_users_load(const char *path, char *why, size_t size)
{
	struct config_users *users = calloc(1, sizeof(*users));

	if (!users) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	users->text = read_all(path, why, size);
	if (users->text && read_lines(users, path, why, size) &&
	    order(users, path, why, size))
		return users;
	config_users_free(users);
	return NULL;
}

void config_users_free(struct config_users *users)
{
	size_t i;
	int h;

	if (!users)
		return;
	for (i = 0; i < users->n; i++)
		for (h = 0; h < CONFIG_HASHES; h++)
			if (users->user[i].ha1[h])
				explicit_bzero((char *)users->user[i].ha1[h],
					       hashes[h].len);
	free(users->text);
	free(users->user);
	free(users->realm);
	free(users);
}

static int compare_span(struct span a, const char *b)
{
	size_t n = strlen(b), least = a.n < n ? a.n : n;
	int diff = least ? memcmp(a.p, b, least) : 0;

	return diff ? diff : a.n < n ? -1 : a.n > n;
}

const struct config_user *config_users_find(const struct config_users *users,
					    struct span realm, struct span name)
{
	size_t low = 0, high = users->n, at;
	int diff;

	while (low < high) {
		at = low + (high - low) / 2;
		diff = compare_span(realm, users->user[at].realm);
		if (!diff)
			diff = compare_span(name, users->user[at].name);
		if (!diff)
			return &users->user[at];
		if (diff < 0)
			high = at;
		else
			low = at + 1;
	}
	return NULL;
}

const char *config_users_realm(const struct config_users *users, struct span host)
{
	const char **realm = users->realm;

	for (; *realm; realm++)
		if (span_iscase(host, *realm))
			return *realm;
	return users->realm[0];
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool config_users_eq(const struct config_users *a, const struct config_users *b)
{
	const struct config_user *x, *y;
	size_t i;
	int h;

	if (!a || !b || a->n != b->n || strcmp(a->realm[0], b->realm[0]))
		return !a && !b;
	for (i = 0; i < a->n; i++) {
		x = &a->user[i];
		y = &b->user[i];
		if (compare(x, y))
			return false;
		for (h = 0; h < CONFIG_HASHES; h++)
			if (!same(x->ha1[h], y->ha1[h]))
				return false;
	}
	return true;
}
