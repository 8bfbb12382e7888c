// An object of a hundred megabytes.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char data[100 << 20] = {1};

SEC("xdp")
int reads(void *ctx)
{
	return data[5];
}

char LICENSE[] SEC("license") = "GPL";
