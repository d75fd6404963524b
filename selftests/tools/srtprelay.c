// SPDX-License-Identifier: GPL-2.0
/*
 * srtprelay - bridges with SRTP on one side, in the user-space datapath, without
 * an agent: for measuring, since keys are given by nobody but call logic
 *
 *	srtprelay CALLS READY KEY LOCAL-A REMOTE-A LOCAL-B REMOTE-B
 *
 * Ports are those of selftests/bench/lib.sh. What comes from A, and what goes
 * there, is protected with KEY (30 bytes in hexadecimal, AES_CM_128_HMAC_SHA1_80);
 * B has RTP. Everything else is on as in the other measurements. "ready" goes to
 * the file READY; then it relays until it is killed. IPv4.
 */
#include <signal.h>
#include <unistd.h>

#include "choose.h"
#include "datapath/datapath.h"
#include "engine/media.h"
#include "pkt.h"

#define LOCAL_PORT	30000
#define REMOTE_PORT	10000
#define NO_LIMIT	1000000000u
#define EF		46
#define KEY_LEN		30

static struct dp_addr address(const char *host, unsigned int port)
{
	struct dp_addr a = { 0 };

	if (!dp_addr_parse_host(host, &a))
		die("'%s' is no address", host);
	a.port = (uint16_t)port;
	return a;
}

static struct dp_srtp protection(const char *word)
{
	struct dp_srtp srtp = { .suite = RTPLANE_SRTP_AES_128_CM_SHA1_80 };
	unsigned int i;

	for (i = 0; i < KEY_LEN; i++)
		if (sscanf(word + 2 * i, "%2hhx", &srtp.key[i]) != 1)
			die("the key has %u bytes, expected %d in hexadecimal", i, KEY_LEN);
	return srtp;
}

static struct dp_leg leg(const char *local, const char *remote, unsigned int i)
{
	struct dp_leg l = {
		.set = DP_LEG_REMOTE | DP_LEG_LATCH | DP_LEG_EARLY | DP_LEG_DSCP_MODE |
		       DP_LEG_DSCP | DP_LEG_PPS | DP_LEG_BPS,
		.local = address(local, LOCAL_PORT + 2 * i),
		.remote = address(remote, REMOTE_PORT + 2 * i),
		.latch = RTPLANE_LATCH_RESTRICTED,
		.early = true,
		.dscp_mode = RTPLANE_DSCP_SET,
		.dscp = EF,
		.pps = NO_LIMIT,
		.bps = 1000ull * NO_LIMIT,
	};

	return l;
}

int main(int argc, char **argv)
{
	struct media_conf conf = { 0 };
	struct dp_bridge bridge = { 0 };
	struct dp_err err = { 0 };
	struct media *media;
	unsigned int calls, i;
	struct dp *dp;

	if (argc != 8)
		die("%d words; expected CALLS READY KEY and four addresses", argc - 1);
	calls = (unsigned int)opt_num("calls", argv[1], 1, 5000);
	if (media_new(&media, &conf, NULL, NULL, &err) ||
	    dp_open(&dp, "uring", media, NULL, NULL, &err))
		die("%s", err.text);
	for (i = 0; i < calls; i++) {
		bridge.leg[0] = leg(argv[4], argv[5], i);
		bridge.leg[1] = leg(argv[6], argv[7], i);
		bridge.leg[0].set |= DP_LEG_SRTP_RX | DP_LEG_SRTP_TX;
		bridge.leg[0].srtp_rx = protection(argv[3]);
		bridge.leg[0].srtp_tx = protection(argv[3]);
		if (dp_bridges_new(dp, &bridge, 1, &err))
			die("bridge %u: %s", i, err.text);
	}
	say_ready(argv[2]);
	for (;;)
		pause();
}
