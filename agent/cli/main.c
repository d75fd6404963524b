// SPDX-License-Identifier: GPL-2.0
/* rtplane - look at and change the datapath, and ask the agent. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "state.h"

#define AGENT_SOCKET	"/run/rtplane/rtplaned.sock"

static const char usage[] =
"Usage: rtplane [OPTIONS] COMMAND\n"
"       rtplane [OPTIONS] -batch FILE|-\n"
"\n"
"The datapath: the kernel module, or an agent's in user space (legs only):\n"
"  dev add|del DEV            enrol or withdraw a network device\n"
"  dev show                   enrolled devices\n"
"  bridge add [cookie C] leg local A:P [WORDS] leg local A:P [WORDS] [bridge ...]\n"
"  bridge set [cookie C] leg local A:P [WORDS] leg local A:P [WORDS] [bridge ...]\n"
"  bridge del local A:P [local A:P ...] | local A:P state | cookie C | all\n"
"  leg set local A:P WORDS [unlatch] [moved] [proven A:P]\n"
"  leg show [local A:P | cookie C]\n"
"  leg state [local A:P | cookie C]\n"
"  natmap add ext A int A [ports LO-HI] [filter endpoint|address]\n"
"             [inside DEV|group:N] [outside DEV|group:N]\n"
"             [dscp V|preserve|map V0,...,V63] [pps N] [bps N]\n"
"  natmap del ext A [ports LO-HI]\n"
"  natmap show [ext A [ports LO-HI]]\n"
"  monitor [count N]          events as they happen\n"
"  stats                      totals of this network namespace\n"
"\n"
"WORDS: [remote A:P] [latch off|restricted|learn] [probation N] [prefix LEN]\n"
"       [early on|off] [relatch MS] [tie A:P] [dscp V|preserve|map V0,...,V63]\n"
"       [accept rtp|any] [unknown pass|drop] [pps N] [bps N] [mark N]\n"
"       [oif DEV|any] [silence MS] [ssrc-guard on|off] [only rtp|rtcp|both]\n"
"       [digits TYPES] [block nothing|digits|media] [mute on|off]\n"
"       [copy none|A:P to A:P [of rtp|rtcp|both]...] [state @FILE]\n"
"       [srtp-rx none|SUITE KEY|@FILE [mki HEX] [source SSRC index N rtcp-index N]...]\n"
"       [srtp-tx none|SUITE KEY|@FILE [mki HEX] [fresh] [source ...]...]\n"
"\n"
"The agent:\n"
"  status | calls | call ID | why ID | why ADDRESS | end ID\n"
"  bindings                   phones that have registered\n"
"  trunks                     lines of others: what works, and as whom we are registered\n"
"  tenants                    who shares a realm: what each has, and may have\n"
"  ng flags                   words of proxies that do nothing here\n"
"  ban list                   who is shut out, why and for how long\n"
"  ban add PREFIX [for TIME]  shut out an address or a network; TIME: 600, 10m, 2h, 1d\n"
"  ban del PREFIX             let it in again\n"
"  monitor bans [count N]     bans as they begin and end\n"
"  firewall [--format nft|iptables|ip6tables|table|csv|markdown|json]\n"
"           [--for host|edge|customer]   what a firewall must let through\n"
"  firewall --check           what this host's own rules do with that\n"
"  doctor                     what of this host keeps calls from working, and what to do\n"
"  reload                     read the configuration again\n"
"  check-config FILE          is this configuration in order?\n"
"  convert FILE               an rtpengine.conf as a configuration of ours\n"
"\n"
"Ports, from outside:\n"
"  probe serve token T [ports LO-HI] [sip PORT|off] [listen A] [for 60s]\n"
"  probe HOST token T [ports LO-HI] [sip PORT|off] [tcp] [pps N] [wait MS]\n"
"                             T: a secret of 16 characters or more, or @FILE\n"
"  stun HOST[:PORT] [other HOST[:PORT]] [from A[:P]]\n"
"                             how STUN servers see us, and what the NAT on the way does\n"
"\n"
"OPTIONS: -j, --json          JSON instead of text\n"
"         -s, --socket PATH   control socket of the agent\n"
"         -d, --datapath auto|kernel|uring[:PATH]\n"
"                             whom to ask; PATH: the agent's datapath socket\n"
"         -b, -batch FILE|-   commands from a file, one a line\n"
"         -f, -force          a batch goes on after a failure\n"
"         -V, --version       -h, --help\n"
"\n"
"Exit status: 0 done, 1 refused, 2 the command makes no sense.\n";

const char *args_peek(const struct args *args)
{
	return args->at < args->argc ? args->argv[args->at] : NULL;
}

const char *args_next(struct args *args)
{
	return args->at < args->argc ? args->argv[args->at++] : NULL;
}

bool args_take(struct args *args, const char *word)
{
	const char *next = args_peek(args);

	if (!next || strcmp(next, word))
		return false;
	args->at++;
	return true;
}

int args_end(struct args *args)
{
	const char *word = args_peek(args);

	if (!word)
		return CLI_OK;
	return cli_usage(args->cli, "%s: '%s': expected nothing more",
			 args->cmd, word);
}

static void complain(const struct cli *cli, const char *fmt, va_list args)
{
	int saved = errno;

	fflush(stdout);
	fputs("rtplane: ", stderr);
	if (cli->batch)
		fprintf(stderr, "%s:%u: ", cli->batch, cli->line);
	errno = saved;		/* for %m */
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(cli, fmt, args);
	va_end(args);
	return CLI_USAGE;
}

int cli_refused(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(cli, fmt, args);
	va_end(args);
	return CLI_REFUSED;
}

int cli_result(const struct cli *cli, int ret, const struct dp_err *err)
{
	return ret < 0 ? cli_refused(cli, "%s", err->text) : CLI_OK;
}

int cli_run(struct cli *cli, int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(struct args *args);
	} commands[] = {
		{ "dev", cmd_dev },
		{ "bridge", cmd_bridge },
		{ "leg", cmd_leg },
		{ "natmap", cmd_natmap },
		{ "monitor", cmd_monitor },
		{ "stats", cmd_stats },
		{ "status", cmd_agent },
		{ "calls", cmd_agent },
		{ "bindings", cmd_agent },
		{ "trunks", cmd_agent },
		{ "tenants", cmd_agent },
		{ "call", cmd_agent_call },
		{ "why", cmd_agent_why },
		{ "end", cmd_agent_call },
		{ "ng", cmd_agent_ng },
		{ "ban", cmd_ban },
		{ "firewall", cmd_firewall },
		{ "doctor", cmd_doctor },
		{ "reload", cmd_agent },
		{ "check-config", cmd_check_config },
		{ "convert", cmd_convert },
		{ "probe", cmd_probe },
		{ "stun", cmd_stun },
	};
	struct args args = {
		.cli = cli, .cmd = argv[0],
		.argv = argv + 1, .argc = argc - 1,
	};
	size_t i;
	int ret;

	if (!strcmp(argv[0], "help")) {
		fputs(usage, stdout);
		return CLI_OK;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, argv[0]))
			continue;
		if (!commands[i].run)
			return cli_refused(cli, "this program was built without '%s'",
					   argv[0]);
		ret = commands[i].run(&args);
		dp_sources_clear(&cli->sources);
		state_free(cli);
		return ret;
	}
	return cli_usage(cli, "there is no command '%s': see rtplane help",
			 argv[0]);
}

static bool is(const char *word, const char *brief, const char *full)
{
	/* iproute2 knows -json, everybody else --json */
	return !strcmp(word, brief) || !strcmp(word, full) ||
	       !strcmp(word, full + 1);
}

/* the word after an option, or NULL after a sentence */
static const char *option_value(struct cli *cli, struct args *args)
{
	const char *option = args_next(args);
	const char *value = args_peek(args);

	if (!value)
		cli_usage(cli, "option '%s' has no value", option);
	return value;
}

/*
 * Options, which end at the first word without a dash.  Returns the exit
 * status, or -1 to go on.
 */
static int options(struct cli *cli, struct args *args, const char **batch)
{
	const char **value;
	const char *word;

	for (; (word = args_peek(args)) && word[0] == '-' && word[1];
	     args->at++) {
		if (is(word, "-j", "--json")) {
			cli->json = true;
		} else if (is(word, "-f", "--force")) {
			cli->force = true;
		} else if (is(word, "-s", "--socket") ||
			   is(word, "-b", "--batch")) {
			value = is(word, "-b", "--batch") ? batch :
							    &cli->socket;
			*value = option_value(cli, args);
			if (!*value)
				return CLI_USAGE;
		} else if (is(word, "-d", "--datapath")) {
			word = option_value(cli, args);
			if (!word || cli_datapath(cli, "--datapath", word))
				return CLI_USAGE;
		} else if (is(word, "-h", "--help")) {
			fputs(usage, stdout);
			return CLI_OK;
		} else if (is(word, "-V", "--version")) {
			printf("rtplane %s\n", RTPLANE_VERSION);
			return CLI_OK;
		} else {
			return cli_usage(cli, "there is no option '%s': see rtplane --help",
					 word);
		}
	}
	return -1;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct args args = {
		.cli = cli, .cmd = "rtplane",
		.argv = argv + 1, .argc = argc - 1,
	};
	const char *batch = NULL;
	const char *word;
	int ret;

	word = getenv("RTPLANE_DATAPATH");
	if (word && *word && cli_datapath(cli, "RTPLANE_DATAPATH", word))
		return CLI_USAGE;
	ret = options(cli, &args, &batch);
	if (ret >= 0)
		return ret;
	if (batch) {
		ret = args_end(&args);
		return ret ? ret : cli_batch(cli, batch);
	}
	if (!args_peek(&args)) {
		fputs(usage, stderr);
		return CLI_USAGE;
	}
	return cli_run(cli, args.argc - args.at, args.argv + args.at);
}

int main(int argc, char **argv)
{
	struct cli cli = { .socket = AGENT_SOCKET, .datapath = "auto" };
	int ret;

	ret = run(&cli, argc, argv);
	cli.batch = NULL;
	if (fflush(stdout) || ferror(stdout))
		ret = cli_refused(&cli, "cannot write the output: %m");
	genl_close(cli.genl);
	return ret;
}
