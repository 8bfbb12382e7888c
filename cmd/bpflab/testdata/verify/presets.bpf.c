// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Constants that select what the verifier sees: a helper of 5.15, and how often a loop goes. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

enum how { HOW_PLAIN, HOW_CAREFUL = 2 };

const volatile bool func_ip = false;
const volatile struct {
	__u16 rounds[2];
	enum how how;
} cfg = { .rounds = { 1, 1 } };
__u64 sum;

SEC("kprobe/do_nanosleep") int gated(void *ctx)
{
	if (func_ip)
		sum += bpf_get_func_ip(ctx);
	for (int i = 0; i < cfg.rounds[1]; i++)
		sum += bpf_ktime_get_ns();
	return 0;
}

SEC("socket") int careless(struct __sk_buff *ctx)
{
	int *wild = (int *)1;

	if (cfg.how == HOW_CAREFUL)
		return *(volatile int *)wild;
	return 0;
}

SEC("socket") int plain(struct __sk_buff *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
