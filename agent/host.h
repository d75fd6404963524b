/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host around us: who is shut out (ban/), and what nftables is told (nft/).  Who
 * hears of what is said here.
 */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

#include "b2b/b2b.h"
#include "ban/ban.h"
#include "nft/nft.h"
#include "session/session.h"

/**
 * struct host_ops - who hears of bans; NULL: nobody
 * @banned: one begins, or its end has moved (@again)
 * @unbanned: one was lifted, or has come to its end
 */
struct host_ops {
	void (*banned)(const struct ban_info *ban, bool again, void *arg);
	void (*unbanned)(const struct ban_info *ban, bool lifted, void *arg);
};

/**
 * struct host - bans and nftables
 * @bans: who is shut out
 * @nft: what nftables is told
 * @config: which addresses are ours
 * @b2b: knows next hops; NULL: not open yet, or no more
 * @sessions: knows parties; NULL: not open yet, or no more
 * @ops: who hears of bans
 * @arg: for @ops
 * @tested: media ports that a tester serves, which are open and no place to be banned for;
 *	NULL: none
 * @n_tested: how many ranges
 */
struct host {
	struct bans *bans;
	struct nft *nft;
	const struct config *config;
	struct b2b *b2b;
	struct sessions *sessions;
	struct host_ops ops;
	void *arg;
	struct dp_range *tested;
	size_t n_tested;
};

/**
 * host_open() - begin; what a former agent has left is taken over
 * @host: zeroed, but for who hears of bans
 * @loop: the event loop
 * @config: the configuration
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: false on failure; host_close() is due all the same.
 */
bool host_open(struct host *host, struct loop *loop, struct config *config,
	       char *error);

/** host_may_reload() - could nftables be had as @config says?  If not: why, in @error */
bool host_may_reload(struct host *host, const struct config *config, char *error);

/** host_reload() - another configuration, which has to outlive the former one */
void host_reload(struct host *host, struct config *config);

/**
 * host_watch() - have the datapath watch the media ports for who tries many of them
 * @host: the host, open
 * @dp: the datapath; one in user space sees nothing of that, and nftables does
 * @config: which ports, and how many are too many
 */
void host_watch(const struct host *host, struct dp *dp,
		const struct config *config);

/**
 * host_test() - somebody serves ports for a port tester, for a while
 * @host: the host, open
 * @addr: at which address; family 0: at each
 * @low: the first port
 * @high: the last; 0: he has gone
 *
 * Those that are media ports are open meanwhile, and host_watch() is due.
 *
 * Return: how many places were opened in nftables.
 */
size_t host_test(struct host *host, const struct dp_addr *addr, uint16_t low, uint16_t high);

/** host_event() - an event of the datapath: it may be somebody who tries media ports */
void host_event(const struct host *host, const struct dp_event *event);

/** host_close() - end */
void host_close(struct host *host);

#endif /* AGENT_HOST_H */
