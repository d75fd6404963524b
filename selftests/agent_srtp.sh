#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rtplane-test: where=host backends=uring
#
# SRTP in calls: policy of the realms, offer and answer in every shape, re-keying,
# and media by every suite.  agent_srtp.py plays both parties.  One list for both
# datapaths: with the module all of it is in the module.
#
#    a: access                  m: media host                  b: core
#   +--------------+     +-----------------------------+     +---------------+
#   | caller: SIP, |=====| rtplaned, either datapath   |=====| callee: SIP,  |
#   | SRTP         |     | 192.0.2.254  198.51.100.254 |     | RTP or SRTP   |
#   +--------------+     +-----------------------------+     +---------------+

# shellcheck source-path=SCRIPTDIR source=agent_srtp_lib.sh
. "$(dirname "$0")/agent_srtp_lib.sh"

test_every_suite()
{
	local all='AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32, AEAD_AES_128_GCM, AEAD_AES_256_GCM'
	realms "allow, suites: [$all]" refuse && play every_suite
}

test_identifiers() { realms require allow && play identifiers; }
test_the_suite_that_is_liked_best() { realms allow allow && play best_suite; }

test_required_of_the_caller()
{
	realms require allow && play require_plain require_wrong_suite require_fax
}

test_required_of_the_callee()
{
	realms allow require && play require_towards require_fax answered_without_key \
		answered_savp_without_key answered_with_two_keys answered_with_other_tag \
		answered_with_other_suite answered_with_our_key
}

test_refused()
{
	realms refuse allow && play refuse_savp refuse_offer_beside_plain plain_stays_plain
}

test_allowed()
{
	realms allow allow && play plain_stays_plain allow_offers srtp_to_srtp rejected_line \
		answered_as_datagrams
	is "warnings of keys in the clear" "$(grep -c 'travel in the clear' "$AGENT_LOG")" 3
}

test_late_offer() { realms allow allow && play late_offer; }
test_early_media() { realms allow allow && play early_media forks; }
test_RTP_at_the_RTCP_port() { realms allow allow && play the_other_port; }
test_hold_and_resume() { realms allow allow && play hold_and_resume; }
test_another_key() { realms allow allow && play rekey our_key_comes_back rekey_elsewhere other_suite; }
test_RTP_becomes_SRTP_and_RTP_again() { realms allow allow && play there_and_back; }
test_a_change_that_is_refused() { realms allow allow && play refused_change; }
test_the_wrong_key() { realms allow allow && play wrong_key; }

test_the_agent_ends() { agent_ends; }

run_tests "$@"
