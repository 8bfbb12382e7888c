// A symbol that no kernel has.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern const void bpflab_no_such_symbol __ksym;

SEC("xdp") int needs(struct xdp_md *ctx) { return (long)&bpflab_no_such_symbol & XDP_PASS; }

char LICENSE[] SEC("license") = "GPL";
