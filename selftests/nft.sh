#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host waits=1
#
# The agent and nftables: a table of its own, and nobody else's touched; bans that hold
# before all else and survive the agent; media ports that are open while a call has them.
# nft is the oracle, and real packets are dropped and let through.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | 192.0.2.1    |     | rtplaned --datapath uring   |     | sipp, callee  |
#   | attacker .66 |=====| 192.0.2.254  198.51.100.254 |=====| 198.51.100.1  |
#   +--------------+     |          nftables           |     +---------------+
#                        +-----------------------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=nft_lib.sh
. "$(dirname "$0")/nft_lib.sh"

need nft jq sipp python3 iptables-restore keepalived fail2ban-server setpriv

# --- whose tables stand beside ours: keepalived and fail2ban, as Debian has them ---

KEEPALIVED=
FAIL2BAN=

keepalived_start()
{
	cat >"$W/keepalived.conf" <<-END
		global_defs {
			vrrp_version 3
			nftables
		}
		vrrp_instance media {
			interface mb
			state MASTER
			virtual_router_id 51
			priority 254
			advert_int 0.1
			no_accept
			virtual_ipaddress { 198.51.100.200/24 }
		}
	END
	nsenter --net="/run/netns/$M" -- keepalived --vrrp -n -l -f "$W/keepalived.conf" -p "$W/keepalived.pid" \
		-r "$W/vrrp.pid" >"$W/keepalived.log" 2>&1 </dev/null 8>&- 9>&- &
	KEEPALIVED=$!
	wait_for 20 keepalived_has_table
}
keepalived_has_table() { m nft list table ip keepalived | grep -q '198.51.100.200'; }

jail() { m fail2ban-client -c "$W/fail2ban" "$@"; }
fail2ban_start()
{
	mkdir -p "$W/fail2ban/action.d" && cp /etc/fail2ban/action.d/nftables.conf "$W/fail2ban/action.d" || return
	cat >"$W/fail2ban/fail2ban.conf" <<-END
		[Definition]
		loglevel = INFO
		logtarget = $W/fail2ban.log
		syslogsocket = auto
		socket = $W/fail2ban.sock
		pidfile = $W/fail2ban.pid
		dbfile = None
	END
	cat >"$W/fail2ban/jail.conf" <<-END
		[sshd]
		enabled = true
		backend = polling
		logpath = $W/auth.log
		failregex = ^not <HOST>
		bantime = 9d
		action = nftables[name=sshd, port=22]
	END
	: >"$W/auth.log"
	nsenter --net="/run/netns/$M" -- fail2ban-server -c "$W/fail2ban" -f -x start >"$W/fail2ban.out" 2>&1 </dev/null 8>&- 9>&- &
	FAIL2BAN=$!
	wait_for 20 jail ping && jail set sshd banip 203.0.113.7 >/dev/null && wait_for 20 fail2ban_bans 203.0.113.7
}
fail2ban_bans() { m nft list set inet f2b-table addr-set-sshd | grep -q "$1"; }

setup()
{
	srtp_setup && keepalived_start && fail2ban_start || {
		tail -n 5 "$W"/keepalived.log "$W"/fail2ban.log "$W"/fail2ban.out >&2
		return 1
	}
	others_as_they_stand >"$W/others"
}

# agent_lib.sh's cleanup, and these two before it.
eval "$(declare -f cleanup | sed '1s/cleanup/agent_cleanup/')"
cleanup()
{
	local pid
	for pid in $KEEPALIVED $FAIL2BAN; do kill "$pid" && wait "$pid"; done 2>/dev/null
	agent_cleanup
}

# As another user, with the capabilities that the unit gives it, and no others.
test_a_table_of_its_own()
{
	local caps
	caps=$(sed -n 's/^AmbientCapabilities=//p' "$TREE/debian/rtplane.rtplaned.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	mkdir -m 755 "$W/bin" && cp "$(command -v rtplaned)" "$W/bin"	# where anybody may come
	chown 65534 "$W"
	AGENT_IN=(env "PATH=$W/bin:$PATH"
		setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs
		--inh-caps="-all,$caps" --ambient-caps="-all,$caps" --bounding-set="-all,$caps")
	begin_table
	AGENT_IN=()
	agent_is_up || return
	is "its user" "$(sed -n 's/^Uid:\t//p' "/proc/$(tool_of "$AGENT_PID")/status")" $'65534\t65534\t65534\t65534'
	is "capabilities" "$(sed -n 's/^CapEff:\t0*//p' "/proc/$(tool_of "$AGENT_PID")/status")" 1400
	has_mark || fail "the table has no mark: $(m nft list tables)"
	is "chains at devices" "$(m nft list table inet rtplane | grep -c 'hook ingress device "m[ab]" priority -500')" 2
	others_are_untouched
	answered "$A4"
	answered "$A6" "$MA6"
	wait_for 10 has_hits input 'realm access: SIP' || fail "the rule of the SIP listener has counted nothing"
	a rtp --on "$RA" --to "$MA4:30100" --send 3 --pps 0 >/dev/null
	wait_for 10 has_hits input 'realm access: media' || fail "a media port that no call has is not closed"
	agent_ends
	chown 0 "$W"
	has_mark || fail "the table has no mark: $(m nft list tables)"
	others_are_untouched
}

test_somebody_elses_table_is_an_error()
{
	agent_ends
	m nft delete table inet rtplane 2>/dev/null
	m nft add table inet rtplane '{ comment "mine" ; }'
	agent_config 'nftables: {mode: table}'
	m rtplaned --config "$W/rtplaned.yaml" --datapath "$BACKEND" 2>"$AGENT_LOG"
	is "its status" $? 1
	logged 'table inet rtplane that somebody else has made; expected'
	m nft list ruleset | grep -q 'comment "mine"' || fail "it has been changed"
	m nft delete table inet rtplane
}

# Events of bans go into $W/events from now on, that of 198.51.100.250 first.
listen()
{
	m rtplane --json -s "$CTL" monitor bans >"$W/events" 2>"$W/events.err" &
	LISTENER=$!
	wait_for 10 is_heard || fail "no event comes: $(cat "$W/events.err")"
	ok "no ban" m rtplane -s "$CTL" ban del 198.51.100.250
}
is_heard() { m rtplane -s "$CTL" ban add 198.51.100.250 >/dev/null; [ -s "$W/events" ]; }
event_is() { jq -es "any($1)" "$W/events" >/dev/null; }
event() { wait_for 10 event_is "$1" || fail "there was no event: $1; there were: $(cat "$W/events")"; }

test_bans_hold_and_survive()
{
	begin_table 'bans: {allow: [192.0.2.1]}' || return
	listen
	ok "ban" m rtplane -s "$CTL" ban add "$X4" for 10m
	ok "a prefix" m rtplane -s "$CTL" ban add 203.0.113.0/24 for 1h
	ok "IPv6" m rtplane -s "$CTL" ban add 2001:db8:bad::/64
	ok "IPv6 by the address" m rtplane -s "$CTL" ban add "$X6"
	refused 'bans.allow' m rtplane -s "$CTL" ban add "$A4"
	refused 'bans.allow' m rtplane -s "$CTL" ban add 192.0.2.0/24
	refused 'an address of ours' m rtplane -s "$CTL" ban add 198.51.100.0/24
	refused 'within 203.0.113.0/24' m rtplane -s "$CTL" ban add 203.0.113.9
	refused 'too wide' m rtplane -s "$CTL" ban add 0.0.0.0/1
	refused 'not a prefix' m rtplane -s "$CTL" ban add 192.0.2.66/24
	refused 'no time' m rtplane -s "$CTL" ban add 198.51.100.9 for 900d
	misused m rtplane -s "$CTL" ban add
	misused m rtplane -s "$CTL" ban add "$X4" for ever
	logged "$X4 is banned for 600 s on request"
	told ban list 'length == 4 and any(.prefix == "203.0.113.0/24" and .why == "admin" and .seconds > 3500)'
	told status '.nftables.settled and .bans.now == 4'
	event '.event == "ban" and .prefix == "'"$X4"'" and .why == "admin" and .seconds == 600 and .again == false and .time > 1e18'
	ok "for longer" m rtplane -s "$CTL" ban add 203.0.113.0/24 for 1h
	event '.event == "ban" and .prefix == "203.0.113.0/24" and .again'
	event '.event == "unban" and .prefix == "198.51.100.250" and .lifted'
	ok "a short one" m rtplane -s "$CTL" ban add 198.51.100.251 for 1s
	event '.event == "unban" and .prefix == "198.51.100.251" and .why == "admin" and (.lifted | not)'
	dropped bans_device0 '@ban4 ' "$X4"
	dropped bans_device0 '@ban6net ' "$X6" "$MA6"
	answered "$A4"
	agent_stop KILL
	wait "$LISTENER"
	is "who listened, when the agent has gone" $? 1
	nft_becomes "$(elements ban4) == 1 and $(elements ban4net) == 1"
	agent_start --datapath "$BACKEND" || return
	told ban list 'length == 4 and any(.prefix == "'"$X4"'" and .why == "admin" and .seconds <= 600)'
	told ban list 'any(.prefix == "203.0.113.0/24" and .seconds > 3000) and any(.prefix == "2001:db8:bad::/64")'
	dropped bans_device0 '@ban4 ' "$X4"
	ok "no ban" m rtplane -s "$CTL" ban del "$X4"
	ok "no ban" m rtplane -s "$CTL" ban del 203.0.113.0/24
	refused 'is not banned' m rtplane -s "$CTL" ban del "$X4"
	answered "$X4"
	nft_becomes "$(elements ban4) == 0 and $(elements ban4net) == 0 and $(elements ban6) == 1"
	others_are_untouched
}

test_who_behaves_badly_is_banned()
{
	begin_table 'bans: {garbage: 20, window: 3600}' || return
	garbage a "$X4" "$MA4" 25
	told ban list 'length == 1 and .[0].prefix == "'"$X4"'" and .[0].why == "garbage"'
	logged "$X4 is banned for 600 s for messages that are no SIP"
	dropped bans_device0 '@ban4 ' "$X4"
	# a next hop: its address may be forged
	garbage b "$B4" "$MB4" 25
	told status '.bans.spared == 1 and .bans.now == 1'
}

test_who_has_registered_is_spared()
{
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' \
		ROUTES="  - {from: access, host-suffix: example.com, to: core, next-hop: \"sip:$B4:5060\"}" \
		begin_table 'bans: {garbage: 20, window: 3600}' || return
	acts agent_register registers || return
	told bindings 'length > 0 and all(.source | startswith("192.0.2.1:"))'
	garbage a "$A4" "$MA4" 25
	garbage a "$X4" "$MA4" 25
	told status '.bans.spared == 1 and .bans.now == 1'
	told ban list '.[0].prefix == "'"$X4"'"'
}

test_who_scans_media_ports_is_banned()
{
	begin_table 'bans: {window: 60}' || return
	payload "8000$(printf '%020x' 0)00" "$A4" "$MA4" 12	# RTP: of a call that is over
	payload 160303 "$A4" "$MA4" 12
	payload "010100002112a442$(printf '%024x' 0)" "$A4" "$MA4" 12
	payload '' "$A4" "$MA4" 7
	payload '' "$X4" "$MA4" 12
	payload 61 "$X6" "$MA6" 12
	# of X6 its /64 is told alone, which has an address of ours
	told ban list 'length == 1 and .[0].why == "scan" and .[0].prefix == "'"$X4"'"'
	told status '.bans.spared > 0'
	logged "$X4 is banned for 600 s for trying closed media ports"
	is "what looked like media" "$(hits closed '(RTP|DTLS|STUN)')" 36
	nft_becomes "$(elements scan4) >= 19"
	answered "$A4"
	told status '.bans.now == 1 and .bans.scan == 1'
}

test_what_is_removed_is_made_again()
{
	begin_table || return
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	nft_becomes "$(elements ban4) == 1"
	m nft delete table inet rtplane
	nft_becomes "$(elements ban4) == 1"
	logged 'somebody has removed table inet rtplane'
	m nft -f - <<<$'delete table inet rtplane\nadd table inet rtplane'
	logged 'somebody else has put a table inet rtplane in the place of ours'
	is "what is in it" "$(m nft list table inet rtplane | wc -l)" 2
	m nft delete table inet rtplane
	nft_becomes "$(elements ban4) == 1"
	logged 'all is in place again'
	others_are_untouched
}

# Many changes, and no time to end in peace: all of a batch is there, or nothing.
test_killed_in_the_middle()
{
	local i
	begin_table || return
	for i in {1..1500}; do
		echo "ban add 10.1.$((i / 250)).$((i % 250 + 1)) for 1h"
	done >"$W/many"
	m rtplane -s "$CTL" -batch "$W/many" >/dev/null 2>&1 &
	BG[many]=$!
	nft_becomes "$(elements ban4) > 50"
	agent_stop KILL
	wait "${BG[many]}"
	unset "BG[many]"
	nft_becomes '[.[] | select(.chain or .set)] | length == 13'
	i=$(ours | jq ".nftables | $(elements ban4)")
	agent_start --datapath "$BACKEND" || return
	told ban list "length == $i"
	told status ".bans.now == $i and .nftables.settled"
	nft_becomes "$(elements ban4) == $i"
	others_are_untouched
}


test_ports_are_open_while_a_call_has_them()
{
	local port
	begin_table || return
	long_call || return
	nft_becomes "$(elements open4) == 4"
	port=$(long_call_port)
	a rtp --on "$RA" --to "$MA4:$port" --send 3 --pps 0 >/dev/null
	wait_for 10 has_hits input '@open4' || fail "the port of a call is not open"
	long_call_ends
	nft_becomes "$(elements open4) == 0"
	told status '.nftables.open == 0 and .nftables.failed == 0'
}

test_reload_and_end()
{
	begin_table || return
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	nft_becomes "$(elements ban4) == 1"
	sed -i 's/^nftables:.*/nftables: {mode: "off"}/' "$W/rtplaned.yaml"
	ok "reload" m rtplane -s "$CTL" reload
	told status '.nftables.mode == "off" and .bans.now == 1'
	m nft list table inet rtplane >/dev/null 2>&1 && fail "the table is still there"
	sed -i 's/^nftables:.*/nftables: {mode: table, on-exit: remove}/' "$W/rtplaned.yaml"
	ok "reload" m rtplane -s "$CTL" reload
	nft_becomes "$(elements ban4) == 1"
	agent_ends
	m nft list table inet rtplane >/dev/null 2>&1 && fail "the table is there after its agent's end"
	begin_table || return
	agent_stop KILL
	has_mark || fail "the table has gone with a killed agent"
	sed -i '/^nftables:/d' "$W/rtplaned.yaml"
	agent_start --datapath "$BACKEND" || return
	if [ -e /sys/module/nf_tables ]; then	# as in Debian's kernels
		m nft list table inet rtplane >/dev/null 2>&1 && fail "an agent without nftables leaves a former one's table"
	fi
	others_are_untouched
}

test_sets_in_the_admins_table()
{
	agent_ends
	m nft delete table inet rtplane 2>/dev/null
	agent_config 'nftables: {mode: sets, table: mine}'
	m rtplaned --config "$W/rtplaned.yaml" --datapath "$BACKEND" 2>"$AGENT_LOG"
	logged 'set rtplane_ban4 of table inet mine: .*; expected'
	cat >"$W/mine.nft" <<-END
		table inet mine
		delete table inet mine
		table inet mine {
			include "$TREE/nft/rtplane-sets.nft"
			chain input {
				type filter hook input priority 0; policy drop;
				jump rtplane_media
				udp dport 5060 accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			}
		}
	END
	ok "the snippet" m nft -f "$W/mine.nft" || return
	agent_start --datapath "$BACKEND" || return
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	mine_has_ban() { m nft -j list set inet mine rtplane_ban4 | jq -e '.nftables[] | select(.set) | .set.elem | length == 1'; }
	wait_for 10 mine_has_ban || fail "the set has no ban"
	answered "$A4"
	options "$X4" 2>/dev/null && fail "OPTIONS from $X4 is answered"
	ok "the snippet again" m nft -f "$W/mine.nft"
	wait_for 10 mine_has_ban || fail "the set is not filled again"
	m nft list table inet rtplane >/dev/null 2>&1 && fail "there is a table of ours"
	agent_ends
	m nft delete table inet mine
	others_are_untouched
}

# What is closed counts at the end of the chain, what is open before it.
rest_of() { m nft list chain inet rtplane_host input | sed -nE 's/.*counter packets ([0-9]+) .* drop comment "the rest"/\1/p'; }
rest_of_iptables() { m "$1" -nvxL INPUT | sed -nE 's/.*policy DROP ([0-9]+) packets.*/\1/p'; }
rest_is() { [ "$(eval "$1")" -ge "$2" ]; }
passes_and_closes()
{
	answered "$A4"
	answered "$A6" "$MA6"
	callee -sn uas && calls_go "calls through it" -sn uac -d 0
	callee_stop
	is "what was closed so far" "$(eval "$1")" 0
	a rtp --on "$RA" --to "$MA4:29999" --send 3 --pps 0 >/dev/null
	wait_for 10 rest_is "$1" 3 || fail "a port outside the media range is open: $(eval "$1")"
	a rtp --on "$RA" --to "$MA4:30000" --send 3 --pps 0 >/dev/null
	b rtp --on "$RB" --to "$MB4:32999" --send 3 --pps 0 >/dev/null
	answered "$A4"
	is "what was closed" "$(eval "$1")" 3
}

# What --check says of rules that let all in, and of one that is in the way.
all_arrives() { checks 0 'all(.packets[]; .arrives) and (.packets | map(.what) | unique == ["SIP", "media", "ng"])'; }
one_is_in_the_way() { checks 1 '[.packets[] | select(.arrives | not)] | length > 0 and all(.ports == "5060" and .protocol == "UDP" and (.how | test("^dropped by the rule with handle [0-9]+ of chain '"$1"'$")))'; }
checks()
{
	m rtplane --json -s "$CTL" firewall --check >"$W/check" 2>"$W/check.err"
	is "firewall --check" $? "$1"
	jq -e "$2" "$W/check" >/dev/null || fail "firewall --check: $2: $(cat "$W/check" "$W/check.err")"
}
nobody_gets_in() { options "$A4" 2>/dev/null && fail "OPTIONS is answered, which --check says is dropped"; }

test_text_for_firewalls()
{
	local view
	begin "ng: [{transport: udp, listen: '$MB4:22222', allow: [198.51.100.0/24, $B4, '2001:db8::/32']}]" || return
	m rtplane -s "$CTL" firewall --format nft --for host >"$W/host.nft"
	m rtplane -s "$CTL" firewall --format iptables >"$W/host.ipt"
	m rtplane -s "$CTL" firewall --format ip6tables >"$W/host.ip6t"
	ok "nft" m nft -f "$W/host.nft" && m nft add rule inet rtplane_host input counter drop comment '"the rest"'
	passes_and_closes rest_of
	all_arrives
	told doctor 'any(.check == "firewall" and .verdict == "fine") and ([.[] | select(.check == "address")] | length == 4 and all(.verdict == "fine"))'
	m nft insert rule inet rtplane_host input udp dport 5060 drop comment '"nobody calls"'
	one_is_in_the_way 'inet rtplane_host input [(]nobody calls[)]'
	nobody_gets_in
	m nft delete table inet rtplane_host
	ok "iptables" m iptables-restore "$W/host.ipt"
	ok "ip6tables" m ip6tables-restore "$W/host.ip6t"
	passes_and_closes 'rest_of_iptables iptables'
	all_arrives
	m iptables -I INPUT -p udp --dport 5060 -m conntrack --ctstate NEW -j DROP
	one_is_in_the_way 'ip filter INPUT'
	nobody_gets_in
	m iptables -P INPUT ACCEPT; m iptables -F
	m ip6tables -P INPUT ACCEPT; m ip6tables -F
	m nft delete table ip filter 2>/dev/null
	m nft delete table ip6 filter 2>/dev/null
	told firewall '[.openings[] | select(.what == "media")] | length == 4 and all(.ports == "30000-32999" and .dscp == "46")'
	told firewall --for customer '[.openings[].realm] | unique == ["access"]'
	told firewall '.openings[] | select(.what == "ng") | .from == "198.51.100.0/24"'
	sed -i "s/listen: $MA4/&\n        advertise: 203.0.113.5/" "$W/rtplaned.yaml"
	agent_ends
	agent_start --datapath "$BACKEND" || return
	for view in edge customer; do
		m rtplane -s "$CTL" firewall --format nft --for "$view" >"$W/other.nft"
		ok "nft for $view" m nft -c -f "$W/other.nft"
		m rtplane -s "$CTL" firewall --format iptables --for "$view" >"$W/other.ipt"
		ok "iptables for $view" m iptables-restore -t "$W/other.ipt"
		m rtplane -s "$CTL" firewall --format ip6tables --for "$view" >"$W/other.ip6t"
		ok "ip6tables for $view" m ip6tables-restore -t "$W/other.ip6t"
		grep -q 203.0.113.5 "$W/other.nft" || fail "$view does not know what is advertised"
		m rtplane -s "$CTL" firewall --format markdown --for "$view" | grep -q '| media | access | UDP | 203.0.113.5' ||
			fail "nor the table for $view"
	done
	refused 'no format' m rtplane -s "$CTL" firewall --format pf
	refused 'no firewall' m rtplane -s "$CTL" firewall --for me
	misused m rtplane -s "$CTL" firewall --nonsense
	others_are_untouched
	agent_ends
}

# Their bans and ours, at the same time; and they end as they would without us.
test_the_others_go_on()
{
	begin_table || return
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	ok "their ban" jail set sshd banip "$X4"
	wait_for 10 fail2ban_bans "$X4" || fail "fail2ban bans nobody: $(tail -n 3 "$W/fail2ban.log")"
	nft_becomes "$(elements ban4) == 1"
	ok "no ban" m rtplane -s "$CTL" ban del "$X4"
	nft_becomes "$(elements ban4) == 0"
	fail2ban_bans "$X4" || fail "their ban has gone with ours"
	ok "ban" m rtplane -s "$CTL" ban add "$X4"
	ok "no ban of theirs" jail set sshd unbanip "$X4"
	wait_for 10 others_are_as_before || fail "their table: $(m nft list table inet f2b-table)"
	nft_becomes "$(elements ban4) == 1"
	kill "$KEEPALIVED" "$FAIL2BAN"
	wait "$KEEPALIVED"
	is "keepalived ends with" $? 0
	wait "$FAIL2BAN"
	is "fail2ban ends with" $? 0
	KEEPALIVED='' FAIL2BAN=''
	is "what they leave" "$(others)" ''
	nft_becomes "$(elements ban4) == 1"
	agent_ends
}
others_are_as_before() { others_as_they_stand | cmp -s - "$W/others"; }

run_tests "$@"
