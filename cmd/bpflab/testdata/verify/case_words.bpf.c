// A name that has a word of other reasons, an atomic whose old value is used, and a key of the
// right size.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

long calls;

SEC("xdp") int poisoned_invalid_func(struct xdp_md *ctx) { return *(short *)(long)ctx->data; }
SEC("kprobe/do_exit") int counts_third(void *ctx) { return __sync_fetch_and_add(&calls, 2) == 4; }

char LICENSE[] SEC("license") = "GPL";
