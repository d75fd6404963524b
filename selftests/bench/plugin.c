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
 *	qemu-system-x86_64 -plugin plugin.so,out=FILE
 */
#include "qemu_plugin.h"

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
	for (i = 0; i < n; i++)
		watch_mark(qemu_plugin_tb_get_insn(tb, i), begin, end);
}

static void finish(qemu_plugin_id_t id, void *userdata)
{
	FILE *file = open_out();
	struct block *b;
	unsigned int i;

	(void)id;
	(void)userdata;
	if (!file)
		return;
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
	(void)info;
	if (!find_out_path("plugin", argc, argv))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
