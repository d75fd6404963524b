#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_restart_media.py NAME: calls with SRTP, by SDES and by DTLS, and with ICE, during which
rtplaned is killed: the next one goes on, and media is there again with the next description of
either side.  agent_restart.sh made the network, and kills; the parties are those of
agent_srtp.py, agent_dtls.py and agent_ice.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import re
import sys

from agent_dtls import Dtls, Sdes, is_secure
from agent_ice import Ice, Plain, both_hear, call, value
from agent_register import Failed as Refused
from agent_register import restart
from agent_srtp import A, B, Failed, again, ask, check, leg


def key_of(text):
    return re.search(r"^a=crypto:1 \S+ inline:(\S+)", text, re.M)[1]


def calls(n):
    check(len(ask("calls")) == n, "expected", n, "calls, and there are", ask("calls"))


def refreshes(who, other):
    """A session timer is refreshed without a description."""
    who.request("UPDATE")
    m = other.wait("UPDATE")
    check(not m.body, "a description of nobody's", m.body)
    other.reply(m, 200)
    who.response(200)


def hangs_up(who, other):
    who.request("BYE")
    other.reply(other.wait("BYE"), 200)
    who.response(200)
    calls(0)


def offers(who, a, b):
    """A re-INVITE of A's or B's: both hear what is in it."""
    if who is A:
        ours, ok = again(A, B, a.sdp(), lambda text: b.hears(text.text) or b.answer())
        a.hears(ok.text)
    else:
        ours, ok = again(B, A, b.sdp(), lambda text: a.hears(text.text) or a.answer())
        b.hears(ok.text)
    return ours.text, ok.text


def answers_as_it_offers(party):
    party.answer = party.sdp
    return party


def sdes():
    a, b = answers_as_it_offers(Sdes(A)), answers_as_it_offers(Plain(B))
    a.tag = "1"
    _, before = call(a, b)
    both_hear(a, b)
    restart()
    calls(1)
    refreshes(A, B)
    refreshes(B, A)
    # the same words: our key is another, since nobody knows how far the former one came
    _, after = offers(A, a, b)
    check(key_of(before) != key_of(after), "our key", after)
    both_hear(a, b)
    is_secure("caller")
    restart()
    offers(B, a, b)
    both_hear(a, b)
    is_secure("caller")
    restart()
    hangs_up(B, A)


def dtls():
    a, b = Dtls(A, "server"), answers_as_it_offers(Plain(B))
    call(a, b)
    a.connect()
    both_hear(a, b)
    restart()
    refreshes(A, B)
    # whoever made those keys has gone: a handshake more
    a.begin()
    _, ok = offers(A, a, b)
    check(value(ok, "fingerprint") and "RTP/SAVP" in ok, "our answer", ok)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    restart()
    refreshes(B, A)
    a.begin()
    offers(B, a, b)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    hangs_up(A, B)


def ice():
    a, b = answers_as_it_offers(Ice(A, True)), answers_as_it_offers(Plain(B))
    _, before = call(a, b)
    a.connect()
    both_hear(a, b)
    restart()
    refreshes(A, B)
    other = answers_as_it_offers(Ice(A, True))
    _, ok = offers(A, other, b)
    check(value(ok, "ice-ufrag") and value(ok, "ice-ufrag") != value(before, "ice-ufrag"), "ours", ok)
    other.connect()
    both_hear(other, b)
    check(leg("caller")["remote"] in other.addresses(), "the caller's leg is", leg("caller"))
    restart()
    third = answers_as_it_offers(Ice(A, False))
    offers(B, third, b)
    third.connect()
    both_hear(third, b)
    hangs_up(B, A)
    for party in a, other, third:
        party.end()


if __name__ == "__main__":
    try:
        {"sdes": sdes, "dtls": dtls, "ice": ice}[sys.argv[1]]()
    except (Failed, Refused) as why:
        print("%s: %s" % (sys.argv[1], why))
        sys.exit(1)
