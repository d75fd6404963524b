/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of store/ share:
 *
 *   record   a record as it stands in the file
 *   renew    at the start: what is whole in an old file, in a new one
 *   store    changes that wait, the thread that writes them
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <lmdb.h>

#include "store.h"

/** STORE_HEAD - bytes before a record's own: a checksum, its version */
#define STORE_HEAD	9

/* ---------------------------------------------------------------- record.c */

/* @to has room for STORE_HEAD and the value; @key with its letter */
void store_record_write(char *to, uint8_t version, struct span key,
			struct span value);
/* false: it is no whole record of this key */
bool store_record_read(const MDB_val *key, const MDB_val *data, uint8_t *version,
		       struct span *value);

/* ----------------------------------------------------------------- renew.c */

/* for mdb_env_open(): a file, no folder; locked by us; the disk is told by us */
#define STORE_FLAGS	(MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_NOTLS | \
			 MDB_NORDAHEAD)

/* an environment of LMDB's on a file; NULL, and @error is an errno or one of LMDB's */
MDB_env *store_env_open(const char *path, size_t size, unsigned int flags,
			int *error);

/**
 * struct store_renewed - what came of it
 * @records: whole ones
 * @damaged: others
 * @aside: the old file could not be read, and has another name now
 */
struct store_renewed {
	uint64_t records;
	uint64_t damaged;
	bool aside;
};

/* false: @error says why there can be no file at all */
bool store_renew(const char *dir, size_t size, struct store_renewed *renewed,
		 char *error);

#endif /* STORE_PRIVATE_H */
