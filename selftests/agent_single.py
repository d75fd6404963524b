#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_single.py NAME: calls that share one port of rtplaned, with aioice for whom has ICE;
both parties of each, and who meddles with them.  agent_single.sh made the network.

    Party a --- SIP, ICE, RTP :30000 --- rtplaned --- SIP, RTP --- Party b     (several at once)

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import re
import socket
import sys

import agent_ice
from agent_ice import Ice, Plain, aioice, both_hear, rtp, run, value
from agent_srtp import A, B, LIMIT, Failed, again, ask, check, hang_up, in_ns, sdp, set_up

PORT = 30000
STATE = ("cseq", "last_invite", "branch", "call_id", "us", "tag", "them", "target")


class Call:
    """One of several dialogs of A and B: its state is theirs within `with`."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        A.begin()
        B.begin()
        self.said = set_up(a.sdp(), lambda to_b: b.hears(to_b.text) or b.sdp())
        self.to_b, self.to_a = (d.text for d in self.said)
        a.hears(self.to_a)
        self.caller = A.call_id
        self.save()

    def save(self):
        self.kept = [{name: getattr(p, name) for name in STATE} for p in (A, B)]

    def __enter__(self):
        for p, kept in zip((A, B), self.kept):
            for name in STATE:
                setattr(p, name, kept[name])

    def __exit__(self, *_):
        self.save()

    def ask(self, what):
        return ask(what, str(next(c["id"] for c in ask("calls")
                                  if c["caller"].get("call_id") == self.caller)))

    def leg(self, side="caller"):
        return next(x for x in self.ask("call")["legs"]
                    if x["side"] == side and x["component"] == "rtp")

    def why(self):
        return " ".join(w["because"] for w in self.ask("why")["why"])

    def end(self, close=True):
        with self:
            hang_up()
        self.b.end()
        if close:
            self.a.end()


def browser(party=A, controlling=True):
    return Ice(party, controlling, components=1, one=True)


def port(text):
    return int(re.search(r"^m=audio (\d+)", text, re.M)[1])


def is_single(call):
    check(port(call.to_a) == PORT, "the port is", call.to_a)
    for c in re.findall(r"^a=candidate:(.*?)\r?$", call.to_a, re.M):
        check(c.split()[5] == str(PORT) and c.split()[1] == "1", "a candidate is", c)
    check("a=rtcp-mux\r\n" in call.to_a, "RTCP is there, too", call.to_a)
    check(re.fullmatch(r".*:%d#\d+" % PORT, call.leg()["local"]), "the leg is", call.leg())
    check("ports of its own" not in call.why(), "rtplane says", call.why())


def is_apart(call, text, because):
    check(port(text) != PORT, "the port is", text)
    check("ports of its own" in call.why() and because in call.why(), "rtplane says", call.why())


def two(connect=True):
    calls = [Call(browser(), Plain(B)) for _ in range(2)]
    for c in calls:
        if connect:
            c.a.connect()
    return calls


def at_once():
    """Each call of the port hears its own, and nobody else's."""
    calls = two()
    for c in calls:
        is_single(c)
    check(calls[0].leg()["local"] != calls[1].leg()["local"], "both have", calls[0].leg())
    for c in calls + calls[::-1]:
        both_hear(c.a, c.b)
        check(c.leg()["remote"] in c.a.addresses(), "the caller's leg is", c.leg())
    calls[0].end()
    both_hear(calls[1].a, calls[1].b)
    third = Call(browser(), Plain(B))
    third.a.connect()
    both_hear(third.a, third.b)
    both_hear(calls[1].a, calls[1].b)
    third.end()
    calls[1].end()


def request(ufrag, pwd, theirs="them"):
    """A check, as a browser sends it."""
    m = aioice.stun.Message(message_method=aioice.stun.Method.BINDING,
                            message_class=aioice.stun.Class.REQUEST)
    m.attributes["USERNAME"] = "%s:%s" % (ufrag, theirs)
    m.attributes["PRIORITY"] = 1853824767
    m.attributes["ICE-CONTROLLING"] = 12345
    m.attributes["USE-CANDIDATE"] = None
    m.add_message_integrity(pwd.encode())
    return bytes(m)


def reaches_us(c):
    """A datagram of a call's party has come up to the agent, and so has all before it."""
    protocol = c.a.conn._protocols[0]
    local, remote = c.a.conn._nominated[1].local_candidate, c.a.conn._nominated[1].remote_candidate
    check(local and remote, "it is connected")
    m = aioice.stun.Message(message_method=aioice.stun.Method.BINDING,
                            message_class=aioice.stun.Class.REQUEST)
    m.attributes["USERNAME"] = "%s:%s" % (c.a.conn.remote_username, c.a.conn.local_username)
    m.attributes["PRIORITY"] = 1853824767
    m.attributes["ICE-CONTROLLING"] = 12345
    run(protocol.request(m, (remote.host, remote.port),
                         integrity_key=c.a.conn.remote_password.encode()))


def single():
    return next(p for p in ask("status")["ports"] if p["address"] == A.server)["single_port"]


def intruder():
    """From elsewhere nothing comes of anything, and nothing comes back."""
    calls = two()
    for c in calls:
        both_hear(c.a, c.b)
    before = [c.leg() for c in calls]
    ours, pwd = calls[0].a.conn.remote_username, calls[0].a.conn.remote_password
    x = in_ns(A.ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    x.bind((os.environ["X4"], 0))
    sent = [rtp(n, 0xdead) for n in range(20)]
    sent += [b"\x80\xc8" + bytes(26), b"\x16\xfe\xff" + bytes(40), b"\x40\0\0\0", b"hello", b"\0"]
    sent += [request("AAAAAAAA", pwd), request(ours[:3] + "xxxxx", pwd), request(ours[:7], pwd),
             request(ours, "another password of 24 ch"), request(ours + "x", pwd),
             request(ours, pwd)[:-12], b"\1\1" + request(ours, pwd)[2:]]
    for data in sent:
        x.sendto(data, (A.server, PORT))
    reaches_us(calls[0])
    counted = single()
    check(counted["strangers"] >= 6 and counted["strangers_media"] >= 21 and
          counted["calls"] == 2, "it counts", counted)
    x.setblocking(False)
    try:
        raise Failed("the intruder gets %s" % x.recv(2048))
    except BlockingIOError:
        pass
    for c, was in zip(calls, before):
        now = c.leg()
        check(now["remote"] == was["remote"] and now["rx_packets"] == was["rx_packets"] and
              now["dropped"] == was["dropped"], "the leg was", was, "and is", now)
        both_hear(c.a, c.b)
        c.end()
    x.close()


def restart():
    """The remote moves by an ICE restart, in mid-call; the others stay."""
    calls = two()
    c = calls[0]
    for each in calls:
        both_hear(each.a, each.b)
    number = c.leg()["local"]
    other = browser()
    with c:
        _, ok = again(A, B, other.sdp(), lambda to_b: c.b.sdp())
    check(port(ok.text) == PORT, "the port stays", ok.text)
    check(value(ok.text, "ice-ufrag") != value(c.to_a, "ice-ufrag"), "ours are others", ok.text)
    # until it is done media goes the old way
    both_hear(c.a, c.b)
    other.hears(ok.text)
    other.connect()
    both_hear(other, c.b)
    check(c.leg()["local"] == number and c.leg()["remote"] in other.addresses(),
          "the caller's leg is", c.leg())
    both_hear(calls[1].a, calls[1].b)
    # what comes from where it was is nobody's
    was = c.leg()["rx_packets"]
    for n in range(5):
        c.a.send(rtp(n, 0xaaaa))
    reaches_us(calls[1])
    check(c.leg()["rx_packets"] == was, "the leg is", c.leg())
    c.a.end()
    c.a = other
    for each in calls:
        each.end()


def until(what):
    for _ in range(LIMIT * 5):
        if what():
            return
        run(agent_ice.asyncio.sleep(0.2))
    raise Failed("it does not come to that")


def same_remote():
    """An address is one call's until that one is over, whoever has which password."""
    first = Call(browser(), Plain(B))
    first.a.connect()
    both_hear(first.a, first.b)
    second = Call(browser(), Plain(B))
    check_of_second = lambda: request(value(second.to_a, "ice-ufrag"),    # noqa: E731
                                      value(second.to_a, "ice-pwd"),
                                      second.a.conn.local_username)
    send = lambda: first.a.conn._protocols[0].transport.sendto(           # noqa: E731
        check_of_second(), (A.server, PORT))
    send()
    reaches_us(first)
    check("another call of that port" in second.why() and first.leg()["remote"] in second.why(),
          "rtplane says", second.why())
    check(not second.leg()["latched"], "the second leg is", second.leg())
    both_hear(first.a, first.b)
    remote = first.leg()["remote"]
    first.end(close=False)
    # now it is free
    until(lambda: send() or second.leg().get("remote") == remote)
    first.a.end()
    second.a.connect()
    both_hear(second.a, second.b)
    check(second.leg()["remote"] in second.a.addresses(), "the second leg is", second.leg())
    second.end()


def apart():
    """Who offers no ICE, or no rtcp-mux, has ports of its own, and that is said."""
    c = Call(Ice(A, True), Plain(B))
    is_apart(c, c.to_a, "a=rtcp-mux")
    c.a.connect()
    both_hear(c.a, c.b)
    c.end()
    c = Call(Plain(A), Plain(B))
    is_apart(c, c.to_a, "a=rtcp-mux")
    both_hear(c.a, c.b)
    c.end()
    c = Call(Muxed(A), Plain(B))
    is_apart(c, c.to_a, "no ICE")
    c.end()


class Muxed(Plain):
    def sdp(self):
        return sdp(self.party.ip, self.sock.getsockname()[1], more=["a=rtcp-mux"])


def leaves():
    """A later offer without rtcp-mux goes to ports of its own, and comes not back."""
    c = Call(browser(), Plain(B))
    c.a.connect()
    both_hear(c.a, c.b)
    other = Ice(A, True)
    with c:
        _, ok = again(A, B, other.sdp(), lambda to_b: c.b.sdp())
    is_apart(c, ok.text, "a=rtcp-mux")
    other.hears(ok.text)
    other.connect()
    both_hear(other, c.b)
    c.a.end()
    c.a = other
    c.end()


def callee():
    """Who is called, in a realm where nobody has a choice."""
    calls = [Call(Plain(A), browser(B, False)) for _ in range(2)]
    for c in calls:
        check(port(c.to_b) == PORT and "a=rtcp-mux-only\r\n" in c.to_b, "it is offered", c.to_b)
        c.b.connect()
        both_hear(c.a, c.b)
        check(re.fullmatch(r".*:%d#\d+" % PORT, c.leg("callee")["local"]), "its leg is", c.leg("callee"))
    for c in calls:
        c.end()


def callee_may_not():
    """Where it has, it is offered ports of its own."""
    c = Call(Plain(A), Ice(B, False))
    is_apart(c, c.to_b, "ice: force")
    c.b.connect()
    both_hear(c.a, c.b)
    c.end()


def callee_without():
    """It answers without ICE, and was offered nothing else: no call."""
    A.begin()
    B.begin()
    a, b = Plain(A), Muxed(B)
    A.invite(a.sdp())
    m = B.wait("INVITE")
    A.response(100)
    check(port(m.sdp.text) == PORT, "it is offered", m.sdp.text)
    B.reply(m, 200, b.sdp())
    B.wait("ACK")
    A.refused(502)
    B.reply(B.wait("BYE"), 200)
    a.end()
    b.end()


def secure():
    """Handshakes find their call by where they come from, and so does what is protected."""
    from agent_dtls import Dtls         # pylint: disable=import-outside-toplevel
    calls = [Call(Dtls(A, "server", ice=browser()), Plain(B)) for _ in range(2)]
    for c in calls:
        is_single(c)
        c.a.connect()
    for c in calls + calls[::-1]:
        both_hear(c.a, c.b)
        check(c.leg().get("srtp_received"), "the leg is", c.leg())
    for c in calls:
        c.end()


def both():
    """Two parties of the port with each other, and two more."""
    calls = [Call(browser(), browser(B, False)) for _ in range(2)]
    for c in calls:
        run(agent_ice.asyncio.wait_for(agent_ice.gather(c.a.conn.connect(), c.b.conn.connect()),
                                       LIMIT))
    for c in calls:
        both_hear(c.a, c.b)
        check("#" in c.leg()["local"] and "#" in c.leg("callee")["local"], "the legs are", c.ask("call"))
    for c in calls:
        c.end()


def killed():
    """The agent is killed, and another one begins: by agent_single_guest.sh."""
    wish = os.path.join(os.path.dirname(os.environ["CONFIG"]), "kill")
    with open(wish, "w", encoding="ascii"):
        pass
    until(lambda: not os.path.exists(wish))


def outlives():
    """What the module finds by remote goes on without the agent, and the next one knows the number."""
    first = Call(browser(), Plain(B))
    first.a.connect()
    both_hear(first.a, first.b)
    number = first.leg()["local"]
    killed()
    both_hear(first.a, first.b)
    for _ in range(3):
        c = Call(browser(), Plain(B))
        is_single(c)
        check(c.leg()["local"] != number, "another call has its number:", c.leg())
        c.a.connect()
        both_hear(c.a, c.b)
        both_hear(first.a, first.b)
        c.end()
    first.b.end()
    first.a.end()


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except Failed as e:
        print(e, file=sys.stderr)
        sys.exit(1)
