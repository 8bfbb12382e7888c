#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* A function of 5.10 that later kernels have renamed: tools that followed block I/O broke. */
SEC("kprobe/blk_account_io_start")
int start(void *ctx)
{
	return 0;
}
