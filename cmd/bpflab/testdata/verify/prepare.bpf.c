// Maps as their loader would prepare them, and programs that a loader leaves out or gives a
// target.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
} unsized SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__type(key, __u32);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

SEC("xdp") int counts(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&pinned, &key);

	if (value)
		(*value)++;
	return bpf_map_lookup_elem(&unsized, &key) ? XDP_DROP : XDP_PASS;
}

SEC("kprobe/do_exit") int stack(void *ctx) { return bpf_get_stackid(ctx, &stacks, 0) < 0; }

SEC("kprobe/do_exit") int rings(void *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (event)
		bpf_ringbuf_discard(event, 0);
	return 0;
}

SEC("?fentry/no_such_function_anywhere") int maybe(void *ctx) { return 0; }
SEC("fentry") int bare(void *ctx) { return 0; }
SEC("freplace/other") int replaces(struct xdp_md *ctx) { return XDP_PASS; }

char LICENSE[] SEC("license") = "GPL";
