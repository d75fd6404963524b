// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's translator (TCG): how often was each piece of code executed
 * between two marks?
 *
 * The guest's program brackets what is to be measured by two long nops (see
 * pktbench.c); each such bracket is a region. The output has a line per region
 * and translated block that ran in it: region, address, number of instructions,
 * executions; for selftests/bench/profile.py.
 *
 * Debian ships QEMU with plugins but without their header, so what is used of
 * its interface (version 1, stable since QEMU 4.2) is declared here.
 *
 *	qemu-system-x86_64 -plugin plugin.so,out=FILE
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QEMU_PLUGIN_VERSION	1

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*udata_cb)(unsigned int vcpu, void *userdata);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, udata_cb cb,
					    enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
int qemu_plugin_version = QEMU_PLUGIN_VERSION;
__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

static const uint8_t mark[7] = { 0x0f, 0x1f, 0x84, 0x00, 'B', 'E', 'G' };

#define REGIONS	8

struct block {
	struct block *next;
	uint64_t vaddr;
	uint64_t insns;
	uint64_t count;
	uint64_t begin;
	uint64_t sum[REGIONS];
};

/* One processor, one thread: scripts/vm --insn. */
static struct block *blocks;
static bool on;
static unsigned int region;
static const char *out_path;

static void begin(unsigned int vcpu, void *userdata)
{
	struct block *b;

	(void)vcpu;
	(void)userdata;
	for (b = blocks; b; b = b->next)
		b->begin = b->count;
	on = true;
}

static void end(unsigned int vcpu, void *userdata)
{
	struct block *b;

	(void)vcpu;
	(void)userdata;
	if (!on || region == REGIONS)
		return;
	on = false;
	for (b = blocks; b; b = b->next)
		b->sum[region] = b->count - b->begin;
	region++;
}

/* The counters of a block that is translated again start anew, in a new struct. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn;
	struct block *b;

	(void)id;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->vaddr = qemu_plugin_tb_vaddr(tb);
	b->insns = n;
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->count, 1);
	for (i = 0; i < n; i++) {
		const uint8_t *data;

		insn = qemu_plugin_tb_get_insn(tb, i);
		data = qemu_plugin_insn_data(insn);
		if (qemu_plugin_insn_size(insn) != 8 || memcmp(data, mark, sizeof(mark)))
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, data[7] == '1' ? begin : end,
						       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void finish(qemu_plugin_id_t id, void *userdata)
{
	FILE *file = fopen(out_path, "w");
	struct block *b;
	unsigned int i;

	(void)id;
	(void)userdata;
	if (!file) {
		perror(out_path);
		return;
	}
	for (b = blocks; b; b = b->next) {
		for (i = 0; i < region; i++) {
			if (b->sum[i])
				fprintf(file, "%u %" PRIx64 " %" PRIu64 " %" PRIu64 "\n", i,
					b->vaddr, b->insns, b->sum[i]);
		}
	}
	fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out_path = strdup(argv[i] + 4);
	}
	if (!out_path) {
		fprintf(stderr, "plugin: out=FILE is missing\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
