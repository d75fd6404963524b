#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_kills.py NAME: one way to kill or hang the agent, by a caller or a callee who
means it, in all its variants; after each the agent must answer OPTIONS, hold no more
memory than a call needs and use no processor.  agent_kills.sh made the network.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import socket
import sys
import time

from agent_srtp import A, B, Failed, Party, check, in_ns, sdp

PID = int(os.environ["AGENT_PID"])
TICK = os.sysconf("SC_CLK_TCK")
MEMORY_MAX = 64 << 20   # what one attack may cost; sanitizers take some


def rss():
    with open("/proc/%d/statm" % PID, encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu():
    with open("/proc/%d/stat" % PID, encoding="ascii") as f:
        words = f.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def options(ns, ip, server):
    """An OPTIONS by a socket of its own is answered."""
    sock = in_ns(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with sock:
        sock.bind((ip, 0))
        sock.settimeout(0.5)
        branch = "z9hG4bK" + os.urandom(6).hex()
        text = ("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;rport;branch=%s\r\n"
                "From: <sip:o@x>;tag=1\r\nTo: <sip:o@x>\r\nCall-ID: %s\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                (server, ip, sock.getsockname()[1], branch, branch))
        for _ in range(16):
            sock.sendto(text.encode(), (server, 5060))
            try:
                return b"SIP/2.0 200" in sock.recv(65535)
            except socket.timeout:
                pass
    return False


class Alive:
    """After the block the agent is as well as before it."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.memory = rss()

    def __exit__(self, kind, value, trace):
        if kind is not None and kind is not Failed:
            return
        why = str(value or "")
        check(os.path.exists("/proc/%d/statm" % PID), self.name, "killed the agent", why)
        for who in (A, B):
            check(options(who.ns, who.ip, who.server), self.name,
                  "leaves the agent without an answer to OPTIONS", why)
        begin, at = cpu(), time.monotonic()
        time.sleep(0.1)     # a span to measure over, not a wait
        busy = (cpu() - begin) / (time.monotonic() - at)
        check(busy < 0.5, self.name, "leaves the agent busy: %.2f of a processor" % busy)
        check(rss() - self.memory < MEMORY_MAX, self.name, "took memory:",
              rss() - self.memory)


def receive(self, theirs=Party.receive):
    """The next message of this call; what former ones still want is answered."""
    while True:
        m = theirs(self)
        if m["call-id"] == self.call_id or m.method == "INVITE":
            return m
        if m.method and m.method != "ACK":
            self.reply(m, 200)


Party.receive = receive


def raw(who, text):
    who.sock.sendto(text.encode("latin-1"), (who.server, 5060))


def drain():
    """Whatever is still on its way to the parties is no answer to what comes: the
    agent, whose one thread has answered an OPTIONS, has sent it before."""
    for who in (A, B):
        check(options(who.ns, who.ip, who.server), "no answer to OPTIONS")
        who.sock.setblocking(False)
        try:
            while True:
                who.sock.recv(65535)
        except BlockingIOError:
            pass
        who.sock.settimeout(10)
        who.begin()


def final(who):
    """The INVITE's final status, acknowledged."""
    branch, target = who.branch, who.target
    while True:
        m = who.receive()
        if m.status >= 200 and m["cseq"].endswith("INVITE"):
            break
    who.them = m["to"]
    who.target = target
    who.request("ACK", "", who.last_invite, branch if m.status >= 300 else None)
    return m.status


def hang_up():
    """By the caller; the callee may hear of it or not."""
    A.request("BYE")
    drain()


# -------------------------------------------------------- K1: m= that never ends

M_LINES = [
    "m=audio 7000/2/3 RTP//AVP 0", "m=audio 7000/ RTP/AVP 0", "m=audio 7000// RTP/AVP 0",
    "m=audio 7000/2/ RTP/AVP 0", "m=audio /2 RTP/AVP 0", "m=audio 7000/2/3 RTP/AVP 0",
    "m=audio 7000 RTP//AVP 0", "m=audio 7000 /RTP/AVP 0", "m=audio 7000 RTP/AVP/ 0",
    "m=audio 7000 RTP/AVP /", "m=audio 7000 RTP/AVP 0/8", "m=audio 7000 RTP/AVP 0 /AVP",
    "m=audio 7000 RTP/AVP \"", "m=audio 7000 RTP/AVP 0 [", "m=audio  7000/2/3 /  0 /",
    "m=audio7000/2/3 RTP//AVP 0", "m=audio\t7000/2/3\tRTP//AVP 0", "m=audio 7000/2/3RTP//AVP 0",
    "m=udptl 1.2.3.4/127/3 128", "m=image 7000/2/3 udptl//x t38", "m=audio 99999999999999/9 RTP/AVP 0",
    "m=audio 0/2/3 RTP//AVP 0", "m=audio 7000 RTP/AVP", "m=audio 7000 RTP", "m=", "m= ", "m=/",
]


def bodies():
    for line in M_LINES:
        yield sdp(A.ip, more=[line])
        yield sdp(A.ip).replace("m=audio 7000 RTP/AVP 0", line)


def endless_offer():
    """In the INVITE's offer."""
    for body in bodies():
        with Alive(repr(body.split("\r\n")[5:])):
            A.invite(body)
            while True:
                m = A.receive()
                if m.status == 100:
                    # an offer that it takes goes to B, who refuses it
                    B.sock.settimeout(0.3)
                    try:
                        got = B.wait("INVITE")
                        B.reply(got, 488)
                        B.wait("ACK")
                    except Failed:
                        pass
                    B.sock.settimeout(10)
                elif m.status >= 200:
                    break
            A.request("ACK", "", A.last_invite, A.branch)
        drain()


def endless_answer():
    """In a 183, a 200, an ACK, a re-INVITE and an UPDATE."""
    for body in (sdp(B.ip, more=[M_LINES[0]]),
                 sdp(B.ip).replace("m=audio 7000 RTP/AVP 0", M_LINES[0])):
        for status in (183, 200):
            with Alive("an answer in a %d" % status):
                A.invite(sdp(A.ip))
                m = B.wait("INVITE")
                B.reply(m, status, body)
                if status < 200:
                    B.reply(m, 486)
                final(A)
            drain()
        with Alive("an answer in the ACK"):
            A.invite()
            B.reply(B.wait("INVITE"), 200, sdp(B.ip))
            A.response(200)
            A.ack(body)
        drain()
        for method in ("INVITE", "UPDATE"):
            with Alive("an offer in a second " + method):
                A.invite(sdp(A.ip))
                B.reply(B.wait("INVITE"), 200, sdp(B.ip))
                A.response(200)
                A.ack()
                B.wait("ACK")
                A.request(method, body)
                branch = A.branch
                while A.receive().status < 200:
                    pass
                if method == "INVITE":
                    A.request("ACK", "", A.cseq, branch)
            hang_up()


# ------------------------------------------------- K2: a Contact without a host

CONTACTS = ["*", "<tel:+123>", "<sip\x0fx@1.2.3.4>", "<sip:>", "<sip:x@>", "<sip:@>", "<>", "",
            "<urn:x:y>", "<mailto:x@example.com>", "<sip:x@:5060>", "<sips:>", "<sip:;lr>",
            "tel:+123", "<http://example.com/>", "\"", "<sip:x@1.2.3.4", "<sip:x@[1.2.3.4]>",
            "<sip:x@[]>", "<sip:x@1.2.3.4:999999>", "<sip:%@%>", "sip", "<sip:x@1.2.3.4>,*"]


def with_contact(who, contact):
    """who's messages say this; a list of it is a header each."""
    send = type(who).send

    def edited(first, headers, body=""):
        us, who.us = who.us, contact
        try:
            send(who, first, headers, body)
        finally:
            who.us = us
    who.send = edited


def no_host_offer():
    """In an INVITE: refused with 400."""
    for contact in CONTACTS:
        with Alive("INVITE with Contact: %r" % contact):
            with_contact(A, contact)
            A.invite(sdp(A.ip))
            # what cannot be parsed at all may go unanswered
            A.sock.settimeout(0.5 if contact not in CONTACTS[:3] else 5)
            try:
                m = A.receive()
                check(m.status == 400 or contact not in CONTACTS[:3],
                      "Contact %r is answered with" % contact, m.first)
                if m.status == 100:     # it can be read somehow
                    B.reply(B.wait("INVITE"), 488)
                    final(A)
                else:
                    A.request("ACK", "", A.last_invite, A.branch)
            except Failed as e:
                if contact in CONTACTS[:3] or "waits" not in str(e):
                    raise
        del A.send
        drain()


def no_host_answer():
    """In a 200: the caller gets an answer, the call ends when it hangs up."""
    for contact in CONTACTS:
        with Alive("200 with Contact: %r" % contact):
            A.invite(sdp(A.ip))
            m = B.wait("INVITE")
            with_contact(B, contact)
            B.reply(m, 200, sdp(B.ip))
            del B.send
            A.sock.settimeout(0.5)
            try:
                if final(A) == 200:
                    A.request("BYE")
            except Failed:      # a 200 that cannot be parsed at all
                B.reply(m, 500)
                A.sock.settimeout(5)
                final(A)
        drain()


def no_host_refresh():
    """In a re-INVITE and an UPDATE; then the other party hangs up."""
    for contact in CONTACTS:
        for method in ("INVITE", "UPDATE"):
            with Alive("second %s with Contact: %r" % (method, contact)):
                A.invite(sdp(A.ip))
                B.reply(B.wait("INVITE"), 200, sdp(B.ip))
                A.response(200)
                A.ack()
                B.wait("ACK")
                with_contact(A, contact)
                A.request(method, sdp(A.ip))
                branch, cseq = A.branch, A.cseq
                A.sock.settimeout(0.3)
                try:
                    while A.receive().status < 200:
                        pass
                except Failed:
                    pass
                del A.send
                A.sock.settimeout(10)
                if method == "INVITE":
                    A.request("ACK", "", cseq, branch)
                B.request("BYE")
            A.request("BYE")
            drain()


# ------------------------------------------------ K3, E4: Via with maddr, and ACK

def maddr():
    """Refused at once, and the ACK of the same branch right behind."""
    for where in ("255.255.255.255", "127.0.0.1", "0.0.0.0", "224.0.0.1", "[::1]", "x.invalid",
                  "198.51.100.1", ""):
        for n in range(3):
            branch = "z9hG4bKmaddr%s%d" % (os.urandom(4).hex(), n)
            head = ("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;maddr=%s\r\n"
                    "From: <sip:a@192.0.2.1>;tag=a\r\nTo: <sip:77@192.0.2.254>%s\r\n"
                    "Call-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:a@192.0.2.1>\r\n"
                    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
            with Alive("Via with maddr=" + where):
                for method, tag in (("INVITE", ""), ("ACK", ""), ("ACK", ";tag=x")):
                    raw(A, "%s sip:77@192.0.2.254 SIP/2.0\r\n" % method +
                        head % (branch, where, tag, branch, method))
                B.sock.setblocking(False)
                try:
                    check(not B.sock.recv(65535), "maddr=%s sends the answer elsewhere" % where)
                except BlockingIOError:
                    pass
                B.sock.settimeout(10)
        drain()


# --------------------------------- K4: the answer to a CANCEL that was not sent

def early_200_to_cancel():
    """No provisional answer, the caller cancels, the callee answers the CANCEL."""
    for order in ("cancel", "cancel invite", "invite cancel", "late 100", "cancel cancel"):
        with Alive("200 to a CANCEL that was held back: " + order):
            A.invite(sdp(A.ip))
            m = B.wait("INVITE")
            A.response(100)
            branch = A.branch
            A.request("CANCEL", "", A.last_invite, branch)
            check(final(A) == 487, "the cancelled INVITE")
            fake = dict(m.headers)
            number = fake["cseq"].split()[0]

            def answer(method, status, tag=";tag=b"):
                raw(B, "SIP/2.0 %d It\r\n" % status +
                    "".join("Via: %s\r\n" % v for n, v in m.all if n.lower() == "via") +
                    "From: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s %s\r\n"
                    "Contact: <sip:b@198.51.100.1>\r\nContent-Length: 0\r\n\r\n" %
                    (fake["from"], fake["to"], tag, fake["call-id"], number, method))

            for word in order.split():
                if word == "cancel":
                    answer("CANCEL", 200)
                elif word == "invite":
                    answer("INVITE", 487)
                elif word == "late":
                    answer("CANCEL", 200)
                    answer("INVITE", 100, "")
            answer("INVITE", 487)
        drain()


# ----------------------------------------------- K5: names that strangers choose

def names():
    """Nobody's name is looked up: the network has no name server."""
    for header in ("Contact: <sip:me@phone.example>", "Contact: <sip:me@192.0.2.1;maddr=x.example>",
                   "Contact: <sip:me@phone.example;transport=tcp>",
                   "Record-Route: <sip:proxy.example;lr>",
                   "Record-Route: <sip:192.0.2.1;maddr=proxy.example;lr>"):
        for method in ("INVITE", "BYE"):
            with Alive("%s, then the other side's %s" % (header, method)):
                send = type(A).send

                def edited(first, headers, body=""):
                    if header.startswith("Contact"):
                        us, A.us = A.us, header.partition(": ")[2]
                        send(A, first, headers, body)
                        A.us = us
                    else:
                        send(A, first, headers + [header], body)
                A.send = edited
                A.invite(sdp(A.ip))
                B.reply(B.wait("INVITE"), 200, sdp(B.ip))
                A.response(200)
                A.ack()
                del A.send
                B.wait("ACK")
                B.request(method, sdp(B.ip) if method == "INVITE" else "")
                m = A.wait(method)      # it went where A's message came from
                A.reply(m, 488 if method == "INVITE" else 200)
            A.request("BYE")
            drain()


def names_of_the_callee():
    """Neither is the callee's."""
    for header in ("Contact: <sip:me@phone.example>", "Record-Route: <sip:proxy.example;lr>"):
        with Alive(header + " in the 200"):
            A.invite(sdp(A.ip))
            m = B.wait("INVITE")
            if header.startswith("Contact"):
                with_contact(B, header.partition(": ")[2])
                B.reply(m, 200, sdp(B.ip))
                del B.send
            else:
                send = type(B).send
                B.send = lambda first, headers, body="": send(B, first, headers + [header], body)
                B.reply(m, 200, sdp(B.ip))
                del B.send
            A.response(200)
            A.ack()
            B.wait("ACK")
            A.request("BYE")
            B.reply(B.wait("BYE"), 200)
            A.response(200)
        drain()


def run(functions):
    """The one that the command line names; returns the exit status."""
    try:
        functions[sys.argv[1]]()
    except Failed as e:
        print(e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(globals()))
