# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# nft_lib.sh - what the tests of the agent with nftables share: an agent that keeps a
# table, tables of others that must stay as they are, and who behaves badly.
#
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/agent_srtp_lib.sh"
# shellcheck source-path=SCRIPTDIR source=sipp/scenario.sh
. "$SIPP_DIR/scenario.sh"

# What others have made; handles tell if something was made anew.
others() { m nft -a list ruleset | awk '/^table/ { ours = /inet rtplane/ } !ours'; }

# srtp_setup, and tables like those of keepalived and fail2ban, whose own nft.sh has
others_setup()
{
	srtp_setup || return
	m nft -f - <<-END || return
		table ip keepalived {
			set vips { type ipv4_addr; elements = { 203.0.113.1 } }
			chain input {
				type filter hook input priority -1; policy accept;
				ip saddr @vips counter drop
			}
		}
		table inet f2b-table {
			set addr-set-sshd { type ipv4_addr; flags timeout; elements = { 203.0.113.7 timeout 9d } }
			chain f2b-chain {
				type filter hook input priority -1; policy accept;
				tcp dport 22 ip saddr @addr-set-sshd reject
			}
		}
	END
	others_as_they_stand >"$W/others"
}

# without what goes on by itself
others_as_they_stand() { others | sed 's/ expires [^ ]*//; s/packets [0-9]* bytes [0-9]*//'; }

others_are_untouched()
{
	others_as_they_stand >"$W/others.now"
	cmp -s "$W/others" "$W/others.now" && return 0
	fail "somebody else's table has changed: $(diff "$W/others" "$W/others.now")"
}

# A new agent, and nothing that a former one has left.
begin()
{
	agent_ends
	m nft delete table inet rtplane 2>/dev/null
	agent_config 'quarantine: 0' "$@" && agent_start --datapath "$BACKEND"
}
begin_table() { begin 'nftables: {mode: table}' "$@"; }

ours() { m nft -j list table inet rtplane; }
# nft_becomes EXPR: jq's EXPR of our table, as a list of objects.
nft_test() { ours | jq -e ".nftables | $1"; }
nft_becomes()
{
	wait_for 10 nft_test "$1" && return 0
	fail "the table never became: $1; it is: $(m nft list table inet rtplane 2>&1 | head -c 2000)"
	return 1
}
# elements SET: how many
elements() { echo "([.[] | select(.set.name == \"$1\") | .set.elem // [] | length] | add)"; }
has_mark() { m nft list table inet rtplane | grep -q 'comment "kept by rtplaned"'; }
# hits CHAIN REGEX: packets that the rules of a chain whose text matches have counted
hits()
{
	m nft list chain inet rtplane "$1" | grep -E "$2" |
		sed -E 's/.*counter packets ([0-9]+) .*/\1/' | awk '{ n += $1 } END { print n + 0 }'
}
has_hits() { [ "$(hits "$1" "$2")" -gt "${3:-0}" ]; }

# options FROM [TO]: an OPTIONS from there; is it answered?
options()
{
	a python3 - "$1" "${2:-$MA4}" <<-'END'
		import socket, sys
		src, dst = sys.argv[1:]
		s = socket.socket(socket.AF_INET6 if ":" in src else socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((src, 0))
		s.settimeout(1)
		host = f"[{src}]" if ":" in src else src
		at = f"{host}:{s.getsockname()[1]}"
		s.sendto((f"OPTIONS sip:x@{dst if ':' not in dst else '[' + dst + ']'} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK1\r\n"
		          f"From: <sip:a@{at}>;tag=1\r\nTo: <sip:x@{host}>\r\nCall-ID: {at}\r\n"
		          "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(), (dst, 5060))
		s.recv(4096)
	END
}
answered() { wait_for 10 options "$@" || fail "OPTIONS from $1 is not answered: $(m nft list table inet rtplane | grep packets)"; }
# Dropped by a rule of that chain, for this reason: it counts one more.
dropped()
{
	local chain=$1 text=$2 before
	shift 2
	before=$(hits "$chain" "$text")
	options "$@" 2>/dev/null && fail "OPTIONS from $1 is answered"
	wait_for 10 has_hits "$chain" "$text" "$before" || fail "no rule of $chain has dropped it: $(m nft list chain inet rtplane "$chain")"
}

garbage()
{
	"$1" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
for i in range(int(sys.argv[3])): s.sendto(b"\x00\x01garbage", (sys.argv[2], 5060))' "${@:2}"
}

# payload HEX FROM TO PORTS...: a datagram to each of so many ports; such a list may follow.
payload()
{
	a python3 -c 'import socket, sys
arg = sys.argv[1:]
while arg:
    what, src, dst, n = arg[:4]
    s = socket.socket(socket.AF_INET6 if ":" in src else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((src, 0))
    for i in range(int(n)): s.sendto(bytes.fromhex(what), (dst, 30100 + i))
    arg = arg[4:]' "$@"
}

# A call that is up until somebody ends it: a background job, and its place in the core's
# way is the callee's.
long_caller() { uac_up; request BYE; reply_in 200 OK; }
long_call()
{
	callee -sn uas || return
	scenario long_caller >"$W/long.xml"
	caller -sf "$W/long.xml" -mi "$A4" -timeout 100 &
	BG[long]=$!
	told calls 'length == 1 and .[0].state == "up"'
}
long_call_ends()
{
	ok "end" ask end "$(call_id)"
	wait "${BG[long]}"
	unset "BG[long]"
	callee_stop
}
# The even port of ours where the caller's media arrives.
long_call_port() { ours | jq -r ".nftables[] | select(.set.name == \"open4\") | .set.elem[].concat | select(.[0] == \"$MA4\" and .[1] % 2 == 0) | .[1]"; }
