/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What outlives the agent: bytes by key, in a file of LMDB's.
 *
 * Written behind: who puts a record waits for nothing. Changes are gathered for
 * STORE_GATHER_MS, the last one of a key alone counts, and a thread writes them in one
 * transaction: after a kill -9 at any moment the file has all of a transaction or nothing
 * of it, and transactions in the order in which they were put. It is told to the disk
 * every STORE_SYNC_MS, so that a power cut may cost that much, or all of it.
 *
 * What is put while the disk is stuck is bounded (STORE_PENDING); what does not fit into
 * that, or into the file, is lost, counted and said. A record that is lost is no more
 * than what the next start does not know.
 *
 * The start trusts nothing. A child of the agent, which a damaged file may kill, copies
 * what is whole in the old file to a new one, which takes its place; an old file that
 * cannot be read is set aside.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct store;

/** STORE_FILE - name of the file in its folder */
#define STORE_FILE	"state.mdb"

/** STORE_ERROR_LEN - room for the longest sentence of an error */
#define STORE_ERROR_LEN	1024

/** STORE_SIZE - bytes that records may take; the file has twice that at most */
#define STORE_SIZE	((size_t)1 << 29)

/** STORE_PENDING - bytes that may wait to be written */
#define STORE_PENDING	((size_t)64 << 20)

/** STORE_KEY - bytes that a key may have */
#define STORE_KEY	500

/** STORE_GATHER_MS - ms from a change until it is written, with a disk that keeps up */
#define STORE_GATHER_MS	5

/** STORE_SYNC_MS - ms between two times that the disk is waited for */
#define STORE_SYNC_MS	5000

/**
 * struct store_class - a kind of records
 * @letter: which; no other kind has it
 * @version: of what the records look like: those of another one are forgotten
 */
struct store_class {
	char letter;
	uint8_t version;
};

/**
 * struct store_conf - a store that is asked for
 * @dir: the folder; made, for the agent alone, if it is not there
 * @size: bytes that records may take; 0: STORE_SIZE
 * @pending: bytes that may wait; 0: STORE_PENDING
 */
struct store_conf {
	const char *dir;
	size_t size;
	size_t pending;
};

/**
 * struct store_counters - since the start
 * @records: that the old file had
 * @damaged: of these and of those read later, what was no whole record
 * @put: changes that were asked for
 * @merged: of these, what a later one of the same key took the place of
 * @written: changes that are in the file
 * @batches: transactions
 * @lost: changes that are not, since there was no room or the disk failed
 * @pending: bytes that wait now
 */
struct store_counters {
	uint64_t records;
	uint64_t damaged;
	uint64_t put;
	uint64_t merged;
	uint64_t written;
	uint64_t batches;
	uint64_t lost;
	uint64_t pending;
};

/**
 * store_open() - take a folder, look after what is in it, and begin to write
 * @conf: copied
 * @error: on failure a sentence, STORE_ERROR_LEN bytes
 *
 * Waits for the disk. Begins a process and waits for that, so best called before there
 * are threads. A file that is damaged, or no store, is no failure: it is set aside, as
 * the log says.
 *
 * Return: to be given to store_close(); NULL: the folder cannot be had, or another agent
 * has it.
 */
struct store *store_open(const struct store_conf *conf, char *error);

/**
 * store_close() - write what waits, and let go
 * @store: NULL is fine
 */
void store_close(struct store *store);

/**
 * store_put() - a record, in the place of the one with this key if there is one
 * @store: NULL: nothing is kept
 * @class: kind of the record
 * @key: 1 to STORE_KEY bytes
 * @value: the record; copied
 *
 * From any thread. Never waits.
 */
void store_put(struct store *store, const struct store_class *class,
	       struct span key, struct span value);

/**
 * store_del() - forget a record
 * @store: NULL: nothing is kept
 * @class: kind of the record
 * @key: need not be there
 */
void store_del(struct store *store, const struct store_class *class,
	       struct span key);

/**
 * store_each() - walk the records of a kind, in the order of their keys
 * @store: NULL: there are none
 * @class: the kind; records of another version, or damaged ones, are forgotten
 * @fn: called for each; both spans end with the call. May put and forget records, which
 *	this walk does not show
 * @arg: for @fn
 *
 * Waits for the disk: for the start. What is not written yet is not shown.
 */
void store_each(struct store *store, const struct store_class *class,
		void (*fn)(struct span key, struct span value, void *arg),
		void *arg);

/**
 * store_flush() - wait until all that was put so far is written, or lost
 * @store: NULL is fine
 */
void store_flush(struct store *store);

/**
 * store_counters() - what happened so far
 * @store: NULL is fine
 * @counters: filled
 */
void store_counters(struct store *store, struct store_counters *counters);

#endif /* STORE_STORE_H */
