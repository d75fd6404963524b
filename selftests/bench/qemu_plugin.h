/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugins of QEMU's translator (TCG) share: its interface, and the marks of
 * pktbench.c.
 *
 * Debian ships QEMU with plugins but without their header, so what is used of its
 * interface is declared here: version 1, which QEMU had from 4.2 to 8.1, or with
 * QEMU_PLUGIN_VERSION given as 4 that of QEMU 9.2 and later, which counts by processor.
 */
#ifndef BENCH_QEMU_PLUGIN_H
#define BENCH_QEMU_PLUGIN_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef QEMU_PLUGIN_VERSION
#define QEMU_PLUGIN_VERSION	1
#endif
#define KERNEL			(UINT64_C(1) << 63)

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };

typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*udata_cb)(unsigned int vcpu, void *userdata);
typedef void (*mem_cb)(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
		       void *userdata);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, udata_cb cb,
					    enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_cb cb,
				      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
				      void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb, void *userdata);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
#if QEMU_PLUGIN_VERSION == 1
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum qemu_plugin_op op, void *ptr, uint64_t imm);
#else
struct qemu_plugin_scoreboard;
typedef struct {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
} qemu_plugin_u64;

size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
uint64_t qemu_plugin_u64_get(qemu_plugin_u64 entry, unsigned int vcpu);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn,
							 enum qemu_plugin_op op,
							 qemu_plugin_u64 entry, uint64_t imm);
#endif
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
int qemu_plugin_version = QEMU_PLUGIN_VERSION;
__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

static const char *out_path;

/* Where to write, of the plugin's arguments. */
static bool find_out_path(const char *plugin, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out_path = strdup(argv[i] + 4);
	}
	if (!out_path)
		fprintf(stderr, "%s: out=FILE is missing\n", plugin);
	return out_path;
}

static FILE *open_out(void)
{
	FILE *file = fopen(out_path, "w");

	if (!file)
		perror(out_path);
	return file;
}

/* The bytes of @insn, at most @len of them; their number. */
static size_t insn_code(const struct qemu_plugin_insn *insn, uint8_t *code, size_t len)
{
	size_t size = qemu_plugin_insn_size(insn);

	size = size < len ? size : len;
#if QEMU_PLUGIN_VERSION == 1
	memcpy(code, qemu_plugin_insn_data(insn), size);
	return size;
#else
	return qemu_plugin_insn_data(insn, code, size);
#endif
}

/* @fn gets @flag, as a pointer that is NULL or not */
static inline void call_at(struct qemu_plugin_insn *insn, udata_cb fn, bool flag)
{
	qemu_plugin_register_vcpu_insn_exec_cb(insn, fn, QEMU_PLUGIN_CB_NO_REGS,
					       flag ? (void *)1 : NULL);
}

/* Call one of these when @insn is executed, if it is a mark: a long nop. */
static void watch_mark(struct qemu_plugin_insn *insn, udata_cb begin, udata_cb end)
{
	static const uint8_t mark[7] = { 0x0f, 0x1f, 0x84, 0x00, 'B', 'E', 'G' };
	uint8_t code[8];

	if (qemu_plugin_insn_size(insn) == 8 && insn_code(insn, code, sizeof(code)) == 8 &&
	    !memcmp(code, mark, sizeof(mark)))
		call_at(insn, code[7] == '1' ? begin : end, false);
}

/* How many instructions were executed of those that are watched, on the first processor. */
struct counter {
#if QEMU_PLUGIN_VERSION == 1
	uint64_t n;
#else
	qemu_plugin_u64 n;
#endif
};

static inline void counter_init(struct counter *counter)
{
#if QEMU_PLUGIN_VERSION != 1
	counter->n.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
#else
	counter->n = 0;
#endif
}

static inline uint64_t counter_get(const struct counter *counter)
{
#if QEMU_PLUGIN_VERSION == 1
	return counter->n;
#else
	return qemu_plugin_u64_get(counter->n, 0);
#endif
}

static inline void counter_watch(struct counter *counter, struct qemu_plugin_insn *insn)
{
#if QEMU_PLUGIN_VERSION == 1
	qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &counter->n, 1);
#else
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							    counter->n, 1);
#endif
}

#endif /* BENCH_QEMU_PLUGIN_H */
