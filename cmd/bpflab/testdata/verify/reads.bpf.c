#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* reads is what a kernel that is locked down forbids. */
SEC("raw_tracepoint/sys_enter")
int reads(void *ctx)
{
	long v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), ctx);
	return v != 0;
}

SEC("raw_tracepoint/sys_enter")
int quiet(void *ctx)
{
	return 0;
}
