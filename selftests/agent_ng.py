#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_ng.py NAME: a SIP proxy that drives rtplaned by rtpengine's control protocol, and
both parties of its calls.  agent_ng.sh made the network.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

from agent_srtp import Failed, ask, check, in_ns, sdp

A, B = os.environ["A"], os.environ["B"]
A4, B4, MA4, MB4 = "192.0.2.1", "198.51.100.1", "192.0.2.254", "198.51.100.254"
NG = (MB4, 22222)
PATIENCE = 30


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in value.items()) + b"e"


def bdecode(data):
    def one(at):
        c = data[at:at + 1]
        if c == b"i":
            end = data.index(b"e", at)
            return int(data[at + 1:end]), end + 1
        if c in b"ld":
            out, at = [], at + 1
            while data[at:at + 1] != b"e":
                value, at = one(at)
                out.append(value)
            return (out if c == b"l" else dict(zip(out[::2], out[1::2]))), at + 1
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        return data[colon + 1:end].decode(), end
    value, end = one(0)
    check(end == len(data), "a reply of", len(data), "bytes ends at", end)
    return value


class Proxy:
    """One worker of a proxy: a connected socket, and cookies of its own."""

    def __init__(self, ns=B):
        self.sock = in_ns(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.connect(NG)
        self.sock.settimeout(PATIENCE)
        self.n = 0

    def raw(self, data):
        self.sock.send(data)
        return self.sock.recv(65536)

    def ask(self, command, **words):
        self.n += 1
        cookie = b"%d_%d" % (os.getpid(), self.n)
        words = {k.replace("_", "-"): v for k, v in words.items()}
        words["command"] = command
        reply = self.raw(cookie + b" " + bencode(words))
        check(reply.startswith(cookie + b" "), "the cookie is", cookie, "the reply", reply)
        return bdecode(reply[len(cookie) + 1:])

    def ok(self, command, **words):
        reply = self.ask(command, **words)
        check(reply["result"] == "ok", command, "got", reply)
        return reply

    def error(self, reason, command, **words):
        reply = self.ask(command, **words)
        check(reply["result"] == "error" and reply["error-reason"] == reason, command, "got", reply)


P = Proxy()


def port_of(text):
    return int(re.search(r"^m=audio (\d+)", text, re.M)[1])


def host_of(text):
    return re.search(r"^c=IN IP4 (\S+)", text, re.M)[1]


class Phone:
    """A party's socket for media, at a port of its own."""

    def __init__(self, ns, ip):
        self.sock = in_ns(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((ip, 0))
        self.sock.settimeout(PATIENCE)
        self.ip, self.port = self.sock.getsockname()
        self.seq, self.ssrc = 1000, int.from_bytes(os.urandom(4), "big")

    def sdp(self, ip=None, **more):
        return sdp(ip or self.ip, self.port, **more)

    def send(self, to):
        self.seq += 1
        self.sock.sendto(struct.pack("!BBHII", 0x80, 0, self.seq, self.seq * 160, self.ssrc) +
                         bytes(160), to)

    def hears(self, other, to):
        """What @other sends to @to comes here: some packets until it is latched."""
        self.sock.settimeout(0.2)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            other.send(to)
            try:
                data = self.sock.recv(2048)
            except TimeoutError:
                continue
            if struct.unpack("!I", data[8:12])[0] == other.ssrc:
                return
        raise Failed("nothing of what was sent to %s:%d comes to %s" % (to[0], to[1], self.ip))


def talk(a, b, to_a, to_b):
    """Both hear each other; descriptions that they got."""
    b.hears(a, (host_of(to_a), port_of(to_a)))
    a.hears(b, (host_of(to_b), port_of(to_b)))


KAMAILIO = dict(supports=["load limit"], flags=["trust-address"], ICE="remove",
                replace=["origin", "session-connection"], direction=["external", "internal"])


def call(a, b, proxy=P, call_id="call-1@example", **more):
    """A call that is up; what the two have been told."""
    words = dict(call_id=call_id, from_tag="from-1")
    offer = proxy.ok("offer", sdp=a.sdp(), received_from=["IP4", A4], **words, **KAMAILIO, **more)
    answer = proxy.ok("answer", sdp=b.sdp(), received_from=["IP4", B4], to_tag="to-1", **words)
    return answer["sdp"], offer["sdp"]


def gone(call_id="call-1@example", **words):
    reply = P.ok("delete", call_id=call_id, delete_delay=0, **words)
    check("warning" not in reply, "delete got", reply)


def legs(call_id="call-1@example"):
    (seen,) = [c for c in ask("calls") if c["request"] == call_id]
    return ask("call", str(seen["id"]))["legs"]


def dropped():
    return sum(leg["drops"].get("blocked", 0) for leg in legs())


def becomes(what, value):
    deadline = time.monotonic() + PATIENCE
    while what() != value and time.monotonic() < deadline:
        time.sleep(0.05)
    check(what() == value, "it is", what(), "and not", value)


def drain(phone):
    """All that was underway has come."""
    phone.sock.setblocking(False)
    got = []
    while True:
        try:
            got.append(phone.sock.recv(2048))
        except BlockingIOError:
            return got


def blocks():
    """What comes from a party is not relayed for a while, none of it, and then it is again."""
    a, b = Phone(A, A4), Phone(B, B4)
    to_a, to_b = call(a, b)
    talk(a, b, to_a, to_b)
    words = dict(call_id="call-1@example", from_tag="from-1")
    P.ok("block media", **words)
    drain(b)
    for _ in range(50):
        a.send((host_of(to_a), port_of(to_a)))
    becomes(dropped, 50)
    a.hears(b, (host_of(to_b), port_of(to_b)))
    check(not drain(b), "some of what is blocked has come")
    P.ok("unblock media", **words)
    talk(a, b, to_a, to_b)
    check(dropped() == 50, "what is not blocked was dropped", dropped())
    # By the address that a party has described, and nobody for one that none has.
    words = dict(call_id="call-1@example")
    P.error("Failed to match address to any tag", "block media", address="203.0.113.9", **words)
    P.error("Failed to match address to any tag", "block media", address="nonsense", **words)
    P.ok("block media", address=B4, **words)
    for _ in range(10):
        b.send((host_of(to_b), port_of(to_b)))
    becomes(dropped, 60)
    b.hears(a, (host_of(to_a), port_of(to_a)))
    check(not drain(a), "some of what is blocked by address has come")
    P.ok("unblock media", address=B4, **words)
    talk(a, b, to_a, to_b)
    gone()


class Listener:
    """Where events are told."""

    def __init__(self):
        self.sock = in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((B4, 22223))
        self.sock.settimeout(PATIENCE)

    def event(self, kind):
        """The next one, whatever else is told meanwhile of silence."""
        while True:
            event = json.loads(self.sock.recv(65536))
            if event["type"] == kind:
                return event
            check(event["type"] in ("silence", "no-audio"), event)


EVENTS = ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"]


def digit(phone, to, event, duration, ts, pt=101, n=3):
    for i in range(n + 3):
        phone.seq += 1
        end = 0x80 if i >= n else 0
        phone.sock.sendto(struct.pack("!BBHIIBBH", 0x80, pt, phone.seq, ts, phone.ssrc, event,
                                      end | 10, duration if end else 160 * (i + 1)), to)


def digits():
    """Each digit is told once; those that are blocked are told too, and nobody hears them."""
    told = Listener()
    a, b = Phone(A, A4), Phone(B, B4)
    offer = a.sdp(more=EVENTS).replace("RTP/AVP 0", "RTP/AVP 0 101")
    answer = b.sdp(more=EVENTS).replace("RTP/AVP 0", "RTP/AVP 0 101")
    words = dict(call_id="call-1@example", from_tag="from-1")
    to_b = P.ok("offer", sdp=offer, received_from=["IP4", A4], **words, **KAMAILIO)["sdp"]
    to_a = P.ok("answer", sdp=answer, received_from=["IP4", B4], to_tag="to-1", **words)["sdp"]
    talk(a, b, to_a, to_b)
    at = (host_of(to_a), port_of(to_a))
    digit(a, at, 5, 800, 100000)
    digit(a, at, 11, 1600, 200000)
    first, second = told.event("DTMF"), told.event("DTMF")
    check(first["timestamp"] > 1e9 and first.pop("timestamp"), first)
    check(first == {"callid": "call-1@example", "source_tag": "from-1", "source_label": "",
                    "tags": ["from-1", "to-1"], "type": "DTMF", "source_ip": A4,
                    "event": 5, "duration": 100, "volume": 10}, first)
    check((second["event"], second["duration"]) == (11, 200), second)
    digit(b, (host_of(to_b), port_of(to_b)), 0, 800, 5)
    check(told.event("DTMF")["source_tag"] == "to-1", "whose digit it is")
    before = dropped()
    P.ok("block DTMF", **words)
    drain(b)
    digit(a, at, 1, 800, 300000)
    becomes(dropped, before + 6)
    b.hears(a, at)
    check(not [d for d in drain(b) if d[1] & 0x7f == 101], "a digit that is blocked has come")
    check(told.event("DTMF")["event"] == 1, "what is blocked is told")
    P.ok("unblock DTMF", **words)
    digit(a, at, 2, 800, 400000)
    b.sock.settimeout(PATIENCE)
    while b.sock.recv(2048)[1] & 0x7f != 101:
        pass
    check(told.event("DTMF")["event"] == 2, "what is not blocked is told")
    gone()


def silence():
    """Who stops is told, who has never begun too, and who is not to send is not."""
    told = Listener()
    a, b = Phone(A, A4), Phone(B, B4)
    to_b = call(a, b)[1]
    for _ in range(5):
        b.send((host_of(to_b), port_of(to_b)))
    one, two = told.event("no-audio"), told.event("silence")
    check((one["source_tag"], two["source_tag"]) == ("from-1", "to-1"), one, two)
    check(two["source_ip"] == B4 and two["callid"] == "call-1@example", two)
    gone()


def kamailio():
    a, b = Phone(A, A4), Phone(B, B4)
    words = dict(call_id="k1", from_tag="f", via_branch="z9hG4bK-1")
    offer = P.ok("offer", sip_message_type="sip_request", sdp=a.sdp(),
                 received_from=["IP4", A4], **words, **KAMAILIO)
    check(host_of(offer["sdp"]) == MB4 and A4 not in offer["sdp"], offer["sdp"])
    answer = P.ok("answer", sip_message_type="sip_reply", sdp=b.sdp(), to_tag="t",
                  received_from=["IP4", B4], **words, **KAMAILIO)
    check(host_of(answer["sdp"]) == MA4 and B4 not in answer["sdp"], answer["sdp"])
    talk(a, b, answer["sdp"], offer["sdp"])
    # hold by the callee, and back
    P.ok("offer", call_id="k1", from_tag="t", to_tag="f", sdp=b.sdp(more=["a=sendonly"]))
    P.ok("answer", call_id="k1", from_tag="t", to_tag="f", sdp=a.sdp(more=["a=recvonly"]))
    P.ok("offer", call_id="k1", from_tag="t", to_tag="f", sdp=b.sdp())
    P.ok("answer", call_id="k1", from_tag="t", to_tag="f", sdp=a.sdp())
    talk(a, b, answer["sdp"], offer["sdp"])
    seen = P.ok("query", call_id="k1")
    check(set(seen["tags"]) == {"f", "t"} and seen["totals"]["RTP"]["packets"] >= 4, seen)
    check(str(a.ssrc) in seen["SSRC"] and str(b.ssrc) in seen["SSRC"], seen)
    check(len(bencode(seen)) < 1400, len(bencode(seen)))
    check(P.ok("list")["calls"] == ["k1"], "list")
    check(P.ask("ping")["result"] == "pong", "ping")
    gone("k1", from_tag="f", to_tag="t")


def seen_by_people():
    """As all other calls; and what the proxy says in vain is told."""
    a, b = Phone(A, A4), Phone(B, B4)
    words = dict(call_id="s1", from_tag="f", flags=["trust-addres"], direction=["external", "internal"])
    P.ok("offer", sdp=a.sdp(), **words)
    P.ok("answer", sdp=b.sdp(), to_tag="t", **words)
    (seen,) = ask("calls")
    check(seen["state"] == "up" and seen["request"] == "s1" and seen["callee"]["uri"] == "t", seen)
    check(seen["caller"]["realm"] == "access" and seen["callee"]["realm"] == "core", seen)
    check(len(ask("call", str(seen["id"]))["legs"]) == 4, "legs")
    why = [w["because"] for w in ask("why", str(seen["id"]))["why"]]
    check(any("'trust-addres'" in w for w in why) and any("nothing has arrived" in w for w in why), why)
    check({"word": "trust-addres", "said": 2} in ask("ng", "flags"), ask("ng", "flags"))
    gone("s1")
    check(ask("call", str(seen["id"]))["reason"] == "deleted", "the end")


def kamailio_late_offer():
    a, b = Phone(A, A4), Phone(B, B4)
    words = dict(call_id="k2", from_tag="t", to_tag="f")
    more = dict(KAMAILIO, direction=["internal", "external"])
    offer = P.ok("offer", sip_message_type="sip_reply", sdp=b.sdp(), received_from=["IP4", B4], **words, **more)
    answer = P.ok("answer", sip_message_type="sip_request", sdp=a.sdp(), received_from=["IP4", A4], **words)
    talk(a, b, offer["sdp"], answer["sdp"])
    gone("k2", from_tag="f", to_tag="t")


def opensips():
    a, b = Phone(A, A4), Phone(B, B4)
    words = {"call-id": "o1", "from-tag": "f", "direction": ["external", "internal"],
             "address family": "IP4", "flags": ["trust-address", "directional"],
             "replace": ["origin", "session-connection"]}
    offer = P.ok("offer", sdp=a.sdp(), **words, **{"received-from": ["IP4", A4]})
    answer = P.ok("answer", sdp=b.sdp(), **words, **{"to-tag": "t", "received-from": ["IP4", B4]})
    talk(a, b, answer["sdp"], offer["sdp"])
    # its other commands, as its functions send them: the call by its id, a party by its tag
    check(P.ask("ping") == {"result": "pong"}, "ping")
    one = {"call-id": "o1", "from-tag": "f", "received-from": ["IP4", A4]}
    for command in ("block media", "unblock media", "block DTMF", "unblock DTMF", "silence media", "unsilence media"):
        P.ok(command, **one)
    talk(a, b, answer["sdp"], offer["sdp"])
    seen = P.ok("query", **{"call-id": "o1"})
    stream = seen["tags"]["f"]["medias"][0]["streams"][0]
    check(stream["SSRC"] == a.ssrc and "average MOS" in seen["SSRC"][str(a.ssrc)], seen)
    for command in ("start recording", "stop recording", "play media", "stop media", "play DTMF", "start forwarding"):
        reply = P.ask(command, file="x", code="5", **one)
        check(reply["result"] == "error" and "expected a" in reply["error-reason"], command, reply)
    rec = Recorder(2)
    reply = P.ok("subscribe request", flags=["all", "siprec"], **{"call-id": "o1"})
    P.ok("subscribe answer", sdp=rec.sdp(), **{"call-id": "o1", "to-tag": reply["to-tag"]})
    reaches(rec.rtp[0 if reply["media-labels"]["1"]["tag"] == "f" else 1], a, (host_of(answer["sdp"]), port_of(answer["sdp"])))
    P.ok("unsubscribe", **{"call-id": "o1", "to-tag": reply["to-tag"]})
    talk(a, b, answer["sdp"], offer["sdp"])
    gone("o1")


def jambonz():
    """JSON over TCP, in pieces that end anywhere, and several in one."""
    a, b = Phone(A, A4), Phone(B, B4)
    tcp = in_ns(B, lambda: socket.create_connection(NG, PATIENCE))
    words = {"call-id": "j1", "from-tag": "f", "replace": ["origin", "session-connection"],
             "flags": ["port latching", "reset", "media handover"], "direction": ["access", "core"]}
    data = b""
    for cookie, more in (("c1", {"command": "offer", "sdp": a.sdp(), "padding": "x" * 30000}),
                         ("c2", {"command": "answer", "sdp": b.sdp(), "to-tag": "t"}),
                         ("c3", {"command": "ping"})):
        data += cookie.encode() + b" " + json.dumps({**words, **more}).encode()
    for at in range(0, len(data), 997):
        tcp.sendall(data[at:at + 997])
    got = ""
    while got.count('"result"') < 3 or not got.endswith("}"):
        got += tcp.recv(65536).decode()
    replies = re.findall(r"(c\d) (\{.*?\})(?=c\d |$)", got, re.S)
    check([c for c, _ in replies] == ["c1", "c2", "c3"], got)
    offer, answer, pong = (json.loads(text) for _, text in replies)
    check(pong["result"] == "pong", pong)
    talk(a, b, answer["sdp"], offer["sdp"])
    gone("j1", from_tag="f")
    # what is no message is the last one
    tcp.sendall(b"c4 nonsense")
    check(b"Invalid NG data format" in tcp.recv(4096) and tcp.recv(4096) == b"", "a broken stream")


HTTP = (MB4, 22225)


def post(path, body, headers=""):
    """One request; status, type and body of the reply."""
    with in_ns(B, lambda: socket.create_connection(HTTP, PATIENCE)) as tcp:
        tcp.sendall(("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n" %
                     (path, len(body), headers)).encode() + body)
        data = b""
        while part := tcp.recv(65536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), re.search(rb"content-type: (\S+)", head)[1].decode(), body


class WebSocket:
    """A subprotocol's connection; frames are masked by nothing."""

    def __init__(self, protocol):
        self.tcp = in_ns(B, lambda: socket.create_connection(HTTP, PATIENCE))
        self.tcp.sendall(("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Protocol: %s\r\n\r\n" % protocol).encode())
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self.more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        check(b" 101 " in head and protocol.encode() in head, "the handshake is", head)

    def more(self):
        part = self.tcp.recv(65536)
        check(part, "the connection ends")
        self.data += part

    def ask(self, message, kind=1):
        self.tcp.sendall(struct.pack("!BBHI", 0x80 | kind, 0x80 | 126, len(message), 0) + message)
        while len(self.data) < 4:
            self.more()
        at, size = (4, int.from_bytes(self.data[2:4], "big")) if self.data[1] == 126 else (2, self.data[1])
        while len(self.data) < at + size:
            self.more()
        check(self.data[0] == 0x80 | kind, "a reply's first byte is", self.data[0])
        reply, self.data = self.data[at:at + size], self.data[at + size:]
        return reply


def http():
    """A call of which each message comes another way."""
    a, b = Phone(A, A4), Phone(B, B4)
    words = {"call-id": "h1", "from-tag": "f", "direction": ["access", "core"]}
    offer = {**words, "command": "offer", "sdp": a.sdp(), "padding": "x" * 30000}
    status, kind, body = post("/ng-plain", json.dumps(offer).encode())
    check((status, kind) == (200, "application/json"), status, kind, body)
    offer = json.loads(body)
    ws = WebSocket("ng.rtpengine.com")
    reply = ws.ask(b"c1 " + bencode({**words, "command": "answer", "to-tag": "t", "sdp": b.sdp()}), 2)
    check(reply.startswith(b"c1 d"), "the reply is", reply)
    talk(a, b, bdecode(reply[3:])["sdp"], offer["sdp"])
    check(json.loads(WebSocket("ng-plain.rtpengine.com").ask(b'{"command": "list"}'))["calls"] == ["h1"], "list")
    check(post("/ng", b"c2 d7:command4:pinge") == (200, "application/x-rtpengine-ng", b"c2 d6:result4:ponge"), "ping")
    # the same connection again, and what cannot be read
    check(ws.ask(b"c3 {}") == b'c3 {"error-reason":"Dictionary contains no key \\"command\\"","result":"error"}', "no word")
    check(post("/ng", b"c4")[0] == 400 and b"Invalid NG" in post("/ng-plain", b"c4")[2], "garbage")
    check(post("/ng-plain", b"d7:command4:pinge", "Origin: http://x\r\n")[0] == 403, "a browser's page")
    with in_ns(B, lambda: socket.create_connection(HTTP, PATIENCE, ("198.51.100.66", 0))) as tcp:
        check(tcp.recv(1000) == b"", "a stranger's connection")
    gone("h1", from_tag="f")


def behind_nat():
    """The caller's SDP names an address that nobody reaches."""
    a, b = Phone(A, A4), Phone(B, B4)
    words = dict(call_id="n1", from_tag="f")
    offer = P.ok("offer", sdp=a.sdp("10.0.0.5"), received_from=["IP4", A4], **words, **KAMAILIO)
    answer = P.ok("answer", sdp=b.sdp(), to_tag="t", **words)
    talk(a, b, answer["sdp"], offer["sdp"])
    gone("n1")


def sip_source_address():
    """Media goes to where the signalling comes from, before anything has come from there."""
    a, b = Phone(A, A4), Phone(B, B4)
    words = dict(call_id="n2", from_tag="f")
    offer = P.ok("offer", sdp=a.sdp("203.0.113.5"), received_from=["IP4", A4],
                 **words, **dict(KAMAILIO, flags=["SIP-source-address"]))
    answer = P.ok("answer", sdp=b.sdp(), to_tag="t", **words)
    talk(a, b, answer["sdp"], offer["sdp"])
    gone("n2")


def forks():
    """Offered once for each of two, without a via-branch; the second is taken."""
    a, b, c = Phone(A, A4), Phone(B, B4), Phone(B, B4)
    words = dict(call_id="f1", from_tag="f")
    first = P.ok("offer", sdp=a.sdp(), **words, **KAMAILIO)["sdp"]
    second = P.ok("offer", sdp=a.sdp(), **words, **KAMAILIO)["sdp"]
    check(port_of(first) == port_of(second), first, second)
    early = P.ok("answer", sdp=b.sdp(), to_tag="t1", **words)["sdp"]
    talk(a, b, early, first)
    final = P.ok("answer", sdp=c.sdp(), to_tag="t2", **words)["sdp"]
    talk(a, c, final, second)
    gone("f1", from_tag="t2", to_tag="f")


def again():
    """A request that comes again gets the same bytes, and only from the same place."""
    a = Phone(A, A4)
    data = b"7_1 " + bencode({"command": "offer", "call-id": "r1", "from-tag": "f", "sdp": a.sdp()})
    first = P.raw(data)
    check(P.raw(data) == first and b"6:result2:ok" in first, first)
    # another proxy that takes the same cookie
    other = Proxy()
    check(other.raw(b"7_1 " + bencode({"command": "ping"})) == b"7_1 d6:result4:ponge", "another sender's")
    check(P.raw(b"7_1 " + bencode({"command": "ping"})) == b"7_1 d6:result4:ponge", "another request")
    check(P.ok("list")["calls"] == ["r1"], "list")
    gone("r1")


def strangers():
    """Who may not ask gets nothing, and those who may are served."""
    stranger = in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    stranger.bind(("198.51.100.66", 0))
    stranger.settimeout(0)
    for _ in range(100):
        stranger.sendto(b"1 d7:command4:pinge", NG)
    check(P.ask("ping")["result"] == "pong", "ping")
    try:
        raise Failed("a stranger got %s" % stranger.recv(1000))
    except BlockingIOError:
        pass
    with in_ns(B, lambda: socket.create_connection(NG, PATIENCE, ("198.51.100.66", 0))) as tcp:
        check(tcp.recv(1000) == b"", "a stranger's connection")


HOSTILE = [
    b"", b"x", b" ", b"1", b"d7:command4:pinge", b"1 " + b"d1:a" * 16000, b"1 d1:a" + b"l" * 65000,
    b"1 {" + b'"a":{' * 13000, b"1 [" * 100, b"1 d7:command99999999999999999999:pinge",
    b"1 d7:command4:ping", b"1 d7:commandi1ee", b"1 d1:a-5:xxe", b"1 d" + b"0:0:" * 16000 + b"e",
    b"1 {" + b",".join(b'"%d":0' % i for i in range(7000)) + b"}", b"1 " + bytes(range(256)),
    b"1 d7:command5:offer3:sdp65000:" + b"m" * 30000, b"\xff" * 65000, b"1 d3:sdpde7:command5:offere",
]


def hostile():
    """Nothing of it ends the agent, or the call that runs."""
    a, b = Phone(A, A4), Phone(B, B4)
    to_a, to_b = call(a, b)
    talk(a, b, to_a, to_b)
    for data in HOSTILE:
        P.sock.send(data)
    P.sock.close()
    P.__init__()
    check(P.ask("ping")["result"] == "pong", "ping")
    talk(a, b, to_a, to_b)
    gone()


class Recorder:
    """Somebody beside a call: an RTP and an RTCP socket for each line that it is offered."""

    def __init__(self, n):
        self.rtp, self.rtcp = [], []
        while len(self.rtp) < n:
            pair = [in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)]
            pair[0].bind((B4, 0))
            try:
                pair[1].bind((B4, pair[0].getsockname()[1] + 1))
            except OSError:
                continue
            for sock in pair:
                sock.settimeout(PATIENCE)
            self.rtp.append(pair[0])
            self.rtcp.append(pair[1])

    def sdp(self, lines=None, direction="recvonly", proto="RTP/AVP"):
        text = "v=0\r\no=rec 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n" % (B4, B4)
        for i, sock in enumerate(self.rtp):
            port = sock.getsockname()[1] if lines is None or i in lines else 0
            text += "m=audio %d %s 0\r\na=%s\r\n" % (port, proto, direction)
        return text


def told_lines(text):
    """The lines of a description, as a recorder reads them: port of RTP, and its attributes."""
    out = []
    for part in text.split("\r\nm=")[1:]:
        kind, port, proto, *formats = part.split("\r\n")[0].split()
        check((kind, proto) == ("audio", "RTP/AVP"), "a line is offered as", part)
        out.append((int(port), formats, part.split("\r\n")[1:]))
    return out


def copied(sock, phone, to, sender):
    """What @phone sends now comes to @sock, each packet once, byte for byte, from the port offered."""
    sent = []
    for _ in range(20):
        phone.seq += 1
        sent.append(struct.pack("!BBHII", 0x80, 0, phone.seq, phone.seq * 160, phone.ssrc) + os.urandom(160))
        phone.sock.sendto(sent[-1], to)
        time.sleep(0.002)
    # what was underway before goes first
    got = [sock.recvfrom(2048)]
    while got[0][0] != sent[0]:
        got[0] = sock.recvfrom(2048)
    got += [sock.recvfrom(2048) for _ in sent[1:]]
    check([data for data, _ in got] == sent, "a recorder got other packets than were sent")
    check({src for _, src in got} == {(MB4, sender)}, "copies come from", {src for _, src in got})


def shown():
    """The one call that is up, as people see it."""
    (seen,) = [c for c in ask("calls") if c["state"] != "over"]
    return ask("call", str(seen["id"]))


def subscribed(tags, n, **more):
    """A subscription whose offer says what it must."""
    reply = P.ok("subscribe request", call_id="call-1@example", direction=["external", "internal"], **tags, **more)
    lines = told_lines(reply["sdp"])
    check(len(lines) == n and reply["to-tag"], "subscribe request got", reply)
    for port, formats, attrs in lines:
        check(formats == ["0"] and port % 2 == 0 and "a=sendonly" in attrs and
              "a=rtpmap:0 PCMU/8000" in attrs and "a=rtcp:%d" % (port + 1) in attrs, "a line is", attrs)
    return reply, lines


def subscribe():
    """SIPREC: a recorder gets copies of what parties send, from the answer to the end."""
    a, b, rec = Phone(A, A4), Phone(B, B4), Recorder(2)
    words = dict(call_id="call-1@example", from_tag="from-1")
    pcmu = ["a=rtpmap:0 PCMU/8000"]
    to_b = P.ok("offer", sdp=a.sdp(more=pcmu), received_from=["IP4", A4], **words, **KAMAILIO)["sdp"]
    to_a = P.ok("answer", sdp=b.sdp(more=pcmu), received_from=["IP4", B4], to_tag="to-1", **words)["sdp"]
    talk(a, b, to_a, to_b)
    at_a, at_b = (host_of(to_a), port_of(to_a)), (host_of(to_b), port_of(to_b))
    reply, lines = subscribed(dict(flags=["all", "siprec"]), 2)
    check(sorted(reply["from-tags"]) == ["from-1", "to-1"] and "from-tag" not in reply, reply)
    medias = {m["tag"]: m["medias"] for m in reply["tag-medias"]}
    check([m["label"] for m in medias["from-1"] + medias["to-1"]] == ["1", "2"] and
          set(reply["media-labels"]) == {"1", "2"} and "a=label:1" in lines[0][2], reply)
    order = [reply["media-labels"][str(i + 1)]["tag"] for i in range(2)]
    phones = [(a, at_a) if tag == "from-1" else (b, at_b) for tag in order]
    # Nothing comes before the answer.
    a.hears(b, at_b)
    check(not drain_sock(rec.rtp[0]), "copies before the answer")
    seen = {c["of"]: c for c in shown()["copies"]}
    check(set(seen) == {"from-1", "to-1"} and all("to" not in c and c["subscriber"] == reply["to-tag"] and
          c["line"] == 1 and c["kind"] == "audio" for c in seen.values()), "call shows", seen)
    words = dict(call_id="call-1@example", to_tag=reply["to-tag"])
    P.error("Failed to process subscription answer", "subscribe answer", sdp=Recorder(1).sdp(), **words)
    P.error("Failed to parse SDP", "subscribe answer", sdp="garbage", **words)
    check("expected RTP/AVP" in P.ask("subscribe answer", sdp=rec.sdp(proto="RTP/SAVP"), **words)["error-reason"],
          "protection is taken though there is none")
    P.ok("subscribe answer", sdp=rec.sdp(), **words)
    for i, (phone, to) in enumerate(phones):
        copied(rec.rtp[i], phone, to, lines[i][0])
    seen = {c["of"]: (c["local"], c["to"]) for c in shown()["copies"]}
    check(seen == {tag: ("%s:%d" % (MB4, lines[i][0]), "%s:%d" % rec.rtp[i].getsockname()) for i, tag in enumerate(order)},
          "call shows", seen)
    said = [w["because"] for w in ask("why", str(shown()["id"]))["why"]]
    check("a copy of line 1 goes to %s, of 'to-1' for subscriber '%s'" % (seen["to-1"][1], reply["to-tag"]) in said, said)
    # RTCP goes to the port above.
    sr = struct.pack("!BBHIQIII", 0x80, 200, 6, a.ssrc, 1, 2, 3, 4)
    rtcp = in_ns(A, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    rtcp.bind((A4, a.port + 1))
    rtcp.sendto(sr, (at_a[0], at_a[1] + 1))
    check(rec.rtcp[order.index("from-1")].recvfrom(2048) == (sr, (MB4, lines[order.index("from-1")][0] + 1)),
          "RTCP of the caller does not come")
    # A re-offer that moves a party does not end it, nor does a hold of the recorder's first line.
    moved = Phone(A, A4)
    again = P.ok("offer", sdp=moved.sdp(more=pcmu), received_from=["IP4", A4], call_id="call-1@example", from_tag="from-1",
                 to_tag="to-1", **KAMAILIO)
    check("sdp" in again, again)
    P.ok("answer", sdp=b.sdp(more=pcmu), received_from=["IP4", B4], call_id="call-1@example", from_tag="from-1", to_tag="to-1")
    b.hears(moved, at_a)
    i = order.index("from-1")
    drain_sock(rec.rtp[i])
    copied(rec.rtp[i], moved, at_a, lines[i][0])
    P.ok("subscribe answer", sdp=rec.sdp(lines=[1 - i]), **words)
    b.hears(moved, at_a)
    moved.hears(b, at_b)
    drain_sock(rec.rtp[1 - i])
    copied(rec.rtp[1 - i], b, at_b, lines[1 - i][0])
    drain_sock(rec.rtp[i])
    b.hears(moved, at_a)
    check(not drain_sock(rec.rtp[i]), "a line that was taken back still comes")
    # On hold by its direction it gets nothing, and afterwards all again.
    P.ok("subscribe answer", sdp=rec.sdp(direction="inactive"), **words)
    drain_sock(rec.rtp[1 - i])
    moved.hears(b, at_b)
    check(not drain_sock(rec.rtp[1 - i]), "a line that is inactive still comes")
    P.ok("subscribe answer", sdp=rec.sdp(), **words)
    drain_sock(rec.rtp[i])
    copied(rec.rtp[i], moved, at_a, lines[i][0])
    # A second one, of one tag, has ports of its own; both end.
    other = Recorder(1)
    second, more = subscribed(dict(from_tag="to-1"), 1)
    check(second["from-tag"] == "to-1" and second["from-tags"] == ["to-1"] and second["to-tag"] != reply["to-tag"], second)
    P.ok("subscribe answer", sdp=other.sdp(), call_id="call-1@example", to_tag=second["to-tag"])
    copied(other.rtp[0], b, at_b, more[0][0])
    P.ok("unsubscribe", call_id="call-1@example", to_tag=second["to-tag"])
    P.error("To-tag not found", "unsubscribe", call_id="call-1@example", to_tag=second["to-tag"])
    drain_sock(other.rtp[0])
    moved.hears(b, at_b)
    check(not drain_sock(other.rtp[0]), "copies after the end of a subscription")
    # By a list of tags, and with a to-tag of the proxy's; the end of the call ends them.
    third, _ = subscribed(dict(from_tags=["from-1", "nobody"]), 1, to_tag="rec-3")
    check(third["to-tag"] == "rec-3" and third["from-tag"] == "from-1", third)
    P.ok("subscribe answer", sdp=other.sdp(), call_id="call-1@example", to_tag="rec-3")
    gone()


def drain_sock(sock):
    """What it has: a copy is sent before the packet that it is of."""
    sock.setblocking(False)
    got = []
    try:
        while True:
            got.append(sock.recv(2048))
    except BlockingIOError:
        sock.settimeout(PATIENCE)
    return got


def subscribe_refused():
    """What is refused of subscriptions leaves the call as it was."""
    a, b = Phone(A, A4), Phone(B, B4)
    P.error("No call-id in message", "subscribe request", from_tag="x")
    P.error("Unknown call-ID", "subscribe request", call_id="nobody", from_tag="x")
    P.ok("offer", call_id="call-1@example", from_tag="from-1", sdp=a.sdp(), received_from=["IP4", A4], **KAMAILIO)
    check("expected an answered call" in
          P.ask("subscribe request", call_id="call-1@example", from_tag="from-1")["error-reason"], "an offer is heard")
    to_a, to_b = call(a, b)
    words = dict(call_id="call-1@example")
    P.error("No call participant specified", "subscribe request", **words)
    P.error("From-tag given, but no such tag exists", "subscribe request", from_tag="x", **words)
    P.error("No monologue matching the given label", "subscribe request", label="x", **words)
    P.error("No call-id in message", "subscribe answer", to_tag="x", sdp=b.sdp())
    P.error("Unknown call-ID", "subscribe answer", call_id="nobody", to_tag="x", sdp=b.sdp())
    P.error("No to-tag in message", "subscribe answer", sdp=b.sdp(), **words)
    P.error("To-tag not found", "subscribe answer", to_tag="to-1", sdp=b.sdp(), **words)
    P.error("No to-tag in message", "unsubscribe", **words)
    P.error("To-tag not found", "unsubscribe", to_tag="x", **words)
    for _ in range(4):
        tag = P.ok("subscribe request", flags=["all"], **words)["to-tag"]
    P.error("No SDP body in message", "subscribe answer", to_tag=tag, **words)
    P.error("a call has at most 4 subscriptions", "subscribe request", flags=["all"], **words)
    P.ok("subscribe request", flags=["all"], to_tag=tag, **words)
    for command in ("start recording", "stop recording", "pause recording", "start forwarding", "stop forwarding"):
        reply = P.ask(command, **words)
        check(reply["result"] == "error" and "no capture of single calls" in reply["error-reason"], command, reply)
    check("expected another call-id" in P.ask("publish", from_tag="p", sdp=a.sdp(), **words)["error-reason"],
          "a call is published")
    talk(a, b, to_a, to_b)
    gone()


def reaches(sock, phone, to):
    """A copy of what @phone sends comes to @sock: it is the remote now."""
    deadline = time.monotonic() + PATIENCE
    while not any(struct.unpack("!I", data[8:12])[0] == phone.ssrc for data in drain_sock(sock)):
        check(time.monotonic() < deadline, "nothing of what was sent to", to, "is copied")
        phone.send(to)
        time.sleep(0.01)


def publish():
    """What is published goes to nobody but subscribers, wherever its sender moves."""
    a, rec = Phone(A, A4), Recorder(1)
    words = dict(call_id="call-1@example", from_tag="from-1")
    formats = ["a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=sendonly"]

    def published(phone):
        text = P.ok("publish", sdp=phone.sdp(more=formats).replace("RTP/AVP 0", "RTP/AVP 8 0"), received_from=["IP4", A4],
                    codec={"accept": ["PCMU"]}, direction=["external"], **words)["sdp"]
        check(" RTP/AVP 0\r\n" in text and "a=recvonly" in text and "PCMA" not in text and host_of(text) == MA4, text)
        return host_of(text), port_of(text)

    P.error("No SDP body in message", "publish", **words)
    P.error("No from-tag in message", "publish", sdp=a.sdp(), call_id="p")
    P.error("No call-id in message", "publish", sdp=a.sdp(), from_tag="p")
    P.error("Failed to parse SDP", "publish", sdp="garbage", **words)
    check(not ask("calls"), "a call is left of what was refused")
    to = published(a)
    becomes(lambda: a.send(to) or legs()[0]["rx_packets"] > 5, True)
    reply, lines = subscribed(dict(flags=["all", "siprec"]), 1)
    check(reply["from-tag"] == "from-1", reply)
    P.ok("subscribe answer", sdp=rec.sdp(), call_id="call-1@example", to_tag=reply["to-tag"])
    copied(rec.rtp[0], a, to, lines[0][0])
    # Again, from elsewhere: the same ports, and the recorder stays.
    moved = Phone(A, A4)
    check(published(moved) == to, "the ports of a publisher change")
    reaches(rec.rtp[0], moved, to)
    copied(rec.rtp[0], moved, to, lines[0][0])
    seen = P.ok("query", call_id="call-1@example")
    check(set(seen["tags"]) == {"from-1", "<untagged 1>"} and seen["totals"]["RTP"]["errors"] == 0, seen)
    check(seen["totals"]["RTP"]["packets"] > 40 and str(moved.ssrc) in seen["SSRC"], seen)
    (one,) = ask("calls")
    check(one["state"] == "up" and {leg["side"] for leg in legs()} == {"publisher"}, one, legs())
    why = [w["because"] for w in ask("why", str(one["id"]))["why"]]
    check(not any("dropped" in w or "nobody" in w for w in why), why)
    # It is no call of two, and somebody else has another one.
    for command in ("offer", "answer"):
        check("expected 'publish'" in P.ask(command, sdp=a.sdp(), to_tag="x", **words)["error-reason"], command)
    check("expected another call-id" in P.ask("publish", sdp=a.sdp(), call_id="call-1@example", from_tag="x")["error-reason"],
          "a second publisher")
    P.error("Failed to parse SDP", "publish", sdp="garbage", **words)
    copied(rec.rtp[0], moved, to, lines[0][0])
    P.ok("block media", **words)
    drain_sock(rec.rtp[0])
    before = dropped()
    for _ in range(10):
        moved.send(to)
    becomes(dropped, before + 10)
    check(not drain_sock(rec.rtp[0]), "what is blocked is copied")
    gone(from_tag="from-1")


class Node(Proxy):
    """The driver of jambonz and drachtio, npm's rtpengine-client, by one of its transports."""

    def __init__(self, kind, port):
        driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jssip/ng_driver.js")
        self.node = in_ns(B, lambda: subprocess.Popen(["node", driver, kind, MB4, str(port)], stdin=subprocess.PIPE,
                                                      stdout=subprocess.PIPE, text=True))
        check(json.loads(self.node.stdout.readline()) == "ready", kind, "is not ready")

    def ask(self, command, **words):
        first, *rest = command.split()
        words = {k.replace("_", "-"): v for k, v in words.items()}
        self.node.stdin.write(json.dumps({"method": first + "".join(map(str.capitalize, rest)), "words": words}) + "\n")
        self.node.stdin.flush()
        return json.loads(self.node.stdout.readline())

    def close(self):
        self.node.stdin.close()
        check(self.node.wait() == 0, "node ended with", self.node.returncode)


def node():
    """Calls by npm's rtpengine-client over UDP, TCP and WebSocket, with media."""
    for kind, port in (("udp", NG[1]), ("tcp", NG[1]), ("ws", 22225)):
        driver = Node(kind, port)
        a, b = Phone(A, A4), Phone(B, B4)
        to_a, to_b = call(a, b, driver)
        talk(a, b, to_a, to_b)
        seen = driver.ok("query", call_id="call-1@example")
        check(set(seen["tags"]) == {"from-1", "to-1"} and seen["totals"]["RTP"]["packets"] > 0, seen)
        reply = driver.ask("answer", call_id="nobody", from_tag="x", to_tag="y", sdp=b.sdp())
        check(reply == {"result": "error", "error-reason": "Unknown call-id"}, reply)
        driver.ok("block media", call_id="call-1@example", from_tag="from-1")
        reply = driver.ok("delete", call_id="call-1@example", from_tag="from-1", delete_delay=0)
        check("warning" not in reply, reply)
        driver.close()


def fax():
    """A call goes on as T.38: its datagrams pass as they are; what needs a gateway fails no call, and is told."""
    a, b = Phone(A, A4), Phone(B, B4)
    to_a, to_b = call(a, b)
    talk(a, b, to_a, to_b)
    words = dict(call_id="call-1@example", from_tag="from-1", to_tag="to-1")
    fax_a, fax_b = Phone(A, A4), Phone(B, B4)

    def t38(phone):
        return phone.sdp(more=["a=T38FaxVersion:0", "a=T38FaxUdpEC:t38UDPRedundancy"]).replace(
            "m=audio %d RTP/AVP 0" % phone.port, "m=image %d udptl t38" % phone.port)

    def port(text):
        check("a=T38FaxVersion:0" in text and "a=T38FaxUdpEC:t38UDPRedundancy" in text, "T.38 is described as", text)
        return int(re.search(r"^m=image (\d+) udptl t38\r$", text, re.M)[1])

    at_b = (MB4, port(P.ok("offer", sdp=t38(fax_a), **{"T.38": ["decode", "force"]}, **words, **KAMAILIO)["sdp"]))
    at_a = (MA4, port(P.ok("answer", sdp=t38(fax_b), **words)["sdp"]))
    for sender, hearer, to in ((fax_a, fax_b, at_a), (fax_b, fax_a, at_b)) * 2:
        # Sequence number, primary packet, no redundancy: nothing of RTP.
        sent = [bytes((0, n, 1, n, 0, 0)) for n in range(5)]
        for data in sent:
            sender.sock.sendto(data, to)
        got = []
        hearer.sock.settimeout(PATIENCE)
        while len(got) < 5:
            got.append(hearer.sock.recv(2048))
        check(got == sent, "udptl arrives as", got)
    check(any(f["word"].startswith("T.38") for f in ask("ng", "flags")), "a gateway is not told of", ask("ng", "flags"))
    gone()


def refused():
    """What is refused leaves what ran untouched."""
    a, b, other = Phone(A, A4), Phone(B, B4), Phone(A, A4)
    words = dict(call_id="call-1@example", from_tag="from-1", to_tag="to-1")
    to_a, to_b = call(a, b)
    talk(a, b, to_a, to_b)
    P.error("Failed to parse SDP", "offer", sdp="v=0\r\nm=audio\r\n", received_from=["IP4", "192.0.2.9"], **words)
    P.error("Incomplete SDP specification", "offer", sdp="v=0\r\n", **words)
    P.error("Failed to parse SDP", "answer", sdp="garbage", **words)
    P.error("Invalid dialogue association", "answer", sdp=other.sdp(), call_id="call-1@example", from_tag="x", to_tag="y")
    P.error("Unknown call-id", "answer", sdp=other.sdp(), call_id="call-2", from_tag="from-1", to_tag="to-1")
    P.error("Unknown call-id", "query", call_id="call-2")
    P.error("Unrecognized command", "take over", call_id="call-1@example")
    reply = P.ok("delete", call_id="call-1@example", from_tag="another", delete_delay=0)
    check(reply["warning"] == "Call-ID not found or tags didn't match", reply)
    talk(a, b, to_a, to_b)
    gone(from_tag="from-1")


def no_ports():
    """In the words by which proxies go to the next node."""
    a = Phone(A, A4)
    offers = [P.ask("offer", sdp=a.sdp(), call_id="p%d" % i, from_tag="f", **KAMAILIO) for i in range(8)]
    taken = [i for i, reply in enumerate(offers) if reply["result"] == "ok"]
    check(0 < len(taken) < 8, offers)
    check(offers[-1] == {"error-reason": "Ran out of ports", "result": "error"}, offers[-1])
    for i in taken:
        gone("p%d" % i)


def draining():
    """What runs goes on; what is new goes elsewhere."""
    a, b = Phone(A, A4), Phone(B, B4)
    to_a, to_b = call(a, b)
    os.kill(int(os.environ["AGENT_PID"]), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while True:
        reply = P.ask("offer", sdp=a.sdp(), call_id="new", from_tag="f", supports=["load limit"])
        if reply["result"] != "ok" or time.monotonic() > deadline:
            break
        gone("new")
    check(reply["result"] == "load limit" and reply["message"] == "Parallel session limit reached", reply)
    P.error("Parallel session limit reached", "offer", sdp=a.sdp(), call_id="new", from_tag="f")
    words = dict(call_id="call-1@example", from_tag="from-1", to_tag="to-1")
    P.ok("offer", sdp=a.sdp(), **words)
    P.ok("answer", sdp=b.sdp(), **words)
    talk(a, b, to_a, to_b)
    gone()


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as e:
        sys.exit(str(e))
