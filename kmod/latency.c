// SPDX-License-Identifier: GPL-2.0
/*
 * How long the relay holds packets: from the hook to the end of queueing on the way
 * out.  <debugfs>/rtplane/latency takes 1 and 0, begins anew with each 1, and has
 * a line for each bucket that is not empty: nanoseconds from, below, packets.
 *
 * All namespaces together.  While it is off the hook costs one instruction more,
 * a nop.
 */
#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "latency.h"

/* Buckets to each power of two, so that none is wider than an eighth of where it
 * begins; what takes 4 s or more is in the last one.
 */
#define RTPLANE_SUB_BITS	3
#define RTPLANE_LATENCY_MAX	U32_MAX
#define RTPLANE_LATENCY_BUCKETS	((32 - RTPLANE_SUB_BITS + 1) << RTPLANE_SUB_BITS)

DEFINE_STATIC_KEY_FALSE(rtplane_latency_on);

static DEFINE_PER_CPU(u64 [RTPLANE_LATENCY_BUCKETS], histogram);
static DEFINE_MUTEX(latency_lock); /* switching on and off */
static struct dentry *latency_dir;

/* Below 8 each nanosecond has its own bucket, then each power of two has eight. */
static unsigned int latency_bucket(u32 ns)
{
	unsigned int shift;

	if (ns < 1 << RTPLANE_SUB_BITS)
		return ns;
	shift = ilog2(ns) - RTPLANE_SUB_BITS;
	return (shift << RTPLANE_SUB_BITS) + (ns >> shift);
}

static u64 latency_from(unsigned int bucket)
{
	unsigned int shift = bucket >> RTPLANE_SUB_BITS;

	if (!shift)
		return bucket;
	shift--;
	return (u64)(bucket - (shift << RTPLANE_SUB_BITS)) << shift;
}

/**
 * rtplane_latency_add() - count a packet
 * @ns: how long it was held
 *
 * Context: softirq.
 */
void rtplane_latency_add(u64 ns)
{
	this_cpu_inc(histogram[latency_bucket(min_t(u64, ns, RTPLANE_LATENCY_MAX))]);
}

static int latency_show(struct seq_file *m, void *v)
{
	unsigned int i;
	u64 count;
	int cpu;

	seq_printf(m, "%s\n", static_key_enabled(&rtplane_latency_on) ? "on" : "off");
	for (i = 0; i < RTPLANE_LATENCY_BUCKETS; i++) {
		count = 0;
		for_each_possible_cpu(cpu)
			count += READ_ONCE(per_cpu(histogram, cpu)[i]);
		if (count)
			seq_printf(m, "%llu %llu %llu\n", latency_from(i),
				   latency_from(i + 1), count);
	}
	return 0;
}

static void latency_clear(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu(histogram, cpu), 0, sizeof(histogram));
}

static ssize_t latency_write(struct file *file, const char __user *buf, size_t len,
			     loff_t *pos)
{
	bool on;
	int err;

	err = kstrtobool_from_user(buf, len, &on);
	if (err)
		return err;
	mutex_lock(&latency_lock);
	if (on) {
		latency_clear();
		static_branch_enable(&rtplane_latency_on);
	} else {
		static_branch_disable(&rtplane_latency_on);
	}
	mutex_unlock(&latency_lock);
	return len;
}

static int latency_open(struct inode *inode, struct file *file)
{
	return single_open(file, latency_show, NULL);
}

static const struct file_operations latency_fops = {
	.owner = THIS_MODULE,
	.open = latency_open,
	.read = seq_read,
	.write = latency_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* Without debugfs there is no histogram, and nothing else suffers. */
void rtplane_latency_init(void)
{
	latency_dir = debugfs_create_dir("rtplane", NULL);
	debugfs_create_file("latency", 0600, latency_dir, NULL, &latency_fops);
}

void rtplane_latency_exit(void)
{
	debugfs_remove_recursive(latency_dir);
}
