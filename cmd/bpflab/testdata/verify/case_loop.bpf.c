// Open-coded iterators, which are kernel functions: whole, and without the end of one.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct numbers { __u64 opaque[1]; } __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct numbers *it, int start, int end) __attribute__((section(".ksyms"), weak));
extern int *bpf_iter_num_next(struct numbers *it) __attribute__((section(".ksyms"), weak));
extern void bpf_iter_num_destroy(struct numbers *it) __attribute__((section(".ksyms"), weak));

long total;

static __always_inline void adds(struct numbers *it)
{
	int *i;

	while ((i = bpf_iter_num_next(it)))
		total += *i;
}

SEC("raw_tp/sys_exit") int loops(void *ctx)
{
	struct numbers it;

	bpf_iter_num_new(&it, 3, 9);
	adds(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("raw_tp/sys_exit") int keeps_iterator(void *ctx)
{
	struct numbers it;

	bpf_iter_num_new(&it, 3, 9);
	adds(&it);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
