// SPDX-License-Identifier: GPL-2.0
/* Where in the file a key stands: libcyaml forgets it, libyaml knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "raw.h"

static yaml_node_t *map_get(yaml_document_t *doc, yaml_node_t *map,
			    const char *key, size_t len, unsigned int *line)
{
	yaml_node_pair_t *pair;
	yaml_node_t *name;

	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		name = yaml_document_get_node(doc, pair->key);
		if (name->type != YAML_SCALAR_NODE ||
		    name->data.scalar.length != len ||
		    memcmp(name->data.scalar.value, key, len))
			continue;
		*line = name->start_mark.line + 1;
		return yaml_document_get_node(doc, pair->value);
	}
	return NULL;
}

static yaml_node_t *seq_get(yaml_document_t *doc, yaml_node_t *seq,
			    unsigned long i, unsigned int *line)
{
	yaml_node_t *node;

	if (seq->type != YAML_SEQUENCE_NODE ||
	    i >= (size_t)(seq->data.sequence.items.top -
			  seq->data.sequence.items.start))
		return NULL;
	node = yaml_document_get_node(doc, seq->data.sequence.items.start[i]);
	*line = node->start_mark.line + 1;
	return node;
}

static unsigned int walk(yaml_document_t *doc, const char *key)
{
	yaml_node_t *node = yaml_document_get_root_node(doc);
	unsigned int line = 1;
	size_t len;

	while (node && *key) {
		if (*key == '[') {
			node = seq_get(doc, node, strtoul(key + 1, NULL, 10),
				       &line);
			key += strcspn(key, "]");
			key += *key == ']';
		} else {
			key += *key == '.';
			len = strcspn(key, ".[");
			node = map_get(doc, node, key, len, &line);
			key += len;
		}
	}
	return line;
}

unsigned int raw_line(const char *text, size_t len, const char *key)
{
	unsigned int line = 1;
	yaml_document_t doc;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return line;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &doc)) {
		line = walk(&doc, key);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return line;
}

bool raw_syntax(const char *text, size_t len, unsigned int *line,
		unsigned int *column, char *why, size_t why_len)
{
	yaml_document_t doc;
	yaml_parser_t parser;
	bool ok;

	*line = *column = 1;
	if (!yaml_parser_initialize(&parser)) {
		snprintf(why, why_len, "no memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	ok = yaml_parser_load(&parser, &doc);
	if (ok) {
		yaml_document_delete(&doc);
	} else {
		*line = parser.problem_mark.line + 1;
		*column = parser.problem_mark.column + 1;
		snprintf(why, why_len, "%s",
			 parser.problem ? parser.problem : "unreadable");
	}
	yaml_parser_delete(&parser);
	return ok;
}
