// SPDX-License-Identifier: GPL-2.0
/* A port that calls share: numbers, and whose an address is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ice/ice.h"
#include "session/share.h"
#include "stun/stun.h"
#include "ktap.h"
#include "media_lib.h"

static struct media *media;
static struct dp_addr at;

static struct share *make(void)
{
	struct share *share = NULL;
	struct dp_err err;

	if (share_new(&share, &at, 46, media, &err))
		printf("# %s\n", err.text);
	return share;
}

static struct dp_addr remote(unsigned int port)
{
	struct dp_addr addr;

	dp_addr_parse("192.0.2.9:1000", &addr);
	addr.port = (uint16_t)port;
	return addr;
}

static bool numbers(void)
{
	static struct ports_pair *pair[SHARE_CALLS_MAX];
	struct share *share = make();
	struct share_stats stats;
	struct dp_err err;
	unsigned int i;

	KTAP_CHECK(share && dp_addr_eq(share_local(share), &at));
	for (i = 0; i < SHARE_CALLS_MAX; i++) {
		pair[i] = share_get(share, pair, &err);
		KTAP_CHECK(pair[i] && pair[i]->share == share && !pair[i]->pool);
		KTAP_CHECK(pair[i]->rtp.call && pair[i]->rtp.call <= DP_CALL_MAX);
		KTAP_CHECK(pair[i]->rtp.port == at.port && dp_addr_eq(&pair[i]->rtp, &pair[i]->rtcp));
		KTAP_CHECK(share_call(share, pair[i]->rtp.call) == pair[i]);
	}
	KTAP_CHECK(!share_get(share, NULL, &err) && err.code == ENOSPC);
	KTAP_CHECK(!share_claim(share, pair[0]->rtp.call, &err) && err.code == EBUSY);
	i = pair[0]->rtp.call;
	share_put(pair[0]);
	KTAP_CHECK(!share_call(share, i) && !share_call(share, 0) && !share_call(share, 40000));
	pair[0] = share_claim(share, (uint16_t)i, &err);
	KTAP_CHECK(pair[0] && share_call(share, i) == pair[0] && !pair[0]->user);
	share_stats(share, &stats);
	KTAP_CHECK(stats.calls == SHARE_CALLS_MAX && !stats.remotes);
	/* with all that is on it */
	share_free(share);
	return true;
}

static bool addresses(void)
{
	struct share *share = make();
	struct dp_addr r1 = remote(1), r2 = remote(2), v6;
	struct ports_pair *a, *b;
	struct share_stats stats;
	struct dp_err err;

	KTAP_CHECK(share && dp_addr_parse("[2001:db8::9]:1", &v6));
	a = share_get(share, NULL, &err);
	b = share_get(share, NULL, &err);
	KTAP_CHECK(!share_at(share, &r1) && !share_uses(a, &r1));
	/* what is not used is whoever's shows himself there last */
	KTAP_CHECK(share_is_at(a, &r1) && share_at(share, &r1) == a && !share_uses(a, &r1));
	KTAP_CHECK(share_is_at(b, &r1) && share_at(share, &r1) == b);
	KTAP_CHECK(share_use(a, &r1) && share_at(share, &r1) == a && share_uses(a, &r1));
	/* what is used is nobody else's */
	KTAP_CHECK(!share_is_at(b, &r1) && !share_use(b, &r1) && share_at(share, &r1) == a);
	KTAP_CHECK(dp_addr_eq(share_refused(b), &r1) && !share_refused(a)->family);
	/* another port, and another family, are other addresses */
	KTAP_CHECK(share_use(b, &r2) && share_is_at(b, &v6) && share_at(share, &v6) == b);
	/* it moves: the former one is free, and still its */
	KTAP_CHECK(!share_use(a, &r2) && !share_uses(a, &r1));
	KTAP_CHECK(share_at(share, &r1) == a && share_is_at(b, &r1) && share_at(share, &r1) == b);
	KTAP_CHECK(share_use(b, NULL) && share_use(a, &r2) && share_uses(a, &r2));
	share_stats(share, &stats);
	KTAP_CHECK(stats.remotes == 3 && stats.refused == 3);
	/* it ends */
	share_put(a);
	KTAP_CHECK(!share_at(share, &r2) && share_use(b, &r2));
	share_put(b);
	share_stats(share, &stats);
	KTAP_CHECK(!stats.remotes && !stats.calls);
	share_free(share);
	return true;
}

/* who shows himself at many places holds a few, and that in use */
static bool bounded(void)
{
	struct share *share = make();
	struct dp_addr used = remote(1), r;
	struct ports_pair *a, *b;
	struct share_stats stats;
	struct dp_err err;
	unsigned int i, n = 0;

	KTAP_CHECK(share);
	a = share_get(share, NULL, &err);
	b = share_get(share, NULL, &err);
	KTAP_CHECK(share_use(a, &used));
	for (i = 2; i < 2000; i++) {
		r = remote(i);
		KTAP_CHECK(share_is_at(a, &r));
		share_stats(share, &stats);
		KTAP_CHECK(stats.remotes <= SHARE_REMOTES_MAX);
	}
	for (i = 1; i < 2000; i++) {
		r = remote(i);
		n += share_at(share, &r) == a;
	}
	KTAP_CHECK(n == SHARE_REMOTES_MAX && share_uses(a, &used) && share_at(share, &used) == a);
	KTAP_CHECK(share_at(share, &r) == a && !share_is_at(b, &used));
	share_free(share);
	return true;
}

static size_t request(const char *user, uint8_t *buf, enum stun_class class)
{
	static const uint8_t id[STUN_ID_LEN] = { 0x12, 0x34, 5 };
	struct stun_writer w;

	stun_begin(&w, buf, 256, class, STUN_BINDING, id);
	if (user)
		stun_put_text(&w, STUN_USERNAME, span_of(user));
	stun_put_fingerprint(&w);
	return stun_end(&w);
}

/* whose a check is, by our ufrag; an answer, by its transaction */
static bool told_apart(void)
{
	static const char *const none[] = { "", ":", "AAB:x", "A", "AAB!!!!!", "!ABCDEFG:x",
					    "AABCDEFGH:x", "AABCDEF:x", "AABCDEFG" };
	char user[64];
	struct ice_creds creds;
	uint8_t buf[256];
	unsigned int call, i;
	bool asks;
	size_t n;

	for (call = 1; call <= DP_CALL_MAX; call += 331) {
		KTAP_CHECK(ice_creds_new(&creds, (uint16_t)call));
		snprintf(user, sizeof(user), "%s:them", creds.ufrag);
		n = request(user, buf, STUN_REQUEST);
		KTAP_CHECK(ice_call_of(buf, n, &asks) == call && asks);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		n = request(none[i], buf, STUN_REQUEST);
		KTAP_CHECK(!ice_call_of(buf, n, &asks) && asks);
	}
	n = request(NULL, buf, STUN_REQUEST);
	KTAP_CHECK(!ice_call_of(buf, n, &asks) && asks);
	n = request(NULL, buf, STUN_SUCCESS);
	KTAP_CHECK(ice_call_of(buf, n, &asks) == 0x1234 && !asks);
	n = request(user, buf, STUN_INDICATION);
	KTAP_CHECK(!ice_call_of(buf, n, &asks) && !asks);
	KTAP_CHECK(!ice_call_of(buf, n - 1, &asks) && !ice_call_of(buf, 0, &asks));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "a call has a number that no other has, and there is an end", numbers },
		{ "an address is one call's while it is used", addresses },
		{ "a call holds few addresses", bounded },
		{ "whose a datagram says it is", told_apart },
	};
	int ret = unit_media(&media, NULL);

	if (ret)
		return ret;
	dp_addr_parse("127.0.0.1:30000", &at);
	ret = KTAP_RUN(points);
	media_free(media);
	return ret;
}
