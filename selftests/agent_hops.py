#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_hops.py NAME: where calls go and how they end: targets of a next hop, TLS, silence.
agent_hops.sh made the network, names, certificates; the parties are played here
(agent_srtp.py).

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import re
import socket
import ssl
import sys
import time

from agent_edge import quiet, up
from agent_kills import drain, run
from agent_srtp import A, B, Failed, Message, Party, ask, check, in_ns, result, sdp

W = os.environ["W"]
C = Party("second", os.environ["B"], "198.51.100.2", B.server)


def calls(user):
    """A calls @user."""
    A.target = "sip:%s@%s:5060" % (user, A.server)
    A.them = "<%s>" % A.target
    A.invite(sdp(A.ip))


def answers(who, m=None):
    """@who answers the call, and it is ended."""
    m = m or who.wait("INVITE")
    who.reply(m, 200, sdp(who.ip))
    A.response(200)
    A.ack()
    who.wait("ACK")
    A.request("BYE")
    who.reply(who.wait("BYE"), 200)
    A.response(200)
    begin()


def begin():
    drain()
    C.begin()


# ------------------------------------------------------------- targets of a next hop

def refusing():
    """SRV's first target refuses (ICMP): the call goes to the second one."""
    calls("refusing")
    answers(B)


def unreachable():
    """Nobody has the first address: ARP finds nothing, and says so after 3 s."""
    calls("unreachable")
    answers(B)


def addresses():
    """A name with two addresses, the first of which refuses."""
    calls("addresses")
    m = B.wait("INVITE")
    check("addresses.example" in m.first, m.first)
    answers(B, m)


def closed():
    """The first target closes TCP; the second one takes it."""
    by_tcp("closed")


def by_tcp(user):
    """The second host's side of a call by TCP."""
    sock = in_ns(B.ns, socket.socket)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((C.ip, 5060))
        sock.listen()
        sock.settimeout(10)
        calls(user)
        who = Stream("second", B.ns, C.ip, C.server, "TCP", sock.accept()[0])
        with who.sock:
            answers(who)


def filtered():
    """The first target's TCP is dropped on the way: 3 s, and not again for the next call."""
    start = time.monotonic()
    by_tcp("filtered")
    check(time.monotonic() - start > 2.5, "it was not tried")
    start = time.monotonic()
    by_tcp("filtered")
    check(time.monotonic() - start < 2.5, "it was tried again")


def big():
    """P21: a big INVITE goes by TCP unless somebody says how, and by UDP if that fails; the
    next one at once."""
    for least, most in ((2.5, 9), (0, 2.5)):
        start = time.monotonic()
        A.target = "sip:4900@%s:5060" % A.server
        A.them = "<%s>" % A.target
        A.invite(sdp(A.ip, more=["a=x-pad:" + "x" * 70] * 20))
        m = B.wait("INVITE")
        took = time.monotonic() - start
        check(m["via"].startswith("SIP/2.0/UDP") and least <= took <= most, took, m["via"])
        answers(B, m)


def busy():
    """The first target is out of service (503): the second one is asked."""
    calls("busy")
    m = B.wait("INVITE")
    B.reply(m, 503)
    B.wait("ACK")
    again = C.wait("INVITE")
    check(again["call-id"] == m["call-id"] and again["from"] == m["from"] and
          int(again["cseq"].split()[0]) > int(m["cseq"].split()[0]), again.all)
    answers(C, again)


def no_for_an_answer():
    """What a target says about the call is the answer: no other one is asked."""
    for status in 486, 500, 603:
        calls("busy")
        m = B.wait("INVITE")
        B.reply(m, status)
        B.wait("ACK")
        A.refused(status)
        quiet(C)
        begin()
    calls("busy")       # it rings, so it is in service
    m = B.wait("INVITE")
    B.reply(m, 180)
    A.response(180)
    B.reply(m, 503)
    B.wait("ACK")
    A.refused(500)
    quiet(C)
    begin()


def none_left():
    """All targets refuse: 503, once."""
    calls("none")
    A.refused(503)
    quiet(B)
    begin()


# ------------------------------------------------------------------------------ TLS

class Stream(Party):
    """A party whose messages go by a connection."""

    def __init__(self, name, ns, ip, server, proto, sock):
        self.name, self.ns, self.ip, self.server = name, ns, ip, server
        self.proto, self.sock, self.data, self.seen = proto, sock, b"", set()
        self.sock.settimeout(10)
        self.begin()

    def send(self, first, headers, body=""):
        if not first.startswith("SIP/2.0"):
            headers = [h.replace("Via: SIP/2.0/UDP", "Via: SIP/2.0/" + self.proto) for h in headers]
        lines = [first] + headers + ["Contact: " + self.us, "Max-Forwards: 70"]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append("Content-Length: %d" % len(body))
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def receive(self):
        while True:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            length = re.search(rb"(?mi)^content-length: *(\d+)", head)
            if end and len(rest) >= int(length[1]):
                n = int(length[1])
                self.data = rest[n:]
                return Message(head + end + rest[:n])
            try:
                got = self.sock.recv(65535)
            except socket.timeout:
                raise Failed("%s waits for a message and gets none" % self.name) from None
            if not got:
                raise Failed("%s: the connection is closed" % self.name)
            self.data += got


def folder(name):
    return os.path.join(W, "tls", name)


def phone(own=None, trusts="ca"):
    """A connects by TLS, and checks who we are; with a certificate of its own."""
    ctx = ssl.create_default_context(cafile=folder(trusts + ".pem"))
    if own:
        ctx.load_cert_chain(folder(own + ".pem"))
    sock = in_ns(A.ns, socket.socket)
    sock.settimeout(10)
    sock.connect((A.server, 5061))
    try:
        return ctx.wrap_socket(sock, server_hostname="edge.example")
    except (ssl.SSLError, OSError):
        sock.close()
        raise


def options(sock):
    """The answer to an OPTIONS by this connection."""
    who = Stream("phone", A.ns, A.ip, A.server, "TLS", sock)
    who.request("OPTIONS")
    return who.receive().status


def tls_phone():
    """A call of a phone by TLS; its BYE from the core comes by the same connection."""
    with phone() as sock:
        who = Stream("phone", A.ns, A.ip, A.server, "TLS", sock)
        who.invite(sdp(who.ip))
        m = B.wait("INVITE")
        check(m["via"].startswith("SIP/2.0/UDP"), m["via"])
        B.reply(m, 200, sdp(B.ip))
        ok = who.response(200)
        check("transport=tls" in ok["contact"].lower() or "sips:" in ok["contact"], ok["contact"])
        who.ack()
        B.wait("ACK")
        B.request("BYE")
        who.reply(who.wait("BYE"), 200)
        B.response(200)
    begin()


def tls_strange_server():
    """A phone that does not trust our authority does not come to speak."""
    try:
        phone(trusts="other").close()
        raise Failed("a certificate of another authority is taken")
    except ssl.SSLError:
        pass


def tls_clients_verified():
    """verify-clients: only with a certificate of an authority that we trust."""
    for own in None, "stranger":
        try:
            with phone(own) as sock:
                status = options(sock)
            raise Failed("a client with certificate %s is answered %d" % (own, status))
        except (ssl.SSLError, OSError, Failed) as e:
            if "is answered" in str(e):
                raise
    with phone("phone") as sock:
        check(options(sock) == 200, "a client with a certificate is not answered 200")
    counters = ask("status")["sip"]
    check(counters["handshake_failed"] == 2, counters)


def pbx(own):
    """B listens by TLS with this certificate: takes one connection, or None."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(folder(own + ".pem"))
    names = []
    ctx.sni_callback = lambda s, name, c: names.append(name)
    sock = in_ns(B.ns, socket.socket)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((B.ip, 5061))
    sock.listen()
    sock.settimeout(10)
    with sock:
        calls("tls")
        raw = sock.accept()[0]
    raw.settimeout(10)
    try:
        tls = ctx.wrap_socket(raw, server_side=True)
        check(names == ["pbx.example"], "SNI is", names)
        return Stream("pbx", B.ns, B.ip, B.server, "TLS", tls)
    except (ssl.SSLError, OSError):
        raw.close()
        return None


def tls_pbx():
    """A next hop by TLS whose certificate has the name of the configuration."""
    who = pbx("pbx")
    check(who, "no handshake")
    with who.sock:
        m = who.wait("INVITE")
        check(m["via"].startswith("SIP/2.0/TLS"), m["via"])
        answers(who, m)


def tls_pbx_is_another():
    """verify-servers: another name, another authority: nothing is told, 503."""
    for own in "other-name", "stranger-pbx":
        who = pbx(own)
        if who:
            with who.sock:
                try:
                    m = who.receive()
                    raise Failed("%s is told %s" % (own, m.first))
                except (Failed, OSError) as e:
                    if "is told" in str(e):
                        raise
        A.refused(503)
        begin()


def tls_pbx_unverified():
    """verify-servers: no: whoever answers there is it."""
    who = pbx("stranger-pbx")
    check(who, "no handshake")
    with who.sock:
        answers(who)


def tls_renewed():
    """A certificate that was renewed is shown after a reload; a bad one is not."""
    def serial():
        with phone() as sock:
            return sock.getpeercert()["serialNumber"]

    def install(name):
        with open(folder(name), encoding="ascii") as f, \
                open(folder("edge/agent.pem"), "w", encoding="ascii") as out:
            out.write(f.read())

    old = serial()
    with phone() as kept:
        install("renewed.pem")
        check(ask("reload") == {"changed": [], "kept": []}, "the reload")
        new = serial()
        check(new != old, "the old certificate is shown:", new)
        check(options(kept) == 200, "a connection that was there does not go on")
    install("ca.pem")           # no key
    kept = ask("reload")["kept"]
    check(len(kept) == 2 and all("agent.pem: no key" in k["because"] for k in kept) and
          "tls 192.0.2.254:5061" in str(kept), kept)
    check(serial() == new, "after a file without a key")


# ---------------------------------------------------------------- nobody is there

def over(reason, least, most, begin_at):
    """Both parties get a BYE after so many seconds; the call tells why."""
    ident = ask("calls")[0]["id"]
    for who in A, B:
        m = who.wait("BYE")
        who.reply(m, 200)
    took = time.monotonic() - begin_at
    check(least <= took <= most, "it took", took, "s")
    call = ask("call", str(ident))
    check(call["state"] == "over" and reason in call["reason"], call["reason"])
    begin()


SILENT = "no media from either party for longer than media-timeout (1 s)"


def silence():
    """media-timeout is 1 here: neither party sends."""
    start = time.monotonic()
    up()
    over(SILENT, 0.8, 8, start)


def one_talks():
    """Who has one party that sends lives; it ends when that falls silent."""
    A.invite(sdp(A.ip))
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip))
    ok = A.response(200)
    A.ack()
    B.wait("ACK")
    start = time.monotonic()
    talk = A.tool("rtp", "--on", A.ip + ":7000", "--to", "%s:%d" % (A.server, ok.sdp.port),
                  "--send", 600, "--pps", 200, "--expect", 0)
    time.sleep(max(0, start + 2.2 - time.monotonic()))
    check(len(ask("calls")) == 1, "the call is over while one party talks")
    result(talk)
    over(SILENT, 2.5, 15, start)


def hold():
    """A call on hold has another limit (hold-timeout, 3 here)."""
    up()
    A.invite(sdp(A.ip, more=["a=inactive"]))
    m = B.wait("INVITE")
    B.reply(m, 200, sdp(B.ip, more=["a=inactive"]))
    A.response(200)
    A.ack()
    B.wait("ACK")
    start = time.monotonic()
    over("no media", 2.8, 12, start)


if __name__ == "__main__":
    sys.exit(run(globals()))
