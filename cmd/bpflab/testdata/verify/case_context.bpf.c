// A global function whose argument is marked as the context, as __arg_ctx of newer headers does.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 frame;

__attribute__((noinline)) int keeps_stack(void *ctx __attribute__((btf_decl_tag("arg:ctx"))))
{
	return frame = bpf_get_stack(ctx, &frame, sizeof(frame), 0);
}

SEC("kprobe/do_exit") int passes_context(void *ctx) { return keeps_stack(ctx) & 1; }

char LICENSE[] SEC("license") = "GPL";
