// SPDX-License-Identifier: GPL-2.0
/* RFC 8839 section 5: candidates, ufrag, pwd, options. */
#include <string.h>

#include "ice.h"
#include "private.h"

/* longest word of an address: of IPv6, in brackets that do not belong there */
static bool get_addr(struct span host, struct span port, struct dp_addr *addr)
{
	char text[INET6_ADDRSTRLEN + 2];
	uint32_t number;

	if (!span_str(host, text, sizeof(text)) ||
	    !dp_addr_parse_host(text, addr) || !span_u32(port, &number) ||
	    number > UINT16_MAX)
		return false;
	addr->port = (uint16_t)number;
	return true;
}

/* name and value, as often as it goes */
static void read_extensions(struct span rest, struct ice_candidate *c,
			    struct span *ufrag)
{
	struct span name, value, raddr = { NULL, 0 }, rport = { NULL, 0 };
	struct dp_addr addr;

	while (rest.n) {
		name = sdp_word(&rest);
		value = sdp_word(&rest);
		if (sdp_is(name, "raddr"))
			raddr = value;
		else if (sdp_is(name, "rport"))
			rport = value;
		else if (sdp_is(name, "ufrag") && ufrag)
			*ufrag = value;
	}
	/* it is for people only: what cannot be read is not said */
	if (raddr.n && rport.n && get_addr(raddr, rport, &addr))
		c->related = addr;
}

static bool read_numbers(struct span component, struct span priority,
			 struct ice_candidate *c)
{
	uint32_t number;

	if (!span_u32(component, &number) || !number || number > 256)
		return false;
	c->component = (uint16_t)number;
	return span_u32(priority, &c->priority) && c->priority;
}

/*
 * FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE [raddr A] [rport P] ...
 */
const char *sdp_candidate_parse(struct span value,
				struct ice_candidate *candidate,
				struct span *ufrag)
{
	struct span component, transport, priority, host, port, none = { NULL, 0 };
	struct ice_candidate c = { .component = 0 };
	struct span foundation = sdp_word(&value);

	if (ufrag)
		*ufrag = none;
	component = sdp_word(&value);
	transport = sdp_word(&value);
	priority = sdp_word(&value);
	host = sdp_word(&value);
	port = sdp_word(&value);
	if (!sdp_is(sdp_word(&value), "typ") ||
	    !ice_type_find(sdp_word(&value), &c.type))
		return "a=candidate without a type that is known";
	if (!ice_is_chars(foundation, 1, ICE_FOUNDATION_MAX))
		return "the foundation of its a=candidate is not 1 to 32 characters of ICE";
	if (!sdp_is(transport, "udp"))
		return "the transport of its a=candidate is not UDP";
	if (!read_numbers(component, priority, &c))
		return "component or priority of its a=candidate are none";
	if (!get_addr(host, port, &c.addr))
		return "address or port of its a=candidate are not numeric";
	if (ice_usable(&c.addr))
		return ice_usable(&c.addr);
	span_str(foundation, c.foundation, sizeof(c.foundation));
	read_extensions(value, &c, ufrag);
	*candidate = c;
	return NULL;
}

static void add_candidate(struct sdp_ice *ice, struct span value)
{
	struct ice_candidate c;
	struct span ufrag;
	const char *why;

	why = sdp_candidate_parse(value, &c, &ufrag);
	if (!why && ufrag.p && ice->ufrag.p && !span_eq(ufrag, ice->ufrag))
		why = "its a=candidate belongs to another a=ice-ufrag";
	if (!why && ice->n == SDP_CANDIDATES_MAX)
		why = "too many a=candidate";
	if (!why) {
		ice->candidate[ice->n++] = c;
		return;
	}
	ice->left_out++;
	ice->candidate_why = why;
}

static void read_options(struct span value, struct sdp_ice *ice)
{
	struct span option;

	while (value.n) {
		option = sdp_word(&value);
		if (sdp_is(option, "trickle"))
			ice->trickle = true;
		else if (sdp_is(option, "ice2"))
			ice->ice2 = true;
	}
}

/* both from the section or both from the session: they belong together */
static void read_credentials(const struct sdp_desc *desc,
			     const struct sdp_media *media, struct sdp_ice *ice)
{
	const struct sdp_row *ufrag, *pwd;

	ufrag = sdp_row_next(desc, media, SDP_ATTR_ICE_UFRAG, NULL);
	pwd = sdp_row_next(desc, media, SDP_ATTR_ICE_PWD, NULL);
	if (!ufrag && !pwd && media) {
		read_credentials(desc, NULL, ice);
		return;
	}
	if (!ufrag && !pwd)
		return;
	if (!ufrag || !pwd)
		ice->why = "a=ice-ufrag or a=ice-pwd without the other";
	else if (!ice_is_chars(ufrag->value, ICE_UFRAG_MIN, ICE_UFRAG_MAX))
		ice->why = "its a=ice-ufrag is not 4 to 256 characters of ICE";
	else if (!ice_is_chars(pwd->value, ICE_PWD_MIN, ICE_PWD_MAX))
		ice->why = "its a=ice-pwd is not 22 to 256 characters of ICE";
	if (ice->why)
		return;
	ice->ufrag = ufrag->value;
	ice->pwd = pwd->value;
}

static void read_row(const struct sdp_row *row, struct sdp_ice *ice)
{
	switch (row->attr) {
	case SDP_ATTR_CANDIDATE:
		add_candidate(ice, row->value);
		break;
	case SDP_ATTR_END_OF_CANDIDATES:
		ice->end = true;
		break;
	case SDP_ATTR_ICE_OPTIONS:
		read_options(row->value, ice);
		break;
	case SDP_ATTR_ICE_LITE:
		ice->lite = true;
		break;
	case SDP_ATTR_ICE_MISMATCH:
		ice->mismatch = true;
		break;
	case SDP_ATTR_ICE_PACING:
		if (!sdp_number(row->value, &ice->pacing))
			ice->pacing = 0;
		break;
	default:
		break;
	}
}

void sdp_ice_read(const struct sdp_desc *desc, const struct sdp_media *media,
		  struct sdp_ice *ice)
{
	size_t i;

	memset(ice, 0, sizeof(*ice));
	read_credentials(desc, media, ice);
	/* candidates of the session are against the grammar: whose would they be? */
	for (i = 0; i < desc->session_rows; i++)
		if (desc->row[i].attr != SDP_ATTR_CANDIDATE)
			read_row(&desc->row[i], ice);
	for (i = 0; media && i < media->n_rows; i++)
		read_row(&desc->row[media->row + i], ice);
}

static bool is_among(const struct sdp_ice *ice, const struct dp_addr *addr,
		     uint16_t component)
{
	size_t i;

	for (i = 0; i < ice->n; i++)
		if (ice->candidate[i].component == component &&
		    dp_addr_eq(&ice->candidate[i].addr, addr))
			return true;
	return false;
}

/* RFC 8840 4.1.1: 0.0.0.0 or ::, and port 9, before there is a candidate */
static bool is_to_come(const struct sdp_media *media)
{
	return media->port == 9 || media->conn.what == SDP_PLACE_NULL ||
	       media->conn.what == SDP_PLACE_NAME;
}

bool sdp_ice_mismatch(const struct sdp_media *media, const struct sdp_ice *ice)
{
	if (!ice->ufrag.p || media->rejected || is_to_come(media) ||
	    !media->remote.family)
		return false;
	if (!ice->n && !ice->left_out)
		return !ice->trickle;
	/* one that was left out, because we cannot use it, may be the one */
	return !ice->left_out &&
	       !is_among(ice, &media->remote, ICE_COMPONENT_RTP);
}

/* an address without its port */
static const char *host_text(const struct dp_addr *addr, char *buf)
{
	struct dp_addr host = *addr;

	host.port = 0;
	return dp_addr_str(&host, buf, DP_ADDR_STRLEN);
}

void sdp_candidate_print(struct writer *out, const struct ice_candidate *c)
{
	char buf[DP_ADDR_STRLEN];

	writer_printf(out, "a=candidate:%s %u udp %u %s %u typ %s", c->foundation,
		      c->component, c->priority, host_text(&c->addr, buf),
		      c->addr.port, ice_type_name(c->type));
	if (c->related.family)
		writer_printf(out, " raddr %s rport %u", host_text(&c->related, buf),
			      c->related.port);
	writer_text(out, "\r\n");
}

void sdp_ice_print(struct writer *out, const struct sdp_ice *ice)
{
	size_t i;

	if (ice->mismatch) {
		writer_text(out, "a=ice-mismatch\r\n");
		return;
	}
	writer_printf(out, "a=ice-ufrag:" SPAN_FMT "\r\na=ice-pwd:" SPAN_FMT "\r\n",
		      SPAN_ARG(ice->ufrag), SPAN_ARG(ice->pwd));
	if (ice->trickle || ice->ice2)
		writer_printf(out, "a=ice-options:%s%s%s\r\n",
			      ice->trickle ? "trickle" : "",
			      ice->trickle && ice->ice2 ? " " : "",
			      ice->ice2 ? "ice2" : "");
	if (ice->pacing)
		writer_printf(out, "a=ice-pacing:%u\r\n", ice->pacing);
	for (i = 0; i < ice->n; i++)
		sdp_candidate_print(out, &ice->candidate[i]);
	if (ice->end)
		writer_text(out, "a=end-of-candidates\r\n");
}
