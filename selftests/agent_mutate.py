#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_mutate.py SEED SECONDS: calls by two parties who answer anything, in any order,
with messages that were changed on the way.  The agent must be there at the end and
answer OPTIONS.  agent_mutate.sh made the network.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import os
import random
import sys
import time

from agent_kills import options
from agent_srtp import A, B, Message, sdp

WORDS = [
    b"\r\n", b";", b"<", b">", b"\"", b"\0", b"tag=", b"%", b"sips:", b"[::1]", b"Contact: *\r\n",
    b"Record-Route: <sip:192.0.2.1;lr>\r\n", b"Route: <sip:x>\r\n", b"Session-Expires: 1\r\n",
    b"Require: timer\r\n", b"Replaces: a;to-tag=1;from-tag=2\r\n", b"RSeq: 1\r\n",
    b"Content-Type: multipart/mixed;boundary=x\r\n", b"Max-Forwards: 1\r\n",
    b"CSeq: 4294967296 X\r\n", b"Via: SIP/2.0/UDP 1.2.3.4\r\n", b"m=audio 0 RTP/AVP\r\n",
    b"c=IN IP6 ::\r\n", b"Allow: INVITE\r\n",
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n",
]
METHODS = ["INVITE", "UPDATE", "INFO", "OPTIONS", "BYE", "REFER", "PRACK", "CANCEL", "MESSAGE", "FOO"]
ANSWERS = [[180, 200], [183, 200], [200], [180, 486], [100, 183, 183, 200], [183], [503], [302],
           [200, 180]]


def change_bytes(data):
    at = random.randrange(len(data) + 1)
    kind = random.randrange(3)
    if kind == 0 and data:
        return data[:at] + bytes([random.randrange(256)]) + data[at + 1:]
    if kind == 1:
        return data[:at] + random.choice(WORDS) + data[at:]
    return data[:at] + data[at + random.randrange(40):]


def change_lines(data):
    lines = data.split(b"\r\n")
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    if random.random() < 0.5:
        lines[one], lines[two] = lines[two], lines[one]
    else:
        lines.insert(one, lines[two])
    return b"\r\n".join(lines)


def mutate(data):
    for _ in range(random.choice([0, 0, 1, 1, 2, 4])):
        data = random.choice([change_bytes, change_bytes, change_lines])(data)
    return data


class Wire:
    """A party's socket; what is sent by it changes, or arrives twice."""

    def __init__(self, sock):
        self.sock = sock

    def sendto(self, data, to):
        for _ in range(random.choice([1, 1, 1, 2])):
            self.sock.sendto(mutate(data), to)

    def __getattr__(self, name):
        return getattr(self.sock, name)


def body(who, often=0.5):
    return sdp(who.ip, random.choice([7000, 7002])) if random.random() < often else ""


def answer_invite(who, m):
    who.call_id, who.them = m["call-id"], m["from"]
    who.us, who.tag = m["to"], "" if ";tag=" in m["to"] else ";tag=" + who.name
    for status in random.choice(ANSWERS):
        who.reply(m, status, body(who, 0.8), fork=random.choice(["", "", "2", "3"]))


def react(who):
    try:
        m = Message(who.sock.recv(65535))
        if m.method == "INVITE":
            answer_invite(who, m)
        elif m.method and m.method != "ACK":
            who.reply(m, random.choice([200, 200, 200, 481, 491, 500, 488]), body(who))
        elif m.status > 100:
            who.them = m["to"]
            if m["cseq"].endswith("INVITE") and m.status >= 200:
                who.request("ACK", body(who), int(m["cseq"].split()[0]), who.branch)
    except (OSError, LookupError, ValueError):
        pass    # nothing came, or nothing that a party could read


def act(who):
    dice = random.random()
    if dice < 0.25:
        who.request(random.choice(METHODS), body(who))
    elif dice < 0.3 and A.last_invite:
        who.request("CANCEL", "", A.last_invite, A.branch)


def play(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        A.begin()
        B.us = "<sip:callee@%s:5060>" % B.ip
        A.invite(body(A, 0.8))
        for _ in range(random.randrange(2, 14)):
            react(B)
            react(A)
            act(random.choice([A, B]))


def main():
    random.seed(int(sys.argv[1]))
    for who in A, B:
        who.sock = Wire(who.sock)
        who.sock.settimeout(0.02)
    play(float(sys.argv[2]))
    if os.path.exists("/proc/%s/statm" % os.environ["AGENT_PID"]) and \
       options(A.ns, A.ip, A.server) and options(B.ns, B.ip, B.server):
        return 0
    print("seed", sys.argv[1], "killed or hung the agent")
    return 1


if __name__ == "__main__":
    sys.exit(main())
