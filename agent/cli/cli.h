/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program rtplane.  Every command is a function that takes its words and
 * returns the exit status; whoever finds an error prints its sentence.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "datapath/sources.h"
#include "netlink/genl.h"

/* exit statuses */
#define CLI_OK		0
#define CLI_REFUSED	1	/* by the kernel, the agent, the system */
#define CLI_USAGE	2	/* the command line makes no sense */

struct cli_state;

/**
 * struct cli - one run of the program
 * @json: print JSON instead of text
 * @force: a batch goes on after a failure
 * @socket: path of the agent's control socket
 * @datapath: "auto", "kernel", "uring" or "uring:PATH", where PATH is that of the
 *	agent's datapath socket
 * @batch: name of the batch file being read; NULL: none
 * @line: line of the batch file
 * @genl: the connection to the datapath, made when first needed
 * @sources: of keys that the present command names or shows
 * @states: of legs, that it has read
 */
struct cli {
	bool json;
	bool force;
	const char *socket;
	const char *datapath;
	const char *batch;
	unsigned int line;
	struct genl *genl;
	struct dp_sources sources;
	struct cli_state *states;
};

/**
 * struct args - the words of one command
 * @cli: the run they belong to
 * @cmd: for sentences: "bridge add"
 * @argv: the words
 * @argc: how many
 * @at: the next one
 */
struct args {
	struct cli *cli;
	const char *cmd;
	char **argv;
	int argc;
	int at;
};

/* the next word, or NULL; peek does not take it */
const char *args_next(struct args *args);
const char *args_peek(const struct args *args);

/* takes the next word if it is this one */
bool args_take(struct args *args, const char *word);

/* CLI_OK, or a sentence and CLI_USAGE if a word is left */
int args_end(struct args *args);

/* print a sentence on stderr; return CLI_USAGE or CLI_REFUSED */
int cli_usage(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int cli_refused(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * cli_result() - exit status of a request
 * @cli: the run
 * @ret: what genl_*() returned
 * @err: the sentence, printed if @ret is negative
 *
 * Return: CLI_OK or CLI_REFUSED.
 */
int cli_result(const struct cli *cli, int ret, const struct dp_err *err);

/**
 * cli_genl() - the connection to the datapath
 * @cli: the run; owns the connection
 *
 * Return: the connection, or NULL after a sentence: CLI_REFUSED.
 */
struct genl *cli_genl(struct cli *cli);

/**
 * cli_genl_new() - a connection to the datapath that nobody shares
 * @cli: the run
 *
 * With "auto" the module is taken if it is loaded, else an agent's user-space
 * datapath if one answers.
 *
 * Return: the connection, which the caller ends with genl_close(), or NULL after
 * a sentence.
 */
struct genl *cli_genl_new(struct cli *cli);

/**
 * cli_datapath() - which datapath is meant from now on
 * @cli: the run
 * @from: for the sentence: who said so
 * @word: "auto", "kernel", "uring" or "uring:PATH"; outlives @cli
 *
 * Return: CLI_OK, or CLI_USAGE after a sentence.
 */
int cli_datapath(struct cli *cli, const char *from, const char *word);

/**
 * cli_run() - do one command
 * @cli: the run
 * @argc: words
 * @argv: the words, argv[0] is the first word of the command
 *
 * Return: exit status.
 */
int cli_run(struct cli *cli, int argc, char **argv);

/**
 * cli_ask() - ask the agent (agent.c)
 * @cli: the run
 * @cmd: a command of its control socket
 * @id: a word that goes with it; NULL: none
 * @more: another; NULL: none
 *
 * Return: what it answers, a new reference; NULL after a sentence: CLI_REFUSED.
 */
json_t *cli_ask(const struct cli *cli, const char *cmd, const char *id,
		const char *more);

/**
 * cli_listen() - hear what happens in the agent, until it goes (agent.c)
 * @cli: the run
 * @fn: called for each event; false: that was enough
 * @arg: for @fn
 *
 * Return: CLI_OK if @fn had enough, otherwise CLI_REFUSED after a sentence.
 */
int cli_listen(const struct cli *cli, bool (*fn)(json_t *event, void *arg), void *arg);

/**
 * cli_tester() - have the agent open media ports for a port tester (agent.c)
 * @cli: the program's run
 * @low: the first port
 * @high: the last
 * @addr: at which address; family 0: at each
 * @opened: how many places were opened in its nftables
 *
 * Return: what keeps them open until it is closed; -1: there is no agent, or it will not,
 * and then there was a sentence.
 */
int cli_tester(const struct cli *cli, uint16_t low, uint16_t high,
	       const struct dp_addr *addr, unsigned int *opened);

/** cli_print() - print a result, as text or as JSON */
void cli_print(const struct cli *cli, const json_t *result);

/* batch.c */
int cli_batch(struct cli *cli, const char *file);

/* the commands, each with the words after its own */
int cmd_dev(struct args *args);
int cmd_bridge(struct args *args);
int cmd_leg(struct args *args);
int cmd_natmap(struct args *args);
int cmd_monitor(struct args *args);
int cmd_stats(struct args *args);
int cmd_agent(struct args *args);
int cmd_agent_call(struct args *args);
int cmd_agent_why(struct args *args);
int cmd_agent_ng(struct args *args);
int cmd_ban(struct args *args);
int cmd_firewall(struct args *args);
int cmd_check_config(struct args *args);
int cmd_convert(struct args *args);

/*
 * Absent from a program that is linked without OpenSSL and the libraries of nftables, as
 * that of the guests is.
 */
int cmd_probe(struct args *args) __attribute__((weak));
int cmd_stun(struct args *args) __attribute__((weak));
int cmd_firewall_check(struct args *args) __attribute__((weak));
int cmd_doctor(struct args *args) __attribute__((weak));

#endif /* CLI_CLI_H */
