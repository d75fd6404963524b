// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/span.h"
#include "gate.h"
#include "message.h"
#include "uri.h"

#define SOURCES		65536	/* sources told apart, unless asked for otherwise */
#define SOURCES_MAX	(1u << 22)
#define TOLD		10	/* denials a second that the log is told of */
#define WAYS		8	/* places where a source may be */

/**
 * struct source - an unknown source that said something
 * @key: its IPv4 address, or the first 64 bits of its IPv6 address
 * @due: us, when its bucket will be full again; 0: there is no such source.
 *	Above now by as much as the bucket lacks: one number is a bucket
 * @v6: IPv6
 * @told: it was told that it says too much, and has not been silent since
 */
struct source {
	uint64_t key;
	uint64_t due;
	bool v6;
	bool told;
};

/**
 * struct known - a known address, a leaf of the tree
 * @addr: the address, port 0
 * @count: who knows it
 */
struct known {
	struct dp_addr addr;
	unsigned int count;
};

/**
 * struct sip_gate - the gate
 * @conf: who may say how much; a reference of its ACL
 * @load: how busy we are
 * @known: tree of struct known
 * @secret: nobody can choose sources that get in each other's way
 * @mask: buckets - 1
 * @sources: WAYS of each bucket
 * @crowd: as source.due, of all unknown sources together: of those that may speak, and
 *	of those that are denied
 * @telling: as source.due, of what is told about those that are denied
 * @untold: how many were not
 * @counters: by reason
 */
struct sip_gate {
	struct sip_gate_conf conf;
	enum sip_load load;
	void *known;
	uint64_t secret[2];
	uint32_t mask;
	struct source *sources;
	uint64_t crowd[2];
	uint64_t telling;
	uint64_t untold;
	uint64_t counters[SIP_GATE_REASONS];
};

/* -------------------------------------------------------------------- the known */

static const unsigned char *address_bytes(const struct dp_addr *addr)
{
	return addr->family == AF_INET ? (const unsigned char *)&addr->v4 :
					 addr->v6.s6_addr;
}

static unsigned int address_bits(const struct dp_addr *addr)
{
	return addr->family == AF_INET ? 32 : 128;
}

static int compare(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	return memcmp(address_bytes(&x->addr), address_bytes(&y->addr),
		      address_bits(&x->addr) / 8);
}

static struct known *find_known(const struct sip_gate *gate,
				const struct dp_addr *addr)
{
	struct known key = { .addr = *addr };
	struct known **leaf = tfind(&key, &gate->known, compare);

	return leaf ? *leaf : NULL;
}

int sip_gate_know(struct sip_gate *gate, const struct dp_addr *addr)
{
	struct known *known = find_known(gate, addr);

	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known)
			return -ENOMEM;
		known->addr = *addr;
		known->addr.port = 0;
		if (!tsearch(known, &gate->known, compare)) {
			free(known);
			return -ENOMEM;
		}
	}
	known->count++;
	return 0;
}

void sip_gate_forget(struct sip_gate *gate, const struct dp_addr *addr)
{
	struct known *known = find_known(gate, addr);

	if (!known || --known->count)
		return;
	tdelete(known, &gate->known, compare);
	free(known);
}

bool sip_gate_known(const struct sip_gate *gate, const struct dp_addr *addr)
{
	return find_known(gate, addr);
}

/* ------------------------------------------------------------------------- rate */

static struct source *bucket_of(struct sip_gate *gate, uint64_t key)
{
	unsigned __int128 mixed = (unsigned __int128)(key ^ gate->secret[0]) *
				  (gate->secret[1] | 1);
	uint64_t hash = (uint64_t)mixed ^ (uint64_t)(mixed >> 64);

	return &gate->sources[(size_t)((hash >> 32) & gate->mask) * WAYS];
}

/* its place; if it has none, that of the one whose bucket is full for longest */
static struct source *place_of(struct sip_gate *gate, const struct dp_addr *addr)
{
	struct source *bucket, *found = NULL;
	bool v6 = addr->family == AF_INET6;
	uint64_t key = 0;
	unsigned int i;

	memcpy(&key, address_bytes(addr), v6 ? 8 : 4);
	bucket = bucket_of(gate, key);
	for (i = 0; i < WAYS; i++) {
		if (bucket[i].due && bucket[i].key == key && bucket[i].v6 == v6)
			return &bucket[i];
		if (!found || bucket[i].due < found->due)
			found = &bucket[i];
	}
	*found = (struct source){ .key = key, .v6 = v6 };
	return found;
}

/* take one from a bucket of @burst that gets @rate a second; @now in us */
static bool take(uint64_t *due, uint32_t rate, uint32_t burst, uint64_t now)
{
	uint64_t each = 1000000 / rate;

	if (*due < now)
		*due = now;
	if (*due - now > each * (burst ? burst - 1 : 0))
		return false;
	*due += each ? each : 1;
	return true;
}

static enum sip_gate_reason rate(struct sip_gate *gate,
				 const struct dp_addr *source, bool no,
				 uint64_t now, bool *told)
{
	const struct sip_gate_conf *conf = &gate->conf;
	struct source *place;

	now = now * 1000 + 1;		/* 0 is nobody's */
	*told = true;
	if (conf->rate) {
		place = place_of(gate, source);
		if (place->due < now)
			place->told = false;
		if (!take(&place->due, conf->rate, conf->burst, now)) {
			*told = place->told;
			place->told = true;
			return SIP_GATE_RATE;
		}
	}
	if (conf->crowd && !take(&gate->crowd[no], conf->crowd,
				 conf->crowd_burst, now))
		return SIP_GATE_CROWD;
	return SIP_GATE_OK;
}

/* --------------------------------------------------------------------- judgement */

static bool banned(const struct sip_gate *gate, const struct dp_addr *source)
{
	return gate->conf.banned && gate->conf.banned(source, gate->conf.arg);
}

/* whoever is known is allowed by being that */
static bool denied(const struct sip_gate *gate, const struct dp_addr *source)
{
	return !acl_judge(gate->conf.acl, source, NULL) &&
	       !sip_gate_known(gate, source);
}

bool sip_gate_why(struct sip_gate *gate, const struct dp_addr *source, uint64_t now,
		  char *buf, size_t len)
{
	const char *name = gate && gate->conf.name ? gate->conf.name : "-";
	struct acl_verdict verdict;
	char why[ACL_WHY_LEN];

	*buf = '\0';
	if (!gate || !denied(gate, source))
		return false;
	if (!take(&gate->telling, TOLD, TOLD, now * 1000 + 1)) {
		gate->untold++;
		return false;
	}
	acl_judge(gate->conf.acl, source, &verdict);
	acl_why(&verdict, "acl", source, why, sizeof(why));
	if (gate->untold)
		snprintf(buf, len, "realm %s: %s; %" PRIu64 " before it were not told",
			 name, why, gate->untold);
	else
		snprintf(buf, len, "realm %s: %s", name, why);
	gate->untold = 0;
	return true;
}

static bool has_tag(struct span to)
{
	const char *end = to.n ? memrchr(to.p, '>', to.n) : NULL;
	struct span name, value, rest = to;

	if (end)
		rest = span_skip(to, (size_t)(end - to.p));
	span_cut(&rest, ';');
	while (sip_param_next(&rest, &name, &value))
		if (span_iscase(name, "tag"))
			return true;
	return false;
}

/* does its To have a tag?  Fields that are folded are not looked for */
static bool in_dialog(const char *data, size_t len)
{
	struct span rest = { data, len }, line, name;

	while (rest.n) {
		line = span_cut(&rest, '\n');
		if (!line.n || *line.p == '\r')
			return false;
		name = span_trim(span_cut(&line, ':'));
		if (line.p && (span_iscase(name, "to") || span_iscase(name, "t")))
			return has_tag(line);
	}
	return false;
}

static bool begins(const struct sip_peek *peek, const char *data, size_t len)
{
	switch (peek->method) {
	case SIP_ACK:
	case SIP_BYE:
	case SIP_CANCEL:
	case SIP_PRACK:
	case SIP_UPDATE:
	case SIP_INFO:
	case SIP_NOTIFY:
		return false;
	default:
		return peek->request && !in_dialog(data, len);
	}
}

static bool spared(const struct sip_gate *gate, const struct sip_peek *peek)
{
	struct sip_uri uri;

	return gate->conf.spared && peek->method == SIP_INVITE &&
	       !sip_uri_parse(peek->uri, &uri) &&
	       gate->conf.spared(uri.user, gate->conf.arg);
}

static enum sip_gate_reason judge(struct sip_gate *gate,
				  const struct dp_addr *source,
				  const struct sip_peek *peek, const char *data,
				  size_t len, uint64_t now, bool *told)
{
	bool known = sip_gate_known(gate, source), no;
	enum sip_gate_reason reason = SIP_GATE_OK;

	if (banned(gate, source))
		return SIP_GATE_BANNED;
	no = denied(gate, source);
	if (!known)
		reason = rate(gate, source, no, now, told);
	if (no) {
		*told = gate->conf.silent || reason != SIP_GATE_OK;
		return SIP_GATE_DENIED;
	}
	if (reason != SIP_GATE_OK || gate->load == SIP_LOAD_NORMAL)
		return reason;
	if (known && gate->load == SIP_LOAD_STRANGERS)
		return reason;
	*told = false;
	return begins(peek, data, len) && !spared(gate, peek) ? SIP_GATE_OVERLOAD :
								reason;
}

static enum sip_gate_verdict verdict(enum sip_gate_reason reason, bool told)
{
	switch (reason) {
	case SIP_GATE_OK:
		return SIP_GATE_PASS;
	case SIP_GATE_DENIED:
		return told ? SIP_GATE_DROP : SIP_GATE_FORBID;
	case SIP_GATE_RATE:
	case SIP_GATE_OVERLOAD:
		return told ? SIP_GATE_DROP : SIP_GATE_BUSY;
	default:
		return SIP_GATE_DROP;
	}
}

enum sip_gate_verdict sip_gate_message(struct sip_gate *gate,
				       const struct dp_addr *source,
				       const char *data, size_t len,
				       uint64_t now,
				       enum sip_gate_reason *reason)
{
	enum sip_gate_reason why = SIP_GATE_GARBAGE;
	struct sip_peek peek = { 0 };
	bool told = false;

	if (sip_peek(data, len, &peek) && peek.via.n)
		why = gate ? judge(gate, source, &peek, data, len, now, &told) :
			     SIP_GATE_OK;
	if (gate)
		gate->counters[why]++;
	if (reason)
		*reason = why;
	if (!peek.request || peek.method == SIP_ACK)
		told = true;
	return verdict(why, told);
}

enum sip_gate_reason sip_gate_connect(struct sip_gate *gate,
				      const struct dp_addr *source,
				      uint64_t now)
{
	enum sip_gate_reason why = SIP_GATE_OK;
	bool told;

	if (!gate)
		return why;
	if (banned(gate, source))
		why = SIP_GATE_BANNED;
	else if (denied(gate, source))
		why = SIP_GATE_DENIED;
	else if (!sip_gate_known(gate, source))
		why = rate(gate, source, false, now, &told);
	if (why != SIP_GATE_OK)
		gate->counters[why]++;
	return why;
}

/* ---------------------------------------------------------------- begin and end */

uint32_t sip_gate_connections(const struct sip_gate *gate)
{
	return gate ? gate->conf.connections : 0;
}

void sip_gate_set(struct sip_gate *gate, const struct sip_gate_conf *conf)
{
	struct acl *old = gate->conf.acl;

	gate->conf = *conf;
	acl_get(conf->acl);
	acl_put(old);
}

struct sip_gate *sip_gate_new(const struct sip_gate_conf *conf)
{
	struct sip_gate *gate = calloc(1, sizeof(*gate));
	uint32_t want = conf->sources ? conf->sources : SOURCES, n = WAYS;

	if (!gate)
		return NULL;
	while (n < want && n < SOURCES_MAX)
		n *= 2;
	gate->mask = n / WAYS - 1;
	gate->sources = calloc(n, sizeof(*gate->sources));
	sip_gate_set(gate, conf);
	if (!gate->sources ||
	    getrandom(gate->secret, sizeof(gate->secret), 0) !=
	    (ssize_t)sizeof(gate->secret)) {
		sip_gate_free(gate);
		return NULL;
	}
	return gate;
}

void sip_gate_free(struct sip_gate *gate)
{
	if (!gate)
		return;
	tdestroy(gate->known, free);
	free(gate->sources);
	acl_put(gate->conf.acl);
	free(gate);
}

void sip_gate_load(struct sip_gate *gate, enum sip_load load)
{
	gate->load = load;
}

const uint64_t *sip_gate_counters(const struct sip_gate *gate)
{
	return gate->counters;
}

const char *sip_gate_reason_name(enum sip_gate_reason reason)
{
	static const char *const names[SIP_GATE_REASONS] = {
		[SIP_GATE_OK] = "passed",
		[SIP_GATE_GARBAGE] = "garbage",
		[SIP_GATE_DENIED] = "denied",
		[SIP_GATE_BANNED] = "banned",
		[SIP_GATE_RATE] = "rate",
		[SIP_GATE_CROWD] = "crowd",
		[SIP_GATE_OVERLOAD] = "overload",
	};

	return reason < SIP_GATE_REASONS ? names[reason] : "?";
}
