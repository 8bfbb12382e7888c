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
	/* TODO: one more for the current process's name, in the map opens. */
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter(void *ctx)
{
	count_open();
	/* TODO: keep the time in the map began, under the thread. */
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int leave(void *ctx)
{
	/* TODO: how long was it? Count it in its slot of the map latency. */
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
