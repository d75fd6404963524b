// SPDX-License-Identifier: GPL-2.0
/*
 * Dialogs: ids, forks, CSeqs, route sets, targets, what is refused, and what is owed
 * when they end. The other side is text; time is the test's.
 */
#include <time.h>

#include "sip_dialog_user.h"

/* ---------------------------------------------------------------------- beginning */

static bool test_uac_says(void)
{
	struct sip_dialog_request request = {
		.method = "INVITE", .headers = SPAN("X-A: 1\r\nSupported: timer\r\n"),
		.type = SPAN("application/sdp"), .body = SPAN("v=0\r\n"),
		.max_forwards = 42,
	};
	struct sip_dialog *dialog;
	const char *text;

	begin();
	uac_conf();
	conf.route = SPAN("<sip:198.51.100.50;lr>");
	dialog = sip_dialog_uac_new(dialogs, &conf);
	KTAP_CHECK(dialog && sip_dialog_state(dialog) == SIP_DIALOG_NEW);
	KTAP_CHECK(!sip_dialog_cseq(dialog) && !sip_dialog_remote_tag(dialog).n);
	KTAP_CHECK(sip_dialog_request(dialog, &request));
	text = newest();
	KTAP_CHECK(!strncmp(text, "INVITE sip:bob@198.51.100.7 SIP/2.0\r\n", 37));
	KTAP_CHECK(is(routes(text), "<sip:198.51.100.50;lr>"));
	KTAP_CHECK(is(fake_header(text, "Max-Forwards"), "42"));
	KTAP_CHECK(!strncmp(fake_header(text, "From"),
			    "\"Ann\" <sip:ann@192.0.2.1>;tag=", 30));
	KTAP_CHECK(strlen(fake_param(fake_header(text, "From"), "tag")) == SIP_TAG_LEN);
	KTAP_CHECK(is(fake_header(text, "To"), "<sip:bob@198.51.100.7>"));
	KTAP_CHECK(strlen(fake_header(text, "Call-ID")) == SIP_TAG_LEN);
	KTAP_CHECK(is(fake_header(text, "Contact"), "<sip:ann@192.0.2.1:5060>"));
	KTAP_CHECK(is(fake_header(text, "X-A"), "1") &&
		   is(fake_header(text, "Supported"), "timer"));
	KTAP_CHECK(is(fake_header(text, "Content-Type"), "application/sdp") &&
		   is(fake_header(text, "Content-Length"), "5"));
	KTAP_CHECK((uint32_t)atoi(fake_header(text, "CSeq")) == sip_dialog_cseq(dialog));
	sip_dialog_close(dialog);
	return end();
}

static bool test_uac_refuses(void)
{
	static const struct span bad[] = {
		SPAN("<sip:a@b>\r\nX: y"), SPAN("<sip:a@b"), SPAN("*"), SPAN(""),
	};
	size_t i;

	begin();
	for (i = 0; i < 4; i++) {
		uac_conf();
		conf.local = bad[i];
		KTAP_CHECK(!sip_dialog_uac_new(dialogs, &conf));
	}
	uac_conf();
	conf.target = SPAN("tel:+123");
	KTAP_CHECK(!sip_dialog_uac_new(dialogs, &conf));
	uac_conf();
	conf.call_id = SPAN("a\nb");
	KTAP_CHECK(!sip_dialog_uac_new(dialogs, &conf));
	uac_conf();
	conf.contact = SPAN("<sip:a@b>");
	KTAP_CHECK(!sip_dialog_uac_new(dialogs, &conf));
	sip_dialog_close(NULL);
	return end();
}

static bool test_uac_up(void)
{
	struct sip_dialog *dialog;
	char *ack;

	begin();
	dialog = ask();
	respond(invite, 100, NULL, NULL);
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_NEW);
	respond(invite, 180, NULL, NULL);	/* without a tag: no dialog */
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_NEW);
	respond(invite, 180, "b", CONTACT("sip:b1@198.51.100.7"));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_EARLY &&
		   span_is(sip_dialog_remote_tag(dialog), "b"));
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:b1@198.51.100.7"));
	KTAP_CHECK(sip_dialog_ack(dialog, none, none, none) == -EINVAL);
	respond(invite, 200, "b", CONTACT("sip:b2@198.51.100.7"));
	KTAP_CHECK(was_told("100 180 180 200") && spoke == dialog);
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	/* again before the user has acknowledged: he has it */
	respond(invite, 200, "b", CONTACT("sip:b2@198.51.100.7"));
	KTAP_CHECK(was_told("") && is(sent(), ""));
	KTAP_CHECK(!sip_dialog_ack(dialog, SPAN("X-A: 1\r\n"), SPAN("text/plain"),
				   SPAN("hi")));
	ack = strdup(newest());
	KTAP_CHECK(!strncmp(ack, "ACK sip:b2@198.51.100.7 SIP/2.0\r\n", 33));
	KTAP_CHECK(is(fake_param(fake_header(ack, "To"), "tag"), "b") &&
		   is(fake_header(ack, "X-A"), "1") && strstr(ack, "\r\n\r\nhi"));
	KTAP_CHECK((uint32_t)atoi(fake_header(ack, "CSeq")) == sip_dialog_cseq(dialog) &&
		   strstr(fake_header(ack, "CSeq"), " ACK"));
	KTAP_CHECK(strcmp(fake_param(fake_header(ack, "Via"), "branch"),
			  fake_param(fake_header(invite, "Via"), "branch")));
	KTAP_CHECK(is(fake_header(ack, "From"), fake_header(invite, "From")));
	/* for each copy the same ACK; a late 180 is nobody's */
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(is(newest(), ack));
	respond(invite, 180, "b", BOB);
	KTAP_CHECK(was_told("") && is(sent(), ""));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	free(ack);
	sip_dialog_bye(dialog, none);
	return end();
}

static bool test_uas_up(void)
{
	struct sip_dialog *dialog;
	const char *text;

	begin();
	dialog = uas_with("Record-Route: <sip:198.51.100.8;lr>\r\n" BOB);
	KTAP_CHECK(dialog && sip_dialog_state(dialog) == SIP_DIALOG_NEW);
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_THEIRS);
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 180));
	text = newest();
	KTAP_CHECK(is(fake_header(text, "Contact"), "<sip:ann@192.0.2.1:5060>"));
	KTAP_CHECK(is(fake_header(text, "Record-Route"), "<sip:198.51.100.8;lr>"));
	KTAP_CHECK(span_is(sip_dialog_local_tag(dialog),
			   fake_param(fake_header(text, "To"), "tag")));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_EARLY);
	KTAP_CHECK(!sip_dialog_answer(dialog, call_tx, 200));
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_THEIRS);
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(was_told("acked10"));
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_IDLE);
	fake_drain();
	/* it is for us to ask now */
	KTAP_CHECK(send_request(dialog, "INFO"));
	text = newest();
	KTAP_CHECK(!strncmp(text, "INFO sip:bob@198.51.100.7 SIP/2.0\r\n", 35));
	KTAP_CHECK(is(fake_param(fake_header(text, "To"), "tag"), "b") &&
		   is(routes(text), "<sip:198.51.100.8;lr>"));
	KTAP_CHECK(!*fake_header(text, "Contact"));
	respond(text, 200, NULL, NULL);
	KTAP_CHECK(was_told("200"));
	sip_dialog_bye(dialog, SPAN("Reason: Q.850;cause=16\r\n"));
	text = newest();
	KTAP_CHECK(!strncmp(text, "BYE sip:bob@", 12) &&
		   is(fake_header(text, "Reason"), "Q.850;cause=16"));
	respond(text, 200, NULL, NULL);
	return end();
}

/* What a dialog cannot begin with. */
static bool test_uas_refuses(void)
{
	static const char *const bad[] = {
		"", "Contact: *\r\n", CONTACT("tel:+123"), CONTACT("mailto:a@b"),
		BOB CONTACT("sip:c@198.51.100.7"), "Contact: <sip:\x0f@1.2.3.4>\r\n",
		BOB "Record-Route: <tel:+123>\r\n", BOB "Record-Route: x y z\r\n",
	};
	size_t i;

	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		if (!call_in(bad[i]))
			continue;	/* refused before there was a transaction */
		KTAP_CHECK(!sip_dialog_uas_new(dialogs, call_tx, &conf));
		KTAP_CHECK(errno == EINVAL);
		sip_tx_answer(call_tx, 400);
	}
	KTAP_CHECK(!counts()->live);
	return end();
}

/* --------------------------------------------------------------------- several of one */

static bool test_forks(void)
{
	struct sip_dialog *one, *two;
	const char *text;

	begin();
	one = ask();
	respond(invite, 183, "b1", CONTACT("sip:b1@198.51.100.7"));
	KTAP_CHECK(was_told("183") && spoke == one);
	respond(invite, 183, "b2", CONTACT("sip:b2@198.51.100.7")
		"Record-Route: <sip:198.51.100.8;lr>\r\n");
	two = fork_got;
	KTAP_CHECK(was_told("fork 183") && spoke == two && two != one);
	respond(invite, 183, "b1", BOB);
	KTAP_CHECK(was_told("183") && spoke == one);
	KTAP_CHECK(span_is(sip_dialog_target(one), "sip:b1@198.51.100.7") &&
		   span_is(sip_dialog_target(two), "sip:b2@198.51.100.7"));
	/* each is a dialog of its own, with CSeqs of its own */
	KTAP_CHECK(send_request(two, "UPDATE"));
	text = newest();
	KTAP_CHECK(is(routes(text), "<sip:198.51.100.8;lr>") &&
		   is(fake_param(fake_header(text, "To"), "tag"), "b2"));
	KTAP_CHECK(sip_dialog_cseq(two) == sip_dialog_cseq(one) + 1);
	respond(text, 200, NULL, NULL);
	*told = '\0';
	THEIRS(two, "INFO", 1);
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(two, got, 200);
	THEIRS(one, "INFO", 1);
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(one, got, 200);
	fake_drain();
	/* both answer: both are told, each has its ACK */
	respond(invite, 200, "b2", CONTACT("sip:b2@198.51.100.7"));
	KTAP_CHECK(was_told("200") && spoke == two);
	sip_dialog_ack(two, none, none, none);
	KTAP_CHECK(is(fake_param(fake_header(newest(), "To"), "tag"), "b2"));
	respond(invite, 200, "b1", CONTACT("sip:b1@198.51.100.7"));
	KTAP_CHECK(was_told("200") && spoke == one);
	sip_dialog_bye(one, none);
	KTAP_CHECK(is(sent(), "ACK BYE"));
	respond(invite, 200, "b1", BOB);
	KTAP_CHECK(is(sent(), "ACK"));
	respond(invite, 200, "b2", BOB);
	KTAP_CHECK(is(fake_param(fake_header(newest(), "To"), "tag"), "b2"));
	/* a third one is new, and answers at once */
	respond(invite, 200, "b3", CONTACT("sip:b3@198.51.100.7"));
	KTAP_CHECK(was_told(""));	/* who sent the INVITE is closed */
	KTAP_CHECK(is(sent(), "ACK BYE") && counts()->late_2xx == 1);
	sip_dialog_bye(two, none);
	KTAP_CHECK(is(sent(), "BYE"));
	return end();
}

static bool test_forks_refused(void)
{
	struct sip_dialog *one, *two;

	begin();
	one = ask();
	respond(invite, 183, "b1", CONTACT("sip:b1@198.51.100.7")
		"Record-Route: <sip:198.51.100.8;lr>\r\n");
	respond(invite, 183, "b2", BOB);
	two = fork_got;
	respond(invite, 486, "b2", NULL);
	KTAP_CHECK(was_told("183 fork 183 486") && is(sent(), "ACK"));
	KTAP_CHECK(sip_dialog_state(two) == SIP_DIALOG_ENDED);
	THEIRS(two, "INFO", 1);
	KTAP_CHECK(was_told("") && is(sent(), "481"));
	KTAP_CHECK(!send_request(two, "INFO") && errno == ENOTCONN);
	sip_dialog_close(two);
	/* the one that asked is as at the beginning */
	KTAP_CHECK(sip_dialog_state(one) == SIP_DIALOG_NEW &&
		   !sip_dialog_remote_tag(one).n &&
		   span_is(sip_dialog_target(one), "sip:bob@198.51.100.7"));
	KTAP_CHECK(send_request(one, "INVITE"));
	KTAP_CHECK(is(routes(newest()), ""));
	respond(last, 200, "b9", BOB);
	KTAP_CHECK(was_told("200") && spoke == one);
	sip_dialog_bye(one, none);
	return end();
}

static bool test_forks_many(void)
{
	struct sip_dialog *one;
	char tag[16];
	unsigned int i;

	begin();
	one = ask();
	for (i = 0; i < 50; i++) {
		snprintf(tag, sizeof(tag), "e%u", i);
		respond(invite, 183, tag, BOB);
		if (fork_got)
			sip_dialog_close(fork_got);
		fork_got = NULL;
	}
	KTAP_CHECK(counts()->live == 1 + SIP_DIALOG_FORKS - 5);
	KTAP_CHECK(counts()->too_many_forks == 50 - (1 + SIP_DIALOG_FORKS - 5));
	fake_drain();
	*told = '\0';
	/* who answers is acknowledged and ended, by us if the user hears of no more */
	for (i = 0; i < 93; i++) {
		snprintf(tag, sizeof(tag), "f%u", i);
		respond(invite, 200, tag, BOB);
		if (fork_got)
			sip_dialog_bye(fork_got, none);
		fork_got = NULL;
		if (i & 1)
			KTAP_CHECK(is(sent(), "ACK BYE"));
		else
			KTAP_CHECK(is(fake_param(fake_header(newest(), "To"), "tag"),
				      tag));
	}
	KTAP_CHECK(was_told("fork 200 fork 200 fork 200 fork 200"));
	KTAP_CHECK(counts()->live == 101);
	respond(invite, 200, "f92", BOB);
	KTAP_CHECK(is(sent(), "ACK"));
	/* and there is an end to that, too */
	respond(invite, 200, "f93", BOB);
	KTAP_CHECK(is(sent(), ""));
	sip_dialog_close(one);
	return end();
}

/* the end of a dialog is not looked for among the requests of all others */
static bool test_many_requests(void)
{
	enum { MANY = 20000 };
	static struct sip_dialog *list[MANY];
	clock_t before;
	int i;

	begin();
	for (i = 0; i < MANY; i++) {
		uac_conf();
		list[i] = sip_dialog_uac_new(dialogs, &conf);
		KTAP_CHECK(list[i] && send_request(list[i], "INFO"));
		fake_drain();
	}
	before = clock();
	for (i = 0; i < MANY; i++)
		sip_dialog_close(list[i]);
	KTAP_CHECK(clock() - before < CLOCKS_PER_SEC / 4);
	respond(last, 200, NULL, NULL);
	KTAP_CHECK(was_told(""));
	return end();
}

/* who has sent an INVITE may be gone before that is over, and the dialog still there */
static bool test_forget_all(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = ask();
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(!sip_dialog_ack(dialog, none, none, none));
	KTAP_CHECK(was_told("200"));
	sip_dialog_forget_all(dialog);
	KTAP_CHECK(send_request(dialog, "BYE"));
	fake_pass(40000);
	KTAP_CHECK(was_told("fail408 over"));
	sip_dialog_close(dialog);
	fake_drain();
	return end();
}

/* nor has one dialog as many as a peer likes */
static bool test_too_many_requests(void)
{
	struct sip_dialog *dialog;
	unsigned int cseq;

	begin();
	stack->config.max_per_source = 1 << 20;
	stack->config.max_bytes_per_source = 1 << 30;
	dialog = up();
	for (cseq = 100; cseq < 100 + SIP_DIALOG_REQUESTS - 1; cseq++) {
		*told = '\0';
		THEIRS(dialog, "INFO", cseq);
		KTAP_CHECK(was_told("INFO"));
		sip_dialog_answer(dialog, got, 200);
		fake_drain();
	}
	*told = '\0';
	while (counts()->too_many < 2 && cseq < 4000) {
		*told = '\0';
		fake_drain();
		THEIRS(dialog, "INFO", cseq++);
	}
	KTAP_CHECK(was_told("") && is(sent(), "500") && cseq < 100 + SIP_DIALOG_REQUESTS + 3);
	THEIRS(dialog, "BYE", cseq);
	KTAP_CHECK(was_told("BYE"));
	sip_dialog_answer(dialog, got, 200);
	sip_dialog_close(dialog);
	return end();
}

static bool test_uas_several(void)
{
	struct sip_dialog *one, *two;
	char *first;

	begin();
	one = uas();
	two = sip_dialog_uas_new(dialogs, call_tx, &conf);
	KTAP_CHECK(one && two && !span_eq(sip_dialog_local_tag(one),
					  sip_dialog_local_tag(two)));
	sip_dialog_answer(one, call_tx, 183);
	first = strdup(newest());
	sip_dialog_answer(two, call_tx, 183);
	KTAP_CHECK(strcmp(fake_header(first, "To"), fake_header(newest(), "To")));
	free(first);
	THEIRS(two, "INFO", 11);
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(two, got, 200);
	sip_dialog_answer(two, call_tx, 486);
	KTAP_CHECK(sip_dialog_state(one) == SIP_DIALOG_ENDED &&
		   sip_dialog_state(two) == SIP_DIALOG_ENDED);
	sip_dialog_close(one);
	sip_dialog_close(two);
	return end();
}

/* -------------------------------------------------------- asking again, and elsewhere */

static bool test_again(void)
{
	struct sip_dialog *dialog;
	uint32_t cseq;

	begin();
	uac_conf();
	conf.call_id = SPAN("kept");
	conf.tag = SPAN("mine");
	conf.cseq = 7;
	dialog = sip_dialog_uac_new(dialogs, &conf);
	send_request(dialog, "INVITE");
	KTAP_CHECK(is(fake_header(newest(), "CSeq"), "7 INVITE"));
	KTAP_CHECK(!send_request(dialog, "INVITE") && errno == EBUSY);
	respond(last, 401, "x", NULL);
	KTAP_CHECK(was_told("401") && is(sent(), "ACK"));
	KTAP_CHECK(send_request(dialog, "INVITE"));	/* RFC 3261 22.2 */
	KTAP_CHECK(is(fake_header(newest(), "CSeq"), "8 INVITE") &&
		   is(fake_header(last, "Call-ID"), "kept") &&
		   is(fake_param(fake_header(last, "From"), "tag"), "mine") &&
		   is(fake_header(last, "To"), "<sip:bob@198.51.100.7>"));
	/* nobody there: the next target */
	fake_pass(32000);
	KTAP_CHECK(was_told("over fail408 over"));
	cseq = sip_dialog_cseq(dialog);
	KTAP_CHECK(!sip_dialog_move(dialog, &tcp.flow, SPAN("sip:ann@192.0.2.9"),
				    SPAN("sip:bob@198.51.100.8")));
	KTAP_CHECK(send_request(dialog, "INVITE"));
	KTAP_CHECK(strstr(newest(), "Via: SIP/2.0/TCP") &&
		   !strncmp(last, "INVITE sip:bob@198.51.100.8 ", 28) &&
		   is(fake_header(last, "Contact"), "<sip:ann@192.0.2.9>"));
	KTAP_CHECK(sip_dialog_cseq(dialog) == cseq + 1);
	flow = &tcp;
	respond(last, 183, "b", BOB);
	KTAP_CHECK(sip_dialog_move(dialog, &udp.flow, none, none) == -EINVAL);
	sip_dialog_bye(dialog, SPAN("Reason: SIP;cause=486\r\n"));
	KTAP_CHECK(!strncmp(newest(), "CANCEL ", 7) &&
		   is(fake_header(last, "Reason"), "SIP;cause=486"));
	return end();
}

/* it rings for longer than the one before, which was refused, is remembered: timer D */
static bool test_again_rings(void)
{
	struct sip_dialog *dialog;
	char *again;

	begin();
	dialog = ask();
	respond(invite, 401, "x", NULL);
	fake_pass(100);
	KTAP_CHECK(send_request(dialog, "INVITE"));
	again = strdup(newest());
	respond(again, 180, "b", BOB);
	fake_pass(40000);
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_EARLY);
	*told = '\0';
	respond(again, 200, "b", BOB);
	KTAP_CHECK(was_told("200") && sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	fake_drain();
	KTAP_CHECK(!sip_dialog_ack(dialog, none, none, none) && is(sent(), "ACK"));
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(!strncmp(newest(), "BYE ", 4));
	free(again);
	return end();
}

/* ------------------------------------------------------------------------------ CSeq */

static bool test_cseq(void)
{
	struct sip_dialog *dialog;
	uint32_t cseq;

	begin();
	dialog = up();
	cseq = sip_dialog_cseq(dialog);
	THEIRS(dialog, "INFO", 5, .branch = "z9hG4bKsame");
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(dialog, got, 200);
	KTAP_CHECK(is(sent(), "200"));
	THEIRS(dialog, "INFO", 5, .branch = "z9hG4bKsame");	/* a copy */
	KTAP_CHECK(was_told("") && is(sent(), "200"));
	THEIRS(dialog, "INFO", 5);	/* no copy: the branch differs */
	KTAP_CHECK(was_told("") && is(sent(), "500"));
	THEIRS(dialog, "INFO", 4);
	KTAP_CHECK(was_told("") && is(sent(), "500") && counts()->disorder == 2);
	THEIRS(dialog, "INFO", 4711);	/* a gap is none of our business */
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(dialog, got, 481);
	THEIRS(dialog, "INFO", 4711);
	KTAP_CHECK(was_told(""));
	fake_drain();
	send_request(dialog, "INFO");
	KTAP_CHECK(sip_dialog_cseq(dialog) == cseq + 1);
	/* 481 and 408 to an INFO end the INFO */
	respond(newest(), 481, NULL, NULL);
	KTAP_CHECK(was_told("481") && sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	send_request(dialog, "INFO");
	KTAP_CHECK(sip_dialog_cseq(dialog) == cseq + 2);
	fake_pass(32000);
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	sip_dialog_bye(dialog, none);
	return end();
}

/* --------------------------------------------------------------------------- finding */

static bool test_unknown(void)
{
	struct sip_dialog *dialog;
	static int other_realm;

	begin();
	dialog = up();
	THEIRS(dialog, "BYE", 5, .from_tag = "x");
	THEIRS(dialog, "BYE", 5, .to_tag = "x");
	KTAP_CHECK(was_told("") && is(sent(), "481 481") && counts()->unknown == 2);
	udp.listener.realm = &other_realm;
	THEIRS(dialog, "BYE", 5);
	udp.listener.realm = &realm;
	KTAP_CHECK(was_told("") && is(sent(), "481"));
	THEIRS(dialog, "ACK", 5, .to_tag = "x");
	THEIRS(dialog, "ACK", 5);
	KTAP_CHECK(was_told("") && is(sent(), "") && counts()->stray_ack == 2);
	THEIRS(dialog, "OPTIONS", 5, .to_tag = "");
	KTAP_CHECK(sip_dialog_find(dialogs, &realm, sip_dialog_call_id(dialog),
				   sip_dialog_local_tag(dialog), SPAN("b")) == dialog);
	KTAP_CHECK(!sip_dialog_find(dialogs, &realm, sip_dialog_call_id(dialog),
				    sip_dialog_local_tag(dialog), SPAN("x")));
	KTAP_CHECK(!sip_dialog_find(dialogs, &other_realm, sip_dialog_call_id(dialog),
				    sip_dialog_local_tag(dialog), SPAN("b")));
	fake_drain();
	/* BYEs cross: theirs is right too; anything else is too late */
	send_request(dialog, "BYE");
	KTAP_CHECK(sip_dialog_state(dialog) == SIP_DIALOG_ENDED && is(sent(), "BYE"));
	THEIRS(dialog, "BYE", 6);
	THEIRS(dialog, "INFO", 7);
	KTAP_CHECK(is(sent(), "200 481"));
	/* a challenge to the BYE can be answered */
	KTAP_CHECK(!send_request(dialog, "INFO") && errno == ENOTCONN);
	KTAP_CHECK(send_request(dialog, "BYE"));
	sip_dialog_close(dialog);
	return end();
}

static bool test_outside(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = up();
	receive("OPTIONS sip:ann@192.0.2.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKout\r\nMax-Forwards: 70\r\n"
		"From: <sip:bob@198.51.100.7>;tag=b\r\nTo: <sip:ann@192.0.2.1>\r\n"
		"Call-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
	KTAP_CHECK(was_told("outside") && is(sent(), ""));
	sip_dialog_bye(dialog, none);
	/* before anybody has answered there is no dialog that a BYE could end */
	dialog = ask();
	THEIRS(dialog, "BYE", 1, .from_tag = "any");
	KTAP_CHECK(was_told("") && counts()->unknown == 1);
	sip_dialog_close(dialog);
	return end();
}

/* --------------------------------------------------------------------- what is refused */

static bool test_require(void)
{
	struct sip_dialog *dialog;
	const char *text;
	struct sip_msg *msg;

	begin();
	dialog = up();
	THEIRS(dialog, "INVITE", 5, .extra = BOB "Require: 100rel, timer, foo\r\n");
	KTAP_CHECK(was_told("refused420"));
	text = newest();
	KTAP_CHECK(!strncmp(text, "SIP/2.0 420", 11));
	KTAP_CHECK(strstr(fake_header(text, "Unsupported"), "100rel") &&
		   strstr(fake_header(text, "Unsupported"), "foo") &&
		   !strstr(fake_header(text, "Unsupported"), "timer"));
	KTAP_CHECK(counts()->require == 1);
	THEIRS(dialog, "INVITE", 6, .extra = BOB "Require: timer\r\n");
	KTAP_CHECK(was_told("INVITE"));
	sip_dialog_answer(dialog, got, 488);
	sip_dialog_bye(dialog, none);
	fake_drain();
	/* out of a dialog */
	KTAP_CHECK(call_in(BOB "Require: 100rel\r\n"));
	msg = sip_tx_request(call_tx);
	KTAP_CHECK(!sip_require_ok(stack, &udp.flow, msg, supported));
	text = newest();
	KTAP_CHECK(!strncmp(text, "SIP/2.0 420", 11) &&
		   is(fake_header(text, "Unsupported"), "100rel"));
	KTAP_CHECK(!sip_require_ok(stack, &udp.flow, msg, NULL));
	sip_tx_answer(call_tx, 420);
	call_in(BOB "Require: replaces\r\n");
	KTAP_CHECK(sip_require_ok(stack, &udp.flow, sip_tx_request(call_tx), supported));
	sip_tx_answer(call_tx, 480);
	return end();
}

static bool test_contact_refused(void)
{
	static const char *const bad[] = {
		"Contact: *\r\n", CONTACT("tel:+123"), BOB BOB,
		"Contact: <sip:x\x0f@1.2.3.4>\r\n",
	};
	struct sip_dialog *dialog;
	unsigned int cseq = 1, i;

	begin();
	dialog = up();
	for (i = 0; i < 4; i++) {
		THEIRS(dialog, "UPDATE", cseq++, .extra = bad[i]);
		THEIRS(dialog, "INVITE", cseq++, .extra = bad[i]);
		KTAP_CHECK(was_told("refused400 refused400") && is(sent(), "400 400"));
	}
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:bob@198.51.100.7"));
	/* none at all: nothing to refresh */
	THEIRS(dialog, "UPDATE", cseq++);
	KTAP_CHECK(was_told("UPDATE"));
	sip_dialog_answer(dialog, got, 200);
	sip_dialog_bye(dialog, none);
	/* of a callee: the call goes on to where it went */
	dialog = ask();
	respond(invite, 200, "b", "Contact: *\r\n");
	KTAP_CHECK(was_told("200"));
	sip_dialog_ack(dialog, none, none, none);
	KTAP_CHECK(!strncmp(newest(), "ACK sip:bob@198.51.100.7 ", 25));
	sip_dialog_bye(dialog, none);
	return end();
}

static bool test_glare(void)
{
	struct sip_dialog *dialog;
	const char *text;

	begin();
	dialog = up();
	/* ours is pending: 491 (RFC 3261 14.2) */
	KTAP_CHECK(send_request(dialog, "INVITE"));
	free(invite);
	invite = strdup(newest());
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_OURS);
	KTAP_CHECK(!send_request(dialog, "INVITE") && errno == EBUSY);
	THEIRS(dialog, "INVITE", 5, .extra = BOB);
	KTAP_CHECK(was_told("refused491") && is(sent(), "491"));
	THEIRS(dialog, "INFO", 6);	/* no INVITE, no glare */
	KTAP_CHECK(was_told("INFO"));
	sip_dialog_answer(dialog, got, 200);
	fake_drain();
	respond(invite, 488, NULL, NULL);
	KTAP_CHECK(was_told("488") && sip_dialog_busy(dialog) == SIP_DIALOG_IDLE);
	fake_drain();
	/* theirs is pending: another of theirs gets 500 with Retry-After, ours waits */
	THEIRS(dialog, "INVITE", 7, .extra = BOB, .branch = "z9hG4bKfirst");
	KTAP_CHECK(was_told("INVITE"));
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_THEIRS);
	KTAP_CHECK(!send_request(dialog, "INVITE") && errno == EBUSY);
	THEIRS(dialog, "INVITE", 8, .extra = BOB);
	text = newest();
	KTAP_CHECK(was_told("refused500") && !strncmp(text, "SIP/2.0 500", 11) &&
		   *fake_header(text, "Retry-After"));
	KTAP_CHECK(counts()->glare == 2);
	/* it has its 2xx and we no ACK: who sends another has the 2xx */
	sip_dialog_answer(dialog, got, 200);
	KTAP_CHECK(sip_dialog_busy(dialog) == SIP_DIALOG_BUSY_THEIRS);
	THEIRS(dialog, "INVITE", 9, .extra = BOB);
	KTAP_CHECK(was_told("INVITE"));
	sip_dialog_answer(dialog, got, 200);
	THEIRS(dialog, "ACK", 9);
	KTAP_CHECK(was_told("acked9"));
	THEIRS(dialog, "ACK", 7);
	KTAP_CHECK(was_told("acked7"));
	THEIRS(dialog, "ACK", 7);
	KTAP_CHECK(was_told("") && sip_dialog_busy(dialog) == SIP_DIALOG_IDLE);
	sip_dialog_bye(dialog, none);
	return end();
}

/* ---------------------------------------------------------- SUBSCRIBE (RFC 6665) */

#define N1	CONTACT("sip:n1@198.51.100.7")
#define N2	CONTACT("sip:n2@198.51.100.7")
#define NOTIFY(from, c, contact) \
	THEIRS(dialog, "NOTIFY", c, .from_tag = from, .extra = contact)

static struct sip_dialog *subscribe(char **text)
{
	struct sip_dialog *dialog = uac();

	if (!dialog || !send_request(dialog, "SUBSCRIBE"))
		return NULL;
	*text = strdup(newest());
	return dialog;
}

static bool test_notify_first(void)
{
	struct sip_dialog *dialog;
	char *text;

	begin();
	dialog = subscribe(&text);
	NOTIFY("n1", 7, "");		/* nothing can be sent there */
	KTAP_CHECK(was_told("") && is(sent(), "481"));
	NOTIFY("n1", 8, N1 "Record-Route: <sip:r1@198.51.100.7;lr>, <sip:r2@198.51.100.7;lr>\r\n");
	KTAP_CHECK(was_told("NOTIFY") && sip_dialog_state(dialog) == SIP_DIALOG_CONFIRMED);
	sip_dialog_answer(dialog, got, 200);
	KTAP_CHECK(is(sent(), "200"));
	respond(text, 200, "n1", CONTACT("sip:n1@198.51.100.7:5070"));
	KTAP_CHECK(was_told("200") &&
		   span_is(sip_dialog_target(dialog), "sip:n1@198.51.100.7:5070"));
	KTAP_CHECK(send_request(dialog, "SUBSCRIBE"));
	KTAP_CHECK(is(routes(newest()), "<sip:r1@198.51.100.7;lr>, <sip:r2@198.51.100.7;lr>"));
	NOTIFY("n1", 8, N1);		/* it has been heard */
	KTAP_CHECK(is(sent(), "500"));
	sip_dialog_close(dialog);
	free(text);
	return end();
}

static bool test_notifiers(void)
{
	struct sip_dialog *dialog, *two, *copy;
	char *text;

	begin();
	dialog = subscribe(&text);
	NOTIFY("n1", 5, N1);
	sip_dialog_answer(dialog, got, 200);
	/* the one 2xx is another's */
	respond(text, 200, "n2", N2);
	KTAP_CHECK(was_told("NOTIFY 200") &&
		   span_is(sip_dialog_target(dialog), "sip:n1@198.51.100.7"));
	NOTIFY("n2", 3, N2);
	two = fork_got;
	KTAP_CHECK(was_told("fork NOTIFY") && two != dialog &&
		   span_is(sip_dialog_target(two), "sip:n2@198.51.100.7") &&
		   span_is(sip_dialog_remote_tag(two), "n2"));
	sip_dialog_answer(two, got, 200);
	NOTIFY("n2", 4, N2);
	KTAP_CHECK(was_told("NOTIFY"));
	sip_dialog_answer(two, got, 200);
	fake_drain();
	fork_unwanted = true;
	NOTIFY("n3", 1, N2);
	KTAP_CHECK(was_told("fork") && is(sent(), "481"));
	/* whoever subscribed for it gets another dialog as well */
	copy = sip_dialog_copy(dialog, NULL);
	KTAP_CHECK(copy && span_is(sip_dialog_remote_tag(copy), "n1") &&
		   !span_eq(sip_dialog_local_tag(copy), sip_dialog_local_tag(dialog)));
	THEIRS(copy, "NOTIFY", 5, .extra = N1);
	KTAP_CHECK(is(sent(), "500"));	/* it knows what was heard */
	THEIRS(copy, "NOTIFY", 6, .extra = N1);
	KTAP_CHECK(was_told("NOTIFY"));
	sip_dialog_close(copy);
	/* they come to the one that began it alone */
	KTAP_CHECK(send_request(two, "SUBSCRIBE"));
	sip_dialog_close(dialog);
	NOTIFY("n4", 1, N2);
	KTAP_CHECK(was_told("") && strstr(newest(), "481"));
	sip_dialog_close(two);
	free(text);
	return end();
}

static bool test_no_notifier(void)
{
	struct sip_dialog *dialog;
	char *text;

	/* who was refused is not notified */
	begin();
	dialog = subscribe(&text);
	respond(text, 403, "n1", NULL);
	KTAP_CHECK(was_told("403") && !sip_dialog_copy(dialog, NULL));
	fake_pass(40000);
	fake_drain();
	*told = '\0';
	NOTIFY("n1", 5, N1);
	KTAP_CHECK(was_told("") && is(sent(), "481"));
	sip_dialog_close(dialog);
	free(text);
	KTAP_CHECK(end());
	/* nor does a NOTIFY make a dialog of a call */
	begin();
	dialog = ask();
	NOTIFY("n1", 5, N1);
	respond(invite, 183, "b1", BOB);
	NOTIFY("n1", 6, N1);
	KTAP_CHECK(was_told("183") && is(sent(), "481 481"));
	respond(invite, 486, "b1", NULL);
	sip_dialog_close(dialog);
	return end();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "what the first INVITE says", test_uac_says },
		{ "texts that are refused", test_uac_refuses },
		{ "a call of ours, its ACK and its copies", test_uac_up },
		{ "a call of theirs", test_uas_up },
		{ "requests that no dialog can begin with", test_uas_refuses },
		{ "forks", test_forks },
		{ "forks that are refused", test_forks_refused },
		{ "forks without end", test_forks_many },
		{ "an end costs the same however many requests there are", test_many_requests },
		{ "requests whose user goes before they are over", test_forget_all },
		{ "a dialog has so many requests", test_too_many_requests },
		{ "several dialogs of one INVITE of theirs", test_uas_several },
		{ "the same request again, and elsewhere", test_again },
		{ "INVITE again: it rings for long", test_again_rings },
		{ "CSeq", test_cseq },
		{ "requests for no dialog, or one that has ended", test_unknown },
		{ "requests outside of dialogs", test_outside },
		{ "Require", test_require },
		{ "Contacts that nothing can be sent to", test_contact_refused },
		{ "INVITEs that meet", test_glare },
		{ "a NOTIFY is here before the 2xx", test_notify_first },
		{ "several notifiers of one SUBSCRIBE", test_notifiers },
		{ "a NOTIFY that nobody has asked for", test_no_notifier },
	};
	int ret = KTAP_RUN(points);

	free(last);
	free(invite);
	return ret;
}
