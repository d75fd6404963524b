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
		etc/rtplane/rtplaned.yaml lib/systemd/system/rtplaned.service && header_serves
}

# One include brings a program the whole contract, with nothing of this tree at hand.
header_serves()
{
	printf '%s\n' '#include <linux/rtplane.h>' \
		'int all[] = { RTPLANE_CMD_MAX, RTPLANE_SAVED_VERSION, RTPLANE_SAVED_RTP_A_MAX };' |
		(cd "$WORK" && gcc -Wall -Werror -fsyntax-only -isystem "$WORK/root/usr/include" -x c -)
}

# An operator's own configuration survives the next installation.
keeps_config()
{
	echo '# mine' >"$WORK/root/etc/rtplane/rtplaned.yaml"
	make -s install DESTDIR="$WORK/root" PREFIX=/usr >/dev/null 2>&1 &&
		[ "$(cat "$WORK/root/etc/rtplane/rtplaned.yaml")" = '# mine' ]
}

# The unit's user: made where root installs for this machine, and nowhere else.
makes_the_user()
{
	local hand=$WORK/hand made=

	mkdir -p "$WORK/bin"
	printf '#!/bin/sh\necho "$@" >>"%s"\n' "$WORK/made" >"$WORK/bin/systemd-sysusers"
	chmod +x "$WORK/bin/systemd-sysusers"
	PATH=$WORK/bin:$PATH make -s install DESTDIR="$WORK/root" PREFIX=/usr >/dev/null 2>&1 &&
		[ ! -e "$WORK/made" ] || return 1
	PATH=$WORK/bin:$PATH make -s install PREFIX="$hand" SYSCONFDIR="$hand/etc" \
		UNITDIR="$hand/unit" >/dev/null 2>&1 || return 1
	[ "$(id -u)" != 0 ] || made=$hand/lib/sysusers.d/rtplane.conf
	[ "$(cat "$WORK/made" 2>/dev/null)" = "$made" ]
}

# What make modules builds without headers of the running kernel is not for it.
installs_no_other_kernels_module()
{
	! env -u KERNEL -u KDIR -u MAKEFLAGS make -s modules_install RUNNING=0.0.0 \
		>"$WORK/modules_install.log" 2>&1 &&
		grep -q 'headers of the running kernel 0.0.0 .*; expected linux-headers-0.0.0' \
			"$WORK/modules_install.log"
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

# of_unit KEY: its value there
of_unit() { sed -n "s/^$1=//p" "$WORK/root/lib/systemd/system/rtplaned.service"; }

# system_calls GROUP...: all that systemd counts among them
system_calls()
{
	local group word

	for group; do
		while read -r word; do
			case $word in
			@*) system_calls "$word" ;;
			\#*|'') ;;
			*) echo "$word" ;;
			esac
		done < <(systemd-analyze syscall-filter "$group" | tail -n +2)
	done
}

# Without these media would go through epoll, wait for others, or not at all.
unit_allows_what_the_datapath_calls()
{
	local call groups ungroups allowed

	read -ra groups <<<"$(of_unit SystemCallFilter | grep -v '^~' | paste -sd' ')"
	read -ra ungroups <<<"$(of_unit SystemCallFilter | sed -n 's/^~//p' | paste -sd' ')"
	allowed=$(comm -23 <(system_calls "${groups[@]}" | sort -u) <(system_calls "${ungroups[@]}" | sort -u))
	for call in io_uring_setup io_uring_enter io_uring_register eventfd2 setpriority prctl futex \
		clone3 sched_getaffinity setsockopt recvmmsg sendmsg sendto epoll_create1 mmap; do
		grep -qx "$call" <<<"$allowed" || {
			echo "# the unit forbids $call"
			return 1
		}
	done
}

# as the unit does, but for the sandbox that takes systemd, and for limits that may
# not be raised here: user, capabilities, limits
as_the_unit()
{
	local caps nice limits=()

	caps=-all$(of_unit AmbientCapabilities | tr 'A-Z ' 'a-z\n' | sed 's/^cap_/,+/' | tr -d '\n')
	nice=$((20 - $(of_unit LimitNICE)))
	may_raise_limits && limits=(prlimit --nofile="$(of_unit LimitNOFILE)" \
		--memlock=unlimited --nice="$nice:$nice")
	exec "${limits[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--bounding-set "$caps" --inh-caps "$caps" --ambient-caps "$caps" "$@"
}

may_raise_limits() { prlimit --nice=40:40 true 2>/dev/null; }

asked() { "$WORK/root/usr/bin/rtplane" --datapath "uring:$WORK/run/datapath.sock" "$@"; }

# The datapath in user space with no more than that: io_uring, a mark (which takes
# CAP_NET_ADMIN), a port below 1024, threads that go before others.
runs_as_the_unit_says()
{
	local pid status=1 nices expected

	mkdir -p "$WORK/run"
	chown 65534:65534 "$WORK/run"
	chmod 711 "$WORK"
	as_the_unit "$WORK/root/usr/sbin/rtplaned" --relay --datapath-socket "$WORK/run/datapath.sock" \
		2>"$WORK/relay.log" &
	pid=$!
	timeout 20 bash -c 'until [ -S "$1" ]; do read -rt 0.05 <> <(:); done' - "$WORK/run/datapath.sock"
	if asked bridge add leg local 192.0.2.254:1000 remote 192.0.2.1:4000 mark 7 \
			leg local 192.0.2.254:1002 remote 192.0.2.1:4002 >"$WORK/asked" 2>&1 &&
	   asked --json stats >"$WORK/stats.json" && [ "$(jq -r .io "$WORK/stats.json")" = io_uring ]; then
		nices=$(ps -L -o comm=,ni= -p $pid | sed -n 's/^media.* //p' | sort -u)
		expected=0
		if may_raise_limits; then
			expected=$(of_unit LimitNICE)
		else
			echo "# limits may not be raised here: the unit's are not tried"
		fi
		[ "${nices// /}" = "$expected" ] && status=0
		[ $status = 0 ] || echo "# media threads have nice '$nices', expected $expected"
	else
		sed 's/^/# /' "$WORK/asked" "$WORK/relay.log"
	fi
	kill $pid
	wait $pid
	return $status
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

# What dpkg would run, with systemctl's place taken by a list of what was asked.
maintainer_scripts()
{
	local deb=$WORK/deb script

	mkdir -p "$deb/debian" "$WORK/systemd"
	cp -r debian/* "$deb/debian/"
	(cd "$deb" && make -s -f debian/rules override_dh_installsystemd &&
		dh_installdeb -prtplane) >"$WORK/deb.log" 2>&1 || {
		sed 's/^/# /' "$WORK/deb.log"
		return 1
	}
	printf '#!/bin/sh\necho "${0##*/} $*" >>"%s"\n' "$WORK/asked-systemd" >"$WORK/bin/deb-systemd-invoke"
	cp "$WORK/bin/deb-systemd-invoke" "$WORK/bin/systemctl"
	cp "$WORK/bin/deb-systemd-invoke" "$WORK/bin/deb-systemd-helper"
	chmod +x "$WORK"/bin/*
	for script in preinst postinst prerm postrm; do
		[ ! -e "$deb/debian/rtplane/DEBIAN/$script" ] ||
			sed "s#/run/systemd/system#$WORK/systemd#g" "$deb/debian/rtplane/DEBIAN/$script" >"$WORK/$script"
	done
}

# dpkg_runs SCRIPT WORD...: nothing if the package has no such script
dpkg_runs()
{
	[ ! -e "$WORK/$1" ] || PATH=$WORK/bin:$PATH DPKG_MAINTSCRIPT_PACKAGE=rtplane sh "$WORK/$1" "${@:2}"
}

an_upgrade_leaves_the_agent_alone()
{
	maintainer_scripts || return 1
	: >"$WORK/asked-systemd"
	dpkg_runs prerm upgrade 1 && dpkg_runs preinst upgrade 0 && dpkg_runs postinst configure 0 || return 1
	! grep -E '(stop|start|restart).*rtplaned' "$WORK/asked-systemd" | sed 's/^/# /' | grep .
}

a_removal_stops_it()
{
	: >"$WORK/asked-systemd"
	dpkg_runs prerm remove && grep -q 'deb-systemd-invoke stop rtplaned.service' "$WORK/asked-systemd"
}

uninstalls()
{
	local left

	make -s install DESTDIR="$WORK/gone" PREFIX=/usr >/dev/null 2>&1 &&
		make -s uninstall DESTDIR="$WORK/gone" PREFIX=/usr || return 1
	left=$(find "$WORK/gone" -type f -printf '%P\n')
	[ "$left" = etc/rtplane/rtplaned.yaml ] || { echo "# left: $left"; return 1; }
}

# A kernel without what the module stands on must not make apt fail.
dkms_knows_its_kernels()
{
	local regex release

	regex=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"$/\1/p' debian/rtplane-dkms.dkms)
	for release in 6.1.0-40-amd64 6.12.43+deb12-amd64 7.3.4+deb13-amd64 10.0.1; do
		[[ $release =~ $regex ]] || { echo "# $release is left out"; return 1; }
	done
	for release in 5.10.0-35-amd64 6.0.12 4.19.0; do
		! [[ $release =~ $regex ]] || { echo "# $release is tried"; return 1; }
	done
}

version_agrees()
{
	[ "$(dpkg-parsechangelog -l debian/changelog -S Version)" = "$VERSION" ]
}

echo "KTAP version 1"
echo "1..16"
install_here
result "make install lays down programs, header, configuration and unit"
keeps_config
result "make install leaves a configuration as it is"
makes_the_user
result "make install makes the unit's user, for this machine only"
installs_no_other_kernels_module
result "make modules_install wants the headers of the running kernel"
runs_from_there
result "the installed agent says its version"
unit_checks_config
result "the unit checks the configuration before the start"
unit_is_locked_down
result "the unit is locked down"
unit_allows_what_the_datapath_calls
result "the unit allows what the datapath calls"
runs_as_the_unit_says
result "the datapath runs with the unit's user, capabilities and limits"
version_agrees
result "the packages have the version of the Makefile"
an_upgrade_leaves_the_agent_alone
result "an upgrade leaves a running agent alone"
a_removal_stops_it
result "a removal stops it"
uninstalls
result "make uninstall leaves nothing but the configuration"
dkms_knows_its_kernels
result "DKMS tries no kernel that is too old"
dkms_builds 6.1
result "DKMS builds the module for 6.1"
dkms_builds 6.12
result "DKMS builds the module for 6.12"
exit $BAD
