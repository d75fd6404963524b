// SPDX-License-Identifier: GPL-2.0
/* A description with our addresses in it; all other lines as they were. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "body.h"

/* attributes whose promises we cannot keep for the two sides */
static const char *const stripped[] = {
	"rtcp", "rtcp-mux", "rtcp-mux-only",
	"candidate", "remote-candidates", "end-of-candidates", "ice-ufrag",
	"ice-pwd", "ice-options", "ice-lite", "ice-mismatch", "ice-pacing",
	"crypto", "key-mgmt", "fingerprint", "setup", "tls-id", "connection",
	"bundle-only", "altc",
	"tcap", "acap", "pcfg", "acfg",
};

static bool is_stripped(const char *line, size_t len)
{
	size_t i, n;

	if (len < 2 || strncmp(line, "a=", 2))
		return false;
	line += 2;
	len -= 2;
	for (i = 0; i < sizeof(stripped) / sizeof(*stripped); i++) {
		n = strlen(stripped[i]);
		if (len >= n && !strncasecmp(line, stripped[i], n) &&
		    (len == n || line[n] == ':'))
			return true;
	}
	return len >= 12 && !strncasecmp(line, "group:BUNDLE", 12);
}

/*
 * m=audio 49170 RTP/AVP 0: the port, and a count of ports, is the 2nd word, the
 * profile the 3rd
 */
static void put_media(FILE *out, const char *line, int len,
		      const struct sdp_local *local)
{
	int type = strcspn(line, " ");
	int port = strspn(line + type, " ");
	int rest;

	rest = type + port;
	rest += strcspn(line + rest, " \r\n");
	fprintf(out, "%.*s %u", type, line, local->port);
	if (local->proto) {
		fprintf(out, " %s", local->proto);
		rest += strspn(line + rest, " ");
		rest += strcspn(line + rest, " \r\n");
	}
	fprintf(out, "%.*s\r\n", len - rest, line + rest);
}

static void put_connection(FILE *out, const struct sdp_us *us, bool hold)
{
	bool v4 = us->address.family == AF_INET;
	struct dp_addr addr = us->address;
	char text[DP_ADDR_STRLEN];

	addr.port = 0;
	fprintf(out, "c=IN %s %s\r\n", v4 ? "IP4" : "IP6",
		hold ? (v4 ? "0.0.0.0" : "::") :
		dp_addr_str(&addr, text, sizeof(text)));
}

static void put_origin(FILE *out, const struct sdp_us *us)
{
	struct dp_addr addr = us->address;
	char text[DP_ADDR_STRLEN];

	addr.port = 0;
	fprintf(out, "o=- %" PRIu64 " %" PRIu64 " IN %s %s\r\n", us->id,
		us->version, addr.family == AF_INET ? "IP4" : "IP6",
		dp_addr_str(&addr, text, sizeof(text)));
}

/* what ends a media section (also called for the session's: nothing then) */
static void end_section(FILE *out, const struct sdp_local *local)
{
	size_t i;

	if (!local || !local->port)
		return;
	if (local->rtcp)
		fprintf(out, "a=rtcp:%u\r\n", local->rtcp);
	for (i = 0; i < local->n_crypto; i++)
		sdp_crypto_print(out, &local->crypto[i]);
}

/* is the session's c= line a hold?  It is if it says so. */
static bool says_hold(const char *line, size_t len)
{
	return (len >= 16 && !strncmp(line + 2, "IN IP4 0.0.0.0", 14)) ||
	       (len >= 11 && !strncmp(line + 2, "IN IP6 ::", 9) && len == 11);
}

static void put_lines(FILE *out, const struct sdp_body *body,
		      const struct sdp_us *us)
{
	const struct sdp_local *local = NULL;
	const char *line = body->text;
	size_t len, media = 0;

	for (; *line; line += len, line += strspn(line, "\r\n")) {
		len = strcspn(line, "\r\n");
		if (!strncmp(line, "m=", 2)) {
			end_section(out, local);
			local = &us->local[media++];
			put_media(out, line, len, local);
		} else if (!strncmp(line, "c=", 2)) {
			put_connection(out, us, local ? local->hold :
				       says_hold(line, len));
		} else if (!strncmp(line, "o=", 2)) {
			put_origin(out, us);
		} else if (len && line[0] != 'k' && !is_stripped(line, len)) {
			fprintf(out, "%.*s\r\n", (int)len, line);
		}
	}
	end_section(out, local);
}

char *sdp_body_rewrite(const struct sdp_body *body, const struct sdp_us *us)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	put_lines(out, body, us);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
