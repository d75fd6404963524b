#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_ice.py NAME: plays both parties of a call through rtplaned, with aioice for whom
has ICE, and asserts what each gets to see and hears.  agent_ice.sh made the network.

    Party a --- SIP, ICE, RTP --- rtplaned --- SIP, ICE, RTP --- Party b

Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import os
import re
import socket
import sys

# /usr/bin/python3's own: selftests/dns.py is not the module of that name
sys.path = [p for p in sys.path if os.path.basename(p) != "selftests"]
import aioice           # noqa: E402
import aioice.stun      # noqa: E402
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_srtp import (A, B, Failed, again, check, hang_up, in_ns, leg,    # noqa: E402
                        sdp, set_up)

LIMIT = 30
LOOP = asyncio.new_event_loop()


def run(what, limit=LIMIT):
    return LOOP.run_until_complete(asyncio.wait_for(what, limit))


class Ice:
    """ICE of a party, by aioice."""

    def __init__(self, party, controlling, components=2):
        self.party, self.components = party, components
        self.conn = aioice.Connection(ice_controlling=controlling, components=components,
                                      use_ipv6=False)
        in_ns(party.ns, lambda: run(self.conn.gather_candidates()))

    def port(self, component):
        """Of the address that its description says; it may have others."""
        return next(c.port for c in self.conn.local_candidates
                    if c.component == component and c.host == self.party.ip)

    def sdp(self):
        return sdp(self.party.ip, self.port(1), more=[
            "a=rtcp:%d" % self.port(2) if self.components == 2 else "a=rtcp-mux",
            "a=ice-ufrag:" + self.conn.local_username,
            "a=ice-pwd:" + self.conn.local_password] +
            ["a=candidate:" + c.to_sdp() for c in self.conn.local_candidates])

    def hears(self, text, pwd=None):
        self.conn.remote_username = value(text, "ice-ufrag")
        self.conn.remote_password = pwd or value(text, "ice-pwd")
        self.conn.remote_is_lite = "a=ice-lite" in text
        for c in re.findall(r"^a=candidate:(.*?)\r?$", text, re.M):
            run(self.conn.add_remote_candidate(aioice.Candidate.from_sdp(c)))
        run(self.conn.add_remote_candidate(None))

    def connect(self):
        run(self.conn.connect())

    def send(self, data):
        run(self.conn.sendto(data, 1))

    def get(self):
        try:
            return run(self.conn.recvfrom(), 1)[0]
        except asyncio.TimeoutError:
            return b""

    def addresses(self):
        """Where its media may come from."""
        return ["%s:%d" % (c.host, c.port) for c in self.conn.local_candidates
                if c.component == 1]

    def end(self):
        run(self.conn.close())


class Plain:
    """A party without ICE: a socket."""

    def __init__(self, party):
        self.party = party
        self.sock = in_ns(party.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((party.ip, 0))
        self.sock.settimeout(1)

    def sdp(self):
        return sdp(self.party.ip, self.sock.getsockname()[1])

    def hears(self, text):
        self.to = (self.party.server, int(re.search(r"^m=audio (\d+)", text, re.M)[1]))

    def send(self, data):
        self.sock.sendto(data, self.to)

    def get(self):
        try:
            return self.sock.recv(2048)
        except socket.timeout:
            return b""

    def end(self):
        self.sock.close()


def value(text, name):
    m = re.search(r"^a=%s:(\S+)" % name, text, re.M)
    return m[1] if m else None


def rtp(seq, ssrc):
    return b"\x80\x00" + seq.to_bytes(2, "big") + (160 * seq).to_bytes(4, "big") + \
        ssrc.to_bytes(4, "big") + b"media"


def heard(speaker, listener, ssrc):
    """What one says the other hears."""
    for seq in range(1, LIMIT):
        data = rtp(seq, ssrc)
        speaker.send(data)
        got = listener.get()
        if got:
            check(got[8:12] == data[8:12], "another's media", got)
            return
    raise Failed("nothing is heard of %08x" % ssrc)


def both_hear(a, b):
    heard(a, b, 0xaaaa)
    heard(b, a, 0xbbbb)


def no_ice(text):
    check("ice-" not in text and "candidate" not in text, "ICE is in", text)


def call(a, b):
    """A call; the descriptions that B and A got."""
    ours, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.sdp())
    a.hears(ok.text)
    return ours.text, ok.text


def end(*parties):
    hang_up()
    for p in parties:
        p.end()


def caller():
    a, b = Ice(A, True), Plain(B)
    to_b, to_a = call(a, b)
    no_ice(to_b)
    check("a=ice-lite" not in to_a and "a=ice-options:ice2" in to_a, "we are full", to_a)
    check(len(re.findall("^a=candidate:", to_a, re.M)) == 2, "two candidates", to_a)
    a.connect()
    both_hear(a, b)
    check(leg("caller")["remote"] in a.addresses(), "the caller's leg is", leg("caller"))
    end(a, b)


def outside():
    """Our address is not reached from here; how others see it is."""
    a, b = Ice(A, True), Plain(B)
    _, to_a = call(a, b)
    port = re.search(r"^m=audio (\d+)", to_a, re.M)[1]
    for n, component in ((int(port), 1), (int(port) + 1, 2)):
        check(re.search(r"^a=candidate:\S+ %d udp \d+ %s %d typ srflx raddr %s rport %d\r$" % (
            component, os.environ["OUTSIDE"], n, A.server, n), to_a, re.M), "we are seen as", to_a)
    a.connect()
    both_hear(a, b)
    end(a, b)


def caller_lite():
    a, b = Ice(A, True), Plain(B)
    to_b, to_a = call(a, b)
    no_ice(to_b)
    check("a=ice-lite\r\n" in to_a, "we are lite", to_a)
    a.connect()
    both_hear(a, b)
    end(a, b)


def nobody_asks():
    a, b = Plain(A), Plain(B)
    to_b, to_a = call(a, b)
    no_ice(to_b)
    no_ice(to_a)
    both_hear(a, b)
    end(a, b)


def callee():
    a, b = Plain(A), Ice(B, False)
    to_b, to_a = call(a, b)
    no_ice(to_a)
    check(value(to_b, "ice-ufrag"), "ICE is offered", to_b)
    b.connect()
    both_hear(a, b)
    end(a, b)


def callee_declines():
    a, b = Plain(A), Plain(B)
    to_b, to_a = call(a, b)
    check(value(to_b, "ice-ufrag"), "ICE is offered", to_b)
    no_ice(to_a)
    both_hear(a, b)
    end(a, b)


def both():
    a, b = Ice(A, True), Ice(B, False)
    to_b, to_a = call(a, b)
    check(value(to_a, "ice-ufrag") != value(to_b, "ice-ufrag"), "each has its own")
    for ice in (a, b):
        for text in (to_a, to_b):
            check(ice.conn.local_username not in text, "a party's own is passed on", text)
    run(asyncio.wait_for(gather(a.conn.connect(), b.conn.connect()), LIMIT))
    both_hear(a, b)
    end(a, b)


async def gather(*what):
    await asyncio.gather(*what)


def restart():
    a, b = Ice(A, True), Plain(B)
    _, first = call(a, b)
    a.connect()
    both_hear(a, b)
    other = Ice(A, True)
    _, ok = again(A, B, other.sdp(), lambda to_b: b.sdp())
    check(value(ok.text, "ice-ufrag") != value(first, "ice-ufrag"), "ours are others", ok.text)
    check(value(ok.text, "ice-pwd") != value(first, "ice-pwd"), "ours are others", ok.text)
    other.hears(ok.text)
    other.connect()
    both_hear(other, b)
    check(leg("caller")["remote"] in other.addresses(), "the caller's leg is", leg("caller"))
    # the same again is no restart
    _, same = again(A, B, other.sdp(), lambda to_b: b.sdp())
    check(value(same.text, "ice-ufrag") == value(ok.text, "ice-ufrag"), "no restart", same.text)
    both_hear(other, b)
    end(a, other, b)


def refused_restart():
    a, b = Ice(A, True), Plain(B)
    call(a, b)
    a.connect()
    both_hear(a, b)
    other = Ice(A, True)
    A.invite(other.sdp())
    m = B.wait("INVITE")
    B.reply(m, 488)
    A.refused(488)
    B.wait("ACK")
    both_hear(a, b)
    check(leg("caller")["remote"] in a.addresses(), "the caller's leg is", leg("caller"))
    end(a, other, b)


def wrong_password():
    aioice.stun.RETRY_MAX = 2
    a, b = Ice(A, True), Plain(B)
    _, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.sdp())
    a.hears(ok.text, pwd="0123456789012345678901")
    try:
        a.connect()
        raise Failed("it connects with another password")
    except ConnectionError:
        pass
    check(not leg("caller")["latched"], "nobody is the remote", leg("caller"))
    end(a, b)


def forced():
    a, b = Plain(A), Plain(B)
    A.invite(a.sdp())
    m = A.response(100)
    m = A.refused(488)
    check("ice: force" in m.headers.get("warning", ""), "the reason is told", m.all)
    a.end()
    b.end()


def off():
    a, b = Ice(A, True), Plain(B)
    ours, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.sdp())
    no_ice(ours.text)
    no_ice(ok.text)
    end(a, b)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError, asyncio.TimeoutError) as why:
        sys.exit("%s: %r" % (sys.argv[1], why))
