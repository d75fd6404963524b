// SPDX-License-Identifier: GPL-2.0
/*
 * rtplaned: order of start, and its mirror.
 *
 * Everything is opened before anything is promised: config, datapath, sockets,
 * control socket, calls of a former agent, and SIP last.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api.h"
#include "b2b/b2b.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/timer.h"
#include "config/config.h"
#include "ctl/ctl.h"
#include "choose.h"
#include "datapath/datapath.h"
#include "dtls/dtls.h"
#include "engine/media.h"
#include "host.h"
#include "http/http.h"
#include "ng/ng.h"
#include "serve/serve.h"
#include "session/session.h"
#include "store/store.h"

#define DEFAULT_CONFIG	"/etc/rtplane/rtplaned.yaml"
#define RELAY_SOCKET	"/run/rtplane/datapath.sock"
#define WATCHES		4
#define SIGNALS		4
/* once nothing is left to drain: time for the last messages to leave */
#define LAST_WORDS_MS	500
/* media workers hear of orders for which nobody waits at most so late, and only if others
 * came as shortly before
 */
#define ORDERS_MS	2

/**
 * struct options - what the command line says
 * @config: the configuration's file
 * @datapath: which datapath is asked for
 * @has_datapath: @datapath was said; otherwise the configuration says it
 * @relay: datapath only: no SIP, no configuration
 * @socket: path of the datapath socket; NULL: beside the control socket
 */
struct options {
	const char *config;
	enum dp_want datapath;
	bool has_datapath;
	bool relay;
	const char *socket;
};

/**
 * struct agent - the whole
 * @file: the configuration's file
 * @config: the configuration that we run by; NULL: datapath only
 * @choice: which datapath, and why
 * @dp: relays media
 * @beside: in user space beside the module, for SRTP that it refuses; NULL: none
 * @media: holds sockets
 * @serve: the datapath socket; NULL: none is in user space
 * @store: what outlives us; NULL: nothing does
 * @loop: the event loop
 * @host: who is shut out, and what nftables is told; nothing with datapath only
 * @dtls: does handshakes; NULL: no realm has wanted them so far
 * @sessions: media of calls; NULL: datapath only
 * @b2b: calls of SIP
 * @http: HTTP and WebSocket; NULL: no listener speaks it
 * @ng: calls of proxies
 * @api: what is told of all that
 * @ctl: the control socket
 * @signal: the loop's
 * @timer: drain time, last words
 * @orders: the media workers have some that they are to be told of
 * @first_orders: the same, when the loop has nothing else to do
 * @ordered: ms of the loop's clock when they were told of some
 * @waited: half seconds of drain time that are over
 * @watch: what the loop watches for us
 * @draining: SIGTERM has come
 * @leaving: calls have been ended; only last words are left
 * @over: calls are the next agent's: nothing of them may be taken away
 */
struct agent {
	const char *file;
	struct config *config;
	struct dp_choice choice;
	struct dp *dp;
	struct dp *beside;
	struct media *media;
	struct serve *serve;
	struct store *store;
	struct loop *loop;
	struct host host;
	struct dtls_pool *dtls;
	struct sessions *sessions;
	struct b2b *b2b;
	struct http *http;
	struct ng *ng;
	struct api api;
	struct ctl *ctl;
	struct loop_signal *signal[SIGNALS];
	struct timer timer;
	struct timer orders;
	struct loop_later first_orders;
	uint64_t ordered;
	unsigned int waited;
	struct loop_fd *watch[WATCHES];
	bool draining;
	bool leaving;
	bool over;
};

/* sd_notify(3) without its library: one datagram */
static void notify(const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int fd;

	if (!path || strlen(path) >= sizeof(sun.sun_path))
		return;
	strcpy(sun.sun_path, path);
	if (*path == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun,
	       offsetof(struct sockaddr_un, sun_path) + strlen(path));
	close(fd);
}

static void take_events(const struct agent *agent, struct dp *dp)
{
	struct dp_err err;
	int ret = dp_dispatch(dp, &err);

	if (ret == -ENOBUFS) {
		log_warning("events of the datapath were lost: they came faster than they were read; its legs are looked at");
		sessions_events_lost(agent->sessions);
	} else if (ret < 0) {
		log_warning("events of the datapath cannot be read: %s",
			    err.text);
	}
}

static void on_events(unsigned int events, void *arg)
{
	struct agent *agent = arg;

	take_events(agent, agent->dp);
}

static void on_beside_events(unsigned int events, void *arg)
{
	struct agent *agent = arg;

	take_events(agent, agent->beside);
}

static void on_media(unsigned int events, void *arg)
{
	struct agent *agent = arg;

	media_dispatch(agent->media);
}

static void on_serve(unsigned int events, void *arg)
{
	struct agent *agent = arg;

	serve_dispatch(agent->serve);
}

static void leave(struct agent *agent, const char *reason)
{
	if (agent->leaving)
		return;
	agent->leaving = true;
	b2b_end_all(agent->b2b, reason);
	timer_set(loop_timers(agent->loop), &agent->timer, LAST_WORDS_MS);
}

static unsigned int count_calls(const struct agent *agent)
{
	return b2b_count(agent->b2b) + ng_count(agent->ng);
}

static void tell_orders(void *arg)
{
	struct agent *agent = arg;

	agent->ordered = loop_timers(agent->loop)->now;
	media_flush(agent->media);
}

static void on_orders(struct timer *timer, void *arg)
{
	(void)timer;
	tell_orders(arg);
}

static void on_timer(struct timer *timer, void *arg)
{
	struct agent *agent = arg;

	if (agent->leaving)
		loop_stop(agent->loop);
	else if (!count_calls(agent) ||
		 ++agent->waited >= agent->config->drain * 2)
		leave(agent, "the agent stops");
	else
		timer_set(loop_timers(agent->loop), timer, 500);
}

static void on_term(void *arg)
{
	struct agent *agent = arg;

	if (!agent->b2b) {
		notify("STOPPING=1");
		loop_stop(agent->loop);
		return;
	}
	if (agent->draining) {
		log_info("second signal: ending %u calls at once",
			 count_calls(agent));
		leave(agent, "the agent stops at once");
		return;
	}
	agent->draining = true;
	notify("STOPPING=1");
	log_info("draining: new calls get 503, %u calls have %u s to end",
		 count_calls(agent), agent->config->drain);
	b2b_drain(agent->b2b);
	ng_drain(agent->ng);
	if (!count_calls(agent) || !agent->config->drain)
		leave(agent, "the agent stops");
	else
		timer_set(loop_timers(agent->loop), &agent->timer, 500);
}

/*
 * SIGUSR1: another agent begins as soon as we are gone. What it cannot go on with is ended;
 * all else is in the module, and in the store.
 */
static void on_hand_over(void *arg)
{
	struct agent *agent = arg;

	if (!agent->b2b || !agent->store || agent->dp->ops != &dp_kernel_ops) {
		on_term(arg);
		return;
	}
	if (agent->leaving)
		return;
	agent->draining = true;
	agent->leaving = true;
	agent->over = true;
	notify("STOPPING=1");
	b2b_drain(agent->b2b);
	ng_drain(agent->ng);
	b2b_hand_over(agent->b2b, "the agent stops");
	log_info("handing over: %u calls are the next agent's", count_calls(agent));
	timer_set(loop_timers(agent->loop), &agent->timer, LAST_WORDS_MS);
}

/* is it so of a realm, or of a tenant whose media is treated otherwise? */
static bool any(const struct config *config, bool (*fn)(const struct config_realm *conf))
{
	const struct config_tenants *tenants;
	size_t i, j;

	for (i = 0; i < config->n_realms; i++) {
		if (fn(&config->realms[i]))
			return true;
		tenants = &config->realms[i].tenants;
		for (j = 0; j < tenants->n; j++)
			if (tenants->tenant[j].as && fn(tenants->tenant[j].as))
				return true;
	}
	return false;
}

static bool has_dtls(const struct config_realm *conf)
{
	return conf->dtls != CONFIG_DTLS_OFF;
}

static bool has_srtp(const struct config_realm *conf)
{
	return conf->srtp.policy >= CONFIG_SRTP_ALLOW || has_dtls(conf);
}

/* threads and a certificate of our own, once a realm wants them */
static bool open_dtls(struct agent *agent, const struct config *config,
		      char *error)
{
	struct dtls_cert *cert;
	struct dp_err err;

	if (agent->dtls || !any(config, has_dtls))
		return true;
	cert = dtls_cert_new(&err);
	if (cert)
		agent->dtls = dtls_pool_new(agent->loop, NULL, cert, &err);
	dtls_cert_put(cert);
	if (!agent->dtls)
		snprintf(error, CONFIG_ERROR_LEN, "%s", err.text);
	return agent->dtls;
}

/* a file with a mistake, or one that wants a restart, changes nothing */
static json_t *reload(void *arg, char *error)
{
	struct agent *agent = arg;
	struct config *config;
	json_t *result = NULL;

	notify("RELOADING=1");
	config = config_load(agent->file, error);
	if (config && host_may_reload(&agent->host, config, error) &&
	    open_dtls(agent, config, error))
		result = api_reload(&agent->api, agent->config, config, error);
	if (result) {
		host_reload(&agent->host, config);
		host_watch(&agent->host, agent->dp, config);
		sessions_set_dtls(agent->sessions, agent->dtls);
		config_put(agent->config);
		agent->config = config;
		agent->api.config = config;
		log_set_level(config->log);
		log_info("configuration read again: %zu realms, %zu routes",
			 config->n_realms, config->n_routes);
	} else {
		config_put(config);
		log_error("the configuration stays as it was: %s", error);
	}
	notify("READY=1");
	return result;
}

static void on_hup(void *arg)
{
	struct agent *agent = arg;
	char error[CONFIG_ERROR_LEN];

	if (agent->b2b)
		json_decref(reload(agent, error));
}

static bool watch(struct agent *agent, unsigned int i, int fd, loop_fd_fn *fn)
{
	agent->watch[i] = loop_fd_new(agent->loop, fd, LOOP_READ, fn, agent);
	return agent->watch[i];
}

/* thousands of sockets, two for each pair of ports */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool open_loop(struct agent *agent)
{
	signal(SIGPIPE, SIG_IGN);
	agent->loop = loop_new();
	timer_init(&agent->timer, on_timer, agent);
	timer_init(&agent->orders, on_orders, agent);
	agent->first_orders.fn = tell_orders;
	agent->first_orders.arg = agent;
	if (agent->loop) {
		agent->signal[0] = loop_signal_new(agent->loop, SIGTERM,
						   on_term, agent);
		agent->signal[1] = loop_signal_new(agent->loop, SIGINT,
						   on_term, agent);
		agent->signal[2] = loop_signal_new(agent->loop, SIGHUP, on_hup,
						   agent);
		agent->signal[3] = loop_signal_new(agent->loop, SIGUSR1,
						   on_hand_over, agent);
		if (agent->signal[0] && agent->signal[1] && agent->signal[2] &&
		    agent->signal[3])
			return true;
	}
	log_error("the event loop cannot be made: %s", strerror(errno));
	return false;
}

/* events may come as soon as the datapath is open, and the calls are not there */
static void on_event(const struct dp_event *event, void *arg)
{
	struct agent *agent = arg;

	host_event(&agent->host, event);
	if (agent->sessions)
		sessions_event(event, agent->sessions);
	serve_event(agent->serve, event);
}

static void on_datagram(struct media_sock *sock, enum media_class class,
			const struct dp_addr *src, const uint8_t *data,
			size_t len, void *arg)
{
	struct agent *agent = arg;

	/* without nftables it gets as far as this */
	if (bans_has(agent->host.bans, src))
		return;
	if (class == MEDIA_STUN &&
	    b2b_stun_receive(agent->b2b, sock, src, data, len))
		return;
	if (agent->sessions &&
	    !sessions_datagram(sock, class, src, data, len, agent->sessions))
		bans_offence(agent->host.bans, src, BAN_STUN, 1, false);
}

/* the devices that the realms name */
static bool enrol(struct agent *agent)
{
	const struct config *config = agent->config;
	struct dp_err err;
	size_t i, j;

	for (i = 0; i < config->n_realms; i++) {
		for (j = 0; j < config->realms[i].n_devices; j++) {
			/* a former agent may have done it */
			if (!dp_dev_add(agent->dp, config->realms[i].devices[j],
					&err) || err.code == EEXIST)
				continue;
			log_error("realm %s: device %s: %s",
				  config->realms[i].name,
				  config->realms[i].devices[j], err.text);
			return false;
		}
	}
	return true;
}

static void on_place(const struct dp_addr *local, bool open, void *arg)
{
	struct agent *agent = arg;

	if (open)
		nft_open(agent->host.nft, local);
	else
		nft_close(agent->host.nft, local);
}

/* calls that come together wake a worker once, and one alone is heard at once */
static void on_soon(void *arg)
{
	struct agent *agent = arg;
	struct timers *timers = loop_timers(agent->loop);

	if (timers->now - agent->ordered > ORDERS_MS)
		loop_defer(agent->loop, &agent->first_orders);
	else
		timer_set(timers, &agent->orders, ORDERS_MS);
}

static bool open_datapath(struct agent *agent)
{
	const char *backend = agent->choice.backend;
	struct media_conf media = { .place = on_place, .soon = on_soon };
	struct dp_err err;

	/* beside the module the sockets see little, unless it refuses SRTP */
	if (!strcmp(backend, "kernel") &&
	    !any(agent->config, has_srtp))
		media.workers = 1;
	else if (agent->config)
		media.workers = agent->config->workers;
	if (media_new(&agent->media, &media, on_datagram, agent, &err) ||
	    dp_open(&agent->dp, backend, agent->media, on_event, agent, &err)) {
		log_error("datapath %s: %s", backend, err.text);
		return false;
	}
	return watch(agent, 0, dp_fd(agent->dp), on_events) &&
	       watch(agent, 1, media_fd(agent->media), on_media);
}

static void on_beside_event(const struct dp_event *event, void *arg)
{
	struct agent *agent = arg;

	if (agent->sessions)
		sessions_event(event, agent->sessions);
	serve_event(agent->serve, event);
}

/* SRTP that the module refuses, for want of a cipher or for its age, is relayed here */
static bool open_beside(struct agent *agent)
{
	struct dp_err err;

	if (agent->dp->ops != &dp_kernel_ops || !any(agent->config, has_srtp))
		return true;
	if (!dp_open(&agent->beside, "uring", agent->media,
		     on_beside_event, agent, &err))
		return watch(agent, 2, dp_fd(agent->beside), on_beside_events);
	log_warning("calls with SRTP that the module refuses will be refused: the datapath uring cannot be opened: %s",
		    err.text);
	return true;
}

/* A datapath that lives in this process is reached through it by others too. */
static bool open_serve(struct agent *agent, const char *path)
{
	struct dp *dp = agent->dp->ops == &dp_kernel_ops ? agent->beside :
							    agent->dp;
	char beside[PATH_MAX];
	struct dp_err err;
	const char *slash;

	if (!dp)
		return true;
	if (!path && agent->config) {
		slash = strrchr(agent->config->control, '/');
		snprintf(beside, sizeof(beside), "%.*sdatapath.sock",
			 slash ? (int)(slash + 1 - agent->config->control) : 0,
			 agent->config->control);
		path = beside;
	}
	if (serve_new(&agent->serve, dp, path ? path : RELAY_SOCKET, &err)) {
		log_error("%s", err.text);
		return false;
	}
	return watch(agent, 3, serve_fd(agent->serve), on_serve);
}

static bool open_sessions(struct agent *agent)
{
	const struct sessions_conf conf = {
		.dp = agent->dp,
		.beside = agent->beside,
		.timers = loop_timers(agent->loop),
		.dtls = agent->dtls,
		.orphan_timeout = agent->config->orphan_timeout,
	};

	agent->sessions = sessions_new(&conf);
	return agent->sessions;
}

static struct session_policy *policy_of(const char *realm, void *arg)
{
	const struct agent *agent = arg;

	return b2b_policy(agent->b2b, realm);
}

static bool wants_http(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_ng; i++)
		if (config->ng[i].transport == CONFIG_HTTP)
			return true;
	return false;
}

static bool open_http(struct agent *agent, char *error)
{
	if (!wants_http(agent->config))
		return true;
	agent->http = http_new(agent->loop);
	if (agent->http)
		return true;
	snprintf(error, CONFIG_ERROR_LEN,
		 "HTTP cannot be spoken: libwebsockets does not run on libuv; expected the package libwebsockets-evlib-uv");
	return false;
}

static size_t on_tester(const struct ctl_range *ports, void *arg)
{
	static const struct ctl_range nothing;
	struct agent *agent = arg;
	size_t n;

	log_info(ports ? "a port tester serves" : "the port tester has gone");
	if (!ports)
		ports = &nothing;
	n = host_test(&agent->host, &ports->addr, ports->low, ports->high);
	host_watch(&agent->host, agent->dp, agent->config);
	return n;
}

static bool open_ng(struct agent *agent, char *error)
{
	const struct ng_conf conf = {
		.loop = agent->loop,
		.config = agent->config,
		.sessions = agent->sessions,
		.http = agent->http,
		.policy = policy_of,
		.arg = agent,
	};

	agent->ng = ng_new(&conf);
	return agent->ng && ng_listen(agent->ng, error);
}

static bool open_calls(struct agent *agent)
{
	struct b2b_conf conf = {
		.loop = agent->loop,
		.config = agent->config,
		.media = agent->media,
		.store = agent->store,
		.bans = agent->host.bans,
	};
	struct ctl_conf ctl = {
		.loop = agent->loop,
		.path = agent->config->control,
		.api = &agent->api,
		.datapath = &agent->choice,
		.reload = reload,
		.tester = on_tester,
		.arg = agent,
	};
	char error[CONFIG_ERROR_LEN] = "no memory";

	if (open_dtls(agent, agent->config, error) && open_sessions(agent)) {
		conf.sessions = agent->sessions;
		agent->b2b = b2b_new(&conf, error);
	}
	if (agent->b2b) {
		agent->api = (struct api){ agent->b2b, agent->sessions,
					   agent->dp, agent->media, NULL,
					   agent->host.bans, agent->host.nft,
					   agent->config, agent->store };
		agent->host.b2b = agent->b2b;
		agent->host.sessions = agent->sessions;
		agent->ctl = ctl_new(&ctl, error);
	}
	if (agent->ctl && b2b_listen(agent->b2b, error) &&
	    open_http(agent, error) && open_ng(agent, error)) {
		agent->api.ng = agent->ng;
		return true;
	}
	log_error("%s", error);
	return false;
}

static void on_banned(const struct ban_info *ban, bool again, void *arg)
{
	struct agent *agent = arg;

	if (ctl_is_heard(agent->ctl))
		ctl_tell(agent->ctl, api_ban_event(ban, again));
}

static void on_unbanned(const struct ban_info *ban, bool lifted, void *arg)
{
	struct agent *agent = arg;

	if (ctl_is_heard(agent->ctl))
		ctl_tell(agent->ctl, api_unban_event(ban, lifted));
}

static bool open_host(struct agent *agent)
{
	char error[CONFIG_ERROR_LEN];

	agent->host.ops = (struct host_ops){ on_banned, on_unbanned };
	agent->host.arg = agent;
	if (!agent->config ||
	    host_open(&agent->host, agent->loop, agent->config, error))
		return true;
	log_error("%s", error);
	return false;
}

/* begins a process: while there are no threads */
static bool open_store(struct agent *agent)
{
	struct store_conf conf = { 0 };
	char error[STORE_ERROR_LEN];

	if (!agent->config || !agent->config->store)
		return true;
	conf.dir = agent->config->store;
	agent->store = store_open(&conf, error);
	if (!agent->store)
		log_error("%s", error);
	return agent->store;
}

static bool start(struct agent *agent, const struct options *options)
{
	if (!open_store(agent) || !open_loop(agent) || !open_host(agent) || !open_datapath(agent))
		return false;
	if (options->relay)
		return open_serve(agent, options->socket);
	if (!enrol(agent))
		return false;
	host_watch(&agent->host, agent->dp, agent->config);
	return open_beside(agent) && open_serve(agent, options->socket) &&
	       open_calls(agent);
}

/* as if we were killed, but that all is written: what ends calls is not called */
static void leave_all(struct agent *agent)
{
	host_close(&agent->host);
	store_close(agent->store);
	log_info("stopped: calls and bindings are the next agent's");
	_exit(0);
}

static void stop(struct agent *agent)
{
	unsigned int i;

	if (agent->over)
		leave_all(agent);

	/* it turns the loop, so all else is still there */
	http_free(agent->http);
	ctl_free(agent->ctl);
	agent->ctl = NULL;	/* there may still be bans */
	ng_free(agent->ng);
	agent->host.b2b = NULL;
	agent->host.sessions = NULL;
	b2b_free(agent->b2b);
	sessions_free(agent->sessions);
	agent->sessions = NULL;	/* the datapath may still have events */
	dtls_pool_free(agent->dtls);
	timer_cancel(&agent->timer);
	timer_cancel(&agent->orders);
	loop_defer_cancel(&agent->first_orders);
	for (i = 0; i < WATCHES; i++)
		loop_fd_free(agent->watch[i]);
	for (i = 0; i < SIGNALS; i++)
		loop_signal_free(agent->signal[i]);
	serve_free(agent->serve);
	agent->serve = NULL;
	dp_close(agent->beside);
	dp_close(agent->dp);
	media_free(agent->media);
	host_close(&agent->host);
	loop_free(agent->loop);
	store_close(agent->store);
	config_put(agent->config);
}

/* a line for each listener: what an admin gives to phones */
static void say_listeners(const struct config *config)
{
	const struct config_realm *realm;
	const struct config_listener *l;
	char text[DP_ADDR_STRLEN];
	struct dp_addr at;
	size_t i, j;

	for (i = 0; i < config->n_realms; i++) {
		realm = &config->realms[i];
		for (j = 0; j < realm->n_listeners; j++) {
			l = &realm->listeners[j];
			at = l->address->listen;
			at.port = l->port;
			log_info("realm %s listens on %s %s", realm->name,
				 config_transport_name(l->transport),
				 dp_addr_str(&at, text, sizeof(text)));
		}
	}
}

static void say_ready(const struct agent *agent, const struct options *options)
{
	if (options->relay) {
		log_info("rtplaned %s relays with the %s datapath, without SIP",
			 RTPLANE_VERSION, agent->choice.backend);
	} else {
		say_listeners(agent->config);
		log_info("rtplaned %s serves %zu realms with the %s datapath",
			 RTPLANE_VERSION, agent->config->n_realms,
			 agent->choice.backend);
	}
	notify("READY=1");
}

static void choose(struct agent *agent, const struct options *options)
{
	if (options->has_datapath || options->relay)
		dp_choose(options->datapath, "the command line",
			  &agent->choice);
	else
		dp_choose(agent->config->datapath, "the configuration",
			  &agent->choice);
	log_info("datapath %s: %s", agent->choice.backend, agent->choice.why);
}

static int run(const struct options *options)
{
	char error[CONFIG_ERROR_LEN];
	struct agent agent = { .file = options->config };
	int status = 1;

	if (!options->relay) {
		agent.config = config_load(options->config, error);
		if (!agent.config) {
			log_error("%s", error);
			return 1;
		}
		log_set_level(agent.config->log);
	}
	choose(&agent, options);
	raise_limits();
	if (start(&agent, options)) {
		say_ready(&agent, options);
		loop_run(agent.loop);
		status = 0;
		if (!agent.over)
			log_info("stopped");
	}
	stop(&agent);
	return status;
}

static int check(const char *file, bool json)
{
	char error[CONFIG_ERROR_LEN];
	struct config *config = config_load(file, error);

	if (!config) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	if (json)
		printf("{\"realms\":%zu,\"routes\":%zu}\n", config->n_realms,
		       config->n_routes);
	else
		printf("%s: %zu realms, %zu routes: fine\n", file,
		       config->n_realms, config->n_routes);
	config_put(config);
	return 0;
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: rtplaned [--config FILE] [--datapath BACKEND] [--datapath-socket PATH]\n"
		"       rtplaned --relay [--datapath uring] [--datapath-socket PATH]\n"
		"       rtplaned [--json] --check-config FILE\n"
		"       rtplaned --version | --help\n"
		"FILE is " DEFAULT_CONFIG " unless given; BACKEND is auto, kernel or uring\n");
}

/* the exit status, or -1 to go on */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option words[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", required_argument, NULL, 'C' },
		{ "json", no_argument, NULL, 'j' },
		{ "datapath", required_argument, NULL, 'd' },
		{ "datapath-socket", required_argument, NULL, 's' },
		{ "relay", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *file = NULL;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:", words, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case 'C':
			file = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'd':
			if (!dp_want_parse(optarg, &options->datapath)) {
				fprintf(stderr,
					"rtplaned: --datapath '%s': expected auto, kernel or uring\n",
					optarg);
				return 2;
			}
			options->has_datapath = true;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'r':
			options->relay = true;
			break;
		case 'V':
			printf("rtplaned %s\n", RTPLANE_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc || (json && !file)) {
		usage(stderr);
		return 2;
	}
	return file ? check(file, json) : -1;
}

/*
 * What a call took and gave back is the next one's: to return pages to the kernel and fault
 * them in again would be a part of every call's cost.
 */
static void keep_memory(void)
{
	mallopt(M_TOP_PAD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

int main(int argc, char **argv)
{
	struct options options = {
		.config = DEFAULT_CONFIG,
	};
	int status = parse(argc, argv, &options);

	if (status >= 0)
		return status;
	if (options.relay && !options.has_datapath)
		options.datapath = DP_WANT_URING;
	if (options.relay && options.datapath != DP_WANT_URING) {
		fprintf(stderr,
			"rtplaned: --relay: the kernel module relays by itself; expected --datapath uring\n");
		return 2;
	}
	keep_memory();
	return run(&options);
}
