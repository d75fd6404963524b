// SPDX-License-Identifier: GPL-2.0
/*
 * Proxies that ask for anything in any order.  The input is steps, each ended by a form
 * feed: a letter for the command, keys and values in lines of "key=value" ("+key=value":
 * in a list, parted by commas), an empty line, and a description.  What must hold:
 *
 * - each request has a reply that can be read, and is of a size;
 * - what is refused has changed nothing: no leg, no port, no call;
 * - what the proxy gets is a description, without a key or address of the other's;
 * - in the end nothing is left.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/media.h"
#include "fuzz.h"
#include "ng/private.h"
#include "ports.h"
#include "session/private.h"
#include "sdp/sdp.h"

#define KEY	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

static const char yaml[] =
	"ng: [{transport: udp, listen: '127.0.0.1:42223', allow: [127.0.0.1]}]\n"
	"realms: [{name: access, addresses: [{listen: 198.18.0.1}]}, {name: core, addresses: [{listen: 198.18.0.2}]}]\n";

static struct loop *loop;
static struct config *config;
static struct sessions *sessions;
static struct session_policy *policy[2];
static struct ng *ng;
static bool tampered;	/* a bridge may be left that could not be removed */

static void once(void)
{
	char path[64], error[CONFIG_ERROR_LEN];
	int fd;

	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	fd = memfd_create("config", 0);
	FUZZ_CHECK(loop && write(fd, yaml, sizeof(yaml) - 1) == sizeof(yaml) - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config = config_load(path, error);
	close(fd);
	FUZZ_CHECK(config);
}

static struct session_policy *policy_of(const char *realm, void *arg)
{
	return policy[!strcmp(realm, "core")];
}

static void set_pool(unsigned int i, const char *host, unsigned int of)
{
	struct dp_addr a = {};

	dp_addr_parse_host(host, &a);
	memset(&pools[i], 0, sizeof(pools[i]));
	pools[i].conf.addr = a;
	pools[i].conf.lo = 30000;
	pools[i].conf.hi = 30000 + 2 * PAIRS - 1;
	session_policy_add(policy[of], &a, &a, &pools[i], NULL);
}

static void begin(uint8_t how)
{
	struct sessions_conf all = { .dp = &kernel.dp };
	struct ng_conf conf = { .loop = loop, .config = config, .policy = policy_of };
	unsigned int i;

	memset(&kernel, 0, sizeof(kernel));
	memset(&user, 0, sizeof(user));
	kernel.dp.ops = &fake_ops;
	user.dp.ops = &fake_user_ops;
	tampered = false;
	kernel.no_srtp = how & 4;
	all.beside = how & 2 ? &user.dp : NULL;
	all.timers = loop_timers(loop);
	sessions = sessions_new(&all);
	conf.sessions = sessions;
	for (i = 0; i < 2; i++) {
		policy[i] = session_policy_new();
		policy[i]->srtp = (how >> (3 + 2 * i)) % 3;
		policy[i]->nat = (how >> i) % 3;
		policy[i]->suite[0] = RTPLANE_SRTP_AES_128_CM_SHA1_80;
		policy[i]->suite[1] = RTPLANE_SRTP_AES_256_GCM;
		policy[i]->n_suites = 2;
		set_pool(2 * i, i ? "198.18.0.2" : "198.18.0.1", i);
	}
	set_pool(1, "2001:db8:ffff::1", 0);
	ng = ng_new(&conf);
	FUZZ_CHECK(sessions && ng);
}

static void finish(void)
{
	unsigned int i;

	kernel.refuse = user.refuse = 0;
	ng_free(ng);
	FUZZ_CHECK(!sessions_count(sessions));
	sessions_free(sessions);
	for (i = 0; i < 2; i++)
		FUZZ_CHECK(policy[i]->refs == 1);
	for (i = 0; i < 2; i++)
		session_policy_put(policy[i]);
	FUZZ_CHECK(!loop_timers(loop)->count);
	FUZZ_CHECK(!kernel.wrong && !user.wrong);
	if (tampered)
		return;
	for (i = 0; i < 3; i++)
		FUZZ_CHECK(!pools[i].n_used);
	FUZZ_CHECK(!kernel.n && !user.n);
}

/* --- a request --- */

static char message[4 * FUZZ_MAX];
static size_t n_message;

static void put(struct span text)
{
	n_message += (size_t)sprintf(message + n_message, "%zu:", text.n);
	if (text.n)
		memcpy(message + n_message, text.p, text.n);
	n_message += text.n;
}

static void put_list(struct span value)
{
	message[n_message++] = 'l';
	while (value.p)
		put(span_cut(&value, ','));
	message[n_message++] = 'e';
}

static void compose(char verb, struct span text)
{
	static const char *const verbs = "oadqlspPuvwbBgGi";
	static const char *const names[] = {
		"offer", "answer", "delete", "query", "list", "statistics", "ping", "publish",
		"subscribe request", "subscribe answer", "unsubscribe", "block media",
		"unblock media", "block DTMF", "unblock DTMF", "silence media",
	};
	const char *at = strchr(verbs, verb);
	struct span line, key;

	n_message = (size_t)sprintf(message, "1 d7:command");
	put(verb && at ? span_of(names[at - verbs]) : (struct span){ &verb, 1 });
	/* as many as a message has room for, with the words around them */
	while (text.p && n_message < FUZZ_MAX) {
		line = span_cut(&text, '\n');
		if (!line.n)
			break;
		key = span_cut(&line, '=');
		if (key.n && *key.p == '+') {
			put(span_skip(key, 1));
			put_list(line);
		} else {
			put(key);
			put(line);
		}
	}
	if (text.p) {
		put(SPAN("sdp"));
		put(text);
	}
	message[n_message++] = 'e';
}

/* --- what must hold --- */

struct picture {
	struct fake kernel, user;
	unsigned int used[3];
	unsigned int calls;
	unsigned int branches;
	unsigned int taps;
};

static unsigned int count_branches(void)
{
	const struct ng_branch *branch;
	const struct ng_call *call;
	unsigned int n = 0;

	TAILQ_FOREACH(call, &ng->calls, entry)
		LIST_FOREACH(branch, &call->branches, entry)
			n++;
	return n;
}

static unsigned int count_taps(void)
{
	const struct session_tap *tap;
	const struct ng_call *call;
	unsigned int n = 0;

	TAILQ_FOREACH(call, &ng->calls, entry)
		LIST_FOREACH(tap, &call->session->taps, entry)
			n += 1 + !!tap->to.family + !!tap->to_rtcp.family;
	return n;
}

static void take_picture(struct picture *p)
{
	unsigned int i;

	p->kernel = kernel;
	p->user = user;
	for (i = 0; i < 3; i++)
		p->used[i] = pools[i].n_used;
	p->calls = ng_count(ng);
	p->branches = count_branches();
	p->taps = count_taps();
}

static void check_picture(const struct picture *p)
{
	unsigned int i;

	FUZZ_CHECK(fake_same(&p->kernel, &kernel) && fake_same(&p->user, &user));
	for (i = 0; i < 3; i++)
		FUZZ_CHECK(p->used[i] == pools[i].n_used);
	FUZZ_CHECK(p->calls == ng_count(ng) && p->branches == count_branches());
	FUZZ_CHECK(p->taps == count_taps());
}

/* what a party gets */
static void check_sdp(struct span sdp)
{
	static const char *const theirs[] = {
		"\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY,
		"\r\nc=IN IP4 192.0.2.", "\r\na=rtcp:7777", " 127.0.0.1",
	};
	char why[SDP_WHY_LEN];
	struct sdp_desc *desc;
	size_t i;

	desc = sdp_desc_parse(sdp, NULL, why);
	FUZZ_CHECK(desc);
	sdp_desc_free(desc);
	for (i = 0; i < FUZZ_COUNT(theirs); i++)
		FUZZ_CHECK(!memmem(sdp.p, sdp.n, theirs[i], strlen(theirs[i])));
}

static void check_reply(const char *reply, size_t len, const struct picture *before)
{
	struct ng_tree tree = { 0 };
	enum ng_encoding encoding;
	char why[NG_WHY_LEN];
	struct span result, sdp;

	FUZZ_CHECK(len > 2 && len < NG_MESSAGE_MAX * 2 && !strncmp(reply, "1 ", 2));
	if (len - 2 > NG_MESSAGE_MAX) {
		FUZZ_CHECK(memmem(reply, len, "3:sdp", 5));
		return;
	}
	FUZZ_CHECK(ng_tree_read(&tree, (struct span){ reply + 2, len - 2 }, &encoding, why));
	result = ng_get_text(tree.root, "result");
	sdp = ng_get_text(tree.root, "sdp");
	if (span_is(result, "error")) {
		FUZZ_CHECK(ng_get_text(tree.root, "error-reason").n && !sdp.p);
		check_picture(before);
	} else {
		FUZZ_CHECK(span_is(result, "ok") || span_is(result, "pong") ||
			   span_is(result, "load limit"));
	}
	if (sdp.p)
		check_sdp(sdp);
	if (ng_get(tree.root, "totals"))
		FUZZ_CHECK(len <= NG_REPLY_SMALL + NG_NAME_MAX * 8);
	ng_tree_clear(&tree);
}

static void request(char verb, struct span text)
{
	static const struct dp_addr from = { .family = AF_INET, .port = 1 };
	static struct picture before;
	char *reply;
	size_t len;

	take_picture(&before);
	compose(verb, text);
	reply = ng_request(ng, &from, true, (struct span){ message, n_message }, &len);
	FUZZ_CHECK(reply);
	check_reply(reply, len, &before);
	free(reply);
}

static void step(char verb, struct span text)
{
	uint8_t i = text.n ? (uint8_t)*text.p : 0;
	struct timers *timers = loop_timers(loop);

	switch (verb) {
	case 't':
		timers_run(timers, timers->now + i * UINT64_C(1000));
		break;
	case 'x':
		/* one of them: what is refused while it is undone stays so */
		tampered = true;
		kernel.refuse = i & 1 ? 0 : kernel.calls + 1 + i / 2 % 3;
		user.refuse = i & 1 ? user.calls + 1 + i / 2 % 3 : 0;
		break;
	case 'D':
		ng_drain(ng);
		break;
	default:
		request(verb, text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size }, one;

	if (!loop)
		once();
	if (size < 2)
		return 0;
	begin(*data);
	rest = span_skip(rest, 1);
	while (rest.p) {
		one = span_cut(&rest, '\f');
		if (one.n)
			step(*one.p, span_skip(one, 1));
	}
	finish();
	return 0;
}

#define A	"\nv=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define B	"\nv=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
#define A6	"\nv=0\r\no=a 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
#define AUDIO	"m=audio 7000 RTP/AVP 0\r\n"
#define VIDEO	"m=video 7100 RTP/AVP 34\r\na=rtcp:7777 IN IP4 203.0.113.7\r\n"
#define FAX	"m=image 7200 udptl t38\r\n"
#define SAVP	"m=audio 7000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
#define R	"\nv=0\r\no=r 1 1 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\n"
#define COPY	"m=audio 9000 RTP/AVP 0\r\na=recvonly\r\n"
#define C	"call-id=c\n"
#define F	"from-tag=f\n"
#define T	"to-tag=t\n"
#define FLAGS	"+flags=trust-address,SIP-source-address\n+direction=external,internal\n+received-from=IP4,192.0.2.1\n"

static const struct fuzz_sample samples[] = {
	FUZZ_SAMPLE("\x02o" C F FLAGS A AUDIO "\fa" C F T B AUDIO "\fo" C "from-tag=t\nto-tag=f\n" B AUDIO VIDEO "\fa" C
		    "from-tag=t\nto-tag=f\n" A AUDIO VIDEO "\fq" C "\fd" C F T "\ft\x1f"),
	FUZZ_SAMPLE("\x2ao" C F "via-branch=v1\n" FLAGS A SAVP "\fo" C F "via-branch=v2\ntransport-protocol=RTP/SAVP\n" A SAVP
		    "\fa" C F T "via-branch=v1\n" B AUDIO "\fa" C F "to-tag=t2\nvia-branch=v2\n" B SAVP "\fx2\fa" C F T B AUDIO
		    "\fd" C "via-branch=v2\ndelete-delay=0\n\fl\fs\fd" C "\fa" C F T B AUDIO "\ft~\ft~\ft~"),
	FUZZ_SAMPLE("\x0bo" C F "rtpp-flags=asymmetric tos=104 direction=core direction=access replace=[origin x]\n" A6 AUDIO
		    "\fo" C F A AUDIO FAX "\fa" C F T B AUDIO FAX "\fa" C F "to-tag=t2\n" B AUDIO "\fa" C F T B FAX "\fo" C F A AUDIO
		    "\fD\fo" C F T A AUDIO "\foc=d\n" F A AUDIO "\fd" C F "delete-delay=1\n\ft\x02"),
	FUZZ_SAMPLE("\x2aP" C F FLAGS A SAVP "\fu" C F "to-tag=r\n" "\fv" C "to-tag=r\n" R COPY "\fP" C F "codec-accept=PCMU\n" A AUDIO VIDEO
		    "\fb" C F "\fq" C "\fB" C "address=192.0.2.1\n" "\fo" C F A AUDIO "\fw" C "to-tag=r\n" "\fd" C F "delete-delay=0\n"),
	FUZZ_SAMPLE("\x02o" C F FLAGS A AUDIO "\fa" C F T B AUDIO "\fu" C "+flags=all,siprec\nto-tag=r\n" "\fv" C "to-tag=r\n" R COPY COPY
		    "\fu" C T "from-tag=t\n" "\fg" C F "\fo" C F T A AUDIO VIDEO "\fa" C F T B AUDIO "\fv" C "to-tag=r\n" R "m=audio 0 RTP/AVP 0\r\n" COPY
		    "\fG" C F "\fi" C "\fw" C "to-tag=r\n" "\fd" C),
};

static const struct fuzz_sample words[] = {
	FUZZ_SAMPLE("\f"), FUZZ_SAMPLE("\fo" C F A AUDIO), FUZZ_SAMPLE("\fo" C F T A AUDIO VIDEO), FUZZ_SAMPLE("\fa" C F T B AUDIO),
	FUZZ_SAMPLE("\fa" C F "to-tag=t2\n" B AUDIO), FUZZ_SAMPLE("\fo" C "from-tag=t\nto-tag=f\n" B AUDIO), FUZZ_SAMPLE("\fd" C),
	FUZZ_SAMPLE("\fd" C F "delete-delay=0\n"), FUZZ_SAMPLE("\fd" C "to-tag=t\n+flags=to-tag,fatal\n"), FUZZ_SAMPLE("\fq" C),
	FUZZ_SAMPLE("\fP" C F A AUDIO), FUZZ_SAMPLE("\fu" C "+flags=all\nto-tag=r\n"), FUZZ_SAMPLE("\fu" C F "to-tag=r2\n"),
	FUZZ_SAMPLE("\fv" C "to-tag=r\n" R COPY), FUZZ_SAMPLE("\fv" C "to-tag=r2\n" R COPY COPY), FUZZ_SAMPLE("\fw" C "to-tag=r\n"), FUZZ_SAMPLE(COPY),
	FUZZ_SAMPLE("\fb" C), FUZZ_SAMPLE("\fB" C "address=192.0.2.1\n"), FUZZ_SAMPLE("\fg" C F), FUZZ_SAMPLE("\fG" C), FUZZ_SAMPLE("\fi" C "address=192.0.2.2\n"),
	FUZZ_SAMPLE("\fx0"), FUZZ_SAMPLE("\fx4"), FUZZ_SAMPLE("\fx1"), FUZZ_SAMPLE("\ft~"), FUZZ_SAMPLE("\ft\x1e"), FUZZ_SAMPLE("\fD"),
	FUZZ_SAMPLE("call-id=d\n"), FUZZ_SAMPLE("via-branch=v1\n"), FUZZ_SAMPLE("via-branch=v2\n"), FUZZ_SAMPLE("+flags=asymmetric\n"),
	FUZZ_SAMPLE("transport-protocol=RTP/SAVPF\n"), FUZZ_SAMPLE("address-family=IP6\n"), FUZZ_SAMPLE("+received-from=IP4,192.0.2.77\n"),
	FUZZ_SAMPLE("+flags=codec-strip-all,codec-offer-PCMU\n"), FUZZ_SAMPLE("codec-mask=PCMA opus/48000\n"), FUZZ_SAMPLE("a=rtpmap:8 PCMU/8000\r\n"),
	FUZZ_SAMPLE("a=fmtp:0 apt=8\r\n"),
	FUZZ_SAMPLE(AUDIO), FUZZ_SAMPLE(VIDEO), FUZZ_SAMPLE(FAX), FUZZ_SAMPLE(SAVP), FUZZ_SAMPLE("c=IN IP6 2001:db8::9\r\n"),
	FUZZ_SAMPLE("c=IN IP4 0.0.0.0\r\n"), FUZZ_SAMPLE("a=inactive\r\n"), FUZZ_SAMPLE("="), FUZZ_SAMPLE("\n"), FUZZ_SAMPLE(" 0 "),
};

FUZZ_MAIN("proxies that ask for anything in any order", samples, words)
