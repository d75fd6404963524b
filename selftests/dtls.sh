#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host
#
# DTLS-SRTP with other implementations, on this host's loopback: OpenSSL's and GnuTLS's
# programs and aiortc (dtls.py), as clients and as servers.

cd "$(dirname "$0")/.." || exit 1
W=$(mktemp -d "${TMPDIR:-/tmp}/rtplane.XXXXXX")
trap 'rm -rf "$W"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=peer -days 30 \
	-keyout "$W/key.pem" -out "$W/cert.pem" >"$W/log" 2>&1 || {
	sed 's/^/# /' "$W/log"
	echo "Bail out! no certificate"
	exit 1
}
# what Debian has, not what somebody put before it, nor our dns.py
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -P selftests/dtls.py "$W"
