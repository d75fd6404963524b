// SPDX-License-Identifier: GPL-2.0
/* rtplane natmap add|del|show */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "keys.h"
#include "out.h"

static const struct key natmap_keys[] = {
	{ .word = "filter", .bit = DP_NATMAP_FILTER, .type = KEY_WORD,
	  .offset = offsetof(struct dp_natmap, filter),
	  .parse = dp_filter_parse, .expect = "endpoint or address" },
	{ .word = "pps", .bit = DP_NATMAP_PPS, .type = KEY_U32,
	  .offset = offsetof(struct dp_natmap, pps), .max = UINT32_MAX,
	  .expect = "packets/s, 0 to 4294967295" },
	{ .word = "bps", .bit = DP_NATMAP_BPS, .type = KEY_U64,
	  .offset = offsetof(struct dp_natmap, bps), .max = UINT64_MAX,
	  .expect = "bits/s, 0 or more" },
	{}
};

static int parse_host(struct args *args, const char *word,
		      struct dp_addr *addr)
{
	const char *value = args_next(args);

	if (addr->family)
		return key_twice(args, word);
	if (!value || !dp_addr_parse_host(value, addr))
		return cli_usage(args->cli,
				 "%s: %s '%s': expected an IPv4 or IPv6 address without port",
				 args->cmd, word, value ? value : "");
	return CLI_OK;
}

static bool read_ports(const char *value, uint16_t *lo, uint16_t *hi)
{
	const char *dash = strchr(value, '-');
	uint64_t number;
	char first[8];

	if (!dash || (size_t)(dash - value) >= sizeof(first))
		return false;
	memcpy(first, value, (size_t)(dash - value));
	first[dash - value] = '\0';
	if (!key_number(first, UINT16_MAX, &number))
		return false;
	*lo = (uint16_t)number;
	if (!key_number(dash + 1, UINT16_MAX, &number))
		return false;
	*hi = (uint16_t)number;
	return *lo && *lo <= *hi;
}

static int parse_ports(struct args *args, struct dp_natmap *nm)
{
	const char *value = args_next(args);

	if (nm->set & DP_NATMAP_PORTS)
		return key_twice(args, "ports");
	if (!value || !read_ports(value, &nm->lo, &nm->hi))
		return cli_usage(args->cli,
				 "%s: ports '%s': expected LO-HI, 1 to 65535, LO not above HI",
				 args->cmd, value ? value : "");
	nm->set |= DP_NATMAP_PORTS;
	return CLI_OK;
}

static int parse_dscp(struct args *args, struct dp_natmap *nm)
{
	struct key_dscp dscp;
	int ret;

	if (nm->set & DP_NATMAP_DSCP_MODE)
		return key_twice(args, "dscp");
	ret = key_read_dscp(args, &dscp);
	if (ret)
		return ret;
	nm->set |= DP_NATMAP_DSCP_MODE;
	nm->dscp_mode = dscp.mode;
	if (dscp.mode == RTPLANE_DSCP_SET)
		nm->set |= DP_NATMAP_DSCP;
	nm->dscp = dscp.value;
	if (dscp.mode == RTPLANE_DSCP_MAP)
		nm->set |= DP_NATMAP_DSCP_MAP;
	memcpy(nm->dscp_map, dscp.map, sizeof(nm->dscp_map));
	return CLI_OK;
}

/* a device, or group:N; @dev and @group are the bits of either */
static int parse_side(struct args *args, const char *word, struct dp_natmap *nm,
		      uint32_t dev, uint32_t group)
{
	uint32_t *ifindex = dev == DP_NATMAP_INSIDE ? &nm->inside : &nm->outside;
	uint32_t *number = dev == DP_NATMAP_INSIDE ? &nm->inside_group :
						     &nm->outside_group;
	const char *value = args_next(args);
	uint64_t n;

	if (nm->set & (dev | group))
		return key_twice(args, word);
	if (value && !strncmp(value, "group:", 6) &&
	    key_number(value + 6, UINT32_MAX, &n)) {
		*number = (uint32_t)n;
		nm->set |= group;
		return CLI_OK;
	}
	*ifindex = value ? if_nametoindex(value) : 0;
	if (!*ifindex)
		return cli_usage(args->cli, "%s: %s '%s': expected a device or group:N",
				 args->cmd, word, value ? value : "");
	nm->set |= dev;
	return CLI_OK;
}

/* ext, int and ports say which natmap; the rest, with all, what it is to be */
static int parse_natmap(struct args *args, struct dp_natmap *nm, bool all)
{
	const struct key *key;
	const char *word;
	int ret;

	memset(nm, 0, sizeof(*nm));
	while ((word = args_next(args))) {
		key = all ? key_find(natmap_keys, word) : NULL;
		if (key)
			ret = key_read(args, key, &nm->set, nm);
		else if (!strcmp(word, "ext"))
			ret = parse_host(args, word, &nm->ext);
		else if (!strcmp(word, "ports"))
			ret = parse_ports(args, nm);
		else if (all && !strcmp(word, "int"))
			ret = parse_host(args, word, &nm->in);
		else if (all && !strcmp(word, "inside"))
			ret = parse_side(args, word, nm, DP_NATMAP_INSIDE,
					 DP_NATMAP_INSIDE_GROUP);
		else if (all && !strcmp(word, "outside"))
			ret = parse_side(args, word, nm, DP_NATMAP_OUTSIDE,
					 DP_NATMAP_OUTSIDE_GROUP);
		else if (all && !strcmp(word, "dscp"))
			ret = parse_dscp(args, nm);
		else
			ret = cli_usage(args->cli,
					"%s: '%s' is no word of a natmap here",
					args->cmd, word);
		if (ret)
			return ret;
	}
	if (!nm->ext.family || (all && !nm->in.family))
		return cli_usage(args->cli, "%s: expected ext A%s", args->cmd,
				 all ? " and int A" : "");
	return CLI_OK;
}

static int natmap_change(struct args *args, bool add)
{
	struct dp_err err = {};
	struct dp_natmap nm;
	struct genl *genl;
	int ret;

	args->cmd = add ? "natmap add" : "natmap del";
	ret = parse_natmap(args, &nm, add);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = add ? genl_natmap_new(genl, &nm, &err) :
		    genl_natmap_del(genl, &nm, &err);
	return cli_result(args->cli, ret, &err);
}

static void json_side(json_t *o, const char *dev, uint32_t ifindex,
		      const char *group, const uint32_t *number)
{
	char name[IF_NAMESIZE];

	if (ifindex)
		out_str(o, dev, out_dev(ifindex, name));
	if (number)
		out_uint(o, group, *number);
}

static void text_side(const char *word, uint32_t ifindex, const uint32_t *number)
{
	char name[IF_NAMESIZE];

	if (ifindex)
		printf(" %s %s", word, out_dev(ifindex, name));
	if (number)
		printf(" %s group:%u", word, *number);
}

static json_t *json_natmap(const struct dp_natmap *nm)
{
	json_t *o = json_object();

	out_some_addr(o, "ext", &nm->ext);
	out_some_addr(o, "int", &nm->in);
	out_uint(o, "port_lo", nm->lo);
	out_uint(o, "port_hi", nm->hi);
	if (nm->set & DP_NATMAP_FILTER)
		out_str(o, "filter", dp_filter_name(nm->filter));
	if (nm->set & DP_NATMAP_DSCP_MODE)
		out_dscp(o, nm->dscp_mode, nm->dscp, nm->dscp_map);
	if (nm->set & DP_NATMAP_PPS)
		out_uint(o, "pps", nm->pps);
	if (nm->set & DP_NATMAP_BPS)
		out_uint(o, "bps", nm->bps);
	json_side(o, "inside", nm->inside, "inside_group",
		  nm->set & DP_NATMAP_INSIDE_GROUP ? &nm->inside_group : NULL);
	json_side(o, "outside", nm->outside, "outside_group",
		  nm->set & DP_NATMAP_OUTSIDE_GROUP ? &nm->outside_group : NULL);
	out_uint(o, "in_packets", nm->in_packets);
	out_uint(o, "in_bytes", nm->in_bytes);
	out_uint(o, "out_packets", nm->out_packets);
	out_uint(o, "out_bytes", nm->out_bytes);
	out_uint(o, "hairpins", nm->hairpins);
	out_uint(o, "icmp", nm->icmp);
	out_uint(o, "passed", nm->passed);
	out_drops(o, nm->drops);
	return o;
}

static void text_natmap(const struct dp_natmap *nm)
{
	char ext[DP_ADDR_STRLEN];
	char in[DP_ADDR_STRLEN];

	printf("natmap ext %s int %s ports %u-%u filter %s",
	       dp_addr_str(&nm->ext, ext, sizeof(ext)),
	       dp_addr_str(&nm->in, in, sizeof(in)), nm->lo, nm->hi,
	       dp_filter_name(nm->filter));
	text_side("inside", nm->inside,
		  nm->set & DP_NATMAP_INSIDE_GROUP ? &nm->inside_group : NULL);
	text_side("outside", nm->outside,
		  nm->set & DP_NATMAP_OUTSIDE_GROUP ? &nm->outside_group : NULL);
	out_text_dscp(nm->dscp_mode, nm->dscp, nm->dscp_map);
	if (nm->pps)
		printf(" pps %u", nm->pps);
	if (nm->bps)
		printf(" bps %" PRIu64, nm->bps);
	printf("\n    in %" PRIu64 " packets %" PRIu64 " bytes out %" PRIu64 " packets %" PRIu64 " bytes hairpins %" PRIu64 " icmp %" PRIu64 " passed %" PRIu64 "\n",
	       nm->in_packets, nm->in_bytes, nm->out_packets, nm->out_bytes,
	       nm->hairpins, nm->icmp, nm->passed);
	out_text_drops("    ", nm->drops);
}

/* what was asked for; an external address may have several port ranges */
static bool wanted(const struct dp_natmap *nm, const struct dp_natmap *which)
{
	if (which->ext.family && !dp_addr_eq(&nm->ext, &which->ext))
		return false;
	return !(which->set & DP_NATMAP_PORTS) ||
	       (nm->lo == which->lo && nm->hi == which->hi);
}

static int natmap_print(const struct cli *cli, const struct dp_natmap *nms,
			size_t n, const struct dp_natmap *which)
{
	json_t *array = cli->json ? json_array() : NULL;
	char text[DP_ADDR_STRLEN];
	size_t found = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!wanted(&nms[i], which))
			continue;
		found++;
		if (cli->json)
			json_array_append_new(array, json_natmap(&nms[i]));
		else
			text_natmap(&nms[i]);
	}
	if (which->ext.family && !found) {
		json_decref(array);
		return cli_refused(cli, "there is no natmap of %s%s",
				   dp_addr_str(&which->ext, text, sizeof(text)),
				   which->set & DP_NATMAP_PORTS ?
				   " with these ports" : "");
	}
	if (cli->json)
		out_json(array);
	return CLI_OK;
}

static int natmap_show(struct args *args)
{
	struct dp_natmap which = {};
	struct dp_natmap *nms;
	struct dp_err err = {};
	struct genl *genl;
	size_t n;
	int ret;

	args->cmd = "natmap show";
	if (args_peek(args)) {
		ret = parse_natmap(args, &which, false);
		if (ret)
			return ret;
	}
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = genl_natmaps(genl, &nms, &n, &err);
	if (ret)
		return cli_result(args->cli, ret, &err);
	ret = natmap_print(args->cli, nms, n, &which);
	free(nms);
	return ret;
}

int cmd_natmap(struct args *args)
{
	const char *word = args_next(args);

	if (word && !strcmp(word, "add"))
		return natmap_change(args, true);
	if (word && !strcmp(word, "del"))
		return natmap_change(args, false);
	if (word && !strcmp(word, "show"))
		return natmap_show(args);
	return cli_usage(args->cli, "natmap '%s': expected add, del or show",
			 word ? word : "");
}
