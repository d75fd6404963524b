// SPDX-License-Identifier: GPL-2.0
/* rtplane bridge add|set|del */
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "leg.h"
#include "state.h"

static int parse_cookie(struct args *args, uint64_t min, uint64_t *cookie)
{
	const char *value = args_next(args);

	if (!value || !key_number(value, UINT64_MAX, cookie) || *cookie < min)
		return cli_usage(args->cli,
				 "%s: cookie '%s': expected a number, %s",
				 args->cmd, value ? value : "",
				 min ? "1 or more" : "0 or more");
	return CLI_OK;
}

/* [cookie C] leg ... leg ... */
static int parse_bridge(struct args *args, struct dp_bridge *bridge,
			bool orders)
{
	int ret;
	int i;

	memset(bridge, 0, sizeof(*bridge));
	if (args_take(args, "cookie")) {
		bridge->has_cookie = true;
		ret = parse_cookie(args, 0, &bridge->cookie);
		if (ret)
			return ret;
	}
	for (i = 0; i < 2; i++) {
		if (!args_take(args, "leg"))
			return cli_usage(args->cli,
					 "%s: '%s': expected %sleg local A:P, and two legs in a bridge",
					 args->cmd, args_peek(args) ?
					 args_peek(args) : "",
					 i || bridge->has_cookie ? "" :
					 "cookie C or ");
		ret = leg_parse(args, &bridge->leg[i], orders);
		if (ret)
			return ret;
	}
	return CLI_OK;
}

/* bridge [bridge bridge ...], into an array that the caller frees */
static int parse_bridges(struct args *args, struct dp_bridge *bridges,
			 size_t *n, bool orders)
{
	int ret;

	for (*n = 0; *n < RTPLANE_BRIDGES_MAX; ) {
		ret = parse_bridge(args, &bridges[(*n)++], orders);
		if (ret)
			return ret;
		if (!args_peek(args))
			return CLI_OK;
		if (!args_take(args, "bridge"))
			return cli_usage(args->cli,
					 "%s: '%s': a bridge has two legs: expected the end, or 'bridge' and another one",
					 args->cmd, args_peek(args));
	}
	return cli_usage(args->cli, "%s: more than %d bridges in one command",
			 args->cmd, RTPLANE_BRIDGES_MAX);
}

static int bridge_change(struct args *args, bool add)
{
	struct dp_bridge *bridges;
	struct dp_err err = {};
	struct genl *genl;
	size_t n;
	int ret;

	args->cmd = add ? "bridge add" : "bridge set";
	bridges = calloc(RTPLANE_BRIDGES_MAX, sizeof(*bridges));
	if (!bridges)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	ret = parse_bridges(args, bridges, &n, !add);
	if (ret)
		goto free_bridges;
	ret = CLI_REFUSED;
	genl = cli_genl(args->cli);
	if (!genl)
		goto free_bridges;
	if (add)
		ret = genl_bridges_new(genl, bridges, n, &err);
	else
		ret = genl_bridges_set(genl, bridges, n, &err);
	ret = cli_result(args->cli, ret, &err);
free_bridges:
	explicit_bzero(bridges, RTPLANE_BRIDGES_MAX * sizeof(*bridges));
	free(bridges);
	return ret;
}

/* local A:P [local A:P ...] */
static int parse_locals(struct args *args, struct dp_addr *locals, size_t *n)
{
	static const struct key key = {
		.word = "local", .type = KEY_ADDR,
		.expect = "A:P, with IPv6 [A]:P",
	};
	uint32_t set = 0;
	int ret;

	while (args_take(args, "local")) {
		if (*n == RTPLANE_BRIDGES_MAX)
			return cli_usage(args->cli,
					 "bridge del: more than %d legs in one command",
					 RTPLANE_BRIDGES_MAX);
		ret = key_read(args, &key, &set, &locals[(*n)++]);
		if (ret)
			return ret;
	}
	return CLI_OK;
}

static int parse_del(struct args *args, struct dp_del *del,
		     struct dp_addr *locals, bool *state)
{
	const char *word = args_peek(args);
	int ret;

	if (word && !strcmp(word, "local")) {
		del->locals = locals;
		ret = parse_locals(args, locals, &del->n);
		*state = !ret && del->n == 1 && args_take(args, "state");
	} else if (args_take(args, "cookie")) {
		ret = parse_cookie(args, 1, &del->cookie);
	} else if (args_take(args, "all")) {
		del->all = true;
		ret = CLI_OK;
	} else {
		ret = cli_usage(args->cli,
				"bridge del: '%s': expected local A:P, cookie C or all",
				word ? word : "");
	}
	return ret ? ret : args_end(args);
}

/* one, whose legs are printed as they ended */
static int take(struct cli *cli, struct genl *genl, const struct dp_addr *local)
{
	struct dp_leg_info legs[2];
	struct dp_err err = {};
	int ret;

	ret = genl_bridge_take(genl, local, legs, &cli->sources, &err);
	if (!ret)
		state_print(legs, 2);
	return cli_result(cli, ret, &err);
}

static int bridge_del(struct args *args)
{
	struct dp_addr locals[RTPLANE_BRIDGES_MAX];
	struct dp_del del = {};
	struct dp_err err = {};
	bool state = false;
	struct genl *genl;
	int ret;

	args->cmd = "bridge del";
	ret = parse_del(args, &del, locals, &state);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	if (state)
		return take(args->cli, genl, &locals[0]);
	return cli_result(args->cli, genl_bridges_del(genl, &del, &err), &err);
}

int cmd_bridge(struct args *args)
{
	const char *word = args_next(args);

	if (word && !strcmp(word, "add"))
		return bridge_change(args, true);
	if (word && !strcmp(word, "set"))
		return bridge_change(args, false);
	if (word && !strcmp(word, "del"))
		return bridge_del(args);
	return cli_usage(args->cli, "bridge '%s': expected add, set or del",
			 word ? word : "");
}
