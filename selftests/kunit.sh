#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=debug smp=2 timeout=120
#
# The module's pure parts by their tables, inside a kernel that has KUnit:
# rtplane_kunit.ko runs them when it is loaded, and the kernel keeps the results.
# selftests/unit/pure.c runs the same tables in user space.
#
#   selftests/kunit/pure.c, rtplane_kunit.c -> rtplane_kunit.ko -> /sys/kernel/debug/kunit

TREE=$(cd "$(dirname "$0")/.." && pwd)
RESULTS=/sys/kernel/debug/kunit

echo "KTAP version 1"
module=
for ko in "$TREE"/build/kmod-*/rtplane_kunit.ko; do
	case "$(modinfo -F vermagic "$ko" 2>/dev/null) " in
	"$(uname -r) "*) module=$ko ;;
	esac
done
if [ -z "$module" ]; then
	echo "1..0 # SKIP no rtplane_kunit.ko for $(uname -r): that kernel has no KUnit"
	exit 4
fi
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
if ! insmod "$module"; then
	echo "Bail out! $module cannot be loaded"
	exit 1
fi
trap 'rmmod rtplane_kunit' EXIT

# One flat list of what the suites nest.
points=$(cat "$RESULTS"/rtplane_*/results)
echo "1..$(grep -cE '^ +(not )?ok ' <<<"$points")"
awk '
	/^ +(not )?ok / {
		sub(/^ +/, "")
		bad = /^not/
		sub(/^(not )?ok [0-9]+( -)? /, "")
		printf "%sok %d %s\n", bad ? "not " : "", ++nr, $0
		failed += bad
		next
	}
	{ sub(/^ */, "# "); print }
	END { exit failed || nr < 20 }' <<<"$points"
