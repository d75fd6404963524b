// SPDX-License-Identifier: GPL-2.0
/* The verdict of rtplane probe, in sentences and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "out.h"
#include "probe.h"

/**
 * struct verdict - what is to be said
 * @words: what was asked for
 * @r: what was found
 * @sentences: array of text
 * @host: text of the host's address
 * @bad: something is not as it should be
 */
struct verdict {
	const struct probe_words *words;
	const struct probe_result *r;
	json_t *sentences;
	char host[DP_ADDR_STRLEN];
	bool bad;
};

__attribute__((format(printf, 3, 4)))
static void say(struct verdict *v, bool bad, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	v->bad |= bad;
	json_array_append_new(v->sentences, json_string(text ? text : ""));
	free(text);
}

/* --------------------------------------------------------- ranges of ports */

/**
 * struct kind - ports of which the same is said
 * @name: in JSON
 * @sentence: after the ports
 * @bad: it is not as it should be
 */
struct kind {
	const char *name;
	const char *sentence;
	bool bad;
};

#define KIND_BACK	__PORT_STATES	/* heard there, but no answer came back */

static const struct kind kinds[] = {
	[PORT_FILTERED] = { "filtered", "filtered: nothing arrives there, and nobody says why", true },
	[PORT_OPEN] = { "open", "open", false },
	[PORT_CLOSED] = { "closed", "closed: somebody on the way or the host itself refuses them", true },
	[PORT_PROHIBITED] = { "prohibited", "filtered: a firewall says that they are prohibited", true },
	[PORT_UNREACHABLE] = { "unreachable", "unreachable: a router knows no way", true },
	[PORT_STRANGE] = { "strange", "open, but it is not the server that answers: something stands between", true },
	[PORT_USED] = { "in_use", "in use there, by calls or by others, and not tested", false },
	[PORT_UNSERVED] = { "unserved", "not served there, and not tested", false },
	[KIND_BACK] = { "filtered_back", "filtered on the way back: the host hears us, its answers do not arrive", true },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static unsigned int kind_of(const struct probe_port *port, bool tcp)
{
	if (tcp)
		return port->tcp;
	return port->udp == PORT_FILTERED && port->heard ? KIND_BACK : port->udp;
}

static bool is_kind(const struct probe_port *port, unsigned int what, bool tcp)
{
	return kind_of(port, tcp) == what;
}

static bool is_changed(const struct verdict *v, unsigned int port)
{
	return v->r->ports[port].udp == PORT_OPEN &&
	       v->r->ports[port].seen != v->r->own.port;
}

/* "30000-30099,30200" of the ports of a kind, or of those whose source port changed */
static char *ranges(const struct verdict *v, int what, bool tcp, unsigned int *n)
{
	unsigned int port, begin = 0;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const char *sep = "";
	bool in;

	*n = 0;
	if (!out)
		return NULL;
	for (port = v->words->lo; port <= v->words->hi + 1; port++) {
		in = port <= v->words->hi &&
		     (what < 0 ? is_changed(v, port) :
		      is_kind(&v->r->ports[port], (unsigned int)what, tcp));
		*n += in;
		if (in && !begin) {
			begin = port;
		} else if (!in && begin) {
			fprintf(out, port - 1 > begin ? "%s%u-%u" : "%s%u", sep,
				begin, port - 1);
			begin = 0;
			sep = ",";
		}
	}
	fclose(out);
	return text;
}

static json_t *say_ports(struct verdict *v, bool tcp)
{
	unsigned int all = v->words->hi - v->words->lo + 1, n, i;
	const char *protocol = tcp ? "TCP" : "UDP";
	json_t *o = json_object();
	char *text;

	for (i = 0; i < N_KINDS; i++) {
		text = ranges(v, (int)i, tcp, &n);
		if (text && n) {
			out_str(o, kinds[i].name, text);
			if (n == all)
				say(v, kinds[i].bad, "%s ports %s, all %u: %s.",
				    protocol, text, n, kinds[i].sentence);
			else
				say(v, kinds[i].bad, "%s ports %s, %u of %u: %s.",
				    protocol, text, n, all, kinds[i].sentence);
		}
		free(text);
	}
	return o;
}

/* --------------------------------------------------------------------- NAT */

/* different ports were seen at different destinations */
static bool by_destination(const struct verdict *v)
{
	unsigned int port, seen = 0;

	for (port = v->words->lo; port <= v->words->hi; port++) {
		if (v->r->ports[port].udp != PORT_OPEN)
			continue;
		if (seen && v->r->ports[port].seen != seen)
			return true;
		seen = v->r->ports[port].seen;
	}
	return false;
}

static json_t *say_nat(struct verdict *v)
{
	const struct probe_result *r = v->r;
	bool rewritten = !dp_addr_same_host(&r->own, &r->seen);
	char own[DP_ADDR_STRLEN], seen[DP_ADDR_STRLEN];
	json_t *o = json_object();
	struct dp_addr host;
	unsigned int n;
	char *text;

	host = r->own;
	host.port = 0;
	dp_addr_str(&host, own, sizeof(own));
	host = r->seen;
	host.port = 0;
	dp_addr_str(&host, seen, sizeof(seen));
	json_object_set_new(o, "address_rewritten", json_boolean(rewritten));
	if (rewritten)
		say(v, false, "NAT on the way: our address %s arrives as %s.",
		    own, seen);
	text = ranges(v, -1, false, &n);
	if (n)
		out_str(o, "port_changed", text);
	json_object_set_new(o, "by_destination", json_boolean(by_destination(v)));
	if (n && by_destination(v))
		say(v, true, "NAT changes our port %u, to another for each destination (symmetric NAT), on the way to %u ports: %s. Such a phone cannot be reached by what it signals.",
		    r->own.port, n, text);
	else if (n)
		say(v, true, "NAT changes our port %u to %u, on the way to %u ports: %s.",
		    r->own.port, r->seen.port, n, text);
	free(text);
	if (*r->other) {
		out_str(o, "other_address", r->other);
		say(v, true, "Some of what we send arrives from another address, %s: NAT with several addresses, or two ways out.",
		    r->other);
	}
	if (r->answered_from.family) {
		dp_addr_str(&r->answered_from, seen, sizeof(seen));
		out_str(o, "answered_from", seen);
		say(v, true, "Answers come from %s, which we did not ask: phones will not take them.",
		    seen);
	}
	if (r->at.family && !dp_addr_same_host(&r->at, &v->words->host)) {
		host = r->at;
		host.port = 0;
		dp_addr_str(&host, seen, sizeof(seen));
		out_str(o, "destination", seen);
		say(v, false, "NAT in front of the host: what we send to %s arrives at %s.",
		    v->host, seen);
	}
	return o;
}

/* ------------------------------------------------------ MTU, delay, loss */

static json_t *say_mtu(struct verdict *v)
{
	const struct probe_result *r = v->r;
	json_t *o = json_object();

	out_uint(o, "up", r->up.mtu);
	out_uint(o, "down", r->down.mtu);
	if (r->mtu_told)
		out_uint(o, "told", r->mtu_told);
	if (r->up.mtu == 1500 && r->down.mtu == 1500)
		say(v, false, "IP packets of 1500 bytes arrive both ways.");
	else
		say(v, false, "The largest IP packets that arrive have %u bytes there and %u bytes back%s.",
		    r->up.mtu, r->down.mtu, r->mtu_told ?
		    "; a router says so by ICMP" : "; no router says so");
	return o;
}

static int64_t variation(const struct probe_way *way, uint32_t n)
{
	return n ? way->sum / n - way->min : 0;
}

/* the clocks are not compared: of the shortest way there and back each has half */
static uint64_t delay(const struct probe_result *r, int64_t more)
{
	return r->rtt_min / 2 + (uint64_t)more;
}

static json_t *json_way(const struct probe_result *r, const struct probe_way *way, uint32_t n)
{
	json_t *o = json_object();

	out_uint(o, "lost", way->lost);
	if (n) {
		out_uint(o, "delay_mean_us", delay(r, variation(way, n)));
		out_uint(o, "delay_max_us", delay(r, way->max - way->min));
		out_uint(o, "variation_mean_us", (uint64_t)variation(way, n));
		out_uint(o, "variation_max_us", (uint64_t)(way->max - way->min));
	}
	return o;
}

static json_t *say_flow(struct verdict *v)
{
	const struct probe_result *r = v->r;
	uint32_t n = r->flow_answered;
	json_t *o = json_object();

	out_uint(o, "packets", r->flow);
	json_object_set_new(o, "up", json_way(r, &r->up, n));
	json_object_set_new(o, "down", json_way(r, &r->down, n));
	say(v, r->up.lost || r->down.lost,
	    "Of %u packets %u were lost on the way there and %u on the way back.",
	    r->flow, r->up.lost, r->down.lost);
	if (!n)
		return o;
	out_uint(o, "rtt_min_us", r->rtt_min);
	out_uint(o, "rtt_max_us", r->rtt_max);
	say(v, false, "There and back takes %.1f to %.1f ms; one way, if the shortest is half of it, %.1f ms and up to %.1f there, %.1f ms and up to %.1f back.",
	    (double)r->rtt_min / 1000, (double)r->rtt_max / 1000,
	    (double)delay(r, variation(&r->up, n)) / 1000,
	    (double)delay(r, r->up.max - r->up.min) / 1000,
	    (double)delay(r, variation(&r->down, n)) / 1000,
	    (double)delay(r, r->down.max - r->down.min) / 1000);
	return o;
}

/* -------------------------------------------------------------- DSCP, SIP */

static json_t *say_dscp(struct verdict *v)
{
	const struct probe_way *up = &v->r->up, *down = &v->r->down;
	json_t *array = json_array();
	bool changed = false;
	unsigned int i;
	json_t *o;

	for (i = 0; i < PROBE_DSCPS; i++) {
		o = json_object();
		out_uint(o, "sent", probe_dscps[i]);
		json_array_append_new(array, o);
		if (up->dscp[i] < 0)
			continue;
		out_uint(o, "up", (uint64_t)up->dscp[i]);
		out_uint(o, "down", (uint64_t)down->dscp[i]);
		if (up->dscp[i] != probe_dscps[i])
			say(v, true, "DSCP %u arrives there as %d.",
			    probe_dscps[i], up->dscp[i]);
		if (down->dscp[i] != probe_dscps[i])
			say(v, true, "DSCP %u comes back as %d.",
			    probe_dscps[i], down->dscp[i]);
		changed |= up->dscp[i] != probe_dscps[i] ||
			   down->dscp[i] != probe_dscps[i];
	}
	if (!changed)
		say(v, false, "DSCP arrives unchanged both ways.");
	return array;
}

static json_t *json_change(const struct probe_sip_change *change)
{
	json_t *o = json_object();
	char *text;

	out_str(o, "field", change->field);
	text = text_safe_dup(change->was);
	if (text && change->was.p)
		out_str(o, "was", text);
	free(text);
	text = text_safe_dup(change->now);
	if (text && change->now.p)
		out_str(o, "now", text);
	free(text);
	return o;
}

/* true if the message arrived as it was sent */
static bool say_message(struct verdict *v, const char *name,
			const struct probe_sip_result *s, json_t *all)
{
	struct probe_sip_change changes[PROBE_SIP_CHANGES];
	json_t *o = json_object(), *list = json_array();
	char *text;
	size_t n, i;

	json_object_set_new(all, name, o);
	json_object_set_new(o, "arrived", json_boolean(s->got_len));
	json_object_set_new(o, "changed", list);
	if (!s->got_len) {
		say(v, true, "SIP: the %s does not arrive at port %u: it is filtered, or something on the way takes it for itself (SIP ALG).",
		    name, v->words->sip);
		return false;
	}
	n = probe_sip_compare((struct span){ s->sent, s->sent_len },
			      (struct span){ s->got, s->got_len }, changes);
	for (i = 0; i < n; i++) {
		json_array_append_new(list, json_change(&changes[i]));
		text = text_safe_dup(changes[i].now);
		say(v, true, "SIP ALG: the %s arrives with another %s: %.200s",
		    name, changes[i].field,
		    !changes[i].now.p ? "it is gone" : text ? text : "");
		free(text);
	}
	return !n;
}

static json_t *say_sip(struct verdict *v)
{
	const struct probe_result *r = v->r;
	json_t *o;
	bool ok;

	if (!v->words->sip)
		return NULL;
	if (r->offer.flags & PROBE_SIP_USED) {
		say(v, false, "SIP was not tested: port %u is in use there.",
		    r->offer.sip);
		return NULL;
	}
	if (r->offer.sip != v->words->sip) {
		say(v, false, "SIP was not tested: port %u is not what is served for it there.",
		    v->words->sip);
		return NULL;
	}
	o = json_object();
	ok = say_message(v, "INVITE", &r->sip[PROBE_INVITE], o);
	ok &= say_message(v, "REGISTER", &r->sip[PROBE_REGISTER], o);
	if (ok)
		say(v, false, "SIP at port %u arrives byte for byte: no SIP ALG.",
		    v->words->sip);
	return o;
}

int probe_say(const struct cli *cli, const struct probe_words *words,
	      const struct probe_result *result)
{
	struct verdict v = {
		.words = words, .r = result, .sentences = json_array(),
	};
	json_t *o = json_object(), *sip;
	size_t i;

	dp_addr_str(&words->host, v.host, sizeof(v.host));
	out_str(o, "host", v.host);
	out_some_addr(o, "local", &result->own);
	out_some_addr(o, "seen", &result->seen);
	json_object_set_new(o, "udp", say_ports(&v, false));
	out_uint(o, "udp_ms", result->took);
	if (words->tcp && result->offer.flags & PROBE_NO_TCP)
		say(&v, false, "TCP was not tested: the host does not serve it.");
	else if (words->tcp)
		json_object_set_new(o, "tcp", say_ports(&v, true));
	json_object_set_new(o, "nat", say_nat(&v));
	json_object_set_new(o, "mtu", say_mtu(&v));
	json_object_set_new(o, "flow", say_flow(&v));
	json_object_set_new(o, "dscp", say_dscp(&v));
	sip = say_sip(&v);
	if (sip)
		json_object_set_new(o, "sip", sip);
	json_object_set_new(o, "ok", json_boolean(!v.bad));
	json_object_set_new(o, "verdict", v.sentences);
	if (cli->json) {
		out_json(o);
		return v.bad ? CLI_REFUSED : CLI_OK;
	}
	for (i = 0; i < json_array_size(v.sentences); i++)
		printf("%s\n", json_string_value(json_array_get(v.sentences, i)));
	json_decref(o);
	return v.bad ? CLI_REFUSED : CLI_OK;
}
