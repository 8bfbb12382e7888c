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
	__u32 key = 0;
	struct counter *value;

	value = bpf_map_lookup_elem(&calls, &key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
	return 0;
}
