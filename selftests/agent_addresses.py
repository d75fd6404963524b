#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_addresses.py NAME: plays both parties of a call through rtplaned, whose realm has two
addresses, IPv4 and IPv6.  agent_addresses.sh made the network, and says what of it is dead.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import base64
import os
import re
import subprocess
import sys

sys.path = [p for p in sys.path if os.path.basename(p) != "selftests"]
import aioice                                               # noqa: E402
import pylibsrtp                                            # noqa: E402
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_dtls import Dtls, is_secure, until               # noqa: E402
from agent_ice import (Ice, Plain, both_hear, call, end, run,  # noqa: E402
                       rtp)
from agent_srtp import (A, B, CM80, LIMIT, Failed, again, check, in_ns, leg,  # noqa: E402
                        new_key, sdp, this_call, why)

OURS6 = os.environ["MA6"]
# of all addresses that a host in these tests has
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: os.environ["HAS"].split()


class Sdes(Ice):
    """With SRTP; @of: another one, whose keys and numbers it goes on with."""

    def __init__(self, party, of=None):
        super().__init__(party, True)
        self.key = of.key if of else new_key(CM80)
        self.tx = of.tx if of else self.session(self.key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self.rx = of.rx if of else None
        self.theirs = of.theirs if of else None

    @staticmethod
    def session(key, which):
        return pylibsrtp.Session(pylibsrtp.Policy(key=base64.b64decode(key + "=="),
                                                  ssrc_type=which))

    def sdp(self):
        return super().sdp().replace("RTP/AVP", "RTP/SAVP") + \
            "a=crypto:1 %s inline:%s\r\n" % (CM80, self.key)

    def hears(self, text):
        super().hears(text)
        key = re.search(r"^a=crypto:\d+ %s inline:(\S+?)\r?$" % CM80, text, re.M)[1]
        if key != self.theirs:
            self.theirs = key
            self.rx = self.session(key, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def send(self, data):
        super().send(self.tx.protect(data))

    def get(self):
        data = super().get()
        return self.rx.unprotect(data) if data else data


def go_on(speaker, listener, ssrc, first):
    """Packets with consecutive numbers, until the tenth is heard; the number of the next."""
    heard = 0
    for n in range(first, first + 10 * LIMIT):
        speaker.send(rtp(n & 0xffff, ssrc))
        got = listener.get()
        if got:
            check(got[8:12] == ssrc.to_bytes(4, "big"), "another's media", got)
            heard += 1
        if heard == 10:
            return n + 1
    raise Failed("%d packets are heard of %08x" % (heard, ssrc))


def is_at(host):
    seen = leg("caller")
    return seen["local"].rpartition(":")[0].strip("[]") == host


def goes_by(host):
    until(lambda: is_at(host), "media does not go by %s:" % host, lambda: leg("caller"), why)
    until(lambda: leg("caller", "rtcp")["local"].rpartition(":")[0].strip("[]") == host,
          "RTCP does not go there:", lambda: leg("caller", "rtcp"))


def elsewhere():
    """Our first address is not reached by media."""
    a, b = Ice(A, True), Plain(B)
    _, to_a = call(a, b)
    for host in A.server, OURS6:
        check(len(re.findall(r"^a=candidate:\S+ [12] udp \d+ %s \d+ typ host" % re.escape(host),
                             to_a, re.M)) == 2, host, "is not offered:", to_a)
    check("c=IN IP4 %s\r\n" % A.server in to_a, "the line is where it was asked for", to_a)
    a.connect()
    both_hear(a, b)
    goes_by(OURS6)
    check(leg("caller")["remote"] in
          ["[%s]:%d" % (c.host, c.port) for c in a.conn.local_candidates if ":" in c.host],
          "the caller's leg is", leg("caller"))
    # from then on that is where we are
    _, ok = again(A, B, a.sdp(), lambda to_b: b.sdp())
    check("c=IN IP6 %s\r\n" % OURS6 in ok.text, "our answer", ok.text)
    both_hear(a, b)
    end(a, b)


def beside():
    """A third address of ours leads nowhere, and costs nothing."""
    a, b = Ice(A, True), Plain(B)
    _, to_a = call(a, b)
    check(" %s " % os.environ["DEAD"] in to_a, "it is not offered:", to_a)
    a.connect()
    both_hear(a, b)
    check(not is_at(os.environ["DEAD"]), "media is said to go there", leg("caller"))
    end(a, b)


def by_dtls():
    """Keys are made on the way that is found."""
    a, b = Dtls(A, "server", ice=Ice(A, True)), Plain(B)
    call(a, b)
    a.connect()
    both_hear(a, b)
    is_secure("caller")
    goes_by(OURS6)
    end(a, b)


def keyed():
    """In mid-call, with keys whose packets have begun to count anew."""
    # of two pairs that both work aioice uses the last one that it has nominated, not the best
    both, aioice.ice.get_host_addresses = aioice.ice.get_host_addresses, lambda *_, **__: [A.ip]
    a, b = Sdes(A), Plain(B)
    aioice.ice.get_host_addresses = both
    call(a, b)
    a.connect()
    to_b, to_a = go_on(a, b, 0xaaaa, 65530), go_on(b, a, 0xbbbb, 65530)
    check(is_at(A.server), "media goes by", leg("caller"))
    before = leg("caller")
    in_ns(A.ns, lambda: subprocess.run(["nft", "-f", "-"], input=os.environ["DROP"], text=True,
                                       check=True))
    other = Sdes(A, of=a)
    _, ok = again(A, B, other.sdp(), lambda to_b: b.sdp())
    other.hears(ok.text)
    b_port = b.to
    other.connect()
    goes_by(OURS6)
    check(b.to == b_port, "the other party's port is another")
    go_on(other, b, 0xaaaa, to_b)
    go_on(b, other, 0xbbbb, to_a)
    after = leg("caller")
    check(after["rx_packets"] >= before["rx_packets"] + 10 and
          after["tx_packets"] >= before["tx_packets"] + 10, "what was counted goes on", before, after)
    check("srtp-auth" not in after["drops"] and "srtp-replay" not in after["drops"],
          "the keys did not", after)
    end(a, other, b)


def nat64():
    """It has IPv6 alone, and gets to our IPv4 by a translator."""
    a, b = Ice(A, True), Plain(B)
    ports = {c.component: c.port for c in a.conn.local_candidates}
    a.port = ports.get
    says, hears = a.sdp(), a.hears
    a.sdp = lambda: says.replace("IN IP4 " + A.ip, "IN IP6 " + os.environ["HAS"])
    a.hears = lambda text: hears(re.sub(r"( udp \d+) (\d+\.\d+\.\d+\.\d+) ",
                                        r"\1 %s\2 " % os.environ["PREFIX"], text))
    call(a, b)
    a.connect()
    both_hear(a, b)
    seen = leg("caller")
    check(seen["remote"].startswith(os.environ["POOL"]), "the caller's leg is", seen)
    check(is_at(A.server), "and ours", seen)
    end(a, b)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError, asyncio.TimeoutError) as why_not:
        sys.exit("%s: %r" % (sys.argv[1], why_not))
