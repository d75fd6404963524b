#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_users.py NAME: phones that have to say a password to rtplaned itself, with a registrar
behind it that asks nobody.  Both are played here; agent_users.sh made the network and the
file of users.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import hashlib
import os
import sys

from agent_register import (AOR, NOBODY, Failed, Phone, Registrar, all_of, ask, bindings,
                            check, final, params, sdp)

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
CALLEE = "sip:4900@example.com"


def hashed(algorithm, *words):
    return hashlib.new(HASHES[algorithm], ":".join(words).encode()).hexdigest()


class User(Phone):
    """One that answers challenges as RFC 7616 has it, or not quite."""

    def __init__(self, ip=NOBODY):
        super().__init__(ip=ip)
        self.nc = 0

    def credentials(self, method, uri, **other):
        c = dict({"algorithm": "MD5", "nc": None, "uri": uri, "qop": "auth",
                  "username": self.user}, **self.challenge)
        c.update({"qop": "auth", "uri": uri, "username": self.user})
        c.update(other)
        if not c["nc"]:
            self.nc += 1
            c["nc"] = "%08x" % self.nc
        a1 = hashed(c["algorithm"], c["username"], c["realm"], self.password)
        a2 = hashed(c["algorithm"], c.get("method", method), c["uri"])
        words = [a1, c["nonce"], c["nc"], "c0ffee", c["qop"], a2]
        if not c["qop"]:
            words = [a1, c["nonce"], a2]
        text = ('Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", '
                'response="%s", algorithm=%s' %
                (c["username"], c["realm"], c["nonce"], c["uri"],
                 hashed(c["algorithm"], *words), c["algorithm"]))
        if c["qop"]:
            text += ', qop=%s, nc=%s, cnonce="c0ffee"' % (c["qop"], c["nc"])
        return text

    def says(self, method="REGISTER", uri="sip:example.com", *headers, who="alice", line=None,
             body="", **other):
        """A request with credentials, if there was a challenge; line: these."""
        self.cseq += 1
        to = "<sip:%s@example.com>" % who if method == "REGISTER" else "<%s>" % uri
        head = ["From: <sip:%s@example.com>;tag=%s" % (who, self.tag), "To: " + to,
                "Call-ID: " + self.call_id, "Contact: <%s>" % self.contact, "Expires: 300",
                *headers]
        if line or self.challenge:
            self.line = line or self.credentials(method, uri, **other)
            head.append(self.line)
        self.request(method, uri, *head, cseq=self.cseq, body=body)
        self.said = (uri, head)

    def ack(self, m):
        uri, head = self.said
        self.send("ACK %s SIP/2.0\r\nVia: %s\r\n%s\r\nTo: %s\r\nCSeq: %d ACK\r\n"
                  "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n" %
                  (uri, m["via"], "\r\n".join(h for h in head if h[:2] != "To"), m["to"],
                   self.cseq))

    def asked(self, stale=False, algorithm="MD5"):
        """It is asked for a password; the challenge is kept."""
        m = self.answer(401)
        if "INVITE" in m["cseq"]:
            self.ack(m)
        all_ = [params(v) for v in all_of(m, "www-authenticate")]
        check(len(all_) == len({c["algorithm"] for c in all_}), all_)
        check(all((c.get("stale") == "true") == stale for c in all_), "stale", stale, all_)
        check(len({c["nonce"] for c in all_}) == 1 and
              all(c["realm"] == "example.com" and c["qop"] == "auth" for c in all_), all_)
        self.challenge = [c for c in all_ if c["algorithm"] == algorithm][0]
        self.nc = 0
        return [c["algorithm"] for c in all_]


def granted(registrar, phone):
    """It reaches the registrar, without what was for us."""
    m = registrar.receive()
    check(m.method == "REGISTER" and "authorization" not in m.headers, m.first, m.all)
    registrar.reply(m, 200, "Contact: " + m["contact"])
    return phone.answer(200)


def registers():
    """Each algorithm that is offered; nobody behind us is told of it."""
    registrar, nonces = Registrar(), set()
    for algorithm in HASHES:
        phone = User()
        phone.says()
        check(phone.asked(algorithm=algorithm) == ["SHA-512-256", "SHA-256", "MD5"], "offered")
        nonces.add(phone.challenge["nonce"])
        phone.says()
        granted(registrar, phone)
        phone.says()				# answered here, and it is the same nonce
        phone.answer(200)
    check(len(nonces) == 3, "a nonce twice", nonces)
    check(bindings(3)[0]["aor"] == AOR, bindings(3))


def once():
    """Each count of a nonce is good once, as long as it is remembered; in any order."""
    registrar, phone = Registrar(), User()
    phone.says()
    phone.asked()
    phone.says(nc="0000000a")
    granted(registrar, phone)
    first = phone.line
    phone.says(line=first)			# said again, by who has heard it
    phone.asked(stale=True)
    phone.challenge["nonce"] = params(first)["nonce"]
    phone.says(nc="00000007")
    phone.answer(200)
    phone.says(nc="00000007")
    phone.asked(stale=True)
    phone.says(nc="00000001")
    phone.answer(200)
    phone.says(nc="00000000")
    phone.asked(stale=True)
    phone.says(qop=None)			# RFC 2069: it is good once
    phone.answer(200)
    phone.says(qop=None, line=phone.line)
    phone.asked(stale=True)
    check(ask("ban-list") == [], ask("ban-list"))


def strict():
    """What is not quite what was asked for."""
    registrar, phone, other = Registrar(), User(), User(ip="192.0.2.67")
    phone.says()
    phone.asked()
    phone.says(line=phone.credentials("REGISTER", "sip:example.org"))
    phone.answer(400)
    phone.says(qop="auth-int")
    phone.answer(400)
    phone.says(line="Authorization: Digest username=alice")
    phone.answer(400)
    phone.says(nonce="1" * 48)
    phone.asked(stale=True)
    other.challenge = phone.challenge
    other.says()				# a nonce that was made for somebody else
    other.asked(stale=True)
    phone.says(who="bob")
    phone.answer(403)
    phone.says(line=phone.credentials("INVITE", "sip:example.com"))
    phone.asked()
    phone.says(username="nobody")
    phone.asked()
    phone.says(realm="example.org")		# of some other server: nothing for us
    phone.asked()
    phone.says(username="alice@example.com")	# there is no such user in the file
    phone.asked()
    bindings(0)
    phone.says()
    granted(registrar, phone)


def invites():
    """An INVITE is asked for a password as well; so are texts, and not OPTIONS."""
    registrar, phone = Registrar(), User()
    phone.says("INVITE", CALLEE, body=sdp(phone.ip))
    phone.asked()
    check(ask("calls") == [] and ask("status")["sip"], "a call of a stranger")
    phone.says("INVITE", CALLEE, 'Authorization: Digest username="x", realm="behind", '
               'nonce="n", uri="u", response="r"', body=sdp(phone.ip))
    m = registrar.receive()
    check(m.method == "INVITE", m.first)
    got = all_of(m, "authorization")
    check(len(got) == 1 and 'realm="behind"' in got[0], "what was for us goes on", got)
    registrar.reply(m, 486)
    check(registrar.receive().method == "ACK", "no ACK")
    phone.ack(phone.answer(486))
    phone.challenge = None
    for method in "SUBSCRIBE", "MESSAGE", "PUBLISH":
        phone.says(method, CALLEE, "Event: presence")
        phone.asked()
        phone.challenge = None
    phone.says("OPTIONS", CALLEE)
    phone.answer(200)


def guesses():
    """Wrong passwords of INVITEs shut out; old nonces and none do not."""
    phone = User()
    phone.password = "wrong"
    for _ in range(4):
        phone.challenge = None
        phone.says("INVITE", CALLEE, body=sdp(phone.ip))
        phone.asked()
    for _ in range(4):
        phone.challenge["nonce"] = "0" * 48
        phone.says("INVITE", CALLEE, body=sdp(phone.ip))
        phone.asked(stale=True)
    for _ in range(2):
        phone.says("INVITE", CALLEE, body=sdp(phone.ip))
        phone.asked()
    check(ask("ban-list") == [], ask("ban-list"))
    phone.says("INVITE", CALLEE, body=sdp(phone.ip))
    phone.asked()
    banned = ask("ban-list")
    check(len(banned) == 1 and banned[0]["prefix"] == NOBODY and banned[0]["why"] == "digest",
          banned, ask("status")["bans"])


def guesses_behind():
    """The same where who is behind us asks."""
    registrar, phone = Registrar(), User()
    phone.password, asks = "wrong", 'WWW-Authenticate: Digest realm="example.com", nonce="%s"'
    for n in range(4):
        phone.says("INVITE", CALLEE, body=sdp(phone.ip))
        m = registrar.receive()
        check(m.method == "INVITE" and ("authorization" in m.headers) == (n > 0), m.all)
        registrar.reply(m, 401, asks % n)
        check(registrar.receive().method == "ACK", "no ACK")
        m = phone.answer(401)
        phone.ack(m)
        phone.challenge = params(m["www-authenticate"])
        check(len(ask("ban-list")) == (n == 3), n, ask("ban-list"))


def reload():
    """Another password, by the same file."""
    registrar, phone = Registrar(), User()
    phone.says()
    phone.asked()
    phone.says()
    granted(registrar, phone)
    path = os.environ["USERS"]
    with open(path, encoding="ascii") as f:
        text = f.read()
    with open(path, "w", encoding="ascii") as f:
        f.write("alice:example.com:%s\n" % hashed("MD5", "alice", "example.com", "another"))
    check("users" in str(ask("reload")), "what was reloaded")
    phone.says()
    check(phone.asked() == ["MD5"], "offered")
    phone.password = "another"
    phone.says()
    phone.answer(200)
    with open(path, "w", encoding="ascii") as f:
        f.write("alice:example.com:zz\n")
    try:
        ask("reload")
    except Failed as e:
        check("line 1: its hash is none of that algorithm" in str(e), e)
    else:
        raise Failed("a file that is none is taken")
    phone.says()
    phone.answer(200)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def main():
    try:
        globals()[sys.argv[1]]()
    except Failed as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
