// SPDX-License-Identifier: GPL-2.0
/*
 * nlfail - every request, with its 1st, 2nd, 3rd... allocation failing
 *
 * nlfail DEV OTHER [CASE]: on a kernel with fault injection (fail-nth and
 * failslab), each request is made again and again: the first time its first
 * allocation fails, then its second, until none is left to fail.  A request that
 * was refused has changed nothing, one that was carried out nevertheless has
 * done all of it.  What the module knows is compared as a whole: devices, legs,
 * natmaps and totals, as it dumps them.
 *
 * DEV is enrolled, OTHER is not.  Prints a line of JSON per request.
 */
#include "fail.h"
#include "nl.h"

#define BRIDGES		6
#define FAULTS_MAX	5000

/* What the module knows: its objects' bytes, in an order of their own. */
struct snapshot {
	size_t n;
	struct object {
		size_t len;
		uint8_t *data;
	} *obj;
};

static struct nl nl;
static const char *dev, *other;

/* Snapshots -------------------------------------------------------------- */

/* The generation of a leg grows by what is taken back, too: it is no part of this. */
static void without_generation(const uint8_t *data, size_t len)
{
	const struct nlattr *leg = nl_find(data + GENL_HDRLEN, len - GENL_HDRLEN, RTPLANE_A_LEG);
	struct nlattr *generation = (struct nlattr *)nl_find_in(leg, RTPLANE_LEG_A_GENERATION);

	if (generation)
		memset(generation + 1, 0, sizeof(uint64_t));
}

static void collect(const struct nlmsghdr *h, void *arg)
{
	struct snapshot *s = arg;
	struct object *o;

	s->obj = realloc(s->obj, (s->n + 1) * sizeof(*s->obj));
	if (!s->obj)
		die("no memory");
	o = &s->obj[s->n++];
	o->len = h->nlmsg_len - NLMSG_HDRLEN;
	o->data = malloc(o->len);
	if (!o->data)
		die("no memory");
	memcpy(o->data, (const uint8_t *)h + NLMSG_HDRLEN, o->len);
	without_generation(o->data, o->len);
}

static int compare(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->data, y->data, x->len);
}

static void dump_into(struct snapshot *s, uint8_t cmd, uint16_t flags)
{
	static struct nl_msg m;
	struct nl_answer ans;

	nl.each = collect;
	nl.arg = s;
	nl_begin(&m, nl.family, flags, cmd, RTPLANE_GENL_VERSION);
	((struct nlmsghdr *)m.buf)->nlmsg_len = 0;
	nl_talk(&nl, &m, &ans);
	nl.each = NULL;
	if (ans.error)
		die("dump %u: %s %s", cmd, strerror(ans.error), ans.text);
}

static struct snapshot snap(void)
{
	struct snapshot s = { 0 };

	dump_into(&s, RTPLANE_CMD_DEV_GET, NLM_F_DUMP);
	dump_into(&s, RTPLANE_CMD_LEG_GET, NLM_F_DUMP);
	dump_into(&s, RTPLANE_CMD_NATMAP_GET, NLM_F_DUMP);
	dump_into(&s, RTPLANE_CMD_STATS_GET, NLM_F_ACK);
	qsort(s.obj, s.n, sizeof(*s.obj), compare);
	return s;
}

static bool same(const struct snapshot *a, const struct snapshot *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (compare(&a->obj[i], &b->obj[i]))
			return false;
	return true;
}

static void drop(struct snapshot *s)
{
	while (s->n)
		free(s->obj[--s->n].data);
	free(s->obj);
	s->obj = NULL;
}

/* Requests ---------------------------------------------------------------- */

static void put_dev(struct nl_msg *m, const char *name)
{
	size_t nest = nl_nest(m, RTPLANE_A_DEV);

	nl_put(m, RTPLANE_DEV_A_NAME, name, strlen(name) + 1);
	nl_end(m, nest);
}

/* One leg, whose nest stays open; with @words all that a leg can be told. */
static size_t open_leg(struct nl_msg *m, uint16_t type, bool v6, uint16_t port, bool words,
		       uint8_t dscp)
{
	static uint8_t map[64];
	size_t nest = nl_nest(m, type);

	if (v6)
		nl_ep6(m, RTPLANE_LEG_A_LOCAL, "2001:db8:b::fe", port);
	else
		nl_ep4(m, RTPLANE_LEG_A_LOCAL, "192.0.2.254", port);
	if (words) {
		map[5] = dscp;
		if (v6)
			nl_ep6(m, RTPLANE_LEG_A_REMOTE, "2001:db8:b::1", 50000);
		else
			nl_ep4(m, RTPLANE_LEG_A_REMOTE, "192.0.2.1", 40000);
		nl_u8(m, RTPLANE_LEG_A_LATCH, RTPLANE_LATCH_RESTRICTED);
		nl_put(m, RTPLANE_LEG_A_DSCP_MAP, map, sizeof(map));
		nl_u32(m, RTPLANE_LEG_A_PPS, 1000);
		nl_u32(m, RTPLANE_LEG_A_SILENCE, 60000);
	}
	return nest;
}

static void put_leg(struct nl_msg *m, uint16_t type, bool v6, uint16_t port, bool words,
		    uint8_t dscp)
{
	nl_end(m, open_leg(m, type, v6, port, words, dscp));
}

/* A state for which a leg needs all that it may have, and no time that goes on. */
static void put_saved(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_LEG_A_SAVED), counts;
	uint32_t i;

	nl_u32(m, RTPLANE_SAVED_A_VERSION, RTPLANE_SAVED_VERSION);
	nl_ep4(m, RTPLANE_SAVED_A_REMOTE, "192.0.2.1", 40000);
	nl_u8(m, RTPLANE_SAVED_A_REASON, RTPLANE_REASON_FIRST);
	for (i = 0; i < RTPLANE_SAVED_KNOWN_MAX; i++)
		nl_u32(m, RTPLANE_SAVED_A_KNOWN, i);
	counts = nl_nest(m, RTPLANE_SAVED_A_DROPS);
	nl_u64(m, 2, 7);
	nl_end(m, counts);
	counts = nl_nest(m, RTPLANE_SAVED_A_DSCP_SEEN);
	nl_u64(m, 1, 3);
	nl_u64(m, 47, 9);
	nl_end(m, counts);
	nl_end(m, nest);
}

/* The leg of that name, and its state is asked for. */
static void put_asked(struct nl_msg *m, uint16_t type)
{
	size_t leg = open_leg(m, type, false, 30000, false, 0);
	size_t nest = nl_nest(m, RTPLANE_LEG_A_SAVED);

	nl_u32(m, RTPLANE_SAVED_A_VERSION, RTPLANE_SAVED_VERSION);
	nl_end(m, nest);
	nl_end(m, leg);
}

static void put_bridges(struct nl_msg *m, uint16_t second, uint8_t dscp)
{
	uint16_t i;

	for (i = 0; i < BRIDGES; i++) {
		size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

		nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 7);
		/* addresses of both families, and pages of ports of their own */
		put_leg(m, RTPLANE_BRIDGE_A_LEG, false, (uint16_t)(30000 + 300 * i), true, dscp);
		put_leg(m, RTPLANE_BRIDGE_A_LEG, true, (uint16_t)(second + 300 * i), true, dscp);
		nl_end(m, nest);
	}
}

static void dev_new(struct nl_msg *m) { put_dev(m, other); }
static void dev_there(struct nl_msg *m) { put_dev(m, dev); }
static void bridge_all(struct nl_msg *m) { put_bridges(m, 31000, 1); }
static void bridge_changed(struct nl_msg *m) { put_bridges(m, 31000, 2); }
static void bridge_other_peers(struct nl_msg *m) { put_bridges(m, 31100, 1); }

static void bridge_cookie(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

	nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 7);
	nl_end(m, nest);
}

static void bridge_legs(struct nl_msg *m)
{
	uint16_t i;

	for (i = 0; i < BRIDGES; i++) {
		size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

		put_leg(m, RTPLANE_BRIDGE_A_LEG, false, (uint16_t)(30000 + 300 * i), false, 0);
		nl_end(m, nest);
	}
}

static void bridge_state(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_BRIDGE), leg;

	nl_u64(m, RTPLANE_BRIDGE_A_COOKIE, 7);
	leg = open_leg(m, RTPLANE_BRIDGE_A_LEG, false, 30000, true, 1);
	put_saved(m);
	nl_end(m, leg);
	put_leg(m, RTPLANE_BRIDGE_A_LEG, true, 31000, true, 1);
	nl_end(m, nest);
}

static void bridge_end(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

	put_asked(m, RTPLANE_BRIDGE_A_LEG);
	nl_end(m, nest);
}

static void leg_asked(struct nl_msg *m) { put_asked(m, RTPLANE_A_LEG); }
static void leg_words(struct nl_msg *m) { put_leg(m, RTPLANE_A_LEG, false, 30000, true, 3); }
static void leg_back(struct nl_msg *m) { put_leg(m, RTPLANE_A_LEG, false, 30000, true, 1); }
static void leg_name(struct nl_msg *m) { put_leg(m, RTPLANE_A_LEG, false, 30000, false, 0); }

static void put_natmap(struct nl_msg *m, bool words)
{
	static const uint8_t map[64] = { 1 };
	size_t nest = nl_nest(m, RTPLANE_A_NATMAP), ep;

	ep = nl_nest(m, RTPLANE_NATMAP_A_EXT);
	nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr("192.0.2.200"));
	nl_end(m, ep);
	nl_u16(m, RTPLANE_NATMAP_A_PORT_LO, 30000);
	if (words) {
		ep = nl_nest(m, RTPLANE_NATMAP_A_INT);
		nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr("198.51.100.7"));
		nl_end(m, ep);
		nl_u16(m, RTPLANE_NATMAP_A_PORT_HI, 33000);
		nl_u8(m, RTPLANE_NATMAP_A_FILTER, 1);
		nl_put(m, RTPLANE_NATMAP_A_DSCP_MAP, map, sizeof(map));
	}
	nl_end(m, nest);
}

static void natmap_new(struct nl_msg *m) { put_natmap(m, true); }
static void natmap_name(struct nl_msg *m) { put_natmap(m, false); }
static void nothing(struct nl_msg *m) { (void)m; }

static void bridge_every(struct nl_msg *m)
{
	size_t nest = nl_nest(m, RTPLANE_A_BRIDGE);

	nl_put(m, RTPLANE_BRIDGE_A_ALL, NULL, 0);
	nl_end(m, nest);
}

struct request {
	uint8_t cmd;
	uint16_t flags;
	void (*put)(struct nl_msg *m);
};

/**
 * struct test - a request that is to fail, and how things are put back
 * @name: for the report
 * @before: brings about the state in which it is made, or cmd 0
 * @req: the request
 * @undo: takes it back, or cmd 0 if it changes nothing
 * @after: takes @before back, or cmd 0
 */
struct test {
	const char *name;
	struct request before, req, undo, after;
};

#define DO(c, p)	{ .cmd = RTPLANE_CMD_##c, .put = p }
#define DUMP(c)		{ .cmd = RTPLANE_CMD_##c, .flags = NLM_F_DUMP, .put = nothing }
#define ALL_BRIDGES	.before = DO(BRIDGE_NEW, bridge_all), \
			.after = DO(BRIDGE_DEL, bridge_cookie)
#define A_STATE		.before = DO(BRIDGE_NEW, bridge_state), \
			.after = DO(BRIDGE_DEL, bridge_cookie)
#define A_NATMAP	.before = DO(NATMAP_NEW, natmap_new), \
			.after = DO(NATMAP_DEL, natmap_name)

static const struct test tests[] = {
	{ "dev-new", .req = DO(DEV_NEW, dev_new), .undo = DO(DEV_DEL, dev_new) },
	{ "dev-del", .req = DO(DEV_DEL, dev_there), .undo = DO(DEV_NEW, dev_there) },
	{ "dev-get", .req = DO(DEV_GET, dev_there) },
	{ "dev-dump", .req = DUMP(DEV_GET) },
	{ "bridge-new", .req = DO(BRIDGE_NEW, bridge_all),
	  .undo = DO(BRIDGE_DEL, bridge_cookie) },
	{ "bridge-set", ALL_BRIDGES, .req = DO(BRIDGE_SET, bridge_changed),
	  .undo = DO(BRIDGE_SET, bridge_all) },
	{ "bridge-set-peers", ALL_BRIDGES, .req = DO(BRIDGE_SET, bridge_other_peers),
	  .undo = DO(BRIDGE_SET, bridge_all) },
	{ "bridge-del-legs", ALL_BRIDGES, .req = DO(BRIDGE_DEL, bridge_legs),
	  .undo = DO(BRIDGE_NEW, bridge_all) },
	{ "bridge-del-cookie", ALL_BRIDGES, .req = DO(BRIDGE_DEL, bridge_cookie),
	  .undo = DO(BRIDGE_NEW, bridge_all) },
	{ "bridge-del-all", ALL_BRIDGES, .req = DO(BRIDGE_DEL, bridge_every),
	  .undo = DO(BRIDGE_NEW, bridge_all) },
	{ "bridge-new-state", .req = DO(BRIDGE_NEW, bridge_state),
	  .undo = DO(BRIDGE_DEL, bridge_cookie) },
	{ "bridge-del-state", A_STATE, .req = DO(BRIDGE_DEL, bridge_end),
	  .undo = DO(BRIDGE_NEW, bridge_state) },
	{ "leg-get-state", A_STATE, .req = DO(LEG_GET, leg_asked) },
	{ "leg-set", ALL_BRIDGES, .req = DO(LEG_SET, leg_words), .undo = DO(LEG_SET, leg_back) },
	{ "leg-get", ALL_BRIDGES, .req = DO(LEG_GET, leg_name) },
	{ "leg-dump", ALL_BRIDGES, .req = DUMP(LEG_GET) },
	{ "natmap-new", .req = DO(NATMAP_NEW, natmap_new), .undo = DO(NATMAP_DEL, natmap_name) },
	{ "natmap-del", A_NATMAP, .req = DO(NATMAP_DEL, natmap_name),
	  .undo = DO(NATMAP_NEW, natmap_new) },
	{ "natmap-get", A_NATMAP, .req = DO(NATMAP_GET, natmap_name) },
	{ "natmap-dump", A_NATMAP, .req = DUMP(NATMAP_GET) },
	{ "stats-get", .req = DO(STATS_GET, nothing) },
};

static void build(struct nl_msg *m, const struct request *r)
{
	nl_begin(m, nl.family, (uint16_t)(NLM_F_ACK | r->flags), r->cmd, RTPLANE_GENL_VERSION);
	r->put(m);
	((struct nlmsghdr *)m->buf)->nlmsg_len = (uint32_t)m->len;
}

/* Returns the number of objects in its answer. */
static unsigned long must(const struct request *r, const char *what)
{
	static struct nl_msg m;
	struct nl_answer ans;

	if (!r->cmd)
		return 0;
	build(&m, r);
	nl_talk(&nl, &m, &ans);
	if (ans.error)
		die("%s: command %u: %s %s", what, r->cmd, strerror(ans.error), ans.text);
	return ans.objects;
}

#define NO_ANSWER	(-1)

/* Make a request whose @nth allocation fails; *error is what it answered, or
 * NO_ANSWER if the answer itself got lost.  A connection of its own: a dump
 * that broke off would be in the way of the next one.
 */
static bool try(const struct request *r, unsigned int nth, int *error, struct nl_answer *ans)
{
	static uint8_t buf[1 << 16] __attribute__((aligned(4)));
	static struct nl_msg m;
	bool hit, done = false;
	ssize_t len = 0;
	struct nl one;

	build(&m, r);
	memset(ans, 0, sizeof(*ans));
	nl_connect(&one);
	((struct nlmsghdr *)m.buf)->nlmsg_seq = ++one.seq;
	fail_set(nth);
	if (send(one.fd, m.buf, m.len, 0) < 0) {
		ans->error = errno;
		done = true;
	}
	while (!done && len >= 0) {
		len = recv(one.fd, buf, sizeof(buf), MSG_DONTWAIT);
		done = len > 0 && nl_digest(&one, buf, (size_t)len, ans);
	}
	hit = fail_hit();
	close(one.fd);
	*error = done ? ans->error : NO_ANSWER;
	return hit;
}

/**
 * struct tally_of - what became of a request's repetitions
 * @faults: allocations that failed
 * @refused: refused because of it
 * @survived: carried out in spite of it
 * @lost: no answer came
 */
struct tally_of {
	unsigned int faults, refused, survived, lost;
};

/**
 * struct world - what a request has to do with
 * @before: what there is before it
 * @done: and after it
 * @objects: objects in its answer
 */
struct world {
	struct snapshot before, done;
	unsigned long objects;
};

/* What is wrong after a fault, or NULL; all is put back. */
static const char *judge(const struct test *t, int error, const struct nl_answer *ans,
			 const struct world *w, struct tally_of *c)
{
	struct snapshot now = snap();
	bool unchanged = same(&now, &w->before), carried = same(&now, &w->done);
	const char *wrong = NULL;

	drop(&now);
	if (error == NO_ANSWER) {
		c->lost++;
		if (!unchanged && !carried)
			wrong = "its answer got lost and it was carried out in part";
	} else if (error) {
		c->refused++;
		if (error != ENOMEM && error != ENOBUFS)
			wrong = strerror(error);
		else if (!unchanged)
			wrong = "it was refused and has changed something";
	} else {
		c->survived++;
		if (!carried)
			wrong = "it succeeded and was not carried out whole";
		else if (ans->objects != w->objects)
			wrong = "it succeeded and its answer is not whole";
	}
	if (!wrong && !unchanged)
		must(&t->undo, t->name);
	return wrong;
}

/* What there is, and what the request leads to, from where it is taken back. */
static void look_around(const struct test *t, struct world *w)
{
	struct snapshot again;

	w->before = snap();
	w->objects = must(&t->req, t->name);
	w->done = snap();
	must(&t->undo, t->name);
	again = snap();
	if (!same(&w->before, &again))
		die("%s: taking it back leads elsewhere", t->name);
	drop(&again);
}

static bool run(const struct test *t)
{
	struct tally_of c = { 0 };
	const char *wrong = NULL;
	struct nl_answer ans;
	unsigned int nth = 0;
	struct world w;
	int error;

	must(&t->before, t->name);
	look_around(t, &w);
	while (!wrong && ++nth < FAULTS_MAX && try(&t->req, nth, &error, &ans)) {
		c.faults++;
		wrong = judge(t, error, &ans, &w, &c);
	}
	/* The last time nothing failed. */
	if (!wrong && nth == FAULTS_MAX)
		wrong = "there is no end to its allocations";
	else if (!wrong && error)
		wrong = "without a fault it is refused";
	printf("{\"request\":\"%s\",\"faults\":%u,\"refused\":%u,\"survived\":%u,\"lost\":%u,\"good\":%s",
	       t->name, c.faults, c.refused, c.survived, c.lost, wrong ? "false" : "true");
	if (wrong)
		printf(",\"nth\":%u,\"wrong\":\"%s\"", nth, wrong);
	puts("}");
	fflush(stdout);
	if (!wrong) {
		must(&t->undo, t->name);
		must(&t->after, t->name);
	}
	drop(&w.before);
	drop(&w.done);
	return !wrong;
}

int main(int argc, char **argv)
{
	bool good = true;
	size_t i;

	if (argc < 3 || argc > 4)
		die("usage: nlfail DEV OTHER [CASE]");
	dev = argv[1];
	other = argv[2];
	fail_open();
	nl_open(&nl);
	for (i = 0; good && i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc < 4 || !strcmp(argv[3], tests[i].name))
			good = run(&tests[i]);
	return !good;
}
