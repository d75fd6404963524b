// SPDX-License-Identifier: GPL-2.0
/*
 * What of a datagram OpenSSL may see: whole records of DTLS, and of what is not encrypted
 * only handshake messages whose announced lengths are those of a handshake with one
 * certificate. OpenSSL would set memory aside for whatever is announced. Nor may an alert
 * come first: it would end what has not begun.
 */
#include "private.h"

static unsigned int get_u16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static uint32_t get_u24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

bool dtls_record_next(const uint8_t **p, size_t *n, struct dtls_record *record)
{
	const uint8_t *head = *p;
	size_t len;

	if (*n < RECORD_HEAD)
		return false;
	len = get_u16(head + 11);
	/* DTLS 1.0's version is in a first hello, whatever it offers */
	if (head[0] < RECORD_CCS || head[0] > RECORD_DATA || head[1] != 0xfe ||
	    head[2] < 0xfd || !len || len > *n - RECORD_HEAD)
		return false;
	record->p = head;
	record->n = RECORD_HEAD + len;
	record->type = head[0];
	record->epoch = (uint16_t)get_u16(head + 3);
	*p += record->n;
	*n -= record->n;
	return true;
}

/* a piece of a message: its own number's length is what the first piece said */
static enum dtls_verdict judge_piece(struct dtls_filter *filter,
				     const uint8_t *head)
{
	uint32_t len = get_u24(head + 1);
	unsigned int seq = get_u16(head + 4);
	bool cert = head[0] == MESSAGE_CERT;

	if (get_u24(head + 6) > len || get_u24(head + 9) > len - get_u24(head + 6))
		return DTLS_DROP;
	if (len > (cert ? DTLS_CERT_MAX : MESSAGE_MAX))
		return cert ? DTLS_REFUSE : DTLS_DROP;
	if (seq >= MESSAGES_MAX)
		return DTLS_DROP;
	/* an empty message has a length, too: that of its header */
	len += MESSAGE_HEAD;
	if (filter->len[seq] && filter->len[seq] != len)
		return DTLS_DROP;
	if (!filter->len[seq] && filter->sum + len > MESSAGES_BYTES)
		return DTLS_DROP;
	if (!filter->len[seq])
		filter->sum += len;
	filter->len[seq] = (uint16_t)len;
	filter->hello |= head[0] == MESSAGE_HELLO;
	return DTLS_TAKE;
}

enum dtls_verdict dtls_filter(struct dtls_filter *filter,
			      const struct dtls_record *record)
{
	const uint8_t *p = record->p + RECORD_HEAD;
	size_t n = record->n - RECORD_HEAD, piece;
	enum dtls_verdict verdict;

	/* counted from 0: one from far ahead would make OpenSSL take what follows for old */
	if (record->type == RECORD_DATA || get_u16(record->p + 5) ||
	    get_u16(record->p + 7))
		return DTLS_DROP;
	if (record->type == RECORD_CCS)
		return n == 1 && *p == 1 ? DTLS_TAKE : DTLS_DROP;
	/* as long as nothing was said there is nothing that it could be about */
	if (record->type == RECORD_ALERT)
		return n == 2 && (filter->sum || filter->begun) ? DTLS_TAKE :
								  DTLS_DROP;
	while (n) {
		if (n < MESSAGE_HEAD)
			return DTLS_DROP;
		piece = MESSAGE_HEAD + get_u24(p + 9);
		if (piece > n)
			return DTLS_DROP;
		verdict = judge_piece(filter, p);
		if (verdict != DTLS_TAKE)
			return verdict;
		p += piece;
		n -= piece;
	}
	return DTLS_TAKE;
}
