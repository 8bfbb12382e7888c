// Programs that ask for what a kernel has not: kernel functions, types, fields,
// enumerators, modules and functions to attach to.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

struct task_struct { int pid; int no_such_field; } __attribute__((preserve_access_index));
struct no_such_type { int member; } __attribute__((preserve_access_index));
enum bpf_func_id___other { BPF_FUNC_no_such_helper = 1 };

struct nf_conn;
struct bpf_ct_opts { __u32 a, b; };
extern int bpf_no_such_function(int x) __ksym;
extern int bpf_no_such_function_weak(int x) __ksym __weak;
extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *ctx, struct bpf_sock_tuple *tuple, __u32 size, struct bpf_ct_opts *opts, __u32 opts_size) __ksym;
extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

SEC("tp_btf/sched_switch") int calls_no_function(void *ctx) { return bpf_no_such_function(1) ? 0 : 0; }
SEC("tp_btf/sched_switch") int calls_no_weak_function(void *ctx) { volatile int x = bpf_no_such_function_weak(1); return 0; }
SEC("xdp") int calls_module(struct xdp_md *ctx)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_ct_opts opts = {};
	return bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts)) ? XDP_DROP : XDP_PASS;
}

SEC("tp_btf/sched_switch") int keeps_task(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	return task ? 0 : 0;
}
SEC("xdp") int function_of_tracing(struct xdp_md *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return XDP_PASS;
}
SEC("tp_btf/sched_switch") int gives_null(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	bpf_task_release(task);
	return 0;
}
SEC("tp_btf/sched_switch") int keeps_rcu(void *ctx)
{
	bpf_rcu_read_lock();
	return 0;
}
SEC("kprobe/do_exit") int gives_number(void *ctx)
{
	bpf_task_release((void *)bpf_get_current_task());
	return 0;
}

SEC("kprobe/do_exit") int no_field(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, no_such_field);
}
SEC("kprobe/do_exit") int no_type(void *ctx)
{
	struct no_such_type *thing = (void *)bpf_get_current_task();
	return BPF_CORE_READ(thing, member);
}
SEC("kprobe/do_exit") int no_enumerator(void *ctx)
{
	return bpf_core_enum_value(enum bpf_func_id___other, BPF_FUNC_no_such_helper);
}

SEC("fentry/no_such_function") int no_target(void *ctx) { return 0; }
SEC("tp_btf/no_such_tracepoint") int no_tracepoint(void *ctx) { return 0; }
SEC("lsm/no_such_hook") int no_hook(void *ctx) { return 0; }
SEC("lsm/ismaclabel") int hook_is_off(void *ctx) { return 0; }
SEC("freplace/main") int replaces(void *ctx) { return 0; }
SEC("lsm_cgroup/socket_bind") int of_cgroup(void *ctx) { return 1; }
SEC("iter/no_such_iterator") int no_iterator(void *ctx) { return 0; }
