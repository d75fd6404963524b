// SPDX-License-Identifier: GPL-2.0
/*
 * What the schema cannot say: values that must fit each other.  Everything is
 * looked at before anything is handed out, and each complaint names file, line,
 * key, value and what was expected.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/rtplane.h>

#include "datapath/datapath.h"
#include "engine/media.h"
#include "check.h"

#define FILE_MAX	(16 * 1024 * 1024)
/* what the user of a URI may be without escapes, as far as numbers and names need it */
#define NUMBER	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._*"
#define DEFAULT_CONTROL	"/run/rtplane/rtplaned.sock"

static bool get_address(const struct loaded *l, struct key k, const char *text,
			struct dp_addr *addr)
{
	if (!dp_addr_parse_host(text, addr))
		return bad(l, k, "'%s' is not an address; expected an IPv4 or IPv6 address without port",
			   text);
	if (dp_addr_is_any(addr))
		return bad(l, k, "'%s' is every address; expected one address of this host, since packets and SDP must carry it",
			   text);
	return true;
}

static bool get_addresses(const struct loaded *l, const struct key *at,
			  const struct raw_realm *raw, struct config_realm *r)
{
	unsigned int i, j;

	r->addresses = calloc(raw->n_addresses, sizeof(*r->addresses));
	if (!r->addresses)
		return bad(l, *at, "no memory");
	r->n_addresses = raw->n_addresses;
	for (i = 0; i < raw->n_addresses; i++) {
		const struct raw_address *from = &raw->addresses[i];
		struct config_address *to = &r->addresses[i];
		struct key k = key("%.64s.addresses[%u]", at->path, i);

		if (!get_address(l, sub(&k, "listen"), from->listen,
				 &to->listen))
			return false;
		to->advertise = to->listen;
		if (from->advertise &&
		    !get_address(l, sub(&k, "advertise"), from->advertise,
				 &to->advertise))
			return false;
		if (to->advertise.family != to->listen.family)
			return bad(l, sub(&k, "advertise"),
				   "'%s' is of another family than '%s'; expected both IPv4 or both IPv6",
				   from->advertise, from->listen);
		for (j = 0; j < i; j++)
			if (dp_addr_same_host(&r->addresses[j].listen, &to->listen))
				return bad(l, sub(&k, "listen"),
					   "'%s' is there twice; expected each address once in a realm",
					   from->listen);
	}
	return true;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* what only TLS has */
static bool check_plain(const struct loaded *l, const struct key *at,
			const struct raw_sip *raw)
{
	if (raw->verify_clients || raw->verify_servers)
		return bad(l, sub(at, raw->verify_clients ? "verify-clients" :
				      "verify-servers"),
			   "it is given for a listener that is not TLS; expected transport tls or wss, or no such key");
	if (raw->certificates)
		return bad(l, sub(at, "certificates"),
			   "'%s' is given for a listener that is not TLS; expected transport tls or wss, or no certificates",
			   raw->certificates);
	return true;
}

static bool check_tls(const struct loaded *l, const struct key *at,
		      const struct raw_sip *raw)
{
	char path[512];

	if (!config_transport_is_tls(raw->transport))
		return check_plain(l, at, raw);
	if (raw->transport == CONFIG_WSS && raw->verify_servers)
		return bad(l, sub(at, "verify-servers"),
			   "nobody is called by WebSocket; expected transport tls, or no such key");
	if (!raw->certificates)
		return bad(l, sub(at, "transport"),
			   "%s without certificates; expected the key certificates with a folder that holds agent.pem and cafile.pem",
			   config_transport_name(raw->transport));
	if (!is_dir(raw->certificates))
		return bad(l, sub(at, "certificates"),
			   "'%s' is not a folder; expected a folder with agent.pem and cafile.pem",
			   raw->certificates);
	snprintf(path, sizeof(path), "%s/agent.pem", raw->certificates);
	if (access(path, R_OK))
		return bad(l, sub(at, "certificates"),
			   "'%s' cannot be read: %s; expected a folder with agent.pem and cafile.pem",
			   path, strerror(errno));
	return true;
}

/* as browsers write it (RFC 6454 6.2): scheme and host, and a port that is not usual */
static bool is_origin(const char *text)
{
	const char *host = strstr(text, "://");

	return host && host != text && host[3] && !strpbrk(host + 3, "/?#@ \t");
}

static bool check_origins(const struct loaded *l, const struct key *at,
			  const struct raw_sip *raw)
{
	unsigned int i;

	if (raw->n_origins && !config_transport_is_ws(raw->transport))
		return bad(l, sub(at, "origins"),
			   "it is given for a listener that is not WebSocket; expected transport ws or wss, or no such key");
	for (i = 0; i < raw->n_origins; i++)
		if (!is_origin(raw->origins[i]))
			return bad(l, key("%.64s.origins[%u]", at->path, i),
				   "'%s' is no origin; expected scheme, host and, if it is not the usual one, port, as https://phone.example.com",
				   raw->origins[i]);
	return true;
}

static bool add_listeners(const struct loaded *l, const struct key *at,
			  const struct raw_sip *raw, struct key port_key,
			  uint32_t port, struct config_realm *r)
{
	struct config_listener *list;
	struct dp_addr addr;
	bool found = false;
	size_t i;

	if (port < 1 || port > 65535)
		return bad(l, port_key, "%u is out of range; expected a port, 1 to 65535",
			   port);
	if (raw->address &&
	    !get_address(l, sub(at, "address"), raw->address, &addr))
		return false;
	for (i = 0; i < r->n_addresses; i++) {
		if (raw->address && !dp_addr_same_host(&r->addresses[i].listen, &addr))
			continue;
		list = realloc(r->listeners,
			       (r->n_listeners + 1) * sizeof(*list));
		if (!list)
			return bad(l, *at, "no memory");
		r->listeners = list;
		list[r->n_listeners++] = (struct config_listener){
			.transport = raw->transport,
			.address = &r->addresses[i],
			.port = port,
			.certificates = raw->certificates,
			.origins = (const char *const *)raw->origins,
			.n_origins = raw->n_origins,
			.verify_clients = raw->verify_clients &&
					  *raw->verify_clients,
			.verify_servers = !raw->verify_servers ||
					  *raw->verify_servers,
		};
		found = true;
	}
	if (!found)
		return bad(l, sub(at, "address"),
			   "'%s' is not an address of realm %s; expected one of its listen addresses",
			   raw->address, r->name);
	return true;
}

static bool get_listeners(const struct loaded *l, const struct key *at,
			  const struct raw_realm *raw, struct config_realm *r)
{
	unsigned int i, j;

	for (i = 0; i < raw->n_sip; i++) {
		const struct raw_sip *sip = &raw->sip[i];
		struct key k = key("%.64s.sip[%u]", at->path, i);
		uint32_t def = config_transport_port(sip->transport);

		if (!check_tls(l, &k, sip) || !check_origins(l, &k, sip) ||
		    !add_listeners(l, &k, sip, sub(&k, "port"),
				   sip->port ? *sip->port : def, r))
			return false;
		for (j = 0; j < sip->n_alternatives; j++)
			if (!add_listeners(l, &k, sip,
					   key("%.64s.alternative-ports[%u]",
					       k.path, j),
					   sip->alternatives[j], r))
				return false;
	}
	return true;
}

static bool get_ports(const struct loaded *l, const struct key *at,
		      const struct raw_realm *raw, struct config_realm *r)
{
	uint32_t low = raw->ports ? raw->ports->low : 30000;
	uint32_t high = raw->ports ? raw->ports->high : 33000;
	struct key k = sub(at, "ports");

	if (low < 1024 || low > 65534)
		return bad(l, sub(&k, "low"),
			   "%u is out of range; expected an even port, 1024 to 65534",
			   low);
	if (low & 1)
		return bad(l, sub(&k, "low"),
			   "%u is odd; expected an even port, since RTP uses even ports and RTCP the odd ones above",
			   low);
	if (high > 65535)
		return bad(l, sub(&k, "high"),
			   "%u is out of range; expected a port up to 65535",
			   high);
	/* the customary 30000-33000: the last even port has no odd one above */
	if (high > low && !(high & 1))
		high--;
	if (high <= low)
		return bad(l, sub(&k, "high"),
			   "%u is not above low (%u); expected room for one pair of ports at least",
			   raw->ports->high, low);
	r->port_low = low;
	r->port_high = high;
	return true;
}

/* its calls are told apart by what ICE has shown, and there is no other port for RTCP */
static bool get_single_port(const struct loaded *l, const struct key *at,
			    const struct raw_realm *raw, struct config_realm *r)
{
	uint32_t port;

	if (!raw->single_port)
		return true;
	port = *raw->single_port;
	if (port < 1024 || port > 65535)
		return bad(l, sub(at, "single-port"),
			   "%u is out of range; expected a port, 1024 to 65535", port);
	if (r->ice == CONFIG_ICE_OFF)
		return bad(l, sub(at, "single-port"),
			   "%u without ICE; expected ice: lite, full or force, by which the calls of one port are told apart",
			   port);
	if (r->mux == CONFIG_MUX_OFF)
		return bad(l, sub(at, "single-port"),
			   "%u with mux: off; expected mux: allow or require, since RTCP has no other port there",
			   port);
	r->single_port = (uint16_t)port;
	return true;
}

/* carriers and other hosts of ours: who is there is where its description says */
static bool no_clients(const struct config_realm *r)
{
	return r->trust || (r->n_listeners && !r->acl->others &&
			    !prefix_set_size(r->acl->allow));
}

static bool get_latch(const struct loaded *l, const struct key *at,
		      const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_latch none;
	const struct raw_latch *from = raw->latch ? raw->latch : &none;
	struct key k = sub(at, "latch");
	uint32_t probation;

	r->latch.mode = from->mode ? *from->mode : RTPLANE_LATCH_RESTRICTED;
	r->latch.nat = from->nat ? *from->nat :
		       no_clients(r) ? CONFIG_NAT_OFF : CONFIG_NAT_LEARN;
	/*
	 * Where no clients are behind NAT the signalled address is the party's,
	 * and two sides that wait for each other's first packet wait for ever.
	 */
	r->latch.early = from->early ? *from->early :
			 r->latch.nat == CONFIG_NAT_OFF &&
			 r->latch.mode != RTPLANE_LATCH_LEARN;
	r->latch.relatch = from->relatch;
	if (!get_number(l, sub(&k, "probation"), from->probation,
			r->latch.mode == RTPLANE_LATCH_OFF ? 0 : 3, 0,
			RTPLANE_PROBATION_MAX, "a number of packets",
			&probation))
		return false;
	r->latch.probation = probation;
	if (probation < 2 && r->latch.mode == RTPLANE_LATCH_LEARN)
		return bad(l, sub(&k, "probation"),
			   "%u with mode learn; expected 2 or more, since one forged packet would decide",
			   probation);
	if (r->latch.early && r->latch.mode == RTPLANE_LATCH_LEARN)
		return bad(l, sub(&k, "early"),
			   "true with mode learn; expected mode off or restricted, since media would go to an address that nobody has proven");
	return true;
}

/*
 * The strongest first.  Tags of 32 bits are left to those who ask for them: one
 * forged packet in four billion passes.
 */
static const uint8_t default_suites[] = {
	RTPLANE_SRTP_AES_256_GCM, RTPLANE_SRTP_AES_128_GCM, RTPLANE_SRTP_AES_256_CM_SHA1_80,
	RTPLANE_SRTP_AES_128_CM_SHA1_80,
};

static bool get_srtp(const struct loaded *l, const struct key *at,
		     const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_srtp none;
	const struct raw_srtp *from = raw->srtp ? raw->srtp : &none;
	struct config_srtp *to = &r->srtp;
	unsigned int i, j;

	to->policy = from->policy ? (enum config_srtp_policy)*from->policy :
				    CONFIG_SRTP_ALLOW;
	if (!from->n_suites) {
		memcpy(to->suites, default_suites, sizeof(default_suites));
		to->n_suites = sizeof(default_suites);
		return true;
	}
	if (to->policy == CONFIG_SRTP_REFUSE && r->dtls == CONFIG_DTLS_OFF)
		return bad(l, key("%.64s.srtp.suites", at->path),
			   "suites with policy refuse and without dtls; expected policy allow or require, or no suites");
	for (i = 0; i < from->n_suites; i++) {
		for (j = 0; j < i; j++)
			if (from->suites[i] == from->suites[j])
				return bad(l, key("%.64s.srtp.suites[%u]",
						  at->path, i),
					   "'%s' is there twice; expected each suite once",
					   raw_suite_word(from->suites[i]));
		to->suites[i] = from->suites[i];
	}
	to->n_suites = from->n_suites;
	return true;
}

static bool get_dscp(const struct loaded *l, const struct key *at,
		     const struct raw_realm *raw, struct config_realm *r)
{
	static const struct raw_dscp none;
	const struct raw_dscp *from = raw->dscp ? raw->dscp : &none;
	struct key k = sub(at, "dscp");
	uint32_t audio, video, signalling;

	if (!get_number(l, sub(&k, "audio"), from->audio, 46, 0, 63, "a DSCP",
			&audio) ||
	    !get_number(l, sub(&k, "video"), from->video, 34, 0, 63, "a DSCP",
			&video) ||
	    !get_number(l, sub(&k, "signalling"), from->signalling, 24, 0, 63,
			"a DSCP", &signalling))
		return false;
	r->dscp_audio = audio;
	r->dscp_video = video;
	r->dscp_signalling = signalling;
	return true;
}

static void get_media_words(const struct raw_realm *raw, struct config_realm *r)
{
	r->dtls = raw->dtls ? (enum config_dtls)*raw->dtls : CONFIG_DTLS_OFF;
	r->mux = raw->mux ? (enum config_mux)*raw->mux : CONFIG_MUX_OFF;
}

bool config_get_media(const struct loaded *l, const struct key *at,
		      const struct raw_realm *raw, struct config_realm *r)
{
	get_media_words(raw, r);
	return get_latch(l, at, raw, r) && get_srtp(l, at, raw, r);
}

static bool is_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static bool get_realm(const struct loaded *l, unsigned int i)
{
	const struct raw_realm *raw = &l->raw->realms[i];
	struct config_realm *r = &l->config.realms[i];
	struct key k = key("realms[%u]", i);
	unsigned int j;

	r->name = raw->name;
	if (!is_name(r->name))
		return bad(l, sub(&k, "name"),
			   "'%s' is not a name; expected letters, digits, '-', '_' and '.'",
			   r->name);
	for (j = 0; j < i; j++)
		if (!strcmp(l->config.realms[j].name, r->name))
			return bad(l, sub(&k, "name"),
				   "'%s' is the name of realms[%u] too; expected each name once",
				   r->name, j);
	r->devices = (const char *const *)raw->devices;
	r->n_devices = raw->n_devices;
	r->pps = raw->limits ? raw->limits->packets : 0;
	r->bps = raw->limits ? raw->limits->bits : 0;
	r->trust = raw->trust && *raw->trust;
	get_media_words(raw, r);
	r->bundle = raw->bundle ? (enum config_bundle)*raw->bundle : CONFIG_BUNDLE_OFF;
	r->ice = raw->ice ? (enum config_ice)*raw->ice : CONFIG_ICE_OFF;
	r->punch = raw->punch ? (enum config_punch)*raw->punch : CONFIG_PUNCH_OFF;
	return config_get_access(l, &k, raw, r) &&
	       get_addresses(l, &k, raw, r) && get_listeners(l, &k, raw, r) &&
	       get_ports(l, &k, raw, r) && config_get_media(l, &k, raw, r) &&
	       get_single_port(l, &k, raw, r) &&
	       get_dscp(l, &k, raw, r) &&
	       config_get_stun(l, &k, raw, r) && config_get_tenants(l, &k, raw, r);
}

static bool same_socket(const struct config_listener *a,
			const struct config_listener *b)
{
	return a->port == b->port &&
	       (a->transport == CONFIG_UDP) == (b->transport == CONFIG_UDP) &&
	       dp_addr_same_host(&a->address->listen, &b->address->listen);
}

static bool share_address(const struct config_realm *a,
			  const struct config_realm *b, const char **which)
{
	static char text[DP_ADDR_STRLEN];
	size_t i, j;

	for (i = 0; i < a->n_addresses; i++) {
		for (j = 0; j < b->n_addresses; j++) {
			if (!dp_addr_same_host(&a->addresses[i].listen,
				       &b->addresses[j].listen))
				continue;
			*which = dp_addr_str(&a->addresses[i].listen, text,
					     sizeof(text));
			return true;
		}
	}
	return false;
}

/* a SIP listener of one realm against those of another (or of itself) */
static bool check_listeners(const struct loaded *l, unsigned int ra,
			    unsigned int rb)
{
	const struct config_realm *a = &l->config.realms[ra];
	const struct config_realm *b = &l->config.realms[rb];
	char text[DP_ADDR_STRLEN];
	size_t i, j;

	for (i = 0; i < a->n_listeners; i++) {
		for (j = ra == rb ? i + 1 : 0; j < b->n_listeners; j++) {
			if (!same_socket(&a->listeners[i], &b->listeners[j]))
				continue;
			return bad(l, key("realms[%u].sip", rb),
				   "%s port %u on %s is a listener of realm %s too; expected each address, port and transport once",
				   config_transport_name(b->listeners[j].transport),
				   b->listeners[j].port,
				   dp_addr_str(&b->listeners[j].address->listen,
					       text, sizeof(text)),
				   a->name);
		}
	}
	return true;
}

static bool has_address(const struct config_realm *r, const struct dp_addr *addr)
{
	size_t i;

	for (i = 0; i < r->n_addresses; i++)
		if (dp_addr_same_host(&r->addresses[i].listen, addr))
			return true;
	return false;
}

/* the single-port of one realm against what another has, or itself */
static bool check_single_port(const struct loaded *l, unsigned int ra, unsigned int rb)
{
	const struct config_realm *a = &l->config.realms[ra];
	const struct config_realm *b = &l->config.realms[rb];
	const struct config_listener *s;
	const char *which;
	size_t i;

	if (!a->single_port)
		return true;
	for (i = 0; i < b->n_listeners; i++) {
		s = &b->listeners[i];
		if (s->transport == CONFIG_UDP && s->port == a->single_port &&
		    has_address(a, &s->address->listen))
			return bad(l, key("realms[%u].single-port", ra),
				   "%u is the port of a SIP listener of realm %s, too; expected another",
				   a->single_port, b->name);
	}
	if (ra != rb && share_address(a, b, &which) &&
	    (a->single_port == b->single_port ||
	     (a->single_port >= b->port_low && a->single_port <= b->port_high)))
		return bad(l, key("realms[%u].single-port", ra),
			   "%u is a media port of realm %s, too, which has the address %s; expected another",
			   a->single_port, b->name, which);
	return true;
}

/* no SIP listener may sit inside a media range on the same address */
static bool check_media(const struct loaded *l, unsigned int ra,
			unsigned int rb)
{
	const struct config_realm *a = &l->config.realms[ra];
	const struct config_realm *b = &l->config.realms[rb];
	const struct config_listener *s;
	const char *which;
	size_t i;

	for (i = 0; i < a->n_listeners; i++) {
		s = &a->listeners[i];
		if (s->transport == CONFIG_UDP && s->port >= b->port_low &&
		    s->port <= b->port_high && has_address(b, &s->address->listen))
			return bad(l, key("realms[%u].sip", ra),
				   "udp port %u is inside the media ports %u-%u of realm %s; expected a port outside",
				   s->port, b->port_low, b->port_high, b->name);
	}
	if (ra < rb && a->port_low <= b->port_high &&
	    b->port_low <= a->port_high && share_address(a, b, &which))
		return bad(l, key("realms[%u].ports", rb),
			   "%u-%u overlaps %u-%u of realm %s, which has the address %s too; expected ranges apart, or addresses apart",
			   b->port_low, b->port_high, a->port_low,
			   a->port_high, a->name, which);
	return true;
}

const struct config_realm *config_realm(const struct config *c,
					const char *name)
{
	size_t i;

	for (i = 0; i < c->n_realms; i++)
		if (!strcmp(c->realms[i].name, name))
			return &c->realms[i];
	return NULL;
}

/* of a name without a transport DNS may say which (RFC 3263): any will do */
static bool has_transport(const struct config_realm *r,
			  const struct config_hop *hop)
{
	bool any = !hop->has_transport && !hop->addr.family && !hop->port;
	size_t i;

	for (i = 0; i < r->n_listeners; i++)
		if (any ? !config_transport_is_ws(r->listeners[i].transport) :
			  r->listeners[i].transport == hop->transport)
			return true;
	return false;
}

/* would the next hop be ourselves?  Then every call would come back for ever. */
static bool is_own(const struct config *c, const struct config_hop *hop)
{
	unsigned int port = hop->port ? hop->port :
			    hop->transport == CONFIG_TLS ? 5061 : 5060;
	const struct config_listener *s;
	size_t i, j;

	if (!hop->addr.family)
		return false;
	for (i = 0; i < c->n_realms; i++) {
		for (j = 0; j < c->realms[i].n_listeners; j++) {
			s = &c->realms[i].listeners[j];
			if (s->port == port &&
			    (dp_addr_same_host(&s->address->listen, &hop->addr) ||
			     dp_addr_same_host(&s->address->advertise, &hop->addr)))
				return true;
		}
	}
	return false;
}

bool config_get_hop(const struct loaded *l, struct key k, const char *text,
		    const struct config_realm *realm, struct config_hop *hop)
{
	if (!config_hop_parse(text, hop))
		return bad(l, k,
			   "'%s' is not a SIP URI; expected sip:HOST:PORT;transport=udp, tcp or tls",
			   text);
	if (!has_transport(realm, hop))
		return bad(l, k,
			   "'%s' wants a transport that realm %s has no listener for; expected one of its listeners' transports",
			   text, realm->name);
	if (is_own(&l->config, hop))
		return bad(l, k,
			   "'%s' is one of our own listeners; expected another host, or every call would come back for ever",
			   text);
	return true;
}

/* a next hop of its own, or a trunk's */
static bool get_way(const struct loaded *l, const struct key *at,
		    const struct raw_route *raw, struct config_route *r)
{
	if (raw->trunk)
		return config_get_trunk_of(l, at, raw, r);
	if (!raw->to)
		return bad(l, *at,
			   "there is no key to; expected the name of a realm, or the key trunk");
	r->to = config_realm(&l->config, raw->to);
	if (!r->to)
		return bad(l, sub(at, "to"),
			   "there is no realm '%s'; expected the name of a realm",
			   raw->to);
	if (!raw->next_hop)
		return bad(l, *at,
			   "there is no key next-hop; expected a SIP URI, or the key trunk");
	r->next_hop = raw->next_hop;
	return config_get_hop(l, sub(at, "next-hop"), r->next_hop, r->to, &r->hop);
}

/* whose requests alone take it */
static bool get_tenant(const struct loaded *l, const struct key *at,
		       const struct raw_route *raw, struct config_route *r)
{
	int i;

	if (!raw->tenant)
		return true;
	if (!r->from)
		return bad(l, sub(at, "tenant"),
			   "there is no key from; expected the realm whose tenant it is");
	i = config_tenant_find(&r->from->tenants, raw->tenant);
	if (i < 0)
		return bad(l, sub(at, "tenant"),
			   "there is no tenant '%s' in realm %s; expected the name of a tenant",
			   raw->tenant, r->from->name);
	r->tenant = &r->from->tenants.tenant[i];
	return true;
}

static bool get_route(const struct loaded *l, unsigned int i)
{
	const struct raw_route *raw = &l->raw->routes[i];
	struct config_route *r = &l->config.routes[i];
	struct key k = key("routes[%u]", i);

	r->user_prefix = raw->user_prefix;
	r->user_suffix = raw->user_suffix;
	r->host_prefix = raw->host_prefix;
	r->host_suffix = raw->host_suffix;
	r->add = raw->add;
	if (r->add && r->add[strspn(r->add, NUMBER)])
		return bad(l, sub(&k, "user-add"),
			   "'%s' is not fit for a user; expected letters, digits, +, -, ., _ and *",
			   r->add);
	if (!get_number(l, sub(&k, "user-strip"), raw->strip, 0, 0, 64,
			"a number of characters", &r->strip))
		return false;
	if (raw->from) {
		r->from = config_realm(&l->config, raw->from);
		if (!r->from)
			return bad(l, sub(&k, "from"),
				   "there is no realm '%s'; expected the name of a realm",
				   raw->from);
	}
	return (!raw->n_source ||
		get_prefixes(l, sub(&k, "source"), raw->source, raw->n_source, &r->source,
			     &r->n_source)) &&
	       get_tenant(l, &k, raw, r) && get_way(l, &k, raw, r);
}

/* what SIP needs, where nobody else brings calls */
static bool check_sip(const struct loaded *l)
{
	const struct raw_config *raw = l->raw;
	unsigned int i;

	if (raw->n_ng)
		return true;
	if (raw->n_realms < 2)
		return bad(l, key("realms"),
			   "one realm; expected a list of two or more realms, or the key ng");
	for (i = 0; i < raw->n_realms; i++)
		if (!raw->realms[i].n_sip)
			return bad(l, key("realms[%u]", i),
				   "there is no key sip; expected a list of SIP listeners, or the key ng at the top");
	if (!raw->n_routes)
		return bad(l, key("routes"),
			   "there is no such key; expected a list of one or more routes, or the key ng");
	return true;
}

/* what is in the logs of every host that speaks SIP */
static const char *const usual_scanners[] = {
	"friendly-scanner", "friendly-request", "sipvicious", "sundayddr", "sip-scan",
	"sipcli", "pplsip",
};

static bool get_globals(struct loaded *l)
{
	const struct raw_config *raw = l->raw;
	struct config *c = &l->config;

	c->scanners = usual_scanners;
	c->n_scanners = sizeof(usual_scanners) / sizeof(*usual_scanners);
	if (raw->scanners) {
		c->scanners = (const char *const *)raw->scanners;
		c->n_scanners = raw->n_scanners;
	}
	c->control = raw->control ? raw->control : DEFAULT_CONTROL;
	if (raw->datapath)
		c->datapath = (enum dp_want)*raw->datapath;
	c->log = raw->log ? (enum log_level)*raw->log : LOG_LEVEL_INFO;
	c->emergency = (const char *const *)raw->emergency;
	c->n_emergency = raw->n_emergency;
	if (*c->control != '/')
		return bad(l, key("control"),
			   "'%s' is relative; expected a path from the root",
			   c->control);
	c->store = raw->store;
	if (c->store && *c->store != '/')
		return bad(l, key("store"),
			   "'%s' is relative; expected a path from the root",
			   c->store);
	return get_number(l, key("workers"), raw->workers, 0, 0,
			  MEDIA_WORKERS_MAX, "a number of threads",
			  &c->workers) &&
	       get_number(l, key("drain"), raw->drain, 30, 0, 86400,
			  "a number of seconds", &c->drain) &&
	       get_number(l, key("quarantine"), raw->quarantine, 5, 0, 3600,
			  "a number of seconds", &c->quarantine) &&
	       get_number(l, key("history"), raw->history, 100, 0, 100000,
			  "a number of calls", &c->history) &&
	       get_number(l, key("answer-timeout"), raw->answer_timeout, 180,
			  1, 3600, "a number of seconds",
			  &c->answer_timeout) &&
	       get_number(l, key("orphan-timeout"), raw->orphan_timeout, 60, 1,
			  86400, "a number of seconds", &c->orphan_timeout) &&
	       get_number(l, key("media-timeout"), raw->media_timeout, 300, 0,
			  86400, "a number of seconds", &c->media_timeout) &&
	       get_number(l, key("hold-timeout"), raw->hold_timeout, 7200, 0,
			  86400, "a number of seconds", &c->hold_timeout) &&
	       get_number(l, key("change-timeout"), raw->change_timeout, 60,
			  1, 3600, "a number of seconds", &c->change_timeout) &&
	       get_number(l, key("hop-timeout"), raw->hop_timeout, 5, 1, 32,
			  "a number of seconds", &c->hop_timeout);
}

static bool check(struct loaded *l)
{
	struct config *c = &l->config;
	unsigned int i, j;

	c->n_realms = l->raw->n_realms;
	c->n_routes = l->raw->n_routes;
	c->realms = calloc(c->n_realms, sizeof(*c->realms));
	c->routes = calloc(c->n_routes + 1, sizeof(*c->routes));
	if (!c->realms || !c->routes)
		return bad(l, key("realms"), "no memory");
	if (!check_sip(l) || !get_globals(l))
		return false;
	for (i = 0; i < c->n_realms; i++)
		if (!get_realm(l, i))
			return false;
	for (i = 0; i < c->n_realms; i++) {
		for (j = 0; j < c->n_realms; j++) {
			if (i <= j && !check_listeners(l, i, j))
				return false;
			if (!check_single_port(l, i, j) || !check_media(l, i, j))
				return false;
		}
	}
	if (!config_get_trunks(l))
		return false;
	for (i = 0; i < c->n_routes; i++)
		if (!get_route(l, i))
			return false;
	return config_get_ng(l) && config_get_nftables(l) && config_get_bans(l) &&
	       config_get_maps(l);
}

static bool read_file(struct loaded *l)
{
	FILE *f = fopen(l->path, "re");

	if (f)
		l->text = malloc(FILE_MAX);
	if (!f || !l->text) {
		snprintf(l->error, CONFIG_ERROR_LEN,
			 "%s:1: the file: cannot be opened: %s; expected a readable YAML file",
			 l->path, strerror(errno));
		if (f)
			fclose(f);
		return false;
	}
	l->len = fread(l->text, 1, FILE_MAX, f);
	if (ferror(f) || l->len == FILE_MAX) {
		snprintf(l->error, CONFIG_ERROR_LEN,
			 "%s:1: the file: %s; expected a YAML file below 16 MiB",
			 l->path, ferror(f) ? strerror(errno) : "too long");
		fclose(f);
		return false;
	}
	fclose(f);
	return true;
}

struct config *config_load(const char *path, char *error)
{
	struct loaded *l = calloc(1, sizeof(*l));

	if (!l) {
		snprintf(error, CONFIG_ERROR_LEN, "%s:1: the file: no memory",
			 path);
		return NULL;
	}
	l->refs = 1;
	l->path = path;
	l->error = error;
	if (read_file(l))
		l->raw = raw_load(path, l->text, l->len, error);
	if (!l->raw || !check(l)) {
		config_put(&l->config);
		return NULL;
	}
	return &l->config;
}

struct config *config_get(struct config *config)
{
	((struct loaded *)config)->refs++;
	return config;
}

void config_put(struct config *config)
{
	struct loaded *l = (struct loaded *)config;
	size_t i;

	if (!l || --l->refs)
		return;
	for (i = 0; l->config.realms && i < l->config.n_realms; i++) {
		free(l->config.realms[i].addresses);
		free(l->config.realms[i].listeners);
		acl_put(l->config.realms[i].acl);
		acl_put(l->config.realms[i].media_acl);
		config_users_free(l->config.realms[i].users);
		config_tenants_drop(&l->config.realms[i].tenants);
	}
	for (i = 0; l->config.ng && i < l->config.n_ng; i++)
		free(l->config.ng[i].allow);
	free(l->config.bans.allow);
	for (i = 0; l->config.maps && i < l->config.n_maps; i++)
		free(l->config.maps[i].from);
	free(l->config.maps);
	free(l->config.ng);
	free(l->config.interfaces);
	free(l->config.templates);
	free(l->config.realms);
	free(l->config.trunks);
	free(l->config.groups);
	for (i = 0; l->config.routes && i < l->config.n_routes; i++)
		free(l->config.routes[i].source);
	free(l->config.routes);
	if (l->raw)
		raw_free(l->raw);
	free(l->text);
	free(l);
}

const char *config_transport_name(enum config_transport transport)
{
	static const char *const names[] = {
		[CONFIG_UDP] = "udp", [CONFIG_TCP] = "tcp", [CONFIG_TLS] = "tls",
		[CONFIG_WS] = "ws", [CONFIG_WSS] = "wss",
		[CONFIG_HTTP] = "http",
	};

	return names[transport];
}
