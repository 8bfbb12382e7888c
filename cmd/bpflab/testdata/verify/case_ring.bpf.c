// A ring buffer that is declared with values, which kernels refuse.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record { __u64 when; };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8192);
	__type(value, struct record);
} records SEC(".maps");

SEC("kprobe/do_exit") int writes(void *ctx)
{
	struct record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (r)
		bpf_ringbuf_discard(r, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
