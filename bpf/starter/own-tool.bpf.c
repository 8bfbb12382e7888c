// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// A tool: which programs run, how often, for how long, and how they end.

#include "kernel.h"
#include "regs.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct name {
	char comm[COMM_LEN];
};

// A program that is running: since when, in nanoseconds since the machine was
// started, and under which name it began.
struct life {
	__u64 begun;
	struct name name;
};

// All runs of the programs of one name.
struct program {
	__u64 runs;
	__u64 failed; // ended with another status than 0, or by a signal
	__u64 time;   // nanoseconds, of all runs that have ended
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); // process id
	__type(value, struct life);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct name);
	__type(value, struct program);
} programs SEC(".maps");

#define MILLISECOND 1000000ULL
#define SLOTS 5

// How many runs took less than 1, 10, 100 and 1000 ms, and longer.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} lifetimes SEC(".maps");

// The entry of a name, made if it is not there yet; null if the map is full.
static __always_inline struct program *entry_of(struct name *name)
{
	struct program none = {};

	bpf_map_update_elem(&programs, name, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&programs, name);
}

// Accounts for the time of what the process has been running until now.
static __always_inline void finish(__u32 pid)
{
	struct life *life = bpf_map_lookup_elem(&running, &pid);

	if (!life)
		return; // began before we looked
	// TODO: add the time that has passed to the program's entry, and 1 to the slot
	// of lifetimes that it belongs to.
	bpf_map_delete_elem(&running, &pid);
}

SEC("tracepoint/sched/sched_process_exec")
int starts(void *record)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct life life = {};
	struct program *program;

	life.begun = bpf_ktime_get_ns();
	bpf_get_current_comm(&life.name, sizeof(life.name));
	bpf_map_update_elem(&running, &pid, &life, BPF_ANY);
	program = entry_of(&life.name);
	if (!program)
		return 0; // the map is full
	// TODO: count the run.
	return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int ends(void *record)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32, thread = id;

	if (thread == pid)
		finish(pid);
	return 0;
}

SEC("kprobe/do_exit")
int fails(struct pt_regs *ctx)
{
	// TODO: count the failure, if the argument of do_exit says that it is one.
	return 0;
}
