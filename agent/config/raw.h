/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file as libcyaml hands it over: what the schema can say has been checked,
 * nothing has been filled in (NULL: not there).  Private to config/.
 */
#ifndef CONFIG_RAW_H
#define CONFIG_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct raw_address {
	char *listen;
	char *advertise;
};

struct raw_sip {
	int transport;
	char *address;
	uint32_t *port;
	uint32_t *alternatives;
	unsigned int n_alternatives;
	char *certificates;
	char **origins;
	unsigned int n_origins;
	int *verify_clients;
	int *verify_servers;
};

struct raw_ports {
	uint32_t low;
	uint32_t high;
};

struct raw_latch {
	int *mode;
	uint32_t *probation;
	int *early;
	uint32_t relatch;
	int *nat;
};

struct raw_srtp {
	int *policy;
	int *suites;
	unsigned int n_suites;
};

struct raw_dscp {
	uint32_t *audio;
	uint32_t *video;
	uint32_t *signalling;
};

struct raw_limits {
	uint32_t packets;
	uint64_t bits;
};

struct raw_acl {
	char **allow;
	unsigned int n_allow;
	char **deny;
	unsigned int n_deny;
	int *others;
	int *silent;
};

struct raw_source {
	uint32_t *messages;
	uint32_t *together;
	uint32_t *calls;
	uint32_t *ringing;
	uint32_t *ports;
	uint32_t *connections;
	uint32_t *transactions;
};

struct raw_register {
	uint32_t *interval;
	uint32_t *registrar;
	int *refresh;
	int *keepalive;
	uint32_t *udp;
	uint32_t *tcp;
	int *unregister;
	uint32_t *bindings;
	uint32_t *source;
	uint32_t *aor;
};

struct raw_tenant {
	char *name;
	uint32_t *listeners;
	unsigned int n_listeners;
	char **domains;
	unsigned int n_domains;
	char **sources;
	unsigned int n_sources;
	uint32_t *calls;
	uint32_t *rate;
	uint32_t *bindings;
	uint32_t *ports;
	uint32_t *kbits;
	struct raw_latch *latch;
	struct raw_srtp *srtp;
	int *dtls;
	int *mux;
};

struct raw_realm {
	char *name;
	struct raw_address *addresses;
	unsigned int n_addresses;
	struct raw_sip *sip;
	unsigned int n_sip;
	struct raw_ports *ports;
	struct raw_latch *latch;
	struct raw_srtp *srtp;
	int *dtls;
	int *mux;
	int *bundle;
	int *ice;
	int *punch;
	uint32_t *single_port;
	char *stun;
	struct raw_dscp *dscp;
	struct raw_limits *limits;
	char **devices;
	unsigned int n_devices;
	struct raw_acl *acl;
	struct raw_acl *media_acl;
	int *trust;
	struct raw_source *source;
	struct raw_register *reg;
	char *users;
	struct raw_tenant *tenants;
	unsigned int n_tenants;
};

struct raw_route {
	char *from;
	char *user_prefix;
	char *user_suffix;
	char *host_prefix;
	char *host_suffix;
	uint32_t *strip;
	char *add;
	char *to;
	char *next_hop;
	char *trunk;
	char **source;
	unsigned int n_source;
	char *tenant;
};

struct raw_trunk {
	char *name;
	char *realm;
	char **hops;
	unsigned int n_hops;
	char *user;
	char *password;
	char *aor;
	uint32_t *interval;
	uint32_t *options;
	uint32_t *retry;
	uint32_t *calls;
};

struct raw_group {
	char *name;
	char **trunks;
	unsigned int n_trunks;
	int *hunt;
	uint32_t *weights;
	unsigned int n_weights;
	uint32_t *calls;
};

struct raw_ng {
	int transport;
	char *listen;
	char **allow;
	unsigned int n_allow;
};

struct raw_interface {
	char *name;
	char *realm;
};

struct raw_template {
	char *name;
	char *flags;
};

struct raw_nftables {
	int *mode;
	char *table;
	int *on_exit;
};

struct raw_bans {
	uint32_t *time;
	uint32_t *window;
	uint32_t *garbage;
	uint32_t *denied;
	uint32_t *rate;
	uint32_t *digest;
	uint32_t *scan;
	uint32_t *stun;
	char **allow;
	unsigned int n_allow;
};

struct raw_map {
	int transport;
	char *listen;
	char *to;
	uint32_t *count;
	int *each;
	char **from;
	unsigned int n_from;
	int *snat;
};

struct raw_config {
	char *control;
	char *store;
	int *datapath;
	int *log;
	uint32_t *workers;
	uint32_t *drain;
	uint32_t *quarantine;
	uint32_t *history;
	uint32_t *answer_timeout;
	uint32_t *orphan_timeout;
	uint32_t *media_timeout;
	uint32_t *hold_timeout;
	uint32_t *change_timeout;
	uint32_t *hop_timeout;
	char **emergency;
	unsigned int n_emergency;
	char **scanners;
	unsigned int n_scanners;
	struct raw_realm *realms;
	unsigned int n_realms;
	struct raw_trunk *trunks;
	unsigned int n_trunks;
	struct raw_group *groups;
	unsigned int n_groups;
	struct raw_route *routes;
	unsigned int n_routes;
	struct raw_ng *ng;
	unsigned int n_ng;
	struct raw_interface *interfaces;
	unsigned int n_interfaces;
	struct raw_template *templates;
	unsigned int n_templates;
	uint32_t *ng_calls;
	uint32_t *ng_rate;
	uint32_t *ng_kbits;
	uint32_t *ng_delete_delay;
	char *ng_events;
	uint32_t *ng_silence;
	struct raw_nftables *nftables;
	struct raw_bans *bans;
	struct raw_map *maps;
	unsigned int n_maps;
};

/**
 * raw_load() - read a file by the schema
 * @path: name of the file, for the error
 * @text: its content
 * @len: bytes of @text
 * @error: as config_load()
 *
 * Return: to be given to raw_free(), or NULL.
 */
struct raw_config *raw_load(const char *path, const char *text, size_t len,
			    char *error);

/** raw_free() - free what raw_load() gave; NULL is fine */
void raw_free(struct raw_config *raw);

/* the word of the file for a suite, which is one */
const char *raw_suite_word(int suite);

/**
 * raw_line() - where in the file a key stands
 * @text: content of the file
 * @len: bytes of @text
 * @key: path of the key, as "realms[0].ports.low"
 *
 * Return: line, counted from 1, of the key, or of the nearest part of the path
 * that is there.
 */
unsigned int raw_line(const char *text, size_t len, const char *key);

/**
 * raw_syntax() - is it YAML?
 * @text: content of the file
 * @len: bytes of @text
 * @line: if not: where
 * @column: if not: where
 * @why: if not: libyaml's words
 * @why_len: bytes of @why
 *
 * Return: true if it is one YAML document.
 */
bool raw_syntax(const char *text, size_t len, unsigned int *line,
		unsigned int *column, char *why, size_t why_len);

#endif /* CONFIG_RAW_H */
