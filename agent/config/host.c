// SPDX-License-Identifier: GPL-2.0
/* What the agent may do to its host's packet filter, and whom it shuts out. */
#include <string.h>

#include "check.h"

#define DEFAULT_TABLE	"filter"

/* as nft(8) takes it without quotes */
static bool is_table(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")];
}

bool config_get_nftables(struct loaded *l)
{
	static const struct raw_nftables none;
	const struct raw_nftables *from = l->raw->nftables ? l->raw->nftables : &none;
	struct config_nftables *to = &l->config.nftables;

	to->mode = from->mode ? (enum config_nft_mode)*from->mode : CONFIG_NFT_OFF;
	to->remove = from->on_exit && *from->on_exit;
	to->table = from->table ? from->table : DEFAULT_TABLE;
	if (from->table && to->mode != CONFIG_NFT_SETS)
		return bad(l, key("nftables.table"),
			   "'%s' is given for another mode than sets; expected mode sets, or no table: that of mode table is always inet rtplane",
			   from->table);
	if (!is_table(to->table) || !strcmp(to->table, CONFIG_NFT_TABLE_NAME))
		return bad(l, key("nftables.table"),
			   "'%s' is no table of yours; expected the name of a table of the family inet, other than " CONFIG_NFT_TABLE_NAME,
			   to->table);
	if (from->on_exit && to->mode == CONFIG_NFT_OFF)
		return bad(l, key("nftables.on-exit"),
			   "it is given with mode off; expected mode sets or table, or no such key");
	return true;
}

bool config_get_bans(struct loaded *l)
{
	static const struct raw_bans none;
	const struct raw_bans *from = l->raw->bans ? l->raw->bans : &none;
	struct config_bans *to = &l->config.bans;
	bool on = l->raw->bans;

	return get_number(l, key("bans.time"), from->time, 600, 1,
			  CONFIG_BAN_MAX, "a number of seconds", &to->time) &&
	       get_number(l, key("bans.window"), from->window, 10, 1, 3600,
			  "a number of seconds", &to->window) &&
	       get_number(l, key("bans.garbage"), from->garbage, on ? 20 : 0, 0,
			  65535, "a number of messages", &to->garbage) &&
	       get_number(l, key("bans.denied"), from->denied, on ? 50 : 0, 0,
			  65535, "a number of messages", &to->denied) &&
	       get_number(l, key("bans.rate"), from->rate, 0, 0, 65535,
			  "a number of messages", &to->rate) &&
	       get_number(l, key("bans.digest"), from->digest, on ? 10 : 0, 0,
			  65535, "a number of requests", &to->digest) &&
	       get_number(l, key("bans.scan"), from->scan, on ? 8 : 0, 0,
			  1024, "a number of ports", &to->scan) &&
	       get_number(l, key("bans.stun"), from->stun, on ? 50 : 0, 0,
			  65535, "a number of requests", &to->stun) &&
	       get_prefixes(l, key("bans.allow"), from->allow, from->n_allow,
			    &to->allow, &to->n_allow);
}
