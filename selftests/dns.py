#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
dns.py FILE [--ready PIPE]: a name server on 127.0.0.1:53 that answers by the lines of a
file, which is read anew for each question:

    NAME A ADDRESS
    NAME SRV PRIORITY WEIGHT PORT TARGET

Of all other names and types it says that there are none.
"""
import socket
import struct
import sys

TYPES = {1: "A", 33: "SRV"}


def put_name(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".") if p) + b"\0"


def get_name(data, at):
    parts = []
    while data[at]:
        parts.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return ".".join(parts), at + 1


def value(kind, words):
    if kind == "A":
        return socket.inet_aton(words[0])
    return struct.pack(">HHH", *(int(w) for w in words[:3])) + put_name(words[3])


def answer(question, zone):
    name, end = get_name(question, 12)
    kind = TYPES.get(struct.unpack(">H", question[end:end + 2])[0])
    found = [value(kind, w[2:]) for w in zone if w[0] == name and w[1] == kind]
    status = 0 if any(w[0] == name for w in zone) else 3
    out = question[:2] + struct.pack(">HHHHH", 0x8480 | status, 1, len(found), 0, 0)
    out += question[12:end + 4]
    for v in found:
        out += b"\xc0\x0c" + question[end:end + 4] + struct.pack(">IH", 5, len(v)) + v
    return out


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 53))
        if "--ready" in sys.argv:
            with open(sys.argv[sys.argv.index("--ready") + 1], "w", encoding="ascii") as f:
                f.write("ready\n")
        while True:
            question, who = sock.recvfrom(4096)
            with open(sys.argv[1], encoding="ascii") as f:
                zone = [line.split() for line in f if line.strip()]
            sock.sendto(answer(question, zone), who)


if __name__ == "__main__":
    main()
