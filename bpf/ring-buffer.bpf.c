// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Sends a struct to user space for each program that is started: by a perf
// event array, and by a ring buffer.

#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define NAME_LEN 64

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// What is sent: one for each program that is started.
struct event {
	__u64 time; // nanoseconds since the machine was started
	__u32 pid;
	__u32 cpu;
	char comm[COMM_LEN];
	char program[NAME_LEN];
};

// What sched:sched_process_exec reports.
struct exec_record {
	__u64 common;
	__u32 filename; // where the text is in the record: offset low, length high
	__s32 pid;
	__s32 old_pid;
};

// A buffer for each CPU, from Linux 4.3 on.
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} buffers SEC(".maps");

// One buffer for all CPUs, from Linux 5.8 on. Its size is a power of two, and
// whole pages.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

enum { SENT, LOST, NUMBERS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NUMBERS);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

static __always_inline int count(__u32 what)
{
	__u64 *number = bpf_map_lookup_elem(&numbers, &what);

	if (number)
		*number += 1;
	return 0;
}

// A function of its own, so that the object describes struct event to those
// who read the records.
static __noinline void describe(struct event *event, struct exec_record *record)
{
	event->time = bpf_ktime_get_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_probe_read_kernel_str(event->program, sizeof(event->program),
				  (void *)record + (record->filename & 0xffff));
}

SEC("tracepoint/sched/sched_process_exec")
int to_perf(struct exec_record *record)
{
	struct event event = {};

	describe(&event, record);
	if (bpf_perf_event_output(record, &buffers, BPF_F_CURRENT_CPU, &event, sizeof(event)))
		return count(LOST);
	return count(SENT);
}

SEC("tracepoint/sched/sched_process_exec")
int to_ring(struct exec_record *record)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event) // the buffer is full
		return count(LOST);
	describe(event, record);
	bpf_ringbuf_submit(event, 0);
	return count(SENT);
}

SEC("tracepoint/sched/sched_process_exec")
int only_true(struct exec_record *record)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return count(LOST);
	describe(event, record);
	if (event->comm[0] != 't' || event->comm[1] != 'r') {
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	bpf_ringbuf_submit(event, 0);
	return count(SENT);
}

// This one is wrong, and the verifier finds out.
SEC("tracepoint/sched/sched_process_exec")
int forgets(struct exec_record *record)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return count(LOST);
	describe(event, record);
	if (event->comm[0] != 't' || event->comm[1] != 'r')
		return 0;
	bpf_ringbuf_submit(event, 0);
	return count(SENT);
}
