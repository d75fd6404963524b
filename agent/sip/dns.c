// SPDX-License-Identifier: GPL-2.0
/* c-ares on the loop. */
#include "dns.h"

void sip_dns_arm(struct sip_dns *dns)
{
	struct timeval tv, *next = ares_timeout(dns->channel, NULL, &tv);

	if (next)
		timer_set(loop_timers(dns->loop), &dns->timer,
			  (uint64_t)next->tv_sec * 1000 +
			  (uint64_t)next->tv_usec / 1000 + 1);
	else
		timer_cancel(&dns->timer);
}

static void on_time(struct timer *timer, void *arg)
{
	struct sip_dns *dns = arg;

	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	sip_dns_arm(dns);
}

static void on_socket(unsigned int events, void *arg)
{
	struct sip_dns_socket *s = arg;
	struct sip_dns *dns = s->dns;
	ares_socket_t fd = s->fd;

	ares_process_fd(dns->channel,
			events & LOOP_READ ? fd : ARES_SOCKET_BAD,
			events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	sip_dns_arm(dns);
}

/* c-ares says what it wants of a socket; neither: it is about to be closed */
static void want(void *arg, ares_socket_t fd, int readable, int writable)
{
	unsigned int events = (readable ? LOOP_READ : 0) |
			      (writable ? LOOP_WRITE : 0);
	struct sip_dns *dns = arg;
	struct sip_dns_socket *s, *end = dns->socket + SIP_DNS_SOCKETS_MAX;
	struct sip_dns_socket *place = NULL;

	for (s = dns->socket; s < end; s++) {
		if (s->watch && s->fd == fd)
			break;
		if (!s->watch && !place)
			place = s;
	}
	if (s < end) {
		if (events) {
			loop_fd_set(s->watch, events);
			return;
		}
		loop_fd_free(s->watch);
		s->watch = NULL;
		return;
	}
	/* without a place it runs into its time-out */
	if (!place || !events)
		return;
	place->fd = fd;
	place->dns = dns;
	place->watch = loop_fd_new(dns->loop, fd, events, on_socket, place);
}

void sip_dns_init(struct sip_dns *dns, struct loop *loop)
{
	*dns = (struct sip_dns){ .loop = loop };
	timer_init(&dns->timer, on_time, dns);
}

bool sip_dns_open(struct sip_dns *dns, const char *servers, int timeout, int tries)
{
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH,
		.timeout = timeout,
		.tries = tries,
		.sock_state_cb = want,
		.sock_state_cb_data = dns,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_SOCK_STATE_CB;

	if (ares_init_options(&dns->channel, &options, mask) != ARES_SUCCESS) {
		dns->channel = NULL;
		return false;
	}
	return !servers ||
	       ares_set_servers_ports_csv(dns->channel, servers) == ARES_SUCCESS;
}

void sip_dns_close(struct sip_dns *dns)
{
	if (dns->channel)
		ares_destroy(dns->channel);
	dns->channel = NULL;
	timer_cancel(&dns->timer);
}
