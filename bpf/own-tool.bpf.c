// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// A tool: how often each program opens files, and how long that takes.
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define SLOTS 32

struct by_comm {
	char comm[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct by_comm);
	__type(value, __u64);
} opens SEC(".maps");

/* When each thread that is in openat began, in nanoseconds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} began SEC(".maps");

/* How many took 2^n up to 2^(n+1) nanoseconds. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} latency SEC(".maps");

/* log2of is the number of the highest bit that is set, without a loop. */
static __always_inline __attribute__((unused)) __u32 log2of(__u64 v)
{
	__u32 n = 0;

	if (v >> 32) { v >>= 32; n += 32; }
	if (v >> 16) { v >>= 16; n += 16; }
	if (v >> 8) { v >>= 8; n += 8; }
	if (v >> 4) { v >>= 4; n += 4; }
	if (v >> 2) { v >>= 2; n += 2; }
	if (v >> 1)
		n += 1;
	return n;
}

static __always_inline void count_open(void)
{
	struct by_comm who = {};
	__u64 first = 0, *times;

	bpf_get_current_comm(who.comm, sizeof(who.comm));
	bpf_map_update_elem(&opens, &who, &first, BPF_NOEXIST);
	times = bpf_map_lookup_elem(&opens, &who);
	if (times)
		__sync_fetch_and_add(times, 1);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter(void *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	count_open();
	bpf_map_update_elem(&began, &thread, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int leave(void *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 *from = bpf_map_lookup_elem(&began, &thread), *times;
	__u32 slot;

	if (!from)
		return 0;
	slot = log2of(bpf_ktime_get_ns() - *from);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	times = bpf_map_lookup_elem(&latency, &slot);
	if (times)
		*times += 1; // this CPU's own
	bpf_map_delete_elem(&began, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
