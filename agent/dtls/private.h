/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder need of each other: cert.c (our certificate), fingerprint.c
 * (text and check of theirs), record.c (what of a datagram OpenSSL may see), bio.c
 * (datagrams in memory), rest.c (what is left of it with keys), machine.c (one side of a
 * handshake), dtls.c (associations, as the
 * event loop has them) and pool.c (threads).
 */
#ifndef DTLS_PRIVATE_H
#define DTLS_PRIVATE_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "base/timer.h"
#include "dtls.h"

/* ------------------------------------------------------------------------ records */

/* bytes of a record's header and of a handshake message's */
#define RECORD_HEAD	13
#define MESSAGE_HEAD	12

/* bytes of a handshake message that is no certificate */
#define MESSAGE_MAX	4096

/* messages of one side's handshake, and bytes of all of them */
#define MESSAGES_MAX	16
#define MESSAGES_BYTES	(DTLS_CERT_MAX + 12288)

/* types of records and of messages */
#define RECORD_CCS	20
#define RECORD_ALERT	21
#define RECORD_HANDSHAKE 22
#define RECORD_DATA	23
#define MESSAGE_HELLO	1
#define MESSAGE_CERT	11

/**
 * struct dtls_record - one of a datagram
 * @p: its header
 * @n: bytes of header and body
 * @type: what it holds
 * @epoch: 0: not encrypted
 */
struct dtls_record {
	const uint8_t *p;
	size_t n;
	uint8_t type;
	uint16_t epoch;
};

/**
 * struct dtls_filter - what the other party has announced
 * @len: bytes of its handshake messages, by their number; 0: none came
 * @sum: of all
 * @hello: a piece of a ClientHello came
 * @begun: we have said a hello: it may be refused
 */
struct dtls_filter {
	uint16_t len[MESSAGES_MAX];
	uint32_t sum;
	bool hello;
	bool begun;
};

/**
 * enum dtls_verdict - may OpenSSL see a record?
 * @DTLS_TAKE: yes
 * @DTLS_DROP: no, and nothing follows
 * @DTLS_REFUSE: no: the certificates that it begins are too large
 */
enum dtls_verdict {
	DTLS_TAKE,
	DTLS_DROP,
	DTLS_REFUSE
};

/* the next record of a datagram; false at its end, or where it is none any more */
bool dtls_record_next(const uint8_t **p, size_t *n, struct dtls_record *record);

/* judges a record of epoch 0 */
enum dtls_verdict dtls_filter(struct dtls_filter *filter,
			      const struct dtls_record *record);

/* ---------------------------------------------------------------------- datagrams */

/**
 * struct datagram - one that waits
 * @next: the next one
 * @n: its bytes
 * @data: them
 */
struct datagram {
	struct datagram *next;
	size_t n;
	uint8_t data[];
};

/**
 * struct queue - datagrams in order
 * @first: the first, or NULL
 * @last: where the next one goes; NULL in an empty, zeroed queue
 * @count: how many
 */
struct queue {
	struct datagram *first;
	struct datagram **last;
	unsigned int count;
};

/* without memory nothing is put there: as if it had been lost */
void dtls_queue_put(struct queue *queue, const void *data, size_t n);
struct datagram *dtls_queue_take(struct queue *queue);
void dtls_queue_empty(struct queue *queue);
/* all of @from behind what @to has */
void dtls_queue_move(struct queue *to, struct queue *from);

/**
 * struct wire - OpenSSL's side of a handshake's datagrams
 * @in: the one that OpenSSL reads next; NULL: nothing has come
 * @n: its bytes
 * @out: what it has sent
 */
struct wire {
	const uint8_t *in;
	size_t n;
	struct queue out;
};

/* a BIO of @wire, which outlives it */
BIO *dtls_bio_new(struct wire *wire);

/* ------------------------------------------------------------------- certificates */

/**
 * struct dtls_cert - a certificate of ours
 * @refs: references; atomic
 * @ctx: OpenSSL's, of both roles; nothing changes it once it is made
 */
struct dtls_cert {
	unsigned int refs;
	SSL_CTX *ctx;
};

bool dtls_digest(const X509 *cert, enum dtls_hash hash,
		 struct dtls_fingerprint *fp);

/* those of the best hash that any of them has, first; how many these are */
size_t dtls_fingerprints_choose(struct dtls_fingerprint *list, size_t n);

/* does it fit one of @list, which all have the same hash? */
bool dtls_fingerprints_fit(const struct dtls_fingerprint *list, size_t n,
			   const X509 *cert);

/* ------------------------------------------------------------------- what is left */

#define REST_KEY_MAX	32
#define REST_IV_MAX	12

/**
 * struct rest - of an association with keys, when OpenSSL's part is gone
 * @cipher: of what arrives; NULL: none that is read
 * @key: its key
 * @iv: what its nonces begin with
 * @n_iv: bytes of @iv
 * @repeats: how often @flight was sent again
 * @flight: our last one, if we are the server
 * @goodbye: close_notify
 */
struct rest {
	const EVP_CIPHER *cipher;
	uint8_t key[REST_KEY_MAX];
	uint8_t iv[REST_IV_MAX];
	uint8_t n_iv;
	unsigned int repeats;
	struct queue flight;
	struct queue goodbye;
};

/* the key of what arrives, out of a handshake that is done */
void dtls_rest_keep(struct rest *rest, SSL *ssl, bool server);

/*
 * A record of epoch 1: to @out what it has us repeat; the alert by which the other party
 * ends it, or -1.
 */
int dtls_rest_take(struct rest *rest, const struct dtls_record *r, struct queue *out);

void dtls_rest_clean(struct rest *rest);

/* ------------------------------------------------------------------------ machine */

/**
 * struct machine - one side of an association, one thread at a time
 * @ssl: OpenSSL's; NULL before dtls_machine_begin(), and with keys
 * @wire: its datagrams; those that are to be sent
 * @cert: ours
 * @role: ours
 * @fingerprint: of the other party, all by one hash
 * @n_fingerprints: how many
 * @suite: what we offer, or choose from
 * @n_suites: how many
 * @rto: ms of the first repetition
 * @filter: what the other party has announced
 * @early: the last encrypted record that came before it could be read
 * @rest: what is left of it with keys
 * @heard: something of the other party's was taken
 * @up: there were keys
 * @over: nothing more comes of it
 * @told: @outcome is to be told
 * @outcome: what
 * @why: what was wrong with the certificate; "": nothing
 * @alert: that the other party ended it by; -1: none
 */
struct machine {
	SSL *ssl;
	struct wire wire;
	struct dtls_cert *cert;
	enum dtls_role role;
	struct dtls_fingerprint fingerprint[DTLS_FINGERPRINTS_MAX];
	size_t n_fingerprints;
	uint8_t suite[DTLS_SUITES_MAX];
	size_t n_suites;
	uint32_t rto;
	struct dtls_filter filter;
	struct queue early;
	struct rest rest;
	bool heard;
	bool up;
	bool over;
	bool told;
	struct dtls_outcome outcome;
	char why[160];
	int alert;
};

/* takes no reference of @cert: its owner has one */
void dtls_machine_init(struct machine *m, struct dtls_cert *cert, uint32_t rto);

/* NULL, or why it cannot be; copies */
const char *dtls_machine_set(struct machine *m, const struct dtls_remote *remote);

/* the first flight, if it is ours; does nothing later */
void dtls_machine_begin(struct machine *m);

void dtls_machine_receive(struct machine *m, const uint8_t *data, size_t n);

/* repeat what was sent, if that is due */
void dtls_machine_timeout(struct machine *m);

/* ms until dtls_machine_timeout() has something to do; TIMER_NEVER */
uint64_t dtls_machine_due(struct machine *m);

/* close_notify, if there were keys */
void dtls_machine_close(struct machine *m);

/* where it stands, a static sentence */
const char *dtls_machine_state(const struct machine *m);

/* all but the structure and the certificate's reference */
void dtls_machine_clean(struct machine *m);

/* OpenSSL asks whether the other party's certificate will do */
int dtls_machine_verify(X509_STORE_CTX *store, void *arg);

/* --------------------------------------------------------------- work of a thread */

/**
 * enum job_state - where a job is
 * @JOB_IDLE: nobody has anything to do with it; the loop's thread may use its machine
 * @JOB_QUEUED: it waits for a thread; nobody uses its machine
 * @JOB_RUNNING: a thread uses its machine, and nobody else
 * @JOB_DONE: it waits for the loop's thread, which may use its machine
 */
enum job_state {
	JOB_IDLE,
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_DONE
};

/**
 * struct job - what of an association threads see
 * @next: the next one of the list that @state says
 * @prev: the one before
 * @state: enum job_state; by the pool's lock
 * @gone: its association is gone: who runs it frees it; by the pool's lock
 * @timeout: the time is to be looked at; by the pool's lock
 * @in: what came; by the pool's lock
 * @machine: by @state
 * @owner: the association; the loop's thread
 */
struct job {
	struct job *next;
	struct job *prev;
	enum job_state state;
	bool gone;
	bool timeout;
	struct queue in;
	struct machine machine;
	struct dtls *owner;
};

/**
 * struct jobs - a list of them
 * @first: the first, or NULL
 * @last: the last, or NULL
 */
struct jobs {
	struct job *first;
	struct job *last;
};

/**
 * struct dtls_pool - threads
 * @loop: the loop
 * @conf: without members that are 0
 * @cert: of associations to come
 * @stats: the loop's thread
 * @lock: of the rest
 * @wake: there is something in @queued, or @stop
 * @queued: wait for a thread
 * @done: wait for the loop
 * @rung: the loop has been told
 * @stop: threads are to end
 * @fd: eventfd that tells the loop
 * @watch: of @fd
 * @n_threads: how many there are
 * @thread: them
 */
struct dtls_pool {
	struct loop *loop;
	struct dtls_conf conf;
	struct dtls_cert *cert;
	struct dtls_stats stats;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct jobs queued;
	struct jobs done;
	bool rung;
	bool stop;
	int fd;
	struct loop_fd *watch;
	unsigned int n_threads;
	pthread_t thread[8];
};

/**
 * struct dtls - an association
 * @pool: its threads
 * @job: what they see of it
 * @ops: what it needs
 * @arg: for @ops
 * @timer: the next repetition, or the end of patience
 * @deadline: when there must be keys
 * @due: when a flight is repeated; TIMER_NEVER
 * @held: what came before dtls_start()
 * @started: dtls_start() was called
 * @pending: its handshake is under way
 * @over: it has failed or was closed
 * @state: where its machine stood last
 */
struct dtls {
	struct dtls_pool *pool;
	struct job *job;
	const struct dtls_ops *ops;
	void *arg;
	struct timer timer;
	uint64_t deadline;
	uint64_t due;
	struct queue held;
	bool started;
	bool pending;
	bool over;
	const char *state;
};

/* a thread or the loop has used a job: called in the loop's thread */
void dtls_done(struct job *job);

/* give a job to the threads; what it has to do is in it, under the lock */
void dtls_pool_submit(struct dtls_pool *pool, struct job *job);

/* the same, if something has come meanwhile */
void dtls_pool_resubmit(struct dtls_pool *pool, struct job *job);

/* take a job from wherever it is and free it, now or when its thread is done */
void dtls_pool_drop(struct dtls_pool *pool, struct job *job);

/* take it out of its list, for the loop's thread; false if a thread is at it */
bool dtls_pool_seize(struct dtls_pool *pool, struct job *job);

void dtls_job_free(struct job *job);

#endif /* DTLS_PRIVATE_H */
