// A netfilter program.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct bpf_nf_ctx;

SEC("netfilter")
int accept(struct bpf_nf_ctx *ctx)
{
	return 1;
}
