/* SPDX-License-Identifier: GPL-2.0 */
/* Random bytes that nobody can guess, for what takes a few of them many times. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/**
 * random_bytes() - fill memory with the kernel's random bytes
 * @buf: filled
 * @n: its bytes
 *
 * Few bytes are taken from what was drawn ahead, by the calling thread, and are forgotten
 * there.  It does not fail: the kernel's generator does not once it is seeded, which is
 * waited for.  A process forked off must not call it: it would draw the same.
 */
void random_bytes(void *buf, size_t n);

/**
 * random_below() - a number
 * @n: above 0
 *
 * Return: 0 to @n - 1, all equally likely but for one part in 2^32.
 */
uint32_t random_below(uint32_t n);

#endif /* BASE_RANDOM_H */
