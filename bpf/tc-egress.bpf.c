// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Keeps UDP packets to one port from leaving, and counts what leaves; and what
// XDP sees at the same interface.

#include "skb.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BLOCKED_PORT 7777

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct traffic {
	__u64 packets;
	__u64 bytes;
};

// UDP packets by destination port.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct traffic);
} ports SEC(".maps");

// The destination port of a UDP packet, or 0 for everything else.
static __always_inline __u32 udp_port(void *data, void *data_end)
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
	return bpf_ntohs(udp->dest);
}

static __always_inline void count(__u32 port, __u64 bytes)
{
	struct traffic none = {}, *seen;

	bpf_map_update_elem(&ports, &port, &none, BPF_NOEXIST);
	seen = bpf_map_lookup_elem(&ports, &port);
	if (!seen) // the map is full
		return;
	__sync_fetch_and_add(&seen->packets, 1);
	__sync_fetch_and_add(&seen->bytes, bytes);
}

SEC("tc/egress")
int egress(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	__u32 port = udp_port(data, data_end);

	if (port)
		count(port, skb->len);
	if (port == BLOCKED_PORT)
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

SEC("xdp")
int arriving(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u32 port = udp_port(data, data_end);

	if (port)
		count(port, data_end - data);
	return XDP_PASS;
}
