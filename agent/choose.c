// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choose.h"
#include "netlink/genl.h"

/* the program of kmod, wherever PATH does not reach */
#define MODPROBE	"/sbin/modprobe"
/* loading our module takes milliseconds; a hung modprobe holds up no start */
#define PATIENCE_MS	10000

static const struct dp_ops *const backends[] = {
	&dp_kernel_ops,
	&dp_uring_ops,
};

int dp_open(struct dp **dp, const char *backend, struct media *media,
	    dp_event_fn *events, void *arg, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i]->name, backend))
			return backends[i]->open(dp, media, events, arg,
						 err);
	return dp_fail(err, EPROTONOSUPPORT,
		       "there is no datapath '%s': expected 'kernel' or 'uring'", backend);
}

bool dp_want_parse(const char *word, enum dp_want *want)
{
	static const char *const words[] = { "auto", "kernel", "uring" };
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i], word)) {
			*want = (enum dp_want)i;
			return true;
		}
	}
	return false;
}

static bool has_capability(unsigned int capability)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	return !syscall(SYS_capget, &head, data) &&
	       (data[capability / 32].effective & 1u << capability % 32);
}

/* the first line of what it says until it ends; false if it does not end */
static bool read_words(int fd, char *words, size_t room)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < room) {
		if (poll(&wait, 1, PATIENCE_MS) <= 0)
			return false;
		n = read(fd, words + len, room - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	words[len] = '\0';
	words[strcspn(words, "\n")] = '\0';
	return true;
}

static bool spawn_modprobe(int err_fd, pid_t *pid)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char program[] = MODPROBE, module[] = "rtplane";
	static char *const argv[] = { program, module, NULL };
	static char *const env[] = { path, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int ret;

	/* what we have blocked is not for it */
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, err_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
	ret = posix_spawn(pid, MODPROBE, &actions, &attr, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = ret;
	return !ret;
}

/* true, or false with a sentence of modprobe's or our own */
static bool load_module(char *words, size_t room)
{
	int fd[2], status = -1;
	bool spawned;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC)) {
		snprintf(words, room, "no pipe: %s", strerror(errno));
		return false;
	}
	spawned = spawn_modprobe(fd[1], &pid);
	close(fd[1]);
	if (!spawned) {
		snprintf(words, room, MODPROBE ": %s", strerror(errno));
	} else if (!read_words(fd[0], words, room)) {
		kill(pid, SIGKILL);
		snprintf(words, room, "modprobe does not end");
	}
	close(fd[0]);
	if (spawned)
		waitpid(pid, &status, 0);
	if (!*words && status)
		snprintf(words, room, "modprobe ended with status %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : status);
	return spawned && !status;
}

/* 0 or -errno, as the module is there or why not; asked for it the kernel loads it */
static int ask_module(struct dp_err *err)
{
	struct genl *genl;
	int ret = genl_open(&genl, err);

	if (!ret)
		genl_close(genl);
	return ret;
}

/* Where the kernel did not load it, modprobe says why, if it does not help. */
static bool module_answers(struct dp_choice *choice, struct dp_err *err)
{
	bool was_there = !access("/sys/module/rtplane", F_OK);
	char words[256] = "";
	int ret = ask_module(err);

	if (ret == -ENOENT && !has_capability(CAP_SYS_MODULE))
		dp_fail(err, ENOENT,
			"the module rtplane is not loaded, the kernel does not load it, and to do so we need CAP_SYS_MODULE");
	else if (ret == -ENOENT && !load_module(words, sizeof(words)))
		dp_fail(err, ENOENT,
			"the module rtplane is not loaded and cannot be: %s",
			words);
	else if (ret == -ENOENT)
		ret = ask_module(err);
	snprintf(choice->why, sizeof(choice->why), "the module rtplane %s",
		 was_there ? "is loaded" : "was not loaded and has been");
	return !ret;
}

static void choose(struct dp_choice *choice)
{
	struct dp_err err = {};

	if (module_answers(choice, &err)) {
		choice->backend = "kernel";
		if (has_capability(CAP_NET_ADMIN))
			return;
		dp_fail(&err, EPERM,
			"the module rtplane takes no orders from us: that needs CAP_NET_ADMIN");
	}
	choice->backend = "uring";
	snprintf(choice->why, sizeof(choice->why), "%s", err.text);
}

void dp_choose(enum dp_want want, const char *by, struct dp_choice *choice)
{
	if (want == DP_WANT_AUTO) {
		choose(choice);
		return;
	}
	choice->backend = want == DP_WANT_KERNEL ? "kernel" : "uring";
	snprintf(choice->why, sizeof(choice->why), "%s says so", by);
}
