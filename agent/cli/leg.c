// SPDX-License-Identifier: GPL-2.0
/* rtplane leg set|show|state */
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "keys.h"
#include "leg.h"
#include "out.h"
#include "srtp.h"
#include "state.h"

#define MS	"milliseconds, 0 to 4294967295"
#define A_P	"A:P, with IPv6 [A]:P"

/* not a bit of struct dp_leg: "local" is no setting, it says which leg */
#define SEEN_LOCAL	(1u << 31)

static const struct key leg_keys[] = {
	{ .word = "local", .bit = SEEN_LOCAL, .type = KEY_ADDR,
	  .offset = offsetof(struct dp_leg, local), .expect = A_P },
	{ .word = "remote", .bit = DP_LEG_REMOTE, .type = KEY_ADDR,
	  .offset = offsetof(struct dp_leg, remote), .expect = A_P },
	{ .word = "latch", .bit = DP_LEG_LATCH, .type = KEY_WORD,
	  .offset = offsetof(struct dp_leg, latch), .parse = dp_latch_parse,
	  .expect = "off, restricted or learn" },
	{ .word = "probation", .bit = DP_LEG_PROBATION, .type = KEY_U8,
	  .offset = offsetof(struct dp_leg, probation), .max = UINT8_MAX,
	  .expect = "packets, 0 to 32" },
	{ .word = "prefix", .bit = DP_LEG_PREFIX, .type = KEY_U8,
	  .offset = offsetof(struct dp_leg, prefix), .max = UINT8_MAX,
	  .expect = "bits, 1 to 32 or to 128" },
	{ .word = "early", .bit = DP_LEG_EARLY, .type = KEY_ONOFF,
	  .offset = offsetof(struct dp_leg, early), .expect = "on or off" },
	{ .word = "relatch", .bit = DP_LEG_RELATCH, .type = KEY_U32,
	  .offset = offsetof(struct dp_leg, relatch), .max = UINT32_MAX,
	  .expect = MS },
	{ .word = "tie", .bit = DP_LEG_TIE, .type = KEY_ADDR,
	  .offset = offsetof(struct dp_leg, tie), .expect = A_P },
	{ .word = "accept", .bit = DP_LEG_ACCEPT, .type = KEY_WORD,
	  .offset = offsetof(struct dp_leg, accept), .parse = dp_accept_parse,
	  .expect = "rtp or any" },
	{ .word = "unknown", .bit = DP_LEG_UNKNOWN, .type = KEY_WORD,
	  .offset = offsetof(struct dp_leg, unknown),
	  .parse = dp_unknown_parse, .expect = "pass or drop" },
	{ .word = "pps", .bit = DP_LEG_PPS, .type = KEY_U32,
	  .offset = offsetof(struct dp_leg, pps), .max = UINT32_MAX,
	  .expect = "packets/s, 0 to 4294967295" },
	{ .word = "bps", .bit = DP_LEG_BPS, .type = KEY_U64,
	  .offset = offsetof(struct dp_leg, bps), .max = UINT64_MAX,
	  .expect = "bits/s, 0 or more" },
	{ .word = "mark", .bit = DP_LEG_MARK, .type = KEY_U32,
	  .offset = offsetof(struct dp_leg, mark), .max = UINT32_MAX,
	  .expect = "a number, 0 to 0xffffffff" },
	{ .word = "oif", .bit = DP_LEG_OIF, .type = KEY_DEV,
	  .offset = offsetof(struct dp_leg, oif),
	  .expect = "a network device or 'any'" },
	{ .word = "silence", .bit = DP_LEG_SILENCE, .type = KEY_U32,
	  .offset = offsetof(struct dp_leg, silence), .max = UINT32_MAX,
	  .expect = MS },
	{ .word = "ssrc-guard", .bit = DP_LEG_SSRC_GUARD, .type = KEY_ONOFF,
	  .offset = offsetof(struct dp_leg, ssrc_guard),
	  .expect = "on or off" },
	{ .word = "mute", .bit = DP_LEG_MUTE, .type = KEY_ONOFF,
	  .offset = offsetof(struct dp_leg, mute), .expect = "on or off" },
	{ .word = "only", .bit = DP_LEG_ONLY, .type = KEY_WORD,
	  .offset = offsetof(struct dp_leg, only), .parse = dp_only_parse,
	  .expect = "rtp, rtcp or both" },
	{ .word = "digits", .bit = DP_LEG_DIGITS, .type = KEY_U32,
	  .offset = offsetof(struct dp_leg, digits), .max = UINT32_MAX,
	  .expect = "a number, 0 to 0xffffffff: bit n is payload type 96 + n" },
	{ .word = "block", .bit = DP_LEG_BLOCK, .type = KEY_WORD,
	  .offset = offsetof(struct dp_leg, block), .parse = dp_block_parse,
	  .expect = "nothing, digits or media" },
	{}
};

static const struct key order_keys[] = {
	{ .word = "unlatch", .bit = DP_LEG_UNLATCH, .type = KEY_FLAG },
	{ .word = "moved", .bit = DP_LEG_MOVED, .type = KEY_FLAG },
	{ .word = "proven", .bit = DP_LEG_PROVEN, .type = KEY_ADDR,
	  .offset = offsetof(struct dp_leg, proven), .expect = A_P },
	{}
};

static int parse_dscp(struct args *args, struct dp_leg *leg)
{
	struct key_dscp dscp;
	int ret;

	if (leg->set & DP_LEG_DSCP_MODE)
		return key_twice(args, "dscp");
	ret = key_read_dscp(args, &dscp);
	if (ret)
		return ret;
	leg->set |= DP_LEG_DSCP_MODE;
	leg->dscp_mode = dscp.mode;
	if (dscp.mode == RTPLANE_DSCP_SET)
		leg->set |= DP_LEG_DSCP;
	leg->dscp = dscp.value;
	if (dscp.mode == RTPLANE_DSCP_MAP)
		leg->set |= DP_LEG_DSCP_MAP;
	memcpy(leg->dscp_map, dscp.map, sizeof(leg->dscp_map));
	return CLI_OK;
}

static int parse_srtp(struct args *args, const char *word, struct dp_leg *leg)
{
	bool rx = !strcmp(word, "srtp-rx");
	uint32_t bit = rx ? DP_LEG_SRTP_RX : DP_LEG_SRTP_TX;

	if (leg->set & bit)
		return key_twice(args, word);
	leg->set |= bit;
	return srtp_parse(args, word, rx ? &leg->srtp_rx : &leg->srtp_tx);
}

static bool parse_output(struct args *args, const char *from, struct dp_copy *c)
{
	const char *word = args_next(args), *to = args_next(args);

	if (!word || strcmp(word, "to") || !to ||
	    !dp_addr_parse_leg(from, &c->from) || !dp_addr_parse_leg(to, &c->to))
		return false;
	word = args_peek(args);
	if (!word || strcmp(word, "of"))
		return true;
	args_next(args);
	word = args_next(args);
	return word && dp_only_parse(word, &c->only);
}

/* "none", or one more output */
static int parse_copy(struct args *args, struct dp_leg *leg)
{
	const char *word = args_next(args);
	struct dp_copy *copies;
	unsigned int i;

	if (word && !strcmp(word, "none")) {
		if (leg->set & DP_LEG_COPIES)
			return key_twice(args, "copy");
		leg->set |= DP_LEG_COPIES;
		return CLI_OK;
	}
	if (leg->set & DP_LEG_COPIES && !leg->n_copies)
		return key_twice(args, "copy");
	copies = dp_copies_take(&args->cli->sources, leg->n_copies + 1);
	if (!copies)
		return cli_usage(args->cli, "%s: no memory", args->cmd);
	for (i = 0; i < leg->n_copies; i++)
		copies[i] = leg->copies[i];
	if (!word || !parse_output(args, word, &copies[leg->n_copies]))
		return cli_usage(args->cli,
				 "%s: copy '%s': expected none, or A:P to A:P [of rtp|rtcp|both]",
				 args->cmd, word ? word : "");
	leg->set |= DP_LEG_COPIES;
	leg->copies = copies;
	leg->n_copies++;
	return CLI_OK;
}

/* what stands where a key could is not told */
static int no_word(const struct args *args, const struct dp_leg *leg,
		   const char *word)
{
	if (leg->set & (DP_LEG_SRTP_RX | DP_LEG_SRTP_TX) && strlen(word) > 20)
		return cli_usage(args->cli,
				 "%s: a word of %zu characters after those of SRTP is no word of a leg",
				 args->cmd, strlen(word));
	return cli_usage(args->cli, "%s: '%s' is no word of a leg", args->cmd,
			 word);
}

/* the name of the file behind "state" */
static int parse_state(struct args *args, const char **file)
{
	const char *value = args_next(args);

	if (*file)
		return key_twice(args, "state");
	if (!value || value[0] != '@' || !value[1])
		return cli_usage(args->cli, "%s: state '%s': expected @FILE",
				 args->cmd, value ? value : "");
	*file = value + 1;
	return CLI_OK;
}

int leg_parse(struct args *args, struct dp_leg *leg, bool orders)
{
	const char *state = NULL;
	const struct key *key;
	const char *word;
	int ret;

	memset(leg, 0, sizeof(*leg));
	while ((word = args_peek(args)) && strcmp(word, "leg") &&
	       strcmp(word, "bridge")) {
		args_next(args);
		key = key_find(leg_keys, word);
		if (!key && orders)
			key = key_find(order_keys, word);
		if (key)
			ret = key_read(args, key, &leg->set, leg);
		else if (!strcmp(word, "dscp"))
			ret = parse_dscp(args, leg);
		else if (!strcmp(word, "srtp-rx") || !strcmp(word, "srtp-tx"))
			ret = parse_srtp(args, word, leg);
		else if (!strcmp(word, "copy"))
			ret = parse_copy(args, leg);
		else if (!strcmp(word, "state"))
			ret = parse_state(args, &state);
		else
			ret = no_word(args, leg, word);
		if (ret)
			return ret;
	}
	if (!(leg->set & SEEN_LOCAL))
		return cli_usage(args->cli,
				 "%s: a leg has no local address: expected local A:P",
				 args->cmd);
	leg->set &= ~SEEN_LOCAL;
	return state ? state_read(args, state, leg) : CLI_OK;
}

static int leg_change(struct args *args)
{
	struct dp_err err = {};
	struct genl *genl;
	struct dp_leg leg;
	int ret;

	args->cmd = "leg set";
	ret = leg_parse(args, &leg, true);
	if (!ret)
		ret = args_end(args);
	if (ret)
		return ret;
	if (!leg.set)
		return cli_usage(args->cli,
				 "leg set: nothing to change: expected words after the local address");
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	ret = genl_leg_set(genl, &leg, &err);
	explicit_bzero(&leg, sizeof(leg));
	return cli_result(args->cli, ret, &err);
}

static void print_legs(const struct cli *cli, bool state,
		       const struct dp_leg_info *legs, size_t n)
{
	json_t *array = cli->json && !state ? json_array() : NULL;
	size_t i;

	if (state) {
		state_print(legs, n);
		return;
	}
	for (i = 0; i < n; i++) {
		if (cli->json)
			json_array_append_new(array, out_leg(&legs[i]));
		else
			out_text_leg(&legs[i]);
	}
	if (cli->json)
		out_json(array);
}

struct leg_which {
	uint32_t set;
	struct dp_addr local;
	uint64_t cookie;
};

static const struct key which_keys[] = {
	{ .word = "local", .bit = 1, .type = KEY_ADDR,
	  .offset = offsetof(struct leg_which, local), .expect = A_P },
	{ .word = "cookie", .bit = 2, .type = KEY_U64,
	  .offset = offsetof(struct leg_which, cookie), .max = UINT64_MAX,
	  .expect = "a number, 1 or more" },
	{}
};

static int parse_which(struct args *args, struct leg_which *which)
{
	const struct key *key;
	const char *word;
	int ret;

	while ((word = args_next(args))) {
		key = key_find(which_keys, word);
		if (!key)
			return cli_usage(args->cli,
					 "%s: '%s': expected local A:P or cookie C",
					 args->cmd, word);
		ret = key_read(args, key, &which->set, which);
		if (ret)
			return ret;
	}
	if (which->set == 3)
		return cli_usage(args->cli,
				 "%s: expected either local A:P or cookie C",
				 args->cmd);
	if (which->set == 2 && !which->cookie)
		return cli_usage(args->cli,
				 "%s: cookie '0': expected a number, 1 or more",
				 args->cmd);
	return CLI_OK;
}

/* @state: their state, instead of what they are and have seen */
static int leg_show(struct args *args, bool state)
{
	struct leg_which which = {};
	struct dp_leg_info *legs;
	struct dp_leg_info leg;
	struct dp_err err = {};
	struct genl *genl;
	size_t n;
	int ret;

	args->cmd = state ? "leg state" : "leg show";
	ret = parse_which(args, &which);
	if (ret)
		return ret;
	genl = cli_genl(args->cli);
	if (!genl)
		return CLI_REFUSED;
	if (which.local.family) {
		ret = genl_leg_get(genl, &which.local, state, &leg,
				   &args->cli->sources, &err);
		if (!ret)
			print_legs(args->cli, state, &leg, 1);
		return cli_result(args->cli, ret, &err);
	}
	ret = genl_legs(genl, which.cookie, state, &legs, &n,
			&args->cli->sources, &err);
	if (!ret)
		print_legs(args->cli, state, legs, n);
	free(legs);
	return cli_result(args->cli, ret, &err);
}

int cmd_leg(struct args *args)
{
	const char *word = args_next(args);

	if (word && !strcmp(word, "set"))
		return leg_change(args);
	if (word && !strcmp(word, "show"))
		return leg_show(args, false);
	if (word && !strcmp(word, "state"))
		return leg_show(args, true);
	return cli_usage(args->cli, "leg '%s': expected set, show or state",
			 word ? word : "");
}
