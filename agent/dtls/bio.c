// SPDX-License-Identifier: GPL-2.0
/*
 * A BIO of datagrams in memory: each write of OpenSSL's is one, and what it reads is the
 * one record that is shown to it. (Its own memory BIO is a stream.)
 */
#include <openssl/bio.h>

#include "private.h"

void dtls_queue_put(struct queue *queue, const void *data, size_t n)
{
	struct datagram *d = malloc(sizeof(*d) + n);

	if (!d)
		return;
	d->next = NULL;
	d->n = n;
	memcpy(d->data, data, n);
	if (!queue->first)
		queue->last = &queue->first;
	*queue->last = d;
	queue->last = &d->next;
	queue->count++;
}

struct datagram *dtls_queue_take(struct queue *queue)
{
	struct datagram *d = queue->first;

	if (!d)
		return NULL;
	queue->first = d->next;
	queue->count--;
	return d;
}

void dtls_queue_empty(struct queue *queue)
{
	struct datagram *d;

	while ((d = dtls_queue_take(queue)))
		free(d);
}

void dtls_queue_move(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	if (!to->first)
		to->last = &to->first;
	*to->last = from->first;
	to->last = from->last;
	to->count += from->count;
	memset(from, 0, sizeof(*from));
}

static int wire_write(BIO *bio, const char *data, int n)
{
	struct wire *wire = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (n > 0)
		dtls_queue_put(&wire->out, data, (size_t)n);
	return n;
}

static int wire_read(BIO *bio, char *data, int room)
{
	struct wire *wire = BIO_get_data(bio);
	size_t n = wire->n;

	BIO_clear_retry_flags(bio);
	if (!wire->in) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (n > (size_t)room)
		n = (size_t)room;
	memcpy(data, wire->in, n);
	wire->in = NULL;
	return (int)n;
}

static long wire_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	switch (cmd) {
	case BIO_CTRL_FLUSH:
	case BIO_CTRL_DUP:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return DTLS_MTU;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return 0;	/* DTLS_MTU is that of the payload */
	default:
		return 0;
	}
}

static int wire_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
				     "datagrams in memory");

	if (!m)
		return;
	BIO_meth_set_write(m, wire_write);
	BIO_meth_set_read(m, wire_read);
	BIO_meth_set_ctrl(m, wire_ctrl);
	BIO_meth_set_create(m, wire_create);
	method = m;
}

BIO *dtls_bio_new(struct wire *wire)
{
	BIO *bio;

	pthread_once(&once, make_method);
	bio = method ? BIO_new(method) : NULL;
	if (bio)
		BIO_set_data(bio, wire);
	return bio;
}
