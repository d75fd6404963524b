# SPDX-License-Identifier: GPL-2.0
"""The kernel's functions, of what /proc/kallsyms says."""


def read_symbols(path):
    """(address, name, module or "") of each function, by address."""
    symbols = []
    with open(path, encoding="ascii") as file:
        for line in file:
            word = line.split()
            if word[1] in "tTwW":
                module = word[3].strip("[]") if len(word) > 3 else ""
                symbols.append((int(word[0], 16), word[2], module))
    symbols.sort()
    return symbols
