// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Drops UDP packets to one port, passes everything else, and counts what it
// answered.

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

// The packet lies between data and data_end. Every header is compared with
// data_end before it is read: the verifier demands it, and the wire may carry
// anything.
static __always_inline int blocked(void *data, void *data_end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp;

	if ((void *)(ip + 1) > data_end)
		return 0;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return 0;
	if (ip->frag_off & bpf_htons(IP_OFFSET))
		return 0; // only the first fragment carries the UDP header
	udp = (void *)ip + ip->ihl * 4; // there may be IP options
	if ((void *)(udp + 1) > data_end)
		return 0;
	return udp->dest == bpf_htons(BLOCKED_PORT);
}

static __always_inline int count(__u32 verdict)
{
	__u64 *packets = bpf_map_lookup_elem(&verdicts, &verdict);

	if (packets)
		*packets += 1; // this CPU's own number: nobody else writes it
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
