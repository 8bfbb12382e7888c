// A function that is in another object, with which this one was not linked.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int elsewhere(int x);
SEC("xdp") int calls_elsewhere(struct xdp_md *ctx) { return elsewhere(ctx->data_end - ctx->data); }
char LICENSE[] SEC("license") = "GPL";
