// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// What the kernel knows of a task, as far as it is needed here. The kernel's
// own struct has hundreds of fields more.
// TODO: have clang leave the places of the fields to the loader.
struct task_struct {
	__u32 __state;
	__s32 tgid;
	struct task_struct *real_parent;
	char comm[COMM_LEN];
};

// The same struct before 5.14. What follows ___ is not part of its name.
struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

enum { WRONG, RIGHT, ANSWERS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ANSWERS);
	__type(key, __u32);
	__type(value, __u64);
} answers SEC(".maps");

struct pause {
	__u32 state;
	char comm[COMM_LEN];
};

// How often a process gave the CPU away, and in what state.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pause);
	__type(value, __u64);
} pauses SEC(".maps");

static __always_inline void count(void *map, void *key)
{
	__u64 none = 0, *times;

	bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
	times = bpf_map_lookup_elem(map, key);
	if (times)
		__sync_fetch_and_add(times, 1);
}

SEC("tracepoint/sched/sched_process_exec")
int own_number(void *record)
{
	char format[] = "tgid is at %d\n";
	struct task_struct *task = (void *)bpf_get_current_task();
	__s32 pid = bpf_get_current_pid_tgid() >> 32, tgid = 0;
	__s32 *place = &task->tgid;
	__u32 answer;

	bpf_probe_read_kernel(&tgid, sizeof(tgid), place);
	answer = tgid == pid ? RIGHT : WRONG;
	count(&answers, &answer);
	bpf_trace_printk(format, sizeof(format), (void *)place - (void *)task);
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int parent(void *record)
{
	char format[] = "started by %s\n";
	struct task_struct *task = (void *)bpf_get_current_task();
	char name[COMM_LEN] = {};

	// TODO: this is the process itself. Read the name of its parent.
	BPF_CORE_READ_STR_INTO(&name, task, comm);
	bpf_trace_printk(format, sizeof(format), name);
	return 0;
}

static __always_inline __u32 state_of(struct task_struct *task)
{
	// TODO: read __state where there is such a field, and state elsewhere.
	return 0;
}

SEC("tracepoint/sched/sched_switch")
int pausing(void *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pause pause = {};

	pause.state = state_of(task) & 0xff; // the rest are flags
	bpf_get_current_comm(pause.comm, sizeof(pause.comm));
	count(&pauses, &pause);
	return 0;
}

// This one knows only the old name.
SEC("tracepoint/sched/sched_switch")
int old_name(void *record)
{
	struct task_struct___before_5_14 *task = (void *)bpf_get_current_task();
	struct pause pause = {};

	pause.state = BPF_CORE_READ(task, state) & 0xff;
	bpf_get_current_comm(pause.comm, sizeof(pause.comm));
	count(&pauses, &pause);
	return 0;
}
