// A program that does not end before its machine is gone.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

static int inner(__u32 i, void *sum)
{
	*(__u64 *)sum += i;
	return 0;
}

static int outer(__u32 i, void *sum)
{
	bpf_loop(1 << 23, inner, sum, 0);
	return 0;
}

SEC("xdp")
int endless(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(1 << 23, outer, &sum, 0);
	return sum ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int quick(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int slow(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(1 << 16, inner, &sum, 0);
	return sum ? XDP_DROP : XDP_PASS;
}
