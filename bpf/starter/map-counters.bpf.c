// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "kernel.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct caller {
	__u32 pid;
	char comm[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct caller);
	__type(value, __u64);
} calls SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getdents64")
int count_getdents64(void *ctx)
{
	struct caller who = {};
	__u64 one = 1;

	who.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(who.comm, sizeof(who.comm));

	// This stores 1 on every call. Make it count.
	bpf_map_update_elem(&calls, &who, &one, BPF_ANY);
	return 0;
}
