#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_restart.py NAME: calls that outlive rtplaned, which is killed while they are up.
agent_restart.sh made the network, and kills; phones and switch are those of
agent_register.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import re
import sys
import time

from agent_events import established, subscriptions
from agent_register import (Failed, Phone, Registrar, ask, check, final, register, restart, sdp,
                            uri_of)
from agent_transfer import SDP, answered, is_refused, subscriber, up


def calls(n):
    """As many as there are expected, now or soon."""
    end = time.monotonic() + 60
    while True:
        got = ask("calls")
        if len(got) == n:
            return got
        check(time.monotonic() < end, "expected", n, "calls, and there are", got)
        time.sleep(0.05)


def origin(m):
    """Session id and version of a description."""
    found = re.search(r"o=\S+ (\d+) (\d+) ", m.body)
    check(found, "there is no o= in", m.body)
    return found[1], int(found[2])


def audio(ip, port):
    return sdp(ip).replace(" 7000 ", " %d " % port)


def cseq(m):
    return int(m["cseq"].split()[0])


def asks(p, r, method, before, **more):
    """A request of @p comes to @r, as one of the dialog that there was."""
    p.request(method, **more)
    m = r.who.receive()
    check(m.method == method, "expected", method, m.first)
    check(m["call-id"] == r.call_id and m["to"] == r.local and m["from"] == r.remote,
          "it is another dialog's:", m["call-id"], m["to"], m["from"])
    check(cseq(m) > before, "CSeq", m["cseq"], "after", before)
    return m


def ends(p, r, before):
    """@p hangs up."""
    m = asks(p, r, "BYE", before)
    r.who.reply(m, 200)
    check(final(p.who).status == 200, "the BYE is answered")
    calls(0)


def changes(p, r, before, port, known=None):
    """A re-INVITE of @p, answered by @r, as if nothing had been."""
    m = asks(p, r, "INVITE", before, body=audio(p.who.ip, port), kind=SDP)
    check(p.who.ip not in m.body, "the inside shows", m.body)
    if known:
        check(origin(m)[0] == known[0] and origin(m)[1] > known[1], "o= was", known, "and is",
              origin(m))
    r.who.reply(m, 200, "Contact: <%s>" % r.contact, body=audio(r.who.ip, port + 1000))
    ok = final(p.who)
    check(ok.status == 200 and r.who.ip not in ok.body, ok.first, ok.body)
    p.request("ACK")
    check(r.who.receive().method == "ACK", "the ACK")
    return m, ok


def goes_on():
    """A re-INVITE of either side, requests without a description, a BYE."""
    phone, switch = Phone(), Registrar()
    p, r = up(phone, switch)
    before = calls(1)[0]
    restart()
    after = calls(1)[0]
    for key in "id", "request", "created", "answered", "caller", "callee":
        check(before[key] == after[key], key, "was", before[key], "and is", after[key])
    check(after["state"] == "up", after)
    first = asks(p, r, "INFO", 1, body="5", kind="application/dtmf")
    switch.reply(first, 200)
    check(final(phone).status == 200, "the INFO is answered")
    m, _ = changes(p, r, cseq(first), 7002)
    there = origin(m)
    m, _ = changes(r, p, 0, 7004)
    here = origin(m)
    legs = ask("call", str(after["id"]))["legs"]
    check(len(legs) == 4, legs)
    # and once more: what was agreed since is known, and requests that change nothing were sent
    for _ in range(3):
        last = asks(p, r, "INFO", cseq(first), body="5", kind="application/dtmf")
        switch.reply(last, 200)
        check(final(phone).status == 200, "the INFO is answered")
    restart()
    changes(p, r, cseq(last), 7006, known=there)
    m, _ = changes(r, p, 0, 7008)
    check(origin(m)[0] == here[0] and origin(m)[1] > here[1], here, origin(m))
    ends(r, p, 0)


def hangs_up():
    """The first thing that comes is a BYE: of the caller, of the callee."""
    phone, switch = Phone(), Registrar()
    for first in 0, 1:
        pair = up(phone, switch)
        calls(1)
        restart()
        calls(1)
        ends(pair[first], pair[not first], 0)
        # it is over for the next one too
        restart()
        calls(0)
        is_refused(pair[first], 481, "INFO")


def not_acknowledged():
    """Whoever has not heard that he was answered is not left alone with it."""
    phone, switch = Phone(), Registrar()
    p = subscriber(phone)
    p.event = []
    p.request("INVITE", body=sdp(phone.ip), kind=SDP)
    m = switch.receive()
    m.headers["to"] += ";tag=r1"
    switch.reply(m, 200, "Contact: <sip:r1@%s:5060>" % switch.ip, body=sdp(switch.ip))
    check(final(phone).status == 200, "the call is answered")
    calls(1)
    restart()
    check(phone.receive().method == "BYE", "the caller wants a BYE")
    bye = switch.receive()
    check(bye.method == "BYE" and bye["call-id"] == m["call-id"], bye.first)
    calls(0)


def rings(phone, switch):
    """A call that rings, at its callee's: that INVITE."""
    p = subscriber(phone)
    p.event = []
    p.request("INVITE", body=sdp(phone.ip), kind=SDP)
    m = switch.receive()
    m.headers["to"] += ";tag=r1"
    switch.reply(m, 180, "Contact: <sip:r1@%s:5060>" % switch.ip,
                 "Record-Route: <sip:%s:5060;lr>" % switch.ip)
    while phone.receive().status != 180:
        pass
    return p, m


def is_cancelled(p, switch, m):
    """The next agent ends it: what the switch gets."""
    no = final(p.who)
    check(no.status == 500 and no["call-id"] == p.call_id and no["cseq"].endswith(" INVITE"),
          "the caller gets", no.first)
    cancel = switch.receive()
    check(cancel.method == "CANCEL" and cancel["via"] == m["via"] and
          cancel["call-id"] == m["call-id"] and cseq(cancel) == cseq(m), cancel.all)
    check(cancel.first.split()[1] == m.first.split()[1], "another URI", cancel.first)
    switch.reply(cancel, 200)


def not_answered():
    """It rings when the agent is killed: the next one ends that on both sides, once."""
    phone, switch = Phone(), Registrar()
    p, m = rings(phone, switch)
    restart()
    is_cancelled(p, switch, m)
    for _ in range(2):          # a copy has its ACK, too
        switch.reply(m, 487)
        ack = switch.one()
        while ack.method == "CANCEL":
            ack = switch.one()
        check(ack.method == "ACK" and ack["via"] == m["via"] and ack["to"] == m["to"] and
              cseq(ack) == cseq(m), ack.first, ack.all)
    calls(0)
    # whoever had answered meanwhile is not left alone with it
    p, m = rings(phone, switch)
    restart()
    is_cancelled(p, switch, m)
    for copy in 0, 1:
        switch.reply(m, 200, "Contact: <sip:r9@%s:5060>" % switch.ip,
                     "Record-Route: <sip:%s:5060;lr>, <sip:there.example;lr>" % switch.ip, body=sdp(switch.ip))
        for method, number in (("ACK", cseq(m)), ("BYE", cseq(m) + 1))[:2 - copy]:
            got = switch.receive()
            check(got.method == method and cseq(got) == number and got["to"] == m["to"] and
                  got.first.split()[1] == "sip:r9@%s:5060" % switch.ip and
                  [v for n, v in got.all if n.lower() == "route"] ==
                  ["<sip:there.example;lr>", "<sip:%s:5060;lr>" % switch.ip], got.first, got.all)
            if method == "BYE":
                switch.reply(got, 200)
    calls(0)
    # nothing of it is left: the next one ends nothing, and an answered call goes on
    p, r = up(Phone(), switch)
    restart()
    ends(p, r, 0)


def drains():
    """The agent is told to make room for another: a call has its time, a new one is refused."""
    phone, switch = Phone(), Registrar()
    p, r = up(phone, switch)
    restart()
    is_refused(subscriber(Phone()), 503, "INVITE", body=sdp(phone.ip), kind=SDP)
    m = asks(p, r, "BYE", 1)
    switch.reply(m, 200)
    check(final(phone).status == 200, "the BYE is answered")


def expires():
    """The session timer goes on from where it was."""
    phone, switch = Phone(), Registrar()
    p = subscriber(phone)
    p.event = []
    p.request("INVITE", "Supported: timer", "Session-Expires: 90", body=sdp(phone.ip), kind=SDP)
    m = switch.receive()
    m.headers["to"] += ";tag=r1"
    switch.reply(m, 200, "Contact: <sip:r1@%s:5060>" % switch.ip, "Require: timer",
                 "Session-Expires: 6;refresher=uac", body=sdp(switch.ip))
    ok = final(phone)
    check(ok.status == 200, "the call is answered", ok.first)
    p.remote, p.target = ok["to"], uri_of(ok)
    p.request("ACK")
    check(switch.receive().method == "ACK", "the ACK")
    restart()
    for who in phone, switch:
        check(who.receive().method == "BYE", "who does not refresh is ended")
    calls(0)


def counted():
    """A call of before counts for its tenant, and what held nothing up does not now either."""
    phone, switch = Phone(), Registrar()
    p, r = up(phone, switch)
    restart()
    calls(1)
    has = ask("tenants")[0]
    check(has["calls"] == 1 and has["media_ports"] == 0, has)
    is_refused(subscriber(Phone()), 503, "INVITE", body=sdp(phone.ip), kind=SDP)
    changes(p, r, 1, 7002)
    has = ask("tenants")[0]
    check(has["calls"] == 1 and has["media_ports"] > 0, has)
    ends(p, r, 0)
    check(ask("tenants")[0]["media_ports"] == 0, ask("tenants"))
    p = subscriber(phone, "sip:911@example.com")
    p.event = []
    p.request("INVITE", body=sdp(phone.ip), kind=SDP)
    r = answered(p, switch, switch.receive(), "r9")
    restart()
    changes(p, r, 1, 7002)
    has = ask("tenants")[0]
    check(has["calls"] == 1 and has["media_ports"] == 0, has)
    ends(p, r, 0)


def by_connection():
    """A phone by TCP is where it is when it speaks again; whom we had called is called."""
    phone, switch = Phone(stream=True), Registrar()
    p, r = up(phone, switch)
    restart()
    calls(1)
    back = Phone(stream=True)
    p.who = back
    m, _ = changes(p, r, 1, 7002)
    ends(r, p, 0)
    check(m and not ask("calls"), "it is over")


def subscribed():
    """Who has subscribed goes on to be notified, and refreshes; what was over stays over."""
    phone, registrar = Phone(), Registrar()
    register(phone, registrar)
    s, n = established(phone, registrar)
    over, ending = established(phone, registrar)
    ending.notify("terminated;reason=noresource")
    m = phone.receive()
    check(m.method == "NOTIFY" and m["call-id"] == over.call_id, m.first)
    phone.reply(m, 200)
    check(final(registrar).status == 200, "the NOTIFY is answered")
    subscriptions(1)
    for again in range(2):
        restart()
        subscriptions(1)
        n.notify("active;expires=500", body="state %d" % again)
        m = phone.receive()
        check(m.method == "NOTIFY" and m["call-id"] == s.call_id and m["to"] == s.local and
              m.body == "state %d" % again, m.first, m.all)
        phone.reply(m, 200)
        check(final(registrar).status == 200, "the NOTIFY is answered")
    s.subscribe(0)
    m = registrar.receive()
    check(m.method == "SUBSCRIBE" and m["expires"] == "0" and m["call-id"] == n.call_id, m.first)
    registrar.reply(m, 200, "Contact: <%s>" % n.contact, "Expires: 0")
    check(final(phone).status == 200, "it ends")
    n.notify("terminated;reason=timeout")
    m = phone.receive()
    check("terminated" in m["subscription-state"], m.all)
    phone.reply(m, 200)
    check(final(registrar).status == 200, "the last NOTIFY is answered")
    subscriptions(0)
    restart()
    subscriptions(0)


def main():
    tests = {f.__name__: f for f in (goes_on, hangs_up, not_acknowledged, not_answered, drains,
                                     expires, counted, by_connection, subscribed)}
    tests[sys.argv[1]]()


if __name__ == "__main__":
    try:
        main()
    except Failed as why:
        print("%s: %s" % (sys.argv[1], why))
        sys.exit(1)
