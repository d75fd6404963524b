#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""profile.py BLOCKS KALLSYMS PACKETS [--module KO TEXT]: where the instructions go

BLOCKS is what plugin.c wrote: region 0 is the baseline, region 1 the path. The
table has, per kernel function, instructions per packet of the path, of the
baseline, and their difference. With --module, the functions of the module are
split further by function and line of the source that an instruction comes from,
inlined or not (by the module's debugging information; TEXT is the address at
which its .text was).
"""

import argparse
import bisect
import collections
import re
import subprocess

from symbols import read_symbols


def read_blocks(path):
    """Per region: (address, instructions of the block) -> executions."""
    regions = collections.defaultdict(collections.Counter)
    with open(path, encoding="ascii") as file:
        for line in file:
            region, address, insns, count = line.split()
            regions[int(region)][int(address, 16), int(insns)] += int(count)
    return regions


def by_function(blocks, symbols, starts):
    functions = collections.Counter()
    for (address, insns), count in blocks.items():
        if address < 1 << 63:
            functions["(user space)", ""] += insns * count
            continue
        at = bisect.bisect_right(starts, address) - 1
        functions[symbols[at][1:] if at >= 0 else ("?", "")] += insns * count
    return functions


def by_instruction(blocks, module, text):
    """Executions of every instruction of the module's .text, by its offset."""
    out = subprocess.run(["objdump", "-d", "-j", ".text", "--no-show-raw-insn", module], text=True,
                         check=True, stdout=subprocess.PIPE).stdout
    offsets = [int(line.split(":")[0], 16) for line in out.splitlines()
               if re.match(r" +[0-9a-f]+:\t", line)]
    executed = collections.Counter()
    for (address, insns), count in blocks.items():
        at = bisect.bisect_left(offsets, address - text)
        for offset in offsets[at:at + insns]:
            executed[offset] += count
    return executed


def sources(module, offsets):
    """Of each offset: [function, file:line] from the innermost inlined outwards."""
    out = subprocess.run(["addr2line", "-i", "-f", "-a", "-j", ".text", "-e", module],
                         input="".join(f"{o:#x}\n" for o in offsets), text=True, check=True,
                         stdout=subprocess.PIPE).stdout.splitlines()
    found, current = {}, None
    for line in out:
        if line.startswith("0x"):
            current = found[int(line, 16)] = []
        else:
            current.append(line)
    return found


def print_sources(executed, module, packets):
    where = sources(module, sorted(executed))
    functions, lines = collections.Counter(), collections.Counter()
    for offset, count in executed.items():
        chain = where[offset]
        # the first of our own files tells what it is for
        own = next((i for i in range(0, len(chain), 2) if "/kmod/" in chain[i + 1]), 0)
        functions[chain[own]] += count
        place = "/".join(chain[own + 1].split(" (")[0].split("/")[-2:])
        inner = f"  ({chain[0]})" if own else ""
        lines[f"{place}  {chain[own]}{inner}"] += count
    print(f"\nof {sum(executed.values()) / packets:.0f} in the module, "
          "by function of the source:")
    for name, count in functions.most_common(40):
        print(f"{count / packets:8.1f}  {name}")
    print("\nand by line:")
    for name, count in lines.most_common(60):
        print(f"{count / packets:8.1f}  {name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("blocks")
    parser.add_argument("kallsyms")
    parser.add_argument("packets", type=int)
    parser.add_argument("--module")
    parser.add_argument("--text", type=lambda x: int(x, 16))
    parser.add_argument("--name", default="rtplane")
    parser.add_argument("--least", type=float, default=1.0,
                        help="differences below so many instructions are summed up")
    args = parser.parse_args()

    symbols = read_symbols(args.kallsyms)
    starts = [s[0] for s in symbols]
    regions = read_blocks(args.blocks)
    base = by_function(regions[0], symbols, starts)
    path = by_function(regions[1], symbols, starts)
    n = args.packets

    rows = [((path[f] - base[f]) / n, path[f] / n, base[f] / n, f)
            for f in set(path) | set(base)]
    rows.sort(key=lambda row: -row[0])
    kernel = [row for row in rows if row[3][0] != "(user space)"]
    total = sum(row[0] for row in kernel)
    ours = sum(row[0] for row in kernel if row[3][1] == args.name)
    print(f"above the baseline {total:.0f}, of these {args.name} {ours:.0f}; "
          f"the whole way {sum(row[1] for row in kernel):.0f}, "
          f"baseline {sum(row[2] for row in kernel):.0f}")
    print(f"{'above':>8} {'path':>8} {'base':>8}  function")
    rest = 0.0
    for diff, p, b, (name, module) in kernel:
        if abs(diff) < args.least:
            rest += diff
            continue
        print(f"{diff:8.1f} {p:8.1f} {b:8.1f}  {name}{f' [{module}]' if module else ''}")
    print(f"{rest:8.1f} {'':>8} {'':>8}  (the others)")

    if args.module:
        mine = {block: count for block, count in regions[1].items() if block[0] >= 1 << 63 and
                symbols[bisect.bisect_right(starts, block[0]) - 1][2] == args.name}
        print_sources(by_instruction(mine, args.module, args.text), args.module, n)


if __name__ == "__main__":
    main()
