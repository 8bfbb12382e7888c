// Operations of the kernel that programs stand in for: a way to control congestion.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sock;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/threshold") int threshold(__u64 *ctx) { return 4; }
SEC("struct_ops/avoid") void avoid(__u64 *ctx) { }
SEC("struct_ops/undo") int undo(__u64 *ctx) { return 4; }

SEC(".struct_ops") struct tcp_congestion_ops steady = {
	.ssthresh = (void *)threshold,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.name = "bpflab_steady",
};

char LICENSE[] SEC("license") = "GPL";
