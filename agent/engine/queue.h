/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bounded queue of pointers from one thread to another, without a lock: what
 * a worker has for the agent.  One thread puts, one takes.
 */
#ifndef DATAPATH_QUEUE_H
#define DATAPATH_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/**
 * struct queue - a queue
 * @head: of what is there; moved by the taker
 * @tail: behind what is there; moved by the putter
 * @size: how many fit; a power of two
 * @slot: the pointers
 */
struct queue {
	_Atomic size_t head;
	_Atomic size_t tail;
	size_t size;
	void **slot;
};

static inline bool queue_init(struct queue *q, size_t size)
{
	q->slot = calloc(size, sizeof(*q->slot));
	q->size = size;
	return q->slot;
}

/* what is still in it is the caller's to free, by queue_take() */
static inline void queue_exit(struct queue *q)
{
	free(q->slot);
	q->slot = NULL;
}

static inline bool queue_full(struct queue *q)
{
	return atomic_load_explicit(&q->tail, memory_order_relaxed) -
	       atomic_load_explicit(&q->head, memory_order_acquire) == q->size;
}

/* false if there is no room */
static inline bool queue_put(struct queue *q, void *what)
{
	size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	if (queue_full(q))
		return false;
	q->slot[tail & (q->size - 1)] = what;
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
	return true;
}

/* the oldest, NULL if there is none */
static inline void *queue_take(struct queue *q)
{
	size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
	void *what;

	if (head == atomic_load_explicit(&q->tail, memory_order_acquire))
		return NULL;
	what = q->slot[head & (q->size - 1)];
	atomic_store_explicit(&q->head, head + 1, memory_order_release);
	return what;
}

#endif /* DATAPATH_QUEUE_H */
