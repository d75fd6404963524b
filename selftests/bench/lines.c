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
 * As for plugin.c, the interface is declared here.
 *
 *	qemu-system-x86_64 -smp 2 -plugin lines.so,out=FILE
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QEMU_PLUGIN_VERSION	1

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };

typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*udata_cb)(unsigned int vcpu, void *userdata);
typedef void (*mem_cb)(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
		       void *userdata);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, udata_cb cb,
					    enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_cb cb,
				      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
				      void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb, void *userdata);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
int qemu_plugin_version = QEMU_PLUGIN_VERSION;
__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

static const uint8_t mark[7] = { 0x0f, 0x1f, 0x84, 0x00, 'B', 'E', 'G' };

#define VCPUS		2
#define LINE		64
#define KERNEL		(UINT64_C(1) << 63)
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
static const char *out_path;

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
	const uint8_t *data;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_vaddr(insn) >= KERNEL) {
			qemu_plugin_register_vcpu_mem_cb(insn, touched, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW,
							 (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
			continue;
		}
		data = qemu_plugin_insn_data(insn);
		if (qemu_plugin_insn_size(insn) == 8 && !memcmp(data, mark, sizeof(mark)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, data[7] == '1' ? begin : end,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void finish(qemu_plugin_id_t id, void *userdata)
{
	FILE *file = fopen(out_path, "w");
	unsigned int vcpu, i;

	(void)id;
	(void)userdata;
	if (!file) {
		perror(out_path);
		return;
	}
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
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out_path = strdup(argv[i] + 4);
	}
	if (!out_path) {
		fprintf(stderr, "lines: out=FILE is missing\n");
		return -1;
	}
	for (i = 0; i < VCPUS; i++) {
		table[i] = calloc(ACCESSES, sizeof(*table[i]));
		if (!table[i])
			return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
