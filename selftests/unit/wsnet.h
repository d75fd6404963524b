/* SPDX-License-Identifier: GPL-2.0 */
/* A client of WebSocket, as bytes: what it asks for, and frames that it sends. */
#ifndef UNIT_WSNET_H
#define UNIT_WSNET_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* the example of RFC 6455 1.3 */
#define WS_KEY		"dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT	"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define WS_ASK_END	"Sec-WebSocket-Key: " WS_KEY "\r\n"		\
			"Sec-WebSocket-Protocol: sip\r\n"		\
			"Sec-WebSocket-Version: 13\r\n"
#define WS_ASK_BEGIN	"GET /ws HTTP/1.1\r\nHost: edge.example\r\n"	\
			"Upgrade: websocket\r\n"			\
			"Connection: keep-alive, Upgrade\r\n"
#define WS_ASK		WS_ASK_BEGIN WS_ASK_END "\r\n"

/* the first byte of a frame */
#define WS_FIN		0x80
#define WS_MORE		0x00
#define WS_TEXT		0x01
#define WS_BINARY	0x02
#define WS_CLOSE	0x08
#define WS_PING		0x09
#define WS_PONG		0x0a

/* a frame of a client, masked; its bytes */
static inline size_t ws_frame(char *buf, unsigned int first, const char *payload,
			      size_t len)
{
	static const unsigned char mask[4] = { 0xa5, 0x00, 0xff, 0x3c };
	size_t more = len < 126 ? 0 : len < 65536 ? 2 : 8, n = 2, i;

	buf[0] = (char)first;
	buf[1] = (char)(0x80 | (!more ? len : more == 2 ? 126 : 127));
	for (i = 0; i < more; i++)
		buf[n++] = (char)((uint64_t)len >> 8 * (more - 1 - i));
	memcpy(buf + n, mask, 4);
	n += 4;
	for (i = 0; i < len; i++)
		buf[n + i] = (char)(payload[i] ^ mask[i & 3]);
	return n + len;
}

#endif /* UNIT_WSNET_H */
