/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libsofia-sip, with one type for the contexts of all its callbacks: every file
 * that includes it must agree on them.
 */
#ifndef SIP_SOFIA_H
#define SIP_SOFIA_H

#define SU_ROOT_MAGIC_T		void
#define SU_WAKEUP_ARG_T		void
#define SU_TIMER_ARG_T		void
#define NTA_AGENT_MAGIC_T	void
#define NTA_LEG_MAGIC_T		void
#define NTA_OUTGOING_MAGIC_T	void
#define NTA_INCOMING_MAGIC_T	void

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <sofia-sip/su_wait.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#pragma GCC diagnostic pop

#endif /* SIP_SOFIA_H */
