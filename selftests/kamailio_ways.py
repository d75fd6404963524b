#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
kamailio_ways.py calls NUMBER TLS | called TLS: a browser that comes to Kamailio by
WebSocket (TLS is 1 or 0), calls or is called, plays a tone, and hangs up when there is a
line on its stdin.  kamailio_ways.sh has the others.

Ends with 0, or with 1 and a sentence about what was not so.
"""
import asyncio
import os
import sys
import traceback

from agent_ws import LOOP, Browser, Failed, Media, check, final, is_browsers, run, uri_of
from agent_register import all_of


def tone():
    # pylint: disable=import-outside-toplevel
    from aiortc.mediastreams import AudioStreamTrack

    class Tone(AudioStreamTrack):
        """500 Hz: 20 ms of it are like the next ones."""

        async def recv(self):
            frame = await super().recv()
            for plane in frame.planes:
                plane.update((b"\x00\x40" * 8 + b"\x00\xc0" * 8) * (plane.buffer_size // 32))
            return frame
    return Media(Tone())


async def hears(media):
    """The other one is there, and then whoever runs this says that it is enough."""
    while media.came < 20:
        await asyncio.sleep(0.02)
    await LOOP.run_in_executor(None, sys.stdin.readline)


def via(m, backwards):
    """The header fields by which requests of a dialog go that @m has made."""
    all_routes = [r.strip() for v in all_of(m, "record-route") for r in v.split(",")]
    return ["Route: " + r for r in (reversed(all_routes) if backwards else all_routes)]


def hangs_up(phone, m, frm, to, backwards):
    phone.request("BYE", uri_of(m), "From: " + frm, "To: " + to, "Call-ID: " + m["call-id"],
                  *via(m, backwards), cseq=2)
    check(final(phone).status == 200, "BYE is not answered")


def calls(number, tls):
    alice, media = Browser(tls == "1"), tone()
    frm, uri = "<sip:alice@example.com>;tag=" + os.urandom(4).hex(), "sip:%s@example.com" % number
    call_id = os.urandom(8).hex()
    alice.request("INVITE", uri, "From: " + frm, "To: <%s>" % uri, "Call-ID: " + call_id,
                  "Contact: <%s>" % alice.contact, body=media.offers())
    ok = final(alice)
    check(ok.status == 200, "expected 200 and got", ok.first)
    is_browsers(ok.body)
    alice.request("ACK", uri_of(ok), "From: " + frm, "To: " + ok["to"], "Call-ID: " + call_id, *via(ok, True))
    media.hears(ok.body, "answer")
    run(hears(media))
    hangs_up(alice, ok, frm, ok["to"], True)
    media.end()
    alice.close()


def called(tls):
    alice, media = Browser(tls == "1"), tone()
    alice.register(challenge=False)
    alice.answer(200)
    print("registered", flush=True)
    invite = alice.receive()
    check(invite.method == "INVITE", "expected INVITE and got", invite.first)
    is_browsers(invite.body)
    to = invite.headers["to"] = invite["to"] + ";tag=alice"
    alice.reply(invite, 200, "Contact: <%s>" % alice.contact, *["Record-Route: " + v for v in all_of(invite, "record-route")],
                body=media.answers(invite.body))
    check(alice.receive().method == "ACK", "expected ACK")
    run(hears(media))
    hangs_up(alice, invite, to, invite["from"], False)
    media.end()
    alice.close()


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except (Failed, OSError, asyncio.TimeoutError) as error:
        traceback.print_exc()
        print("%s: %r" % (sys.argv[1], error), file=sys.stderr, flush=True)
        os._exit(1)     # a decoder's thread of aiortc's may be left
    os._exit(0)
