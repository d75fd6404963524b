#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_register.py NAME: phones that register through rtplaned, with a registrar that is
strict about digest.  Both are played here, one step after the other; agent_register.sh made
the network.

    phones --- SIP --- rtplaned --- SIP --- registrar

Ends with 0, or with 1 and a sentence about what was not so.
"""
import ctypes
import hashlib
import json
import os
import random
import re
import socket
import sys
import time

A, B = os.environ.get("A", ""), os.environ.get("B", "")
PHONE = os.environ.get("PHONE_IP", "192.0.2.1")
NOBODY = os.environ.get("NOBODY_IP", "192.0.2.66")     # no next hop either
ACCESS = os.environ.get("ACCESS_IP", "192.0.2.254")
REGISTRAR = os.environ.get("REGISTRAR_IP", "198.51.100.1")
CORE = os.environ.get("CORE_IP", "198.51.100.254")
SECRET = "open sesame"
AOR = "alice@example.com"


class Failed(Exception):
    """What was not so."""


def check(ok, *what):
    if not ok:
        raise Failed(" ".join(str(w) for w in what))


def in_ns(ns, make):
    """make() in a network namespace; "": in ours."""
    if not ns:
        return make()
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as home, open("/run/netns/" + ns, "rb") as there:
        check(not libc.setns(there.fileno(), 0), "setns to", ns)
        try:
            return make()
        finally:
            check(not libc.setns(home.fileno(), 0), "setns back")


class Message:
    """A message that came: its first line, all header fields, the first of each name."""

    def __init__(self, data):
        head, _, self.body = data.decode(errors="replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        pairs = [line.partition(":") for line in lines]
        self.all = [(n.strip(), v.strip()) for n, _, v in pairs]
        self.headers = {n.lower(): v for n, v in reversed(self.all)}
        word = self.first.split()
        self.status = int(word[1]) if word[0] == "SIP/2.0" else 0
        self.method = "" if self.status else word[0]

    def __getitem__(self, name):
        check(name in self.headers, "there is no", name, "in", self.first, self.all)
        return self.headers[name]


def sdp(ip):
    return ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
            "m=audio 7000 RTP/AVP 0\r\n" % (ip, ip))


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def params(value):
    """The parameters of a challenge or of credentials."""
    return {k.lower(): v.strip('"') for k, v in
            re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', value.partition(" ")[2])}


def all_of(m, name):
    return [v for n, v in m.all if n.lower() == name]


class End:
    """A socket that messages come and go by."""

    def __init__(self, ns, ip, port, to, stream=False):
        kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
        self.sock = in_ns(ns, lambda: socket.socket(socket.AF_INET, kind))
        self.sock.settimeout(float(os.environ.get("PATIENCE", 60)))
        self.stream, self.ip, self.to, self.data = stream, ip, to, b""
        self.seen = set()
        self.sock.bind((ip, port))
        if stream:
            self.sock.connect((to, 5060))
        self.port = self.sock.getsockname()[1]
        self.proto = "TCP" if stream else "UDP"

    def close(self):
        self.sock.close()

    def send(self, text, to=None):
        if self.stream:
            self.sock.sendall(text.encode())
        else:
            self.sock.sendto(text.encode(), to or (self.to, 5060))

    def datagram(self):
        """What comes, but for keepalives; and from where."""
        while True:
            try:
                data, source = self.sock.recvfrom(65535)
            except socket.timeout:
                raise Failed("nothing comes to %s:%d" % (self.ip, self.port)) from None
            if data.strip(b"\r\n"):
                return data, source

    def receive(self):
        """A message; none that is only said again, since we were slow."""
        while True:
            m = self.one()
            said = (m.first, m["via"], m["cseq"], m["to"])
            if said not in self.seen:
                self.seen.add(said)
                return m

    def one(self):
        if not self.stream:
            data, self.source = self.datagram()
            return Message(data)
        while True:
            self.data = self.data.lstrip(b"\r\n")
            head, end, rest = self.data.partition(b"\r\n\r\n")
            length = re.search(rb"(?mi)^content-length: *(\d+)", head)
            if end and len(rest) >= int(length[1]):
                self.data = rest[int(length[1]):]
                return Message(head + end + rest[:int(length[1])])
            got = self.sock.recv(65535)
            check(got, "the connection is closed")
            self.data += got

    def reply(self, m, status, *headers, body=""):
        to = m["to"]
        if status > 100 and ";tag=" not in to:
            to += ";tag=t%d" % status
        lines = ["SIP/2.0 %d Word" % status] + ["Via: " + v for v in all_of(m, "via")]
        lines += ["From: " + m["from"], "To: " + to, "Call-ID: " + m["call-id"],
                  "CSeq: " + m["cseq"], *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append("Content-Length: %d" % len(body))
        self.send("\r\n".join(lines) + "\r\n\r\n" + body, getattr(self, "source", None))

    def request(self, method, uri, *headers, cseq=1, body="", kind="application/sdp"):
        lines = ["%s %s SIP/2.0" % (method, uri),
                 "Via: SIP/2.0/%s %s:%d;branch=z9hG4bK%s;rport" %
                 (self.proto, self.ip, self.port, os.urandom(6).hex()),
                 "Max-Forwards: 70", "CSeq: %d %s" % (cseq, method), *headers]
        if body:
            lines.append("Content-Type: " + kind)
        lines.append("Content-Length: %d" % len(body))
        self.send("\r\n".join(lines) + "\r\n\r\n" + body)


class Phone(End):
    def __init__(self, port=0, stream=False, user="alice", ip=None):
        super().__init__(A, ip or PHONE, port, ACCESS, stream)
        self.user, self.cseq, self.tag = user, 0, os.urandom(4).hex()
        self.call_id = "%s@%s" % (os.urandom(6).hex(), self.ip)
        self.contact = "sip:%s@%s:%d" % (user, self.ip, self.port)
        if stream:
            self.contact += ";transport=tcp"
        self.more, self.challenge, self.password = [], None, SECRET

    def register(self, expires=3600, contact=None, pars="", challenge=True):
        self.cseq += 1
        value = "*" if contact == "*" else "<%s>%s" % (contact or self.contact, pars)
        headers = ["From: <sip:%s@example.com>;tag=%s" % (self.user, self.tag),
                   "To: <sip:%s@example.com>" % self.user, "Call-ID: " + self.call_id,
                   "Contact: " + value, "Expires: %d" % expires, *self.more]
        if self.challenge and challenge:
            c = self.challenge
            a1 = md5("%s:%s:%s" % (self.user, c["realm"], self.password))
            a2 = md5("REGISTER:sip:example.com")
            headers.append('Authorization: Digest username="%s", realm="%s", nonce="%s", '
                           'uri="sip:example.com", response="%s", algorithm=MD5' %
                           (self.user, c["realm"], c["nonce"],
                            md5("%s:%s:%s" % (a1, c["nonce"], a2))))
        self.request("REGISTER", "sip:example.com", *headers, cseq=self.cseq)

    def answer(self, status):
        while True:
            m = self.receive()
            if m.status != 100:
                break
        check(m.status == status, "the phone wants", status, "and got", m.first,
              m.headers.get("warning", ""))
        return m


class Registrar(End):
    """One that compares all that it may compare."""

    def __init__(self):
        super().__init__(B, REGISTRAR, 5060, CORE)
        self.last = {}
        self.granted = 3600
        self.foreign = '<sip:alice@198.51.100.77:5070>;expires=3000'
        self.more = []

    def nonce(self, m):
        return md5("secret" + m["call-id"] + re.search(r"tag=([^;>]+)", m["from"])[1])

    def challenges(self):
        """A REGISTER comes, and is challenged."""
        m = self.receive()
        check(m.method == "REGISTER", "the registrar gets", m.first)
        self.judge(m)
        self.reply(m, 401, 'WWW-Authenticate: Digest realm="example.com", nonce="%s", '
                           'algorithm=MD5' % self.nonce(m))
        return m

    def judge(self, m):
        """RFC 3261 10.3: CSeq of a Call-ID goes up."""
        cseq = int(m["cseq"].split()[0])
        check(cseq > self.last.get(m["call-id"], 0), "CSeq goes back", m["cseq"])
        self.last[m["call-id"]] = cseq

    def right(self, m):
        c = params(m["authorization"])
        check(c["uri"] == m.first.split()[1], "digest is for another URI", c["uri"], m.first)
        check("<sip:%s@" % c["username"] in m["to"], "digest is for another", m["to"])
        check(c["nonce"] == self.nonce(m), "the nonce is of another Call-ID or tag")
        a1 = md5("%s:%s:%s" % (c["username"], c["realm"], SECRET))
        return c["response"] == md5("%s:%s:%s" % (a1, c["nonce"],
                                                  md5("REGISTER:" + c["uri"])))

    def grants(self, *headers):
        """A REGISTER comes that is in order."""
        m = self.receive()
        check(m.method == "REGISTER", "the registrar gets", m.first)
        self.judge(m)
        if not self.right(m):
            self.reply(m, 403)
            return m
        contacts = []
        for value in all_of(m, "contact"):
            if value == "*":
                continue
            asked = int(re.search(r";expires=(\d+)", value)[1])
            if asked:
                contacts.append(re.sub(r";expires=\d+", "", value) +
                                ";expires=%d" % min(asked, self.granted))
        self.reply(m, 200, "Contact: " + ", ".join([self.foreign] + contacts), *headers)
        return m


def uri_of(m):
    return re.search(r"<([^>]*)>", m["contact"])[1]


def register(phone, registrar, *headers, **more):
    """All of it: challenged, answered, granted.  What the registrar got, and the phone."""
    phone.register(challenge=False, **more)
    registrar.challenges()
    phone.challenge = params(phone.answer(401)["www-authenticate"])
    phone.register(**more)
    m = registrar.grants(*headers)
    return m, phone.answer(200)


def ask(*words):
    """A command of the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(60)
        sock.connect(os.environ["CTL"])
        sock.sendall((json.dumps({"cmd": words[0], "args": words[1:]}) + "\n").encode())
        data = b""
        while not data.endswith(b"\n"):
            data += sock.recv(65535)
    answer = json.loads(data)
    check(answer["ok"], answer)
    return answer["result"]


def bindings(n):
    """As many as there are expected, now or soon."""
    end = time.monotonic() + 60
    while True:
        got = ask("bindings")
        if len(got) == n:
            return got
        check(time.monotonic() < end, "expected", n, "bindings, and there are", got)
        time.sleep(0.05)


def call(registrar, uri, to=None):
    """The registrar calls."""
    tag, call_id = os.urandom(4).hex(), os.urandom(6).hex()
    registrar.request("INVITE", uri, "From: <sip:bob@example.com>;tag=" + tag,
                      "To: " + (to or "<%s>" % uri), "Call-ID: " + call_id,
                      "Contact: <sip:bob@%s:5060>" % registrar.ip, body=sdp(registrar.ip))
    return tag, call_id


def final(who):
    while True:
        m = who.receive()
        if m.status >= 200:
            return m


def refused(who, uri, status, method="INVITE"):
    """Nobody is there by that name."""
    tag, call_id = os.urandom(4).hex(), os.urandom(6).hex()
    head = ["From: <sip:bob@example.com>;tag=" + tag, "Call-ID: " + call_id]
    who.request(method, uri, *head, "To: <%s>" % uri,
                "Contact: <sip:bob@%s:%d>" % (who.ip, who.port),
                body=sdp(who.ip) if method == "INVITE" else "")
    m = final(who)
    check(m.status == status, method, "got", m.first)
    if method == "INVITE":
        via = m["via"]
        who.send("ACK %s SIP/2.0\r\nVia: %s\r\n%s\r\nTo: %s\r\nCSeq: 1 ACK\r\n"
                 "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                 (uri, via, "\r\n".join(head), m["to"]))


def talks(phone, registrar, uri, to=None):
    """A call to the phone, answered and ended.  The INVITE that it got."""
    tag, call_id = call(registrar, uri, to)
    m = phone.receive()
    check(m.method == "INVITE", "the phone gets", m.first)
    phone.reply(m, 200, "Contact: <%s>" % phone.contact, body=sdp(phone.ip))
    ok = final(registrar)
    check(ok.status == 200, "the call is answered", ok.first)
    head = ["From: <sip:bob@example.com>;tag=" + tag, "To: " + ok["to"],
            "Call-ID: " + call_id]
    registrar.request("ACK", uri_of(ok), *head)
    ack = phone.receive()
    check(ack.method == "ACK", "the phone gets", ack.first)
    registrar.request("BYE", uri_of(ok), *head, cseq=2)
    bye = phone.receive()
    check(bye.method == "BYE", "the phone gets", bye.first)
    phone.reply(bye, 200)
    check(final(registrar).status == 200, "the BYE is answered")
    return m


# ---------------------------------------------------------------------------- the tests

def registers():
    """What digest is made of passes, addresses do not; the phone sees its own contact."""
    phone, registrar = Phone(), Registrar()
    got, ok = register(phone, registrar, pars=";q=0.7;+sip.foo=\"<x;y>\"")
    check(got.first == "REGISTER sip:example.com SIP/2.0", got.first)
    check(got["to"] == "<sip:%s>" % AOR and
          got["from"] == "<sip:%s>;tag=%s" % (AOR, phone.tag), got.all)
    check(got["cseq"] == "2 REGISTER" and got["max-forwards"] == "69", got.all)
    text = str(got.all)
    check(PHONE not in text and ACCESS not in text, "addresses in", text)
    check(re.fullmatch(r'<sip:bind\w{22}@%s:5060>;q=0.7;\+sip.foo="<x;y>";expires=3600' %
                       re.escape(CORE), got["contact"]), got["contact"])
    check(all_of(ok, "contact") == ['<%s>;q=0.7;+sip.foo="<x;y>";expires=120' % phone.contact],
          all_of(ok, "contact"))
    check(ok["expires"] == "120" and REGISTRAR not in str(ok.all), ok.all)
    b = bindings(1)[0]
    check(b["aor"] == AOR and b["contact"] == phone.contact and not b["nat"] and
          b["realm"] == "access" and b["registrar"] == "core" and
          b["source"] == "%s:%d" % (PHONE, phone.port) and b["expires"] <= 120 and
          3500 < b["registrar_expires"] <= 3600 and b["registered_as"] in got["contact"], b)


def wrong_password():
    """Who is refused holds nothing, and what he says of others touches nothing."""
    phone, registrar, other = Phone(), Registrar(), Phone()
    other.password = "wrong"
    other.register(challenge=False)
    registrar.challenges()
    other.challenge = params(other.answer(401)["www-authenticate"])
    bindings(0)
    other.register()
    registrar.grants()
    other.answer(403)
    bindings(0)
    register(phone, registrar)
    other.register(expires=0, contact=phone.contact)
    registrar.grants()
    other.answer(403)
    other.register(expires=0, contact="*", challenge=False)
    registrar.challenges()
    other.answer(401)
    check(bindings(1)[0]["contact"] == phone.contact, "the binding stays")


def guess(phone, registrar):
    """A wrong password for the nonce that there is."""
    phone.register()
    registrar.grants()
    phone.answer(403)


def guesses():
    """Wrong passwords shut out; no password, and one for a nonce that is too old, do not."""
    registrar, phone = Registrar(), Phone(ip=NOBODY)
    phone.password = "wrong"
    for _ in range(4):
        phone.register(challenge=False)
        registrar.challenges()
        phone.challenge = params(phone.answer(401)["www-authenticate"])
    for _ in range(4):
        phone.register()
        m = registrar.receive()
        registrar.judge(m)
        registrar.reply(m, 401, 'WWW-Authenticate: Digest realm="example.com", nonce="%s", '
                                'algorithm=MD5, stale=true' % registrar.nonce(m))
        phone.answer(401)
    guess(phone, registrar)
    guess(phone, registrar)
    check(ask("ban-list") == [], ask("ban-list"))
    guess(phone, registrar)
    banned = ask("ban-list")
    check(len(banned) == 1 and banned[0]["prefix"] == NOBODY and banned[0]["why"] == "digest",
          banned, ask("status")["bans"])


def guesses_beside():
    """Where somebody has registered nobody is shut out."""
    registrar, phone, other = Registrar(), Phone(ip=NOBODY), Phone(ip=NOBODY)
    register(phone, registrar)
    other.password = "wrong"
    other.register(challenge=False)
    registrar.challenges()
    other.challenge = params(other.answer(401)["www-authenticate"])
    for _ in range(3):
        guess(other, registrar)
    check(ask("ban-list") == [] and ask("status")["bans"]["spared"] == 1,
          ask("ban-list"), ask("status")["bans"])


def refreshes():
    """A refresh that changes nothing is answered here, any other goes to the registrar."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    for _ in range(5):
        phone.register()
        check(all_of(phone.answer(200), "contact") == ["<%s>;expires=120" % phone.contact],
              "the contact is the same")
    check(bindings(1)[0]["refreshed"] == 5, bindings(1))
    phone.register(pars=";q=0.1")       # the next that the registrar hears of
    again = registrar.grants()
    check(again["cseq"] == "8 REGISTER" and again["call-id"] == got["call-id"] and
          uri_of(again) == uri_of(got), again.all)
    phone.answer(200)
    # a phone that wants to be back sooner may, and the registrar does not hear of that
    phone.register(expires=60, pars=";q=0.15")
    check(registrar.grants()["contact"].endswith(";expires=3600"), "a long time is asked for")
    check(phone.answer(200)["expires"] == "60", "and a short one given")
    phone.register(expires=60, pars=";q=0.15")
    check(phone.answer(200)["expires"] == "60", "here, too")
    # a registrar that grants little is asked each time
    registrar.granted = 100
    phone.register(pars=";q=0.2")
    registrar.grants()
    ok = phone.answer(200)
    check(ok["expires"] == "100", ok.all)
    phone.register(pars=";q=0.2")
    registrar.grants()
    phone.answer(200)


def called():
    """Calls come down the flow, from the registrar's realm only."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    m = talks(phone, registrar, uri_of(got))
    check(m.first == "INVITE %s SIP/2.0" % phone.contact, m.first)
    check(m["to"] == "<sip:%s>" % AOR, m["to"])
    check(REGISTRAR not in str(m.all) and CORE not in str(m.all), m.all)
    m = talks(phone, registrar, uri_of(got), '"Alice" <sip:%s>' % AOR)
    check(m["to"] == '"Alice" <sip:%s>' % AOR, m["to"])
    refused(registrar, uri_of(got), 200, "OPTIONS")
    refused(Phone(), uri_of(got).replace(CORE, ACCESS), 480)
    # where it registered is where it is, whatever it says of where that might be
    phone.contact = "sip:alice@%s:5099" % re.sub(r"\.\d+$", ".77", PHONE)
    talks(phone, registrar, uri_of(got))


def why(text):
    """The last call's `why` has this sentence, now or soon; None: it has none of the kind."""
    said = [c["id"] for c in ask("calls")]
    check(len(said) == 1, said)
    end = time.monotonic() + 60
    while True:
        got = [w["because"] for w in ask("why", str(said[0]))["why"]]
        alg = [w for w in got if "SIP ALG" in w]
        if not alg if text is None else [w for w in alg if text in w]:
            return
        check(text and time.monotonic() < end, got, "expected", text)
        time.sleep(0.05)


def meddled():
    """A box between that rewrites SIP is named; a phone that nobody meddles with is not."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    uri = uri_of(got)
    for change, says in (
            (lambda m: None, None),
            (lambda m: m.headers.update({"from": re.sub("@[^>]*>", "@203.0.113.5>", m["from"])}),
             "our From"),
            (lambda m: m.headers.update({"call-id": "x" + m["call-id"]}), "our Call-ID"),
            (lambda m: m.all.__setitem__(0, ("Via", m.all[0][1].replace(ACCESS, "203.0.113.5"))),
             "the host of our Via")):
        tag, call_id = call(registrar, uri)
        m = phone.receive()
        check(m.method == "INVITE" and m.all[0][0].lower() == "via", m.all)
        ours = m.all[0]
        change(m)
        phone.reply(m, 180)
        while ours == m.all[0] and registrar.receive().status != 180:
            pass
        why(says)
        m.all[0] = ours
        phone.reply(m, 486)
        m = final(registrar)
        registrar.request("ACK", uri, "From: <sip:bob@example.com>;tag=" + tag, "To: " + m["to"],
                          "Call-ID: " + call_id)
        check(phone.receive().method == "ACK", "no ACK")
    for via, named in (PHONE, "m@10.0.0.7"), (PHONE, "m@example.com"), ("10.0.0.7", "m@" + PHONE):
        phone.ip = via
        phone.request("INVITE", "sip:bob@example.com", "From: <sip:alice@example.com>;tag=z",
                      "To: <sip:bob@example.com>", "Call-ID: " + named,
                      "Contact: <sip:alice@example.com>", body=sdp(PHONE))
        m = registrar.receive()
        check(m.method == "INVITE", "no INVITE")
        why(None if named == "m@example.com" else "the host of %s was 10.0.0.7 and came as %s" % (
            "Via" if via == PHONE else "Call-ID", PHONE))
        registrar.reply(m, 486)
        check(registrar.receive().method == "ACK", "no ACK")
        check(final(phone).status == 486, "refused")
    phone.ip = "10.0.0.7"
    phone.request("INVITE", "sip:bob@example.com", "From: <sip:alice@example.com>;tag=z",
                  "To: <sip:bob@example.com>", "Call-ID: private", "Contact: <%s>" % phone.contact,
                  body=sdp("10.0.0.7"))
    m = registrar.receive()
    check(m.method == "INVITE", "no INVITE")
    why("Contact was 10.0.0.7 and came as " + PHONE)
    registrar.reply(m, 486)
    check(registrar.receive().method == "ACK", "no ACK")


def noted():
    """NOTIFY and MESSAGE outside of dialogs come down the flow, and their answers back."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    uri = uri_of(got)
    for method, kind, more in (
            ("NOTIFY", "application/simple-message-summary",
             ["Event: message-summary", "Subscription-State: active"]),
            ("MESSAGE", "text/plain", [])):
        body = "Messages-Waiting: yes\r\n"
        registrar.send("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:pbx@%s>;tag=n\r\nTo: <%s>\r\n"
                       "Call-ID: note-%s\r\nCSeq: 9 %s\r\n%sContent-Type: %s\r\n"
                       "Content-Length: %d\r\n\r\n%s" % (
                           method, uri, registrar.ip, os.urandom(6).hex(), registrar.ip, uri,
                           method, method, "".join(h + "\r\n" for h in more), kind,
                           len(body), body))
        m = phone.receive()
        check(m.first == "%s %s SIP/2.0" % (method, phone.contact), m.first)
        check(m["cseq"] == "9 " + method and m["max-forwards"] == "69" and
              m["to"] == "<sip:%s>" % AOR and m["content-type"] == kind and
              m.body == body, m.all, m.body)
        check(all("%s: %s" % pair in more for pair in m.all if pair[0] in
                  ("Event", "Subscription-State")) and
              ("event" in m.headers) == bool(more), m.all)
        text = str(m.all)
        check(REGISTRAR not in text and CORE not in text and uri[4:30] not in text, text)
        # 503 is said of a host, and ours serves other phones too
        status, told = (202, 202) if kind == "text/plain" else (503, 500)
        phone.reply(m, status)
        check(final(registrar).status == told, "the phone's answer", status)
        refused(Phone(), uri.replace(CORE, ACCESS), 480, method)
        refused(registrar, re.sub("bind.", "bindX", uri), 480, method)
    refused(registrar, "sip:alice@" + CORE, 405, "NOTIFY")


def unregisters():
    """What the registrar has removed is gone; others of the account stay."""
    phone, other, registrar = Phone(), Phone(), Registrar()
    got, _ = register(phone, registrar)
    register(other, registrar)
    bindings(2)
    phone.register(expires=0)
    m = registrar.grants()
    check(m["contact"] == "<%s>;expires=0" % uri_of(got), m["contact"])
    ok = phone.answer(200)
    check(len(all_of(ok, "contact")) == 1 and other.contact in ok["contact"], ok.all)
    check(bindings(1)[0]["contact"] == other.contact, bindings(1))
    refused(registrar, uri_of(got), 480)
    refused(registrar, uri_of(got), 480, "OPTIONS")
    register(phone, registrar)
    bindings(2)
    phone.register(expires=0, contact="*")
    m = registrar.grants()
    check(m["contact"] == "*" and m["expires"] == "0", m.all)
    check(not all_of(phone.answer(200), "contact"), "nothing is left")
    bindings(0)


def moves():
    """NAT has given the phone another port: the registrar is asked, calls go there."""
    phone, registrar = Phone(), Registrar()
    phone.contact = "sip:alice@10.1.2.3:5060"
    got, _ = register(phone, registrar)
    check(bindings(1)[0]["nat"], "NAT is seen", bindings(1))
    moved = Phone()
    for name in "contact", "call_id", "tag", "cseq", "challenge":
        setattr(moved, name, getattr(phone, name))
    moved.register()
    again = registrar.grants()
    moved.answer(200)
    check(uri_of(again) == uri_of(got), "the same contact", again.all)
    check(bindings(1)[0]["source"] == "%s:%d" % (PHONE, moved.port), bindings(1))
    m = talks(moved, registrar, uri_of(got))
    check(m.first == "INVITE sip:alice@10.1.2.3:5060 SIP/2.0", m.first)


def tcp():
    """A connection that ends takes the binding with it, and the registrar is told."""
    phone, registrar = Phone(stream=True), Registrar()
    got, _ = register(phone, registrar)
    check(bindings(1)[0]["transport"] == "tcp", bindings(1))
    talks(phone, registrar, uri_of(got))
    phone.close()
    bindings(0)
    m = registrar.receive()
    check(m.method == "REGISTER" and m["contact"] == "<%s>;expires=0" % uri_of(got) and
          m["to"] == "<sip:%s>" % AOR and m["call-id"] != got["call-id"], m.first, m.all)
    registrar.reply(m, 200)
    refused(registrar, uri_of(got), 480)


def comes_back():
    """A phone that is back by another connection keeps its contact, whoever was first."""
    phone, registrar = Phone(stream=True), Registrar()
    pars = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1'
    got, _ = register(phone, registrar, pars=pars)

    def another():
        new = Phone(stream=True)
        for name in "call_id", "tag", "cseq", "challenge":
            setattr(new, name, getattr(phone, name))
        new.register(pars=pars)
        return new

    # the registrar is to forget it, and has not answered when the phone is back
    phone.close()
    m = registrar.receive()
    check(m["contact"] == "<%s>;expires=0" % uri_of(got), m.first, m.all)
    phone = another()
    check(uri_of(registrar.grants()) == uri_of(got), "the same contact")
    phone.answer(200)
    # it is back before it was missed: its old connection ends while the registrar thinks
    old, phone = phone, another()
    m = registrar.receive()
    old.close()
    bindings(0)
    registrar.reply(m, 200, "Contact: " + m["contact"])
    phone.answer(200)
    bindings(1)
    # whatever might be said again has been said when no transaction is left
    end = time.monotonic() + 120
    while ask("status")["sip"]["transactions"]:
        check(time.monotonic() < end, "transactions are left", ask("status"))
        time.sleep(0.1)
    registrar.sock.setblocking(False)
    while True:
        try:
            m = Message(registrar.sock.recv(65535))
        except BlockingIOError:
            break
        check("expires=0" not in m["contact"], "what is bound is taken away:", m.first, m.all)
    registrar.sock.settimeout(60)
    bindings(1)
    talks(phone, registrar, uri_of(got))


def restart():
    """The agent is killed, and another one begins: by agent_register.sh."""
    wish = os.path.join(os.path.dirname(os.environ["CONFIG"]), "kill")
    end = time.monotonic() + 60
    while ask("status")["store"]["waiting"]:
        check(time.monotonic() < end, "the store does not keep up", ask("status")["store"])
    with open(wish, "w", encoding="ascii"):
        pass
    end = time.monotonic() + 60
    while os.path.exists(wish):
        check(time.monotonic() < end, "the agent does not come back")
        time.sleep(0.02)


def outlive():
    """A kill -9: who registered by UDP is reached at once, by TCP when he is back."""
    registrar, phone = Registrar(), Phone()
    tcp, other = Phone(stream=True, user="bob"), Phone(user="carol")
    pars = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1'
    got, _ = register(phone, registrar, "Service-Route: <sip:198.51.100.1;lr>")
    by_tcp, _ = register(tcp, registrar, pars=pars)
    gone, _ = register(other, registrar)
    other.register(expires=0)
    registrar.grants()
    other.answer(200)
    before = {b["aor"]: b for b in bindings(2)}
    time.sleep(1.1)     # of its age, which is in seconds
    restart()
    after = {b["aor"]: b for b in bindings(2)}
    for aor, b in before.items():
        for key in "contact", "realm", "registrar", "source", "transport", "registered_as", "call_id":
            check(b[key] == after[aor][key], key, "was", b[key], "and is", after[aor][key])
        for key in "expires", "registrar_expires":
            check(b[key] - 60 < after[aor][key] < b[key], key, "was", b[key], "and is",
                  after[aor][key])
        check(b["age"] < after[aor]["age"] < b["age"] + 60, "age", b["age"], after[aor]["age"])
    check(not after[AOR]["away"] and after["bob@example.com"]["away"], after)
    check(ask("status")["bindings"]["away"] == 1, ask("status")["bindings"])
    talks(phone, registrar, uri_of(got))
    refused(registrar, uri_of(by_tcp), 480)
    refused(registrar, uri_of(by_tcp), 480, "OPTIONS")
    refused(registrar, uri_of(gone), 480)
    # it need not ask the registrar
    phone.register()
    phone.answer(200)
    check(bindings(2)[0]["refreshed"] + bindings(2)[1]["refreshed"] == 1, bindings(2))
    # by the same name, by which the registrar may still be asked
    back = Phone(stream=True, user="bob")
    for name in "call_id", "tag", "cseq", "challenge":
        setattr(back, name, getattr(tcp, name))
    back.register(pars=pars)
    m = registrar.grants()
    check(uri_of(m) == uri_of(by_tcp) and m["call-id"] == by_tcp["call-id"], m.all)
    back.answer(200)
    check(not any(b["away"] for b in bindings(2)), bindings(2))
    talks(back, registrar, uri_of(by_tcp))
    # what was only refreshed, and what has moved
    restart()
    after = {b["aor"]: b for b in bindings(2)}
    check(after[AOR]["refreshed"] == 1 and after["bob@example.com"]["relayed"] == 2, after)
    talks(phone, registrar, uri_of(got))
    back.close()


def outbound():
    """RFC 5626: an instance keeps its contact, and the registrar has the word."""
    phone, registrar = Phone(), Registrar()
    pars = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1'
    phone.more = ["Supported: path, outbound, gruu, replaces"]
    got, ok = register(phone, registrar, pars=pars)
    check(sorted(all_of(got, "supported")) == ["gruu", "outbound", "path"], got.all)
    check("require" not in ok.headers and "flow-timer" not in ok.headers, ok.all)
    check('reg-id=1' in got["contact"] and "+sip.instance=" in got["contact"], got.all)
    phone.contact = "sip:alice@%s:%d;x=y" % (phone.ip, phone.port)
    phone.register(pars=pars)
    again = registrar.grants("Require: outbound")
    ok = phone.answer(200)
    check(uri_of(again) == uri_of(got), again.all)
    check(ok["require"] == "outbound" and ok["flow-timer"] == "25", ok.all)
    check(bindings(1)[0]["outbound"], bindings(1))
    phone.register(pars=pars)   # here, and by the same word
    ok = phone.answer(200)
    check(ok["require"] == "outbound", ok.all)
    check(talks(phone, registrar, uri_of(got)).first ==
          "INVITE %s SIP/2.0" % phone.contact, "the new contact")


def routes():
    """Path leads to the phone, Service-Route to the core; neither is seen elsewhere."""
    phone, registrar = Phone(), Registrar()
    phone.more = ["Path: <sip:edge.example;lr>", "Path: <sip:more.example;lr>"]
    got, ok = register(phone, registrar, "Service-Route: <sip:orig@scscf.example;lr>")
    check("path" not in got.headers, got.all)
    check(all_of(ok, "path") == ["<sip:edge.example;lr>", "<sip:more.example;lr>"] and
          "service-route" not in ok.headers, ok.all)
    m = talks(phone, registrar, uri_of(got))
    check(m["route"] == "<sip:edge.example;lr>, <sip:more.example;lr>", m.all)
    phone.request("INVITE", "sip:bob@example.com",
                  "From: <sip:%s>;tag=%s" % (AOR, phone.tag), "To: <sip:bob@example.com>",
                  "Call-ID: routes", "Contact: <%s>" % phone.contact, body=sdp(phone.ip))
    m = registrar.receive()
    check(m.method == "INVITE" and m["route"] == "<sip:orig@scscf.example;lr>", m.first, m.all)
    registrar.reply(m, 486)
    check(registrar.receive().method == "ACK", "the refusal is acknowledged")
    check(final(phone).status == 486, "and told")


def limits():
    """per-aor: 2: the third gets 503; who is there stays."""
    registrar, phones = Registrar(), [Phone() for _ in range(3)]
    for phone in phones[:2]:
        register(phone, registrar)
    phones[2].register()
    ok = phones[2].answer(503)
    check(int(ok["retry-after"]) >= 20, ok.all)
    phones[1].register(pars=";q=0.3")
    registrar.grants()
    phones[1].answer(200)
    bindings(2)
    bob = Phone(user="bob")
    register(bob, registrar)
    bindings(3)


def kept_alive():
    """keepalive: options: the phone is asked; its host says that nobody is there."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    m = phone.receive()
    check(m.first == "OPTIONS %s SIP/2.0" % phone.contact, m.first)
    check(CORE not in str(m.all), m.all)
    phone.reply(m, 200)
    bindings(1)
    phone.close()
    bindings(0)


def gone():
    """A phone's host says that nobody is there: the caller is told, and it is over."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    phone.close()
    refused(registrar, uri_of(got), 480)
    bindings(0)
    refused(registrar, uri_of(got), 480)


def by_stun():
    """keepalive: stun: the phone is asked, and may ask; who has not registered may not."""
    phone, registrar, other = Phone(), Registrar(), Phone()
    question = b"\0\1\0\0\x21\x12\xa4\x42" + b"transaction!"
    register(phone, registrar)
    data, _ = phone.datagram()
    check(data[:2] == b"\0\1" and data[4:8] == question[4:8], "no question", data)
    for who in other, phone:
        who.sock.sendto(question, (ACCESS, 5060))
    data, _ = phone.datagram()
    while data[:2] == b"\0\1":      # asked again meanwhile
        data, _ = phone.datagram()
    port = phone.port ^ 0x2112
    check(data[:2] == b"\1\1" and data[8:20] == question[8:] and
          data[20:28] == b"\0\x20\0\x08\0\1" + port.to_bytes(2, "big"), "answer", data)
    refused(other, "sip:nobody@" + ACCESS, 200, "OPTIONS")   # and nothing before that


def silent_registrar():
    """A registrar that is not there: 503, and nothing is held."""
    phone = Phone()
    phone.register()
    m = phone.answer(503)
    check(int(m["retry-after"]) >= 20, m.all)
    bindings(0)


def nobody_registers():
    """Without the key a REGISTER gets 405."""
    phone = Phone()
    phone.register()
    check("INVITE" in phone.answer(405)["allow"], "Allow")


def hostile():
    """What is no REGISTER of a phone is refused here, and the registrar hears nothing."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    wrong = [("Contact: *", "Expires: 60"), ("Contact: *, <sip:a@b>", "Expires: 0"),
             ("Contact: <tel:+4930>",), ("Contact: <sip:a@b?Subject=x>",),
             ("Contact: <sip:%s@b>" % ("a" * 600),),
             ("Contact: <sip:a@b>;x=" + "y" * 600,),
             # to a registrar that splits at commas these are two contacts
             ("Contact: <sip:a@b>;x=<, <sip:evil@198.51.100.66>",),
             ('Contact: <sip:a@b>;x=a", <sip:evil@198.51.100.66>;y="',),
             ("Contact: <sip:a@b>;<, <sip:evil@198.51.100.66>",),
             ("Contact: <sip:a@b>;x=a b",),
             ("Contact: <sip:a@b>", "Path: <sip:%s;lr>" % ("p" * 1100))]
    for i, headers in enumerate(wrong):
        phone.request("REGISTER", "sip:example.com", "From: <sip:%s>;tag=x" % AOR,
                      "To: <sip:%s>" % AOR, "Call-ID: hostile%d" % i, *headers)
        m = final(phone)
        check(m.status == 400, headers, "got", m.first)
    phone.request("REGISTER", "sip:example.com", "From: <sip:%s>;tag=x" % AOR,
                  "To: <sip:%s>" % AOR, "Call-ID: hostile", "Require: foo",
                  "Contact: <sip:a@b>")
    check(final(phone).status == 420, "an extension that nobody knows")
    many = ", ".join("<sip:a%d@b>" % i for i in range(20))
    phone.request("REGISTER", "sip:example.com", "From: <sip:%s>;tag=x" % AOR,
                  "To: <sip:%s>" % AOR, "Call-ID: hostile", "Contact: " + many)
    check(final(phone).status == 503, "more than per-aor at once")
    many = ", ".join("<sip:a%d@b>" % i for i in range(65))
    phone.request("REGISTER", "sip:example.com", "From: <sip:%s>;tag=x" % AOR,
                  "To: <sip:%s>" % AOR, "Call-ID: hostile", "Contact: " + many)
    check(final(phone).status == 400, "more than anybody may have")
    phone.register(pars=";q=0.9")       # the next that the registrar hears of
    registrar.grants()
    phone.answer(200)
    bindings(1)


WORDS = [b"\r\n", b";", b"<", b">", b'"', b"\0", b"*", b",", b"%", b"?", b"@", b";tag=",
         b"Contact: *\r\n", b"Expires: 0\r\n", b"Path: <sip:x;lr>\r\n", b";reg-id=1",
         b";expires=4294967296", b';+sip.instance="', b"Service-Route: <sip:y>\r\n",
         b"Require: outbound\r\n", b"sips:", b"[::1]", b"Content-Length: 9\r\n"]


def mangled(data):
    for _ in range(random.choice([0, 0, 0, 1, 1, 2, 4])):
        at = random.randrange(len(data) + 1)
        data = random.choice([data[:at] + random.choice(WORDS) + data[at:],
                              data[:at] + data[at + random.randrange(30):],
                              data[:at] + bytes([random.randrange(256)]) + data[at + 1:]])
    return data


def noise():
    """Changed REGISTERs, changed answers: whatever comes, the next phone is served."""
    random.seed(int(os.environ.get("SEED", "5")))
    other, registrar, phone = Phone(), Registrar(), Phone(user="bob")
    plain = registrar.send
    for who in other, registrar:
        who.send = lambda text, to=None, who=who: who.sock.sendto(
            mangled(text.encode()), to or (who.to, 5060))
    # an answer that got lost, or was not one, has the question repeated
    registrar.receive = registrar.one
    registrar.judge = lambda m: None
    registrar.right = lambda m: True
    registrar.sock.settimeout(0.01)
    for i in range(int(os.environ.get("ROUNDS", "300"))):
        other.register(expires=random.choice([0, 1, 60, 3600, 1 << 32]),
                       contact=random.choice([None, "sip:a@b", "*"]),
                       pars=random.choice(["", ";reg-id=2;+sip.instance=\"<a>\"", ";q=1"]))
        try:
            registrar.grants("Service-Route: <sip:z;lr>")
        except (TypeError, ValueError, Failed):   # nothing came, or nothing to be answered
            pass
    registrar.send = plain
    del registrar.judge, registrar.right, registrar.receive
    phone.register(challenge=False)
    while True:
        registrar.sock.settimeout(60)
        m = registrar.receive()
        if "<sip:bob@example.com>" in m["to"]:
            break
        registrar.reply(m, 404)
    registrar.reply(m, 200, "Contact: %s" % m["contact"])
    phone.answer(200)
    check("bob@example.com" in [b["aor"] for b in ask("bindings")], "bob is registered")


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
