#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host timeout=300
#
# Tenants of a realm: told apart by listener, source, domain and binding; what each may have,
# and that nobody else is touched by it.  agent_tenants.py plays their phones and who is
# behind, sipp a busy one; with the user-space datapath on this host's kernel.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +--------------+
#   | phones       |=====| rtplaned --datapath uring   |=====| registrar,   |
#   | 192.0.2.66   |     | 192.0.2.254  198.51.100.254 |     | callee       |
#   +--------------+     +-----------------------------+     +--------------+

export RTPLANE_BACKEND=uring
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# agent WORDS: with these tenants.
agent()
{
	agent_ends
	ACCESS_REGISTER='{}' ACCESS_LATCH='{nat: learn}' ACCESS_TENANTS=$1 \
		ROUTES="  - {from: access, user-prefix: back, to: access, next-hop: \"sip:$X4:5071\"}
  - {from: access, ${2:+tenant: b, }host-suffix: ${2:-example}, to: core, next-hop: \"sip:$B4${2:+:5070}\"}
${2:+  - {from: access, tenant: b, to: core, next-hop: \"sip:$B4:5070\"\}}" \
		agent_config 'quarantine: 0' 'emergency: ["11200"]'
	agent_start --datapath "$BACKEND"
}

# tenants_are WORDS NAME: a function of agent_tenants.py.
tenants_are() { agent "$1" "${3:-}" && acts agent_tenants "$2" && no_calls; }

test_calls() { tenants_are '[{name: a, domains: [a.example], calls: 1}, {name: b, domains: [b.example]}]' calls; }
test_a_call_again_at_once() { tenants_are '[{name: a, domains: [a.example], calls: 1}]' again_at_once; }
test_media_ports() { tenants_are '[{name: a, domains: [a.example], media-ports: 2}, {name: b, domains: [b.example]}]' ports; }
test_bandwidth() { tenants_are '[{name: a, domains: [a.example], bandwidth: 160}, {name: b, domains: [b.example]}]' bandwidth; }
test_media() { tenants_are '[{name: a, domains: [a.example], srtp: {policy: require}}, {name: b, domains: [b.example], srtp: {policy: refuse}}]' media; }
test_calls_in_a_second()
{
	agent '[{name: a, domains: [a.example], rate: 1}, {name: b, domains: [b.example]}]' &&
		acts agent_tenants rate
	agent_stop KILL		# with its calls
	return 0
}
test_bindings() { tenants_are '[{name: a, domains: [a.example], bindings: 2}, {name: b, domains: [b.example]}]' registers; }
test_bindings_at_once() { tenants_are '[{name: a, domains: [a.example], bindings: 2}]' registers_at_once; }
test_two_accounts() { tenants_are '[{name: a, domains: [a.example]}, {name: b, domains: [b.example]}]' two_accounts; }
test_told_apart() { tenants_are '[{name: a, domains: [a.example]}, {name: b, sources: [192.0.2.67]}, {name: c, listeners: [5070]}]' told_apart nowhere; }
test_reload() { tenants_are '[{name: a, domains: [a.example], calls: 1, bandwidth: 160}, {name: b, domains: [b.example]}]' reload; }

test_a_thousand()
{
	local n words=
	for ((n = 0; n < 1000; n++)); do
		words+="{name: t$n, domains: [d$n.example, e$n.example], sources: [10.$((n / 250)).$((n % 250)).0/24], calls: 9}, "
	done
	tenants_are "[${words%, }]" thousands
}

# sipp calls from one tenant's address while another has as many as it may
test_sipp_beside()
{
	agent "[{name: a, sources: [192.0.2.67], calls: 1}, {name: b, sources: [$X4], calls: 50}]" &&
		callee -sn uas || return
	sipp_in "$A" "$MA4" -i 192.0.2.67 -p 5091 -sn uac -s 4900 -m 1 -d 60000 \
		>"$W/busy.out" 2>&1 &
	BG[busy]=$!
	told tenants '.[] | select(.name == "a") | .calls == 1'
	if sipp_in "$A" "$MA4" -i 192.0.2.67 -p 5092 -sn uac -s 4900 -m 3 >"$W/caller.out" 2>&1; then
		fail "a tenant has more calls than it may"
	fi
	sipp_in "$A" "$MA4" -i "$X4" -p 5093 -sn uac -s 4900 -m 20 -r 20 >"$W/caller.out" 2>&1 ||
		fail "the other tenant's calls: $(tail -n 5 "$W/caller.out")"
	told tenants '(.[] | select(.name == "a") | .refused == 3) and (.[] | select(.name == "b") | .refused == 0)'
	kill "${BG[busy]}" "$(tool_of "${BG[busy]}")" 2>/dev/null
	wait "${BG[busy]}" 2>/dev/null
	unset "BG[busy]"
	callee_stop
	agent_stop KILL
	return 0
}

setup()
{
	srtp_setup || return 1
	a ip address add 192.0.2.67/24 dev a0
}

need python3 sipp
run_tests "$@"
