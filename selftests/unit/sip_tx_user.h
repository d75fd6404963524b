/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of transactions share: a stack on a fake transport, a user who notes
 * what he is told, texts of requests and responses.
 */
#ifndef UNIT_SIP_TX_USER_H
#define UNIT_SIP_TX_USER_H

#include "sip/tx.h"
#include "sip_fake.h"

static struct sip_tx_stack *stack;
static struct fake_flow udp, tcp;
static struct fake_flow *flow;
static int realm;

/* ------------------------------------------------------------------ what is told */

static char told[256];

static inline void tell(const char *word)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s%s", n ? " " : "", word);
}

static inline void tell_number(unsigned int number)
{
	char word[16];

	snprintf(word, sizeof(word), "%u", number);
	tell(word);
}

static inline void on_response(void *arg, struct sip_tx *tx, struct sip_msg *response)
{
	tell_number(response->status);
}

static inline void on_failed(void *arg, struct sip_tx *tx, unsigned int status)
{
	tell(status == 408 ? "fail408" : "fail503");
}

static inline void on_over(void *arg, struct sip_tx *tx)
{
	tell("over");
	if (arg)
		*(struct sip_tx **)arg = NULL;
}

static inline void on_cancel(void *arg, struct sip_tx *tx, struct sip_msg *cancel)
{
	tell("cancel");
}

static inline void on_acked(void *arg, struct sip_tx *tx)
{
	tell("acked");
}

static const struct sip_tx_client_ops client_ops = {
	.response = on_response, .failed = on_failed, .over = on_over,
};

static const struct sip_tx_server_ops server_ops = {
	.cancel = on_cancel, .acked = on_acked, .failed = on_failed, .over = on_over,
};

/* ------------------------------------------------------------------------ set-up */

static inline void begin(const struct sip_tx_config *config, bool stream)
{
	timers_init(&fake_timers, 1000000);
	fake_flow_init(&udp, SIP_PROTO_UDP, "198.51.100.7:5060", &realm);
	fake_flow_init(&tcp, SIP_PROTO_TCP, "198.51.100.7:40000", &realm);
	flow = stream ? &tcp : &udp;
	stack = sip_tx_stack_new(config, &fake_timers, &fake_ops);
	*told = '\0';
}

static inline const struct sip_tx_counters *counters(void)
{
	return sip_tx_stack_counters(stack);
}

/* Everything is given back. */
static inline bool end(void)
{
	sip_tx_stack_free(stack);
	fake_drain();
	return fake_is_clean(&udp) && fake_is_clean(&tcp) && !fake_timers.count;
}

/* What was sent since the last look, as "INVITE" or "200", in words. */
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

/* ----------------------------------------------------------------- what comes in */

static inline enum sip_tx_verdict receive_by(struct fake_flow *by, const char *text)
{
	struct sip_msg *msg = fake_parse(text, by);
	enum sip_tx_verdict verdict = SIP_TX_TAKEN;

	if (msg)
		verdict = sip_tx_receive(stack, &by->flow, msg);
	sip_msg_drop(msg);
	return verdict;
}

static inline enum sip_tx_verdict receive(const char *text)
{
	return receive_by(flow, text);
}

struct request {
	const char *method, *branch, *host, *from_tag, *to_tag, *call_id, *cseq_method;
	unsigned int cseq;
};

static inline const char *request_text(const struct request *r)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "%s sip:bob@192.0.2.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP %s;branch=%s\r\nMax-Forwards: 70\r\n"
		 "From: <sip:ann@198.51.100.7>;tag=%s\r\nTo: <sip:bob@192.0.2.1>%s%s\r\n"
		 "Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:ann@198.51.100.7>\r\n"
		 "Content-Length: 0\r\n\r\n",
		 r->method, r->host ? r->host : "198.51.100.7",
		 r->branch ? r->branch : "z9hG4bKone", r->from_tag ? r->from_tag : "a",
		 r->to_tag ? ";tag=" : "", r->to_tag ? r->to_tag : "",
		 r->call_id ? r->call_id : "call", r->cseq ? r->cseq : 1,
		 r->cseq_method ? r->cseq_method : r->method);
	return text;
}

static inline enum sip_tx_verdict receive_request(struct request r)
{
	return receive(request_text(&r));
}

#define REQUEST(...)	receive_request((struct request){ __VA_ARGS__ })

static inline struct sip_tx *serve_with(struct request r, struct sip_tx **arg)
{
	struct sip_msg *msg = fake_parse(request_text(&r), flow);
	struct sip_tx *tx = NULL;

	if (sip_tx_receive(stack, &flow->flow, msg) == SIP_TX_REQUEST)
		tx = sip_tx_server_new(stack, &flow->flow, msg, &server_ops, arg);
	sip_msg_drop(msg);
	return tx;
}

#define SERVE(arg, ...)	serve_with((struct request){ __VA_ARGS__ }, arg)

static char *out_text;	/* the last request of ours, as it went out */

/* The newest one; what was sent before it is forgotten. */
static inline char *last_sent(void)
{
	char *text = NULL, *next;

	while ((next = fake_take()) != NULL) {
		free(text);
		text = next;
	}
	return text;
}

static inline struct sip_tx *ask(const char *method, struct sip_tx **arg)
{
	char text[1024];
	struct sip_tx *tx;

	snprintf(text, sizeof(text),
		 "%s sip:bob@198.51.100.7 SIP/2.0\r\nRoute: <sip:198.51.100.8;lr>\r\n"
		 "Max-Forwards: 70\r\nFrom: <sip:ann@192.0.2.1>;tag=f\r\n"
		 "To: <sip:bob@198.51.100.7>\r\nCall-ID: ours\r\nCSeq: 7 %s\r\n"
		 "Contact: <sip:ann@192.0.2.1>\r\nContent-Length: 0\r\n\r\n",
		 method, method);
	tx = sip_tx_client_new(stack, &flow->flow, span_of(text), &client_ops, arg);
	free(out_text);
	out_text = last_sent();
	return tx;
}

static inline void respond_to(const char *request, unsigned int status, const char *tag)
{
	char *text = fake_response(request, status, tag, NULL);

	receive(text);
	free(text);
}

static inline void respond(unsigned int status)
{
	respond_to(out_text, status, "b");
}

static inline bool is(const char *have, const char *want)
{
	if (!strcmp(have, want))
		return true;
	printf("# '%s', expected '%s'\n", have, want);
	return false;
}

/* When messages went out, in ms since @start: "0 500 1500". All are of @word. */
static inline const char *schedule(uint64_t start, const char *word)
{
	static char times[512];
	struct fake_sent *one;
	size_t n;

	*times = '\0';
	STAILQ_FOREACH(one, &fake_sent, entry) {
		if (!strstr(one->text, word))
			continue;
		n = strlen(times);
		snprintf(times + n, sizeof(times) - n, "%s%llu", n ? " " : "",
			 (unsigned long long)(one->at - start));
	}
	fake_drain();
	return times;
}

#define DOUBLE	"500 1500 3500 7500 15500 31500"
#define DOUBLE_T2 "500 1500 3500 7500 11500 15500 19500 23500 27500 31500"

#endif /* UNIT_SIP_TX_USER_H */
