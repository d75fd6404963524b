/* SPDX-License-Identifier: GPL-2.0 */
/* Parties of sessions that are agents (ice/) on sockets. */
#ifndef UNIT_SESSION_ICE_LIB_H
#define UNIT_SESSION_ICE_LIB_H

#include <poll.h>

#include "session_net.h"

/**
 * struct phone - a party with ICE
 * @ice: its agent, of one stream with two components
 * @fd: its sockets, by component - 1
 * @addr: their addresses, as it thinks
 * @seen: and as others see them
 * @got: STUN messages that came
 * @path: components with a way, as a set
 */
struct phone {
	struct ice *ice;
	int fd[2];
	struct dp_addr addr[2];
	struct dp_addr seen[2];
	unsigned int got;
	unsigned int path;
};

/* ms that have passed without anybody's waiting */
static uint64_t passed;
static struct phone phones[PHONES];
static unsigned int n_phones;

static inline void on_send(void *arg, void *socket, const struct dp_addr *to,
			   const void *data, size_t n)
{
	(void)arg;
	phone_send(*(int *)socket, to, data, n);
}

static inline void phone_event(void *arg, unsigned int stream, unsigned int component,
			       enum ice_event event, const struct ice_path *path)
{
	struct phone *p = arg;

	(void)stream;
	(void)path;
	if (event == ICE_PATH)
		p->path |= 1u << component;
	else
		p->path &= ~(1u << component);
}

static const struct ice_ops phone_ops = { .send = on_send, .event = phone_event };

/* its NAT gives it other ports */
static inline void rebind(struct phone *p)
{
	unsigned int i;
	int old;

	for (i = 0; i < 2; i++) {
		old = p->fd[i];
		p->fd[i] = phone_socket("127.0.0.99", &p->seen[i]);
		close(old);
	}
}

/* an agent on its sockets, in the place of the one before */
static inline void equip(struct phone *p, bool controlling)
{
	const struct ice_conf ice_conf = {
		.controlling = controlling, .consent = 300,
	};
	struct ice_local local;
	unsigned int i;

	ice_free(p->ice);
	p->path = 0;
	p->ice = ice_new(&timers, &ice_conf, &phone_ops, p);
	ice_add_stream(p->ice, 2);
	for (i = 0; i < 2; i++) {
		local = (struct ice_local){
			.component = (uint16_t)(i + 1), .addr = p->addr[i],
			.base = p->addr[i], .socket = &p->fd[i],
		};
		ice_add_local(p->ice, 0, &local);
	}
}

static inline struct phone *phone(const char *host, bool controlling)
{
	struct phone *p = &phones[n_phones++];
	unsigned int i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < 2; i++) {
		p->fd[i] = phone_socket(host, &p->seen[i]);
		p->addr[i] = p->seen[i];
	}
	equip(p, controlling);
	return p;
}

static inline void hang_up(void)
{
	while (n_phones) {
		n_phones--;
		ice_free(phones[n_phones].ice);
		close(phones[n_phones].fd[0]);
		close(phones[n_phones].fd[1]);
	}
}

/* what a phone says: its RTP port, its RTCP port, its candidates */
static inline const char *says(const struct phone *p, bool candidates)
{
	static char buf[4][2048];
	static unsigned int i;
	char *to = buf[i++ % 4], host[DP_ADDR_STRLEN];
	struct dp_addr a = p->addr[0];
	int n;

	a.port = 0;
	dp_addr_str(&a, host, sizeof(host));
	n = snprintf(to, sizeof(buf[0]),
		     "v=0\r\no=x 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		     "m=audio %u RTP/AVP 0\r\na=rtcp:%u\r\n", host, host,
		     candidates ? p->addr[0].port : 9, p->addr[1].port);
	put_ice(to + n, sizeof(buf[0]) - (size_t)n, p->ice,
		candidates ? &p->addr[0] : NULL, &p->addr[1]);
	return to;
}

/* a phone has got a description; @pwd: it thinks that this is our password */
static inline bool hears(struct phone *p, const char *what, const char *pwd)
{
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc = sdp_desc_parse(span_of(what), NULL, why);
	bool ok = desc && hear_ice(p->ice, desc, pwd);

	sdp_desc_free(desc);
	return ok;
}

static inline void receive(struct phone *p, unsigned int i)
{
	struct dp_addr from;
	uint8_t data[2048];
	ssize_t n = phone_receive(p->fd[i], &from, data, sizeof(data));

	if (n < 0)
		return;
	p->got++;
	ice_receive(p->ice, 0, i + 1, &p->addr[i], &from, data, (size_t)n);
}

static inline void turn(void)
{
	struct pollfd fds[2 * PHONES + 1];
	uint64_t wait = timers_next(&timers);
	unsigned int i;

	for (i = 0; i < 2 * n_phones; i++)
		fds[i] = (struct pollfd){ phones[i / 2].fd[i % 2], POLLIN, 0 };
	fds[i] = (struct pollfd){ media_fd(media), POLLIN, 0 };
	poll(fds, i + 1, wait > 50 ? 50 : (int)wait);
	timers_advance(&timers, now_ms() + passed);
	for (i = 0; i < 2 * n_phones; i++)
		if (fds[i].revents)
			receive(&phones[i / 2], i % 2);
	media_dispatch(media);
	timers_run(&timers, now_ms() + passed);
}

static inline bool done(void)
{
	hang_up();
	return finish();
}

static inline void start(enum session_ice access, enum session_ice core)
{
	hang_up();
	prepare();
	passed = 0;
	timers_init(&timers, now_ms());
	access_policy->ice = access;
	core_policy->ice = core;
	begin_session();
}

#endif /* UNIT_SESSION_ICE_LIB_H */
