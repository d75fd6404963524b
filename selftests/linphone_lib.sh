# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# linphone_lib.sh - a phone of yet others, on top of agent_lib.sh: like baresip_lib.sh's it
# plays a tone and records what it hears. Commands are written to descriptor 7.

# its name among what runs; there is one
LINPHONE_IS=linphone

# linphone NAME IP NAMESPACE SIP [RTP]: start it, with these lines of its [sip], and these of
# [rtp], where other sections may follow.
# LINPHONE: further words of its command line.
linphone()
{
	local name=$1 ip=$2 ns=$3
	rm -rf "${W:?}/$name"
	mkdir -p "$W/$name/.local/share/linphone" "$W/$name/.linphone-usr-crt"
	[ -p "$W/linphone.in" ] || mkfifo "$W/linphone.in"
	cat >"$W/$name/rc" <<-END
		[sip]
		sip_port=5060
		sip_tcp_port=0
		sip_tls_port=0
		contact="$name" <sip:$name@$ip>
		$4
		[video]
		enabled=0
		[rtp]
		audio_rtp_port=7078
		${5:-}
	END
	exec 7<>"$W/linphone.in"
	# shellcheck disable=SC2086
	HOME=$W/$name nsenter --net="/run/netns/$ns" -- linphonec ${LINPHONE:-} -c "$W/$name/rc" \
		<"$W/linphone.in" >"$W/$name.out" 2>&1 7>&- 8>&- 9>&- &
	BG[$LINPHONE_IS]=$!
	printf '%s\n' 'soundcard use files' "play $W/tone.wav" "record $W/$name/heard-dec.wav" >&7
	wait_for 120 in_ns "$ns" sh -c 'ss -Hlnu sport = :5060 | grep -q .' && return 0
	fail "linphonec does not come up: $(tail -n 3 "$W/$name.out")"
	return 1
}

linphone_ends()
{
	[ -n "${BG[$LINPHONE_IS]:-}" ] || return 0
	echo quit >&7
	all_end TERM "$LINPHONE_IS"
	exec 7>&-
}
