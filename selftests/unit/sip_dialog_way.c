// SPDX-License-Identifier: GPL-2.0
/*
 * Dialogs: the way of a request (route set, target, flow) and what is owed at the end
 * (2xx repeated until their ACK, ACKs of what comes late, BYEs that must wait).
 */
#include "sip_dialog_user.h"

/* ---------------------------------------------------------------------- route sets */

#define RR	"Record-Route: <sip:198.51.100.8;lr>, <sip:198.51.100.9:5070;lr>\r\n"

static bool test_loose(void)
{
	struct sip_dialog *dialog;
	const char *text;

	begin();
	/* of a callee's answer the last one is the nearest: RFC 3261 12.1.2 */
	dialog = up_with(RR CONTACT("sip:bob@10.1.1.1"));
	send_request(dialog, "INFO");
	text = newest();
	KTAP_CHECK(!strncmp(text, "INFO sip:bob@10.1.1.1 SIP/2.0\r\n", 31));
	KTAP_CHECK(is(routes(text), "<sip:198.51.100.9:5070;lr>, <sip:198.51.100.8;lr>"));
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(routes(newest()), "<sip:198.51.100.9:5070;lr>, "
		      "<sip:198.51.100.8;lr>"));
	/* of a caller's request the first one: 12.1.1 */
	dialog = uas_with(RR CONTACT("sip:bob@10.1.1.1"));
	sip_dialog_answer(dialog, call_tx, 200);
	THEIRS(dialog, "ACK", 10);
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(routes(newest()), "<sip:198.51.100.8;lr>, "
		      "<sip:198.51.100.9:5070;lr>"));
	return end();
}

static bool test_strict(void)
{
	struct sip_dialog *dialog;
	const char *text;

	begin();
	/* 12.2.1.1 and 16.12.1.2: the strict router in the Request-URI, without what
	 * may not stand there, the target at the end
	 */
	dialog = up_with("Record-Route: <sip:198.51.100.8;lr>\r\n"
			 "Record-Route: <sip:198.51.100.9?X=y>\r\n"
			 CONTACT("sip:bob@10.1.1.1;transport=tcp"));
	send_request(dialog, "INFO");
	text = newest();
	KTAP_CHECK(!strncmp(text, "INFO sip:198.51.100.9 SIP/2.0\r\n", 31));
	KTAP_CHECK(is(routes(text),
		      "<sip:198.51.100.8;lr>, <sip:bob@10.1.1.1;transport=tcp>"));
	sip_dialog_bye(dialog, none);
	return end();
}

static bool test_routes_of_2xx(void)
{
	struct sip_dialog *dialog;

	begin();
	/* 13.2.2.4: computed anew from the 2xx, for the early dialog too */
	dialog = ask();
	respond(invite, 180, "b", "Record-Route: <sip:198.51.100.8;lr>\r\n" BOB);
	respond(invite, 200, "b", "Record-Route: <sip:198.51.100.9;lr>\r\n"
		CONTACT("sip:b2@198.51.100.7"));
	sip_dialog_ack(dialog, none, none, none);
	KTAP_CHECK(!strncmp(newest(), "ACK sip:b2@198.51.100.7 ", 24) &&
		   is(routes(last), "<sip:198.51.100.9;lr>"));
	/* but never from that of a re-INVITE (12.2.1.2) */
	send_request(dialog, "INVITE");
	respond(newest(), 200, NULL, "Record-Route: <sip:198.51.100.66;lr>\r\n"
		CONTACT("sip:b3@198.51.100.7"));
	sip_dialog_ack(dialog, none, none, none);
	KTAP_CHECK(!strncmp(newest(), "ACK sip:b3@198.51.100.7 ", 24) &&
		   is(routes(last), "<sip:198.51.100.9;lr>"));
	sip_dialog_bye(dialog, none);
	/* nonsense does not cost the call */
	dialog = ask();
	respond(invite, 200, "b", "Record-Route: <tel:+123>\r\n" BOB);
	sip_dialog_bye(dialog, none);
	return end();
}

/* ---------------------------------------------------------------------------- target */

/* RFC 6141: only what was accepted has moved anything. */
static bool test_refresh(void)
{
	static const unsigned int refusals[] = { 488, 491, 500, 401 };
	struct sip_dialog *dialog;
	unsigned int cseq = 20, i;

	begin();
	dialog = up();
	for (i = 0; i < 4; i++) {
		THEIRS(dialog, i % 2 ? "INVITE" : "UPDATE", cseq++,
		       .extra = CONTACT("sip:new@198.51.100.7"));
		KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:bob@198.51.100.7"));
		sip_dialog_answer(dialog, got, 183);
		sip_dialog_answer(dialog, got, refusals[i]);
		KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:bob@198.51.100.7"));
	}
	/* what refreshes nothing, accepted */
	THEIRS(dialog, "INFO", cseq++, .extra = CONTACT("sip:new@198.51.100.7"));
	sip_dialog_answer(dialog, got, 200);
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:bob@198.51.100.7"));
	THEIRS(dialog, "UPDATE", cseq++, .extra = CONTACT("sip:new@198.51.100.7?a=b"));
	sip_dialog_answer(dialog, got, 200);
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:new@198.51.100.7"));
	/* ours: 2xx only, and only to what refreshes */
	fake_drain();
	send_request(dialog, "UPDATE");
	respond(newest(), 488, NULL, CONTACT("sip:x@198.51.100.7"));
	send_request(dialog, "INFO");
	respond(newest(), 200, NULL, CONTACT("sip:x@198.51.100.7"));
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:new@198.51.100.7"));
	send_request(dialog, "UPDATE");
	respond(newest(), 200, NULL, CONTACT("sip:x@198.51.100.7"));
	KTAP_CHECK(span_is(sip_dialog_target(dialog), "sip:x@198.51.100.7"));
	sip_dialog_bye(dialog, none);
	return end();
}

/* A phone behind a proxy that stays in the way: its private Contact is the proxy's
 * business, in mid-call as well.
 */
static bool test_refresh_behind_proxy(void)
{
	struct sip_dialog *dialog;

	begin();
	conf.policy = &nat_policy;
	dialog = uas_with("Record-Route: <sip:198.51.100.7;lr>\r\n"
			  CONTACT("sip:bob@10.9.9.9"));
	sip_dialog_answer(dialog, call_tx, 200);
	THEIRS(dialog, "ACK", 10);
	THEIRS(dialog, "INVITE", 11, .extra = CONTACT("sip:bob@10.9.9.9"));
	sip_dialog_answer(dialog, got, 200);
	THEIRS(dialog, "ACK", 11);
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(!strncmp(newest(), "BYE sip:bob@10.9.9.9 ", 21) &&
		   is(routes(last), "<sip:198.51.100.7;lr>"));
	return end();
}

/* ------------------------------------------------------------------------------ flow */

/* Where does a request go that is for @uri? 'f' the dialog's flow, 'p' the policy's. */
static char way(const struct sip_dialog_policy *rules, const char *uri)
{
	struct sip_dialog *dialog;
	struct fake_sent *info;
	char contact[256];
	char by = '?';

	snprintf(contact, sizeof(contact), "Contact: <%s>\r\n", uri);
	uac_conf();
	conf.policy = rules;
	dialog = sip_dialog_uac_new(dialogs, &conf);
	send_request(dialog, "INVITE");
	free(invite);
	invite = strdup(newest());
	respond(invite, 200, "b", contact);
	sip_dialog_ack(dialog, none, none, none);
	fake_drain();
	n_asked = n_flows = 0;
	send_request(dialog, "INFO");
	STAILQ_FOREACH(info, &fake_sent, entry)
		by = info->flow == flow ? 'f' : info->flow == &far ? 'p' : '?';
	sip_dialog_close(dialog);
	return by;
}

static bool test_way_datagram(void)
{
	begin();
	may_answer = true;
	/* where the flow leads */
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.7") == 'f' && !n_asked);
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.7:5060;transport=udp") == 'f');
	/* elsewhere */
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.7:5070") == 'p' && n_flows == 1);
	KTAP_CHECK(asked.addr.port == 5070 && asked.proto == SIP_PROTO_UDP);
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.20") == 'p' &&
		   asked.addr.port == 5060);
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.20;transport=tcp") == 'p' &&
		   asked.proto == SIP_PROTO_TCP && asked.addr.port == 5060);
	KTAP_CHECK(way(&policy, "sips:bob@198.51.100.20") == 'p' &&
		   asked.proto == SIP_PROTO_TLS && asked.addr.port == 5061);
	KTAP_CHECK(way(&policy, "sip:bob@[2001:db8::7]") == 'p' &&
		   asked.addr.family == AF_INET6);
	KTAP_CHECK(way(&policy, "sip:bob@10.1.1.1") == 'p');
	/* nobody looks up names of strangers; maddr is not followed */
	n_asked = 0;
	KTAP_CHECK(way(&policy, "sip:bob@phone.example.com") == 'f' && !n_asked);
	KTAP_CHECK(way(&policy, "sip:bob@phone.example.com;maddr=198.51.100.66") == 'f' &&
		   !n_asked);
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.20;transport=sctp") == 'f' && !n_asked);
	/* confined: the policy says no, or there is none */
	may_answer = false;
	KTAP_CHECK(way(&policy, "sip:x@198.51.100.2:6379;transport=tcp") == 'f' &&
		   n_asked == 1 && !n_flows && counts()->confined);
	KTAP_CHECK(way(NULL, "sip:x@198.51.100.2:6379;transport=tcp") == 'f' && !n_asked);
	return end();
}

static bool test_way_nat(void)
{
	static const char *const hidden[] = {
		"sip:bob@10.1.1.1", "sip:bob@172.16.0.1:5070", "sip:bob@172.31.255.1",
		"sip:bob@192.168.1.5;transport=tcp", "sip:bob@100.64.0.1",
		"sip:bob@169.254.1.1", "sip:bob@127.0.0.1", "sip:bob@[fd00::1]",
		"sip:bob@[fe80::1]", "sip:bob@0.0.0.0",
		/* the phone knows its public address, not its router's port */
		"sip:bob@198.51.100.7:61000",
	};
	static const char *const open[] = {
		"sip:bob@172.32.0.1", "sip:bob@172.15.0.1", "sip:bob@100.128.0.1",
		"sip:bob@192.169.0.1", "sip:bob@11.0.0.1", "sip:bob@[2001:db8::1]",
		"sip:bob@100.63.0.1",
	};
	size_t i;

	begin();
	may_answer = true;
	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		n_asked = 0;
		KTAP_CHECK(way(&nat_policy, hidden[i]) == 'f' && !n_asked);
	}
	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		KTAP_CHECK(way(&nat_policy, open[i]) == 'p');
	return end();
}

static bool test_way_stream(void)
{
	struct sip_dialog *dialog;

	begin();
	flow = &tcp;
	may_answer = true;
	/* the other end of a connection that lives is reached by it */
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.7:5060;transport=tcp") == 'f');
	KTAP_CHECK(way(&nat_policy, "sip:bob@10.1.1.1;transport=tcp") == 'f');
	KTAP_CHECK(way(&policy, "sip:bob@198.51.100.20;transport=tcp") == 'p');
	/* when it is over, its Contact is tried, if it may be */
	dialog = up_with(CONTACT("sip:bob@198.51.100.7:5060;transport=tcp"));
	tcp.flow.conn = NULL;
	tcp.error = -ENOTCONN;
	n_flows = 0;
	send_request(dialog, "INFO");
	KTAP_CHECK(n_flows == 1 && is(sent(), "INFO"));
	may_answer = false;
	*told = '\0';
	send_request(dialog, "INFO");
	fake_pass(0);
	KTAP_CHECK(was_told("fail503 over") && is(sent(), ""));
	/* who lost it and comes back by another one is known by that at once */
	flow = &udp;
	udp.flow.proto = SIP_PROTO_TCP;
	udp.flow.conn = (struct sip_conn *)&udp;
	THEIRS(dialog, "INFO", 5);
	KTAP_CHECK(sip_dialog_flow(dialog) == &udp.flow);
	sip_dialog_answer(dialog, got, 200);
	sip_dialog_bye(dialog, none);
	return end();
}

/* A datagram source moves the dialog when what it said was accepted. */
static bool test_flow_moves(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = up();
	flow = &far;
	THEIRS(dialog, "INFO", 5);
	sip_dialog_answer(dialog, got, 200);
	THEIRS(dialog, "INVITE", 6, .extra = BOB);
	sip_dialog_answer(dialog, got, 488);
	KTAP_CHECK(sip_dialog_flow(dialog) == &udp.flow);
	THEIRS(dialog, "INVITE", 7, .extra = BOB);
	KTAP_CHECK(sip_dialog_flow(dialog) == &udp.flow);
	sip_dialog_answer(dialog, got, 200);
	THEIRS(dialog, "ACK", 7);
	KTAP_CHECK(sip_dialog_flow(dialog) == &far.flow && far.holds == 1 && !udp.holds);
	sip_dialog_bye(dialog, none);
	return end();
}

/* --------------------------------------------------------------------- 2xx and ACK */

static bool test_2xx_repeated(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 200);
	fake_pass(4000);
	KTAP_CHECK(is(sent(), "200 200 200 200"));
	THEIRS(dialog, "ACK", 9);	/* of another INVITE */
	KTAP_CHECK(was_told(""));
	THEIRS(dialog, "ACK", 10);
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(was_told("acked10"));
	fake_pass(40000);
	KTAP_CHECK(is(sent(), "") && was_told(""));
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(sent(), "BYE"));
	return end();
}

static bool test_2xx_never_acked(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 200);
	fake_pass(32000);
	KTAP_CHECK(was_told("unacked10"));
	fake_drain();
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(sent(), "BYE"));
	/* a refusal without an ACK is nobody's business */
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 486);
	fake_pass(32000);
	KTAP_CHECK(was_told(""));
	sip_dialog_close(dialog);
	return end();
}

/* RFC 3261 15: the callee sends no BYE before the ACK. */
static bool test_bye_waits(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 200);
	fake_drain();
	sip_dialog_bye(dialog, SPAN("Reason: Q.850;cause=16\r\n"));
	KTAP_CHECK(is(sent(), ""));
	fake_pass(500);
	KTAP_CHECK(is(sent(), "200"));
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(!strncmp(newest(), "BYE ", 4) &&
		   is(fake_header(last, "Reason"), "Q.850;cause=16"));
	KTAP_CHECK(was_told(""));	/* its user is gone */
	fake_pass(100000);
	fake_drain();
	/* or before the time for it is over */
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 200);
	sip_dialog_bye(dialog, none);
	fake_pass(31999);
	KTAP_CHECK(!strstr(sent(), "BYE"));
	fake_pass(1);
	KTAP_CHECK(is(sent(), "BYE"));
	/* theirs comes meanwhile: both are content */
	dialog = uas();
	sip_dialog_answer(dialog, call_tx, 200);
	THEIRS(dialog, "BYE", 11);
	KTAP_CHECK(was_told("BYE"));
	sip_dialog_answer(dialog, got, 200);
	fake_drain();
	sip_dialog_bye(dialog, none);
	THEIRS(dialog, "ACK", 10);
	KTAP_CHECK(is(sent(), ""));
	return end();
}

/* Field 25: a 2xx that comes after the BYE has its ACK, and each of its copies. */
static bool test_late_2xx(void)
{
	struct sip_dialog *dialog;
	int i;

	for (i = 0; i < 2; i++) {
		begin();
		dialog = up();
		send_request(dialog, "INVITE");
		free(invite);
		invite = strdup(newest());
		THEIRS(dialog, "BYE", 5);
		sip_dialog_answer(dialog, got, 200);
		*told = '\0';
		fake_drain();
		if (i)
			sip_dialog_close(dialog);
		respond(invite, 200, NULL, BOB);
		respond(invite, 200, NULL, BOB);
		KTAP_CHECK(is(sent(), "ACK ACK") && was_told(""));
		KTAP_CHECK(counts()->late_2xx == 1);
		if (!i)
			sip_dialog_close(dialog);
		KTAP_CHECK(end());
	}
	return true;
}

static bool test_cancelled_and_answered(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = ask();
	respond(invite, 180, "b", BOB);
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(sent(), "CANCEL") && was_told("180"));
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(is(sent(), "ACK BYE") && was_told(""));
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(is(sent(), "ACK"));
	/* nobody had answered at all: it is held, and sent */
	dialog = ask();
	sip_dialog_close(dialog);
	KTAP_CHECK(is(sent(), ""));
	respond(invite, 180, "b", BOB);
	KTAP_CHECK(is(sent(), "CANCEL"));
	respond(invite, 487, "b", NULL);
	KTAP_CHECK(is(sent(), "ACK") && was_told(""));
	return end();
}

/* The user hangs up with an ACK owed. */
static bool test_bye_without_ack(void)
{
	struct sip_dialog *dialog;

	begin();
	dialog = ask();
	respond(invite, 200, "b", BOB);
	sip_dialog_bye(dialog, none);
	KTAP_CHECK(is(sent(), "ACK BYE"));
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(is(sent(), "ACK"));
	/* or goes without a word: what comes again is acknowledged even so */
	dialog = ask();
	respond(invite, 200, "b", BOB);
	sip_dialog_close(dialog);
	respond(invite, 200, "b", BOB);
	KTAP_CHECK(is(sent(), "ACK"));
	return end();
}

static bool test_old_ack(void)
{
	struct sip_dialog *dialog;
	char *first, *second;

	begin();
	/* the copy of an old 2xx has the old ACK's number, not the new one's */
	dialog = up();
	first = strdup(invite);
	send_request(dialog, "INVITE");
	second = strdup(newest());
	respond(second, 200, NULL, BOB);
	sip_dialog_ack(dialog, none, none, none);
	KTAP_CHECK((uint32_t)atoi(fake_header(newest(), "CSeq")) ==
		   sip_dialog_cseq(dialog));
	*told = '\0';
	respond(first, 200, "b", BOB);
	KTAP_CHECK(was_told("") && atoi(fake_header(newest(), "CSeq")) ==
		   atoi(fake_header(first, "CSeq")));
	respond(second, 200, NULL, BOB);
	KTAP_CHECK(was_told("") && atoi(fake_header(newest(), "CSeq")) ==
		   atoi(fake_header(second, "CSeq")));
	free(first);
	free(second);
	sip_dialog_bye(dialog, none);
	return end();
}

static void close_it(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
		     struct sip_msg *response)
{
	tell("%u", response->status);
	sip_dialog_bye(dialog, none);
}

static void close_on_request(void *arg, struct sip_dialog *dialog, struct sip_tx *tx,
			     struct sip_msg *request)
{
	sip_dialog_answer(dialog, tx, 200);
	sip_dialog_close(dialog);
}

static void close_unacked(void *arg, struct sip_dialog *dialog, uint32_t cseq)
{
	sip_dialog_bye(dialog, none);
}

/* Users go in the middle of being told. */
static bool test_in_callbacks(void)
{
	static const struct sip_dialog_ops ops = {
		.request = close_on_request, .unacked = close_unacked };
	struct sip_dialog_request request = { .method = "INVITE", .response = close_it,
					      .over = on_over };
	struct sip_dialog *dialog;

	begin();
	dialog = uac();
	sip_dialog_request(dialog, &request);
	respond(newest(), 200, "b", BOB);
	KTAP_CHECK(was_told("200") && is(sent(), "ACK BYE"));
	dialog = uac();
	sip_dialog_request(dialog, &request);
	respond(newest(), 486, "b", BOB);
	fake_pass(40000);
	KTAP_CHECK(was_told("486"));
	dialog = up();
	sip_dialog_set_ops(dialog, &ops, NULL);
	THEIRS(dialog, "BYE", 5);
	KTAP_CHECK(is(sent(), "200"));
	dialog = uas();
	sip_dialog_set_ops(dialog, &ops, NULL);
	sip_dialog_answer(dialog, call_tx, 200);
	fake_pass(32000);
	KTAP_CHECK(!strncmp(newest(), "BYE ", 4));
	/* the table goes first, with all that is under way */
	dialog = ask();
	respond(invite, 180, "b1", BOB);
	respond(invite, 180, "b2", BOB);
	uas();
	sip_dialogs_free(dialogs);
	sip_tx_answer(call_tx, 500);
	dialogs = sip_dialogs_new(stack);
	return end();
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "loose routing, both roles", test_loose },
		{ "strict routing", test_strict },
		{ "which routes count", test_routes_of_2xx },
		{ "a target moves when that was accepted", test_refresh },
		{ "a phone behind a proxy that stays in the way",
		  test_refresh_behind_proxy },
		{ "the way of a request, datagrams", test_way_datagram },
		{ "the way of a request, NAT", test_way_nat },
		{ "the way of a request, connections", test_way_stream },
		{ "a flow moves when that was accepted", test_flow_moves },
		{ "a 2xx is repeated until its ACK", test_2xx_repeated },
		{ "a 2xx without an ACK", test_2xx_never_acked },
		{ "a BYE waits for the ACK", test_bye_waits },
		{ "a 2xx that comes after the BYE", test_late_2xx },
		{ "a 2xx that comes after the CANCEL", test_cancelled_and_answered },
		{ "hanging up with an ACK owed", test_bye_without_ack },
		{ "the copy of an older 2xx", test_old_ack },
		{ "users may go while they are told", test_in_callbacks },
	};
	int ret = KTAP_RUN(points);

	free(last);
	free(invite);
	return ret;
}
