/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the agent tells of itself, as JSON: the same for the control socket, the
 * command line and whatever else asks.  Texts of strangers are made fit for a
 * terminal here, once (base/text.h).
 */
#ifndef API_API_H
#define API_API_H

#include <jansson.h>
#include <stdint.h>

#include "b2b/b2b.h"
#include "ban/ban.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "ng/ng.h"
#include "nft/nft.h"
#include "session/session.h"
#include "store/store.h"

/**
 * struct api - what there is to tell of; all of it must outlive its user
 * @b2b: SIP calls
 * @sessions: media, and what a former agent left
 * @dp: the datapath
 * @media: sockets
 * @ng: calls of proxies; NULL: not open yet
 * @bans: who is shut out
 * @nft: what nftables is told
 * @config: the configuration that we run by
 * @store: what outlives us; NULL: nothing does
 */
struct api {
	struct b2b *b2b;
	struct sessions *sessions;
	struct dp *dp;
	struct media *media;
	struct ng *ng;
	struct bans *bans;
	struct nft *nft;
	const struct config *config;
	struct store *store;
};

/*
 * Each returns a new reference.  api_call() and api_why() know ended calls too, as
 * many as the configuration says, and return NULL if there is no such call.
 */
json_t *api_status(const struct api *api);
json_t *api_calls(const struct api *api);
json_t *api_bindings(const struct api *api);
json_t *api_trunks(const struct api *api);
json_t *api_tenants(const struct api *api);
json_t *api_call(const struct api *api, uint64_t id);
json_t *api_why(const struct api *api, uint64_t id);
/* what an address may in each realm, and by which entry of which list */
json_t *api_why_address(const struct api *api, const struct dp_addr *addr);

/** api_ng_flags() - words of proxies that do nothing here; a new reference */
json_t *api_ng_flags(const struct api *api);

/** api_bans() - who is shut out, why and for how long; a new reference */
json_t *api_bans(const struct api *api);

/**
 * api_ban_event() - that somebody is shut out from now on, why and for how long
 * @ban: the ban
 * @again: it was one already, and its end has moved
 *
 * Return: a new reference.
 */
json_t *api_ban_event(const struct ban_info *ban, bool again);

/** api_unban_event() - that he no longer is; @lifted: before its time; a new reference */
json_t *api_unban_event(const struct ban_info *ban, bool lifted);

/**
 * api_ban_add() - shut somebody out
 * @api: what there is
 * @prefix: whom, as text
 * @seconds: for how long, as text; NULL: as configured
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: a new reference; NULL if it cannot be.
 */
json_t *api_ban_add(const struct api *api, const char *prefix,
		    const char *seconds, char *error);

/** api_ban_del() - let somebody in again; as api_ban_add() */
json_t *api_ban_del(const struct api *api, const char *prefix, char *error);

/**
 * api_firewall() - what firewalls must let through, by the configuration
 * @api: what there is
 * @format: how it is told, a word of firewall_format_parse(); NULL: table
 * @view: whose, a word of firewall_view_parse(); NULL: host
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: text, or an object for json; a new reference; NULL if a word is none.
 */
json_t *api_firewall(const struct api *api, const char *format, const char *view,
		     char *error);

/**
 * api_end() - end a call, or remove the bridges of an adopted one
 * @api: what there is
 * @id: the call
 *
 * Return: false if there is none.
 */
bool api_end(const struct api *api, uint64_t id);

/**
 * api_reload() - another configuration (b2b_reload())
 * @api: what there is
 * @old: the present one
 * @config: the new one
 * @error: on failure a sentence, at least CONFIG_ERROR_LEN bytes
 *
 * Return: "changed": which keys differ (@old may be gone by now); "kept": sentences on
 * what stays as it was; NULL: nothing has changed.
 */
json_t *api_reload(const struct api *api, const struct config *old,
		   struct config *config, char *error);

#endif /* API_API_H */
