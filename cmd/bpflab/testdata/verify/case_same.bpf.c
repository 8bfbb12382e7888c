// Compiled twice, into objects whose programs have one name.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef CARELESS
SEC("xdp") int entry(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
#else
SEC("xdp") int entry(struct xdp_md *ctx) { return XDP_PASS; }
#endif

char LICENSE[] SEC("license") = "GPL";
