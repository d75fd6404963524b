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
from agent_srtp import (A, B, LIMIT, Failed, again, check, hang_up, in_ns, leg,  # noqa: E402
                        sdp, set_up, why)

LOOP = asyncio.new_event_loop()
# Of two addresses that both work aioice uses the one whose answer it has handled last, which
# nobody else can know: the one that attackers have in these tests is none of its own.
ADDRESSES = aioice.ice.get_host_addresses
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [
    host for host in ADDRESSES(use_ipv4, use_ipv6) if host != "192.0.2.66"]


def run(what, limit=LIMIT):
    return LOOP.run_until_complete(asyncio.wait_for(what, limit))


class Ice:
    """ICE of a party, by aioice."""

    def __init__(self, party, controlling, components=2, one=False):
        """@one: it has one address, and so nominates no second pair."""
        self.party, self.components = party, components
        if one:
            aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [party.ip]
        self.conn = aioice.Connection(ice_controlling=controlling, components=components,
                                      use_ipv6="IPV6" in os.environ)
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

    def trickling(self):
        """A description without a candidate: they come later (RFC 8840)."""
        return sdp("0.0.0.0", 9, more=[
            "a=ice-options:trickle", "a=mid:1",
            "a=ice-ufrag:" + self.conn.local_username,
            "a=ice-pwd:" + self.conn.local_password])

    def fragment(self, pwd=None, allow=lambda c: True, end=True, more=()):
        """These, as an INFO has them."""
        lines = ["a=ice-ufrag:" + self.conn.local_username,
                 "a=ice-pwd:" + (pwd or self.conn.local_password),
                 "m=audio 9 RTP/AVP 0", "a=mid:1"]
        lines += ["a=candidate:" + c.to_sdp() for c in self.conn.local_candidates if allow(c)]
        lines += ["a=candidate:" + str(c) for c in more]
        lines += ["a=end-of-candidates"] if end else []
        return "\r\n".join(lines) + "\r\n"

    def hears(self, text, pwd=None):
        self.conn.remote_username = value(text, "ice-ufrag")
        self.conn.remote_password = pwd or value(text, "ice-pwd")
        self.conn.remote_is_lite = "a=ice-lite" in text
        self.hears_at = (self.party.server, int(re.search(r"^m=audio (\d+)", text, re.M)[1]))
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
    check("a=ice-lite" not in to_a and "a=ice-options:trickle ice2" in to_a, "we are full", to_a)
    check(len(re.findall("^a=candidate:", to_a, re.M)) == 4, "two of each address", to_a)
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


def behind():
    """What agent_nat.sh has put between is got through, by few checks, or is named."""
    checks = []
    transaction = aioice.stun.Transaction.__init__
    aioice.stun.Transaction.__init__ = lambda *words, **more: (checks.append(1),
                                                              transaction(*words, **more))[1]
    a, b = Ice(A, True, components=1), Plain(B)
    _, to_a = call(a, b)
    check(os.environ["OFFERED"] in to_a, "our answer", to_a)
    if os.environ["WANT"]:
        trying = LOOP.create_task(a.conn.connect())
        for _ in range(LIMIT * 5):
            run(asyncio.sleep(0.2))
            said = why()
            if re.search(os.environ["WANT"], said):
                break
        else:
            raise Failed("rtplane says: %s" % said)
        trying.cancel()
    else:
        a.connect()
        both_hear(a, b)
        seen = leg("caller")["remote"]
        check(seen.rpartition(":")[0] == os.environ["SEEN"], "the caller's leg is", leg("caller"))
        # a check of each pair, one that nominates, and consent
        most = 3 * len(a.conn.local_candidates) * to_a.count("a=candidate") + 3
        check(len(checks) <= most, "more than", most, "checks:", len(checks))
        check("ICE" not in why(), "rtplane says", why())
    end(a, b)


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


FRAGMENT = "application/trickle-ice-sdpfrag"


def info(party, body, status=200, package="trickle-ice", content=FRAGMENT):
    """An INFO, and what it is answered."""
    party.request("INFO", body, content=content, headers=[
        "Info-Package: " + package, "Content-Disposition: Info-Package"] if package else [])
    return party.response(status)


def takes(message, wanted=True):
    """Is it told that we take trickled candidates?"""
    said = [v for n, v in message.all if n.lower() in ("supported", "recv-info")]
    check(("trickle-ice" in " ".join(said)) == wanted, "trickle-ice is in", message.all)


class Ear:
    """A candidate that is nobody's: it hears whether it is asked."""

    def __init__(self, party, ip=None):
        self.sock = in_ns(party.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((ip or party.ip, 0))

    def __str__(self):
        return "ear%d 1 udp 1000 %s %d typ host" % ((self.sock.getsockname()[1],) +
                                                   self.sock.getsockname())

    def asked(self, limit=LIMIT):
        self.sock.settimeout(limit)
        try:
            return self.sock.recv(2048)[:2] == b"\0\1"
        except (socket.timeout, BlockingIOError):
            return False


def caller_trickles(a, fragments):
    """A call whose caller says in early dialog where it is; its fragments, and answers."""
    b = Plain(B)
    A.invite(a.trickling())
    m = B.wait("INVITE")
    b.hears(m.sdp.text)
    no_ice(m.sdp.text)
    takes(m, False)
    A.response(100)
    B.reply(m, 180, headers=["Recv-Info: trickle-ice, x-other"])
    ringing = A.response(180)
    takes(ringing)
    said = [v for n, v in ringing.all if n == "Recv-Info"]
    check(sorted(said) == ["trickle-ice", "x-other"], "what each of the two takes is", said)
    for status, body in fragments:
        info(A, body, status)
    B.reply(m, 200, b.sdp())
    ok = A.response(200)
    A.ack()
    B.wait("ACK")       # and no INFO before it
    takes(ok)
    check("a=end-of-candidates\r\n" in ok.sdp.text and
          "a=ice-options:trickle" in ok.sdp.text, "all of ours are said at once", ok.sdp.text)
    a.hears(ok.sdp.text)
    return b


def trickle():
    """The caller's candidates come while it rings; its own checks begin when ours have come."""
    a, ear = Ice(A, True, one=True), Ear(A)
    b = caller_trickles(a, [(200, a.fragment(more=[ear]))])
    check(ear.asked(), "we ask where the caller says it is")
    a.connect()
    both_hear(a, b)
    check(leg("caller")["remote"] in a.addresses(), "the caller's leg is", leg("caller"))
    end(a, b)


def trickle_required():
    """Where there is ICE, and the callee is not asked for it."""
    a, b = Plain(A), Plain(B)
    A.request("INVITE", a.sdp(), headers=["Require: trickle-ice"])
    if os.environ["ACCESS_ICE"] == "off":
        A.last_invite = A.cseq
        m = A.refused(420)
        check(m.headers.get("unsupported") == "trickle-ice", "what we have not is", m.all)
    else:
        m = B.wait("INVITE")
        check("require" not in m.headers, "the callee is asked", m.all)
        B.reply(m, 486)
        A.last_invite = A.cseq
        A.response(100)
        A.refused(486)
        B.wait("ACK")
    a.end()
    b.end()


def trickle_stale():
    """Of other credentials, or what is none: nothing is learned."""
    a, ears = Ice(A, True, one=True), [Ear(A) for _ in range(4)]
    other = a.fragment(more=[ears[1]]).replace(a.conn.local_username, "other")
    b = caller_trickles(a, [(200, a.fragment(pwd="0123456789012345678901", more=[ears[0]])),
                            (200, other), (400, "m=audio\r\n")])
    info(A, a.fragment(more=[ears[2]]), 415, content="text/plain")
    # what is right is taken in the dialog, too
    info(A, a.fragment(more=[ears[3]]))
    check(ears[3].asked(), "we ask where the caller says it is")
    check(not any(e.asked(0) for e in ears[:3]), "and nowhere else")
    a.connect()
    both_hear(a, b)
    end(a, b)


def trickle_denied():
    """media-acl: what it denies is as if it were not said."""
    a, denied, allowed = Ice(A, True), Ear(A), Ear(A, os.environ["OTHER"])
    b = caller_trickles(a, [(200, a.fragment(more=[denied, allowed]))])
    check(allowed.asked(), "we ask where it is allowed")
    check(not denied.asked(0), "and nowhere else")
    end(a, b)


def trickle_callee():
    """The callee's come after its answer, one by one."""
    a, b = Plain(A), Ice(B, False)
    A.invite(a.sdp())
    m = B.wait("INVITE")
    takes(m)
    b.hears(m.sdp.text)
    check("a=ice-options:trickle" in m.sdp.text, "the callee may trickle", m.sdp.text)
    A.response(100)
    B.reply(m, 200, b.trickling())
    ok = A.response(200)
    A.ack()
    B.wait("ACK")
    takes(ok, False)
    no_ice(ok.sdp.text)
    a.hears(ok.sdp.text)
    B.them, B.cseq = m["from"], 100
    for i, c in enumerate(b.conn.local_candidates):
        info(B, b.fragment(allow=lambda x, c=c: x == c, end=False))
    info(B, b.fragment(allow=lambda x: False))
    b.connect()
    both_hear(a, b)
    end(a, b)


def other_packages():
    """For the other side; but never candidates, where the realm has no ICE either."""
    a, b = Plain(A), Plain(B)
    call(a, b)
    m = info(A, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 469)
    check(m.headers.get("recv-info") == "", "no package is taken", m.all)
    info(A, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 469, package=None)
    A.request("INFO", "Signal=5", content="application/dtmf-relay",
              headers=["Info-Package: x-other"])
    m = B.wait("INFO")
    check(m["info-package"] == "x-other" and m.body == "Signal=5", "it comes as it is", m.all)
    B.reply(m, 469, headers=["Recv-Info: x-third, trickle-ice;x=y"])
    m = A.response(469)
    check([v for n, v in m.all if n == "Recv-Info"] == ["x-third"], "what is taken is", m.all)
    end(a, b)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError, asyncio.TimeoutError) as why_not:
        sys.exit("%s: %r" % (sys.argv[1], why_not))
