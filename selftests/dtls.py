#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
dtls.py FOLDER: DTLS-SRTP of ours (tools/dtlsend.c) with other implementations: OpenSSL's
and GnuTLS's programs, and aiortc. FOLDER has cert.pem and key.pem, theirs.

Each is tried as client and as server. Both sides must have the same key material; a
fingerprint that does not fit must end it.
"""
import asyncio
import contextlib
import hashlib
import os
import re
import signal
import ssl
import subprocess
import sys

TOOLS = os.environ.get("RTPLANE_BIN", "build") + "/selftests"
PATIENCE = 60
LABEL = "EXTRACTOR-dtls_srtp"
# enum rtplane_srtp_suite: key, salt, OpenSSL's name
SUITES = {
    1: (16, 14, "SRTP_AES128_CM_SHA1_80"),
    2: (16, 14, "SRTP_AES128_CM_SHA1_32"),
    5: (16, 12, "SRTP_AEAD_AES_128_GCM"),
    6: (32, 12, "SRTP_AEAD_AES_256_GCM"),
}
GNUTLS = "NORMAL:-VERS-ALL:+VERS-DTLS1.2"


class Failed(Exception):
    pass


def check(holds, *words):
    if not holds:
        raise Failed(" ".join(map(str, words)))


def der(path):
    with open(path) as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def fingerprint(data):
    digest = hashlib.sha256(data).hexdigest().upper()
    return "sha-256 " + ":".join(re.findall("..", digest))


class Program:
    """A program with pipes; all that it says is kept."""

    def __init__(self, *command):
        self.command = list(map(str, command))
        self.said = ""

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return self

    async def __aexit__(self, *_):
        # not kill(), which would take its status from who waits for it
        with contextlib.suppress(ProcessLookupError):
            if self.process.returncode is None:
                os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def says(self, pattern):
        """The match, once it says that."""
        try:
            return await asyncio.wait_for(self._says(pattern), PATIENCE)
        except asyncio.TimeoutError:
            raise Failed("not said:", pattern, "but:", self.said) from None

    async def _says(self, pattern):
        while not (match := re.search(pattern, self.said, re.M)):
            data = await self.process.stdout.read(4096)
            check(data, self.command[0], "ended without", pattern, "it said:", self.said)
            self.said += data.decode(errors="replace")
        return match

    def ends_input(self):
        self.process.stdin.close()


def ours(role, port, of, suite=None):
    return Program(f"{TOOLS}/dtlsend", role, port, of, *([suite] if suite else []))


async def keys_of(end):
    """What ours has: suite, client's key and salt, server's (by role)."""
    up = await end.says(r"^(?:up (\d+) (\w+) (\w+)|failed .*)$")
    check(up[1], "ours:", up[0])
    rx, tx = up[2], up[3]
    return int(up[1]), (tx, rx) if end.command[1] == "active" else (rx, tx)


def same(suite, keys, material):
    key, salt, _ = SUITES[suite]
    material = bytes.fromhex(material)[:2 * (key + salt)]
    client = material[:key] + material[2 * key:2 * key + salt]
    server = material[key:2 * key] + material[2 * key + salt:]
    check(keys == (client.hex(), server.hex()), "keys differ:", keys, material.hex())


class Test:
    def __init__(self, folder):
        self.cert, self.key = f"{folder}/cert.pem", f"{folder}/key.pem"
        self.of = fingerprint(der(self.cert))
        self.wrong = fingerprint(b"somebody else's")

    def openssl(self, *words):
        return Program("openssl", *words, "-cert", self.cert, "-key", self.key,
                       "-keymatexport", LABEL, "-keymatexportlen", 88)

    async def openssl_client(self, suite):
        async with ours("passive", 0, self.of, suite) as end:
            port = (await end.says(r"^port (\d+)$"))[1]
            async with self.openssl("s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}",
                                    "-use_srtp", SUITES[suite][2]) as client:
                got, keys = await keys_of(end)
                check(got == suite, "suite", got)
                same(suite, keys, (await client.says(r"Keying material: (\w{176})$"))[1])
                end.ends_input()
                await client.says(r"(?i)closed|read:errno=0")

    async def openssl_server(self, suite):
        async with self.openssl("s_server", "-dtls1_2", "-accept", "127.0.0.1:0", "-Verify", 1,
                                "-use_srtp", SUITES[suite][2]) as server:
            port = (await server.says(r"ACCEPT 127.0.0.1:(\d+)$"))[1]
            async with ours("active", port, self.of, suite) as end:
                got, keys = await keys_of(end)
                check(got == suite, "suite", got)
                same(suite, keys, (await server.says(r"Keying material: (\w{176})$"))[1])
                end.ends_input()
                await end.says(r"^over$")
                await server.says(r"CONNECTION CLOSED|shutdown|DONE")

    async def openssl_impostor(self):
        async with ours("passive", 0, self.wrong) as end:
            port = (await end.says(r"^port (\d+)$"))[1]
            async with self.openssl("s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}",
                                    "-use_srtp", SUITES[1][2]) as client:
                await end.says(r"^failed .*does not fit its sha-256")
                await client.says(r"alert bad certificate")

    async def openssl_without_srtp(self):
        async with ours("passive", 0, self.of) as end:
            port = (await end.says(r"^port (\d+)$"))[1]
            async with self.openssl("s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}"):
                await end.says(r"^failed .*use_srtp")

    def gnutls(self, program, *words):
        return Program(program, "--udp", "--priority", GNUTLS, "--x509certfile", self.cert,
                       "--x509keyfile", self.key, "--keymatexport", LABEL,
                       "--keymatexportsize", 60, *words)

    async def gnutls_client(self):
        async with ours("passive", 0, self.of) as end:
            port = (await end.says(r"^port (\d+)$"))[1]
            async with self.gnutls("gnutls-cli", "--insecure", "--port", port, "--mtu", 600,
                                   "--srtp-profiles", "SRTP_AES128_CM_HMAC_SHA1_80",
                                   "127.0.0.1") as client:
                suite, keys = await keys_of(end)
                check(suite == 1, "suite", suite)
                same(1, keys, (await client.says(r"Key material: (\w{120})$"))[1])

    async def aiortc(self, role, of=None):
        # pylint: disable=import-outside-toplevel
        from aiortc import RTCCertificate, RTCDtlsTransport
        from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters

        certificate = RTCCertificate.generateCertificate()
        theirs = certificate.getFingerprints()[0]
        way = Way(role)
        async with ours("active" if role == "server" else "passive", await way.opens(),
                        of or f"{theirs.algorithm} {theirs.value}") as end:
            way.to = int((await end.says(r"^port (\d+)$"))[1])
            own = (await end.says(r"^fingerprint (\S+) (\S+)$")).groups()
            transport = RTCDtlsTransport(way, [certificate])
            task = asyncio.ensure_future(transport.start(RTCDtlsParameters(
                fingerprints=[RTCDtlsFingerprint(algorithm=own[0], value=own[1])])))
            if of:
                await end.says(r"^failed .*does not fit")
                await asyncio.wait_for(task, PATIENCE)
                check(transport.state == "failed", "aiortc is", transport.state)
                return
            await asyncio.wait_for(task, PATIENCE)
            check(transport.state == "connected", "aiortc is", transport.state)
            suite, keys = await keys_of(end)
            check(suite == 1, "suite", suite)
            same(1, keys, transport.ssl.export_keying_material(LABEL.encode(), 60).hex())
            await transport.stop()
            await end.says(r"^closed .*close_notify")
        way.close()


class Way(asyncio.DatagramProtocol):
    """What aiortc has for a pair that ICE has found."""

    def __init__(self, role):
        self.role = "controlling" if role == "server" else "controlled"
        self.came = asyncio.Queue()
        self.to = 0

    async def opens(self):
        loop = asyncio.get_running_loop()
        self.socket, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0))
        return self.socket.get_extra_info("sockname")[1]

    def datagram_received(self, data, addr):
        self.came.put_nowait(data)

    async def _recv(self):
        return await self.came.get()

    async def _send(self, data):
        self.socket.sendto(data, ("127.0.0.1", self.to))

    def close(self):
        self.socket.close()


def points(test):
    for suite, words in SUITES.items():
        yield f"openssl s_client, {words[2]}", test.openssl_client(suite)
        yield f"openssl s_server, {words[2]}", test.openssl_server(suite)
    yield "openssl s_client whose certificate is another one", test.openssl_impostor()
    yield "openssl s_client without use_srtp", test.openssl_without_srtp()
    yield "gnutls-cli, in pieces of 600 bytes", test.gnutls_client()
    yield "aiortc as client", test.aiortc("client")
    yield "aiortc as server", test.aiortc("server")
    yield "aiortc as client, whose certificate is another one", test.aiortc("client", test.wrong)


async def main(folder):
    todo = list(points(Test(folder)))
    bad = 0
    print(f"KTAP version 1\n1..{len(todo)}")
    for number, (name, point) in enumerate(todo, 1):
        verdict = "ok"
        try:
            await point
        except Failed as why:
            verdict = "not ok"
            bad += 1
            print("# " + str(why).replace("\n", "\n# "))
        print(verdict, number, name, flush=True)
    return bad != 0


sys.exit(asyncio.run(main(sys.argv[1])))
