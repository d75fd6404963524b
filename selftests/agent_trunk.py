#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_trunk.py NAME: a trunk that asks for a password each time, and phones that know none.
Both are played here, one step after the other; agent_trunk.sh made the network.

    phones --- SIP --- rtplaned --- SIP --- trunk, two next hops

Ends with 0, or with 1 and a sentence about what was not so.
"""
import hashlib
import os
import re
import select
import sys
import time

from agent_register import (B, CORE, End, Failed, Message, Phone, PHONE, REGISTRAR, all_of, ask,
                            check, final, params, restart, sdp, uri_of)

USER, PASSWORD, REALM = "lines", "open sesame", "carrier.example"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256,
          "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}


class Trunk(End):
    """Strict: a nonce is good as often as it says, and each count once."""

    def __init__(self, port=5060, algorithms=("MD5",), qop="auth"):
        super().__init__(B, REGISTRAR, port, CORE)
        self.algorithms, self.qop, self.nonce, self.counts = algorithms, qop, None, set()
        self.cseq = {}

    def gets(self, method):
        m = self.receive()
        check(m.method == method, "the trunk wants", method, "and gets", m.first)
        return m

    def refuses(self, status):
        self.reply(self.gets("INVITE"), status)
        self.gets("ACK")

    def challenge(self, m, status=401, stale=False):
        self.nonce, self.counts = os.urandom(8).hex(), set()
        name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
        more = ', qop="%s"' % self.qop if self.qop else ""
        more += ", stale=true" if stale else ""
        self.reply(m, status, *['%s: Digest realm="%s", nonce="%s", algorithm=%s%s' %
                                (name, REALM, self.nonce, a, more) for a in self.algorithms])
        if m.method == "INVITE":
            ack = self.gets("ACK")
            check("authorization" not in ack.headers, "credentials for no challenge")

    def right(self, m, field="authorization", password=PASSWORD, method=None):
        """The credentials are for just this request, by the first of the algorithms."""
        check(len(all_of(m, field)) == 1, "one", field, "in", m.all)
        c = params(m[field])
        check(c.get("algorithm", "MD5") == self.algorithms[0], "not the strongest", c)
        # an ACK has what its INVITE had (RFC 3261 22.1)
        check(method or c["uri"] == m.first.split()[1], "digest is for another URI", c["uri"], m.first)
        check((c["username"], c["realm"], c["nonce"]) == (USER, REALM, self.nonce), "of", c)

        def h(text):
            return HASHES[self.algorithms[0]](text.encode()).hexdigest()
        between = ""
        if self.qop:
            check(c["qop"] == "auth" and (method or c["nc"] not in self.counts), "qop and nc", c)
            if method is None:
                self.counts.add(c["nc"])
            between = "%s:%s:auth:" % (c["nc"], c["cnonce"])
        a1 = h("%s:%s:%s" % (USER, REALM, password))
        a2 = h("%s:%s" % (method or m.method, c["uri"]))
        check(c["response"] == h("%s:%s:%s%s" % (a1, self.nonce, between, a2)),
              "a wrong response", c)
        return c

    def judge(self, m):
        """RFC 3261 10.3: one Call-ID, and CSeq goes up."""
        n = int(m["cseq"].split()[0])
        check(not self.cseq or m["call-id"] in self.cseq, "another Call-ID")
        check(n > self.cseq.get(m["call-id"], 0), "CSeq goes back", m["cseq"])
        self.cseq[m["call-id"]] = n

    def grant(self, m, expires=600):
        self.reply(m, 200, "Contact: <sip:somebody@198.51.100.9>;expires=4000, <%s>;expires=%d" %
                   (uri_of(m), expires))

    def registered(self, expires=600, **more):
        """All of it: challenged, answered, granted.  The first one and what was granted."""
        first = self.gets("REGISTER")
        self.judge(first)
        check("authorization" not in first.headers, "credentials that nobody asked for")
        self.challenge(first)
        m = self.gets("REGISTER")
        self.judge(m)
        self.right(m, **more)
        self.grant(m, expires)
        return first, m

    def takes(self, m, port=7000):
        self.reply(m, 200, "Contact: <sip:%s:%d>" % (self.ip, self.port), body=sdp(self.ip))
        return m


def agent_is_up():
    """The trunk is there before the agent, which asks for it at once."""
    end = time.monotonic() + 60
    while True:
        try:
            return ask("status")
        except OSError:
            check(time.monotonic() < end, "the agent does not come up")
            time.sleep(0.05)


def trunk_is(test, what):
    """What is told of the first trunk is so, now or soon."""
    end = time.monotonic() + 60
    while True:
        got = ask("trunks")[0]
        if test(got):
            return got
        check(time.monotonic() < end, what, "is not so:", got)
        time.sleep(0.05)


class Caller(Phone):
    """A phone in a call by the trunk."""

    def calls(self, *more, number="9123"):
        agent_is_up()
        self.dialog = ["From: <sip:alice@example.com>;tag=" + self.tag,
                       "To: <sip:%s@%s>" % (number, self.to), "Call-ID: " + self.call_id]
        self.sent, self.target = 1, "sip:%s@%s" % (number, self.to)
        self.request("INVITE", self.target, *self.dialog, "Contact: <%s>" % self.contact,
                     *more, body=sdp(PHONE))

    def up(self):
        ok = final(self)
        check(ok.status == 200, "the phone gets", ok.first, ok.headers.get("warning", ""))
        self.dialog[1] = "To: " + ok["to"]
        self.target = uri_of(ok)
        self.request("ACK", self.target, *self.dialog, cseq=self.sent)

    def says(self, method, *more, body=""):
        self.sent += 1
        self.request(method, self.target, *self.dialog, "Contact: <%s>" % self.contact, *more,
                     cseq=self.sent, body=body)

    def hangs_up(self, trunk, judge=None):
        """The BYE gets there, is judged, and is answered."""
        self.says("BYE")
        m = trunk.gets("BYE")
        if judge:
            judge(m)
        trunk.reply(m, 200)
        check(final(self).status == 200, "the BYE is answered")

    def fails(self, status, asked=False):
        m = final(self)
        check(m.status == status, "the phone wants", status, "and gets", m.first)
        for name in m.headers:
            check(asked or "authenticate" not in name, "a phone is asked for the trunk's password")
        self.request("ACK", self.target, *self.dialog[:1], "To: " + m["to"], self.dialog[2])
        return m


# ---------------------------------------------------------------------------- registration

def registers():
    """The strongest of two digests; refreshed in time with the same nonce; and told."""
    trunk = Trunk(algorithms=("SHA-256", "MD5"))
    first, m = trunk.registered(expires=1)
    check(first.first.split()[1] == "sip:" + REALM, "the registrar is", first.first)
    check("<sip:%s@%s>" % (USER, REALM) in m["from"] and m["to"] == "<sip:%s@%s>" % (USER, REALM),
          "of whom", m["from"], m["to"])
    check(re.match(r"<sip:%s@%s:5060>;expires=600$" % (USER, CORE), m["contact"]), m["contact"])
    trunk_is(lambda t: t["registered"] and t["aor"] == "sip:%s@%s" % (USER, REALM), "registered")
    for _ in range(2):
        m = trunk.gets("REGISTER")
        trunk.judge(m)
        trunk.right(m)
        trunk.grant(m, 1)
    m = trunk.gets("REGISTER")
    trunk.grant(m, 600)
    told = trunk_is(lambda t: t.get("expires", 0) > 500, "registered for long")
    check("why" not in told and [h["state"] for h in told["next_hops"]] == ["up", "up"], told)


def ends():
    """Whoever goes says so, with the password; and the registrar needs none of the rest."""
    trunk = Trunk()
    trunk.registered()
    trunk_is(lambda t: t["registered"], "registered")
    with open(os.environ["W"] + "/registered", "w", encoding="ascii"):
        pass
    m = trunk.gets("REGISTER")
    trunk.judge(m)
    trunk.right(m)
    check(m["contact"].endswith(">;expires=0"), "it does not go:", m["contact"])


def wrong_password():
    """It is said once, not for ever; and people see why."""
    trunk = Trunk()
    trunk.challenge(trunk.gets("REGISTER"))
    m = trunk.gets("REGISTER")
    trunk.right(m)
    trunk.challenge(m)
    told = trunk_is(lambda t: "why" in t, "a reason")
    check(not told["registered"] and "user and password" in told["why"], told)
    # nothing more comes: what does is the OPTIONS of somebody who is asked for it
    trunk.sock.settimeout(3)
    try:
        m = trunk.receive()
    except Failed:
        return
    raise Failed("it insists: " + m.first)


def stale():
    """An old nonce is no wrong password; a second old one neither."""
    trunk = Trunk(qop="")
    trunk.registered(expires=1)
    for _ in range(2):
        m = trunk.gets("REGISTER")
        trunk.right(m)
        trunk.challenge(m, stale=True)
    m = trunk.gets("REGISTER")
    trunk.right(m)
    trunk.grant(m)
    trunk_is(lambda t: t.get("expires", 0) > 500, "registered")


def brief():
    """423: the registrar has its will, once."""
    trunk = Trunk()
    m = trunk.gets("REGISTER")
    trunk.reply(m, 423, "Min-Expires: 1800")
    m = trunk.gets("REGISTER")
    check(m["contact"].endswith(";expires=1800"), m["contact"])
    trunk.reply(m, 423, "Min-Expires: 3600")
    check("423" in trunk_is(lambda t: "why" in t, "a reason")["why"], "it says why")


def second_hop():
    """503 of the first: the second is registered at, and calls go there first."""
    trunk, second = Trunk(), Trunk(5070)
    trunk.reply(trunk.gets("REGISTER"), 503)
    second.registered()
    told = trunk_is(lambda t: t["registered"], "registered")
    check([h["state"] for h in told["next_hops"]] == ["down", "up"], told)
    phone = Caller()
    phone.calls()
    second.takes(second.gets("INVITE"))
    phone.up()
    second.gets("ACK")
    phone.hangs_up(second)


def strange_answers():
    """Challenges that are none, grants of others' contacts: it goes on, and says why."""
    trunk = Trunk()
    for i, lines in enumerate((["WWW-Authenticate: Digest realm=\"x\""], ["WWW-Authenticate: Basic x"], [],
                  ['WWW-Authenticate: Digest realm="x", nonce="y", algorithm=ROT13'],
                  ['WWW-Authenticate: Digest realm="%s", nonce="y"' % ("x" * 3000)] * 2)):
        m = trunk.gets("REGISTER")
        trunk.reply(m, 401, *lines)
        if lines and "xxx" in lines[0]:
            m = trunk.gets("REGISTER")
            trunk.reply(m, 200, "Contact: <sip:other@198.51.100.9>;expires=600")
        told = trunk_is(lambda t: "why" in t and not t["registered"], "a reason")
        check(("contact" if i == 4 else "challenge") in told["why"], i, told)
        change("interval", 601 + i)


def change(key, value):
    """Another value of the first trunk's key, and a reload."""
    path = os.environ["W"] + "/rtplaned.yaml"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    check(re.search(r"\b%s: [^,}]+" % key, text), "no key", key)
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub(r"\b%s: [^,}]+" % key, "%s: %s" % (key, value), text, count=1))
    ask("reload")


def reload():
    """What stays is left alone; another password: the old one goes, the new one comes."""
    trunk = Trunk()
    _, old = trunk.registered()
    trunk_is(lambda t: t["registered"], "registered")
    ask("reload")
    change("calls", 7)
    gone = trunk.gets("REGISTER")
    check(gone["call-id"] == old["call-id"] and gone["contact"].endswith(";expires=0"),
          "the old one goes", gone.all)
    trunk.right(gone)
    trunk.reply(gone, 200)
    trunk.cseq.clear()
    trunk.registered()
    told = trunk_is(lambda t: t["registered"], "registered")
    check(told["max_calls"] == 7, told)


# ----------------------------------------------------------------------------------- calls

def called():
    """INVITE, re-INVITE, ACK and BYE say who we are; what the phone says of itself stays."""
    phone, trunk = Caller(), Trunk(algorithms=("SHA-512-256", "MD5"))
    phone.calls('Authorization: Digest username="alice", realm="x", nonce="y", uri="sip:z", '
                'response="00000000000000000000000000000000"')
    m = trunk.gets("INVITE")
    check("authorization" not in m.headers, "the phone's password is told to the trunk")
    trunk.challenge(m, 407)
    again = trunk.gets("INVITE")
    check(again["call-id"] == m["call-id"] and again["from"] == m["from"] and
          int(again["cseq"].split()[0]) == int(m["cseq"].split()[0]) + 1 and
          again.body == m.body, "the same, one later", again.all)
    trunk.right(again, "proxy-authorization")
    trunk.takes(again)
    phone.up()
    trunk.right(trunk.gets("ACK"), "proxy-authorization", method="INVITE")
    # in the call: the nonce is kept, until the trunk has another
    phone.says("INVITE", body=sdp(PHONE))
    m = trunk.gets("INVITE")
    trunk.right(m, "proxy-authorization")
    trunk.challenge(m, 407, stale=True)
    m = trunk.gets("INVITE")
    trunk.right(m, "proxy-authorization")
    trunk.takes(m)
    phone.up()
    trunk.gets("ACK")
    phone.says("INFO", "Content-Type: application/dtmf-relay")
    m = trunk.gets("INFO")
    trunk.right(m, "proxy-authorization")
    trunk.challenge(m)
    m = trunk.gets("INFO")
    trunk.right(m)
    trunk.reply(m, 200)
    check(final(phone).status == 200, "the INFO is answered")
    phone.hangs_up(trunk, trunk.right)


def texts():
    """MESSAGE, PUBLISH and SUBSCRIBE say who we are, outside of dialogs and in theirs."""
    phone, trunk = Caller(), Trunk()
    agent_is_up()
    for method in "MESSAGE", "PUBLISH":
        phone.dialog = ["From: <sip:alice@example.com>;tag=" + phone.tag,
                        "To: <sip:9123@%s>" % phone.to, "Call-ID: " + phone.call_id + method]
        phone.request(method, "sip:9123@" + phone.to, *phone.dialog, "Event: presence", cseq=7,
                      body="hello", kind="text/plain")
        m = trunk.gets(method)
        check("authorization" not in m.headers, m.all)
        trunk.challenge(m, 407)
        again = trunk.gets(method)
        check(again["cseq"] == "8 " + method and again["call-id"] == m["call-id"] and
              again["from"] == m["from"] and again.body == "hello", again.all)
        trunk.right(again, "proxy-authorization")
        trunk.reply(again, 200)
        check(final(phone).status == 200, method, "is answered")
        phone.request(method, "sip:9123@" + phone.to, *phone.dialog, "Event: presence", cseq=8,
                      body="hello", kind="text/plain")
        for _ in range(2):
            trunk.challenge(trunk.gets(method))
        m = final(phone)
        check(m.status == 500 and "www-authenticate" not in m.headers, m.first, m.all)
    phone.dialog[2] = "Call-ID: " + phone.call_id
    phone.sent, phone.target = 0, "sip:9123@" + phone.to
    phone.says("SUBSCRIBE", "Event: presence", "Expires: 600")
    trunk.challenge(trunk.gets("SUBSCRIBE"))
    m = trunk.gets("SUBSCRIBE")
    trunk.right(m)
    trunk.reply(m, 200, "Contact: <sip:%s:%d>" % (trunk.ip, trunk.port), "Expires: 600")
    ok = final(phone)
    check(ok.status == 200, "the phone gets", ok.first)
    phone.dialog[1], phone.target = "To: " + ok["to"], uri_of(ok)
    phone.says("SUBSCRIBE", "Event: presence", "Expires: 0")
    m = trunk.gets("SUBSCRIBE")
    trunk.right(m)
    trunk.challenge(m, stale=True)
    m = trunk.gets("SUBSCRIBE")
    trunk.right(m)
    trunk.reply(m, 200, "Contact: <sip:%s:%d>" % (trunk.ip, trunk.port), "Expires: 0")
    check(final(phone).status == 200, "the second SUBSCRIBE")


def calls_us():
    """A trunk that calls asks who we are in that call: re-INVITE, and BYE at last."""
    trunk, phone = Trunk(), Caller(port=5060)
    agent_is_up()
    head = ["From: <sip:bob@carrier.example>;tag=b", "To: <sip:4900@%s>" % CORE, "Call-ID: theirs"]
    trunk.request("INVITE", "sip:4900@" + CORE, *head, "Contact: <sip:bob@%s>" % trunk.ip,
                  body=sdp(trunk.ip))
    m = phone.receive()
    check(m.method == "INVITE", m.first)
    phone.tag = "p"
    phone.dialog = ["From: %s;tag=p" % m["to"], "To: " + m["from"], "Call-ID: " + m["call-id"]]
    phone.sent, phone.target = 0, uri_of(m)
    m.headers["to"] += ";tag=p"
    phone.reply(m, 200, "Contact: <%s>" % phone.contact, body=sdp(PHONE))
    ok = final(trunk)
    check(ok.status == 200, ok.first)
    head[1] = "To: " + ok["to"]
    trunk.request("ACK", uri_of(ok), *head)
    check(phone.receive().method == "ACK", "no ACK")
    phone.says("INVITE", body=sdp(PHONE))
    m = trunk.gets("INVITE")
    check("authorization" not in m.headers, m.all)
    trunk.challenge(m)
    m = trunk.gets("INVITE")
    trunk.right(m)
    trunk.takes(m)
    ok = final(phone)
    check(ok.status == 200, "the phone gets", ok.first)
    phone.request("ACK", phone.target, *phone.dialog, cseq=phone.sent)
    trunk.right(trunk.gets("ACK"), method="INVITE")
    phone.says("BYE")
    check(final(phone).status == 200, "the BYE is answered")
    trunk.challenge(trunk.gets("BYE"), stale=True)
    m = trunk.gets("BYE")
    trunk.right(m)
    trunk.reply(m, 200)


def outlives():
    """The agent is killed in two calls, one of each side's: the next one still says who we are."""
    phone, trunk = Caller(), Trunk()
    phone.calls()
    trunk.challenge(trunk.gets("INVITE"))
    m = trunk.gets("INVITE")
    trunk.right(m)
    trunk.takes(m)
    phone.up()
    trunk.gets("ACK")
    restart()
    trunk_is(lambda t: t["calls"] == 1, "a call")
    phone.says("INVITE", body=sdp(PHONE))
    m = trunk.gets("INVITE")
    check("authorization" not in m.headers, "of a nonce that nobody knows", m.all)
    trunk.challenge(m)
    m = trunk.gets("INVITE")
    trunk.right(m)
    trunk.takes(m)
    phone.up()
    trunk.right(trunk.gets("ACK"), method="INVITE")
    restart()
    phone.says("INFO", "Content-Type: application/dtmf-relay")
    trunk.challenge(trunk.gets("INFO"))
    m = trunk.gets("INFO")
    trunk.right(m)
    trunk.reply(m, 200)
    check(final(phone).status == 200, "the INFO is answered")
    phone.says("BYE")
    check(final(phone).status == 200, "the BYE is answered")
    trunk.challenge(trunk.gets("BYE"), stale=True)
    m = trunk.gets("BYE")
    trunk.right(m)
    trunk.reply(m, 200)
    trunk_is(lambda t: t["calls"] == 0, "no call")


def rings():
    """PRACKs of ours say who we are, too; the ACK still has what its INVITE had."""
    phone, trunk = Caller(), Trunk()
    phone.calls()
    trunk.challenge(trunk.gets("INVITE"))
    m = trunk.gets("INVITE")
    trunk.right(m)
    m.headers["to"] += ";tag=t"
    trunk.reply(m, 183, "Contact: <sip:%s:%d>" % (trunk.ip, trunk.port), "Require: 100rel",
                "RSeq: 9", body=sdp(trunk.ip))
    for stale in (True, False):
        p = trunk.gets("PRACK")
        trunk.right(p)
        check(p["rack"] == "9 " + m["cseq"], p.all)
        if stale:
            trunk.challenge(p, stale=True)
    trunk.reply(p, 200)
    trunk.takes(m)
    phone.up()
    check(trunk.gets("ACK")["authorization"] == m["authorization"], "the ACK's are its INVITE's")
    phone.hangs_up(trunk, trunk.right)


def refused():
    """A wrong password is no phone's business; nor is one in the middle of a call."""
    phone, trunk = Caller(), Trunk()
    phone.calls()
    trunk.challenge(trunk.gets("INVITE"))
    m = trunk.gets("INVITE")
    trunk.right(m)
    trunk.challenge(m)
    phone.fails(500)
    check(ask("trunks")[0]["calls"] == 0, "the call is over")


def too_long():
    """A challenge that nobody can answer in one message, in the middle of a call, which goes on."""
    phone, trunk = Caller(), Trunk()
    phone.calls()
    trunk.takes(trunk.gets("INVITE"))
    phone.up()
    trunk.gets("ACK")
    for status in 401, 407:
        phone.says("INFO")
        trunk.reply(trunk.gets("INFO"), status, '%s: Digest realm="%s", nonce="1"' %
                    ("Proxy-Authenticate" if status == 407 else "WWW-Authenticate", "r" * 8100))
        check(final(phone).status == 500, "the phone is told no more than that")
    phone.says("BYE")
    trunk.gets("BYE")
    check(final(phone).status == 200, "the BYE is answered")


def third_hop():
    """503, then nobody at all, then one who answers: one call; what failed is tried last."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    phone.calls(number="90049")
    m = first.gets("INVITE")
    check(m.first.split()[1] == "sip:+49@" + REGISTRAR, "the number of there", m.first)
    first.reply(m, 503)
    first.gets("ACK")
    m = last.gets("INVITE")
    check(m.first.split()[1] == "sip:+49@%s:5070" % REGISTRAR, "its own URI", m.first)
    last.takes(m)
    phone.up()
    last.gets("ACK")
    phone.hangs_up(last)
    told = ask("trunks")[0]
    check([h["state"] for h in told["next_hops"]] == ["down", "up"], told)
    check("503" in told["next_hops"][0]["why"] or "out of service" in told["next_hops"][0]["why"],
          told)
    other = Caller()
    # too short to lose three
    other.calls(number="900")
    m = last.gets("INVITE")
    check(m.first.split()[1] == "sip:900@%s:5070" % REGISTRAR, "the other route", m.first)
    last.reply(m, 503)
    last.gets("ACK")
    m = first.gets("INVITE")
    first.reply(m, 486)
    first.gets("ACK")
    other.fails(486)
    told = ask("trunks")[0]
    check([h["state"] for h in told["next_hops"]] == ["up", "down"], told)


def silent():
    """Nothing from the first: the next is asked soon; what comes of it after all is ended."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    late = first.gets("INVITE")
    m = last.gets("INVITE")
    check(m["call-id"] != late["call-id"], "the same dialog", m["call-id"])
    last.takes(m)
    phone.up()
    last.gets("ACK")
    first.reply(late, 100)
    cancel = first.gets("CANCEL")
    check(cancel["via"] == late["via"], "another INVITE", cancel["via"])
    first.reply(cancel, 200)
    first.takes(late)
    first.gets("ACK")
    first.reply(first.gets("BYE"), 200)
    check(len(ask("calls")) == 1, ask("calls"))
    phone.hangs_up(last)
    told = ask("trunks")[0]
    check([h["state"] for h in told["next_hops"]] == ["up", "up"] or
          "does not answer" in told["next_hops"][0]["why"], told)


def silent_text():
    """Texts too, and who is out of service: none waits for half a minute."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    agent_is_up()
    phone.dialog = ["From: <sip:alice@example.com>;tag=" + phone.tag,
                    "To: <sip:9123@%s>" % phone.to, "Call-ID: " + phone.call_id]
    phone.sent, phone.target = 0, "sip:9123@" + phone.to
    began = time.monotonic()
    phone.says("MESSAGE", body=sdp(PHONE))
    late = first.gets("MESSAGE")
    m = last.gets("MESSAGE")
    check(m.first.split()[1] == "sip:9123@%s:5070" % REGISTRAR, "its own URI", m.first)
    last.reply(m, 202)
    m = final(phone)
    check(m.status == 202, "the phone gets", m.first)
    check(time.monotonic() - began < 25, "only when it was too late")
    first.reply(late, 200)
    phone.says("MESSAGE", body=sdp(PHONE))
    first.reply(first.gets("MESSAGE"), 503)
    last.reply(last.gets("MESSAGE"), 503)
    check(final(phone).status == 503, "nobody serves")


def silent_registrar():
    phone, first, last = Phone(user="9alice"), Trunk(), Trunk(5070)
    agent_is_up()
    phone.register(challenge=False)
    first.gets("REGISTER")
    m = last.gets("REGISTER")
    last.grant(m, 600)
    m = final(phone)
    check(m.status == 200, "the phone gets", m.first)
    check(len(ask("bindings")) == 1, ask("bindings"))


def late():
    """Who answers after all is left by a BYE, and is told who we are for that, too."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    first.challenge(first.gets("INVITE"))
    m = first.gets("INVITE")
    first.right(m)
    last.takes(last.gets("INVITE"))
    phone.up()
    last.gets("ACK")
    first.takes(m)
    first.gets("ACK")
    first.challenge(first.gets("BYE"), 407)
    bye = first.gets("BYE")
    first.right(bye, "proxy-authorization")
    first.reply(bye, 200)
    phone.hangs_up(last)


def asked_by_each():
    """The first asks, and is out of service then; the second asks too, and answers."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    first.challenge(first.gets("INVITE"))
    m = first.gets("INVITE")
    first.right(m)
    first.reply(m, 503)
    first.gets("ACK")
    last.challenge(last.gets("INVITE"), 407)
    m = last.gets("INVITE")
    last.right(m, "proxy-authorization")
    last.reply(m, 486)
    last.gets("ACK")
    phone.fails(486)


def all_hops():
    """Nobody serves: the caller is told, and not that we are out of service ourselves."""
    phone, first, last = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    for hop in first, last:
        hop.refuses(503)
    phone.fails(500)


def health():
    """OPTIONS: who does not answer them well is tried last, and first again when he does."""
    first, last = Trunk(), Trunk(5070)
    first.reply(first.gets("OPTIONS"), 503)
    last.reply(last.gets("OPTIONS"), 404)
    trunk_is(lambda t: [h["state"] for h in t["next_hops"]] == ["down", "up"], "the first is down")
    phone = Caller()
    phone.calls()
    while True:     # OPTIONS go on
        m = last.receive()
        if m.method == "INVITE":
            break
        last.reply(m, 200)
    last.reply(m, 486)
    last.gets("ACK")
    phone.fails(486)
    first.reply(first.gets("OPTIONS"), 200)
    trunk_is(lambda t: [h["state"] for h in t["next_hops"]] == ["up", "up"], "the first is up")


def limit():
    """As many calls as the trunk has lines."""
    phone, other, trunk = Caller(), Caller(), Trunk()
    phone.calls()
    trunk.takes(trunk.gets("INVITE"))
    phone.up()
    trunk.gets("ACK")
    check(ask("trunks")[0]["calls"] == 1, "one call")
    other.calls()
    m = other.fails(503)
    check("retry-after" in m.headers, m.all)
    urgent = Caller()
    urgent.calls(number="911")
    m = trunk.gets("INVITE")
    check("sip:911@" in m.first, m.first)
    trunk.reply(m, 486)
    trunk.gets("ACK")
    urgent.fails(486)
    other = Caller()
    other.calls(number="9110")
    other.fails(503)
    phone.hangs_up(trunk)
    trunk_is(lambda t: not t["calls"], "no call")
    again = Caller()
    again.calls()
    trunk.refuses(486)
    again.fails(486)


# ------------------------------------------------------------------------ groups of trunks

def one_call(trunk, status=486, phone=None, number="9123"):
    """It comes to this trunk, which refuses it."""
    phone = phone or Caller()
    phone.calls(number=number)
    trunk.reply(trunk.gets("INVITE"), status)
    trunk.gets("ACK")
    phone.fails(status)


def calls_of():
    return {t["name"]: t["calls"] for t in ask("trunks") if "name" in t}


def hop_of(trunk):
    return trunk_named(trunk)["next_hops"][0]


def trunk_named(name):
    return [t for t in ask("trunks") if t.get("name") == name][0]


def group_is(**words):
    """The one group, as it is told."""
    got = ask("trunks")[-1]
    check(all(got.get(k) == v for k, v in words.items()), got, "expected", words)


def in_order():
    """The first is out of service, the second answers: one call, and counted there."""
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    first.refuses(503)
    second.takes(second.gets("INVITE"))
    phone.up()
    second.gets("ACK")
    check(calls_of() == {"first": 0, "second": 1}, calls_of())
    down = hop_of("first")
    check(down["state"] == "down" and down["fails"] == 1 and 0 < down["again"] <= 60, ask("trunks"))
    check(hop_of("second")["state"] == "up", ask("trunks"))
    group_is(group="carriers", realm="core", hunt="order", calls=1, trunks=["first", "second"])
    phone.hangs_up(second)
    # what has failed is tried last
    one_call(second)
    # a refusal is nobody's failure, and is not tried elsewhere
    other = Caller()
    other.calls()
    second.refuses(503)
    first.refuses(404)
    other.fails(404)
    one_call(first)
    check(calls_of() == {"first": 0, "second": 0}, calls_of())


def in_turn():
    first, second = Trunk(), Trunk(5070)
    for trunk in first, second, first, second, first:
        one_call(trunk)


def asks_the_phone():
    """Who has challenged the phone gets its answer, and the next call goes to the other."""
    first, second = Trunk(), Trunk(5070)
    for trunk in first, second:
        phone = Caller()
        phone.calls()
        trunk.challenge(trunk.gets("INVITE"))
        phone.fails(401, asked=True)
        phone.dialog[0] = "From: <sip:alice@example.com>;tag=again"
        phone.request("INVITE", phone.target, *phone.dialog, "Contact: <%s>" % phone.contact,
                      'Authorization: Digest username="x"', cseq=2, body=sdp(PHONE))
        phone.sent = 2
        trunk.refuses(486)
        phone.fails(486)
    group_is(hunt="round-robin", calls=0)


def silent_notifier():
    """A SUBSCRIBE is not kept waiting by who says nothing, nor by who is out of service."""
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    for n, silent in enumerate((True, False)):
        phone.dialog = ["From: <sip:alice@example.com>;tag=%s%d" % (phone.tag, n),
                        "To: <sip:9123@%s>" % phone.to, "Call-ID: %s%d" % (phone.call_id, n)]
        phone.sent, phone.target = 0, "sip:9123@" + phone.to
        phone.says("SUBSCRIBE", "Event: presence", "Expires: 600")
        m = first.gets("SUBSCRIBE")
        if not silent:
            first.reply(m, 503)
        m = second.gets("SUBSCRIBE")
        check(m.first.split()[1] == "sip:9123@%s:5070" % REGISTRAR, "its own URI", m.first)
        second.reply(m, 200, "Contact: <sip:%s:5070>" % second.ip, "Expires: 600")
        ok = final(phone)
        check(ok.status == 200, "the phone gets", ok.first)
        phone.dialog[1], phone.target = "To: " + ok["to"], uri_of(ok)
        phone.says("SUBSCRIBE", "Event: presence", "Expires: 0")
        m = second.gets("SUBSCRIBE")
        second.reply(m, 200, "Contact: <sip:%s:5070>" % second.ip, "Expires: 0")
        check(final(phone).status == 200, "the second SUBSCRIBE")


def texts_in_order():
    """Whoever asked for a password gets it: what is no call goes to the first that works."""
    first, second = Trunk(), Trunk(5070)
    one_call(first)
    phone = Caller()
    phone.sent, phone.target = 0, "sip:9123@" + phone.to
    phone.dialog = ["From: <sip:alice@example.com>;tag=" + phone.tag,
                    "To: <sip:9123@%s>" % phone.to, "Call-ID: " + phone.call_id]
    for _ in range(2):
        phone.says("MESSAGE", body=sdp(PHONE))
        first.reply(first.gets("MESSAGE"), 202)
        check(final(phone).status == 202, "the text is taken")
    other = Caller()
    other.calls()
    second.refuses(503)
    first.refuses(486)
    other.fails(486)
    one_call(first)
    phone.says("MESSAGE", body=sdp(PHONE))
    first.reply(first.gets("MESSAGE"), 202)
    check(final(phone).status == 202, "the text is taken")


def by_weight():
    """One to three: of 60 calls 45 come to the second, give or take five deviations."""
    trunks = [Trunk(), Trunk(5070)]
    had = [0, 0]
    for _ in range(60):
        phone = Caller()
        phone.calls()
        ready = select.select([t.sock for t in trunks], [], [], 60)[0]
        check(len(ready) == 1, "two trunks have one call", ready)
        i = [t.sock for t in trunks].index(ready[0])
        had[i] += 1
        trunks[i].reply(trunks[i].gets("INVITE"), 486)
        trunks[i].gets("ACK")
        phone.fails(486)
    check(28 <= had[1] < 60, "of 60 calls", had)


def silent_trunk():
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    late = first.gets("INVITE")
    second.takes(second.gets("INVITE"))
    phone.up()
    second.gets("ACK")
    check(calls_of() == {"first": 0, "second": 1}, calls_of())
    first.reply(late, 100)
    first.reply(first.gets("CANCEL"), 200)
    first.reply(late, 487)
    first.gets("ACK")
    phone.hangs_up(second)


def changed_trunk():
    """A reload gives the second another next hop meanwhile: what the former one says is not its failure."""
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    late = first.gets("INVITE")
    path = os.environ["W"] + "/rtplaned.yaml"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    check(":5070" in text, "no second next hop in", text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(":5070", ":5080"))
    ask("reload")
    second.refuses(503)
    phone.fails(500)
    first.reply(late, 100)
    first.reply(first.gets("CANCEL"), 200)
    first.reply(late, 487)
    first.gets("ACK")
    check(hop_of("second")["uri"].endswith(":5080") and hop_of("second")["state"] == "up", ask("trunks"))
    check(hop_of("first")["state"] == "down" and calls_of() == {"first": 0, "second": 0}, ask("trunks"))


def each_asks():
    """Both want to know who we are; what one was told is nothing to the other."""
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    first.challenge(first.gets("INVITE"))
    m = first.gets("INVITE")
    first.right(m)
    first.reply(m, 503)
    first.gets("ACK")
    m = second.gets("INVITE")
    check("authorization" not in m.headers, "the other trunk's credentials", m.all)
    second.challenge(m)
    m = second.gets("INVITE")
    second.right(m)
    second.takes(m)
    phone.up()
    second.gets("ACK")
    phone.hangs_up(second)


def full_trunk():
    """As many as the first may have: the next one goes to the second, then nobody's."""
    first, second = Trunk(), Trunk(5070)
    up = []
    for trunk in first, second:
        phone = Caller()
        phone.calls()
        trunk.takes(trunk.gets("INVITE"))
        phone.up()
        trunk.gets("ACK")
        up.append((phone, trunk))
    check(calls_of() == {"first": 1, "second": 1}, calls_of())
    other = Caller()
    other.calls()
    check("retry-after" in other.fails(503).headers, "when is not said")
    for phone, trunk in up:
        phone.hangs_up(trunk)
    trunk_is(lambda t: not t["calls"], "no call")
    one_call(first)


def full_group():
    """As many as both may have together; an emergency call is let through."""
    phone, first, second = Caller(), Trunk(), Trunk(5070)
    phone.calls()
    first.takes(first.gets("INVITE"))
    phone.up()
    first.gets("ACK")
    other = Caller()
    other.calls()
    check("retry-after" in other.fails(503).headers, "when is not said")
    one_call(first, number="911")
    phone.hangs_up(first)
    trunk_is(lambda t: not t["calls"], "no call")
    one_call(first)


def backs_off():
    """Failure after failure it is left alone for longer: at the third for 3 s at least."""
    first, last = Trunk(), Trunk(5070)
    for _ in range(3):
        phone = Caller()
        phone.calls()
        first.refuses(503)
        last.refuses(486)
        phone.fails(486)
        began = time.monotonic()
        trunk_is(lambda t: t["next_hops"][0]["state"] == "up", "tried again")
        waited = time.monotonic() - began
    check(waited > 2.8, "it was left alone for", waited)
    one_call(first)
    phone = Caller()
    phone.calls()
    first.refuses(503)
    last.refuses(486)
    phone.fails(486)
    until = time.monotonic() + 2
    trunk_is(lambda t: t["next_hops"][0]["state"] == "up" or time.monotonic() > until,
             "an answer ends it")
    check(hop_of("carrier")["state"] == "up", "an answer has not ended it")


def by_source():
    """The route of who comes from 192.0.2.2 is another one."""
    first, second = Trunk(), Trunk(5070)
    one_call(second, phone=Caller(ip="192.0.2.2"))
    one_call(first)
    one_call(second, phone=Caller(ip="192.0.2.2"), number="1")


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
