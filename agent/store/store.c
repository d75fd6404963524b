// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/siphash.h"
#include "private.h"

#define LOCK_FILE	"lock"
#define BUCKETS		4096
/* what a change costs beside its bytes */
#define OVERHEAD	128
/* ms between two lines about what is lost */
#define SAY_EVERY_MS	60000

/**
 * struct change - a record to be written, or to be forgotten
 * @order: among those that wait, in the order of being put
 * @same: in its chain
 * @n_key: bytes of the key, its letter among them
 * @n: bytes of what follows it, the head of a record among them; 0: it is forgotten
 * @bytes: key and value
 */
struct change {
	TAILQ_ENTRY(change) order;
	LIST_ENTRY(change) same;
	size_t n_key;
	size_t n;
	char bytes[];
};

TAILQ_HEAD(changes, change);
LIST_HEAD(chain, change);

/**
 * struct store - a store
 * @dir: its folder
 * @lock_fd: holds the folder's lock
 * @size: bytes that records may take in the file
 * @limit: bytes that may wait
 * @env: LMDB's; transactions under @file
 * @dbi: likewise
 * @file: one at a time reads or writes
 * @thread: writes
 * @lock: of all below
 * @work: there is something to do
 * @done: something was done
 * @wait: changes that wait
 * @chains: the same, by key
 * @counters: what happened
 * @flushed: changes that were put, and are written or lost
 * @hurry: who waits for that
 * @stopping: all that waits is written, and that is all
 * @said: ms at which a loss was said; 0: never
 */
struct store {
	char *dir;
	int lock_fd;
	size_t size;
	size_t limit;
	MDB_env *env;
	MDB_dbi dbi;
	pthread_mutex_t file;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	struct changes wait;
	struct chain chains[BUCKETS];
	struct store_counters counters;
	uint64_t flushed;
	unsigned int hurry;
	bool stopping;
	uint64_t said;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static size_t weight(const struct change *c)
{
	return OVERHEAD + c->n_key + c->n;
}

/* --------------------------------------------------------------------- the writer */

/* in a file without a free page nothing could be forgotten any more: half of it is kept */
static bool has_room(const struct store *s, MDB_txn *txn)
{
	MDB_stat st;

	return !mdb_stat(txn, s->dbi, &st) &&
	       (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) *
	       st.ms_psize < s->size;
}

/* one of LMDB's errors; what is forgotten need not have been there */
static int apply(const struct store *s, MDB_txn *txn, const struct change *c)
{
	MDB_val key = { c->n_key, (void *)(uintptr_t)c->bytes };
	MDB_val data = { c->n, (void *)(uintptr_t)(c->bytes + c->n_key) };
	int ret;

	if (c->n)
		return has_room(s, txn) ? mdb_put(txn, s->dbi, &key, &data, 0) :
					  MDB_MAP_FULL;
	ret = mdb_del(txn, s->dbi, &key, NULL);
	return ret == MDB_NOTFOUND ? 0 : ret;
}

/* from @first, at most @n; all of them are in the file, or none */
static int write_some(struct store *s, const struct change *first, size_t n)
{
	const struct change *c;
	MDB_txn *txn;
	int ret;

	ret = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (ret)
		return ret;
	for (c = first; c && n && !ret; c = TAILQ_NEXT(c, order), n--)
		ret = apply(s, txn, c);
	if (!ret)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ret;
}

/* one that does not go in must not keep the others out */
static size_t write_batch(struct store *s, const struct changes *batch, int *error)
{
	const struct change *c;
	size_t lost = 0;
	int ret;

	*error = write_some(s, TAILQ_FIRST(batch), SIZE_MAX);
	if (!*error)
		return 0;
	TAILQ_FOREACH(c, batch, order) {
		ret = write_some(s, c, 1);
		if (ret)
			*error = ret;
		lost += ret != 0;
	}
	return lost;
}

static void free_batch(struct changes *batch)
{
	struct change *c;

	while ((c = TAILQ_FIRST(batch))) {
		TAILQ_REMOVE(batch, c, order);
		free(c);
	}
}

/* under the lock; what is put from now on is another batch */
static size_t take_batch(struct store *s, struct changes *batch)
{
	struct change *c;
	size_t n = 0;

	TAILQ_INIT(batch);
	TAILQ_CONCAT(batch, &s->wait, order);
	TAILQ_FOREACH(c, batch, order) {
		LIST_REMOVE(c, same);
		n++;
	}
	s->counters.pending = 0;
	return n;
}

/* under the lock, by whatever thread: a line a minute says it */
static void say_lost(struct store *s, const char *why)
{
	uint64_t now = now_ms();

	if (s->said && now - s->said < SAY_EVERY_MS)
		return;
	s->said = now;
	log_error("store: %s: what is put is not kept: %s; %llu changes so far, which the next start will not know",
		  s->dir, why, (unsigned long long)s->counters.lost);
}

static void wait_ms(struct store *s, uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&s->work, &s->lock, &until);
}

/* others are awaited for a moment, unless somebody waits for us */
static void gather(struct store *s)
{
	uint64_t end = now_ms() + STORE_GATHER_MS, now;

	while (!s->stopping && !s->hurry && (now = now_ms()) < end)
		wait_ms(s, end - now);
}

/* under the lock, which is let go meanwhile */
static void write_waiting(struct store *s)
{
	struct changes batch;
	size_t n, lost;
	int error;

	gather(s);
	n = take_batch(s, &batch);
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_lock(&s->file);
	lost = write_batch(s, &batch, &error);
	pthread_mutex_unlock(&s->file);
	free_batch(&batch);
	pthread_mutex_lock(&s->lock);
	s->counters.batches++;
	s->counters.written += n - lost;
	s->counters.lost += lost;
	s->flushed += n;
	if (lost)
		say_lost(s, mdb_strerror(error));
	pthread_cond_broadcast(&s->done);
}

/* under the lock, which is let go meanwhile: the disk may take its time */
static void tell_disk(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
	mdb_env_sync(s->env, 1);
	pthread_mutex_lock(&s->lock);
}

static void *write_behind(void *arg)
{
	struct store *s = arg;
	uint64_t synced = now_ms(), now;
	bool dirty = false;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		now = now_ms();
		if (!TAILQ_EMPTY(&s->wait)) {
			write_waiting(s);
			dirty = true;
		} else if (s->stopping) {
			break;
		} else if (!dirty) {
			pthread_cond_wait(&s->work, &s->lock);
		} else if (now < synced + STORE_SYNC_MS) {
			wait_ms(s, synced + STORE_SYNC_MS - now);
		}
		if (dirty && now >= synced + STORE_SYNC_MS) {
			tell_disk(s);
			synced = now_ms();
			dirty = false;
		}
	}
	if (dirty)
		tell_disk(s);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ------------------------------------------------------------------ what is put */

static struct chain *chain_of(struct store *s, const struct change *c)
{
	static const uint64_t fixed[2] = { 1, 2 };
	struct siphash h;

	siphash_begin(&h, fixed);
	siphash_add(&h, c->bytes, c->n_key);
	return &s->chains[siphash_end(&h) % BUCKETS];
}

static struct change *make(char letter, struct span key, size_t n)
{
	struct change *c;

	if (!key.n || key.n > STORE_KEY || n > STORE_PENDING)
		return NULL;
	c = malloc(sizeof(*c) + 1 + key.n + n);
	if (!c)
		return NULL;
	c->n_key = 1 + key.n;
	c->n = n;
	c->bytes[0] = letter;
	memcpy(c->bytes + 1, key.p, key.n);
	return c;
}

/* under the lock: one of the same key that waits is not written any more */
static void supersede(struct store *s, struct chain *chain, const struct change *c)
{
	struct change *old;

	LIST_FOREACH(old, chain, same)
		if (old->n_key == c->n_key &&
		    !memcmp(old->bytes, c->bytes, c->n_key))
			break;
	if (!old)
		return;
	s->counters.pending -= weight(old);
	s->counters.merged++;
	s->flushed++;
	LIST_REMOVE(old, same);
	TAILQ_REMOVE(&s->wait, old, order);
	free(old);
}

/* takes the change; NULL: there was no memory, or it was too big */
static void put(struct store *s, struct change *c)
{
	struct chain *chain;
	bool idle;

	pthread_mutex_lock(&s->lock);
	s->counters.put++;
	if (c) {
		chain = chain_of(s, c);
		supersede(s, chain, c);
	}
	if (!c || s->counters.pending + weight(c) > s->limit) {
		s->counters.lost++;
		s->flushed++;
		say_lost(s, c ? "the disk does not keep up" :
				"no memory, or too big");
		free(c);
	} else {
		idle = TAILQ_EMPTY(&s->wait);
		s->counters.pending += weight(c);
		TAILQ_INSERT_TAIL(&s->wait, c, order);
		LIST_INSERT_HEAD(chain, c, same);
		if (idle)
			pthread_cond_signal(&s->work);
	}
	pthread_mutex_unlock(&s->lock);
}

void store_put(struct store *s, const struct store_class *class, struct span key,
	       struct span value)
{
	struct change *c;

	if (!s)
		return;
	c = make(class->letter, key, STORE_HEAD + value.n);
	if (c)
		store_record_write(c->bytes + c->n_key, class->version,
				   (struct span){ c->bytes, c->n_key }, value);
	put(s, c);
}

void store_del(struct store *s, const struct store_class *class, struct span key)
{
	if (s)
		put(s, make(class->letter, key, 0));
}

void store_flush(struct store *s)
{
	uint64_t target;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	target = s->counters.put;
	s->hurry++;
	pthread_cond_signal(&s->work);
	while (s->flushed < target)
		pthread_cond_wait(&s->done, &s->lock);
	s->hurry--;
	pthread_mutex_unlock(&s->lock);
}

void store_counters(struct store *s, struct store_counters *counters)
{
	*counters = (struct store_counters){ 0 };
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	*counters = s->counters;
	pthread_mutex_unlock(&s->lock);
}

/* ----------------------------------------------------------------- what is read */

/**
 * struct found - a record that a walk has found
 * @entry: among them
 * @n_key: bytes of its key, without the letter
 * @n: bytes of its value
 * @whole: it is of the version that is asked for
 * @bytes: key and value
 */
struct found {
	TAILQ_ENTRY(found) entry;
	size_t n_key;
	size_t n;
	bool whole;
	char bytes[];
};

TAILQ_HEAD(founds, found);

static bool find(struct founds *list, const struct store_class *class,
		 const MDB_val *key, const MDB_val *data)
{
	struct span value = { NULL, 0 };
	uint8_t version = 0;
	bool whole = store_record_read(key, data, &version, &value) &&
		     version == class->version;
	struct found *f = malloc(sizeof(*f) + key->mv_size + value.n);

	if (!f)
		return false;
	f->n_key = key->mv_size - 1;
	f->n = value.n;
	f->whole = whole;
	memcpy(f->bytes, (const char *)key->mv_data + 1, f->n_key);
	if (value.n)
		memcpy(f->bytes + f->n_key, value.p, value.n);
	TAILQ_INSERT_TAIL(list, f, entry);
	return true;
}

/* all of a kind: what they are used for may take its time, and put others */
static int find_all(struct store *s, const struct store_class *class,
		    struct founds *list)
{
	char letter = class->letter;
	MDB_val key = { 1, &letter }, data;
	MDB_cursor *cursor;
	MDB_txn *txn;
	int ret;

	ret = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (ret)
		return ret;
	ret = mdb_cursor_open(txn, s->dbi, &cursor);
	if (ret) {
		mdb_txn_abort(txn);
		return ret;
	}
	ret = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
	while (!ret && *(const char *)key.mv_data == class->letter &&
	       find(list, class, &key, &data))
		ret = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	return ret == MDB_NOTFOUND ? 0 : ret;
}

void store_each(struct store *s, const struct store_class *class,
		void (*fn)(struct span key, struct span value, void *arg),
		void *arg)
{
	struct founds list = TAILQ_HEAD_INITIALIZER(list);
	struct span key, value;
	struct found *f;
	int ret;

	if (!s)
		return;
	pthread_mutex_lock(&s->file);
	ret = find_all(s, class, &list);
	pthread_mutex_unlock(&s->file);
	if (ret)
		log_error("store: %s cannot be read: %s", s->dir, mdb_strerror(ret));
	while ((f = TAILQ_FIRST(&list))) {
		TAILQ_REMOVE(&list, f, entry);
		key = (struct span){ f->bytes, f->n_key };
		value = (struct span){ f->bytes + f->n_key, f->n };
		if (f->whole)
			fn(key, value, arg);
		else
			store_del(s, class, key);
		free(f);
	}
}

/* --------------------------------------------------------------- begin and end */

static bool take_dir(struct store *s, char *error)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" LOCK_FILE, s->dir);
	if (mkdir(s->dir, 0700) && errno != EEXIST) {
		snprintf(error, STORE_ERROR_LEN,
			 "store: the folder %.900s cannot be made: %s", s->dir,
			 strerror(errno));
		return false;
	}
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0) {
		snprintf(error, STORE_ERROR_LEN,
			 "store: %.900s cannot be opened: %s; expected a folder that the agent may write to",
			 path, strerror(errno));
		return false;
	}
	if (!flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return true;
	snprintf(error, STORE_ERROR_LEN,
		 "store: %.900s is another agent's; expected a folder for this one alone",
		 s->dir);
	return false;
}

static int open_table(struct store *s)
{
	MDB_txn *txn;
	int ret = mdb_txn_begin(s->env, NULL, 0, &txn);

	if (ret)
		return ret;
	ret = mdb_dbi_open(txn, NULL, 0, &s->dbi);
	if (!ret)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ret;
}

static bool open_file(struct store *s, char *error)
{
	struct store_renewed renewed;
	char path[PATH_MAX];
	int ret;

	if (!store_renew(s->dir, 2 * s->size, &renewed, error))
		return false;
	s->counters.records = renewed.records;
	s->counters.damaged = renewed.damaged;
	snprintf(path, sizeof(path), "%s/" STORE_FILE, s->dir);
	s->env = store_env_open(path, 2 * s->size, 0, &ret);
	if (s->env)
		ret = open_table(s);
	if (!ret)
		return true;
	snprintf(error, STORE_ERROR_LEN, "store: %.900s cannot be opened: %s", path,
		 mdb_strerror(ret));
	return false;
}

/* signals are the event loop's */
static bool begin_thread(struct store *s, char *error)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&s->thread, NULL, write_behind, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ret) {
		pthread_setname_np(s->thread, "store");
		return true;
	}
	snprintf(error, STORE_ERROR_LEN, "store: no thread can be begun: %s",
		 strerror(ret));
	return false;
}

static void let_go(struct store *s)
{
	if (s->env)
		mdb_env_close(s->env);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->file);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->done);
	free(s->dir);
	free(s);
}

struct store *store_open(const struct store_conf *conf, char *error)
{
	struct store *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s) {
		snprintf(error, STORE_ERROR_LEN, "store: no memory");
		return NULL;
	}
	s->lock_fd = -1;
	s->size = conf->size ? conf->size : STORE_SIZE;
	s->limit = conf->pending ? conf->pending : STORE_PENDING;
	TAILQ_INIT(&s->wait);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->file, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, &attr);
	pthread_cond_init(&s->done, NULL);
	pthread_condattr_destroy(&attr);
	s->dir = strdup(conf->dir);
	if (s->dir && take_dir(s, error) && open_file(s, error) &&
	    begin_thread(s, error))
		return s;
	if (!s->dir)
		snprintf(error, STORE_ERROR_LEN, "store: no memory");
	let_go(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	let_go(s);
}
