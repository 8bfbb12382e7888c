// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Needs what every lab needs: the bpf target, libbpf's headers, the kernel's. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int tiny(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
