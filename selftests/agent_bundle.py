#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_bundle.py NAME: a browser whose audio and video share a port (BUNDLE), and a SIP phone
that has two ports of RTP and two of RTCP.  agent_bundle.sh made the network.

    browser --- SIP by WebSocket, one port --- rtplaned --- SIP, RTP --- kamailio, phone

What the phone hears of video it sends back, so that the browser has frames to decode.
Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import itertools
import json
import os
import re
import socket
import struct
import sys
import traceback

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_ws import Browser, Desk, Media, call, run, signs_in             # noqa: E402
from agent_register import B, CORE, REGISTRAR, Failed, ask, check, in_ns    # noqa: E402

AUDIO, VIDEO, MORE = 5200, 5300, 5400


def sections(text):
    """The m= sections of a description, each as a text."""
    return re.split(r"^(?=m=)", text, flags=re.M)[1:]


def attribute(text, name):
    found = re.search(r"^a=%s:(.*?)\r?$" % name, text, re.M)
    return found[1] if found else None


class Phone2(Desk):
    """Lines of audio, video and more video, each with a port for RTCP."""

    def __init__(self):
        super().__init__()
        self.socks = {}
        for port in (AUDIO, AUDIO + 1, VIDEO, VIDEO + 1, MORE, MORE + 1):
            sock = in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind((REGISTRAR, port))
            sock.setblocking(False)
            self.socks[port] = sock
        self.types, self.heard, self.version = {"VP8": 98}, {}, 0

    def sdp(self, offer="", ports=(AUDIO, VIDEO)):
        """An answer to that offer, or an offer; a port 0 is none."""
        lines = sections(offer)
        check(not offer or len(lines) == len(ports), "the phone is offered", offer)
        if offer:
            self.types["VP8"] = int(re.search(r"^a=rtpmap:(\d+) VP8/90000", lines[1], re.M)[1])
        profile = [re.search(r"^m=\w+ \d+ (\S+)", x)[1] for x in lines] or \
            ["RTP/AVP"] * len(ports)
        check("BUNDLE" not in offer and "fingerprint" not in offer, "the phone is offered", offer)
        self.version += 1
        text = ("v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
                "m=audio %d %s 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" %
                (self.version, REGISTRAR, REGISTRAR, ports[0], profile[0]))
        for port, proto in zip(ports[1:], profile[1:]):
            text += "m=video %d %s %d\r\na=rtpmap:%d VP8/90000\r\na=sendrecv\r\n" % (
                port, proto, self.types["VP8"], self.types["VP8"])
        return text

    def hears(self):
        """What is there: (port, packet)."""
        for port, sock in self.socks.items():
            while True:
                try:
                    data = sock.recv(2048)
                except BlockingIOError:
                    break
                self.heard.setdefault(port, []).append(data)
                yield port, data

    def end(self):
        for sock in self.socks.values():
            sock.close()
        super().end()


class Media2(Media):
    """Audio and video, by aiortc's whole stack."""

    def __init__(self):
        super().__init__()
        self.frames = {"audio": 0, "video": 0}
        self.more()

    def more(self):
        """One more line of video."""
        # pylint: disable=import-outside-toplevel
        from aiortc.mediastreams import VideoStreamTrack
        self.pc.addTrack(VideoStreamTrack())

    async def listens(self, track):
        while True:
            await track.recv()
            self.frames[track.kind] += 1


def is_group(text):
    """One port for all that it has; their names."""
    group = re.search(r"^a=group:BUNDLE (.*?)\r?$", text, re.M)
    lines = sections(text)
    check(group and len(lines) >= 2, "there is no group in", text)
    ports = {re.search(r"^m=\w+ (\d+)", x)[1] for x in lines}
    check(group[1].split() == [attribute(x, "mid") for x in lines], "the group has others", text)
    check(all("a=rtcp-mux" in x and "a=fingerprint" in x for x in lines), "a line lacks", text)
    return ports


def rtcp_types(packets):
    """{type: {SSRC of whom it is about}} of what came: senders, or streams of feedback."""
    found = {}
    for data in packets:
        while len(data) >= 8:
            words = struct.unpack_from("!H", data, 2)[0] + 1
            kind, count = data[1], data[0] & 31
            at = [4] if kind == 200 else [8] if kind in (205, 206) and words > 2 else \
                [8 + 24 * i for i in range(count)] if kind == 201 else []
            for i in at:
                found.setdefault(kind, set()).add(struct.unpack_from("!I", data, i)[0])
            data = data[4 * words:]
    return found


def ssrcs(packets):
    return {struct.unpack_from("!I", x, 8)[0] for x in packets}


async def talk(media, phone, text, until):
    """Both speak as they do, until that holds."""
    lines = sections(text)
    to = {AUDIO: int(re.search(r"^m=audio (\d+)", lines[0])[1]),
          VIDEO: int(re.search(r"^m=video (\d+)", lines[1])[1])}
    seq = 0
    while not until():
        seq += 1
        phone.socks[AUDIO].sendto(struct.pack("!BBHII", 0x80, 0, seq & 0xffff, 160 * seq, 0xaaaa) +
                                  bytes(160), (CORE, to[AUDIO]))
        for port, data in list(phone.hears()):
            if port == VIDEO and data[1] & 0x7f == phone.types["VP8"]:
                phone.socks[VIDEO].sendto(data[:8] + struct.pack("!I", 0xbbbb) + data[12:],
                                          (CORE, to[VIDEO]))
        await asyncio.sleep(0.02)


def all_hear(media, phone, text):
    """RTP each way on each line, and RTCP of each line at its own port."""
    def done():
        audio = rtcp_types(phone.heard.get(AUDIO + 1, []))
        video = rtcp_types(phone.heard.get(VIDEO + 1, []))
        return (media.frames["audio"] > 5 and media.frames["video"] > 5 and
                {200, 201} <= set(audio) and {200, 201} <= set(video))
    run(talk(media, phone, text, done))
    apart(phone)


def apart(phone):
    """What the phone has heard is where it belongs."""
    audio, video = (ssrcs(phone.heard[x]) for x in (AUDIO, VIDEO))
    check(audio and not audio & video, "SSRCs of audio and video", audio, video)
    check({x[1] & 0x7f for x in phone.heard[AUDIO]} == {0}, "the phone's audio has other types")
    check(not any(x[0] & 0x10 and b"\xbe\xde" == x[12:14] and x[16] for x in phone.heard[AUDIO]),
          "names of the browser's lines have crossed")
    for port, own, theirs in ((AUDIO, audio, 0xaaaa), (VIDEO, video, 0xbbbb)):
        found = rtcp_types(phone.heard[port + 1])
        check(found[200] <= own, "reports of other senders at", port, found, own)
        check(found[201] == {theirs}, "reports about other streams at", port, found)
        check(found.get(206, set()) <= {theirs}, "feedback about other streams at", port, found)


def calls():
    """A browser calls a phone with two lines; the phone hangs up."""
    bob, media = Phone2(), Media2()
    signs_in(bob)
    alice = Browser()
    signs_in(alice)
    _, other, invite, ok = call(alice, bob, "bob", media.offers(), lambda m: bob.sdp(m.body))
    check(len(is_group(ok.body)) == 1, "more than one port in", ok.body)
    check(attribute(ok.body, "group").split()[1:] ==
          attribute(media.pc.localDescription.sdp, "group").split()[1:], "other names in", ok.body)
    media.hears(ok.body, "answer")
    all_hear(media, bob, invite.body)
    other.hangs_up(alice)
    media.end()
    alice.close()
    bob.end()


def called():
    """The phone calls a browser: the group is ours; the browser hangs up."""
    bob, media = Phone2(), Media2()
    signs_in(bob)
    alice = Browser()
    signs_in(alice)
    _, other, invite, ok = call(bob, alice, "alice", bob.sdp(), lambda m: media.answers(m.body))
    check(len(is_group(invite.body)) == 2, "not two ports in", invite.body)
    check("BUNDLE" not in ok.body and len(sections(ok.body)) == 2, "the phone gets", ok.body)
    all_hear(media, bob, ok.body)
    other.hangs_up(bob)
    media.end()
    alice.close()
    bob.end()


TO_PHONE = dict(direction=["external", "internal"], flags=["trust-address"], ICE="remove",
                transport_protocol="RTP/AVP")
TO_BROWSER = dict(direction=["internal", "external"], flags=["trust-address"],
                  transport_protocol="UDP/TLS/RTP/SAVPF")


COOKIES = itertools.count()
PROXY = []


def ng(command, **words):
    """A proxy's request, in JSON; its reply."""
    if not PROXY:
        PROXY.append(in_ns(B, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        PROXY[0].connect((CORE, 22222))
        PROXY[0].settimeout(20)
    cookie = b"%d_%d " % (os.getpid(), next(COOKIES))
    words = {k.replace("_", "-"): v for k, v in words.items()}
    PROXY[0].send(cookie + json.dumps(dict(words, command=command)).encode())
    reply = PROXY[0].recv(65536)
    check(reply.startswith(cookie), "the cookie is", cookie, "the reply", reply)
    reply = json.loads(reply[len(cookie):])
    check(reply["result"] == "ok", command, "got", reply)
    return reply


def gone(call_id):
    ng("delete", call_id=call_id, delete_delay=0)


def by_ng():
    """A proxy's browser offers, and another one is offered; and the lines that become more."""
    bob, media = Phone2(), Media2()
    words = dict(call_id="b1", from_tag="f")
    offer = ng("offer", sdp=media.offers(), **words, **TO_PHONE)["sdp"]
    answer = ng("answer", sdp=bob.sdp(offer), to_tag="t", **words)["sdp"]
    check(len(is_group(answer)) == 1, "more than one port in", answer)
    media.hears(answer, "answer")
    all_hear(media, bob, offer)
    # in the module nobody tells lines apart, and here one port of the browser's has all legs
    (seen,) = ask("calls")
    legs = ask("call", str(seen["id"]))["legs"]
    check(len(legs) == 8, "legs", legs)
    grows(bob, media, offer, words)
    media.end()
    gone("b1")
    media = Media2()
    list(bob.hears())
    bob.heard.clear()
    offer = ng("offer", sdp=bob.sdp(), call_id="b2", from_tag="f", **TO_BROWSER)["sdp"]
    check(len(is_group(offer)) == 2, "not two ports in", offer)
    answer = ng("answer", sdp=media.answers(offer), call_id="b2", from_tag="f", to_tag="t")["sdp"]
    all_hear(media, bob, answer)
    media.end()
    gone("b2")
    bob.end()


def grows(bob, media, first, words):
    """One more line of video; and then the phone wants it no more, nor the audio."""
    media.more()
    offer = ng("offer", sdp=media.offers(), to_tag="t", **words)["sdp"]
    answer = ng("answer", sdp=bob.sdp(offer, (AUDIO, VIDEO, MORE)), to_tag="t", **words)["sdp"]
    check(len(is_group(answer)) == 1 and len(sections(answer)) == 3, "the third has", answer)
    media.hears(answer, "answer")
    bob.heard.clear()
    run(talk(media, bob, first, lambda: all(len(bob.heard.get(x, [])) > 3
                                            for x in (AUDIO, VIDEO, MORE))))
    lines = [ssrcs(bob.heard[x]) for x in (AUDIO, VIDEO, MORE)]
    check(not lines[1] & lines[2] and not lines[0] & (lines[1] | lines[2]), "SSRCs", lines)
    offer = ng("offer", sdp=bob.sdp(ports=(AUDIO, VIDEO, 0)), call_id=words["call_id"],
                 from_tag="t", to_tag="f")["sdp"]
    check(re.search(r"^m=video 0 ", sections(offer)[2]), "the browser is offered", offer)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError, asyncio.TimeoutError) as error:
        traceback.print_exc()
        print("%s: %r" % (sys.argv[1], error), file=sys.stderr, flush=True)
        os._exit(1)     # a decoder's thread of aiortc's may be left
    os._exit(0)
