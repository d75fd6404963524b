// SPDX-License-Identifier: GPL-2.0
/*
 * The timers of transactions: A to M and what RFC 3261 says of a 2xx, a ringing phone
 * and a CANCEL, by a clock of the test's, to the millisecond. Expected times are written
 * from RFC 3261 table 4, RFC 6026 and RFC 4320.
 */
#include "sip_tx_user.h"
#include "ktap.h"

static bool client_times(bool stream, const char *method, const char *times)
{
	struct sip_tx *tx;
	uint64_t start;

	begin(NULL, stream);
	start = fake_timers.now;
	tx = ask(method, &tx);
	fake_pass(31999);
	KTAP_CHECK(tx && is(told, ""));
	fake_pass(1);
	KTAP_CHECK(!tx && is(told, "fail408 over"));
	KTAP_CHECK(is(schedule(start, method), times));
	KTAP_CHECK(counters()->timed_out == 1 && !counters()->live);
	return end();
}

static bool test_times_client(void)
{
	return client_times(false, "INVITE", DOUBLE) &&		/* timers A, B */
	       client_times(false, "OPTIONS", DOUBLE_T2) &&	/* timers E, F */
	       client_times(true, "INVITE", "") &&
	       client_times(true, "OPTIONS", "");
}

static bool test_times_client_100(void)
{
	struct sip_tx *tx;
	uint64_t start;

	/* Proceeding: E comes in T2; INVITE: not at all, and B does not end it */
	begin(NULL, false);
	start = fake_timers.now;
	tx = ask("OPTIONS", &tx);
	fake_pass(100);
	respond(100);
	fake_pass(40000);
	KTAP_CHECK(!tx && is(told, "100 fail408 over"));
	KTAP_CHECK(is(schedule(start, "OPTIONS"),
		      "500 4500 8500 12500 16500 20500 24500 28500"));
	tx = ask("INVITE", &tx);
	respond(100);
	fake_pass(100000);
	KTAP_CHECK(tx && is(sent(), ""));
	return end();
}

static bool wait_over(bool stream, unsigned int status, const char *method,
		      uint64_t expected)
{
	struct sip_tx *tx;

	begin(NULL, stream);
	tx = ask(method, &tx);
	respond(status);
	if (expected) {
		fake_pass(expected - 1);
		KTAP_CHECK(tx != NULL);
		fake_pass(1);
	} else {
		KTAP_CHECK(tx != NULL);	/* not within the call */
		fake_pass(0);
	}
	KTAP_CHECK(!tx);
	return end();
}

static bool test_times_client_wait(void)
{
	return wait_over(false, 486, "INVITE", 32000) &&	/* D */
	       wait_over(true, 486, "INVITE", 0) &&
	       wait_over(false, 200, "INVITE", 32000) &&	/* M, on both */
	       wait_over(true, 200, "INVITE", 32000) &&
	       wait_over(false, 200, "OPTIONS", 5000) &&	/* K */
	       wait_over(true, 486, "OPTIONS", 0);
}

static bool test_timer_c(void)
{
	struct sip_tx *tx;

	begin(NULL, false);
	tx = ask("INVITE", &tx);
	respond(180);
	fake_pass(179000);
	respond(183);			/* resets it */
	fake_pass(179000);
	respond(100);			/* does not */
	KTAP_CHECK(is(sent(), ""));
	fake_pass(1000);
	KTAP_CHECK(is(sent(), "CANCEL"));
	fake_pass(31999);
	KTAP_CHECK(tx && is(told, "180 183 100"));
	fake_pass(1);
	KTAP_CHECK(!tx && is(told, "180 183 100 fail408 over"));
	/* a time of its own, and cancelled by it, but answered */
	*told = '\0';
	tx = ask("INVITE", &tx);
	sip_tx_set_timer_c(tx, 60000);
	respond(180);
	fake_pass(50000);
	sip_tx_set_timer_c(tx, 20000);
	fake_drain();
	fake_pass(19999);
	KTAP_CHECK(is(sent(), ""));
	fake_pass(1);
	KTAP_CHECK(is(sent(), "CANCEL"));
	respond(487);
	KTAP_CHECK(is(told, "180 487"));
	return end();
}

static bool server_times(bool stream, unsigned int status, const char *times)
{
	struct sip_tx *tx = NULL;
	uint64_t start;

	begin(NULL, stream);
	start = fake_timers.now;
	tx = SERVE(&tx, .method = "INVITE");
	sip_tx_answer(tx, status);
	fake_drain();
	fake_pass(31999);
	KTAP_CHECK(tx && is(told, ""));
	fake_pass(1);
	KTAP_CHECK(!tx && is(told, "fail408 over"));
	KTAP_CHECK(is(schedule(start, "SIP/2.0"), times));
	return end();
}

static bool test_times_server(void)
{
	return server_times(false, 486, DOUBLE_T2) &&	/* G, H */
	       server_times(true, 486, "") &&
	       server_times(false, 200, DOUBLE_T2) &&	/* until ACK, L */
	       server_times(true, 200, DOUBLE_T2);
}

static bool test_times_server_acked(void)
{
	struct sip_tx *tx = NULL;
	bool stream;
	int i;

	for (i = 0; i < 2; i++) {
		stream = i;
		begin(NULL, stream);
		tx = SERVE(&tx, .method = "INVITE");
		sip_tx_answer(tx, 200);
		fake_pass(600);
		sip_tx_acked(tx);
		KTAP_CHECK(is(sent(), "200 200"));
		fake_pass(31399);
		KTAP_CHECK(tx && is(sent(), "") && is(told, ""));
		fake_pass(1);
		KTAP_CHECK(!tx && is(told, "over"));
		/* I */
		*told = '\0';
		tx = SERVE(&tx, .method = "INVITE", .branch = "z9hG4bKtwo", .cseq = 2);
		sip_tx_answer(tx, 486);
		REQUEST(.method = "ACK", .branch = "z9hG4bKtwo", .cseq = 2);
		fake_drain();
		if (!stream) {
			fake_pass(4999);
			KTAP_CHECK(tx && is(sent(), ""));
		}
		fake_pass(stream ? 0 : 1);
		KTAP_CHECK(!tx && is(told, "acked over"));
		KTAP_CHECK(end());
	}
	return true;
}

static bool test_times_server_1xx(void)
{
	struct sip_tx *tx = NULL;
	uint64_t start;

	begin(NULL, false);
	start = fake_timers.now;
	tx = SERVE(&tx, .method = "INVITE");
	fake_pass(199);
	KTAP_CHECK(is(sent(), ""));
	fake_pass(1);
	KTAP_CHECK(is(sent(), "100"));
	sip_tx_answer(tx, 180);
	fake_pass(185000);
	KTAP_CHECK(is(schedule(start, "SIP/2.0 180"), "200 60200 120200 180200"));
	KTAP_CHECK(tx && is(told, ""));
	/* who answers at once sends no 100 */
	tx = SERVE(&tx, .method = "INVITE", .branch = "z9hG4bKtwo", .cseq = 2);
	sip_tx_answer(tx, 180);
	fake_pass(1000);
	KTAP_CHECK(is(sent(), "180"));
	return end();
}

static bool test_times_other_server(void)
{
	struct sip_tx *tx = NULL;
	int i;

	for (i = 0; i < 2; i++) {
		begin(NULL, i);
		tx = SERVE(&tx, .method = "OPTIONS");
		fake_pass(3499);
		KTAP_CHECK(is(sent(), ""));
		fake_pass(1);
		KTAP_CHECK(is(sent(), i ? "" : "100"));	/* RFC 4320 4.1 */
		fake_pass(28499);
		KTAP_CHECK(tx && is(told, ""));
		fake_pass(1);
		KTAP_CHECK(!tx && is(told, "fail408 over") && is(sent(), ""));
		*told = '\0';
		tx = SERVE(&tx, .method = "OPTIONS", .branch = "z9hG4bKtwo", .cseq = 2);
		sip_tx_answer(tx, 200);
		KTAP_CHECK(is(sent(), "200"));
		fake_pass(i ? 0 : 31999);	/* J */
		KTAP_CHECK((tx == NULL) == (i == 1));
		fake_pass(1);
		KTAP_CHECK(!tx && is(told, "over") && is(sent(), ""));
		KTAP_CHECK(end());
	}
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "timers A, B, E, F", test_times_client },
		{ "what a 1xx does to timers B and E", test_times_client_100 },
		{ "timers D, K, M", test_times_client_wait },
		{ "timer C, reset by 101 to 199", test_timer_c },
		{ "timers G, H, and a 2xx until its ACK", test_times_server },
		{ "timers I, L", test_times_server_acked },
		{ "a 100 in 200 ms, a 1xx each minute", test_times_server_1xx },
		{ "timer J, the 100 of RFC 4320", test_times_other_server },
	};
	int ret = KTAP_RUN(points);

	free(out_text);
	return ret;
}
