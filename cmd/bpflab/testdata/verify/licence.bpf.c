// Programs whose licence does not count as GPL for the kernel, though it is.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = NAME;

SEC("lsm/file_open") int of_lsm(void *ctx) { return 0; }
SEC("kprobe/do_exit") int calls_helper(void *ctx)
{
	char byte;
	return bpf_probe_read_kernel(&byte, 1, ctx);
}
