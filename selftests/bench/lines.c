// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's translator (TCG): which cache lines does kernel code touch on
 * which processor, while two programs are between their marks?
 *
 * The marks are those of pktbench.c; what counts is the time in which as many
 * programs as there are processors are between theirs. The output has a line per
 * processor, cache line and instruction: processor, address of the line, address
 * of the instruction, r or w; for selftests/bench/lines.py.
 *
 *	qemu-system-x86_64 -smp 2 -plugin lines.so,out=FILE
 */
#include "qemu_plugin.h"

#define VCPUS		2
#define LINE		64
#define ACCESSES	(1U << 20)

/* Each processor has a table of its own, so there is nothing to lock. */
struct access {
	uint64_t line;
	uint64_t pc;
	bool store;
};

static struct access *table[VCPUS];
static unsigned int used[VCPUS];
static int between;

static void begin(unsigned int vcpu, void *userdata)
{
	(void)vcpu;
	(void)userdata;
	__atomic_add_fetch(&between, 1, __ATOMIC_SEQ_CST);
}

static void end(unsigned int vcpu, void *userdata)
{
	(void)vcpu;
	(void)userdata;
	__atomic_sub_fetch(&between, 1, __ATOMIC_SEQ_CST);
}

static void touched(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *userdata)
{
	uint64_t pc = (uint64_t)(uintptr_t)userdata, line = vaddr / LINE * LINE;
	bool store = qemu_plugin_mem_is_store(info);
	unsigned int i;

	if (__atomic_load_n(&between, __ATOMIC_RELAXED) != VCPUS || vcpu >= VCPUS)
		return;
	i = (unsigned int)((line ^ pc * 31 ^ store) * UINT64_C(0x9e3779b97f4a7c15) >> 44);
	for (;; i = (i + 1) % ACCESSES) {
		struct access *a = &table[vcpu][i];

		if (a->pc == pc && a->line == line && a->store == store)
			return;
		if (a->pc)
			continue;
		if (++used[vcpu] > ACCESSES / 2) {
			fprintf(stderr, "lines: more than %u accesses to tell apart\n", ACCESSES / 2);
			abort();
		}
		*a = (struct access) { .line = line, .pc = pc, .store = store };
		return;
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_vaddr(insn) >= KERNEL) {
			qemu_plugin_register_vcpu_mem_cb(insn, touched, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW,
							 (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
			continue;
		}
		watch_mark(insn, begin, end);
	}
}

static void finish(qemu_plugin_id_t id, void *userdata)
{
	FILE *file = open_out();
	unsigned int vcpu, i;

	(void)id;
	(void)userdata;
	if (!file)
		return;
	for (vcpu = 0; vcpu < VCPUS; vcpu++) {
		for (i = 0; i < ACCESSES; i++) {
			const struct access *a = &table[vcpu][i];

			if (a->pc)
				fprintf(file, "%u %" PRIx64 " %" PRIx64 " %c\n", vcpu, a->line,
					a->pc, a->store ? 'w' : 'r');
		}
	}
	fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	int i;

	(void)info;
	if (!find_out_path("lines", argc, argv))
		return -1;
	for (i = 0; i < VCPUS; i++) {
		table[i] = calloc(ACCESSES, sizeof(*table[i]));
		if (!table[i])
			return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
