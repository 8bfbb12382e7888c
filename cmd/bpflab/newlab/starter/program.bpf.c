// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "kernel.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct counter {
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter);
} calls SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getdents64")
int count_calls(void *ctx)
{
	// Find the entry of the map, and add 1 to its count.
	return 0;
}
