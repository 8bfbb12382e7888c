// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The program whose logs are in this directory: a callback, and a function that is verified by itself.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct sum {
	__u64 all;
};

__noinline int global(struct __sk_buff *skb, __u32 n)
{
	__u64 a = n, b = n + 1;

	if (!skb)
		return 0;
	if (skb->mark == n)
		a += b * 3;
	if (skb->len > 4)
		b += a * 5;
	return a + b;
}

static __noinline int leaf(__u32 n)
{
	return n > 3 ? n & 7 : 1;
}

static long each(__u32 i, void *ctx)
{
	struct sum *sum = ctx;

	sum->all += leaf(i);
	return i > 6;
}

SEC("socket")
int callbacks(struct __sk_buff *skb)
{
	struct sum sum = {};

	bpf_loop(1, each, &sum, 0);
	if (sum.all > 4)
		return global(skb, 3);
	return leaf(skb->len);
}
