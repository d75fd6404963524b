// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane stun: how a STUN server sees us, and what the NAT on the way does (RFC 5780
 * section 4).  A server with two addresses tells all of it; of a bare one, or of two, only
 * what their views of one socket say.
 */
#include <errno.h>
#include <netdb.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "out.h"
#include "probe.h"
#include "stun/stun.h"

#define PORT		3478
#define TRIES		3
#define RTO		(250 * 1000u)	/* us; doubles */
#define DATAGRAM	1500

/* RFC 5780 section 7.2: what is to be changed of where the answer comes from */
#define CHANGE_PORT	0x2u
#define CHANGE_ADDRESS	0x4u

/** enum depends - on what of the other end something depends */
enum depends {
	DEPENDS_UNKNOWN,
	DEPENDS_NOTHING,
	DEPENDS_ADDRESS,
	DEPENDS_PORT
};

static const char *const depends_words[] = {
	[DEPENDS_UNKNOWN] = "unknown",
	[DEPENDS_NOTHING] = "endpoint-independent",
	[DEPENDS_ADDRESS] = "address-dependent",
	[DEPENDS_PORT] = "address-and-port-dependent",
};

/**
 * struct seen - what was found
 * @args: for sentences
 * @fd: the socket that asks
 * @server: who was asked
 * @second: another server; family 0: none
 * @local: the socket's address towards @server
 * @mapped: as @server sees it
 * @other: @server's other address and port; family 0: it has none
 * @rtt: us that @server's first answer took
 * @mapping: does the NAT give other ports for other destinations?
 * @filtering: who may send to a port that it has given?
 * @hairpin: do we reach ourselves by it?
 * @hairpin_known: was that asked?
 */
struct seen {
	struct args *args;
	int fd;
	struct dp_addr server;
	struct dp_addr second;
	struct dp_addr local;
	struct dp_addr mapped;
	struct dp_addr other;
	uint64_t rtt;
	enum depends mapping;
	enum depends filtering;
	bool hairpin;
	bool hairpin_known;
};

/**
 * struct answer - of a server
 * @mapped: our address
 * @other: its other address and port; family 0: none
 * @us: that it took
 */
struct answer {
	struct dp_addr mapped;
	struct dp_addr other;
	uint64_t us;
};

static bool send_to(int fd, const struct dp_addr *to, const void *data, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(to, &ss);

	return sendto(fd, data, n, 0, (struct sockaddr *)&ss, len) == (ssize_t)n;
}

static size_t make_request(uint8_t *buf, size_t size, const uint8_t *id,
			   unsigned int change)
{
	struct stun_writer w;

	stun_begin(&w, buf, size, STUN_REQUEST, STUN_BINDING, id);
	if (change)
		stun_put_u32(&w, STUN_CHANGE_REQUEST, change);
	stun_put_fingerprint(&w);
	return stun_end(&w);
}

/* the answer to that request, from wherever it comes */
static bool read_answer(int fd, const uint8_t *id, struct answer *answer)
{
	uint8_t buf[DATAGRAM];
	struct stun_msg m;
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n <= 0 || !stun_parse(buf, (size_t)n, &m) || m.class != STUN_SUCCESS ||
	    memcmp(m.id, id, STUN_ID_LEN))
		return false;
	answer->other.family = 0;
	stun_find_addr(&m, STUN_OTHER_ADDRESS, &answer->other);
	return stun_find_addr(&m, STUN_XOR_MAPPED_ADDRESS, &answer->mapped) ||
	       stun_find_addr(&m, STUN_MAPPED_ADDRESS, &answer->mapped);
}

static bool wait_for(int fd, const uint8_t *id, uint64_t until,
		     struct answer *answer)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now;

	while ((now = probe_now()) < until) {
		if (poll(&pfd, 1, (int)((until - now) / 1000 + 1)) > 0 &&
		    read_answer(fd, id, answer))
			return true;
	}
	return false;
}

/* false if nobody answers, however often it is asked */
static bool ask(int fd, const struct dp_addr *to, unsigned int change,
		struct answer *answer)
{
	uint8_t id[STUN_ID_LEN], buf[64];
	uint64_t rto = RTO, begin;
	unsigned int i;
	size_t n;

	if (RAND_bytes(id, sizeof(id)) != 1)
		return false;
	n = make_request(buf, sizeof(buf), id, change);
	for (i = 0; i < TRIES; i++, rto *= 2) {
		begin = probe_now();
		/* an ICMP error of the one before is told here, and means nothing */
		if (!send_to(fd, to, buf, n))
			send_to(fd, to, buf, n);
		if (wait_for(fd, id, begin + rto, answer)) {
			answer->us = probe_now() - begin;
			return true;
		}
	}
	return false;
}

/* -------------------------------------------------------------- RFC 5780 section 4 */

/* 4.4, before anything is sent to its other address */
static void find_filtering(struct seen *s)
{
	struct answer answer;

	if (ask(s->fd, &s->server, CHANGE_ADDRESS | CHANGE_PORT, &answer))
		s->filtering = DEPENDS_NOTHING;
	else if (ask(s->fd, &s->server, CHANGE_PORT, &answer))
		s->filtering = DEPENDS_ADDRESS;
	else
		s->filtering = DEPENDS_PORT;
}

/* 4.3 */
static void find_mapping(struct seen *s)
{
	struct dp_addr to = s->other;
	struct answer other, both;

	to.port = s->server.port;
	if (!ask(s->fd, &to, 0, &other))
		return;
	if (dp_addr_eq(&other.mapped, &s->mapped))
		s->mapping = DEPENDS_NOTHING;
	else if (ask(s->fd, &s->other, 0, &both))
		s->mapping = dp_addr_eq(&other.mapped, &both.mapped) ?
			     DEPENDS_ADDRESS : DEPENDS_PORT;
}

/* another server, of whom we only know that it sees the same socket */
static void ask_second(struct seen *s)
{
	struct answer answer;

	if (!ask(s->fd, &s->second, 0, &answer))
		return;
	if (dp_addr_eq(&answer.mapped, &s->mapped))
		s->mapping = DEPENDS_NOTHING;
	else
		s->mapping = DEPENDS_ADDRESS;
}

/* 4.5: from another socket to the address that the first one has outside */
static void find_hairpin(struct seen *s)
{
	int fd = probe_socket(s->server.family);
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	uint8_t id[STUN_ID_LEN], buf[64], in[DATAGRAM];
	struct stun_msg m;
	uint64_t until;
	ssize_t len;
	size_t n;
	int i;

	if (fd < 0 || RAND_bytes(id, sizeof(id)) != 1)
		goto out;
	s->hairpin_known = true;
	n = make_request(buf, sizeof(buf), id, 0);
	for (i = 0; i < 3 && !s->hairpin; i++) {
		send_to(fd, &s->mapped, buf, n);
		until = probe_now() + RTO;
		while (!s->hairpin && probe_now() < until) {
			poll(&pfd, 1, RTO / 1000);
			len = recv(s->fd, in, sizeof(in), MSG_DONTWAIT);
			s->hairpin = len > 0 && stun_parse(in, (size_t)len, &m) &&
				     m.class == STUN_REQUEST &&
				     !memcmp(m.id, id, STUN_ID_LEN);
		}
	}
out:
	if (fd >= 0)
		close(fd);
}

static bool is_nat(const struct seen *s)
{
	return !dp_addr_eq(&s->mapped, &s->local);
}

static int find_all(struct seen *s)
{
	char text[DP_ADDR_STRLEN];
	struct answer first;

	if (!ask(s->fd, &s->server, 0, &first))
		return cli_refused(s->args->cli,
				   "stun: %s does not answer: expected a STUN server, and firewalls that let UDP out to it and back",
				   dp_addr_str(&s->server, text, sizeof(text)));
	s->mapped = first.mapped;
	s->rtt = first.us;
	if (first.other.family == s->server.family && first.other.port &&
	    !dp_addr_same_host(&first.other, &s->server)) {
		s->other = first.other;
		find_filtering(s);
		find_mapping(s);
	}
	if (s->second.family && s->mapping == DEPENDS_UNKNOWN)
		ask_second(s);
	if (is_nat(s))
		find_hairpin(s);
	return CLI_OK;
}

/* ------------------------------------------------------------------ what is said */

static bool is_bad(const struct seen *s)
{
	return s->mapped.port != s->local.port || s->mapping > DEPENDS_NOTHING;
}

static void say_json(const struct seen *s)
{
	json_t *o = json_object();

	out_some_addr(o, "server", &s->server);
	out_some_addr(o, "local", &s->local);
	out_some_addr(o, "seen", &s->mapped);
	out_uint(o, "rtt_us", s->rtt);
	json_object_set_new(o, "nat", json_boolean(is_nat(s)));
	json_object_set_new(o, "port_kept",
			    json_boolean(s->mapped.port == s->local.port));
	out_str(o, "mapping", depends_words[s->mapping]);
	out_str(o, "filtering", depends_words[s->filtering]);
	json_object_set_new(o, "hairpin", s->hairpin_known ?
			    json_boolean(s->hairpin) : json_null());
	out_json(o);
}

static void say_mapping(const struct seen *s)
{
	switch (s->mapping) {
	case DEPENDS_NOTHING:
		puts("The port is the same for all destinations (endpoint-independent mapping).");
		break;
	case DEPENDS_UNKNOWN:
		puts("Whether the port is the same for all destinations this server cannot tell: name another one (other HOST).");
		break;
	default:
		printf("Each destination gets another port (%s mapping, \"symmetric\"): an address that STUN tells is of no use to others.\n",
		       depends_words[s->mapping]);
	}
}

static void say_filtering(const struct seen *s)
{
	switch (s->filtering) {
	case DEPENDS_NOTHING:
		puts("Anybody may send to that port (endpoint-independent filtering).");
		break;
	case DEPENDS_ADDRESS:
		puts("Only addresses that were sent to may send to that port (address-dependent filtering).");
		break;
	case DEPENDS_PORT:
		puts("Only addresses and ports that were sent to may send to that port (address-and-port-dependent filtering).");
		break;
	case DEPENDS_UNKNOWN:
		puts("Who may send to that port this server cannot tell: that takes one with two addresses (RFC 5780).");
		break;
	}
}

static void say_text(const struct seen *s)
{
	char local[DP_ADDR_STRLEN], mapped[DP_ADDR_STRLEN], server[DP_ADDR_STRLEN];

	printf("%s is seen as %s by %s, in %u.%u ms.\n",
	       dp_addr_str(&s->local, local, sizeof(local)),
	       dp_addr_str(&s->mapped, mapped, sizeof(mapped)),
	       dp_addr_str(&s->server, server, sizeof(server)),
	       (unsigned int)(s->rtt / 1000), (unsigned int)(s->rtt / 100 % 10));
	if (!is_nat(s))
		puts("There is no NAT on the way.");
	else if (s->mapped.port == s->local.port)
		puts("There is a NAT on the way; it keeps the port.");
	else
		puts("There is a NAT on the way; it changes the port: media ports have to stay as they are.");
	if (is_nat(s) || s->mapping > DEPENDS_NOTHING)
		say_mapping(s);
	say_filtering(s);
	if (s->hairpin_known)
		puts(s->hairpin ? "We reach ourselves by the address outside (hairpinning)." :
				  "We do not reach ourselves by the address outside (no hairpinning).");
}

/* ------------------------------------------------------------------------- words */

/* "A", "A:P", "[A]:P", "NAME", "NAME:P" */
static int look_up(const struct args *args, const char *text, int family,
		   struct dp_addr *addr)
{
	const struct addrinfo hints = { .ai_family = family,
					.ai_socktype = SOCK_DGRAM };
	struct span rest = span_of(text), name;
	struct addrinfo *list;
	uint32_t port = PORT;
	char host[256];
	int ret;

	if (dp_addr_parse(text, addr))
		return CLI_OK;
	if (dp_addr_parse_host(text, addr)) {
		addr->port = PORT;
		return CLI_OK;
	}
	name = span_cut(&rest, ':');
	if ((rest.p && (!span_u32(rest, &port) || !port || port > 65535)) ||
	    !name.n || name.n >= sizeof(host))
		return cli_usage(args->cli,
				 "stun '%s': expected the name or address of a STUN server, and a port if it is not 3478",
				 text);
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	ret = getaddrinfo(host, NULL, &hints, &list);
	if (ret)
		return cli_refused(args->cli, "stun: '%s' has no address: %s",
				   host, gai_strerror(ret));
	dp_addr_from_sockaddr(addr, list->ai_addr, list->ai_addrlen);
	addr->port = (uint16_t)port;
	freeaddrinfo(list);
	return CLI_OK;
}

static int read_words(struct args *args, struct seen *s)
{
	const char *host = args_next(args), *word, *value, *other = NULL;
	int ret;

	if (!host)
		return cli_usage(args->cli,
				 "stun '': expected the name or address of a STUN server");
	while ((word = args_next(args))) {
		if (strcmp(word, "from") && strcmp(word, "other"))
			return cli_usage(args->cli,
					 "stun: '%s' is no word of it: expected from or other",
					 word);
		value = args_next(args);
		if (!strcmp(word, "other")) {
			if (!value || other)
				return cli_usage(args->cli,
						 "stun: expected other HOST[:PORT], once");
			other = value;
		} else if (!value || s->local.family ||
			   (!dp_addr_parse(value, &s->local) &&
			    !dp_addr_parse_host(value, &s->local))) {
			return cli_usage(args->cli,
					 "stun: from '%s': expected an address of ours, with a port or without, once",
					 value ? value : "");
		}
	}
	ret = look_up(args, host, s->local.family, &s->server);
	if (!ret && other)
		ret = look_up(args, other, s->server.family, &s->second);
	if (!ret && ((s->local.family && s->local.family != s->server.family) ||
		     (other && s->second.family != s->server.family)))
		ret = cli_usage(args->cli,
				"stun: addresses of both IPv4 and IPv6: expected those of one");
	return ret;
}

/* bound to what was said; then where packets to the server leave from */
static int open_socket(struct seen *s)
{
	char text[DP_ADDR_STRLEN];
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	s->fd = probe_socket(s->server.family);
	len = dp_addr_to_sockaddr(&s->local, &ss);
	if (s->fd < 0 || (s->local.family && bind(s->fd, (struct sockaddr *)&ss, len)))
		return cli_refused(s->args->cli, "stun: no socket at %s: %m",
				   s->local.family ? dp_addr_str(&s->local, text, sizeof(text)) :
						     "any address");
	/* connected, only to find out; the one that asks hears everybody */
	fd = probe_socket(s->server.family);
	len = dp_addr_to_sockaddr(&s->server, &ss);
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len)) {
		if (fd >= 0)
			close(fd);
		return cli_refused(s->args->cli, "stun: there is no way to %s: %m",
				   dp_addr_str(&s->server, text, sizeof(text)));
	}
	if (!s->local.family) {
		len = sizeof(ss);
		getsockname(fd, (struct sockaddr *)&ss, &len);
		dp_addr_from_sockaddr(&s->local, (struct sockaddr *)&ss, len);
		s->local.port = 0;
		len = dp_addr_to_sockaddr(&s->local, &ss);
		if (bind(s->fd, (struct sockaddr *)&ss, len)) {
			close(fd);
			return cli_refused(s->args->cli, "stun: no socket: %m");
		}
	}
	close(fd);
	len = sizeof(ss);
	getsockname(s->fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(&s->local, (struct sockaddr *)&ss, len);
	return CLI_OK;
}

int cmd_stun(struct args *args)
{
	struct seen s = { .args = args, .fd = -1 };
	int ret = read_words(args, &s);

	if (!ret)
		ret = open_socket(&s);
	if (!ret)
		ret = find_all(&s);
	if (s.fd >= 0)
		close(s.fd);
	if (ret)
		return ret;
	if (args->cli->json)
		say_json(&s);
	else
		say_text(&s);
	return is_bad(&s) ? CLI_REFUSED : CLI_OK;
}
