// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions: CANCEL and its races, matching, limits, the transport's failures, what
 * is said, what users may do in their functions. Tables and times have tests of their
 * own: sip_tx_table.c, sip_tx_times.c.
 */
#include "sip_tx_user.h"
#include "ktap.h"

static int other_realm;

/* --------------------------------------------------------------------------- CANCEL */

static bool test_cancel_says(void)
{
	struct sip_tx *tx;
	char *cancel, *ack;

	begin(NULL, false);
	tx = ask("INVITE", &tx);
	respond(180);
	sip_tx_cancel(tx, SPAN("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
			       "Reason: Q.850;cause=26\r\n"));
	cancel = fake_take();
	KTAP_CHECK(cancel && !strncmp(cancel, "CANCEL sip:bob@198.51.100.7 SIP/2.0\r\n", 37));
	KTAP_CHECK(is(fake_header(cancel, "Via"), fake_header(out_text, "Via")));
	KTAP_CHECK(strstr(fake_header(cancel, "Via"), ";branch=z9hG4bK") != NULL);
	KTAP_CHECK(is(fake_header(cancel, "From"), fake_header(out_text, "From")));
	KTAP_CHECK(is(fake_header(cancel, "To"), "<sip:bob@198.51.100.7>"));
	KTAP_CHECK(is(fake_header(cancel, "Call-ID"), "ours"));
	KTAP_CHECK(is(fake_header(cancel, "CSeq"), "7 CANCEL"));
	KTAP_CHECK(is(fake_header(cancel, "Route"), "<sip:198.51.100.8;lr>"));
	KTAP_CHECK(strstr(cancel, "text=\"Call completed elsewhere\"") != NULL);
	KTAP_CHECK(strstr(cancel, "Reason: Q.850;cause=26\r\n") != NULL);
	KTAP_CHECK(strstr(strstr(cancel, "Via:") + 4, "Via:") == NULL);
	respond_to(cancel, 200, "z");
	KTAP_CHECK(is(told, "180"));
	respond_to(out_text, 487, "b");
	ack = fake_take();
	KTAP_CHECK(ack && !strncmp(ack, "ACK sip:bob@198.51.100.7 SIP/2.0\r\n", 34));
	KTAP_CHECK(is(fake_header(ack, "Via"), fake_header(out_text, "Via")));
	KTAP_CHECK(is(fake_header(ack, "To"), "<sip:bob@198.51.100.7>;tag=b"));
	KTAP_CHECK(is(fake_header(ack, "CSeq"), "7 ACK"));
	KTAP_CHECK(is(fake_header(ack, "Route"), "<sip:198.51.100.8;lr>"));
	free(cancel);
	free(ack);
	return end();
}

/* A callee answers the CANCEL as it likes, or says 200 to one that was never sent. */
static bool test_cancel_answers(void)
{
	static const unsigned int status[] = { 100, 200, 481, 500, 0 };
	char *cancel, *early;
	struct sip_tx *tx;
	size_t i;

	for (i = 0; i < 5; i++) {
		begin(NULL, i % 2);
		tx = ask("INVITE", &tx);
		KTAP_CHECK(!sip_tx_cancel(tx, SPAN("")));
		early = strdup(out_text);
		memcpy(strstr(early, "7 INVITE"), "7 CANCEL", 8);
		respond_to(early, 200, "x");
		free(early);
		KTAP_CHECK(tx && is(told, "") && is(sent(), "") && counters()->late == 1);
		KTAP_CHECK(sip_tx_cancel(tx, SPAN("")) == -EALREADY);
		respond(100);
		cancel = fake_take();
		KTAP_CHECK(cancel && !strncmp(cancel, "CANCEL ", 7));
		if (status[i])
			respond_to(cancel, status[i], "x");
		respond(100);	/* once more: no second CANCEL */
		fake_pass(31999);
		KTAP_CHECK(tx && is(told, "100 100"));
		fake_pass(1);
		KTAP_CHECK(!tx && is(told, "100 100 fail408 over"));
		free(cancel);
		KTAP_CHECK(end());
	}
	return true;
}

static bool test_cancel_repeated(void)
{
	struct sip_tx *tx;
	uint64_t start;

	begin(NULL, false);
	tx = ask("INVITE", &tx);
	respond(180);
	start = fake_timers.now;
	sip_tx_cancel(tx, SPAN(""));
	fake_pass(33000);
	KTAP_CHECK(is(schedule(start, "CANCEL "), "0 " DOUBLE_T2));
	KTAP_CHECK(!counters()->live && is(told, "180 fail408 over"));
	return end();
}

/* Who is cancelled hears of it once, and every copy of the CANCEL has an answer. */
static bool test_cancelled(void)
{
	struct sip_tx *tx = NULL;
	char *text;

	begin(NULL, false);
	KTAP_CHECK(REQUEST(.method = "CANCEL") == SIP_TX_TAKEN && is(sent(), "481"));
	KTAP_CHECK(counters()->no_invite == 1);
	tx = SERVE(&tx, .method = "INVITE");
	sip_tx_answer(tx, 180);
	fake_drain();
	/* of another branch, another sender, another realm: not this one */
	KTAP_CHECK(REQUEST(.method = "CANCEL", .branch = "z9hG4bKtwo") == SIP_TX_TAKEN);
	KTAP_CHECK(REQUEST(.method = "CANCEL", .host = "198.51.100.9") == SIP_TX_TAKEN);
	udp.listener.realm = &other_realm;
	KTAP_CHECK(REQUEST(.method = "CANCEL") == SIP_TX_TAKEN);
	udp.listener.realm = &realm;
	KTAP_CHECK(is(sent(), "481 481 481") && is(told, ""));
	REQUEST(.method = "CANCEL");
	text = fake_take();
	KTAP_CHECK(text && is(fake_param(fake_header(text, "To"), "tag"), tx->tag) &&
		   is(fake_header(text, "CSeq"), "1 CANCEL"));
	free(text);
	REQUEST(.method = "CANCEL");
	KTAP_CHECK(is(sent(), "200") && is(told, "cancel") && counters()->live == 1);
	/* the user goes: what was cancelled gets 487 */
	sip_tx_forget(tx);
	KTAP_CHECK(is(sent(), "487"));
	return end();
}

/* ------------------------------------------------------------------------- matching */

static bool test_match_response(void)
{
	struct sip_tx *tx;
	char *text, *at;

	begin(NULL, false);
	tx = ask("OPTIONS", &tx);
	/* another branch */
	text = fake_response(out_text, 200, "b", NULL);
	at = strstr(text, "z9hG4bK") + 7;
	*at ^= 1;
	receive(text);
	free(text);
	KTAP_CHECK(is(told, "") && counters()->late == 1);
	/* another method */
	text = fake_response(out_text, 200, "b", NULL);
	memcpy(strstr(text, "7 OPTIONS"), "7 SUBSCRI", 9);
	receive(text);
	free(text);
	KTAP_CHECK(is(told, "") && counters()->late == 2);
	/* in another realm */
	udp.listener.realm = &other_realm;
	respond(200);
	udp.listener.realm = &realm;
	KTAP_CHECK(is(told, "") && counters()->late == 3);
	/* with a Via below ours (RFC 3261 8.1.3.3) */
	text = fake_response(out_text, 200, "b",
			     "Via: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKq\r\n");
	receive(text);
	free(text);
	KTAP_CHECK(is(told, "") && counters()->strange == 1);
	respond(200);
	KTAP_CHECK(is(told, "200"));
	return end();
}

static bool test_match_request(void)
{
	struct sip_tx *tx = NULL, *tx2 = NULL;

	begin(NULL, false);
	tx = SERVE(&tx, .method = "OPTIONS", .host = "Phone.example.com:5070");
	KTAP_CHECK(tx != NULL);
	sip_tx_answer(tx, 200);
	fake_drain();
	/* a host in capitals is the same, another port is not */
	KTAP_CHECK(REQUEST(.method = "OPTIONS", .host = "phone.EXAMPLE.com:5070") ==
		   SIP_TX_TAKEN && is(sent(), "200"));
	KTAP_CHECK(REQUEST(.method = "OPTIONS", .host = "phone.example.com:5071",
			   .from_tag = "q") == SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "OPTIONS", .host = "phone.example.com",
			   .from_tag = "q") == SIP_TX_REQUEST);
	/* another method of the same branch is another */
	tx2 = SERVE(&tx2, .method = "MESSAGE", .host = "phone.example.com:5070");
	KTAP_CHECK(tx2 && tx2 != tx);
	/* another realm */
	udp.listener.realm = &other_realm;
	KTAP_CHECK(REQUEST(.method = "OPTIONS", .host = "phone.example.com:5070") ==
		   SIP_TX_REQUEST);
	udp.listener.realm = &realm;
	return end();
}

static bool test_merged(void)
{
	struct sip_tx *tx = NULL;

	begin(NULL, false);
	tx = SERVE(&tx, .method = "INVITE");
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo") == SIP_TX_TAKEN);
	KTAP_CHECK(is(sent(), "482") && counters()->merged == 1);
	/* differs in one of the three, or has a To tag: not merged */
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo", .cseq = 2) ==
		   SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo",
			   .from_tag = "q") == SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo",
			   .call_id = "q") == SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo",
			   .to_tag = "q") == SIP_TX_REQUEST);
	udp.listener.realm = &other_realm;
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo") == SIP_TX_REQUEST);
	udp.listener.realm = &realm;
	/* an answered INVITE is under way; a refused one may be tried by another way */
	sip_tx_answer(tx, 503);
	fake_drain();
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKtwo") == SIP_TX_REQUEST);
	tx = SERVE(&tx, .method = "INVITE", .branch = "z9hG4bKthree", .cseq = 3);
	sip_tx_answer(tx, 200);
	fake_drain();
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "z9hG4bKfour", .cseq = 3) ==
		   SIP_TX_TAKEN && is(sent(), "482"));
	return end();
}

/* RFC 2543's matching, which RFC 3261 17.2.3 wants of branches without the cookie: the
 * branch says little, the ids tell them apart.
 */
static bool test_old_branch(void)
{
	struct sip_tx *tx = NULL;

	begin(NULL, false);
	tx = SERVE(&tx, .method = "INVITE", .branch = "1");
	KTAP_CHECK(tx && counters()->bad_branch == 1);
	sip_tx_answer(tx, 180);
	fake_drain();
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "1") == SIP_TX_TAKEN &&
		   is(sent(), "180") && counters()->live == 1);
	/* the same branch says nothing about another call, sender or number */
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "1", .call_id = "q") ==
		   SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "1", .from_tag = "q") ==
		   SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "INVITE", .branch = "1", .cseq = 2) ==
		   SIP_TX_REQUEST);
	KTAP_CHECK(REQUEST(.method = "CANCEL", .branch = "1", .call_id = "q") ==
		   SIP_TX_TAKEN && is(sent(), "481"));
	KTAP_CHECK(REQUEST(.method = "CANCEL", .branch = "1") == SIP_TX_TAKEN);
	KTAP_CHECK(is(sent(), "200") && is(told, "cancel"));
	sip_tx_answer(tx, 487);
	KTAP_CHECK(REQUEST(.method = "ACK", .branch = "1") == SIP_TX_TAKEN &&
		   is(told, "cancel acked"));
	KTAP_CHECK(REQUEST(.method = "ACK", .branch = "2") == SIP_TX_ACK);
	fake_drain();
	/* nothing but the cookie: refused as soon as it is read */
	KTAP_CHECK(REQUEST(.method = "OPTIONS", .branch = "z9hG4bK") == SIP_TX_TAKEN);
	KTAP_CHECK(is(sent(), "400") && counters()->live == 1);
	return end();
}

/* Two datagrams that ended an agent: an INVITE refused at once, its ACK behind it. */
static bool test_fault(void)
{
	struct sip_tx *tx = NULL;

	begin(NULL, false);
	KTAP_CHECK(REQUEST(.method = "INVITE", .cseq_method = "OPTIONS") == SIP_TX_TAKEN);
	KTAP_CHECK(is(sent(), "400") && !counters()->live);
	KTAP_CHECK(REQUEST(.method = "ACK") == SIP_TX_ACK);
	KTAP_CHECK(REQUEST(.method = "ACK", .cseq_method = "INVITE") == SIP_TX_TAKEN);
	KTAP_CHECK(is(sent(), ""));
	tx = SERVE(&tx, .method = "INVITE",
		   .branch = "z9hG4bKx;maddr=255.255.255.255");
	udp.error = -EACCES;
	KTAP_CHECK(!sip_tx_answer(tx, 403));
	REQUEST(.method = "ACK", .branch = "z9hG4bKx;maddr=255.255.255.255");
	udp.error = 0;
	fake_pass(5000);
	KTAP_CHECK(!tx && is(told, "acked over"));
	return end();
}

static bool test_ack_of_2xx(void)
{
	struct sip_tx *tx = NULL;

	begin(NULL, false);
	tx = SERVE(&tx, .method = "INVITE");
	sip_tx_answer(tx, 200);
	/* for the dialog, of whatever branch */
	KTAP_CHECK(REQUEST(.method = "ACK", .branch = "z9hG4bKtwo") == SIP_TX_ACK);
	KTAP_CHECK(REQUEST(.method = "ACK") == SIP_TX_ACK);
	sip_tx_acked(tx);
	KTAP_CHECK(REQUEST(.method = "ACK") == SIP_TX_ACK);
	return end();
}

static bool test_siphash(void)
{
	/* Aumasson and Bernstein, appendix A: key 00..0f, 00..0e */
	static const uint64_t key[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	struct sip_tx *a, *b;
	struct siphash h;
	uint8_t data[40];
	uint64_t whole;
	size_t i, j;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	siphash_begin(&h, key);
	siphash_add(&h, data, 15);
	KTAP_CHECK(siphash_end(&h) == 0xa129ca6149be45e5ULL);
	/* wherever it is cut */
	siphash_begin(&h, key);
	for (i = 0; i < sizeof(data); i++)
		siphash_add(&h, data + i, 1);
	whole = siphash_end(&h);
	for (i = 0; i <= sizeof(data); i++) {
		for (j = i; j <= sizeof(data); j++) {
			siphash_begin(&h, key);
			siphash_add(&h, data, i);
			siphash_add(&h, data + i, j - i);
			siphash_add(&h, data + j, sizeof(data) - j);
			KTAP_CHECK(siphash_end(&h) == whole);
		}
	}
	/* another stack, other places */
	begin(NULL, false);
	a = SERVE(NULL, .method = "OPTIONS");
	i = a->hash;
	KTAP_CHECK(end());
	begin(NULL, false);
	b = SERVE(NULL, .method = "OPTIONS");
	KTAP_CHECK(b->hash != i);
	return end();
}

static bool test_many(void)
{
	char branch[32], call[32];
	size_t i, n = 20000, found = 0;
	struct sip_tx_config config = { .max_per_source = 50000,
					.max_bytes_per_source = 1 << 30 };

	begin(&config, false);
	for (i = 0; i < n; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%zu", i);
		snprintf(call, sizeof(call), "c%zu", i);
		KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .branch = branch,
				 .call_id = call));
	}
	for (i = 0; i < n; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%zu", i);
		snprintf(call, sizeof(call), "c%zu", i);
		found += REQUEST(.method = "OPTIONS", .branch = branch,
				 .call_id = call) == SIP_TX_TAKEN;
	}
	KTAP_CHECK(found == n && counters()->repeated == n && counters()->live == n);
	fake_pass(40000);
	KTAP_CHECK(!counters()->live && !counters()->live_server);
	return end();
}

/* --------------------------------------------------------------------------- limits */

static bool test_limit_source(void)
{
	struct sip_tx_config config = { .max_per_source = 2 };
	char *text;

	begin(&config, false);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 1, .branch = "z9hG4bK1"));
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 2, .branch = "z9hG4bK2"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	KTAP_CHECK(counters()->full_source == 1 && counters()->live == 2);
	text = fake_take();
	KTAP_CHECK(text && strstr(text, "SIP/2.0 503") &&
		   *fake_header(text, "Retry-After"));
	free(text);
	/* another port is the same source, another address is not */
	udp.flow.remote.port = 7777;
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	dp_addr_parse("198.51.100.8:5060", &udp.flow.remote);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	/* of IPv6 a /64 is one */
	dp_addr_parse("[2001:db8:0:1::1]:5060", &udp.flow.remote);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 4, .branch = "z9hG4bK4"));
	dp_addr_parse("[2001:db8:0:1:2:3:4:5]:5060", &udp.flow.remote);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 5, .branch = "z9hG4bK5"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 6, .branch = "z9hG4bK6"));
	dp_addr_parse("[2001:db8:0:2::1]:5060", &udp.flow.remote);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 6, .branch = "z9hG4bK6"));
	/* it is given back */
	dp_addr_parse("198.51.100.7:5060", &udp.flow.remote);
	fake_pass(40000);
	KTAP_CHECK(!counters()->live);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 7, .branch = "z9hG4bK7"));
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 8, .branch = "z9hG4bK8"));
	return end();
}

static bool is_known(void *arg, const struct sip_flow *by)
{
	return *(bool *)arg;
}

static bool test_limit_all(void)
{
	bool known = false;
	struct sip_tx_config config = { .max = 8, .max_per_source = 100,
					.known = is_known, .known_arg = &known };
	struct sip_tx *tx, *last = NULL;
	char branch[32];
	unsigned int i;

	begin(&config, false);
	for (i = 1; i <= 10; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		known = i > 7;
		tx = SERVE(NULL, .method = "OPTIONS", .cseq = i, .branch = branch);
		/* six for strangers, two more for who is known */
		KTAP_CHECK((tx == NULL) == (i == 7 || i == 10));
	}
	KTAP_CHECK(counters()->full == 2 && counters()->live == 8);
	errno = 0;
	KTAP_CHECK(!ask("OPTIONS", NULL) && errno == ENOBUFS);
	KTAP_CHECK(counters()->full_client == 1);
	/* but an INVITE can be cancelled */
	fake_pass(40000);
	KTAP_CHECK(!counters()->live);
	fake_drain();
	for (i = 0; i < 8; i++)
		last = ask("INVITE", NULL);
	respond(180);
	KTAP_CHECK(!sip_tx_cancel(last, SPAN("")) && is(sent(), "CANCEL"));
	KTAP_CHECK(counters()->live == 9);
	return end();
}

static bool test_limit_known_source(void)
{
	bool known = true;
	struct sip_tx_config config = { .max_per_source = 1, .known = is_known,
					.known_arg = &known };

	begin(&config, false);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 1, .branch = "z9hG4bK1"));
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 2, .branch = "z9hG4bK2"));
	known = false;
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 4, .branch = "z9hG4bK4"));
	return end();
}

static uint32_t as_many(void *arg, const struct sip_flow *of)
{
	return *(uint32_t *)arg;
}

/* who is asked about the source says how many: it may change, and 0 is any number */
static bool test_limit_of_a_source(void)
{
	uint32_t max = 1;
	struct sip_tx_config config = { .per_source = as_many, .known_arg = &max,
					.max_per_source = 1, .max_bytes_per_source = 600 };

	begin(&config, false);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 1, .branch = "z9hG4bK1"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 2, .branch = "z9hG4bK2"));
	max = 2;	/* and twice the bytes */
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 4, .branch = "z9hG4bK4"));
	KTAP_CHECK(counters()->full_source == 2);
	max = 0;
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 5, .branch = "z9hG4bK5"));
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 6, .branch = "z9hG4bK6"));
	return end();
}

/* what one request holds */
static size_t bytes_of_one(void)
{
	size_t n;

	begin(NULL, false);
	SERVE(NULL, .method = "OPTIONS", .cseq = 1, .branch = "z9hG4bK1");
	n = counters()->live_bytes;
	return end() ? n : 0;
}

static bool test_limit_bytes(void)
{
	size_t one = bytes_of_one();
	bool known = false;
	struct sip_tx_config config = { .max_bytes = 4 * one + one / 2,
					.known = is_known, .known_arg = &known };
	char branch[32];
	unsigned int i;

	KTAP_CHECK(one > 100);
	begin(&config, false);
	for (i = 1; i <= 6; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		known = i > 4;
		/* three for strangers, one more for who is known */
		KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = i, .branch = branch) ==
			   (i == 4 || i == 6));
	}
	KTAP_CHECK(counters()->full == 2 && counters()->live_bytes == 4 * one);
	errno = 0;
	KTAP_CHECK(!ask("INVITE", NULL) && errno == ENOBUFS);
	KTAP_CHECK(counters()->full_client == 1);
	fake_pass(40000);
	KTAP_CHECK(!counters()->live && !counters()->live_bytes);
	return end();
}

/* an answer may be long: it is said once, and kept where there is room */
static bool test_limit_answers(void)
{
	static char long_one[2000];
	size_t one = bytes_of_one();
	struct sip_tx_config config = { .max_bytes_per_source = 3 * one + 3000 };
	struct sip_reply reply = { .status = 200, .headers = { long_one, sizeof(long_one) } };
	struct sip_tx *tx[3];
	unsigned int i;
	char branch[32];

	memset(long_one, 'x', sizeof(long_one));
	memcpy(long_one, "X-Long: ", 8);
	memcpy(long_one + sizeof(long_one) - 2, "\r\n", 2);
	begin(&config, false);
	for (i = 0; i < 3; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		tx[i] = SERVE(NULL, .method = "OPTIONS", .cseq = i + 1, .branch = branch);
		KTAP_CHECK(tx[i]);
	}
	for (i = 0; i < 3; i++) {
		fake_drain();
		KTAP_CHECK(!sip_tx_respond(tx[i], &reply) && fake_drain() == 1);
	}
	KTAP_CHECK(counters()->live_bytes > 3 * one + sizeof(long_one) &&
		   counters()->live_bytes < 3 * one + 3000);
	for (i = 0; i < 3; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		KTAP_CHECK(REQUEST(.method = "OPTIONS", .cseq = i + 1, .branch = branch) ==
			   SIP_TX_TAKEN);
		KTAP_CHECK(fake_drain() == !i);
	}
	fake_pass(40000);
	KTAP_CHECK(!counters()->live && !counters()->live_bytes);
	return end();
}

static bool test_limit_bytes_source(void)
{
	size_t one = bytes_of_one();
	bool known = false;
	/* two, and a 100 */
	struct sip_tx_config config = { .max_bytes_per_source = 3 * one - 1,
					.known = is_known, .known_arg = &known };

	begin(&config, false);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 1, .branch = "z9hG4bK1"));
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 2, .branch = "z9hG4bK2"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	KTAP_CHECK(counters()->full_source == 1 && counters()->live_bytes == 2 * one);
	known = true;
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 3, .branch = "z9hG4bK3"));
	known = false;
	dp_addr_parse("198.51.100.8:5060", &udp.flow.remote);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 4, .branch = "z9hG4bK4"));
	/* it is given back, also to who still has another */
	dp_addr_parse("198.51.100.7:5060", &udp.flow.remote);
	fake_pass(40000);
	KTAP_CHECK(!counters()->live);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 5, .branch = "z9hG4bK5"));
	fake_pass(20000);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 6, .branch = "z9hG4bK6"));
	fake_pass(20000);
	KTAP_CHECK(counters()->live == 1);
	KTAP_CHECK(SERVE(NULL, .method = "OPTIONS", .cseq = 7, .branch = "z9hG4bK7"));
	KTAP_CHECK(!SERVE(NULL, .method = "OPTIONS", .cseq = 8, .branch = "z9hG4bK8"));
	return end();
}

/* ------------------------------------------------------------------------ transport */

static bool test_send_fails(void)
{
	struct sip_tx *tx;

	/* told from a timer, never in the call; elsewhere it is tried from there */
	begin(NULL, true);
	tcp.error = -ENOTCONN;
	tx = ask("INVITE", &tx);
	KTAP_CHECK(tx && is(told, ""));
	fake_pass(0);
	KTAP_CHECK(!tx && is(told, "fail503 over") && counters()->send_failed == 1);
	KTAP_CHECK(end());
	begin(NULL, false);
	udp.error = -EHOSTUNREACH;
	tx = ask("OPTIONS", &tx);
	fake_pass(0);
	KTAP_CHECK(!tx && is(told, "fail503 over"));
	KTAP_CHECK(end());
	/* a full buffer loses a datagram, no more */
	begin(NULL, false);
	udp.error = -EAGAIN;
	tx = ask("OPTIONS", &tx);
	udp.error = 0;
	fake_pass(499);
	KTAP_CHECK(tx && is(sent(), ""));
	fake_pass(1);
	KTAP_CHECK(tx && is(told, "") && is(sent(), "OPTIONS"));
	KTAP_CHECK(end());
	return true;
}

static bool test_reply_fails(void)
{
	struct sip_tx *tx = NULL;

	begin(NULL, true);
	tx = SERVE(&tx, .method = "INVITE");
	tcp.error = -ENOTCONN;
	sip_tx_answer(tx, 180);
	fake_pass(0);
	KTAP_CHECK(tx && is(told, ""));
	sip_tx_answer(tx, 486);
	KTAP_CHECK(is(told, ""));
	fake_pass(0);
	KTAP_CHECK(!tx && is(told, "fail503 over"));
	KTAP_CHECK(end());
	/* a datagram is sent again */
	begin(NULL, false);
	tx = SERVE(&tx, .method = "INVITE");
	udp.error = -ENETUNREACH;
	sip_tx_answer(tx, 486);
	fake_pass(10);
	udp.error = 0;
	fake_pass(490);
	KTAP_CHECK(tx && is(told, "") && is(sent(), "486"));
	return end();
}

static bool test_flow_lost(void)
{
	struct sip_tx *invite, *options, *ringing;

	begin(NULL, true);
	invite = ask("INVITE", &invite);
	options = ask("OPTIONS", &options);
	ringing = ask("INVITE", &ringing);
	respond(180);
	fake_lose(&tcp);
	KTAP_CHECK(!invite && !options && ringing);
	KTAP_CHECK(is(told, "180 fail503 over fail503 over"));
	return end();
}

static struct fake_flow *next_flow;

static void try_again(void *arg, struct sip_tx *tx, unsigned int status)
{
	tell("again");
	*(struct sip_tx **)arg = sip_tx_client_again(tx, &next_flow->flow);
}

/* RFC 3263 4.3: the same request, a branch of its own. */
static bool test_again(void)
{
	static const struct sip_tx_client_ops ops = {
		.response = on_response, .failed = try_again,
	};
	const char *text = "OPTIONS sip:bob@198.51.100.7 SIP/2.0\r\nMax-Forwards: 70\r\n"
		"From: <sip:ann@192.0.2.1>;tag=f\r\nTo: <sip:bob@198.51.100.7>\r\n"
		"Call-ID: ours\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct sip_tx *first, *tx;
	char *one, *two;

	begin(NULL, false);
	next_flow = &tcp;
	tx = first = sip_tx_client_new(stack, &udp.flow, span_of(text), &ops, &tx);
	KTAP_CHECK(tx);
	fake_lose(&udp);
	KTAP_CHECK(tx && tx != first && is(told, "again"));
	one = fake_take();
	two = fake_take();
	KTAP_CHECK(one && two && strstr(one, "SIP/2.0/UDP 192.0.2.1:5060;") &&
		   strstr(two, "SIP/2.0/TCP 192.0.2.1:5060;"));
	KTAP_CHECK(strcmp(fake_param(fake_header(one, "Via"), "branch"),
			  fake_param(fake_header(two, "Via"), "branch")));
	KTAP_CHECK(is(strstr(two, "Max-Forwards"), strstr(one, "Max-Forwards")));
	KTAP_CHECK(is(strstr(two, "Max-Forwards"), strstr(text, "Max-Forwards")));
	flow = &tcp;
	respond_to(two, 200, "b");
	KTAP_CHECK(is(told, "again 200"));
	free(one);
	free(two);
	return end();
}

/* -------------------------------------------------------------------- what is said */

static bool test_stateless(void)
{
	struct request r = { .method = "OPTIONS" };
	char *a, *b, *c;

	begin(NULL, false);
	r.branch = "z9hG4bKone";
	{
		struct sip_msg *msg = fake_parse(request_text(&r), flow);
		struct sip_msg *other;

		r.branch = "z9hG4bKtwo";
		other = fake_parse(request_text(&r), flow);
		sip_tx_refuse(stack, &udp.flow, msg, 404);
		sip_tx_refuse(stack, &udp.flow, msg, 404);
		sip_tx_refuse(stack, &udp.flow, other, 404);
		sip_msg_drop(msg);
		sip_msg_drop(other);
	}
	a = fake_take();
	b = fake_take();
	c = fake_take();
	KTAP_CHECK(a && b && c && !strcmp(a, b));
	KTAP_CHECK(strlen(fake_param(fake_header(a, "To"), "tag")) == 16);
	KTAP_CHECK(strcmp(fake_param(fake_header(a, "To"), "tag"),
			  fake_param(fake_header(c, "To"), "tag")));
	KTAP_CHECK(!counters()->live);
	free(a);
	free(b);
	free(c);
	return end();
}

static bool test_reply_says(void)
{
	struct sip_reply reply = {
		.status = 200, .reason = "Fine", .headers = SPAN("X-A: 1\r\nX-B: 2\r\n"),
		.contact = SPAN("sip:192.0.2.1"), .type = SPAN("text/plain"),
		.body = SPAN("hi"),
	};
	struct sip_tx *tx = NULL;
	char *text;

	begin(NULL, false);
	tx = SERVE(&tx, .method = "INVITE");
	sip_tx_answer(tx, 100);
	text = fake_take();
	KTAP_CHECK(text && is(fake_header(text, "To"), "<sip:bob@192.0.2.1>"));
	free(text);
	KTAP_CHECK(sip_tx_answer(tx, 99) == -EINVAL && sip_tx_answer(tx, 700) == -EINVAL);
	sip_tx_respond(tx, &reply);
	text = fake_take();
	KTAP_CHECK(text && !strncmp(text, "SIP/2.0 200 Fine\r\n", 18));
	KTAP_CHECK(is(fake_param(fake_header(text, "To"), "tag"), tx->tag) &&
		   strlen(tx->tag) == SIP_TAG_LEN);
	KTAP_CHECK(is(fake_header(text, "X-A"), "1") && is(fake_header(text, "X-B"), "2"));
	KTAP_CHECK(is(fake_header(text, "Contact"), "<sip:192.0.2.1>"));
	KTAP_CHECK(is(fake_header(text, "Content-Type"), "text/plain"));
	KTAP_CHECK(is(fake_header(text, "Content-Length"), "2"));
	KTAP_CHECK(!strcmp(text + strlen(text) - 6, "\r\n\r\nhi"));
	free(text);
	KTAP_CHECK(sip_tx_answer(tx, 486) == -EALREADY && sip_tx_status(tx) == 200);
	KTAP_CHECK(is(sent(), ""));
	return end();
}

static bool test_request_refused(void)
{
	static const char *const texts[] = {
		"", "OPTIONS", "OPTIONS sip:a@b SIP/2.0\r\n\r\n",
		"ACK sip:b@192.0.2.7 SIP/2.0\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:b@b>\r\n"
		"Call-ID: x\r\nCSeq: 1 ACK\r\nMax-Forwards: 7\r\nContent-Length: 0\r\n\r\n",
		"CANCEL sip:b@192.0.2.7 SIP/2.0\r\nFrom: <sip:a@b>;tag=f\r\n"
		"To: <sip:b@b>\r\nCall-ID: x\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 7\r\n"
		"Content-Length: 0\r\n\r\n",
		"SIP/2.0 200 OK\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:b@b>;tag=f\r\n"
		"Call-ID: x\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
	};
	struct sip_tx *tx = NULL;
	size_t i;

	begin(NULL, false);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		errno = 0;
		KTAP_CHECK(!sip_tx_client_new(stack, &udp.flow, span_of(texts[i]),
					      &client_ops, NULL));
		KTAP_CHECK(errno == EINVAL);
	}
	KTAP_CHECK(!counters()->live && is(sent(), ""));
	tx = SERVE(&tx, .method = "INVITE");
	KTAP_CHECK(sip_tx_cancel(tx, SPAN("")) == -EINVAL);
	KTAP_CHECK(!sip_tx_client_again(tx, &udp.flow));
	return end();
}

/* ----------------------------------------------------------- users in their functions */

static void forget_it(void *arg, struct sip_tx *tx, struct sip_msg *response)
{
	tell_number(response->status);
	sip_tx_forget(tx);
}

static void cancel_it(void *arg, struct sip_tx *tx, struct sip_msg *response)
{
	tell_number(response->status);
	sip_tx_cancel(tx, SPAN(""));
}

static void refuse_it(void *arg, struct sip_tx *tx, struct sip_msg *cancel)
{
	tell("cancel");
	sip_tx_answer(tx, 487);
	sip_tx_answer(tx, 200);
	sip_tx_forget(tx);
}

static void over_and_forget(void *arg, struct sip_tx *tx)
{
	tell("over");
	sip_tx_forget(tx);
	sip_tx_answer(tx, 500);
	sip_tx_cancel(tx, SPAN(""));
}

static struct sip_tx *ask_with(const struct sip_tx_client_ops *ops)
{
	const char *text = "INVITE sip:bob@198.51.100.7 SIP/2.0\r\nMax-Forwards: 70\r\n"
		"From: <sip:ann@192.0.2.1>;tag=f\r\nTo: <sip:bob@198.51.100.7>\r\n"
		"Call-ID: ours\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";
	struct sip_tx *tx;

	tx = sip_tx_client_new(stack, &flow->flow, span_of(text), ops, NULL);
	free(out_text);
	out_text = last_sent();
	return tx;
}

static bool test_in_callbacks(void)
{
	static const struct sip_tx_client_ops forgets = {
		.response = forget_it, .over = on_over };
	static const struct sip_tx_client_ops cancels = {
		.response = cancel_it, .over = over_and_forget };
	static const struct sip_tx_server_ops refuses = {
		.cancel = refuse_it, .over = on_over };
	static const struct sip_tx_server_ops overs = { .over = over_and_forget };
	struct request r = { .method = "INVITE" };
	struct sip_msg *msg;

	begin(NULL, false);
	ask_with(&forgets);
	respond(180);
	respond(486);
	KTAP_CHECK(is(told, "180") && is(sent(), "ACK"));
	fake_pass(32000);
	KTAP_CHECK(is(told, "180") && !counters()->live);
	*told = '\0';
	ask_with(&cancels);
	respond(180);
	KTAP_CHECK(is(sent(), "CANCEL"));
	respond(487);
	fake_pass(40000);
	KTAP_CHECK(is(told, "180 487 over") && !counters()->live);
	*told = '\0';
	msg = fake_parse(request_text(&r), flow);
	sip_tx_server_new(stack, &udp.flow, msg, &refuses, NULL);
	sip_msg_drop(msg);
	fake_drain();
	REQUEST(.method = "CANCEL");
	KTAP_CHECK(is(told, "cancel") && is(sent(), "200 487"));
	/* the end of all while something is under way */
	r.branch = "z9hG4bKtwo";
	r.cseq = 2;
	msg = fake_parse(request_text(&r), flow);
	sip_tx_server_new(stack, &udp.flow, msg, &overs, NULL);
	sip_msg_drop(msg);
	ask_with(&cancels);
	*told = '\0';
	KTAP_CHECK(end());
	KTAP_CHECK(is(told, "over over"));
	return true;
}

static bool test_forget_server(void)
{
	struct sip_tx *tx;

	begin(NULL, false);
	tx = SERVE(NULL, .method = "INVITE");
	sip_tx_forget(tx);
	KTAP_CHECK(is(sent(), "500"));
	tx = SERVE(NULL, .method = "OPTIONS", .cseq = 2, .branch = "z9hG4bK2");
	sip_tx_answer(tx, 200);
	fake_drain();
	sip_tx_forget(tx);
	KTAP_CHECK(is(sent(), ""));
	sip_tx_forget(NULL);
	fake_pass(40000);
	KTAP_CHECK(!counters()->live && is(told, ""));
	return end();
}

static bool test_random(void)
{
	char a[SIP_TAG_LEN + 1], b[SIP_TAG_LEN + 1];
	size_t seen[128] = { 0 }, i, j, kinds = 0;

	for (i = 0; i < 2000; i++) {
		sip_random_tag(a);
		sip_random_tag(b);
		KTAP_CHECK(strcmp(a, b) && strlen(a) == SIP_TAG_LEN);
		KTAP_CHECK(strspn(a, "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SIP_TAG_LEN);
		for (j = 0; j < SIP_TAG_LEN; j++)
			seen[(unsigned char)a[j]]++;
	}
	/* 710 of each are expected; 6 sigma are 160 */
	for (i = 0; i < 128; i++) {
		kinds += seen[i] != 0;
		KTAP_CHECK(!seen[i] || (seen[i] > 550 && seen[i] < 870));
	}
	KTAP_CHECK(kinds == 62);
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "what CANCEL and ACK say", test_cancel_says },
		{ "CANCEL is held, and what it is answered touches nothing",
		  test_cancel_answers },
		{ "CANCEL has a transaction of its own", test_cancel_repeated },
		{ "being cancelled", test_cancelled },
		{ "matching responses", test_match_response },
		{ "matching requests", test_match_request },
		{ "merged requests", test_merged },
		{ "branches without the magic cookie", test_old_branch },
		{ "faulty requests, and replies that cannot be sent", test_fault },
		{ "the ACK of a 2xx goes to the dialog", test_ack_of_2xx },
		{ "the hash is SipHash and has a random key", test_siphash },
		{ "20,000 transactions are found", test_many },
		{ "limit by source", test_limit_source },
		{ "limit in all", test_limit_all },
		{ "who is known has no limit by source", test_limit_known_source },
		{ "limit of each source as it is told", test_limit_of_a_source },
		{ "bytes of requests are limited in all", test_limit_bytes },
		{ "bytes of requests are limited by source", test_limit_bytes_source },
		{ "bytes of answers are limited too", test_limit_answers },
		{ "requests that cannot be sent", test_send_fails },
		{ "responses that cannot be sent", test_reply_fails },
		{ "a connection that breaks", test_flow_lost },
		{ "the next target", test_again },
		{ "stateless answers", test_stateless },
		{ "what a response says", test_reply_says },
		{ "requests that are none", test_request_refused },
		{ "users' functions may call everything", test_in_callbacks },
		{ "server transactions whose user goes", test_forget_server },
		{ "tags cannot be guessed", test_random },
	};
	int ret = KTAP_RUN(points);

	free(out_text);
	return ret;
}
