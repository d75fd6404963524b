// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/timer.h"
#include "link.h"
#include "maps.h"
#include "nft.h"
#include "sets.h"
#include "table.h"

/* so often it is looked whether our table is still there */
#define LOOK_MS		2000
/* changes that wait; more of them are told as a whole */
#define CHANGES_MAX	32768

/**
 * struct change - an element that comes or goes
 * @elem: the element
 * @add: it comes
 */
struct change {
	struct nft_elem elem;
	bool add;
};

/**
 * struct place - where something is received
 * @addr: address and port; the key, and so the first
 * @users: how many want it open: a call that has just got the port of a tester that goes
 */
struct place {
	struct dp_addr addr;
	unsigned int users;
};

/**
 * struct nft - what is kept in nftables
 * @conf: as given
 * @config: the configuration
 * @mode: what is kept
 * @table: with CONFIG_NFT_SETS: name of the admin's table, a copy
 * @place: where the sets are
 * @ask: for questions
 * @link: for changes; NULL: not open, since the mode is off
 * @handle: number of the table
 * @maps: the configuration whose port maps are there; NULL: those of @config
 * @devices: which there were when the rules were made
 * @changes: wait for the next batch, in order
 * @n: how many
 * @room: entries of @changes
 * @open: tree of struct place
 * @n_open: how many
 * @later: makes a batch at the end of the turn
 * @look: is the table still there?
 * @busy: a batch is on its way
 * @whole: the next says all there is
 * @sent_whole: the one on its way does
 * @in_trouble: the last one that said all was refused: @look tries again
 * @sent: elements in the one on its way
 * @fill: takes elements of a batch that says all there is
 * @counters: since the start
 */
struct nft {
	struct nft_conf conf;
	struct config *config;
	enum config_nft_mode mode;
	char table[64];
	struct nft_place place;
	struct nft_ask *ask;
	struct nft_link *link;
	uint64_t handle;
	struct config *maps;
	uint64_t devices;
	struct change *changes;
	size_t n;
	size_t room;
	void *open;
	size_t n_open;
	struct loop_later later;
	struct timer look;
	bool busy;
	bool whole;
	bool sent_whole;
	bool in_trouble;
	uint64_t sent;
	struct nft_fill *fill;
	struct nft_counters counters;
};

/* ----------------------------------------------------------------- all there is */

static struct nft_elem ban_elem(const struct nft_ban *ban)
{
	return (struct nft_elem){ .prefix = ban->prefix, .ms = ban->ms,
				  .comment = ban->why };
}

static struct nft_elem open_elem(const struct dp_addr *place)
{
	return (struct nft_elem){
		.prefix = { *place, place->family == AF_INET ? 32 : 128 },
		.open = true,
	};
}

static void put_all(struct nft *nft, const struct nft_elem *elem)
{
	nft->sent++;
	nft_fill_put(nft->fill, elem, true);
}

static void put_ban(struct nft *nft, const struct nft_ban *ban)
{
	struct nft_elem elem = ban_elem(ban);

	put_all(nft, &elem);
}

static void put_open(const void *node, VISIT visit, void *arg)
{
	struct place *const *place = node;
	struct nft_elem elem;

	if (visit != postorder && visit != leaf)
		return;
	elem = open_elem(&(*place)->addr);
	put_all(arg, &elem);
}

static void fill_all(struct nft *nft, struct nft_batch *batch)
{
	struct nft_fill fill = { .batch = batch, .place = &nft->place };

	nft->fill = &fill;
	nft->conf.bans(nft, put_ban, nft->conf.arg);
	twalk_r(nft->open, put_open, nft);
	nft_fill_end(&fill);
	nft->fill = NULL;
}

static void flush_sets(struct nft *nft, struct nft_batch *batch)
{
	unsigned int i;

	for (i = 0; i < NFT_SHARED; i++)
		nft_set_flush(batch, &nft->place, (enum nft_set)i);
}

static void forget_maps(struct nft *nft)
{
	config_put(nft->maps);
	nft->maps = NULL;
}

/* what it takes to have all that there is, and nothing else */
static struct nft_batch *make_whole(struct nft *nft)
{
	struct nft_batch *batch = nft_batch_new();

	if (!batch)
		return NULL;
	nft->sent = 0;
	nft->n = 0;
	forget_maps(nft);
	if (nft->mode == CONFIG_NFT_TABLE) {
		nft->devices = nft_table_devices(nft->config);
		nft_table_drop(batch);
		nft_table_make(batch, nft->config);
		nft_maps_make(batch, nft->config);
	} else {
		flush_sets(nft, batch);
	}
	fill_all(nft, batch);
	return batch;
}

/* what it takes to have nothing */
static struct nft_batch *make_nothing(struct nft *nft)
{
	struct nft_batch *batch = nft_batch_new();

	if (batch && nft->mode == CONFIG_NFT_TABLE)
		nft_table_drop(batch);
	else if (batch)
		flush_sets(nft, batch);
	return batch;
}

/* ---------------------------------------------------------------------- changes */

static struct nft_batch *make_changes(struct nft *nft)
{
	bool alike = nft->maps && nft_maps_alike(nft->maps, nft->config);
	struct nft_batch *batch = nft_batch_new();
	struct nft_fill fill = { .batch = batch, .place = &nft->place };
	size_t i;

	if (!batch)
		return NULL;
	for (i = 0; i < nft->n; i++)
		nft_fill_put(&fill, &nft->changes[i].elem, nft->changes[i].add);
	nft_fill_end(&fill);
	nft->sent = nft->n;
	if (nft->maps)
		nft->sent += nft_maps_change(batch, nft->maps, nft->config, alike);
	forget_maps(nft);
	nft->n = 0;
	return batch;
}

/* has somebody else a table of our name?  It is left alone */
static bool is_taken(struct nft *nft)
{
	char error[CONFIG_ERROR_LEN];
	struct nft_table_info info;

	if (nft->mode != CONFIG_NFT_TABLE ||
	    !nft_ask_table(nft->ask, nft->place.table, &info, error) ||
	    !info.found || info.ours)
		return false;
	if (!nft->in_trouble)
		log_error("nftables: somebody else has put a table inet %s in the place of ours; it is left alone, and ours is made when it has gone",
			  nft->place.table);
	nft->in_trouble = true;
	nft->whole = true;
	return true;
}

static bool is_due(const struct nft *nft)
{
	return nft->whole || nft->n || nft->maps;
}

/* at the end of a turn */
static void settle(void *arg)
{
	struct nft *nft = arg;
	struct nft_batch *batch;

	if (nft->busy || nft->mode == CONFIG_NFT_OFF ||
	    !is_due(nft) || (nft->whole && is_taken(nft)))
		return;
	nft->sent_whole = nft->whole;
	batch = nft->whole ? make_whole(nft) : make_changes(nft);
	/* maps that were others for a moment */
	if (batch && nft_batch_is_empty(batch)) {
		nft_batch_free(batch);
		return;
	}
	if (!batch || !nft_batch_end(batch)) {
		nft_batch_free(batch);
		nft->whole = true;
		nft->in_trouble = true;
		log_warning("nftables: no memory for a batch; it is tried again");
		return;
	}
	nft->whole = false;
	nft->busy = true;
	nft_link_send(nft->link, batch);
}

static void settle_soon(struct nft *nft)
{
	if (!nft->busy && !nft->in_trouble)
		loop_defer(nft->conf.loop, &nft->later);
}

static void change(struct nft *nft, const struct nft_elem *elem, bool add)
{
	struct change *more;
	size_t room;

	if (nft->mode == CONFIG_NFT_OFF || nft->whole) {
		settle_soon(nft);
		return;
	}
	if (nft->n == nft->room) {
		room = nft->room ? nft->room * 2 : 64;
		more = room > CHANGES_MAX ? NULL :
		       reallocarray(nft->changes, room, sizeof(*more));
		if (!more) {
			nft->whole = true;
			settle_soon(nft);
			return;
		}
		nft->changes = more;
		nft->room = room;
	}
	nft->changes[nft->n++] = (struct change){ *elem, add };
	settle_soon(nft);
}

/* who has the table of that name now */
static void note_handle(struct nft *nft)
{
	struct nft_table_info info;
	char error[CONFIG_ERROR_LEN];

	if (nft_ask_table(nft->ask, nft->place.table, &info, error) && info.found)
		nft->handle = info.handle;
}

static void take_result(struct nft *nft, struct nft_batch *batch)
{
	bool failed = batch->error;

	if (failed) {
		nft->counters.failed++;
		if (!nft->in_trouble)
			log_warning("%s: nothing of that batch was done; %s",
				    batch->sentence,
				    nft->sent_whole ? "it is tried again" :
						      "all is told anew");
		nft->whole = true;
		nft->in_trouble = nft->sent_whole;
	} else {
		nft->counters.batches++;
		nft->counters.elements += nft->sent;
		if (nft->sent_whole) {
			nft->counters.renewed++;
			note_handle(nft);
			if (nft->in_trouble)
				log_info("nftables: all is in place again");
			nft->in_trouble = false;
		}
	}
	nft_batch_free(batch);
}

static void on_done(struct nft_batch *batch, void *arg)
{
	struct nft *nft = arg;

	nft->busy = false;
	take_result(nft, batch);
	if (is_due(nft))
		settle_soon(nft);
}

/* ---------------------------------------------------------------------- scans */

/* as many as the sets hold, and a few more that have expired meanwhile */
#define SCANS_MAX	8192

struct scans {
	struct dp_addr *list;
	size_t n;
};

static void on_scan(const struct nft_elem *elem, void *arg)
{
	struct scans *scans = arg;

	if (scans->n < SCANS_MAX)
		scans->list[scans->n++] = elem->prefix.addr;
}

static int by_address(const void *a, const void *b)
{
	return memcmp(&((const struct dp_addr *)a)->v6,
		      &((const struct dp_addr *)b)->v6, sizeof(struct in6_addr));
}

/* each element is a source with one port: so many alike are so many ports */
static void tell_scans(struct nft *nft, struct scans *scans)
{
	size_t i, first = 0;

	qsort(scans->list, scans->n, sizeof(*scans->list), by_address);
	for (i = 1; i <= scans->n; i++) {
		if (i < scans->n && !by_address(&scans->list[i], &scans->list[first]))
			continue;
		if (i - first >= nft->config->bans.scan)
			nft->conf.scanned(&scans->list[first],
					  (uint32_t)(i - first), nft->conf.arg);
		first = i;
	}
}

static void look_for_scans(struct nft *nft)
{
	char error[CONFIG_ERROR_LEN];
	struct scans scans = { 0 };
	unsigned int set;

	if (nft->mode != CONFIG_NFT_TABLE || nft->busy || nft->in_trouble ||
	    !nft->config->bans.scan || !nft->conf.scanned)
		return;
	scans.list = calloc(SCANS_MAX, sizeof(*scans.list));
	for (set = NFT_SCAN4; scans.list && set <= NFT_SCAN6; set++) {
		scans.n = 0;
		if (nft_ask_elems(nft->ask, &nft->place, (enum nft_set)set,
				  on_scan, &scans, error))
			tell_scans(nft, &scans);
	}
	free(scans.list);
}

/* has somebody removed it, or a device come back? */
static void on_look(struct timer *timer, void *arg)
{
	struct nft *nft = arg;
	char error[CONFIG_ERROR_LEN];
	struct nft_table_info info;

	timer_set(loop_timers(nft->conf.loop), timer, LOOK_MS);
	if (nft->busy ||
	    !nft_ask_table(nft->ask, nft->place.table, &info, error))
		return;
	if (is_taken(nft) || (nft->mode == CONFIG_NFT_SETS && !info.found))
		return;
	if (!info.found || info.handle != nft->handle) {
		if (!nft->in_trouble)
			log_warning("nftables: somebody has removed table inet %s; what was in it is made again",
				    nft->place.table);
		nft->whole = true;
	} else if (nft->mode == CONFIG_NFT_TABLE &&
		   nft_table_devices(nft->config) != nft->devices) {
		nft->whole = true;
	}
	if (nft->whole)
		settle(nft);
	else
		look_for_scans(nft);
}

/* --------------------------------------------------------- what is told from outside */

void nft_ban(struct nft *nft, const struct nft_ban *ban)
{
	struct nft_elem elem;

	if (!nft)
		return;
	elem = ban_elem(ban);
	change(nft, &elem, true);
}

void nft_unban(struct nft *nft, const struct prefix *prefix)
{
	struct nft_elem elem = { .prefix = *prefix };

	if (nft)
		change(nft, &elem, false);
}

static int compare(const void *a, const void *b)
{
	const struct dp_addr *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return memcmp(&x->v6, &y->v6, x->family == AF_INET ? 4 : 16);
}

void nft_open(struct nft *nft, const struct dp_addr *place)
{
	struct place *fresh, **node;
	struct nft_elem elem;

	if (!nft)
		return;
	node = tfind(place, &nft->open, compare);
	if (node) {
		(*node)->users++;
		return;
	}
	fresh = malloc(sizeof(*fresh));
	if (fresh)
		*fresh = (struct place){ *place, 1 };
	if (!fresh || !tsearch(fresh, &nft->open, compare)) {
		free(fresh);
		log_warning("nftables: no memory to open a port");
		return;
	}
	nft->n_open++;
	elem = open_elem(place);
	change(nft, &elem, true);
}

void nft_close(struct nft *nft, const struct dp_addr *place)
{
	struct place **node = nft ? tfind(place, &nft->open, compare) : NULL;
	struct place *gone;
	struct nft_elem elem;

	if (!node || --(*node)->users)
		return;
	gone = *node;
	tdelete(place, &nft->open, compare);
	nft->n_open--;
	elem = open_elem(&gone->addr);
	free(gone);
	change(nft, &elem, false);
}

size_t nft_open_count(const struct nft *nft)
{
	return nft ? nft->n_open : 0;
}

enum config_nft_mode nft_mode(const struct nft *nft)
{
	return nft ? nft->mode : CONFIG_NFT_OFF;
}

bool nft_is_settled(const struct nft *nft)
{
	return !nft || (!nft->busy && !is_due(nft));
}

const struct nft_counters *nft_counters(const struct nft *nft)
{
	return &nft->counters;
}

/* ---------------------------------------------------------------- begin and end */

static void on_kept(const struct nft_elem *elem, void *arg)
{
	struct nft *nft = arg;
	const struct nft_ban ban = { elem->prefix, elem->ms, elem->comment };

	nft->conf.kept(&ban, nft->conf.arg);
}

/* what a former agent has left */
static bool take_over(struct nft *nft, const struct nft_place *place, char *error)
{
	unsigned int i;

	for (i = 0; i < NFT_BANS; i++)
		if (!nft_ask_elems(nft->ask, place, (enum nft_set)i, on_kept, nft,
				   error))
			return false;
	return true;
}

static bool refuse(char *error, const char *table)
{
	snprintf(error, CONFIG_ERROR_LEN, "nftables: there is a table inet %s that somebody else has made; expected none of that name, or one that an rtplaned has left",
		 table);
	return false;
}

/* can it be had at all?  @found: there is a table, which may be ours */
static bool check(struct nft *nft, const struct nft_place *place,
		  enum config_nft_mode mode, struct nft_table_info *info,
		  char *error)
{
	unsigned int i;

	if (!nft_ask_table(nft->ask, place->table, info, error))
		return false;
	if (mode == CONFIG_NFT_TABLE)
		return !info->found || info->ours || refuse(error, place->table);
	for (i = 0; i < NFT_SHARED; i++)
		if (!nft_ask_set(nft->ask, place, (enum nft_set)i, error))
			return false;
	return true;
}

static struct nft_place place_of(struct nft *nft, const struct config *config)
{
	if (config->nftables.mode != CONFIG_NFT_SETS)
		return nft_own_place;
	snprintf(nft->table, sizeof(nft->table), "%s", config->nftables.table);
	return (struct nft_place){ nft->table, "rtplane_" };
}

/* and wait for it */
static bool run(struct nft *nft, struct nft_batch *batch, char *error)
{
	bool ok = batch && nft_batch_end(batch) && nft_link_run(nft->link, batch);

	if (!ok)
		snprintf(error, CONFIG_ERROR_LEN, "%s",
			 batch && batch->error ? batch->sentence :
						 "nftables: no memory");
	nft_batch_free(batch);
	return ok;
}

static bool open_link(struct nft *nft, char *error)
{
	if (!nft->ask)
		nft->ask = nft_ask_new(error);
	if (nft->ask && !nft->link)
		nft->link = nft_link_new(nft->conf.loop, on_done, nft, error);
	return nft->link;
}

static bool begin(struct nft *nft, struct config *config, char *error)
{
	enum config_nft_mode mode = config->nftables.mode;
	struct nft_place place = place_of(nft, config);
	struct nft_table_info info;

	if (!open_link(nft, error) || !check(nft, &place, mode, &info, error) ||
	    (info.found && !take_over(nft, &place, error)))
		return false;
	nft->mode = mode;
	nft->place = place;
	if (!run(nft, make_whole(nft), error)) {
		nft->mode = CONFIG_NFT_OFF;
		return false;
	}
	note_handle(nft);
	timer_set(loop_timers(nft->conf.loop), &nft->look, LOOK_MS);
	return true;
}

/* take away what is kept; the batch on its way is waited for */
static void end(struct nft *nft)
{
	struct nft_batch *batch = nft_link_wait(nft->link);
	struct nft_table_info info;
	char error[CONFIG_ERROR_LEN];

	nft->busy = false;
	if (batch)
		take_result(nft, batch);
	if (nft_ask_table(nft->ask, nft->place.table, &info, error) &&
	    info.found && (info.ours || nft->mode == CONFIG_NFT_SETS) &&
	    !run(nft, make_nothing(nft), error))
		log_warning("%s", error);
	nft->mode = CONFIG_NFT_OFF;
	nft->n = 0;
	forget_maps(nft);
	nft->whole = false;
	nft->in_trouble = false;
	timer_cancel(&nft->look);
}

/*
 * A table that was kept by an agent with another configuration closes the ports of this
 * one.  Where there is no nf_tables nobody has to load it for that.
 */
static void drop_former(struct nft *nft)
{
	char error[CONFIG_ERROR_LEN];
	struct nft_table_info info;

	if (access("/sys/module/nf_tables", F_OK))
		return;
	nft->ask = nft_ask_new(error);
	if (!nft->ask ||
	    !nft_ask_table(nft->ask, nft_own_place.table, &info, error) ||
	    !info.found || !info.ours || !open_link(nft, error))
		return;
	nft->mode = CONFIG_NFT_TABLE;
	if (run(nft, make_nothing(nft), error))
		log_info("nftables: the mode is off: a former agent's table inet %s was removed",
			 nft_own_place.table);
	nft->mode = CONFIG_NFT_OFF;
}

struct nft *nft_new(const struct nft_conf *conf, char *error)
{
	struct nft *nft = calloc(1, sizeof(*nft));

	if (!nft) {
		snprintf(error, CONFIG_ERROR_LEN, "nftables: no memory");
		return NULL;
	}
	nft->conf = *conf;
	nft->config = config_get(conf->config);
	nft->later = (struct loop_later){ .fn = settle, .arg = nft };
	timer_init(&nft->look, on_look, nft);
	if (conf->config->nftables.mode == CONFIG_NFT_OFF)
		drop_former(nft);
	else if (!begin(nft, nft->config, error))
		goto failed;
	return nft;
failed:
	nft->mode = CONFIG_NFT_OFF;
	nft_free(nft);
	return NULL;
}

/* @make's messages for two configurations, but for their numbers */
static bool same(const struct config *a, const struct config *b,
		 void (*make)(struct nft_batch *batch, const struct config *config))
{
	struct nft_batch *x = nft_batch_new(), *y = nft_batch_new();
	bool same = false;

	if (x && y) {
		make(x, a);
		make(y, b);
		same = nft_batch_same(x, y);
	}
	nft_batch_free(x);
	nft_batch_free(y);
	return same;
}

static bool moves(const struct nft *nft, const struct config *config)
{
	return config->nftables.mode != nft->mode ||
	       (nft->mode == CONFIG_NFT_SETS &&
		strcmp(config->nftables.table, nft->table));
}

bool nft_may_reload(struct nft *nft, const struct config *config, char *error)
{
	enum config_nft_mode mode = config->nftables.mode;
	struct nft_place place = { config->nftables.table, "rtplane_" };
	struct nft_table_info info;

	if (!nft || mode == CONFIG_NFT_OFF || !moves(nft, config))
		return true;
	if (mode == CONFIG_NFT_TABLE)
		place = nft_own_place;
	return open_link(nft, error) && check(nft, &place, mode, &info, error);
}

void nft_reload(struct nft *nft, struct config *config)
{
	char error[CONFIG_ERROR_LEN];
	bool move = nft && moves(nft, config);

	if (!nft)
		return;
	if (move && nft->mode != CONFIG_NFT_OFF)
		end(nft);
	if (!move && nft->mode == CONFIG_NFT_TABLE) {
		if (!same(nft->config, config, nft_table_make))
			nft->whole = true;
		else if (!nft->maps && !same(nft->config, config, nft_maps_make))
			nft->maps = config_get(nft->config);
	}
	config_get(config);
	config_put(nft->config);
	nft->config = config;
	if (move && config->nftables.mode != CONFIG_NFT_OFF &&
	    !begin(nft, config, error))
		log_error("%s: nothing is kept there until the next reload", error);
	settle_soon(nft);
}

/* what was still to be told */
static void last_words(struct nft *nft)
{
	struct nft_batch *batch = nft_link_wait(nft->link);
	char error[CONFIG_ERROR_LEN];

	nft->busy = false;
	if (batch)
		take_result(nft, batch);
	if (nft->in_trouble || !is_due(nft) ||
	    (nft->whole && is_taken(nft)))
		return;
	if (!run(nft, nft->whole ? make_whole(nft) : make_changes(nft), error))
		log_warning("%s", error);
}

void nft_free(struct nft *nft)
{
	if (!nft)
		return;
	loop_defer_cancel(&nft->later);
	if (nft->mode != CONFIG_NFT_OFF && nft->config->nftables.remove)
		end(nft);
	else if (nft->mode != CONFIG_NFT_OFF)
		last_words(nft);
	timer_cancel(&nft->look);
	nft_link_free(nft->link);
	nft_ask_free(nft->ask);
	forget_maps(nft);
	tdestroy(nft->open, free);
	free(nft->changes);
	config_put(nft->config);
	free(nft);
}
