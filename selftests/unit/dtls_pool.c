// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane-test: where=host
 *
 * Associations whose handshakes threads do: many at once, ended at any moment, hellos
 * before the answer, limits, certificates that change. What is sent reaches the other
 * side in the next turn of the loop, in the order in which it was sent.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "datapath/names.h"
#include "dtls/private.h"
#include "ktap.h"

#define ENDS	256

/* one side of a pair; its other one is behind or before it */
struct end {
	struct dtls *dtls;
	unsigned int index;
	bool up, failed, closed, loses, free_in_event, disturbed;
	struct dtls_outcome keys;
	char why[200];
	unsigned int sent;
};

/* a datagram on its way */
struct flying {
	struct flying *next;
	unsigned int to;
	size_t n;
	uint8_t data[DTLS_MTU];
};

static struct loop *loop;
static struct dtls_pool *pool;
static struct dtls_cert *cert;
static struct end ends[ENDS];
static struct flying *first, **last = &first;
static struct loop_later later;

/* a record that nobody wants */
static const uint8_t junk[14] = { 22, 0xfe, 0xfd, [12] = 1, 1 };

/* a thread has had it, and the loop not yet */
static void disturb(struct dtls *dtls)
{
	bool done = !dtls_receive(dtls, junk, sizeof(junk));

	while (!done) {
		usleep(100);
		pthread_mutex_lock(&pool->lock);
		done = dtls->job->state == JOB_DONE;
		pthread_mutex_unlock(&pool->lock);
	}
}

static void deliver(void *arg)
{
	struct flying *f = first, *next;

	first = NULL;
	last = &first;
	for (; f; f = next) {
		next = f->next;
		if (ends[f->to].disturbed && ends[f->to].dtls)
			disturb(ends[f->to].dtls);
		if (ends[f->to].dtls)
			dtls_receive(ends[f->to].dtls, f->data, f->n);
		free(f);
	}
}

static void on_send(void *arg, const void *data, size_t n)
{
	struct flying *f = malloc(sizeof(*f));
	struct end *e = arg;

	e->sent++;
	f->next = NULL;
	f->to = e->index ^ 1;
	f->n = n;
	memcpy(f->data, data, n);
	if (e->loses) {
		free(f);
		return;
	}
	*last = f;
	last = &f->next;
	later.fn = deliver;
	loop_defer(loop, &later);
}

static void on_event(void *arg, const struct dtls_outcome *outcome)
{
	struct end *e = arg;

	e->up |= outcome->event == DTLS_UP;
	e->failed |= outcome->event == DTLS_FAILED;
	e->closed |= outcome->event == DTLS_CLOSED;
	if (outcome->event == DTLS_UP)
		e->keys = *outcome;
	else
		memcpy(e->why, outcome->why, sizeof(e->why));
	if (e->free_in_event) {
		dtls_free(e->dtls);
		e->dtls = NULL;
	}
}

static const struct dtls_ops ops = { on_send, on_event };

static bool begin(const struct dtls_conf *conf)
{
	memset(ends, 0, sizeof(ends));
	memset(&later, 0, sizeof(later));
	loop = loop_new();
	cert = dtls_cert_new(NULL);
	pool = dtls_pool_new(loop, conf, cert, NULL);
	return loop && cert && pool;
}

static void end(void)
{
	unsigned int i;

	for (i = 0; i < ENDS; i++) {
		dtls_free(ends[i].dtls);
		ends[i].dtls = NULL;
	}
	dtls_pool_free(pool);
	dtls_cert_put(cert);
	loop_free(loop);
	while (first) {
		struct flying *f = first;

		first = f->next;
		free(f);
	}
	last = &first;
}

static void make(unsigned int i)
{
	memset(&ends[i], 0, sizeof(ends[i]));
	ends[i].index = i;
	ends[i].dtls = dtls_new(pool, NULL, &ops, &ends[i]);
}

/* even ones are active */
static const char *start(unsigned int i)
{
	struct dtls_fingerprint fp;
	struct dtls_remote remote = {
		.role = i & 1 ? DTLS_PASSIVE : DTLS_ACTIVE, .fingerprint = &fp,
		.n_fingerprints = 1,
	};
	const struct end *other = &ends[i ^ 1];

	dtls_cert_fingerprint(other->dtls ? dtls_own_cert(other->dtls) : cert,
			      DTLS_SHA256, &fp);
	return dtls_start(ends[i].dtls, &remote);
}

static bool agree(unsigned int i)
{
	const struct end *a = &ends[i], *b = &ends[i ^ 1];

	return a->up && b->up && !a->failed && !b->failed &&
	       !memcmp(a->keys.tx.key, b->keys.rx.key, dp_srtp_key_len(a->keys.tx.suite)) &&
	       !memcmp(a->keys.rx.key, b->keys.tx.key, dp_srtp_key_len(a->keys.tx.suite));
}

/* a minute is for machines that are very slow */
#define AWAIT(cond)							\
	do {								\
		uint64_t until_ = loop_now(loop) + 60000;		\
		while (!(cond) && loop_now(loop) < until_)		\
			loop_turn(loop, 1000);				\
		KTAP_CHECK(cond);					\
	} while (0)

static bool all_up(unsigned int n)
{
	while (n)
		if (!ends[--n].up)
			return false;
	return true;
}

/* microseconds of processors, of all threads */
static long long cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000ll +
	       r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

static bool many_at_once(void)
{
	long long before;
	unsigned int i;

	KTAP_CHECK(begin(NULL));
	before = cpu();
	for (i = 0; i < ENDS; i++)
		make(i);
	for (i = 0; i < ENDS; i++)
		KTAP_CHECK(!start(i));
	KTAP_CHECK(dtls_pool_get_stats(pool)->handshakes == ENDS);
	AWAIT(all_up(ENDS));
	printf("# CPU of an association's handshake: %lld us\n", (cpu() - before) / ENDS);
	for (i = 0; i < ENDS; i += 2)
		KTAP_CHECK(agree(i));
	KTAP_CHECK(dtls_pool_get_stats(pool)->up == ENDS);
	KTAP_CHECK(dtls_pool_get_stats(pool)->handshakes == 0);
	KTAP_CHECK(dtls_pool_get_stats(pool)->associations == ENDS);
	KTAP_CHECK(!strcmp(dtls_state(ends[0].dtls), "there are keys"));
	end();
	return true;
}

/* Each turn some end, wherever they are: waiting, with a thread, done, with keys. */
static bool ended_at_any_moment(void)
{
	unsigned int round, i, made = 0, up = 0;
	unsigned int seed = 1;

	KTAP_CHECK(begin(NULL));
	for (round = 0; round < 1000; round++) {
		for (i = 0; i < 3; i++) {
			seed = seed * 1103515245 + 12345;
			struct end *e = &ends[(seed >> 16) % 24];

			if (!e->dtls) {
				make((unsigned int)(e - ends));
				e->free_in_event = seed >> 30 & 1;
				start(e->index);
				made++;
				continue;
			}
			up += e->up;
			if (seed >> 28 & 1)
				dtls_close(e->dtls);
			dtls_free(e->dtls);
			e->dtls = NULL;
		}
		loop_turn(loop, round % 4);
	}
	printf("# %u made, %u had keys\n", made, up);
	end();
	return true;
}

/* a pool ends while its threads have work to bring back */
static bool pool_ends_with_work(void)
{
	unsigned int round, i;

	for (round = 0; round < 20; round++) {
		KTAP_CHECK(begin(NULL));
		for (i = 0; i < 16; i++)
			make(i);
		for (i = 0; i < 16; i++)
			start(i);
		for (i = 0; i < round % 4; i++)
			loop_turn(loop, 1);
		end();
	}
	return true;
}

static bool hello_before_the_answer(void)
{
	unsigned int i;

	KTAP_CHECK(begin(NULL));
	make(0);
	make(1);
	KTAP_CHECK(!start(0));
	AWAIT(ends[0].sent >= 3);
	KTAP_CHECK(!ends[1].sent && !ends[0].up);
	KTAP_CHECK(!strcmp(dtls_state(ends[1].dtls), "the other side is not known yet"));
	/* what repeats itself for long is not kept */
	for (i = 0; i < 2 * DTLS_HELD_MAX; i++)
		dtls_receive(ends[1].dtls, junk, sizeof(junk));
	KTAP_CHECK(dtls_pool_get_stats(pool)->left_out >= DTLS_HELD_MAX);
	ends[0].loses = true;
	loop_turn(loop, 0);
	KTAP_CHECK(!start(1));
	/* the hello that was kept is answered, no other one comes */
	AWAIT(ends[1].sent);
	ends[0].loses = false;
	AWAIT(all_up(2));
	KTAP_CHECK(agree(0));
	end();
	return true;
}

static bool limits(void)
{
	struct dtls_conf conf = { .handshakes = 2 };
	uint8_t large[DTLS_DATAGRAM_MAX + 1] = { 22, 0xfe, 0xfd };
	unsigned int i, taken = 0;

	KTAP_CHECK(begin(&conf));
	for (i = 0; i < 4; i++)
		make(i);
	KTAP_CHECK(!start(1) && !start(3));
	KTAP_CHECK(strstr(start(0), "too many"));
	KTAP_CHECK(strstr(start(1), "begun already"));
	KTAP_CHECK(dtls_pool_get_stats(pool)->refused == 1);
	KTAP_CHECK(!dtls_receive(ends[1].dtls, large, sizeof(large)));
	KTAP_CHECK(!dtls_receive(ends[1].dtls, large, 5));
	KTAP_CHECK(!dtls_receive(ends[1].dtls, "\x80\xfe\xfd\0\0\0\0\0\0\0\0\0\1\1", 14));
	dtls_free(ends[3].dtls);
	ends[3].dtls = NULL;
	KTAP_CHECK(!start(0));
	AWAIT(all_up(2));
	KTAP_CHECK(!start(2));
	/* until the loop looks, a thread takes once what waits */
	for (i = 0; i < 100 * DTLS_HELD_MAX; i++)
		taken += dtls_receive(ends[1].dtls, junk, sizeof(junk));
	KTAP_CHECK(taken <= 2 * DTLS_HELD_MAX);
	end();
	return true;
}

static bool certificate_changes(void)
{
	struct dtls_cert *other = dtls_cert_new(NULL);
	struct dtls_fingerprint a, b;

	KTAP_CHECK(begin(NULL));
	make(0);
	make(1);
	KTAP_CHECK(!start(1));
	dtls_pool_set_cert(pool, other);
	KTAP_CHECK(dtls_own_cert(ends[0].dtls) == cert);
	make(2);
	make(3);
	KTAP_CHECK(dtls_own_cert(ends[2].dtls) == other);
	dtls_cert_fingerprint(cert, DTLS_SHA256, &a);
	dtls_cert_fingerprint(other, DTLS_SHA256, &b);
	KTAP_CHECK(memcmp(&a, &b, sizeof(a)));
	dtls_cert_put(other);
	KTAP_CHECK(!start(0) && !start(2) && !start(3));
	AWAIT(all_up(4));
	KTAP_CHECK(agree(0) && agree(2));
	end();
	return true;
}

static bool is_idle(const struct dtls *dtls)
{
	bool idle;

	pthread_mutex_lock(&pool->lock);
	idle = dtls->job->state == JOB_IDLE;
	pthread_mutex_unlock(&pool->lock);
	return idle;
}

static bool closed(void)
{
	KTAP_CHECK(begin(NULL));
	make(0);
	make(1);
	KTAP_CHECK(!start(1) && !start(0));
	AWAIT(all_up(2));
	KTAP_CHECK(dtls_receive(ends[0].dtls, junk, sizeof(junk)));
	/* while a thread is at it, nothing can be said */
	AWAIT(is_idle(ends[0].dtls));
	ends[0].sent = 0;
	dtls_close(ends[0].dtls);
	KTAP_CHECK(ends[0].sent == 1);
	AWAIT(ends[1].closed);
	KTAP_CHECK(!ends[0].closed);
	end();
	return true;
}

static bool no_answer(void)
{
	struct dtls_conf conf = { .patience = 50 };

	KTAP_CHECK(begin(&conf));
	make(0);
	make(1);
	ends[0].loses = true;
	KTAP_CHECK(!start(0) && !start(1));
	AWAIT(ends[0].failed && ends[1].failed);
	KTAP_CHECK(strstr(ends[0].why, "no keys after 50 ms: our hello is not answered"));
	KTAP_CHECK(strstr(ends[1].why, "no hello came"));
	KTAP_CHECK(!dtls_receive(ends[0].dtls, junk, sizeof(junk)));
	KTAP_CHECK(dtls_pool_get_stats(pool)->failed == 2);
	KTAP_CHECK(dtls_pool_get_stats(pool)->handshakes == 0);
	end();
	return true;
}

/* a thread has brought something to be told, and the loop has not looked */
static bool brought(void)
{
	struct job *job;
	bool told = false;

	pthread_mutex_lock(&pool->lock);
	for (job = pool->done.first; job; job = job->next)
		told |= job->machine.told;
	pthread_mutex_unlock(&pool->lock);
	return told;
}

/* The loop's thread was busy elsewhere until patience was over, and keys were there. */
static bool too_late(void)
{
	struct dtls_conf conf = { .patience = 200 };
	struct timespec wait = { .tv_nsec = 300000000 };

	KTAP_CHECK(begin(&conf));
	make(0);
	make(1);
	KTAP_CHECK(!start(0) && !start(1));
	while (!brought() && !ends[1].failed && !ends[1].up)
		loop_turn(loop, 1);
	nanosleep(&wait, NULL);
	AWAIT(ends[1].failed || ends[1].up);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	/* one thing is told, not both */
	KTAP_CHECK(!(ends[0].failed && ends[0].up) && !(ends[1].failed && ends[1].up));
	end();
	return true;
}

/* by the loop's timer: the first flights are lost */
static bool repeated(void)
{
	KTAP_CHECK(begin(NULL));
	make(0);
	make(1);
	ends[0].loses = true;
	KTAP_CHECK(!start(0) && !start(1));
	AWAIT(ends[0].sent >= 3);
	ends[0].loses = false;
	AWAIT(all_up(2));
	KTAP_CHECK(agree(0));
	/* and then it is done */
	AWAIT(is_idle(ends[0].dtls));
	end();
	return true;
}

/* Nothing is repeated here: what came while a thread was at it must not lie there. */
static bool while_a_thread_is_at_it(void)
{
	struct dtls_conf conf = { .rto = 600000, .patience = 600000 };
	unsigned int i;

	KTAP_CHECK(begin(&conf));
	for (i = 0; i < 64; i++) {
		make(i);
		ends[i].disturbed = true;
	}
	for (i = 0; i < 64; i++)
		KTAP_CHECK(!start(i));
	AWAIT(all_up(64));
	end();
	return true;
}

static unsigned int done(void)
{
	struct job *job;
	unsigned int n = 0;

	pthread_mutex_lock(&pool->lock);
	for (job = pool->done.first; job; job = job->next)
		n++;
	pthread_mutex_unlock(&pool->lock);
	return n;
}

static bool all_sent(void)
{
	unsigned int i;

	for (i = 0; i < ENDS; i += 2)
		if (!ends[i].sent)
			return false;
	return true;
}

/* The loop's thread was busy elsewhere: more is done than one turn looks at. */
static bool more_than_a_turn(void)
{
	struct dtls_conf conf = { .rto = 600000, .patience = 600000 };
	unsigned int i;

	KTAP_CHECK(begin(&conf));
	for (i = 0; i < ENDS; i++) {
		make(i);
		ends[i].loses = true;
	}
	for (i = 0; i < ENDS; i += 2)
		KTAP_CHECK(!start(i));
	while (done() < ENDS / 2)
		usleep(1000);
	loop_turn(loop, 0);
	KTAP_CHECK(!all_sent());
	AWAIT(all_sent());
	end();
	return true;
}

static const struct ktap_point points[] = {
	{ "128 handshakes at once, each with both sides' keys", many_at_once },
	{ "ended at any moment, from anywhere", ended_at_any_moment },
	{ "a pool ends while threads have work to bring back", pool_ends_with_work },
	{ "a hello before the answer is kept, a flood of them is not", hello_before_the_answer },
	{ "limits: handshakes at once, long datagrams, what is no DTLS", limits },
	{ "another certificate is for associations to come", certificate_changes },
	{ "close_notify is sent, and told; it can be sent when the rest is forgotten", closed },
	{ "nobody answers: a sentence", no_answer },
	{ "keys that come too late are not told", too_late },
	{ "flights that are lost are repeated", repeated },
	{ "what comes while a thread is at it", while_a_thread_is_at_it },
	{ "more is done than one turn looks at", more_than_a_turn },
};

int main(void)
{
	return KTAP_RUN(points);
}
