// Global variables in sections that their source names, hidden ones among them.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int zero SEC(".bss.first");
int two SEC(".data.second") = 2;
const volatile int three SEC(".rodata.third") = 3;
__attribute__((visibility("hidden"))) int unseen SEC(".bss.fourth");
__attribute__((visibility("hidden"))) int unseen_too;

SEC("tc") int adds_up(struct __sk_buff *skb) { return zero + two + three + unseen + unseen_too; }

char LICENSE[] SEC("license") = "GPL";
