// A map that cilium/ebpf does not read, because its definition has values that libbpf looks
// over, beside one that all read.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} odd SEC(".maps") = { .key = (__u32 *)1 };

SEC("socket")
int of_plain(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&plain, &key) ? 1 : 0;
}

SEC("socket")
int of_odd(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&odd, &key) ? 1 : 0;
}

SEC("socket")
int of_none(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
