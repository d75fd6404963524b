#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
ice.py: the agent's ICE (tools/icepeer.c) with aioice, which others wrote; ice.sh made
the network. Prints KTAP.
"""
import asyncio
import os
import sys

import aioice

PEER = os.environ["ICEPEER"]
OURS = ["192.0.2.1", "2001:db8::1"]
LIMIT = 30


class Failed(Exception):
    pass


def check(what, cond):
    if not cond:
        raise Failed(what)


class Peer:
    """icepeer, and what it says."""

    async def begin(self, *words, addresses=OURS):
        self.process = await asyncio.create_subprocess_exec(
            PEER, *words, *addresses, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE)
        self.candidates = []
        await self.offered()
        return self

    async def line(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), LIMIT)
        check("icepeer has ended", line)
        return line.decode().strip()

    async def offered(self):
        while True:
            line = await self.line()
            if line == "offered":
                return
            if line.startswith("a=candidate:"):
                self.candidates.append(line[len("a=candidate:"):])
            elif line.startswith("ufrag "):
                self.ufrag = line[6:]
            elif line.startswith("pwd "):
                self.pwd = line[4:]

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    async def until(self, *words):
        """The line that begins with @words and has the last of them in it."""
        while True:
            got = (await self.line()).split()
            if got[:len(words) - 1] == list(words[:-1]) and words[-1] in got:
                return got

    def learn(self, them, candidates=True, lite=False):
        self.say("remote %s %s" % (them.local_username, them.local_password) +
                 (" lite" if lite else ""))
        if candidates:
            self.trickle(them)

    def trickle(self, them):
        for c in them.local_candidates:
            self.say("candidate " + c.to_sdp())

    async def end(self):
        self.process.stdin.close()
        check("icepeer ends with 0", await self.process.wait() == 0)


async def told(them, us, pwd=None):
    them.remote_username = us.ufrag
    them.remote_password = pwd or us.pwd
    for c in us.candidates:
        await them.add_remote_candidate(aioice.Candidate.from_sdp(c))
    await them.add_remote_candidate(None)


async def echoes(them, components=1):
    """Media goes both ways, on each component."""
    for component in range(1, components + 1):
        data = b"\x80media %d" % component
        for _ in range(LIMIT):
            await them.sendto(data, component)
            try:
                got = await asyncio.wait_for(them.recvfrom(), 1)
            except asyncio.TimeoutError:
                continue
            if got == (data, component):
                break
        else:
            raise Failed("media of component %d comes back" % component)


async def call(*words, controlling, components=1, remote_lite=False):
    us = await Peer().begin(*words)
    them = aioice.Connection(ice_controlling=controlling, components=components)
    them.remote_is_lite = remote_lite
    await them.gather_candidates()
    return us, them


async def finish(us, them):
    await them.close()
    await us.end()


async def controlled():
    us, them = await call(controlling=True)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def controlling():
    us, them = await call("controlling", controlling=False)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def lite():
    us, them = await call("lite", controlling=True, remote_lite=True)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def components():
    us, them = await call("controlling", "components", "2", controlling=False, components=2)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await us.until("path", "2", "chosen")
    await echoes(them, 2)
    await finish(us, them)


async def early():
    """Its checks are there before we know anything of it, and its candidates never come."""
    us, them = await call(controlling=True)
    await told(them, us)
    connect = asyncio.ensure_future(them.connect())
    await asyncio.sleep(0.3)
    us.learn(them, candidates=False)
    await asyncio.wait_for(connect, LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def trickled():
    """Its candidates come when its checks have told where it is."""
    us, them = await call("controlling", controlling=False)
    us.learn(them, candidates=False)
    await told(them, us)
    connect = asyncio.ensure_future(them.connect())
    await asyncio.sleep(0.2)
    us.trickle(them)
    await asyncio.wait_for(connect, LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def conflict(ours, theirs):
    us, them = await call(*ours, controlling=theirs)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await echoes(them)
    await finish(us, them)


async def both():
    await conflict(["controlling"], True)


async def neither():
    await conflict([], False)


async def wrong():
    """It has another password than ours: nothing is learned from it."""
    us, them = await call("controlling", controlling=False)
    await told(them, us, pwd="0123456789012345678901")
    try:
        await asyncio.wait_for(them.connect(), LIMIT)
        raise Failed("it does not connect")
    except (ConnectionError, asyncio.TimeoutError):
        pass
    us.say("restart")
    await us.offered()
    await finish(us, them)


async def lost():
    """It is gone: media may go there no more. aioice answers our consent before that."""
    us, them = await call("consent", "500", "end", "10000", controlling=True)
    us.learn(them)
    await told(them, us)
    await asyncio.wait_for(them.connect(), LIMIT)
    await us.until("path", "1", "chosen")
    await asyncio.sleep(12)
    await echoes(them)
    await them.close()
    await us.until("lost", "1")
    await us.end()


POINTS = [
    ("aioice nominates", controlled),
    ("we nominate", controlling),
    ("a lite agent", lite),
    ("two components", components),
    ("checks before the answer", early),
    ("candidates that come late", trickled),
    ("both control", both),
    ("neither controls", neither),
    ("another password", wrong),
    ("consent, and its end", lost),
]


def main():
    failed = False
    print("KTAP version 1\n1..%d" % len(POINTS))
    for nr, (name, point) in enumerate(POINTS, 1):
        try:
            asyncio.run(asyncio.wait_for(point(), 3 * LIMIT))
            print("ok %d %s" % (nr, name), flush=True)
        except (Failed, OSError, asyncio.TimeoutError) as why:
            failed = True
            print("# %s: %r\nnot ok %d %s" % (name, why, nr, name), flush=True)
    sys.exit(failed)


main()
