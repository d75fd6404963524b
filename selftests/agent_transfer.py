#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_transfer.py NAME: transfers and pick-up through rtplaned: what REFER and Replaces name is
named to the other side by what that knows.  agent_transfer.sh made the network; phones and
switch are those of agent_register.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import re
import sys
from urllib.parse import quote

from agent_events import BOB, Party, established, noted, notifier, refreshed, subscriber
from agent_register import (ACCESS, CORE, PHONE, REGISTRAR, Failed, Phone, Registrar, call, check,
                            final, register, sdp, uri_of)

SDP = "application/sdp"


def tag(name):
    return name.partition(";tag=")[2]


def named(party):
    """A dialog as @party names it to who is at its other end."""
    return "%s;to-tag=%s;from-tag=%s" % (party.call_id, tag(party.remote), tag(party.local))


def by_other(party):
    """The same, as who is at the other end names it to himself: what comes to @party."""
    return "%s;to-tag=%s;from-tag=%s" % (party.call_id, tag(party.local), tag(party.remote))


def escaped(text):
    return quote(text, safe="-_.!~*'()")


def answered(p, other, m, t):
    """The INVITE @m of @p is answered: the other party."""
    r = notifier(other, m, t)
    m.headers["to"] = r.local
    other.reply(m, 200, "Contact: <%s>" % r.contact, body=sdp(other.ip))
    ok = final(p.who)
    check(ok.status == 200, "the call", ok.first)
    p.remote, p.target = ok["to"], uri_of(ok)
    p.request("ACK")
    check(other.receive().method == "ACK", "the ACK")
    p.event = r.event = []
    return r


def up(phone, switch):
    """A call of the phone's: both parties."""
    p = subscriber(phone)
    p.event = []
    p.request("INVITE", body=sdp(phone.ip), kind=SDP)
    m = switch.receive()
    check(m.method == "INVITE", m.first)
    return p, answered(p, switch, m, "r" + os.urandom(3).hex())


def is_refused(party, status, method, *more, **body):
    party.request(method, *more, **body)
    no = final(party.who)
    check(no.status == status, method, more, "got", no.first)
    if method == "INVITE":
        party.who.send("ACK %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
                       "CSeq: %d ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" % (
                           party.target, no["via"].partition(";received")[0], party.local, no["to"],
                           party.call_id, party.cseq))


def refers(p, r, to, want, status=202):
    """@p asks @r, who is told @want."""
    p.request("REFER", "Refer-To: " + to)
    m = r.who.receive()
    check(m.method == "REFER" and m["refer-to"] == want, m.first, m["refer-to"], "expected", want)
    check(p.who.ip not in str(m.all), m.all)
    r.who.reply(m, status, "Contact: <%s>" % r.contact)
    got = final(p.who)
    check(got.status == status, "the REFER got", got.first)


def progress(r, p, line, state):
    r.request("NOTIFY", "Event: refer", "Subscription-State: " + state, body=line,
              kind="message/sipfrag")
    m = p.who.receive()
    check(m.method == "NOTIFY" and m["event"] == "refer" and m["subscription-state"] == state and
          m.body == line and m["content-type"] == "message/sipfrag", m.first, m.all, m.body)
    p.who.reply(m, 200)
    check(final(r.who).status == 200, "the NOTIFY is answered")


def hangs_up(p, r):
    p.request("BYE")
    m = r.who.receive()
    check(m.method == "BYE", m.first)
    r.who.reply(m, 200)
    check(final(p.who).status == 200, "the BYE")


# ---------------------------------------------------------------------------- the tests

def blind():
    """A phone says where its call shall go, and hears what becomes of it."""
    phone, switch = Phone(), Registrar()
    register(phone, switch)
    p, r = up(phone, switch)
    refers(p, r, "<sip:carol@example.com>", "<sip:carol@example.com>")
    progress(r, p, "SIP/2.0 100 Trying", "active;expires=60")
    progress(r, p, "SIP/2.0 200 OK", "terminated;reason=noresource")
    # an address of this side is none there
    refers(p, r, "<sip:1002@%s:5060;user=phone>" % ACCESS, "<sip:1002@example.com;user=phone>")
    refers(p, r, "sip:1002@%s" % PHONE, "<sip:1002@example.com>", 603)
    refers(p, r, "<tel:+15551234>", "<tel:+15551234>")
    for status, headers in ((400, []), (400, ["Refer-To: <sip:a@example.com>"] * 2),
                            (400, ["Refer-To: <sip:"]), (403, ["Refer-To: <http://example.com/>"]),
                            (400, ["Refer-To: <sip:a@example.com?Replaces=x>"]),
                            (400, ["Refer-To: <sip:a@example.com?Replaces=x%0d%0aEvil:1%3Bto-tag%3D1"
                                   "%3Bfrom-tag%3D2>"]),
                            (403, ["Refer-To: <sip:a@example.com?Replaces=x%3Bto-tag%3D1"
                                   "%3Bfrom-tag%3D2>"])):
        is_refused(p, status, "REFER", *headers)
    hangs_up(p, r)


def attended():
    """Two calls of a phone become one: the switch is told by its own names of the second."""
    phone, switch = Phone(), Registrar()
    register(phone, switch)
    p1, r1 = up(phone, switch)
    p2, r2 = up(phone, switch)
    want = "<%s?Replaces=%s>" % (BOB, escaped(by_other(r2)))
    refers(p1, r1, "<%s?Replaces=%s>" % (p2.target, escaped(named(p2))), want)
    refers(p1, r1, "<%s?Require=replaces&replaces=%s>" % (
        BOB, escaped(named(p2) + ";early-only")), want[:-1] + escaped(";early-only") + ">")
    is_refused(p1, 403, "REFER", "Refer-To: <%s?Replaces=%s>" % (BOB, escaped(by_other(p2))))
    hangs_up(r1, p1)
    hangs_up(p2, r2)
    p1, r1 = up(phone, switch)
    is_refused(p1, 403, "REFER", "Refer-To: <%s?Replaces=%s>" % (BOB, escaped(named(p2))))
    hangs_up(p1, r1)


def from_behind():
    """The switch says where a phone's call shall go: that leads by us."""
    phone, switch = Phone(), Registrar()
    got, _ = register(phone, switch)
    p, r = up(phone, switch)
    refers(r, p, "<sip:1003@%s>" % REGISTRAR, "<sip:1003@example.com>")
    progress(p, r, "SIP/2.0 200 OK", "terminated;reason=noresource")
    # a dialog of its own: the phone will name it, and that goes back as it is
    told = escaped("told@core;to-tag=1;from-tag=2")
    refers(r, p, "<sip:1003@%s?Replaces=%s>" % (REGISTRAR, told),
           "<sip:1003@example.com?Replaces=%s>" % told)
    is_refused(r, 403, "REFER", "Refer-To: <sip:1003@example.com?Replaces=%s>" % escaped(
        "told@core;to-tag=%s;from-tag=2" % REGISTRAR))
    # one whose Call-ID has its address has another name for the phone
    told = "told@%s;to-tag=1;from-tag=2" % REGISTRAR
    r.request("REFER", "Refer-To: <sip:1003@example.com?Replaces=%s>" % escaped(told))
    m = phone.receive()
    alias = re.search("Replaces=(name[^%]*)%3B", m["refer-to"])[1]
    check(m.method == "REFER" and REGISTRAR not in str(m.all), m.all)
    phone.reply(m, 202, "Contact: <%s>" % p.contact)
    check(final(switch).status == 202, "the REFER")
    q = subscriber(phone)
    q.event = []
    q.request("INVITE", "Replaces: %s;to-tag=1;from-tag=2" % alias, body=sdp(phone.ip), kind=SDP)
    m = switch.receive()
    check(m["replaces"] == told, m.all)
    hangs_up(q, answered(q, switch, m, "q"))
    hangs_up(r, p)
    s = subscriber(switch, uri_of(got), "<sip:pbx@%s>" % REGISTRAR)
    s.event = []
    s.request("INVITE", body=sdp(switch.ip), kind=SDP)
    t = answered(s, phone, phone.receive(), "t")
    refers(s, t, "<sip:1003@%s;transport=tcp>" % REGISTRAR, "<sip:1003@%s>" % ACCESS)
    hangs_up(s, t)


def picks_up():
    """An INVITE with Replaces: of a call by us in the other's names, of another as it was told."""
    phone, switch, other = Phone(), Registrar(), Phone()
    got, _ = register(phone, switch)
    p, r = up(phone, switch)
    for value, want in ((named(p), by_other(r)),
                        ("told@core;to-tag=1;from-tag=2;early-only", "told@core;to-tag=1;from-tag=2;early-only")):
        q = subscriber(phone)
        q.event = []
        q.request("INVITE", "Replaces: " + value, "Require: replaces", "Supported: timer, replaces",
                  body=sdp(phone.ip), kind=SDP)
        m = switch.receive()
        check(m.method == "INVITE" and m["replaces"] == want and m["require"] == "replaces",
              m.first, m["replaces"], "expected", want)
        hangs_up(q, answered(q, switch, m, "q"))
    # of a lamp, whose Call-ID has an address of the switch's: so do Asterisk's
    s, n = established(phone, switch)
    n.request("NOTIFY", "Subscription-State: active", kind="application/Dialog-Info+XML",
              body="<dialog-info><dialog id='1' call-id=\"7f@%s:5060\" local-tag=\"l\" "
              "remote-tag=\"r\"/><dialog id='2' call-id='plain'/><dialog id='3' call-id\r\n = '8e@%s'/>"
              "</dialog-info>" % (REGISTRAR, REGISTRAR))
    m = phone.receive()
    check(REGISTRAR not in m.body and "call-id='plain'" in m.body, m.body)
    phone.reply(m, 200)
    check(final(switch).status == 200, "the NOTIFY")
    for quote_, was in ('"', "7f@%s:5060" % REGISTRAR), ("'", "8e@" + REGISTRAR):
        told = re.findall("call-id\\s*=\\s*%s(name[^'\"]*)" % quote_, m.body)[0]
        q = subscriber(phone)
        q.event = []
        q.request("INVITE", "Replaces: %s;to-tag=l;from-tag=r" % told, body=sdp(phone.ip), kind=SDP)
        invite = switch.receive()
        check(invite["replaces"] == was + ";to-tag=l;from-tag=r", invite.all)
        hangs_up(q, answered(q, switch, invite, "q"))
    refreshed(s, n, 0)
    noted(n, s, "terminated;reason=timeout")
    # of the switch's, at the phone
    s = subscriber(switch, uri_of(got))
    s.event = []
    s.request("INVITE", "Replaces: " + named(r), body=sdp(switch.ip), kind=SDP)
    m = phone.receive()
    check(m["replaces"] == by_other(p), m.all)
    hangs_up(s, answered(s, phone, m, "s"))
    hangs_up(p, r)
    for who, status, header in ((phone, 481, "Replaces: x@%s;to-tag=1;from-tag=2" % PHONE),
                                (phone, 481, "Join: told@core;to-tag=1;from-tag=2"),
                                (phone, 400, "Replaces: x;to-tag=1"),
                                (phone, 400, "Replaces: x;to-tag=1;from-tag=2\r\nReplaces: y;to-tag=1;from-tag=2"),
                                (other, 481, "Replaces: told@core;to-tag=1;from-tag=2"),
                                (switch, 481, "Replaces: told@access;to-tag=1;from-tag=2")):
        q = subscriber(who, uri_of(got) if who is switch else BOB)
        q.event = []
        is_refused(q, status, "INVITE", header, body=sdp(who.ip), kind=SDP)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
