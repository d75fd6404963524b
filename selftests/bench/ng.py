#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ng.py PORT CALLS CALLER CALLEE FIRST-PORT [KEY]: calls through rtpengine's ng protocol

Makes CALLS calls, offer and answer, between the addresses CALLER (interface a)
and CALLEE (interface b), whose RTP ports go up by two from FIRST-PORT. Prints,
per call, the ports of a packet from caller to callee: source and destination as
sent, source and destination as it must leave the relay. With KEY, 30 bytes in
hexadecimal, the caller sends SRTP with it (AES_CM_128_HMAC_SHA1_80; 28 bytes:
AEAD_AES_128_GCM); the callee speaks RTP all the same.
"""

import base64
import re
import socket
import sys

SDP = """v=0\r
o=- 1 1 IN IP4 {addr}\r
s=-\r
c=IN IP4 {addr}\r
t=0 0\r
m=audio {port} {profile} 0\r
a=rtpmap:0 PCMU/8000\r
{crypto}a=sendrecv\r
"""
CRYPTO = "a=crypto:1 {suite} inline:{key}\r\n"
SUITES = {30: "AES_CM_128_HMAC_SHA1_80", 28: "AEAD_AES_128_GCM"}


def encode(value):
    if isinstance(value, str):
        data = value.encode()
        return str(len(data)).encode() + b":" + data
    if isinstance(value, list):
        return b"l" + b"".join(encode(v) for v in value) + b"e"
    return b"d" + b"".join(encode(k) + encode(v) for k, v in value.items()) + b"e"


class Ng:
    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self.number = 0

    def ask(self, **request):
        self.number += 1
        request = {k.replace("_", "-"): v for k, v in request.items()}
        self.socket.send(f"c{self.number} ".encode() + encode(request))
        reply = self.socket.recv(65536)
        if b"6:result2:ok" not in reply and b"6:result4:pong" not in reply:
            sys.exit(f"ng.py: {request['command']} was answered {reply!r}")
        return reply.decode()


def media_port(reply):
    return int(re.search(r"m=audio (\d+) ", reply).group(1))


def offered(addr, port, key):
    if not key:
        return SDP.format(addr=addr, port=port, profile="RTP/AVP", crypto="")
    raw = bytes.fromhex(key)
    crypto = CRYPTO.format(suite=SUITES[len(raw)], key=base64.b64encode(raw).decode())
    return SDP.format(addr=addr, port=port, profile="RTP/SAVP", crypto=crypto)


def main():
    port, calls, caller, callee, first, *key = sys.argv[1:]
    ng = Ng(int(port))
    ng.ask(command="ping")
    for i in range(int(calls)):
        rtp = int(first) + 2 * i
        common = {"call_id": f"call-{i}", "from_tag": "f", "flags": ["trust-address", "asymmetric"],
                  "replace": ["origin", "session-connection"], "ICE": "remove"}
        to_callee = media_port(ng.ask(command="offer", sdp=offered(caller, rtp, key and key[0]),
                                      transport_protocol="RTP/AVP", direction=["a", "b"],
                                      **common))
        to_caller = media_port(ng.ask(command="answer", sdp=offered(callee, rtp, None),
                                      to_tag="t", **common))
        print(rtp, to_caller, to_callee, rtp)


if __name__ == "__main__":
    main()
