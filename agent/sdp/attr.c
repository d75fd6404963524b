// SPDX-License-Identifier: GPL-2.0
/* Attributes by name, addresses, directions. */
#include <string.h>
#include <strings.h>

#include "private.h"

static const struct {
	const char *name;
	enum sdp_attr attr;
} attributes[] = {
	{ "rtpmap", SDP_ATTR_RTPMAP },
	{ "fmtp", SDP_ATTR_FMTP },
	{ "ptime", SDP_ATTR_PTIME },
	{ "maxptime", SDP_ATTR_MAXPTIME },
	{ "sendrecv", SDP_ATTR_DIRECTION },
	{ "sendonly", SDP_ATTR_DIRECTION },
	{ "recvonly", SDP_ATTR_DIRECTION },
	{ "inactive", SDP_ATTR_DIRECTION },
	{ "rtcp", SDP_ATTR_RTCP },
	{ "rtcp-mux", SDP_ATTR_RTCP_MUX },
	{ "rtcp-mux-only", SDP_ATTR_RTCP_MUX_ONLY },
	{ "rtcp-rsize", SDP_ATTR_RTCP_RSIZE },
	{ "rtcp-fb", SDP_ATTR_RTCP_FB },
	{ "rtcp-xr", SDP_ATTR_RTCP_XR },
	{ "crypto", SDP_ATTR_CRYPTO },
	{ "key-mgmt", SDP_ATTR_KEY_MGMT },
	{ "zrtp-hash", SDP_ATTR_ZRTP_HASH },
	{ "fingerprint", SDP_ATTR_FINGERPRINT },
	{ "setup", SDP_ATTR_SETUP },
	{ "connection", SDP_ATTR_CONNECTION },
	{ "tls-id", SDP_ATTR_TLS_ID },
	{ "candidate", SDP_ATTR_CANDIDATE },
	{ "remote-candidates", SDP_ATTR_REMOTE_CANDIDATES },
	{ "end-of-candidates", SDP_ATTR_END_OF_CANDIDATES },
	{ "ice-ufrag", SDP_ATTR_ICE_UFRAG },
	{ "ice-pwd", SDP_ATTR_ICE_PWD },
	{ "ice-options", SDP_ATTR_ICE_OPTIONS },
	{ "ice-lite", SDP_ATTR_ICE_LITE },
	{ "ice-mismatch", SDP_ATTR_ICE_MISMATCH },
	{ "ice-pacing", SDP_ATTR_ICE_PACING },
	{ "mid", SDP_ATTR_MID },
	{ "group", SDP_ATTR_GROUP },
	{ "bundle-only", SDP_ATTR_BUNDLE_ONLY },
	{ "ssrc", SDP_ATTR_SSRC },
	{ "ssrc-group", SDP_ATTR_SSRC_GROUP },
	{ "msid", SDP_ATTR_MSID },
	{ "msid-semantic", SDP_ATTR_MSID_SEMANTIC },
	{ "extmap", SDP_ATTR_EXTMAP },
	{ "extmap-allow-mixed", SDP_ATTR_EXTMAP_ALLOW_MIXED },
	{ "rid", SDP_ATTR_RID },
	{ "simulcast", SDP_ATTR_SIMULCAST },
	{ "label", SDP_ATTR_LABEL },
	{ "altc", SDP_ATTR_ALTC },
	{ "source-filter", SDP_ATTR_SOURCE_FILTER },
	{ "visited-realm", SDP_ATTR_PLACE },
	{ "secondary-realm", SDP_ATTR_PLACE },
	/* RFC 5939, 6871, 7006 */
	{ "csup", SDP_ATTR_CAPABILITY },
	{ "creq", SDP_ATTR_CAPABILITY },
	{ "acap", SDP_ATTR_CAPABILITY },
	{ "tcap", SDP_ATTR_CAPABILITY },
	{ "pcfg", SDP_ATTR_CAPABILITY },
	{ "acfg", SDP_ATTR_CAPABILITY },
	{ "rmcap", SDP_ATTR_CAPABILITY },
	{ "omcap", SDP_ATTR_CAPABILITY },
	{ "mfcap", SDP_ATTR_CAPABILITY },
	{ "mscap", SDP_ATTR_CAPABILITY },
	{ "lcfg", SDP_ATTR_CAPABILITY },
	{ "sescap", SDP_ATTR_CAPABILITY },
	{ "icap", SDP_ATTR_CAPABILITY },
	{ "bcap", SDP_ATTR_CAPABILITY },
	{ "ccap", SDP_ATTR_CAPABILITY },
};

enum sdp_attr sdp_attr_find(struct span name, struct span value)
{
	char first = name.n ? name.p[0] | 0x20 : '\0';
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		if (first != attributes[i].name[0] ||
		    !sdp_is(name, attributes[i].name))
			continue;
		if (attributes[i].attr == SDP_ATTR_GROUP &&
		    sdp_is(sdp_word(&value), "BUNDLE"))
			return SDP_ATTR_GROUP_BUNDLE;
		return attributes[i].attr;
	}
	return SDP_ATTR_OTHER;
}

static const char *const directions[] = {
	[SDP_SENDRECV] = "sendrecv",
	[SDP_SENDONLY] = "sendonly",
	[SDP_RECVONLY] = "recvonly",
	[SDP_INACTIVE] = "inactive",
};

enum sdp_dir sdp_dir_parse(struct span name)
{
	enum sdp_dir dir;

	for (dir = SDP_SENDRECV; dir <= SDP_INACTIVE; dir++)
		if (sdp_is(name, directions[dir]))
			return dir;
	return SDP_DIR_UNSAID;
}

const char *sdp_dir_name(enum sdp_dir dir)
{
	return directions[dir];
}

static bool is_multicast(const struct dp_addr *a)
{
	if (a->family == AF_INET)
		return IN_MULTICAST(ntohl(a->v4.s_addr)) ||
		       a->v4.s_addr == htonl(INADDR_BROADCAST);
	return IN6_IS_ADDR_MULTICAST(&a->v6);
}

static bool is_null(const struct dp_addr *a)
{
	if (a->family == AF_INET)
		return a->v4.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&a->v6);
}

/* letters make a name: "300.1.1.1" is a wrong address and no name */
static bool is_name(struct span text)
{
	bool letters = false;
	size_t i;

	for (i = 0; i < text.n; i++) {
		char c = text.p[i] | 0x20;

		if (c >= 'a' && c <= 'z')
			letters = true;
		else if ((text.p[i] < '0' || text.p[i] > '9') &&
			 text.p[i] != '.' && text.p[i] != '-' &&
			 text.p[i] != '_')
			return false;
	}
	return letters && text.n <= 253;
}

static bool get_host(struct span text, struct dp_addr *addr)
{
	char host[INET6_ADDRSTRLEN + 2];

	if (text.n >= sizeof(host))
		return false;
	memcpy(host, text.p, text.n);
	host[text.n] = '\0';
	return dp_addr_parse_host(host, addr);
}

/*
 * ADDRESS[/TTL][/COUNT] with IPv4, ADDRESS[/COUNT] with IPv6.  A TTL behind an
 * address that is no multicast is wrong, and harmless.
 */
static bool is_several(struct span more, sa_family_t family)
{
	const char *slash = more.n ? memchr(more.p, '/', more.n) : NULL;
	struct span count = more;
	uint32_t n;

	if (family == AF_INET) {
		if (!slash)
			return false;
		count.p = slash + 1;
		count.n = more.p + more.n - count.p;
	}
	return !sdp_number(count, &n) || n != 1;
}

static enum sdp_place place_of(struct span text, struct sdp_conn *conn)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct span host = text, more = { text.p, 0 };
	struct dp_addr addr;

	if (slash) {
		host.n = slash - text.p;
		more.p = slash + 1;
		more.n = text.n - host.n - 1;
	}
	if (!get_host(host, &addr))
		return is_name(text) ? SDP_PLACE_NAME : SDP_PLACE_BAD;
	conn->family = addr.family;
	if (is_multicast(&addr) || (slash && is_several(more, addr.family)))
		return SDP_PLACE_MULTICAST;
	if (is_null(&addr))
		return SDP_PLACE_NULL;
	conn->addr = addr;
	return SDP_PLACE_ADDRESS;
}

void sdp_conn_parse(struct span value, struct sdp_conn *conn)
{
	bool in = sdp_is(sdp_word(&value), "IN");
	struct span type = sdp_word(&value);

	memset(conn, 0, sizeof(*conn));
	conn->text = sdp_word(&value);
	conn->what = SDP_PLACE_BAD;
	if (sdp_is(type, "IP4"))
		conn->family = AF_INET;
	else if (sdp_is(type, "IP6"))
		conn->family = AF_INET6;
	if (in && conn->family && !value.n)
		conn->what = place_of(conn->text, conn);
}
