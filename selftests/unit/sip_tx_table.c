// SPDX-License-Identifier: GPL-2.0
/*
 * The table of transactions, row by row: each event in each state of the four machines,
 * on a datagram transport and on a stream: the next state, what is sent, what the user
 * is told. Expected values are written from RFC 3261 section 17 and RFC 6026, not from
 * the code. Events come the way they really do: messages as text, calls of the user.
 */
#include "sip_tx_user.h"
#include "ktap.h"

static struct sip_tx *under_test;

static bool reach_client(enum sip_tx_kind kind, enum sip_tx_state state)
{
	static const struct span none;
	bool invite = kind == SIP_TX_INVITE_CLIENT;

	under_test = ask(invite ? "INVITE" : "OPTIONS", &under_test);
	if (state == SIP_TX_HELD)
		sip_tx_cancel(under_test, none);
	if (state == SIP_TX_PROCEEDING || state == SIP_TX_CANCELLING)
		respond(180);
	if (state == SIP_TX_CANCELLING)
		sip_tx_cancel(under_test, none);
	if (state == SIP_TX_COMPLETED)
		respond(invite ? 486 : 200);
	if (state == SIP_TX_ACCEPTED)
		respond(200);
	return true;
}

static bool reach_server(enum sip_tx_kind kind, enum sip_tx_state state)
{
	bool invite = kind == SIP_TX_INVITE_SERVER;

	under_test = SERVE(&under_test, .method = invite ? "INVITE" : "OPTIONS");
	if (state == SIP_TX_PROCEEDING)
		sip_tx_answer(under_test, invite ? 180 : 100);
	if (state == SIP_TX_COMPLETED || state == SIP_TX_CONFIRMED)
		sip_tx_answer(under_test, invite ? 486 : 200);
	if (state == SIP_TX_CONFIRMED)
		REQUEST(.method = "ACK");
	if (state == SIP_TX_ACCEPTED || state == SIP_TX_ACKED)
		sip_tx_answer(under_test, 200);
	if (state == SIP_TX_ACKED)
		sip_tx_acked(under_test);
	return true;
}

static bool reach(enum sip_tx_kind kind, enum sip_tx_state state)
{
	if (kind == SIP_TX_INVITE_CLIENT || kind == SIP_TX_OTHER_CLIENT)
		reach_client(kind, state);
	else
		reach_server(kind, state);
	fake_drain();
	*told = '\0';
	return under_test && under_test->state == state;
}

/* The way by which each event really comes. */
static void happen(enum sip_tx_kind kind, enum sip_tx_event event)
{
	static const struct span none;
	bool invite = kind == SIP_TX_INVITE_SERVER;
	const char *method = invite ? "INVITE" : "OPTIONS";

	switch (event) {
	case SIP_TX_EV_100:
		respond(100);
		break;
	case SIP_TX_EV_1XX:
		respond(183);
		break;
	case SIP_TX_EV_2XX:
		respond(200);
		break;
	case SIP_TX_EV_REFUSAL:
		respond(486);
		break;
	case SIP_TX_EV_CANCEL:
		if (sip_tx_is_client(under_test))
			sip_tx_cancel(under_test, none);
		else
			REQUEST(.method = "CANCEL");
		break;
	case SIP_TX_EV_REQUEST:
		REQUEST(.method = method);
		break;
	case SIP_TX_EV_ACK:
		REQUEST(.method = "ACK");
		break;
	case SIP_TX_EV_ACKED:
		sip_tx_acked(under_test);
		break;
	case SIP_TX_EV_SAY_1XX:
		sip_tx_answer(under_test, 182);
		break;
	case SIP_TX_EV_SAY_2XX:
		sip_tx_answer(under_test, 202);
		break;
	case SIP_TX_EV_SAY_REFUSAL:
		sip_tx_answer(under_test, 603);
		break;
	default:
		sip_tx_event(under_test, event, NULL);
		break;
	}
}

struct row {
	unsigned int number;
	enum sip_tx_kind kind;
	enum sip_tx_state state;
	enum sip_tx_event event;
	enum sip_tx_state next;
	const char *sent, *told;
};

#define K	SIP_TX_INVITE_CLIENT
#define R(number, state, event, next, sent, told) \
	{ number, K, SIP_TX_##state, SIP_TX_EV_##event, SIP_TX_##next, sent, told }

static const struct row rows[] = {
	/* INVITE client: RFC 3261 17.1.1, RFC 6026 7.2, 8.4 */
	R(1, CALLING, 100, PROCEEDING, "", "100"),
	R(2, CALLING, 1XX, PROCEEDING, "", "183"),
	R(3, CALLING, 2XX, ACCEPTED, "", "200"),
	R(4, CALLING, REFUSAL, COMPLETED, "ACK", "486"),
	R(5, CALLING, CANCEL, HELD, "", ""),
	R(6, CALLING, RETRY, CALLING, "INVITE", ""),
	R(7, CALLING, LIMIT, OVER, "", "fail408 over"),
	R(8, CALLING, BROKEN, OVER, "", "fail503 over"),
	R(9, HELD, 100, CANCELLING, "CANCEL", "100"),
	R(10, HELD, 1XX, CANCELLING, "CANCEL", "183"),
	R(11, HELD, 2XX, ACCEPTED, "", "200"),
	R(12, HELD, REFUSAL, COMPLETED, "ACK", "486"),
	R(13, HELD, CANCEL, HELD, "", ""),
	R(14, HELD, RETRY, HELD, "INVITE", ""),
	R(15, HELD, LIMIT, OVER, "", "fail408 over"),
	R(16, HELD, BROKEN, OVER, "", "fail503 over"),
	R(17, PROCEEDING, 100, PROCEEDING, "", "100"),
	R(18, PROCEEDING, 1XX, PROCEEDING, "", "183"),
	R(19, PROCEEDING, 2XX, ACCEPTED, "", "200"),
	R(20, PROCEEDING, REFUSAL, COMPLETED, "ACK", "486"),
	R(21, PROCEEDING, CANCEL, CANCELLING, "CANCEL", ""),
	R(22, PROCEEDING, RETRY, PROCEEDING, "", ""),
	R(23, PROCEEDING, LIMIT, CANCELLING, "CANCEL", ""),
	R(24, PROCEEDING, BROKEN, PROCEEDING, "", ""),
	R(25, CANCELLING, 100, CANCELLING, "", "100"),
	R(26, CANCELLING, 1XX, CANCELLING, "", "183"),
	R(27, CANCELLING, 2XX, ACCEPTED, "", "200"),
	R(28, CANCELLING, REFUSAL, COMPLETED, "ACK", "486"),
	R(29, CANCELLING, CANCEL, CANCELLING, "", ""),
	R(30, CANCELLING, RETRY, CANCELLING, "", ""),
	R(31, CANCELLING, LIMIT, OVER, "", "fail408 over"),
	R(32, CANCELLING, BROKEN, CANCELLING, "", ""),
	R(33, COMPLETED, 100, COMPLETED, "", ""),
	R(34, COMPLETED, 1XX, COMPLETED, "", ""),
	R(35, COMPLETED, 2XX, COMPLETED, "", ""),
	R(36, COMPLETED, REFUSAL, COMPLETED, "ACK", ""),
	R(37, COMPLETED, CANCEL, COMPLETED, "", ""),
	R(38, COMPLETED, RETRY, COMPLETED, "", ""),
	R(39, COMPLETED, LIMIT, OVER, "", "over"),
	R(40, COMPLETED, BROKEN, COMPLETED, "", ""),
	R(41, ACCEPTED, 100, ACCEPTED, "", ""),
	R(42, ACCEPTED, 1XX, ACCEPTED, "", ""),
	R(43, ACCEPTED, 2XX, ACCEPTED, "", "200"),
	R(44, ACCEPTED, REFUSAL, ACCEPTED, "", ""),
	R(45, ACCEPTED, CANCEL, ACCEPTED, "", ""),
	R(46, ACCEPTED, RETRY, ACCEPTED, "", ""),
	R(47, ACCEPTED, LIMIT, OVER, "", "over"),
	R(48, ACCEPTED, BROKEN, ACCEPTED, "", ""),

	/* other client: RFC 3261 17.1.2 */
#undef K
#define K	SIP_TX_OTHER_CLIENT
	R(49, TRYING, 100, PROCEEDING, "", "100"),
	R(50, TRYING, 1XX, PROCEEDING, "", "183"),
	R(51, TRYING, 2XX, COMPLETED, "", "200"),
	R(52, TRYING, REFUSAL, COMPLETED, "", "486"),
	R(53, TRYING, CANCEL, TRYING, "", ""),
	R(54, TRYING, RETRY, TRYING, "OPTIONS", ""),
	R(55, TRYING, LIMIT, OVER, "", "fail408 over"),
	R(56, TRYING, BROKEN, OVER, "", "fail503 over"),
	R(57, PROCEEDING, 100, PROCEEDING, "", "100"),
	R(58, PROCEEDING, 1XX, PROCEEDING, "", "183"),
	R(59, PROCEEDING, 2XX, COMPLETED, "", "200"),
	R(60, PROCEEDING, REFUSAL, COMPLETED, "", "486"),
	R(61, PROCEEDING, CANCEL, PROCEEDING, "", ""),
	R(62, PROCEEDING, RETRY, PROCEEDING, "OPTIONS", ""),
	R(63, PROCEEDING, LIMIT, OVER, "", "fail408 over"),
	R(64, PROCEEDING, BROKEN, PROCEEDING, "", ""),
	R(65, COMPLETED, 100, COMPLETED, "", ""),
	R(66, COMPLETED, 1XX, COMPLETED, "", ""),
	R(67, COMPLETED, 2XX, COMPLETED, "", ""),
	R(68, COMPLETED, REFUSAL, COMPLETED, "", ""),
	R(69, COMPLETED, CANCEL, COMPLETED, "", ""),
	R(70, COMPLETED, RETRY, COMPLETED, "", ""),
	R(71, COMPLETED, LIMIT, OVER, "", "over"),
	R(72, COMPLETED, BROKEN, COMPLETED, "", ""),

	/* INVITE server: RFC 3261 17.2.1, 9.2, 13.3.1.4, RFC 6026 7.1, 8.2, 8.5 */
#undef K
#define K	SIP_TX_INVITE_SERVER
	R(73, TRYING, REQUEST, PROCEEDING, "100", ""),
	R(74, TRYING, CANCEL, TRYING, "200", "cancel"),
	R(75, TRYING, ACK, TRYING, "", ""),
	R(76, TRYING, ACKED, TRYING, "", ""),
	R(77, TRYING, SAY_1XX, PROCEEDING, "182", ""),
	R(78, TRYING, SAY_2XX, ACCEPTED, "202", ""),
	R(79, TRYING, SAY_REFUSAL, COMPLETED, "603", ""),
	R(80, TRYING, RETRY, PROCEEDING, "100", ""),
	R(81, TRYING, LIMIT, TRYING, "", ""),
	R(82, TRYING, BROKEN, TRYING, "", ""),
	R(83, PROCEEDING, REQUEST, PROCEEDING, "180", ""),
	R(84, PROCEEDING, CANCEL, PROCEEDING, "200", "cancel"),
	R(85, PROCEEDING, ACK, PROCEEDING, "", ""),
	R(86, PROCEEDING, ACKED, PROCEEDING, "", ""),
	R(87, PROCEEDING, SAY_1XX, PROCEEDING, "182", ""),
	R(88, PROCEEDING, SAY_2XX, ACCEPTED, "202", ""),
	R(89, PROCEEDING, SAY_REFUSAL, COMPLETED, "603", ""),
	R(90, PROCEEDING, RETRY, PROCEEDING, "180", ""),
	R(91, PROCEEDING, LIMIT, PROCEEDING, "", ""),
	R(92, PROCEEDING, BROKEN, PROCEEDING, "", ""),
	R(93, COMPLETED, REQUEST, COMPLETED, "486", ""),
	R(94, COMPLETED, CANCEL, COMPLETED, "200", ""),
	R(95, COMPLETED, ACK, CONFIRMED, "", "acked"),
	R(96, COMPLETED, ACKED, COMPLETED, "", ""),
	R(97, COMPLETED, SAY_1XX, COMPLETED, "", ""),
	R(98, COMPLETED, SAY_2XX, COMPLETED, "", ""),
	R(99, COMPLETED, SAY_REFUSAL, COMPLETED, "", ""),
	R(100, COMPLETED, RETRY, COMPLETED, "486", ""),
	R(101, COMPLETED, LIMIT, OVER, "", "fail408 over"),
	R(102, COMPLETED, BROKEN, OVER, "", "fail503 over"),
	R(103, CONFIRMED, REQUEST, CONFIRMED, "", ""),
	R(104, CONFIRMED, CANCEL, CONFIRMED, "200", ""),
	R(105, CONFIRMED, ACK, CONFIRMED, "", ""),
	R(106, CONFIRMED, ACKED, CONFIRMED, "", ""),
	R(107, CONFIRMED, SAY_1XX, CONFIRMED, "", ""),
	R(108, CONFIRMED, SAY_2XX, CONFIRMED, "", ""),
	R(109, CONFIRMED, SAY_REFUSAL, CONFIRMED, "", ""),
	R(110, CONFIRMED, RETRY, CONFIRMED, "", ""),
	R(111, CONFIRMED, LIMIT, OVER, "", "over"),
	R(112, CONFIRMED, BROKEN, CONFIRMED, "", ""),
	R(113, ACCEPTED, REQUEST, ACCEPTED, "", ""),
	R(114, ACCEPTED, CANCEL, ACCEPTED, "200", ""),
	R(115, ACCEPTED, ACK, ACCEPTED, "", ""),
	R(116, ACCEPTED, ACKED, ACKED, "", ""),
	R(117, ACCEPTED, SAY_1XX, ACCEPTED, "", ""),
	R(118, ACCEPTED, SAY_2XX, ACCEPTED, "", ""),
	R(119, ACCEPTED, SAY_REFUSAL, ACCEPTED, "", ""),
	R(120, ACCEPTED, RETRY, ACCEPTED, "200", ""),
	R(121, ACCEPTED, LIMIT, OVER, "", "fail408 over"),
	R(122, ACCEPTED, BROKEN, ACCEPTED, "", ""),
	R(123, ACKED, REQUEST, ACKED, "", ""),
	R(124, ACKED, CANCEL, ACKED, "200", ""),
	R(125, ACKED, ACK, ACKED, "", ""),
	R(126, ACKED, ACKED, ACKED, "", ""),
	R(127, ACKED, SAY_1XX, ACKED, "", ""),
	R(128, ACKED, SAY_2XX, ACKED, "", ""),
	R(129, ACKED, SAY_REFUSAL, ACKED, "", ""),
	R(130, ACKED, RETRY, ACKED, "", ""),
	R(131, ACKED, LIMIT, OVER, "", "over"),
	R(132, ACKED, BROKEN, ACKED, "", ""),

	/* other server: RFC 3261 17.2.2, RFC 4320 */
#undef K
#define K	SIP_TX_OTHER_SERVER
	R(133, TRYING, REQUEST, TRYING, "", ""),
	R(134, TRYING, CANCEL, TRYING, "481", ""),
	R(135, TRYING, ACK, TRYING, "", ""),
	R(136, TRYING, ACKED, TRYING, "", ""),
	R(137, TRYING, SAY_1XX, PROCEEDING, "182", ""),
	R(138, TRYING, SAY_2XX, COMPLETED, "202", ""),
	R(139, TRYING, SAY_REFUSAL, COMPLETED, "603", ""),
	R(140, TRYING, RETRY, PROCEEDING, "100", ""),
	R(141, TRYING, LIMIT, OVER, "", "fail408 over"),
	R(142, TRYING, BROKEN, TRYING, "", ""),
	R(143, PROCEEDING, REQUEST, PROCEEDING, "100", ""),
	R(144, PROCEEDING, CANCEL, PROCEEDING, "481", ""),
	R(145, PROCEEDING, ACK, PROCEEDING, "", ""),
	R(146, PROCEEDING, ACKED, PROCEEDING, "", ""),
	R(147, PROCEEDING, SAY_1XX, PROCEEDING, "182", ""),
	R(148, PROCEEDING, SAY_2XX, COMPLETED, "202", ""),
	R(149, PROCEEDING, SAY_REFUSAL, COMPLETED, "603", ""),
	R(150, PROCEEDING, RETRY, PROCEEDING, "", ""),
	R(151, PROCEEDING, LIMIT, OVER, "", "fail408 over"),
	R(152, PROCEEDING, BROKEN, PROCEEDING, "", ""),
	R(153, COMPLETED, REQUEST, COMPLETED, "200", ""),
	R(154, COMPLETED, CANCEL, COMPLETED, "481", ""),
	R(155, COMPLETED, ACK, COMPLETED, "", ""),
	R(156, COMPLETED, ACKED, COMPLETED, "", ""),
	R(157, COMPLETED, SAY_1XX, COMPLETED, "", ""),
	R(158, COMPLETED, SAY_2XX, COMPLETED, "", ""),
	R(159, COMPLETED, SAY_REFUSAL, COMPLETED, "", ""),
	R(160, COMPLETED, RETRY, COMPLETED, "", ""),
	R(161, COMPLETED, LIMIT, OVER, "", "over"),
	R(162, COMPLETED, BROKEN, OVER, "", "fail503 over"),
};

static bool row_holds(const struct row *row)
{
	enum sip_tx_state state;
	const char *words;

	if (!reach(row->kind, row->state)) {
		printf("# row %u: its state cannot be reached\n", row->number);
		return false;
	}
	happen(row->kind, row->event);
	state = under_test ? under_test->state : SIP_TX_OVER;
	words = sent();
	if (state == row->next && !strcmp(words, row->sent) && !strcmp(told, row->told))
		return true;
	printf("# row %u: state %u, sent '%s', told '%s'; expected %u, '%s', '%s'\n",
	       row->number, state, words, told, row->next, row->sent, row->told);
	return false;
}

static bool rows_hold(bool stream)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(NULL, stream);
		if (!row_holds(&rows[i]))
			ok = false;
		if (!end())
			ok = false;
	}
	return ok;
}

static bool test_rows_datagram(void)
{
	return rows_hold(false);
}

static bool test_rows_stream(void)
{
	return rows_hold(true);
}

/* The test knows all rows of the table that can be reached. */
static bool test_rows_all(void)
{
	size_t known = 0, kind, state, event, i;
	const struct row *row;

	for (kind = 0; kind < SIP_TX_KINDS; kind++)
		for (state = SIP_TX_CALLING; state < SIP_TX_STATES; state++)
			for (event = 0; event < SIP_TX_EVENTS; event++) {
				if (!sip_tx_rule(kind, state, event)->known)
					continue;
				known++;
				for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
					row = &rows[i];
					if (row->kind == kind && row->state == state &&
					    row->event == event)
						break;
				}
				if (i < sizeof(rows) / sizeof(rows[0]))
					continue;
				printf("# kind %zu state %zu event %zu is not tested\n",
				       kind, state, event);
				return false;
			}
	printf("# %zu rows of the table, %zu of the test\n", known,
	       sizeof(rows) / sizeof(rows[0]));
	return true;
}

int main(void)
{
	static const struct ktap_point points[] = {
		{ "the table, on a datagram transport", test_rows_datagram },
		{ "the table, on a stream", test_rows_stream },
		{ "no row of the table is without a test", test_rows_all },
	};
	int ret = KTAP_RUN(points);

	free(out_text);
	return ret;
}
