// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "kernel.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("kprobe/sys_getdents64")
int hello(void *ctx)
{
	// Say "getdents64 called\n" with bpf_trace_printk.
	return 0;
}

SEC("kprobe/sys_getdents64")
int who(void *ctx)
{
	// Say who called: "%s runs as pid %d\n".
	return 0;
}

SEC("kprobe/sys_getdents64")
int only_ls(void *ctx)
{
	// Say "ls called getdents64\n", and nothing for any other program.
	return 0;
}
