#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# rtplane doctor: what it says of a host that is as it should be, and of each fault.
# Files of /sys and /proc that are the machine's are files of ours in here.
#
#   rtplane doctor -- status, firewall --> fake agent (UNIX socket)
#      | d0 192.0.2.1 (default route)   d1 198.51.100.1      namespaces of our own

set -u

skip() { echo "1..0 # SKIP $*"; exit 4; }
[ "$(id -u)" = 0 ] || skip "root is needed"
[ -n "${DOCTOR_INSIDE:-}" ] || DOCTOR_INSIDE=1 exec unshare -mn --propagation private "$0" "$@"

TREE=$(cd "$(dirname "$0")/.." && pwd)
PATH=${RTPLANE_BIN:+$RTPLANE_BIN:}$TREE/build:$PATH:/usr/sbin:/sbin
for tool in ip nft jq python3 rtplane; do
	command -v "$tool" >/dev/null || skip "$tool is not installed"
done
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'kill "${AGENT:-0}" 2>/dev/null; rm -rf "$W"' EXIT
NR=0 BAD=0

# An agent that answers "status" with $W/status, and "firewall" with $W/host or $W/edge.
agent()
{
	mkfifo "$W/up"
	python3 - "$W" >"$W/up" <<-'END' &
		import json, socket, sys
		sock = socket.socket(socket.AF_UNIX)
		sock.bind(sys.argv[1] + "/sock")
		sock.listen(8)
		print("up", flush=True)
		while True:
		    peer, _ = sock.accept()
		    asked = json.loads(peer.makefile("rb").readline())
		    name = asked["args"][1] if asked["cmd"] == "firewall" else asked["cmd"]
		    with open(f"{sys.argv[1]}/{name}") as f:
		        peer.sendall(json.dumps({"ok": True, "result": json.load(f)}).encode() + b"\n")
		    peer.close()
	END
	AGENT=$!
	read -r _ <"$W/up"
}

# status VERSION BACKEND [STUN [FILES]]
status() { echo "{\"version\":\"$1\",\"backend\":\"$2\",\"backend_why\":\"because\",\"stun\":[${3:-}],\"files_limit\":${4:-7024},\"ports\":[{\"pairs\":1500},{\"pairs\":1500}]}" >"$W/status"; }
openings()
{
	local at list=
	for at; do
		list+="${list:+,}{\"what\":\"SIP\",\"realm\":\"r\",\"protocol\":\"UDP\",\"address\":\"$at\",\"ports\":\"5060\",\"from\":\"anybody\",\"dscp\":\"24\"}"
	done
	echo "{\"openings\":[$list],\"advice\":[]}" >"$W/host"
	cp "$W/host" "$W/edge"
}

# says STATUS NAME EXPR: jq's EXPR of the list holds, and that is its exit status
says()
{
	local want=$1 name=$2 status
	rtplane --json -s "$W/sock" doctor >"$W/out" 2>"$W/err"
	status=$?
	NR=$((NR + 1))
	if [ $status = "$want" ] && jq -e "$3" "$W/out" >/dev/null; then
		echo "ok $NR - $name"
		return
	fi
	BAD=1
	echo "not ok $NR - $name"
	echo "# ended with $status, expected $want; not so: $3"
	sed 's/^/# /' "$W/out" "$W/err"
}
# there is a remedy with each that is not fine, and none with what is
is() { echo "[.[] | select(.check == \"$1\")] | length > 0 and all(.verdict == \"$2\" and (.says | test(\"$3\")) and (.verdict == \"fine\" or (.remedy // \"\" | test(\"${4:-.}\"))))"; }
ONE_OF_ALL='map(.check) | unique == ["address","buffers","clock","files","firewall","module","route","rp_filter","secure-boot","sip-alg","version"]'

files()
{
	mount -t tmpfs none /sys/module && mount -t tmpfs none /sys/firmware &&
		mount -t tmpfs none /proc/sys/net/core || skip "no mounts"
	echo 4194304 >/proc/sys/net/core/rmem_max
}

# The kernel takes its time to see that both ends are up.
is_up()
{
	local i
	for ((i = 0; i < 600; i++)); do
		ip link show "$1" | grep -q ' state UP ' && return
		sleep 0.1
	done
	echo "# $1 is never up"
}

links()
{
	ip link add d0 type veth peer name p0 && ip link add d1 type veth peer name p1 &&
		ip addr add 192.0.2.1/24 dev d0 && ip addr add 198.51.100.1/24 dev d1 || skip "no devices"
	for dev in lo d0 p0 d1 p1; do ip link set "$dev" up; done
	is_up d0
	is_up d1
	ip route add default via 192.0.2.254 dev d0
	for dev in all d0 d1; do echo 0 >"/proc/sys/net/ipv4/conf/$dev/rp_filter"; done
}

VERSION=$(rtplane --version | cut -d' ' -f2)
files
links
agent
status "$VERSION" kernel
openings 192.0.2.1
echo "KTAP version 1"

mkdir /sys/module/rtplane
echo "$VERSION" >/sys/module/rtplane/version
says 0 "a host as it should be" "all(.verdict == \"fine\" or .check == \"device\" or .check == \"clock\") and (map(select(.check != \"device\")) | $ONE_OF_ALL)"
says 0 "the address is told with its device, and the way" "($(is address fine '^192.0.2.1 is at d0$')) and ($(is route fine 'leave by d0'))"

echo 0.0.1 >/sys/module/rtplane/version
says 0 "another module" "$(is module warning "is 0.0.1, and the agent $VERSION" modprobe)"
status 0.0.1 uring
says 0 "another agent" "$(is version warning 'agent is 0.0.1')"
status "$VERSION" uring
says 0 "a module that is not used" "$(is module warning 'because' 'restart rtplaned')"
says 0 "devices are the module's" 'all(.check != "device")'
mkdir -p /sys/firmware/efi/efivars
says 0 "Secure Boot, perhaps" "$(is secure-boot warning 'cannot be read' mokutil)"
SB=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
printf '\6\0\0\0\1' >$SB
says 0 "Secure Boot and a module" "$(is secure-boot fine 'is on')"
rm -r /sys/module/rtplane
says 1 "Secure Boot and none" "$(is secure-boot fault 'signed ones only' mokutil)"
printf '\6\0\0\0\0' >$SB
says 0 "no Secure Boot" "$(is secure-boot fine 'is off')"
says 0 "no module" "$(is module warning 'in user space' 'modprobe rtplane')"

mkdir /sys/module/nf_conntrack_sip
says 0 "a SIP ALG" "$(is sip-alg warning 'is loaded' nf_nat_sip)"
if mount -t tmpfs none /proc/sys/net/netfilter 2>/dev/null; then
	echo 1 >/proc/sys/net/netfilter/nf_conntrack_helper
	says 1 "a SIP ALG that takes port 5060 by itself" "$(is sip-alg fault 'port 5060 by itself' nf_nat_sip)"
	umount /proc/sys/net/netfilter
fi
rmdir /sys/module/nf_conntrack_sip

echo 212992 >/proc/sys/net/core/rmem_max
says 1 "small buffers" "$(is buffers fault 212992 rmem_max=)"
status "$VERSION" kernel
says 0 "small buffers, beside the module" "$(is buffers warning 212992 rmem_max=)"
status "$VERSION" uring
echo 1000000 >/proc/sys/net/core/rmem_max
says 0 "smaller buffers than are set by us" "$(is buffers warning 1000000 rmem_max=)"
echo 4194304 >/proc/sys/net/core/rmem_max

status "$VERSION" uring '' 7023
says 1 "too few files" "$(is files fault 'may have 7023 files open, and wants 7024' LimitNOFILE)"
status "$VERSION" uring
says 0 "just as many as are wanted" "$(is files fine 7024)"

openings 192.0.2.1 192.0.2.7
says 1 "an address that is nowhere" '[.[] | select(.check == "address")] | map(.verdict) == ["fine", "fault"] and (.[1].says | test("has 192.0.2.7$"))'
openings 192.0.2.1 0.0.0.0 127.0.0.1 192.0.2.1
says 0 "each address once" '[.[] | select(.check == "address") | .says] == ["192.0.2.1 is at d0", "127.0.0.1 is at lo"]'
ip link set d0 down
says 1 "a device that is down" "[.[] | select(.check == \"address\" and .verdict == \"fault\")] | length == 1 and (.[0].says | test(\"at d0, which is down\"))"
ip link set d0 up
is_up d0
ip route add default via 192.0.2.254 dev d0

openings 192.0.2.1 198.51.100.1
says 0 "two ways in and one out" '[.[] | select(.check == "route")] | map(.verdict) == ["fine", "warning"] and (.[1].says | test("198.51.100.1 leave by d0, and come in by d1")) and (.[1].remedy | test("dev d1 table 100; ip rule add from 198.51.100.1"))'
echo 1 >/proc/sys/net/ipv4/conf/d1/rp_filter
says 1 "and a filter that minds" '[.[] | select(.check == "rp_filter")] | map(.verdict) == ["fine", "fault"] and (.[1].remedy == "sysctl -w net.ipv4.conf.d1.rp_filter=2")'
ip route add default via 198.51.100.254 dev d1 table 100
ip rule add from 198.51.100.1 table 100
says 0 "a way out for each" '([.[] | select(.check == "route")] | all(.verdict == "fine")) and ([.[] | select(.check == "rp_filter")] | map(.verdict) == ["fine", "warning"])'
echo 2 >/proc/sys/net/ipv4/conf/all/rp_filter
says 0 "the greater one counts" "$(is rp_filter fine 'not filter strictly')"

nft -f - <<-'END'
	table inet f {
	 chain input { type filter hook input priority 0; policy accept; ip daddr 198.51.100.1 udp dport 5060 drop; }
	}
END
says 1 "a firewall in the way" "$(is firewall fault '1 lines' 'firewall --check')"

nft flush ruleset

SEEN='{"address":"192.0.2.1","server":"203.0.113.9:3478","from":"192.0.2.1:30000","seen":"203.0.113.5:30000","offered":true,"why":""}'
says 0 "without a STUN server nothing is said of it" 'all(.check != "stun")'
status "$VERSION" uring "$SEEN"
says 0 "seen from outside, and nothing else is advertised" "$(is stun fine 'sees 192.0.2.1 as 203.0.113.5$')"
sed -i 's/"address":"192.0.2.1"/"address":"203.0.113.5 to 192.0.2.1"/' "$W/edge"
says 0 "seen as is advertised" "$(is stun fine 'sees 192.0.2.1 as 203.0.113.5$')"
sed -i 's/203.0.113.5 to/203.0.113.6 to/' "$W/edge"
says 1 "seen as is not advertised" "$(is stun fault 'as 203.0.113.5, and another' '^advertise: 203.0.113.5 at listen: 192.0.2.1$')"
status "$VERSION" uring '{"address":"192.0.2.1","server":"203.0.113.9:3478","offered":false,"why":"it sees port 5 where port 7 has asked"}'
says 0 "a NAT that changes ports" "$(is stun warning 'it sees port 5' 1:1)"
status "$VERSION" uring '{"address":"192.0.2.1","offered":false,"why":""}'
says 0 "no answer yet" "$(is stun warning 'has answered yet')"

echo "1..$NR"
exit $BAD
