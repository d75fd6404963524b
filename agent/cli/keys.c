// SPDX-License-Identifier: GPL-2.0
/* Words with a value. */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "keys.h"

const struct key *key_find(const struct key *keys, const char *word)
{
	for (; keys->word; keys++)
		if (!strcmp(keys->word, word))
			return keys;
	return NULL;
}

int key_twice(const struct args *args, const char *word)
{
	return cli_usage(args->cli, "%s: '%s' is given twice", args->cmd, word);
}

bool key_number(const char *text, uint64_t max, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long number;
	char *end;

	/* strtoull() would take blanks and signs, and 010 for 8 */
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, hex ? 16 : 10);
	if (errno || *end || number > max)
		return false;
	*value = number;
	return true;
}

static int read_dev(struct args *args, const char *value, uint32_t *ifindex)
{
	*ifindex = 0;
	if (!strcmp(value, "any"))
		return CLI_OK;
	*ifindex = if_nametoindex(value);
	if (!*ifindex)
		return cli_refused(args->cli,
				   "%s: there is no network device '%s' here",
				   args->cmd, value);
	return CLI_OK;
}

static bool read_onoff(const char *value, bool *on)
{
	*on = !strcmp(value, "on");
	return *on || !strcmp(value, "off");
}

static bool read_number(const struct key *key, const char *value, void *to)
{
	uint64_t number;

	if (!key_number(value, key->max, &number))
		return false;
	if (key->type == KEY_U8)
		*(uint8_t *)to = (uint8_t)number;
	else if (key->type == KEY_U32)
		*(uint32_t *)to = (uint32_t)number;
	else
		*(uint64_t *)to = number;
	return true;
}

static bool read_value(const struct key *key, const char *value, void *to)
{
	switch (key->type) {
	case KEY_ADDR:
		return dp_addr_parse_leg(value, to);
	case KEY_U8:
	case KEY_U32:
	case KEY_U64:
		return read_number(key, value, to);
	case KEY_ONOFF:
		return read_onoff(value, to);
	case KEY_WORD:
		return key->parse(value, to);
	case KEY_DEV:		/* by key_read() */
	case KEY_FLAG:
		break;
	}
	return false;
}

int key_read(struct args *args, const struct key *key, uint32_t *set,
	     void *object)
{
	void *to = (char *)object + key->offset;
	const char *value;

	if (*set & key->bit)
		return key_twice(args, key->word);
	*set |= key->bit;
	if (key->type == KEY_FLAG)
		return CLI_OK;
	value = args_next(args);
	if (!value)
		return cli_usage(args->cli, "%s: '%s' has no value: expected %s",
				 args->cmd, key->word, key->expect);
	if (key->type == KEY_DEV)
		return read_dev(args, value, to);
	if (!read_value(key, value, to))
		return cli_usage(args->cli, "%s: %s '%s': expected %s",
				 args->cmd, key->word, value, key->expect);
	return CLI_OK;
}

/* RFC 2474, 2597, 3246, 5865, 8622 */
static bool dscp_name(const char *text, uint8_t *value)
{
	static const struct {
		const char *name;
		uint8_t value;
	} names[] = {
		{ "ef", 46 }, { "va", 44 }, { "le", 1 }, { "df", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcasecmp(names[i].name, text)) {
			*value = names[i].value;
			return true;
		}
	}
	if (!strncasecmp(text, "cs", 2) && text[2] >= '0' && text[2] <= '7' &&
	    !text[3]) {
		*value = (uint8_t)((text[2] - '0') * 8);
		return true;
	}
	if (!strncasecmp(text, "af", 2) && text[2] >= '1' && text[2] <= '4' &&
	    text[3] >= '1' && text[3] <= '3' && !text[4]) {
		*value = (uint8_t)((text[2] - '0') * 8 + (text[3] - '0') * 2);
		return true;
	}
	return false;
}

static bool dscp_value(const char *text, uint8_t *value)
{
	uint64_t number;

	if (dscp_name(text, value))
		return true;
	if (!key_number(text, 63, &number))
		return false;
	*value = (uint8_t)number;
	return true;
}

static bool dscp_map(const char *text, uint8_t *map)
{
	char word[8];
	size_t len;
	int i;

	for (i = 0; i < RTPLANE_DSCP_MAP_LEN; i++) {
		len = strcspn(text, ",");
		if (len >= sizeof(word))
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		if (!dscp_value(word, &map[i]))
			return false;
		text += len;
		if (*text != (i == RTPLANE_DSCP_MAP_LEN - 1 ? '\0' : ','))
			return false;
		text++;
	}
	return true;
}

int key_read_dscp(struct args *args, struct key_dscp *dscp)
{
	const char *value = args_next(args);

	memset(dscp, 0, sizeof(*dscp));
	if (!value)
		return cli_usage(args->cli,
				 "%s: 'dscp' has no value: expected 0 to 63, a name (ef, af41, cs3), 'preserve', or 'map' and 64 values",
				 args->cmd);
	if (!strcmp(value, "preserve")) {
		dscp->mode = RTPLANE_DSCP_PRESERVE;
		return CLI_OK;
	}
	if (!strcmp(value, "map")) {
		dscp->mode = RTPLANE_DSCP_MAP;
		value = args_next(args);
		if (!value || !dscp_map(value, dscp->map))
			return cli_usage(args->cli,
					 "%s: dscp map '%s': expected %d values of 0 to 63 with commas between",
					 args->cmd, value ? value : "",
					 RTPLANE_DSCP_MAP_LEN);
		return CLI_OK;
	}
	dscp->mode = RTPLANE_DSCP_SET;
	if (!dscp_value(value, &dscp->value))
		return cli_usage(args->cli,
				 "%s: dscp '%s': expected 0 to 63, a name (ef, af41, cs3), 'preserve', or 'map' and 64 values",
				 args->cmd, value);
	return CLI_OK;
}
