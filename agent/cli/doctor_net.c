// SPDX-License-Identifier: GPL-2.0
/* Addresses and devices of this host, the ways out of it, and who filters by these. */
#include <netinet/in.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

#define DEVICES_MAX	64

/**
 * struct seen - what has been looked at
 * @d: the run
 * @names: devices that have addresses of ours
 * @n: how many
 * @crossed: an address's packets leave by another device than that which has it
 */
struct seen {
	struct doctor *d;
	char names[DEVICES_MAX][IF_NAMESIZE];
	unsigned int n;
	bool crossed;
};

static const char *opening_text(const json_t *opening, const char *key)
{
	const char *text = json_string_value(json_object_get(opening, key));

	return text ? text : "";
}

/* the device of this host that has an address, and whether it is up; NULL */
static const struct ifaddrs *device_of(const struct doctor *d, const struct dp_addr *addr)
{
	const struct ifaddrs *i;
	struct dp_addr has;

	for (i = d->addrs; i; i = i->ifa_next)
		if (i->ifa_addr &&
		    dp_addr_from_sockaddr(&has, i->ifa_addr, sizeof(struct sockaddr_in6)) &&
		    dp_addr_same_host(&has, addr))
			return i;
	return NULL;
}

/* ------------------------------------------------------------------------- the way */

static int on_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;
	uint32_t *index = arg;

	mnl_attr_for_each(attr, nlh, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			*index = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const struct dp_addr *addr)
{
	mnl_attr_put(nlh, type, addr->family == AF_INET ? 4 : 16, &addr->v6);
}

/* the device that packets from @from to @to leave by; 0: there is no way */
static uint32_t way(const struct dp_addr *from, const struct dp_addr *to)
{
	char buf[4096] __attribute__((aligned(8)));
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	uint32_t index = 0;
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;
	ssize_t n;

	if (!nl)
		return 0;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = 1;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = (unsigned char)from->family;
	rtm->rtm_dst_len = from->family == AF_INET ? 32 : 128;
	rtm->rtm_src_len = rtm->rtm_dst_len;
	put_addr(nlh, RTA_DST, to);
	put_addr(nlh, RTA_SRC, from);
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n > 0)
			mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl),
				   on_route, &index);
	}
	mnl_socket_close(nl);
	return index;
}

/* out to the world: one of the root name servers, to whom nothing is sent */
static void check_way(struct seen *seen, const struct dp_addr *addr, const char *device)
{
	char text[DP_ADDR_STRLEN], name[IF_NAMESIZE], remedy[256];
	struct dp_addr far;
	uint32_t index;

	dp_addr_parse_host(addr->family == AF_INET ? "198.41.0.4" : "2001:503:ba3e::2:30",
			   &far);
	index = way(addr, &far);
	dp_addr_str(addr, text, sizeof(text));
	if (!index || index == if_nametoindex(device)) {
		doctor_say(seen->d, "route", VERDICT_FINE, NULL, index ?
			   "packets from %s leave by %s" :
			   "packets from %s have no way out to the world, where there may be none: it is at %s",
			   text, device);
		return;
	}
	if (!if_indextoname(index, name))
		snprintf(name, sizeof(name), "#%u", index);
	snprintf(remedy, sizeof(remedy), "a table of its own: ip route add default via GATEWAY dev %s table 100; ip rule add from %s table 100",
		 device, text);
	seen->crossed = true;
	doctor_say(seen->d, "route", VERDICT_WARNING, remedy,
		   "packets from %s leave by %s, and come in by %s: who checks that they come from where they should drops one or the other",
		   text, name, device);
}

/* ----------------------------------------------------------------- addresses, devices */

static void remember(struct seen *seen, const char *device)
{
	unsigned int i;

	for (i = 0; i < seen->n; i++)
		if (!strcmp(seen->names[i], device))
			return;
	if (seen->n < DEVICES_MAX)
		snprintf(seen->names[seen->n++], IF_NAMESIZE, "%s", device);
}

static void check_address(struct seen *seen, const struct dp_addr *addr)
{
	const struct ifaddrs *at = device_of(seen->d, addr);
	char text[DP_ADDR_STRLEN], remedy[144];

	dp_addr_str(addr, text, sizeof(text));
	if (!at) {
		snprintf(remedy, sizeof(remedy), "ip addr add %s/PREFIX dev DEVICE, or another address in the configuration",
			 text);
		doctor_say(seen->d, "address", VERDICT_FAULT, remedy,
			   "no device of this network namespace has %s", text);
		return;
	}
	if (!(at->ifa_flags & IFF_UP) || !(at->ifa_flags & IFF_RUNNING)) {
		snprintf(remedy, sizeof(remedy), "ip link set %s up, and see to its cable",
			 at->ifa_name);
		doctor_say(seen->d, "address", VERDICT_FAULT, remedy,
			   "%s is at %s, which is down", text, at->ifa_name);
		return;
	}
	doctor_say(seen->d, "address", VERDICT_FINE, NULL, "%s is at %s", text,
		   at->ifa_name);
	/* an address of this host alone has no way out, and needs none */
	if (at->ifa_flags & IFF_LOOPBACK)
		return;
	remember(seen, at->ifa_name);
	check_way(seen, addr, at->ifa_name);
}

/* each once, and none that is every address */
static void check_addresses(struct seen *seen)
{
	const json_t *openings = seen->d->openings;
	const char *text;
	struct dp_addr addr;
	size_t i, j;

	for (i = 0; i < json_array_size(openings); i++) {
		text = opening_text(json_array_get(openings, i), "address");
		for (j = 0; j < i; j++)
			if (!strcmp(opening_text(json_array_get(openings, j), "address"),
				    text))
				break;
		if (j == i && dp_addr_parse_host(text, &addr) && !dp_addr_is_any(&addr))
			check_address(seen, &addr);
	}
}

/* is that, or one that is a part of it (of a bond, a bridge), enrolled? */
static bool is_enrolled(const struct dp_dev *devs, size_t n, const char *name)
{
	char path[64 + IF_NAMESIZE], master[PATH_MAX];
	ssize_t len;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(devs[i].name, name))
			return true;
		snprintf(path, sizeof(path), "/sys/class/net/%s/master", devs[i].name);
		len = readlink(path, master, sizeof(master) - 1);
		master[len > 0 ? len : 0] = '\0';
		if (strrchr(master, '/') && !strcmp(strrchr(master, '/') + 1, name))
			return true;
	}
	return false;
}

/* whoever comes by a device that is not enrolled, the module does not see */
static void check_enrolled(struct seen *seen)
{
	struct dp_dev *devs = NULL;
	struct genl *genl = NULL;
	struct dp_err err = {};
	char remedy[128];
	unsigned int i;
	size_t n;
	bool is;

	if (!doctor_has_module(seen->d))
		return;
	if (genl_open(&genl, &err) || genl_devs(genl, &devs, &n, &err)) {
		doctor_say(seen->d, "device", VERDICT_WARNING, "run it as root",
			   "which devices are enrolled cannot be read: %s", err.text);
		genl_close(genl);
		return;
	}
	for (i = 0; i < seen->n; i++) {
		is = is_enrolled(devs, n, seen->names[i]);
		snprintf(remedy, sizeof(remedy), "devices: [%s] in its realm, and restart rtplaned",
			 seen->names[i]);
		doctor_say(seen->d, "device", is ? VERDICT_FINE : VERDICT_FAULT,
			   is ? NULL : remedy, is ? "%s is enrolled" :
			   "%s has addresses of ours and is not enrolled: the module does not see what comes by it",
			   seen->names[i]);
	}
	free(devs);
	genl_close(genl);
}

/* strict where packets may leave by another device than they come by */
static void check_filter(struct seen *seen)
{
	long all = doctor_number("/proc/sys/net/ipv4/conf/all/rp_filter"), own;
	char path[128], remedy[128];
	unsigned int i;

	for (i = 0; i < seen->n; i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
			 seen->names[i]);
		own = doctor_number(path);
		if (own < all)
			own = all;
		snprintf(remedy, sizeof(remedy), "sysctl -w net.ipv4.conf.%s.rp_filter=2",
			 seen->names[i]);
		if (own == 1)
			doctor_say(seen->d, "rp_filter", seen->crossed ? VERDICT_FAULT :
				   seen->n > 1 ? VERDICT_WARNING : VERDICT_FINE,
				   seen->n > 1 ? remedy : NULL,
				   "%s drops what it would not answer by itself (strict)%s",
				   seen->names[i], seen->crossed ?
				   ": packets here leave by others than they come by" : "");
		else
			doctor_say(seen->d, "rp_filter", VERDICT_FINE, NULL,
				   "%s does not filter strictly by the way back",
				   seen->names[i]);
	}
}

void doctor_net(struct doctor *d)
{
	struct seen seen = { .d = d };

	check_addresses(&seen);
	check_enrolled(&seen);
	check_filter(&seen);
}
