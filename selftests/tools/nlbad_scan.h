/* SPDX-License-Identifier: GPL-2.0 */
/* Requests of RTPLANE_CMD_SCAN_SET that are refused; a part of nlbad.c. */
#ifndef NLBAD_SCAN_H
#define NLBAD_SCAN_H

#define SCAN_CASE(name, code)						\
	static void bad_##name(struct nl_msg *m)			\
	{								\
		size_t scan = nl_nest(m, RTPLANE_A_SCAN);		\
									\
		code;							\
		nl_end(m, scan);					\
	}

static void scan_range(struct nl_msg *m, const char *addr, int port, uint16_t lo, uint16_t hi)
{
	size_t range = nl_nest(m, RTPLANE_SCAN_A_RANGE);

	if (addr)
		nat_addr(m, RTPLANE_RANGE_A_ADDR, addr, port);
	nl_u16(m, RTPLANE_RANGE_A_PORT_LO, lo);
	if (hi)
		nl_u16(m, RTPLANE_RANGE_A_PORT_HI, hi);
	nl_end(m, range);
}

/* RTCP, and calls on it, are a port's, not an address's */
static void scan_of(struct nl_msg *m, unsigned int call)
{
	size_t range = nl_nest(m, RTPLANE_SCAN_A_RANGE), ep = nl_nest(m, RTPLANE_RANGE_A_ADDR);

	nl_u32(m, RTPLANE_EP_A_IPV4, inet_addr("192.0.2.1"));
	if (call)
		nl_u16(m, RTPLANE_EP_A_CALL, (uint16_t)call);
	else
		nl_put(m, RTPLANE_EP_A_RTCP, NULL, 0);
	nl_end(m, ep);
	nl_u16(m, RTPLANE_RANGE_A_PORT_LO, 30000);
	nl_u16(m, RTPLANE_RANGE_A_PORT_HI, 33000);
	nl_end(m, range);
}

SCAN_CASE(scan_ports0, nl_u32(m, RTPLANE_SCAN_A_PORTS, 0))
SCAN_CASE(scan_ports33, nl_u32(m, RTPLANE_SCAN_A_PORTS, 33))
SCAN_CASE(scan_seconds, nl_u32(m, RTPLANE_SCAN_A_SECONDS, 3601))
SCAN_CASE(scan_no_addr, scan_range(m, NULL, 0, 30000, 33000))
SCAN_CASE(scan_no_hi, scan_range(m, "192.0.2.1", 0, 30000, 0))
SCAN_CASE(scan_second, scan_range(m, "192.0.2.1", 0, 30000, 33000);
	  scan_range(m, "192.0.2.2", 0, 33000, 30000))
SCAN_CASE(scan_port, scan_range(m, "192.0.2.1", 5, 30000, 33000))
SCAN_CASE(scan_of_rtcp, scan_of(m, 0))
SCAN_CASE(scan_of_call, scan_of(m, 5))
SCAN_CASE(scan_multicast, scan_range(m, "224.0.0.1", 0, 30000, 33000))
SCAN_CASE(scan_many, for (int i = 0; i <= RTPLANE_SCAN_RANGES_MAX; i++)
	  scan_range(m, "192.0.2.1", 0, 30000, 33000))

#define SCAN(name, err, words)	{ #name, RTPLANE_CMD_SCAN_SET, bad_##name, err, words }
#define SCAN_CASES							\
	{ "scan-none", RTPLANE_CMD_SCAN_SET, bad_empty, EINVAL,		\
	  "a scan watch is required" },					\
	SCAN(scan_ports0, ERANGE, ""),					\
	SCAN(scan_ports33, ERANGE, ""),					\
	SCAN(scan_seconds, ERANGE, ""),					\
	SCAN(scan_no_addr, EINVAL, "a range has an address"),		\
	SCAN(scan_no_hi, EINVAL, "a range has an address"),		\
	SCAN(scan_second, EINVAL, "the first port is above the last"),	\
	SCAN(scan_port, EINVAL, "an address without a port is expected"),	\
	SCAN(scan_of_rtcp, EINVAL, "an address without a port has no RTCP"),	\
	SCAN(scan_of_call, EINVAL, "an address without a port has no calls"),	\
	SCAN(scan_multicast, EINVAL, "unicast"),			\
	SCAN(scan_many, E2BIG, "at most 512 ranges are watched"),

#endif /* NLBAD_SCAN_H */
