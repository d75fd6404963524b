/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of dialogs share: dialogs on a fake transport, a user who notes what
 * he is told, a policy that notes what it is asked, the other side's messages.
 */
#ifndef UNIT_SIP_DIALOG_USER_H
#define UNIT_SIP_DIALOG_USER_H

#include "sip/dlg.h"
#include "sip_fake.h"
#include "ktap.h"

static struct sip_tx_stack *stack;
static struct sip_dialogs *dialogs;
static struct fake_flow udp, tcp, far;
static struct fake_flow *flow;	/* by which the other side's messages come */
static int realm;
static const struct span none;

/* ------------------------------------------------------------------ what is told */

static char told[512];

static inline void tell(const char *fmt, ...)
{
	size_t n = strlen(told);
	va_list args;

	if (n && n < sizeof(told) - 1)
		told[n++] = ' ';
	va_start(args, fmt);
	vsnprintf(told + n, sizeof(told) - n, fmt, args);
	va_end(args);
}

static inline bool is(const char *have, const char *want)
{
	if (!strcmp(have, want))
		return true;
	printf("# '%s', expected '%s'\n", have, want);
	return false;
}

/* What was told since the last look. */
static inline bool was_told(const char *want)
{
	bool ok = is(told, want);

	*told = '\0';
	return ok;
}

static struct sip_tx *got;		/* the last request handed up */
static struct sip_dialog *fork_got;	/* the last fork */
static struct sip_dialog *spoke;	/* the dialog of the last response */
static bool fork_unwanted;		/* the next one is closed at once */

static inline void on_request(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			      struct sip_msg *request)
{
	tell(SPAN_FMT, SPAN_ARG(request->method_text));
	got = tx;
}

static inline void on_acked(void *arg, struct sip_dialog *dialog, uint32_t cseq,
			    struct sip_msg *ack)
{
	tell("acked%u", cseq);
}

static inline void on_unacked(void *arg, struct sip_dialog *dialog, uint32_t cseq)
{
	tell("unacked%u", cseq);
}

static inline void on_unpracked(void *arg, struct sip_dialog *dialog, struct sip_tx *tx)
{
	tell("unpracked");
}

static inline void on_refused(void *arg, struct sip_dialog *dialog,
			      struct sip_msg *request, unsigned int status)
{
	tell("refused%u", status);
}

static inline void on_forked(void *arg, struct sip_dialog *dialog,
			     struct sip_dialog *fork)
{
	tell("fork");
	fork_got = fork_unwanted ? NULL : fork;
	if (fork_unwanted)
		sip_dialog_close(fork);
	fork_unwanted = false;
}

static const struct sip_dialog_ops user = {
	.request = on_request, .acked = on_acked, .unacked = on_unacked,
	.unpracked = on_unpracked, .refused = on_refused, .forked = on_forked,
};

static inline void on_response(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			       struct sip_msg *response)
{
	tell("%u", response->status);
	spoke = dialog;
}

static inline void on_failed(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			     unsigned int status)
{
	tell("fail%u", status);
}

static inline void on_over(void *arg, struct sip_tx *tx)
{
	tell("over");
}

/* ------------------------------------------------------------------------ policy */

static bool may_answer;
static struct sip_target asked;		/* of whom the policy was asked */
static unsigned int n_asked, n_flows;

static inline bool may(void *arg, const struct sip_target *target)
{
	asked = *target;
	n_asked++;
	return may_answer;
}

static inline struct sip_flow *far_flow(void *arg, const struct sip_target *target)
{
	n_flows++;
	return fake_ref(&far.flow);
}

static const char *const supported[] = { "timer", "replaces", NULL };
static const struct sip_dialog_policy policy = {
	.may = may, .flow = far_flow, .supported = supported,
};
static const struct sip_dialog_policy nat_policy = {
	.may = may, .flow = far_flow, .supported = supported, .by_flow = true,
};

/* ------------------------------------------------------------------------ set-up */

static inline void begin(void)
{
	timers_init(&fake_timers, 1000000);
	fake_flow_init(&udp, SIP_PROTO_UDP, "198.51.100.7:5060", &realm);
	fake_flow_init(&tcp, SIP_PROTO_TCP, "198.51.100.7:40000", &realm);
	fake_flow_init(&far, SIP_PROTO_UDP, "198.51.100.99:5060", &realm);
	flow = &udp;
	stack = sip_tx_stack_new(NULL, &fake_timers, &fake_ops);
	dialogs = sip_dialogs_new(stack);
	*told = '\0';
	got = NULL;
	fork_got = spoke = NULL;
	may_answer = false;
	n_asked = n_flows = 0;
}

static inline const struct sip_dialogs_counters *counts(void)
{
	return sip_dialogs_counters(dialogs);
}

/* Everything ends by itself when its users are gone. */
static inline bool end(void)
{
	bool ok;

	fake_pass(400000);
	ok = !counts()->live && !sip_tx_stack_counters(stack)->live;
	if (!ok)
		printf("# %llu dialogs, %llu transactions are left\n",
		       (unsigned long long)counts()->live,
		       (unsigned long long)sip_tx_stack_counters(stack)->live);
	sip_dialogs_free(dialogs);
	sip_tx_stack_free(stack);
	fake_drain();
	return ok && fake_is_clean(&udp) && fake_is_clean(&tcp) && fake_is_clean(&far) &&
	       !fake_timers.count;
}

/* ------------------------------------------------------------------- the other side */

static inline void receive(const char *text)
{
	struct sip_msg *msg = fake_parse(text, flow);
	enum sip_tx_verdict verdict;

	if (!msg)
		return;
	verdict = sip_tx_receive(stack, &flow->flow, msg);
	if (verdict != SIP_TX_TAKEN && !sip_dialogs_receive(dialogs, &flow->flow, msg))
		tell("outside");
	sip_msg_drop(msg);
}

/* The newest message sent; those before it are thrown away. */
static char *last;

static inline const char *newest(void)
{
	char *next;

	free(last);
	last = NULL;
	while ((next = fake_take()) != NULL) {
		free(last);
		last = next;
	}
	return last ? last : "";
}

/* What was sent since the last look, in words: "INVITE", "200". */
static inline const char *sent(void)
{
	static char words[512];
	char *text, word[32];
	size_t n;

	*words = '\0';
	while ((text = fake_take()) != NULL) {
		if (sscanf(text, "SIP/2.0 %31s", word) != 1)
			sscanf(text, "%31s", word);
		n = strlen(words);
		snprintf(words + n, sizeof(words) - n, "%s%s", n ? " " : "", word);
		free(text);
	}
	return words;
}

static inline void respond(const char *request, unsigned int status, const char *tag,
			   const char *extra)
{
	char *text = fake_response(request, status, tag, extra);

	receive(text);
	free(text);
}

#define CONTACT(uri)	"Contact: <" uri ">\r\n"
#define BOB		CONTACT("sip:bob@198.51.100.7")

/**
 * struct theirs - a request of theirs within a dialog
 * @method: "INVITE"
 * @cseq: number
 * @from_tag: another than theirs
 * @to_tag: another than ours
 * @branch: NULL: a new one
 * @extra: further lines
 */
struct theirs {
	const char *method;
	unsigned int cseq;
	const char *from_tag, *to_tag, *branch, *extra;
};

static inline void theirs_send(const struct sip_dialog *dialog, struct theirs t)
{
	static unsigned int branches;
	char branch[32], text[2048];
	struct span to = sip_dialog_local_tag(dialog);
	struct span from = sip_dialog_remote_tag(dialog);

	snprintf(branch, sizeof(branch), "z9hG4bKn%u", ++branches);
	if (t.to_tag)
		to = span_of(t.to_tag);
	if (t.from_tag)
		from = span_of(t.from_tag);
	snprintf(text, sizeof(text),
		 "%s sip:ann@192.0.2.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 198.51.100.7;branch=%s\r\nMax-Forwards: 70\r\n"
		 "From: <sip:bob@198.51.100.7>;tag=" SPAN_FMT "\r\n"
		 "To: <sip:ann@192.0.2.1>;tag=" SPAN_FMT "\r\nCall-ID: " SPAN_FMT "\r\n"
		 "CSeq: %u %s\r\n%sContent-Length: 0\r\n\r\n", t.method,
		 t.branch ? t.branch : branch, SPAN_ARG(from), SPAN_ARG(to),
		 SPAN_ARG(sip_dialog_call_id(dialog)), t.cseq, t.method,
		 t.extra ? t.extra : "");
	receive(text);
}

#define THEIRS(dialog, m, c, ...) \
	theirs_send(dialog, (struct theirs){ .method = m, .cseq = c, ##__VA_ARGS__ })

/* --------------------------------------------------------------------------- dialogs */

static struct sip_dialog_conf conf;

static inline void uac_conf(void)
{
	conf = (struct sip_dialog_conf){
		.local = SPAN("\"Ann\" <sip:ann@192.0.2.1>"),
		.remote = SPAN("<sip:bob@198.51.100.7>"),
		.target = SPAN("sip:bob@198.51.100.7"),
		.contact = SPAN("sip:ann@192.0.2.1:5060"),
		.flow = &flow->flow, .policy = &policy, .ops = &user,
	};
}

static inline struct sip_dialog *uac(void)
{
	uac_conf();
	return sip_dialog_uac_new(dialogs, &conf);
}

static inline struct sip_tx *send_request(struct sip_dialog *dialog, const char *method)
{
	struct sip_dialog_request request = {
		.method = method, .response = on_response, .failed = on_failed,
		.over = on_over,
	};

	return sip_dialog_request(dialog, &request);
}

static char *invite;	/* the last INVITE that ask() has sent */

static inline struct sip_dialog *ask(void)
{
	struct sip_dialog *dialog = uac();

	if (!dialog || !send_request(dialog, "INVITE"))
		return NULL;
	free(invite);
	invite = strdup(newest());
	return dialog;
}

/* A dialog of ours that is up: @extra stands in the 200. */
static inline struct sip_dialog *up_with(const char *extra)
{
	struct sip_dialog *dialog = ask();

	respond(invite, 200, "b", extra);
	sip_dialog_ack(dialog, none, none, none);
	fake_drain();
	*told = '\0';
	return dialog;
}

static inline struct sip_dialog *up(void)
{
	return up_with(BOB);
}

/* An INVITE of theirs that begins a dialog; @extra: Contact and what else there is. */
static struct sip_tx *call_tx;

static inline struct sip_tx *call_in(const char *extra)
{
	static unsigned int calls;
	char text[2048];
	struct sip_msg *msg;

	snprintf(text, sizeof(text),
		 "INVITE sip:ann@192.0.2.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKc%u\r\nMax-Forwards: 70\r\n"
		 "From: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:ann@192.0.2.1>\r\n"
		 "Call-ID: theirs%u\r\nCSeq: 10 INVITE\r\n%sContent-Length: 0\r\n\r\n",
		 calls, calls, extra);
	calls++;
	msg = fake_parse(text, flow);
	call_tx = NULL;
	if (msg && sip_tx_receive(stack, &flow->flow, msg) == SIP_TX_REQUEST &&
	    !sip_dialogs_receive(dialogs, &flow->flow, msg))
		call_tx = sip_tx_server_new(stack, &flow->flow, msg, NULL, NULL);
	sip_msg_drop(msg);
	return call_tx;
}

static inline struct sip_dialog *uas_with(const char *extra)
{
	if (!call_in(extra))
		return NULL;
	conf = (struct sip_dialog_conf){
		.contact = SPAN("sip:ann@192.0.2.1:5060"),
		.policy = &policy, .ops = &user,
	};
	return sip_dialog_uas_new(dialogs, call_tx, &conf);
}

static inline struct sip_dialog *uas(void)
{
	return uas_with(BOB);
}

/* Every route of a message in order, one line. */
static inline const char *routes(const char *text)
{
	static char all[512];
	const char *line = text;
	size_t n;

	*all = '\0';
	while ((line = strstr(line, "\r\nRoute: ")) != NULL) {
		line += 9;
		n = strlen(all);
		snprintf(all + n, sizeof(all) - n, "%s%.*s", n ? ", " : "",
			 (int)strcspn(line, "\r"), line);
	}
	return all;
}

#endif /* UNIT_SIP_DIALOG_USER_H */
