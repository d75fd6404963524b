# SPDX-License-Identifier: GPL-2.0
"""
Ports of a firewall, for firewall.sh.

    sweep SOURCE ADDRESS PORTS    a datagram and a SYN to each port, from port 40404
    listed FILE ADDRESS SOURCE PORTS
                                  "UDP"/"TCP" and the ports, of those, that the JSON of
                                  `rtplane firewall` says are open there to SOURCE
    same JSON TABLE CSV MARKDOWN  do they say the same, and is it well-formed?
"""
import csv
import ipaddress
import json
import socket
import struct
import sys

PORT = 40404
COLUMNS = ["what", "realm", "protocol", "address", "ports", "from", "dscp"]


def ports_of(text):
    for part in text.split(","):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)


def total(data):
    return sum(struct.unpack(f">{len(data) // 2}H", data))


def folded(n):
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return n


def sweep(source, address, ports):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind((source, PORT))
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
    raw.bind((source, 0))
    pseudo = total(socket.inet_pton(family, source) + socket.inet_pton(family, address)) + 6 + 20
    for port in ports_of(ports):
        udp.sendto(b"x", (address, port))
        head = struct.pack(">HHIIBBH", PORT, port, 1, 0, 0x50, 2, 1024)
        check = ~folded(pseudo + total(head)) & 0xffff
        raw.sendto(head + struct.pack(">HH", check, 0), (address, 0))


def is_from(text, source):
    if text in ("anybody", "phones"):
        return True
    if text == "nobody":
        return False
    source = ipaddress.ip_address(source)
    return any(source in ipaddress.ip_network(p) for p in text.split())


def listed(path, address, source, ports):
    found = {"UDP": set(), "TCP": set()}
    with open(path) as f:
        for o in json.load(f)["openings"]:
            outside = o["address"].split(" to ")[0]
            if outside == address and is_from(o["from"], source):
                found[o["protocol"]].update(ports_of(o["ports"]))
    for protocol in found:
        print(protocol, *sorted(found[protocol] & set(ports_of(ports))))


def same(as_json, as_table, as_csv, as_markdown):
    with open(as_json) as f:
        told = json.load(f)
    want = [[o[c] for c in COLUMNS] for o in told["openings"]]
    assert want and told["advice"], "nothing is open, or there is no advice"
    with open(as_csv, newline="") as f:
        rows = list(csv.reader(f, strict=True))
    assert rows == [COLUMNS] + want, f"CSV: {rows}"
    with open(as_markdown) as f:
        lines = f.read().splitlines()
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert rows[1] == ["---"] * len(COLUMNS), f"Markdown: {rows[1]}"
    assert [rows[0]] + rows[2:] == [COLUMNS] + want, f"Markdown: {rows}"
    advice = [line[2:] for line in lines if line.startswith("* ")]
    assert advice == told["advice"], f"Markdown: {advice}"
    with open(as_table) as f:
        lines = f.read().splitlines()
    blank = lines.index("")
    assert [" ".join(line.split()) for line in lines[:blank]] == [" ".join(r) for r in [COLUMNS] + want], f"table: {lines}"
    assert [line[2:] for line in lines[blank + 1:]] == told["advice"], f"table: {lines}"


if __name__ == "__main__":
    {"sweep": sweep, "listed": listed, "same": same}[sys.argv[1]](*sys.argv[2:])
