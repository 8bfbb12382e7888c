// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "packet.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BLOCKED_PORT 7777

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_ACTIONS);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline int blocked(void *data, void *data_end)
{
	// Is it a UDP packet to BLOCKED_PORT?
	return 0;
}

static __always_inline int count(__u32 verdict)
{
	// Add one to this verdict's entry of the map.
	return verdict;
}

SEC("xdp")
int xdp_drop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	if (blocked(data, data_end))
		return count(XDP_DROP);
	return count(XDP_PASS);
}
