// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "strict.h"

/*
 * RFC 3261 section 7.1: Method SP Request-URI SP SIP-Version CRLF, one space
 * each, none at either end.  The parser skips over more (RFC 4475 3.1.2.9,
 * lwsstart; 3.1.2.10, trws), and so would an attacker's next hop, differently.
 */
static bool is_request_line(const sip_request_t *rq)
{
	const char *line = rq->rq_common->h_data;
	size_t len = rq->rq_common->h_len;
	unsigned int spaces = 0;
	size_t i;

	if (!line)
		return true;	/* made here, not received */
	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	for (i = 0; i < len; i++) {
		if (line[i] == '\t')
			return false;
		if (line[i] != ' ')
			continue;
		spaces++;
		if (!i || i == len - 1 || line[i + 1] == ' ')
			return false;
	}
	return spaces == 2;
}

/* RFC 4475 3.1.2.16, badaspec: no white space inside of <> */
static bool is_name_addr(const msg_common_t *h)
{
	const char *text = h->h_data, *end, *open, *close;
	bool quoted = false;

	if (!text)
		return true;
	end = text + h->h_len;
	for (open = text; open < end && (quoted || *open != '<'); open++) {
		if (quoted && *open == '\\')
			open++;
		else if (*open == '"')
			quoted = !quoted;
	}
	if (open >= end)
		return true;
	close = memchr(open, '>', end - open);
	if (!close)
		return false;
	for (; open < close; open++)
		if (isspace((unsigned char)*open))
			return false;
	return true;
}

static bool is_sip_url(const url_t *url)
{
	return url->url_type == url_sip || url->url_type == url_sips;
}

int sip_strict_check(const sip_t *sip, const char **phrase)
{
	const sip_request_t *rq = sip->sip_request;

	*phrase = "Bad Request";
	if (!is_request_line(rq)) {
		*phrase = "Bad White Space In Request Line";
		return 400;
	}
	if (strcmp(rq->rq_version, SIP_VERSION_CURRENT)) {
		*phrase = sip_505_Version_not_supported;
		return 505;
	}
	if (rq->rq_url->url_headers) {
		*phrase = "Headers In Request-URI";	/* 3.1.2.11 escruri */
		return 400;
	}
	if (!is_name_addr(sip->sip_to->a_common) ||
	    !is_name_addr(sip->sip_from->a_common)) {
		*phrase = "White Space In Address";
		return 400;
	}
	if (sip->sip_cseq->cs_method != rq->rq_method ||
	    strcmp(sip->sip_cseq->cs_method_name, rq->rq_method_name)) {
		*phrase = "CSeq Method Mismatch";	/* 3.1.2.17, .18 */
		return 400;
	}
	if (sip->sip_cseq->cs_seq > 0x7fffffff) {
		*phrase = "CSeq Out Of Range";		/* RFC 3261 8.1.1.5 */
		return 400;
	}
	if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count > 255) {
		*phrase = "Max-Forwards Out Of Range";	/* RFC 3261 20.22 */
		return 400;
	}
	if (!is_sip_url(rq->rq_url)) {
		*phrase = sip_416_Unsupported_uri;
		return 416;
	}
	return 0;
}
