// SPDX-License-Identifier: GPL-2.0
/*
 * The pure parts, table by table: demultiplexer, DSCP, limits, RTP statistics,
 * latch policy.  Included by the KUnit suite (rtplane_kunit.c) and by the
 * program selftests/unit/pure.c, so that one set of tables is run in both.
 */
#include "pure_packet.c"
#include "pure_limits.c"
#include "pure_rtp.c"
#include "pure_policy.c"
#include "pure_attack.c"

static struct kunit_case pure_cases[] = {
	KUNIT_CASE(demux_by_first_bytes),
	KUNIT_CASE(demux_proof_of_form),
	KUNIT_CASE(demux_needs_whole_headers),
	KUNIT_CASE(addr_prefix_of_ipv4),
	KUNIT_CASE(addr_prefix_of_ipv6),
	KUNIT_CASE(addr_every_bit_counts),
	KUNIT_CASE(addr_martians),
	KUNIT_CASE(dscp_keeps_ecn),
	KUNIT_CASE(dscp_gives_the_priority),
	KUNIT_CASE(police_exact_to_a_percent),
	KUNIT_CASE(police_costs_do_not_wrap),
	KUNIT_CASE(police_idle_saves_nothing),
	KUNIT_CASE(police_names_the_limit),
	KUNIT_CASE(events_are_limited_by_kind),
	KUNIT_CASE(events_of_calls_are_one_kind),
	KUNIT_CASE(events_of_scans_are_few),
	KUNIT_CASE(scanners_are_counted_by_port),
	KUNIT_CASE(scanners_have_so_many_places),
	KUNIT_CASE(scanners_fill_their_ports),
	KUNIT_CASE(permit_names_a_whole_address),
	KUNIT_CASE(permit_lives_five_minutes),
	KUNIT_CASE(rtp_sequence_numbers),
	KUNIT_CASE(rtp_jitter),
	KUNIT_CASE(rtp_events_have_no_jitter),
	KUNIT_CASE(rtp_dynamic_type),
	KUNIT_CASE(rtp_digit_types),
	KUNIT_CASE(rtp_digits),
	KUNIT_CASE(rtp_digits_of_a_machine),
	KUNIT_CASE(rtp_digits_are_no_stream),
	KUNIT_CASE(rtp_jitter_of_a_jump),
	KUNIT_CASE(rtp_ssrc_change),
	KUNIT_CASE(rtcp_round_trip),
	KUNIT_CASE(rtcp_lengths_that_lie),
	KUNIT_CASE(rtcp_that_is_encrypted),
	KUNIT_CASE(policy_table),
	KUNIT_CASE(policy_defaults),
	KUNIT_CASE(policy_sense),
	KUNIT_CASE(policy_kinds),
	KUNIT_CASE(policy_count_does_not_wrap),
	KUNIT_CASE(policy_held),
	KUNIT_CASE(policy_ssrc_guard),
	KUNIT_CASE(policy_squatters),
	KUNIT_CASE(policy_tie),
	KUNIT_CASE(policy_offender),
	KUNIT_CASE(policy_flood),
	{}
};
