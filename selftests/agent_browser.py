#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
agent_browser.py serve FOLDER: serve the page that the browser shows, made of JsSIP
(FOLDER/node_modules) and jssip/phone.js, and carry to it what a test wants done.
agent_browser.py NAME: that test; the browser, the page's server and baresip run already.
agent_browser.sh made the network and started them.

    browser: JsSIP --- SIP by WSS, DTLS-SRTP --- rtplaned --- SIP, RTP --- kamailio, baresip

Ends with 0, or with 1 and a sentence about what was not so.
"""
import json
import os
import queue
import re
import select
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from agent_publish import publish      # noqa: E402
from agent_register import A, B, Failed, ask, bindings, check, in_ns      # noqa: E402

LIMIT = int(os.environ.get("LIMIT", 60))
PAGE = ("127.0.0.1", 8000)
SERVER = "wss://%s:8443/sip" % os.environ["EDGE"]


# ------------------------------------------------------------------- the page's server

def module(folder, path, name):
    """The path, below the folder, of what a module requires by a name."""
    if name.startswith("."):
        start = os.path.normpath(os.path.join(os.path.dirname(path), name))
    else:
        with open("%s/%s/package.json" % (folder, name), encoding="utf-8") as text:
            about = json.load(text)
        browser = about.get("browser")
        start = os.path.normpath(os.path.join(
            name, browser if isinstance(browser, str) else about.get("main", "index")))
    return next(start + end for end in ("", ".js", ".json", "/index.js")
                if os.path.isfile("%s/%s" % (folder, start + end)))


def bundle(folder):
    """JsSIP and all that it requires, which is CommonJS, as one script."""
    out, left, seen = ["const made = {}, loaded = {};", """
function loadModule(path)
{
    if (!loaded[path]) {
        loaded[path] = { exports: {} };
        made[path](loaded[path], loaded[path].exports);
    }
    return loaded[path].exports;
}"""], [module(folder, "", "jssip")], set()
    first = left[0]
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        with open("%s/%s" % (folder, path), encoding="utf-8") as text:
            body = text.read()
        if path.endswith(".json"):
            body = "module.exports = " + body
        names = {name: module(folder, path, name)
                 for name in re.findall(r"\brequire\(['\"]([^'\"]+)['\"]\)", body)}
        left += names.values()
        out.append("made[%s] = (module, exports) => {\nconst require = (name) => loadModule(%s[name]);"
                   "\n%s\n};" % (json.dumps(path), json.dumps(names), body))
    return "\n".join(out + ["const JsSIP = loadModule(%s);" % json.dumps(first)])


class Handler(BaseHTTPRequestHandler):
    """
    The page asks /next for words, and says what came of them to /said; a test has them
    said by /do.
    """
    protocol_version = "HTTP/1.1"
    files, wanted, said, number = {}, queue.Queue(), {}, 0
    lock = threading.Lock()

    def log_message(self, *args):       # pylint: disable=arguments-differ
        pass

    def give(self, data, kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):                   # pylint: disable=invalid-name
        if self.path in self.files:
            self.give(*self.files[self.path])
        elif self.path == "/next":
            self.next()
        else:
            self.send_error(404)

    def next(self):
        try:
            said = self.wanted.get(timeout=5)
        except queue.Empty:
            self.give(b'{"words": ""}')
            return
        # who asks once at a time is gone if there is something to be read
        if select.select([self.connection], [], [], 0)[0]:
            self.wanted.put(said)
            self.close_connection = True
            return
        self.give(json.dumps(said).encode())

    def do_POST(self):                  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/said":
            if body["number"] in self.said:
                self.said[body["number"]].put(body)
            self.give(b"{}")
            return
        with self.lock:
            Handler.number += 1
            number = Handler.number
        self.said[number] = queue.Queue()
        self.wanted.put({"number": number, "words": body["words"]})
        if not body["answer"]:
            self.give(b"{}")
            return
        try:
            self.give(json.dumps(self.said[number].get(timeout=LIMIT)).encode())
        except queue.Empty:
            self.give(b'{"error": "the page says nothing"}')
        del self.said[number]


def serve(folder):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(here + "/jssip/phone.js", "rb") as text:
        phone = text.read()
    Handler.files = {
        "/": (b'<!DOCTYPE html><meta charset="utf-8"><title>phone</title><body>'
              b'<script src="/jssip.js"></script><script src="/phone.js"></script>',
              "text/html"),
        "/jssip.js": (bundle(folder).encode(), "text/javascript"),
        "/phone.js": (phone, "text/javascript"),
    }
    server = ThreadingHTTPServer(PAGE, Handler)
    server.daemon_threads = True
    server.serve_forever()


# ------------------------------------------------------------------------- the parties

class Page:
    """The browser's page."""

    @staticmethod
    def does(words, answer=True):
        """Have words said: what they give, if they give anything."""
        sock = in_ns(A, lambda: socket.create_connection(PAGE, LIMIT + 5))
        body = json.dumps({"words": words, "answer": answer}).encode()
        with sock, sock.makefile("rb") as answer:
            sock.sendall(b"POST /do HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)
            while answer.readline().strip():
                pass
            got = json.loads(answer.read() or "{}")
        check("error" not in got, "the page:", got.get("error"), "at", words)
        return got.get("is")

    def until(self, words, what):
        """Something is so, now or soon; what it is."""
        end = time.monotonic() + LIMIT
        while True:
            got = self.does("return " + words)
            if got:
                return got
            check(time.monotonic() < end, "never", what + ":", self.does("return happened"))
            time.sleep(0.1)

    def happens(self, event):
        """Of what happened, the first that begins so; it and what was before is forgotten."""
        at = self.until("happened.findIndex((h) => h.startsWith(%s)) + 1" % json.dumps(event),
                        event)
        return self.does("return happened.splice(0, %d).pop()" % at)

    def begins(self, user="alice"):
        self.does("happened.length = 0; begin(%s, %s, %s)" % (
            json.dumps(SERVER), json.dumps(user), json.dumps(os.environ["PASSWORD"])))
        self.happens("registered")

    def ends(self):
        """It is registered no longer."""
        self.does("ua.stop()")
        bindings(0)

    def stats(self):
        return self.does("return stats()")

    def media(self):
        """Packets go and come, by what the browser counts; all that it says then."""
        before = self.stats()
        end = time.monotonic() + LIMIT
        while True:
            now = self.stats()
            if now["received"] > before["received"] + 25 and now["sent"] > before["sent"] + 25:
                return now
            check(time.monotonic() < end, "no media:", now)
            time.sleep(0.1)


class Baresip:
    """The SIP phone, by its control socket (netstrings of JSON)."""

    def __init__(self):
        self.sock = in_ns(B, lambda: socket.create_connection(("127.0.0.1", 4444), LIMIT))
        self.data, self.events = b"", []

    def one(self):
        while True:
            size, colon, rest = self.data.partition(b":")
            if colon and len(rest) > int(size):
                self.data = rest[int(size) + 1:]
                return json.loads(rest[:int(size)])
            got = self.sock.recv(65536)
            check(got, "baresip is gone")
            self.data += got

    def tell(self, command, params=""):
        text = json.dumps({"command": command, "params": params})
        self.sock.sendall(b"%d:%s," % (len(text), text.encode()))
        while True:
            got = self.one()
            if got.get("response"):
                check(got["ok"], command, got)
                return got
            self.events.append(got)

    def happens(self, kind):
        """The next event of that type."""
        while True:
            got = self.events.pop(0) if self.events else self.one()
            if got.get("type") == kind:
                return got

    def end(self):
        self.sock.close()


class Hellos:
    """ClientHellos of the browser's that are seen on its wire."""

    def __init__(self):
        self.sock = in_ns(A, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                                   socket.htons(3)))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.bind(("a0", 0))
        self.sock.setblocking(False)

    def seen(self):
        """Of each record: length of the whole message, offset and length of the part."""
        found = []
        while True:
            try:
                data, sender = self.sock.recvfrom(2048)
            except BlockingIOError:
                self.sock.close()
                return found
            # IPv4 or IPv6, whichever its checks have found
            at = {b"\x08\x00": 23, b"\x86\xdd": 20}.get(data[12:14])
            if sender[2] != socket.PACKET_OUTGOING or not at or data[at] != 17:
                continue
            record = data[42 if at == 23 else 62:]
            if len(record) < 25 or record[0] != 0x16 or record[13] != 1:
                continue
            found.append(tuple(int.from_bytes(record[i:i + 3], "big") for i in (14, 19, 22)))


# ---------------------------------------------------------------------------- the tests

def is_secured(got, ours=False):
    """What the browser says of its transport: one, by ICE and DTLS-SRTP. A group it has
    only if the offer is its own."""
    check("a=rtcp-mux" in got["remote"] and ("a=group:BUNDLE" in got["remote"] or ours),
          "it was told", got["remote"])
    check(set(got["dtls"]) == {"connected"}, "DTLS is", got["dtls"])
    check(got["pair"].get("state") == "succeeded", "the pair is", got["pair"])
    for one in got["transports"]:       # Firefox says no more than that there is one
        check(len(got["transports"]) == 1, "it has transports", got["transports"])
        if "srtpCipher" in one:
            check(one["dtlsState"] == "connected" and one["srtpCipher"] and
                  not one.get("rtcpTransportStatsId"), "its transport is", one)


def calls():
    """The browser calls; both hold and resume; the phone hangs up."""
    page, bob = Page(), Baresip()
    page.begins()
    check(bindings(1)[0]["transport"] == "wss", "the binding is", bindings(1))
    page.does("dial('sip:bob@example.com', true)")
    page.happens("confirmed")
    bob.happens("CALL_ESTABLISHED")
    is_secured(page.media())
    page.until("stats().then((s) => s.energy > 0)", "what the phone plays is heard")
    page.until("stats().then((s) => s.reported && s.reports)", "RTCP reports of the phone's")
    page.does("return new Promise((done) => call.hold({}, done))")
    # of the media line: Firefox says what it takes for granted in the session's part
    page.until("stats().then((s) => !s.remote.split('m=audio')[1].includes('a=sendrecv'))",
               "it is held")
    page.does("return new Promise((done) => call.unhold({}, done))")
    is_secured(page.media())
    bob.tell("hold")
    page.happens("hold remote")
    bob.tell("resume")
    page.happens("unhold remote")
    is_secured(page.media())
    bob.tell("hangup")
    page.happens("ended remote")
    page.ends()
    bob.end()


def is_on_one_port(*said):
    """What the browser was told of where its media goes: one port for all that it calls."""
    for text in said:
        ports = set(re.findall(r"^m=\w+ (\d+) |^a=candidate:\S+ \d+ \S+ \d+ \S+ (\d+) ", text, re.M))
        check({p for both in ports for p in both if p} == {"30000"}, "its media goes to", text)


def shares():
    """Two calls at once, of one page, to one port."""
    page, bob = Page(), Baresip()
    page.begins()
    for _ in range(2):
        page.does("window.first = call; dial('sip:bob@example.com', true)")
        page.happens("confirmed")
        bob.happens("CALL_ESTABLISHED")
        is_secured(page.media())
    said = page.does("return [first, call].map((c) => c.connection.currentRemoteDescription.sdp)")
    is_on_one_port(*said)
    legs = [leg for c in ask("calls") for leg in ask("call", str(c["id"]))["legs"]
            if leg["side"] == "caller" and leg["component"] == "rtp"]
    check(len({leg["local"] for leg in legs}) == 2 and len({leg["remote"] for leg in legs}) == 2 and
          all(":30000#" in leg["local"] for leg in legs), "the legs are", legs)
    page.does("window.second = call")
    page.until("second.connection.connectionState === 'connected' && "
               "first.connection.connectionState === 'connected'", "both are connected")
    page.does("first.terminate()")
    bob.happens("CALL_CLOSED")
    page.does("second.terminate()")
    bob.happens("CALL_CLOSED")
    page.ends()
    bob.end()


def called():
    """The phone calls; the browser says no address of its own, and hangs up."""
    page, bob, hellos = Page(), Baresip(), Hellos()
    page.begins()
    bob.tell("dial", "sip:alice@example.com")
    page.happens("rings")
    page.does("answer(false)")
    page.happens("confirmed")
    bob.happens("CALL_ESTABLISHED")
    got = page.media()
    is_secured(got, True)
    check(".local" in got["local"] and os.environ["BROWSER"] not in got["local"],
          "its addresses are not hidden:", re.findall("a=candidate.*", got["local"]))
    hello = hellos.seen()
    check(any(part[2] < part[0] for part in hello), "a ClientHello in parts:", hello)
    page.does("call.terminate()")
    bob.happens("CALL_CLOSED")
    page.ends()
    bob.end()


def lamps():
    """The lamp of another: it is told of his calls by the switch, whose address it never sees."""
    page, core = Page(), os.environ["B4"]
    page.begins()
    page.does("watch('sip:bob@example.com')")
    page.happens("lamp active")
    said = publish(core, "bob", "dialog", "application/dialog-info+xml", (
        '<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" '
        'state="full" entity="sip:bob@example.com"><dialog id="d1" direction="recipient">'
        "<state>early</state><remote><target uri=\"sip:carol@%s\"/></remote></dialog>"
        "</dialog-info>" % core), lambda: in_ns(B, lambda: socket.socket(socket.AF_INET,
                                                                       socket.SOCK_DGRAM)))
    check(said.startswith("SIP/2.0 200"), said)
    body = ""       # there is one for the SUBSCRIBE as well
    while "<state>early</state>" not in body:
        body = page.happens("lamp notify")
    check(core not in body and "sip:carol@" + os.environ["EDGE"] in body, body)
    page.does("lamp.terminate()")
    page.happens("lamp terminated")
    page.ends()


def reloads():
    """The page is loaded anew in a call: its binding ends, and it comes back by another."""
    page, bob = Page(), Baresip()
    page.begins()
    was = bindings(1)[0]
    page.does("dial('sip:bob@example.com', false)")
    page.happens("confirmed")
    page.media()
    # and asks for nothing more
    page.does("location.reload(); return new Promise(() => {})", answer=False)
    bindings(0)
    page.begins()
    check(bindings(1)[0]["source"] != was["source"], "the binding is", bindings(1))
    bob.tell("hangup")
    bob.happens("CALL_CLOSED")
    bob.tell("dial", "sip:alice@example.com")
    page.happens("rings")
    page.does("answer(false)")
    page.happens("confirmed")
    page.media()
    page.does("call.terminate()")
    bob.happens("CALL_CLOSED")
    page.ends()
    bob.end()


def video():
    """With a camera: one port for all, and the phone, which is ours here, has four."""
    # pylint: disable=import-outside-toplevel
    import agent_bundle as two
    from agent_ws import Dialog, tagged, uri_of
    page, bob = Page(), two.Phone2()
    bob.password, bob.user = os.environ["PASSWORD"], "carol"
    bob.contact = bob.contact.replace("bob", "carol")
    two.signs_in(bob)
    page.begins()
    page.does("dial('sip:carol@example.com', true, true)")
    invite = bob.receive()
    check(invite.method == "INVITE", "expected INVITE and got", invite.first)
    invite.headers["to"] = tagged(invite, 180)
    bob.reply(invite, 200, "Contact: <%s>" % bob.contact, body=bob.sdp(invite.body))
    got = bob.receive()
    check(got.method == "ACK", "expected ACK and got", got.first)
    page.happens("confirmed")
    got, end = page.stats(), time.monotonic() + LIMIT
    while got["frames"] < 10 or not got["received"] or not all(
            {200, 201} <= set(two.rtcp_types(bob.heard.get(x + 1, [])))
            for x in (two.AUDIO, two.VIDEO)):
        check(time.monotonic() < end, "no video:", got)
        until = time.monotonic() + 1
        two.run(two.talk(None, bob, invite.body, lambda: time.monotonic() > until))
        got = page.stats()
    is_secured(got)
    check(len(two.is_group(got["remote"])) == 1, "more than one port in", got["remote"])
    two.apart(bob)
    bob.to = two.CORE
    Dialog(bob, invite["to"], invite["from"], invite["call-id"], uri_of(invite)).say("BYE")
    bob.answer(200)
    page.happens("ended remote")
    page.ends()
    bob.end()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
        sys.exit()
    try:
        globals()[sys.argv[1]]()
    except (Failed, OSError) as error:
        print("%s: %s" % (sys.argv[1], error), file=sys.stderr, flush=True)
        sys.exit(1)
