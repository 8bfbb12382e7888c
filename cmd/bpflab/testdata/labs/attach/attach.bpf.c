// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// One program of each kind that the agent attaches; each counts in its slot.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} hits SEC(".maps");

struct record {
	__u32 pid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* clang keeps the BTF of a type that something refers to */
const struct record *unused __attribute__((unused));

static __always_inline void hit(__u32 slot)
{
	__u64 *n = bpf_map_lookup_elem(&hits, &slot);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("tc/ingress") int on_ingress(struct __sk_buff *skb) { hit(0); return 0; }
SEC("tc/egress") int on_egress(struct __sk_buff *skb) { hit(1); return 0; }
SEC("socket") int on_socket(struct __sk_buff *skb) { hit(2); return 0; }
SEC("cgroup_skb/egress") int on_cgroup(struct __sk_buff *skb) { hit(3); return 1; }
SEC("perf_event") int on_clock(void *ctx) { hit(4); return 0; }
SEC("raw_tracepoint/sys_enter") int on_enter(void *ctx) { hit(5); return 0; }
SEC("ksyscall/getdents64") int on_syscall(void *ctx) { hit(7); return 0; }
SEC("kprobe/do_exit+0x0") int on_exit(void *ctx) { hit(8); return 0; }
SEC("iter/task") int on_task(void *ctx) { return 0; }
SEC("sk_lookup") int on_lookup(struct bpf_sk_lookup *ctx) { return SK_PASS; }

SEC("kretprobe/sys_getdents64")
int on_return(void *ctx)
{
	struct record *r;

	hit(6);
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r)
		return 0;
	r->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	bpf_ringbuf_submit(r, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
