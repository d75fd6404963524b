#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""srtp_open.py PCAP ADDRESS - decrypt what ADDRESS sent in a call, by the RFCs' text

tshark reads the capture, SIP and SDP (it cannot decrypt SRTP), the keys are those that
ADDRESS said in its SDP, the block cipher is openssl's, HMAC is Python's and GHASH our own:
not one line of this is shared with the module or with libsrtp2. G.711 mu-law or A-law.

Prints JSON: packets, how many of them it tried, were authentic, and the loudest sample.
"""
import base64
import hmac
import json
import subprocess
import sys

# bytes of key, salt and tag
SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (16, 14, 10), "AES_CM_128_HMAC_SHA1_32": (16, 14, 4),
    "AES_256_CM_HMAC_SHA1_80": (32, 14, 10), "AES_256_CM_HMAC_SHA1_32": (32, 14, 4),
    "AEAD_AES_128_GCM": (16, 12, 16), "AEAD_AES_256_GCM": (32, 12, 16),
}


def aes(key, blocks):
    return subprocess.run(["openssl", "enc", f"-aes-{len(key) * 8}-ecb", "-nopad", "-K", key.hex()],
                          input=blocks, stdout=subprocess.PIPE, check=True).stdout


def stream(key, first, n):
    """n bytes of counter mode; first: the first block, as a number"""
    return aes(key, b"".join((first + i).to_bytes(16, "big") for i in range(-(-n // 16))))[:n]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def derive(master, salt, label, n):
    """RFC 3711 section 4.3: the label is the 7th byte from the end of 14 bytes of salt"""
    x = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ label << 48
    return stream(master, x << 16, n)


def ghash(h, aad, text):
    def padded(x):
        return x + bytes(-len(x) % 16)
    data = padded(aad) + padded(text) + (len(aad) * 8).to_bytes(8, "big") + (len(text) * 8).to_bytes(8, "big")
    h, y = int.from_bytes(h, "big"), 0
    for i in range(0, len(data), 16):
        y ^= int.from_bytes(data[i:i + 16], "big")
        z, v = 0, h
        for bit in range(127, -1, -1):
            if y >> bit & 1:
                z ^= v
            v = v >> 1 ^ (0xe1 << 120 if v & 1 else 0)
        y = z
    return y.to_bytes(16, "big")


class Key:
    def __init__(self, suite, inline):
        key_len, salt_len, self.tag_len = SUITES[suite]
        raw = base64.b64decode(inline)
        if len(raw) != key_len + salt_len:
            sys.exit(f"a key of {len(raw)} bytes for {suite}")
        master, salt = raw[:key_len], raw[key_len:]
        self.gcm = "GCM" in suite
        self.key = derive(master, salt, 0, key_len)
        self.auth = derive(master, salt, 1, 20)
        self.salt = int.from_bytes(derive(master, salt, 2, salt_len), "big")

    def open(self, packet, head, roc):
        """the text, or None: it is not authentic"""
        ssrc, seq = int.from_bytes(packet[8:12], "big"), int.from_bytes(packet[2:4], "big")
        index, aad = roc << 16 | seq, packet[:head]
        text, tag = packet[head:-self.tag_len], packet[-self.tag_len:]
        if not self.gcm:
            mac = hmac.digest(self.auth, packet[:-self.tag_len] + roc.to_bytes(4, "big"), "sha1")
            first = self.salt << 16 ^ ssrc << 64 ^ index << 16
            return xor(text, stream(self.key, first, len(text))) if mac[:len(tag)] == tag else None
        iv = (self.salt ^ ssrc << 48 ^ index) << 32
        blocks = stream(self.key, iv + 1, 16 + len(text))
        if xor(ghash(aes(self.key, bytes(16)), aad, text), blocks) != tag:
            return None
        return xor(text, blocks[16:])


def linear(byte, alaw):
    """G.711"""
    if alaw:
        byte ^= 0x55
        sign, exp, low = byte & 0x80, byte >> 4 & 7, byte & 15
        value = (low << 4) + (8 if not exp else 0x108)
        return (value << max(exp - 1, 0)) * (1 if sign else -1)
    byte = ~byte & 0xff
    value = (((byte & 15) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -value if byte & 0x80 else value


def dissected(pcap, source):
    out = subprocess.run(
        ["tshark", "-n", "-r", pcap, "-Y", f"ip.src == {source} && (sdp || (udp && !sip && !icmp))",
         "-T", "fields", "-E", "aggregator=\x1f", "-e", "sdp.media_attr", "-e", "udp.payload"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    for line in out.splitlines():
        attributes, packet = line.split("\t")
        yield attributes.split("\x1f"), bytes.fromhex(packet)


def is_rtp(packet):
    """with a payload of its own"""
    return len(packet) > 150 and packet[0] >> 6 == 2 and packet[1] & 0x7f < 64


def header(packet):
    n = 12 + 4 * (packet[0] & 15)
    return n + (4 + 4 * int.from_bytes(packet[n + 2:n + 4], "big") if packet[0] & 16 else 0)


def main():
    key, packets, tried, authentic, peak = None, 0, 0, 0, 0
    for attributes, packet in dissected(sys.argv[1], sys.argv[2]):
        for attr in attributes:
            word = attr.split()
            # the first that is offered, or the one of an answer
            if attr.startswith("crypto:") and key is None:
                key = Key(word[1], word[2].removeprefix("inline:").split("|")[0])
        if not is_rtp(packet):
            continue
        packets += 1
        # a program is started three times for each
        if packets % 10 != 1 or tried == 8 or key is None:
            continue
        tried += 1
        # no rollover in so few packets
        plain = key.open(packet, header(packet), 0)
        if plain is not None:
            authentic += 1
            peak = max([peak] + [abs(linear(b, packet[1] & 0x7f == 8)) for b in plain])
    print(json.dumps({"packets": packets, "tried": tried, "authentic": authentic, "peak": peak}))


main()
