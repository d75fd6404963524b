#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# make run, as somebody finds it who has just fetched the tree: a copy without
# build/, a home without a configuration, a user who is not root, a network
# namespace of its own. A call is placed by the words that it prints.
#
#    namespace a (addresses 192.0.2.1, 2001:db8:a::1 on a0; a1 is its other end)
#   +--------------------------------------------------------------------------+
#   | sipp, caller :5064 ==== rtplaned of make run :5060 ==== sipp, callee :5070 |
#   +--------------------------------------------------------------------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

COPY=$W/tree CONFIG=$W/home/.config/rtplane/rtplaned.yaml SOCKET=$W/copy/rtplaned.sock
SOMEBODY=65534

# NAME and verdict of what follows, without the module that run_tests wants
begin() { rm -f "$W/failed"; TEST_SKIPPED=''; }

somebody()
{
	a env -i PATH="$PATH" HOME="$W/home" RTPLANE_RUN="$W/copy" \
		setpriv --reuid $SOMEBODY --regid $SOMEBODY --clear-groups "$@"
}

fresh_copy()
{
	mkdir -p "$COPY" "$W/home" "$W/copy"
	(cd "$TREE" && tar cf - --exclude=./build --exclude=./.git .) | tar xf - -C "$COPY" || return 1
	chown -R $SOMEBODY:$SOMEBODY "$COPY" "$W/home" "$W/copy"
	chmod 755 "$W"
}

network()
{
	quiet_ns "$A" || return 1
	ip -n "$A" link add a0 type veth peer name a1 || return 1
	ip -n "$A" -batch - <<-END
		addr add $A4/24 dev a0
		addr add $A6/64 dev a0 nodad
		link set a0 up
		link set a1 up
	END
}

# run_it: make run in the background, until it has said how to call
run_it()
{
	# what the last run said is not this one's
	: >"$W/run.out"
	somebody make -s -C "$COPY" run >"$W/run.out" 2>&1 &
	BG[run]=$!
	wait_for 150 grep -q 'Ctrl-C ends it' "$W/run.out" && return 0
	fail "make run: $(tail -n 20 "$W/run.out")"
	return 1
}

run_is_gone() { ! kill -0 "${BG[run]}" 2>/dev/null; }

# as Ctrl-C does: to all that the terminal runs
interrupt()
{
	pkill -INT -U $SOMEBODY --ns $$ --nslist mnt -f "^build/rtplaned --config $CONFIG" || true
	wait_for 20 run_is_gone || fail "make run does not end"
	wait "${BG[run]}"
	STATUS=$?
	unset "BG[run]"
}

# the command in the output that begins with $1, as one line of words
printed()
{
	awk -v cmd="$1" '
		index($0, "    " cmd) == 1 { on = 1 }
		on { more = sub(/\\$/, ""); printf "%s", $0; if (!more) { print ""; exit } }
	' "$W/run.out"
}

# in the copy, as a person would; what is to be brief is made so
said()
{
	local command

	command=$(printed "$1")
	[ -n "$command" ] || { fail "no command '$1' was printed"; return 1; }
	command=${command/-d 10000/-d 2000}
	(cd "$COPY" && somebody sh -c "exec $command $2")
}

callee_listens() { a ss -Hlnu sport = :5070 | grep -q .; }

test_a_fresh_tree_runs()
{
	run_it || return
	ok "a configuration was written" grep -q 'never overwritten' "$CONFIG"
	ok "IPv4" grep -q "realm phones listens on udp $A4:5060" "$W/run.out"
	ok "IPv6" grep -q "realm phones listens on tcp \[$A6\]:5060" "$W/run.out"
	ok "datapath" grep -q 'datapath uring: .*CAP_' "$W/run.out"
	ok "the example of the file's own words" \
		"$COPY/build/rtplaned" --check-config "$CONFIG"
}

test_the_call_that_it_tells_of_has_media_both_ways()
{
	said "sipp -sn uas" "-m 1 -nostdin" >"$W/callee.out" 2>&1 &
	BG[callee]=$!
	wait_for 10 callee_listens || fail "the callee does not come up: $(tail -3 "$W/callee.out")"
	said "sipp -sf" "-nostdin" >"$W/caller.out" 2>&1 ||
		fail "the caller ended with $?: $(tail -5 "$W/caller.out")"
	wait "${BG[callee]}" || fail "the callee ended with $?: $(tail -5 "$W/callee.out")"
	unset "BG[callee]"
	ok "history" sh -c "'$COPY/build/rtplane' --json --socket '$SOCKET' calls >'$W/calls.json'"
}

test_it_saw_the_media()
{
	local id

	id=$(sed -n 's/.* call=\([0-9]*\).*/\1/p' "$W/run.out" | head -n1)
	ok "call $id" sh -c "'$COPY/build/rtplane' --json --socket '$SOCKET' call '$id' >'$W/call.json'"
	holds call '[.legs[] | select(.component == "rtp") | .rx_packets] | length == 2 and min > 50'
	holds call '[.legs[] | select(.component == "rtp") | .tx_packets] | min > 50'
}

test_an_interrupt_ends_it_well()
{
	interrupt
	is "exit status" "$STATUS" 0
	ok "it said so" grep -q 'info stopped' "$W/run.out"
	[ ! -e "$SOCKET" ] || fail "the control socket is still there"
}

test_a_configuration_that_is_there_stays()
{
	echo '# mine' >>"$CONFIG"
	cp "$CONFIG" "$W/mine.yaml"
	run_it || return
	interrupt
	ok "the file" cmp "$CONFIG" "$W/mine.yaml"
}

test_an_address_that_is_gone_is_named()
{
	sed -i "s/$A4/192.0.2.99/" "$CONFIG"
	somebody make -s -C "$COPY" run >"$W/run.out" 2>&1 && fail "it ended well"
	ok "its sentence" grep -q '192.0.2.99' "$W/run.out"
	ok "which file" grep -q "its configuration is $CONFIG" "$W/run.out"
}

# As make demo does where no kernel can be had that takes the module.
test_the_demo_without_a_guest()
{
	(cd "$TREE" && KERNEL=9.9 SECONDS_OF_RTP=1 scripts/demo) >"$W/demo.out" 2>&1 ||
		fail "it ended with $?: $(tail -n 5 "$W/demo.out")"
	ok "it says why" grep -q 'No kernel could be had here that takes the module' "$W/demo.out"
	ok "which datapath" grep -q 'Datapath: uring' "$W/demo.out"
	# 50 a second, or what a busy machine makes of it
	is "parties with packets in and out, none dropped" \
		"$(grep -cE 'received [0-9]{2}, sent [0-9]{2}, dropped 0' "$W/demo.out")" 2
}

run_host_tests()
{
	local t tests

	[ "$(id -u)" = 0 ] || skip_all "not root"
	need ip nsenter setpriv sipp pkill ss
	tests=$(sed -n 's/^\(test_[A-Za-z0-9_]*\)().*/\1/p' "$0")
	mkfifo "$W/never"
	exec 8<>"$W/never"
	trap cleanup EXIT
	trap 'exit 130' INT TERM
	echo "KTAP version 1"
	echo "1..$(wc -w <<<"$tests")"
	begin
	if ! fresh_copy || ! network; then
		echo "Bail out! neither copy nor network could be made"
		exit 1
	fi
	for t in $tests; do
		run_one "$t"
	done
	[ $KTAP_BAD = 0 ]
}

run_host_tests
