// SPDX-License-Identifier: GPL-2.0
/*
 * Dialogs: reliable provisional responses (RFC 3262). Numbers, repetition, one after the
 * other, the 2xx that waits, and every end there is. The other side is text; time is the
 * test's.
 */
#include "sip_dialog_user.h"

static const struct sip_reply ringing = { .status = 180 };
static const struct sip_reply described = {
	.status = 183, .headers = SPAN("X-A: 1\r\n"), .type = SPAN("application/sdp"),
	.body = SPAN("v=0\r\n"),
};

/* RSeq of a message. */
static uint32_t rseq_of(const char *text)
{
	return (uint32_t)strtoul(fake_header(text, "RSeq"), NULL, 10);
}

/* A response of ours is said reliably: its number, 0 if it was not said. */
static uint32_t say(struct sip_dialog *dialog, const struct sip_reply *reply,
		    uint32_t cookie)
{
	fake_drain();
	if (sip_dialog_respond_reliably(dialog, call_tx, reply, cookie))
		return 0;
	return rseq_of(newest());
}

static unsigned int their_cseq;

/* A PRACK comes and is answered as users do: its answer, and what is said after it. */
static const char *prack(struct sip_dialog *dialog, uint32_t rseq, unsigned int cseq,
			 uint32_t *cookie)
{
	struct sip_rel known = { 0 };
	struct sip_rack rack;
	char line[64];
	bool ok;

	snprintf(line, sizeof(line), "RAck: %u %u INVITE\r\n", rseq, cseq);
	fake_drain();
	*told = '\0';
	got = NULL;
	THEIRS(dialog, "PRACK", ++their_cseq, .extra = line);
	if (!got)
		return sent();
	ok = sip_msg_rack(sip_tx_request(got), &rack) == 1 &&
	     sip_dialog_rack(dialog, &rack, &known);
	sip_dialog_answer(dialog, got, ok ? 200 : 481);
	if (ok)
		sip_dialog_racked(dialog, &rack);
	*told = '\0';
	if (cookie)
		*cookie = known.cookie;
	return sent();
}

static struct sip_dialog *called(void)
{
	their_cseq = 10;
	begin();
	return uas();
}

/* ------------------------------------------------------------------------- theirs */

static bool test_theirs(void)
{
	struct sip_dialog *dialog, *fork;

	begin();
	dialog = ask();
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 0) == SIP_RSEQ_GAP);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 100) == SIP_RSEQ_NEXT);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 100) == SIP_RSEQ_AGAIN);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 99) == SIP_RSEQ_AGAIN);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 102) == SIP_RSEQ_GAP);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 101) == SIP_RSEQ_NEXT);
	/* a fork counts for itself, and so does another INVITE */
	respond(invite, 183, "b1", BOB);
	respond(invite, 183, "b2", BOB);
	fork = fork_got;
	KTAP_CHECK(sip_dialog_rseq_in(fork, 7) == SIP_RSEQ_NEXT);
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 102) == SIP_RSEQ_NEXT);
	respond(invite, 401, "b1", NULL);
	sip_dialog_close(fork);
	KTAP_CHECK(send_request(dialog, "INVITE"));
	KTAP_CHECK(sip_dialog_rseq_in(dialog, 3) == SIP_RSEQ_NEXT);
	respond(newest(), 486, "b1", NULL);
	sip_dialog_close(dialog);
	return end();
}

/* --------------------------------------------------------------------------- ours */

static bool test_said(void)
{
	struct sip_dialog *dialog = called();
	const char *text;
	uint32_t rseq;

	KTAP_CHECK(!sip_dialog_respond_reliably(dialog, call_tx, &described, 5));
	text = newest();
	KTAP_CHECK(!strncmp(text, "SIP/2.0 183 ", 12) &&
		   is(fake_header(text, "Require"), "100rel") &&
		   is(fake_header(text, "X-A"), "1") &&
		   is(fake_header(text, "Contact"), "<sip:ann@192.0.2.1:5060>") &&
		   strstr(text, "\r\n\r\nv=0\r\n"));
	rseq = rseq_of(text);
	KTAP_CHECK(rseq && rseq < 0x80000000u);
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_EARLY);
	/* T1, and then twice as long each time: section 3 */
	fake_pass(499);
	KTAP_CHECK(is(sent(), ""));
	fake_pass(1);
	KTAP_CHECK(rseq_of(newest()) == rseq);
	fake_pass(999);
	KTAP_CHECK(is(sent(), ""));
	fake_pass(1);
	KTAP_CHECK(is(sent(), "183"));
	KTAP_CHECK(is(prack(dialog, rseq, 10, NULL), "200"));
	fake_pass(50000);
	KTAP_CHECK(is(sent(), "") && was_told(""));
	sip_dialog_answer(dialog, call_tx, 486);
	sip_dialog_close(dialog);
	return end();
}

static bool test_rack(void)
{
	static const char *const bad[] = {
		"", "RAck: 0 10 INVITE\r\n", "RAck: x\r\n", "RAck: 1 10\r\n",
	};
	struct sip_dialog *dialog = called();
	uint32_t rseq, cookie;
	struct sip_rel known;
	struct sip_rack rack;
	size_t i;

	KTAP_CHECK(is(prack(dialog, 1, 10, NULL), "481"));
	rseq = say(dialog, &ringing, 77);
	KTAP_CHECK(is(prack(dialog, rseq + 1, 10, NULL), "481"));
	KTAP_CHECK(is(prack(dialog, rseq - 1, 10, NULL), "481"));
	KTAP_CHECK(is(prack(dialog, rseq, 11, NULL), "481"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		THEIRS(dialog, "PRACK", ++their_cseq, .extra = bad[i]);
		KTAP_CHECK(was_told("PRACK") && sip_msg_rack(sip_tx_request(got), &rack) != 1);
		sip_dialog_answer(dialog, got, 400);
	}
	rack = (struct sip_rack){ rseq, { .number = 10, .method = SIP_UPDATE } };
	KTAP_CHECK(!sip_dialog_rack(dialog, &rack, &known));
	KTAP_CHECK(is(prack(dialog, rseq, 10, &cookie), "200") && cookie == 77);
	KTAP_CHECK(is(prack(dialog, rseq, 10, NULL), "481"));
	sip_dialog_answer(dialog, call_tx, 486);
	sip_dialog_close(dialog);
	return end();
}

static bool test_one_by_one(void)
{
	struct sip_dialog *dialog = called();
	uint32_t rseq, cookie;
	unsigned int i;

	rseq = say(dialog, &ringing, 1);
	KTAP_CHECK(rseq);
	for (i = 2; i <= 8; i++)
		KTAP_CHECK(!sip_dialog_respond_reliably(dialog, call_tx, i == 2 ?
							&described : &ringing, i));
	KTAP_CHECK(sip_dialog_respond_reliably(dialog, call_tx, &ringing, 9) == -ENOBUFS);
	KTAP_CHECK(is(sent(), ""));
	/* what is not said yet cannot be acknowledged */
	KTAP_CHECK(is(prack(dialog, rseq + 1, 10, NULL), "481"));
	KTAP_CHECK(is(prack(dialog, rseq, 10, &cookie), "200 183") && cookie == 1);
	fake_pass(500);
	KTAP_CHECK(rseq_of(newest()) == rseq + 1);
	KTAP_CHECK(is(prack(dialog, rseq + 1, 10, &cookie), "200 180") && cookie == 2);
	/* another that is not reliable waits for nobody */
	sip_dialog_answer(dialog, call_tx, 181);
	KTAP_CHECK(is(sent(), "181"));
	sip_dialog_answer(dialog, call_tx, 486);
	KTAP_CHECK(is(sent(), "486"));
	KTAP_CHECK(sip_dialog_respond_reliably(dialog, call_tx, &ringing, 9) == -EALREADY);
	sip_dialog_close(dialog);
	return end();
}

static bool test_never_said(void)
{
	static const struct sip_reply trying = { .status = 100 }, ok = { .status = 200 };
	struct sip_dialog *dialog = called();

	KTAP_CHECK(sip_dialog_respond_reliably(dialog, call_tx, &trying, 0) == -EINVAL);
	KTAP_CHECK(sip_dialog_respond_reliably(dialog, call_tx, &ok, 0) == -EINVAL);
	KTAP_CHECK(is(sent(), ""));
	sip_dialog_answer(dialog, call_tx, 200);
	THEIRS(dialog, "ACK", 10);
	THEIRS(dialog, "INFO", 11);
	KTAP_CHECK(sip_dialog_respond_reliably(dialog, got, &ringing, 0) == -EINVAL);
	sip_dialog_answer(dialog, got, 200);
	sip_dialog_bye(dialog, none);
	return end();
}

/* ----------------------------------------------------------------- the final response */

static bool test_2xx_waits(void)
{
	struct sip_dialog *dialog = called();
	uint32_t rseq = say(dialog, &described, 1);

	KTAP_CHECK(!sip_dialog_respond_reliably(dialog, call_tx, &ringing, 2));
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 200));
	KTAP_CHECK(is(sent(), "") && sip_dialog_state(dialog) == SIP_DIALOG_EARLY);
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_THEIRS);
	KTAP_CHECK(sip_dialog_answer(dialog, call_tx, 180) == -EALREADY);
	KTAP_CHECK(sip_dialog_answer(dialog, call_tx, 200) == -EALREADY);
	KTAP_CHECK(sip_dialog_respond_reliably(dialog, call_tx, &ringing, 3) == -EALREADY);
	THEIRS(dialog, "ACK", 10);	/* of what? */
	KTAP_CHECK(was_told(""));
	KTAP_CHECK(is(prack(dialog, rseq, 10, NULL), "200 180"));
	KTAP_CHECK(is(prack(dialog, rseq + 1, 10, NULL), "200 200"));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	fake_pass(500);
	KTAP_CHECK(is(sent(), "200"));	/* again until its ACK is here */
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(was_told("acked10"));
	fake_pass(20000);
	KTAP_CHECK(is(sent(), ""));
	sip_dialog_bye(dialog, none);
	return end();
}

static bool test_2xx_does_not(void)
{
	struct sip_dialog *dialog = called();
	uint32_t rseq = say(dialog, &ringing, 4), cookie;

	/* nothing was described: nobody has to know of it first */
	KTAP_CHECK(!sip_dialog_respond_reliably(dialog, call_tx, &ringing, 5));
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 200) && is(sent(), "200"));
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(was_told("acked10"));
	fake_pass(20000);
	KTAP_CHECK(is(sent(), ""));
	/* its PRACK was on the way; the second was never said */
	KTAP_CHECK(is(prack(dialog, rseq + 1, 10, NULL), "481"));
	KTAP_CHECK(is(prack(dialog, rseq, 10, &cookie), "200") && cookie == 4);
	KTAP_CHECK(is(prack(dialog, rseq, 10, NULL), "481"));
	sip_dialog_bye(dialog, none);
	return end();
}

static bool test_refusal(void)
{
	struct sip_dialog *dialog = called();
	uint32_t rseq = say(dialog, &described, 1);

	/* it does not wait, and ends what does */
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 200) && is(sent(), ""));
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 487) && is(sent(), "487"));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_ENDED);
	fake_pass(100);
	KTAP_CHECK(is(prack(dialog, rseq, 10, NULL), "481"));
	fake_pass(100000);
	KTAP_CHECK(!strstr(sent(), "183"));
	sip_dialog_close(dialog);
	return end();
}

static bool test_several(void)
{
	struct sip_dialog *one = called(), *two;
	uint32_t first, second;

	two = sip_dialog_uas_new(dialogs, call_tx, &conf);
	first = say(one, &described, 1);
	second = say(two, &described, 2);
	KTAP_CHECK(two && first && second);
	/* numbers, and what waits, are each dialog's own */
	KTAP_CHECK(first == second || is(prack(one, second, 10, NULL), "481"));
	KTAP_CHECK(is(prack(two, second, 10, NULL), "200"));
	fake_pass(600);
	KTAP_CHECK(is(sent(), "183"));	/* of the first */
	KTAP_CHECK(!sip_dialog_answer(two, call_tx, 200) && is(sent(), "200"));
	THEIRS(two, "ACK", 10);
	fake_pass(10000);
	KTAP_CHECK(is(sent(), ""));
	sip_dialog_close(one);
	sip_dialog_bye(two, none);
	KTAP_CHECK(end());
	/* refused by one of them for both */
	one = called();
	two = sip_dialog_uas_new(dialogs, call_tx, &conf);
	say(one, &ringing, 1);
	say(two, &described, 2);
	sip_dialog_answer(two, call_tx, 200);
	sip_dialog_answer(one, call_tx, 487);
	fake_drain();
	fake_pass(1000);
	KTAP_CHECK(!strstr(sent(), "18"));
	sip_dialog_close(one);
	sip_dialog_close(two);
	return end();
}

/* ------------------------------------------------------------------------- its ends */

static bool test_no_prack(void)
{
	struct sip_dialog *dialog = called();

	say(dialog, &described, 1);
	sip_dialog_respond_reliably(dialog, call_tx, &ringing, 2);
	sip_dialog_answer(dialog, call_tx, 200);
	fake_pass(31999);
	KTAP_CHECK(is(sent(), "183 183 183 183 183 183") && was_told(""));
	fake_pass(1);
	KTAP_CHECK(was_told("unpracked") && is(sent(), ""));
	fake_pass(27000);	/* in a minute the INVITE's last response comes again */
	KTAP_CHECK(is(sent(), ""));
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 504));
	sip_dialog_close(dialog);
	return end();
}

/* Who is told refuses, and goes. */
static void refuse(void *arg, struct sip_dialog *dialog, struct sip_tx *tx)
{
	sip_dialog_answer(dialog, tx, 504);
	sip_dialog_close(dialog);
}

static bool test_user_goes(void)
{
	static const struct sip_dialog_ops ops = { .unpracked = refuse };
	struct sip_dialog *dialog = called();

	sip_dialog_set_ops(dialog, &ops, NULL);
	say(dialog, &ringing, 1);
	fake_pass(31999);
	/* RFC 3262 section 3: at 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s */
	KTAP_CHECK(is(sent(), "180 180 180 180 180 180"));
	fake_pass(1);
	KTAP_CHECK(!strncmp(sent(), "504", 3));
	KTAP_CHECK(end());
	/* before it is over: nothing is said any more */
	dialog = called();
	say(dialog, &described, 1);
	sip_dialog_answer(dialog, call_tx, 200);
	sip_dialog_close(dialog);
	fake_pass(40000);
	KTAP_CHECK(is(sent(), ""));
	sip_tx_answer(call_tx, 487);
	KTAP_CHECK(end());
	/* nor if all of it ends at once */
	dialog = called();
	say(dialog, &described, 1);
	sip_dialog_answer(dialog, call_tx, 200);
	sip_dialogs_free(dialogs);
	dialogs = sip_dialogs_new(stack);
	sip_tx_forget(call_tx);
	return end();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "theirs, by their numbers", test_theirs },
		{ "one of ours, until its PRACK", test_said },
		{ "PRACKs for nothing", test_rack },
		{ "one after the other", test_one_by_one },
		{ "what cannot be reliable", test_never_said },
		{ "a 2xx waits for a description", test_2xx_waits },
		{ "and for nothing else", test_2xx_does_not },
		{ "a refusal waits for nothing", test_refusal },
		{ "several dialogs of one INVITE", test_several },
		{ "no PRACK comes", test_no_prack },
		{ "its user goes", test_user_goes },
	};
	int ret = KTAP_RUN(points);

	free(last);
	free(invite);
	return ret;
}
