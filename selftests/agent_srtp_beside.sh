#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=vm kernels=6.1 smp=2
#
# A kernel that lacks a cipher: what the module refuses for that is relayed in user
# space beside it, by name, and all else by the module. agent_srtp.py plays both
# parties.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller: SIP, |=====| rtplaned, rtplane.ko        |=====| callee: SIP,  |
#   | SRTP         |     | 192.0.2.254  198.51.100.254 |     | RTP           |
#   +--------------+     +-----------------------------+     +---------------+

export RTPLANE_BACKEND=kernel
# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

# As an admin does who wants no such modules; the guest's /etc is its own.
FORBIDDEN=/etc/modprobe.d/rtplane-test.conf

no_gcm()
{
	local module
	for module in gcm ghash_generic ghash_clmulni_intel aesni_intel; do
		echo "install $module /bin/false"
	done >$FORBIDDEN
	for module in ghash_clmulni_intel aesni_intel gcm ghash_generic; do
		[ ! -d "/sys/module/$module" ] || rmmod "$module" 2>/dev/null
	done
	! grep -qE '^name +: (rfc4106\()?gcm\(' /proc/crypto
}

test_what_the_module_refuses_is_relayed_beside_it()
{
	no_gcm || {
		skip "this kernel has AES-GCM built in, or does not let go of it"
		return
	}
	refused 'this kernel has no cipher of this suite' m rtplane bridge add leg local "$LA" remote "$RA" \
		srtp-rx AEAD_AES_128_GCM "$(head -c 28 /dev/zero | base64 -w0)" leg local "$LB" remote "$RB"
	realms 'allow, suites: [AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM]' refuse && play beside
	logged "its SRTP is relayed by the datapath 'uring', since 'kernel' refuses it: leg .* srtp-"
	is "calls beside the module" "$(grep -c 'relayed by the datapath' "$AGENT_LOG")" 1
}

test_the_agent_ends() { agent_ends; }

run_tests "$@"
