// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Three programs on one system call: getdents64, with which a process reads
// the entries of a directory.

#include "kernel.h"
#include <bpf/bpf_helpers.h>

// bpf_trace_printk is for GPL-compatible programs alone.
char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("kprobe/sys_getdents64")
int hello(void *ctx)
{
	char message[] = "getdents64 called\n";

	bpf_trace_printk(message, sizeof(message));
	return 0;
}

SEC("kprobe/sys_getdents64")
int who(void *ctx)
{
	char format[] = "%s runs as pid %d\n";
	char comm[COMM_LEN] = {};
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_trace_printk(format, sizeof(format), comm, pid);
	return 0;
}

SEC("kprobe/sys_getdents64")
int only_ls(void *ctx)
{
	char message[] = "ls called getdents64\n";
	char comm[COMM_LEN] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	if (comm[0] != 'l' || comm[1] != 's' || comm[2] != '\0')
		return 0;
	bpf_trace_printk(message, sizeof(message));
	return 0;
}
