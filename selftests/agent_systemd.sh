#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=300
#
# Our unit by systemd itself, which is process 1 of a system of its own (systemd_root): start,
# sandbox, reload, restart, kill and stop, with a call that goes on (agent_restart.py).
#
#    a: access                  m: media host                       b: core
#   +--------------+     +---------------------------------+     +--------------+
#   | phone        |=====| systemd --- rtplaned.service    |=====| switch       |
#   | 192.0.2.1    |     | 192.0.2.254      198.51.100.254 |     | 198.51.100.1 |
#   +--------------+     +---------------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

CGROUP=
INIT=

# systemd's own view, from within
inside() { nsenter -t "$INIT" -m -p -C -- "$@"; }
# of_unit NAME: a property of the unit
of_unit() { inside systemctl show -P "$1" rtplaned.service; }
unit_is() { [ "$(of_unit ActiveState)" = "$1" ]; }
systemd_is_up() { inside systemctl is-active -q basic.target; }

# the one that unshare has forked
init_of() { INIT=$(pgrep -P "${BG[systemd]}"); [ -n "$INIT" ] && [ "$(cat "/proc/$INIT/comm")" = systemd ]; }

setup()
{
	local cgroups=$W/cgroups
	srtp_setup || return 1
	mkdir "$cgroups" "$W/sd" "$W/sd/run"
	mount -t cgroup2 none "$cgroups" || return 1
	CGROUP=$cgroups/rtplane-test.$$
	mkdir "$CGROUP"
	CTL=$W/sd/run/rtplaned.sock
	A4=192.0.2.99 ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		agent_config 'quarantine: 0' 'datapath: uring' 'store: /var/lib/rtplane' \
		'drain: 60'
	sed "s|^control: .*|control: /run/rtplane/rtplaned.sock|" "$W/rtplaned.yaml" >"$W/sd/rtplaned.yaml"
	cp "$(command -v rtplaned)" "$(command -v rtplane)" "$W/sd/"
	chmod 755 "$W" "$W/sd"
	: >"$W/sd/agent.log"
	AGENT_LOG=$W/sd/agent.log
	nsenter --net="/run/netns/$M" -- bash -c 'echo $BASHPID >"$1/cgroup.procs" && shift && exec "$@"' in \
		"$CGROUP" unshare -mCfp --kill-child "$TREE/selftests/systemd_root" "$TREE" "$W/sd" \
		>"$W/systemd.log" 2>&1 </dev/null 8>&- 9>&- &
	BG[systemd]=$!
	wait_for 60 init_of && wait_for 60 systemd_is_up && return 0
	fail "systemd does not come up: $(tail -n 5 "$W/systemd.log")"
	return 1
}

# What systemd made ends with it: processes, mounts, cgroups.
no_cgroups()
{
	[ -d "$CGROUP" ] || return 0
	find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$CGROUP" ]
}
systemd_stop()
{
	[ -n "$INIT" ] && kill -KILL "$INIT"
	[ -z "${BG[systemd]:-}" ] || wait "${BG[systemd]}"
	unset "BG[systemd]"
	INIT=
	wait_for 20 no_cgroups && umount "$W/cgroups"
} 2>/dev/null

eval "$(declare -f cleanup | sed '1s/cleanup/agent_cleanup/')"
cleanup()
{
	[ -z "$INIT" ] || systemd_stop
	mountpoint -q "$W/cgroups" && umount -l "$W/cgroups"
	agent_cleanup
}

test_it_starts()
{
	ok "start" inside systemctl start rtplaned.service
	# Type=notify: who has been told that it runs finds it listening
	is "it is" "$(of_unit ActiveState)/$(of_unit SubState)" active/running
	ok "the agent answers" ask status
	is "it runs as" "$(inside stat -c %u "/proc/$(of_unit MainPID)")" 990
}

test_its_sandbox()
{
	local pid
	pid=$(of_unit MainPID)
	in_it() { inside nsenter -t "$pid" -m -- "$@"; }
	is "what it may" "$(inside sed -n 's/^CapEff:\t0*//p; s/^CapBnd:\t0*/bnd /p' "/proc/$pid/status" | xargs)" '1400 bnd 1400'
	is "no more, and no call but its own" \
		"$(inside sed -n 's/^NoNewPrivs:\t//p; s/^Seccomp:\t//p' "/proc/$pid/status" | xargs)" '1 2'
	in_it touch /usr/lib/here 2>/dev/null && fail "it can write to /usr"
	in_it touch /etc/rtplane/here 2>/dev/null && fail "it can write to /etc"
	in_it touch /var/lib/rtplane/here || fail "it cannot write to its store"
	is "devices" "$(in_it find /dev -maxdepth 1 -type b | wc -l)" 0
	is "its store's folder is" "$(in_it stat -L -c '%a %u' /var/lib/rtplane/)" '700 990'
	is "and the store" "$(in_it stat -L -c '%a %u' /var/lib/rtplane/state.mdb)" '600 990'
}

test_reload_with_a_mistake()
{
	ok "reload" inside systemctl reload rtplaned.service
	logged 'configuration read again' || return
	inside sed -i 's/^drain: 60/drain: much/' /etc/rtplane/rtplaned.yaml
	inside systemctl reload rtplaned.service
	logged 'expected a number of seconds' || return
	unit_is active || fail "a mistake in the file ends it"
	# nor does a restart with one: the check before it fails, and systemd tries on
	inside sed -i 's/^drain: much/drain: 60/' /etc/rtplane/rtplaned.yaml
}



is_asked_or_done() { [ -e "$W/kill" ] || ! kill -0 "$1" 2>/dev/null; }
is_another() { [ "$(of_unit MainPID)" != "$1" ] && [ "$(of_unit MainPID)" != 0 ] && unit_is active; }

# killed, it is there again by itself, and a call goes on, whose parties do not notice
test_a_call_outlives_a_kill()
{
	local acting before
	acts agent_restart goes_on &
	acting=$!
	while wait_for 120 is_asked_or_done $acting && [ -e "$W/kill" ]; do
		ok "reload" inside systemctl reload rtplaned.service
		before=$(of_unit MainPID)
		: >"$AGENT_LOG"
		inside kill -KILL "$before"
		wait_for 60 is_another "$before" || fail "it is not there again: $(tail -n 3 "$AGENT_LOG")"
		logged 'calls of the former agent: 1 go on, 0 are ended'
		rm "$W/kill"
	done
	wait $acting
	is "restarts of systemd's own" "$(of_unit NRestarts)" 2
	no_calls
}

# Without the module media would end with the agent: calls have the time that drain gives them
# (agent_ops.sh restarts it with the module, and loses none).
test_a_restart_waits_for_a_call()
{
	local acting before
	before=$(of_unit MainPID)
	acts agent_restart drains &
	acting=$!
	wait_for 120 is_asked_or_done $acting
	ok "restart" inside systemctl restart --no-block rtplaned.service
	logged 'draining: .* 1 calls have 60 s'
	rm -f "$W/kill"
	wait $acting
	wait_for 60 is_another "$before" || fail "it is not there again: $(tail -n 3 "$AGENT_LOG")"
	no_calls
}

test_it_stops()
{
	ok "stop" inside systemctl stop rtplaned.service
	is "it is" "$(of_unit ActiveState)/$(of_unit Result)" inactive/success
	is "processes" "$(cat "$CGROUP"/system.slice/rtplaned.service/cgroup.procs 2>/dev/null)" ""
	systemd_stop || fail "its cgroups stay"
}

# What it takes is not to be had in every container: cgroups, an overlay, process numbers.
can_be_had()
{
	local at
	at=$(mktemp -d)
	# shellcheck disable=SC2016
	unshare -mCfp bash -c 'mount --make-rprivate / && mount -t tmpfs none "$0" && cd "$0" &&
		mkdir top work at cg && mount -t cgroup2 none cg && mount -t proc none cg &&
		mount -t overlay overlay -o lowerdir=/,upperdir=top,workdir=work at' "$at" 2>"$at.why"
	set -- $?
	WHY=$(head -n 1 "$at.why")
	rm -rf "$at" "$at.why"
	return "$1"
}
[ -x /lib/systemd/systemd ] || WHY='/lib/systemd/systemd is not there'
if [ -n "${WHY=}" ] || ! can_be_had; then
	echo "KTAP version 1"
	echo "1..0 # SKIP systemd cannot be process 1 here: $WHY"
	exit 4
fi
need python3
run_tests "$@"
