// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Watches a function of a program: what it is called with, and what it returns.
#include "kernel.h"
#include "regs.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct call {
	__u64 times;
	__u64 paid;    /* sum of the amounts that were paid */
	__u64 refused; /* calls that returned -1 */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32); /* process */
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64); /* process and thread */
	__type(value, long);
} asked SEC(".maps");

SEC("uprobe//bin/bank:withdraw")
int entry(struct pt_regs *ctx)
{
	char message[] = "withdraw %ld\n";

	bpf_trace_printk(message, sizeof(message), PT_REGS_PARM1(ctx));
	return 0;
}

SEC("uprobe//bin/bank:withdraw")
int remember(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	long amount = PT_REGS_PARM1(ctx);

	bpf_map_update_elem(&asked, &id, &amount, BPF_ANY);
	return 0;
}

SEC("uretprobe//bin/bank:withdraw")
int leave(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32;
	long *amount = bpf_map_lookup_elem(&asked, &id);
	struct call first = {}, *call;

	if (!amount)
		return 0;
	bpf_map_update_elem(&calls, &pid, &first, BPF_NOEXIST);
	call = bpf_map_lookup_elem(&calls, &pid);
	if (call) {
		call->times += 1;
		if ((long)PT_REGS_RC(ctx) < 0)
			call->refused += 1;
		else
			call->paid += *amount;
	}
	bpf_map_delete_elem(&asked, &id);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
