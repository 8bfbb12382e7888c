// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two programs of which one does more. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp") int quick(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp") int slow(struct xdp_md *ctx)
{
	int sum = 0;

#pragma unroll
	for (int i = 0; i < 100; i++)
		sum += bpf_get_prandom_u32() & 1;
	return sum < 200 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
