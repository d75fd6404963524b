// SPDX-License-Identifier: GPL-2.0
/* rtplane dev add|del|show */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

static int dev_change(struct args *args, bool add)
{
	const char *name = args_next(args);
	struct dp_err err = {};
	struct genl *genl;
	int ret;

	args->cmd = add ? "dev add" : "dev del";
	if (!name || !*name || strlen(name) >= IF_NAMESIZE)
		return cli_usage(args->cli,
				 "%s: '%s': expected the name of a network device",
				 args->cmd, name ? name : "");
	ret = args_end(args);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = add ? genl_dev_new(genl, name, &err) :
		    genl_dev_del(genl, name, &err);
	return cli_result(args->cli, ret, &err);
}

static json_t *json_dev(const struct dp_dev *dev)
{
	json_t *o = json_object();

	out_str(o, "dev", dev->name);
	out_uint(o, "ifindex", dev->ifindex);
	out_uint(o, "rx_packets", dev->rx_packets);
	out_uint(o, "passed", dev->passed);
	return o;
}

static int dev_show(struct args *args)
{
	struct dp_err err = {};
	struct dp_dev *devs;
	struct genl *genl;
	json_t *array;
	size_t n;
	size_t i;
	int ret;

	args->cmd = "dev show";
	ret = args_end(args);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = genl_devs(genl, &devs, &n, &err);
	if (ret)
		return cli_result(args->cli, ret, &err);
	array = json_array();
	for (i = 0; i < n; i++) {
		if (args->cli->json)
			json_array_append_new(array, json_dev(&devs[i]));
		else
			printf("dev %s ifindex %u received %" PRIu64 " passed %" PRIu64 "\n",
			       devs[i].name, devs[i].ifindex,
			       devs[i].rx_packets, devs[i].passed);
	}
	if (args->cli->json)
		out_json(json_incref(array));
	json_decref(array);
	free(devs);
	return CLI_OK;
}

int cmd_dev(struct args *args)
{
	const char *word = args_next(args);

	if (word && !strcmp(word, "add"))
		return dev_change(args, true);
	if (word && !strcmp(word, "del"))
		return dev_change(args, false);
	if (word && !strcmp(word, "show"))
		return dev_show(args);
	return cli_usage(args->cli, "dev '%s': expected add, del or show",
			 word ? word : "");
}
