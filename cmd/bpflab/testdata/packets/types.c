// Programs of the types that kernels run on packets or on contexts.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

char LICENSE[] SEC("license") = "GPL";

extern int LINUX_KERNEL_VERSION __kconfig;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline void count(void)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&runs, &key);

	if (n)
		*n += 1;
}

static __always_inline int is_udp(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + 42 <= end && data[23] == 17;
}

SEC("xdp")
int drop_udp(struct xdp_md *ctx)
{
	count();
	return is_udp(ctx) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int peel(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 14) ? XDP_ABORTED : XDP_TX;
}

SEC("xdp")
int by_kernel(struct xdp_md *ctx)
{
	count();
	if (is_udp(ctx) && LINUX_KERNEL_VERSION >= (6 << 16 | 2 << 8))
		return XDP_TX;
	return XDP_PASS;
}

SEC("tc")
int mark(struct __sk_buff *skb)
{
	skb->mark += skb->cb[0];
	return TC_ACT_OK;
}

SEC("cgroup_skb/ingress")
int cgroup(struct __sk_buff *skb)
{
	return skb->len > 30;
}

SEC("socket")
int filter(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	skb->flow_keys->thoff = 34;
	return BPF_OK;
}

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *ctx)
{
	return ctx->local_port == 80 ? SK_PASS : SK_DROP;
}

SEC("raw_tp/sched_switch")
int raw(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[0] + ctx->args[1];
}

struct numbers {
	__u32 a;
	__u32 sum;
};

SEC("syscall")
int add(struct numbers *n)
{
	n->sum = n->a + 1;
	return 3;
}
