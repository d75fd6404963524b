// SPDX-License-Identifier: GPL-2.0
/*
 * rtplaned: order of start, and its mirror.
 *
 * Everything is opened before anything is promised: config, datapath, sockets,
 * calls of a former agent, control socket, and SIP last.
 */
#include <errno.h>
#include <getopt.h>
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
#include "datapath/datapath.h"
#include "datapath/media.h"
#include "log.h"
#include "sip/stack.h"

#define DEFAULT_CONFIG	"/etc/rtplane/rtplaned.yaml"
#define WATCHES		3
/* once nothing is left to drain: time for the last messages to leave */
#define LAST_WORDS_MS	500

/**
 * struct agent - the whole
 * @config: the configuration
 * @dp: relays media
 * @media: holds sockets
 * @root: the event loop
 * @calls: the calls
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
	struct dp *dp;
	struct media *media;
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

static int on_events(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;
	struct dp_err err;
	int ret = dp_dispatch(agent->dp, &err);

	if (ret == -ENOBUFS)
		log_warning("events of the datapath were lost: they came faster than they were read");
	else if (ret < 0)
		log_warning("events of the datapath cannot be read: %s",
			    err.text);
	return 0;
}

static int on_media(void *magic, su_wait_t *wait, void *arg)
{
	struct agent *agent = arg;

	media_dispatch(agent->media);
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

	calls_event(event, agent->calls);
}

static bool open_datapath(struct agent *agent, const char *backend)
{
	const struct config *config = agent->config;
	struct dp_err err;
	size_t i, j;

	if (dp_open(&agent->dp, backend, on_event, agent, &err) ||
	    media_new(&agent->media, NULL, NULL, &err)) {
		log_error("datapath %s: %s", backend, err.text);
		return false;
	}
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
	return watch(agent, 1, dp_fd(agent->dp), on_events) &&
	       watch(agent, 2, media_fd(agent->media), on_media);
}

static bool start(struct agent *agent, const char *backend)
{
	char error[CONFIG_ERROR_LEN] = "";

	if (!open_loop(agent) || !open_datapath(agent, backend))
		return false;
	agent->calls = calls_new(agent->root, agent->config, agent->dp,
				 agent->media, error);
	if (!agent->calls) {
		log_error("%s", error);
		return false;
	}
	agent->ctl = ctl_new(agent->root, agent->config->control, agent->calls,
			     backend, error);
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

static void stop(struct agent *agent)
{
	unsigned int i;

	ctl_free(agent->ctl);
	calls_free(agent->calls);
	sip_stack_free(agent->stack);
	for (i = 0; i < WATCHES; i++)
		if (agent->watch[i] > 0)
			su_root_deregister(agent->root, agent->watch[i]);
	media_free(agent->media);
	if (agent->dp)
		dp_close(agent->dp);
	if (agent->timer)
		su_timer_destroy(agent->timer);
	if (agent->root)
		su_root_destroy(agent->root);
	if (agent->signals >= 0)
		close(agent->signals);
	config_free(agent->config);
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

static int run(const char *file, const char *backend)
{
	char error[CONFIG_ERROR_LEN];
	struct agent agent = { .signals = -1 };
	int status = 1;

	agent.config = config_load(file, error);
	if (!agent.config) {
		log_error("%s", error);
		return 1;
	}
	log_set_level(agent.config->log);
	raise_limits();
	su_init();
	su_log_redirect(NULL, sip_log, NULL);
	if (start(&agent, backend)) {
		log_info("rtplaned %s serves %zu realms with the %s datapath",
			 RTPLANE_VERSION, agent.config->n_realms, backend);
		notify("READY=1");
		su_root_run(agent.root);
		status = 0;
		log_info("stopped");
	}
	stop(&agent);
	su_deinit();
	return status;
}

static int check(const char *file)
{
	char error[CONFIG_ERROR_LEN];
	struct config *config = config_load(file, error);

	if (!config) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	printf("%s: %zu realms, %zu routes: fine\n", file, config->n_realms,
	       config->n_routes);
	config_free(config);
	return 0;
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: rtplaned [--config FILE] [--datapath BACKEND]\n"
		"       rtplaned --check-config FILE\n"
		"       rtplaned --version | --help\n"
		"FILE is " DEFAULT_CONFIG " unless given; BACKEND is kernel\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", required_argument, NULL, 'C' },
		{ "datapath", required_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *file = DEFAULT_CONFIG, *backend = "kernel";
	int c;

	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'C':
			return check(optarg);
		case 'd':
			backend = optarg;
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
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	return run(file, backend);
}
