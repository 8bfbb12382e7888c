// Programs that kernels reject for the reason that their names say: what the verifier
// follows by its state, and what public objects have been seen to be rejected for. See
// reasons.bpf.c.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define __kptr __attribute__((btf_type_tag("kptr")))

struct task_struct { int pid; } __attribute__((preserve_access_index));
struct no_such_event { int size; } __attribute__((preserve_access_index));
struct entry { __u64 n; struct task_struct __kptr *task; };
struct alarm { __u64 n; struct bpf_timer timer; };
struct bpf_iter_num { __u64 opaque[1]; } __attribute__((aligned(8)));

struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct entry); } entries SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct alarm); } alarms SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } numbers SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); __uint(map_flags, BPF_F_WRONLY_PROG); } written SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");

extern void bpf_preempt_disable(void) __ksym __weak;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym __weak;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym __weak;

// Dynptrs and iterators.
SEC("tc") int reserves_twice(void *ctx)
{
	struct bpf_dynptr p;
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_discard_dynptr(&p, 0);
	return 0;
}

SEC("tc") int reads_no_dynptr(void *ctx)
{
	struct bpf_dynptr p = {};
	__u64 n = 0;
	bpf_dynptr_read(&n, 8, &p, 0, 0);
	return n;
}

SEC("tc") int begins_twice(void *ctx)
{
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return 0;
}

// Fields of maps' values that the kernel knows.
SEC("tp_btf/sched_switch") int exchanges_number(__u64 *ctx)
{
	__u32 key = 0;
	struct entry *e = bpf_map_lookup_elem(&entries, &key);
	if (e)
		bpf_kptr_xchg(&e->n, 0);
	return 0;
}

SEC("tc") int number_as_timer(void *ctx)
{
	__u32 key = 0;
	struct alarm *a = bpf_map_lookup_elem(&alarms, &key);
	return a ? bpf_timer_init((void *)&a->n, &alarms, 1) : 0;
}

SEC("tc") int timer_of_other_map(void *ctx)
{
	__u32 key = 0;
	struct alarm *a = bpf_map_lookup_elem(&alarms, &key);
	return a ? bpf_timer_init(&a->timer, &numbers, 1) : 0;
}

SEC("tc") int reads_written(void *ctx)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&written, &key);
	return n ? *n : 0;
}

// Callbacks.
static long changes_key(void *map, __u32 *key, __u64 *value, void *ctx)
{
	*key = 1;
	return 0;
}

SEC("tc") int writes_key(void *ctx) { return bpf_for_each_map_elem(&numbers, changes_key, 0, 0); }

static long any_number(__u32 i, __u64 *n) { return bpf_get_prandom_u32(); }

SEC("tc") int callback_returns_any(void *ctx)
{
	__u64 n = 0;
	return bpf_loop(3, any_number, &n, 0);
}

// Pointers.
SEC("tc") int format_on_stack(void *ctx)
{
	char out[8], format[] = "%d";
	__u64 n = 1;
	return bpf_snprintf(out, sizeof(out), format, &n, 8);
}

SEC("tc") int half_of_socket(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	return sk ? *(volatile __u64 *)&sk->family : 0;
}

SEC("tc") int adds_to_context(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&skb->mark, 1);
	return 0;
}

SEC("tc") int subtracts_pointer(struct __sk_buff *skb)
{
	long x = 5;
	asm volatile("%0 -= %1" : "+r"(x) : "r"(skb));
	return x;
}

SEC("tc") int multiplies_pointer(struct __sk_buff *skb)
{
	long x = (long)skb;
	asm volatile("%0 *= 3" : "+r"(x));
	return x;
}

SEC("tc") int far_offset(void *ctx)
{
	__u32 key = 0;
	char *n = bpf_map_lookup_elem(&numbers, &key);
	if (!n)
		return 0;
	asm volatile("%0 += 1073741823" : "+r"(n));
	return *n;
}

// Regions.
SEC("tc") int keeps_preemption_off(void *ctx)
{
	bpf_preempt_disable();
	return 0;
}

// What loaders of older kernels meet.
SEC("kprobe/do_exit") int prints_four(void *ctx)
{
	__u64 n = bpf_get_current_pid_tgid();
	bpf_printk("%d %d %d %d", (int)n, (int)n, (int)n, (int)n);
	return 0;
}

SEC("raw_tp/sched_switch") int cookie_in_raw_tracepoint(__u64 *ctx) { return bpf_get_socket_cookie((void *)ctx[1]); }

__attribute__((noinline)) int doubled(int n) { return n * 2 + bpf_get_prandom_u32(); }

SEC("raw_tp/sched_switch") int event_is_missing(struct no_such_event *e) { return doubled(e->size) + doubled(3); }
