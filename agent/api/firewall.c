// SPDX-License-Identifier: GPL-2.0
/* What `rtplane firewall` asks for. */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "firewall/firewall.h"

json_t *api_firewall(const struct api *api, const char *format, const char *view,
		     char *error)
{
	enum firewall_format how = FIREWALL_TABLE;
	enum firewall_view whose = FIREWALL_HOST;
	json_t *result;
	char *text;

	if (format && !firewall_format_parse(format, &how)) {
		snprintf(error, CONFIG_ERROR_LEN, "'%.32s' is no format; expected nft, iptables, ip6tables, table, csv, markdown or json",
			 format);
		return NULL;
	}
	if (view && !firewall_view_parse(view, &whose)) {
		snprintf(error, CONFIG_ERROR_LEN, "'%.32s' has no firewall; expected host, edge or customer",
			 view);
		return NULL;
	}
	if (how == FIREWALL_JSON)
		return firewall_json(api->config, whose);
	text = firewall_text(api->config, whose, how);
	result = text ? json_string(text) : NULL;
	if (!result)
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
	free(text);
	return result;
}
