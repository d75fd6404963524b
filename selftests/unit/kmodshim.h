/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as a file of kmod/ needs that handles a packet in place, so that a
 * program can include it and be its only caller: memory that can fail, errors as
 * pointers, and a buffer that has room and is nobody else's.
 */
#ifndef UNIT_KMODSHIM_H
#define UNIT_KMODSHIM_H

#include <errno.h>
#include <malloc.h>
#include <netinet/udp.h>

/* in place of kmod's own, which want a kernel's headers */
#define _RTPLANE_COMPAT_H
#define _RTPLANE_PKT_H

#include "kmod/portable.h"
#include "kmod/demux.h"
#include "kmod/verdict.h"

typedef unsigned int gfp_t;

#define noinline		__attribute__((noinline))
#define __uninitialized
#undef static_assert
#define static_assert(x)	_Static_assert(x, #x)

#define GFP_KERNEL_ACCOUNT	0
#define GFP_ATOMIC		0
#define __GFP_NOWARN		0

/* allocations until one fails, 0: none does */
static unsigned int shim_fail;

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return shim_fail && !--shim_fail ? NULL : calloc(1, size);
}

/* 16 bytes that no memory may hold when it is given back, or NULL; how often one did */
static const void *shim_secret;
static unsigned int shim_leaks;

static inline void kfree(void *p)
{
	if (p && shim_secret && memmem(p, malloc_usable_size(p), shim_secret, 16))
		shim_leaks++;
	free(p);
}

static inline void kfree_sensitive(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

#define memzero_explicit(p, n)	explicit_bzero(p, n)

#define MAX_ERRNO		4095
#define ERR_PTR(err)		((void *)(intptr_t)(err))
#define PTR_ERR(p)		((int)(intptr_t)(p))
#define IS_ERR(p)		((uintptr_t)(p) >= (uintptr_t)-MAX_ERRNO)
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))
#define ERR_CAST(p)		((void *)(p))

#define be32_to_cpu(x)		be32toh(x)
#define cpu_to_be32(x)		htobe32(x)
#define OPTIMIZER_HIDE_VAR(x)	(x) = (x)

#define put_unaligned(v, p)					\
	do {							\
		__typeof__(*(p)) put_ = (v);			\
		memcpy((p), &put_, sizeof(put_));		\
	} while (0)

static inline void put_unaligned_be16(u16 v, void *p)
{
	put_unaligned((u16)htobe16(v), (u16 *)p);
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	put_unaligned((u32)htobe32(v), (u32 *)p);
}

/**
 * struct sk_buff - a packet of which only the UDP payload is of interest
 * @data: its IP header
 * @held: somebody else has been given it
 */
struct sk_buff {
	u8 *data;
	unsigned int held;
};

struct rtplane_pkt {
	const u8 *payload;
	unsigned int paylen;
	u8 hdrlen;
	u8 kind;
};

static inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	skb->held++;
	return skb;
}

#define skb_is_nonlinear(skb)			((void)(skb), false)
#define skb_linearize(skb)			((void)(skb), 0)
#define skb_cloned(skb)				((void)(skb), false)
#define skb_tailroom(skb)			((void)(skb), 1000)
#define pskb_expand_head(skb, head, tail, gfp)	((void)(skb), 0)

#endif /* UNIT_KMODSHIM_H */
