// SPDX-License-Identifier: GPL-2.0
/* For people and programs: columns, comma separated values, Markdown, JSON. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define COLUMNS	7

static const char *const names[COLUMNS] = {
	"what", "realm", "protocol", "address", "ports", "from", "dscp",
};

bool firewall_view_parse(const char *word, enum firewall_view *view)
{
	static const char *const words[] = { "host", "edge", "customer" };
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i], word)) {
			*view = (enum firewall_view)i;
			return true;
		}
	}
	return false;
}

bool firewall_format_parse(const char *word, enum firewall_format *format)
{
	static const char *const words[] = {
		"nft", "iptables", "ip6tables", "table", "csv", "markdown", "json",
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i], word)) {
			*format = (enum firewall_format)i;
			return true;
		}
	}
	return false;
}

/**
 * struct row - an opening as text
 * @cell: a column each; @from is another's
 * @address: room for one
 * @ports: room for one
 * @from: for free()
 * @dscp: room for one
 */
struct row {
	const char *cell[COLUMNS];
	char address[2 * DP_ADDR_STRLEN + sizeof(" to ")];
	char ports[16];
	char *from;
	char dscp[8];
};

/* prefixes with a blank between; for free() */
static char *sources(const struct opening *o, enum firewall_view view)
{
	char prefix[64], *text = NULL;
	size_t i, len = 0, n = 0;
	FILE *f;

	if (!o->from || view == FIREWALL_CUSTOMER)
		return strdup(view == FIREWALL_CUSTOMER ? "phones" : "anybody");
	f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	for (i = 0; i < o->n_from; i++)
		if (o->from[i].addr.family == o->listen.family)
			fprintf(f, "%s%s", n++ ? " " : "",
				opening_prefix(&o->from[i], prefix));
	fputs(n ? "" : "nobody", f);
	fclose(f);
	return text;
}

static bool row_make(struct row *row, const struct opening *o,
		     enum firewall_view view)
{
	struct dp_addr addr = *opening_address(o, view), outside = o->advertise;
	char text[DP_ADDR_STRLEN];

	addr.port = 0;
	outside.port = 0;
	dp_addr_str(&addr, text, sizeof(text));
	snprintf(row->address, sizeof(row->address), "%s", text);
	/* what the one in front translates */
	if (view == FIREWALL_EDGE && opening_is_mapped(o))
		snprintf(row->address, sizeof(row->address), "%s to %s",
			 dp_addr_str(&outside, (char[DP_ADDR_STRLEN]){ 0 },
				     DP_ADDR_STRLEN), text);
	row->from = sources(o, view);
	snprintf(row->dscp, sizeof(row->dscp), o->dscp < 0 ? "-" : "%d", o->dscp);
	row->cell[0] = o->what;
	row->cell[1] = *o->realm ? o->realm : "-";
	row->cell[2] = o->tcp ? "TCP" : "UDP";
	row->cell[3] = row->address;
	row->cell[4] = opening_ports(o, '-', row->ports);
	row->cell[5] = row->from;
	row->cell[6] = row->dscp;
	return row->from;
}

static void columns_row(FILE *f, const char *const *cell,
			enum firewall_format format)
{
	static const int widths[COLUMNS] = { 13, 12, 9, 24, 12, 24, 0 };
	unsigned int i;

	for (i = 0; i < COLUMNS; i++) {
		if (format == FIREWALL_CSV)
			fprintf(f, "%s%s", i ? "," : "", cell[i]);
		else if (format == FIREWALL_MARKDOWN)
			fprintf(f, "| %s ", cell[i]);
		else
			fprintf(f, "%s%-*s", i ? " " : "", widths[i], cell[i]);
	}
	fputs(format == FIREWALL_MARKDOWN ? "|\n" : "\n", f);
}

void firewall_columns(FILE *f, const struct openings *all,
		      enum firewall_view view, enum firewall_format format)
{
	const char *const *advice = firewall_advice(view);
	struct row row;
	size_t i;

	columns_row(f, names, format);
	if (format == FIREWALL_MARKDOWN)
		fputs("|---|---|---|---|---|---|---|\n", f);
	for (i = 0; i < all->n; i++) {
		if (row_make(&row, &all->list[i], view))
			columns_row(f, row.cell, format);
		free(row.from);
	}
	if (format == FIREWALL_CSV)
		return;
	fputc('\n', f);
	for (; *advice; advice++)
		fprintf(f, "* %s\n", *advice);
}

char *firewall_text(const struct config *config, enum firewall_view view,
		    enum firewall_format format)
{
	struct openings all;
	char *text = NULL;
	size_t len = 0;
	FILE *f = NULL;

	if (openings_make(&all, config, view))
		f = open_memstream(&text, &len);
	if (f && format == FIREWALL_NFT)
		firewall_nft(f, &all, view);
	else if (f && format == FIREWALL_IPTABLES)
		firewall_iptables(f, &all, view, AF_INET);
	else if (f && format == FIREWALL_IP6TABLES)
		firewall_iptables(f, &all, view, AF_INET6);
	else if (f)
		firewall_columns(f, &all, view, format);
	openings_free(&all);
	if (f && fclose(f)) {
		free(text);
		text = NULL;
	}
	/* whoever prints it ends the last line */
	if (text && len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

json_t *firewall_json(const struct config *config, enum firewall_view view)
{
	const char *const *advice = firewall_advice(view);
	json_t *list = json_array(), *words = json_array(), *o;
	struct openings all;
	struct row row;
	size_t i, j;

	openings_make(&all, config, view);
	for (i = 0; i < all.n; i++) {
		o = json_object();
		if (row_make(&row, &all.list[i], view))
			for (j = 0; j < COLUMNS; j++)
				json_object_set_new(o, names[j],
						    json_string(row.cell[j]));
		json_array_append_new(list, o);
		free(row.from);
	}
	openings_free(&all);
	for (; *advice; advice++)
		json_array_append_new(words, json_string(*advice));
	return json_pack("{s:o, s:o}", "openings", list, "advice", words);
}
