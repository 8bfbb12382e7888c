// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "packet.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FIRST 64  // bytes, for the loop that is written out
#define LONG 1400 // bytes, for the one that is too long for that
#define MOST 1472 // bytes of payload that fit into a packet here
#define MASK 2047 // a power of two less one, and more than MOST
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// How many packets had a payload with this hash.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} hashes SEC(".maps");

static __always_inline int found(__u32 hash)
{
	__u64 none = 0, *packets;

	bpf_map_update_elem(&hashes, &hash, &none, BPF_NOEXIST);
	packets = bpf_map_lookup_elem(&hashes, &hash);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	return XDP_PASS;
}

// The payload of a UDP packet, if it is one.
static __always_inline __u8 *payload(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return 0;
	return (void *)(udp + 1);
}

SEC("xdp")
int unrolled(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u8 *bytes = payload(ctx);
	__u64 h = FNV_BASIS;

	if (!bytes || (void *)(bytes + FIRST) > data_end)
		return XDP_PASS;
	// TODO: add the first FIRST bytes to h, in a loop that clang writes out.
	return found(h);
}

SEC("xdp")
int too_long(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u8 *bytes = payload(ctx);
	__u64 h = FNV_BASIS;

	if (!bytes || (void *)(bytes + LONG) > data_end)
		return XDP_PASS;
#pragma unroll
	for (int i = 0; i < LONG; i++)
		h = (h ^ bytes[i]) * FNV_PRIME;
	return found(h);
}

SEC("xdp")
int bounded(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u8 *bytes = payload(ctx);
	__u64 h = FNV_BASIS;

	if (!bytes)
		return XDP_PASS;
	// TODO: add all bytes up to data_end to h, in MOST rounds at most.
	if ((void *)(bytes + 1) <= data_end)
		h = (h ^ bytes[0]) * FNV_PRIME;
	return found(h);
}

// What the rounds of bpf_loop hand on to each other.
struct walk {
	struct xdp_md *ctx;
	__u64 hash;
};

// One round: 0 goes on, 1 ends the loop.
static int one_round(__u32 i, struct walk *walk)
{
	void *data_end = (void *)(long)walk->ctx->data_end;
	__u8 *bytes = payload(walk->ctx);
	__u64 at = i & MASK; // the verifier knows nothing of i

	// TODO: if there is a byte at this place, add it to the hash and go on.
	if (!bytes || (void *)(bytes + at + 1) > data_end)
		return 1;
	return 1;
}

SEC("xdp")
int by_helper(struct xdp_md *ctx)
{
	struct walk walk = {ctx, FNV_BASIS};

	if (!payload(ctx))
		return XDP_PASS;
	bpf_loop(1, one_round, &walk, 0); // TODO: this is one round.
	return found(walk.hash);
}
