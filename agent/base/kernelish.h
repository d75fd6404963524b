/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's words that the pure parts of kmod/ use, in user space.  Included
 * by kmod/portable.h only.
 */
#ifndef BASE_KERNELISH_H
#define BASE_KERNELISH_H

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define __force
#ifndef __packed
#define __packed	__attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n)	__attribute__((aligned(n)))
#endif
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

typedef struct {
	int counter;
} atomic_t;

#define atomic_set(a, v)	__atomic_store_n(&(a)->counter, (v), __ATOMIC_RELAXED)
#define atomic_inc_return(a)	__atomic_add_fetch(&(a)->counter, 1, __ATOMIC_SEQ_CST)

#define BIT_ULL(n)	(1ULL << (n))
#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L
#define USEC_PER_SEC	1000000L

#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)		min_t(__typeof__(a), a, b)
#define max(a, b)		max_t(__typeof__(a), a, b)

#define swap(a, b)					\
	do {						\
		__typeof__(a) swap_ = (a);		\
		(a) = (b);				\
		(b) = swap_;				\
	} while (0)

static inline void *rtplane_zalloc(size_t size)
{
	return calloc(1, size);
}

static inline void rtplane_wipe(void *secret, size_t size)
{
	explicit_bzero(secret, size);
}

#define cpu_to_be64(x)	htobe64(x)

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_be32(const void *p)
{
	return (u32)get_unaligned_be16(p) << 16 |
	       get_unaligned_be16((const u8 *)p + 2);
}

/* as it stands: network order */
#define get_unaligned(p)					\
	__extension__ ({					\
		struct {					\
			__typeof__(*(p)) value;			\
		} unaligned_;					\
		memcpy(&unaligned_, (p), sizeof(unaligned_));	\
		unaligned_.value;				\
	})

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	return (u64)((unsigned __int128)a * b / c);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
	return (u64)((unsigned __int128)a * b >> shift);
}

static inline s32 sign_extend32(u32 value, int index)
{
	int shift = 31 - index;

	return (s32)(value << shift) >> shift;
}

static inline bool ipv4_is_multicast(__be32 a)
{
	return (ntohl(a) & 0xf0000000) == 0xe0000000;
}

static inline bool ipv4_is_lbcast(__be32 a)
{
	return a == 0xffffffff;
}

static inline bool ipv4_is_zeronet(__be32 a)
{
	return !a;
}

static inline bool ipv4_is_loopback(__be32 a)
{
	return (ntohl(a) & 0xff000000) == 0x7f000000;
}

static inline bool ipv6_addr_any(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a);
}

static inline bool ipv6_addr_is_multicast(const struct in6_addr *a)
{
	return IN6_IS_ADDR_MULTICAST(a);
}

static inline bool ipv6_addr_v4mapped(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a);
}

static inline bool ipv6_addr_loopback(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a);
}

static inline bool ipv6_prefix_equal(const struct in6_addr *a,
				     const struct in6_addr *b, unsigned int len)
{
	unsigned int whole = len / 8, rest = len % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest ||
	       !((a->s6_addr[whole] ^ b->s6_addr[whole]) >> (8 - rest));
}

#endif /* BASE_KERNELISH_H */
