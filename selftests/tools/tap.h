/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TAP device as the wire: what is written to it arrives at the device's
 * ingress before write() returns, in this very task, and what the device sends
 * is there to be read.
 */
#ifndef RTPLANE_SELFTESTS_TAP_H
#define RTPLANE_SELFTESTS_TAP_H

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pkt.h"

#define TAP_FRAME_MAX	4096
#define TAP_CUTS_MAX	6

/* How frames reach the device, which decides what a buffer looks like. */
enum tap_mode {
	TAP_PLAIN,	/* in one piece */
	TAP_FRAGS,	/* in pieces: a buffer that is not linear */
	TAP_VNET,	/* with checksum and segmentation left to the receiver */
	TAP_MODES
};

static const char *const tap_mode_names[TAP_MODES] = { "plain", "frags", "vnet" };

/**
 * struct tap_frame - a frame to send
 * @mode: how
 * @side: on which of two devices
 * @cuts: number of valid @cut
 * @cut: TAP_FRAGS: where its pieces end
 * @vh: TAP_VNET: what is left to the receiver
 * @len: bytes of @data
 * @data: from the Ethernet header on
 */
struct tap_frame {
	enum tap_mode mode;
	unsigned int side;
	unsigned int cuts;
	uint16_t cut[TAP_CUTS_MAX];
	struct virtio_net_hdr vh;
	size_t len;
	uint8_t data[TAP_FRAME_MAX];
};

/* The kernel gives a device its queues a moment after its carrier, and until then
 * drops without a word what the device is to send.  It says IFF_RUNNING just
 * before; setting flags waits for whoever is at it.
 */
static inline void tap_await_queues(struct ifreq *ifr)
{
	int tries = 5000, s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	do {
		if (ioctl(s, SIOCGIFFLAGS, ifr))
			die("flags of %s: %s", ifr->ifr_name, strerror(errno));
		if (!tries--)
			die("%s is up but not running", ifr->ifr_name);
		poll(NULL, 0, 1);
	} while (ifr->ifr_flags & IFF_UP && !(ifr->ifr_flags & IFF_RUNNING));
	if (ioctl(s, SIOCSIFFLAGS, ifr))
		die("flags of %s: %s", ifr->ifr_name, strerror(errno));
	close(s);
}

static inline int tap_open(const char *name, enum tap_mode mode)
{
	static const short flags[TAP_MODES] = {
		[TAP_FRAGS] = IFF_NAPI | IFF_NAPI_FRAGS,
		[TAP_VNET] = IFF_VNET_HDR,
	};
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags[mode]);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die("TAP device %s: %s", name, strerror(errno));
	/* So that packets leave with their checksum still to be made, too. */
	ioctl(fd, TUNSETOFFLOAD, mode == TAP_VNET ? TUN_F_CSUM : 0);
	tap_await_queues(&ifr);
	return fd;
}

/* False if the device does not take such a frame. */
static inline bool tap_send(int fd, const struct tap_frame *f)
{
	struct iovec iov[TAP_CUTS_MAX + 2];
	size_t at = 0;
	int n = 0;

	if (f->mode == TAP_VNET)
		iov[n++] = (struct iovec){ (void *)(uintptr_t)&f->vh, sizeof(f->vh) };
	if (f->mode == TAP_FRAGS) {
		unsigned int i;

		for (i = 0; i < f->cuts && f->cut[i] < f->len; i++) {
			if (f->cut[i] <= at)
				continue;
			iov[n++] = (struct iovec){ (void *)(uintptr_t)(f->data + at),
						   f->cut[i] - at };
			at = f->cut[i];
		}
	}
	iov[n++] = (struct iovec){ (void *)(uintptr_t)(f->data + at), f->len - at };
	return writev(fd, iov, n) >= 0;
}

/* Length of the next frame, 0 if none comes within @ms. */
static inline size_t tap_recv(int fd, enum tap_mode mode, uint8_t *buf, size_t size,
			      struct virtio_net_hdr *vh, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct iovec iov[2] = { { vh, sizeof(*vh) }, { buf, size } };
	int skip = mode != TAP_VNET;
	ssize_t n;

	memset(vh, 0, sizeof(*vh));
	if (ms && poll(&pfd, 1, ms) <= 0)
		return 0;
	n = readv(fd, iov + skip, 2 - skip);
	if (n < 0)
		return 0;
	return skip ? (size_t)n : (size_t)n - sizeof(*vh);
}

#endif /* RTPLANE_SELFTESTS_TAP_H */
