// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs whose instructions are counted: functions that call functions on several paths, and
// a loop of very many.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __noinline int leaf(struct __sk_buff *skb, __u32 n)
{
	if (skb->mark == n)
		return n & 3;
	return skb->len & 1;
}

static __noinline int middle(struct __sk_buff *skb, __u32 n)
{
	int sum = leaf(skb, n);

	if (skb->len > 100)
		sum += leaf(skb, n + 1);
	return sum;
}

SEC("socket")
int calls(struct __sk_buff *skb)
{
	int sum = middle(skb, 1);

	if (skb->protocol == 3)
		sum += leaf(skb, 5);
	return sum;
}

#ifdef LOOP
SEC("socket")
int loop(struct __sk_buff *skb)
{
	__u64 sum = skb->len;

	for (__u32 i = 0; i < ROUNDS; i++) {
		asm volatile("" : "+r"(sum));
		sum += i;
	}
	return sum;
}
#endif
