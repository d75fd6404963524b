// SPDX-License-Identifier: GPL-2.0
/* Copies of what arrives on a leg. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "kmod/dscp.h"
#include "legconf.h"
#include "legcopy.h"
#include "uring.h"

/**
 * struct copy - an output
 * @told: addresses, what is copied, and what was sent
 * @to: where to
 * @tolen: bytes of @to
 * @fd: the socket that it is sent from
 */
struct copy {
	struct dp_copy told;
	struct sockaddr_storage to;
	socklen_t tolen;
	int fd;
};

/**
 * struct copies - the outputs of a leg
 * @n: how many
 * @copy: the outputs
 */
struct copies {
	unsigned int n;
	struct copy copy[];
};

/* --- judging --- */

static bool is_link_local(const struct dp_addr *addr)
{
	return addr->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->v6);
}

static int check_one(const struct dp_leg *conf, const struct dp_copy *c,
		     struct dp_err *err)
{
	struct dp_leg other = { .local = c->from };
	const char *why = NULL;
	int ret;

	/* copies may be of another family than the leg */
	ret = legconf_check_ep(&other, " copy", &c->from, err);
	if (!ret && c->to.family != c->from.family)
		return legconf_refuse(&conf->local, " copy", EINVAL,
				      "a copy's addresses are of one family", err);
	if (!ret)
		ret = legconf_check_ep(&other, " copy", &c->to, err);
	if (ret)
		return ret;
	if (c->from.rtcp || c->to.rtcp || c->from.line || c->to.line || c->from.call || c->to.call)
		why = "only a leg's local address is that of RTCP alone";
	else if (is_link_local(&c->from) || is_link_local(&c->to))
		why = "a copy goes by no link-local address";
	else if (dp_addr_eq(&c->to, &conf->local))
		why = "a leg's copies cannot go to itself";
	else if (c->only > RTPLANE_ONLY_MAX)
		why = "integer out of range";
	return why ? legconf_refuse(&conf->local, " copy", EINVAL, why, err) : 0;
}

int legcopy_check(const struct dp_leg *conf, struct dp_err *err)
{
	unsigned int i;
	int ret = 0;

	if (!(conf->set & DP_LEG_COPIES))
		return 0;
	if (conf->n_copies > RTPLANE_COPIES_MAX)
		return legconf_refuse(&conf->local, " copy", EINVAL,
				      "a leg has at most 8 copies", err);
	for (i = 0; !ret && i < conf->n_copies; i++)
		ret = check_one(conf, &conf->copies[i], err);
	return ret;
}

/* --- sockets --- */

/* another output that is sent from there */
static int find_in(const struct copies *all, const struct dp_addr *from)
{
	unsigned int i;

	for (i = 0; all && i < all->n; i++)
		if (all->copy[i].fd >= 0 &&
		    dp_addr_eq(&all->copy[i].told.from, from))
			return all->copy[i].fd;
	return -1;
}

static int find_socket(struct uring *u, const struct copies *all,
		       const struct dp_addr *from)
{
	const struct media_sock *sock = media_find(u->media, from);
	const struct leg *leg;
	int fd = sock ? sock->fd : find_in(all, from);

	for (leg = u->first; fd < 0 && leg; leg = leg->next)
		fd = find_in(leg->copies, from);
	return fd;
}

static int open_own(const struct dp_addr *from)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(from, &ss);
	int one = 1, fd, error;

	fd = socket(from->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (from->family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* one of its own: whoever has the other may close it */
static int open_socket(struct uring *u, const struct copies *all,
		       const struct dp_addr *from)
{
	int fd = find_socket(u, all, from);

	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : open_own(from);
}

int legcopy_prepare(struct copies **copies, struct uring *u,
		    const struct dp_leg *conf, struct dp_err *err)
{
	struct copies *all;
	struct copy *c;
	unsigned int i;

	if (!(conf->set & DP_LEG_COPIES) || !conf->n_copies)
		return 0;
	all = calloc(1, sizeof(*all) + conf->n_copies * sizeof(all->copy[0]));
	if (!all)
		return dp_fail(err, ENOMEM, "no memory for copies");
	*copies = all;
	for (i = 0; i < conf->n_copies; i++) {
		c = &all->copy[i];
		c->told.from = conf->copies[i].from;
		c->told.to = conf->copies[i].to;
		c->told.only = conf->copies[i].only;
		c->tolen = dp_addr_to_sockaddr(&c->told.to, &c->to);
		c->fd = open_socket(u, all, &c->told.from);
		if (c->fd < 0)
			return legconf_refuse(&c->told.from, " copy", errno,
					      strerror(errno), err);
		all->n++;
	}
	return 0;
}

void legcopy_end(struct copies *copies)
{
	unsigned int i;

	for (i = 0; copies && i < copies->n; i++)
		close(copies->copy[i].fd);
	free(copies);
}

static bool is_same(const struct dp_copy *a, const struct dp_copy *b)
{
	return a->only == b->only && dp_addr_eq(&a->from, &b->from) &&
	       dp_addr_eq(&a->to, &b->to);
}

void legcopy_commit(struct leg *leg, const struct dp_leg *conf,
		    struct copies **copies)
{
	struct copies *old = leg->copies, *all = *copies;
	unsigned int i, k;

	if (!(conf->set & DP_LEG_COPIES))
		return;
	for (i = 0; all && old && i < all->n; i++)
		for (k = 0; k < old->n; k++)
			if (is_same(&all->copy[i].told, &old->copy[k].told))
				all->copy[i].told = old->copy[k].told;
	leg->copies = all;
	*copies = old;
}

/* --- a packet --- */

static bool is_wanted(const struct copy *c, uint8_t kind)
{
	return !c->told.only ||
	       kind == (c->told.only == RTPLANE_ONLY_RTP ? RTPLANE_KIND_RTP :
							   RTPLANE_KIND_RTCP);
}

static bool send_one(const struct copy *c, const struct rx *rx, uint8_t tos)
{
	bool v6 = c->told.to.family == AF_INET6;
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = { .iov_base = rx->data, .iov_len = rx->len };
	struct msghdr msg = {
		.msg_name = (void *)(uintptr_t)&c->to,
		.msg_namelen = c->tolen,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int value = tos;

	control.hdr.cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control.hdr.cmsg_type = v6 ? IPV6_TCLASS : IP_TOS;
	control.hdr.cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(&control.hdr), &value, sizeof(value));
	return sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void legcopy_send(struct leg *leg, const struct rx *rx, uint8_t kind)
{
	const struct leg *peer = leg->peer;
	uint8_t tos = rtplane_dscp_tos(peer->dscp_mode, peer->dscp,
				       peer->dscp_map, rx->tos);
	struct copy *c;
	unsigned int i;

	for (i = 0; i < leg->copies->n; i++) {
		c = &leg->copies->copy[i];
		if (!is_wanted(c, kind))
			continue;
		if (!send_one(c, rx, tos)) {
			c->told.dropped++;
			continue;
		}
		c->told.packets++;
		c->told.bytes += rx->len + 8 +
				 (c->told.to.family == AF_INET6 ? 40 : 20);
	}
}

bool legcopy_tell(const struct leg *leg, struct dp_leg *conf,
		  struct dp_sources *sources)
{
	struct dp_copy *told;
	unsigned int i;

	if (!leg->copies)
		return true;
	told = dp_copies_take(sources, leg->copies->n);
	if (!told)
		return false;
	for (i = 0; i < leg->copies->n; i++)
		told[i] = leg->copies->copy[i].told;
	conf->copies = told;
	conf->n_copies = leg->copies->n;
	conf->set |= DP_LEG_COPIES;
	return true;
}
