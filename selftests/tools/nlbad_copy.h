/* SPDX-License-Identifier: GPL-2.0 */
/* Further outputs of legs that are refused; a part of nlbad.c. */
#ifndef NLBAD_COPY_H
#define NLBAD_COPY_H

static void put_copies(struct nl_msg *m, unsigned int n, bool to, uint8_t only)
{
	size_t at;

	while (n--) {
		at = nl_nest(m, RTPLANE_LEG_A_COPY);
		nl_ep4(m, RTPLANE_COPY_A_FROM, LOCAL_A, 31000);
		if (to)
			nl_ep4(m, RTPLANE_COPY_A_TO, REMOTE, (uint16_t)(7000 + n));
		nl_u8(m, RTPLANE_COPY_A_ONLY, only);
		nl_end(m, at);
	}
}

LEG_CASE(copy_empty, nl_end(m, nl_nest(m, RTPLANE_LEG_A_COPY)))
LEG_CASE(copy_nowhere, put_copies(m, 1, false, 0))
LEG_CASE(copy_only, put_copies(m, 1, true, RTPLANE_ONLY_MAX + 1))
LEG_CASE(copy_many, put_copies(m, RTPLANE_COPIES_MAX + 1, true, 0))
LEG_CASE(copy_and_none, put_copies(m, 1, true, 0);
	 nl_put(m, RTPLANE_LEG_A_NO_COPY, NULL, 0))
LEG_CASE(copy_told, size_t at = nl_nest(m, RTPLANE_LEG_A_COPY);
	 nl_u64(m, RTPLANE_COPY_A_PACKETS, 1); nl_end(m, at))

#define COPY_CASES							\
	{ "copy-empty", NEW, bad_copy_empty, EINVAL,			\
	  "from an address and port of ours" },				\
	{ "copy-nowhere", NEW, bad_copy_nowhere, EINVAL,		\
	  "from an address and port of ours" },				\
	{ "copy-only", NEW, bad_copy_only, ERANGE, "" },		\
	{ "copy-many", NEW, bad_copy_many, EINVAL, "at most 8 copies" },	\
	{ "copy-and-none", NEW, bad_copy_and_none, EINVAL,		\
	  "exclude each other" },					\
	{ "copy-told", NEW, bad_copy_told, EINVAL, "read only" }

#endif /* NLBAD_COPY_H */
