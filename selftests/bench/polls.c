// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's translator (TCG): how many instructions does a network device's
 * driver take in a poll, with all that is called from there?
 *
 * A poll is what __napi_poll() of the kernel calls, from the instruction that follows
 * its call to the return into it; of these such count as have transmitted something.
 * An interrupt in the middle does not count: from the first instruction of the
 * kernel's entry code to the iretq that ends it. So a figure has neither the
 * thread that polls in it, nor other devices, nor the clock.
 *
 * What is measured is bracketed by two long nops (see pktbench.c). At the second one
 * the output is written anew: for each number of packets that a poll has transmitted,
 * that number, how many such polls there were, and their instructions together.
 *
 *	qemu-system-x86_64 -plugin polls.so,out=FILE,poll=FROM-TO,entry=FROM-TO,transmit=AT
 *
 * Addresses are the kernel's, hexadecimal: of __napi_poll(), of the entry code and of
 * dev_hard_start_xmit(), which is called for each packet.
 */
#include "qemu_plugin.h"

/* of a poll; NAPI_POLL_WEIGHT is 64 */
#define TRANSMITS	256

struct range {
	uint64_t from, to;
};

static struct range poller, entry;
static uint64_t transmit;
static struct counter insns;
static bool on;

/* of the poll that runs, if it is one: the last instruction of the poller was a call */
static bool called, interrupted;
static uint64_t begun, interrupt_begun, elsewhere;
static unsigned int transmits;

static struct {
	uint64_t polls;
	uint64_t insns;
} by[TRANSMITS];

static void begin(unsigned int vcpu, void *userdata)
{
	(void)vcpu;
	(void)userdata;
	memset(by, 0, sizeof(by));
	on = true;
}

static void end(unsigned int vcpu, void *userdata)
{
	FILE *file;
	unsigned int i;

	(void)vcpu;
	(void)userdata;
	if (!on)
		return;
	on = false;
	file = open_out();
	if (!file)
		return;
	for (i = 1; i < TRANSMITS; i++) {
		if (by[i].polls)
			fprintf(file, "%u %" PRIu64 " %" PRIu64 "\n", i, by[i].polls, by[i].insns);
	}
	fclose(file);
}

/* An instruction of the poller; @userdata: it is a call. What lies between two of them... */
static void polled(unsigned int vcpu, void *userdata)
{
	uint64_t now = counter_get(&insns);

	(void)vcpu;
	/* ...is a poll; without the call itself, or else this one, by which of both is counted first */
	if (on && called && transmits) {
		by[transmits].polls++;
		by[transmits].insns += now - begun - 1 - elsewhere;
	}
	called = userdata;
	begun = now;
	elsewhere = 0;
	transmits = 0;
	interrupted = false;
}

static void transmitted(unsigned int vcpu, void *userdata)
{
	(void)vcpu;
	(void)userdata;
	if (!interrupted && transmits < TRANSMITS - 1)
		transmits++;
}

/* An instruction of the entry code; @userdata: it is an iretq. No system calls are made by polls. */
static void entered(unsigned int vcpu, void *userdata)
{
	uint64_t now = counter_get(&insns);

	(void)vcpu;
	if (!interrupted) {
		interrupted = true;
		interrupt_begun = now;
	}
	if (userdata) {
		interrupted = false;
		elsewhere += now - interrupt_begun + 1;
	}
}

static bool within(const struct range *range, uint64_t address)
{
	return address >= range->from && address < range->to;
}

/* call rel32, or call of a register or of what is in memory */
static bool is_call(const uint8_t *code, size_t size)
{
	if (size > 2 && (code[0] & 0xf0) == 0x40) {
		code++;
		size--;
	}
	return (size == 5 && code[0] == 0xe8) || (size >= 2 && code[0] == 0xff && (code[1] & 0x38) == 0x10);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t iretq[] = { 0x48, 0xcf };
	size_t n = qemu_plugin_tb_n_insns(tb), size, i;
	struct qemu_plugin_insn *insn;
	uint8_t code[16];
	uint64_t address;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		address = qemu_plugin_insn_vaddr(insn);
		watch_mark(insn, begin, end);
		if (address < KERNEL)
			continue;
		counter_watch(&insns, insn);
		size = insn_code(insn, code, sizeof(code));
		if (within(&poller, address))
			call_at(insn, polled, is_call(code, size));
		else if (within(&entry, address))
			call_at(insn, entered, size == 2 && !memcmp(code, iretq, size));
		else if (address == transmit)
			call_at(insn, transmitted, false);
	}
}

static bool range_of(const char *text, struct range *range)
{
	return sscanf(text, "%" SCNx64 "-%" SCNx64, &range->from, &range->to) == 2;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	bool all = find_out_path("polls", argc, argv);
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "poll=", 5))
			all &= range_of(argv[i] + 5, &poller);
		else if (!strncmp(argv[i], "entry=", 6))
			all &= range_of(argv[i] + 6, &entry);
		else if (!strncmp(argv[i], "transmit=", 9))
			transmit = strtoull(argv[i] + 9, NULL, 16);
	}
	if (!all || !poller.to || !entry.to || !transmit) {
		fprintf(stderr, "polls: expected out=FILE,poll=FROM-TO,entry=FROM-TO,transmit=AT\n");
		return -1;
	}
	counter_init(&insns);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
