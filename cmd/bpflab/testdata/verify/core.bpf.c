// A program that is relocated against the types of the kernel it runs on.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

SEC("kprobe/do_exit")
int pid(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int pid = 0;

	bpf_probe_read(&pid, sizeof(pid), &task->pid);
	return pid == 1;
}

char LICENSE[] SEC("license") = "GPL";
