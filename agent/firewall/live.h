/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules that hold on this host, whoever made them, as the kernel tells them.  What is
 * iptables' is there too if iptables is the one of nftables.  Private to firewall/.
 */
#ifndef FIREWALL_LIVE_H
#define FIREWALL_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;
struct nftnl_rule;

/** LIVE_NAME - room for the name of a table, a chain or a set, cut if it is longer */
#define LIVE_NAME	256

/** LIVE_KEY - bytes of the longest key of a set */
#define LIVE_KEY	64

/**
 * struct live_chain - a chain
 * @family: NFPROTO_*
 * @table: of that table
 * @name: its name
 * @devices: those that it hangs at, a blank behind each; "": none
 * @base: it hangs at a hook, and is not only jumped to
 * @nat: it sees only the first packet of a connection
 * @hook: that hook
 * @priority: who is first there
 * @made: of those alike in priority the one that was made first is first
 * @accept: what happens at its end
 * @rules: its rules
 * @n: how many
 */
struct live_chain {
	uint32_t family;
	char *table;
	char *name;
	char *devices;
	bool base;
	bool nat;
	uint32_t hook;
	int32_t priority;
	size_t made;
	bool accept;
	struct nftnl_rule **rules;
	size_t n;
};

/**
 * struct live_set - a set or a map
 * @family: NFPROTO_*
 * @table: of that table
 * @name: its name
 * @len: bytes of a key
 */
struct live_set {
	uint32_t family;
	char *table;
	char *name;
	uint32_t len;
};

/**
 * struct live - all of them
 * @nl: for questions on sets
 * @seq: of the last one
 * @chains: by priority
 * @n: how many
 * @sets: sets of all tables
 * @n_sets: how many
 * @failed: one of them could not be read
 * @legacy: the names of tables of iptables' older kind, which are not among them; NULL: none
 */
struct live {
	struct mnl_socket *nl;
	uint32_t seq;
	struct live_chain *chains;
	size_t n;
	struct live_set *sets;
	size_t n_sets;
	bool failed;
	char *legacy;
};

/**
 * struct live_elem - an element of a set or a map
 * @key: its key, or where its interval begins
 * @data: what it is mapped to; nothing with @verdict
 * @len: bytes of it
 * @has_verdict: it is mapped to @verdict
 * @verdict: NF_* or NFT_*
 * @chain: where to, for NFT_JUMP and NFT_GOTO
 */
struct live_elem {
	uint8_t key[LIVE_KEY];
	uint8_t data[LIVE_KEY];
	uint32_t len;
	bool has_verdict;
	int32_t verdict;
	char chain[LIVE_NAME];
};

/* what holds now, without the agent's own table; false with a sentence in @error */
bool live_read(struct live *live, char *error);
void live_free(struct live *live);

/* a chain of a table; NULL: there is none */
const struct live_chain *live_chain(const struct live *live, uint32_t family,
				    const char *table, const char *name);

/* bytes of a key of that set of @chain's table; 0: there is none */
uint32_t live_key_len(const struct live *live, const struct live_chain *chain,
		      const char *set);

/**
 * live_lookup() - what a packet with that key finds in a set
 * @live: all
 * @chain: of the same table
 * @set: its name
 * @key: the key
 * @len: bytes of it, LIVE_KEY at most
 * @elem: filled if there is one
 *
 * Return: 1 or 0: there is one, there is none; -1: the kernel does not say.
 */
int live_lookup(struct live *live, const struct live_chain *chain,
		const char *set, const uint8_t *key, uint32_t len,
		struct live_elem *elem);

#endif /* FIREWALL_LIVE_H */
