#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does everybody say the same of the netlink contract?

spec.py header: Documentation/netlink/specs/rtplane.yaml is well formed and
agrees with uapi/linux/rtplane.h, name by name and value by value.

spec.py kernel: it agrees with what the loaded module tells of its family:
commands, permissions, groups, and its policies (CTRL_CMD_GETPOLICY).

Prints KTAP; called by spec.sh and spec_policy.sh.
"""
import os
import re
import socket
import struct
import subprocess
import sys

import yaml

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPEC = os.path.join(TREE, "Documentation/netlink/specs/rtplane.yaml")
HEADER = os.path.join(TREE, "uapi/linux/rtplane.h")
PARTS = re.compile(r"^#include <linux/(rtplane_\w+\.h)>$", re.M)

# What the kernel's schema for genetlink-c allows; a key that is misspelt would
# otherwise go unnoticed.
SCHEMA = {
    "spec": {"name", "protocol", "c-family-name", "c-version-name", "uapi-header", "doc",
             "definitions", "attribute-sets", "operations", "mcast-groups"},
    "const": {"type", "name", "value", "doc"},
    "enum": {"type", "name", "enum-name", "name-prefix", "doc", "render-max", "entries"},
    "entry": {"name", "value", "doc"},
    "set": {"name", "name-prefix", "enum-name", "doc", "attributes"},
    "attr": {"name", "type", "doc", "value", "byte-order", "multi-attr", "nested-attributes",
             "enum", "checks", "display-hint"},
    "checks": {"min", "max", "min-len", "max-len", "exact-len"},
    "ops": {"enum-name", "list"},
    "op": {"name", "doc", "value", "attribute-set", "flags", "do", "dump", "event", "mcgrp"},
}
TYPES = {"u8", "u16", "u32", "u64", "s32", "string", "binary", "nest", "flag", "pad"}

# NL_ATTR_TYPE_*, by the spec's type
KERNEL_TYPES = {"flag": 1, "u8": 2, "u16": 3, "u32": 4, "u64": 5, "s32": 8, "binary": 10,
                "string": 12, "nest": 13}
UINT_MAX = {"u8": 2**8 - 1, "u16": 2**16 - 1, "u32": 2**32 - 1, "u64": 2**64 - 1}


def c_name(text):
    return text.upper().replace("-", "_")


class Spec:
    """The YAML file, with the numbers that its rules give to names."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            # an emulated CPU takes a minute with the loader in Python
            self.yaml = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        defs = self.yaml["definitions"]
        self.consts = {d["name"]: d["value"] for d in defs if d["type"] == "const"}
        self.enums = {d["name"]: d for d in defs if d["type"] == "enum"}
        self.sets = {s["name"]: s for s in self.yaml["attribute-sets"]}
        self.ops = self.yaml["operations"]["list"]

    @staticmethod
    def numbered(items, first):
        """(number, item): an explicit value counts on from there."""
        number = first
        for item in items:
            number = item.get("value", number)
            yield number, item
            number += 1

    def enum_values(self, enum):
        prefix = enum.get("name-prefix", "rtplane-%s-" % enum["name"])
        return {c_name(prefix + e["name"]): n for n, e in self.numbered(enum["entries"], 0)}

    def attrs(self, name):
        return list(self.numbered(self.sets[name]["attributes"], 1))

    def attr_values(self, name):
        prefix = self.sets[name].get("name-prefix", "rtplane-%s-a-" % name)
        return {c_name(prefix + a["name"]): n for n, a in self.attrs(name)}

    def op_values(self):
        return {c_name("rtplane-cmd-" + o["name"]): n for n, o in self.numbered(self.ops, 1)}


class Header:
    """The C header and those of its parts that it includes: its enums, number by number, and its defines."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for part in PARTS.findall(text):
            with open(os.path.join(os.path.dirname(path), part), encoding="utf-8") as file:
                text += file.read()
        self.docs = dict(re.findall(r"^ \* @(RTPLANE_\w+): ((?:.*\n)(?: \*\t.*\n)*)", text, re.M))
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        self.defines = dict(re.findall(r"^#define\s+(RTPLANE_\w+)\s+(\S+)$", text, re.M))
        self.enums = {}
        for name, body in re.findall(r"enum (rtplane_\w+) \{(.*?)\};", text, re.S):
            self.enums[name] = self.enumerate(name, body)

    @staticmethod
    def enumerate(name, body):
        values = {}
        number = 0
        for word in (w.strip() for w in body.split(",")):
            if re.fullmatch(r"RTPLANE_\w+_MAX = __RTPLANE_\w+_MAX - 1", word):
                continue
            if not re.fullmatch(r"_{0,2}RTPLANE_\w+", word):
                raise ValueError("enum %s: '%s' is no plain name" % (name, word))
            values[word] = number
            number += 1
        last = [w for w in values if w.startswith("__")]
        if len(last) != 1 or values.pop(last[0]) != number - 1:
            raise ValueError("enum %s does not end in one __..._MAX" % name)
        return {w: n for w, n in values.items() if not w.endswith("_UNSPEC")}


class Ktap:
    """Test points; a check that does not hold is a line of why."""

    def __init__(self):
        self.lines = []
        self.why = []
        self.bad = 0

    def is_(self, what, got, want):
        if got != want:
            self.why.append("%s: is %r, expected %r" % (what, got, want))

    def same(self, what, got, want):
        """Two dicts; tells the difference only."""
        for key in sorted(got.keys() | want.keys(), key=str):
            if got.get(key) != want.get(key):
                self.why.append("%s %s: is %r, expected %r" %
                                (what, key, got.get(key), want.get(key)))

    def keys(self, what, item, kind):
        for key in item:
            if key not in SCHEMA[kind]:
                self.why.append("%s: the schema has no '%s' here" % (what, key))

    def point(self, name):
        self.lines += ["# " + w for w in self.why]
        self.bad += bool(self.why)
        number = sum(1 for line in self.lines if not line.startswith("#")) + 1
        self.lines.append("%sok %d %s" % ("not " if self.why else "", number, name))
        self.why = []

    def finish(self):
        points = sum(1 for line in self.lines if not line.startswith("#"))
        print("KTAP version 1\n1..%d" % points)
        print("\n".join(self.lines))
        return 1 if self.bad else 0


# --- the spec by itself, and against the header ---


def check_schema(spec, t):
    t.keys("spec", spec.yaml, "spec")
    for d in spec.yaml["definitions"]:
        t.keys(d["name"], d, d["type"])
        for entry in d.get("entries", []):
            t.keys(d["name"], entry, "entry")
            t.is_("%s: type of entry %s" % (d["name"], entry["name"]), type(entry["name"]), str)
    for s in spec.sets.values():
        t.keys(s["name"], s, "set")
        for attr in s["attributes"]:
            check_attr(spec, t, "%s %s" % (s["name"], attr["name"]), attr)
    t.keys("operations", spec.yaml["operations"], "ops")
    for op in spec.ops:
        t.keys(op["name"], op, "op")
        t.is_(op["name"] + " has a doc", bool(op.get("doc")), True)
    t.point("the spec is in the kernel's schema")


def check_attr(spec, t, what, attr):
    t.keys(what, attr, "attr")
    t.keys(what, attr.get("checks", {}), "checks")
    t.is_(what + ": known type", attr["type"] in TYPES, True)
    t.is_(what + ": nest names a set", attr.get("nested-attributes") in spec.sets,
          attr["type"] == "nest")
    if "enum" in attr:
        t.is_(what + ": enum is defined", attr["enum"] in spec.enums, True)


def check_ops_refer(spec, t):
    groups = {g["name"] for g in spec.yaml["mcast-groups"]["list"]}
    for op in spec.ops:
        lists = [op.get(k, {}).get(d, {}) for k in ("do", "dump") for d in ("request", "reply")]
        names = {a["name"] for a in spec.sets[op.get("attribute-set", "rtplane")]["attributes"]}
        for attrs in lists + [op.get("event", {})]:
            for name in attrs.get("attributes", []):
                t.is_("%s: attribute %s exists" % (op["name"], name), name in names, True)
        if "event" in op:
            t.is_(op["name"] + ": group exists", op.get("mcgrp") in groups, True)
    t.point("operations name attributes and groups that exist")


def check_header_enums(spec, header, t):
    for enum in spec.enums.values():
        name = enum["enum-name"].replace("-", "_")
        t.same(name, spec.enum_values(enum), header.enums.get(name, {}))
        t.point("enum %s is the header's" % name)
    for s in spec.sets.values():
        if "enum-name" not in s:
            continue
        name = s["enum-name"].replace("-", "_")
        t.same(name, spec.attr_values(s["name"]), header.enums.get(name, {}))
        t.point("attributes of %s are the header's" % name)
    t.same("rtplane_cmd", spec.op_values(), header.enums["rtplane_cmd"])
    t.point("commands are the header's")
    known = {e["enum-name"] for e in spec.enums.values()} | {"rtplane-cmd"} | \
        {s["enum-name"] for s in spec.sets.values() if "enum-name" in s}
    t.is_("enums", {n.replace("_", "-") for n in header.enums}, known)
    t.point("the header has no enum that the spec has not")


def check_header_defines(spec, header, t):
    numbers = {n: v for n, v in header.defines.items()
               if v.isdigit() and n != spec.yaml["c-version-name"]}
    t.same("constant", {c_name("rtplane-" + n): str(v) for n, v in spec.consts.items()}, numbers)
    t.is_("family name", header.defines.get(spec.yaml["c-family-name"]),
          '"%s"' % spec.yaml["name"])
    t.is_("version", header.defines.get(spec.yaml["c-version-name"]), "1")
    for group in spec.yaml["mcast-groups"]["list"]:
        t.is_("group", header.defines.get(group["c-define-name"]), '"%s"' % group["name"])
    t.point("constants, names and version are the header's")


def check_policy(t):
    """The module's policies are made of the spec."""
    ran = subprocess.run([os.path.join(TREE, "scripts/genpolicy"), "--check"],
                         capture_output=True, text=True, check=False)
    t.is_("genpolicy --check", (ran.returncode, ran.stderr), (0, ""))
    t.point("kmod/nlpolicy.c is what scripts/genpolicy makes of the spec")


def check_by_index(spec, t):
    """Nests whose attribute types are 1 + something else."""
    drops = [e["name"] for e in spec.enums["drop"]["entries"]]
    t.is_("drops", [(n, a["name"], a["type"]) for n, a in spec.attrs("drops")],
          [(n + 1, name, "u64") for n, name in enumerate(drops)])
    t.is_("dscp-seen", [(n, a["name"], a["type"]) for n, a in spec.attrs("dscp-seen")],
          [(n + 1, "dscp-%d" % n, "u64") for n in range(64)])
    t.point("drops are 1 + the reason, DSCP seen 1 + the value")


def header_type(doc):
    """The type that the header's kernel-doc begins with, None if it says none."""
    if re.match(r"endpoint\b|nest\b", doc):
        return "nest"
    for word, kind in (("s32", "s32"), ("flag", "flag"), ("string", "string"),
                       ("16 bytes", "binary"), ("64 bytes", "binary")):
        if doc.startswith(word):
            return kind
    match = re.match(r"(u8|u16|u32|u64)\b", doc)
    return match.group(1) if match else None


def check_types(spec, header, t):
    for s in spec.sets.values():
        prefix = s.get("name-prefix", "")
        for attr in s["attributes"]:
            doc = header.docs.get(c_name(prefix + attr["name"]), "")
            want = header_type(doc)
            if want:
                t.is_("%s %s" % (s["name"], attr["name"]), attr["type"], want)
            if s["name"] in ("leg", "dev", "natmap"):
                t.is_("%s %s is read only" % (s["name"], attr["name"]),
                      is_out(attr), "(out" in doc and "in a LEG_GET" not in doc)
    t.point("types, and what is read only, are what the header's text says")


def is_out(attr):
    return attr.get("doc", "").endswith("(out)")


# --- the kernel ---


class Netlink:
    """Just enough of generic netlink to ask the controller."""

    CTRL = 0x10
    ERROR, DONE = 2, 3
    GETFAMILY, GETPOLICY = 3, 10

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))

    @staticmethod
    def attrs(data):
        """[(type, payload)]"""
        found = []
        while len(data) >= 4:
            length, kind = struct.unpack_from("HH", data)
            if length < 4 or length > len(data):
                raise ValueError("an attribute of %d bytes in %d" % (length, len(data)))
            found.append((kind & 0x3fff, data[4:length]))
            data = data[(length + 3) & ~3:]
        return found

    def ask(self, cmd, flags):
        """Attributes of each message of the answer, to a request for our family."""
        name = b"rtplane\0"
        attr = struct.pack("HH", 4 + len(name), 2) + name
        body = struct.pack("BBH", cmd, 1, 0) + attr
        self.sock.send(struct.pack("IHHII", 16 + len(body), self.CTRL, flags, 1, 0) + body)
        answers = []
        while True:
            data = self.sock.recv(1 << 17)
            while len(data) >= 16:
                length, kind = struct.unpack_from("IH", data)
                payload = data[16:length]
                data = data[(length + 3) & ~3:]
                if kind in (self.ERROR, self.DONE):
                    error = struct.unpack_from("i", payload)[0]
                    if error:
                        raise OSError(-error, os.strerror(-error))
                    return answers
                answers.append(self.attrs(payload[4:]))

    def family(self):
        return dict(self.ask(self.GETFAMILY, 1 | 4)[0])

    def policies(self):
        """({index: {attribute: {NL_POLICY_TYPE_ATTR: bytes}}}, {command: index})"""
        policies, commands = {}, {}
        for answer in self.ask(self.GETPOLICY, 1 | 4 | 0x300):
            for kind, data in answer:
                for index, entry in self.attrs(data) if kind in (8, 9) else []:
                    if kind == 8:
                        for attr, desc in self.attrs(entry):
                            policies.setdefault(index, {})[attr] = dict(self.attrs(desc))
                    else:
                        commands[index] = {k: struct.unpack("I", v)[0]
                                           for k, v in self.attrs(entry)}
        return policies, commands


def kernel_family(spec, nl, family, t):
    t.is_("version", struct.unpack("I", family[3])[0], 1)
    groups = [dict(nl.attrs(g))[1].rstrip(b"\0").decode() for _, g in nl.attrs(family[7])]
    t.is_("groups", groups, [g["name"] for g in spec.yaml["mcast-groups"]["list"]])
    t.point("the module's version and groups are the spec's")
    kernel = {}
    for _, data in nl.attrs(family[6]):
        op = dict(nl.attrs(data))
        flags = struct.unpack("I", op[2])[0]
        kernel[struct.unpack("I", op[1])[0]] = (bool(flags & 0x11), bool(flags & 2),
                                                bool(flags & 4))
    want = {}
    for number, op in spec.numbered(spec.ops, 1):
        if "event" in op:
            continue
        want[number] = (bool({"admin-perm", "uns-admin-perm"} & set(op.get("flags", []))), "do" in op, "dump" in op)
    t.same("command", kernel, want)
    t.point("the module's commands, and who may give them, are the spec's")


def limits(spec, attr):
    """What the spec says of a number, as (least, largest)."""
    checks = attr.get("checks", {})
    least, largest = 0, UINT_MAX[attr["type"]]
    if "enum" in attr:
        largest = len(spec.enums[attr["enum"]]["entries"]) - 1
    return checks.get("min", least), checks.get("max", largest)


def kernel_attr(spec, t, what, attr, desc):
    """One attribute's policy; values of 64 bit are NL_POLICY_TYPE_ATTR 4 and 5."""
    t.is_(what + ": type", struct.unpack("I", desc[1])[0], KERNEL_TYPES[attr["type"]])
    if attr["type"] in UINT_MAX and 5 in desc:
        t.is_(what + ": range", (struct.unpack("Q", desc[4])[0], struct.unpack("Q", desc[5])[0]),
              limits(spec, attr))
    elif attr["type"] in UINT_MAX:
        t.is_(what + ": range", None, limits(spec, attr))
    checks = attr.get("checks", {})
    if "exact-len" in checks:
        t.is_(what + ": length", tuple(struct.unpack("I", desc.get(k, b"\0" * 4))[0]
                                       for k in (6, 7)), (checks["exact-len"],) * 2)
    if "max-len" in checks:
        t.is_(what + ": longest", struct.unpack("I", desc[7])[0], checks["max-len"])


def kernel_set(spec, t, policies, index, name, done):
    """One attribute set against one policy, then the nests below."""
    if name in done:
        return
    done.add(name)
    policy = policies.get(index, {})
    below = []
    accepted = set()
    for number, attr in spec.attrs(name):
        what = "%s %s" % (name, attr["name"])
        if attr["type"] == "pad" or is_out(attr):
            continue
        accepted.add(number)
        if number not in policy:
            continue
        desc = policy[number]
        kernel_attr(spec, t, what, attr, desc)
        if attr["type"] == "nest" and 8 in desc:
            below.append((struct.unpack("I", desc[8])[0], attr["nested-attributes"]))
    names = {n: a["name"] for n, a in spec.attrs(name)}
    t.is_(name + ": what requests may hold", sorted(names.get(n, n) for n in policy),
          sorted(names[n] for n in accepted))
    t.point("the module's policy for '%s' is the spec's" % name)
    for child, child_name in below:
        kernel_set(spec, t, policies, child, child_name, done)


def check_kernel(spec, t):
    nl = Netlink()
    family = nl.family()
    kernel_family(spec, nl, family, t)
    policies, commands = nl.policies()
    roots = {i for c in commands.values() for i in c.values()} or {0}
    t.is_("policies of commands", len(roots), 1)
    t.point("all commands have the one policy")
    kernel_set(spec, t, policies, min(roots), "rtplane", set())


def main():
    spec = Spec(SPEC)
    t = Ktap()
    if sys.argv[1:] == ["header"]:
        header = Header(HEADER)
        check_schema(spec, t)
        check_ops_refer(spec, t)
        check_header_enums(spec, header, t)
        check_header_defines(spec, header, t)
        check_by_index(spec, t)
        check_types(spec, header, t)
        check_policy(t)
    elif sys.argv[1:] == ["kernel"]:
        check_kernel(spec, t)
    else:
        sys.exit("usage: spec.py header|kernel")
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
