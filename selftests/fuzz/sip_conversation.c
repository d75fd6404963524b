// SPDX-License-Identifier: GPL-2.0
/*
 * Whole conversations with transactions and dialogs: another side that says legal and
 * illegal things in both roles, a user who does whatever the headers allow, a transport
 * that loses and breaks, and a clock of their own. Nothing of it touches the network.
 *
 *	sip_conversation [STEPS [SEED]]		50,000 steps, seed 1
 *
 * What must hold, besides what the sanitizers say: when both sides are silent all ends
 * in bounded time and nothing is left; each INVITE that was taken on gets exactly one
 * final answer, and no provisional one after it; each answer to an INVITE of ours is
 * told in order; over() is the last call, and none comes after the user has gone.
 */
#include "../unit/sip_fake.h"
#include "sip/dlg.h"

#define STEPS		400	/* of one conversation */
#define WIRE		48	/* messages of ours that the other side remembers */
#define SAID		32	/* messages of its own */
#define MANY		48	/* dialogs, requests and so on of the user at once */

static uint64_t state;
static unsigned long seed, conversation;
static bool trace;	/* say what happens: SEED given, one conversation */

static uint32_t any(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 32) % (below ? below : 1);
}

static bool chance(uint32_t percent)
{
	return any(100) < percent;
}

#define PICK(list)	((list)[any(sizeof(list) / sizeof((list)[0]))])

#define HOLDS(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s does not hold, seed %lu, conversation %lu\n", \
			       __FILE__, __LINE__, #cond, seed, conversation); \
			fflush(stdout);					\
			abort();					\
		}							\
	} while (0)

static struct sip_tx_stack *stack;
static struct sip_dialogs *dialogs;
static int realms[2];
static struct fake_flow flows[4];

static struct fake_flow *any_flow(void)
{
	return &flows[chance(70) ? any(2) : any(4)];
}

/* ------------------------------------------------------ what the user has in hand */

/**
 * struct own - a dialog of the user's
 * @dialog: NULL: no such
 * @acks: it has a 2xx that is not acknowledged
 */
struct own {
	struct sip_dialog *dialog;
	bool acks;
};

/**
 * struct served - a request that was taken on
 * @tx: NULL: it is over, or forgotten
 * @dialog: in which, if that is the user's
 * @key: what its responses show: branch and number
 * @invite: it is an INVITE
 * @final: its final response, 0: none yet
 */
struct served {
	struct sip_tx *tx;
	struct sip_dialog *dialog;
	char key[128];
	bool invite;
	unsigned int final;
};

/**
 * struct asked - a request of the user's
 * @tx: NULL: it is over
 * @invite: it is an INVITE
 * @refused: a final refusal was told
 * @answered: a 2xx was told
 */
struct asked {
	struct sip_tx *tx;
	bool invite, refused, answered, failed;
};

static struct own owns[MANY];
static struct served served[MANY];
static struct asked asked[MANY];

static struct own *own_of(const struct sip_dialog *dialog)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		if (owns[i].dialog == dialog)
			return &owns[i];
	}
	return NULL;
}

static struct own *any_own(void)
{
	struct own *own = &owns[any(MANY)];
	size_t i;

	for (i = 0; i < MANY && !own->dialog; i++)
		own = &owns[(size_t)(own - owns + 1) % MANY];
	return own->dialog ? own : NULL;
}

static struct served *served_of(const struct sip_tx *tx)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		if (served[i].tx == tx)
			return &served[i];
	}
	return NULL;
}

static void drop_own(struct own *own, bool bye)
{
	struct sip_dialog *dialog = own->dialog;
	size_t i;

	for (i = 0; i < MANY; i++) {
		if (served[i].dialog == dialog)
			served[i].dialog = NULL;
	}
	own->dialog = NULL;
	own->acks = false;
	if (bye)
		sip_dialog_bye(dialog, chance(50) ? SPAN("Reason: Q.850;cause=16\r\n") :
						    (struct span){ 0 });
	else
		sip_dialog_close(dialog);
}

/* ------------------------------------------------------------ what is on the wire */

static char *wire[WIRE];
static struct fake_flow *wire_flow[WIRE];
static size_t n_wire;
static char *said[SAID];
static size_t n_said;
static unsigned int their_cseq;	/* of their requests in dialogs */
static unsigned long n_steps, n_sent, n_told;

static void remember(char **list, size_t room, size_t n, const char *text)
{
	free(list[n % room]);
	list[n % room] = strdup(text);
}

/* The key of a response: which of ours is it of? */
static void key_of(const struct sip_flow *flow, const char *text, char *key, size_t size)
{
	const char *via = fake_header(text, "Via");

	snprintf(key, size, "%d %s %.*s %s", flow->listener->realm == &realms[1],
		 fake_param(via, "branch"), (int)strcspn(via, ";"), via,
		 fake_header(text, "CSeq"));
}

/* Every response of a transaction that was taken on: one final answer, nothing after it
 * but itself. (Who sends the same branch in a request that cannot be read is answered
 * without the transaction.)
 */
static void judge_response(const void *buf, const char *text)
{
	unsigned int status = 0;
	size_t i;

	if (sscanf(text, "SIP/2.0 %u", &status) != 1)
		return;
	for (i = 0; i < MANY; i++) {
		if (!served[i].tx || served[i].tx->last != buf)
			continue;
		HOLDS(!served[i].final || served[i].final == status);
		if (status >= 200)
			served[i].final = status;
	}
}

static int keep(struct sip_flow *flow, const void *buf, size_t len, bool reply)
{
	char *text = strndup(buf, len);
	int error = fake_of(flow)->error;
	struct sip_msg *msg;

	HOLDS(reply || fake_of(flow)->refs > 0);
	/* what we say can be read; a refusal has what was wrong with its request */
	msg = sip_msg_parse(text, len, true, NULL);
	if (!reply && (!msg || msg->fault.status))
		printf("# %s\n%s\n", msg ? msg->fault.text : "none", text);
	HOLDS(reply || (msg && !msg->fault.status));
	HOLDS(!msg || msg->request != reply);
	sip_msg_drop(msg);
	if (reply)
		judge_response(buf, text);
	if (trace)
		printf("# > %.*s\n", (int)strcspn(text, "\r"), text);
	remember(wire, WIRE, n_wire, text);
	wire_flow[n_wire % WIRE] = fake_of(flow);
	n_wire++;
	n_sent++;
	free(text);
	return error;
}

static int send_it(struct sip_flow *flow, const void *buf, size_t len)
{
	return keep(flow, buf, len, false);
}

static int reply_it(struct sip_flow *flow, const void *buf, size_t len)
{
	return keep(flow, buf, len, true);
}

static struct sip_flow_ops ops;

/* ------------------------------------------------------------------------ the user */

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *response);
static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status);

static void asked_over(void *arg, struct sip_tx *tx)
{
	struct asked *a = arg;

	HOLDS(a->tx == tx);
	a->tx = NULL;
}

static void ask(struct own *own, const char *method)
{
	struct sip_dialog_request request = {
		.method = method, .response = on_response, .failed = on_failed,
		.over = asked_over,
	};
	struct asked *a = NULL;
	size_t i;

	for (i = 0; i < MANY && !a; i++)
		a = asked[i].tx ? NULL : &asked[i];
	if (!a)
		return;
	if (chance(30)) {
		request.type = SPAN("text/plain");
		request.body = SPAN("body");
	}
	if (chance(30))
		request.headers = SPAN("X-Any: thing\r\nSupported: timer\r\n");
	request.arg = a;
	memset(a, 0, sizeof(*a));
	a->invite = !strcmp(method, "INVITE");
	a->tx = sip_dialog_request(own->dialog, &request);
}

static void forget_asked(const struct sip_dialog *dialog)
{
	size_t i;

	/* what a closed dialog has asked is told to nobody, over() neither */
	for (i = 0; i < MANY; i++) {
		if (asked[i].tx && asked[i].tx->client && asked[i].tx->arg &&
		    ((struct sip_dlg_out *)asked[i].tx->arg)->dialog == dialog)
			asked[i].tx = NULL;
	}
}

static void leave(struct own *own, bool bye)
{
	forget_asked(own->dialog);
	drop_own(own, bye);
}

static const char *const methods[] = {
	"INVITE", "INVITE", "UPDATE", "INFO", "OPTIONS", "BYE", "MESSAGE", "REFER",
	"NOTIFY", "SUBSCRIBE", "PRACK", "X-ODD",
};

static void meddle(struct own *own)
{
	static const struct span none;

	if (chance(60)) {
		ask(own, PICK(methods));
	} else if (own->acks && chance(50)) {
		sip_dialog_ack(own->dialog, none, none, none);
		own->acks = false;
	} else if (chance(50)) {
		leave(own, chance(70));
	}
}

static void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			struct sip_msg *response)
{
	struct own *own = own_of(dialog);
	static const struct span none;
	struct asked *a = arg;

	n_told++;
	HOLDS(own && a->tx == tx && !a->failed);
	HOLDS(!a->refused);
	HOLDS(response->status >= 200 || !a->answered);
	if (response->status >= 300)
		a->refused = true;
	else if (response->status >= 200)
		a->answered = true;
	HOLDS(a->invite || !(a->refused && a->answered));
	if (a->invite && response->status >= 200 && response->status < 300) {
		own->acks = true;
		if (chance(70)) {
			HOLDS(sip_dialog_ack(dialog, none, none, none) != -EINVAL);
			own->acks = false;
		}
	}
	if (chance(20))
		meddle(own);
}

static void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		      unsigned int status)
{
	struct own *own = own_of(dialog);
	static const struct span none;
	struct asked *a = arg;

	n_told++;
	HOLDS(own && a->tx == tx && !a->failed && !a->refused && !a->answered);
	a->failed = true;
	if (chance(30) && sip_dialog_state(dialog) == SIP_DIALOG_NEW)
		sip_dialog_move(dialog, &flows[any(2)].flow, none, none);
	if (chance(30))
		meddle(own);
}

static unsigned int any_status(void)
{
	static const unsigned int statuses[] = {
		100, 180, 181, 183, 183, 199, 200, 200, 200, 202, 299, 300, 302, 401,
		407, 408, 422, 481, 486, 487, 491, 500, 503, 600, 603, 699,
	};

	return PICK(statuses);
}

static void answer(struct served *s)
{
	unsigned int status = any_status();

	if (s->dialog)
		sip_dialog_answer(s->dialog, s->tx, status);
	else
		sip_tx_answer(s->tx, status);
}

static void on_cancel(void *arg, struct sip_tx *tx, struct sip_msg *cancel)
{
	struct served *s = served_of(tx);

	n_told++;
	HOLDS(s && s->invite && !s->final);
	if (chance(60))
		sip_tx_answer(tx, 487);
}

static void on_server_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	HOLDS(served_of(tx));
	n_told++;
}

static void on_server_over(void *arg, struct sip_tx *tx)
{
	struct served *s = served_of(tx);

	HOLDS(s);
	/* each INVITE that was taken on had its final answer */
	HOLDS(!s->invite || s->final);
	s->tx = NULL;
	s->dialog = NULL;
}

static const struct sip_tx_server_ops server_ops = {
	.cancel = on_cancel, .failed = on_server_failed, .over = on_server_over,
};

static struct served *take_on(struct sip_tx *tx, struct sip_dialog *dialog)
{
	struct sip_msg *request = sip_tx_request(tx);
	struct served *s = NULL;
	char *text;
	size_t i;

	for (i = 0; i < MANY && !s; i++)
		s = served[i].tx ? NULL : &served[i];
	if (!s) {
		sip_tx_forget(tx);
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->tx = tx;
	s->dialog = dialog;
	s->invite = request->method == SIP_INVITE;
	text = strndup(request->text.p, request->text.n);
	key_of(sip_tx_flow(tx), text, s->key, sizeof(s->key));
	free(text);
	/* no two of one request */
	for (i = 0; i < MANY; i++)
		HOLDS(!served[i].tx || &served[i] == s || strcmp(served[i].key, s->key) ||
		      served[i].invite != s->invite);
	return s;
}

static void on_request(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		       struct sip_msg *request)
{
	struct own *own = own_of(dialog);
	struct served *s;

	n_told++;
	HOLDS(own);
	s = take_on(tx, dialog);
	if (s && chance(60))
		answer(s);
	if (chance(15))
		meddle(own);
}

static void on_acked(void *arg, struct sip_dialog *dialog, uint32_t cseq,
		     struct sip_msg *ack)
{
	struct own *own = own_of(dialog);

	n_told++;
	HOLDS(own);
	if (chance(15))
		meddle(own);
}

static void on_unacked(void *arg, struct sip_dialog *dialog, uint32_t cseq)
{
	struct own *own = own_of(dialog);

	n_told++;
	HOLDS(own);
	if (chance(70))
		leave(own, true);
}

static struct own *keep_dialog(struct sip_dialog *dialog)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		if (owns[i].dialog)
			continue;
		owns[i].dialog = dialog;
		owns[i].acks = false;
		return &owns[i];
	}
	sip_dialog_close(dialog);
	return NULL;
}

static void on_forked(void *arg, struct sip_dialog *dialog, struct sip_dialog *fork)
{
	struct own *own;

	n_told++;
	HOLDS(own_of(dialog) && dialog != fork && !own_of(fork));
	own = keep_dialog(fork);
	if (own && chance(10))
		leave(own, chance(50));
}

static const struct sip_dialog_ops user = {
	.request = on_request, .server_ops = &server_ops, .acked = on_acked,
	.unacked = on_unacked, .forked = on_forked,
};

static bool may(void *arg, const struct sip_target *target)
{
	HOLDS(target->addr.family && target->addr.port);
	return chance(70);
}

static struct sip_flow *flow_to(void *arg, const struct sip_target *target)
{
	return chance(80) ? fake_ref(&flows[any(2)].flow) : NULL;
}

static const char *const supported[] = { "timer", NULL };
static const struct sip_dialog_policy policies[2] = {
	{ .may = may, .flow = flow_to, .supported = supported },
	{ .may = may, .flow = flow_to, .by_flow = true },
};

static void begin_own(void)
{
	struct sip_dialog_conf conf = {
		.local = SPAN("Ann <sip:ann@192.0.2.1>"),
		.remote = SPAN("<sip:bob@198.51.100.7>"),
		.target = SPAN("sip:bob@198.51.100.7"),
		.contact = SPAN("sip:ann@192.0.2.1"),
		.flow = &flows[any(2)].flow, .policy = &policies[any(2)], .ops = &user,
	};
	struct sip_dialog *dialog;
	struct own *own;

	if (chance(20))
		conf.route = SPAN("<sip:198.51.100.50;lr>");
	dialog = sip_dialog_uac_new(dialogs, &conf);
	HOLDS(dialog);
	own = keep_dialog(dialog);
	if (own)
		ask(own, chance(80) ? "INVITE" : PICK(methods));
}

/* A request out of any dialog: what a user does with it. */
static void outside(struct fake_flow *flow, struct sip_msg *msg)
{
	struct sip_dialog_conf conf = {
		.contact = SPAN("sip:ann@192.0.2.1"), .policy = &policies[any(2)],
		.ops = &user,
	};
	struct sip_dialog *dialog = NULL;
	struct served *s;
	struct sip_tx *tx;
	int i;

	if (chance(10)) {
		sip_tx_refuse(stack, &flow->flow, msg, 403);
		return;
	}
	if (chance(20) && !sip_require_ok(stack, &flow->flow, msg, supported))
		return;
	tx = sip_tx_server_new(stack, &flow->flow, msg, &server_ops, NULL);
	if (!tx)
		return;
	s = take_on(tx, NULL);
	if (!s)
		return;
	for (i = 0; s->invite && i < (chance(20) ? 2 : 1); i++) {
		dialog = sip_dialog_uas_new(dialogs, tx, &conf);
		if (!dialog)
			break;
		if (keep_dialog(dialog))
			s->dialog = dialog;
	}
	if (s->invite && !s->dialog)
		sip_tx_answer(tx, 400);
	else if (chance(40))
		answer(s);
}

static void user_acts(void)
{
	struct served *s = &served[any(MANY)];
	struct asked *a = &asked[any(MANY)];
	struct own *own = any_own();

	switch (any(8)) {
	case 0:
		begin_own();
		break;
	case 1:
	case 2:
		if (s->tx)
			answer(s);
		break;
	case 3:
		if (!s->tx || !chance(30))
			break;
		sip_tx_forget(s->tx);
		HOLDS(!s->invite || s->final);
		s->tx = NULL;
		break;
	case 4:
		if (a->tx)
			sip_tx_cancel(a->tx, SPAN("Reason: SIP;cause=200\r\n"));
		break;
	case 5:
		if (a->tx && a->invite)
			sip_tx_set_timer_c(a->tx, 1000 + any(100000));
		break;
	default:
		if (own)
			meddle(own);
		break;
	}
}

/* ------------------------------------------------------------------ the other side */

static void receive(struct fake_flow *flow, const char *text, size_t len)
{
	struct sip_fault fault;
	struct sip_msg *msg = sip_msg_parse(text, len, flow->flow.proto != SIP_PROTO_UDP,
					    &fault);

	if (trace)
		printf("# < %.*s\n", (int)strcspn(text, "\r"), text);
	if (!msg)
		return;
	msg->source = flow->flow.remote;
	switch (sip_tx_receive(stack, &flow->flow, msg)) {
	case SIP_TX_REQUEST:
		if (!sip_dialogs_receive(dialogs, &flow->flow, msg))
			outside(flow, msg);
		break;
	case SIP_TX_ACK:
		sip_dialogs_receive(dialogs, &flow->flow, msg);
		break;
	default:
		break;
	}
	sip_msg_drop(msg);
}

static void say(struct fake_flow *flow, const char *text)
{
	remember(said, SAID, n_said++, text);
	receive(flow, text, strlen(text));
}

static const char *const extras[] = {
	"Contact: <sip:bob@198.51.100.7>\r\n", "Contact: <sip:bob@198.51.100.7>\r\n",
	"Contact: <sip:bob@198.51.100.7>\r\nRecord-Route: <sip:198.51.100.8;lr>\r\n",
	"Contact: <sip:bob@10.1.1.1>\r\nRecord-Route: <sip:a.example>, <sip:b;lr>\r\n",
	"Contact: *\r\n", "Contact: <tel:+1>\r\n", "", "Record-Route: <tel:+1>\r\n",
	"Contact: <sip:x@198.51.100.66:6379;transport=tcp>\r\n",
	"Contact: <sips:x@[2001:db8::1]>\r\nRequire: timer\r\n",
	"Contact: <sip:c@198.51.100.7>\r\nRequire: 100rel, foo\r\n",
	"Contact: <sip:a@198.51.100.7>, <sip:b@198.51.100.7>\r\n",
};
static const char *const tags[] = { "b1", "b1", "b2", "b3", "b4", "" };

static void they_respond(void)
{
	size_t i = any(WIRE);
	char *text, *at;

	if (!wire[i] || !strncmp(wire[i], "SIP/2.0", 7))
		return;
	text = fake_response(wire[i], any_status(), chance(90) ? PICK(tags) : NULL,
			     PICK(extras));
	at = strstr(text, "z9hG4bK");
	if (at && chance(5))
		at[10 + any(10)] = 'x';
	at = strstr(text, "CSeq: ");
	if (at && chance(5))
		at[6] = (char)('1' + any(9));
	say(chance(90) ? wire_flow[i] : any_flow(), text);
	free(text);
}

/* A request as it comes from the same few, so that things meet. */
static void they_begin(void)
{
	static const char *const hosts[] = { "198.51.100.7", "198.51.100.7:5070",
					     "phone.example.com" };
	static const char *const words[] = { "INVITE", "INVITE", "INVITE", "OPTIONS",
					     "MESSAGE", "SUBSCRIBE", "ACK", "CANCEL",
					     "BYE", "X-ODD" };
	const char *method = PICK(words);
	char text[2048];

	snprintf(text, sizeof(text),
		 "%s sip:ann@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s%u%s\r\n"
		 "Max-Forwards: 70\r\nFrom: <sip:bob@198.51.100.7>;tag=f%u\r\n"
		 "To: <sip:ann@192.0.2.1>\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n%s"
		 "Content-Length: 0\r\n\r\n", method, PICK(hosts),
		 chance(97) ? "z9hG4bK" : "old", any(24),
		 chance(95) ? "" : ";maddr=255.255.255.255;ttl=1", any(3), any(6),
		 1 + any(3), chance(97) ? method : "INVITE", PICK(extras));
	say(any_flow(), text);
}

/* A request in a dialog that there is, or nearly so. */
static void they_ask(void)
{
	static const char *const words[] = { "INVITE", "UPDATE", "INFO", "BYE", "ACK",
					     "ACK", "ACK", "PRACK", "OPTIONS", "NOTIFY",
					     "REFER", "MESSAGE" };
	const char *method = PICK(words);
	struct own *own = any_own();
	struct span local, remote;
	char text[2048];

	if (!own)
		return;
	local = sip_dialog_local_tag(own->dialog);
	remote = sip_dialog_remote_tag(own->dialog);
	if (chance(70))
		their_cseq++;
	snprintf(text, sizeof(text),
		 "%s sip:ann@192.0.2.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKd%u\r\n"
		 "Max-Forwards: 70\r\nFrom: <sip:bob@198.51.100.7>;tag=" SPAN_FMT "\r\n"
		 "To: <sip:ann@192.0.2.1>;tag=" SPAN_FMT "\r\nCall-ID: " SPAN_FMT "\r\n"
		 "CSeq: %u %s\r\n%sContent-Length: 0\r\n\r\n", method, any(4000),
		 SPAN_ARG(chance(97) ? remote : SPAN("wrong")),
		 SPAN_ARG(chance(97) ? local : SPAN("wrong")),
		 SPAN_ARG(sip_dialog_call_id(own->dialog)),
		 chance(70) ? their_cseq : 1 + any(3), method, PICK(extras));
	say(chance(90) ? fake_of(sip_dialog_flow(own->dialog)) : any_flow(), text);
}

/* ACK and CANCEL of an INVITE that was said, with its branch. */
static void they_follow(void)
{
	const char *method = chance(50) ? "ACK" : "CANCEL";
	const char *invite = said[any(SAID)];
	char text[2048];

	if (!invite || strncmp(invite, "INVITE ", 7))
		return;
	snprintf(text, sizeof(text),
		 "%s sip:ann@192.0.2.1 SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\n"
		 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		 "Content-Length: 0\r\n\r\n", method, fake_header(invite, "Via"),
		 fake_header(invite, "From"), fake_header(invite, "To"),
		 fake_header(invite, "Call-ID"),
		 (unsigned int)atoi(fake_header(invite, "CSeq")), method);
	say(any_flow(), text);
}

/* Our own 2xx, acknowledged as it should be. */
static void they_acknowledge(void)
{
	const char *text = wire[any(WIRE)];
	char ack[2048];

	if (!text || strncmp(text, "SIP/2.0 2", 9) ||
	    !strstr(fake_header(text, "CSeq"), "INVITE"))
		return;
	snprintf(ack, sizeof(ack),
		 "ACK sip:ann@192.0.2.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa%u\r\nMax-Forwards: 70\r\n"
		 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\n"
		 "Content-Length: 0\r\n\r\n", any(100000), fake_header(text, "From"),
		 fake_header(text, "To"), fake_header(text, "Call-ID"),
		 (unsigned int)atoi(fake_header(text, "CSeq")));
	say(any_flow(), ack);
}

static void they_repeat(bool mutated)
{
	const char *text = said[any(SAID)];
	char *copy;
	size_t len, n;

	if (!text)
		return;
	len = strlen(text);
	copy = malloc(len + 1);
	memcpy(copy, text, len + 1);
	for (n = mutated ? 1 + any(6) : 0; n && len; n--)
		copy[any((uint32_t)len)] = (char)any(256);
	if (mutated && chance(10))
		len = any((uint32_t)len + 1);
	receive(any_flow(), copy, len);
	free(copy);
}

static void break_something(void)
{
	static const int errors[] = { -EAGAIN, -ENOTCONN, -EHOSTUNREACH, -EMSGSIZE };
	struct fake_flow *flow = &flows[any(4)];

	if (chance(30)) {
		fake_lose(flow);
	} else if (chance(40)) {
		flow->error = PICK(errors);
	} else {
		flow->error = 0;
		if (flow->flow.proto != SIP_PROTO_UDP)
			flow->flow.conn = (struct sip_conn *)flow;
	}
}

static void step(void)
{
	static const uint32_t times[] = { 0, 1, 100, 500, 500, 4000, 5000, 32000, 60000,
					  200000 };
	uint32_t what = any(100);

	n_steps++;
	if (what < 26)
		they_respond();
	else if (what < 36)
		they_ask();
	else if (what < 46)
		they_begin();
	else if (what < 52)
		they_follow();
	else if (what < 57)
		they_acknowledge();
	else if (what < 62)
		they_repeat(false);
	else if (what < 66)
		they_repeat(true);
	else if (what < 86)
		user_acts();
	else if (what < 98)
		fake_pass(PICK(times));
	else
		break_something();
}

/* -------------------------------------------------------------------- beginning, end */

static void begin(void)
{
	struct sip_tx_config config = { .max = chance(10) ? 20 : 0,
					.max_per_source = chance(10) ? 4 : 0 };
	int i;

	timers_init(&fake_timers, 1000 + any(1000000));
	fake_flow_init(&flows[0], SIP_PROTO_UDP, "198.51.100.7:5060", &realms[0]);
	fake_flow_init(&flows[1], SIP_PROTO_TCP, "198.51.100.7:40000", &realms[0]);
	fake_flow_init(&flows[2], SIP_PROTO_UDP, "[2001:db8::7]:5060", &realms[0]);
	fake_flow_init(&flows[3], SIP_PROTO_UDP, "198.51.100.7:5060", &realms[1]);
	for (i = 0; i < MANY; i++) {
		memset(&owns[i], 0, sizeof(owns[i]));
		memset(&served[i], 0, sizeof(served[i]));
		memset(&asked[i], 0, sizeof(asked[i]));
	}
	stack = sip_tx_stack_new(&config, &fake_timers, &ops);
	dialogs = sip_dialogs_new(stack);
	HOLDS(stack && dialogs);
}

/* The user hangs up whatever he has; the other side says nothing more. */
static void user_leaves(void)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		if (owns[i].dialog)
			leave(&owns[i], chance(80));
	}
	for (i = 0; i < MANY; i++) {
		if (!served[i].tx)
			continue;
		sip_tx_forget(served[i].tx);
		HOLDS(!served[i].invite || served[i].final);
		served[i].tx = NULL;
	}
}

static void end(void)
{
	unsigned long told_before;
	size_t i;

	if (chance(90)) {
		user_leaves();
		told_before = n_told;
		/* the longest: an INVITE that rings (timer C, CANCEL, its end), the BYE
		 * that waited for an ACK
		 */
		fake_pass(180000 + 64 * 500 * 4 + 10000);
		HOLDS(told_before == n_told);
		HOLDS(!sip_dialogs_counters(dialogs)->live);
		HOLDS(!sip_tx_stack_counters(stack)->live);
		HOLDS(!sip_tx_stack_counters(stack)->live_server);
		HOLDS(!fake_timers.count);
	}
	/* else all is taken away in the middle */
	sip_dialogs_free(dialogs);
	for (i = 0; i < MANY; i++) {
		if (served[i].tx)
			sip_tx_forget(served[i].tx);
	}
	sip_tx_stack_free(stack);
	HOLDS(!fake_timers.count);
	for (i = 0; i < 4; i++)
		HOLDS(fake_is_clean(&flows[i]));
}

static void forget_texts(void)
{
	size_t i;

	for (i = 0; i < WIRE; i++) {
		free(wire[i]);
		wire[i] = NULL;
	}
	for (i = 0; i < SAID; i++) {
		free(said[i]);
		said[i] = NULL;
	}
	n_wire = n_said = 0;
	their_cseq = 0;
}

int main(int argc, char **argv)
{
	unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
	unsigned long only = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	ops = fake_ops;
	ops.send = send_it;
	ops.reply = reply_it;
	trace = only != 0;
	printf("KTAP version 1\n1..1\n");
	for (conversation = only ? only : 1; n_steps < steps; conversation++) {
		unsigned int i;

		state = seed * 1000003 + conversation;
		for (i = 0; i < 20; i++)
			any(2);
		begin();
		for (i = 0; i < STEPS; i++)
			step();
		end();
		forget_texts();
		if (only)
			break;
	}
	printf("# %lu conversations, %lu steps, %lu messages sent, %lu told\n",
	       conversation - 1, n_steps, n_sent, n_told);
	printf("ok 1 conversations of transactions and dialogs\n");
	return 0;
}
