#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_floods.py NAME: what strangers send to the port of a call with ICE and DTLS, before,
while and after the phone finds its way and shakes hands; then both hear each other all the
same.  agent_floods.sh made the network.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import re
import socket
import sys

# /usr/bin/python3's own: selftests/dns.py is not the module of that name
sys.path = [p for p in sys.path if os.path.basename(p) != "selftests"]
import aioice.stun                                          # noqa: E402
from OpenSSL import SSL                                     # noqa: E402
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_dtls import Dtls, is_secure                      # noqa: E402
from agent_ice import (A, B, Failed, Ice, Plain, both_hear, call, check, end, heard,  # noqa: E402
                       in_ns, leg, rtp, value)

SOURCES, EACH = 40, 150     # of each kind: 6,000
GROWN = 8 << 20             # bytes of memory: what else the agent does may take some


def resident():
    with open("/proc/%s/statm" % os.environ["AGENT_PID"]) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def binding(user, pwd, **more):
    """A check; what has a password that nobody told it is forged."""
    m = aioice.stun.Message(message_method=aioice.stun.Method.BINDING,
                            message_class=aioice.stun.Class.REQUEST)
    m.attributes["USERNAME"] = user
    m.attributes["PRIORITY"] = 1862270975
    for name, what in more.items():
        m.attributes[name.replace("_", "-")] = what
    m.add_message_integrity(pwd.encode())
    return bytes(m)


def hello():
    """OpenSSL's first flight."""
    conn = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
    conn.set_connect_state()
    try:
        conn.do_handshake()
    except SSL.WantReadError:
        pass
    return conn.bio_read(2048)


ALERT = bytes.fromhex("15fefd000000000000000000020228")         # handshake_failure, plain


class Strangers:
    """Ports of the phone's own address, and of another: sources can be forged."""

    def __init__(self, to):
        self.socks = []
        self.sent = self.got = 0
        for i in range(SOURCES):
            s = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            s.bind((A.ip if i % 2 else os.environ["OTHER"], 0))
            s.connect(to)
            s.setblocking(False)
            self.socks.append(s)

    def answers(self):
        for s in self.socks:
            try:
                while True:
                    data = s.recv(4096)
                    self.got += len(data)
                    check(data[0] < 4, "a stranger's DTLS is answered:", data[:60])
            except BlockingIOError:
                pass

    def flood(self, what):
        """@what makes the n-th; no more comes back than was sent."""
        for n in range(EACH):
            for s in self.socks:
                data = what(n)
                try:
                    self.sent += s.send(data)
                except OSError:     # it is told that nobody listens, or must wait
                    pass
            self.answers()
        self.answers()
        check(self.got <= self.sent, self.got, "bytes for", self.sent)

    def all(self, ufrag, ours):
        before = resident()
        first = hello()
        for what in (lambda n: binding("nobody%d:%s" % (n, ours), "0123456789abcdef012345"),
                     lambda n: binding("%s:%s" % (ufrag, ours), "%022d" % n, USE_CANDIDATE=None),
                     lambda n: binding("%s:%s" % (ufrag, ours), "%022d" % n, ICE_CONTROLLED=n),
                     lambda n: first, lambda n: ALERT,
                     lambda n: rtp(n, 0xdead), lambda n: rtp(n, 0xdead) + os.urandom(26)):
            self.flood(what)
        grown = resident() - before
        check(grown < GROWN, "the agent takes", grown, "bytes more")

    def end(self):
        for s in self.socks:
            s.close()


def floods():
    """Nothing is kept of them, and nobody hears any of it."""
    a, b = Dtls(A, "server", ice=Ice(A, True, 1, True)), Plain(B)
    _, to_a = call(a, b)
    strangers = Strangers(a.ice.hears_at)
    names = value(to_a, "ice-ufrag"), a.ice.conn.local_username
    strangers.all(*names)
    a.connect()
    # the first that the callee hears is the caller's own
    heard(a, b, 0xaaaa)
    heard(b, a, 0xbbbb)
    is_secure("caller")
    where = leg("caller")["remote"]
    strangers.all(*names)
    check(leg("caller")["remote"] == where, "media goes elsewhere:", leg("caller"))
    both_hear(a, b)
    strangers.end()
    end(a, b)


def replayed():
    """A check of the phone's that somebody else sends again takes nothing from it."""
    a, b = Dtls(A, "server", ice=Ice(A, True, 1, True)), Plain(B)
    _, to_a = call(a, b)
    check_of_a = binding("%s:%s" % (value(to_a, "ice-ufrag"), a.ice.conn.local_username),
                         value(to_a, "ice-pwd"), USE_CANDIDATE=None)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    # who has no keys may be sent to, since he has what proves the way, but is not heard
    strangers = Strangers(a.ice.hears_at)
    strangers.flood(lambda n: check_of_a)
    strangers.flood(lambda n: rtp(n, 0xdead))
    before = resident()
    strangers.flood(lambda n: check_of_a)
    check(resident() - before < GROWN, "the agent takes", resident() - before, "bytes more")
    heard(a, b, 0xaaaa)
    strangers.end()
    end(a, b)


def thousand():
    """1,000 candidates, and one that leads somewhere."""
    a, b = Dtls(A, "server", ice=Ice(A, True, 1, True)), Plain(B)
    more = "".join("a=candidate:%d 1 udp 1 %s %d typ host\r\n" % (n, A.ip, 10000 + n)
                   for n in range(1000))
    plain = a.sdp
    a.sdp = lambda: plain() + more
    before = resident()
    call(a, b)
    check(resident() - before < GROWN, "the agent takes", resident() - before, "bytes more")
    a.connect()
    both_hear(a, b)
    end(a, b)


if __name__ == "__main__":
    try:
        for name in sys.argv[1].split(","):
            globals()[name]()
    except (Failed, OSError) as why_not:
        sys.exit("%s: %r" % (name, why_not))
