// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "names.h"

SEC("kprobe/sys_getdents64")
int count(void *ctx)
{
	bpf_printk(GREETING);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
