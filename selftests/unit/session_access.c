// SPDX-License-Identifier: GPL-2.0
/* Where descriptions and candidates may lead: media-acl. */
#include "base/log.h"
#include "session_lib.h"

#define ICE	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define HOST	"a=candidate:1 1 udp 2130706431 10.0.0.9 7000 typ host\r\n"
#define SRFLX	"a=candidate:2 1 udp 1694498815 203.0.113.9 7000 typ srflx raddr 10.0.0.9 rport 7000\r\n"

static struct acl *lists(const char *allow, const char *deny)
{
	struct prefix a, d;
	size_t n_a = prefix_parse(allow, &a), n_d = prefix_parse(deny, &d);

	return acl_new(&a, n_a, &d, n_d, true);
}

/* sessions whose caller's realm has these lists */
static bool start(const char *allow, const char *deny, enum session_ice ice)
{
	prepare();
	access_policy->media_acl = lists(allow, deny);
	access_policy->ice = ice;
	begin_session();
	return access_policy->media_acl;
}

static bool is_nowhere(const char *host)
{
	struct dp_addr a = at(host);
	unsigned int i;

	for (i = 0; i < kernel.n; i++)
		if (dp_addr_same_host(&kernel.leg[i].conf.remote, &a))
			return false;
	return true;
}

static bool of_a_line(void)
{
	KTAP_CHECK(start("192.0.2.1", "192.0.2.0/24", SESSION_ICE_OFF));
	KTAP_CHECK(offer(caller, sdp_of("192.0.2.7", PCMU)) == -EPROTO);
	KTAP_CHECK(!strcmp(err.text, "no media line can be relayed: the caller's 192.0.2.7 is in media-acl deny 192.0.2.0/24 (realm access)"));
	/* before anything is held for it */
	KTAP_CHECK(!pairs_used(0) && !pairs_used(2));
	KTAP_CHECK(up());
	/* a change is refused, and what was goes on */
	KTAP_CHECK(offer(caller, sdp_of("192.0.2.8", PCMU)) == -EPROTO);
	KTAP_CHECK(leg_to(&kernel, "192.0.2.1:7000") && is_nowhere("192.0.2.8"));
	/* on hold by address it leads nowhere */
	KTAP_CHECK(!offer(caller, sdp_of("0.0.0.0", PCMU)));
	return finish();
}

/* candidates count for nothing where there is no ICE */
static bool without_ice(void)
{
	KTAP_CHECK(start("", "192.0.2.0/24", SESSION_ICE_OFF));
	KTAP_CHECK(offer(caller, sdp_of("192.0.2.7", PCMU ICE SRFLX)) == -EPROTO);
	session_end(session);
	session = NULL;
	finish();
	KTAP_CHECK(start("", "10.0.0.0/8", SESSION_ICE_OFF));
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU ICE HOST)));
	return finish();
}

static bool of_an_answer(void)
{
	prepare();
	core_policy->media_acl = lists("", "198.51.100.0/24");
	begin_session();
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU)));
	KTAP_CHECK(answer(callee, sdp_of(B4, PCMU)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "the callee's 198.51.100.1 is in media-acl deny 198.51.100.0/24 (realm core)"));
	KTAP_CHECK(!kernel.n);
	KTAP_CHECK(!answer(callee, sdp_of("203.0.113.1", PCMU)));
	return finish();
}

/* one is enough; the others are not tried, and neither is the line's own address */
static bool of_candidates(void)
{
	KTAP_CHECK(start("", "10.0.0.0/8", SESSION_ICE_LITE));
	KTAP_CHECK(offer(caller, sdp_of("10.0.0.9", PCMU ICE HOST)) == -EPROTO);
	KTAP_CHECK(strstr(err.text, "the caller's 10.0.0.9 is in media-acl deny 10.0.0.0/8 (realm access)"));
	/* an allowed address of the line does not help */
	KTAP_CHECK(offer(caller, sdp_of("0.0.0.0", PCMU ICE HOST)) == -EPROTO);
	KTAP_CHECK(!pairs_used(0) && !pairs_used(2));
	KTAP_CHECK(!offer(caller, sdp_of("10.0.0.9", PCMU ICE HOST SRFLX)));
	KTAP_CHECK(!answer(callee, sdp_of(B4, PCMU)));
	KTAP_CHECK(has("a=ice-ufrag:") && is_nowhere("10.0.0.9"));
	return finish();
}

/* those of trickle have not come yet: the line's address is what there is */
static bool no_candidates_yet(void)
{
	KTAP_CHECK(start("", "10.0.0.0/8", SESSION_ICE_LITE));
	KTAP_CHECK(offer(caller, sdp_of("10.0.0.9", PCMU ICE)) == -EPROTO);
	KTAP_CHECK(!offer(caller, sdp_of(A4, PCMU ICE)));
	return finish();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "the address of a line", of_a_line },
		{ "where there is no ICE", without_ice },
		{ "of an answer", of_an_answer },
		{ "candidates: one that is allowed is enough", of_candidates },
		{ "candidates that have not come yet", no_candidates_yet },
	};

	return session_main(points, sizeof(points) / sizeof(points[0]));
}
