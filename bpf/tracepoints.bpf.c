// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Which files are opened and which programs are started, as tracepoints report
// it.

#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define NAME_LEN 64

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// What syscalls:sys_enter_openat reports, by its format file. Every argument of
// a system call takes eight bytes, whatever its type.
struct openat_record {
	__u64 common; // the same in every record, and not for programs to read
	__u64 number; // of the system call
	__u64 dfd;
	const char *filename; // in the memory of the process that calls
	__u64 flags;
	__u64 mode;
};

// What sched:sched_process_exec reports.
struct exec_record {
	__u64 common;
	__u32 filename; // where the text is in the record: offset low, length high
	__s32 pid;
	__s32 old_pid;
};

// Files opened by processes that were started while we looked, by process id.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} opens SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int opened(struct openat_record *record)
{
	char format[] = "opens %s\n";
	char name[NAME_LEN] = {};

	bpf_probe_read_user_str(name, sizeof(name), record->filename);
	bpf_trace_printk(format, sizeof(format), name);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int opened_by_cat(struct openat_record *record)
{
	char format[] = "opens %s\n";
	char comm[COMM_LEN] = {};
	char name[NAME_LEN] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	if (comm[0] != 'c' || comm[1] != 'a' || comm[2] != 't' || comm[3] != '\0')
		return 0;
	bpf_probe_read_user_str(name, sizeof(name), record->filename);
	bpf_trace_printk(format, sizeof(format), name);
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int started(struct exec_record *record)
{
	char format[] = "runs %s\n";
	char name[NAME_LEN] = {};
	__u32 offset = record->filename & 0xffff;

	bpf_probe_read_kernel_str(name, sizeof(name), (void *)record + offset);
	bpf_trace_printk(format, sizeof(format), name);
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int begin(void *record)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 none = 0;

	bpf_map_update_elem(&opens, &pid, &none, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int count_open(void *record)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 *files = bpf_map_lookup_elem(&opens, &pid);

	if (files) // not there: started before we looked
		__sync_fetch_and_add(files, 1);
	return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int end(void *record)
{
	char format[] = "opened %d files\n";
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32, thread = id;
	__u64 *files = bpf_map_lookup_elem(&opens, &pid);

	if (!files || thread != pid) // a thread that ends is not the process
		return 0;
	bpf_trace_printk(format, sizeof(format), *files);
	bpf_map_delete_elem(&opens, &pid);
	return 0;
}
