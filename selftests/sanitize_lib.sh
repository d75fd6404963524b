# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# sanitize_lib.sh - the agent under a sanitizer of the compiler: sourced by
# sanitize_asan.sh and sanitize_tsan.sh, which set
#
#   KIND      its build, by make KIND, is in build/KIND
#   FLAGS     of the compiler, for the planted mistake
#   SUITES    tests of the user-space datapath that are run with that build
#   THIRD     suppressions: of libraries that are not ours, each with its reason
#
# Each program of unit/ and fuzz/ and each suite is one result: it must do as well as ever,
# and the sanitizer must have written nothing.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'rm -rf "$W"' EXIT
NR=0 BAD=0

# tests run programs as somebody else, too
REPORTS=$W/reports
mkdir -m 1777 "$REPORTS"
chmod 755 "$W"

# those that need no module; races, only of what has threads (make's THREADED)
units()
{
	local file

	for file in selftests/unit/*.c selftests/fuzz/*.c; do
		! grep -q 'rtplane-test: where=vm' "$file" || continue
		[ "$KIND" = asan ] || [ -x "build/$KIND/${file%.c}" ] || continue
		file=${file#selftests/}
		echo "${file%.c}"
	done
}

build()
{
	make -s -j"$(nproc)" "$KIND" >"$W/build.log" 2>&1 && return
	sed 's/^/# /' "$W/build.log"
	echo "Bail out! it does not build with $FLAGS"
	exit 1
}

# All sanitizers' words at once: each looks only for its own. The first mistake of
# undefined behaviour ends the program.
options()
{
	printf '%s\n' "$THIRD" >"$W/third"
	export ASAN_OPTIONS="log_path=$REPORTS/report:detect_stack_use_after_return=1"
	export LSAN_OPTIONS="suppressions=$W/third:print_suppressions=0"
	export UBSAN_OPTIONS="log_path=$REPORTS/report:halt_on_error=1:print_stacktrace=1"
	export TSAN_OPTIONS="log_path=$REPORTS/report:suppressions=$W/third:second_deadlock_stack=1:print_suppressions=0"
	export RTPLANE_BACKEND=uring RTPLANE_BIN=$PWD/build/$KIND
}

# one NAME CMD...
one()
{
	local name=$1 status verdict=ok skip='' file
	shift

	rm -f "$REPORTS"/report.*
	"$@" >"$W/out" 2>&1 </dev/null
	status=$?
	case $status in
	0) ;;
	4) skip=" # SKIP $(sed -n 's/.*# SKIP *//p' "$W/out" | head -n1)" ;;
	*) verdict="not ok" ;;
	esac
	for file in "$REPORTS"/report.*; do
		[ -e "$file" ] || continue
		verdict="not ok" skip=''
		head -n 60 "$file" | sed 's/^/# /'
	done
	if [ "$verdict" != ok ]; then
		BAD=$((BAD + 1))
		echo "# $* ended with $status:"
		grep -v '^ok' "$W/out" | tail -n 40 | sed 's/^/# /'
	fi
	NR=$((NR + 1))
	echo "$verdict $NR - $name$skip"
}

# A sanitizer that sees nothing would pass everything: it must see this.
planted()
{
	echo "$PLANTED" >"$W/planted.c"
	# shellcheck disable=SC2086
	gcc -g $FLAGS -o "$W/planted" "$W/planted.c" -pthread || return 1
	"$W/planted" >/dev/null 2>&1
	for file in "$REPORTS"/report.*; do
		[ -e "$file" ] && rm -f "$REPORTS"/report.* && return 0
	done
	echo "the sanitizer did not see a planted mistake"
	return 1
}

run_all()
{
	local name

	echo "KTAP version 1"
	# shellcheck disable=SC2086
	if ! echo 'int main(void) { return 0; }' |
	   gcc $FLAGS -x c -o "$W/probe" - >"$W/out" 2>&1 || ! "$W/probe" >>"$W/out" 2>&1; then
		echo "1..0 # SKIP the compiler has no $FLAGS here: $(tail -n1 "$W/out")"
		exit 4
	fi
	build
	options
	set -- $(units)
	local suites=($SUITES)
	[ "$(id -u)" = 0 ] || suites=()
	echo "1..$(($# + ${#suites[@]} + 1))"
	one "it sees a planted mistake" planted
	for name; do
		one "${name/\// }" "build/$KIND/selftests/$name"
	done
	for name in "${suites[@]}"; do
		one "$name" "selftests/$name.sh"
	done
	[ $BAD = 0 ]
}
