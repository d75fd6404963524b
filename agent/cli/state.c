// SPDX-License-Identifier: GPL-2.0
/* The state of a leg as JSON, there and back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/names.h"
#include "datapath/saved.h"
#include "out.h"
#include "state.h"

/**
 * struct cli_state - a state that was read
 * @next: another
 * @saved: the state
 */
struct cli_state {
	struct cli_state *next;
	struct dp_saved saved;
};

void state_free(struct cli *cli)
{
	struct cli_state *state;

	while ((state = cli->states)) {
		cli->states = state->next;
		free(state);
	}
}

/* --- there --- */

static void out_member(json_t *o, const struct dp_member *m, const void *from)
{
	uint64_t value = dp_member_get(m, from);

	if (m->kind == DP_ADDR)
		out_some_addr(o, m->name,
			      (const void *)((const char *)from + m->at));
	else if (m->kind == DP_FLAG && value)
		json_object_set_new(o, m->name, json_true());
	else if (m->kind == DP_S32 && value)
		json_object_set_new(o, m->name,
				    json_integer((int32_t)(uint32_t)value));
	else if (m->kind == DP_REASON && value)
		out_str(o, m->name, dp_reason_name((unsigned int)value));
	else if (value || !strcmp(m->name, "ssrc"))
		out_uint(o, m->name, value);
}

static json_t *out_members(json_t *o, const struct dp_member *m,
			   const void *from)
{
	for (; m->name; m++)
		out_member(o, m, from);
	return o;
}

static void out_window(json_t *o, const char *name, const uint8_t *window,
		       unsigned int n)
{
	char text[2 * RTPLANE_SRTP_WINDOW_LEN + 1];
	unsigned int i;

	for (i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", window[i]);
	out_str(o, name, text);
}

static json_t *out_sources(const struct dp_source *source, unsigned int n)
{
	json_t *array = json_array(), *o;

	for (; n; n--, source++) {
		o = out_members(json_object(), dp_saved_source_members, source);
		if (source->has_index)
			out_uint(o, "index", source->index);
		if (source->has_rtcp_index)
			out_uint(o, "rtcp_index", source->rtcp_index);
		if (source->has_window)
			out_window(o, "window", source->window,
				   sizeof(source->window));
		if (source->has_rtcp_window)
			out_window(o, "rtcp_window", source->rtcp_window,
				   sizeof(source->rtcp_window));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *out_counts(const uint64_t *counts, unsigned int n)
{
	json_t *o = json_object();
	char key[12];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%u", i);
		if (counts[i])
			out_uint(o, key, counts[i]);
	}
	return o;
}

static json_t *out_state(const struct dp_leg_info *leg)
{
	const struct dp_saved *s = &leg->saved;
	json_t *o = json_object(), *known = json_array();
	unsigned int i;

	out_some_addr(o, "local", &leg->conf.local);
	out_uint(o, "generation", leg->generation);
	out_members(o, dp_saved_members, s);
	for (i = 0; i < s->n_known; i++)
		json_array_append_new(known, json_integer(s->known[i]));
	json_object_set_new(o, "known", known);
	out_drops(o, s->drops);
	json_object_set_new(o, "dscp_seen",
			    out_counts(s->dscp_seen, RTPLANE_DSCP_MAP_LEN));
	if (s->rtp.present)
		json_object_set_new(o, "rtp",
				    out_members(json_object(),
						dp_saved_rtp_members, &s->rtp));
	if (s->rtcp.present)
		json_object_set_new(o, "rtcp",
				    out_members(json_object(),
						dp_saved_rtcp_members,
						&s->rtcp));
	json_object_set_new(o, "srtp_rx", out_sources(s->rx, s->n_rx));
	json_object_set_new(o, "srtp_tx", out_sources(s->tx, s->n_tx));
	return o;
}

void state_print(const struct dp_leg_info *legs, size_t n)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(array, out_state(&legs[i]));
	out_json(array);
}

/* --- and back --- */

/* a number, or the digits of one that is beyond what JSON counts to */
static bool get_number(const json_t *value, uint64_t *number)
{
	char *end;

	if (json_is_integer(value)) {
		*number = (uint64_t)json_integer_value(value);
		return json_integer_value(value) >= 0;
	}
	if (!json_is_string(value) || !*json_string_value(value) ||
	    strspn(json_string_value(value), "0123456789") !=
	    json_string_length(value))
		return false;
	errno = 0;
	*number = strtoull(json_string_value(value), &end, 10);
	return !errno;
}

static bool get_reason(const struct dp_member *m, const json_t *value,
		       void *to)
{
	unsigned int i;

	for (i = 0; json_is_string(value) && i <= RTPLANE_REASON_MAX; i++) {
		if (strcmp(dp_reason_name(i), json_string_value(value)))
			continue;
		dp_member_set(m, to, i);
		return true;
	}
	return false;
}

static bool fits(const struct dp_member *m, uint64_t number)
{
	size_t bits = 8 * dp_member_size(m);

	return bits == 64 || !(number >> bits);
}

static bool get_member(const struct dp_member *m, const json_t *value, void *to)
{
	uint64_t number;

	if (m->kind == DP_ADDR)
		return json_is_string(value) &&
		       dp_addr_parse_leg(json_string_value(value),
					 (void *)((char *)to + m->at));
	if (m->kind == DP_REASON)
		return get_reason(m, value, to);
	if (m->kind == DP_FLAG) {
		dp_member_set(m, to, json_is_true(value));
		return json_is_boolean(value);
	}
	if (m->kind == DP_S32) {
		dp_member_set(m, to, (uint64_t)json_integer_value(value));
		return json_is_integer(value) &&
		       json_integer_value(value) >= INT32_MIN &&
		       json_integer_value(value) <= INT32_MAX;
	}
	if (!get_number(value, &number) || !fits(m, number))
		return false;
	dp_member_set(m, to, number);
	return true;
}

static const struct dp_member *find(const struct dp_member *m, const char *name)
{
	for (; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/**
 * struct reading - a state being read
 * @args: for sentences
 * @file: name of the file
 * @saved: the state
 */
struct reading {
	struct args *args;
	const char *file;
	struct dp_saved *saved;
};

static int no_good(const struct reading *r, const char *where, const char *name)
{
	return cli_refused(r->args->cli,
			   "%s: state '%s': %s%s is none, or has no such value",
			   r->args->cmd, r->file, where, name);
}

/* an object that has members of a table and nothing else */
static int get_object(const struct reading *r, const char *where,
		      const json_t *o, const struct dp_member *members,
		      void *to)
{
	const struct dp_member *m;
	const char *name;
	json_t *value;

	if (!json_object_get(o, "ssrc"))
		return no_good(r, where, "ssrc");
	json_object_foreach((json_t *)(uintptr_t)o, name, value) {
		m = find(members, name);
		if (!m || !get_member(m, value, to))
			return no_good(r, where, name);
	}
	return CLI_OK;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool get_window(const json_t *value, uint8_t *window, size_t n,
		       bool *has)
{
	const char *text = json_string_value(value);
	size_t i;
	int hi, lo;

	if (!text || json_string_length(value) != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		hi = digit(text[2 * i]);
		lo = digit(text[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		window[i] = (uint8_t)(hi << 4 | lo);
	}
	*has = true;
	return true;
}

static bool get_of_source(const char *name, const json_t *value,
			  struct dp_source *source)
{
	const struct dp_member *m = find(dp_saved_source_members, name);
	uint64_t number;

	if (m)
		return get_member(m, value, source);
	if (!strcmp(name, "window"))
		return get_window(value, source->window,
				  sizeof(source->window), &source->has_window);
	if (!strcmp(name, "rtcp_window"))
		return get_window(value, source->rtcp_window,
				  sizeof(source->rtcp_window),
				  &source->has_rtcp_window);
	if (!get_number(value, &number))
		return false;
	if (!strcmp(name, "index")) {
		source->has_index = true;
		source->index = number;
		return true;
	}
	source->has_rtcp_index = true;
	source->rtcp_index = (uint32_t)number;
	return !strcmp(name, "rtcp_index") && number <= INT32_MAX;
}

static int get_sources(const struct reading *r, const char *where,
		       const json_t *array, const struct dp_source **sources,
		       unsigned int *n)
{
	struct dp_source *source;
	const char *name;
	json_t *o, *value;
	size_t i;

	*n = (unsigned int)json_array_size(array);
	if (!json_is_array(array) || *n > RTPLANE_SRTP_SSRCS_MAX)
		return no_good(r, where, "");
	if (!*n)
		return CLI_OK;
	source = dp_sources_take(&r->args->cli->sources, *n);
	if (!source)
		return cli_refused(r->args->cli, "%s: no memory", r->args->cmd);
	*sources = source;
	json_array_foreach((json_t *)(uintptr_t)array, i, o) {
		if (!json_object_get(o, "ssrc"))
			return no_good(r, where, ".ssrc");
		json_object_foreach(o, name, value)
			if (!get_of_source(name, value, &source[i]))
				return no_good(r, where, name);
	}
	return CLI_OK;
}

static int get_known(const struct reading *r, const json_t *array)
{
	struct dp_saved *s = r->saved;
	uint64_t number;
	json_t *value;
	size_t i;

	if (!json_is_array(array) ||
	    json_array_size(array) > RTPLANE_SAVED_KNOWN_MAX)
		return no_good(r, "known", "");
	json_array_foreach((json_t *)(uintptr_t)array, i, value) {
		if (!get_number(value, &number) || number > UINT32_MAX)
			return no_good(r, "known", "");
		s->known[s->n_known++] = (uint32_t)number;
	}
	return CLI_OK;
}

/* the number that a name of a count stands for; @n: none */
static unsigned int drop_of(const char *name, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && strcmp(dp_drop_name(i), name); i++)
		;
	return i;
}

static unsigned int dscp_of(const char *name, unsigned int n)
{
	char text[12];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%u", i);
		if (!strcmp(text, name))
			break;
	}
	return i;
}

static int get_counts(const struct reading *r, const char *where,
		      const json_t *o, uint64_t *counts, unsigned int n,
		      unsigned int (*of)(const char *name, unsigned int n))
{
	const char *name;
	unsigned int i;
	json_t *value;

	if (!json_is_object(o))
		return no_good(r, where, "");
	json_object_foreach((json_t *)(uintptr_t)o, name, value) {
		i = of(name, n);
		if (i == n || !get_number(value, &counts[i]))
			return no_good(r, where, name);
	}
	return CLI_OK;
}

static int get_part(const struct reading *r, const char *name,
		    const json_t *value)
{
	const struct dp_member *m = find(dp_saved_members, name);
	struct dp_saved *s = r->saved;

	if (!strcmp(name, "local") || !strcmp(name, "generation"))
		return CLI_OK;
	if (m)
		return get_member(m, value, s) ? CLI_OK : no_good(r, "", name);
	if (!strcmp(name, "known"))
		return get_known(r, value);
	if (!strcmp(name, "drops"))
		return get_counts(r, "drops ", value, s->drops,
				  __RTPLANE_DROP_MAX, drop_of);
	if (!strcmp(name, "dscp_seen"))
		return get_counts(r, "dscp_seen ", value, s->dscp_seen,
				  RTPLANE_DSCP_MAP_LEN, dscp_of);
	s->rtp.present |= !strcmp(name, "rtp");
	s->rtcp.present |= !strcmp(name, "rtcp");
	if (!strcmp(name, "rtp"))
		return get_object(r, "rtp ", value, dp_saved_rtp_members,
				  &s->rtp);
	if (!strcmp(name, "rtcp"))
		return get_object(r, "rtcp ", value, dp_saved_rtcp_members,
				  &s->rtcp);
	if (!strcmp(name, "srtp_rx"))
		return get_sources(r, "srtp_rx ", value, &s->rx, &s->n_rx);
	if (!strcmp(name, "srtp_tx"))
		return get_sources(r, "srtp_tx ", value, &s->tx, &s->n_tx);
	return no_good(r, "", name);
}

/* the object of a leg in what was read; NULL: there is none */
static const json_t *of_leg(const json_t *all, const struct dp_addr *local)
{
	struct dp_addr addr;
	const char *text;
	const json_t *o;
	size_t i;

	for (i = 0; i < (json_is_array(all) ? json_array_size(all) : 1); i++) {
		o = json_is_array(all) ? json_array_get(all, i) : all;
		text = json_string_value(json_object_get(o, "local"));
		if (text && dp_addr_parse_leg(text, &addr) &&
		    dp_addr_eq(&addr, local))
			return o;
	}
	return NULL;
}

static int read_parts(struct args *args, const char *file, const json_t *o,
		      struct dp_leg *leg)
{
	struct cli_state *state = calloc(1, sizeof(*state));
	struct reading r = { .args = args, .file = file };
	const char *name;
	json_t *value;
	int ret;

	if (!state)
		return cli_refused(args->cli, "%s: no memory", args->cmd);
	state->next = args->cli->states;
	args->cli->states = state;
	r.saved = &state->saved;
	json_object_foreach((json_t *)(uintptr_t)o, name, value) {
		ret = get_part(&r, name, value);
		if (ret)
			return ret;
	}
	leg->set |= DP_LEG_SAVED;
	leg->saved = &state->saved;
	return CLI_OK;
}

int state_read(struct args *args, const char *file, struct dp_leg *leg)
{
	char text[DP_ADDR_STRLEN];
	const json_t *o;
	json_error_t why;
	json_t *all;
	int ret;

	all = json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	if (!all)
		return cli_refused(args->cli,
				   "%s: cannot read the state '%s': line %d: %s",
				   args->cmd, file, why.line, why.text);
	o = of_leg(all, &leg->local);
	if (o)
		ret = read_parts(args, file, o, leg);
	else
		ret = cli_refused(args->cli,
				  "%s: state '%s' has none of leg %s",
				  args->cmd, file,
				  dp_addr_str(&leg->local, text, sizeof(text)));
	json_decref(all);
	return ret;
}
