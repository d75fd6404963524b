# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# baresip_lib.sh - a phone that others wrote, on top of agent_lib.sh: it plays a tone,
# records what it hears, and is told what to do by its control socket (ctrl_tcp).

# Where Debian puts them depends on the architecture. (To look through all of /usr/lib takes
# a guest more than a minute.)
MODULES=$(dirname "$(ls /usr/lib{,/*}/baresip/modules/srtp.so 2>/dev/null | head -n 1)")

tone()
{
	python3 - "$W/tone.wav" <<-'END'
		import math, struct, sys, wave
		with wave.open(sys.argv[1], "wb") as w:
		    w.setnchannels(1)
		    w.setsampwidth(2)
		    w.setframerate(8000)
		    # 380 Hz: a second like the other
		    w.writeframes(60 * b"".join(struct.pack("<h", int(16000 * math.sin(i * math.tau * .0475)))
		                                for i in range(8000)))
	END
}

listens() { in_ns "$1" ss -Hlnt sport = :4444 | grep -q .; }

# phone NAME IP[:PORT] DEV NAMESPACE ACCOUNT: write its configuration and start it.
# PHONE_MODULES: further ones of its modules; PHONE_CONFIG: further lines.
phone()
{
	local name=$1 ip=${2%:*} port=5060 dev=$3 ns=$4 account=$5 module
	[ "$ip" = "$2" ] || port=${2#*:}
	rm -rf "${W:?}/$name"
	mkdir -p "$W/$name"
	{
		cat <<-END
			poll_method epoll
			sip_listen $ip:$port
			net_interface $dev
			audio_source aufile,$W/tone.wav
			audio_player aubridge,sink
			audio_alert aubridge,sink
			ausrc_srate 8000
			auplay_srate 8000
			snd_path $W/$name
			ctrl_tcp_listen 127.0.0.1:4444
			module_path $MODULES
			module g711.so
			module aufile.so
			module aubridge.so
			module sndfile.so
			module srtp.so
			${PHONE_CONFIG:-}
		END
		for module in ${PHONE_MODULES:-}; do
			echo "module $module.so"
		done
		cat <<-END
			module_app account.so
			module_app contact.so
			module_app menu.so
			module_app ctrl_tcp.so
		END
	} >"$W/$name/config"
	echo "$account" >"$W/$name/accounts"
	: >"$W/$name/contacts"
	nsenter --net="/run/netns/$ns" -- baresip -f "$W/$name" \
		>"$W/$name.out" 2>&1 <"$W/never" 8>&- 9>&- &
	BG[$name]=$!
	wait_for 60 listens "$ns" && return 0
	fail "baresip $name does not come up: $(tail -n 3 "$W/$name.out")"
	return 1
}

# all_end SIGNAL NAME...: those that are there
all_end()
{
	local name signal=$1
	shift
	for name; do
		[ -n "${BG[$name]:-}" ] || continue
		kill -"$signal" "${BG[$name]}" 2>/dev/null
		wait "${BG[$name]}" 2>/dev/null
		unset "BG[$name]"
	done
	return 0
}

# tell COMMAND [WORDS]: to the caller's phone, as a netstring of JSON.
tell()
{
	local json="{\"command\":\"$1\",\"params\":\"${2:-}\"}"
	printf '%s:%s,' ${#json} "$json" |
		nsenter --net="/run/netns/$A" -- timeout 20 socat -T1 - TCP:127.0.0.1:4444 >/dev/null
}

# loud NAME: what a phone recorded as heard is no silence. A stream that ended before
# anything was heard leaves a file without a header.
loud()
{
	python3 - "$W/$1"/*-dec.wav <<-'END'
		import array, sys, wave
		peak = 0
		for name in sys.argv[1:]:
		    try:
		        with wave.open(name) as w:
		            heard = array.array("h", w.readframes(w.getnframes()))
		    except (EOFError, wave.Error) as e:
		        print(name, e)
		        continue
		    peak = max([peak] + [abs(x) for x in heard])
		print("peak", peak)
		sys.exit(peak < 8000)
	END
}
