// Three programs, of which the second, once attached, ends its kernel: it spoils the
// stack of process 1 at its next system call, without which Linux panics.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int before(void *ctx)
{
	return 0;
}

// Where struct pt_regs of x86-64 has the stack pointer.
#define SP 152

SEC("raw_tp/sys_enter")
int crash(struct bpf_raw_tracepoint_args *ctx)
{
	char zeros[256] = {};
	void *sp = 0;

	if (bpf_get_current_pid_tgid() >> 32 != 1)
		return 0;
	bpf_probe_read(&sp, sizeof(sp), (void *)(ctx->args[0] + SP));
	bpf_probe_write_user(sp, zeros, sizeof(zeros));
	return 0;
}

SEC("xdp")
int last(void *ctx)
{
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
