// SPDX-License-Identifier: GPL-2.0
/*
 * rtplaned: order of start, and its mirror.
 *
 * Everything is opened before anything is promised: config, datapath, sockets,
 * calls of a former agent, control socket, and SIP last.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "call/call.h"
#include "config/config.h"
#include "ctl/ctl.h"
#include "choose.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "serve/serve.h"
#include "base/log.h"
#include "sofia/stack.h"

#define DEFAULT_CONFIG	"/etc/rtplane/rtplaned.yaml"
#define RELAY_SOCKET	"/run/rtplane/datapath.sock"
#define WATCHES		5
/* once nothing is left to drain: time for the last messages to leave */
#define LAST_WORDS_MS	500

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
 * @config: the configuration; NULL: datapath only
 * @choice: which datapath, and why
 * @dp: relays media
 * @srtp: relays media with SRTP: @dp itself if it is in user space, or another
 *	one beside it, or NULL: no SRTP
 * @media: holds sockets
 * @serve: the datapath socket; NULL: none is in user space
 * @root: the event loop
 * @calls: the calls; NULL: datapath only
 * @stack: SIP
 * @ctl: the control socket
 * @signals: signalfd
 * @timer: drain time, last words
 * @watch: what the loop watches for us
 * @draining: SIGTERM has come
 * @leaving: calls have been ended; only last words are left
 */
struct agent {
	struct config *config;
	struct dp_choice choice;
	struct dp *dp;
	struct dp *srtp;
	struct media *media;
	struct serve *serve;
	su_root_t *root;
	struct calls *calls;
	struct sip_stack *stack;
	struct ctl *ctl;
	int signals;
	su_timer_t *timer;
	int watch[WATCHES];
	bool draining;
	bool leaving;
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

static void take_events(struct dp *dp)
{
	struct dp_err err;
	int ret = dp_dispatch(dp, &err);

	if (ret == -ENOBUFS)
		log_warning("events of the datapath were lost: they came faster than they were read");
	else if (ret < 0)
		log_warning("events of the datapath cannot be read: %s",
			    err.text);
}

static int on_events(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;

	take_events(agent->dp);
	return 0;
}

static int on_srtp_events(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;

	take_events(agent->srtp);
	return 0;
}

static int on_media(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;

	media_dispatch(agent->media);
	return 0;
}

static int on_serve(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;

	serve_dispatch(agent->serve);
	return 0;
}

static void on_timer(void *magic, su_timer_t *timer, void *arg);

static void leave(struct agent *agent, const char *reason)
{
	if (agent->leaving)
		return;
	agent->leaving = true;
	calls_end_all(agent->calls, reason);
	su_timer_set_interval(agent->timer, on_timer, agent, LAST_WORDS_MS);
}

static void on_timer(void *magic, su_timer_t *timer, void *arg)
{
	static unsigned int waited;
	struct agent *agent = arg;

	if (agent->leaving) {
		su_root_break(agent->root);
	} else if (!calls_count(agent->calls) ||
		   ++waited >= agent->config->drain * 2) {
		leave(agent, "the agent stops");
	} else {
		su_timer_set_interval(timer, on_timer, agent, 500);
	}
}

static void drain(struct agent *agent)
{
	if (!agent->calls) {
		notify("STOPPING=1");
		su_root_break(agent->root);
		return;
	}
	if (agent->draining) {
		log_info("second signal: ending %u calls at once",
			 calls_count(agent->calls));
		leave(agent, "the agent stops at once");
		return;
	}
	agent->draining = true;
	notify("STOPPING=1");
	log_info("draining: new calls get 503, %u calls have %u s to end",
		 calls_count(agent->calls), agent->config->drain);
	calls_drain(agent->calls);
	if (!calls_count(agent->calls) || !agent->config->drain)
		leave(agent, "the agent stops");
	else
		su_timer_set_interval(agent->timer, on_timer, agent, 500);
}

static int on_signal(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;
	struct signalfd_siginfo info;

	while (read(agent->signals, &info, sizeof(info)) == sizeof(info))
		drain(agent);
	return 0;
}

static bool watch(struct agent *agent, unsigned int i, int fd, su_wakeup_f fn)
{
	su_wait_t wait[1] = { SU_WAIT_INIT };

	if (su_wait_create(wait, fd, SU_WAIT_IN) < 0)
		return false;
	agent->watch[i] = su_root_register(agent->root, wait, fn, agent, 0);
	return agent->watch[i] >= 0;
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
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	agent->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	agent->root = su_root_create(NULL);
	if (agent->root)
		agent->timer = su_timer_create(su_root_task(agent->root), 0);
	if (agent->signals >= 0 && agent->timer &&
	    watch(agent, 0, agent->signals, on_signal))
		return true;
	log_error("the event loop cannot be made: %s", strerror(errno));
	return false;
}

/* events may come as soon as the datapath is open, and the calls are not there */
static void on_event(const struct dp_event *event, void *arg)
{
	struct agent *agent = arg;

	if (agent->calls)
		calls_event(event, agent->calls);
	serve_event(agent->serve, event);
}

static const struct config_realm *who_wants_srtp(const struct config *config,
						 enum config_srtp_policy least)
{
	size_t i;

	for (i = 0; i < config->n_realms; i++)
		if (config->realms[i].srtp.policy >= least)
			return &config->realms[i];
	return NULL;
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

static bool open_datapath(struct agent *agent)
{
	const char *backend = agent->choice.backend;
	struct media_conf media = {};
	struct dp_err err;

	/* beside the module the sockets see little, unless it is SRTP */
	if (!strcmp(backend, "kernel") &&
	    !who_wants_srtp(agent->config, CONFIG_SRTP_ALLOW))
		media.workers = 1;
	else if (agent->config)
		media.workers = agent->config->workers;
	if (media_new(&agent->media, &media, NULL, NULL, &err) ||
	    dp_open(&agent->dp, backend, agent->media, on_event, agent, &err)) {
		log_error("datapath %s: %s", backend, err.text);
		return false;
	}
	return watch(agent, 1, dp_fd(agent->dp), on_events) &&
	       watch(agent, 2, media_fd(agent->media), on_media);
}

static void on_srtp_event(const struct dp_event *event, void *arg)
{
	struct agent *agent = arg;

	if (agent->calls)
		calls_event(event, agent->calls);
	serve_event(agent->serve, event);
}

/* The module does no SRTP: calls that have it are relayed beside it. */
static bool open_srtp(struct agent *agent)
{
	const struct config_realm *realm;
	struct dp_err err;

	if (!who_wants_srtp(agent->config, CONFIG_SRTP_ALLOW))
		return true;
	if (agent->dp->ops != &dp_kernel_ops) {
		agent->srtp = agent->dp;
		return true;
	}
	if (!dp_open(&agent->srtp, "uring", agent->media,
		     on_srtp_event, agent, &err))
		return watch(agent, 4, dp_fd(agent->srtp), on_srtp_events);
	realm = who_wants_srtp(agent->config, CONFIG_SRTP_REQUIRE);
	if (realm) {
		log_error("realm %s requires SRTP, which needs the datapath uring: %s",
			  realm->name, err.text);
		return false;
	}
	log_warning("SRTP is refused: it needs the datapath uring: %s", err.text);
	return true;
}

/* A datapath that lives in this process is reached through it by others too. */
static bool open_serve(struct agent *agent, const char *path)
{
	struct dp *dp = agent->dp->ops == &dp_kernel_ops ? agent->srtp :
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

static bool open_calls(struct agent *agent)
{
	char error[CONFIG_ERROR_LEN] = "";

	agent->calls = calls_new(agent->root, agent->config, agent->dp,
				 agent->srtp, agent->media, error);
	if (!agent->calls) {
		log_error("%s", error);
		return false;
	}
	agent->ctl = ctl_new(agent->root, agent->config->control, agent->calls,
			     &agent->choice, error);
	if (agent->ctl) {
		calls_adopt(agent->calls);
		agent->stack = sip_stack_new(agent->root, agent->config,
					     calls_request, agent->calls,
					     error);
	}
	if (!agent->stack) {
		log_error("%s", error);
		return false;
	}
	calls_set_stack(agent->calls, agent->stack);
	return true;
}

static bool start(struct agent *agent, const struct options *options)
{
	if (!open_loop(agent) || !open_datapath(agent))
		return false;
	if (options->relay)
		return open_serve(agent, options->socket);
	return enrol(agent) && open_srtp(agent) &&
	       open_serve(agent, options->socket) && open_calls(agent);
}

static void stop(struct agent *agent)
{
	unsigned int i;

	ctl_free(agent->ctl);
	calls_free(agent->calls);
	sip_stack_free(agent->stack);
	agent->calls = NULL;	/* the datapath may still have events */
	for (i = 0; i < WATCHES; i++)
		if (agent->watch[i] > 0)
			su_root_deregister(agent->root, agent->watch[i]);
	serve_free(agent->serve);
	agent->serve = NULL;
	if (agent->srtp != agent->dp)
		dp_close(agent->srtp);
	dp_close(agent->dp);
	media_free(agent->media);
	if (agent->timer)
		su_timer_destroy(agent->timer);
	if (agent->root)
		su_root_destroy(agent->root);
	if (agent->signals >= 0)
		close(agent->signals);
	config_put(agent->config);
}

/* libsofia-sip's own words belong to debugging */
static void sip_log(void *stream, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	if (*text)
		log_debug("sip: %s", text);
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
	struct agent agent = { .signals = -1 };
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
	su_init();
	su_log_redirect(NULL, sip_log, NULL);
	if (start(&agent, options)) {
		say_ready(&agent, options);
		su_root_run(agent.root);
		status = 0;
		log_info("stopped");
	}
	stop(&agent);
	su_deinit();
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
	return run(&options);
}
