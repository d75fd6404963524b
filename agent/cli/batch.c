// SPDX-License-Identifier: GPL-2.0
/* rtplane -batch: one command a line, all over one connection to the module. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/*
 * Split a line into words at blanks, in place; a '#' at the head of a word
 * starts a comment.  Returns the words, which the caller frees; they point into
 * the line.
 */
static char **split(char *line, int *argc)
{
	char **argv = NULL;
	size_t room = 0;
	char **more;
	char *word;
	char *save;

	*argc = 0;
	for (word = strtok_r(line, " \t\r\n", &save); word && *word != '#';
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if ((size_t)*argc == room) {
			room = room ? room * 2 : 64;
			more = reallocarray(argv, room, sizeof(*argv));
			if (!more) {
				free(argv);
				*argc = -1;
				return NULL;
			}
			argv = more;
		}
		argv[(*argc)++] = word;
	}
	return argv;
}

static int run_line(struct cli *cli, char *line)
{
	char **argv;
	int argc;
	int ret;

	argv = split(line, &argc);
	if (argc < 0)
		return cli_refused(cli, "no memory for a line");
	if (!argc)
		return CLI_OK;
	ret = cli_run(cli, argc, argv);
	free(argv);
	return ret;
}

int cli_batch(struct cli *cli, const char *name)
{
	bool std = !strcmp(name, "-");
	FILE *file = std ? stdin : fopen(name, "re");
	int status = CLI_OK;
	char *line = NULL;
	size_t room = 0;
	int ret;

	if (!file)
		return cli_refused(cli, "cannot read the batch '%s': %m", name);
	cli->batch = std ? "stdin" : name;
	for (cli->line = 1; getline(&line, &room, file) >= 0; cli->line++) {
		ret = run_line(cli, line);
		/* there may be a key in it */
		explicit_bzero(line, room);
		if (!ret)
			continue;
		if (!status)
			status = ret;
		if (!cli->force)
			break;
	}
	if (ferror(file)) {
		cli->batch = NULL;
		status = cli_refused(cli, "cannot read the batch '%s': %m",
				     name);
	}
	free(line);
	if (!std)
		fclose(file);
	return status;
}
