// More programs that kernels reject for the reason that their names say: errors of people
// who know some eBPF. See reasons.bpf.c.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct counter { struct bpf_spin_lock lock; __u64 n; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct counter); } counters SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, char[32]); } names SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");

struct task_struct { int pid; struct task_struct *real_parent; } __attribute__((preserve_access_index));
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

// Locks and references.
SEC("kprobe/do_exit") int locks_in_kprobe(void *ctx)
{
	__u32 key = 0;
	struct counter *c = bpf_map_lookup_elem(&counters, &key);
	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	c->n++;
	bpf_spin_unlock(&c->lock);
	return 0;
}

SEC("tc") int submits_twice(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	*e = 1;
	bpf_ringbuf_submit(e, 0);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tc") int uses_after_submit(void *ctx)
{
	volatile __u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	bpf_ringbuf_submit((void *)e, 0);
	return *e;
}

SEC("tc") int unchecked_reserve(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	*e = 1;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tc") int beyond_reserve(void *ctx)
{
	volatile __u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	e[1] = 1;
	bpf_ringbuf_submit((void *)e, 0);
	return 0;
}

SEC("tc") int reserves_any_size(struct __sk_buff *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, ctx->len, 0);
	if (e)
		bpf_ringbuf_discard(e, 0);
	return 0;
}

SEC("tp_btf/sched_switch") int unlocks_rcu(void *ctx)
{
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tp_btf/sched_switch") int releases_argument(__u64 *ctx)
{
	bpf_task_release((void *)ctx[1]);
	return 0;
}

SEC("tp_btf/sched_switch") int acquires_parent(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[1], *parent = bpf_task_acquire(task->real_parent->real_parent);
	if (parent)
		bpf_task_release(parent);
	return 0;
}

// Packets.
SEC("cgroup_skb/egress") int writes_packet(struct __sk_buff *ctx)
{
	volatile char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (data + 1 > end)
		return 1;
	data[0] = 1;
	return 1;
}

SEC("tc") int keeps_pointer(struct __sk_buff *ctx)
{
	volatile char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (data + 1 > end)
		return 0;
	bpf_skb_pull_data(ctx, 64);
	return data[0];
}

SEC("xdp") int variable_offset(struct xdp_md *ctx)
{
	volatile char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 off = bpf_get_prandom_u32();
	if (data + off + 1 > end)
		return XDP_PASS;
	return data[off] ? XDP_DROP : XDP_PASS;
}

SEC("xdp") int context_in_helper(struct xdp_md *ctx)
{
	return !!bpf_map_lookup_elem(&names, ctx);
}

SEC("kprobe/do_exit") int stack_as_context(void *ctx)
{
	__u64 x = 0;
	bpf_perf_event_output(&x, &events, 0, &x, sizeof(x));
	return 0;
}

SEC("kprobe/do_exit") int task_as_memory(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	bpf_perf_event_output(ctx, &events, 0, task, 16);
	return 0;
}

SEC("kprobe/do_exit") int looks_up_events(void *ctx)
{
	__u32 key = 0;
	return !!bpf_map_lookup_elem(&events, &key);
}

SEC("tc") int calls_events(void *ctx)
{
	bpf_tail_call(ctx, &names, 0);
	return 0;
}

// Structure.
SEC("tc") int falls_out(void *ctx)
{
	asm volatile("r0 = 0");
	__builtin_unreachable();
}

SEC("tc") int dead_code(void *ctx)
{
	asm volatile("goto +1; r0 = 0; r0 = 1; exit; r0 = 2");
	return 0;
}

SEC("kprobe/do_exit") int large_array(void *ctx)
{
	asm volatile("*(u64 *)(r10 - 520) = r1");
	return 0;
}

SEC("tc") int divides(struct __sk_buff *ctx)
{
	__u64 x = ctx->len;
	asm volatile("%0 /= 0" : "+r"(x));
	return x;
}

SEC("kprobe/do_exit") int loads_absolute(void *ctx)
{
	int x;
	asm volatile("r6 = %1; r0 = *(u8 *)skb[0]; %0 = r0" : "=r"(x) : "r"(ctx) : "r0", "r1", "r2", "r3", "r4", "r5", "r6");
	return x;
}

SEC("tc") int half_pointer(struct __sk_buff *ctx)
{
	__u64 x = (__u64)ctx;
	asm volatile("%0 *= 2" : "+r"(x));
	return *(volatile int *)x;
}

SEC("tc") int odd_offset(struct __sk_buff *ctx)
{
	return *(volatile int *)((char *)ctx + 2);
}

SEC("tc") int odd_stack(struct __sk_buff *ctx)
{
	__u64 x;
	asm volatile("*(u64 *)(r10 - 16) = %1; *(u64 *)(r10 - 8) = %1; %0 = *(u64 *)(r10 - 13)" : "=r"(x) : "r"(0L));
	return x;
}

SEC("tc") int forgets_result(struct __sk_buff *ctx)
{
	__u64 x;
	asm volatile("call 7; %0 = r3" : "=r"(x) : : "r0", "r1", "r2", "r3", "r4", "r5");
	return x;
}

__noinline char *returns_pointer(char *p) { asm volatile("" : "+r"(p)); return p; }
SEC("tc") int global_of_pointer(struct __sk_buff *ctx)
{
	char x = ctx->len;
	return !!returns_pointer(&x);
}

// Where programs attach.
SEC("fexit/do_exit") int exits_of_exit(void *ctx) { return 0; }
SEC("fmod_ret/do_exit") int changes_exit(void *ctx) { return 0; }
SEC("fentry.s/schedule") int sleeps_in_schedule(void *ctx) { return 0; }
SEC("fentry/_printk") int variadic(void *ctx) { return 0; }
SEC("lsm.s/file_open") int sleepable_with_helper(__u64 *ctx)
{
	char b[8] = {};
	bpf_copy_from_user(b, 8, (void *)ctx[0]);
	return b[0] & 0;
}
