// Programs of many kinds to attach: some to what every machine has, some to what only their own
// loader makes, and one to where no instruction begins.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PROGRAM(section, name) SEC(section) int name(void *ctx) { return 0; }

PROGRAM("kprobe/do_exit+0x0", at_offset)
PROGRAM("kprobe/do_exit+0x1", within_instruction)
PROGRAM("ksyscall/getpid", at_syscall)
PROGRAM("kprobe.multi/tcp_v4_*", at_many)
PROGRAM("kprobe.multi/no_such_function_*", at_none)
PROGRAM("uprobe//no/such/file:main", in_absent_file)
PROGRAM("kprobe", at_nothing)
PROGRAM("iter/task", over_tasks)
PROGRAM("iter/bpf_map_elem", over_map)
PROGRAM("sk_lookup", looks_up)
PROGRAM("flow_dissector", dissects)
PROGRAM("netfilter", filters)
PROGRAM("sk_skb/stream_verdict", of_stream)
PROGRAM("sk_msg", of_message)
PROGRAM("syscall", called)
PROGRAM("tcx/ingress", on_tcx)
PROGRAM("netkit/primary", on_netkit)
PROGRAM("xdp/cpumap", on_cpumap)
PROGRAM("lwt_in", of_tunnel)

char LICENSE[] SEC("license") = "GPL";
