#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_janus.py NAME: one party of a call through rtplaned is janus, a WebRTC stack without
a browser; its nosip plugin carries media between that and a socket of ours, which it has
been told of as a party that knows neither ICE nor DTLS. agent_janus.sh started it.

    our RTP --- janus --- ICE, DTLS-SRTP --- rtplaned --- RTP --- the other party

Ends with 0, or with 1 and a sentence about what was not so.
"""
import http.client
import json
import os
import re
import socket
import sys
import time

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_ice import (A, B, LIMIT, Failed, Plain, call, check, hang_up,  # noqa: E402
                       in_ns, info, leg, rtp, sdp, set_up, value)
from agent_srtp import ask, this_call           # noqa: E402


class Phone(Plain):
    """Janus wants to be told what everybody knows, and whose media it will be."""

    def sdp(self):
        return sdp(self.party.ip, self.sock.getsockname()[1], more=[
            "a=rtpmap:0 PCMU/8000", "a=ssrc:%d cname:phone" % 0xaaaa])


class Janus(Plain):
    """A party that is janus; its SIP is ours."""

    def __init__(self, party):      # pylint: disable=super-init-not-called
        self.party, self.events, self.trickled = party, [], []
        self.sock = in_ns(party.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(1)
        self.path = "/janus"
        self.path += "/%d" % self.ask(janus="create")["data"]["id"]
        session = self.path
        self.path += "/%d" % self.ask(janus="attach", plugin="janus.plugin.nosip")["data"]["id"]
        self.poll = session + "?maxev=10"

    def http(self, path, body=None):
        conn = http.client.HTTPConnection("127.0.0.1", 8088, timeout=LIMIT)
        in_ns(self.party.ns, conn.connect)
        conn.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        got = json.loads(conn.getresponse().read())
        conn.close()
        return got

    def ask(self, **words):
        got = self.http(self.path, dict(words, transaction="t"))
        check(got["janus"] in ("success", "ack"), "janus:", got)
        return got

    def does(self, jsep=None, **body):
        """Have the plugin do it; what it says then."""
        more = {"jsep": jsep} if jsep else {}
        self.ask(janus="message", body=body, **more)
        got = self.happens(lambda e: e["janus"] == "event")
        check("result" in got["plugindata"]["data"], "janus:", got)
        return got

    def happens(self, holds):
        """The first event for which it holds; trickled candidates are kept."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            for event in self.events:
                if holds(event):
                    self.events.remove(event)
                    return event
            for event in self.http(self.poll):
                if event["janus"] == "trickle":
                    self.trickled.append(event["candidate"])
                else:
                    self.events.append(event)
        raise Failed("janus has said only %s" % self.events)

    def plain(self):
        """How it sees the party that is our socket."""
        return sdp("127.0.0.1", self.sock.getsockname()[1])

    def sends_to(self, got):
        text = got["plugindata"]["data"]["result"]["sdp"]
        self.to = ("127.0.0.1", int(re.search(r"^m=audio (\d+)", text, re.M)[1]))

    def sdp(self):
        """The description of who calls, or the answer to what it has heard."""
        kind = "answer" if hasattr(self, "to") else "offer"
        self.said = self.does(request="process", type=kind, sdp=self.plain())["jsep"]["sdp"]
        check("UDP/TLS/RTP/SAVP" in self.said, self.said)
        return self.said

    def hears(self, text):
        kind = "answer" if hasattr(self, "said") else "offer"
        self.text = text
        self.sends_to(self.does({"type": kind, "sdp": text}, request="generate"))

    def fragment(self):
        """What it has trickled since, in one INFO, when it is the last one."""
        while not any(c.get("completed") for c in self.trickled):
            self.events += [e for e in self.http(self.poll) if e["janus"] != "keepalive"]
            self.trickled += [e["candidate"] for e in self.events if e["janus"] == "trickle"]
            self.events = [e for e in self.events if e["janus"] != "trickle"]
        lines = ["a=ice-ufrag:" + value(self.said, "ice-ufrag"),
                 "a=ice-pwd:" + value(self.said, "ice-pwd"),
                 "m=audio 9 RTP/AVP 0", "a=mid:" + value(self.said, "mid")]
        lines += ["a=" + c["candidate"] for c in self.trickled if "candidate" in c]
        return "\r\n".join(lines + ["a=end-of-candidates"]) + "\r\n"

    def connect(self):
        self.happens(lambda e: e["janus"] == "webrtcup")

    def end(self):
        self.path = self.path.rpartition("/")[0]
        self.ask(janus="destroy")
        super().end()


def secure(side):
    """By DTLS, RTCP on RTP's port, to whom has proven himself; and nothing against it."""
    got = leg(side)
    check(got["rtcp_mux"] and got["srtp_received"] and got["srtp_sent"], "the leg is", got)
    said = [w["because"] for w in ask("why", str(this_call()["id"]))["why"]]
    other = [w for w in said if "is SRTP with" not in w and "without a DSCP" not in w and
             "packets came and" not in w and "no keys by DTLS when they came" not in w]
    check(not other, "rtplane says against it", other)


def heard(speaker, listener, what):
    """What one says the other hears; janus gives it a source (SSRC) of its own."""
    for seq in range(1, LIMIT):
        speaker.send(rtp(seq, 0xaaaa) + what)
        got = listener.get()
        if got:
            check(got[:2] == b"\x80\0" and got.endswith(what), "another's media", got)
            return
    raise Failed("nothing is heard of %s" % what)


def talk(janus, other, side):
    janus.connect()
    # who calls speaks first: until then nobody knows whether he is where he says
    first, then = (janus, other) if side == "caller" else (other, janus)
    heard(first, then, b"caller")
    heard(then, first, b"callee")
    secure(side)
    hang_up()
    janus.end()
    other.end()


def calls():
    janus, b = Janus(A), Phone(B)
    to_b, to_a = call(janus, b)
    check("ice-" not in to_b, "ICE is offered to who has none", to_b)
    check(("a=ice-lite" in janus.said) == (os.environ["LITE"] == "true"), janus.said)
    check("a=group:BUNDLE" in janus.said and "a=group:BUNDLE" in to_a and "a=rtcp-mux" in to_a, "our answer", to_a)
    talk(janus, b, "caller")


def is_called():
    a, janus = Phone(A), Janus(B)
    _, ok = set_up(a.sdp(), lambda to_b: janus.hears(to_b.text) or janus.sdp())
    check("ice-" not in ok.text, "ICE is in the answer to who has none", ok.text)
    a.hears(ok.text)
    talk(janus, a, "callee")


def trickles():
    """It calls without a candidate, and says them by INFO."""
    janus, b = Janus(A), Phone(B)
    offer = janus.sdp()
    check("a=candidate" not in offer, "it has candidates in its offer", offer)
    _, ok = set_up(offer, lambda to_b: b.hears(to_b.text) or b.sdp())
    janus.hears(ok.text)
    info(A, janus.fragment())
    talk(janus, b, "caller")


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError) as why:
        sys.exit("%s: %s" % (sys.argv[1], why))
