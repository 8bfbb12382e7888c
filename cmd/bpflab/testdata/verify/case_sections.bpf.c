// Sections that need something newer, of the kernel or of the loader.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("lsm_cgroup/socket_create") int of_cgroup(void *ctx) { return 1; }
SEC("fsession/vfs_fsync") int of_session(void *ctx) { return 0; }
SEC("cgroup/sendmsg_unix") int of_unix(void *ctx) { return 1; }
SEC("xdp.frags") int of_frags(struct xdp_md *ctx) { return XDP_PASS; }
SEC("netkit/peer") int of_netkit(struct __sk_buff *skb) { return 0; }
SEC("socket_filter") int by_beginning(struct __sk_buff *skb) { return 0; }

char LICENSE[] SEC("license") = "GPL";
