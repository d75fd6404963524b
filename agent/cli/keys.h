/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words with a value ("latch learn", "pps 100"), described by tables that say
 * where in a structure the value goes.
 */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "cli.h"

/**
 * enum key_type - what a value is
 * @KEY_ADDR: "A:P", to a &struct dp_addr
 * @KEY_U8: number, to a u8
 * @KEY_U32: number, to a u32
 * @KEY_U64: number, to a u64
 * @KEY_ONOFF: "on" or "off", to a bool
 * @KEY_DEV: name of a network device or "any", to a u32 ifindex
 * @KEY_WORD: one of some words, to a u8
 * @KEY_FLAG: there is no value, the word is all
 */
enum key_type {
	KEY_ADDR,
	KEY_U8,
	KEY_U32,
	KEY_U64,
	KEY_ONOFF,
	KEY_DEV,
	KEY_WORD,
	KEY_FLAG,
};

/**
 * struct key - a word of the command line
 * @word: as typed; NULL ends a table
 * @bit: set in the structure's mask; it is also how a word that was given
 *	twice is found
 * @type: what the value is
 * @offset: where the value goes
 * @max: largest number, for KEY_U8 to KEY_U64
 * @parse: reads the word of KEY_WORD
 * @expect: the end of the sentence for a wrong value: "expected ..."
 */
struct key {
	const char *word;
	uint32_t bit;
	enum key_type type;
	size_t offset;
	uint64_t max;
	bool (*parse)(const char *word, uint8_t *value);
	const char *expect;
};

/** struct key_dscp - value of the word "dscp" */
struct key_dscp {
	uint8_t mode;
	uint8_t value;
	uint8_t map[RTPLANE_DSCP_MAP_LEN];
};

/**
 * key_find() - which key is this word?
 * @keys: the table
 * @word: the word
 *
 * Return: the key, or NULL.
 */
const struct key *key_find(const struct key *keys, const char *word);

/**
 * key_read() - take the value of a key
 * @args: the words; the next one is the value
 * @key: the key whose word was taken
 * @set: mask of the structure
 * @object: the structure
 *
 * Return: CLI_OK, or CLI_USAGE or CLI_REFUSED after a sentence.
 */
int key_read(struct args *args, const struct key *key, uint32_t *set,
	     void *object);

/**
 * key_read_dscp() - take the value of "dscp"
 * @args: the words: V, "preserve", or "map V0,V1,...,V63"
 * @dscp: filled
 *
 * V is 0 to 63 or a name (ef, af41, cs3, va, le, df).
 *
 * Return: CLI_OK, or CLI_USAGE after a sentence.
 */
int key_read_dscp(struct args *args, struct key_dscp *dscp);

/**
 * key_number() - read an unsigned number, decimal or 0x...
 * @text: the whole text
 * @max: the largest that will do
 * @value: filled on success
 *
 * Return: true if it was one.
 */
bool key_number(const char *text, uint64_t max, uint64_t *value);

/** key_twice() - the sentence for a word that was given twice */
int key_twice(const struct args *args, const char *word);

#endif /* CLI_KEYS_H */
