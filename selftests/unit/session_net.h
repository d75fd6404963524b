/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions whose parties are on sockets: time, and what of it is the same whatever the
 * parties speak. A program has a turn(), in which it waits for a while and does what
 * there is to do.
 */
#ifndef UNIT_SESSION_NET_H
#define UNIT_SESSION_NET_H

#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ice/ice.h"
#include "sdp/ice.h"
#include "session_lib.h"

#define PHONES	4
/* ms that something may take, on whatever machine */
#define LIMIT	60000

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#define AWAIT(cond)							\
	do {								\
		uint64_t until = now_ms() + LIMIT;			\
									\
		while (!(cond) && now_ms() < until)			\
			turn();						\
		KTAP_CHECK(cond);					\
	} while (0)

/* --- phones --- */

/* a socket on a port of that host; @addr: it is told which */
static inline int phone_socket(const char *host, struct dp_addr *addr)
{
	struct dp_addr a = at(host);
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&a, &ss);
	int fd = socket(a.family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (bind(fd, (struct sockaddr *)&ss, len))
		abort();
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	dp_addr_from_sockaddr(addr, (struct sockaddr *)&ss, len);
	return fd;
}

static inline void phone_send(int fd, const struct dp_addr *to, const void *data,
			      size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(to, &ss);

	sendto(fd, data, n, 0, (struct sockaddr *)&ss, len);
}

/* a datagram, and who it is of; < 0: there is none */
static inline ssize_t phone_receive(int fd, struct dp_addr *from, uint8_t *data,
				    size_t room)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	ssize_t n = recvfrom(fd, data, room, 0, (struct sockaddr *)&ss, &len);

	return n >= 0 && dp_addr_from_sockaddr(from, (struct sockaddr *)&ss, len) ? n : -1;
}

/* what a phone says of its ICE; @rtp: NULL: no candidates */
static inline int put_ice(char *to, size_t room, struct ice *ice,
			  const struct dp_addr *rtp, const struct dp_addr *rtcp)
{
	int n = snprintf(to, room, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n",
			 ice_ufrag(ice, 0), ice_pwd(ice, 0));
	char host[DP_ADDR_STRLEN];
	struct dp_addr a;

	if (!rtp)
		return n;
	a = *rtp;
	a.port = 0;
	dp_addr_str(&a, host, sizeof(host));
	return n + snprintf(to + n, room - (size_t)n,
			    "a=candidate:1 1 udp 2130706431 %s %u typ host\r\n"
			    "a=candidate:1 2 udp 2130706430 %s %u typ host\r\n",
			    host, rtp->port, host, rtcp->port);
}

/* a phone's ICE gets a description; @pwd: it thinks that this is our password */
static inline bool hear_ice(struct ice *to, const struct sdp_desc *desc, const char *pwd)
{
	struct sdp_ice ice = { .n = 0 };
	size_t i;

	sdp_ice_read(desc, &desc->media[0], &ice);
	if (!ice.ufrag.p || !ice.n ||
	    !ice_set_remote(to, 0, ice.ufrag, pwd ? span_of(pwd) : ice.pwd, ice.lite))
		return false;
	if (ice.lite)
		ice_set_role(to, true);
	for (i = 0; i < ice.n; i++)
		ice_add_remote(to, 0, &ice.candidate[i]);
	return true;
}

/* --- what the datapath has, and what people are told --- */

/* the leg of a port of ours, as the text says it */
static inline struct fake_leg *leg_in(struct fake *f, const char *host, int port)
{
	struct dp_addr a = at(host);

	a.port = (uint16_t)port;
	return fake_find(f, &a);
}

static inline struct fake_leg *leg_of(const char *host, int port)
{
	return leg_in(&kernel, host, port);
}

static inline char *value_of(const char *attr)
{
	static char buf[4][128];
	static unsigned int i;
	char *to = buf[i++ % 4];
	const char *p = text ? strstr(text, attr) : NULL;

	*to = '\0';
	if (p)
		sscanf(p + strlen(attr), "%127s", to);
	return to;
}

/**
 * struct because - what people are told of RTP
 * @verdict: in which verdict
 * @text: why; empty: nothing
 */
struct because {
	enum session_verdict verdict;
	char text[1024];
};

static inline void on_verdict(enum session_verdict verdict,
			      const struct session_leg_report *of, const char *what,
			      void *arg)
{
	struct because *because = arg;

	if (verdict == because->verdict && of->component == 1)
		snprintf(because->text, sizeof(because->text), "%s", what);
}

/* that verdict says so; @what: NULL: there is none. @loud: what it is, if not */
static inline bool says_why(enum session_verdict verdict, const char *what, bool loud)
{
	struct session_report *report = session_report(session);
	struct because because = { .verdict = verdict };
	bool ok;

	session_why(report, on_verdict, &because);
	session_report_free(report);
	ok = what ? !!strstr(because.text, what) : !*because.text;
	if (!ok && loud)
		printf("# told: %s\n", because.text);
	return ok;
}

/* of who only answers checks, as we do, nothing is to prove where he is (RFC 8445 8.1.2) */
static inline const char *as_lite(const char *what)
{
	static char lite[2048];

	snprintf(lite, sizeof(lite), "%.*sa=ice-lite\r\n%s",
		 (int)(strstr(what, "m=audio") - what), what, strstr(what, "m=audio"));
	return lite;
}

static inline const char *with_mid(const char *sdp)
{
	static char more[4096];

	snprintf(more, sizeof(more), "%sa=mid:1\r\n", sdp);
	return more;
}

#endif /* UNIT_SESSION_NET_H */
