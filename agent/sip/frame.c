// SPDX-License-Identifier: GPL-2.0
#include "sip/frame.h"
#include "sip/head.h"

static enum sip_frame_verdict bad(struct sip_frame *f, unsigned int status,
				  const char *text)
{
	sip_fault_set(&f->fault, status, "%s", text);
	return SIP_FRAME_BAD;
}

/*
 * Keep-alives stand between messages, two line ends for a ping and one for a
 * pong, in whatever segments they come.  Those right before a message are both.
 */
static enum sip_frame_verdict between(struct sip_frame *f, const char *data,
				      size_t n)
{
	if (*data == '\n') {
		f->skip = 1;
	} else if (n == 1) {
		return SIP_FRAME_MORE;
	} else if (data[1] == '\n') {
		f->skip = 2;
	} else {
		return bad(f, 400, "a carriage return stands where a message begins");
	}
	f->half = !f->half;
	return f->half ? SIP_FRAME_PONG : SIP_FRAME_PING;
}

/* 0 with the head's bytes in @f->head, or a verdict other than MESSAGE */
static enum sip_frame_verdict find_head(struct sip_frame *f, const char *data,
					size_t n)
{
	uint32_t length = 0;

	f->head = sip_head_end(data, n < SIP_MAX_HEAD ? n : SIP_MAX_HEAD, f->seen);
	if (!f->head) {
		if (n >= SIP_MAX_HEAD)
			return bad(f, 513, "the head is longer than 32768 bytes");
		/* an end may have begun with the last two bytes */
		f->seen = n > 2 ? n - 2 : 0;
		return SIP_FRAME_MORE;
	}
	f->length = f->head;
	switch (sip_head_length((struct span){ data, f->head }, &length, &f->fault)) {
	case 1:
		break;
	case 0:
		return bad(f, 400, "there is no Content-Length, which a stream needs");
	default:
		return SIP_FRAME_BAD;
	}
	if (length > SIP_MAX_SIZE - f->head)
		return bad(f, 513, "the message is longer than 65535 bytes");
	f->length = f->head + length;
	return SIP_FRAME_MESSAGE;
}

enum sip_frame_verdict sip_frame_feed(struct sip_frame *f, const char *data,
				      size_t n)
{
	enum sip_frame_verdict verdict;

	f->skip = 0;
	if (f->fault.status)
		return SIP_FRAME_BAD;
	/* the message that was reported last has been consumed */
	if (f->head && f->seen == SIZE_MAX) {
		f->head = 0;
		f->seen = 0;
	}
	if (!n)
		return SIP_FRAME_MORE;
	if (!f->head && !f->seen && (*data == '\r' || *data == '\n')) {
		f->length = 0;
		return between(f, data, n);
	}
	if (!f->head) {
		verdict = find_head(f, data, n);
		if (verdict != SIP_FRAME_MESSAGE)
			return verdict;
	}
	if (n < f->length)
		return SIP_FRAME_MORE;
	f->half = false;
	f->seen = SIZE_MAX;
	return SIP_FRAME_MESSAGE;
}
