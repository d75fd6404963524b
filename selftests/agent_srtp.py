#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_srtp.py NAME: plays both parties of a call through rtplaned, step by step,
and asserts what each gets to see.  agent_srtp.sh made the network and runs us;
the environment names its namespaces.

    Party a --- SIP, SRTP --- rtplaned --- SIP, SRTP --- Party b

Ends with 0, or with 1 and a sentence about what was not so.
"""
import base64
import ctypes
import json
import os
import re
import socket
import subprocess
import sys
import time

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30,
    "AES_256_CM_HMAC_SHA1_80": 46, "AES_256_CM_HMAC_SHA1_32": 46,
    "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44,
}
CM80 = "AES_CM_128_HMAC_SHA1_80"
DEFAULT = ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_256_CM_HMAC_SHA1_80", CM80]
# seconds that anything may take, an emulated guest with its neighbours included
LIMIT = 120
LIBC = ctypes.CDLL(None, use_errno=True)
SENT_KEYS = []


class Failed(Exception):
    pass


def check(ok, text, *more):
    if not ok:
        raise Failed("%s %s" % (text, " ".join(str(m) for m in more)))


def new_key(suite):
    key = base64.b64encode(os.urandom(SUITES[suite])).decode().rstrip("=")
    SENT_KEYS.append(key)
    return key


class Message:
    """A SIP message: first line, headers (lower case, first one wins), body."""

    def __init__(self, data):
        head, _, self.body = data.decode().partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.first = lines[0]
        self.all = [tuple(s.strip() for s in line.split(":", 1)) for line in lines[1:]]
        self.headers = {}
        for name, value in self.all:
            self.headers.setdefault(name.lower(), value)
        self.status = int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0
        self.method = "" if self.status else self.first.split()[0]

    def __getitem__(self, name):
        return self.headers[name]

    @property
    def sdp(self):
        return Sdp(self.body)


class Sdp:
    """What a description says of its first media line."""

    def __init__(self, text):
        self.text = text
        m = re.search(r"^m=audio (\d+) (\S+)", text, re.M)
        self.port, self.proto = (int(m[1]), m[2]) if m else (0, "")
        self.crypto = [(int(t), s, k.rstrip("=")) for t, s, k in re.findall(
            r"^a=crypto:(\d+) (\S+) inline:(\S+)", text, re.M)]
        rtcp = re.search(r"^a=rtcp:(\d+)", text, re.M)
        self.rtcp = int(rtcp[1]) if rtcp else self.port + 1

    def key(self, suite):
        return next((k for _, s, k in self.crypto if s == suite), None)


def sdp(ip, port=7000, proto="RTP/AVP", crypto=(), more=()):
    lines = ["v=0", "o=- 1 1 IN IP4 " + ip, "s=-", "c=IN IP4 " + ip, "t=0 0",
             "m=audio %d %s 0" % (port, proto)]
    lines += ["a=crypto:%s %s inline:%s" % c for c in crypto]
    return "\r\n".join(lines + list(more)) + "\r\n"


def in_ns(ns, make):
    """Call make() with the network namespace entered."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + ns, os.O_RDONLY)
    try:
        check(LIBC.setns(there, 0) == 0, "setns to", ns)
        return make()
    finally:
        check(LIBC.setns(home, 0) == 0, "setns back")
        os.close(home)
        os.close(there)


def has_port(process, port):
    """The tool is bound to a port, or has done its work already."""
    proc = "/proc/%d/" % process.pid
    try:
        if "nsenter" in open(proc + "comm", encoding="ascii").read():
            return False
        with open(proc + "net/udp", encoding="ascii") as table:
            return any(line.split()[1].endswith(":%04X" % port) for line in table
                       if ":" in line.split()[0])
    except OSError:
        return True     # it ended meanwhile


class Party:
    def __init__(self, name, ns, ip, server):
        self.name, self.ns, self.ip, self.server = name, ns, ip, server
        self.sock = in_ns(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sock.bind((ip, 5060))
        self.sock.settimeout(LIMIT)
        self.seen = set()
        self.begin()

    def begin(self):
        """No call yet."""
        self.cseq, self.last_invite, self.branch = 0, None, None
        self.call_id = os.urandom(6).hex()
        self.us = "<sip:%s@%s:5060>" % (self.name, self.ip)
        self.tag = ";tag=" + self.name
        self.them = "<sip:4900@%s:5060>" % self.server
        self.target = "sip:4900@%s:5060" % self.server

    def send(self, first, headers, body="", content="application/sdp"):
        lines = [first] + headers + ["Contact: " + self.us, "Max-Forwards: 70"]
        if body:
            lines.append("Content-Type: " + content)
        lines.append("Content-Length: %d" % len(body))
        data = "\r\n".join(lines) + "\r\n\r\n" + body
        self.sock.sendto(data.encode(), (self.server, 5060))

    def receive(self):
        """The next message that is not a repetition."""
        while True:
            try:
                m = Message(self.sock.recv(65535))
            except socket.timeout:
                raise Failed("%s waits for a message and gets none" % self.name) from None
            name = (m.first, m["cseq"], m["via"], m.body)
            if name not in self.seen:
                self.seen.add(name)
                return m

    def request(self, method, body="", cseq=None, branch=None, headers=(), **content):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        self.branch = branch or "z9hG4bK" + os.urandom(6).hex()
        self.send("%s %s SIP/2.0" % (method, self.target), [
            "Via: SIP/2.0/UDP %s:5060;branch=%s" % (self.ip, self.branch),
            "From: " + self.us + self.tag, "To: " + self.them,
            "Call-ID: " + self.call_id, "CSeq: %d %s" % (cseq, method)] + list(headers),
            body, **content)

    def response(self, status):
        """The answer with that status; provisional ones before it are let pass."""
        while True:
            m = self.receive()
            check(m.status, self.name, "wants", status, "and got", m.first)
            if m.status == status:
                break
            check(m.status < 200, self.name, "wants", status, "and got", m.first,
                  m.headers.get("warning", ""))
        if m.status > 100:
            self.them = m["to"]
        if "contact" in m.headers:
            self.target = re.search(r"<([^>]*)>", m["contact"])[1]
        return m

    def invite(self, body=""):
        self.request("INVITE", body)
        self.last_invite = self.cseq

    def ack(self, body=""):
        self.request("ACK", body, self.last_invite)

    def refused(self, status):
        """The INVITE is refused: the answer, acknowledged."""
        branch, target = self.branch, self.target
        m = self.response(status)
        self.target = target
        self.request("ACK", "", self.last_invite, branch)
        return m

    def wait(self, method):
        m = self.receive()
        check(m.method == method, self.name, "wants", method, "and got", m.first)
        if method == "INVITE":
            self.call_id, self.them = m["call-id"], m["from"]
            self.target = re.search(r"<([^>]*)>", m["contact"])[1]
            if ";tag=" in m["to"]:
                self.us, self.tag = m["to"], ""
            else:
                self.us, self.tag = m["to"], ";tag=" + self.name
        return m

    def reply(self, m, status, body="", fork="", headers=()):
        to = m["to"] if ";tag=" in m["to"] else m["to"] + ";tag=" + self.name + fork
        contact, self.us = self.us, "<sip:%s@%s:5060>" % (self.name, self.ip)
        self.send("SIP/2.0 %d It" % status,
                  ["Via: " + v for n, v in m.all if n.lower() == "via"] +
                  ["From: " + m["from"], "To: " + to, "Call-ID: " + m["call-id"],
                   "CSeq: " + m["cseq"]] + list(headers), body)
        self.us = contact

    def tool(self, *words):
        """Start a packet tool; it has its port when this returns."""
        port = int(words[2].rsplit(":", 1)[1])
        process = subprocess.Popen(["nsenter", "--net=/run/netns/" + self.ns, "--"] +
                                   [str(w) for w in words], stdout=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL)
        for _ in range(200 * LIMIT):
            if has_port(process, port):
                return process
            time.sleep(0.005)
        raise Failed("%s does not get its port %d" % (words[0], port))

    def srtp(self, to, suite, tx, rx, port=7000, **more):
        """Start to speak SRTP with a port of the media host."""
        words = ["srtp", "--on", "%s:%d" % (self.ip, port), "--to",
                 "%s:%d" % (self.server, to), "--suite", suite, "--tx", tx, "--rx", rx]
        for name, value in more.items():
            words += ["--" + name.replace("_", "-")] + ([] if value is True else [value])
        return self.tool(*words)

    def rtp(self, to, *more, n=50, port=7000):
        """Start to speak plain RTP, and to listen."""
        return self.tool("rtp", "--on", "%s:%d" % (self.ip, port), "--to",
                         "%s:%d" % (self.server, to), "--send", n, "--expect", n,
                         "--pps", 200, "--timeout", 1000 * LIMIT, *more)


def result(process):
    out, _ = process.communicate(timeout=2 * LIMIT)
    check(process.returncode in (0, 1) and out, "a tool ended with", process.returncode)
    return json.loads(out)


A = Party("caller", os.environ["A"], os.environ.get("A_IP", "192.0.2.1"), "192.0.2.254")
B = Party("callee", os.environ["B"], "198.51.100.1", "198.51.100.254")


def ask(*words):
    out = subprocess.run(["rtplane", "--json", "--socket", os.environ["CTL"]] + list(words),
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    for key in SENT_KEYS:
        check(key not in out, "a key is in the answer to", *words)
    return json.loads(out)


def this_call():
    return ask("call", str(ask("calls")[0]["id"]))


def why():
    call = ask("why", str(ask("calls")[0]["id"]))
    return " ".join(w["because"] for w in call["why"])


def leg(side, component="rtp"):
    return next(x for x in this_call()["legs"]
                if x["side"] == side and x["component"] == component)


def offer_to_b(body):
    A.invite(body)
    m = B.wait("INVITE")
    A.response(100)
    return m


def set_up(offer, answer):
    """A call; the INVITE that B got, and the 200 that A got.

    answer(description of that INVITE) is B's description."""
    m = offer_to_b(offer)
    ours = m.sdp
    B.reply(m, 200, answer(ours))
    ok = A.response(200)
    A.ack()
    B.wait("ACK")
    SENT_KEYS.extend(k for _, _, k in ours.crypto + ok.sdp.crypto)
    return ours, ok.sdp


def again(who, other, offer, answer):
    """A re-INVITE of @who, likewise."""
    who.invite(offer)
    m = other.wait("INVITE")
    ours = m.sdp
    other.reply(m, 200, answer(ours))
    ok = who.response(200)
    who.ack()
    other.wait("ACK")
    SENT_KEYS.extend(k for _, _, k in ours.crypto + ok.sdp.crypto)
    return ours, ok.sdp


def hang_up():
    A.request("BYE")
    B.reply(B.wait("BYE"), 200)
    A.response(200)
    A.begin()
    B.begin()


def plain_b(_):
    return sdp(B.ip)


def both_talk(to_a, to_b):
    """Each talks, and hears the other; to_a and to_b are running tools."""
    got_a, got_b = result(to_a), result(to_b)
    for name, got in (("the caller", got_a), ("the callee", got_b)):
        if "good" in got:
            check(got["good"] == got["sent"] and not got["plain"] + got["auth"],
                  name, "heard", got)
        else:
            check(got["received"] == got["sent"], name, "heard", got)


def both_talk_plain(ok, ours):
    b = B.rtp(ours.port, "--after-first")
    both_talk(A.rtp(ok.port), b)


def talk(ok, suite, key, ours, seq=0, n=50):
    """SRTP of A, RTP of B, whose sequence numbers go on too: sent again they would
    be a replay, which is not protected."""
    b = B.rtp(ours.port, "--after-first", "--seq", seq, n=n)
    both_talk(A.srtp(ok.port, suite, key, ok.key(suite), seq=seq, send=n), b)


# ------------------------------------------------------------------ the calls

def every_suite():
    """SRTP to RTP and back, RTP and RTCP, by each suite."""
    for suite in SUITES:
        key = new_key(suite)
        ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(3, suite, key)]), plain_b)
        check(ok.proto == "RTP/SAVP" and len(ok.crypto) == 1, suite, ok.text)
        check(ok.crypto[0][:2] == (3, suite) and ok.crypto[0][2] != key, suite, ok.text)
        talk(ok, suite, key, ours)
        b = B.tool("rtp", "--on", B.ip + ":7001", "--to", "%s:%d" % (B.server, ours.rtcp),
                   "--echo", "--expect", 5, "--timeout", 1000 * LIMIT)
        got = result(A.srtp(ok.rtcp, suite, key, ok.key(suite), port=7001, rtcp=True, send=5))
        b.communicate(timeout=2 * LIMIT)
        check(got["good"] == 5 and not got["plain"], suite, "RTCP:", got)
        check(leg("caller")["srtp_received"] == suite, suite, leg("caller"))
        check("srtp_received" not in leg("callee"), suite)
        hang_up()


def require_plain():
    A.invite(sdp(A.ip))
    m = A.refused(488)
    check("requires SRTP" in m["warning"], m["warning"])


def require_wrong_suite():
    """AES_CM_128_HMAC_SHA1_32 is not among those that the realm takes."""
    A.invite(sdp(A.ip, proto="RTP/SAVP", crypto=[
        (1, "AES_CM_128_HMAC_SHA1_32", new_key(CM80))]))
    m = A.refused(488)
    check("no key of a suite" in m["warning"], m["warning"])


def identifiers():
    """Keys with identifiers (MKI) in every packet; ours has one of the same length."""
    for suite, name, length in (CM80, "|2^31|1:1", 1), ("AEAD_AES_128_GCM", "|300:4", 4):
        key = new_key(suite)
        ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, suite, key + name)]),
                          plain_b)
        check(ok.key(suite).endswith("|1:%d" % length), ok.text)
        talk(ok, suite, key + name, ours)
        in_module(4)
        # none, and another, is no packet of that key
        for wrong in "", "|2:%d" % length:
            result(A.srtp(ok.port, suite, key + wrong, ok.key(suite), seq=200, send=10,
                          wait=100))
        check(leg("caller")["drops"].get("srtp-auth") == 20, leg("caller")["drops"])
        hang_up()


def best_suite():
    """Of several the one that the realm likes best, wherever it stands in the offer."""
    gcm = "AEAD_AES_256_GCM"
    keys = {suite: new_key(suite) for suite in (CM80, gcm)}
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[
        (1, CM80, keys[CM80]), (2, gcm, keys[gcm])]), plain_b)
    check(len(ok.crypto) == 1 and ok.crypto[0][:2] == (2, gcm), ok.text)
    talk(ok, gcm, keys[gcm], ours)
    hang_up()


def beside():
    """What the module has no cipher for is relayed beside it, and nothing else."""
    gcm = "AEAD_AES_128_GCM"
    key, strange = new_key(CM80), new_key(gcm)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]), plain_b)
    in_module(4)
    talk(ok, CM80, key, ours)
    hang_up()
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, gcm, strange)]), plain_b)
    in_module(0)
    check(len(this_call()["legs"]) == 4, this_call())
    talk(ok, gcm, strange, ours)
    hang_up()


def require_fax():
    A.invite(sdp(A.ip).replace("m=audio 7000 RTP/AVP 0", "m=image 7000 udptl t38"))
    m = A.refused(488)
    check("requires SRTP" in m["warning"], m["warning"])


def refuse_savp():
    A.invite(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, new_key(CM80))]))
    m = A.refused(488)
    check("refuses SRTP" in m["warning"], m["warning"])


def refuse_offer_beside_plain():
    """RTP/AVP with a key: plain RTP it is, and no key goes anywhere."""
    ours, ok = set_up(sdp(A.ip, crypto=[(1, CM80, new_key(CM80))]), plain_b)
    check("crypto" not in ours.text + ok.text, ours.text, ok.text)
    check((ours.proto, ok.proto) == ("RTP/AVP", "RTP/AVP"), ours.proto, ok.proto)
    both_talk_plain(ok, ours)
    hang_up()


def plain_stays_plain():
    ours, ok = set_up(sdp(A.ip), plain_b)
    check("crypto" not in ours.text + ok.text, ours.text, ok.text)
    check(ours.proto == ok.proto == "RTP/AVP", ours.proto, ok.proto)
    check("SRTP" not in why(), why())
    hang_up()


def allow_offers():
    """To whom may have it: RTP/AVP with our keys; theirs go no further."""
    key = new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVPF", crypto=[
        (1, "F8_128_HMAC_SHA1_80", key), (2, CM80, key)]), plain_b)
    check(ours.proto == "RTP/AVPF", ours.text)
    check([s for _, s, _ in ours.crypto] == DEFAULT, ours.text)
    check(len({k for _, _, k in ours.crypto}) == len(DEFAULT), ours.text)
    check(key not in ours.text + ok.text, "the caller's key went on")
    check(ok.proto == "RTP/SAVPF" and ok.crypto[0][:2] == (2, CM80), ok.text)
    talk(ok, CM80, key, ours)
    text = why()
    check("keys of the SRTP with the caller travelled in the clear" in text, text)
    check("with the callee" not in text, text)
    hang_up()


def answer_key(suite, key):
    def answer(ours):
        tag = next(t for t, s, _ in ours.crypto if s == suite)
        return sdp(B.ip, proto=ours.proto, crypto=[(tag, suite, key)])
    return answer


def srtp_to_srtp():
    """Different suites and keys on both sides."""
    ka, kb = new_key(CM80), new_key("AEAD_AES_256_GCM")
    ours, ok = set_up(sdp(A.ip, crypto=[(1, CM80, ka)]),
                      answer_key("AEAD_AES_256_GCM", kb))
    check(ours.proto == ok.proto == "RTP/AVP", ours.text, ok.text)
    check(ok.key(CM80) not in [k for _, _, k in ours.crypto] + [ka, kb], ok.text)
    b = B.srtp(ours.port, "AEAD_AES_256_GCM", kb, ours.key("AEAD_AES_256_GCM"), after_first=True)
    both_talk(A.srtp(ok.port, CM80, ka, ok.key(CM80)), b)
    check(leg("callee")["srtp_sent"] == "AEAD_AES_256_GCM", leg("callee"))
    text = why()
    check("with the caller travelled" in text and "with the callee travelled" in text, text)
    hang_up()


def require_towards():
    """The callee's realm wants it: RTP/SAVP with our keys to a plain caller."""
    kb = new_key(CM80)
    ours, ok = set_up(sdp(A.ip), answer_key(CM80, kb))
    check(ours.proto == "RTP/SAVP" and len(ours.crypto) == 4, ours.text)
    check(ok.proto == "RTP/AVP" and not ok.crypto, ok.text)
    b = B.srtp(ours.port, CM80, kb, ours.key(CM80), after_first=True)
    both_talk(A.rtp(ok.port), b)
    hang_up()


def bad_answer(answer):
    """The callee's answer is void: the caller gets 502, the callee a BYE."""
    m = offer_to_b(sdp(A.ip))
    B.reply(m, 200, answer(m.sdp))
    A.refused(502)
    B.wait("ACK")
    B.reply(B.wait("BYE"), 200)


def answered_without_key():
    bad_answer(plain_b)


def answered_savp_without_key():
    bad_answer(lambda _: sdp(B.ip, proto="RTP/SAVP"))


def answered_with_two_keys():
    bad_answer(lambda s: sdp(B.ip, proto="RTP/SAVP", crypto=[
        (t, n, new_key(n)) for t, n, _ in s.crypto[:2]]))


def answered_with_other_tag():
    bad_answer(lambda _: sdp(B.ip, proto="RTP/SAVP", crypto=[(77, CM80, new_key(CM80))]))


def answered_with_other_suite():
    bad_answer(lambda s: sdp(B.ip, proto="RTP/SAVP", crypto=[
        (s.crypto[0][0], "AES_CM_128_HMAC_SHA1_32", new_key(CM80))]))


def answered_with_our_key():
    bad_answer(lambda s: sdp(B.ip, proto="RTP/SAVP", crypto=[s.crypto[3]]))


def answered_as_datagrams():
    """What was offered as RTP is answered as something that nothing protects."""
    m = offer_to_b(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, new_key(CM80))]))
    B.reply(m, 200, sdp(B.ip, proto="udptl"))
    A.refused(502)
    B.wait("ACK")
    B.reply(B.wait("BYE"), 200)


def hold_and_resume():
    """The same keys again: the same context, which knows what was there before."""
    key = new_key(CM80)

    def offer(how):
        return sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)], more=["a=" + how])

    ours, ok = set_up(offer("sendrecv"), plain_b)
    talk(ok, CM80, key, ours, seq=65500)
    for how in "sendonly", "sendrecv":
        ours2, ok2 = again(A, B, offer(how), plain_b)
        check((ours2.port, ok2.port) == (ours.port, ok.port), ok2.text)
        check(ok2.crypto == ok.crypto, ok.text, ok2.text)
        check(not ours2.crypto, ours2.text)
    # the same packets again, and then those that follow
    got = result(A.srtp(ok.port, CM80, key, ok.key(CM80), seq=65500, send=20, wait=100))
    check(leg("caller")["drops"].get("srtp-replay") == 20, leg("caller")["drops"])
    ours, ok = again(B, A, sdp(B.ip), lambda s: sdp(A.ip, proto=s.proto, crypto=[
        (s.crypto[0][0], CM80, key)]))
    check(ours.proto == "RTP/SAVP" and ours.key(CM80), ours.text)
    check(ok.proto == "RTP/AVP" and not ok.crypto, ok.text)
    check(ours.crypto[0] == ok2.crypto[0], "another key was offered", ours.text, ok2.text)
    hang_up()
    check(got["sent"] == 20, got)


def rekey():
    """A new key of a party that stays where it is: ours stays."""
    one, two = new_key(CM80), new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, one)]), plain_b)
    talk(ok, CM80, one, ours)
    ours, ok2 = again(A, B, sdp(A.ip, proto="RTP/SAVP", crypto=[(2, CM80, two)]), plain_b)
    check(ok2.crypto[0] == (2, CM80, ok.key(CM80)), ok.text, ok2.text)
    talk(ok2, CM80, two, ours, seq=100, n=100)
    # the old one is void by now
    before = leg("caller")["drops"].get("srtp-auth", 0)
    got = result(A.srtp(ok2.port, CM80, one, ok2.key(CM80), seq=300, send=10, wait=100))
    check(got["sent"] == 10 and not got["good"], got)
    check(leg("caller")["drops"].get("srtp-auth", 0) == before + 10, leg("caller"))
    hang_up()


def our_key_comes_back():
    """A party that takes our key for its own: one key must not serve both ways."""
    one = new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, one)]), plain_b)
    back = ok.key(CM80)
    ours, ok2 = again(A, B, sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, back)]), plain_b)
    check(ok2.key(CM80) not in (None, back), ok.text, ok2.text)
    talk(ok2, CM80, back, ours)
    hang_up()


def rekey_elsewhere():
    """Another address and another key: another party, and a key of ours that it
    alone has."""
    one, two = new_key(CM80), new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, one)]), plain_b)
    talk(ok, CM80, one, ours)
    ours, ok2 = again(A, B, sdp(A.ip, 7400, proto="RTP/SAVP", crypto=[(1, CM80, two)]),
                      plain_b)
    check(ok2.key(CM80) not in (None, ok.key(CM80)), ok.text, ok2.text)
    b = B.rtp(ours.port, "--after-first")
    both_talk(A.srtp(ok2.port, CM80, two, ok2.key(CM80), port=7400, ssrc=9), b)
    hang_up()


def other_suite():
    """Another suite in mid-call."""
    one, two = new_key(CM80), new_key("AEAD_AES_128_GCM")
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, one)]), plain_b)
    talk(ok, CM80, one, ours)
    ours, ok = again(A, B, sdp(A.ip, proto="RTP/SAVP",
                               crypto=[(1, "AEAD_AES_128_GCM", two)]), plain_b)
    talk(ok, "AEAD_AES_128_GCM", two, ours, seq=100)
    hang_up()


def in_module(legs):
    """So many legs are in the module, if that is what carries RTP."""
    if os.environ["BACKEND"] != "kernel":
        return
    out = subprocess.run(["nsenter", "--net=/run/netns/" + os.environ["M"], "--", "rtplane",
                          "--json", "leg", "show"], stdout=subprocess.PIPE, check=True)
    check(len(json.loads(out.stdout)) == legs, legs, "legs in the module:", out.stdout)


def there_and_back():
    """RTP becomes SRTP and RTP again; every SRTP has a key of its own."""
    seen = set()
    ours, ok = set_up(sdp(A.ip), plain_b)
    in_module(4)
    both_talk_plain(ok, ours)
    for turn in range(2):
        key = new_key(CM80)
        ours, ok = again(A, B, sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]), plain_b)
        check(ok.key(CM80) and ok.key(CM80) not in seen, "a key came back", ok.text)
        seen.add(ok.key(CM80))
        in_module(4)
        check(len(this_call()["legs"]) == 4, this_call())
        talk(ok, CM80, key, ours, seq=turn * 100)
        ours, ok = again(A, B, sdp(A.ip), plain_b)
        check(not ok.crypto and ok.proto == "RTP/AVP", ok.text)
        in_module(4)
        both_talk_plain(ok, ours)
    hang_up()


def refused_change():
    """A re-INVITE that is refused, by us or by the other party, changes nothing."""
    key = new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]), plain_b)
    talk(ok, CM80, key, ours)
    A.invite(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, "AEAD_AES_128_GCM", "short")]))
    A.refused(488)
    A.invite(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, new_key(CM80))]))
    B.reply(B.wait("INVITE"), 486)
    B.wait("ACK")
    A.refused(486)
    talk(ok, CM80, key, ours, seq=100)
    hang_up()


def late_offer():
    """INVITE without a description: the callee offers, the caller answers."""
    ka, kb = new_key(CM80), new_key(CM80)
    A.invite()
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip, proto="RTP/SAVP", crypto=[(1, CM80, kb)]))
    ours = A.response(200).sdp
    check(ours.proto == "RTP/AVP" and [s for _, s, _ in ours.crypto] == DEFAULT, ours.text)
    check(kb not in ours.text, "the callee's key went on")
    tag = next(t for t, s, _ in ours.crypto if s == CM80)
    A.ack(sdp(A.ip, proto="RTP/AVP", crypto=[(tag, CM80, ka)]))
    answer = B.wait("ACK").sdp
    check(answer.proto == "RTP/SAVP" and answer.crypto[0][:2] == (1, CM80), answer.text)
    b = B.srtp(answer.port, CM80, kb, answer.key(CM80), after_first=True)
    both_talk(A.srtp(ours.port, CM80, ka, ours.key(CM80)), b)
    hang_up()


def early_media():
    """A 183 with a key, and a 200 of another fork with another one."""
    key, early, late = new_key(CM80), new_key(CM80), new_key(CM80)
    m = offer_to_b(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]))
    B.reply(m, 183, answer_key(CM80, early)(m.sdp))
    ok = A.response(183).sdp
    b = B.srtp(m.sdp.port, CM80, early, m.sdp.key(CM80), after_first=True)
    both_talk(A.srtp(ok.port, CM80, key, ok.key(CM80)), b)
    B.reply(m, 200, answer_key(CM80, late)(m.sdp))
    check(A.response(200).sdp.crypto == ok.crypto, "another key than in the 183")
    A.ack()
    B.wait("ACK")
    b = B.srtp(m.sdp.port, CM80, late, m.sdp.key(CM80), seq=100, after_first=True)
    both_talk(A.srtp(ok.port, CM80, key, ok.key(CM80), seq=100), b)
    hang_up()


def forks():
    """Three early answers of two forks, then the first's 200: the key that it began
    with goes on, and the other's never begins."""
    gcm = "AEAD_AES_128_GCM"
    key, one, two = new_key(CM80), new_key(CM80), new_key(gcm)
    m = offer_to_b(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]))
    B.reply(m, 183, answer_key(CM80, one)(m.sdp))
    early = A.response(183)
    first, ok = early["to"], early.sdp

    def all_is_well(seq):
        b = B.srtp(m.sdp.port, CM80, one, m.sdp.key(CM80), seq=seq, after_first=True)
        both_talk(A.srtp(ok.port, CM80, key, ok.key(CM80), seq=seq), b)

    all_is_well(0)
    for status, answer in (183, answer_key(gcm, two)), (180, plain_b):
        B.reply(m, status, answer(m.sdp), fork="2")
        early = A.response(status)
        check(early["to"] != first, "another fork's answer is in the first one's dialog")
        check(not early.body or early.sdp.port == ok.port, "another fork has another port")
    all_is_well(100)
    B.reply(m, 200, answer_key(CM80, one)(m.sdp))
    final = A.response(200)
    check(final.sdp.crypto == ok.crypto, "another key than in the 183")
    check(final["to"] == first, "the answer is in another fork's dialog")
    A.ack()
    B.wait("ACK")
    all_is_well(200)
    hang_up()


def the_other_port():
    """RTP at the RTCP ports: by keys that another context has it goes nowhere."""
    key = new_key(CM80)
    ours, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]), plain_b)
    talk(ok, CM80, key, ours)
    result(B.tool("rtp", "--on", B.ip + ":7001", "--to", "%s:%d" % (B.server, ours.rtcp),
                  "--send", 5, "--pps", 200))
    check(leg("callee", "rtcp")["drops"].get("unknown") == 5, leg("callee", "rtcp"))
    result(A.srtp(ok.rtcp, CM80, key, ok.key(CM80), port=7001, send=5, wait=100))
    check(leg("caller", "rtcp")["drops"].get("unknown") == 5, leg("caller", "rtcp"))
    got = result(A.srtp(ok.port, CM80, key, ok.key(CM80), rtcp=True, send=5, wait=100))
    check(got["sent"] == 5 and leg("caller")["drops"].get("unknown") == 5, leg("caller"))
    hang_up()


def rejected_line():
    """A line that is refused for its keys beside one that is not."""
    key = new_key(CM80)
    offer = sdp(A.ip, crypto=[(1, CM80, key)],
                more=["m=video 7300 RTP/SAVP 34", "a=crypto:1 x y"])
    m = offer_to_b(offer)
    check("m=video 0 RTP/SAVP" in m.body, m.body)
    B.reply(m, 200, sdp(B.ip, more=["m=video 0 RTP/SAVP 34"]))
    ok = A.response(200)
    A.ack()
    B.wait("ACK")
    check("m=video 0 RTP/SAVP" in ok.body and ok.sdp.key(CM80), ok.body)
    talk(ok.sdp, CM80, key, m.sdp)
    text = why()
    check("media line 2 is not relayed" in text, text)
    hang_up()


def wrong_key():
    """Packets by another key than was agreed: dropped, and told."""
    key = new_key(CM80)
    _, ok = set_up(sdp(A.ip, proto="RTP/SAVP", crypto=[(1, CM80, key)]), plain_b)
    got = result(A.srtp(ok.port, CM80, new_key(CM80), ok.key(CM80), send=20, wait=100))
    check(got["sent"] == 20, got)
    check(leg("caller")["drops"].get("srtp-auth") == 20, leg("caller"))
    text = why()
    check("none of the caller's packets authenticates" in text, text)
    hang_up()


def main():
    names = {n: f for n, f in globals().items() if callable(f)}
    try:
        names[sys.argv[1]]()
    except Failed as e:
        print(e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
