/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session descriptions (RFC 8866): a model with spans into the text, from which
 * both judging and rewriting work.
 *
 * sdp_desc_parse() reads text into a &struct sdp_desc: every line of it as a
 * &struct sdp_row, every media section as a &struct sdp_media that says where
 * media is to go and how.  It refuses what is no description, or too much of
 * one, and nothing else: what a media section cannot be used for stands in that
 * section, in a sentence, and the rest can still be had (RFC 3264 section 6).
 *
 * sdp_desc_print() writes the model with us as its author, by a &struct sdp_plan
 * of what to say; what the plan does not name leaves byte for byte as it came.
 * What leaves is always in proper form, whatever came.  Never does a key pass
 * (k=, a=crypto, a=key-mgmt): those that are written are the plan's.
 */
#ifndef SDP_SDP_H
#define SDP_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/span.h"
#include "base/writer.h"
#include "datapath/datapath.h"

/** SDP_MEDIA_MAX - media sections of one description at most, whatever the limits */
#define SDP_MEDIA_MAX	16

/** SDP_SIZE_MAX - bytes of a description at most, whatever the limits */
#define SDP_SIZE_MAX	65535

/** SDP_CRYPTO_MAX - keys of one media section that are read; more are left out */
#define SDP_CRYPTO_MAX	8

/** SDP_WHY_LEN - room for a sentence of sdp_desc_parse() */
#define SDP_WHY_LEN	160

/**
 * struct sdp_limits - what is too much; a member that is 0 is the default
 * @bytes: of the text; at most and by default SDP_SIZE_MAX
 * @rows: lines; by default 2,048
 * @row_len: bytes of a line; by default 4,096
 * @media: media sections; at most and by default SDP_MEDIA_MAX
 * @fragment: it is a fragment (RFC 8840 section 9): without v= and all that belongs to
 *	it, as candidates come that were found later
 */
struct sdp_limits {
	size_t bytes;
	size_t rows;
	size_t row_len;
	size_t media;
	bool fragment;
};

/**
 * enum sdp_attr - attributes that we know by name, in any case of letters
 * @SDP_ATTR_NONE: the line is none (not a=)
 * @SDP_ATTR_OTHER: one that nobody here knows
 * @SDP_ATTR_DIRECTION: sendrecv, sendonly, recvonly, inactive
 * @SDP_ATTR_GROUP_BUNDLE: group:BUNDLE (RFC 9143)
 * @SDP_ATTR_GROUP: group: of other semantics (RFC 5888)
 * @SDP_ATTR_CAPABILITY: tcap, acap, pcfg, acfg, csup, creq... (RFC 5939)
 * @SDP_ATTR_PLACE: visited-realm, secondary-realm: addresses of relays before us
 *
 * The others are named as they are written.
 */
enum sdp_attr {
	SDP_ATTR_NONE,
	SDP_ATTR_OTHER,
	SDP_ATTR_RTPMAP,
	SDP_ATTR_FMTP,
	SDP_ATTR_PTIME,
	SDP_ATTR_MAXPTIME,
	SDP_ATTR_DIRECTION,
	SDP_ATTR_RTCP,
	SDP_ATTR_RTCP_MUX,
	SDP_ATTR_RTCP_MUX_ONLY,
	SDP_ATTR_RTCP_RSIZE,
	SDP_ATTR_RTCP_FB,
	SDP_ATTR_RTCP_XR,
	SDP_ATTR_CRYPTO,
	SDP_ATTR_KEY_MGMT,
	SDP_ATTR_ZRTP_HASH,
	SDP_ATTR_FINGERPRINT,
	SDP_ATTR_SETUP,
	SDP_ATTR_CONNECTION,
	SDP_ATTR_TLS_ID,
	SDP_ATTR_CANDIDATE,
	SDP_ATTR_REMOTE_CANDIDATES,
	SDP_ATTR_END_OF_CANDIDATES,
	SDP_ATTR_ICE_UFRAG,
	SDP_ATTR_ICE_PWD,
	SDP_ATTR_ICE_OPTIONS,
	SDP_ATTR_ICE_LITE,
	SDP_ATTR_ICE_MISMATCH,
	SDP_ATTR_ICE_PACING,
	SDP_ATTR_MID,
	SDP_ATTR_GROUP,
	SDP_ATTR_GROUP_BUNDLE,
	SDP_ATTR_BUNDLE_ONLY,
	SDP_ATTR_SSRC,
	SDP_ATTR_SSRC_GROUP,
	SDP_ATTR_MSID,
	SDP_ATTR_MSID_SEMANTIC,
	SDP_ATTR_EXTMAP,
	SDP_ATTR_EXTMAP_ALLOW_MIXED,
	SDP_ATTR_RID,
	SDP_ATTR_SIMULCAST,
	SDP_ATTR_LABEL,
	SDP_ATTR_ALTC,
	SDP_ATTR_SOURCE_FILTER,
	SDP_ATTR_PLACE,
	SDP_ATTR_CAPABILITY,

	SDP_ATTRS
};

/** SDP_BIT() - an attribute as a member of a set */
#define SDP_BIT(attr)	(1ull << (attr))

/** SDP_SET_ICE - what ICE says */
#define SDP_SET_ICE	(SDP_BIT(SDP_ATTR_CANDIDATE) | \
			 SDP_BIT(SDP_ATTR_REMOTE_CANDIDATES) | \
			 SDP_BIT(SDP_ATTR_END_OF_CANDIDATES) | \
			 SDP_BIT(SDP_ATTR_ICE_UFRAG) | \
			 SDP_BIT(SDP_ATTR_ICE_PWD) | \
			 SDP_BIT(SDP_ATTR_ICE_OPTIONS) | \
			 SDP_BIT(SDP_ATTR_ICE_LITE) | \
			 SDP_BIT(SDP_ATTR_ICE_MISMATCH) | \
			 SDP_BIT(SDP_ATTR_ICE_PACING))

/** SDP_SET_DTLS - what DTLS says */
#define SDP_SET_DTLS	(SDP_BIT(SDP_ATTR_FINGERPRINT) | \
			 SDP_BIT(SDP_ATTR_SETUP) | \
			 SDP_BIT(SDP_ATTR_CONNECTION) | \
			 SDP_BIT(SDP_ATTR_TLS_ID))

/** SDP_SET_MUX - what says that several things share a port */
#define SDP_SET_MUX	(SDP_BIT(SDP_ATTR_RTCP_MUX) | \
			 SDP_BIT(SDP_ATTR_RTCP_MUX_ONLY) | \
			 SDP_BIT(SDP_ATTR_GROUP_BUNDLE) | \
			 SDP_BIT(SDP_ATTR_BUNDLE_ONLY))

/** SDP_SET_KEYS - what holds keys: never passes */
#define SDP_SET_KEYS	(SDP_BIT(SDP_ATTR_CRYPTO) | \
			 SDP_BIT(SDP_ATTR_KEY_MGMT))

/** SDP_SET_FEEDBACK - what only a profile with feedback has (RFC 4585, 5506) */
#define SDP_SET_FEEDBACK (SDP_BIT(SDP_ATTR_RTCP_FB) | \
			  SDP_BIT(SDP_ATTR_RTCP_RSIZE))

/** SDP_SET_PLACES - where else media could go or come from */
#define SDP_SET_PLACES	(SDP_BIT(SDP_ATTR_RTCP) | \
			 SDP_BIT(SDP_ATTR_ALTC) | \
			 SDP_BIT(SDP_ATTR_SOURCE_FILTER) | \
			 SDP_BIT(SDP_ATTR_PLACE))

/**
 * SDP_SET_PROMISES - attributes whose promises a plain relay of four ports a
 * section cannot keep for its two sides
 */
#define SDP_SET_PROMISES (SDP_SET_ICE | SDP_SET_DTLS | SDP_SET_MUX | \
			  SDP_SET_KEYS | SDP_SET_PLACES | \
			  SDP_BIT(SDP_ATTR_CAPABILITY))

/**
 * struct sdp_row - a line of the text; empty ones are none
 * @type: its letter; 0: it is no "letter=text", or has control characters; such
 *	a line is not passed on
 * @attr: which attribute, if @type is 'a'
 * @text: the whole line as it came, without its end
 * @value: what follows "=", or of an attribute its ":" (empty if there is none),
 *	without blanks around it
 * @name: of an attribute, its name
 */
struct sdp_row {
	char type;
	enum sdp_attr attr;
	struct span text;
	struct span value;
	struct span name;
};

/**
 * enum sdp_place - what sort of address a c= or an a=rtcp names
 * @SDP_PLACE_NONE: there is no such line
 * @SDP_PLACE_ADDRESS: a numeric unicast address
 * @SDP_PLACE_NULL: 0.0.0.0 or ::, however it is spelled: the old way to say
 *	"send nothing"
 * @SDP_PLACE_MULTICAST: multicast, or several addresses ("/"), or broadcast
 * @SDP_PLACE_NAME: a host name, which stands in @text; nobody has looked it up
 * @SDP_PLACE_BAD: it cannot be read
 */
enum sdp_place {
	SDP_PLACE_NONE,
	SDP_PLACE_ADDRESS,
	SDP_PLACE_NULL,
	SDP_PLACE_MULTICAST,
	SDP_PLACE_NAME,
	SDP_PLACE_BAD
};

/**
 * struct sdp_conn - a place
 * @what: its sort
 * @family: AF_INET or AF_INET6, as its address type says; 0 if it says neither
 * @addr: the address, with SDP_PLACE_ADDRESS; no address (family 0) otherwise
 * @text: the address as it is written
 */
struct sdp_conn {
	enum sdp_place what;
	sa_family_t family;
	struct dp_addr addr;
	struct span text;
};

/**
 * enum sdp_kind - what a media section carries, as far as we care
 * @SDP_AUDIO: audio
 * @SDP_VIDEO: video
 * @SDP_OTHER: anything else
 */
enum sdp_kind {
	SDP_AUDIO,
	SDP_VIDEO,
	SDP_OTHER
};

/**
 * enum sdp_transport - how a media section is carried, as its profile says
 * @SDP_RTP: RTP/AVP and its kin: &sdp_media.savp, &sdp_media.feedback and
 *	&sdp_media.dtls tell which
 * @SDP_DATAGRAMS: udptl (T.38), udp, UDP/BFCP: one port, plain datagrams
 * @SDP_UNKNOWN: anything else: TCP, data channels, what nobody here knows
 */
enum sdp_transport {
	SDP_RTP,
	SDP_DATAGRAMS,
	SDP_UNKNOWN
};

/**
 * enum sdp_dir - which way media flows, as seen by who wrote the description
 * @SDP_DIR_UNSAID: not said; in a plan: as it was
 * @SDP_SENDRECV: both ways
 * @SDP_SENDONLY: away from the writer: on hold
 * @SDP_RECVONLY: to the writer
 * @SDP_INACTIVE: neither
 */
enum sdp_dir {
	SDP_DIR_UNSAID,
	SDP_SENDRECV,
	SDP_SENDONLY,
	SDP_RECVONLY,
	SDP_INACTIVE
};

/**
 * struct sdp_crypto - an a=crypto line (RFC 4568)
 * @tag: its number
 * @srtp: suite, key, and the master key identifier that its sender puts into every
 *	packet it protects by this key, in network byte order
 */
struct sdp_crypto {
	uint32_t tag;
	struct dp_srtp srtp;
};

/**
 * struct sdp_media - a media section: an m= line and all that belongs to it
 * @row: index of its m= line in &sdp_desc.row
 * @n_rows: lines of the section, that one included
 * @type: "audio"
 * @proto: "RTP/AVP"
 * @fmt: the formats, as they are written; empty if there are none
 * @kind: audio, video or other
 * @transport: how it is carried
 * @savp: its profile insists on SRTP (RTP/SAVP, RTP/SAVPF and those on DTLS)
 * @feedback: its profile has feedback (RTP/AVPF, RTP/SAVPF and that on DTLS)
 * @dtls: its profile is one on DTLS (UDP/TLS/RTP/...)
 * @rejected: its port is 0: not wanted; nothing else of it is judged
 * @bundle_only: its port is 0 because it has that of its group (a=bundle-only, RFC 9143 6):
 *	it is wanted, and there is no @remote
 * @port: its port, as written; above 65535 is possible, and @why says so
 * @count: pairs of ports
 * @conn: its address: its own c=, else the session's
 * @own_conn: it has a c= of its own
 * @dir: its own direction, else the session's, else SDP_SENDRECV
 * @remote: where RTP (or the datagrams) is to go; no address (family 0) if
 *	@rejected, on hold by address (@conn.what is SDP_PLACE_NULL), or @why
 * @remote_rtcp: where RTCP is to go, by a=rtcp (RFC 3605) or to the port above;
 *	no address if that cannot be told, which costs only RTCP
 * @rtcp_said: there is an a=rtcp that could be read
 * @rtcp_elsewhere: and its address is not that of @remote
 * @rtcp_why: why there is no @remote_rtcp where there should be one; NULL
 * @mux: a=rtcp-mux is there (RFC 5761)
 * @mux_only: a=rtcp-mux-only is there (RFC 8858)
 * @mid: its identification; empty if there is none
 * @n_crypto: keys that can be used, whatever the profile (RFC 8643)
 * @crypto: these, in the order of the description; NULL: there is none
 * @crypto_why: why the last key that was left out was; NULL: none was
 * @why: what is in the way of relaying it as datagrams to and from one address
 *	(several ports, no numeric address, multicast, a transport that is not
 *	ours...); NULL: nothing.  About protection it says nothing.
 */
struct sdp_media {
	size_t row;
	size_t n_rows;
	struct span type;
	struct span proto;
	struct span fmt;
	enum sdp_kind kind;
	enum sdp_transport transport;
	bool savp;
	bool feedback;
	bool dtls;
	bool rejected;
	bool bundle_only;
	uint32_t port;
	uint32_t count;
	struct sdp_conn conn;
	bool own_conn;
	enum sdp_dir dir;
	struct dp_addr remote;
	struct dp_addr remote_rtcp;
	bool rtcp_said;
	bool rtcp_elsewhere;
	const char *rtcp_why;
	bool mux;
	bool mux_only;
	struct span mid;
	size_t n_crypto;
	struct sdp_crypto *crypto;
	const char *crypto_why;
	const char *why;
};

/**
 * struct sdp_desc - a description
 * @text: a copy of it, into which all spans point
 * @len: its bytes
 * @row: all of its lines, in order
 * @n_rows: how many
 * @session_rows: lines before the first m=
 * @conn: the session's c=
 * @dir: the session's direction
 * @media: the media sections, in order
 * @n: how many
 */
struct sdp_desc {
	char *text;
	size_t len;
	struct sdp_row *row;
	size_t n_rows;
	size_t session_rows;
	struct sdp_conn conn;
	enum sdp_dir dir;
	struct sdp_media *media;
	size_t n;
};

/**
 * sdp_desc_parse() - read a description
 * @text: the body; what follows its last line may be NULs
 * @limits: what is too much; NULL: the defaults
 * @why: on failure a sentence, SDP_WHY_LEN bytes, without a word of the text
 *
 * Refused is what does not begin with v=0 (a fragment must not have a v=), has an m=
 * line that is none or a NUL, is a second description, or is beyond the limits.
 *
 * Return: the description, owned by the caller, to be given to sdp_desc_free();
 * NULL if it is none.
 */
struct sdp_desc *sdp_desc_parse(struct span text,
				const struct sdp_limits *limits, char *why);

/**
 * sdp_desc_free() - free a description, and forget the keys in it
 * @desc: NULL is fine
 */
void sdp_desc_free(struct sdp_desc *desc);

/**
 * sdp_bundle_of() - the group of a section, whose lines share a port (RFC 9143)
 * @desc: the description
 * @mid: the section's a=mid
 *
 * Return: its line, the same for all of a group; NULL: it is in none.  Names beyond twice
 * SDP_MEDIA_MAX are not looked at.
 */
const struct sdp_row *sdp_bundle_of(const struct sdp_desc *desc, struct span mid);

/**
 * sdp_bundle_first() - where a group says how it is carried (RFC 9143 7.2)
 * @desc: the description
 * @mid: a=mid of one of its sections
 *
 * Return: the first section that the group names and that has a port; NULL: there is none.
 */
const struct sdp_media *sdp_bundle_first(const struct sdp_desc *desc, struct span mid);

/**
 * sdp_row_next() - the lines of one attribute, one after the other
 * @desc: the description
 * @media: the section; NULL: the session's lines
 * @attr: the attribute
 * @after: the line before, NULL: from the first
 *
 * Return: the line, or NULL: there is none more.
 */
const struct sdp_row *sdp_row_next(const struct sdp_desc *desc,
				   const struct sdp_media *media,
				   enum sdp_attr attr,
				   const struct sdp_row *after);

/**
 * sdp_row_of() - the attribute of a section, else that of the session
 * @desc: the description
 * @media: the section
 * @attr: the attribute
 *
 * For what may be said for all sections at once: fingerprint, setup, ice-ufrag.
 *
 * Return: the line, or NULL.
 */
const struct sdp_row *sdp_row_of(const struct sdp_desc *desc,
				 const struct sdp_media *media,
				 enum sdp_attr attr);

/**
 * struct sdp_say - what takes a media section's place
 * @like: the section whose words are used, of the printed description or of
 *	another one that is still there; NULL: the one of the same number.  Of
 *	another description only type, profile and formats are taken, which pads
 *	an answer that is short (RFC 3264 section 6).
 * @port: our port; 0: rejected: type, profile and formats stay, and nothing else
 * @rtcp: our RTCP port; 0: no a=rtcp
 * @address: our address, if it is not &sdp_plan.address; family 0: it is
 * @hold: the address is to be the null address of that family
 * @proto: transport and profile; NULL: as it was
 * @drop: attributes that are left out here, beside &sdp_plan.drop
 * @dir: direction; SDP_DIR_UNSAID: as it was
 * @n_crypto: our keys
 * @crypto: these, the one we like best first
 * @add: lines to put at the section's end, each with its CR LF; NULL: none
 */
struct sdp_say {
	const struct sdp_media *like;
	uint16_t port;
	uint16_t rtcp;
	struct dp_addr address;
	bool hold;
	const char *proto;
	uint64_t drop;
	enum sdp_dir dir;
	size_t n_crypto;
	const struct sdp_crypto *crypto;
	const char *add;
};

/**
 * struct sdp_plan - our side of a description
 * @address: our address, as advertised; its port is not looked at
 * @id: session id of the o= line, the same for all of a dialog: a random one, at
 *	most 2^63 - 1
 * @version: its version: one more with each change
 * @drop: attributes that are left out, as a set of SDP_BIT(); SDP_SET_KEYS is
 *	always in it
 * @drop_unknown: leave out attributes that nobody here knows, too
 * @hide: say "-" for the session's name, and leave out i=, u=, e= and p=
 * @spell: say in each section what is so without a word: its address (and then none for the
 *	session), its direction, and what static payload types mean
 * @add: lines to put at the end of the session's part, each with its CR LF;
 *	NULL: none
 * @n: media sections to write: fewer than there are, and the last are left out;
 *	more, and those have a @like
 * @say: one for each of them
 */
struct sdp_plan {
	struct dp_addr address;
	uint64_t id;
	uint64_t version;
	uint64_t drop;
	bool drop_unknown;
	bool hide;
	bool spell;
	const char *add;
	size_t n;
	struct sdp_say say[SDP_MEDIA_MAX];
};

/** sdp_static_codec() - "PCMU/8000" of a payload type that needs no rtpmap (RFC 3551); or absent */
struct span sdp_static_codec(uint32_t pt);

/**
 * struct sdp_static - where a walk through the payload types of a section is
 * @rest: formats that are still to be looked at; at first &sdp_media.fmt
 * @asked: types that were, 1 << each: a type that is there many times is one
 * @pt: the type
 * @name: its name, "PCMU/8000"
 */
struct sdp_static {
	struct span rest;
	uint64_t asked;
	uint32_t pt;
	struct span name;
};

/**
 * sdp_static_next() - the next payload type that needs no rtpmap, and has none
 * @desc: the description
 * @media: a section of it
 * @at: the walk
 *
 * Return: false if there is none.
 */
bool sdp_static_next(const struct sdp_desc *desc, const struct sdp_media *media,
		     struct sdp_static *at);

/**
 * sdp_desc_print() - a description with us as its author
 * @desc: the description
 * @plan: what to say
 *
 * The session's c= is written if there was one, null if it was null.  A section
 * gets a c= if it had one, or if its own would differ from the session's.
 *
 * Return: text to be freed by sdp_text_free(); NULL without memory, or if a
 * section of the plan is like none.
 */
char *sdp_desc_print(const struct sdp_desc *desc, const struct sdp_plan *plan);

/**
 * sdp_text_free() - free a text, and forget the keys in it
 * @text: NULL is fine
 */
void sdp_text_free(char *text);

/**
 * sdp_crypto_parse() - read a key
 * @value: what follows "a=crypto:"; need not be terminated
 * @len: its bytes
 * @crypto: filled
 *
 * Return: NULL, or a static sentence about what is in the way.
 */
const char *sdp_crypto_parse(const char *value, size_t len,
			     struct sdp_crypto *crypto);

/**
 * sdp_crypto_print() - write a key as an a=crypto line
 * @out: where to
 * @crypto: the key
 */
void sdp_crypto_print(struct writer *out, const struct sdp_crypto *crypto);

#endif /* SDP_SDP_H */
