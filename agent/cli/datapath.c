// SPDX-License-Identifier: GPL-2.0
/* Which datapath is meant: the kernel module, or an agent's in user space. */
#include <errno.h>
#include <string.h>

#include "cli.h"

#define DATAPATH_SOCKET	"/run/rtplane/datapath.sock"

/* the module first: it may be there beside an agent that does not use it */
static int open_either(struct genl **genl, struct dp_err *err)
{
	struct dp_err agent = {};
	int ret = genl_open(genl, err);

	if (ret != -ENOENT)
		return ret;
	ret = genl_open_agent(genl, DATAPATH_SOCKET, &agent);
	if (!ret)
		return 0;
	return dp_fail(err, ENOENT,
		       "the kernel has no netlink family 'rtplane': the module rtplane is not loaded (modprobe rtplane); and %s",
		       agent.text);
}

struct genl *cli_genl_new(struct cli *cli)
{
	const char *word = cli->datapath;
	struct genl *genl = NULL;
	struct dp_err err = {};
	int ret;

	if (!strcmp(word, "auto"))
		ret = open_either(&genl, &err);
	else if (!strcmp(word, "kernel"))
		ret = genl_open(&genl, &err);
	else if (!strcmp(word, "uring"))
		ret = genl_open_agent(&genl, DATAPATH_SOCKET, &err);
	else
		ret = genl_open_agent(&genl, word + strlen("uring:"), &err);
	cli_result(cli, ret, &err);
	return ret ? NULL : genl;
}

struct genl *cli_genl(struct cli *cli)
{
	if (!cli->genl)
		cli->genl = cli_genl_new(cli);
	return cli->genl;
}

int cli_datapath(struct cli *cli, const char *from, const char *word)
{
	bool path = !strncmp(word, "uring:", strlen("uring:"));

	if (strcmp(word, "auto") && strcmp(word, "kernel") &&
	    strcmp(word, "uring") && (!path || !word[strlen("uring:")]))
		return cli_usage(cli,
				 "%s '%s': expected auto, kernel, uring or uring:PATH",
				 from, word);
	cli->datapath = word;
	return CLI_OK;
}
