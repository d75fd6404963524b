#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_publish.py IP USER EVENT TYPE BODY: somebody of the core says so of a user, to kamailio
at that address: a lamp, a message that waits, who is there. It runs where kamailio does.

Ends with 0, or with 1 and what kamailio has said.
"""
import os
import socket
import sys


def publish(ip, user, event, kind, body, make=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)):
    """The first line of the answer. @make: a socket, where kamailio is."""
    who = "sip:%s@example.com" % user
    with make() as sock:
        sock.settimeout(60)
        sock.bind((ip, 0))
        sock.sendto(("\r\n".join([
            "PUBLISH %s SIP/2.0" % who,
            "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s" % (*sock.getsockname(), os.urandom(6).hex()),
            "From: <%s>;tag=p" % who, "To: <%s>" % who, "Call-ID: " + os.urandom(6).hex(),
            "CSeq: 1 PUBLISH", "Max-Forwards: 70", "Event: " + event, "Expires: 600",
            "Content-Type: " + kind, "Content-Length: %d" % len(body), "", ""]) + body).encode(),
            (ip, 5060))
        return sock.recv(65535).split(b"\r\n")[0].decode()


if __name__ == "__main__":
    said = publish(*sys.argv[1:])
    print(said)
    sys.exit(not said.startswith("SIP/2.0 200"))
