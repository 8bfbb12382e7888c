// Global data and externs that libbpf reads and cilium/ebpf does not.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

int named SEC(".bss.named");
extern bool CONFIG_BPFLAB_HAS_NO_SUCH_OPTION __kconfig __weak;
extern const void bpflab_no_such_symbol __ksym __weak;

SEC("xdp") int data(struct xdp_md *ctx) { return CONFIG_BPFLAB_HAS_NO_SUCH_OPTION ? XDP_DROP : XDP_PASS + named; }
SEC("xdp") int symbols(struct xdp_md *ctx) { return &bpflab_no_such_symbol ? XDP_DROP : XDP_PASS; }
SEC("xdp") int plain(struct xdp_md *ctx) { return XDP_PASS; } /* uses none of it */

char LICENSE[] SEC("license") = "GPL";
