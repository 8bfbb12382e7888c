// SPDX-License-Identifier: BSD-2-Clause
/* Programs that keep a verifier busy before it says no. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* Every round has another value, so that no round is like one before: over a million
 * instructions. */
SEC("socket")
int endless(struct __sk_buff *skb)
{
	__u32 mixed = skb->len;

	for (__u32 round = 0; round < 300000; round++) {
		mixed = (mixed << 3) ^ (mixed + round);
		asm volatile("" : "+r"(mixed));
	}
	return mixed;
}

/* The bound is compared with the packet's end anew each time, until the offset leaves
 * its 16 bits: some hundred thousand instructions, then the packet is not to be read. */
SEC("xdp")
int walker(struct xdp_md *ctx)
{
	unsigned char *at = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	unsigned int total = 0;

	for (; at + 1 <= end; at++)
		total ^= *at;
	return total & 1 ? XDP_DROP : XDP_PASS;
}

/* An instruction that lets the kernel end a loop, which clang 14 does not know
 * (BPF_JMP | BPF_JCOND of Linux 6.9): a hundred thousand rounds, each with a number of
 * its own that is compared, so that none is like another. */
SEC("socket")
int maygoto(struct __sk_buff *skb)
{
	asm volatile("r6 = 0\n"
		     "r7 = 0\n"
		     "1: .8byte 0x0a00e5\n"
		     "r7 += r6\n"
		     "r7 += 1\n"
		     "r7 ^= r6\n"
		     "r7 += 2\n"
		     "r7 ^= r6\n"
		     "r7 += 3\n"
		     "r7 ^= r6\n"
		     "r7 += 4\n"
		     "r6 += 1\n"
		     "if r6 < 100000 goto 1b\n" ::: "r6", "r7");
	return 0;
}

/* Some more instructions than have their log in a buffer, and then a number as an address. */
SEC("socket")
int late(struct __sk_buff *skb)
{
	char *number = (char *)(long)skb->hash;
	__u32 mixed = skb->len;

	for (__u32 round = 0; round < 4000; round++) {
		mixed = (mixed << 3) ^ (mixed + round);
		asm volatile("" : "+r"(mixed));
	}
	return mixed + *number; /* too late */
}
