#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_tenants.py NAME: phones of several tenants of a realm, and who is behind rtplaned.  All
are played here; agent_tenants.sh made the network and the configuration.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import json
import os
import signal
import sys
import time

from agent_register import (NOBODY, REGISTRAR, End, Failed, Phone, ask, bindings, call, check, final,
                            sdp, uri_of, B, CORE, ACCESS)

OTHER = "192.0.2.67"


class Behind(End):
    """Who is called: it may ring for ever."""

    def __init__(self, port=5060):
        super().__init__(B, REGISTRAR, port, CORE)

    def gets(self, method):
        m = self.receive()
        check(m.method == method, "who is behind us gets", m.first, "and not", method)
        return m

    def grants(self):
        m = self.gets("REGISTER")
        self.reply(m, 200, "Contact: " + m["contact"])

    def ends(self, m, phone):
        """No, it says to an INVITE."""
        self.reply(m, 486)
        self.gets("ACK")
        phone.ack(final(phone))


class One(Phone):
    """A phone of a domain."""

    def __init__(self, domain, user="x", ip=NOBODY, port=0):
        super().__init__(port, user=user, ip=ip)
        self.domain, self.port_of_ours = domain, 5060

    def says(self, method, uri, *headers, body=""):
        self.cseq += 1
        me = "<sip:%s@%s>" % (self.user, self.domain)
        self.uri = uri
        self.head = ["From: %s;tag=%s" % (me, self.tag), "Call-ID: %s%d" % (self.call_id, self.cseq),
                     "Contact: <%s>" % self.contact, *headers]
        to = me if method == "REGISTER" else "<%s>" % uri
        self.request(method, uri, "To: " + to, *self.head, cseq=self.cseq, body=body)

    def send(self, text, to=None):
        super().send(text, to or (self.to, self.port_of_ours))

    def calls(self, number="4900", more=""):
        self.says("INVITE", "sip:%s@%s" % (number, ACCESS), body=sdp(self.ip) + more)

    def ack(self, m):
        self.send("ACK %s SIP/2.0\r\nVia: %s\r\n%s\r\nTo: %s\r\nCSeq: %d ACK\r\nMax-Forwards: 70\r\n"
                  "Content-Length: 0\r\n\r\n" % (self.uri, m["via"], "\r\n".join(self.head), m["to"],
                                                 self.cseq))

    def is_refused(self, status=503):
        m = final(self)
        check(m.status == status, "expected", status, "and got", m.first)
        if "INVITE" in m["cseq"]:
            self.ack(m)
        return m

    def registers(self, behind=None):
        self.says("REGISTER", "sip:" + self.domain, "Expires: 300")
        if behind:
            behind.grants()
            self.answer(200)


def soon(fn, what):
    """What fn() says when it says something."""
    end = time.monotonic() + 60
    while True:
        got = fn()
        if got:
            return got
        check(time.monotonic() < end, "it is never so that", what)
        time.sleep(0.01)


def tenants():
    return {t["name"]: t for t in ask("tenants")}


def calls():
    """One has as many calls as it may; nobody else is touched, emergencies pass."""
    behind, a, again, b = Behind(), One("a.example"), One("A.Example"), One("b.example")
    stranger = One("c.example")
    a.calls()
    first = behind.gets("INVITE")
    again.calls()
    m = again.is_refused()
    check("retry-after" in m.headers, m.all)
    for phone in b, stranger, b:
        phone.calls()
        behind.ends(behind.gets("INVITE"), phone)
    t = tenants()
    check(t["a"]["calls"] == 1 and t["a"]["max_calls"] == 1 and t["a"]["refused"] == 1 and
          t["b"]["calls"] == 0 and t["b"]["refused"] == 0 and "max_calls" not in t["b"], t)
    check('"tenant_full": 1' in json.dumps(ask("status")), ask("status"))
    again.calls("11200")
    behind.ends(behind.gets("INVITE"), again)
    behind.ends(first, a)
    again.calls()
    behind.ends(behind.gets("INVITE"), again)


def ports():
    """So many media ports, whoever asks for them."""
    behind, a, again, b = Behind(), One("a.example"), One("a.example"), One("b.example")
    a.calls()
    first = behind.gets("INVITE")
    check(tenants()["a"]["media_ports"] == 2, tenants())
    again.calls()
    again.is_refused()
    b.calls()
    behind.ends(behind.gets("INVITE"), b)
    behind.ends(first, a)
    check(tenants()["a"]["media_ports"] == 0, tenants())


def bandwidth():
    """So many kbit/s, by what descriptions say: more of it is refused, to others nothing happens."""
    behind, a, again, b = Behind(), One("a.example"), One("a.example"), One("b.example")
    a.calls()
    first = behind.gets("INVITE")
    check(tenants()["a"]["bandwidth"] == 80 and tenants()["a"]["max_bandwidth"] == 160, tenants())
    again.calls(more="b=AS:81\r\n")
    again.is_refused()
    for phone, more in (b, "b=AS:500\r\n"), (again, "b=AS:80\r\n"):
        phone.calls(more=more)
        m = behind.gets("INVITE")
        check(tenants()["b"]["bandwidth"] == (500 if phone is b else 0), tenants())
        check(tenants()["a"]["bandwidth"] == (80 if phone is b else 160), tenants())
        if phone is again:
            third = One("a.example")
            third.calls(more="b=AS:1\r\n")
            third.is_refused()
            third.calls("11200", more="b=AS:500\r\n")
            behind.ends(behind.gets("INVITE"), third)
        behind.ends(m, phone)
    check(tenants()["a"]["bandwidth"] == 80, tenants())
    behind.ends(first, a)
    check(tenants()["a"]["bandwidth"] == 0 and tenants()["b"]["refused"] == 0, tenants())


SAVP = ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n")


def media():
    """Protection as each says, whatever the realm does; a reload changes it for calls to come."""
    behind = Behind()
    phones = {n: One(n + ".example") for n in "abc"}

    def may(name, protected, passes):
        phone = phones[name]
        body = sdp(phone.ip) + (SAVP if protected else "")
        phone.says("INVITE", "sip:4900@" + ACCESS,
                   body=body.replace("RTP/AVP", "RTP/SAVP") if protected else body)
        if passes:
            behind.ends(behind.gets("INVITE"), phone)
        else:
            phone.is_refused(488)

    for name, protected, passes in (("a", True, True), ("a", False, False), ("b", True, False),
                                    ("b", False, True), ("c", True, True), ("c", False, True)):
        may(name, protected, passes)
    # who is called is his tenant's: what he is offered
    for name, is_protected in (("a", True), ("b", False)):
        phones[name].says("REGISTER", "sip:%s.example" % name, "Expires: 300")
        m = behind.gets("REGISTER")
        behind.reply(m, 200, "Contact: " + m["contact"])
        phones[name].answer(200)
        call(behind, uri_of(m))
        m = phones[name].receive()
        check(m.method == "INVITE" and ("RTP/SAVP" in m.body) == is_protected, m.first, m.body)
        phones[name].reply(m, 486)
        check(phones[name].receive().method == "ACK", "the ACK")
        check(final(behind).status == 486, "the caller is told")
    path = os.environ["CONFIG"]
    with open(path, encoding="ascii") as f:
        text = f.read()
    with open(path, "w", encoding="ascii") as f:
        f.write(text.replace("{policy: require}", "{policy: allow}"))
    check("tenants" in str(ask("reload")), "what was reloaded")
    may("a", False, True)
    may("b", True, False)


def rate():
    """So many new calls a second: of many at once some are refused, and only that tenant's."""
    behind, got = Behind(), {"a": [], "b": []}
    phones = [One(d + ".example") for d in "ababababababab"]
    for phone in phones:
        phone.calls("9404")		# nobody is there by that name
    for phone in phones:
        m = final(phone)
        phone.ack(m)
        got[phone.domain[0]].append(m.status)
    check(set(got["b"]) == {404}, got)
    behind.close()
    phones = [One(d + ".example") for d in "ababababab"]
    for phone in phones:
        phone.calls()
    statuses = []
    for phone in phones:
        if phone.domain == "a.example":
            m = phone.receive()
            if m.status == 503:
                phone.ack(m)
            statuses.append(m.status)
    check(503 in statuses and 100 in statuses, statuses)
    check(tenants()["a"]["refused"] > 0 and tenants()["b"]["refused"] == 0, tenants())


def registers():
    """So many bindings; who has registered is his tenant's, whatever he says then."""
    behind = Behind()
    phones = [One("a.example", "u%d" % n) for n in range(3)]
    for phone in phones[:2]:
        phone.registers(behind)
    phones[2].registers()
    phones[2].is_refused()
    other = One("b.example", "u")
    other.registers(behind)
    phones[0].registers(behind)		# one that there is
    t = tenants()
    check(t["a"]["bindings"] == 2 and t["b"]["bindings"] == 1 and len(bindings(3)) == 3, t)
    other.domain = "a.example"
    other.calls()
    m = behind.gets("INVITE")
    t = tenants()
    check(t["a"]["calls"] == 0 and t["b"]["calls"] == 1, t)
    behind.ends(m, other)
    phones[0].says("REGISTER", "sip:a.example", "Expires: 0")
    behind.grants()
    phones[0].answer(200)
    check(tenants()["a"]["bindings"] == 1, tenants())
    phones[2].registers(behind)
    check(tenants()["a"]["bindings"] == 2, tenants())


def registers_at_once():
    """Those that are under way together pass the limit no more than others."""
    behind = Behind()
    phones = [One("a.example", "u%d" % n) for n in range(4)]
    for phone in phones:
        phone.says("REGISTER", "sip:a.example", "Expires: 300")
    for m in [behind.gets("REGISTER") for _ in phones]:
        behind.reply(m, 200, "Contact: " + m["contact"])
    got = sorted(final(phone).status for phone in phones)
    check(got == [200, 200, 503, 503], got)
    check(tenants()["a"]["bindings"] == 2 and tenants()["a"]["refused"] == 2, tenants())


def two_accounts():
    """A phone that has registered with two of them calls as the one that it says."""
    behind, phone = Behind(), One("a.example")
    for phone.domain in "a.example", "b.example":
        phone.registers(behind)
    for phone.domain in "a.example", "b.example", "A.example":
        phone.calls()
        m = behind.gets("INVITE")
        have = {n for n, t in tenants().items() if t["calls"]}
        check(have == {phone.domain[0].lower()}, phone.domain, "is", have)
        behind.ends(m, phone)


def told_apart():
    """The listener counts before the source, that before the domain; routes are theirs."""
    first, last = Behind(), Behind(5070)
    for domain, ip, port, whose, behind in (
            ("a.example", NOBODY, 5060, "a", first), ("x.example", NOBODY, 5060, None, first),
            ("a.example", OTHER, 5060, "b", last), ("a.example", OTHER, 5070, "c", first)):
        phone = One(domain, ip=ip)
        phone.port_of_ours = port
        phone.calls()
        m = behind.gets("INVITE")
        have = {n for n, t in tenants().items() if t["calls"]}
        check(have == ({whose} if whose else set()), domain, ip, port, have)
        behind.ends(m, phone)


def reload():
    """Limits change, tenants come and go; calls that are there count."""
    behind, a, again = Behind(), One("a.example"), One("a.example")
    a.calls()
    first = behind.gets("INVITE")
    again.calls()
    again.is_refused()
    path = os.environ["CONFIG"]
    with open(path, encoding="ascii") as f:
        text = f.read()

    def to(old, new):
        check(old in text, old)
        with open(path, "w", encoding="ascii") as f:
            f.write(text.replace(old, new))
        check("tenants" in str(ask("reload")), "what was reloaded")

    to("calls: 1", "calls: 2")
    check(tenants()["a"]["calls"] == 1 and tenants()["a"]["refused"] == 1, tenants())
    again.calls()
    second = behind.gets("INVITE")
    to("name: a,", "name: z,")
    check("a" not in tenants() and tenants()["z"]["calls"] == 0, tenants())
    behind.ends(first, a)
    # who is there no more has no limits, either
    contact = "Contact: <sip:b@%s:5060>" % REGISTRAR
    for n, more in enumerate(("", "b=AS:500\r\n")):
        if n:
            again.request("INVITE", uri_of(got), *head, cseq=again.cseq + n, body=sdp(again.ip) + more)
            second = behind.gets("INVITE")
        behind.reply(second, 200, contact, body=sdp(REGISTRAR))
        got = final(again)
        check(got.status == 200, got.first)
        head = ["To: " + got["to"], *again.head]
        again.request("ACK", uri_of(got), *head, cseq=again.cseq + n)
        behind.gets("ACK")
    again.request("BYE", uri_of(got), *head, cseq=again.cseq + 2)
    behind.reply(behind.gets("BYE"), 200)
    check(final(again).status == 200, "the BYE")
    to("name: a,", "name: a,")
    check(tenants()["a"]["calls"] == 0, tenants())


def again_at_once():
    """
    His call is over, and he calls again: both come before the agent has had its turn.  He is
    caller and callee by one socket, so that they come in this order.
    """
    pid, phone = int(os.environ["AGENT_PID"]), One("a.example", port=5071)

    def is_stopped():
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] == "T"

    def waits():
        with open("/proc/%d/net/udp" % pid, encoding="ascii") as f:
            return sum(int(line.split()[4].partition(":")[2], 16) for line in f if ":13C4 " in line)

    phone.calls("back")
    first = phone.receive()
    while not first.method:
        first = phone.receive()
    os.kill(pid, signal.SIGSTOP)
    try:
        soon(is_stopped, "the agent stands still")
        phone.reply(first, 486)
        before = soon(waits, "an answer waits")
        phone.calls("back")
        soon(lambda: waits() > before, "a call waits")
    finally:
        os.kill(pid, signal.SIGCONT)
    got = []
    while not got or got[-1][:6] != "INVITE":
        m = phone.receive()
        got.append(m.first)
        check(m.status != 503, "who has no call any more gets", got, m.headers.get("warning"))
    phone.reply(m, 486)
    while m.status != 486 or not m["cseq"].startswith("2 "):
        m = phone.receive()
    phone.ack(m)


def thousands():
    """A thousand of them, and the last one is found."""
    behind, phone = Behind(), One("d999.example")
    check(len(ask("tenants")) == 1000, len(ask("tenants")))
    phone.calls()
    m = behind.gets("INVITE")
    check([t["name"] for t in ask("tenants") if t["calls"]] == ["t999"], "whose it is")
    behind.ends(m, phone)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
