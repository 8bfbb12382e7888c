// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// Five ways to count packets. None of these programs is right yet.

#include "packet.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SLOTS 8
#define SLOT_BYTES 64
#define BACKENDS 6
#define TRIES 16

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// Packets by the protocol that their Ethernet header names.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} ethernet SEC(".maps");

// IP packets by the protocol that their IP header names.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} ip SEC(".maps");

struct sizes {
	__u64 packets;
	__u64 slots[SLOTS]; // 0 to 63 bytes, 64 to 127 bytes, and so on
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sizes);
} sizes SEC(".maps");

struct flow {
	__u8 protocol;
	__be32 source;
};

// IP packets by what they carry and who sent them.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, __u64);
} flows SEC(".maps");

// When the last packet came.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} last SEC(".maps");

// Packets by the server that was chosen for them.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BACKENDS);
	__type(key, __u32);
	__type(value, __u64);
} backends SEC(".maps");

// Adds one to a map's entry, which is made if there is none.
static __always_inline void count(void *map, void *key)
{
	__u64 none = 0, *packets;

	bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
	packets = bpf_map_lookup_elem(map, key);
	if (packets)
		__sync_fetch_and_add(packets, 1);
}

SEC("xdp")
int by_ethernet(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u64 none = 0, *packets;
	__u32 protocol;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	protocol = bpf_ntohs(eth->h_proto);
	bpf_map_update_elem(&ethernet, &protocol, &none, BPF_NOEXIST);
	packets = bpf_map_lookup_elem(&ethernet, &protocol);
	__sync_fetch_and_add(packets, 1);
	return XDP_PASS;
}

SEC("xdp")
int by_ip(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *iph = (void *)(eth + 1);
	__u32 protocol;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	protocol = iph->protocol;
	count(&ip, &protocol);
	return XDP_PASS;
}

SEC("xdp")
int by_size(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	__u64 bytes = data_end - data;
	__u32 key = 0;
	struct sizes *seen = bpf_map_lookup_elem(&sizes, &key);

	if (!seen)
		return XDP_PASS;
	__sync_fetch_and_add(&seen->packets, 1);
	__sync_fetch_and_add(&seen->slots[bytes / SLOT_BYTES], 1);
	return XDP_PASS;
}

// A function of its own, with a stack of its own.
static __noinline int note_time(void)
{
	__u64 key = 0, now = bpf_ktime_get_ns();

	return bpf_map_update_elem(&last, &key, &now, BPF_ANY);
}

static __noinline int count_flow(__u8 protocol, __be32 source)
{
	struct flow flow;

	flow.protocol = protocol;
	flow.source = source;
	count(&flows, &flow);
	return 0;
}

SEC("xdp")
int by_flow(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *iph = (void *)(eth + 1);

	if ((void *)(iph + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	note_time();
	count_flow(iph->protocol, iph->saddr);
	return XDP_PASS;
}

// One of BACKENDS servers, at random.
static __always_inline __u32 choose(void)
{
	__u32 n;

	do
		n = bpf_get_prandom_u32() & 7; // 0 to 7
	while (n >= BACKENDS);
	return n;
}

SEC("xdp")
int by_backend(struct xdp_md *ctx)
{
	__u32 backend = choose();

	count(&backends, &backend);
	return XDP_PASS;
}
