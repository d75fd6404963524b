// SPDX-License-Identifier: GPL-2.0
/* Questions to nftables: none of them waits for those who change rules. */
#include <netinet/in.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#include "nft.h"
#include "table.h"

#define REPLY_ROOM	65536
#define COMMENT		64

struct nft_ask {
	struct mnl_socket *nl;
	uint32_t seq;
};

struct nft_ask *nft_ask_new(char *error)
{
	struct nft_ask *ask = calloc(1, sizeof(*ask));

	if (ask)
		ask->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (ask && ask->nl && mnl_socket_bind(ask->nl, 0, MNL_SOCKET_AUTOPID) >= 0)
		return ask;
	snprintf(error, CONFIG_ERROR_LEN, "nftables: cannot be reached: %s",
		 strerror(errno));
	nft_ask_free(ask);
	return NULL;
}

void nft_ask_free(struct nft_ask *ask)
{
	if (ask && ask->nl)
		mnl_socket_close(ask->nl);
	free(ask);
}

/* take all that is answered; false with errno */
static bool listen_to(struct nft_ask *ask, mnl_cb_t fn, void *arg)
{
	unsigned int portid = mnl_socket_get_portid(ask->nl);
	char buf[REPLY_ROOM] __attribute__((aligned(8)));
	int ret = MNL_CB_OK;
	ssize_t n;

	while (ret > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(ask->nl, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		ret = mnl_cb_run(buf, (size_t)n, ask->seq, portid, fn, arg);
	}
	return ret == MNL_CB_STOP;
}

/* what is still to come of an answer would be taken for that of the next question */
static void drain(struct nft_ask *ask)
{
	int fd = mnl_socket_get_fd(ask->nl), why = errno;
	char byte;

	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0 ||
	       errno == EINTR || errno == ENOBUFS)
		;
	errno = why;
}

/* send, and take all that is answered; false with errno */
static bool converse(struct nft_ask *ask, struct nlmsghdr *nlh, mnl_cb_t fn,
		     void *arg)
{
	if (mnl_socket_sendto(ask->nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	if (listen_to(ask, fn, arg))
		return true;
	drain(ask);
	return false;
}

static struct nlmsghdr *question(struct nft_ask *ask, char *buf, uint16_t type,
				 uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(buf, type, NFPROTO_INET, flags, ++ask->seq);
}

/* what nft(8) calls a comment, the first of what is said; "" if there is none */
static void comment_of(const void *data, uint32_t len, char *buf, size_t size)
{
	const uint8_t *at = data;

	*buf = '\0';
	if (len < 2 || at[0] != 0 || at[1] > len - 2 || !at[1] || at[1] > size)
		return;
	memcpy(buf, at + 2, at[1]);
	buf[at[1] - 1] = '\0';
}

/* ------------------------------------------------------------------------ tables */

static int on_table(const struct nlmsghdr *nlh, void *arg)
{
	struct nft_table_info *info = arg;
	struct nftnl_table *table = nftnl_table_alloc();
	char comment[COMMENT] = "";
	const void *data;
	uint32_t len;

	if (table && nftnl_table_nlmsg_parse(nlh, table) >= 0) {
		info->found = true;
		info->handle = nftnl_table_get_u64(table, NFTNL_TABLE_HANDLE);
		data = nftnl_table_get_data(table, NFTNL_TABLE_USERDATA, &len);
		if (data)
			comment_of(data, len, comment, sizeof(comment));
		info->ours = !strcmp(comment, NFT_MARK);
	}
	if (table)
		nftnl_table_free(table);
	return MNL_CB_OK;
}

bool nft_ask_table(struct nft_ask *ask, const char *name,
		   struct nft_table_info *info, char *error)
{
	char buf[1024] __attribute__((aligned(8)));
	struct nftnl_table *table = nftnl_table_alloc();
	struct nlmsghdr *nlh;

	memset(info, 0, sizeof(*info));
	if (table) {
		nlh = question(ask, buf, NFT_MSG_GETTABLE, NLM_F_ACK);
		nftnl_table_set_str(table, NFTNL_TABLE_NAME, name);
		nftnl_table_nlmsg_build_payload(nlh, table);
		nftnl_table_free(table);
		if (converse(ask, nlh, on_table, info) || errno == ENOENT)
			return true;
	}
	snprintf(error, CONFIG_ERROR_LEN, "nftables: table inet %s: %s; expected a kernel with nf_tables, and CAP_NET_ADMIN",
		 name, strerror(table ? errno : ENOMEM));
	return false;
}

bool nft_is_there(void)
{
	char error[CONFIG_ERROR_LEN];
	struct nft_ask *ask = nft_ask_new(error);
	struct nft_table_info info = { 0 };

	if (ask)
		nft_ask_table(ask, CONFIG_NFT_TABLE_NAME, &info, error);
	nft_ask_free(ask);
	return info.ours;
}

/* -------------------------------------------------------------------------- sets */

static struct nftnl_set *named(const struct nft_place *place, enum nft_set set)
{
	struct nftnl_set *s = nftnl_set_alloc();
	char name[NFT_NAME];

	if (!s)
		return NULL;
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, place->table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, nft_set_name(place, set, name));
	return s;
}

static int on_set(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();
	uint32_t *found = arg;	/* length of keys, flags */

	if (s && nftnl_set_nlmsg_parse(nlh, s) >= 0) {
		found[0] = nftnl_set_get_u32(s, NFTNL_SET_KEY_LEN);
		found[1] = nftnl_set_get_u32(s, NFTNL_SET_FLAGS);
	}
	if (s)
		nftnl_set_free(s);
	return MNL_CB_OK;
}

static bool is_fit(enum nft_set set, const uint32_t *found)
{
	uint32_t flags = 0;

	if (set < NFT_BANS)
		flags |= NFT_SET_TIMEOUT;
	if (set == NFT_BAN4NET || set == NFT_BAN6NET)
		flags |= NFT_SET_INTERVAL;
	return found[0] == nft_set_len(set) &&
	       (found[1] & (NFT_SET_TIMEOUT | NFT_SET_INTERVAL | NFT_SET_MAP |
			    NFT_SET_CONSTANT)) == flags;
}

bool nft_ask_set(struct nft_ask *ask, const struct nft_place *place,
		 enum nft_set set, char *error)
{
	char buf[1024] __attribute__((aligned(8)));
	struct nftnl_set *s = named(place, set);
	uint32_t found[2] = { 0 };
	struct nlmsghdr *nlh;
	char name[NFT_NAME];
	bool ok = false;

	if (s) {
		nlh = question(ask, buf, NFT_MSG_GETSET, NLM_F_ACK);
		nftnl_set_nlmsg_build_payload(nlh, s);
		nftnl_set_free(s);
		ok = converse(ask, nlh, on_set, found);
	}
	if (ok && is_fit(set, found))
		return true;
	snprintf(error, CONFIG_ERROR_LEN, "nftables: set %s of table inet %s: %s; expected it to be there as in rtplane-sets.nft",
		 nft_set_name(place, set, name), place->table,
		 ok ? "it is of another kind" : strerror(errno));
	return false;
}

/* ---------------------------------------------------------------------- elements */

struct walk {
	enum nft_set set;
	void (*fn)(const struct nft_elem *elem, void *arg);
	void *arg;
};

/* a prefix's length is in its comment: "admin /24" */
static unsigned int length_of(enum nft_set set, const char *comment)
{
	const char *slash = strchr(comment, '/');
	uint32_t len = 0;

	if (set >= NFT_SHARED)
		return 128;
	if (set == NFT_BAN4)
		return 32;
	if (set == NFT_BAN6)
		return 64;
	if (!slash || !span_u32(span_of(slash + 1), &len) ||
	    len > (set == NFT_BAN4NET ? 32 : 128))
		return 0;
	return len;
}

static int on_elem(struct nftnl_set_elem *e, void *arg)
{
	const struct walk *walk = arg;
	struct nft_elem elem = { 0 };
	char comment[COMMENT] = "";
	const void *data;
	uint32_t len;

	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_FLAGS) &&
	    nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_FLAGS) &
	    NFT_SET_ELEM_INTERVAL_END)
		return 0;
	data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);
	if (!data || len != nft_set_len(walk->set))
		return 0;
	elem.prefix.addr.family = len < 16 ? AF_INET : AF_INET6;
	memcpy(&elem.prefix.addr.v6, data, len < 16 ? 4 : 16);
	data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA, &len);
	if (data)
		comment_of(data, len, comment, sizeof(comment));
	elem.prefix.len = length_of(walk->set, comment);
	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_EXPIRATION))
		elem.ms = nftnl_set_elem_get_u64(e, NFTNL_SET_ELEM_EXPIRATION);
	elem.comment = comment;
	if (elem.prefix.len)
		walk->fn(&elem, walk->arg);
	return 0;
}

static int on_elems(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (s && nftnl_set_elems_nlmsg_parse(nlh, s) >= 0)
		nftnl_set_elem_foreach(s, on_elem, arg);
	if (s)
		nftnl_set_free(s);
	return MNL_CB_OK;
}

bool nft_ask_elems(struct nft_ask *ask, const struct nft_place *place,
		   enum nft_set set,
		   void (*fn)(const struct nft_elem *elem, void *arg), void *arg,
		   char *error)
{
	char buf[1024] __attribute__((aligned(8)));
	struct walk walk = { set, fn, arg };
	struct nftnl_set *s = named(place, set);
	struct nlmsghdr *nlh;
	char name[NFT_NAME];
	bool ok = false;

	if (s) {
		nlh = question(ask, buf, NFT_MSG_GETSETELEM, NLM_F_DUMP);
		nftnl_set_elems_nlmsg_build_payload(nlh, s);
		nftnl_set_free(s);
		ok = converse(ask, nlh, on_elems, &walk);
	}
	if (!ok)
		snprintf(error, CONFIG_ERROR_LEN, "nftables: set %s of table inet %s cannot be read: %s",
			 nft_set_name(place, set, name), place->table,
			 strerror(errno));
	return ok;
}
