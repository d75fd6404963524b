// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "resolve.h"
#include "stack.h"
#include "strict.h"

/**
 * struct sip_stack - SIP of all realms
 * @config: the configuration
 * @fn: receives requests
 * @arg: for @fn
 * @n: realms
 * @realm: one for each of the configuration's, in its order
 */
struct sip_stack {
	const struct config *config;
	sip_request_fn *fn;
	void *arg;
	size_t n;
	struct sip_realm realm[];
};

/* the biggest request or response we read; INVITEs are below 5,000 bytes */
#define MESSAGE_MAX	(128 * 1024)
/* INVITEs without a final answer, per realm; above it nta answers 503 */
#define PROCEEDING_MAX	10000

static const char *transport_of(const sip_via_t *via)
{
	const char *slash = strrchr(via->v_protocol, '/');

	return slash ? slash + 1 : "UDP";
}

static bool is_listener(const struct config_listener *l, const sip_via_t *via)
{
	unsigned int port = via->v_port ? strtoul(via->v_port, NULL, 10) :
			    l->transport == CONFIG_TLS ? 5061 : 5060;
	struct dp_addr addr;

	if (port != l->port ||
	    strcasecmp(transport_of(via), config_transport_name(l->transport)))
		return false;
	if (!dp_addr_parse_host(via->v_host, &addr))
		return false;
	return dp_addr_eq(&addr, &l->address->advertise) ||
	       dp_addr_eq(&addr, &l->address->listen);
}

bool sip_is_ours(const struct sip_stack *stack, const sip_via_t *via)
{
	const struct config_realm *conf;
	size_t i, j;

	for (i = 0; i < stack->n; i++) {
		conf = stack->realm[i].conf;
		for (j = 0; j < conf->n_listeners; j++)
			if (is_listener(&conf->listeners[j], via))
				return true;
	}
	return false;
}

void sip_refuse(nta_incoming_t *irq, int status, const char *phrase,
		tag_type_t tag, tag_value_t value, ...)
{
	ta_list ta;

	ta_start(ta, tag, value);
	nta_incoming_treply(irq, status,
			    phrase ? phrase : sip_status_phrase(status),
			    SIPTAG_SERVER_STR("rtplane"), ta_tags(ta));
	(void)ta_end(ta);
	nta_incoming_destroy(irq);
}

static void answer_options(nta_incoming_t *irq)
{
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_SERVER_STR("rtplane"),
			    SIPTAG_ALLOW_STR(SIP_ALLOW),
			    SIPTAG_ACCEPT_STR("application/sdp"),
			    SIPTAG_SUPPORTED_STR(SIP_SUPPORTED), TAG_END());
	nta_incoming_destroy(irq);
}

/* an extension that the request requires and that we do not pass on */
static bool check_require(nta_incoming_t *irq, const sip_t *sip)
{
	const sip_require_t *r = sip->sip_require;
	char text[256] = "";
	size_t n = 0;
	unsigned int i;

	for (i = 0; r && r->k_items && r->k_items[i]; i++) {
		if (!strcasecmp(r->k_items[i], "timer") || n >= sizeof(text))
			continue;
		n += snprintf(text + n, sizeof(text) - n, "%s%s",
			      n ? ", " : "", r->k_items[i]);
	}
	if (!n)
		return true;
	sip_refuse(irq, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(text),
		   TAG_END());
	return false;
}

static int serve(struct sip_realm *realm, nta_incoming_t *irq,
		 const sip_t *sip)
{
	switch (sip->sip_request->rq_method) {
	case sip_method_invite:
		if (!check_require(irq, sip))
			return 0;
		return realm->stack->fn(realm, irq, sip, realm->stack->arg);
	case sip_method_options:
		if (check_require(irq, sip))
			answer_options(irq);
		return 0;
	case sip_method_cancel:
		return 481;
	case sip_method_bye:
	case sip_method_update:
	case sip_method_info:
	case sip_method_prack:
		return 481;	/* these live in dialogs only */
	case sip_method_unknown:
		sip_refuse(irq, SIP_501_NOT_IMPLEMENTED,
			   SIPTAG_ALLOW_STR(SIP_ALLOW), TAG_END());
		return 0;
	default:
		sip_refuse(irq, SIP_405_METHOD_NOT_ALLOWED,
			   SIPTAG_ALLOW_STR(SIP_ALLOW), TAG_END());
		return 0;
	}
}

/* whatever belongs to no dialog that we know */
static int on_request(void *magic, nta_leg_t *leg, nta_incoming_t *irq,
		      const sip_t *sip)
{
	struct sip_realm *realm = magic;
	const char *phrase;
	int status;

	(void)leg;
	if (sip->sip_request->rq_method == sip_method_ack) {
		nta_incoming_destroy(irq);	/* nothing answers an ACK */
		return 0;
	}
	status = sip_strict_check(sip, &phrase);
	if (status) {
		log_info("realm=%s: %s refused with %d %s",
			 realm->conf->name, sip->sip_request->rq_method_name,
			 status, phrase);
		sip_refuse(irq, status, phrase, TAG_END());
		return 0;
	}
	if (sip->sip_to->a_tag && sip->sip_request->rq_method !=
	    sip_method_options)
		return 481;
	return serve(realm, irq, sip);
}

static int on_stray(void *magic, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
	struct sip_realm *realm = magic;

	log_debug("realm=%s: %s that belongs to nothing is dropped",
		  realm->conf->name, sip && sip->sip_status ? "a response" :
		  "a message");
	nta_msg_discard(agent, msg);
	return 0;
}

static void host_text(const struct dp_addr *addr, char *buf, size_t len)
{
	char text[DP_ADDR_STRLEN];

	dp_addr_str(addr, text, sizeof(text));
	snprintf(buf, len, addr->family == AF_INET6 ? "[%s]" : "%s", text);
}

const char *sip_listener_ident(const struct config_listener *listener,
			       su_home_t *home)
{
	char host[DP_ADDR_STRLEN];

	host_text(&listener->address->listen, host, sizeof(host));
	return su_sprintf(home, "%s:%u", host, listener->port);
}

static int add_tport(struct sip_realm *realm, const struct config_listener *l,
		     su_home_t *home)
{
	char listen[DP_ADDR_STRLEN], advertise[DP_ADDR_STRLEN];
	bool tls = l->transport == CONFIG_TLS;
	const char *url;

	host_text(&l->address->listen, listen, sizeof(listen));
	host_text(&l->address->advertise, advertise, sizeof(advertise));
	url = su_sprintf(home, "%s:%s:%u;transport=%s%s%s",
			 tls ? "sips" : "sip", advertise, l->port,
			 config_transport_name(l->transport),
			 strcmp(listen, advertise) ? ";maddr=" : "",
			 strcmp(listen, advertise) ? listen : "");
	return nta_agent_add_tport(realm->agent, URL_STRING_MAKE(url),
				   TPTAG_IDENT(sip_listener_ident(l, home)),
				   TPTAG_TOS(realm->conf->dscp_signalling << 2),
				   TAG_IF(tls,
					  TPTAG_CERTIFICATE(l->certificates)),
				   TPTAG_REUSE(1), TPTAG_SERVER(1),
				   TPTAG_SDWN_ERROR(0), TAG_END());
}

static bool open_realm(su_root_t *root, struct sip_realm *realm, char *error)
{
	su_home_t home[1] = { SU_HOME_INIT(home) };
	const struct config_listener *l;
	bool ok = true;
	size_t i;

	realm->agent = nta_agent_create(root, (url_string_t *)-1, on_stray,
					realm, NTATAG_UA(1),
					NTATAG_MERGE_482(1),
					NTATAG_CANCEL_487(0),
					/* strict.c looks at headers as received */
					NTATAG_SIPFLAGS(MSG_DO_CANONIC |
							MSG_DO_EXTRACT_COPY),
					NTATAG_SERVER_RPORT(realm->conf->latch.nat ==
							    CONFIG_NAT_OFF ? 1 : 2),
					NTATAG_MAXSIZE(MESSAGE_MAX),
					NTATAG_MAX_PROCEEDING(PROCEEDING_MAX),
					NTATAG_USE_TIMESTAMP(0), TAG_END());
	if (realm->agent)
		realm->default_leg = nta_leg_tcreate(realm->agent, on_request,
						     realm, NTATAG_NO_DIALOG(1),
						     TAG_END());
	if (!realm->agent || !realm->default_leg) {
		snprintf(error, CONFIG_ERROR_LEN, "realm %s: no memory for SIP",
			 realm->conf->name);
		return false;
	}
	su_home_init(home);
	for (i = 0; ok && i < realm->conf->n_listeners; i++) {
		l = &realm->conf->listeners[i];
		if (!add_tport(realm, l, home))
			continue;
		snprintf(error, CONFIG_ERROR_LEN,
			 "realm %s: cannot listen on %s for SIP over %s: %s; expected an address of this host and a port that nobody has",
			 realm->conf->name, sip_listener_ident(l, home),
			 config_transport_name(l->transport), strerror(errno));
		ok = false;
	}
	su_home_deinit(home);
	return ok;
}

struct sip_stack *sip_stack_new(su_root_t *root, const struct config *config,
				sip_request_fn *fn, void *arg, char *error)
{
	struct sip_stack *stack;
	size_t i;

	if (!sip_resolve_is_numeric()) {
		snprintf(error, CONFIG_ERROR_LEN, "SIP: names would be looked up while calls wait; expected getaddrinfo() of sofia/resolve.c");
		return NULL;
	}
	stack = calloc(1, sizeof(*stack) +
			  config->n_realms * sizeof(stack->realm[0]));
	if (!stack) {
		snprintf(error, CONFIG_ERROR_LEN, "no memory");
		return NULL;
	}
	stack->config = config;
	stack->fn = fn;
	stack->arg = arg;
	stack->n = config->n_realms;
	for (i = 0; i < stack->n; i++) {
		stack->realm[i].conf = &config->realms[i];
		stack->realm[i].stack = stack;
		if (!open_realm(root, &stack->realm[i], error)) {
			sip_stack_free(stack);
			return NULL;
		}
	}
	return stack;
}

void sip_stack_free(struct sip_stack *stack)
{
	size_t i;

	if (!stack)
		return;
	for (i = 0; i < stack->n; i++) {
		if (stack->realm[i].default_leg)
			nta_leg_destroy(stack->realm[i].default_leg);
		if (stack->realm[i].agent)
			nta_agent_destroy(stack->realm[i].agent);
	}
	free(stack);
}

struct sip_realm *sip_stack_realm(struct sip_stack *stack,
				  const struct config_realm *conf)
{
	return &stack->realm[conf - stack->config->realms];
}

const struct config_listener *sip_realm_listener(const struct sip_realm *realm,
						 msg_t *msg)
{
	const struct config_listener *l = realm->conf->listeners;
	const tp_name_t *name;
	char host[DP_ADDR_STRLEN], ident[sizeof(host) + sizeof(":65535")];
	tport_t *tp = tport_delivered_by(nta_agent_tports(realm->agent), msg);
	size_t i;

	if (!tp)
		return l;
	name = tport_name(tport_parent(tp));
	for (i = 0; i < realm->conf->n_listeners; i++) {
		host_text(&l[i].address->listen, host, sizeof(host));
		snprintf(ident, sizeof(ident), "%s:%u", host, l[i].port);
		if (name->tpn_ident && !strcmp(ident, name->tpn_ident) &&
		    !strcasecmp(name->tpn_proto,
				config_transport_name(l[i].transport)))
			return &l[i];
	}
	return l;
}

static enum config_transport url_transport(const url_t *url)
{
	char word[16];

	if (url->url_type == url_sips)
		return CONFIG_TLS;
	if (url_param(url->url_params, "transport", word, sizeof(word)) <= 0)
		return CONFIG_UDP;
	if (!strcasecmp(word, "tcp"))
		return CONFIG_TCP;
	return strcasecmp(word, "tls") ? CONFIG_UDP : CONFIG_TLS;
}

const struct config_listener *sip_realm_listener_for(const struct sip_realm *realm,
						     const url_t *url)
{
	enum config_transport want = url_transport(url);
	const struct config_listener *l;
	struct dp_addr addr = { 0 };
	size_t i;

	dp_addr_parse_host(url->url_host, &addr);
	for (i = 0; i < realm->conf->n_listeners; i++) {
		l = &realm->conf->listeners[i];
		if (l->transport == want &&
		    (!addr.family || addr.family == l->address->listen.family))
			return l;
	}
	return NULL;
}

sip_contact_t *sip_listener_contact(const struct config_listener *listener,
				    su_home_t *home)
{
	char host[DP_ADDR_STRLEN];

	host_text(&listener->address->advertise, host, sizeof(host));
	return sip_contact_format(home, "<sip:%s:%u%s%s>", host, listener->port,
				  listener->transport == CONFIG_UDP ? "" :
				  ";transport=",
				  listener->transport == CONFIG_UDP ? "" :
				  config_transport_name(listener->transport));
}
