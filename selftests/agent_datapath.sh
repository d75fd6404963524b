#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# Which datapath rtplaned takes, and what it says why: the module where it is
# there, or can be loaded, and obeys; user space otherwise. Topology: agent_lib.sh.

# shellcheck source-path=SCRIPTDIR source=agent_lib.sh
. "$(dirname "$0")/agent_lib.sh"

setup()
{
	need capsh unshare
	topology
}

module_away() { ! module_loaded || rmmod rtplane; }

# As an admin does who wants no such module; the guest's /etc is its own.
FORBIDDEN=/etc/modprobe.d/rtplane-test.conf
forbid_module() { module_away && echo 'install rtplane /bin/false' >$FORBIDDEN; }
allow_module() { rm -f $FORBIDDEN && module_load; }

# begin CMD...: rtplaned by way of CMD, or CMD with the words for it
begin()
{
	: >"$AGENT_LOG"
	nsenter --net="/run/netns/$M" -- "$@" 2>>"$AGENT_LOG" </dev/null &
	AGENT_PID=$!
	wait_for 20 agent_is_up || fail "rtplaned does not come up: $(tail -3 "$AGENT_LOG")"
	AGENT_PID=$(tool_of "$AGENT_PID")
}

agent() { begin rtplaned --config "$W/rtplaned.yaml" "$@"; }

# without CAPABILITY: the same without it
without()
{
	begin capsh --drop="$1" -- -c "exec rtplaned --config $W/rtplaned.yaml"
}

# taken BACKEND REGEX: by the log and by rtplane status
taken()
{
	logged "datapath $1: .*$2"
	told status ".backend == \"$1\" and (.backend_why | test(\"$2\"))"
}

test_a_module_that_is_loaded_is_taken()
{
	module_load
	agent_config
	agent
	taken kernel 'the module rtplane is loaded'
	is "devices" "$(m rtplane --datapath kernel --json dev show | jq length)" 2
	agent_stop
}

test_a_module_that_is_not_loaded_is_loaded()
{
	ok "unload" module_away
	agent
	taken kernel 'was not loaded and has been'
	module_loaded || fail "the module is not loaded"
	agent_stop
}

test_a_module_that_cannot_be_loaded_is_told_by_modprobe()
{
	ok "forbid" forbid_module
	agent
	taken uring 'not loaded and cannot be: modprobe: .*rtplane'
	agent_stop
}

test_who_may_not_load_it_relays_in_user_space()
{
	without cap_sys_module
	taken uring 'the kernel does not load it, and to do so we need CAP_SYS_MODULE'
	agent_stop
}

test_without_modprobe_it_says_so()
{
	begin unshare -m sh -c 'mount --bind /dev/null /sbin/modprobe && exec "$@"' sh \
		rtplaned --config "$W/rtplaned.yaml"
	taken uring 'cannot be: /sbin/modprobe: '
	agent_stop
}

test_who_insists_on_a_module_that_is_not_there_is_refused()
{
	agent_config 'datapath: kernel'
	refused 'the module rtplane is not loaded' m rtplaned --config "$W/rtplaned.yaml"
	module_loaded && fail "the module was loaded"
	ok "allow" allow_module
}

test_a_module_that_takes_no_orders_is_not_taken()
{
	agent_config
	without cap_net_admin
	taken uring 'takes no orders from us: that needs CAP_NET_ADMIN'
	agent_stop
}

test_the_configuration_chooses()
{
	agent_config 'datapath: uring'
	agent
	taken uring 'the configuration says so'
	agent_stop
}

test_the_command_line_goes_before_it()
{
	agent_config 'datapath: uring'
	agent --datapath kernel
	taken kernel 'the command line says so'
	agent_stop
	agent_config 'datapath: kernel'
	agent --datapath uring
	taken uring 'the command line says so'
	agent_stop
}

test_a_word_that_is_no_datapath_is_refused()
{
	agent_config 'datapath: xdp'
	refused 'datapath: .*expected auto, kernel or uring' \
		rtplaned --check-config "$W/rtplaned.yaml"
	misused rtplaned --datapath xdp --config "$W/rtplaned.yaml"
}

run_tests
