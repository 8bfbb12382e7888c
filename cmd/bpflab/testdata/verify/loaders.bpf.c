// What one loader takes and the other does not.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp") int both(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp_drop") int prefix(struct xdp_md *ctx) { return XDP_DROP; } /* cilium/ebpf goes by the beginning */
SEC("xdp") int wild(struct xdp_md *ctx) { return *(char *)(long)ctx->data; } /* no bounds: of both */

char LICENSE[] SEC("license") = "GPL";
