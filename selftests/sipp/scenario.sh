# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# scenario.sh - sipp scenarios in words.  Each function writes its part to
# stdout; scenario FUNCTION makes a whole one of what FUNCTION writes.
#
#   caller's side: uac_invite [BODY [HEADER]], uac METHOD CSEQ [BODY [HEADER]]
#   callee's side: uas_invite, reply STATUS PHRASE [BODY [HEADER]],
#                  uas METHOD CSEQ [BODY [HEADER]]
#   either: recv STATUS, may STATUS, request METHOD [ANSWER], wait_ms MS
#
# BODY is a session description without what all have in common, see sdp.

# sipp wants each variable to be used, and refuses those that are not there.
scenario()
{
	local body vars
	body=$("$@")
	vars=$(grep -o 'assign_to="[a-z]*"' <<<"$body" | cut -d'"' -f2 | sort -u | paste -sd,)
	echo '<?xml version="1.0" encoding="ISO-8859-1" ?>'
	echo '<scenario name="test">'
	printf '%s\n' "$body"
	[ -z "$vars" ] || echo "<Reference variables=\"$vars\"/>"
	echo '</scenario>'
}

# sdp [ADDRESS] [LINE...]: audio unless lines are given.
sdp()
{
	local address=${1:-[media_ip]}
	[ $# -gt 0 ] && shift
	printf '%s\n' v=0 "o=test 1 1 IN IP[media_ip_type] [media_ip]" s=- \
		"c=IN IP4 $address" "t=0 0"
	if [ $# = 0 ]; then
		printf '%s\n' "m=audio 7000 RTP/AVP 0" "a=rtpmap:0 PCMU/8000"
	else
		printf '%s\n' "$@"
	fi
}

# message ATTRIBUTES FIRST-LINES HEADER BODY
message()
{
	printf '<send%s><![CDATA[\n%s\n' "$1" "$2"
	[ -z "${3:-}" ] || printf '%s\n' "$3"
	if [ -n "${4:-}" ]; then
		printf 'Content-Type: %s\nContent-Length: [len]\n\n%s\n' \
			"${TYPE:-application/sdp}" "$4"
	else
		printf 'Content-Length: 0\n\n'
	fi
	printf ']]></send>\n'
}

# the caller knows the callee's tag and target from the last response
uac_head()
{
	cat <<-END
		$1 $2 SIP/2.0
		Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
		From: "Caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
		To: <sip:[service]@[remote_ip]:[remote_port]>$4
		Call-ID: [call_id]
		CSeq: $3 $1
		Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
		Max-Forwards: ${HOPS:-70}
	END
}

uac_invite()
{
	message ' retrans="500"' "$(uac_head INVITE "sip:[service]@[remote_ip]:[remote_port]" 1 '')" \
		"${2:-}" "${1:-}"
}

uac()
{
	local retrans=' retrans="500"'
	[ "$1" != ACK ] || retrans=
	message "$retrans" "$(uac_head "$1" '[next_url]' "$2" '[peer_tag_param]')" \
		"${4:-}" "${3:-}"
}

# a CANCEL has the INVITE's branch
uac_cancel()
{
	message '' "CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch${1:-}]
From: \"Caller\" <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 CANCEL
Max-Forwards: 70"
}

recv() { echo "<recv response=\"$1\" rrs=\"true\"${2:-}/>"; }
may() { echo "<recv response=\"$1\" optional=\"true\"/>"; }
wait_ms() { echo "<pause milliseconds=\"$1\"/>"; }

# recv_with STATUS HEADER REGEX: the scenario fails without it.
recv_with()
{
	cat <<-END
		<recv response="$1" rrs="true"><action>
		<ereg regexp="$3" search_in="hdr" header="$2" check_it="true" assign_to="seen"/>
		</action></recv>
	END
}

# recv_saying STATUS REGEX: anywhere in the message.
recv_saying()
{
	cat <<-END
		<recv response="$1" rrs="true"><action>
		<ereg regexp="$2" search_in="msg" check_it="true" assign_to="seen"/>
		</action></recv>
	END
}

# what a callee needs to send requests of its own later
uas_invite()
{
	cat <<-'END'
		<recv request="INVITE" rrs="true"><action>
		<ereg regexp="[^:].*" search_in="hdr" header="From:" assign_to="peer"/>
		<ereg regexp="[^:].*" search_in="hdr" header="To:" assign_to="self"/>
		<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
		<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="number"/>
		</action></recv>
	END
}

# reply_invite STATUS PHRASE [BODY]: to the INVITE, when the last request is
# another one (CANCEL).
reply_invite()
{
	message '' "SIP/2.0 $1 $2
[last_Via:]
[last_From:]
To:[\$self];tag=[pid]s[call_number]
[last_Call-ID:]
CSeq: [\$number] INVITE
Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>" '' "${3:-}"
}

# request METHOD [ATTRIBUTES]
request() { echo "<recv request=\"$1\"${2:-}/>"; }

# request_saying METHOD REGEX
request_saying()
{
	cat <<-END
		<recv request="$1"><action>
		<ereg regexp="$2" search_in="msg" check_it="true" assign_to="seen"/>
		</action></recv>
	END
}

# reply STATUS PHRASE [BODY [HEADER [TAG]]]: TAG= where the To has one already.
reply()
{
	local tag=${5-;tag=[pid]s[call_number]}
	message '' "SIP/2.0 $1 $2
[last_Via:]
[last_From:]
[last_To:]$tag
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>" "${4:-}" "${3:-}"
}

# answer of a request inside of the dialog
reply_in() { reply "$1" "$2" "${3:-}" "${4:-}" ''; }

uas()
{
	local retrans=' retrans="500"'
	[ "$1" != ACK ] || retrans=
	message "$retrans" "$1 [\$target] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[\$self];tag=[pid]s[call_number]
To:[\$peer]
[last_Call-ID:]
CSeq: $2 $1
Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70" "${4:-}" "${3:-}"
}

# The usual beginning and end of a call.
uac_up()
{
	uac_invite "$(sdp)"
	may 100
	may 180
	may 183
	recv 200
	uac ACK 1
}
uac_bye() { uac BYE "${1:-9}"; recv 200; }
uas_up()
{
	uas_invite
	reply 180 Ringing
	reply 200 OK "$(sdp)"
	request ACK
}
uas_bye_answer() { request BYE; reply_in 200 OK; }
