// SPDX-License-Identifier: GPL-2.0
/*
 * What a request wants: keys of its dictionary, words of its lists, the same as one
 * string (rtpp-flags), and words with a prefix instead of a key ("ICE-remove").
 *
 * A word that does nothing here never fails a call: it is counted by its name, so that
 * people see their spelling mistakes, and what we lack.  Words that ask for what we
 * always do are known and not counted.
 */
#include <linux/rtplane.h>

#include "base/text.h"
#include "dtls/dtls.h"
#include "datapath/names.h"
#include "private.h"

/**
 * struct reading - words that are being read
 * @ng: counts what does nothing
 * @in: the request
 * @words: filled
 */
struct reading {
	struct ng *ng;
	const struct ng_value *in;
	struct ng_words *words;
};

/* take a word; false: it does nothing here */
typedef bool word_fn(struct reading *r, struct span word);

/* --- words that do nothing --- */

void ng_keep_strange(uint8_t *strange, uint8_t *n, const struct ng_words *words)
{
	unsigned int i;

	for (i = 0; i < words->n_strange && *n < NG_STRANGE_CALL; i++)
		if (!memchr(strange, words->strange[i], *n))
			strange[(*n)++] = words->strange[i];
}

void ng_count_strange(struct ng *ng, struct ng_words *words, const char *key,
		      struct span word)
{
	char name[27], full[NG_STRANGE_LEN];
	unsigned int i;

	text_safe(word, name, sizeof(name));
	snprintf(full, sizeof(full), "%.20s%s%s", key ? key : "",
		 key ? "=" : "", name);
	for (i = 0; i < ng->n_strange; i++)
		if (!strcmp(ng->strange[i].name, full))
			break;
	if (i == NG_STRANGE_MAX) {
		i--;
	} else if (i == ng->n_strange) {
		ng->n_strange++;
		snprintf(ng->strange[i].name, NG_STRANGE_LEN, "%s",
			 i == NG_STRANGE_MAX - 1 ? "(others)" : full);
		log_info("the control protocol ng: '%s' does nothing here: it is ignored",
			 ng->strange[i].name);
	}
	ng->strange[i].n++;
	if (words->n_strange < NG_STRANGE_CALL &&
	    !memchr(words->strange, (int)i, words->n_strange))
		words->strange[words->n_strange++] = (uint8_t)i;
}

static bool is_one_of(struct span word, const char *const *list)
{
	for (; *list; list++)
		if (ng_word_is(word, *list))
			return true;
	return false;
}

/* --- values of keys --- */

/* o= and c= are always ours */
static bool on_replace(struct reading *r, struct span word)
{
	r->words->no_name |= ng_word_is(word, "session-name");
	static const char *const known[] = {
		"origin", "session-connection", "sdp-version", "username",
		"force-increment-sdp-ver", "session-name", "address", NULL
	};

	return is_one_of(word, known);
}

static bool on_ice(struct reading *r, struct span word)
{
	if (ng_word_is(word, "remove"))
		r->words->ice = NG_ICE_REMOVE;
	else if (ng_word_is(word, "force"))
		r->words->ice = NG_ICE_FORCE;
	else if (ng_word_is(word, "optional"))
		r->words->ice = NG_ICE_OPTIONAL;
	else
		return ng_word_is(word, "default");
	return true;
}

static bool on_lite(struct reading *r, struct span word)
{
	static const char *const known[] = { "off", "forward", "backward", "both" };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (!ng_word_is(word, known[i]))
			continue;
		r->words->lite = i;	/* NG_LITE_TO, NG_LITE_FROM */
		return true;
	}
	return false;
}

static bool on_bundle(struct reading *r, struct span word)
{
	if (ng_word_is(word, "accept"))
		r->words->bundle = NG_BUNDLE_ACCEPT;
	else if (ng_word_is(word, "off") || ng_word_is(word, "reject"))
		r->words->bundle = NG_BUNDLE_OFF;
	else
		return false;
	return true;
}

static bool on_mux(struct reading *r, struct span word)
{
	static const struct {
		const char *word;
		enum ng_mux mux;
	} known[] = {
		{ "offer", NG_MUX_OFFER }, { "require", NG_MUX_REQUIRE },
		{ "demux", NG_MUX_DEMUX }, { "accept", NG_MUX_ACCEPT },
		{ "reject", NG_MUX_REJECT },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!ng_word_is(word, known[i].word))
			continue;
		r->words->mux |= known[i].mux;
		return true;
	}
	return false;
}

static bool is_off(struct span word)
{
	return ng_word_is(word, "off") || ng_word_is(word, "no");
}

static bool on_dtls(struct reading *r, struct span word)
{
	if (is_off(word))
		r->words->no_dtls = true;
	else if (ng_word_is(word, "passive"))
		r->words->dtls_passive = true;
	else
		return ng_word_is(word, "active");	/* so it is */
	return true;
}

/* what our certificate is known by towards the other party (RFC 8122 5) */
static bool on_fingerprint(struct reading *r, struct span word)
{
	unsigned int hash;

	for (hash = DTLS_SHA1; hash <= DTLS_SHA512; hash++) {
		if (!ng_word_is(word, dtls_hash_name((enum dtls_hash)hash)))
			continue;
		r->words->hash = (uint8_t)hash;
		return true;
	}
	return false;
}

/* whoever offers keys beside plain RTP gets them, if his realm has SRTP */
static bool on_osrtp(struct reading *r, struct span word)
{
	r->words->osrtp |= ng_word_is(word, "offer");
	return ng_word_is(word, "offer") || ng_word_is(word, "accept");
}

/* 0: one that we have not, but others do */
static bool suite_of(struct span word, unsigned int *suite)
{
	static const char *const others[] = {
		"aes-192-cm-hmac-sha1-80", "aes-192-cm-hmac-sha1-32",
		"f8-128-hmac-sha1-80", "f8-128-hmac-sha1-32",
		"null-hmac-sha1-80", "null-hmac-sha1-32", NULL
	};

	for (*suite = 1; *suite < __RTPLANE_SRTP_MAX; (*suite)++)
		if (span_iscase(word, dp_srtp_suite_name(*suite)))
			return true;
	*suite = 0;
	return is_one_of(word, others);
}

/* "no-X", "only-X" */
static bool add_suite(struct ng_words *w, struct span verb, struct span name)
{
	unsigned int suite;

	if (!suite_of(name, &suite))
		return false;
	if (ng_word_is(verb, "no"))
		w->no_suite |= 1u << suite;
	else if (ng_word_is(verb, "only"))
		w->only_suite |= 1u << suite;
	else
		return false;
	return true;
}

/* "X;Y;" */
static bool order_suites(struct ng_words *w, struct span rest)
{
	unsigned int suite;
	struct span name;

	w->n_suites = 0;
	while (rest.n) {
		name = span_trim(span_cut(&rest, ';'));
		if (!name.n)
			continue;
		if (!suite_of(name, &suite))
			return false;
		if (suite && w->n_suites < SESSION_SUITES_MAX &&
		    !memchr(w->suite, (int)suite, w->n_suites))
			w->suite[w->n_suites++] = (uint8_t)suite;
	}
	return true;
}

static bool on_sdes(struct reading *r, struct span word)
{
	struct span rest = word, verb;

	if (is_off(word))
		r->words->no_sdes = true;
	else if (ng_word_is(word, "static") || ng_word_is(word, "pad"))
		return true;	/* keys stay as long as they can, and are padded */
	else if (ng_word_is(word, "nonew"))
		r->words->nonew = true;
	else if (ng_word_is(word, "lifetime"))
		r->words->lifetime = true;
	else if (word.n > 6 && ng_word_is((struct span){ word.p, 6 }, "order:"))
		return order_suites(r->words, span_skip(word, 6));
	else {
		verb = span_cut(&rest, '-');
		return add_suite(r->words, verb, rest);
	}
	return true;
}

static bool on_supports(struct reading *r, struct span word)
{
	if (!ng_word_is(word, "load-limit"))
		return false;
	r->words->load_limit = true;
	return true;
}

static bool on_interface(struct reading *r, struct span word)
{
	struct ng_words *w = r->words;

	if (w->n_interfaces == 2)
		return false;
	w->interface[w->n_interfaces++] = word;
	return true;
}

static bool on_in(struct reading *r, struct span word)
{
	r->words->interface[0] = word;
	if (!r->words->n_interfaces)
		r->words->n_interfaces = 1;
	return true;
}

static bool on_out(struct reading *r, struct span word)
{
	r->words->interface[1] = word;
	r->words->n_interfaces = 2;
	return true;
}

/* the family and the address, in a list or one after the other */
static bool on_received(struct reading *r, struct span word)
{
	char text[DP_ADDR_STRLEN];
	struct dp_addr addr;

	if (ng_word_is(word, "ip4") || ng_word_is(word, "ip6"))
		return true;
	if (!span_str(word, text, sizeof(text)) ||
	    !dp_addr_parse_host(text, &addr))
		return false;
	r->words->received = addr;
	return true;
}

static bool on_media(struct reading *r, struct span word)
{
	char text[DP_ADDR_STRLEN];

	return span_str(word, text, sizeof(text)) &&
	       dp_addr_parse_host(text, &r->words->media);
}

static bool on_family(struct reading *r, struct span word)
{
	if (ng_word_is(word, "ip4"))
		r->words->family = AF_INET;
	else if (ng_word_is(word, "ip6"))
		r->words->family = AF_INET6;
	else
		return false;
	return true;
}

static bool on_transport(struct reading *r, struct span word)
{
	static const char *const names[] = {
		[NG_TRANSPORT_AVP] = "rtp/avp",
		[NG_TRANSPORT_AVPF] = "rtp/avpf",
		[NG_TRANSPORT_SAVP] = "rtp/savp",
		[NG_TRANSPORT_SAVPF] = "rtp/savpf",
		[NG_TRANSPORT_DTLS] = "udp/tls/rtp/savp",
		[NG_TRANSPORT_DTLSF] = "udp/tls/rtp/savpf",
	};
	size_t i;

	for (i = NG_TRANSPORT_AVP; i < sizeof(names) / sizeof(*names); i++) {
		if (!ng_word_is(word, names[i]))
			continue;
		r->words->transport = (enum ng_transport)i;
		return true;
	}
	return false;
}

static bool number(struct span word, int64_t max, int64_t *value)
{
	uint32_t small;

	if (!span_u32(word, &small) || small > max)
		return false;
	*value = small;
	return true;
}

static bool on_tos(struct reading *r, struct span word)
{
	int64_t value;

	if (!number(word, 255, &value))
		return false;
	r->words->tos = (int)value;
	return true;
}

static bool on_delay(struct reading *r, struct span word)
{
	return number(word, 86400, &r->words->delay);
}

static bool on_limit(struct reading *r, struct span word)
{
	return number(word, UINT32_MAX, &r->words->limit);
}

static bool on_call_id(struct reading *r, struct span word)
{
	r->words->call_id = word;
	return true;
}

static bool on_from_tag(struct reading *r, struct span word)
{
	r->words->tag[0] = word;
	return true;
}

static bool on_to_tag(struct reading *r, struct span word)
{
	r->words->tag[1] = word;
	return true;
}

static bool on_via(struct reading *r, struct span word)
{
	r->words->via = word;
	return true;
}

static bool on_label(struct reading *r, struct span word)
{
	r->words->label = word;
	return true;
}

static bool on_sdp(struct reading *r, struct span word)
{
	r->words->sdp = word;
	return true;
}

/* it is known, and nothing is to be done for it */
static bool on_nothing(struct reading *r, struct span word)
{
	return true;
}

/* --- codecs --- */

static bool name_codec(struct reading *r, struct span word, bool keep)
{
	struct ng_words *w = r->words;

	if (!word.n || w->n_codecs == NG_CODECS_MAX)
		return false;
	w->codec[w->n_codecs++] = (struct ng_codec_word){ word, keep };
	return true;
}

static bool on_strip(struct reading *r, struct span word)
{
	return name_codec(r, word, false);
}

static bool on_keep(struct reading *r, struct span word)
{
	return name_codec(r, word, true);
}

/* what nobody takes stays in an offer, and in its answer, if that party can */
static bool on_take(struct reading *r, struct span word)
{
	struct ng_words *w = r->words;

	if (word.n && w->n_take < NG_CODECS_MAX)
		w->take[w->n_take++] = word;
	return word.n;
}

/* what a relay can do of it: an answer has only what was offered anyhow */
static const struct verb {
	const char *name;
	word_fn *fn;
} verbs[] = {
	{ "strip", on_strip }, { "mask", on_strip },
	{ "offer", on_keep }, { "except", on_keep },
	{ "accept", on_take }, { "consume", on_take },
};

/* "strip-PCMA" */
static bool on_codec(struct reading *r, struct span word)
{
	struct span rest = word, verb = span_cut(&rest, '-');
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (ng_word_is(verb, verbs[i].name))
			return verbs[i].fn(r, rest);
	return false;
}

static bool on_attr(struct reading *r, struct span word)
{
	return ng_edit_word(r->words, word);
}

static bool on_flag(struct reading *r, struct span word);

/**
 * struct key - a key of the dictionary
 * @name: in small letters, with hyphens
 * @fn: takes its value, or each of them
 * @whole: its value is one text, whatever it holds
 */
static const struct key {
	const char *name;
	word_fn *fn;
	bool whole;
} keys[] = {
	{ "sdp", on_sdp, true },
	{ "call-id", on_call_id, true },
	{ "from-tag", on_from_tag, true },
	{ "to-tag", on_to_tag, true },
	{ "via-branch", on_via, true },
	{ "label", on_label, true },
	{ "from-tags", on_nothing, false },
	{ "set-label", on_label, true },
	{ "command", on_nothing, true },
	{ "sip-message-type", on_nothing, true },
	{ "sip-code", on_nothing, true },
	{ "flags", on_flag, false },
	{ "replace", on_replace, false },
	{ "direction", on_interface, false },
	{ "in-iface", on_in, true },
	{ "out-iface", on_out, true },
	{ "received-from", on_received, false },
	{ "ice", on_ice, false },
	{ "ice-lite", on_lite, true },
	{ "bundle", on_bundle, false },
	{ "rtcp-mux", on_mux, false },
	{ "dtls-fingerprint", on_fingerprint, true },
	{ "osrtp", on_osrtp, false },
	{ "codec-accept", on_take, false },
	{ "codec-consume", on_take, false },
	{ "delay-buffer", on_nothing, true },
	{ "endpoint-learning", on_nothing, false },
	{ "template", on_nothing, true },
	{ "dtls", on_dtls, false },
	{ "sdes", on_sdes, false },
	{ "codec", on_codec, false },
	{ "codec-strip", on_strip, false },
	{ "codec-mask", on_strip, false },
	{ "codec-offer", on_keep, false },
	{ "codec-except", on_keep, false },
	{ "sdp-attr", on_attr, false },
	{ "supports", on_supports, false },
	{ "address-family", on_family, true },
	{ "media-address", on_media, true },
	{ "transport-protocol", on_transport, true },
	{ "tos", on_tos, true },
	{ "delete-delay", on_delay, true },
	{ "limit", on_limit, true },
};

/* --- words of "flags" --- */

/* what we do anyhow, or what says that we need not do more */
static const char *const always[] = {
	"trust-address", "symmetric", "strict-source", "port-latching",
	"media-handover", "reset", "loop-protect", "replace-origin",
	"replace-session-connection", "replace-sdp-version", "replace-username",
	"no-redis-update", "directional", "debug", "full-rtcp-attribute",
	"unidirectional", "all", "siprec", "allow-transcoding", "allow-no-codec-media",
	"trickle-ice", "original-sendrecv", "pad-crypto", "reuse-codecs",
	"no-jitter-buffer", "no-port-latching", NULL
};

static void be_webrtc(struct ng_words *w)
{
	w->transport = NG_TRANSPORT_DTLSF;
	w->ice = NG_ICE_FORCE;
	w->mux |= NG_MUX_OFFER | NG_MUX_REQUIRE;
	w->no_sdes = true;
	w->no_rtcp = true;
	w->mid = true;
}

/* those that stand for a key and a value: "ICE-remove", "RTP/AVP" */
static bool on_prefix(struct reading *r, struct span word)
{
	static const struct {
		const char *prefix;
		word_fn *fn;
	} prefixes[] = {
		{ "ice-lite-", on_lite },
		{ "ice-", on_ice }, { "rtcp-mux-", on_mux },
		{ "bundle-", on_bundle }, { "osrtp-", on_osrtp },
		{ "replace-", on_replace },
		{ "endpoint-learning-", on_nothing },
		{ "dtls-fingerprint-", on_fingerprint },
		{ "sdes-", on_sdes }, { "dtls-", on_dtls },
		{ "codec-", on_codec }, { "sdp-attr-", on_attr },
	};
	size_t i, n;

	for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		n = strlen(prefixes[i].prefix);
		if (word.n > n &&
		    ng_word_is((struct span){ word.p, n }, prefixes[i].prefix))
			return prefixes[i].fn(r, span_skip(word, n));
	}
	return on_transport(r, word);
}

static void take(struct reading *r, struct span key,
		 const struct ng_value *value);

/* "key=value" */
static bool on_pair(struct reading *r, struct span word)
{
	struct span rest = word, key = span_cut(&rest, '=');
	struct ng_value value = { .type = NG_TEXT };

	if (!rest.p || !key.n || ng_word_is(key, "flags"))
		return false;
	value.text = rest;
	take(r, key, &value);
	return true;
}

static bool on_flag(struct reading *r, struct span word)
{
	struct ng_words *w = r->words;

	if (span_chr(word, '='))
		return on_pair(r, word);
	if (is_one_of(word, always))
		return true;
	if (ng_word_is(word, "sip-source-address"))
		w->source = true;
	else if (ng_word_is(word, "asymmetric"))
		w->asymmetric = true;
	else if (ng_word_is(word, "fatal"))
		w->fatal = true;
	else if (ng_word_is(word, "to-tag"))
		w->to_tag = true;
	else if (ng_word_is(word, "fast"))
		w->fast = true;
	else if (ng_word_is(word, "generate-mid"))
		w->mid = true;
	else if (ng_word_is(word, "fragment"))
		w->fragment = true;
	else if (ng_word_is(word, "no-rtcp-attribute"))
		w->no_rtcp = true;
	else if (ng_word_is(word, "pierce-nat"))
		w->punch = true;
	else if (ng_word_is(word, "webrtc"))
		be_webrtc(w);
	else if (ng_word_is(word, "internal") || ng_word_is(word, "external"))
		return on_interface(r, word);
	else
		return on_prefix(r, word);
	return true;
}

/* --- all of it --- */

static void one(struct reading *r, const struct key *key, struct span word)
{
	word = span_trim(word);
	if (word.n && !key->fn(r, word))
		ng_count_strange(r->ng, r->words, key->fn == on_flag ? NULL : key->name,
				 word);
}

/*
 * A text where a list is meant is one: parted by commas, or by blanks if there are none
 * or it stands in brackets.
 */
static void many(struct reading *r, const struct key *key, struct span text)
{
	bool blanks = !span_chr(text, ',') || (text.n && *text.p == '[');
	size_t n;

	while (text.n) {
		for (n = 0; n < text.n; n++)
			if (memchr(",[]", text.p[n], 3) ||
			    (blanks && span_is_blank(text.p[n])))
				break;
		one(r, key, (struct span){ text.p, n });
		text = span_skip(text, n + 1);
	}
}

static void take_list(struct reading *r, const struct key *key,
		      const struct ng_value *list)
{
	const struct ng_value *member;

	for (member = list->first; member; member = member->next) {
		if (member->type == NG_TEXT || member->type == NG_NUMBER)
			one(r, key, member->text);
		else
			ng_count_strange(r->ng, r->words, key->name, SPAN("(a list)"));
	}
}

static void take_as(struct reading *r, const struct key *key,
		    const struct ng_value *value);

/* { "strip": [ "PCMA" ] } */
static void take_codecs(struct reading *r, const struct ng_value *dict)
{
	const struct ng_value *member;
	struct key key;
	size_t i;

	for (member = dict->first; member; member = member->next) {
		for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
			if (ng_word_is(member->key, verbs[i].name))
				break;
		if (i == sizeof(verbs) / sizeof(*verbs)) {
			ng_count_strange(r->ng, r->words, "codec", member->key);
			continue;
		}
		key = (struct key){ "codec", verbs[i].fn, false };
		take_as(r, &key, member);
	}
}

/* numbers are as good as their text; words are spans of it, and live as long */
static void take_as(struct reading *r, const struct key *key,
		    const struct ng_value *value)
{
	if (value->type == NG_DICT && key->fn == on_codec)
		take_codecs(r, value);
	else if (value->type == NG_DICT && key->fn == on_attr &&
		 ng_edit_dict(r->words, value))
		return;
	else if (value->type == NG_LIST && !key->whole)
		take_list(r, key, value);
	else if (value->type == NG_LIST || value->type == NG_DICT)
		ng_count_strange(r->ng, r->words, key->name, SPAN("(a list)"));
	else if (!key->whole)
		many(r, key, value->text);
	else if (!key->fn(r, value->text))
		ng_count_strange(r->ng, r->words, key->name, value->text);
}

static void take(struct reading *r, struct span name,
		 const struct ng_value *value)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!ng_word_is(name, keys[i].name))
			continue;
		take_as(r, &keys[i], value);
		return;
	}
	ng_count_strange(r->ng, r->words, NULL, name);
}

/* "flag key=value key=[value value]", parted by blanks outside of brackets */
static void take_string(struct reading *r, struct span text)
{
	static const struct key flags = { "flags", on_flag, false };
	unsigned int depth;
	size_t n;

	while (text.n) {
		for (n = 0, depth = 0; n < text.n; n++) {
			if (!depth && span_is_blank(text.p[n]))
				break;
			depth += text.p[n] == '[';
			depth -= depth && text.p[n] == ']';
		}
		one(r, &flags, (struct span){ text.p, n });
		text = span_skip(text, n + 1);
	}
}

/* words of the configuration that have that name */
static void take_template(struct reading *r, struct span name)
{
	const struct config *c = r->ng->config;
	size_t i;

	for (i = 0; i < c->n_templates; i++)
		if (span_iscase(name, c->templates[i].name))
			break;
	if (i < c->n_templates)
		take_string(r, span_of(c->templates[i].flags));
	else if (ng_get_text(r->in, "template").p == name.p)
		ng_count_strange(r->ng, r->words, "template", name);
}

/* those of all requests, those of such requests, those that this one names */
static void take_templates(struct reading *r)
{
	const struct span names[] = {
		SPAN("default"), ng_get_text(r->in, "command"),
		ng_get_text(r->in, "template"),
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].p)
			take_template(r, names[i]);
}

void ng_words(struct ng *ng, const struct ng_value *in, struct ng_words *words)
{
	struct reading r = { ng, in, words };
	const struct ng_value *value;

	*words = (struct ng_words){ .tos = -1, .delay = -1, .limit = -1 };
	take_templates(&r);
	for (value = in->first; value; value = value->next) {
		if (ng_word_is(value->key, "rtpp-flags") &&
		    value->type == NG_TEXT)
			take_string(&r, value->text);
		else
			take(&r, value->key, value);
	}
}
