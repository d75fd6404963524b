// SPDX-License-Identifier: GPL-2.0
/* Names: of header fields, methods, transports, and what status codes say. */
#include "sip/header.h"

struct known {
	const char *name;
	char compact;
	bool single;
};

/*
 * single: two of them in one message would let two readers of it see different
 * things, so the message is refused.  Where nothing is decided by a field
 * (Subject, User-Agent), a second one is harmless.
 */
static const struct known known[SIP_HDR_N] = {
	[SIP_HDR_VIA] = { "Via", 'v', false },
	[SIP_HDR_FROM] = { "From", 'f', true },
	[SIP_HDR_TO] = { "To", 't', true },
	[SIP_HDR_CALL_ID] = { "Call-ID", 'i', true },
	[SIP_HDR_CSEQ] = { "CSeq", 0, true },
	[SIP_HDR_MAX_FORWARDS] = { "Max-Forwards", 0, true },
	[SIP_HDR_CONTENT_LENGTH] = { "Content-Length", 'l', true },
	[SIP_HDR_CONTACT] = { "Contact", 'm', false },
	[SIP_HDR_ROUTE] = { "Route", 0, false },
	[SIP_HDR_RECORD_ROUTE] = { "Record-Route", 0, false },
	[SIP_HDR_PATH] = { "Path", 0, false },
	[SIP_HDR_SERVICE_ROUTE] = { "Service-Route", 0, false },
	[SIP_HDR_REPLACES] = { "Replaces", 0, true },
	[SIP_HDR_JOIN] = { "Join", 0, true },
	[SIP_HDR_TARGET_DIALOG] = { "Target-Dialog", 0, true },
	[SIP_HDR_IN_REPLY_TO] = { "In-Reply-To", 0, false },
	[SIP_HDR_REFER_TO] = { "Refer-To", 'r', true },
	[SIP_HDR_REFERRED_BY] = { "Referred-By", 'b', true },
	[SIP_HDR_REFER_SUB] = { "Refer-Sub", 0, true },
	[SIP_HDR_FLOW_TIMER] = { "Flow-Timer", 0, false },
	[SIP_HDR_SUPPORTED] = { "Supported", 'k', false },
	[SIP_HDR_REQUIRE] = { "Require", 0, false },
	[SIP_HDR_PROXY_REQUIRE] = { "Proxy-Require", 0, false },
	[SIP_HDR_UNSUPPORTED] = { "Unsupported", 0, false },
	[SIP_HDR_ALLOW] = { "Allow", 0, false },
	[SIP_HDR_ALLOW_EVENTS] = { "Allow-Events", 'u', false },
	[SIP_HDR_ACCEPT] = { "Accept", 0, false },
	[SIP_HDR_ACCEPT_ENCODING] = { "Accept-Encoding", 0, false },
	[SIP_HDR_ACCEPT_LANGUAGE] = { "Accept-Language", 0, false },
	[SIP_HDR_ACCEPT_CONTACT] = { "Accept-Contact", 'a', false },
	[SIP_HDR_REJECT_CONTACT] = { "Reject-Contact", 'j', false },
	[SIP_HDR_REQUEST_DISPOSITION] = { "Request-Disposition", 'd', false },
	[SIP_HDR_EXPIRES] = { "Expires", 0, true },
	[SIP_HDR_MIN_EXPIRES] = { "Min-Expires", 0, true },
	[SIP_HDR_SESSION_EXPIRES] = { "Session-Expires", 'x', true },
	[SIP_HDR_MIN_SE] = { "Min-SE", 0, true },
	[SIP_HDR_RETRY_AFTER] = { "Retry-After", 0, false },
	[SIP_HDR_TIMESTAMP] = { "Timestamp", 0, false },
	[SIP_HDR_DATE] = { "Date", 0, false },
	[SIP_HDR_RSEQ] = { "RSeq", 0, true },
	[SIP_HDR_RACK] = { "RAck", 0, true },
	[SIP_HDR_EVENT] = { "Event", 'o', true },
	[SIP_HDR_SUBSCRIPTION_STATE] = { "Subscription-State", 0, true },
	[SIP_HDR_SIP_ETAG] = { "SIP-ETag", 0, true },
	[SIP_HDR_SIP_IF_MATCH] = { "SIP-If-Match", 0, true },
	[SIP_HDR_CONTENT_TYPE] = { "Content-Type", 'c', true },
	[SIP_HDR_CONTENT_ENCODING] = { "Content-Encoding", 'e', false },
	[SIP_HDR_CONTENT_DISPOSITION] = { "Content-Disposition", 0, true },
	[SIP_HDR_CONTENT_LANGUAGE] = { "Content-Language", 0, false },
	[SIP_HDR_CONTENT_ID] = { "Content-ID", 0, false },
	[SIP_HDR_MIME_VERSION] = { "MIME-Version", 0, false },
	[SIP_HDR_AUTHORIZATION] = { "Authorization", 0, false },
	[SIP_HDR_WWW_AUTHENTICATE] = { "WWW-Authenticate", 0, false },
	[SIP_HDR_PROXY_AUTHORIZATION] = { "Proxy-Authorization", 0, false },
	[SIP_HDR_PROXY_AUTHENTICATE] = { "Proxy-Authenticate", 0, false },
	[SIP_HDR_AUTHENTICATION_INFO] = { "Authentication-Info", 0, false },
	[SIP_HDR_PROXY_AUTHENTICATION_INFO] = { "Proxy-Authentication-Info", 0,
						false },
	[SIP_HDR_SECURITY_CLIENT] = { "Security-Client", 0, false },
	[SIP_HDR_SECURITY_SERVER] = { "Security-Server", 0, false },
	[SIP_HDR_SECURITY_VERIFY] = { "Security-Verify", 0, false },
	[SIP_HDR_IDENTITY] = { "Identity", 'y', false },
	[SIP_HDR_IDENTITY_INFO] = { "Identity-Info", 'n', false },
	[SIP_HDR_P_ASSERTED_IDENTITY] = { "P-Asserted-Identity", 0, false },
	[SIP_HDR_P_PREFERRED_IDENTITY] = { "P-Preferred-Identity", 0, false },
	[SIP_HDR_REMOTE_PARTY_ID] = { "Remote-Party-ID", 0, false },
	[SIP_HDR_PRIVACY] = { "Privacy", 0, false },
	[SIP_HDR_DIVERSION] = { "Diversion", 0, false },
	[SIP_HDR_HISTORY_INFO] = { "History-Info", 0, false },
	[SIP_HDR_P_CALLED_PARTY_ID] = { "P-Called-Party-ID", 0, false },
	[SIP_HDR_P_ASSOCIATED_URI] = { "P-Associated-URI", 0, false },
	[SIP_HDR_P_ACCESS_NETWORK_INFO] = { "P-Access-Network-Info", 0, false },
	[SIP_HDR_P_VISITED_NETWORK_ID] = { "P-Visited-Network-ID", 0, false },
	[SIP_HDR_P_CHARGING_VECTOR] = { "P-Charging-Vector", 0, false },
	[SIP_HDR_P_CHARGING_FUNCTION_ADDRESSES] = {
		"P-Charging-Function-Addresses", 0, false },
	[SIP_HDR_USER_AGENT] = { "User-Agent", 0, false },
	[SIP_HDR_SERVER] = { "Server", 0, false },
	[SIP_HDR_ORGANIZATION] = { "Organization", 0, false },
	[SIP_HDR_WARNING] = { "Warning", 0, false },
	[SIP_HDR_REASON] = { "Reason", 0, false },
	[SIP_HDR_SUBJECT] = { "Subject", 's', false },
	[SIP_HDR_PRIORITY] = { "Priority", 0, false },
	[SIP_HDR_RESOURCE_PRIORITY] = { "Resource-Priority", 0, false },
	[SIP_HDR_ACCEPT_RESOURCE_PRIORITY] = { "Accept-Resource-Priority", 0,
					       false },
	[SIP_HDR_ALERT_INFO] = { "Alert-Info", 0, false },
	[SIP_HDR_CALL_INFO] = { "Call-Info", 0, false },
	[SIP_HDR_ERROR_INFO] = { "Error-Info", 0, false },
	[SIP_HDR_REPLY_TO] = { "Reply-To", 0, false },
	[SIP_HDR_ANSWER_MODE] = { "Answer-Mode", 0, false },
	[SIP_HDR_PRIV_ANSWER_MODE] = { "Priv-Answer-Mode", 0, false },
	[SIP_HDR_USER_TO_USER] = { "User-to-User", 0, false },
	[SIP_HDR_SESSION_ID] = { "Session-ID", 0, false },
	[SIP_HDR_GEOLOCATION] = { "Geolocation", 0, false },
	[SIP_HDR_GEOLOCATION_ROUTING] = { "Geolocation-Routing", 0, false },
	[SIP_HDR_RECV_INFO] = { "Recv-Info", 0, false },
	[SIP_HDR_INFO_PACKAGE] = { "Info-Package", 0, false },
	[SIP_HDR_P_EARLY_MEDIA] = { "P-Early-Media", 0, false },
	[SIP_HDR_P_CHARGE_INFO] = { "P-Charge-Info", 0, false },
	[SIP_HDR_P_SERVED_USER] = { "P-Served-User", 0, false },
	[SIP_HDR_P_USER_DATABASE] = { "P-User-Database", 0, false },
	[SIP_HDR_P_PROFILE_KEY] = { "P-Profile-Key", 0, false },
	[SIP_HDR_P_ASSERTED_SERVICE] = { "P-Asserted-Service", 0, false },
	[SIP_HDR_P_PREFERRED_SERVICE] = { "P-Preferred-Service", 0, false },
	[SIP_HDR_P_MEDIA_AUTHORIZATION] = { "P-Media-Authorization", 0, false },
	[SIP_HDR_ATTESTATION_INFO] = { "Attestation-Info", 0, false },
	[SIP_HDR_ORIGINATION_ID] = { "Origination-Id", 0, false },
	[SIP_HDR_RELAYED_CHARGE] = { "Relayed-Charge", 0, false },
	[SIP_HDR_CELLULAR_NETWORK_INFO] = { "Cellular-Network-Info", 0, false },
	[SIP_HDR_FEATURE_CAPS] = { "Feature-Caps", 0, false },
	[SIP_HDR_P_PRIVATE_NETWORK_INDICATION] = {
		"P-Private-Network-Indication", 0, false },
	[SIP_HDR_MAX_BREADTH] = { "Max-Breadth", 0, false },
};

static const char *const methods[SIP_METHOD_N] = {
	[SIP_INVITE] = "INVITE", [SIP_ACK] = "ACK", [SIP_BYE] = "BYE",
	[SIP_CANCEL] = "CANCEL", [SIP_OPTIONS] = "OPTIONS",
	[SIP_REGISTER] = "REGISTER", [SIP_PRACK] = "PRACK",
	[SIP_UPDATE] = "UPDATE", [SIP_INFO] = "INFO",
	[SIP_MESSAGE] = "MESSAGE", [SIP_SUBSCRIBE] = "SUBSCRIBE",
	[SIP_NOTIFY] = "NOTIFY", [SIP_REFER] = "REFER",
	[SIP_PUBLISH] = "PUBLISH",
};

static const char *const protos[] = {
	[SIP_PROTO_UDP] = "UDP", [SIP_PROTO_TCP] = "TCP",
	[SIP_PROTO_TLS] = "TLS", [SIP_PROTO_WS] = "WS",
	[SIP_PROTO_WSS] = "WSS",
};

/* Open addressing; filled once, before main(), and only read afterwards. */
#define SLOTS 512
static uint8_t slots[SLOTS];
static uint8_t compacts[26];

static unsigned int slot_of(struct span name)
{
	unsigned int first = (unsigned char)name.p[0] | 0x20;
	unsigned int middle = (unsigned char)name.p[name.n / 2] | 0x20;
	unsigned int last = (unsigned char)name.p[name.n - 1] | 0x20;

	return (unsigned int)(name.n * 37 + first * 5 + middle * 11 + last * 61) %
	       SLOTS;
}

static void __attribute__((constructor)) fill_slots(void)
{
	unsigned int i, at;

	for (i = 1; i < SIP_HDR_N; i++) {
		for (at = slot_of(span_of(known[i].name)); slots[at];)
			at = (at + 1) % SLOTS;
		slots[at] = (uint8_t)i;
		if (known[i].compact)
			compacts[known[i].compact - 'a'] = (uint8_t)i;
	}
}

static enum sip_hdr compact_lookup(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? (enum sip_hdr)compacts[c - 'a'] :
				      SIP_HDR_OTHER;
}

enum sip_hdr sip_hdr_lookup(struct span name)
{
	unsigned int at;

	if (name.n <= 1)
		return name.n ? compact_lookup(*name.p) : SIP_HDR_OTHER;
	for (at = slot_of(name); slots[at]; at = (at + 1) % SLOTS)
		if (span_iscase(name, known[slots[at]].name))
			return (enum sip_hdr)slots[at];
	return SIP_HDR_OTHER;
}

struct span sip_hdr_name(enum sip_hdr id)
{
	return id < SIP_HDR_N && known[id].name ? span_of(known[id].name) :
						  SPAN("");
}

bool sip_hdr_is_single(enum sip_hdr id)
{
	return id < SIP_HDR_N && known[id].single;
}

enum sip_method sip_method_lookup(struct span name)
{
	unsigned int i;

	for (i = 1; i < SIP_METHOD_N; i++)
		if (name.n && *name.p == *methods[i] && span_is(name, methods[i]))
			return (enum sip_method)i;
	return SIP_METHOD_OTHER;
}

struct span sip_method_text(enum sip_method method)
{
	return method > SIP_METHOD_OTHER && method < SIP_METHOD_N ?
		span_of(methods[method]) : SPAN("");
}

enum sip_proto sip_proto_lookup(struct span name)
{
	unsigned int i;

	if (!name.n)
		return SIP_PROTO_NONE;
	for (i = SIP_PROTO_UDP; i <= SIP_PROTO_WSS; i++)
		if (span_iscase(name, protos[i]))
			return (enum sip_proto)i;
	return SIP_PROTO_OTHER;
}

struct span sip_proto_text(enum sip_proto proto)
{
	return proto >= SIP_PROTO_UDP && proto <= SIP_PROTO_WSS ?
		span_of(protos[proto]) : SPAN("");
}

struct reason {
	unsigned int status;
	const char *text;
};

static const struct reason reasons[] = {
	{ 100, "Trying" }, { 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" }, { 182, "Queued" },
	{ 183, "Session Progress" }, { 199, "Early Dialog Terminated" },
	{ 200, "OK" }, { 202, "Accepted" }, { 204, "No Notification" },
	{ 300, "Multiple Choices" }, { 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" }, { 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 402, "Payment Required" }, { 403, "Forbidden" },
	{ 404, "Not Found" }, { 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" }, { 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" }, { 410, "Gone" },
	{ 412, "Conditional Request Failed" },
	{ 413, "Request Entity Too Large" }, { 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" }, { 416, "Unsupported URI Scheme" },
	{ 417, "Unknown Resource-Priority" }, { 420, "Bad Extension" },
	{ 421, "Extension Required" }, { 422, "Session Interval Too Small" },
	{ 423, "Interval Too Brief" }, { 424, "Bad Location Information" },
	{ 428, "Use Identity Header" }, { 429, "Provide Referrer Identity" },
	{ 430, "Flow Failed" }, { 433, "Anonymity Disallowed" },
	{ 436, "Bad Identity Info" }, { 437, "Unsupported Credential" },
	{ 438, "Invalid Identity Header" },
	{ 439, "First Hop Lacks Outbound Support" },
	{ 440, "Max-Breadth Exceeded" }, { 469, "Bad Info Package" },
	{ 470, "Consent Needed" }, { 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" }, { 482, "Loop Detected" },
	{ 483, "Too Many Hops" }, { 484, "Address Incomplete" },
	{ 485, "Ambiguous" }, { 486, "Busy Here" },
	{ 487, "Request Terminated" }, { 488, "Not Acceptable Here" },
	{ 489, "Bad Event" }, { 491, "Request Pending" },
	{ 493, "Undecipherable" }, { 494, "Security Agreement Required" },
	{ 500, "Server Internal Error" }, { 501, "Not Implemented" },
	{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	{ 504, "Server Time-out" }, { 505, "Version Not Supported" },
	{ 513, "Message Too Large" }, { 580, "Precondition Failure" },
	{ 600, "Busy Everywhere" }, { 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" }, { 606, "Not Acceptable" },
	{ 607, "Unwanted" }, { 608, "Rejected" },
};

struct span sip_reason_text(unsigned int status)
{
	static const char *const classes[] = {
		"Unknown", "Trying", "OK", "Redirection", "Request Failure",
		"Server Failure", "Global Failure",
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return span_of(reasons[i].text);
	return span_of(classes[status >= 100 && status <= 699 ? status / 100 : 0]);
}
