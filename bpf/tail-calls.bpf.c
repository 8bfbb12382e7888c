// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Goes on in another program: by the protocol of a packet, over and over until
// the kernel stops it, and because one program would be too long.

#include "packet.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HASHED 1400 // bytes of a packet's payload
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

char LICENSE[] SEC("license") = "Dual BSD/GPL";

int udp(struct xdp_md *ctx);
int again(struct xdp_md *ctx);
int second_half(struct xdp_md *ctx);

// The program for each protocol of IP. All but one of the places are empty.
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} by_protocol SEC(".maps") = {
	.values = {
		[IPPROTO_UDP] = (void *)&udp,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} itself SEC(".maps") = {
	.values = {
		[0] = (void *)&again,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = {
	.values = {
		[0] = (void *)&second_half,
	},
};

enum { IS_UDP, IS_OTHER, ROUNDS, NUMBERS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NUMBERS);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

// What the first half leaves to the second.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} so_far SEC(".maps");

// How many packets had a payload with this hash.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} hashes SEC(".maps");

static __always_inline int count(__u32 what)
{
	__u64 *number = bpf_map_lookup_elem(&numbers, &what);

	if (number)
		*number += 1;
	return XDP_PASS;
}

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	bpf_tail_call(ctx, &by_protocol, ip->protocol);
	return count(IS_OTHER); // only where the place is empty
}

SEC("xdp")
int udp(struct xdp_md *ctx)
{
	return count(IS_UDP);
}

SEC("xdp")
int again(struct xdp_md *ctx)
{
	count(ROUNDS);
	bpf_tail_call(ctx, &itself, 0);
	return XDP_PASS;
}

// The payload of a UDP packet, if it has HASHED bytes or more.
static __always_inline __u8 *payload(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	__u8 *bytes = (void *)(ip + 1) + sizeof(struct udphdr);

	if ((void *)(bytes + HASHED) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return 0;
	return bytes;
}

// Adds bytes to an FNV-1a hash. Three instructions a byte, HASHED times.
static __always_inline __u64 hash(__u64 h, __u8 *bytes, int from, int to)
{
#pragma unroll
	for (int i = from; i < to; i++)
		h = (h ^ bytes[i]) * FNV_PRIME;
	return h;
}

static __always_inline int found(__u32 h)
{
	__u64 one = 1, *packets = bpf_map_lookup_elem(&hashes, &h);

	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		bpf_map_update_elem(&hashes, &h, &one, BPF_ANY);
	return XDP_PASS;
}

SEC("xdp")
int whole(struct xdp_md *ctx)
{
	__u8 *bytes = payload(ctx);

	if (!bytes)
		return XDP_PASS;
	return found(hash(FNV_BASIS, bytes, 0, HASHED));
}

SEC("xdp")
int first_half(struct xdp_md *ctx)
{
	__u8 *bytes = payload(ctx);
	__u32 key = 0;
	__u64 *h = bpf_map_lookup_elem(&so_far, &key);

	if (!bytes || !h)
		return XDP_PASS;
	*h = hash(FNV_BASIS, bytes, 0, HASHED / 2);
	bpf_tail_call(ctx, &next, 0);
	return XDP_PASS;
}

SEC("xdp")
int second_half(struct xdp_md *ctx)
{
	__u8 *bytes = payload(ctx);
	__u32 key = 0;
	__u64 *h = bpf_map_lookup_elem(&so_far, &key);

	if (!bytes || !h)
		return XDP_PASS;
	return found(hash(*h, bytes, HASHED / 2, HASHED));
}
