#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2 timeout=300
#
# rtplane doctor beside the module, and with a clock of its own: what doctor.sh cannot set.
# Topology: agent_lib.sh.

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

need jq perl

# says STATUS EXPR: jq's EXPR of the list of what the doctor says is true, and that is its
# exit status. It is the program with all commands.
says()
{
	local status
	m "$TREE/build/rtplane" --json -s "$CTL" doctor >"$W/doctor.json" 2>"$W/doctor.err"
	status=$?
	is "status of doctor ($(cat "$W/doctor.err"))" $status "$1" ||
		note "its faults: $(val doctor '.[] | select(.verdict == "fault") | .says')"
	holds doctor "$2"
}
of() { echo "([.[] | select(.check == \"$1\") | .verdict] == [$2])"; }
that() { echo "any(.check == \"$1\" and (.says | test(\"$2\")) and ($3))"; }

# clock STATUS MAXERROR: the kernel's word on who keeps it, as a time daemon gives it
# (adjtimex(2)); prints what it was. An error of 16 s and more makes it STA_UNSYNC by itself.
clock()
{
	perl -e '
		my $nr = {x86_64 => 159, aarch64 => 171}->{$ARGV[0]} or die "no such machine";
		my $timex = pack("x512");
		syscall($nr, $timex) >= 0 or die "adjtimex: $!";
		printf "%d %d\n", unpack("x40 l", $timex), unpack("x24 q", $timex);
		substr($timex, 0, 4) = pack("L", 0x10 | 0x4);	# ADJ_STATUS, ADJ_MAXERROR
		substr($timex, 40, 4) = pack("l", $ARGV[1]);
		substr($timex, 24, 8) = pack("q", $ARGV[2]);
		syscall($nr, $timex) >= 0 or die "adjtimex: $!";
	' "$(uname -m)" "$@"
}

# A device that is not enrolled, and what the remedy does; a clock that nobody has set, and
# one that somebody keeps. A look takes seconds here, so that each is at both.
test_devices_and_clock()
{
	local was='64 16000000'		# STA_UNSYNC, as after the start
	[ -f /.vm-init ] || was=$(clock $was) || { skip "the clock cannot be set"; return; }
	AGENT_IN=(prlimit --nofile=16384:16384)	# by itself a guest has too few for its ports
	agent_config
	sed -i '/^ *devices: \[mb\]/d' "$W/rtplaned.yaml"
	agent_start --datapath kernel || return
	says 1 "$(of device '"fine", "fault"') and $(that device '^ma is enrolled$' '.remedy == null') and
		$(that device '^mb has addresses of ours and is not enrolled' '.remedy == "devices: [mb] in its realm, and restart rtplaned"') and
		$(that clock 'is not synchronised' '.verdict == "warning" and (.remedy | test("chrony"))')"
	sed -i 's/^\( *\)- name: core/&\n\1  devices: [mb]/' "$W/rtplaned.yaml"
	agent_ends
	agent_start --datapath kernel || return
	ok "synchronised" clock 0 0
	says 0 "$(of device '"fine", "fine"') and $(of module '"fine"') and $(that device '^mb is enrolled$' '.remedy == null') and
		$(that clock 'is synchronised$' '.verdict == "fine" and .remedy == null')"
	ok "not synchronised" clock 64 0
	says 0 "$(of device '"fine", "fine"') and $(of clock '"warning"')"
	ok "as it was" clock $was
	agent_ends
}

run_tests "$@"
