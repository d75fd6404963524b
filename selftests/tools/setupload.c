// SPDX-License-Identifier: GPL-2.0
/*
 * setupload NG RATE MS HOST CALLEE [STAY]: phones with ICE and DTLS-SRTP that call others by
 * rtpengine's control protocol, on sockets
 *
 * NG is the address of the protocol.  RATE calls in a second begin for so many milliseconds:
 * an offer of a phone at HOST, at its reply the answer of a plain one at CALLEE, at that
 * reply the phone's check, which nominates, and with its answer the handshake, that the phone
 * begins.  All phones are one socket, told apart by the port that they speak with.
 *
 * Prints as JSON how many there were, failed or did not end; microseconds of the check and of
 * all from the last description to the keys, and what of these was not the phone's own work:
 * what the relay adds.  A call ends with its keys.  With STAY all stay, and it goes on for so
 * many seconds as phones do, with a check of each call about every five, answers what it is
 * asked, and then prints how many checks were answered of how many.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dtls/private.h"
#include "stun/stun.h"

#define CALLS_MAX	100000
#define PATIENCE	10000000000ull	/* ns */
#define REPEAT		100000000ull
#define CONSENT		5000000000ull
#define UFRAG		"load"
#define PWD		"0123456789abcdefghijklmn"

enum stage { OFFER, ANSWER, CHECK, HANDSHAKE, UP, FAILED };

/**
 * struct call - a call, and its phone
 * @stage: what it waits for
 * @to: our port of its
 * @user: its name for the relay, and the relay's for it
 * @pwd: the relay's password
 * @m: its DTLS
 * @asked: ns, when the last request or check was sent
 * @described: when it had the last description
 * @checked: and the answer of its check
 * @own: what it has worked since
 */
struct call {
	enum stage stage;
	struct dp_addr to;
	char user[48];
	char pwd[40];
	struct machine m;
	uint64_t asked;
	uint64_t described;
	uint64_t checked;
	uint64_t own;
};

static struct call *calls;
static uint32_t by_port[65536];		/* 1 + call */
static size_t n_calls, begun, over, failed, n_up;
static uint32_t *checked, *all, *added;
static unsigned long asked, answered;
static const char *host, *callee;
static bool stays;
static int ng, media;
static struct dtls_cert *cert;
static char fingerprint[200];

static void die(const char *what)
{
	fprintf(stderr, "setupload: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* --- what a proxy does --- */

static int phone_sdp(char *to, size_t room)
{
	return snprintf(to, room,
			"v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
			"m=audio 7000 UDP/TLS/RTP/SAVPF 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
			"a=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\na=ice-ufrag:" UFRAG "\r\na=ice-pwd:" PWD "\r\n"
			"a=candidate:1 1 udp 2130706431 %s 7000 typ host\r\na=end-of-candidates\r\n"
			"a=fingerprint:%s\r\na=setup:active\r\na=sendrecv\r\n", host, host, host, fingerprint);
}

static int plain_sdp(char *to, size_t room)
{
	return snprintf(to, room,
			"v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
			"m=audio 7000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
			"a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n", callee, callee);
}

static void ask(size_t i, enum stage stage)
{
	char text[3000], sdp[1500], id[24];
	int n, m;

	m = snprintf(id, sizeof(id), "%d-%zu", getpid(), i);
	n = stage == OFFER ? phone_sdp(sdp, sizeof(sdp)) : plain_sdp(sdp, sizeof(sdp));
	n = snprintf(text, sizeof(text), "%zu_%d d7:command%s7:call-id%d:%s8:from-tag1:f%s"
		     "18:transport-protocol%s9:directionl1:a1:be3:sdp%d:%se", i, stage,
		     stage == OFFER ? "5:offer" : "6:answer", m, id, stage == OFFER ? "" : "6:to-tag1:t",
		     stage == OFFER ? "7:RTP/AVP" : "17:UDP/TLS/RTP/SAVPF", n, sdp);
	calls[i].stage = stage;
	calls[i].asked = now_ns();
	if (send(ng, text, (size_t)n, 0) < 0)
		die("send");
}

/* nobody waits for the reply */
static void hang_up(size_t i)
{
	char text[200], id[24];
	int n, m;

	m = snprintf(id, sizeof(id), "%d-%zu", getpid(), i);
	n = snprintf(text, sizeof(text), "%zu_d d7:command6:delete7:call-id%d:%s8:from-tag1:f12:delete-delayi0ee",
		     i, m, id);
	if (send(ng, text, (size_t)n, 0) < 0)
		die("send");
}

static void end(struct call *call, enum stage stage, const char *why)
{
	over++;
	call->stage = stage;
	if (!stays)
		hang_up((size_t)(call - calls));
	if (stage != FAILED)
		return;
	if (!failed++)
		fprintf(stderr, "setupload: %s\n", why);
}

/* the value of a line of a description */
static bool value_of(const char *text, const char *name, char *to, size_t room)
{
	const char *p = strstr(text, name);

	if (!p)
		return false;
	p += strlen(name);
	snprintf(to, room, "%.*s", (int)strcspn(p, "\r"), p);
	return true;
}

/* --- what a phone does --- */

static void send_to(const struct call *call, const void *data, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = dp_addr_to_sockaddr(&call->to, &ss);

	sendto(media, data, n, 0, (struct sockaddr *)&ss, len);
}

static void check(struct call *call)
{
	uint8_t buf[256], id[STUN_ID_LEN];
	struct stun_writer w;
	uint64_t nr = (uint64_t)(call - calls);

	memset(id, 7, sizeof(id));
	memcpy(id, &nr, sizeof(nr));
	call->asked = now_ns();
	memcpy(id + 4, &call->asked, 8);
	stun_begin(&w, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, id);
	stun_put_text(&w, STUN_USERNAME, span_of(call->user));
	stun_put_u32(&w, STUN_PRIORITY, 1862270975);
	stun_put_u64(&w, STUN_ICE_CONTROLLING, 1 + nr);
	stun_put_flag(&w, STUN_USE_CANDIDATE);
	stun_sign(&w, span_of(call->pwd));
	stun_put_fingerprint(&w);
	send_to(call, buf, stun_end(&w));
	asked += call->stage == UP;
}

/* the relay has described itself for the phone */
static void described(struct call *call, const char *text)
{
	struct dtls_fingerprint theirs;
	struct dtls_remote remote = {
		.role = DTLS_ACTIVE, .fingerprint = &theirs, .n_fingerprints = 1,
	};
	char value[200], ufrag[40];
	unsigned int port;
	const char *m = strstr(text, "m=audio ");

	dp_addr_parse_host(host, &call->to);
	if (!m || sscanf(m, "m=audio %u UDP/TLS/", &port) != 1 || !port ||
	    !value_of(text, "a=ice-ufrag:", ufrag, sizeof(ufrag)) ||
	    !value_of(text, "a=ice-pwd:", call->pwd, sizeof(call->pwd)) ||
	    !value_of(text, "a=fingerprint:", value, sizeof(value)) ||
	    !dtls_fingerprint_read(span_of(value), &theirs) ||
	    !value_of(text, "c=IN IP4 ", value, sizeof(value)) ||
	    !dp_addr_parse_host(value, &call->to)) {
		end(call, FAILED, text);
		return;
	}
	call->to.port = (uint16_t)port;
	by_port[port] = 1 + (uint32_t)(call - calls);
	snprintf(call->user, sizeof(call->user), "%s:" UFRAG, ufrag);
	dtls_machine_init(&call->m, cert, 100);
	dtls_machine_set(&call->m, &remote);
	call->stage = CHECK;
	check(call);
}

static void flush(struct call *call)
{
	struct datagram *d;

	while ((d = dtls_queue_take(&call->m.wire.out))) {
		send_to(call, d->data, d->n);
		free(d);
	}
	if (!call->m.told || call->stage != HANDSHAKE)
		return;
	call->m.told = false;
	end(call, call->m.outcome.event == DTLS_UP ? UP : FAILED, call->m.outcome.why);
}

static void count(struct call *call, uint64_t now)
{
	all[n_up] = (uint32_t)((now - call->described) / 1000);
	checked[n_up] = (uint32_t)((call->checked - call->described) / 1000);
	added[n_up++] = (uint32_t)((now - call->described - call->own) / 1000);
}

static void answer_check(struct call *call, const struct stun_msg *msg)
{
	struct stun_writer w;
	uint8_t buf[256];

	stun_begin(&w, buf, sizeof(buf), STUN_SUCCESS, STUN_BINDING, msg->id);
	stun_put_addr(&w, STUN_XOR_MAPPED_ADDRESS, &call->to);
	stun_sign(&w, span_of(PWD));
	stun_put_fingerprint(&w);
	send_to(call, buf, stun_end(&w));
}

static void heard_stun(struct call *call, const uint8_t *data, size_t n)
{
	struct stun_msg msg;

	if (!stun_parse(data, n, &msg))
		return;
	if (msg.class == STUN_REQUEST) {
		answer_check(call, &msg);
	} else if (msg.class == STUN_SUCCESS && call->stage == UP) {
		answered++;
	} else if (msg.class == STUN_SUCCESS && call->stage == CHECK) {
		call->checked = now_ns();
		call->stage = HANDSHAKE;
		dtls_machine_begin(&call->m);
		flush(call);
	}
}

static void heard(struct call *call, const uint8_t *data, size_t n)
{
	uint64_t begin = now_ns(), now;
	bool was_up = call->stage == UP;

	call->asked = call->stage == HANDSHAKE ? begin : call->asked;
	if (stun_is(data, n)) {
		heard_stun(call, data, n);
	} else if (call->stage == HANDSHAKE) {
		dtls_machine_receive(&call->m, data, n);
		flush(call);
	}
	now = now_ns();
	call->own += now - begin;
	if (call->stage == UP && !was_up)
		count(call, now);
}

static void hear_media(void)
{
	static uint8_t data[2048];
	struct sockaddr_storage ss;
	struct dp_addr from;
	socklen_t len = sizeof(ss);
	ssize_t n;

	while ((n = recvfrom(media, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&ss, &len)) >= 0)
		if (dp_addr_from_sockaddr(&from, (struct sockaddr *)&ss, len) && by_port[from.port])
			heard(&calls[by_port[from.port] - 1], data, (size_t)n);
}

static void hear_ng(void)
{
	static char text[65537];
	uint64_t begin;
	ssize_t n;
	size_t i;
	int stage;

	while ((n = recv(ng, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		begin = now_ns();
		if (sscanf(text, "%zu_%d ", &i, &stage) != 2 || i >= begun || (int)calls[i].stage != stage)
			continue;
		if (!strstr(text, "6:result2:ok")) {
			end(&calls[i], FAILED, text);
		} else if (stage == OFFER) {
			ask(i, ANSWER);
		} else {
			calls[i].described = begin;
			described(&calls[i], text);
			calls[i].own = now_ns() - begin;
		}
	}
}

/* what is due of calls that wait: each is looked at about every 10 ms */
static void repeat(uint64_t now)
{
	static size_t next;
	size_t n = 1 + begun / 10;
	struct call *call;

	for (; n && begun; n--) {
		call = &calls[next++ % begun];
		if (call->stage >= UP || now < call->asked + REPEAT)
			continue;
		if (call->stage == CHECK)
			check(call);
		else if (call->stage == HANDSHAKE && !dtls_machine_due(&call->m)) {
			dtls_machine_timeout(&call->m);
			flush(call);
		}
	}
}

static void wait_for(uint64_t ns)
{
	struct pollfd p[2] = { { .fd = media, .events = POLLIN }, { .fd = ng, .events = POLLIN } };
	struct timespec t = { .tv_nsec = (long)(ns < 1000000 ? ns : 1000000) };

	ppoll(p, 2, &t, NULL);
	hear_media();
	hear_ng();
}

static void run(uint64_t rate)
{
	uint64_t start = now_ns(), due, now, last = start;
	size_t was = 0;

	while (over < n_calls) {
		now = now_ns();
		due = begun < n_calls ? start + (uint64_t)begun * 1000000000 / rate : now + 1000000;
		if (due <= now) {
			begun++;
			ask(begun - 1, OFFER);
			due = now;
		}
		wait_for(due - now);
		repeat(now);
		if (over != was || begun < n_calls)
			last = now;
		was = over;
		if (now - last > PATIENCE)
			break;
	}
}

/* each about every five seconds, one after the other */
static void stay(uint64_t s)
{
	uint64_t start = now_ns(), now = start, done = 0, due;

	while (now < start + s * 1000000000) {
		due = (now - start) / 1000 * n_calls / (CONSENT / 1000);
		for (; done < due; done++)
			if (calls[done % n_calls].stage == UP)
				check(&calls[done % n_calls]);
		wait_for(1000000);
		now = now_ns();
	}
	printf("{\"asked\":%lu,\"answered\":%lu}\n", asked, answered);
}

static int later(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t part(uint32_t *of, double share)
{
	size_t i = (size_t)(share * (double)n_up);

	qsort(of, n_up, sizeof(*of), later);
	return n_up ? of[i < n_up ? i : n_up - 1] : 0;
}

static void report(void)
{
	printf("{\"calls\":%zu,\"up\":%zu,\"failed\":%zu,\"lost\":%zu,\"check50\":%u,\"all50\":%u,"
	       "\"added50\":%u,\"added99\":%u,\"max\":%u}\n", n_calls, n_up, failed, begun - over,
	       part(checked, .5), part(all, .5), part(added, .5), part(added, .99), part(all, 1));
	fflush(stdout);
}

static int open_socket(const char *at, bool listens)
{
	struct sockaddr_storage ss;
	struct dp_addr a = {};
	int size = 64 << 20, fd;
	socklen_t len;

	if (!dp_addr_parse(at, &a) || !(len = dp_addr_to_sockaddr(&a, &ss)))
		die(at);
	fd = socket(a.family, SOCK_DGRAM, 0);
	if (fd < 0 || (listens ? bind : connect)(fd, (struct sockaddr *)&ss, len))
		die(at);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

int main(int argc, char **argv)
{
	char at[64], text[DTLS_FINGERPRINT_STRLEN];
	struct dtls_fingerprint fp;
	uint64_t rate;

	if (argc < 6) {
		fprintf(stderr, "usage: setupload NG RATE MS HOST CALLEE [STAY]\n");
		return 2;
	}
	rate = strtoull(argv[2], NULL, 10);
	n_calls = (size_t)(rate * strtoull(argv[3], NULL, 10) / 1000);
	host = argv[4];
	callee = argv[5];
	stays = argc > 6;
	if (!n_calls || n_calls > CALLS_MAX)
		die("RATE or MS");
	calls = calloc(n_calls, sizeof(*calls));
	checked = calloc(3 * n_calls, sizeof(*checked));
	cert = dtls_cert_new(NULL);
	if (!calls || !checked || !cert)
		die("memory");
	all = checked + n_calls;
	added = all + n_calls;
	dtls_cert_fingerprint(cert, DTLS_SHA256, &fp);
	snprintf(fingerprint, sizeof(fingerprint), "%s", dtls_fingerprint_str(&fp, text, sizeof(text)));
	snprintf(at, sizeof(at), "%s:7000", host);
	ng = open_socket(argv[1], false);
	media = open_socket(at, true);
	run(rate);
	report();
	if (stays)
		stay(strtoull(argv[6], NULL, 10));
	return 0;
}
