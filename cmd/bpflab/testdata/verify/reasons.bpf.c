// Programs that kernels reject, each for the reason that its name says. Most are errors
// of people who are new to eBPF. bpflab's reasons for them are in
// harness/verify/testdata/reasons.golden.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct padded { __u8 kind; __u32 id; };
struct counter { struct bpf_spin_lock lock; __u64 n; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, struct padded); __type(value, __u64); } by_kind SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct counter); } counters SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, char[32]); } names SEC(".maps");

struct task_struct { int pid; char comm[16]; struct task_struct *real_parent; } __attribute__((preserve_access_index));

// A pointer of the kernel is followed.
SEC("kprobe/do_exit") int follows_task(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return task->pid;
}

SEC("kprobe/do_exit") int follows_argument(__u64 *ctx)
{
	int *file = (int *)ctx[14]; // rdi
	return file[2];
}

SEC("tracepoint/syscalls/sys_enter_openat") int follows_user(__u64 *ctx)
{
	char *path = (char *)ctx[3];
	return path[0];
}

// A pointer that may be NULL is used.
SEC("tc") int unchecked(void *ctx)
{
	__u32 key = 0;
	char *name = bpf_map_lookup_elem(&names, &key);
	return name[3];
}

SEC("tc") int unchecked_in_helper(void *ctx)
{
	__u32 key = 0;
	char *name = bpf_map_lookup_elem(&names, &key);
	struct padded *found = bpf_map_lookup_elem(&by_kind, name);
	return !!found;
}

SEC("tc") int adds_before_check(void *ctx)
{
	__u32 key = 0;
	char *name = bpf_map_lookup_elem(&names, &key);
	name += 8;
	return name ? *name : 0;
}

// Bounds.
SEC("xdp") int reads_packet(struct xdp_md *ctx)
{
	char *packet = (void *)(long)ctx->data;
	return packet[12] ? XDP_DROP : XDP_PASS;
}

SEC("tc") int beyond_value(struct __sk_buff *ctx)
{
	__u32 key = 0;
	char *name = bpf_map_lookup_elem(&names, &key);
	return name ? name[ctx->len] : 0;
}

SEC("kprobe/do_exit") int any_size(__u64 *ctx)
{
	char buffer[16];
	int size = ctx[13]; // rsi
	bpf_probe_read_user(buffer, size, (void *)ctx[14]);
	return buffer[0];
}

SEC("kprobe/do_exit") int beyond_stack(__u64 *ctx)
{
	char buffer[16];
	bpf_probe_read_user(buffer, 24, (void *)ctx[14]);
	return buffer[0];
}

SEC("kprobe/do_exit") int index_of_stack(__u64 *ctx)
{
	volatile char buffer[16] = {};
	return buffer[ctx[14]];
}

// What was not initialised.
SEC("tc") int hole_in_key(void *ctx)
{
	struct padded key;
	key.kind = 1;
	key.id = 7;
	return !!bpf_map_lookup_elem(&by_kind, &key);
}

SEC("tc") int key_not_set(void *ctx)
{
	__u32 key;
	return !!bpf_map_lookup_elem(&names, &key);
}

SEC("tc") int register_not_set(void *ctx)
{
	__u64 x;
	asm volatile("%0 = r8" : "=r"(x));
	return x;
}

// What must be given back.
SEC("tc") int keeps_socket(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	return sk ? 1 : 0;
}

SEC("tc") int keeps_lock(void *ctx)
{
	__u32 key = 0;
	struct counter *c = bpf_map_lookup_elem(&counters, &key);
	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	c->n++;
	return 0;
}

SEC("tc") int calls_with_lock(void *ctx)
{
	__u32 key = 0;
	struct counter *c = bpf_map_lookup_elem(&counters, &key);
	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	c->n = bpf_ktime_get_ns();
	bpf_spin_unlock(&c->lock);
	return 0;
}

// What a program returns.
SEC("cgroup/bind4") int returns_three(void *ctx) { return 3; }
SEC("cgroup/connect4") int returns_any(struct bpf_sock_addr *ctx) { return ctx->user_ip4; }
SEC("fentry/do_exit") int returns_from_fentry(void *ctx) { return 1; }
SEC("lsm/file_open") int returns_nine(void *ctx) { return 9; }

// Helpers.
SEC("xdp") int helper_of_tracing(struct xdp_md *ctx)
{
	char name[16] = {};
	return bpf_get_stackid(ctx, &names, 0) ? XDP_DROP : XDP_PASS;
}

SEC("kprobe/do_exit") int helper_of_tc(void *ctx)
{
	char bytes[4] = {};
	bpf_skb_load_bytes(ctx, 0, bytes, 4);
	return bytes[0];
}

SEC("lsm/file_open") int helper_that_sleeps(__u64 *ctx)
{
	char bytes[8] = {};
	bpf_copy_from_user(bytes, 8, (void *)ctx[0]);
	return 0;
}

// Arguments and contexts.
SEC("fentry/do_exit") int second_argument(__u64 *ctx) { return ctx[1] ? 0 : 0; }

SEC("fentry/do_exit") int second_argument_used(__u64 *ctx)
{
	volatile __u64 x = ctx[1];
	return 0;
}

SEC("tp_btf/sched_switch") int beyond_task(__u64 *ctx)
{
	volatile char *task = (char *)ctx[1];
	volatile char c = task[100000];
	return 0;
}

SEC("tp_btf/sched_switch") int writes_task(__u64 *ctx)
{
	volatile char *task = (char *)ctx[1];
	task[16] = 1;
	return 0;
}

SEC("xdp") int beyond_context(struct xdp_md *ctx) { return ((volatile __u32 *)ctx)[40]; }
SEC("tc") int writes_context(struct __sk_buff *ctx) { *(volatile __u32 *)&ctx->ifindex = 1; return 0; }

SEC("tc") int moves_context(struct __sk_buff *ctx)
{
	volatile __u32 *all = (void *)ctx;
	return all[bpf_get_prandom_u32() & 3];
}

const volatile int limit = 3;
SEC("tc") int writes_constant(void *ctx)
{
	*(int *)&limit = 4;
	return 0;
}

SEC("xdp") int adds_to_end(struct xdp_md *ctx)
{
	char *end = (void *)(long)ctx->data_end;
	asm volatile("%0 += 4" : "+r"(end));
	return *(volatile char *)end;
}

SEC("xdp") int leaks(struct xdp_md *ctx) { return (long)ctx; }

// Loops.
SEC("tc") int loop_without_exit(void *ctx)
{
	for (;;)
		bpf_get_prandom_u32();
}

static __noinline int deep(int n, volatile char *p)
{
	volatile char b[300];
	b[n & 15] = 1;
	return b[3] + p[0];
}

SEC("tc") int large_stacks(struct __sk_buff *ctx)
{
	volatile char b[300];
	b[0] = ctx->len;
	return deep(ctx->len, b);
}

// Functions that the verifier checks by themselves.
__noinline int reads_through(int *p) { return *p; }
SEC("tc") int global_with_pointer(struct __sk_buff *ctx)
{
	int x = ctx->len;
	return reads_through(&x);
}

long hits;
SEC("tc") int old_value(void *ctx) { return __sync_fetch_and_add(&hits, 1) == 5; }
SEC("tc") int compares_and_swaps(void *ctx) { return __sync_val_compare_and_swap(&hits, 1, 2) == 1; }

static long each(void *map, __u32 *key, char *value, void *data) { return 0; }
SEC("tc") int callback(void *ctx) { return bpf_for_each_map_elem(&names, each, 0, 0); }
