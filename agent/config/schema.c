// SPDX-License-Identifier: GPL-2.0
/*
 * The schema of the file, and libcyaml's complaints made into one sentence.
 *
 * libcyaml reports an error as a first line (what), followed by a backtrace from
 * the innermost place outwards (where); both come through its log callback.
 */
#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtplane.h>

#include "datapath/datapath.h"
#include "raw.h"

#define OPT	CYAML_FLAG_OPTIONAL
#define OPT_PTR	(CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define MUST	CYAML_FLAG_POINTER
#define WORD	CYAML_FLAG_STRICT

static const cyaml_strval_t transports[] = {
	{ "udp", CONFIG_UDP }, { "tcp", CONFIG_TCP }, { "tls", CONFIG_TLS },
	{ "ws", CONFIG_WS }, { "wss", CONFIG_WSS },
};

static const cyaml_strval_t hunts[] = {
	{ "order", CONFIG_HUNT_ORDER }, { "round-robin", CONFIG_HUNT_ROUND_ROBIN },
	{ "weight", CONFIG_HUNT_WEIGHT },
};

static const cyaml_strval_t ng_transports[] = {
	{ "udp", CONFIG_UDP }, { "tcp", CONFIG_TCP }, { "http", CONFIG_HTTP },
};

static const cyaml_strval_t datapaths[] = {
	{ "auto", DP_WANT_AUTO }, { "kernel", DP_WANT_KERNEL },
	{ "uring", DP_WANT_URING },
};

static const cyaml_strval_t latches[] = {
	{ "off", RTPLANE_LATCH_OFF },
	{ "restricted", RTPLANE_LATCH_RESTRICTED },
	{ "learn", RTPLANE_LATCH_LEARN },
};

static const cyaml_strval_t nats[] = {
	{ "off", CONFIG_NAT_OFF }, { "learn", CONFIG_NAT_LEARN },
	{ "source", CONFIG_NAT_SOURCE },
};

static const cyaml_strval_t policies[] = {
	{ "refuse", CONFIG_SRTP_REFUSE }, { "allow", CONFIG_SRTP_ALLOW },
	{ "require", CONFIG_SRTP_REQUIRE },
};

static const cyaml_strval_t suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", RTPLANE_SRTP_AES_128_CM_SHA1_80 },
	{ "AES_CM_128_HMAC_SHA1_32", RTPLANE_SRTP_AES_128_CM_SHA1_32 },
	{ "AES_256_CM_HMAC_SHA1_80", RTPLANE_SRTP_AES_256_CM_SHA1_80 },
	{ "AES_256_CM_HMAC_SHA1_32", RTPLANE_SRTP_AES_256_CM_SHA1_32 },
	{ "AEAD_AES_128_GCM", RTPLANE_SRTP_AES_128_GCM },
	{ "AEAD_AES_256_GCM", RTPLANE_SRTP_AES_256_GCM },
};

const char *raw_suite_word(int suite)
{
	size_t i;

	for (i = 0; suites[i].val != suite; i++)
		;
	return suites[i].str;
}

static const cyaml_strval_t dtlses[] = {
	{ "off", CONFIG_DTLS_OFF }, { "allow", CONFIG_DTLS_ALLOW },
	{ "require", CONFIG_DTLS_REQUIRE },
};

static const cyaml_strval_t muxes[] = {
	{ "off", CONFIG_MUX_OFF }, { "allow", CONFIG_MUX_ALLOW },
	{ "require", CONFIG_MUX_REQUIRE },
};

static const cyaml_strval_t bundles[] = {
	{ "off", CONFIG_BUNDLE_OFF }, { "accept", CONFIG_BUNDLE_ACCEPT },
	{ "require", CONFIG_BUNDLE_REQUIRE },
};

static const cyaml_strval_t ices[] = {
	{ "off", CONFIG_ICE_OFF }, { "lite", CONFIG_ICE_LITE },
	{ "full", CONFIG_ICE_FULL }, { "force", CONFIG_ICE_FORCE },
};

static const cyaml_strval_t punches[] = {
	{ "off", CONFIG_PUNCH_OFF }, { "one", CONFIG_PUNCH_ONE },
	{ "all", CONFIG_PUNCH_ALL },
};

static const cyaml_strval_t keepalives[] = {
	{ "off", CONFIG_KEEPALIVE_OFF }, { "crlf", CONFIG_KEEPALIVE_CRLF },
	{ "stun", CONFIG_KEEPALIVE_STUN }, { "options", CONFIG_KEEPALIVE_OPTIONS },
};

static const cyaml_strval_t levels[] = {
	{ "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING },
	{ "info", LOG_LEVEL_INFO }, { "debug", LOG_LEVEL_DEBUG },
};

/* libcyaml takes every unknown word for true */
static const cyaml_strval_t booleans[] = {
	{ "false", 0 }, { "true", 1 }, { "no", 0 }, { "yes", 1 },
	{ "off", 0 }, { "on", 1 },
};

static const cyaml_schema_field_t address_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", MUST, struct raw_address, listen,
			       1, 255),
	CYAML_FIELD_STRING_PTR("advertise", OPT_PTR, struct raw_address,
			       advertise, 1, 255),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t address_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_address,
			    address_fields),
};

static const cyaml_schema_value_t port_schema = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t),
};

static const cyaml_schema_value_t origin_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255),
};

static const cyaml_schema_field_t sip_fields[] = {
	CYAML_FIELD_ENUM("transport", WORD, struct raw_sip, transport,
			 transports, CYAML_ARRAY_LEN(transports)),
	CYAML_FIELD_STRING_PTR("address", OPT_PTR, struct raw_sip, address,
			       1, 255),
	CYAML_FIELD_UINT_PTR("port", OPT_PTR, struct raw_sip, port),
	CYAML_FIELD_SEQUENCE_COUNT("alternative-ports", OPT_PTR,
				   struct raw_sip, alternatives,
				   n_alternatives, &port_schema, 0, 16),
	CYAML_FIELD_STRING_PTR("certificates", OPT_PTR, struct raw_sip,
			       certificates, 1, 255),
	CYAML_FIELD_SEQUENCE_COUNT("origins", OPT_PTR, struct raw_sip, origins,
				   n_origins, &origin_schema, 1, 64),
	CYAML_FIELD_ENUM_PTR("verify-clients", OPT_PTR | WORD, struct raw_sip,
			     verify_clients, booleans,
			     CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_ENUM_PTR("verify-servers", OPT_PTR | WORD, struct raw_sip,
			     verify_servers, booleans,
			     CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t sip_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_sip, sip_fields),
};

static const cyaml_schema_field_t ports_fields[] = {
	CYAML_FIELD_UINT("low", CYAML_FLAG_DEFAULT, struct raw_ports, low),
	CYAML_FIELD_UINT("high", CYAML_FLAG_DEFAULT, struct raw_ports, high),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t latch_fields[] = {
	CYAML_FIELD_ENUM_PTR("mode", OPT_PTR | WORD, struct raw_latch, mode,
			     latches, CYAML_ARRAY_LEN(latches)),
	CYAML_FIELD_UINT_PTR("probation", OPT_PTR, struct raw_latch,
			     probation),
	CYAML_FIELD_ENUM_PTR("early", OPT_PTR | WORD, struct raw_latch, early,
			     booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_UINT("relatch", OPT, struct raw_latch, relatch),
	CYAML_FIELD_ENUM_PTR("nat", OPT_PTR | WORD, struct raw_latch, nat,
			     nats, CYAML_ARRAY_LEN(nats)),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t suite_schema = {
	CYAML_VALUE_ENUM(WORD, int, suites, CYAML_ARRAY_LEN(suites)),
};

static const cyaml_schema_field_t srtp_fields[] = {
	CYAML_FIELD_ENUM_PTR("policy", OPT_PTR | WORD, struct raw_srtp, policy,
			     policies, CYAML_ARRAY_LEN(policies)),
	CYAML_FIELD_SEQUENCE_COUNT("suites", OPT_PTR, struct raw_srtp, suites,
				   n_suites, &suite_schema, 1,
				   CONFIG_SUITES_MAX),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t dscp_fields[] = {
	CYAML_FIELD_UINT_PTR("audio", OPT_PTR, struct raw_dscp, audio),
	CYAML_FIELD_UINT_PTR("video", OPT_PTR, struct raw_dscp, video),
	CYAML_FIELD_UINT_PTR("signalling", OPT_PTR, struct raw_dscp,
			     signalling),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t limits_fields[] = {
	CYAML_FIELD_UINT("packets", OPT, struct raw_limits, packets),
	CYAML_FIELD_UINT("bits", OPT, struct raw_limits, bits),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t device_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 15),
};

static const cyaml_schema_value_t prefix_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 63),
};

/* entries of a list of an acl: whole countries */
#define ACL_MAX		262144

static const cyaml_strval_t acl_words[] = {
	{ "deny", false }, { "allow", true },
};

#define ACL_FIELDS							       \
	CYAML_FIELD_SEQUENCE_COUNT("allow", OPT_PTR, struct raw_acl, allow,    \
				   n_allow, &prefix_schema, 0, ACL_MAX),       \
	CYAML_FIELD_SEQUENCE_COUNT("deny", OPT_PTR, struct raw_acl, deny,      \
				   n_deny, &prefix_schema, 0, ACL_MAX),	       \
	CYAML_FIELD_ENUM_PTR("default", OPT_PTR | WORD, struct raw_acl,	       \
			     others, acl_words, CYAML_ARRAY_LEN(acl_words))

static const cyaml_schema_field_t acl_fields[] = {
	ACL_FIELDS,
	CYAML_FIELD_ENUM_PTR("silent", OPT_PTR | WORD, struct raw_acl, silent,
			     booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t media_acl_fields[] = {
	ACL_FIELDS,
	CYAML_FIELD_END
};

static const cyaml_schema_field_t source_fields[] = {
	CYAML_FIELD_UINT_PTR("messages", OPT_PTR, struct raw_source, messages),
	CYAML_FIELD_UINT_PTR("together", OPT_PTR, struct raw_source, together),
	CYAML_FIELD_UINT_PTR("calls", OPT_PTR, struct raw_source, calls),
	CYAML_FIELD_UINT_PTR("ringing", OPT_PTR, struct raw_source, ringing),
	CYAML_FIELD_UINT_PTR("ports", OPT_PTR, struct raw_source, ports),
	CYAML_FIELD_UINT_PTR("connections", OPT_PTR, struct raw_source, connections),
	CYAML_FIELD_UINT_PTR("transactions", OPT_PTR, struct raw_source,
			     transactions),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t register_fields[] = {
	CYAML_FIELD_UINT_PTR("interval", OPT_PTR, struct raw_register, interval),
	CYAML_FIELD_UINT_PTR("registrar-interval", OPT_PTR, struct raw_register,
			     registrar),
	CYAML_FIELD_ENUM_PTR("refresh", OPT_PTR | WORD, struct raw_register,
			     refresh, booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_ENUM_PTR("keepalive", OPT_PTR | WORD, struct raw_register,
			     keepalive, keepalives, CYAML_ARRAY_LEN(keepalives)),
	CYAML_FIELD_UINT_PTR("keepalive-udp", OPT_PTR, struct raw_register, udp),
	CYAML_FIELD_UINT_PTR("keepalive-tcp", OPT_PTR, struct raw_register, tcp),
	CYAML_FIELD_ENUM_PTR("unregister", OPT_PTR | WORD, struct raw_register,
			     unregister, booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_UINT_PTR("bindings", OPT_PTR, struct raw_register, bindings),
	CYAML_FIELD_UINT_PTR("per-source", OPT_PTR, struct raw_register, source),
	CYAML_FIELD_UINT_PTR("per-aor", OPT_PTR, struct raw_register, aor),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t domain_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255),
};

/* of a realm, and of a tenant of it */
#define MEDIA_FIELDS(type)						       \
	CYAML_FIELD_MAPPING_PTR("latch", OPT_PTR, type, latch, latch_fields),  \
	CYAML_FIELD_MAPPING_PTR("srtp", OPT_PTR, type, srtp, srtp_fields),     \
	CYAML_FIELD_ENUM_PTR("dtls", OPT_PTR | WORD, type, dtls, dtlses,       \
			     CYAML_ARRAY_LEN(dtlses)),			       \
	CYAML_FIELD_ENUM_PTR("mux", OPT_PTR | WORD, type, mux, muxes,	       \
			     CYAML_ARRAY_LEN(muxes))

static const cyaml_schema_field_t tenant_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_tenant, name, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("listeners", OPT_PTR, struct raw_tenant, listeners,
				   n_listeners, &port_schema, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("domains", OPT_PTR, struct raw_tenant, domains,
				   n_domains, &domain_schema, 1, 1024),
	CYAML_FIELD_SEQUENCE_COUNT("sources", OPT_PTR, struct raw_tenant, sources,
				   n_sources, &prefix_schema, 1, 4096),
	CYAML_FIELD_UINT_PTR("calls", OPT_PTR, struct raw_tenant, calls),
	CYAML_FIELD_UINT_PTR("rate", OPT_PTR, struct raw_tenant, rate),
	CYAML_FIELD_UINT_PTR("bindings", OPT_PTR, struct raw_tenant, bindings),
	CYAML_FIELD_UINT_PTR("media-ports", OPT_PTR, struct raw_tenant, ports),
	CYAML_FIELD_UINT_PTR("bandwidth", OPT_PTR, struct raw_tenant, kbits),
	MEDIA_FIELDS(struct raw_tenant),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t tenant_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_tenant, tenant_fields),
};

static const cyaml_schema_field_t realm_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_realm, name, 1, 32),
	CYAML_FIELD_SEQUENCE_COUNT("addresses", MUST, struct raw_realm,
				   addresses, n_addresses, &address_schema,
				   1, 16),
	CYAML_FIELD_SEQUENCE_COUNT("sip", OPT_PTR, struct raw_realm, sip, n_sip,
				   &sip_schema, 1, 16),
	CYAML_FIELD_MAPPING_PTR("ports", OPT_PTR, struct raw_realm, ports,
				ports_fields),
	MEDIA_FIELDS(struct raw_realm),
	CYAML_FIELD_ENUM_PTR("bundle", OPT_PTR | WORD, struct raw_realm, bundle,
			     bundles, CYAML_ARRAY_LEN(bundles)),
	CYAML_FIELD_ENUM_PTR("ice", OPT_PTR | WORD, struct raw_realm, ice, ices,
			     CYAML_ARRAY_LEN(ices)),
	CYAML_FIELD_ENUM_PTR("punch", OPT_PTR | WORD, struct raw_realm, punch,
			     punches, CYAML_ARRAY_LEN(punches)),
	CYAML_FIELD_UINT_PTR("single-port", OPT_PTR, struct raw_realm, single_port),
	CYAML_FIELD_STRING_PTR("stun", OPT_PTR, struct raw_realm, stun, 1, 255),
	CYAML_FIELD_MAPPING_PTR("dscp", OPT_PTR, struct raw_realm, dscp,
				dscp_fields),
	CYAML_FIELD_MAPPING_PTR("limits", OPT_PTR, struct raw_realm, limits,
				limits_fields),
	CYAML_FIELD_SEQUENCE_COUNT("devices", OPT_PTR, struct raw_realm,
				   devices, n_devices, &device_schema, 0, 64),
	CYAML_FIELD_MAPPING_PTR("acl", OPT_PTR, struct raw_realm, acl,
				acl_fields),
	CYAML_FIELD_MAPPING_PTR("media-acl", OPT_PTR, struct raw_realm, media_acl,
				media_acl_fields),
	CYAML_FIELD_ENUM_PTR("trust", OPT_PTR | WORD, struct raw_realm, trust,
			     booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_MAPPING_PTR("per-source", OPT_PTR, struct raw_realm, source,
				source_fields),
	CYAML_FIELD_MAPPING_PTR("register", OPT_PTR, struct raw_realm, reg,
				register_fields),
	CYAML_FIELD_STRING_PTR("users", OPT_PTR, struct raw_realm, users, 1, 255),
	CYAML_FIELD_SEQUENCE_COUNT("tenants", OPT_PTR, struct raw_realm, tenants,
				   n_tenants, &tenant_schema, 1, 16384),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t realm_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_realm,
			    realm_fields),
};

static const cyaml_schema_value_t hop_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255),
};

static const cyaml_schema_field_t trunk_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_trunk, name, 1, 64),
	CYAML_FIELD_STRING_PTR("realm", MUST, struct raw_trunk, realm, 1, 255),
	CYAML_FIELD_SEQUENCE_COUNT("next-hops", MUST, struct raw_trunk, hops,
				   n_hops, &hop_schema, 1, CONFIG_HOPS_MAX),
	CYAML_FIELD_STRING_PTR("user", OPT_PTR, struct raw_trunk, user, 1, 255),
	CYAML_FIELD_STRING_PTR("password", OPT_PTR, struct raw_trunk, password,
			       1, 255),
	CYAML_FIELD_STRING_PTR("register", OPT_PTR, struct raw_trunk, aor, 1, 255),
	CYAML_FIELD_UINT_PTR("interval", OPT_PTR, struct raw_trunk, interval),
	CYAML_FIELD_UINT_PTR("options", OPT_PTR, struct raw_trunk, options),
	CYAML_FIELD_UINT_PTR("retry", OPT_PTR, struct raw_trunk, retry),
	CYAML_FIELD_UINT_PTR("calls", OPT_PTR, struct raw_trunk, calls),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t trunk_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_trunk, trunk_fields),
};

static const cyaml_schema_value_t name_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64),
};

static const cyaml_schema_value_t weight_schema = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t),
};

static const cyaml_schema_field_t group_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_group, name, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("trunks", MUST, struct raw_group, trunks,
				   n_trunks, &name_schema, 1, CONFIG_GROUP_MAX),
	CYAML_FIELD_ENUM_PTR("hunt", OPT_PTR | WORD, struct raw_group, hunt, hunts,
			     CYAML_ARRAY_LEN(hunts)),
	CYAML_FIELD_SEQUENCE_COUNT("weights", OPT_PTR, struct raw_group, weights,
				   n_weights, &weight_schema, 1, CONFIG_GROUP_MAX),
	CYAML_FIELD_UINT_PTR("calls", OPT_PTR, struct raw_group, calls),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t group_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_group, group_fields),
};

static const cyaml_schema_field_t route_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("source", OPT_PTR, struct raw_route, source,
				   n_source, &prefix_schema, 1, 256),
	CYAML_FIELD_STRING_PTR("from", OPT_PTR, struct raw_route, from, 1, 255),
	CYAML_FIELD_STRING_PTR("user-prefix", OPT_PTR, struct raw_route,
			       user_prefix, 1, 255),
	CYAML_FIELD_STRING_PTR("user-suffix", OPT_PTR, struct raw_route,
			       user_suffix, 1, 255),
	CYAML_FIELD_STRING_PTR("host-prefix", OPT_PTR, struct raw_route,
			       host_prefix, 1, 255),
	CYAML_FIELD_STRING_PTR("host-suffix", OPT_PTR, struct raw_route,
			       host_suffix, 1, 255),
	CYAML_FIELD_UINT_PTR("user-strip", OPT_PTR, struct raw_route, strip),
	CYAML_FIELD_STRING_PTR("user-add", OPT_PTR, struct raw_route, add, 1, 64),
	CYAML_FIELD_STRING_PTR("to", OPT_PTR, struct raw_route, to, 1, 255),
	CYAML_FIELD_STRING_PTR("next-hop", OPT_PTR, struct raw_route, next_hop,
			       1, 255),
	CYAML_FIELD_STRING_PTR("trunk", OPT_PTR, struct raw_route, trunk, 1, 255),
	CYAML_FIELD_STRING_PTR("tenant", OPT_PTR, struct raw_route, tenant, 1, 64),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t route_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_route,
			    route_fields),
};

static const cyaml_schema_field_t ng_fields[] = {
	CYAML_FIELD_ENUM("transport", WORD, struct raw_ng, transport,
			 ng_transports, CYAML_ARRAY_LEN(ng_transports)),
	CYAML_FIELD_STRING_PTR("listen", MUST, struct raw_ng, listen, 1, 255),
	CYAML_FIELD_SEQUENCE_COUNT("allow", MUST, struct raw_ng, allow,
				   n_allow, &prefix_schema, 1, 4096),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t ng_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_ng, ng_fields),
};

static const cyaml_schema_field_t interface_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_interface, name, 1, 64),
	CYAML_FIELD_STRING_PTR("realm", MUST, struct raw_interface, realm,
			       1, 255),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t template_fields[] = {
	CYAML_FIELD_STRING_PTR("name", MUST, struct raw_template, name, 1, 64),
	CYAML_FIELD_STRING_PTR("flags", MUST, struct raw_template, flags, 1,
			       4096),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t template_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_template,
			    template_fields),
};

static const cyaml_schema_value_t interface_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_interface,
			    interface_fields),
};

static const cyaml_strval_t nft_modes[] = {
	{ "off", CONFIG_NFT_OFF }, { "sets", CONFIG_NFT_SETS },
	{ "table", CONFIG_NFT_TABLE },
};

static const cyaml_strval_t exits[] = {
	{ "keep", 0 }, { "remove", 1 },
};

static const cyaml_schema_field_t nftables_fields[] = {
	CYAML_FIELD_ENUM_PTR("mode", OPT_PTR | WORD, struct raw_nftables, mode,
			     nft_modes, CYAML_ARRAY_LEN(nft_modes)),
	CYAML_FIELD_STRING_PTR("table", OPT_PTR, struct raw_nftables, table, 1,
			       31),
	CYAML_FIELD_ENUM_PTR("on-exit", OPT_PTR | WORD, struct raw_nftables,
			     on_exit, exits, CYAML_ARRAY_LEN(exits)),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t bans_fields[] = {
	CYAML_FIELD_UINT_PTR("time", OPT_PTR, struct raw_bans, time),
	CYAML_FIELD_UINT_PTR("window", OPT_PTR, struct raw_bans, window),
	CYAML_FIELD_UINT_PTR("garbage", OPT_PTR, struct raw_bans, garbage),
	CYAML_FIELD_UINT_PTR("denied", OPT_PTR, struct raw_bans, denied),
	CYAML_FIELD_UINT_PTR("rate", OPT_PTR, struct raw_bans, rate),
	CYAML_FIELD_UINT_PTR("digest", OPT_PTR, struct raw_bans, digest),
	CYAML_FIELD_UINT_PTR("scan", OPT_PTR, struct raw_bans, scan),
	CYAML_FIELD_UINT_PTR("stun", OPT_PTR, struct raw_bans, stun),
	CYAML_FIELD_SEQUENCE_COUNT("allow", OPT_PTR, struct raw_bans, allow,
				   n_allow, &prefix_schema, 0, 4096),
	CYAML_FIELD_END
};

static const cyaml_strval_t map_transports[] = {
	{ "udp", CONFIG_UDP }, { "tcp", CONFIG_TCP },
};

static const cyaml_strval_t eaches[] = {
	{ "port", CONFIG_EACH_PORT }, { "address", CONFIG_EACH_ADDRESS },
	{ "both", CONFIG_EACH_BOTH },
};

static const cyaml_schema_field_t map_fields[] = {
	CYAML_FIELD_ENUM("transport", WORD, struct raw_map, transport,
			 map_transports, CYAML_ARRAY_LEN(map_transports)),
	CYAML_FIELD_STRING_PTR("listen", MUST, struct raw_map, listen, 1, 255),
	CYAML_FIELD_STRING_PTR("to", MUST, struct raw_map, to, 1, 255),
	CYAML_FIELD_UINT_PTR("count", OPT_PTR, struct raw_map, count),
	CYAML_FIELD_ENUM_PTR("each", OPT_PTR | WORD, struct raw_map, each,
			     eaches, CYAML_ARRAY_LEN(eaches)),
	CYAML_FIELD_SEQUENCE_COUNT("from", OPT_PTR, struct raw_map, from,
				   n_from, &prefix_schema, 1, 4096),
	CYAML_FIELD_ENUM_PTR("snat", OPT_PTR | WORD, struct raw_map, snat,
			     booleans, CYAML_ARRAY_LEN(booleans)),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t map_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_map, map_fields),
};

static const cyaml_schema_value_t number_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 32),
};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_STRING_PTR("control", OPT_PTR, struct raw_config, control,
			       1, 107),
	CYAML_FIELD_STRING_PTR("store", OPT_PTR, struct raw_config, store, 1,
			       255),
	CYAML_FIELD_ENUM_PTR("datapath", OPT_PTR | WORD, struct raw_config,
			     datapath, datapaths, CYAML_ARRAY_LEN(datapaths)),
	CYAML_FIELD_ENUM_PTR("log", OPT_PTR | WORD, struct raw_config, log,
			     levels, CYAML_ARRAY_LEN(levels)),
	CYAML_FIELD_UINT_PTR("workers", OPT_PTR, struct raw_config, workers),
	CYAML_FIELD_UINT_PTR("drain", OPT_PTR, struct raw_config, drain),
	CYAML_FIELD_UINT_PTR("quarantine", OPT_PTR, struct raw_config,
			     quarantine),
	CYAML_FIELD_UINT_PTR("history", OPT_PTR, struct raw_config, history),
	CYAML_FIELD_UINT_PTR("answer-timeout", OPT_PTR, struct raw_config,
			     answer_timeout),
	CYAML_FIELD_UINT_PTR("orphan-timeout", OPT_PTR, struct raw_config,
			     orphan_timeout),
	CYAML_FIELD_UINT_PTR("media-timeout", OPT_PTR, struct raw_config,
			     media_timeout),
	CYAML_FIELD_UINT_PTR("hold-timeout", OPT_PTR, struct raw_config,
			     hold_timeout),
	CYAML_FIELD_UINT_PTR("change-timeout", OPT_PTR, struct raw_config,
			     change_timeout),
	CYAML_FIELD_UINT_PTR("hop-timeout", OPT_PTR, struct raw_config,
			     hop_timeout),
	CYAML_FIELD_SEQUENCE_COUNT("emergency", OPT_PTR, struct raw_config,
				   emergency, n_emergency, &number_schema, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("scanners", OPT_PTR, struct raw_config,
				   scanners, n_scanners, &number_schema, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("realms", MUST, struct raw_config, realms,
				   n_realms, &realm_schema, 1, 256),
	CYAML_FIELD_SEQUENCE_COUNT("trunks", OPT_PTR, struct raw_config, trunks,
				   n_trunks, &trunk_schema, 1, 1024),
	CYAML_FIELD_SEQUENCE_COUNT("trunk-groups", OPT_PTR, struct raw_config, groups,
				   n_groups, &group_schema, 1, 256),
	CYAML_FIELD_SEQUENCE_COUNT("routes", OPT_PTR, struct raw_config, routes,
				   n_routes, &route_schema, 1, 4096),
	CYAML_FIELD_SEQUENCE_COUNT("ng", OPT_PTR, struct raw_config, ng, n_ng,
				   &ng_schema, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("ng-interfaces", OPT_PTR, struct raw_config,
				   interfaces, n_interfaces, &interface_schema,
				   1, 1024),
	CYAML_FIELD_SEQUENCE_COUNT("ng-templates", OPT_PTR, struct raw_config,
				   templates, n_templates, &template_schema, 1,
				   256),
	CYAML_FIELD_UINT_PTR("ng-calls", OPT_PTR, struct raw_config, ng_calls),
	CYAML_FIELD_UINT_PTR("ng-rate", OPT_PTR, struct raw_config, ng_rate),
	CYAML_FIELD_UINT_PTR("ng-bandwidth", OPT_PTR, struct raw_config, ng_kbits),
	CYAML_FIELD_UINT_PTR("ng-delete-delay", OPT_PTR, struct raw_config,
			     ng_delete_delay),
	CYAML_FIELD_STRING_PTR("ng-events", OPT_PTR, struct raw_config,
			       ng_events, 1, 64),
	CYAML_FIELD_UINT_PTR("ng-silence", OPT_PTR, struct raw_config, ng_silence),
	CYAML_FIELD_MAPPING_PTR("nftables", OPT_PTR, struct raw_config,
				nftables, nftables_fields),
	CYAML_FIELD_MAPPING_PTR("bans", OPT_PTR, struct raw_config, bans,
				bans_fields),
	CYAML_FIELD_SEQUENCE_COUNT("maps", OPT_PTR, struct raw_config, maps,
				   n_maps, &map_schema, 1, 4096),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, top_fields),
};

/* what is expected where a value does not fit its type; the rest is check.c's */
static const struct {
	const char *key;
	const char *expected;
} expectations[] = {
	{ "ng", "a list of one to 64 maps with the keys transport, listen and allow" },
	{ "ng-interfaces", "a list of one to 1024 maps with the keys name and realm" },
	{ "ng-templates", "a list of one to 256 maps with the keys name and flags" },
	{ "ng-calls", "a number of calls, 0 to 1000000" },
	{ "ng-rate", "a number of calls per second, 0 to 100000" },
	{ "ng-bandwidth", "a number of kbit/s, 0 to 1000000000" },
	{ "ng-delete-delay", "a number of seconds, 0 to 3600" },
	{ "ng-events", "an address with a port, A:P, or [A]:P for IPv6" },
	{ "ng-silence", "a number of seconds, 1 to 3600" },
	{ "nftables", "a map with the keys mode, table and on-exit" },
	{ "on-exit", "keep or remove" },
	{ "maps", "a list of one to 4096 maps with the keys transport, listen, to, count, each, from and snat" },
	{ "count", "a number of ports, 1 to 65535" },
	{ "each", "port, address or both" },
	{ "snat", "yes or no" },
	{ "table", "the name of a table of the family inet" },
	{ "bans", "a map with the keys time, window, garbage, denied, rate, digest, scan, stun and allow" },
	{ "time", "a number of seconds, 1 to 31536000" },
	{ "window", "a number of seconds, 1 to 3600" },
	{ "garbage", "a number of messages, 0 to 65535" },
	{ "denied", "a number of messages, 0 to 65535" },
	{ "rate", "a number of messages, 0 to 65535" },
	{ "digest", "a number of requests, 0 to 65535" },
	{ "scan", "a number of ports, 0 to 1024" },
	{ "realm", "the name of a realm" },
	{ "control", "a path of at most 107 characters" },
	{ "store", "a path of at most 255 characters" },
	{ "datapath", "auto, kernel or uring" },
	{ "log", "error, warning, info or debug" },
	{ "workers", "a number of threads, 0 to 64" },
	{ "drain", "a number of seconds, 0 to 86400" },
	{ "quarantine", "a number of seconds, 0 to 3600" },
	{ "history", "a number of calls, 0 to 100000" },
	{ "answer-timeout", "a number of seconds, 1 to 3600" },
	{ "orphan-timeout", "a number of seconds, 1 to 86400" },
	{ "media-timeout", "a number of seconds, 0 to 86400" },
	{ "hold-timeout", "a number of seconds, 0 to 86400" },
	{ "change-timeout", "a number of seconds, 1 to 3600" },
	{ "acl", "a map with the keys allow, deny, default and silent" },
	{ "media-acl", "a map with the keys allow, deny and default" },
	{ "default", "allow or deny" },
	{ "silent", "yes or no" },
	{ "scanners", "a list of one to 64 beginnings of User-Agent, 1 to 32 characters each" },
	{ "transactions", "a number of requests" },
	{ "allow", "a list of at most 262144 addresses or prefixes" },
	{ "deny", "a list of at most 262144 addresses or prefixes" },
	{ "trust", "yes or no" },
	{ "per-source", "a map with the keys messages, together, calls, ringing, ports, connections and transactions" },
	{ "messages", "a number of messages per second" },
	{ "together", "a number of messages per second" },
	{ "calls", "a number of calls" },
	{ "ringing", "a number of calls" },
	{ "register", "a map with the keys interval, registrar-interval, refresh, keepalive, keepalive-udp, keepalive-tcp, unregister, bindings, per-source and per-aor" },
	{ "interval", "a number of seconds, 10 to 86400" },
	{ "registrar-interval", "a number of seconds, 0 to 86400" },
	{ "refresh", "yes or no" },
	{ "keepalive", "off, crlf, stun or options" },
	{ "keepalive-udp", "a number of seconds, 5 to 3600" },
	{ "keepalive-tcp", "a number of seconds, 5 to 3600" },
	{ "unregister", "yes or no" },
	{ "bindings", "a number of bindings, 1 to 1000000" },
	{ "per-aor", "a number of bindings, 1 to 64" },
	{ "origins", "a list of one to 64 origins as https://phone.example.com" },
	{ "verify-clients", "true or false" },
	{ "verify-servers", "true or false" },
	{ "realms", "a list of two or more realms" },
	{ "routes", "a list of one or more routes" },
	{ "name", "a name of 1 to 32 characters" },
	{ "addresses", "a list of one to 16 addresses" },
	{ "listen", "an IPv4 or IPv6 address" },
	{ "advertise", "an IPv4 or IPv6 address" },
	{ "sip", "a list of one to 16 SIP listeners" },
	{ "transport", "udp, tcp, tls, ws or wss" },
	{ "address", "one of the realm's listen addresses" },
	{ "port", "a port, 1 to 65535" },
	{ "alternative-ports", "a list of at most 16 ports, 1 to 65535" },
	{ "certificates", "a folder with agent.pem and cafile.pem" },
	{ "ports", "a map with the keys low and high" },
	{ "low", "an even port, 1024 to 65534" },
	{ "high", "a port above low, up to 65535" },
	{ "latch", "a map" },
	{ "mode", "off, restricted or learn" },
	{ "probation", "a number of packets, 0 to 32" },
	{ "early", "true or false" },
	{ "relatch", "a number of milliseconds" },
	{ "nat", "off, learn or source" },
	{ "srtp", "a map with the keys policy and suites" },
	{ "policy", "refuse, allow or require" },
	{ "dtls", "off, allow or require" },
	{ "mux", "off, allow or require" },
	{ "bundle", "off, accept or require" },
	{ "ice", "off, lite, full or force" },
	{ "punch", "off, one or all" },
	{ "stun", "HOST or HOST:PORT of a STUN server" },
	{ "suites", "a list of one to 6 of AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32, AEAD_AES_128_GCM, AEAD_AES_256_GCM" },
	{ "dscp", "a map with the keys audio, video, signalling" },
	{ "audio", "a DSCP, 0 to 63" },
	{ "video", "a DSCP, 0 to 63" },
	{ "signalling", "a DSCP, 0 to 63" },
	{ "limits", "a map with the keys packets and bits" },
	{ "packets", "a number of packets per second" },
	{ "bits", "a number of bits per second" },
	{ "devices", "a list of network device names" },
	{ "from", "the name of a realm" },
	{ "to", "the name of a realm" },
	{ "next-hop", "a SIP URI" },
	{ "trunk", "the name of a trunk, or of a group of trunks" },
	{ "trunk-groups", "a list of one to 256 maps with the keys name, trunks, hunt, weights and calls" },
	{ "hunt", "order, round-robin or weight" },
	{ "weights", "a list of one to 8 numbers, 1 to 1000" },
	{ "trunks", "a list of one to 1024 maps with the keys name, realm, next-hops, user, password, register, interval, options, retry and calls" },
	{ "next-hops", "a list of one to 8 SIP URIs" },
	{ "user", "1 to 255 characters" },
	{ "password", "1 to 255 characters" },
	{ "options", "a number of seconds, 0 to 3600" },
	{ "retry", "a number of seconds, 0 to 3600" },
	{ "user-prefix", "1 to 255 characters" },
	{ "user-suffix", "1 to 255 characters" },
	{ "user-strip", "a number of characters, 0 to 64" },
	{ "user-add", "1 to 64 letters, digits, +, -, ., _ and *" },
	{ "host-prefix", "1 to 255 characters" },
	{ "host-suffix", "1 to 255 characters" },
};

/* the same of keys that mean something else in this one */
static const struct {
	const char *in;
	const char *key;
	const char *expected;
} expectations_in[] = {
	{ "nftables", "mode", "off, sets or table" },
	{ "maps", "transport", "udp or tcp" },
	{ "maps", "listen", "an address and a port" },
	{ "maps", "to", "an address and a port" },
	{ "maps", "from", "a list of one to 4096 addresses or prefixes" },
	{ "ng", "transport", "udp, tcp or http" },
	{ "ng", "listen", "an address and a port" },
	{ "ng", "allow", "a list of one to 4096 addresses or prefixes" },
	{ "ng-interfaces", "name", "a name of 1 to 64 characters" },
	{ "trunks", "name", "a name of 1 to 64 characters" },
	{ "trunks", "register", "a SIP URI with a user" },
	{ "trunks", "interval", "a number of seconds, 30 to 86400" },
	{ "trunks", "calls", "a number of calls, 0 to 1000000" },
	{ "trunk-groups", "name", "a name of 1 to 64 characters" },
	{ "trunk-groups", "trunks", "a list of one to 8 names of trunks" },
	{ "trunk-groups", "calls", "a number of calls, 0 to 1000000" },
	{ "routes", "source", "a list of one to 256 addresses or prefixes" },
	{ "register", "per-source", "a number of bindings, 0 to 1000000" },
};

#define MAX_DEPTH	12

/**
 * struct complaint - libcyaml's log lines of one failed load
 * @what: the first line
 * @line: line in the file, 0 = not told
 * @depth: steps in @step
 * @step: the backtrace, innermost first: a key, or "[N]"
 */
struct complaint {
	char what[256];
	unsigned int line;
	unsigned int depth;
	char step[MAX_DEPTH][64];
};

static void hear_place(struct complaint *c, const char *text)
{
	const char *at = strstr(text, "(line: ");
	unsigned int index;
	char *step;

	if (at && !c->line)
		c->line = strtoul(at + strlen("(line: "), NULL, 10);
	if (c->depth == MAX_DEPTH)
		return;
	step = c->step[c->depth];
	if (sscanf(text, " in mapping field '%63[^']'", step) == 1) {
		c->depth++;
	} else if (sscanf(text, " in sequence entry '%u'", &index) == 1) {
		/* it counts from 1 */
		snprintf(step, sizeof(c->step[0]), "[%u]", index - !!index);
		c->depth++;
	}
}

static void hear(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char text[512];

	(void)level;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	if (strstr(text, "in mapping") || strstr(text, "in sequence"))
		hear_place(c, text);
	else if (!*c->what && !strstr(text, "Backtrace"))
		snprintf(c->what, sizeof(c->what), "%.200s",
			 strncmp(text, "Load: ", 6) ? text : text + 6);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *f,
					      const char *key)
{
	for (; f->key; f++)
		if (!strcmp(f->key, key))
			return f;
	return NULL;
}

/* the keys of the mapping that the complaint is about: " expected one of a, b" */
static void list_keys(const struct complaint *c, char *buf, size_t len)
{
	const cyaml_schema_field_t *fields = top_fields, *f;
	unsigned int i;
	size_t n = 0;

	for (i = c->depth; i--;) {
		if (c->step[i][0] == '[')
			continue;
		f = find_field(fields, c->step[i]);
		if (!f)
			break;
		if (f->value.type == CYAML_MAPPING)
			fields = f->value.mapping.fields;
		else if (f->value.type == CYAML_SEQUENCE &&
			 f->value.sequence.entry->type == CYAML_MAPPING)
			fields = f->value.sequence.entry->mapping.fields;
	}
	*buf = '\0';
	for (f = fields; f->key && n < len; f++)
		n += snprintf(buf + n, len - n, "%s%s", n ? ", " : "", f->key);
}

static bool is_in(const struct complaint *c, const char *key)
{
	unsigned int i;

	for (i = 1; i < c->depth; i++)
		if (!strcmp(c->step[i], key))
			return true;
	return false;
}

static const char *expected_of(const struct complaint *c, const char *key)
{
	size_t i;

	for (i = 0; i < CYAML_ARRAY_LEN(expectations_in); i++)
		if (is_in(c, expectations_in[i].in) &&
		    !strcmp(expectations_in[i].key, key))
			return expectations_in[i].expected;
	for (i = 0; i < CYAML_ARRAY_LEN(expectations); i++)
		if (!strcmp(expectations[i].key, key))
			return expectations[i].expected;
	return "what rtplaned.yaml(5) describes";
}

static void expectation(const struct complaint *c, char *buf, size_t len)
{
	const char *key = NULL;
	unsigned int i;

	if (strstr(c->what, "key")) {
		size_t n = snprintf(buf, len, "the keys ");

		list_keys(c, buf + n, len - n);
		return;
	}
	if (strstr(c->what, "issing")) {
		snprintf(buf, len, "that key here");
		return;
	}
	for (i = 0; i < c->depth && !key; i++)
		if (c->step[i][0] != '[')
			key = c->step[i];
	snprintf(buf, len, "%s",
		 key ? expected_of(c, key) : "what rtplaned.yaml(5) describes");
}

/*
 * The innermost step is the last one read: where something is missing or there
 * are too few of it, what is wrong is the thing around it.
 */
static unsigned int innermost(const struct complaint *c)
{
	if (!c->depth)
		return 0;
	if (strstr(c->what, "issing"))
		return c->step[0][0] != '[';
	if (strstr(c->what, "too few") || strstr(c->what, "too many"))
		return c->step[0][0] == '[';
	return 0;
}

static void describe(const char *path, const struct complaint *c,
		     cyaml_err_t code, char *error)
{
	char key[512] = "", expected[512];
	unsigned int i, inner = innermost(c);
	size_t n = 0;

	for (i = c->depth; i-- > inner && n < sizeof(key);)
		n += snprintf(key + n, sizeof(key) - n, "%s%s",
			      n && c->step[i][0] != '[' ? "." : "",
			      c->step[i]);
	expectation(c, expected, sizeof(expected));
	snprintf(error, CONFIG_ERROR_LEN, "%.255s:%u: %.200s: %.200s; expected %.300s",
		 path, c->line ? c->line : 1, *key ? key : "the file",
		 *c->what ? c->what : cyaml_strerror(code), expected);
}

/* a file that is no YAML: libyaml knows where */
static bool check_syntax(const char *path, const char *text, size_t len,
			 char *error)
{
	unsigned int line, column;
	char why[160];

	if (raw_syntax(text, len, &line, &column, why, sizeof(why)))
		return true;
	snprintf(error, CONFIG_ERROR_LEN,
		 "%.255s:%u: the file: column %u: %s; expected YAML", path,
		 line, column, why);
	return false;
}

static cyaml_config_t cyaml_config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = hear,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_DEFAULT,
	};
}

struct raw_config *raw_load(const char *path, const char *text, size_t len,
			    char *error)
{
	struct complaint c = { 0 };
	cyaml_config_t conf = cyaml_config(&c);
	struct raw_config *raw = NULL;
	cyaml_err_t err;

	if (!check_syntax(path, text, len, error))
		return NULL;
	err = cyaml_load_data((const uint8_t *)text, len, &conf, &top_schema,
			      (cyaml_data_t **)&raw, NULL);
	if (err == CYAML_OK && raw)
		return raw;
	if (err == CYAML_OK)
		snprintf(c.what, sizeof(c.what), "it is empty");
	describe(path, &c, err, error);
	return NULL;
}

void raw_free(struct raw_config *raw)
{
	struct complaint c = { 0 };
	cyaml_config_t conf = cyaml_config(&c);

	cyaml_free(&conf, &top_schema, raw, 0);
}
