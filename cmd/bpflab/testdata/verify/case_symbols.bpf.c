// Symbols of the kernel, with a type and without.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct rq { unsigned int nr_running; } __attribute__((preserve_access_index));
extern const struct rq runqueues __ksym;
extern const void bpf_map_fops __ksym;

SEC("raw_tp/sys_exit") int with_type(void *ctx)
{
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);

	return rq && rq->nr_running > 1;
}

SEC("raw_tp/sys_exit") int without_type(void *ctx) { return (long)&bpf_map_fops & 1; }

char LICENSE[] SEC("license") = "GPL";
