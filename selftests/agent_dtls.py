#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_dtls.py NAME: plays both parties of a call through rtplaned, with aiortc's
DTLS-SRTP for whom has it, and asserts what each gets to see and hears.  agent_dtls.sh
made the network.

    Party a --- SIP, DTLS, SRTP --- rtplaned --- SIP, RTP or SRTP --- Party b

Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import base64
import os
import re
import socket
import sys
import time

# /usr/bin/python3's own: selftests/dns.py is not the module of that name
sys.path = [p for p in sys.path if os.path.basename(p) != "selftests"]
from aiortc import RTCCertificate, RTCDtlsTransport         # noqa: E402
from aiortc.rtcdtlstransport import (RTCDtlsFingerprint,    # noqa: E402
                                     RTCDtlsParameters)
import pylibsrtp                                            # noqa: E402
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_ice import (LOOP, Ice, Plain, both_hear, call, end, gather,      # noqa: E402
                       heard, rtp, run, value)
from agent_srtp import (A, B, CM80, LIMIT, Failed, again, check, in_ns, leg,  # noqa: E402
                        new_key, sdp, set_up, this_call, why)

DTLS = "UDP/TLS/RTP/SAVPF"
SECURE = "AES_CM_128_HMAC_SHA1_80"


def until(holds, text, *more):
    """Await it; what is awaited needs no loop of ours to come true."""
    for _ in range(LIMIT * 20):
        if holds():
            return
        time.sleep(0.05)
    raise Failed("%s %s" % (text, " ".join(str(m()) for m in more)))


class Way:
    """What aiortc has for a pair that ICE has found: a socket of a party."""

    def __init__(self, party, role):
        self.role = "controlling" if role == "server" else "controlled"
        self.sock = in_ns(party.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((party.ip, 0))
        self.sock.setblocking(False)
        self.port = self.sock.getsockname()[1]

    async def _recv(self):
        return await LOOP.sock_recv(self.sock, 4096)

    async def _send(self, data):
        self.sock.sendto(data, self.to)

    def close(self):
        self.sock.close()


class IceWay:
    """The same by aioice, for one component."""

    def __init__(self, ice, component, role):
        self.role = "controlling" if role == "server" else "controlled"
        self.ice, self.component, self.came = ice, component, asyncio.Queue()

    async def _recv(self):
        data = await self.came.get()
        if not data:
            raise ConnectionError
        return data

    async def _send(self, data):
        await self.ice.conn.sendto(data, self.component)

    def close(self):
        pass


class Dtls:
    """A party with DTLS-SRTP; @role: client or server, if it may choose; @mux: RTCP is
    where RTP is."""

    def __init__(self, party, role="client", ice=None, proto=DTLS, wrong=False, mux=False):
        self.party, self.role, self.ice, self.proto = party, role, ice, proto
        self.mux = mux or bool(ice and ice.components == 1)
        self.certificate = RTCCertificate.generateCertificate()
        self.heard = {1: asyncio.Queue(), 2: asyncio.Queue()}
        shown = RTCCertificate.generateCertificate() if wrong else self.certificate
        self.fingerprint = shown.getFingerprints()[0]
        self.begin()

    def begin(self):
        self.way, self.dtls = {}, {}
        for c in (1,) if self.mux else (1, 2):
            self.way[c] = IceWay(self.ice, c, self.role) if self.ice else \
                Way(self.party, self.role)
            self.dtls[c] = self.transport(c)

    def transport(self, c):
        dtls = RTCDtlsTransport(self.way[c], [self.certificate])

        async def came(data, **_):
            await self.heard[1].put(data)

        async def rtcp_came(data):
            await self.heard[2].put(data)

        dtls._handle_rtp_data, dtls._handle_rtcp_data = came, rtcp_came
        return dtls

    def sdp(self, setup="actpass"):
        more = ["a=fingerprint:%s %s" % (self.fingerprint.algorithm, self.fingerprint.value),
                "a=setup:" + setup]
        if self.ice:
            return self.ice.sdp().replace("RTP/AVP", self.proto) + "\r\n".join(more) + "\r\n"
        return sdp(self.party.ip, self.way[1].port, self.proto,
                   more=["a=rtcp:%d" % self.way[2 - self.mux].port] +
                   ["a=rtcp-mux"] * self.mux + more)

    def answer(self):
        return self.sdp({"client": "active", "server": "passive"}[self.role])

    def hears(self, text):
        self.text = text
        check(not self.mux or "a=rtcp-mux\r\n" in text, "no rtcp-mux:", text)
        if self.ice:
            self.ice.hears(text)
            return
        port = int(re.search(r"^m=audio (\d+)", text, re.M)[1])
        self.way[1].to = (self.party.server, port)
        if not self.mux:
            self.way[2].to = (self.party.server,
                              int(re.search(r"^a=rtcp:(\d+)", text, re.M)[1]))

    async def _pump(self):
        """What aioice has is for one of the two."""
        while True:
            try:
                data, c = await self.ice.conn.recvfrom()
            except ConnectionError:
                break
            await self.way[c].came.put(data)
        for way in self.way.values():
            await way.came.put(b"")

    async def shake_hands(self, components=None):
        if self.ice:
            await self.ice.conn.connect()
            self.pump = asyncio.ensure_future(self._pump())
        theirs = re.search(r"^a=fingerprint:(\S+) (\S+?)\r?$", self.text, re.M)
        remote = RTCDtlsParameters(fingerprints=[
            RTCDtlsFingerprint(algorithm=theirs[1], value=theirs[2])])
        await asyncio.gather(*(self.dtls[c].start(remote) for c in components or self.dtls))

    def connect(self):
        run(self.shake_hands())
        for c in self.dtls:
            check(self.dtls[c].state == "connected", "aiortc is", self.dtls[c].state, why())

    def send(self, data, component=1):
        run(self.dtls[1 if self.mux else component]._send_rtp(data))

    def send_plain(self, data):
        run(self.way[1]._send(data))

    def get(self, component=1):
        try:
            return run(self.heard[component].get(), 1)
        except asyncio.TimeoutError:
            return b""

    def goodbye(self):
        async def stop():
            await asyncio.gather(*(d.stop() for d in self.dtls.values()))
        run(stop())

    def end(self):
        self.goodbye()
        if self.ice:
            self.ice.end()
        for way in self.way.values():
            way.close()


class Sdes(Plain):
    """A party with SRTP by keys in descriptions."""

    def __init__(self, party):
        super().__init__(party)
        self.key = new_key(CM80)

    def sdp(self):
        return sdp(self.party.ip, self.sock.getsockname()[1], "RTP/SAVP",
                   crypto=[(self.tag, CM80, self.key)])

    def hears(self, text):
        super().hears(text)
        found = re.search(r"^a=crypto:(\d+) %s inline:(\S+?)(\|\S*)?\r?$" % CM80, text, re.M)
        check(found, "no key of", CM80, "is in", text)
        self.tag = found[1]
        self.rx = self.session(found[2], pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self.tx = self.session(self.key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)

    @staticmethod
    def session(key, which):
        return pylibsrtp.Session(pylibsrtp.Policy(key=base64.b64decode(key + "=="),
                                                  ssrc_type=which))

    def send(self, data):
        super().send(self.tx.protect(data))

    def get(self):
        data = super().get()
        return self.rx.unprotect(data) if data else data


def sender_report(ssrc):
    return b"\x80\xc8\x00\x06" + ssrc.to_bytes(4, "big") + bytes(20)


def is_secure(side):
    for component in "rtp", "rtcp":
        seen = leg(side, component)
        check(seen.get("srtp_received") == seen.get("srtp_sent") == SECURE,
              component, "of the", side, "is", seen)


def counted(n=1):
    """Each leg has seen as much as the other sent, and nothing is dropped for a key."""
    for side in "caller", "callee":
        seen = leg(side)
        check(seen["rx_packets"] >= n and seen["tx_packets"] >= n, side, seen)
        check("srtp-auth" not in seen["drops"], side, seen)


def no_dtls(text):
    check("fingerprint" not in text and "setup" not in text and "TLS" not in text,
          "DTLS is in", text)


def caller_server():
    """The caller leaves the role to us: we begin."""
    a, b = Dtls(A, "server"), Plain(B)
    to_b, to_a = call(a, b)
    no_dtls(to_b)
    check(value(to_a, "setup") == "active" and DTLS in to_a, "our answer", to_a)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    check("srtp_received" not in leg("callee"), "the callee is plain", leg("callee"))
    counted()
    # RTCP has keys of its own
    a.send(sender_report(0xaaaa), 2)
    until(lambda: leg("callee", "rtcp")["tx_packets"] == 1, "no RTCP:", this_call)
    end(a, b)


def caller_client():
    """The caller insists on beginning."""
    a, b = Dtls(A, "client"), Plain(B)
    a.sdp = lambda: Dtls.sdp(a, "active")
    _, to_a = call(a, b)
    check(value(to_a, "setup") == "passive", "our answer", to_a)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    counted()
    # a re-INVITE with the same words is no other association
    _, ok = again(A, B, a.sdp(), lambda to_b: b.sdp())
    check(value(ok.text, "setup") == "passive", "our answer", ok.text)
    both_hear(a, b)
    end(a, b)


def callee(role, setup):
    a, b = Plain(A), Dtls(B, role)
    to_a = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.answer())[1].text
    a.hears(to_a)
    no_dtls(to_a)
    check(value(b.text, "setup") == "actpass" and value(b.text, "tls-id"), "our offer", b.text)
    b.connect()
    both_hear(a, b)
    is_secure("callee")
    counted()
    check(setup in b.answer(), "its answer is", setup)
    end(a, b)


def callee_client():
    callee("client", "active")


def callee_server():
    callee("server", "passive")


def both():
    """DTLS with either, by certificates of ours alone."""
    a, b = Dtls(A, "server"), Dtls(B, "client")
    ours, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.answer())
    a.hears(ok.text)
    for text in ours.text, ok.text:
        check(a.fingerprint.value not in text and b.fingerprint.value not in text,
              "a party's own is passed on", text)
    run(gather(a.shake_hands(), b.shake_hands()))
    both_hear(a, b)
    is_secure("caller")
    is_secure("callee")
    counted()
    end(a, b)


def to_sdes():
    """Keys by a handshake on one side, in the description on the other."""
    a, b = Dtls(A, "server"), Sdes(B)
    ours, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.sdp())
    no_dtls(ours.text)
    check("a=crypto" not in ok.text, "keys are in our answer", ok.text)
    a.hears(ok.text)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    is_secure("callee")
    counted()
    end(a, b)


def with_ice():
    """DTLS goes the way that ICE finds."""
    a, b = Dtls(A, "server", ice=Ice(A, True)), Plain(B)
    _, to_a = call(a, b)
    check(value(to_a, "ice-ufrag") and value(to_a, "fingerprint"), "our answer", to_a)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    where = leg("caller")["remote"]
    check(where in a.ice.addresses(), "the caller's leg is", leg("caller"))
    # what is authentic and comes from elsewhere is heard, and moves nothing
    came, other = leg("caller")["rx_packets"], Way(A, "server")
    other.to = a.ice.hears_at
    aside = a.dtls[1]._tx_srtp.protect(rtp(1000, 0xaaaa))
    other.sock.sendto(aside, other.to)
    until(lambda: leg("caller")["rx_packets"] > came, "it is not heard:", why)
    until(lambda: leg("caller")["remote"] == where, "media goes elsewhere:",
          lambda: leg("caller"))
    heard(b, a, 0xbbbb)
    other.close()
    end(a, b)


def rtcp_heard(speaker, listener, ssrc):
    for _ in range(LIMIT):
        speaker.send(sender_report(ssrc), 2)
        got = listener.get(2)
        if got:
            check(got[4:8] == ssrc.to_bytes(4, "big"), "another's report", got)
            return
    raise Failed("no report of %08x is heard" % ssrc)


def mux_both():
    """RTP and RTCP of each by one port and one handshake, from end to end."""
    a, b = Dtls(A, "server", mux=True), Dtls(B, "client", mux=True)
    ours, ok = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.answer())
    a.hears(ok.text)
    check("a=rtcp:" not in ok.text, "our answer", ok.text)
    run(gather(a.shake_hands(), b.shake_hands()))
    both_hear(a, b)
    rtcp_heard(a, b, 0xaaaa)
    rtcp_heard(b, a, 0xbbbb)
    check(len(this_call()["legs"]) == 2 and all(x["rtcp_mux"] for x in this_call()["legs"]),
          "legs:", this_call())
    for side in "caller", "callee":
        check(leg(side)["srtp_received"] == SECURE and leg(side)["rtcp_packets"],
              side, leg(side))
    counted()
    end(a, b)


def mux_declined():
    """Who cannot do without has it alone; the other's RTCP has a port of its own."""
    a, b = Dtls(A, "server", ice=Ice(A, True, 1)), Plain(B)
    rtcp = Plain(B)
    b.sdp = lambda: Plain.sdp(b) + "a=rtcp:%d\r\n" % rtcp.sock.getsockname()[1]
    to_b, to_a = call(a, b)
    check("a=rtcp-mux\r\n" in to_b and "a=rtcp:" in to_b, "our offer", to_b)
    check("a=rtcp:" not in to_a and not re.search(r"^a=candidate:\S+ 2", to_a, re.M),
          "our answer", to_a)
    a.connect()
    both_hear(a, b)
    a.send(sender_report(0xaaaa), 2)
    until(lambda: sender_report(0xaaaa) == rtcp.get(), "its report is not heard:", this_call)
    rtcp.to = (B.server, int(re.search(r"^a=rtcp:(\d+)", to_b, re.M)[1]))
    rtcp.send(sender_report(0xbbbb))
    until(lambda: a.get(2) == sender_report(0xbbbb), "nor the other's:", this_call)
    check(leg("caller", "rtcp")["srtp_received"] == SECURE and
          leg("callee", "rtcp")["rtcp_packets"] == 1, "legs:", this_call())
    check("RTCP" not in why(), "why:", why())
    end(a, b, rtcp)


def sealed(a, b, n=3):
    """What either says in plain text reaches nobody."""
    was = leg("caller")["dropped"], leg("callee")["dropped"]
    for seq in range(n):
        a.send_plain(rtp(seq, 0xcccc))
        b.send(rtp(seq, 0xdddd))
    until(lambda: leg("caller")["dropped"] >= was[0] + n and
          leg("callee")["dropped"] >= was[1] + n, "not dropped:", this_call)
    check(not leg("caller")["tx_packets"] and not leg("callee")["tx_packets"],
          "something was relayed", this_call())


def impostor():
    """Whose certificate is another one gets nothing, nor does the other party."""
    a, b = Dtls(A, "client", wrong=True), Plain(B)
    a.sdp = lambda: Dtls.sdp(a, "active")
    call(a, b)
    check("has not begun" in why(), "why:", why())
    sealed(a, b)
    run(a.shake_hands([1]))
    until(lambda: "does not fit" in why(), "why:", why)
    check("has failed" in why() and "nothing is relayed" in why(), "why:", why())
    sealed(a, b)
    end(a, b)


def early_media():
    """What comes before there are keys reaches nobody, and what comes after does."""
    a, b = Dtls(A, "client"), Plain(B)
    a.sdp = lambda: Dtls.sdp(a, "active")
    call(a, b)
    sealed(a, b)
    a.connect()
    heard(a, b, 0xaaaa)
    heard(b, a, 0xbbbb)
    counted()
    end(a, b)


def goodbye():
    """A party that ends DTLS ends media."""
    a, b = Dtls(A, "server"), Plain(B)
    call(a, b)
    a.connect()
    both_hear(a, b)
    a.goodbye()
    until(lambda: "has closed its DTLS" in why(), "why:", why)
    end(a, b)


def required():
    """Who has none is refused, and so is who has it where there is none."""
    a, b = Plain(A), Dtls(B)
    A.invite(a.sdp())
    m = A.refused(488)
    check("requires DTLS-SRTP" in m.headers.get("warning", ""), "the reason is told", m.all)
    a.end()
    b.end()


if __name__ == "__main__":
    try:
        for name in sys.argv[1].split(","):
            globals()[name]()
    except (Failed, OSError, asyncio.TimeoutError) as why_not:
        sys.exit("%s: %r" % (name, why_not))
