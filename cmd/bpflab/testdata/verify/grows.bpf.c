// A program that costs the verifier more with more ROUNDS.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef ROUNDS
#define ROUNDS 10
#endif

SEC("socket")
int work(struct __sk_buff *skb)
{
	int sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < ROUNDS; i++) {
		sum += skb->len;
		asm volatile("" : "+r"(sum));
	}
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
