// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Counts the calls of getdents64 for each process.

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
	struct caller who = {}; // a key is compared byte by byte: no byte may be chance
	__u64 zero = 0, *count;

	who.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(who.comm, sizeof(who.comm));

	bpf_map_update_elem(&calls, &who, &zero, BPF_NOEXIST); // the first call makes the entry
	count = bpf_map_lookup_elem(&calls, &who);
	if (count) // not there if the map is full
		__sync_fetch_and_add(count, 1);
	return 0;
}
