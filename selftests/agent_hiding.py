#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_hiding.py: nothing of one side is seen on the other.  A phone that registers, calls
and is called, and the switch behind; both put what tells of their networks wherever a message
has room for it, and every byte that comes to the one is searched for what is the other's.
agent_hiding.sh made the network; phones and registrar are those of agent_register.py.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import sys

from agent_events import accepts, noted, notifier, refreshed, subscriber
from agent_register import (ACCESS, AOR, CORE, PHONE, REGISTRAR, Failed, Phone, Registrar,
                            check, final, register, uri_of)
from agent_transfer import escaped, hangs_up, named, up


class Side:
    """
    What a side shows of itself, and what comes to it.  @marks: what only this side may see.
    """

    def __init__(self, end, name, *marks):
        self.end, self.name, self.heard = end, name, b""
        self.marks = [m.encode() for m in marks] + [
            b"%s.example" % name, b"%s-product" % name, b"%s-org" % name]
        self.send, self.datagram = end.send, end.datagram
        end.send, end.datagram = self.say, self.hear

    def extras(self, request):
        ip, net = self.end.ip, self.name.decode() + ".example"
        lines = ["Record-Route: <sip:rr.%s;lr>" % net, "Organization: %s-org" % self.name.decode(),
                 "Warning: 399 %s \"%s\"" % (net, ip), "X-Way: by %s and gw.%s" % (ip, net),
                 "Call-Info: <http://%s/photo>" % ip, "Reply-To: <sip:me@%s>" % ip,
                 "Alert-Info: <http://%s/ring>" % ip, "Error-Info: <http://rr.%s/e>" % net,
                 "Reason: Q.850;cause=16;text=\"at %s\"" % ip,
                 "P-Asserted-Identity: <sip:me@%s>" % ip,
                 "Remote-Party-ID: <sip:me@%s>;party=calling" % ip,
                 "History-Info: <sip:me@%s>;index=1" % ip, "Server: %s-product" % self.name.decode(),
                 "User-Agent: %s-product" % self.name.decode(),
                 "In-Reply-To: x@%s" % ip, "P-Visited-Network-ID: %s" % net]
        if request:
            lines.append("Via: SIP/2.0/UDP gw.%s;branch=z9hG4bK%s" % (net, os.urandom(4).hex()))
        return "".join(line + "\r\n" for line in lines)

    def say(self, text, to=None):
        request = not text.startswith("SIP/2.0") and not text.startswith("ACK")
        at = text.index("Content-Length:")
        self.send(text[:at] + self.extras(request) + text[at:], to)

    def hear(self):
        data, source = self.datagram()
        self.heard += data
        return data, source

    def sdp(self):
        ip, net = self.end.ip, self.name.decode() + ".example"
        return ("v=0\r\no=%s-product 1 1 IN IP4 host.%s\r\ns=call at %s\r\ni=host.%s\r\n"
                "c=IN IP4 %s\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\na=ssrc:7 cname:me@%s\r\n"
                "a=rtcp:7001 IN IP4 %s\r\na=candidate:1 1 udp 1 %s 7000 typ host\r\n"
                "a=x-host:%s:7000\r\na=x-kept:1\r\n" % (self.name.decode(), net, ip, net, *[ip] * 5))


def parts(side, sdp):
    """A multipart: a description, and where the caller is (RFC 6442), or a list of URIs."""
    ip = side.end.ip
    return ("--b1\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b1\r\n"
            "Content-Type: application/pidf+xml\r\nContent-ID: <x@%s>\r\n\r\n"
            "<presence entity='pres:me@%s'><contact>sip:me@%s:5060</contact></presence>\r\n--b1--\r\n" %
            (sdp, "gw.%s.example" % side.name.decode(), ip, ip))


def decoy(side, sdp):
    """One whose boundary has our address in it: a line with the caller's would be a delimiter, too."""
    return ("--x/%s\r\nContent-Type: text/plain\r\n\r\n\r\n"
            "--x/%s\r\nContent-Type: application/sdp\r\n\r\n%s\r\n"
            "--x/%s\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--x/%s--\r\n" %
            (CORE, side.end.ip, sdp.replace("c=IN IP4 " + side.end.ip, "c=IN IP4 203.0.113.66"),
             CORE, sdp, CORE))


def multiparts(side, sdp):
    """Content-Type and text of multiparts, and whether what stands beside the description may pass."""
    mine = "x=" + side.end.ip
    return (("b1", parts(side, sdp), True), ("x/" + CORE, decoy(side, sdp), False),
            ("b1", parts(side, sdp).replace("--b1--", "--b1\r\nContent-Type: Application/SDP ;x=y\r\n"
                                            "Content-Disposition: early-session\r\n\r\n%s\r\n--b1--" % sdp), False),
            (mine, parts(side, sdp).replace("b1", mine), False))


def presence(side, call_id):
    """What presence and lamps are told by: each has addresses and names of where they come from."""
    ip, net = side.end.ip, side.name.decode() + ".example"
    return ("<presence entity=\"pres:me@%s\"><contact>sip:me@%s:5060;maddr=gw.%s</contact></presence>"
            "<dialog-info entity=\"sip:me@%s\"><dialog id=\"1\" call-id=\"%s\" local-tag=\"l\" "
            "remote-tag=\"r\"><local><target uri=\"sip:%s:5060\"/></local></dialog></dialog-info>" %
            (ip, ip, net, ip, call_id, ip))


def searched(side, other, *more):
    """No byte of the other's came to this side."""
    low = side.heard.lower()
    for mark in other.marks + [m.encode() for m in more]:
        at = low.find(mark.lower())
        line = side.heard[side.heard.rfind(b"\n", 0, at) + 1:side.heard.find(b"\n", at)]
        check(at < 0, side.name, "sees", mark, "in", line)


def head(who, tag, call_id, to, frm=None):
    return ["From: <sip:%s>;tag=%s" % (frm or "bob@example.com", tag), "To: " + to,
            "Call-ID: " + call_id, "Contact: <sip:me@%s:%d>" % (who.ip, who.port)]


def transaction(who, other, method, uri, head, cseq, status=200, *headers, body="", reply=""):
    """A request in a call and its answer; what the other got."""
    who.request(method, uri, *head, cseq=cseq, body=body)
    m = other.receive()
    check(m.method == method, other.ip, "gets", m.first)
    other.reply(m, status, "Contact: <sip:me@%s:%d>" % (other.ip, other.port), *headers, body=reply)
    ok = final(who)
    check(ok.status == status, method, "got", ok.first)
    return m, ok


def calls(a, b):
    """The phone calls: early media, a change from behind, INFO, and its end."""
    phone, switch = a.end, b.end
    call_id = "call-of-%s@%s" % (os.urandom(4).hex(), phone.ip)
    h = head(phone, "pt", call_id, "<sip:bob@example.com>", "alice@" + phone.ip)
    phone.request("INVITE", "sip:bob@example.com", *h, body=parts(a, a.sdp()),
                  kind="multipart/mixed;boundary=b1")
    m = switch.receive()
    check("<contact>sip:me@%s" % CORE in m.body, m.body)
    check(m.method == "INVITE" and "a=x-kept:1" in m.body, m.first, m.body)
    contact = "Contact: <sip:me@%s:5060>" % switch.ip
    switch.reply(m, 180, contact)
    switch.reply(m, 183, contact, body=b.sdp())
    switch.reply(m, 200, contact, body=b.sdp())
    ok = final(phone)
    check(ok.status == 200 and "a=x-kept:1" in ok.body, ok.first, ok.body)
    h[1] = "To: " + ok["to"]
    phone.request("ACK", uri_of(ok), *h)
    ack = switch.receive()
    check(ack.method == "ACK", ack.first)
    back = ["From: " + ack["to"], "To: " + ack["from"], "Call-ID: " + ack["call-id"], contact]
    _, ok2 = transaction(switch, phone, "INVITE", uri_of(m), back, 7, body=b.sdp(), reply=a.sdp())
    switch.request("ACK", uri_of(ok2), *back, cseq=7)
    check(phone.receive().method == "ACK", "the change is acknowledged")
    phone.request("INFO", uri_of(ok), *h, "Content-ID: <i@%s>" % phone.ip, cseq=2,
                  body=parts(a, ""), kind='multipart/related;boundary=b1;start="<x@%s>"' % phone.ip)
    m2 = switch.receive()
    check(m2["content-id"] == "<i@%s>" % CORE and 'boundary=b1;start="<x@%s>"' % CORE in m2["content-type"], m2.all)
    switch.reply(m2, 200)
    check(final(phone).status == 200, "the INFO")
    for cseq, (boundary, text, beside) in enumerate(multiparts(a, a.sdp()), 4):
        phone.request("INVITE", uri_of(ok), *h, cseq=cseq, body=text,
                      kind='multipart/mixed;boundary="%s"' % boundary)
        m2 = switch.receive()
        check(m2.method == "INVITE" and "\r\na=x-kept:1\r\n" in m2.body, m2.first, m2.body)
        check(("<contact>sip:me@" in m2.body) == beside and "203.0.113.66" not in m2.body, m2.body)
        check(m2["content-type"].startswith("multipart" if beside else "application/sdp"), m2.all)
        switch.reply(m2, 200, contact, body=b.sdp())
        check(final(phone).status == 200, "a change with parts")
        phone.request("ACK", uri_of(ok), *h, cseq=cseq)
        check(switch.receive().method == "ACK", "that is acknowledged")
    transaction(switch, phone, "UPDATE", uri_of(m), back, 8)
    transaction(phone, switch, "BYE", uri_of(ok), h, cseq + 1)
    return call_id, m["call-id"]


def is_called(a, b, uri):
    """The switch calls: refused; and given up."""
    phone, switch = a.end, b.end
    for status in 486, 487:
        call_id = "ring-%d-%s@%s" % (status, os.urandom(4).hex(), switch.ip)
        h = head(switch, "st", call_id, "<%s>" % uri, "pbx@" + switch.ip)
        switch.request("INVITE", uri, *h, body=b.sdp())
        m = phone.receive()
        check(m.method == "INVITE", m.first)
        phone.reply(m, 180, "Contact: <%s>" % phone.contact)
        while True:
            ring = switch.receive()
            if ring.status == 180:
                break
        if status == 487:
            switch.send("CANCEL %s SIP/2.0\r\nVia: %s\r\n%s\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 70\r\n"
                        "Content-Length: 0\r\n\r\n" % (uri, ring["via"], "\r\n".join(h[:3])))
            cancel = phone.receive()
            check(cancel.method == "CANCEL", cancel.first)
            phone.reply(cancel, 200)
            check(final(switch)["cseq"] == "1 CANCEL", "the CANCEL is answered")
        phone.reply(m, status)
        check(phone.receive().method == "ACK", "the refusal is acknowledged")
        no = final(switch)
        check(no.status == status, no.first)
        switch.send("ACK %s SIP/2.0\r\nVia: %s\r\n%s\r\nTo: %s\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\n"
                    "Content-Length: 0\r\n\r\n" % (uri, no["via"], "\r\n".join([h[0], h[2]]), no["to"]))


def notes(a, b, uri):
    """What waits for the phone: its account leads to us; and a text."""
    phone, switch = a.end, b.end
    body = "Messages-Waiting: yes\r\nMessage-Account: sip:vm@%s:5060\r\n" % switch.ip
    for method, kind, text in (("NOTIFY", "application/simple-message-summary", body),
                               ("MESSAGE", "text/plain", "hello")):
        more = ["Event: message-summary", "Subscription-State: active"] if method == "NOTIFY" else []
        switch.send("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"
                    "From: <sip:pbx@%s>;tag=note-tag\r\nTo: <%s>\r\nCall-ID: note-%s@%s\r\nCSeq: 9 %s\r\n%s"
                    "Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
                        method, uri, switch.ip, os.urandom(6).hex(), switch.ip, uri, method,
                        switch.ip, method, "".join(m + "\r\n" for m in more), kind, len(text), text))
        m = phone.receive()
        check(m.method == method, m.first)
        if method == "NOTIFY":
            check("Message-Account: sip:vm@%s:5060" % ACCESS in m.body, m.body)
        phone.reply(m, 200)
        check(final(switch).status == 200, "the phone's answer")


def events(a, b, uri):
    """Subscriptions: the phone's, which has two notifiers, and one at the phone; and PUBLISH."""
    phone, switch = a.end, b.end
    ids = []
    for who, other, at, frm in ((phone, switch, "sip:bob@example.com", "<sip:alice@%s>" % phone.ip),
                                (switch, phone, uri, "<sip:pbx@%s>" % switch.ip)):
        s = subscriber(who, at, frm)
        s.subscribe()
        m = other.receive()
        check(m.method == "SUBSCRIBE", m.first)
        n = notifier(other, m, "n")
        accepts(n, m)
        ok = final(who)
        check(ok.status == 200, ok.first)
        s.remote, s.target = ok["to"], uri_of(ok)
        noted(n, s)
        if who is phone:
            noted(notifier(other, m, "fork"), s)
        refreshed(s, n, status=500)
        refreshed(s, n, 0)
        noted(n, s, "terminated;reason=timeout", status=481)
        ids += [s.call_id, n.call_id]
    s = subscriber(phone)
    s.event = ["Event: presence"]
    s.subscribe()
    m = switch.receive()
    n = notifier(switch, m, "p")
    n.event = s.event
    accepts(n, m)
    final(phone)
    n.notify("active", presence(b, n.call_id + "@" + switch.ip))
    m = phone.receive()
    check(m.method == "NOTIFY" and "<contact>sip:me@" + ACCESS in m.body, m.body)
    phone.reply(m, 200)
    check(final(switch).status == 200, "the NOTIFY of presence")
    p = subscriber(phone)
    phone.request("PUBLISH", p.target, "From: " + p.local, "To: " + p.remote, "Call-ID: " + p.call_id,
                  "Event: presence", "Contact: <sip:me@%s>" % phone.ip, kind="application/pidf+xml",
                  body="<contact>sip:me@%s:5060</contact>" % phone.ip)
    m = switch.receive()
    check(m.method == "PUBLISH", m.first)
    switch.reply(m, 412, "Contact: <sip:me@%s>" % switch.ip)
    check(final(phone).status == 412, "the PUBLISH is answered")
    return ids[0], ids[1], ids[2], ids[3], p.call_id


def transfers(a, b):
    """The phone sends its call on, blind and to another of its calls; and so does the switch."""
    phone, switch = a.end, b.end
    p1, r1 = up(phone, switch)
    p2, r2 = up(phone, switch)
    ids = [p2.call_id, r2.call_id]
    for p, r in ((p1, r1), (r1, p1)):
        to = ["<sip:carol@%s:5060>" % p.who.ip]
        if p is p1:
            to.append("<%s?Replaces=%s>" % (p2.target, escaped(named(p2))))
        for to in to:
            p.request("REFER", "Refer-To: " + to, "Referred-By: <sip:me@%s>" % p.who.ip)
            m = r.who.receive()
            check(m.method == "REFER" and "refer-to" in m.headers, m.first)
            r.who.reply(m, 202, "Contact: <%s>" % r.contact)
            check(final(p.who).status == 202, "the REFER")
        r.request("NOTIFY", "Event: refer", "Subscription-State: terminated", kind="message/sipfrag",
                  body="SIP/2.0 503 At %s\r\nContact: <sip:me@%s>\r\n" % (r.who.ip, r.who.ip))
        m = p.who.receive()
        check(m.method == "NOTIFY", m.first)
        p.who.reply(m, 200)
        check(final(r.who).status == 200, "the NOTIFY")
    hangs_up(p1, r1)
    hangs_up(p2, r2)
    return ids


def hiding():
    a = Side(Phone(), b"access", PHONE, ACCESS, "AccessPhone")
    b = Side(Registrar(), b"core", REGISTRAR, CORE, "198.51.100.77")
    phone, registrar = a.end, b.end
    phone.more = ["Supported: path, outbound", "Path: <sip:edge.access.example;lr>"]
    got, _ = register(phone, registrar, "Service-Route: <sip:s.core.example;lr>",
                      "P-Associated-URI: <sip:alice@core.example>")
    phone.register()                    # answered here
    phone.answer(200)
    token = uri_of(got)[4:30]
    theirs, ours = calls(a, b)
    is_called(a, b, uri_of(got))
    notes(a, b, uri_of(got))
    mine, known, yours, seen, published = events(a, b, uri_of(got))
    called, callers = transfers(a, b)
    phone.register(expires=0)
    registrar.grants()
    phone.answer(200)
    check(AOR.encode() in b.heard, "the switch knows who it is")
    searched(a, b, token, ours, "note-tag", "pbx@" + REGISTRAR, known, yours, callers)
    searched(b, a, theirs, phone.call_id, mine, seen, published, called)


if __name__ == "__main__":
    try:
        hiding()
    except Failed as why:
        print(why)
        sys.exit(1)
