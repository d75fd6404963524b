#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""lines.py ACCESSES KALLSYMS: cache lines that two processors contend for

ACCESSES is what lines.c wrote. A line is contended for if one processor writes it
and the other touches it. Told apart: those that the module has to do with (it
writes on one of them, or reads on the one what the other writes), and those of the
kernel alone. The exit status is 1 if there is one of the first kind.
"""

import argparse
import bisect
import collections
import sys

from symbols import read_symbols


def read_accesses(path):
    """Of each cache line: processor -> set of (address of the instruction, is it a store)."""
    lines = collections.defaultdict(lambda: collections.defaultdict(set))
    with open(path, encoding="ascii") as file:
        for text in file:
            vcpu, line, pc, kind = text.split()
            lines[int(line, 16)][int(vcpu)].add((int(pc, 16), kind == "w"))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("accesses")
    parser.add_argument("kallsyms")
    parser.add_argument("--name", default="rtplane")
    args = parser.parse_args()

    symbols = read_symbols(args.kallsyms)
    starts = [s[0] for s in symbols]

    def who(pc):
        at = bisect.bisect_right(starts, pc) - 1
        return symbols[at][1:] if at >= 0 else ("?", "")

    def ours(pc):
        return who(pc)[1] == args.name

    lines = read_accesses(args.accesses)
    module, kernel, touched = {}, collections.Counter(), 0
    for line, by in lines.items():
        if any(ours(pc) for accesses in by.values() for pc, _ in accesses):
            touched += 1
        for a in by:
            for b in by:
                writers = {pc for pc, store in by[a] if store}
                others = {pc for pc, _ in by[b]}
                if a == b or not writers or not others:
                    continue
                if any(map(ours, writers)) or any(map(ours, others)):
                    module.setdefault(line, set()).update(
                        who(pc)[0] for pc in writers | others)
                else:
                    kernel.update({who(pc)[0] for pc in writers})
    print(f"cache lines that the kernel touched: {len(lines)}, that {args.name} touched: {touched}")
    if not touched:
        sys.exit(f"lines.py: {args.name} touched none: nothing was measured")
    print(f"contended for, {args.name} on one side: {len(module)}")
    for line, names in sorted(module.items()):
        print(f"    {line:#x}: {' '.join(sorted(names))}")
    print("contended for by the rest of the kernel, by who writes: "
          + (" ".join(f"{name} ({n})" for name, n in kernel.most_common(12)) or "none"))
    sys.exit(1 if module else 0)


if __name__ == "__main__":
    main()
