#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_ws.py NAME: a browser that comes to rtplaned by WebSocket, and a SIP phone behind a
registrar.  Both are played here; agent_ws.sh made the network.

    browser --- SIP by WebSocket, DTLS-SRTP --- rtplaned --- SIP, RTP --- kamailio, phone

Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import os
import re
import socket
import ssl
import subprocess
import sys
import traceback

# /usr/bin/python3's own: selftests/dns.py is not the module of that name
sys.path = [p for p in sys.path if os.path.basename(p) != "selftests"]
import websockets                                           # noqa: E402
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_register import (A, ACCESS, B, CORE, PHONE, REGISTRAR, End,      # noqa: E402
                            Failed, Message, Phone, ask, bindings, check, final, in_ns,
                            params, uri_of)

LIMIT = 60
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)
NAME = "df7jal23ls0d.invalid"
OURS = "https://phone.example"


def run(what):
    return LOOP.run_until_complete(asyncio.wait_for(what, LIMIT))


async def come(tls, origin=OURS, protocols=("sip",)):
    context = ssl.create_default_context(cafile=os.environ["CA"]) if tls else None
    sock = in_ns(A, lambda: socket.create_connection((ACCESS, 8443 if tls else 8088),
                                                     LIMIT, (PHONE, 0)))
    sock.setblocking(False)
    return await websockets.connect(
        "%s://edge.example/sip" % ("wss" if tls else "ws"), sock=sock, ssl=context,
        server_hostname="edge.example" if tls else None, subprotocols=list(protocols),
        origin=origin, ping_interval=None, open_timeout=LIMIT)


class Browser(Phone):
    """A phone that has no address: it is reached by what it has opened."""

    def __init__(self, tls=True, user="alice", binary=False):
        # pylint: disable=super-init-not-called
        self.ws, self.binary = run(come(tls)), binary
        self.proto, self.ip, self.port = "WSS" if tls else "WS", NAME, 443
        self.user, self.cseq, self.tag = user, 0, os.urandom(4).hex()
        self.call_id, self.seen = os.urandom(8).hex(), set()
        self.contact = "sip:%s@%s;transport=ws" % (user, NAME)
        self.more, self.challenge, self.password = [], None, "open sesame"

    def close(self):
        run(self.ws.close())

    def send(self, text, to=None):
        run(self.ws.send(text.encode() if self.binary else text))

    def one(self):
        data = run(self.ws.recv())
        return Message(data.encode() if isinstance(data, str) else data)


class Desk(Phone):
    """The SIP phone; kamailio is its registrar and its proxy."""

    def __init__(self):
        # pylint: disable=super-init-not-called,non-parent-init-called
        End.__init__(self, B, REGISTRAR, 5070, REGISTRAR)
        self.user, self.cseq, self.tag = "bob", 0, os.urandom(4).hex()
        self.call_id = os.urandom(8).hex()
        self.contact = "sip:bob@%s:5070" % REGISTRAR
        self.more, self.challenge, self.password = [], None, "open sesame"
        self.rtp = in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.rtp.bind((REGISTRAR, 0))
        self.rtp.setblocking(False)

    def sdp(self, offer=""):
        profile = re.search(r"^m=audio \d+ (RTP/AVP) (?:.* )?0\b", offer, re.M)
        check(profile or not offer, "the phone is offered", offer)
        return ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
                "m=audio %d %s 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" %
                (REGISTRAR, REGISTRAR, self.rtp.getsockname()[1],
                 profile[1] if profile else "RTP/AVP"))

    def asks_for(self, number):
        """An INVITE: what its ACK has to have."""
        uri, call_id = "sip:%s@example.com" % number, os.urandom(6).hex()
        head = ("From: <sip:bob@example.com>;tag=" + call_id, "Call-ID: " + call_id)
        self.request("INVITE", uri, *head, "To: <%s>" % uri, "Contact: <%s>" % self.contact,
                     body=self.sdp())
        return uri, head

    def is_refused(self, uri, head):
        """By which status; of one hop is its ACK (RFC 3261 17.1.1.3)."""
        m = final(self)
        self.send("\r\n".join(["ACK %s SIP/2.0" % uri, "Via: " + m["via"], *head, "To: " + m["to"],
                               "CSeq: 1 ACK", "Max-Forwards: 70", "Content-Length: 0", "", ""]))
        return m.status

    def end(self):
        self.rtp.close()
        self.close()


def signs_in(phone):
    phone.register(challenge=False)
    phone.challenge = params(phone.answer(401)["www-authenticate"])
    phone.register()
    return phone.answer(200)


class Dialog:
    """A call that one side has begun, as that side has it or the other."""

    def __init__(self, me, frm, to, call_id, target, cseq=1):
        self.me, self.frm, self.to, self.call_id = me, frm, to, call_id
        self.target, self.cseq = target, cseq

    def say(self, method, cseq=None):
        if cseq is None:
            self.cseq += 1
        self.me.request(method, self.target, "From: " + self.frm, "To: " + self.to,
                        "Call-ID: " + self.call_id, cseq=cseq or self.cseq)

    def hangs_up(self, other):
        self.say("BYE")
        m = other.receive()
        check(m.method == "BYE", "expected BYE and got", m.first)
        other.reply(m, 200)
        check(self.me.answer(200)["cseq"].endswith("BYE"), "BYE is not answered")


def tagged(m, status):
    return m["to"] if ";tag=" in m["to"] else m["to"] + ";tag=t%d" % status


def call(caller, callee, number, body, answer):
    """A call; the dialogs of both, and what each has got."""
    frm = "<sip:%s@example.com>;tag=%s" % (caller.user, os.urandom(4).hex())
    uri, call_id = "sip:%s@example.com" % number, os.urandom(8).hex()
    caller.request("INVITE", uri, "From: " + frm, "To: <%s>" % uri, "Call-ID: " + call_id,
                   "Contact: <%s>" % caller.contact, body=body)
    invite = callee.receive()
    check(invite.method == "INVITE", "expected INVITE and got", invite.first)
    callee.reply(invite, 180, "Contact: <%s>" % callee.contact)
    while caller.receive().status != 180:
        pass
    # one dialog: reply() has a tag of its own for each status
    invite.headers["to"] = tagged(invite, 180)
    callee.reply(invite, 200, "Contact: <%s>" % callee.contact, body=answer(invite))
    ok = final(caller)
    check(ok.status == 200, "expected 200 and got", ok.first, ok.headers.get("warning", ""))
    if isinstance(caller, Desk):
        caller.to = CORE
    one = Dialog(caller, frm, ok["to"], call_id, uri_of(ok))
    one.say("ACK", 1)
    check(callee.receive().method == "ACK", "expected ACK")
    if isinstance(callee, Desk):
        callee.to = CORE
    other = Dialog(callee, invite["to"], invite["from"], invite["call-id"], uri_of(invite))
    return one, other, invite, ok


def strangers():
    """No page of others, no other protocol; neither holds anything."""
    for more in ({"origin": "https://elsewhere.example"}, {"protocols": ("chat",)}):
        try:
            run(come(True, **more))
            raise Failed("he is let in: %s" % more)
        except websockets.InvalidStatusCode as why:
            check(why.status_code == (403 if "origin" in more else 400), "HTTP says", why)
    run(run(come(True, origin=None)).close())
    run(run(come(False, origin="https://elsewhere.example")).close())


def plain():
    """Without TLS: digest, text and binary, a call that is refused, and pings."""
    bob = Desk()
    signs_in(bob)
    alice = Browser(tls=False, binary=True)
    alice.password = "guess"
    alice.register(challenge=False)
    alice.challenge = params(alice.answer(401)["www-authenticate"])
    alice.register()
    alice.answer(401)
    alice.password = "open sesame"
    alice.binary = False
    ok = signs_in(alice)
    check(NAME in ok["contact"], "its contact is", ok["contact"])
    bound = bindings(1)[0]
    check(bound["transport"] == "ws", "the binding is", bound)
    run(asyncio.wait_for(run(alice.ws.ping()), LIMIT))
    run(alice.ws.send("\r\n\r\n"))
    check(run(alice.ws.recv()) == "\r\n", "CRLF is not answered")
    invite = bob.asks_for("alice")
    m = alice.receive()
    check(m.method == "INVITE" and m.first.split()[1].startswith("sip:alice@" + NAME),
          "what comes down is", m.first)
    check(m["via"].startswith("SIP/2.0/WS ") and ";transport=ws" in uri_of(m),
          "our names are", m["via"], m["contact"])
    alice.reply(m, 486)
    check(alice.receive().method == "ACK", "expected ACK")
    check(bob.is_refused(*invite) == 486, "expected 486")
    alice.register(expires=0)
    alice.answer(200)
    bindings(0)
    alice.close()
    bob.end()


class Media:
    """A browser's media, by aiortc's whole stack."""

    def __init__(self, track=None):
        # pylint: disable=import-outside-toplevel
        from aiortc import RTCConfiguration, RTCPeerConnection
        from aiortc.mediastreams import AudioStreamTrack
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.addTrack(track or AudioStreamTrack())
        self.came, self.tasks = 0, []
        self.pc.on("track", lambda track: self.tasks.append(
            asyncio.ensure_future(self.listens(track))))

    async def listens(self, track):
        while True:
            await track.recv()
            self.came += 1

    async def describes(self, make):
        await self.pc.setLocalDescription(await make())

    def offers(self):
        in_ns(A, lambda: run(self.describes(self.pc.createOffer)))
        return self.pc.localDescription.sdp

    def hears(self, text, kind):
        # pylint: disable=import-outside-toplevel
        from aiortc import RTCSessionDescription
        in_ns(A, lambda: run(self.pc.setRemoteDescription(RTCSessionDescription(text, kind))))

    def answers(self, text):
        self.hears(text, "offer")
        in_ns(A, lambda: run(self.describes(self.pc.createAnswer)))
        return self.pc.localDescription.sdp

    def end(self):
        for task in self.tasks:
            task.cancel()
        run(self.pc.close())


async def both_hear(media, phone, text):
    """The phone speaks as phones do, until each has heard the other."""
    to = (CORE, int(re.search(r"^m=audio (\d+)", text, re.M)[1]))
    seq = heard = 0
    while media.came < 5 or heard < 5:
        seq += 1
        phone.rtp.sendto(b"\x80\x00" + seq.to_bytes(2, "big") + (160 * seq).to_bytes(4, "big") +
                         b"\0\0\xbb\xbb" + bytes(160), to)
        await asyncio.sleep(0.02)
        try:
            while True:
                heard += phone.rtp.recv(2048)[1] & 0x7f == 0
        except BlockingIOError:
            pass


def is_browsers(text):
    """RFC 8829 5.1.2: either profile will do."""
    check(re.search(r"^m=audio \d+ UDP/TLS/RTP/SAVPF? ", text, re.M) and "a=rtcp-mux" in text and
          "a=fingerprint:" in text and "a=ice-lite" in text, "a browser cannot have", text)


def calls():
    """A browser calls a phone; the phone hangs up."""
    bob, media = Desk(), Media()
    signs_in(bob)
    alice = Browser()       # it has 10 s for its first message
    signs_in(alice)
    _, other, invite, ok = call(alice, bob, "bob", media.offers(), lambda m: bob.sdp(m.body))
    check(NAME not in str(invite.all) + invite.body, "the browser's name has crossed", invite.all)
    is_browsers(ok.body)
    media.hears(ok.body, "answer")
    run(both_hear(media, bob, invite.body))
    other.hangs_up(alice)
    media.end()
    alice.close()
    bob.end()


def called():
    """A phone calls a browser, through the registrar; the browser hangs up."""
    bob, media = Desk(), Media()
    signs_in(bob)
    alice = Browser()       # it has 10 s for its first message
    signs_in(alice)
    check(bindings(1)[0]["transport"] == "wss", "the binding is", bindings(1))
    _, other, invite, ok = call(bob, alice, "alice", bob.sdp(), lambda m: media.answers(m.body))
    is_browsers(invite.body)
    # RFC 7118 5.2.2: there is no other word for WebSocket over TLS
    check(invite["via"].startswith("SIP/2.0/WSS ") and uri_of(invite).endswith(";transport=ws"),
          "our names are", invite["via"], invite["contact"])
    run(both_hear(media, bob, ok.body))
    other.hangs_up(bob)
    media.end()
    alice.close()
    bob.end()


def comes_back():
    """In a call the browser's connection ends; by another one it hangs up."""
    bob, media = Desk(), Media()
    signs_in(bob)
    alice = Browser()
    signs_in(alice)
    one, _, _, _ = call(alice, bob, "bob", media.offers(), lambda m: bob.sdp(m.body))
    alice.ws.transport.abort()
    run(alice.ws.wait_closed())
    bindings(0)
    one.me = Browser()
    one.hangs_up(bob)
    one.me.close()
    media.end()
    bob.end()


def lost():
    """Who goes without a word is gone, and comes back by another connection."""
    bob = Desk()
    signs_in(bob)
    alice = Browser(user="carol")
    signs_in(alice)
    bindings(1)
    alice.ws.transport.abort()
    run(alice.ws.wait_closed())
    bindings(0)
    status = bob.is_refused(*bob.asks_for("carol"))
    check(status in (404, 480), "who calls gets", status)
    alice = Browser(user="carol")
    signs_in(alice)
    bindings(1)
    alice.close()
    bindings(0)
    bob.end()


def renewed():
    """Who was there goes on, and others see the new certificate, of another authority."""
    alice = Browser()
    signs_in(alice)
    folder = os.path.dirname(os.environ["CA"])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=edge.example", "-addext",
                    "subjectAltName=DNS:edge.example", "-days", "2", "-keyout", folder + "/key",
                    "-out", os.environ["CA"]], check=True, stderr=subprocess.DEVNULL)
    with open(folder + "/agent.pem", "w", encoding="ascii") as out:
        for name in (os.environ["CA"], folder + "/key"):
            with open(name, encoding="ascii") as part:
                out.write(part.read())
    check(ask("reload") == {"changed": [], "kept": []}, "the reload")
    run(run(come(True)).close())
    alice.register(expires=0)
    alice.answer(200)
    alice.close()


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
        traceback.print_exc()
        print("%s: %r" % (sys.argv[1], error), file=sys.stderr, flush=True)
        os._exit(1)     # a decoder's thread of aiortc's may be left
