#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# Where the module's ciphers come from, and what it does while the processor's own
# cannot be used: the kernel's FPU is in the hands of who was interrupted by the
# packet. libsrtp2 is at the other end (tools/srtpway.c).
#
#   a: a0 ==== ma LA [m] LB mb ==== b0 :b      srtpway has a socket in a and one in b

# shellcheck source-path=SCRIPTDIR source=srtp_lib.sh
. "$(dirname "$0")/srtp_lib.sh"

FAST="aesni_intel sha1_ssse3 ghash_clmulni_intel"
CM=AES_CM_128_HMAC_SHA1_80 GCM=AEAD_AES_128_GCM

setup() { need srtpway python3 taskset; topology && enrol && judge; }

# whole NAME N: N packets, each as it was
whole() { holds "$1" ".sent == $2 and .good == $2 and .wrong == 0 and .auth == 0"; }

# loaded: those of $FAST that are there
loaded()
{
	local module
	for module in $FAST; do
		[ ! -d "/sys/module/$module" ] || echo "$module"
	done | paste -sd' '
}

# The kernel's generic code is built in: without more ado nothing would be loaded.
test_modules_of_ciphers_come_with_the_first_key()
{
	local module
	ok "unload" rmmod rtplane
	for module in $FAST; do
		[ ! -d "/sys/module/$module" ] || ok "unload" rmmod "$module"
	done
	ok "load" modprobe rtplane
	enrol
	ok "plain" bridge
	is "without a key" "$(loaded)" ""
	clear_bridges
	ok "protected" bridge srtp-rx $CM "$(words $CM 1)"
	is "with a key" "$(loaded)" "$FAST"
	ok "the key is for the processor's own" grep -qE '^aesni_intel [0-9]+ [1-9]' /proc/modules
	clear_bridges
}

# busy CPU: the kernel encrypts there, most of the time within its use of the FPU
busy()
{
	python3 - "$1" >/dev/null <<-'END' &
		import os, socket, sys
		os.sched_setaffinity(0, {int(sys.argv[1])})
		alg = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
		alg.bind(("skcipher", "ctr(aes)"))
		alg.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, bytes(16))
		op, _ = alg.accept()
		text = bytes(65536)
		while True:
		    op.sendmsg_afalg([text], op=socket.ALG_OP_ENCRYPT, iv=bytes(16))
		    op.recv(65536)
	END
	BG[busy]=$!
	wait_for 20 encrypts || fail "nobody keeps the FPU busy"
}
encrypts() { grep -q '^algif_skcipher [0-9]* [1-9]' /proc/modules; }

# Packets of both devices are handled by processor 1, whoever sends them.
handled_by_1()
{
	local dev
	for dev in ma mb; do
		# shellcheck disable=SC2016 # the inner shell's
		ok "RPS" ip netns exec "$M" sh -c 'echo 2 >"/sys/class/net/$0/queues/rx-0/rps_cpus"' $dev
	done
	ok "sender" taskset -acp 0 "$WAY_PID"
}

slow() { stats_val .srtp_slow; }

# ways NAME N: N packets by either suite, taken off and put on
ways()
{
	local suite
	for suite in $CM $GCM; do
		ok "bridge" bridge srtp-rx $suite "$(words $suite 1)" -- early on srtp-tx $suite "$(words $suite 2)"
		way "$1" --tx "$suite:$(key $suite 1)" --rx "$suite:$(key $suite 2)" --count "$2"
		whole "$1" "$2"
		clear_bridges
	done
}

test_the_FPU_is_busy()
{
	local before
	handled_by_1
	before=$(slow)
	ways free 200
	is "slow ones where it is free" $(($(slow) - before)) 0
	busy 1
	ways busy 400
	stop busy
	note "of 1600 packets $(($(slow) - before)) found it busy"
	ok "some found it busy" test "$(slow)" -gt "$((before + 40))"
}

run_tests "$@"
