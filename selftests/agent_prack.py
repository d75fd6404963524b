#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_prack.py NAME: reliable provisional answers (RFC 3262) through rtplaned, one step after the
other.  agent_prack.sh made the network; phone and switch are those of agent_register.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import copy
import os
import sys

from agent_events import BOB, notifier, subscriber
from agent_register import (ACCESS, CORE, PHONE, REGISTRAR, Failed, Phone, Registrar, all_of, check,
                            final, sdp, uri_of)
from agent_transfer import SDP, hangs_up

CAN = "Supported: 100rel"
MUST = "Require: 100rel"


def invites(phone, switch, *headers, body=None):
    """A call begins: who calls, the INVITE at the switch, and who is called there."""
    p = subscriber(phone)
    p.event = []
    body = sdp(phone.ip) if body is None else body
    p.request("INVITE", *headers, body=body, kind=SDP)
    m = switch.receive()
    check(m.method == "INVITE" and "require" not in m.headers and PHONE not in str(m.all), m.first,
          m.all)
    return p, m, called(switch, m)


def called(switch, m):
    r = notifier(switch, m, "r" + os.urandom(3).hex())
    r.event = []
    return r


def says(r, m, status, *headers, body=""):
    """Who is called answers the INVITE @m."""
    m.headers["to"] = r.local
    r.who.reply(m, status, "Contact: <%s>" % r.contact, *headers, body=body)


def rel(rseq):
    return [MUST, "RSeq: %d" % rseq]


def hears(p, status, reliable, described):
    """What the caller gets next, but for a 100."""
    while True:
        m = p.who.receive()
        if m.status != 100:
            break
    check(m.status == status, "the caller wants", status, "and got", m.first, m.all)
    check(("100rel" in all_of(m, "require")) == reliable == ("rseq" in m.headers),
          "reliable:", reliable, m.first, m.all)
    check(bool(m.body) == described and REGISTRAR not in str(m.all) + m.body, m.first, m.all, m.body)
    if described:
        check(ACCESS in m.body, m.body)
    if status < 300:
        p.remote, p.target = m["to"], uri_of(m)
    return m


def pracks(p, m, status, body=""):
    """The caller acknowledges @m: what that is answered."""
    p.request("PRACK", "RAck: %s %s" % (m["rseq"], m["cseq"]), body=body, kind=SDP)
    return is_pracked(p, status) if status else None


def is_pracked(p, status):
    got = final(p.who)
    check(got.status == status and got["cseq"] == "%d PRACK" % p.cseq, "the PRACK got", got.first,
          got.all, "expected", status)
    return got


def is_acknowledged(r, m, rseq, described=False):
    """A PRACK comes to who is called."""
    got = r.who.receive()
    check(got.method == "PRACK" and got["rack"] == "%d %s" % (rseq, m["cseq"]) and
          got["to"] == r.local and got.first == "PRACK %s SIP/2.0" % r.contact, got.first, got.all)
    check(PHONE not in str(got.all) + got.body and bool(got.body) == described, got.all, got.body)
    check(not described or CORE in got.body, got.body)
    return got


def acks(p, cseq=1):
    now, p.cseq = p.cseq, cseq
    p.request("ACK")
    p.cseq = now


def answered(p, m, r, described, body=""):
    """The call is answered: the caller's 200 has a description, or none any more."""
    says(r, m, 200, body=body)
    return is_up(p, r, described)


def is_up(p, r, described):
    got = hears(p, 200, False, described)
    check(got["cseq"] == "1 INVITE", got.all)
    acks(p)
    m = r.who.receive()
    check(m.method == "ACK" and not m.body, m.first, m.body)
    return got


def old(p, got, method, to):
    """A request with the INVITE's branch: ACK of a refusal, CANCEL."""
    p.who.send("%s %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n"
               "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n" % (
                   method, BOB, got["via"].partition(";received")[0], p.local, to, p.call_id, method))


def is_refused(p, status):
    got = final(p.who)
    check(got.status == status and got["cseq"] == "1 INVITE", got.first, got.all)
    old(p, got, "ACK", got["to"])


def cancels(p, got):
    """The caller does not want any more: 200 and 487, in whatever order."""
    old(p, got, "CANCEL", "<%s>" % BOB)
    answers = {}
    for _ in range(2):
        m = final(p.who)
        answers[m["cseq"]] = m
    check(answers["1 CANCEL"].status == 200 and answers["1 INVITE"].status == 487,
          [m.first for m in answers.values()])
    old(p, got, "ACK", answers["1 INVITE"]["to"])


def updates(p, r, status=200):
    """An offer in an UPDATE, and its answer."""
    p.request("UPDATE", body=sdp(p.who.ip), kind=SDP)
    if status == 200:
        m = r.who.receive()
        check(m.method == "UPDATE" and m.body, m.first)
        r.who.reply(m, 200, "Contact: <%s>" % r.contact, body=sdp(r.who.ip))
    got = final(p.who)
    check(got.status == status and bool(got.body) == (status == 200), "the UPDATE got", got.first)


# ---------------------------------------------------------------------------- the tests

def both():
    """The answer is in a 183 that both acknowledge; each side has its own numbers."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, CAN)
    check("100rel" in all_of(m, "supported") and "PRACK" in m["allow"], m.all)
    updates_too_early(p, r, m)
    says(r, m, 183, *rel(4711), body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    # it comes again until it is acknowledged, and the callee's own copy makes no other
    says(r, m, 183, *rel(4711), body=sdp(switch.ip))
    again = p.who.one()
    check(again.first == got.first and again["rseq"] == got["rseq"], again.first, again.all)
    p.request("PRACK", "RAck: %d 1 INVITE" % (int(got["rseq"]) + 1))
    is_pracked(p, 481)
    p.request("PRACK", "RAck: %s 2 INVITE" % got["rseq"])
    is_pracked(p, 481)
    p.request("PRACK")
    is_pracked(p, 400)
    pracks(p, got, 200)
    switch.reply(is_acknowledged(r, m, 4711), 200)
    pracks(p, got, 481)
    # both have the answer: either may offer again
    updates(p, r)
    updates(r, p)
    # one that is not reliable there is not so here; one that is comes after it
    says(r, m, 180)
    hears(p, 180, False, False)
    says(r, m, 182, *rel(4712))
    second = hears(p, 182, True, False)
    check(int(second["rseq"]) == int(got["rseq"]) + 1, got["rseq"], second["rseq"])
    pracks(p, second, 200)
    switch.reply(is_acknowledged(r, m, 4712), 200)
    # nothing new in the 200, whatever it says
    answered(p, m, r, False, sdp(switch.ip))
    hangs_up(p, r)


def updates_too_early(p, r, m):
    """RFC 3311 5.2: no offer before the INVITE's has a reliable answer."""
    says(r, m, 181, body=sdp(r.who.ip))
    hears(p, 181, False, True)
    updates(p, r, 500)
    r.request("UPDATE", body=sdp(r.who.ip), kind=SDP)
    check(final(r.who).status == 491, "the callee's UPDATE")


def callee_alone():
    """Who is called wants PRACKs, and gets ours; the caller's 200 has the answer."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch)
    check("100rel" in all_of(m, "supported"), m.all)
    says(r, m, 183, *rel(7), body=sdp(switch.ip))
    hears(p, 183, False, True)
    switch.reply(is_acknowledged(r, m, 7), 200)
    r.request("UPDATE", body=sdp(switch.ip), kind=SDP)
    check(final(switch).status == 491, "an offer while the caller has no reliable answer")
    says(r, m, 182, *rel(9))            # one before it is missing
    says(r, m, 181, *rel(7))            # this was there
    says(r, m, 180, *rel(8))
    hears(p, 180, False, False)
    switch.reply(is_acknowledged(r, m, 8), 481)
    says(r, m, 182, *rel(9))
    hears(p, 182, False, False)
    late = is_acknowledged(r, m, 9)     # which is not answered before the call is
    answered(p, m, r, True)
    hangs_up(p, r)
    switch.reply(late, 200)


def caller_alone():
    """The caller wants PRACKs; the 200 waits for that of the description."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, MUST)
    says(r, m, 180)
    got = hears(p, 180, True, False)
    pracks(p, got, 200)
    says(r, m, 183, body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    says(r, m, 200, body=sdp(switch.ip))
    again = p.who.one()
    check(again.status == 183, "before the PRACK came", again.first)
    pracks(p, got, 200)
    is_up(p, r, False)
    hangs_up(p, r)
    # an offer is nobody's here, and the answer is acknowledged all the same
    p, m, r = invites(phone, switch, MUST)
    says(r, m, 183, body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    pracks(p, got, 488, sdp(phone.ip))
    answered(p, m, r, False, sdp(switch.ip))
    hangs_up(r, p)
    # hung up while the 200 waits
    p, m, r = invites(phone, switch, MUST)
    says(r, m, 183, body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    says(r, m, 200, body=sdp(switch.ip))
    again = p.who.one()
    check(again.status == 183, "before the PRACK came", again.first)
    cancels(p, got)
    check(switch.receive().method == "ACK", "the 200 has its ACK")
    bye = switch.receive()
    check(bye.method == "BYE", bye.first)
    switch.reply(bye, 200)


def late_offer():
    """The offer is in the 183, its answer in the PRACK."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, CAN, body="")
    check(not m.body and "100rel" in all_of(m, "supported"), m.all)
    says(r, m, 183, *rel(1), body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    pracks(p, got, 488)                 # there is no answer in it
    pracks(p, got, 0, sdp(phone.ip))
    switch.reply(is_acknowledged(r, m, 1, True), 200)
    check(not is_pracked(p, 200).body, "an answer to the answer")
    updates(r, p)
    answered(p, m, r, False)
    hangs_up(p, r)
    # forks have offers of their own
    p, m, r = invites(phone, switch, CAN, body="")
    q, s = copy.copy(p), called(switch, m)
    says(r, m, 183, *rel(5), body=sdp(switch.ip))
    one = hears(p, 183, True, True)
    says(s, m, 183, *rel(5), body=sdp(switch.ip))
    two = hears(q, 183, True, True)
    for at, got, end in ((q, two, s), (p, one, r)):
        pracks(at, got, 0, sdp(phone.ip))
        switch.reply(is_acknowledged(end, m, 5, True), 200)
        is_pracked(at, 200)
    answered(q, m, s, False)
    hangs_up(q, s)
    # who does not know PRACK could not answer: the offer comes with the 200
    p, m, r = invites(phone, switch, body="")
    check("100rel" not in all_of(m, "supported"), m.all)
    says(r, m, 486)
    check(switch.receive().method == "ACK", "the ACK")
    is_refused(p, 486)


def offer_in_prack():
    """Another offer is in the PRACK, its answer in what that is answered."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, CAN)
    says(r, m, 183, *rel(1), body=sdp(switch.ip))
    pracks(p, hears(p, 183, True, True), 0, sdp(phone.ip))
    switch.reply(is_acknowledged(r, m, 1, True), 200, body=sdp(switch.ip))
    got = is_pracked(p, 200)
    check(ACCESS in got.body and REGISTRAR not in got.body, got.body)
    # refused: what was agreed holds
    says(r, m, 180, *rel(2))
    pracks(p, hears(p, 180, True, False), 0, sdp(phone.ip))
    switch.reply(is_acknowledged(r, m, 2, True), 488)
    is_pracked(p, 488)
    updates(p, r)
    answered(p, m, r, False)
    hangs_up(r, p)


def forks():
    """Each fork has numbers of its own, on either side."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, CAN)
    q, s = copy.copy(p), called(switch, m)
    says(r, m, 183, *rel(100), body=sdp(switch.ip))
    one = hears(p, 183, True, True)
    says(s, m, 183, *rel(100), body=sdp(switch.ip))
    two = hears(q, 183, True, True)
    check(one["to"] != two["to"], "one dialog for two forks")
    pracks(q, two, 200)
    switch.reply(is_acknowledged(s, m, 100), 200)
    pracks(p, one, 200)
    switch.reply(is_acknowledged(r, m, 100), 200)
    updates(q, s)
    answered(q, m, s, False)
    hangs_up(q, s)


def ends():
    """A refusal and a CANCEL wait for no PRACK, nor for its answer."""
    phone, switch = Phone(), Registrar()
    p, m, r = invites(phone, switch, CAN)
    says(r, m, 183, *rel(1), body=sdp(switch.ip))
    got = hears(p, 183, True, True)
    says(r, m, 486)
    check(switch.receive().method == "ACK", "the ACK")
    is_refused(p, 486)
    pracks(p, got, 481)
    for prack in (True, None):
        p, m, r = invites(phone, switch, CAN)
        says(r, m, 183, *rel(1), body=sdp(switch.ip))
        got = hears(p, 183, True, True)
        if prack:
            pracks(p, got, 200)
            prack = is_acknowledged(r, m, 1)    # which is not answered
        cancels(p, got)
        c = switch.receive()
        check(c.method == "CANCEL", c.first)
        switch.reply(c, 200)
        says(r, m, 487)
        check(switch.receive().method == "ACK", "the ACK")
        if prack:
            switch.reply(prack, 200)    # it would come again in the next test
    # a description that cannot be had
    p, m, r = invites(phone, switch, CAN, body="")
    says(r, m, 183, *rel(1), body=sdp(switch.ip).replace("RTP/AVP", "X/Y"))
    c = switch.receive()
    check(c.method == "CANCEL", c.first)
    switch.reply(c, 200)
    says(r, m, 487)
    check(switch.receive().method == "ACK", "the ACK")
    is_refused(p, 502)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as why:
        print(why)
        sys.exit(1)
