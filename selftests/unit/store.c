// SPDX-License-Identifier: GPL-2.0
/* The store (store/): what it keeps over a kill -9, and what it makes of damaged files. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/pack.h"
#include "store/store.h"
#include "ktap.h"

static const struct store_class class = { 'x', 1 };
static const struct store_class other = { 'y', 1 };
static const struct store_class newer = { 'x', 2 };

static char dir[PATH_MAX], path[PATH_MAX], error[STORE_ERROR_LEN];
static struct store *store;

/* ------------------------------------------------------------------------- helpers */

static void clean(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		if (*entry->d_name != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

static bool open_with(size_t size, size_t pending)
{
	struct store_conf conf = { dir, size, pending };

	store = store_open(&conf, error);
	if (!store)
		printf("# %s\n", error);
	return store;
}

static bool again(void)
{
	store_close(store);
	store = NULL;
	return open_with(0, 0);
}

static bool begin(void)
{
	store_close(store);
	clean();
	return open_with(0, 0);
}

/* what a walk has shown: "key=value " each */
static char shown[65536];
static unsigned int count;

static void show(struct span key, struct span value, void *arg)
{
	size_t n = strlen(shown);

	count++;
	snprintf(shown + n, sizeof(shown) - n, SPAN_FMT "=" SPAN_FMT " ",
		 SPAN_ARG(key), SPAN_ARG(value));
}

static bool shows(const struct store_class *of, const char *expected)
{
	*shown = '\0';
	count = 0;
	store_each(store, of, show, NULL);
	if (strcmp(shown, expected))
		printf("# '%.200s', expected '%s'\n", shown, expected);
	return !strcmp(shown, expected);
}

static void put(const struct store_class *of, const char *key, const char *value)
{
	store_put(store, of, span_of(key), span_of(value));
}

static bool exists(const char *name)
{
	char at[PATH_MAX + 64];
	struct stat st;

	snprintf(at, sizeof(at), "%s/%s", dir, name);
	return !stat(at, &st);
}

/* -------------------------------------------------------------------------- points */

static bool keeps(void)
{
	struct store_counters c;

	KTAP_CHECK(begin());
	put(&class, "b", "2");
	put(&class, "a", "1");
	put(&class, "c", "");
	put(&other, "a", "no");
	KTAP_CHECK(again());
	store_counters(store, &c);
	KTAP_CHECK(c.records == 4 && !c.damaged && !c.lost);
	KTAP_CHECK(shows(&class, "a=1 b=2 c= "));
	KTAP_CHECK(shows(&other, "a=no "));
	KTAP_CHECK(again());
	return shows(&class, "a=1 b=2 c= ");
}

static bool last_counts(void)
{
	struct store_counters c;

	KTAP_CHECK(begin());
	put(&class, "a", "1");
	put(&class, "a", "2");
	put(&class, "b", "1");
	store_del(store, &class, SPAN("b"));
	store_flush(store);
	KTAP_CHECK(shows(&class, "a=2 "));
	put(&class, "b", "3");
	store_del(store, &class, SPAN("a"));
	store_del(store, &class, SPAN("never"));
	KTAP_CHECK(again());
	KTAP_CHECK(shows(&class, "b=3 "));
	put(&class, "b", "4");
	store_flush(store);
	store_counters(store, &c);
	return c.put == 1 && c.written == 1 && !c.lost && !c.pending &&
	       shows(&class, "b=4 ");
}

static bool other_version(void)
{
	KTAP_CHECK(begin());
	put(&class, "a", "1");
	put(&newer, "b", "2");
	store_flush(store);
	KTAP_CHECK(shows(&newer, "b=2 "));
	/* and is not there any more for who goes back */
	store_flush(store);
	KTAP_CHECK(shows(&class, ""));
	return again() && shows(&class, "");
}

static bool one_agent(void)
{
	struct store_conf conf = { dir, 0, 0 };

	KTAP_CHECK(begin());
	KTAP_CHECK(!store_open(&conf, error));
	KTAP_CHECK(strstr(error, "is another agent's"));
	put(&class, "a", "1");
	return again() && shows(&class, "a=1 ");
}

static bool no_folder(void)
{
	struct store_conf conf = { "/proc/nothing", 0, 0 };
	char below[PATH_MAX + 32];
	struct stat st;

	KTAP_CHECK(!store_open(&conf, error));
	KTAP_CHECK(strstr(error, "/proc/nothing cannot be made"));
	KTAP_CHECK(begin());
	/* one that is not there is made, for us alone */
	snprintf(below, sizeof(below), "%s/b", dir);
	store_close(store);
	conf.dir = below;
	store = store_open(&conf, error);
	KTAP_CHECK(store && !stat(below, &st) && (st.st_mode & 0777) == 0700);
	store_close(store);
	store = NULL;
	snprintf(below, sizeof(below), "%s/b/" STORE_FILE, dir);
	KTAP_CHECK(!stat(below, &st) && (st.st_mode & 0777) == 0600);
	KTAP_CHECK(!unlink(below));
	snprintf(below, sizeof(below), "%s/b/lock", dir);
	unlink(below);
	snprintf(below, sizeof(below), "%s/b", dir);
	return !rmdir(below);
}

static bool write_file(const void *data, size_t n, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	bool ok = fd >= 0 && pwrite(fd, data, n, at) == (ssize_t)n;

	close(fd);
	return ok;
}

static bool foreign_file(void)
{
	static const char text[] = "realms: this is no store at all";

	KTAP_CHECK(begin());
	store_close(store);
	store = NULL;
	KTAP_CHECK(!unlink(path) && write_file(text, sizeof(text), 0));
	KTAP_CHECK(open_with(0, 0));
	KTAP_CHECK(exists(STORE_FILE ".damaged") && shows(&class, ""));
	put(&class, "a", "1");
	KTAP_CHECK(again() && shows(&class, "a=1 "));
	/* an empty one, and a folder in its place */
	store_close(store);
	store = NULL;
	KTAP_CHECK(!truncate(path, 0));
	KTAP_CHECK(open_with(0, 0) && shows(&class, ""));
	store_close(store);
	store = NULL;
	KTAP_CHECK(!unlink(path) && !mkdir(path, 0700));
	unlink((snprintf(shown, sizeof(shown), "%s.damaged", path), shown));
	KTAP_CHECK(open_with(0, 0) && shows(&class, ""));
	store_close(store);
	store = NULL;
	return !rmdir(shown[0] ? shown : (snprintf(shown, sizeof(shown),
						    "%s.damaged", path), shown));
}

/* the value of a record says what its key is, so that one of another's is seen */
static bool wrong;

static void compare(struct span key, struct span value, void *arg)
{
	count++;
	wrong |= value.n < 4 || value.n < key.n ||
		 memcmp(value.p, key.p, key.n);
}

static bool fill(unsigned int n)
{
	char key[16], value[600];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%06u", i);
		snprintf(value, sizeof(value), "%06u%0*u", i,
			 (int)(i * 7 % 500) + 1, i);
		put(&class, key, value);
	}
	store_flush(store);
	return true;
}

/* pages written over, at a start each: none of them dies, and no record is another's */
static bool damaged_file(void)
{
	unsigned int i, aside = 0, less = 0;
	uint8_t junk[256];
	struct stat st;
	size_t n;

	srandom(14);
	for (i = 0; i < 60; i++) {
		KTAP_CHECK(begin());
		KTAP_CHECK(fill(300));
		store_close(store);
		store = NULL;
		KTAP_CHECK(!stat(path, &st));
		for (n = 0; n < sizeof(junk); n++)
			junk[n] = (uint8_t)(i % 3 ? random() : i % 2 ? 0 : 255);
		if (i % 5 == 4)
			KTAP_CHECK(!truncate(path, st.st_size / 2));
		else
			KTAP_CHECK(write_file(junk, i % 4 ? 4 : sizeof(junk),
					      random() % (st.st_size - 256)));
		KTAP_CHECK(open_with(0, 0));
		aside += exists(STORE_FILE ".damaged");
		count = 0;
		wrong = false;
		store_each(store, &class, compare, NULL);
		less += count < 300;
		KTAP_CHECK(!wrong);
		put(&class, "new", "newvalue");
		KTAP_CHECK(again());
	}
	printf("# of %u files %u were set aside, %u had less\n", i, aside, less);
	return aside && less > aside;
}

static bool full_file(void)
{
	struct store_counters c;
	char value[2000], key[8];
	unsigned int i;

	KTAP_CHECK(begin());
	store_close(store);
	KTAP_CHECK(open_with(256 << 10, 0));
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%u", i);
		put(&class, key, value);
	}
	store_flush(store);
	store_counters(store, &c);
	KTAP_CHECK(c.lost && c.written && c.lost + c.written == 1000);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%u", i);
		store_del(store, &class, span_of(key));
	}
	store_flush(store);
	put(&class, "room", "again");
	store_flush(store);
	KTAP_CHECK(shows(&class, "room=again "));
	return true;
}

static bool bounded(void)
{
	struct store_counters c, now;
	char key[16];
	unsigned int i;

	KTAP_CHECK(begin());
	store_close(store);
	KTAP_CHECK(open_with(0, 8192));
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%u", i);
		put(&class, key, "0123456789");
		store_counters(store, &now);
		KTAP_CHECK(now.pending <= 8192);
	}
	store_flush(store);
	store_counters(store, &c);
	KTAP_CHECK(c.put == 1000 && c.lost && c.written &&
		   c.lost + c.written == 1000 && !c.pending);
	/* a key that is too long, or none, is nobody's */
	memset(shown, 'k', STORE_KEY + 1);
	shown[STORE_KEY + 1] = '\0';
	put(&class, shown, "1");
	put(&class, "", "1");
	store_flush(store);
	store_counters(store, &now);
	return now.lost == c.lost + 2;
}

/* a first, then b: whoever is killed between may have a newer a, and never a newer b */
static void write_until_killed(int fd)
{
	char text[16];
	uint32_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!open_with(0, 0))
		_exit(1);
	for (n = 1;; n++) {
		snprintf(text, sizeof(text), "%u", n);
		put(&class, "a", text);
		put(&class, "b", text);
		if (n % 64)
			continue;
		store_flush(store);
		if (write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static uint32_t seen[2];

static void see(struct span key, struct span value, void *arg)
{
	span_u32(value, &seen[*key.p - 'a']);
}

static bool killed(void)
{
	uint32_t told, n;
	unsigned int i;
	int fds[2];
	pid_t pid;

	KTAP_CHECK(begin());
	for (i = 0; i < 25; i++) {
		store_close(store);
		store = NULL;
		KTAP_CHECK(!pipe(fds));
		pid = fork();
		if (!pid)
			write_until_killed(fds[1]);
		close(fds[1]);
		KTAP_CHECK(read(fds[0], &told, sizeof(told)) == sizeof(told));
		usleep((useconds_t)(random() % 20000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			told = n;
		close(fds[0]);
		KTAP_CHECK(open_with(0, 0));
		KTAP_CHECK(!exists(STORE_FILE ".damaged"));
		seen[0] = seen[1] = 0;
		store_each(store, &class, see, NULL);
		if (seen[0] < told || seen[1] < told || seen[1] > seen[0])
			printf("# a %u, b %u, of which %u were said to be written\n",
			       seen[0], seen[1], told);
		KTAP_CHECK(seen[0] >= told && seen[1] >= told);
		KTAP_CHECK(seen[1] <= seen[0] && seen[0] - seen[1] <= 1);
	}
	return true;
}

static bool packs(void)
{
	struct dp_addr v4 = { .family = AF_INET, .port = 5060 };
	struct dp_addr v6 = { .family = AF_INET6, .port = 1 }, addr;
	struct pack p = { 0 };
	struct unpack u;
	size_t n;

	inet_pton(AF_INET, "192.0.2.1", &v4.v4);
	inet_pton(AF_INET6, "2001:db8::1", &v6.v6);
	pack_u32(&p, 7);
	pack_text(&p, SPAN("text"));
	pack_text(&p, (struct span){ NULL, 0 });
	pack_text(&p, SPAN(""));
	pack_addr(&p, &v4);
	pack_addr(&p, &v6);
	pack_due(&p, 0, 1000);
	pack_due(&p, 61000, 1000);
	pack_due(&p, 5, 1000);
	pack_u64(&p, UINT64_MAX);
	u = (struct unpack){ .rest = pack_span(&p) };
	KTAP_CHECK(unpack_u32(&u) == 7);
	KTAP_CHECK(span_is(unpack_text(&u), "text"));
	KTAP_CHECK(!unpack_text(&u).p);
	KTAP_CHECK(unpack_text(&u).p);
	unpack_addr(&u, &addr);
	KTAP_CHECK(dp_addr_eq(&addr, &v4));
	unpack_addr(&u, &addr);
	KTAP_CHECK(dp_addr_eq(&addr, &v6));
	KTAP_CHECK(!unpack_due(&u, 5000));
	/* 60 s from now, by a clock that began elsewhere */
	KTAP_CHECK(unpack_due(&u, 5000) > 5000 + 50000);
	KTAP_CHECK(unpack_due(&u, 5000) == 5000);
	KTAP_CHECK(unpack_u64(&u) == UINT64_MAX);
	KTAP_CHECK(unpack_end(&u));
	/* cut anywhere it is no record, and nothing is read behind it */
	for (n = 0; n < p.n; n++) {
		u = (struct unpack){ .rest = { p.p, n } };
		unpack_u32(&u);
		unpack_text(&u);
		unpack_text(&u);
		unpack_text(&u);
		unpack_addr(&u, &addr);
		unpack_addr(&u, &addr);
		unpack_due(&u, 0);
		unpack_due(&u, 0);
		unpack_due(&u, 0);
		unpack_u64(&u);
		KTAP_CHECK(!unpack_end(&u));
	}
	pack_free(&p);
	return true;
}

static bool nothing(void)
{
	struct store_counters c;

	store_close(store);
	store = NULL;
	put(&class, "a", "1");
	store_del(NULL, &class, SPAN("a"));
	store_flush(NULL);
	store_counters(NULL, &c);
	store_close(NULL);
	return shows(&class, "") && !c.put;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "records outlive the store that wrote them", keeps },
		{ "the last change of a key counts", last_counts },
		{ "records of another version are forgotten", other_version },
		{ "a folder has one agent", one_agent },
		{ "a folder is made, or it is said why not", no_folder },
		{ "a file that is no store is set aside", foreign_file },
		{ "a damaged file kills no start and makes nothing up", damaged_file },
		{ "a file that is full loses what is new, until there is room", full_file },
		{ "what waits is bounded", bounded },
		{ "a writer that is killed leaves all that it was told is written", killed },
		{ "values come back as they were, and cut ones do not", packs },
		{ "without a store nothing is kept", nothing },
	};
	int status;

	/* errors are what these points make */
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(dir, sizeof(dir), "/tmp/rtplane-store.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%.4000s/" STORE_FILE, dir);
	status = KTAP_RUN(points);
	store_close(store);
	clean();
	rmdir(dir);
	return status;
}
