#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_edge.py NAME: what an edge owes both its sides, call by call: what it passes on,
what it keeps back, what it survives.  agent_edge.sh made the network; both parties are
played here (agent_srtp.py).

Ends with 0, or with 1 and a sentence about what was not so.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

from agent_kills import drain, options, run
from agent_srtp import A, B, Failed, ask, check, in_ns, sdp


def with_headers(who, *more):
    """The next message of @who has these header fields, too."""
    send = type(who).send

    def once(first, headers, body=""):
        del who.send
        send(who, first, headers + list(more), body)
    who.send = once


def up(*more):
    """An answered call."""
    if more:
        with_headers(A, *more)
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip))
    ok = A.response(200)
    A.ack()
    B.wait("ACK")
    return m, ok


def ends():
    A.request("BYE")
    m = B.wait("BYE")
    B.reply(m, 200)
    A.response(200)
    drain()
    return m


def all_of(m, name):
    return [v for n, v in m.all if n.lower() == name]


def quiet(who, seconds=0.3):
    who.sock.settimeout(seconds)
    try:
        m = who.receive()
        raise Failed("%s gets %s" % (who.name, m.first))
    except Failed as e:
        if "waits" not in str(e):
            raise
    finally:
        who.sock.settimeout(10)


# ------------------------------------------------------------------- call handling

def late_provisional():
    """P1: a 180 and a 183 behind the 200 are no second answer."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip))
    B.reply(m, 180)
    B.reply(m, 183, sdp(B.ip))
    ok = A.response(200)
    check(ok.body, "the 200 has no description")
    quiet(A)
    A.ack()
    B.wait("ACK")
    check(ask("status")["counters"]["answered"] == 1, ask("status")["counters"])
    ends()


def reasons_pass():
    """P2, field 01: what CANCEL and BYE say reaches the other party."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 180)
    A.response(180)
    branch, cseq = A.branch, A.last_invite
    with_headers(A, 'Reason: SIP;cause=200;text="Call completed elsewhere"',
                 "Reason: Q.850;cause=26", "X-Stat: 7")
    A.request("CANCEL", "", cseq, branch)
    c = B.wait("CANCEL")
    check(any("completed elsewhere" in r for r in all_of(c, "reason")) and
          any("Q.850;cause=26" in r for r in all_of(c, "reason")), c.all)
    check(all_of(c, "x-stat") == ["7"], c.all)
    B.reply(c, 200)
    B.reply(m, 487)
    B.wait("ACK")
    drain()
    up()
    with_headers(A, "Reason: Q.850;cause=34", "X-Stat: 8")
    m = ends()
    check(all_of(m, "reason") == ["Q.850;cause=34"] and all_of(m, "x-stat") == ["8"], m.all)


def own_reason():
    """An end of ours does not say that somebody else has answered."""
    up()
    ask("end", str(ask("calls")[0]["id"]))
    for who in A, B:
        m = who.wait("BYE")
        check("cause=200" not in m["reason"], m["reason"])
        who.reply(m, 200)
    drain()


def forks():
    """P9: each fork is a dialog of its own towards the caller."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    tags = []
    for fork in "12":
        B.reply(m, 183, sdp(B.ip), fork=fork)
        early = A.response(183)
        tags.append(early["to"])
        check(early.body, "fork", fork, "has no description")
    check(tags[0] != tags[1], "one To tag for two forks:", tags[0])
    B.reply(m, 200, sdp(B.ip), fork="2")
    check(A.response(200)["to"] == tags[1], "the answer is the other fork's")
    A.ack()
    B.wait("ACK")
    ends()


def many_forks():
    """Whoever answers is acknowledged, and ended if another was quicker: also a
    thirteenth."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    for fork in range(20):
        B.reply(m, 200, sdp(B.ip), fork=str(fork))
    A.response(200)
    A.ack()
    got = {"ACK": set(), "BYE": set()}
    while len(got["ACK"]) < 20 or len(got["BYE"]) < 19:
        r = B.receive()
        check(r.method in got, "B gets", r.first)
        tag = r["to"].rsplit(";tag=", 1)[1]
        if r.method == "BYE":
            B.reply(r, 200)
        got[r.method].add(tag)
    check(got["ACK"] - got["BYE"] == {"callee0"}, got)
    quiet(A)
    B.tag = ";tag=callee0"
    ends()


def answer_in_the_183():
    """Field 21: the 2xx without a description means what the 183 said."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 183, sdp(B.ip))
    early = A.response(183)
    B.reply(m, 200)
    ok = A.response(200)
    check(ok.body == early.body and ok.body, "the 200 says", ok.body)
    A.ack()
    B.wait("ACK")
    ends()


def answer_after_the_bye():
    """Field 25, RFC 5407: a 2xx that comes behind the BYE is acknowledged."""
    up()
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 100)
    B.request("BYE")
    seen = []
    while len(seen) < 2:
        r = B.receive()
        seen.append(r.first.split()[1] if r.status else r.method)
        if r.method == "CANCEL":
            B.reply(r, 200)
    check(sorted(seen) == ["200", "CANCEL"], seen)
    B.reply(m, 200, sdp(B.ip))
    r = B.wait("ACK")
    check(r["cseq"].split()[0] == m["cseq"].split()[0], r["cseq"], m["cseq"])
    while True:
        r = A.receive()
        if r.method == "BYE":
            A.reply(r, 200)
        if r["cseq"].endswith("INVITE") and r.status >= 200:
            check(r.status == 487, r.first)
            break
    drain()


def another_family():
    """P6, field 09: a re-INVITE by IPv6 in a call of IPv4 costs at most itself."""
    up()
    A.invite(sdp(A.ip).replace("IN IP4 " + A.ip, "IN IP6 2001:db8:a::1"))
    m = B.wait("INVITE")
    check("IN IP4 " + B.server in m.body, "the callee's family changes, too:", m.body)
    B.reply(m, 200, sdp(B.ip))
    ok = A.response(200)
    check("IN IP6 2001:db8:a::fe" in ok.body, ok.body)
    A.ack()
    B.wait("ACK")
    check(len(ask("calls")) == 1, "the call is over")
    ends()


def draining():
    """P16: who asks while we drain shall send its calls elsewhere."""
    up()
    os.kill(int(os.environ["AGENT_PID"]), signal.SIGTERM)
    sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with sock:
        sock.bind(("192.0.2.66", 5070))
        sock.settimeout(5)
        for n in range(100):
            text = invitation(n, "192.0.2.66", A.server, A.server).replace(b"INVITE", b"OPTIONS")
            sock.sendto(text, (A.server, 5060))
            answer = sock.recv(65535)
            if answer.split()[1] != b"200":
                break
            time.sleep(0.05)
        check(answer.split()[1] == b"503" and b"Retry-After: " in answer, answer)
    A.request("BYE")
    B.reply(B.wait("BYE"), 200)
    A.response(200)


def early_requests():
    """P10: UPDATE without an offer, and INFO, before the answer."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 180)
    A.response(180)
    last = A.last_invite
    for method in "INFO", "UPDATE":
        A.request(method)
        B.reply(B.wait(method), 200)
        A.response(200)
    A.request("UPDATE", sdp(A.ip))
    A.response(500)
    B.reply(m, 200, sdp(B.ip))
    A.response(200)
    A.last_invite = last
    A.ack()
    B.wait("ACK")
    ends()


def a_bye_of_another_tag():
    """P10: whoever does not know the tags ends nothing."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 180)
    A.response(180)
    us, A.tag = A.tag, ";tag=forged"
    A.request("BYE")
    A.response(481)
    A.tag = us
    quiet(B)
    B.reply(m, 486)
    B.wait("ACK")
    drain()


def require_in_dialog():
    """P11."""
    up()
    with_headers(A, "Require: 100rel, foo")
    A.request("INVITE", sdp(A.ip))
    branch, cseq = A.branch, A.cseq
    m = A.response(420)
    check(m["unsupported"] == "foo", m.all)
    A.request("ACK", "", cseq, branch)
    quiet(B)
    ends()


def digest():
    """P12: the try after a 401 is the same INVITE with the next CSeq."""
    A.invite(sdp(A.ip))
    one = B.wait("INVITE")
    with_headers(B, 'WWW-Authenticate: Digest realm="x", nonce="n"')
    B.reply(one, 401)
    B.wait("ACK")
    m = A.refused(401)
    check("nonce" in m["www-authenticate"], m.all)
    A.them = "<sip:4900@%s:5060>" % A.server
    with_headers(A, 'Authorization: Digest username="a", realm="x", nonce="n", uri="sip:x", response="y"')
    A.invite(sdp(A.ip))
    two = B.wait("INVITE")
    check("username" in two["authorization"], two.all)
    check(one["call-id"] == two["call-id"] and one["from"] == two["from"], "another dialog")
    check(int(two["cseq"].split()[0]) == int(one["cseq"].split()[0]) + 1, two["cseq"])
    B.reply(two, 200, sdp(B.ip))
    A.response(200)
    A.ack()
    B.wait("ACK")
    ends()


def multipart():
    """P13, RFC 5621: the description in a multipart, with the rest of it."""
    body = ("--b1\r\nContent-Type: application/sdp\r\n\r\n" + sdp(A.ip) +
            "\r\n--b1\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--b1--\r\n")
    send = type(A).send

    def typed(first, headers, b=""):
        del A.send
        lines = [first] + headers + ["Contact: " + A.us, "Max-Forwards: 70",
                                     "Content-Type: multipart/mixed;boundary=b1",
                                     "Content-Length: %d" % len(b)]
        A.sock.sendto(("\r\n".join(lines) + "\r\n\r\n" + b).encode(), (A.server, 5060))
    A.send = typed
    A.invite(body)
    m = B.wait("INVITE")
    check("multipart/mixed" in m["content-type"] and "<presence/>" in m.body, m.body)
    check("c=IN IP4 " + B.server in m.body and A.ip not in m.body, m.body)
    B.reply(m, 200, sdp(B.ip))
    A.response(200)
    A.ack()
    B.wait("ACK")
    ends()


def a_digit_without_answer():
    """P14: 408 and 481 to an INFO end the INFO."""
    up()
    for status in 481, 408:
        A.request("INFO")
        B.reply(B.wait("INFO"), status)
        A.response(status)
    check(len(ask("calls")) == 1, "the call is over")
    ends()


def rejected_line():
    """P15, field 12: what follows a port of 0 is nobody's business."""
    A.invite(sdp(A.ip, more=["m=video 7100 RTP/AVP 34"]))
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip, more=["m=video 0 RTP/AVP"]))
    A.response(200)
    A.ack()
    B.wait("ACK")
    ends()


def busy_next_hop():
    """P18: its 503 does not take us out of service, nor does its Server leave."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    with_headers(B, "Retry-After: 3600", "Server: pbx 1.2 at 10.0.0.5")
    B.reply(m, 503)
    B.wait("ACK")
    m = A.refused(500)
    check("retry-after" not in m.headers or m["retry-after"] != "3600", m.all)
    check("10.0.0.5" not in str(m.all), m.all)
    drain()


def allowed():
    """P19: Allow is what both serve."""
    with_headers(A, "Allow: INVITE, ACK, BYE, CANCEL")
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    check("UPDATE" not in m["allow"] and "INVITE" in m["allow"], m["allow"])
    with_headers(B, "Allow: INVITE, ACK, BYE, CANCEL, INFO")
    B.reply(m, 200, sdp(B.ip))
    ok = A.response(200)
    check("INFO" in ok["allow"] and "UPDATE" not in ok["allow"], ok["allow"])
    A.ack()
    B.wait("ACK")
    ends()


def quotes_in_a_warning():
    """P20."""
    A.invite(sdp('a"b\\'))
    m = A.refused(488)
    check(re.match(r'399 \S+ "(?:[^"\\]|\\.)*"$', m["warning"]), m["warning"])


def unreadable_texts():
    """P22, P23: what strangers say is shown, and obeyed by no terminal."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    ident = ask("calls")[0]["id"]
    B.sock.sendto(("SIP/2.0 486 \x1b]0;owned\x07\xff\xfeBusy\r\n" +
                   "".join("Via: %s\r\n" % v for n, v in m.all if n.lower() == "via") +
                   "From: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n" %
                   (m["from"], m["to"], m["call-id"], m["cseq"])).encode("latin-1"),
                  (B.server, 5060))
    B.wait("ACK")
    drain()
    reason = ask("call", str(ident))["reason"]
    check("Busy" in reason and "\x1b" not in reason and "\x07" not in reason, repr(reason))


def replaces():
    """P25: a dialog that we do not know is not replaced by a new call."""
    with_headers(A, "Replaces: nobody@x;to-tag=1;from-tag=2")
    A.invite(sdp(A.ip))
    A.refused(481)
    quiet(B)


def change_without_answer():
    """P7: change-timeout is 1 here; CANCEL, 408, and all is as it was."""
    up()
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 100)
    c = B.wait("CANCEL")
    B.reply(c, 200)
    branch, cseq = A.branch, A.last_invite
    A.response(408)
    A.request("ACK", "", cseq, branch)
    A.request("UPDATE", sdp(A.ip))
    B.reply(B.wait("UPDATE"), 200, sdp(B.ip))
    A.response(200)
    B.reply(m, 487)
    B.wait("ACK")
    ends()


def session_expires():
    """P8, field 27: who does not refresh a session has left it."""
    with_headers(A, "Supported: timer", "Session-Expires: 2;refresher=uac")
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    check(m["session-expires"].startswith("2"), m.all)
    with_headers(B, "Session-Expires: 2;refresher=uac", "Require: timer")
    B.reply(m, 200, sdp(B.ip))
    A.response(200)
    A.ack()
    B.wait("ACK")
    for who in A, B:
        who.reply(who.wait("BYE"), 200)
    drain()


# --------------------------------------------------------------- security of an edge

def identities():
    """E2: what a stranger says about who he is stays outside, and so do our insides."""
    m, ok = up("P-Asserted-Identity: <sip:boss@example.com>", "Diversion: <sip:b@10.1.2.3>",
               "Remote-Party-ID: <sip:boss@10.1.2.3>", "User-Agent: phone 10.1.2.3",
               "X-Kept: yes")
    text = str(m.all)
    for word in "boss", "10.1.2.3", A.ip:
        check(word not in text, "the callee sees", word, text)
    check(m["x-kept"] == "yes", text)
    check(B.ip not in str(ok.all), "the caller sees", B.ip, ok.all)
    ends()


def redirection():
    """E2: a Contact of a 3xx leads back through us."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    us, B.us = B.us, "<sip:4901@10.0.0.5>"
    send = type(B).send

    def moved(first, headers, body=""):
        del B.send
        B.us = "<sip:4901@10.0.0.5>"
        send(B, first, headers, body)
    B.send = moved
    B.reply(m, 302)
    B.us = us
    B.wait("ACK")
    m = A.refused(302)
    check("4901@" in m["contact"] and "10.0.0.5" not in m["contact"], m["contact"])
    drain()


def confined():
    """E3: a Contact in the core's network makes us connect to nobody there."""
    trap = in_ns(B.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    with trap:
        trap.bind((B.ip, 6379))
        trap.listen()
        trap.settimeout(0.5)
        us, A.us = A.us, "<sip:x@%s:6379;transport=tcp>" % B.ip
        up()
        A.us = us
        B.request("BYE")
        m = A.wait("BYE")       # it came where A's messages come from
        A.reply(m, 200)
        B.response(200)
        try:
            trap.accept()
            raise Failed("the agent connects to the core's host")
        except socket.timeout:
            pass
    drain()


def random_ids():
    """E6: ids tell nothing."""
    seen = []
    for _ in range(2):
        m, _ = up()
        seen.append((m["call-id"], re.search(r"^o=\S+ (\d+)", m.body, re.M)[1]))
        ends()
    (call, sess), (call2, sess2) = seen
    check(call != call2 and abs(int(sess) - int(sess2)) > 1000000, seen)


def strangers():
    """E1: who is in no acl and no next hop gets 403, and no call."""
    sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with sock:
        sock.bind(("192.0.2.66", 5060))
        sock.settimeout(5)
        sock.sendto(("INVITE sip:4900@%s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKstranger\r\n"
                     "From: <sip:x@x>;tag=1\r\nTo: <sip:4900@x>\r\nCall-ID: stranger\r\nCSeq: 1 INVITE\r\n"
                     "Contact: <sip:x@192.0.2.66>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                     A.server).encode(), (A.server, 5060))
        check(b" 403 " in sock.recv(65535).split(b"\r\n")[0], "a stranger's INVITE")
    quiet(B)
    check(ask("status")["calls"] == 0 and ask("status")["sip"]["transactions"] == 0, ask("status"))


def media_elsewhere():
    """Media to where media-acl does not allow it: 488, and which entry; a change likewise."""
    A.invite(sdp("203.0.113.9"))
    m = A.refused(488)
    check("203.0.113.9 is in media-acl deny 203.0.113.0/24" in m["warning"], m["warning"])
    A.begin()
    up()
    A.invite(sdp("203.0.113.10"))
    m = A.refused(488)
    check("203.0.113.10 is in media-acl" in m["warning"], m["warning"])
    ends()


def connections():
    """One source has so many by TCP, the next one is closed (per-source: connections 2)."""
    # from the address of no next hop
    socks = [in_ns(A.ns, lambda: socket.create_connection((A.server, 5060), 10, ("192.0.2.66", 0)))
             for _ in range(3)]
    socks[2].settimeout(10)
    try:
        got = socks[2].recv(1)
    except ConnectionResetError:
        got = b""
    check(got == b"", "the third: %r" % got)
    for sock in socks[:2]:
        sock.settimeout(10)
        sock.sendall(b"\r\n\r\n")
        check(sock.recv(2) == b"\r\n", "a connection that may be")
    for sock in socks:
        sock.close()


def ringing_calls():
    """D3: one source has so many, the next one gets 503 (per-source: ringing 2); 11200 is urgent."""
    sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    got = []
    with sock:
        sock.bind(("192.0.2.66", 5060))
        sock.settimeout(5)
        for n, number in enumerate(["4900", "4900", "4900", "11200", "4900"]):
            body = sdp("192.0.2.66")
            sock.sendto(("INVITE sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKring%d\r\n"
                         "From: <sip:x@x>;tag=1\r\nTo: <sip:4900@x>\r\nCall-ID: ring%d\r\nCSeq: 1 INVITE\r\n"
                         "Contact: <sip:x@192.0.2.66>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n"
                         "Content-Length: %d\r\n\r\n%s" % (number, A.server, n, n, len(body), body)).encode(),
                        (A.server, 5060))
            got.append(sock.recv(65535).split()[1])
    check(got == [b"100", b"100", b"503", b"100", b"503"], got)


def transactions():
    """As many requests of one source are held (per-source: transactions 3), and no other's count."""
    got = {}
    for last in 66, 1:          # a stranger, a next hop
        sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        ip = "192.0.2.%d" % last
        with sock:
            sock.bind((ip, 5070))
            sock.settimeout(60)
            for n in range(5):
                sock.sendto(invitation(10 * last + n, ip, A.server, A.server), (A.server, 5060))
                got.setdefault(last, []).append(sock.recv(65535).split()[1])
    check(got == {66: [b"100"] * 3 + [b"503"] * 2, 1: [b"100"] * 5}, got)


def invitation(n, ip, to, server):
    """An INVITE without an offer, one of many."""
    return ("INVITE sip:4900@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5070;branch=z9hG4bKmany%d\r\n"
            "From: <sip:x@x>;tag=1\r\nTo: <sip:4900@x>\r\nCall-ID: many%d\r\nCSeq: 1 INVITE\r\n"
            "Contact: <sip:x@%s:5070>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
            (to, ip, n, n, ip)).encode()


def overload():
    """More than is answered waits: what is new gets 503, a call for help and what is later pass."""
    sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    pid = int(os.environ["AGENT_PID"])
    with sock:
        sock.bind(("192.0.2.66", 5070))
        sock.settimeout(60)
        os.kill(pid, signal.SIGSTOP)
        for n in range(90):
            sock.sendto(invitation(n, "192.0.2.66", A.server, A.server), (A.server, 5060))
        help = invitation(11200, "192.0.2.66", A.server, A.server).replace(b"sip:4900@", b"sip:11200@")
        sock.sendto(help, (A.server, 5060))
        for n in range(90, 8000):
            sock.sendto(invitation(n, "192.0.2.66", A.server, A.server), (A.server, 5060))
        os.kill(pid, signal.SIGCONT)
        got = {}
        while not (got.get("many11200") and "503" in got.values()):
            m = sock.recv(65535).decode()
            got[re.search(r"Call-ID: (.*)\r", m)[1]] = m.split()[1]
    check(got["many11200"] == "100", got)
    check(any(g["overload"] for g in ask("status")["sip"]["gates"]), ask("status"))


def next_hop_calls():
    """A next hop may have more transactions than a stranger (1000 of these)."""
    sock = in_ns(B.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    got = {}
    with sock:
        sock.bind((B.ip, 5070))
        sock.settimeout(10)
        for n in range(1010):
            sock.sendto(invitation(n, B.ip, B.server, B.server), (B.server, 5060))
            status = sock.recv(65535).split()[1]
            got[status] = got.get(status, 0) + 1
    check(got == {b"100": 1010}, got)


def crowd():
    """All strangers together: 20 a second, 40 at once (per-source: messages 2)."""
    socks = []
    for n in range(30):
        socks.append(in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        socks[n].bind(("192.0.2.%d" % (100 + n), 5070))
    start = time.monotonic()
    for n in range(120):
        text = invitation(n, "192.0.2.%d" % (100 + n // 4), A.server, A.server)
        socks[n // 4].sendto(text.replace(b"INVITE", b"OPTIONS"), (A.server, 5060))
    check(options(B.ns, B.ip, B.server), "a next hop gets no answer")
    took = time.monotonic() - start
    gate = {}
    for _ in range(200):
        gate = next(g for g in ask("status")["sip"]["gates"] if g["realm"] == "access")
        if gate["passed"] + gate["crowd"] + gate["rate"] >= 120:
            break
        time.sleep(0.02)
    for sock in socks:
        sock.close()
    check(not gate["rate"] and 40 <= gate["passed"] <= 42 + 20 * took and
          gate["crowd"] == 120 - gate["passed"], took, gate)


def named_peer():
    """Whom the acl allows by its whole address is no stranger."""
    for ip, want in (("192.0.2.66", 10), ("192.0.2.100", 4)):
        sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        good = 0
        with sock:
            sock.bind((ip, 5070))
            sock.settimeout(1)
            for n in range(10):
                text = invitation(n, ip, A.server, A.server).replace(b"INVITE", b"OPTIONS")
                sock.sendto(text, (A.server, 5060))
            try:
                while True:
                    good += sock.recv(65535).split()[1] == b"200"
            except socket.timeout:
                pass
        check(good == want, ip, "gets", good, "answers; expected", want)


def reload():
    """P17: SIGHUP reads the file again; a bad one changes nothing, calls go on."""
    path, pid = os.environ["CONFIG"], int(os.environ["AGENT_PID"])
    with open(path, encoding="utf-8") as f:
        good = f.read()
    up()

    def again(text, want):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.kill(pid, signal.SIGHUP)
        for _ in range(200):
            if ask("status")["counters"]["reloads"] == want:
                return
            time.sleep(0.02)
        raise Failed("reloads: %d; expected %d" % (ask("status")["counters"]["reloads"], want))

    again(good.replace("user-suffix: \"00\"", "user-suffix: \"99\""), 1)
    check(len(ask("calls")) == 1, "the call is gone")
    ends()
    A.invite(sdp(A.ip))
    A.refused(404)
    again(good + "nonsense: 1\n", 1)
    again(good.replace("32999", "32997"), 1)
    again(good, 2)
    drain()
    up()
    ends()


def listens(port, stream=False):
    """Is an OPTIONS answered there?"""
    kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
    with in_ns(A.ns, lambda: socket.socket(socket.AF_INET, kind)) as sock:
        sock.settimeout(20)
        try:
            sock.bind((A.ip, 0))
            sock.connect((A.server, port))
            sock.send(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s:%d;branch=z9hG4bK%s;rport\r\n"
                       "From: <sip:x@x>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: o%s\r\nCSeq: 1 OPTIONS\r\n"
                       "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                       (A.server, "TCP" if stream else "UDP", *sock.getsockname(),
                        os.urandom(6).hex(), A.server, os.urandom(6).hex())).encode())
            return b" 200 " in sock.recv(65535)
        except ConnectionRefusedError:
            return False


def listeners():
    """A reload opens and closes listeners; who is at another one notices nothing."""
    path = os.environ["CONFIG"]
    with open(path, encoding="utf-8") as f:
        good = f.read()

    def again(text, sentence=None):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        p = subprocess.run(["rtplane", "--json", "--socket", os.environ["CTL"], "reload"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        said = p.stderr.decode()
        check(sentence in said if sentence else not p.returncode, "it is told", said)

    up()
    check(listens(5070) and not listens(5071) and listens(5060, True), "as it began")
    again(good.replace("[5070]", "[5071, 5072]"))
    check(listens(5071) and listens(5072) and not listens(5070), "5071 and 5072 for 5070")
    check(len(ask("calls")) == 1, "the call is gone")
    again(good)
    check(listens(5070) and not listens(5071) and not listens(5072), "and back")
    with in_ns(os.environ["M"], lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind((A.server, 5072))
        again(good.replace("[5070]", "[5071, 5072]"), "5072")
        check(listens(5070) and not listens(5071), "something has changed")
    more = good.replace("- {transport: tcp}", "- {transport: tcp}\n      - {transport: tcp, port: 5081}", 1)
    again(more)
    check(listens(5081, True), "by TCP")
    again(more.replace("tcp, port: 5081", "ws, port: 5081"), "cannot become another")
    check(listens(5081, True), "still by TCP")
    again(good)
    check(not listens(5081, True) and listens(5060, True), "no more by TCP")
    ends()


def reload_told():
    """`rtplane reload` says what changed, or why nothing did."""
    path = os.environ["CONFIG"]
    with open(path, encoding="utf-8") as f:
        good = f.read()

    def again(text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        p = subprocess.run(["rtplane", "--json", "--socket", os.environ["CTL"], "reload"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if p.returncode:
            check(p.returncode == 1 and not p.stdout, "status", p.returncode, p.stdout)
            return p.stderr.decode()
        out = json.loads(p.stdout)
        check(out["kept"] == [], out)
        return sorted(c.get("realm", "") + ":" + c["key"] for c in out["changed"])

    edits = (
        ([], []),
        ([("log: info", "log: debug"), ('suffix: "00"', 'suffix: "99"')], [":log", ":routes"]),
        ([("192.0.2.0/24", "192.0.2.0/25")], ["access:acl"]),
        ([("5070", "5071")], ["access:sip"]),
        ([("quarantine: 0", "quarantine: 0\ndrain: 7\nhistory: 3\nanswer-timeout: 9\norphan-timeout: 9\n"
           "media-timeout: 9\nhold-timeout: 9\nchange-timeout: 9\n"
           "ng-calls: 9\nng-bandwidth: 9\nng-rate: 9\nng-delete-delay: 9")],
         [":answer-timeout", ":change-timeout", ":drain", ":history", ":hold-timeout",
          ":media-timeout", ":ng-bandwidth", ":ng-calls", ":ng-delete-delay", ":ng-rate", ":orphan-timeout"]),
        ([("latch: {mode: restricted}", "latch: {mode: learn, probation: 5, nat: source}\n    trust: yes\n"
           "    per-source: {calls: 7}\n    limits: {packets: 99}\n    dscp: {audio: 40}"),
          ("srtp: {policy: allow}", "srtp: {policy: refuse}")],
         ["access:dscp", "access:latch", "access:latch.nat", "access:limits", "access:per-source",
          "access:srtp", "access:trust"]),
    )
    for edit, want in edits:
        text = good
        for a, b in edit:
            check(a in text, a, "is not in the configuration")
            text = text.replace(a, b, 1)
        got = again(text)
        check(got == want, "there:", got, "expected", want)
        got = again(good)
        check(got == want, "and back:", got, "expected", want)
    refused = (
        ("32999", "32997", "realm access: ports cannot change"),
        ("{mode: restricted}", "{nat: off}", "realm access: latch.nat cannot change"),
        ("{nat: off}", "{nat: learn}", "realm core: latch.nat cannot change"),
        ("[ma]", "[ma, lo]", "realm access: devices cannot change"),
        ("quarantine: 0", "quarantine: 1", "quarantine cannot change"),
        ("quarantine: 0", "quarantine: 0\nworkers: 3", "workers cannot change"),
        ("name: access", "name: other", "no realm"),
        ("quarantine: 0", "quarantine: x", "quarantine: "),
    )
    before = ask("status")["counters"]["reloads"]
    for a, b, want in refused:
        check(a in good, a, "is not in the configuration")
        got = again(good.replace(a, b, 1))
        check(isinstance(got, str) and want in got, "it is told", got, "expected", want)
    check(ask("status")["counters"]["reloads"] == before, "a refused one is counted")
    check(again(good) == [], "something was changed by what was refused")
    up()
    ends()


def keep_alives():
    """Field 38: CRLFs before and between messages, in one segment; a double one is answered."""
    sock = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    with sock:
        sock.bind((A.ip, 0))
        sock.settimeout(5)
        sock.connect((A.server, 5060))
        text = ("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s:5060;branch=z9hG4bKk%%d\r\nFrom: <sip:o@x>;tag=1\r\n"
                "To: <sip:o@x>\r\nCall-ID: keep%%d\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                (A.server, A.ip))
        sock.sendall(("\r\n" + text % (1, 1) + "\r\n\r\n" + text % (2, 2)).encode())
        data = b""
        while data.count(b"SIP/2.0 200") < 2:
            got = sock.recv(65535)
            check(got, "the connection is closed", data)
            data += got
        check(options(A.ns, A.ip, A.server), "no answer")


if __name__ == "__main__":
    sys.exit(run(globals()))
