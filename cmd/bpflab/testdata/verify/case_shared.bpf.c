// Programs of two types with the same maps: a table, constants that the verifier knows, and an
// array of programs, which the kernel binds to the type of the first program that uses it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} following SEC(".maps");

const volatile __u32 most = 7;

static __always_inline void count(void)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&seen, &key);

	if (most > 7)
		*value = 0; /* never: it may be NULL */
	else if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("xdp") int of_xdp(struct xdp_md *ctx)
{
	count();
	bpf_tail_call(ctx, &following, 0);
	return XDP_PASS;
}

SEC("tc") int of_tc(struct __sk_buff *ctx)
{
	count();
	bpf_tail_call(ctx, &following, 0);
	return 0;
}

SEC("xdp") int of_xdp_again(struct xdp_md *ctx)
{
	count();
	bpf_tail_call(ctx, &following, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
