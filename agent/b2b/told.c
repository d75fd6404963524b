// SPDX-License-Identifier: GPL-2.0
/*
 * Dialogs of a switch's that a phone is told of, by dialog-info (RFC 4235) or in a REFER, and
 * that it may name to us in Replaces.  A Call-ID that has a host of the switch's network in it
 * goes to the phone by another name, always the same; which one it was is kept for as long as
 * its place in a table of a fixed size is nobody else's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "sip/hosts.h"
#include "private.h"

#define PLACES		1024
#define CALL_ID_MAX	256

/**
 * struct told - a Call-ID that a phone has been told by another name
 * @alias: that name; "": none
 * @call_id: the Call-ID
 */
struct told {
	char alias[BIND_TOKEN_LEN + 1];
	char call_id[CALL_ID_MAX];
};

/* nobody can choose names (bind_alias()): their digits are as good as a hash */
static struct told *place_of(const struct b2b *b2b, const char *alias)
{
	return &b2b->told[((unsigned char)alias[BIND_TOKEN_LEN - 1] * 62u +
			   (unsigned char)alias[BIND_TOKEN_LEN - 2]) % PLACES];
}

bool b2b_told_name(struct realm *phone, struct span call_id, char alias[BIND_TOKEN_LEN + 1])
{
	struct b2b *b2b = phone->b2b;
	struct told *told;

	if (call_id.n >= CALL_ID_MAX || !b2b_is_word(call_id))
		return false;
	if (!b2b->told)
		b2b->told = calloc(PLACES, sizeof(*b2b->told));
	if (!b2b->told)
		return false;
	bind_alias(phone->bindings, call_id, alias);
	told = place_of(b2b, alias);
	memcpy(told->alias, alias, sizeof(told->alias));
	span_str(call_id, told->call_id, sizeof(told->call_id));
	return true;
}

struct span b2b_told_call_id(const struct b2b *b2b, struct span name)
{
	char alias[BIND_TOKEN_LEN + 1];
	const struct told *told;

	if (!b2b->told || name.n != BIND_TOKEN_LEN || !span_str(name, alias, sizeof(alias)))
		return (struct span){ NULL, 0 };
	told = place_of(b2b, alias);
	return strcmp(told->alias, alias) ? (struct span){ NULL, 0 } : span_of(told->call_id);
}

/* what is white in XML, and may stand around the sign of an attribute, too */
static struct span xml_ltrim(struct span s)
{
	while (s.n && (span_is_blank(*s.p) || *s.p == '\r' || *s.p == '\n'))
		s = span_skip(s, 1);
	return s;
}

/* the next value of an attribute call-id; absent: there is none. @rest: what follows it */
static struct span next_call_id(struct span *rest)
{
	static const char name[] = "call-id";
	const char *at, *end;

	while ((at = memmem(rest->p, rest->n, name, strlen(name)))) {
		*rest = xml_ltrim(span_skip(*rest, (size_t)(at - rest->p) + strlen(name)));
		if (!rest->n || *rest->p != '=')
			continue;
		*rest = xml_ltrim(span_skip(*rest, 1));
		if (!rest->n || (*rest->p != '"' && *rest->p != '\''))
			continue;
		end = memchr(rest->p + 1, *rest->p, rest->n - 1);
		if (!end)
			break;
		at = rest->p + 1;
		*rest = span_skip(*rest, (size_t)(end - rest->p));
		return span_from(at, end);
	}
	return (struct span){ NULL, 0 };
}

bool b2b_told_hide(struct realm *phone, struct content *content, const struct sip_msg *msg)
{
	struct span rest = { content->body, content->len }, from = rest, value;
	char alias[BIND_TOKEN_LEN + 1], *body;
	struct writer out = { 0 };
	struct sip_hosts hosts;
	size_t len;

	if (!rest.p || !content->type || !strcasestr(content->type, "dialog-info"))
		return true;
	sip_hosts_read(msg, &hosts);
	while ((value = next_call_id(&rest)).p) {
		if (!sip_hosts_find(&hosts, value).p || !b2b_told_name(phone, value, alias))
			continue;
		writer_span(&out, span_from(from.p, value.p));
		writer_text(&out, alias);
		from = rest;
	}
	writer_span(&out, from);
	body = writer_end(&out, &len);
	if (!body)
		return false;
	free(content->body);
	content->body = body;
	content->len = len;
	return true;
}
