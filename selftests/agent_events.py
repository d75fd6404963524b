#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_events.py NAME: subscriptions through rtplaned, of phones and for phones, with both ends
played here; and what phones publish.  agent_events.sh made the network, phones and registrar
are those of agent_register.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import signal
import sys
import time

from agent_register import (ACCESS, AOR, CORE, PHONE, REGISTRAR, Failed, Phone, Registrar, ask,
                            call, check, final, refused, register, sdp, uri_of)

BOB = "sip:bob@example.com"
KIND = "application/dialog-info+xml"


class Party:
    """One end of a subscription: what its requests in it say."""

    def __init__(self, who, call_id, local, remote, target, cseq=0):
        self.who, self.call_id, self.local, self.remote = who, call_id, local, remote
        self.target, self.cseq, self.contact = target, cseq, "sip:me@%s:%d" % (who.ip, who.port)
        self.event = ["Event: dialog"]

    def request(self, method, *more, body="", kind=KIND):
        self.cseq += 0 if method == "ACK" else 1
        self.who.request(method, self.target, "From: " + self.local, "To: " + self.remote,
                         "Call-ID: " + self.call_id, *self.event,
                         "Contact: <%s>" % self.contact, *more, cseq=self.cseq, body=body, kind=kind)

    def subscribe(self, expires=600, *more):
        self.request("SUBSCRIBE", "Expires: %d" % expires, *more)

    def notify(self, state="active", body=""):
        self.request("NOTIFY", "Subscription-State: " + state, body=body)


def subscriptions(n):
    """As many as there are expected, now or soon."""
    end = time.monotonic() + 120
    while ask("status")["bindings"]["subscriptions"] != n:
        check(time.monotonic() < end, "expected", n, "subscriptions", ask("status")["bindings"])
        time.sleep(0.05)


def subscriber(who, uri=BOB, frm="<sip:%s>" % AOR):
    return Party(who, "%s@%s" % (os.urandom(6).hex(), who.ip), "%s;tag=%s" % (
        frm, os.urandom(4).hex()), "<%s>" % uri, uri)


def notifier(who, m, tag):
    """Who was sent the SUBSCRIBE @m, by a tag of its own."""
    to = m["to"].partition(";tag=")[0]
    n = Party(who, m["call-id"], "%s;tag=%s" % (to, tag), m["from"], uri_of(m))
    n.contact = "sip:%s@%s:%d" % (tag, who.ip, who.port)
    return n


def accepts(n, m, expires=600, status=200):
    m.headers["to"] = n.local
    n.who.reply(m, status, "Contact: <%s>" % n.contact, "Expires: %d" % expires)


def established(phone, registrar, expires=600, granted=600):
    """A phone subscribes: its end, and the notifier's."""
    s = subscriber(phone)
    s.subscribe(expires)
    m = registrar.receive()
    check(m.method == "SUBSCRIBE", m.first)
    n = notifier(registrar, m, "n" + os.urandom(3).hex())
    accepts(n, m, granted)
    ok = final(phone)
    check(ok.status == 200 and ok["expires"] == str(granted), ok.first, ok.all)
    s.remote, s.target = ok["to"], uri_of(ok)
    return s, n


def noted(n, s, state="active", status=200, told=None):
    """A NOTIFY crosses and its answer comes back: what was got."""
    n.notify(state, "<dialog-info entity=\"sip:bob@%s\"/>" % n.who.ip)
    m = s.who.receive()
    check(m.method == "NOTIFY" and m["subscription-state"] == state and m["event"] == "dialog" and
          m["call-id"] == s.call_id and m["to"] == s.local and m["content-type"] == KIND, m.first, m.all)
    check(n.who.ip not in str(m.all) + m.body and "bob@" in m.body, m.all, m.body)
    s.who.reply(m, status)
    got = final(n.who)
    check(got.status == (told or status), "the NOTIFY got", got.first)
    return m


def refreshed(s, n, expires=600, status=200, told=None):
    """A SUBSCRIBE in it crosses, and its answer comes back: what was got."""
    s.subscribe(expires)
    m = n.who.receive()
    check(m.method == "SUBSCRIBE" and m["to"] == n.local and m["from"] == n.remote and
          m["call-id"] == n.call_id and m["expires"] == str(expires) and
          m.first == "SUBSCRIBE %s SIP/2.0" % n.contact, m.first, m.all)
    check(s.who.ip not in str(m.all), m.all)
    accepts(n, m, expires, status)
    got = final(s.who)
    check(got.status == (told or status), "the SUBSCRIBE got", got.first)
    return m


def over(party, method="SUBSCRIBE"):
    party.request(method, *(["Subscription-State: active"] if method == "NOTIFY" else []))
    check(final(party.who).status == 481, method, "it is over")


# ---------------------------------------------------------------------------- the tests

def subscribes():
    """A phone subscribes: two dialogs, digest as if nobody were between, a reload; its end."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    s = subscriber(phone)
    s.subscribe()
    m = registrar.receive()
    check(m.method == "SUBSCRIBE" and PHONE not in str(m.all) and m["event"] == "dialog" and
          m["max-forwards"] == "69", m.first, m.all)
    registrar.reply(m, 401, 'WWW-Authenticate: Digest realm="x", nonce="n"')
    check("x" in final(phone)["www-authenticate"], "challenged")
    s.subscribe(600, 'Authorization: Digest username="a", realm="x", nonce="n", uri="%s", '
                     'response="y"' % BOB)
    again = registrar.receive()
    check(again["call-id"] == m["call-id"] and again["from"] == m["from"] and
          again["cseq"] == "2 SUBSCRIBE" and "y" in again["authorization"], again.all)
    # RFC 6665 4.1.2.4: a NOTIFY may be there before the 2xx; then the phone has its own
    n = notifier(registrar, again, "early")
    n.notify("pending")
    ok = final(phone)
    check(ok.status == 200 and ok["expires"] == "600", ok.first, ok.all)
    s.remote, s.target = ok["to"], uri_of(ok)
    m = phone.receive()
    check(m.method == "NOTIFY" and m["subscription-state"] == "pending", m.first)
    phone.reply(m, 200)
    check(final(registrar).status == 200, "the early NOTIFY is answered")
    accepts(n, again, 500)
    noted(n, s, "active;expires=500")
    subscriptions(1)
    ask("reload")
    refreshed(s, n)
    noted(n, s)
    refreshed(s, n, 0)
    noted(n, s, "terminated;reason=timeout")
    subscriptions(0)
    over(s)
    over(n, "NOTIFY")


def is_subscribed():
    """A switch subscribes at a phone, by the contact that it was told."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    s = subscriber(registrar, uri_of(got), '"PBX" <sip:pbx@%s>' % REGISTRAR)
    s.subscribe()
    m = phone.receive()
    check(m.first == "SUBSCRIBE %s SIP/2.0" % phone.contact and m["to"] == "<sip:%s>" % AOR,
          m.first, m.all)
    text = str(m.all)
    check(REGISTRAR not in text and CORE not in text and uri_of(got)[4:30] not in text, text)
    n = notifier(phone, m, "phone")
    accepts(n, m)
    ok = final(registrar)
    check(ok.status == 200 and PHONE not in str(ok.all) and ACCESS not in str(ok.all), ok.all)
    s.remote, s.target = ok["to"], uri_of(ok)
    n.notify("active", "<dialog-info entity=\"sip:alice@%s\"/>" % PHONE)
    m = registrar.receive()
    check(m.method == "NOTIFY" and PHONE not in str(m.all) + m.body and "alice@" in m.body, m.all)
    registrar.reply(m, 200)
    check(final(phone).status == 200, "the NOTIFY is answered")
    refreshed(s, n)
    noted(n, s, "terminated;reason=noresource")
    subscriptions(0)
    over(s)
    # only where it was granted is a contact of ours worth something, and while it lasts
    refused(Phone(), uri_of(got).replace(CORE, ACCESS), 480, "SUBSCRIBE")
    phone.register(expires=0)
    registrar.grants()
    phone.answer(200)
    refused(registrar, uri_of(got), 480, "SUBSCRIBE")


def forks():
    """RFC 6665 4.4.1: as many dialogs as there are notifiers, on both sides; bounded."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    s = subscriber(phone)
    s.subscribe()
    m = registrar.receive()
    x, y = notifier(registrar, m, "x"), notifier(registrar, m, "y")
    x.notify()
    ok = final(phone)
    s.remote, s.target = ok["to"], uri_of(ok)
    first = phone.receive()
    phone.reply(first, 200)
    check(final(registrar).status == 200, "the first notifier's")
    accepts(y, m)               # the proxy has chosen the other's 2xx
    got = noted(y, s)
    check(first["from"] == s.remote and got["from"] != s.remote and
          got["from"].startswith("<%s>;tag=" % BOB), first.all, got.all)
    t = Party(phone, s.call_id, s.local, got["from"], uri_of(got), s.cseq)
    subscriptions(2)
    refreshed(t, y)
    refreshed(s, x)
    noted(x, s)
    others = [notifier(registrar, m, "z%d" % i) for i in range(8)]
    for z in others[:7]:
        noted(z, s)
    over(others[7], "NOTIFY")
    noted(x, s, "terminated;reason=rejected")
    over(s)
    refreshed(t, y)
    noted(y, t, "terminated;reason=rejected")
    over(t)
    subscriptions(7)


def ends():
    """Which answers end it: those by which both ends know."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    for status, told, last in (481, 481, True), (489, 489, True), (500, 500, False), (503, 500, False):
        s, n = established(phone, registrar)
        noted(n, s, status=status, told=told)
        subscriptions(0 if last else 1)
        if last:
            over(s)
            s, n = established(phone, registrar)
        refreshed(s, n, status=status, told=told)
        subscriptions(0 if last else 1)
        if last:
            over(n, "NOTIFY")
            continue
        # nothing else is said in it, by none of both
        for party in s, n:
            for method in "INVITE", "MESSAGE", "NOTIFY" if party is s else "SUBSCRIBE":
                party.request(method)
                no = final(party.who)
                check(no.status == 405, method, no.first)
                if method == "INVITE":
                    party.who.send("ACK %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
                                   "CSeq: %d ACK\r\nContent-Length: 0\r\n\r\n" % (
                                       party.target, no["via"].partition(";received")[0], party.local,
                                       no["to"], party.call_id, party.cseq))
        noted(n, s, "terminated")
    # refused at once: nothing is left, and nobody can notify
    s = subscriber(phone)
    s.subscribe()
    m = registrar.receive()
    registrar.reply(m, 302, "Contact: <sip:bob@%s>" % REGISTRAR)
    check(final(phone).status == 480, "where else it might be is the other side's")
    subscriptions(0)
    over(notifier(registrar, m, "late"), "NOTIFY")


def heavy():
    """Who keeps much of us by each of his subscriptions has fewer."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    routes = ["Record-Route: <sip:p.example.com;lr;x=%s>" % ("p" * 480)] * 40
    for n in range(35):
        s = subscriber(phone)
        s.subscribe(600, *routes)
        if n < 34:
            m = registrar.receive()
            check(m.method == "SUBSCRIBE", m.first)
            accepts(notifier(registrar, m, "n%d" % n), m)
        got = final(phone)
        check(got.status == (200 if n < 34 else 503), n, "subscriptions and", got.first)


def lists():
    """RFC 4662: who may be told of a whole list says so, and what requires that passes; no more."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    s = subscriber(phone)
    s.subscribe(600, "Supported: 100rel, eventlist", "Accept: application/rlmi+xml")
    m = registrar.receive()
    check(m["supported"] == "eventlist" and m["accept"] == "application/rlmi+xml", m.all)
    n = notifier(registrar, m, "list")
    m.headers["to"] = n.local
    registrar.reply(m, 200, "Contact: <%s>" % n.contact, "Expires: 600", "Require: eventlist")
    ok = final(phone)
    check(ok.status == 200 and ok["require"] == "eventlist", ok.first, ok.all)
    n.request("NOTIFY", "Subscription-State: active", "Require: eventlist", body="<list/>")
    m = phone.receive()
    check(m.method == "NOTIFY" and m["require"] == "eventlist" and m.body == "<list/>", m.first, m.all)
    phone.reply(m, 200)
    check(final(registrar).status == 200, "the NOTIFY is answered")
    n.request("NOTIFY", "Subscription-State: active", "Require: strange")
    no = final(registrar)
    check(no.status == 420 and no["unsupported"] == "strange", no.first, no.all)


def strangers():
    """Who has not registered has nothing, and who has may have so many."""
    phone, registrar, other = Phone(), Registrar(), Phone()
    register(phone, registrar)
    for method in "SUBSCRIBE", "PUBLISH", "MESSAGE":
        refused(other, BOB, 403, method)
    for _ in range(200):
        established(phone, registrar)
    s = subscriber(phone)
    s.subscribe()
    no = final(phone)
    check(no.status == 503 and int(no["retry-after"]), no.first, no.all)
    subscriptions(200)
    register(other, registrar)
    established(other, registrar)
    subscriptions(201)


def publishes():
    """PUBLISH and MESSAGE of a phone that has registered go by the routes, with digest's parts."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    for method, more in (("PUBLISH", ["Event: presence", "Expires: 300", "SIP-If-Match: before"]),
                         ("MESSAGE", [])):
        p = subscriber(phone)
        phone.request(method, BOB, "From: " + p.local, "To: " + p.remote, "Call-ID: " + p.call_id,
                      *more, cseq=8, kind="text/plain", body="I am at %s" % PHONE)
        m = registrar.receive()
        check(m.method == method and m["cseq"] == "8 " + method and PHONE not in str(m.all) and
              m["from"].partition(";tag=name")[0] == p.local.partition(";tag=")[0] and all("%s: %s" % pair in more for pair in m.all if pair[0] in
                                           ("Event", "Expires", "SIP-If-Match")), m.first, m.all)
        # what people write is theirs, what their phones publish is not
        check((PHONE in m.body) == (method == "MESSAGE"), m.body)
        registrar.reply(m, 200, "SIP-ETag: after", "Expires: 200")
        ok = final(phone)
        check(ok.status == 200 and ok["sip-etag"] == "after" and ok["expires"] == "200", ok.all)


def expires():
    """What nobody refreshes is over, by the word of the 2xx or of a NOTIFY."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    s, n = established(phone, registrar, 600, 1)
    t, m = established(phone, registrar)
    noted(m, t, "active;expires=1")
    established(phone, registrar)
    established(phone, registrar, 0, 0)         # what is so now, and no more
    subscriptions(4)
    subscriptions(1)
    over(s)
    over(n, "NOTIFY")
    over(t)


def unreachable():
    """Whose connection is gone cannot be notified; and nobody is told who is not there."""
    phone, registrar = Phone(stream=True), Registrar()
    register(phone, registrar)
    s, n = established(phone, registrar)
    phone.close()
    end = time.monotonic() + 60
    while ask("bindings"):
        check(time.monotonic() < end, "the connection is there", ask("bindings"))
        time.sleep(0.05)
    n.notify()
    check(final(registrar).status == 480, "nobody can be notified")
    subscriptions(0)
    over(n, "NOTIFY")
    phone = Phone()
    register(phone, registrar)
    registrar.close()
    s = subscriber(phone)
    s.subscribe()
    no = final(phone)
    check(no.status == 503 and REGISTRAR not in str(no.all), no.first, no.all)
    subscriptions(0)


def drains():
    """While calls end nobody subscribes any more, and who has is notified."""
    phone, registrar = Phone(), Registrar()
    got, _ = register(phone, registrar)
    s, n = established(phone, registrar)
    tag, call_id = call(registrar, uri_of(got))
    phone.reply(phone.receive(), 200, "Contact: <%s>" % phone.contact, body=sdp(phone.ip))
    ok = final(registrar)
    head = ["From: <%s>;tag=%s" % (BOB, tag), "To: " + ok["to"], "Call-ID: " + call_id]
    registrar.request("ACK", uri_of(ok), *head)
    check(phone.receive().method == "ACK", "the call is there")
    os.kill(int(os.environ["AGENT_PID"]), signal.SIGTERM)
    end = time.monotonic() + 60
    while not ask("status")["draining"]:
        check(time.monotonic() < end, "it does not drain")
        time.sleep(0.05)
    subscriber(phone).subscribe()
    no = final(phone)
    check(no.status == 503 and int(no["retry-after"]), no.first, no.all)
    noted(n, s)
    registrar.request("BYE", uri_of(ok), *head, cseq=2)
    phone.reply(phone.receive(), 200)
    check(final(registrar).status == 200, "the BYE is answered")


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
