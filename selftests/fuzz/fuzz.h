/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drives a fuzz target: one KTAP point of so many mutated inputs, the same
 * each time; or given files, one after the other.
 *
 *	NAME [ROUNDS [SEED]]	mutate its samples; 20,000 rounds, seed 1
 *	NAME FILE...		each as it is
 *
 * With clang, LLVMFuzzerTestOneInput() is libFuzzer's as well: -DFUZZ_LIBFUZZER
 * -fsanitize=fuzzer.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** FUZZ_MAX - bytes of the longest input that is made */
#define FUZZ_MAX	65536

/**
 * struct fuzz_sample - an input to begin with, or a word to put into one
 * @p: its bytes
 * @n: how many
 */
struct fuzz_sample {
	const char *p;
	size_t n;
};

/** FUZZ_SAMPLE() - a sample from a string literal */
#define FUZZ_SAMPLE(s)	{ (s), sizeof(s) - 1 }

/** FUZZ_COUNT() - members of an array */
#define FUZZ_COUNT(a) (sizeof(a) / sizeof(*(a)))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* what is being tried, for whoever ends the program */
static struct {
	unsigned long round, seed;
	const uint8_t *data;
	size_t size;
} fuzz_now;

static inline void fuzz_tell(void)
{
	FILE *out;

	printf("# round %lu of seed %lu, %zu bytes, in fuzz.crash\n",
	       fuzz_now.round, fuzz_now.seed, fuzz_now.size);
	fflush(stdout);
	out = fopen("fuzz.crash", "w");
	if (!out)
		return;
	fwrite(fuzz_now.data, 1, fuzz_now.size, out);
	fclose(out);
}

/** FUZZ_CHECK() - what must hold for any input */
#define FUZZ_CHECK(cond)						\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s does not hold\n", __FILE__,	\
			       __LINE__, #cond);			\
			fuzz_tell();					\
			abort();					\
		}							\
	} while (0)

#ifndef FUZZ_LIBFUZZER
void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

static uint64_t fuzz_state;

static inline uint32_t fuzz_random(uint32_t below)
{
	fuzz_state ^= fuzz_state >> 12;
	fuzz_state ^= fuzz_state << 25;
	fuzz_state ^= fuzz_state >> 27;
	return ((fuzz_state * 0x2545f4914f6cdd1dull) >> 32) %
	       (below ? below : 1);
}

/* replace LEN bytes at AT by N others */
static inline size_t fuzz_splice(uint8_t *text, size_t size, size_t at,
				 size_t len, const void *by, size_t n)
{
	uint8_t copy[FUZZ_MAX];

	if (at > size)
		at = size;
	if (len > size - at)
		len = size - at;
	if (size - len + n > FUZZ_MAX)
		return size;
	memcpy(copy, by, n);
	memmove(text + at + n, text + at + len, size - at - len);
	memcpy(text + at, copy, n);
	return size - len + n;
}

/* beginning and length of a line, chosen at random */
static inline size_t fuzz_line(const uint8_t *text, size_t size, size_t *len)
{
	size_t at = fuzz_random(size), end;

	while (at && text[at - 1] != '\n')
		at--;
	for (end = at; end < size && text[end++] != '\n'; )
		;
	*len = end - at;
	return at;
}

static inline size_t fuzz_mutate(uint8_t *text, size_t size,
				 const struct fuzz_sample *samples, size_t n,
				 const struct fuzz_sample *words, size_t n_words)
{
	size_t at = fuzz_random(size + 1), len = fuzz_random(16), from;
	const struct fuzz_sample *s;
	uint8_t byte = fuzz_random(256);
	char number[24];

	switch (fuzz_random(10)) {
	case 0:
		return fuzz_splice(text, size, at, 1, &byte, 1);
	case 1:
		return fuzz_splice(text, size, at, 0, &byte, 1);
	case 2:
		return fuzz_splice(text, size, at, len, "", 0);
	case 3:	/* a line again, or elsewhere */
		from = fuzz_line(text, size, &len);
		fuzz_line(text, size, &at);
		return fuzz_splice(text, size, at, 0, text + from, len);
	case 4:	/* a line less */
		at = fuzz_line(text, size, &len);
		return fuzz_splice(text, size, at, len, "", 0);
	case 5:	/* the rest of another sample */
		s = &samples[fuzz_random(n)];
		from = fuzz_random(s->n);
		return fuzz_splice(text, size, at, size, s->p + from, s->n - from);
	case 6:
		sprintf(number, "%llu", 1ull << fuzz_random(64));
		return fuzz_splice(text, size, at, len % 4, number, strlen(number));
	case 7:
		return at;	/* cut off */
	case 8:	/* a piece again */
		return fuzz_splice(text, size, at, 0, text + (at - at / 2), at / 2);
	default:
		s = &words[fuzz_random(n_words)];
		return fuzz_splice(text, size, at, len % 3, s->p, s->n);
	}
}

static inline int fuzz_files(char **files)
{
	static uint8_t text[16 * FUZZ_MAX];
	FILE *in;

	for (; *files; files++) {
		in = fopen(*files, "r");
		if (!in) {
			perror(*files);
			return 2;
		}
		fuzz_now.data = text;
		fuzz_now.size = fread(text, 1, sizeof(text), in);
		fclose(in);
		LLVMFuzzerTestOneInput(text, fuzz_now.size);
	}
	return 0;
}

static inline int fuzz_main(int argc, char **argv, const char *name,
			    const struct fuzz_sample *samples, size_t n,
			    const struct fuzz_sample *words, size_t n_words)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	static uint8_t text[FUZZ_MAX];
	const struct fuzz_sample *s;
	uint8_t *exact;
	size_t size, k;

	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(fuzz_tell);
	if (argc > 1 && !rounds)
		return fuzz_files(argv + 1);
	fuzz_now.seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	fuzz_state = 0x9e3779b97f4a7c15ull * (fuzz_now.seed + 1);
	printf("KTAP version 1\n1..1\n");
	for (fuzz_now.round = 0; fuzz_now.round < rounds; fuzz_now.round++) {
		s = &samples[fuzz_random(n)];
		memcpy(text, s->p, s->n);
		size = s->n;
		for (k = fuzz_random(8); k; k--)
			size = fuzz_mutate(text, size, samples, n, words, n_words);
		/* of its very size, so that a sanitizer sees the byte behind it */
		exact = malloc(size ? size : 1);
		if (!exact)
			return 1;
		memcpy(exact, text, size);
		fuzz_now.data = exact;
		fuzz_now.size = size;
		LLVMFuzzerTestOneInput(exact, size);
		free(exact);
	}
	printf("ok 1 %s: %lu inputs of seed %lu\n", name, rounds, fuzz_now.seed);
	return 0;
}

/** FUZZ_MAIN() - the program */
#define FUZZ_MAIN(name, samples, words)					\
	int main(int argc, char **argv)					\
	{								\
		return fuzz_main(argc, argv, name, samples,		\
				 FUZZ_COUNT(samples), words,		\
				 FUZZ_COUNT(words));			\
	}
#else
#define FUZZ_MAIN(name, samples, words)					\
	const void *const fuzz_unused[] = { name, samples, words };
#endif

#endif /* FUZZ_FUZZ_H */
