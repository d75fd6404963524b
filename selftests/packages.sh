#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=900
#
# What an operator installs: `make install` lays down what the unit and the
# manual speak of, the unit is sound and locked down, and the source in the DKMS
# package builds as DKMS builds it, for both kernels.
#
#   build/install  <- make install DESTDIR      build/dkms  <- dkms build

set -u

cd "$(dirname "$0")/.." || exit 1
TREE=$PWD
VERSION=$(make -s version)
WORK=$(mktemp -d "$TREE/build/packages.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
NR=0 BAD=0

# result NAME: by the status of the command before
result()
{
	local status=$?

	NR=$((NR + 1))
	if [ $status = 0 ]; then
		echo "ok $NR - $1"
	else
		BAD=1
		echo "not ok $NR - $1"
	fi
}

# present FILE...: each was installed
present()
{
	local file

	for file; do
		if [ ! -s "$WORK/root/$file" ]; then
			echo "# missing: $file"
			return 1
		fi
	done
}

install_here()
{
	make -s install DESTDIR="$WORK/root" PREFIX=/usr >"$WORK/install.log" 2>&1 || {
		sed 's/^/# /' "$WORK/install.log"
		return 1
	}
	present usr/bin/rtplane usr/sbin/rtplaned usr/include/linux/rtplane.h \
		etc/rtplane/rtplaned.yaml lib/systemd/system/rtplaned.service
}

# An operator's own configuration survives the next installation.
keeps_config()
{
	echo '# mine' >"$WORK/root/etc/rtplane/rtplaned.yaml"
	make -s install DESTDIR="$WORK/root" PREFIX=/usr >/dev/null 2>&1 &&
		[ "$(cat "$WORK/root/etc/rtplane/rtplaned.yaml")" = '# mine' ]
}

runs_from_there()
{
	"$WORK/root/usr/sbin/rtplaned" --version | grep -qF "$VERSION"
}

# The programs that the unit names are options that the program has.
unit_checks_config()
{
	local unit=$WORK/root/lib/systemd/system/rtplaned.service

	grep -q '^ExecStartPre=/usr/sbin/rtplaned --check-config' "$unit" &&
		"$WORK/root/usr/sbin/rtplaned" --check-config agent/config/rtplaned.yaml.example
}

# systemd's own opinion, 0 (locked down) to 10 (exposed)
unit_is_locked_down()
{
	systemd-analyze --offline=yes --threshold=25 security \
		"$WORK/root/lib/systemd/system/rtplaned.service" >"$WORK/security.log" 2>&1 || {
		sed 's/^/# /' "$WORK/security.log"
		return 1
	}
}

# dkms KERNEL: the source as the package has it, in trees of this test
dkms_builds()
{
	local release build src=$WORK/src/rtplane-$VERSION

	release=$(scripts/kernel "$1" release) && build=$(scripts/kernel "$1" build) || return 1
	rm -rf "$WORK/src" "$WORK/dkms"
	mkdir -p "$src" "$WORK/dkms"
	cp -r Kbuild kmod uapi "$src/"
	sed "s/#MODULE_VERSION#/$VERSION/" debian/rtplane-dkms.dkms >"$src/dkms.conf"
	dkms build -m rtplane -v "$VERSION" -k "$release" --kernelsourcedir "$build" \
		--dkmstree "$WORK/dkms" --sourcetree "$WORK/src" --no-depmod \
		>"$WORK/dkms.log" 2>&1 &&
		find "$WORK/dkms" -name 'rtplane.ko*' | grep -q . || {
		cat "$WORK/dkms.log" "$WORK"/dkms/rtplane/*/build/make.log 2>/dev/null | sed 's/^/# /'
		return 1
	}
}

version_agrees()
{
	[ "$(dpkg-parsechangelog -l debian/changelog -S Version)" = "$VERSION" ]
}

echo "KTAP version 1"
echo "1..8"
install_here
result "make install lays down programs, header, configuration and unit"
keeps_config
result "make install leaves a configuration as it is"
runs_from_there
result "the installed agent says its version"
unit_checks_config
result "the unit checks the configuration before the start"
unit_is_locked_down
result "the unit is locked down"
version_agrees
result "the packages have the version of the Makefile"
dkms_builds 6.1
result "DKMS builds the module for 6.1"
dkms_builds 6.12
result "DKMS builds the module for 6.12"
exit $BAD
