// SPDX-License-Identifier: GPL-2.0
#include "sip/strict.h"

/* Method SP Request-URI SP SIP-Version: one space each, none at either end (RFC 3261
 * 7.1; RFC 4475 3.1.2.9, lwsstart; 3.1.2.10, trws)
 */
static bool is_request_line(struct span line)
{
	unsigned int spaces = 0;
	size_t i;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	for (i = 0; i < line.n; i++) {
		if (line.p[i] == '\t')
			return false;
		if (line.p[i] != ' ')
			continue;
		spaces++;
		if (!i || i == line.n - 1 || line.p[i + 1] == ' ')
			return false;
	}
	return spaces == 2;
}

/* a display name is in quotes, or is tokens (RFC 4475 3.1.2.15, baddn) */
static bool is_display(struct span name)
{
	struct span word;

	if (name.n && *name.p == '"')
		return true;
	while (name.n) {
		name = span_ltrim(name);
		word = span_cut(&name, ' ');
		if (word.n && !sip_is_token(word))
			return false;
	}
	return true;
}

/* no white space inside of <> (RFC 4475 3.1.2.16, badaspec) */
static bool is_address(const struct sip_addr *addr)
{
	const char *end = addr->text.p + addr->text.n;
	const char *uri = addr->uri.text.p;

	if (!addr->bracketed)
		return true;
	if (uri <= addr->text.p || uri[-1] != '<')
		return false;
	uri += addr->uri.text.n;
	return uri < end && *uri == '>' && is_display(span_trim(addr->display));
}

bool sip_strict_check(struct sip_msg *msg, struct sip_fault *fault)
{
	struct span rest = msg->text;
	const struct sip_addr *list;

	if (!is_request_line(span_cut(&rest, '\n')))
		sip_fault_set(fault, 400, "white space in the request line");
	else if (!is_address(&msg->from))
		sip_fault_set(fault, 400, "From is no address");
	else if (!is_address(&msg->to))
		sip_fault_set(fault, 400, "To is no address");
	else if (sip_msg_addrs(msg, SIP_HDR_CONTACT, &list) < 0)
		sip_fault_set(fault, 400, "Contact cannot be read");
	return !fault->status;
}
